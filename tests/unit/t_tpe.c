/* Tests of the surrogates: better than chance, and calm where there is
 * nothing left to try.
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
#include "tune/surrogate.h"

enum { NVAR = 5, TRIALS = 60 };

static const double levels[] = {
	0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1
};
static const struct space_var var[NVAR] = {
	{ "a", 8, NULL }, { "b", 8, NULL }, { "c", 8, NULL },
	{ "d", 6, NULL }, { "t", 11, levels },
};
static const struct space space = { var, NVAR };

/* In [0, 1]: effects of a, b, c, a pair of c and d, and a bump in t. */
static double
truth(const unsigned *x)
{
	return 0.2 * (x[0] * 5 % 8 / 7.0) + 0.2 * (x[1] * 3 % 8 / 7.0) +
	    0.1 * (x[2] / 7.0) + 0.3 * (x[2] == x[3]) +
	    0.2 * (1 - fabs(levels[x[4]] - 0.3));
}

/* The mean over seeds of the best true value that is reached. */
static double
reach(const struct surrogate_options *o)
{
	double sum = 0, best, v;
	uint64_t seed;
	unsigned x[NVAR];
	size_t t;

	for (seed = 0; seed < 12; seed++) {
		struct surrogate *s = surrogate_new(&space, seed, o);
		struct rng *noise = rng_new(rng_child(seed, "noise", 0));

		assert_true(s && noise);
		best = 0;
		for (t = 0; t < TRIALS; t++) {
			assert_int_not_equal(surrogate_ask(s, x),
			    SURROGATE_NOMEM);
			v = truth(x);
			best = fmax(best, v);
			assert_true(surrogate_tell(s, x,
			    v + 0.05 * rng_normal(noise), 35));
		}
		sum += best / 12;
		surrogate_free(s);
		rng_free(noise);
	}
	return sum;
}

static void
better(void **state)
{
	struct surrogate_options o = { .kind = SURROGATE_RANDOM };
	double chance, tpe, preset, linear;

	(void)state;
	chance = reach(&o);
	o.kind = SURROGATE_TPE;
	tpe = reach(&o);
	o.optuna = true;
	preset = reach(&o);
	linear = reach(NULL);
	assert_true(tpe > chance + 0.05);
	assert_true(preset > chance + 0.03);
	assert_true(linear > chance + 0.1);
	assert_true(linear > tpe && linear > preset);
}

static const enum surrogate_kind kinds[] = {
	SURROGATE_LINEAR, SURROGATE_TPE, SURROGATE_RANDOM
};

/* All points of a small space come once; then the good ones again, none
 * for ever. */
static void
exhausts(void **state)
{
	static const struct space_var v[] = {
		{ "a", 3, NULL }, { "one", 1, NULL }, { "b", 4, NULL },
	};
	static const struct space small = { v, 3 };
	size_t k, t, at;
	unsigned x[3];

	(void)state;
	for (k = 0; k < 3; k++) {
		struct surrogate_options o = { .kind = kinds[k] };
		struct surrogate *s = surrogate_new(&small, 5, &o);
		size_t again[12] = { 0 };

		for (t = 0; t < 700; t++) {
			assert_int_equal(surrogate_ask(s, x), t < 12 ?
			    SURROGATE_FRESH : SURROGATE_REPEAT);
			assert_true(space_has(&small, x));
			if (t >= 12)
				again[x[0] + 3 * x[2]]++;
			assert_true(surrogate_tell(s, x,
			    0.1 * x[0] + 0.01 * x[2], 1));
		}
		assert_int_equal(surrogate_pool(s)->n, 12);
		at = 2 + 3 * 3;
		for (t = 0; t < 11; t++)
			assert_true(again[at] >= again[t]);
		assert_true(again[at] < 688 && again[at - 3] > 1);
		assert_true(surrogate_best(s, x, NULL));
		assert_true(x[0] == 2 && x[1] == 0 && x[2] == 3);
		surrogate_free(s);
	}
}

/* Spaces of one point, with no variable or one of one choice. */
static void
single(void **state)
{
	static const struct space_var one = { "a", 1, NULL };
	static const struct space none = { NULL, 0 }, only = { &one, 1 };
	double value;
	unsigned x[1];
	size_t k, t;

	(void)state;
	for (k = 0; k < 8; k++) {
		struct surrogate_options o = { .kind = kinds[k / 2 % 3],
		    .optuna = k >= 6 };
		struct surrogate *s;

		if (o.optuna)
			o.kind = SURROGATE_TPE;
		s = surrogate_new(k % 2 ? &none : &only, 1, &o);
		assert_non_null(s);
		assert_false(surrogate_best(s, x, NULL));
		for (t = 0; t < 20; t++) {
			assert_int_equal(surrogate_ask(s, x), t > 0 ?
			    SURROGATE_REPEAT : SURROGATE_FRESH);
			assert_true(k % 2 || x[0] == 0);
			assert_true(surrogate_tell(s, x, 0.25, 2));
		}
		assert_true(surrogate_best(s, x, &value));
		assert_true(fabs(value - 0.25) < 1e-9);
		surrogate_free(s);
	}
}

/* Asking without telling, equal values, huge values: no crash, no repeat of
 * a known point. */
static void
odd(void **state)
{
	static const double value[] = { 0, 1, 1e300, -1e300, 1e-300 };
	size_t k, t, i;
	unsigned x[NVAR];

	(void)state;
	for (k = 0; k < 3; k++) {
		struct surrogate_options o = { .kind = kinds[k] };

		for (i = 0; i < 5; i++) {
			struct surrogate *s = surrogate_new(&space, 1, &o);

			for (t = 0; t < 25; t++)
				assert_int_equal(surrogate_ask(s, x),
				    SURROGATE_FRESH);
			for (t = 0; t < 40; t++) {
				assert_int_equal(surrogate_ask(s, x),
				    SURROGATE_FRESH);
				assert_true(space_has(&space, x));
				assert_true(surrogate_tell(s, x, t % 7 == 6 ?
				    0 : value[i], 1));
			}
			surrogate_free(s);
		}
	}
}

static void
refuses(void **state)
{
	struct surrogate *s = surrogate_new(&space, 1, NULL);
	unsigned x[NVAR] = { 0 };

	(void)state;
	assert_false(surrogate_tell(s, x, NAN, 1));
	assert_false(surrogate_tell(s, x, INFINITY, 1));
	assert_false(surrogate_tell(s, x, 1, NAN));
	assert_false(surrogate_tell(s, x, 1, 0));
	assert_false(surrogate_tell(s, x, 1, -1));
	x[3] = 6;
	assert_false(surrogate_tell(s, x, 1, 1));
	assert_int_equal(surrogate_pool(s)->n, 0);
	x[3] = 0;
	assert_true(surrogate_tell(s, x, 1, 1));
	assert_int_equal(surrogate_pool(s)->n, 1);
	surrogate_free(s);
	surrogate_free(NULL);
}

/* A full evaluation outweighs a lucky minibatch of the same point. */
static void
weighs(void **state)
{
	struct surrogate *s = surrogate_new(&space, 1, NULL);
	unsigned a[NVAR] = { 1, 1, 1, 1, 1 }, b[NVAR] = { 0 }, x[NVAR];
	const struct pool *p = surrogate_pool(s);

	(void)state;
	assert_true(surrogate_tell(s, a, 0.9, 10));
	assert_true(surrogate_tell(s, b, 0.7, 200));
	assert_true(surrogate_tell(s, a, 0.5, 190));
	assert_int_equal(p->n, 2);
	assert_true(fabs(p->known[0].mean - 0.52) < 1e-12);
	assert_true(fabs(p->known[0].weight - 200) < 1e-12);
	assert_true(surrogate_best(s, x, NULL));
	assert_memory_equal(x, b, sizeof x);
	surrogate_free(s);
}

/* Equal seeds, equal points; 450 trials pass the thinning of the rows. */
static void
repeats(void **state)
{
	size_t k, t;

	(void)state;
	for (k = 0; k < 3; k++) {
		struct surrogate_options o = { .kind = kinds[k] };
		struct surrogate *a = surrogate_new(&space, 9, &o);
		struct surrogate *b = surrogate_new(&space, 9, &o);
		struct surrogate *c = surrogate_new(&space, 10, &o);
		unsigned x[NVAR], y[NVAR], z[NVAR];
		bool differ = false;

		for (t = 0; t < 450; t++) {
			assert_int_equal(surrogate_ask(a, x), SURROGATE_FRESH);
			surrogate_ask(b, y);
			assert_memory_equal(x, y, sizeof x);
			if (t < 20) {
				surrogate_ask(c, z);
				differ |= memcmp(x, z, sizeof x) != 0;
			}
			assert_true(surrogate_tell(a, x, truth(x), 1));
			assert_true(surrogate_tell(b, x, truth(x), 1));
		}
		assert_true(differ);
		surrogate_free(a);
		surrogate_free(b);
		surrogate_free(c);
	}
}

/* The first eight points show each choice of `a`, `b` and `c` once. */
static void
spreads(void **state)
{
	struct surrogate_options o = { .startup = 8 };
	struct surrogate *s = surrogate_new(&space, 3, &o);
	unsigned seen[3] = { 0 }, x[NVAR];
	size_t t, i;

	(void)state;
	for (t = 0; t < 8; t++) {
		assert_int_equal(surrogate_ask(s, x), SURROGATE_FRESH);
		for (i = 0; i < 3; i++)
			seen[i] |= 1U << x[i];
		assert_true(surrogate_tell(s, x, truth(x), 1));
	}
	for (i = 0; i < 3; i++)
		assert_int_equal(seen[i], 255);
	surrogate_free(s);
}

/* One number with uneven places: the mean is what the formulas of a Gaussian
 * process give, worked out here by elimination. */
static void
places(void **state)
{
	static const double at[] = { 0, 1, 4, 10 };
	static const struct space_var v = { "t", 4, at };
	static const struct space one = { &v, 1 };
	static const double value[] = { 0.2, 0.9, 0.5 };
	static const unsigned x[] = { 0, 2, 3 };
	struct surrogate *s = surrogate_new(&one, 1, NULL);
	double k[3][5], f, mu, top = 0, got;
	unsigned best[1], i, j, c;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_true(surrogate_tell(s, &x[i], value[i], 1));
		for (j = 0; j < 3; j++)
			k[i][j] = 0.65 * exp(-fabs(at[x[i]] - at[x[j]]) / 10 *
			    3) + (i == j ? 0.05 + 0.3 : 0);
		k[i][3] = value[i];
		k[i][4] = 1;
	}
	for (i = 0; i < 3; i++)
		for (j = 0; j < 3; j++) {
			f = j == i ? 0 : k[j][i] / k[i][i];
			for (c = 0; c < 5; c++)
				k[j][c] -= f * k[i][c];
		}
	mu = (k[0][3] / k[0][0] + k[1][3] / k[1][1] + k[2][3] / k[2][2]) /
	    (k[0][4] / k[0][0] + k[1][4] / k[1][1] + k[2][4] / k[2][2]);
	for (i = 0; i < 3; i++) {
		got = mu;
		for (j = 0; j < 3; j++)
			got += (k[j][3] - mu * k[j][4]) / k[j][j] * (0.65 *
			    exp(-fabs(at[x[i]] - at[x[j]]) / 10 * 3) +
			    (i == j ? 0.05 : 0));
		top = fmax(top, got);
	}
	assert_true(surrogate_best(s, best, &got));
	assert_int_equal(best[0], 2);
	assert_true(fabs(got - top) < 1e-12);
	surrogate_free(s);
}

/* To know that neighbours are alike is worth something. */
static void
ordered(void **state)
{
	enum { N = 8, ROUNDS = 24, SEEDS = 20 };
	double sum[2] = { 0 }, best, v;
	struct space_var line[N];
	struct space one = { line, N };
	unsigned x[N];
	uint64_t seed;
	size_t k, t, i;

	(void)state;
	for (k = 0; k < 2; k++) {
		for (i = 0; i < N; i++)
			line[i] = (struct space_var){ "v", 11, k ? levels :
			    NULL };
		for (seed = 0; seed < SEEDS; seed++) {
			struct surrogate *s = surrogate_new(&one, seed, NULL);

			best = 0;
			for (t = 0; t < ROUNDS; t++) {
				surrogate_ask(s, x);
				v = 1;
				for (i = 0; i < N; i++)
					v -= pow(levels[x[i]] - 0.1 *
					    (double)i - 0.1, 2) / 2;
				best = fmax(best, v);
				surrogate_tell(s, x, v, 1);
			}
			sum[k] += best / SEEDS;
			surrogate_free(s);
		}
	}
	assert_true(sum[1] > sum[0] + 0.03);
}

static void
words(void **state)
{
	static const char *const word[] = { "linear", "tpe", "random" };
	enum surrogate_kind k;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_true(surrogate_kind(word[i], &k));
		assert_int_equal(k, kinds[i]);
	}
	assert_false(surrogate_kind("optuna", &k));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(better),
		cmocka_unit_test(exhausts),
		cmocka_unit_test(single),
		cmocka_unit_test(odd),
		cmocka_unit_test(refuses),
		cmocka_unit_test(weighs),
		cmocka_unit_test(repeats),
		cmocka_unit_test(spreads),
		cmocka_unit_test(places),
		cmocka_unit_test(ordered),
		cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
