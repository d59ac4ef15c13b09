#!/bin/sh
# Tools that are servers: inputs are posted, the answer is the value.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
cd "$tmp" || exit 1

cat >t.mp <<'END'
model local = "openai:small" {
	base_url = env("LMD_URL"); temperature = 0.0; max_tokens = 64; price = free;
}
struct Report { city: string; degrees: float?; words: string[]; }
tool weather(city: string, days: int = 2 @range(1, 9)) -> Report "the weather"
	= http(env("TOOL_URL", "http://192.0.2.1/weather")) {
		api_key = env("TOOL_KEY"); timeout = 2s; max_output = 2000;
		retry { attempts = 3; backoff = 10ms; }
	}
tool text(city: string) -> string = http(env("TEXT_URL")) { output = text; }
tool post(city: string) -> int @effect = http(env("POST_URL")) { timeout = 2s; }
caps { net("192.0.2.1"); }
signature Say = (report: string) -> (advice: string) "Say what to wear.";
module say = predict(Say) { model = local; }
program Wear(city: string, days: int = 2) -> (advice: string, degrees: float?) {
	let w = weather(city, days);
	return { advice = say(report = w.city + ": " + join(", ", w.words)).advice, degrees = w.degrees };
}
program Text(city: string) -> (text: string) { return { text = text(city) }; }
program Post(city: string) -> (n: int) { return { n = post(city) }; }
program Safe(city: string) -> (text: string) {
	let said = "";
	try { said = weather(city).city; } else { said = "unknown"; }
	return { text = said };
}
END
cat >script <<'END'
{"path":"/w","match":"odd","json":{"city":1,"words":[]}}
{"path":"/w","match":"none","reply":"what a day"}
{"path":"/w","match":"huge","json":{"city":"HUGE","words":[]}}
{"path":"/w","match":"wrong","status":422,"error":"no such city"}
{"path":"/w","match":"busy","status":503,"times":2}
{"path":"/w","match":"busy","json":{"city":"B","words":[]}}
{"path":"/w","match":"gone","status":404}
{"path":"/w","match":"down","status":500}
{"path":"/w","match":"moved","status":302}
{"path":"/w","match":"slow","delay_ms":9000,"json":{"city":"S","words":[]}}
{"path":"/w","json":{"city":"Oslo","degrees":-3.5,"words":["wind","sun ]] >>"],"more":{"x":1}}}
{"path":"/t","reply":"it \"rains\"\nall day\n\n"}
{"path":"/p","match":"busy","status":503}
{"path":"/p","match":"slow","delay_ms":9000,"reply":"8"}
{"path":"/p","reply":"7"}
{"match_user":"Oslo","reply":"a hat"}
END
long=0123456789
long=$long$long$long$long$long$long
long=$long$long$long$long$long$long$long
sed "s/HUGE/$long$long$long$long$long/" script >longer && mv longer script
lmd_start
at=${LMD_URL%/v1}
TOOL_URL=$at/w TEXT_URL=$at/t POST_URL=$at/p TOOL_KEY=s3cr3t-t00l
export TOOL_URL TEXT_URL POST_URL TOOL_KEY
for p in Wear Text Post Safe; do
	ok "$p compiles" status 0 "$MIPROC" -O0 -Werror t.mp --program $p \
	    -o "$(echo $p | tr A-Z a-z)"
done

# asked N COMMAND...: which makes so many requests.
asked() {
	want_requests=$1 before=$(requests)
	shift
	"$@" || return
	[ $(($(requests) - before)) -eq "$want_requests" ] || {
		echo "$(($(requests) - before)) requests"
		return 1
	}
}
gives() {
	want_out=$1
	shift
	status 0 "$@" && [ "$(cat out)" = "$want_out" ] || {
		cat out err
		return 1
	}
}
posted() { grep '"path":"/w"' log | tail -n 1 | grep -q "$1"; }

ok 'what it answers is the value' gives \
    '{"advice":"a hat","degrees":-3.5}' ./wear --city Oslo
ok 'its inputs were posted' posted '"city":"Oslo","days":2'
ok 'with the key' posted '"auth":true'
ok 'its text is fenced in the prompt' sh -c \
    'grep -v "\"path\":\"/[wt]\"" log | tail -n 1 | grep -q "<<data "'
ok 'other inputs' gives '{"advice":"a hat","degrees":-3.5}' ./wear \
    --city Oslo --days 9
ok 'are posted' posted '"city":"Oslo","days":9'
ok 'limits of inputs hold' asked 0 status 8 ./wear --city Oslo --days 10
ok 'and are told' says 'weather: days'
ok 'it is asked each time' asked 1 status 0 ./wear --city Oslo --days 9
ok 'text as it is' gives 'it "rains"
all day' ./text --city x
ok 'another type' status 8 ./wear --city odd
ok 'is told' says 'weather: its output is not Report as JSON: .*city'
ok 'no JSON' status 8 ./wear --city none
ok 'is told' says 'weather: its output is not Report as JSON: .*what a day'
ok 'too much' status 8 ./wear --city huge
ok 'is told' says 'weather: .*2000\|weather: .*long\|weather: .*large'
ok 'what it will not take' asked 1 status 8 ./wear --city wrong
ok 'is told' says 'weather: .*422'
ok 'a busy server is asked again' asked 3 gives B ./safe --city busy
ok 'as often as it says' asked 3 status 3 ./wear --city down
ok 'and told of' says 'weather: .*500'
ok 'no such place' asked 1 status 3 ./wear --city gone
ok 'no redirect is followed' asked 1 status 3 ./wear --city moved
ok 'and it is told' says 'it has moved'
ok 'no answer in time' asked 3 status 3 ./wear --city slow
ok 'is told' says 'weather: .*2 s\|weather: .*time'
ok 'try catches what it would not take' gives unknown ./safe \
    --city wrong
ok 'and no failure of the world' status 3 ./safe --city gone
ok 'no server' status 3 env TOOL_URL=http://127.0.0.1:9/ ./wear --city Oslo
ok 'an effect' asked 1 gives '{"n":7}' ./post --city x
ok 'is not had twice' asked 1 status 3 ./post --city busy
ok 'not even where nothing came back' asked 1 status 3 ./post --city slow
ok 'no key' asked 0 status 2 env -u TOOL_KEY TOOL_URL=https://192.0.2.1/ \
    ./wear --city Oslo
ok 'is told' says 'TOOL_KEY'
ok 'no address' status 2 env -u TEXT_URL ./text --city x
ok 'is told' says 'TEXT_URL'
ok 'what is not granted is not asked' asked 0 status 2 ./wear --city Oslo \
    --allow none
ok 'and is named' says \
    'the tool weather needs net:127.0.0.1:[0-9]*, which --allow does not grant'
ok 'another host does not do' asked 0 status 2 ./wear --city Oslo \
    --allow net:example.org --allow exec:./wear
ok 'what is granted is' status 0 ./wear --city Oslo --allow net:127.0.0.1
ok 'miproc run does the same' status 2 "$MIPROC" run t.mp --program Wear \
    --allow net:example.org -- --city Oslo
ok 'in the same words' says 'the tool weather needs net:127.0.0.1'
ok 'requests are in the trace' status 0 ./wear --city Oslo --trace trace
ok 'by the name of the tool' grep -q '"server":"tool weather"' trace
ok 'the key is in no file of ours' \
    sh -c '! grep -rqs s3cr3t cache out err trace ./wear log'
done_testing
