/* Tests of src/tune/rng.c: ranges, evenness, streams of their own.
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

/* The same on every machine: these were drawn once and may never change, as
 * studies are replayed from their seed. */
static void
fixed(void **state)
{
	struct rng *r = rng_new(0), *s = rng_new(1);
	uint64_t a[3];
	size_t i;

	(void)state;
	assert_non_null(r);
	assert_non_null(s);
	for (i = 0; i < 3; i++)
		a[i] = rng_below(r, 1000000);
	assert_int_equal(a[0], 610199);
	assert_int_equal(a[1], 780338);
	assert_int_equal(a[2], 951378);
	assert_true(rng_below(s, UINT64_MAX) != rng_below(r, UINT64_MAX));
	rng_free(r);
	rng_free(s);
	rng_free(NULL);
}

static void
even(void **state)
{
	struct rng *r = rng_new(7);
	size_t count[6] = { 0 }, i, n = 60000;
	double sum = 0, square = 0, unit = 0, v;

	(void)state;
	for (i = 0; i < n; i++) {
		count[rng_below(r, 6)]++;
		v = rng_normal(r);
		sum += v;
		square += v * v;
		v = rng_unit(r);
		assert_true(v >= 0 && v < 1);
		unit += v;
		assert_int_equal(rng_below(r, 1), 0);
		assert_true(rng_below(r, (uint64_t)1 << 40) <
		    (uint64_t)1 << 40);
	}
	for (i = 0; i < 6; i++)
		assert_true(count[i] > 9600 && count[i] < 10400);
	assert_true(fabs(sum / (double)n) < 0.02);
	assert_true(fabs(square / (double)n - 1) < 0.03);
	assert_true(fabs(unit / (double)n - 0.5) < 0.01);
	rng_free(r);
}

static void
samples(void **state)
{
	struct rng *r = rng_new(3);
	size_t out[10], seen[10] = { 0 }, i, j, t;

	(void)state;
	for (t = 0; t < 3000; t++) {
		rng_sample(r, 3, 10, out);
		for (i = 0; i < 3; i++) {
			assert_true(out[i] < 10);
			seen[out[i]]++;
			for (j = 0; j < i; j++)
				assert_true(out[i] != out[j]);
		}
	}
	for (i = 0; i < 10; i++)
		assert_true(seen[i] > 780 && seen[i] < 1020);
	rng_sample(r, 10, 10, out);
	for (i = 0, j = 0; i < 10; i++)
		j += (size_t)1 << out[i];
	assert_int_equal(j, 1023);
	rng_sample(r, 0, 0, out);
	rng_free(r);
}

/* Every place gets every index equally often. */
static void
shuffles(void **state)
{
	struct rng *r = rng_new(5);
	size_t index[4], place[4][4] = { { 0 } }, i, j, t;

	(void)state;
	for (t = 0; t < 8000; t++) {
		for (i = 0; i < 4; i++)
			index[i] = i;
		rng_shuffle(r, index, 4);
		for (i = 0; i < 4; i++)
			place[i][index[i]]++;
	}
	for (i = 0; i < 4; i++)
		for (j = 0; j < 4; j++)
			assert_true(place[i][j] > 1850 && place[i][j] < 2150);
	rng_shuffle(r, index, 0);
	rng_free(r);
}

static void
children(void **state)
{
	uint64_t all[400];
	size_t i, j;

	(void)state;
	for (i = 0; i < 100; i++) {
		all[4 * i] = rng_child(0, "demos", i);
		all[4 * i + 1] = rng_child(0, "demo", i);
		all[4 * i + 2] = rng_child(1, "demos", i);
		all[4 * i + 3] = rng_child(i + 2, "", 0);
	}
	for (i = 0; i < 400; i++)
		for (j = 0; j < i; j++)
			assert_true(all[i] != all[j]);
	assert_true(rng_child(9, "a", 4) == rng_child(9, "a", 4));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(fixed),
		cmocka_unit_test(even),
		cmocka_unit_test(samples),
		cmocka_unit_test(shuffles),
		cmocka_unit_test(children),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
