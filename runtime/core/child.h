/* What a process forked from one with threads may do before it execs: only
 * what is safe in a signal handler.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CHILD_H
#define CHILD_H

#include <stddef.h>

/* Before the fork: one more than the highest open descriptor. */
int child_fds(void);

/* Closes all descriptors from 3 on but the `n` of `keep`; `most` is from
 * child_fds.  What another thread has opened since then is closed, too. */
void child_close(const int *keep, size_t n, int most);

/* No other process may look into this one, but for those of root: where the
 * system can do that. */
void child_hide(void);

/* The same for the variables that it was started with, of root, too. */
void child_forget(void);

/* Every signal does what it does by itself, and none is blocked. */
void child_signals(void);

#endif
