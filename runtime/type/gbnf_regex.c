/* Patterns as rules: those of characters, sets, groups, alternatives and
 * repetitions, with ^ and $ at the ends.
 *
 * PCRE2 takes more than a grammar can say, and more texts than are told here:
 * \d, \w and \s are those of ASCII, and what a set leaves out of all
 * characters stays out of the others too.  What is told is always a match.
 *
 * SPDX-License-Identifier: MIT */
#include "type/gbnf_in.h"

#include <stdlib.h>
#include <string.h>

enum {
	GR_DEPTH = 32,
	GR_RANGES = 48,
	GR_LAST = 0x10ffff
};

/* A set of characters. */
struct gr_set {
	struct { uint32_t from, to; } r[GR_RANGES];
	size_t n;
	bool ascii;                     /* classes, or case: of ASCII alone */
};

struct gr_read {
	struct gbnf *g;
	const char *s;
	enum gbnf_place at;
	bool nocase, bad;
	unsigned depth;
};

static void gr_put_alternatives(struct gr_read *r, struct buf *b, bool top);

static bool
gr_eat(struct gr_read *r, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(r->s, word, n) != 0)
		return false;
	r->s += n;
	return true;
}

/* ---- sets ---- */

static void
gr_set_add(struct gr_read *r, struct gr_set *s, uint32_t from, uint32_t to)
{
	if (from > to || s->n == GR_RANGES) {
		r->bad = true;
		return;
	}
	s->r[s->n].from = from;
	s->r[s->n++].to = to;
}

static int
gr_set_order(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* All that is not in the set. */
static void
gr_set_invert(struct gr_read *r, struct gr_set *s)
{
	struct gr_set out = { .n = 0 };
	uint32_t at = 0;
	size_t i;

	if (s->ascii)
		gr_set_add(r, s, 0x80, GR_LAST);
	qsort(s->r, s->n, sizeof(s->r[0]), gr_set_order);
	for (i = 0; i < s->n; i++) {
		if (s->r[i].from > at)
			gr_set_add(r, &out, at, s->r[i].from - 1);
		if (s->r[i].to >= at)
			at = s->r[i].to + 1;
	}
	if (at <= GR_LAST)
		gr_set_add(r, &out, at, GR_LAST);
	*s = out;
}

/* Leaves out what may not stand in the text. */
static void
gr_set_clean(struct gr_read *r, struct gr_set *s)
{
	const char *never = gbnf_never(r->g, r->at);

	s->ascii = false;
	gr_set_invert(r, s);
	gr_set_add(r, s, 0, 31);
	gr_set_add(r, s, 127, 127);
	/* No surrogates, which are no characters. */
	gr_set_add(r, s, 0xd800, 0xdfff);
	for (; *never; never++)
		gr_set_add(r, s, (unsigned char)*never, (unsigned char)*never);
	gr_set_invert(r, s);
	r->bad |= s->n == 0;
}

static void
gr_set_fold(struct gr_read *r, struct gr_set *s)
{
	size_t i, n = s->n;
	uint32_t c;

	if (!r->nocase)
		return;
	s->ascii = true;
	for (c = 'a'; c <= 'z'; c++)
		for (i = 0; i < n; i++) {
			if (c >= s->r[i].from && c <= s->r[i].to)
				gr_set_add(r, s, c - 32, c - 32);
			if (c - 32 >= s->r[i].from && c - 32 <= s->r[i].to)
				gr_set_add(r, s, c, c);
		}
}

/* A repetition follows at once: no blank before it. */
static void
gr_join(struct buf *b)
{
	if (b->len > 0)
		b->len--;
}

static void
gr_put_set(struct gr_read *r, struct buf *b, struct gr_set *s)
{
	char one[4];
	size_t i;

	gr_set_clean(r, s);
	if (s->n == 1 && s->r[0].from == s->r[0].to) {
		gbnf_literal(b, one, buf_utf8_encode(one, s->r[0].from));
		gr_join(b);
		return;
	}
	buf_putc(b, '[');
	for (i = 0; i < s->n; i++) {
		gbnf_in_class(b, s->r[i].from);
		if (s->r[i].to == s->r[i].from)
			continue;
		if (s->r[i].to > s->r[i].from + 1)
			buf_putc(b, '-');
		gbnf_in_class(b, s->r[i].to);
	}
	buf_puts(b, "]");
}

/* ---- characters ---- */

static uint32_t
gr_read_char(struct gr_read *r)
{
	size_t n = buf_utf8(r->s, strlen(r->s)), i;
	uint32_t c = (unsigned char)*r->s;

	if (n == 0) {
		r->bad = true;
		return 0;
	}
	if (n > 1)
		c &= 0x7fu >> n;
	for (i = 1; i < n; i++)
		c = c << 6 | ((unsigned char)r->s[i] & 0x3f);
	r->s += n;
	return c;
}

/* The digits of \xHH and \x{H...}. */
static uint32_t
gr_read_hex(struct gr_read *r)
{
	bool braces = gr_eat(r, "{");
	char digits[9] = "";
	size_t n = strspn(r->s, "0123456789ABCDEFabcdef");

	if (n == 0 || n > (braces ? 6 : 2) || (braces && r->s[n] != '}')) {
		r->bad = true;
		return 0;
	}
	memcpy(digits, r->s, n);
	r->s += n + braces;
	return (uint32_t)strtoul(digits, NULL, 16);
}

/* What stands behind a backslash: adds it to the set. */
static void
gr_read_escape(struct gr_read *r, struct gr_set *s)
{
	char c = *r->s;
	struct gr_set not = { .n = 0, .ascii = true };
	size_t i;

	if (c && !strchr("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz", c)) {
		uint32_t plain = gr_read_char(r);

		gr_set_add(r, s, plain, plain);
		return;
	}
	r->s += c != '\0';
	switch (c) {
	case 'd': case 'D':
		gr_set_add(r, &not, '0', '9');
		break;
	case 'w': case 'W':
		gr_set_add(r, &not, '0', '9');
		gr_set_add(r, &not, 'A', 'Z');
		gr_set_add(r, &not, 'a', 'z');
		gr_set_add(r, &not, '_', '_');
		break;
	case 's': case 'S':
		gr_set_add(r, &not, '\t', '\r');
		gr_set_add(r, &not, ' ', ' ');
		break;
	case 'x':
		gr_set_add(r, &not, 0, 0);
		not.r[0].from = not.r[0].to = gr_read_hex(r);
		not.ascii = false;
		break;
	default:
		r->bad = true;
		return;
	}
	if (c == 'D' || c == 'W' || c == 'S')
		gr_set_invert(r, &not);
	s->ascii |= not.ascii || c == 'D' || c == 'W' || c == 'S';
	for (i = 0; i < not.n; i++)
		gr_set_add(r, s, not.r[i].from, not.r[i].to);
}

/* A set in brackets, behind its opening one. */
static void
gr_read_set(struct gr_read *r, struct gr_set *s)
{
	bool not = gr_eat(r, "^"), first = true, one;
	uint32_t from, to;

	for (; *r->s && !r->bad && (*r->s != ']' || first); first = false) {
		if (r->s[0] == '[' && strchr(":.=", r->s[1]) && r->s[1]) {
			r->bad = true;          /* [:alpha:] */
			return;
		}
		one = true;
		if (gr_eat(r, "\\")) {
			one = strchr("dDwWsS", *r->s) == NULL;
			gr_read_escape(r, s);
			from = s->n > 0 ? s->r[s->n - 1].from : 0;
		} else {
			from = gr_read_char(r);
			gr_set_add(r, s, from, from);
		}
		if (!one || r->bad || r->s[0] != '-' || r->s[1] == ']')
			continue;
		r->s++;
		if (*r->s == '\\' || *r->s == '[' || !*r->s) {
			r->bad = true;          /* rare: left out */
			return;
		}
		to = gr_read_char(r);
		s->n--;
		gr_set_add(r, s, from, to);
	}
	r->bad |= !gr_eat(r, "]");
	gr_set_fold(r, s);
	if (not)
		gr_set_invert(r, s);
}

/* ---- patterns ---- */

/* The repetition behind an atom. */
static void
gr_put_repeat(struct gr_read *r, struct buf *b)
{
	long min = 1, max = 1;
	char *end;

	if (gr_eat(r, "*")) {
		min = 0;
		max = -1;
	} else if (gr_eat(r, "+")) {
		max = -1;
	} else if (gr_eat(r, "?")) {
		min = 0;
	} else if (r->s[0] == '{' && r->s[1] >= '0' && r->s[1] <= '9') {
		min = max = strtol(r->s + 1, &end, 10);
		if (*end == ',') {
			r->s = end + 1;
			max = *r->s == '}' ? -1 : strtol(r->s, &end, 10);
			end = *r->s == '}' ? end + 1 : end;
		}
		if (*end != '}' || min > GBNF_REPEAT || max > GBNF_REPEAT ||
		    (max >= 0 && min > max) || max == 0) {
			r->bad = true;
			return;
		}
		r->s = end + 1;
	} else {
		buf_putc(b, ' ');
		return;
	}
	gbnf_times(b, min, max);
	buf_putc(b, ' ');
	gr_eat(r, "?");                    /* lazy ones match the same texts */
	r->bad |= *r->s && strchr("+*?{", *r->s) != NULL;
}

static void
gr_put_group(struct gr_read *r, struct buf *b)
{
	struct buf body = BUF_INIT;

	if (*r->s == '?' && !gr_eat(r, "?:"))
		r->bad = true;
	if (!r->bad && ++r->depth < GR_DEPTH) {
		gr_put_alternatives(r, &body, false);
		r->depth--;
	} else {
		r->bad = true;
	}
	r->bad |= !gr_eat(r, ")");
	if (r->bad) {
		buf_release(&body);
		return;
	}
	gbnf_part(r->g, b, "group", &body);
	gr_join(b);
}

static void
gr_put_atom(struct gr_read *r, struct buf *b)
{
	struct gr_set s = { .n = 0 };
	uint32_t c;

	if (gr_eat(r, "(")) {
		gr_put_group(r, b);
		return;
	}
	if (gr_eat(r, "[")) {
		gr_read_set(r, &s);
	} else if (gr_eat(r, ".")) {
		gr_set_add(r, &s, 0, GR_LAST);
	} else if (gr_eat(r, "\\")) {
		gr_read_escape(r, &s);
		gr_set_fold(r, &s);
	} else if (strchr("^$*+?{", *r->s)) {
		r->bad = true;
	} else {
		c = gr_read_char(r);
		gr_set_add(r, &s, c, c);
		gr_set_fold(r, &s);
	}
	if (!r->bad)
		gr_put_set(r, b, &s);
}

static void
gr_put_anything(struct gr_read *r, struct buf *b)
{
	struct gr_set s = { .n = 0 };

	gr_set_add(r, &s, 0, GR_LAST);
	gr_put_set(r, b, &s);
	buf_puts(b, "* ");
}

static bool
gr_at_end(const struct gr_read *r)
{
	return *r->s == '\0' || *r->s == '|' || *r->s == ')';
}

static bool
gr_eat_end(struct gr_read *r)
{
	if (*r->s == '$' && (r->s[1] == '\0' || r->s[1] == '|'))
		return gr_eat(r, "$");
	return gr_eat(r, "\\z") || gr_eat(r, "\\Z");
}

/* `top`: what stands outside of groups, where ^ and $ may be, and without
 * them anything. */
static void
gr_put_alternatives(struct gr_read *r, struct buf *b, bool top)
{
	bool ended;

	do {
		if (top && !gr_eat(r, "^") && !gr_eat(r, "\\A"))
			gr_put_anything(r, b);
		ended = false;
		while (!r->bad && !gr_at_end(r)) {
			ended = top && gr_eat_end(r);
			if (ended)
				break;
			gr_put_atom(r, b);
			if (!r->bad)
				gr_put_repeat(r, b);
		}
		if (top && !ended)
			gr_put_anything(r, b);
		if (*r->s == '|')
			buf_puts(b, "| ");
	} while (!r->bad && gr_eat(r, "|"));
}

bool
gbnf_regex(struct gbnf *g, struct buf *b, const char *pattern,
    enum gbnf_place at)
{
	struct gr_read r = { .g = g, .s = pattern, .at = at };
	size_t rules = g->rules.len, names = g->nname;
	struct buf body = BUF_INIT;

	r.nocase = gr_eat(&r, "(?i)");
	gr_put_alternatives(&r, &body, true);
	if (*pattern && !r.bad && *r.s == '\0' && body.len > 0) {
		gbnf_part(g, b, "pattern", &body);
		return true;
	}
	g->rules.failed |= body.failed;
	/* Its groups go with it. */
	if (g->rules.len > rules)
		g->rules.s[g->rules.len = rules] = '\0';
	g->nname = names;
	buf_release(&body);
	return false;
}
