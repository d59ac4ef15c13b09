/* What providers write and read of JSON: members of a body, the parts of
 * messages, the members of an answer.
 *
 * SPDX-License-Identifier: MIT */
#include "provider/provider_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- members of a body ---- */

void
provider_number(struct buf *b, const char *name, double value)
{
	if (value >= 0)
		json_put_double(b, name, value);
}

void
provider_strings(struct buf *b, const char *name, const char *const *list)
{
	if (!list || !list[0])
		return;
	json_put_raw(b, name, "[");
	for (; *list; list++) {
		json_put_item(b);
		buf_json(b, *list, strlen(*list));
	}
	buf_putc(b, ']');
}

/* Another sample of a seeded request has another seed, or it would be the
 * same sample again. */
void
provider_seed(struct buf *b, const struct provider_ask *a)
{
	const char *sample = a->sample;
	uint32_t h = 2166136261u;
	int64_t seed = a->model->seed;

	if (seed < 0)
		return;
	if (sample && *sample) {
		for (; *sample; sample++)
			h = (h ^ (unsigned char)*sample) * 16777619u;
		seed = (int64_t)(((uint64_t)seed + h) & 0x7fffffff);
	}
	json_put_int(b, "seed", seed);
}

bool
provider_has_option(const struct mip_model *m, const char *name)
{
	unsigned i;

	for (i = 0; i < m->noption; i++)
		if (strcmp(m->option[i].name, name) == 0)
			return true;
	return false;
}

void
provider_options(struct buf *b, const struct mip_model *m,
    const char *const *only, bool in)
{
	unsigned i, k;
	struct json v;

	for (i = 0; i < m->noption; i++) {
		const char *name = m->option[i].name;
		const char *text = m->option[i].value;

		for (k = 0; only && only[k]; k++)
			if (strcmp(only[k], name) == 0)
				break;
		if (only && (only[k] != NULL) != in)
			continue;
		json_put_member(b, name);
		if (json_parse(text, strlen(text), &v, NULL, NULL))
			json_compact(b, v);
		else
			buf_json(b, text, strlen(text));
	}
}

/* ---- schemas ---- */

static void keep_schema(struct buf *b, struct json v,
    const char *const *drop);

/* The members of `v`, or its items, each a schema. */
static void
keep_each(struct buf *b, struct json v, const char *const *drop)
{
	bool object = json_kind(v) == JSON_OBJECT;
	struct json_walk w = json_walk(v);
	struct json key, item;

	buf_putc(b, object ? '{' : '[');
	while (json_next(&w, &key, &item)) {
		json_put_item(b);
		if (object) {
			buf_put(b, key.s, key.n);
			buf_putc(b, ':');
		}
		keep_schema(b, item, drop);
	}
	buf_putc(b, object ? '}' : ']');
}

static bool
keyword_is(struct json key, const char *const *words)
{
	for (; *words; words++)
		if (json_string_is(key, *words))
			return true;
	return false;
}

static void
keep_schema(struct buf *b, struct json v, const char *const *drop)
{
	static const char *const of_schemas[] = {
		"properties", "$defs", "anyOf", "allOf", "oneOf", NULL
	};
	static const char *const one[] = {
		"items", "additionalProperties", NULL
	};
	struct json_walk w = json_walk(v);
	struct json key, item;

	if (json_kind(v) != JSON_OBJECT) {
		buf_put(b, v.s, v.n);
		return;
	}
	buf_putc(b, '{');
	while (json_next(&w, &key, &item)) {
		if (keyword_is(key, drop))
			continue;
		json_put_item(b);
		buf_put(b, key.s, key.n);
		buf_putc(b, ':');
		if (keyword_is(key, of_schemas))
			keep_each(b, item, drop);
		else if (keyword_is(key, one))
			keep_schema(b, item, drop);
		else
			buf_put(b, item.s, item.n);
	}
	buf_putc(b, '}');
}

void
provider_schema(struct buf *b, const char *schema, const char *const *drop)
{
	struct json v;

	if (json_parse(schema, strlen(schema), &v, NULL, NULL))
		keep_schema(b, v, drop);
}

/* ---- messages ---- */

struct json_walk
provider_messages(const struct provider_ask *a)
{
	struct json v;

	if (!json_parse(a->messages, a->messages_len, &v, NULL, NULL))
		v = (struct json){ "[]", 2 };
	return json_walk(v);
}

bool
provider_message(struct json_walk *w, struct provider_message *m)
{
	struct json item;

	if (!json_next(w, NULL, &item))
		return false;
	m->role = json_get(item, "role");
	m->content = json_get(item, "content");
	m->system = json_string_is(m->role, "system");
	m->assistant = json_string_is(m->role, "assistant");
	return true;
}

bool
provider_turn(struct json_walk *w, struct provider_message *m)
{
	while (provider_message(w, m))
		if (!m->system)
			return true;
	return false;
}

struct json_walk
provider_parts(const struct provider_message *m)
{
	return json_walk(json_kind(m->content) == JSON_ARRAY ? m->content :
	    (struct json){ "[]", 2 });
}

static struct json
part_inner(struct json string)
{
	if (string.n < 2)
		return (struct json){ "", 0 };
	return (struct json){ string.s + 1, string.n - 2 };
}

/* Splits "data:TYPE;base64,BYTES"; else it is an address. */
static void
part_url(struct provider_part *p, struct json string)
{
	struct json in = part_inner(string);
	const char *semi = memchr(in.s, ';', in.n);
	const char *comma = memchr(in.s, ',', in.n);

	if (in.n < 5 || memcmp(in.s, "data:", 5) != 0 || !semi || !comma) {
		p->url = string;
		return;
	}
	p->mime = (struct json){ in.s + 5, (size_t)(semi - in.s - 5) };
	p->data = (struct json){ comma + 1,
		in.n - (size_t)(comma + 1 - in.s) };
}

bool
provider_part(struct json_walk *w, struct provider_part *p)
{
	struct json item, type, v;

	if (!json_next(w, NULL, &item))
		return false;
	*p = (struct provider_part){ .kind = PROVIDER_TEXT };
	type = json_get(item, "type");
	if (json_string_is(type, "image_url")) {
		p->kind = PROVIDER_IMAGE;
		part_url(p, json_get(json_get(item, "image_url"), "url"));
	} else if (json_string_is(type, "file")) {
		p->kind = PROVIDER_FILE;
		part_url(p, json_get(json_get(item, "file"), "file_data"));
	} else if (json_string_is(type, "input_audio")) {
		p->kind = PROVIDER_AUDIO;
		v = json_get(item, "input_audio");
		p->data = part_inner(json_get(v, "data"));
		p->mime = json_string_is(json_get(v, "format"), "mp3") ?
		    (struct json){ "audio/mpeg", 10 } :
		    (struct json){ "audio/wav", 9 };
	} else {
		p->text = json_get(item, "text");
	}
	return true;
}

const char *
provider_unsendable(const struct provider_ask *a,
    const char *(*why)(const struct provider_part *p))
{
	struct json_walk w = provider_messages(a), parts;
	struct provider_message m;
	struct provider_part p;
	const char *what = NULL;

	while (!what && provider_message(&w, &m)) {
		parts = provider_parts(&m);
		while (!what && provider_part(&parts, &p))
			what = why(&p);
	}
	return what;
}

bool
provider_mime(const struct provider_part *p, const char *mime)
{
	return p->mime.n == strlen(mime) &&
	    memcmp(p->mime.s, mime, p->mime.n) == 0;
}

void
provider_decode(struct buf *b, struct json base64)
{
	static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	struct buf out = BUF_INIT;
	const char *at;
	unsigned v = 0, bits = 0;
	size_t i;

	for (i = 0; i < base64.n; i++) {
		at = memchr(digit, base64.s[i], sizeof digit - 1);
		if (!at)
			continue;
		v = (v << 6 | (unsigned)(at - digit)) & 0xffff;
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		buf_putc(&out, (char)(v >> bits & 0xff));
	}
	buf_json(b, buf_str(&out), out.len);
	buf_made_of(b, &out);
}

bool
provider_system(struct buf *b, const struct provider_ask *a)
{
	struct json_walk w = provider_messages(a);
	struct provider_message m;
	struct json in;
	size_t n = 0;

	while (provider_message(&w, &m)) {
		if (!m.system || json_kind(m.content) != JSON_STRING)
			continue;
		in = part_inner(m.content);
		if (n++ > 0)
			buf_puts(b, "\\n\\n");
		buf_put(b, in.s, in.n);
	}
	return n > 0;
}

/* A turn of the user with what else would have been said in a system
 * message. */
static void
messages_merge(struct buf *b, const struct provider_message *m,
    const struct buf *system)
{
	struct json in = part_inner(m->content);

	buf_puts(b, "{\"role\":\"user\",\"content\":");
	if (json_kind(m->content) == JSON_ARRAY) {
		buf_puts(b, "[{\"type\":\"text\",\"text\":\"");
		buf_put(b, system->s, system->len);
		buf_puts(b, "\"},");
		buf_put(b, m->content.s + 1, m->content.n - 1);
	} else {
		buf_putc(b, '"');
		buf_put(b, system->s, system->len);
		buf_puts(b, "\\n\\n");
		buf_put(b, in.s, in.n);
		buf_putc(b, '"');
	}
	buf_putc(b, '}');
}

void
provider_put_messages(struct buf *b, const struct provider_ask *a)
{
	struct provider_message m;
	struct buf system = BUF_INIT;
	bool merge = (a->lacks & LACKS_SYSTEM) &&
	    provider_system(&system, a);
	bool first = true;
	struct json_walk w;

	if (!merge) {
		buf_put(b, a->messages, a->messages_len);
		return;
	}
	w = provider_messages(a);
	buf_putc(b, '[');
	for (; provider_turn(&w, &m); first = false) {
		json_put_item(b);
		if (first && !m.assistant) {
			messages_merge(b, &m, &system);
		} else {
			buf_puts(b, "{\"role\":");
			buf_put(b, m.role.s, m.role.n);
			buf_puts(b, ",\"content\":");
			buf_put(b, m.content.s, m.content.n);
			buf_putc(b, '}');
		}
	}
	buf_putc(b, ']');
	buf_made_of(b, &system);
}

void
provider_merge(const struct provider_ask *a, struct provider_ask *merged,
    struct buf *plain)
{
	*merged = *a;
	if (!(a->lacks & LACKS_SYSTEM))
		return;
	provider_put_messages(plain, a);
	merged->messages = buf_str(plain);
	merged->messages_len = plain->len;
}

/* ---- answers ---- */

const char *
provider_text_of(const cJSON *object, const char *name)
{
	const cJSON *v = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsString(v) ? v->valuestring : NULL;
}

bool
provider_word_is(const cJSON *object, const char *name, const char *word)
{
	const char *s = provider_text_of(object, name);

	return s && strcmp(s, word) == 0;
}

int64_t
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

/* Whether the text looks like a page for people. */
static bool
answer_is_page(const char *s, size_t n)
{
	while (n > 0 && strchr(" \t\r\n", *s) && *s)
		s++, n--;
	return n > 0 && *s == '<';
}

/* Where the next \u0000 stands, from `at` on; n if nowhere. */
static size_t
answer_nul(const char *s, size_t n, size_t at)
{
	const char *p;

	while (at < n && (p = memchr(s + at, '\\', n - at))) {
		at = (size_t)(p - s);
		if (n - at >= 6 && memcmp(p, "\\u0000", 6) == 0)
			return at;
		at += 2;                /* what is escaped is no beginning */
	}
	return n;
}

/* Texts of cJSON end at a NUL: one that stands in them becomes what is put for
 * characters that cannot be shown, so that nothing behind it is lost. */
static cJSON *
answer_json(const char *s, size_t n)
{
	size_t at = answer_nul(s, n, 0);
	cJSON *root;
	char *copy;

	if (at == n)
		return provider_tree(s, n);
	copy = malloc(n);
	if (!copy)
		return NULL;
	memcpy(copy, s, n);
	for (; at < n; at = answer_nul(s, n, at + 6))
		memcpy(copy + at, "\\ufffd", 6);
	root = provider_tree(copy, n);
	free(copy);
	return root;
}

cJSON *
provider_parse(const char *s, size_t n, const char *api,
    struct provider_answer *r)
{
	cJSON *root;

	memset(r, 0, sizeof *r);
	root = answer_json(s, n);
	if (!root)
		snprintf(r->why, sizeof r->why, "%s, not %s reply", n == 0 ?
		    "nothing" : answer_is_page(s, n) ? "HTML" :
		    "what is no JSON", api);
	return root;
}

cJSON *
provider_event(struct provider_stream *st, const char *s, size_t n)
{
	cJSON *root = answer_json(s, n);

	if (!root)
		snprintf(st->answer.why, sizeof st->answer.why,
		    "an event that is no JSON");
	return root;
}

void
provider_names_of(struct provider_answer *r, const cJSON *root,
    const char *id, const char *model)
{
	const char *s = id && !r->id[0] ? provider_text_of(root, id) : NULL;

	if (s && *s)
		provider_copy(r->id, sizeof r->id, s);
	s = r->model[0] ? NULL : provider_text_of(root, model);
	if (s && *s)
		provider_copy(r->model, sizeof r->model, s);
}

bool
provider_calls(struct provider_stream *st, int64_t call)
{
	if (!st->calls)
		st->call = call;
	st->calls = true;
	return st->call == call;
}

void
provider_called(struct provider_stream *st, const char *s)
{
	if (!s || !*s)
		return;
	if (!st->called)
		buf_reset(&st->text);
	st->called = true;
	buf_puts(&st->text, s);
}

void
provider_said(struct provider_stream *st, const char *s)
{
	if (s && !st->called)
		buf_puts(&st->text, s);
}

bool
provider_finish(struct provider_answer *r, struct buf *text,
    struct buf *reasoning)
{
	bool ok = !text->failed && !reasoning->failed;

	r->text_len = text->len;
	r->text = ok ? buf_take(text) : NULL;
	if (ok && !r->text)
		r->text = strdup("");
	if (reasoning->len > 0 && ok)
		r->reasoning = buf_take(reasoning);
	buf_release(text);
	buf_release(reasoning);
	if (r->cached > r->in)
		r->cached = r->in;
	if (r->written > r->in - r->cached)
		r->written = r->in - r->cached;
	if (!r->text)
		snprintf(r->why, sizeof r->why, "out of memory");
	return r->text != NULL;
}

bool
provider_no_answer(struct provider_answer *r, const char *s, size_t n,
    void (*error)(const char *s, size_t n, struct provider_error *e),
    const char *what)
{
	struct provider_error e;

	error(s, n, &e);
	if (e.text[0])
		snprintf(r->why, sizeof r->why, "an error: %s", e.text);
	else
		snprintf(r->why, sizeof r->why, "%s", what);
	return false;
}

void
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
