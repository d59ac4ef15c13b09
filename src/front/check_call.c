/* Calls of modules, programs and functions; the fields of gold and pred.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "core/buf.h"
#include "core/regex.h"
#include "front/check_in.h"

/* Looks at arguments of what cannot be called, for their own mistakes. */
static const struct ty *
give_up(struct check *c, struct ast *e)
{
	struct ast *a;

	for (a = e->u.call.arg; a; a = a->next)
		if (a->u.arg.value->kind != AST_NAME)
			check_expr(c, a->u.arg.value, check_poison(c));
	return check_poison(c);
}

/* ---- modules, programs and tools ---- */

/* The input that the argument is for; -1 after a message. */
static int
input_of(struct check *c, struct ast *e, struct ast *a, const struct symbol *s)
{
	const struct ty *in = s->in;
	struct ast *v = a->u.arg.value;
	const char *from[256];
	unsigned n;
	int i;

	if (a->u.arg.name) {
		i = ty_field_index(in, a->u.arg.name);
		if (i >= 0)
			return i;
		for (n = 0; n < in->n && n < COUNTOF(from); n++)
			from[n] = in->field[n].name;
		diag(c->d, a->u.arg.name_at, E_ARGUMENT, "'%s' has no input "
		    "'%s'%s", s->name, a->u.arg.name,
		    check_nearest(c, a->u.arg.name, from, n));
		check_offer(c, a->u.arg.name_at);
		return -1;
	}
	i = v->kind == AST_NAME ? ty_field_index(in, v->u.name.name) : -1;
	if (i >= 0)
		return i;
	if (in->n == 1)
		return 0;
	if (in->n == 0)
		diag(c->d, a->at, E_ARGUMENT, "'%s' has no inputs", s->name);
	else if (a == e->u.call.arg && in->n > 1)
		diag(c->d, a->at, E_ARGUMENT, "which input of '%s' is this? "
		    "name it: %s = ...", s->name, in->field[0].name);
	else
		diag(c->d, a->at, E_ARGUMENT, "which input of '%s' is this?",
		    s->name);
	return -1;
}

static void
missing(struct check *c, struct ast *e, const struct symbol *s)
{
	const struct ty *in = s->in;
	unsigned i;

	for (i = 0; i < in->n; i++)
		if (!e->u.call.bound[i] &&
		    in->field[i].fallback.kind == TYC_NONE &&
		    in->field[i].type->kind != TY_OPTIONAL)
			diag(c->d, e->at, E_ARGUMENT, "'%s' of '%s' is "
			    "missing", in->field[i].name, s->name);
}

static void
note_call(struct check *c, struct ast *e, struct symbol *s)
{
	struct body *b = c->now.body;
	struct callee *x;

	b->calls += s->kind == SYM_MODULE ||
	    (s->kind == SYM_PROGRAM && check_asks(c, s));
	if (s->kind == SYM_MODULE)
		s->captured = true;
	if (s->kind == SYM_MODULE)
		s = s->run;
	if (!s || s->kind != SYM_PROGRAM || !b->sym)
		return;
	x = arena_alloc(c->a, sizeof(*x));
	*x = (struct callee){ s, e->at, b->sym->callee };
	b->sym->callee = x;
}

static const struct ty *
input_call(struct check *c, struct ast *e, struct symbol *s)
{
	unsigned before = c->d->nerror;
	struct ast *a;
	int i;

	e->sym = s;
	if (!c->now.body) {
		diag(c->d, e->at, E_PLACE, "%s in programs, metrics and tests "
		    "only", s->kind == SYM_TOOL ? "tools are called" :
		    "models are asked");
		return check_poison(c);
	}
	note_call(c, e, s);
	if (s->in->kind != TY_STRUCT)
		return give_up(c, e);
	e->u.call.nbound = s->in->n;
	e->u.call.bound = arena_array(c->a, s->in->n, sizeof(struct ast *));
	for (a = e->u.call.arg; a; a = a->next) {
		i = input_of(c, e, a, s);
		if (i < 0)
			check_expr(c, a->u.arg.value, check_poison(c));
		else if (e->u.call.bound[i])
			diag(c->d, a->at, E_ARGUMENT, "'%s' is given twice",
			    s->in->field[i].name);
		else {
			e->u.call.bound[i] = a->u.arg.value;
			check_want(c, a->u.arg.value, s->in->field[i].type);
		}
	}
	if (c->d->nerror == before)
		missing(c, e, s);
	return s->type;
}

/* ---- functions ---- */

/* The index of the parameter that the n-th argument is for; -1. */
static int
param_of(const struct builtin_param *p, unsigned np, const struct ast *a,
    unsigned n)
{
	unsigned i;

	if (!a->u.arg.name)
		return n < np && !p[n].name ? (int)n : -1;
	for (i = 0; i < np; i++)
		if (p[i].name && strlen(a->u.arg.name) == p[i].name_len &&
		    strncmp(a->u.arg.name, p[i].name, p[i].name_len) == 0)
			return (int)i;
	return -1;
}

/* What T is, as far as arguments have told. */
struct any {
	const struct ty *t;             /* NULL: nothing yet */
	bool fixed;                     /* a list of it was given */
};

/* A value of `from` for a parameter that is T itself: any other value may be
 * turned into it, if it is not fixed. */
static int
fit_any(const struct ty *from, struct any *any)
{
	if (from->kind == TY_VOID)
		return -1;
	if (!any->t || any->t == from) {
		any->t = from;
		return 0;
	}
	if (ty_fits(from, any->t))
		return 1;
	if (any->fixed || !ty_fits(any->t, from))
		return -1;
	any->t = from;
	return 1;
}

/* How badly a value of `from` fits a parameter: 0 exactly, 1 after turning
 * into another type, -1 not at all.  Finds out what T is. */
static int
fit(struct check *c, const char *type, const struct ty *from, struct any *any)
{
	const struct ty *want, *t = any->fixed ? any->t : NULL;

	if (*type == 'E' && from->kind != TY_ENUM)
		return -1;
	if (builtin_generic(type) && strcspn(type, " =") == 1)
		return fit_any(from, any);
	if (builtin_generic(type)) {
		if (!builtin_is(type, from, &t) ||
		    (any->t && !ty_fits(any->t, t)))
			return -1;
		*any = (struct any){ t, true };
		return 0;
	}
	want = builtin_ty(c->t, type, NULL);
	if (want == from)
		return 0;
	return ty_fits(from, want) ? 1 : -1;
}

/* The cost of calling `b` so; -1 if it cannot be. */
static int
cost(struct check *c, const struct builtin *b, const struct ast *e,
    const struct ty **t)
{
	struct builtin_param p[BUILTIN_PARAMS];
	unsigned np = builtin_params(b, p), n = 0, i;
	bool given[BUILTIN_PARAMS] = { false };
	struct any any = { NULL, false };
	const struct ast *a;
	int sum = 0, k, one;

	for (a = e->u.call.arg; a; a = a->next, n++) {
		const struct ty *from = a->u.arg.value->type;

		k = param_of(p, np, a, n);
		if (k < 0 || given[k])
			return -1;
		given[k] = true;
		if (!from || from->kind == TY_POISON)
			continue;
		one = fit(c, p[k].type, from, &any);
		/* What is written out may be one of the values of T. */
		if (one < 0 && any.fixed) {
			from = check_value_type(c, a->u.arg.value);
			one = from ? fit(c, p[k].type, from, &any) : -1;
		}
		if (one < 0)
			return -1;
		sum += one;
	}
	for (i = 0; i < np; i++)
		if (!given[i] && !p[i].value)
			return -1;
	*t = any.t;
	return sum;
}

static void
put_type(struct buf *b, const char *type)
{
	static const struct { char letter; const char *word; } words[] = {
		{ 's', "string" }, { 'i', "int" }, { 'f', "float" },
		{ 'b', "bool" }, { 'T', "T" }, { 'E', "enum" }
	};
	size_t k, n = strspn(type + 1, BUILTIN_AROUND);
	bool map = n >= 2 && type[n] == '}';

	if (map)
		buf_puts(b, "map<string, ");
	for (k = 0; k < COUNTOF(words); k++)
		if (words[k].letter == *type)
			buf_puts(b, words[k].word);
	buf_put(b, type + 1, map ? n - 2 : n);
	if (map)
		buf_putc(b, '>');
}

static void
put_types(struct buf *b, const struct builtin *of)
{
	struct builtin_param p[BUILTIN_PARAMS];
	unsigned n = builtin_params(of, p), i;

	for (i = 0; i < n; i++) {
		/* One more, if wanted: s(string, int [, int]) */
		buf_puts(b, i == 0 ? "" : p[i].value && !p[i].name ?
		    " [, " : ", ");
		if (p[i].name) {
			buf_put(b, p[i].name, p[i].name_len);
			buf_puts(b, " = ");
		}
		put_type(b, p[i].type);
		buf_puts(b, p[i].value && !p[i].name ? "]" : "");
	}
}

/* Says how the function may be called. */
static void
no_overload(struct check *c, struct ast *e, const char *name)
{
	struct buf b = BASE_BUF_INIT;
	const struct ast *a;
	unsigned i;
	bool any = false;

	buf_printf(&b, "%s(", name);
	for (a = e->u.call.arg; a; a = a->next) {
		const struct ty *t = a->u.arg.value->type;

		buf_puts(&b, t ? check_text(c, t) : "?");
		buf_puts(&b, a->next ? ", " : "");
	}
	buf_puts(&b, "); there is ");
	for (i = 0; i < BI_COUNT; i++) {
		if (strcmp(builtins[i].name, name) != 0)
			continue;
		buf_printf(&b, "%s%s(", any ? ", " : "", name);
		put_types(&b, &builtins[i]);
		buf_puts(&b, ")");
		any = true;
	}
	diag(c->d, e->at, E_ARGUMENT, "%s", buf_str(&b));
	buf_release(&b);
}

/* Does the expression take its type from its place? */
static bool
is_soft(struct check *c, struct ast *e)
{
	if (e->kind == AST_NAME)
		return !scope_find(c->now.scope, e->u.name.name) &&
		    !scope_get(c->now.unit->scope, e->u.name.name);
	if (e->kind == AST_COND && e->u.cond.yes->kind != AST_NULL)
		return is_soft(c, e->u.cond.yes);
	if (e->kind == AST_LIST && e->u.list.item)
		return e->u.list.item->kind != AST_NULL &&
		    is_soft(c, e->u.list.item);
	return e->kind == AST_NULL || e->kind == AST_RECORD ||
	    e->kind == AST_LIST || check_is_open(c, e);
}

void
check_pattern(struct check *c, const char *pattern, struct span at)
{
	char why[REGEX_WHY];
	struct regex *r = regex_new(pattern, why);

	if (!r)
		diag(c->d, at, E_PATTERN, "%s", why[0] ? why :
		    "out of memory");
	regex_free(r);
}

/* A pattern that is known can be looked at. */
static void
check_patterns(struct check *c, struct ast *e, enum builtin_id id)
{
	struct ty_const k;

	if (id != BI_REGEX_MATCH && id != BI_REGEX_FIND &&
	    id != BI_REGEX_ALL && id != BI_REGEX_REPLACE)
		return;
	if (check_const(c->a, e->u.call.bound[1], &k))
		check_pattern(c, k.s, e->u.call.bound[1]->at);
}

/* In tests, the rate is not the same from one moment to the next. */
static void
check_metric_place(struct check *c, const struct ast *e, unsigned i)
{
	const struct body *b = c->now.body;
	bool rate = i == BI_FORMAT_RATE;

	if (!(builtins[i].flags & BF_METRIC) || (b && b->kind == BODY_METRIC) ||
	    (b && b->kind == BODY_TEST && !rate))
		return;
	diag(c->d, e->at, E_PLACE, rate ? "'%s' belongs in metrics" :
	    "'%s' belongs in metrics and tests", builtins[i].name);
}

/* Gives the arguments to parameters of overload `i`. */
static const struct ty *
bind(struct check *c, struct ast *e, unsigned i, const struct ty *t)
{
	struct builtin_param p[BUILTIN_PARAMS];
	unsigned np = builtin_params(&builtins[i], p), n = 0;
	const struct ty *want;
	struct ast *a;

	if (!t)
		t = check_basic(c, TY_STRING);
	e->sym = &c->builtin[i];
	e->u.call.nbound = np;
	e->u.call.bound = arena_array(c->a, np, sizeof(struct ast *));
	for (a = e->u.call.arg; a; a = a->next, n++) {
		struct ast *v = a->u.arg.value;
		int k = param_of(p, np, a, n);

		e->u.call.bound[k] = v;
		want = builtin_ty(c->t, p[k].type, t);
		if (!v->type || check_value_type(c, v))
			check_want(c, v, want);
		else if (want && v->type->kind != TY_POISON)
			v->want = v->type == want ? NULL : want;
	}
	check_patterns(c, e, (enum builtin_id)i);
	check_metric_place(c, e, i);
	return builtin_ty(c->t, builtins[i].out, t);
}

static const struct ty *
builtin_call(struct check *c, struct ast *e, const char *name)
{
	const struct ty *t, *best_t = NULL;
	int best = -1, k;
	unsigned i, which = 0;
	struct ast *a;

	for (a = e->u.call.arg; a; a = a->next) {
		if (is_soft(c, a->u.arg.value))
			continue;
		if (check_expr(c, a->u.arg.value, NULL)->kind == TY_POISON)
			best = -2;
	}
	if (best == -2)
		return check_poison(c);
	for (i = 0; i < BI_COUNT; i++) {
		if (strcmp(builtins[i].name, name) != 0)
			continue;
		k = cost(c, &builtins[i], e, &t);
		if (k >= 0 && (best < 0 || k < best)) {
			best = k;
			best_t = t;
			which = i;
		}
	}
	if (best >= 0)
		return bind(c, e, which, best_t);
	no_overload(c, e, name);
	return check_poison(c);
}

/* ---- all calls ---- */

/* credit(module, number, "why"): how well a module of the program did. */
static const struct ty *
credit_call(struct check *c, struct ast *e)
{
	struct ast *a, **v = arena_array(c->a, 3, sizeof(*v));
	struct symbol *s;
	bool named = false;
	unsigned n = 0;

	for (a = e->u.call.arg; a; a = a->next) {
		named |= a->u.arg.name != NULL;
		if (n < 3)
			v[n] = a->u.arg.value;
		n++;
	}
	if (n < 2 || n > 3 || named) {
		diag(c->d, e->at, E_ARGUMENT, "it is credit(module, float) or "
		    "credit(module, float, string)");
		return give_up(c, e);
	}
	if (!c->now.body || c->now.body->kind != BODY_METRIC)
		diag(c->d, e->at, E_PLACE, "'credit' belongs in metrics");
	e->sym = c->credit;
	e->u.call.nbound = n;
	e->u.call.bound = v;
	s = check_ref_kind(c, v[0], SYM_MODULE);
	if (s && s->run && !s->leaf)
		diag(c->d, v[0]->at, E_COMBINE, "'%s' asks nothing itself; "
		    "credit what it calls", s->name);
	check_want(c, v[1], check_basic(c, TY_FLOAT));
	if (n > 2)
		check_want(c, v[2], check_basic(c, TY_STRING));
	return check_basic(c, TY_VOID);
}

static const struct ty *
symbol_call(struct check *c, struct ast *e, struct symbol *s)
{
	switch ((unsigned)s->kind) {
	case SYM_MODULE: case SYM_PROGRAM: case SYM_TOOL:
		return input_call(c, e, s);
	case SYM_METRIC:
		diag(c->d, e->at, E_METRIC, "metrics are of the same pair: "
		    "write '%s' alone", s->name);
		return check_poison(c);
	}
	diag(c->d, e->u.call.fn->at, E_KIND, "'%s' is %s, which cannot be "
	    "called", s->name, check_kind_word(s->kind));
	if (s->decl)
		diag_note(c->d, check_name_at(s->decl), "declared here");
	return give_up(c, e);
}

/* What is called.  Only what can be called hides a function: a variable or a
 * metric may have the name of the one that made it. */
static struct symbol *
callee(struct check *c, struct ast *fn, bool *failed)
{
	const struct body *b = c->now.body;
	struct symbol *s;

	/* Nothing in the file is meant there. */
	if (b && b->sym && b->sym->made == MADE_RUN && fn->kind == AST_NAME &&
	    scope_get(c->builtins, fn->u.name.name))
		return fn->sym = NULL;
	s = check_ref(c, fn, failed);
	if (!s || fn->kind != AST_NAME || s->kind == SYM_MODULE ||
	    s->kind == SYM_PROGRAM || s->kind == SYM_TOOL ||
	    s->kind == SYM_RETRIEVER ||
	    !scope_get(c->builtins, fn->u.name.name))
		return s;
	return fn->sym = NULL;
}

const struct ty *
check_call(struct check *c, struct ast *e, const struct ty *want)
{
	struct ast *fn = e->u.call.fn, *of;
	bool failed = false;
	struct symbol *s = callee(c, fn, &failed);
	const char *name;

	(void)want;
	if (failed)
		return give_up(c, e);
	if (s)
		return symbol_call(c, e, s);
	if (fn->kind == AST_NAME) {
		name = fn->u.name.name;
		s = scope_get(c->builtins, name);
		if (s == c->credit)
			return credit_call(c, e);
		if (s)
			return builtin_call(c, e, name);
		if (strcmp(name, "embed") == 0)
			return check_embed(c, e);
		if (check_is_exec(e))
			diag(c->d, fn->at, E_PLACE, "exec is what a tool or a "
			    "metric is: tool run(x: T) -> U = exec(...)");
		else
			check_unknown(c, fn->at, name);
		return give_up(c, e);
	}
	of = fn->kind == AST_DOT ? fn->u.dot.of : NULL;
	if (of && of->sym && of->sym->kind == SYM_RETRIEVER)
		return check_search(c, e, of->sym);
	diag(c->d, fn->at, E_KIND, "this is no module, program or function");
	return give_up(c, e);
}

/* ---- gold and pred ---- */

/* The field of the program's outputs, else of its inputs; NULL. */
static const struct ty_field *
pred_field(const struct check *c, const char *name)
{
	const struct symbol *p = c->out->program;
	int i;

	if (!p || !p->type || !p->in)
		return NULL;
	i = ty_field_index(p->type, name);
	if (i >= 0)
		return &p->type->field[i];
	i = ty_field_index(p->in, name);
	return i >= 0 ? &p->in->field[i] : NULL;
}

bool
check_is_open(struct check *c, struct ast *e)
{
	struct symbol *s;

	if (e->kind != AST_DOT || e->u.dot.of->kind != AST_NAME)
		return false;
	s = scope_find(c->now.scope, e->u.dot.of->u.name.name);
	return s && s->kind == SYM_METRIC_ARG && s->index == 0 && !c->row &&
	    !scope_get(c->gold_fields, e->u.dot.name) &&
	    !pred_field(c, e->u.dot.name);
}

static const struct ty *
gold_type(struct check *c, struct ast *e, const struct ty *want)
{
	const struct ty_field *f = pred_field(c, e->u.dot.name);
	struct symbol *s = scope_get(c->gold_fields, e->u.dot.name);
	int k = c->row ? ty_field_index(c->row, e->u.dot.name) : -1;

	if (s)
		return s->type;
	if (c->row && k < 0)
		return check_no_field(c, e, c->row);
	if (k >= 0)
		f = &c->row->field[k];
	s = check_new_symbol(c, SYM_VAR, e->u.dot.name, NULL);
	s->done = true;
	s->type = check_basic(c, TY_STRING);
	if (f)
		s->type = f->type;
	else if (want && want->kind != TY_POISON && want->kind != TY_NULL)
		s->type = want;
	scope_add(c->gold_fields, s->name, s);
	return s->type;
}

const struct ty *
check_member(struct check *c, struct ast *e, const struct ty *want)
{
	const struct symbol *s = e->u.dot.of->sym, *p = c->out->program;
	const struct ty_field *f;
	const char *from[256];
	unsigned n = 0, i;

	e->u.dot.of->type = s->type;
	if (s->index == 0 && c->now.body->sym->made == MADE_JUDGE)
		return check_no_gold(c, e);
	if (s->index == 0)
		return check_narrow(c, e, gold_type(c, e, want));
	f = pred_field(c, e->u.dot.name);
	table_at(&c->pred, e->u.dot.name);
	if (f)
		return check_narrow(c, e, f->type);
	if (!p || p->type->kind != TY_STRUCT)
		return check_poison(c);
	for (i = 0; i < p->type->n && n < COUNTOF(from); i++)
		from[n++] = p->type->field[i].name;
	for (i = 0; i < p->in->n && n < COUNTOF(from); i++)
		from[n++] = p->in->field[i].name;
	diag(c->d, e->u.dot.name_at, E_FIELD, "program '%s' has no '%s'%s",
	    p->name, e->u.dot.name, check_nearest(c, e->u.dot.name, from, n));
	check_offer(c, e->u.dot.name_at);
	return check_poison(c);
}
