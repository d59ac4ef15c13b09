/* Building and changing the IR: operations, regions, functions.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "ir/ir.h"

#include <string.h>

#include "ir/ir_in.h"

#define ANY IR_ANY
const struct ir_opinfo ir_ops[IR_NOP] = {
#define OP(name, text, nargs, flags, meaning) \
	[IR_##name] = { text, nargs, flags, meaning },
#include "ir/ir.def"
#undef OP
};
#undef ANY

const char *const ir_fn_words[FN_NKIND] = {
	[FN_PROGRAM] = "program", [FN_METRIC] = "metric",
	[FN_TEST] = "test", [FN_BRANCH] = "branch",
	[FN_MODULE] = "module",
	[FN_CHECK] = "check",
};

const char *const ir_format_words[MIP_NFORMAT] = {
	[MIP_PLAIN] = "plain", [MIP_JSON] = "json", [MIP_MARKERS] = "markers",
	[MIP_LABELS] = "labels", [MIP_XML] = "xml",
};

const char *const ir_structure_words[IR_NSTRUCTURE] = {
	[MIP_STRUCTURE_AUTO] = "auto", [MIP_STRUCTURE_NATIVE] = "native",
	[MIP_STRUCTURE_FUNCTION] = "function",
	[MIP_STRUCTURE_GRAMMAR] = "grammar",
	[MIP_STRUCTURE_JSON_OBJECT] = "json_object",
	[MIP_STRUCTURE_PROMPT] = "prompt",
};

const char *const ir_parse_words[IR_NPARSE] = {
	[MIP_TOLERANT] = "tolerant", [MIP_STRICT] = "strict",
	[MIP_NATIVE] = "native",
};

const char *const ir_route_words[IR_NROUTE] = {
	[MIP_DIRECT] = "direct", [MIP_FALLBACK] = "fallback",
	[MIP_ROUND_ROBIN] = "round_robin",
	[MIP_LEAST_LOADED] = "least_loaded",
};

const char *const ir_part_words[IR_NPART] = { "train", "dev", "test" };

const char *const ir_lib_words[BI_COUNT] = {
#define BUILTIN(id, name, in, out, c, flags, doc) [BI_##id] = #id,
#include "base/builtin.def"
#undef BUILTIN
};

bool
ir_has_operand(enum ir_op op)
{
	return op == IR_STRING || op == IR_INT || op == IR_FLOAT ||
	    op == IR_BOOL || op == IR_ENUM || op == IR_ARG ||
	    op == IR_PARAM || op == IR_GET || op == IR_SET ||
	    op == IR_FIELD || op == IR_INJECT || op == IR_IS ||
	    op == IR_AS || op == IR_LIB || op == IR_ASK || op == IR_CALL ||
	    op == IR_JUDGE || op == IR_SEARCH || op == IR_EMBED ||
	    op == IR_RUN || op == IR_SCORE || op == IR_CREDIT ||
	    op == IR_EXPECT || op == IR_CHECK || op == IR_FAIL;
}

const char *
ir_other_word(enum ir_op op)
{
	return op == IR_WHILE ? "test" : op == IR_EACH ? "where" :
	    op == IR_RETRY || op == IR_EXPECT || op == IR_CHECK ? "hint" :
	    "else";
}

int
ir_word(const char *const *words, unsigned n, const char *word)
{
	unsigned i;

	for (i = 0; i < n; i++)
		if (strcmp(words[i], word) == 0)
			return (int)i;
	return -1;
}

struct mod *
ir_mod(struct arena *a, struct ty_table *types)
{
	struct mod *m = arena_alloc(a, sizeof *m);

	m->a = a;
	m->types = types;
	m->path = "";
	m->name = "";
	m->tuned = "";
	return m;
}

struct region *
ir_region(struct mod *m, struct fn *f, struct ins *owner)
{
	struct region *r = arena_alloc(m->a, sizeof *r);

	r->fn = f;
	r->owner = owner;
	return r;
}

static struct fn *
new_fn(struct mod *m, enum fn_kind kind, const char *name)
{
	struct fn *f = arena_alloc(m->a, sizeof *f);

	f->kind = kind;
	f->name = f->c_name = name;
	f->body = ir_region(m, f, NULL);
	return f;
}

struct fn *
ir_fn_before(struct mod *m, struct fn *f, enum fn_kind kind, const char *name)
{
	struct fn *g = new_fn(m, kind, name);

	g->prev = f->prev;
	g->next = f;
	if (f->prev != NULL)
		f->prev->next = g;
	else
		m->fn = g;
	f->prev = g;
	return g;
}

struct fn *
ir_fn(struct mod *m, enum fn_kind kind, const char *name)
{
	struct fn *f = new_fn(m, kind, name);

	f->prev = m->last_fn;
	if (f->prev != NULL)
		f->prev->next = f;
	else
		m->fn = f;
	m->last_fn = f;
	return f;
}

struct var *
ir_var(struct mod *m, struct fn *f, const char *name, const struct ty *type)
{
	struct var *v = arena_alloc(m->a, sizeof *v);
	struct var **p = f->last_var != NULL ? &f->last_var->next : &f->var;

	v->name = name;
	v->type = type;
	v->id = f->nvar++;
	while (*p != NULL)
		p = &(*p)->next;
	*p = f->last_var = v;
	return v;
}

struct ins *
ir_add(struct mod *m, struct region *r, enum ir_op op, const struct ty *type,
    struct ins *const *arg, unsigned narg, struct span at)
{
	struct ins *i = arena_alloc(m->a, sizeof *i);

	i->op = op;
	i->type = type;
	i->narg = narg;
	i->arg = arena_array(m->a, narg, sizeof *i->arg);
	if (narg > 0)
		memcpy(i->arg, arg, narg * sizeof *arg);
	i->at = at;
	ir_append(r, i);
	if (ir_ops[op].flags & OPF_BODY)
		i->body = ir_region(m, r->fn, i);
	if (op == IR_RUN)
		i->site = r->fn->nsite++;
	return i;
}

void
ir_insert_before(struct ins *place, struct ins *i)
{
	struct region *r = place->in;

	i->in = r;
	i->next = place;
	i->prev = place->prev;
	if (place->prev != NULL)
		place->prev->next = i;
	else
		r->first = i;
	place->prev = i;
}

void
ir_append(struct region *r, struct ins *i)
{
	i->in = r;
	i->next = NULL;
	i->prev = r->last;
	if (r->last != NULL)
		r->last->next = i;
	else
		r->first = i;
	r->last = i;
}

struct ins *
ir_resolve(struct ins *i)
{
	while (i->op == IR_NOP)
		i = i->arg[0];
	return i;
}

void
ir_move(struct region *to, struct region *from, const struct ins *end)
{
	struct ins *i;

	while ((i = from->first) != end) {
		ir_unlink(i);
		ir_append(to, i);
	}
}

void
ir_unlink(struct ins *i)
{
	struct region *r = i->in;

	if (i->prev != NULL)
		i->prev->next = i->next;
	else
		r->first = i->next;
	if (i->next != NULL)
		i->next->prev = i->prev;
	else
		r->last = i->prev;
	i->prev = i->next = NULL;
	i->in = NULL;
}

void
ir_replace(struct region *r, struct ins *old, struct ins *new_)
{
	struct ins *i;
	unsigned k;

	if (r == NULL)
		return;
	for (i = r->first; i != NULL; i = i->next) {
		for (k = 0; k < i->narg; k++)
			if (i->arg[k] == old)
				i->arg[k] = new_;
		ir_replace(i->body, old, new_);
		ir_replace(i->other, old, new_);
	}
	if (r->result == old)
		r->result = new_;
}

static bool
walk(struct region *r, bool (*each)(struct ins *, void *), void *arg)
{
	struct ins *i, *next;

	if (r == NULL)
		return true;
	for (i = r->first; i != NULL; i = next) {
		next = i->next;
		if (!each(i, arg) || !walk(i->body, each, arg) ||
		    !walk(i->other, each, arg))
			return false;
	}
	return true;
}

bool
ir_walk(struct fn *f, bool (*each)(struct ins *, void *), void *arg)
{
	return walk(f->body, each, arg);
}

static bool
number(struct ins *i, void *arg)
{
	unsigned *n = arg;

	i->id = (*n)++;
	return true;
}

void
ir_number(struct fn *f)
{
	f->nins = 0;
	ir_walk(f, number, &f->nins);
}

bool
ir_is_call(const struct ins *i)
{
	return i->op == IR_ASK || i->op == IR_RUN;
}

struct ins *
ir_retried(const struct ins *i)
{
	struct ins *c, *ask;

	for (c = i->body->first; c != NULL; c = c->next) {
		if (c->op == IR_ASK)
			return c;
		if (c->op != IR_RETRY && c->op != IR_PAR)
			continue;
		ask = ir_retried(c);
		if (ask != NULL)
			return ask;
	}
	return NULL;
}

static bool
region_effect(const struct region *r)
{
	const struct ins *i;

	for (i = r != NULL ? r->first : NULL; i != NULL; i = i->next)
		if (ir_has_effect(i))
			return true;
	return false;
}

/* Of functions it is known when their bodies are whole. */
static bool
fn_effect(struct fn *f)
{
	if (f->effect == EFFECT_UNKNOWN)
		f->effect = region_effect(f->body) ? EFFECT_SOME :
		    EFFECT_NONE;
	return f->effect == EFFECT_SOME;
}

bool
ir_has_effect(const struct ins *i)
{
	if (i->op == IR_CALL)
		return i->u.tool->is.effect;
	if (i->op == IR_RUN || i->op == IR_SCORE)
		return fn_effect(i->u.fn);
	return region_effect(i->body) || region_effect(i->other);
}

/* Does it ask or call, at whatever depth?  The outermost is counted once. */
static unsigned
count_calls(const struct region *r)
{
	const struct ins *i;
	unsigned n = 0;

	for (i = r != NULL ? r->first : NULL; i != NULL; i = i->next)
		n += ir_calls(i);
	return n;
}

/* The same as for effects. */
static bool
fn_calls(struct fn *f)
{
	if (f->calls == CALLS_UNKNOWN)
		f->calls = count_calls(f->body) > 0 ? CALLS_SOME : CALLS_NONE;
	return f->calls == CALLS_SOME;
}

bool
ir_calls(const struct ins *i)
{
	if (i->op == IR_RUN || i->op == IR_SCORE)
		return fn_calls(i->u.fn);
	return (ir_ops[i->op].flags & (OPF_MODEL | OPF_TOOL)) != 0 ||
	    count_calls(i->body) + count_calls(i->other) > 0;
}

struct ins *
ir_each_call(const struct ins *i)
{
	struct ins *c;

	if (i->op != IR_EACH || count_calls(i->other) > 0 ||
	    count_calls(i->body) != 1)
		return NULL;
	for (c = i->body->first; !ir_calls(c); c = c->next)
		continue;
	return ir_is_call(c) && !ir_has_effect(c) ? c : NULL;
}

/* Of a model, or of all that it leads to. */
static double
model_temperature(const struct mip_model *m)
{
	double t, first = MIP_UNSET;
	unsigned i;

	if (m == NULL || m->route == MIP_DIRECT)
		return m != NULL ? m->temperature : MIP_UNSET;
	for (i = 0; i < m->nto; i++) {
		t = model_temperature(m->to[i]);
		if (i == 0)
			first = t;
		else if (t < first || t > first)
			return MIP_UNSET;
	}
	return first;
}

double
ir_temperature(const struct prompt *q)
{
	return q->temperature < 0 ? model_temperature(q->model) :
	    q->temperature;
}

bool
ir_is_greedy(const struct prompt *q)
{
	double t = ir_temperature(q);

	return !q->tune[SLOT_TEMPERATURE] && !(t < 0) && !(t > 0);
}

bool
ir_may_go(const struct ins *i)
{
	bool self;

	if (i->op == IR_RUN || i->op == IR_SCORE)
		return ir_fn_harmless(i->u.fn);
	self = i->op == IR_ASK || i->op == IR_GET ||
	    (i->op == IR_CALL && !i->u.tool->is.effect) ||
	    i->op == IR_JUDGE || i->op == IR_SEARCH || i->op == IR_EMBED ||
	    ((ir_ops[i->op].flags & OPF_PURE) && !ir_can_fail(i));
	return self && ir_is_harmless(i->body) && ir_is_harmless(i->other);
}

bool
ir_is_harmless(const struct region *r)
{
	const struct ins *i;

	for (i = r != NULL ? r->first : NULL; i != NULL; i = i->next) {
		if (i->op == IR_FAIL || i->op == IR_RETRY ||
		    i->op == IR_CREDIT || i->op == IR_EXPECT ||
		    i->op == IR_CHECK)
			return false;
		if (ir_ops[i->op].flags & OPF_VALUE ? !ir_may_go(i) :
		    !ir_is_harmless(i->body) || !ir_is_harmless(i->other))
			return false;
	}
	return true;
}

bool
ir_fn_harmless(struct fn *f)
{
	if (f->harm == HARM_UNKNOWN)
		f->harm = ir_is_harmless(f->body) ? HARM_NONE : HARM_SOME;
	return f->harm == HARM_NONE;
}

bool
ir_is_const(const struct ins *i)
{
	return i->op == IR_STRING || i->op == IR_INT || i->op == IR_FLOAT ||
	    i->op == IR_BOOL || i->op == IR_NULL || i->op == IR_ENUM;
}

bool
ir_can_fail(const struct ins *i)
{
	if (i->op == IR_LIB)
		return (builtins[i->u.lib].flags & BF_FAIL) != 0;
	if (i->type != NULL && i->type->kind == TY_FLOAT &&
	    (i->op == IR_ADD || i->op == IR_SUB || i->op == IR_MUL ||
	    i->op == IR_NEG))
		return false;
	return (ir_ops[i->op].flags & OPF_FAIL) != 0;
}

static bool region_pure(const struct region *r);

bool
ir_is_pure(const struct ins *i)
{
	if (!(ir_ops[i->op].flags & OPF_PURE) || ir_can_fail(i))
		return false;
	return region_pure(i->body) && region_pure(i->other);
}

static bool
region_pure(const struct region *r)
{
	const struct ins *i;

	if (r == NULL)
		return true;
	for (i = r->first; i != NULL; i = i->next)
		if (!ir_is_pure(i) && i->op != IR_GET)
			return false;
	return true;
}

bool
ir_is_whole(const struct ins *i)
{
	const struct ty *t = i->arg[0]->type;
	const struct ins *c;
	unsigned n = 0;

	for (c = i->body->first; c != NULL; c = c->next) {
		if (c->narg == 0)
			return true;
		n += c->narg;
	}
	return ((t->kind == TY_ENUM || t->kind == TY_LITERAL) && n >= t->n) ||
	    (t->kind == TY_BOOL && n >= 2);
}

static bool
case_ends(const struct ins *i)
{
	const struct ins *c;

	for (c = i->body->first; c != NULL; c = c->next)
		if (c->op != IR_CASE || !ir_ends(c->body))
			return false;
	return ir_is_whole(i);
}

bool
ir_ends(const struct region *r)
{
	const struct ins *i = r->last;

	if (i == NULL)
		return false;
	if (i->op == IR_RET || i->op == IR_FAIL || i->op == IR_BREAK ||
	    i->op == IR_CONTINUE)
		return true;
	if (i->op == IR_IF || i->op == IR_TRY)
		return i->other != NULL && ir_ends(i->body) &&
		    ir_ends(i->other);
	if (i->op == IR_SWITCH)
		return case_ends(i);
	return i->op == IR_PAR && ir_ends(i->body);
}
