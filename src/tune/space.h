/* The space that tuning searches, and what is known of its points.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TUNE_SPACE_H
#define TUNE_SPACE_H

#include <stdbool.h>
#include <stddef.h>

struct rng;

/* One slot of the program.  A point gives each variable a number below
 * nchoice.  Choices of a category have no order; those of a number have
 * places on a line, and neighbours are alike. */
struct space_var {
	const char *name;
	unsigned nchoice;               /* at least 1 */
	const double *at;               /* of a number: the place of each
	                                 * choice, rising; NULL: a category */
};

struct space {
	const struct space_var *var;
	size_t nvar;
};

/* The number of points, or `limit` if there are more. */
size_t space_size(const struct space *s, size_t limit);

bool space_has(const struct space *s, const unsigned *x);

/* How far apart two choices of a number are, as a part of its range. */
double space_distance(const struct space_var *v, unsigned a, unsigned b);

/* A point, uniform. */
void space_draw(const struct space *s, struct rng *r, unsigned *x);

/* What was measured at one point: repeats are pooled. */
struct known {
	double mean;                    /* weighted */
	double weight;                  /* sum; 1 is one row */
	size_t ntold;
};

/* The points that were measured, in the order of their first measurement. */
struct pool {
	const struct space *space;
	struct known *known;            /* n of them */
	size_t n;
	unsigned *x;                    /* private from here on */
	size_t cap;
	size_t *slot, nslot;            /* hash table of index + 1 */
};

/* Borrows the space. */
void pool_init(struct pool *p, const struct space *s);
void pool_release(struct pool *p);

/* The coordinates of known point `i`; valid until the next pool_add. */
const unsigned *pool_at(const struct pool *p, size_t i);

/* The index of `x`, or p->n if it is not known. */
size_t pool_find(const struct pool *p, const unsigned *x);

/* Adds a measurement and gives the point's index; false without memory, with
 * the pool as it was. */
bool pool_add(struct pool *p, const unsigned *x, double value, double weight,
    size_t *index);

/* The point to measure again when there is no other: the largest pooled mean
 * plus what its uncertainty leaves open, so that the least certain among the
 * good come first; p->n if the pool is empty. */
size_t pool_again(const struct pool *p);

/* A point that is not known, uniform as far as that is cheap; false if there
 * is none. */
bool pool_unknown(const struct pool *p, struct rng *r, unsigned *x);

#endif
