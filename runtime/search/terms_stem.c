/* Porter's stemmer, by the tables of his paper.
 *
 * SPDX-License-Identifier: MIT */
#include "search/terms.h"

#include <string.h>

/* The word is s[0..n). */
struct stem {
	char *s;
	size_t n;
};

/* A suffix, what takes its place, and for which measure of the rest. */
struct stem_rule {
	const char *from, *to;
};

static bool
stem_vowel(const struct stem *w, size_t i)
{
	switch (w->s[i]) {
	case 'a': case 'e': case 'i': case 'o': case 'u':
		return true;
	case 'y':
		return i > 0 && !stem_vowel(w, i - 1);
	}
	return false;
}

/* How often a vowel is followed by a consonant in the first `n` letters. */
static unsigned
stem_measure(const struct stem *w, size_t n)
{
	unsigned m = 0;
	bool before = false, now;
	size_t i;

	for (i = 0; i < n; i++) {
		now = stem_vowel(w, i);
		m += before && !now;
		before = now;
	}
	return m;
}

static bool
stem_has_vowel(const struct stem *w, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (stem_vowel(w, i))
			return true;
	return false;
}

/* Two equal consonants at the end? */
static bool
stem_double(const struct stem *w)
{
	return w->n >= 2 && w->s[w->n - 1] == w->s[w->n - 2] &&
	    !stem_vowel(w, w->n - 1);
}

/* Consonant, vowel, consonant at the end, the last none of w, x, y? */
static bool
stem_short(const struct stem *w, size_t n)
{
	return n >= 3 && !stem_vowel(w, n - 1) && stem_vowel(w, n - 2) &&
	    !stem_vowel(w, n - 3) && !strchr("wxy", w->s[n - 1]);
}

static bool
stem_ends(const struct stem *w, const char *suffix)
{
	size_t k = strlen(suffix);

	/* Most end in another letter. */
	return w->n >= k && w->s[w->n - 1] == suffix[k - 1] &&
	    memcmp(w->s + w->n - k, suffix, k) == 0;
}

/* No replacement is longer than what it replaces, but for one letter after a
 * longer one was cut off. */
static void
stem_set(struct stem *w, size_t rest, const char *to)
{
	size_t k = strlen(to);

	memcpy(w->s + rest, to, k);
	w->n = rest + k;
}

/* Applies the first rule whose suffix fits, if the measure of what is before
 * it is over `m`.  The tables have longer suffixes before shorter ones that
 * they end in. */
static void
stem_by(struct stem *w, const struct stem_rule *rule, unsigned m)
{
	for (; rule->from; rule++)
		if (stem_ends(w, rule->from)) {
			size_t rest = w->n - strlen(rule->from);

			if (stem_measure(w, rest) > m)
				stem_set(w, rest, rule->to);
			return;
		}
}

/* After -ed or -ing was cut off. */
static void
stem_mend(struct stem *w)
{
	if (stem_ends(w, "at") || stem_ends(w, "bl") || stem_ends(w, "iz"))
		stem_set(w, w->n, "e");
	else if (stem_double(w) && !strchr("lsz", w->s[w->n - 1]))
		w->n--;
	else if (stem_measure(w, w->n) == 1 && stem_short(w, w->n))
		stem_set(w, w->n, "e");
}

static void
stem_step1(struct stem *w)
{
	if (stem_ends(w, "sses") || stem_ends(w, "ies"))
		w->n -= 2;
	else if (stem_ends(w, "s") && !stem_ends(w, "ss"))
		w->n--;
	if (stem_ends(w, "eed")) {
		if (stem_measure(w, w->n - 3) > 0)
			w->n--;
	} else if (stem_ends(w, "ed") && stem_has_vowel(w, w->n - 2)) {
		w->n -= 2;
		stem_mend(w);
	} else if (stem_ends(w, "ing") && stem_has_vowel(w, w->n - 3)) {
		w->n -= 3;
		stem_mend(w);
	}
	if (stem_ends(w, "y") && stem_has_vowel(w, w->n - 1))
		w->s[w->n - 1] = 'i';
}

static void
stem_step4(struct stem *w)
{
	static const struct stem_rule cut[] = {
		{ "al", "" }, { "ance", "" }, { "ence", "" }, { "er", "" },
		{ "ic", "" }, { "able", "" }, { "ible", "" }, { "ant", "" },
		{ "ement", "" }, { "ment", "" }, { "ent", "" }, { "ou", "" },
		{ "ism", "" }, { "ate", "" }, { "iti", "" }, { "ous", "" },
		{ "ive", "" }, { "ize", "" }, { NULL, NULL }
	};
	static const struct stem_rule ion[] = {
		{ "ion", "" }, { NULL, NULL }
	};

	if (!stem_ends(w, "ion"))
		stem_by(w, cut, 1);
	else if (stem_ends(w, "sion") || stem_ends(w, "tion"))
		stem_by(w, ion, 1);
}

static void
stem_step5(struct stem *w)
{
	unsigned m;

	if (stem_ends(w, "e")) {
		m = stem_measure(w, w->n - 1);
		if (m > 1 || (m == 1 && !stem_short(w, w->n - 1)))
			w->n--;
	}
	if (stem_ends(w, "ll") && stem_measure(w, w->n) > 1)
		w->n--;
}

size_t
terms_stem(char *word, size_t n)
{
	static const struct stem_rule step2[] = {
		{ "ational", "ate" }, { "tional", "tion" }, { "enci", "ence" },
		{ "anci", "ance" }, { "izer", "ize" }, { "abli", "able" },
		{ "alli", "al" }, { "entli", "ent" }, { "ousli", "ous" },
		{ "eli", "e" }, { "ization", "ize" }, { "ation", "ate" },
		{ "ator", "ate" }, { "alism", "al" }, { "iveness", "ive" },
		{ "fulness", "ful" }, { "ousness", "ous" }, { "aliti", "al" },
		{ "iviti", "ive" }, { "biliti", "ble" }, { NULL, NULL }
	};
	static const struct stem_rule step3[] = {
		{ "icate", "ic" }, { "ative", "" }, { "alize", "al" },
		{ "iciti", "ic" }, { "ical", "ic" }, { "ful", "" },
		{ "ness", "" }, { NULL, NULL }
	};
	struct stem w = { word, n };
	size_t i;

	for (i = 0; i < n; i++)
		if (word[i] < 'a' || word[i] > 'z')
			return n;
	if (n <= 2)
		return n;
	stem_step1(&w);
	stem_by(&w, step2, 0);
	stem_by(&w, step3, 0);
	stem_step4(&w);
	stem_step5(&w);
	return w.n;
}
