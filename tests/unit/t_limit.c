/* Tests of limits: places, buckets, debts, pauses.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "limit.h"

static void
none(void **state)
{
	struct limit l;
	int i;

	(void)state;
	limit_init(&l, 0, 0, 0, 5);
	for (i = 0; i < 1000; i++)
		assert_true(limit_take(&l, 1e9, 5) == 0);
}

static void
running(void **state)
{
	struct limit l;

	(void)state;
	limit_init(&l, 2, 0, 0, 0);
	assert_true(limit_take(&l, 1, 0) == 0);
	assert_true(limit_take(&l, 1, 0) == 0);
	assert_true(limit_take(&l, 1, 0) < 0);
	limit_give(&l, 1, 1);
	assert_true(limit_take(&l, 1, 0) == 0);
	assert_true(limit_take(&l, 1, 9) < 0);
}

/* Starts as often as it may, and gives the number of starts in each minute
 * that ends with a start. */
static double
busiest(double rpm, double tpm, double tokens, double seconds)
{
	static double at[100000];
	struct limit l;
	double t = 0, wait, most = 0;
	size_t n = 0, from = 0;

	limit_init(&l, 0, rpm, tpm, 0);
	while (t < seconds && n < sizeof at / sizeof at[0]) {
		wait = limit_take(&l, tokens, t);
		if (wait > 0) {
			t += wait;
			continue;
		}
		at[n++] = t;
		limit_give(&l, tokens, tokens);
		while (at[from] <= t - 60 + 1e-6)
			from++;
		if ((double)(n - from) > most)
			most = (double)(n - from);
	}
	return most;
}

static void
per_minute(void **state)
{
	double most;

	(void)state;
	most = busiest(10, 0, 1, 300);
	assert_true(most >= 10 && most <= 10);
	most = busiest(600, 0, 1, 300);
	assert_true(most >= 590 && most <= 601);
	most = busiest(0, 60000, 100, 300);
	assert_true(most >= 590 && most <= 601);
}

static void
debt(void **state)
{
	struct limit l;
	double wait;

	(void)state;
	limit_init(&l, 0, 0, 600, 0);           /* 10 tokens a second */
	assert_true(limit_take(&l, 5000, 0) == 0);      /* never hangs */
	limit_give(&l, 5000, 5000);
	wait = limit_take(&l, 1, 0);
	assert_true(wait > 480 && wait < 520);
	assert_true(limit_take(&l, 1, wait) == 0);
}

static void
refund(void **state)
{
	struct limit l;

	(void)state;
	limit_init(&l, 0, 0, 600, 0);
	assert_true(limit_take(&l, 5000, 0) == 0);
	assert_true(limit_take(&l, 1, 0) > 400);
	limit_give(&l, 5000, 3);
	assert_true(limit_take(&l, 1, 0) == 0);
}

static void
pause_until(void **state)
{
	struct limit l;
	double wait;

	(void)state;
	limit_init(&l, 0, 0, 0, 0);
	limit_close(&l, 3);
	limit_close(&l, 1);
	wait = limit_take(&l, 1, 1);
	assert_true(wait > 1.99 && wait < 2.01);
	assert_true(limit_take(&l, 1, 3) == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(none),
		cmocka_unit_test(running),
		cmocka_unit_test(per_minute),
		cmocka_unit_test(debt),
		cmocka_unit_test(refund),
		cmocka_unit_test(pause_until),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
