/* Anthropic's Messages, as the fake model server judges them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "lmd_api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct lmd_field top_fields[] = {
	{ "cache_control", LMD_OBJECT, 0, 0, false },
	{ "container", LMD_STRING, 0, 0, false },
	{ "inference_geo", LMD_STRING, 0, 0, false },
	{ "max_tokens", LMD_INT, 1, 1e6, true },
	{ "messages", LMD_ARRAY, 1, 1e5, true },
	{ "metadata", LMD_OBJECT, 0, 0, false },
	{ "model", LMD_STRING, 0, 0, true },
	{ "output_config", LMD_OBJECT, 0, 0, false },
	{ "service_tier", LMD_STRING, 0, 0, false },
	{ "stop_sequences", LMD_STRINGS, 0, 0, false },
	{ "stream", LMD_BOOL, 0, 0, false },
	{ "system", LMD_TEXT, 0, 0, false },
	{ "temperature", LMD_NUMBER, 0, 1, false },
	{ "thinking", LMD_OBJECT, 0, 0, false },
	{ "tool_choice", LMD_OBJECT, 0, 0, false },
	{ "tools", LMD_ARRAY, 0, 0, false },
	{ "top_k", LMD_INT, 0, 0, false },
	{ "top_p", LMD_NUMBER, 0, 1, false },
	{ NULL, LMD_ANY, 0, 0, false }
};

#define bad(f, ...) lmd_fault(f, 400, NULL, NULL, __VA_ARGS__)

static bool
members(const cJSON *o, const struct lmd_field *field, const char *where,
    struct lmd_fault *f)
{
	const char *name = "", *dot = *where ? "." : "";

	switch (lmd_fields(o, field, &name)) {
	case LMD_FINE:
		return true;
	case LMD_UNKNOWN:
		return bad(f, "%s%s%s: Extra inputs are not permitted", where,
		    dot, name);
	case LMD_TYPE:
		return bad(f, "%s%s%s: Input should be %s", where, dot, name,
		    lmd_kind_word(field, name));
	case LMD_RANGE:
		return bad(f, "%s%s%s: the value is out of its range", where,
		    dot, name);
	case LMD_MISSING:
		break;
	}
	return bad(f, "%s%s%s: Field required", where, dot, name);
}

/* ---- models ---- */

struct traits {
	bool effort, adaptive, budgets, sampling, formats;
	const char *efforts, *types; /* words; of thinking.type */
	bool thinks; /* unless it is told not to */
	bool tools; /* it can be made to call one */
};

/* By the models' own pages: what came with which generation. */
static struct traits
traits(const char *id)
{
	bool fifth = strstr(id, "-5-5") || strstr(id, "fable-5") ||
	    strstr(id, "mythos-5");
	bool five = fifth || (strstr(id, "-5") && !strstr(id, "-4-5") &&
	    !strstr(id, "-3-5"));
	bool late = five || strstr(id, "opus-4-7") || strstr(id, "opus-4-8");
	bool six = late || strstr(id, "-4-6");
	bool four_five = strstr(id, "-4-5") != NULL;

	return (struct traits){
		.effort = six || strstr(id, "opus-4-5"), .adaptive = six,
		.budgets = !late && (strstr(id, "-4") || strstr(id, "3-7")),
		.sampling = !late,
		.formats = six || four_five || strstr(id, "opus-4-1"),
		.efforts = late ? " low medium high xhigh max " : six ?
		    " low medium high max " : " low medium high ",
		.types = strstr(id, "sonnet-5-5") ?
		    " adaptive between_tools " : fifth && !strstr(id, "haiku") ?
		    " adaptive " : " enabled adaptive disabled ",
		.thinks = five, .tools = !fifth,
	};
}

/* ---- messages ---- */

static bool
mark(const cJSON *block, unsigned *marks, struct lmd_fault *f)
{
	const cJSON *c = lmd_get(block, "cache_control");

	if (!c)
		return true;
	if (strcmp(lmd_word(c, "type"), "ephemeral") != 0)
		return bad(f, "cache_control.type: Input should be "
		    "'ephemeral'");
	return ++*marks <= 4 || bad(f, "A maximum of 4 blocks with "
	    "cache_control may be provided. Found 5.");
}

static bool
source(const cJSON *s, bool image, const char *at, struct lmd_fault *f)
{
	const char *type = lmd_word(s, "type"), *mime;

	mime = lmd_word(s, "media_type");
	if (strcmp(type, "url") == 0)
		return lmd_begins(lmd_word(s, "url"), "https://") ||
		    bad(f, "%s.source.url: only HTTPS URLs are supported", at);
	if (strcmp(type, "text") == 0 && !image)
		return strcmp(mime, "text/plain") == 0 || bad(f,
		    "%s.source.media_type: Input should be 'text/plain'", at);
	if (strcmp(type, "base64") != 0)
		return bad(f, "%s.source: Input tag '%s' does not match any "
		    "of the expected tags", at, type);
	return lmd_among(mime, image ? " image/jpeg image/png image/gif "
	    "image/webp " : " application/pdf ") ||
	    bad(f, "%s.source.base64.media_type: not '%s'", at, mime);
}

static bool
block(const cJSON *b, const char *at, unsigned *marks, struct lmd_fault *f)
{
	static const struct lmd_field text[] = {
		{ "type", LMD_STRING, 0, 0, true },
		{ "text", LMD_STRING, 0, 0, true },
		{ "cache_control", LMD_OBJECT, 0, 0, false },
		{ "citations", LMD_ARRAY, 0, 0, false },
		{ NULL, LMD_ANY, 0, 0, false }
	}, medium[] = {
		{ "type", LMD_STRING, 0, 0, true },
		{ "source", LMD_OBJECT, 0, 0, true },
		{ "cache_control", LMD_OBJECT, 0, 0, false },
		{ "title", LMD_STRING, 0, 0, false },
		{ "context", LMD_STRING, 0, 0, false },
		{ NULL, LMD_ANY, 0, 0, false }
	};
	const char *type = lmd_word(b, "type");

	if (!mark(b, marks, f))
		return false;
	if (strcmp(type, "text") == 0) {
		if (!members(b, text, at, f))
			return false;
		return *lmd_word(b, "text") || bad(f, "%s: text content "
		    "blocks must be non-empty", at);
	}
	if (!lmd_among(type, " image document "))
		return bad(f, "%s: Input tag '%s' does not match any of the "
		    "expected tags", at, type);
	return members(b, medium, at, f) && source(lmd_get(b, "source"),
	    strcmp(type, "image") == 0, at, f);
}

static bool
blocks(const cJSON *content, const char *where, unsigned *marks,
    struct lmd_fault *f)
{
	const cJSON *b;
	char at[96];
	unsigned i = 0;

	if (cJSON_IsString(content))
		return *content->valuestring || bad(f, "%s: must have "
		    "non-empty content", where);
	cJSON_ArrayForEach(b, content) {
		snprintf(at, sizeof at, "%s.%u", where, i++);
		if (!block(b, at, marks, f))
			return false;
	}
	return i > 0 || bad(f, "%s: must have non-empty content", where);
}

static bool
messages(const struct lmd_request *r, struct lmd_fault *f)
{
	static const struct lmd_field field[] = {
		{ "role", LMD_STRING, 0, 0, true },
		{ "content", LMD_TEXT, 0, 0, true },
		{ NULL, LMD_ANY, 0, 0, false }
	};
	const cJSON *m, *system = lmd_get(r->json, "system");
	const char *role = "";
	unsigned i = 0, marks = 0;
	char at[64];

	if (system && !blocks(system, "system", &marks, f))
		return false;
	cJSON_ArrayForEach(m, lmd_get(r->json, "messages")) {
		snprintf(at, sizeof at, "messages.%u", i);
		role = lmd_word(m, "role");
		if (!members(m, field, at, f))
			return false;
		if (!lmd_among(role, " user assistant "))
			return bad(f, "messages: Unexpected role \"%s\". The "
			    "Messages API accepts a top-level `system` "
			    "parameter, not \"system\" as an input message "
			    "role.", role);
		if (i++ == 0 && strcmp(role, "user") != 0)
			return bad(f, "messages: first message must use the "
			    "\"user\" role");
		snprintf(at, sizeof at, "messages.%u.content", i - 1);
		if (!blocks(lmd_get(m, "content"), at, &marks, f))
			return false;
	}
	return strcmp(role, "user") == 0 || bad(f, "This model does not "
	    "support assistant message prefill. The conversation must end "
	    "with a user message.");
}

/* ---- sampling and thinking ---- */

static bool
sampling(const cJSON *o, struct traits is, bool thinks, struct lmd_fault *f)
{
	static const char *const name[] = { "temperature", "top_p", "top_k" };
	const cJSON *s;
	unsigned i;

	for (i = 0; i < 3; i++)
		if (!is.sampling && lmd_get(o, name[i]))
			return bad(f, "`%s` is deprecated for this model.",
			    name[i]);
	if (lmd_get(o, "temperature") && lmd_get(o, "top_p"))
		return bad(f, "`temperature` and `top_p` cannot both be "
		    "specified for this model. Please use only one.");
	if (thinks && lmd_number(o, "temperature", 1) < 1)
		return bad(f, "`temperature` may only be set to 1 when "
		    "thinking is enabled or in adaptive mode.");
	if (thinks && lmd_number(o, "top_p", 1) < 0.95)
		return bad(f, "`top_p` must be greater than or equal to 0.95 "
		    "or unset when thinking is enabled or in adaptive mode.");
	cJSON_ArrayForEach(s, lmd_get(o, "stop_sequences"))
		if (lmd_blank(s->valuestring))
			return bad(f, "stop_sequences: each stop sequence "
			    "must contain non-whitespace");
	return true;
}

static bool
thinking(const cJSON *o, struct traits is, bool *thinks,
    struct lmd_fault *f)
{
	static const struct lmd_field enabled[] = {
		{ "type", LMD_STRING, 0, 0, true },
		{ "budget_tokens", LMD_INT, 1024, 1e6, true },
		{ "display", LMD_STRING, 0, 0, false },
		{ NULL, LMD_ANY, 0, 0, false }
	}, other[] = {
		{ "type", LMD_STRING, 0, 0, true },
		{ "display", LMD_STRING, 0, 0, false },
		{ NULL, LMD_ANY, 0, 0, false }
	};
	const cJSON *t = lmd_get(o, "thinking");
	const char *type = lmd_word(t, "type");

	*thinks = t ? !lmd_among(type, " disabled between_tools ") : is.thinks;
	if (!t)
		return true;
	if (!lmd_among(type, " enabled adaptive disabled between_tools "))
		return bad(f, "thinking: Input tag '%s' does not match any of "
		    "the expected tags", type);
	if (!lmd_among(type, is.types))
		return bad(f, "\"thinking.type.%s\" is not supported for this "
		    "model. Use \"thinking.type.%s\" and "
		    "\"output_config.effort\" to control thinking behavior.",
		    type, strstr(is.types, "between_tools") &&
		    strcmp(type, "disabled") == 0 ? "between_tools" :
		    "adaptive");
	if (lmd_among(type, " disabled between_tools ") && is.thinks &&
	    lmd_among(lmd_word(lmd_get(o, "output_config"), "effort"),
	    " xhigh max "))
		return bad(f, "thinking cannot be disabled at this effort");
	if (!members(t, strcmp(type, "enabled") == 0 ? enabled : other,
	    "thinking", f))
		return false;
	if (strcmp(type, "adaptive") == 0 && !is.adaptive)
		return bad(f, "adaptive thinking is not supported on this "
		    "model");
	if (strcmp(type, "enabled") != 0)
		return true;
	if (!is.budgets)
		return bad(f, "\"thinking.type.enabled\" is not supported for "
		    "this model. Use \"thinking.type.adaptive\" and "
		    "\"output_config.effort\" to control thinking behavior.");
	return lmd_number(t, "budget_tokens", 0) <
	    lmd_number(o, "max_tokens", 0) || bad(f, "`max_tokens` must be "
	    "greater than `thinking.budget_tokens`.");
}

/* ---- the shape of the reply ---- */

static const struct lmd_dialect dialect = {
	.keywords = " type properties required additionalProperties items "
	    "anyOf enum const $ref $defs description title format minItems ",
	.closed = true, .bounded = true,
};

static bool
config(const cJSON *o, struct traits is, struct lmd_fault *f)
{
	static const struct lmd_field field[] = {
		{ "effort", LMD_STRING, 0, 0, false },
		{ "format", LMD_OBJECT, 0, 0, false },
		{ NULL, LMD_ANY, 0, 0, false }
	}, inner[] = {
		{ "type", LMD_STRING, 0, 0, true },
		{ "schema", LMD_OBJECT, 0, 0, true },
		{ NULL, LMD_ANY, 0, 0, false }
	};
	const cJSON *c = lmd_get(o, "output_config");
	const cJSON *form = lmd_get(c, "format");
	char path[160], why[200];

	if (!members(c, field, "output_config", f))
		return false;
	if (lmd_get(c, "effort") && !is.effort)
		return bad(f, "This model does not support the effort "
		    "parameter.");
	if (lmd_get(c, "effort") && !lmd_among(lmd_word(c, "effort"),
	    is.efforts))
		return bad(f, "output_config.effort: the value is not "
		    "supported for this model; supported are:%s", is.efforts);
	if (!form)
		return true;
	if (!members(form, inner, "output_config.format", f))
		return false;
	if (!is.formats)
		return bad(f, "'%s' does not support output format.",
		    lmd_word(o, "model"));
	return lmd_schema(lmd_get(form, "schema"), &dialect, path, why) ||
	    bad(f, "output_config.format.schema: %s (%s)", why, path);
}

static bool
tools(const cJSON *o, struct traits is, bool thinks, struct lmd_fault *f)
{
	static const struct lmd_field field[] = {
		{ "type", LMD_STRING, 0, 0, false },
		{ "name", LMD_STRING, 0, 0, true },
		{ "description", LMD_STRING, 0, 0, false },
		{ "input_schema", LMD_OBJECT, 0, 0, true },
		{ "cache_control", LMD_OBJECT, 0, 0, false },
		{ "strict", LMD_BOOL, 0, 0, false },
		{ NULL, LMD_ANY, 0, 0, false }
	}, choices[] = {
		{ "type", LMD_STRING, 0, 0, true },
		{ "name", LMD_STRING, 0, 0, false },
		{ "disable_parallel_tool_use", LMD_BOOL, 0, 0, false },
		{ NULL, LMD_ANY, 0, 0, false }
	};
	const cJSON *t, *choice = lmd_get(o, "tool_choice");
	const char *want = lmd_word(choice, "name");
	const char *type = lmd_word(choice, "type");
	bool found = false;

	cJSON_ArrayForEach(t, lmd_get(o, "tools")) {
		if (!members(t, field, "tools.0", f))
			return false;
		if (!lmd_is_name(lmd_word(t, "name"), 128))
			return bad(f, "tools.0.name: String should match "
			    "pattern '^[a-zA-Z0-9_-]{1,128}$'");
		if (strcmp(lmd_word(lmd_get(t, "input_schema"), "type"),
		    "object") != 0)
			return bad(f, "tools.0.input_schema.type: Input "
			    "should be 'object'");
		found = found || strcmp(lmd_word(t, "name"), want) == 0;
	}
	if (!choice)
		return true;
	if (!lmd_get(o, "tools"))
		return bad(f, "tool_choice: may only be specified while "
		    "providing tools.");
	if (!members(choice, choices, "tool_choice", f))
		return false;
	if (!lmd_among(type, " auto any tool none "))
		return bad(f, "tool_choice: Input tag '%s' does not match any "
		    "of the expected tags", type);
	if (!is.tools && lmd_among(type, " any tool "))
		return bad(f, "tool_choice: type \"tool\" and \"any\" are not "
		    "supported for this model");
	if (thinks && lmd_among(type, " any tool "))
		return bad(f, "Thinking may not be enabled when tool_choice "
		    "forces tool use.");
	return strcmp(type, "tool") != 0 || found ||
	    bad(f, "tool_choice: no tool has the name '%s'", want);
}

static bool
judge(const struct lmd_request *r, struct lmd_fault *f)
{
	const char *key = lmd_header(r, "x-api-key");
	const char *version = lmd_header(r, "anthropic-version");
	const cJSON *o = r->json, *lack;
	struct traits is = traits(lmd_word(o, "model"));
	bool thinks;

	if (!key || !*key || strcmp(key, "wrong") == 0)
		return lmd_fault(f, 401, NULL, NULL, key && *key ?
		    "invalid x-api-key" : "x-api-key header is required");
	if (strcmp(r->path, "/v1/messages") != 0)
		return lmd_fault(f, 404, NULL, NULL, "Not Found");
	if (!version || strcmp(version, "2023-06-01") != 0)
		return bad(f, "anthropic-version: header is required");
	if (!members(o, top_fields, "", f))
		return false;
	if (strcmp(lmd_word(o, "model"), "nope") == 0)
		return lmd_fault(f, 404, NULL, NULL, "model: nope");
	cJSON_ArrayForEach(lack, r->lacks)
		if (lmd_get(o, lack->valuestring))
			return bad(f, "%s is not supported for this model",
			    lack->valuestring);
	return messages(r, f) && thinking(o, is, &thinks, f) &&
	    sampling(o, is, thinks, f) && config(o, is, f) &&
	    tools(o, is, thinks, f);
}

/* ---- errors ---- */

static const char *
error(struct lmd_text *t, const struct lmd_fault *f)
{
	static const struct { unsigned status; const char *type; } map[] = {
		{ 400, "invalid_request_error" },
		{ 401, "authentication_error" }, { 402, "billing_error" },
		{ 403, "permission_error" }, { 404, "not_found_error" },
		{ 413, "request_too_large" }, { 429, "rate_limit_error" },
		{ 500, "api_error" }, { 504, "timeout_error" },
		{ 529, "overloaded_error" },
	};
	const char *type = f->status >= 500 ? "api_error" :
	    "invalid_request_error";
	size_t i;

	for (i = 0; i < sizeof map / sizeof *map; i++)
		if (map[i].status == f->status)
			type = map[i].type;
	lmd_printf(t, "{\"type\":\"error\",\"error\":{\"type\":\"%s\","
	    "\"message\":", type);
	lmd_quote(t, f->text);
	lmd_puts(t, "},\"request_id\":\"req_1\"}");
	return "application/json";
}

/* ---- answers ---- */

static bool
calls(const struct lmd_request *r)
{
	return strcmp(lmd_word(lmd_get(r->json, "tool_choice"), "type"),
	    "tool") == 0;
}

static void
tool_use(struct lmd_text *t, const struct lmd_request *r, const char *input)
{
	lmd_puts(t, "{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":");
	lmd_quote(t, lmd_word(lmd_get(r->json, "tool_choice"), "name"));
	lmd_puts(t, ",\"input\":");
	lmd_puts(t, input);
	lmd_puts(t, "}");
}

static void
usage(struct lmd_text *t, const struct lmd_said *s, unsigned out)
{
	lmd_printf(t, "\"usage\":{\"input_tokens\":%u,"
	    "\"cache_read_input_tokens\":%u,"
	    "\"cache_creation_input_tokens\":%u,\"output_tokens\":%u,"
	    "\"service_tier\":\"standard\"}", s->in - s->cached - s->written,
	    s->cached, s->written, out);
}

static void
head(struct lmd_text *t, const struct lmd_request *r)
{
	lmd_puts(t, "{\"id\":\"msg_1\",\"type\":\"message\",\"role\":"
	    "\"assistant\",\"stop_sequence\":null,\"model\":");
	lmd_quote(t, lmd_word(r->json, "model"));
}

static const char *
reason(const struct lmd_request *r, const struct lmd_said *s)
{
	return s->finish ? s->finish : s->refusal ? "refusal" : calls(r) ?
	    "tool_use" : "end_turn";
}

static bool
shows_thoughts(const struct lmd_request *r)
{
	const cJSON *k = lmd_get(r->json, "thinking");

	return k && strcmp(lmd_word(k, "type"), "disabled") != 0 &&
	    strcmp(lmd_word(k, "display"), "omitted") != 0;
}

/* An event of a stream. */
static void
event(struct lmd_text *t, const char *name, const char *data)
{
	lmd_puts(t, "event: ");
	lmd_puts(t, name);
	lmd_puts(t, "\ndata: {\"type\":");
	lmd_quote(t, name);
	lmd_puts(t, data);
	lmd_puts(t, "}\n\n");
}

struct flow {
	struct lmd_text *t;
	unsigned at;
	const char *type, *member;
};

static void
put(void *arg, const char *piece)
{
	struct flow *w = arg;
	struct lmd_text d = { NULL, 0, 0 };

	lmd_printf(&d, ",\"index\":%u,\"delta\":{\"type\":\"%s\",\"%s\":",
	    w->at, w->type, w->member);
	lmd_quote(&d, piece);
	lmd_puts(&d, "}");
	event(w->t, "content_block_delta", d.s);
	free(d.s);
}

static void
flow(struct lmd_text *t, unsigned at, const char *start, const char *type,
    const char *member, const char *s)
{
	struct flow w = { t, at, type, member };
	struct lmd_text d = { NULL, 0, 0 };

	lmd_printf(&d, ",\"index\":%u,\"content_block\":", at);
	lmd_puts(&d, start);
	event(t, "content_block_start", d.s);
	event(t, "ping", "");
	lmd_pieces(s, put, &w);
	d.len = 0;
	lmd_printf(&d, ",\"index\":%u", at);
	event(t, "content_block_stop", d.s);
	free(d.s);
}

static const char *
stream(struct lmd_text *t, const struct lmd_request *r,
    const struct lmd_said *s)
{
	struct lmd_text d = { NULL, 0, 0 };
	const char *text = s->refusal ? s->refusal : s->text;
	unsigned at = 0;

	lmd_puts(&d, ",\"message\":");
	head(&d, r);
	lmd_puts(&d, ",\"content\":[],\"stop_reason\":null,");
	usage(&d, s, 1);
	lmd_puts(&d, "}");
	event(t, "message_start", d.s);
	if (s->reasoning && shows_thoughts(r))
		flow(t, at++, "{\"type\":\"thinking\",\"thinking\":\"\","
		    "\"signature\":\"\"}", "thinking_delta", "thinking",
		    s->reasoning);
	d.len = 0;
	tool_use(&d, r, "{}");
	if (calls(r) && !s->refusal)
		flow(t, at, d.s, "input_json_delta", "partial_json", text);
	else
		flow(t, at, "{\"type\":\"text\",\"text\":\"\"}", "text_delta",
		    "text", text);
	d.len = 0;
	lmd_printf(&d, ",\"delta\":{\"stop_reason\":\"%s\","
	    "\"stop_sequence\":null},\"usage\":{\"output_tokens\":%u}",
	    reason(r, s), s->out);
	event(t, "message_delta", d.s);
	event(t, "message_stop", "");
	free(d.s);
	return "text/event-stream; charset=utf-8";
}

static const char *
answer(struct lmd_text *t, const struct lmd_request *r,
    const struct lmd_said *s)
{
	if (lmd_streams(r))
		return stream(t, r, s);
	head(t, r);
	lmd_puts(t, ",\"content\":[");
	if (s->reasoning && shows_thoughts(r)) {
		lmd_puts(t, "{\"type\":\"thinking\",\"signature\":\"x\","
		    "\"thinking\":");
		lmd_quote(t, s->reasoning);
		lmd_puts(t, "},");
	}
	if (calls(r) && !s->refusal) {
		tool_use(t, r, s->text);
	} else {
		lmd_puts(t, "{\"type\":\"text\",\"text\":");
		lmd_quote(t, s->refusal ? s->refusal : s->text);
		lmd_puts(t, "}");
	}
	lmd_printf(t, "],\"stop_reason\":\"%s\",", reason(r, s));
	usage(t, s, s->out);
	lmd_puts(t, "}");
	return "application/json";
}

const struct lmd_api lmd_api_anthropic = {
	"anthropic", judge, answer, error
};
