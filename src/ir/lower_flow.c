/* Lowering of statements.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "front/ast.h"
#include "ir/lower_in.h"

/* What stands after the end of a block is never reached: it is left out. */
static void
statements(struct lower *x, struct ast *first)
{
	struct ast *n;

	for (n = first; n != NULL && !ir_ends(x->r); n = n->next)
		lower_statement(x, n);
}

void
lower_block(struct lower *x, struct ast *block)
{
	if (block->kind == AST_BLOCK)
		statements(x, block->u.block.stmt);
	else
		lower_statement(x, block);
}

static void
block_in(struct lower *x, struct region *r, struct ast *block)
{
	struct region *outer = x->r;

	x->r = r;
	lower_block(x, block);
	x->r = outer;
}

static struct ins *
control(struct lower *x, enum ir_op op, struct ins *const *arg,
    unsigned narg, struct span at)
{
	return lower_op(x, op, lower_basic(x, TY_VOID), arg, narg, at);
}

/* ---- variables ---- */

static void
set(struct lower *x, struct var *v, struct ins *value, struct span at)
{
	struct ins *i;

	value = lower_convert(x, value, v->type, at);
	i = control(x, IR_SET, &value, 1, at);
	i->u.var = v;
	if (v->made == NULL)
		v->made = i;
}

static void
let(struct lower *x, struct ast *n)
{
	struct ins *v = lower_expr(x, n->u.let.value);
	struct symbol *s = n->sym;
	struct var *made;

	if (s == NULL)
		BUG("'%s' has no symbol", n->u.let.name);
	v = lower_convert(x, v, s->type, n->at);
	if (!s->assigned) {
		lower_bind(s, v);
		return;
	}
	s->lowered = made = ir_var(x->m, x->f, s->name, s->type);
	made->kept = n->u.let.kept;
	set(x, made, v, n->at);
}

static void
assign(struct lower *x, struct ast *n)
{
	struct ast *to = n->u.assign.to;
	struct ins *v;

	if (to->kind != AST_NAME || to->sym == NULL || !to->sym->assigned)
		BUG("not a variable that is set");
	if (n->u.assign.add) {
		v = lower_expr(x, to);
		v = lower_sum(x, v, lower_expr(x, n->u.assign.value), n->at);
	} else
		v = lower_expr(x, n->u.assign.value);
	set(x, to->sym->lowered, v, n->at);
}

/* ---- loops ---- */

static void
item(struct lower *x, struct ins *loop, struct ast *n, const struct ty *t)
{
	struct ins *i = ir_add(x->m, loop->body, IR_ITEM, t, NULL, 0,
	    n->u.for_.name_at);

	i->name = n->u.for_.name;
	if (n->sym != NULL)
		n->sym->lowered = i;
}

static void
for_loop(struct lower *x, struct ast *n)
{
	struct ast *of = n->u.for_.list;
	bool range = of->kind == AST_BINARY && of->u.binary.op == OP_RANGE;
	struct ins *v[2], *i;

	if (range) {
		v[0] = lower_expr(x, of->u.binary.a);
		v[1] = lower_expr(x, of->u.binary.b);
	} else
		v[0] = lower_expr(x, of);
	i = control(x, range ? IR_RANGE : IR_FOR, v, range ? 2 : 1, n->at);
	i->u.i = n->u.for_.most;
	item(x, i, n, range ? v[0]->type : v[0]->type->of);
	block_in(x, i->body, n->u.for_.body);
}

static void
while_loop(struct lower *x, struct ast *n)
{
	struct ins *i = control(x, IR_WHILE, NULL, 0, n->at);
	struct region *outer = x->r;

	i->u.i = n->u.while_.most;
	i->other = ir_region(x->m, x->f, i);
	x->r = i->other;
	i->other->result = lower_expr(x, n->u.while_.cond);
	x->r = outer;
	block_in(x, i->body, n->u.while_.body);
}

/* ---- choices ---- */

static void
if_else(struct lower *x, struct ast *n)
{
	struct ins *c = lower_expr(x, n->u.if_.cond);
	struct ins *i = control(x, IR_IF, &c, 1, n->at);

	block_in(x, i->body, n->u.if_.yes);
	if (n->u.if_.no == NULL)
		return;
	i->other = ir_region(x->m, x->f, i);
	block_in(x, i->other, n->u.if_.no);
}

/* The constants of a case, before the switch. */
static struct ins **
case_values(struct lower *x, struct ast *c, const struct ty *t, unsigned *n)
{
	struct ins **v = NULL;
	struct ast *k;
	size_t cap = 0;

	*n = 0;
	for (k = c->u.case_.value; k != NULL; k = k->next) {
		v = arena_grow(x->a, v, &cap, *n + 1u, sizeof *v);
		v[(*n)++] = lower_constant(x, k, t);
	}
	return v;
}

/* One test after the other: the default last, or else the last case, which is
 * then what is left. */
static void
union_switch(struct lower *x, struct ast *n, struct ins *of)
{
	struct ast *c, *last = NULL;
	struct region *outer = x->r;
	struct ins *test, *i;

	for (c = n->u.switch_.cases; c != NULL; c = c->next)
		if (last == NULL || !last->u.case_.is_default)
			last = c;
	for (c = n->u.switch_.cases; c != NULL; c = c->next) {
		if (c == last)
			continue;
		test = lower_labels(x, of, c->u.case_.value);
		i = control(x, IR_IF, &test, 1, c->at);
		block_in(x, i->body, c->u.case_.body);
		x->r = i->other = ir_region(x->m, x->f, i);
	}
	if (last != NULL)
		lower_block(x, last->u.case_.body);
	x->r = outer;
}

static void
switch_case(struct lower *x, struct ast *n)
{
	struct ins *of = lower_expr(x, n->u.switch_.value), *s, *i, ***v;
	struct ast *c;
	unsigned count = 0, k, *narg;

	if (of->type->kind == TY_UNION) {
		union_switch(x, n, of);
		return;
	}
	for (c = n->u.switch_.cases; c != NULL; c = c->next)
		count++;
	v = arena_array(x->a, count, sizeof *v);
	narg = arena_array(x->a, count, sizeof *narg);
	for (c = n->u.switch_.cases, k = 0; c != NULL; c = c->next, k++)
		v[k] = case_values(x, c, of->type, &narg[k]);
	s = control(x, IR_SWITCH, &of, 1, n->at);
	for (c = n->u.switch_.cases, k = 0; c != NULL; c = c->next, k++) {
		i = ir_add(x->m, s->body, IR_CASE, lower_basic(x, TY_VOID),
		    v[k], narg[k], c->at);
		block_in(x, i->body, c->u.case_.body);
	}
}

static void
try_else(struct lower *x, struct ast *n)
{
	struct ins *i = control(x, IR_TRY, NULL, 0, n->at);

	i->other = ir_region(x->m, x->f, i);
	block_in(x, i->body, n->u.try_.body);
	block_in(x, i->other, n->u.try_.other);
}

/* ---- ends ---- */

static void
fail(struct lower *x, enum mip_status why, struct ins *message,
    struct span at)
{
	struct ins *i = control(x, IR_FAIL, &message, 1, at);

	i->u.i = why;
}

static struct ins *
hint(struct lower *x, struct ast *n)
{
	return n->u.require.hint != NULL ? lower_expr(x, n->u.require.hint) :
	    lower_string(x, "a requirement does not hold", n->at);
}

/* How often the call is made again; 0 for none. */
static int64_t
times(struct lower *x, const struct ast *n)
{
	struct ty_const c = { .i = 0 };

	if (n->u.require.retry != NULL &&
	    !check_const(x->a, n->u.require.retry, &c))
		BUG("not a constant");
	return c.i;
}

static void
require(struct lower *x, struct ast *n)
{
	struct ins *c = lower_expr(x, n->u.require.cond), *i;
	struct region *outer = x->r;
	int64_t again = times(x, n);

	if (again > 0) {
		i = control(x, IR_RETRY, NULL, 0, n->at);
		i->u.i = again;
		x->r = i->other = ir_region(x->m, x->f, i);
		i->other->result = hint(x, n);
		x->r = outer;
		lower_retry(x, i, c, n->u.require.retry->at);
		return;
	}
	c = lower_op1(x, IR_NOT, lower_basic(x, TY_BOOL), c, n->at);
	i = control(x, IR_IF, &c, 1, n->at);
	x->r = i->body;
	fail(x, MIP_ASSERT, hint(x, n), n->at);
	x->r = outer;
}

void
lower_metric_value(struct lower *x, struct ast *value)
{
	struct ins *v = lower_expr(x, value);

	v = lower_convert(x, v, lower_basic(x, TY_FLOAT), value->at);
	control(x, IR_RET, &v, 1, value->at);
}

static void
give_back(struct lower *x, struct ast *n)
{
	struct ins *v[2];
	unsigned narg = 1;

	if (x->f->kind == FN_TEST) {
		control(x, IR_RET, NULL, 0, n->at);
		return;
	}
	if (n->u.return_.value == NULL)
		BUG("a return without a value");
	v[0] = lower_expr(x, n->u.return_.value);
	if (x->f->kind == FN_METRIC || x->judging)
		v[0] = lower_convert(x, v[0], lower_basic(x, TY_FLOAT),
		    n->at);
	if (n->u.return_.feedback != NULL)
		v[narg++] = lower_expr(x, n->u.return_.feedback);
	if (x->judging) {
		v[1] = narg > 1 ? lower_convert(x, v[1],
		    x->f->out->field[1].type, n->at) :
		    lower_op(x, IR_NULL, x->f->out->field[1].type, NULL, 0,
		    n->at);
		v[0] = lower_op(x, IR_RECORD, x->f->out, v, 2, n->at);
		narg = 1;
	}
	control(x, IR_RET, v, narg, n->at);
}

void
lower_statement(struct lower *x, struct ast *n)
{
	switch ((unsigned)n->kind) {
	case AST_LET:
		let(x, n);
		return;
	case AST_ASSIGN:
		assign(x, n);
		return;
	case AST_EVAL:
		lower_expr(x, n->u.eval.value);
		return;
	case AST_FOR:
		for_loop(x, n);
		return;
	case AST_WHILE:
		while_loop(x, n);
		return;
	case AST_IF:
		if_else(x, n);
		return;
	case AST_SWITCH:
		switch_case(x, n);
		return;
	case AST_PARALLEL:
		lower_parallel(x, n);
		return;
	case AST_TRY:
		try_else(x, n);
		return;
	case AST_REQUIRE:
		require(x, n);
		return;
	case AST_RETURN:
		give_back(x, n);
		return;
	case AST_FAIL:
		fail(x, n->u.fail.again ? MIP_OK : MIP_FAIL,
		    lower_expr(x, n->u.fail.value), n->at);
		return;
	case AST_BREAK: case AST_CONTINUE:
		control(x, n->kind == AST_BREAK ? IR_BREAK : IR_CONTINUE,
		    NULL, 0, n->at);
		return;
	case AST_BLOCK:
		statements(x, n->u.block.stmt);
		return;
	case AST_EXPECT: case AST_CHECK:
		lower_claim(x, n);
		return;
	}
	BUG("'%s' is not a statement", ast_word(n->kind));
}
