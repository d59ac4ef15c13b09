/* Metrics that need no model: texts compared as SQuAD does, and numbers.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "buf.h"
#include "json.h"
#include "mip.h"

/* Words in one string, ended by NULs; `v` points into `text`. */
struct words {
	char *text;
	const char **v;
	size_t n;
};

static bool
word_blank(utf8proc_int32_t c)
{
	return (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x20) ||
	    c == 0x85 || c == 0x2028 || c == 0x2029 ||
	    (c >= 0x80 && utf8proc_category(c) == UTF8PROC_CATEGORY_ZS);
}

static bool
word_punct(utf8proc_int32_t c)
{
	return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') ||
	    (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

static bool
word_article(const char *s)
{
	return strcmp(s, "a") == 0 || strcmp(s, "an") == 0 ||
	    strcmp(s, "the") == 0;
}

/* NFD, lower case, no ASCII punctuation, each run of blanks one NUL. */
static void
words_text(struct buf *b, const char *s)
{
	utf8proc_uint8_t *nfd, out[4];
	const utf8proc_uint8_t *at;
	utf8proc_ssize_t k;
	utf8proc_int32_t c;

	nfd = utf8proc_NFD((const utf8proc_uint8_t *)s);
	if (!nfd) {
		b->failed = true;
		return;
	}
	for (at = nfd; *at; at += k) {
		k = utf8proc_iterate(at, -1, &c);
		if (k <= 0)
			break;
		if (word_punct(c))
			continue;
		if (word_blank(c))
			buf_putc(b, '\0');
		else
			buf_put(b, out, (size_t)utf8proc_encode_char(
			    utf8proc_tolower(c), out));
	}
	free(nfd);
}

/* The words of a text but the articles; false, and a failed run, without
 * memory. */
static bool
words_of(struct mip *m, const char *s, struct words *w)
{
	struct buf b = BUF_INIT;
	const char *at, *end;

	*w = (struct words){ NULL, NULL, 0 };
	words_text(&b, s);
	if (!b.failed)
		w->text = mip_alloc(m, b.len + 1, 1);
	if (w->text)
		w->v = mip_alloc(m, b.len / 2 + 1, sizeof *w->v);
	if (!w->v) {
		mip_fail(m, MIP_NOMEM, "%s", mip_status_text(MIP_NOMEM));
		buf_release(&b);
		return false;
	}
	if (b.len > 0)
		memcpy(w->text, b.s, b.len);
	end = w->text + b.len;
	for (at = w->text; at < end; at += strlen(at) + 1)
		if (*at && !word_article(at))
			w->v[w->n++] = at;
	buf_release(&b);
	return true;
}

static bool
words_at(const struct words *w, size_t at, const struct words *part)
{
	size_t i;

	for (i = 0; i < part->n; i++)
		if (strcmp(w->v[at + i], part->v[i]) != 0)
			return false;
	return true;
}

double
mip_exact(struct mip *m, const char *gold, const char *pred)
{
	struct words g, p;

	if (!words_of(m, gold, &g) || !words_of(m, pred, &p))
		return 0;
	return g.n == p.n && words_at(&p, 0, &g) ? 1 : 0;
}

/* A gold of no words stands only in a pred of none. */
double
mip_contains_text(struct mip *m, const char *gold, const char *pred)
{
	struct words g, p;
	size_t i;

	if (!words_of(m, gold, &g) || !words_of(m, pred, &p))
		return 0;
	if (g.n == 0)
		return p.n == 0 ? 1 : 0;
	for (i = 0; i + g.n <= p.n; i++)
		if (words_at(&p, i, &g))
			return 1;
	return 0;
}

static int
word_cmp(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Two texts of no words agree, as in SQuAD 2. */
double
mip_f1(struct mip *m, const char *gold, const char *pred)
{
	struct words g, p;
	size_t i = 0, j = 0, same = 0;
	double precision, recall;

	if (!words_of(m, gold, &g) || !words_of(m, pred, &p))
		return 0;
	if (g.n == 0 || p.n == 0)
		return g.n == p.n ? 1 : 0;
	qsort(g.v, g.n, sizeof *g.v, word_cmp);
	qsort(p.v, p.n, sizeof *p.v, word_cmp);
	while (i < g.n && j < p.n) {
		int d = strcmp(g.v[i], p.v[j]);

		same += d == 0;
		i += d <= 0;
		j += d >= 0;
	}
	if (same == 0)
		return 0;
	precision = (double)same / (double)p.n;
	recall = (double)same / (double)g.n;
	return 2 * precision * recall / (precision + recall);
}

double
mip_numeric(double gold, double pred, double rel, double abs)
{
	double slack = rel * fabs(gold);

	if (!isfinite(gold) || !isfinite(pred))
		return 0;
	if (!(slack > abs))
		slack = abs;
	return fabs(gold - pred) <= slack ? 1 : 0;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Three digits and no fourth. */
static bool
thousands(const char *s)
{
	return is_digit(s[0]) && is_digit(s[1]) && is_digit(s[2]) &&
	    !is_digit(s[3]);
}

/* Appends the number that begins with the digit (or the '.' before one) at
 * `s` as JSON has it; gives its end. */
static const char *
number_at(struct buf *b, const char *s)
{
	while (s[0] == '0' && is_digit(s[1]))
		s++;
	if (s[0] == '.')
		buf_putc(b, '0');
	while (is_digit(*s) || (*s == ',' && thousands(s + 1))) {
		if (*s != ',')
			buf_putc(b, *s);
		s++;
	}
	if (s[0] == '.' && is_digit(s[1])) {
		do
			buf_putc(b, *s++);
		while (is_digit(*s));
	}
	if ((s[0] == 'e' || s[0] == 'E') && (is_digit(s[1]) ||
	    ((s[1] == '-' || s[1] == '+') && is_digit(s[2])))) {
		buf_put(b, s, 2);
		s += 2;
		while (is_digit(*s))
			buf_putc(b, *s++);
	}
	return s;
}

static bool
letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	    (unsigned char)c >= 0x80;
}

/* Whether a number begins at `s` in the text that begins at `from`: not
 * inside a word such as "x2". */
static bool
number_begins(const char *from, const char *s)
{
	if (!is_digit(s[0]) && !(s[0] == '.' && is_digit(s[1])))
		return false;
	return s == from || !(letter(s[-1]) ||
	    (s[0] == '.' && is_digit(s[-1])));
}

/* A sign before the number, not a dash between two ("3-5"). */
static bool
number_minus(const char *from, const char *s)
{
	const char *at = s;

	while (at > from && (at[-1] == '$' || at[-1] == ' '))
		at--;
	if (at == from || at[-1] != '-')
		return false;
	/* "- 5" is a bullet, "-$5" is not. */
	if (at < s && at[0] == ' ')
		return false;
	at--;
	return at == from || (!is_digit(at[-1]) && !letter(at[-1]));
}

/* The last number in the text: what comes before is usually the way to it. */
static bool
number_in(struct mip *m, const char *text, double *out)
{
	struct buf b = BUF_INIT;
	const char *s = text;
	bool found = false;
	struct json v;

	while (*s) {
		if (!number_begins(text, s)) {
			/* Past a word, with its digits. */
			if (is_digit(*s) || letter(*s))
				while (is_digit(*s) || letter(*s))
					s++;
			else
				s++;
			continue;
		}
		buf_reset(&b);
		if (number_minus(text, s))
			buf_putc(&b, '-');
		s = number_at(&b, s);
		if (json_parse(buf_str(&b), b.len, &v, NULL, NULL) &&
		    json_double(v, out) && isfinite(*out))
			found = true;
	}
	if (b.failed)
		mip_fail(m, MIP_NOMEM, "%s", mip_status_text(MIP_NOMEM));
	found = found && !b.failed;
	buf_release(&b);
	return found;
}

double
mip_numeric_text(struct mip *m, const char *gold, const char *pred,
    double rel, double abs)
{
	double g, p;

	if (!number_in(m, gold, &g) || !number_in(m, pred, &p))
		return 0;
	return mip_numeric(g, p, rel, abs);
}
