#!/bin/sh
# What the world does to us: servers, keys, disks, budgets, signals.  Each
# fault gives one clear message and its exit status, and loses nothing.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
cd "$tmp" || exit 1
secret=SECRET-KEY-0123456789
rows 60 >rows.jsonl
retry='retry { attempts = 2; backoff = 10ms; max_wait = 2s; } '
retry="${retry}timeout = $(slow 700)ms;"
classifier 'random { trials = 3; }' |
    sed "s/price = free;/price = free; $retry/" >s.mp
sed 's/price = free;/price = free; api_key = env("FAULT_KEY");/' s.mp >k.mp
sed 's/price = free;/price { in = 1; out = 2; }/' s.mp >paid.mp
sed 's/price = free;//' s.mp >bare.mp
sed 's/max_wait = 2s;/& on = [429];/' s.mp >only.mp
cat >script <<END
{"match_user":"m401","status":401,"error":"bad key $secret"}
{"match_user":"m404","status":404,"error":"no such model"}
{"match_user":"m400","status":400,"error":"odd request"}
{"match_user":"m500","status":500,"error":"oops"}
{"match_user":"m503","times":1,"status":503}
{"match_user":"mfinal","status":503,"error":"never","headers":{"x-should-retry":"false"}}
{"match_user":"mwait","times":1,"status":429,"headers":{"Retry-After":"1"}}
{"match_user":"mpast","times":1,"status":429,"headers":{"Retry-After":"Wed, 21 Oct 2015 07:28:00 GMT"}}
{"match_user":"mdate","status":429,"headers":{"Retry-After":"Wed, 21 Oct 2065 07:28:00 GMT"}}
{"match_user":"mlong","status":429,"headers":{"Retry-After":"3600"}}
{"match_user":"mreset","action":"reset"}
{"match_user":"mhalf","action":"truncate","reply":"a reply that is cut"}
{"match_user":"mhtml","action":"html"}
{"match_user":"mhang","action":"hang"}
{"match_user":"mslow","action":"slow"}
{"match_user":"mrefuse","refusal":"I will not","finish":"content_filter"}
{"match_user":"mlength","reply":"{\"label\":\"POS","finish":"length"}
{"match_user":"mfilter","reply":"","finish":"content_filter"}
{"match_user":"mtell","json":{"label":"NEUTRAL","key":"$secret"}}
{"match_user":["message"],"match":"sentiment","task":{"answers_file":"$tmp/rows.jsonl","in":"text","label":"label","field":"label","base":0.5,"wrong":["POSITIVE","NEGATIVE","NEUTRAL"]}}
{"json":{"label":"NEUTRAL"}}
END
lmd_start
"$MIPROC" s.mp -O0 -o s0 && "$MIPROC" k.mp -O0 -o k0 &&
    "$MIPROC" paid.mp -O0 -o paid0 && "$MIPROC" bare.mp -O0 -o bare0 &&
    "$MIPROC" only.mp -O0 -o only0

# one STATUS PATTERN COMMAND...: the status, and one line of message with it.
one() {
	want=$1 pattern=$2
	shift 2
	status "$want" "$@" && says "$pattern" || return 1
	[ "$(wc -l <err)" -le 1 ] || { echo 'more than one line'; return 1; }
}

# ---- servers ----

url=$LMD_URL
ok 'wrong key' one 3 "answered 401: .*no key was sent, for FAULT_KEY is not" \
    env -u FAULT_KEY ./k0 --text m401
ok 'unknown model' one 3 'answered 404: no such model; is there a model fake' \
    ./s0 --text m404
ok 'a bad request' one 3 "$url answered 400: odd request" ./s0 --text m400
ok 'errors of the server' one 3 'answered 500: oops (2 attempts)' \
    ./s0 --text m500
ok 'one that passes' one 0 NEUTRAL ./s0 --text m503
# alive: a connection to the model has the timer (02) of keepalive.
alive() {
	port=${url##*:}
	port=$(printf :%04X "${port%/v1}")
	./s0 --text mhang >/dev/null 2>&1 &
	i=0
	until awk -v at="$port" 'index($3, at) && $6 ~ /^02/ { found = 1 }
	    END { exit !found }' /proc/net/tcp || [ $i -ge 100 ]; do
		sleep 0.01
		i=$((i + 1))
	done
	wait $!
	[ $i -lt 100 ]
}
if [ -r /proc/net/tcp ]; then
	ok 'whether a silent server is still there is asked' alive
else
	skip 'whether a silent server is still there is asked' 'no /proc'
fi
ok 'one that is not to be tried again' one 3 'answered 500: oops$' \
    ./only0 --text m500
ok 'and one that is' one 3 'is 2 s' ./only0 --text mdate
ok 'the network always' one 3 "$url: .*(2 attempts)" ./only0 --text mreset
ok 'a server that says not to' one 3 '503: never$' ./s0 --text mfinal
ok '429 with seconds' one 0 NEUTRAL ./s0 --text mwait
ok '429 with a date' one 0 NEUTRAL ./s0 --text mpast
ok '429 with a far date' one 3 'asks to wait [0-9]* s, and .*max_wait is 2 s' \
    ./s0 --text mdate
ok '429 for an hour' one 3 'asks to wait 3600 s' ./s0 --text mlong
ok 'a reset' one 3 "$url: .*(2 attempts)" ./s0 --text mreset
ok 'a reply cut off by the line' one 3 '(2 attempts)' ./s0 --text mhalf
ok 'HTML' one 3 'answered HTML, not an OpenAI-compatible reply' \
    ./s0 --text mhtml
ok 'silence' one 3 'timed out after [0-9]* milliseconds' ./s0 --text mhang
ok 'a byte now and then' one 3 'timed out' ./s0 --text mslow
ok 'a refusal' one 8 'would not answer: I will not' ./s0 --text mrefuse
ok 'the content filter' one 8 'content filter' ./s0 --text mfilter
ok 'finish length' one 8 'cut off after [0-9]* tokens; raise max_tokens' \
    ./s0 --text mlength
ok 'no such host' one 3 'Could not resolve host: nosuchhost.invalid' \
    ./s0 --text a --base-url http://nosuchhost.invalid/v1
ok 'no URL' one 2 'does not begin with http' ./s0 --text a --base-url nonsense
ok 'a batch with failures of the network gives 3' status 3 sh -c \
    'printf "{\"text\":\"a\"}\n{\"text\":\"m500\"}\n{\"text\":\"b\"}\n" |
    ./s0 --jsonl'
ok 'and a line for each row' test "$(wc -l <out)" = 3

# ---- models ----

ok 'another model' status 0 ./s0 --text 'over there' --model local=openai:other
ok 'is asked' grep -q '"model":"other"' log
ok 'no such model' one 2 'no model nope; it has local' \
    ./s0 --text a --model nope=openai:x
ok 'nor for tuning' one 2 'no model nope; it has local' \
    "$MIPROC" tune s.mp --model nope=openai:x
ok 'no such provider' one 2 'NAME=PROVIDER:ID.* openai, azure' \
    "$MIPROC" tune s.mp --model local=nope:x
forget
ok 'offline with nothing in the cache' status 7 "$MIPROC" tune s.mp --offline
ok 'asks nobody' newly 0

# ---- secrets ----

FAULT_KEY=$secret
export FAULT_KEY
ok 'a key' one 3 'bad key \*\*\*; the key is the one in FAULT_KEY' \
    ./k0 --text m401 --trace t.jsonl --trace-content
ok 'in a reply' status 0 ./k0 --text mtell --trace t.jsonl --trace-content
ok 'tuning with a key' status 0 "$MIPROC" tune k.mp --trace t2.jsonl -v
cp out tuned.out
cp err tuned.err
ok 'a build with a key' status 0 "$MIPROC" k.mp --locked -MD -o k1
ok 'and C' status 0 "$MIPROC" k.mp --locked -S -o k1.c
ok 'there are files to look at' test -s t.jsonl -a -s k.tuned \
    -a -s cache/cache.db -a -s .miproc/k.db
mkdir other
mv script log other/
ok 'the key is in no file' sh -c "! grep -rl '$secret' . --exclude-dir=other"
mv other/script other/log .
ok 'a key with a line break' one 2 'FAULT_KEY has a blank or control' \
    env FAULT_KEY="a
b" ./k0 --text m401
unset FAULT_KEY

# ---- budgets ----

forget
ok 'paid tuning without a budget' one 2 'costs money, and there is no budget' \
    "$MIPROC" tune paid.mp
ok 'compiling, too' one 2 'there is no budget' "$MIPROC" paid.mp -o paid
ok 'but the bound is shown' status 0 "$MIPROC" tune paid.mp -n
ok 'money without a price' one 2 'price of the model local is not known' \
    "$MIPROC" tune bare.mp --max-cost 1
ok 'in a program, too' one 2 'price of the model local is not known' \
    ./bare0 --text a --max-cost 1
ok 'MIPROC_MAX_COST' one 2 'MIPROC_MAX_COST is much' \
    env MIPROC_MAX_COST=much ./s0 --text a
ok 'have asked nobody' newly 0
ok 'calls, spent at once' one 4 'budget of 7 calls is spent' \
    "$MIPROC" tune s.mp -q --max-calls 7
ok 'are seven' newly 7
ok 'and nothing is written' test ! -e s.tuned
forget
ok 'calls, spent in the search' one 4 'stopped early: .*30 calls.*--resume' \
    "$MIPROC" tune s.mp -q --max-calls 30 -j 7
ok 'are thirty' newly 30
ok 'and the best so far is written' test -s s.tuned
ok 'more of them' status 0 "$MIPROC" tune s.mp -q --max-calls 1000
forget
ok 'tokens' status 4 "$MIPROC" tune s.mp -q --max-tokens 6000 -j 7
ok 'are not overdrawn' sh -c "awk '{ n += 1 } END { exit !(n > 20) }' log"
spent() {
	python=$1
	paid=$(sed -n 's/.*, \([0-9.]*\) usd.*/\1/p' out)
	awk -v p="$paid" -v m="$python" 'BEGIN { exit !(p > 0 && p <= m) }'
}
forget
ok 'money' status 4 "$MIPROC" tune paid.mp -q --max-cost 0.006 -j 7
ok 'is not overdrawn' spent 0.006
forget
ok 'a batch, for calls' status 4 ./paid0 --jsonl rows.jsonl --max-calls 5 -j 9
ok 'is stopped in time' newly 5
ok 'with a line for each row' test "$(grep -c . out)" = 60
lmd_stop
rm -f log
lmd_start --latency 120
forget
ok 'the time limit' status 4 "$MIPROC" tune s.mp -q -j 2 --time-limit 4s
ok 'is told' says 'stopped early: .*--resume'

# ---- processes ----

signalled() {
	forget
	"$MIPROC" tune s.mp -q -j 2 >out 2>err </dev/null &
	pid=$!
	await 5 came 30
	kill -TERM $pid
	wait $pid
	got=$?
	[ $got -eq 143 ] && says -- --resume && [ -s s.tuned ]
}
ok 'SIGTERM gives 143 and the best so far' signalled

twice() {
	forget
	"$MIPROC" tune s.mp -q -j 2 >first.out 2>first.err </dev/null &
	pid=$!
	await 5 came 10
	one 2 'another study is using .miproc/s.db' "$MIPROC" tune s.mp -q
	told=$?
	wait $pid && [ $told -eq 0 ] && [ -s s.tuned ]
}
ok 'two studies of one file' twice
cp s.tuned whole

# The process whose parent is $1.
child_of() {
	ps -e -o pid= -o ppid= | awk -v p="$1" '$2 == p { print $1; exit }'
}

crashing() {
	forget
	"$MIPROC" tune s.mp -q -j 2 >out 2>err </dev/null &
	pid=$!
	await 5 came 8
	kill -9 "$(child_of $pid)" || return 1
	wait $pid || return 1
	cmp s.tuned whole
}
ok 'a worker that is killed changes nothing' crashing
ok 'no worker is left' sh -c "! pgrep -f '^$tmp/cache/build'"
lmd_stop
rm -f log
lmd_start

# ---- disks ----

# Prefers a disk that is full to asking for one.
full=
if [ "$(id -u)" -eq 0 ] && mkdir full &&
    mount -t tmpfs -o size=256k none full 2>/dev/null; then
	full=$tmp/full
	trap 'lmd_stop; umount "$full"; rm -rf "$tmp"' EXIT
fi
for dir in /proc/none "$tmp/s.mp"; do
	ok "a cache under $dir" one 0 'warning: going on without the cache: ' \
	    ./s0 --text a --cache-dir "$dir"
done
mkdir odd
head -c 20000 "$MIPROC" >odd/cache.db
cp odd/cache.db odd.db
ok 'a cache that is none' one 0 'not a database; remove it' \
    ./s0 --text a --cache-dir odd
ok 'is left alone' cmp odd.db odd/cache.db
rm -rf odd
./s0 --text b --cache-dir odd >/dev/null
printf 'garbagegarbage' |
    dd of=odd/cache.db bs=1 seek=4096 conv=notrunc 2>/dev/null
ok 'a cache that is broken' one 0 'going on without the cache: ' \
    ./s0 --text a --cache-dir odd
mkdir taken
for f in /proc/none/x taken; do
	ok "output to $f" one 2 "cannot write $f" "$MIPROC" s.mp -O0 -o $f
done
ok 'output to a device' one 2 'it is no regular file' \
    "$MIPROC" s.mp -O0 -o /dev/null
ok 'which is still one' test -c /dev/null
ok 'C to a full device' one 2 'cannot write /dev/full: No space' \
    "$MIPROC" s.mp -O0 -S -o /dev/full
forget
ok 'nowhere to put the tuned file' one 2 'cannot write /proc/none/s.tuned' \
    "$MIPROC" tune s.mp -q --tuned /proc/none/s.tuned
ok 'is found before asking' newly 0
if [ "$full" ]; then
	dd if=/dev/zero of=full/fill bs=1k 2>/dev/null
	ok 'a full disk' status 2 "$MIPROC" s.mp -O0 -S -o full/s.c
	ok 'is told' says 'cannot write full/s.c: No space'
	ok 'and nothing is left on it' test "$(ls full)" = fill
	ok 'for the program' status 2 "$MIPROC" s.mp -O0 -o full/s
	ok 'leaves nothing, either' test "$(ls full)" = fill
	ok 'for the cache' one 0 'going on without the cache: .*full' \
	    ./s0 --text c --cache-dir full/cache
	rm full/fill
	mkdir full/p
	cp s.mp rows.jsonl full/p/
	ok 'for the journal' sh -c "cd full/p &&
	    '$MIPROC' tune s.mp -q >../../out 2>../../err; [ \$? -eq 2 ]"
	ok 'which is told' says 'disk is full\|No space'
	ok 'and no tuned file is claimed' test ! -e full/p/s.tuned
else
	echo "# no file system of its own: tests of full disks are left out"
fi

# ---- the C compiler ----

ok 'no C compiler' status 2 env CC=nocc "$MIPROC" s.mp -O0 -o y
ok 'is told' says 'cannot run nocc: .*'
ok 'with what to do' says 'CC names another'
ok 'a failing C compiler' one 2 'false ended with status 1' \
    env CC=false "$MIPROC" s.mp -O0 -o y
ok 'no room for the C' one 2 'cannot make the directory /proc/none' \
    env TMPDIR=/proc/none "$MIPROC" s.mp -O0 -o y
ok 'gives no program' test ! -e y

# ---- stdin and stdout ----

# closed STATUS PATTERN COMMAND: by way of the shell, for its redirections.
closed() {
	sh -c "$3" 2>err
	got=$?
	: >out
	[ $got -eq "$1" ] || { echo "status $got, not $1"; return 1; }
	[ -z "$2" ] || says "$2"
}
text="echo '{\"text\":\"a\"}'"
ok 'stdin closed' closed 2 'stdin: Bad file' './s0 <&-'
ok 'for a batch' closed 2 'rows cannot be read: Bad file' \
    'timeout 20 ./s0 --jsonl <&-'
ok 'stdout closed' closed 2 'output cannot be written: Bad file' \
    "$text | ./s0 --no-cache >&-"
ok 'stderr closed' closed 0 '' './s0 --text a >out.txt 2>&-'
ok 'a full stdout' closed 2 'cannot be written: No space' \
    "$text | ./s0 >/dev/full"
ok 'of a batch' closed 2 'cannot be written: No space' \
    './s0 --jsonl rows.jsonl >/dev/full'
ok 'nobody reads' closed 2 '' '(./s0 --jsonl rows.jsonl; echo $? >&3) \
    3>got | true; exit $(cat got)'
for what in --emit=ir --emit=ast --emit=plan '-S -o -' --emit=prompts; do
	ok "$what to a full stdout" closed 2 'written\|write standard output' \
	    "'$MIPROC' -O0 $what s.mp >/dev/full"
done
ok 'help to a full stdout' closed 2 'cannot write standard output' \
    "'$MIPROC' --help >/dev/full"
done_testing
