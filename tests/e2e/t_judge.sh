#!/bin/sh
# The fake model server refuses what the real APIs refuse, in their words.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
cd "$tmp" || exit 1

# judge API PATH [CURL-OPTION...]: where the next requests go.
judge() {
	api=$1 path=$2
	shift 2
	lmd_stop
	printf '{"api":"%s","reply":"fine"}\n' "$api" >script
	lmd_start
	url=${LMD_URL%/v1}$path
	head=$*
}

# post BODY: what comes is in got, its status in $code.
post() {
	# The options are words without blanks.
	# shellcheck disable=SC2086
	code=$(curl -s -o got -w '%{http_code}' ${type--HContent-Type:application/json} \
	    $head -d "$1" "$url")
}

# gives STATUS TEXT BODY
gives() {
	post "$3"
	[ "$code" = "$1" ] && grep -qF -e "$2" got || {
		echo "$code, not $1 with: $2"
		cat got
		return 1
	}
}

# no NAME TEXT MEMBERS: with those, beside what must be, it is refused.
no() { ok "$api: $1" gives "${4-400}" "$2" "{$must${3:+,$3}}"; }
yes() { ok "$api: $1" gives 200 fine "{$must${2:+,$2}}"; }

HI='[{"role":"user","content":"hi, in JSON"}]'
must='"model":"gpt-4o","messages":'$HI
judge openai /v1/chat/completions -HAuthorization:Bearer:sk
no 'a key that is none' "provide an API key" '' 401
head=
no 'no key' 'provide an API key' '' 401
SHAPE='"type":"json_schema","json_schema":{"name":"r","strict":true,"schema":'
judge openai /v1/completions --oauth2-bearer sk
no 'an older path' 'Invalid URL' '' 404
judge openai /v1/chat/completions --oauth2-bearer sk
yes 'what it knows' '"temperature":2,"top_p":0.5,"stop":["a"],"seed":3,"max_tokens":5'
no 'what it does not' "Unknown parameter: 'topP'" '"topP":1'
no 'too warm' "Invalid 'temperature'" '"temperature":2.5'
no 'a wrong type' "Invalid type for 'seed'" '"seed":"7"'
no 'five stops' 'maximum length 4' '"stop":["a","b","c","d","e"]'
no 'counting without a stream' 'only allowed when' '"stream_options":{}'
no 'an open object' "'additionalProperties' is required" '"response_format":{'"$SHAPE"'{"type":"object","properties":{}}}}'
no 'an optional property' "Missing 'a'" '"response_format":{'"$SHAPE"'{"type":"object","additionalProperties":false,"required":[],"properties":{"a":{"type":"string"}}}}}'
no 'a keyword' "'minLength' is not permitted" '"response_format":{'"$SHAPE"'{"type":"object","additionalProperties":false,"required":["a"],"properties":{"a":{"type":"string","minLength":2}}}}}'
no 'a tool that is none' 'no tool has the name' '"tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":{"type":"function","function":{"name":"g"}}'
no 'a schema of llama.cpp' "Unknown parameter: 'response_format.schema'" '"response_format":{"type":"json_object","schema":{}}'
must='"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]'
no 'JSON that nobody speaks of' "must contain the word 'json'" '"response_format":{"type":"json_object"}'
no 'effort without thoughts' 'Unrecognized request argument' '"reasoning_effort":"low"'
must='"model":"o3","messages":'$HI
no 'the older limit' "Use 'max_completion_tokens'" '"max_tokens":5'
no 'a temperature' 'Only the default (1)' '"temperature":0.5'
no 'stops' "'stop' is not supported" '"stop":["a"]'
no 'less than little effort' 'Supported values are: low' '"reasoning_effort":"minimal"'
must='"model":"gpt-5.1","messages":'$HI
no 'effort beyond its words' 'Supported values are: none' '"reasoning_effort":"max"'
yes 'a temperature without thoughts' '"reasoning_effort":"none","temperature":0.5'
must='"model":"gpt-6-luna","messages":'$HI
yes 'the most effort' '"reasoning_effort":"max"'
no 'thoughts and tools' 'set reasoning_effort' '"reasoning_effort":"low","tools":[{"type":"function","function":{"name":"f"}}]'
must='"model":"gpt-6-astra","messages":'$HI
no 'no thoughts' 'Supported values are: low' '"reasoning_effort":"none"'
must='"messages":'$HI
no 'no model' "Missing required parameter: 'model'"
must='"model":"gpt-4o","messages":[{"role":"robot","content":"hi"}]'
no 'a role' "Invalid value: 'robot'"
must='"model":"nope","messages":'$HI
no 'a model' model_not_found '' 404
must='"model":"gpt-4o","messages":'$HI
type=-HContent-Type:text/plain
no 'a media type' 'Unsupported Media' '' 415
unset type

judge azure '/openai/deployments/d/chat/completions?api-version=2024-10-21' -Hapi-key:k
yes 'the older address'
judge azure /openai/deployments/d/chat/completions -Hapi-key:k
no 'without a version' 'Resource not found' '' 404
judge azure /openai/v1/chat/completions -Hapi-key:k
yes 'the newer address'
head='--oauth2-bearer k'
no 'another header' 'Access denied' '' 401

must='"model":"claude-sonnet-4-5","max_tokens":2000,"messages":'$HI
judge anthropic /v1/messages -Hx-api-key:k
no 'no version' 'anthropic-version: header is required'
head='-Hanthropic-version:2023-06-01'
no 'no key' 'x-api-key header is required' '' 401
head='-Hanthropic-version:2023-06-01 -Hx-api-key:k'
yes 'what it knows' '"temperature":1,"stop_sequences":["a"],"top_k":3,"system":"be"'
no 'what it does not' 'seed: Extra inputs are not permitted' '"seed":7'
no 'too warm' 'temperature' '"temperature":1.5'
no 'two of one' 'cannot both be specified' '"temperature":1,"top_p":0.5'
no 'a blank stop' 'must contain non-whitespace' '"stop_sequences":["\n"]'
no 'effort' 'does not support the effort parameter' '"output_config":{"effort":"low"}'
no 'adaptive thoughts' 'adaptive thinking is not supported' '"thinking":{"type":"adaptive"}'
no 'more thoughts than tokens' 'must be greater than' '"thinking":{"type":"enabled","budget_tokens":2000}'
no 'few thoughts' 'budget_tokens' '"thinking":{"type":"enabled","budget_tokens":1000}'
no 'cool thoughts' 'may only be set to 1' '"temperature":0,"thinking":{"type":"enabled","budget_tokens":1024}'
TOOL='"tools":[{"name":"t","input_schema":{"type":"object"}}],"tool_choice":{"type":"tool","name":"t"}'
no 'thoughts before a tool' 'forces tool use' "$TOOL"',"thinking":{"type":"enabled","budget_tokens":1024}'
no 'a bound in a schema' "property 'minimum' is not supported" '"output_config":{"format":{"type":"json_schema","schema":{"type":"object","additionalProperties":false,"properties":{"a":{"type":"integer","minimum":1}}}}}'
must='"model":"claude-opus-5","max_tokens":2000,"messages":'$HI
no 'a tool before thoughts that nobody forbade' 'forces tool use' "$TOOL"
yes 'but after' '"thinking":{"type":"disabled"}'",$TOOL"
no 'no thoughts with much effort' 'cannot be disabled' '"thinking":{"type":"disabled"},"output_config":{"effort":"max"}'
must='"model":"claude-opus-5-5","max_tokens":2000,"messages":'$HI
no 'no thoughts at all' '\"thinking.type.disabled\" is not supported' '"thinking":{"type":"disabled"}'
no 'any tool' 'are not supported for this model' "$TOOL"
must='"model":"claude-sonnet-5-5","max_tokens":2000,"messages":'$HI
no 'no thoughts here' 'thinking.type.between_tools' '"thinking":{"type":"disabled"}'
yes 'but few' '"thinking":{"type":"between_tools"}'
must='"model":"claude-opus-4-5","max_tokens":2000,"messages":'$HI
no 'effort beyond its words' 'supported are: low medium high' '"output_config":{"effort":"max"}'
must='"model":"claude-sonnet-4-5","messages":'$HI
no 'no bound of the reply' 'max_tokens: Field required'
must='"model":"claude-sonnet-4-5","max_tokens":9,"messages":[{"role":"system","content":"x"}]'
no 'a role' 'Unexpected role'
must='"model":"claude-sonnet-4-5","max_tokens":9,"messages":[{"role":"assistant","content":"x"}]'
no 'the first word' 'first message must use'
must='"model":"claude-sonnet-4-5","max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":""}]}]'
no 'nothing said' 'must be non-empty'
must='"model":"claude-opus-4-8","max_tokens":2000,"messages":'$HI
no 'a temperature of late' 'is deprecated for this model' '"temperature":1'
no 'budgets of late' 'is not supported for this model' '"thinking":{"type":"enabled","budget_tokens":1024}'

must='"contents":[{"role":"user","parts":[{"text":"hi"}]}]'
must='"contents":[{"role":"user","parts":[{"text":"hi"}]}]'
judge gemini /v1beta/models/gemini-4-hydrogen:generateContent -Hx-goog-api-key:k
no 'a level' 'Thinking level minimal is not supported' '"generationConfig":{"thinkingConfig":{"thinkingLevel":"minimal"}}'
yes 'a level that is new' '"generationConfig":{"thinkingConfig":{"thinkingLevel":"xhigh"}}'
no 'a temperature' 'temperature is not supported' '"generationConfig":{"temperature":0.5}'
judge gemini /v1beta/models/gemini-2.5-pro:generateContent -Hx-goog-api-key:k
yes 'what it knows' '"generationConfig":{"temperature":2,"topP":0.5,"topK":3,"seed":1}'
no 'what it does not' 'Unknown name \"top_k\"' '"generationConfig":{"top_k":3}'
no 'what is of the request' 'Unknown name \"seed\"' '"seed":3'
no 'too warm' 'out of its range' '"generationConfig":{"temperature":3}'
no 'six stops' 'out of its range' '"generationConfig":{"stopSequences":["1","2","3","4","5","6"]}'
no 'no thoughts' 'only works in thinking mode' '"generationConfig":{"thinkingConfig":{"thinkingBudget":0}}'
no 'a level' 'Thinking level is not supported' '"generationConfig":{"thinkingConfig":{"thinkingLevel":"low"}}'
no 'a schema of text' 'only allowed with' '"generationConfig":{"responseJsonSchema":{"type":"object"}}'
no 'a keyword' "'pattern' is not permitted" '"generationConfig":{"responseMimeType":"application/json","responseJsonSchema":{"type":"object","properties":{"a":{"type":"string","pattern":"x"}}}}'
must='"contents":[{"role":"assistant","parts":[{"text":"hi"}]}]'
no 'a role' 'valid role'
must='"contents":[]'
no 'no contents' 'contents is not specified'
must='"contents":[{"role":"user","parts":[{"text":"hi"}]}]'
head=
no 'no key' 'unregistered callers' '' 403
judge gemini /v1/models/gemini-2.5-pro:chat -Hx-goog-api-key:k
no 'a verb' 'Not Found' '' 404
judge gemini /v1beta/models/gemini-2.5-pro:batchEmbedContents -Hx-goog-api-key:k
must='"requests":[{"model":"models/other","content":{"parts":[{"text":"a"}]}}]'
no 'another model' 'not the one of the address'

must='"model":"llama3","messages":'$HI
judge ollama /api/chat
yes 'what it knows' '"options":{"num_ctx":8000,"min_p":0.1},"format":"json","stream":false'
no 'what it does not' 'invalid option provided' '"options":{"max_tokens":3}'
no 'a wrong type' 'must be of type' '"options":{"num_predict":"3"}'
no 'thoughts' 'does not support thinking' '"think":true'
no 'a way to think' 'invalid think value' '"think":"minimal"'
no 'a format' 'invalid format' '"format":"yaml"'

must='"model":"m","messages":'$HI
judge llamacpp /v1/chat/completions
yes 'its own words' '"top_k":3,"grammar":"root ::= [a-z]+"'
no 'two shapes' 'Cannot use both' '"grammar":"x","response_format":{"type":"json_object"}' 500
done_testing
