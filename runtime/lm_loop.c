/* The I/O thread: budget, limits, attempts, causes, waits.
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

#include "lm_in.h"

enum {
	LOOP_ATTEMPTS = 5,
	LOOP_BACKOFF_MS = 500,
	LOOP_MAX_WAIT_MS = 60000,
	LOOP_TIMEOUT_MS = 120000,
	LOOP_IDLE_MS = 60000,
	LOOP_LEDGER_MS = 50             /* other processes do not wake us */
};

/* ---- timers: a heap, the earliest first ---- */

static bool
loop_timer_put(struct lm *l, struct lm_flight *f)
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

static struct lm_flight *
loop_timer_get(struct lm *l)
{
	struct lm_flight **v = l->timer, *top, *f;
	size_t i = 0, down;

	if (l->ntimer == 0)
		return NULL;
	top = v[0];
	f = v[--l->ntimer];
	while ((down = 2 * i + 1) < l->ntimer) {
		if (down + 1 < l->ntimer && v[down + 1]->due < v[down]->due)
			down++;
		if (f->due <= v[down]->due)
			break;
		v[i] = v[down];
		i = down;
	}
	v[i] = f;
	return top;
}

/* ---- the end of a flight ---- */

/* The flight has ended, well or not; it lands at the end of the turn. */
static void
loop_done(struct lm *l, struct lm_flight *f, enum mip_status s)
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
	if (f->status == MIP_OK) {
		spent.calls = 1;
		spent.tokens = r->in + r->out;
		spent.pico = budget_pico(lm_cost(&f->m->model, r->in,
		    r->cached, r->out));
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

static void
loop_need(struct lm_flight *f)
{
	const struct mip_model *m = &f->m->model;
	double in = m->price_in, bytes = (double)f->body.len;

	if (m->price_cached > in)
		in = m->price_cached;
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
			loop_need(f);
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
			lm_queue_put(&f->m->ready, f);
			f->m->wake = 0;
			continue;
		}
		if (a == BUDGET_IO)
			lm_say(l, f->message, "the ledger of the budget: %s",
			    why);
		else
			lm_say(l, f->message, "%s", why);
		loop_done(l, f, a == BUDGET_IO ? MIP_IO : MIP_BUDGET);
	}
}

/* ---- sending ---- */

static void
loop_down(struct http_request *r)
{
	struct lm_flight *f = r->arg;

	lm_queue_put(&f->lm->down, f);
}

static unsigned
loop_level(enum mip_structure s)
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

/* Writes the body anew for another rung. */
static bool
loop_rung(struct lm_flight *f, enum mip_structure rung)
{
	f->ask.rung = f->reply.rung = rung;
	if (rung != MIP_STRUCTURE_GRAMMAR)
		f->ask.grammar = NULL;
	buf_reset(&f->body);
	f->m->provider->body(&f->body, &f->ask);
	return !f->body.failed;
}

/* The rung that the server is known to take, for what the call asks. */
static enum mip_structure
loop_lowest(const struct lm_flight *f)
{
	if (f->ask.schema)
		return f->m->lowest;
	return f->m->no_grammar ? MIP_STRUCTURE_PROMPT : MIP_STRUCTURE_AUTO;
}

static void
loop_send(struct lm *l, struct lm_flight *f)
{
	struct lm_model *m = f->m;
	struct http_request *r = &f->http;
	enum mip_structure lowest = loop_lowest(f);

	if (f->may_step && loop_level(f->ask.rung) < loop_level(lowest) &&
	    !loop_rung(f, lowest)) {
		limit_give(&m->limit, f->tokens, 0);
		loop_done(l, f, MIP_NOMEM);
		return;
	}
	r->url = f->url ? f->url : f->kind == LM_EMBED ? m->embed_url :
	    m->url;
	r->header = m->header;
	r->body = f->get ? NULL : buf_str(&f->body);
	r->body_len = f->body.len;
	r->timeout_ms = l->timeout_ms > 0 ? l->timeout_ms :
	    m->model.timeout_ms > 0 ? m->model.timeout_ms : LOOP_TIMEOUT_MS;
	r->local = m->loopback;
	r->done = loop_down;
	r->arg = f;
	f->attempts++;
	http_submit(l->http, r);
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
		loop_done(l, f, m->dead);
	}
	return false;
}

/* Sends what the limits let through; gives when to look again. */
static double
loop_pump(struct lm *l, struct lm_model *m, double now)
{
	struct lm_flight *f;
	double wait;

	if (!m->ready.first)
		return HUGE_VAL;
	if (m->own_server && !loop_server(l, m))
		return HUGE_VAL;
	if (now < m->wake)
		return m->wake;
	while ((f = m->ready.first)) {
		f->tokens = loop_guess(f);
		wait = limit_take(&m->limit, f->tokens, now);
		if (wait != 0) {
			m->wake = wait > 0 ? now + wait : 0;
			return wait > 0 ? m->wake : HUGE_VAL;
		}
		lm_queue_get(&m->ready);
		loop_send(l, f);
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

/* ---- coming down: what an attempt has brought ---- */

/* From 0.5 to 1, the same for the same seed, request and attempt. */
static double
loop_jitter(struct lm_flight *f)
{
	uint64_t z = f->jitter + f->attempts * 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	z ^= z >> 31;
	return 0.5 + (double)(z >> 11) / 9007199254740992.0 / 2;
}

static double
loop_max_wait(const struct mip_model *m)
{
	return (double)(m->max_wait_ms > 0 ? m->max_wait_ms :
	    LOOP_MAX_WAIT_MS) / 1e3;
}

static double
loop_delay(struct lm_flight *f)
{
	const struct mip_model *m = &f->m->model;
	double first = (double)(m->backoff_ms > 0 ? m->backoff_ms :
	    LOOP_BACKOFF_MS) / 1e3;
	double most = loop_max_wait(m);
	double s = first * pow(2, f->attempts - 1) * loop_jitter(f);

	return s < most ? s : most;
}

/* Another attempt after a while, if one is left; `f->message` says what was
 * wrong with this one. */
static void
loop_again(struct lm *l, struct lm_flight *f, double now)
{
	const struct mip_model *m = &f->m->model;
	unsigned most = m->attempts > 0 ? m->attempts : LOOP_ATTEMPTS;
	double ask = f->http.retry_after_s, s = loop_delay(f);
	char said[LM_WHY];

	memcpy(said, f->message, sizeof said);
	if (f->attempts >= most) {
		if (most > 1)
			lm_say(l, f->message, "%s (%u attempts)", said, most);
		loop_done(l, f, MIP_INFRASTRUCTURE);
		return;
	}
	if (ask > loop_max_wait(m)) {
		lm_say(l, f->message, "%s; it asks to wait %.0f s, and "
		    "max_wait is %.0f s", said, ask, loop_max_wait(m));
		loop_done(l, f, MIP_INFRASTRUCTURE);
		return;
	}
	if (ask > 0)
		limit_close(&f->m->limit, now + ask);
	f->due = now + (ask > s ? ask : s);
	f->message[0] = '\0';
	if (!loop_timer_put(l, f))
		loop_done(l, f, MIP_NOMEM);
}

static void
loop_take_answer(struct lm_flight *f, struct provider_answer *a)
{
	struct store_reply *r = &f->reply;

	r->text = a->text;
	r->text_len = a->text_len;
	r->reasoning = a->reasoning;
	r->finish = a->finish;
	r->refused = a->refused;
	r->in = a->in;
	r->cached = a->cached;
	r->out = a->out;
	r->latency_s = f->http.seconds;
	f->counted = a->counted;
	f->message[0] = '\0';
}

static bool
loop_read(struct lm_flight *f, struct provider_answer *a)
{
	const struct provider *p = f->m->provider;
	const char *s = buf_str(&f->http.reply);
	size_t n = f->http.reply.len;

	if (f->check && !f->check(f->check_arg, s, n, a->why))
		return false;
	if (f->kind == LM_EMBED)
		return p->embed_answer(s, n, f->ask.nembed, a);
	return p->answer(s, n, f->ask.rung, a);
}

static bool
loop_answer(struct lm *l, struct lm_flight *f, double now)
{
	struct lm_model *m = f->m;
	struct provider_answer a;

	if (loop_read(f, &a)) {
		loop_take_answer(f, &a);
		loop_done(l, f, MIP_OK);
		return true;
	}
	lm_say(l, f->message, "the %s: the server at %s answered %s",
	    m->what, m->shown, a.why);
	loop_again(l, f, now);
	return false;
}

/* Whether the server says that it does not take the shape we asked for. */
static bool
loop_shape_refused(const struct lm_flight *f)
{
	static const char *const word[] = {
		"response_format", "json_schema", "json_object", "grammar",
		"tool_choice", "tools", "structured output"
	};
	const char *text = buf_str(&f->http.reply);
	size_t i;

	if (!f->may_step || f->ask.rung == MIP_STRUCTURE_PROMPT ||
	    (f->http.status != 400 && f->http.status != 422 &&
	    f->http.status != 501))
		return false;
	for (i = 0; i < sizeof word / sizeof word[0]; i++)
		if (strstr(text, word[i]))
			return true;
	return false;
}

/* One rung down, for this model until the process ends; it is no attempt. */
static void
loop_step_down(struct lm *l, struct lm_flight *f)
{
	enum mip_structure rung = MIP_STRUCTURE_PROMPT;

	if (!f->ask.schema)
		f->m->no_grammar = true;
	else
		rung = provider_step_down(f->ask.rung);
	if (f->ask.schema && loop_level(rung) > loop_level(f->m->lowest))
		f->m->lowest = rung;
	f->attempts--;
	if (!loop_rung(f, rung)) {
		loop_done(l, f, MIP_NOMEM);
		return;
	}
	lm_queue_put(&f->m->ready, f);
}

/* Statuses that pass: those of the model, else these, and all from 500 on. */
static bool
loop_passing(const struct mip_model *m, int status,
    const struct provider_error *e)
{
	char word[16];

	if (status == 429 && strcmp(e->code, "insufficient_quota") == 0)
		return false;
	snprintf(word, sizeof word, "%d", status);
	if (m->retry_on)
		return strstr(m->retry_on, word) != NULL;
	return status == 408 || status == 409 || status == 425 ||
	    status == 429 || status >= 500;
}

/* What is the request's own fault is no fault of the network. */
static enum mip_status
loop_blame(const struct lm_flight *f, const struct provider_error *e)
{
	static const struct { const char *code; enum mip_status s; } map[] = {
		{ "content_filter", MIP_REFUSAL },
		{ "content_policy_violation", MIP_REFUSAL },
		{ "context_length_exceeded", MIP_TRUNCATED },
		{ "exceed_context_size_error", MIP_TRUNCATED },
	};
	int status = f->http.status;
	size_t i;

	if (f->kind == LM_FETCH)        /* what was sent is not to its taste */
		return status == 400 || status == 413 || status == 422 ?
		    MIP_FAIL : MIP_INFRASTRUCTURE;
	for (i = 0; i < sizeof map / sizeof map[0]; i++)
		if (strcmp(e->code, map[i].code) == 0)
			return map[i].s;
	return MIP_INFRASTRUCTURE;
}

static void
loop_refused(struct lm *l, struct lm_flight *f, double now)
{
	struct http_request *r = &f->http;
	struct lm_model *m = f->m;
	struct provider_error e;
	struct buf hint = BUF_INIT;

	m->provider->error(buf_str(&r->reply), r->reply.len, &e);
	if ((r->status == 401 || r->status == 403) && m->key_env)
		buf_printf(&hint, m->authorization ?
		    "; the key is the one in %s" :
		    "; no key was sent, for %s is not set", m->key_env);
	else if (r->status == 404 && f->kind == LM_FETCH)
		buf_puts(&hint, "; is the address right?");
	else if (r->status == 404)
		buf_printf(&hint, "; is there a model %s, and is the address "
		    "right?", m->model.id);
	else if (r->status >= 300 && r->status < 400)
		buf_printf(&hint, "; it has moved: mend %s",
		    f->kind == LM_FETCH ? "the URL" : "base_url");
	lm_say(l, f->message, "the %s: the server at %s answered %d%s%s%s",
	    m->what, m->shown, r->status, e.text[0] ? ": " : "", e.text,
	    buf_str(&hint));
	buf_release(&hint);
	if (loop_passing(&m->model, r->status, &e))
		loop_again(l, f, now);
	else
		loop_done(l, f, loop_blame(f, &e));
}

static void
loop_failed(struct lm *l, struct lm_flight *f, double now)
{
	struct http_request *r = &f->http;
	struct lm_model *m = f->m;

	lm_say(l, f->message, "the %s: %s: %s", m->what, m->shown, r->why);
	switch (r->result) {
	case HTTP_NO_CONNECTION:
	case HTTP_BROKEN:
		if (m->own_server)
			lm_model_lost(l, m);
		loop_again(l, f, now);
		return;
	case HTTP_OK:
	case HTTP_TIMEOUT:
		loop_again(l, f, now);
		return;
	case HTTP_UNTRUSTED:
		loop_done(l, f, MIP_INFRASTRUCTURE);
		return;
	case HTTP_TOO_LARGE:
		loop_done(l, f, f->kind == LM_FETCH ? MIP_FAIL :
		    MIP_INFRASTRUCTURE);
		return;
	case HTTP_BAD_URL:
		loop_done(l, f, MIP_USAGE);
		return;
	case HTTP_CANCELLED:
		f->message[0] = '\0';
		loop_done(l, f, MIP_CANCELLED);
		return;
	case HTTP_NOMEM:
		f->message[0] = '\0';
		loop_done(l, f, MIP_NOMEM);
		return;
	}
}

static void
loop_came_down(struct lm *l, struct lm_flight *f, double now)
{
	struct http_request *r = &f->http;
	bool good = false;

	f->m->wake = 0;
	redact_buf(&l->redact, &r->reply);
	if (r->result != HTTP_OK)
		loop_failed(l, f, now);
	else if (r->status / 100 == 2)
		good = loop_answer(l, f, now);
	else if (loop_shape_refused(f))
		loop_step_down(l, f);
	else
		loop_refused(l, f, now);
	limit_give(&f->m->limit, f->tokens, !good ? 0 : f->counted ?
	    (double)(f->reply.in + f->reply.out) : f->tokens);
	buf_release(&r->reply);
}

/* ---- turns ---- */

static void
loop_cancel_queue(struct lm *l, struct lm_queue *q)
{
	struct lm_flight *f;

	while ((f = lm_queue_get(q))) {
		f->message[0] = '\0';
		loop_done(l, f, MIP_CANCELLED);
	}
}

static void
loop_cancel(struct lm *l)
{
	struct lm_model *m;
	struct lm_flight *f;

	http_stop(l->http);
	loop_cancel_queue(l, &l->down);
	loop_cancel_queue(l, &l->broke);
	pthread_mutex_lock(&l->model_lock);
	m = l->model;
	pthread_mutex_unlock(&l->model_lock);
	for (; m; m = m->next)
		loop_cancel_queue(l, &m->ready);
	while ((f = loop_timer_get(l))) {
		f->message[0] = '\0';
		loop_done(l, f, MIP_CANCELLED);
	}
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
		if (atomic_load(&l->cancelled))
			loop_cancel(l);
		now = lm_now();
		while (l->ntimer > 0 && l->timer[0]->due <= now) {
			f = loop_timer_get(l);
			f->m->wake = 0;
			lm_queue_put(&f->m->ready, f);
		}
		loop_budget(l, now);
		next = loop_pump_all(l, now);
		http_run(l->http, go ? loop_wait_ms(l, next, now) : 0);
		now = lm_now();
		while ((f = lm_queue_get(&l->down)))
			loop_came_down(l, f, now);
		if (loop_land(l))
			l->ledger_at = 0;
	}
	return NULL;
}
