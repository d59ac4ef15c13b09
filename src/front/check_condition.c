/* @check and @assert: conditions on records.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "front/check_in.h"

static bool
is_condition(const struct ast *a)
{
	return strcmp(a->u.attr.name, "check") == 0 ||
	    strcmp(a->u.attr.name, "assert") == 0;
}

void
check_condition_attr(struct check *c, struct ast *a, struct ty_field *f)
{
	struct ast *cond = a->u.attr.arg;
	struct ast *text = cond ? cond->next : NULL;
	struct ty_check *v;

	if (!text || text->next || cond->u.arg.name || text->u.arg.name ||
	    text->u.arg.value->kind != AST_STRING ||
	    !*text->u.arg.value->u.string.text) {
		diag(c->d, a->at, E_ATTRIBUTE, "@%s takes a condition and a "
		    "text", a->u.attr.name);
		return;
	}
	v = arena_array(c->a, f->ncheck + 1u, sizeof(*v));
	if (f->ncheck > 0)
		memcpy(v, f->check, f->ncheck * sizeof(*v));
	v[f->ncheck++] = (struct ty_check){
	    .text = text->u.arg.value->u.string.text,
	    .must = strcmp(a->u.attr.name, "assert") == 0,
	    .cond = cond->u.arg.value };
	f->check = v;
}

/* The fields of the record as variables, which nothing sets. */
static struct scope *
variables(struct check *c, struct ast *list, const struct ty *record)
{
	struct scope *s = scope_new(c->a, NULL);
	struct symbol *v;
	struct ast *n;
	int i;

	for (n = list; n; n = n->next) {
		i = ty_field_index(record, n->u.field.name);
		if (i < 0 || scope_get(s, n->u.field.name))
			continue;
		v = check_new_symbol(c, SYM_VAR, n->u.field.name, n);
		v->type = record->field[i].type;
		v->fixed = v->done = true;
		v->most = -1;
		scope_add(s, v->name, v);
	}
	return s;
}

void
check_conditions(struct check *c, struct ast *list, const struct ty *record)
{
	struct context before = c->now;
	struct ast *n, *a;

	c->now.scope = NULL;
	c->now.facts = NULL;
	c->now.body = NULL;
	for (n = list; n; n = n->next)
		for (a = n->u.field.attr; a; a = a->next) {
			if (!is_condition(a) || !a->u.attr.arg)
				continue;
			if (!c->now.scope)
				c->now.scope = variables(c, list, record);
			check_condition(c, a->u.attr.arg->u.arg.value);
			c->now.facts = NULL;
		}
	c->now = before;
}

void
check_no_conditions(struct check *c, const struct ast *list, const char *why)
{
	const struct ast *n, *a;

	for (n = list; n; n = n->next)
		for (a = n->u.field.attr; a; a = a->next)
			if (is_condition(a))
				diag(c->d, a->at, E_ATTRIBUTE, "@%s %s",
				    a->u.attr.name, why);
}
