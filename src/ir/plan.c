/* The call plan: how many model calls a run makes, at least and at most.
 *
 * A region may end by running on, by leaving a loop's round (break,
 * continue) or by returning; each way has its least and most calls.  A way
 * that ends in failure counts for nothing: the plan is of runs that succeed.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "ir/plan.h"

#include <inttypes.h>

#include "base/table.h"
#include "ir/ir_in.h"

struct way {
	bool there;
	uint64_t min, max;
};

struct ways {
	struct way on, brk, cont, ret;
};

struct planner {
	bool worst;                     /* re-asks included */
	bool vectors;                   /* count these instead of calls */
	const struct prompt *only;      /* count this leaf's calls alone */
	struct arena a;
	struct table memo;              /* struct way of functions */
};

static struct ways plan_region(struct planner *p,
    const struct region *r);

static struct way
either(struct way a, struct way b)
{
	if (!a.there)
		return b;
	if (!b.there)
		return a;
	if (b.min < a.min)
		a.min = b.min;
	if (b.max > a.max)
		a.max = b.max;
	return a;
}

/* `b` after `a`. */
static struct way
then(struct way a, struct way b)
{
	if (!a.there || !b.there)
		return (struct way){ .there = false };
	return (struct way){ true, base_sum(a.min, b.min),
	    base_sum(a.max, b.max) };
}

static struct ways
both(struct ways a, struct ways b)
{
	a.on = either(a.on, b.on);
	a.brk = either(a.brk, b.brk);
	a.cont = either(a.cont, b.cont);
	a.ret = either(a.ret, b.ret);
	return a;
}

static struct ways
nothing(void)
{
	return (struct ways){ .on = { true, 0, 0 } };
}

static struct ways
calls(uint64_t min, uint64_t max)
{
	return (struct ways){ .on = { true, min, max } };
}

/* ---- how often ---- */

/* An int between two bounds; `known` only if both are. */
struct span_of {
	bool known;
	int64_t lo, hi;
};

static struct span_of
param_span(const struct param *q)
{
	struct span_of s = { q->value.kind == TYC_INT, q->value.i,
	    q->value.i };
	const struct choices *c = &q->choices;
	unsigned k;

	if (c->is_range && s.known) {
		if (!(c->lo > -1e15 && c->hi < 1e15))
			return (struct span_of){ .known = false };
		s.lo = (int64_t)c->lo;
		s.hi = (int64_t)c->hi;
	}
	for (k = 0; k < c->n; k++) {
		if (c->v[k].kind != TYC_INT)
			return (struct span_of){ .known = false };
		if (c->v[k].i < s.lo)
			s.lo = c->v[k].i;
		if (c->v[k].i > s.hi)
			s.hi = c->v[k].i;
	}
	return s;
}

/* Small numbers only, so that nothing overflows. */
static struct span_of
int_span(const struct ins *i, unsigned depth)
{
	struct span_of a, b, none = { .known = false };

	if (i->op == IR_INT)
		a = (struct span_of){ true, i->u.i, i->u.i };
	else if (i->op == IR_PARAM)
		a = param_span(i->u.param);
	else if ((i->op == IR_ADD || i->op == IR_SUB) && depth < 16) {
		a = int_span(i->arg[0], depth + 1);
		b = int_span(i->arg[1], depth + 1);
		if (!a.known || !b.known)
			return none;
		if (i->op == IR_ADD)
			a = (struct span_of){ true, a.lo + b.lo, a.hi + b.hi };
		else
			a = (struct span_of){ true, a.lo - b.hi, a.hi - b.lo };
	} else
		return none;
	return a.lo < -INT64_MAX / 8 || a.hi > INT64_MAX / 8 ? none : a;
}

/* How long range(n) is. */
static struct span_of
counted(const struct ins *i)
{
	struct span_of s = { .known = false };

	if (i->op != IR_LIB || i->u.lib != BI_RANGE)
		return s;
	s = int_span(i->arg[0], 0);
	if (s.lo < 0)
		s.lo = 0;
	if (s.hi < 0)
		s.hi = 0;
	return s;
}

/* Most items of a list; UINT64_MAX: not known. */
static uint64_t
list_max(const struct ins *i, unsigned depth)
{
	const struct ty_field *f = NULL;
	const struct ins *n;
	struct span_of s = counted(i);
	uint64_t max;

	if (s.known)
		return (uint64_t)s.hi;
	if (i->op == IR_LIST)
		return i->narg;
	if (i->op == IR_MAP)
		return i->narg / 2;
	if (depth < 16 && i->op == IR_EACH) {
		max = list_max(i->arg[0], depth + 1);
		return i->u.i >= 0 && (uint64_t)i->u.i < max ?
		    (uint64_t)i->u.i : max;
	}
	if (depth < 16 && i->op == IR_APPEND)
		return base_sum(list_max(i->arg[0], depth + 1),
		    list_max(i->arg[1], depth + 1));
	if (depth < 16 && i->op == IR_LIB &&
	    (builtins[i->u.lib].flags & BF_FEWER)) {
		max = list_max(i->arg[0], depth + 1);
		n = i->narg > 1 ? i->arg[i->narg - 1] : NULL;
		if (n != NULL && n->op == IR_INT && n->u.i >= 0 &&
		    (uint64_t)n->u.i < max)
			max = (uint64_t)n->u.i;
		return max;
	}
	if (i->op == IR_FIELD)
		f = &i->arg[0]->type->field[i->u.n];
	else if (i->op == IR_ARG && i->in->fn->kind != FN_METRIC)
		f = &i->in->fn->in->field[i->u.n];
	if (f != NULL && f->has_max && f->max >= 0 && f->max < 1e15)
		return (uint64_t)f->max;
	return i->type->max_len >= 0 ? (uint64_t)i->type->max_len :
	    UINT64_MAX;
}

uint64_t
ir_plan_items(const struct ins *i)
{
	return list_max(i, 0);
}

/* The least and most rounds of a loop. */
static void
rounds(const struct ins *i, uint64_t *min, uint64_t *max)
{
	struct span_of a, b;
	uint64_t limit = i->u.i < 0 ? UINT64_MAX : (uint64_t)i->u.i;

	*min = 0;
	*max = UINT64_MAX;
	if (i->op == IR_FOR || i->op == IR_EACH) {
		*max = list_max(i->arg[0], 0);
		/* Not every item need pass an `each` with a condition. */
		if (i->arg[0]->op == IR_LIST && i->other == NULL)
			*min = i->arg[0]->narg;
		a = counted(i->arg[0]);
		if (a.known && i->other == NULL)
			*min = (uint64_t)a.lo;
	} else if (i->op == IR_RANGE) {
		a = int_span(i->arg[0], 0);
		b = int_span(i->arg[1], 0);
		if (a.known && b.known) {
			*min = b.lo < a.hi ? 0 : (uint64_t)(b.lo - a.hi) + 1;
			*max = b.hi < a.lo ? 0 : (uint64_t)(b.hi - a.lo) + 1;
		}
	}
	if (*min > limit)
		*min = limit;
	if (*max > limit)
		*max = limit;
}

/* ---- operations ---- */

/* Rounds that each have the ways of `body`. */
static struct ways
repeat(struct ways body, uint64_t min, uint64_t max)
{
	struct way round = either(body.on, body.cont), end;
	struct ways w = { .on = { true, 0, 0 } };
	uint64_t most = round.there ? round.max : 0;

	if (max == 0)
		return w;
	w.on.there = min == 0 || round.there;
	if (w.on.there) {
		w.on.min = round.there ? base_product(min, round.min) : 0;
		w.on.max = base_product(max, most);
	}
	end = body.brk;
	if (end.there) {
		end.max = base_sum(base_product(max - 1, most), end.max);
		w.on = either(w.on, end);
	}
	w.ret = body.ret;
	if (w.ret.there)
		w.ret.max = base_sum(base_product(max - 1, most), w.ret.max);
	return w;
}

static struct ways
plan_loop(struct planner *p, const struct ins *i)
{
	struct ways body = plan_region(p, i->body), test = nothing(), w;
	uint64_t min, max;

	rounds(i, &min, &max);
	if (i->other != NULL)
		test = plan_region(p, i->other);
	/* The test comes before every round, and ends the last one. */
	body.on = then(test.on, body.on);
	body.cont = then(test.on, body.cont);
	body.brk = then(test.on, body.brk);
	body.ret = then(test.on, body.ret);
	w = repeat(body, min, max);
	if (i->op == IR_WHILE && max > 0 && w.on.there)
		w.on = either(w.on, test.on);
	if (i->op == IR_WHILE && max > 0 && test.on.min > 0 &&
	    w.on.min < test.on.min)
		w.on.min = test.on.min;
	return w;
}

static struct ways
plan_retry(struct planner *p, const struct ins *i)
{
	struct ways w = plan_region(p, i->body);
	uint64_t before = w.on.there ? base_product((uint64_t)i->u.i,
	    w.on.max) : 0;

	before = base_sum(before, base_product((uint64_t)i->u.i,
	    plan_region(p, i->other).on.max));
	w.on.max = base_sum(w.on.max, before);
	w.brk.max = base_sum(w.brk.max, before);
	w.cont.max = base_sum(w.cont.max, before);
	w.ret.max = base_sum(w.ret.max, before);
	return w;
}

static struct ways
plan_switch(struct planner *p, const struct ins *i)
{
	struct ways w = { .on = { .there = false } };
	const struct ins *c;

	for (c = i->body->first; c != NULL; c = c->next)
		w = both(w, plan_region(p, c->body));
	if (!ir_is_whole(i))
		w = both(w, nothing());
	return w;
}

/* The body may fail after any of its calls. */
/* What a body has asked when it fails, at least. */
static uint64_t
asked_before(const struct region *r)
{
	const struct ins *i = r->first;

	while (i != NULL && i->op != IR_ASK && !ir_can_fail(i) &&
	    i->body == NULL)
		i = i->next;
	return i != NULL && i->op == IR_ASK;
}

static struct ways
plan_try(struct planner *p, const struct ins *i)
{
	struct ways body = plan_region(p, i->body);
	struct ways other = plan_region(p, i->other);
	struct way all, failed = { true, 0, 0 };

	all = either(either(body.on, body.ret), either(body.brk, body.cont));
	if (all.there)
		failed = (struct way){ true, asked_before(i->body), all.max };
	other.on = then(failed, other.on);
	other.brk = then(failed, other.brk);
	other.cont = then(failed, other.cont);
	other.ret = then(failed, other.ret);
	return both(body, other);
}

static struct way
plan_fn(struct planner *p, const struct fn *f)
{
	const union table_value *known = table_get(&p->memo, f);
	struct way *all;
	struct ways w;

	if (known != NULL) {
		all = known->p;
		return *all;
	}
	w = plan_region(p, f->body);
	all = arena_alloc(&p->a, sizeof *all);
	*all = either(w.ret, w.on);
	table_at(&p->memo, f)->p = all;
	return *all;
}

static struct ways
plan_call(struct planner *p, const struct ins *i)
{
	const struct prompt *q;
	struct way all;

	if (i->op == IR_EMBED)
		return p->vectors ? calls(1, 1) : nothing();
	if (i->op == IR_SEARCH)
		return p->vectors && i->u.retriever->is.by == MIP_EMBED ?
		    calls(1, 1) : nothing();
	if (i->op == IR_ASK) {
		q = i->u.prompt;
		if (p->vectors)
			return q->cases != NULL &&
			    q->cases->is.by == MIP_EMBED ? calls(1, 1) :
			    nothing();
		if ((p->only != NULL && p->only != q))
			return nothing();
		return calls(1, p->worst && q->reask > 0 ?
		    1 + (uint64_t)q->reask : 1);
	}
	all = plan_fn(p, i->u.fn);
	return calls(all.min, all.max);
}

static struct ways
plan_other(struct planner *p, const struct ins *i)
{
	struct ways w = { .on = { .there = false } };

	if (i->op == IR_BREAK)
		w.brk.there = true;
	else if (i->op == IR_CONTINUE)
		w.cont.there = true;
	else if (i->op == IR_RET)
		w.ret.there = true;
	else if (i->op == IR_AND || i->op == IR_OR)
		w = both(plan_region(p, i->body), nothing());
	else if (i->other != NULL && (i->op == IR_EXPECT ||
	    i->op == IR_CHECK))
		w = both(plan_region(p, i->other), nothing());
	else if (i->op == IR_IF || i->op == IR_COND)
		w = both(plan_region(p, i->body), i->other != NULL ?
		    plan_region(p, i->other) : nothing());
	else if (i->op == IR_EACH || i->op == IR_FOR || i->op == IR_RANGE ||
	    i->op == IR_WHILE)
		w = plan_loop(p, i);
	else if (i->op == IR_SWITCH)
		w = plan_switch(p, i);
	else if (i->op == IR_RETRY)
		w = plan_retry(p, i);
	else if (i->op == IR_TRY)
		w = plan_try(p, i);
	else if (i->op == IR_PAR)
		w = plan_region(p, i->body);
	else if (i->op == IR_ASK || i->op == IR_RUN || i->op == IR_SCORE ||
	    i->op == IR_SEARCH || i->op == IR_EMBED)
		w = plan_call(p, i);
	else if (i->op != IR_FAIL)
		w = nothing();
	return w;
}

static struct ways
plan_region(struct planner *p, const struct region *r)
{
	struct ways all = nothing(), w;
	const struct ins *i;

	for (i = r->first; i != NULL && all.on.there; i = i->next) {
		w = plan_other(p, i);
		all.brk = either(all.brk, then(all.on, w.brk));
		all.cont = either(all.cont, then(all.on, w.cont));
		all.ret = either(all.ret, then(all.on, w.ret));
		all.on = then(all.on, w.on);
	}
	return all;
}

/* ---- what others call ---- */

static void
planner_init(struct planner *p, bool worst, const struct prompt *only)
{
	*p = (struct planner){ .worst = worst, .only = only };
	base_arena_init(&p->a);
	table_init(&p->memo, &p->a);
}

static bool
note_credit(struct ins *i, void *arg)
{
	struct fn *f = arg;

	if (i->op == IR_CREDIT || (i->op == IR_SCORE && i->u.fn->credits))
		f->credits = true;
	if (f->credits || (i->op == IR_RET && i->narg > 1))
		f->comments = true;
	return true;
}

void
ir_plan(struct mod *m)
{
	struct planner p, v;
	struct way w;
	struct fn *f;

	planner_init(&p, false, NULL);
	planner_init(&v, false, NULL);
	v.vectors = true;
	for (f = m->fn; f != NULL; f = f->next) {
		w = plan_fn(&p, f);
		f->calls_min = w.min;
		f->calls_max = w.max;
		w = plan_fn(&v, f);
		f->vectors_min = w.min;
		f->vectors_max = w.max;
		if (f->kind == FN_METRIC)
			ir_walk(f, note_credit, f);
	}
	arena_release(&p.a);
	arena_release(&v.a);
}

uint64_t
ir_plan_worst(const struct mod *m, const struct fn *f)
{
	struct planner p;
	uint64_t max;

	(void)m;
	planner_init(&p, true, NULL);
	max = plan_fn(&p, f).max;
	arena_release(&p.a);
	return max;
}

static struct way
plan_leaf(const struct fn *f, const struct prompt *only)
{
	struct planner p;
	struct way w;

	planner_init(&p, false, only);
	w = plan_fn(&p, f);
	arena_release(&p.a);
	return w;
}

static void
put_count(struct buf *b, uint64_t n)
{
	if (n == UINT64_MAX)
		buf_puts(b, "any number");
	else
		buf_printf(b, "%" PRIu64, n);
}

static void
put_range(struct buf *b, struct way w)
{
	put_count(b, w.min);
	if (w.max != w.min) {
		buf_puts(b, " to ");
		put_count(b, w.max);
	}
}

static void
put_fn(struct buf *b, const struct mod *m, const struct fn *f)
{
	const struct prompt *q;
	struct way w = plan_leaf(f, NULL), one;

	buf_printf(b, "%s %s: ", ir_fn_words[f->kind], f->name);
	put_range(b, w);
	buf_puts(b, w.min == 1 && w.max == 1 ? " model call" : " model calls");
	if (ir_plan_worst(m, f) != w.max) {
		buf_puts(b, ", at most ");
		put_count(b, ir_plan_worst(m, f));
		buf_puts(b, " with re-asks");
	}
	if (f->vectors_max > 0) {
		buf_puts(b, "; ");
		put_range(b, (struct way){ true, f->vectors_min,
		    f->vectors_max });
		buf_puts(b, f->vectors_max == 1 ? " vector" : " vectors");
	}
	buf_putc(b, '\n');
	for (q = m->prompt; q != NULL; q = q->next) {
		one = plan_leaf(f, q);
		if (one.max == 0)
			continue;
		buf_printf(b, "\t%s: ", q->name);
		put_range(b, one);
		if (q->model != NULL)
			buf_printf(b, " of %s", q->model->name);
		if (q->reask > 0)
			buf_printf(b, ", each asked again up to %d time%s",
			    q->reask, q->reask == 1 ? "" : "s");
		buf_putc(b, '\n');
	}
}

void
ir_plan_print(struct buf *b, const struct mod *m)
{
	const struct fn *f;

	for (f = m->fn; f != NULL; f = f->next)
		if (f->kind != FN_BRANCH && f->kind != FN_CHECK)
			put_fn(b, m, f);
}
