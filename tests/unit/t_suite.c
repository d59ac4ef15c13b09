/* Tests of suite.c: how many repetitions must pass.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tune/suite.h"

/* The least k for which k of n is a share of pass or more. */
static void
need(void **state)
{
	unsigned n, percent, k;

	(void)state;
	assert_int_equal(suite_need(1, 1.0), 1);
	assert_int_equal(suite_need(1, 0.001), 1);
	assert_int_equal(suite_need(5, 0.8), 4);
	assert_int_equal(suite_need(3, 0.8), 3);
	assert_int_equal(suite_need(10000, 1.0 / 3), 3334);
	for (n = 1; n <= 300; n++)
		for (percent = 1; percent <= 100; percent++) {
			k = suite_need(n, percent / 100.0);
			assert_true(k >= 1 && k <= n);
			assert_true(k * 100 >= percent * n);
			assert_true(k == 1 || (k - 1) * 100 < percent * n);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(need),
	};

	return cmocka_run_group_tests_name("suite", tests, NULL, NULL);
}
