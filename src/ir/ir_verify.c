/* The rules of the IR.
 *
 *  - An operation has the number and types of arguments, the operand and the
 *    regions that ir.def says, and gives the type that follows from them.
 *  - A value is used after it, in its region or inside what stands there; the
 *    values of a `par` and of the body of a `retry` are known after it as
 *    well.
 *  - `each`, `and`, `or`, `cond`, the test of `while` and the hint of `retry`,
 *    `expect` and `check` have results, and hold only operations that give
 *    values; the body of `retry` has a result, too; other regions have none.
 *  - The body of `retry` asks a model.
 *  - `par` holds calls of leaves and functions, and none of them needs
 *    another one.
 *  - `item` stands first, and always, in the regions of for, range and each.
 *  - `case` stands in `switch` and nowhere else, `break` and `continue` in
 *    loops; what ends a region stands last; a function ends by ret or fail.
 *  - `expect` and `check` stand in tests, which nothing calls.
 *  - Functions call only those before them, so that nothing recurses.
 *  - Names are unique.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/table.h"
#include "ir/ir_in.h"

static bool verify_region(struct verifier *v, const struct region *r);

bool
ir_bad(struct verifier *v, const struct ins *i, const char *fmt, ...)
{
	va_list ap;
	int n;

	n = snprintf(v->why, IR_WHY, "%.60s: ", v->f != NULL ? v->f->name : "");
	if (i != NULL && n >= 0 && n < IR_WHY)
		n += snprintf(v->why + n, (size_t)(IR_WHY - n),
		    "operation %u, %s%s%.60s: ", i->id, ir_ops[i->op].text,
		    i->name != NULL ? " " : "",
		    i->name != NULL ? i->name : "");
	if (n >= 0 && n < IR_WHY) {
		va_start(ap, fmt);
		vsnprintf(v->why + n, (size_t)(IR_WHY - n), fmt, ap);
		va_end(ap);
	}
	return false;
}

/* Has the region of `o` a result? */
static bool
wants_result(const struct ins *o, const struct region *r)
{
	if (o == NULL)
		return false;
	return o->op == IR_EACH || o->op == IR_AND || o->op == IR_OR ||
	    o->op == IR_COND || o->op == IR_RETRY ||
	    o->op == IR_EXPECT || o->op == IR_CHECK ||
	    (o->op == IR_WHILE && r == o->other);
}

/* Are the values of the region known after it? */
static bool
stays_known(const struct region *r)
{
	const struct ins *o = r->owner;

	return o != NULL && (o->op == IR_PAR ||
	    (o->op == IR_RETRY && r == o->body));
}

static bool
verify_shape(struct verifier *v, const struct ins *i)
{
	const struct ir_opinfo *info = &ir_ops[i->op];
	unsigned k;

	if (info->narg != IR_ANY && i->narg != (unsigned)info->narg)
		return ir_bad(v, i, "%u arguments, not %d", i->narg,
		    info->narg);
	if (i->type == NULL || ((i->type->kind == TY_VOID) ==
	    ((info->flags & OPF_VALUE) != 0)))
		return ir_bad(v, i, "a value, or none, against the table");
	if ((i->body != NULL) != ((info->flags & OPF_BODY) != 0) ||
	    (i->other != NULL && !(info->flags & OPF_OTHER)))
		return ir_bad(v, i, "regions against the table");
	for (k = 0; k < i->narg; k++)
		if (i->arg[k] == NULL || i->arg[k]->id >= v->f->nins ||
		    v->known[i->arg[k]->id] != i->arg[k])
			return ir_bad(v, i, "argument %u is not known here", k);
	return true;
}

static bool
verify_ins(struct verifier *v, struct ins *i)
{
	bool is_loop = i->op == IR_FOR || i->op == IR_RANGE ||
	    i->op == IR_WHILE;
	unsigned loops = v->loops;
	bool ok = true;

	if (!verify_shape(v, i))
		return false;
	if (v->f->kind == FN_CHECK &&
	    (ir_ops[i->op].flags & (OPF_MODEL | OPF_TOOL)))
		return ir_bad(v, i, "a condition calls nothing");
	v->loops = loops + is_loop;
	if (i->body != NULL)
		ok = verify_region(v, i->body);
	v->loops = loops;
	if (ok && i->other != NULL)
		ok = verify_region(v, i->other);
	if (!ok || !ir_verify_op(v, i))
		return false;
	if (ir_ops[i->op].flags & OPF_VALUE)
		v->known[i->id] = i;
	return true;
}

static void
forget(struct verifier *v, const struct region *r)
{
	const struct ins *i;

	for (i = r->first; i != NULL; i = i->next) {
		v->known[i->id] = NULL;
		if (i->op == IR_PAR || i->op == IR_RETRY)
			forget(v, i->body);
	}
}

static bool
result_known(struct verifier *v, const struct region *r, bool wanted)
{
	const struct ins *x = r->result;

	if ((x != NULL) != wanted)
		return ir_bad(v, r->owner, wanted ? "a region without result" :
		    "a region with a result");
	if (x != NULL && (x->id >= v->f->nins || v->known[x->id] != x))
		return ir_bad(v, r->owner, "the result is not known there");
	return true;
}

static bool
verify_region(struct verifier *v, const struct region *r)
{
	bool wanted = wants_result(r->owner, r);
	const struct ins *prev = NULL;
	struct ins *i;

	for (i = r->first; i != NULL; prev = i, i = i->next) {
		if (i->in != r || i->prev != prev || r->fn != v->f)
			return ir_bad(v, i, "it is not linked where it stands");
		if (wanted && !stays_known(r) &&
		    !(ir_ops[i->op].flags & OPF_VALUE))
			return ir_bad(v, i, "it stands in an expression");
		if (!verify_ins(v, i))
			return false;
		if (i->next != NULL && (i->op == IR_RET || i->op == IR_FAIL ||
		    i->op == IR_BREAK || i->op == IR_CONTINUE))
			return ir_bad(v, i, "something follows it");
	}
	if (!result_known(v, r, wanted))
		return false;
	if (!stays_known(r))
		forget(v, r);
	return true;
}

static bool
verify_fn(struct verifier *v, struct fn *f, struct arena *a)
{
	v->f = f;
	if (f->kind == FN_TEST ? f->in != NULL || f->out != NULL :
	    f->in == NULL || f->out == NULL || f->in->kind != TY_STRUCT ||
	    f->out->kind != (f->kind == FN_CHECK ? TY_BOOL : TY_STRUCT) ||
	    (f->kind == FN_METRIC) != (f->gold != NULL))
		return ir_bad(v, NULL, "its types are not those of its kind");
	if (f->kind == FN_TEST && (f->repeat == 0 || !(f->pass > 0) ||
	    f->pass > 1))
		return ir_bad(v, NULL, "it never runs, or any share will do");
	ir_number(f);
	v->known = arena_array(a, f->nins + 1u, sizeof *v->known);
	if (!verify_region(v, f->body))
		return false;
	table_at(&v->declared, f);
	return ir_ends(f->body) || ir_bad(v, NULL, "it may run past its end");
}

bool
ir_verify(const struct mod *m, char why[240])
{
	struct verifier v = { .m = m, .why = why };
	struct arena a;
	struct fn *f;
	bool ok;

	base_arena_init(&a);
	table_init(&v.declared, &a);
	ok = ir_verify_decls(m, &v.declared, &a, why);
	for (f = m->fn; ok && f != NULL; f = f->next)
		ok = verify_fn(&v, f, &a);
	arena_release(&a);
	return ok;
}
