/* Text of a reply: parts of it, and truth words.
 *
 * SPDX-License-Identifier: MIT */
#include "reply/reply.h"

#include <string.h>

#include <utf8proc.h>

#include "reply/reply_in.h"

void
reply_flag(struct reply_sum *s, enum reply_flag f)
{
	s->flags |= UINT64_C(1) << f;
	s->cost += reply_flag_cost(f);
}

void
reply_add(struct reply_sum *s, const struct reply_sum *more)
{
	s->flags |= more->flags;
	s->cost += more->cost;
	s->open = s->open || more->open;
	s->plain = s->plain || more->plain;
	if (more->from != NULL) {
		s->from = more->from;
		s->to = more->to;
	}
}

void
reply_sentence(struct reply_sum *s)
{
	int i;

	/* R1 has a price of its own; a word found in prose costs three. */
	for (i = 0; i < 3; i++)
		reply_flag(s, REPLY_FROM_TEXT);
}

/* ---- text ---- */

struct reply_text
reply_trim(struct reply_text t)
{
	while (t.n > 0 && reply_blank(*t.s)) {
		t.s++;
		t.n--;
	}
	while (t.n > 0 && reply_blank(t.s[t.n - 1]))
		t.n--;
	return t;
}

bool
reply_is(struct reply_text t, const char *word)
{
	return strlen(word) == t.n && memcmp(t.s, word, t.n) == 0;
}

bool
reply_opens(struct reply_text t, const char *word)
{
	size_t i;

	for (i = 0; word[i] != '\0'; i++)
		if (i == t.n || reply_lower(t.s[i]) != reply_lower(word[i]))
			return false;
	return true;
}

bool
reply_is_nocase(struct reply_text t, const char *word)
{
	return strlen(word) == t.n && reply_opens(t, word);
}

bool
reply_alike(struct reply_text t, const char *word)
{
	size_t i = 0;

	for (;;) {
		while (i < t.n && reply_filler(t.s[i]))
			i++;
		while (reply_filler(*word))
			word++;
		if (i == t.n || *word == '\0')
			return i == t.n && *word == '\0';
		if (reply_lower(t.s[i++]) != reply_lower(*word++))
			return false;
	}
}

const char *
reply_find(struct reply_text t, const char *part)
{
	size_t n = strlen(part);
	const char *s = t.s, *end = t.s + t.n;

	while ((size_t)(end - s) >= n) {
		s = memchr(s, *part, (size_t)(end - s) - n + 1);
		if (s == NULL)
			return NULL;
		if (memcmp(s, part, n) == 0)
			return s;
		s++;
	}
	return NULL;
}

bool
reply_unquote(struct reply_text *t)
{
	static const char *const pair[][2] = {
		{ "\"", "\"" }, { "'", "'" }, { "`", "`" },
		{ "\xe2\x80\x9c", "\xe2\x80\x9d" },
		{ "\xe2\x80\x98", "\xe2\x80\x99" },
	};
	size_t i, n;

	for (i = 0; i < sizeof(pair) / sizeof(*pair); i++) {
		n = strlen(pair[i][0]);
		if (t->n > 2 * n && memcmp(t->s, pair[i][0], n) == 0 &&
		    memcmp(t->s + t->n - n, pair[i][1], n) == 0) {
			t->s += n;
			t->n -= 2 * n;
			return true;
		}
	}
	return false;
}

bool
reply_null_word(struct reply_text t)
{
	return reply_is_nocase(t, "null") || reply_is_nocase(t, "none") ||
	    reply_is_nocase(t, "n/a") || reply_is_nocase(t, "nil") ||
	    reply_is(t, "-");
}

/* ---- words ---- */

/* Scripts that put no blanks between words have no words for us. */
static bool
rs_letter(utf8proc_int32_t c)
{
	utf8proc_category_t k = utf8proc_category(c);

	return c < 0x2e80 && (c < 0xe00 || c > 0xeff) &&
	    k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_NO;
}

size_t
reply_word_at(const char *s, const char *end)
{
	utf8proc_int32_t c;
	utf8proc_ssize_t n;

	if (s >= end)
		return 0;
	if ((unsigned char)*s < 0x80)
		return reply_wordlike(*s);
	n = utf8proc_iterate((const utf8proc_uint8_t *)s, end - s, &c);
	return n > 0 && rs_letter(c) ? (size_t)n : 0;
}

size_t
reply_word_before(const char *start, const char *s)
{
	const char *c = s;

	while (c > start && s - c < 4)
		if (((unsigned char)*--c & 0xc0) != 0x80)
			return reply_word_at(c, s);
	return 0;
}

/* An apostrophe is of a word where that goes on behind it. */
static const char *
rs_word_end(const char *s, const char *end)
{
	const char *start = s;
	size_t n;

	for (;; s++) {
		while ((n = reply_word_at(s, end)) > 0)
			s += n;
		if (s == start || s == end || *s != '\'' ||
		    reply_word_at(s + 1, end) == 0)
			return s;
	}
}

/* Bytes of the apostrophe that ends at `s`, straight or curly. */
static size_t
rs_apostrophe(const char *start, const char *s)
{
	if (s > start && s[-1] == '\'')
		return 1;
	return s - start >= 3 && memcmp(s - 3, "\xe2\x80\x99", 3) == 0 ? 3 : 0;
}

struct reply_text
reply_last_word(const char *start, const char *s)
{
	const char *end;
	size_t n;

	while (s > start && (reply_blank(s[-1]) || s[-1] == '*' ||
	    s[-1] == '"' || s[-1] == '`' || s[-1] == '_' || s[-1] == '\''))
		s--;
	end = s;
	while (s > start && ((n = rs_apostrophe(start, s)) > 0 ||
	    (n = reply_word_before(start, s)) > 0))
		s -= n;
	return (struct reply_text){ s, (size_t)(end - s) };
}

bool
reply_negated(const char *start, const char *s)
{
	static const char *const no[] = {
		"not", "never", "neither", "nor", "non", "cannot", "no"
	};
	struct reply_text w = reply_last_word(start, s);
	const char *end = w.s + w.n;
	size_t i;

	/* isn't, don't */
	if (w.n > 3 && reply_lower(end[-1]) == 't' &&
	    (i = rs_apostrophe(w.s, end - 1)) > 0 && w.n > i + 1 &&
	    reply_lower(end[-2 - (ptrdiff_t)i]) == 'n')
		return true;
	for (i = 0; i < sizeof(no) / sizeof(*no); i++)
		if (reply_is_nocase(w, no[i]))
			return true;
	return false;
}

/* -1: not a truth word; else its sense. */
static int
rs_truth_word(struct reply_text w, enum reply_flag *f)
{
	bool yes = reply_is_nocase(w, "yes"), no = reply_is_nocase(w, "no");

	*f = REPLY_NFLAG;
	if (yes || no) {
		*f = REPLY_BOOL_WORD;
		return yes;
	}
	if (!reply_is_nocase(w, "true") && !reply_is_nocase(w, "false"))
		return -1;
	if (!reply_is(w, "true") && !reply_is(w, "false"))
		*f = REPLY_CASE;
	return reply_lower(*w.s) == 't';
}

enum reply_error
reply_truth(struct reply_text t, bool *out, bool *alone, struct reply_sum *sum)
{
	enum reply_flag f, found = REPLY_NFLAG;
	const char *s, *e, *end;
	int sense, seen = -1;

	t = reply_trim(t);
	*alone = true;
	sense = rs_truth_word(t, &f);
	if (sense >= 0) {
		*out = sense > 0;
		if (f != REPLY_NFLAG)
			reply_flag(sum, f);
		return REPLY_E_NONE;
	}
	*alone = false;
	for (s = t.s, end = t.s + t.n; s < end; s = e) {
		e = rs_word_end(s, end);
		if (e == s) {
			e++;
			continue;
		}
		sense = rs_truth_word((struct reply_text){ s,
		    (size_t)(e - s) }, &f);
		if (sense < 0)
			continue;
		if ((seen >= 0 && seen != sense) || reply_negated(t.s, s))
			return REPLY_E_AMBIGUOUS;
		if (seen < 0)
			found = f;
		seen = sense;
	}
	if (seen < 0)
		return REPLY_E_TYPE;
	*out = seen > 0;
	reply_sentence(sum);
	if (found != REPLY_NFLAG)
		reply_flag(sum, found);
	return REPLY_E_NONE;
}
