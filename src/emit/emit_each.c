/* Lists that are made of others, as C.
 *
 * Where a call is made for each item, one loop asks for all of them, and
 * another one makes the list of what came.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "emit/emit_in.h"

/* An `each` whose calls are made at once. */
struct at_once {
	struct fgen *fg;
	struct ins *each, *call;
	struct table first, second;     /* what either loop needs of the body */
	const char *list, *count;       /* what it runs over, how far */
	const char *in, *out;           /* arrays of the call's */
	const char *at;                 /* array of the items' places; NULL */
	const char *made;               /* array of what is made; NULL */
	const char *n;                  /* number of calls: a variable, or
	                                 * `count` */
};

/* ---- what a loop needs ---- */

static void need(struct at_once *x, struct table *t, const struct ins *i);

static void
need_region(struct at_once *x, struct table *t, const struct region *r)
{
	if (r == NULL)
		return;
	for (const struct ins *i = r->first; i != NULL; i = i->next) {
		for (unsigned k = 0; k < i->narg; k++)
			need(x, t, i->arg[k]);
		need_region(x, t, i->body);
		need_region(x, t, i->other);
	}
	if (r->result != NULL)
		need(x, t, r->result);
}

/* Marks `i`, and what it is made of, as far as it stands in the body. */
static void
need(struct at_once *x, struct table *t, const struct ins *i)
{
	if (i->in != x->each->body || i == x->call || table_get(t, i) != NULL)
		return;
	table_at(t, i)->n = 1;
	for (unsigned k = 0; k < i->narg; k++)
		need(x, t, i->arg[k]);
	need_region(x, t, i->body);
	need_region(x, t, i->other);
}

static void
share_out(struct at_once *x)
{
	const struct ins *i;

	table_init(&x->first, &x->fg->g->a);
	table_init(&x->second, &x->fg->g->a);
	for (unsigned k = 0; k < x->call->narg; k++)
		need(x, &x->first, x->call->arg[k]);
	need(x, &x->second, x->each->body->result);
	for (i = x->each->body->first->next; i != NULL; i = i->next)
		if (!x->fg->plan.inl[i->id] &&
		    table_get(&x->first, i) == NULL)
			need(x, &x->second, i);
}

/* ---- loops ---- */

static const char *
item_at(struct at_once *x, const char *at)
{
	return arena_printf(&x->fg->g->a, "%s.v[%s]", x->list, at);
}

/* Skips the items that do not pass the condition; `v` is the item. */
static void
condition(struct fgen *fg, struct ins *each, const char *v)
{
	struct cw *w = &fg->g->w;

	if (each->other == NULL)
		return;
	fg->value[each->other->first->id] = v;
	fgen_region(fg, each->other, false);
	cw_line(w, "if (%s)", fexpr_not(fg, each->other->result, PREC_ANY));
	cw_line(w, "\tcontinue;");
}

/* Arrays for all calls, checked. */
static void
arrays(struct at_once *x)
{
	struct fgen *fg = x->fg;
	struct arena *a = &fg->g->a;
	const struct ins *i = x->each, *item = i->body->first;
	const struct ty *in = x->call->op == IR_ASK ?
	    x->call->u.prompt->in : x->call->u.fn->in;
	const char *none = arena_printf(a, "%s == NULL || %s == NULL", x->in,
	    x->out);

	fgen_alloc(fg, in, x->in, x->count);
	fgen_alloc(fg, x->call->type, x->out, x->count);
	if (i->body->result != x->call) {
		x->made = fgen_name(fg, arena_printf(a, "%s_v",
		    i->name != NULL ? i->name : "list"));
		fgen_alloc(fg, i->type->of, x->made, x->count);
		none = arena_printf(a, "%s || %s == NULL", none, x->made);
	}
	if (i->other != NULL && table_get(&x->second, item) != NULL) {
		x->at = fgen_name(fg, arena_printf(a, "%s_at", x->out));
		cw_line(&fg->g->w, "size_t *%s = mip_alloc(m, %s, "
		    "sizeof *%s);", x->at, x->count, x->at);
		none = arena_printf(a, "%s || %s == NULL", none, x->at);
	}
	if (i->other != NULL) {
		x->n = fgen_name(fg, "n");
		cw_line(&fg->g->w, "size_t %s = 0;", x->n);
	}
	cw_blank(&fg->g->w);
	cw_line(&fg->g->w, "if (%s)", none);
	cw_line(&fg->g->w, "\t%s", fgen_bail(fg));
}

static void
ask_all(struct at_once *x)
{
	struct fgen *fg = x->fg;
	struct cw *w = &fg->g->w;
	struct ins *call = x->call;
	size_t scope = fg->nname;
	const char *i = fgen_name(fg, "i");
	const char *n = x->each->other != NULL ? x->n : i;

	cw_open(w, "for (size_t %s = 0; %s < %s; %s++) {", i, i, x->count, i);
	condition(fg, x->each, item_at(x, i));
	fg->value[x->each->body->first->id] = item_at(x, i);
	fgen_statements(fg, x->each->body->first, call, &x->first);
	cw_blank(w);
	fgen_record(fg, arena_printf(&fg->g->a, "%s[%s] = ", x->in, n), call);
	if (x->at != NULL)
		cw_line(w, "%s[%s] = %s;", x->at, n, i);
	if (call->op == IR_ASK)
		cw_line(w, "mip_ask(m, &%s, &%s[%s], &%s[%s]);",
		    call->u.prompt->c_name, x->in, n, x->out, n);
	else
		cw_line(w, "mip_fork(m, %u, %s_body, &%s[%s], &%s[%s]);",
		    call->site, call->u.fn->c_name, x->in, n, x->out, n);
	if (x->each->other != NULL)
		cw_line(w, "%s++;", n);
	cw_close(w, "}");
	fg->nname = scope;
	fgen_wait(fg, "mip_wait(m)");
}

/* What the first loop has computed is unknown in the second one. */
static void
forget(struct fgen *fg, const struct region *r)
{
	if (r == NULL)
		return;
	for (const struct ins *i = r->first; i != NULL; i = i->next) {
		fg->value[i->id] = NULL;
		forget(fg, i->body);
		forget(fg, i->other);
	}
}

static void
make_all(struct at_once *x)
{
	struct fgen *fg = x->fg;
	struct arena *a = &fg->g->a;
	struct ins *each = x->each;
	struct region *r = each->body;
	size_t scope;
	const char *i;

	fgen_named(fg, each, "list");
	cw_blank(&fg->g->w);
	cw_line(&fg->g->w, "%s{ %s, %s };", fgen_braced(fg, each),
	    x->made != NULL ? x->made : x->out, x->n);
	if (x->made == NULL)
		return;
	cw_blank(&fg->g->w);
	scope = fg->nname;
	i = fgen_name(fg, "i");
	cw_open(&fg->g->w, "for (size_t %s = 0; %s < %s; %s++) {", i, i, x->n,
	    i);
	forget(fg, r);
	fg->value[r->first->id] = item_at(x, x->at == NULL ? i :
	    arena_printf(a, "%s[%s]", x->at, i));
	fg->value[x->call->id] = arena_printf(a, "%s[%s]", x->out, i);
	fgen_statements(fg, r->first, NULL, &x->second);
	cw_line(&fg->g->w, "%s[%s] = %s;", x->made, i, fexpr(fg, r->result,
	    PREC_COND));
	cw_close(&fg->g->w, "}");
	fg->nname = scope;
}

static void
at_once(struct fgen *fg, struct ins *i, struct ins *call)
{
	struct arena *a = &fg->g->a;
	struct at_once x = { .fg = fg, .each = i, .call = call };

	share_out(&x);
	x.list = fgen_list(fg, i->arg[0]);
	x.count = arena_printf(a, "%s.n", x.list);
	if (i->u.i >= 0) {
		const char *most = fgen_name(fg, "most");

		cw_line(&fg->g->w, "size_t %s = %s < %s ? %s : %s;", most,
		    x.count, gen_int(fg->g, i->u.i), x.count,
		    gen_int(fg->g, i->u.i));
		x.count = most;
	}
	x.n = x.count;
	x.out = fgen_name(fg, call->name != NULL ? call->name :
	    call->op == IR_ASK ? arena_printf(a, "%s_reply",
	    call->u.prompt->c_name) : arena_printf(a, "%s_result",
	    call->u.fn->c_name));
	x.in = fgen_name(fg, arena_printf(a, "%s_in", x.out));
	arrays(&x);
	ask_all(&x);
	make_all(&x);
}

static void
one_by_one(struct fgen *fg, struct ins *i)
{
	struct arena *a = &fg->g->a;
	struct cw *w = &fg->g->w;
	const char *list = fgen_list(fg, i->arg[0]), *bound = "";
	const char *name = fgen_named(fg, i, "list");
	const char *v = fgen_name(fg, arena_printf(a, "%s_v", name));
	size_t scope = fg->nname;
	const char *at = fgen_name(fg, "i");
	const char *item = arena_printf(a, "%s.v[%s]", list, at);

	fgen_alloc(fg, i->type->of, v, arena_printf(a, "%s.n", list));
	cw_line(w, "%s{ %s, 0 };", fgen_braced(fg, i), v);
	cw_blank(w);
	fgen_memory(fg, v);
	if (i->u.i >= 0)
		bound = arena_printf(a, " && %s < %s", at,
		    gen_int(fg->g, i->u.i));
	cw_open(w, "for (size_t %s = 0; %s < %s.n%s; %s++) {", at, at, list,
	    bound, at);
	condition(fg, i, item);
	fg->value[i->body->first->id] = item;
	fgen_region(fg, i->body, false);
	cw_line(w, "%s[%s.n++] = %s;", v, name, fexpr(fg, i->body->result,
	    PREC_COND));
	cw_close(w, "}");
	fg->nname = scope;
}

void
fgen_each(struct fgen *fg, struct ins *i)
{
	struct ins *call = ir_each_call(i);

	if (call != NULL)
		at_once(fg, i, call);
	else
		one_by_one(fg, i);
}
