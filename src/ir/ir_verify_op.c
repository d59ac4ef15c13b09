/* The rules of operations, each by itself: their types, operands, and where
 * they stand.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/table.h"
#include "ir/ir_in.h"

static bool
is_kind(const struct ty *t, enum ty_kind k)
{
	return t->kind == k;
}

/* ---- types by operation ---- */

/* Is the constant one of the values of its type? */
static bool
is_literal(const struct ins *i)
{
	struct ty_const c = { .kind = i->op == IR_STRING ? TYC_STRING :
	    i->op == IR_INT ? TYC_INT : TYC_BOOL };

	if (i->op == IR_STRING)
		c.s = i->u.s;
	else
		c.i = i->u.i;
	return ty_value_index(i->type, &c) >= 0;
}

static bool
constant(struct verifier *v, const struct ins *i)
{
	const struct ty *t = i->type;
	bool ok;

	if (i->op == IR_STRING)
		ok = i->u.s != NULL && (is_kind(t, TY_STRING) ||
		    is_literal(i));
	else if (i->op == IR_INT)
		ok = is_kind(t, TY_INT) || is_literal(i);
	else if (i->op == IR_FLOAT)
		ok = is_kind(t, TY_FLOAT);
	else if (i->op == IR_BOOL)
		ok = (is_kind(t, TY_BOOL) && (i->u.i == 0 || i->u.i == 1)) ||
		    is_literal(i);
	else if (i->op == IR_NULL)
		ok = is_kind(t, TY_OPTIONAL) || is_kind(t, TY_NULL);
	else
		ok = is_kind(t, TY_ENUM) && i->u.i >= 0 && i->u.i < t->n;
	return ok || ir_bad(v, i, "the constant is not of its type");
}

static bool
argument(struct verifier *v, const struct ins *i)
{
	const struct fn *f = v->f;
	const struct ty *t = NULL;

	if (f->kind != FN_METRIC)
		t = f->in != NULL && i->u.n < f->in->n ?
		    f->in->field[i->u.n].type : NULL;
	else if (i->u.n < 3)
		t = i->u.n == 0 ? f->gold : i->u.n == 1 ? f->in : f->out;
	return (t != NULL && t == i->type) ||
	    ir_bad(v, i, "no parameter %u of this type", i->u.n);
}

static bool
item(struct verifier *v, const struct ins *i)
{
	const struct ins *o = i->in->owner;
	const struct ty *t = NULL;

	if (o != NULL && (o->op == IR_FOR || o->op == IR_EACH))
		t = is_kind(o->arg[0]->type, TY_LIST) ? o->arg[0]->type->of :
		    NULL;
	else if (o != NULL && o->op == IR_RANGE)
		t = o->arg[0]->type;
	if (t == NULL || i->prev != NULL)
		return ir_bad(v, i, "it is not first in a loop");
	return t == i->type || ir_bad(v, i, "not of the items' type");
}

static bool
variable(struct verifier *v, const struct ins *i)
{
	const struct var *x;
	const struct ty *t = i->op == IR_GET ? i->type : i->arg[0]->type;

	for (x = v->f->var; x != NULL && x != i->u.var; x = x->next)
		continue;
	if (x == NULL)
		return ir_bad(v, i, "not a variable of this function");
	return t == x->type || ir_bad(v, i, "not of the variable's type");
}

/* The arguments are the fields of `t` in order. */
static bool
fields(struct verifier *v, const struct ins *i, const struct ty *t)
{
	unsigned k;

	if (t == NULL || !is_kind(t, TY_STRUCT) || t->n != i->narg)
		return ir_bad(v, i, "%u arguments for the wrong fields",
		    i->narg);
	for (k = 0; k < t->n; k++)
		if (i->arg[k]->type != t->field[k].type)
			return ir_bad(v, i, "argument %u is not of type of the "
			    "field '%.40s'", k, t->field[k].name);
	return true;
}

static bool
items(struct verifier *v, const struct ins *i)
{
	unsigned k;

	if (!is_kind(i->type, TY_LIST))
		return ir_bad(v, i, "not a list");
	for (k = 0; k < i->narg; k++)
		if (i->arg[k]->type != i->type->of)
			return ir_bad(v, i, "item %u is of another type", k);
	return true;
}

static bool
map(struct verifier *v, const struct ins *i)
{
	unsigned k;

	if (!is_kind(i->type, TY_MAP) || i->narg % 2 != 0)
		return ir_bad(v, i, "not a map of keys and values");
	for (k = 0; k < i->narg; k += 2)
		if (!is_kind(i->arg[k]->type, TY_STRING) ||
		    i->arg[k + 1]->type != i->type->of)
			return ir_bad(v, i, "value %u is of another type, or "
			    "its key is no string", k / 2);
	return true;
}

/* T? of a map of T, where T?? is T?. */
static bool
lookup(struct verifier *v, const struct ins *i)
{
	const struct ty *m = i->arg[0]->type, *t = i->type;

	return (is_kind(m, TY_MAP) && is_kind(t, TY_OPTIONAL) &&
	    (t->of == m->of || t == m->of) &&
	    is_kind(i->arg[1]->type, TY_STRING)) ||
	    ir_bad(v, i, "not the value of a map");
}

static bool
data(struct verifier *v, const struct ins *i)
{
	const struct ty *t = i->narg > 0 ? i->arg[0]->type : NULL;

	if (i->op == IR_RECORD)
		return fields(v, i, i->type);
	if (i->op == IR_LIST)
		return items(v, i);
	if (i->op == IR_FIELD)
		return (is_kind(t, TY_STRUCT) && i->u.n < t->n &&
		    t->field[i->u.n].type == i->type) ||
		    ir_bad(v, i, "no such field");
	if (i->op == IR_INDEX)
		return (is_kind(t, TY_LIST) && i->type == t->of &&
		    is_kind(i->arg[1]->type, TY_INT)) ||
		    ir_bad(v, i, "not the item of a list");
	return (is_kind(t, TY_LIST) && is_kind(i->type, TY_LIST) &&
	    i->body->result != NULL &&
	    i->body->result->type == i->type->of &&
	    (i->other == NULL || (i->other->result != NULL &&
	    is_kind(i->other->result->type, TY_BOOL)))) ||
	    ir_bad(v, i, "not a list of the results");
}

static bool
conversion(struct verifier *v, const struct ins *i)
{
	const struct ty *from = i->arg[0]->type, *to = i->type;
	bool ok;

	if (i->op == IR_TOFLOAT)
		ok = is_kind(from, TY_INT) && is_kind(to, TY_FLOAT);
	else if (i->op == IR_SOME)
		ok = is_kind(to, TY_OPTIONAL) && to->of == from;
	else if (i->op == IR_UNWRAP)
		ok = is_kind(from, TY_OPTIONAL) && from->of == to;
	else if (i->op == IR_INJECT)
		ok = is_kind(to, TY_UNION) && i->u.n < to->n &&
		    to->arm[i->u.n] == from;
	else if (i->op == IR_WIDEN)
		ok = from != to && ty_widens(from, to);
	else if (i->op == IR_IS || i->op == IR_AS)
		ok = is_kind(from, TY_UNION) && i->u.n < from->n &&
		    (i->op == IR_IS ? is_kind(to, TY_BOOL) :
		    from->arm[i->u.n] == to);
	else
		ok = is_kind(from, TY_OPTIONAL) && is_kind(to, TY_BOOL);
	return ok || ir_bad(v, i, "no such conversion");
}

static bool
arithmetic(struct verifier *v, const struct ins *i)
{
	unsigned k;

	if (i->op == IR_CONCAT) {
		for (k = 0; k < i->narg; k++)
			if (!is_kind(i->arg[k]->type, TY_STRING))
				return ir_bad(v, i, "not strings");
		return (i->narg >= 2 && is_kind(i->type, TY_STRING)) ||
		    ir_bad(v, i, "not two or more strings");
	}
	for (k = 0; k < i->narg; k++)
		if (i->arg[k]->type != i->type)
			return ir_bad(v, i, "argument %u is of another type", k);
	if (i->op == IR_APPEND)
		return is_kind(i->type, TY_LIST) || ir_bad(v, i, "not lists");
	return ty_is_number(i->type) || ir_bad(v, i, "not numbers");
}

static bool
truth(struct verifier *v, const struct ins *i)
{
	const struct ty *a = i->arg[0]->type;
	const struct ty *b = i->narg > 1 ? i->arg[1]->type : NULL;
	bool ok;

	if (!is_kind(i->type, TY_BOOL))
		return ir_bad(v, i, "not a bool");
	if (i->op == IR_HAS)
		ok = is_kind(b, TY_MAP) ? is_kind(a, TY_STRING) :
		    is_kind(b, TY_LIST) && b->of == a;
	else if (i->op == IR_EQ || i->op == IR_NE)
		ok = a == b;
	else if (i->op == IR_NOT)
		ok = is_kind(a, TY_BOOL);
	else if (i->op == IR_AND || i->op == IR_OR)
		ok = is_kind(a, TY_BOOL) && i->body->result != NULL &&
		    is_kind(i->body->result->type, TY_BOOL);
	else
		ok = a == b && (ty_is_number(a) || is_kind(a, TY_STRING));
	return ok || ir_bad(v, i, "these cannot be compared");
}

static bool
choice(struct verifier *v, const struct ins *i)
{
	return (is_kind(i->arg[0]->type, TY_BOOL) && i->other != NULL &&
	    i->body->result != NULL && i->other->result != NULL &&
	    i->body->result->type == i->type &&
	    i->other->result->type == i->type) ||
	    ir_bad(v, i, "not a bool and two results of its type");
}

/* ---- functions of builtin.def ---- */

static bool
lib(struct verifier *v, const struct ins *i)
{
	const struct builtin *b = &builtins[i->u.lib];
	struct builtin_param p[BUILTIN_PARAMS];
	unsigned n = builtin_params(b, p), k;
	const struct ty *any = NULL;

	for (k = 0; k < i->narg; k++)
		if (k >= n || !builtin_is(p[k].type, i->arg[k]->type, &any))
			return ir_bad(v, i, "argument %u of %s is not right", k,
			    b->name);
	if (k < n)
		return ir_bad(v, i, "%s lacks arguments", b->name);
	return builtin_ty(v->m->types, b->out, any) == i->type ||
	    ir_bad(v, i, "%s gives another type", b->name);
}

/* ---- calls ---- */

static bool
ask(struct verifier *v, const struct ins *i)
{
	const struct prompt *q = i->u.prompt;

	if (table_get(&v->declared, q) == NULL)
		return ir_bad(v, i, "not a prompt of this module");
	return fields(v, i, q->in) && (i->type == q->out ||
	    ir_bad(v, i, "not of the type of the prompt's outputs"));
}

static bool
tool_call(struct verifier *v, const struct ins *i)
{
	const struct tool *t = i->u.tool;

	if (table_get(&v->declared, t) == NULL)
		return ir_bad(v, i, "not a tool of this module");
	if ((t->in == NULL) != (i->op == IR_JUDGE))
		return ir_bad(v, i, "not a tool of this kind");
	if (t->in == NULL && v->f->kind != FN_METRIC)
		return ir_bad(v, i, "there is no row to judge");
	return (t->in == NULL || fields(v, i, t->in)) && (i->type == t->out ||
	    ir_bad(v, i, "not of the type that the tool gives"));
}

static bool
credit(struct verifier *v, const struct ins *i)
{
	if (table_get(&v->declared, i->u.prompt) == NULL)
		return ir_bad(v, i, "not a prompt of this module");
	return ((v->f->kind == FN_METRIC || v->f->kind == FN_BRANCH) &&
	    (i->narg == 1 || i->narg == 2) &&
	    is_kind(i->arg[0]->type, TY_FLOAT) && (i->narg == 1 ||
	    is_kind(i->arg[1]->type, TY_STRING))) ||
	    ir_bad(v, i, "not in a metric, or not a number and a string");
}

static bool
search(struct verifier *v, const struct ins *i)
{
	if (i->op == IR_EMBED)
		return (is_kind(i->arg[0]->type, TY_STRING) &&
		    is_kind(i->type, TY_LIST) &&
		    is_kind(i->type->of, TY_FLOAT) && i->u.model != NULL) ||
		    ir_bad(v, i, "no text, or no vector");
	if (table_get(&v->declared, i->u.retriever) == NULL)
		return ir_bad(v, i, "not a retriever of this module");
	return (is_kind(i->arg[0]->type, TY_STRING) &&
	    is_kind(i->arg[1]->type, TY_INT) && is_kind(i->type, TY_LIST) &&
	    i->type->of == i->u.retriever->of) ||
	    ir_bad(v, i, "no query and number, or not a list of its results");
}

static bool
call(struct verifier *v, const struct ins *i)
{
	const struct fn *g = i->u.fn;
	bool run = i->op == IR_RUN;

	if (table_get(&v->declared, g) == NULL)
		return ir_bad(v, i, "a call of what does not stand before it");
	if ((g->kind == FN_METRIC) == run || g->kind == FN_CHECK)
		return ir_bad(v, i, "not of the right kind");
	if (!run)
		return (v->f->kind == FN_METRIC && is_kind(i->type, TY_FLOAT)
		    && g->gold == v->f->gold && g->in == v->f->in &&
		    g->out == v->f->out) ||
		    ir_bad(v, i, "not a metric of the same row");
	return fields(v, i, g->in) && (i->type == g->out ||
	    ir_bad(v, i, "not of the type of the program's outputs"));
}

static bool
param(struct verifier *v, const struct ins *i)
{
	return (table_get(&v->declared, i->u.param) != NULL &&
	    i->u.param->type == i->type) ||
	    ir_bad(v, i, "not a param of this module and type");
}

/* ---- control ---- */

static bool
loop(struct verifier *v, const struct ins *i)
{
	const struct ins *first = i->body->first;

	if (i->op == IR_WHILE)
		return (i->u.i >= 0 && i->other != NULL &&
		    i->other->result != NULL &&
		    is_kind(i->other->result->type, TY_BOOL)) ||
		    ir_bad(v, i, "no bound or no test");
	if (i->op == IR_FOR && !is_kind(i->arg[0]->type, TY_LIST))
		return ir_bad(v, i, "not a list");
	if (i->op == IR_RANGE && (!is_kind(i->arg[0]->type, TY_INT) ||
	    !is_kind(i->arg[1]->type, TY_INT)))
		return ir_bad(v, i, "not ints");
	if (i->u.i < -1)
		return ir_bad(v, i, "a negative bound");
	return (first != NULL && first->op == IR_ITEM) ||
	    ir_bad(v, i, "no item");
}

static bool
each(struct verifier *v, const struct ins *i)
{
	if (i->body->first == NULL || i->body->first->op != IR_ITEM ||
	    (i->other != NULL && (i->other->first == NULL ||
	    i->other->first->op != IR_ITEM)))
		return ir_bad(v, i, "no item");
	if (i->u.i < -1)
		return ir_bad(v, i, "a negative bound");
	return data(v, i);
}

static bool
cases(struct verifier *v, const struct ins *i)
{
	const struct ins *c;
	unsigned others = 0;

	for (c = i->body->first; c != NULL; c = c->next) {
		if (c->op != IR_CASE)
			return ir_bad(v, c, "a switch holds only cases");
		if (c->narg == 0 && others++ > 0)
			return ir_bad(v, c, "a second default");
	}
	return true;
}

static bool
one_case(struct verifier *v, const struct ins *i)
{
	const struct ins *o = i->in->owner;
	unsigned k;

	if (o == NULL || o->op != IR_SWITCH)
		return ir_bad(v, i, "it does not stand in a switch");
	for (k = 0; k < i->narg; k++)
		if (!ir_is_const(i->arg[k]) ||
		    i->arg[k]->type != o->arg[0]->type)
			return ir_bad(v, i, "not a constant of its type");
	return true;
}

static bool
claim(struct verifier *v, const struct ins *i)
{
	if (v->f->kind != FN_TEST && v->f->kind != FN_BRANCH)
		return ir_bad(v, i, "it does not stand in a test");
	if (i->other != NULL && (i->other->result == NULL ||
	    !is_kind(i->other->result->type, TY_STRING)))
		return ir_bad(v, i, "the hint is not a string");
	return (i->narg == i->u.claim->nshown + 1 &&
	    is_kind(i->arg[0]->type, TY_BOOL)) ||
	    ir_bad(v, i, "no condition, or texts that are not of the values");
}

static bool
ret(struct verifier *v, const struct ins *i)
{
	const struct ty *t;

	if (v->f->kind == FN_TEST)
		return i->narg == 0 || ir_bad(v, i, "a test gives nothing");
	if (v->f->kind != FN_METRIC)
		return (i->narg == 1 && i->arg[0]->type == v->f->out) ||
		    ir_bad(v, i, "not the function's outputs");
	if (i->narg < 1 || i->narg > 2 ||
	    !is_kind(i->arg[0]->type, TY_FLOAT))
		return ir_bad(v, i, "not a score");
	t = i->narg == 2 ? i->arg[1]->type : NULL;
	if (t != NULL && is_kind(t, TY_OPTIONAL))
		t = t->of;
	return t == NULL || is_kind(t, TY_STRING) ||
	    ir_bad(v, i, "the feedback is not a string");
}

static bool
control(struct verifier *v, const struct ins *i)
{
	if (i->op == IR_IF)
		return is_kind(i->arg[0]->type, TY_BOOL) ||
		    ir_bad(v, i, "not a bool");
	if (i->op == IR_FAIL)
		return (is_kind(i->arg[0]->type, TY_STRING) &&
		    (i->u.i == MIP_OK || i->u.i == MIP_ASSERT ||
		    i->u.i == MIP_FAIL)) ||
		    ir_bad(v, i, "no message or not a failure of a program");
	if (i->op == IR_TRY)
		return i->other != NULL || ir_bad(v, i, "no else");
	if (i->op == IR_RETRY)
		return (i->u.i > 0 && i->other != NULL &&
		    is_kind(i->body->result->type, TY_BOOL) &&
		    is_kind(i->other->result->type, TY_STRING) &&
		    ir_retried(i) != NULL) ||
		    ir_bad(v, i, "no number, call, condition or hint");
	return v->loops > 0 || ir_bad(v, i, "it does not stand in a loop");
}

/* Calls that do not need each other. */
static bool
parallel(struct verifier *v, const struct ins *i)
{
	const struct ins *c;
	unsigned k;

	for (c = i->body->first; c != NULL; c = c->next) {
		if (!ir_is_call(c))
			return ir_bad(v, c, "not a call, but in a par");
		for (k = 0; k < c->narg; k++)
			if (c->arg[k]->in == i->body)
				return ir_bad(v, c, "it needs another call of "
				    "the par");
	}
	return true;
}

/* ---- which rule ---- */

bool
ir_verify_op(struct verifier *v, const struct ins *i)
{
	switch (i->op) {
	case IR_STRING: case IR_INT: case IR_FLOAT: case IR_BOOL:
	case IR_NULL: case IR_ENUM:
		return constant(v, i);
	case IR_ARG:    return argument(v, i);
	case IR_PARAM:  return param(v, i);
	case IR_ITEM:   return item(v, i);
	case IR_GET: case IR_SET:
		return variable(v, i);
	case IR_FIELD: case IR_INDEX: case IR_RECORD: case IR_LIST:
		return data(v, i);
	case IR_MAP:    return map(v, i);
	case IR_LOOKUP: return lookup(v, i);
	case IR_EACH:   return each(v, i);
	case IR_TOFLOAT: case IR_SOME: case IR_UNWRAP: case IR_INJECT:
	case IR_WIDEN: case IR_IS: case IR_AS: case IR_ISNULL:
		return conversion(v, i);
	case IR_ADD: case IR_SUB: case IR_MUL: case IR_DIV: case IR_MOD:
	case IR_NEG: case IR_CONCAT: case IR_APPEND:
		return arithmetic(v, i);
	case IR_EQ: case IR_NE: case IR_LT: case IR_LE: case IR_GT: case IR_GE:
	case IR_HAS: case IR_NOT: case IR_AND: case IR_OR:
		return truth(v, i);
	case IR_COND:   return choice(v, i);
	case IR_LIB:    return lib(v, i);
	case IR_ASK:    return ask(v, i);
	case IR_CALL: case IR_JUDGE:
		return tool_call(v, i);
	case IR_SEARCH: case IR_EMBED:
		return search(v, i);
	case IR_RUN: case IR_SCORE:
		return call(v, i);
	case IR_CREDIT: return credit(v, i);
	case IR_FOR: case IR_RANGE: case IR_WHILE:
		return loop(v, i);
	case IR_SWITCH: return cases(v, i);
	case IR_CASE:   return one_case(v, i);
	case IR_EXPECT: case IR_CHECK:
		return claim(v, i);
	case IR_RET:    return ret(v, i);
	case IR_CAUGHT:
		return is_kind(i->type, TY_STRING) ||
		    ir_bad(v, i, "not a string");
	case IR_IF: case IR_RETRY: case IR_TRY: case IR_BREAK:
	case IR_CONTINUE: case IR_FAIL:
		return control(v, i);
	case IR_PAR:    return parallel(v, i);
	case IR_NOP:    break;
	}
	return ir_bad(v, i, "no such operation");
}
