/* Time: how long things take, when they were, and waits that end.
 *
 * Moments are seconds of the monotonic clock, which nobody sets: they tell
 * how far they are apart and nothing else.  All of it is thread-safe.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CLOCK_H
#define CLOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

double clock_now(void);

/* ns since 1970, UTC: for those who read it elsewhere. */
int64_t clock_wall_ns(void);

/* Sleeps, or until a signal comes. */
void clock_nap(long ms);

/* Makes a condition for clock_wait; false if the system has none left.  The
 * caller destroys it. */
bool clock_cond(pthread_cond_t *c);

/* Waits, with the lock held, for the condition or the moment, which may be
 * over; false if that has come.  Like any such wait it may end for nothing. */
bool clock_wait(pthread_cond_t *c, pthread_mutex_t *lock, double until);

#endif
