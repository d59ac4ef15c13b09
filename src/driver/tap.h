/* What is told of tests: TAP while they run, JUnit's XML at the end.
 *
 * Texts that models wrote are data in both: they are quoted so that none of
 * them can look like a result.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DRIVER_TAP_H
#define DRIVER_TAP_H

#include "core/buf.h"
#include "tune/suite.h"

/* Appends the line of the n-th test, from 1, and what is known of its failure;
 * of all claims, if `verbose`.  `path` is the source. */
void tap_test(struct buf *b, const struct suite_test *t, unsigned n,
    const char *path, bool verbose);

/* Appends a comment with the sums. */
void tap_summary(struct buf *b, const struct suite *s);

/* Appends the whole report as JUnit's XML. */
void junit(struct buf *b, const struct suite *s, const char *path);

/* "3 of 5 repetitions passed, 4 are wanted", what did not hold, or why it was
 * not run. */
void tap_message(struct buf *b, const struct suite_test *t);

/* A JSON string without characters that a terminal acts on. */
void tap_quote(struct buf *b, const char *s);
/* A claim's values as one line of JSON, long ones cut. */
void tap_values(struct buf *b, struct json shown);

#endif
