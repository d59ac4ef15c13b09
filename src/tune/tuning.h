/* A study under way: what the parts of the tuner share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TUNE_TUNING_H
#define TUNE_TUNING_H

#include "tune/evaluate.h"
#include "tune/strategy.h"
#include "tune/study.h"
#include "tune/tune.h"
#include "tune/worker_client.h"

/* What a leaf's slots may be.  Choice 0 of each is what the program has, and
 * NULL; the others are JSON texts. */
struct leaf {
	const struct prompt *prompt;
	const char **instruction;       /* ninstruction */
	const char **demo;              /* ndemo: arrays */
	size_t ninstruction, ndemo;
	bool tunes[SLOT_COUNT];         /* which slots are searched */
	struct critique *critique, *last_critique;      /* critique.c */
	size_t ncritique;
};

struct critique;

struct tuning {
	struct arena *a;                /* as long as the study; never fails:
	                                 * see base_arena_init */
	const struct tune_task *t;
	const struct tune_observer *o;  /* or NULL */
	struct tune_result *r;
	struct plan plan;
	struct worker_client *w;
	struct study *study;            /* NULL: none is kept (tune_eval) */
	bool minimize;
	double on_fail;
	double began;                   /* by clock_now */
	double deadline;                /* or 0 */
	size_t *dev;                    /* indices of dev rows, ascending */
	size_t ndev;
	struct leaf *leaf;              /* those that have a slot */
	size_t nleaf;
	struct candidate *best;         /* by full evaluation; or NULL */
	unsigned trial, ntrial;
	double threshold;               /* from which gain on a run was a
	                                 * success */
	bool probing;                   /* a failure of the world ends it */
	uint64_t judge_calls;
	struct usage usage;             /* by leaf; of the proposer together */
	const char *phase;
	char why[320];                  /* of the status that ended it */
};

/* Raw scores as gains: larger is better. */
double tuning_gain(const struct tuning *u, double score);

/* To the observer, and warnings and phases to the study too. */
/* For qsort: of two size_t the smaller one first. */
int tuning_by_index(const void *a, const void *b);

void tuning_phase(struct tuning *u, const char *text);
void tuning_warn(struct tuning *u, const char *fmt, ...) BASE_PRINTF(2, 3);
void tuning_progress(struct tuning *u, uint64_t done, uint64_t total);
void tuning_trial(struct tuning *u, double score, bool full);

#endif
