/* Statements that choose a way, as C: switch, retry, try.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "emit/emit_in.h"

/* ---- loops ---- */

void
fgen_loop(struct fgen *fg, struct region *body)
{
	struct cw *w = &fg->g->w;
	struct floop *outer = fg->loop, loop = { false, NULL, NULL };

	fg->loop = &loop;
	fgen_region(fg, body, false);
	fg->loop = outer;
	if (loop.next != NULL)
		cw_reopen(w, "%s:;", loop.next);
	cw_close(w, "}");
	if (loop.done != NULL)
		cw_reopen(w, "%s:;", loop.done);
}

static const char *
label(struct fgen *fg, const char *word, unsigned *n)
{
	return ++*n == 1 ? word : arena_printf(&fg->g->a, "%s_%u", word, *n);
}

void
fgen_leave(struct fgen *fg, enum ir_op op)
{
	struct floop *l = fg->loop;

	if (!l->hidden) {
		cw_line(&fg->g->w, "%s;", ir_ops[op].text);
		return;
	}
	if (op == IR_BREAK && l->done == NULL)
		l->done = label(fg, "done", &fg->ndone);
	if (op == IR_CONTINUE && l->next == NULL)
		l->next = label(fg, "next", &fg->nnext);
	cw_line(&fg->g->w, "goto %s;", op == IR_BREAK ? l->done : l->next);
}

/* ---- switch ---- */

/* Does a `break` in it leave a loop around it? */
static bool
breaks(const struct region *r)
{
	for (const struct ins *i = r != NULL ? r->first : NULL; i != NULL;
	    i = i->next) {
		if (i->op == IR_BREAK)
			return true;
		if (i->op != IR_FOR && i->op != IR_RANGE &&
		    i->op != IR_WHILE && (breaks(i->body) ||
		    breaks(i->other)))
			return true;
	}
	return false;
}

/* Does its text declare variables, so that it needs braces? */
static bool
declares(const struct fgen *fg, const struct region *r)
{
	for (const struct ins *i = r->first; i != NULL; i = i->next) {
		if (fg->plan.inl[i->id] || i->op == IR_RET ||
		    i->op == IR_FAIL || i->op == IR_BREAK ||
		    i->op == IR_CONTINUE || i->op == IR_IF)
			continue;
		if (i->op != IR_SET || fg->var[i->u.var->id] == NULL)
			return true;
	}
	return false;
}

/* By number of the variant: do other cases name it? */
static bool *
named(struct fgen *fg, const struct ins *sw)
{
	bool *is = arena_array(&fg->g->a, sw->arg[0]->type->n, sizeof *is);

	for (const struct ins *c = sw->body->first; c != NULL; c = c->next)
		for (unsigned k = 0; k < c->narg; k++)
			is[c->arg[k]->u.i] = true;
	return is;
}

/* The labels of a case; -Wswitch-enum wants every variant named. */
static void
labels(struct fgen *fg, struct ins *sw, struct ins *c, bool otherwise)
{
	struct gen *g = fg->g;
	const struct ty *t = sw->arg[0]->type;
	const char *brace = declares(fg, c->body) ? " {" : "";
	const bool *is = c->narg == 0 && t->kind == TY_ENUM ? named(fg, sw) :
	    NULL;

	for (unsigned k = 0; k < c->narg; k++)
		cw_reopen(&g->w, "case %s:%s", fexpr(fg, c->arg[k],
		    PREC_COND), k + 1 < c->narg || otherwise ? "" : brace);
	for (unsigned k = 0; is != NULL && k < t->n; k++)
		if (!is[k])
			cw_reopen(&g->w, "case %s:", gtype_variant(g, t, k));
	if (otherwise)
		cw_reopen(&g->w, "default:%s", brace);
}

/* A switch over an enum or ints.  One that never runs on gets a default, so
 * that C sees it, too. */
static void
c_switch(struct fgen *fg, struct ins *i)
{
	struct cw *w = &fg->g->w;
	bool ends = true, whole = ir_is_whole(i);

	for (struct ins *c = i->body->first; c != NULL; c = c->next) {
		ends = ends && ir_ends(c->body);
		whole = whole && c->narg > 0;
	}
	cw_open(w, "switch (%s) {", fexpr(fg, i->arg[0], PREC_ANY));
	for (struct ins *c = i->body->first; c != NULL; c = c->next) {
		bool braces = declares(fg, c->body);

		labels(fg, i, c, c->narg == 0 || (whole && ends &&
		    c->next == NULL));
		fgen_region(fg, c->body, true);
		if (!ir_ends(c->body))
			cw_line(w, "break;");
		if (braces)
			cw_reopen(w, "}");
	}
	cw_close(w, "}");
}

/* What is compared again and again, without computing it anew. */
static const char *
subject(struct fgen *fg, struct ins *v)
{
	const char *s = fexpr(fg, v, PREC_REL), *name;

	if (!fg->plan.inl[v->id] || v->op == IR_GET || v->op == IR_ARG ||
	    (v->op == IR_FIELD && strchr(s, '(') == NULL))
		return s;
	name = fgen_name(fg, "value");
	cw_line(&fg->g->w, "%s = %s;", gtype_decl(fg->g, v->type, name),
	    fexpr(fg, v, PREC_COND));
	cw_blank(&fg->g->w);
	return name;
}

static const char *
test_of(struct fgen *fg, const char *v, struct ins *c)
{
	struct buf b = BASE_BUF_INIT;

	for (unsigned k = 0; k < c->narg; k++) {
		struct ins *x = c->arg[k];

		buf_puts(&b, k > 0 ? " || " : "");
		if (x->op == IR_BOOL)
			buf_printf(&b, "%s%s", x->u.i ? "" : "!", v);
		else if (x->op == IR_STRING)
			buf_printf(&b, "mip_string_eq(%s, %s)", v,
			    fexpr(fg, x, PREC_COND));
		else
			buf_printf(&b, "%s == %s", v, fexpr(fg, x, PREC_REL));
	}
	return gen_take(fg->g, &b);
}

/* One `if` after the other; the default comes last. */
static void
chain(struct fgen *fg, struct ins *i)
{
	struct cw *w = &fg->g->w;
	const char *v = subject(fg, i->arg[0]), *test;
	struct ins *otherwise = NULL, *last = NULL;
	bool first = true, empty;

	for (struct ins *c = i->body->first; c != NULL; c = c->next) {
		if (c->narg == 0)
			otherwise = c;
		else
			last = c;
	}
	if (otherwise == NULL && ir_is_whole(i))
		otherwise = last;
	empty = otherwise == NULL || fregion_inline(fg, otherwise->body);
	for (struct ins *c = i->body->first; c != NULL; c = c->next) {
		if (c == otherwise)
			continue;
		test = test_of(fg, v, c);
		if (first)
			cw_open(w, "if (%s) {", test);
		else
			cw_reopen(w, "} else if (%s) {", test);
		first = false;
		fgen_region(fg, c->body, true);
	}
	if (!empty && first)
		cw_open(w, "{");
	else if (!empty)
		cw_reopen(w, "} else {");
	if (!empty)
		fgen_region(fg, otherwise->body, true);
	if (!empty || !first)
		cw_close(w, "}");
}

void
fgen_switch(struct fgen *fg, struct ins *i)
{
	const struct ty *t = i->arg[0]->type;

	if ((t->kind == TY_ENUM || ty_base(t)->kind == TY_INT) &&
	    i->body->first != NULL && !breaks(i->body))
		c_switch(fg, i);
	else
		chain(fg, i);
}

/* ---- retry ---- */

/* Declares what the body makes and what comes after it uses. */
static void
declare_ahead(struct fgen *fg, const struct ins *retry,
    const struct region *r)
{
	const struct fplan *p = &fg->plan;
	struct cw *w = &fg->g->w;
	unsigned end = p->end[retry->id];

	for (struct ins *i = r->first; i != NULL; i = i->next) {
		struct var *v = i->op == IR_SET ? i->u.var : NULL;

		if (i->op == IR_RETRY || i->op == IR_PAR)
			declare_ahead(fg, retry, i->body);
		if (v != NULL && fg->var[v->id] == NULL &&
		    (p->var_last[v->id] > end ||
		    p->var_first[v->id] < retry->id)) {
			fg->var[v->id] = fgen_name(fg, v->name != NULL ?
			    v->name : "value");
			cw_line(w, "%s;", gtype_decl(fg->g, v->type,
			    fg->var[v->id]));
		}
		if (v == NULL && (ir_ops[i->op].flags & OPF_VALUE) &&
		    !p->inl[i->id] && !fg->ahead[i->id] &&
		    p->last[i->id] > end)
			cw_line(w, fgen_is_direct(i) ? "%s = { 0 };" : "%s;",
			    gtype_decl(fg->g, i->type, fgen_ahead(fg, i)));
	}
}

/* The hint as something that can be written twice. */
static const char *
hint_text(struct fgen *fg, struct ins *hint)
{
	const char *s = fexpr(fg, hint, PREC_COND), *name;

	if (!fg->plan.inl[hint->id] || hint->op == IR_STRING)
		return s;
	name = fgen_name(fg, "hint");
	cw_blank(&fg->g->w);
	cw_line(&fg->g->w, "const char *%s = %s;", name, s);
	cw_blank(&fg->g->w);
	return name;
}

/* The loops around it are left by goto: C's is the retry's own. */
static void
again_body(struct fgen *fg, struct region *r)
{
	bool hidden = fg->loop != NULL && fg->loop->hidden;

	if (fg->loop != NULL)
		fg->loop->hidden = true;
	fgen_region(fg, r, false);
	if (fg->loop != NULL)
		fg->loop->hidden = hidden;
}

void
fgen_retry(struct fgen *fg, struct ins *i)
{
	struct cw *w = &fg->g->w;
	struct ins *ask = ir_retried(i);
	const char *again = fg->again[ask->id], *n, *hint;
	size_t scope;

	fg->uses_m = true;
	declare_ahead(fg, i, i->body);
	if (again == NULL) {
		again = fgen_name(fg, arena_printf(&fg->g->a, "%s_again",
		    ask->name != NULL ? ask->name : ask->u.prompt->c_name));
		fg->again[ask->id] = again;
		cw_line(w, "struct mip_retry %s = { 0 };", again);
	}
	cw_blank(w);
	scope = fg->nname;
	n = fgen_name(fg, "n");
	cw_open(w, "for (int64_t %s = 0;; %s++) {", n, n);
	again_body(fg, i->body);
	cw_line(w, "if (%s)", fexpr(fg, i->body->result, PREC_ANY));
	cw_line(w, "\tbreak;");
	fgen_region(fg, i->other, false);
	hint = hint_text(fg, i->other->result);
	if (fg->bail != NULL) {
		cw_open(w, "if (%s == %s) {", n, gen_int(fg->g, i->u.i));
		cw_line(w, "mip_fail(m, MIP_ASSERT, \"%%s\", %s);", hint);
		cw_line(w, "%s", fgen_bail(fg));
		cw_close(w, "}");
	} else {
		cw_line(w, "if (%s == %s)", n, gen_int(fg->g, i->u.i));
		w->indent++;
		cw_line(w, "return mip_fail(m, MIP_ASSERT, \"%%s\", %s);",
		    hint);
		w->indent--;
	}
	cw_line(w, "mip_hint(m, &%s, %s);", again, hint);
	cw_close(w, "}");
	fg->nname = scope;
}

/* ---- try ---- */

/* The last operation of the body that may fail, so that what is set up to
 * there has to be given back; NULL. */
static const struct ins *
last_failing(const struct region *r)
{
	const struct ins *i = r->last;

	for (; i != NULL; i = i->prev) {
		unsigned flags = ir_ops[i->op].flags;

		if (i->op != IR_SET && i->op != IR_RET && i->op != IR_GET &&
		    i->op != IR_BREAK && i->op != IR_CONTINUE &&
		    (!(flags & OPF_PURE) || (flags & OPF_FAIL)))
			break;
	}
	return i;
}

/* A variable with the name of its earlier value. */
struct saved {
	const struct var *var;
	const char *was;
	struct saved *next;
};

static int
by_id(const void *a, const void *b)
{
	const struct ins *const *x = a, *const *y = b;

	return ((*x)->u.var->id > (*y)->u.var->id) -
	    ((*x)->u.var->id < (*y)->u.var->id);
}

/* What sets variables at ids from `from` to `to`, by variable. */
static struct ins **
sets_between(struct fgen *fg, unsigned from, unsigned to, unsigned *n)
{
	const struct fplan *p = &fg->plan;
	unsigned lo = 0, hi = p->nset;
	struct ins **set;

	while (lo < hi) {
		unsigned mid = lo + (hi - lo) / 2;

		if (p->set[mid]->id < from)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (hi = lo; hi < p->nset && p->set[hi]->id <= to;)
		hi++;
	*n = hi - lo;
	set = arena_array(&fg->g->a, *n, sizeof(struct ins *));
	if (*n > 0) {
		memcpy(set, p->set + lo, *n * sizeof(struct ins *));
		qsort(set, *n, sizeof(struct ins *), by_id);
	}
	return set;
}

/* Keeps the variables that the body sets and a failure gives back. */
static struct saved *
save(struct fgen *fg, const struct region *body)
{
	const struct fplan *p = &fg->plan;
	const struct ins *fails = last_failing(body);
	unsigned n = 0, from = 0, to = 0;
	struct saved *first = NULL, **end = &first;
	struct ins **set = NULL;

	if (body->first != NULL) {
		from = fplan_first(body);
		to = fplan_end(p, body);
		if (!fg->can_fail)
			to = fails != NULL ? p->end[fails->id] : from;
		set = sets_between(fg, from, to, &n);
	}
	for (unsigned i = 0; i < n; i++) {
		const struct var *v = set[i]->u.var;
		const char *name = fg->var[v->id];
		struct saved *s;

		if (name == NULL || v->kept ||
		    (i > 0 && set[i - 1]->u.var == v) ||
		    (!fg->can_fail && fails == NULL))
			continue;
		s = arena_alloc(&fg->g->a, sizeof *s);
		s->var = v;
		s->was = fgen_name(fg, arena_printf(&fg->g->a, "%s_before",
		    name));
		cw_line(&fg->g->w, "%s = %s;", gtype_decl(fg->g, v->type,
		    s->was), name);
		*end = s;
		end = &s->next;
	}
	cw_blank(&fg->g->w);
	return first;
}

/* The body of a try; true if the label is used. */
static bool
attempt(struct fgen *fg, struct region *body, const char *label)
{
	const char *outer = fg->bail;
	bool bailed = fg->bailed, used;

	fg->bail = label;
	fg->bailed = false;
	cw_open(&fg->g->w, "{");
	fgen_region(fg, body, true);
	cw_close(&fg->g->w, "}");
	used = fg->bailed;
	fg->bail = outer;
	fg->bailed = bailed;
	return used;
}

void
fgen_try(struct fgen *fg, struct ins *i)
{
	struct cw *w = &fg->g->w;
	bool ends = ir_ends(i->body), used;
	const char *label = "failed";
	const struct saved *was;

	if (fg->ntry++ > 0)
		label = arena_printf(&fg->g->a, "failed_%u", fg->ntry);
	if (fg->can_fail) {
		cw_line(w, "if (mip_status(m) != MIP_OK)");
		cw_line(w, "\t%s", fgen_bail(fg));
		cw_blank(w);
	}
	was = save(fg, i->body);
	used = attempt(fg, i->body, label);
	if (!used && !fg->can_fail)
		return;                 /* nothing in it fails */
	fg->uses_m = true;
	if (used)
		cw_reopen(w, "%s:", label);
	if (!ends)
		cw_open(w, "if (mip_status(m) != MIP_OK) {");
	cw_line(w, "if (!mip_caught(m))");
	cw_line(w, "\t%s", fgen_bail(fg));
	for (; was != NULL; was = was->next)
		cw_line(w, "%s = %s;", fg->var[was->var->id], was->was);
	fgen_region(fg, i->other, !ends);
	if (!ends)
		cw_close(w, "}");
}
