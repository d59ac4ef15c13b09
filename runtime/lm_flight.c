/* Flights: what is asked for once, looked up, kept and landed.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "lm_in.h"
#include "sha256.h"

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
lm_cost(const struct mip_model *m, int64_t in, int64_t cached, int64_t out)
{
	double again = m->price_cached > 0 ? m->price_cached : m->price_in;

	if (!m->priced)
		return 0;
	return ((double)(in - cached) * m->price_in +
	    (double)cached * again + (double)out * m->price_out) / 1e6;
}

/* ---- the cache ---- */

void
lm_warn(struct lm *l, const char *what, const char *why)
{
	char text[LM_WHY];

	lm_say(l, text, "%s: %s", what, why);
	if (l->warn)
		l->warn(l->warn_arg, text);
}

static void
lm_cache_open(struct lm *l)
{
	struct buf path = BUF_INIT;
	char why[STORE_WHY] = "out of memory";
	struct store *s = NULL;
	bool known = store_cache_dir(&path, l->cache_dir);

	if (!known)
		snprintf(why, sizeof why, "neither MIPROC_CACHE_DIR nor "
		    "XDG_CACHE_HOME nor HOME is set");
	buf_puts(&path, "/cache.db");
	if (known && !path.failed &&
	    store_open(buf_str(&path), STORE_CACHE, &s, why) == MIP_OK)
		store_limit(s, l->cache_size);
	else if (known && access(buf_str(&path), R_OK) == 0 &&
	    access(buf_str(&path), W_OK) != 0 &&
	    store_open(buf_str(&path), STORE_READ, &s, why) == MIP_OK)
		lm_warn(l, "the cache is only read", "it cannot be written");
	buf_release(&path);
	if (!s)
		lm_warn(l, "going on without the cache", why);
	atomic_store(&l->cache, s);
}

struct store *
lm_cache(struct lm *l)
{
	if (l->no_cache || atomic_load(&l->cache_off))
		return NULL;
	if (!atomic_load(&l->cache_tried)) {
		pthread_mutex_lock(&l->cache_lock);
		if (!atomic_load(&l->cache_tried))
			lm_cache_open(l);
		atomic_store(&l->cache_tried, true);
		pthread_mutex_unlock(&l->cache_lock);
	}
	return atomic_load(&l->cache);
}

static void
lm_cache_fault(struct lm *l, struct store *s)
{
	char why[STORE_WHY];

	if (atomic_exchange(&l->cache_off, true))
		return;
	store_why(s, why);
	lm_warn(l, "going on without the cache", why);
}

static bool
lm_look(struct lm *l, struct store *s, struct lm_flight *f)
{
	enum mip_status status;
	bool found;

	status = store_get(s, f->key, &f->reply, &found);
	if (!found)
		f->reply.rung = f->ask.rung;
	if (status == MIP_OK)
		return found;
	if (s == l->journal || s == l->replay) {
		f->status = MIP_IO;
		store_why(s, f->message);
	} else {
		lm_cache_fault(l, s);
	}
	return false;
}

static void
lm_put(struct lm *l, struct store *s, struct lm_flight *f)
{
	struct store_about about = {
		.request = f->get ? f->url ? f->url : f->m->url :
		    buf_str(&f->body),
		.model = f->m->model.id ? f->m->model.id : f->m->what,
		.server = f->m->identity, .sample = f->ask.sample,
	};
	struct buf clean = BUF_INIT;

	if (redact_found(&l->redact, about.request, strlen(about.request))) {
		buf_puts(&clean, about.request);
		redact_buf(&l->redact, &clean);
		about.request = buf_str(&clean);
	}
	store_put(s, f->key, &f->reply, &about);
	buf_release(&clean);
}

/* Those of `q` that came from somewhere else than `s` itself; the cache takes
 * what came from a server. */
static enum mip_status
lm_put_all(struct lm *l, struct store *s, const struct lm_queue *q)
{
	bool cache = s == atomic_load(&l->cache);

	struct lm_flight *f;
	bool begun = false;

	for (f = q->first; f; f = f->next) {
		if (f->status != MIP_OK || f->fresh ||
		    (f->source == LM_JOURNAL && s == l->journal) ||
		    (cache && f->source != LM_SERVER))
			continue;
		if (!begun)
			store_begin(s);
		begun = true;
		lm_put(l, s, f);
	}
	return begun ? store_commit(s) : MIP_OK;
}

/* What was paid for is not used before it is kept. */
static void
lm_keep_all(struct lm *l, struct store *s, const char *what,
    const struct lm_queue *q)
{
	struct lm_flight *f;
	char why[STORE_WHY];

	if (!s || lm_put_all(l, s, q) == MIP_OK)
		return;
	store_why(s, why);
	for (f = q->first; f; f = f->next)
		if (f->status == MIP_OK && !f->fresh &&
		    (f->source != LM_JOURNAL || s != l->journal)) {
			f->status = MIP_IO;
			lm_say(l, f->message, "%s: %s", what, why);
		}
}

static void
lm_record(struct lm *l, const struct lm_queue *q)
{
	lm_keep_all(l, l->journal, "the journal", q);
	lm_keep_all(l, l->record, "the recording", q);
}

void
lm_keep(struct lm *l, const struct lm_queue *q)
{
	struct store *cache = lm_cache(l);

	if (cache && store_writes(cache) &&
	    lm_put_all(l, cache, q) != MIP_OK)
		lm_cache_fault(l, cache);
	lm_record(l, q);
}

/* ---- flights ---- */

static struct lm_flight **
lm_bucket(struct lm *l, const unsigned char key[STORE_KEY])
{
	return &l->flight[(key[0] | key[1] << 8) % LM_BUCKETS];
}

static void
lm_flight_free(struct lm_flight *f)
{
	store_reply_release(&f->reply);
	http_release(&f->http);
	buf_release(&f->body);
	free(f);
}

/* What makes two calls the same: the whole request, who answers, and which
 * sample it is.  The request is the one of the first rung, whatever the
 * server made us send. */
static bool
lm_key(struct lm_flight *f)
{
	struct sha256 h;
	const char *identity = f->m->identity;
	uint64_t n;

	sha256_init(&h);
	if (f->fresh) {                 /* the same as none */
		n = atomic_fetch_add(&f->lm->nfresh, 1);
		sha256_update(&h, "miproc fresh 1", 15);
		sha256_update(&h, &n, sizeof n);
		return sha256_final(&h, f->key);
	}
	sha256_update(&h, "miproc reply 1", 15);
	if (f->kind == LM_FETCH)
		sha256_update(&h, f->get ? "GET" : "POST", 4 + !f->get);
	if (f->url)
		sha256_update(&h, f->url, strlen(f->url) + 1);
	sha256_update(&h, identity, strlen(identity) + 1);
	sha256_update(&h, f->ask.sample, strlen(f->ask.sample) + 1);
	sha256_update(&h, f->body.s, f->body.len);
	return sha256_final(&h, f->key);
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
		return m->provider->rung(asked);
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
		.temperature = c->temperature >= 0 ? c->temperature :
		    m->model.temperature,
		.sample = c->sample ? c->sample : "",
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
	f->last = &f->calls;
	f->kind = c->kind;
	f->fresh = c->fresh;
	f->url = c->url;
	f->get = c->kind == LM_FETCH && !c->messages;
	f->http.max = c->most;
	f->check = c->check;
	f->check_arg = c->check_arg;
	lm_ask(m, c, &f->ask, &f->may_step);
	f->reply.rung = f->ask.rung;
	f->bound = c->kind == LM_CHAT ? provider_bound(&m->model) : 0;
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

/* ---- the end of a call ---- */

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
	c->usage.cost = lm_cost(&f->m->model, r->in, r->cached, r->out);
	c->latency_s = r->latency_s;
	if (ok)
		return;
	c->status = MIP_NOMEM;
	snprintf(c->message, sizeof c->message, "%s",
	    mip_status_text(MIP_NOMEM));
}

static const char *
lm_finish_word(enum reply_finish f)
{
	switch (f) {
	case REPLY_STOP:        return "stop";
	case REPLY_LENGTH:      return "length";
	case REPLY_FILTER:      break;
	}
	return "content_filter";
}

static void
lm_trace_lost(struct lm *l)
{
	if (!atomic_exchange(&l->trace_off, true))
		lm_warn(l, "the trace", "a line could not be written");
}

static void
lm_trace(struct lm *l, const struct lm_flight *f, const struct lm_call *c,
    bool first)
{
	static const char *const source[] = {
		"server", "cache", "journal", "replay", "shared"
	};
	static const char digit[] = "0123456789abcdef";
	char key[2 * STORE_KEY + 1];
	size_t i;
	struct trace_call t = {
		.leaf = c->leaf,
		.model = f->kind == LM_FETCH ? NULL : f->m->model.name,
		.server = f->kind == LM_FETCH ? f->m->what : NULL,
		.id = f->m->model.id,
		.rung = f->kind == LM_CHAT ? provider_rung_word(c->rung) :
		    NULL,
		.kind = f->kind == LM_EMBED ? "embed" : NULL,
		.sample = c->sample, .key = key, .status = c->status,
		.message = c->message, .source = source[first ? f->source :
		    LM_SHARED], .refused = c->refused,
		.attempts = c->attempts, .in = c->usage.in,
		.cached = c->usage.cached, .out = c->usage.out,
		.cost = c->usage.cost, .latency_s = c->latency_s,
		.request = buf_str(&f->body), .text = c->text,
		.reasoning = c->reasoning,
	};

	if (c->status == MIP_OK && f->kind == LM_CHAT)
		t.finish = lm_finish_word(c->finish);
	for (i = 0; i < STORE_KEY; i++) {
		key[2 * i] = digit[f->key[i] >> 4];
		key[2 * i + 1] = digit[f->key[i] & 15];
	}
	key[2 * STORE_KEY] = '\0';
	if (!trace_write(l->trace, &t))
		lm_trace_lost(l);
}

void
lm_trace_tool(struct lm *l, const struct trace_tool *t)
{
	if (l->trace && !trace_write_tool(l->trace, t))
		lm_trace_lost(l);
}

void
lm_trace_check(struct lm *l, const struct trace_check *c)
{
	if (l->trace && !trace_write_check(l->trace, c))
		lm_trace_lost(l);
}

static void
lm_sum(struct lm_usage *to, const struct lm_usage *u)
{
	to->in += u->in;
	to->cached += u->cached;
	to->out += u->out;
	to->cost += u->cost;
}

static void
lm_count(struct lm *l, const struct lm_flight *f, const struct lm_call *c,
    bool first)
{
	struct lm_totals *t = &l->totals;

	pthread_mutex_lock(&l->lock);
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
	struct lm_group *g = c->group;

	free(c->flight);
	c->flight = NULL;
	pthread_mutex_lock(&g->lock);
	if (--g->pending == 0)
		pthread_cond_broadcast(&g->done);
	pthread_mutex_unlock(&g->lock);
}

/* The next model of the call's route, if this failure is one for it. */
static struct lm_model *
lm_next_model(struct lm *l, struct lm_call *c, enum mip_status s)
{
	struct lm_route *r = c->flight;

	if (!r || atomic_load(&l->cancelled) || ++r->at >= r->n ||
	    (s != MIP_INFRASTRUCTURE && s != MIP_OFFLINE))
		return NULL;
	return r->m[r->at];
}

void
lm_land(struct lm *l, struct lm_flight *f)
{
	struct lm_flight **at = lm_bucket(l, f->key);
	struct lm_call *c, *next;
	struct lm_model *m;
	bool first = true;

	pthread_mutex_lock(&l->lock);
	while (*at != f)
		at = &(*at)->same;
	*at = f->same;
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
		c->cached = !first || f->source != LM_SERVER;
		lm_fill(f, c, !next);
		lm_count(l, f, c, first);
		if (l->trace)
			lm_trace(l, f, c, first);
		lm_signal(c);
	}
	lm_flight_free(f);
}

/* ---- the beginning of a call ---- */

void
lm_refuse(struct lm *l, struct lm_call *c, enum mip_status s, const char *why)
{
	c->status = s;
	snprintf(c->message, sizeof c->message, "%s",
	    why && *why ? why : mip_status_text(s));
	pthread_mutex_lock(&l->lock);
	l->totals.failures++;
	pthread_mutex_unlock(&l->lock);
	lm_signal(c);
}

/* Joins the flight that is under way with this request, or becomes one. */
static bool
lm_join(struct lm *l, struct lm_flight *f, struct lm_call *c)
{
	struct lm_flight **bucket = lm_bucket(l, f->key), *g;

	pthread_mutex_lock(&l->lock);
	for (g = *bucket; g; g = g->same)
		if (memcmp(g->key, f->key, STORE_KEY) == 0)
			break;
	if (!g) {
		f->same = *bucket;
		*bucket = f;
	}
	c->next = NULL;
	*(g ? g : f)->last = c;
	(g ? g : f)->last = &c->next;
	pthread_mutex_unlock(&l->lock);
	return g != NULL;
}

/* In the journal, the recording that is replayed, or the cache?  What is, goes
 * to those that keep it. */
static bool
lm_known(struct lm *l, struct lm_flight *f)
{
	struct store *s;
	struct lm_queue one;

	if (f->fresh)
		return false;
	if (l->journal && lm_look(l, l->journal, f)) {
		f->source = LM_JOURNAL;
	} else if (f->status != MIP_OK) {
		return true;
	} else {
		s = l->replay ? l->replay : l->refresh ? NULL : lm_cache(l);
		if (!s || !lm_look(l, s, f))
			return f->status != MIP_OK;
		f->source = l->replay ? LM_REPLAY : LM_CACHE;
	}
	lm_queue_init(&one);
	lm_queue_put(&one, f);
	lm_record(l, &one);
	return true;
}

/* What can be said before any call is made. */
static bool
lm_allowed(struct lm *l, struct lm_flight *f)
{
	const struct lm_model *m = f->m;
	const char *what = m->what;
	struct budget *b = f->kind == LM_FETCH ? NULL : l->budget;

	if (l->offline && f->fresh) {
		f->status = MIP_OFFLINE;
		lm_say(l, f->message, "the %s is on the network, and this run "
		    "is offline", what);
	} else if (l->replay) {
		f->status = MIP_OFFLINE;
		lm_say(l, f->message, "a reply of the %s is not in the "
		    "recording %s", what, l->replay_path);
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

void
lm_begin(struct lm *l, struct lm_call *c, struct lm_model *m)
{
	struct lm_flight *f;
	char why[LM_WHY];

	if (m->bad != MIP_OK) {
		lm_refuse(l, c, m->bad, m->why);
		return;
	}
	if (c->kind == LM_EMBED && !m->provider->embed_path) {
		lm_say(l, why, "the %s cannot make vectors", m->what);
		lm_refuse(l, c, MIP_USAGE, why);
		return;
	}
	if (!lm_model_takes(l, m, c->kind)) {
		lm_say(l, why, "the local server of the %s cannot both answer "
		    "and make vectors: declare a model for each", m->what);
		lm_refuse(l, c, MIP_USAGE, why);
		return;
	}
	f = lm_flight_new(l, m, c);
	if (!f) {
		lm_refuse(l, c, MIP_NOMEM, NULL);
		return;
	}
	if (lm_join(l, f, c)) {
		lm_flight_free(f);
		return;
	}
	if (lm_known(l, f) || !lm_allowed(l, f)) {
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
