/* The space that tuning searches, and what is known of its points.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "tune/space.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tune/rng.h"

size_t
space_size(const struct space *s, size_t limit)
{
	size_t i, size = 1;

	for (i = 0; i < s->nvar; i++) {
		if (size > limit / s->var[i].nchoice)
			return limit;
		size *= s->var[i].nchoice;
	}
	return size < limit ? size : limit;
}

/* The `index`-th point, the first variable changing fastest. */
static void
space_nth(const struct space *s, size_t index, unsigned *x)
{
	size_t i;

	for (i = 0; i < s->nvar; i++) {
		x[i] = (unsigned)(index % s->var[i].nchoice);
		index /= s->var[i].nchoice;
	}
}

bool
space_has(const struct space *s, const unsigned *x)
{
	size_t i;

	for (i = 0; i < s->nvar; i++)
		if (x[i] >= s->var[i].nchoice)
			return false;
	return true;
}

double
space_distance(const struct space_var *v, unsigned a, unsigned b)
{
	if (v->nchoice < 2)
		return 0;
	return fabs(v->at[a] - v->at[b]) /
	    (v->at[v->nchoice - 1] - v->at[0]);
}

void
space_draw(const struct space *s, struct rng *r, unsigned *x)
{
	size_t i;

	for (i = 0; i < s->nvar; i++)
		x[i] = (unsigned)rng_below(r, s->var[i].nchoice);
}

void
pool_init(struct pool *p, const struct space *s)
{
	memset(p, 0, sizeof *p);
	p->space = s;
}

void
pool_release(struct pool *p)
{
	free(p->known);
	free(p->x);
	free(p->slot);
	pool_init(p, p->space);
}

const unsigned *
pool_at(const struct pool *p, size_t i)
{
	assert(i < p->n);
	return p->x + i * p->space->nvar;
}

/* FNV-1a over the coordinates. */
static size_t
hash(const unsigned *x, size_t n)
{
	uint64_t h = 0xcbf29ce484222325U;
	size_t i;

	for (i = 0; i < n; i++)
		h = (h ^ x[i]) * 0x100000001b3U;
	return (size_t)(h ^ h >> 32);
}

static bool
same(const unsigned *a, const unsigned *b, size_t n)
{
	size_t i;

	for (i = 0; i < n && a[i] == b[i]; i++)
		;
	return i == n;
}

/* The slot of `x`: where it is, or where it would go.  The table is never
 * full. */
static size_t
slot_of(const struct pool *p, const unsigned *x)
{
	size_t n = p->space->nvar, at = hash(x, n) & (p->nslot - 1);

	while (p->slot[at] && !same(pool_at(p, p->slot[at] - 1), x, n))
		at = (at + 1) & (p->nslot - 1);
	return at;
}

size_t
pool_find(const struct pool *p, const unsigned *x)
{
	size_t at;

	if (p->n == 0)
		return 0;
	at = slot_of(p, x);
	return p->slot[at] ? p->slot[at] - 1 : p->n;
}

static bool
grow(struct pool *p)
{
	size_t cap = p->cap ? 2 * p->cap : 32, width = p->space->nvar, i;
	size_t *slot;
	void *q;

	if (cap > SIZE_MAX / 64 / (width + 1))
		return false;
	if (!(q = realloc(p->known, cap * sizeof *p->known)))
		return false;
	p->known = q;
	if (!(q = realloc(p->x, (cap * width + 1) * sizeof *p->x)))
		return false;
	p->x = q;
	if (!(slot = calloc(2 * cap, sizeof *slot)))
		return false;
	free(p->slot);
	p->slot = slot;
	p->nslot = 2 * cap;
	p->cap = cap;
	for (i = 0; i < p->n; i++)
		slot[slot_of(p, pool_at(p, i))] = i + 1;
	return true;
}

bool
pool_add(struct pool *p, const unsigned *x, double value, double weight,
    size_t *index)
{
	size_t width = p->space->nvar, i;
	struct known *k;

	i = pool_find(p, x);
	if (i == p->n) {
		if (p->n == p->cap && !grow(p))
			return false;
		for (i = 0; i < width; i++)
			p->x[p->n * width + i] = x[i];
		p->slot[slot_of(p, x)] = p->n + 1;
		i = p->n++;
		memset(&p->known[i], 0, sizeof p->known[i]);
	}
	k = &p->known[i];
	k->weight += weight;
	k->mean += (value - k->mean) * (weight / k->weight);
	k->ntold++;
	*index = i;
	return true;
}

size_t
pool_again(const struct pool *p)
{
	double mean = 0, square = 0, weight = 0, told = 0, sd, score, top = 0;
	size_t i, best = p->n;

	for (i = 0; i < p->n; i++) {
		mean += p->known[i].mean / (double)p->n;
		weight += p->known[i].weight;
		told += (double)p->known[i].ntold;
	}
	for (i = 0; i < p->n; i++)
		square += pow(p->known[i].mean - mean, 2) / (double)p->n;
	sd = sqrt(square);
	weight /= told > 0 ? told : 1;          /* of one measurement */
	for (i = 0; i < p->n; i++) {
		score = p->known[i].mean +
		    sd * sqrt(weight / p->known[i].weight);
		if (best == p->n || score > top || (score == top &&
		    p->known[i].weight < p->known[best].weight)) {
			best = i;
			top = score;
		}
	}
	return best;
}

bool
pool_unknown(const struct pool *p, struct rng *r, unsigned *x)
{
	size_t size = space_size(p->space, SIZE_MAX), i, at;

	if (p->n >= size)
		return false;
	if (size / 2 > p->n) {          /* each draw succeeds by one half */
		for (i = 0; i < 64; i++) {
			space_draw(p->space, r, x);
			if (pool_find(p, x) == p->n)
				return true;
		}
	}
	at = (size_t)rng_below(r, size);
	for (i = 0; i < size; i++) {    /* ends: fewer are known than are */
		space_nth(p->space, (at + i) % size, x);
		if (pool_find(p, x) == p->n)
			return true;
	}
	return false;
}
