#!/bin/sh
# Each provider against a judge of its API: whatever a model may be set to, the
# request is one that the API takes, and what is answered comes out.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
cd "$tmp" || exit 1

unset OPENAI_BASE_URL AZURE_OPENAI_ENDPOINT OLLAMA_HOST
KEY=sk-conform-secret
export KEY
key='api_key = env("KEY");'
VALUE='{"mood":"glad","points":7,"tags":["a","b"],"why":"it is a long day"}'
ALL='temperature = 0.5; max_tokens = 900; stop = ["END", "\n", "STOP"]; seed = 7;'

# matrix PROVIDER:ID: a program with one model for each line of the input,
# "NAME OPTION...", that asks them all.
matrix() {
	cat >p.mp <<-END
	signature Judge = (text: string) -> (
	    mood: "glad" | "sad",
	    points: int @range(0, 10),
	    tags: string[] @len(1, 3),
	    why: string @len(2, 40),
	) "Judge the text.";
	END
	: >body
	while read -r name options; do
		cat >>p.mp <<-END
		model $name = "$1" {
		    base_url = env("BASE_URL"); $key
		    retry { attempts = 1; }
		    $options
		}
		module ask_$name = predict(Judge) {
		    model = $name; format = json; reask = 0;
		}
		END
		printf '    if ask_%s(text).points == 7 { n = n + 1; }\n' \
		    "$name" >>body
	done
	{
		echo 'program Main(text: string) -> (n: int) {'
		echo '    let n = 0;'
		cat body
		echo '    return { n = n };'
		echo '}'
	} >>p.mp
	variants=$(wc -l <body | tr -d ' ')
	ok "$1 compiles" status 0 "$MIPROC" -O0 -w p.mp -o p
}

# taken: no request was refused.
taken() {
	! sed -n 's/.*\("status":[45].*\)/\1/p' log | grep . || return 1
	[ "$(requests)" -eq "$variants" ] || {
		echo "$(requests) requests, not $variants"
		return 1
	}
}

taken=taken
all_answer() {
	rm -f trace
	status 0 ./p --no-cache --text 'such a day' "$@" || return 1
	grep -qxF '{"n":'"$variants"'}' out || { cat out; return 1; }
}

# both NAME: plain and as a stream.
both() {
	serve "$base" '{"api":"'"$api"'","reasoning":"well","usage":{"in":30,"cached":20,"out":9},"json":'"$VALUE"'}'
	ok "$api answers${1:+ $1}" all_answer --trace trace
	ok 'and refuses nothing for long' $taken
	ok 'tokens are counted' counted "$variants"
	serve "$base" '{"api":"'"$api"'","reasoning":"well","usage":{"in":30,"cached":20,"out":9},"json":'"$VALUE"'}'
	ok 'in pieces too' all_answer --stream --trace trace
	ok 'and refuses nothing for long' $taken
	ok 'tokens are counted' counted "$variants"
}

# counted N: so many calls have all tokens.
counted() {
	got=$(grep -c '"tokens_in":30,"tokens_cached":'"${cached-20}"',"tokens_out":9' trace)
	[ "$got" -eq "$1" ] || { echo "$got of $1"; head -n 1 trace; return 1; }
}

ladder="plain
all $ALL
free system = false; $ALL
native structure = native; max_tokens = 900;
json structure = json_object; max_tokens = 900;
words structure = prompt; max_tokens = 900;
called structure = function; max_tokens = 900;
warm temperature = 1.5; top_p = 0.9; max_tokens = 900;
narrow top_p = 0.9; max_tokens = 900;"

thinking='none effort = none; max_tokens = 3000;
minimal effort = minimal; max_tokens = 3000;
low effort = low; max_tokens = 3000;
medium effort = medium; max_tokens = 3000;
high effort = high; max_tokens = 3000;
xhigh effort = xhigh; max_tokens = 3000;
most effort = max; max_tokens = 3000;
short effort = high; max_tokens = 500;
called effort = low; structure = function; max_tokens = 3000;
unbound effort = high;'

# learned: no request was refused for more than what is learned from it.
learned() {
	refused=$(grep -c '"status":400' log)
	[ "$(requests)" -eq $((variants + refused)) ] &&
	    [ "$(grep -c '"status":200' log)" -eq "$variants" ]
}

# think ID...: each word of effort, and what there is instead of it.
think() {
	for id; do
		matrix "$provider:$id" <<-END
		$thinking
		END
		taken=learned
		both "with effort, as $id"
		taken=taken
	done
}

api=openai provider=openai base=/v1
matrix openai:gpt-4o <<END
$ladder
END
both ''
think o3 gpt-5-mini gpt-6-luna

api=azure provider=azure base=
matrix azure:my-deployment <<END
$ladder
END
both ''
base='/?api-version=2024-10-21'
both 'at the older address'
base=/openai/v1/
both 'at the newer address'
think gpt-5-mini

api=anthropic provider=anthropic base=/v1
matrix anthropic:claude-sonnet-4-5 <<END
$ladder
END
both ''
think claude-haiku-4-5 claude-opus-4-5 claude-sonnet-4-6 claude-opus-5 \
    claude-opus-5-5 claude-sonnet-5-5

api=gemini provider=gemini base=/v1beta
matrix gemini:gemini-2.5-flash <<END
$ladder
END
both ''
think gemini-2.5-flash gemini-2.5-pro gemini-2.5-flash-lite \
    gemini-3-flash-preview gemini-3.1-pro-preview gemini-4-hydrogen

api=ollama provider=ollama base= cached=0
matrix ollama:qwen3:4b <<END
$ladder
END
both ''
think qwen3:4b

api=llamacpp provider=llamacpp base=/v1 cached=20
matrix llamacpp:small.gguf <<END
$ladder
grammar structure = grammar;
END
both ''

# ---- vectors ----

# vectors PROVIDER:ID [OPTION...]
vectors() {
	id=$1
	shift
	cat >p.mp <<-END
	model emb = "$id" { base_url = env("BASE_URL"); $key $* }
	program Main(text: string) -> (like: float, other: float) {
	    return {
	        like = round(cosine(embed(emb, text), embed(emb, text)), 4),
	        other = round(cosine(embed(emb, text), embed(emb, "z")), 4),
	    };
	}
	END
	ok "$id compiles" status 0 "$MIPROC" -O0 -w p.mp -o p
	serve "$base" '{"api":"'"$api"'"}'
	ok "$api makes vectors" status 0 ./p --no-cache --text 'such a day'
	ok 'alike of what is alike' says '"like":1.0,"other":0.0'
	ok 'and refuses nothing' sh -c '! grep "\"status\":[45]" log'
}

key='api_key = env("KEY");'
api=openai base=/v1
vectors openai:text-embedding-3-small 'dimensions = 64;'
api=azure base=
vectors azure:my-embeddings
base='/?api-version=2024-10-21'
vectors azure:my-embeddings
api=gemini base=/v1beta
vectors gemini:gemini-embedding-001 'outputDimensionality = 64;'
key=
api=ollama base=
vectors ollama:nomic-embed-text 'truncate = false;'
api=llamacpp base=/v1
vectors llamacpp:embed.gguf
key='api_key = env("KEY");'
api=anthropic base=/v1
cat >p.mp <<END
model emb = "anthropic:claude-sonnet-4-5" { base_url = env("BASE_URL"); $key }
program Main(text: string) -> (n: int) { return { n = len(embed(emb, text)) }; }
END
ok 'Anthropic has none' status 0 "$MIPROC" -O0 -w p.mp -o p
ok 'which is told' status 2 ./p --no-cache --text x
ok 'in plain words' says 'cannot make vectors'

# ---- pictures, demonstrations, thoughts ----

printf '%s' iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg== |
    base64 -d >dot.png
printf '%s\n' '{"text":"sun and rain","points":1}' \
    '{"text":"rain and wind","points":2}' >rows.jsonl

# shown PROVIDER:ID [OPTION...]: a picture, and in another call two
# demonstrations.
shown() {
	id=$1
	shift
	cat >p.mp <<-END
	model small = "$id" {
	    base_url = env("BASE_URL"); $key max_tokens = 3000; $*
	}
	struct Case { text: string; points: int; }
	retriever near: Case = bm25("rows.jsonl") { text = "text"; }
	signature Look = (text: string, picture: image?) -> (points: int)
	    "Judge the picture.";
	signature Judge = (text: string) -> (points: int) "Judge the text.";
	module look = predict(Look) { model = small; format = json; reask = 0; }
	module judge = predict(Judge) {
	    model = small; format = json; reask = 0;
	    demos = knn(near, k = 2, by = text);
	}
	program Main(text: string, picture: image?) -> (a: int, b: int) {
	    return { a = look(text, picture).points, b = judge(text).points };
	}
	END
	ok "$id compiles" status 0 "$MIPROC" -O0 -w p.mp -o p
	serve "$base" '{"api":"'"$api"'","reasoning":"well, well, well","json":{"points":3}}'
	for stream in '' --stream; do
		rm -f trace
		ok "$api is shown a picture $stream" status 0 ./p --no-cache \
		    --text rain --picture dot.png --trace trace \
		    --trace-content $stream
		ok 'and demonstrations' grep -q 'rain and wind.*sun and rain' log
		ok 'and refuses nothing' sh -c '! grep "\"status\":[45]" log'
		[ "${thinks-yes}" = no ] ||
			ok 'what it thinks is kept apart' \
			    grep -q '"reasoning":"well, well, well"' trace
	done
}

api=openai base=/v1
shown openai:gpt-5-mini 'effort = low;'
api=azure base=
shown azure:gpt-5-mini 'effort = low;'
api=anthropic base=/v1
shown anthropic:claude-sonnet-4-5 'effort = low; prompt_cache = true;'
shown anthropic:claude-sonnet-4-6 'effort = low; prompt_cache = true;'
thinks=no
shown anthropic:claude-sonnet-4-6 'prompt_cache = true;'
thinks=yes
api=gemini base=/v1beta
shown gemini:gemini-2.5-pro 'effort = low;'
shown gemini:gemini-3-flash-preview 'effort = low;'
key=
api=ollama base=
shown ollama:qwen3:4b 'effort = low; context = 8k;'
key='api_key = env("KEY");'

# ---- errors ----

# one PROVIDER:ID OPTION...: a program with one call.
one() {
	id=$1
	shift
	cat >p.mp <<-END
	model small = "$id" {
	    base_url = env("BASE_URL"); $key
	    retry { attempts = 2; backoff = 10ms; } $*
	}
	signature Judge = (text: string) -> (points: int) "Judge the text.";
	module judge = predict(Judge) { model = small; format = json; reask = 0; }
	program Main(text: string) -> (n: int) { return { n = judge(text).points }; }
	END
	ok "$id compiles" status 0 "$MIPROC" -O0 -w p.mp -o one
}

# fails RULE EXIT REQUESTS WORDS: what the API says of it is told.
fails() {
	serve "$base" '{"api":"'"$api"'","error":"so it is",'"$1"'}'
	ok "$api: $1" status "$2" ./one --no-cache --text x
	ok 'is asked so often' [ "$(requests)" -eq "$3" ]
	ok 'is told' says "$4"
}

# errors PASSING: that status passes, beside those that all have.
errors() {
	fails '"status":400' 3 1 'so it is'
	fails '"status":403' 3 1 'so it is; the key is the one in KEY'
	fails '"status":404' 3 1 'so it is; is there a model'
	fails '"status":413' 3 1 'so it is'
	fails '"status":422' 3 1 'so it is'
	fails '"status":429' 3 2 'so it is (2 attempts)'
	fails '"status":500' 3 2 'so it is (2 attempts)'
	fails '"status":'"$1" 3 2 'so it is (2 attempts)'
	serve "$base" '{"api":"'"$api"'","times":1,"error":"so it is","status":'"$1"'}' \
	    '{"api":"'"$api"'","json":{"points":3}}'
	ok 'and then it answers' status 0 ./one --no-cache --text x
	KEY=wrong
	serve "$base" '{"api":"'"$api"'","json":{"points":3}}'
	ok "$api: a wrong key" status 3 ./one --no-cache --text x
	ok 'is told, and where it is from' says "the key is the one in KEY"
	ok 'and asked once' [ "$(requests)" -eq 1 ]
	KEY=sk-conform-secret
}

api=openai base=/v1
one openai:gpt-4o
errors 503
fails '"status":429,"quota":true' 3 1 'the quota is spent'
fails '"status":400,"code":"context_length_exceeded"' 8 1 'so it is'
fails '"status":400,"code":"content_filter"' 8 1 'so it is'
one openai:nope
fails '"status":200' 3 1 'does not exist'
api=azure base=
one azure:my-deployment
errors 503
fails '"status":400,"code":"content_filter"' 8 1 'so it is'
one azure:nope
fails '"status":200' 3 1 'deployment for this resource does not'
api=anthropic base=/v1
one anthropic:claude-sonnet-4-5
errors 529
fails '"status":402' 3 1 'the quota is spent'
one anthropic:nope
fails '"status":200' 3 1 'model: nope'
api=gemini base=/v1beta
one gemini:gemini-2.5-flash
errors 503
fails '"status":429,"quota":true' 3 1 'the quota is spent'
for why in SAFETY RECITATION PROHIBITED_CONTENT SPII BLOCKLIST LANGUAGE; do
	fails '"reply":"","finish":"'$why'"' 8 1 'filter'
done
for why in MALFORMED_FUNCTION_CALL MALFORMED_RESPONSE UNEXPECTED_TOOL_CALL \
    OTHER; do
	fails '"reply":"","finish":"'$why'"' 3 2 "with the reason $why"
done
serve "$base" '{"api":"gemini","json":{"points":3},"finish":"OTHER"}'
ok 'what was said stands' status 0 ./one --no-cache --text x
fails '"reply":"","finish":"MAX_TOKENS"' 8 1 'max_tokens'
one gemini:nope
fails '"status":200' 3 1 'is not found'
key=
api=ollama base=
one ollama:qwen3:4b
fails '"status":400' 3 1 'so it is'
fails '"status":500' 3 2 'so it is (2 attempts)'
fails '"status":503' 3 2 'so it is (2 attempts)'
one ollama:nope
fails '"status":200' 3 1 'not found'
api=llamacpp base=/v1
one llamacpp:small.gguf
fails '"status":400,"code":"exceed_context_size_error"' 8 1 'so it is'
fails '"status":503' 3 2 'so it is (2 attempts)'

# ---- where Ollama is ----

serve '' '{"api":"ollama","json":{"points":3}}'
cat >p.mp <<END
model small = "ollama:qwen3:4b";
signature Judge = (text: string) -> (points: int) "Judge the text.";
module judge = predict(Judge) { model = small; format = json; reask = 0; }
program Main(text: string) -> (n: int) { return { n = judge(text).points }; }
END
ok 'an Ollama without an address' status 0 "$MIPROC" -O0 -w p.mp -o one
port=${BASE_URL##*:}
for host in "127.0.0.1:$port" "http://127.0.0.1:$port/" "0.0.0.0:$port" \
    "localhost:$port" " '127.0.0.1:$port' " "http://127.0.0.1:$port"; do
	ok "is at $host" env OLLAMA_HOST="$host" ./one --no-cache --text x
done
for host in 127.0.0.1 127.0.0.1:99999 ::1 '[::1]' ''; do
	ok "$host is at 11434" status 3 env OLLAMA_HOST="$host" ./one \
	    --no-cache --text x --timeout 1
	ok 'where nobody is' says ':11434'
done
ok 'a scheme has a port of its own' status 3 env OLLAMA_HOST=https://127.0.0.1 \
    ./one --no-cache --text x
ok 'of its own' says 'https://127.0.0.1:443'

ok 'no key in any file' sh -c '! grep -rl "$KEY" .'
done_testing
