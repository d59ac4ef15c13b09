/* A program whose slots have a known worth, and the search of them without a
 * process, a model or a file: for tests of the search and its bench, which
 * include landscape.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef LANDSCAPE_H
#define LANDSCAPE_H

#include "tune/tune.h"

enum { LAND_VARS = 10, LAND_CHOICES = 12 };

struct land_shape {
	unsigned nvar, nnumber;         /* params; the first are numbers */
	unsigned nchoice;
	double pairs;                   /* weight of pairs over that of each
	                                 * param by itself */
	double worst, written, best;    /* shares of rows that go well: of the
	                                 * worst point, as written, at most */
	double alike;                   /* how much one row is as hard for all
	                                 * points, from 0 to 1 */
};

/* Params P0, P1, ... with these choices. */
void land_make(const struct land_shape *s, uint64_t seed);

/* The share of all rows that go well with these slots. */
double land_worth(const char *slots);

/* A task with so many dev rows, to which settings may be added. */
struct tune_task land_task(struct arena *a, size_t dev, uint64_t seed);

/* Runs of rows since land_make. */
size_t land_runs(void);

#endif
