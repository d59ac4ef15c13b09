/* Tests of number.c: rounding, extremes, numbers in texts.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "stage.h"

#define INTS(...) (struct mip_ints){ (const int64_t[]){ __VA_ARGS__ }, \
	sizeof((const int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t) }
#define FLOATS(...) (struct mip_floats){ (const double[]){ __VA_ARGS__ }, \
	sizeof((const double[]){ __VA_ARGS__ }) / sizeof(double) }
#define BOOLS(...) (struct mip_bools){ (const bool[]){ __VA_ARGS__ }, \
	sizeof((const bool[]){ __VA_ARGS__ }) / sizeof(bool) }

static void
test_rounding(void **state)
{
	struct mip *m = begin(state);

	assert_int_equal(mip_floor(m, 1.5), 1);
	assert_int_equal(mip_floor(m, -1.5), -2);
	assert_int_equal(mip_floor(m, -9223372036854775808.0), INT64_MIN);
	assert_int_equal(mip_ceil(m, 1.2), 2);
	assert_int_equal(mip_ceil(m, -1.2), -1);
	assert_int_equal(mip_ceil(m, -0.5), 0);
	assert_near(mip_round_to(m, 1.2345, 2), 1.23);
	assert_near(mip_round_to(m, -0.005, 2), -0.01);
	assert_near(mip_round_to(m, 2.5, 0), 3);
	assert_true(mip_round_to(m, 1e300, 15) == 1e300);
	assert_true(isinf(mip_round_to(m, (double)INFINITY, 2)));
	assert_true(isnan(mip_round_to(m, (double)NAN, 2)));
	assert_fine(m);
	mip_floor(m, 1e19);
	assert_failed(m, "too large for an int");
	mip_ceil(m, (double)NAN);
	assert_failed(m, "no number");
	mip_ceil(m, -(double)INFINITY);
	assert_failed(m, "too large");
	mip_round_to(m, 1, -1);
	assert_failed(m, "round to -1 decimals, which are from 0 to 15");
	mip_round_to(m, 1, 16);
	assert_failed(m, "round to 16 decimals");
}

static void
test_extremes(void **state)
{
	struct mip *m = begin(state);
	double nan = (double)NAN, inf = (double)INFINITY;

	assert_int_equal(mip_int_min(2, -3), -3);
	assert_int_equal(mip_int_max(2, -3), 2);
	assert_int_equal(mip_int_abs(m, -3), 3);
	assert_int_equal(mip_int_abs(m, INT64_MAX), INT64_MAX);
	assert_near(mip_float_abs(-0.5), 0.5);
	assert_near(mip_float_min(2, 1.5), 1.5);
	assert_near(mip_float_max(2, 1.5), 2);
	/* As in sort, NaN stands behind all numbers. */
	assert_near(mip_float_min(nan, 1), 1);
	assert_near(mip_float_min(1, nan), 1);
	assert_true(isnan(mip_float_max(nan, inf)));
	assert_true(isnan(mip_float_max(inf, nan)));
	assert_int_equal(mip_min_ints(m, INTS(3, -1, 2)), -1);
	assert_int_equal(mip_max_ints(m, INTS(-3)), -3);
	assert_near(mip_min_floats(m, FLOATS(nan, 3, 0.5)), 0.5);
	assert_near(mip_max_floats(m, FLOATS(1, 3, 0.5)), 3);
	assert_fine(m);
	mip_int_abs(m, INT64_MIN);
	assert_failed(m, "overflow");
	mip_min_ints(m, (struct mip_ints){ NULL, 0 });
	assert_failed(m, "min of an empty list");
	mip_max_ints(m, (struct mip_ints){ NULL, 0 });
	assert_failed(m, "max of an empty list");
	mip_min_floats(m, (struct mip_floats){ NULL, 0 });
	assert_failed(m, "min of an empty list");
	mip_max_floats(m, (struct mip_floats){ NULL, 0 });
	assert_failed(m, "max of an empty list");
}

static void
test_means(void **state)
{
	struct mip *m = begin(state);

	assert_near(mip_mean_ints(m, INTS(1, 2)), 1.5);
	/* Their sum is no int. */
	assert_near(mip_mean_ints(m, INTS(INT64_MAX, INT64_MAX)), 0x1p63);
	assert_near(mip_mean_floats(m, FLOATS(0.5, 1)), 0.75);
	assert_fine(m);
	mip_mean_ints(m, (struct mip_ints){ NULL, 0 });
	assert_failed(m, "mean of an empty list");
	mip_mean_floats(m, (struct mip_floats){ NULL, 0 });
	assert_failed(m, "mean of an empty list");
}

static void
test_range(void **state)
{
	struct mip *m = begin(state);
	struct mip_ints v = mip_range(m, 3);

	assert_int_equal(v.n, 3);
	assert_true(v.v[0] == 0 && v.v[1] == 1 && v.v[2] == 2);
	assert_int_equal(mip_range(m, 0).n, 0);
	assert_int_equal(mip_range(m, -5).n, 0);
	assert_fine(m);
	assert_int_equal(mip_range(m, INT64_MAX).n, 0);
	assert_failed(m, "range of 9223372036854775807 items");
}

static void
test_bools(void **state)
{
	struct mip_bools none = { NULL, 0 };

	(void)state;
	assert_true(mip_any(BOOLS(false, true)));
	assert_false(mip_any(BOOLS(false)));
	assert_false(mip_any(none));
	assert_true(mip_all(BOOLS(true, true)));
	assert_false(mip_all(BOOLS(true, false)));
	assert_true(mip_all(none));
}

static void
test_number(void **state)
{
	static const struct {
		const char *text;
		double v;
	} row[] = {
		{ "The answer is 42.", 42 },
		{ "first 3, then 4", 4 },
		{ "\xe2\x82\xac" "50", 50 },                    /* euro */
		{ "-\xc2\xa3" "5.5", -5.5 },                    /* pound */
		{ "\xe2\x88\x92" "7", -7 },                     /* minus */
		{ "\xe7\xad\x94\xe6\xa1\x88\xe6\x98\xaf" "42\xe3\x80\x82",
		    42 },                                       /* Chinese */
		{ "\xef\xbc\x94\xef\xbc\x92", 42 },             /* full width */
		{ "\xef\xbc\x8d\xef\xbc\x94\xef\xbc\x8e\xef\xbc\x95", -4.5 },
		{ "\xe2\x89\x88" "3.14", 3.14 },                /* about */
		{ "10kg", 10 },
		{ "1e3 and 2E-1", 0.2 },
		{ "5 but not 1e999", 5 },
		{ "1.2.3", 3 },
		{ "0", 0 },
		{ "-0.5e1", -5 },
	};
	static const char *const none[] = { "", " ", "x2", "H2O", "caf\xc3\xa9"
	    "9", "-", ".", "$", "none", "_1" };
	struct mip *m = begin(state);
	const double *v;
	size_t i;

	for (i = 0; i < sizeof row / sizeof row[0]; i++) {
		v = mip_number(m, row[i].text);
		if (!v || !(fabs(*v - row[i].v) < 1e-12))
			fail_msg("'%s': %g", row[i].text, v ? *v : 9999);
	}
	for (i = 0; i < sizeof none / sizeof none[0]; i++)
		if (mip_number(m, none[i]))
			fail_msg("'%s' has a number", none[i]);
	assert_near(*mip_number(m, mip_repeat(m, "12 ", 100000)), 12);
	assert_null(mip_number(m, mip_repeat(m, "a1", 100000)));
	assert_fine(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rounding),
		cmocka_unit_test(test_extremes),
		cmocka_unit_test(test_means),
		cmocka_unit_test(test_range),
		cmocka_unit_test(test_bools),
		cmocka_unit_test(test_number),
	};

	return cmocka_run_group_tests_name("number", tests, stage_up,
	    stage_down);
}
