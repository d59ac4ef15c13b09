/* Tests: how often they run, and what they claim.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "front/check_in.h"

enum { MOST_REPETITIONS = 10000 };

/* ---- (repeat = n, pass = share) ---- */

static void
repetitions(struct check *c, struct ast *e)
{
	struct ty_const k;

	if (check_constant(c, e, check_basic(c, TY_INT), &k) &&
	    (k.i < 1 || k.i > MOST_REPETITIONS))
		diag(c->d, e->at, E_TEST, "'repeat' is a number from 1 to %d",
		    MOST_REPETITIONS);
}

static void
share(struct check *c, struct ast *e)
{
	struct ty_const k;

	if (check_constant(c, e, check_basic(c, TY_FLOAT), &k) &&
	    !(k.f > 0.0 && k.f <= 1.0))
		diag(c->d, e->at, E_TEST, "'pass' is the share of repetitions "
		    "that must pass: 80%%, or 0.8");
}

static bool
is_named(const struct ast *arg, const char *name)
{
	return arg->u.arg.name && strcmp(arg->u.arg.name, name) == 0;
}

static void
arguments(struct check *c, struct ast *list)
{
	static const char *const known[] = { "repeat", "pass" };
	const struct ast *seen[2] = { NULL, NULL };
	struct ast *a;
	int which;

	for (a = list; a; a = a->next) {
		which = is_named(a, "repeat") ? 0 : is_named(a, "pass") ? 1 :
		    -1;
		if (which < 0) {
			diag(c->d, a->at, E_OPTION, "a test takes repeat = N "
			    "and pass = 80%%%s", a->u.arg.name ?
			    check_nearest(c, a->u.arg.name, known, 2) : "");
			continue;
		}
		if (seen[which]) {
			diag(c->d, a->at, E_DUPLICATE, "'%s'",
			    a->u.arg.name);
			diag_note(c->d, seen[which]->at, "the first is here");
		}
		seen[which] = a;
		if (which == 0)
			repetitions(c, a->u.arg.value);
		else
			share(c, a->u.arg.value);
	}
}

/* ---- the test ---- */

/* Those of the main file can be run, by their names. */
static void
enlist(struct check *c, struct symbol *s)
{
	struct ast *n = s->decl;

	if (c->now.unit != c->out->unit)
		return;
	check_duplicate(c, c->tests, names_intern(c->names, s->name,
	    strlen(s->name)), n->u.test.name_at, s);
	*c->last_test = s;
	c->last_test = &s->next;
}

void
check_test(struct check *c, struct ast *n)
{
	struct symbol *s = check_new_symbol(c, SYM_TEST, n->u.test.name, n);
	struct body *b;

	s->done = true;
	n->sym = s;
	if (*n->u.test.name == '\0')
		diag(c->d, n->u.test.name_at, E_TEST, "it has no name");
	enlist(c, s);
	arguments(c, n->u.test.arg);
	b = check_body(c, s, check_basic(c, TY_VOID));
	b->kind = BODY_TEST;
	check_statement(c, n->u.test.body);
	check_body_end(c);
}

/* What follows an expect may rely on it; a check is only counted. */
void
check_claim(struct check *c, struct ast *n)
{
	bool must = n->kind == AST_EXPECT;
	struct ast *cond = must ? n->u.expect.cond : n->u.check.cond;
	struct ast *hint = must ? n->u.expect.hint : n->u.check.hint;

	if (c->now.body->kind != BODY_TEST)
		diag(c->d, n->at, E_PLACE, "'%s' belongs in tests%s",
		    ast_word(n->kind), must ? "; use require" : "");
	check_condition(c, cond);
	if (hint)
		check_want(c, hint, check_basic(c, TY_STRING));
	if (must)
		check_learn(c, cond, true);
}
