/* Requests that are made once more when their answer does not come in time: the
 * first that comes counts (Dean and Barroso, The Tail at Scale, CACM 2013,
 * "Hedged requests").
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "lm/lm_in.h"

enum { HEDGE_SHARE = 20 };              /* one of so many, at most */

static bool
hedge_good(const struct http_request *r)
{
	return r->result == HTTP_OK && r->status / 100 == 2;
}

void
lm_hedge_arm(struct lm *l, struct lm_flight *f, double now)
{
	long ms = f->m->model.sending.hedge_ms;

	if (ms <= 0 || f->kind != LM_CHAT || f->streams || f->hedged)
		return;
	f->due = now + (double)ms / 1e3;
	f->armed = lm_timer_put(l, f);
}

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
	if (m->nhedged * HEDGE_SHARE > m->nsent || atomic_load(&l->unkept) ||
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
	m->nhedged++;
	m->nsent++;
	f->second = (struct http_request){
		.url = f->http.url, .header = f->http.header,
		.body = f->http.body, .body_len = f->http.body_len,
		.timeout_ms = f->http.timeout_ms, .max = f->http.max,
		.local = f->http.local, .done = hedge_second, .arg = f,
	};
	http_submit(l->http, &f->second);
}
