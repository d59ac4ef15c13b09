/* Contexts: what a run has, and how it ends.
 *
 * SPDX-License-Identifier: MIT */
#include "run/mip_in.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/regex.h"
#include "run/fork.h"

/* A run may not eat the machine. */
#define RUN_MAX ((size_t)1 << 30)

/* ---- contexts ---- */

void
mip_oom(void *arg)
{
	mip_fail(arg, MIP_NOMEM, "%s", mip_status_text(MIP_NOMEM));
}

struct mip *
mip_new(struct mip_env *env)
{
	struct mip *m = env && mip_env_lm(env) ? calloc(1, sizeof *m) : NULL;

	if (!m)
		return NULL;
	if (!lm_group_init(&m->group))
		goto no_group;
	if (!lm_group_init(&m->forks))
		goto no_forks;
	m->env = env;
	m->path = "";
	fork_forget(m);
	m->arena.max = RUN_MAX;
	m->arena.oom = mip_oom;
	m->arena.oom_arg = m;
	atomic_init(&m->stop, false);
	return m;
no_forks:
	lm_group_release(&m->group);
no_group:
	free(m);
	return NULL;
}

void
mip_free(struct mip *m)
{
	size_t i;

	if (!m)
		return;
	mip_ask_drain(m);
	mip_end(m, NULL);
	for (i = 0; i < m->made; i++) {
		buf_release(&m->ask[i]->messages);
		mip_hear_release(m->ask[i]);
		free(m->ask[i]);
	}
	free(m->ask);
	slots_drop(m->slots);
	lm_group_release(&m->forks);
	lm_group_release(&m->group);
	regex_cache_free(m->patterns);
	arena_release(&m->arena);
	free(m);
}

void
mip_end(struct mip *m, const char *name)
{
	struct trace_run r = { .at = m->at, .start_ns = m->began_ns,
		.name = name ? name : m->name, .status = m->status,
		.message = m->message };

	if (m->began_ns == 0)
		return;
	if (!name && m->ended_ns == 0) {        /* nothing was run */
		m->began_ns = 0;
		return;
	}
	r.end_ns = name ? lm_trace_now(mip_env_lm(m->env)) : m->ended_ns;
	lm_trace_run(mip_env_lm(m->env), &r);
	m->began_ns = m->ended_ns = 0;
}

void
mip_traceparent(const struct mip *m, char out[MIP_TRACEPARENT])
{
	out[0] = '\0';
	if (m->began_ns != 0)
		trace_parent(&m->at, m->at.span, out);
}

void
mip_set_place(struct mip *m, const char *traceparent)
{
	m->above = (struct trace_at){ .sampled = false };
	m->placed = trace_parent_read(traceparent, &m->above);
}

void
mip_place(struct mip *m, struct trace_at *at, char out[MIP_TRACEPARENT])
{
	out[0] = '\0';
	if (m->began_ns == 0)
		return;
	lm_trace_below(mip_env_lm(m->env), &m->at, at);
	trace_parent(at, at->span, out);
}

void
mip_traced(struct mip *m, const struct trace_at *at, const char *name,
    double score, int64_t *since_ns)
{
	struct trace_run r = { .at = *at, .name = name,
		.start_ns = *since_ns ? *since_ns : m->began_ns,
		.scored = !isnan(score), .score = score };

	if (m->began_ns == 0)
		return;
	r.end_ns = *since_ns = lm_trace_now(mip_env_lm(m->env));
	lm_trace_run(mip_env_lm(m->env), &r);
}

void
mip_begin(struct mip *m)
{
	mip_end(m, NULL);
	mip_clear(m);
	m->name = NULL;
	if (!mip_env_here(m->env)) {
		mip_fail(m, MIP_USAGE, "the environment was made before "
		    "fork(2), in another process; make one in this");
		return;
	}
	m->began_ns = lm_trace_begin(mip_env_lm(m->env),
	    m->placed ? &m->above : NULL, &m->at);
}

enum mip_status
mip_enter(struct mip *m, const struct mip_program *p)
{
	mip_begin(m);
	if (p->abi != MIP_ABI)
		return mip_fail(m, MIP_USAGE, "the program was made for "
		    "runtime %u, this is %d; compile it again", p->abi,
		    MIP_ABI);
	m->name = p->name;
	return m->status;
}

void
mip_clear(struct mip *m)
{
	mip_ask_drain(m);
	arena_reset(&m->arena);
	m->arena.failed = false;
	m->status = MIP_OK;
	m->message[0] = '\0';
	m->seen = NULL;
	m->nseen = m->seen_cap = 0;
	m->step = NULL;
	m->nstep = m->step_cap = 0;
	m->claim = m->told = NULL;
	m->nclaim = m->claim_cap = 0;
	m->unmet = false;
	m->caught = NULL;
	m->repaired = false;
	m->checked = NULL;
	m->nchecked = m->checked_cap = 0;
	m->credit = NULL;
	m->ncredit = m->credit_cap = 0;
	m->item = NULL;
	m->nitem = m->item_cap = 0;
	m->used = (struct mip_usage){ 0 };
	m->judged = false;
}

enum mip_status
mip_status(const struct mip *m)
{
	return m->status;
}

const char *
mip_message(const struct mip *m)
{
	return m->message;
}

/* A message that was cut may not end inside a character. */
static void
trim_utf8(char *s)
{
	size_t n = strlen(s), tail = 0, want;
	unsigned char c;

	while (tail < n && tail < 4 && (s[n - 1 - tail] & 0xc0) == 0x80)
		tail++;
	if (tail == n)
		return;
	c = (unsigned char)s[n - 1 - tail];
	want = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;
	if (tail < want)
		s[n - 1 - tail] = '\0';
}

enum mip_status
mip_fail(struct mip *m, enum mip_status s, const char *fmt, ...)
{
	va_list ap;

	if (m->status != MIP_OK)
		return m->status;
	m->status = s;
	va_start(ap, fmt);
	vsnprintf(m->message, sizeof m->message, fmt, ap);
	va_end(ap);
	trim_utf8(m->message);
	return s;
}

bool
mip_caught(struct mip *m)
{
	if (m->status == MIP_OK || m->status >= MIP_INFRASTRUCTURE ||
	    m->unmet)
		return false;
	mip_ask_drain(m);
	m->caught = arena_printf(&m->arena, "%s: %s",
	    mip_status_word(m->status), m->message);
	m->status = MIP_OK;
	m->message[0] = '\0';
	return true;
}

const char *
mip_failure(const struct mip *m)
{
	return m->caught ? m->caught : "";
}

enum mip_status
mip_fail_again(struct mip *m, const char *failure)
{
	const char *text = strstr(failure, ": ");
	enum mip_status s;

	for (s = MIP_FORMAT; text && s < MIP_INFRASTRUCTURE; s++)
		if (strlen(mip_status_word(s)) == (size_t)(text - failure) &&
		    strncmp(failure, mip_status_word(s),
		    (size_t)(text - failure)) == 0)
			return mip_fail(m, s, "%s", text + 2);
	return mip_fail(m, MIP_FAIL, "%s", failure);
}

void *
mip_alloc(struct mip *m, size_t n, size_t size)
{
	return arena_array(&m->arena, n, size);
}

struct arena *
mip_arena(struct mip *m)
{
	return &m->arena;
}

void
mip_set_slots(struct mip *m, struct slots *s)
{
	if (s)
		s = slots_hold(s);
	slots_drop(m->slots);
	m->slots = s;
}

void
mip_set_sample(struct mip *m, uint64_t n)
{
	m->sample = n;
}

void
mip_set_models(struct mip *m, const struct mip_override *v, size_t n)
{
	m->model = v;
	m->nmodel = n;
}

void
mip_set_row(struct mip *m, struct json row)
{
	m->row = row;
}

void
mip_record(struct mip *m, bool on)
{
	m->record = on;
}

const struct mip_step *
mip_steps(const struct mip *m, size_t *n)
{
	*n = m->nstep;
	return m->step;
}

void
mip_itemize(struct mip *m, bool on)
{
	m->itemize = on;
}

const struct usage_call *
mip_items(const struct mip *m, size_t *n)
{
	*n = m->nitem;
	return m->item;
}

void
mip_item_keep(struct mip *m, const struct usage_call *c)
{
	struct usage_call *v;

	if (!m->itemize)
		return;
	v = arena_grow(&m->arena, m->item, &m->item_cap, m->nitem + 1,
	    sizeof *v);
	if (!v)
		return;
	m->item = v;
	v[m->nitem++] = *c;
}

void
mip_usage_add(struct mip_usage *to, const struct mip_usage *u)
{
	to->calls += u->calls;
	to->cached += u->cached;
	to->reasked += u->reasked;
	to->asked += u->asked;
	to->clean += u->clean;
	to->in += u->in;
	to->out += u->out;
	to->usd += u->usd;
	to->nominal_usd += u->nominal_usd;
}

/* ---- judging ---- */

void
mip_judge(struct mip *m)
{
	m->record = false;
	m->ran = m->used;
	m->judged = true;
}

void
mip_credit(struct mip *m, const char *leaf, double value, const char *why)
{
	struct mip_credit *v;

	if (!isfinite(value)) {
		mip_fail(m, MIP_FAIL, "credit of %s is no number", leaf);
		return;
	}
	v = arena_grow(&m->arena, m->credit, &m->credit_cap, m->ncredit + 1,
	    sizeof *v);
	if (!v)
		return;
	m->credit = v;
	v[m->ncredit++] = (struct mip_credit){ leaf, value, why };
}

const struct mip_credit *
mip_credits(const struct mip *m, size_t *n)
{
	*n = m->ncredit;
	return m->credit;
}

double
mip_format_rate(struct mip *m)
{
	const struct mip_usage *u = m->judged ? &m->ran : &m->used;

	return u->asked > 0 ? (double)u->clean / (double)u->asked : 1;
}

struct mip_usage
mip_used(const struct mip *m)
{
	return m->used;
}

bool
mip_repaired(const struct mip *m)
{
	return m->repaired;
}

void
mip_stop(struct mip *m, bool stop)
{
	atomic_store(&m->stop, stop);
}

/* ---- parameters ---- */

static const void *
param_value(const struct mip *m, const struct mip_param *p)
{
	const void *v = NULL;

	if (m->slots)
		v = slots_param(m->slots, p);
	return v ? v : p->value;
}

int64_t
mip_param_int(struct mip *m, const struct mip_param *p)
{
	return *(const int64_t *)param_value(m, p);
}

double
mip_param_float(struct mip *m, const struct mip_param *p)
{
	return *(const double *)param_value(m, p);
}

bool
mip_param_bool(struct mip *m, const struct mip_param *p)
{
	return *(const bool *)param_value(m, p);
}

const char *
mip_param_string(struct mip *m, const struct mip_param *p)
{
	return *(const char *const *)param_value(m, p);
}
