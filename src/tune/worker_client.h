/* The compiled program as a worker process: starts it, sends slots and rows,
 * collects answers, restarts it when it dies.
 *
 * runtime/worker/worker.h has the protocol.  One thread uses a client.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TUNE_WORKER_CLIENT_H
#define TUNE_WORKER_CLIENT_H

#include "core/arena.h"
#include "core/json.h"
#include "miproc.h"

struct worker_client;

enum { WORKER_CLIENT_WHY = 320 };

/* All is borrowed as long as the client lives. */
struct worker_client_options {
	const char *const *argv;        /* NULL-terminated */
	const char *hash;               /* of the program; NULL: any will do */
	unsigned window;                /* runs under way at once */
	const volatile bool *stop;      /* or NULL */
	double deadline_s;              /* by clock_now; 0: none */
	double quiet_s;                 /* silence after which it is asked
	                                 * whether it lives, and has as long to
	                                 * answer; 0: 30 */
};

/* Starts the worker and reads its hello.  INFRASTRUCTURE with a sentence in
 * `why` if it cannot be started or is not the program that is wanted. */
enum mip_status worker_client_new(const struct worker_client_options *o,
    struct worker_client **out, char why[WORKER_CLIENT_WHY]);

/* Where the runs to come belong in the trace: a header traceparent, "" or
 * NULL; it is borrowed, and what it says may change. */
void worker_client_place(struct worker_client *w, const char *traceparent);

/* Closes the worker's input and waits for its end, briefly; then kills it.
 * NULL is allowed. */
void worker_client_free(struct worker_client *w);

/* What the worker said first; lives as long as the client. */
struct json worker_client_hello(const struct worker_client *w);

/* Makes a numbered set of slots of the JSON object `set`, and gives its
 * number; an equal one is used again.  USAGE with the program's sentence if a
 * value is wrong. */
enum mip_status worker_client_slots(struct worker_client *w, const char *set,
    int64_t *id, char why[WORKER_CLIENT_WHY]);

/* Whether the program takes these values; nothing is kept. */
enum mip_status worker_client_check(struct worker_client *w, const char *set,
    char why[WORKER_CLIENT_WHY]);

/* One run.  The caller fills the first part. */
struct worker_job {
	int64_t slots;                  /* 0: as the program has them */
	const char *row;                /* JSON object */
	size_t row_len;
	const char *test;               /* a test's name instead, or NULL */
	const char *metric;             /* or NULL */
	unsigned sample;
	bool trace;
	const char *model;              /* JSON object, or NULL */

	bool done;
	bool crashed;                   /* it ended three workers, the last
	                                 * two alone; or one, if known */
	bool known;                     /* an equal one has crashed before */
	const char *death;              /* of crashed: how it ended; in `a` */
	struct json answer;             /* object; empty if crashed */
};

/* Runs all jobs and calls `done` for each as it ends, in any order; `done`
 * gives false when no more are wanted.  Answers live in `a`.
 *   OK              all are done, or `done` wanted no more
 *   CANCELLED       `stop` was set        BUDGET    the deadline has come
 *   INFRASTRUCTURE  the worker cannot be kept alive, or too many of the rows
 *                   and tests end it  */
enum mip_status worker_client_run(struct worker_client *w, struct arena *a,
    struct worker_job *job, size_t n, bool (*done)(void *arg, size_t i),
    void *arg, char why[WORKER_CLIENT_WHY]);

/* How often it had to be started again. */
unsigned worker_client_restarts(const struct worker_client *w);

#endif
