/* Types of literals: scalars, lists, records, maps.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "front/check_in.h"

const struct ty *
check_quantity(struct check *c, struct ast *e)
{
	switch (e->u.quantity.unit) {
	case UNIT_K: case UNIT_M:
		return check_basic(c, e->u.quantity.is_int ? TY_INT :
		    TY_FLOAT);
	case UNIT_PERCENT:
		return check_basic(c, TY_FLOAT);
	case UNIT_MS: case UNIT_S: case UNIT_MIN: case UNIT_H: case UNIT_USD:
		diag(c->d, e->at, E_PLACE, "times and money stand in options "
		    "only");
		return check_poison(c);
	}
	BUG("unit");
}

/* Is the value one of the literals of `t`? */
static bool
has_value(const struct ty *t, const struct ty_const *v)
{
	return t->kind == TY_LITERAL && ty_value_index(t, v) >= 0;
}

const struct ty *
check_scalar(struct check *c, struct ast *e, const struct ty *want)
{
	struct ty_const v;
	unsigned i;

	if (!check_const(c->a, e, &v))
		BUG("a literal that is no constant");
	want = ty_present(want);
	if (want && has_value(want, &v))
		return want;
	for (i = 0; want && want->kind == TY_UNION && i < want->n; i++)
		if (has_value(want->arm[i], &v))
			return want->arm[i];
	return check_basic(c, v.kind == TYC_STRING ? TY_STRING :
	    v.kind == TYC_BOOL ? TY_BOOL : TY_INT);
}

const struct ty *
check_value_type(struct check *c, const struct ast *e)
{
	struct ty_const v;

	if ((e->kind != AST_STRING && e->kind != AST_INT &&
	    e->kind != AST_BOOL && (e->kind != AST_UNARY ||
	    e->u.unary.a->kind != AST_INT)) || !check_const(c->a, e, &v))
		return NULL;
	return ty_literal(c->t, &v, 1);
}

const struct ty *
check_list(struct check *c, struct ast *e, const struct ty *want)
{
	const struct ty *of = NULL, *t;
	struct ast *x;

	want = check_arm_of(ty_present(want), TY_LIST);
	if (want && want->kind == TY_LIST) {
		for (x = e->u.list.item; x; x = x->next)
			check_want(c, x, want->of);
		return want;
	}
	if (want && want->kind == TY_POISON)
		return want;
	for (x = e->u.list.item; x; x = x->next) {
		t = check_expr(c, x, of);
		if (t->kind == TY_POISON)
			return t;
		if (!of || (ty_fits(of, t) && !ty_fits(t, of)))
			of = t;
	}
	if (!of || of->kind == TY_NULL || of->kind == TY_VOID) {
		diag(c->d, e->at, E_UNTYPED, "the type of this list; write "
		    "let x: T[] = [...]");
		return check_poison(c);
	}
	for (x = e->u.list.item; x; x = x->next) {
		if (!ty_fits(x->type, of)) {
			diag(c->d, x->at, E_TYPE, "the items before are %s, "
			    "this is %s", check_text(c, of),
			    check_text(c, x->type));
			return check_poison(c);
		}
		x->want = x->type == of ? NULL : of;
	}
	return ty_list(c->t, of);
}

static void
record_member(struct check *c, struct ast *m, const struct ty *t,
    struct ast **seen)
{
	int i = ty_field_index(t, m->u.arg.name);
	const char *from[256];
	unsigned n;

	if (i < 0) {
		for (n = 0; n < t->n && n < COUNTOF(from); n++)
			from[n] = t->field[n].name;
		diag(c->d, m->u.arg.name_at, E_RECORD, "%s has no '%s'%s",
		    check_text(c, t), m->u.arg.name,
		    check_nearest(c, m->u.arg.name, from, n));
		check_offer(c, m->u.arg.name_at);
		check_expr(c, m->u.arg.value, check_poison(c));
	} else if (seen[i]) {
		diag(c->d, m->u.arg.name_at, E_DUPLICATE, "'%s'",
		    m->u.arg.name);
		diag_note(c->d, seen[i]->u.arg.name_at, "the first is here");
	} else {
		seen[i] = m;
		check_want(c, m->u.arg.value, t->field[i].type);
	}
}

void
check_record(struct check *c, struct ast *e, const struct ty *t)
{
	struct ast **seen, *m;
	unsigned i;

	e->type = t;
	if (t->kind != TY_STRUCT) {
		for (m = e->u.record.member; m; m = m->next)
			check_expr(c, m->u.arg.value, check_poison(c));
		return;
	}
	seen = arena_array(c->a, t->n, sizeof(struct ast *));
	for (m = e->u.record.member; m; m = m->next)
		record_member(c, m, t, seen);
	for (i = 0; i < t->n; i++)
		if (!seen[i] && t->field[i].fallback.kind == TYC_NONE &&
		    t->field[i].type->kind != TY_OPTIONAL)
			diag(c->d, e->at, E_RECORD, "'%s' of %s is missing",
			    t->field[i].name, check_text(c, t));
}

/* A map of the members, whose names are strings. */
static void
check_map(struct check *c, struct ast *e, const struct ty *t)
{
	struct scope *seen = scope_new(c->a, NULL);
	struct ast *m;

	for (m = e->u.record.member; m; m = m->next) {
		if (!m->u.arg.quoted)
			diag(c->d, m->u.arg.name_at, E_RECORD, "the keys of a "
			    "map are strings: { \"%s\" = ... }",
			    m->u.arg.name);
		check_duplicate(c, seen, m->u.arg.name, m->u.arg.name_at,
		    check_new_symbol(c, SYM_VAR, m->u.arg.name, m));
		check_want(c, m->u.arg.value, t->of);
	}
}

const struct ty *
check_record_value(struct check *c, struct ast *e, const struct ty *want)
{
	want = check_record_arm(c, e, ty_present(want));
	if (want && want->kind == TY_MAP) {
		check_map(c, e, want);
		return want;
	}
	if (want && (want->kind == TY_STRUCT || want->kind == TY_POISON)) {
		check_record(c, e, want);
		return want;
	}
	if (want)
		diag(c->d, e->at, E_TYPE, "expected %s, found a record",
		    check_text(c, want));
	else
		diag(c->d, e->at, E_UNTYPED, "which struct is this? write "
		    "let x: T = { ... }");
	check_record(c, e, check_poison(c));
	return check_poison(c);
}
