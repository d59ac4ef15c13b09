/* Rows and slots in, scores out, by way of the worker.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "tune/evaluate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json_put.h"
#include "tune/answer.h"
#include "tune/rng.h"
#include "tune/tuning.h"

enum { INFRA_MAX = 8 };                 /* failures of the world after which
                                         * a first try is given up */

/* ---- jobs ---- */

struct watch {
	struct tuning *u;
	const struct rows *rows;
	struct worker_job *job;
	const size_t *row;
	const size_t *map;              /* place in the whole; or NULL */
	size_t done, total;
	size_t infra;
	bool last;                      /* no further try */
	bool closed;                    /* no more runs are wanted */
	enum mip_status fatal;
	struct arena *a;
};

static void
why_of(struct watch *w, const struct worker_job *j, size_t at,
    enum mip_status s)
{
	struct tuning *u = w->u;
	const char *why = json_string(w->a, json_get(j->answer, "why"));

	if (s == MIP_USAGE && why && strncmp(why, "row", 3) == 0)
		snprintf(u->why, sizeof u->why, "row of line %zu: %s",
		    w->rows->row[w->row[at]].line, why ? why : "");
	else
		snprintf(u->why, sizeof u->why, "%s",
		    why ? why : mip_status_text(s));
}

static bool
on_done(void *arg, size_t i)
{
	struct watch *w = arg;
	const struct worker_job *j = &w->job[i];
	struct tuning *u = w->u;
	enum mip_status s = MIP_FAIL;
	struct answer_used used = { 0 };

	if (!j->crashed) {
		s = answer_class(j->answer);
		answer_used_add(j->answer, &used);
	}
	u->r->calls_paid += (uint64_t)(used.calls - used.cached);
	u->r->calls_cached += (uint64_t)used.cached;
	u->r->cost_paid += used.usd;
	/* Once runs are called off, the first failure stays the cause. */
	if (s >= MIP_INFRASTRUCTURE && w->closed)
		return false;
	if (s >= MIP_INFRASTRUCTURE) {
		why_of(w, j, w->map ? w->map[i] : i, s);
		if (s != MIP_INFRASTRUCTURE || w->last || u->probing)
			w->fatal = s;
		w->infra++;
		w->closed = w->fatal != MIP_OK || w->infra == INFRA_MAX;
		return !w->closed;
	}
	tuning_progress(u, ++w->done, w->total);
	return true;
}

/* What the world is to blame for is tried once more, after all else. */
static enum mip_status
try_again(struct watch *w, size_t n)
{
	struct tuning *u = w->u;
	struct worker_job *all = w->job, *job;
	enum mip_status s;
	size_t *map, k = 0, i;

	job = calloc(n, sizeof *job);
	map = calloc(n, sizeof *map);
	if (!job || !map) {
		free(job);
		free(map);
		return MIP_NOMEM;
	}
	for (i = 0; i < n; i++) {
		if (all[i].done && (all[i].crashed ||
		    answer_class(all[i].answer) < MIP_INFRASTRUCTURE))
			continue;
		map[k] = i;
		job[k++] = all[i];
	}
	tuning_warn(u, "%zu runs met a failure of the provider or the "
	    "network (%s); they are tried again", w->infra, u->why);
	w->job = job;
	w->map = map;
	w->last = true;
	w->closed = false;
	s = worker_client_run(u->w, w->a, job, k, on_done, w, u->why);
	for (i = 0; i < k; i++)
		all[map[i]] = job[i];
	w->job = all;
	free(job);
	free(map);
	return s == MIP_OK ? w->fatal : s;
}

/* In the order of the rows, so that sums do not depend on timing. */
static void
account(struct tuning *u, const struct worker_job *job, size_t n)
{
	struct answer_used used = { 0 };
	struct json judge;
	int64_t calls;
	size_t i;

	for (i = 0; i < n; i++) {
		u->r->runs += job[i].done;
		answer_used_add(job[i].answer, &used);
		answer_leaves(job[i].answer, &u->usage);
		judge = json_get(job[i].answer, "judge");
		if (json_int(json_get(judge, "calls"), &calls))
			u->judge_calls += (uint64_t)calls;
	}
	u->r->tokens_in += used.in;
	u->r->tokens_out += used.out;
	u->r->cost_nominal += used.nominal;
}

static void
warn_crashed(struct tuning *u, const struct rows *rows, const size_t *row,
    const struct worker_job *job, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (job[i].crashed && !job[i].known)
			tuning_warn(u, "the row of line %zu crashes the "
			    "program again and again, and scores as failed: "
			    "%s: %.300s", rows->row[row[i]].line,
			    job[i].death, rows->row[row[i]].json);
}

enum mip_status
evaluate_jobs(struct tuning *u, struct arena *a, const struct rows *rows,
    struct worker_job *job, const size_t *row, size_t n)
{
	struct watch w = { .u = u, .rows = rows, .job = job, .row = row,
	    .total = n, .fatal = MIP_OK, .a = a };
	enum mip_status s;

	s = worker_client_run(u->w, a, job, n, on_done, &w, u->why);
	if (s == MIP_OK)
		s = w.fatal;
	if (s == MIP_OK && w.infra > 0)
		s = try_again(&w, n);
	account(u, job, n);
	warn_crashed(u, rows, row, job, n);
	return s;
}

bool
evaluate_outcome(const struct tuning *u, const struct worker_job *j,
    struct outcome *out)
{
	*out = (struct outcome){ MIP_FAIL, false, u->on_fail };
	if (!j->done)
		return false;
	if (j->crashed)
		return true;
	out->status = answer_class(j->answer);
	out->repaired = json_string_is(json_get(j->answer, "class"),
	    "repaired");
	return out->status < MIP_INFRASTRUCTURE &&
	    json_double(json_get(json_get(j->answer, "scores"),
	    u->t->metric), &out->score);
}

/* ---- scores ---- */

void
evaluate_init(struct arena *a, struct scores *s, size_t n)
{
	size_t i;

	s->v = arena_array(a, n + 1, sizeof *s->v);
	s->outcome = arena_array(a, n + 1, sizeof *s->outcome);
	s->repaired = arena_array(a, n + 1, sizeof *s->repaired);
	s->used = arena_array(a, n + 1, sizeof *s->used);
	s->n = n;
	s->nknown = 0;
	for (i = 0; i < n; i++)
		s->v[i] = NAN;
}

static enum mip_status
keep_scores(struct tuning *u, const struct worker_job *job,
    const size_t *row, size_t n, struct scores *s)
{
	struct outcome o;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!evaluate_outcome(u, &job[i], &o)) {
			snprintf(u->why, sizeof u->why, "the worker gave no "
			    "score of %.100s", u->t->metric);
			return MIP_INFRASTRUCTURE;
		}
		s->v[row[i]] = o.score;
		s->outcome[row[i]] = (unsigned char)o.status;
		s->repaired[row[i]] = o.repaired;
		answer_used_program(job[i].answer, &s->used[row[i]]);
		s->nknown++;
	}
	return MIP_OK;
}

/* The answer that it would have given. */
static void
say_crashed(const struct tuning *u, const struct worker_job *j, struct buf *b)
{
	buf_puts(b, "{\"ok\":false,\"class\":\"fail\"");
	json_put_string(b, "why", j->death);
	json_put_raw(b, "scores", "{");
	json_put_double(b, u->t->metric, u->on_fail);
	buf_puts(b, "}}");
}

static void
give_answers(const struct tuning *u, const struct worker_job *job,
    const size_t *row, size_t n, void (*each)(void *, size_t, const char *),
    void *arg)
{
	struct buf b = BASE_BUF_INIT;
	size_t i;

	for (i = 0; i < n; i++) {
		buf_reset(&b);
		if (job[i].crashed)
			say_crashed(u, &job[i], &b);
		each(arg, row[i], job[i].crashed ? buf_str(&b) :
		    job[i].answer.s);
	}
	buf_release(&b);
}

enum mip_status
evaluate(struct tuning *u, const struct rows *rows, const char *slots,
    const size_t *pick, size_t n, struct scores *s,
    void (*each)(void *arg, size_t row, const char *answer), void *arg)
{
	struct arena scratch = { 0 };
	struct worker_job *job;
	enum mip_status status = MIP_OK;
	int64_t set = 0;
	size_t *row, k = 0, i;

	if (slots && strcmp(slots, "{}") != 0)
		status = worker_client_slots(u->w, slots, &set, u->why);
	if (status != MIP_OK)
		return status;
	base_arena_init(&scratch);
	job = arena_array(&scratch, n, sizeof *job);
	row = arena_array(&scratch, n, sizeof *row);
	for (i = 0; i < n; i++) {
		const struct row *r = &rows->row[pick[i]];

		if (!isnan(s->v[pick[i]]))
			continue;
		row[k] = pick[i];
		job[k++] = (struct worker_job){ .slots = set, .row = r->json,
		    .row_len = r->len, .metric = u->t->metric };
	}
	status = evaluate_jobs(u, &scratch, rows, job, row, k);
	if (status == MIP_OK)
		status = keep_scores(u, job, row, k, s);
	if (status == MIP_OK && each)
		give_answers(u, job, row, k, each, arg);
	arena_release(&scratch);
	return status;
}

double
evaluate_mean(const struct tuning *u, const struct scores *s,
    const size_t *pick, size_t n)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sum += tuning_gain(u, s->v[pick[i]]);
	return n > 0 ? sum / (double)n : 0;
}

void
evaluate_summary(const struct tuning *u, const struct scores *s,
    const size_t *pick, size_t n, struct tune_score *out)
{
	double *v = arena_array(u->a, n + 1, sizeof *v);
	size_t i;

	memset(out, 0, sizeof *out);
	out->row = v;
	for (i = 0; i < n; i++) {
		v[i] = s->v[pick[i]];
		out->by_class[s->outcome[pick[i]]]++;
		out->repaired += s->repaired[pick[i]];
		out->asked += s->used[pick[i]].asked;
		out->clean += s->used[pick[i]].clean;
	}
	if (!stats_interval(v, n, 0.95, rng_child(u->t->seed, "interval", 0),
	    &out->interval))
		BUG("out of memory");
}

/* ---- the worker ---- */

static enum mip_status
learn_metric(struct tuning *u)
{
	struct json list = json_get(worker_client_hello(u->w), "metrics"), v;
	struct json_walk w = json_walk(list);

	while (json_next(&w, NULL, &v)) {
		if (!json_string_is(json_get(v, "name"), u->t->metric))
			continue;
		json_bool(json_get(v, "minimize"), &u->minimize);
		json_double(json_get(v, "on_fail"), &u->on_fail);
		return MIP_OK;
	}
	snprintf(u->why, sizeof u->why, "the program has no metric %.100s",
	    u->t->metric);
	return MIP_USAGE;
}

struct argv {
	const char **v;
	unsigned n;
};

static void
argv_add(struct argv *v, const char *flag, const char *value)
{
	v->v[v->n++] = flag;
	if (value)
		v->v[v->n++] = value;
}

static const char *
number(struct arena *a, double v)
{
	struct buf b = BASE_BUF_INIT;
	const char *s;

	buf_double(&b, v);
	s = arena_strdup(a, buf_str(&b));
	buf_release(&b);
	return s;
}

unsigned
evaluate_options(struct arena *a, const struct tune_task *t,
    const char **argv)
{
	struct argv v = { argv, 0 };
	size_t i;

	if (t->cache_dir)
		argv_add(&v, "--cache-dir", t->cache_dir);
	if (t->no_cache)
		argv_add(&v, "--no-cache", NULL);
	if (t->refresh)
		argv_add(&v, "--refresh", NULL);
	if (t->offline)
		argv_add(&v, "--offline", NULL);
	if (t->base_url)
		argv_add(&v, "--base-url", t->base_url);
	if (t->trace != NULL)
		argv_add(&v, "--trace", t->trace);
	if (t->record != NULL)
		argv_add(&v, "--record", t->record);
	if (t->replay != NULL)
		argv_add(&v, "--replay", t->replay);
	if (t->max_cost >= 0)
		argv_add(&v, "--max-cost", number(a, t->max_cost));
	if (t->max_calls > 0)
		argv_add(&v, "--max-calls", arena_printf(a, "%lld",
		    (long long)t->max_calls));
	if (t->max_tokens > 0)
		argv_add(&v, "--max-tokens", arena_printf(a, "%lld",
		    (long long)t->max_tokens));
	for (i = 0; t->model_override && t->model_override[i]; i++)
		argv_add(&v, "--model", t->model_override[i]);
	return v.n;
}

const char *const *
evaluate_argv(struct arena *a, const struct tune_task *t, bool study)
{
	struct argv v = { NULL, 0 };
	size_t n = 0, m = 0, i;

	while (t->worker[n])
		n++;
	while (t->model_override && t->model_override[m])
		m++;
	v.v = arena_array(a, n + 2 * m + EVALUATE_OPTIONS + 8, sizeof *v.v);
	for (i = 0; i < n; i++)
		argv_add(&v, t->worker[i], NULL);
	argv_add(&v, "--worker", NULL);
	argv_add(&v, "-j", arena_printf(a, "%u", t->jobs ? t->jobs : 1));
	if (study) {
		argv_add(&v, "--journal", t->study_path);
		argv_add(&v, "--ledger", t->study_path);
	}
	evaluate_options(a, t, v.v + v.n);
	return v.v;
}

enum mip_status
evaluate_start(struct tuning *u)
{
	struct worker_client_options *o = arena_alloc(u->a, sizeof *o);
	enum mip_status s;

	/* Rows that wait in the worker keep its threads busy. */
	*o = (struct worker_client_options){ .argv = evaluate_argv(u->a, u->t,
	    u->study != NULL),
	    .hash = u->t->mod->hash,
	    .window = 2 * (u->t->jobs ? u->t->jobs : 1),
	    .stop = u->t->stop, .deadline_s = u->deadline };
	s = worker_client_new(o, &u->w, u->why);
	if (s == MIP_OK)
		worker_client_place(u->w, u->t->traceparent);
	return s == MIP_OK ? learn_metric(u) : s;
}
