/* Tuning: from a program with slots, rows and a metric to slot values.
 *
 * The tuner drives the compiled program as a worker process, proposes
 * instructions and demonstrations, searches, and gives the winner by full
 * evaluation.  It never prints: progress goes to an observer.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TUNE_TUNE_H
#define TUNE_TUNE_H

#include "core/arena.h"
#include "core/buf.h"
#include "ir/ir.h"
#include "tune/answer.h"
#include "tune/data.h"
#include "tune/stats.h"

/* ---- what is tuned ---- */

struct tune_task {
	const struct mod *mod;          /* prompts, params, study: slots and
	                                 * hashes; nothing of its code */
	const char *source_text;        /* the .mp file, for the proposer */
	const char *const *worker; /* argv of the worker; NULL-terminated */
	const char *study_path; /* .miproc/NAME.db: trials and journal */
	const char *cache_dir;          /* or NULL: the default */
	bool no_cache, refresh, offline;
	struct rows train, dev, test;   /* test may be empty */
	const char *data_hash;          /* of all files read, hex */
	const char *metric;             /* name */
	const char *strategy;           /* "mipro", "bootstrap", "random" */
	const struct setting *setting;  /* of the strategy */
	uint64_t seed;
	unsigned jobs;                  /* runs at once */
	double max_cost;                /* usd; MIP_UNSET: none */
	int64_t max_calls, max_tokens;  /* 0: none */
	double time_limit_s;            /* 0: none */
	bool resume;                    /* keep the journal of an earlier run */
	const struct mip_model *prompt_model;   /* NULL: the first leaf's */
	const char *teacher;            /* model of bootstrapping, or NULL */
	const char *const *model_override;      /* --model, NULL-terminated */
	const char *base_url;           /* --base-url, or NULL */
	const char *trace;              /* file for a line a call, or NULL */
	const char *traceparent;        /* where runs belong in the trace; may
	                                 * change with each event; or NULL */
	const char *record, *replay;    /* files of replies, or NULL */
	const volatile bool *stop;      /* set by a signal: end with the best
	                                 * so far */
};

/* ---- what it costs ---- */

/* Upper bounds, from the closed formulas of the strategy, the call plan and
 * re-asks included. */
struct tune_bound {
	uint64_t runs;                  /* of the program, in the search */
	uint64_t final_runs; /* on the test split, before and after */
	uint64_t task_calls;            /* LM calls of those runs */
	uint64_t metric_calls;          /* by judges */
	uint64_t proposer_calls;
	uint64_t vector_calls;          /* of queries and embed(); those of the
	                                 * rows of retrievers are not known */
	uint64_t calls;                 /* in all */
	double cost;                    /* usd; MIP_UNSET: unknown, since */
	const char *lacks, *lacking;    /* this option is not in this model */
	uint64_t tokens;                /* 0: unknown (no max_tokens) */
};
enum mip_status tune_bound(const struct tune_task *t, struct tune_bound *b,
    char why[320]);

/* ---- what is said while it runs ---- */

enum tune_event_kind {
	TUNE_PHASE,                     /* `text` begins: "baseline", ... */
	TUNE_PROGRESS,                  /* done of total rows of this phase */
	TUNE_TRIAL,                     /* a trial ended: trial, score, best */
	TUNE_WARNING                    /* `text` */
};

struct tune_event {
	enum tune_event_kind kind;
	const char *text;
	uint64_t done, total;
	unsigned trial, ntrial;
	double score, best;             /* best: by full evaluation so far */
	bool full;                      /* the trial was a full evaluation */
	uint64_t calls;                 /* paid so far */
	double cost;
	double elapsed_s;
};

struct tune_observer {
	void (*event)(void *arg, const struct tune_event *e);
	void *arg;
};

/* ---- what comes out ---- */

struct tune_score {
	struct interval interval;       /* mean, lo, hi, n; 95% */
	unsigned by_class[MIP_NSTATUS]; /* rows by outcome */
	unsigned repaired;
	int64_t asked, clean;           /* calls of the program's leaves with a
	                                 * reply; whose first one could be
	                                 * read as it was */
	const double *row;              /* score of each row */
};

/* What each leaf took, see usage.h. */
struct tune_usage {
	const char *table, *json;
};

/* Says it; both texts live in `a`. */
void tune_usage_say(struct arena *a, struct usage *u, struct tune_usage *to);

struct tune_result {
	bool complete;                  /* false: stopped early, best so far */
	enum mip_status why_stopped;    /* BUDGET, CANCELLED, INFRASTRUCTURE */
	char message[320];
	const char *slots;              /* JSON object of slot values that
	                                 * differ from those as written */
	bool improved; /* another point than the baseline won */
	struct tune_score dev_before, dev_after;
	bool tested;                    /* there were test rows and time */
	struct tune_score test_before, test_after;
	struct interval test_difference;        /* paired, after - before */
	double p_value;                 /* of that difference, two-sided */
	unsigned trials;
	uint64_t runs, calls_paid, calls_cached;
	int64_t tokens_in, tokens_out;
	double cost_paid, cost_nominal; /* nominal: as if nothing were cached */
	struct tune_usage usage;
	double elapsed_s;
};

/* Runs the study; `a` is an arena of base_arena_init, in which what *r points
 * to lives.  MIP_OK with *r filled, also when it was stopped early with a best
 * so far; else nothing was found and r->message says why. */
enum mip_status tune(struct arena *a, const struct tune_task *t,
    const struct tune_observer *o, struct tune_result *r);

/* ---- scoring alone ---- */

/* Slot values to score, and what came of it. */
struct tune_point {
	const char *slots;              /* JSON object; NULL: those of the
	                                 * binary */
	struct tune_score score;
	struct answer_used used;        /* also by the metric */
	const char *const *answer;      /* the worker's, to each row */
};

/* Scores all rows with the slots of each of the `n` points, within one budget.
 * All of *point and *usage, which is filled in any case, lives in `a`.  Any
 * status but MIP_OK: not all of it was scored, and `why` says why. */
enum mip_status tune_eval(struct arena *a, const struct tune_task *t,
    const struct rows *rows, struct tune_point *point, size_t n,
    const struct tune_observer *o, struct tune_usage *usage, char why[320]);

/* What so many runs cost at most. */
void tune_eval_bound(const struct tune_task *t, uint64_t runs,
    struct tune_bound *b);

#endif
