/* What programs do with numbers, and with those in texts.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>
#include <utf8proc.h>

#include "core/chars.h"
#include "lib/lib_in.h"
#include "run/mip.h"

/* 2^63, the first double that is no int64_t. */
#define INT_END 9223372036854775808.0

enum { RANGE_MAX = 1 << 24 };           /* items: 128 MiB */

/* ---- rounding ---- */

static int64_t
to_int(struct mip *m, double v)
{
	if (v >= -INT_END && v < INT_END)
		return (int64_t)v;
	mip_fail(m, MIP_FAIL, isnan(v) ? "a float that is no number" :
	    "a float that is too large for an int");
	return 0;
}

int64_t
mip_round_int(struct mip *m, double v)
{
	return to_int(m, round(v));
}

int64_t
mip_floor(struct mip *m, double v)
{
	return to_int(m, floor(v));
}

int64_t
mip_ceil(struct mip *m, double v)
{
	return to_int(m, ceil(v));
}

/* From 15 digits on a double is exact enough as it is. */
double
mip_round_to(struct mip *m, double v, int64_t digits)
{
	double scale, r;

	if (digits < 0 || digits > 15) {
		mip_fail(m, MIP_FAIL, "round to %lld decimals, which are from "
		    "0 to 15", (long long)digits);
		return 0;
	}
	scale = pow(10, (double)digits);
	r = round(v * scale) / scale;
	return isfinite(r) ? r : v;
}

/* ---- least and most ---- */

int64_t
mip_int_abs(struct mip *m, int64_t v)
{
	return v < 0 ? mip_int_neg(m, v) : v;
}

double
mip_float_abs(double v)
{
	return fabs(v);
}

int64_t
mip_int_min(int64_t a, int64_t b)
{
	return b < a ? b : a;
}

int64_t
mip_int_max(int64_t a, int64_t b)
{
	return b > a ? b : a;
}

/* Is `a` before `b`?  A NaN stands behind all numbers, as in sort. */
static bool
before(double a, double b)
{
	return isnan(b) ? !isnan(a) : a < b;
}

double
mip_float_min(double a, double b)
{
	return before(b, a) ? b : a;
}

double
mip_float_max(double a, double b)
{
	return before(a, b) ? b : a;
}

static bool
is_empty(struct mip *m, size_t n, const char *what)
{
	if (n == 0)
		mip_fail(m, MIP_FAIL, "%s of an empty list", what);
	return n == 0;
}

int64_t
mip_min_ints(struct mip *m, struct mip_ints v)
{
	int64_t least;
	size_t i;

	if (is_empty(m, v.n, "min"))
		return 0;
	least = v.v[0];
	for (i = 1; i < v.n; i++)
		least = mip_int_min(least, v.v[i]);
	return least;
}

int64_t
mip_max_ints(struct mip *m, struct mip_ints v)
{
	int64_t most;
	size_t i;

	if (is_empty(m, v.n, "max"))
		return 0;
	most = v.v[0];
	for (i = 1; i < v.n; i++)
		most = mip_int_max(most, v.v[i]);
	return most;
}

double
mip_min_floats(struct mip *m, struct mip_floats v)
{
	double least;
	size_t i;

	if (is_empty(m, v.n, "min"))
		return 0;
	least = v.v[0];
	for (i = 1; i < v.n; i++)
		least = mip_float_min(least, v.v[i]);
	return least;
}

double
mip_max_floats(struct mip *m, struct mip_floats v)
{
	double most;
	size_t i;

	if (is_empty(m, v.n, "max"))
		return 0;
	most = v.v[0];
	for (i = 1; i < v.n; i++)
		most = mip_float_max(most, v.v[i]);
	return most;
}

/* ---- sums ---- */

double
mip_sum_floats(struct mip_floats v)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < v.n; i++)
		sum += v.v[i];
	return sum;
}

int64_t
mip_sum_ints(struct mip *m, struct mip_ints v)
{
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < v.n; i++)
		sum = mip_int_add(m, sum, v.v[i]);
	return sum;
}

double
mip_mean_floats(struct mip *m, struct mip_floats v)
{
	return is_empty(m, v.n, "mean") ? 0 : mip_sum_floats(v) / (double)v.n;
}

double
mip_mean_ints(struct mip *m, struct mip_ints v)
{
	double sum = 0;
	size_t i;

	if (is_empty(m, v.n, "mean"))
		return 0;
	for (i = 0; i < v.n; i++)
		sum += (double)v.v[i];
	return sum / (double)v.n;
}

struct mip_ints
mip_range(struct mip *m, int64_t n)
{
	int64_t *v, i;

	if (n > RANGE_MAX)
		mip_fail(m, MIP_FAIL, "range of %lld items", (long long)n);
	if (n <= 0 || n > RANGE_MAX)
		return (struct mip_ints){ NULL, 0 };
	v = mip_alloc(m, (size_t)n, sizeof *v);
	if (!v)
		return (struct mip_ints){ NULL, 0 };
	for (i = 0; i < n; i++)
		v[i] = i;
	return (struct mip_ints){ v, (size_t)n };
}

/* ---- numbers in texts ---- */

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

/* The character that ends before `s`; 0 at the beginning. */
static int32_t
char_before(const char *from, const char *s)
{
	const char *at = s;

	if (s == from)
		return 0;
	do
		at--;
	while (at > from && ((unsigned char)*at & 0xc0) == 0x80);
	return chars_at(at, (size_t)(s - at));
}

/* May stand in a word with digits: not so in scripts that write no blanks. */
static bool
letter(int32_t c)
{
	return c == '_' || (chars_word(c) && !chars_dense(c));
}

/* Whether a number begins at `s` in the text that begins at `from`: not
 * inside a word such as "x2". */
static bool
number_begins(const char *from, const char *s)
{
	int32_t c = char_before(from, s);

	if (s[0] == '.')
		return is_digit(s[1]) && !letter(c);
	return is_digit(s[0]) && !letter(c);
}

static bool
money(int32_t c)
{
	return utf8proc_category(c) == UTF8PROC_CATEGORY_SC;
}

/* A sign before the number, not a dash between two ("3-5"). */
static bool
number_minus(const char *from, const char *s)
{
	const char *at = s;
	int32_t c;

	/* "- 5" is a bullet, "-$5" and "-$ 5" are not. */
	while (at > from && (at[-1] == ' ' || money(char_before(from, at))))
		do
			at--;
		while (((unsigned char)*at & 0xc0) == 0x80);
	if (at == from || at[-1] != '-' || (at < s && at[0] == ' '))
		return false;
	c = char_before(from, at - 1);
	return !letter(c);
}

/* Digits and signs of full width, and the minus sign, become ASCII. */
static void
put_plain(struct buf *b, const char *s)
{
	int32_t c;
	size_t k;

	for (; (k = chars_len(s)) > 0; s += k) {
		c = chars_at(s, k);
		if (c >= 0xff01 && c <= 0xff5e)
			buf_putc(b, (char)(c - 0xff01 + '!'));
		else if (c == 0x2212)
			buf_putc(b, '-');
		else
			buf_put(b, s, k);
	}
}

/* Past what is no number: a word with its digits, or a character. */
static const char *
skip_word(const char *s)
{
	const char *at = s;
	size_t k;

	while ((k = chars_len(at)) > 0 && letter(chars_at(at, k)))
		at += k;
	return at > s ? at : s + chars_len(s);
}

static bool
last_number(struct buf *b, const char *text, double *out)
{
	const char *s = text;
	bool found = false;
	struct json v;
	double one;

	while (*s) {
		if (!number_begins(text, s)) {
			s = skip_word(s);
			continue;
		}
		buf_reset(b);
		if (number_minus(text, s))
			buf_putc(b, '-');
		s = number_at(b, s);
		if (json_parse(buf_str(b), b->len, &v, NULL, NULL) &&
		    json_double(v, &one) && isfinite(one)) {
			*out = one;
			found = true;
		}
	}
	return found;
}

bool
number_in(struct mip *m, const char *text, double *out)
{
	struct buf b = BUF_INIT, plain = BUF_INIT;
	bool found = false;

	put_plain(&plain, text);
	if (!plain.failed)
		found = last_number(&b, buf_str(&plain), out);
	if (plain.failed || b.failed)
		mip_fail(m, MIP_NOMEM, "%s", mip_status_text(MIP_NOMEM));
	found = found && !b.failed;
	buf_release(&plain);
	buf_release(&b);
	return found;
}

const double *
mip_number(struct mip *m, const char *s)
{
	double v = 0, *out;

	if (!number_in(m, s, &v))
		return NULL;
	out = mip_alloc(m, 1, sizeof *out);
	if (out)
		*out = v;
	return out;
}
