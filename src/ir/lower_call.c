/* Lowering of calls: modules, programs, tools, retrievers and functions.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "core/json.h"
#include "front/ast.h"
#include "ir/lower_in.h"

/* The values of a call's arguments in the order of its parameters; those
 * that are not given are NULL. */
static struct ins **
arguments(struct lower *x, struct ast *e)
{
	unsigned n = e->u.call.nbound, k = 0, tries;
	struct ins **v = arena_array(x->a, n, sizeof *v);
	struct ast *arg, *value;

	for (arg = e->u.call.arg; arg != NULL; arg = arg->next) {
		value = arg->kind == AST_ARG ? arg->u.arg.value : arg;
		/* Most are given in order: the next one is tried first. */
		for (tries = 0; tries < n && e->u.call.bound[k] != value;
		    tries++)
			k = (k + 1) % n;
		if (tries < n)
			v[k] = lower_expr(x, value);
	}
	for (k = 0; k < n; k++)
		if (e->u.call.bound[k] != NULL && v[k] == NULL)
			BUG("an argument is not one of the call's");
	return v;
}

/* The same for the inputs of a module or program, with the defaults. */
static struct ins **
inputs(struct lower *x, struct ast *e, const struct ty *in)
{
	struct ins **v = arguments(x, e);
	unsigned k;

	if (e->u.call.nbound != in->n)
		BUG("%u arguments for %u inputs", e->u.call.nbound, in->n);
	for (k = 0; k < in->n; k++)
		if (v[k] == NULL)
			v[k] = lower_missing(x, &in->field[k], e->at);
	return v;
}

/* What stands for a parameter that is left out. */
static struct ins *
builtin_default(struct lower *x, const struct builtin_param *p,
    struct span at)
{
	struct json v;
	int64_t i = 0;
	double d = 0;
	bool ok = p->value != NULL && json_parse(p->value,
	    strcspn(p->value, " "), &v, NULL, NULL);

	if (ok && *p->type == 'i' && json_int(v, &i))
		return lower_int(x, IR_INT, lower_basic(x, TY_INT), i, at);
	if (!ok || *p->type != 'f' || !json_double(v, &d))
		BUG("builtin.def: what stands for it is no number");
	return lower_float(x, d, at);
}

static struct ins *
builtin_call(struct lower *x, struct ast *e, enum builtin_id id)
{
	struct builtin_param p[BUILTIN_PARAMS];
	struct ins **v = arguments(x, e), *i;
	unsigned k;

	builtin_params(&builtins[id], p);
	for (k = 0; k < e->u.call.nbound; k++)
		if (v[k] == NULL)
			v[k] = builtin_default(x, &p[k], e->at);
	i = lower_op(x, IR_LIB, e->type, v, e->u.call.nbound, e->at);
	i->u.lib = id;
	return i;
}

static struct ins *
credit(struct lower *x, struct ast *e)
{
	struct ast **bound = e->u.call.bound;
	struct symbol *s = bound[0]->sym;
	struct ins *v[2], *i;
	unsigned k, n = e->u.call.nbound - 1;

	if (x->judging)                 /* that is for the program's rows */
		return NULL;

	for (k = 0; k < n; k++)
		v[k] = lower_expr(x, bound[k + 1]);
	i = lower_op(x, IR_CREDIT, lower_basic(x, TY_VOID), v, n, e->at);
	i->u.prompt = lower_prompt(x, s->leaf != NULL ? s->leaf : s);
	return i;
}

static struct ins *
run(struct lower *x, struct ast *e, struct symbol *s)
{
	struct ins **v = inputs(x, e, s->in);
	struct ins *i = lower_op(x, IR_RUN, s->type, v, s->in->n, e->at);

	if (s->lowered == NULL)
		BUG("program '%s' comes too late", s->name);
	i->u.fn = s->lowered;
	return i;
}

struct ins *
lower_call(struct lower *x, struct ast *e)
{
	struct symbol *s = e->sym;
	struct ins **v, *i;

	switch ((unsigned)s->kind) {
	case SYM_MODULE:
		if (s->run != NULL)
			return run(x, e, s->run);
		v = inputs(x, e, s->in);
		i = lower_op(x, IR_ASK, s->type, v, s->in->n, e->at);
		i->u.prompt = lower_prompt(x, s);
		return i;
	case SYM_TOOL:
		v = inputs(x, e, s->in);
		i = lower_op(x, IR_CALL, s->type, v, s->in->n, e->at);
		i->u.tool = lower_tool(x, s);
		return i;
	case SYM_PROGRAM:
		return run(x, e, s);
	case SYM_RETRIEVER:
		return lower_search(x, e);
	case SYM_MODEL:
		return lower_embed(x, e);
	case SYM_BUILTIN:
		return builtin_call(x, e, (enum builtin_id)s->index);
	case SYM_CREDIT:
		return credit(x, e);
	}
	BUG("a call of '%s'", s->name);
}
