/* Ollama's own API.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "provider/provider_json.h"

/* ---- the address ---- */

/* The host alone: this machine, if none is said or any would do. */
static void
ollama_host(struct buf *b, const char *s, size_t n)
{
	bool bare = n > 0 && *s != '[' && memchr(s, ':', n);

	if (n == 0 || (n == 7 && memcmp(s, "0.0.0.0", 7) == 0)) {
		buf_puts(b, "127.0.0.1");
		return;
	}
	if ((n == 2 && memcmp(s, "::", 2) == 0) ||
	    (n == 4 && memcmp(s, "[::]", 4) == 0)) {
		buf_puts(b, "[::1]");
		return;
	}
	buf_puts(b, bare ? "[" : "");
	buf_put(b, s, n);
	buf_puts(b, bare ? "]" : "");
}

/* Bytes of the host in "host:port"; an address of IPv6 without brackets has no
 * port. */
static size_t
ollama_host_end(const char *s, size_t n)
{
	size_t at = n;

	while (at > 0 && s[at - 1] != ':' && s[at - 1] != ']')
		at--;
	if (at == 0 || s[at - 1] == ']' ||
	    (*s != '[' && memchr(s, ':', at - 1)))
		return n;
	return at - 1;
}

/* OLLAMA_HOST, as Ollama's own tools read it: [scheme://]host[:port][/path]. */
static void
ollama_base(struct buf *b, const char *env)
{
	const char *s = env + strspn(env, " \t\"'"), *port = ":11434";
	const char *scheme = strstr(s, "://");
	size_t n, host;
	int64_t number;

	n = scheme ? (size_t)(scheme - s) : 0;
	if (scheme)
		port = n == 5 && memcmp(s, "https", 5) == 0 ? ":443" : ":80";
	buf_put(b, scheme ? s : "http", scheme ? n : 4);
	buf_puts(b, "://");
	s = scheme ? scheme + 3 : s;
	n = strcspn(s, "/ \t\"'");
	host = ollama_host_end(s, n);
	ollama_host(b, s, host);
	if (host < n && buf_to_int(s + host + 1, n - host - 1, &number) &&
	    number >= 0 && number <= 65535)
		buf_put(b, s + host, n - host);
	else
		buf_puts(b, port);
	buf_put(b, s + n, strcspn(s + n, " \t\"'"));
}

/* ---- requests ---- */

static void
ollama_url(struct buf *b, const char *base, const struct mip_model *m,
    enum provider_to to)
{
	(void)m;
	provider_join(b, base, to == PROVIDER_LIST ? "/api/tags" :
	    to == PROVIDER_EMBED ? "/api/embed" : "/api/chat");
}

static const char *
ollama_unsendable(const struct provider_part *p)
{
	if (p->url.n > 0)
		return "images by their address";
	if (p->kind == PROVIDER_FILE)
		return "files";
	return p->kind == PROVIDER_AUDIO ? "sound" : NULL;
}

static const char *
ollama_cannot(const struct provider_ask *a)
{
	return provider_unsendable(a, ollama_unsendable);
}

/* Texts in one string; images beside it, in bare base64. */
static void
ollama_content(struct buf *b, const struct provider_message *m)
{
	struct json_walk w = provider_parts(m);
	struct provider_part p;
	bool first = true;

	json_put_member(b, "content");
	if (json_kind(m->content) != JSON_ARRAY) {
		buf_put(b, m->content.s, m->content.n);
		return;
	}
	buf_putc(b, '"');
	while (provider_part(&w, &p)) {
		if (p.kind != PROVIDER_TEXT || p.text.n < 2)
			continue;
		if (!first)
			buf_puts(b, "\\n\\n");
		first = false;
		buf_put(b, p.text.s + 1, p.text.n - 2);
	}
	buf_puts(b, "\",\"images\":[");
	w = provider_parts(m);
	while (provider_part(&w, &p)) {
		if (p.kind != PROVIDER_IMAGE)
			continue;
		json_put_item(b);
		buf_putc(b, '"');
		buf_put(b, p.data.s, p.data.n);
		buf_putc(b, '"');
	}
	buf_putc(b, ']');
}

static void
ollama_messages(struct buf *b, const struct provider_ask *a)
{
	struct buf plain = BUF_INIT;
	struct provider_ask merged;
	struct json_walk w;
	struct provider_message m;

	provider_merge(a, &merged, &plain);
	w = provider_messages(&merged);
	json_put_raw(b, "messages", "[");
	while (provider_message(&w, &m)) {
		json_put_item(b);
		buf_puts(b, "{\"role\":");
		buf_put(b, m.role.s, m.role.n);
		ollama_content(b, &m);
		buf_putc(b, '}');
	}
	buf_putc(b, ']');
	buf_made_of(b, &plain);
}

/* Levels where there are more than on and off. */
static void
ollama_think(struct buf *b, const struct mip_model *m)
{
	const char *effort = m->effort;

	if (!effort || provider_has_option(m, "think"))
		return;
	if (strcmp(effort, "none") == 0)
		json_put_raw(b, "think", "false");
	else
		json_put_string(b, "think", effort);
}

/* Options of the request; all others are of the model. */
static const char *const ollama_outer[] = { "keep_alive", "think",
    "truncate", "dimensions", NULL };

static void
ollama_body(struct buf *b, const struct provider_ask *a)
{
	const struct mip_model *m = a->model;

	buf_putc(b, '{');
	json_put_string(b, "model", m->id);
	ollama_messages(b, a);
	json_put_raw(b, "stream", a->stream ? "true" : "false");
	if (a->schema && a->rung == MIP_STRUCTURE_NATIVE)
		json_put_raw(b, "format", a->schema);
	else if (a->schema && a->rung == MIP_STRUCTURE_JSON_OBJECT)
		json_put_string(b, "format", "json");
	/* Else it drops what prompts begin with, without a word. */
	if (!provider_has_option(m, "truncate"))
		json_put_raw(b, "truncate", "false");
	ollama_think(b, m);
	json_put_raw(b, "options", "{");
	provider_number(b, "temperature", a->temperature);
	provider_number(b, "top_p", m->top_p);
	if (m->max_tokens > 0)
		json_put_int(b, "num_predict", m->max_tokens);
	/* Its own default cuts prompts off. */
	if (m->context > 0 && !provider_has_option(m, "num_ctx"))
		json_put_int(b, "num_ctx", m->context);
	provider_seed(b, a);
	provider_strings(b, "stop", m->stop);
	provider_options(b, m, ollama_outer, false);
	buf_putc(b, '}');
	provider_options(b, m, ollama_outer, true);
	buf_putc(b, '}');
}

static void
ollama_embed_body(struct buf *b, const struct provider_ask *a)
{
	buf_putc(b, '{');
	json_put_string(b, "model", a->model->id);
	json_put_member(b, "input");
	buf_put(b, a->messages, a->messages_len);
	provider_options(b, a->model, ollama_outer, true);
	buf_putc(b, '}');
}

/* ---- answers ---- */

static void
ollama_usage(const cJSON *root, struct provider_answer *r)
{
	r->in = provider_count(root, "prompt_eval_count", &r->counted);
	r->out = provider_count(root, "eval_count", &r->counted);
}

static bool
ollama_answer(const char *s, size_t n, enum mip_structure rung,
    struct provider_answer *r)
{
	cJSON *root = provider_parse(s, n, "an Ollama", r);
	struct buf text = BUF_INIT, thoughts = BUF_INIT;
	const cJSON *message;
	const char *said;
	bool ok;

	(void)rung;
	if (!root)
		return false;
	message = cJSON_GetObjectItemCaseSensitive(root, "message");
	said = provider_text_of(message, "content");
	if (said) {
		r->finish = provider_word_is(root, "done_reason", "length") ?
		    REPLY_LENGTH : REPLY_STOP;
		ollama_usage(root, r);
		provider_names_of(r, root, NULL, "model");
		buf_puts(&text, said);
		said = provider_text_of(message, "thinking");
		if (said)
			buf_puts(&thoughts, said);
		ok = provider_finish(r, &text, &thoughts);
	} else {
		ok = provider_no_answer(r, s, n, provider_chat_error,
		    "JSON without a message, not an Ollama reply");
	}
	cJSON_Delete(root);
	return ok;
}

static bool
ollama_piece(struct provider_stream *st, const char *s, size_t n)
{
	cJSON *root = provider_event(st, s, n);
	const cJSON *message;
	const char *thoughts;
	bool ok = true;

	if (!root)
		return false;
	message = cJSON_GetObjectItemCaseSensitive(root, "message");
	thoughts = provider_text_of(message, "thinking");
	if (cJSON_HasObjectItem(root, "error"))
		ok = provider_no_answer(&st->answer, s, n,
		    provider_chat_error, "an error");
	provider_said(st, provider_text_of(message, "content"));
	if (thoughts)
		buf_puts(&st->reasoning, thoughts);
	if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(root, "done"))) {
		st->ended = true;
		if (provider_word_is(root, "done_reason", "length"))
			st->answer.finish = REPLY_LENGTH;
		ollama_usage(root, &st->answer);
	}
	provider_names_of(&st->answer, root, NULL, "model");
	cJSON_Delete(root);
	return ok;
}

static bool
ollama_embed_answer(const char *s, size_t n, size_t want,
    struct provider_answer *r)
{
	static const struct provider_embeds how = {
		.api = "Ollama's embeddings", .list = "embeddings",
		.tokens = "prompt_eval_count", .error = provider_chat_error,
	};

	return provider_embed_read(&how, s, n, want, r);
}

static const char *const ollama_reserved[] = {
	"stream", "messages", "model", "format", "options", "tools", NULL
};

const struct provider provider_ollama = {
	.name = "ollama",
	.base_url = "http://127.0.0.1:11434",
	.base_env = "OLLAMA_HOST",
	.base = ollama_base,
	.here = true,
	.reserved = ollama_reserved,
	.url = ollama_url,
	.rung = provider_schema_rung,
	.cannot = ollama_cannot,
	.body = ollama_body,
	.answer = ollama_answer,
	.error = provider_chat_error,
	.piece = ollama_piece,
	.lines = true,
	.embed_body = ollama_embed_body,
	.embed_answer = ollama_embed_answer,
};
