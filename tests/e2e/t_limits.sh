#!/bin/sh
# Limits hold to the last call: calls, tokens, money and time, with many calls
# at once, and across processes of which some are killed.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
cd "$tmp" || exit 1

cat >one.mp <<'END'
model small = "openai:fake" {
	base_url = env("LMD_URL"); temperature = 0.0; max_tokens = 50;
	price { in = 1.0; out = 100.0; }
	retry { attempts = 9; backoff = 300ms; }
}
signature Say = (text: string) -> (word: string) "Say a word.";
module say = predict(Say) { model = small; }
program One(text: string) -> (word: string) {
	return { word = say(text).word };
}
END
cat >chain.mp <<'END'
model small = "openai:fake" {
	base_url = env("LMD_URL"); temperature = 0.0; max_tokens = 50;
	price = free;
}
signature Say = (text: string) -> (word: string) "Say a word.";
module say = predict(Say) { model = small; }
caps { exec("./up"); }
tool up(word: string) -> string = exec("./up") { input = text; output = text; }
program Chain(text: string) -> (out: string) {
	let a = say(text);
	let b = up(a.word);
	return { out = b };
}
END
cat >script <<'END'
{"match_user":"slow","delay_ms":1800,"reply":"late"}
{"match_user":"sick","status":503}
{"match_user":"batch","delay_ms":150,"reply":"w","usage":{"prompt_tokens":30,"completion_tokens":50}}
{"reply":"w","usage":{"prompt_tokens":30,"completion_tokens":50}}
END
inputs() {
	awk -v n="$1" -v w="$2" 'BEGIN {
		for (i = 0; i < n; i++)
			printf "{\"text\":\"%s %d\"}\n", w, i }'
}
ask() { ./one --jsonl --no-cache "$@"; }
most() { [ "$1" -le "$2" ] && [ "$1" -ge "${3:-0}" ] || {
	echo "$1, not from ${3:-0} to $2"
	return 1
}; }

lmd_start
ok 'it compiles' status 0 "$MIPROC" one.mp -O0 -o one
inputs 60 x >rows

# ---- many at once ----

ok 'calls' status 4 ask rows -j 24 --max-calls 25
ok 'are 25' most "$(requests)" 25 25
: >log
# A call takes 80 tokens, and may take those of its bytes and 50.
ok 'tokens' status 4 ask rows -j 24 --max-tokens 2000
ok 'are at most 2000' most $(($(requests) * 80)) 2000 800
: >log
ok 'money' status 4 ask rows -j 24 --max-cost 0.1
# 0.00503 usd a call
ok 'is at most 0.1 usd' most $(($(requests) * 503)) 10000 9000

# ---- processes, and death ----

# Five processes share a budget, two of them are killed under way, and then
# one more takes what is left.
share() {
	inputs 40 batch >rows
	rm -f ledger*
	: >log
	pids=
	for i in 1 2 3 4 5; do
		./one --jsonl --no-cache rows -j 4 --ledger ledger "$@" \
		    >/dev/null 2>&1 &
		pids="$pids $!"
		[ $((i % 2)) -eq 1 ] || killed="$killed $!"
	done
	sleep 0.3
	# shellcheck disable=SC2086
	kill -9 $killed
	killed=
	# shellcheck disable=SC2086
	wait $pids
	status 4 ask rows -j 4 --ledger ledger "$@"
}
killed=
ok 'calls of five processes' share --max-calls 60
ok 'are at most 60, in spite of kill -9' most "$(requests)" 60 40
ok 'tokens of five processes' share --max-tokens 6000
ok 'are at most 6000' most $(($(requests) * 80)) 6000 3000
ok 'money of five processes' share --max-cost 0.3
ok 'is at most 0.3 usd' most $(($(requests) * 503)) 30000 20000
inputs 30 batch >rows
rm -f ledger*
: >log
./one --jsonl --no-cache rows -j 10 --ledger ledger --max-calls 20 \
    >/dev/null 2>&1 &
pids=$!
sleep 0.3
kill -INT "$pids"
wait "$pids"
ok 'and of one that was interrupted' status 4 ask rows -j 10 \
    --ledger ledger --max-calls 20
ok 'at most 20' most "$(requests)" 20 10

# ---- time ----

ok 'what is under way at the limit' status 0 ./one --no-cache --text slow \
    --time-limit 1s
ok 'is waited for' says late
ok 'no attempt follows one' status 4 ./one --no-cache --text sick \
    --time-limit 0.5s
ok 'as is told' says 'say: the time limit of 0.5 s is over'
inputs 12 batch >rows
: >log
ok 'a batch' status 4 ask rows -j 1 --time-limit 0.7 --journal j
got=$(grep -c '"word"' out)
ok 'ends with rows that were not asked' most "$got" 11 1
ok 'whose errors say so' sh -c \
    '[ "$(grep -c "\"class\":\"budget\"" out)" -eq '$((12 - got))' ]'
ok 'and are counted' says "$((12 - got)) of 12 rows failed (the budget is sp"
ok 'no call beyond' most "$(requests)" "$got" "$got"
ok 'and goes on' status 0 ask rows -j 4 --journal j
ok 'paying for no reply twice' most "$(requests)" 12 12
ok 'with all rows' sh -c '[ "$(grep -c "\"word\"" out)" -eq 12 ]'
printf '#!/bin/sh\ntouch ran\ntr a-z A-Z\n' >up
chmod +x up
ok 'a program with a tool' status 0 "$MIPROC" chain.mp -O0 -o chain
ok 'which is called' status 0 ./chain --no-cache --text x --time-limit 1min
ok 'in time' grep -qx W out
rm -f ran
ok 'and not beyond the limit' status 4 ./chain --no-cache --text slow \
    --time-limit 1s
ok 'as is told, too' says 'up: the time limit of 1 s is over'
ok 'not at all' test ! -e ran
ok 'cached replies cost no time' sh -c './chain --text y >/dev/null &&
    rm -f ran && ./one --text y >/dev/null && ./one --text y --time-limit 1ms'
ok 'a limit that is none' status 2 ./one --text y --time-limit soon
ok 'is told' says "'soon' is no time like 90s, 5min or 2h"

# ---- a row that hangs ----

lmd_stop
cat >script <<'END'
{"match_user":"hang","action":"hang"}
{"match_user":"sick","status":400}
{"reply":"w"}
END
lmd_start
{ echo '{"text":"hang"}'; echo; inputs 199 x; echo '{"text":"sick"}'; } >rows
hung() {
	want=$1
	shift
	status "$want" timeout 60 ./one --jsonl --no-cache -j 4 --timeout 2 \
	    "$@" rows
}
sed 's/attempts = 9; backoff = 300ms/attempts = 1/' one.mp >hasty.mp
ok 'it compiles' status 0 "$MIPROC" hasty.mp -O0 -o one
ok 'a row that hangs' hung 3
ok 'is the first to be written' sh -c 'sed -n 1p out | grep -q "^{\"error\""'
ok 'and the others follow' [ "$(grep -c '^{"word":"w"}$' out)" -eq 199 ]
ok 'unordered' hung 3 --unordered
ok 'it comes last' sh -c 'tail -n 1 out |
    grep -q "^{\"row\":1,\"error\":{\"class\":\"infrastructure\""'
ok 'the others before it' [ "$(grep -c ',"out":{"word":"w"}}$' out)" -eq 199 ]
ok 'failures with their numbers' grep -q '^{"row":201,"error":{"class":' out
seq 201 >all
ok 'each row once' sh -c \
    'sed "s/^{\"row\":\([0-9]*\),.*/\1/" out | sort -n | cmp - all'
ok 'unordered is for batches' status 2 ./one --text x --unordered
ok 'which is told' says 'unordered is about a batch'

# ---- rows that come slowly ----

# soon COMMAND...: waits until it succeeds.
soon() {
	k=0
	until "$@"; do
		k=$((k + 1))
		[ $k -lt 400 ] || return 1
		sleep 0.05
	done
}
lines() { [ "$(wc -l <out)" -ge "$1" ]; }
slowly() {
	./one --jsonl --no-cache -j 8 "$@" <in >out 2>err &
	pids=$!
	exec 3>in
	for i in 1 2 3; do
		inputs 1 "x$i" >&3
		soon lines $i || echo "no answer to row $i"
	done
	exec 3>&-
	wait "$pids"
}
mkfifo in
ok 'rows one by one' slowly
ok 'are answered one by one' [ "$(grep -c '^{"word":"w"}$' out)" -eq 3 ]
ok 'unordered, too' slowly --unordered
ok 'with their numbers' grep -q '^{"row":3,"out":{"word":"w"}}$' out
# With nobody to read what is written, no more rows are waited for.
unheard() {
	{ timeout 60 ./one --jsonl --no-cache -j 8 <in 2>err; echo $? >rc; } |
	    sed 1q >out &
	exec 3>in
	inputs 1 x >&3
	soon lines 1
	inputs 1 y >&3
	soon test -s rc
	exec 3>&-
	[ "$(cat rc)" -eq 2 ]
}
ok 'without a reader it ends' unheard

lmd_stop
done_testing
