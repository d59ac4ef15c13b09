/* A study from beginning to end: worker, search, test, result.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "tune/tune.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "tune/bound.h"
#include "tune/rng.h"
#include "tune/search.h"
#include "tune/tuning.h"

/* ---- before ---- */

/* The dev rows that are searched on: all, or a sample. */
static void
choose_dev(struct tuning *u)
{
	size_t n = u->t->dev.n, i;
	struct rng *r;

	u->ndev = u->plan.ndev;
	u->dev = arena_array(u->a, n + 1, sizeof *u->dev);
	if (u->ndev == n) {
		for (i = 0; i < n; i++)
			u->dev[i] = i;
		return;
	}
	r = rng_new(rng_child(u->t->seed, "dev sample", 0));
	if (!r)
		BUG("out of memory");
	rng_sample(r, u->ndev, n, u->dev);
	rng_free(r);
	qsort(u->dev, u->ndev, sizeof *u->dev, tuning_by_index);
}

static void
find_leaves(struct tuning *u)
{
	const struct prompt *p;
	struct leaf *l;
	size_t n = 0;
	unsigned k;

	for (p = u->t->mod->prompt; p; p = p->next)
		n++;
	u->leaf = arena_array(u->a, n + 1, sizeof *u->leaf);
	for (p = u->t->mod->prompt; p; p = p->next) {
		if (p->eval_only)
			continue;
		l = &u->leaf[u->nleaf++];
		*l = (struct leaf){ .prompt = p, .ninstruction = 1,
		    .ndemo = 1 };
		for (k = 0; k < SLOT_COUNT; k++)
			l->tunes[k] = strategy_tunes(u->t, &u->plan, p,
			    (enum slot_kind)k);
	}
}

static enum mip_status
begin(struct tuning *u)
{
	bool resumed = false;
	enum mip_status s;

	s = strategy_make(u->t, &u->plan, u->why);
	if (s != MIP_OK)
		return s;
	if (u->t->dev.n == 0) {
		snprintf(u->why, sizeof u->why, "there are no dev rows");
		return MIP_USAGE;
	}
	if (u->t->time_limit_s > 0)
		u->deadline = u->began + u->t->time_limit_s;
	choose_dev(u);
	find_leaves(u);
	s = study_open(u->t, &u->study, &resumed, u->why);
	if (s != MIP_OK)
		return s;
	if (resumed && !u->t->resume)
		tuning_warn(u, "an interrupted study with these settings goes "
		    "on; replies that had arrived are not paid again");
	tuning_phase(u, "baseline");
	return evaluate_start(u);
}

/* ---- after ---- */

static size_t *
all_rows(struct tuning *u, size_t n)
{
	size_t *pick = arena_array(u->a, n + 1, sizeof *pick), i;

	for (i = 0; i < n; i++)
		pick[i] = i;
	return pick;
}

static enum mip_status
test_one(struct tuning *u, const char *slots, struct scores *s,
    struct tune_score *out)
{
	const struct rows *rows = &u->t->test;
	size_t *pick = all_rows(u, rows->n);
	enum mip_status status;

	evaluate_init(u->a, s, rows->n);
	status = evaluate(u, rows, slots, pick, rows->n, s, NULL, NULL);
	if (status != MIP_OK)
		return status;
	evaluate_summary(u, s, pick, rows->n, out);
	if (u->study)
		study_trial(u->study, &(struct study_trial){ u->trial,
		    "test", slots, tuning_gain(u, evaluate_mean(u, s, pick,
		    rows->n)), pick, s->v, s->outcome, rows->n });
	return MIP_OK;
}

/* Before and after on rows that the search has never seen. */
static enum mip_status
test_both(struct tuning *u)
{
	struct tune_result *r = u->r;
	struct scores before, after;
	struct paired p;
	enum mip_status s;

	if (u->t->test.n == 0)
		return MIP_OK;
	u->ntrial = 0;
	tuning_phase(u, "test");
	s = test_one(u, "{}", &before, &r->test_before);
	if (s != MIP_OK)
		return s;
	after = before;
	r->test_after = r->test_before;
	if (r->improved)
		s = test_one(u, r->slots, &after, &r->test_after);
	if (s != MIP_OK)
		return s;
	if (!stats_paired(before.v, after.v, u->t->test.n, 0.95,
	    rng_child(u->t->seed, "test", 0), &p))
		return MIP_NOMEM;
	r->test_difference = p.diff;
	r->p_value = p.p;
	r->tested = true;
	return MIP_OK;
}

void
tune_usage_say(struct arena *a, struct usage *u, struct tune_usage *to)
{
	struct buf b = BASE_BUF_INIT;

	usage_table(&b, u);
	to->table = arena_strdup(a, buf_str(&b));
	buf_reset(&b);
	usage_json(&b, u);
	to->json = arena_strdup(a, buf_str(&b));
	buf_release(&b);
}

static void
say_usage(struct tuning *u, struct tune_usage *to)
{
	tune_usage_say(u->a, &u->usage, to);
	usage_release(&u->usage);
}

static void
say_end(struct tuning *u, enum mip_status s)
{
	struct tune_result *r = u->r;

	r->why_stopped = s;
	r->complete = s == MIP_OK;
	if (s != MIP_OK)
		snprintf(r->message, sizeof r->message, "%s",
		    u->why[0] ? u->why : mip_status_text(s));
	r->elapsed_s = clock_now() - u->began;
}

enum mip_status
tune_bound(const struct tune_task *t, struct tune_bound *b, char why[320])
{
	return bound_make(t, b, why);
}

void
tune_eval_bound(const struct tune_task *t, uint64_t runs,
    struct tune_bound *b)
{
	bound_runs(t, runs, b);
}

enum mip_status
tune(struct arena *a, const struct tune_task *t,
    const struct tune_observer *o, struct tune_result *r)
{
	struct tuning u = { .a = a, .t = t, .o = o, .r = r };
	bool found;
	enum mip_status s;

	memset(r, 0, sizeof *r);
	r->slots = "{}";
	r->p_value = 1;
	u.began = clock_now();
	s = begin(&u);
	if (s == MIP_OK)
		s = strategy_rows[u.plan.strategy].run(&u);
	found = u.best != NULL;
	if (found) {
		r->slots = u.best->slots;
		r->improved = strcmp(r->slots, "{}") != 0;
		if (s == MIP_OK)
			s = test_both(&u);
	}
	say_end(&u, s);
	say_usage(&u, &r->usage);
	worker_client_free(u.w);
	study_close(u.study, s == MIP_OK);
	return found ? MIP_OK : s == MIP_OK ? MIP_FAIL : s;
}

/* ---- scoring alone ---- */

/* What was added since `r` was as `before`. */
static struct answer_used
used_since(const struct tune_result *before, const struct tune_result *r)
{
	struct answer_used used = {
		.cached = (int64_t)(r->calls_cached - before->calls_cached),
		.in = r->tokens_in - before->tokens_in,
		.out = r->tokens_out - before->tokens_out,
		.usd = r->cost_paid - before->cost_paid,
		.nominal = r->cost_nominal - before->cost_nominal,
	};

	used.calls = used.cached +
	    (int64_t)(r->calls_paid - before->calls_paid);
	return used;
}

struct keeping { struct arena *a; const char **answer; };

static void
keep_answer(void *arg, size_t row, const char *answer)
{
	struct keeping *k = arg;

	k->answer[row] = arena_strdup(k->a, answer);
}

static enum mip_status
eval_point(struct tuning *u, const struct rows *rows, struct tune_point *p)
{
	struct keeping k = { u->a, arena_array(u->a, rows->n + 1,
	    sizeof *k.answer) };
	struct tune_result before = *u->r;
	size_t *pick = all_rows(u, rows->n);
	struct scores sc;
	enum mip_status s;

	evaluate_init(u->a, &sc, rows->n);
	s = evaluate(u, rows, p->slots, pick, rows->n, &sc, keep_answer, &k);
	if (s == MIP_OK)
		evaluate_summary(u, &sc, pick, rows->n, &p->score);
	p->used = used_since(&before, u->r);
	p->answer = k.answer;
	return s;
}

enum mip_status
tune_eval(struct arena *a, const struct tune_task *t,
    const struct rows *rows, struct tune_point *point, size_t n,
    const struct tune_observer *o, struct tune_usage *usage, char why[320])
{
	struct tune_result r = { .slots = "{}" };
	struct tuning u = { .a = a, .t = t, .o = o, .r = &r };
	enum mip_status s;
	size_t i;

	u.began = clock_now();
	if (t->time_limit_s > 0)
		u.deadline = u.began + t->time_limit_s;
	s = evaluate_start(&u);
	for (i = 0; s == MIP_OK && i < n; i++) {
		tuning_phase(&u, n == 1 ? "rows" : i == 0 ? "first" :
		    "second");
		s = eval_point(&u, rows, &point[i]);
	}
	say_usage(&u, usage);
	snprintf(why, 320, "%s", s == MIP_OK ? "" :
	    u.why[0] ? u.why : mip_status_text(s));
	worker_client_free(u.w);
	return s;
}
