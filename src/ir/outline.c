/* Outlining.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "ir/outline.h"

#include <string.h>

#include "base/table.h"
#include "ir/ir_in.h"

/* A variable that the piece reads or sets. */
struct used_var {
	struct var *outer, *own;        /* own: of the new function */
	bool local;                     /* nobody else knows it */
	bool set;                       /* in the piece */
	bool sure;                      /* ... by now, whatever the way */
	bool seen;                      /* its earlier value may be */
	struct used_var *next;
};

/* The fields of a record in the making. */
struct fields {
	struct ty_field *v;
	size_t cap;
	unsigned n;
	struct table names;
};

struct piece {
	struct outline *o;
	struct mod *m;
	struct fn *f, *g;               /* from, to */
	struct table var;               /* to struct used_var */
	struct used_var *used, **last_used;
	struct table inner;             /* outside values to their stand-ins */
	struct ins **taken;             /* fields that were moved out */
	size_t ntaken, captaken;
	struct fields in, out;
	struct ins **arg;               /* of the call, by field of `in` */
	struct ins **given;             /* in g, by field of `out` */
	size_t caparg, capgiven;
};

/* Is it made in the piece? */
static bool
is_inside(const struct piece *p, const struct ins *i)
{
	for (; i != NULL; i = i->in->owner)
		if (i == p->o->hold)
			return true;
	return false;
}

/* ---- variables ---- */

static struct used_var *
used_var(struct piece *p, struct var *v)
{
	union table_value *at = table_at(&p->var, v);
	struct used_var *u = at->p;

	if (u != NULL)
		return u;
	u = at->p = arena_alloc(p->m->a, sizeof *u);
	u->outer = v;
	*p->last_used = u;
	p->last_used = &u->next;
	return u;
}

static void
note_locals(struct piece *p)
{
	struct outline *o = p->o;
	struct var *v = o->last != NULL ? o->last->next : p->f->var;

	for (; v != NULL; v = v->next)
		used_var(p, v)->local = v != o->made;
}

/* `top`: what stands in `r` is run whenever the piece is run to its end. */
static void
note_vars(struct piece *p, const struct region *r, bool top)
{
	struct used_var *u;
	const struct ins *i;

	for (i = r != NULL ? r->first : NULL; i != NULL; i = i->next) {
		note_vars(p, i->body, false);
		note_vars(p, i->other, false);
		if (i->op != IR_GET && i->op != IR_SET)
			continue;
		u = used_var(p, i->u.var);
		if (i->op == IR_SET && top)
			u->sure = true;
		u->set |= i->op == IR_SET;
		u->seen |= !u->sure;
	}
}

/* The variables of the piece leave the function. */
static void
drop_locals(struct piece *p)
{
	struct outline *o = p->o;
	struct var **end = o->last != NULL ? &o->last->next : &p->f->var;
	struct var *v;

	for (v = *end; v != NULL; v = v->next)
		p->f->nvar--;
	*end = NULL;
	p->f->last_var = o->last;
	if (o->made == NULL)
		return;
	o->made->id = p->f->nvar++;
	o->made->next = NULL;
	*end = p->f->last_var = o->made;
}

/* ---- values of the outside ---- */

/* The same member that was moved out before; NULL. */
static struct ins *
find_taken(const struct piece *p, const struct ins *i)
{
	struct ins *t;
	size_t k;

	for (k = 0; k < p->ntaken; k++) {
		t = p->taken[k];
		if (t->op == i->op && (i->op == IR_FIELD ?
		    t->arg[0] == i->arg[0] && t->u.n == i->u.n :
		    i->op == IR_GET ? t->u.var == i->u.var :
		    t->u.fn == i->u.fn))
			return t;
	}
	return NULL;
}

/* May it as well be computed before the call? */
static bool
is_free(struct piece *p, const struct ins *i)
{
	const struct used_var *u;

	if (i->op == IR_GET) {
		u = used_var(p, i->u.var);
		return !u->set && !u->local;
	}
	return i->op == IR_SCORE ||
	    (i->op == IR_FIELD && !is_inside(p, i->arg[0]));
}

/* What stands for `v`: the same value, moved out; what that is in g. */
static struct ins *
resolve(const struct piece *p, struct ins *v)
{
	const union table_value *at;

	while ((at = table_get(&p->inner, v)) != NULL)
		v = at->p;
	return v;
}

static void
move_out(struct piece *p, struct region *r)
{
	struct ins *i, *next, *same;

	for (i = r != NULL ? r->first : NULL; i != NULL; i = next) {
		next = i->next;
		if (i->op == IR_FIELD)
			i->arg[0] = resolve(p, i->arg[0]);
		if (!is_free(p, i)) {
			move_out(p, i->body);
			move_out(p, i->other);
			continue;
		}
		ir_unlink(i);
		same = find_taken(p, i);
		if (same != NULL) {
			table_at(&p->inner, i)->p = same;
			continue;
		}
		ir_append(p->o->before, i);
		p->taken = arena_grow(p->m->a, p->taken, &p->captaken,
		    p->ntaken + 1, sizeof *p->taken);
		p->taken[p->ntaken++] = i;
	}
}

/* ---- records ---- */

/* Appends a field called like `want`, if that is not taken. */
static const char *
add_field(struct piece *p, struct fields *s, const char *want,
    const struct ty *t)
{
	const char *name = want;
	struct ty_field *f;
	unsigned n;

	for (n = 2; table_get(&s->names, name) != NULL; n++)
		name = arena_printf(p->m->a, "%s_%u", want, n);
	table_at(&s->names, name);
	s->v = arena_grow(p->m->a, s->v, &s->cap, s->n + 1u, sizeof *s->v);
	f = &s->v[s->n++];
	*f = (struct ty_field){ .name = name, .type = t };
	return name;
}

static const struct ty *
record(struct piece *p, const struct fields *s, const char *what)
{
	struct ty *t = ty_struct(p->m->types, arena_printf(p->m->a, "%s_%s",
	    p->g->name, what));

	t->field = s->v;
	t->n = s->n;
	return t;
}

static const char *
word_for(const struct ins *v)
{
	if (v->name != NULL)
		return v->name;
	if (v->op == IR_FIELD)
		return v->arg[0]->type->field[v->u.n].name;
	return v->op == IR_GET ? v->u.var->name : "value";
}

/* ---- inputs ---- */

static struct ins *
put(struct piece *p, struct region *r, enum ir_op op, const struct ty *t,
    struct ins *arg)
{
	return ir_add(p->m, r, op, t, &arg, arg != NULL, p->o->hold->at);
}

/* An input of g that is `v` at the call. */
static struct ins *
add_input(struct piece *p, struct ins *v, const char *want)
{
	struct ins *a = put(p, p->g->body, IR_ARG, v->type, NULL);
	uint64_t most = ir_plan_items(v);

	a->u.n = p->in.n;
	a->name = add_field(p, &p->in, want, v->type);
	if (v->type->kind == TY_LIST && most < UINT64_C(1) << 53) {
		p->in.v[a->u.n].has_max = true;
		p->in.v[a->u.n].max = (double)most;
	}
	p->arg = arena_grow(p->m->a, p->arg, &p->caparg, p->in.n,
	    sizeof(struct ins *));
	p->arg[a->u.n] = v;
	return a;
}

/* What `v` is in g. */
static struct ins *
inner(struct piece *p, struct ins *v)
{
	union table_value *at;
	struct ins *i;

	v = resolve(p, v);
	if (v->in->fn == p->g || is_inside(p, v))
		return v;
	if (ir_is_const(v) || v->op == IR_PARAM) {
		i = put(p, p->g->body, v->op, v->type, NULL);
		i->u = v->u;
		i->name = v->name;
	} else
		i = add_input(p, v, word_for(v));
	at = table_at(&p->inner, v);
	at->p = i;
	return i;
}

static void
inputs(struct piece *p, struct region *r)
{
	struct ins *i;
	unsigned k;

	if (r == NULL)
		return;
	for (i = r->first; i != NULL; i = i->next) {
		for (k = 0; k < i->narg; k++)
			i->arg[k] = inner(p, i->arg[k]);
		inputs(p, i->body);
		inputs(p, i->other);
	}
	if (r->result != NULL)
		r->result = inner(p, r->result);
}

/* Variables whose earlier value may be seen begin with it. */
static void
input_vars(struct piece *p)
{
	struct used_var *u;
	struct ins *i;

	for (u = p->used; u != NULL; u = u->next) {
		if (!u->set && !u->local)
			continue;       /* its readings were moved out */
		u->own = ir_var(p->m, p->g, u->outer->name, u->outer->type);
		if (u->local || !u->seen)
			continue;
		i = put(p, p->o->before, IR_GET, u->outer->type, NULL);
		i->u.var = u->outer;
		i = add_input(p, i, u->outer->name);
		i = put(p, p->g->body, IR_SET, ty_basic(p->m->types, TY_VOID),
		    i);
		i->u.var = u->own;
	}
}

/* ---- the body and what it gives ---- */

static void
own_region(struct piece *p, struct region *r)
{
	struct ins *i;

	if (r == NULL)
		return;
	r->fn = p->g;
	for (i = r->first; i != NULL; i = i->next) {
		if (i->op == IR_GET || i->op == IR_SET)
			i->u.var = used_var(p, i->u.var)->own;
		own_region(p, i->body);
		own_region(p, i->other);
	}
}

static void
move_body(struct piece *p)
{
	struct region *r = p->o->hold->body;
	struct ins *i;

	own_region(p, r);
	while ((i = r->first) != NULL) {
		ir_unlink(i);
		ir_append(p->g->body, i);
	}
}

/* `v` as an output of g; gives what it is after the call. */
static struct ins *
add_output(struct piece *p, struct ins *call, struct ins *v, const char *want)
{
	struct ins *back = put(p, p->o->after, IR_FIELD, v->type, call);

	p->given = arena_grow(p->m->a, p->given, &p->capgiven, p->out.n + 1u,
	    sizeof(struct ins *));
	p->given[p->out.n] = v;
	back->u.n = p->out.n;
	add_field(p, &p->out, want, v->type);
	return back;
}

/* The record of outputs at the end of g; what comes back after the call. */
static void
outputs(struct piece *p, struct ins *call)
{
	struct outline *o = p->o;
	struct used_var *u;
	struct ins *i, *v;
	bool ends = ir_ends(p->g->body);
	unsigned k;

	for (k = 0; k < o->nvalue; k++) {
		v = o->value[k];
		if (v->in->fn != p->g)
			continue;
		o->value[k] = add_output(p, call, v, word_for(v));
		o->value[k]->name = v->name;
	}
	for (u = p->used; u != NULL && !ends; u = u->next) {
		if (u->local || !u->set)
			continue;
		i = put(p, p->g->body, IR_GET, u->own->type, NULL);
		i->u.var = u->own;
		i = add_output(p, call, i, u->own->name);
		i = put(p, o->after, IR_SET, ty_basic(p->m->types, TY_VOID),
		    i);
		i->u.var = u->outer;
		if (u->outer == o->made)
			o->made->made = i;
	}
	call->type = p->g->out = record(p, &p->out, "out");
	if (ends)
		return;
	i = ir_add(p->m, p->g->body, IR_RECORD, p->g->out, p->given, p->out.n,
	    o->hold->at);
	put(p, p->g->body, IR_RET, ty_basic(p->m->types, TY_VOID), i);
}

static void
piece_init(struct piece *p, struct outline *o)
{
	struct fn *f = o->hold->in->fn;
	const char *name;

	*p = (struct piece){ .o = o, .m = o->m, .f = f };
	p->last_used = &p->used;
	table_init(&p->var, o->m->a);
	table_init(&p->inner, o->m->a);
	table_init_text(&p->in.names, o->m->a);
	table_init_text(&p->out.names, o->m->a);
	name = arena_printf(o->m->a, "%s_%s_%u", f->c_name, o->name,
	    ++f->nbranch);
	p->g = ir_fn_before(o->m, f, FN_BRANCH, name);
	p->g->at = o->hold->at;
}

struct ins *
outline(struct outline *o)
{
	struct piece p;
	struct ins *call;
	unsigned k;

	piece_init(&p, o);
	note_locals(&p);
	note_vars(&p, o->hold->body, true);
	move_out(&p, o->hold->body);
	for (k = 0; k < o->nvalue; k++)
		o->value[k] = resolve(&p, o->value[k]);
	input_vars(&p);
	inputs(&p, o->hold->body);
	p.g->in = record(&p, &p.in, "in");
	call = ir_add(p.m, o->before, IR_RUN, p.g->in, p.arg, p.in.n,
	    o->hold->at);
	ir_unlink(call);
	call->u.fn = p.g;
	call->name = arena_printf(p.m->a, "%s_%u", o->name, p.f->nbranch);
	move_body(&p);
	drop_locals(&p);
	outputs(&p, call);
	return call;
}
