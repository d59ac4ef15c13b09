/* What an attempt has brought: an answer, another attempt, or an end.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lm/lm_in.h"

enum {
	DOWN_ATTEMPTS = 5,
	DOWN_BACKOFF_MS = 500,
	DOWN_MAX_WAIT_MS = 60000,
	DOWN_TIMEOUT_MS = 120000,
	DOWN_SPENT_S = 60,              /* a server whose quota is spent is let
	                                 * alone for, where it does not say */
	DOWN_HOPELESS = 3,              /* calls given up, of a server that
	                                 * nothing was heard of yet */
	DOWN_DENIED = 5                 /* refusals in a row after which the key
	                                 * will not be taken in this process */
};

double
lm_attempt_s(const struct lm *l, const struct lm_flight *f, double now)
{
	const struct mip_sending *d = &f->m->model.sending;
	double s = (double)(l->timeout_ms > 0 ? l->timeout_ms :
	    d->timeout_ms > 0 ? d->timeout_ms : DOWN_TIMEOUT_MS) / 1e3;

	if (f->deadline > 0 && f->deadline - now < s)
		s = f->deadline - now;
	return s > 0.001 ? s : 0.001;
}

/* From 0.5 to 1, the same for the same seed, request and attempt. */
static double
down_jitter(struct lm_flight *f)
{
	uint64_t z = f->jitter + f->attempts * 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	z ^= z >> 31;
	return 0.5 + (double)(z >> 11) / 9007199254740992.0 / 2;
}

static double
down_max_wait(const struct mip_sending *m)
{
	return (double)(m->max_wait_ms > 0 ? m->max_wait_ms :
	    DOWN_MAX_WAIT_MS) / 1e3;
}

static double
down_delay(struct lm_flight *f)
{
	const struct mip_sending *m = &f->m->model.sending;
	double first = (double)(m->backoff_ms > 0 ? m->backoff_ms :
	    DOWN_BACKOFF_MS) / 1e3;
	double most = down_max_wait(m);
	double s = first * pow(2, f->attempts - 1) * down_jitter(f);

	return s < most ? s : most;
}

/* Nothing is to be had from this server for long: neither for this request nor
 * for others, until `s` seconds from now. */
static void
down_spent(struct lm *l, struct lm_flight *f, enum mip_status status, double s,
    double now)
{
	struct lm_model *m = f->m;

	m->spent_until = now + s;
	m->spent = status;
	memcpy(m->spent_why, f->message, sizeof m->spent_why);
	if (f->pool) {
		f->pool->spent = status;
		memcpy(f->pool->spent_why, f->message, sizeof m->spent_why);
	}
	if (f->pool && !lm_pool_spent(f->pool, now))
		lm_ready(f);
	else
		lm_done(l, f, status);
}

/* Whether the key is refused for good.  A gateway may answer 401 by mistake
 * and 403 because of what is asked: it takes several in a row, and of the
 * latter a server that has never answered. */
static bool
down_denied(struct lm_flight *f)
{
	struct lm_model *m = f->m;

	if (f->http.status != 401 && f->http.status != 403)
		return false;
	return ++m->ndenied >= DOWN_DENIED &&
	    (f->http.status == 401 || !m->answered);
}

/* How many attempts there are: a server of which nothing was heard yet is not
 * waited for again by each call, once some have done so. */
static unsigned
down_attempts(const struct lm_flight *f, double now)
{
	const struct lm_model *m = f->m;
	unsigned n = m->model.sending.attempts;

	if (!m->heard && m->ngiven_up >= DOWN_HOPELESS &&
	    !lm_pool_another(f, now))
		return f->attempts;
	return n > 0 ? n : DOWN_ATTEMPTS;
}

/* Another attempt after a while, if one is left; `f->message` says what was
 * wrong with this one. */
static void
down_again(struct lm *l, struct lm_flight *f, double now)
{
	const struct mip_sending *m = &f->m->model.sending;
	unsigned most = down_attempts(f, now);
	double ask = f->http.retry_after_s, s = down_delay(f);
	char said[LM_WHY];

	memcpy(said, f->message, sizeof said);
	if (f->attempts >= most) {
		f->m->ngiven_up++;
		if (most > 1)
			lm_say(l, f->message, "%s (%u attempts)", said, most);
		lm_done(l, f, MIP_INFRASTRUCTURE);
		return;
	}
	/* One of several replicas is closed alone. */
	if (ask > down_max_wait(m) && (f->http.status == 429 ||
	    !lm_pool_another(f, now))) {
		lm_say(l, f->message, "%s; it asks to wait %.0f s, and "
		    "max_wait is %.0f s", said, ask, down_max_wait(m));
		if (f->http.status == 429)
			down_spent(l, f, MIP_QUOTA, ask, now);
		else
			lm_done(l, f, MIP_INFRASTRUCTURE);
		return;
	}
	if (breaker_is_open(&f->m->breaker) && lm_has_next(l, f)) {
		lm_done(l, f, MIP_INFRASTRUCTURE);
		return;
	}
	if (ask > 0)
		limit_close(&f->m->limit, now + ask);
	f->due = now + (ask > s ? ask : s);
	f->failed = f->m;
	if (lm_pool_another(f, now) && f->attempts % f->pool->nreplica != 0)
		f->due = now;           /* each replica once, then a pause */
	else if (!f->pool && breaker_is_open(&f->m->breaker))
		limit_close(&f->m->limit, f->due);
	if (f->deadline > 0 && f->due >= f->deadline) {
		lm_say(l, f->message, "%s (%u attempts; the deadline of %.3g "
		    "s leaves no time for another)", said, f->attempts,
		    (double)m->deadline_ms / 1e3);
		lm_done(l, f, MIP_INFRASTRUCTURE);
		return;
	}
	f->message[0] = '\0';
	if (!lm_timer_put(l, f))
		lm_done(l, f, MIP_NOMEM);
}

static void
down_take_answer(struct lm_flight *f, struct provider_answer *a)
{
	struct store_reply *r = &f->reply;

	r->text = a->text;
	r->text_len = a->text_len;
	r->reasoning = a->reasoning;
	r->finish = a->finish;
	r->refused = a->refused;
	r->in = a->in;
	r->cached = a->cached;
	r->written = a->written;
	r->out = a->out;
	r->latency_s = f->http.seconds;
	f->counted = a->counted;
	memcpy(f->response_id, a->id, sizeof f->response_id);
	memcpy(f->response_model, a->model, sizeof f->response_model);
	f->message[0] = '\0';
}

static bool
down_read(struct lm_flight *f, struct provider_answer *a)
{
	const struct provider *p = f->m->provider;
	const char *s = buf_str(&f->http.reply);
	size_t n = f->http.reply.len;

	if (f->check && !f->check(f->check_arg, s, n, a->why))
		return false;
	if (f->streams && f->sse.any)
		return lm_stream_end(f, a);
	if (f->kind == LM_EMBED)
		return p->embed_answer(s, n, f->ask.nembed, a);
	return p->answer(s, n, f->ask.rung, a);
}

/* Whether this one of several replicas lacks what another may have: a key that
 * fits, or the model. */
static bool
down_misfit(const struct lm_model *pool, const struct http_request *r)
{
	return pool && r->result == HTTP_OK && (r->status == 401 ||
	    r->status == 403 || r->status == 404);
}

/* Whether the endpoint is well, as far as this attempt tells; `read`: it was an
 * answer that could be read; `pool`: what it was chosen of, or NULL. */
static void
down_health(struct lm *l, struct lm_model *m, const struct lm_model *pool,
    const struct http_request *r, bool read, double now)
{
	bool well = r->result == HTTP_OK && (read || (r->status / 100 != 2 &&
	    (r->status < 500 || r->status == 501) && !down_misfit(pool, r)));

	if (r->result == HTTP_CANCELLED || r->result == HTTP_NOMEM ||
	    r->result == HTTP_BAD_URL || r->result == HTTP_TOO_LARGE)
		return;
	m->heard |= r->result == HTTP_OK;
	breaker_told(&m->breaker, well, now);
	if (well)
		return;
	if (r->result == HTTP_OK)
		lm_say(l, m->broken_why, "the %s: the server at %s fails, "
		    "with status %d the last time", m->what, m->shown,
		    r->status);
	else
		lm_say(l, m->broken_why, "the %s: %s: %s", m->what, m->shown,
		    r->why);
}

static bool
down_answer(struct lm *l, struct lm_flight *f, double now)
{
	struct lm_model *m = f->m;
	struct provider_answer a;
	bool read = down_read(f, &a);

	down_health(l, m, f->pool, &f->http, read, now);
	if (read) {
		m->answered = true;
		m->ndenied = 0;
		down_take_answer(f, &a);
		lm_done(l, f, MIP_OK);
		return true;
	}
	lm_say(l, f->message, "the %s: the server at %s answered %s",
	    m->what, m->shown, a.why);
	down_again(l, f, now);
	return false;
}

/* Statuses that pass: those of the model, else these, and all from 500 on. */
static bool
down_passing(const struct mip_sending *m, int status)
{
	char word[16];

	snprintf(word, sizeof word, "%d", status);
	if (m->retry_on)
		return strstr(m->retry_on, word) != NULL;
	return status == 408 || status == 409 || status == 425 ||
	    status == 429 || status >= 500;
}

/* What is the request's own fault is no fault of the network. */
static enum mip_status
down_blame(const struct lm_flight *f, const struct provider_error *e)
{
	static const struct { const char *code; enum mip_status s; } map[] = {
		{ "content_filter", MIP_REFUSAL },
		{ "content_policy_violation", MIP_REFUSAL },
		{ "context_length_exceeded", MIP_TRUNCATED },
		{ "exceed_context_size_error", MIP_TRUNCATED },
		{ "invalid_prompt", MIP_REFUSAL },
		{ "cyber_policy", MIP_REFUSAL },
	};
	static const char *const context[] = {
		"maximum context length", "model's context length",
		"max context length", "exceeds the context",
		"exceed the context", "greater than the context length",
		"exceeds the available context", "`max_new_tokens` must be <="
	};
	int status = f->http.status;
	size_t i;

	if (f->kind == LM_FETCH)        /* what was sent is not to its taste */
		return status == 400 || status == 413 || status == 422 ?
		    MIP_FAIL : MIP_INFRASTRUCTURE;
	for (i = 0; i < sizeof map / sizeof map[0]; i++)
		if (strcmp(e->code, map[i].code) == 0)
			return map[i].s;
	/* vLLM and others have no code for it. */
	for (i = 0; (status == 400 || status == 413 || status == 422) &&
	    i < sizeof context / sizeof context[0]; i++)
		if (strstr(e->text, context[i]))
			return MIP_TRUNCATED;
	return MIP_INFRASTRUCTURE;
}

/* Each replica is asked once. */
static bool
down_elsewhere(struct lm_flight *f, double now)
{
	if (!down_misfit(f->pool, &f->http) || !lm_pool_another(f, now) ||
	    f->attempts >= f->pool->nreplica)
		return false;
	f->failed = f->m;
	f->message[0] = '\0';
	lm_ready(f);
	return true;
}

static void
down_refused(struct lm *l, struct lm_flight *f, double now)
{
	struct http_request *r = &f->http;
	struct lm_model *m = f->m;
	struct provider_error e;
	struct buf hint = BUF_INIT;
	char said[LM_WHY];

	m->provider->error(buf_str(&r->reply), r->reply.len, &e);
	if (e.retry_after_s > r->retry_after_s)
		r->retry_after_s = e.retry_after_s;
	if (f->kind != LM_FETCH && (r->status == 402 || (r->status == 429 &&
	    e.daily && r->retry_after_s <= 0)))
		e.quota = true;
	if ((r->status == 401 || r->status == 403 || e.key) && m->key_env)
		buf_printf(&hint, m->authorization ?
		    "; the key is the one in %s" :
		    "; no key was sent, for %s is not set", m->key_env);
	else if (r->status == 404 && f->kind == LM_FETCH)
		buf_puts(&hint, "; is the address right?");
	else if (r->status == 404)
		buf_printf(&hint, "; is there a model %s, and is the address "
		    "right?", m->model.id);
	else if (e.quota)
		buf_puts(&hint, "; the quota is spent, and waiting would not "
		    "help");
	else if (r->status >= 300 && r->status < 400)
		buf_printf(&hint, "; it has moved: mend %s",
		    f->kind == LM_FETCH ? "the URL" : "base_url");
	lm_say(l, f->message, "the %s: the server at %s answered %d%s%s%s",
	    m->what, m->shown, r->status, e.text[0] ? ": " : "", e.text,
	    buf_str(&hint));
	buf_release(&hint);
	if (e.quota) {
		down_spent(l, f, MIP_QUOTA, r->retry_after_s > 0 ?
		    r->retry_after_s : DOWN_SPENT_S, now);
	} else if (down_denied(f)) {
		memcpy(said, f->message, sizeof said);
		lm_say(l, f->message, "%s (%u times in a row: it is asked no "
		    "more)", said, m->ndenied);
		down_spent(l, f, MIP_DENIED, HUGE_VAL, now);
	} else if (!r->final && down_passing(&m->model.sending, r->status)) {
		down_again(l, f, now);
	} else if (!down_elsewhere(f, now)) {
		lm_done(l, f, down_blame(f, &e));
	}
}

static void
down_failed(struct lm *l, struct lm_flight *f, double now)
{
	struct http_request *r = &f->http;
	struct lm_model *m = f->m;

	lm_say(l, f->message, "the %s: %s: %s", m->what, m->shown, r->why);
	switch (r->result) {
	case HTTP_NO_CONNECTION:
	case HTTP_BROKEN:
		if (m->own_server)
			lm_model_lost(l, m);
		down_again(l, f, now);
		return;
	case HTTP_OK:
	case HTTP_TIMEOUT:
		down_again(l, f, now);
		return;
	case HTTP_UNTRUSTED:
		lm_done(l, f, MIP_INFRASTRUCTURE);
		return;
	case HTTP_TOO_LARGE:
		lm_done(l, f, f->kind == LM_FETCH ? MIP_FAIL :
		    MIP_INFRASTRUCTURE);
		return;
	case HTTP_BAD_URL:
		lm_done(l, f, MIP_USAGE);
		return;
	case HTTP_CANCELLED:
		f->message[0] = '\0';
		lm_done(l, f, MIP_CANCELLED);
		return;
	case HTTP_NOMEM:
		f->message[0] = '\0';
		lm_done(l, f, MIP_NOMEM);
		return;
	}
}

/* Whether it was too much for the server. */
static enum limit_said
down_said(const struct http_request *r)
{
	switch (r->result) {
	case HTTP_OK:
		break;
	case HTTP_TIMEOUT:
		return LIMIT_BUSY;
	case HTTP_BAD_URL:
	case HTTP_NO_CONNECTION:
	case HTTP_UNTRUSTED:
	case HTTP_BROKEN:
	case HTTP_TOO_LARGE:
	case HTTP_CANCELLED:
	case HTTP_NOMEM:
		return LIMIT_NOTHING;
	}
	/* 529: Anthropic's word for overloaded */
	return r->status == 429 || r->status == 503 || r->status == 529 ?
	    LIMIT_BUSY : r->status / 100 == 2 ? LIMIT_ANSWERED :
	    LIMIT_NOTHING;
}

void
lm_overtaken(struct lm *l, struct lm_model *m, const struct http_request *r,
    double sent_at, double now)
{
	down_health(l, m, NULL, r, false, now);
	limit_learn(&m->limit, down_said(r), sent_at, now);
}

void
lm_came_down(struct lm *l, struct lm_flight *f, double now)
{
	struct http_request *r = &f->http;
	bool good = false;

	f->m->wake = 0;
	lm_trace_down(f, f->trying, r);
	if (f->pool)
		f->pool->wake = 0;
	if (f->streams && r->result == HTTP_OK && r->status / 100 == 2)
		lm_stream_rest(f);
	redact_buf(&l->redact, &r->reply);
	if (r->result != HTTP_OK || r->status / 100 != 2)
		down_health(l, f->m, f->pool, r, false, now);
	if (r->result != HTTP_OK)
		down_failed(l, f, now);
	else if (r->status / 100 == 2)
		good = down_answer(l, f, now);
	else if (!lm_lack_learn(l, f))
		down_refused(l, f, now);
	limit_learn(&f->m->limit, down_said(r), f->sent_at, now);
	limit_give(&f->m->limit, f->tokens, !good ? 0 : f->counted ?
	    (double)(f->reply.in + f->reply.out) : f->tokens);
	buf_release(&r->reply);
}
