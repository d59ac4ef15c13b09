/* Flights: what is asked for once, and landed.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "lm/lm_in.h"

void
lm_queue_init(struct lm_queue *q)
{
	q->first = NULL;
	q->last = &q->first;
}

void
lm_queue_put(struct lm_queue *q, struct lm_flight *f)
{
	f->next = NULL;
	*q->last = f;
	q->last = &f->next;
}

struct lm_flight *
lm_queue_get(struct lm_queue *q)
{
	struct lm_flight *f = q->first;

	if (!f)
		return NULL;
	q->first = f->next;
	if (!q->first)
		q->last = &q->first;
	f->next = NULL;
	return f;
}

double
lm_cost(const struct mip_model *m, const struct store_reply *r)
{
	double again = m->price_cached > 0 ? m->price_cached : m->price_in;
	double kept = m->price_written > 0 ? m->price_written : m->price_in;

	if (!m->priced)
		return 0;
	return ((double)(r->in - r->cached - r->written) * m->price_in +
	    (double)r->cached * again + (double)r->written * kept +
	    (double)r->out * m->price_out) / 1e6;
}

/* ---- flights ---- */

static struct lm_bucket *
lm_bucket(struct lm *l, const struct lm_flight *f)
{
	return &l->bucket[(f->key[0] | f->key[1] << 8) % LM_BUCKETS];
}

static void
lm_flight_free(struct lm_flight *f)
{
	store_reply_release(&f->reply);
	free(f->tried);
	http_release(&f->http);
	lm_hedge_free(f->second);
	buf_release(&f->body);
	buf_release(&f->told);
	sse_release(&f->sse);
	provider_stream_release(&f->pieces);
	free(f);
}

/* How many texts are to be embedded. */
static size_t
lm_texts(const struct lm_call *c)
{
	struct json v;

	return json_parse(c->messages, c->messages_len, &v, NULL, NULL) ?
	    json_count(v) : 0;
}

/* How a reply is held to its shape: JSON as the provider does it, by a grammar
 * only if that is wished; other layouts by a grammar or by words. */
static enum mip_structure
lm_rung(const struct lm_model *m, const struct lm_call *c,
    enum mip_structure asked)
{
	if (c->schema)
		return m->provider->rung(&m->model, asked);
	if (c->grammar && m->provider->grammar &&
	    (asked == MIP_STRUCTURE_AUTO || asked == MIP_STRUCTURE_GRAMMAR))
		return MIP_STRUCTURE_GRAMMAR;
	return MIP_STRUCTURE_PROMPT;
}

void
lm_ask(const struct lm_model *m, const struct lm_call *c,
    struct provider_ask *a, bool *may_step)
{
	enum mip_structure asked = c->structure, rung;

	if (asked == MIP_STRUCTURE_AUTO)
		asked = m->model.structure;
	rung = lm_rung(m, c, asked);
	*may_step = asked == MIP_STRUCTURE_AUTO &&
	    rung != MIP_STRUCTURE_PROMPT;
	*a = (struct provider_ask){
		.model = &m->model,
		.messages = c->messages, .messages_len = c->messages_len,
		.nembed = c->kind == LM_EMBED ? lm_texts(c) : 0,
		.schema = c->schema, .schema_name = c->schema_name,
		.grammar = rung == MIP_STRUCTURE_GRAMMAR &&
		    m->provider->grammar ? c->grammar : NULL,
		.rung = rung,
		.temperature = m->known & LACKS_TEMPERATURE ? MIP_UNSET :
		    c->temperature >= 0 ? c->temperature :
		    m->model.temperature,
		.sample = c->sample ? c->sample : "",
		.lacks = m->known,
	};
}

static struct lm_flight *
lm_flight_new(struct lm *l, struct lm_model *m, const struct lm_call *c)
{
	struct lm_flight *f = calloc(1, sizeof *f);

	if (!f)
		return NULL;
	f->lm = l;
	f->m = m;
	if (m->nreplica > 0) {
		f->pool = m;
		f->m = m = m->replica[0];
	}
	f->affinity = c->hash_affinity;
	f->last = &f->calls;
	f->kind = c->kind;
	f->fresh = c->fresh;
	f->url = c->url;
	f->get = c->kind == LM_FETCH && !c->messages;
	f->http.max = c->most;
	atomic_init(&f->heard, c->stream);
	f->check = c->check;
	f->check_arg = c->check_arg;
	lm_ask(m, c, &f->ask, &f->may_step);
	f->temperature = f->ask.temperature;
	f->reply.rung = f->ask.rung;
	f->bound = c->kind == LM_CHAT ? provider_bound(m->provider,
	    &m->model) : 0;
	buf_reserve(&f->body, c->messages_len + 512 +
	    (f->ask.grammar ? strlen(f->ask.grammar) :
	    c->schema ? strlen(c->schema) : 0));
	if (c->kind == LM_EMBED)
		m->provider->embed_body(&f->body, &f->ask);
	else
		m->provider->body(&f->body, &f->ask);
	if (!f->body.failed && lm_key(f)) {
		memcpy(&f->jitter, f->key, sizeof f->jitter);
		f->jitter ^= l->seed;
		return f;
	}
	lm_flight_free(f);
	return NULL;
}

/* The next model of the call's route, if this failure is one for it. */
static struct lm_model *
lm_next_model(struct lm *l, struct lm_call *c, enum mip_status s)
{
	struct lm_route *r = c->flight;

	if (!r || atomic_load(&l->cancelled) || ++r->at >= r->n ||
	    (s != MIP_INFRASTRUCTURE && s != MIP_QUOTA &&
	    s != MIP_DENIED && s != MIP_OFFLINE))
		return NULL;
	return r->m[r->at];
}

void
lm_land(struct lm *l, struct lm_flight *f)
{
	struct lm_bucket *b = lm_bucket(l, f);
	struct lm_flight **at = &b->first;
	struct lm_call *c, *next;
	struct lm_model *m;
	bool first = true;

	pthread_mutex_lock(&l->lock);
	while (*at != f)
		at = &(*at)->same;
	*at = f->same;
	atomic_fetch_add(&b->landed, 1);
	c = f->calls;
	l->totals.attempts += f->attempts;
	pthread_mutex_unlock(&l->lock);
	for (; c; c = next, first = false) {
		next = c->next;
		c->next = NULL;
		m = f->status == MIP_OK ? NULL :
		    lm_next_model(l, c, f->status);
		if (m) {
			lm_begin(l, c, m);
			continue;
		}
		lm_tell(l, f, c, first, !next);
	}
	lm_flight_free(f);
}

/* ---- the beginning of a call ---- */

/* Joins the flight that is under way with this request, or becomes one. */
static bool
lm_join(struct lm *l, struct lm_flight *f, struct lm_call *c)
{
	struct lm_bucket *b = lm_bucket(l, f);
	struct lm_flight *g;

	pthread_mutex_lock(&l->lock);
	for (g = b->first; g; g = g->same)
		if (memcmp(g->key, f->key, STORE_KEY) == 0)
			break;
	if (!g) {
		f->same = b->first;
		b->first = f;
	}
	c->next = NULL;
	*(g ? g : f)->last = c;
	(g ? g : f)->last = &c->next;
	if (g && c->stream)
		lm_stream_join(g, c);
	pthread_mutex_unlock(&l->lock);
	return g != NULL;
}

/* What can be said before any call is made. */
static bool
lm_allowed(struct lm *l, struct lm_flight *f)
{
	const struct lm_model *m = f->pool ? f->pool : f->m;
	const char *what = m->what;
	struct budget *b = f->kind == LM_FETCH ? NULL : l->budget;

	if (l->offline && f->fresh) {
		f->status = MIP_OFFLINE;
		lm_say(l, f->message, "the %s is on the network, and this run "
		    "is offline", what);
	} else if (l->replay) {
		f->status = MIP_OFFLINE;
		lm_say(l, f->message, "a reply of the %s%s%s is not in the "
		    "recording %s", what, m->shown ? " at " : "",
		    m->shown ? m->shown : "", l->replay_path);
	} else if (l->offline) {
		f->status = MIP_OFFLINE;
		lm_say(l, f->message, "a reply of the %s is not in the "
		    "cache, and this run is offline", what);
	} else if (m->keyless) {
		f->status = MIP_USAGE;
		memcpy(f->message, m->why, LM_WHY);
	} else if (b && budget_limits_money(b) && !m->model.priced) {
		f->status = MIP_USAGE;
		lm_say(l, f->message, "the price of the %s is not known, so "
		    "a budget of money cannot be kept: give it a price, or "
		    "price = free", what);
	} else if (b && f->kind == LM_CHAT && f->bound == 0 &&
	    ((budget_limits_money(b) &&
	    m->model.price_out > 0) || budget_limits_tokens(b))) {
		f->status = MIP_USAGE;
		lm_say(l, f->message, "a budget of %s needs max_tokens on "
		    "the %s", budget_limits_money(b) ? "money" : "tokens",
		    what);
	}
	return f->status == MIP_OK;
}

/* Hands the flight to the I/O thread, which begins with the first one. */
static bool
lm_hand_over(struct lm *l, struct lm_flight *f)
{
	struct http *h;
	bool wake;

	pthread_mutex_lock(&l->lock);
	h = atomic_load(&l->http);
	if (!h) {
		h = http_new();
		atomic_store(&l->http, h);
	}
	if (h && !l->thread_runs)
		l->thread_runs = pthread_create(&l->thread, NULL, lm_loop,
		    l) == 0;
	if (!l->thread_runs) {
		pthread_mutex_unlock(&l->lock);
		return false;
	}
	wake = !l->coming.first;
	lm_queue_put(&l->coming, f);
	pthread_mutex_unlock(&l->lock);
	if (wake)
		http_wake(h);
	return true;
}

/* Whether the model can be asked for such a thing; else the call is ended. */
static bool
lm_can(struct lm *l, struct lm_call *c, struct lm_model *m)
{
	struct provider_ask a = { .model = &m->model, .messages = c->messages,
		.messages_len = c->messages_len };
	const char *cannot;
	char why[LM_WHY];

	if (m->bad != MIP_OK) {
		lm_refuse(l, c, m->bad, m->why);
		return false;
	}
	if (c->kind == LM_EMBED && !m->provider->embed_body)
		lm_say(l, why, "the %s cannot make vectors", m->what);
	else if (c->kind == LM_CHAT && m->provider->cannot &&
	    (cannot = m->provider->cannot(&a)))
		lm_say(l, why, "the %s cannot be sent %s", m->what, cannot);
	else if (!lm_model_takes(l, m, c->kind))
		lm_say(l, why, "the local server of the %s cannot both answer "
		    "and make vectors: declare a model for each", m->what);
	else
		return true;
	lm_refuse(l, c, MIP_USAGE, why);
	return false;
}

void
lm_begin(struct lm *l, struct lm_call *c, struct lm_model *m)
{
	struct lm_flight *f;
	struct lm_bucket *b;
	unsigned landed;

	if (!lm_can(l, c, m))
		return;
	f = lm_flight_new(l, m, c);
	if (!f) {
		lm_refuse(l, c, MIP_NOMEM, NULL);
		return;
	}
	b = lm_bucket(l, f);
	landed = atomic_load(&b->landed);
	if (lm_known(l, f)) {
		lm_tell(l, f, c, true, true);
		lm_flight_free(f);
		return;
	}
	if (lm_join(l, f, c)) {
		lm_flight_free(f);
		return;
	}
	/* One like it may have landed since it was not known. */
	if ((atomic_load(&b->landed) != landed && lm_known(l, f)) ||
	    !lm_allowed(l, f)) {
		lm_land(l, f);
		return;
	}
	if (lm_hand_over(l, f))
		return;
	f->status = MIP_NOMEM;
	snprintf(f->message, sizeof f->message, "%s",
	    mip_status_text(MIP_NOMEM));
	lm_land(l, f);
}
