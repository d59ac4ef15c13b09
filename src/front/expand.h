/* A program as one file: imports in place, -D applied.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FRONT_EXPAND_H
#define FRONT_EXPAND_H

#include "core/buf.h"
#include "front/check.h"

/* Appends the program that `c` was checked to be, without an error, in the
 * layout of fmt: the declarations of all files, those of imports with `as`
 * under their full names, m.answer; constants and params that -D set at those
 * values.  Comments are left out, and so is what only means something in the
 * main file: optimize, test and caps of imports.  The result has the same
 * program hash and the same addresses.  False after a message, where a name
 * would mean something else in one file. */
bool expand(struct arena *a, struct names *names, struct sources *sources,
    struct checked *c, struct diag *d, struct buf *out);

#endif
