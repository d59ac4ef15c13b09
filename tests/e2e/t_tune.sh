#!/bin/sh
# Tuning from end to end against the fake model server: it finds what helps,
# keeps to its bound, repeats to the byte, and loses nothing to kill -9.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
MIPROC=${MIPROC:-$PWD/build/miproc} LMD=${LMD:-$PWD/build/lmd}
tmp=$(mktemp -d) || exit 1
pid=
n=0 bad=0
trap 'stop; rm -rf "$tmp"' EXIT
unset MIPROC_MAX_COST MIPROC_OFFLINE SOURCE_DATE_EPOCH
MIPROC_CACHE_DIR=$tmp/cache
OPENAI_API_KEY=none
export MIPROC_CACHE_DIR OPENAI_API_KEY
cd "$tmp" || exit 1

stop() {
	[ -z "$pid" ] || { kill "$pid"; wait "$pid"; } 2>/dev/null
	pid=
}

start() {
	: >log
	: >out
	"$LMD" --script script --log log "$@" >out &
	pid=$!
	i=0
	until grep -q '^listening' out || [ $i -ge 50 ]; do
		sleep 0.1
		i=$((i + 1))
	done
	LMD_URL=http://$(sed -n 's/^listening on //p' out)/v1
	export LMD_URL
}

# ok WHAT COMMAND...: one line of TAP.
ok() {
	n=$((n + 1))
	what=$1
	shift
	if "$@"; then
		echo "ok $n - $what"
	else
		echo "not ok $n - $what"
		tail -n 12 msg | sed 's/^/# /'
		bad=$((bad + 1))
	fi
}

is() {
	[ "$1" = "$2" ] || { echo "# $1 is not $2"; return 1; }
}

# No more than.
most() {
	[ "$1" -le "$2" ] || { echo "# $1 is more than $2"; return 1; }
}

requests() {
	wc -l <log | tr -d ' '
}

# Forgets all that earlier studies know.
fresh() {
	rm -rf .miproc cache ./*.tuned
	: >log
}

tune() {
	"$MIPROC" tune "$@" >got 2>msg </dev/null
	status=$?
}

# What a tuned file says of a score: mean PART WHEN.
mean() {
	awk -v part="\"$1\":" -v when="\"$2\":" '
		$1 == "\"scores\":" { on = 1 }
		on && $1 == part { p = 1 }
		p && $1 == when { w = 1 }
		w && $1 == "\"mean\":" { print $2 + 0; exit }' "$3"
}

awk 'BEGIN {
	split("BILLING TECHNICAL ACCOUNT", label, " ")
	for (i = 0; i < 160; i++) {
		l = label[1 + i * 7 % 3]
		printf "{\"text\":\"ticket %d-%d on %s\",", i, i * 37 % 101, l
		printf "\"label\":\"%s\"}\n", l
	}
}' >rows.jsonl

cat >script <<'END'
{"match_system":"Write down what holds","reply":"They are tickets."}
{"match_system":"Condense these","reply":"Tickets with labels."}
{"match_system":"source of a program","reply":"It routes tickets."}
{"match_system":"Write a better instruction","match_user":"creative","reply":"Route the ticket with flair."}
{"match_system":"Write a better instruction","reply":"Instruction: \"Route the ticket carefully.\""}
{"task":{"answers_file":"rows.jsonl","in":"text","label":"label","base":0.3,"per_demo":0.05,"bonus":[{"contains":"carefully","add":0.3},{"format":"markers","add":0.1}],"wrong":["BILLING","TECHNICAL","ACCOUNT"],"seed":2}}
END

program() {
	cat >"$1.mp" <<-END
	model small = "openai:small-1" {
		base_url = env("LMD_URL");
		max_tokens = 64;
		price { in = 1; out = 2; }
		retry { attempts = 2; backoff = 10ms; }
	}
	enum Label { BILLING "charges", TECHNICAL "errors", ACCOUNT "login" }
	signature Triage {
		"""Route the ticket."""
		in  text: string;
		out label: Label;
	}
	module route = predict(Triage) { model = small; }
	program Route(text: string) -> (label: Label) {
		let r = route(text);
		return { label = r.label };
	}
	data rows = jsonl("rows.jsonl") { split = [0.4, 0.3, 0.3]; }
	metric acc(gold, pred) = exact(gold.label, pred.label);
	optimize Route {
		using = $2;
		train = rows.train; dev = rows.dev; test = rows.test;
		metric = acc;
		budget { cost = 10usd; }
	}
	END
}

program r 'mipro { auto = light; minibatch = 20; trials = 12; seed = 3; }'
program b 'bootstrap { candidates = 5; seed = 3; }'
program x 'random { trials = 5; seed = 3; }'

# ---- it tunes ----

start
tune r.mp -j 8 --usage-file u.json
ok 'tuning ends well' is "$status" 0
whole=$(requests)
bound=$(sed -n 's/.*at most \([0-9]*\) LM calls.*/\1/p' msg)
ok 'no more requests than were announced' most "$whole" "${bound:-0}"
before=$(mean test before r.tuned) after=$(mean test after r.tuned)
ok 'the test score is better by far' awk "BEGIN {
	exit !($after > $before + 0.2) }"
ok 'the proposed instruction was found' grep -q carefully r.tuned
ok 'what each leaf took is told' python3 -c '
import json, re
u = json.load(open("u.json"))
by = {l["leaf"]: l for l in u["leaves"]}
paid = sum(l["calls"] - l["cached"] for l in u["leaves"])
said = re.search(r"(\d+) LM calls paid, (\d+) from cache, (\d+) tokens",
    open("got").read())
assert "(proposer)" in by and len(by) > 1, by
assert by["(proposer)"]["calls"] > 0 and by["(proposer)"]["latency_s"] > 0
assert u["total"]["calls"] == int(said[1]) + int(said[2]), (u, said[0])
assert paid == int(said[1]), (paid, said[0])
assert u["total"]["tokens_in"] + u["total"]["tokens_out"] == int(said[3])
'
ok 'in the report, too' grep -q '^(proposer) *[1-9]' got
cp r.tuned first

fresh
tune r.mp -j 1
ok 'one run at a time gives the same bytes' cmp -s first r.tuned
ok 'and as many requests' is "$(requests)" "$whole"

: >log
rm -rf .miproc
tune r.mp -j 8
ok 'all replies come from the cache' is "$status-$(requests)" 0-0
ok 'which changes no byte' cmp -s first r.tuned

# ---- other strategies ----

for p in b x; do
	fresh
	tune $p.mp -j 8
	bound=$(sed -n 's/.*at most \([0-9]*\) LM calls.*/\1/p' msg)
	ok "$p ends well" is "$status" 0
	ok "$p keeps to its bound" most "$(requests)" "${bound:-0}"
	before=$(mean dev before $p.tuned) after=$(mean dev after $p.tuned)
	ok "$p finds something better" awk "BEGIN {
		exit !($after > $before) }"
done

# ---- budgets ----

fresh
tune r.mp -j 8 --max-calls 150
ok 'a spent budget is exit status 4' is "$status" 4
ok 'and is not overdrawn' most "$(requests)" 150
tune r.mp -j 8 --resume
ok 'with more budget the study goes on' is "$status" 0
ok 'and ends as it would have' cmp -s first r.tuned
ok 'having paid nothing twice' is "$(requests)" "$whole"
stop

# ---- kill -9 ----

start --latency 10
fresh
"$MIPROC" tune r.mp -j 4 >got 2>msg </dev/null &
study=$!
i=0
until [ "$(requests)" -ge 120 ] || [ $i -ge 100 ]; do
	sleep 0.05
	i=$((i + 1))
done
tune r.mp
ok 'a second study is told to wait' is "$status" 2
ok 'in plain words' grep -q 'another study' msg
kill -9 $study
wait $study 2>/dev/null
# The worker notices, and ends.
last=
i=0
until [ "$(requests)" = "$last" ] || [ $i -ge 50 ]; do
	last=$(requests)
	sleep 0.2
	i=$((i + 1))
done
ok 'no worker lives on' is "$(ps -e -o args | grep -F "$tmp/" |
    grep -c -e --journal)" 0
rm -rf cache
tune r.mp -j 4 --resume
ok 'the killed study is taken up' is "$status" 0
ok 'with the same result' cmp -s first r.tuned
# The four calls that were under way may have been lost.
ok 'nothing that had arrived is paid again' most "$(requests)" $((whole + 4))
stop

# ---- no server ----

fresh
tune r.mp
ok 'no server is exit status 3' is "$status" 3
ok 'and no tuned file' test ! -e r.tuned

echo "1..$n"
[ "$bad" -eq 0 ]
