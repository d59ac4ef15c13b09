/* Lowering of expressions: values in the order of evaluation.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "front/ast.h"
#include "ir/lower_in.h"

static struct ins *lower_raw(struct lower *x, struct ast *e);

/* ---- names and members ---- */

void
lower_bind(struct symbol *s, struct ins *v)
{
	if (v->name == NULL)
		v->name = s->name;
	s->lowered = v;
}

static struct ins *
variable(struct lower *x, const struct symbol *s, struct span at)
{
	struct var *v;
	struct ins *i;

	if (s->lowered == NULL)
		BUG("'%s' is read before it is made", s->name);
	if (!s->assigned)
		return s->lowered;
	v = s->lowered;
	i = lower_op(x, IR_GET, v->type, NULL, 0, at);
	i->u.var = v;
	return i;
}

static struct ins *
symbol_value(struct lower *x, struct symbol *s, struct span at)
{
	struct ins *i;

	switch ((unsigned)s->kind) {
	case SYM_CONST:
		if (s->pinned)
			lower_pin(x, s->path, s->value);
		return lower_value(x, &s->value, s->type, at);
	case SYM_PARAM:
		i = lower_op(x, IR_PARAM, s->type, NULL, 0, at);
		i->u.param = lower_param(x, s);
		return i;
	case SYM_VARIANT:
		return lower_int(x, IR_ENUM, s->type, s->index, at);
	case SYM_VAR:
		return variable(x, s, at);
	case SYM_CAUGHT:
		i = lower_op(x, IR_CAUGHT, s->type, NULL, 0, at);
		i->name = "failure";
		return i;
	case SYM_METRIC:
		if (s->lowered == NULL)
			BUG("metric '%s' comes too late", s->name);
		i = lower_op(x, IR_SCORE, lower_basic(x, TY_FLOAT), NULL, 0,
		    at);
		i->u.fn = s->lowered;
		return i;
	}
	BUG("'%s' is not a value", s->name);
}

static struct ins *
field(struct lower *x, struct ins *of, const char *name, struct span at)
{
	int n = ty_field_index(of->type, name);
	struct ins *i;

	if (n < 0)
		BUG("no field '%s'", name);
	i = lower_op1(x, IR_FIELD, of->type->field[n].type, of, at);
	i->u.n = (unsigned)n;
	return i;
}

static struct ins *
member(struct lower *x, struct ast *e)
{
	struct ast *of = e->u.dot.of;
	const char *name = e->u.dot.name;
	struct ins *from;

	if (of->sym == NULL || of->sym->kind != SYM_METRIC_ARG)
		return field(x, lower_expr(x, of), name, e->at);
	from = x->arg[0];
	if (of->sym->index != 0)        /* outputs come before inputs */
		from = ty_field_index(x->f->out, name) >= 0 ? x->arg[2] :
		    x->arg[1];
	return field(x, from, name, e->at);
}

/* ---- operators ---- */

struct ins *
lower_sum(struct lower *x, struct ins *a, struct ins *b, struct span at)
{
	struct ins *arg[2] = { a, b };
	enum ir_op op = a->type->kind == TY_STRING ? IR_CONCAT :
	    a->type->kind == TY_LIST ? IR_APPEND : IR_ADD;

	return lower_op(x, op, a->type, arg, 2, at);
}

struct parts {
	struct ins **v;
	size_t cap;
	unsigned n;
};

/* The parts of a + b + c, where all are strings. */
static void
gather(struct lower *x, struct ast *e, struct parts *p)
{
	if (e->kind == AST_BINARY && e->u.binary.op == OP_ADD &&
	    e->type->kind == TY_STRING &&
	    (e->want == NULL || e->want == e->type)) {
		gather(x, e->u.binary.a, p);
		gather(x, e->u.binary.b, p);
		return;
	}
	p->v = arena_grow(x->a, p->v, &p->cap, p->n + 1u, sizeof(*p->v));
	p->v[p->n] = lower_expr(x, e);
	p->n++;
}

static struct ins *
sum(struct lower *x, struct ast *e)
{
	struct parts p = { NULL, 0, 0 };
	struct ins *a;

	if (e->type->kind != TY_STRING) {
		a = lower_expr(x, e->u.binary.a);
		return lower_sum(x, a, lower_expr(x, e->u.binary.b), e->at);
	}
	gather(x, e->u.binary.a, &p);
	gather(x, e->u.binary.b, &p);
	return lower_op(x, IR_CONCAT, e->type, p.v, p.n, e->at);
}

static struct ins *
not_value(struct lower *x, struct ins *v, struct span at)
{
	return lower_op1(x, IR_NOT, lower_basic(x, TY_BOOL), v, at);
}

/* x == null, x != null */
static struct ins *
null_test(struct lower *x, struct ast *e, struct ast *of)
{
	const struct ty *b = lower_basic(x, TY_BOOL);
	struct ins *v = lower_raw(x, of), *i;

	if (v->type->kind == TY_OPTIONAL)
		i = lower_op1(x, IR_ISNULL, b, v, e->at);
	else
		i = lower_int(x, IR_BOOL, b, v->type->kind == TY_NULL, e->at);
	return e->u.binary.op == OP_EQ ? i : not_value(x, i, e->at);
}

/* ---- unions ---- */

/* v is T; null is none. */
static struct ins *
is_test(struct lower *x, struct ast *e)
{
	struct ins *v = lower_raw(x, e->u.is.of), *and;
	struct region *outer = x->r;

	if (v->type->kind != TY_OPTIONAL)
		return lower_is(x, v, e->u.is.arm, e->at);
	and = lower_op1(x, IR_ISNULL, e->type, v, e->at);
	and = not_value(x, and, e->at);
	and = lower_op1(x, IR_AND, e->type, and, e->at);
	x->r = and->body;
	v = lower_op1(x, IR_UNWRAP, v->type->of, v, e->at);
	and->body->result = lower_is(x, v, e->u.is.arm, e->at);
	x->r = outer;
	return and;
}

struct ins *
lower_labels(struct lower *x, struct ins *v, struct ast *label)
{
	struct ins *i = lower_is(x, v, label->u.is.arm, label->at);
	struct region *outer = x->r;

	if (label->next == NULL)
		return i;
	i = lower_op1(x, IR_OR, i->type, i, label->at);
	x->r = i->body;
	i->body->result = lower_labels(x, v, label->next);
	x->r = outer;
	return i;
}

/* ---- choices ---- */

void
lower_value_in(struct lower *x, struct region *r, struct ast *e)
{
	struct region *outer = x->r;

	x->r = r;
	r->result = lower_expr(x, e);
	x->r = outer;
}

static struct ins *
logical(struct lower *x, struct ast *e)
{
	struct ins *a = lower_expr(x, e->u.binary.a);
	struct ins *i = lower_op1(x, e->u.binary.op == OP_AND ? IR_AND : IR_OR,
	    e->type, a, e->at);

	lower_value_in(x, i->body, e->u.binary.b);
	return i;
}

/* a ?? b */
static struct ins *
otherwise(struct lower *x, struct ast *e)
{
	struct ins *a = lower_expr(x, e->u.binary.a), *i;
	const struct ty *b = lower_basic(x, TY_BOOL);
	struct region *outer = x->r;

	i = lower_op1(x, IR_ISNULL, b, a, e->at);
	i = lower_op1(x, IR_COND, e->type, not_value(x, i, e->at), e->at);
	i->other = ir_region(x->m, x->f, i);
	x->r = i->body;
	if (a->type != e->type) {
		a = lower_op1(x, IR_UNWRAP, a->type->of, a, e->at);
		a = lower_convert(x, a, e->type, e->at);
	}
	i->body->result = a;
	x->r = outer;
	lower_value_in(x, i->other, e->u.binary.b);
	return i;
}

static enum ir_op
binary_op(enum ast_op op)
{
	switch (op) {
	case OP_SUB: return IR_SUB;
	case OP_MUL: return IR_MUL;
	case OP_DIV: return IR_DIV;
	case OP_MOD: return IR_MOD;
	case OP_EQ:  return IR_EQ;
	case OP_NE:  return IR_NE;
	case OP_LT:  return IR_LT;
	case OP_GT:  return IR_GT;
	case OP_LE:  return IR_LE;
	case OP_GE:  return IR_GE;
	case OP_IN:  return IR_HAS;
	case OP_ADD: case OP_AND: case OP_OR: case OP_NEG: case OP_NOT:
	case OP_RANGE: case OP_ELSE:
		break;
	}
	BUG("operator %d", (int)op);
}

static struct ins *
binary(struct lower *x, struct ast *e)
{
	struct ast *a = e->u.binary.a, *b = e->u.binary.b;
	enum ast_op op = e->u.binary.op;
	struct ins *v[2];

	if (op == OP_AND || op == OP_OR)
		return logical(x, e);
	if (op == OP_ELSE)
		return otherwise(x, e);
	if (op == OP_ADD)
		return sum(x, e);
	if ((op == OP_EQ || op == OP_NE) &&
	    (a->kind == AST_NULL || b->kind == AST_NULL))
		return null_test(x, e, a->kind == AST_NULL ? b : a);
	v[0] = lower_expr(x, a);
	v[1] = lower_expr(x, b);
	return lower_op(x, binary_op(op), e->type, v, 2, e->at);
}

static struct ins *
conditional(struct lower *x, struct ast *e)
{
	struct ins *c = lower_expr(x, e->u.cond.cond);
	struct ins *i = lower_op1(x, IR_COND, e->type, c, e->at);

	i->other = ir_region(x->m, x->f, i);
	lower_value_in(x, i->body, e->u.cond.yes);
	lower_value_in(x, i->other, e->u.cond.no);
	return i;
}

/* ---- literals ---- */

static struct ins *
string_literal(struct lower *x, struct ast *e)
{
	struct ins *i;

	if (strlen(e->u.string.text) != e->u.string.len)
		lower_not_built(x, e->at, "a NUL in a string");
	i = lower_string(x, e->u.string.text, e->at);
	i->type = e->type;
	return i;
}

static struct ins *
list(struct lower *x, struct ast *e)
{
	struct parts p = { NULL, 0, 0 };
	struct ast *k;

	for (k = e->u.list.item; k != NULL; k = k->next) {
		p.v = arena_grow(x->a, p.v, &p.cap, p.n + 1u, sizeof(*p.v));
		p.v[p.n] = lower_expr(x, k);
		p.n++;
	}
	return lower_op(x, IR_LIST, e->type, p.v, p.n, e->at);
}

static struct ins *
map(struct lower *x, struct ast *e)
{
	struct parts p = { NULL, 0, 0 };
	struct ast *k;

	for (k = e->u.record.member; k != NULL; k = k->next) {
		p.v = arena_grow(x->a, p.v, &p.cap, p.n + 2u, sizeof(*p.v));
		p.v[p.n] = lower_string(x, k->u.arg.name, k->at);
		p.v[p.n + 1] = lower_expr(x, k->u.arg.value);
		p.n += 2;
	}
	return lower_op(x, IR_MAP, e->type, p.v, p.n, e->at);
}

static struct ins *
record(struct lower *x, struct ast *e)
{
	const struct ty *t = e->type;
	struct ins **v = arena_array(x->a, t->n, sizeof *v);
	struct ast *k;
	unsigned n;
	int i;

	for (k = e->u.record.member; k != NULL; k = k->next) {
		i = ty_field_index(t, k->u.arg.name);
		if (i < 0)
			BUG("no field '%s'", k->u.arg.name);
		v[i] = lower_expr(x, k->u.arg.value);
	}
	for (n = 0; n < t->n; n++)
		if (v[n] == NULL)
			v[n] = lower_missing(x, &t->field[n], e->at);
	return lower_op(x, IR_RECORD, t, v, t->n, e->at);
}

/* ---- expressions ---- */

static struct ins *
folded(struct lower *x, struct ast *e)
{
	struct ty_const c;

	if (!check_const(x->a, e, &c))
		BUG("not a constant");
	return lower_value(x, &c, e->type, e->at);
}

static struct ins *
element(struct lower *x, struct ast *e)
{
	struct ins *v[2];

	const struct ty *t;

	v[0] = lower_expr(x, e->u.index.of);
	v[1] = lower_expr(x, e->u.index.at);
	t = v[0]->type->of;
	if (v[0]->type->kind == TY_MAP)
		return lower_op(x, IR_LOOKUP, ty_optional(x->m->types, t), v,
		    2, e->at);
	return lower_op(x, IR_INDEX, t, v, 2, e->at);
}

static struct ins *
unary(struct lower *x, struct ast *e)
{
	struct ins *v = lower_expr(x, e->u.unary.a);

	return lower_op1(x, e->u.unary.op == OP_NOT ? IR_NOT : IR_NEG,
	    e->type, v, e->at);
}

/* The value of `e` before its place turns it into something else. */
static struct ins *
plain(struct lower *x, struct ast *e)
{
	switch ((unsigned)e->kind) {
	case AST_NAME:
		return symbol_value(x, e->sym, e->at);
	case AST_DOT:
		return e->sym != NULL ? symbol_value(x, e->sym, e->at) :
		    member(x, e);
	case AST_INT:
		return lower_int(x, IR_INT, e->type, e->u.integer.value,
		    e->at);
	case AST_FLOAT:
		return lower_float(x, e->u.number.value, e->at);
	case AST_QUANTITY:
		return folded(x, e);
	case AST_STRING:
		return string_literal(x, e);
	case AST_BOOL:
		return lower_int(x, IR_BOOL, e->type, e->u.boolean.value,
		    e->at);
	case AST_NULL:
		return lower_op(x, IR_NULL, e->type, NULL, 0, e->at);
	case AST_LIST:
		return list(x, e);
	case AST_RECORD:
		return e->type->kind == TY_MAP ? map(x, e) : record(x, e);
	case AST_COMPREHENSION:
		return lower_comprehension(x, e);
	case AST_CALL:
		return lower_call(x, e);
	case AST_INDEX:
		return element(x, e);
	case AST_UNARY:
		return e->type->kind == TY_LITERAL ? folded(x, e) :
		    unary(x, e);
	case AST_BINARY:
		return binary(x, e);
	case AST_COND:
		return conditional(x, e);
	case AST_IS:
		return is_test(x, e);
	}
	BUG("'%s' is not an expression", ast_word(e->kind));
}

static struct ins *
lower_raw(struct lower *x, struct ast *e)
{
	struct ins *v = plain(x, e);

	if (e->narrowed && v->type->kind == TY_OPTIONAL)
		v = lower_op1(x, IR_UNWRAP, v->type->of, v, e->at);
	if (e->as > 0 && v->type->kind == TY_UNION)
		v = lower_as(x, v, e->as - 1, e->at);
	if (x->nwatch > 0)
		lower_seen(x, e, v);
	return v;
}

struct ins *
lower_expr(struct lower *x, struct ast *e)
{
	struct ins *v = lower_raw(x, e);

	return e->want == NULL ? v : lower_convert(x, v, e->want, e->at);
}
