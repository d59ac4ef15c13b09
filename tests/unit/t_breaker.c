/* Tests of circuit breakers.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lm/breaker.h"

static void
failed(struct breaker *b, int n, double now)
{
	while (n-- > 0)
		breaker_told(b, false, now);
}

static void
in_a_row(void **state)
{
	struct breaker b = { 0 };

	(void)state;
	assert_true(breaker_lets(&b, 0));
	failed(&b, 4, 0);
	assert_true(breaker_lets(&b, 0));
	breaker_told(&b, true, 0);
	failed(&b, 4, 0);
	assert_false(breaker_is_open(&b));
	failed(&b, 1, 0);
	assert_true(breaker_is_open(&b));
	assert_false(breaker_lets(&b, 0.9));
}

static void
a_high_rate(void **state)
{
	struct breaker b = { 0 };
	int i;

	(void)state;
	for (i = 0; i < 19; i++)
		breaker_told(&b, i % 2 == 0, 0);
	assert_false(breaker_is_open(&b));
	breaker_told(&b, false, 0);
	assert_true(breaker_is_open(&b));
	/* A third is not enough, however long. */
	b = (struct breaker){ 0 };
	for (i = 0; i < 1000; i++)
		breaker_told(&b, i % 3 != 0, 0);
	assert_false(breaker_is_open(&b));
}

static void
half_open(void **state)
{
	struct breaker b = { 0 };

	(void)state;
	failed(&b, 5, 10);
	failed(&b, 30, 10.5);             /* were under way: no longer wait */
	assert_true(breaker_when(&b) > 10.99 && breaker_when(&b) < 11.01);
	assert_true(breaker_lets(&b, 11));
	breaker_sent(&b, 11);
	assert_false(breaker_lets(&b, 12));     /* one alone */
	failed(&b, 1, 12);
	assert_false(breaker_lets(&b, 13.9));   /* twice as long */
	assert_true(breaker_lets(&b, 14));
	breaker_sent(&b, 14);
	breaker_told(&b, true, 15);
	assert_false(breaker_is_open(&b));
	assert_true(breaker_lets(&b, 15));
	/* And from the beginning again. */
	failed(&b, 5, 16);
	assert_true(breaker_lets(&b, 17));
}

static void
asked_before(void **state)
{
	struct breaker b = { 0 };

	(void)state;
	assert_false(breaker_unknown(&b));
	breaker_answers(&b);
	assert_false(breaker_is_open(&b));
	failed(&b, 5, 10);
	assert_true(breaker_unknown(&b));
	breaker_sent(&b, 11);                   /* what is cheaper */
	assert_false(breaker_lets(&b, 12));
	breaker_answers(&b);
	assert_false(breaker_unknown(&b));
	assert_true(breaker_is_open(&b));
	assert_true(breaker_lets(&b, 12));      /* a call may go */
	breaker_sent(&b, 12);
	assert_true(breaker_unknown(&b));
	assert_false(breaker_lets(&b, 12));
	failed(&b, 1, 13);
	assert_true(breaker_unknown(&b));
	assert_false(breaker_lets(&b, 14.9));   /* twice as long */
	breaker_sent(&b, 15);
	failed(&b, 1, 16);                      /* it has no answer */
	assert_false(breaker_lets(&b, 19.9));
	breaker_sent(&b, 20);
	breaker_answers(&b);
	breaker_sent(&b, 20);
	breaker_told(&b, true, 21);
	assert_false(breaker_is_open(&b));
}

static void
no_longer_than(void **state)
{
	struct breaker b = { 0 };
	double t = 0;
	int i;

	(void)state;
	failed(&b, 5, t);
	for (i = 0; i < 12; i++) {
		t = breaker_when(&b);
		breaker_sent(&b, t);
		failed(&b, 1, t);
	}
	assert_true(breaker_when(&b) - t > 59 && breaker_when(&b) - t < 61);
	/* One that is never heard of again. */
	t = breaker_when(&b);
	breaker_sent(&b, t);
	assert_false(breaker_lets(&b, t + 59));
	assert_true(breaker_lets(&b, t + 60));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_a_row),
		cmocka_unit_test(a_high_rate),
		cmocka_unit_test(half_open),
		cmocka_unit_test(asked_before),
		cmocka_unit_test(no_longer_than),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
