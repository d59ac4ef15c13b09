/* The end of a call: what it brought is told, counted and traced.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lm/lm_in.h"

static char *
lm_copy(const char *s, size_t n, bool *ok)
{
	char *copy = malloc(n + 1);

	if (!copy) {
		*ok = false;
		return NULL;
	}
	memcpy(copy, s, n);
	copy[n] = '\0';
	return copy;
}

/* `last`: the texts go over to this call. */
static void
lm_fill(struct lm_flight *f, struct lm_call *c, bool last)
{
	struct store_reply *r = &f->reply;
	bool ok = true;

	c->status = f->status;
	memcpy(c->message, f->message, sizeof c->message);
	c->rung = r->rung;
	c->attempts = r->attempts;
	c->by = f->m;
	c->stepped = f->may_step;
	c->first_s = f->first_s;
	if (f->status != MIP_OK)
		return;
	c->text_len = r->text_len;
	c->text = last ? r->text : lm_copy(r->text, r->text_len, &ok);
	if (r->reasoning)
		c->reasoning = last ? r->reasoning :
		    lm_copy(r->reasoning, strlen(r->reasoning), &ok);
	if (last)
		r->text = r->reasoning = NULL;
	c->finish = r->finish;
	c->refused = r->refused;
	c->usage.in = r->in;
	c->usage.cached = r->cached;
	c->usage.out = r->out;
	c->usage.cost = lm_cost(&f->m->model, r);
	c->latency_s = r->latency_s;
	if (ok)
		return;
	c->status = MIP_NOMEM;
	snprintf(c->message, sizeof c->message, "%s",
	    mip_status_text(MIP_NOMEM));
}

static void
lm_sum(struct lm_usage *to, const struct lm_usage *u)
{
	to->in += u->in;
	to->cached += u->cached;
	to->out += u->out;
	to->cost += u->cost;
}

struct usage_call
lm_call_usage(const struct lm_call *c)
{
	return (struct usage_call){
		.leaf = c->leaf, .model = c->model ? c->model->name : NULL,
		.failed = c->status != MIP_OK, .cached = c->cached,
		.reasked = c->reasks, .in = c->usage.in,
		.in_cached = c->usage.cached, .out = c->usage.out,
		.cost = c->usage.cost, .latency_s = c->latency_s,
	};
}

/* By leaf; with the lock held.  Servers of tools use no tokens. */
static void
lm_count_leaf(struct lm *l, const struct lm_call *c)
{
	struct usage_call u = lm_call_usage(c);

	if (c->kind != LM_FETCH)
		usage_add(&l->usage, &u);
}

static void
lm_count(struct lm *l, const struct lm_flight *f, const struct lm_call *c,
    bool first)
{
	struct lm_totals *t = &l->totals;

	pthread_mutex_lock(&l->lock);
	lm_count_leaf(l, c);
	if (c->status != MIP_OK) {
		t->failures++;
	} else {
		lm_sum(&t->nominal, &c->usage);
		if (!first)
			t->shared++;
		else if (f->source != LM_SERVER)
			t->cached++;
		else if (f->kind == LM_FETCH)
			t->fetched++;
		else
			t->calls++;
		if (first && f->source == LM_SERVER)
			lm_sum(&t->paid, &c->usage);
	}
	pthread_mutex_unlock(&l->lock);
}

static void
lm_signal(struct lm_call *c)
{
	free(c->flight);
	c->flight = NULL;
	lm_group_end(c->group);
}

void
lm_refuse(struct lm *l, struct lm_call *c, enum mip_status s, const char *why)
{
	c->status = s;
	snprintf(c->message, sizeof c->message, "%s",
	    why && *why ? why : mip_status_text(s));
	pthread_mutex_lock(&l->lock);
	l->totals.failures++;
	lm_count_leaf(l, c);
	pthread_mutex_unlock(&l->lock);
	lm_signal(c);
}

void
lm_tell(struct lm *l, struct lm_flight *f, struct lm_call *c, bool first,
    bool last)
{
	c->cached = !first || f->source != LM_SERVER;
	lm_fill(f, c, last);
	lm_count(l, f, c, first);
	if (l->trace)
		lm_trace(l, f, c, first);
	lm_signal(c);
}

void
lm_unshaped(struct lm *l, const struct lm_call *c)
{
	struct lm_model *m = c->by;

	if (!m || c->cached || !c->stepped || !c->schema ||
	    c->finish != REPLY_STOP || lm_level(c->rung) != 0 ||
	    atomic_fetch_add(&m->unshaped, 1) + 1 != LM_UNSHAPED)
		return;
	lm_warn(l, m->what, "the server ignores the schema that replies are "
	    "to have, and is asked in words from now on; structure = "
	    "json_object does that from the start");
}
