/* The fake model server's bodies: completions, streams, errors, vectors.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "lmd_api.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char JSON_TYPE[] = "application/json";

/* ---- text -------------------------------------------------------------- */

void *
lmd_alloc(size_t n)
{
	void *p = calloc(1, n ? n : 1);

	if (!p)
		lmd_die("out of memory");
	return p;
}

void
lmd_put(struct lmd_text *t, const void *p, size_t n)
{
	size_t cap = t->cap ? t->cap : 256;
	char *s;

	while (cap < t->len + n + 1)
		cap *= 2;
	if (cap != t->cap) {
		s = realloc(t->s, cap);
		if (!s)
			lmd_die("out of memory");
		t->s = s;
		t->cap = cap;
	}
	if (n)
		memcpy(t->s + t->len, p, n);
	t->len += n;
	t->s[t->len] = '\0';
}

void
lmd_puts(struct lmd_text *t, const char *s)
{
	lmd_put(t, s, strlen(s));
}

void
lmd_printf(struct lmd_text *t, const char *fmt, ...)
{
	char small[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(small, sizeof small, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof small)
		lmd_die("text too long: %s", fmt);
	lmd_put(t, small, (size_t)n);
}

void
lmd_quote(struct lmd_text *t, const char *s)
{
	size_t n;

	lmd_put(t, "\"", 1);
	for (; *s; s += n) {
		for (n = 0; (unsigned char)s[n] >= ' ' && s[n] != '"' &&
		    s[n] != '\\'; n++)
			;
		lmd_put(t, s, n);
		if (s[n] == '\0')
			break;
		s += n;
		n = 1;
		if (*s == '\n')
			lmd_puts(t, "\\n");
		else if (*s == '"' || *s == '\\')
			lmd_printf(t, "\\%c", *s);
		else
			lmd_printf(t, "\\u%04x", (unsigned)*s);
	}
	lmd_put(t, "\"", 1);
}

/* ---- completions ------------------------------------------------------- */

static const char *
string(const cJSON *o, const char *name)
{
	return cJSON_GetStringValue(cJSON_GetObjectItem(o, name));
}

void
lmd_says(struct lmd_text *t, const struct lmd_rule *u,
    const struct lmd_request *r, unsigned turn, unsigned k)
{
	const cJSON *json = cJSON_GetObjectItem(u->json, "json");
	const cJSON *many = cJSON_GetObjectItem(u->json, "replies");
	int n = cJSON_GetArraySize(many);
	const char *text = string(u->json, "reply");
	char *printed = NULL;
	uint64_t seed;
	size_t i, mb;

	if (u->action == LMD_BADUTF8)
		lmd_puts(t, "\xff\xc3(");
	if (u->task) {
		lmd_task_answer(t, u->task, r, k);
		return;
	}
	if (cJSON_IsTrue(cJSON_GetObjectItem(u->json, "invent"))) {
		memcpy(&seed, r->sha, sizeof seed);
		lmd_invent(t, lmd_task_schema(r->json), r->user.s, seed + k);
		return;
	}
	if (u->action == LMD_HUGE) {
		mb = (size_t)lmd_number(u->json, "mb", 8);
		for (i = 0; i < mb * 16384; i++)
			lmd_puts(t, "A very long reply that has no end, and "
			    "then it goes on and on.\n");
		return;
	}
	if (n > 0) {
		json = cJSON_GetArrayItem(many, (int)(turn % (unsigned)n));
		text = cJSON_GetStringValue(json);
	}
	if (!text && json)
		text = printed = cJSON_PrintUnformatted(json);
	lmd_puts(t, text ? text : "ok");
	free(printed);
}

static void
usage(struct lmd_text *t, const struct lmd_rule *u,
    const struct lmd_request *r, size_t said)
{
	const cJSON *o = cJSON_GetObjectItem(u->json, "usage");
	double in = lmd_number(o, "prompt_tokens", (double)(r->nchar / 4 + 1));
	double out = lmd_number(o, "completion_tokens", (double)(said / 4 + 1));

	lmd_printf(t, "\"usage\":{\"prompt_tokens\":%.0f,"
	    "\"completion_tokens\":%.0f,\"total_tokens\":%.0f,"
	    "\"prompt_tokens_details\":{\"cached_tokens\":%.0f}}",
	    in, out, in + out, lmd_number(o, "cached", 0));
}

/* The members that a completion and its chunks have in common. */
static void
head(struct lmd_text *t, const struct lmd_request *r, const char *object)
{
	const char *model = string(r->json, "model");
	unsigned i;

	lmd_puts(t, "{\"id\":\"chatcmpl-");
	for (i = 0; i < 8; i++)
		lmd_printf(t, "%02x", r->sha[i]);
	lmd_printf(t, "\",\"object\":\"%s\",\"created\":0,\"model\":", object);
	lmd_quote(t, model ? model : "lmd");
	lmd_put(t, ",", 1);
}

static void
choice(struct lmd_text *t, const struct lmd_rule *u, const char *said,
    unsigned k)
{
	const char *finish = string(u->json, "finish");
	const char *reasoning = string(u->json, "reasoning");
	const char *refusal = string(u->json, "refusal");

	lmd_printf(t, "%s{\"index\":%u,\"message\":{\"role\":\"assistant\","
	    "\"content\":", k ? "," : "", k);
	if (refusal && !cJSON_GetObjectItem(u->json, "reply"))
		lmd_puts(t, "null");
	else
		lmd_quote(t, said);
	if (refusal) {
		lmd_puts(t, ",\"refusal\":");
		lmd_quote(t, refusal);
	}
	if (reasoning) {
		lmd_puts(t, ",\"reasoning_content\":");
		lmd_quote(t, reasoning);
	}
	lmd_puts(t, "},\"finish_reason\":");
	lmd_quote(t, finish ? finish : "stop");
	lmd_put(t, "}", 1);
}

static void
chunk(struct lmd_text *t, const struct lmd_request *r, const char *field,
    const char *s, size_t n)
{
	struct lmd_text piece = { NULL, 0, 0 };

	lmd_put(&piece, s, n);
	lmd_puts(t, "data: ");
	head(t, r, "chat.completion.chunk");
	lmd_printf(t, "\"choices\":[{\"index\":0,\"delta\":{\"%s\":", field);
	lmd_quote(t, piece.s);
	lmd_puts(t, "},\"finish_reason\":null}]}\n\n");
	free(piece.s);
}

/* Some 12 bytes at a time, characters whole. */
static void
chunks(struct lmd_text *t, const struct lmd_request *r, const char *field,
    const char *s)
{
	size_t n;

	for (; *s; s += n) {
		n = strnlen(s, 12);
		while (((unsigned char)s[n] & 0xc0) == 0x80)
			n++;
		chunk(t, r, field, s, n);
	}
}

static const char *
stream(struct lmd_text *t, const struct lmd_rule *u,
    const struct lmd_request *r, unsigned turn)
{
	struct lmd_text said = { NULL, 0, 0 };
	const char *finish = string(u->json, "finish");
	const char *reasoning = string(u->json, "reasoning");

	lmd_says(&said, u, r, turn, 0);
	chunk(t, r, "role", "assistant", 9);
	if (reasoning)
		chunks(t, r, "reasoning_content", reasoning);
	chunks(t, r, "content", said.s);
	lmd_puts(t, "data: ");
	head(t, r, "chat.completion.chunk");
	lmd_puts(t, "\"choices\":[{\"index\":0,\"delta\":{},"
	    "\"finish_reason\":");
	lmd_quote(t, finish ? finish : "stop");
	lmd_puts(t, "}],");
	usage(t, u, r, said.len);
	lmd_puts(t, "}\n\ndata: [DONE]\n\n");
	free(said.s);
	return "text/event-stream";
}

const char *
lmd_reply(struct lmd_text *t, const struct lmd_rule *u,
    const struct lmd_request *r, unsigned turn)
{
	unsigned k, n = (unsigned)lmd_number(r->json, "n", 1);
	struct lmd_text said = { NULL, 0, 0 };
	size_t all = 0;

	if (u->action == LMD_HTML) {
		lmd_puts(t, "<!doctype html>\n<title>Sign in</title>\n"
		    "<p>Please sign in to this network.\n");
		return "text/html";
	}
	if (u->status >= 400)
		return lmd_reply_error(t, u->status, string(u->json, "error"));
	if (cJSON_IsTrue(cJSON_GetObjectItem(r->json, "stream")))
		return stream(t, u, r, turn);
	head(t, r, "chat.completion");
	lmd_puts(t, "\"choices\":[");
	for (k = 0; k < (n > 64 ? 64 : n); k++) {
		said.len = 0;
		lmd_says(&said, u, r, turn + k, k);
		all += said.len;
		choice(t, u, said.s, k);
	}
	lmd_puts(t, "],");
	usage(t, u, r, all);
	lmd_put(t, "}", 1);
	free(said.s);
	return JSON_TYPE;
}

const char *
lmd_reply_bare(struct lmd_text *t, const struct lmd_rule *u,
    const struct lmd_request *r, unsigned turn)
{
	if (u->status >= 400 && !cJSON_HasObjectItem(u->json, "json"))
		return lmd_reply_error(t, u->status, string(u->json, "error"));
	lmd_says(t, u, r, turn, 0);
	return JSON_TYPE;
}

const char *
lmd_reply_error(struct lmd_text *t, unsigned status, const char *message)
{
	lmd_puts(t, "{\"error\":{\"message\":");
	lmd_quote(t, message ? message : "as the script says");
	lmd_printf(t, ",\"type\":\"%s\",\"code\":%u}}",
	    status == 429 ? "rate_limit_error" :
	    status >= 500 ? "server_error" : "invalid_request_error", status);
	return JSON_TYPE;
}

/* ---- embeddings -------------------------------------------------------- */

void
lmd_embed(double v[LMD_DIM], const char *s)
{
	uint64_t h;
	double norm = 0;
	unsigned i;

	for (i = 0; i < LMD_DIM; i++)
		v[i] = 0;
	while (*s) {
		h = 14695981039346656037u;
		for (; isalnum((unsigned char)*s) || *s & 0x80; s++)
			h = (h ^ (unsigned char)tolower((unsigned char)*s)) *
			    1099511628211u;
		if (h != 14695981039346656037u)
			v[(h >> 8) % LMD_DIM] += (h >> 63) ? 1 : -1;
		if (*s)
			s++;
	}
	for (i = 0; i < LMD_DIM; i++)
		norm += v[i] * v[i];
	for (i = 0; i < LMD_DIM && norm > 0; i++)
		v[i] /= sqrt(norm);
}

static void
vector(struct lmd_text *t, const char *s, unsigned k)
{
	double v[LMD_DIM];
	unsigned i;

	lmd_embed(v, s);
	lmd_printf(t, "%s{\"object\":\"embedding\",\"index\":%u,"
	    "\"embedding\":[", k ? "," : "", k);
	for (i = 0; i < LMD_DIM; i++)
		lmd_printf(t, "%s%.9g", i ? "," : "", v[i]);
	lmd_puts(t, "]}");
}

const char *
lmd_reply_embeddings(struct lmd_text *t, const struct lmd_request *r)
{
	const cJSON *in = cJSON_GetObjectItem(r->json, "input"), *s;
	unsigned k = 0;

	lmd_puts(t, "{\"object\":\"list\",\"model\":\"lmd\",\"data\":[");
	if (cJSON_IsString(in))
		vector(t, in->valuestring, k++);
	cJSON_ArrayForEach(s, in)
		if (cJSON_IsString(s))
			vector(t, s->valuestring, k++);
	lmd_printf(t, "],\"usage\":{\"prompt_tokens\":%zu,"
	    "\"total_tokens\":%zu}}", r->body.len / 4, r->body.len / 4);
	return JSON_TYPE;
}
