/* Anthropic's Messages API.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "provider/provider_json.h"

/* The version of the API; a reply's length must always be bounded. */
#define ANTHROPIC_VERSION "anthropic-version: 2023-06-01"
/* What stands in front of it is kept by the server for some minutes. */
#define ANTHROPIC_MARK "\"cache_control\":{\"type\":\"ephemeral\"}"
enum { ANTHROPIC_MAX_TOKENS = 16384, ANTHROPIC_NEWEST = 99 };

/* ---- requests ---- */

static void
anthropic_url(struct buf *b, const char *base, const struct mip_model *m,
    enum provider_to to)
{
	(void)m;
	provider_join(b, base, to == PROVIDER_LIST ? "/models" : "/messages");
}

/* "claude-opus-4-5-20251101", "claude-3-7-sonnet": 45, 37; a name without a
 * number is of the newest. */
static int
anthropic_generation(const char *id)
{
	const char *at = id + strcspn(id, "0123456789");
	size_t n = strspn(at, "0123456789");
	int major = *at - '0';

	if (n != 1)
		return ANTHROPIC_NEWEST;
	n = at[1] == '-' ? strspn(at + 2, "0123456789") : 0;
	return 10 * major + (n == 1 ? at[2] - '0' : 0);
}

static bool
anthropic_is(const struct mip_model *m, const char *effort)
{
	return m->effort && strcmp(m->effort, effort) == 0;
}

/* The tokens that a model before 4.6 may think with: at least 1024, and the
 * reply is to have a part of what there is; 0: it cannot. */
static int64_t
anthropic_budget(const struct mip_model *m)
{
	int64_t most = (m->max_tokens > 0 ? m->max_tokens :
	    ANTHROPIC_MAX_TOKENS) / 4 * 3;
	int64_t n = anthropic_is(m, "minimal") ? 1024 :
	    anthropic_is(m, "low") ? 2048 :
	    anthropic_is(m, "medium") ? 8192 :
	    anthropic_is(m, "high") ? 16384 : 32768;
	int generation = anthropic_generation(m->id);

	if (generation < 37 || generation >= 46 || most < 1024)
		return 0;
	return n < most ? n : most;
}

/* Whether it thinks when it is asked so: those from 5 on unless they are told
 * not to. */
static bool
anthropic_thinks(const struct mip_model *m)
{
	int generation = anthropic_generation(m->id);
	unsigned i;

	for (i = 0; i < m->noption; i++)
		if (strcmp(m->option[i].name, "thinking") == 0)
			return !strstr(m->option[i].value, "disabled");
	if (!m->effort)
		return generation >= 50 && generation < ANTHROPIC_NEWEST;
	if (anthropic_is(m, "none"))
		return false;
	return generation >= 46 || anthropic_budget(m) > 0;
}

static void
anthropic_thinking(struct buf *b, const struct provider_ask *a)
{
	const struct mip_model *m = a->model;

	if (!m->effort || provider_has_option(m, "thinking") ||
	    anthropic_generation(m->id) < 37)
		return;
	if (anthropic_is(m, "none")) {
		json_put_raw(b, "thinking", a->lacks & LACKS_DISABLED ?
		    "{\"type\":\"between_tools\"}" :
		    "{\"type\":\"disabled\"}");
	} else if (anthropic_budget(m) > 0) {
		json_put_raw(b, "thinking", "{\"type\":\"enabled\"");
		json_put_int(b, "budget_tokens", anthropic_budget(m));
		buf_putc(b, '}');
	} else if (anthropic_thinks(m)) {
		/* Else what it thinks is not shown. */
		json_put_raw(b, "thinking", "{\"type\":\"adaptive\","
		    "\"display\":\"summarized\"}");
	}
}

/* The effort, where the model takes one beside how long it thinks. */
static const char *
anthropic_effort(const struct mip_model *m)
{
	int generation = anthropic_generation(m->id);

	if (!m->effort || anthropic_is(m, "none") || generation < 45 ||
	    (generation == 45 && !strstr(m->id, "opus")))
		return NULL;
	return anthropic_is(m, "minimal") ? "low" : m->effort;
}

/* A model that thinks may not be made to call a tool. */
static enum mip_structure
anthropic_rung(const struct mip_model *m, enum mip_structure asked)
{
	switch (asked) {
	case MIP_STRUCTURE_AUTO:
	case MIP_STRUCTURE_NATIVE:
	case MIP_STRUCTURE_GRAMMAR:
		return MIP_STRUCTURE_NATIVE;
	case MIP_STRUCTURE_FUNCTION:
		return anthropic_thinks(m) ? MIP_STRUCTURE_NATIVE : asked;
	case MIP_STRUCTURE_JSON_OBJECT: /* there is no such thing */
	case MIP_STRUCTURE_PROMPT:
		break;
	}
	return MIP_STRUCTURE_PROMPT;
}

/* The input of a tool that must be called is the reply of whoever takes no
 * schema, or not this one: of tools it makes no grammar. */
static enum mip_structure
anthropic_step(const struct mip_model *m, enum mip_structure s)
{
	return s == MIP_STRUCTURE_NATIVE && !anthropic_thinks(m) ?
	    MIP_STRUCTURE_FUNCTION : MIP_STRUCTURE_PROMPT;
}

/* Models from 4.7 on sample as they will; those before 3.7 do not think. */
static unsigned
anthropic_lacks(const struct mip_model *m)
{
	int generation = anthropic_generation(m->id);
	unsigned lacks = 0;

	if (generation >= 47 && generation < ANTHROPIC_NEWEST)
		lacks |= LACKS_TEMPERATURE | LACKS_TOP_P;
	if (anthropic_thinks(m))
		lacks |= LACKS_TEMPERATURE | LACKS_TOP_P;
	if (m->effort && !anthropic_is(m, "none") && !anthropic_effort(m) &&
	    !anthropic_thinks(m))
		lacks |= LACKS_EFFORT;
	if (m->temperature >= 0)
		lacks |= LACKS_TOP_P;
	return lacks;
}

static bool
anthropic_is_text(const struct provider_part *p)
{
	return p->kind == PROVIDER_FILE && provider_mime(p, "text/plain");
}

static const char *
anthropic_unsendable(const struct provider_part *p)
{
	if (p->kind == PROVIDER_AUDIO)
		return "sound";
	if (p->kind == PROVIDER_FILE && !anthropic_is_text(p) &&
	    !provider_mime(p, "application/pdf"))
		return "files that are neither PDF nor text";
	return NULL;
}

static const char *
anthropic_cannot(const struct provider_ask *a)
{
	return provider_unsendable(a, anthropic_unsendable);
}

static void
anthropic_source(struct buf *b, const struct provider_part *p)
{
	buf_puts(b, p->kind == PROVIDER_IMAGE ? "{\"type\":\"image\"" :
	    "{\"type\":\"document\"");
	buf_puts(b, ",\"source\":{\"type\":");
	if (p->url.n > 0) {
		buf_puts(b, "\"url\",\"url\":");
		buf_put(b, p->url.s, p->url.n);
	} else if (anthropic_is_text(p)) {
		buf_puts(b, "\"text\",\"media_type\":\"text/plain\",\"data\":");
		provider_decode(b, p->data);
	} else {
		buf_puts(b, "\"base64\",\"media_type\":\"");
		buf_put(b, p->mime.s, p->mime.n);
		buf_puts(b, "\",\"data\":\"");
		buf_put(b, p->data.s, p->data.n);
		buf_putc(b, '"');
	}
	buf_puts(b, "}}");
}

static void
anthropic_content(struct buf *b, const struct provider_message *m, bool mark)
{
	struct json_walk w = provider_parts(m);
	struct provider_part p;

	if (json_kind(m->content) != JSON_ARRAY) {
		buf_puts(b, mark ? "[{\"type\":\"text\",\"text\":" : "");
		buf_put(b, m->content.s, m->content.n);
		buf_puts(b, mark ? "," ANTHROPIC_MARK "}]" : "");
		return;
	}
	buf_putc(b, '[');
	while (provider_part(&w, &p)) {
		json_put_item(b);
		if (p.kind == PROVIDER_TEXT) {
			buf_puts(b, "{\"type\":\"text\",\"text\":");
			buf_put(b, p.text.s, p.text.n);
			buf_putc(b, '}');
		} else {
			anthropic_source(b, &p);
		}
	}
	buf_putc(b, ']');
}

/* How many turns stand before the last, which alone differs from call to
 * call. */
static size_t
anthropic_before(const struct provider_ask *a)
{
	struct json_walk w = provider_messages(a);
	struct provider_message m;
	size_t n = 0;

	while (provider_turn(&w, &m))
		n++;
	return n > 0 ? n - 1 : 0;
}

static void
anthropic_messages(struct buf *b, const struct provider_ask *a, size_t mark)
{
	struct json_walk w = provider_messages(a);
	struct provider_message m;
	size_t n = 0;

	json_put_raw(b, "messages", "[");
	while (provider_turn(&w, &m)) {
		json_put_item(b);
		buf_puts(b, m.assistant ? "{\"role\":\"assistant\"" :
		    "{\"role\":\"user\"");
		buf_puts(b, ",\"content\":");
		anthropic_content(b, &m, ++n == mark);
		buf_putc(b, '}');
	}
	buf_putc(b, ']');
}

/* The system's text; marked, if no demonstration follows that could be. */
static void
anthropic_system(struct buf *b, const struct provider_ask *a, bool mark)
{
	struct buf text = BUF_INIT;

	if (provider_system(&text, a)) {
		json_put_member(b, "system");
		buf_puts(b, mark ? "[{\"type\":\"text\",\"text\":\"" : "\"");
		buf_put(b, text.s, text.len);
		buf_puts(b, mark ? "\"," ANTHROPIC_MARK "}]" : "\"");
	}
	buf_made_of(b, &text);
}

static void
anthropic_function(struct buf *b, const struct provider_ask *a)
{
	const char *name = a->schema_name ? a->schema_name : "reply";

	buf_puts(b, ",\"tools\":[{");
	json_put_string(b, "name", name);
	json_put_raw(b, "input_schema", a->schema);
	buf_puts(b, "}],\"tool_choice\":{\"type\":\"tool\"");
	json_put_string(b, "name", name);
	buf_putc(b, '}');
}

/* How hard it tries, and the shape of the reply. */
static void
anthropic_config(struct buf *b, const struct provider_ask *a)
{
	static const char *const drop[] = {
		"minimum", "maximum", "minLength", "maxLength", "minItems",
		"maxItems", "pattern", "default", NULL
	};
	const char *effort = anthropic_effort(a->model);
	bool native = a->schema && a->rung == MIP_STRUCTURE_NATIVE;

	if (!effort && !native)
		return;
	buf_puts(b, ",\"output_config\":{");
	if (effort)
		json_put_string(b, "effort", effort);
	if (native) {
		json_put_raw(b, "format", "{\"type\":\"json_schema\","
		    "\"schema\":");
		provider_schema(b, a->schema, drop);
		buf_putc(b, '}');
	}
	buf_putc(b, '}');
}

/* It takes none that are blank. */
static void
anthropic_stops(struct buf *b, const char *const *stop)
{
	bool first = true;

	for (; stop && *stop; stop++) {
		if ((*stop)[strspn(*stop, " \t\r\n\v\f")] == '\0')
			continue;
		if (first)
			json_put_raw(b, "stop_sequences", "[");
		first = false;
		json_put_item(b);
		buf_json(b, *stop, strlen(*stop));
	}
	buf_puts(b, first ? "" : "]");
}

static void
anthropic_body(struct buf *b, const struct provider_ask *as)
{
	const struct mip_model *m = as->model;
	struct buf plain = BUF_INIT;
	struct provider_ask merged, *a = &merged;
	size_t mark;

	provider_merge(as, a, &plain);
	mark = m->prompt_cache ? anthropic_before(a) : 0;

	buf_putc(b, '{');
	json_put_string(b, "model", m->id);
	json_put_int(b, "max_tokens", m->max_tokens > 0 ? m->max_tokens :
	    ANTHROPIC_MAX_TOKENS);
	anthropic_system(b, a, m->prompt_cache && mark == 0);
	anthropic_messages(b, a, mark);
	/* One of the two, and no warmer than 1. */
	provider_number(b, "temperature", a->temperature > 1 ? 1 :
	    a->temperature);
	if (a->temperature < 0)
		provider_number(b, "top_p", m->top_p);
	anthropic_stops(b, m->stop);
	anthropic_thinking(b, a);
	anthropic_config(b, a);
	if (a->schema && a->rung == MIP_STRUCTURE_FUNCTION)
		anthropic_function(b, a);
	if (a->stream)
		json_put_raw(b, "stream", "true");
	provider_options(b, m, NULL, false);
	buf_putc(b, '}');
	buf_made_of(b, &plain);
}

/* ---- answers ---- */

static enum reply_finish
anthropic_finish(const cJSON *root)
{
	if (provider_word_is(root, "stop_reason", "max_tokens") ||
	    provider_word_is(root, "stop_reason",
	    "model_context_window_exceeded"))
		return REPLY_LENGTH;
	return REPLY_STOP;
}

/* `input_tokens` are those that are neither read from nor written to the
 * server's cache. */
static void
anthropic_usage(const cJSON *root, struct provider_answer *r)
{
	const cJSON *u = cJSON_GetObjectItemCaseSensitive(root, "usage");

	if (!cJSON_IsObject(u))
		return;
	r->in = provider_count(u, "input_tokens", &r->counted);
	r->out = provider_count(u, "output_tokens", &r->counted);
	r->cached = provider_count(u, "cache_read_input_tokens", NULL);
	r->written = provider_count(u, "cache_creation_input_tokens", NULL);
	r->in += r->cached + r->written;
}

/* What the tool was called with, as it stands: numbers stay exact. */
static struct json
anthropic_input(const char *s, size_t n)
{
	struct json v, item, none = { NULL, 0 };
	struct json_walk w;

	if (!json_parse(s, n, &v, NULL, NULL))
		return none;
	w = json_walk(json_get(v, "content"));
	while (json_next(&w, NULL, &item))
		if (json_string_is(json_get(item, "type"), "tool_use"))
			return json_get(item, "input");
	return none;
}

static void
anthropic_blocks(const cJSON *content, struct buf *text, struct buf *thoughts)
{
	const cJSON *block;
	const char *s;

	cJSON_ArrayForEach(block, content) {
		s = provider_text_of(block, "text");
		if (s && provider_word_is(block, "type", "text"))
			buf_puts(text, s);
		s = provider_text_of(block, "thinking");
		if (s && provider_word_is(block, "type", "thinking"))
			buf_puts(thoughts, s);
	}
}

/* Whether the model, or what watches over it, will not answer; without words of
 * its own, those that explain it are the reply. */
static bool
anthropic_refused(const cJSON *root, struct buf *text)
{
	const char *why = provider_text_of(cJSON_GetObjectItemCaseSensitive(
	    root, "stop_details"), "explanation");

	if (!provider_word_is(root, "stop_reason", "refusal"))
		return false;
	if (why && text->len == 0)
		buf_puts(text, why);
	return true;
}

static bool
anthropic_answer(const char *s, size_t n, enum mip_structure rung,
    struct provider_answer *r)
{
	cJSON *root = provider_parse(s, n, "a Messages", r);
	struct buf text = BUF_INIT, thoughts = BUF_INIT;
	const cJSON *content;
	struct json input = { NULL, 0 };
	bool ok;

	if (!root)
		return false;
	content = cJSON_GetObjectItemCaseSensitive(root, "content");
	if (cJSON_IsArray(content)) {
		r->finish = anthropic_finish(root);
		anthropic_usage(root, r);
		provider_names_of(r, root, "id", "model");
		if (rung == MIP_STRUCTURE_FUNCTION)
			input = anthropic_input(s, n);
		anthropic_blocks(content, &text, &thoughts);
		if (input.n > 0) {
			buf_reset(&text);
			buf_put(&text, input.s, input.n);
		}
		r->refused = anthropic_refused(root, &text);
		ok = provider_finish(r, &text, &thoughts);
	} else {
		ok = provider_no_answer(r, s, n, provider_chat_error,
		    "JSON without content, not a Messages reply");
	}
	cJSON_Delete(root);
	return ok;
}

/* A call of the tool begins; it may be called with nothing. */
static void
anthropic_begins(struct provider_stream *st, const cJSON *root)
{
	const cJSON *block = cJSON_GetObjectItemCaseSensitive(root,
	    "content_block");

	if (st->rung == MIP_STRUCTURE_FUNCTION &&
	    provider_word_is(block, "type", "tool_use"))
		provider_calls(st, provider_count(root, "index", NULL));
}

static void
anthropic_delta(struct provider_stream *st, const cJSON *root)
{
	const cJSON *delta = cJSON_GetObjectItemCaseSensitive(root, "delta");
	const char *s = provider_text_of(delta, "partial_json");

	provider_said(st, provider_text_of(delta, "text"));
	if (s && st->rung == MIP_STRUCTURE_FUNCTION &&
	    provider_calls(st, provider_count(root, "index", NULL)))
		provider_called(st, s);
	s = provider_text_of(delta, "thinking");
	if (s)
		buf_puts(&st->reasoning, s);
}

/* The input is counted when the message begins, the output when it ends. */
static void
anthropic_counts(struct provider_stream *st, const cJSON *root)
{
	struct provider_answer *r = &st->answer, now = { .in = 0 };

	anthropic_usage(root, &now);
	if (!now.counted)
		return;
	r->counted = true;
	if (now.in > 0) {
		r->in = now.in;
		r->cached = now.cached;
		r->written = now.written;
	}
	r->out = now.out;
}

static bool
anthropic_piece(struct provider_stream *st, const char *s, size_t n)
{
	cJSON *root = provider_event(st, s, n);
	const cJSON *delta, *message;
	bool ok = true;

	if (!root)
		return false;
	delta = cJSON_GetObjectItemCaseSensitive(root, "delta");
	if (provider_word_is(root, "type", "error")) {
		ok = provider_no_answer(&st->answer, s, n,
		    provider_chat_error, "an error");
	} else if (provider_word_is(root, "type", "message_start")) {
		message = cJSON_GetObjectItemCaseSensitive(root, "message");
		anthropic_counts(st, message);
		provider_names_of(&st->answer, message, "id", "model");
	} else if (provider_word_is(root, "type", "content_block_start")) {
		anthropic_begins(st, root);
	} else if (provider_word_is(root, "type", "content_block_delta")) {
		anthropic_delta(st, root);
	} else if (provider_word_is(root, "type", "message_delta")) {
		st->answer.finish = anthropic_finish(delta);
		st->answer.refused = anthropic_refused(delta, &st->text);
		anthropic_counts(st, root);
	} else if (provider_word_is(root, "type", "message_stop")) {
		if (st->calls && !st->called)
			provider_called(st, "{}");
		st->ended = true;
	}
	cJSON_Delete(root);
	return ok;
}

/* A prompt that is too long has no code of its own. */
static void
anthropic_error(const char *s, size_t n, struct provider_error *e)
{
	provider_chat_error(s, n, e);
	if (strncmp(e->text, "prompt is too long", 18) == 0 ||
	    strstr(e->text, "exceed context limit"))
		snprintf(e->code, sizeof e->code, "context_length_exceeded");
}

static const char *const anthropic_reserved[] = {
	"stream", "messages", "model", "system", "tools", "tool_choice",
	"output_config", NULL
};

const struct provider provider_anthropic = {
	.name = "anthropic",
	.base_url = "https://api.anthropic.com/v1",
	.key_env = "ANTHROPIC_API_KEY",
	.key_header = "x-api-key",
	.header = ANTHROPIC_VERSION,
	.reserved = anthropic_reserved,
	.max_tokens = ANTHROPIC_MAX_TOKENS,
	.url = anthropic_url,
	.rung = anthropic_rung,
	.step = anthropic_step,
	.lacks = anthropic_lacks,
	.cannot = anthropic_cannot,
	.body = anthropic_body,
	.answer = anthropic_answer,
	.error = anthropic_error,
	.piece = anthropic_piece,
};
