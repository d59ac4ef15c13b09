/* Lowering of @check and @assert: a function over the record for each, for
 * each record that has it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "front/ast.h"
#include "ir/ir_types.h"
#include "ir/lower_in.h"

/* The fields that the condition reads by their names. */
static void
bind_fields(struct ast *e, const struct ty *record, struct ins *const *arg)
{
	struct ast *part[AST_PARTS];
	struct symbol *s = e->sym;
	unsigned n, i;
	int k;

	if (e->kind == AST_NAME && s != NULL && s->kind == SYM_VAR &&
	    s->decl != NULL && s->decl->kind == AST_FIELD) {
		k = ty_field_index(record, s->name);
		if (k < 0)
			BUG("'%s' is no field of the record", s->name);
		s->lowered = arg[k];
	}
	n = ast_parts(e, part);
	for (i = 0; i < n; i++)
		for (; part[i] != NULL; part[i] = part[i]->next)
			bind_fields(part[i], record, arg);
}

static struct fn *
condition(struct lower *x, const struct ty *t, const struct ty_field *f,
    const struct ty_check *check)
{
	struct ast *e = check->cond;
	struct ins **arg = arena_array(x->a, t->n, sizeof *arg), *v;
	unsigned i;

	x->f = ir_fn(x->m, FN_CHECK, arena_printf(x->a, "%s.%s.%s",
	    t->name, f->name, check->must ? "assert" : "check"));
	x->f->at = e->at;
	x->f->in = t;
	x->f->out = lower_basic(x, TY_BOOL);
	x->r = x->f->body;
	for (i = 0; i < t->n; i++) {
		arg[i] = lower_op(x, IR_ARG, t->field[i].type, NULL, 0, e->at);
		arg[i]->u.n = i;
		arg[i]->name = t->field[i].name;
	}
	bind_fields(e, t, arg);
	v = lower_expr(x, e);
	lower_op(x, IR_RET, lower_basic(x, TY_VOID), &v, 1, e->at);
	return x->f;
}

void
lower_checks(struct lower *x)
{
	struct ir_types all;
	const struct ty *t;
	unsigned i, k, n;

	ir_types_init(&all, x->a);
	ir_types_of_mod(&all, x->m);
	ir_types_sort(&all);
	for (i = 0; i < all.n; i++) {
		t = all.t[i];
		for (k = 0; t->kind == TY_STRUCT && k < t->n; k++)
			for (n = 0; n < t->field[k].ncheck; n++)
				t->field[k].check[n].fn = condition(x, t,
				    &t->field[k], &t->field[k].check[n]);
	}
}
