/* Lowering of constants, and of conversions of values.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "front/ast.h"
#include "ir/lower_in.h"

struct ins *
lower_string(struct lower *x, const char *s, struct span at)
{
	struct ins *i = lower_op(x, IR_STRING, lower_basic(x, TY_STRING),
	    NULL, 0, at);

	i->u.s = s;
	return i;
}

struct ins *
lower_int(struct lower *x, enum ir_op op, const struct ty *t, int64_t v,
    struct span at)
{
	struct ins *i = lower_op(x, op, t, NULL, 0, at);

	i->u.i = v;
	return i;
}

struct ins *
lower_float(struct lower *x, double v, struct span at)
{
	struct ins *i = lower_op(x, IR_FLOAT, lower_basic(x, TY_FLOAT), NULL,
	    0, at);

	i->u.f = v;
	return i;
}

struct ins *
lower_is(struct lower *x, struct ins *v, unsigned arm, struct span at)
{
	struct ins *i = lower_op1(x, IR_IS, lower_basic(x, TY_BOOL), v, at);

	i->u.n = arm;
	return i;
}

struct ins *
lower_as(struct lower *x, struct ins *v, unsigned arm, struct span at)
{
	struct ins *i = lower_op1(x, IR_AS, v->type->arm[arm], v, at);

	i->u.n = arm;
	return i;
}

/* ---- conversions ---- */

static struct ins *
inject(struct lower *x, struct ins *v, const struct ty *to, struct span at)
{
	struct ins *i;
	int n = 0;

	if (to->kind == TY_UNION) {
		n = ty_arm_index(v->type, to);
		if (n < 0)
			BUG("no arm of this type");
		v = lower_convert(x, v, to->arm[n], at);
	}
	i = lower_op1(x, IR_INJECT, to, v, at);
	i->u.n = (unsigned)n;
	return i;
}

/* A union, its arms from `n` on, as one with all of these. */
static struct ins *
widen(struct lower *x, struct ins *v, unsigned n, const struct ty *to,
    struct span at)
{
	struct region *outer = x->r;
	struct ins *i;

	if (n + 1 == v->type->n)
		return inject(x, lower_as(x, v, n, at), to, at);
	i = lower_op1(x, IR_COND, to, lower_is(x, v, n, at), at);
	x->r = i->body;
	i->body->result = inject(x, lower_as(x, v, n, at), to, at);
	x->r = i->other = ir_region(x->m, x->f, i);
	i->other->result = widen(x, v, n + 1, to, at);
	x->r = outer;
	return i;
}

/* A constant that was made just now, for this place. */
static bool
is_fresh(const struct ins *v)
{
	return v->name == NULL && (v->op == IR_STRING || v->op == IR_INT ||
	    v->op == IR_BOOL || v->op == IR_NULL);
}

static struct ins *
number(struct lower *x, struct ins *v, const struct ty *to, struct span at)
{
	v = lower_convert(x, v, ty_base(v->type), at);
	return lower_op1(x, IR_TOFLOAT, to, v, at);
}

struct ins *
lower_convert(struct lower *x, struct ins *v, const struct ty *to,
    struct span at)
{
	const struct ty *from = v->type;

	if (from == to)
		return v;
	if (from->kind == TY_NULL || (ty_widens(from, to) && is_fresh(v))) {
		v->type = to;
		return v;
	}
	if (ty_widens(from, to))
		return lower_op1(x, IR_WIDEN, to, v, at);
	if (to->kind == TY_OPTIONAL)
		return lower_op1(x, IR_SOME, to,
		    lower_convert(x, v, to->of, at), at);
	if (to->kind == TY_UNION)
		return from->kind == TY_UNION ? widen(x, v, 0, to, at) :
		    inject(x, v, to, at);
	if (to->kind == TY_FLOAT && ty_base(from)->kind == TY_INT)
		return number(x, v, to, at);
	BUG("a value of kind %d cannot become one of kind %d",
	    (int)from->kind, (int)to->kind);
}

/* ---- constants ---- */

/* A list, record or map from its items, or from its keys and items. */
static struct ins *
whole(struct lower *x, enum ir_op op, const struct ty_const *c,
    const struct ty *t, struct span at)
{
	struct ins **v = arena_array(x->a, 2 * (size_t)c->n, sizeof *v);
	unsigned i, n = 0;

	for (i = 0; i < c->n; i++) {
		if (op == IR_MAP)
			v[n++] = lower_string(x, c->key[i], at);
		v[n++] = lower_value(x, &c->item[i], op == IR_RECORD ?
		    t->field[i].type : t->of, at);
	}
	return lower_op(x, op, t, v, n, at);
}

struct ins *
lower_value(struct lower *x, const struct ty_const *c, const struct ty *t,
    struct span at)
{
	struct ins *v;

	if (c->kind == TYC_NULL)
		return lower_op(x, IR_NULL, t, NULL, 0, at);
	if (t->kind == TY_OPTIONAL)
		return lower_op1(x, IR_SOME, t, lower_value(x, c, t->of, at),
		    at);
	switch (c->kind) {
	case TYC_STRING:
		v = lower_string(x, c->s, at);
		v->type = t;
		return v;
	case TYC_INT:    return lower_int(x, IR_INT, t, c->i, at);
	case TYC_FLOAT:  return lower_float(x, c->f, at);
	case TYC_BOOL:   return lower_int(x, IR_BOOL, t, c->i, at);
	case TYC_ENUM:   return lower_int(x, IR_ENUM, t, c->i, at);
	case TYC_LIST:   return whole(x, IR_LIST, c, t, at);
	case TYC_RECORD: return whole(x, IR_RECORD, c, t, at);
	case TYC_MAP:    return whole(x, IR_MAP, c, t, at);
	case TYC_ARM:
		v = lower_value(x, c->item, t->arm[c->i], at);
		v = lower_op1(x, IR_INJECT, t, v, at);
		v->u.n = (unsigned)c->i;
		return v;
	case TYC_NONE: case TYC_NULL:
		break;
	}
	BUG("a constant without value");
}

struct ins *
lower_constant(struct lower *x, struct ast *e, const struct ty *t)
{
	struct ty_const c;

	if (!check_const(x->a, e, &c))
		BUG("not a constant");
	return lower_value(x, &c, t, e->at);
}

struct ins *
lower_missing(struct lower *x, const struct ty_field *f, struct span at)
{
	if (f->fallback.kind != TYC_NONE)
		return lower_value(x, &f->fallback, f->type, at);
	if (f->type->kind != TY_OPTIONAL)
		BUG("'%s' has no default", f->name);
	return lower_op(x, IR_NULL, f->type, NULL, 0, at);
}
