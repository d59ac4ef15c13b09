/* Tests of text.c: words, pieces and places of texts.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "stage.h"

static void
test_words(void **state)
{
	struct mip *m = begin(state);

	assert_strings(mip_words(m, " one\ttwo\n\xc2\xa0three "),
	    STRINGS("one", "two", "three"));
	assert_strings(mip_words(m, "\xe3\x80\x80\xe4\xb8\xad"),
	    STRINGS("\xe4\xb8\xad"));
	assert_strings(mip_words(m, "x"), STRINGS("x"));
	assert_strings(mip_words(m, ""), NO_STRINGS);
	assert_strings(mip_words(m, " \n\t "), NO_STRINGS);
	assert_fine(m);
}

static void
test_case(void **state)
{
	struct mip *m = begin(state);

	assert_string_equal(mip_title(m, "the QUICK brown-fox"),
	    "The Quick Brown-Fox");
	assert_string_equal(mip_title(m, "don't 'tis o\xe2\x80\x99hara 2nd"),
	    "Don't 'Tis O\xe2\x80\x99hara 2nd");
	assert_string_equal(mip_title(m, "\xc3\xa9t\xc3\xa9 \xc7\xb3x"),
	    "\xc3\x89t\xc3\xa9 \xc7\xb2x");
	assert_string_equal(mip_title(m, ""), "");
	assert_string_equal(mip_title(m, "e\xcc\x81x"), "E\xcc\x81x");
	/* One character stays one: neither gets longer. */
	assert_string_equal(mip_lower(m, "\xc4\xb0I"), "ii");
	assert_string_equal(mip_lower(m, ""), "");
	assert_int_equal(mip_string_len(mip_upper(m, "stra\xc3\x9f" "e")), 6);
	assert_fine(m);
}

static void
test_repeat(void **state)
{
	struct mip *m = begin(state);

	assert_string_equal(mip_repeat(m, "ab", 3), "ababab");
	assert_string_equal(mip_repeat(m, "ab", 0), "");
	assert_string_equal(mip_repeat(m, "", INT64_MAX), "");
	assert_fine(m);
	assert_string_equal(mip_repeat(m, "x", -1), "");
	assert_failed(m, "repeat of a text -1 times");
	assert_string_equal(mip_repeat(m, "xy", (32 << 20) + 1), "");
	assert_failed(m, "more than 64 MiB");
	assert_string_equal(mip_repeat(m, "xy", INT64_MAX), "");
	assert_failed(m, "more than 64 MiB");
}

static void
test_places(void **state)
{
	struct mip *m = begin(state);

	assert_int_equal(*mip_string_index(m, "na\xc3\xafve x", "x"), 6);
	assert_int_equal(*mip_string_index(m, "abc", ""), 0);
	assert_int_equal(*mip_string_index(m, "", ""), 0);
	assert_null(mip_string_index(m, "abc", "d"));
	assert_null(mip_string_index(m, "", "d"));
	assert_int_equal(mip_string_count("banana", "an"), 2);
	assert_int_equal(mip_string_count("aaaa", "aa"), 2);
	assert_int_equal(mip_string_count("abc", ""), 0);
	assert_int_equal(mip_string_count("", "a"), 0);
	assert_fine(m);
}

static void
test_chunk(void **state)
{
	struct mip *m = begin(state);

	assert_strings(mip_chunk(m, "", 5), NO_STRINGS);
	assert_strings(mip_chunk(m, " \n ", 5), NO_STRINGS);
	assert_strings(mip_chunk(m, " all of it ", 99), STRINGS("all of it"));
	assert_strings(mip_chunk(m, "one two three four", 10),
	    STRINGS("one two", "three four"));
	/* A sentence's end in the second half is better than a word's. */
	assert_strings(mip_chunk(m, "It is so. Yes or no? Who knows.", 16),
	    STRINGS("It is so.", "Yes or no?", "Who knows."));
	assert_strings(mip_chunk(m, "It is 3.14 or so. Yes", 18),
	    STRINGS("It is 3.14 or so.", "Yes"));
	/* Lines are better than sentences, paragraphs better than lines. */
	assert_strings(mip_chunk(m, "a b c\nd. e f g", 10),
	    STRINGS("a b c", "d. e f g"));
	assert_strings(mip_chunk(m, "a b c d\n \ne f\ng h i j", 15),
	    STRINGS("a b c d", "e f\ng h i j"));
	/* Where nothing ends, anywhere: but no mark loses its letter. */
	assert_strings(mip_chunk(m, "abcdefgh", 3),
	    STRINGS("abc", "def", "gh"));
	assert_strings(mip_chunk(m, "aaae\xcc\x81z", 4),
	    STRINGS("aaa", "e\xcc\x81z"));
	assert_strings(mip_chunk(m, "a\xcc\x81\xcc\x82", 1),
	    STRINGS("a", "\xcc\x81", "\xcc\x82"));
	assert_strings(mip_chunk(m, "\xe4\xb8\x80\xe4\xba\x8c\xe3\x80\x82"
	    "\xe4\xb8\x89\xe5\x9b\x9b", 4), STRINGS("\xe4\xb8\x80\xe4\xba\x8c"
	    "\xe3\x80\x82", "\xe4\xb8\x89\xe5\x9b\x9b"));
	assert_fine(m);
	assert_strings(mip_chunk(m, "x", 0), NO_STRINGS);
	assert_failed(m, "chunk of 0 characters");
}

/* Nothing is lost, no piece is too long, and it takes one pass. */
static void
test_chunk_long(void **state)
{
	enum { N = 1 << 20 };
	struct mip *m = begin(state);
	char *text = malloc(N + 1);
	struct mip_strings v;
	size_t i, k = 0;

	assert_non_null(text);
	for (i = 0; i < N; i++)
		text[i] = i % 7 == 6 ? ' ' : (char)('a' + i % 26);
	text[N] = '\0';
	v = mip_chunk(m, text, 100);
	for (i = 0; i < v.n; i++) {
		size_t n = strlen(v.v[i]);

		assert_true(n > 0 && n <= 100);
		while (text[k] == ' ')
			k++;
		assert_memory_equal(text + k, v.v[i], n);
		k += n;
	}
	while (text[k] == ' ')
		k++;
	assert_int_equal(k, N);
	assert_int_equal(mip_words(m, text).n, N / 7 + 1);
	assert_fine(m);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_case),
		cmocka_unit_test(test_repeat),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_chunk),
		cmocka_unit_test(test_chunk_long),
	};

	return cmocka_run_group_tests_name("text", tests, stage_up,
	    stage_down);
}
