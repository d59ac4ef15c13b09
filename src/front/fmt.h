/* The canonical layout of a source file.
 *
 * Tabs; one declaration, statement, option, field or variant a line where the
 * author broke a block or it would pass 80 columns; short blocks stay on one
 * line.  Breaks in argument lists and long expressions are the author's.
 * Columns that somebody had aligned are aligned.  Comments and text blocks
 * keep their bytes, but for white space at the end of a // comment.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FRONT_FMT_H
#define FRONT_FMT_H

#include "base/diag.h"
#include "base/names.h"
#include "base/source.h"
#include "core/buf.h"

/* Appends the layout of `s`, in which parse() found no mistake.  The result
 * is read again: false, with nothing appended, if its tokens would not be
 * those of `s`, which is a bug of ours. */
bool fmt(struct arena *a, struct names *names, struct sources *sources,
    struct source *s, struct diag *d, struct buf *out);

#endif
