/* Types of expressions.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "front/check_in.h"

/* ---- what a place wants ---- */

/* Has the type, or one of its arms, literals? */
static bool
has_literals(const struct ty *t)
{
	return t->kind == TY_LITERAL || check_arm_of(t, TY_LITERAL) != t;
}

static void
mismatch(struct check *c, struct ast *e, const struct ty *want)
{
	const struct ty *t = e->type;

	if (has_literals(ty_present(want)) && check_value_type(c, e))
		t = check_value_type(c, e);

	if (t->kind == TY_OPTIONAL && ty_fits(t->of, want))
		diag(c->d, e->at, E_MAYBE_NULL, "%s where %s is wanted; test "
		    "for null first", check_text(c, t), check_text(c, want));
	else if (check_arm_for(t, want))
		diag(c->d, e->at, E_UNION, "%s where %s is wanted; test for "
		    "it first: v is %s", check_text(c, t),
		    check_text(c, want), check_text(c,
		    check_arm_for(t, want)));
	else if (want->kind == TY_STRUCT && t->kind == TY_STRUCT)
		diag(c->d, e->at, E_TYPE, "expected %s, found %s; build the "
		    "record: { name = ..., ... }", check_text(c, want),
		    check_text(c, t));
	else
		diag(c->d, e->at, E_TYPE, "expected %s, found %s",
		    check_text(c, want), check_text(c, t));
}

/* Turns `e`, which has its type, into what is wanted; false after a message. */
static bool
turn_into(struct check *c, struct ast *e, const struct ty *want)
{
	if (e->type->kind == TY_POISON || want->kind == TY_POISON)
		return false;
	if (e->type->kind == TY_VOID || !ty_fits(e->type, want)) {
		mismatch(c, e, want);
		return false;
	}
	e->want = e->type == want ? NULL : want;
	return true;
}

bool
check_want(struct check *c, struct ast *e, const struct ty *want)
{
	check_expr(c, e, want);
	return turn_into(c, e, want);
}

void
check_condition(struct check *c, struct ast *e)
{
	const struct ty *t = check_expr(c, e, check_basic(c, TY_BOOL));

	if (ty_base(t)->kind != TY_BOOL && t->kind != TY_POISON)
		diag(c->d, e->at, E_CONDITION, "this is %s",
		    check_text(c, t));
	e->want = t->kind == TY_LITERAL ? t->of : NULL;
}

/* ---- names ---- */

static const struct ty *
metric_value(struct check *c, struct ast *e, struct symbol *s)
{
	struct callee *x;

	if (c->now.body && c->now.body->sym &&
	    c->now.body->sym->made == MADE_JUDGE)
		return check_judge_value(c, e, s);
	if (!c->now.body || c->now.body->kind != BODY_METRIC) {
		diag(c->d, e->at, E_PLACE, "metric '%s' has a value in other "
		    "metrics only", s->name);
		return check_poison(c);
	}
	if (s->judges)
		check_metric(c, s);
	x = arena_alloc(c->a, sizeof(*x));
	*x = (struct callee){ s, e->at, c->now.body->sym->callee };
	c->now.body->sym->callee = x;
	return s->type;
}

static const struct ty *
symbol_value(struct check *c, struct ast *e, struct symbol *s)
{
	e->sym = s;
	switch (s->kind) {
	case SYM_CONST: case SYM_PARAM: case SYM_VARIANT: case SYM_CAUGHT:
		return s->type;
	case SYM_VAR:
		s->captured = true;
		return check_narrow(c, e, s->type);
	case SYM_METRIC:
		return metric_value(c, e, s);
	case SYM_METRIC_ARG:
		diag(c->d, e->at, E_METRIC, "'%s' is used by its fields, as "
		    "%s.answer", s->name, s->name);
		return check_poison(c);
	case SYM_MODULE: case SYM_PROGRAM: case SYM_TOOL:
		s->captured |= s->kind == SYM_MODULE;
		diag(c->d, e->at, E_KIND, "'%s' is %s; call it: %s(...)",
		    s->name, check_kind_word(s->kind), s->name);
		return check_poison(c);
	case SYM_RETRIEVER:
		diag(c->d, e->at, E_KIND, "'%s' is %s; search with it: "
		    "%s.search(query)", s->name, check_kind_word(s->kind),
		    s->name);
		return check_poison(c);
	case SYM_ENUM: case SYM_STRUCT: case SYM_TYPEDEF: case SYM_SIGNATURE:
	case SYM_MODEL: case SYM_DATA: case SYM_OPTIMIZE: case SYM_UNIT:
	case SYM_BUILTIN: case SYM_CREDIT: case SYM_TEST:
		diag(c->d, e->at, E_KIND, "'%s' is %s, not a value", s->name,
		    check_kind_word(s->kind));
		return check_poison(c);
	}
	BUG("symbol kind");
}

static const struct ty *
name_value(struct check *c, struct ast *e, const struct ty *want)
{
	const char *name = e->u.name.name;
	bool failed = false;
	struct symbol *s = check_ref(c, e, &failed);
	int i;

	if (s)
		return symbol_value(c, e, s);
	want = check_arm_of(ty_present(want), TY_ENUM);
	i = want ? ty_variant_index(want, name) : -1;
	if (i >= 0) {
		s = check_new_symbol(c, SYM_VARIANT, name, NULL);
		s->type = want;
		s->index = i;
		s->done = true;
		e->sym = s;
		return want;
	}
	if (want && want->kind == TY_ENUM) {
		const char *from[64];
		unsigned n;

		for (n = 0; n < want->n && n < COUNTOF(from); n++)
			from[n] = want->variant[n].name;
		diag(c->d, e->at, E_NAME, "%s has no '%s'%s", want->name, name,
		    check_nearest(c, name, from, n));
		check_offer(c, e->at);
	} else if (scope_get(c->builtins, name))
		diag(c->d, e->at, E_KIND, "'%s' is a function; call it: "
		    "%s(...)", name, name);
	else
		check_unknown(c, e->at, name);
	return check_poison(c);
}

const struct ty *
check_no_field(struct check *c, struct ast *e, const struct ty *t)
{
	const char *from[256];
	unsigned n;

	for (n = 0; t->kind == TY_STRUCT && n < t->n && n < COUNTOF(from); n++)
		from[n] = t->field[n].name;
	diag(c->d, e->u.dot.name_at, E_FIELD, "%s has no '%s'%s",
	    check_text(c, t), e->u.dot.name,
	    check_nearest(c, e->u.dot.name, from, n));
	check_offer(c, e->u.dot.name_at);
	return check_poison(c);
}

/* e.name, where e is a value. */
static const struct ty *
field_value(struct check *c, struct ast *e)
{
	const struct ty *t = check_expr(c, e->u.dot.of, NULL);
	int i;

	if (t->kind == TY_POISON)
		return t;
	if (t->kind == TY_OPTIONAL && t->of->kind == TY_STRUCT) {
		diag(c->d, e->u.dot.of->at, E_MAYBE_NULL, "%s has fields only "
		    "where it is not null; test for null first",
		    check_text(c, t));
		return check_poison(c);
	}
	if (ty_present(t)->kind == TY_UNION) {
		diag(c->d, e->u.dot.of->at, E_UNION, "%s has fields only where "
		    "it is known which type it is; test for it first: v is T",
		    check_text(c, t));
		return check_poison(c);
	}
	i = ty_field_index(t, e->u.dot.name);
	if (i >= 0)
		return check_narrow(c, e, t->field[i].type);
	return check_no_field(c, e, t);
}

static const struct ty *
dot_value(struct check *c, struct ast *e, const struct ty *want)
{
	bool failed = false;
	struct symbol *s = check_ref(c, e, &failed);
	const struct ast *of = e->u.dot.of;

	if (failed)
		return check_poison(c);
	if (s)
		return symbol_value(c, e, s);
	if (of->kind == AST_NAME && of->sym &&
	    of->sym->kind == SYM_METRIC_ARG)
		return check_member(c, e, want);
	return field_value(c, e);
}

/* ---- operators ---- */

static const struct ty *
bad_operands(struct check *c, struct ast *e)
{
	const struct ty *x = e->u.binary.a->type, *y = e->u.binary.b->type;
	const char *hint = "";

	if (e->u.binary.op == OP_ADD && (x->kind == TY_STRING) !=
	    (y->kind == TY_STRING) && (ty_is_number(x) || ty_is_number(y)))
		hint = "; str(x) makes text of a number";
	else if (x->kind == TY_OPTIONAL || y->kind == TY_OPTIONAL)
		hint = "; test for null first";
	diag(c->d, e->at, E_OPERAND, "%s %s %s%s", check_text(c, x),
	    ast_op_text(e->u.binary.op), check_text(c, y), hint);
	return check_poison(c);
}

/* Types both sides, each in the light of the other; false if poisoned. */
static bool
both(struct check *c, struct ast *e, const struct ty *want)
{
	struct ast *a = e->u.binary.a, *b = e->u.binary.b, *swap;

	/* What says nothing of its own type comes second. */
	if (check_is_open(c, a) || a->kind == AST_LIST ||
	    a->kind == AST_RECORD || a->kind == AST_NULL ||
	    (a->kind == AST_NAME && b->kind != AST_NAME &&
	    !scope_find(c->now.scope, a->u.name.name)))
		swap = a, a = b, b = swap;
	check_expr(c, a, want);
	check_expr(c, b, a->type->kind == TY_NULL ? want : a->type);
	return a->type->kind != TY_POISON && b->type->kind != TY_POISON;
}

static void
turn(struct ast *e, const struct ty *t)
{
	e->want = e->type == t ? NULL : t;
}

/* Makes two values of one type, numbers of the wider one; NULL if that cannot
 * be.  Literals become what they have their values from. */
static const struct ty *
alike(struct check *c, struct ast *a, struct ast *b)
{
	const struct ty *x = ty_base(a->type), *y = ty_base(b->type);

	if (ty_is_number(x) && ty_is_number(y) && x != y)
		x = y = check_basic(c, TY_FLOAT);
	else if (x != y && ty_fits(a->type, y))
		x = y;
	else if (x != y && ty_fits(b->type, x))
		y = x;
	if (x != y)
		return NULL;
	turn(a, x);
	turn(b, x);
	return x;
}

static const struct ty *
arithmetic(struct check *c, struct ast *e, const struct ty *want)
{
	enum ast_op op = e->u.binary.op;
	const struct ty *t;

	if (!both(c, e, want))
		return check_poison(c);
	t = alike(c, e->u.binary.a, e->u.binary.b);
	if (t && op == OP_ADD && (t->kind == TY_STRING || t->kind == TY_LIST))
		return t;
	if (!t || !ty_is_number(t) || (t->kind == TY_FLOAT && op == OP_MOD))
		return bad_operands(c, e);
	if (t->kind == TY_INT && op == OP_DIV)
		diag(c->d, e->at, E_INTEGER_DIVISION, "%s", "");
	return t;
}

/* The other side of a comparison with null keeps its T?. */
static const struct ty *
null_test(struct check *c, struct ast *e, struct ast *other)
{
	c->raw = other;
	check_expr(c, other, NULL);
	c->raw = NULL;
	if (other->type->kind == TY_POISON)
		return check_basic(c, TY_BOOL);
	if (other->type->kind != TY_OPTIONAL && other->type->kind != TY_NULL)
		diag(c->d, e->at, E_OPERAND, "%s is never null",
		    check_text(c, other->type));
	return check_basic(c, TY_BOOL);
}

/* Is `b` written out, and none of the values of `a`?  Says so. */
static bool
never(struct check *c, struct ast *e, const struct ast *a, const struct ast *b)
{
	const struct ty *t = ty_present(a->type), *v;

	if (t->kind != TY_LITERAL || ty_base(b->type) != t->of)
		return false;
	v = check_value_type(c, b);
	if (!v || ty_fits(v, t))
		return false;
	diag(c->d, e->at, E_OPERAND, "%s is none of %s", check_text(c, v),
	    check_text(c, t));
	return true;
}

static const struct ty *
equality(struct check *c, struct ast *e)
{
	struct ast *a = e->u.binary.a, *b = e->u.binary.b;

	if (a->kind == AST_NULL || b->kind == AST_NULL) {
		check_expr(c, a->kind == AST_NULL ? a : b, NULL);
		return null_test(c, e, a->kind == AST_NULL ? b : a);
	}
	if (both(c, e, NULL) && a->type != b->type && !never(c, e, a, b) &&
	    !never(c, e, b, a) && !alike(c, a, b))
		bad_operands(c, e);
	return check_basic(c, TY_BOOL);
}

static const struct ty *
order(struct check *c, struct ast *e)
{
	const struct ty *t;

	if (both(c, e, NULL)) {
		t = alike(c, e->u.binary.a, e->u.binary.b);
		if (!t || (!ty_is_number(t) && t->kind != TY_STRING))
			bad_operands(c, e);
	}
	return check_basic(c, TY_BOOL);
}

/* a && b, a || b: b is looked at knowing what a was. */
static const struct ty *
logical(struct check *c, struct ast *e)
{
	const struct fact *before = c->now.facts;

	check_condition(c, e->u.binary.a);
	check_learn(c, e->u.binary.a, e->u.binary.op == OP_AND);
	check_condition(c, e->u.binary.b);
	c->now.facts = before;
	return check_basic(c, TY_BOOL);
}

static const struct ty *
membership(struct check *c, struct ast *e)
{
	const struct ty *t = check_expr(c, e->u.binary.b, NULL), *of;

	if (t->kind == TY_LIST) {
		of = check_expr(c, e->u.binary.a, t->of);
		if (!ty_fits(of, t->of) && ty_fits(t->of, of))
			turn(e->u.binary.b, ty_list(c->t, of));
		else
			turn_into(c, e->u.binary.a, t->of);
	} else if (t->kind == TY_MAP)
		check_want(c, e->u.binary.a, check_basic(c, TY_STRING));
	else if (check_expr(c, e->u.binary.a, NULL)->kind != TY_POISON &&
	    t->kind != TY_POISON)
		diag(c->d, e->u.binary.b->at, E_OPERAND, "`in` looks into a "
		    "list or a map, this is %s", check_text(c, t));
	return check_basic(c, TY_BOOL);
}

/* A type that two ways have in common, one of theirs if that can be; NULL. */
static const struct ty *
nearest(struct check *c, const struct ty *x, const struct ty *y)
{
	if (x->kind == TY_POISON || y->kind == TY_POISON)
		return check_poison(c);
	if (ty_fits(x, y))
		return x->kind == TY_NULL ? ty_optional(c->t, y) : y;
	if (ty_fits(y, x))
		return y->kind == TY_NULL ? ty_optional(c->t, x) : x;
	if (x->kind == TY_NULL)
		return ty_optional(c->t, y);
	if (y->kind == TY_NULL)
		return ty_optional(c->t, x);
	return ty_base(x) == ty_base(y) ? ty_base(x) : NULL;
}

/* The one type of two ways, where `want` (or NULL) is wanted; NULL.  Where
 * both turn into that and what is nearest does not, it is that: two arms of a
 * union, null and an arm, null and null. */
static const struct ty *
common(struct check *c, const struct ty *x, const struct ty *y,
    const struct ty *want)
{
	const struct ty *t = nearest(c, x, y);

	if (want && (!t || t->kind == TY_NULL || !ty_fits(t, want)) &&
	    ty_fits(x, want) && ty_fits(y, want))
		return want;
	return t;
}

/* a ?? b: a, or b where that is null. */
static const struct ty *
otherwise(struct check *c, struct ast *e, const struct ty *want)
{
	struct ast *a = e->u.binary.a, *b = e->u.binary.b;
	const struct ty *x, *t;

	x = check_expr(c, a, want ? ty_optional(c->t, want) : NULL);
	if (x->kind == TY_OPTIONAL)
		x = x->of;
	else if (x->kind != TY_POISON) {
		diag(c->d, a->at, E_OPERAND, x->kind == TY_NULL ?
		    "this is %s" : "%s is never null", check_text(c, x));
		x = check_poison(c);
	}
	check_expr(c, b, want ? want : x);
	if (x->kind == TY_POISON || b->type->kind == TY_POISON)
		return check_poison(c);
	t = common(c, x, b->type, want);
	if (!t) {
		diag(c->d, e->at, E_TYPE, "one way gives %s, the other %s",
		    check_text(c, x), check_text(c, b->type));
		return check_poison(c);
	}
	b->want = b->type == t ? NULL : t;
	return t;
}

static const struct ty *
binary(struct check *c, struct ast *e, const struct ty *want)
{
	switch (e->u.binary.op) {
	case OP_ADD: case OP_SUB: case OP_MUL: case OP_DIV: case OP_MOD:
		return arithmetic(c, e, want);
	case OP_EQ: case OP_NE:
		return equality(c, e);
	case OP_LT: case OP_GT: case OP_LE: case OP_GE:
		return order(c, e);
	case OP_AND: case OP_OR:
		return logical(c, e);
	case OP_IN:
		return membership(c, e);
	case OP_ELSE:
		return otherwise(c, e, want);
	case OP_RANGE:
		diag(c->d, e->at, E_PLACE, "a range stands in `for` and "
		    "`tune` only");
		return check_poison(c);
	case OP_NEG: case OP_NOT:
		break;
	}
	BUG("binary operator");
}

static const struct ty *
unary(struct check *c, struct ast *e, const struct ty *want)
{
	const struct ty *t;

	if (e->u.unary.op == OP_NOT) {
		check_condition(c, e->u.unary.a);
		return check_basic(c, TY_BOOL);
	}
	if (e->u.unary.a->kind == AST_INT) {
		check_expr(c, e->u.unary.a, NULL);
		return check_scalar(c, e, want);
	}
	t = check_expr(c, e->u.unary.a, want);
	turn(e->u.unary.a, ty_base(t));
	if (ty_is_number(ty_base(t)) || t->kind == TY_POISON)
		return ty_base(t);
	diag(c->d, e->at, E_OPERAND, "-%s", check_text(c, t));
	return check_poison(c);
}

static const struct ty *
conditional(struct check *c, struct ast *e, const struct ty *want)
{
	struct ast *yes = e->u.cond.yes, *no = e->u.cond.no;
	const struct fact *before = c->now.facts;
	const struct ty *t;

	check_condition(c, e->u.cond.cond);
	check_learn(c, e->u.cond.cond, true);
	check_expr(c, yes, want);
	c->now.facts = before;
	check_learn(c, e->u.cond.cond, false);
	check_expr(c, no, want ? want : yes->type->kind == TY_NULL ? NULL :
	    yes->type);
	c->now.facts = before;
	t = common(c, yes->type, no->type, want);
	if (!t) {
		diag(c->d, e->at, E_TYPE, "one way gives %s, the other %s",
		    check_text(c, yes->type), check_text(c, no->type));
		return check_poison(c);
	}
	yes->want = yes->type == t ? NULL : t;
	no->want = no->type == t ? NULL : t;
	return t;
}

static const struct ty *
element(struct check *c, struct ast *e)
{
	const struct ty *t = check_expr(c, e->u.index.of, NULL);

	if (t->kind == TY_LIST) {
		check_want(c, e->u.index.at, check_basic(c, TY_INT));
		return t->of;
	}
	if (t->kind == TY_MAP) {
		check_want(c, e->u.index.at, check_basic(c, TY_STRING));
		return check_narrow(c, e, ty_optional(c->t, t->of));
	}
	check_expr(c, e->u.index.at, NULL);
	if (t->kind != TY_POISON)
		diag(c->d, e->at, E_OPERAND, "%s has no items",
		    check_text(c, t));
	return check_poison(c);
}

const struct ty *
check_expr(struct check *c, struct ast *e, const struct ty *want)
{
	const struct ty *t = NULL;

	switch ((unsigned)e->kind) {
	case AST_NAME:
		t = name_value(c, e, want);
		break;
	case AST_DOT:
		t = dot_value(c, e, want);
		break;
	case AST_FLOAT:
		t = check_basic(c, TY_FLOAT);
		break;
	case AST_QUANTITY:
		t = check_quantity(c, e);
		break;
	case AST_STRING: case AST_INT: case AST_BOOL:
		t = check_scalar(c, e, want);
		break;
	case AST_NULL:
		t = check_basic(c, TY_NULL);
		break;
	case AST_LIST:
		t = check_list(c, e, want);
		break;
	case AST_RECORD:
		t = check_record_value(c, e, want);
		break;
	case AST_COMPREHENSION:
		t = check_comprehension(c, e, want);
		break;
	case AST_CALL:
		t = check_call(c, e, want);
		break;
	case AST_INDEX:
		t = element(c, e);
		break;
	case AST_UNARY:
		t = unary(c, e, want);
		break;
	case AST_BINARY:
		t = binary(c, e, want);
		break;
	case AST_COND:
		t = conditional(c, e, want);
		break;
	case AST_IS:
		t = check_is(c, e);
		break;
	}
	if (!t)
		BUG("expression %d", (int)e->kind);
	return e->type = t;
}
