/* Tests of demonstrations, and of what the proposer shows and takes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tune/critique.h"
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
	m->prompt->piece = (const struct template_piece[]){
	    { "Ticket: ", NULL, 0 }, { NULL, (const unsigned[]){ 0 }, 1 } };
	m->prompt->npiece = 2;
	assert_string_equal(propose_signature(&a, m->prompt),
	    "module route\ninputs:\n- text (string)\n"
	    "outputs:\n- label (Label)\n"
	    "the inputs are shown as:\nTicket: {text}");
	s = propose_rows(&a, &t.train, pick, 2);
	assert_string_equal(s, "{\"text\":\"train 2\",\"label\":\"OTHER\"}\n"
	    "{\"text\":\"train 0\",\"label\":\"BILLING\"}\n");
	assert_string_equal(propose_examples(&a, NULL, 3), "none");
	assert_string_equal(propose_examples(&a, "[{\"a\":1},{\"a\":2}]", 1),
	    "{\"a\":1}\n");
	arena_release(&a);
}

/* A run of which the metric says `rest` (members of an answer). */
static struct json
answer(struct arena *a, const char *id, const char *rest)
{
	return parse(arena_printf(a, "{\"steps\":[{\"leaf\":\"route\","
	    "\"in\":{\"text\":\"early\"},\"out\":null},{\"leaf\":\"route\","
	    "\"in\":{\"text\":\"%s\"},\"out\":{\"label\":\"OTHER\"}}],%s}",
	    id, rest));
}

#define CRITIQUE(id, why) "in: {\"text\":\"" id "\"}\n" \
	"out: {\"label\":\"OTHER\"}\nwrong: " why "\n"

static void
test_credit(void **state)
{
	struct arena a = { 0 };
	struct tuning u = { .a = &a };
	double gain = 7;
	struct json v = parse("{\"credits\":[{\"leaf\":\"m.route\","
	    "\"value\":0.1},{\"leaf\":\"route\",\"value\":0.5},"
	    "{\"leaf\":\"route\",\"value\":0.25,\"why\":\"w\"},"
	    "{\"leaf\":\"route\",\"value\":0.75}]}");

	(void)state;
	assert_true(critique_credit(&u, v, "route", &gain));
	assert_true(gain > 0.24 && gain < 0.26);
	/* Where less is better, the worst is the most. */
	u.minimize = true;
	assert_true(critique_credit(&u, v, "route", &gain));
	assert_true(gain < -0.74 && gain > -0.76);
	gain = 7;
	assert_false(critique_credit(&u, v, "other", &gain));
	assert_false(critique_credit(&u, parse("{}"), "route", &gain));
	assert_true(gain > 6);
	arena_release(&a);
}

static void
test_critique(void **state)
{
	struct arena a = { 0 };
	struct mod *m = tune_mod(&a);
	struct tune_task t = { .metric = "acc" };
	struct leaf l[2] = { { .prompt = m->prompt,
	    .tunes[SLOT_INSTRUCTION] = true },
	    { .prompt = m->prompt->next,
	    .tunes[SLOT_INSTRUCTION] = true } };
	struct tuning u = { .a = &a, .t = &t, .leaf = l, .nleaf = 2 };

	(void)state;
	assert_string_equal(critique_text(&u, &l[0], 0, 1), "none");
	/* Feedback, the leaf's own credit, a leaf that is not to blame. */
	critique_read(&u, answer(&a, "a", "\"feedback\":{\"acc\":\"f\","
	    "\"other\":\"x\"}"), 0.5);
	critique_read(&u, answer(&a, "b", "\"feedback\":{\"acc\":\"f\"},"
	    "\"credits\":[{\"leaf\":\"route\",\"value\":0,"
	    "\"why\":\"own\"}]"), 1);
	critique_read(&u, answer(&a, "c", "\"feedback\":{\"acc\":\"f\"},"
	    "\"credits\":[{\"leaf\":\"route\",\"value\":1}]"), 0);
	critique_read(&u, answer(&a, "d", "\"feedback\":{\"other\":"
	    "\"x\"}"), 0);
	critique_read(&u, answer(&a, "e", "\"feedback\":{\"acc\":\"\"}"), 0);
	assert_string_equal(critique_text(&u, &l[0], 0, 1),
	    CRITIQUE("a", "f") "\n" CRITIQUE("b", "own"));
	assert_string_equal(critique_text(&u, &l[0], 0, 0.3),
	    CRITIQUE("b", "own"));
	assert_string_equal(critique_text(&u, &l[0], 5, 0.3),
	    CRITIQUE("b", "own"));
	assert_string_equal(critique_text(&u, &l[0], 0, 0), "none");
	/* It was not asked in these runs. */
	assert_int_equal(l[1].ncritique, 0);
	arena_release(&a);
}

/* Each proposal is shown others. */
static void
test_critiques(void **state)
{
	struct arena a = { 0 };
	struct mod *m = tune_mod(&a);
	struct tune_task t = { .metric = "acc" };
	struct leaf l = { .prompt = m->prompt,
	    .tunes[SLOT_INSTRUCTION] = true };
	struct tuning u = { .a = &a, .t = &t, .leaf = &l, .nleaf = 1 };
	const char *s;
	unsigned i;

	(void)state;
	for (i = 0; i < 100; i++)
		critique_read(&u, answer(&a, arena_printf(&a, "n%u.", i),
		    "\"feedback\":{\"acc\":\"f\"}"), 0);
	assert_int_equal(l.ncritique, 32);
	s = critique_text(&u, &l, 0, 1);
	assert_non_null(strstr(s, "n0."));
	assert_non_null(strstr(s, "n2."));
	assert_null(strstr(s, "n3."));
	s = critique_text(&u, &l, 1, 1);
	assert_null(strstr(s, "n2."));
	assert_non_null(strstr(s, "n3."));
	assert_non_null(strstr(s, "n5."));
	s = critique_text(&u, &l, 10, 1);
	assert_non_null(strstr(s, "n31."));
	assert_non_null(strstr(s, "n0."));
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
		cmocka_unit_test(test_credit),
		cmocka_unit_test(test_critique),
		cmocka_unit_test(test_critiques),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
