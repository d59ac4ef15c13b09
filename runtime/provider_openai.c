/* OpenAI's chat completions, and all servers that speak them.
 *
 * SPDX-License-Identifier: MIT */
#include "provider.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "json.h"

/* ---- requests ---- */

static enum mip_structure
provider_openai_rung(enum mip_structure asked)
{
	return asked == MIP_STRUCTURE_AUTO ? MIP_STRUCTURE_NATIVE : asked;
}

static void
provider_name(struct buf *b, const char *name)
{
	buf_putc(b, ',');
	buf_json(b, name, strlen(name));
	buf_putc(b, ':');
}

static void
provider_string(struct buf *b, const char *name, const char *value)
{
	provider_name(b, name);
	buf_json(b, value, strlen(value));
}

static void
provider_number(struct buf *b, const char *name, double value)
{
	provider_name(b, name);
	buf_double(b, value);
}

/* Another sample of a seeded request has another seed, or it would be the
 * same sample again. */
static int64_t
provider_seed(int64_t seed, const char *sample)
{
	uint32_t h = 2166136261u;

	if (!sample || !*sample)
		return seed;
	for (; *sample; sample++)
		h = (h ^ (unsigned char)*sample) * 16777619u;
	return (int64_t)(((uint64_t)seed + h) & 0x7fffffff);
}

static void
provider_stop(struct buf *b, const char *const *stop)
{
	size_t i;

	if (!stop || !stop[0])
		return;
	provider_name(b, "stop");
	buf_putc(b, '[');
	for (i = 0; stop[i]; i++) {
		if (i > 0)
			buf_putc(b, ',');
		buf_json(b, stop[i], strlen(stop[i]));
	}
	buf_putc(b, ']');
}

static void
provider_native(struct buf *b, const char *name, const char *schema)
{
	buf_puts(b, ",\"response_format\":{\"type\":\"json_schema\","
	    "\"json_schema\":{\"name\":");
	buf_json(b, name, strlen(name));
	buf_puts(b, ",\"strict\":true,\"schema\":");
	buf_puts(b, schema);
	buf_puts(b, "}}");
}

static void
provider_function(struct buf *b, const char *name, const char *schema)
{
	buf_puts(b, ",\"tools\":[{\"type\":\"function\",\"function\":"
	    "{\"name\":");
	buf_json(b, name, strlen(name));
	buf_puts(b, ",\"strict\":true,\"parameters\":");
	buf_puts(b, schema);
	buf_puts(b, "}}],\"tool_choice\":{\"type\":\"function\","
	    "\"function\":{\"name\":");
	buf_json(b, name, strlen(name));
	buf_puts(b, "}}");
}

static void
provider_shape(struct buf *b, const struct provider_ask *a)
{
	const char *name = a->schema_name ? a->schema_name : "reply";

	if (a->grammar) {
		provider_string(b, "grammar", a->grammar);
		return;
	}
	if (!a->schema)
		return;
	switch (a->rung) {
	case MIP_STRUCTURE_AUTO:
	case MIP_STRUCTURE_NATIVE:
		provider_native(b, name, a->schema);
		return;
	case MIP_STRUCTURE_FUNCTION:
		provider_function(b, name, a->schema);
		return;
	case MIP_STRUCTURE_GRAMMAR:
		/* A server of llama.cpp makes a grammar of it. */
		buf_puts(b, ",\"response_format\":{\"type\":\"json_object\","
		    "\"schema\":");
		buf_puts(b, a->schema);
		buf_putc(b, '}');
		return;
	case MIP_STRUCTURE_JSON_OBJECT:
		buf_puts(b, ",\"response_format\":{\"type\":\"json_object\"}");
		return;
	case MIP_STRUCTURE_PROMPT:
		return;
	}
}

static bool
provider_has_option(const struct mip_model *m, const char *name)
{
	unsigned i;

	for (i = 0; i < m->noption; i++)
		if (strcmp(m->option[i].name, name) == 0)
			return true;
	return false;
}

void
provider_options(struct buf *b, const struct mip_model *m)
{
	unsigned i;
	struct json v;

	for (i = 0; i < m->noption; i++) {
		const char *text = m->option[i].value;

		provider_name(b, m->option[i].name);
		if (json_parse(text, strlen(text), &v, NULL, NULL))
			json_compact(b, v);
		else
			buf_json(b, text, strlen(text));
	}
}

void
provider_chat_body(struct buf *b, const struct provider_ask *a,
    const char *id)
{
	const struct mip_model *m = a->model;

	buf_puts(b, "{\"model\":");
	buf_json(b, id, strlen(id));
	buf_puts(b, ",\"messages\":");
	buf_put(b, a->messages, a->messages_len);
	if (a->temperature >= 0)
		provider_number(b, "temperature", a->temperature);
	if (m->top_p >= 0)
		provider_number(b, "top_p", m->top_p);
	if (m->max_tokens > 0 &&
	    !provider_has_option(m, "max_completion_tokens")) {
		provider_name(b, "max_tokens");
		buf_int(b, m->max_tokens);
	}
	if (m->seed >= 0) {
		provider_name(b, "seed");
		buf_int(b, provider_seed(m->seed, a->sample));
	}
	provider_stop(b, m->stop);
	if (m->effort)
		provider_string(b, "reasoning_effort", m->effort);
	provider_shape(b, a);
	provider_options(b, m);
	buf_putc(b, '}');
}

static void
provider_openai_body(struct buf *b, const struct provider_ask *a)
{
	provider_chat_body(b, a, a->model->id);
}

static void
provider_openai_embed_body(struct buf *b, const struct provider_ask *a)
{
	provider_embed_body(b, a, a->model->id);
}

/* ---- answers ---- */

static const char *
provider_text_of(const cJSON *object, const char *name)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsString(v) ? v->valuestring : NULL;
}

static int64_t
provider_count(const cJSON *object, const char *name, bool *there)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(object, name);

	if (!cJSON_IsNumber(v) || !(v->valuedouble >= 0) ||
	    v->valuedouble > 1e15)
		return 0;
	if (there)
		*there = true;
	return (int64_t)v->valuedouble;
}

static void
provider_usage(const cJSON *root, struct provider_answer *r)
{
	const cJSON *u = cJSON_GetObjectItemCaseSensitive(root, "usage");
	const cJSON *d;

	if (!cJSON_IsObject(u))
		return;
	r->in = provider_count(u, "prompt_tokens", &r->counted);
	r->out = provider_count(u, "completion_tokens", &r->counted);
	d = cJSON_GetObjectItemCaseSensitive(u, "prompt_tokens_details");
	if (cJSON_IsObject(d))
		r->cached = provider_count(d, "cached_tokens", NULL);
	if (r->cached > r->in)
		r->cached = r->in;
}

/* Text is a string, or a list of parts that have texts. */
static bool
provider_content(struct buf *b, const cJSON *content)
{
	const cJSON *part;
	const char *s;

	if (cJSON_IsString(content)) {
		buf_puts(b, content->valuestring);
		return true;
	}
	if (!cJSON_IsArray(content))
		return cJSON_IsNull(content) || !content;
	cJSON_ArrayForEach(part, content) {
		s = provider_text_of(part, "text");
		if (s)
			buf_puts(b, s);
	}
	return true;
}

static const char *
provider_arguments(const cJSON *message)
{
	const cJSON *calls, *fn;

	calls = cJSON_GetObjectItemCaseSensitive(message, "tool_calls");
	fn = cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(calls, 0),
	    "function");
	return fn ? provider_text_of(fn, "arguments") : NULL;
}

static enum reply_finish
provider_finish(const cJSON *choice)
{
	const char *s = provider_text_of(choice, "finish_reason");

	if (s && strcmp(s, "length") == 0)
		return REPLY_LENGTH;
	if (s && strcmp(s, "content_filter") == 0)
		return REPLY_FILTER;
	return REPLY_STOP;
}

static bool
provider_message(const cJSON *message, enum mip_structure rung,
    struct provider_answer *r)
{
	struct buf b = BUF_INIT;
	const char *arguments = NULL, *thoughts, *refusal;
	bool ok;

	refusal = provider_text_of(message, "refusal");
	if (rung == MIP_STRUCTURE_FUNCTION)
		arguments = provider_arguments(message);
	if (refusal && *refusal) {
		r->refused = true;
		buf_puts(&b, refusal);
		ok = true;
	} else if (arguments) {
		buf_puts(&b, arguments);
		ok = true;
	} else {
		ok = provider_content(&b, cJSON_GetObjectItemCaseSensitive(
		    message, "content"));
	}
	if (!ok)
		snprintf(r->why, sizeof r->why,
		    "its message has no text (`content`)");
	thoughts = provider_text_of(message, "reasoning_content");
	if (!thoughts)
		thoughts = provider_text_of(message, "reasoning");
	if (ok && thoughts && *thoughts && !(r->reasoning = strdup(thoughts)))
		b.failed = true;
	buf_put(&b, "", 0);
	r->text_len = b.len;
	r->text = ok && !b.failed ? (b.s ? buf_take(&b) : strdup("")) : NULL;
	buf_release(&b);
	if (ok && !r->text)
		snprintf(r->why, sizeof r->why, "out of memory");
	return r->text != NULL;
}

/* Whether the text looks like a page for people. */
static bool
provider_is_page(const char *s, size_t n)
{
	while (n > 0 && strchr(" \t\r\n", *s) && *s)
		s++, n--;
	return n > 0 && *s == '<';
}

bool
provider_chat_answer(const char *s, size_t n, enum mip_structure rung,
    struct provider_answer *r)
{
	cJSON *root;
	const cJSON *choice, *message;
	struct provider_error e;
	bool ok = false;

	memset(r, 0, sizeof *r);
	root = cJSON_ParseWithLength(s, n);
	if (!root) {
		snprintf(r->why, sizeof r->why, "%s, not an "
		    "OpenAI-compatible reply", n == 0 ? "nothing" :
		    provider_is_page(s, n) ? "HTML" : "what is no JSON");
		return false;
	}
	choice = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(root,
	    "choices"), 0);
	message = cJSON_GetObjectItemCaseSensitive(choice, "message");
	if (cJSON_IsObject(message)) {
		r->finish = provider_finish(choice);
		provider_usage(root, r);
		ok = provider_message(message, rung, r);
	} else {
		provider_chat_error(s, n, &e);
		if (e.text[0])
			snprintf(r->why, sizeof r->why, "an error: %s", e.text);
		else
			snprintf(r->why, sizeof r->why, "JSON without "
			    "choices, not an OpenAI-compatible reply");
	}
	cJSON_Delete(root);
	if (!ok)
		provider_answer_release(r);
	return ok;
}

/* ---- errors ---- */

static void
provider_copy(char *to, size_t size, const char *s)
{
	size_t i, n = 0, k;

	for (i = 0; s[i] && n + 5 < size; i += k) {
		k = buf_utf8(s + i, strlen(s + i));
		if (k == 0 || (unsigned char)s[i] < ' ') {
			k = 1;
			to[n++] = ' ';
			continue;
		}
		memcpy(to + n, s + i, k);
		n += k;
	}
	to[n] = '\0';
}

/* {"error":{"message":...,"code":...}}, {"error":"..."}, {"message":"..."},
 * {"detail":"..."}. */
void
provider_chat_error(const char *s, size_t n, struct provider_error *e)
{
	cJSON *root = cJSON_ParseWithLength(s, n);
	const cJSON *error;
	const char *text = NULL, *code = NULL;

	e->text[0] = e->code[0] = '\0';
	error = cJSON_GetObjectItemCaseSensitive(root, "error");
	if (cJSON_IsString(error)) {
		text = error->valuestring;
	} else if (cJSON_IsObject(error)) {
		text = provider_text_of(error, "message");
		code = provider_text_of(error, "code");
		if (!code)
			code = provider_text_of(error, "type");
	} else if (root) {
		text = provider_text_of(root, "message");
		if (!text)
			text = provider_text_of(root, "detail");
	}
	if (text)
		provider_copy(e->text, sizeof e->text, text);
	if (code)
		provider_copy(e->code, sizeof e->code, code);
	cJSON_Delete(root);
}

const struct provider provider_openai = {
	.name = "openai",
	.base_url = "https://api.openai.com/v1",
	.path = "/chat/completions",
	.embed_path = "/embeddings",
	.key_env = "OPENAI_API_KEY",
	.rung = provider_openai_rung,
	.body = provider_openai_body,
	.answer = provider_chat_answer,
	.error = provider_chat_error,
	.embed_body = provider_openai_embed_body,
	.embed_answer = provider_embed_answer,
};
