/* Words of a text, folded.
 *
 * SPDX-License-Identifier: MIT */
#include "search/terms.h"

#include <stdint.h>
#include <string.h>

#include <utf8proc.h>

#include "core/chars.h"

enum { TERMS_FOLDED = 24 };             /* U+FDFA becomes 18 characters */

struct terms {
	char word[TERMS_MAX];
	size_t n;
	char last[4];                   /* a character without blanks ... */
	size_t nlast;                   /* ... that stands just before */
	bool stem;
	terms_each *each;
	void *arg;
};

static bool
terms_letter(utf8proc_int32_t c)
{
	return chars_word(c) || chars_mark(c);
}

static bool
terms_flush(struct terms *t)
{
	size_t n = t->n;

	t->nlast = 0;
	t->n = 0;
	if (n == 0)
		return true;
	if (t->stem)
		n = terms_stem(t->word, n);
	return t->each(t->arg, t->word, n);
}

static void
terms_put(struct terms *t, const char *s, size_t n)
{
	if (n > TERMS_MAX - t->n)
		return;
	memcpy(t->word + t->n, s, n);
	t->n += n;
}

/* The character alone, and together with the one before it. */
static bool
terms_gram(struct terms *t, const char *s, size_t n)
{
	char pair[8];
	size_t nlast = t->nlast;

	if (t->n > 0 && !terms_flush(t))
		return false;
	memcpy(pair, t->last, nlast);
	memcpy(pair + nlast, s, n);
	memcpy(t->last, s, n);
	t->nlast = n;
	return t->each(t->arg, s, n) &&
	    (nlast == 0 || t->each(t->arg, pair, nlast + n));
}

/* A character that is not ASCII. */
static bool
terms_wide(struct terms *t, utf8proc_int32_t c, const char *s, size_t n)
{
	utf8proc_int32_t v[TERMS_FOLDED];
	utf8proc_uint8_t out[4];
	utf8proc_ssize_t k, i;
	int boundary = 0;

	if (!terms_letter(c))
		return terms_flush(t);
	if (chars_dense(c))
		return terms_gram(t, s, n);
	if (t->nlast > 0 && !terms_flush(t))
		return false;
	k = utf8proc_decompose_char(c, v, TERMS_FOLDED, UTF8PROC_DECOMPOSE |
	    UTF8PROC_COMPAT | UTF8PROC_CASEFOLD, &boundary);
	for (i = 0; i < k && i < TERMS_FOLDED; i++)
		if ((v[i] < 0x300 || v[i] > 0x36f) && terms_letter(v[i]))
			terms_put(t, (const char *)out,
			    (size_t)utf8proc_encode_char(v[i], out));
	return true;
}

bool
terms_split(const char *s, size_t n, bool stem, terms_each *each, void *arg)
{
	struct terms t = { .stem = stem, .each = each, .arg = arg };
	utf8proc_int32_t c;
	utf8proc_ssize_t k;
	size_t i;
	char low;

	for (i = 0; i < n; i += (size_t)k) {
		k = 1;
		low = s[i] >= 'A' && s[i] <= 'Z' ? (char)(s[i] + 32) : s[i];
		if ((low >= 'a' && low <= 'z') || (low >= '0' && low <= '9')) {
			if (t.nlast > 0 && !terms_flush(&t))
				return false;
			terms_put(&t, &low, 1);
			continue;
		}
		if ((unsigned char)low < 0x80) {
			if (!terms_flush(&t))
				return false;
			continue;
		}
		k = utf8proc_iterate((const utf8proc_uint8_t *)s + i,
		    (utf8proc_ssize_t)(n - i), &c);
		if (k <= 0) {           /* no UTF-8: a blank */
			k = 1;
			c = ' ';
		}
		if (!terms_wide(&t, c, s + i, (size_t)k))
			return false;
	}
	return terms_flush(&t);
}
