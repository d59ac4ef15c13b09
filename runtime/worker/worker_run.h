/* One run of a worker: a row decoded, the program run, its outputs scored,
 * and all of it said in a line.  Private to worker*.c.
 *
 * SPDX-License-Identifier: MIT */
#ifndef WORKER_RUN_H
#define WORKER_RUN_H

#include "run/mip.h"
#include "worker/worker.h"

/* Runs what the message `msg` says in context `m` and appends the answer to
 * `b`, without its end.  `a` is emptied first. */
void worker_run(const struct worker_options *o, struct mip *m,
    struct arena *a, int64_t id, struct json msg, struct slots *slots,
    struct buf *b);

/* Appends the answer to a run that did not take place. */
void worker_refuse(struct buf *b, int64_t id, enum mip_status s,
    const char *why);

#endif
