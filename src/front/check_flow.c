/* Statements, and the bodies that they make: programs and metrics.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "front/check_in.h"

/* ---- variables ---- */

static void
warn_shadow(struct check *c, const char *name, struct span at)
{
	struct symbol *s = scope_find(c->now.scope->up, name);

	if (!s)
		s = scope_get(c->now.unit->scope, name);
	/* In a body these could not be meant. */
	if (!s || !s->decl || s->kind == SYM_DATA || s->kind == SYM_SIGNATURE ||
	    s->kind == SYM_OPTIMIZE || (s->kind == SYM_METRIC &&
	    c->now.body->kind != BODY_METRIC))
		return;
	diag(c->d, at, E_SHADOW, "'%s' is %s", name, check_kind_word(s->kind));
	diag_note(c->d, check_name_at(s->decl), "declared here");
}

static struct symbol *
variable(struct check *c, const char *name, struct span at, struct ast *decl,
    const struct ty *t)
{
	struct symbol *s = check_new_symbol(c, SYM_VAR, name, decl);

	s->type = t;
	s->done = true;
	if (!check_duplicate(c, c->now.scope, name, at, s))
		warn_shadow(c, name, at);
	return s;
}

static void
enter(struct check *c)
{
	c->now.scope = scope_new(c->a, c->now.scope);
}

static void
leave(struct check *c)
{
	struct scope *s = c->now.scope;
	size_t i;

	for (i = 0; i < s->n && c->d->nerror == 0; i++) {
		struct symbol *v = s->order[i].sym;

		if (v->kind == SYM_VAR && !v->captured && !v->fixed && v->decl)
			diag(c->d, check_name_at(v->decl), E_UNUSED_VARIABLE,
			    "'%s'", v->name);
	}
	c->now.scope = s->up;
}

static void
let(struct check *c, struct ast *n)
{
	const struct ty *t = NULL;
	struct ast *v = n->u.let.value;

	if (n->u.let.type) {
		t = check_type(c, n->u.let.type);
		check_want(c, v, t);
	} else {
		t = check_expr(c, v, NULL);
		if (t->kind == TY_VOID)
			diag(c->d, v->at, E_TYPE, "this gives no value");
		else if (t->kind == TY_NULL)
			diag(c->d, v->at, E_UNTYPED, "say which: let %s: T? "
			    "= null", n->u.let.name);
		if (t->kind == TY_NULL || t->kind == TY_VOID)
			t = check_poison(c);
	}
	n->sym = variable(c, n->u.let.name, n->u.let.name_at, n, t);
}

/* The variable that is set; NULL after a message. */
static struct symbol *
target(struct check *c, struct ast *to)
{
	bool failed = false;
	struct symbol *s;

	if (to->kind != AST_NAME) {
		diag(c->d, to->at, E_ASSIGN, "parts of values do not change; "
		    "build a new value");
		return NULL;
	}
	s = check_ref(c, to, &failed);
	if (!s) {
		check_unknown(c, to->at, to->u.name.name);
		return NULL;
	}
	to->sym = s;
	if (s->kind == SYM_VAR && !s->fixed)
		return s;
	diag(c->d, to->at, E_ASSIGN, "'%s' is %s", s->name,
	    s->kind != SYM_VAR ? check_kind_word(s->kind) :
	    s->decl && s->decl->kind == AST_FIELD ?
	    "an input; copy it with `let`" : "a loop's variable");
	if (s->decl)
		diag_note(c->d, check_name_at(s->decl), "declared here");
	return NULL;
}

/* A variable of `t` has been set to a value of `v`. */
static void
learn_set(struct check *c, const struct ast *to, const struct ty *t,
    const struct ty *v)
{
	unsigned i;

	if (v->kind == TY_POISON || v->kind == TY_NULL)
		return;
	if (t->kind == TY_OPTIONAL && v->kind != TY_OPTIONAL) {
		check_learn_not(c, to, FACT_NULL);
		t = t->of;
	}
	for (i = 0; t->kind == TY_UNION && i < t->n; i++)
		if (t->arm[i] == v)
			check_learn_not(c, to, FACT_ALL & ~FACT_ARM(i));
}

static void
assign(struct check *c, struct ast *n)
{
	struct symbol *s = target(c, n->u.assign.to);
	struct ast *v = n->u.assign.value;
	unsigned k;

	if (!s) {
		check_expr(c, v, check_poison(c));
		return;
	}
	n->u.assign.to->type = s->type;
	check_want(c, v, s->type);
	k = s->type->kind;
	if (n->u.assign.add && k != TY_INT && k != TY_FLOAT &&
	    k != TY_STRING && k != TY_LIST && k != TY_POISON)
		diag(c->d, n->at, E_OPERAND, "%s += %s",
		    check_text(c, s->type), check_text(c, v->type));
	if (n->u.assign.add)
		s->captured = true;
	s->assigned = true;
	check_forget(c, s);
	learn_set(c, n->u.assign.to, s->type, v->type);
}

/* ---- loops ---- */

/* The constant after `limit`; -1 after a message. */
static int64_t
limit(struct check *c, struct ast *e)
{
	struct ty_const k;

	if (!check_constant(c, e, check_basic(c, TY_INT), &k))
		return -1;
	if (k.i < 0)
		diag(c->d, e->at, E_VALUE, "a limit is not negative");
	return k.i < 0 ? -1 : k.i;
}

static int64_t
smaller(int64_t x, int64_t y)
{
	return x < 0 || (y >= 0 && y < x) ? y : x;
}

/* How many items a list can have, by what is known of it; -1. */
static int64_t
most_items(struct check *c, const struct ast *e)
{
	const struct ast *x, *last;
	struct ty_const k;
	int64_t n = 0, m;
	int i;

	if (e->kind == AST_LIST) {
		for (x = e->u.list.item; x; x = x->next)
			n++;
		return n;
	}
	if (e->kind == AST_NAME)
		return e->sym ? e->sym->most : -1;
	if (e->kind == AST_COMPREHENSION)
		return e->u.comprehension.most;
	if (e->kind == AST_DOT && e->u.dot.of->type) {
		i = ty_field_index(e->u.dot.of->type, e->u.dot.name);
		return i >= 0 && e->u.dot.of->type->field[i].has_max ?
		    (int64_t)e->u.dot.of->type->field[i].max : -1;
	}
	if (e->kind == AST_BINARY && e->u.binary.op == OP_ADD) {
		n = most_items(c, e->u.binary.a);
		m = most_items(c, e->u.binary.b);
		return n < 0 || m < 0 ? -1 : n + m;
	}
	if (e->kind != AST_CALL || !e->sym || e->sym->kind != SYM_BUILTIN)
		return -1;
	if (e->sym->index == BI_RANGE)
		return check_const(c->a, e->u.call.bound[0], &k) ?
		    smaller(INT64_MAX, k.i < 0 ? 0 : k.i) : -1;
	if (!(builtins[e->sym->index].flags & BF_FEWER))
		return -1;
	n = most_items(c, e->u.call.bound[0]);
	last = e->u.call.bound[e->u.call.nbound - 1];
	if (e->u.call.nbound > 1 && last && check_const(c->a, last, &k))
		n = smaller(n, k.i < 0 ? 0 : k.i);
	return n;
}

bool
check_bound(struct check *c, const struct ast *e, bool largest, int64_t *out)
{
	const struct ast *tune, *x;
	struct ty_const k;
	bool any = false;

	if (check_const(c->a, e, &k)) {
		*out = k.i;
		return true;
	}
	if (!e->sym || e->sym->kind != SYM_PARAM)
		return false;
	tune = e->sym->decl->u.param.tune;
	if (tune->kind == AST_BINARY)
		return check_bound(c, largest ? tune->u.binary.b :
		    tune->u.binary.a, largest, out);
	for (x = tune->u.list.item; x; x = x->next) {
		if (!check_const(c->a, x, &k))
			return false;
		if (!any || (largest ? k.i > *out : k.i < *out))
			*out = k.i;
		any = true;
	}
	return any;
}

static int64_t
most_rounds(struct check *c, const struct ast *list)
{
	int64_t lo, hi;

	if (list->kind != AST_BINARY || list->u.binary.op != OP_RANGE)
		return most_items(c, list);
	if (!check_bound(c, list->u.binary.a, false, &lo) ||
	    !check_bound(c, list->u.binary.b, true, &hi))
		return -1;
	if (lo > hi)
		return 0;
	return (uint64_t)hi - (uint64_t)lo < INT64_MAX ?
	    (int64_t)((uint64_t)hi - (uint64_t)lo) + 1 : -1;
}

/* The type of what the loop runs over. */
static const struct ty *
loop_type(struct check *c, struct ast *list)
{
	const struct ty *t, *i = check_basic(c, TY_INT);

	if (list->kind == AST_BINARY && list->u.binary.op == OP_RANGE) {
		check_want(c, list->u.binary.a, i);
		check_want(c, list->u.binary.b, i);
		list->type = ty_list(c->t, i);
		return i;
	}
	t = check_expr(c, list, NULL);
	if (t->kind == TY_LIST)
		return t->of;
	if (t->kind == TY_OPTIONAL && t->of->kind == TY_LIST)
		diag(c->d, list->at, E_MAYBE_NULL, "this is %s; test for null "
		    "first", check_text(c, t));
	else if (t->kind != TY_POISON)
		diag(c->d, list->at, E_TYPE, "expected a list or a .. b, "
		    "found %s%s", check_text(c, t), t->kind == TY_MAP ?
		    "; see keys and values" : "");
	return check_poison(c);
}

static void
for_loop(struct check *c, struct ast *n)
{
	const struct ty *t = loop_type(c, n->u.for_.list);
	unsigned long calls = c->now.body->calls;
	const struct fact *before;
	int64_t most = most_rounds(c, n->u.for_.list);

	if (n->u.for_.limit)
		most = smaller(most, limit(c, n->u.for_.limit));
	n->u.for_.most = most;
	check_forget_set_in(c, n->u.for_.body);
	before = c->now.facts;
	enter(c);
	n->sym = variable(c, n->u.for_.name, n->u.for_.name_at, n, t);
	n->sym->fixed = true;
	c->now.body->loops++;
	check_statement(c, n->u.for_.body);
	c->now.body->loops--;
	leave(c);
	c->now.facts = before;
	if (c->now.body->calls > calls && most < 0 && !n->u.for_.limit &&
	    t->kind != TY_POISON)
		diag(c->d, n->u.for_.list->at, E_UNBOUNDED,
		    "say how many rounds at most: limit N");
}

/* The item of a comprehension as a variable; `list` is what it runs over. */
static struct symbol *
item(struct check *c, struct ast *e, const struct ty *list)
{
	struct symbol *v = check_new_symbol(c, SYM_VAR,
	    e->u.comprehension.name, NULL);

	v->type = list->kind == TY_LIST ? list->of : check_poison(c);
	v->fixed = v->done = true;
	c->now.scope = scope_new(c->a, c->now.scope);
	scope_add(c->now.scope, v->name, v);
	return v;
}

/* The type of the items that are made, for a place that wants `want`. */
static const struct ty *
made_type(struct check *c, struct ast *v, const struct ty *want)
{
	const struct ty *t;

	if (want && want->kind == TY_OPTIONAL)
		want = want->of;
	want = check_arm_of(want, TY_LIST);
	if (want && want->kind == TY_LIST)
		return check_want(c, v, want->of) ? want->of :
		    check_poison(c);
	t = check_expr(c, v, NULL);
	if (t->kind != TY_NULL && t->kind != TY_VOID)
		return t;
	diag(c->d, v->at, E_UNTYPED, "%s", "");
	return check_poison(c);
}

const struct ty *
check_comprehension(struct check *c, struct ast *e, const struct ty *want)
{
	struct ast *list = e->u.comprehension.list;
	const struct ty *of = check_expr(c, list, NULL), *t;
	const struct fact *before = c->now.facts;
	struct scope *outer = c->now.scope;
	unsigned long calls = c->now.body ? c->now.body->calls : 0;
	int64_t most = most_items(c, list);

	if (of->kind != TY_LIST && of->kind != TY_POISON)
		diag(c->d, list->at, E_TYPE, "expected a list, found %s",
		    check_text(c, of));
	if (e->u.comprehension.limit)
		most = smaller(most, limit(c, e->u.comprehension.limit));
	e->u.comprehension.most = most;
	e->sym = item(c, e, of);
	if (e->u.comprehension.cond) {
		check_condition(c, e->u.comprehension.cond);
		check_learn(c, e->u.comprehension.cond, true);
	}
	t = made_type(c, e->u.comprehension.value, want);
	c->now.scope = outer;
	c->now.facts = before;
	if (c->now.body && c->now.body->calls > calls && most < 0 &&
	    !e->u.comprehension.limit && of->kind != TY_POISON)
		diag(c->d, list->at, E_UNBOUNDED, "say how many items at "
		    "most: for %s in ... limit N", e->u.comprehension.name);
	return t->kind == TY_POISON ? t : ty_list(c->t, t);
}

static void
while_loop(struct check *c, struct ast *n)
{
	const struct fact *before;

	n->u.while_.most = limit(c, n->u.while_.limit);
	check_forget_set_in(c, n->u.while_.body);
	before = c->now.facts;
	check_condition(c, n->u.while_.cond);
	check_learn(c, n->u.while_.cond, true);
	c->now.body->loops++;
	check_statement(c, n->u.while_.body);
	c->now.body->loops--;
	c->now.facts = before;
}

/* ---- other statements ---- */

static bool
if_statement(struct check *c, struct ast *n)
{
	const struct fact *before, *yes, *no;
	bool yes_on, no_on = true;

	check_condition(c, n->u.if_.cond);
	before = c->now.facts;
	check_learn(c, n->u.if_.cond, true);
	yes_on = check_statement(c, n->u.if_.yes);
	yes = c->now.facts;
	c->now.facts = before;
	check_learn(c, n->u.if_.cond, false);
	if (n->u.if_.no)
		no_on = check_statement(c, n->u.if_.no);
	no = c->now.facts;
	c->now.facts = check_join(c, before, yes, yes_on, no, no_on);
	return yes_on || no_on;
}

static void
return_statement(struct check *c, struct ast *n)
{
	struct ast *v = n->u.return_.value, *f = n->u.return_.feedback;
	const struct body *b = c->now.body;

	if (b->kind == BODY_TEST) {
		if (v)
			diag(c->d, n->at, E_PLACE, "a test returns nothing");
		return;
	}
	if (b->branches > 0)
		diag(c->d, check_word_of(n), E_LEAVE, "return");
	if (!v)
		diag(c->d, n->at, E_RETURN, "return what?");
	else if (b->kind == BODY_METRIC && check_expr(c, v, b->result)->kind ==
	    TY_BOOL)
		diag(c->d, v->at, E_METRIC, "a metric gives a number: "
		    "x ? 1.0 : 0.0");
	else if (b->kind == BODY_PROGRAM)
		check_want(c, v, b->result);
	else if (v->type->kind != TY_POISON) {
		if (ty_fits(v->type, b->result))
			v->want = v->type == b->result ? NULL : b->result;
		else
			diag(c->d, v->at, E_METRIC, "a metric gives a number, "
			    "not %s", check_text(c, v->type));
	}
	if (f && b->kind == BODY_METRIC)
		check_want(c, f, check_basic(c, TY_STRING));
	else if (f)
		diag(c->d, f->at, E_PLACE, "only metrics return feedback");
}

/* More than a few are a mistake: each asks with all that was said before. */
static void
retries(struct check *c, struct ast *e)
{
	enum { MOST = 100 };
	struct ty_const k;

	if (check_constant(c, e, check_basic(c, TY_INT), &k) &&
	    (k.i < 0 || k.i > MOST))
		diag(c->d, e->at, E_VALUE, "retry takes a number from 0 to "
		    "%d", MOST);
}

static void
require(struct check *c, struct ast *n)
{
	check_condition(c, n->u.require.cond);
	if (n->u.require.hint)
		check_want(c, n->u.require.hint, check_basic(c, TY_STRING));
	if (n->u.require.retry)
		retries(c, n->u.require.retry);
	check_learn(c, n->u.require.cond, true);
}

static void
eval(struct check *c, struct ast *n)
{
	struct ast *e = n->u.eval.value;
	const struct ty *t = check_expr(c, e, NULL);

	if (t->kind == TY_POISON || t->kind == TY_VOID ||
	    (e->kind == AST_CALL && e->sym && e->sym->effect))
		return;
	if (e->kind == AST_CALL && e->sym)
		diag(c->d, n->at, E_UNUSED_VALUE, "what '%s' gives",
		    e->sym->name);
	else
		diag(c->d, n->at, E_UNUSED_VALUE, "this %s",
		    check_text(c, t));
}

static bool
block(struct check *c, struct ast *n)
{
	struct ast *s;
	bool on = true, told = false;

	enter(c);
	for (s = n->u.block.stmt; s && !diag_full(c->d); s = s->next) {
		if (!on && !told) {
			diag(c->d, s->at, E_UNREACHABLE, "%s", "");
			told = true;
		}
		on = check_statement(c, s) && on;
	}
	leave(c);
	return on;
}

static void
leave_loop(struct check *c, struct ast *n)
{
	if (c->now.body->loops > 0)
		return;
	if (c->now.body->branches > 0)
		diag(c->d, check_word_of(n), E_LEAVE, "%s", ast_word(n->kind));
	else
		diag(c->d, n->at, E_LOOP, "%s", ast_word(n->kind));
}

bool
check_statement(struct check *c, struct ast *n)
{
	switch ((unsigned)n->kind) {
	case AST_LET:
		let(c, n);
		return true;
	case AST_ASSIGN:
		assign(c, n);
		return true;
	case AST_EVAL:
		eval(c, n);
		return true;
	case AST_FOR:
		for_loop(c, n);
		return true;
	case AST_WHILE:
		while_loop(c, n);
		return true;
	case AST_IF:
		return if_statement(c, n);
	case AST_REQUIRE:
		require(c, n);
		return true;
	case AST_EXPECT: case AST_CHECK:
		check_claim(c, n);
		return true;
	case AST_RETURN:
		return_statement(c, n);
		return false;
	case AST_FAIL:
		check_want(c, n->u.fail.value, check_basic(c, TY_STRING));
		return false;
	case AST_BREAK: case AST_CONTINUE:
		leave_loop(c, n);
		return false;
	case AST_BLOCK:
		return block(c, n);
	case AST_SWITCH:
		return check_switch(c, n);
	case AST_TRY:
		return check_try(c, n);
	case AST_PARALLEL:
		return check_parallel(c, n);
	}
	BUG("statement %d", (int)n->kind);
}

/* ---- bodies ---- */

struct body *
check_body(struct check *c, struct symbol *sym, const struct ty *result)
{
	struct body *b = arena_alloc(c->a, sizeof(*b));

	b->sym = sym;
	b->result = result;
	c->now.body = b;
	c->now.facts = NULL;
	c->now.scope = scope_new(c->a, NULL);
	return b;
}

void
check_body_end(struct check *c)
{
	c->now.body = NULL;
	c->now.facts = NULL;
	c->now.scope = NULL;
}

static void
missing_return(struct check *c, const struct body *b, bool on)
{
	if (on)
		diag(c->d, check_name_at(b->sym->decl), E_RETURN,
		    "the end of '%s' can be reached", b->sym->name);
}

void
check_program_body(struct check *c, struct symbol *s)
{
	struct ast *f;
	struct body *b = check_body(c, s, s->type);
	struct symbol *v;
	int i;

	b->kind = BODY_PROGRAM;
	c->now.scope->up = s->scope;
	if (s->made == MADE_JUDGE) {
		b->kind = BODY_METRIC;
		b->result = check_basic(c, TY_FLOAT);
	}
	for (f = s->decl->u.program.in; f; f = f->next) {
		i = ty_field_index(s->in, f->u.field.name);
		if (scope_get(c->now.scope, f->u.field.name))
			continue;       /* said already */
		v = variable(c, f->u.field.name, f->u.field.name_at, f,
		    i < 0 ? check_poison(c) : s->in->field[i].type);
		v->fixed = true;
		f->sym = v;
		if (i >= 0 && s->in->field[i].has_max &&
		    (v->type->kind == TY_LIST || v->type->kind == TY_MAP))
			v->most = (int64_t)s->in->field[i].max;
	}
	missing_return(c, b, check_statement(c, s->decl->u.program.body));
	s->asks = b->calls > 0;
	check_body_end(c);
}

static const struct option_rule metric_options[] = {
	{ "minimize", OPT_BOOL, NULL, NULL },
	{ "on_fail", OPT_NUMBER, NULL, NULL },
	{ NULL, OPT_OTHER, NULL, NULL }
};

static void
metric_args(struct check *c, struct symbol *s)
{
	struct ast *a;
	struct symbol *v;
	int n = 0;

	for (a = s->decl->u.metric.arg; a; a = a->next, n++) {
		v = check_new_symbol(c, SYM_METRIC_ARG, a->u.name.name, a);
		v->index = n;
		v->done = true;
		v->type = n == 0 ? c->gold : c->out->program ?
		    c->out->program->type : check_poison(c);
		v->in = n == 0 ? c->gold : c->out->program ?
		    c->out->program->in : v->type;
		a->sym = v;
		check_duplicate(c, c->now.scope, v->name, a->at, v);
	}
	if (n != 2)
		diag(c->d, check_name_at(s->decl), E_METRIC,
		    "'%s' takes two parameters, not %d", s->name, n);
}

void
check_metric(struct check *c, struct symbol *s)
{
	struct ast *n = s->decl, *o = n->u.metric.option;
	struct context before = c->now;
	struct body *b;

	if (s->looked != BODY_NEW)
		return;
	s->looked = BODY_OPEN;
	c->now = (struct context){ .unit = s->unit };
	c->whole_pred |= check_is_exec(n->u.metric.value);
	if (check_is_exec(n->u.metric.value))
		check_command_metric(c, n);
	else
		check_options(c, o, metric_options, "metric", false);
	if (ast_option(o, "minimize") && !ast_option(o, "on_fail"))
		diag(c->d, check_name_at(n), E_MISSING, "'on_fail': the score "
		    "of a failed row, where less is better");
	b = check_body(c, s, check_basic(c, TY_FLOAT));
	b->kind = BODY_METRIC;
	metric_args(c, s);
	if (n->u.metric.body)
		missing_return(c, b, check_statement(c, n->u.metric.body));
	else if (!check_is_exec(n->u.metric.value)) {
		struct ast *v = n->u.metric.value;
		const struct ty *t = check_expr(c, v, b->result);

		if (ty_fits(t, b->result) && t->kind != TY_POISON)
			v->want = t == b->result ? NULL : b->result;
		else if (t->kind != TY_POISON)
			diag(c->d, v->at, E_METRIC, "a metric gives a number, "
			    "not %s%s", check_text(c, t),
			    t->kind == TY_BOOL ? ": x ? 1.0 : 0.0" : "");
	}
	check_body_end(c);
	c->now = before;
	s->looked = BODY_DONE;
}
