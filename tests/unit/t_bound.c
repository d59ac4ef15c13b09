/* Tests of plans and bounds: what settings mean, and what a study can cost.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tune/strategy.h"
#include "tune_mod.h"

static struct setting
count(const char *name, int64_t i, struct setting *next)
{
	struct setting s = { .name = name, .kind = SET_INT, .i = i,
	    .next = next };

	return s;
}

static struct setting
word(const char *name, const char *text, struct setting *next)
{
	struct setting s = { .name = name, .kind = SET_WORD, .s = text,
	    .next = next };

	return s;
}

static void
test_presets(void **state)
{
	static const struct {
		const char *word;
		unsigned n, instructions, trials;
		size_t ndev;
	} row[] = {
		/* Slots: two leaves with text, demos and format, and K. */
		{ "light", 6, 3, 36, 100 }, { "medium", 12, 6, 50, 300 },
		{ "heavy", 18, 9, 58, 1000 },
	};
	struct arena a = { 0 };
	struct mod *m = tune_mod(&a);
	struct tune_task t = tune_mod_task(&a, m, 200, 1200, 50);
	char why[320];
	struct plan p;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct setting s = word("auto", row[i].word, NULL);

		t.setting = &s;
		assert_int_equal(strategy_make(&t, &p, why), MIP_OK);
		assert_int_equal(p.candidates, row[i].n);
		assert_int_equal(p.instructions, row[i].instructions);
		assert_int_equal(p.ndev, row[i].ndev);
		assert_int_equal(strategy_slots(&t, &p), 7);
		assert_int_equal(strategy_trials(&p, 7), row[i].trials);
	}
	arena_release(&a);
}

static void
test_frozen(void **state)
{
	struct arena a = { 0 };
	struct mod *m = tune_mod(&a);
	struct tune_task t = tune_mod_task(&a, m, 200, 60, 0);
	char why[320];
	struct plan p;

	(void)state;
	assert_int_equal(strategy_make(&t, &p, why), MIP_OK);
	m->prompt->freeze[SLOT_INSTRUCTION] = true;
	m->prompt->freeze[SLOT_DEMOS] = true;
	assert_int_equal(strategy_slots(&t, &p), 5);
	m->prompt->next->eval_only = true;
	assert_int_equal(strategy_slots(&t, &p), 2);
	m->param->frozen = true;
	assert_int_equal(strategy_slots(&t, &p), 1);
	m->prompt->freeze[SLOT_FORMAT] = true;
	assert_int_equal(strategy_slots(&t, &p), 0);
	assert_int_equal(strategy_trials(&p, 0), 0);
	arena_release(&a);
}

/* What has `tune` is searched with `params`, the format of others with
 * `formats`. */
static void
test_tuned_options(void **state)
{
	static const struct ty_const heat[] = {
		{ .kind = TYC_FLOAT, .f = 0 }, { .kind = TYC_FLOAT, .f = 1 }
	};
	struct arena a = { 0 };
	struct mod *m = tune_mod(&a);
	struct tune_task t = tune_mod_task(&a, m, 200, 60, 0);
	struct prompt *l = m->prompt;
	char why[320];
	struct plan p;

	(void)state;
	assert_int_equal(strategy_make(&t, &p, why), MIP_OK);
	assert_false(strategy_tunes(&t, &p, l, SLOT_TEMPERATURE));
	assert_false(strategy_tunes(&t, &p, l, SLOT_STRUCTURE));
	l->temperatures = (struct choices){ .v = heat, .n = 2 };
	l->structures[MIP_STRUCTURE_PROMPT] = true;
	l->tune[SLOT_FORMAT] = l->tune[SLOT_TEMPERATURE] = true;
	assert_int_equal(strategy_slots(&t, &p), 9);
	p.params = false;
	assert_false(strategy_tunes(&t, &p, l, SLOT_TEMPERATURE));
	assert_false(strategy_tunes(&t, &p, l, SLOT_STRUCTURE));
	assert_false(strategy_tunes(&t, &p, l, SLOT_FORMAT));
	assert_true(strategy_tunes(&t, &p, l->next, SLOT_FORMAT));
	p.params = true;
	p.formats = false;
	assert_true(strategy_tunes(&t, &p, l, SLOT_FORMAT));
	assert_false(strategy_tunes(&t, &p, l->next, SLOT_FORMAT));
	l->freeze[SLOT_TEMPERATURE] = true;
	assert_false(strategy_tunes(&t, &p, l, SLOT_TEMPERATURE));
	l->temperatures = (struct choices){ .is_range = true, .lo = 0.5,
	    .hi = 0.5 };
	l->freeze[SLOT_TEMPERATURE] = false;
	assert_false(strategy_tunes(&t, &p, l, SLOT_TEMPERATURE));
	l->temperatures.hi = 0.6;
	assert_true(strategy_tunes(&t, &p, l, SLOT_TEMPERATURE));
	arena_release(&a);
}

static void
test_settings(void **state)
{
	struct arena a = { 0 };
	struct mod *m = tune_mod(&a);
	struct tune_task t = tune_mod_task(&a, m, 10, 30, 0);
	struct setting heavy = word("auto", "heavy", NULL);
	struct setting trials = count("trials", 7, &heavy);
	struct setting light = word("auto", "light", &trials);
	struct setting s;
	char why[320] = "";
	struct plan p;

	(void)state;
	t.setting = &light;
	assert_int_equal(strategy_make(&t, &p, why), MIP_OK);
	assert_int_equal(p.candidates, 6);
	assert_int_equal(strategy_trials(&p, 3), 7);
	assert_int_equal(p.minibatch, 0);       /* 30 rows are few */
	assert_int_equal(p.bootstrap_rows, 10);
	t.setting = &s;
	s = count("colour", 1, NULL);
	assert_int_equal(strategy_make(&t, &p, why), MIP_USAGE);
	assert_non_null(strstr(why, "colour"));
	s = count("trials", 0, NULL);
	assert_int_equal(strategy_make(&t, &p, why), MIP_USAGE);
	s = word("trials", "many", NULL);
	assert_int_equal(strategy_make(&t, &p, why), MIP_USAGE);
	s = word("auto", "huge", NULL);
	assert_int_equal(strategy_make(&t, &p, why), MIP_USAGE);
	s = word("formats", "maybe", NULL);
	assert_int_equal(strategy_make(&t, &p, why), MIP_USAGE);
	s = word("formats", "off", NULL);
	assert_int_equal(strategy_make(&t, &p, why), MIP_OK);
	assert_false(p.formats);
	t.setting = NULL;
	t.strategy = "magic";
	assert_int_equal(strategy_make(&t, &p, why), MIP_USAGE);
	arena_release(&a);
}

static void
test_bound(void **state)
{
	struct arena a = { 0 };
	struct mod *m = tune_mod(&a);
	struct tune_task t = tune_mod_task(&a, m, 200, 100, 50);
	struct setting s = count("trials", 20, NULL);
	struct tune_bound b;
	char why[320];

	(void)state;
	t.setting = &s;
	assert_int_equal(tune_bound(&t, &b, why), MIP_OK);
	/* 20 minibatches of 35, 4 + 1 full of 100, 48 train rows. */
	assert_int_equal(b.runs, 20 * 35 + 5 * 100 + 48);
	assert_int_equal(b.final_runs, 100);
	/* Two calls a run, each asked twice at most. */
	assert_int_equal(b.task_calls, (b.runs + 100) * 4);
	assert_int_equal(b.metric_calls, 0);
	/* Two proposals for two leaves, four to describe, each twice. */
	assert_int_equal(b.proposer_calls, 16);
	assert_int_equal(b.calls, b.task_calls + 16);
	assert_int_equal(b.tokens, b.calls * 1100);
	assert_true(b.cost > (double)b.calls * 0.00119 &&
	    b.cost < (double)b.calls * 0.00121);
	t.strategy = "bootstrap";
	t.setting = NULL;
	assert_int_equal(tune_bound(&t, &b, why), MIP_OK);
	assert_int_equal(b.runs, 16 * 100 + 128);
	assert_int_equal(b.proposer_calls, 0);
	/* Rows that are scored alone. */
	tune_eval_bound(&t, 100, &b);
	assert_int_equal(b.runs, 0);
	assert_int_equal(b.final_runs, 100);
	assert_int_equal(b.calls, 400);
	assert_int_equal(b.tokens, 400 * 1100);
	/* No overflow wraps round. */
	m->program->calls_max = UINT64_MAX;
	assert_int_equal(tune_bound(&t, &b, why), MIP_OK);
	assert_true(b.calls == UINT64_MAX);
	tune_eval_bound(&t, 2, &b);
	assert_true(b.calls == UINT64_MAX);
	arena_release(&a);
}

/* Vectors are counted apart, and cost what their model does. */
static void
test_vectors(void **state)
{
	static const struct mip_model emb = { .name = "emb",
		.provider = "openai", .id = "vec", .context = 500,
		.priced = true, .price_in = 0.1 };
	const struct mip_model *both[2];
	struct arena a = { 0 };
	struct mod *m = tune_mod(&a);
	struct tune_task t = tune_mod_task(&a, m, 200, 100, 50);
	struct tune_bound b, without;
	char why[320];

	(void)state;
	assert_int_equal(tune_bound(&t, &without, why), MIP_OK);
	assert_int_equal(without.vector_calls, 0);
	both[0] = m->model[0];
	both[1] = &emb;
	m->model = both;
	m->nmodel = 2;
	m->program->vectors_max = 3;
	m->fn->next->vectors_max = 2;
	assert_int_equal(tune_bound(&t, &b, why), MIP_OK);
	assert_int_equal(b.vector_calls, (b.runs + 100) * 5);
	assert_int_equal(b.task_calls, without.task_calls);
	assert_int_equal(b.calls, without.calls + b.vector_calls);
	assert_int_equal(b.tokens, without.tokens + b.vector_calls * 500);
	assert_true(fabs(b.cost - without.cost -
	    (double)b.vector_calls * 500 * 0.1 / 1e6) < 1e-9);
	m->fn->next->vectors_max = UINT64_MAX;
	assert_int_equal(tune_bound(&t, &b, why), MIP_OK);
	assert_true(b.calls == UINT64_MAX);
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_presets),
		cmocka_unit_test(test_frozen),
		cmocka_unit_test(test_tuned_options),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_vectors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
