/* What a study can cost at most, before anything is paid.
 *
 * Every number follows from the plan that the search goes by.  A run makes at
 * most the calls of the call plan, each re-asked as often as its leaf says;
 * attempts that the server never answered are no calls.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "tune/bound.h"

#include <string.h>

#include "tune/propose.h"
#include "tune/strategy.h"
#include "tune/tune.h"

/* How often a call may be made in place of one. */
static uint64_t
most_asks(const struct mod *m, bool metric)
{
	const struct prompt *p;
	uint64_t most = 1;

	for (p = m->prompt; p; p = p->next)
		if ((metric || !p->eval_only) && p->reask > 0 &&
		    (uint64_t)p->reask + 1 > most)
			most = (uint64_t)p->reask + 1;
	return most;
}

static uint64_t
run_calls(const struct mod *m)
{
	return m->program ? base_product(m->program->calls_max,
	    most_asks(m, false)) : 0;
}

static const struct fn *
metric_of(const struct tune_task *t)
{
	const struct fn *f;

	for (f = t->mod->fn; f; f = f->next)
		if (f->kind == FN_METRIC && f->name &&
		    strcmp(f->name, t->metric) == 0)
			return f;
	return NULL;
}

static uint64_t
metric_calls(const struct tune_task *t)
{
	const struct fn *f = metric_of(t);

	return f ? base_product(f->calls_max, most_asks(t->mod, true)) : 0;
}

static uint64_t
vector_calls(const struct tune_task *t)
{
	const struct fn *f = metric_of(t), *p = t->mod->program;

	return base_sum(f ? f->vectors_max : 0, p ? p->vectors_max : 0);
}

/* Rows of one search at most. */
static uint64_t
search_runs(const struct tune_task *t, const struct plan *p)
{
	unsigned trials = strategy_trials(p, strategy_slots(t, p));
	uint64_t full = strategy_full(p, trials), mini = 0;

	if (p->strategy == STRATEGY_BOOTSTRAP)
		full = p->demo_sets;
	else
		mini = base_product(trials, p->minibatch);
	return base_sum(base_sum(mini, base_product(full, p->ndev)),
	    base_product(p->bootstrap_rows, p->rounds));
}

/* What one call can be at most. */
struct dear {
	double usd;
	uint64_t tokens;                /* UINT64_MAX: not known */
	bool known;                     /* `usd` is; else, why not: */
	const char *lacks, *lacking;
};

static bool
is_of(const struct mip_model *by, const struct mip_model *m)
{
	unsigned i;

	for (i = 0; by && i < by->nto; i++)
		if (is_of(by->to[i], m))
			return true;
	return by == m;
}

/* Is it asked for answers, and not for vectors alone? */
static bool
answers(const struct tune_task *t, const struct mip_model *m)
{
	const struct prompt *p;

	for (p = t->mod->prompt; p; p = p->next)
		if (is_of(p->model, m))
			return true;
	return is_of(t->prompt_model, m) || (t->teacher && m->name &&
	    strcmp(t->teacher, m->name) == 0);
}

static void
add_model(struct dear *d, const struct mip_model *v, bool vector)
{
	double out = vector ? 0 : (double)v->max_tokens;
	bool sized = v->context > 0 && (vector || v->max_tokens > 0);
	bool is_free = v->priced && !(v->price_in > 0) && (vector ||
	    !(v->price_out > 0));
	double in = v->price_written > v->price_in ? v->price_written :
	    v->price_in;
	double cost = ((double)v->context * in + out * v->price_out) / 1e6;

	if (!sized)
		d->tokens = UINT64_MAX;
	else if (d->tokens < (uint64_t)v->context + (uint64_t)out)
		d->tokens = (uint64_t)v->context + (uint64_t)out;
	if (!v->priced || (!is_free && !sized)) {
		d->known = false;
		d->lacks = !v->priced ? "price" : v->context > 0 ?
		    "max_tokens" : "context";
		d->lacking = v->name;
	} else if (!is_free && cost > d->usd)
		d->usd = cost;
}

/* The dearest call: an answer, or a vector. */
static struct dear
dearest(const struct tune_task *t, bool vector)
{
	struct dear d = { .known = true };
	const struct mod *m = t->mod;
	unsigned i;

	for (i = 0; i <= m->nmodel; i++) {
		const struct mip_model *v = i < m->nmodel ? m->model[i] :
		    t->prompt_model;

		if (v && v->route == MIP_DIRECT && answers(t, v) != vector)
			add_model(&d, v, vector);
	}
	return d;
}

static uint64_t
all_tokens(uint64_t calls, const struct dear *d)
{
	return calls == 0 ? 0 : d->tokens == UINT64_MAX ? UINT64_MAX :
	    base_product(calls, d->tokens);
}

static void
bound_calls(const struct tune_task *t, struct tune_bound *b)
{
	struct dear answer = dearest(t, false), vector = dearest(t, true);
	uint64_t tokens;

	b->calls = base_sum(base_sum(b->task_calls, b->metric_calls),
	    b->proposer_calls);
	b->cost = answer.known && (b->vector_calls == 0 || vector.known) ?
	    answer.usd * (double)b->calls +
	    vector.usd * (double)b->vector_calls : MIP_UNSET;
	b->lacks = answer.known ? vector.lacks : answer.lacks;
	b->lacking = answer.known ? vector.lacking : answer.lacking;
	tokens = base_sum(all_tokens(b->calls, &answer),
	    all_tokens(b->vector_calls, &vector));
	b->tokens = tokens == UINT64_MAX ? 0 : tokens;
	b->calls = base_sum(b->calls, b->vector_calls);
}

void
bound_runs(const struct tune_task *t, uint64_t runs, struct tune_bound *b)
{
	memset(b, 0, sizeof *b);
	b->final_runs = runs;
	b->task_calls = base_product(runs, run_calls(t->mod));
	b->metric_calls = base_product(runs, metric_calls(t));
	b->vector_calls = base_product(runs, vector_calls(t));
	bound_calls(t, b);
}

enum mip_status
bound_make(const struct tune_task *t, struct tune_bound *b, char why[320])
{
	struct plan p;
	enum mip_status s = strategy_make(t, &p, why);
	uint64_t runs;

	memset(b, 0, sizeof *b);
	if (s != MIP_OK)
		return s;
	b->runs = search_runs(t, &p);
	b->final_runs = base_product(2, t->test.n);
	runs = base_sum(b->runs, b->final_runs);
	b->task_calls = base_product(runs, run_calls(t->mod));
	b->metric_calls = base_product(runs, metric_calls(t));
	b->vector_calls = base_product(runs, vector_calls(t));
	b->proposer_calls = propose_calls(t, &p);
	bound_calls(t, b);
	return MIP_OK;
}
