/* A program as the compiler writes it, by hand: what tests of the runtime
 * run.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SAMPLE_H
#define SAMPLE_H

#include "miproc_gen.h"

enum mood { MOOD_SURE, MOOD_UNSURE };

struct qa_in {
	const char *question;
	bool brief;
	const struct mip_strings *hints;        /* string[]? */
};

struct qa_out {
	const char *answer;
	int64_t confidence;
	enum mood mood;
};

/* recall K times at once, then judge */
enum mip_status qa(struct mip *m, const struct qa_in *in, struct qa_out *out);

extern const struct mip_prompt recall, judge, grade;
extern const struct mip_param sample_k;
extern const struct mip_program qa_program;
extern const struct mip_eval qa_eval;

/* One string out: echo's answer is what the leaf says. */
extern const struct mip_program echo_program;

#endif
