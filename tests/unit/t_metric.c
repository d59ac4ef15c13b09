/* Tests of metric.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake_lm.c"
#include "mip.h"

struct stage {
	struct mip_env *env;
	struct mip *m;
};

static int
stage_up(void **state)
{
	struct stage *s = calloc(1, sizeof *s);

	if (!s || mip_env_new(NULL, &s->env) != MIP_OK)
		return -1;
	s->m = mip_new(s->env);
	*state = s;
	return s->m ? 0 : -1;
}

static int
stage_down(void **state)
{
	struct stage *s = *state;

	mip_free(s->m);
	mip_env_free(s->env);
	free(s);
	return 0;
}

static struct mip *
context(void **state)
{
	struct stage *s = *state;

	return s->m;
}

static void
assert_near(double a, double b)
{
	if (!(fabs(a - b) < 1e-12))
		fail_msg("%.17g is not %.17g", a, b);
}

static void
test_exact(void **state)
{
	struct mip *m = context(state);

	assert_near(mip_exact(m, "The Beatles!", "beatles"), 1);
	assert_near(mip_exact(m, "a  cat\n", "Cat"), 1);
	assert_near(mip_exact(m, "athens", "the ns"), 0);
	assert_near(mip_exact(m, "U.S.", "us"), 1);
	assert_near(mip_exact(m, "", "the"), 1);
	assert_near(mip_exact(m, "", "x"), 0);
	assert_near(mip_exact(m, "one two", "two one"), 0);
	/* Composed and decomposed, capital and small. */
	assert_near(mip_exact(m, "\xc3\x89t\xc3\xa9", "e\xcc\x81te\xcc\x81"),
	    1);
	/* An accent makes another letter. */
	assert_near(mip_exact(m, "\xc3\xa9t\xc3\xa9", "ete"), 0);
	assert_near(mip_exact(m, "a\xc2\xa0" "b", "b"), 1);
}

static void
test_contains(void **state)
{
	struct mip *m = context(state);

	assert_near(mip_contains_text(m, "Paris", "It is in Paris, France"),
	    1);
	assert_near(mip_contains_text(m, "art", "Mozart"), 0);
	assert_near(mip_contains_text(m, "new york", "The New York."), 1);
	assert_near(mip_contains_text(m, "york new", "The New York."), 0);
	assert_near(mip_contains_text(m, "x y", "x"), 0);
	assert_near(mip_contains_text(m, "", ""), 1);
	assert_near(mip_contains_text(m, "the", "x"), 0);
}

static void
test_f1(void **state)
{
	struct mip *m = context(state);

	assert_near(mip_f1(m, "the cat sat", "cat sat"), 1);
	assert_near(mip_f1(m, "big cat", "big dog"), 0.5);
	/* Repeated words count as often as they stand in both. */
	assert_near(mip_f1(m, "x x y", "x x x"), 2.0 / 3);
	assert_near(mip_f1(m, "x", "y"), 0);
	assert_near(mip_f1(m, "", "the"), 1);
	assert_near(mip_f1(m, "", "y"), 0);
	assert_near(mip_f1(m, "one", "one two three"), 0.5);
}

static void
test_numeric(void **state)
{
	(void)state;
	assert_near(mip_numeric(100, 101, 0.01, 0), 1);
	assert_near(mip_numeric(100, 101.1, 0.01, 0), 0);
	assert_near(mip_numeric(0, 0.5, 0.01, 0.5), 1);
	assert_near(mip_numeric(-100, -99, 0.01, 0), 1);
	assert_near(mip_numeric(1, (double)NAN, 1, 1), 0);
	assert_near(mip_numeric((double)INFINITY, 1, 1, 1), 0);
}

static void
test_numeric_text(void **state)
{
	static const struct {
		const char *gold, *pred;
		double score;
	} row[] = {
		{ "42", "The answer is 42.", 1 },
		{ "1,234,567.5", "about $1234567.5!", 1 },
		{ "18", "She has 20 - 2 = 18 eggs", 1 },
		{ "-3", "it is -3 degrees", 1 },
		{ "3", "it is -3 degrees", 0 },
		{ "-5", "-$5", 1 },
		{ "5", "a list:\n- 5", 1 },
		{ "5", "3-5", 1 },
		{ "0.5", "x = .5", 1 },
		{ "7", "007", 1 },
		{ "1500", "1.5e3", 1 },
		{ "2", "H2O", 0 },
		{ "2", "none", 0 },
		{ "none", "2", 0 },
		{ "1234", "1,234 apples", 1 },
		{ "2", "1,2", 1 },
		{ "12", "12.", 1 },
		{ "", "", 0 },
	};
	struct mip *m = context(state);
	size_t i;

	for (i = 0; i < sizeof row / sizeof row[0]; i++) {
		double got = mip_numeric_text(m, row[i].gold, row[i].pred, 0,
		    0);

		if (got < row[i].score || got > row[i].score)
			fail_msg("'%s', '%s': %g", row[i].gold, row[i].pred,
			    got);
	}
	assert_int_equal(mip_status(m), MIP_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exact),
		cmocka_unit_test(test_contains),
		cmocka_unit_test(test_f1),
		cmocka_unit_test(test_numeric),
		cmocka_unit_test(test_numeric_text),
	};

	return cmocka_run_group_tests_name("metric", tests, stage_up,
	    stage_down);
}
