/* A client of models without models, in the place of lm.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake_lm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct lm {
	int unused;
};

enum { FAKE_RULES = 32, FAKE_CALLS = 64 };

/* Tests are one program each; this is their stage. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t change;
	struct fake_rule rule[FAKE_RULES];
	size_t nrule;
	struct fake_call call[FAKE_CALLS];
	size_t ncall;
	struct lm_call *held;
	unsigned nheld;
	bool cancelled;
} fake = { .lock = PTHREAD_MUTEX_INITIALIZER,
	.change = PTHREAD_COND_INITIALIZER };

void
fake_rules(const struct fake_rule *v, size_t n)
{
	pthread_mutex_lock(&fake.lock);
	if (n > FAKE_RULES)
		abort();
	memcpy(fake.rule, v, n * sizeof *v);
	fake.nrule = n;
	fake.ncall = 0;
	fake.cancelled = false;
	pthread_mutex_unlock(&fake.lock);
}

size_t
fake_calls(void)
{
	size_t n;

	pthread_mutex_lock(&fake.lock);
	n = fake.ncall;
	pthread_mutex_unlock(&fake.lock);
	return n;
}

const struct fake_call *
fake_call(size_t i)
{
	if (i >= FAKE_CALLS)
		abort();
	return &fake.call[i];
}

bool
lm_group_init(struct lm_group *g)
{
	g->pending = 0;
	return pthread_mutex_init(&g->lock, NULL) == 0 &&
	    pthread_cond_init(&g->heard, NULL) == 0;
}

void
lm_group_release(struct lm_group *g)
{
	pthread_cond_destroy(&g->heard);
	pthread_mutex_destroy(&g->lock);
}

void
lm_group_begin(struct lm_group *g)
{
	pthread_mutex_lock(&g->lock);
	g->pending++;
	pthread_mutex_unlock(&g->lock);
}

void
lm_group_end(struct lm_group *g)
{
	pthread_mutex_lock(&g->lock);
	g->pending--;
	pthread_cond_broadcast(&g->heard);
	pthread_mutex_unlock(&g->lock);
}

enum mip_status
lm_new(const struct mip_options *o, struct lm **out, char why[320])
{
	*out = calloc(1, sizeof **out);
	why[0] = '\0';
	if (o->cache_dir && strcmp(o->cache_dir, "/nowhere") == 0) {
		free(*out);
		*out = NULL;
		snprintf(why, 320, "no such folder");
		return MIP_IO;
	}
	return *out ? MIP_OK : MIP_NOMEM;
}

void
lm_free(struct lm *l)
{
	free(l);
}

static struct fake_rule *
rule_for(const struct lm_call *c)
{
	size_t i;

	for (i = 0; i < fake.nrule; i++) {
		struct fake_rule *r = &fake.rule[i];

		if (r->times < 0)
			continue;
		if (r->match && !strstr(c->messages, r->match))
			continue;
		if (r->sample && strcmp(r->sample, c->sample) != 0)
			continue;
		if (r->model && strcmp(r->model, c->model->name) != 0)
			continue;
		if (r->times > 0 && --r->times == 0)
			r->times = -1;
		return r;
	}
	return NULL;
}

static void
fake_log(const struct lm_call *c)
{
	struct fake_call *log;

	if (fake.ncall == FAKE_CALLS)
		return;
	log = &fake.call[fake.ncall++];
	snprintf(log->messages, sizeof log->messages, "%s", c->messages);
	snprintf(log->sample, sizeof log->sample, "%s", c->sample);
	snprintf(log->model, sizeof log->model, "%s", c->model->name);
	snprintf(log->schema_name, sizeof log->schema_name, "%s",
	    c->schema_name);
	log->schema = c->schema != NULL;
}

static void
answer(struct lm_call *c, const struct fake_rule *r)
{
	if (!r) {
		c->status = MIP_INFRASTRUCTURE;
		snprintf(c->message, sizeof c->message, "no rule fits");
		return;
	}
	c->status = r->status;
	if (r->status != MIP_OK)
		snprintf(c->message, sizeof c->message, "so says the rule");
	if (r->text) {
		c->text = strdup(r->text);
		c->text_len = strlen(r->text);
		if (!c->text)
			c->status = MIP_NOMEM;
	}
	c->finish = r->finish;
	c->refused = r->refused;
	c->cached = r->cached;
	c->usage = (struct lm_usage){ .in = 10, .out = 5, .cost = 0.5 };
}

void
lm_start(struct lm *l, struct lm_call *c)
{
	struct fake_rule *r;

	(void)l;
	lm_group_begin(c->group);
	pthread_mutex_lock(&fake.lock);
	fake_log(c);
	r = rule_for(c);
	answer(c, r);
	if (fake.cancelled) {
		c->status = MIP_CANCELLED;
	} else if (r && r->hold) {
		c->next = fake.held;
		fake.held = c;
		fake.nheld++;
		pthread_cond_broadcast(&fake.change);
		pthread_mutex_unlock(&fake.lock);
		return;
	}
	pthread_mutex_unlock(&fake.lock);
	lm_group_end(c->group);
}

/* No test looks beyond models here. */
enum mip_status
lm_fetch(struct lm *l, struct lm_call *c)
{
	(void)l;
	c->status = MIP_INFRASTRUCTURE;
	snprintf(c->message, sizeof c->message, "there is no network");
	return c->status;
}

enum mip_status
lm_identity(struct lm *l, const struct mip_model *m, struct buf *b,
    char why[320])
{
	(void)l;
	why[0] = '\0';
	buf_puts(b, m->name);
	return MIP_OK;
}

size_t
lm_usage(struct lm *l, struct mip_leaf_usage *v, size_t n)
{
	(void)l;
	(void)v;
	(void)n;
	return 0;
}

struct usage_call
lm_call_usage(const struct lm_call *c)
{
	return (struct usage_call){ .leaf = c->leaf,
		.failed = c->status != MIP_OK, .cached = c->cached,
		.reasked = c->reasks, .in = c->usage.in, .out = c->usage.out,
		.cost = c->usage.cost, .latency_s = 0.25 };
}

void
lm_usage_join(struct lm *l, struct usage *to, const char *name)
{
	(void)l;
	(void)to;
	(void)name;
}

void
lm_usage_tell(struct lm *l, bool json, struct buf *b)
{
	(void)l;
	buf_puts(b, json ? "{}\n" : "no usage\n");
}

const char *
lm_setting(const struct mip_setting *s)
{
	return s->text;
}

void
lm_wait(struct lm_group *g)
{
	pthread_mutex_lock(&g->lock);
	while (g->pending > 0)
		pthread_cond_wait(&g->heard, &g->lock);
	pthread_mutex_unlock(&g->lock);
}

bool
lm_wait_news(struct lm_group *g, unsigned ms)
{
	(void)ms;
	lm_wait(g);
	return false;
}

void
lm_unshaped(struct lm *l, const struct lm_call *c)
{
	(void)l;
	(void)c;
}

bool
lm_call_news(struct lm_call *c, struct buf *text, bool *again)
{
	(void)c;
	(void)text;
	(void)again;
	return false;
}

void
lm_call_release(struct lm_call *c)
{
	free(c->text);
	free(c->reasoning);
	c->text = c->reasoning = NULL;
}

/* The status says it all. */
void
lm_explain(const struct lm_call *c, enum mip_status s, char why[320])
{
	(void)c;
	(void)s;
	why[0] = '\0';
}

void
lm_warn(struct lm *l, const char *what, const char *why)
{
	(void)l;
	(void)what;
	(void)why;
}

void
lm_hold(struct lm *l)
{
	(void)l;
}

void
lm_drop(struct lm *l)
{
	(void)l;
}

/* Nothing goes wrong that could be told. */
void
lm_observe(struct lm *l, void (*warn)(void *arg, const char *text),
    void *arg)
{
	(void)l;
	(void)warn;
	(void)arg;
}

static void
let_go(bool cancelled)
{
	struct lm_call *c, *next;

	pthread_mutex_lock(&fake.lock);
	fake.cancelled = cancelled;
	for (c = fake.held; c; c = next) {
		next = c->next;
		if (cancelled)
			c->status = MIP_CANCELLED;
		lm_group_end(c->group);
	}
	fake.held = NULL;
	fake.nheld = 0;
	pthread_mutex_unlock(&fake.lock);
}

int64_t
lm_trace_now(const struct lm *l)
{
	(void)l;
	return 0;
}

int64_t
lm_trace_begin(struct lm *l, const struct trace_at *up, struct trace_at *at)
{
	(void)up;
	(void)l;
	(void)at;
	return 0;
}

void
lm_trace_run(struct lm *l, struct trace_run *r)
{
	(void)l;
	(void)r;
}

void
lm_trace_tool(struct lm *l, const struct trace_at *up, struct trace_tool *t)
{
	(void)l;
	(void)up;
	(void)t;
}

void
lm_trace_below(struct lm *l, const struct trace_at *up, struct trace_at *at)
{
	(void)l;
	(void)up;
	(void)at;
}

bool
lm_trace_secret(struct lm *l, const char *secret)
{
	(void)l;
	(void)secret;
	return true;
}

void
lm_trace_check(struct lm *l, const struct trace_check *c)
{
	(void)l;
	(void)c;
}

void
lm_cancel(struct lm *l)
{
	(void)l;
	let_go(true);
}

void
fake_release(void)
{
	let_go(false);
}

void
fake_wait_held(unsigned n)
{
	pthread_mutex_lock(&fake.lock);
	while (fake.nheld < n)
		pthread_cond_wait(&fake.change, &fake.lock);
	pthread_mutex_unlock(&fake.lock);
}

enum mip_status
lm_request(struct lm *l, const struct lm_call *c, struct buf *body,
    char why[320])
{
	(void)l;
	why[0] = '\0';
	buf_printf(body, "{\"model\":\"%s\",\"messages\":%.*s,\"schema\":%s}",
	    c->model->id, (int)c->messages_len, c->messages,
	    c->schema ? c->schema : "null");
	return MIP_OK;
}
