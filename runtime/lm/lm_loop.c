/* The I/O thread: budget, limits, attempts, waits.
 *
 * A flight comes in, waits for the budget, then for its model's limits (and
 * server), is sent, and comes down: it is done, or waits in the heap of
 * timers for its next attempt.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "lm/lm_in.h"

enum {
	LOOP_IDLE_MS = 60000,
	LOOP_LEDGER_MS = 50             /* other processes do not wake us */
};

/* ---- timers: a heap, the earliest first ---- */

bool
lm_timer_put(struct lm *l, struct lm_flight *f)
{
	struct lm_flight **v = l->timer;
	size_t i, up;

	if (l->ntimer == l->captimer) {
		size_t cap = l->captimer ? 2 * l->captimer : 64;

		v = realloc(v, cap * sizeof *v);
		if (!v)
			return false;
		l->timer = v;
		l->captimer = cap;
	}
	for (i = l->ntimer++; i > 0; i = up) {
		up = (i - 1) / 2;
		if (v[up]->due <= f->due)
			break;
		v[i] = v[up];
	}
	v[i] = f;
	return true;
}

void
lm_timer_drop(struct lm *l, struct lm_flight *f)
{
	struct lm_flight **v = l->timer, *last;
	size_t i = 0, up, down;

	while (i < l->ntimer && v[i] != f)
		i++;
	if (i == l->ntimer)
		return;
	last = v[--l->ntimer];
	if (i == l->ntimer)
		return;
	for (; i > 0 && v[up = (i - 1) / 2]->due > last->due; i = up)
		v[i] = v[up];
	while ((down = 2 * i + 1) < l->ntimer) {
		if (down + 1 < l->ntimer && v[down + 1]->due < v[down]->due)
			down++;
		if (last->due <= v[down]->due)
			break;
		v[i] = v[down];
		i = down;
	}
	v[i] = last;
}

static struct lm_flight *
loop_timer_get(struct lm *l)
{
	struct lm_flight *top = l->ntimer > 0 ? l->timer[0] : NULL;

	if (top)
		lm_timer_drop(l, top);
	return top;
}

/* ---- the end of a flight ---- */

void
lm_ready(struct lm_flight *f)
{
	struct lm_model *m = f->pool ? f->pool : f->m;

	lm_queue_put(&m->ready, f);
	m->wake = 0;
}

bool
lm_has_next(struct lm *l, struct lm_flight *f)
{
	const struct lm_route *r;
	const struct lm_call *c;
	bool all = true;

	pthread_mutex_lock(&l->lock);
	for (c = f->calls; c && all; c = c->next) {
		r = c->flight;
		all = r && r->at + 1 < r->n;
	}
	pthread_mutex_unlock(&l->lock);
	return all;
}

void
lm_done(struct lm *l, struct lm_flight *f, enum mip_status s)
{
	f->status = s;
	f->reply.attempts = f->attempts;
	if (s != MIP_OK && !f->message[0])
		snprintf(f->message, sizeof f->message, "%s",
		    mip_status_text(s));
	lm_queue_put(&l->done, f);
}

/* What the answer took; its worst case, where the server does not say. */
static void
loop_settle(struct lm *l, struct lm_flight *f)
{
	struct store_sum spent = { 0, 0, 0 };
	const struct store_reply *r = &f->reply;

	if (!f->holds)
		return;
	f->holds = false;
	if (f->lost) {
		spent = f->held;
	} else if (f->status == MIP_OK) {
		spent.calls = 1;
		spent.tokens = r->in + r->out;
		spent.pico = budget_pico(lm_cost(&f->m->model, r));
		if (!f->counted) {
			spent.tokens = f->held.tokens;
			spent.pico = f->held.pico;
		}
	}
	if (!budget_settle(l->budget, &f->held, &spent) &&
	    f->status == MIP_OK) {
		f->status = MIP_INFRASTRUCTURE;
		lm_say(l, f->message, "the ledger of the budget could not be "
		    "written");
	}
}

/* Replies are on disk before anybody is told of them. */
static bool
loop_land(struct lm *l)
{
	struct lm_flight *f;

	if (!l->done.first)
		return false;
	for (f = l->done.first; f; f = f->next)
		loop_settle(l, f);
	lm_keep(l, &l->done);
	while ((f = lm_queue_get(&l->done)))
		lm_land(l, f);
	return true;
}

/* ---- the budget ---- */

void
lm_need(struct lm_flight *f)
{
	const struct mip_model *m = f->pool ? &f->pool->model : &f->m->model;
	double in = m->price_in, bytes = (double)f->body.len;

	if (m->price_cached > in)
		in = m->price_cached;
	if (m->price_written > in)
		in = m->price_written;
	f->held.calls = 1;
	f->held.tokens = (int64_t)f->body.len + f->bound;
	f->held.pico = 0;
	if (m->priced)
		f->held.pico = budget_pico((bytes * in +
		    (double)f->bound * m->price_out) / 1e6);
}

/* In the order they came: a large call is not passed over for ever by small
 * ones. */
static void
loop_budget(struct lm *l, double now)
{
	struct lm_flight *f;
	char why[STORE_WHY];

	if (!l->broke.first || now < l->ledger_at)
		return;
	while ((f = l->broke.first)) {
		enum budget_answer a = BUDGET_HELD;

		if (l->budget && f->kind != LM_FETCH) {
			lm_need(f);
			a = budget_hold(l->budget, &f->held, why);
		}
		if (a == BUDGET_WAIT) {
			l->ledger_at = budget_shared(l->budget) ?
			    now + LOOP_LEDGER_MS / 1e3 : 0;
			return;
		}
		lm_queue_get(&l->broke);
		if (a == BUDGET_HELD) {
			f->holds = l->budget && f->kind != LM_FETCH;
			lm_ready(f);
			continue;
		}
		if (a == BUDGET_IO)
			lm_say(l, f->message, "the ledger of the budget: %s",
			    why);
		else
			lm_say(l, f->message, "%s", why);
		lm_done(l, f, a == BUDGET_IO ? MIP_IO : MIP_BUDGET);
	}
}

/* ---- sending ---- */

unsigned
lm_level(enum mip_structure s)
{
	switch (s) {
	case MIP_STRUCTURE_AUTO:
	case MIP_STRUCTURE_NATIVE:
	case MIP_STRUCTURE_FUNCTION:
	case MIP_STRUCTURE_GRAMMAR:
		return 0;
	case MIP_STRUCTURE_JSON_OBJECT:
		return 1;
	case MIP_STRUCTURE_PROMPT:
		break;
	}
	return 2;
}

bool
lm_write_rung(struct lm_flight *f, enum mip_structure rung)
{
	f->ask.rung = f->reply.rung = rung;
	if (rung != MIP_STRUCTURE_GRAMMAR)
		f->ask.grammar = NULL;
	buf_reset(&f->body);
	if (f->kind == LM_EMBED)
		f->m->provider->embed_body(&f->body, &f->ask);
	else
		f->m->provider->body(&f->body, &f->ask);
	return !f->body.failed;
}

static void
loop_send(struct lm *l, struct lm_flight *f, double now)
{
	struct lm_model *m = f->m;
	struct http_request *r = &f->http;

	breaker_sent(&m->breaker, now);
	f->streams = f->kind == LM_CHAT && atomic_load(&f->heard) &&
	    m->provider->piece;
	if (!lm_lack_apply(f)) {
		limit_give(&m->limit, f->tokens, 0);
		lm_done(l, f, MIP_NOMEM);
		return;
	}
	r->url = f->url ? f->url : m->url[f->kind == LM_EMBED ?
	    PROVIDER_EMBED : f->streams ? PROVIDER_STREAM : PROVIDER_CHAT];
	r->body = f->get ? NULL : buf_str(&f->body);
	r->body_len = f->body.len;
	if (f->deadline <= 0 && m->model.sending.deadline_ms > 0)
		f->deadline = now + (double)m->model.sending.deadline_ms / 1e3;
	r->timeout_ms = (long)ceil(lm_attempt_s(l, f, now) * 1e3);
	r->local = m->loopback;
	r->more = f->streams ? lm_stream_more : NULL;
	r->done = lm_hedge_first;
	r->arg = f;
	f->attempts++;
	f->sent_at = now;
	f->trying = lm_trace_sent(l, f);
	r->header = lm_trace_header(l, f);
	if (f->streams || f->shown > 0)
		lm_stream_begin(f);
	http_submit(l->http, r);
	if (http_flies(r))
		lm_hedge_arm(l, f, now);
}

/* About four bytes a token, and half of what the reply may take. */
static double
loop_guess(const struct lm_flight *f)
{
	double in = (double)f->body.len / 4;

	if (f->kind != LM_CHAT)
		return in;
	return in + (f->bound > 0 ? (double)f->bound / 2 : 256);
}

/* Whether a model with a server of its own has one by now. */
static bool
loop_server(struct lm *l, struct lm_model *m)
{
	struct lm_flight *f;

	switch (lm_model_server(l, m)) {
	case LM_READY:
		return true;
	case LM_NO_SERVER:
	case LM_STARTING:
		return false;
	case LM_DEAD:
		break;
	}
	while ((f = lm_queue_get(&m->ready))) {
		lm_say(l, f->message, "the %s: %s", m->what,
		    m->dead_why);
		lm_done(l, f, m->dead);
	}
	return false;
}

/* Those that wait for a server of which nothing is to be had today, or with
 * this key. */
static void
loop_spent(struct lm *l, struct lm_model *m)
{
	struct lm_flight *f;

	while ((f = lm_queue_get(&m->ready))) {
		memcpy(f->message, m->spent_why, sizeof f->message);
		lm_done(l, f, m->spent);
	}
}

/* Those that wait for an endpoint that fails, and have another to go to. */
static void
loop_broken(struct lm *l, struct lm_model *m)
{
	const struct lm_model *of = m->nreplica > 0 ? m->replica[0] : m;
	struct lm_flight *f;
	struct lm_queue stay;

	lm_queue_init(&stay);
	while ((f = lm_queue_get(&m->ready))) {
		if (!lm_has_next(l, f)) {
			lm_queue_put(&stay, f);
			continue;
		}
		lm_say(l, f->message, "%s; it is left out for a while",
		    of->broken_why);
		lm_done(l, f, MIP_INFRASTRUCTURE);
	}
	m->ready = stay;
	if (!stay.first)
		lm_queue_init(&m->ready);
}

/* Whether calls that have another model to go to are to go there. */
static bool
loop_is_broken(struct lm_model *m, double now)
{
	unsigned i;

	if (!atomic_load(&m->routed))
		return false;
	for (i = 0; i < m->nreplica; i++)
		if (lm_lets(m->replica[i], now))
			return false;
	return m->nreplica > 0 || !lm_lets(m, now);
}

/* ---- the order of those that wait ---- */

enum {
	LOOP_LOOK = 256,                /* flights that are looked at */
	LOOP_PASSED = 32                /* times that the first is passed by */
};

/* The next one to be sent: one that begins as the last one did, so that the
 * server finds the beginning in its cache, else the first.  *before is the one
 * in front of it in the queue. */
static struct lm_flight *
loop_pick(struct lm_model *m, struct lm_flight **before)
{
	struct lm_flight *f = m->ready.first, *prev = NULL;
	unsigned n = 0;

	*before = NULL;
	if (m->passed >= LOOP_PASSED)
		return f;
	for (; f && n < LOOP_LOOK; prev = f, f = f->next, n++)
		if (f->affinity == m->lately) {
			*before = prev;
			return f;
		}
	return m->ready.first;
}

static void
loop_picked(struct lm_model *m, struct lm_flight *f, struct lm_flight *before)
{
	m->passed = before ? m->passed + 1 : 0;
	m->lately = f->affinity;
	if (!before) {
		lm_queue_get(&m->ready);
		return;
	}
	before->next = f->next;
	if (!f->next)
		m->ready.last = &before->next;
	f->next = NULL;
}

/* The endpoint for the flight, with a place taken there; else *wait is as
 * limit_take says. */
static struct lm_model *
loop_place(struct lm_model *m, struct lm_flight *f, double now, double *wait)
{
	struct lm_model *to = m;

	f->tokens = loop_guess(f);
	if (m->nreplica > 0) {
		to = lm_pool_choose(f, f->tokens, now, wait);
		if (!to) {
			*wait = *wait < HUGE_VAL ? *wait : -1;
			return NULL;
		}
	}
	*wait = limit_take(&to->limit, f->tokens, now);
	return *wait == 0 ? to : NULL;
}

/* Sends what the limits let through; gives when to look again. */
static double
loop_pump(struct lm *l, struct lm_model *m, double now)
{
	struct lm_flight *f, *before;
	struct lm_model *to;
	double wait;

	if (!m->ready.first)
		return HUGE_VAL;
	if (m->own_server && !loop_server(l, m))
		return HUGE_VAL;
	if (m->nreplica > 0 ? lm_pool_spent(m, now) : now < m->spent_until) {
		loop_spent(l, m);
		return HUGE_VAL;
	}
	lm_health(l, m, now);
	if (loop_is_broken(m, now))
		loop_broken(l, m);
	if (now < m->wake)
		return m->wake;
	while ((f = loop_pick(m, &before))) {
		to = loop_place(m, f, now, &wait);
		if (!to) {
			m->wake = wait > 0 ? now + wait : 0;
			return wait > 0 ? m->wake : HUGE_VAL;
		}
		loop_picked(m, f, before);
		f->m = to;
		loop_send(l, f, now);
		if (loop_is_broken(m, now))
			loop_broken(l, m);
	}
	return HUGE_VAL;
}

static double
loop_pump_all(struct lm *l, double now)
{
	struct lm_model *m;
	double at, next = HUGE_VAL;

	pthread_mutex_lock(&l->model_lock);
	m = l->model;
	pthread_mutex_unlock(&l->model_lock);
	/* Models are only ever put in front of the list. */
	for (; m; m = m->next) {
		at = loop_pump(l, m, now);
		if (at < next)
			next = at;
	}
	return next;
}

/* ---- turns ---- */

static void
loop_end_queue(struct lm *l, struct lm_queue *q, enum mip_status s,
    const char *why)
{
	struct lm_flight *f;

	while ((f = lm_queue_get(q))) {
		memcpy(f->message, why, strlen(why) + 1);
		lm_done(l, f, s);
	}
}

/* Ends what is not under way. */
static void
loop_end(struct lm *l, enum mip_status s, const char *why)
{
	struct lm_model *m;
	struct lm_flight *f;

	loop_end_queue(l, &l->broke, s, why);
	pthread_mutex_lock(&l->model_lock);
	m = l->model;
	pthread_mutex_unlock(&l->model_lock);
	for (; m; m = m->next)
		loop_end_queue(l, &m->ready, s, why);
	while ((f = loop_timer_get(l))) {
		memcpy(f->message, why, strlen(why) + 1);
		lm_done(l, f, s);
	}
}

/* Ends what must not go on; with the time. */
static double
loop_stop(struct lm *l)
{
	char why[LM_WHY];
	struct lm_flight *f;
	double now;

	if (atomic_load(&l->cancelled)) {
		http_stop(l->http);
		for (f = l->down.first; f; f = f->next)
			f->lost = true;
		loop_end_queue(l, &l->down, MIP_CANCELLED, "");
		loop_end(l, MIP_CANCELLED, "");
	}
	if (atomic_load(&l->unkept))
		loop_end(l, MIP_IO, l->unkept_why);
	now = clock_now();
	if (lm_late(l, now, why))
		loop_end(l, MIP_BUDGET, why);
	return now;
}

/* Takes what other threads have handed over; false when it is time to end. */
static bool
loop_take(struct lm *l)
{
	struct lm_queue q;
	struct lm_flight *f;
	bool stop;

	pthread_mutex_lock(&l->lock);
	q = l->coming;
	if (!q.first)
		q.last = &q.first;
	lm_queue_init(&l->coming);
	stop = l->stop;
	pthread_mutex_unlock(&l->lock);
	while ((f = lm_queue_get(&q)))
		lm_queue_put(&l->broke, f);
	return !stop;
}

static int
loop_wait_ms(struct lm *l, double next, double now)
{
	double ms;

	if (l->done.first || l->down.first)
		return 0;
	if (l->ntimer > 0 && l->timer[0]->due < next)
		next = l->timer[0]->due;
	if (l->broke.first && l->ledger_at > 0 && l->ledger_at < next)
		next = l->ledger_at;
	if (l->deadline > now && l->deadline < next)
		next = l->deadline;
	ms = ceil((next - now) * 1e3);
	return ms > LOOP_IDLE_MS ? LOOP_IDLE_MS : ms > 0 ? (int)ms : 0;
}

void *
lm_loop(void *arg)
{
	struct lm *l = arg;
	struct lm_flight *f;
	double now, next;
	bool go = true;

	while (go) {
		go = loop_take(l);
		now = loop_stop(l);
		while (l->ntimer > 0 && l->timer[0]->due <= now) {
			f = loop_timer_get(l);
			if (f->armed)
				lm_hedge(l, f, now);
			else
				lm_ready(f);
		}
		loop_budget(l, now);
		next = loop_pump_all(l, now);
		http_run(l->http, go ? loop_wait_ms(l, next, now) : 0);
		now = clock_now();
		while ((f = lm_queue_get(&l->down)))
			lm_came_down(l, f, now);
		if (loop_land(l))
			l->ledger_at = 0;
	}
	return NULL;
}
