/* Text that grows: appending, numbers, JSON strings, UTF-8.
 *
 * SPDX-License-Identifier: MIT */
#include "core/buf.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { BUF_FIRST = 64 };                /* most texts fit in two growths */

void
buf_init(struct buf *b, size_t max)
{
	*b = (struct buf)BUF_INIT;
	b->max = max;
}

void
buf_release(struct buf *b)
{
	void (*oom)(void *) = b->oom;

	free(b->s);
	buf_init(b, b->max);
	b->oom = oom;
}

void
buf_made_of(struct buf *b, struct buf *part)
{
	b->failed = b->failed || part->failed;
	buf_release(part);
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	b->failed = false;
	if (b->s)
		b->s[0] = '\0';
}

bool
buf_reserve(struct buf *b, size_t n)
{
	size_t max = b->max ? b->max : BUF_MAX, cap = b->cap;
	char *s;

	if (b->failed)
		return false;
	if (b->len > max || n > max - b->len) {
		b->failed = true;
		return false;
	}
	if (cap > b->len && n < cap - b->len)
		return true;
	if (cap < BUF_FIRST)
		cap = BUF_FIRST;
	while (cap <= b->len + n)
		cap *= 2;
	s = realloc(b->s, cap);
	if (!s) {
		if (b->oom)
			b->oom(NULL);
		b->failed = true;
		return false;
	}
	if (!b->s)
		s[0] = '\0';
	b->s = s;
	b->cap = cap;
	return true;
}

void
buf_put(struct buf *b, const void *p, size_t n)
{
	if (!n || !buf_reserve(b, n))
		return;
	memcpy(b->s + b->len, p, n);
	b->len += n;
	b->s[b->len] = '\0';
}

void
buf_puts(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

void
buf_putc(struct buf *b, char c)
{
	buf_put(b, &c, 1);
}

void
buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	size_t room;
	va_list again;
	int n;

	if (!buf_reserve(b, 0))
		return;
	room = b->cap - b->len;
	va_copy(again, ap);
	n = vsnprintf(b->s + b->len, room, fmt, again);
	va_end(again);
	if (n >= 0 && (size_t)n < room && buf_reserve(b, (size_t)n)) {
		b->len += (size_t)n;
		return;
	}
	b->s[b->len] = '\0';
	if (n < 0)
		b->failed = true;
	if (!buf_reserve(b, (size_t)n))
		return;
	vsnprintf(b->s + b->len, (size_t)n + 1, fmt, ap);
	b->len += (size_t)n;
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

void
buf_int(struct buf *b, int64_t v)
{
	uint64_t u = v < 0 ? -(uint64_t)v : (uint64_t)v;
	char text[24], *p = text + sizeof(text);

	do
		*--p = (char)('0' + u % 10);
	while (u /= 10);
	if (v < 0)
		*--p = '-';
	buf_put(b, p, (size_t)(text + sizeof(text) - p));
}

/* Appends `s`, which printf wrote, with a point for the locale's decimal
 * sign, of whatever bytes that is, and with ".0" where it looks like an
 * integer. */
static void
put_number(struct buf *b, const char *s)
{
	bool plain = true;
	size_t n;

	while (*s) {
		n = strspn(s, "0123456789");
		buf_put(b, s, n);
		s += n;
		if (*s == 'e' || *s == '-' || *s == '+') {
			plain = plain && *s != 'e';
			buf_putc(b, *s++);
		} else if (*s) {
			plain = false;
			buf_putc(b, '.');
			s += strcspn(s, "0123456789");
		}
	}
	if (plain)
		buf_puts(b, ".0");
}

void
buf_double(struct buf *b, double v)
{
	char text[40];
	int digits;

	if (isnan(v) || isinf(v)) {
		buf_puts(b, "null");
		return;
	}
	if (v > -1e15 && v < 1e15 && v == floor(v) &&
	    (v != 0.0 || !signbit(v))) {
		buf_int(b, (int64_t)v);
		buf_puts(b, ".0");
		return;
	}
	/* Fifteen digits give the shortest text of what was written with no
	 * more, but for numbers too small for full precision. */
	digits = fabs(v) < DBL_MIN ? 1 : DBL_DIG;
	for (; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, v);
		if (strtod(text, NULL) == v)
			break;
	}
	put_number(b, text);
}

/* A number's digits without zeros at either end, times a power of ten. */
struct decimal {
	bool minus, more;               /* more: digits were left out */
	size_t n;
	int64_t exp;
	char digit[800];                /* 768 decide any double's rounding */
};

static int64_t
decimal_exp(const char *p, const char *end)
{
	int64_t v = 0;
	bool minus = *p == '-';

	if (*p == '-' || *p == '+')
		p++;
	for (; p < end; p++)
		if (v < INT64_C(1) << 40)
			v = v * 10 + (*p - '0');
	return minus ? -v : v;
}

static void
decimal_read(struct decimal *d, const char *p, size_t n)
{
	const char *end = p + n;
	bool point = false;

	d->minus = *p == '-';
	d->more = false;
	d->n = 0;
	d->exp = 0;
	for (p += d->minus; p < end && *p != 'e' && *p != 'E'; p++) {
		if (*p == '.') {
			point = true;
			continue;
		}
		d->exp -= point;
		if (!d->n && *p == '0')
			continue;
		if (d->n < sizeof(d->digit) - 8) {
			d->digit[d->n++] = *p;
		} else {
			d->more |= *p != '0';
			d->exp++;
		}
	}
	if (p < end)
		d->exp += decimal_exp(p + 1, end);
	while (d->n && d->digit[d->n - 1] == '0' && !d->more) {
		d->n--;
		d->exp++;
	}
}

bool
buf_to_int(const char *s, size_t n, int64_t *out)
{
	struct decimal d;
	uint64_t u = 0;
	size_t i;

	decimal_read(&d, s, n);
	if (!d.n) {
		*out = 0;
		return true;
	}
	if (d.exp < 0 || d.n > 19 || d.exp > 19 - (int64_t)d.n)
		return false;
	/* Nineteen digits fit 64 bits. */
	for (i = 0; i < d.n + (size_t)d.exp; i++)
		u = u * 10 + (i < d.n ? (uint64_t)(d.digit[i] - '0') : 0);
	if (u > (uint64_t)INT64_MAX + d.minus)
		return false;
	*out = !d.minus ? (int64_t)u : u ? -(int64_t)(u - 1) - 1 : 0;
	return true;
}

/* By strtod, in a text without a decimal sign, which differs by locale. */
static double
decimal_slow(struct decimal *d)
{
	char text[sizeof(d->digit) + 16];

	if (d->more) {
		d->digit[d->n++] = '1';
		d->exp--;
	}
	/* Out of any range is out of range by 5000 too. */
	if (d->exp > 5000)
		d->exp = 5000;
	if (d->exp < -5000)
		d->exp = -5000;
	snprintf(text, sizeof(text), "%.*se%d", (int)d->n, d->digit,
	    (int)d->exp);
	return strtod(text, NULL);
}

bool
buf_to_double(const char *s, size_t n, double *out)
{
	static const double ten[] = {
		1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
		1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21,
		1e22
	};
	struct decimal d;
	double x = 0;
	size_t i;

	decimal_read(&d, s, n);
	/* Both factors are exact, so that one rounding is all there is. */
	if (d.n <= 15 && d.exp >= -22 && d.exp <= 22) {
		for (i = 0; i < d.n; i++)
			x = x * 10 + (d.digit[i] - '0');
		x = d.exp < 0 ? x / ten[-d.exp] : x * ten[d.exp];
	} else if (d.n) {
		x = decimal_slow(&d);
	}
	if (isinf(x))
		return false;
	*out = d.minus ? -x : x;
	return true;
}

size_t
buf_utf8(const char *s, size_t n)
{
	unsigned char c, low = 0x80, high = 0xbf;
	size_t len, i;

	if (!n)
		return 0;
	c = (unsigned char)s[0];
	if (c < 0x80)
		return 1;
	if (c < 0xc2 || c > 0xf4)
		return 0;
	len = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	if (n < len)
		return 0;
	if (c == 0xe0)
		low = 0xa0;             /* shorter forms exist */
	else if (c == 0xed)
		high = 0x9f;            /* surrogates */
	else if (c == 0xf0)
		low = 0x90;
	else if (c == 0xf4)
		high = 0x8f;            /* beyond U+10FFFF */
	for (i = 1; i < len; i++) {
		c = (unsigned char)s[i];
		if (c < low || c > high)
			return 0;
		low = 0x80;
		high = 0xbf;
	}
	return len;
}

size_t
buf_utf8_encode(char out[4], uint32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		c = 0xfffd;
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

static void
put_escape(struct buf *b, unsigned char c)
{
	static const char from[] = "\"\\\n\t\r\b\f", to[] = "\"\\ntrbf";
	const char *at = c ? strchr(from, c) : NULL;
	char two[2] = { '\\', '\0' };

	if (at) {
		two[1] = to[at - from];
		buf_put(b, two, sizeof two);
	} else {
		buf_printf(b, "\\u%04x", (unsigned)c);
	}
}

/* Eight bytes at a time: a byte is plain if neither it, nor what is left of it
 * after taking 0x20, or of its difference to a quote or a backslash after
 * taking 1, has the high bit set. */
static bool
plain8(const char *s)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	const uint64_t high = UINT64_C(0x8080808080808080);
	uint64_t v, quote, back;

	memcpy(&v, s, sizeof v);
	quote = v ^ ones * '"';
	back = v ^ ones * '\\';
	return ((v | (v - ones * 0x20) | (quote - ones) | (back - ones)) &
	    high) == 0;
}

/* Thirty-two at a time, where the processor can: bytes below 0x20 are less
 * than it as signed numbers, and so are those that have the high bit set. */
#ifdef __SSE2__
static __m128i
odd16(const char *s)
{
	const __m128i v = _mm_loadu_si128((const __m128i *)(const void *)s);

	return _mm_or_si128(_mm_cmplt_epi8(v, _mm_set1_epi8(0x20)),
	    _mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')),
	    _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'))));
}
#endif

static size_t
plain32(const char *s, size_t n)
{
	size_t i = 0;
#ifdef __SSE2__
	for (; n - i >= 32; i += 32)
		if (_mm_movemask_epi8(_mm_or_si128(odd16(s + i),
		    odd16(s + i + 16))) != 0)
			break;
#else
	(void)s;
	(void)n;
#endif
	return i;
}

size_t
buf_bom(const char *s, size_t n)
{
	return n >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

size_t
buf_plain(const char *s, size_t n)
{
	size_t i = plain32(s, n);

	while (n - i >= 8 && plain8(s + i))
		i += 8;
	while (i < n && (unsigned char)s[i] >= 0x20 &&
	    (unsigned char)s[i] < 0x80 && s[i] != '"' && s[i] != '\\')
		i++;
	return i;
}

void
buf_json(struct buf *b, const char *s, size_t n)
{
	size_t i = 0, from = 0, len;
	unsigned char c;

	if (!buf_reserve(b, n < BUF_MAX ? n + 2 : n))
		return;
	buf_putc(b, '"');
	while ((i += buf_plain(s + i, n - i)) < n) {
		c = (unsigned char)s[i];
		len = c < 0x80 ? 0 : buf_utf8(s + i, n - i);
		if (len) {
			i += len;
			continue;
		}
		buf_put(b, s + from, i - from);
		if (c < 0x80)
			put_escape(b, c);
		else
			buf_puts(b, "\xef\xbf\xbd");
		from = ++i;
	}
	buf_put(b, s + from, n - from);
	buf_putc(b, '"');
}

const char *
buf_str(const struct buf *b)
{
	return b->s ? b->s : "";
}

char *
buf_take(struct buf *b)
{
	char *s;

	buf_reserve(b, 0);
	if (b->failed) {
		buf_release(b);
		return NULL;
	}
	s = b->s;
	b->s = NULL;
	buf_release(b);
	return s;
}

void
buf_hex_encode(char *out, const void *p, size_t n)
{
	static const char digit[] = "0123456789abcdef";
	const unsigned char *c = p;

	for (; n > 0; n--, c++) {
		*out++ = digit[*c >> 4];
		*out++ = digit[*c & 15];
	}
	*out = '\0';
}

void
buf_hex(struct buf *b, const void *p, size_t n)
{
	if (b->failed || !buf_reserve(b, 2 * n))
		return;
	buf_hex_encode(b->s + b->len, p, n);
	b->len += 2 * n;
}

void
buf_percent(struct buf *b, const char *s, const char *keep)
{
	static const char digit[] = "0123456789ABCDEF";

	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
		    (c >= 'a' && c <= 'z') || strchr("-._~", c) ||
		    strchr(keep, c)) {
			buf_putc(b, *s);
			continue;
		}
		buf_putc(b, '%');
		buf_putc(b, digit[c >> 4]);
		buf_putc(b, digit[c & 15]);
	}
}
