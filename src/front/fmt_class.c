/* What the formatter has to know of each token: brackets, signs, the ends of
 * items, blanks.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "front/fmt_in.h"

#include <string.h>

/* A bracket that is open, or the whole file. */
struct level {
	unsigned open;
	enum fmt_group group;
	bool block;                     /* statements, or among them */
	bool signature;
	bool type;                      /* a type is being read */
	unsigned angle, cond;           /* open < of types, ? of expressions */
	unsigned count;                 /* tokens of the item so far */
	bool equals;                    /* it has had its = */
	const struct fmt_token *first;  /* of the item */
};

struct reader {
	struct fmt_token *t;
	unsigned n;
	struct level *level;
	size_t depth, cap;
	struct arena *a;
	const struct fmt_token *last, *last2;   /* before, but for comments */
};

bool
fmt_is(const struct fmt_token *t, const char *s)
{
	return t != NULL && t->len == strlen(s) &&
	    memcmp(t->s, s, t->len) == 0;
}

bool
fmt_is_comment(const struct fmt_token *t)
{
	return t->kind == FMT_COMMENT || t->kind == FMT_LINE;
}

/* ---- tokens ---- */

static enum fmt_kind
kind_of(const struct token *k, const char *s)
{
	unsigned char c = (unsigned char)s[0];

	if (k->is_comment)
		return s[1] == '*' ? FMT_COMMENT : FMT_LINE;
	if (c == '"')
		return FMT_STRING;
	if (c >= '0' && c <= '9')
		return FMT_NUMBER;
	return ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' ?
	    FMT_WORD : FMT_SIGN;
}

/* What stands between `from` and the token. */
static void
measure_gap(struct fmt_token *t, const char *from)
{
	for (; from < t->s; from++) {
		if (*from == '\n') {
			t->nl++;
			t->blanks = 0;
		} else {
			t->blanks += *from == '\t' ? 2 : 1;
		}
	}
}

static void
trim(struct fmt_token *t)
{
	while (t->len > 0 && (t->s[t->len - 1] == '\r' ||
	    t->s[t->len - 1] == ' ' || t->s[t->len - 1] == '\t'))
		t->len--;
}

struct fmt_token *
fmt_tokens(struct arena *a, struct names *names, struct source *s,
    struct diag *d, unsigned *n)
{
	const struct token *k = tokens(a, names, s, d), *p;
	const char *from = s->text;
	struct fmt_token *t;
	unsigned i = 0;

	from += buf_bom(s->text, s->len);
	for (p = k, *n = 1; p != NULL; p = p->next)
		++*n;
	t = arena_array(a, *n, sizeof *t);
	if (strncmp(from, "#!", 2) == 0) {
		t[0].s = from;
		t[0].len = (unsigned)strcspn(from, "\n");
		t[0].kind = FMT_LINE;
		from += t[0].len;
		trim(&t[0]);
		i = 1;
	}
	for (; k != NULL; k = k->next, i++) {
		t[i].s = s->text + (k->at.off - s->base);
		t[i].len = k->at.len;
		t[i].kind = kind_of(k, t[i].s);
		measure_gap(&t[i], from);
		from = t[i].s + t[i].len;
		if (t[i].kind == FMT_LINE)
			trim(&t[i]);
	}
	*n = i;
	return t;
}

/* ---- signs ---- */

/* Words that an expression stands behind, unless they are names. */
static bool
leads(const struct fmt_token *t, const struct fmt_token *before)
{
	static const char *const word[] = { "case", "check", "expect", "fail",
	    "if", "in", "require", "retry", "return", "switch", "tune",
	    "while" };

	if (t->kind != FMT_WORD || fmt_is(before, ".") || fmt_is(before, "@"))
		return false;
	for (size_t i = 0; i < COUNTOF(word); i++)
		if (fmt_is(t, word[i]))
			return true;
	return false;
}

/* Does an operand end with the last token? */
static bool
after_operand(const struct reader *r)
{
	const struct fmt_token *p = r->last;

	if (p == NULL || leads(p, r->last2))
		return false;
	return p->kind != FMT_SIGN || fmt_is(p, ")") || fmt_is(p, "]") ||
	    fmt_is(p, "}") || p->role == FMT_POSTFIX;
}

static void
read_sign(struct reader *r, struct fmt_token *t)
{
	struct level *v = &r->level[r->depth - 1];

	if (fmt_is(t, "!") || (fmt_is(t, "-") && !after_operand(r))) {
		t->role = FMT_PREFIX;
	} else if (fmt_is(t, "?")) {
		if (v->type)
			t->role = FMT_POSTFIX;
		else
			v->cond++;
	} else if (fmt_is(t, ":") && v->cond > 0) {
		v->cond--;
	} else if (fmt_is(t, ":")) {
		t->role = FMT_POSTFIX;
		t->colon = v->type = true;
	} else if (fmt_is(t, "<") && (v->type || (fmt_is(r->last, "map") &&
	    fmt_is(r->last2, "is")))) {
		t->role = FMT_INNER;
		v->angle++;
	} else if (fmt_is(t, ">") && v->angle > 0) {
		t->role = FMT_POSTFIX;
		v->angle--;
	} else if (fmt_is(t, "->")) {
		v->type = true;
	} else if (fmt_is(t, "=") || fmt_is(t, "@") || fmt_is(t, ";") ||
	    (fmt_is(t, ",") && v->angle == 0)) {
		v->type = fmt_is(t, "=") && r->depth == 1 &&
		    fmt_is(v->first, "type");
		v->cond = v->angle = 0;
	}
	if (fmt_is(t, "=") && !v->equals)
		t->equals = v->equals = true;
}

/* ---- brackets ---- */

static enum fmt_group
group_of(const struct reader *r, const struct fmt_token *t)
{
	const struct level *v = &r->level[r->depth - 1];
	const struct fmt_token *p = r->last;

	if (!fmt_is(t, "{"))
		return FMT_PAREN;
	if (p == NULL || fmt_is(p, ";") || fmt_is(p, ")") || fmt_is(p, "]") ||
	    fmt_is(p, "}") || p->role == FMT_POSTFIX)
		return FMT_BODY;
	if (r->depth == 1 && (fmt_is(v->first, "enum") ||
	    fmt_is(v->first, "caps")))
		return FMT_LIST;
	if (p->kind == FMT_SIGN)
		return p->group == FMT_BODY ? FMT_BODY : FMT_LIST;
	return v->block && leads(p, r->last2) ? FMT_LIST : FMT_BODY;
}

static bool
is_block(const struct reader *r)
{
	const struct level *v = &r->level[r->depth - 1];

	if (r->depth > 1)
		return v->block;
	return fmt_is(v->first, "program") || fmt_is(v->first, "test") ||
	    (fmt_is(v->first, "metric") && !v->equals &&
	    fmt_is(r->last, ")"));
}

static void
open_level(struct reader *r, struct fmt_token *t)
{
	const struct level *v = &r->level[r->depth - 1];
	struct level in = { .open = (unsigned)(t - r->t) };

	t->group = in.group = group_of(r, t);
	in.block = is_block(r);
	in.signature = r->depth == 1 && fmt_is(v->first, "signature") &&
	    in.group == FMT_BODY;
	in.type = in.group == FMT_PAREN && v->type;
	r->level = arena_grow(r->a, r->level, &r->cap, r->depth + 1,
	    sizeof *r->level);
	r->level[r->depth++] = in;
}

static void
close_level(struct reader *r, struct fmt_token *t)
{
	struct level *v;

	if (r->depth < 2)
		BUG("brackets");
	v = &r->level[--r->depth];
	t->group = v->group;
	t->match = v->open;
	r->t[v->open].match = (unsigned)(t - r->t);
}

/* ---- items ---- */

/* The token behind this one, but for comments; NULL at the end. */
static const struct fmt_token *
next_token(const struct reader *r, const struct fmt_token *t)
{
	for (t++; t < r->t + r->n; t++)
		if (!fmt_is_comment(t))
			return t;
	return NULL;
}

static bool
ends_item(const struct reader *r, const struct fmt_token *t)
{
	const struct level *v = &r->level[r->depth - 1];
	const struct fmt_token *next = next_token(r, t);

	if (v->group == FMT_PAREN)
		return false;
	if (fmt_is(t, ";") || (fmt_is(t, ",") && v->group == FMT_LIST))
		return true;
	/* What a signature says, before its fields. */
	if (v->signature && v->first != NULL && v->first->kind == FMT_STRING)
		return next != NULL && next->kind != FMT_STRING;
	if (!fmt_is(t, "}") || (t->group != FMT_BODY && !(r->depth == 1 &&
	    (fmt_is(v->first, "enum") || fmt_is(v->first, "caps")))))
		return false;
	return !fmt_is(next, ";") && !(fmt_is(next, "else") && v->block) &&
	    !(fmt_is(next, "with") && r->depth == 1);
}

static void
count_token(struct reader *r, struct fmt_token *t)
{
	struct level *v = &r->level[r->depth - 1];

	if (v->count++ > 0)
		return;
	v->first = t;
	t->in_signature = v->signature && fmt_is(t, "in");
}

static void
next_item(struct level *v)
{
	v->count = v->angle = v->cond = 0;
	v->first = NULL;
	v->type = v->equals = false;
}

/* ---- blanks ---- */

/* Of two tokens on one line. */
static bool
space_between(const struct fmt_token *b4, const struct fmt_token *p,
    const struct fmt_token *t)
{
	if (t->kind == FMT_LINE)
		return true;
	if (fmt_is(p, "(") || fmt_is(p, "[") || fmt_is(t, ")") ||
	    fmt_is(t, "]") || fmt_is(t, ",") || fmt_is(t, ";"))
		return false;
	if (fmt_is_comment(p) || fmt_is_comment(t))
		return true;
	if (fmt_is(p, ".") || fmt_is(t, ".") || fmt_is(p, "@"))
		return false;
	if (p->role == FMT_PREFIX || p->role == FMT_INNER ||
	    t->role == FMT_POSTFIX || t->role == FMT_INNER)
		return false;
	if (fmt_is(p, "{") && fmt_is(t, "}"))
		return p->group == FMT_BODY;
	if (!fmt_is(t, "(") && !fmt_is(t, "["))
		return true;
	if (p->kind == FMT_STRING)
		return fmt_is(t, "(");
	/* A bound, `limit (n)`, is not told from a call. */
	if (fmt_is(p, "limit"))
		return t->blanks > 0 || t->nl > 0;
	if (p->kind == FMT_SIGN)
		return !fmt_is(p, ")") && !fmt_is(p, "]") &&
		    (p->role != FMT_POSTFIX || p->colon);
	return leads(p, b4);
}

void
fmt_classify(struct arena *a, struct fmt_token *t, unsigned n)
{
	struct reader r = { .t = t, .n = n, .a = a };

	r.level = arena_grow(a, NULL, &r.cap, 1, sizeof *r.level);
	r.level[0].group = FMT_BODY;
	r.depth = 1;
	for (unsigned i = 0; i < n; i++) {
		bool opens = fmt_is(&t[i], "(") || fmt_is(&t[i], "[") ||
		    fmt_is(&t[i], "{");
		bool closes = fmt_is(&t[i], ")") || fmt_is(&t[i], "]") ||
		    fmt_is(&t[i], "}");

		if (!fmt_is_comment(&t[i])) {
			if (closes)
				close_level(&r, &t[i]);
			else
				count_token(&r, &t[i]);
			if (opens)
				open_level(&r, &t[i]);
			else if (t[i].kind == FMT_SIGN && !closes)
				read_sign(&r, &t[i]);
			t[i].ends = ends_item(&r, &t[i]);
			if (t[i].ends)
				next_item(&r.level[r.depth - 1]);
		}
		if (i > 0)
			t[i].space = space_between(fmt_is_comment(&t[i - 1]) ?
			    NULL : r.last2, &t[i - 1], &t[i]);
		if (!fmt_is_comment(&t[i])) {
			r.last2 = r.last;
			r.last = &t[i];
		}
	}
	if (r.depth != 1)
		BUG("brackets");
}
