/* Operations as C statements.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "emit/emit_in.h"

/* ---- names ---- */

const char *
fgen_named(struct fgen *fg, struct ins *i, const char *otherwise)
{
	const char *name;

	if (fg->ahead[i->id])
		return fg->value[i->id];
	name = fgen_name(fg, i->name != NULL ? i->name : otherwise);
	fg->value[i->id] = name;
	return name;
}

const char *
fgen_ahead(struct fgen *fg, struct ins *i)
{
	const char *name = fgen_named(fg, i, i->op == IR_ASK ?
	    arena_printf(&fg->g->a, "%s_reply", i->u.prompt->c_name) :
	    i->op == IR_LIST || i->op == IR_EACH ? "list" : "value");

	fg->ahead[i->id] = true;
	return name;
}

const char *
fgen_declared(struct fgen *fg, const struct ins *i)
{
	const char *name = fg->value[i->id];

	return fg->ahead[i->id] ? name : gtype_decl(fg->g, i->type, name);
}

const char *
fgen_braced(struct fgen *fg, const struct ins *i)
{
	struct arena *a = &fg->g->a;

	if (!fg->ahead[i->id])
		return arena_printf(a, "%s = ", fgen_declared(fg, i));
	return arena_printf(a, "%s = (%s)", fg->value[i->id],
	    gtype_c(fg->g, i->type));
}

bool
fgen_is_direct(const struct ins *i)
{
	const struct ins *o = i->in->owner;

	return i->op == IR_RUN && !ir_calls(i) &&
	    (o == NULL || o->op != IR_PAR);
}

void
fgen_declare(struct fgen *fg, const struct ins *i)
{
	/* Compilers that look into a function that fails do not see that then
	 * what it gives is not read. */
	if (!fg->ahead[i->id])
		cw_line(&fg->g->w, fgen_is_direct(i) ? "%s = { 0 };" : "%s;",
		    fgen_declared(fg, i));
	cw_blank(&fg->g->w);
}

/* How a failure ends what is being run. */
const char *
fgen_bail(struct fgen *fg)
{
	if (fg->f->kind == FN_CHECK)
		return "return false;";
	if (fg->bail == NULL)
		return "return mip_status(m);";
	fg->bailed = true;
	return arena_printf(&fg->g->a, "goto %s;", fg->bail);
}

void
fgen_wait(struct fgen *fg, const char *call)
{
	fg->uses_m = true;
	cw_line(&fg->g->w, "if (%s != MIP_OK)", call);
	cw_line(&fg->g->w, "\t%s", fgen_bail(fg));
}

void
fgen_memory(struct fgen *fg, const char *name)
{
	cw_line(&fg->g->w, "if (%s == NULL)", name);
	cw_line(&fg->g->w, "\t%s", fgen_bail(fg));
}

/* ---- calls ---- */

/* `{ .a = ..., };` from the arguments of the call `i` of inputs `in`. */
static void
members(struct fgen *fg, const char *before, const struct ins *i,
    const struct ty *in)
{
	cw_open(&fg->g->w, "%s{", before);
	for (unsigned k = 0; k < i->narg; k++)
		cw_line(&fg->g->w, ".%s = %s%s", gtype_member(fg->g, in, k),
		    fexpr(fg, i->arg[k], PREC_COND),
		    k + 1 < i->narg ? "," : "");
	cw_close(&fg->g->w, "};");
}

void
fgen_record(struct fgen *fg, const char *before, const struct ins *i)
{
	const struct ty *in = i->op == IR_ASK ? i->u.prompt->in : i->u.fn->in;

	if (i->narg > 0)
		members(fg, arena_printf(&fg->g->a, "%s(%s)", before,
		    gtype_c(fg->g, in)), i, in);
}

const char *
fgen_inputs(struct fgen *fg, struct ins *i, const struct ty *in,
    const char *base)
{
	struct cw *w = &fg->g->w;
	const char *name = fgen_name(fg, arena_printf(&fg->g->a, "%s_in",
	    base));

	if (i->narg == 0)
		cw_line(w, "%s = { 0 };", gtype_decl(fg->g, in, name));
	else
		members(fg, arena_printf(&fg->g->a, "%s = ", gtype_decl(fg->g,
		    in, name)), i, in);
	return name;
}

/* The asking, without the waiting. */
static void
ask(struct fgen *fg, struct ins *i)
{
	const struct prompt *p = i->u.prompt;
	const char *name = fgen_named(fg, i, arena_printf(&fg->g->a,
	    "%s_reply", p->c_name));
	const char *in = fgen_inputs(fg, i, p->in, name);

	fg->uses_m = true;
	fgen_declare(fg, i);
	if (fg->again[i->id] != NULL)
		cw_line(&fg->g->w, "mip_ask_again(m, &%s, &%s, &%s, &%s);",
		    p->c_name, in, name, fg->again[i->id]);
	else
		cw_line(&fg->g->w, "mip_ask(m, &%s, &%s, &%s);", p->c_name,
		    in, name);
}

static void
run(struct fgen *fg, struct ins *i)
{
	const struct fn *f = i->u.fn;
	const char *name = fgen_named(fg, i, arena_printf(&fg->g->a,
	    "%s_result", f->c_name));
	const char *in = fgen_inputs(fg, i, f->in, name);

	const char *args = arena_printf(&fg->g->a, "%s_body, &%s, &%s)",
	    f->c_name, in, name);

	fg->uses_m = true;
	fgen_declare(fg, i);
	if (fgen_is_direct(i))
		fgen_wait(fg, arena_printf(&fg->g->a, "%s_body(m, &%s, &%s)",
		    f->c_name, in, name));
	else if (i->in->owner != NULL && i->in->owner->op == IR_PAR)
		cw_line(&fg->g->w, "mip_fork(m, %u, %s;", i->site, args);
	else
		fgen_wait(fg, arena_printf(&fg->g->a, "mip_run(m, %u, %s",
		    i->site, args));
}

static void
score(struct fgen *fg, struct ins *i)
{
	const char *name = fgen_name(fg, i->name != NULL ? i->name :
	    i->u.fn->c_name);

	fg->uses_gold = fg->uses_in = fg->uses_out = true;
	cw_line(&fg->g->w, "struct mip_score %s;", name);
	cw_blank(&fg->g->w);
	fgen_wait(fg, arena_printf(&fg->g->a,
	    "%s_score(m, gold, in, out, &%s)", i->u.fn->c_name, name));
	if (fg->ahead[i->id])
		cw_line(&fg->g->w, "%s = %s.value;", fg->value[i->id], name);
	else
		fg->value[i->id] = arena_printf(&fg->g->a, "%s.value", name);
}

static void
credit(struct fgen *fg, struct ins *i)
{
	fg->uses_m = fg->can_fail = true;
	cw_line(&fg->g->w, "mip_credit(m, %s, %s, %s);",
	    gen_string(fg->g, i->u.prompt->name),
	    fexpr(fg, i->arg[0], PREC_COND),
	    i->narg > 1 ? fexpr(fg, i->arg[1], PREC_COND) : "NULL");
}

static void
par(struct fgen *fg, struct ins *i)
{
	for (struct ins *c = i->body->first; c != NULL; c = c->next) {
		cw_blank(&fg->g->w);
		if (c->op == IR_ASK)
			ask(fg, c);
		else
			run(fg, c);
	}
	if (i->body->first != NULL)
		fgen_wait(fg, "mip_wait(m)");
}

/* ---- data ---- */

void
fgen_alloc(struct fgen *fg, const struct ty *of, const char *name,
    const char *n)
{
	const char *c = gtype_c(fg->g, of);
	bool star = c[strlen(c) - 1] == '*';

	fg->uses_m = true;
	cw_line(&fg->g->w, star ? "%s*%s = mip_alloc(m, %s, sizeof *%s);" :
	    "%s *%s = mip_alloc(m, %s, sizeof *%s);", c, name, n, name);
}

static void
list(struct fgen *fg, struct ins *i)
{
	struct arena *a = &fg->g->a;
	const char *name = fgen_named(fg, i, "list");
	const char *v = fgen_name(fg, arena_printf(a, "%s_v", name));

	fgen_alloc(fg, i->type->of, v, arena_printf(a, "%u", i->narg));
	cw_line(&fg->g->w, "%s{ %s, %u };", fgen_braced(fg, i), v, i->narg);
	cw_blank(&fg->g->w);
	fgen_memory(fg, v);
	for (unsigned k = 0; k < i->narg; k++)
		cw_line(&fg->g->w, "%s[%u] = %s;", v, k,
		    fexpr(fg, i->arg[k], PREC_COND));
}

static void
map(struct fgen *fg, struct ins *i)
{
	struct arena *a = &fg->g->a;
	const char *name = fgen_named(fg, i, "map");
	const char *key = fgen_name(fg, arena_printf(a, "%s_key", name));
	const char *v = fgen_name(fg, arena_printf(a, "%s_v", name));
	const char *n = arena_printf(a, "%u", i->narg / 2);

	cw_line(&fg->g->w, "const char **%s = mip_alloc(m, %s, sizeof *%s);",
	    key, n, key);
	fgen_alloc(fg, i->type->of, v, n);
	cw_line(&fg->g->w, "%s{ %s, %s, %s };", fgen_braced(fg, i), key, v, n);
	cw_blank(&fg->g->w);
	fgen_memory(fg, arena_printf(a, "%s == NULL || %s", key, v));
	for (unsigned k = 0; k < i->narg; k += 2) {
		cw_line(&fg->g->w, "%s[%u] = %s;", key, k / 2,
		    fexpr(fg, i->arg[k], PREC_COND));
		cw_line(&fg->g->w, "%s[%u] = %s;", v, k / 2,
		    fexpr(fg, i->arg[k + 1], PREC_COND));
	}
}

static void
lookup(struct fgen *fg, struct ins *i)
{
	const struct ty *of = i->arg[0]->type->of;
	const char *map = fexpr_address(fg, i->arg[0]);
	const char *key = fexpr(fg, i->arg[1], PREC_COND);

	fgen_named(fg, i, "found");
	if (ty_base(of)->kind == TY_STRING || of->kind == TY_OPTIONAL)
		cw_line(&fg->g->w, "%s = mip_map_get_pointer(%s, %s);",
		    fgen_declared(fg, i), map, key);
	else
		cw_line(&fg->g->w, "%s = mip_map_get(%s, sizeof(%s), %s);",
		    fgen_declared(fg, i), map, gtype_c(fg->g, of), key);
}

static void
some(struct fgen *fg, struct ins *i)
{
	const char *name = fgen_named(fg, i, "some"), *to = name;

	if (fg->ahead[i->id])
		to = fgen_name(fg, "some");
	fgen_alloc(fg, i->type->of, to, "1");
	fgen_memory(fg, to);
	cw_line(&fg->g->w, "*%s = %s;", to, fexpr(fg, i->arg[0],
	    PREC_COND));
	if (to != name)
		cw_line(&fg->g->w, "%s = %s;", name, to);
}

static void
inject(struct fgen *fg, struct ins *i)
{
	fgen_named(fg, i, "either");
	cw_line(&fg->g->w, "%s{ .arm = %u, .u.%s = %s };", fgen_braced(fg, i),
	    i->u.n, gtype_arm(fg->g, i->type, i->u.n),
	    fexpr(fg, i->arg[0], PREC_COND));
}

static void
append(struct fgen *fg, struct ins *i)
{
	const char *name = fgen_named(fg, i, "both");

	fg->uses_m = fg->can_fail = true;
	fgen_declare(fg, i);
	cw_line(&fg->g->w, "mip_list_concat(m, %s, %s, %s, &%s);",
	    gtype_desc(fg->g, i->type->of), fexpr_address(fg, i->arg[0]),
	    fexpr_address(fg, i->arg[1]), name);
}

static void
written_library(struct fgen *fg, struct ins *i)
{
	const char *name = fgen_named(fg, i, builtins[i->u.lib].name);

	fgen_declare(fg, i);
	cw_line(&fg->g->w, "%s;", fexpr_lib(fg, i, name));
}

static void
index_of(struct fgen *fg, struct ins *i)
{
	const char *list = fexpr(fg, i->arg[0], PREC_POST);
	const char *at = fgen_name(fg, "at");

	fg->uses_m = true;
	cw_line(&fg->g->w, "size_t %s;", at);
	cw_blank(&fg->g->w);
	cw_line(&fg->g->w, "if (!mip_index(m, %s, %s.n, &%s))",
	    fexpr(fg, i->arg[1], PREC_COND), list, at);
	cw_line(&fg->g->w, "\t%s", fgen_bail(fg));
	if (fg->plan.uses[i->id] == 0)
		return;
	fgen_named(fg, i, "item");
	cw_line(&fg->g->w, "%s = %s.v[%s];", fgen_declared(fg, i), list, at);
}

/* ---- loops ---- */

static struct ins *
item_of(const struct region *r)
{
	return r != NULL && r->first != NULL && r->first->op == IR_ITEM ?
	    r->first : NULL;
}

const char *
fgen_list(struct fgen *fg, struct ins *list)
{
	const char *s = fexpr(fg, list, PREC_POST), *name;

	if (!fg->plan.inl[list->id] || list->op == IR_ARG ||
	    (list->op == IR_FIELD && strchr(s, '(') == NULL))
		return s;
	name = fgen_name(fg, "list");
	cw_line(&fg->g->w, "%s = %s;", gtype_decl(fg->g, list->type, name),
	    fexpr(fg, list, PREC_COND));
	cw_blank(&fg->g->w);
	return name;
}

/* The item gets a variable if it has a name and is used. */
static void
bind_item(struct fgen *fg, struct ins *item, const struct ty *of,
    const char *list, const char *at)
{
	if (item == NULL || fg->plan.uses[item->id] == 0)
		return;
	if (of->kind == TY_STRUCT || item->name == NULL) {
		fg->value[item->id] = arena_printf(&fg->g->a, "%s.v[%s]",
		    list, at);
		return;
	}
	cw_line(&fg->g->w, "%s = %s.v[%s];", gtype_decl(fg->g, of,
	    fgen_named(fg, item, "item")), list, at);
	cw_blank(&fg->g->w);
}

static void
for_list(struct fgen *fg, struct ins *i)
{
	struct arena *a = &fg->g->a;
	const char *list = fgen_list(fg, i->arg[0]);
	size_t scope = fg->nname;
	const char *at = fgen_name(fg, "i"), *bound = "";

	if (i->u.i >= 0)
		bound = arena_printf(a, " && %s < %s", at,
		    gen_int(fg->g, i->u.i));
	cw_open(&fg->g->w, "for (size_t %s = 0; %s < %s.n%s; %s++) {", at, at,
	    list, bound, at);
	bind_item(fg, item_of(i->body), i->arg[0]->type->of, list, at);
	fgen_loop(fg, i->body);
	fg->nname = scope;
}

static void
for_range(struct fgen *fg, struct ins *i)
{
	struct arena *a = &fg->g->a;
	const char *hi = fexpr(fg, i->arg[1], PREC_ADD), *head;
	struct ins *item = item_of(i->body);
	size_t scope;
	const char *at;

	if (!ir_is_const(i->arg[1])) {
		const char *last = fgen_name(fg, "last");

		cw_line(&fg->g->w, "int64_t %s = %s;", last,
		    fexpr(fg, i->arg[1], PREC_COND));
		cw_blank(&fg->g->w);
		hi = last;
	}
	scope = fg->nname;
	at = item != NULL && item->name != NULL ? fgen_named(fg, item, "i") :
	    fgen_name(fg, "i");
	if (item != NULL)
		fg->value[item->id] = at;
	head = arena_printf(a, "int64_t %s = %s", at,
	    fexpr(fg, i->arg[0], PREC_COND));
	if (i->u.i >= 0 && !(ir_is_const(i->arg[0]) &&
	    ir_is_const(i->arg[1]))) {
		const char *n = fgen_name(fg, "n");

		cw_open(&fg->g->w, "for (%s, %s = 0; %s <= %s && %s < %s; "
		    "%s++, %s++) {", head, n, at, hi, n,
		    gen_int(fg->g, i->u.i), at, n);
	} else {
		cw_open(&fg->g->w, "for (%s; %s <= %s; %s++) {", head, at, hi,
		    at);
	}
	fgen_loop(fg, i->body);
	fg->nname = scope;
}

static void
while_(struct fgen *fg, struct ins *i)
{
	struct cw *w = &fg->g->w;
	size_t scope = fg->nname;
	const char *n = fgen_name(fg, "n"), *limit = gen_int(fg->g, i->u.i);

	if (fregion_inline(fg, i->other)) {
		cw_open(w, "for (int64_t %s = 0; %s < %s && %s; %s++) {", n, n,
		    limit, fexpr(fg, i->other->result, PREC_EQ), n);
	} else {
		cw_open(w, "for (int64_t %s = 0; %s < %s; %s++) {", n, n,
		    limit, n);
		fgen_region(fg, i->other, false);
		cw_line(w, "if (%s)", fexpr_not(fg, i->other->result,
		    PREC_ANY));
		cw_line(w, "\tbreak;");
	}
	fgen_loop(fg, i->body);
	fg->nname = scope;
}

/* ---- branches ---- */

/* The only statement of a region, if it is an `if`: for `else if`. */
static struct ins *
only_if(const struct fgen *fg, const struct region *r)
{
	struct ins *only = NULL;

	for (struct ins *i = r->first; i != NULL; i = i->next) {
		if (fg->plan.inl[i->id])
			continue;
		if (only != NULL || i->op != IR_IF)
			return NULL;
		only = i;
	}
	return only;
}

static void
if_(struct fgen *fg, struct ins *i)
{
	struct cw *w = &fg->g->w;

	cw_open(w, "if (%s) {", fexpr(fg, i->arg[0], PREC_ANY));
	fgen_region(fg, i->body, true);
	while (i->other != NULL && i->other->first != NULL) {
		struct ins *next = only_if(fg, i->other);

		if (next == NULL) {
			cw_reopen(w, "} else {");
			fgen_region(fg, i->other, true);
			break;
		}
		cw_reopen(w, "} else if (%s) {", fexpr(fg, next->arg[0],
		    PREC_ANY));
		fgen_region(fg, next->body, true);
		i = next;
	}
	cw_close(w, "}");
}

/* and, or, cond whose regions need statements. */
static void
choose(struct fgen *fg, struct ins *i)
{
	struct cw *w = &fg->g->w;
	const char *name = fg->ahead[i->id] ? fg->value[i->id] :
	    fgen_name(fg, i->name != NULL ? i->name : "value");

	if (i->op == IR_COND) {
		if (!fg->ahead[i->id])
			cw_line(w, "%s;", gtype_decl(fg->g, i->type, name));
		cw_blank(w);
		cw_open(w, "if (%s) {", fexpr(fg, i->arg[0], PREC_ANY));
	} else {
		cw_line(w, "%s%s = %s;", fg->ahead[i->id] ? "" : "bool ",
		    name, fexpr(fg, i->arg[0], PREC_COND));
		cw_blank(w);
		cw_open(w, i->op == IR_AND ? "if (%s) {" : "if (!%s) {", name);
	}
	fgen_region(fg, i->body, true);
	cw_line(w, "%s = %s;", name, fexpr(fg, i->body->result, PREC_COND));
	if (i->op == IR_COND) {
		cw_reopen(w, "} else {");
		fgen_region(fg, i->other, true);
		cw_line(w, "%s = %s;", name, fexpr(fg, i->other->result,
		    PREC_COND));
	}
	cw_close(w, "}");
	fg->value[i->id] = name;
}

/* ---- leaving ---- */

/* What leaves a try has not failed. */
static void
check_late(struct fgen *fg)
{
	if (fg->bail != NULL && fg->can_fail)
		fgen_wait(fg, "mip_status(m)");
}

static void
ret(struct fgen *fg, struct ins *i)
{
	struct cw *w = &fg->g->w;
	struct ins *v = i->narg > 0 ? i->arg[0] : NULL;

	if (fg->f->kind == FN_CHECK) {
		cw_line(w, "return %s;", fexpr(fg, v, PREC_ANY));
		return;
	}
	if (fg->f->kind == FN_METRIC) {
		cw_line(w, "score->value = %s;", fexpr(fg, v, PREC_COND));
		cw_line(w, "score->feedback = %s;", i->narg > 1 ?
		    fexpr(fg, i->arg[1], PREC_COND) : "NULL");
	} else if (v != NULL && v->op == IR_RECORD &&
	    fg->plan.inl[v->id]) {
		for (unsigned k = 0; k < v->narg; k++)
			cw_line(w, "out->%s = %s;", gtype_member(fg->g,
			    v->type, k), fexpr(fg, v->arg[k], PREC_COND));
		fg->uses_out |= v->narg != 0;
	} else if (v != NULL) {
		cw_line(w, "*out = %s;", fexpr(fg, v, PREC_COND));
		fg->uses_out = true;
	}
	check_late(fg);
	fg->uses_m |= fg->can_fail;
	cw_line(w, (fg->can_fail && fg->bail == NULL) || fg->can_exhaust ?
	    "return mip_status(m);" : "return MIP_OK;");
}

static void
fail(struct fgen *fg, struct ins *i)
{
	const char *s = i->u.i == MIP_ASSERT ? "MIP_ASSERT" : "MIP_FAIL";

	fg->uses_m = true;
	if (i->u.i == MIP_OK)
		cw_line(&fg->g->w, "%smip_fail_again(m, %s);",
		    fg->bail == NULL ? "return " : "",
		    fexpr(fg, i->arg[0], PREC_COND));
	else
		cw_line(&fg->g->w, "%smip_fail(m, %s, \"%%s\", %s);",
		    fg->bail == NULL ? "return " : "", s,
		    fexpr(fg, i->arg[0], PREC_COND));
	if (fg->bail != NULL)
		cw_line(&fg->g->w, "%s", fgen_bail(fg));
}

/* As a value that a declaration begins with. */
static const char *
initial(struct fgen *fg, struct ins *i)
{
	if (i->op == IR_LIST && fg->plan.inl[i->id])
		return "{ NULL, 0 }";
	if (i->op == IR_MAP && fg->plan.inl[i->id])
		return "{ NULL, NULL, 0 }";
	return fexpr(fg, i, PREC_COND);
}

static void
set(struct fgen *fg, struct ins *i)
{
	struct var *v = i->u.var;

	if (fg->var[v->id] != NULL) {
		cw_line(&fg->g->w, "%s = %s;", fg->var[v->id],
		    fexpr(fg, i->arg[0], PREC_COND));
		return;
	}
	fg->var[v->id] = fgen_name(fg, v->name != NULL ? v->name : "value");
	cw_line(&fg->g->w, "%s = %s;", gtype_decl(fg->g, v->type,
	    fg->var[v->id]), initial(fg, i->arg[0]));
}

/* A pure value with a variable of its own. */
static void
define(struct fgen *fg, struct ins *i)
{
	const char *text = fexpr(fg, i, PREC_COND);

	if (fg->plan.uses[i->id] == 0) {
		cw_line(&fg->g->w, "(void)%s;", fexpr(fg, i, PREC_UNARY));
		return;
	}
	fgen_named(fg, i, "value");
	cw_line(&fg->g->w, "%s = %s;", fgen_declared(fg, i), text);
}

static void
statement(struct fgen *fg, struct ins *i)
{
	switch (i->op) {
	case IR_SET:    set(fg, i); return;
	case IR_INDEX:  index_of(fg, i); return;
	case IR_EACH:   fgen_each(fg, i); return;
	case IR_LIST: case IR_MAP:
		if (i->narg == 0)
			define(fg, i);
		else if (i->op == IR_LIST)
			list(fg, i);
		else
			map(fg, i);
		return;
	case IR_LOOKUP: lookup(fg, i); return;
	case IR_SOME:
		if (ty_base(i->type->of)->kind == TY_STRING)
			define(fg, i);  /* the pointer that it is already */
		else
			some(fg, i);
		return;
	case IR_INJECT: inject(fg, i); return;
	case IR_APPEND: append(fg, i); return;
	case IR_ASK:
		ask(fg, i);
		fgen_wait(fg, "mip_wait(m)");
		return;
	case IR_CALL:  fgen_call(fg, i); return;
	case IR_JUDGE: fgen_judge(fg, i); return;
	case IR_SEARCH: fgen_search(fg, i); return;
	case IR_EMBED: fgen_embed(fg, i); return;
	case IR_RUN:   run(fg, i); return;
	case IR_SCORE: score(fg, i); return;
	case IR_CREDIT: credit(fg, i); return;
	case IR_IF:    if_(fg, i); return;
	case IR_FOR:   for_list(fg, i); return;
	case IR_RANGE: for_range(fg, i); return;
	case IR_WHILE: while_(fg, i); return;
	case IR_PAR:   par(fg, i); return;
	case IR_SWITCH: fgen_switch(fg, i); return;
	case IR_RETRY: fgen_retry(fg, i); return;
	case IR_TRY:   fgen_try(fg, i); return;
	case IR_EXPECT: case IR_CHECK:
		fgen_claim(fg, i);
		return;
	case IR_BREAK: case IR_CONTINUE:
		check_late(fg);
		fgen_leave(fg, i->op);
		return;
	case IR_RET:   ret(fg, i); return;
	case IR_FAIL:  fail(fg, i); return;
	case IR_AND: case IR_OR: case IR_COND:
		if (!fregion_inline(fg, i->body) ||
		    !fregion_inline(fg, i->other))
			choose(fg, i);
		else
			define(fg, i);
		return;
	case IR_LIB:
		if (fexpr_writes(i->u.lib))
			written_library(fg, i);
		else
			define(fg, i);
		return;
	case IR_STRING: case IR_INT: case IR_FLOAT: case IR_BOOL: case IR_NULL:
	case IR_ENUM: case IR_ARG: case IR_PARAM: case IR_ITEM: case IR_GET:
	case IR_FIELD: case IR_RECORD: case IR_TOFLOAT: case IR_UNWRAP:
	case IR_WIDEN: case IR_IS: case IR_AS: case IR_ISNULL:
	case IR_ADD: case IR_SUB: case IR_MUL: case IR_DIV: case IR_MOD:
	case IR_NEG: case IR_CONCAT:
	case IR_EQ: case IR_NE: case IR_LT: case IR_LE: case IR_GT: case IR_GE:
	case IR_HAS: case IR_NOT: case IR_CAUGHT:
		define(fg, i);
		return;
	case IR_CASE: case IR_NOP:
		break;
	}
	BUG("no statement for %s", ir_ops[i->op].text);
}

/* It may have been computed for what its regions do. */
static bool
has_region_value(const struct ins *i)
{
	return i->op == IR_EACH || i->op == IR_COND || i->op == IR_AND ||
	    i->op == IR_OR;
}

/* Blank lines around what takes several. */
static bool
is_large(const struct ins *i)
{
	if (i->op == IR_LIB)
		return fexpr_writes(i->u.lib);
	return i->op == IR_APPEND || i->op == IR_INDEX || i->op == IR_ASK ||
	    i->op == IR_IF || i->op == IR_SWITCH || i->op == IR_RETRY ||
	    i->op == IR_TRY || i->op == IR_RUN || i->op == IR_CALL ||
	    i->op == IR_JUDGE || i->op == IR_SEARCH || i->op == IR_EMBED ||
	    i->op == IR_PAR ||
	    i->op == IR_FOR || i->op == IR_RANGE || i->op == IR_WHILE ||
	    i->op == IR_EACH || i->op == IR_LIST || i->op == IR_MAP ||
	    i->op == IR_SCORE || i->op == IR_EXPECT || i->op == IR_CHECK;
}

void
fgen_statements(struct fgen *fg, struct ins *i, const struct ins *end,
    const struct table *only)
{
	bool large = false;

	for (; i != end; i = i->next) {
		if (fg->plan.inl[i->id] || i->op == IR_ITEM ||
		    (only != NULL && table_get(only, i) == NULL))
			continue;
		if (large || is_large(i))
			cw_blank(&fg->g->w);
		statement(fg, i);
		if (has_region_value(i) && fg->plan.uses[i->id] == 0 &&
		    fg->value[i->id] != NULL)
			cw_line(&fg->g->w, "(void)%s;", fg->value[i->id]);
		large = is_large(i);
	}
}

void
fgen_region(struct fgen *fg, struct region *r, bool scope)
{
	size_t nname = fg->nname;

	fgen_statements(fg, r->first, NULL, NULL);
	if (scope)
		fg->nname = nname;
}
