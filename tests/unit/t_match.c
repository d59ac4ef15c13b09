/* Tests of match.c and regex.c: patterns.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/regex.h"
#include "stage.h"

static void
test_match(void **state)
{
	struct mip *m = begin(state);

	assert_true(mip_regex_match(m, "order A-17", "[A-Z]-\\d+"));
	assert_false(mip_regex_match(m, "order", "^A"));
	assert_true(mip_regex_match(m, "", ""));
	assert_true(mip_regex_match(m, "", "^$"));
	assert_false(mip_regex_match(m, "", "."));
	/* One character, whatever its bytes; \w knows all scripts. */
	assert_true(mip_regex_match(m, "\xc3\xa9", "^\\w$"));
	assert_true(mip_regex_match(m, "\xf0\x9f\x98\x80", "^.$"));
	assert_true(mip_regex_match(m, "\xc3\x89", "(?i)\xc3\xa9"));
	assert_fine(m);
}

static void
test_find(void **state)
{
	struct mip *m = begin(state);

	assert_string_equal(mip_regex_find(m, "see 12 and 3", "\\d+"), "12");
	assert_string_equal(mip_regex_find(m, "Answer: 7.", "Answer: (\\d+)"),
	    "7");
	assert_string_equal(mip_regex_find(m, "2024-05", "(?:\\d+)-(\\d+)"),
	    "05");
	assert_string_equal(mip_regex_find(m, "key=val", "key=\\K\\w+"),
	    "val");
	assert_null(mip_regex_find(m, "none", "\\d"));
	/* The group has no part in the match. */
	assert_null(mip_regex_find(m, "b", "(a)?b"));
	assert_string_equal(mip_regex_find(m, "b", "(a?)b"), "");
	assert_string_equal(mip_regex_find(m, "abc", ""), "");
	assert_fine(m);
}

static void
test_all(void **state)
{
	struct mip *m = begin(state);

	assert_strings(mip_regex_all(m, "a1b22", "\\d+"),
	    STRINGS("1", "22"));
	assert_strings(mip_regex_all(m, "a=1, b=2", "(\\w)=\\d"),
	    STRINGS("a", "b"));
	assert_strings(mip_regex_all(m, "x", "\\d"), NO_STRINGS);
	assert_strings(mip_regex_all(m, "", "\\d"), NO_STRINGS);
	/* What is empty counts, too, and is passed over by characters. */
	assert_strings(mip_regex_all(m, "b\xc3\xa9" "a", "a*"),
	    STRINGS("", "", "a", ""));
	assert_strings(mip_regex_all(m, "ab", "(x)?"), STRINGS("", "", ""));
	assert_strings(mip_regex_all(m, "\xe4\xb8\xad\xe6\x96\x87", "."),
	    STRINGS("\xe4\xb8\xad", "\xe6\x96\x87"));
	assert_strings(mip_regex_all(m, "abab", "(?<=a)\\Kb"),
	    STRINGS("b", "b"));
	assert_fine(m);
}

static void
test_replace(void **state)
{
	struct mip *m = begin(state);

	assert_string_equal(mip_regex_replace(m, "a  b \t c", "\\s+", " "),
	    "a b c");
	assert_string_equal(mip_regex_replace(m, "Doe, Jane",
	    "(\\w+), (\\w+)", "$2 $1"), "Jane Doe");
	assert_string_equal(mip_regex_replace(m, "5", "(?<n>\\d)",
	    "${n}0$$"), "50$");
	assert_string_equal(mip_regex_replace(m, "5", "\\d", "<$0>"), "<5>");
	assert_string_equal(mip_regex_replace(m, "b", "(a)?b", "[$1]"), "[]");
	assert_string_equal(mip_regex_replace(m, "", "x", "y"), "");
	assert_string_equal(mip_regex_replace(m, "abc", "b*", "-"),
	    "-a--c-");
	/* Far longer than what it was made of. */
	assert_int_equal(strlen(mip_regex_replace(m, mip_repeat(m, "x", 9999),
	    "x", "0123456789")), 99990);
	assert_fine(m);
	mip_regex_replace(m, "a", "a", "$1");
	assert_failed(m, "replacement \"$1\": unknown substring");
	mip_regex_replace(m, "a", "a", "100$");
	assert_failed(m, "replacement \"100$\": invalid replacement");
}

static void
test_bad(void **state)
{
	struct mip *m = begin(state);

	assert_false(mip_regex_match(m, "x", "(x"));
	assert_failed(m, "pattern \"(x\": missing closing parenthesis, at "
	    "character 3");
	assert_null(mip_regex_find(m, "x", "[z-a]"));
	assert_failed(m, "at character 4");
	assert_strings(mip_regex_all(m, "x", "*"), NO_STRINGS);
	assert_failed(m, "quantifier");
	assert_string_equal(mip_regex_replace(m, "x", "\xc3\xa9)", ""), "");
	assert_failed(m, "at character 2");
	mip_regex_match(m, "x", "\\C");
	assert_failed(m, "\\C");
	/* The context goes on. */
	assert_true(mip_regex_match(m, "x", "x"));
	assert_fine(m);
}

/* Nested repetition, and a text that just does not match. */
static void
test_limit(void **state)
{
	static const char text[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!";
	struct mip *m = begin(state);

	assert_false(mip_regex_match(m, text, "^(a|aa)+$"));
	assert_failed(m, "takes too many steps on this text");
	assert_strings(mip_regex_all(m, text, "^(a|aa)+$"), NO_STRINGS);
	assert_failed(m, "takes too many steps");
	assert_string_equal(mip_regex_replace(m, text, "^(a|aa)+$", ""), "");
	assert_failed(m, "takes too many steps");
	/* A long text is none. */
	assert_int_equal(mip_regex_all(m, mip_repeat(m, "word and ", 100000),
	    "\\w+").n, 200000);
	assert_true(mip_regex_match(m, mip_repeat(m, "word and ", 100000),
	    "(?s)^.*and $"));
	assert_fine(m);
}

/* More patterns than are kept, each used again. */
static void
test_many(void **state)
{
	struct mip *m = begin(state);
	char re[16], text[16];
	int round, i;

	for (round = 0; round < 3; round++)
		for (i = 0; i < 500; i++) {
			snprintf(re, sizeof re, "^x%d$", i);
			snprintf(text, sizeof text, "x%d", i);
			assert_true(mip_regex_match(m, text, re));
			assert_false(mip_regex_match(m, "x", re));
		}
	assert_fine(m);
}

static void
test_walk(void **state)
{
	char why[REGEX_WHY];
	struct regex *r = regex_new("(a)|b", why);
	struct regex_walk w = regex_walk("xab", 3);
	struct regex_span v;

	(void)state;
	assert_non_null(r);
	assert_string_equal(why, "");
	assert_int_equal(regex_groups(r), 1);
	assert_int_equal(regex_next(r, &w, &v), REGEX_YES);
	assert_true(v.at == 1 && v.end == 2 && v.group);
	assert_int_equal(regex_next(r, &w, &v), REGEX_YES);
	assert_true(v.at == 2 && v.end == 3 && !v.group);
	assert_int_equal(regex_next(r, &w, &v), REGEX_NO);
	assert_int_equal(regex_next(r, &w, &v), REGEX_NO);
	regex_free(r);
	regex_free(NULL);
	regex_cache_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_replace),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_walk),
	};

	return cmocka_run_group_tests_name("match", tests, stage_up,
	    stage_down);
}
