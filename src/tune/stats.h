/* Intervals and comparisons of mean scores.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TUNE_STATS_H
#define TUNE_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A mean of `n` scores and where the true mean lies.  Of no scores the mean
 * is 0. */
struct interval {
	double mean, lo, hi;
	size_t n;
};

/* Wilson's score interval for a proportion; with n = 0 it is [0, 1].
 * `successes` may be a fraction: for scores in [0, 1] the interval is then
 * too wide rather than too narrow, as no such score varies more than 0/1. */
struct interval stats_wilson(double successes, size_t n, double level);

/* The interval of the mean of `score` at `level` (0.95), by what fits:
 *   all 0 or 1                          Wilson
 *   in [0, 1], fewer than 10 or equal   Wilson, with their sum as successes
 *   not in [0, 1], none, one or equal   [-inf, inf]: the spread is unknown
 *   others                              bootstrap, BCa, drawn from `seed`
 * False without memory. */
bool stats_interval(const double *score, size_t n, double level,
    uint64_t seed, struct interval *out);

/* What `b` has over `a`, row by row. */
struct paired {
	struct interval diff;           /* of mean b - mean a */
	double p;                       /* two-sided, of no difference; 1 if
	                                 * all rows are equal */
	bool exact;                     /* p is not from random draws */
};

/* Compares the scores of the same `n` rows.  The interval is Newcombe's for
 * paired proportions where all scores are 0 or 1; else it is as that of
 * stats_interval for the differences, which lie in [-1, 1] if all scores are
 * in [0, 1] and otherwise anywhere.  p is that of the sign-flip test: all ways
 * to exchange the two scores of a row are equally likely (on 0/1 scores, the
 * exact McNemar test); 20,000 drawn ways if more than 2^16.  False without
 * memory. */
bool stats_paired(const double *a, const double *b, size_t n, double level,
    uint64_t seed, struct paired *out);

#endif
