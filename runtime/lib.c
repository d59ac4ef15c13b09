/* What programs do with numbers and texts.
 *
 * Texts are valid UTF-8.  Whatever fails makes the run fail and still gives
 * a value that can be used.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "buf.h"
#include "json.h"
#include "mip.h"
#include "type.h"

/* 2^63, the first double that is no int64_t. */
#define INT_END 9223372036854775808.0

enum { SHOWN = 40 };                    /* bytes of a bad text in a message */

/* ---- numbers ---- */

static int64_t
overflow(struct mip *m, const char *op)
{
	mip_fail(m, MIP_FAIL, "integer overflow in '%s'", op);
	return 0;
}

int64_t
mip_int_add(struct mip *m, int64_t a, int64_t b)
{
	if ((b > 0 && a > INT64_MAX - b) || (b < 0 && a < INT64_MIN - b))
		return overflow(m, "+");
	return a + b;
}

int64_t
mip_int_sub(struct mip *m, int64_t a, int64_t b)
{
	if ((b < 0 && a > INT64_MAX + b) || (b > 0 && a < INT64_MIN + b))
		return overflow(m, "-");
	return a - b;
}

static bool
mul_fits(int64_t a, int64_t b)
{
	if (a == 0 || b == 0)
		return true;
	if (a > 0)
		return b > 0 ? a <= INT64_MAX / b : b >= INT64_MIN / a;
	return b > 0 ? a >= INT64_MIN / b : b >= INT64_MAX / a;
}

int64_t
mip_int_mul(struct mip *m, int64_t a, int64_t b)
{
	if (!mul_fits(a, b))
		return overflow(m, "*");
	return a * b;
}

int64_t
mip_int_div(struct mip *m, int64_t a, int64_t b)
{
	if (b == 0) {
		mip_fail(m, MIP_FAIL, "division by zero");
		return 0;
	}
	if (a == INT64_MIN && b == -1)
		return overflow(m, "/");
	return a / b;
}

int64_t
mip_int_mod(struct mip *m, int64_t a, int64_t b)
{
	if (b == 0) {
		mip_fail(m, MIP_FAIL, "remainder of a division by zero");
		return 0;
	}
	return b == -1 ? 0 : a % b;
}

int64_t
mip_int_neg(struct mip *m, int64_t a)
{
	return a == INT64_MIN ? overflow(m, "-") : -a;
}

double
mip_float_div(struct mip *m, double a, double b)
{
	if (b < 0 || b > 0)
		return a / b;
	mip_fail(m, MIP_FAIL, "division by zero");
	return 0;
}

double
mip_float_mod(struct mip *m, double a, double b)
{
	if (b < 0 || b > 0)
		return fmod(a, b);
	mip_fail(m, MIP_FAIL, "remainder of a division by zero");
	return 0;
}

int64_t
mip_round_int(struct mip *m, double v)
{
	double r = round(v);

	if (r >= -INT_END && r < INT_END)
		return (int64_t)r;
	mip_fail(m, MIP_FAIL, "a float that is too large for an int");
	return 0;
}

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

bool
mip_index(struct mip *m, int64_t i, size_t n, size_t *at)
{
	*at = 0;
	if (i >= 0 && (uint64_t)i < n) {
		*at = (size_t)i;
		return true;
	}
	mip_fail(m, MIP_FAIL, "index %lld is outside a list of %zu",
	    (long long)i, n);
	return false;
}

/* ---- characters ---- */

/* Bytes of the character at `s`; 0 at the end. */
static size_t
char_len(const char *s)
{
	unsigned char c = (unsigned char)*s;
	size_t n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1, i;

	if (c == 0)
		return 0;
	for (i = 1; i < n; i++)
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return i;
	return n;
}

static utf8proc_int32_t
char_at(const char *s, size_t n)
{
	utf8proc_int32_t c;

	if (utf8proc_iterate((const utf8proc_uint8_t *)s,
	    (utf8proc_ssize_t)n, &c) <= 0)
		return 0xfffd;
	return c;
}

static bool
char_blank(utf8proc_int32_t c)
{
	return (c >= '\t' && c <= '\r') || c == ' ' || c == 0x85 ||
	    (c >= 0x2028 && c <= 0x2029) ||
	    (c >= 0x80 && utf8proc_category(c) == UTF8PROC_CATEGORY_ZS);
}

static bool
char_word(utf8proc_int32_t c)
{
	switch (utf8proc_category(c)) {
	case UTF8PROC_CATEGORY_LU: case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT: case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO: case UTF8PROC_CATEGORY_ND:
	case UTF8PROC_CATEGORY_NL: case UTF8PROC_CATEGORY_NO:
		return true;
	case UTF8PROC_CATEGORY_CN: case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC: case UTF8PROC_CATEGORY_ME:
	case UTF8PROC_CATEGORY_PC: case UTF8PROC_CATEGORY_PD:
	case UTF8PROC_CATEGORY_PS: case UTF8PROC_CATEGORY_PE:
	case UTF8PROC_CATEGORY_PI: case UTF8PROC_CATEGORY_PF:
	case UTF8PROC_CATEGORY_PO: case UTF8PROC_CATEGORY_SM:
	case UTF8PROC_CATEGORY_SC: case UTF8PROC_CATEGORY_SK:
	case UTF8PROC_CATEGORY_SO: case UTF8PROC_CATEGORY_ZS:
	case UTF8PROC_CATEGORY_ZL: case UTF8PROC_CATEGORY_ZP:
	case UTF8PROC_CATEGORY_CC: case UTF8PROC_CATEGORY_CF:
	case UTF8PROC_CATEGORY_CS: case UTF8PROC_CATEGORY_CO:
		break;
	}
	return false;
}

/* The text as it stays with the run; "" without memory. */
static const char *
text_keep(struct mip *m, const char *s, size_t n)
{
	const char *own = arena_strndup(mip_arena(m), s, n);

	return own ? own : "";
}

static const char *
text_take(struct mip *m, struct buf *b)
{
	const char *s = "";

	if (b->failed)
		mip_fail(m, MIP_NOMEM, "%s", mip_status_text(MIP_NOMEM));
	else
		s = text_keep(m, buf_str(b), b->len);
	buf_release(b);
	return s;
}

/* ---- texts ---- */

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
	return text_take(m, &b);
}

int64_t
mip_string_len(const char *s)
{
	int64_t n = 0;
	size_t k;

	for (; (k = char_len(s)) > 0; s += k)
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

	for (; (k = char_len(s)) > 0; s += k) {
		utf8proc_ssize_t n = utf8proc_encode_char(
		    to(char_at(s, k)), out);

		buf_put(&b, out, (size_t)n);
	}
	return text_take(m, &b);
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

/* The text without the blanks at its ends. */
static struct json
text_trim(const char *s)
{
	struct json t;
	const char *end;
	size_t k;

	while ((k = char_len(s)) > 0 && char_blank(char_at(s, k)))
		s += k;
	end = t.s = s;
	for (; (k = char_len(s)) > 0; s += k)
		if (!char_blank(char_at(s, k)))
			end = s + k;
	t.n = (size_t)(end - t.s);
	return t;
}

const char *
mip_trim(struct mip *m, const char *s)
{
	struct json t = text_trim(s);

	return text_keep(m, t.s, t.n);
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
	return text_take(m, &b);
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
	for (; at > 0 && (k = char_len(s)) > 0; s += k)
		at--;
	from = s;
	for (; n > 0 && (k = char_len(s)) > 0; s += k)
		n--;
	return text_keep(m, from, (size_t)(s - from));
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
	return text_take(m, &b);
}

/* A list that grows in the arena of the run. */
struct texts {
	const char **v;
	size_t n, cap;
};

static void
texts_add(struct mip *m, struct texts *t, const char *s, size_t n)
{
	const char **v = arena_grow(mip_arena(m), t->v, &t->cap, t->n + 1,
	    sizeof *v);

	if (!v)
		return;
	t->v = v;
	v[t->n++] = text_keep(m, s, n);
}

static struct mip_strings
texts_list(const struct texts *t)
{
	return (struct mip_strings){ t->v, t->n };
}

/* By "" into characters. */
struct mip_strings
mip_split(struct mip *m, const char *s, const char *sep)
{
	struct texts t = { NULL, 0, 0 };
	size_t n = strlen(sep), k;
	const char *at;

	if (n == 0) {
		for (; (k = char_len(s)) > 0; s += k)
			texts_add(m, &t, s, k);
		return texts_list(&t);
	}
	for (; (at = strstr(s, sep)) != NULL; s = at + n)
		texts_add(m, &t, s, (size_t)(at - s));
	texts_add(m, &t, s, strlen(s));
	return texts_list(&t);
}

/* Without "\n" and "\r\n"; an end of line at the end begins no new one. */
struct mip_strings
mip_lines(struct mip *m, const char *s)
{
	struct texts t = { NULL, 0, 0 };

	while (*s) {
		size_t n = strcspn(s, "\n"), cut = n;

		if (s[n] == '\n' && n > 0 && s[n - 1] == '\r')
			cut--;
		texts_add(m, &t, s, cut);
		s += n + (s[n] == '\n');
	}
	return texts_list(&t);
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

	for (; (l = char_len(part)) > 0; part += l, s += k) {
		k = char_len(s);
		if (k == 0)
			return false;
		if (utf8proc_tolower(char_at(s, k)) !=
		    utf8proc_tolower(char_at(part, l)))
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
		k = char_len(s);
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

	for (; (k = char_len(s)) > 0; s += k)
		if (char_word(char_at(s, k)))
			return true;
	return false;
}

/* ---- texts and numbers ---- */

const char *
mip_str_int(struct mip *m, int64_t v)
{
	struct buf b = BUF_INIT;

	buf_int(&b, v);
	return text_take(m, &b);
}

const char *
mip_str_float(struct mip *m, double v)
{
	struct buf b = BUF_INIT;

	if (isnan(v))
		return "nan";
	if (isinf(v))
		return v > 0 ? "inf" : "-inf";
	buf_double(&b, v);
	return text_take(m, &b);
}

const char *
mip_str_bool(bool v)
{
	return v ? "true" : "false";
}

static void
no_number(struct mip *m, const char *s, const char *what)
{
	size_t n = 0, k;

	while (n < SHOWN && (k = char_len(s + n)) > 0)
		n += k;
	mip_fail(m, MIP_FAIL, "\"%.*s%s\" is not %s", (int)n, s,
	    s[n] ? "..." : "", what);
}

int64_t
mip_to_int(struct mip *m, const char *s)
{
	struct json t = text_trim(s);
	bool minus = t.n > 0 && t.s[0] == '-';
	size_t i = t.n > 0 && (t.s[0] == '-' || t.s[0] == '+');
	int64_t v = 0;

	if (i == t.n) {
		no_number(m, s, "an int");
		return 0;
	}
	for (; i < t.n; i++) {
		int d = t.s[i] - '0';

		if (d < 0 || d > 9) {
			no_number(m, s, "an int");
			return 0;
		}
		/* Downwards: there is one number more. */
		if (v < (INT64_MIN + d) / 10) {
			no_number(m, s, "an int of 64 bits");
			return 0;
		}
		v = v * 10 - d;
	}
	if (!minus && v == INT64_MIN) {
		no_number(m, s, "an int of 64 bits");
		return 0;
	}
	return minus ? v : -v;
}

/* As JSON, but also "+1", ".5", "5." and "007". */
double
mip_to_float(struct mip *m, const char *s)
{
	struct json t = text_trim(s), v;
	struct buf b = BUF_INIT;
	size_t i = 0, digits;
	double d = 0;
	bool ok;

	if (t.n > 0 && (t.s[0] == '-' || t.s[0] == '+'))
		i = 1;
	if (i == 1 && t.s[0] == '-')
		buf_putc(&b, '-');
	digits = i;
	while (i + 1 < t.n && t.s[i] == '0' && t.s[i + 1] >= '0' &&
	    t.s[i + 1] <= '9')
		i++;
	if (i + 1 < t.n && t.s[i] == '.' && t.s[i + 1] >= '0' &&
	    t.s[i + 1] <= '9')
		buf_putc(&b, '0');
	if (t.n > digits + 1 && t.s[t.n - 1] == '.' &&
	    !memchr(t.s, '.', t.n - 1))
		t.n--;
	buf_put(&b, t.s + i, t.n - i);
	ok = json_parse(buf_str(&b), b.len, &v, NULL, NULL) &&
	    json_kind(v) == JSON_NUMBER && json_double(v, &d) && isfinite(d);
	if (b.failed)
		mip_fail(m, MIP_NOMEM, "%s", mip_status_text(MIP_NOMEM));
	else if (!ok)
		no_number(m, s, "a number");
	buf_release(&b);
	return ok ? d : 0;
}

/* ---- values of any type ---- */

bool
mip_equal(const struct mip_type *t, const void *a, const void *b)
{
	return type_equal(t, a, b);
}

const char *
mip_to_json(struct mip *m, const struct mip_type *t, const void *v)
{
	struct buf b = BUF_INIT;

	type_write(&b, t, v, true);
	return text_take(m, &b);
}
