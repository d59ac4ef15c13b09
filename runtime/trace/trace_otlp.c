/* Spans in the JSON of OTLP: numbers of spans in hex, 64-bit integers as
 * strings, enums as numbers.  Names of spans and attributes are those of the
 * OpenTelemetry semantic conventions TRACE_SEMCONV, "Generative AI"; ours begin
 * with "miproc.".
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/json_put.h"
#include "trace/trace_in.h"

enum otlp_kind { OTLP_INTERNAL = 1, OTLP_CLIENT = 3 };

/* ---- attributes ---- */

static void
otlp_key(struct buf *b, const char *name)
{
	json_put_raw(b, NULL, "{");
	json_put_string(b, "key", name);
	json_put_raw(b, "value", "{");
}

static void
otlp_string(struct buf *b, const char *name, const char *s, size_t n)
{
	otlp_key(b, name);
	buf_puts(b, "\"stringValue\":");
	buf_json(b, s, n);
	buf_puts(b, "}}");
}

void
trace_otlp_text(struct buf *b, const char *name, const char *value)
{
	if (value)
		otlp_string(b, name, value, strlen(value));
}

static void
otlp_int(struct buf *b, const char *name, int64_t v)
{
	otlp_key(b, name);
	buf_puts(b, "\"intValue\":\"");
	buf_int(b, v);
	buf_puts(b, "\"}}");
}

static void
otlp_double(struct buf *b, const char *name, double v)
{
	otlp_key(b, name);
	buf_puts(b, "\"doubleValue\":");
	buf_double(b, v);
	buf_puts(b, "}}");
}

static void
otlp_true(struct buf *b, const char *name, bool v)
{
	if (!v)
		return;
	otlp_key(b, name);
	buf_puts(b, "\"boolValue\":true}}");
}

/* A list of `n` texts, or of those up to a NULL. */
static void
otlp_texts(struct buf *b, const char *name, const char *const *v, size_t n)
{
	size_t i;

	otlp_key(b, name);
	buf_puts(b, "\"arrayValue\":{\"values\":[");
	for (i = 0; i < n && v[i]; i++) {
		json_put_raw(b, NULL, "{");
		json_put_string(b, "stringValue", v[i]);
		buf_putc(b, '}');
	}
	buf_puts(b, "]}}}");
}

/* ---- spans ---- */

static void
otlp_id(struct buf *b, const char *name, const unsigned char *id, size_t n)
{
	json_put_raw(b, name, "\"");
	buf_hex(b, id, n);
	buf_putc(b, '"');
}

static void
otlp_begin(struct buf *b, const struct trace_at *at, enum otlp_kind kind,
    const char *what, const char *of, int64_t start_ns, int64_t end_ns)
{
	static const struct trace_at nowhere;
	struct buf name = BUF_INIT;

	json_put_raw(b, NULL, "{");
	otlp_id(b, "traceId", at->trace, sizeof at->trace);
	otlp_id(b, "spanId", at->span, sizeof at->span);
	if (memcmp(at->parent, nowhere.parent, sizeof at->parent) != 0)
		otlp_id(b, "parentSpanId", at->parent, sizeof at->parent);
	buf_printf(&name, "%s%s%s", what, of ? " " : "", of ? of : "");
	json_put_string(b, "name", buf_str(&name));
	buf_made_of(b, &name);
	buf_printf(b, ",\"kind\":%d,\"startTimeUnixNano\":\"%lld\","
	    "\"endTimeUnixNano\":\"%lld\",\"attributes\":[", (int)kind,
	    (long long)start_ns, (long long)(end_ns > start_ns ? end_ns :
	    start_ns));
}

/* `error` is a word of which there are few; NULL: all went well. */
static void
otlp_end(struct buf *b, const char *error, const char *message)
{
	if (error)
		trace_otlp_text(b, "error.type", error);
	buf_puts(b, "],\"status\":{");
	if (error) {
		buf_puts(b, "\"code\":2");      /* STATUS_CODE_ERROR */
		if (message && *message) {
			buf_puts(b, ",\"message\":");
			buf_json(b, message, strlen(message));
		}
	}
	buf_puts(b, "}}");
}

static const char *
otlp_error(enum mip_status s)
{
	return s == MIP_OK ? NULL : mip_status_word(s);
}

/* "https://host:port/..." as server.address and server.port. */
static void
otlp_server(struct buf *b, const char *url)
{
	const char *at = url ? strstr(url, "://") : NULL, *host, *end, *port;
	size_t n;

	if (!at)
		return;
	host = at + 3;
	n = strcspn(host, "/?#");
	end = memchr(host, '@', n);
	if (end) {
		n -= (size_t)(end + 1 - host);
		host = end + 1;
	}
	port = host[0] == '[' ? memchr(host, ']', n) : host;
	port = port ? memchr(port, ':', n - (size_t)(port - host)) : NULL;
	otlp_string(b, "server.address", host, port ? (size_t)(port - host) :
	    n);
	otlp_int(b, "server.port", port ? strtol(port + 1, NULL, 10) :
	    strncmp(url, "https:", 6) == 0 ? 443 : 80);
}

/* ---- messages, as "gen_ai.input.messages" and its like have them ---- */

/* Parts of one content: a text, or a list of typed parts. */
static void
otlp_parts(struct buf *b, struct json content)
{
	struct json_walk w;
	struct json v, type, text;

	if (json_kind(content) == JSON_STRING) {
		buf_printf(b, "{\"type\":\"text\",\"content\":%.*s}",
		    (int)content.n, content.s);
		return;
	}
	w = json_walk(content);
	while (json_kind(content) == JSON_ARRAY && json_next(&w, NULL, &v)) {
		json_put_item(b);
		type = json_get(v, "type");
		text = json_get(v, "text");
		if (json_kind(text) == JSON_STRING)
			buf_printf(b, "{\"type\":\"text\",\"content\":%.*s}",
			    (int)text.n, text.s);
		else if (json_kind(type) == JSON_STRING)
			buf_printf(b, "{\"type\":%.*s}", (int)type.n, type.s);
		else
			buf_puts(b, "{\"type\":\"unknown\"}");
	}
}

/* Those of the system, or the others. */
static void
otlp_messages(struct buf *b, struct json all, bool system)
{
	struct json_walk w = json_walk(all);
	struct json v, role;

	buf_putc(b, '[');
	while (json_next(&w, NULL, &v)) {
		role = json_get(v, "role");
		if (json_string_is(role, "system") != system)
			continue;
		json_put_item(b);
		if (!system)
			buf_printf(b, "{\"role\":%.*s,\"parts\":[",
			    (int)role.n, role.s);
		otlp_parts(b, json_get(v, "content"));
		if (!system)
			buf_puts(b, "]}");
	}
	buf_putc(b, ']');
}

static void
otlp_output(struct buf *b, const struct trace_call *c)
{
	buf_puts(b, "[{\"role\":\"assistant\",\"parts\":[");
	if (c->reasoning) {
		buf_puts(b, "{\"type\":\"reasoning\"");
		json_put_string(b, "content", c->reasoning);
		buf_puts(b, "},");
	}
	buf_puts(b, "{\"type\":\"text\"");
	json_put_string(b, "content", c->text);
	buf_puts(b, "}]");
	if (c->finish)
		json_put_string(b, "finish_reason", c->finish);
	buf_puts(b, "}]");
}

static void
otlp_content(struct buf *b, const struct trace_call *c)
{
	struct buf text = BUF_INIT;
	struct json all;

	if (c->messages && json_parse(c->messages, strlen(c->messages), &all,
	    NULL, NULL) && json_kind(all) == JSON_ARRAY) {
		otlp_messages(&text, all, true);
		if (text.len > 2)
			otlp_string(b, "gen_ai.system_instructions",
			    buf_str(&text), text.len);
		buf_reset(&text);
		otlp_messages(&text, all, false);
		otlp_string(b, "gen_ai.input.messages", buf_str(&text),
		    text.len);
	}
	if (c->text) {
		buf_reset(&text);
		otlp_output(&text, c);
		otlp_string(b, "gen_ai.output.messages", buf_str(&text),
		    text.len);
	}
	buf_release(&text);
}

/* ---- calls ---- */

static const char *
otlp_provider(const char *name)
{
	static const char *const map[][2] = {
		{ "azure", "azure.ai.openai" }, { "gemini", "gcp.gemini" },
	};
	size_t i;

	for (i = 0; name && i < sizeof map / sizeof map[0]; i++)
		if (strcmp(name, map[i][0]) == 0)
			return map[i][1];
	return name;
}

static void
otlp_request(struct buf *b, const struct trace_call *c)
{
	size_t n = 0;

	trace_otlp_text(b, "gen_ai.request.model", c->id);
	if (c->kind)
		return;
	trace_otlp_text(b, "gen_ai.output.type", c->json ? "json" : "text");
	if (c->temperature >= 0)
		otlp_double(b, "gen_ai.request.temperature", c->temperature);
	if (c->top_p >= 0)
		otlp_double(b, "gen_ai.request.top_p", c->top_p);
	if (c->max_tokens > 0)
		otlp_int(b, "gen_ai.request.max_tokens", c->max_tokens);
	if (c->seed >= 0)
		otlp_int(b, "gen_ai.request.seed", c->seed);
	while (c->stop && c->stop[n])
		n++;
	if (n > 0)
		otlp_texts(b, "gen_ai.request.stop_sequences", c->stop, n);
	otlp_true(b, "gen_ai.request.stream", c->stream);
}

static void
otlp_response(struct buf *b, const struct trace_call *c)
{
	if (c->finish)
		otlp_texts(b, "gen_ai.response.finish_reasons", &c->finish, 1);
	if (c->status != MIP_OK)
		return;
	trace_otlp_text(b, "gen_ai.response.id", c->response_id);
	trace_otlp_text(b, "gen_ai.response.model", c->response_model);
	otlp_int(b, "gen_ai.usage.input_tokens", c->in);
	if (c->cached > 0)
		otlp_int(b, "gen_ai.usage.cache_read.input_tokens",
		    c->cached);
	if (!c->kind)
		otlp_int(b, "gen_ai.usage.output_tokens", c->out);
	if (c->first_s > 0)
		otlp_double(b, "gen_ai.response.time_to_first_chunk",
		    c->first_s);
}

static void
otlp_ours(struct buf *b, const struct trace_call *c)
{
	trace_otlp_text(b, "miproc.leaf", c->leaf);
	trace_otlp_text(b, "miproc.model", c->model);
	trace_otlp_text(b, "miproc.source", c->source);
	trace_otlp_text(b, "miproc.structure", c->rung);
	if (c->sample && *c->sample)
		trace_otlp_text(b, "miproc.sample", c->sample);
	trace_otlp_text(b, "miproc.key", c->key);
	if (!c->server)
		otlp_double(b, "miproc.cost.usd", strcmp(c->source,
		    "server") == 0 ? c->cost : 0);
	otlp_int(b, "miproc.attempts", c->attempts);
	otlp_true(b, "miproc.refused", c->refused);
	otlp_true(b, "miproc.reasks", c->reasks);
}

/* An attempt is a request of HTTP. */
static void
otlp_attempt(struct buf *b, const struct trace_call *c, unsigned i)
{
	const struct trace_attempt *a = &c->attempt[i];
	struct trace_at at = c->at;
	char status[16];
	const char *method = c->server && !c->request ? "GET" : "POST";

	memcpy(at.parent, c->at.span, sizeof at.parent);
	memcpy(at.span, a->span, sizeof at.span);
	otlp_begin(b, &at, OTLP_CLIENT, method, NULL, a->start_ns, a->end_ns);
	trace_otlp_text(b, "http.request.method", method);
	otlp_server(b, c->url);
	if (a->status > 0)
		otlp_int(b, "http.response.status_code", a->status);
	if (i > 0)
		otlp_int(b, "http.request.resend_count", i);
	snprintf(status, sizeof status, "%d", a->status);
	otlp_end(b, a->error ? a->error : a->status >= 400 ? status : NULL,
	    NULL);
}

/* "tool lookup" is a tool called lookup, "retriever docs" finds things. */
static void
otlp_fetch(struct buf *b, const struct trace_call *c)
{
	bool tool = strncmp(c->server, "tool ", 5) == 0;
	const char *name = strchr(c->server, ' ');

	name = name ? name + 1 : c->server;
	otlp_begin(b, &c->at, OTLP_CLIENT, tool ? "execute_tool" :
	    "retrieval", name, c->start_ns, c->end_ns);
	trace_otlp_text(b, "gen_ai.operation.name", tool ? "execute_tool" :
	    "retrieval");
	trace_otlp_text(b, tool ? "gen_ai.tool.name" :
	    "gen_ai.data_source.id", name);
	if (tool)
		trace_otlp_text(b, "gen_ai.tool.type", "function");
}

void
trace_otlp_call(struct buf *b, const struct trace_call *c, bool content)
{
	const char *operation = c->kind ? "embeddings" : "chat";
	unsigned i;

	if (c->server) {
		otlp_fetch(b, c);
	} else {
		otlp_begin(b, &c->at, OTLP_CLIENT, operation, c->id,
		    c->start_ns, c->end_ns);
		trace_otlp_text(b, "gen_ai.operation.name", operation);
		trace_otlp_text(b, "gen_ai.provider.name",
		    otlp_provider(c->provider));
		otlp_request(b, c);
		otlp_response(b, c);
		if (content && !c->kind)
			otlp_content(b, c);
	}
	otlp_server(b, c->url);
	otlp_ours(b, c);
	otlp_end(b, otlp_error(c->status), c->message);
	for (i = 0; i < c->nattempt; i++)
		otlp_attempt(b, c, i);
}

void
trace_otlp_tool(struct buf *b, const struct trace_tool *t, bool content)
{
	const char *operation = t->tool ? "execute_tool" : "retrieval";
	const char *name = t->tool ? t->tool : t->retriever;

	otlp_begin(b, &t->at, OTLP_INTERNAL, operation, name, t->start_ns,
	    t->end_ns);
	trace_otlp_text(b, "gen_ai.operation.name", operation);
	if (t->tool) {
		trace_otlp_text(b, "gen_ai.tool.name", name);
		trace_otlp_text(b, "gen_ai.tool.type", "function");
	} else {
		trace_otlp_text(b, "gen_ai.data_source.id", name);
		otlp_double(b, "gen_ai.request.top_k", (double)t->k);
	}
	if (content && t->tool) {
		trace_otlp_text(b, "gen_ai.tool.call.arguments", t->in);
		trace_otlp_text(b, "gen_ai.tool.call.result", t->out);
	} else if (content) {
		trace_otlp_text(b, "gen_ai.retrieval.query.text", t->in);
	}
	otlp_end(b, otlp_error(t->status), t->message);
}

void
trace_otlp_run(struct buf *b, const struct trace_run *r)
{
	otlp_begin(b, &r->at, OTLP_INTERNAL, "invoke_workflow", r->name,
	    r->start_ns, r->end_ns);
	trace_otlp_text(b, "gen_ai.operation.name", "invoke_workflow");
	trace_otlp_text(b, "gen_ai.workflow.name", r->name);
	if (r->scored)
		otlp_double(b, "miproc.score", r->score);
	otlp_end(b, otlp_error(r->status), r->message);
}

void
trace_otlp_body(struct buf *b, const struct buf *resource,
    const char *spans, size_t n)
{
	buf_puts(b, "{\"resourceSpans\":[{\"resource\":{\"attributes\":");
	buf_put(b, buf_str(resource), resource->len);
	buf_puts(b, "},\"scopeSpans\":[{\"scope\":{\"name\":\"miproc\","
	    "\"version\":\"" MIP_VERSION "\"},\"spans\":[");
	buf_put(b, spans, n);
	buf_puts(b, "],\"schemaUrl\":\"https://opentelemetry.io/schemas/"
	    TRACE_SEMCONV "\"}]}]}");
}
