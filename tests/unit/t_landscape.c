/* The whole search on programs whose slots have a known worth.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "landscape.h"

static const struct land_shape shape = { .nvar = 4, .nnumber = 1,
	.nchoice = 6, .pairs = 0.3, .worst = 0.3, .written = 0.5, .best = 0.7,
	.alike = 0.6 };

struct found {
	double gain;                    /* as a part of what can be gained */
	size_t runs;
};

static struct found
search(struct arena *a, uint64_t seed, const char *strategy,
    struct tune_result *r)
{
	static const struct setting level = { .name = "auto",
	    .kind = SET_WORD, .s = "light" };
	struct tune_task t;

	land_make(&shape, seed);
	t = land_task(a, 100, seed);
	t.strategy = strategy;
	t.setting = &level;
	assert_int_equal(tune(a, &t, NULL, r), MIP_OK);
	assert_true(r->complete);
	return (struct found){ (land_worth(r->slots) - shape.written) /
	    (shape.best - shape.written), land_runs() };
}

static struct found
mean(const char *strategy)
{
	enum { SEEDS = 12 };
	struct found sum = { 0 }, f;
	struct tune_result r;
	struct arena a;
	uint64_t seed;

	for (seed = 0; seed < SEEDS; seed++) {
		base_arena_init(&a);
		f = search(&a, seed, strategy, &r);
		sum.gain += f.gain / SEEDS;
		sum.runs += f.runs;
		arena_release(&a);
	}
	sum.runs /= SEEDS;
	return sum;
}

/* Twelve seeds of a landscape where a third of the gain is luck's. */
static void
gain(void **state)
{
	struct found mipro = mean("mipro"), chance = mean("random");

	(void)state;
	assert_true(mipro.gain > 0.5);
	assert_true(mipro.gain > chance.gain);
	assert_true(mipro.runs < chance.runs * 2 / 3);
}

static void
same(void **state)
{
	struct tune_result r, s;
	struct found f, g;
	struct arena a;

	(void)state;
	base_arena_init(&a);
	f = search(&a, 7, "mipro", &r);
	g = search(&a, 7, "mipro", &s);
	assert_string_equal(r.slots, s.slots);
	assert_int_equal(f.runs, g.runs);
	assert_int_equal(r.trials, s.trials);
	arena_release(&a);
}

/* No point is worse than the one written, as far as the rows can tell: what is
 * given back was better on all of them. */
static void
never_worse(void **state)
{
	struct land_shape flat = shape;
	struct tune_result r;
	struct tune_task t;
	struct arena a;

	(void)state;
	flat.best = flat.written;
	flat.worst = 0;
	base_arena_init(&a);
	land_make(&flat, 3);
	t = land_task(&a, 60, 3);
	assert_int_equal(tune(&a, &t, NULL, &r), MIP_OK);
	assert_true(r.dev_after.interval.mean >=
	    r.dev_before.interval.mean);
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gain),
		cmocka_unit_test(same),
		cmocka_unit_test(never_worse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
