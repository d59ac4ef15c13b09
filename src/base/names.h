/* Interned strings: equal names are equal pointers.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_NAMES_H
#define BASE_NAMES_H

#include "base/base.h"

struct names {
	struct arena *a;
	const char **slot;
	size_t n, cap;
};

void names_init(struct names *t, struct arena *a);
const char *names_intern(struct names *t, const char *s, size_t n);

#endif
