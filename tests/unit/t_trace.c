/* Tests of the trace: what it reads from the environment, spans as OTLP has
 * them, places.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/json.h"
#include "miproc_gen.h"
#include "trace/trace_in.h"

static const char *const variables[] = {
	"OTEL_SDK_DISABLED", "OTEL_TRACES_EXPORTER", "OTEL_SERVICE_NAME",
	"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
	"OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
	"OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
	"OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT",
	"OTEL_RESOURCE_ATTRIBUTES", "OTEL_TRACES_SAMPLER",
	"OTEL_TRACES_SAMPLER_ARG", "OTEL_BSP_MAX_QUEUE_SIZE",
	"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "OTEL_BSP_SCHEDULE_DELAY",
	"TRACEPARENT",
};

static int
clear(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof variables / sizeof variables[0]; i++)
		unsetenv(variables[i]);
	return 0;
}

/* Sets names and values, in turn up to a NULL, and reads them. */
static void
reads(struct trace_env *e, struct redact *r, const char *name, ...)
{
	va_list ap;

	clear(NULL);
	va_start(ap, name);
	for (; name; name = va_arg(ap, const char *))
		setenv(name, va_arg(ap, const char *), 1);
	va_end(ap);
	assert_true(redact_init(r));
	assert_true(trace_env_read(e, r));
}

static void
forget(struct trace_env *e, struct redact *r)
{
	trace_env_release(e);
	redact_release(r);
}

#define BASE "OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318/"
#define END ((const char *)NULL)

static void
addresses(void **state)
{
	struct trace_env e;
	struct redact r;

	(void)state;
	reads(&e, &r, END);
	assert_null(e.url);
	forget(&e, &r);
	reads(&e, &r, BASE, END);
	assert_string_equal(e.url, "http://c:4318/v1/traces");
	assert_int_equal(e.timeout_ms, 10000);
	assert_string_equal(e.warning, "");
	forget(&e, &r);
	reads(&e, &r, BASE, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
	    "http://d/x", "OTEL_EXPORTER_OTLP_TIMEOUT", "250", END);
	assert_string_equal(e.url, "http://d/x");
	assert_int_equal(e.timeout_ms, 250);
	forget(&e, &r);
	reads(&e, &r, BASE, "OTEL_EXPORTER_OTLP_TIMEOUT", "soon", END);
	assert_non_null(strstr(e.warning, "OTEL_EXPORTER_OTLP_TIMEOUT is "
	    "soon"));
	forget(&e, &r);
	reads(&e, &r, BASE, "OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf",
	    END);
	assert_non_null(e.url);
	assert_non_null(strstr(e.warning, "sent as http/json"));
	forget(&e, &r);
	reads(&e, &r, BASE, "OTEL_EXPORTER_OTLP_PROTOCOL", "grpc",
	    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json", END);
	assert_non_null(e.url);
	forget(&e, &r);
	reads(&e, &r, BASE, "OTEL_TRACES_EXPORTER", "zipkin", END);
	assert_null(e.url);
	assert_non_null(strstr(e.warning, "zipkin"));
	forget(&e, &r);
}

static void
headers(void **state)
{
	struct trace_env e;
	struct redact r;
	char text[] = "tok-123 and 100% and x y";

	(void)state;
	reads(&e, &r, BASE, "OTEL_EXPORTER_OTLP_HEADERS",
	    "authorization=Bearer%20tok-123, k = 100%25 ,,bad,=x,"
	    "evil=a%0d%0ab:c", END);
	assert_string_equal(e.header[0], "Content-Type: application/json");
	assert_string_equal(e.header[1], "authorization: Bearer tok-123");
	assert_string_equal(e.header[2], "k: 100%");
	assert_null(e.header[3]);
	assert_non_null(strstr(e.warning, "control character"));
	redact_text(&r, text);
	assert_string_equal(text, "*** and *** and x y");
	forget(&e, &r);
}

static void
resources(void **state)
{
	struct trace_env e;
	struct redact r;
	struct json v;

	(void)state;
	reads(&e, &r, BASE, "OTEL_RESOURCE_ATTRIBUTES",
	    "service.name=a,x=%22q%22%", "OTEL_SERVICE_NAME", "b", END);
	assert_true(json_parse(e.resource.s, e.resource.len, &v, NULL, NULL));
	assert_non_null(strstr(e.resource.s, "{\"key\":\"x\",\"value\":"
	    "{\"stringValue\":\"\\\"q\\\"%\"}}"));
	assert_non_null(strstr(e.resource.s, "{\"key\":\"service.name\","
	    "\"value\":{\"stringValue\":\"b\"}}"));
	assert_null(strstr(e.resource.s, "\"a\""));
	forget(&e, &r);
}

#define PARENT "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7"

static void
parents(void **state)
{
	static const char *const bad[] = {
		"", "00", "00-" PARENT, "00-" PARENT "-1", "ff-" PARENT "-01",
		"00-" PARENT "-01-x", "0g-" PARENT "-01", "01-" PARENT "-01x",
		"00-00000000000000000000000000000000-00f067aa0ba902b7-01",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
		"00-4bf92f3577b34da6a3ce929d0e0e473x-00f067aa0ba902b7-01",
	};
	struct trace_env e;
	struct redact r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		reads(&e, &r, BASE, "TRACEPARENT", bad[i], END);
		assert_false(e.has_parent);
		forget(&e, &r);
	}
	reads(&e, &r, BASE, "TRACEPARENT", "00-" PARENT "-01", END);
	assert_true(e.has_parent && e.parent.sampled);
	assert_int_equal(e.parent.trace[0], 0x4b);
	assert_int_equal(e.parent.span[7], 0xb7);
	forget(&e, &r);
	reads(&e, &r, BASE, "TRACEPARENT", "01-" PARENT "-02-more", END);
	assert_true(e.has_parent && !e.parent.sampled);
	forget(&e, &r);
}

static void
samplers(void **state)
{
	static const struct {
		const char *name, *arg;
		bool by_parent;
		enum trace_sampler s;
	} all[] = {
		{ "always_on", "", false, TRACE_ALWAYS },
		{ "always_off", "", false, TRACE_NEVER },
		{ "traceidratio", "0.25", false, TRACE_RATIO },
		{ "parentbased_always_on", "", true, TRACE_ALWAYS },
		{ "parentbased_always_off", "", true, TRACE_NEVER },
		{ "parentbased_traceidratio", "0.25", true, TRACE_RATIO },
	};
	struct trace_env e;
	struct redact r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof all / sizeof all[0]; i++) {
		reads(&e, &r, BASE, "OTEL_TRACES_SAMPLER", all[i].name,
		    "OTEL_TRACES_SAMPLER_ARG", all[i].arg, END);
		assert_int_equal(e.sampler, all[i].s);
		assert_int_equal(e.by_parent, all[i].by_parent);
		assert_true(e.ratio == (all[i].s == TRACE_RATIO ? 0.25 : 1));
		assert_string_equal(e.warning, "");
		forget(&e, &r);
	}
	reads(&e, &r, BASE, "OTEL_TRACES_SAMPLER", "traceidratio",
	    "OTEL_TRACES_SAMPLER_ARG", "2", END);
	assert_true(e.ratio == 1 && e.warning[0]);
	forget(&e, &r);
}

/* ---- spans ---- */

static const struct trace_at place = {
	.trace = { 0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd, 0x84, 0x48,
		0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c },
	.span = { 1, 2, 3, 4, 5, 6, 7, 8 },
	.parent = { 0xff, 0, 0, 0, 0, 0, 0, 1 },
};

static void
runs(void **state)
{
	struct trace_run r = { .at = place, .start_ns = 1500000000000000001,
		.end_ns = 1500000000000000002, .name = "a\"b" };
	struct buf b = BUF_INIT;

	(void)state;
	trace_otlp_run(&b, &r);
	assert_string_equal(buf_str(&b),
	    "{\"traceId\":\"0af7651916cd43dd8448eb211c80319c\","
	    "\"spanId\":\"0102030405060708\","
	    "\"parentSpanId\":\"ff00000000000001\","
	    "\"name\":\"invoke_workflow a\\\"b\",\"kind\":1,"
	    "\"startTimeUnixNano\":\"1500000000000000001\","
	    "\"endTimeUnixNano\":\"1500000000000000002\",\"attributes\":["
	    "{\"key\":\"gen_ai.operation.name\",\"value\":"
	    "{\"stringValue\":\"invoke_workflow\"}},"
	    "{\"key\":\"gen_ai.workflow.name\",\"value\":"
	    "{\"stringValue\":\"a\\\"b\"}}],\"status\":{}}");
	buf_reset(&b);
	memset(r.at.parent, 0, sizeof r.at.parent);
	r.status = MIP_BUDGET;
	r.message = "it is spent";
	r.end_ns = 0;                   /* a clock that was set back */
	trace_otlp_run(&b, &r);
	assert_null(strstr(b.s, "parentSpanId"));
	assert_non_null(strstr(b.s, "\"endTimeUnixNano\":"
	    "\"1500000000000000001\""));
	assert_non_null(strstr(b.s, "{\"key\":\"error.type\",\"value\":"
	    "{\"stringValue\":\"budget\"}}],\"status\":{\"code\":2,"
	    "\"message\":\"it is spent\"}}"));
	buf_release(&b);
}

static bool
has(const struct buf *b, const char *key, const char *value)
{
	struct buf want = BUF_INIT;
	bool found;

	buf_printf(&want, "{\"key\":\"%s\",\"value\":{%s}}", key, value);
	found = strstr(buf_str(b), buf_str(&want)) != NULL;
	buf_release(&want);
	return found;
}

static const char *const stop[] = { "a", "b", NULL };
static const struct trace_attempt tried[] = {
	{ .span = { 9 }, .start_ns = 5, .end_ns = 6, .error = "timeout" },
	{ .span = { 8 }, .start_ns = 7, .end_ns = 8, .status = 200 },
};

static struct trace_call
sample(void)
{
	return (struct trace_call){
		.at = place, .start_ns = 4, .end_ns = 9, .leaf = "m.answer",
		.model = "small", .id = "g", .provider = "azure",
		.url = "https://u:p@[::1]:8443/v1?x", .source = "server",
		.finish = "length", .in = 1 << 30, .out = 2, .attempts = 2,
		.attempt = tried, .nattempt = 2, .temperature = 0,
		.top_p = MIP_UNSET, .seed = -1, .stop = stop, .text = "t",
		.reasoning = "r", .request = "{}",
		.messages = "[{\"role\":\"system\",\"content\":\"s\"},"
		    "{\"role\":\"user\",\"content\":[{\"type\":\"text\","
		    "\"text\":\"q\"},{\"type\":\"image_url\","
		    "\"image_url\":{\"url\":\"data:\"}}]}]",
	};
}

static void
calls(void **state)
{
	struct trace_call c = sample();
	struct buf b = BUF_INIT, body = BUF_INIT, none = BUF_INIT;
	struct json v;

	(void)state;
	trace_otlp_call(&b, &c, false);
	assert_true(has(&b, "gen_ai.provider.name",
	    "\"stringValue\":\"azure.ai.openai\""));
	assert_true(has(&b, "gen_ai.usage.input_tokens",
	    "\"intValue\":\"1073741824\""));
	assert_true(has(&b, "gen_ai.request.temperature",
	    "\"doubleValue\":0.0"));
	assert_true(has(&b, "gen_ai.request.stop_sequences",
	    "\"arrayValue\":{\"values\":[{\"stringValue\":\"a\"},"
	    "{\"stringValue\":\"b\"}]}"));
	assert_true(has(&b, "gen_ai.response.finish_reasons",
	    "\"arrayValue\":{\"values\":[{\"stringValue\":\"length\"}]}"));
	assert_true(has(&b, "server.address", "\"stringValue\":\"[::1]\""));
	assert_true(has(&b, "server.port", "\"intValue\":\"8443\""));
	assert_true(has(&b, "error.type", "\"stringValue\":\"timeout\""));
	assert_true(has(&b, "http.request.resend_count",
	    "\"intValue\":\"1\""));
	assert_null(strstr(b.s, "top_p"));
	assert_null(strstr(b.s, "request.seed"));
	assert_null(strstr(b.s, "messages"));
	buf_puts(&none, "[]");
	trace_otlp_body(&body, &none, buf_str(&b), b.len);
	assert_true(json_parse(body.s, body.len, &v, NULL, NULL));
	buf_release(&none);
	buf_release(&b);
	buf_release(&body);
}

static void
contents(void **state)
{
	struct trace_call c = sample();
	struct buf b = BUF_INIT;
	struct json v;

	(void)state;
	trace_otlp_call(&b, &c, true);
	assert_true(has(&b, "gen_ai.system_instructions", "\"stringValue\":"
	    "\"[{\\\"type\\\":\\\"text\\\",\\\"content\\\":\\\"s\\\"}]\""));
	assert_non_null(strstr(b.s, "{\\\"type\\\":\\\"image_url\\\"}"));
	assert_null(strstr(b.s, "data:"));
	assert_non_null(strstr(b.s, "{\\\"type\\\":\\\"reasoning\\\","
	    "\\\"content\\\":\\\"r\\\"}"));
	buf_reset(&b);
	c.messages = "not JSON";
	c.nattempt = 0;
	trace_otlp_call(&b, &c, true);
	assert_true(json_parse(b.s, b.len, &v, NULL, NULL));
	buf_release(&b);
}

/* ---- places ---- */

static void
places(void **state)
{
	struct trace_at root, below, other;
	struct redact r;
	struct trace *t;
	char why[320];

	(void)state;
	clear(NULL);
	setenv("TRACEPARENT", "00-" PARENT "-01", 1);
	assert_true(redact_init(&r));
	assert_int_equal(trace_new(NULL, false, &r, &t, why), MIP_OK);
	assert_null(t);                 /* nobody wants one */
	assert_int_equal(trace_new("/no/such/t", false, &r, &t, why), MIP_IO);
	assert_non_null(strstr(why, "/no/such/t"));
	assert_int_equal(trace_new("/dev/null", false, &r, &t, why), MIP_OK);
	assert_false(trace_exports(t));
	trace_root(t, &root);
	assert_int_equal(root.trace[0], 0x4b);
	assert_int_equal(root.parent[7], 0xb7);
	trace_below(t, &root, &below);
	assert_memory_equal(below.trace, root.trace, 16);
	assert_memory_equal(below.parent, root.span, 8);
	assert_memory_not_equal(below.span, root.span, 8);
	memset(&other, 0, sizeof other);
	trace_below(t, &other, &below); /* of no run */
	assert_int_equal(below.trace[0], 0x4b);
	trace_free(t, why);
	assert_string_equal(why, "");
	redact_release(&r);
}

/* ---- secrets ---- */

static void
secrets(void **state)
{
	struct redact r;
	struct buf b = BUF_INIT, c = BUF_INIT;
	unsigned i;

	(void)state;
	assert_true(redact_init(&r));
	assert_true(redact_add(&r, "a\"b\\c-key"));
	buf_puts(&b, "a\"b\\c-key");
	for (i = 0; i < 4; i++) {       /* in strings of JSON in each other */
		buf_reset(&c);
		buf_json(&c, buf_str(&b), b.len);
		redact_buf(&r, &b);
		assert_non_null(strstr(buf_str(&b), "***"));
		assert_null(strstr(buf_str(&b), "-key"));
		buf_reset(&b);
		buf_put(&b, buf_str(&c), c.len);
	}
	buf_release(&b);
	buf_release(&c);
	redact_release(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(headers),
		cmocka_unit_test(resources),
		cmocka_unit_test(parents),
		cmocka_unit_test(samplers),
		cmocka_unit_test(runs),
		cmocka_unit_test(calls),
		cmocka_unit_test(contents),
		cmocka_unit_test(places),
		cmocka_unit_test(secrets),
	};

	return cmocka_run_group_tests(tests, NULL, clear);
}
