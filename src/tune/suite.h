/* The tests of a program: repetitions go out to the worker, what they claim
 * comes back.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TUNE_SUITE_H
#define TUNE_SUITE_H

#include "tune/answer.h"
#include "tune/tune.h"

/* A claim over all repetitions of a test. */
struct suite_claim {
	const char *text;
	unsigned line;
	bool must;                      /* expect */
	unsigned met, unmet;            /* how often it was made and held */
	/* of the first repetition, `sample`, in which it did not hold */
	const char *said;               /* or NULL */
	struct json shown;              /* texts and values; may be empty */
	unsigned sample;
};

/* One way in which repetitions failed otherwise. */
struct suite_failure {
	enum mip_status status;
	const char *why;                /* of the first, `sample` */
	unsigned sample, times;
};

enum suite_verdict {
	SUITE_PASSED, SUITE_FAILED,
	SUITE_OPEN                      /* too few repetitions took place */
};

struct suite_test {
	const struct fn *fn;            /* FN_TEST */
	unsigned repeat, need;          /* how many must pass */

	unsigned passed, failed;        /* the others did not take place */
	enum suite_verdict verdict;
	struct suite_claim *claim;      /* in the order of the source */
	size_t nclaim, claim_cap;
	struct suite_failure *failure;
	size_t nfailure, failure_cap;
	enum mip_status missing;        /* why some did not take place */
	const char *why;
	double seconds;                 /* of all repetitions together */
};

struct suite {
	const struct tune_task *task;   /* mod, worker, jobs, limits, cache,
	                                 * models */
	struct suite_test *test;
	size_t ntest;
	/* told of each test, in order, as soon as it and all before it are
	 * over */
	void (*done)(void *arg, const struct suite_test *t);
	/* told of repetitions that are over */
	void (*progress)(void *arg, size_t done, size_t total);
	void *arg;

	struct answer_used used;
	struct tune_usage usage;        /* by leaf */
	size_t runs;                    /* that took place */
};

/* How many of `repeat` must pass for a share of `pass`. */
unsigned suite_need(unsigned repeat, double pass);

/* Runs the tests, fn and repeat of which are given.  A repetition that the
 * world is to blame for is tried once more, after all else.  MIP_OK if all
 * took place; else what kept some from it, with a sentence in `why`.  What
 * the tests point to lives in `a`. */
enum mip_status suite_run(struct arena *a, struct suite *s, char why[320]);

#endif
