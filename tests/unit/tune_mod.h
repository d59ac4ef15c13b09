/* A small module, as lowering makes one: what tests of the tuner work on.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TUNE_MOD_H
#define TUNE_MOD_H

#include "ir/ir.h"
#include "tune/tune.h"

/* Two leaves: `route` (text: string) -> (label: Label), and `m.explain`
 * (text: string, label: Label) -> (reasoning: string, why: string), which
 * reasons; a param K = 2 tune [1, 2, 3].  Program `Route` makes 2 calls; its
 * metric `acc` makes none.  Lives in `a`. */
struct mod *tune_mod(struct arena *a);

/* A task on it, with so many rows of {"text":"...","label":"..."}. */
struct tune_task tune_mod_task(struct arena *a, struct mod *m, size_t train,
    size_t dev, size_t test);

#endif
