/* Instruction proposals, by a model that is shown the data, the program and
 * demonstrations.
 *
 * The proposer's programs are src/tune/describe_data.mp, describe_program.mp
 * and instruct.mp, compiled when miproc is built.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TUNE_PROPOSE_H
#define TUNE_PROPOSE_H

#include "tune/tuning.h"

/* Fills `instruction` and `ninstruction` of the leaves whose instruction is
 * searched: 0 is the program's own, the others are JSON strings, no two
 * alike.  Needs the leaves' demos.  Failures of proposals make fewer of them,
 * and a warning; only a spent budget, an interruption and the like are a
 * status. */
enum mip_status propose_make(struct tuning *u);

/* Calls of the proposer at most, re-asks included. */
uint64_t propose_calls(const struct tune_task *t, const struct plan *p);

/* ---- parts, for tests (propose_text.c) ---- */

/* A reply as an instruction: without blanks around it, a fence or quotes
 * around all of it, and a label such as "Proposed instruction:" in front;
 * NULL if nothing fit to use is left. */
const char *propose_clean(struct arena *a, const char *text);

/* The leaf's fields with types and descriptions. */
const char *propose_signature(struct arena *a, const struct prompt *l);

/* A value as JSON, cut to what a prompt can bear. */
void propose_put(struct buf *b, struct json v);

/* Some rows, each cut to what a prompt can bear. */
const char *propose_rows(struct arena *a, const struct rows *rows,
    const size_t *pick, size_t n);

/* The first demonstrations of a set; "none" if it is NULL. */
const char *propose_examples(struct arena *a, const char *demos, size_t most);

#endif
