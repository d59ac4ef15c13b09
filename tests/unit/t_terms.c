/* Tests of terms: words of many scripts, stems.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/buf.h"
#include "search/terms.h"

static bool
add(void *arg, const char *term, size_t n)
{
	struct buf *b = arg;

	if (b->len > 0)
		buf_putc(b, '|');
	buf_put(b, term, n);
	return true;
}

static void
splits(const char *text, bool stem, const char *want)
{
	struct buf b = BUF_INIT;

	assert_true(terms_split(text, strlen(text), stem, add, &b));
	assert_string_equal(buf_str(&b), want);
	buf_release(&b);
}

static void
words(void **state)
{
	(void)state;
	splits("", false, "");
	splits(" ,. ", false, "");
	splits("The cat's 2nd-best C++ hat", false,
	    "the|cat|s|2nd|best|c|hat");
	splits("\xc3\x89t\xc3\xa9 Stra\xc3\x9f" "e", false, "ete|strasse");
	/* Composed or not, wide or narrow: the same. */
	splits("cafe\xcc\x81 \xef\xbc\xa1\xef\xbc\xa2", false, "cafe|ab");
	splits("\xd0\x9c\xd0\xbe\xd1\x81\xd0\xba\xd0\xb2\xd0\xb0", false,
	    "\xd0\xbc\xd0\xbe\xd1\x81\xd0\xba\xd0\xb2\xd0\xb0");
	/* Vowel signs of Devanagari stay. */
	splits("\xe0\xa4\xb9\xe0\xa4\xbf\xe0\xa4\xa8\xe0\xa5\x8d\xe0\xa4\xa6"
	    "\xe0\xa5\x80", false, "\xe0\xa4\xb9\xe0\xa4\xbf\xe0\xa4\xa8"
	    "\xe0\xa5\x8d\xe0\xa4\xa6\xe0\xa5\x80");
	splits("x\xe2\x80\x94y \xe2\x82\xac" "5", false, "x|y|5");
}

static void
dense(void **state)
{
	(void)state;
	splits("\xe6\x9d\xb1\xe4\xba\xac\xe9\x83\xbd", false,
	    "\xe6\x9d\xb1|\xe4\xba\xac|\xe6\x9d\xb1\xe4\xba\xac|"
	    "\xe9\x83\xbd|\xe4\xba\xac\xe9\x83\xbd");
	splits("a\xe6\x9d\xb1 \xe4\xba\xac" "b", false,
	    "a|\xe6\x9d\xb1|\xe4\xba\xac|b");
}

/* What is no UTF-8 is a blank; words have an end. */
static void
odd(void **state)
{
	char text[4096], want[TERMS_MAX + 1];

	(void)state;
	splits("ab\xff" "cd\xc3", false, "ab|cd");
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	memset(want, 'x', TERMS_MAX);
	want[TERMS_MAX] = '\0';
	splits(text, false, want);
}

static bool
two(void *arg, const char *term, size_t n)
{
	(void)term;
	(void)n;
	return ++*(int *)arg < 2;
}

static void
stopped(void **state)
{
	int n = 0;

	(void)state;
	assert_false(terms_split("a b c", 5, false, two, &n));
	assert_int_equal(n, 2);
	n = 0;
	assert_false(terms_split("\xe6\x9d\xb1\xe4\xba\xac", 6, false, two,
	    &n));
	assert_int_equal(n, 2);
}

/* The examples of the paper, step by step. */
static void
stems(void **state)
{
	static const char *const pair[][2] = {
		{ "caresses", "caress" }, { "ponies", "poni" },
		{ "ties", "ti" }, { "caress", "caress" }, { "cats", "cat" },
		{ "feed", "feed" }, { "agreed", "agre" },
		{ "plastered", "plaster" }, { "bled", "bled" },
		{ "motoring", "motor" }, { "sing", "sing" },
		{ "conflated", "conflat" }, { "troubled", "troubl" },
		{ "sized", "size" }, { "hopping", "hop" },
		{ "tanned", "tan" }, { "falling", "fall" },
		{ "hissing", "hiss" }, { "fizzed", "fizz" },
		{ "failing", "fail" }, { "filing", "file" },
		{ "happy", "happi" }, { "sky", "sky" },
		{ "relational", "relat" }, { "conditional", "condit" },
		{ "rational", "ration" }, { "valenci", "valenc" },
		{ "hesitanci", "hesit" }, { "digitizer", "digit" },
		{ "conformabli", "conform" }, { "radicalli", "radic" },
		{ "differentli", "differ" }, { "vileli", "vile" },
		{ "analogousli", "analog" }, { "vietnamization", "vietnam" },
		{ "predication", "predic" }, { "operator", "oper" },
		{ "feudalism", "feudal" }, { "decisiveness", "decis" },
		{ "hopefulness", "hope" }, { "callousness", "callous" },
		{ "formaliti", "formal" }, { "sensitiviti", "sensit" },
		{ "sensibiliti", "sensibl" }, { "triplicate", "triplic" },
		{ "formative", "form" }, { "formalize", "formal" },
		{ "electriciti", "electr" }, { "electrical", "electr" },
		{ "hopeful", "hope" }, { "goodness", "good" },
		{ "revival", "reviv" }, { "allowance", "allow" },
		{ "inference", "infer" }, { "airliner", "airlin" },
		{ "gyroscopic", "gyroscop" }, { "adjustable", "adjust" },
		{ "defensible", "defens" }, { "irritant", "irrit" },
		{ "replacement", "replac" }, { "adjustment", "adjust" },
		{ "dependent", "depend" }, { "adoption", "adopt" },
		{ "homologou", "homolog" }, { "communism", "commun" },
		{ "activate", "activ" }, { "angulariti", "angular" },
		{ "homologous", "homolog" }, { "effective", "effect" },
		{ "bowdlerize", "bowdler" }, { "probate", "probat" },
		{ "rate", "rate" }, { "cease", "ceas" },
		{ "controll", "control" }, { "roll", "roll" },
		{ "generalizations", "gener" }, { "oscillators", "oscil" },
		{ "is", "is" }, { "as", "as" }, { "y", "y" },
		{ "w2s", "w2s" }
	};
	char word[32];
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof pair / sizeof pair[0]; i++) {
		n = strlen(pair[i][0]);
		memcpy(word, pair[i][0], n);
		n = terms_stem(word, n);
		word[n] = '\0';
		assert_string_equal(word, pair[i][1]);
	}
	splits("Running runners", true, "run|runner");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(dense),
		cmocka_unit_test(odd),
		cmocka_unit_test(stopped),
		cmocka_unit_test(stems),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
