/* The values of a slot that is searched, and how they are ordered.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TUNE_CHOICES_H
#define TUNE_CHOICES_H

#include "ir/ir.h"

struct levels {
	struct ty_const *v;
	unsigned n;
	unsigned written;               /* which is the program's own */
	const double *at;               /* places of numbers, which rise; NULL:
	                                 * values without order */
};

/* What a slot may be, no value twice; `written`, which the program has, is
 * always among them.  Of a range a few levels are taken.  Numbers of a list
 * lie one step apart, those of a range where they are. */
struct levels choices_levels(struct arena *a, const struct choices *c,
    const struct ty_const *written);

/* Is there anything to choose? */
bool choices_many(const struct choices *c);

/* Is `v` one of the values, or in the range? */
bool choices_allow(const struct choices *c, const struct ty_const *v);

/* A value as JSON. */
const char *choices_json(struct arena *a, const struct ty_const *v);

#endif
