/* The trace of what miproc does itself, where there is one.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DRIVER_TRACING_H
#define DRIVER_TRACING_H

#include "run/mip.h"
#include "tune/tune.h"

struct tracing {
	struct mip_env *env;
	struct mip *m;                  /* NULL: there is no trace */
	int64_t since_ns;               /* when the last trial ended */
	bool parts;                     /* there are trials */
	struct trace_at part;           /* the one under way */
	char traceparent[MIP_TRACEPARENT];      /* its place, for its runs; or
	                                 * "" */
	char name[128];
};

/* Begins "WHAT NAME", and sets TRACEPARENT for the processes that are started
 * from now on.  `file` is that of --trace, or NULL. */
void tracing_begin(struct tracing *t, const char *file, const char *what,
    const char *name);

/* From now on there are trials, and runs belong to t->traceparent. */
void tracing_parts(struct tracing *t);

/* A trial has ended; other events are none of its. */
void tracing_trial(struct tracing *t, const struct tune_event *e);

void tracing_end(struct tracing *t, enum mip_status s, const char *why);

#endif
