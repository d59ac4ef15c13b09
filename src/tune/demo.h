/* Demonstrations: what the program itself did well, and labelled rows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TUNE_DEMO_H
#define TUNE_DEMO_H

#include "tune/tuning.h"

/* Runs train rows; notes what the metric says of them (critique.h); and fills
 * `demo` and `ndemo` of the leaves whose demos are searched.  Set 0 is
 * what the program has; 1 labelled rows alone, where rows have a leaf's
 * fields; 2 the first runs that succeeded; the others runs drawn at random,
 * with varying counts.  Sets of one index come from the same runs.  A set that
 * would be empty is NULL. */
enum mip_status demo_make(struct tuning *u);

/* One demonstration for the leaf from a step of a trace, or NULL: its calls
 * must have gone well, unrepaired. */
const char *demo_of_step(struct arena *a, const struct prompt *l,
    struct json step);

/* One from a row that has all inputs and outputs of the leaf, or NULL. */
const char *demo_of_row(struct arena *a, const struct prompt *l,
    struct json row);

/* Picks `k` of `n` things, in an order that takes things of different labels
 * first; label[i] may be NULL.  Gives how many were picked. */
size_t demo_vary(const size_t *order, const char *const *label, size_t n,
    size_t k, size_t *out);

/* From which gain on a run counts as success; scores[n] are gains. */
double demo_threshold(const struct plan *p, bool minimize,
    const double *gain, size_t n);

#endif
