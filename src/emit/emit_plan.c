/* Which values of a function are written where they are used, and which get
 * a variable of their own.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "emit/emit_in.h"

struct plan_walk {
	struct fplan *p;
	struct arena *a;
	struct ins **all;               /* in textual order, which is that of
	                                 * their ids */
	unsigned n;
	struct reader **reader;         /* by id of a `get` */
};

/* What uses the value of a `get`. */
struct reader {
	struct ins *by;
	struct reader *next;
};

static void
use(struct plan_walk *w, struct ins *v, struct ins *by)
{
	struct fplan *p = w->p;
	struct reader *r;

	if (p->uses[v->id]++ == 0)
		p->place[v->id] = by;
	else if (p->place[v->id] != by)
		p->place[v->id] = NULL;         /* several places */
	if (v->op != IR_GET)
		return;
	r = arena_alloc(w->a, sizeof *r);
	*r = (struct reader){ by, w->reader[v->id] };
	w->reader[v->id] = r;
}

static bool
has_effect(const struct ins *i)
{
	unsigned flags = ir_ops[i->op].flags;

	return (flags & OPF_VALUE) == 0 ||
	    (flags & (OPF_MODEL | OPF_TOOL)) != 0;
}

static void
note(struct plan_walk *w, struct region *r)
{
	struct fplan *p = w->p;

	for (struct ins *i = r != NULL ? r->first : NULL; i != NULL;
	    i = i->next) {
		w->all[w->n++] = i;
		for (unsigned k = 0; k < i->narg; k++)
			use(w, i->arg[k], i);
		if (i->body != NULL && i->body->result != NULL)
			use(w, i->body->result, i);
		if (i->other != NULL && i->other->result != NULL)
			use(w, i->other->result, i);
		if (has_effect(i))
			p->effect[p->neffect++] = i->id;
		if (i->op == IR_SET) {
			p->set[p->nset++] = i;
			p->nset_at[i->u.var->id]++;
		}
		note(w, i->body);
		note(w, i->other);
		p->end[i->id] = w->n - 1;
	}
}

/* Is one of the `n` rising ids from `from` to `to`? */
static bool
between(const unsigned *id, unsigned n, unsigned from, unsigned to)
{
	unsigned lo = 0, hi = n;

	while (lo < hi) {
		unsigned mid = lo + (hi - lo) / 2;

		if (id[mid] < from)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n && id[lo] <= to;
}

/* Is the variable set at an id from `from` to `to`? */
static bool
fplan_sets(const struct fplan *p, const struct var *v, unsigned from,
    unsigned to)
{
	return between(p->set_at[v->id], p->nset_at[v->id], from, to);
}

unsigned
fplan_first(const struct region *r)
{
	return r->first->id;
}

unsigned
fplan_end(const struct fplan *p, const struct region *r)
{
	return p->end[r->last->id];
}

/* Is `var` set at these ids, or, with `effects`, something done that others
 * can see (ask, call, set, leave)? */
static bool
disturbed(const struct fplan *p, const struct var *var, bool effects,
    unsigned from, unsigned to)
{
	return (var != NULL && fplan_sets(p, var, from, to)) ||
	    (effects && between(p->effect, p->neffect, from, to));
}

static bool
is_loop(const struct ins *i)
{
	return i->op == IR_FOR || i->op == IR_RANGE || i->op == IR_WHILE ||
	    i->op == IR_EACH || i->op == IR_RETRY;
}

/* May `v` be computed at `place` instead of where it stands?  `place` comes
 * later.  `loops`: also from outside of a loop into it. */
static bool
can_move(const struct fplan *p, const struct ins *v, const struct ins *place,
    const struct var *var, bool effects, bool loops)
{
	const struct ins *top = place;

	while (top->in != v->in) {
		const struct ins *owner = top->in->owner;

		if (owner == NULL || (is_loop(owner) && !loops) || effects)
			return false;
		if (disturbed(p, var, false, owner->id, p->end[owner->id]))
			return false;
		top = owner;
	}
	return !disturbed(p, var, effects, p->end[v->id] + 1, top->id - 1);
}

/* May it be computed at the end of the body of the retry it stands in? */
static bool
can_end(const struct fplan *p, const struct ins *v, const struct var *var,
    bool effects)
{
	if (v->in->owner == NULL || v->in->owner->op != IR_RETRY)
		return true;
	return !disturbed(p, var, effects, p->end[v->id] + 1,
	    fplan_end(p, v->in));
}

bool
fregion_inline(const struct fgen *fg, const struct region *r)
{
	if (r == NULL)
		return true;
	for (const struct ins *i = r->first; i != NULL; i = i->next)
		if (!fg->plan.inl[i->id])
			return false;
	return true;
}

static bool
region_inline(const struct fplan *p, const struct region *r)
{
	for (const struct ins *i = r != NULL ? r->first : NULL; i != NULL;
	    i = i->next)
		if (!p->inl[i->id])
			return false;
	return true;
}

/* Values that need statements of their own. */
static bool
needs_statement(const struct fplan *p, const struct ins *i)
{
	switch (i->op) {
	case IR_ASK: case IR_CALL: case IR_JUDGE: case IR_SEARCH:
	case IR_EMBED: case IR_RUN: case IR_SCORE: case IR_EACH:
	case IR_APPEND: case IR_INDEX: case IR_LOOKUP: case IR_INJECT:
		return true;
	case IR_LIST: case IR_MAP:
		return i->narg != 0;
	case IR_SOME:
		return ty_base(i->type->of)->kind != TY_STRING;
	case IR_LIB:
		return fexpr_writes(i->u.lib);
	case IR_AND: case IR_OR: case IR_COND:
		return !region_inline(p, i->body) ||
		    !region_inline(p, i->other);
	case IR_STRING: case IR_INT: case IR_FLOAT: case IR_BOOL: case IR_NULL:
	case IR_ENUM: case IR_ARG: case IR_PARAM: case IR_ITEM: case IR_GET:
	case IR_SET: case IR_FIELD: case IR_RECORD: case IR_TOFLOAT:
	case IR_UNWRAP: case IR_WIDEN: case IR_IS: case IR_AS: case IR_ISNULL:
	case IR_ADD: case IR_SUB: case IR_MUL:
	case IR_DIV: case IR_MOD: case IR_NEG: case IR_CONCAT: case IR_EQ:
	case IR_NE: case IR_LT: case IR_LE: case IR_GT: case IR_GE: case IR_HAS:
	case IR_NOT: case IR_CREDIT: case IR_CAUGHT:
	case IR_IF: case IR_FOR: case IR_RANGE: case IR_WHILE:
	case IR_SWITCH: case IR_CASE: case IR_PAR: case IR_RETRY: case IR_TRY:
	case IR_BREAK: case IR_EXPECT: case IR_CHECK:
	case IR_CONTINUE: case IR_RET: case IR_FAIL: case IR_NOP:
		return false;
	}
	BUG("operation");
}

/* Cheap enough to be written at every use. */
static bool
is_cheap(const struct ins *i)
{
	return ir_is_const(i) || i->op == IR_ARG || i->op == IR_ITEM ||
	    i->op == IR_FIELD || i->op == IR_UNWRAP || i->op == IR_IS ||
	    i->op == IR_AS || i->op == IR_ISNULL || i->op == IR_NULL ||
	    i->op == IR_WIDEN || ((i->op == IR_LIST || i->op == IR_MAP) &&
	    i->narg == 0) ||
	    (i->op == IR_SOME && ty_base(i->type->of)->kind == TY_STRING);
}

static bool
may_fail(const struct ins *i)
{
	if (i->op == IR_LIB)
		return (builtins[i->u.lib].flags & BF_FAIL) != 0;
	return (ir_ops[i->op].flags & OPF_FAIL) != 0 &&
	    (i->type->kind == TY_INT || i->op == IR_DIV || i->op == IR_MOD);
}

/* The statement at which a value's text is evaluated; NULL if there are
 * several.  Shortens the way there. */
static struct ins *
final_place(const struct fplan *p, struct ins *i)
{
	while (i != NULL && p->inl[i->id]) {
		struct ins *next = p->place[i->id];

		if (next != NULL && p->inl[next->id])
			p->place[i->id] = p->place[next->id];
		i = next;
	}
	return i;
}

static bool
inline_get(const struct plan_walk *w, const struct ins *get)
{
	const struct fplan *p = w->p;

	/* Every use must see the value that the variable has here.  The result
	 * of the region that it stands in is used by its owner, which comes
	 * before it in textual order. */
	for (const struct reader *r = w->reader[get->id]; r != NULL;
	    r = r->next) {
		struct ins *place;

		if (r->by->id < get->id)
			continue;
		place = final_place(p, r->by);
		if (place == NULL || (place == get->in->owner ?
		    !can_end(p, get, get->u.var, false) :
		    !can_move(p, get, place, get->u.var, false, true)))
			return false;
	}
	return true;
}

static bool
decide(const struct plan_walk *w, struct ins *i)
{
	const struct fplan *p = w->p;
	struct ins *place;

	if ((ir_ops[i->op].flags & OPF_VALUE) == 0)
		return false;
	if (i->op == IR_ITEM)
		return true;
	if (p->uses[i->id] == 0)
		return (ir_ops[i->op].flags & (OPF_MODEL | OPF_TOOL)) == 0 &&
		    !ir_has_effect(i) && ir_may_go(i);
	if (needs_statement(p, i))
		return false;
	if (i->op == IR_GET)
		return inline_get(w, i);
	if (ir_is_const(i) || i->op == IR_ARG)
		return true;
	if (i->name != NULL)
		return false;
	if (is_cheap(i))
		return true;
	place = p->uses[i->id] == 1 ? final_place(p, p->place[i->id]) : NULL;
	if (place == NULL)
		return false;
	if (place == i->in->owner)      /* its region's result */
		return can_end(p, i, NULL, may_fail(i));
	return can_move(p, i, place, NULL, may_fail(i), false);
}

/* ---- where things are evaluated last ---- */

static void
later(unsigned *at, unsigned id)
{
	if (*at < id)
		*at = id;
}

/* From the end of the region to its beginning, so that all that uses a value
 * comes before it. */
static void
evaluated(struct fplan *p, const struct region *r)
{
	for (struct ins *i = r != NULL ? r->last : NULL; i != NULL;
	    i = i->prev) {
		unsigned at = p->inl[i->id] ? p->last[i->id] : i->id;
		const struct var *v = i->op == IR_SET || i->op == IR_GET ?
		    i->u.var : NULL;

		for (unsigned k = 0; k < i->narg; k++)
			later(&p->last[i->arg[k]->id], at);
		if (v != NULL) {
			later(&p->var_last[v->id], at);
			p->var_first[v->id] = i->id;
		}
		if (i->other != NULL && i->other->result != NULL)
			later(&p->last[i->other->result->id], at);
		if (i->body != NULL && i->body->result != NULL)
			later(&p->last[i->body->result->id], at);
		evaluated(p, i->other);
		evaluated(p, i->body);
	}
}

/* Gives each variable its part of one array of ids. */
static void
sort_sets(struct fplan *p, struct arena *a, const struct fn *f)
{
	unsigned *id = arena_array(a, p->nset + 1, sizeof *id), at = 0;

	p->set_at = arena_array(a, f->nvar + 1, sizeof *p->set_at);
	for (unsigned v = 0; v < f->nvar; v++) {
		p->set_at[v] = id + at;
		at += p->nset_at[v];
		p->nset_at[v] = 0;
	}
	for (unsigned k = 0; k < p->nset; k++) {
		unsigned v = p->set[k]->u.var->id;

		p->set_at[v][p->nset_at[v]++] = p->set[k]->id;
	}
}

void
fplan_make(struct fplan *p, struct arena *a, struct fn *f)
{
	struct plan_walk w = { .p = p, .a = a };
	size_t n;

	ir_number(f);
	n = f->nins + 1u;
	*p = (struct fplan){ .nset = 0 };
	p->uses = arena_array(a, n, sizeof *p->uses);
	p->place = arena_array(a, n, sizeof *p->place);
	p->inl = arena_array(a, n, sizeof *p->inl);
	p->end = arena_array(a, n, sizeof *p->end);
	p->last = arena_array(a, n, sizeof *p->last);
	p->effect = arena_array(a, n, sizeof *p->effect);
	p->set = arena_array(a, n, sizeof *p->set);
	p->nset_at = arena_array(a, f->nvar + 1u, sizeof *p->nset_at);
	p->var_first = arena_array(a, f->nvar + 1u, sizeof *p->var_first);
	p->var_last = arena_array(a, f->nvar + 1u, sizeof *p->var_last);
	w.all = arena_array(a, n, sizeof(struct ins *));
	w.reader = arena_array(a, n, sizeof(struct reader *));
	note(&w, f->body);
	sort_sets(p, a, f);
	for (unsigned at = w.n; at-- > 0;)
		p->inl[at] = decide(&w, w.all[at]);
	evaluated(p, f->body);
}
