/* demos = knn(cases, k = 3, by = question): demonstrations that a retriever
 * finds.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <limits.h>
#include <string.h>

#include "front/check_in.h"

/* Is there a text in a value of the type? */
static bool
has_text(const struct ty *t)
{
	unsigned i;

	switch (t->kind) {
	case TY_STRING: case TY_POISON:
		return true;
	case TY_LIST: case TY_OPTIONAL: case TY_MAP:
		return has_text(t->of);
	case TY_UNION:
		for (i = 0; i < t->n; i++)
			if (has_text(t->arm[i]))
				return true;
		return false;
	case TY_STRUCT:
		for (i = 0; i < t->n; i++)
			if (has_text(t->field[i].type))
				return true;
		return false;
	case TY_VOID: case TY_NULL: case TY_INT: case TY_FLOAT: case TY_BOOL:
	case TY_ENUM: case TY_LITERAL: case TY_IMAGE: case TY_FILE:
	case TY_AUDIO:
		return false;
	}
	BUG("kind of type");
}

bool
check_is_knn(const struct ast *e)
{
	return e && e->kind == AST_CALL && e->u.call.fn->kind == AST_NAME &&
	    strcmp(e->u.call.fn->u.name.name, "knn") == 0;
}

/* ---- arguments ---- */

static void
number(struct check *c, struct symbol *s, struct ast *e)
{
	struct ty_const v;

	if (!check_constant(c, e, check_basic(c, TY_INT), &v))
		return;
	if (v.kind != TYC_INT || v.i < 1 || v.i > INT_MAX)
		diag(c->d, e->at, E_VALUE, "'k' is 1 or more");
	else
		s->ncase = (unsigned)v.i;
}

/* The input that is compared. */
static void
compared(struct check *c, struct symbol *s, struct ast *e)
{
	const char *from[64], *name;
	size_t n;
	int i;

	if (e->kind != AST_NAME) {
		diag(c->d, e->at, E_KNN, "'by' names an input of '%s'",
		    s->name);
		return;
	}
	name = e->u.name.name;
	i = s->in ? ty_field_index(s->in, name) : -1;
	if (i >= 0 && !has_text(s->in->field[i].type))
		diag(c->d, e->at, E_KNN, "'%s' has no text to compare by",
		    name);
	else if (i >= 0)
		s->near_by = name;
	else if (s->in) {
		for (n = 0; n < s->in->n && n < COUNTOF(from); n++)
			from[n] = s->in->field[n].name;
		diag(c->d, e->at, E_KNN, "'%s' is no input of '%s'%s", name,
		    s->name, check_nearest(c, name, from, n));
		check_offer(c, e->at);
	}
}

static void
usage(struct check *c, struct span at)
{
	diag(c->d, at, E_KNN, "knn takes a retriever, k and by: "
	    "knn(cases, k = 3, by = question)");
}

static void
argument(struct check *c, struct symbol *s, struct ast *a, bool first)
{
	const char *name = a->u.arg.name;
	struct ast *e = a->u.arg.value;

	if (!name && first)
		s->cases = check_ref_kind(c, e, SYM_RETRIEVER);
	else if (name && strcmp(name, "k") == 0)
		number(c, s, e);
	else if (name && strcmp(name, "by") == 0)
		compared(c, s, e);
	else
		usage(c, name ? a->u.arg.name_at : a->at);
}

/* ---- rows ---- */

/* What is wrong with the rows' field for `f`, if anything is. */
static void
member(struct check *c, const struct symbol *s, const struct ty *row,
    const struct ty_field *f, bool may_lack, const char *does)
{
	int i = ty_field_index(row, f->name);
	const struct ty *t = i >= 0 ? row->field[i].type : NULL;
	struct span at = check_name_at(s->decl);

	if (!t && !may_lack)
		diag(c->d, at, E_KNN, "%s has no field '%s', which '%s' %s",
		    check_text(c, row), f->name, s->name, does);
	else if (t && !ty_fits(t, f->type) && t->kind != TY_POISON &&
	    f->type->kind != TY_POISON)
		diag(c->d, at, E_KNN, "the field '%s' of %s is %s, where '%s' "
		    "%s %s", f->name, check_text(c, row), check_text(c, t),
		    s->name, does, check_text(c, f->type));
	else
		return;
	diag_note(c->d, check_name_at(s->cases->decl), "found by '%s'",
	    s->cases->name);
}

/* The reasoning of a row may be missing, or null. */
static void
reasoning(struct check *c, const struct symbol *s, const struct ty *row)
{
	struct ty_field f = s->type->field[0];
	int i = ty_field_index(row, f.name);

	if (i >= 0 && row->field[i].type->kind == TY_OPTIONAL)
		f.type = ty_optional(c->t, f.type);
	member(c, s, row, &f, true, "gives");
}

static void
rows(struct check *c, const struct symbol *s)
{
	const struct ty *row = s->cases->type->of;
	unsigned i = s->module == MODULE_CHAIN_OF_THOUGHT ? 1 : 0;
	const struct ty_field *f;

	if (row->kind == TY_STRING) {
		diag(c->d, check_name_at(s->decl), E_KNN, "what '%s' finds is "
		    "text; a demonstration is a struct with the inputs and "
		    "outputs of '%s'", s->cases->name, s->name);
		diag_note(c->d, check_name_at(s->cases->decl),
		    "declared here");
	}
	if (row->kind != TY_STRUCT)
		return;
	for (f = s->in->field; f < s->in->field + s->in->n; f++)
		member(c, s, row, f, f->type->kind == TY_OPTIONAL ||
		    f->fallback.kind != TYC_NONE, "takes");
	if (i > 0)
		reasoning(c, s, row);
	for (; i < s->type->n; i++)
		member(c, s, row, &s->type->field[i], false, "gives");
}

void
check_knn(struct check *c, struct symbol *s, struct ast *e)
{
	unsigned before = c->d->nerror;
	struct ast *a;

	for (a = e->u.call.arg; a; a = a->next)
		argument(c, s, a, a == e->u.call.arg);
	if (c->d->nerror > before)
		return;
	if (!s->cases)
		usage(c, e->at);
	else if (!s->in || !s->type || s->cases->type->kind != TY_LIST)
		return;                 /* which was reported */
	else if (!has_text(s->in))
		diag(c->d, e->at, E_KNN, "'%s' takes no text to compare by",
		    s->name);
	else
		rows(c, s);
}
