/* Lists of any type: `{ v, n }` in C, elements of `of->size` bytes.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include "run/mip.h"
#include "type/type.h"

static const void *
item_at(const struct mip_type *of, const void *v, size_t i)
{
	return (const char *)v + i * of->size;
}

static int
order_int(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

/* A NaN stands behind all numbers, so that any list has an order. */
static int
order_float(double a, double b)
{
	bool x = isnan(a), y = isnan(b);

	if (x || y)
		return x - y;
	return (a > b) - (a < b);
}

static int order(const struct mip_type *t, const void *a, const void *b);

static int
order_list(const struct mip_type *t, const void *a, const void *b)
{
	struct type_list x = type_list_get(a), y = type_list_get(b);
	size_t i;
	int d;

	for (i = 0; i < x.n && i < y.n; i++) {
		d = order(t->of, item_at(t->of, x.v, i),
		    item_at(t->of, y.v, i));
		if (d != 0)
			return d;
	}
	return (x.n > y.n) - (x.n < y.n);
}

static int
order_struct(const struct mip_type *t, const void *a, const void *b)
{
	unsigned i;
	int d = 0;

	for (i = 0; i < t->n && d == 0; i++)
		d = order(t->field[i].type,
		    (const char *)a + t->field[i].offset,
		    (const char *)b + t->field[i].offset);
	return d;
}

/* Null stands before all values. */
static int
order_optional(const struct mip_type *t, const void *a, const void *b)
{
	const void *x = type_optional(t, a), *y = type_optional(t, b);

	if (!x || !y)
		return (x != NULL) - (y != NULL);
	return order(t->of, x, y);
}

static int
order_union(const struct mip_type *t, const void *a, const void *b)
{
	int x, y;

	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	if (x != y || x < 0 || (unsigned)x >= t->n)
		return (x > y) - (x < y);
	return order(t->arm[x], (const char *)a + t->arm_at,
	    (const char *)b + t->arm_at);
}

/* Numbers by value, texts by code point, enums as they are declared, structs
 * and lists by their members.  Maps have no order: they are all equal. */
static int
order(const struct mip_type *t, const void *a, const void *b)
{
	switch (t->kind) {
	case MIP_LITERAL:
		return order(t->of, a, b);
	case MIP_STRING:
	case MIP_IMAGE:
	case MIP_FILE:
	case MIP_AUDIO:
		return mip_string_cmp(*(const char *const *)a,
		    *(const char *const *)b);
	case MIP_INT:
		return order_int(*(const int64_t *)a, *(const int64_t *)b);
	case MIP_FLOAT:
		return order_float(*(const double *)a, *(const double *)b);
	case MIP_BOOL:
		return *(const bool *)a - *(const bool *)b;
	case MIP_ENUM:
		return order_int(*(const int *)a, *(const int *)b);
	case MIP_STRUCT:
		return order_struct(t, a, b);
	case MIP_LIST:
		return order_list(t, a, b);
	case MIP_OPTIONAL:
		return order_optional(t, a, b);
	case MIP_UNION:
		return order_union(t, a, b);
	case MIP_MAP:
		break;
	}
	return 0;
}

/* Sorts the indices at `v`, using as many at `tmp`; stable. */
static void
merge_sort(const struct mip_type *of, const void *item, size_t *v, size_t *tmp,
    size_t n)
{
	size_t half = n / 2, i = 0, j = half, k;

	if (n < 2)
		return;
	merge_sort(of, item, v, tmp, half);
	merge_sort(of, item, v + half, tmp, n - half);
	for (k = 0; k < n; k++) {
		bool left = j == n || (i < half && order(of,
		    item_at(of, item, v[i]), item_at(of, item, v[j])) <= 0);

		tmp[k] = left ? v[i++] : v[j++];
	}
	memcpy(v, tmp, n * sizeof *v);
}

/* The indices of `list` in the order of its items; NULL without memory. */
static size_t *
sorted(struct mip *m, const struct mip_type *of, struct type_list list)
{
	size_t *v, *tmp, i;

	v = mip_alloc(m, list.n, sizeof *v);
	tmp = mip_alloc(m, list.n, sizeof *tmp);
	if (!v || !tmp)
		return NULL;
	for (i = 0; i < list.n; i++)
		v[i] = i;
	merge_sort(of, list.v, v, tmp, list.n);
	return v;
}

void
mip_list_concat(struct mip *m, const struct mip_type *of, const void *a,
    const void *b, void *out)
{
	struct type_list x = type_list_get(a), y = type_list_get(b);
	char *v = NULL;

	if (x.n <= SIZE_MAX - y.n)
		v = mip_alloc(m, x.n + y.n, of->size);
	if (!v) {
		type_list_set(out, NULL, 0);
		return;
	}
	if (x.n > 0)
		memcpy(v, x.v, x.n * of->size);
	if (y.n > 0)
		memcpy(v + x.n * of->size, y.v, y.n * of->size);
	type_list_set(out, v, x.n + y.n);
}

/* Whether equal values stand together once they are in order. */
static bool
has_order(const struct mip_type *t)
{
	unsigned i;

	switch (t->kind) {
	case MIP_STRING:
	case MIP_LITERAL:
	case MIP_IMAGE:
	case MIP_FILE:
	case MIP_AUDIO:
	case MIP_INT:
	case MIP_FLOAT:
	case MIP_BOOL:
	case MIP_ENUM:
		return true;
	case MIP_STRUCT:
		for (i = 0; i < t->n; i++)
			if (!has_order(t->field[i].type))
				return false;
		return true;
	case MIP_LIST:
	case MIP_OPTIONAL:
		return has_order(t->of);
	case MIP_UNION:
		for (i = 0; i < t->n; i++)
			if (!has_order(t->arm[i]))
				return false;
		return true;
	case MIP_MAP:
		break;
	}
	return false;
}

/* Marks the items that equal an earlier one. */
static void
mark_repeats(const struct mip_type *of, struct type_list l,
    const size_t *by_order, bool *repeat)
{
	bool ordered = has_order(of);
	size_t i, j;

	for (i = 1; i < l.n; i++) {
		size_t at = ordered ? by_order[i] : i;
		size_t first = ordered ? i - 1 : 0;

		for (j = first; j < i && !repeat[at]; j++)
			repeat[at] = mip_equal(of,
			    item_at(of, l.v, ordered ? by_order[j] : j),
			    item_at(of, l.v, at));
	}
}

void
mip_list_dedup(struct mip *m, const struct mip_type *of, const void *list,
    void *out)
{
	struct type_list l = type_list_get(list);
	bool *repeat = mip_alloc(m, l.n, sizeof *repeat);
	char *v = mip_alloc(m, l.n, of->size);
	size_t *by_order = sorted(m, of, l), n = 0, i;

	if (!repeat || !v || !by_order) {
		type_list_set(out, NULL, 0);
		return;
	}
	mark_repeats(of, l, by_order, repeat);
	for (i = 0; i < l.n; i++) {
		if (repeat[i])
			continue;
		memcpy(v + n * of->size, item_at(of, l.v, i), of->size);
		n++;
	}
	type_list_set(out, v, n);
}

void
mip_list_sort(struct mip *m, const struct mip_type *of, const void *list,
    void *out)
{
	struct type_list l = type_list_get(list);
	char *v = mip_alloc(m, l.n, of->size);
	size_t *by_order = sorted(m, of, l), i;

	if (!v || !by_order) {
		type_list_set(out, NULL, 0);
		return;
	}
	for (i = 0; i < l.n; i++)
		memcpy(v + i * of->size, item_at(of, l.v, by_order[i]),
		    of->size);
	type_list_set(out, v, l.n);
}

/* The first `n`, or all if there are fewer. */
void
mip_list_take(struct mip *m, const struct mip_type *of, const void *list,
    int64_t n, void *out)
{
	struct type_list l = type_list_get(list);

	(void)of;
	if (n < 0) {
		mip_fail(m, MIP_FAIL, "take of %lld items", (long long)n);
		n = 0;
	}
	if ((uint64_t)n < l.n)
		l.n = (size_t)n;
	type_list_set(out, l.v, l.n);
}

bool
mip_list_has(const struct mip_type *of, const void *list, const void *item)
{
	struct type_list l = type_list_get(list);
	size_t i;

	for (i = 0; i < l.n; i++)
		if (mip_equal(of, item_at(of, l.v, i), item))
			return true;
	return false;
}

void
mip_list_reverse(struct mip *m, const struct mip_type *of, const void *list,
    void *out)
{
	struct type_list l = type_list_get(list);
	char *v = mip_alloc(m, l.n, of->size);
	size_t i;

	if (!v)
		l.n = 0;
	for (i = 0; i < l.n; i++)
		memcpy(v + i * of->size, item_at(of, l.v, l.n - 1 - i),
		    of->size);
	type_list_set(out, v, l.n);
}

/* What reaches beyond the end is cut; what is negative is a mistake. */
void
mip_list_slice(struct mip *m, const struct mip_type *of, const void *list,
    int64_t at, int64_t n, void *out)
{
	struct type_list l = type_list_get(list);

	if (at < 0 || n < 0) {
		mip_fail(m, MIP_FAIL, "slice from %lld, %lld items",
		    (long long)at, (long long)n);
		n = 0;
	}
	if (at < 0 || (uint64_t)at > l.n)
		at = (int64_t)l.n;
	l.n -= (size_t)at;
	if ((uint64_t)n < l.n)
		l.n = (size_t)n;
	type_list_set(out, l.n > 0 ? item_at(of, l.v, (size_t)at) : NULL,
	    l.n);
}

/* Writes the item as an optional: a text, or what is one already, as it
 * stands, else a pointer to it. */
static void
item_optional(const struct mip_type *of, const void *item, void *out)
{
	const void *p = item;

	if (item && (type_base(of)->kind == MIP_STRING ||
	    of->kind == MIP_OPTIONAL))
		memcpy(&p, item, sizeof p);
	memcpy(out, &p, sizeof p);
}

void
mip_list_first(const struct mip_type *of, const void *list, void *out)
{
	struct type_list l = type_list_get(list);

	item_optional(of, l.n > 0 ? l.v : NULL, out);
}

void
mip_list_last(const struct mip_type *of, const void *list, void *out)
{
	struct type_list l = type_list_get(list);

	item_optional(of, l.n > 0 ? item_at(of, l.v, l.n - 1) : NULL, out);
}

const int64_t *
mip_list_index(struct mip *m, const struct mip_type *of, const void *list,
    const void *item)
{
	struct type_list l = type_list_get(list);
	int64_t *at;
	size_t i;

	for (i = 0; i < l.n; i++)
		if (mip_equal(of, item_at(of, l.v, i), item))
			break;
	if (i == l.n)
		return NULL;
	at = mip_alloc(m, 1, sizeof *at);
	if (at)
		*at = (int64_t)i;
	return at;
}

int64_t
mip_list_count(const struct mip_type *of, const void *list, const void *item)
{
	struct type_list l = type_list_get(list);
	int64_t n = 0;
	size_t i;

	for (i = 0; i < l.n; i++)
		n += mip_equal(of, item_at(of, l.v, i), item);
	return n;
}

void
mip_list_flatten(struct mip *m, const struct mip_type *of, const void *lists,
    void *out)
{
	struct type_list l = type_list_get(lists), one;
	size_t n = 0, i;
	char *v;

	for (i = 0; i < l.n; i++)
		n += type_list_get((const struct type_list *)l.v + i).n;
	v = mip_alloc(m, n, of->size);
	type_list_set(out, v, v ? n : 0);
	for (i = 0; v && i < l.n; i++) {
		one = type_list_get((const struct type_list *)l.v + i);
		if (one.n > 0)
			memcpy(v, one.v, one.n * of->size);
		v += one.n * of->size;
	}
}

bool
mip_any(struct mip_bools v)
{
	size_t i;

	for (i = 0; i < v.n; i++)
		if (v.v[i])
			return true;
	return false;
}

bool
mip_all(struct mip_bools v)
{
	size_t i;

	for (i = 0; i < v.n; i++)
		if (!v.v[i])
			return false;
	return true;
}

/* ---- votes ---- */

/* The votes: for each item the first one that it is equal to, texts after
 * normalisation, and how many are equal to that; NULL without memory. */
struct vote {
	size_t first, n;
};

static struct vote *
count_votes(struct mip *m, const struct mip_type *of, struct type_list l)
{
	bool text = of->kind == MIP_STRING;
	const char **s = text ? mip_alloc(m, l.n, sizeof *s) : NULL;
	struct vote *v = mip_alloc(m, l.n, sizeof *v);
	size_t i, k;

	if (!v || (text && !s))
		return NULL;
	for (i = 0; i < l.n; i++) {
		const void *x = item_at(of, l.v, i);

		if (text)
			s[i] = mip_normalize(m, *(const char *const *)x);
		for (k = 0; k < i; k++)
			if (text ? strcmp(s[k], s[i]) == 0 :
			    mip_equal(of, item_at(of, l.v, k), x))
				break;
		v[i].first = v[k].first = k;
		v[k].n++;
	}
	return v;
}

/* Which of the first ones most are equal to, the earliest of several. */
static size_t
most_votes(const struct vote *v, size_t n)
{
	size_t i, best = 0;

	for (i = 1; i < n; i++)
		if (v[i].n > v[best].n)
			best = i;
	return best;
}

int64_t
mip_vote(struct mip *m, const struct mip_type *of, const void *list)
{
	struct type_list l = type_list_get(list);
	const struct vote *v;

	if (l.n == 0) {
		mip_fail(m, MIP_FAIL, "a vote of no items");
		return 0;
	}
	v = count_votes(m, of, l);
	return v ? (int64_t)most_votes(v, l.n) : 0;
}

bool
mip_decided(struct mip *m, const struct mip_type *of, const void *list,
    int64_t rest)
{
	struct type_list l = type_list_get(list);
	const struct vote *v = l.n > 0 ? count_votes(m, of, l) : NULL;
	size_t best, i, more = rest > 0 ? (size_t)rest : 0;

	if (!v)
		return more == 0;
	best = most_votes(v, l.n);
	if (v[best].n < more)           /* something new might get all */
		return false;
	for (i = 0; i < l.n; i++)
		if (i != best && v[i].n > 0 && (i < best ?
		    v[i].n + more >= v[best].n : v[i].n + more > v[best].n))
			return false;
	return true;
}
