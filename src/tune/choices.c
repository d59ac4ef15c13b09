/* The values of a slot: lists, ranges, their order, their JSON.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "tune/choices.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LEVELS = 11 };                   /* of a range */

static bool
same(const struct ty_const *a, const struct ty_const *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->s || b->s)
		return a->s && b->s && strcmp(a->s, b->s) == 0;
	return a->i == b->i && !(a->f < b->f) && !(a->f > b->f);
}

static int
by_number(const void *a, const void *b)
{
	const struct ty_const *x = a, *y = b;
	double p = ty_const_number(x), q = ty_const_number(y);

	if (x->kind == TYC_INT && y->kind == TYC_INT)
		return (x->i > y->i) - (x->i < y->i);
	return (p > q) - (p < q);
}

static struct ty_const
level_of(const struct choices *c, unsigned i, bool whole)
{
	struct ty_const v = { .kind = whole ? TYC_INT : TYC_FLOAT };
	double f = c->lo + (c->hi - c->lo) * i / (LEVELS - 1);

	if (!whole)
		v.f = f;
	else if (f >= 0x1p63)           /* where the range ends at INT64_MAX */
		v.i = INT64_MAX;
	else
		v.i = (int64_t)llround(f);
	return v;
}

/* Drops what is there twice; the first of equals stays. */
static void
drop_doubles(struct levels *l)
{
	unsigned n = 0, i, k;

	for (i = 0; i < l->n; i++) {
		for (k = 0; k < n && !same(&l->v[k], &l->v[i]); k++)
			continue;
		if (k == n)
			l->v[n++] = l->v[i];
	}
	l->n = n;
}

/* Numbers get their order and their places. */
static void
arrange(struct arena *a, struct levels *l, bool is_range)
{
	double *at;
	unsigned i;

	for (i = 0; i < l->n; i++)
		if (!ty_const_is_number(&l->v[i]))
			return;
	qsort(l->v, l->n, sizeof *l->v, by_number);
	at = arena_array(a, l->n, sizeof *at);
	for (i = 0; i < l->n; i++)
		at[i] = is_range ? ty_const_number(&l->v[i]) : i;
	l->at = at;
}

struct levels
choices_levels(struct arena *a, const struct choices *c,
    const struct ty_const *written)
{
	struct levels l = { .n = 0 };
	unsigned n = c->is_range ? LEVELS : c->n, i;

	l.v = arena_array(a, n + 1, sizeof *l.v);
	l.v[l.n++] = *written;
	for (i = 0; i < n; i++)
		l.v[l.n++] = c->is_range ? level_of(c, i,
		    written->kind == TYC_INT) : c->v[i];
	drop_doubles(&l);
	arrange(a, &l, c->is_range);
	while (!same(&l.v[l.written], written))
		l.written++;
	return l;
}

bool
choices_many(const struct choices *c)
{
	return c->is_range ? c->lo < c->hi : c->n > 1;
}

bool
choices_allow(const struct choices *c, const struct ty_const *v)
{
	unsigned i;

	if (c->is_range)
		return ty_const_is_number(v) && ty_const_number(v) >= c->lo &&
		    ty_const_number(v) <= c->hi;
	for (i = 0; i < c->n; i++)
		if (same(&c->v[i], v))
			return true;
	return false;
}

const char *
choices_json(struct arena *a, const struct ty_const *v)
{
	struct buf b = BASE_BUF_INIT;
	const char *s;

	switch (v->kind) {
	case TYC_STRING:
	case TYC_ENUM:
		buf_json(&b, v->s, strlen(v->s));
		break;
	case TYC_INT:
		buf_int(&b, v->i);
		break;
	case TYC_FLOAT:
		buf_double(&b, v->f);
		break;
	case TYC_BOOL:
		buf_puts(&b, v->i ? "true" : "false");
		break;
	case TYC_LIST: case TYC_RECORD: case TYC_MAP: case TYC_ARM:
		BUG("no slot holds such a value");
	case TYC_NONE:
	case TYC_NULL:
		buf_puts(&b, "null");
		break;
	}
	s = arena_strdup(a, buf_str(&b));
	buf_release(&b);
	return s;
}
