/* Statements that choose a way: switch, try, parallel.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/table.h"
#include "core/buf.h"
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
	case TY_UNION: case TY_LITERAL: case TY_POISON:
		return t;
	case TY_OPTIONAL:
		diag(c->d, v->at, E_MAYBE_NULL, "this is %s; test for null "
		    "first", check_text(c, t));
		return t->of;
	default:
		diag(c->d, v->at, E_TYPE, "a switch is over an enum, a "
		    "union, a string, an int or a bool, not %s",
		    check_text(c, t));
	}
	return check_poison(c);
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

void
check_default(struct check *c, const struct ast **first, const struct ast *n)
{
	if (!n->u.case_.is_default)
		return;
	if (*first) {
		diag(c->d, check_word_of(n), E_DUPLICATE, "default");
		diag_note(c->d, check_word_of(*first), "the first is here");
	} else
		*first = n;
}

static void
case_values(struct check *c, struct choice *x, struct ast *n)
{
	struct ast *e;

	for (e = n->u.case_.value; e; e = e->next)
		case_value(c, x, e);
	check_default(c, &x->otherwise, n);
}

/* Appends the values that no case names; gives how many. */
static unsigned
not_named(struct check *c, const struct choice *x, struct buf *b)
{
	const struct ty *t = x->type;
	unsigned i, n = 0, all = t->kind == TY_BOOL ? 2 : t->n;
	struct ty_const v = { .kind = t->kind == TY_BOOL ? TYC_BOOL :
	    TYC_ENUM };

	for (i = 0; i < all; i++) {
		v.i = i;
		if (t->kind == TY_LITERAL)
			v = t->value[i];
		if (table_get(&x->seen, key_of(c, &v)))
			continue;
		buf_printf(b, "%s%s", n++ > 0 ? ", " : "",
		    t->kind == TY_ENUM ? t->variant[i].name : check_text(c,
		    ty_literal(c->t, &v, 1)));
	}
	return n;
}

static void
missing_cases(struct check *c, const struct ast *n, const char *names,
    unsigned count)
{
	struct span end = { n->at.off + n->at.len - 1, 0 };

	diag(c->d, check_word_of(n), E_CASES, "%s; add %s, or default", names,
	    count == 1 ? "it" : "them");
	diag_fix(c->d, end, arena_printf(c->a, "case %s { }\n", names));
}

/* Does every value have its case?  Says so where it should and has not. */
static bool
is_whole(struct check *c, const struct choice *x, const struct ast *n)
{
	struct buf b = BASE_BUF_INIT;
	unsigned left;

	if (x->type->kind != TY_ENUM && x->type->kind != TY_BOOL &&
	    x->type->kind != TY_LITERAL)
		return x->otherwise != NULL || x->type->kind == TY_POISON;
	left = not_named(c, x, &b);
	if (left > 0 && !x->otherwise && !x->wrong)
		missing_cases(c, n, buf_str(&b), left);
	else if (left > 0 && x->otherwise && x->type->kind != TY_BOOL)
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

/* The variable that the statement makes or sets; NULL. */
static struct symbol *
set_by(const struct ast *n)
{
	struct symbol *s = NULL;

	if (n->kind == AST_LET)
		s = n->sym;
	else if (n->kind == AST_ASSIGN)
		s = n->u.assign.to->sym;
	return s && s->kind == SYM_VAR ? s : NULL;
}

/* Notes who sets what in `branch`, the first one for each; NULL forgets it. */
static void
note_sets(struct ast *n, const struct ast *branch)
{
	struct ast *part[AST_PARTS], *p;
	struct symbol *s = set_by(n);
	unsigned i, count;

	if (s && (!s->set_in || !branch)) {
		s->set_in = branch;
		s->set_at = n;
	}
	if (n->kind < AST_LET || n->kind > AST_BLOCK)
		return;                 /* nothing is set in expressions */
	count = ast_parts(n, part);
	for (i = 0; i < count; i++)
		for (p = part[i]; p; p = p->next)
			note_sets(p, branch);
}

/* Branches run in any order: none may look at what another one sets. */
static void
stay_apart(struct check *c, const struct ast *n, const struct ast *branch)
{
	struct ast *part[AST_PARTS];
	const struct symbol *s = n->kind == AST_NAME ? n->sym : NULL;
	const struct ast *p;
	unsigned i, count;

	if (s && s->set_in && s->set_in != branch) {
		diag(c->d, n->at, E_BRANCH, "'%s'", s->name);
		diag_note(c->d, s->set_at->at, "it is set here");
	}
	count = ast_parts(n, part);
	for (i = 0; i < count; i++)
		for (p = part[i]; p; p = p->next)
			stay_apart(c, p, branch);
}

/* None knows what another one has found out; after all of them everything
 * is known. */
static void
branches(struct check *c, struct ast *first)
{
	const struct fact *before = c->now.facts, *after = before, *own;
	struct body *b = c->now.body;
	unsigned loops = b->loops;
	struct ast *i;
	bool on;

	b->branches++;
	b->loops = 0;
	for (i = first; i; i = i->next) {
		c->now.facts = before;
		on = check_statement(c, i);
		own = c->now.facts;
		c->now.facts = after;
		if (on)
			check_learn_all(c, before, own);
		after = c->now.facts;
	}
	b->loops = loops;
	b->branches--;
}

bool
check_parallel(struct check *c, struct ast *n)
{
	struct ast *first = n->u.parallel.body->u.block.stmt, *i;

	branches(c, first);
	for (i = first; i; i = i->next)
		note_sets(i, i);
	for (i = first; i; i = i->next)
		stay_apart(c, i, i);
	for (i = first; i; i = i->next)
		note_sets(i, NULL);
	return true;
}
