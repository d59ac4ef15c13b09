#!/bin/sh
# Streams: what is known of replies while they are being written.
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
	    base_url = env("BASE_URL"); max_tokens = 60; timeout = 20s;
	    retry { backoff = 10ms; } $*
	}
	signature Judge = (text: string) ->
	    (why: string, mood: "glad" | "sad", points: int,
	    words: string[] @stream(done)) "Judge the text.";
	module judge = predict(Judge) { model = small; format = json; reask = 1; }
	program Main(text: string) -> (mood: string, points: int, words: string[]) {
	    let a = judge(text);
	    return { mood = a.mood, points = a.points, words = a.words };
	}
	program Both(text: string) -> (points: int) {
	    let a = 0;
	    let b = 0;
	    parallel {
	        a = Main(text + " one").points;
	        b = Main(text + " two").points;
	    }
	    return { points = a + b };
	}
	END
	ok "$id compiles" status 0 "$MIPROC" -O0 -w --program Main p.mp -o p
}

# script LINE...: of the server from now on; it is at $base.
base=
script() { serve "$base" "$@"; }

stream() { status "$1" ./p --no-cache --stream --text "$2"; }
# parts N: that many lines at least before the last.
parts() {
	got=$(grep -c '"part":' out)
	[ "$got" -ge "$1" ] || { echo "$got parts, not $1"; cat out; return 1; }
}
has() { grep -qxF -e "$1" out || { echo "no line $1"; cat out; return 1; }; }
hasnt() { ! grep -qF -e "$1" out || { echo "a line has $1"; cat out; return 1; }; }
last() { [ "$(tail -n 1 out)" = "$1" ] || { cat out; return 1; }; }

unset OPENAI_BASE_URL
VALUE='{"why":"it is a very long day, and no mistake","mood":"glad","points":7,"words":["a","b"]}'
ANSWER='{"mood":"glad","points":7,"words":["a","b"]}'
DONE='{"leaf":"judge","call":0,"done":true,"part":'$VALUE'}'

# ---- OpenAI's ----

model openai:fake
base=/v1
script '{"match":"breaks","times":1,"break_after":6,"piece_ms":70,"json":'"$VALUE"'}' \
    '{"match":"tears","times":1,"reply":"not JSON at all","piece_ms":5}' \
    '{"match":"busy","times":1,"status":503}' \
    '{"match":"plain","headers":{"X-Plain":"1"},"piece_ms":5,"json":'"$VALUE"'}' \
    '{"match":"think","reasoning":"well, well, well, it is long","piece_ms":5,"json":'"$VALUE"'}' \
    '{"piece_ms":70,"json":'"$VALUE"'}'
ok 'a reply is told as it grows' stream 0 today
ok 'in parts' parts 5
ok 'texts as far as they go' has \
    '{"leaf":"judge","call":0,"part":{"why":"it is a very lon","mood":null,"points":null,"words":null}}'
ok 'a list that is shown when it is whole' hasnt '"words":["a"]'
ok 'its last part is done' has "$DONE"
ok 'and then the output' last "$ANSWER"
ok 'the server was asked for a stream with its usage' grep -q \
    '"stream":true,"stream_options":{"include_usage":true}' log
ok 'which is counted' status 0 ./p --no-cache --stream --trace trace --text again
ok 'in tokens' grep -q '"tokens_in":[1-9]' trace
ok 'a stream that breaks is asked for again' stream 0 breaks
ok 'and told anew' has '{"leaf":"judge","call":0,"again":true,"part":null}'
ok 'to its end' last "$ANSWER"
ok 'a reply that cannot be read, too' stream 0 tears
ok 'as the same call' has "$DONE"
ok 'a failure before it is none that one sees' stream 0 busy
ok 'of it nothing is told' hasnt '"again"'
ok 'thoughts are not told' stream 0 think
ok 'as if they were the reply' hasnt 'well, well'
before=$(requests)
ok 'a reply that is known' status 0 ./p --text known
ok 'is told' status 0 ./p --stream --text known
ok 'at once' [ "$(grep -c part out)" -eq 1 ]
ok 'without a request' [ "$(requests)" -eq $((before + 1)) ]
ok 'and the other way round' status 0 ./p --stream --text unknown
ok 'the cache knows it' status 0 ./p --offline --text unknown
ok 'a batch is not streamed' status 2 ./p --stream --jsonl
ok 'with a word why' says 'shows one run'
"$MIPROC" -q -O0 -w --program Both p.mp -o p
ok 'programs beside each other' stream 0 both
ok 'are told apart' has "$(echo "$DONE" | sed 's/"call":0/"call":1/')"
ok 'and add up' last '{"points":14}'

# ---- what may go wrong ----

path=/v1/chat/completions
events() { # FILE: a rule whose reply are the lines of FILE as events
	printf '{"path":"%s","piece_ms":%s,"reply":"' "$path" "${ms:-$(slow 20)}"
	sed 's/\\/\\\\/g; s/"/\\"/g; s/^/data: /; s/$/\\n\\n/' "$1" | tr -d '\n'
	printf '"%s}\n' "${2-}"
}
delta() { printf '{"choices":[{"index":0,"delta":%s}]}\n' "$1"; }
{
	delta '{"content":"Hm."}'
	delta '{"tool_calls":[{"index":0,"function":{"arguments":"{\"why\":\"it is"}}]}'
	delta '{"tool_calls":[{"index":0,"function":{"arguments":" so\",\"mood\":\"glad\",\"points\":7,\"words\":[]}"}}]}'
	echo '[DONE]'
} >called
SMALL='{"mood":"glad","points":7,"words":[]}'
model openai:fake 'structure = function;'
base=
path=/chat/completions script "$(path=/chat/completions events called)"
ok 'words before a call' stream 0 x
ok 'do not spoil its parts' has \
    '{"leaf":"judge","call":0,"again":true,"part":{"why":"it is","mood":null,"points":null,"words":null}}'
ok 'nor its end' last "$SMALL"
model openai:fake
{
	delta '{"content":"{\"why\":\"begins well\","}'
	echo '{"error":{"message":"overloaded","code":503}}'
} >broken
base=/v1 script "$(events broken ',"times":1')" '{"piece_ms":70,"json":'"$VALUE"'}'
ok 'an error in the midst' stream 0 x
ok 'is another attempt' last "$ANSWER"
ok 'that is told anew' has '{"leaf":"judge","call":0,"again":true,"part":null}'
base=/v1 script '{"status":400,"times":1,"error":"Unknown parameter: stream_options"}' \
    '{"piece_ms":5,"json":'"$VALUE"'}'
ok 'a server that does not count streams' stream 0 x
ok 'is not asked to' sh -c 'tail -n 1 log | grep -q "\"stream\":true}"'
base=/v1 script '{"status":400,"times":2,"error":"no stream here"}' \
    '{"json":'"$VALUE"'}'
ok 'nor one to stream that cannot' stream 0 x
ok 'at all' sh -c '! tail -n 1 log | grep -q "\"stream\""'
printf '%s\n' '{"path":"/v1/chat/completions","reply":"\n{\"choices\":[{\"finish_reason\":\"stop\",\"message\":{\"content\":\"{\\\"why\\\":\\\"a\\\",\\\"mood\\\":\\\"sad\\\",\\\"points\\\":1,\\\"words\\\":[]}\"}}]}"}' >plain
base=/v1 script "$(cat plain)"
ok 'a server that does not stream' stream 0 x
ok 'is understood' last '{"mood":"sad","points":1,"words":[]}'
model openai:fake
{
	sed 's/^model small/model one/' p.mp
	cat <<-END
	model two = "openai:fake" { base_url = env("BASE_URL"); max_tokens = 60;
	    timeout = 20s; retry { backoff = 10ms; } }
	model small = least_loaded(one, two);
	END
} >pool.mp
base=/v1 script '{"match":"\"stream\":true","status":400,"error":"no stream here"}' \
    '{"json":'"$VALUE"'}'
ok 'replicas' status 0 "$MIPROC" -O0 -w --program Main pool.mp -o p
ok 'that do not stream' stream 0 x
ok 'answer all the same' last "$ANSWER"
model openai:fake
base=/v1 script '{"json":'"$VALUE"',"piece_ms":5}'
ok 'nobody who reads' sh -c './p --no-cache --stream --text x >/dev/full 2>err; [ $? -eq 2 ]'
ok 'is told of once' [ "$(wc -l <err)" -eq 1 ]
MYKEY=sk-proj-abcdefghijklmnopqrstuvwxyz0123456789
export MYKEY
model openai:fake 'api_key = env("MYKEY");'
base=/v1 script '{"piece_ms":'$(slow 20)',"json":{"why":"'$MYKEY' was sent","mood":"sad","points":1,"words":[]}}'
ok 'a key that comes back' status 0 ./p --stream --text key
ok 'is blotted out of parts' grep -q '"part":{"why":"\*\*\* was' out
ok 'all of them' hasnt sk-proj
ok 'and is not kept' sh -c '! grep -rlq sk-proj-abc cache'

# ---- the others ----

# sse LINE...: a rule for $path whose reply are these events.
sse() {
	printf '{"path":"%s","piece_ms":%s,"reply":"' "$path" "$(slow 20)"
	for line; do
		printf 'event: x\\ndata: %s\\n\\n' \
		    "$(printf '%s' "$line" | sed 's/\\/\\\\/g; s/"/\\"/g')"
	done
	printf '"}\n'
}
SMALL='{"mood":"glad","points":7,"words":[]}'
ANTHROPIC_API_KEY=k GEMINI_API_KEY=k
export ANTHROPIC_API_KEY GEMINI_API_KEY

base= path=/messages
model anthropic:claude-sonnet-4-5 'structure = function;'
script "$(sse \
    '{"type":"message_start","message":{"usage":{"input_tokens":10,"cache_read_input_tokens":20,"output_tokens":1}}}' \
    '{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","input":{}}}' \
    '{"type":"ping"}' \
    '{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"why\":\"it is"}}' \
    '{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":" so\",\"mood\":\"glad\",\"points\":7,\"words\":[]}"}}' \
    '{"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":9}}' \
    '{"type":"message_stop"}')"
ok 'Anthropic streams' status 0 ./p --no-cache --stream --trace trace --text x
ok 'in parts' has \
    '{"leaf":"judge","call":0,"part":{"why":"it is","mood":null,"points":null,"words":null}}'
ok 'to the end' last "$SMALL"
ok 'and counts' grep -q '"tokens_in":30,"tokens_cached":20,"tokens_out":9' trace
ok 'asked to' grep -q '"stream":true' log
script "$(sse '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}' | sed 's/}$/,"times":1}/')" \
    "$(sse '{"type":"content_block_delta","delta":{"type":"text_delta","text":"{\"why\":\"\",\"mood\":\"glad\",\"points\":7,\"words\":[]}"}}' \
    '{"type":"message_stop"}')"
ok 'an error in the midst is another attempt' stream 0 x
ok 'which is good' last "$SMALL"

path=/models/gemini-2.5-flash:streamGenerateContent
model gemini:gemini-2.5-flash
script "$(sse \
    '{"candidates":[{"content":{"parts":[{"text":"let me see","thought":true}]}}]}' \
    '{"candidates":[{"content":{"parts":[{"text":"{\"why\":\"it is"}]}}]}' \
    '{"candidates":[{"content":{"parts":[{"text":" so\",\"mood\":\"glad\",\"points\":7,\"words\":[]}"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":30,"candidatesTokenCount":9}}')"
ok 'Gemini streams' status 0 ./p --no-cache --stream --trace trace --text x
ok 'in parts' has \
    '{"leaf":"judge","call":0,"part":{"why":"it is","mood":null,"points":null,"words":null}}'
ok 'to the end' last "$SMALL"
ok 'and counts' grep -q '"tokens_in":30,"tokens_cached":0,"tokens_out":9' trace

model ollama:qwen3
script '{"path":"/api/chat","piece_ms":'$(slow 20)',"reply":"{\"message\":{\"role\":\"assistant\",\"content\":\"{\\\"why\\\":\\\"it is\"},\"done\":false}\n{\"message\":{\"role\":\"assistant\",\"content\":\" so\\\",\\\"mood\\\":\\\"glad\\\",\\\"points\\\":7,\\\"words\\\":[]}\"},\"done\":false}\n{\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":30,\"eval_count\":9}\n"}'
ok 'Ollama streams' status 0 ./p --no-cache --stream --trace trace --text x
ok 'in parts' has \
    '{"leaf":"judge","call":0,"part":{"why":"it is","mood":null,"points":null,"words":null}}'
ok 'to the end' last "$SMALL"
ok 'and counts' grep -q '"tokens_in":30,"tokens_cached":0,"tokens_out":9' trace
done_testing
