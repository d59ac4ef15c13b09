/* What differs between two tuned files, for a reader: slots, then scores, then
 * where they come from.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "base/tame.h"
#include "tune/tuned.h"

enum {
	CONTEXT = 2,                    /* equal lines shown around others */
	MAX_TABLE = 1 << 22             /* larger lists are told whole */
};

struct differ {
	struct buf *b;
	struct arena a;
	const char *section;            /* whose title is not written yet */
	const char *absent;             /* what a missing value is called */
	bool any;
};

static const char *
canon(struct differ *d, struct json v)
{
	struct buf b = BASE_BUF_INIT;
	const char *s;

	if (v.n)
		json_canon(&b, v);
	s = arena_strndup(&d->a, buf_str(&b), b.len);
	buf_release(&b);
	return s;
}

static bool
same(struct differ *d, struct json x, struct json y)
{
	return strcmp(canon(d, x), canon(d, y)) == 0;
}

static void
begin_line(struct differ *d, const char *name)
{
	d->any = true;
	if (d->section)
		buf_printf(d->b, "%s:\n", d->section);
	d->section = NULL;
	buf_puts(d->b, "  ");
	tame(d->b, name, strlen(name));
	buf_putc(d->b, ':');
}

static void
put_json(struct differ *d, struct json v)
{
	struct buf b = BASE_BUF_INIT;

	json_compact(&b, v);
	tame(d->b, buf_str(&b), b.len);
	buf_release(&b);
}

/* ---- lists ---- */

struct item { const char *key; struct json v; };

struct edit { char sign; struct json v; };

static struct item *
items(struct differ *d, struct json list, size_t *n)
{
	struct item *item = arena_array(&d->a, json_count(list) + 1,
	    sizeof *item);
	struct json_walk w = json_walk(list);

	*n = 0;
	while (json_next(&w, NULL, &item[*n].v)) {
		item[*n].key = canon(d, item[*n].v);
		++*n;
	}
	return item;
}

/* The longest common subsequence of what is left of `x` from i and of `y`
 * from j, for all of them; NULL if the table would be too large. */
static unsigned *
common(struct differ *d, const struct item *x, size_t n, const struct item *y,
    size_t m)
{
	unsigned *t;
	size_t i, j;

	if (n + 1 > MAX_TABLE / (m + 1))
		return NULL;
	t = arena_array(&d->a, (n + 1) * (m + 1), sizeof *t);
	for (i = n; i-- > 0; )
		for (j = m; j-- > 0; ) {
			unsigned *at = &t[i * (m + 1) + j];
			unsigned down = at[m + 1], right = at[1];

			*at = down > right ? down : right;
			if (strcmp(x[i].key, y[j].key) == 0)
				*at = at[m + 2] + 1;
		}
	return t;
}

/* From `x` to `y` by what stays, goes and comes. */
static size_t
edits(struct differ *d, const struct item *x, size_t n, const struct item *y,
    size_t m, struct edit *e)
{
	const unsigned *t = common(d, x, n, y, m), *at;
	size_t i = 0, j = 0, k = 0;

	while (i < n || j < m) {
		at = t ? &t[i * (m + 1) + j] : NULL;
		if (t && i < n && j < m && strcmp(x[i].key, y[j].key) == 0) {
			e[k++] = (struct edit){ ' ', x[i++].v };
			j++;
		} else if (i < n && (!t || j == m || at[m + 1] >= at[1])) {
			e[k++] = (struct edit){ '-', x[i++].v };
		} else {
			e[k++] = (struct edit){ '+', y[j++].v };
		}
	}
	return k;
}

static bool
is_near(const struct edit *e, size_t n, size_t i)
{
	size_t from = i > CONTEXT ? i - CONTEXT : 0, j;

	for (j = from; j < n && j <= i + CONTEXT; j++)
		if (e[j].sign != ' ')
			return true;
	return false;
}

static void
put_edits(struct differ *d, const struct edit *e, size_t n)
{
	bool skipped = false;
	const char *s;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!is_near(e, n, i)) {
			if (!skipped)
				buf_puts(d->b, "    ...\n");
			skipped = true;
			continue;
		}
		skipped = false;
		buf_printf(d->b, "  %c ", e[i].sign);
		s = json_kind(e[i].v) == JSON_STRING ?
		    json_string(&d->a, e[i].v) : NULL;
		if (s)
			tame(d->b, s, strlen(s));
		else
			put_json(d, e[i].v);
		buf_putc(d->b, '\n');
	}
}

static void
lists(struct differ *d, const char *name, struct json x, struct json y)
{
	static const struct json none = { "[]", 2 };
	struct item *before, *after;
	struct edit *e;
	size_t n, m, k;

	begin_line(d, name);
	if (!x.n)
		buf_printf(d->b, " %s before", d->absent);
	else if (!y.n)
		buf_printf(d->b, " %s after", d->absent);
	buf_putc(d->b, '\n');
	before = items(d, x.n ? x : none, &n);
	after = items(d, y.n ? y : none, &m);
	e = arena_array(&d->a, n + m + 1, sizeof *e);
	k = edits(d, before, n, after, m, e);
	put_edits(d, e, k);
}

/* ---- values ---- */

static bool
is_score(struct json v)
{
	return json_get(v, "mean").n && json_get(v, "lo").n;
}

static void
put_number(struct differ *d, struct json v)
{
	double x;

	if (json_double(v, &x))
		buf_printf(d->b, "%.3f", x);
	else
		put_json(d, v);
}

static void
put_value(struct differ *d, struct json v)
{
	int64_t i;
	double x;

	if (!v.n) {
		buf_puts(d->b, d->absent);
	} else if (is_score(v)) {
		put_number(d, json_get(v, "mean"));
		buf_puts(d->b, " [");
		put_number(d, json_get(v, "lo"));
		buf_puts(d->b, ", ");
		put_number(d, json_get(v, "hi"));
		buf_puts(d->b, "]");
	} else if (!json_int(v, &i) && json_double(v, &x)) {
		buf_printf(d->b, "%.6g", x);
	} else {
		put_json(d, v);
	}
}

static void values(struct differ *d, const char *name, struct json x,
    struct json y);

static void
member(struct differ *d, const char *name, struct json key, struct json x,
    struct json y)
{
	const char *s = json_string(&d->a, key);

	if (s)
		values(d, *name ? arena_printf(&d->a, "%s.%s", name, s) : s,
		    json_get(x, s), json_get(y, s));
}

/* Files are sorted, but that is no matter here. */
static void
members(struct differ *d, const char *name, struct json x, struct json y)
{
	struct json_walk w = json_walk(x);
	struct json key, v;
	const char *s;

	while (json_next(&w, &key, &v))
		member(d, name, key, x, y);
	w = json_walk(y);
	while (json_next(&w, &key, &v)) {
		s = json_string(&d->a, key);
		if (s && !json_get(x, s).n)
			member(d, name, key, x, y);
	}
}

static bool
may_be(struct json x, struct json y, enum json_kind kind)
{
	return (!x.n || json_kind(x) == kind) && (!y.n || json_kind(y) == kind);
}

static void
values(struct differ *d, const char *name, struct json x, struct json y)
{
	if (same(d, x, y))
		return;
	if (may_be(x, y, JSON_ARRAY)) {
		lists(d, name, x, y);
	} else if (may_be(x, y, JSON_OBJECT) && !is_score(x) && !is_score(y)) {
		members(d, name, x, y);
	} else {
		begin_line(d, name);
		buf_putc(d->b, ' ');
		put_value(d, x);
		buf_puts(d->b, " -> ");
		put_value(d, y);
		buf_putc(d->b, '\n');
	}
}

/* ---- the file ---- */

/* Scores of other rows or by another metric cannot be compared. */
static void
warn_incomparable(struct differ *d, struct json x, struct json y)
{
	struct json p = json_get(json_get(x, "scores"), "metric");
	struct json q = json_get(json_get(y, "scores"), "metric");
	bool metric = !same(d, p, q);

	p = json_get(json_get(x, "lineage"), "data");
	q = json_get(json_get(y, "lineage"), "data");
	if (metric || !same(d, json_get(p, "dev"), json_get(q, "dev")) ||
	    !same(d, json_get(p, "test"), json_get(q, "test")))
		buf_printf(d->b, "  (not to be compared: the %s differ%s; "
		    "eval --compare scores both on the same rows)\n",
		    metric ? "metric" : "rows", metric ? "s" : "");
}

bool
tuned_diff(struct buf *b, struct json before, struct json after)
{
	static const char *const part[] = {
		"slots", "scores", "program", "leaves", "lineage"
	};
	struct differ d = { .b = b, .a = BASE_ARENA_INIT };
	size_t i;

	for (i = 0; i < sizeof part / sizeof *part; i++) {
		d.section = part[i];
		d.absent = i == 0 ? "as written" : "none";
		values(&d, "", json_get(before, part[i]),
		    json_get(after, part[i]));
		if (!d.section && strcmp(part[i], "scores") == 0)
			warn_incomparable(&d, before, after);
	}
	arena_release(&d.a);
	return d.any;
}
