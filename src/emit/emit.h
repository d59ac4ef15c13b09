/* IR to C, and what goes with it.  Emission reads the IR and nothing else.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EMIT_EMIT_H
#define EMIT_EMIT_H

#include "core/buf.h"
#include "ir/ir.h"

/* `stem` is the name of the files without their ending: "qa" for qa.c, qa.h,
 * qa_eval.c, qa_main.c. */

/* The program: tables of its leaves with the tuned values, one function for
 * each program of the source, and `const struct mip_program NAME_program`. */
void emit_c(struct buf *b, const struct mod *m, const char *stem);
/* Typed entry point: types of the program's inputs and outputs, prototype. */
void emit_header(struct buf *b, const struct mod *m, const char *stem);
/* What the worker has besides, in one unit with the program, whose file it
 * includes: metrics, `const struct mip_eval NAME_eval`. */
void emit_eval(struct buf *b, const struct mod *m, const char *stem);
/* `main`; with the metrics if `eval`. */
void emit_main(struct buf *b, const struct mod *m, const char *stem, bool eval);
/* A graph for dot(1): what is asked, and where its answers go. */
void emit_dot(struct buf *b, const struct mod *m);

#endif
