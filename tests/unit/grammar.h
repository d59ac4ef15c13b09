/* Grammars in GBNF as llama.cpp reads them: what texts they take, and texts
 * that they take.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef GRAMMAR_H
#define GRAMMAR_H

#include "core/arena.h"
#include "core/buf.h"

struct grammar;

/* NULL with a sentence in `why` if it is none. */
struct grammar *grammar_new(struct arena *a, const char *text, char why[160]);

bool grammar_takes(const struct grammar *g, const char *text);

/* Appends a text at random; `seed` moves on.  Characters that stand in
 * `likely` are drawn more often. */
void grammar_say(const struct grammar *g, unsigned long *seed,
    const char *likely, struct buf *b);

#endif
