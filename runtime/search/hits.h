/* The best of many rows: those with the highest scores; of equal ones those
 * that come first.
 *
 * SPDX-License-Identifier: MIT */
#ifndef HITS_H
#define HITS_H

#include <stddef.h>

struct hit {
	size_t row;
	double score;
};

/* `v`, the caller's, has room for `max`. */
struct hits {
	struct hit *v;
	size_t n, max;
};

void hits_put(struct hits *h, size_t row, double score);

/* The best one first.  No more may be put in. */
void hits_sort(struct hits *h);

#endif
