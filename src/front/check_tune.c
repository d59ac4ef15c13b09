/* What `tune` says: the values that a slot may have.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "core/buf.h"
#include "front/check_in.h"

static void
tune_list(struct check *c, const struct tunable *t, struct ast *list)
{
	struct ty_const v;
	bool found = false, ok = true;
	struct ast *x;

	list->type = ty_list(c->t, t->type);
	if (!list->u.list.item)
		diag(c->d, list->at, E_TUNE, "the list is empty");
	for (x = list->u.list.item; x; x = x->next) {
		if (!check_constant(c, x, t->type, &v))
			ok = false;
		else if (check_same_const(&v, &t->value))
			found = true;
	}
	if (ok && !found && list->u.list.item && t->value.kind != TYC_NONE)
		diag(c->d, t->value_at, E_TUNE,
		    "the default is not one of the choices");
}

static void
tune_range(struct check *c, const struct tunable *t, struct ast *r)
{
	struct ty_const lo, hi;

	if (t->type->kind != TY_INT && t->type->kind != TY_FLOAT) {
		if (t->type->kind != TY_POISON)
			diag(c->d, r->at, E_TUNE, "a range is of int or "
			    "float, '%s' is %s", t->name,
			    check_text(c, t->type));
		return;
	}
	r->type = ty_list(c->t, t->type);
	if (!check_constant(c, r->u.binary.a, t->type, &lo) ||
	    !check_constant(c, r->u.binary.b, t->type, &hi))
		return;
	if (ty_const_number(&lo) > ty_const_number(&hi))
		diag(c->d, r->at, E_TUNE, "the range is empty");
	else if (t->value.kind != TYC_NONE &&
	    (ty_const_number(&t->value) < ty_const_number(&lo) ||
	    ty_const_number(&t->value) > ty_const_number(&hi)))
		diag(c->d, t->value_at, E_TUNE,
		    "the default is not in the range");
}

void
check_tune(struct check *c, const struct tunable *t, struct ast *tune)
{
	if (tune->kind == AST_LIST)
		tune_list(c, t, tune);
	else if (tune->kind == AST_BINARY && tune->u.binary.op == OP_RANGE)
		tune_range(c, t, tune);
	else
		diag(c->d, tune->at, E_TUNE, "expected [a, b, ...] or a .. b");
}

/* ---- options of a module that are slots ---- */

enum { TEMPERATURE_MAX = 2 };           /* of every provider */

static bool
is_temperature(struct check *c, const struct ast *e)
{
	struct ty_const v;

	return !check_const(c->a, e, &v) || (ty_const_number(&v) >= 0 &&
	    ty_const_number(&v) <= TEMPERATURE_MAX);
}

/* What is no temperature at all was reported before. */
static void
tune_number(struct check *c, struct ast *o)
{
	struct ast *tune = o->u.option.tune, *x;
	struct tunable t = { .name = o->u.option.name,
	    .type = check_basic(c, TY_FLOAT),
	    .value_at = o->u.option.value->at };

	if (!check_constant(c, o->u.option.value, t.type, &t.value))
		return;
	check_tune(c, &t, tune);
	if (tune->kind == AST_BINARY)
		x = is_temperature(c, tune->u.binary.a) ?
		    tune->u.binary.b : tune->u.binary.a;
	else
		x = tune->kind == AST_LIST ? tune->u.list.item : NULL;
	for (; x; x = x->next)
		if (!is_temperature(c, x))
			diag(c->d, x->at, E_TUNE,
			    "a temperature lies between 0 and %d",
			    TEMPERATURE_MAX);
}

static void
tune_words(struct check *c, struct ast *o, const struct option_rule *r)
{
	struct ast *list = o->u.option.tune, *x, *y;
	bool found = false;

	if (list->kind != AST_LIST || !list->u.list.item) {
		diag(c->d, list->at, E_TUNE, "expected a list of: %s",
		    r->words);
		return;
	}
	for (x = list->u.list.item; x; x = x->next) {
		if (x->kind != AST_NAME ||
		    !check_is_word(r->words, x->u.name.name)) {
			diag(c->d, x->at, E_TUNE, "'%s' is one of: %s",
			    r->name, r->words);
			return;
		}
		for (y = list->u.list.item; y != x; y = y->next)
			if (!strcmp(y->u.name.name, x->u.name.name))
				break;
		if (y != x)
			diag(c->d, x->at, E_TUNE, "'%s' is there twice",
			    x->u.name.name);
		found |= strcmp(o->u.option.value->u.name.name,
		    x->u.name.name) == 0;
	}
	if (!found)
		diag(c->d, o->u.option.value->at, E_TUNE,
		    "the default is not one of the choices");
}

struct ast *
check_option_text(struct check *c, const struct option_rule *r,
    const char *text)
{
	struct ast *e = arena_alloc(c->a, sizeof(*e));
	double v;

	*e = (struct ast){ .kind = AST_NAME };
	e->u.name.name = text;
	if (r->kind == OPT_SLOT_WORD)
		return check_is_word(r->words, text) ? e : NULL;
	if (!buf_to_double(text, strlen(text), &v) || v < 0 ||
	    v > TEMPERATURE_MAX)
		return NULL;
	*e = (struct ast){ .kind = AST_FLOAT };
	e->u.number.value = v;
	return e;
}

void
check_tune_option(struct check *c, struct ast *o, const struct option_rule *r)
{
	if (r->kind == OPT_SLOT_NUMBER)
		tune_number(c, o);
	else if (r->kind == OPT_SLOT_WORD)
		tune_words(c, o, r);
	else
		diag(c->d, o->u.option.tune->at, E_TUNE, "'%s' cannot be "
		    "tuned: of a module's options format, structure and "
		    "temperature can", r->name);
}
