/* What programs do with texts, which are valid UTF-8.
 *
 * SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <string.h>
#include <utf8proc.h>

#include "core/chars.h"
#include "lib/lib_in.h"
#include "run/mip.h"

enum { REPEAT_MAX = 64 << 20 };         /* bytes */

bool
mip_string_eq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/* The order of UTF-8's bytes is that of the code points. */
int
mip_string_cmp(const char *a, const char *b)
{
	int d = strcmp(a, b);

	return (d > 0) - (d < 0);
}

const char *
mip_concat(struct mip *m, const char *s, ...)
{
	struct buf b = BUF_INIT;
	va_list ap;

	va_start(ap, s);
	for (; s; s = va_arg(ap, const char *))
		buf_puts(&b, s);
	va_end(ap);
	return lib_take(m, &b);
}

int64_t
mip_string_len(const char *s)
{
	int64_t n = 0;
	size_t k;

	for (; (k = chars_len(s)) > 0; s += k)
		n++;
	return n;
}

static const char *
map_case(struct mip *m, const char *s,
    utf8proc_int32_t (*to)(utf8proc_int32_t))
{
	struct buf b = BUF_INIT;
	utf8proc_uint8_t out[4];
	size_t k;

	for (; (k = chars_len(s)) > 0; s += k) {
		utf8proc_ssize_t n = utf8proc_encode_char(
		    to(chars_at(s, k)), out);

		buf_put(&b, out, (size_t)n);
	}
	return lib_take(m, &b);
}

const char *
mip_lower(struct mip *m, const char *s)
{
	return map_case(m, s, utf8proc_tolower);
}

const char *
mip_upper(struct mip *m, const char *s)
{
	return map_case(m, s, utf8proc_toupper);
}

const char *
mip_trim(struct mip *m, const char *s)
{
	struct json t = lib_trim(s);

	return lib_keep(m, t.s, t.n);
}

const char *
mip_replace(struct mip *m, const char *s, const char *from, const char *to)
{
	struct buf b = BUF_INIT;
	const char *at;
	size_t n = strlen(from);

	if (n == 0)
		return s;
	for (; (at = strstr(s, from)) != NULL; s = at + n) {
		buf_put(&b, s, (size_t)(at - s));
		buf_puts(&b, to);
	}
	buf_puts(&b, s);
	return lib_take(m, &b);
}

/* What reaches beyond the end is cut; what is negative is a mistake. */
const char *
mip_substr(struct mip *m, const char *s, int64_t at, int64_t n)
{
	const char *from;
	size_t k;

	if (at < 0 || n < 0) {
		mip_fail(m, MIP_FAIL, "substr from %lld, %lld characters",
		    (long long)at, (long long)n);
		return "";
	}
	for (; at > 0 && (k = chars_len(s)) > 0; s += k)
		at--;
	from = s;
	for (; n > 0 && (k = chars_len(s)) > 0; s += k)
		n--;
	return lib_keep(m, from, (size_t)(s - from));
}

const char *
mip_join(struct mip *m, const char *sep, struct mip_strings v)
{
	struct buf b = BUF_INIT;
	size_t i;

	for (i = 0; i < v.n; i++) {
		if (i > 0)
			buf_puts(&b, sep);
		buf_puts(&b, v.v[i]);
	}
	return lib_take(m, &b);
}

/* By "" into characters. */
struct mip_strings
mip_split(struct mip *m, const char *s, const char *sep)
{
	struct lib_texts t = { NULL, 0, 0 };
	size_t n = strlen(sep), k;
	const char *at;

	if (n == 0) {
		for (; (k = chars_len(s)) > 0; s += k)
			lib_texts_add(m, &t, s, k);
		return (struct mip_strings){ t.v, t.n };
	}
	for (; (at = strstr(s, sep)) != NULL; s = at + n)
		lib_texts_add(m, &t, s, (size_t)(at - s));
	lib_texts_add(m, &t, s, strlen(s));
	return (struct mip_strings){ t.v, t.n };
}

/* Without "\n" and "\r\n"; an end of line at the end begins no new one. */
struct mip_strings
mip_lines(struct mip *m, const char *s)
{
	struct lib_texts t = { NULL, 0, 0 };

	while (*s) {
		size_t n = strcspn(s, "\n"), cut = n;

		if (s[n] == '\n' && n > 0 && s[n - 1] == '\r')
			cut--;
		lib_texts_add(m, &t, s, cut);
		s += n + (s[n] == '\n');
	}
	return (struct mip_strings){ t.v, t.n };
}

bool
mip_contains(const char *s, const char *part)
{
	return strstr(s, part) != NULL;
}

/* Whether `part` stands at `s`, whatever the case. */
static bool
icase_at(const char *s, const char *part)
{
	size_t k, l;

	for (; (l = chars_len(part)) > 0; part += l, s += k) {
		k = chars_len(s);
		if (k == 0)
			return false;
		if (utf8proc_tolower(chars_at(s, k)) !=
		    utf8proc_tolower(chars_at(part, l)))
			return false;
	}
	return true;
}

bool
mip_icontains(const char *s, const char *part)
{
	size_t k;

	do {
		if (icase_at(s, part))
			return true;
		k = chars_len(s);
		s += k;
	} while (k > 0);
	return false;
}

bool
mip_starts_with(const char *s, const char *part)
{
	return strncmp(s, part, strlen(part)) == 0;
}

bool
mip_ends_with(const char *s, const char *part)
{
	size_t n = strlen(s), k = strlen(part);

	return n >= k && memcmp(s + n - k, part, k) == 0;
}

bool
mip_is_text(const char *s)
{
	size_t k;

	for (; (k = chars_len(s)) > 0; s += k)
		if (chars_word(chars_at(s, k)))
			return true;
	return false;
}


/* ---- words, pieces, places ---- */

struct mip_strings
mip_words(struct mip *m, const char *s)
{
	struct lib_texts t = { NULL, 0, 0 };
	const char *from = s;
	size_t k;

	for (;; s += k) {
		k = chars_len(s);
		if (k > 0 && !chars_blank(chars_at(s, k)))
			continue;
		if (s > from)
			lib_texts_add(m, &t, from, (size_t)(s - from));
		from = s + k;
		if (k == 0)
			break;
	}
	return (struct mip_strings){ t.v, t.n };
}

/* A letter is the first of a word if it follows no letter, digit, mark or
 * apostrophe. */
const char *
mip_title(struct mip *m, const char *s)
{
	struct buf b = BUF_INIT;
	utf8proc_uint8_t out[4];
	bool inside = false;
	int32_t c;
	size_t k;

	for (; (k = chars_len(s)) > 0; s += k) {
		c = chars_at(s, k);
		buf_put(&b, out, (size_t)utf8proc_encode_char(
		    inside ? utf8proc_tolower(c) : utf8proc_totitle(c), out));
		inside = chars_word(c) || chars_mark(c) ||
		    (inside && (c == '\'' || c == 0x2019));
	}
	return lib_take(m, &b);
}

/* An endless text is a mistake, not a want of memory. */
const char *
mip_repeat(struct mip *m, const char *s, int64_t n)
{
	struct buf b = BUF_INIT;
	size_t len = strlen(s);

	if (n < 0 || (len > 0 && (uint64_t)n > REPEAT_MAX / len)) {
		mip_fail(m, MIP_FAIL, n < 0 ? "repeat of a text %lld times" :
		    "repeat of a text %lld times: more than 64 MiB",
		    (long long)n);
		return "";
	}
	for (; n > 0 && len > 0; n--)
		buf_put(&b, s, len);
	return lib_take(m, &b);
}

const int64_t *
mip_string_index(struct mip *m, const char *s, const char *part)
{
	const char *at = strstr(s, part);
	int64_t *out;
	size_t k;

	if (!at)
		return NULL;
	out = mip_alloc(m, 1, sizeof *out);
	for (; out && s < at; s += k) {
		k = chars_len(s);
		++*out;
	}
	return out;
}

/* Those that do not overlap; "" stands nowhere. */
int64_t
mip_string_count(const char *s, const char *part)
{
	size_t len = strlen(part);
	int64_t n = 0;

	if (len == 0)
		return 0;
	for (; (s = strstr(s, part)) != NULL; s += len)
		n++;
	return n;
}

/* How good it is to cut a text behind a character: after a paragraph, a
 * line, a sentence, a word, anywhere but in front of a mark. */
enum cut {
	CUT_NONE, CUT_ANY, CUT_WORD, CUT_SENTENCE, CUT_LINE, CUT_PARAGRAPH,
	NCUT
};

static bool
ends_sentence(int32_t c)
{
	return c == '.' || c == '!' || c == '?' || c == 0x3002 ||
	    c == 0xff01 || c == 0xff1f || c == 0x2026 || c == 0x0964;
}

/* Is there a line break before the next character that is no blank? */
static bool
breaks_again(const char *s)
{
	size_t k;

	for (; (k = chars_len(s)) > 0; s += k) {
		if (*s == '\n')
			return true;
		if (!chars_blank(chars_at(s, k)))
			break;
	}
	return false;
}

/* The cut between character `c` and what stands at `next`. */
static enum cut
cut_of(int32_t c, const char *next)
{
	size_t k = chars_len(next);

	if (c == '\n')
		return breaks_again(next) ? CUT_PARAGRAPH : CUT_LINE;
	if (ends_sentence(c) && (c >= 0x80 || k == 0 ||
	    chars_blank(chars_at(next, k))))
		return CUT_SENTENCE;
	if (chars_blank(c))
		return CUT_WORD;
	return chars_mark(chars_at(next, k)) ? CUT_NONE : CUT_ANY;
}

/* Bytes of the first piece of at most `n` characters: to the last of the best
 * cuts in its second half, or to the last blank. */
static size_t
piece(const char *s, int64_t n)
{
	size_t best[NCUT] = { 0 }, k, at = 0;
	int64_t i = 0;
	int c;

	/* If all else fails, even there. */
	for (; i < n && (k = chars_len(s + at)) > 0; i++) {
		enum cut cut = cut_of(chars_at(s + at, k), s + at + k);

		at += k;
		if (cut == CUT_WORD || i >= n / 2)
			best[cut] = at;
	}
	if (!s[at])
		return at;
	for (c = CUT_PARAGRAPH; c >= CUT_ANY; c--)
		if (best[c] > 0)
			return best[c];
	return at;
}

/* The bytes of `s` up to the last that is no blank, of `n`. */
static size_t
without_tail(const char *s, size_t n)
{
	size_t end = 0, i, k;

	for (i = 0; i < n; i += k) {
		k = chars_len(s + i);
		if (!chars_blank(chars_at(s + i, k)))
			end = i + k;
	}
	return end;
}

struct mip_strings
mip_chunk(struct mip *m, const char *s, int64_t n)
{
	struct lib_texts t = { NULL, 0, 0 };
	size_t len, k;

	if (n < 1) {
		mip_fail(m, MIP_FAIL, "chunk of %lld characters",
		    (long long)n);
		return (struct mip_strings){ NULL, 0 };
	}
	while (mip_status(m) == MIP_OK) {
		while ((k = chars_len(s)) > 0 && chars_blank(chars_at(s, k)))
			s += k;
		if (k == 0)
			break;
		len = piece(s, n);
		lib_texts_add(m, &t, s, without_tail(s, len));
		s += len;
	}
	return (struct mip_strings){ t.v, t.n };
}
