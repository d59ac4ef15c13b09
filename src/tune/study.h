/* The study's database: the lock, runs, trials, scores by row, events.
 *
 * The same SQLite file is the journal and the ledger of the LM client; its
 * tables `reply`, `digest` and `ledger_*` are store/store.c's.  One study
 * at a time uses a file.
 *
 * What becomes of an earlier study's replies:
 *   --resume                             they are kept, and so is what was
 *                                        spent: the study goes on
 *   the same settings, and interrupted   the same, without being asked
 *   else                                 they are deleted, the ledger is reset
 * Everything is determined by the task and its seed, so going on means to run
 * again with the journal answering.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TUNE_STUDY_H
#define TUNE_STUDY_H

#include "tune/tune.h"

struct study;

/* Opens, locks, and begins a run in the file.  USAGE if another process has
 * it; IO. *resumed says whether an earlier one goes on. */
enum mip_status study_open(const struct tune_task *t, struct study **out,
    bool *resumed, char why[320]);

/* Ends the run; NULL is allowed. */
void study_close(struct study *s, bool complete);

/* Nothing is written once something could not be. */
bool study_failed(const struct study *s);

struct study_trial {
	unsigned trial;
	const char *kind;               /* "baseline", "minibatch", "full",
	                                 * "test" */
	const char *slots;
	double mean;                    /* of the scores */
	const size_t *row;              /* n */
	const double *score;            /* by row, not by place in `row` */
	const unsigned char *outcome;   /* the same */
	size_t n;
};
void study_trial(struct study *s, const struct study_trial *t);
void study_event(struct study *s, const char *kind, const char *text);

/* A trial of a run as it was written, or a run that has none (kind NULL). */
struct study_line {
	long long run;
	const char *strategy, *seed;
	bool complete;
	unsigned trial;
	const char *kind, *slots;       /* slots: JSON */
	size_t rows;
	double mean;
};

/* Calls `each` for all trials of the file in order; it may be in use.  IO with
 * a sentence if it cannot be read. */
enum mip_status study_read(const char *path,
    void (*each)(void *arg, const struct study_line *), void *arg,
    char why[320]);

#endif
