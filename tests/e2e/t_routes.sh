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

# ---- deadlines ----

echo '{"status":503}' >script
lmd_start
program "$(model 'retry { attempts = 99; backoff = 50ms; deadline = 400ms; }')"
ok 'a deadline ends a call' status 3 ./p --text x
ok 'and says so' says 'the deadline of 0.4 s leaves no time for another'
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

done_testing
