/* Pass fold: computes what is constant.
 *
 * Contract: needs verified IR; keeps what a run does, its calls and its
 * failures; params and variables are never taken for constants.  What would
 * overflow, divide by zero or not be finite stays, to fail when it runs.
 * Leaves values without use behind, for `dead`.
 *
 * One walk in textual order.  A value that turns out to be another one
 * becomes IR_NOP with that one as its argument, is unlinked, and is resolved
 * where it is used, which is always later.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "ir/ir_in.h"
#include "ir/pass.h"

struct fold {
	struct mod *m;
	bool changed;
};

/* ---- what an operation becomes ---- */

static void
strip(struct fold *x, struct ins *i, enum ir_op op)
{
	i->op = op;
	i->narg = 0;
	i->body = i->other = NULL;
	x->changed = true;
}

static void
become_int(struct fold *x, struct ins *i, int64_t v)
{
	strip(x, i, IR_INT);
	i->u.i = v;
}

static void
become_bool(struct fold *x, struct ins *i, bool v)
{
	strip(x, i, IR_BOOL);
	i->u.i = v;
}

static void
become_float(struct fold *x, struct ins *i, double v)
{
	if (!isfinite(v))
		return;
	strip(x, i, IR_FLOAT);
	i->u.f = v;
}

static void
become_string(struct fold *x, struct ins *i, const char *s)
{
	strip(x, i, IR_STRING);
	i->u.s = s;
}

/* `i` is the constant `v`, of its own type. */
static void
become_constant(struct fold *x, struct ins *i, const struct ins *v)
{
	strip(x, i, v->op);
	i->u = v->u;
}

/* `i` is the value `v`; it leaves its region. */
static void
become_value(struct fold *x, struct ins *i, struct ins *v)
{
	if (v->name == NULL && (ir_ops[v->op].flags & OPF_VALUE))
		v->name = i->name;
	i->op = IR_NOP;
	i->narg = 1;
	i->arg = arena_array(x->m->a, 1, sizeof *i->arg);
	i->arg[0] = v;
	i->body = i->other = NULL;
	ir_unlink(i);
	x->changed = true;
}

/* Moves all of `r` to stand before `place`. */
static void
splice(struct region *r, struct ins *place)
{
	struct ins *i;

	while ((i = r->first) != NULL) {
		ir_unlink(i);
		ir_insert_before(place, i);
	}
}

static void
drop(struct fold *x, struct ins *i)
{
	ir_unlink(i);
	x->changed = true;
}

/* ---- numbers ---- */

static bool
int_result(enum ir_op op, int64_t a, int64_t b, int64_t *out)
{
	if (op == IR_ADD) {
		if (b > 0 ? a > INT64_MAX - b : a < INT64_MIN - b)
			return false;
		*out = a + b;
	} else if (op == IR_SUB) {
		if (b < 0 ? a > INT64_MAX + b : a < INT64_MIN + b)
			return false;
		*out = a - b;
	} else if (op == IR_MUL) {
		if (a != 0 && b != 0 &&
		    (a > 0 ? (b > 0 ? a > INT64_MAX / b : b < INT64_MIN / a) :
		    (b > 0 ? a < INT64_MIN / b : b < INT64_MAX / a)))
			return false;
		*out = a * b;
	} else {
		if (b == 0 || (a == INT64_MIN && b == -1))
			return false;
		*out = op == IR_DIV ? a / b : a % b;
	}
	return true;
}

static void
fold_arithmetic(struct fold *x, struct ins *i)
{
	const struct ins *a = i->arg[0], *b = i->narg > 1 ? i->arg[1] : NULL;
	int64_t v;

	if (i->op == IR_NEG) {
		if (a->op == IR_INT && a->u.i != INT64_MIN)
			become_int(x, i, -a->u.i);
		else if (a->op == IR_FLOAT)
			become_float(x, i, -a->u.f);
		return;
	}
	if (b == NULL)
		BUG("%s of one", ir_ops[i->op].text);
	if (a->op == IR_INT && b->op == IR_INT) {
		if (int_result(i->op, a->u.i, b->u.i, &v))
			become_int(x, i, v);
		return;
	}
	if (a->op != IR_FLOAT || b->op != IR_FLOAT)
		return;
	if (i->op == IR_ADD)
		become_float(x, i, a->u.f + b->u.f);
	else if (i->op == IR_SUB)
		become_float(x, i, a->u.f - b->u.f);
	else if (i->op == IR_MUL)
		become_float(x, i, a->u.f * b->u.f);
	else if (i->op == IR_DIV && (b->u.f < 0 || b->u.f > 0))
		become_float(x, i, a->u.f / b->u.f);
}

/* ---- comparisons ---- */

/* -1, 0 or 1 as `a` is before, equal to or after `b`; 2 if that is not
 * known. */
static int
compare(const struct ins *a, const struct ins *b)
{
	int c;

	if (a->op != b->op || a->type != b->type)
		return 2;
	if (a->op == IR_INT || a->op == IR_BOOL || a->op == IR_ENUM)
		return (a->u.i > b->u.i) - (a->u.i < b->u.i);
	if (a->op == IR_FLOAT)
		return (a->u.f > b->u.f) - (a->u.f < b->u.f);
	if (a->op == IR_STRING) {
		c = strcmp(a->u.s, b->u.s);
		return (c > 0) - (c < 0);
	}
	return a->op == IR_NULL ? 0 : 2;
}

static void
fold_comparison(struct fold *x, struct ins *i)
{
	int c = compare(i->arg[0], i->arg[1]);
	bool v;

	if (c == 2)
		return;
	if (i->op == IR_EQ)
		v = c == 0;
	else if (i->op == IR_NE)
		v = c != 0;
	else if (i->op == IR_LT)
		v = c < 0;
	else if (i->op == IR_LE)
		v = c <= 0;
	else if (i->op == IR_GT)
		v = c > 0;
	else
		v = c >= 0;
	become_bool(x, i, v);
}

/* ---- strings, data, conversions ---- */

/* Joins neighbouring constants and leaves out empty ones. */
static void
fold_concat(struct fold *x, struct ins *i)
{
	struct ins *a, *last = NULL;
	struct ins **arg = arena_array(x->m->a, i->narg, sizeof *arg);
	unsigned k, n = 0;

	for (k = 0; k < i->narg; k++) {
		a = i->arg[k];
		if (a->op == IR_STRING && *a->u.s == '\0')
			continue;
		last = n > 0 ? arg[n - 1] : NULL;
		if (last == NULL || last->op != IR_STRING ||
		    a->op != IR_STRING) {
			arg[n++] = a;
			continue;
		}
		a = ir_add(x->m, i->in, IR_STRING, i->type, NULL, 0, i->at);
		ir_unlink(a);
		ir_insert_before(i, a);
		a->u.s = arena_printf(x->m->a, "%s%s", last->u.s,
		    i->arg[k]->u.s);
		arg[n - 1] = a;
	}
	if (n == i->narg)
		return;
	x->changed = true;
	if (n == 0)
		become_string(x, i, "");
	else if (n == 1)
		become_value(x, i, arg[0]);
	else {
		i->arg = arg;
		i->narg = n;
	}
}

static int64_t
code_points(const char *s)
{
	int64_t n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static void
fold_lib_strings(struct fold *x, struct ins *i, const char *s,
    const char *part)
{
	if (i->u.lib == BI_CONTAINS)
		become_bool(x, i, strstr(s, part) != NULL);
	else if (i->u.lib == BI_STARTS_WITH)
		become_bool(x, i, strncmp(s, part, strlen(part)) == 0);
	else if (i->u.lib == BI_ENDS_WITH)
		become_bool(x, i, base_ends(s, part));
}

static void
fold_lib_ints(struct fold *x, struct ins *i, int64_t a, int64_t b)
{
	if (i->u.lib == BI_MIN_INT)
		become_int(x, i, a < b ? a : b);
	else if (i->u.lib == BI_MAX_INT)
		become_int(x, i, a > b ? a : b);
}

/* Constants are finite. */
static void
fold_lib_floats(struct fold *x, struct ins *i, double a, double b)
{
	if (i->u.lib == BI_MIN_FLOAT)
		become_float(x, i, a < b ? a : b);
	else if (i->u.lib == BI_MAX_FLOAT)
		become_float(x, i, a > b ? a : b);
}

static void
fold_lib(struct fold *x, struct ins *i)
{
	const struct ins *a = i->narg > 0 ? i->arg[0] : NULL;
	const struct ins *second = i->narg == 2 ? i->arg[1] : NULL;
	struct buf b = BASE_BUF_INIT;

	if (a == NULL)
		return;
	if (i->u.lib == BI_LEN_STRING && a->op == IR_STRING)
		become_int(x, i, code_points(a->u.s));
	else if (i->u.lib == BI_LEN_LIST && a->op == IR_LIST)
		become_int(x, i, a->narg);
	else if (i->u.lib == BI_LEN_MAP && a->op == IR_MAP)
		become_int(x, i, a->narg / 2);
	else if (i->u.lib == BI_STR_BOOL && a->op == IR_BOOL)
		become_string(x, i, a->u.i ? "true" : "false");
	else if (i->u.lib == BI_STR_INT && a->op == IR_INT) {
		buf_int(&b, a->u.i);
		become_string(x, i, arena_strdup(x->m->a, buf_str(&b)));
		buf_release(&b);
	} else if (i->u.lib == BI_STR_ENUM && a->op == IR_ENUM)
		become_string(x, i, a->type->variant[a->u.i].name);
	else if (i->u.lib == BI_ABS_INT && a->op == IR_INT &&
	    a->u.i != INT64_MIN)
		become_int(x, i, a->u.i < 0 ? -a->u.i : a->u.i);
	else if (i->u.lib == BI_ABS_FLOAT && a->op == IR_FLOAT)
		become_float(x, i, fabs(a->u.f));
	else if (second != NULL && a->op == IR_STRING &&
	    second->op == IR_STRING)
		fold_lib_strings(x, i, a->u.s, second->u.s);
	else if (second != NULL && a->op == IR_INT && second->op == IR_INT)
		fold_lib_ints(x, i, a->u.i, second->u.i);
	else if (second != NULL && a->op == IR_FLOAT &&
	    second->op == IR_FLOAT)
		fold_lib_floats(x, i, a->u.f, second->u.f);
}

static void
fold_value(struct fold *x, struct ins *i)
{
	struct ins *a = i->arg[0];

	if (i->op == IR_FIELD && a->op == IR_RECORD)
		become_value(x, i, a->arg[i->u.n]);
	else if (i->op == IR_TOFLOAT && a->op == IR_INT)
		become_float(x, i, (double)a->u.i);
	else if ((i->op == IR_UNWRAP && a->op == IR_SOME) ||
	    (i->op == IR_SOME && a->op == IR_UNWRAP &&
	    a->arg[0]->type == i->type))
		become_value(x, i, a->arg[0]);
	else if (i->op == IR_WIDEN && (a->op == IR_STRING ||
	    a->op == IR_INT || a->op == IR_BOOL))
		become_constant(x, i, a);
	else if (i->op == IR_WIDEN && a->op == IR_WIDEN)
		i->arg[0] = a->arg[0];
	else if (i->op == IR_IS && a->op == IR_INJECT)
		become_bool(x, i, i->u.n == a->u.n);
	else if ((i->op == IR_AS && a->op == IR_INJECT && i->u.n == a->u.n) ||
	    (i->op == IR_INJECT && a->op == IR_AS &&
	    a->arg[0]->type == i->type))
		become_value(x, i, a->arg[0]);
	else if (i->op == IR_ISNULL &&
	    (a->op == IR_SOME || a->op == IR_NULL))
		become_bool(x, i, a->op == IR_NULL);
	else if (i->op == IR_NOT && a->op == IR_BOOL)
		become_bool(x, i, !a->u.i);
	else if (i->op == IR_NOT && a->op == IR_NOT)
		become_value(x, i, a->arg[0]);
}

/* ---- choices ---- */

/* `i` is the result of `r`, which stands in its place. */
static void
take_result(struct fold *x, struct ins *i, struct region *r)
{
	struct ins *v = r->result;

	splice(r, i);
	become_value(x, i, ir_resolve(v));
}

static void
fold_choice(struct fold *x, struct ins *i)
{
	bool yes;

	if (i->arg[0]->op != IR_BOOL)
		return;
	yes = i->arg[0]->u.i != 0;
	if (i->op == IR_COND)
		take_result(x, i, yes ? i->body : i->other);
	else if ((i->op == IR_AND) == yes)
		take_result(x, i, i->body);
	else
		become_bool(x, i, yes);
}

/* What follows the end of a region is never reached. */
static void
cut_after(struct region *r)
{
	struct ins *i;

	for (i = r->first; i != NULL && i->op != IR_RET && i->op != IR_FAIL &&
	    i->op != IR_BREAK && i->op != IR_CONTINUE; i = i->next)
		continue;
	while (i != NULL && i->next != NULL)
		ir_unlink(i->next);
}

static void
take_region(struct fold *x, struct ins *i, struct region *r)
{
	struct region *outer = i->in;

	if (r != NULL)
		splice(r, i);
	drop(x, i);
	cut_after(outer);
}

static void
fold_switch(struct fold *x, struct ins *i)
{
	struct region *r = NULL;
	const struct ins *c;
	unsigned k;

	if (!ir_is_const(i->arg[0]))
		return;
	for (c = i->body->first; c != NULL; c = c->next) {
		if (c->narg == 0 && r == NULL)
			r = c->body;
		for (k = 0; k < c->narg; k++)
			if (compare(i->arg[0], c->arg[k]) == 0) {
				take_region(x, i, c->body);
				return;
			}
	}
	take_region(x, i, r);
}

/* A body that holds, or that never gets to its end, is run once. */
static void
fold_retry(struct fold *x, struct ins *i)
{
	const struct ins *t = i->body->result;

	if (ir_ends(i->body) || (t->op == IR_BOOL && t->u.i))
		take_region(x, i, i->body);
}

static void
fold_control(struct fold *x, struct ins *i)
{
	const struct ins *a = i->narg > 0 ? i->arg[0] : NULL, *t;

	if (i->op == IR_IF && a != NULL && a->op == IR_BOOL)
		take_region(x, i, a->u.i ? i->body : i->other);
	else if (i->op == IR_SWITCH)
		fold_switch(x, i);
	else if (i->op == IR_RETRY)
		fold_retry(x, i);
	else if (i->op == IR_RANGE && compare(a, i->arg[1]) == 1)
		drop(x, i);
	else if (i->op == IR_FOR && a->op == IR_LIST && a->narg == 0)
		drop(x, i);
	else if (i->op == IR_WHILE) {
		t = i->other->result;
		if (i->u.i == 0 || (t->op == IR_BOOL && !t->u.i &&
		    i->other->first == t && i->other->last == t))
			drop(x, i);
	}
}

/* ---- the walk ---- */

static void
fold_ins(struct fold *x, struct ins *i)
{
	switch (i->op) {
	case IR_ADD: case IR_SUB: case IR_MUL: case IR_DIV: case IR_MOD:
	case IR_NEG:
		fold_arithmetic(x, i);
		return;
	case IR_EQ: case IR_NE: case IR_LT: case IR_LE: case IR_GT: case IR_GE:
		fold_comparison(x, i);
		return;
	case IR_CONCAT:
		fold_concat(x, i);
		return;
	case IR_LIB:
		fold_lib(x, i);
		return;
	case IR_FIELD: case IR_TOFLOAT: case IR_SOME: case IR_UNWRAP:
	case IR_INJECT: case IR_WIDEN: case IR_IS: case IR_AS: case IR_ISNULL:
	case IR_NOT:
		fold_value(x, i);
		return;
	case IR_AND: case IR_OR: case IR_COND:
		fold_choice(x, i);
		return;
	case IR_IF: case IR_SWITCH: case IR_RANGE: case IR_FOR: case IR_WHILE:
	case IR_RETRY:
		fold_control(x, i);
		return;
	case IR_STRING: case IR_INT: case IR_FLOAT: case IR_BOOL: case IR_NULL:
	case IR_ENUM: case IR_ARG: case IR_PARAM: case IR_ITEM: case IR_GET:
	case IR_SET: case IR_INDEX: case IR_RECORD: case IR_LIST: case IR_MAP:
	case IR_LOOKUP: case IR_EACH: case IR_APPEND: case IR_HAS: case IR_ASK:
	case IR_CALL: case IR_JUDGE: case IR_SEARCH: case IR_EMBED:
	case IR_CREDIT: case IR_CAUGHT:
	case IR_RUN: case IR_SCORE: case IR_CASE: case IR_PAR: case IR_TRY:
	case IR_BREAK: case IR_CONTINUE: case IR_EXPECT: case IR_CHECK:
	case IR_RET: case IR_FAIL:
	case IR_NOP:
		return;
	}
}

static void
fold_region(struct fold *x, struct region *r)
{
	struct ins *i, *next;
	unsigned k;

	if (r == NULL)
		return;
	for (i = r->first; i != NULL; i = next) {
		for (k = 0; k < i->narg; k++)
			i->arg[k] = ir_resolve(i->arg[k]);
		fold_region(x, i->body);
		fold_region(x, i->other);
		/* What is spliced in place of `i` is folded already.  What
		 * follows may be cut off, so that `next` is read last. */
		next = i->next;
		fold_ins(x, i);
		if (next != NULL && next->in == NULL)
			next = NULL;
	}
	if (r->result != NULL)
		r->result = ir_resolve(r->result);
}

bool
pass_fold(struct mod *m, struct fn *f)
{
	struct fold x = { .m = m };

	fold_region(&x, f->body);
	return x.changed;
}
