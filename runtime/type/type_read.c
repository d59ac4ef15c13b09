/* JSON to values of a type table, in the exact and the lenient way.
 *
 * Recurses on the text, whose depth json_parse has bounded.
 *
 * SPDX-License-Identifier: MIT */
#include "type/type.h"

#include <stdio.h>
#include <string.h>

/* A value on its way in. */
struct reader {
	struct arena *a;
	enum type_mode mode;
	struct type_error *e;
};

/* Adds a step to the path; gives what path_cut wants to take it off. */
static size_t
path_add(struct type_error *e, const char *name, size_t index)
{
	size_t n = strlen(e->path), room = sizeof(e->path) - n;

	if (name)
		snprintf(e->path + n, room, "%s%s", n ? "." : "", name);
	else
		snprintf(e->path + n, room, "[%zu]", index);
	return n;
}

static void
path_cut(struct type_error *e, size_t n)
{
	e->path[n] = '\0';
}

/* Copies what fits, not cutting a character in two. */
static void
error_text(struct type_error *e, const struct buf *b)
{
	const char *s = buf_str(b);
	size_t n = strlen(s);

	if (n >= sizeof(e->text)) {
		n = sizeof(e->text) - 1;
		while (n && ((unsigned char)s[n] & 0xc0) == 0x80)
			n--;
	}
	memcpy(e->text, s, n);
	e->text[n] = '\0';
}

/* Appends the start of what was found. */
static void
put_seen(struct buf *b, struct json v)
{
	enum { MOST = 60 };
	size_t n = v.n;

	if (n > MOST) {
		n = MOST;
		while (n && ((unsigned char)v.s[n] & 0xc0) == 0x80)
			n--;
	}
	buf_put(b, v.s, n);
	if (n < v.n)
		buf_puts(b, "...");
}

static enum mip_status
mismatch(struct reader *r, const struct mip_type *t, struct json v)
{
	struct buf b = BUF_INIT;
	unsigned i;

	buf_puts(&b, "expected ");
	if (t->kind == MIP_ENUM) {
		for (i = 0; i < t->n && b.len < 120; i++)
			buf_printf(&b, "%s%s", i ? ", " : "one of ",
			    t->variant[i].name);
		if (i < t->n)
			buf_puts(&b, ", ...");
	} else if (t->kind == MIP_LITERAL && t->n > 1) {
		for (i = 0; i < t->n && b.len < 120; i++) {
			buf_puts(&b, i ? ", " : "one of ");
			type_put_value(&b, t, i);
		}
		if (i < t->n)
			buf_puts(&b, ", ...");
	} else {
		type_name(&b, t);
	}
	buf_puts(&b, ", found ");
	put_seen(&b, v);
	error_text(r->e, &b);
	buf_release(&b);
	return MIP_USAGE;
}

static enum mip_status
sentence(struct reader *r, const char *text)
{
	snprintf(r->e->text, sizeof(r->e->text), "%s", text);
	return MIP_USAGE;
}

/* ---- reading ---- */

static enum mip_status read_value(struct reader *r, const struct mip_type *t,
    struct json v, void *out);

static bool
ignores_case(const char *s, const char *word)
{
	for (; *s && *word; s++, word++)
		if ((*s >= 'A' && *s <= 'Z' ? *s + 32 : *s) != *word)
			return false;
	return !*s && !*word;
}

/* A scalar as text: the string decoded; in the lenient mode also a number or
 * bool as it stands.  *text is NULL if it has none. */
static enum mip_status
scalar_text(struct reader *r, struct json v, const char **text)
{
	enum json_kind kind = json_kind(v);

	*text = NULL;
	if (kind == JSON_STRING) {
		*text = json_string(r->a, v);
		if (*text)
			return MIP_OK;
		return r->a->failed ? MIP_NOMEM :
		    sentence(r, "holds a character U+0000");
	}
	if (r->mode == TYPE_LENIENT &&
	    (kind == JSON_NUMBER || kind == JSON_BOOL)) {
		*text = arena_strndup(r->a, v.s, v.n);
		return *text ? MIP_OK : MIP_NOMEM;
	}
	return MIP_OK;
}

/* In the lenient mode, the number that a string holds in place of `v`. */
static enum mip_status
number_in_text(struct reader *r, struct json *v)
{
	enum mip_status s;
	const char *text;

	if (r->mode != TYPE_LENIENT || json_kind(*v) != JSON_STRING)
		return MIP_OK;
	s = scalar_text(r, *v, &text);
	if (s == MIP_OK && !json_parse(text, strlen(text), v, NULL, NULL))
		v->n = 0;
	return s;
}

static enum mip_status
read_number(struct reader *r, const struct mip_type *t, struct json v,
    void *out)
{
	struct json n = v;
	enum mip_status s = number_in_text(r, &n);
	int64_t i;
	double d;

	if (s != MIP_OK)
		return s;
	if (t->kind == MIP_INT && json_int(n, &i))
		memcpy(out, &i, sizeof(i));
	else if (t->kind == MIP_FLOAT && json_double(n, &d))
		memcpy(out, &d, sizeof(d));
	else
		return mismatch(r, t, v);
	return MIP_OK;
}

static enum mip_status
read_bool(struct reader *r, const struct mip_type *t, struct json v, void *out)
{
	static const char *const word[] = {
		"false", "true", "no", "yes", "0", "1"
	};
	const char *text = NULL;
	enum mip_status s;
	bool value;
	size_t i, n;

	if (!json_bool(v, &value)) {
		if (r->mode != TYPE_LENIENT)
			return mismatch(r, t, v);
		s = scalar_text(r, v, &text);
		if (s != MIP_OK)
			return s;
		if (!text)
			return mismatch(r, t, v);
		text += strspn(text, " \t\r\n");
		n = strcspn(text, " \t\r\n");
		if (text[n + strspn(text + n, " \t\r\n")])
			return mismatch(r, t, v);
		text = arena_strndup(r->a, text, n);
		if (!text)
			return MIP_NOMEM;
		for (i = 0; i < 6 && !ignores_case(text, word[i]); i++)
			;
		if (i == 6)
			return mismatch(r, t, v);
		value = i % 2;
	}
	memcpy(out, &value, sizeof(value));
	return MIP_OK;
}

static enum mip_status
read_string(struct reader *r, const struct mip_type *t, struct json v,
    void *out)
{
	const char *text;
	enum mip_status s = scalar_text(r, v, &text);

	if (s != MIP_OK)
		return s;
	if (!text)
		return mismatch(r, t, v);
	memcpy(out, &text, sizeof(text));
	return MIP_OK;
}

static enum mip_status
read_literal(struct reader *r, const struct mip_type *t, struct json v,
    void *out)
{
	enum mip_status s = read_value(r, t->of, v, out);

	if (s == MIP_USAGE || (s == MIP_OK && type_value_index(t, out) == t->n))
		return mismatch(r, t, v);
	return s;
}

static enum mip_status
read_enum(struct reader *r, const struct mip_type *t, struct json v, void *out)
{
	const struct mip_variant *w = t->variant;
	const char *text;
	enum mip_status s = scalar_text(r, v, &text);
	unsigned i;

	if (s != MIP_OK)
		return s;
	if (!text)
		return mismatch(r, t, v);
	for (i = 0; i < t->n && strcmp(w[i].name, text) != 0; i++)
		;
	if (i == t->n)
		for (i = 0; i < t->n; i++)
			if (w[i].alias && !strcmp(w[i].alias, text))
				break;
	if (i == t->n)
		return mismatch(r, t, v);
	memcpy(out, &i, sizeof(i));
	return MIP_OK;
}

static enum mip_status
read_field(struct reader *r, const struct mip_field *f, struct json v,
    void *out)
{
	size_t path = path_add(r->e, f->name, 0);
	enum mip_status s = MIP_OK;

	if (json_kind(v) != JSON_NONE)
		s = read_value(r, f->type, v, out);
	else if (f->fallback)
		memcpy(out, f->fallback, f->type->size);
	else if (f->type->kind != MIP_OPTIONAL)
		s = sentence(r, "is missing");
	if (s == MIP_OK)
		path_cut(r->e, path);
	return s;
}

static enum mip_status
read_struct(struct reader *r, const struct mip_type *t, struct json v,
    void *out)
{
	enum mip_status s = MIP_OK;
	unsigned i;

	if (json_kind(v) != JSON_OBJECT)
		return mismatch(r, t, v);
	for (i = 0; i < t->n && s == MIP_OK; i++)
		s = read_field(r, &t->field[i], json_get(v, t->field[i].name),
		    (char *)out + t->field[i].offset);
	return s;
}

static enum mip_status
read_list(struct reader *r, const struct mip_type *t, struct json v, void *out)
{
	struct json_walk w = json_walk(v);
	size_t n, i, path;
	struct json member;
	enum mip_status s;
	char *p;

	if (json_kind(v) != JSON_ARRAY)
		return mismatch(r, t, v);
	n = json_count(v);
	p = arena_array(r->a, n, t->of->size);
	if (!p)
		return MIP_NOMEM;
	for (i = 0; json_next(&w, NULL, &member); i++) {
		path = path_add(r->e, NULL, i);
		s = read_value(r, t->of, member, p + i * t->of->size);
		if (s != MIP_OK)
			return s;
		path_cut(r->e, path);
	}
	type_list_set(out, p, n);
	return MIP_OK;
}

static bool
has_key(const char *const *key, size_t n, const char *name)
{
	while (n--)
		if (!strcmp(key[n], name))
			return true;
	return false;
}

static enum mip_status
read_map(struct reader *r, const struct mip_type *t, struct json v, void *out)
{
	struct type_map m = { NULL, NULL, 0 };
	struct json_walk w = json_walk(v);
	const char **key, *name;
	struct json k, member;
	enum mip_status s;
	size_t n, path;
	char *p;

	if (json_kind(v) != JSON_OBJECT)
		return mismatch(r, t, v);
	n = json_count(v);
	key = arena_array(r->a, n, sizeof(*key));
	p = key ? arena_array(r->a, n, t->of->size) : NULL;
	if (!p)
		return MIP_NOMEM;
	for (n = 0; json_next(&w, &k, &member); ) {
		name = json_string(r->a, k);
		if (!name)
			return r->a->failed ? MIP_NOMEM :
			    sentence(r, "has a key with U+0000");
		if (has_key((const char *const *)key, n, name))
			continue;
		path = path_add(r->e, name, 0);
		s = read_value(r, t->of, member, p + n * t->of->size);
		if (s != MIP_OK)
			return s;
		path_cut(r->e, path);
		key[n++] = name;
	}
	m.key = (const char *const *)key;
	m.v = p;
	m.n = n;
	memcpy(out, &m, sizeof(m));
	return MIP_OK;
}

static bool
is_blank_text(struct json v)
{
	size_t i;

	if (json_kind(v) != JSON_STRING)
		return false;
	for (i = 1; i < v.n - 1; i++)
		if (v.s[i] != ' ')
			return false;
	return true;
}

static enum mip_status
read_optional(struct reader *r, const struct mip_type *t, struct json v,
    void *out)
{
	enum mip_status s;
	void *p;

	if (json_kind(v) == JSON_NULL)
		return MIP_OK;
	if (t->of->kind != MIP_STRING && r->mode == TYPE_LENIENT &&
	    is_blank_text(v))
		return MIP_OK;
	if (type_base(t->of)->kind == MIP_STRING)
		return read_value(r, t->of, v, out);
	p = arena_alloc(r->a, t->of->size);
	if (!p)
		return MIP_NOMEM;
	s = read_value(r, t->of, v, p);
	if (s == MIP_OK)
		memcpy(out, &p, sizeof(p));
	return s;
}

/* The first arm that fits exactly, else the first that fits leniently. */
static enum mip_status
read_union(struct reader *r, const struct mip_type *t, struct json v,
    void *out)
{
	enum type_mode mode = r->mode, m;
	size_t path = strlen(r->e->path);
	enum mip_status s;
	unsigned i;

	for (m = TYPE_EXACT; m <= mode; m++) {
		for (i = 0; i < t->n; i++) {
			memset(out, 0, t->size);
			r->mode = m;
			s = read_value(r, t->arm[i], v,
			    (char *)out + t->arm_at);
			r->mode = mode;
			if (s == MIP_OK)
				memcpy(out, &i, sizeof(i));
			if (s != MIP_USAGE)
				return s;
			path_cut(r->e, path);
		}
	}
	return mismatch(r, t, v);
}

static enum mip_status
read_value(struct reader *r, const struct mip_type *t, struct json v,
    void *out)
{
	switch (t->kind) {
	case MIP_LITERAL:
		return read_literal(r, t, v, out);
	case MIP_STRING:
	case MIP_IMAGE:
	case MIP_FILE:
	case MIP_AUDIO:
		return read_string(r, t, v, out);
	case MIP_INT:
	case MIP_FLOAT:
		return read_number(r, t, v, out);
	case MIP_BOOL:
		return read_bool(r, t, v, out);
	case MIP_ENUM:
		return read_enum(r, t, v, out);
	case MIP_STRUCT:
		return read_struct(r, t, v, out);
	case MIP_LIST:
		return read_list(r, t, v, out);
	case MIP_OPTIONAL:
		return read_optional(r, t, v, out);
	case MIP_MAP:
		return read_map(r, t, v, out);
	case MIP_UNION:
		return read_union(r, t, v, out);
	}
	return MIP_USAGE;
}

enum mip_status
type_read(struct arena *a, const struct mip_type *t, struct json v,
    enum type_mode mode, void *out, struct type_error *e)
{
	struct reader r = { a, mode, e };
	enum mip_status s;

	e->path[0] = e->text[0] = '\0';
	memset(out, 0, t->size);
	if (json_kind(v) == JSON_NONE)
		return sentence(&r, "is missing");
	s = read_value(&r, t, v, out);
	if (s != MIP_OK)
		memset(out, 0, t->size);
	else
		path_cut(e, 0);
	return s;
}
