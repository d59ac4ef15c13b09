/* Tests of core/clock.c: what passes, and waits that end.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "core/clock.h"

/* It goes on, and as fast as the nap takes at least. */
static void
passes(void **state)
{
	double began = clock_now();

	(void)state;
	clock_nap(20);
	assert_true(clock_now() - began >= 0.02);
	assert_true(clock_now() - began < 10);
}

/* That of the wall tells the date. */
static void
wall(void **state)
{
	int64_t before = (int64_t)time(NULL);
	int64_t s = clock_wall_ns() / 1000000000;

	(void)state;
	assert_true(s >= before - 1 && s <= (int64_t)time(NULL) + 1);
}

struct gate {
	pthread_mutex_t lock;
	pthread_cond_t opened;
	bool open;
};

static void *
opener(void *arg)
{
	struct gate *g = arg;

	clock_nap(20);
	pthread_mutex_lock(&g->lock);
	g->open = true;
	pthread_cond_signal(&g->opened);
	pthread_mutex_unlock(&g->lock);
	return NULL;
}

/* A wait ends at its moment if nothing comes, at once if that is over, and
 * when something comes. */
static void
waits(void **state)
{
	struct gate g = { .lock = PTHREAD_MUTEX_INITIALIZER };
	double began = clock_now(), until = began + 0.03;
	bool over = false;
	pthread_t t;

	(void)state;
	assert_true(clock_cond(&g.opened));
	pthread_mutex_lock(&g.lock);
	while (!over)
		over = !clock_wait(&g.opened, &g.lock, until);
	assert_true(clock_now() >= until);
	assert_false(clock_wait(&g.opened, &g.lock, began));
	assert_int_equal(pthread_create(&t, NULL, opener, &g), 0);
	until = clock_now() + 20;
	while (!g.open)
		assert_true(clock_wait(&g.opened, &g.lock, until));
	pthread_mutex_unlock(&g.lock);
	assert_int_equal(pthread_join(t, NULL), 0);
	pthread_cond_destroy(&g.opened);
	pthread_mutex_destroy(&g.lock);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(passes),
		cmocka_unit_test(wall),
		cmocka_unit_test(waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
