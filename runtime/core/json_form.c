/* JSON in other forms than it was written in: canonical, and indented.
 *
 * SPDX-License-Identifier: MIT */
#include "core/json.h"

#include <stdlib.h>
#include <string.h>

/* A member on its way to its place. */
struct member {
	char *key;                      /* decoded, may hold U+0000 */
	size_t n;
	size_t at;                      /* position in the text */
	struct json item;
};

static int
member_cmp(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	int c = memcmp(x->key, y->key, x->n < y->n ? x->n : y->n);

	if (c)
		return c;
	if (x->n != y->n)
		return x->n < y->n ? -1 : 1;
	return x->at < y->at ? -1 : 1;
}

static bool
member_same(const struct member *x, const struct member *y)
{
	return x->n == y->n && !memcmp(x->key, y->key, x->n);
}

static void canon(struct buf *b, struct json v, struct arena *a);

static void
canon_object(struct buf *b, struct json v, struct arena *a)
{
	size_t n = json_count(v), i = 0;
	struct member *m = arena_array(a, n, sizeof(*m));
	struct json_walk w = json_walk(v);
	struct json key;

	for (; m && json_next(&w, &key, &m[i].item); i++) {
		m[i].at = i;
		m[i].key = arena_strndup(a, key.s, key.n);
		if (!m[i].key)
			break;
		m[i].n = json_decode(m[i].key, key);
	}
	if (!m || i < n) {
		b->failed = true;
		return;
	}
	qsort(m, n, sizeof(*m), member_cmp);
	buf_putc(b, '{');
	for (i = 0; i < n; i++) {
		if (i && member_same(&m[i - 1], &m[i]))
			continue;
		if (i)
			buf_putc(b, ',');
		buf_json(b, m[i].key, m[i].n);
		buf_putc(b, ':');
		canon(b, m[i].item, a);
	}
	buf_putc(b, '}');
}

static void
canon_array(struct buf *b, struct json v, struct arena *a)
{
	struct json_walk w = json_walk(v);
	struct json item;
	bool first = true;

	buf_putc(b, '[');
	for (; json_next(&w, NULL, &item); first = false) {
		if (!first)
			buf_putc(b, ',');
		canon(b, item, a);
	}
	buf_putc(b, ']');
}

static void
canon_string(struct buf *b, struct json v, struct arena *a)
{
	char *s;

	if (!memchr(v.s, '\\', v.n)) {
		buf_put(b, v.s, v.n);
		return;
	}
	s = arena_strndup(a, v.s, v.n);
	if (s)
		buf_json(b, s, json_decode(s, v));
	else
		b->failed = true;
}

/* Recurses JSON_DEPTH deep at most, some 200 bytes of stack each. */
static void
canon(struct buf *b, struct json v, struct arena *a)
{
	int64_t i;
	double d;

	switch (json_kind(v)) {
	case JSON_OBJECT:
		canon_object(b, v, a);
		return;
	case JSON_ARRAY:
		canon_array(b, v, a);
		return;
	case JSON_STRING:
		canon_string(b, v, a);
		return;
	case JSON_NUMBER:
		if (json_int(v, &i))
			buf_int(b, i);
		else if (json_double(v, &d))
			buf_double(b, d);
		else
			buf_put(b, v.s, v.n);
		return;
	case JSON_NULL:
	case JSON_BOOL:
		buf_put(b, v.s, v.n);
		return;
	case JSON_NONE:
		return;
	}
}

void
json_canon(struct buf *b, struct json v)
{
	struct arena a = { 0 };

	canon(b, v, &a);
	arena_release(&a);
}

static void
put_line(struct buf *b, unsigned indent)
{
	buf_putc(b, '\n');
	while (indent--)
		buf_putc(b, '\t');
}

/* Recurses as canon does. */
static void
pretty_items(struct buf *b, struct json_walk *w, unsigned indent)
{
	struct json_walk in;
	struct json key, item;
	bool first = true;

	buf_putc(b, w->object ? '{' : '[');
	for (; json_enter(w, &key, &item, &in); first = false) {
		if (!first)
			buf_putc(b, ',');
		put_line(b, indent + 1);
		if (w->object) {
			buf_put(b, key.s, key.n);
			buf_puts(b, ": ");
		}
		if (in.at)
			pretty_items(b, &in, indent + 1);
		else
			buf_put(b, item.s, item.n);
		json_leave(w, &in);
	}
	if (!first)
		put_line(b, indent);
	buf_putc(b, w->object ? '}' : ']');
}

void
json_pretty(struct buf *b, struct json v, unsigned indent)
{
	struct json_walk w = json_walk(v);

	if (w.at)
		pretty_items(b, &w, indent);
	else
		buf_put(b, v.s, v.n);
}
