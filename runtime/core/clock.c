/* Time: how long things take, when they were, and waits that end.
 *
 * SPDX-License-Identifier: MIT */
#include "core/clock.h"

#include <time.h>

double
clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

int64_t
clock_wall_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void
clock_nap(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

bool
clock_cond(pthread_cond_t *c)
{
	pthread_condattr_t a;
	bool ok;

	if (pthread_condattr_init(&a) != 0)
		return false;
	ok = pthread_condattr_setclock(&a, CLOCK_MONOTONIC) == 0 &&
	    pthread_cond_init(c, &a) == 0;
	pthread_condattr_destroy(&a);
	return ok;
}

bool
clock_wait(pthread_cond_t *c, pthread_mutex_t *lock, double until)
{
	struct timespec t;

	t.tv_sec = (time_t)until;
	t.tv_nsec = (long)((until - (double)t.tv_sec) * 1e9);
	return pthread_cond_timedwait(c, lock, &t) == 0;
}
