#!/bin/sh
# Providers: one program, each API: what is sent, and what answers mean.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
cd "$tmp" || exit 1

# model PROVIDER:ID [OPTION...]: p asks such a model.
model() {
	id=$1
	shift
	cat >p.mp <<-END
	model small = "$id" {
	    base_url = env("BASE_URL"); temperature = 0.5; max_tokens = 60;
	    top_p = 0.9; stop = ["END", "STOP"]; $*
	}
	signature Judge = (text: string, picture: image?) ->
	    (mood: "glad" | "sad", points: int @range(0, 10)) "Judge the text.";
	module judge = predict(Judge) { model = small; format = json; reask = 0; }
	program Main(text: string, picture: image?) -> (mood: string, points: int) {
	    let a = judge(text, picture);
	    return { mood = a.mood, points = a.points };
	}
	END
	ok "$id compiles" status 0 "$MIPROC" -O0 -Wno-provider-option p.mp -o p
}

# script LINE...: of the server from now on.
script() { serve "${base-}" "$@"; }

gives() {
	answer=$1
	shift
	status 0 ./p --text 'such a day' "$@" && [ "$(cat out)" = "$answer" ] || {
		echo "not $answer but:"
		cat out err
		return 1
	}
}

# sent TEXT...: each stands in the last request.
sent() {
	for text; do
		tail -n 1 log | grep -qF -e "$text" || {
			echo "not sent: $text"
			tail -n 1 log
			return 1
		}
	done
}

not_sent() {
	! tail -n 1 log | grep -qF -e "$1" || {
		echo "sent: $1"
		return 1
	}
}

# usage IN CACHED OUT: as the trace has it.
usage() {
	for member in '"tokens_in":'"$1" '"tokens_cached":'"$2" \
	    '"tokens_out":'"$3"; do
		grep '^{"leaf"' trace | tail -n 1 | grep -qF "$member" || {
			echo "no $member"
			tail -n 1 trace
			return 1
		}
	done
}

unset OPENAI_BASE_URL AZURE_OPENAI_ENDPOINT
GOLD='{"mood":"glad","points":7}'
png=iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==
printf '%s' $png | base64 -d >dot.png

# ---- Azure ----

OPENAI_ANSWER='{"choices":[{"message":{"role":"assistant","content":"{\"mood\":\"glad\",\"points\":7}"},"finish_reason":"stop"}],"usage":{"prompt_tokens":30,"completion_tokens":9,"prompt_tokens_details":{"cached_tokens":20}}}'
AZURE_OPENAI_API_KEY=sk-az-secret
export AZURE_OPENAI_API_KEY
model azure:my-gpt
base='/?api-version=2024-10-21' script '{"path":"/openai/deployments/my-gpt/chat/completions","json":'"$OPENAI_ANSWER"'}'
ok 'a deployment answers' gives "$GOLD" --no-cache --trace trace
ok 'its tokens are counted' usage 30 20 9
ok 'the path and the shape are right' sent \
    '"path":"/openai/deployments/my-gpt/chat/completions"' \
    '"response_format":{"type":"json_schema"' '"max_completion_tokens":60'
ok 'the key is sent' sent '"auth":true'
base=/openai/v1 script '{"path":"/openai/v1/chat/completions","json":'"$OPENAI_ANSWER"'}'
ok 'the newer address has no deployment' gives "$GOLD" --no-cache
base=
AZURE_OPENAI_ENDPOINT=${LMD_URL%/v1}
export AZURE_OPENAI_ENDPOINT
unset BASE_URL
ok 'the resource is found in the environment' gives "$GOLD" --no-cache
unset AZURE_OPENAI_ENDPOINT
ok 'no address, no call' status 2 ./p --no-cache --text x
ok 'and it says which' says 'base_url, or AZURE_OPENAI_ENDPOINT'

# ---- Anthropic ----

ANTHROPIC_API_KEY=sk-ant-secret
export ANTHROPIC_API_KEY
claude() {
	printf '{"path":"/messages","json":{"type":"message","content":[%s],' "$1"
	printf '"stop_reason":"%s","usage":{"input_tokens":10,' "${2:-end_turn}"
	printf '"cache_read_input_tokens":15,"cache_creation_input_tokens":5,'
	printf '"output_tokens":9}}}\n'
}
THOUGHT='{"type":"thinking","thinking":"I think so","signature":"x"}'
TOOL='{"type":"tool_use","id":"t","name":"judge","input":{"mood":"glad","points":7}}'
TEXT='{"type":"text","text":"{\"mood\":\"glad\",\"points\":7}"}'
model anthropic:claude-sonnet-4-5 'structure = function;'
script "$(claude "$THOUGHT,$TOOL" tool_use)"
ok 'a tool is called' gives "$GOLD" --no-cache --trace trace --trace-content
ok 'all input is counted' usage 30 15 9
ok 'thoughts are kept apart' sh -c 'grep -qF "I think so" trace'
ok 'the request is as its API has it' sent '"max_tokens":60' \
    '"stop_sequences":["END","STOP"]' '"system":"' '"temperature":0.5' \
    '"tool_choice":{"type":"tool","name":"judge"}' '"input_schema":{' \
    '"messages":[{"role":"user"'
ok 'no system message is among the others' not_sent '"role":"system"'
ok 'nor both of what it takes one of' not_sent top_p
ok 'a picture is sent' gives "$GOLD" --no-cache --picture dot.png
ok 'in base64' sent '{"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBOR'
ok 'or as an address' gives "$GOLD" --no-cache --picture https://example.org/a.png
ok 'as it stands' sent '{"type":"url","url":"https://example.org/a.png"}'
script "$(claude '{"type":"text","text":"I cannot"}' refusal)"
ok 'a refusal is none of its values' status 8 ./p --no-cache --text x
ok 'and is told' says 'I cannot'
script "$(claude '{"type":"text","text":"{\"mood\":\"gl"}' max_tokens)"
ok 'a cut reply is told as such' status 8 ./p --no-cache --text x
ok 'with what to do' says 'raise max_tokens'
script '{"path":"/messages","times":1,"status":529,"json":{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}}' \
    "$(claude "$TOOL" tool_use)"
ok 'an overload passes' gives "$GOLD" --no-cache
script '{"path":"/messages","status":400,"json":{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 9 > 8"}}}'
ok 'too long a prompt is no fault of the network' status 8 ./p --no-cache --text x
script '{"path":"/messages","status":400,"json":{"type":"error","error":{"type":"invalid_request_error","message":"input length and `max_tokens` exceed context limit: 9 + 60 > 64"}}}'
ok 'nor with what is to come' status 8 ./p --no-cache --text x
model anthropic:claude-opus-4-6 'effort = low; prompt_cache = true;'
script "$(claude "$THOUGHT,$TEXT")"
ok 'a model that thinks is given a schema' gives "$GOLD" --no-cache
ok 'without what that cannot have' sent \
    '"output_config":{"effort":"low","format":{"type":"json_schema","schema":{' \
    '"points":{"type":"integer"}' \
    '"system":[{"type":"text","text":"' '"cache_control":{"type":"ephemeral"}'
script '{"path":"/messages","json":{"type":"message","content":[],"stop_reason":"refusal","stop_details":{"type":"refusal","category":"bio","explanation":"not of that"},"usage":{"input_tokens":10,"output_tokens":0}}}'
ok 'a refusal without a text' status 8 ./p --no-cache --text x
ok 'is told by its explanation' says 'not of that'
model anthropic:claude-sonnet-4-5 'structure = function; price { in = 3; out = 15; cached = 0.3; cached_write = 3.75; }'
script "$(claude "$TOOL" tool_use)"
ok 'what is written has a price' gives "$GOLD" --no-cache --trace trace
ok 'of its own' sh -c "tail -n 2 trace | grep -qF '\"usd\":0.00018825'"
ok 'a reply is recorded' gives "$GOLD" --record written.db
for kept in '' '--replay written.db'; do
	ok "and what it cost is known of it: ${kept:-cache}" \
	    gives "$GOLD" $kept --usage-file used
	ok 'to the token' sh -c "grep -qF '\"nominal_usd\":0.00018825' used"
done
ok 'the budget takes it as the dearest' gives "$GOLD" --no-cache --max-cost 0.02
model anthropic:claude-sonnet-4-5 'price { in = 3; out = 15; cached_write = 1000; }'
ok 'before it is asked' status 4 ./p --no-cache --max-cost 0.02 --text x
model anthropic:claude-opus-4-5 'structure = prompt; effort = none; seed = 7;'
script "$(claude "$THOUGHT,$TEXT")"
ok 'words alone will do' gives "$GOLD" --no-cache
ok 'and no thoughts' sent '"thinking":{"type":"disabled"}'
ok 'a seed is not sent' not_sent seed
ok 'of which one is warned' status 1 "$MIPROC" check -Werror p.mp
ok 'by name' says "anthropic cannot be told 'seed'"

# ---- Gemini ----

GEMINI_API_KEY=sk-gem-secret
export GEMINI_API_KEY
gemini() {
	printf '{"path":"/models/gemini-2.5-flash:generateContent",'
	printf '"json":{"candidates":[{"content":{"role":"model",'
	printf '"parts":[%s]},"finishReason":"%s"}],' "$1" "${2:-STOP}"
	printf '"usageMetadata":{"promptTokenCount":30,'
	printf '"cachedContentTokenCount":20,"candidatesTokenCount":5,'
	printf '"thoughtsTokenCount":4}}}\n'
}
SAID='{"text":"I think so","thought":true},{"text":"{\"mood\":\"glad\","},{"text":"\"points\":7}"}'
model gemini:gemini-2.5-flash 'effort = low; seed = 7; topK = 3;'
script "$(gemini "$SAID")"
ok 'Gemini answers' gives "$GOLD" --no-cache --trace trace --trace-content
ok 'its tokens are counted' usage 30 20 9
ok 'the request is as its API has it' sent \
    '"systemInstruction":{"parts":[{"text":"' \
    '"contents":[{"role":"user","parts":[{"text":"' '"maxOutputTokens":60' \
    '"stopSequences":["END","STOP"]' '"topP":0.9' '"seed":7' \
    '"thinkingConfig":{"thinkingBudget":512,"includeThoughts":true}' '"topK":3' \
    '"responseMimeType":"application/json"' '"responseJsonSchema":{'
ok 'the model is in the key of the cache' gives "$GOLD"
ok 'which has it now' gives "$GOLD" --offline
ok 'and not of another model' status 7 ./p --offline --text 'such a day' \
    --model small=gemini:gemini-2.0-flash
ok 'a picture is sent' gives "$GOLD" --no-cache --picture dot.png
ok 'in line' sent '{"inlineData":{"mimeType":"image/png","data":"iVBOR'
script "$(gemini '{"text":""}' SAFETY)"
ok 'a filter is a refusal' status 8 ./p --no-cache --text x
script '{"path":"/models/gemini-2.5-flash:generateContent","json":{"promptFeedback":{"blockReason":"SAFETY"}}}'
ok 'so is a blocked prompt' status 8 ./p --no-cache --text x
ok 'and told' says 'filter'
script '{"path":"/models/gemini-2.5-flash:generateContent","status":429,"json":{"error":{"code":429,"message":"Quota exceeded","status":"RESOURCE_EXHAUSTED","details":[{"@type":"x","violations":[{"quotaId":"RequestsPerDayPerProject"}]}]}}}'
ok 'the share of a day ends it' status 3 ./p --no-cache --text x
ok 'at once' [ "$(requests)" -eq 1 ]
ok 'with the reason' says 'quota is spent'
script '{"path":"/models/gemini-2.5-flash:generateContent","status":400,"times":1,"json":{"error":{"code":400,"message":"Developer instruction is not enabled for this model","status":"INVALID_ARGUMENT"}}}' \
    "$(gemini "$SAID")"
ok 'a refused system message is said by the user' gives "$GOLD" --no-cache
ok 'from then on' not_sent systemInstruction

# ---- Ollama ----

ollama() {
	printf '{"path":"/api/chat","json":{"model":"q","message":{'
	printf '"role":"assistant","thinking":"I think so","content":"%s"},' "$1"
	printf '"done":true,"done_reason":"%s",' "${2:-stop}"
	printf '"prompt_eval_count":30,"eval_count":9}}\n'
}
SAID='{\"mood\":\"glad\",\"points\":7}'
model ollama:qwen3:4b 'context = 8k; seed = 7; effort = none; keep_alive = "5m"; min_p = 0.1;'
script "$(ollama "$SAID")"
ok 'Ollama answers, within a budget of money' gives "$GOLD" --no-cache \
    --trace trace --max-cost 0.01
ok 'its tokens are counted' usage 30 0 9
ok 'the request is as its API has it' sent '"model":"qwen3:4b"' \
    '"messages":[{"role":"system","content":"' '"stream":false' \
    '"format":{"type":"object"' '"num_predict":60' '"num_ctx":8000' \
    '"seed":7' '"stop":["END","STOP"]' '"min_p":0.1}' '"keep_alive":"5m"' \
    '"think":false' '"truncate":false'
ok 'a picture is sent' gives "$GOLD" --no-cache --picture dot.png
ok 'bare' sent '"images":["iVBOR'
ok 'but no address of one' status 2 ./p --no-cache --text x \
    --picture https://example.org/a.png
ok 'which is told' says 'cannot be sent images by their address'
script "$(ollama '{\"mood' length)"
ok 'a cut reply is told as such' status 8 ./p --no-cache --text x
script '{"path":"/api/chat","status":400,"json":{"error":"{\"error\":{\"code\":400,\"message\":\"the request exceeds the available context size\",\"type\":\"exceed_context_size_error\"}}"}}'
ok 'an error in an error' status 8 ./p --no-cache --text x
ok 'is read' says ': the request exceeds'
script '{"path":"/api/chat","status":404,"json":{"error":"model \"qwen3:4b\" not found"}}'
ok 'a missing model is the world'\''s fault' status 3 ./p --no-cache --text x
ok 'in its words' says 'not found'

# ---- without a system message ----

model anthropic:claude-sonnet-4-5 'system = false;'
script "$(claude "$TEXT")"
ok 'what takes one can do without' gives "$GOLD" --no-cache
ok 'too' not_sent '"system"'

model openai:gemma 'system = false;'
base=/v1 script '{"reply":"{\"mood\":\"glad\",\"points\":7}"}'
ok 'without a system message' gives "$GOLD" --no-cache
ok 'the user says all' not_sent '"role":"system"'
ok 'first what to do' sent '"messages":[{"role":"user","content":[{"type":"text","text":"Judge'

# ---- dialects of OpenAI's API ----

NOTHING='{}'
# chat MESSAGE [FINISH [USAGE]]: a rule that answers so.
chat() {
	printf '{"path":"/chat/completions","json":{"choices":[{"message":%s,' "$1"
	printf '"finish_reason":"%s"}],"usage":%s}}\n' "${2:-stop}" \
	    "${3:-$NOTHING}"
}
# error STATUS ERROR [MORE]: a rule that refuses so.
error() {
	printf '{"path":"/chat/completions","status":%s,"json":%s%s}\n' "$1" \
	    "$2" "${3-}"
}
CONTENT='{"role":"assistant","content":"{\"mood\":\"glad\",\"points\":7}"}'
model openai:some 'retry { attempts = 2; backoff = 10ms; max_wait = 2s; }'
script "$(chat "$CONTENT" stop '{"prompt_tokens":30,"completion_tokens":9,"total_tokens":39,"prompt_cache_hit_tokens":20,"prompt_cache_miss_tokens":10}')"
ok 'DeepSeek answers' gives "$GOLD" --no-cache --trace trace
ok 'what its cache had is counted' usage 30 20 9
script "$(chat "$CONTENT" stop '{"prompt_tokens":30,"completion_tokens":9,"total_tokens":39,"cached_tokens":12}')"
ok 'Moonshot answers' gives "$GOLD" --no-cache --trace trace
ok 'with a word of its own' usage 30 12 9
script "$(chat "$CONTENT" stop '{"prompt_tokens":30,"completion_tokens":9,"total_tokens":50,"completion_tokens_details":{"reasoning_tokens":11}}')"
ok 'what was thought' gives "$GOLD" --no-cache --trace trace
ok 'is counted where it was left out' usage 30 0 20
script "$(chat "$CONTENT" stop '{"prompt_tokens":30,"completion_tokens":20,"total_tokens":50,"completion_tokens_details":{"reasoning_tokens":11}}')"
ok 'what was thought within' gives "$GOLD" --no-cache --trace trace
ok 'is not counted twice' usage 30 0 20
script "$(chat '{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"I think so {"}]},{"type":"text","text":"{\"mood\":\"glad\",\"points\":7}"}]}')"
ok 'Mistral thinks in a list' gives "$GOLD" --no-cache --trace trace --trace-content
ok 'and it is kept apart' grep -q 'I think so' trace
events() { # of a stream, from the lines of standard input
	printf '{"path":"/chat/completions","piece_ms":1,"reply":"'
	sed 's/\\/\\\\/g; s/"/\\"/g; s/^/data: /; s/$/\\n\\n/' | tr -d '\n'
	printf '"}\n'
}
script "$(events <<'END'
{"choices":[{"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"so {"}]}]}}]}
{"choices":[{"delta":{"content":"{\"mood\":\"glad\","}}]}
{"choices":[{"delta":{"content":[{"type":"text","text":"\"points\":7}"}]},"finish_reason":"stop"}]}
[DONE]
END
)"
ok 'so it does in a stream' status 0 ./p --no-cache --stream --text 'such a day'
ok 'whose text is whole' says '"mood":"glad","points":7'
for reason in error insufficient_system_resource abort; do
	script "$(chat "$CONTENT" $reason | sed 's/}$/,"times":1}/')" "$(chat "$CONTENT")"
	ok "a reply that broke off ($reason) is asked for again" gives "$GOLD" --no-cache
	ok 'once' [ "$(requests)" -eq 2 ]
done
script "$(chat '{"role":"assistant","content":"{\"mood\":"}' model_length)"
ok 'Mistral cuts a reply off' status 8 ./p --no-cache --text x
ok 'which is told' says 'cut off'
script "$(chat '{"role":"assistant","content":""}' 'content_filter: SAFETY')"
ok 'Gemini filters one' status 8 ./p --no-cache --text x
ok 'which is told too' says 'filter'

# ends STATUS PATTERN REQUESTS RULE...: how the call ends.
ends() {
	want=$1 pattern=$2 times=$3
	shift 3
	script "$@"
	status "$want" ./p --no-cache --text x && says "$pattern" &&
	    [ "$(requests)" -eq "$times" ] || { cat out err; requests; return 1; }
}
LIMIT='Rate limit reached for model `m` on tokens per day (TPD): Limit 100000, Used 97050, Requested 3619.'
ok "a day's share that is spent" ends 3 'quota is spent' 1 \
    "$(error 429 '{"error":{"message":"Rate limit exceeded: free-models-per-day.","code":429}}')"
ok 'one that says for how long' ends 3 'asks to wait 578 s' 1 \
    "$(error 429 '{"error":{"message":"'"$LIMIT"' Please try again in 9m38.016s.","type":"tokens","code":"rate_limit_exceeded"}}')"
ok 'one of which a part comes back soon' ends 0 glad 2 \
    "$(error 429 '{"error":{"message":"'"$LIMIT"' Please try again in 579ms.","type":"tokens","code":"rate_limit_exceeded"}}' ',"times":1')" \
    "$(chat "$CONTENT")"
ok 'a share of a minute' ends 0 glad 2 \
    "$(error 429 '{"error":{"message":"Rate limit reached on requests per min (RPM): Limit 3.","code":"rate_limit_exceeded"}}' ',"times":1')" \
    "$(chat "$CONTENT")"
ok 'no money' ends 3 'quota is spent' 1 \
    "$(error 402 '{"error":{"message":"Insufficient Balance","type":"unknown_error","code":"invalid_request_error"}}')"
ok 'no money, in a number' ends 3 'quota is spent' 1 \
    "$(error 402 '{"error":{"message":"This request requires more credits","code":402}}')"
ok 'an account that is not active' ends 3 'quota is spent' 1 \
    "$(error 429 '{"error":{"message":"Your account is not active","type":"billing_not_active","code":"billing_not_active"}}')"
for code in credit_balance_exhausted organization_spend_limit_exceeded \
    project_spend_limit_exceeded organization_usage_limit_exceeded; do
	ok "$code" ends 3 'quota is spent' 1 \
	    "$(error 429 '{"error":{"message":"no more","type":"rate_limit_error","code":"'$code'"}}')"
done
ok 'a code beside a type that says it' ends 3 'quota is spent' 1 \
    "$(error 429 '{"error":{"message":"no more","type":"insufficient_quota","code":"other"}}')"
ok 'a volume of calls' ends 3 'quota is spent' 1 \
    "$(error 403 '{"error":{"code":"403","message":"Out of call volume quota. Quota will be replenished in 2 days."}}')"
ok 'a prompt that is flagged' ends 8 'flagged' 1 \
    "$(error 400 '{"error":{"message":"Invalid prompt: it was flagged","type":"invalid_request_error","code":"invalid_prompt"}}')"
ok 'a prompt against a policy' ends 8 'flagged' 1 \
    "$(error 400 '{"error":{"message":"It was flagged","type":"invalid_request","code":"cyber_policy"}}')"
ok 'a prompt that is too long, for SGLang' ends 8 'longer than' 1 \
    "$(error 400 "{\"object\":\"error\",\"message\":\"The input (9000 tokens) is longer than the model's context length (8192 tokens).\",\"code\":400}")"
ok 'a prompt that is too long, for others' ends 8 'context length' 1 \
    "$(error 422 '{"error":"input length exceeds the context length"}')"
ok 'what FastAPI finds' ends 3 'Field required' 1 \
    "$(error 422 '{"detail":[{"type":"missing","loc":["body","x"],"msg":"Field required"}]}')"
ok '529 passes' ends 0 glad 2 "$(error 529 '{"error":"busy"}' ',"times":1')" \
    "$(chat "$CONTENT")"
model anthropic:claude-sonnet-4-5 'retry { attempts = 2; backoff = 10ms; max_wait = 2s; }'
ok 'limits of what Anthropic may cost' ends 3 'quota is spent' 1 \
    '{"path":"/messages","status":400,"json":{"type":"error","error":{"type":"invalid_request_error","message":"You have reached your specified API usage limits. You will regain access on 2030-01-01 at 00:00 UTC."}}}'
ok 'what its tier may cost in a month' ends 3 'quota is spent' 1 \
    '{"path":"/messages","status":429,"json":{"type":"error","error":{"type":"rate_limit_error","message":"no more","details":{"error_code":"enforced_spend_limit_reached"}}}}'
ok 'a balance' ends 3 'quota is spent' 1 \
    '{"path":"/messages","status":400,"json":{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API."}}}'
model gemini:gemini-2.5-flash 'retry { attempts = 2; backoff = 10ms; max_wait = 2s; }'
for why in 'Your prepayment credits are depleted.' \
    'Your project has exceeded its monthly spending cap.'; do
	ok "$why" ends 3 'quota is spent' 1 \
	    '{"path":"/models/gemini-2.5-flash:generateContent","status":429,"json":{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"'"$why"'"}}}'
done

ok 'no key in any file' sh -c '! grep -rlE "sk-(az|ant|gem)-secret" .'
done_testing
