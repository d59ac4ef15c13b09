/* Tests of the reply reader: what a value may be read from, and what it may
 * not; numbers, words, names, lists, records.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "reply_check.h"

static const struct reply_case numbers[] = {
	{ &mip_int, "42", "42", "" },
	{ &mip_int, "42.0", "42", "float_to_int" },
	{ &mip_int, "1e3", "1000", "float_to_int" },
	{ &mip_int, "4.5", NULL, "type" },
	{ &mip_int, "9007199254740993", "9007199254740993", "" },
	{ &mip_int, "9223372036854775808", NULL, "type" },
	{ &mip_int, "-0", "0", "" },
	{ &mip_int, "\"42\"", "42", "from_string" },
	{ &mip_int, "\"$42\"", "42", "number_format from_string" },
	{ &mip_int, "+5", "5", "number_format" },
	{ &mip_int, "007", "7", "number_format" },
	{ &mip_int, "42.", "42", "number_format" },
	{ &mip_int, "1,234", "1234", "number_format" },
	{ &mip_int, "12,34", NULL, "ambiguous" },
	{ &mip_int, "1,23,456", "123456", "number_format" },
	{ &mip_int, "1_000", "1000", "number_format" },
	{ &mip_int, "1'000", "1000", "number_format" },
	{ &mip_int, "1 000", NULL, "ambiguous" },
	{ &mip_int, "−7", "-7", "number_format" },
	{ &mip_int, "€ 1.000", NULL, "ambiguous" },
	{ &mip_int, "5 €", "5", "number_format" },
	{ &mip_int, "-$5", "-5", "number_format" },
	{ &mip_int, "$-5", "-5", "number_format" },
	{ &mip_int, "The answer is 42.", "42", "from_text" },
	{ &mip_int, "**42**", "42", "from_text" },
	{ &mip_int, "2 apples and 3 pears", NULL, "ambiguous" },
	{ &mip_int, "\\boxed{42}", "42", "from_text" },
	{ &mip_int, "B2", NULL, "type" },
	{ &mip_int, "0x10", NULL, "ambiguous" },
	{ &mip_int, "42km", "42", "from_text" },
	{ &mip_int, "3-4", NULL, "ambiguous" },
	{ &mip_int, "10:30", NULL, "ambiguous" },
	{ &mip_int, "50%", "50", "from_text" },
	{ &mip_int, "3/4", NULL, "ambiguous" },
	{ &mip_int, "twelve", NULL, "type" },
	{ &mip_int, "In room B2 there are 7 chairs", "7", "from_text" },
	{ &mip_int, "It costs $1,234 now", "1234", "from_text number_format" },
	{ &mip_int, "答案是42", "42", "from_text" },
	{ &mip_float, "0.5", "0.5", "" },
	{ &mip_float, ".5", "0.5", "number_format" },
	{ &mip_float, "5", "5.0", "" },
	{ &mip_float, "50%", "50.0", "percent" },
	{ &mip_float, "50 %", "50.0", "percent" },
	{ &mip_float, "3/4", "0.75", "fraction" },
	{ &mip_float, "3/0", NULL, "type" },
	{ &mip_float, "1,234.5", "1234.5", "number_format" },
	{ &mip_float, "3,14", NULL, "ambiguous" },
	{ &mip_float, "1.234,56", NULL, "ambiguous" },
	{ &mip_float, "1.2.3", NULL, "ambiguous" },
	{ &mip_float, "1e400", NULL, "type" },
	{ &mip_float, "NaN", NULL, "type" },
	{ &mip_float, "Infinity", NULL, "type" },
	{ &mip_float, "about 3/4 of it", "0.75", "from_text fraction" },
	{ &mip_float, "1,234,567.25 USD", "1234567.25",
	    "from_text number_format" },
	{ &mip_float, "\"1e-2\"", "0.01", "from_string" },
	{ &mip_int, "[1, 2]", "1", "first_of_many" },
	{ &mip_int, "€1.000", NULL, "ambiguous" },
	{ &mip_int, "1.000", NULL, "ambiguous" },
	{ &mip_float, "€1.234", NULL, "ambiguous" },
	{ &mip_float, "1.234", "1.234", "" },
};

static const struct reply_case words[] = {
	{ &mip_bool, "true", "true", "" },
	{ &mip_bool, "TRUE", "true", "case" },
	{ &mip_bool, "No", "false", "bool_word" },
	{ &mip_bool, "\"false\"", "false", "from_string" },
	{ &mip_bool, "Yes, it is.", "true", "from_text bool_word" },
	{ &mip_bool, "True or false", NULL, "ambiguous" },
	{ &mip_bool, "This is not true", NULL, "ambiguous" },
	{ &mip_bool, "1", NULL, "type" },
	{ &mip_bool, "maybe", NULL, "type" },
	{ &mip_bool, "It is “true”.", "true", "from_text" },
	{ &mip_bool, "true, true", "true", "from_text" },
	{ &int_optional, "null", "null", "" },
	{ &int_optional, "N/A", "null", "null_word" },
	{ &int_optional, "-", "null", "null_word" },
	{ &int_optional, "\"none\"", "null", "null_word" },
	{ &int_optional, "5", "5", "" },
	{ &int_optional, "nothing", NULL, "type" },
	{ &mip_string_optional, "None", "\"None\"", "" },
	{ &mip_string_optional, "null", "null", "" },
	{ &bool_optional, "no", "false", "bool_word" },
};

static const struct reply_case names[] = {
	{ &label, "TECHNICAL", "\"TECHNICAL\"", "" },
	{ &label, "billing", "\"BILLING\"", "" },
	{ &label, "BILLING", "\"BILLING\"", "case" },
	{ &label, "Account", "\"ACCOUNT\"", "case" },
	{ &label, "\"ACCOUNT\"", "\"ACCOUNT\"", "quotes" },
	{ &label, "'OTHER'", "\"OTHER\"", "quotes" },
	{ &label, "technical: Errors, outages, setup", "\"TECHNICAL\"",
	    "described" },
	{ &label, "TECHNICAL (errors, outages, setup)", "\"TECHNICAL\"",
	    "described" },
	{ &label, "errors, outages, setup", "\"TECHNICAL\"", "described" },
	{ &label, "I think it is OTHER.", "\"OTHER\"", "from_text" },
	{ &label, "**ACCOUNT**", "\"ACCOUNT\"", "from_text" },
	{ &label, "ACCOUNT or OTHER", NULL, "ambiguous" },
	{ &label, "not BILLING", NULL, "ambiguous" },
	{ &label, "ACCOUNT, yes ACCOUNT", "\"ACCOUNT\"", "from_text" },
	{ &label, "ACCOUNTS", NULL, "no_match" },
	{ &label, "sub-account", NULL, "no_match" },
	{ &label, "[\"ACCOUNT\"]", "\"ACCOUNT\"", "unwrap" },
	{ &label, "[\"ACCOUNT\", \"OTHER\"]", "\"ACCOUNT\"", "first_of_many" },
	{ &label, "{\"label\": \"ACCOUNT\"}", NULL, "type" },
	{ &label, "答案是OTHER。", "\"OTHER\"", "from_text" },
	{ &mail, "not spam", "\"NOT_SPAM\"", "case" },
	{ &mail, "This is NOT_SPAM", "\"NOT_SPAM\"", "from_text" },
	{ &mail, "It is spam", "\"SPAM\"", "from_text case" },
	{ &mail, "non-spam", NULL, "no_match" },
	{ &ab, "A", "\"A\"", "" },
	{ &ab, "b", "\"B\"", "case" },
	{ &ab, "The answer is B.", "\"B\"", "from_text" },
	{ &ab, "It is a banana", NULL, "no_match" },
	{ &ab, "Banana", NULL, "no_match" },
	{ &title, "senor", "\"MISTER\"", "accent" },
	{ &title, "SEÑOR", "\"MISTER\"", "case" },
	{ &title, "He is a senor.", "\"MISTER\"", "from_text accent" },
	{ &literal_t, "Done", "\"done\"", "case" },
	{ &literal_t, "undone", NULL, "no_match" },
	{ &vote_t, "disagree", "\"disagree\"", "" },
	{ &vote_t, "I disagree.", "\"disagree\"", "from_text" },
	{ &vote_t, "agree or disagree", NULL, "ambiguous" },
	{ &vote_t, "\"Agree\"", "\"agree\"", "case quotes" },
	{ &stars_t, "3", "3", "" },
	{ &stars_t, "I rate it 2.", "2", "from_text" },
	{ &stars_t, "-4", "-4", "" },
	{ &stars_t, "5", NULL, "no_match" },
	{ &stars_t, "1 or 2", NULL, "ambiguous" },
	{ &stars_t, "many", NULL, "type" },
	{ &true_t, "true", "true", "" },
	{ &true_t, "Yes", "true", "bool_word" },
	{ &true_t, "no", NULL, "no_match" },
};

static const struct reply_case lists[] = {
	{ &mip_string_list, "[\"a\"]", "[\"a\"]", "" },
	{ &mip_string_list, "a", "[\"a\"]", "wrap" },
	{ &mip_string_list, "\"a\"", "[\"a\"]", "wrap" },
	{ &mip_int_list, "7", "[7]", "wrap" },
	{ &mip_int_list, "[1] and [2]", "[1]", "from_text first_of_many" },
	{ &s_list, "{\"key\": \"a\", \"n\": 1}", "[{\"key\":\"a\",\"n\":1}]",
	    "wrap" },
	{ &s_list, "{\"key\": \"a\", \"n\": 1}\n{\"key\": \"b\", \"n\": 2}",
	    "[{\"key\":\"a\",\"n\":1},{\"key\":\"b\",\"n\":2}]", "gathered" },
	{ &s_list,
	    "First {\"key\": \"a\", \"n\": 1}, then {\"key\": \"b\", \"n\": 2"
	    "}.", "[{\"key\":\"a\",\"n\":1},{\"key\":\"b\",\"n\":2}]",
	    "from_text gathered" },
	{ &s_list,
	    "```\n{\"key\": \"a\", \"n\": 1}\n```\nand\n```\n{\"key\": \"b\","
	    " \"n\": 2}\n```",
	    "[{\"key\":\"a\",\"n\":1},{\"key\":\"b\",\"n\":2}]",
	    "fence gathered" },
	{ &mip_string_list, "Items:\n- a\n- b\n  more\n\nThat is all.",
	    "[\"a\",\"b\\n  more\"]", "from_text bullets" },
	{ &mip_string_list, "1. a\n2) b\n• c", "[\"a\",\"b\",\"c\"]",
	    "bullets" },
	{ &mip_int_list, "- 1\n- 2.0", "[1,2]", "float_to_int bullets" },
	{ &s_list, "- {\"key\": \"a\", \"n\": 1}\n- {\"key\": \"b\", \"n\": 2}",
	    "[{\"key\":\"a\",\"n\":1},{\"key\":\"b\",\"n\":2}]",
	    "from_text gathered" },
	{ &mip_int_list, "- 1\n- x", NULL, "item [1]" },
	{ &label_list, "* billing\n* Other", "[\"BILLING\",\"OTHER\"]",
	    "case bullets" },
	{ &mip_string_list, "null", NULL, "type" },
	{ &mip_int_list, "[1, \"two\", 3]", NULL, "item [1]" },
	{ &s_list, "[{\"key\": \"a\", \"n\": 1}, {\"key\": \"b\"}]", NULL,
	    "item [1].n" },
	{ &s_list, "[{\"key\": \"a\", \"n\": 1}, {\"key\": \"b\"", NULL,
	    "item [1].n" },
	{ &s_list, "{\"key\": \"a\", \"n\": 1},\n{\"key\": \"b\"", NULL,
	    "item [1].n" },
};

static const struct reply_case records[] = {
	{ &mip_string, "5", "\"5\"", "" },
	{ &s_t, "{\"key\": 5, \"n\": 1}", "{\"key\":\"5\",\"n\":1}",
	    "to_string" },
	{ &s_t, "{\"key\": true, \"n\": 1}", "{\"key\":\"true\",\"n\":1}",
	    "to_string" },
	{ &s_t, "{\"key\": {\"a\": [1]}, \"n\": 1}",
	    "{\"key\":\"{\\\"a\\\": [1]}\",\"n\":1}", "to_string" },
	{ &s_t, "{\"key\": [\"a\", \"b\"], \"n\": 1}",
	    "{\"key\":\"[\\\"a\\\", \\\"b\\\"]\",\"n\":1}", "to_string" },
	{ &s_t, "{\"key\": [\"a\"], \"n\": 1}", "{\"key\":\"a\",\"n\":1}",
	    "unwrap" },
	{ &s_t, "{\"key\": null, \"n\": 1}", NULL, "type key" },
	{ &s_t, "[{\"key\": \"a\", \"n\": 1}]", "{\"key\":\"a\",\"n\":1}",
	    "unwrap" },
	{ &s_t, "[{\"key\": \"a\", \"n\": 1}, {\"key\": \"b\", \"n\": 2}]",
	    "{\"key\":\"a\",\"n\":1}", "first_of_many" },
	{ &s_t, "{\"key\": \"a\", \"n\": 1}\n{\"key\": \"b\", \"n\": 2}",
	    "{\"key\":\"a\",\"n\":1}", "first_of_many" },
	{ &s_t, "{\"key\": \"a\", \"n\": 1}\n{\"key\": \"a\", \"n\": 1}",
	    "{\"key\":\"a\",\"n\":1}", "from_text" },
	{ &s_t, "[]", NULL, "type" },
	{ &s_t,
	    "```\n{\"key\": \"a\", \"n\": 1}\n```\n```\n{\"key\": \"b\", \"n"
	    "\": 2}\n```", "{\"key\":\"a\",\"n\":1}", "fence first_of_many" },
	{ &s_t, "{\"Key\": \"v\", \"N\": 1}", "{\"key\":\"v\",\"n\":1}",
	    "key_case" },
	{ &deep_t,
	    "{\"S\": {\"key\": \"v\", \"n\": 1}, \"tags\": [], \"firstName\":"
	    " \"x\"}",
	    "{\"s\":{\"key\":\"v\",\"n\":1},\"tags\":[],\"first_name\":\"x\"}",
	    "key_case" },
	{ &s_t, "{\"key\": \"v\", \"n\": 1, \"why\": 2, \"how\": 3}",
	    "{\"key\":\"v\",\"n\":1}", "extra_key" },
	{ &s_t, "{\"KEY\": \"x\", \"key\": \"v\", \"n\": 1}",
	    "{\"key\":\"v\",\"n\":1}", "duplicate_key" },
	{ &absent_t, "{\"kind\": \"k\"}", "{\"a\":7,\"b\":null,\"kind\":\"k\"}",
	    "default" },
	{ &absent_t, "{}", "{\"a\":7,\"b\":null,\"kind\":\"k\"}",
	    "default literal_filled" },
	{ &absent_t, "{\"kind\": \"x\"}", NULL, "no_match kind" },
	{ &absent_t, "{\"a\": null, \"kind\": \"k\"}", NULL, "type a" },
	{ &s_t, "{\"n\": 1}", NULL, "missing key" },
	{ &s_t, "{\"key\": , \"n\": 1}", NULL, "type key" },
	{ &deep_t, "{\"s\": {\"key\": \"v\"}, \"tags\": []}", NULL,
	    "missing s.n" },
	{ &deep_t, "{\"s\": {\"key\": \"v\", \"n\": 1}}", NULL,
	    "missing tags" },
	{ &deep_t,
	    "{\"s\": {\"key\": \"v\", \"n\": 1}, \"tags\": [\"a\", null]}",
	    NULL, "item tags[1]" },
	{ &one_int, "42", "{\"answer\":42}", "implied_key" },
	{ &one_int, "{\"answer\": 42}", "{\"answer\":42}", "" },
	{ &one_int, "It is 42.", "{\"answer\":42}", "from_text implied_key" },
	{ &one_int, "{\"result\": 42}", NULL, "missing answer" },
	{ &one_int, "[{\"answer\": 1}]", "{\"answer\":1}", "unwrap" },
	{ &one_string, "\"x\"", "{\"answer\":\"x\"}", "implied_key" },
	{ &one_string, "Paris.", "{\"answer\":\"Paris.\"}", "implied_key" },
	{ &one_string, "{\"anser\": \"x\"}", NULL, "missing answer" },
	{ &one_list, "[\"a\", \"b\"]", "{\"items\":[\"a\",\"b\"]}",
	    "implied_key" },
	{ &one_list, "- a\n- b", "{\"items\":[\"a\",\"b\"]}",
	    "bullets implied_key" },
	{ &one_list, "[{\"items\": [\"a\"]}]", "{\"items\":[\"a\"]}",
	    "unwrap" },
	{ &one_list, "{\"items\": \"a\"}", "{\"items\":[\"a\"]}", "wrap" },
	{ &shape_t, "{\"kind\": \"square\", \"side\": 2}",
	    "{\"kind\":\"square\",\"side\":2.0}", "" },
	{ &shape_t, "{\"side\": 2}", "{\"kind\":\"square\",\"side\":2.0}",
	    "literal_filled" },
	{ &shape_t, "{\"kind\": \"circle\", \"side\": 2}", NULL, "missing r" },
	{ &shape_t, "{\"r\": 1, \"side\": 2}", NULL, "ambiguous" },
	{ &shape_t, "{\"kind\": \"Square\", \"side\": 2}",
	    "{\"kind\":\"square\",\"side\":2.0}", "case" },
	{ &shape_t, "{\"kind\": \"oval\"}", NULL, "type" },
	{ &either_t, "12", "12", "" },
	{ &either_t, "\"12\"", "\"12\"", "" },
	{ &either_t, "hello", "\"hello\"", "" },
	{ &either_t, "[12]", "12", "unwrap" },
	{ &int_map, "{\"a\": 1, \"b\": \"2\", \"a\": 3}", "{\"a\":1,\"b\":2}",
	    "from_string duplicate_key" },
	{ &int_map, "{\"a\": \"x\"}", NULL, "type a" },
	{ &int_map, "[1]", NULL, "type" },
	{ &int_map, "none", NULL, "no_json" },
	{ &tree_t,
	    "{\"name\": \"a\", \"kids\": [{\"name\": \"b\", \"kids\": []}]}",
	    "{\"name\":\"a\",\"kids\":[{\"name\":\"b\",\"kids\":[]}]}", "" },
	{ &tree_t, "{\"name\": \"a\", \"kids\": [{\"name\": \"b\"}]}", NULL,
	    "item kids[0].kids" },
	{ &fork_t, "{\"next\": {\"next\": {\"next\": null}}}",
	    "{\"next\":{\"next\":{\"next\":null}}}", "" },
	{ &s_t, "**Key:** a: b\nmore\n**N**: 1",
	    "{\"key\":\"a: b\\nmore\",\"n\":1}", "labels" },
	{ &thought_t, "{\"reasoning\": \"r\", \"class\": \"billing\"}",
	    "{\"reasoning\":\"r\",\"label\":\"BILLING\"}", "" },
	{ &thought_t, "{\"reasoning\": \"r\", \"label\": \"OTHER\"}",
	    "{\"reasoning\":\"r\",\"label\":\"OTHER\"}", "key_case" },
	{ &bound_t, "{\"p\": 0.5, \"s\": \"abc\"}", "{\"p\":0.5,\"s\":\"abc\"}",
	    "" },
	{ &bound_t, "{\"p\": 1.5, \"s\": \"abc\"}", NULL, "assert p" },
	{ &bound_t, "{\"p\": 0.5, \"s\": \"abcd\"}", NULL, "assert s" },
	{ &bound_t, "{\"p\": 0.5, \"s\": \"AB\"}", NULL, "assert s" },
};

#define TABLE(name) \
	static void \
	test_##name(void **state) \
	{ \
		(void)state; \
		reply_check(name, COUNTOF(name), &reply_check_default); \
	}
TABLE(numbers)
TABLE(words)
TABLE(names)
TABLE(lists)
TABLE(records)

/* Costs are plain sums. */
static void
test_costs(void **state)
{
	static const struct {
		const struct mip_type *type;
		const char *in;
		unsigned cost;
	} cases[] = {
		{ &s_t, "{\"key\": \"v\", \"n\": 1}", 0 },
		{ &s_t, "{key: two words, 'n': \"1\",}", 6 },
		{ &s_t, "{\"key\": {}, \"n\": 1", 7 },
		{ &mip_int, "about $1,234", 4 },
		{ &mip_float, "3 / 4 or so", 5 },
		{ &one_int, "It is 42.", 6 },
		{ &s_list, "[{'key': 'a', 'n': 1}, {'key': 'b', 'n': 2}]", 6 },
		{ &label, "{\"a\": 1} it is **Other**", 4 },
	};
	struct arena a = { 0 };
	struct reply_note note;
	char out[64];
	size_t i;

	(void)state;
	for (i = 0; i < COUNTOF(cases); i++) {
		assert_int_equal(reply_read(&a, cases[i].type,
		    &reply_check_default, cases[i].in, strlen(cases[i].in),
		    out, &note), MIP_OK);
		if (note.cost != cases[i].cost)
			fail_msg("%s costs %u, not %u", cases[i].in,
			    note.cost, cases[i].cost);
	}
	arena_release(&a);
}

static void
test_options(void **state)
{
	static const struct reply_case drop[] = {
		{ &mip_int_list, "[1, \"two\", 3]", "[1,3]",
		    "dropped_item" },
		{ &s_list, "[{\"key\": \"a\"}]", "[]", "dropped_item" },
	};
	static const struct reply_case null[] = {
		{ &int_optional, "about a dozen", "null", "dropped_item" },
		{ &absent_t, "{\"b\": \"x\", \"kind\": \"k\"}",
		    "{\"a\":7,\"b\":null,\"kind\":\"k\"}",
		    "default dropped_item" },
	};
	struct reply_options o = reply_check_default;

	(void)state;
	o.drop_bad_items = true;
	reply_check(drop, COUNTOF(drop), &o);
	o.drop_bad_items = false;
	o.null_bad_optional = true;
	reply_check(null, COUNTOF(null), &o);
}

static void
test_modes(void **state)
{
	static const struct reply_case strict[] = {
		{ &s_t, "{\"key\": \"v\", \"n\": 1}",
		    "{\"key\":\"v\",\"n\":1}", "" },
		{ &s_t, "{\"key\": \"v\", \"n\": 1,}", NULL, "no_json" },
		{ &s_t, "```\n{\"key\": \"v\", \"n\": 1}\n```", NULL,
		    "no_json" },
		{ &s_t, "Key: v\nN: 1", NULL, "no_json" },
	};
	static const struct reply_case native[] = {
		{ &s_t, "{\"key\": \"v\", \"n\": \"1\"}",
		    "{\"key\":\"v\",\"n\":1}", "from_string" },
		{ &s_t, "So: {\"key\": \"v\", \"n\": 1}", NULL, "no_json" },
		{ &one_string, "Paris", NULL, "no_json" },
	};
	static const struct reply_case few[] = {
		{ &s_t, "{\"key\": \"v\", \"n\": 1,}",
		    "{\"key\":\"v\",\"n\":1}", "trailing_comma" },
		{ &s_t, "{\"key\": \"v\", 'n': 1,}", NULL, "no_json" },
	};
	struct reply_options o = reply_check_default;

	(void)state;
	o.parse = MIP_STRICT;
	reply_check(strict, COUNTOF(strict), &o);
	o.parse = MIP_NATIVE;
	reply_check(native, COUNTOF(native), &o);
	o.parse = MIP_TOLERANT;
	o.max_repair = 1;
	reply_check(few, COUNTOF(few), &o);
}

/* What the model is told: one sentence, of what was asked and what came. */
static void
test_messages(void **state)
{
	static const struct {
		const struct mip_type *type;
		const char *in, *message;
	} cases[] = {
		{ &label, "Banana", "The reply must be one of billing, "
		    "TECHNICAL, ACCOUNT, OTHER, but it was \"Banana\"." },
		{ &thought_t, "{\"reasoning\": \"\", \"class\": \"x\"}",
		    "The field `class` must be one of billing, TECHNICAL, "
		    "ACCOUNT, OTHER, but the reply had \"x\"." },
		{ &deep_t, "{\"s\": {\"key\": \"v\"}, \"tags\": []}",
		    "The field `s.n` is missing from the reply." },
		{ &mip_int_list, "[1, \"two\"]", "The item `[1]` must be a "
		    "whole number, but the reply had \"two\"." },
		{ &s_t, "no", "The reply must hold one JSON object with the "
		    "keys key, n, but it was \"no\"." },
		{ &bound_t, "{\"p\": 7, \"s\": \"a\"}",
		    "The field `p` must be at most 1, not 7." },
		{ &mip_int, "a line\nand one very long, of more than "
		    "eighty bytes, the last of which is i h\xc3\xa9l\xc3\xa9"
		    "ne", "The reply must be a whole number, but it was "
		    "\"a line and one very long, of more than eighty "
		    "bytes, the last of which is i h\xc3\xa9l...\"." },
	};
	struct arena a = { 0 };
	struct reply_note note;
	char out[64];
	size_t i;

	(void)state;
	for (i = 0; i < COUNTOF(cases); i++) {
		assert_int_equal(reply_read(&a, cases[i].type,
		    &reply_check_default, cases[i].in, strlen(cases[i].in),
		    out, &note), MIP_FORMAT);
		assert_string_equal(note.message, cases[i].message);
	}
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_costs),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
