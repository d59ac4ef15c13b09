/* The call plan and the identity of a program.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IR_PLAN_H
#define IR_PLAN_H

#include "ir/ir.h"

/* Sets calls_min and calls_max of every function: the least and most LM calls
 * of one successful run, without re-asks; and likewise vectors_min and
 * vectors_max: calls that make a vector, of a query or by embed().  Sums
 * saturate at UINT64_MAX. */
void ir_plan(struct mod *m);

/* Most re-asks included: calls_max with every leaf's reask. */
uint64_t ir_plan_worst(const struct mod *m, const struct fn *f);

/* Appends the plan for a reader (--emit=plan). */
void ir_plan_print(struct buf *b, const struct mod *m);

/* Sets the hashes of leaves, functions and the module: SHA-256 over the
 * alpha-renamed text form, without instructions, models and the study; the
 * first 16 hex digits.  Call before passes and before tuned values are set. */
void ir_hash(struct mod *m);

#endif
