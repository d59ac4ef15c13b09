/* Requests that are made once more when their answer does not come in time: the
 * first that comes counts (Dean and Barroso, The Tail at Scale, CACM 2013,
 * "Hedged requests").
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
hedge_times(const struct lm_flight *f)
{
	size_t most = HEDGE_SMALL;
	unsigned i = 0;

	while (i + 1 < LM_HEDGE_CLASS && f->body.len > most) {
		most *= 4;
		i++;
	}
	return f->m->hedge.times ? &f->m->hedge.times[i] : NULL;
}

/* Notes how long the request took; of one that was overtaken, until it was: it
 * would have taken longer, and is not to make the times look shorter. */
static void
hedge_learn(struct lm_flight *f)
{
	struct lm_model *m = f->m;
	struct lm_hedge_times *t;

	if (m->model.sending.hedge_share <= 0 || f->kind != LM_CHAT)
		return;
	if (!m->hedge.times)
		m->hedge.times = calloc(LM_HEDGE_CLASS,
		    sizeof *m->hedge.times);
	t = hedge_times(f);
	if (!t)
		return;
	t->s[t->at] = (float)(clock_now() - f->sent_at);
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

	if (f->kind != LM_CHAT || f->streams || f->hedged)
		return 0;
	if (d->hedge_ms > 0)
		return (double)d->hedge_ms / 1e3;
	return d->hedge_share > 0 ? hedge_percentile(hedge_times(f),
	    d->hedge_share) : 0;
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
hedge_settle(struct lm *l, struct lm_flight *f, bool lost)
{
	struct store_sum spent = { 0, 0, 0 };

	limit_give(&f->m->limit, f->tokens, lost ? f->tokens : 0);
	if (f->held_twice.calls == 0)
		return;
	if (lost)
		spent = f->held_twice;
	budget_settle(l->budget, &f->held_twice, &spent);
	f->held_twice.calls = 0;
}

void
lm_hedge_first(struct http_request *r)
{
	struct lm_flight *f = r->arg;
	struct lm *l = f->lm;

	if (f->armed)
		lm_timer_drop(l, f);
	f->armed = false;
	if (hedge_good(r))
		hedge_learn(f);
	if (http_flies(&f->second)) {
		if (!hedge_good(r)) {
			hedge_settle(l, f, false);
			return;         /* the other is waited for */
		}
		http_cancel(l->http, &f->second);
		hedge_settle(l, f, true);
	}
	lm_queue_put(&l->down, f);
}

/* `done` of the second one. */
static void
hedge_second(struct http_request *r)
{
	struct lm_flight *f = r->arg;
	struct lm *l = f->lm;

	if (hedge_good(r))
		hedge_learn(f);
	if (http_flies(&f->http)) {
		if (!hedge_good(r)) {
			hedge_settle(l, f, false);
			return;
		}
		http_cancel(l->http, &f->http);
		hedge_settle(l, f, true);
	}
	/* What it brought stands where the first's would. */
	http_release(&f->http);
	f->http.reply = r->reply;
	r->reply = (struct buf)BUF_INIT;
	f->http.result = r->result;
	f->http.status = r->status;
	memcpy(f->http.why, r->why, sizeof r->why);
	memcpy(f->http.content_type, r->content_type, sizeof r->content_type);
	f->http.retry_after_s = r->retry_after_s;
	f->http.seconds = r->seconds;
	lm_queue_put(&l->down, f);
}

void
lm_hedge(struct lm *l, struct lm_flight *f, double now)
{
	struct lm_model *m = f->m;
	char why[STORE_WHY];

	f->armed = false;
	if (m->hedge.credit < 1 || atomic_load(&l->unkept) ||
	    (l->deadline > 0 && now >= l->deadline) ||
	    limit_take(&m->limit, f->tokens, now) != 0)
		return;
	if (l->budget && f->holds) {
		f->held_twice = f->held;
		if (budget_hold(l->budget, &f->held_twice, why) !=
		    BUDGET_HELD) {
			f->held_twice.calls = 0;
			limit_give(&m->limit, f->tokens, 0);
			return;
		}
	}
	f->hedged = true;
	f->attempts++;
	m->hedge.credit--;
	f->second = (struct http_request){
		.url = f->http.url, .header = f->http.header,
		.body = f->http.body, .body_len = f->http.body_len,
		.timeout_ms = f->http.timeout_ms, .max = f->http.max,
		.local = f->http.local, .done = hedge_second, .arg = f,
	};
	http_submit(l->http, &f->second);
}
