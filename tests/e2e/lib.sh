# What the end-to-end tests share: a directory of their own, TAP, the fake
# server.  Sourced; needs MIPROC and LMD.
#
# SPDX-License-Identifier: GPL-3.0-or-later
MIPROC=${MIPROC:-$PWD/build/miproc}
LMD=${LMD:-$PWD/build/lmd}
tmp=$(mktemp -d) || exit 1
lmd_pid=
n=0 bad=0
trap 'lmd_stop; rm -rf "$tmp"' EXIT
MIPROC_CACHE_DIR=$tmp/cache
export MIPROC_CACHE_DIR
unset MIPROC_MAX_COST MIPROC_OFFLINE SOURCE_DATE_EPOCH

# ok NAME COMMAND...: one test.
ok() {
	name=$1
	shift
	n=$((n + 1))
	if "$@" >"$tmp/ok.out" 2>&1; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		sed 's/^/# /' "$tmp/ok.out" | head -n 20
		[ ! -s "$tmp/err" ] || sed 's/^/# /' "$tmp/err" | head -n 10
		bad=$((bad + 1))
	fi
}

# skip NAME WHY: a test that cannot be run here.
skip() {
	n=$((n + 1))
	echo "ok $n - $1 # SKIP $2"
}

done_testing() {
	echo "1..$n"
	[ "$bad" -eq 0 ]
	exit
}

# status WANT COMMAND...: runs it, output in $tmp/out, messages in $tmp/err;
# compiled programs under valgrind, if asked.
status() {
	want=$1
	shift
	case $1 in
	./*)	set -- ${WRAPPER-} "$@" ;;
	esac
	"$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	got=$?
	[ "$got" -eq "$want" ] || {
		echo "exit status $got, not $want"
		return 1
	}
}

# slow N: so much time as tests allow where programs are slower, by SLOW.
slow() {
	echo $(($1 * ${SLOW:-1}))
}

# says PATTERN: in the messages or the output of the last `status`.
says() {
	grep -q -e "$1" "$tmp/out" "$tmp/err" || {
		echo "nobody says: $1"
		cat "$tmp/out" "$tmp/err"
		return 1
	}
}

# together N: so many calls were under way at once, since lmd_start.
together() {
	most=$(curl -s "${LMD_URL%/v1}/lmd/stats" |
	    sed 's/.*"max_in_flight":\([0-9]*\).*/\1/')
	echo "$most at once"
	[ "$most" -ge "$1" ]
}

# await SECONDS COMMAND...: until it succeeds; not longer, but where programs are
# slower.
await() {
	await_left=$(($(slow "$1") * 20))
	shift
	until "$@"; do
		[ $await_left -gt 0 ] || return
		await_left=$((await_left - 1))
		sleep 0.05
	done
}

# listening FILE: where the server listens whose output is the file.
listening() {
	await 5 grep -q '^listening' "$1"
	sed -n 's/^listening on //p' "$1"
}

# gives WANT COMMAND...: writes exactly this line.
gives() {
	answer=$1
	shift
	status 0 "$@" && [ "$(cat "$tmp/out")" = "$answer" ] || {
		echo "not $answer but:"
		cat "$tmp/out" "$tmp/err"
		return 1
	}
}

# lmd_start ARG...: with the rules in $tmp/script; sets LMD_URL.
lmd_start() {
	: >"$tmp/lmd.out"
	"$LMD" --script "$tmp/script" --log "$tmp/log" "$@" >"$tmp/lmd.out" \
	    2>"$tmp/lmd.err" &
	lmd_pid=$!
	LMD_URL=http://$(listening "$tmp/lmd.out")/v1
	export LMD_URL
}

# serve BASE RULE...: the script from now on, and a new log; BASE_URL is the
# server's, with BASE behind it.
serve() {
	base=$1
	shift
	lmd_stop
	rm -f "$tmp/log"
	printf '%s\n' "$@" >"$tmp/script"
	lmd_start
	BASE_URL=${LMD_URL%/v1}$base
	export BASE_URL
}

# local_model: $model is that of the local server, which is in the path.
local_model() {
	tools=$(cd "${TOOLS:-build}" && pwd) || exit 1
	model=$tools/model/smollm2-135m-instruct-q4_1.gguf
	PATH=$tools/bin:$PATH
	export PATH
}

lmd_stop() {
	[ -z "$lmd_pid" ] || { kill "$lmd_pid"; wait "$lmd_pid"; } 2>/dev/null
	lmd_pid=
}

requests() {
	[ -f "$tmp/log" ] || { echo 0; return; }
	wc -l <"$tmp/log" | tr -d ' '
}

# forget: nothing is known from earlier runs but the builds; sets $before.
forget() {
	rm -rf .miproc cache/*.db* ./*.tuned
	before=$(requests)
}

# came N: so many requests, at least, have come since $before; newly N: that
# many.
came() {
	[ $(($(requests) - before)) -ge "$1" ]
}

newly() {
	[ $(($(requests) - before)) -eq "$1" ] || {
		echo "$(($(requests) - before)) requests, not $1"
		return 1
	}
}

# The request bodies, sorted: who asked what, in whatever order.
bodies() {
	sed 's/.*"body"://; s/,"sha":.*//' "$tmp/log" | LC_ALL=C sort
}

# rows N: a data set of N rows, with labels that the fake model knows.
rows() {
	awk -v n="$1" 'BEGIN {
		split("POSITIVE NEGATIVE NEUTRAL", l, " ")
		for (i = 0; i < n; i++)
			printf "{\"text\":\"message %d of the day\"," \
			    "\"label\":\"%s\"}\n", i * 7919 % 10007, \
			    l[(i * 31 + int(i / 7)) % 3 + 1]
	}'
}

# A classifier over rows.jsonl, tuned by the strategy given.
classifier() {
	cat <<END
model local = "openai:fake" {
	base_url = env("LMD_URL", "http://127.0.0.1:9/v1");
	temperature = 0.0; max_tokens = 64; price = free;
}
enum Label { POSITIVE "pleased", NEGATIVE, NEUTRAL }
signature Classify {
	"""Decide the sentiment."""
	in  text:  string;
	out label: Label "how it feels";
}
module classify = predict(Classify) { model = local; }
program Sentiment(text: string) -> (label: Label) {
	return { label = classify(text).label };
}
data d = jsonl("rows.jsonl") { split = [0.3, 0.35, 0.35]; }
metric acc(gold, pred) = exact(gold.label, pred.label);
optimize Sentiment {
	using = ${1:-mipro { auto = light; trials = 8; minibatch = 20; \}}
	train = d.train; dev = d.dev; test = d.test; metric = acc;
}
END
}

# The fake model's rules: it classifies rows.jsonl with some skill, and writes
# an instruction when asked for one.
skill() {
	printf '{"match":"sentiment","task":{"answers_file":"%s",' \
	    "$tmp/rows.jsonl"
	printf '"in":"text","label":"label","field":"label","base":%s,' \
	    "${1:-0.35}"
	printf '"per_demo":0.08,"wrong":["POSITIVE","NEGATIVE","NEUTRAL"]}}\n'
	printf '{"reply":"Say how the writer of the message feels."}\n'
}
