/* What a worker's answer to a run says.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TUNE_ANSWER_H
#define TUNE_ANSWER_H

#include "core/json.h"
#include "miproc.h"
#include "trace/usage.h"

/* How the run ended; one that was repaired is MIP_OK. */
enum mip_status answer_class(struct json answer);

/* What runs took. */
struct answer_used {
	int64_t calls, cached;          /* cached: of these */
	int64_t asked, clean;           /* calls of leaves with a reply; those
	                                 * whose first one could be read as it
	                                 * was */
	int64_t in, out;                /* tokens */
	double usd, nominal;            /* nominal: as if nothing were cached */
};

/* Adds the usage of the program; with that of the judges. */
void answer_used_program(struct json answer, struct answer_used *s);
void answer_used_add(struct json answer, struct answer_used *s);

/* Adds what other runs took. */
void answer_used_join(struct answer_used *s, const struct answer_used *more);

/* Adds what each leaf took, judges included. */
void answer_leaves(struct json answer, struct usage *u);

#endif
