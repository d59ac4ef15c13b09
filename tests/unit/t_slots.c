/* Tests of prompt/slots.c: baked values, values set over them, refusals.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "prompt/slots.h"

struct answer_in { const char *question; const char *hint; };
struct answer_out { const char *reasoning; int64_t answer; };

static const struct mip_field in_fields[] = {
	{ MIP_FIELD(struct answer_in, question, &mip_string, NULL) },
	{ MIP_FIELD(struct answer_in, hint, &mip_string_optional, NULL) },
};
static const struct mip_type in_type = {
	.kind = MIP_STRUCT, .size = sizeof(struct answer_in),
	.field = in_fields, .n = 2
};
static const struct mip_field out_fields[] = {
	{ MIP_FIELD(struct answer_out, reasoning, &mip_string, NULL) },
	{ MIP_FIELD(struct answer_out, answer, &mip_int, NULL) },
};
static const struct mip_type out_type = {
	.kind = MIP_STRUCT, .size = sizeof(struct answer_out),
	.field = out_fields, .n = 2
};
static const struct mip_field one_fields[] = {
	{ MIP_FIELD(struct answer_out, answer, &mip_int, NULL) },
};
static const struct mip_type one_type = {
	.kind = MIP_STRUCT, .size = sizeof(struct answer_out),
	.field = one_fields, .n = 1
};

static const char *const text[] = { "Answer the question.\n", "Be brief.",
    NULL };
static const char *const demo[] = { "{\"question\":\"1+1?\",", "\"answer\":2}",
    NULL };
static const mip_text demos[] = { demo };
static const struct mip_prompt answer = {
	.name = "m.answer", .in = &in_type, .out = &out_type, .text = text,
	.demo = demos, .ndemo = 1, .format = MIP_JSON,
	.temperature = MIP_UNSET
};
static const char *const short_text[] = { "Just a number.", NULL };
static const struct mip_prompt plain = {
	.name = "plain", .in = &in_type, .out = &one_type, .text = short_text,
	.format = MIP_PLAIN, .temperature = 0.5
};
static const struct mip_prompt *const prompts[] = { &answer, &plain };
static const int64_t five = 5;
static const char *const word = "top";
static const double half = 0.5;
static const struct mip_param k = { "K", &mip_int, &five };
static const struct mip_param mode = { "mode", &mip_string, &word };
static const struct mip_param rate = { "rate", &mip_float, &half };
static const struct mip_param *const params[] = { &k, &mode, &rate };
static const struct mip_program program = {
	.abi = MIP_ABI, .name = "p", .prompt = prompts, .nprompt = 2,
	.param = params, .nparam = 3
};

static enum mip_status
make(const struct mip_program *p, const char *set, struct slots **s, char *why)
{
	struct json v = { NULL, 0 };
	struct buf copy = BUF_INIT;
	enum mip_status st;

	/* The text dies before the set is used. */
	if (set) {
		buf_puts(&copy, set);
		assert_true(json_parse(copy.s, copy.len, &v, NULL, NULL));
	}
	st = slots_new(p, v, s, why, 240);
	buf_release(&copy);
	return st;
}

static void
baked(void **state)
{
	const struct slots_leaf *l;
	char why[240];
	struct slots *s;
	struct buf b = BUF_INIT;

	(void)state;
	assert_int_equal(make(&program, NULL, &s, why), MIP_OK);
	l = slots_leaf(s, &answer);
	assert_string_equal(l->text, "Answer the question.\nBe brief.");
	assert_int_equal(l->ndemo, 1);
	assert_true(json_is(l->demo[0],
	    "{\"question\":\"1+1?\",\"answer\":2}"));
	assert_int_equal(l->format, MIP_JSON);
	assert_true(l->temperature == MIP_UNSET);
	assert_int_equal(strlen(l->prefix), l->prefix_len);
	assert_true(!strncmp(l->prefix, "[{\"role\":\"system\"", 17));
	assert_non_null(strstr(l->prefix, "1+1?"));
	assert_true(!strncmp(l->schema, "{\"type\":\"object\"", 16));
	assert_true(slots_leaf(s, &plain)->temperature == 0.5);
	assert_ptr_equal(slots_param(s, &k), &five);
	slots_json(&b, s);
	assert_string_equal(buf_str(&b), "{\"K\":5,"
	    "\"m.answer.demos\":[{\"answer\":2,\"question\":\"1+1?\"}],"
	    "\"m.answer.format\":\"json\","
	    "\"m.answer.instruction\":[\"Answer the question.\",\"Be brief.\"],"
	    "\"m.answer.structure\":\"auto\","
	    "\"m.answer.temperature\":null,\"mode\":\"top\","
	    "\"plain.demos\":[],\"plain.format\":\"plain\","
	    "\"plain.instruction\":\"Just a number.\","
	    "\"plain.structure\":\"auto\","
	    "\"plain.temperature\":0.5,\"rate\":0.5}");
	buf_release(&b);
	assert_ptr_equal(slots_hold(s), s);
	slots_drop(s);
	assert_null(slots_leaf(s, NULL));
	slots_drop(s);
	slots_drop(NULL);
}

static const char all[] = "{\"m.answer.instruction\":[\"One\",\"\",\"two\"],"
    "\"m.answer.demos\":[{\"question\":\"q1\",\"reasoning\":\"r\","
    "\"answer\":\"3\"},{\"question\":\"q2\",\"hint\":\"h\",\"answer\":4}],"
    "\"m.answer.format\":\"xml\",\"m.answer.temperature\":0.7,"
    "\"m.answer.structure\":\"json_object\","
    "\"plain.temperature\":null,\"K\":9,\"mode\":\"x\\n\",\"rate\":2}";

static void
set(void **state)
{
	const struct slots_leaf *l;
	struct buf first = BUF_INIT, second = BUF_INIT;
	struct slots *s, *again;
	char why[240];

	(void)state;
	assert_int_equal(make(&program, all, &s, why), MIP_OK);
	l = slots_leaf(s, &answer);
	assert_string_equal(l->text, "One\n\ntwo");
	assert_int_equal(l->ndemo, 2);
	assert_int_equal(l->format, MIP_XML);
	assert_true(l->temperature == 0.7);
	assert_int_equal(l->structure, MIP_STRUCTURE_JSON_OBJECT);
	assert_int_equal(slots_leaf(s, &plain)->structure,
	    MIP_STRUCTURE_AUTO);
	assert_true(slots_leaf(s, &plain)->temperature == MIP_UNSET);
	assert_string_equal(slots_leaf(s, &plain)->text, "Just a number.");
	assert_true(*(const int64_t *)slots_param(s, &k) == 9);
	assert_string_equal(*(const char *const *)slots_param(s, &mode),
	    "x\n");
	assert_true(*(const double *)slots_param(s, &rate) == 2);
	/* What is written can be set again, with the same result. */
	slots_json(&first, s);
	assert_int_equal(make(&program, buf_str(&first), &again, why), MIP_OK);
	slots_json(&second, again);
	assert_string_equal(buf_str(&first), buf_str(&second));
	assert_string_equal(l->prefix, slots_leaf(again, &answer)->prefix);
	buf_release(&first);
	buf_release(&second);
	slots_drop(s);
	slots_drop(again);
}

static void
refused(void **state)
{
	static const struct {
		const char *set, *why;
	} cases[] = {
		{ "[1]", "slots must be a JSON object" },
		{ "{\"m.answer.structure\":\"json\"}",
		  "m.answer.structure: must be auto, native, function, "
		  "grammar, json_object or prompt" },
		{ "{\"nope\":1}", "the program has no slot 'nope'" },
		{ "{\"m.answer.colour\":1}",
		  "the program has no slot 'm.answer.colour'" },
		{ "{\"answer.format\":\"json\"}",
		  "the program has no slot 'answer.format'" },
		{ "{\"m.answer.format\":\"yaml\"}", "m.answer.format: must be "
		  "plain, json, markers, labels or xml" },
		{ "{\"m.answer.format\":\"plain\"}",
		  "m.answer.format: plain is for a single output" },
		{ "{\"plain.temperature\":2.5}",
		  "plain.temperature: must be a number from 0 to 2" },
		{ "{\"plain.temperature\":\"1\"}",
		  "plain.temperature: must be a number from 0 to 2" },
		{ "{\"plain.instruction\":7}", "plain.instruction: must be a "
		  "text or a list of lines, without U+0000" },
		{ "{\"plain.instruction\":[\"a\",1]}", "plain.instruction: "
		  "must be a text or a list of lines, without U+0000" },
		{ "{\"plain.instruction\":\"a\\u0000\"}", "plain.instruction: "
		  "must be a text or a list of lines, without U+0000" },
		{ "{\"plain.demos\":{}}", "plain.demos: must be a list" },
		{ "{\"plain.demos\":[1]}",
		  "plain.demos[0]: must be an object" },
		{ "{\"plain.demos\":[{\"answer\":1}]}",
		  "plain.demos[0].question: is missing" },
		{ "{\"plain.demos\":[{\"question\":\"q\",\"answer\":\"x\"}]}",
		  "plain.demos[0].answer: expected int, found \"x\"" },
		{ "{\"plain.demos\":[{\"question\":\"q\"}]}",
		  "plain.demos[0]: holds no output" },
		{ "{\"K\":1.5}", "K: expected int, found 1.5" },
		{ "{\"mode\":3}", "mode: expected string, found 3" },
	};
	char why[240];
	struct slots *s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(make(&program, cases[i].set, &s, why),
		    MIP_USAGE);
		assert_string_equal(why, cases[i].why);
		assert_null(s);
	}
}

static void
bad_baked(void **state)
{
	static const char *const broken[] = { "{\"question\":", NULL };
	static const mip_text list[] = { broken };
	struct mip_prompt p = plain;
	const struct mip_prompt *const only[] = { &p };
	struct mip_program one = { .prompt = only, .nprompt = 1 };
	char why[240];
	struct slots *s;

	(void)state;
	p.demo = list;
	p.ndemo = 1;
	assert_int_equal(make(&one, NULL, &s, why), MIP_USAGE);
	assert_string_equal(why, "plain.demos[0]: expected a value");
	/* Demonstrations that are replaced are not looked at. */
	assert_int_equal(make(&one, "{\"plain.demos\":[]}", &s, why), MIP_OK);
	slots_drop(s);
	p = answer;
	p.format = MIP_PLAIN;
	assert_int_equal(make(&one, NULL, &s, why), MIP_USAGE);
}

static void
tuned(void **state)
{
	static const char good[] = "{\"slots\":{\"K\":1},\"score\":0.5}";
	static const char *const bad[] = { "[]", "{}", "{\"slots\":[]}" };
	const char *why;
	struct json v;
	size_t i;

	(void)state;
	assert_true(json_parse(good, sizeof(good) - 1, &v, NULL, NULL));
	assert_true(json_is(slots_of_tuned(v, &why), "{\"K\":1}"));
	assert_null(why);
	for (i = 0; i < 3; i++) {
		assert_true(json_parse(bad[i], strlen(bad[i]), &v, NULL,
		    NULL));
		assert_int_equal(json_kind(slots_of_tuned(v, &why)),
		    JSON_NONE);
		assert_non_null(why);
	}
}

static void
formats(void **state)
{
	enum mip_format f;
	unsigned i;

	(void)state;
	for (i = 0; i < MIP_NFORMAT; i++) {
		assert_true(slots_format(slots_format_word(
		    (enum mip_format)i), &f));
		assert_int_equal(f, i);
	}
	assert_false(slots_format("JSON", &f));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(baked), cmocka_unit_test(set),
		cmocka_unit_test(refused), cmocka_unit_test(bad_baked),
		cmocka_unit_test(tuned), cmocka_unit_test(formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
