/* The fake model server while it runs.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef LMD_SERVER_H
#define LMD_SERVER_H

#include <pthread.h>
#include <stdio.h>

#include <microhttpd.h>

#include "lmd_api.h"

struct options {
	const char *script, *log, *invent;
	unsigned port, latency_ms, threads, seed;
	unsigned capacity;              /* requests at once; others get 429 */
	bool stdin_eof;
};

struct server;

/* A connection's current request. */
struct exchange {
	struct server *server;
	struct MHD_Connection *c;
	struct lmd_request request;
	bool decided, counted, stopped;
	enum lmd_action action;
	unsigned status;
	const cJSON *headers;
	const char *type;
	struct lmd_text answer;
	unsigned piece_ms, break_after, given; /* of events of a stream */
	bool paused;                    /* the next piece is due */
	uint64_t due_us;                /* in the heap: when to go on */
};

struct server {
	pthread_mutex_t lock;
	struct options o;
	struct lmd_script script;
	FILE *log;
	uint64_t start_us;
	/* Statistics. */
	unsigned requests, by_status[600], in_flight, max_in_flight;
	uint64_t *seen;                 /* bodies, an open hash set */
	size_t nseen, cap;
	/* The clock: a heap of what waits. */
	pthread_t clock;
	pthread_cond_t wake;
	struct exchange **heap;
	size_t nheap, capheap;
	bool stop;
};

/* ---- the log and the statistics (lmd_log.c) ---- */

/* Counts and writes down the request; the caller holds the lock.  The status
 * is 0 where no answer is given. */
void lmd_log_record(struct server *s, struct exchange *e, uint64_t at_us,
    const char *why);
/* What was counted, and the log so far; their types. */
const char *lmd_log_statistics(struct server *s, struct lmd_text *t);
const char *lmd_log_show(struct server *s, struct lmd_text *t);

#endif
