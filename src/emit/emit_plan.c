/* Which values of a function are written where they are used, and which get
 * a variable of their own.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "emit/emit_in.h"

struct plan_walk {
	struct fplan *p;
	struct ins **all;               /* in textual order */
	size_t n;
};

static void
use(struct fplan *p, struct ins *v, struct ins *by)
{
	if (p->uses[v->id]++ == 0)
		p->place[v->id] = by;
	else if (p->place[v->id] != by)
		p->place[v->id] = NULL;         /* several places */
}

static bool
count(struct ins *i, void *arg)
{
	struct plan_walk *w = arg;

	w->all[w->n++] = i;
	for (unsigned k = 0; k < i->narg; k++)
		use(w->p, i->arg[k], i);
	if (i->body != NULL && i->body->result != NULL)
		use(w->p, i->body->result, i);
	if (i->other != NULL && i->other->result != NULL)
		use(w->p, i->other->result, i);
	return true;
}

/* Does the operation, or what it holds, set `var`; or, for NULL, do something
 * that others can see (ask, set, leave)? */
static bool
disturbs(const struct ins *i, const struct var *var)
{
	unsigned flags = ir_ops[i->op].flags;
	const struct region *r[2] = { i->body, i->other };

	if (var != NULL ? i->op == IR_SET && i->u.var == var :
	    (flags & OPF_VALUE) == 0 || (flags & OPF_MODEL) != 0)
		return true;
	for (unsigned k = 0; k < 2; k++)
		for (const struct ins *c = r[k] != NULL ? r[k]->first : NULL;
		    c != NULL; c = c->next)
			if (disturbs(c, var))
				return true;
	return false;
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
can_move(const struct ins *v, const struct ins *place, const struct var *var,
    bool effects, bool loops)
{
	const struct ins *top = place;

	while (top->in != v->in) {
		const struct ins *owner = top->in->owner;

		if (owner == NULL)
			return false;
		if (is_loop(owner) && (!loops || (var != NULL &&
		    disturbs(owner, var))))
			return false;
		if ((var != NULL && disturbs(owner, var)) || effects)
			return false;
		top = owner;
	}
	if (var == NULL && !effects)
		return true;
	for (const struct ins *i = v->next; i != NULL && i != top; i = i->next)
		if (disturbs(i, effects ? NULL : var))
			return false;
	return true;
}

/* May it be computed at the end of the body of the retry it stands in? */
static bool
can_end(const struct ins *v, const struct var *var, bool effects)
{
	if (v->in->owner == NULL || v->in->owner->op != IR_RETRY ||
	    (var == NULL && !effects))
		return true;
	for (const struct ins *i = v->next; i != NULL; i = i->next)
		if (disturbs(i, effects ? NULL : var))
			return false;
	return true;
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
	case IR_ASK: case IR_RUN: case IR_SCORE: case IR_EACH: case IR_APPEND:
	case IR_INDEX:
		return true;
	case IR_LIST:
		return i->narg != 0;
	case IR_SOME:
		return i->type->of->kind != TY_STRING;
	case IR_INJECT:
		return i->type->kind == TY_UNION;
	case IR_LIB:
		return (builtins[i->u.lib].flags & BF_LIST) != 0;
	case IR_AND: case IR_OR: case IR_COND:
		return !region_inline(p, i->body) ||
		    !region_inline(p, i->other);
	case IR_STRING: case IR_INT: case IR_FLOAT: case IR_BOOL: case IR_NULL:
	case IR_ENUM: case IR_ARG: case IR_PARAM: case IR_ITEM: case IR_GET:
	case IR_SET: case IR_FIELD: case IR_RECORD: case IR_TOFLOAT:
	case IR_UNWRAP: case IR_IS: case IR_AS: case IR_ISNULL:
	case IR_ADD: case IR_SUB: case IR_MUL:
	case IR_DIV: case IR_MOD: case IR_NEG: case IR_CONCAT: case IR_EQ:
	case IR_NE: case IR_LT: case IR_LE: case IR_GT: case IR_GE: case IR_HAS:
	case IR_NOT: case IR_IF: case IR_FOR: case IR_RANGE: case IR_WHILE:
	case IR_SWITCH: case IR_CASE: case IR_PAR: case IR_RETRY: case IR_TRY:
	case IR_BREAK:
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
	    i->op == IR_INJECT || (i->op == IR_LIST && i->narg == 0) ||
	    (i->op == IR_SOME && i->type->of->kind == TY_STRING);
}

static bool
may_fail(const struct ins *i)
{
	if (i->op == IR_LIB)
		return (builtins[i->u.lib].flags & BF_FAIL) != 0;
	return (ir_ops[i->op].flags & OPF_FAIL) != 0 &&
	    (i->type->kind == TY_INT || i->op == IR_DIV || i->op == IR_MOD);
}

/* The statement at which a value's text is evaluated. */
static struct ins *
final_place(const struct fplan *p, struct ins *i)
{
	while (i != NULL && p->inl[i->id])
		i = p->place[i->id];
	return i;
}

static bool
inline_get(const struct fplan *p, const struct plan_walk *w, size_t at)
{
	struct ins *get = w->all[at];

	/* Every use must see the value that the variable has here. */
	for (size_t k = at + 1; k < w->n; k++) {
		struct ins *user = w->all[k], *place;
		bool mine = false;

		for (unsigned n = 0; n < user->narg; n++)
			mine |= user->arg[n] == get;
		mine |= user->body != NULL && user->body->result == get;
		mine |= user->other != NULL && user->other->result == get;
		if (!mine)
			continue;
		place = final_place(p, user);
		if (place == NULL || (place == get->in->owner ?
		    !can_end(get, get->u.var, false) :
		    !can_move(get, place, get->u.var, false, true)))
			return false;
	}
	/* The result of the region that it stands in is used by its owner,
	 * which comes before it in textual order. */
	return true;
}

static bool
decide(const struct fplan *p, const struct plan_walk *w, size_t at)
{
	struct ins *i = w->all[at], *place;

	if ((ir_ops[i->op].flags & OPF_VALUE) == 0)
		return false;
	if (i->op == IR_ITEM)
		return true;
	if (p->uses[i->id] == 0)
		return (ir_ops[i->op].flags & OPF_MODEL) == 0 &&
		    i->op != IR_INDEX && !may_fail(i);
	if (needs_statement(p, i))
		return false;
	if (i->op == IR_GET)
		return inline_get(p, w, at);
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
		return can_end(i, NULL, may_fail(i));
	return can_move(i, place, NULL, may_fail(i), false);
}

void
fplan_make(struct fplan *p, struct arena *a, struct fn *f)
{
	struct plan_walk w = { p, NULL, 0 };

	ir_number(f);
	p->uses = arena_array(a, f->nins + 1, sizeof *p->uses);
	p->place = arena_array(a, f->nins + 1, sizeof *p->place);
	p->inl = arena_array(a, f->nins + 1, sizeof *p->inl);
	w.all = arena_array(a, f->nins + 1, sizeof *w.all);
	ir_walk(f, count, &w);
	for (size_t at = w.n; at-- > 0;)
		p->inl[w.all[at]->id] = decide(p, &w, at);
}
