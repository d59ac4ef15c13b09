#!/bin/sh
# The exit statuses that the manual lists, each as a user meets it, and what is
# said: of miproc, and of the programs that it makes.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
cd "$tmp" || exit 1
rows 60 >rows.jsonl
classifier 'random { trials = 2; }' | sed \
    's/price = free;/& retry { attempts = 2; backoff = 10ms; }/' >s.mp
{
	cat s.mp
	cat <<'END'
test "passes" { let r = Sentiment("a"); expect r.label == Label.NEUTRAL; }
test "fails" { let r = Sentiment("b"); expect r.label == Label.NEGATIVE; }
test "down" { let r = Sentiment("m500"); expect r.label == Label.NEUTRAL; }
END
} >t.mp
sed 's/price = free;/price { in = 1; out = 2; } api_key = env("EXIT_KEY");/' \
    s.mp >k.mp
sed 's/metric = acc;/& gate { acc = 0.999; }/' s.mp >gate.mp
cat >script <<END
{"match_user":"m401","status":401,"error":"who are you"}
{"match_user":"m404","status":404,"error":"no such model"}
{"match_user":"m429","status":429,"headers":{"Retry-After":"90000"}}
{"match_user":"m500","status":500,"error":"oops"}
{"match_user":"mslow","delay_ms":3000,"json":{"label":"NEUTRAL"}}
{"match_user":"mlate","delay_ms":500,"json":{"label":"NEUTRAL"}}
{"match_user":"mlost","delay_ms":500,"refusal":"I will not","finish":"content_filter"}
{"match_user":"mrefuse","refusal":"I will not","finish":"content_filter"}
{"match_user":"mlength","reply":"{\"label\":\"POS","finish":"length"}
{"match":"mformat","reply":"Who knows?"}
{"match_user":["message"],"match":"sentiment","task":{"answers_file":"$tmp/rows.jsonl","in":"text","label":"label","field":"label","base":0.5,"wrong":["POSITIVE","NEGATIVE","NEUTRAL"]}}
{"json":{"label":"NEUTRAL"}}
END
lmd_start

# one STATUS PATTERN COMMAND...: the status, and one line of message with it.
one() {
	want=$1 pattern=$2
	shift 2
	status "$want" "$@" || return 1
	[ -z "$pattern" ] || says "$pattern" || return 1
	[ "$(grep -vc ': warning: ' err)" -le 1 ] ||
	    { echo 'more than one line'; return 1; }
}
# signalled STATUS SIGNAL PATTERN N COMMAND...: after N requests.
signalled() {
	want=$1 signal=$2 pattern=$3 many=$4
	shift 4
	before=$(requests)
	"$@" >out 2>err </dev/null &
	pid=$!
	await 5 came "$many"
	kill -"$signal" $pid
	wait $pid
	got=$?
	[ $got -eq "$want" ] || { echo "status $got"; cat out err; return 1; }
	says "$pattern"
}

# ---- a program ----

ok 'miproc gives 0 for a program' one 0 '' "$MIPROC" -O0 s.mp -o s
"$MIPROC" -O0 k.mp -o k
sed 's|, "http://127.0.0.1:9/v1"||' s.mp >e.mp
"$MIPROC" -O0 e.mp -o e
ok '0: it answers' one 0 NEUTRAL ./s --text a
ok '0: it tells of itself' one 0 'text' ./s --help
ok '2: an unknown option' one 2 'unknown option --what-is-this; --help' ./s --what-is-this
ok '2: one that is misspelt' one 2 'did you mean --text' ./s --txet a
ok '2: an input that is missing' one 2 'text' ./s --no-cache </dev/null
ok '2: an input twice' one 2 'text' ./s --text a --text b
ok '2: a file that is not there' one 2 'nofile: No such file' \
    ./s --jsonl nofile
ok '2: one that is no input' one 2 'nofile: No such file' ./s --text @nofile
ok '2: no tuned file' one 2 'rows.jsonl: it is no tuned file' \
    ./s --text a --tuned rows.jsonl
ok '2: no model of that name' one 2 'no model x' \
    ./s --text a --model x=openai:y
ok '2: no time' one 2 'is no time like' ./s --text a --time-limit soon
ok '0: a bound on cost that is not known says why' status 0 "$MIPROC" -n k.mp
ok 'and what it takes' says 'cost unknown: the model local has no `context`'
ok '2: no file behind @' one 2 'begins with @ is given as @@' ./s --text @
ok '2: rows that are a folder' one 2 '/: the rows cannot be read: Is a dir' \
    ./s --jsonl /
ok '2: a server whose variable is not set' one 2 \
    'model local is where the environment variable LMD_URL says, which is' \
    env -u LMD_URL ./e --text a
ok '0: another server' one 0 NEUTRAL env -u LMD_URL ./e --text a \
    --base-url "$LMD_URL"
ok '2: output that cannot be written' \
    one 2 'the output cannot be written: No space left' \
    sh -c './s --text a >/dev/full'
ok '3: a key that is refused' one 3 'answered 401: who are you' \
    ./s --text m401
ok '3: no such model' one 3 'is there a model fake' ./s --text m404
ok '3: a server that fails' one 3 'answered 500: oops (2 attempts)' \
    ./s --text m500
ok '3: no server' one 3 '127.0.0.1:9' env LMD_URL=http://127.0.0.1:9/v1 \
    ./s --text a --no-cache
ok '3: a quota' one 3 'asks to wait 90000 s' ./s --text m429
for i in 1 2 3 4 5 6 7 8 9; do
	echo '{"text":"m401"}'
done >refused.jsonl
before=$(requests)
ok '3: a key that is refused again and again ends a batch' one 3 \
    'row 5: .*who are you (5 times in a row: it is asked no more); those' \
    ./s --jsonl refused.jsonl -j 1
ok 'and is not tried by all' test $(($(requests) - before)) -eq 5
ok '4: calls' one 4 'budget of 1 calls is spent' \
    ./s --jsonl rows.jsonl --no-cache --max-calls 1 -j 1
ok '4: money' one 4 'usd' ./k --text a --no-cache --max-cost 0.0000001
ok '4: time' one 4 'time' ./s --text a --no-cache --time-limit 1ms
ok '7: not in the cache' one 7 'offline' ./s --text offline --offline
ok '8: a refusal' one 8 'would not answer: I will not' ./s --text mrefuse
ok '8: a reply that is cut off' one 8 'raise max_tokens' ./s --text mlength
ok '8: one that cannot be read' one 8 'label' ./s --text mformat

# rows TEXT...: a batch of them.
batch() {
	want=$1 pattern=$2
	shift 2
	for text; do
		printf '{"text":"%s"}\n' "$text"
	done >some.jsonl
	one "$want" "$pattern" ./s --jsonl some.jsonl &&
	    [ "$(wc -l <out)" -eq $# ]
}
ok '0: a batch' batch 0 '' a b c
ok '8: a row that the model refuses' batch 8 '1 of 3 rows failed$' a mrefuse b
ok '3: a row that the world refuses' \
    batch 3 '2 of 3 rows failed (provider, network or tool)' a mrefuse m500
ok '8: a row that is wrong' one 8 '1 of 2 rows failed$' \
    sh -c 'printf "{\"text\":\"a\"}\n{\"txet\":1}\n" | ./s --jsonl'
ok '8: a row that is no JSON' one 8 '1 of 2 rows failed$' \
    sh -c 'printf "{\"text\":\"a\"}\ntext\n" | ./s --jsonl'
for i in 1 2 3; do
	echo '{"text":"mslow"}'
done >slow.jsonl
cp s.mp slow.mp
echo 'test "s" { let r = Sentiment("mslow"); expect r.label == Label.NEUTRAL; }' \
    >>slow.mp
ok '130: ^C' signalled 130 INT interrupted 1 ./s --text mslow --no-cache
ok '143: SIGTERM' signalled 143 TERM interrupted 1 ./s --text mslow --no-cache
ok '130: ^C in a batch' signalled 130 INT \
    'interrupted: 0 rows are done.*run it again' 1 \
    ./s --jsonl slow.jsonl --no-cache

# late STATUS COMMAND...: a signal comes when the answer is written, and what it
# took is not, for which the process waits.
late() {
	want=$1
	shift
	rm -f used
	before=$(requests)
	"$@" --no-cache --usage-file used >out 2>err </dev/null &
	pid=$!
	await 5 came 1
	mkfifo used
	await 5 grep -q . out
	kill -TERM $pid
	timeout "$(slow 20)" cat used >took
	wait $pid
	got=$?
	[ $got -eq "$want" ] || { echo "status $got"; cat out err; return 1; }
	grep -q '"total"' took || { echo 'not told what it took'; return 1; }
}
echo '{"text":"mlate"}' >late.jsonl
echo '{"text":"mlost"}' >lost.jsonl
ok '0: a signal when all is written' late 0 ./s --text mlate
ok '0: so in a batch' late 0 ./s --jsonl late.jsonl
ok 'of which nothing is said' test ! -s err
ok '8: of which a row failed' late 8 ./s --jsonl lost.jsonl

# full JOBS: a signal comes while the only row is written, to somebody who reads
# on after it.
mkfifo to
cat >big.mp <<'END'
program Big(text: string) -> (text: string) { return { text = text }; }
END
"$MIPROC" -O0 big.mp -o big
printf '{"text":"%s"}\n' "$(head -c 200000 /dev/zero | tr '\0' x)" >big.jsonl
full() {
	./big --jsonl big.jsonl -j "$1" >to 2>err &
	pid=$!
	{
		dd bs=1 count=1
		kill -TERM $pid
		sleep 0.2
		timeout "$(slow 20)" cat
	} <to >out 2>/dev/null
	wait $pid
	got=$?
	[ $got -eq 0 ] || { echo "status $got"; cat err; return 1; }
	cmp out big.jsonl
}
ok '0: a signal while the last row is written' full 1
ok '0: or of some who look for another' full 8

# ---- miproc ----

ok '0: tells of itself' one 0 usage "$MIPROC" --help
ok '0: checks' one 0 '' "$MIPROC" check s.mp
sed 's/Sentiment(text: string)/Sentiment(text: strin)/' s.mp >wrong.mp
ok '1: a mistake' status 1 "$MIPROC" -O0 wrong.mp -o wrong
ok 'is shown' says 'wrong.mp:.*error'
ok 'and makes no program' test ! -e wrong
sed 's/^	return {/	let odd = 1; return {/' s.mp >warned.mp
ok '1: a warning that is a mistake' status 1 "$MIPROC" -Werror -O0 warned.mp -o wrong
printf 'module  x=predict( X ) ;\n' >odd.mp
ok '1: a layout that would change' one 1 odd.mp "$MIPROC" fmt --check odd.mp
ok '2: an unknown option' one 2 'nope' "$MIPROC" --nope s.mp
ok '2: no file' one 2 'nofile.mp: No such file' "$MIPROC" -O0 nofile.mp -o x
ok '2: none at all' one 2 '' "$MIPROC"
ok '2: no room' one 2 '/dev/full: No space left' \
    "$MIPROC" -O0 -S s.mp -o /dev/full
ok '2: no C compiler' status 2 env CC=nocc "$MIPROC" -O0 s.mp -o y
ok '2: a tuned file that is none' one 2 rows.jsonl \
    "$MIPROC" diff rows.jsonl rows.jsonl
sed 's/rows.jsonl/norows.jsonl/' s.mp >norows.mp
ok '2: no rows' one 2 'norows.jsonl' "$MIPROC" tune norows.mp
ok '2: money without a budget' one 2 'there is no budget' "$MIPROC" tune k.mp
ok '3: no server' one 3 '127.0.0.1:9' env LMD_URL=http://127.0.0.1:9/v1 \
    "$MIPROC" tune s.mp -q --no-cache
ok '3: none to score by' one 3 '127.0.0.1:9' \
    env LMD_URL=http://127.0.0.1:9/v1 "$MIPROC" eval s.mp -q -O0 --no-cache
ok '4: a budget' one 4 'budget of 3 calls is spent.*; go on with --resume' \
    "$MIPROC" tune s.mp -q --no-cache --max-calls 3
ok '4: of eval' one 4 'budget of 3 calls is spent' \
    "$MIPROC" eval s.mp -q -O0 --no-cache --max-calls 3
ok '4: the time' one 4 'time' "$MIPROC" eval s.mp -q -O0 --no-cache \
    --time-limit 1ms
ok '0: a test that passes' one 0 '^ok 1 - passes' "$MIPROC" test t.mp passes
ok '5: one that does not' one 5 '^not ok 1 - fails' "$MIPROC" test t.mp fails
ok '3: one that cannot be decided' one 3 'answered 500' "$MIPROC" test t.mp down
ok '5: is worse than 3' one 5 'not ok' "$MIPROC" test t.mp
ok '4: tests over a budget' one 4 'budget of 1 calls' \
    "$MIPROC" test t.mp -j 1 --refresh --max-calls 1
ok '7: tests offline' one 7 'offline' \
    "$MIPROC" test t.mp passes --offline --cache-dir none
ok '6: no test of that name' one 6 "no test is called 'x\*'" \
    "$MIPROC" test t.mp 'x*'
ok '0: which may be' one 0 '' "$MIPROC" test t.mp 'x*' --allow-empty
ok '5: a gate' status 5 "$MIPROC" tune gate.mp -q
ok 'is told of' says 'gate'
ok 'and writes nothing' test ! -e gate.tuned
ok '6: no improvement' status 6 "$MIPROC" tune s.mp -q --require-improvement
ok 'is told of' says 'improve'
ok 'and writes nothing' test ! -e s.tuned
ok '7: no tuned file' one 7 's.tuned' "$MIPROC" --locked s.mp -o locked
ok '7: nothing in the cache' one 7 'offline' \
    "$MIPROC" eval s.mp -q -O0 --offline --cache-dir none
ok '0: run' one 0 NEUTRAL "$MIPROC" run s.mp -- --text a
ok '8: run' one 8 'would not answer' "$MIPROC" run s.mp -- --text mrefuse
ok '3: run' one 3 'answered 401' "$MIPROC" run s.mp -- --text m401
ok '2: doctor finds what is amiss here' status 2 "$MIPROC" doctor norows.mp -n
ok '3: and at a server' status 3 env LMD_URL=http://127.0.0.1:9/v1 \
    "$MIPROC" doctor s.mp
lmd_stop
rm -f log
lmd_start --latency 40
ok '130: ^C before anything is known' signalled 130 INT \
    'miproc: interrupted; go on with --resume' 2 \
    "$MIPROC" tune s.mp -q -j 2 --no-cache
ok '130: ^C' signalled 130 INT 'stopped early.*--resume' 30 \
    "$MIPROC" tune s.mp -q -j 2 --no-cache
ok '143: SIGTERM' signalled 143 TERM 'stopped early.*--resume' 30 \
    "$MIPROC" tune s.mp -q -j 2 --no-cache
ok '130: ^C while rows are scored' signalled 130 INT interrupted 5 \
    "$MIPROC" eval s.mp -q -O0 -j 2 --no-cache
ok '130: ^C while tests run' signalled 130 INT '' 1 \
    "$MIPROC" test slow.mp --no-cache
done_testing
