#!/bin/sh
# Secrets reach no file: keys and passwords are planted wherever one can have
# them, told back by servers and tools, and looked for in all that is written.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
cd "$tmp" || exit 1

cat >p.mp <<'END'
model keyed = "openai:keyed" {
	base_url = env("LMD_URL"); api_key = env("S_KEY"); temperature = 0.0;
	max_tokens = 200; price = free; retry { attempts = 1; }
}
model based = "openai:based" {
	base_url = env("S_URL"); temperature = 0.0; max_tokens = 200;
	price = free; retry { attempts = 1; }
}
caps { exec("./tell"); net("127.0.0.1"); }
tool tell(word: string) -> string
	= exec("./tell") { input = text; output = text; 
	    env = ["S_TOOL", "S_NUM"]; }
tool far(word: string) -> string
	= http(env("FAR_URL")) { api_key = env("S_FAR"); output = text; }
signature One = (text: string) -> (word: string) "First word.";
signature Two = (text: string) -> (word: string) "Second word.";
module one = predict(One) { model = keyed; }
module two = predict(Two) { model = based; }
program P(text: string) -> (n: int) {
	let a = one(text);
	let b = two(a.word);
	let c = tell(b.word);
	let d = far(c);
	let e = two(d);
	return { n = len(e.word) };
}
data rows = jsonl("rows.jsonl") { split = [2, 2, 0]; }
metric m(gold, pred) = pred.n > 0 ? 1.0 : 0.0;
optimize P {
	using = random { trials = 2; };
	train = rows.train; dev = rows.dev; metric = m;
}
END
for i in 1 2 3 4; do echo "{\"text\":\"row $i\"}"; done >rows.jsonl
# Each has a quote, which JSON writes in another way.
key='sk-planted"key-1' far='far-planted-key-2' tool='tool-planted\key-3'
otlp='otlp-planted-key-4' pass='pass-planted-5'
mkdir -p hidden
printf '#!/bin/sh\nread -r w\necho "$S_TOOL said $w"; echo "$S_TOOL" >&2\n' >tell
chmod +x tell
python3 - "$key" "$far" "$pass" "$otlp" >script <<'END'
import json, sys
key, far, pw, otlp = sys.argv[1:]
for r in (
    {"path": "/v1/traces", "reply": "{}"},
    {"path": "/refuse/v1/traces", "status": 400},
    {"path": "/far", "reply": "far " + far},
    {"match_user": "fail", "status": 400, "error": "bad %s %s %s" % (key, pw, otlp)},
    {"match_system": "First", "reply": "one %s %s" % (key, otlp)},
    {"reply": "two %s" % pw}):
    print(json.dumps(r))
END
lmd_start
home=${LMD_URL%/v1}
S_NUM=1 S_KEY=$key S_FAR=$far S_TOOL=$tool FAR_URL=$home/far
S_URL=http://user:$pass@${LMD_URL#http://}
OTEL_EXPORTER_OTLP_ENDPOINT=http://me:$pass@${home#http://}
OTEL_EXPORTER_OTLP_HEADERS="x-key=$otlp"
export S_NUM S_KEY S_FAR S_TOOL FAR_URL S_URL OTEL_EXPORTER_OTLP_ENDPOINT \
    OTEL_EXPORTER_OTLP_HEADERS

everything='--trace t.jsonl --trace-content --journal j --record r
    --usage-file u.json --ledger l --max-calls 1000 --root .'
# shellcheck disable=SC2086
ok 'a build' status 0 "$MIPROC" p.mp -O0 -o p
cp out o1
cp err e1
# shellcheck disable=SC2086
ok 'a run' status 0 ./p --text 'row 1' $everything
cp out o2
cp err e2
# shellcheck disable=SC2086
ok 'a failure' status 3 ./p --text 'fail' --no-cache $everything
cp out o3
cp err e3
ok 'prompts' status 0 ./p --prompts
cp out o4
cp err e4
# shellcheck disable=SC2086
ok 'a collector that refuses' status 0 env \
    OTEL_EXPORTER_OTLP_ENDPOINT="http://me:$pass@${home#http://}/refuse" \
    ./p --text 'row 2' $everything
cp out o5
cp err e5
ok 'a study' status 0 "$MIPROC" tune p.mp --trace t2.jsonl -v -o tuned
cp out o6
cp err e6
ok 'an evaluation' status 0 "$MIPROC" eval p.mp --rows rows.out
cp out o7
cp err e7
ok 'there are files' test -s t.jsonl -a -s t2.jsonl -a -s j -a -s r -a \
    -s u.json -a -s p.tuned -a -s rows.out -a -s .miproc/p.db -a \
    -s cache/cache.db -a -s e3
ok 'texts are for their owner' test "$(stat -c %a t.jsonl j r |
    tr '\n' ' ')" = '600 600 600 '
ok 'and spans' grep -q '"path":"/v1/traces"' log
S_NUM=127.0.0.1:65535
export S_NUM
ok 'numbers are no secrets' status 0 ./p --text 'row 3' --root . --trace n \
    --trace-content
ok 'and lines are JSON' python3 -c 'import json
for f in "n", "t.jsonl", "t2.jsonl":
    for l in open(f): json.loads(l)'
ok 'in which things are blotted out' grep -q 'one \*\*\*' t.jsonl
# What was posted to the collector; requests to models have the replies of
# others in them, as they should.
grep '"path":"[a-z/]*/v1/traces"' log >spans.sent
mv log script lmd.out lmd.err hidden/
clean() {
	for s in "$1" "$2"; do
		if grep -rlF -e "$s" . --exclude-dir=hidden --exclude=ok.out; then
			return 1
		fi
	done
}
ok "a model's key is nowhere" clean 'planted"key-1' 'planted\"key-1'
ok "nor a server's" clean "$far" "$far"
ok "nor a command's, but in its replies" sh -c \
    "! grep -lF -e 'tool-planted' t.jsonl t2.jsonl spans.sent e?"
ok "nor a collector's" clean "$otlp" "$otlp"
ok 'nor a password' clean "$pass" "$pass"

lmd_stop
done_testing
