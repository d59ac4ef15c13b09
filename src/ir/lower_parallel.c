/* Lowering of parallel.
 *
 * A branch that is a call with what it is given and what is made of its
 * result stays where it is: its call stands in the `par`.  Any other branch
 * that calls or may fail becomes a function, whose call stands there.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "front/ast.h"
#include "ir/lower_in.h"
#include "ir/outline.h"

struct branches {
	struct region *calls;           /* to be made at once */
	struct region *after;           /* what comes of them */
};

static bool is_plain(const struct ins *i);

static bool
all_plain(const struct region *r)
{
	const struct ins *i;

	for (i = r != NULL ? r->first : NULL; i != NULL; i = i->next)
		if (!is_plain(i))
			return false;
	return true;
}

/* Neither calls nor fails, and stays in the branch. */
static bool
is_plain(const struct ins *i)
{
	bool plain = i->op == IR_GET || i->op == IR_SET || i->op == IR_ITEM ||
	    i->op == IR_IF || i->op == IR_SWITCH || i->op == IR_CASE ||
	    i->op == IR_FOR || i->op == IR_RANGE || i->op == IR_WHILE ||
	    i->op == IR_BREAK || i->op == IR_CONTINUE;

	return (plain && all_plain(i->body) && all_plain(i->other)) ||
	    (i->op == IR_RUN && !ir_calls(i) && ir_fn_harmless(i->u.fn)) ||
	    ir_is_pure(i);
}

/* Computes a value and does nothing else; it may fail. */
static bool
is_value(const struct ins *i)
{
	return i->op == IR_GET || ((ir_ops[i->op].flags & OPF_PURE) &&
	    all_plain(i->body) && all_plain(i->other));
}

/* The call of a branch that is little else; NULL. */
static struct ins *
only_call(const struct region *r)
{
	struct ins *i, *call = NULL;

	for (i = r->first; i != NULL; i = i->next) {
		if (call == NULL && ir_is_call(i) && ir_calls(i))
			call = i;
		else if (call == NULL ? !is_value(i) : !is_plain(i))
			return NULL;
	}
	return call;
}

/* Makes a function of the branch `n`, whose operations `o` holds. */
static void
move_out(struct lower *x, struct branches *b, struct ast *n,
    struct outline *o)
{
	struct symbol *s = n->kind == AST_LET ? n->sym : NULL;
	struct ins *value;

	o->m = x->m;
	o->name = "branch";
	o->before = x->r;
	o->after = b->after;
	if (s != NULL && s->assigned)
		o->made = s->lowered;
	else if (s != NULL) {
		value = s->lowered;
		o->value = &value;
		o->nvalue = 1;
	}
	ir_append(b->calls, outline(o));
	if (o->nvalue > 0)
		s->lowered = value;
}

static void
branch(struct lower *x, struct branches *b, struct ast *n)
{
	struct ins *hold = lower_op(x, IR_PAR, lower_basic(x, TY_VOID), NULL,
	    0, n->at), *call;
	struct outline o = { .hold = hold, .last = x->f->last_var };
	struct region *outer = x->r;

	x->r = hold->body;
	lower_statement(x, n);
	x->r = outer;
	call = only_call(hold->body);
	if (call != NULL) {
		ir_move(outer, hold->body, call);
		ir_move(b->calls, hold->body, call->next);
		ir_move(b->after, hold->body, NULL);
	} else if (all_plain(hold->body))
		ir_move(b->after, hold->body, NULL);
	else
		move_out(x, b, n, &o);
	ir_unlink(hold);
}

/* The branches of a branch that is a parallel of its own are some of these. */
static void
branches(struct lower *x, struct branches *b, struct ast *n)
{
	struct ast *i;

	for (i = n->u.parallel.body->u.block.stmt; i != NULL; i = i->next)
		if (i->kind == AST_PARALLEL)
			branches(x, b, i);
		else
			branch(x, b, i);
}

void
lower_parallel(struct lower *x, struct ast *n)
{
	struct branches b;
	struct ins *par;

	b.calls = ir_region(x->m, x->f, NULL);
	b.after = ir_region(x->m, x->f, NULL);
	branches(x, &b, n);
	if (b.calls->first != NULL) {
		par = lower_op(x, IR_PAR, lower_basic(x, TY_VOID), NULL, 0,
		    n->at);
		ir_move(par->body, b.calls, NULL);
	}
	ir_move(x->r, b.after, NULL);
}
