/* Tests of demonstrations, and of what the proposer shows and takes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tune/demo.h"
#include "tune/propose.h"
#include "tune_mod.h"

static struct json
parse(const char *s)
{
	struct json v;

	assert_true(json_parse(s, strlen(s), &v, NULL, NULL));
	return v;
}

static void
test_step(void **state)
{
	struct arena a = { 0 };
	struct mod *m = tune_mod(&a);
	const struct prompt *l = m->prompt;

	(void)state;
	assert_string_equal(demo_of_step(&a, l, parse("{\"leaf\":\"route\","
	    "\"in\":{\"text\": \"t\"},\"out\":{\"label\":\"OTHER\"},"
	    "\"cost\":0,\"reasked\":0,\"status\":\"ok\"}")),
	    "{\"text\":\"t\",\"label\":\"OTHER\"}");
	/* Another leaf, a repair, a re-ask, a refusal, no output. */
	assert_null(demo_of_step(&a, l, parse("{\"leaf\":\"m.explain\","
	    "\"in\":{},\"out\":{},\"status\":\"ok\"}")));
	assert_null(demo_of_step(&a, l, parse("{\"leaf\":\"route\","
	    "\"in\":{},\"out\":{},\"cost\":1,\"status\":\"ok\"}")));
	assert_null(demo_of_step(&a, l, parse("{\"leaf\":\"route\","
	    "\"in\":{},\"out\":{},\"reasked\":1,\"status\":\"ok\"}")));
	assert_null(demo_of_step(&a, l, parse("{\"leaf\":\"route\","
	    "\"in\":{},\"out\":{},\"status\":\"refusal\"}")));
	assert_null(demo_of_step(&a, l, parse("{\"leaf\":\"route\","
	    "\"in\":{},\"out\":null,\"status\":\"ok\"}")));
	arena_release(&a);
}

static void
test_row(void **state)
{
	struct arena a = { 0 };
	struct mod *m = tune_mod(&a);
	struct json row = parse("{\"id\":7,\"label\":\"OTHER\","
	    "\"text\":\"t\",\"why\":\"w\"}");

	(void)state;
	assert_string_equal(demo_of_row(&a, m->prompt, row),
	    "{\"text\":\"t\",\"label\":\"OTHER\"}");
	/* No row has the reasoning. */
	assert_string_equal(demo_of_row(&a, m->prompt->next, row),
	    "{\"text\":\"t\",\"label\":\"OTHER\",\"why\":\"w\"}");
	assert_null(demo_of_row(&a, m->prompt, parse("{\"text\":\"t\"}")));
	arena_release(&a);
}

static void
test_vary(void **state)
{
	static const char *const label[] = { "a", "a", "a", "b", "c", "a" };
	static const size_t order[] = { 0, 1, 2, 3, 4, 5 };
	size_t out[6];

	(void)state;
	assert_int_equal(demo_vary(order, label, 6, 4, out), 4);
	assert_int_equal(out[0], 0);
	assert_int_equal(out[1], 3);
	assert_int_equal(out[2], 4);
	assert_int_equal(out[3], 1);
	assert_int_equal(demo_vary(order, label, 6, 9, out), 6);
	assert_int_equal(demo_vary(order, label, 0, 3, out), 0);
}

static void
test_threshold(void **state)
{
	static const double bits[] = { 0, 1, 1, 0 };
	static const double loss[] = { 0, -1, 0, 0 };
	static const double graded[] = { .1, .2, .3, .4, .5, .6, .7, .8, .9,
	    .95 };
	static const double low[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, .25 };
	struct plan p = { 0 };

	(void)state;
	assert_true(demo_threshold(&p, false, bits, 4) > 0.99);
	assert_true(demo_threshold(&p, true, loss, 4) > -0.01);
	assert_true(demo_threshold(&p, false, graded, 10) > 0.85);
	/* What is as bad as all others is no success. */
	assert_true(demo_threshold(&p, false, low, 12) > 0.2);
	assert_true(demo_threshold(&p, false, NULL, 0) > 0.99);
	p.threshold_set = true;
	p.threshold = 0.3;
	assert_true(demo_threshold(&p, false, bits, 4) < 0.31);
	assert_true(demo_threshold(&p, true, loss, 4) < -0.29);
}

static void
test_clean(void **state)
{
	static const char *const pair[][2] = {
		{ "  Do it.\n", "Do it." },
		{ "\"Do it.\"", "Do it." },
		{ "\"A\" or \"B\"", "\"A\" or \"B\"" },
		{ "Proposed Instruction: \"Do it.\"", "Do it." },
		{ "**Instruction:** Do it.", "Do it." },
		{ "```text\nDo it.\n```", "Do it." },
		{ "Answer the question: be brief.",
		    "Answer the question: be brief." },
		{ "Instructions matter.", "Instructions matter." },
	};
	struct arena a = { 0 };
	char *many = arena_alloc(&a, 5001);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof pair / sizeof *pair; i++)
		assert_string_equal(propose_clean(&a, pair[i][0]),
		    pair[i][1]);
	assert_null(propose_clean(&a, " \n"));
	assert_null(propose_clean(&a, "Instruction:"));
	memset(many, 'x', 5000);
	assert_null(propose_clean(&a, many));
	arena_release(&a);
}

static void
test_shown(void **state)
{
	struct arena a = { 0 };
	struct mod *m = tune_mod(&a);
	struct tune_task t = tune_mod_task(&a, m, 4, 1, 0);
	static const size_t pick[] = { 2, 0 };
	const char *s;

	(void)state;
	assert_string_equal(propose_signature(&a, m->prompt),
	    "module route\ninputs:\n- text (string)\n"
	    "outputs:\n- label (Label)");
	s = propose_rows(&a, &t.train, pick, 2);
	assert_string_equal(s, "{\"text\":\"train 2\",\"label\":\"OTHER\"}\n"
	    "{\"text\":\"train 0\",\"label\":\"BILLING\"}\n");
	assert_string_equal(propose_examples(&a, NULL, 3), "none");
	assert_string_equal(propose_examples(&a, "[{\"a\":1},{\"a\":2}]", 1),
	    "{\"a\":1}\n");
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_step),
		cmocka_unit_test(test_row),
		cmocka_unit_test(test_vary),
		cmocka_unit_test(test_threshold),
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
