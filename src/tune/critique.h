/* What metrics say of the calls of single leaves, for demonstrations and for
 * the proposer.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TUNE_CRITIQUE_H
#define TUNE_CRITIQUE_H

#include "tune/tuning.h"

/* Notes what the answer to a traced run says of each leaf that has an
 * instruction to search: the text of its worst credit, else the metric's
 * feedback, with a call of the leaf.  `gain` is the run's. */
void critique_read(struct tuning *u, struct json answer, double gain);

/* The worst credit of a leaf in an answer as a gain; false if there is
 * none. */
bool critique_credit(const struct tuning *u, struct json answer,
    const char *leaf, double *gain);

/* What the i-th proposal for the leaf is shown: calls that fell short of
 * `threshold`, each with what was wrong; "none" if nothing was. */
const char *critique_text(struct tuning *u, const struct leaf *l, size_t i,
    double threshold);

#endif
