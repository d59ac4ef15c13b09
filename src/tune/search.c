/* The space of slot values and the search of it.
 *
 * One minibatch serves all candidates between two full evaluations.  The
 * surrogate is told what a candidate would have on all rows: the mean of the
 * best, plus the mean difference to the best on the rows that were scored.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "tune/search.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json_put.h"
#include "tune/rng.h"

/* ---- candidates ---- */

static const char *
point_slots(struct search *s, const unsigned *x)
{
	struct buf b = BASE_BUF_INIT;
	const char *text, *value;
	size_t i;

	buf_putc(&b, '{');
	for (i = 0; i < s->space.nvar; i++) {
		value = s->slot[i].value[x[i]];
		if (value)
			json_put_raw(&b, s->slot[i].name, value);
	}
	buf_putc(&b, '}');
	text = arena_strndup(s->u->a, buf_str(&b), b.len);
	buf_release(&b);
	return text;
}

struct candidate *
search_at(struct search *s, const unsigned *x)
{
	struct arena *a = s->u->a;
	size_t size = s->space.nvar * sizeof *x;
	struct candidate *c;

	for (c = s->first; c; c = c->next)
		if (size == 0 || memcmp(c->x, x, size) == 0)
			return c;
	c = arena_alloc(a, sizeof *c);
	c->x = arena_alloc(a, size);
	if (size > 0)
		memcpy(c->x, x, size);
	c->slots = point_slots(s, x);
	evaluate_init(a, &c->dev, s->u->t->dev.n);
	*s->last = c;
	s->last = &c->next;
	return c;
}

static void
note_trial(struct search *s, const struct candidate *c, const char *kind,
    const size_t *row, size_t n)
{
	struct tuning *u = s->u;
	struct study_trial t = { u->trial, kind, c->slots,
	    tuning_gain(u, evaluate_mean(u, &c->dev, row, n)), row,
	    c->dev.v, c->dev.outcome, n };

	if (u->study)
		study_trial(u->study, &t);
}

enum mip_status
search_full(struct search *s, struct candidate *c, const char *kind)
{
	struct tuning *u = s->u;
	enum mip_status status;

	status = evaluate(u, &u->t->dev, c->slots, u->dev, u->ndev, &c->dev,
	    NULL, NULL);
	if (status != MIP_OK)
		return status;
	c->full = true;
	c->mean = evaluate_mean(u, &c->dev, u->dev, u->ndev);
	note_trial(s, c, kind, u->dev, u->ndev);
	if (!u->best || c->mean > u->best->mean) {
		u->best = c;
		evaluate_summary(u, &c->dev, u->dev, u->ndev,
		    &u->r->dev_after);
	}
	tuning_trial(u, tuning_gain(u, c->mean), true);
	if (u->study && study_failed(u->study)) {
		snprintf(u->why, sizeof u->why, "%.200s cannot be written",
		    u->t->study_path);
		return MIP_IO;
	}
	return MIP_OK;
}

enum mip_status
search_baseline(struct search *s)
{
	struct tuning *u = s->u;
	struct candidate *c = search_at(s, s->zero);
	enum mip_status status;

	/* The first row alone: a wrong model, key or address is found by one
	 * call, which the baseline then has for nothing. */
	u->probing = true;
	status = evaluate(u, &u->t->dev, c->slots, u->dev, 1, &c->dev, NULL,
	    NULL);
	u->probing = false;
	if (status == MIP_OK)
		status = search_full(s, c, "baseline");
	if (status == MIP_OK)
		u->r->dev_before = u->r->dev_after;
	return status;
}

/* ---- the search ---- */

struct course {
	struct search *s;
	struct surrogate *sur;
	struct rng *rng;
	size_t *order, at;              /* dev rows in the order of batches */
	size_t *batch, nbatch;
	size_t *pick;                   /* room for ndev */
	unsigned since;                 /* full evaluations without a gain */
};

/* The next rows of a shuffled order, so that batches differ. */
static void
next_batch(struct course *c)
{
	struct tuning *u = c->s->u;
	size_t i;

	c->nbatch = u->plan.minibatch;
	if (c->at + c->nbatch > u->ndev) {
		rng_shuffle(c->rng, c->order, u->ndev);
		c->at = 0;
	}
	for (i = 0; i < c->nbatch; i++)
		c->batch[i] = c->order[c->at + i];
	c->at += c->nbatch;
	qsort(c->batch, c->nbatch, sizeof *c->batch, tuning_by_index);
}

/* Those of the rows that the candidate lacks; `all`: of those all rows, as
 * many as a batch has. */
static size_t
lacking(struct course *c, const struct candidate *d, bool all)
{
	struct tuning *u = c->s->u;
	const size_t *from = all ? u->dev : c->batch;
	size_t n = all ? u->ndev : c->nbatch, k = 0, i;

	for (i = 0; i < n && k < c->nbatch; i++)
		if (isnan(d->dev.v[from[i]]))
			c->pick[k++] = from[i];
	return k;
}

/* Mean difference to the best over the rows that are known. */
static double
advantage(const struct tuning *u, const struct candidate *d)
{
	const struct candidate *best = u->best;
	double sum = 0;
	size_t n = 0, i;

	for (i = 0; i < u->ndev; i++) {
		if (isnan(d->dev.v[u->dev[i]]))
			continue;
		sum += tuning_gain(u, d->dev.v[u->dev[i]]) -
		    tuning_gain(u, best->dev.v[u->dev[i]]);
		n++;
	}
	return n > 0 ? sum / (double)n : 0;
}

/* Tells of `n` rows of c->pick that were scored just now. */
static void
tell_surrogate(struct course *c, const struct candidate *d,
    const struct candidate *best, size_t n)
{
	struct tuning *u = c->s->u;
	double value = best->mean +
	    evaluate_mean(u, &d->dev, c->pick, n) -
	    evaluate_mean(u, &best->dev, c->pick, n);

	if (n > 0 && !surrogate_tell(c->sur, d->x, value, (double)n))
		BUG("out of memory");
}

static enum mip_status
full_step(struct course *c, struct candidate *d)
{
	struct tuning *u = c->s->u;
	struct candidate *best = u->best;
	size_t n = 0, i;
	enum mip_status s;

	for (i = 0; i < u->ndev; i++)
		if (isnan(d->dev.v[u->dev[i]]))
			c->pick[n++] = u->dev[i];
	s = search_full(c->s, d, "full");
	if (s != MIP_OK)
		return s;
	tell_surrogate(c, d, best, n);
	c->since = u->best == d ? 0 : c->since + 1;
	return MIP_OK;
}

/* The most promising of those that are not fully scored; NULL. */
static struct candidate *
promising(struct course *c)
{
	struct candidate *d, *found = NULL;
	double v, most = 0;

	for (d = c->s->first; d; d = d->next) {
		if (d->full || d->dev.nknown == 0)
			continue;
		v = advantage(c->s->u, d);
		if (found && v <= most)
			continue;
		found = d;
		most = v;
	}
	return found;
}

static enum mip_status
mini_step(struct course *c, struct candidate *d, bool *idle)
{
	struct tuning *u = c->s->u;
	enum mip_status s;
	size_t n = lacking(c, d, false);

	if (n == 0)
		n = lacking(c, d, true);
	*idle = n == 0;
	if (n == 0)
		return MIP_OK;
	s = evaluate(u, &u->t->dev, d->slots, c->pick, n, &d->dev, NULL,
	    NULL);
	if (s != MIP_OK)
		return s;
	if (d->dev.nknown == u->ndev) {
		tell_surrogate(c, d, u->best, n);
		s = search_full(c->s, d, "full");
		c->since = u->best == d ? 0 : c->since + 1;
		return s;
	}
	note_trial(c->s, d, "minibatch", c->pick, n);
	tell_surrogate(c, d, u->best, n);
	tuning_trial(u, tuning_gain(u, evaluate_mean(u, &d->dev, c->pick, n)),
	    false);
	return MIP_OK;
}

bool
search_done(const struct search *s)
{
	const struct tuning *u = s->u;
	const struct candidate *b = u->best;
	double v, want = u->minimize ? 0 : 1;
	size_t i;

	if (!u->plan.early_stop)
		return false;
	for (i = 0; i < u->ndev; i++) {
		v = b->dev.v[u->dev[i]];
		if (v < want || v > want)
			return false;
	}
	return true;
}

/* Is there reason to believe that no more is to be had? */
static bool
enough(struct course *c)
{
	enum { PATIENCE = 3 };
	struct tuning *u = c->s->u;
	const struct candidate *d;
	unsigned *x;
	double value;

	if (!u->plan.early_stop)
		return false;
	if (search_done(c->s))
		return true;
	if (c->since < PATIENCE || u->plan.minibatch == 0)
		return false;
	x = arena_array(u->a, c->s->space.nvar + 1, sizeof *x);
	if (!surrogate_best(c->sur, x, &value))
		return false;
	d = search_at(c->s, x);
	return d->full && value <= u->best->mean;
}

static bool
course_init(struct course *c, struct search *s)
{
	struct tuning *u = s->u;
	struct surrogate_options o = { .kind = u->plan.surrogate,
	    .trials = u->ntrial };
	size_t i;

	*c = (struct course){ .s = s };
	c->sur = surrogate_new(&s->space, rng_child(u->t->seed, "surrogate",
	    0), &o);
	c->rng = rng_new(rng_child(u->t->seed, "minibatch", 0));
	c->order = arena_array(u->a, u->ndev + 1, sizeof *c->order);
	c->batch = arena_array(u->a, u->ndev + 1, sizeof *c->batch);
	c->pick = arena_array(u->a, u->ndev + 1, sizeof *c->pick);
	for (i = 0; i < u->ndev; i++)
		c->order[i] = u->dev[i];
	c->at = u->ndev;
	return c->sur && c->rng && surrogate_tell(c->sur, s->zero,
	    u->best->mean, (double)u->ndev);
}

/* One trial; *over when there is nothing left to try. */
static enum mip_status
one_trial(struct course *c, unsigned *x, bool *over)
{
	struct tuning *u = c->s->u;
	enum surrogate_asked asked = surrogate_ask(c->sur, x);
	struct candidate *d;
	enum mip_status s = MIP_OK;
	bool idle = false;

	if (asked == SURROGATE_NOMEM)
		return MIP_NOMEM;
	d = search_at(c->s, x);
	if (u->plan.minibatch == 0) {
		idle = d->full;
		if (!idle)
			s = full_step(c, d);
	} else if (d->full) {
		d = promising(c);
		idle = !d;
		if (d)
			s = mini_step(c, d, &idle);
	} else {
		s = mini_step(c, d, &idle);
	}
	*over = idle && asked == SURROGATE_REPEAT;
	return s;
}

static enum mip_status
course_run(struct course *c)
{
	struct tuning *u = c->s->u;
	unsigned *x = arena_array(u->a, c->s->space.nvar + 1, sizeof *x);
	struct candidate *d;
	enum mip_status s = MIP_OK;
	bool over = false;

	if (u->plan.minibatch > 0)
		next_batch(c);
	for (u->trial = 1; u->trial <= u->ntrial && !over; u->trial++) {
		s = one_trial(c, x, &over);
		if (s != MIP_OK)
			break;
		u->r->trials = u->trial;
		if (u->plan.minibatch > 0 && (over ||
		    u->trial % u->plan.full_every == 0 ||
		    u->trial == u->ntrial)) {
			d = promising(c);
			if (d)
				s = full_step(c, d);
			next_batch(c);
		}
		if (s != MIP_OK || enough(c))
			break;
	}
	return s;
}

enum mip_status
search_run(struct search *s)
{
	struct tuning *u = s->u;
	struct course c;
	enum mip_status status;

	u->ntrial = strategy_trials(&u->plan, s->space.nvar);
	if (u->ntrial == 0) {
		tuning_warn(u, "there is nothing to search: no slot has more "
		    "than one choice");
		return MIP_OK;
	}
	tuning_phase(u, "search");
	status = course_init(&c, s) ? course_run(&c) : MIP_NOMEM;
	surrogate_free(c.sur);
	rng_free(c.rng);
	return status;
}
