#!/bin/sh
# A batch in a bad world: every row is answered once, in its place, and no
# reply that has arrived is paid for twice, whatever the server does, though it
# dies, and though we do.
#
#   ROWS=20000 KILLS=50 SEED=7 sh tests/e2e/t_load.sh    as `make stress` does
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
cd "$tmp" || exit 1
ROWS=${ROWS:-1500} KILLS=${KILLS:-5} SEED=${SEED:-1}
jobs=32

# program ATTEMPTS TIMEOUT: its rows say what is to come out.
program() {
	cat <<END
model m = "openai:fake" {
	base_url = env("LMD_URL", "http://127.0.0.1:9/v1");
	temperature = 0.0; max_tokens = 64; price = free; structure = native;
	retry { attempts = $1; backoff = 20ms; } timeout = $2;
}
enum Kind { ALPHA, BETA, GAMMA }
signature Sort {
	"""Say what kind it is."""
	in  text: string;
	out kind: Kind;
}
module sort = predict(Sort) { model = m; }
program P(text: string) -> (text: string, kind: Kind) {
	return { text = text, kind = sort(text).kind };
}
END
}

# input N, answers N: the rows, and what is to be said of them.
lines() {
	awk -v n="$1" -v answer="$2" 'BEGIN {
		split("alpha beta gamma", k, " ")
		for (i = 1; i <= n; i++) {
			w = k[i * 7 % 3 + 1]
			printf "{\"text\":\"row %d is %s\"", i, w
			if (answer)
				printf ",\"kind\":\"%s\"", toupper(w)
			print "}"
		}
	}'
}
input() {
	lines "$1" 0
}
answers() {
	lines "$1" 1
}
says_kind() {
	for k in alpha beta gamma; do
		printf '{"match_user":"is %s","json":{"kind":"%s"}}\n' $k \
		    "$(echo $k | tr a-z A-Z)"
	done
}

# Requests that were answered, over all logs; those of them that were answered
# before.
answered() {
	cat log* | grep -c '"status":200}'
}
again() {
	cat log* | sed -n 's/.*,"sha":"\([0-9a-f]*\)","status":200}/\1/p' |
	    sort | uniq -c | awk '$1 > 1 { n += $1 - 1 } END { print n + 0 }'
}

same() {
	[ -s want ] && cmp want out && return
	diff want out | head -n 4
	return 1
}

input "$ROWS" >rows.jsonl
answers "$ROWS" >want
program 9 3s >p.mp
program 40 5s >q.mp
says_kind >kinds
cp kinds script
ok 'it compiles' status 0 "$MIPROC" -O0 -Werror p.mp -o p
ok 'with patience, too' status 0 "$MIPROC" -O0 -Werror q.mp -o q

# ---- faults ----

cat - kinds >script <<END
{"every":20,"status":429,"error":"slow down"}
{"every":100,"status":500,"error":"oops"}
{"every":100,"action":"reset"}
{"every":100,"status":503,"headers":{"Retry-After":"0"}}
{"every":1200,"action":"hang"}
END
lmd_start
ok 'every row of a bad day is answered' status 0 ./p --jsonl rows.jsonl \
    -j $jobs --no-cache
ok 'in its place' same
once() {
	echo "$(answered) answers, $(again) of them again, of $(requests)"
	[ "$(answered)" -eq "$ROWS" ] && [ "$(again)" -eq 0 ]
}
ok 'and paid once' once
faulty() {
	[ "$(requests)" -ge $((ROWS + ROWS * 7 / 100)) ]
}
ok 'though many requests were lost' faulty
lmd_stop

# ---- the server dies ----

port=
# on NAME ARG...: a server with a log of its own, at the port of the last.
on() {
	logfile=$1
	shift
	: >lmd.out
	"$LMD" --script script --log "$logfile" ${port:+--port $port} "$@" \
	    >lmd.out 2>lmd.err &
	lmd_pid=$!
	port=$(listening lmd.out)
	port=${port##*:}
	LMD_URL=http://127.0.0.1:$port/v1
	export LMD_URL
}

# seen FILE N: until so many requests are in that log.
holds() {
	[ "$(wc -l 2>/dev/null <"$1" || echo 0)" -ge "$2" ]
}
seen() {
	await 4 holds "$@"
}

few=600
[ "$ROWS" -gt 1500 ] && few=6000
input $few >rows.jsonl
answers $few >want
cp kinds script
reborn() {
	rm -f log*
	on log1 --latency 20
	./q --jsonl rows.jsonl -j $jobs --no-cache >out 2>err </dev/null &
	pid=$!
	for life in 1 2 3; do
		seen log$life $((few / 5))
		kill -9 "$lmd_pid"
		wait "$lmd_pid" 2>/dev/null
		sleep 0.2
		on log$((life + 1)) --latency 20
	done
	wait $pid
	got=$?
	[ "$(cat log4 | wc -l)" -gt 0 ] || { echo 'it came too late'; return 1; }
	[ $got -eq 0 ] || { echo "status $got"; return 1; }
}
ok 'a server that dies three times is waited for' reborn
ok 'nothing is lost' same
# Those under way at a death were written down and not answered.
ok 'and little asked again' test "$(again)" -le $((3 * jobs))
lmd_stop

# ---- we die ----

# killed ARG...: started with those so often, and ended at moments of chance;
# then run to the end.
killed() {
	kills=0
	for ms in $(awk -v n="$KILLS" -v s="$SEED" 'BEGIN {
		srand(s)
		for (i = 0; i < n; i++)
			printf "%.3f ", 0.005 + rand() * 0.2
	}'); do
		./p --jsonl rows.jsonl -j $jobs "$@" >part 2>err </dev/null &
		pid=$!
		sleep "$ms"
		kill -9 $pid 2>/dev/null && kills=$((kills + 1))
		wait $pid 2>/dev/null
		cmp -n "$(wc -c <part)" part want || {
			echo 'a part that is no beginning'
			return 1
		}
	done
	./p --jsonl rows.jsonl -j $jobs "$@" >out 2>err </dev/null || return 1
	echo "$(answered) answers, $(again) again, after $kills kills"
	[ "$kills" -gt 0 ] && [ "$(again)" -le $((kills * jobs)) ]
}

# fresh: nothing is known.
fresh() {
	lmd_stop
	rm -rf log* cache j.db
	on log1 --latency 30
}
fresh
ok "$KILLS kills of a batch with a journal" killed --no-cache --journal j.db
ok 'change nothing' same
before=$(cat log* | wc -l)
ok 'what is known is asked no more' status 0 ./p --jsonl rows.jsonl -j $jobs \
    --no-cache --journal j.db
ok 'by nobody' test "$(cat log* | wc -l)" -eq "$before"
fresh
ok "$KILLS kills of a batch with the cache" killed
ok 'change nothing, either' same
done_testing
