/* Passes over the IR: order, verification, dumps, switches.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IR_PASS_H
#define IR_PASS_H

#include <stdio.h>

#include "ir/ir.h"

enum pass_id {
#define PASS(name, what) PASS_##name,
#include "ir/pass.def"
#undef PASS
	PASS_COUNT
};

struct pass_options {
	bool off[PASS_COUNT];           /* -X name */
	bool dump[PASS_COUNT];          /* -fdump-name: to `out` after it */
	FILE *out;
};

/* The pass of that name, or -1. */
int pass_find(const char *name);
const char *pass_name(int pass);

/* Runs all passes that are on, in the order of pass.def, and verifies after
 * each (a broken IR is a bug). */
void passes_run(struct mod *m, const struct pass_options *o);

/* One function a pass: true if it changed something. */
bool pass_fold(struct mod *m, struct fn *f);
bool pass_dead(struct mod *m, struct fn *f);
bool pass_share(struct mod *m, struct fn *f);
bool pass_par(struct mod *m, struct fn *f);

#endif
