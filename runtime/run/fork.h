/* Functions of a program that run beside each other, each on a context of its
 * own, and the threads that run them.
 *
 * mip_fork notes a fork; mip_wait begins all that were noted, in threads that
 * the environment keeps, and runs itself what none of them has taken up by
 * the time its own calls are done: so forks inside of forks wait for nobody
 * but who already runs.
 *
 * SPDX-License-Identifier: MIT */
#ifndef FORK_H
#define FORK_H

#include "run/mip.h"

/* The threads and idle contexts of an environment. */
struct fork_pool;

/* `most` threads at most, or as many as are allowed if it is 0.  NULL without
 * memory. */
struct fork_pool *fork_pool_new(unsigned most);
/* No fork may be under way. */
void fork_pool_free(struct fork_pool *p);

struct fork_pool *mip_env_forks(struct mip_env *env);

/* ---- for mip_wait ---- */

/* Begins what was forked; all of it is forgotten if the run has failed. */
void fork_begin(struct mip *m);

/* Stops the forks that stand behind ask `n`: they cannot change how the run
 * ends.  What they have asked is still waited for. */
void fork_stop(struct mip *m, size_t n);

/* Runs or waits for all of them. */
void fork_join(struct mip *m);

/* Takes over what came of the forks that stand before ask `n`: values, steps,
 * usage.  The first failure becomes the run's.  Of those behind a failure,
 * which may have been stopped anywhere, nothing counts but what was paid. */
void fork_settle(struct mip *m, size_t n);

/* Forgets forks that were not begun. */
void fork_forget(struct mip *m);

#endif
