/* Instruction proposals: the proposer's programs, called side by side.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "tune/propose.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "describe_data.h"
#include "describe_program.h"
#include "instruct.h"
#include "prompt/slots.h"
#include "run/mip.h"
#include "tune/critique.h"
#include "tune/rng.h"

enum {
	ROWS = 10,                      /* shown in one call */
	EXAMPLES = 3,                   /* demonstrations in one call */
	SOURCE_MAX = 16000,             /* bytes */
	DESCRIBE_CALLS = 4,             /* of the data three, of the program
	                                 * one */
	TOKENS_MIN = 1024,              /* an instruction needs room */
	TICK_MS = 100
};

static const char *const tips[] = {
	"none",
	"Be creative.",
	"Keep it short and clear.",
	"Say in detail what to look at and how to decide.",
	"Describe a situation in which much depends on a right answer.",
	"Tell the model who it is: an expert who knows this task well.",
};

/* ---- calls, side by side ---- */

struct call {
	enum mip_status (*run)(struct mip *m, struct call *c);
	union {
		struct DescribeData_in data;
		struct DescribeProgram_in program;
		struct Instruct_in instruct;
	} in;
	struct slots *slots;            /* or NULL; borrowed */
	uint64_t sample;
	enum mip_status status;
	const char *reply;              /* in the arena of the study */
	struct mip_usage used;
	char why[320];
};

struct crew {
	struct tuning *u;
	struct mip_env *env;
	struct mip_override model;
	struct call *call;
	size_t n, next, done;
	pthread_mutex_t lock;           /* of next, done, and of the arena */
	pthread_cond_t more;
};

static enum mip_status
run_data(struct mip *m, struct call *c)
{
	struct DescribeData_out out = { NULL };
	enum mip_status s = DescribeData(m, &c->in.data, &out);

	c->reply = out.summary;
	return s;
}

static enum mip_status
run_program(struct mip *m, struct call *c)
{
	struct DescribeProgram_out out = { NULL };
	enum mip_status s = DescribeProgram(m, &c->in.program, &out);

	c->reply = out.description;
	return s;
}

static enum mip_status
run_instruct(struct mip *m, struct call *c)
{
	struct Instruct_out out = { NULL };
	enum mip_status s = Instruct(m, &c->in.instruct, &out);

	c->reply = out.instruction;
	return s;
}

static void
call_make(struct crew *w, struct mip *m, struct call *c)
{
	mip_set_models(m, &w->model, 1);
	mip_set_slots(m, c->slots);
	mip_set_sample(m, c->sample);
	c->status = c->run(m, c);
	c->used = mip_used(m);
	snprintf(c->why, sizeof c->why, "%s", mip_message(m));
}

static void *
crew_main(void *arg)
{
	struct crew *w = arg;
	struct mip *m = mip_new(w->env);
	struct call *c;

	pthread_mutex_lock(&w->lock);
	while (w->next < w->n) {
		c = &w->call[w->next++];
		pthread_mutex_unlock(&w->lock);
		c->status = MIP_NOMEM;
		if (m)
			call_make(w, m, c);
		pthread_mutex_lock(&w->lock);
		if (c->status == MIP_OK)
			c->reply = arena_strdup(w->u->a, c->reply);
		w->done++;
		tuning_progress(w->u, w->done, w->n);
		pthread_cond_signal(&w->more);
	}
	pthread_mutex_unlock(&w->lock);
	mip_free(m);
	return NULL;
}

/* Looks at the clock and at the stop flag while the others work. */
static enum mip_status
crew_watch(struct crew *w)
{
	struct tuning *u = w->u;
	enum mip_status s = MIP_OK;

	pthread_mutex_lock(&w->lock);
	while (w->done < w->n) {
		if (s == MIP_OK && u->t->stop && *u->t->stop)
			s = MIP_CANCELLED;
		if (s == MIP_OK && u->deadline > 0 &&
		    clock_now() >= u->deadline)
			s = MIP_BUDGET;
		if (s != MIP_OK)
			mip_env_cancel(w->env);
		clock_wait(&w->more, &w->lock, clock_now() + TICK_MS / 1e3);
	}
	pthread_mutex_unlock(&w->lock);
	if (s == MIP_BUDGET)
		snprintf(u->why, sizeof u->why, "the time is over");
	return s;
}

static void
account(struct tuning *u, const struct call *c)
{
	u->r->calls_paid += (uint64_t)(c->used.calls - c->used.cached);
	u->r->calls_cached += (uint64_t)c->used.cached;
	u->r->tokens_in += c->used.in;
	u->r->tokens_out += c->used.out;
	u->r->cost_paid += c->used.usd;
	u->r->cost_nominal += c->used.nominal_usd;
}

/* Makes all calls.  A status that is the world's ends the study. */
static enum mip_status
crew_run(struct crew *w, struct call *call, size_t n)
{
	struct tuning *u = w->u;
	size_t want = u->t->jobs ? u->t->jobs : 1, have = 0, i;
	pthread_t *thread = calloc(n + 1, sizeof *thread);
	enum mip_status s = MIP_OK;

	w->call = call;
	w->n = n;
	w->next = w->done = 0;
	if (want > n)
		want = n;
	while (thread && have < want && pthread_create(&thread[have], NULL,
	    crew_main, w) == 0)
		have++;
	if (have > 0)
		s = crew_watch(w);
	else if (n > 0)
		s = MIP_NOMEM;
	for (i = 0; i < have; i++)
		pthread_join(thread[i], NULL);
	free(thread);
	for (i = 0; i < n; i++) {
		account(u, &call[i]);
		if (s != MIP_OK || call[i].status < MIP_INFRASTRUCTURE)
			continue;
		s = call[i].status;
		snprintf(u->why, sizeof u->why, "%s", call[i].why);
	}
	return s;
}

/* ---- the model ---- */

static const struct mip_model *
task_model(const struct tune_task *t)
{
	const struct prompt *p;

	if (t->prompt_model)
		return t->prompt_model;
	for (p = t->mod->prompt; p; p = p->next)
		if (!p->eval_only)
			return p->model;
	return NULL;
}

/* The task's model, with room for an instruction. */
static const struct mip_model *
proposer_model(struct tuning *u)
{
	const struct mip_model *from = task_model(u->t);
	struct mip_model *m;

	if (!from)
		return NULL;
	m = arena_alloc(u->a, sizeof *m);
	*m = *from;
	m->stop = NULL;
	if (m->max_tokens > 0 && m->max_tokens < TOKENS_MIN)
		m->max_tokens = TOKENS_MIN;
	return m;
}

static enum mip_status
crew_open(struct crew *w)
{
	struct tuning *u = w->u;
	const struct tune_task *t = u->t;
	struct mip_options o = { .cache_dir = t->cache_dir,
	    .no_cache = t->no_cache, .refresh = t->refresh,
	    .offline = t->offline, .base_url = t->base_url,
	    .model = t->model_override,
	    .max_cost = t->max_cost > 0 ? t->max_cost : 0,
	    .max_calls = t->max_calls, .max_tokens = t->max_tokens,
	    .ledger = t->study_path, .journal = t->study_path,
	    .trace = t->trace, .record = t->record, .replay = t->replay,
	    .seed = t->seed };
	enum mip_status s = mip_env_new(&o, &w->env);

	if (s != MIP_OK)
		snprintf(u->why, sizeof u->why, "%s",
		    mip_env_message(w->env));
	return s;
}

/* ---- what it is shown ---- */

static const char *
source_of(struct tuning *u)
{
	const char *s = u->t->source_text ? u->t->source_text : "";
	size_t n = strlen(s);

	if (n <= SOURCE_MAX)
		return s;
	n = SOURCE_MAX;
	while (n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80)
		n--;
	return arena_strndup(u->a, s, n);
}

/* Two lots of train rows at random. */
static void
show_rows(struct tuning *u, struct DescribeData_in *in)
{
	const struct rows *rows = u->t->train.n > 0 ? &u->t->train :
	    &u->t->dev;
	size_t n = rows->n < 2 * ROWS ? rows->n : 2 * ROWS;
	size_t half = n - n / 2, pick[2 * ROWS];
	struct rng *r = rng_new(rng_child(u->t->seed, "describe", 0));

	if (!r)
		BUG("out of memory");
	rng_sample(r, n, rows->n, pick);
	rng_free(r);
	in->first = propose_rows(u->a, rows, pick, half);
	in->second = n / 2 > 0 ? propose_rows(u->a, rows, pick + half,
	    n / 2) : "none";
}

/* Says what it sees once for all proposals. */
static enum mip_status
describe(struct crew *w, const char **data, const char **program)
{
	struct tuning *u = w->u;
	struct call c[2] = { { .run = run_data }, { .run = run_program } };
	enum mip_status s;

	show_rows(u, &c[0].in.data);
	c[1].in.program.source = source_of(u);
	s = crew_run(w, c, 2);
	if (s != MIP_OK)
		return s;
	*data = c[0].status == MIP_OK ? c[0].reply : "unknown";
	*program = c[1].status == MIP_OK ? c[1].reply : "unknown";
	if (c[0].status != MIP_OK)
		tuning_warn(u, "the proposer could not describe the data: %s",
		    c[0].why);
	if (c[1].status != MIP_OK)
		tuning_warn(u, "the proposer could not describe the program: "
		    "%s", c[1].why);
	return MIP_OK;
}

static const char *
tip_for(struct tuning *u, size_t leaf, size_t i)
{
	struct rng *r;
	uint64_t k;

	if (!u->plan.tips)
		return tips[0];
	r = rng_new(rng_child(u->t->seed, u->leaf[leaf].prompt->name, i));
	if (!r)
		BUG("out of memory");
	k = rng_below(r, COUNTOF(tips));
	rng_free(r);
	return tips[k];
}

/* ---- proposals ---- */

static void
prepare(struct tuning *u, struct call *c, size_t leaf, size_t i,
    const char *data, const char *program)
{
	const struct leaf *l = &u->leaf[leaf];
	const struct prompt *p = l->prompt;
	const char *demos = l->demo && l->ndemo > 0 ?
	    l->demo[i % l->ndemo] : NULL;

	c->run = run_instruct;
	c->sample = i;
	c->in.instruct.data = data;
	c->in.instruct.program_description = program;
	c->in.instruct.module_fields = propose_signature(u->a, p);
	c->in.instruct.examples = propose_examples(u->a, demos, EXAMPLES);
	c->in.instruct.faults = critique_text(u, l, i - 1, u->threshold);
	c->in.instruct.current = p->text[0] ? p->text : "none";
	c->in.instruct.tip = tip_for(u, leaf, i);
}

static const char *
as_json(struct arena *a, const char *text)
{
	struct buf b = BASE_BUF_INIT;
	const char *s;

	buf_json(&b, text, strlen(text));
	s = arena_strndup(a, buf_str(&b), b.len);
	buf_release(&b);
	return s;
}

static bool
is_new(const struct leaf *l, const char *text, const char *json)
{
	size_t i;

	if (strcmp(text, l->prompt->text) == 0)
		return false;
	for (i = 1; i < l->ninstruction; i++)
		if (strcmp(l->instruction[i], json) == 0)
			return false;
	return true;
}

static void
collect(struct tuning *u, struct leaf *l, const struct call *c, size_t n)
{
	const char *text, *json;
	size_t failed = 0, unfit = 0, i;

	l->instruction = arena_array(u->a, n + 1, sizeof *l->instruction);
	l->ninstruction = 1;
	for (i = 0; i < n; i++) {
		failed += c[i].status != MIP_OK;
		if (c[i].status != MIP_OK)
			continue;
		text = propose_clean(u->a, c[i].reply);
		unfit += !text;
		json = text ? as_json(u->a, text) : NULL;
		if (json && is_new(l, text, json))
			l->instruction[l->ninstruction++] = json;
	}
	if (failed + unfit > 0)
		tuning_warn(u, "%s: of %zu proposals %zu failed and %zu were "
		    "unfit", l->prompt->name, n, failed, unfit);
	else if (l->ninstruction == 1)
		tuning_warn(u, "%s: the proposer had no new instruction",
		    l->prompt->name);
}

/* Proposals at their own temperature. */
static enum mip_status
temperature_slots(struct tuning *u, struct slots **out)
{
	struct buf b = BASE_BUF_INIT;
	struct json v;
	enum mip_status s = MIP_NOMEM;

	buf_puts(&b, "{\"write.temperature\":");
	buf_double(&b, u->plan.temperature);
	buf_putc(&b, '}');
	if (json_parse(buf_str(&b), b.len, &v, NULL, NULL))
		s = slots_new(&Instruct_program, v, out, u->why,
		    sizeof u->why);
	buf_release(&b);
	return s;
}

static enum mip_status
propose_all(struct crew *w, const char *data, const char *program,
    struct slots *slots)
{
	struct tuning *u = w->u;
	size_t each = u->plan.instructions - 1, n = 0, at = 0, i, k;
	struct call *c;
	enum mip_status s;

	for (i = 0; i < u->nleaf; i++)
		n += u->leaf[i].tunes[SLOT_INSTRUCTION];
	c = arena_array(u->a, n * each, sizeof *c);
	for (i = 0; i < u->nleaf; i++) {
		if (!u->leaf[i].tunes[SLOT_INSTRUCTION])
			continue;
		for (k = 1; k <= each; k++) {
			c[at].slots = slots;
			prepare(u, &c[at++], i, k, data, program);
		}
	}
	s = crew_run(w, c, at);
	for (i = 0, at = 0; s == MIP_OK && i < u->nleaf; i++) {
		if (!u->leaf[i].tunes[SLOT_INSTRUCTION])
			continue;
		collect(u, &u->leaf[i], c + at, each);
		at += each;
	}
	return s;
}

enum mip_status
propose_make(struct tuning *u)
{
	struct crew w = { .u = u, .lock = PTHREAD_MUTEX_INITIALIZER };
	const char *data = "", *program = "";
	struct slots *slots = NULL;
	enum mip_status s;
	bool any = false;
	size_t i;

	for (i = 0; i < u->nleaf; i++)
		any = any || u->leaf[i].tunes[SLOT_INSTRUCTION];
	w.model = (struct mip_override){ "proposer", proposer_model(u) };
	if (!any || !w.model.model)
		return MIP_OK;
	if (!clock_cond(&w.more))
		return MIP_NOMEM;
	tuning_phase(u, "proposals");
	s = crew_open(&w);
	if (s == MIP_OK)
		s = temperature_slots(u, &slots);
	if (s == MIP_OK)
		s = describe(&w, &data, &program);
	if (s == MIP_OK)
		s = propose_all(&w, data, program, slots);
	if (w.env && mip_env_lm(w.env))
		lm_usage_join(mip_env_lm(w.env), &u->usage, "(proposer)");
	mip_env_free(w.env);
	slots_drop(slots);
	pthread_cond_destroy(&w.more);
	pthread_mutex_destroy(&w.lock);
	return s;
}

uint64_t
propose_calls(const struct tune_task *t, const struct plan *p)
{
	enum { ASKS = 2 };              /* one re-ask, as the language has it */
	const struct prompt *l;
	uint64_t n = 0;

	for (l = t->mod->prompt; l; l = l->next)
		if (strategy_tunes(t, p, l, SLOT_INSTRUCTION))
			n += p->instructions - 1;
	return n > 0 ? (n + DESCRIBE_CALLS) * ASKS : 0;
}
