#!/bin/sh
# How requests get to servers: attempts, quotas, limits, routes.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
cd "$tmp" || exit 1

# program MODELS: asks the model m about a text.
program() {
	cat >p.mp <<END
$1
signature Answer = (text: string) -> (word: string) "Answer with a word.";
module answer = predict(Answer) { model = m; format = plain; }
program P(text: string) -> (word: string) {
	return { word = answer(text).word };
}
END
	"$MIPROC" p.mp -O0 -o p
}

# texts N: so many inputs.
texts() {
	awk -v n="$1" 'BEGIN { for (i = 1; i <= n; i++)
		printf "{\"text\":\"text %d\"}\n", i }'
}

# model OPTIONS
model() {
	printf 'model m = "openai:fake" { price = free; max_tokens = 9; identity = "m";\n'
	printf 'base_url = env("LMD_URL", "http://127.0.0.1:9/v1");\n%s }\n' "$1"
}

# ---- quotas ----

cat >script <<END
{"path":"/v1/chat/completions","match_user":"text 77","status":429,"json":{"error":{"message":"You exceeded your quota","code":"insufficient_quota"}}}
{"reply":"yes"}
END
lmd_start
ok 'a program' program "$(model 'retry { attempts = 3; backoff = 10ms; }')"
texts 500 >rows
ok 'a spent quota ends a batch' status 3 ./p --jsonl -j 2 rows
ok 'with the row and the reason' says \
    'row 77: .*answered 429: You exceeded your quota; the quota is spent'
ok 'what was answered is written' [ "$(grep -c yes out)" -eq 76 ]
ok 'and nothing else' [ "$(wc -l <out)" -eq 76 ]
ok 'others are not asked for' [ "$(requests)" -lt 90 ]
lmd_stop
rm log
echo '{"reply":"yes"}' >script
lmd_start
ok 'another day it goes on' status 0 ./p --jsonl -j 2 rows
ok 'to the end' [ "$(grep -c yes out)" -eq 500 ]
ok 'and asks for what is missing' [ "$(requests)" -le 424 ]
lmd_stop

# ---- tuning ----

rows 60 >rows.jsonl
classifier 'random { trials = 3; }' >s.mp
cat >script <<END
{"path":"/v1/chat/completions","match_user":"message 7","status":429,"json":{"error":{"message":"come back tomorrow","code":"insufficient_quota"}}}
{"match":"sentiment","task":{"answers_file":"$tmp/rows.jsonl","in":"text","label":"label","field":"label","base":0.5,"wrong":["POSITIVE","NEGATIVE","NEUTRAL"]}}
END
lmd_start
ok 'a spent quota ends tuning' status 3 "$MIPROC" tune s.mp
ok 'with the reason' says 'come back tomorrow; the quota is spent'
ok 'and how to go on' says 'go on with --resume'
lmd_stop
{ sed -n 2p script; echo '{"reply":"Say how the writer feels."}'; } >x
mv x script
lmd_start
ok 'which does' status 0 "$MIPROC" tune s.mp --resume
lmd_stop

# ---- hedges ----

serve /v1 '{"match":"late","times":1,"delay_ms":9000,"reply":"too late"}' \
    '{"match":"both","delay_ms":'$(slow 600)',"times":2,"reply":"slow"}' \
    '{"match":"sick","times":1,"delay_ms":'$(slow 600)',"reply":"the first"}' \
    '{"match":"sick","status":400}' \
    '{"reply":"in time"}'
program "$(model "timeout = 20s; retry { hedge = $(slow 200)ms; }")"
ok 'a straggler is asked for once more' status 0 timeout "$(slow 5)" ./p \
    --no-cache --usage --text late
ok 'and the other answer counts' [ "$(cat out)" = 'in time' ]
ok 'two requests' [ "$(requests)" -eq 2 ]
ok 'what comes in time is not' status 0 ./p --no-cache --text early
ok 'one request' [ "$(requests)" -eq 3 ]
ok 'an error of the second is not its end' status 0 ./p --no-cache --text sick
ok 'if the first answers' [ "$(cat out)" = 'the first' ]
rm -f ledger
before=$(requests)
ok 'without a budget for two' status 0 ./p --no-cache --max-calls 1 --text both
ok 'there is but one' [ "$(requests)" -eq $((before + 1)) ]
ok 'one that is given up' status 0 ./p --no-cache --max-calls 2 \
    --ledger ledger --text 'both of them'
ok 'counts' status 4 ./p --no-cache --max-calls 2 --ledger ledger --text x

# streams TEXT REPLY REQUESTS: what comes in the end, of so many requests.
streams() {
	before=$(requests)
	status 0 timeout "$(slow 6)" ./p --no-cache --stream --text "$1" &&
	    tail -n 1 out | grep -qF "$2" || { cat out err; return 1; }
	[ "$(requests)" -eq $((before + $3)) ] || { requests; return 1; }
}
serve /v1 '{"match":"late","times":1,"delay_ms":9000,"reply":"too late"}' \
    '{"match":"late","piece_ms":'$(slow 40)',"reply":"it is here in time"}' \
    '{"match":"begun","piece_ms":'$(slow 60)',"reply":"one two three four five six"}' \
    '{"api":"llamacpp","match":"thinks","piece_ms":'$(slow 60)',"reasoning":"let me see, let me see, let me see, let me see, and so on","reply":"thought over"}' \
    '{"match":"either","times":1,"delay_ms":'$(slow 450)',"piece_ms":'$(slow 60)',"reply":"the first of two"}' \
    '{"match":"either","delay_ms":'$(slow 400)',"reply":"the second"}' \
    '{"match":"breaks","times":1,"delay_ms":9000,"reply":"too late"}' \
    '{"match":"breaks","times":1,"piece_ms":'$(slow 40)',"break_after":3,"reply":"one that breaks off"}' \
    '{"match":"breaks","reply":"whole"}'
program "$(model "timeout = 20s; retry { backoff = 10ms; hedge = $(slow 200)ms; }")"
ok 'a stream that does not begin is asked for again' \
    streams late 'it is here in time' 2
ok 'and comes in parts' [ "$(wc -l <out)" -gt 3 ]
ok 'one that has begun is not' streams begun 'one two three four five six' 1
ok 'nor one that thinks first' streams thinks 'thought over' 1
ok 'the one that begins first is told to its end' \
    streams either 'the first of two' 2
ok 'if that breaks off there is another attempt' streams breaks whole 3

# One of forty requests takes long, so that 97% are quick.
serve /v1 \
    '{"match":"text","every":40,"delay_ms":'$(slow 900)',"reply":"slow"}' \
    '{"match":"text","delay_ms":'$(slow 15)',"reply":"quick"}'
program "$(model 'timeout = 20s; retry { hedge = 95%; }')"
texts 400 >rows
ok 'a percentage of a batch' status 0 ./p --jsonl -j 8 --no-cache rows
ok 'each row is answered' [ "$(wc -l <out)" -eq 400 ]
asked=$(requests) slow=$(grep -c slow out)
ok 'some are asked for once more' [ "$asked" -gt 403 ]
ok 'at most one of twenty, and the first' [ "$asked" -le 421 ]
ok 'the slow ones are overtaken: 99% are quick' [ "$slow" -le 4 ]
ok 'all of which the budget counts' status 4 ./p --jsonl -j 8 --no-cache \
    --max-calls 50 rows
ok 'in the beginning' [ "$(grep -c quick out)" -le 50 ]
serve /v1 '{"match":"text","every":10,"delay_ms":300,"reply":"slow"}' \
    '{"match":"text","delay_ms":5,"reply":"quick"}'
texts 19 >rows
ok 'before enough is known' status 0 ./p --jsonl -j 1 --no-cache rows
ok 'none is made twice' [ "$(requests)" -eq 19 ]
ok 'and the slow one is waited for' grep -q slow out

# ---- deadlines ----

echo '{"status":503}' >script
lmd_start
program "$(model 'retry { attempts = 99; backoff = 50ms; deadline = '$(slow 400)'ms; }')"
ok 'a deadline ends a call' status 3 ./p --text x
ok 'and says so' says 'the deadline of [0-9.]* s leaves no time for another'
lmd_stop

# ---- as many as the server takes ----

# A server with room for 12 at once.
echo '{"reply":"yes","delay_ms":100}' >script
lmd_start --capacity 12
program "$(model 'limit { running = auto; }
	retry { attempts = 9; backoff = 20ms; }')"
texts 400 >rows
ok 'with running = auto' status 0 ./p --jsonl -j 100 --no-cache rows
ok 'all are answered' [ "$(grep -c yes out)" -eq 400 ]
stats=$(curl -s "${LMD_URL%/v1}/lmd/stats")
echo "$stats" >stats
refused=$(sed -n 's/.*"429":\([0-9]*\).*/\1/p' stats)
ok 'few are refused' [ "${refused:-0}" -le 80 ]
ok 'some have been' [ "${refused:-0}" -ge 1 ]
ok 'and the server is kept busy' together 12
lmd_stop

# ---- replicas ----

more=
stop_all() {
	[ -z "$more" ] || kill $more 2>/dev/null
	[ -z "$more" ] || wait $more 2>/dev/null
	more=
}
trap 'stop_all; lmd_stop; rm -rf "$tmp"' EXIT

# server NAME RULE ARG...: a server of its own, at $NAME.
server() {
	name=$1
	echo "$2" >"$name.script"
	shift 2
	: >"$name.out"
	"$LMD" --script "$name.script" --log "$name.log" "$@" >"$name.out" &
	more="$more $!"
	eval "$name=http://$(listening "$name.out")/v1"
	eval "export $name"
}

# asked NAME: how often it was.
asked() {
	wc -l <"$1.log" | tr -d ' '
}

# replica NAME OPTIONS RETRY
replica() {
	printf 'model %s = "openai:fake" { price = free; max_tokens = 9; ' "$1"
	printf 'retry { attempts = 4; backoff = 20ms; %s } ' "${3-}"
	printf 'base_url = env("%s", "http://127.0.0.1:9/v1"); %s }\n' "$1" "${2-}"
}
three="$(replica a; replica b; replica c)"
pool="$three
model m = least_loaded(a, b, c);"
yes='{"reply":"yes","delay_ms":30}'
texts 300 >rows

# answers ARG...: all rows are answered.
answers() {
	status 0 ./p --jsonl rows "$@" && [ "$(grep -c yes out)" -eq 300 ]
}

server a "$yes"; server b "$yes"; server c "$yes"
ok 'replicas' program "$pool"
ok 'they answer' answers -j 24
for s in a b c; do
	ok "$s has its share" [ "$(asked $s)" -ge 35 ]
done
ok 'each is asked once' [ $(($(asked a) + $(asked b) + $(asked c))) -eq 300 ]
stop_all
ok 'whoever answered, it is in the cache' answers --offline
program "$(replica a)
model m = fallback(a);"
ok 'for the first of them alone, too' answers --offline

server a "$yes"; server b "$yes"; server c '{"status":500}'
program "$pool"
ok 'one that fails' answers -j 24 --no-cache
ok 'is left out' [ "$(asked c)" -le 40 ]
stop_all

for status in 404 401; do
	server a "$yes"; server b "$yes"; server c '{"status":'$status'}'
	ok "one that answers $status" answers -j 24 --no-cache
	ok 'is left out, too' [ "$(asked c)" -le 40 ]
	stop_all
done
server a '{"status":404}'; server b '{"status":404}'; server c '{"status":404}'
ok 'all that answer so' status 3 ./p --text x --no-cache
ok 'say so' says 'answered 404'
ok 'each is asked once' [ $(($(asked a) + $(asked b) + $(asked c))) -eq 3 ]
stop_all

server a "$yes"; server b "$yes"; server c "$yes" --capacity 2
ok 'one that is full' answers -j 24 --no-cache
stop_all

server a "$yes"; server b "$yes"; c=http://127.0.0.1:1/v1
ok 'one that is not there' answers -j 24 --no-cache
stop_all

server a "$yes"; server b "$yes"; server c '{"reply":"yes","delay_ms":900}'
program "$three
model m = least_loaded(a, b, c) { sticky = false; }"
ok 'one that is slow' answers -j 12 --no-cache
ok 'gets fewer' [ "$(asked c)" -le 40 ]
stop_all

server a '{"path":"/v1/chat/completions","status":429,"json":{"error":{"message":"gone","code":"insufficient_quota"}}}'
server b "$yes"
program "$(replica a; replica b)
model m = least_loaded(a, b);"
ok 'one without a quota' answers -j 8 --no-cache
ok 'is not asked again' [ "$(asked a)" -le 8 ]
stop_all
server a '{"status":500}'; server b '{"status":500}'
ok 'none that is well' status 3 ./p --text x
ok 'is a failure after all attempts' says 'answered 500.*(4 attempts)'
stop_all

server a '{"status":500}'; server b "$yes"
program "$(replica a; replica b)
model m = fallback(a, b);"
ok 'a fallback' answers -j 8 --no-cache
ok 'does not begin with one that fails' [ "$(asked a)" -le 60 ]
stop_all

# One of the two is late, the one that is asked first or the other.
hedged="$(replica a '' 'hedge = 200ms;'; replica b '' 'hedge = 200ms;')
model m = least_loaded(a, b);"
sum=0
for late in a b; do
	for s in a b; do
		if [ $s = $late ]; then
			server $s '{"reply":"late","delay_ms":9000}'
		else
			server $s '{"reply":"yes"}'
		fi
	done
	program "$hedged"
	ok "$late is late" status 0 timeout "$(slow 5)" ./p --no-cache \
	    --max-calls 2 --text x
	ok 'the other one answers' grep -q yes out
	sum=$((sum + $(asked a) + $(asked b)))
	stop_all
done
ok 'having been asked once more, or at first' [ $sum -eq 3 ]
server a '{"status":400,"delay_ms":500}'
server b '{"status":400,"delay_ms":500}'
ok 'what both refuse' status 3 ./p --no-cache --text x
ok 'is refused' says 'answered 400'
stop_all

# One of the two hangs, the one that is asked first or the other: it accepts,
# and says nothing.  Once it is left out it is asked whether it is there, and no
# call is risked.
server a "$yes"
pid_a=${more##* }
server b "$yes"
pid_b=${more##* }
brief="timeout = $(slow 300)ms;"
program "$(replica a "$brief"; replica b "$brief")
model m = least_loaded(a, b);"
texts 100 >few
lost=0
for pid in $pid_a $pid_b; do
	kill -STOP "$pid"
	rm -f trace
	ok 'one that hangs' status 0 ./p --jsonl few -j 1 --no-cache \
	    --trace trace
	kill -CONT "$pid"
	ok 'each row is answered' [ "$(grep -c yes out)" -eq 100 ]
	lost=$(sed -n 's/.*"attempts":\([0-9]*\).*/\1/p' trace |
	    awk -v n="$lost" '{ n += $1 } END { print n - NR }')
done
ok 'five calls found it out' [ "$lost" -eq 5 ]
stop_all

# ---- prefixes ----

# Two modules with prefixes of their own, in parallel.
two() {
	cat >p.mp <<END
$1
signature One = (text: string) -> (word: string) "First say yes.";
signature Two = (text: string) -> (word: string) "Then say yes again.";
module one = predict(One) { model = m; format = plain; }
module two = predict(Two) { model = m; format = plain; }
program P(text: string) -> (word: string) {
	let x = one(text);
	let y = two(text + x.word);
	return { word = x.word + y.word };
}
END
	"$MIPROC" p.mp -O0 -o p
}
server a "$yes"; server b "$yes"; server c "$yes"
two "$pool"
head -40 rows >few
ok 'two prefixes' status 0 ./p --jsonl -j 1 few --no-cache
for s in a b c; do
	grep -c 'First say' $s.log
	grep -c 'Then say' $s.log
done >at
ok 'stay where they are' [ "$(grep -cx 40 at)" -eq 2 ]
stop_all

server a '{"reply":"yes","delay_ms":3}'
two "$(replica m 'limit { running = 1; }' |
    sed 's/env("m"/env("a"/')"
ok 'those that wait' status 0 ./p --jsonl -j 40 few --no-cache
grep -o 'First say\|Then say' a.log | uniq >turns
ok 'are sent by their prefix' [ "$(wc -l <turns)" -le 30 ]
stop_all

# ---- prompts that are too long ----

for w in one two three four; do
	printf '{"text":"the row %s","word":"w-%s"}\n' $w $w
done >cases.jsonl
# long OPTION: a module with demonstrations.
long() {
	cat >p.mp <<END
$(model 'retry { attempts = 1; }')
struct Case { text: string; word: string; }
retriever cases: Case = bm25("cases.jsonl") { text = "text"; k = 4; }
signature Answer = (text: string) -> (word: string) "Answer with a word.";
module answer = predict(Answer) {
	model = m; format = plain; demos = knn(cases); $1
}
program P(text: string) -> (word: string) {
	return { word = answer(text).word };
}
END
	"$MIPROC" p.mp -O0 -o p
}
too_long() {
	printf '{"path":"/v1/chat/completions","match":"%s","status":400,' "$1"
	printf '"json":{"error":{"message":"too long","code":"%s"}}}\n' \
	    context_length_exceeded
}
{ too_long w-four; too_long w-three; echo '{"reply":"yes"}'; } >script
lmd_start
ok 'demonstrations' long ''
ok 'that do not fit' status 8 ./p --text 'the row of mine' --no-cache
ok 'are told of' says 'answered 400: too long'
ok 'and not left out unasked' [ "$(requests)" -eq 1 ]
long 'on_overflow = trim_demos;'
ok 'if it is said, they are' status 0 ./p --text 'the row of mine' \
    --no-cache --trace trace
ok 'the least near ones' sh -c "tail -1 log | grep w-one | grep w-two"
ok 'one after the other' [ "$(requests)" -eq 4 ]
ok 'and the trace says so' grep -q 'demonstrations fit the context' trace
lmd_stop
{ printf '{"status":400,"error":"This model'"'"'s maximum context length is '
  printf '4096 tokens"}\n'; } >script
lmd_start
ok 'what fits in no way' status 8 ./p --text x --no-cache
ok 'is the failure that it was' says 'maximum context length is 4096'
lmd_stop

done_testing
