/* What the APIs that the fake model server judges by have in common.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "lmd_api.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct lmd_api *
lmd_api_find(const char *name)
{
	static const struct lmd_api *const all[] = {
		&lmd_api_openai, &lmd_api_azure, &lmd_api_llamacpp,
		&lmd_api_anthropic, &lmd_api_gemini, &lmd_api_ollama
	};
	size_t i;

	for (i = 0; i < sizeof all / sizeof *all; i++)
		if (strcmp(all[i]->name, name) == 0)
			return all[i];
	return NULL;
}

bool
lmd_fault(struct lmd_fault *f, unsigned status, const char *param,
    const char *code, const char *fmt, ...)
{
	va_list ap;

	f->status = status;
	snprintf(f->param, sizeof f->param, "%s", param ? param : "");
	snprintf(f->code, sizeof f->code, "%s", code ? code : "");
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof f->text, fmt, ap);
	va_end(ap);
	return false;
}

/* ---- members ---- */

const cJSON *
lmd_get(const cJSON *o, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(o, name);
}

const char *
lmd_word(const cJSON *o, const char *name)
{
	const char *s = cJSON_GetStringValue(lmd_get(o, name));

	return s ? s : "";
}

double
lmd_number(const cJSON *o, const char *name, double otherwise)
{
	const cJSON *v = lmd_get(o, name);

	return cJSON_IsNumber(v) ? v->valuedouble : otherwise;
}

const char *
lmd_unknown(const cJSON *o, const char *const *known)
{
	const char *const *k;
	const cJSON *m;

	cJSON_ArrayForEach(m, o) {
		for (k = known; *k && strcmp(*k, m->string); k++)
			;
		if (!*k)
			return m->string;
	}
	return NULL;
}

bool
lmd_begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

bool
lmd_among(const char *s, const char *words)
{
	size_t n = strlen(s);
	const char *at = words;

	for (; n > 0 && (at = strstr(at, s)); at++)
		if (at > words && at[-1] == ' ' && at[n] == ' ')
			return true;
	return false;
}

bool
lmd_is_name(const char *s, size_t most)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

	return n > 0 && n <= most && s[n] == '\0';
}

bool
lmd_blank(const char *s)
{
	return s[strspn(s, " \t\r\n")] == '\0';
}

static bool
is_kind(const cJSON *v, const struct lmd_field *f)
{
	const cJSON *s;

	switch (f->kind) {
	case LMD_ANY:
		return true;
	case LMD_STRING:
		return cJSON_IsString(v);
	case LMD_NUMBER:
		return cJSON_IsNumber(v);
	case LMD_INT:
		return cJSON_IsNumber(v) &&
		    !(v->valuedouble > (double)(long long)v->valuedouble) &&
		    !(v->valuedouble < (double)(long long)v->valuedouble);
	case LMD_BOOL:
		return cJSON_IsBool(v);
	case LMD_OBJECT:
		return cJSON_IsObject(v);
	case LMD_ARRAY:
		return cJSON_IsArray(v);
	case LMD_TEXT:
		return cJSON_IsString(v) || cJSON_IsArray(v);
	case LMD_STRINGS:
		cJSON_ArrayForEach(s, v)
			if (!cJSON_IsString(s))
				return false;
		return cJSON_IsArray(v);
	}
	return false;
}

static bool
in_range(const cJSON *v, const struct lmd_field *f)
{
	double x = cJSON_IsArray(v) ? cJSON_GetArraySize(v) : v->valuedouble;

	if (!(f->min < 0) && !(f->max > 0) && !(f->min > 0))
		return true;
	if (!cJSON_IsNumber(v) && !cJSON_IsArray(v))
		return true;
	return !(x < f->min) && (!(f->max > f->min) || !(x > f->max));
}

enum lmd_wrong
lmd_fields(const cJSON *o, const struct lmd_field *field, const char **name)
{
	const struct lmd_field *f;
	const cJSON *v;

	cJSON_ArrayForEach(v, o) {
		*name = v->string;
		for (f = field; f->name && strcmp(f->name, v->string); f++)
			;
		if (!f->name)
			return LMD_UNKNOWN;
		if (cJSON_IsNull(v))
			continue;
		if (!is_kind(v, f))
			return LMD_TYPE;
		if (!in_range(v, f))
			return LMD_RANGE;
	}
	for (f = field; f->name; f++) {
		*name = f->name;
		if (f->needed && !lmd_get(o, f->name))
			return LMD_MISSING;
	}
	return LMD_FINE;
}

const char *
lmd_kind_word(const struct lmd_field *field, const char *name)
{
	static const char *const word[] = {
		"anything", "a string", "a number", "an integer", "a boolean",
		"an object", "an array", "a string or an array",
		"an array of strings"
	};

	for (; field->name; field++)
		if (strcmp(field->name, name) == 0)
			return word[field->kind];
	return word[LMD_ANY];
}

/* ---- requests ---- */

const char *
lmd_header(const struct lmd_request *r, const char *name)
{
	return r->find(r->connection, true, name);
}

const char *
lmd_argument(const struct lmd_request *r, const char *name)
{
	return r->find(r->connection, false, name);
}

bool
lmd_lacks(const struct lmd_request *r, const char *name)
{
	const cJSON *s;

	cJSON_ArrayForEach(s, r->lacks)
		if (cJSON_IsString(s) && strcmp(s->valuestring, name) == 0)
			return true;
	return false;
}

bool
lmd_streams(const struct lmd_request *r)
{
	return cJSON_IsTrue(lmd_get(r->json, "stream"));
}

/* What all of them want of HTTP. */
static bool
is_json_post(const struct lmd_request *r, struct lmd_fault *f)
{
	const char *type = lmd_header(r, "Content-Type");

	if (strcmp(r->method, "POST") != 0)
		return lmd_fault(f, 405, NULL, NULL, "Method Not Allowed");
	if (!type || !lmd_begins(type, "application/json"))
		return lmd_fault(f, 415, NULL, NULL, "Unsupported Media Type: "
		    "the content type must be application/json");
	if (!cJSON_IsObject(r->json))
		return lmd_fault(f, 400, NULL, NULL,
		    "We could not parse the JSON body of your request.");
	return true;
}

unsigned
lmd_api_status(const struct lmd_api *a, const struct lmd_rule *u,
    const struct lmd_request *r, struct lmd_fault *f)
{
	const char *text = lmd_word(u->json, "error");

	memset(f, 0, sizeof *f);
	if (!is_json_post(r, f) || !a->judge(r, f))
		return f->status;
	if (u->status < 400)
		return u->status;
	f->quota = cJSON_IsTrue(lmd_get(u->json, "quota"));
	lmd_fault(f, u->status, NULL, lmd_word(u->json, "code"), "%s",
	    *text ? text : "as the script says");
	return u->status;
}

/* ---- answers ---- */

void
lmd_pieces(const char *s, void (*put)(void *arg, const char *piece),
    void *arg)
{
	struct lmd_text piece = { NULL, 0, 0 };
	size_t n;

	for (; *s; s += n) {
		n = strnlen(s, 12);
		while (((unsigned char)s[n] & 0xc0) == 0x80)
			n++;
		piece.len = 0;
		lmd_put(&piece, s, n);
		put(arg, piece.s);
	}
	free(piece.s);
}

void
lmd_vector(struct lmd_text *t, const char *s)
{
	double v[LMD_DIM];
	unsigned i;

	lmd_embed(v, s);
	for (i = 0; i < LMD_DIM; i++)
		lmd_printf(t, "%s%.9g", i ? "," : "[", v[i]);
	lmd_puts(t, "]");
}

const char *
lmd_api_reply(struct lmd_text *t, const struct lmd_api *a,
    const struct lmd_rule *u, const struct lmd_request *r,
    const struct lmd_fault *f, unsigned turn)
{
	const cJSON *o = lmd_get(u->json, "usage");
	struct lmd_text text = { NULL, 0, 0 };
	struct lmd_said said = { .text = "" };
	const char *type;

	if (f->status >= 400)
		return a->error(t, f);
	lmd_says(&text, u, r, turn, 0);
	said.text = text.s ? text.s : "";
	said.reasoning = cJSON_GetStringValue(lmd_get(u->json, "reasoning"));
	said.refusal = cJSON_GetStringValue(lmd_get(u->json, "refusal"));
	said.finish = cJSON_GetStringValue(lmd_get(u->json, "finish"));
	said.in = (unsigned)lmd_number(o, "in", 30);
	said.cached = (unsigned)lmd_number(o, "cached", 0);
	said.written = (unsigned)lmd_number(o, "written", 0);
	said.out = (unsigned)lmd_number(o, "out", 9);
	type = a->answer(t, r, &said);
	free(text.s);
	return type;
}
