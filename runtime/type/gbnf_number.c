/* Numbers between limits, digit by digit.
 *
 * SPDX-License-Identifier: MIT */
#include "type/gbnf_in.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
	GN_DIGITS = 18,             /* of an int: fewer than 2^63 has */
	GN_WHOLE = 15,              /* of a float, before the point */
	GN_FRACTION = 15            /* and behind it, at most */
};

/* "[2-7]", or one digit as a literal. */
static void
gn_put_digits(struct buf *b, char low, char high)
{
	if (low == high)
		buf_printf(b, "\"%c\" ", low);
	else
		buf_printf(b, "[%c-%c] ", low, high);
}

static void
gn_put_any(struct buf *b, size_t n)
{
	if (n == 1)
		buf_puts(b, "[0-9] ");
	else if (n > 1)
		buf_printf(b, "[0-9]{%zu} ", n);
}

static bool
gn_is_all(const char *s, size_t n, char c)
{
	return strspn(s, (char[]){ c, '\0' }) >= n;
}

static void gn_put_same(struct buf *b, const char *low, const char *high,
    size_t n);

/* What begins with the digit of a limit, and ends within it. */
static void
gn_put_edge(struct buf *b, char digit, const char *low, const char *high,
    size_t n)
{
	buf_printf(b, "\"%c\" ", digit);
	gn_put_same(b, low, high, n);
}

/* From `low` to `high`, both of `n` digits. */
static void
gn_put_same(struct buf *b, const char *low, const char *high, size_t n)
{
	static const char zeros[] = "000000000000000000";
	static const char nines[] = "999999999999999999";
	bool below, above;
	char from, to;

	if (n == 0)
		return;
	if (gn_is_all(low, n, '0') && gn_is_all(high, n, '9')) {
		gn_put_any(b, n);
		return;
	}
	if (*low == *high) {
		gn_put_edge(b, *low, low + 1, high + 1, n - 1);
		return;
	}
	/* The first and the last digit apart, where not all may follow. */
	below = !gn_is_all(low + 1, n - 1, '0');
	above = !gn_is_all(high + 1, n - 1, '9');
	from = (char)(*low + below);
	to = (char)(*high - above);
	buf_puts(b, below + above > 0 ? "( " : "");
	if (below) {
		gn_put_edge(b, *low, low + 1, nines, n - 1);
		buf_puts(b, from <= to || above ? "| " : "");
	}
	if (from <= to) {
		gn_put_digits(b, from, to);
		gn_put_any(b, n - 1);
		buf_puts(b, above ? "| " : "");
	}
	if (above)
		gn_put_edge(b, *high, zeros, high + 1, n - 1);
	buf_puts(b, below + above > 0 ? ") " : "");
}

static uint64_t
gn_power(size_t n)
{
	uint64_t v = 1;

	while (n-- > 0)
		v *= 10;
	return v;
}

/* The whole numbers from `low` to `high`, as alternatives. */
static void
gn_put_whole(struct buf *b, uint64_t low, uint64_t high)
{
	char from[24], to[24];
	uint64_t first, last;
	size_t n;
	bool any = false;

	for (n = 1; n <= GN_DIGITS; n++) {
		first = n == 1 ? 0 : gn_power(n - 1);
		last = gn_power(n) - 1;
		if (last < low || first > high)
			continue;
		snprintf(from, sizeof(from), "%" PRIu64,
		    low > first ? low : first);
		snprintf(to, sizeof(to), "%" PRIu64,
		    high < last ? high : last);
		buf_puts(b, any ? "| " : "");
		gn_put_same(b, from, to, n);
		any = true;
	}
}

bool
gbnf_int(struct buf *b, const struct mip_field *f)
{
	const double most = 1e15;       /* doubles tell these apart */
	int64_t low = 1 - (int64_t)gn_power(GN_DIGITS), high = -low;
	bool both;

	if (f == NULL || !(f->flags & (MIP_HAS_MIN | MIP_HAS_MAX)))
		return false;
	if (((f->flags & MIP_HAS_MIN) && !(fabs(f->min) < most)) ||
	    ((f->flags & MIP_HAS_MAX) && !(fabs(f->max) < most)))
		return false;
	if (f->flags & MIP_HAS_MIN)
		low = (int64_t)ceil(f->min);
	if (f->flags & MIP_HAS_MAX)
		high = (int64_t)floor(f->max);
	if (low > high)
		return false;
	both = low < 0 && high >= 0;
	buf_puts(b, both ? "( " : "");
	if (low < 0) {
		buf_puts(b, "\"-\" ( ");
		gn_put_whole(b, high < 0 ? (uint64_t)-high : 1, (uint64_t)-low);
		buf_puts(b, both ? ") | " : ") ");
	}
	if (high >= 0) {
		buf_puts(b, both ? "" : "( ");
		gn_put_whole(b, low > 0 ? (uint64_t)low : 0, (uint64_t)high);
		buf_puts(b, ") ");
	}
	return true;
}

/* ---- floats ---- */

/* A limit without its sign. */
struct gn_decimal {
	uint64_t whole;
	char fraction[24];              /* digits without zeros at the end */
};

/* False if the number has no such form. */
static bool
gn_decimal_of(double v, struct gn_decimal *d)
{
	char text[64];
	size_t n;

	if (!(fabs(v) < 1e15))
		return false;
	snprintf(text, sizeof(text), "%.*f", GN_FRACTION, fabs(v));
	for (n = GN_FRACTION; n > 0; n--) {
		char shorter[64];
		double back;

		snprintf(shorter, sizeof(shorter), "%.*f", (int)n - 1,
		    fabs(v));
		if (sscanf(shorter, "%lf", &back) != 1 || back != fabs(v))
			break;
		memcpy(text, shorter, sizeof(text));
	}
	if (n == GN_FRACTION)
		return false;
	n = strcspn(text, ".");
	snprintf(d->fraction, sizeof(d->fraction), "%s",
	    text[n] ? text + n + 1 : "");
	return sscanf(text, "%" SCNu64, &d->whole) == 1;
}

static void
gn_put_more(struct buf *b, size_t depth)
{
	buf_printf(b, "[0-9]{0,%zu} ", GN_FRACTION - depth);
}

/* The digits behind a point from `s` up. */
static void
gn_fraction_from(struct buf *b, const char *s, size_t depth)
{
	if (s[0] < '9') {
		gn_put_digits(b, (char)(s[0] + 1), '9');
		gn_put_more(b, depth + 1);
		buf_puts(b, "| ");
	}
	buf_printf(b, "\"%c\" ", s[0]);
	if (s[1] == '\0') {
		gn_put_more(b, depth + 1);
		return;
	}
	buf_puts(b, "( ");
	gn_fraction_from(b, s + 1, depth + 1);
	buf_puts(b, ") ");
}

/* Those up to `s`; digits that are left out are zeros. */
static void
gn_fraction_to(struct buf *b, const char *s, size_t depth)
{
	if (s[0] > '0') {
		gn_put_digits(b, '0', (char)(s[0] - 1));
		gn_put_more(b, depth + 1);
		buf_puts(b, "| ");
	}
	buf_printf(b, "\"%c\" ", s[0]);
	if (s[1] == '\0') {
		buf_printf(b, "\"0\"{0,%zu} ", GN_FRACTION - depth - 1);
		return;
	}
	buf_puts(b, "( ");
	gn_fraction_to(b, s + 1, depth + 1);
	buf_puts(b, ")? ");
}

/* Those from `low` to `high`, which is larger. */
static void
gn_fraction_between(struct buf *b, const char *low, const char *high,
    size_t depth)
{
	char from = *low ? *low : '0';

	if (from == *high) {
		buf_printf(b, "\"%c\" ( ", from);
		gn_fraction_between(b, *low ? low + 1 : low, high + 1,
		    depth + 1);
		buf_puts(b, *low && low[1] ? ") " : ")? ");
		return;
	}
	if (from + 1 < *high) {
		gn_put_digits(b, (char)(from + 1), (char)(*high - 1));
		gn_put_more(b, depth + 1);
		buf_puts(b, "| ");
	}
	buf_printf(b, "\"%c\" ", from);
	if (*low == '\0' || low[1] == '\0') {
		gn_put_more(b, depth + 1);
	} else {
		buf_puts(b, "( ");
		gn_fraction_from(b, low + 1, depth + 1);
		buf_puts(b, ") ");
	}
	buf_printf(b, "| \"%c\" ", *high);
	if (high[1] == '\0') {
		buf_printf(b, "\"0\"{0,%zu} ", GN_FRACTION - depth - 1);
	} else {
		buf_puts(b, "( ");
		gn_fraction_to(b, high + 1, depth + 1);
		buf_puts(b, ")? ");
	}
}

static void
gn_put_any_fraction(struct buf *b)
{
	buf_printf(b, "( \".\" [0-9]{1,%d} )? ", GN_FRACTION);
}

/* Just this fraction. */
static void
gn_put_zeros(struct buf *b, const char *fraction)
{
	if (fraction[0])
		buf_printf(b, "\".%s\" \"0\"{0,%zu} ", fraction,
		    GN_FRACTION - strlen(fraction));
	else
		buf_printf(b, "( \".\" \"0\"{1,%d} )? ", GN_FRACTION);
}

/* From `low` to `high`, or without an end if that is NULL, as alternatives. */
static void
gn_put_size(struct buf *b, const struct gn_decimal *low,
    const struct gn_decimal *high)
{
	uint64_t first = low->whole, last = high != NULL ? high->whole :
	    gn_power(GN_WHOLE);

	if (high != NULL && first == last) {
		buf_printf(b, "\"%" PRIu64 "\" ", first);
		if (strcmp(low->fraction, high->fraction) == 0) {
			gn_put_zeros(b, low->fraction);
			return;
		}
		buf_puts(b, "( \".\" ( ");
		gn_fraction_between(b, low->fraction, high->fraction, 0);
		buf_puts(b, low->fraction[0] ? ") ) " : ") )? ");
		return;
	}
	if (low->fraction[0]) {
		buf_printf(b, "\"%" PRIu64 "\" \".\" ( ", first++);
		gn_fraction_from(b, low->fraction, 0);
		buf_puts(b, ") ");
		buf_puts(b, "| ");
	}
	if (first < last) {
		buf_puts(b, "( ");
		gn_put_whole(b, first, last - 1);
		buf_puts(b, ") ");
		gn_put_any_fraction(b);
	}
	if (high == NULL)
		return;
	buf_printf(b, "%s\"%" PRIu64 "\" ", first < last ? "| " : "", last);
	if (!high->fraction[0]) {
		gn_put_zeros(b, "");
		return;
	}
	buf_puts(b, "( \".\" ( ");
	gn_fraction_to(b, high->fraction, 0);
	buf_puts(b, ") )? ");
}

bool
gbnf_float(struct buf *b, const struct mip_field *f)
{
	static const struct gn_decimal zero = { 0, "" };
	struct gn_decimal min = zero, max = zero;
	bool has_min, has_max, below, above;

	if (f == NULL || !(f->flags & (MIP_HAS_MIN | MIP_HAS_MAX)))
		return false;
	has_min = f->flags & MIP_HAS_MIN;
	has_max = f->flags & MIP_HAS_MAX;
	if ((has_min && !gn_decimal_of(f->min, &min)) ||
	    (has_max && !gn_decimal_of(f->max, &max)) ||
	    (has_min && has_max && f->min > f->max))
		return false;
	below = !has_min || f->min < 0;
	above = !has_max || f->max >= 0;
	buf_puts(b, "( ");
	if (below) {
		buf_puts(b, "\"-\" ( ");
		gn_put_size(b, above ? &zero : &max, has_min ? &min : NULL);
		buf_puts(b, above ? ") | " : ") ");
	}
	if (above)
		gn_put_size(b, has_min && f->min > 0 ? &min : &zero,
		    has_max ? &max : NULL);
	buf_puts(b, ") ");
	return true;
}
