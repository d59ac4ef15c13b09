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

static uint64_t
plus(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint64_t
times(uint64_t a, uint64_t b)
{
	return b > 0 && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

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
	return m->program ? times(m->program->calls_max, most_asks(m, false))
	    : 0;
}

static uint64_t
metric_calls(const struct tune_task *t)
{
	const struct fn *f;

	for (f = t->mod->fn; f; f = f->next)
		if (f->kind == FN_METRIC && f->name &&
		    strcmp(f->name, t->metric) == 0)
			return times(f->calls_max, most_asks(t->mod, true));
	return 0;
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
		mini = times(trials, p->minibatch);
	return plus(plus(mini, times(full, p->ndev)),
	    times(p->bootstrap_rows, p->rounds));
}

/* The dearest that one call can be, and its most tokens; false if that is
 * not known of a model. */
static bool
dearest(const struct tune_task *t, double *usd, uint64_t *tokens)
{
	const struct mod *m = t->mod;
	bool known = true;
	unsigned i;

	*usd = 0;
	*tokens = 0;
	for (i = 0; i <= m->nmodel; i++) {
		const struct mip_model *v = i < m->nmodel ? m->model[i] :
		    t->prompt_model;
		double in, cost;
		bool is_free;

		if (!v || v->route != MIP_DIRECT)
			continue;
		in = (double)v->context;
		cost = (in * v->price_in +
		    (double)v->max_tokens * v->price_out) / 1e6;
		is_free = v->priced && !(v->price_in > 0) &&
		    !(v->price_out > 0);
		if (v->context <= 0 || v->max_tokens <= 0)
			*tokens = UINT64_MAX;
		else if (*tokens < (uint64_t)(v->context + v->max_tokens))
			*tokens = (uint64_t)(v->context + v->max_tokens);
		if (!v->priced || (!is_free && (v->context <= 0 ||
		    v->max_tokens <= 0)))
			known = false;
		else if (!is_free && cost > *usd)
			*usd = cost;
	}
	return known;
}

static void
bound_calls(const struct tune_task *t, struct tune_bound *b)
{
	uint64_t tokens;
	double usd;

	b->calls = plus(plus(b->task_calls, b->metric_calls),
	    b->proposer_calls);
	b->cost = dearest(t, &usd, &tokens) ? usd * (double)b->calls :
	    MIP_UNSET;
	b->tokens = tokens == UINT64_MAX ? 0 : times(b->calls, tokens);
}

void
bound_runs(const struct tune_task *t, uint64_t runs, struct tune_bound *b)
{
	memset(b, 0, sizeof *b);
	b->final_runs = runs;
	b->task_calls = times(runs, run_calls(t->mod));
	b->metric_calls = times(runs, metric_calls(t));
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
	b->final_runs = times(2, t->test.n);
	runs = plus(b->runs, b->final_runs);
	b->task_calls = times(runs, run_calls(t->mod));
	b->metric_calls = times(runs, metric_calls(t));
	b->proposer_calls = propose_calls(t, &p);
	bound_calls(t, b);
	return MIP_OK;
}
