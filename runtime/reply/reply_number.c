/* Numbers in the text of a reply: grouped, with signs, percent, fractions.
 *
 * What could be read in two ways is refused, never guessed.
 *
 * SPDX-License-Identifier: MIT */
#include "reply/reply.h"

#include <math.h>
#include <string.h>

#include <utf8proc.h>

#include "core/json.h"
#include "reply/reply_in.h"

/* A number as it stands: digits, how they are grouped, what is around. */
struct rn_number {
	const char *from, *to;          /* with sign, currency, percent */
	const char *digit, *last;       /* the digits with their marks */
	bool negative;
	bool format, percent, money, bad;
};

/* Bytes of a currency sign at `s`, or of one that ends there. */
static size_t
rn_currency(const char *s, const char *end)
{
	utf8proc_int32_t c;
	utf8proc_ssize_t n;

	if (s >= end)
		return 0;
	n = utf8proc_iterate((const utf8proc_uint8_t *)s, end - s, &c);
	return n > 0 && utf8proc_category(c) == UTF8PROC_CATEGORY_SC ?
	    (size_t)n : 0;
}

static size_t
rn_currency_before(const char *start, const char *s)
{
	const char *c = s;

	while (c > start && s - c < 4) {
		c--;
		if (((unsigned char)*c & 0xc0) != 0x80)
			return rn_currency(c, s) == (size_t)(s - c) ?
			    (size_t)(s - c) : 0;
	}
	return 0;
}

/* Bytes of a mark that separates groups of digits. */
static size_t
rn_group(const char *s, const char *end)
{
	static const char *const wide[] = {
		"\xc2\xa0", "\xe2\x80\xaf", "\xe2\x80\x89"
	};
	size_t i, n;

	if (s < end && (*s == ',' || *s == '_' || *s == '\''))
		return 1;
	for (i = 0; i < sizeof(wide) / sizeof(*wide); i++) {
		n = strlen(wide[i]);
		if ((size_t)(end - s) > n && memcmp(s, wide[i], n) == 0)
			return n;
	}
	return 0;
}

/* Reads digits, their groups and a fraction at `s`.  What could be read in
 * two ways is bad: 3,14  1.234,56  1.2.3 */
static const char *
rn_digits(const char *s, const char *end, struct rn_number *x)
{
	const char *mark = NULL, *start = s;
	size_t run = 0, first = 0, groups = 0, small = 0, dots = 0, n;
	bool mixed = false;

	for (;; s++) {
		if (s < end && reply_digit(*s)) {
			run++;
			continue;
		}
		n = rn_group(s, end);
		if (s + 1 < end && *s == '.' && reply_digit(s[1]))
			n = 1;
		if (n == 0 || s + n >= end || !reply_digit(s[n]))
			break;
		if (*s == '.') {
			dots++;
		} else {
			mixed = mixed || dots > 0 ||
			    (mark != NULL && *mark != *s);
			mark = s;
			/* groups that are not of three digits */
			if (groups++ == 0)
				first = run;
			else if (run != 3)
				small += run == 2 ? 1 : 99;
		}
		if (*s == '.' && dots == 1 && groups > 0 && run != 3)
			mixed = true;
		run = 0;
		s += n - 1;
	}
	if (groups > 0) {
		x->format = true;
		if (dots == 0 && run != 3)
			mixed = true;
		if (first > 3 || *start == '0' ||
		    (small > 0 && (small != groups - 1 || first > 2)))
			mixed = true;
	}
	x->bad = x->bad || mixed || dots > 1;
	return s;
}

/* Behind an exponent at `s`. */
static const char *
rn_exponent(const char *s, const char *end)
{
	const char *e = s;

	if (e == end || (*e != 'e' && *e != 'E'))
		return s;
	e++;
	if (e < end && (*e == '+' || *e == '-'))
		e++;
	if (e == end || !reply_digit(*e))
		return s;
	while (e < end && reply_digit(*e))
		e++;
	return e < end && reply_letter(*e) ? s : e;
}

/* Takes the sign and the currency before the digits. */
static void
rn_before(const char *start, struct rn_number *x)
{
	const char *s = x->from;
	size_t n = rn_currency_before(start, s);
	int i;

	if (n > 0)
		x->format = x->money = true;
	s -= n;
	for (i = 0; n == 0 && i < 1 && s > start && s[-1] == ' '; i++) {
		/* "$ 5" */
		n = rn_currency_before(start, s - 1);
		if (n > 0) {
			x->format = x->money = true;
			s -= n + 1;
		}
	}
	x->from = s;
	n = 0;
	if (s > start && (s[-1] == '-' || s[-1] == '+'))
		n = 1;
	else if (s - start >= 3 && memcmp(s - 3, "\xe2\x88\x92", 3) == 0)
		n = 3;
	if (n == 0 || (s - n > start && (reply_wordlike(s[-(ptrdiff_t)n - 1]) ||
	    s[-(ptrdiff_t)n - 1] == ')') &&
	    rn_currency_before(start, s - n) == 0))
		return;
	x->negative = s[-1] != '+';
	x->format = x->format || n == 3 || s[-1] == '+';
	x->from = s - n;
	n = rn_currency_before(start, x->from);
	if (n > 0)
		x->format = x->money = true;
	x->from -= n;
}

static void
rn_after(const char *end, struct rn_number *x)
{
	const char *s = x->to;
	size_t n;

	if (s < end && *s == ' ' && s + 1 < end &&
	    (s[1] == '%' || rn_currency(s + 1, end) > 0))
		s++;
	if (s < end && *s == '%') {
		x->percent = true;
		x->to = s + 1;
		return;
	}
	n = rn_currency(s, end);
	/* "5 $6" are two amounts */
	if (n > 0 && (s + n == end || !reply_digit(s[n]))) {
		x->format = x->money = true;
		x->to = s + n;
	}
}

/* Thousands and more by a word or letter behind the digits: the number is not
 * what they say. */
static bool
rn_scaled(const char *s, const char *end)
{
	static const char *const unit[] = { "k", "K", "M", "B" };
	static const char *const word[] = {
		"bn", "mn", "tn", "hundred", "thousand", "million", "billion",
		"trillion", "dozen", "lakh", "crore", "hundreds", "thousands",
		"millions", "billions", "trillions", "dozens", "lakhs",
		"crores"
	};
	struct reply_text w;
	size_t i;

	while (s < end && (*s == ' ' || *s == '-'))
		s++;
	for (w.s = s; s < end && reply_letter(*s); s++)
		continue;
	w.n = (size_t)(s - w.s);
	if (s < end && reply_wordlike(*s))
		return false;
	for (i = 0; i < sizeof(unit) / sizeof(*unit); i++)
		if (reply_is(w, unit[i]))
			return true;
	for (i = 0; i < sizeof(word) / sizeof(*word); i++)
		if (reply_is_nocase(w, word[i]))
			return true;
	return false;
}

/* A digit of another kind: 2³, 2½. */
static bool
rn_raised(const char *s, const char *end)
{
	utf8proc_int32_t c;
	utf8proc_category_t k;

	if (s >= end || (unsigned char)*s < 0x80 || utf8proc_iterate(
	    (const utf8proc_uint8_t *)s, end - s, &c) <= 0)
		return false;
	k = utf8proc_category(c);
	return k == UTF8PROC_CATEGORY_ND || k == UTF8PROC_CATEGORY_NL ||
	    k == UTF8PROC_CATEGORY_NO;
}

/* The next number from `s` on; false if there is none. */
static bool
rn_next(struct reply_text t, const char *s, struct rn_number *x)
{
	const char *end = t.s + t.n, *d, *e;

	for (d = s; d < end; d++) {
		if (!reply_digit(*d))
			continue;
		if (d > t.s && reply_wordlike(d[-1]) &&
		    rn_currency_before(t.s, d) == 0 && d > s &&
		    (unsigned char)d[-1] < 0x80) {
			/* "B2", "x86", "v1.2": part of a word */
			while (d < end && (reply_wordlike(*d) || (*d == '.' &&
			    d + 1 < end && reply_digit(d[1]))))
				d++;
			d--;
			continue;
		}
		break;
	}
	if (d >= end)
		return false;
	memset(x, 0, sizeof(*x));
	if (d > s && d[-1] == '.' && (d - 1 == t.s || !reply_wordlike(d[-2]))) {
		x->format = true;
		d--;
	}
	x->from = x->digit = d;
	if (*d == '.') {
		for (e = d + 1; e < end && reply_digit(*e); e++)
			continue;
	} else {
		e = rn_digits(d, end, x);
	}
	e = rn_exponent(e, end);
	x->last = x->to = e;
	/* "GPT-4" is a name. */
	if (rn_scaled(e, end) || rn_raised(e, end) || (x->from - s >= 2 &&
	    x->from[-1] == '-' && reply_letter(x->from[-2])))
		x->bad = true;
	for (; e < end && (reply_letter(*e) || reply_digit(*e) || *e == '_');
	    e++)
		if (reply_digit(*e))
			x->bad = true;  /* "0x10", "3D2" */
	rn_before(t.s, x);
	if (e == x->to)
		rn_after(end, x);
	return true;
}

/* The value; false if it is out of range or not whole where it must be. */
static bool
rn_value(const struct rn_number *x, bool whole, struct reply_number *out)
{
	char small[128];
	size_t n = 0;
	const char *s = x->digit;
	struct json j;
	bool good;

	if (x->last - x->digit > (ptrdiff_t)sizeof(small) - 4)
		return false;
	if (x->negative)
		small[n++] = '-';
	if (*s == '.')
		small[n++] = '0';
	while (x->last - s >= 2 && *s == '0' && reply_digit(s[1]))
		s++;
	for (; s < x->last; s++)
		if (reply_digit(*s) || *s == '.' || *s == '+' || *s == '-' ||
		    *s == 'e' || *s == 'E')
			small[n++] = *s;
	if (!json_parse(small, n, &j, NULL, NULL))
		return false;
	good = whole ? json_int(j, &out->i) : json_double(j, &out->d);
	return good && (whole || isfinite(out->d));
}

/* The denominator of a fraction behind `x`. */
static bool
rn_below(struct reply_text t, const struct rn_number *x, struct rn_number *y)
{
	const char *s = x->to, *end = t.s + t.n;

	while (s < end && *s == ' ')
		s++;
	if (s == end || *s != '/')
		return false;
	for (s++; s < end && *s == ' '; s++)
		continue;
	return s < end && reply_digit(*s) && rn_next(t, s, y) &&
	    y->digit == s;
}

static bool
rn_has(const struct rn_number *x, const char *set)
{
	const char *s;

	for (s = x->digit; s < x->last; s++)
		if (strchr(set, *s) != NULL)
			return true;
	return false;
}

/* One to three digits, a point, three digits: where an int or money is meant
 * that may be a thousand and more. */
static bool
rn_thousands(const struct rn_number *x, bool whole, bool money)
{
	const char *dot = memchr(x->digit, '.', (size_t)(x->last - x->digit));

	return dot != NULL && x->last - dot == 4 && reply_digit(dot[2]) &&
	    reply_digit(dot[3]) && dot - x->digit >= 1 &&
	    dot - x->digit <= 3 && *x->digit != '0' && (whole || money);
}

/* Reads `x`, and `below` if not NULL, into `out`. */
static enum reply_error
rn_read(const struct rn_number *x, const struct rn_number *below, bool whole,
    struct reply_number *out, struct reply_sum *sum)
{
	struct reply_number under;

	if (x->bad || (below != NULL && below->bad) ||
	    rn_thousands(x, whole, x->money))
		return REPLY_E_AMBIGUOUS;
	if (!rn_value(x, whole, out))
		return REPLY_E_TYPE;
	if (below != NULL) {
		if (!rn_value(below, false, &under) || under.d == 0.0 ||
		    !isfinite(out->d / under.d))
			return REPLY_E_TYPE;
		out->d /= under.d;
		reply_flag(sum, REPLY_FRACTION);
	}
	if (x->format || (*x->digit == '0' && x->last - x->digit > 1 &&
	    reply_digit(x->digit[1])))
		reply_flag(sum, REPLY_NUMBER_FORMAT);
	if (x->percent)
		reply_flag(sum, REPLY_PERCENT);
	if (whole && rn_has(x, ".eE"))
		reply_flag(sum, REPLY_FLOAT_TO_INT);
	return REPLY_E_NONE;
}

/* Does the word before `s` say that this is not the number? */
static bool
rn_turned(const char *start, const char *s)
{
	struct reply_text w = reply_last_word(start, s);

	/* "- 5": a bullet, or a sign? */
	while (s > start && s[-1] == ' ')
		s--;
	if (s == start + 1 && *start == '-')
		return true;
	return reply_is_nocase(w, "minus") || reply_is_nocase(w, "negative") ||
	    reply_negated(start, s);
}

enum reply_error
reply_number(struct reply_text t, bool whole, struct reply_number *out,
    bool *alone, struct reply_sum *sum)
{
	struct rn_number x, y, more;
	bool fraction;
	const char *to, *end;
	struct json j;

	*alone = true;
	t = reply_trim(t);
	end = t.s + t.n;
	if (t.n > 0 && json_parse(t.s, t.n, &j, NULL, NULL) &&
	    json_kind(j) == JSON_NUMBER) {
		x = (struct rn_number){ .digit = t.s + (*t.s == '-'),
		    .last = end };
		if (rn_thousands(&x, whole, false))
			return REPLY_E_AMBIGUOUS;
		if (whole ? !json_int(j, &out->i) :
		    !json_double(j, &out->d) || !isfinite(out->d))
			return REPLY_E_TYPE;
		if (whole && (memchr(t.s, '.', t.n) != NULL ||
		    memchr(t.s, 'e', t.n) != NULL ||
		    memchr(t.s, 'E', t.n) != NULL))
			reply_flag(sum, REPLY_FLOAT_TO_INT);
		return REPLY_E_NONE;
	}
	if (!rn_next(t, t.s, &x))
		return REPLY_E_TYPE;
	fraction = !whole && rn_below(t, &x, &y);
	to = fraction ? y.to : x.to;
	if (x.from == t.s && to + 1 == end && *to == '.') {
		x.format = true;        /* a full stop */
		to++;
	}
	*alone = x.from == t.s && to == end && !(whole && x.percent);
	if (!*alone) {
		if (rn_next(t, to, &more) || rn_turned(t.s, x.from))
			return REPLY_E_AMBIGUOUS;
		if (whole)
			x.percent = false;
		reply_sentence(sum);
	}
	return rn_read(&x, fraction ? &y : NULL, whole, out, sum);
}

bool
reply_is_number(struct reply_text t)
{
	const char *end;
	struct rn_number x, y;

	t = reply_trim(t);
	end = t.s + t.n;
	if (t.n == 0 || !rn_next(t, t.s, &x) || x.bad || x.from != t.s)
		return false;
	return x.to == end || (rn_below(t, &x, &y) && !y.bad && y.to == end);
}
