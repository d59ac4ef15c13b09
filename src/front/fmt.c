/* Lays a file out: where lines break, how far they are indented.
 *
 * A layout is a function of the tokens and of where the author broke lines,
 * and keeps the breaks it makes; so it is its own layout.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "front/fmt.h"

#include <string.h>

#include "front/fmt_in.h"

/* A bracket that is open, or the whole file. */
struct frame {
	enum fmt_group group;
	bool flat;                      /* all of it on one line */
	unsigned base;                  /* indentation of what closes it */
	unsigned content;               /* of what begins in it */
};

struct layout {
	struct arena *a;
	struct fmt_token *t;
	unsigned n, at;
	struct frame *frame;
	size_t depth, cap;
	unsigned col, indent;           /* of the line so far */
	bool pending;                   /* the next token begins a line */
	bool start;                     /* and an item */
	bool fresh;                     /* nothing stands in the group yet */
	bool between;                   /* } and else */
	size_t chain;                   /* depth at which an else follows a
	                                 * block of several lines; 0: none */
};

unsigned
fmt_width(const struct fmt_token *t)
{
	unsigned w = 0;

	for (unsigned i = 0; i < t->len; i++) {
		unsigned char c = (unsigned char)t->s[i];

		if (c == '\n')
			w = 0;
		else if (c == '\t')
			w += FMT_TAB - w % FMT_TAB;
		else if (c < 0x80 || c > 0xbf)
			w++;
	}
	return w;
}

/* Has it a newline? */
static bool
fmt_is_long(const struct fmt_token *t)
{
	return memchr(t->s, '\n', t->len) != NULL;
}

/* ---- groups on one line ---- */

/* May a break of the author's stand before this token? */
static bool
may_break(const struct layout *l, const struct fmt_token *t)
{
	const struct fmt_token *p = t - 1;

	if (fmt_is_comment(t) || fmt_is_comment(p))
		return true;
	if (fmt_is(t, ",") || fmt_is(t, ";") || fmt_is(t, "else") ||
	    fmt_is(t, "with") || fmt_is(p, "@") || fmt_is(p, ".") ||
	    p->role == FMT_PREFIX || t->role == FMT_POSTFIX ||
	    t->role == FMT_INNER)
		return false;
	if (fmt_is(t, "{") && t->group == FMT_BODY)
		return l->depth == 1;
	return !fmt_is(t, "}");
}

/* Columns of the rest of an if, t[i] being its `else`, on one line; but if
 * its author had several, of its first part. */
static unsigned
chain_width(const struct layout *l, unsigned i)
{
	const unsigned least = (unsigned)sizeof " else {" - 1;
	unsigned w = 0, end = 0;

	for (; i < l->n; i++) {
		const struct fmt_token *t = &l->t[i];

		if (end == 0 && fmt_is(t, "{") && t->group == FMT_BODY)
			end = t->match;
		else if (t->kind == FMT_LINE || fmt_is_long(t) ||
		    (t->nl > 0 && (end > 0 || may_break(l, t))))
			return least;
		w += fmt_width(t) + (t->space ? 1 : 0);
		if (i != end)
			continue;
		if (i + 1 == l->n || !fmt_is(t + 1, "else"))
			break;
		end = 0;
	}
	return w;
}

/* What has to stand on the line behind a group that ends at t[i]. */
static unsigned
tail(const struct layout *l, unsigned i)
{
	unsigned w = 0;

	for (i++; i < l->n; i++) {
		const struct fmt_token *t = &l->t[i];

		if (fmt_is(t, "else"))
			return w + chain_width(l, i);
		if (fmt_is(t, "with"))
			return w + (unsigned)sizeof " with {" - 1;
		if (!fmt_is(t, ";") && !fmt_is(t, ",") && !fmt_is(t, ")") &&
		    !fmt_is(t, "]"))
			break;
		w++;
	}
	return w;
}

/* Can the group that t[i] opens stand on one line, which it begins at the
 * present column, and did its author have it so? */
static bool
fits(const struct layout *l, unsigned i)
{
	unsigned end = l->t[i].match, w = l->col + 1;

	if (end == i + 1)
		return true;
	for (unsigned k = i + 1; k <= end; k++) {
		const struct fmt_token *t = &l->t[k];

		if (t->nl > 0 || t->kind == FMT_LINE || fmt_is_long(t))
			return false;
		w += fmt_width(t) + (t->space ? 1 : 0);
	}
	return w + tail(l, end) <= FMT_WIDTH;
}

/* ---- breaks ---- */

static const struct frame *
inner(const struct layout *l)
{
	return &l->frame[l->depth - 1];
}

static bool
closes(const struct fmt_token *t)
{
	return fmt_is(t, ")") || fmt_is(t, "]") || fmt_is(t, "}");
}

static bool
opens(const struct fmt_token *t)
{
	return fmt_is(t, "(") || fmt_is(t, "[") || fmt_is(t, "{");
}

static bool
breaks(const struct layout *l, const struct fmt_token *t)
{
	const struct frame *f = inner(l);

	if (l->at == 0)
		return false;
	if (fmt_is_comment(t) && t->nl == 0)
		return false;
	if (t[-1].kind == FMT_LINE)
		return true;
	if (fmt_is(t, "}"))
		return !f->flat;
	if (l->pending && (t[-1].kind != FMT_COMMENT || t[-1].brk == 0))
		return true;
	return t->nl > 0 && may_break(l, t);
}

static unsigned
indent_of(const struct layout *l, const struct fmt_token *t)
{
	const struct frame *f = inner(l);

	if (closes(t))
		return f->base;
	if (f->group == FMT_PAREN || l->start || l->between ||
	    fmt_is(t, "else") || fmt_is(t, "with") ||
	    (fmt_is(t, "{") && t->group == FMT_BODY))
		return f->content;
	return f->content + 1;
}

static void
open_frame(struct layout *l, unsigned i)
{
	const struct fmt_token *t = &l->t[i];
	const struct frame *out = inner(l);
	struct frame f = { .group = t->group, .base = l->indent };

	if (f.group == FMT_BODY && out->group != FMT_PAREN && !out->flat)
		f.base = out->content;
	f.content = f.base + 1;
	if (f.group == FMT_PAREN)
		f.flat = out->flat;
	else
		f.flat = out->flat || (fits(l, i) && !(f.group == FMT_BODY &&
		    l->chain == l->depth && t->match > i + 1));
	if (f.group == FMT_BODY && l->chain == l->depth)
		l->chain = 0;
	l->frame = arena_grow(l->a, l->frame, &l->cap, l->depth + 1,
	    sizeof *l->frame);
	l->frame[l->depth++] = f;
	if (f.group != FMT_PAREN && !f.flat)
		l->pending = l->start = l->fresh = true;
}

static void
close_frame(struct layout *l, unsigned i)
{
	const struct frame *f = &l->frame[--l->depth];

	if (f->group == FMT_BODY && !f->flat && i + 1 < l->n &&
	    fmt_is(&l->t[i + 1], "else"))
		l->chain = l->depth;
}

/* Sets the break before t, and the column behind it. */
static void
place(struct layout *l, struct fmt_token *t)
{
	if (breaks(l, t)) {
		t->brk = t->nl > 1 && l->start && !l->fresh && !closes(t) ?
		    2 : 1;
		t->indent = l->indent = indent_of(l, t);
		l->col = t->indent * FMT_TAB;
	} else if (l->at > 0) {
		t->pad = t[-1].in_signature && !inner(l)->flat &&
		    !fmt_is_comment(t) ? 1 : 0;
		l->col += (t->space ? 1 : 0) + t->pad;
	}
	l->col = fmt_is_long(t) ? fmt_width(t) : l->col + fmt_width(t);
}

static void
lay_out(struct layout *l)
{
	for (; l->at < l->n; l->at++) {
		struct fmt_token *t = &l->t[l->at];

		place(l, t);
		if (fmt_is_comment(t)) {
			if (t->brk > 0)
				l->fresh = false;
			continue;
		}
		l->pending = l->start = l->fresh = false;
		l->between = fmt_is(t, "}") && t->group == FMT_BODY;
		if (closes(t))
			close_frame(l, l->at);
		else if (opens(t))
			open_frame(l, l->at);
		if (t->ends && !inner(l)->flat)
			l->pending = l->start = true;
	}
}

/* ---- the text ---- */

static void
write_tokens(struct buf *b, const struct fmt_token *t, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		unsigned blanks = t[i].pad + (t[i].space ? 1 : 0);

		for (unsigned k = 0; k < t[i].brk; k++)
			buf_putc(b, '\n');
		for (unsigned k = 0; t[i].brk > 0 && k < t[i].indent; k++)
			buf_putc(b, '\t');
		for (unsigned k = 0; t[i].brk == 0 && i > 0 && k < blanks; k++)
			buf_putc(b, ' ');
		buf_put(b, t[i].s, t[i].len);
	}
	if (n > 0)
		buf_putc(b, '\n');
}

static bool
same_tokens(const struct fmt_token *x, unsigned nx, const struct fmt_token *y,
    unsigned ny)
{
	if (nx != ny)
		return false;
	for (unsigned i = 0; i < nx; i++)
		if (x[i].kind != y[i].kind || x[i].len != y[i].len ||
		    memcmp(x[i].s, y[i].s, x[i].len) != 0)
			return false;
	return true;
}

bool
fmt(struct arena *a, struct names *names, struct sources *sources,
    struct source *s, struct diag *d, struct buf *out)
{
	struct source *now;
	struct layout l = { .a = a, .start = true, .fresh = true };
	struct fmt_token *again;
	struct buf b = BASE_BUF_INIT;
	unsigned n;
	bool same;

	l.t = fmt_tokens(a, names, s, d, &l.n);
	fmt_classify(a, l.t, l.n);
	l.frame = arena_grow(a, NULL, &l.cap, 1, sizeof *l.frame);
	l.frame[0] = (struct frame){ .group = FMT_BODY };
	l.depth = 1;
	lay_out(&l);
	fmt_align(a, l.t, l.n);
	buf_put(&b, s->text, buf_bom(s->text, s->len));
	write_tokens(&b, l.t, l.n);
	now = sources_add(sources, s->path, arena_strndup(a, buf_str(&b),
	    b.len), b.len);
	again = fmt_tokens(a, names, now, d, &n);
	same = !b.failed && same_tokens(l.t, l.n, again, n);
	if (same)
		buf_put(out, buf_str(&b), b.len);
	buf_release(&b);
	return same;
}
