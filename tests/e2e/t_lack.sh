#!/bin/sh
# What a model turns out to lack is told once, and not asked for again.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
cd "$tmp" || exit 1

KEY=sk-lack-secret
export KEY
unset OPENAI_BASE_URL AZURE_OPENAI_ENDPOINT

# model PROVIDER:ID OPTION...: p asks such a model twice.
model() {
	id=$1
	shift
	cat >p.mp <<-END
	model small = "$id" {
	    base_url = env("BASE_URL"); api_key = env("KEY"); $*
	}
	signature Judge = (text: string) -> (mood: "glad" | "sad")
	    "Judge the text.";
	signature Count = (text: string) -> (points: int, mood: "glad" | "sad")
	    "Count the text.";
	module judge = predict(Judge) { model = small; format = json; reask = 0; }
	module count = predict(Count) { model = small; format = json; reask = 0; }
	program Main(text: string) -> (a: string, b: int) {
	    let a = judge(text).mood;
	    return { a = a, b = count(text + a).points };
	}
	END
	ok "$id $* compiles" status 0 "$MIPROC" -O0 -w p.mp -o p
}

gives() {
	status 0 ./p --no-cache --text x "$@" || return 1
	[ "$(cat out)" = '{"a":"glad","b":7}' ] || { cat out; return 1; }
}

# asked N: so many requests, one of them refused.
asked() {
	[ "$(requests)" -eq "$1" ] && [ "$(grep -c '"status":400' log)" -eq \
	    $(($1 - 2)) ] || { cat log; return 1; }
}
sent() { tail -n 1 log | grep -qF -e "$1" || { tail -n 1 log; return 1; }; }
not_sent() { ! tail -n 1 log | grep -F -e "$1"; }
told() { [ "$(grep -c "$1" err)" -eq 1 ] || { cat err; return 1; }; }
silent() { [ ! -s err ] || { cat err; return 1; }; }

# lacks NAME WORD: the API says that there is no NAME.
lacks() {
	serve "$base" '{"api":"'"$api"'","lacks":["'"$1"'"],"json":{"mood":"glad","points":7}}'
	ok "$api without $1 answers" gives
	ok 'is asked once more' asked 3
	ok 'is told once' told "model small: the server refuses $2, and is asked"
	ok 'does without it' not_sent '"'"$1"'"'
}

api=openai base=/v1
model openai:m 'effort = low;'
lacks reasoning_effort effort
api=llamacpp
model openai:m 'temperature = 0.5; top_p = 0.9; seed = 7; stop = "END"; effort = low; max_tokens = 300;'
for name in temperature top_p seed stop; do
	lacks $name $name
done
serve "$base" '{"api":"llamacpp","lacks":["max_tokens"],"json":{"mood":"glad","points":7}}'
ok 'the older word for a limit is refused' gives
ok 'once' asked 3
ok 'the newer one is sent' sent '"max_completion_tokens":300'
ok 'and nothing is lost' silent
serve "$base" '{"api":"llamacpp","lacks":["response_format"],"json":{"mood":"glad","points":7}}'
ok 'a schema is refused' gives
ok 'as is any JSON' asked 4
ok 'words do' not_sent response_format
serve "$base" '{"api":"llamacpp","lacks":["temperature","seed","stop"],"json":{"mood":"glad","points":7}}'
ok 'three are refused' gives
ok 'one after the other' asked 5
ok 'one is told' told 'refuses temperature'
ok 'and another' told 'refuses seed'
ok 'and the third' told 'refuses stop'
serve "$base" '{"api":"llamacpp","status":400,"error":"temperature must be at most 2"}'
ok 'a value that is refused is another thing' status 3 ./p --no-cache --text x
ok 'is told' says 'temperature must be at most 2'
ok 'and not asked for again' [ "$(requests)" -eq 1 ]

# Many at once are refused together, in any order.
serve "$base" '{"api":"llamacpp","delay_ms":20,"lacks":["temperature","seed","stop","response_format"],"json":{"mood":"glad","points":7}}'
many() {
	i=0
	while [ $i -lt 20 ]; do
		echo "{\"text\":\"t$i\"}"
		i=$((i + 1))
	done | ./p --no-cache --jsonl -j 10 >out 2>err
	[ "$(grep -c '"b":7' out)" -eq 20 ] || { cat out err; return 1; }
}
ok 'many at once are all answered' many
for name in temperature seed stop; do
	ok "and $name is told once" told "refuses $name"
done
api=openai
model openai:gpt-5 'temperature = 0.5; stop = "END"; max_tokens = 300;'
serve /v1 '{"api":"openai","json":{"mood":"glad","points":7}}'
ok 'a model that thinks takes no temperature' gives
ok 'nor stops' asked 4
ok 'which is told' told 'refuses temperature'
ok 'of both' told 'refuses stop'
ok 'in a stream too' status 0 ./p --no-cache --text x --stream
model openai:o1-mini
serve /v1 '{"api":"openai","json":{"mood":"glad","points":7}}'
ok 'a model without the role of the system' gives
ok 'is asked without' not_sent '"role":"system"'
ok 'once' asked 3

# A schema that the server finds fault with is no fault of the others.
model openai:gpt-4o
serve /v1 '{"api":"openai","match":["\"required\":[\"points\",\"mood\"]","json_schema"],"status":400,"error":"Invalid schema for response_format '"'count'"': no"}' \
    '{"api":"openai","json":{"mood":"glad","points":7}}'
ok 'one schema is refused' gives
ok 'once' asked 3
ok 'and asked for in words' sent '"response_format":{"type":"json_object"}'
ok 'the other is still sent' sh -c 'head -n 1 log | grep -q json_schema'

# Anthropic: whoever takes no schema may take a tool.
api=anthropic base=/v1
model anthropic:claude-sonnet-4-5 'temperature = 0.5; max_tokens = 900;'
lacks temperature temperature
serve /v1 '{"api":"anthropic","lacks":["output_config"],"json":{"mood":"glad","points":7}}'
ok 'a schema is refused' gives
ok 'once' asked 3
ok 'then a tool must be called' sent '"tool_choice":{"type":"tool"'
serve /v1 '{"api":"anthropic","lacks":["tools","output_config"],"json":{"mood":"glad","points":7}}'
ok 'a tool is refused as well' gives
ok 'once' asked 4
ok 'then words must do' not_sent tools
serve /v1 '{"api":"anthropic","match":["\"required\":[\"points\",\"mood\"]","json_schema"],"status":400,"error":"The compiled grammar is too large, which would cause performance issues."}' \
    '{"api":"anthropic","json":{"mood":"glad","points":7}}'
ok 'one schema is too much' gives
ok 'once' asked 3
ok 'and is that of a tool' sent '"tool_choice":{"type":"tool"'
model anthropic:claude-3-5-haiku-latest 'max_tokens = 900;'
serve /v1 '{"api":"anthropic","json":{"mood":"glad","points":7}}'
ok 'an older model takes no schema' gives
ok 'which is learned once' asked 3
model anthropic:claude-sonnet-5 'max_tokens = 900;'
serve /v1 '{"api":"anthropic","lacks":["output_config"],"json":{"mood":"glad","points":7}}'
ok 'a model that thinks is made to call no tool' gives
ok 'but asked in words' not_sent tools
model anthropic:claude-opus-4-8 'temperature = 0.5; top_p = 0.9; max_tokens = 900;'
serve /v1 '{"api":"anthropic","json":{"mood":"glad","points":7}}'
ok 'what a model is known not to take is not sent' gives
ok 'at all' asked 2
ok 'and told once' told 'model small: temperature, top_p not sent, for anthropic:claude-opus-4-8'
model anthropic:claude-3-5-haiku-latest 'effort = low; max_tokens = 900; structure = prompt;'
serve /v1 '{"api":"anthropic","json":{"mood":"glad","points":7}}'
ok 'a model that does not think' gives
ok 'is not told to' asked 2
ok 'which is told' told 'model small: effort not sent'

api=gemini base=/v1beta
model gemini:gemini-2.5-flash 'seed = 7; temperature = 0.5; topK = 3;'
lacks seed seed
lacks temperature temperature

# ---- how hard it tries ----

# tries ID EFFORT SENT [TOLD]: with that effort the last request says SENT.
tries() {
	model "$1" "effort = $2; max_tokens = 3000;"
	serve "$base" '{"api":"'"$api"'","json":{"mood":"glad","points":7}}'
	ok "$1 $2 answers" gives
	ok "$1 $2 is sent as" sent "$3"
	if [ -n "${4-}" ]; then
		ok 'after one refusal' asked 3
		ok 'which is told' told "refuses effort $2, and is asked for $4"
	else
		ok 'at once' asked 2
		ok 'and nothing is told' silent
	fi
}

api=openai base=/v1
tries openai:o3 none '"reasoning_effort":"low"' low
tries openai:gpt-5-mini none '"reasoning_effort":"minimal"' minimal
tries openai:gpt-5.1 minimal '"reasoning_effort":"low"' low
tries openai:gpt-5.1 max '"reasoning_effort":"high"' high
tries openai:gpt-5.4 max '"reasoning_effort":"xhigh"' xhigh
tries openai:gpt-5.6-sol max '"reasoning_effort":"max"'
tries openai:gpt-6-astra none '"reasoning_effort":"low"' low
tries openai:gpt-5-pro low '"reasoning_effort":"high"' high
model openai:gpt-4o 'effort = max; max_tokens = 3000;'
serve "$base" '{"api":"openai","json":{"mood":"glad","points":7}}'
ok 'a model without effort answers' gives
ok 'when it has no word for it' not_sent reasoning_effort
api=anthropic
tries anthropic:claude-opus-4-5 max '"effort":"high"' high
tries anthropic:claude-opus-4-6 xhigh '"effort":"high"' high
tries anthropic:claude-opus-4-8 xhigh '"effort":"xhigh"'
tries anthropic:claude-opus-5 none '"thinking":{"type":"disabled"}'
tries anthropic:claude-opus-5-5 none '"effort":"low"' low
tries anthropic:claude-haiku-5-5 none '"thinking":{"type":"disabled"}'
model anthropic:claude-sonnet-5-5 'effort = none; max_tokens = 3000;'
serve "$base" '{"api":"anthropic","json":{"mood":"glad","points":7}}'
ok 'another way not to think' gives
ok 'is learned once' asked 3
ok 'and sent' sent '"thinking":{"type":"between_tools"}'
ok 'nothing is lost by it' silent
api=gemini base=/v1beta
tries gemini:gemini-3-flash-preview none '"thinkingLevel":"minimal"'
tries gemini:gemini-3.1-pro-preview none '"thinkingLevel":"low"' low
tries gemini:gemini-4-hydrogen minimal '"thinkingLevel":"low"' low
tries gemini:gemini-4-hydrogen xhigh '"thinkingLevel":"xhigh"'
tries gemini:gemini-4-carbon max '"thinkingLevel":"high"' high
model gemini:gemini-2.0-flash 'effort = low; max_tokens = 3000;'
serve "$base" '{"api":"gemini","json":{"mood":"glad","points":7}}'
ok 'a model that does not think answers' gives
ok 'without being told how' not_sent thinkingConfig
ok 'which is told' told 'refuses effort'
api=ollama base=
tries ollama:qwen3:4b none '"think":false'
tries ollama:qwen3:4b max '"think":"max"'
tries ollama:qwen3:4b xhigh '"think":"high"' high
tries ollama:qwen3:4b minimal '"think":"low"' low

# A schema that is too much for the server is so for its own calls alone.
model gemini:gemini-2.5-flash
serve /v1beta '{"api":"gemini","match":["\"required\":[\"points\",\"mood\"]","responseJsonSchema"],"status":400,"error":"The specified schema produces a constraint that has too many states for serving."}' \
    '{"api":"gemini","json":{"mood":"glad","points":7}}'
ok 'too many states' gives
ok 'are refused once' asked 3
ok 'and then any JSON will do' not_sent responseJsonSchema

# ---- said twice ----

once() {
	[ "$(tail -n 1 log | grep -oF -e "$1" | wc -l)" -eq 1 ] ||
		{ tail -n 1 log; return 1; }
}
api=anthropic
model anthropic:claude-sonnet-4-6 'effort = low; temperature = 0.5; thinking = "{\"type\":\"disabled\"}"; max_tokens = 900;'
serve /v1 '{"api":"anthropic","json":{"mood":"glad","points":7}}'
ok 'an option that says how to think' gives
ok 'is taken for effort' once '"thinking":'
ok 'as it stands' sent '"thinking":{"type":"disabled"}'
ok 'and the temperature with it' sent '"temperature":0.5'
model openai:gpt-5 'effort = low; reasoning_effort = "high"; max_tokens = 300; max_completion_tokens = 200;'
serve /v1 '{"api":"openai","json":{"mood":"glad","points":7}}'
ok 'likewise for OpenAI' gives
ok 'once' once '"reasoning_effort":'
ok 'as it stands' sent '"reasoning_effort":"high"'
ok 'and the most tokens' once '"max_completion_tokens":200'
model gemini:gemini-2.5-flash 'effort = low; thinkingConfig = "{\"thinkingBudget\":0}";'
serve /v1beta '{"api":"gemini","json":{"mood":"glad","points":7}}'
ok 'likewise for Gemini' gives
ok 'once' once '"thinkingConfig":{"thinkingBudget":0}'

# ---- another model in its place ----

model openai:gpt-4o 'seed = 7; stop = "\n"; temperature = 0.5; logprobs = true;'
ANTHROPIC_API_KEY=sk-lack-other
export ANTHROPIC_API_KEY
serve /v1 '{"path":"/v1/messages","json":{"content":[{"type":"text","text":"{\"mood\":\"glad\",\"points\":7}"}],"stop_reason":"end_turn","usage":{"input_tokens":3,"output_tokens":3}}}' \
    '{"reply":"{\"mood\":\"glad\",\"points\":7}"}'
ok 'another provider' gives --model small=anthropic:claude-sonnet-4-5 \
    --base-url "$BASE_URL"
ok 'is not sent what it has no word for' told \
    'model small: stop (a blank one), seed not sent'
ok 'nor the options of the one before' told \
    'model small: its options for openai are not sent to anthropic: logprobs'
ok 'no such options' not_sent '"logprobs"'
ok 'nor a seed' not_sent '"seed"'
ok 'but the temperature' sent '"temperature":0.5'
ok 'another model of the same provider' gives --model small=openai:gpt-4.1 \
    --base-url "$BASE_URL"
ok 'is sent all of it' sent '"logprobs":true'
ok 'and nothing is told' silent

# ---- what the compiler knows ----

model anthropic:claude-sonnet-4-5 'seed = 7; stop = ["END", "\n"];'
ok 'blank stops are warned of' status 0 "$MIPROC" check p.mp
ok 'by what they are' says 'anthropic cannot be told to stop at blanks alone'
ok 'a seed too' says "anthropic cannot be told 'seed'"
ok 'no key in any file' sh -c '! grep -rl "$KEY" .'
done_testing
