/* A reader of GBNF, a matcher and a maker of texts.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "grammar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_TEXT = 1000, MOST_RULES = 2000, MOST_RANGES = 80 };

enum kind { CHARS, RULE, SEQUENCE, CHOICE, REPEAT };

struct range { unsigned long from, to; };

struct node {
	enum kind kind;
	struct node *child, *next;
	unsigned rule;
	long min, max;
	bool not;
	struct range r[MOST_RANGES];
	unsigned n;
};

struct grammar {
	struct arena *a;
	const char *s;
	char *why;
	const char *name[MOST_RULES];
	struct node *rule[MOST_RULES];
	unsigned nrule;
	/* of a match */
	unsigned long text[MOST_TEXT];
	unsigned ntext;
	bool **memo;                    /* by rule and place */
};

static struct node *choice(struct grammar *g, bool nested);

static struct node *
node(struct grammar *g, enum kind kind)
{
	struct node *n = arena_alloc(g->a, sizeof *n);

	n->kind = kind;
	return n;
}

static void
bad(struct grammar *g, const char *what)
{
	if (!*g->why)
		snprintf(g->why, 160, "%s at %.60s", what, g->s);
}

static void
blanks(struct grammar *g, bool lines)
{
	while (*g->s == ' ' || *g->s == '\t' || (lines && *g->s == '\n') ||
	    *g->s == '#') {
		if (*g->s == '#')
			g->s += strcspn(g->s, "\n");
		else
			g->s++;
	}
}

static unsigned long
utf8(const char **s)
{
	const unsigned char *p = (const unsigned char *)*s;
	size_t n = buf_utf8(*s, strlen(*s)), i;
	unsigned long c = *p;

	if (n > 1)
		c &= 0x7fu >> n;
	for (i = 1; i < n; i++)
		c = c << 6 | (p[i] & 0x3fu);
	*s += n > 0 ? n : 1;
	return c;
}

static unsigned long
character(struct grammar *g)
{
	static const char from[] = "tnr\\\"[]", to[] = "\t\n\r\\\"[]";
	char digits[9] = "";
	const char *at;
	size_t n;

	if (*g->s != '\\')
		return utf8(&g->s);
	g->s++;
	n = *g->s == 'x' ? 2 : *g->s == 'u' ? 4 : *g->s == 'U' ? 8 : 0;
	if (n > 0) {
		memcpy(digits, g->s + 1, n);
		g->s += n + 1;
		if (strspn(digits, "0123456789abcdefABCDEF") != n)
			bad(g, "no digits");
		return strtoul(digits, NULL, 16);
	}
	at = *g->s ? strchr(from, *g->s) : NULL;
	if (at == NULL)
		bad(g, "an unknown escape");
	else
		g->s++;
	return at ? (unsigned char)to[at - from] : 0;
}

static void
put_range(struct grammar *g, struct node *n, unsigned long from,
    unsigned long to)
{
	if (n->n == MOST_RANGES || from > to) {
		bad(g, "a range");
		return;
	}
	n->r[n->n++] = (struct range){ from, to };
}

static struct node *
class(struct grammar *g)
{
	struct node *n = node(g, CHARS);
	unsigned long from, to;

	g->s++;
	if ((n->not = *g->s == '^'))
		g->s++;
	while (*g->s && *g->s != ']' && !*g->why) {
		from = to = character(g);
		if (g->s[0] == '-' && g->s[1] != ']') {
			g->s++;
			to = character(g);
		}
		put_range(g, n, from, to);
	}
	if (*g->s != ']')
		bad(g, "an open class");
	else
		g->s++;
	return n;
}

static struct node *
literal(struct grammar *g)
{
	struct node *n = node(g, SEQUENCE), **at = &n->child;
	unsigned long c;

	g->s++;
	while (*g->s && *g->s != '"' && !*g->why) {
		c = character(g);
		*at = node(g, CHARS);
		put_range(g, *at, c, c);
		at = &(*at)->next;
	}
	if (*g->s != '"')
		bad(g, "an open literal");
	else
		g->s++;
	if (n->child == NULL)
		bad(g, "an empty literal");
	return n;
}

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-';
}

static unsigned
word(struct grammar *g)
{
	const char *s = g->s;
	unsigned i;

	while (is_word(*g->s))
		g->s++;
	for (i = 0; i < g->nrule; i++)
		if (strlen(g->name[i]) == (size_t)(g->s - s) &&
		    strncmp(g->name[i], s, (size_t)(g->s - s)) == 0)
			return i;
	if (g->nrule == MOST_RULES || g->s == s) {
		bad(g, "no name");
		return 0;
	}
	g->name[g->nrule] = arena_strndup(g->a, s, (size_t)(g->s - s));
	return g->nrule++;
}

static struct node *
repeat(struct grammar *g, struct node *of)
{
	struct node *n = node(g, REPEAT);
	char *end;

	n->child = of;
	n->max = -1;
	switch (*g->s) {
	case '*': g->s++; return n;
	case '+': g->s++; n->min = 1; return n;
	case '?': g->s++; n->max = 1; return n;
	case '{': break;
	default: return of;
	}
	n->min = n->max = strtol(g->s + 1, &end, 10);
	if (*end == ',') {
		g->s = end;
		n->max = end[1] == '}' ? -1 : strtol(end + 1, &end, 10);
		end += *end == ',';
	}
	if (*end != '}' || n->max == 0 || n->min > 2000 || n->max > 2000)
		bad(g, "a repetition");
	g->s = end + 1;
	return n;
}

static struct node *
sequence(struct grammar *g, bool nested)
{
	struct node *n = node(g, SEQUENCE), **at = &n->child, *x;

	for (blanks(g, nested); !*g->why; blanks(g, nested)) {
		if (*g->s == '"') {
			x = literal(g);
		} else if (*g->s == '[') {
			x = class(g);
		} else if (*g->s == '(') {
			g->s++;
			x = choice(g, true);
			if (*g->s != ')')
				bad(g, "no )");
			else
				g->s++;
		} else if (is_word(*g->s)) {
			x = node(g, RULE);
			x->rule = word(g);
		} else {
			break;
		}
		*at = repeat(g, x);
		at = &(*at)->next;
	}
	return n;
}

static struct node *
choice(struct grammar *g, bool nested)
{
	struct node *n = node(g, CHOICE), **at = &n->child;

	for (;;) {
		*at = sequence(g, nested);
		at = &(*at)->next;
		if (*g->s != '|' || *g->why)
			return n;
		g->s++;
	}
}

struct grammar *
grammar_new(struct arena *a, const char *text, char why[160])
{
	struct grammar *g = arena_alloc(a, sizeof *g);
	unsigned i;

	*why = '\0';
	g->a = a;
	g->s = text;
	g->why = why;
	for (blanks(g, true); *g->s && !*why; blanks(g, true)) {
		i = word(g);
		blanks(g, false);
		if (strncmp(g->s, "::=", 3) != 0 || g->rule[i] != NULL)
			bad(g, "no new rule");
		g->s += 3;
		g->rule[i] = choice(g, false);
		if (*g->s && *g->s != '\n')
			bad(g, "what is no end");
	}
	for (i = 0; i < g->nrule && !*why; i++)
		if (g->rule[i] == NULL)
			snprintf(why, 160, "no rule %.60s", g->name[i]);
	if (!*why && (g->nrule == 0 || strcmp(g->name[0], "root") != 0))
		snprintf(why, 160, "root is not first");
	return *why ? NULL : g;
}

/* ---- matching ---- */

static bool
has(const struct node *n, unsigned long c)
{
	unsigned i;

	for (i = 0; i < n->n; i++)
		if (c >= n->r[i].from && c <= n->r[i].to)
			return !n->not;
	return n->not;
}

static void match(struct grammar *g, const struct node *n, unsigned at,
    bool *to);

/* From all places in `from`. */
static bool
match_all(struct grammar *g, const struct node *n, const bool *from, bool *to)
{
	bool any = false;
	unsigned i;

	for (i = 0; i <= g->ntext; i++)
		if (from[i])
			match(g, n, i, to);
	for (i = 0; i <= g->ntext; i++)
		any |= to[i];
	return any;
}

static void
match_repeat(struct grammar *g, const struct node *n, unsigned at, bool *to)
{
	bool now[MOST_TEXT + 1] = { false }, next[MOST_TEXT + 1];
	bool more = true;
	unsigned i;
	long k;

	now[at] = true;
	for (k = 0; more && (n->max < 0 || k <= n->max) &&
	    k <= n->min + (long)g->ntext; k++) {
		for (i = 0; k >= n->min && i <= g->ntext; i++)
			to[i] |= now[i];
		memset(next, 0, sizeof next);
		more = match_all(g, n->child, now, next);
		memcpy(now, next, sizeof now);
	}
}

static void
match(struct grammar *g, const struct node *n, unsigned at, bool *to)
{
	bool now[MOST_TEXT + 1], next[MOST_TEXT + 1];
	const struct node *c;
	bool **memo;
	unsigned i;

	switch (n->kind) {
	case CHARS:
		if (at < g->ntext && has(n, g->text[at]))
			to[at + 1] = true;
		return;
	case RULE:
		memo = &g->memo[n->rule * (g->ntext + 1) + at];
		if (*memo == NULL) {
			*memo = arena_array(g->a, g->ntext + 1, sizeof(bool));
			match(g, g->rule[n->rule], at, *memo);
		}
		for (i = 0; i <= g->ntext; i++)
			to[i] |= (*memo)[i];
		return;
	case CHOICE:
		for (c = n->child; c != NULL; c = c->next)
			match(g, c, at, to);
		return;
	case REPEAT:
		match_repeat(g, n, at, to);
		return;
	case SEQUENCE:
		memset(now, 0, sizeof now);
		now[at] = true;
		for (c = n->child; c != NULL; c = c->next) {
			memset(next, 0, sizeof next);
			if (!match_all(g, c, now, next))
				return;
			memcpy(now, next, sizeof now);
		}
		for (i = 0; i <= g->ntext; i++)
			to[i] |= now[i];
		return;
	}
}

bool
grammar_takes(const struct grammar *is, const char *text)
{
	struct arena a = { 0 };
	struct grammar *g = arena_alloc(&a, sizeof *g);
	bool to[MOST_TEXT + 1] = { false }, takes;

	memcpy(g, is, sizeof *g);
	g->a = &a;
	for (g->ntext = 0; *text; g->ntext++) {
		if (g->ntext == MOST_TEXT)
			abort();
		g->text[g->ntext] = utf8(&text);
	}
	g->memo = arena_array(&a, g->nrule * (g->ntext + 1u),
	    sizeof *g->memo);
	match(g, g->rule[0], 0, to);
	takes = to[g->ntext];
	arena_release(&a);
	return takes;
}

/* ---- making ---- */

static unsigned long
draw(unsigned long *seed, unsigned long n)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (*seed >> 33) % n;
}

static void
say_char(const struct node *n, unsigned long *seed, const char *likely,
    struct buf *b)
{
	static const unsigned long other[] = {
		' ', '\n', '\t', 'a', 'Z', '0', '9', '<', '>', '/', '[', '#',
		']', ':', '*', '-', '_', '"', '\\', '{', ',', '}', '`', '\'',
		0xe9, 0x20ac, 0x1f600, 'e', '.', '$', 'u', 'n'
	};
	unsigned long c = 0, of;
	char text[4];
	int tries;

	for (tries = 0; tries < 60; tries++) {
		of = draw(seed, 3);
		if (of == 0 && *likely)
			c = (unsigned char)likely[draw(seed, strlen(likely))];
		else if (of == 1 && !n->not) {
			const struct range *r = &n->r[draw(seed, n->n)];
			c = r->from + draw(seed, r->to - r->from + 1);
		} else
			c = other[draw(seed, sizeof other / sizeof *other)];
		if (has(n, c))
			break;
	}
	if (tries == 60)
		c = n->r[0].from;
	buf_put(b, text, buf_utf8_encode(text, (uint32_t)c));
}

static void
say(const struct grammar *g, const struct node *n, unsigned long *seed,
    const char *likely, struct buf *b)
{
	const struct node *c;
	unsigned long k, count = 0;

	switch (n->kind) {
	case CHARS:
		say_char(n, seed, likely, b);
		return;
	case RULE:
		say(g, g->rule[n->rule], seed, likely, b);
		return;
	case CHOICE:
		for (c = n->child; c != NULL; c = c->next)
			count++;
		k = draw(seed, count);
		for (c = n->child; k-- > 0; c = c->next)
			continue;
		say(g, c, seed, likely, b);
		return;
	case REPEAT:
		count = n->max < 0 ? 6 : (unsigned long)(n->max - n->min);
		count = draw(seed, count > 6 ? 6 : count + 1);
		for (k = count + (unsigned long)n->min; k-- > 0; )
			say(g, n->child, seed, likely, b);
		return;
	case SEQUENCE:
		for (c = n->child; c != NULL; c = c->next)
			say(g, c, seed, likely, b);
		return;
	}
}

void
grammar_say(const struct grammar *g, unsigned long *seed, const char *likely,
    struct buf *b)
{
	say(g, g->rule[0], seed, likely, b);
}
