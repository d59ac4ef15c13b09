/* Tests of the reply reader: repairs of JSON, layouts, cut replies, limits,
 * replies that are still being written.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "reply_check.h"

#include "buf.h"
#include "json.h"

static const struct reply_case repairs[] = {
	{ &s_t, "Sure: {\"key\": \"v\", \"n\": 1}", "{\"key\":\"v\",\"n\":1}",
	    "from_text" },
	{ &s_t, "```json\n{\"key\": \"v\", \"n\": 1}\n```",
	    "{\"key\":\"v\",\"n\":1}", "fence" },
	{ &s_t, "Here:\n```\n{\"key\": \"v\", \"n\": 1}\n```\nDone.",
	    "{\"key\":\"v\",\"n\":1}", "fence" },
	{ &s_t, "~~~\n{\"key\": \"v\", \"n\": 1}\n~~~",
	    "{\"key\":\"v\",\"n\":1}", "fence" },
	{ &s_t, "Here: ```json\n{\"key\": \"v\", \"n\": 1}\n```",
	    "{\"key\":\"v\",\"n\":1}", "fence" },
	{ &s_t, "```json\n{\"key\": \"v\", \"n\": 1}",
	    "{\"key\":\"v\",\"n\":1}", "fence" },
	{ &s_t, "{\"key\": \"a\\n```\\nb\", \"n\": 1}",
	    "{\"key\":\"a\\n```\\nb\",\"n\":1}", "" },
	{ &s_t, "```json\n{\"key\": \"see ``` here\", \"n\": 1}\n```",
	    "{\"key\":\"see ``` here\",\"n\":1}", "fence" },
	{ &s_t, "{\"key\": \"v\", \"n\": 1,}", "{\"key\":\"v\",\"n\":1}",
	    "trailing_comma" },
	{ &mip_int_list, "[1,,2]", "[1,2]", "trailing_comma" },
	{ &mip_int_list, "[,1]", "[1]", "trailing_comma" },
	{ &s_t, "{\"key\": \"v\"\n \"n\": 1}", "{\"key\":\"v\",\"n\":1}",
	    "missing_comma" },
	{ &s_t, "{\"key\": \"v\" \"n\": 1}", "{\"key\":\"v\",\"n\":1}",
	    "missing_comma" },
	{ &mip_string_list, "[\"a\"\n\"b\"]", "[\"a\",\"b\"]",
	    "missing_comma" },
	{ &s_list, "[{\"key\":\"a\",\"n\":1}\n{\"key\":\"b\",\"n\":2}]",
	    "[{\"key\":\"a\",\"n\":1},{\"key\":\"b\",\"n\":2}]",
	    "missing_comma" },
	{ &s_t, "{\"key\": \"v\", \"n\": 1", "{\"key\":\"v\",\"n\":1}",
	    "closed" },
	{ &s_t, "{\"n\": 1, \"key\": \"v", "{\"key\":\"v\",\"n\":1}",
	    "closed" },
	{ &deep_t,
	    "{\"s\": {\"key\": \"v\", \"n\": 1}, \"tags\": [\"a\", \"b\"",
	    "{\"s\":{\"key\":\"v\",\"n\":1},\"tags\":[\"a\",\"b\"],\"first_na"
	    "me\":null}", "closed" },
	{ &deep_t, "{\"s\": {\"key\": \"v\", \"n\": 1, \"tags\": [\"a\"]}",
	    NULL, "missing tags" },
	{ &deep_t, "{\"s\": {\"key\": \"v\", \"n\": 1}, \"tags\": [\"a\"}",
	    "{\"s\":{\"key\":\"v\",\"n\":1},\"tags\":[\"a\"],\"first_name\":n"
	    "ull}", "closed" },
	{ &s_t, "{key: \"v\", n: 1}", "{\"key\":\"v\",\"n\":1}", "bare_key" },
	{ &int_map, "{1: 2, true: 3, null: 4, x-y: 5}",
	    "{\"1\":2,\"true\":3,\"null\":4,\"x-y\":5}", "bare_key" },
	{ &s_t, "{\"key\": two words, \"n\": 1}",
	    "{\"key\":\"two words\",\"n\":1}", "bare_word" },
	{ &s_t, "{key: hello, world, n: 1}",
	    "{\"key\":\"hello, world\",\"n\":1}", "bare_key bare_word" },
	{ &mip_string_list, "[red, dark blue]", "[\"red\",\"dark blue\"]",
	    "bare_word" },
	{ &s_t, "{\"key\": see http://x.y/z, \"n\": 1}",
	    "{\"key\":\"see http://x.y/z\",\"n\":1}", "bare_word" },
	{ &s_t, "{'key': 'it's fine', 'n': 1}",
	    "{\"key\":\"it's fine\",\"n\":1}", "single_quotes inner_quote" },
	{ &s_t, "{'key': 'a\\'b', 'n': 1}", "{\"key\":\"a'b\",\"n\":1}",
	    "single_quotes" },
	{ &s_t, "{“key”: “v”, “n”: 1}", "{\"key\":\"v\",\"n\":1}",
	    "smart_quotes" },
	{ &s_t, "{‘key’: ‘it’s’, ‘n’: 1}", "{\"key\":\"it’s\",\"n\":1}",
	    "smart_quotes inner_quote" },
	{ &s_t, "{`key`: `v`, \"n\": 1}", "{\"key\":\"v\",\"n\":1}",
	    "backticks" },
	{ &s_t, "{\"key\": \"\"\"\n\tone\n\t  two\n\"\"\", \"n\": 1}",
	    "{\"key\":\"one\\n  two\",\"n\":1}", "triple_quotes" },
	{ &s_t, "{'key': '''x''', 'n': 1}", "{\"key\":\"x\",\"n\":1}",
	    "single_quotes triple_quotes" },
	{ &s_t, "{\"key\": ```c\nint x;\n```, \"n\": 1}",
	    "{\"key\":\"int x;\",\"n\":1}", "inner_fence" },
	{ &s_t, "{\"n\": 1, \"key\": ```\n  a\n\n  b\n```}",
	    "{\"key\":\"a\\n\\nb\",\"n\":1}", "inner_fence" },
	{ &s_t, "{\"key\": \"one\ntwo\tthree\", \"n\": 1}",
	    "{\"key\":\"one\\ntwo\\tthree\",\"n\":1}", "raw_newline" },
	{ &s_t, "{\"key\": \"He said \"hi\", then left\", \"n\": 1}",
	    "{\"key\":\"He said \\\"hi\\\", then left\",\"n\":1}",
	    "inner_quote" },
	{ &mip_string_list, "[\"say \"hi\" now\", \"b\"]",
	    "[\"say \\\"hi\\\" now\",\"b\"]", "inner_quote" },
	{ &s_t, "{\"key\": \"The Walln\": 4}", NULL, "missing n" },
	{ &s_t, "{\"key\": \"The Wall\"n\": 4}",
	    "{\"key\":\"The Wall\",\"n\":4}", "lost_quote" },
	{ &s_t, "{\"key\": \"The Wall, \"n\": 4}",
	    "{\"key\":\"The Wall\",\"n\":4}", "lost_quote" },
	{ &deep_t,
	    "{\"s\": {\"key\": \"x\"n\": 1}, \"tags\": [], \"first_name\": nu"
	    "ll}",
	    "{\"s\":{\"key\":\"x\",\"n\":1},\"tags\":[],\"first_name\":null}",
	    "lost_quote" },
	{ &s_t, "{\"key\": \"x\"word\": 4, \"n\": 1}",
	    "{\"key\":\"x\\\"word\\\": 4\",\"n\":1}",
	    "inner_quote lost_quote" },
	{ &s_t, "// a\n{\"key\": \"v\", /* b */ \"n\": 1 # not one\n}",
	    "{\"key\":\"v\",\"n\":1}", "from_text bare_word comment" },
	{ &s_t, "{\n# one\n\"key\": \"v\", // two\n\"n\": 1\n}",
	    "{\"key\":\"v\",\"n\":1}", "comment" },
	{ &absent_t, "{\"a\": 1, \"b\": None, \"kind\": \"k\"}",
	    "{\"a\":1,\"b\":null,\"kind\":\"k\"}", "python_word" },
	{ &mip_bool_list, "[True, False]", "[true,false]", "python_word" },
	{ &mip_bool_list, "[TRUE]", "[true]", "bare_word case" },
	{ &int_optional, "[undefined]", NULL, "type" },
	{ &s_t, "{\"key\": \"a\\qb\", \"n\": 1}",
	    "{\"key\":\"a\\\\qb\",\"n\":1}", "escape" },
	{ &s_t, "{\"key\": \"a\\ud800b\\ud83d\\ude00\", \"n\": 1}",
	    "{\"key\":\"a�b😀\",\"n\":1}", "escape" },
	{ &s_t, "{\"key\": \"it\\'s\", \"n\": 1}", "{\"key\":\"it's\",\"n\":1}",
	    "escape" },
	{ &s_t, "\"{\\\"key\\\": \\\"v\\\", \\\"n\\\": 1}\"",
	    "{\"key\":\"v\",\"n\":1}", "double_encoded" },
	{ &deep_t,
	    "{\"s\": \"{\\\"key\\\": \\\"v\\\", \\\"n\\\": 1}\", \"tags\": \""
	    "[\\\"a\\\"]\"}",
	    "{\"s\":{\"key\":\"v\",\"n\":1},\"tags\":[\"a\"],\"first_name\":n"
	    "ull}", "double_encoded" },
	{ &s_t, "\"\\\"{\\\\\\\"key\\\\\\\": 1}\\\"\"", NULL, "type" },
	{ &s_t, "{{\"key\": \"v\", \"n\": 1}}", "{\"key\":\"v\",\"n\":1}",
	    "doubled_braces" },
	{ &deep_t, "{{\"s\": {{\"key\": \"v\", \"n\": 1}}, \"tags\": []}}",
	    "{\"s\":{\"key\":\"v\",\"n\":1},\"tags\":[],\"first_name\":null}",
	    "doubled_braces" },
	{ &s_t, "{\"key\": \"v\", \"n\": -2,000}",
	    "{\"key\":\"v\",\"n\":-2000}", "number_format" },
	{ &s_t, "{\"n\": 2,000, \"key\": \"v\"}", "{\"key\":\"v\",\"n\":2000}",
	    "number_format" },
	{ &s_t, "{\"n\": 1,234\n, \"key\": \"v\"}",
	    "{\"key\":\"v\",\"n\":1234}", "number_format" },
	{ &mip_int_list, "[1,234]", "[1,234]", "" },
	{ &s_t, "}\n{\"key\": \"v\", \"n\": 1}", "{\"key\":\"v\",\"n\":1}",
	    "from_text" },
	{ &s_t, "{\"key\": \"v\", \"n\": 1}}", "{\"key\":\"v\",\"n\":1}",
	    "from_text" },
	{ &s_t,
	    "Sure!\n```json\n{\n  // it\n  'key': 'v',\n  n: 1,\n}\n```\nBye.",
	    "{\"key\":\"v\",\"n\":1}",
	    "fence trailing_comma bare_key single_quotes comment" },
	{ &s_t, "{\"key\": \"“x”\", \"n\": 1}", "{\"key\":\"“x”\",\"n\":1}",
	    "" },
	{ &s_t, "{\"key\": \"a\", \"n\": 1, \"key\": \"b\"}",
	    "{\"key\":\"a\",\"n\":1}", "duplicate_key" },
	{ &s_t, "{\"key\": \"}{\", \"n\": 1}", "{\"key\":\"}{\",\"n\":1}", "" },
	{ &s_t, "The set {1, 2} gives {\"key\": \"v\", \"n\": 1}.",
	    "{\"key\":\"v\",\"n\":1}", "from_text" },
	{ &s_t, "Use [ to open. {\"key\": \"v\", \"n\": 1}",
	    "{\"key\":\"v\",\"n\":1}", "from_text" },
};

static const struct reply_case texts[] = {
	{ &s_t, "", NULL, "empty" },
	{ &s_t, " \n", NULL, "empty" },
	{ &s_t, "I'm sorry, but I can’t help with that.", NULL, "refusal" },
	{ &s_t, "I’m sorry, but I can’t help with that.", NULL, "refusal" },
	{ &mip_int, "I'm sorry, I cannot help with 18 U.S.C.", NULL,
	    "refusal" },
	{ &s_t, "I cannot say, so {\"key\": \"v\", \"n\": 1}",
	    "{\"key\":\"v\",\"n\":1}", "from_text" },
	{ &s_t, "Hello there.", NULL, "no_json" },
	{ &label, "Sorry, I can't tell.", NULL, "refusal" },
	{ &s_t,
	    "<think>{\"key\": \"x\", \"n\": 0}</think>{\"key\": \"v\", \"n\":"
	    " 1}", "{\"key\":\"v\",\"n\":1}", "reasoning_cut" },
	{ &mip_int, "<reasoning>2 + 2\n= 4</reasoning>\n4", "4",
	    "reasoning_cut" },
	{ &mip_int, "so 2 and 3 make\n</think>\n5", "5", "reasoning_cut" },
	{ &mip_string, "<think>no</think>\nyes", "\"yes\"", "reasoning_cut" },
	{ &mip_string, "<think>never closed", NULL, "empty" },
	{ &s_t, "{\"key\": \"a <think> tag </think>\", \"n\": 1}",
	    "{\"key\":\"a <think> tag </think>\",\"n\":1}", "" },
	{ &mip_int, "<Thinking>1</Thinking> 2", "2", "reasoning_cut" },
};

static const struct reply_case layouts[] = {
	{ &s_t, "Key: v\nN: 1", "{\"key\":\"v\",\"n\":1}", "labels" },
	{ &s_t, "Sure.\n- key: v\n- n: 1", "{\"key\":\"v\",\"n\":1}",
	    "from_text labels" },
	{ &s_t, "Key: a\nKey: b\nN: 1", "{\"key\":\"a\",\"n\":1}",
	    "duplicate_key labels" },
	{ &s_t, "<key>v</key>\n<n>1</n>", "{\"key\":\"v\",\"n\":1}",
	    "tags" },
	{ &s_t, "<answer><key>a < b</key><n>1</n></answer>",
	    "{\"key\":\"a < b\",\"n\":1}", "from_text tags" },
	{ &s_t, "<key>v</key><n>1", "{\"key\":\"v\",\"n\":1}",
	    "closed tags" },
	{ &s_t,
	    "[[ ## key ## ]]\nv\n\n[[ ## n ## ]]\n1\n\n[[ ## completed ## ]]",
	    "{\"key\":\"v\",\"n\":1}", "markers" },
	{ &s_t, "[[ ## key ## ]]\nv\n[[ ## why ## ]]\nx\n[[ ## N ## ]]\n1",
	    "{\"key\":\"v\",\"n\":1}", "key_case extra_key markers" },
	{ &thought_t, "Reasoning: {x} or {y}\nClass: OTHER",
	    "{\"reasoning\":\"{x} or {y}\",\"label\":\"OTHER\"}", "labels" },
	{ &deep_t, "s: {\"key\": \"v\", \"n\": 1}\ntags:\n- a\n- b",
	    "{\"s\":{\"key\":\"v\",\"n\":1},\"tags\":[\"a\",\"b\"],\"first_na"
	    "me\":null}", "bullets labels" },
	{ &thought_t, "<reasoning>because</reasoning><class>OTHER</class>",
	    "{\"reasoning\":\"because\",\"label\":\"OTHER\"}", "tags" },
	{ &one_int, "Answer: 42", "{\"answer\":42}", "labels" },
	{ &one_string, "Answer: Paris", "{\"answer\":\"Paris\"}", "labels" },
};

static const struct reply_case plain[] = {
	{ &one_int, "42", "{\"answer\":42}", "" },
	{ &one_int, "{\"answer\": 42}", "{\"answer\":42}", "json" },
	{ &one_int, "Answer: 42", "{\"answer\":42}", "labels" },
	{ &one_int, "It is 42.", "{\"answer\":42}", "from_text" },
	{ &one_string, " Paris.\n", "{\"answer\":\"Paris.\"}", "" },
	{ &one_string, "{\"answer\": \"x\"}",
	    "{\"answer\":\"{\\\"answer\\\": \\\"x\\\"}\"}", "" },
	{ &one_string, "```\nx\n```", "{\"answer\":\"```\\nx\\n```\"}", "" },
	{ &code_t, "```c\nint x;\n```", "{\"code\":\"int x;\"}", "fence" },
	{ &code_t, "See:\n```c\nint x;\n```",
	    "{\"code\":\"See:\\n```c\\nint x;\\n```\"}", "" },
	{ &one_list, "- a\n- b", "{\"items\":[\"a\",\"b\"]}", "bullets" },
	{ &one_list, "[\"a\"]", "{\"items\":[\"a\"]}", "" },
	{ &one_list, "a, b", "{\"items\":[\"a, b\"]}", "wrap" },
	{ &s_t, "{\"key\": \"v\", \"n\": 1}", "{\"key\":\"v\",\"n\":1}", "" },
	{ &one_string, "[[ ## answer ## ]]\nx",
	    "{\"answer\":\"[[ ## answer ## ]]\\nx\"}", "" },
};

static const struct reply_case markers[] = {
	{ &s_t,
	    "[[ ## key ## ]]\nv\n\n[[ ## n ## ]]\n1\n\n[[ ## completed ## ]]",
	    "{\"key\":\"v\",\"n\":1}", "" },
	{ &s_t, "[[ ## key ## ]]\nv\n[[ ## n ## ]]\n1",
	    "{\"key\":\"v\",\"n\":1}", "" },
	{ &s_t,
	    "Ok.\n[[ ## key ## ]]\nv\n[[ ## n ## ]]\n1\n[[ ## completed ## ]]",
	    "{\"key\":\"v\",\"n\":1}", "from_text" },
	{ &s_t, "{\"key\": \"v\", \"n\": 1}", "{\"key\":\"v\",\"n\":1}",
	    "json" },
	{ &s_t, "[[ ## key ## ]]\nv\n[[ ## completed ## ]]", NULL,
	    "missing n" },
	{ &s_t, "key: v\nn: 1", "{\"key\":\"v\",\"n\":1}", "labels" },
	{ &s_t, "nothing", NULL, "no_json" },
	{ &one_string, "Paris", "{\"answer\":\"Paris\"}",
	    "implied_key json" },
	{ &deep_t,
	    "[[ ## s ## ]]\n{\"key\": \"[[ ## n ## ]]\", \"n\": 1}\n[[ ## tag"
	    "s ## ]]\n[\"a\"]\n[[ ## completed ## ]]",
	    "{\"s\":{\"key\":\"[[ ## n ## ]]\",\"n\":1},\"tags\":[\"a\"],\"fi"
	    "rst_name\":null}", "" },
};

static const struct reply_case labels[] = {
	{ &s_t, "key: v\nn: 1", "{\"key\":\"v\",\"n\":1}", "" },
	{ &thought_t, "Reasoning: a\nb\n\nClass: OTHER",
	    "{\"reasoning\":\"a\\nb\",\"label\":\"OTHER\"}", "" },
	{ &s_t, "<key>v</key><n>1</n>", "{\"key\":\"v\",\"n\":1}", "tags" },
	{ &thought_t, "class: OTHER or billing\nreasoning: x", NULL,
	    "ambiguous class" },
};

static const struct reply_case xml[] = {
	{ &thought_t, "<reasoning>a</reasoning>\n<class>OTHER</class>",
	    "{\"reasoning\":\"a\",\"label\":\"OTHER\"}", "" },
	{ &thought_t,
	    "<think>hm</think><reasoning>a</reasoning><class>OTHER</class>",
	    "{\"reasoning\":\"a\",\"label\":\"OTHER\"}", "reasoning_cut" },
	{ &s_t, "<Key>v</Key><n>1</n>", "{\"key\":\"v\",\"n\":1}", "key_case" },
	{ &s_t, "<key>v<n>1</n>", "{\"key\":\"v\",\"n\":1}", "closed" },
};

static const struct reply_case cut_plain[] = {
	{ &one_string, "Paris", NULL, "truncated" },
	{ &one_int, "12", NULL, "truncated" },
	{ &ab, "A", "\"A\"", "length_hit" },
	{ &one_list, "- a\n- b", NULL, "truncated" },
	{ &mip_bool, "true", "true", "length_hit" },
	{ &label, "OTHER", "\"OTHER\"", "length_hit" },
	{ &mail, "SPAM", "\"SPAM\"", "length_hit" },
	{ &mail, "It is SPAM", NULL, "truncated" },
};

static const struct reply_case cut_json[] = {
	{ &s_t, "{\"key\": \"v\", \"n\": 1", NULL, "truncated" },
	{ &s_t, "{\"key\": \"v\", \"n\": 1}", "{\"key\":\"v\",\"n\":1}",
	    "length_hit" },
	{ &s_t, "{\"key\": \"v\", \"n\": 1} and", "{\"key\":\"v\",\"n\":1}",
	    "from_text length_hit" },
	{ &s_list, "[{\"key\": \"a\", \"n\": 1}]", "[{\"key\":\"a\",\"n\":1}]",
	    "length_hit" },
	{ &s_list, "{\"key\": \"a\", \"n\": 1},\n{\"ke", NULL, "truncated" },
	{ &s_list, "{\"key\": \"a\", \"n\": 1}", NULL, "truncated" },
	{ &mip_int_list, "```\n[1]\n", "[1]", "fence length_hit" },
	{ &mip_int_list, "[1] [2", "[1]", "first_of_many length_hit" },
	{ &one_int, "<think>so", NULL, "truncated" },
	{ &one_int, "", NULL, "truncated" },
};

static const struct reply_case cut_markers[] = {
	{ &s_t, "[[ ## key ## ]]\nv\n[[ ## n ## ]]\n1\n[[ ## completed ## ]]",
	    "{\"key\":\"v\",\"n\":1}", "length_hit" },
	{ &s_t, "[[ ## key ## ]]\nv\n[[ ## n ## ]]\n1", NULL, "truncated" },
};

static const struct reply_case cut_labels[] = {
	{ &s_t, "key: v\nn: 1", NULL, "truncated" },
};

static const struct reply_case cut_xml[] = {
	{ &s_t, "<key>v</key><n>1</n>", "{\"key\":\"v\",\"n\":1}",
	    "length_hit" },
	{ &s_t, "<key>v</key><n>1", NULL, "truncated" },
};

static const struct reply_case filtered[] = {
	{ &s_t, "{\"key\": \"v\", \"n\": 1}", "{\"key\":\"v\",\"n\":1}", "" },
	{ &s_t, "{\"key\": \"v\"", NULL, "refusal" },
	{ &s_t, "", NULL, "refusal" },
};

static void
test_tables(void **state)
{
	(void)state;
	reply_check(repairs, COUNTOF(repairs), &reply_check_default);
	reply_check(texts, COUNTOF(texts), &reply_check_default);
	reply_check(layouts, COUNTOF(layouts), &reply_check_default);
}

#define AS(name, f, end) do { \
	const struct reply_options as_ = { .format = (f), \
		.finish = (end), .max_repair = -1 }; \
	reply_check(name, COUNTOF(name), &as_); \
} while (0)

static void
test_formats(void **state)
{
	(void)state;
	AS(plain, MIP_PLAIN, REPLY_STOP);
	AS(markers, MIP_MARKERS, REPLY_STOP);
	AS(labels, MIP_LABELS, REPLY_STOP);
	AS(xml, MIP_XML, REPLY_STOP);
}

static void
test_cut(void **state)
{
	struct reply_options o = reply_check_default;
	const struct reply_case whole = {
		&s_t, "{\"key\": \"v\", \"n\": 1}", NULL, "truncated"
	};

	(void)state;
	AS(cut_plain, MIP_PLAIN, REPLY_LENGTH);
	AS(cut_json, MIP_JSON, REPLY_LENGTH);
	AS(cut_markers, MIP_MARKERS, REPLY_LENGTH);
	AS(cut_labels, MIP_LABELS, REPLY_LENGTH);
	AS(cut_xml, MIP_XML, REPLY_LENGTH);
	AS(filtered, MIP_JSON, REPLY_FILTER);
	o.finish = REPLY_LENGTH;
	o.cut_is_error = true;
	reply_check(&whole, 1, &o);
}

/* Bytes that are no text. */
static void
test_bytes(void **state)
{
	static const struct {
		struct reply_case x;
		size_t n;
	} cases[] = {
		{ { &mip_string, "a\xff\xfe" "b", "\"a\xef\xbf\xbd\xef\xbf"
		    "\xbd" "b\"", "bad_utf8" }, 4 },
		{ { &mip_string, "a\xc3", "\"a\xef\xbf\xbd\"", "bad_utf8" },
		    2 },
		{ { &mip_string, "a\0b", NULL, "type" }, 3 },
		{ { &s_t, "{\"key\": \"v\0\", \"n\": 1}", NULL, "type key" },
		    21 },
		{ { &s_t, "{\"key\": \"\\u0000\", \"n\": 1}", NULL,
		    "type key" }, 25 },
		{ { &mip_int, "\xef\xbb\xbf" "7", "7", "" }, 4 },
	};
	struct arena a = { 0 };
	struct reply_note note;
	int64_t out;
	size_t i;

	(void)state;
	for (i = 0; i < COUNTOF(cases); i++)
		reply_check_bytes(&cases[i].x, cases[i].n,
		    &reply_check_default);
	/* Places are those of the reply, whatever was taken out before. */
	assert_int_equal(reply_read(&a, &mip_int, &reply_check_default,
	    "\xff<a>\n<think>x</think> [7]\xff", 27, &out, &note), MIP_OK);
	assert_int_equal(out, 7);
	assert_int_equal(note.from, 22);
	assert_int_equal(note.to, 25);
	arena_release(&a);
}

/* Text of `n` times `unit` between two others. */
static char *
repeat(const char *before, const char *unit, size_t n, const char *after)
{
	struct buf b = BUF_INIT;

	buf_puts(&b, before);
	while (n-- > 0)
		buf_puts(&b, unit);
	buf_puts(&b, after);
	return buf_take(&b);
}

static enum reply_error
read_big(const struct mip_type *t, const char *s)
{
	struct arena a = { 0 };
	struct reply_note note;
	char out[64];

	reply_read(&a, t, &reply_check_default, s, strlen(s), out, &note);
	arena_release(&a);
	return note.error;
}

static void
test_limits(void **state)
{
	static const struct {
		const struct mip_type *type;
		const char *before, *unit, *after;
		size_t n;
		enum reply_error error;
	} cases[] = {
		{ &s_t, "", "[", "", 201, REPLY_E_TOO_DEEP },
		{ &s_t, "", "[", "", 100000, REPLY_E_TOO_DEEP },
		{ &s_t, "", "{\"a\":", "", 300, REPLY_E_TOO_DEEP },
		{ &tree_t, "", "{\"name\":\"\",\"kids\":[", "", 90,
		    REPLY_E_NONE },
		{ &mip_string, "", "x", "", (4 << 20) + 1, REPLY_E_TOO_LONG },
		{ &mip_string, "", "x", "", 4 << 20, REPLY_E_NONE },
		{ &fork_t, "", "{\"next\":", "null", 190, REPLY_E_NONE },
		{ &mip_int_list, "[", "1,", "1]", 100000, REPLY_E_NONE },
		{ &mip_string_list, "[\"", "\"a\":\"b\"", "]", 50000,
		    REPLY_E_NONE },
		{ &s_t, "", "{x ", ".", 100000, REPLY_E_NO_JSON },
		{ &s_t, "", "[a ", "", 100000, REPLY_E_NO_JSON },
		{ &s_t, "[", "[1],", "{x .", 50000, REPLY_E_TYPE },
		{ &s_t, "", "<key>", "", 100000, REPLY_E_MISSING },
		{ &s_t, "", "<think>", "", 100000, REPLY_E_NO_JSON },
		{ &s_t, "", "```\n", "", 100000, REPLY_E_TYPE },
		{ &mip_string_list, "", "- a\n", "", 50000, REPLY_E_NONE },
		{ &mip_int, "", "1 ", "", 100000, REPLY_E_AMBIGUOUS },
		{ &label, "", "or ", "", 100000, REPLY_E_NO_MATCH },
		{ &s_t, "{\"key\": \"", "\\\"\" ", "\", \"n\": 1}", 50000,
		    REPLY_E_NONE },
		{ &s_t, "{\"key\": `", "``` ", "", 50000, REPLY_E_NO_JSON },
	};
	enum reply_error e;
	size_t i;
	char *s;

	(void)state;
	for (i = 0; i < COUNTOF(cases); i++) {
		s = repeat(cases[i].before, cases[i].unit, cases[i].n,
		    cases[i].after);
		e = read_big(cases[i].type, s);
		if (e != cases[i].error)
			fail_msg("%s...: %s, not %s", cases[i].unit,
			    reply_error_word(e),
			    reply_error_word(cases[i].error));
		free(s);
	}
}

static void
test_memory(void **state)
{
	const char *s = "{\"key\": \"a value that needs room\", \"n\": 1}";
	struct arena a = { .max = 1 };
	struct reply_note note;
	struct s out;

	(void)state;
	assert_int_equal(reply_read(&a, &s_t, &reply_check_default, s,
	    strlen(s), &out, &note), MIP_NOMEM);
	assert_int_equal(note.error, REPLY_E_NOMEM);
	assert_null(out.key);
	arena_release(&a);
}

/* ---- partial ---- */

static void
partial(const struct mip_type *t, enum mip_format f, const char *s, size_t n,
    struct buf *out)
{
	const struct reply_options o = {
		.format = f, .max_repair = -1, .single = f == MIP_JSON
	};

	assert_int_equal(reply_partial(t, &o, s, n, out), MIP_OK);
}

static void
test_partial(void **state)
{
	static const struct {
		const struct mip_type *type;
		enum mip_format format;
		const char *in, *out;
	} cases[] = {
		{ &s_t, MIP_JSON, "", "null" },
		{ &s_t, MIP_JSON, "{\"ke", "{\"key\":null,\"n\":null}" },
		{ &s_t, MIP_JSON, "{\"key\": \"hel",
		    "{\"key\":\"hel\",\"n\":null}" },
		{ &s_t, MIP_JSON, "{\"key\": \"a\\u00e",
		    "{\"key\":\"a\",\"n\":null}" },
		{ &s_t, MIP_JSON, "{\"key\": \"a\\ud83d\\ude",
		    "{\"key\":\"a\",\"n\":null}" },
		{ &s_t, MIP_JSON, "{\"key\": \"a\xc3",
		    "{\"key\":\"a\",\"n\":null}" },
		{ &s_t, MIP_JSON, "{\"n\": 12", "{\"key\":null,\"n\":null}" },
		{ &s_t, MIP_JSON, "{\"n\": 12,", "{\"key\":null,\"n\":12}" },
		{ &mip_int_list, MIP_JSON, "[12, 3", "[12]" },
		{ &mip_string_list, MIP_JSON, "[\"a\", \"b", "[\"a\",\"b\"]" },
		{ &s_list, MIP_JSON, "So: [{\"key\": \"a\", \"n\": 1}, {\"k",
		    "[{\"key\":\"a\",\"n\":1},{\"key\":null,\"n\":null}]" },
		{ &thought_t, MIP_JSON, "{\"class\": \"OTH",
		    "{\"reasoning\":null,\"label\":null}" },
		{ &shape_t, MIP_JSON, "{\"kind\": \"square\", \"si", "null" },
		{ &s_t, MIP_JSON, "<think>{\"key\": \"x\"", "null" },
		{ &one_string, MIP_PLAIN, "Par", "{\"answer\":\"Par\"}" },
		{ &one_int, MIP_PLAIN, "12", "{\"answer\":null}" },
		{ &s_t, MIP_LABELS, "Key: v\nmore",
		    "{\"key\":\"v\\nmore\",\"n\":null}" },
		{ &s_t, MIP_LABELS, "Key: v\nN: 1",
		    "{\"key\":\"v\",\"n\":null}" },
		{ &s_t, MIP_XML, "<key>v</key><n>1</n>",
		    "{\"key\":\"v\",\"n\":1}" },
	};
	struct buf b = BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < COUNTOF(cases); i++) {
		buf_reset(&b);
		partial(cases[i].type, cases[i].format, cases[i].in,
		    strlen(cases[i].in), &b);
		if (strcmp(buf_str(&b), cases[i].out) != 0)
			fail_msg("%s gives %s, not %s", cases[i].in,
			    buf_str(&b), cases[i].out);
	}
	buf_release(&b);
}

/* Is `a` what `b` has grown from? */
static bool
grows(struct json a, struct json b)
{
	struct json_walk x = json_walk(a), y = json_walk(b);
	struct json v, w;

	if (json_kind(a) == JSON_NULL)
		return true;
	if (json_kind(a) != json_kind(b))
		return false;
	if (json_kind(a) == JSON_STRING)
		return a.n <= b.n && memcmp(a.s, b.s, a.n - 1) == 0;
	if (json_kind(a) != JSON_ARRAY && json_kind(a) != JSON_OBJECT)
		return a.n == b.n && memcmp(a.s, b.s, a.n) == 0;
	while (json_next(&x, NULL, &v))
		if (!json_next(&y, NULL, &w) || !grows(v, w))
			return false;
	return true;
}

static void
test_grows(void **state)
{
	static const char reply[] = "{\"s\": {\"key\": \"a \\\"b\\\" \\u00e9"
	    "\\ud83d\\ude00\xc3\xa9\", \"n\": 1234}, \"tags\": [\"x, y\", "
	    "\"]\"], \"first_name\": null}";
	struct buf old = BUF_INIT, new = BUF_INIT, swap;
	struct json a, b;
	size_t n;

	(void)state;
	buf_puts(&old, "null");
	for (n = 0; n < sizeof(reply); n++) {
		buf_reset(&new);
		partial(&deep_t, MIP_JSON, reply, n, &new);
		assert_true(json_parse(buf_str(&old), old.len, &a, NULL,
		    NULL));
		assert_true(json_parse(buf_str(&new), new.len, &b, NULL,
		    NULL));
		if (!grows(a, b))
			fail_msg("%s became %s", buf_str(&old),
			    buf_str(&new));
		swap = old;
		old = new;
		new = swap;
	}
	assert_string_equal(buf_str(&old), "{\"s\":{\"key\":\"a \\\"b\\\" "
	    "\xc3\xa9\xf0\x9f\x98\x80\xc3\xa9\",\"n\":1234},\"tags\":"
	    "[\"x, y\",\"]\"],\"first_name\":null}");
	buf_release(&old);
	buf_release(&new);
}

/* ---- conditions ---- */

static bool
is_positive(struct mip *m, const void *record)
{
	(void)m;
	return ((const struct s *)record)->n > 0;
}

static bool
has_key(struct mip *m, const void *record)
{
	(void)m;
	return ((const struct s *)record)->key[0] != '\0';
}

static bool
asked(void *arg, const struct mip_check *c, const void *record)
{
	++*(int *)arg;
	return c->holds(NULL, record);
}

static void
test_conditions(void **state)
{
	static const struct mip_check key = { "has a key", false, has_key };
	static const struct mip_check n[] = {
		{ "is positive", false, is_positive },
		{ "give a key where n is not positive", true, is_positive }
	};
	static const struct mip_field f[] = {
		{ MIP_FIELD(struct s, key, &mip_string, NULL), .check = &key,
		    .ncheck = 1 },
		{ MIP_FIELD(struct s, n, &mip_int, NULL), .check = n,
		    .ncheck = 2 },
	};
	static const struct mip_type t = REPLY_TYPE_STRUCT(struct s, f);
	int times = 0;
	struct reply_options o = { .format = MIP_JSON, .max_repair = -1,
		.holds = asked, .holds_arg = &times };
	struct arena a = { 0 };
	struct reply_note note;
	struct s v;

	(void)state;
	assert_int_equal(reply_read(&a, &t, &o, "{\"key\":\"\",\"n\":1}", 16,
	    &v, &note), MIP_OK);
	assert_int_equal(v.n, 1);
	assert_int_equal(times, 3);
	assert_int_equal(note.ncheck, 1);
	assert_string_equal(note.check[0], "has a key");
	assert_true(note.flags == UINT64_C(1) << REPLY_CHECK_FAILED);
	assert_int_equal(note.cost, 0);
	assert_int_equal(reply_read(&a, &t, &o, "{\"key\":\"\",\"n\":0}", 16,
	    &v, &note), MIP_FORMAT);
	assert_int_equal(note.error, REPLY_E_ASSERT);
	assert_string_equal(note.path, "n");
	assert_string_equal(note.message, "The field `n` is not right: give a "
	    "key where n is not positive.");
	assert_int_equal(note.ncheck, 0);
	assert_int_equal(v.n, 0);
	/* What cannot be read, or is cut off, is not judged. */
	times = 0;
	assert_int_equal(reply_read(&a, &t, &o, "{\"key\":\"\"}", 10, &v,
	    &note), MIP_FORMAT);
	o.finish = REPLY_LENGTH;
	assert_int_equal(reply_read(&a, &t, &o, "{\"key\":\"k\",\"n\":1", 16,
	    &v, &note), MIP_TRUNCATED);
	assert_int_equal(times, 0);
	o.finish = REPLY_STOP;
	o.holds = NULL;
	assert_int_equal(reply_read(&a, &t, &o, "{\"key\":\"\",\"n\":0}", 16,
	    &v, &note), MIP_OK);
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_partial),
		cmocka_unit_test(test_grows),
		cmocka_unit_test(test_conditions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
