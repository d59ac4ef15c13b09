/* Constants: folded when the program is compiled.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "front/check_in.h"

enum folded { FOLDED, NOT_CONSTANT, OUT_OF_RANGE };

static enum folded fold(struct arena *a, const struct ast *e,
    struct ty_const *out);

static void
set_bool(struct ty_const *out, bool b)
{
	*out = (struct ty_const){ .kind = TYC_BOOL, .i = b };
}

/* ---- values ---- */

static bool
same_items(const struct ty_const *x, const struct ty_const *y)
{
	unsigned i;

	if (x->n != y->n)
		return false;
	for (i = 0; i < x->n; i++)
		if ((x->kind == TYC_MAP && strcmp(x->key[i], y->key[i]) != 0) ||
		    !check_same_const(&x->item[i], &y->item[i]))
			return false;
	return true;
}

bool
check_same_const(const struct ty_const *x, const struct ty_const *y)
{
	if (ty_const_is_number(x) && ty_const_is_number(y) &&
	    x->kind != y->kind)
		return !(ty_const_number(x) < ty_const_number(y)) &&
		    !(ty_const_number(x) > ty_const_number(y));
	if (x->kind != y->kind)
		return false;
	switch (x->kind) {
	case TYC_NONE: case TYC_NULL:
		return true;
	case TYC_STRING:
		return strcmp(x->s, y->s) == 0;
	case TYC_INT: case TYC_BOOL: case TYC_ENUM:
		return x->i == y->i;
	case TYC_FLOAT:
		return !(x->f < y->f) && !(x->f > y->f);
	case TYC_ARM:
		return x->i == y->i && same_items(x, y);
	case TYC_LIST: case TYC_RECORD: case TYC_MAP:
		return same_items(x, y);
	}
	BUG("constant");
}

static struct ty_const check_as(struct arena *a, struct ty_const v,
    const struct ty *from, const struct ty *to);

/* The value of `from` as the arm of the union `to`. */
static struct ty_const
as_arm(struct arena *a, struct ty_const v, const struct ty *from,
    const struct ty *to)
{
	struct ty_const *item;
	int arm;

	if (from->kind == TY_UNION) {
		from = from->arm[v.i];
		v = v.item[0];
	}
	arm = ty_arm_index(from, to);
	if (arm < 0)
		BUG("a constant of no arm");
	item = arena_alloc(a, sizeof(*item));
	*item = check_as(a, v, from, to->arm[arm]);
	return (struct ty_const){ .kind = TYC_ARM, .i = arm, .item = item,
	    .n = 1 };
}

/* The constant as one of type `t`. */
static struct ty_const
check_as(struct arena *a, struct ty_const v, const struct ty *from,
    const struct ty *to)
{
	if (from == to || v.kind == TYC_NULL)
		return v;
	if (from->kind == TY_OPTIONAL)
		from = from->of;
	if (to->kind == TY_OPTIONAL)
		to = to->of;
	if (to->kind == TY_UNION && from != to)
		return as_arm(a, v, from, to);
	if (to->kind == TY_FLOAT && v.kind == TYC_INT)
		return (struct ty_const){ .kind = TYC_FLOAT,
		    .f = (double)v.i };
	return v;                       /* the same, with fewer values */
}

/* True if the result is not one of 64 bits. */
static bool
overflows(enum ast_op op, int64_t x, int64_t y)
{
	switch ((unsigned)op) {
	case OP_ADD:
		return y > 0 ? x > INT64_MAX - y : x < INT64_MIN - y;
	case OP_SUB:
		return y < 0 ? x > INT64_MAX + y : x < INT64_MIN + y;
	case OP_MUL:
		if (x == 0 || y == 0)
			return false;
		if (x == -1 || y == -1)
			return x == INT64_MIN || y == INT64_MIN;
		return x > 0 ? (y > 0 ? x > INT64_MAX / y :
		    y < INT64_MIN / x) : (y > 0 ? x < INT64_MIN / y :
		    y < INT64_MAX / x);
	case OP_DIV: case OP_MOD:
		return y == 0 || (x == INT64_MIN && y == -1);
	}
	return false;
}

static enum folded
fold_ints(enum ast_op op, int64_t x, int64_t y, struct ty_const *out)
{
	int64_t v = 0;

	if (overflows(op, x, y))
		return OUT_OF_RANGE;
	switch ((unsigned)op) {
	case OP_ADD: v = x + y; break;
	case OP_SUB: v = x - y; break;
	case OP_MUL: v = x * y; break;
	case OP_DIV: v = x / y; break;
	case OP_MOD: v = x % y; break;
	}
	*out = (struct ty_const){ .kind = TYC_INT, .i = v };
	return FOLDED;
}

static enum folded
fold_floats(enum ast_op op, double x, double y, struct ty_const *out)
{
	double v = 0;

	switch ((unsigned)op) {
	case OP_ADD: v = x + y; break;
	case OP_SUB: v = x - y; break;
	case OP_MUL: v = x * y; break;
	case OP_DIV: v = x / y; break;
	case OP_MOD: return NOT_CONSTANT;
	}
	*out = (struct ty_const){ .kind = TYC_FLOAT, .f = v };
	return isfinite(v) ? FOLDED : OUT_OF_RANGE;
}

static enum folded
fold_order(enum ast_op op, int sign, struct ty_const *out)
{
	switch ((unsigned)op) {
	case OP_LT: set_bool(out, sign < 0); return FOLDED;
	case OP_GT: set_bool(out, sign > 0); return FOLDED;
	case OP_LE: set_bool(out, sign <= 0); return FOLDED;
	case OP_GE: set_bool(out, sign >= 0); return FOLDED;
	}
	return NOT_CONSTANT;
}

static enum folded
fold_compare(enum ast_op op, const struct ty_const *x,
    const struct ty_const *y, struct ty_const *out)
{
	double p, q;

	if (op == OP_EQ || op == OP_NE) {
		set_bool(out, check_same_const(x, y) == (op == OP_EQ));
		return FOLDED;
	}
	if (x->kind == TYC_STRING && y->kind == TYC_STRING)
		return fold_order(op, strcmp(x->s, y->s), out);
	if (x->kind == TYC_INT && y->kind == TYC_INT)
		return fold_order(op, (x->i > y->i) - (x->i < y->i), out);
	if (!ty_const_is_number(x) || !ty_const_is_number(y))
		return NOT_CONSTANT;
	p = ty_const_number(x);
	q = ty_const_number(y);
	return fold_order(op, (p > q) - (p < q), out);
}

static enum folded
fold_binary(struct arena *a, const struct ast *e, struct ty_const *out)
{
	enum ast_op op = e->u.binary.op;
	struct ty_const x, y;
	enum folded r = fold(a, e->u.binary.a, &x);

	if (r != FOLDED)
		return r;
	r = fold(a, e->u.binary.b, &y);
	if (r != FOLDED)
		return r;
	switch (op) {
	case OP_ELSE:
		*out = x.kind == TYC_NULL ? y : x;
		return FOLDED;
	case OP_AND: case OP_OR:
		if (x.kind != TYC_BOOL || y.kind != TYC_BOOL)
			return NOT_CONSTANT;
		set_bool(out, op == OP_AND ? x.i && y.i : x.i || y.i);
		return FOLDED;
	case OP_EQ: case OP_NE: case OP_LT: case OP_GT: case OP_LE: case OP_GE:
		return fold_compare(op, &x, &y, out);
	case OP_ADD: case OP_SUB: case OP_MUL: case OP_DIV: case OP_MOD:
		if (op == OP_ADD && x.kind == TYC_STRING &&
		    y.kind == TYC_STRING) {
			*out = (struct ty_const){ .kind = TYC_STRING,
			    .s = arena_printf(a, "%s%s", x.s, y.s) };
			return FOLDED;
		}
		if (x.kind == TYC_INT && y.kind == TYC_INT)
			return fold_ints(op, x.i, y.i, out);
		if (!ty_const_is_number(&x) || !ty_const_is_number(&y))
			return NOT_CONSTANT;
		return fold_floats(op, ty_const_number(&x),
		    ty_const_number(&y), out);
	case OP_NEG: case OP_NOT: case OP_IN: case OP_RANGE:
		return NOT_CONSTANT;
	}
	BUG("operator");
}

static enum folded
fold_unary(struct arena *a, const struct ast *e, struct ty_const *out)
{
	struct ty_const x;
	enum folded r = fold(a, e->u.unary.a, &x);

	if (r != FOLDED)
		return r;
	if (e->u.unary.op == OP_NOT) {
		set_bool(out, !x.i);
		return x.kind == TYC_BOOL ? FOLDED : NOT_CONSTANT;
	}
	if (x.kind == TYC_INT)
		return fold_ints(OP_SUB, 0, x.i, out);
	*out = (struct ty_const){ .kind = TYC_FLOAT, .f = -x.f };
	return x.kind == TYC_FLOAT ? FOLDED : NOT_CONSTANT;
}

static enum folded
fold_quantity(const struct ast *e, struct ty_const *out)
{
	double v = e->u.quantity.value;

	switch (e->u.quantity.unit) {
	case UNIT_K:
		v *= 1e3;
		break;
	case UNIT_M:
		v *= 1e6;
		break;
	case UNIT_PERCENT:
		v /= 100;
		break;
	case UNIT_MS: case UNIT_S: case UNIT_MIN: case UNIT_H: case UNIT_USD:
		return NOT_CONSTANT;
	}
	if (e->u.quantity.is_int)
		*out = (struct ty_const){ .kind = TYC_INT, .i = (int64_t)v };
	else
		*out = (struct ty_const){ .kind = TYC_FLOAT, .f = v };
	return FOLDED;
}

static enum folded
fold_symbol(const struct symbol *s, struct ty_const *out)
{
	if (s && s->kind == SYM_VARIANT) {
		*out = (struct ty_const){ .kind = TYC_ENUM, .s = s->name,
		    .i = s->index };
		return FOLDED;
	}
	if (!s || s->kind != SYM_CONST || s->value.kind == TYC_NONE)
		return NOT_CONSTANT;
	*out = s->value;
	return FOLDED;
}

static enum folded
fold_cond(struct arena *a, const struct ast *e, struct ty_const *out)
{
	struct ty_const x;
	enum folded r = fold(a, e->u.cond.cond, &x);

	if (r != FOLDED || x.kind != TYC_BOOL)
		return r == FOLDED ? NOT_CONSTANT : r;
	return fold(a, x.i ? e->u.cond.yes : e->u.cond.no, out);
}

/* A literal; false if `e` is none. */
static bool
fold_literal(const struct ast *e, struct ty_const *out)
{
	switch ((unsigned)e->kind) {
	case AST_INT:
		out->kind = TYC_INT;
		out->i = e->u.integer.value;
		return true;
	case AST_FLOAT:
		out->kind = TYC_FLOAT;
		out->f = e->u.number.value;
		return true;
	case AST_STRING:
		out->kind = TYC_STRING;
		out->s = e->u.string.text;
		return true;
	case AST_BOOL:
		set_bool(out, e->u.boolean.value);
		return true;
	case AST_NULL:
		out->kind = TYC_NULL;
		return true;
	}
	return false;
}

/* ---- lists, records, maps ---- */

/* The items of a chain, each a value or the ARG around it. */
static enum folded
fold_items(struct arena *a, const struct ast *first, struct ty_const *out)
{
	struct ty_const *v;
	const struct ast *x;
	enum folded r = FOLDED;

	for (x = first; x; x = x->next)
		out->n++;
	v = arena_array(a, out->n, sizeof(*v));
	out->item = v;
	for (x = first; x && r == FOLDED; x = x->next)
		r = fold(a, x->kind == AST_ARG ? x->u.arg.value : x, v++);
	return r;
}

static enum folded
fold_map(struct arena *a, const struct ast *e, struct ty_const *out)
{
	enum folded r = fold_items(a, e->u.record.member, out);
	const char **key = arena_array(a, out->n, sizeof(*key));
	const struct ast *m;
	unsigned n = 0;

	out->kind = TYC_MAP;
	out->key = key;
	for (m = e->u.record.member; m; m = m->next)
		key[n++] = m->u.arg.name;
	return r;
}

static enum folded
fold_record(struct arena *a, const struct ast *e, struct ty_const *out)
{
	const struct ty *t = e->type;
	struct ty_const *v;
	enum folded r = FOLDED;
	const struct ast *m;
	unsigned i;

	if (!t || t->kind != TY_STRUCT)
		return NOT_CONSTANT;
	v = arena_array(a, t->n, sizeof(*v));
	*out = (struct ty_const){ .kind = TYC_RECORD, .item = v, .n = t->n };
	for (i = 0; i < t->n; i++) {
		v[i] = t->field[i].fallback;
		if (v[i].kind == TYC_NONE)
			v[i].kind = TYC_NULL;
	}
	for (m = e->u.record.member; m && r == FOLDED; m = m->next)
		r = fold(a, m->u.arg.value,
		    &v[ty_field_index(t, m->u.arg.name)]);
	return r;
}

/* A member of a constant. */
static enum folded
fold_member(struct arena *a, const struct ast *e, struct ty_const *out)
{
	const struct ast *of = e->u.dot.of;
	struct ty_const v;
	enum folded r;

	if (!of->type || of->type->kind != TY_STRUCT)
		return NOT_CONSTANT;
	r = fold(a, of, &v);
	if (r != FOLDED)
		return r;
	*out = v.item[ty_field_index(of->type, e->u.dot.name)];
	return FOLDED;
}

static enum folded
fold(struct arena *a, const struct ast *e, struct ty_const *out)
{
	enum folded r = NOT_CONSTANT;

	*out = (struct ty_const){ .kind = TYC_NONE };
	if (fold_literal(e, out))
		r = FOLDED;
	else if (e->kind == AST_QUANTITY)
		r = fold_quantity(e, out);
	else if (e->kind == AST_DOT && !e->sym)
		r = fold_member(a, e, out);
	else if (e->kind == AST_NAME || e->kind == AST_DOT)
		r = fold_symbol(e->sym, out);
	else if (e->kind == AST_LIST) {
		out->kind = TYC_LIST;
		r = fold_items(a, e->u.list.item, out);
	} else if (e->kind == AST_RECORD)
		r = e->type && e->type->kind == TY_MAP ?
		    fold_map(a, e, out) : fold_record(a, e, out);
	else if (e->kind == AST_UNARY)
		r = fold_unary(a, e, out);
	else if (e->kind == AST_BINARY)
		r = fold_binary(a, e, out);
	else if (e->kind == AST_COND)
		r = fold_cond(a, e, out);
	if (r == FOLDED && e->want)
		*out = check_as(a, *out, e->type, e->want);
	return r;
}

bool
check_const(struct arena *a, const struct ast *e, struct ty_const *out)
{
	return fold(a, e, out) == FOLDED;
}

bool
check_constant(struct check *c, struct ast *e, const struct ty *want,
    struct ty_const *out)
{
	const struct ty *t;

	*out = (struct ty_const){ .kind = TYC_NONE };
	if (want ? !check_want(c, e, want) :
	    check_expr(c, e, NULL)->kind == TY_POISON)
		return false;
	t = want ? want : e->type;
	if (e->type->kind == TY_POISON || t->kind == TY_POISON)
		return false;
	switch (fold(c->a, e, out)) {
	case FOLDED:
		return true;
	case NOT_CONSTANT:
		if (e->sym && e->sym->kind == SYM_PARAM)
			diag(c->d, e->at, E_CONSTANT, "'%s' is tuned",
			    e->sym->name);
		else
			diag(c->d, e->at, E_CONSTANT, "%s", "");
		return false;
	case OUT_OF_RANGE:
		diag(c->d, e->at, E_OVERFLOW, "%s", "");
		return false;
	}
	BUG("fold");
}
