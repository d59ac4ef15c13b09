/* Programs of any length, to measure the compiler with.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SHAPES_H
#define SHAPES_H

#include "core/buf.h"

struct shape {
	const char *name;
	const char *what;
	/* Appends a program `All` of about so many lines. */
	void (*make)(struct buf *b, unsigned lines);
};

enum { NSHAPE = 7 };
extern const struct shape shapes[NSHAPE];

#endif
