/* Values of several types: which one they are.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/buf.h"
#include "front/check_in.h"

const struct ty *
check_arm_for(const struct ty *t, const struct ty *want)
{
	unsigned i;

	t = ty_present(t);
	if (t->kind != TY_UNION || ty_present(want)->kind == TY_UNION)
		return NULL;
	for (i = 0; i < t->n; i++)
		if (ty_fits(t->arm[i], want))
			return t->arm[i];
	return NULL;
}

/* ---- literals ---- */

const struct ty *
check_arm_of(const struct ty *t, enum ty_kind k)
{
	const struct ty *found = NULL;
	unsigned i;

	for (i = 0; t && t->kind == TY_UNION && i < t->n; i++)
		if (t->arm[i]->kind == k) {
			if (found)
				return t;
			found = t->arm[i];
		}
	return found ? found : t;
}

/* Can a record with these members be a `t`?  A literal that stands for one of
 * several tells them apart. */
static bool
has_members(struct check *c, const struct ast *e, const struct ty *t)
{
	const struct ast *m, *v;
	struct ty_const x;
	unsigned i, given = 0;
	int k;

	for (m = e->u.record.member; m; m = m->next) {
		k = ty_field_index(t, m->u.arg.name);
		v = m->u.arg.value;
		if (k < 0 || (t->field[k].type->kind == TY_LITERAL &&
		    (v->kind == AST_STRING || v->kind == AST_INT ||
		    v->kind == AST_BOOL) && check_const(c->a, v, &x) &&
		    ty_value_index(t->field[k].type, &x) < 0))
			return false;
		given += t->field[k].fallback.kind == TYC_NONE &&
		    t->field[k].type->kind != TY_OPTIONAL;
	}
	for (i = 0; i < t->n; i++)
		given -= t->field[i].fallback.kind == TYC_NONE &&
		    t->field[i].type->kind != TY_OPTIONAL;
	return given == 0;
}

const struct ty *
check_record_arm(struct check *c, const struct ast *e, const struct ty *t)
{
	const struct ast *m = e->u.record.member;
	const struct ty *only, *found = NULL;
	unsigned i;

	if (!t || t->kind != TY_UNION)
		return t;
	only = check_arm_of(t, TY_MAP);
	if (only != t && (!m || m->u.arg.quoted))
		return only;
	only = check_arm_of(t, TY_STRUCT);
	if (only != t)
		return only;
	for (i = 0; i < t->n; i++) {
		if (t->arm[i]->kind != TY_STRUCT ||
		    !has_members(c, e, t->arm[i]))
			continue;
		if (found) {
			diag(c->d, e->at, E_UNION, "this may be %s or %s; "
			    "write let x: %s = { ... } first",
			    check_text(c, found), check_text(c, t->arm[i]),
			    check_text(c, found));
			return check_poison(c);
		}
		found = t->arm[i];
	}
	if (found)
		return found;
	diag(c->d, e->at, E_UNION, "these are not the members of one of %s",
	    check_text(c, t));
	return check_poison(c);
}

/* ---- tests ---- */

/* Finds the arm of the union `u` that `e` asks for; false after a message. */
static bool
find_arm(struct check *c, struct ast *e, const struct ty *u)
{
	const struct ty *want = check_type(c, e->u.is.type);
	unsigned i;

	if (want->kind == TY_POISON || u->kind == TY_POISON)
		return false;
	for (i = 0; i < u->n; i++)
		if (u->arm[i] == want) {
			e->u.is.arm = i;
			return true;
		}
	diag(c->d, e->u.is.type->at, E_UNION, "%s is none of %s",
	    check_text(c, want), check_text(c, u));
	return false;
}

const struct ty *
check_is(struct check *c, struct ast *e)
{
	struct ast *of = e->u.is.of;
	const struct ty *t, *u;

	c->raw_union = of;
	t = check_expr(c, of, NULL);
	c->raw_union = NULL;
	u = ty_present(t);
	if (u->kind != TY_UNION && u->kind != TY_POISON) {
		diag(c->d, e->at, E_UNION, "this is %s, no union%s",
		    check_text(c, t), t->kind == TY_OPTIONAL ?
		    "; compare with null" : "");
		u = check_poison(c);
	}
	return find_arm(c, e, u) ? check_basic(c, TY_BOOL) :
	    check_poison(c);
}

/* ---- switch ---- */

/* What the cases of a switch name. */
struct arms {
	const struct ty *type;
	const struct ast **at;          /* by arm: the case that names it */
	const struct ast *otherwise;    /* the default, or NULL */
	uint64_t named;
	bool wrong;                     /* a case cannot be read */
};

static void
label(struct check *c, struct arms *x, struct ast *e)
{
	const struct ast **at;

	if (e->kind != AST_IS || e->u.is.of) {
		diag(c->d, e->at, E_UNION, "cases of %s name types: case is T",
		    check_text(c, x->type));
		x->wrong = true;
		return;
	}
	if (!find_arm(c, e, x->type)) {
		x->wrong = true;
		return;
	}
	e->type = check_basic(c, TY_BOOL);
	at = &x->at[e->u.is.arm];
	if (*at) {
		diag(c->d, e->at, E_DUPLICATE, "this case");
		diag_note(c->d, (*at)->at, "the first is here");
		return;
	}
	*at = e;
	x->named |= FACT_ARM(e->u.is.arm);
}

static void
labels(struct check *c, struct arms *x, struct ast *n)
{
	struct ast *e;

	for (e = n->u.case_.value; e; e = e->next)
		label(c, x, e);
	check_default(c, &x->otherwise, n);
}

/* Has every type its case, or is there a default?  Says so if not. */
static bool
is_whole(struct check *c, const struct arms *x, const struct ast *n)
{
	struct buf b = BASE_BUF_INIT;
	unsigned i, left = 0;

	for (i = 0; i < x->type->n; i++)
		if (!x->at[i])
			buf_printf(&b, "%s%s", left++ > 0 ? ", " : "",
			    check_text(c, x->type->arm[i]));
	if (left > 0 && !x->otherwise && !x->wrong)
		diag(c->d, check_word_of(n), E_CASES, "%s; add %s, or default",
		    buf_str(&b), left == 1 ? "it" : "them");
	else if (left > 0 && x->otherwise)
		diag(c->d, check_word_of(x->otherwise), E_SWITCH, "%s",
		    buf_str(&b));
	buf_release(&b);
	return left == 0 || x->otherwise;
}

/* What the value is not in this case. */
static uint64_t
excluded(const struct arms *x, const struct ast *n)
{
	const struct ast *e;
	uint64_t here = 0;

	if (x->wrong)
		return FACT_WRONG;
	if (n->u.case_.is_default)
		return FACT_NULL | x->named;
	for (e = n->u.case_.value; e; e = e->next)
		here |= FACT_ARM(e->u.is.arm);
	return FACT_ALL & ~here;
}

bool
check_union_switch(struct check *c, struct ast *n, const struct ty *t)
{
	const struct fact *before = c->now.facts, *after = before;
	struct arms x = { .type = t };
	bool on = false, whole, this_on;
	struct ast *k;

	x.at = arena_array(c->a, t->n, sizeof(*x.at));
	for (k = n->u.switch_.cases; k; k = k->next)
		labels(c, &x, k);
	whole = is_whole(c, &x, n) && !x.wrong;
	for (k = n->u.switch_.cases; k; k = k->next) {
		c->now.facts = before;
		check_learn_not(c, n->u.switch_.value, excluded(&x, k));
		this_on = check_statement(c, k->u.case_.body);
		after = check_join(c, before, after, on, c->now.facts,
		    this_on);
		on = on || this_on;
	}
	c->now.facts = whole ? after : before;
	return on;
}
