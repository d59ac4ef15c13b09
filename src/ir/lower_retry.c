/* `require ... retry`: finds the call to ask again, and puts what the
 * condition needs of it into a region.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "base/table.h"
#include "ir/lower_in.h"

struct slice {
	struct lower *x;
	struct table need;              /* values */
	struct table read;              /* variables: read later */
	struct table set;               /* variables: in the stretch */
	struct var **var;               /* those, but for what it makes */
	size_t cap;
	unsigned nvar;
};

static bool
has(const struct table *t, const void *key)
{
	const union table_value *v = table_get(t, key);

	return v != NULL && v->n > 0;
}

/* Marks what `i` uses, what its regions use included. */
static void
mark_uses(struct slice *s, const struct ins *i)
{
	const struct region *r[2] = { i->body, i->other };
	const struct ins *c;
	unsigned k;

	for (k = 0; k < i->narg; k++)
		table_at(&s->need, i->arg[k])->n = 1;
	if (i->op == IR_GET)
		table_at(&s->read, i->u.var)->n = 1;
	for (k = 0; k < 2; k++) {
		if (r[k] == NULL)
			continue;
		for (c = r[k]->first; c != NULL; c = c->next)
			mark_uses(s, c);
		if (r[k]->result != NULL)
			table_at(&s->need, r[k]->result)->n = 1;
	}
}

/* Does `i`, or what it holds, set a variable of `set`, or read one? */
static bool
touches(const struct ins *i, const struct table *set, enum ir_op op)
{
	const struct region *r[2] = { i->body, i->other };
	const struct ins *c;
	unsigned k;

	if (i->op == op && has(set, i->u.var))
		return true;
	for (k = 0; k < 2; k++)
		for (c = r[k] != NULL ? r[k]->first : NULL; c != NULL;
		    c = c->next)
			if (touches(c, set, op))
				return true;
	return false;
}

/* Are values of the body of a retry needed? */
static bool
gives_needed(const struct slice *s, const struct ins *retry)
{
	const struct ins *c;

	for (c = retry->body->first; c != NULL; c = c->next)
		if (has(&s->need, c) ||
		    (c->op == IR_RETRY && gives_needed(s, c)))
			return true;
	return false;
}

static void
slice_init(struct slice *s, struct lower *x, const struct ins *cond)
{
	*s = (struct slice){ .x = x };
	table_init(&s->need, x->a);
	table_init(&s->read, x->a);
	table_init(&s->set, x->a);
	table_at(&s->need, cond)->n = 1;
}

/* The latest call of the region, or retry around one, that the condition
 * reads; NULL. */
static struct ins *
find_call(struct slice *s, struct ins *last)
{
	struct ins *i;

	for (i = last; i != NULL; i = i->prev) {
		if (i->op == IR_SET && has(&s->read, i->u.var))
			table_at(&s->read, i->u.var)->n = 0;
		else if (i->op == IR_RETRY ? !gives_needed(s, i) :
		    !has(&s->need, i) && !touches(i, &s->read, IR_SET))
			continue;
		if (i->op == IR_ASK || i->op == IR_RETRY)
			return i;
		mark_uses(s, i);
	}
	return NULL;
}

static void
mark_set(struct slice *s, const struct ins *i)
{
	const struct region *r[2] = { i->body, i->other };
	const struct ins *c;
	unsigned k;

	if (i->op == IR_SET && table_at(&s->set, i->u.var)->n++ == 0 &&
	    i->u.var->made != i) {
		s->var = arena_grow(s->x->a, s->var, &s->cap, s->nvar + 1u,
		    sizeof *s->var);
		s->var[s->nvar++] = i->u.var;
	}
	for (k = 0; k < 2; k++)
		for (c = r[k] != NULL ? r[k]->first : NULL; c != NULL;
		    c = c->next)
			mark_set(s, c);
}

/* May it be computed once, after the condition holds? */
static bool
can_wait(const struct slice *s, const struct ins *i)
{
	return (i->op == IR_ASK || i->op == IR_CALL || i->op == IR_SEARCH ||
	    i->op == IR_EMBED || i->op == IR_GET ||
	    ir_is_pure(i)) &&
	    !touches(i, &s->set, IR_GET);
}

/* Does the body look at `v`, or set it in places only, before it sets it? */
static bool
sees(struct slice *s, const struct region *body, struct var *v)
{
	const struct ins *i;
	struct table one;

	table_init(&one, s->x->a);
	table_at(&one, v)->n = 1;
	for (i = body->first; i != NULL; i = i->next) {
		if (i->op == IR_SET && i->u.var == v)
			return false;
		if (touches(i, &one, IR_GET) || touches(i, &one, IR_SET))
			return true;
	}
	return false;
}

static int
by_id(const void *a, const void *b)
{
	const struct var *const *x = a, *const *y = b;

	return ((*x)->id > (*y)->id) - ((*x)->id < (*y)->id);
}

/* A variable that the body sets has its earlier value at each beginning. */
static void
restore(struct slice *s, struct ins *retry)
{
	struct lower *x = s->x;
	struct ins *get, *set, *first = retry->body->first;
	unsigned k;

	if (s->nvar > 1)
		qsort(s->var, s->nvar, sizeof *s->var, by_id);
	for (k = 0; k < s->nvar; k++) {
		struct var *v = s->var[k];

		if (v->kept || !sees(s, retry->body, v))
			continue;
		get = ir_add(x->m, retry->in, IR_GET, v->type, NULL, 0,
		    retry->at);
		get->u.var = v;
		get->name = arena_printf(x->a, "%s_before", v->name);
		ir_unlink(get);
		ir_insert_before(retry, get);
		set = ir_add(x->m, retry->body, IR_SET,
		    lower_basic(x, TY_VOID), &get, 1, retry->at);
		set->u.var = v;
		ir_unlink(set);
		ir_insert_before(first, set);
	}
}

/* Takes what the condition and the hint need, and what may not wait, into
 * the body; the rest comes after it. */
static void
fill(struct slice *s, struct ins *retry, struct ins *call)
{
	struct region *r = retry->in;
	struct ins *i, *next;

	for (i = call; i != retry; i = i->next)
		mark_set(s, i);
	mark_uses(s, retry);
	table_at(&s->need, call)->n = 1;
	for (i = retry->prev; i != call->prev; i = i->prev) {
		if (!has(&s->need, i) && can_wait(s, i))
			continue;
		table_at(&s->need, i)->n = 1;
		mark_uses(s, i);
	}
	for (i = call; i != retry; i = next) {
		next = i->next;
		ir_unlink(i);
		ir_append(has(&s->need, i) ? retry->body : r, i);
	}
}

void
lower_retry(struct lower *x, struct ins *retry, struct ins *cond,
    struct span at)
{
	struct slice s;
	struct ins *call;
	const struct ins *i;

	slice_init(&s, x, cond);
	call = find_call(&s, retry->prev);
	if (call == NULL) {
		diag(x->d, at, E_PLACE, "retry asks a module again, but the "
		    "condition reads no result of one that was asked in this "
		    "very block");
		return;
	}
	for (i = call; i != retry; i = i->next)
		if (ir_has_effect(i))
			diag(x->d, i->at, E_EFFECT, "%s", "");
	retry->body->result = cond;
	fill(&s, retry, call);
	restore(&s, retry);
}
