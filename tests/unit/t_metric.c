/* Tests of metric.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "stage.h"

static void
test_exact(void **state)
{
	struct mip *m = begin(state);

	assert_near(mip_exact(m, "The Beatles!", "beatles"), 1);
	assert_near(mip_exact(m, "a  cat\n", "Cat"), 1);
	assert_near(mip_exact(m, "athens", "the ns"), 0);
	assert_near(mip_exact(m, "U.S.", "us"), 1);
	assert_near(mip_exact(m, "", "..."), 1);
	assert_near(mip_exact(m, NULL, ""), 1);
	assert_near(mip_exact(m, "", "x"), 0);
	assert_near(mip_exact(m, "x", NULL), 0);
	assert_near(mip_exact(m, "one two", "two one"), 0);
	/* An article that is all there is may be a choice. */
	assert_near(mip_exact(m, "A", "a)"), 1);
	assert_near(mip_exact(m, "A", "the"), 0);
	assert_near(mip_exact(m, "", "the"), 0);
	assert_near(mip_exact(m, "A", "B"), 0);
	assert_near(mip_exact(m, "the a", "a the"), 0);
}

/* What a number is stays. */
static void
test_exact_numbers(void **state)
{
	struct mip *m = begin(state);

	assert_near(mip_exact(m, "3.5", "3.5%"), 1);
	assert_near(mip_exact(m, "3.5", "35"), 0);
	assert_near(mip_exact(m, "0.5", "05"), 0);
	assert_near(mip_exact(m, "-5", "5"), 0);
	assert_near(mip_exact(m, "-5", "\xe2\x88\x92" "5"), 1);
	assert_near(mip_exact(m, "(-5)", "-5"), 1);
	assert_near(mip_exact(m, "1,000", "1000"), 1);
	assert_near(mip_exact(m, "It is 5.", "it is 5"), 1);
	assert_near(mip_exact(m, "- 5", "5"), 1);
	assert_near(mip_exact(m, "3-5", "35"), 1);
	assert_near(mip_exact(m, "12.05.2020", "12/05/2020"), 1);
	assert_near(mip_exact(m, "1.2.3", "123"), 1);
}

static void
test_exact_scripts(void **state)
{
	static const struct {
		const char *gold, *pred;
		int same;
	} row[] = {
		/* composed and decomposed, capital and small */
		{ "\xc3\x89t\xc3\xa9", "e\xcc\x81te\xcc\x81", 1 },
		/* an accent makes another letter */
		{ "\xc3\xa9t\xc3\xa9", "ete", 0 },
		{ "a\xc2\xa0" "b", "b", 1 },
		/* sharp s, final sigma */
		{ "STRASSE", "stra\xc3\x9f" "e", 1 },
		{ "\xce\xa3\xce\x91\xce\xa3", "\xcf\x83\xce\xb1\xcf\x82", 1 },
		/* ligature, full width, circled, superscript */
		{ "\xef\xac\x81n", "fin", 1 },
		{ "\xef\xbc\xa1\xef\xbc\xa2\xef\xbc\x93", "ab3", 1 },
		{ "\xe2\x91\xa0", "1", 1 },
		/* quotation marks, dashes, dots, of any script */
		{ "\xe2\x80\x9cIt\xe2\x80\x99s\xe2\x80\x9d", "its", 1 },
		{ "\xe3\x80\x8c\xe6\x9d\xb1\xe4\xba\xac\xe3\x80\x8d\xe3\x80"
		  "\x82", "\xe6\x9d\xb1\xe4\xba\xac", 1 },
		/* Turkish: one letter with and without a dot */
		{ "\xc4\xb0stanbul", "istanbul", 1 },
		{ "\xc4\xb0STANBUL", "\xc4\xb0stanbul", 1 },
		{ "ISPARTA", "\xc4\xb1sparta", 1 },
		{ "D\xc4\xb0\xc5\x9e", "di\xc5\x9f", 1 },
		/* soft hyphen, zero width space, byte order mark */
		{ "co\xc2\xad" "op", "coop", 1 },
		{ "x\xe2\x80\x8b", "\xef\xbb\xbfx", 1 },
		/* half width and full width katakana, voiced mark */
		{ "\xef\xbe\x8a\xef\xbe\x9e", "\xe3\x83\x90", 1 },
		{ "\xe3\x83\x8f", "\xe3\x83\x90", 0 },
		/* Hangul, composed and not */
		{ "\xed\x95\x9c", "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", 1 },
	};
	struct mip *m = begin(state);
	size_t i;

	for (i = 0; i < sizeof row / sizeof row[0]; i++)
		if ((mip_exact(m, row[i].gold, row[i].pred) > 0) !=
		    (row[i].same > 0))
			fail_msg("row %zu: '%s' and '%s'", i, row[i].gold,
			    row[i].pred);
	assert_fine(m);
}

static void
test_normalize(void **state)
{
	struct mip *m = begin(state);

	assert_string_equal(mip_normalize(m, " The  QUICK, brown fox! "),
	    "quick brown fox");
	assert_string_equal(mip_normalize(m, "\xc3\x89TE\xcc\x81"),
	    "\xc3\xa9t\xc3\xa9");
	assert_string_equal(mip_normalize(m, "2020\xe5\xb9\xb4"),
	    "2020 \xe5\xb9\xb4");
	assert_string_equal(mip_normalize(m, "The"), "the");
	assert_string_equal(mip_normalize(m, "?!"), "");
	assert_string_equal(mip_normalize(m, ""), "");
	assert_fine(m);
}

static void
test_mentions(void **state)
{
	struct mip *m = begin(state);

	assert_near(mip_mentions(m, "Paris", "It is in Paris, France"),
	    1);
	assert_near(mip_mentions(m, "art", "Mozart"), 0);
	assert_near(mip_mentions(m, "new york", "The New York."), 1);
	assert_near(mip_mentions(m, "york new", "The New York."), 0);
	assert_near(mip_mentions(m, "x y", "x"), 0);
	assert_near(mip_mentions(m, "", ""), 1);
	assert_near(mip_mentions(m, "", "x"), 0);
	assert_near(mip_mentions(m, NULL, "x"), 0);
	assert_near(mip_mentions(m, "the", "x"), 0);
	assert_near(mip_mentions(m, "x", NULL), 0);
	/* No blanks in Japanese: Tokyo in "the capital is Tokyo". */
	assert_near(mip_mentions(m, "\xe6\x9d\xb1\xe4\xba\xac",
	    "\xe9\xa6\x96\xe9\x83\xbd\xe3\x81\xaf\xe6\x9d\xb1\xe4\xba\xac"
	    "\xe3\x81\xa7\xe3\x81\x99"), 1);
	assert_near(mip_mentions(m, "\xe4\xba\xac\xe6\x9d\xb1",
	    "\xe6\x9d\xb1\xe4\xba\xac"), 0);
}

static void
test_f1(void **state)
{
	struct mip *m = begin(state);

	assert_near(mip_f1(m, "the cat sat", "cat sat"), 1);
	assert_near(mip_f1(m, "big cat", "big dog"), 0.5);
	/* Repeated words count as often as they stand in both. */
	assert_near(mip_f1(m, "x x y", "x x x"), 2.0 / 3);
	assert_near(mip_f1(m, "x", "y"), 0);
	assert_near(mip_f1(m, "", "."), 1);
	assert_near(mip_f1(m, "", "y"), 0);
	assert_near(mip_f1(m, NULL, NULL), 1);
	assert_near(mip_f1(m, "one", "one two three"), 0.5);
	assert_near(mip_f1(m, "\xe4\xb8\x80\xe4\xba\x8c",
	    "\xe4\xb8\x80\xe4\xb8\x89"), 0.5);
}

static void
test_several(void **state)
{
	struct mip *m = begin(state);

	assert_near(mip_exact_any(m, TEXTS("NYC", "New York"), "new york"),
	    1);
	assert_near(mip_exact_any(m, TEXTS("NYC"), "new york"), 0);
	assert_near(mip_exact_any(m, NO_TEXTS, ""), 1);
	assert_near(mip_exact_any(m, NO_TEXTS, "x"), 0);
	assert_near(mip_exact_any(m, TEXTS("x"), NULL), 0);
	assert_near(mip_mentions_any(m, TEXTS("Nil", "York"), "in New York"),
	    1);
	assert_near(mip_f1_any(m, TEXTS("z", "big cat", "big"), "big dog"),
	    2.0 / 3);
	assert_near(mip_f1_any(m, NO_TEXTS, "x"), 0);
	assert_fine(m);
}

static void
test_lists(void **state)
{
	struct mip *m = begin(state);
	struct mip_strings gold = TEXTS("The Cat", "dog", "dog!");
	struct mip_strings pred = TEXTS("CAT", "bird", "fish", "cat");

	assert_near(mip_recall(m, gold, pred), 0.5);
	assert_near(mip_precision(m, gold, pred), 1.0 / 3);
	assert_near(mip_f1_list(m, gold, pred), 0.4);
	assert_near(mip_overlap(m, gold, pred), 0.25);
	assert_near(mip_recall(m, NO_TEXTS, NO_TEXTS), 1);
	assert_near(mip_precision(m, NO_TEXTS, NO_TEXTS), 1);
	assert_near(mip_f1_list(m, NO_TEXTS, NO_TEXTS), 1);
	assert_near(mip_overlap(m, NO_TEXTS, NO_TEXTS), 1);
	assert_near(mip_recall(m, NO_TEXTS, pred), 0);
	assert_near(mip_recall(m, gold, NO_TEXTS), 0);
	assert_near(mip_precision(m, NO_TEXTS, pred), 0);
	assert_near(mip_precision(m, gold, NO_TEXTS), 0);
	assert_near(mip_f1_list(m, gold, NO_TEXTS), 0);
	assert_near(mip_overlap(m, NO_TEXTS, pred), 0);
	assert_near(mip_exact_list(m, TEXTS("The cat", "B"),
	    TEXTS("cat", "b")), 1);
	assert_near(mip_exact_list(m, TEXTS("x", "y"), TEXTS("y", "x")), 0);
	assert_near(mip_exact_list(m, TEXTS("x"), TEXTS("x", "y")), 0);
	assert_near(mip_exact_list(m, NO_TEXTS, NO_TEXTS), 1);
	assert_fine(m);
}

static void
test_json(void **state)
{
	static const struct {
		const char *gold, *pred;
		double same;
	} row[] = {
		{ "{\"a\":1,\"b\":[2,3]}", " { \"b\": [2, 3.0], \"a\": 1 }\n",
		  1 },
		{ "[1,2]", "[2,1]", 0 },
		{ "1e2", "100", 1 }, { "0.1", "0.10", 1 }, { "1", "2", 0 },
		{ "9007199254740993", "9007199254740992", 0 },
		{ "\"\\u00e9\\/\"", "\"\xc3\xa9/\"", 1 },
		{ "\"a\"", "\"A\"", 0 },
		{ "null", "null", 1 }, { "null", "false", 0 },
		{ "1", "\"1\"", 0 }, { "{}", "[]", 0 },
		{ "{\"a\":1}", "{\"a\":1,\"b\":null}", 0 },
		{ "", "", 0 }, { "{", "{", 0 }, { "1", "1 2", 0 },
	};
	struct mip *m = begin(state);
	size_t i;

	for (i = 0; i < sizeof row / sizeof row[0]; i++)
		if (fabs(mip_json_equal(m, row[i].gold, row[i].pred) -
		    row[i].same) > 0)
			fail_msg("%s and %s", row[i].gold, row[i].pred);
	assert_fine(m);
}

static void
test_pass_at(void **state)
{
	static const bool v[] = { true, false, false, true, false };
	struct mip *m = begin(state);
	struct mip_bools five = { v, 5 }, none = { NULL, 0 };

	assert_near(mip_pass_at(m, five, 1), 0.4);
	/* 1 - C(3,2) / C(5,2), 1 - C(3,3) / C(5,3) */
	assert_near(mip_pass_at(m, five, 2), 0.7);
	assert_near(mip_pass_at(m, five, 3), 0.9);
	assert_near(mip_pass_at(m, five, 4), 1);
	assert_near(mip_pass_at(m, (struct mip_bools){ v + 1, 2 }, 2), 0);
	assert_near(mip_pass_at(m, (struct mip_bools){ v, 1 }, 1), 1);
	assert_fine(m);
	mip_pass_at(m, five, 6);
	assert_failed(m, "pass_at 6 of 5 samples");
	mip_pass_at(m, five, 0);
	assert_failed(m, "pass_at 0");
	mip_pass_at(m, none, 1);
	assert_failed(m, "pass_at 1 of 0 samples");
}

/* Texts as long as models' replies may get. */
static void
test_long(void **state)
{
	struct mip *m = begin(state);
	const char *text = mip_repeat(m, "All the world's a stage. ", 40000);

	assert_near(mip_exact(m, text, text), 1);
	assert_near(mip_f1(m, text, mip_upper(m, text)), 1);
	assert_near(mip_mentions(m, "needle", text), 0);
	assert_near(mip_mentions(m, "worlds stage", text), 1);
	assert_near(mip_exact(m, mip_repeat(m, "1", 100000),
	    mip_repeat(m, ".1", 50000)), 0);
	assert_fine(m);
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
	struct mip *m = begin(state);
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
		cmocka_unit_test(test_exact_numbers),
		cmocka_unit_test(test_exact_scripts),
		cmocka_unit_test(test_normalize),
		cmocka_unit_test(test_mentions),
		cmocka_unit_test(test_f1),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_pass_at),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_numeric),
		cmocka_unit_test(test_numeric_text),
	};

	return cmocka_run_group_tests_name("metric", tests, stage_up,
	    stage_down);
}
