/* Rows and slots in, scores out.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TUNE_EVALUATE_H
#define TUNE_EVALUATE_H

#include "tune/tune.h"
#include "tune/worker_client.h"

struct tuning;

/* What is known of one set of slots on some rows, by row. */
struct scores {
	double *v;                      /* as the metric gives it; NAN: not
	                                 * known */
	unsigned char *outcome;         /* enum mip_status, below
	                                 * MIP_INFRASTRUCTURE */
	bool *repaired;
	struct answer_used *used;       /* by the program, for the row */
	size_t n, nknown;
};

void evaluate_init(struct arena *a, struct scores *s, size_t n);

/* Scores those of the `n` picked rows that are not known yet.  A row that the
 * program fails on scores what the metric says; what the world is to blame
 * for is tried twice and then ends the study: any status but OK, with a
 * sentence in u->why.  `each`, if not NULL, gets every row's
 * answer in row order. */
enum mip_status evaluate(struct tuning *u, const struct rows *rows,
    const char *slots, const size_t *pick, size_t n, struct scores *s,
    void (*each)(void *arg, size_t row, const char *answer), void *arg);

/* The same below: runs jobs and accounts for them; each has an answer, or
 * has crashed.  Answers live in `a`. */
enum mip_status evaluate_jobs(struct tuning *u, struct arena *a,
    const struct rows *rows, struct worker_job *job, const size_t *row,
    size_t n);

/* What an answer says.  False if it has no score. */
struct outcome {
	enum mip_status status;
	bool repaired;
	double score;
};
bool evaluate_outcome(const struct tuning *u, const struct worker_job *j,
    struct outcome *out);

/* The mean of the gains of the picked rows, summed in their order. */
double evaluate_mean(const struct tuning *u, const struct scores *s,
    const size_t *pick, size_t n);

/* Interval and counts over the picked rows. */
void evaluate_summary(const struct tuning *u, const struct scores *s,
    const size_t *pick, size_t n, struct tune_score *out);

/* Appends the options of a program that say where replies are kept, whom it
 * asks and how much, as `t` does; there is room for EVALUATE_OPTIONS words and
 * two for each model.  Gives how many. */
enum { EVALUATE_OPTIONS = 19 };
unsigned evaluate_options(struct arena *a, const struct tune_task *t,
    const char **argv);

/* The command that starts the worker of `t`; with its journal and budget if it
 * is part of a `study`. */
const char *const *evaluate_argv(struct arena *a, const struct tune_task *t,
    bool study);

/* Starts the worker and learns of the metric: u->w, u->minimize,
 * u->on_fail. */
enum mip_status evaluate_start(struct tuning *u);

#endif
