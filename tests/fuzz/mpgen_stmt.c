/* Statements, and the body of a program.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "mpgen_in.h"

#include <stdio.h>
#include <string.h>

static void block(struct gen *g);
static void inner(struct gen *g);
static void nested(struct gen *g);

static void
indent(struct gen *g)
{
	unsigned i;

	for (i = 0; i <= g->level; i++)
		buf_puts(g->b, "\t");
}

static unsigned
deep(struct gen *g)
{
	return mpgen_draw(g, MOST_DEEP + 1);
}

/* ---- simple ones ---- */

/* The outputs of `name` are variables that cannot be set. */
static void
push_outputs(struct gen *g, const struct gen_callee *c, const char *name)
{
	char path[40];
	unsigned i;

	for (i = 0; i < c->nout; i++) {
		snprintf(path, sizeof path, "%s.%s", name, c->out[i].name);
		mpgen_push(g, c->out[i].type, path)->fixed = true;
	}
}

static void
let_call(struct gen *g)
{
	unsigned field;
	const struct gen_callee *c = mpgen_callee(g, NULL, &field);
	bool whole = mpgen_draw(g, 2);
	char name[16];

	if (!c)
		return;
	mpgen_name(g, name, "v");
	indent(g);
	buf_printf(g->b, "let %s = ", name);
	mpgen_args(g, c, deep(g));
	if (whole) {
		buf_puts(g->b, ";\n");
		push_outputs(g, c, name);
	} else {
		buf_printf(g->b, ".%s;\n", c->out[field].name);
		mpgen_push(g, c->out[field].type, name);
	}
}

static void
let(struct gen *g)
{
	const struct gen_type *t = mpgen_type(g, DEEP_TYPE, true);
	char name[16];

	mpgen_name(g, name, "v");
	indent(g);
	buf_printf(g->b, "let %s", name);
	if (t->kind > G_BOOL || mpgen_draw(g, 2)) {
		buf_puts(g->b, ": ");
		mpgen_put_type(g, t);
		buf_puts(g->b, " = ");
		mpgen_expr(g, t, deep(g));
	} else {
		buf_puts(g->b, " = ");
		mpgen_operand(g, t, deep(g));
	}
	buf_puts(g->b, ";\n");
	mpgen_push(g, t, name);
}

static void
assign(struct gen *g)
{
	const struct gen_var *v = mpgen_settable(g);
	bool add;

	if (!v) {
		let(g);
		return;
	}
	add = (v->type->kind <= G_FLOAT || v->type->kind == G_LIST) &&
	    mpgen_draw(g, 2);
	indent(g);
	buf_printf(g->b, "%s %s ", v->name, add ? "+=" : "=");
	mpgen_expr(g, v->type, deep(g));
	buf_puts(g->b, ";\n");
}

static void
effect(struct gen *g)
{
	g->effect = true;
	indent(g);
	buf_puts(g->b, "note(");
	mpgen_operand(g, mpgen_scalar(g, G_STRING), deep(g));
	buf_puts(g->b, ");\n");
}

/* A reply that is asked for again, as long as it does not please. */
static void
require(struct gen *g)
{
	unsigned field;
	const struct gen_callee *c = mpgen_callee(g, NULL, &field);
	char name[16];
	const char *out;

	if (!c || c->program)
		return;
	mpgen_name(g, name, "r");
	out = c->out[field].name;
	g->rounds *= 3;
	g->repeated = true;
	indent(g);
	buf_printf(g->b, "let %s = ", name);
	mpgen_args(g, c, deep(g));
	buf_puts(g->b, ";\n");
	indent(g);
	buf_printf(g->b, "let %s_s = json(%s.%s);\n", name, name, out);
	indent(g);
	buf_printf(g->b, "require len(%s_s) %% 3 > 0 || ", name);
	mpgen_cond(g, 1);
	buf_puts(g->b, ", ");
	mpgen_operand(g, mpgen_scalar(g, G_STRING), 1);
	buf_printf(g->b, " retry %u;\n", 1 + mpgen_draw(g, 2));
	g->rounds /= 3;
	g->repeated = false;
	push_outputs(g, c, name);
}

/* All that is known here, so that it is needed. */
static void
keep(struct gen *g)
{
	const struct gen_var *v;
	unsigned i;

	buf_puts(g->b, ", kept = \"\"");
	for (i = g->nvar; i-- > 0 && g->nvar - i <= 12;) {
		v = &g->var[i];
		if (!v->hidden)
			buf_printf(g->b, " + json(%s)", v->name);
	}
}

static void
returns(struct gen *g)
{
	unsigned i;

	buf_puts(g->b, "return { ");
	for (i = 0; i < g->self->nout; i++) {
		buf_printf(g->b, "%s%s = ", i > 0 ? ", " : "",
		    g->self->out[i].name);
		mpgen_expr(g, g->self->out[i].type, 2);
	}
	if (g->self->kept)
		keep(g);
	buf_puts(g->b, " };\n");
}

/* What leaves the block, if a condition is true. */
static void
leave(struct gen *g)
{
	unsigned how = mpgen_draw(g, 4);

	indent(g);
	buf_puts(g->b, "if ");
	mpgen_cond(g, deep(g));
	buf_puts(g->b, " { ");
	if (g->looped && how < 2)
		buf_puts(g->b, how == 0 ? "break; " : "continue; ");
	else if (g->alone && how < 3)
		returns(g);
	else {
		buf_puts(g->b, "fail ");
		mpgen_operand(g, mpgen_scalar(g, G_STRING), 1);
		buf_puts(g->b, "; ");
	}
	buf_puts(g->b, "}\n");
}

/* ---- those with blocks ---- */

/* What is known of a variable in one of two blocks. */
static void
if_known(struct gen *g)
{
	bool union_ = mpgen_draw(g, 2);
	struct gen_var *v = mpgen_var_kind(g, union_ ? G_UNION : G_OPTIONAL);
	const struct gen_type *t;

	if (!v)
		return;
	t = union_ ? v->type->field[mpgen_draw(g, v->type->n)].type :
	    v->type->of;
	indent(g);
	buf_printf(g->b, union_ ? "if %s is " : "if %s != null", v->name);
	if (union_)
		mpgen_put_type(g, t);
	mpgen_know(g, v, t);
	block(g);
	mpgen_forget(g, v);
	if (mpgen_draw(g, 2)) {
		buf_puts(g->b, " else");
		v->hidden = true;
		block(g);
		v->hidden = false;
	}
	buf_puts(g->b, "\n");
}

static void
if_(struct gen *g)
{
	indent(g);
	buf_puts(g->b, "if ");
	mpgen_cond(g, deep(g));
	block(g);
	if (mpgen_draw(g, 3) == 1) {
		buf_puts(g->b, " else if ");
		mpgen_cond(g, deep(g));
		block(g);
	}
	if (mpgen_draw(g, 2)) {
		buf_puts(g->b, " else");
		block(g);
	}
	buf_puts(g->b, "\n");
}

static void
loop_body(struct gen *g, const struct gen_type *t, const char *name)
{
	unsigned rounds = g->rounds, nvar = g->nvar;
	bool looped = g->looped;

	g->rounds *= 3;
	g->looped = true;
	if (t)
		mpgen_push(g, t, name)->fixed = true;
	block(g);
	buf_puts(g->b, "\n");
	g->nvar = nvar;
	g->rounds = rounds;
	g->looped = looped;
}

static void
for_(struct gen *g)
{
	const struct gen_var *list = mpgen_var_kind(g, G_LIST);
	char name[16];

	mpgen_name(g, name, "v");
	indent(g);
	buf_printf(g->b, "for %s in ", name);
	if (list && mpgen_draw(g, 2))
		buf_printf(g->b, "%s limit %u", list->name, 1 +
		    mpgen_draw(g, 3));
	else {
		list = NULL;
		buf_printf(g->b, "%u .. ", mpgen_draw(g, 3));
		mpgen_operand(g, mpgen_scalar(g, G_INT), 1);
		buf_printf(g->b, " limit %u", 1 + mpgen_draw(g, 3));
	}
	loop_body(g, list ? list->type->of : mpgen_scalar(g, G_INT), name);
}

static void
while_(struct gen *g)
{
	indent(g);
	buf_puts(g->b, "while ");
	g->rounds *= 4;
	mpgen_cond(g, deep(g));
	g->rounds /= 4;
	buf_printf(g->b, " limit %u", 1 + mpgen_draw(g, 3));
	loop_body(g, NULL, NULL);
}

/* Over an enum or a type of literals: the cases are values. */
static void
switch_values(struct gen *g, const struct gen_var *v)
{
	const struct gen_type *t = v->type;
	bool all = t->kind == G_ENUM && mpgen_draw(g, 2);
	unsigned i, n = all ? t->n : 1 + mpgen_draw(g, t->n - 1);

	for (i = 0; i < n; i++) {
		indent(g);
		if (t->kind == G_ENUM)
			buf_printf(g->b, "case %s.%s_%u", t->name, t->name, i);
		else if (t->field[0].type->kind == G_INT)
			buf_printf(g->b, "case %u", i * 3 + 1);
		else
			buf_printf(g->b, "case \"%s_%u\"", t->name, i);
		block(g);
		buf_puts(g->b, "\n");
	}
	if (all)
		return;
	indent(g);
	buf_puts(g->b, "default");
	block(g);
	buf_puts(g->b, "\n");
}

static void
switch_arms(struct gen *g, struct gen_var *v)
{
	const struct gen_type *t = v->type;
	unsigned i;

	for (i = 0; i < t->n; i++) {
		indent(g);
		buf_puts(g->b, "case is ");
		mpgen_put_type(g, t->field[i].type);
		mpgen_know(g, v, t->field[i].type);
		block(g);
		mpgen_forget(g, v);
		buf_puts(g->b, "\n");
	}
}

static void
switch_(struct gen *g)
{
	static const enum gen_kind kinds[] = { G_ENUM, G_WORD, G_UNION };
	struct gen_var *v = mpgen_var_kind(g, kinds[mpgen_draw(g, 3)]);

	if (!v)
		return;
	indent(g);
	buf_printf(g->b, "switch %s {\n", v->name);
	if (v->type->kind == G_UNION)
		switch_arms(g, v);
	else
		switch_values(g, v);
	indent(g);
	buf_puts(g->b, "}\n");
}

static void
try_(struct gen *g)
{
	indent(g);
	buf_puts(g->b, "try");
	block(g);
	buf_puts(g->b, " else");
	block(g);
	buf_puts(g->b, "\n");
}

/* Each variable that may be set belongs to one branch, or is only read. */
static void
parallel(struct gen *g)
{
	static void (*const branch[])(struct gen *) = {
		let_call, let, assign, inner, inner, let_call, nested
	};
	struct gen_var was[MOST_VARS];
	unsigned char owner[MOST_VARS];
	unsigned n = 2 + mpgen_draw(g, 2), nvar = g->nvar, k, i;
	bool alone = g->alone, looped = g->looped;

	memcpy(was, g->var, sizeof was);
	for (i = 0; i < nvar; i++)
		owner[i] = (unsigned char)(was[i].fixed ? 0 :
		    mpgen_draw(g, n + 1));
	g->alone = g->looped = false;
	indent(g);
	buf_puts(g->b, "parallel {\n");
	g->level++;
	for (k = 1; k <= n; k++) {
		for (i = 0; i < nvar; i++) {
			g->var[i].hidden = was[i].hidden ||
			    (owner[i] != 0 && owner[i] != k);
			g->var[i].fixed = owner[i] != k;
		}
		i = g->nvar;
		branch[mpgen_draw(g, sizeof branch / sizeof *branch)](g);
		for (; i < g->nvar; i++)
			g->var[i].hidden = true;
	}
	g->level--;
	indent(g);
	buf_puts(g->b, "}\n");
	memcpy(g->var, was, nvar * sizeof *was);
	for (i = nvar; i < g->nvar; i++)
		g->var[i].hidden = false;
	g->alone = alone;
	g->looped = looped;
}

static void
inner(struct gen *g)
{
	if (g->level > MOST_DEEP) {
		let(g);
		return;
	}
	indent(g);
	block(g);
	buf_puts(g->b, "\n");
}

static void
nested(struct gen *g)
{
	static void (*const some[])(struct gen *) = {
		if_, if_known, for_, parallel, switch_, try_, while_, inner,
		if_known, parallel, switch_
	};

	if (g->level < MOST_DEEP)
		some[mpgen_draw(g, sizeof some / sizeof *some)](g);
	else
		let(g);
}

static void
statement(struct gen *g)
{
	static void (*const simple[])(struct gen *) = {
		let, let_call, let_call, assign, let, require, effect, leave
	};

	if (mpgen_draw(g, 5) >= 3)
		nested(g);
	else
		simple[mpgen_draw(g, sizeof simple / sizeof *simple)](g);
}

static void
block(struct gen *g)
{
	unsigned n = 1 + mpgen_draw(g, 3), nvar = g->nvar;

	buf_puts(g->b, " {\n");
	g->level++;
	while (n-- > 0)
		statement(g);
	g->level--;
	g->nvar = nvar;
	indent(g);
	buf_puts(g->b, "}");
}

void
mpgen_body(struct gen *g, const struct gen_callee *self)
{
	unsigned n = 2 + mpgen_draw(g, 6), i, nvar = g->nvar;

	g->self = self;
	g->level = 0;
	g->rounds = 1;
	g->cost = 0;
	g->looped = g->effect = g->repeated = false;
	g->alone = true;
	for (i = 0; i < self->nin; i++)
		mpgen_push(g, self->in[i].type, self->in[i].name)->fixed =
		    true;
	while (n-- > 0)
		statement(g);
	buf_puts(g->b, "\t");
	returns(g);
	g->nvar = nvar;
}
