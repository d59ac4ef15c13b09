/* Optimizers: their settings, and what they plan to do.
 *
 * The plan is made of the task alone, before anything is paid for; the bound
 * that is shown and the search that is made both go by it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TUNE_STRATEGY_H
#define TUNE_STRATEGY_H

#include "tune/surrogate.h"
#include "tune/tune.h"

enum strategy {
#define STRATEGY(name, prefix, word, text) STRATEGY_##name,
#include "tune/strategy.def"
#undef STRATEGY
	STRATEGY_COUNT
};

/* Numbers that nobody has given are set by strategy_make. */
struct plan {
	enum strategy strategy;
	unsigned candidates;            /* n: of each slot */
	unsigned instructions;          /* of a leaf, its own included */
	unsigned demo_sets;             /* of a leaf, its own included */
	unsigned max_bootstrapped, max_labeled;
	unsigned minibatch;             /* rows of a trial; 0: all */
	unsigned full_every;            /* trials */
	unsigned trials;                /* 0: by the formula */
	size_t ndev;                    /* rows that are searched on */
	size_t bootstrap_rows;          /* train rows to run at most */
	size_t critique_rows;           /* of these at least, for what the
	                                 * metric says of them */
	unsigned rounds;                /* tries of each */
	double threshold;               /* a run is a demonstration from this
	                                 * score on; if threshold_set */
	bool threshold_set;
	bool formats;                   /* the format of replies is a slot
	                                 * where nothing is said of it */
	bool params;                    /* what has `tune` is a slot */
	bool tips;
	bool early_stop;
	double temperature;             /* of proposals */
	enum surrogate_kind surrogate;
};

/* USAGE with a sentence in `why` if a setting or the strategy is unknown or
 * has a bad value. */
enum mip_status strategy_make(const struct tune_task *t, struct plan *p,
    char why[320]);

/* Trials for `nvar` slots with more than one choice. */
unsigned strategy_trials(const struct plan *p, size_t nvar);

/* The most slots that the search can have. */
size_t strategy_slots(const struct tune_task *t, const struct plan *p);

/* Full evaluations at most, the baseline included. */
unsigned strategy_full(const struct plan *p, unsigned trials);

/* Whether a slot of a leaf may change; a leaf of metrics has none. */
bool strategy_tunes(const struct tune_task *t, const struct plan *p,
    const struct prompt *l, enum slot_kind k);
bool strategy_tunes_param(const struct plan *p, const struct param *v);

struct tuning;

/* For each strategy: `plan` changes the defaults before settings are read,
 * `run` makes the search.  Any status but OK ends it with the best so far. */
#define STRATEGY(name, prefix, word, text) \
	void prefix##_plan(struct plan *p); \
	enum mip_status prefix##_run(struct tuning *u);
#include "tune/strategy.def"
#undef STRATEGY

struct strategy_row {
	const char *word, *text;
	void (*plan)(struct plan *p);
	enum mip_status (*run)(struct tuning *u);
};
extern const struct strategy_row strategy_rows[STRATEGY_COUNT];

#endif
