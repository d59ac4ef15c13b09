/* Types as grammars (GBNF) that llama.cpp holds a reply to.
 *
 * What a grammar takes, the reader of replies takes without a repair.
 *
 * SPDX-License-Identifier: MIT */
#ifndef GBNF_H
#define GBNF_H

#include "core/buf.h"
#include "miproc_gen.h"

/* Appends the grammar of replies of struct type `t` in format `f`, with a
 * rule on each line and `root` first.  It has the limits of @range and @len,
 * and of @regex where the pattern can be put so: texts with other patterns are
 * any texts.  A text between marks holds nothing that could be taken for
 * one.  The same type, the same bytes; b->failed without memory. */
void gbnf(struct buf *b, const struct mip_type *t, enum mip_format f);

#endif
