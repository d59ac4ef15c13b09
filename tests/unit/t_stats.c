/* Tests of src/tune/stats.c: known values, coverage, degenerate input.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tune/rng.h"
#include "tune/stats.h"

static void
near(double got, double want, double by)
{
	if (!(fabs(got - want) <= by))
		fail_msg("%.6f is not %.6f", got, want);
}

/* Newcombe 1998 (two-sided intervals for the single proportion), table I. */
static void
wilson(void **state)
{
	static const struct { double r; size_t n; double lo, hi; } known[] = {
		{ 81, 263, 0.2553, 0.3662 }, { 15, 148, 0.0624, 0.1605 },
		{ 0, 20, 0, 0.1611 }, { 1, 29, 0.0061, 0.1718 },
	};
	struct interval v;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof known / sizeof *known; i++) {
		v = stats_wilson(known[i].r, known[i].n, 0.95);
		near(v.lo, known[i].lo, 6e-5);
		near(v.hi, known[i].hi, 6e-5);
	}
	v = stats_wilson(0, 0, 0.95);
	assert_true(v.n == 0 && !(v.lo > 0) && !(v.hi < 1));
	v = stats_wilson(5, 5, 0.95);
	assert_true(!(v.hi < 1) && v.lo > 0.5 && v.lo < 0.6);
	assert_true(stats_wilson(5, 9, 0.99).lo < stats_wilson(5, 9, 0.9).lo);
}

static void
degenerate(void **state)
{
	static const double seven[] = { 7, 7, 7 }, half[] = { 0.5, 0.5 };
	struct interval v;

	(void)state;
	assert_true(stats_interval(NULL, 0, 0.95, 1, &v));
	assert_true(v.n == 0 && !(v.lo > 0) && !(v.hi < 1));
	assert_true(stats_interval(seven, 1, 0.95, 1, &v));
	assert_true(isinf(v.lo) && isinf(v.hi));
	near(v.mean, 7, 0);
	assert_true(stats_interval(seven, 3, 0.95, 1, &v));
	assert_true(isinf(v.lo) && isinf(v.hi));
	assert_true(stats_interval(half, 2, 0.95, 1, &v));
	assert_true(v.lo > 0 && v.lo < 0.2 && v.hi > 0.8 && v.hi < 1);
}

/* How often the 90% interval of 40 skewed scores holds their true mean. */
static void
coverage(void **state)
{
	struct rng *r = rng_new(11);
	double x[40], u;
	struct interval v;
	size_t t, i, held = 0, runs = 150;

	(void)state;
	for (t = 0; t < runs; t++) {
		for (i = 0; i < 40; i++) {
			u = rng_unit(r);
			x[i] = u * u;           /* mean 1/3 */
		}
		assert_true(stats_interval(x, 40, 0.9, t, &v));
		assert_true(v.lo >= 0 && v.lo < v.mean && v.mean < v.hi);
		held += v.lo <= 1 / 3.0 && 1 / 3.0 <= v.hi;
	}
	assert_true(held >= 124 && held <= 146);        /* 135 expected */
	rng_free(r);
}

static void
seeded(void **state)
{
	double x[12];
	struct interval a, b, c;
	size_t i;

	(void)state;
	for (i = 0; i < 12; i++)
		x[i] = 0.1 * (double)(i * i);
	assert_true(stats_interval(x, 12, 0.95, 4, &a));
	assert_true(stats_interval(x, 12, 0.95, 4, &b));
	assert_true(stats_interval(x, 12, 0.95, 5, &c));
	assert_memory_equal(&a, &b, sizeof a);
	assert_true(memcmp(&a, &c, sizeof a) != 0);
	near(a.lo, c.lo, 0.2);
}

/* `both`, `b_only`, `a_only`, `none` rows of 0/1 scores. */
static struct paired
table(size_t both, size_t b_only, size_t a_only, size_t none)
{
	size_t n = both + b_only + a_only + none, i;
	double *a = calloc(n + 1, sizeof *a), *b = calloc(n + 1, sizeof *b);
	struct paired p;

	assert_true(a && b);
	for (i = 0; i < n; i++) {
		b[i] = i < both + b_only;
		a[i] = i < both || (i >= both + b_only &&
		    i < both + b_only + a_only);
	}
	assert_true(stats_paired(a, b, n, 0.95, 1, &p));
	free(a);
	free(b);
	return p;
}

/* Newcombe's method 10, worked out apart; the second table, with its published
 * interval, is the example of Fagerland, Lydersen, Laake, Statistics in
 * Medicine 33 (2014). */
static void
proportions(void **state)
{
	struct paired p = table(36, 12, 2, 0);

	(void)state;
	near(p.diff.mean, 0.2, 1e-12);
	near(p.diff.lo, 0.056930, 6e-7);
	near(p.diff.hi, 0.340428, 6e-7);
	near(p.p, 2 * (1 + 14 + 91) / 16384.0, 1e-12);
	assert_true(p.exact);
	p = table(1, 1, 7, 12);
	near(p.diff.lo, -0.507, 6e-4);
	near(p.diff.hi, -0.026, 6e-4);
	p = table(0, 0, 0, 0);
	assert_true(!(p.diff.lo > -1) && !(p.diff.hi < 1) && !(p.p < 1));
	p = table(10, 0, 0, 10);
	assert_true(p.diff.lo < 0 && p.diff.hi > 0 && !(p.p < 1));
	p = table(0, 30, 0, 0);
	assert_true(p.diff.lo > 0.7 && !(p.diff.hi < 1) && p.p < 1e-8);
}

static void
differences(void **state)
{
	static const double a[] = { 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8 };
	double b[8], x[60], y[60];
	struct rng *r = rng_new(2);
	struct paired p, q;
	size_t i;

	(void)state;
	for (i = 0; i < 8; i++)
		b[i] = a[i] + 0.01 * (double)(i + 1);
	assert_true(stats_paired(a, b, 8, 0.95, 1, &p));
	near(p.p, 2 / 256.0, 1e-12);
	near(p.diff.mean, 0.045, 1e-12);
	assert_true(p.exact && p.diff.lo < p.diff.mean &&
	    p.diff.lo >= -1 && p.diff.hi > p.diff.mean);
	assert_true(stats_paired(b, b, 8, 0.95, 1, &p));
	near(p.p, 1, 0);
	near(p.diff.mean, 0, 0);
	assert_true(p.diff.lo < 0 && p.diff.hi > 0);
	for (i = 0; i < 60; i++) {
		x[i] = rng_unit(r);
		y[i] = x[i] + 0.1 * rng_normal(r) + 0.05;
	}
	assert_true(stats_paired(x, y, 60, 0.95, 1, &p));
	assert_true(!p.exact && p.p > 0 && p.p < 0.01 && p.diff.lo > 0);
	assert_true(stats_paired(y, x, 60, 0.95, 1, &q));
	near(p.p, q.p, 0.005);
	near(p.diff.mean, -q.diff.mean, 1e-12);
	rng_free(r);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(wilson),
		cmocka_unit_test(degenerate),
		cmocka_unit_test(coverage),
		cmocka_unit_test(seeded),
		cmocka_unit_test(proportions),
		cmocka_unit_test(differences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
