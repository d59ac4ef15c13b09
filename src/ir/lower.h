/* Typed tree to IR.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IR_LOWER_H
#define IR_LOWER_H

#include "base/diag.h"
#include "front/check.h"
#include "ir/ir.h"

/* Makes the module of the checked program: every program that it reaches,
 * the metrics, data and settings of its optimize block.  What is parsed and
 * typed but not built yet is reported with E_NOT_BUILT and the name of the
 * construct.  NULL if errors were reported. */
struct mod *lower(struct arena *a, struct checked *c, struct diag *d);

#endif
