/* Statements that choose a way: switch, try, parallel.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/table.h"
#include "buf.h"
#include "front/check_in.h"

/* ---- switch ---- */

struct choice {
	const struct ty *type;          /* of what is looked at */
	struct table seen;              /* struct ast of cases, by text */
	const struct ast *otherwise;    /* the default, or NULL */
	bool wrong;                     /* a case cannot be read */
};

struct span
check_word_of(const struct ast *n)
{
	const char *word = n->kind == AST_CASE ? "default" :
	    ast_word(n->kind);

	return (struct span){ n->at.off, (unsigned)strlen(word) };
}

static const struct ty *
choice_type(struct check *c, struct ast *v)
{
	const struct ty *t;

	c->raw_union = v;
	t = check_expr(c, v, NULL);
	c->raw_union = NULL;
	switch ((unsigned)t->kind) {
	case TY_ENUM: case TY_STRING: case TY_INT: case TY_BOOL:
	case TY_UNION: case TY_POISON:
		return t;
	case TY_LITERAL:
		v->want = check_basic(c, TY_STRING);
		return v->want;
	case TY_OPTIONAL:
		diag(c->d, v->at, E_MAYBE_NULL, "this is %s; test for null "
		    "first", check_text(c, t));
		return t->of;
	default:
		diag(c->d, v->at, E_TYPE, "a switch is over an enum, a "
		    "union, a string, an int or a bool, not %s",
		    check_text(c, t));
	}
	return check_basic(c, TY_POISON);
}

/* The text of a value, by which cases are told apart. */
static const char *
key_of(struct check *c, const struct ty_const *v)
{
	return v->kind == TYC_STRING ? arena_printf(c->a, "\"%s", v->s) :
	    arena_printf(c->a, "%lld", (long long)v->i);
}

static void
case_value(struct check *c, struct choice *x, struct ast *e)
{
	union table_value *s;
	struct ty_const v;

	if (e->kind == AST_IS && !e->u.is.of) {
		x->wrong = true;
		if (x->type->kind == TY_POISON)
			return;
		diag(c->d, e->at, E_UNION, "this is %s, no union",
		    check_text(c, x->type));
		return;
	}
	if (!check_constant(c, e, x->type, &v)) {
		x->wrong = true;
		return;
	}
	s = table_at(&x->seen, key_of(c, &v));
	if (s->p) {
		const struct ast *first = s->p;

		diag(c->d, e->at, E_DUPLICATE, "this case");
		diag_note(c->d, first->at, "the first is here");
		return;
	}
	s->p = e;
}

static void
case_values(struct check *c, struct choice *x, struct ast *n)
{
	struct ast *e;

	for (e = n->u.case_.value; e; e = e->next)
		case_value(c, x, e);
	if (!n->u.case_.is_default)
		return;
	if (x->otherwise) {
		diag(c->d, check_word_of(n), E_DUPLICATE, "default");
		diag_note(c->d, check_word_of(x->otherwise),
		    "the first is here");
	} else
		x->otherwise = n;
}

/* Appends the values that no case names; gives how many. */
static unsigned
not_named(struct check *c, const struct choice *x, struct buf *b)
{
	unsigned i, n = 0, all = x->type->kind == TY_BOOL ? 2 : x->type->n;
	struct ty_const v = { .kind = x->type->kind == TY_BOOL ? TYC_BOOL :
	    TYC_ENUM };

	for (i = 0; i < all; i++) {
		v.i = i;
		if (table_get(&x->seen, key_of(c, &v)))
			continue;
		buf_printf(b, "%s%s", n++ > 0 ? ", " : "",
		    v.kind == TYC_ENUM ? x->type->variant[i].name :
		    i == 0 ? "false" : "true");
	}
	return n;
}

/* Does every value have its case?  Says so where it should and has not. */
static bool
is_whole(struct check *c, const struct choice *x, const struct ast *n)
{
	struct buf b = BUF_INIT;
	unsigned left;

	if (x->type->kind != TY_ENUM && x->type->kind != TY_BOOL)
		return x->otherwise != NULL || x->type->kind == TY_POISON;
	left = not_named(c, x, &b);
	if (left > 0 && !x->otherwise && !x->wrong)
		diag(c->d, check_word_of(n), E_CASES, "%s; add %s, or default",
		    buf_str(&b), left == 1 ? "it" : "them");
	else if (left > 0 && x->otherwise && x->type->kind == TY_ENUM)
		diag(c->d, check_word_of(x->otherwise), E_SWITCH, "%s",
		    buf_str(&b));
	buf_release(&b);
	return true;
}

bool
check_switch(struct check *c, struct ast *n)
{
	struct choice x = { .type = choice_type(c, n->u.switch_.value) };
	const struct fact *before = c->now.facts, *after = before;
	bool on = false, this_on;
	struct ast *k;

	if (x.type->kind == TY_UNION)
		return check_union_switch(c, n, x.type);
	table_init_text(&x.seen, c->a);
	for (k = n->u.switch_.cases; k; k = k->next) {
		c->now.facts = before;
		case_values(c, &x, k);
		this_on = check_statement(c, k->u.case_.body);
		after = check_join(c, before, after, on, c->now.facts,
		    this_on);
		on = on || this_on;
	}
	c->now.facts = before;
	if (!is_whole(c, &x, n)) {
		after = check_join(c, before, after, on, before, true);
		on = true;
	}
	c->now.facts = after;
	return on;
}

/* ---- try ---- */

/* What the body has set is as before in the other block. */
bool
check_try(struct check *c, struct ast *n)
{
	const struct fact *before = c->now.facts, *body;
	bool body_on = check_statement(c, n->u.try_.body), other_on;

	body = c->now.facts;
	c->now.facts = before;
	other_on = check_statement(c, n->u.try_.other);
	c->now.facts = check_join(c, before, body, body_on, c->now.facts,
	    other_on);
	return body_on || other_on;
}

/* ---- parallel ---- */

/* The call of a branch that is one; NULL. */
static struct ast *
call_of(const struct ast *n)
{
	struct ast *e = NULL;

	if (n->kind == AST_LET)
		e = n->u.let.value;
	else if (n->kind == AST_ASSIGN && !n->u.assign.add)
		e = n->u.assign.value;
	else if (n->kind == AST_EVAL)
		e = n->u.eval.value;
	while (e && e->kind == AST_DOT)
		e = e->u.dot.of;
	return e && e->kind == AST_CALL ? e : NULL;
}

/* The variable that a branch makes or sets. */
static const struct symbol *
made_by(const struct ast *n)
{
	if (n->kind == AST_LET)
		return n->sym;
	return n->kind == AST_ASSIGN ? n->u.assign.to->sym : NULL;
}

/* Where `e` reads `s`; NULL. */
static const struct ast *
reads(const struct ast *e, const struct symbol *s)
{
	struct ast *part[AST_PARTS];
	const struct ast *found = NULL, *p;
	unsigned i, n;

	if (e->kind == AST_NAME)
		return e->sym == s ? e : NULL;
	n = ast_parts(e, part);
	for (i = 0; i < n; i++)
		for (p = part[i]; p && !found; p = p->next)
			found = reads(p, s);
	return found;
}

/* Branches may run in any order: one may not see what another does. */
static void
apart(struct check *c, const struct ast *one, const struct ast *other)
{
	const struct symbol *s = made_by(other);
	const struct ast *e = call_of(one), *at;

	if (!s || !e)
		return;
	at = reads(e, s);
	if (!at && made_by(one) == s && one->at.off > other->at.off)
		at = one->kind == AST_ASSIGN ? one->u.assign.to : NULL;
	if (!at)
		return;
	diag(c->d, at->at, E_BRANCH, "'%s'", s->name);
	diag_note(c->d, other->at, "it is set here");
}

static void
branch(struct check *c, struct ast *n)
{
	unsigned long calls = c->now.body->calls;
	unsigned errors = c->d->nerror;
	struct ast *e = call_of(n);

	if (e)
		check_statement(c, n);
	if (c->d->nerror != errors)
		return;
	if (!e || !e->sym || e->sym->kind != SYM_MODULE ||
	    c->now.body->calls != calls + 1)
		check_not_built(c, n->at, "`parallel` with more than a call "
		    "in a branch");
}

bool
check_parallel(struct check *c, struct ast *n)
{
	struct ast *first = n->u.parallel.body->u.block.stmt, *i, *k;

	for (i = first; i; i = i->next)
		branch(c, i);
	for (i = first; i; i = i->next)
		for (k = first; k; k = k->next)
			if (i != k)
				apart(c, i, k);
	return true;
}
