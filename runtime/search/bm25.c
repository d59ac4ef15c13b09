/* An inverted index, made in memory, and searched where it is mapped.
 *
 * SPDX-License-Identifier: MIT */
#include "search/bm25.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "search/corpus_in.h"
#include "search/terms.h"

/* A term in the making. */
struct bm25_term {
	const char *name;
	uint32_t len, hash;
	uint32_t nrow;
	uint32_t row, times;            /* in the row that is being read */
	uint32_t last;                  /* row in the postings */
	unsigned char *post;
	uint32_t npost, cap;
};

struct bm25 {
	bool stem, failed;
	struct arena names;
	struct bm25_term *term;
	size_t nterm, capterm;
	uint32_t *slot;                 /* 1 + index of a term, or 0 */
	size_t cap;                     /* slots, 2^k */
	uint32_t row, length;           /* row: from 1 */
	uint32_t *touched;              /* terms of this row */
	size_t ntouched, captouched;
	uint32_t *order;                /* terms by name */
	size_t name_size, post_size;
};

struct bm25 *
bm25_new(bool stem)
{
	struct bm25 *b = calloc(1, sizeof *b);

	if (b)
		b->stem = stem;
	return b;
}

void
bm25_free(struct bm25 *b)
{
	size_t i;

	if (!b)
		return;
	for (i = 0; i < b->nterm; i++)
		free(b->term[i].post);
	free(b->term);
	free(b->slot);
	free(b->touched);
	free(b->order);
	arena_release(&b->names);
	free(b);
}

/* ---- terms ---- */

static uint32_t
bm25_hash(const char *s, size_t n)
{
	uint32_t h = 2166136261u;
	size_t i;

	for (i = 0; i < n; i++)
		h = (h ^ (unsigned char)s[i]) * 16777619u;
	return h ^ h >> 15;
}

static bool
bm25_grow(void **v, size_t *cap, size_t need, size_t size)
{
	size_t n = *cap ? *cap : 64;
	void *p;

	if (need <= *cap)
		return true;
	while (n < need)
		n *= 2;
	p = realloc(*v, n * size);
	if (!p)
		return false;
	*v = p;
	*cap = n;
	return true;
}

static bool
bm25_rehash(struct bm25 *b)
{
	size_t cap = b->cap ? b->cap * 2 : 1024, i, at;
	uint32_t *slot = calloc(cap, sizeof *slot);

	if (!slot)
		return false;
	for (i = 0; i < b->nterm; i++) {
		at = b->term[i].hash & (cap - 1);
		while (slot[at])
			at = (at + 1) & (cap - 1);
		slot[at] = (uint32_t)i + 1;
	}
	free(b->slot);
	b->slot = slot;
	b->cap = cap;
	return true;
}

/* The term of that name, made if need be; NULL without memory. */
static struct bm25_term *
bm25_find(struct bm25 *b, const char *name, size_t n)
{
	uint32_t hash = bm25_hash(name, n);
	struct bm25_term *t;
	void *v = b->term;
	size_t at;

	if (b->nterm * 2 >= b->cap && !bm25_rehash(b))
		return NULL;
	for (at = hash & (b->cap - 1); b->slot[at];
	    at = (at + 1) & (b->cap - 1)) {
		t = &b->term[b->slot[at] - 1];
		if (t->hash == hash && t->len == n &&
		    memcmp(t->name, name, n) == 0)
			return t;
	}
	if (b->nterm == UINT32_MAX - 1 ||
	    !bm25_grow(&v, &b->capterm, b->nterm + 1, sizeof *t))
		return NULL;
	b->term = v;
	t = &b->term[b->nterm];
	*t = (struct bm25_term){
		.name = arena_strndup(&b->names, name, n),
		.len = (uint32_t)n, .hash = hash
	};
	if (!t->name)
		return NULL;
	b->slot[at] = (uint32_t)++b->nterm;
	return t;
}

/* ---- rows ---- */

static bool
bm25_term_of_row(void *arg, const char *name, size_t n)
{
	struct bm25 *b = arg;
	struct bm25_term *t = bm25_find(b, name, n);
	void *v = b->touched;

	if (!t || b->length == UINT32_MAX)
		return false;
	b->length++;
	if (t->row == b->row) {
		t->times++;
		return true;
	}
	t->row = b->row;
	t->times = 1;
	if (!bm25_grow(&v, &b->captouched, b->ntouched + 1,
	    sizeof *b->touched))
		return false;
	b->touched = v;
	b->touched[b->ntouched++] = (uint32_t)(t - b->term);
	return true;
}

static void
bm25_varint(struct bm25_term *t, uint32_t v)
{
	for (; v >= 0x80; v >>= 7)
		t->post[t->npost++] = (unsigned char)(v | 0x80);
	t->post[t->npost++] = (unsigned char)v;
}

/* Most terms are in a row or two: small steps first. */
static bool
bm25_post(struct bm25_term *t)
{
	uint32_t cap;
	void *p;

	if (t->cap - t->npost < 10) {
		if (t->cap > UINT32_MAX / 2 - 16)
			return false;
		cap = t->cap + t->cap / 2 + 16;
		p = realloc(t->post, cap);
		if (!p)
			return false;
		t->post = p;
		t->cap = cap;
	}
	bm25_varint(t, t->row - t->last - 1);
	bm25_varint(t, t->times);
	t->last = t->row;
	t->nrow++;
	return true;
}

bool
bm25_add(struct bm25 *b, const char *text, size_t n, uint32_t *length)
{
	size_t i;

	if (b->failed || b->row == UINT32_MAX)
		return false;
	b->row++;
	b->length = 0;
	b->ntouched = 0;
	b->failed = !terms_split(text, n, b->stem, bm25_term_of_row, b);
	for (i = 0; !b->failed && i < b->ntouched; i++)
		b->failed = !bm25_post(&b->term[b->touched[i]]);
	*length = b->length;
	return !b->failed;
}

/* ---- the parts of the index ---- */

static int
bm25_compare(const void *x, const void *y)
{
	const struct bm25_term *a = *(const struct bm25_term *const *)x;
	const struct bm25_term *b = *(const struct bm25_term *const *)y;
	size_t n = a->len < b->len ? a->len : b->len;
	int d = memcmp(a->name, b->name, n);

	return d ? d : (a->len > b->len) - (a->len < b->len);
}

static bool
bm25_sort(struct bm25 *b)
{
	const struct bm25_term **v = malloc((b->nterm + 1) * sizeof *v);
	size_t i;

	b->order = malloc((b->nterm + 1) * sizeof *b->order);
	if (v && b->order) {
		for (i = 0; i < b->nterm; i++)
			v[i] = &b->term[i];
		qsort(v, b->nterm, sizeof *v, bm25_compare);
		for (i = 0; i < b->nterm; i++)
			b->order[i] = (uint32_t)(v[i] - b->term);
	}
	free(v);
	return v && b->order;
}

bool
bm25_sizes(struct bm25 *b, size_t *nterm, size_t *name, size_t *post)
{
	size_t i;

	if (b->failed || !bm25_sort(b))
		return false;
	b->name_size = b->post_size = 0;
	for (i = 0; i < b->nterm; i++) {
		b->name_size += b->term[i].len;
		b->post_size += b->term[i].npost;
	}
	*nterm = b->nterm;
	*name = b->name_size;
	*post = b->post_size;
	return b->name_size <= UINT32_MAX;
}

void
bm25_write(const struct bm25 *b, struct corpus_term *term, char *name,
    unsigned char *post)
{
	const struct bm25_term *t;
	uint64_t at = 0;
	uint32_t name_at = 0;
	size_t i;

	for (i = 0; i < b->nterm; i++) {
		t = &b->term[b->order[i]];
		term[i] = (struct corpus_term){ at, t->npost, t->nrow, name_at,
		    t->len };
		memcpy(name + name_at, t->name, t->len);
		memcpy(post + at, t->post, t->npost);
		name_at += t->len;
		at += t->npost;
	}
}

/* ---- searching ---- */

/* The terms of a query, as indices into those of the corpus. */
struct bm25_query {
	const struct corpus *c;
	uint32_t *term;
	size_t n, cap;
};

static int
bm25_order(const struct corpus *c, const struct corpus_term *t,
    const char *name, size_t n)
{
	size_t k = t->name_len < n ? t->name_len : n;
	int d = memcmp(c->name + t->name, name, k);

	return d ? d : (t->name_len > n) - (t->name_len < n);
}

static bool
bm25_term_of_query(void *arg, const char *name, size_t n)
{
	struct bm25_query *q = arg;
	size_t lo = 0, hi = q->c->head->nterm, mid;
	void *v = q->term;
	int d;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		d = bm25_order(q->c, &q->c->term[mid], name, n);
		if (d < 0) {
			lo = mid + 1;
		} else if (d > 0) {
			hi = mid;
		} else {
			if (!bm25_grow(&v, &q->cap, q->n + 1, sizeof *q->term))
				return false;
			q->term = v;
			q->term[q->n++] = (uint32_t)mid;
			return true;
		}
	}
	return true;
}

static int
bm25_number(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	return (a > b) - (a < b);
}

static const unsigned char *
bm25_read(const unsigned char *p, const unsigned char *end, uint32_t *v)
{
	unsigned shift = 0;

	*v = 0;
	while (p < end && shift < 32) {
		*v |= (uint32_t)(*p & 0x7f) << shift;
		shift += 7;
		if (!(*p++ & 0x80))
			return p;
	}
	return end;
}

/* Adds what a term of the query gives to the rows that have it. */
static void
bm25_score(const struct corpus *c, const struct corpus_term *t,
    const struct bm25_options *o, double *score)
{
	const unsigned char *p = c->post + t->post, *end = p + t->post_len;
	double rows = (double)c->head->nrow, with = t->nrow;
	double weight = log(1 + (rows - with + 0.5) / (with + 0.5)) *
	    (o->k1 + 1);
	double mean = (double)c->head->nword / rows;
	double base = o->k1 * (1 - o->b), each = o->k1 * o->b / mean;
	uint32_t row = 0, step, tf;

	while (p < end) {
		p = bm25_read(p, end, &step);
		p = bm25_read(p, end, &tf);
		row += step + 1;
		if (row == 0 || row > c->head->nrow)
			return;
		score[row - 1] += weight * tf /
		    (tf + base + each * c->length[row - 1]);
	}
}

bool
bm25_search(const struct corpus *c, const char *query,
    const struct bm25_options *o, struct hits *best)
{
	struct bm25_query q = { .c = c };
	double *score;
	size_t i, n = c->head->nrow;
	bool ok;

	best->n = 0;
	ok = terms_split(query, strlen(query), o->stem, bm25_term_of_query,
	    &q);
	score = ok && q.n > 0 ? calloc(n, sizeof *score) : NULL;
	if (ok && q.n > 0 && !score)
		ok = false;
	if (score) {
		/* In the order of terms: sums of the same numbers. */
		qsort(q.term, q.n, sizeof *q.term, bm25_number);
		for (i = 0; i < q.n; i++)
			if (i == 0 || q.term[i] != q.term[i - 1])
				bm25_score(c, &c->term[q.term[i]], o, score);
		for (i = 0; i < n; i++)
			if (score[i] > 0)
				hits_put(best, i, score[i]);
		hits_sort(best);
	}
	free(score);
	free(q.term);
	return ok;
}
