/* Tests of type/schema.c: strict and public schemas, words.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/json.h"
#include "type/schema.h"
#include "type/type.h"

enum label { BILLING, OTHER };

static const struct mip_variant label_names[] = {
	{ "BILLING", "billing", NULL }, { "OTHER", NULL, NULL }
};
static const struct mip_type label_type = {
	.kind = MIP_ENUM, .size = sizeof(enum label), .name = "Label",
	.variant = label_names, .n = 2
};
static const struct mip_type label_list = {
	.kind = MIP_LIST, .size = sizeof(struct type_list), .of = &label_type
};
static const struct mip_type int_map = {
	.kind = MIP_MAP, .size = sizeof(struct type_map), .of = &mip_int
};
static const struct mip_type yes = {
	.kind = MIP_LITERAL, .size = sizeof(const char *),
	.of = &mip_string, .value = (const char *const[]){ "y\"s" }, .n = 1
};
struct number_or_yes { int arm; union { int64_t n; const char *s; } u; };
static const struct mip_type *const arms[] = { &mip_float, &yes };
static const struct mip_type either = {
	.kind = MIP_UNION, .size = sizeof(struct number_or_yes), .arm = arms,
	.n = 2, .arm_at = offsetof(struct number_or_yes, u)
};

struct out {
	const char *title;
	int64_t score;
	enum label label;
	struct type_list labels;
	const char *note;
	struct type_map counts;
	struct number_or_yes either;
	bool sure;
};
static const int64_t three = 3;
static const struct mip_field fields[] = {
	{ MIP_FIELD(struct out, title, &mip_string, "what \"it\" is"),
	  .alias = "the_title", .flags = MIP_HAS_MAX, .max = 80,
	  .regex = "^[A-Z]" },
	{ MIP_FIELD(struct out, score, &mip_int, NULL), .min = 1, .max = 5,
	  .flags = MIP_HAS_MIN | MIP_HAS_MAX, .fallback = &three },
	{ MIP_FIELD(struct out, label, &label_type, NULL) },
	{ MIP_FIELD(struct out, labels, &label_list, NULL), .max = 2,
	  .flags = MIP_HAS_MAX },
	{ MIP_FIELD(struct out, note, &mip_string_optional, NULL) },
	{ MIP_FIELD(struct out, counts, &int_map, NULL) },
	{ MIP_FIELD(struct out, either, &either, NULL) },
	{ MIP_FIELD(struct out, sure, &mip_bool, NULL), .flags = MIP_HIDDEN },
};
static const struct mip_type out_type = {
	.kind = MIP_STRUCT, .size = sizeof(struct out), .name = "Out",
	.field = fields, .n = sizeof(fields) / sizeof(*fields)
};

static void
check_json(const struct buf *b)
{
	struct json v;

	assert_false(b->failed);
	assert_true(json_parse(buf_str(b), b->len, &v, NULL, NULL));
}

static void
strict(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	schema_json(&b, &out_type);
	check_json(&b);
	assert_string_equal(buf_str(&b), "{\"type\":\"object\",\"properties\":{"
	    "\"the_title\":{\"type\":\"string\",\"description\":"
	    "\"what \\\"it\\\" is\"},"
	    "\"score\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":5},"
	    "\"label\":{\"type\":\"string\",\"enum\":[\"billing\",\"OTHER\"]},"
	    "\"labels\":{\"type\":\"array\",\"items\":{\"type\":\"string\","
	    "\"enum\":[\"billing\",\"OTHER\"]},\"maxItems\":2},"
	    "\"note\":{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]},"
	    "\"counts\":{\"type\":\"object\",\"additionalProperties\":"
	    "{\"type\":\"integer\"}},"
	    "\"either\":{\"anyOf\":[{\"type\":\"number\"},"
	    "{\"type\":\"string\",\"enum\":[\"y\\\"s\"]}]},"
	    "\"sure\":{\"type\":\"boolean\"}},"
	    "\"required\":[\"the_title\",\"score\",\"label\",\"labels\","
	    "\"note\",\"counts\",\"either\",\"sure\"],"
	    "\"additionalProperties\":false}");
	buf_release(&b);
}

static void
public(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	schema_public(&b, &out_type);
	check_json(&b);
	assert_non_null(strstr(buf_str(&b), "{\"title\":{\"type\":\"string\","
	    "\"maxLength\":80,\"pattern\":\"^[A-Z]\","));
	assert_non_null(strstr(buf_str(&b), "\"maximum\":5,\"default\":3}"));
	assert_non_null(strstr(buf_str(&b), "\"enum\":[\"BILLING\","));
	assert_non_null(strstr(buf_str(&b), "\"required\":[\"title\","
	    "\"label\",\"labels\",\"counts\",\"either\"]}"));
	assert_null(strstr(buf_str(&b), "sure"));
	buf_release(&b);
}

static void
words(void **state)
{
	static const struct {
		const struct mip_type *t;
		const char *text;
	} cases[] = {
		{ &mip_int, "int" }, { &mip_bool, "true or false" },
		{ &label_type, "one of: billing, OTHER" },
		{ &mip_string_list, "list of string" },
		{ &label_list, "list of (one of: billing, OTHER)" },
		{ &mip_string_optional, "string, or null" },
		{ &int_map, "JSON object {string: int, ...}" },
		{ &either, "float or \"y\\\"s\"" },
		{ &out_type, "JSON object {\"the_title\": string, "
		  "\"score\": int, \"label\": \"billing\" or \"OTHER\", "
		  "\"labels\": [\"billing\" or \"OTHER\", ...], "
		  "\"note\": string or null, \"counts\": {string: int, ...}, "
		  "\"either\": float or \"y\\\"s\", \"sure\": true or false}" },
	};
	struct buf b = BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		buf_reset(&b);
		schema_text(&b, cases[i].t);
		assert_string_equal(buf_str(&b), cases[i].text);
	}
	buf_release(&b);
}

static void
limits(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	buf_init(&b, 40);
	schema_json(&b, &out_type);
	assert_true(b.failed);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strict), cmocka_unit_test(public),
		cmocka_unit_test(words), cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
