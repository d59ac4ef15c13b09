/* What is told of scores, by tuning and by eval: one form for both.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DRIVER_REPORT_H
#define DRIVER_REPORT_H

#include <stdio.h>

#include "tune/answer.h"
#include "tune/tune.h"

/* A mean with its interval, and under it how rows failed. */
void report_score(FILE *f, const char *label, const struct tune_score *s);

/* The paired difference of two scores of the same rows, and on how many `b` is
 * better than `a`. */
void report_difference(FILE *f, const struct tune_score *a,
    const struct tune_score *b, const struct interval *diff, double p,
    bool minimize);

/* Is the difference for certain a gain (1), a loss (-1), or neither?  Both must
 * say so: its 95% interval is clear of zero, and p is below 0.05. */
int report_sign(const struct interval *diff, double p, bool minimize);

/* What it takes at most: a line. */
void report_bound(FILE *f, const struct tune_bound *b);

/* "12 LM calls paid, 3 from cache, 1234 tokens, 0.0012 usd", within a line. */
void report_used(FILE *f, const struct answer_used *used);

/* What each leaf took, as a table. */
void report_usage(FILE *f, const struct tune_usage *u);

/* Writes the file of --usage-file; 0, or the exit status after a message.  It
 * is NULL if there is none. */
int report_usage_file(const char *path, const struct tune_usage *u);

/* Whether it may be written; likewise, before anything is spent. */
int report_usage_check(const char *path, struct arena *a);

#endif
