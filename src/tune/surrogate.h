/* Which point to measure next: surrogates of the true score, ask and tell.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TUNE_SURROGATE_H
#define TUNE_SURROGATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tune/space.h"

/* X(NAME, word in the language, prefix of its functions, sentence). */
#define SURROGATE_MAP(X) \
	X(LINEAR, "linear", linear, "main effects and pairs, by Bayes") \
	X(TPE,    "tpe",    tpe,    "tree-structured Parzen estimator") \
	X(RANDOM, "random", uniform, "random points, none twice")

enum surrogate_kind {
#define SURROGATE_ENUM(name, word, prefix, text) SURROGATE_##name,
	SURROGATE_MAP(SURROGATE_ENUM)
#undef SURROGATE_ENUM
	SURROGATE_NKIND
};

/* Zero means the default in every field. */
struct surrogate_options {
	enum surrogate_kind kind;       /* the first of the table */
	size_t trials;                  /* planned; 0: unknown */
	size_t startup;                 /* spread points before the surrogate
	                                 * is asked; by the size if 0 */
	double gamma;                   /* tpe: share of good points; 0.1 */
	unsigned candidates;            /* tpe: drawn for each ask; 24 */
	double prior_weight;            /* tpe: of the uniform part; 1 */
	bool optuna;                    /* tpe: as Optuna 4.8 does it, with
	                                 * multivariate = True: plain random
	                                 * start, repeats allowed, each told
	                                 * value an observation of its own */
};

struct surrogate;

enum surrogate_asked {
	SURROGATE_FRESH,                /* a point that was never told */
	SURROGATE_REPEAT,               /* a known one: all are known (or the
	                                 * preset does not mind) */
	SURROGATE_NOMEM
};

/* Borrows the space.  NULL without memory.  Equal seeds and equal tells give
 * equal points.  Larger values are better. */
struct surrogate *surrogate_new(const struct space *s, uint64_t seed,
    const struct surrogate_options *o);
void surrogate_free(struct surrogate *s);

/* Writes the point to measure next to `x`.  Asking again without telling
 * gives another draw, seldom the same point.  A space without variables has
 * one point. */
enum surrogate_asked surrogate_ask(struct surrogate *s, unsigned *x);

/* Takes a measurement, of a point that was asked for or any other: `value`
 * is the mean over `weight` rows; repeats of a point are pooled.  False, and
 * nothing changed, if value or weight is not finite, weight <= 0, or the point
 * is outside the space; false also without memory, and then nothing but
 * surrogate_free may follow. */
bool surrogate_tell(struct surrogate *s, const unsigned *x, double value,
    double weight);

/* The told point that the surrogate holds for the best, noise considered,
 * and the value that it expects there (may be NULL).  False if none is
 * told. */
bool surrogate_best(struct surrogate *s, unsigned *x, double *value);

/* What was told. */
const struct pool *surrogate_pool(const struct surrogate *s);

bool surrogate_kind(const char *word, enum surrogate_kind *k);

#endif
