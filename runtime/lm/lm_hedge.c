/* Requests that are made once more when their answer does not come in time, or
 * their stream does not begin: the first that comes counts (Dean and Barroso,
 * The Tail at Scale, CACM 2013, "Hedged requests").
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "lm/lm_in.h"

enum {
	HEDGE_SHARE = 20,               /* one of so many, at most, */
	HEDGE_BURST = 10,               /* and so many at once */
	HEDGE_LEAST = 20,               /* answers before a share is known */
	HEDGE_SMALL = 1024              /* bytes of a request of class 0 */
};

static bool
hedge_good(const struct http_request *r)
{
	return r->result == HTTP_OK && r->status / 100 == 2;
}

/* ---- how long answers take ---- */

/* Four times the bytes, the next class: long requests are answered later. */
static struct lm_hedge_times *
hedge_times(const struct lm_flight *f, const struct lm_model *m)
{
	size_t most = HEDGE_SMALL;
	unsigned i = 0;

	while (i + 1 < LM_HEDGE_CLASS && f->body.len > most) {
		most *= 4;
		i++;
	}
	return m->hedge.times ? &m->hedge.times[i] : NULL;
}

/* Notes how long the request took; of one that was overtaken, until it was: it
 * would have taken longer, and is not to make the times look shorter. */
static void
hedge_learn(struct lm_flight *f, struct lm_model *m, double sent_at)
{
	struct lm_hedge_times *t;

	if (m->model.sending.hedge_share <= 0 || f->kind != LM_CHAT)
		return;
	if (!m->hedge.times)
		m->hedge.times = calloc(LM_HEDGE_CLASS,
		    sizeof *m->hedge.times);
	t = hedge_times(f, m);
	if (!t)
		return;
	t->s[t->at] = (float)(clock_now() - sent_at);
	t->at = (t->at + 1) % LM_HEDGE_WINDOW;
	t->n += t->n < LM_HEDGE_WINDOW;
}

static int
hedge_order(const void *a, const void *b)
{
	const float *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* The time within which that share of the latest answers came, by nearest
 * rank; 0 while too few have, for at least one must be beyond it. */
static double
hedge_percentile(const struct lm_hedge_times *t, double share)
{
	float s[LM_HEDGE_WINDOW];
	double least = ceil(1 / (1 - share) - 1e-9);
	size_t rank;

	if (least > LM_HEDGE_WINDOW)
		least = LM_HEDGE_WINDOW;
	if (!t || t->n < HEDGE_LEAST || t->n < least)
		return 0;
	memcpy(s, t->s, t->n * sizeof *s);
	qsort(s, t->n, sizeof *s, hedge_order);
	rank = (size_t)ceil(share * t->n - 1e-9);
	return s[rank > 0 ? rank - 1 : 0];
}

/* Seconds until the request is made once more; 0: it is not. */
static double
hedge_after(const struct lm_flight *f)
{
	const struct mip_sending *d = &f->m->model.sending;

	if (f->kind != LM_CHAT || f->second)
		return 0;
	if (d->hedge_ms > 0)
		return (double)d->hedge_ms / 1e3;
	return d->hedge_share > 0 ? hedge_percentile(hedge_times(f,
	    f->m), d->hedge_share) : 0;
}

void
lm_hedge_arm(struct lm *l, struct lm_flight *f, double now)
{
	struct lm_hedge *h = &f->m->hedge;
	double s = hedge_after(f);

	h->credit += 1.0 / HEDGE_SHARE;
	if (h->credit > HEDGE_BURST)
		h->credit = HEDGE_BURST;
	if (s <= 0)
		return;
	f->due = now + s;
	f->armed = lm_timer_put(l, f);
}

/* ---- two at once ---- */

/* One of the two has ended or was given up: `lost`, what it took is not
 * known. */
static void
hedge_settle(struct lm_flight *f, struct lm_model *m, struct store_sum *held,
    bool lost)
{
	struct store_sum spent = { 0, 0, 0 };

	limit_give(&m->limit, f->tokens, lost ? f->tokens : 0);
	if (held->calls == 0)
		return;
	if (lost)
		spent = *held;
	budget_settle(f->lm->budget, held, &spent);
	held->calls = 0;
}

/* The first one has ended, and the second stands where it stood. */
static void
hedge_turn(struct lm_flight *f, bool lost)
{
	struct lm_second *s = f->second;
	struct buf body = f->body;

	hedge_settle(f, f->m, &f->held, lost);
	f->held = s->held;
	f->m = s->m;
	f->trying = s->trying;
	f->sent_at = s->sent_at;
	if (!s->body.s)
		return;
	f->body = s->body;
	s->body = body;
	f->ask = s->ask;
	f->reply.rung = s->ask.rung;
}

/* The first one is given up. */
static void
hedge_overtake(struct lm *l, struct lm_flight *f)
{
	http_cancel(l->http, &f->http);
	lm_trace_down(f, f->trying, &f->http);
	if (f->m != f->second->m)
		hedge_learn(f, f->m, f->sent_at);
	hedge_turn(f, true);
}

/* The second one is given up. */
static void
hedge_drop(struct lm *l, struct lm_flight *f)
{
	struct lm_second *s = f->second;

	http_cancel(l->http, &s->http);
	lm_trace_down(f, s->trying, &s->http);
	hedge_settle(f, s->m, &s->held, true);
}

void
lm_hedge_first(struct http_request *r)
{
	struct lm_flight *f = r->arg;
	struct lm_second *s = f->second;
	struct lm *l = f->lm;
	bool other = s && http_flies(&s->http);

	if (f->armed)
		lm_timer_drop(l, f);
	f->armed = false;
	if (hedge_good(r))
		hedge_learn(f, f->m, f->sent_at);
	if (other && (!hedge_good(r) || s->leads)) {
		lm_trace_down(f, f->trying, r);
		if (!hedge_good(r))
			lm_overtaken(l, f->m, r, f->sent_at, clock_now());
		hedge_turn(f, hedge_good(r));
		return;                 /* the other is waited for */
	}
	if (other)
		hedge_drop(l, f);
	lm_queue_put(&l->down, f);
}

/* ---- streams ---- */

bool
lm_hedge_leads(const struct lm_flight *f)
{
	return f->second && f->second->leads;
}

/* Whether the first one's stream has. */
static bool
hedge_has_begun(const struct lm_flight *f)
{
	return f->streams && f->http.reply.len > 0;
}

/* No request can be given up in the midst of what it brings: the loop does. */
void
lm_hedge_begun(struct lm *l, struct lm_flight *f)
{
	struct lm_second *s = f->second;

	if (!s || f->armed || !http_flies(&s->http) || !http_flies(&f->http))
		return;
	f->due = clock_now();
	f->armed = lm_timer_put(l, f);
}

/* `more` of the second one: the stream that begins first is the reply. */
static void
hedge_more(struct http_request *r)
{
	struct lm_flight *f = r->arg;
	struct lm_second *s = f->second;

	if (r->status / 100 != 2 || (!s->leads && hedge_has_begun(f)))
		return;
	if (!s->leads) {
		lm_stream_begin(f);
		if (s->body.s)
			f->pieces.rung = s->ask.rung;
		s->leads = true;
	}
	lm_stream_more(r);
}

/* `done` of the second one. */
static void
hedge_second(struct http_request *r)
{
	struct lm_flight *f = r->arg;
	struct lm_second *s = f->second;
	struct lm *l = f->lm;

	if (f->armed)
		lm_timer_drop(l, f);
	f->armed = false;
	if (hedge_good(r))
		hedge_learn(f, s->m, s->sent_at);
	if (http_flies(&f->http)) {
		if (!hedge_good(r) || (!s->leads && hedge_has_begun(f))) {
			lm_trace_down(f, s->trying, r);
			if (!hedge_good(r))
				lm_overtaken(l, s->m, r, s->sent_at,
				    clock_now());
			hedge_settle(f, s->m, &s->held, hedge_good(r));
			if (s->leads)
				lm_stream_begin(f);
			s->leads = false;
			return;
		}
		hedge_overtake(l, f);
	}
	s->leads = false;
	/* What it brought stands where the first's would. */
	http_release(&f->http);
	f->http.url = r->url;
	f->http.reply = r->reply;
	r->reply = (struct buf)BUF_INIT;
	f->http.result = r->result;
	f->http.status = r->status;
	memcpy(f->http.why, r->why, sizeof r->why);
	memcpy(f->http.content_type, r->content_type, sizeof r->content_type);
	f->http.retry_after_s = r->retry_after_s;
	f->http.final = r->final;
	f->http.seconds = r->seconds;
	lm_queue_put(&l->down, f);
}

void
lm_hedge_free(struct lm_second *s)
{
	if (!s)
		return;
	http_release(&s->http);
	buf_release(&s->body);
	free(s);
}

/* Where it goes to, with a place taken there; NULL: there is none. */
static struct lm_model *
hedge_place(struct lm_flight *f, double now)
{
	const struct lm_model *failed = f->failed;
	struct lm_model *m = f->m;
	double wait;

	if (f->pool) {
		f->failed = f->m;       /* rather any other */
		m = lm_pool_choose(f, f->tokens, now, &wait);
		f->failed = failed;
	}
	if (!m || breaker_is_open(&m->breaker) ||
	    limit_take(&m->limit, f->tokens, now) != 0)
		return NULL;
	return m;
}

/* Takes the part of the budget that a second request may cost. */
static bool
hedge_hold(struct lm_flight *f, struct store_sum *held)
{
	char why[STORE_WHY];

	held->calls = 0;
	if (!f->lm->budget || !f->holds)
		return true;
	*held = f->held;
	if (budget_hold(f->lm->budget, held, why) == BUDGET_HELD)
		return true;
	held->calls = 0;
	return false;
}

/* Writes the request as the replica that it goes to takes it. */
static bool
hedge_write(struct lm *l, struct lm_flight *f, struct lm_second *s)
{
	struct lm_model *first = f->m;
	struct provider_ask ask = f->ask;
	struct buf body = f->body;
	bool ok = true;

	f->m = s->m;
	s->trying = lm_trace_sent(l, f);
	s->http.header = lm_trace_header(l, f);
	s->http.body = f->http.body;
	s->http.body_len = f->http.body_len;
	if (s->m != first) {
		f->body = (struct buf)BUF_INIT;
		ok = lm_lack_apply(f);
		s->http.body = buf_str(&f->body);
		s->http.body_len = f->body.len;
		s->body = f->body;
		s->ask = f->ask;
		f->body = body;
		f->ask = ask;
		f->reply.rung = ask.rung;
	}
	f->m = first;
	return ok;
}

void
lm_hedge(struct lm *l, struct lm_flight *f, double now)
{
	struct lm_hedge *h = &f->m->hedge;
	struct lm_second *s;

	f->armed = false;
	if (f->second) {                /* one of the two has begun */
		if (!f->second->leads)
			hedge_drop(l, f);
		else if (http_flies(&f->http))
			hedge_overtake(l, f);
		return;
	}
	if (hedge_has_begun(f) || h->credit < 1 || atomic_load(&l->unkept) ||
	    (l->deadline > 0 && now >= l->deadline))
		return;
	s = calloc(1, sizeof *s);
	if (!s)
		return;
	s->m = hedge_place(f, now);
	if (!s->m) {
		free(s);
		return;
	}
	if (!hedge_hold(f, &s->held) || !hedge_write(l, f, s)) {
		hedge_settle(f, s->m, &s->held, false);
		lm_hedge_free(s);
		return;
	}
	f->second = s;
	f->attempts++;
	h->credit--;
	s->sent_at = now;
	s->http.url = s->m->url[f->streams ? PROVIDER_STREAM : PROVIDER_CHAT];
	s->http.more = f->streams ? hedge_more : NULL;
	s->http.timeout_ms = f->http.timeout_ms;
	s->http.max = f->http.max;
	s->http.local = s->m->loopback;
	s->http.done = hedge_second;
	s->http.arg = f;
	http_submit(l->http, &s->http);
}
