/* OpenAI's chat completions, and all servers that speak them.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "provider/provider_json.h"

/* ---- requests ---- */

const char *const provider_chat_reserved[] = {
	"stream", "stream_options", "messages", "model", "n",
	"response_format", NULL
};

void
provider_chat_url(struct buf *b, const char *base, const struct mip_model *m,
    enum provider_to to)
{
	(void)m;
	provider_join(b, base, to == PROVIDER_LIST ? "/models" :
	    to == PROVIDER_EMBED ? "/embeddings" : "/chat/completions");
}

enum mip_structure
provider_chat_rung(const struct mip_model *m, enum mip_structure asked)
{
	(void)m;
	return asked == MIP_STRUCTURE_AUTO ? MIP_STRUCTURE_NATIVE : asked;
}

static void
openai_native(struct buf *b, const char *name, const char *schema)
{
	buf_puts(b, ",\"response_format\":{\"type\":\"json_schema\","
	    "\"json_schema\":{");
	json_put_string(b, "name", name);
	json_put_bool(b, "strict", true);
	json_put_raw(b, "schema", schema);
	buf_puts(b, "}}");
}

static void
openai_function(struct buf *b, const char *name, const char *schema)
{
	buf_puts(b, ",\"tools\":[{\"type\":\"function\",\"function\":{");
	json_put_string(b, "name", name);
	json_put_bool(b, "strict", true);
	json_put_raw(b, "parameters", schema);
	buf_puts(b, "}}],\"tool_choice\":{\"type\":\"function\","
	    "\"function\":{");
	json_put_string(b, "name", name);
	buf_puts(b, "}}");
}

static void
openai_shape(struct buf *b, const struct provider_ask *a)
{
	const char *name = a->schema_name ? a->schema_name : "reply";

	if (a->grammar) {
		json_put_string(b, "grammar", a->grammar);
		return;
	}
	if (!a->schema)
		return;
	switch (a->rung) {
	case MIP_STRUCTURE_AUTO:
	case MIP_STRUCTURE_NATIVE:
		openai_native(b, name, a->schema);
		return;
	case MIP_STRUCTURE_FUNCTION:
		openai_function(b, name, a->schema);
		return;
	case MIP_STRUCTURE_GRAMMAR:
		/* A server of llama.cpp makes a grammar of it. */
		buf_puts(b, ",\"response_format\":{\"type\":\"json_object\"");
		json_put_raw(b, "schema", a->schema);
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
openai_begins(const char *id, const char *with)
{
	return strncmp(id, with, strlen(with)) == 0;
}

/* OpenAI's own models that think before they answer: o1, o3, ..., gpt-5 and
 * all after it. */
static bool
openai_thinks(const char *id)
{
	if (id[0] == 'o')
		return id[1] >= '1' && id[1] <= '9';
	return openai_begins(id, "gpt-") && strtol(id + 4, NULL, 10) >= 5;
}

/* The older word for the most tokens, or the newer one; if the model has
 * refused that, the other. */
static const char *
openai_limit(const struct provider_ask *a, bool newer)
{
	return newer != ((a->lacks & LACKS_LIMIT) != 0) ?
	    "max_completion_tokens" : "max_tokens";
}

void
provider_chat_body(struct buf *b, const struct provider_ask *a,
    const char *id, bool newer)
{
	const struct mip_model *m = a->model;

	buf_putc(b, '{');
	json_put_string(b, "model", id);
	json_put_member(b, "messages");
	provider_put_messages(b, a);
	provider_number(b, "temperature", a->temperature);
	provider_number(b, "top_p", m->top_p);
	if (m->max_tokens > 0 &&
	    !provider_has_option(m, "max_completion_tokens"))
		json_put_int(b, openai_limit(a, newer || openai_thinks(id)),
		    m->max_tokens);
	provider_seed(b, a);
	provider_strings(b, "stop", m->stop);
	if (m->effort && !provider_has_option(m, "reasoning_effort"))
		json_put_string(b, "reasoning_effort", m->effort);
	openai_shape(b, a);
	if (a->stream)
		buf_puts(b, a->lacks & LACKS_USAGE ? ",\"stream\":true" :
		    ",\"stream\":true,\"stream_options\":"
		    "{\"include_usage\":true}");
	provider_options(b, m, NULL, false);
	buf_putc(b, '}');
}

static void
openai_body(struct buf *b, const struct provider_ask *a)
{
	provider_chat_body(b, a, a->model->id, false);
}

static void
openai_embed_body(struct buf *b, const struct provider_ask *a)
{
	provider_embed_body(b, a, a->model->id);
}

/* ---- answers ---- */

static void
openai_usage(const cJSON *root, struct provider_answer *r)
{
	const cJSON *u = cJSON_GetObjectItemCaseSensitive(root, "usage");
	const cJSON *d;
	int64_t thought;

	if (!cJSON_IsObject(u))
		return;
	r->in = provider_count(u, "prompt_tokens", &r->counted);
	r->out = provider_count(u, "completion_tokens", &r->counted);
	/* Some leave out of it what was thought, which is paid for as well. */
	d = cJSON_GetObjectItemCaseSensitive(u, "completion_tokens_details");
	thought = provider_count(d, "reasoning_tokens", NULL);
	if (provider_count(u, "total_tokens", NULL) == r->in + r->out +
	    thought)
		r->out += thought;
	d = cJSON_GetObjectItemCaseSensitive(u, "prompt_tokens_details");
	if (cJSON_IsObject(d)) {
		r->cached = provider_count(d, "cached_tokens", NULL);
		r->written = provider_count(d, "cache_write_tokens", NULL);
	}
	/* DeepSeek's words, and Moonshot's. */
	if (r->cached == 0)
		r->cached = provider_count(u, "prompt_cache_hit_tokens", NULL);
	if (r->cached == 0)
		r->cached = provider_count(u, "cached_tokens", NULL);
}

/* Text is a string, or a list of parts that have texts, and of such that have
 * lists of what was thought. */
static bool
openai_content(const cJSON *content, struct buf *b, struct buf *reasoning)
{
	const cJSON *part, *thought;
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
		cJSON_ArrayForEach(thought, cJSON_GetObjectItemCaseSensitive(
		    part, "thinking")) {
			s = provider_text_of(thought, "text");
			if (s)
				buf_puts(reasoning, s);
		}
	}
	return true;
}

static const char *
openai_arguments(const cJSON *message)
{
	const cJSON *calls, *fn;

	calls = cJSON_GetObjectItemCaseSensitive(message, "tool_calls");
	fn = cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(calls, 0),
	    "function");
	return fn ? provider_text_of(fn, "arguments") : NULL;
}

static enum reply_finish
openai_finish(const cJSON *choice)
{
	const char *s = provider_text_of(choice, "finish_reason");

	/* The second is Mistral's; the last goes on with Gemini's own word. */
	if (s && (strcmp(s, "length") == 0 || strcmp(s, "model_length") == 0))
		return REPLY_LENGTH;
	if (s && openai_begins(s, "content_filter"))
		return REPLY_FILTER;
	return REPLY_STOP;
}

/* The server failed in the midst of it: what there is of a text is no
 * reply. */
static bool
openai_broke(const cJSON *choice, struct provider_answer *r)
{
	static const char *const word[] = {
		"error", "insufficient_system_resource", "abort", "aborted"
	};
	size_t i;

	for (i = 0; i < sizeof word / sizeof word[0]; i++) {
		if (!provider_word_is(choice, "finish_reason", word[i]))
			continue;
		snprintf(r->why, sizeof r->why, "a part of a reply, and with "
		    "the reason %s", word[i]);
		return true;
	}
	return false;
}

static bool
openai_message(const cJSON *message, enum mip_structure rung,
    struct provider_answer *r)
{
	struct buf text = BUF_INIT, reasoning = BUF_INIT;
	const char *said, *thoughts;
	bool ok = true;

	said = provider_text_of(message, "refusal");
	r->refused = said && *said;
	if (!r->refused)
		said = rung == MIP_STRUCTURE_FUNCTION ?
		    openai_arguments(message) : NULL;
	if (said)
		buf_puts(&text, said);
	else
		ok = openai_content(cJSON_GetObjectItemCaseSensitive(message,
		    "content"), &text, &reasoning);
	thoughts = provider_text_of(message, "reasoning_content");
	if (!thoughts)
		thoughts = provider_text_of(message, "reasoning");
	if (thoughts)
		buf_puts(&reasoning, thoughts);
	if (ok)
		return provider_finish(r, &text, &reasoning);
	snprintf(r->why, sizeof r->why,
	    "its message has no text (`content`)");
	buf_release(&text);
	buf_release(&reasoning);
	return false;
}

bool
provider_chat_answer(const char *s, size_t n, enum mip_structure rung,
    struct provider_answer *r)
{
	cJSON *root = provider_parse(s, n, "an OpenAI-compatible", r);
	const cJSON *choice, *message;
	bool ok;

	if (!root)
		return false;
	choice = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(root,
	    "choices"), 0);
	message = cJSON_GetObjectItemCaseSensitive(choice, "message");
	if (openai_broke(choice, r)) {
		ok = false;
	} else if (cJSON_IsObject(message)) {
		r->finish = openai_finish(choice);
		openai_usage(root, r);
		provider_names_of(r, root, "id", "model");
		ok = openai_message(message, rung, r);
	} else {
		ok = provider_no_answer(r, s, n, provider_chat_error,
		    "JSON without choices, not an OpenAI-compatible reply");
	}
	cJSON_Delete(root);
	return ok;
}

/* ---- streams ---- */

/* Pieces of calls may come in any order, their names and ids before what they
 * are called with, or never; a server that gives calls no `index` begins each
 * with its name. */
static void
openai_calls(struct provider_stream *st, const cJSON *delta)
{
	const cJSON *call, *fn;
	const char *name;
	bool numbered;
	int64_t n;

	cJSON_ArrayForEach(call, cJSON_GetObjectItemCaseSensitive(delta,
	    "tool_calls")) {
		fn = cJSON_GetObjectItemCaseSensitive(call, "function");
		name = provider_text_of(fn, "name");
		numbered = false;
		n = provider_count(call, "index", &numbered);
		if (!numbered)
			n = name && *name ? st->ncall++ : st->ncall - 1;
		if (provider_calls(st, n))
			provider_called(st, provider_text_of(fn,
			    "arguments"));
	}
}

static void
openai_delta(struct provider_stream *st, const cJSON *delta)
{
	const char *s = provider_text_of(delta, "refusal");

	if (s && *s) {
		st->answer.refused = true;
		provider_called(st, s);
	} else if (st->rung == MIP_STRUCTURE_FUNCTION) {
		openai_calls(st, delta);
	}
	if (provider_text_of(delta, "content"))
		provider_said(st, provider_text_of(delta, "content"));
	else if (!st->called)
		openai_content(cJSON_GetObjectItemCaseSensitive(delta,
		    "content"), &st->text, &st->reasoning);
	s = provider_text_of(delta, "reasoning_content");
	if (!s)
		s = provider_text_of(delta, "reasoning");
	if (s)
		buf_puts(&st->reasoning, s);
}

bool
provider_chat_piece(struct provider_stream *st, const char *s, size_t n)
{
	const cJSON *choice;
	cJSON *root;
	bool ok = true;

	if (n == 6 && memcmp(s, "[DONE]", 6) == 0) {
		st->ended = true;
		return true;
	}
	root = provider_event(st, s, n);
	if (!root)
		return false;
	choice = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(root,
	    "choices"), 0);
	if (cJSON_HasObjectItem(root, "error")) {
		ok = provider_no_answer(&st->answer, s, n,
		    provider_chat_error, "an error");
	} else if (openai_broke(choice, &st->answer)) {
		ok = false;
	} else if (choice) {
		openai_delta(st, cJSON_GetObjectItemCaseSensitive(choice,
		    "delta"));
		if (provider_text_of(choice, "finish_reason")) {
			st->answer.finish = openai_finish(choice);
			st->ended = true;
		}
	}
	openai_usage(root, &st->answer);
	provider_names_of(&st->answer, root, "id", "model");
	cJSON_Delete(root);
	return ok;
}

/* ---- errors ---- */

/* Seconds of "7m12s", "1h2m", "20ms", "12.441s"; 0 for no such thing. */
static double
openai_seconds(const char *s)
{
	static const struct { const char *unit; double s; } unit[] = {
		{ "ms", 1e-3 }, { "d", 86400 }, { "h", 3600 }, { "m", 60 },
		{ "s", 1 },
	};
	double sum = 0, n;
	size_t len, i;

	while (*s >= '0' && *s <= '9') {
		len = strspn(s, "0123456789.");
		if (!buf_to_double(s, len, &n))
			return 0;
		s += len + strspn(s + len, " ");
		for (i = 0; i < sizeof unit / sizeof unit[0]; i++)
			if (openai_begins(s, unit[i].unit))
				break;
		if (i == sizeof unit / sizeof unit[0] || !(n < 1e6))
			return 0;
		sum += n * unit[i].s;
		s += strlen(unit[i].unit);
	}
	return sum;
}

/* Whether a code, or a type, says that nothing is left to be spent. */
static bool
openai_is_spent(const char *code)
{
	static const char *const word[] = {
		"insufficient_quota", "insufficient_user_quota", "billing_",
		"spend_limit", "usage_limit_", "credit_balance"
	};
	size_t i;

	for (i = 0; code && i < sizeof word / sizeof word[0]; i++)
		if (strstr(code, word[i]))
			return true;
	return false;
}

/* What the words say: that more is not to be had for long, and how long it is
 * to be waited. */
static void
openai_quota(const char *text, struct provider_error *e)
{
	static const char *const words[] = {
		"nsufficient credits", "nsufficient balance",
		"nsufficient Balance", "all available credits",
		"Out of call volume quota", "API usage limits",
		"credits are depleted", "monthly spending",
		"credit balance is too low"
	};
	static const char *const day[] = {
		"per day", "per-day", "/day", "/ day", "/ month", "per month",
		"daily limit", "Daily limit"
	};
	const char *at;
	size_t i;

	if (!text)
		return;
	for (i = 0; i < sizeof words / sizeof words[0]; i++)
		e->quota = e->quota || strstr(text, words[i]);
	at = strstr(text, "try again in ");
	if (at)
		e->retry_after_s = openai_seconds(at + 13);
	at = strstr(text, "retry after ");
	if (at && e->retry_after_s <= 0)
		e->retry_after_s = openai_seconds(at + 12);
	/* A share of a day that comes back bit by bit is waited for. */
	for (i = 0; i < sizeof day / sizeof day[0]; i++)
		e->daily = e->daily || strstr(text, day[i]);
}

/* {"error":{"message":...,"code":...}}, {"error":"..."}, {"message":"..."},
 * {"detail":"..."}, {"detail":[{"msg":"..."}]}. */
void
provider_chat_error(const char *s, size_t n, struct provider_error *e)
{
	cJSON *root = cJSON_ParseWithLength(s, n);
	const cJSON *error;
	const char *text = NULL, *code = NULL;

	memset(e, 0, sizeof *e);
	error = cJSON_GetObjectItemCaseSensitive(root, "error");
	/* Ollama hands on what its runner says, as a string. */
	if (cJSON_IsString(error) && error->valuestring[0] == '{') {
		text = error->valuestring;
		provider_chat_error(text, strlen(text), e);
		if (e->text[0]) {
			cJSON_Delete(root);
			return;
		}
		text = NULL;
	}
	if (cJSON_IsString(error)) {
		text = error->valuestring;
	} else if (cJSON_IsObject(error)) {
		text = provider_text_of(error, "message");
		code = provider_text_of(error, "code");
		e->quota = openai_is_spent(code) ||
		    openai_is_spent(provider_text_of(error, "type")) ||
		    openai_is_spent(provider_text_of(
		    cJSON_GetObjectItemCaseSensitive(error, "details"),
		    "error_code"));
		if (!code)
			code = provider_text_of(error, "type");
	} else if (root) {
		text = provider_text_of(root, "message");
		if (!text)
			text = provider_text_of(root, "detail");
		if (!text)
			text = provider_text_of(cJSON_GetArrayItem(
			    cJSON_GetObjectItemCaseSensitive(root, "detail"),
			    0), "msg");
	}
	if (text)
		provider_copy(e->text, sizeof e->text, text);
	if (code)
		provider_copy(e->code, sizeof e->code, code);
	openai_quota(text, e);
	cJSON_Delete(root);
}

const struct provider provider_openai = {
	.name = "openai",
	.base_url = "https://api.openai.com/v1",
	.key_env = "OPENAI_API_KEY",
	.reserved = provider_chat_reserved,
	.url = provider_chat_url,
	.rung = provider_chat_rung,
	.body = openai_body,
	.answer = provider_chat_answer,
	.error = provider_chat_error,
	.piece = provider_chat_piece,
	.embed_body = openai_embed_body,
	.embed_answer = provider_embed_answer,
};
