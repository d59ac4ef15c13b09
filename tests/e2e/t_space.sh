#!/bin/sh
# The search space: options of modules that are tuned, what -D and freeze take
# out of it, and what becomes of both in the tuned file.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
cd "$tmp" || exit 1
rows 150 >rows.jsonl
awk 'NR <= 5' rows.jsonl | sed 's/,"label":"[A-Z]*"//' >in.jsonl

# It is good at a temperature of 0.5 and with markers.
cat >script <<'END'
{"match":"sentiment","task":{"answers_file":"rows.jsonl","in":"text","label":"label","field":"label","base":0.3,"bonus":[{"temperature":0.5,"add":0.4},{"format":"markers","add":0.25}],"wrong":["POSITIVE","NEGATIVE","NEUTRAL"]}}
END

# program OPTIONS STRATEGY FREEZE
program() {
	classifier "mipro { instructions = 1; demo_sets = 1; trials = ${2:-24};
		minibatch = 20; early_stop = off; }" |
	    sed "s/{ model = local; }/{ model = local; $1 }/
		s/metric = acc;\$/metric = acc; ${3-}/"
}

temperature='temperature = 0.0 tune 0.0 .. 1.0;'
format='format = json tune [json, markers];'
structure='structure = auto tune [auto, prompt];'

# Values of one member in all requests, each once.
values() {
	sed -n "s/.*\"$1\":\([^,}]*\).*/\1/p" log | sort -u | tr '\n' ' '
}

# ---- it is searched ----

program "$temperature $format $structure" >s.mp
lmd_start
ok 'options of a module are tuned' status 0 "$MIPROC" tune s.mp -j 4
ok 'the temperature is found' grep -q '"classify.temperature": 0.5' s.tuned
ok 'and the format' grep -q '"classify.format": "markers"' s.tuned
ok 'no other format was tried' sh -c '! grep -q "<label>{" log'
ok 'both structures were' sh -c \
    'grep -q response_format log && grep -v response_format log |
    grep -q "JSON object"'
ok 'a locked build' status 0 "$MIPROC" s.mp --locked -o s
rm -f log
lmd_stop
lmd_start
ok 'runs' status 0 ./s --jsonl in.jsonl --no-cache
ok 'at the tuned temperature' test "$(values temperature)" = '0.5 '
ok 'the plan says so' status 0 ./s --plan
ok 'as to the format' says 'format markers'
ok 'the slots are shown' status 0 ./s --prompts
ok 'with the temperature' says '"classify.temperature": 0.5'

# ---- it is frozen ----

program "$temperature $format" 8 'freeze = [classify.temperature];' >f.mp
rm -f log
lmd_stop
lmd_start
ok 'with a frozen temperature' status 0 "$MIPROC" tune f.mp -j 4
ok 'no other is tried' test "$(values temperature)" = '0.0 '
ok 'the others are' grep -q '"classify.format": "markers"' f.tuned
program "$temperature" 8 'freeze = [classify];' >f.mp
ok 'a frozen module' status 0 "$MIPROC" tune f.mp -j 4
ok 'has nothing to search' says 'nothing to search'

# ---- it is set by -D ----

rm -f log s.tuned
lmd_stop
lmd_start
ok 'tuning with a temperature of -D' status 0 "$MIPROC" tune s.mp -j 4 \
    -D classify.temperature=0.25 -D classify.structure=prompt
ok 'tries no other' test "$(values temperature)" = '0.25 '
ok 'nor another structure' sh -c '! grep -q response_format log'
ok 'it stands in the tuned file' grep -q '"classify.temperature": 0.25' s.tuned
ok 'and so does the structure' grep -q '"classify.structure": "prompt"' s.tuned
ok 'so that a build without -D' status 0 "$MIPROC" s.mp --locked -o s
ok 'has the same slots' status 0 ./s --prompts
ok 'temperature included' says '"classify.temperature": 0.25'
ok 'a build with the same -D' status 0 "$MIPROC" s.mp --locked \
    -D classify.temperature=0.25 -o s
ok 'says nothing' test ! -s err
ok 'a build with another' status 0 "$MIPROC" s.mp --locked \
    -D classify.temperature=0.75 -o s
ok 'says what was tuned' says 'stale-tuning'
ok 'and takes what -D says' status 0 ./s --prompts
ok 'whatever was tuned' says '"classify.temperature": 0.75'

# ---- a template ----

program 'template = "Message of a customer: {text} (which sentiment?)";' 6 >t.mp
rm -f log
lmd_stop
skill 0.5 >script
lmd_start
ok 'with a template' status 0 "$MIPROC" tune t.mp -j 4
ok 'the message is by it' grep -q 'Message of a customer: message [0-9]* of' log
ok 'and by nothing else' sh -c '! grep -q "text: message" log'
sed -i 's/demo_sets = 1/demo_sets = 4/' t.mp
ok 'with demonstrations' status 0 "$MIPROC" tune t.mp -j 4
ok 'a locked build' status 0 "$MIPROC" t.mp --locked -o t
rm -f log
lmd_stop
lmd_start
ok 'runs' status 0 ./t --jsonl in.jsonl --no-cache
ok 'whose demonstrations are by the template' \
    grep -q 'customer: .*"role":"assistant".*customer: ' log
sed 's/{text}/{txt}/' t.mp >u.mp
ok 'a place that is no input' status 1 "$MIPROC" check u.mp
ok 'is reported where it stands' says 'u.mp:[0-9]*:[0-9]*: .*mean .text'

# ---- in one file ----

cat >lib.mp <<'END'
model local = "openai:fake" { base_url = env("LMD_URL"); price = free; }
signature Say = (text: string) -> (label: string) "Say.";
module say = predict(Say) {
	model = local;
	format = json;
	template = "Say {text} in {{ }}";
}
module say_all = predict(Say) { temperature = 0.5 tune [0.0, 0.5]; model = local; }
END
cat >x.mp <<'END'
import "lib.mp" as l;
program P(text: string) -> (label: string) {
	return { label = l.say(text).label + l.say_all(text).label };
}
END
set -- -D l.say.format=xml -D l.say.temperature=0.25 \
    -D l.say_all.temperature=1 -D l.say_all.structure=native
ok 'one file of an import and -D' status 0 "$MIPROC" -E x.mp "$@" -o e.mp
ir() {
	"$MIPROC" --emit=ir -O0 "$@" | grep -v -e '^pin' -e freeze -e tune \
	    -e formats -e path
}
ir x.mp "$@" >x.ir
ir e.mp >e.ir
ok 'is the same program' cmp x.ir e.ir
ok 'whose format stays' grep -q 'format = xml tune \[xml\];' e.mp

# ---- params ----

cat >p.mp <<'END'
model local = "openai:fake" { base_url = env("LMD_URL"); price = free; }
signature Say = (text: string) -> (label: string) "Decide the sentiment.";
module say = predict(Say) { model = local; demos = none; }
param N: int = 1 tune 1 .. 1000;
program P(text: string) -> (label: string, n: int) {
	let s = say(text);
	return { label = s.label, n = N };
}
data d = jsonl("rows.jsonl") { split = [0.2, 0.6, 0.2]; }
metric big(gold, pred) = pred.n / 1000.0;
optimize P {
	using = mipro { instructions = 1; formats = off; trials = 12; };
	train = d.train; dev = d.dev; metric = big;
}
END
ok 'a wide range of ints' status 0 "$MIPROC" tune p.mp -j 4
ok 'is tried at ints' grep -q '"N": 1000$' p.tuned
ok 'with the param set by -D' status 0 "$MIPROC" tune p.mp -D N=300 \
    --tuned q.tuned
ok 'the tuned file has its value' grep -q '"N": 300$' q.tuned
ok 'which another -D overrides' status 0 "$MIPROC" p.mp --tuned q.tuned \
    -D N=5 -o p
ok 'with a word' says 'N: it is 5 by -D'
sed 's/tune 1 .. 1000/tune 1 .. 9/' p.mp >r.mp
ok 'a value that is no choice any more' status 7 "$MIPROC" r.mp --locked \
    --tuned q.tuned -o p
ok 'is told of' says 'choices any more'
lmd_stop
done_testing
