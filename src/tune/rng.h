/* Random numbers that a seed determines, on every machine alike.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TUNE_RNG_H
#define TUNE_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng;

/* A new generator (MT19937), or NULL without memory.  Zero is a seed like any
 * other: seeds are mixed first, so that neighbours have nothing in common. */
struct rng *rng_new(uint64_t seed);
void rng_free(struct rng *r);                   /* NULL is allowed */

/* The seed of a stream of its own, from the seed of the whole, what the
 * stream is for and its number: what draws there moves nothing elsewhere. */
uint64_t rng_child(uint64_t seed, const char *label, uint64_t index);

uint64_t rng_below(struct rng *r, uint64_t n);  /* 0 .. n - 1; n > 0 */
double rng_unit(struct rng *r);                 /* [0, 1), 53 bits */
double rng_normal(struct rng *r);               /* mean 0, variance 1 */

/* Puts index[0 .. n - 1] in random order. */
void rng_shuffle(struct rng *r, size_t *index, size_t n);

/* Writes `k` different numbers below `n` to `out`, in random order; k <= n.
 * Needs no memory in proportion to `n`. */
void rng_sample(struct rng *r, size_t k, size_t n, size_t *out);

#endif
