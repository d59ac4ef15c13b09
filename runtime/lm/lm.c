/* Calls of language models: the client, its options, its calls.
 *
 * SPDX-License-Identifier: MIT */
#include "lm/lm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/json.h"
#include "lm/lm_in.h"

void
lm_say(struct lm *l, char why[LM_WHY], const char *fmt, ...)
{
	struct buf b = BUF_INIT;
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	redact_buf(&l->redact, &b);
	n = b.len < LM_WHY ? b.len : LM_WHY - 1;
	/* No character is cut in two. */
	if (n < b.len)
		while (n > 0 && ((unsigned char)b.s[n] & 0xc0) == 0x80)
			n--;
	memcpy(why, buf_str(&b), n);
	why[n] = '\0';
	if (b.failed)
		snprintf(why, LM_WHY, "%s", mip_status_text(MIP_NOMEM));
	buf_release(&b);
}

bool
lm_late(struct lm *l, double now, char why[LM_WHY])
{
	if (l->deadline == 0 || now < l->deadline)
		return false;
	lm_say(l, why, "the time limit of %.*g s is over",
	    l->time_limit_s < 1e6 ? 6 : 12, l->time_limit_s);
	return true;
}

bool
lm_time_over(struct lm *l, char why[320])
{
	return l->deadline > 0 && lm_late(l, clock_now(), why);
}

/* ---- small parts ---- */

bool
lm_group_init(struct lm_group *g)
{
	g->pending = 0;
	g->news = g->waits = false;
	if (sem_init(&g->all, 0, 0) != 0)
		return false;
	if (pthread_mutex_init(&g->lock, NULL) == 0) {
		if (clock_cond(&g->heard))
			return true;
		pthread_mutex_destroy(&g->lock);
	}
	sem_destroy(&g->all);
	return false;
}

void
lm_group_release(struct lm_group *g)
{
	pthread_cond_destroy(&g->heard);
	pthread_mutex_destroy(&g->lock);
	sem_destroy(&g->all);
}

void
lm_group_begin(struct lm_group *g)
{
	pthread_mutex_lock(&g->lock);
	g->pending++;
	pthread_mutex_unlock(&g->lock);
}

/* Each call is waited for once: a semaphore takes two system calls for it, a
 * condition, whose lock has to be had again, three. */
void
lm_group_end(struct lm_group *g)
{
	bool all, wake;

	pthread_mutex_lock(&g->lock);
	all = --g->pending == 0;
	wake = all && g->waits;
	if (all && !wake)
		pthread_cond_broadcast(&g->heard);
	pthread_mutex_unlock(&g->lock);
	if (wake)
		sem_post(&g->all);
}

void
lm_wait(struct lm_group *g)
{
	bool waits;

	pthread_mutex_lock(&g->lock);
	waits = g->waits = g->pending > 0;
	pthread_mutex_unlock(&g->lock);
	while (waits && sem_wait(&g->all) != 0)
		;                       /* a signal came */
	g->waits = false;
}

bool
lm_wait_news(struct lm_group *g, unsigned ms)
{
	double until = clock_now() + ms / 1e3;
	bool more;

	pthread_mutex_lock(&g->lock);
	while (g->pending > 0 && !g->news)
		if (ms == 0)
			pthread_cond_wait(&g->heard, &g->lock);
		else if (!clock_wait(&g->heard, &g->lock, until))
			break;
	g->news = false;
	more = g->pending > 0;
	pthread_mutex_unlock(&g->lock);
	return more;
}

bool
lm_call_news(struct lm_call *c, struct buf *text, bool *again)
{
	bool news;

	pthread_mutex_lock(&c->group->lock);
	news = c->news;
	if (news) {
		if (c->again || text->len > c->so_far.len)
			buf_reset(text);
		buf_put(text, buf_str(&c->so_far) + text->len,
		    c->so_far.len - text->len);
		*again = c->again;
		c->news = c->again = false;
	}
	pthread_mutex_unlock(&c->group->lock);
	return news;
}

void
lm_call_release(struct lm_call *c)
{
	buf_release(&c->so_far);
	free(c->text);
	free(c->reasoning);
	c->text = c->reasoning = NULL;
	c->text_len = 0;
}

/* The beginning of a reply as one line. */
static void
lm_quote(const struct lm_call *c, char *to, size_t most)
{
	size_t n = c->text_len < most ? c->text_len : most - 1, i;

	/* No character is cut in two. */
	if (n < c->text_len)
		while (n > 0 && ((unsigned char)c->text[n] & 0xc0) == 0x80)
			n--;
	for (i = 0; i < n; i++)
		to[i] = (unsigned char)c->text[i] < ' ' ? ' ' : c->text[i];
	to[n] = '\0';
}

void
lm_explain(const struct lm_call *c, enum mip_status s, char why[320])
{
	char quote[200];

	why[0] = '\0';
	if (s == MIP_TRUNCATED && c->finish == REPLY_LENGTH) {
		snprintf(why, LM_WHY, "the reply was cut off after %lld "
		    "tokens; raise max_tokens of the model %.100s",
		    (long long)c->usage.out, c->model->name);
	} else if (s == MIP_REFUSAL && c->text_len > 0) {
		lm_quote(c, quote, sizeof quote);
		snprintf(why, LM_WHY, "%s: %s", mip_status_text(s), quote);
	} else if (s == MIP_REFUSAL && c->finish == REPLY_FILTER) {
		snprintf(why, LM_WHY, "the provider's content filter stopped "
		    "the reply");
	}
}

/* ---- making and ending the client ---- */

static bool
lm_flag(const char *name)
{
	const char *v = getenv(name);

	return v && *v && strcmp(v, "0") != 0;
}

/* The money limit: the option, else the environment; negative: none. */
static bool
lm_money(const struct mip_options *o, double *usd)
{
	const char *v = getenv("MIPROC_MAX_COST");
	struct json n;

	*usd = o->max_cost > 0 ? o->max_cost : -1;
	if (o->max_cost > 0 || !v || !*v)
		return true;
	return json_parse(v, strlen(v), &n, NULL, NULL) &&
	    json_double(n, usd) && *usd >= 0;
}

/* The size of the cache: the option, else the environment, else 10 GB. */
static bool
lm_cache_size(struct lm *l, const struct mip_options *o)
{
	static const char units[] = "kMGT";
	const char *v = getenv("MIPROC_CACHE_SIZE"), *unit;
	double bytes = 10e9;
	ptrdiff_t i;
	char *end;

	l->cache_size = o->cache_size;
	if (o->cache_size > 0)
		return true;
	if (v && *v) {
		bytes = strtod(v, &end);
		unit = *end ? strchr(units, *end) : NULL;
		for (i = 0; unit && i <= unit - units; i++)
			bytes *= 1000;
		if (end == v || end[unit != NULL] || !(bytes >= 1e6) ||
		    bytes > 1e18)
			return false;
	}
	l->cache_size = (int64_t)bytes;
	return true;
}

static void
lm_options(struct lm *l, const struct mip_options *o)
{
	const char **model;
	size_t n = 0, i;

	l->no_cache = o->no_cache;
	l->refresh = o->refresh;
	l->offline = o->offline || o->replay || lm_flag("MIPROC_OFFLINE");
	l->propagate = lm_flag("MIPROC_TRACE_PROPAGATE");
	l->timeout_ms = o->timeout_ms;
	if (o->time_limit_ms > 0) {
		l->time_limit_s = (double)o->time_limit_ms / 1e3;
		l->deadline = clock_now() + l->time_limit_s;
	}
	l->seed = o->seed;
	if (o->cache_dir)
		l->cache_dir = arena_strdup(&l->keep, o->cache_dir);
	if (o->replay)
		l->replay_path = arena_strdup(&l->keep, o->replay);
	if (o->base_url && *o->base_url)
		l->base_url = arena_strdup(&l->keep, o->base_url);
	while (o->model && o->model[n])
		n++;
	if (n == 0)
		return;
	model = arena_array(&l->keep, n + 1, sizeof *model);
	for (i = 0; model && i < n; i++)
		model[i] = arena_strdup(&l->keep, o->model[i]);
	l->override = model;
}

static struct lm *
lm_alloc(void)
{
	struct lm *l = calloc(1, sizeof *l);

	if (!l)
		return NULL;
	atomic_init(&l->cache, NULL);
	atomic_init(&l->http, NULL);
	atomic_init(&l->nfresh, 0);
	lm_queue_init(&l->coming);
	lm_queue_init(&l->broke);
	lm_queue_init(&l->down);
	lm_queue_init(&l->done);
	if (!redact_init(&l->redact))
		goto no_redact;
	if (pthread_mutex_init(&l->lock, NULL) != 0)
		goto no_lock;
	if (pthread_mutex_init(&l->model_lock, NULL) != 0)
		goto no_model;
	if (pthread_mutex_init(&l->cache_lock, NULL) == 0)
		return l;
	pthread_mutex_destroy(&l->model_lock);
no_model:
	pthread_mutex_destroy(&l->lock);
no_lock:
	redact_release(&l->redact);
no_redact:
	free(l);
	return NULL;
}

static enum mip_status
lm_store(struct lm *l, const char *path, enum store_use use,
    struct store **out, const char *what, char why[320])
{
	char cause[STORE_WHY];
	enum mip_status s;

	if (!path)
		return MIP_OK;
	s = store_open(path, use, out, cause);
	if (s != MIP_OK)
		lm_say(l, why, "the %s cannot be used: %s", what, cause);
	return s;
}

static enum mip_status
lm_files(struct lm *l, const struct mip_options *o, char why[320])
{
	enum mip_status s = MIP_OK;
	char cause[STORE_WHY];
	double usd;

	if (!lm_money(o, &usd)) {
		lm_say(l, why, "MIPROC_MAX_COST is %s, which is no amount",
		    getenv("MIPROC_MAX_COST"));
		return MIP_USAGE;
	}
	if (!lm_cache_size(l, o)) {
		lm_say(l, why, "MIPROC_CACHE_SIZE is %s, which is no size of "
		    "a megabyte or more (500M, 10G)",
		    getenv("MIPROC_CACHE_SIZE"));
		return MIP_USAGE;
	}
	s = lm_store(l, o->journal, STORE_SHARE, &l->journal, "journal", why);
	if (s == MIP_OK)
		s = lm_store(l, o->record, STORE_SHARE, &l->record,
		    "recording", why);
	if (s == MIP_OK)
		s = lm_store(l, o->replay, STORE_READ, &l->replay,
		    "recording", why);
	if (s == MIP_OK && (usd >= 0 || o->max_calls > 0 ||
	    o->max_tokens > 0 || o->ledger)) {
		s = budget_new(usd, o->max_calls, o->max_tokens, o->ledger,
		    &l->budget, cause);
		if (s != MIP_OK)
			lm_say(l, why, "the ledger cannot be used: %s", cause);
	}
	if (s == MIP_OK)
		s = trace_new(o->trace, o->trace_content, &l->redact,
		    &l->trace, why);
	return s;
}

enum mip_status
lm_new(const struct mip_options *o, struct lm **out, char why[320])
{
	static const struct mip_options none;
	struct lm *l = lm_alloc();
	enum mip_status s = MIP_NOMEM;

	*out = NULL;
	snprintf(why, LM_WHY, "%s", mip_status_text(MIP_NOMEM));
	if (!l)
		return s;
	if (!o)
		o = &none;
	lm_options(l, o);
	if (!l->keep.failed)
		s = lm_model_overrides(l, why);
	if (s == MIP_OK)
		s = lm_files(l, o, why);
	if (s != MIP_OK) {
		lm_free(l);
		return s;
	}
	why[0] = '\0';
	*out = l;
	return MIP_OK;
}

void
lm_cancel(struct lm *l)
{
	struct http *h;

	atomic_store(&l->cancelled, true);
	h = atomic_load(&l->http);
	if (h)
		http_wake(h);
}

void
lm_free(struct lm *l)
{
	struct lm_model *m;
	char why[LM_WHY];

	if (!l)
		return;
	pthread_mutex_lock(&l->lock);
	l->stop = true;
	pthread_mutex_unlock(&l->lock);
	lm_cancel(l);
	if (l->thread_runs)
		pthread_join(l->thread, NULL);
	while ((m = l->model) != NULL) {
		l->model = m->next;
		lm_model_free(m);
	}
	http_free(l->http);
	budget_free(l->budget);
	store_close(l->journal);
	store_close(l->record);
	store_close(l->replay);
	store_close(l->cache);
	trace_free(l->trace, why);
	if (why[0])
		lm_warn(l, "the trace", why);
	usage_release(&l->usage);
	free(l->timer);
	pthread_mutex_destroy(&l->cache_lock);
	pthread_mutex_destroy(&l->model_lock);
	pthread_mutex_destroy(&l->lock);
	redact_release(&l->redact);
	arena_release(&l->keep);
	free(l);
}

void
lm_observe(struct lm *l, void (*warn)(void *arg, const char *text),
    void *arg)
{
	l->warn = warn;
	l->warn_arg = arg;
}

void
lm_totals(struct lm *l, struct lm_totals *t)
{
	pthread_mutex_lock(&l->lock);
	*t = l->totals;
	pthread_mutex_unlock(&l->lock);
}

size_t
lm_usage(struct lm *l, struct mip_leaf_usage *v, size_t n)
{
	size_t i;

	pthread_mutex_lock(&l->lock);
	for (i = 0; i < n && usage_get(&l->usage, i, &v[i]); i++)
		continue;
	n = l->usage.n;
	pthread_mutex_unlock(&l->lock);
	return n;
}

void
lm_usage_join(struct lm *l, struct usage *to, const char *name)
{
	pthread_mutex_lock(&l->lock);
	usage_join(to, &l->usage, name);
	pthread_mutex_unlock(&l->lock);
}

void
lm_usage_tell(struct lm *l, bool json, struct buf *b)
{
	pthread_mutex_lock(&l->lock);
	if (json)
		usage_json(b, &l->usage);
	else
		usage_table(b, &l->usage);
	pthread_mutex_unlock(&l->lock);
}

/* ---- calls ---- */

/* Forgets what an earlier use of the struct has left. */
static void
lm_call_reset(struct lm_call *c)
{
	c->status = MIP_OK;
	c->message[0] = '\0';
	c->text = c->reasoning = NULL;
	c->text_len = 0;
	c->finish = REPLY_STOP;
	c->refused = c->cached = false;
	c->rung = MIP_STRUCTURE_AUTO;
	c->usage = (struct lm_usage){ 0 };
	c->latency_s = 0;
	c->attempts = 0;
	c->first_s = 0;
	c->so_far = (struct buf)BUF_INIT;
	c->news = c->again = false;
	c->next = NULL;
	c->flight = NULL;
}

void
lm_start(struct lm *l, struct lm_call *c)
{
	struct lm_route route, *own = NULL;
	enum mip_status s = MIP_OK;
	char why[LM_WHY] = "";

	lm_call_reset(c);
	c->began_ns = lm_trace_now(l);
	lm_group_begin(c->group);
	if (atomic_load(&l->cancelled))
		s = MIP_CANCELLED;
	if (s == MIP_OK)
		s = lm_route(l, c, &route, why);
	if (s == MIP_OK && route.n > 1) {
		own = malloc(sizeof *own);
		s = own ? MIP_OK : MIP_NOMEM;
		if (own)
			*own = route;
		c->flight = own;
	}
	if (s == MIP_OK)
		lm_begin(l, c, route.m[0]);
	else
		lm_refuse(l, c, s, why);
}

enum mip_status
lm_identity(struct lm *l, const struct mip_model *of, struct buf *b,
    char why[320])
{
	struct lm_model *m = lm_model(l, of);
	unsigned i;

	if (!m || m->bad != MIP_OK) {
		snprintf(why, LM_WHY, "%s", m ? m->why :
		    mip_status_text(MIP_NOMEM));
		return m ? m->bad : MIP_NOMEM;
	}
	buf_printf(b, "%s %s", m->identity ? m->identity : "", m->model.id);
	for (i = 0; i < m->model.noption; i++)
		buf_printf(b, " %s=%s", m->model.option[i].name,
		    m->model.option[i].value);
	return MIP_OK;
}

enum mip_status
lm_request(struct lm *l, const struct lm_call *c, struct buf *body,
    char why[320])
{
	struct lm_route route;
	struct provider_ask a;
	enum mip_status s = lm_route(l, c, &route, why);
	bool may_step;

	if (s == MIP_OK && (s = route.m[0]->bad) != MIP_OK)
		memcpy(why, route.m[0]->why, LM_WHY);
	if (s != MIP_OK)
		return s;
	lm_ask(route.m[0], c, &a, &may_step);
	route.m[0]->provider->body(body, &a);
	if (!body->failed)
		return MIP_OK;
	snprintf(why, LM_WHY, "%s", mip_status_text(MIP_NOMEM));
	return MIP_NOMEM;
}
