/* What a study or a scoring can cost at most, before anything is paid.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TUNE_BOUND_H
#define TUNE_BOUND_H

#include "tune/tune.h"

/* Does the work of tune_bound. */
enum mip_status bound_make(const struct tune_task *t, struct tune_bound *b,
    char why[320]);

/* That of tune_eval_bound. */
void bound_runs(const struct tune_task *t, uint64_t runs,
    struct tune_bound *b);

#endif
