/* A leaf's way from inputs to outputs: asking, waiting, asking again.
 *
 * SPDX-License-Identifier: MIT */
#include "run/mip_in.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash64.h"
#include "run/cases.h"
#include "run/fork.h"
#include "type/type.h"

enum {
	KEEP_TEXT = 64 << 10,           /* larger buffers are given back */
	KEEP_ASKS = 64                  /* ... and those of more asks */
};

/* Forgets what was asked; nothing of it is under way any more. */
static void
asks_forget(struct mip *m)
{
	size_t i;

	for (i = 0; i < m->nask; i++) {
		lm_call_release(&m->ask[i]->call);
		mip_hear_release(m->ask[i]);
		if (i >= KEEP_ASKS || m->ask[i]->messages.cap > KEEP_TEXT)
			buf_release(&m->ask[i]->messages);
	}
	m->nask = 0;
}

/* A program that returned early may have left calls under way. */
void
mip_ask_drain(struct mip *m)
{
	fork_forget(m);
	if (m->nask == 0)
		return;
	mip_hear(m);
	asks_forget(m);
}

/* ---- asking ---- */

static struct seen *
seen_slot(struct seen *v, size_t cap, uint64_t hash)
{
	size_t i = (size_t)hash & (cap - 1);

	while (v[i].times > 0 && v[i].hash != hash)
		i = (i + 1) & (cap - 1);
	return &v[i];
}

static bool
seen_grow(struct mip *m)
{
	size_t cap = m->seen_cap ? m->seen_cap * 2 : 32, i;
	struct seen *v = mip_alloc(m, cap, sizeof *v);

	if (!v)
		return false;
	for (i = 0; i < m->seen_cap; i++)
		if (m->seen[i].times > 0)
			*seen_slot(v, cap, m->seen[i].hash) = m->seen[i];
	m->seen = v;
	m->seen_cap = cap;
	return true;
}

uint64_t
mip_occurrence(struct mip *m, uint64_t hash)
{
	struct seen *s;

	if (m->nseen * 2 >= m->seen_cap && !seen_grow(m))
		return 0;
	s = seen_slot(m->seen, m->seen_cap, hash);
	if (s->times == 0) {
		s->hash = hash;
		m->nseen++;
	}
	return s->times++;
}

/* "sample.occurrence.reask.hint", without what is zero at its end, and the
 * path of the fork; NULL without memory. */
static const char *
sample_key(struct mip *m, const struct ask *a)
{
	char s[84] = "";                /* four numbers of 20 digits at most */

	if (a->hinted > 0)
		snprintf(s, sizeof s, "%" PRIu64 ".%" PRIu64 ".%u.%u",
		    m->sample, a->occurrence, a->reasked, a->hinted);
	else if (a->reasked > 0)
		snprintf(s, sizeof s, "%" PRIu64 ".%" PRIu64 ".%u", m->sample,
		    a->occurrence, a->reasked);
	else if (a->occurrence > 0)
		snprintf(s, sizeof s, "%" PRIu64 ".%" PRIu64, m->sample,
		    a->occurrence);
	else if (m->sample > 0)
		snprintf(s, sizeof s, "%" PRIu64, m->sample);
	return arena_printf(&m->arena, "%s%s", s, m->path);
}

/* Servers take letters, digits, '_' and '-' in the name of a schema. */
static void
schema_word(char out[MIP_SCHEMA_NAME], const char *name)
{
	size_t i;

	for (i = 0; name[i] && i + 1 < MIP_SCHEMA_NAME; i++) {
		bool plain = (name[i] >= 'a' && name[i] <= 'z') ||
		    (name[i] >= 'A' && name[i] <= 'Z') ||
		    (name[i] >= '0' && name[i] <= '9') || name[i] == '-';

		out[i] = '_';
		if (plain)
			out[i] = name[i];
	}
	out[i] = '\0';
}

static const struct mip_model *
model_of(const struct mip *m, const struct mip_model *model)
{
	size_t i;

	for (i = 0; model && model->name && i < m->nmodel; i++)
		if (strcmp(m->model[i].name, model->name) == 0)
			return m->model[i].model;
	return model;
}

static struct ask *
ask_take(struct mip *m)
{
	struct ask *a;

	if (m->nask < m->made)
		return m->ask[m->nask++];
	if (m->made == m->cap) {
		size_t cap = m->cap ? m->cap * 2 : 8;
		struct ask **v = realloc(m->ask, cap * sizeof *v);

		if (!v)
			return NULL;
		m->ask = v;
		m->cap = cap;
	}
	a = calloc(1, sizeof *a);
	if (!a)
		return NULL;
	m->ask[m->made++] = a;
	m->nask++;
	return a;
}

/* The slots of a leaf: of the run, else those baked in. */
static const struct slots_leaf *
leaf_of(struct mip *m, const struct mip_prompt *p)
{
	const struct slots_leaf *leaf = NULL;
	enum mip_status s;
	char why[240] = "";

	if (m->slots)
		leaf = slots_leaf(m->slots, p);
	if (leaf)
		return leaf;
	leaf = mip_env_leaf(m->env, p, &s, why, sizeof why);
	if (!leaf)
		mip_fail(m, s, "%s: %s", p->name,
		    why[0] ? why : mip_status_text(s));
	return leaf;
}

struct lm_call
mip_leaf_call(const struct slots_leaf *leaf, char name[MIP_SCHEMA_NAME])
{
	schema_word(name, leaf->prompt->name);
	return (struct lm_call){
		.model = leaf->prompt->model,
		.schema = leaf->format == MIP_JSON ? leaf->schema : NULL,
		.schema_name = name,
		.grammar = leaf->grammar,
		.leaf = leaf->prompt->name,
		.structure = leaf->structure,
		.temperature = leaf->temperature,
	};
}

/* Sends the call, the messages being there; false without memory. */
static bool
ask_send(struct mip *m, struct ask *a)
{
	struct lm_call *c = &a->call;
	const struct slots_leaf *leaf = a->leaf;

	a->sample = sample_key(m, a);
	if (!a->sample)
		return false;
	*c = mip_leaf_call(leaf, a->name);
	c->model = model_of(m, c->model);
	c->messages = buf_str(&a->messages);
	c->messages_len = a->messages.len;
	c->sample = a->sample;
	c->reasks = a->reasked > 0;
	c->at = m->at;
	c->hash_affinity = leaf->prefix_hash;
	c->group = &m->group;
	c->stream = m->listener != NULL;
	a->state = ASK_SENT;
	lm_start(mip_env_lm(m->env), c);
	return true;
}

static void
ask_render(struct mip *m, struct ask *a)
{
	struct prompt_more more = { a->demo, a->ndemo, a->retry,
	    a->hinted + a->reasked };
	unsigned found = a->trimmed < a->ndemo ? a->trimmed : a->ndemo;
	struct slots_leaf less;
	const struct slots_leaf *leaf = a->leaf;
	enum mip_status s;
	char why[240] = "";

	more.demo += found;             /* the nearest one is the last */
	more.ndemo -= found;
	if (a->trimmed > found) {
		less = *leaf;
		less.prefix = NULL;
		less.ndemo -= a->trimmed - found;
		leaf = &less;
	}
	buf_reset(&a->messages);
	s = prompt_messages(&a->messages, leaf, a->in, &more);
	if (s == MIP_OK)
		return;
	if (s != MIP_NOMEM)
		prompt_check(a->leaf, a->in, why, sizeof why);
	mip_fail(m, s, "%s: %s", a->prompt->name,
	    why[0] ? why : mip_status_text(s));
}

/* Of what is asked at first: whose messages begin with those of the leaf. */
static uint64_t
ask_hash(const struct ask *a)
{
	const struct slots_leaf *leaf = a->leaf;
	const char *name = a->prompt->name;
	uint64_t h = hash64_more(leaf->prefix_hash, name, strlen(name));

	return hash64_more(h, a->messages.s + leaf->prefix_len,
	    a->messages.len - leaf->prefix_len);
}

void
mip_ask_again(struct mip *m, const struct mip_prompt *p, const void *in,
    void *out, struct mip_retry *again)
{
	const struct json *demo = NULL;
	const struct slots_leaf *leaf;
	unsigned ndemo = 0;
	struct ask *a;
	struct buf text;

	memset(out, 0, p->out->size);
	if (m->status != MIP_OK || mip_stopped(m))
		return;
	leaf = leaf_of(m, p);
	if (!leaf || (p->cases && !cases_find(m, leaf, in, &demo, &ndemo)))
		return;
	a = ask_take(m);
	if (!a) {
		mip_oom(m);
		return;
	}
	text = a->messages;
	*a = (struct ask){ .prompt = p, .leaf = leaf, .in = in, .out = out,
		.demo = demo, .ndemo = ndemo, .messages = text };
	if (again) {
		a->again = again;
		a->hinted = again->n;
		a->retry = again->past;
	}
	schema_word(a->name, p->name);
	ask_render(m, a);
	if (m->status == MIP_OK) {
		a->occurrence = mip_occurrence(m, ask_hash(a));
	}
	mip_hear_new(m, a);
	if (m->status != MIP_OK || !ask_send(m, a))
		m->nask--;
}

void
mip_ask(struct mip *m, const struct mip_prompt *p, const void *in, void *out)
{
	mip_ask_again(m, p, in, out, NULL);
}

/* The reply that was not good enough is no example to learn from. */
static void
step_reject(struct mip *m, const struct mip_retry *r, const char *hint)
{
	struct mip_step *s;

	if (r->step == 0 || r->step > m->nstep)
		return;
	s = &m->step[r->step - 1];
	s->status = MIP_ASSERT;
	s->why = hint;
	s->reply = r->reply;
	s->out = NULL;
}

void
mip_hint(struct mip *m, struct mip_retry *r, const char *hint)
{
	struct prompt_retry *v;

	if (m->status != MIP_OK)
		return;
	v = mip_alloc(m, (size_t)r->n + 1, sizeof *v);
	hint = arena_strdup(&m->arena, hint);
	if (!v || !hint || !r->reply)
		return;
	if (r->n > 0)
		memcpy(v, r->past, r->n * sizeof *v);
	v[r->n].reply = r->reply;
	v[r->n].hint = hint;
	r->past = v;
	r->n++;
	m->repaired = true;
	step_reject(m, r, hint);
}

/* ---- waiting ---- */

static void
ask_count(struct mip *m, struct ask *a)
{
	const struct lm_call *c = &a->call;
	struct usage_call item = lm_call_usage(c);
	struct mip_usage u = { 0 };

	if (c->status == MIP_OK || c->status == MIP_REFUSAL) {
		u.calls = 1;
		u.cached = c->cached ? 1 : 0;
		u.reasked = a->reasked > 0 ? 1 : 0;
	}
	u.in = c->usage.in;
	u.out = c->usage.out;
	u.usd = c->cached ? 0 : c->usage.cost;
	u.nominal_usd = c->usage.cost;
	mip_usage_add(&a->usage, &u);
	mip_usage_add(&m->used, &u);
	mip_item_keep(m, &item);
}

static void
ask_fail(struct mip *m, struct ask *a, enum mip_status s, const char *why)
{
	memset(a->out, 0, a->prompt->out->size);
	a->state = ASK_FAILED;
	a->status = s;
	a->why = arena_strdup(&m->arena, why[0] ? why : mip_status_text(s));
}

static void
ask_refused(struct mip *m, struct ask *a, const char *why)
{
	const struct mip_prompt *p = a->prompt;

	if (!p->on_refusal) {
		ask_fail(m, a, MIP_REFUSAL, why);
		return;
	}
	a->refused = true;
	if (!type_copy(&m->arena, p->out, p->on_refusal, a->out)) {
		ask_fail(m, a, MIP_NOMEM, "");
		return;
	}
	a->state = ASK_READ;
	a->status = MIP_OK;
}

/* Whether a prompt that is too long may go without one more demonstration. */
static bool
ask_trim(struct ask *a)
{
	if (!a->prompt->trim_demos ||
	    a->trimmed >= a->leaf->ndemo + a->ndemo)
		return false;
	a->trimmed++;
	a->state = ASK_AGAIN;
	return true;
}

/* Keeps the bad reply and what was wrong with it for the next asking. */
static void
ask_again(struct mip *m, struct ask *a)
{
	size_t n = (size_t)a->hinted + a->reasked + 1;
	struct prompt_retry *v = mip_alloc(m, n, sizeof *v);
	const struct lm_call *c = &a->call;

	if (!v) {
		ask_fail(m, a, MIP_NOMEM, "");
		return;
	}
	if (n > 1)
		memcpy(v, a->retry, (n - 1) * sizeof *v);
	v[n - 1].reply = arena_strndup(&m->arena, c->text ? c->text : "",
	    c->text_len);
	v[n - 1].hint = arena_strdup(&m->arena, a->note.message);
	if (!v[n - 1].reply || !v[n - 1].hint) {
		ask_fail(m, a, MIP_NOMEM, "");
		return;
	}
	a->retry = v;
	a->reasked++;
	a->state = ASK_AGAIN;
}

struct reply_options
mip_reply_options(struct mip *m, const struct ask *a,
    enum reply_finish finish)
{
	return (struct reply_options){
		.format = a->leaf->format, .finish = finish,
		.parse = a->prompt->parse,
		.max_repair = a->prompt->max_repair,
		.holds = mip_check_holds, .holds_arg = m
	};
}

static void
ask_read(struct mip *m, struct ask *a)
{
	const struct mip_prompt *p = a->prompt;
	const struct lm_call *c = &a->call;
	struct reply_options o = mip_reply_options(m, a, c->finish);
	enum mip_status s = c->status;
	char why[320];

	ask_count(m, a);
	if (s == MIP_OK && c->refused) {
		lm_explain(c, MIP_REFUSAL, why);
		ask_refused(m, a, why);
		return;
	}
	if (s == MIP_REFUSAL) {
		ask_refused(m, a, c->message);
		return;
	}
	if (s == MIP_TRUNCATED && ask_trim(a))
		return;
	if (s != MIP_OK) {
		ask_fail(m, a, s, c->message);
		return;
	}
	a->note = (struct reply_note){ .error = REPLY_E_NONE };
	s = reply_read(&m->arena, p->out, &o, c->text ? c->text : "",
	    c->text_len, a->out, &a->note);
	if (s == MIP_FORMAT)
		lm_unshaped(mip_env_lm(m->env), c);
	/* The sentences of the note are meant for the model. */
	if (s != MIP_OK)
		lm_explain(c, s, why);
	if (s == MIP_OK) {
		a->state = ASK_READ;
		a->status = MIP_OK;
	} else if (s == MIP_REFUSAL) {
		ask_refused(m, a, why[0] ? why : a->note.message);
	} else if (s == MIP_FORMAT && (int64_t)a->reasked < p->reask) {
		ask_again(m, a);
	} else {
		ask_fail(m, a, s, why[0] ? why : a->note.message);
	}
}

/* Reads what has come; gives the index of the first ask that has failed for
 * good, and whether the world was to blame for one. */
static size_t
asks_read(struct mip *m, bool *world)
{
	size_t first = m->nask, i;

	*world = false;
	for (i = 0; i < m->nask; i++) {
		struct ask *a = m->ask[i];

		if (a->state == ASK_SENT) {
			ask_read(m, a);
			if (a->state == ASK_READ)
				mip_hear_read(m, a);
		}
		if (a->state != ASK_FAILED)
			continue;
		if (i < first)
			first = i;
		if (a->status >= MIP_INFRASTRUCTURE)
			*world = true;
	}
	return first;
}

/* Asks again, all together, for those that stand before the first failure:
 * those behind it cannot change how the run ends. */
static bool
asks_again(struct mip *m, size_t end)
{
	bool sent = false;
	size_t i;

	for (i = 0; i < end; i++) {
		struct ask *a = m->ask[i];

		if (a->state != ASK_AGAIN)
			continue;
		lm_call_release(&a->call);
		mip_hear_again(a);
		buf_reset(&a->text);
		a->call = (struct lm_call){ 0 };
		ask_render(m, a);
		if (m->status != MIP_OK || !ask_send(m, a))
			return sent;
		sent = true;
	}
	return sent;
}

/* NULL without memory. */
static const char *
ask_json(struct mip *m, const struct mip_type *t, const void *v)
{
	const char *s = mip_to_json(m, t, v);

	return s[0] ? s : NULL;
}

static void
step_keep(struct mip *m, const struct ask *a)
{
	const struct lm_call *c = &a->call;
	struct mip_step *v, *s;

	v = arena_grow(&m->arena, m->step, &m->step_cap, m->nstep + 1,
	    sizeof *v);
	if (!v)
		return;
	m->step = v;
	s = &v[m->nstep++];
	*s = (struct mip_step){
		.leaf = a->prompt->name, .status = a->status, .why = a->why,
		.flags = a->note.flags, .cost = a->note.cost,
		.reasked = a->reasked, .refused = a->refused,
		.check = a->note.check, .ncheck = a->note.ncheck,
		.usage = a->usage
	};
	s->in = ask_json(m, a->prompt->in, a->in);
	if (a->state == ASK_READ)
		s->out = ask_json(m, a->prompt->out, a->out);
	else if (c->text)
		s->reply = arena_strndup(&m->arena, c->text, c->text_len);
}

/* What a hint will refer to. */
static void
ask_keep(struct mip *m, const struct ask *a)
{
	const struct lm_call *c = &a->call;

	a->again->reply = arena_strndup(&m->arena, c->text ? c->text : "",
	    c->text ? c->text_len : 0);
	a->again->step = m->record ? m->nstep : 0;
}

static void
ask_fails_run(struct mip *m, const struct ask *a)
{
	mip_fail(m, a->status, "%s: %s", a->prompt->name,
	    a->why ? a->why : mip_status_text(a->status));
}

/* Ends the wait: records, and lets the first failure stick, all in the order
 * of asking and forking. */
static void
settle(struct mip *m, size_t first)
{
	size_t i, k;

	for (i = 0; i < m->nask; i++) {
		struct ask *a = m->ask[i];

		fork_settle(m, i);
		if (a->state == ASK_AGAIN)
			ask_fail(m, a, MIP_FORMAT, a->note.message);
		if (a->state == ASK_READ &&
		    (a->note.cost > 0 || a->reasked > 0 || a->refused ||
		    a->trimmed > 0))
			m->repaired = true;
		if (a->status < MIP_INFRASTRUCTURE) {
			m->used.asked++;
			m->used.clean += a->state == ASK_READ &&
			    a->note.cost == 0 && a->reasked == 0;
		}
		if (a->state == ASK_READ && a->trimmed > 0)
			mip_check_failed(m, &(struct trace_check){
			    .leaf = a->prompt->name,
			    .label = "demonstrations fit the context" });
		for (k = 0; k < a->note.ncheck; k++)
			mip_check_failed(m, &(struct trace_check){
			    .leaf = a->prompt->name,
			    .label = a->note.check[k] });
		if (m->record)
			step_keep(m, a);
		if (a->again)
			ask_keep(m, a);
		if (i == first)
			ask_fails_run(m, a);
	}
	fork_settle(m, SIZE_MAX);
}

enum mip_status
mip_wait(struct mip *m)
{
	size_t first;
	bool world;

	if (m->nask == 0 && !m->forked)
		return m->status;
	fork_begin(m);
	do {
		mip_hear(m);
		mip_stopped(m);
		first = asks_read(m, &world);
		fork_stop(m, first);
	} while (m->status == MIP_OK && !world && asks_again(m, first));
	/* What asks_again sent before memory ran out is still under way. */
	lm_wait(&m->group);
	fork_join(m);
	settle(m, first);
	asks_forget(m);
	if (m->began_ns != 0)
		m->ended_ns = lm_trace_now(mip_env_lm(m->env));
	return m->status;
}
