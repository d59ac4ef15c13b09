/* Pass dead: drops values and model calls whose result is not used.
 *
 * Contract: needs verified IR, and to have been through what a function calls
 * before that function; keeps what a run gives and every failure but those of
 * the calls that are dropped.  Drops operations without effect and failure,
 * calls of models and of tools without effects, calls of programs that can
 * fail only by what they call, settings of variables that nothing reads, and
 * control that is left empty.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "ir/ir_in.h"
#include "ir/pass.h"

struct dead {
	struct fn *f;
	unsigned *use;                  /* by id of values */
	unsigned *read;                 /* by id of variables */
	bool changed;
};

static void
count(struct dead *x, const struct region *r, int by)
{
	const struct ins *i;
	unsigned k;

	if (r == NULL)
		return;
	for (i = r->first; i != NULL; i = i->next) {
		for (k = 0; k < i->narg; k++)
			x->use[i->arg[k]->id] += (unsigned)by;
		if (i->op == IR_GET)
			x->read[i->u.var->id] += (unsigned)by;
		if (i->op == IR_RETRY)
			x->use[ir_retried(i)->id] += (unsigned)by;
		count(x, i->body, by);
		count(x, i->other, by);
	}
	if (r->result != NULL)
		x->use[r->result->id] += (unsigned)by;
}

/* Nothing but the item of a loop? */
static bool
empty(const struct region *r)
{
	return r == NULL || r->first == NULL ||
	    (r->first == r->last && r->first->op == IR_ITEM);
}

static bool
unused(struct dead *x, const struct ins *i)
{
	if (i->op == IR_ITEM)
		return false;
	if (ir_ops[i->op].flags & OPF_VALUE)
		return x->use[i->id] == 0 && ir_may_go(i);
	if (i->op == IR_SET)
		return x->read[i->u.var->id] == 0;
	if (i->op == IR_IF || i->op == IR_FOR || i->op == IR_RANGE ||
	    i->op == IR_PAR)
		return empty(i->body) && empty(i->other);
	if (i->op == IR_WHILE)
		return empty(i->body) && ir_is_harmless(i->other);
	return i->op == IR_TRY && empty(i->body);
}

static void
sweep(struct dead *x, struct region *r)
{
	struct ins *i, *prev;
	unsigned k;

	if (r == NULL)
		return;
	for (i = r->last; i != NULL; i = prev) {
		prev = i->prev;
		sweep(x, i->other);
		sweep(x, i->body);
		if (!unused(x, i))
			continue;
		count(x, i->body, -1);
		count(x, i->other, -1);
		for (k = 0; k < i->narg; k++)
			x->use[i->arg[k]->id]--;
		if (i->op == IR_GET)
			x->read[i->u.var->id]--;
		ir_unlink(i);
		x->changed = true;
	}
}

/* Variables that nothing sets or reads any more leave the function. */
static bool
mark_var(struct ins *i, void *arg)
{
	unsigned *used = arg;

	if (i->op == IR_GET || i->op == IR_SET)
		used[i->u.var->id] = 1;
	return true;
}

static void
drop_vars(struct dead *x, struct arena *a)
{
	unsigned *used = arena_array(a, x->f->nvar + 1u, sizeof *used);
	struct var *v, **p = &x->f->var;

	ir_walk(x->f, mark_var, used);
	x->f->nvar = 0;
	x->f->last_var = NULL;
	while ((v = *p) != NULL) {
		if (!used[v->id]) {
			*p = v->next;
			x->changed = true;
			continue;
		}
		v->id = x->f->nvar++;
		x->f->last_var = v;
		p = &v->next;
	}
}

bool
pass_dead(struct mod *m, struct fn *f)
{
	struct arena a;
	struct dead x = { .f = f };
	bool any = false;

	(void)m;
	base_arena_init(&a);
	do {
		x.changed = false;
		ir_number(f);
		x.use = arena_array(&a, f->nins + 1u, sizeof *x.use);
		x.read = arena_array(&a, f->nvar + 1u, sizeof *x.read);
		count(&x, f->body, 1);
		sweep(&x, f->body);
		any = any || x.changed;
	} while (x.changed);
	f->harm = HARM_UNKNOWN;         /* there may be less now */
	drop_vars(&x, &a);
	arena_release(&a);
	return any || x.changed;
}
