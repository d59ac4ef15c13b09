#!/bin/sh
# Traces for OpenTelemetry: what is sent, and that a run never suffers from it.
#
# SPDX-License-Identifier: GPL-3.0-or-later
set -u
. "${SRCDIR:-.}/tests/e2e/lib.sh"
cd "$tmp" || exit 1
unset OTEL_SDK_DISABLED OTEL_TRACES_EXPORTER OTEL_TRACES_SAMPLER \
    OTEL_TRACES_SAMPLER_ARG OTEL_EXPORTER_OTLP_HEADERS OTEL_SERVICE_NAME \
    OTEL_RESOURCE_ATTRIBUTES OTEL_EXPORTER_OTLP_PROTOCOL TRACEPARENT

cat >all.mp <<'END'
model small = "openai:fake-1" {
	base_url = env("LMD_URL"); temperature = 0.5; max_tokens = 64; seed = 7;
	stop = ["END"]; price { in = 1.0; cached = 0.5; out = 10.0; }
	retry { backoff = 10ms; attempts = 3; }
}
caps { exec("./up"); net("127.0.0.1"); }
struct Page { title: string; text: string; }
retriever pages: Page = bm25("pages.jsonl") { k = 2; }
tool up(word: string) -> string = exec("./up") { input = text; output = text; }
tool far(word: string) -> int = http(env("FAR_URL"));
signature Count = (text: string) -> (n: int) "Count the words.";
signature Name = (text: string) -> (name: string) "Give it a name.";
module count = predict(Count) { model = small; reask = 1; }
module name = predict(Name) { model = small; }
program All(text: string) -> (n: int, name: string) {
	let p = pages.search(text);
	parallel {
		let a = count(text);
		let b = name(text);
	}
	let c = up(b.name);
	let d = far(c);
	return { n = a.n + d + len(p), name = c };
}
END
printf '#!/bin/sh\ntr a-z A-Z\n' >up
chmod +x up
printf '{"title":"bee","text":"a busy bee"}\n{"title":"sea","text":"the sea"}\n' \
    >pages.jsonl
cat >script <<'END'
{"path":"/v1/traces","reply":"{}"}
{"path":"/far","reply":"5"}
{"path":"/refuse/v1/traces","status":400}
{"path":"/partial/v1/traces","reply":"{\"partialSuccess\":{\"rejectedSpans\":\"3\",\"errorMessage\":\"too odd\"}}"}
{"path":"/late/v1/traces","delay_ms":9000,"reply":"{}"}
{"path":"/again/v1/traces","status":503,"times":1}
{"path":"/again/v1/traces","reply":"{}"}
{"match_system":"Count","match_user":"busy","times":1,"status":503}
{"match_system":"Count","match_user":"again","times":1,"reply":"none"}
{"match_user":"sick","status":400,"error":"no"}
{"match_user":"late","times":1,"delay_ms":9000}
{"match_system":"Count","reply":"{\"n\":2}","usage":{"prompt_tokens":1000,"completion_tokens":100,"cached":400}}
{"reply":"it","usage":{"prompt_tokens":50,"completion_tokens":5}}
END
lmd_start
home=${LMD_URL%/v1}
FAR_URL=$home/far
export FAR_URL

# What came, checked by the rules of OTLP's JSON, as lines of
# "NAME|KIND|PARENT'S NAME|ATTRIBUTES".
cat >look.py <<'END'
import json, re, sys
spans, resources = [], []
def value(v):
    assert len(v) == 1, v
    k, x = next(iter(v.items()))
    if k == "stringValue": assert isinstance(x, str); return x
    if k == "intValue": assert isinstance(x, str); return int(x)
    if k == "doubleValue": assert isinstance(x, float), v; return x
    if k == "boolValue": assert isinstance(x, bool); return x
    assert k == "arrayValue", k
    return [value(i) for i in x["values"]]
def attributes(l):
    keys = [a["key"] for a in l]
    assert len(keys) == len(set(keys)), keys
    return {a["key"]: value(a["value"]) for a in l}
for line in open("log"):
    r = json.loads(line.lstrip("\0"))
    if not r["path"].endswith("/v1/traces"): continue
    for rs in r["body"]["resourceSpans"]:
        resources.append(attributes(rs["resource"]["attributes"]))
        for ss in rs["scopeSpans"]:
            assert ss["scope"]["name"] == "miproc" and ss["scope"]["version"]
            assert re.fullmatch(r"https://opentelemetry.io/schemas/\d+\.\d+\.\d+",
                ss["schemaUrl"])
            spans += ss["spans"]
for s in spans:
    assert re.fullmatch("[0-9a-f]{32}", s["traceId"]), s
    assert re.fullmatch("[0-9a-f]{16}", s["spanId"]), s
    assert s["kind"] in (1, 3) and s["name"], s
    a, b = s["startTimeUnixNano"], s["endTimeUnixNano"]
    assert isinstance(a, str) and isinstance(b, str) and int(a) <= int(b)
    assert int(a) > 1.5e18, s
    assert s["status"].get("code", 0) in (0, 2), s
    s["a"] = attributes(s["attributes"])
    assert ("error.type" in s["a"]) == (s["status"].get("code") == 2), s
by = {s["spanId"]: s for s in spans}
assert len(by) == len(spans), "ids are used twice"
for s in spans:
    up = by.get(s.get("parentSpanId"))
    s["up"] = up
    if up:
        assert up["traceId"] == s["traceId"]
        assert int(up["startTimeUnixNano"]) <= int(s["startTimeUnixNano"])
        assert int(up["endTimeUnixNano"]) >= int(s["endTimeUnixNano"])
def named(n): return [s for s in spans if s["name"] == n]
exec(open(sys.argv[1]).read())
END
sees() {
	cat >check.py
	python3 look.py check.py
}
send() { OTEL_EXPORTER_OTLP_ENDPOINT=$home/ "$@"; }

ok 'it compiles' status 0 "$MIPROC" all.mp -O0 -o all
ok 'a run' send status 0 ./all --no-cache --text 'busy bee' --trace t.jsonl
ok 'is a tree of spans' sees <<'END'
run, = named("invoke_workflow All")
assert run["up"] is None and "parentSpanId" not in run and run["kind"] == 1
assert run["a"]["gen_ai.workflow.name"] == "All"
chat = named("chat fake-1")
assert len(chat) == 2 and all(s["up"] is run and s["kind"] == 3 for s in chat)
count, = [s for s in chat if s["a"]["miproc.leaf"] == "count"]
a = count["a"]
assert a["gen_ai.operation.name"] == "chat"
assert a["gen_ai.provider.name"] == "openai"
assert a["gen_ai.request.model"] == "fake-1"
assert a["gen_ai.output.type"] == "json"
assert a["gen_ai.request.temperature"] == 0.5
assert a["gen_ai.request.max_tokens"] == 64
assert a["gen_ai.request.seed"] == 7
assert a["gen_ai.request.stop_sequences"] == ["END"]
assert a["gen_ai.response.finish_reasons"] == ["stop"]
assert a["gen_ai.response.id"].startswith("chatcmpl-"), a
assert a["gen_ai.response.model"] == "fake-1"
assert a["gen_ai.usage.input_tokens"] == 1000
assert a["gen_ai.usage.cache_read.input_tokens"] == 400
assert a["gen_ai.usage.output_tokens"] == 100
assert abs(a["miproc.cost.usd"] - 0.0018) < 1e-9
assert a["server.address"] == "127.0.0.1" and a["server.port"] > 0
assert a["miproc.source"] == "server" and a["miproc.attempts"] == 2
assert not any("messages" in k or "instructions" in k for k in a), a
tries = [s for s in named("POST") if s["up"] is count]
assert [s["a"]["http.response.status_code"] for s in tries] == [503, 200]
assert tries[0]["a"]["error.type"] == "503"
assert tries[1]["a"]["http.request.resend_count"] == 1
assert int(tries[0]["endTimeUnixNano"]) <= int(tries[1]["startTimeUnixNano"])
up, = named("execute_tool up")
assert up["up"] is run and up["kind"] == 1
assert up["a"]["gen_ai.tool.name"] == "up"
far, = named("execute_tool far")
assert far["up"] is run and far["kind"] == 3
assert len([s for s in named("POST") if s["up"] is far]) == 1
find, = named("retrieval pages")
assert find["up"] is run and find["a"]["gen_ai.data_source.id"] == "pages"
assert len(spans) == 10, [s["name"] for s in spans]
assert resources[0]["service.name"] == "unknown_service:miproc"
END
ok 'that lines tell of, too' python3 -c '
import json
spans = {}
for l in open("log"):
    r = json.loads(l)
    if r["path"].endswith("/v1/traces"):
        for s in r["body"]["resourceSpans"][0]["scopeSpans"][0]["spans"]:
            spans[s["spanId"]] = s
lines = [json.loads(l) for l in open("t.jsonl")]
assert len(lines) == 6, lines
for l in lines:
    s = spans[l["span"]]
    assert l["trace"] == s["traceId"], l
    assert l.get("parent") == s.get("parentSpanId"), l
    assert abs(l["time"] - int(s["startTimeUnixNano"]) / 1e9) < 1e-5, l
assert [l for l in lines if "run" in l][0]["run"] == "All"
assert [l for l in lines if "retriever" in l][0]["k"] == 2
'
: >log
ok 'failures' send status 3 ./all --no-cache --text sick
ok 'have their class' sees <<'END'
run, = named("invoke_workflow All")
assert run["a"]["error.type"] == "infrastructure", run
assert "answered 400" in run["status"]["message"]
bad = [s for s in named("chat fake-1") if s["status"]]
assert len(bad) == 2 and all(s["a"]["error.type"] == "infrastructure" for s in bad)
END
: >log
ok 'content is only told' send status 0 ./all --no-cache --text 'busy again' \
    --trace-content --trace t2.jsonl
ok 'if asked for' sees <<'END'
one, two = [s["a"] for s in named("chat fake-1") if s["a"]["miproc.leaf"] == "count"]
if one.get("miproc.reasks"): one, two = two, one
assert two["miproc.reasks"] is True and two["miproc.sample"]
system = json.loads(one["gen_ai.system_instructions"])
assert system[0]["type"] == "text" and "Count" in system[0]["content"]
m = json.loads(one["gen_ai.input.messages"])
assert m[0]["role"] == "user" and m[0]["parts"][0]["type"] == "text"
assert "busy again" in m[0]["parts"][0]["content"]
m = json.loads(two["gen_ai.input.messages"])
assert [x["role"] for x in m] == ["user", "assistant", "user"]
m = json.loads(two["gen_ai.output.messages"])
assert m == [{"role": "assistant", "finish_reason": "stop",
    "parts": [{"type": "text", "content": '{"n":2}'}]}]
up, = named("execute_tool up")
assert up["a"]["gen_ai.tool.call.arguments"] == "it"
assert up["a"]["gen_ai.tool.call.result"].strip() == "IT"
find, = named("retrieval pages")
assert find["a"]["gen_ai.retrieval.query.text"] == "busy again"
END
: >log
ok 'a batch' send sh -c 'for i in 1 2 3 4 5 6 7 8 9; do
	echo "{\"text\":\"row $i\"}"
    done | OTEL_BSP_MAX_EXPORT_BATCH_SIZE=20 ./all --jsonl -j 4 >out'
ok 'is a trace for each row' sees <<'END'
runs = named("invoke_workflow All")
assert len(runs) == 9 and len({s["traceId"] for s in runs}) == 9
assert all(s["up"] or s in runs for s in spans)
assert all(len([s for s in spans if s["up"] is r]) == 5 for r in runs)
assert len(resources) >= 4, len(resources)
END

# ---- the environment ----

: >log
ok 'names and attributes' send env OTEL_SERVICE_NAME=bees \
    OTEL_RESOURCE_ATTRIBUTES='a=b%2Cc, deployment.environment.name=test,x' \
    OTEL_EXPORTER_OTLP_HEADERS='x-team=blue, authorization=Bearer%20tok-123456' \
    TRACEPARENT=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 \
    sh -c './all --text "row 1" >out 2>err'
ok 'and a parent are taken' sees <<'END'
assert resources[0]["service.name"] == "bees"
assert resources[0]["a"] == "b,c"
assert resources[0]["deployment.environment.name"] == "test"
run, = named("invoke_workflow All")
assert run["traceId"] == "0af7651916cd43dd8448eb211c80319c"
assert run["parentSpanId"] == "b7ad6b7169203331"
assert all(s["a"]["miproc.source"] == "cache" and s["a"]["miproc.cost.usd"] == 0
    for s in named("chat fake-1"))
END
ok 'with a header' grep -q '"path":"/v1/traces","auth":true' log
none() {
	: >log
	status 0 "$@" ./all --text 'row 1' || return
	! grep -q /v1/traces log
}
ok 'nothing is sent without an address' none env
ok 'nor when it is off' none env OTEL_SDK_DISABLED=true \
    OTEL_EXPORTER_OTLP_ENDPOINT="$home"
ok 'nor to no exporter' none env OTEL_TRACES_EXPORTER=none \
    OTEL_EXPORTER_OTLP_ENDPOINT="$home"
ok 'nor to what is no address' none env OTEL_EXPORTER_OTLP_ENDPOINT=nowhere
ok 'which is told, too' says 'OTEL_EXPORTER_OTLP_ENDPOINT is no address: no'
ok 'nor by grpc' none env OTEL_EXPORTER_OTLP_PROTOCOL=grpc \
    OTEL_EXPORTER_OTLP_ENDPOINT="$home"
ok 'which is told' says 'warning: the trace: .*grpc: no traces are sent'
ok 'nor unsampled' none env OTEL_TRACES_SAMPLER=always_off \
    OTEL_EXPORTER_OTLP_ENDPOINT="$home"
ok 'nor below what is not' none env \
    TRACEPARENT=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00 \
    OTEL_EXPORTER_OTLP_ENDPOINT="$home"
ok 'nor a share of 0' none env OTEL_TRACES_SAMPLER=traceidratio \
    OTEL_TRACES_SAMPLER_ARG=0 OTEL_EXPORTER_OTLP_ENDPOINT="$home"
: >log
ok 'an odd sampler' send status 0 env OTEL_TRACES_SAMPLER=now ./all \
    --text 'row 1'
ok 'is told' says 'OTEL_TRACES_SAMPLER is now: there is no such'
ok 'half of the rows' send sh -c 'for i in 1 2 3 4 5 6 7 8; do
	for k in 1 2 3 4 5 6 7 8; do echo "{\"text\":\"row $i\"}"; done
    done | OTEL_TRACES_SAMPLER=traceidratio OTEL_TRACES_SAMPLER_ARG=0.5 \
    ./all --jsonl -j 4 >out'
ok 'are about half' sees <<'END'
assert 10 <= len(named("invoke_workflow All")) <= 54
END

# ---- collectors that fail ----

# lasts MOST COMMAND...: in ms.
lasts() {
	most=$(slow "$1")
	shift
	from=$(date +%s%N)
	"$@" || return
	took=$((($(date +%s%N) - from) / 1000000))
	echo "$took ms"
	[ "$took" -le "$most" ]
}
ok 'one that is not there' lasts 4000 status 0 env \
    OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:9 ./all --text 'row 1'
ok 'is told once, at the end' sh -c \
    '[ "$(grep -c "warning: the trace: 7 spans could not be sent" err)" -eq 1 ]'
ok 'one that does not answer' lasts 4000 status 0 env \
    OTEL_EXPORTER_OTLP_ENDPOINT="$home/late" ./all --text 'row 1'
ok 'is left' says '7 spans could not be sent'
ok 'one that refuses' status 0 env \
    OTEL_EXPORTER_OTLP_ENDPOINT="$home/refuse" ./all --text 'row 1'
ok 'is not asked again' says '7 spans could not be sent: it answers 400'
ok 'one that takes a part' status 0 env \
    OTEL_EXPORTER_OTLP_ENDPOINT="$home/partial" ./all --text 'row 1'
ok 'is told, too' says '3 spans could not be sent: .*too odd'
ok 'one that is busy' status 0 env \
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT="$home/again/v1/traces" \
    OTEL_BSP_SCHEDULE_DELAY=1 ./all --no-cache --text 'row 1'
ok 'a queue that is full' sh -c 'for i in 1 2 3 4 5 6 7 8; do
	echo "{\"text\":\"row $i\"}"
    done | OTEL_EXPORTER_OTLP_ENDPOINT='"$home"'/late OTEL_BSP_MAX_QUEUE_SIZE=9 \
    ./all --jsonl -j 4 >out 2>err'
ok 'loses spans and no rows' sh -c '[ "$(grep -c "\"n\"" out)" -eq 8 ] &&
    grep -q "warning: the trace: [0-9]* spans could not be sent" err'

sed 's/retry {/retry { hedge = 200ms;/' all.mp >hedged.mp
: >log
ok 'a request that is made once more' status 0 "$MIPROC" hedged.mp -O0 \
    -o hedged
ok 'is answered' send status 0 ./hedged --no-cache --text 'the late bee'
ok 'each has its attempt' sees <<'END'
chat = [s for s in named("chat fake-1") if s["a"]["miproc.attempts"] == 2]
tries = [s for s in named("POST") if s["up"] is chat[0]]
assert len(chat) == 1 and len(tries) == 2
first, second = tries
assert first["a"]["error.type"] == "cancelled", first["a"]
assert second["a"]["http.response.status_code"] == 200
assert int(second["startTimeUnixNano"]) < int(first["endTimeUnixNano"])
END

# ---- miproc itself ----

rows 30 >rows.jsonl
# ---- servers that are told ----

: >log
ok 'servers are told nothing' send status 0 ./all --text told
ok 'of a trace' sh -c '! grep -q traceparent log'
: >log
ok 'unless they shall be' send status 0 env MIPROC_TRACE_PROPAGATE=1 ./all \
    --no-cache --text told
ok 'then each request has its attempt' sees <<'END'
sent = {}
for line in open("log"):
    r = json.loads(line.lstrip("\0"))
    if r["path"].endswith("/v1/traces"):
        assert "traceparent" not in r, r
        continue
    v, trace, span, flags = r["traceparent"].split("-")
    assert (v, flags) == ("00", "01") and span not in sent, r
    sent[span] = r["path"]
    assert by[span]["name"] == "POST" and by[span]["traceId"] == trace
assert len(sent) == 3, sent
END
ok 'it is no part of the key' sh -c \
    ': >log; MIPROC_TRACE_PROPAGATE=1 ./all --text told --trace t5 &&
    ! grep -q completions log && grep -q traceparent log'
ok 'nor where there is no trace' sh -c \
    ': >log; MIPROC_TRACE_PROPAGATE=1 ./all --no-cache --text told && ! grep -q traceparent log'
: >log
ok 'in a trace of lines' status 0 env MIPROC_TRACE_PROPAGATE=1 ./all \
    --no-cache --text told --trace t4
ok 'it is the run' sh -c \
    'span=$(sed -n "s/.*\"run\":.*\"span\":\"\([0-9a-f]*\)\".*/\1/p" t4)
    [ "$(grep -c "traceparent\":\"00-[0-9a-f]*-$span-" log)" -eq 3 ]'

classifier 'mipro { auto = light; trials = 3; minibatch = 5; }' >s.mp
lmd_stop
{ echo '{"path":"/v1/traces","reply":"{}"}'; skill; cat script; } >script2
mv script2 script
rm -f log
lmd_start
home=${LMD_URL%/v1}
ok 'a study' send status 0 "$MIPROC" tune s.mp -q -j 2
ok 'is one trace' sees <<'END'
root, = named("invoke_workflow tune Sentiment")
assert root["up"] is None
assert len({s["traceId"] for s in spans}) == 1
runs = named("invoke_workflow Sentiment")
trials = [s for s in spans if "miproc.score" in s["a"]]
rest, = named("invoke_workflow the rest")
assert all(s["up"] is root for s in trials + [rest])
assert len(runs) > 20 and all(s["up"] in trials + [rest] for s in runs)
assert len([s for s in runs if s["up"] is trials[0]]) >= 5
assert any(s["up"] is rest for s in runs)
names = [s["name"] for s in trials]
assert "invoke_workflow as written" in names, names
assert "invoke_workflow trial 3" in names, names
assert all(0 <= s["a"]["miproc.score"] <= 1 for s in trials)
chat = [s for s in spans if s["name"].startswith("chat ")]
assert all(s["up"] is not None for s in chat)
assert {"classify", "write"} <= {s["a"]["miproc.leaf"] for s in chat}
END
: >log
ok 'an evaluation' send status 0 "$MIPROC" eval s.mp -q --trace t3
ok 'is one, too' sees <<'END'
root, = named("invoke_workflow eval Sentiment")
assert all(s["up"] is root for s in named("invoke_workflow Sentiment"))
END
ok 'in lines as well' grep -q '^{"run":"eval Sentiment"' t3

lmd_stop
done_testing
