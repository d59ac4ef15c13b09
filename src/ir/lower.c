/* Typed tree to IR: which functions, in which order, under which names.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "ir/lower.h"

#include <string.h>

#include "base/cname.h"
#include "base/table.h"
#include "front/ast.h"
#include "ir/lower_in.h"

/* ---- adding operations ---- */

struct ins *
lower_op(struct lower *x, enum ir_op op, const struct ty *type,
    struct ins *const *arg, unsigned narg, struct span at)
{
	return ir_add(x->m, x->r, op, type, arg, narg, at);
}

struct ins *
lower_op1(struct lower *x, enum ir_op op, const struct ty *type,
    struct ins *arg, struct span at)
{
	return ir_add(x->m, x->r, op, type, &arg, 1, at);
}

const struct ty *
lower_basic(struct lower *x, enum ty_kind k)
{
	return ty_basic(x->m->types, k);
}

void
lower_not_built(struct lower *x, struct span at, const char *what)
{
	diag(x->d, at, E_NOT_BUILT, "'%s'", what);
}

/* ---- functions ---- */

struct fn *
lower_begin(struct lower *x, enum fn_kind kind, struct symbol *s)
{
	x->f = ir_fn(x->m, kind, s->path);
	x->f->at = s->decl->at;
	x->r = x->f->body;
	s->lowered = x->f;
	return x->f;
}

static struct ins *
argument(struct lower *x, unsigned n, const struct ty *t, const char *name,
    struct span at)
{
	struct ins *i = lower_op(x, IR_ARG, t, NULL, 0, at);

	i->u.n = n;
	i->name = name;
	return i;
}

static void
lower_program(struct lower *x, struct symbol *s)
{
	struct fn *f = lower_begin(x, s->made ? FN_MODULE : FN_PROGRAM, s);
	struct ast *n = s->decl, *p;
	unsigned k;
	int i;

	f->in = s->in;
	f->out = s->type;
	f->desc = n->u.program.desc;
	for (p = n->u.program.in; p != NULL; p = p->next) {
		i = ty_field_index(f->in, p->u.field.name);
		if (i < 0 || p->sym == NULL)
			BUG("'%s' is no input", p->u.field.name);
		k = (unsigned)i;
		p->sym->lowered = argument(x, k, f->in->field[k].type,
		    p->u.field.name, p->at);
	}
	x->judging = s->made == MADE_JUDGE;
	lower_block(x, n->u.program.body);
	x->judging = false;
	if (!ir_ends(f->body))
		BUG("program '%s' runs past its end", s->name);
}

static void
metric_options(struct lower *x, struct fn *f, struct ast *list)
{
	struct ast *o = ast_option(list, "on_fail");

	if (o != NULL)
		f->on_fail = check_value(x->a, o->u.option.value).f;
	o = ast_option(list, "minimize");
	if (o != NULL)
		f->minimize = o->u.option.value == NULL ||
		    check_value(x->a, o->u.option.value).i != 0;
}

static void
lower_metric(struct lower *x, struct symbol *s)
{
	const struct symbol *p = x->c->program;
	struct fn *f = lower_begin(x, FN_METRIC, s);
	struct ast *n = s->decl, *a = n->u.metric.arg;

	if (p == NULL || a == NULL || a->next == NULL)
		BUG("metric '%s' has no program or parameters", s->name);
	f->gold = x->c->gold;
	f->in = p->in;
	f->out = p->type;
	metric_options(x, f, n->u.metric.option);
	x->arg[0] = argument(x, 0, f->gold, a->u.name.name, a->at);
	x->arg[1] = argument(x, 1, f->in, NULL, a->at);
	x->arg[2] = argument(x, 2, f->out, a->next->u.name.name, a->next->at);
	if (check_is_exec(n->u.metric.value))
		lower_judge(x, s);
	else if (n->u.metric.value != NULL)
		lower_metric_value(x, n->u.metric.value);
	else
		lower_block(x, n->u.metric.body);
	if (!ir_ends(f->body))
		BUG("metric '%s' runs past its end", s->name);
}

/* Lowers what `s` calls, in the order of calling, then `s` itself.  Chains of
 * calls may be long, hence the stack of our own. */
struct frame {
	struct symbol *s;
	struct callee *next;            /* to be looked at; the last first */
	struct frame *below;
};

static void
lower_fn(struct lower *x, struct symbol *s)
{
	struct frame *top = arena_alloc(x->a, sizeof *top), *f;
	struct symbol *c;

	*top = (struct frame){ s, s->callee, NULL };
	while (top != NULL) {
		if (top->s->lowered != NULL) {
			top = top->below;
			continue;
		}
		if (top->next != NULL) {
			c = top->next->sym;
			top->next = top->next->next;
			f = arena_alloc(x->a, sizeof *f);
			*f = (struct frame){ c, c->callee, top };
			top = f;
			continue;
		}
		if (top->s->kind == SYM_PROGRAM)
			lower_program(x, top->s);
		else if (top->s->kind == SYM_METRIC)
			lower_metric(x, top->s);
		else
			lower_test(x, top->s);
		top = top->below;
	}
}

static void
lower_programs(struct lower *x)
{
	struct symbol *s;

	if (x->c->program != NULL) {
		lower_fn(x, x->c->program);
		x->m->program = x->c->program->lowered;
	} else
		for (s = x->c->symbol; s != NULL; s = s->next)
			if (s->kind == SYM_PROGRAM)
				lower_fn(x, s);
}

static void
lower_metrics(struct lower *x)
{
	struct ast *o;
	struct symbol *s;

	if (x->c->optimize == NULL || x->c->program == NULL)
		return;
	o = ast_option(x->c->optimize->u.optimize.option, "metric");
	if (o != NULL && o->u.option.value != NULL &&
	    o->u.option.value->sym != NULL)
		lower_fn(x, o->u.option.value->sym);
	/* Any of the others may be asked for by name. */
	for (s = x->c->symbol; s != NULL; s = s->next)
		if (s->kind == SYM_METRIC && s->done && s->in != NULL &&
		    s->looked == BODY_DONE)
			lower_fn(x, s);
}

/* Tests of modules alone run in a program that does nothing. */
static void
no_program(struct lower *x)
{
	struct fn *f = ir_fn(x->m, FN_PROGRAM, "no_program");
	struct span at = x->c->test->decl->at;
	struct ins *out;

	f->at = at;
	f->in = ty_struct(x->m->types, "no_program_in");
	f->out = ty_struct(x->m->types, "no_program_out");
	x->f = f;
	x->r = f->body;
	out = lower_op(x, IR_RECORD, f->out, NULL, 0, at);
	lower_op(x, IR_RET, lower_basic(x, TY_VOID), &out, 1, at);
	x->m->program = f;
}

static void
lower_tests(struct lower *x)
{
	struct symbol *s;

	if (x->c->test != NULL && x->m->fn == NULL)
		no_program(x);
	for (s = x->c->test; s != NULL; s = s->next) {
		lower_fn(x, s);
		lower_warn_chance(x, s);
	}
}

/* ---- what is only judged with ---- */

void
lower_reached_init(struct reached *r, struct arena *a)
{
	*r = (struct reached){ .a = a };
	table_init(&r->seen, a);
}

void
lower_reach(struct reached *r, struct fn *f)
{
	union table_value *seen = table_at(&r->seen, f);

	if (seen->n++ > 0)
		return;
	r->fn = arena_grow(r->a, r->fn, &r->cap, r->n + 1u, sizeof *r->fn);
	r->fn[r->n++] = f;
}

static bool
mark(struct ins *i, void *arg)
{
	if (i->op == IR_ASK)
		i->u.prompt->eval_only = false;
	if (i->op == IR_RUN)
		lower_reach(arg, i->u.fn);
	return true;
}

/* Whose work is judged has worked. */
static bool
check_credit(struct ins *i, void *arg)
{
	struct lower *x = arg;

	if (i->op == IR_CREDIT && i->u.prompt->eval_only)
		diag(x->d, i->at, E_CREDIT, "'%s'", i->u.prompt->name);
	return true;
}

/* What the program does not reach is there for judging it alone. */
static void
mark_eval_only(struct lower *x)
{
	struct reached r;
	struct prompt *q;
	struct fn *f;
	unsigned i;

	lower_reached_init(&r, x->a);
	for (q = x->m->prompt; q != NULL; q = q->next)
		q->eval_only = true;
	for (f = x->m->fn; f != NULL; f = f->next) {
		f->eval_only = true;
		if (f == x->m->program || (x->m->program == NULL &&
		    f->kind == FN_PROGRAM))
			lower_reach(&r, f);
	}
	for (i = 0; i < r.n; i++) {
		r.fn[i]->eval_only = false;
		ir_walk(r.fn[i], mark, &r);
	}
	for (f = x->m->fn; f != NULL; f = f->next)
		ir_walk(f, check_credit, x);
}

/* Samples of a module that gives one reply only. */
static void
warn_greedy(struct lower *x)
{
	const struct symbol *s, *of;

	for (s = x->c->symbol; s != NULL; s = s->next) {
		of = s->kind == SYM_MODULE && s->run != NULL &&
		    s->run->lowered != NULL && s->module != MODULE_REFINE ?
		    s->sampled : NULL;
		if (of != NULL && of->lowered != NULL &&
		    ir_is_greedy(of->lowered))
			diag(x->d, check_name_at(s->decl), E_GREEDY_SAMPLES,
			    "'%s' is asked at temperature 0", of->name);
	}
}

/* ---- order and names ---- */

static void
link_prompts(struct lower *x)
{
	struct prompt **p = &x->m->prompt;
	struct tool **t = &x->m->tool;
	struct retriever **v = &x->m->retriever;
	struct symbol *s, *leaf;

	for (s = x->c->symbol; s != NULL; s = s->next) {
		for (leaf = s->leaf; leaf != NULL; leaf = leaf->leaf)
			if (leaf->lowered != NULL) {
				*p = leaf->lowered;
				p = &(*p)->next;
			}
		if (s->lowered == NULL)
			continue;
		if (s->kind == SYM_MODULE) {
			*p = s->lowered;
			p = &(*p)->next;
		} else if (s->kind == SYM_TOOL) {
			*t = s->lowered;
			t = &(*t)->next;
		} else if (s->kind == SYM_RETRIEVER) {
			*v = s->lowered;
			v = &(*v)->next;
		}
	}
	*t = x->judge;
}

static void
link_params(struct lower *x)
{
	struct param **r = &x->m->param;
	struct symbol *s;

	for (s = x->c->symbol; s != NULL; s = s->next)
		if (s->kind == SYM_PARAM && s->lowered != NULL) {
			*r = s->lowered;
			r = &(*r)->next;
		}
}

struct models {
	struct mod *m;
	size_t cap;
	struct table seen;
};

static void
add_model(struct models *s, const struct mip_model *v)
{
	union table_value *seen = table_at(&s->seen, v);
	struct mod *m = s->m;
	unsigned i;

	if (seen->n++ > 0)
		return;
	for (i = 0; i < v->nto; i++)
		add_model(s, v->to[i]);
	m->model = arena_grow(m->a, m->model, &s->cap, m->nmodel + 1u,
	    sizeof *m->model);
	m->model[m->nmodel++] = v;
}

/* Routes after what they lead to. */
static void
link_models(struct lower *x)
{
	struct models all = { .m = x->m };
	struct symbol *s;

	table_init(&all.seen, x->a);
	for (s = x->c->symbol; s != NULL; s = s->next)
		if (s->kind == SYM_MODEL && s->lowered != NULL)
			add_model(&all, s->lowered);
}

/* Is the name free, and what belongs to it?  Then, if `take`, it is not. */
static bool
name_all_of(struct lower *x, struct table *used, const char *s, bool take)
{
	const char *part = s;
	size_t i = 0;

	do {
		if (take)
			table_at(used, part);
		else if (table_get(used, part) != NULL)
			return false;
		if (cname_ends[i] != NULL)
			part = arena_printf(x->a, "%s%s", s, cname_ends[i]);
	} while (cname_ends[i++] != NULL);
	return true;
}

static bool
is_ours(const char *s)
{
	for (size_t i = 0; cname_ours[i] != NULL; i++)
		if (strcmp(s, cname_ours[i]) == 0)
			return true;
	return false;
}

/* The name in C of what is called `path` here; `ends`: with what is put behind
 * it alone. */
static const char *
c_name(struct lower *x, struct table *used, const char *path, bool ends)
{
	char *copy = arena_strdup(x->a, path), *p;
	const char *s;

	for (p = copy; *p != '\0'; p++)
		if (*p == '.')
			*p = '_';
	s = ends ? copy : cname_global(x->a, copy);
	while (!name_all_of(x, used, s, false) || (!ends && is_ours(s)))
		s = arena_printf(x->a, "%s_", s);
	name_all_of(x, used, s, true);
	return s;
}

/* The program that is compiled has the first choice: its name is public. */
static void
name_all(struct lower *x)
{
	struct table used;
	struct prompt *q;
	struct tool *t;
	struct retriever *v;
	struct param *r;
	struct fn *f;

	table_init_text(&used, x->a);
	if (x->m->program != NULL) {
		f = x->m->program;
		f->c_name = c_name(x, &used, f->name, false);
		x->m->name = f->c_name;
	}
	for (f = x->m->fn; f != NULL; f = f->next)
		if (f != x->m->program)
			f->c_name = c_name(x, &used, f->kind == FN_TEST ?
			    f->c_name : f->name, f->kind == FN_METRIC);
	for (q = x->m->prompt; q != NULL; q = q->next)
		q->c_name = c_name(x, &used, q->name, false);
	for (t = x->m->tool; t != NULL; t = t->next)
		t->c_name = c_name(x, &used, t->in != NULL ? t->name :
		    arena_printf(x->a, "%s_command", t->name), false);
	for (v = x->m->retriever; v != NULL; v = v->next)
		v->c_name = c_name(x, &used, v->name, false);
	for (r = x->m->param; r != NULL; r = r->next)
		r->c_name = c_name(x, &used, r->name, false);
}

struct mod *
lower(struct arena *a, struct checked *c, struct diag *d)
{
	struct lower x = { .a = a, .c = c, .d = d };
	unsigned before = d->nerror;

	x.judge_end = &x.judge;
	x.m = ir_mod(a, c->types);
	x.m->path = c->unit->source->path;
	lower_programs(&x);
	lower_metrics(&x);
	lower_tests(&x);
	lower_study(&x);
	link_prompts(&x);
	link_models(&x);
	mark_eval_only(&x);
	lower_checks(&x);
	warn_greedy(&x);
	link_params(&x);
	name_all(&x);
	return d->nerror > before ? NULL : x.m;
}
