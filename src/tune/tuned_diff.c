/* What differs between two tuned files, for a reader.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "tune/tuned.h"

struct differ {
	struct buf *b;
	struct arena a;
	bool any;
};

static bool
same(struct json x, struct json y)
{
	struct buf p = BUF_INIT, q = BUF_INIT;
	bool equal;

	if (!x.n || !y.n)
		return x.n == y.n;
	json_canon(&p, x);
	json_canon(&q, y);
	equal = p.len == q.len && memcmp(buf_str(&p), buf_str(&q),
	    p.len) == 0;
	buf_release(&p);
	buf_release(&q);
	return equal;
}

static void
head(struct differ *d, const char *name)
{
	d->any = true;
	buf_printf(d->b, "%s\n", name);
}

static void
line(struct differ *d, char sign, struct json v)
{
	const char *s = json_kind(v) == JSON_STRING ? json_string(&d->a, v) :
	    NULL;

	buf_putc(d->b, sign);
	buf_putc(d->b, ' ');
	if (s)
		buf_puts(d->b, s);
	else
		json_compact(d->b, v);
	buf_putc(d->b, '\n');
}

static bool
has_item(struct json list, struct json v)
{
	struct json_walk w = json_walk(list);
	struct json item;

	while (json_next(&w, NULL, &item))
		if (same(item, v))
			return true;
	return false;
}

/* Lines of a text, or demonstrations: which went, which came. */
static void
lists(struct differ *d, struct json before, struct json after)
{
	struct json_walk w = json_walk(before);
	bool moved = true;
	struct json v;

	while (json_next(&w, NULL, &v)) {
		if (has_item(after, v))
			continue;
		line(d, '-', v);
		moved = false;
	}
	w = json_walk(after);
	while (json_next(&w, NULL, &v)) {
		if (has_item(before, v))
			continue;
		line(d, '+', v);
		moved = false;
	}
	if (moved)
		buf_puts(d->b, "  in another order\n");
}

static void
slot(struct differ *d, const char *name, struct json x, struct json y)
{
	static const struct json none = { "[]", 2 };
	bool list = (!x.n || json_kind(x) == JSON_ARRAY) &&
	    (!y.n || json_kind(y) == JSON_ARRAY);

	if (same(x, y))
		return;
	head(d, name);
	if (list) {
		lists(d, x.n ? x : none, y.n ? y : none);
		return;
	}
	if (x.n)
		line(d, '-', x);
	if (y.n)
		line(d, '+', y);
}

static void
all_slots(struct differ *d, struct json x, struct json y)
{
	struct json_walk w = json_walk(x);
	struct json key, v;
	const char *name;

	while (json_next(&w, &key, &v)) {
		name = json_string(&d->a, key);
		if (name)
			slot(d, name, v, json_get(y, name));
	}
	w = json_walk(y);
	while (json_next(&w, &key, &v)) {
		name = json_string(&d->a, key);
		if (name && json_get(x, name).n == 0)
			slot(d, name, (struct json){ NULL, 0 }, v);
	}
}

static void
score(struct differ *d, struct json x, struct json y, const char *part)
{
	struct json p, q;

	p = json_get(json_get(json_get(x, "scores"), part), "after");
	q = json_get(json_get(json_get(y, "scores"), part), "after");
	p = json_get(p, "mean");
	q = json_get(q, "mean");
	if (same(p, q))
		return;
	d->any = true;
	buf_printf(d->b, "%s score: %.*s -> %.*s\n", part,
	    p.n ? (int)p.n : 4, p.n ? p.s : "none",
	    q.n ? (int)q.n : 4, q.n ? q.s : "none");
}

bool
tuned_diff(struct buf *b, struct json before, struct json after)
{
	struct differ d = { .b = b };
	struct json p = json_get(before, "program");
	struct json q = json_get(after, "program");

	if (!same(json_get(p, "hash"), json_get(q, "hash"))) {
		head(&d, "program");
		line(&d, '-', json_get(p, "hash"));
		line(&d, '+', json_get(q, "hash"));
	}
	all_slots(&d, json_get(before, "slots"), json_get(after, "slots"));
	score(&d, before, after, "dev");
	score(&d, before, after, "test");
	arena_release(&d.a);
	return d.any;
}
