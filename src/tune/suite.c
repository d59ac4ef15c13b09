/* The tests of a program, run by its worker.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "tune/suite.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "tune/evaluate.h"
#include "tune/worker_client.h"

enum { INFRA_MAX = 8 };                 /* failures of the world after which
                                         * a try is given up */

unsigned
suite_need(unsigned repeat, double pass)
{
	/* 80% of 5 is 4, though 0.8 * 5 may be a little more. */
	double n = ceil(pass * repeat - 1e-9 * repeat);

	return n < 1 ? 1 : n > repeat ? repeat : (unsigned)n;
}

/* A suite under way. */
struct running {
	struct suite *s;
	struct arena *a;
	struct worker_job *job;         /* all repetitions, test by test */
	size_t njob, over;
	bool *settled;                  /* by job */
	size_t *first;                  /* by test: its first job */
	size_t told;                    /* tests */
	struct usage usage;
	/* of the try under way */
	struct worker_job *batch;
	const size_t *map;              /* place in `job`; or NULL */
	unsigned infra;
	bool closed;                    /* no more runs are wanted */
	enum mip_status stopped;        /* why no more are wanted; or OK */
	char *why;
};

/* ---- what came of a test ---- */

static struct suite_claim *
claim_of(struct arena *a, struct suite_test *t, struct json v)
{
	const char *text = json_string(a, json_get(v, "text"));
	int64_t line = 0;
	size_t i;

	json_int(json_get(v, "line"), &line);
	text = text != NULL ? text : "";
	for (i = 0; i < t->nclaim; i++)
		if (t->claim[i].line == (unsigned)line &&
		    strcmp(t->claim[i].text, text) == 0)
			return &t->claim[i];
	t->claim = arena_grow(a, t->claim, &t->claim_cap, t->nclaim + 1,
	    sizeof *t->claim);
	t->claim[t->nclaim] = (struct suite_claim){ .text = text,
	    .line = (unsigned)line };
	json_bool(json_get(v, "must"), &t->claim[t->nclaim].must);
	return &t->claim[t->nclaim++];
}

static void
add_claim(struct arena *a, struct suite_test *t, struct json v,
    unsigned sample)
{
	struct suite_claim *c = claim_of(a, t, v);
	int64_t met = 0, unmet = 0;

	json_int(json_get(v, "met"), &met);
	json_int(json_get(v, "unmet"), &unmet);
	if (c->unmet == 0 && unmet > 0) {
		c->said = json_string(a, json_get(v, "said"));
		c->shown = json_get(v, "shown");
		c->sample = sample;
	}
	c->met += (unsigned)met;
	c->unmet += (unsigned)unmet;
}

static void
add_failure(struct arena *a, struct suite_test *t, enum mip_status s,
    const char *why, unsigned sample)
{
	size_t i;

	for (i = 0; i < t->nfailure; i++)
		if (t->failure[i].status == s &&
		    strcmp(t->failure[i].why, why) == 0) {
			t->failure[i].times++;
			return;
		}
	t->failure = arena_grow(a, t->failure, &t->failure_cap,
	    t->nfailure + 1, sizeof *t->failure);
	t->failure[t->nfailure++] = (struct suite_failure){ s, why, sample,
	    1 };
}

/* Does one of its expectations not hold?  Then that is what it failed by. */
static bool
is_unmet(struct json answer)
{
	struct json_walk w = json_walk(json_get(answer, "claims"));
	struct json v;
	int64_t unmet;
	bool must;

	while (json_next(&w, NULL, &v))
		if (json_bool(json_get(v, "must"), &must) && must &&
		    json_int(json_get(v, "unmet"), &unmet) && unmet > 0)
			return true;
	return false;
}

static void
add_run(struct running *r, struct suite_test *t, const struct worker_job *j)
{
	struct json_walk w = json_walk(json_get(j->answer, "claims"));
	enum mip_status s;
	const char *why;
	struct json v;
	double d;

	if (j->crashed) {
		t->failed++;
		add_failure(r->a, t, MIP_FAIL, j->death, j->sample);
		return;
	}
	s = answer_class(j->answer);
	if (s == MIP_OK)
		t->passed++;
	else
		t->failed++;
	while (json_next(&w, NULL, &v))
		add_claim(r->a, t, v, j->sample);
	if (json_double(json_get(j->answer, "seconds"), &d))
		t->seconds += d;
	if (s == MIP_OK || is_unmet(j->answer))
		return;
	why = json_string(r->a, json_get(j->answer, "why"));
	add_failure(r->a, t, s, why != NULL ? why : mip_status_text(s),
	    j->sample);
}

static int
by_line(const void *a, const void *b)
{
	const struct suite_claim *x = a, *y = b;

	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	return strcmp(x->text, y->text);
}

static void
judge(struct running *r, size_t n)
{
	struct suite_test *t = &r->s->test[n];
	unsigned i;

	for (i = 0; i < t->repeat; i++)
		if (r->settled[r->first[n] + i])
			add_run(r, t, &r->job[r->first[n] + i]);
	if (t->nclaim > 1)
		qsort(t->claim, t->nclaim, sizeof *t->claim, by_line);
	t->verdict = t->passed >= t->need ? SUITE_PASSED :
	    t->repeat - t->failed < t->need ? SUITE_FAILED : SUITE_OPEN;
	if (t->passed + t->failed < t->repeat) {
		t->missing = r->stopped != MIP_OK ? r->stopped :
		    MIP_INFRASTRUCTURE;
		t->why = arena_strdup(r->a, r->why);
	}
}

/* Tells of the tests that are over; of all, if `end`. */
static void
tell(struct running *r, bool end)
{
	struct suite *s = r->s;
	unsigned i;

	for (; r->told < s->ntest; r->told++) {
		struct suite_test *t = &s->test[r->told];

		for (i = 0; !end && i < t->repeat; i++)
			if (!r->settled[r->first[r->told] + i])
				return;
		judge(r, r->told);
		s->done(s->arg, t);
	}
}

/* ---- repetitions ---- */

static bool
on_done(void *arg, size_t i)
{
	struct running *r = arg;
	const struct worker_job *j = &r->batch[i];
	size_t at = r->map != NULL ? r->map[i] : i;
	enum mip_status s = j->crashed ? MIP_FAIL : answer_class(j->answer);
	const char *why;

	answer_used_add(j->answer, &r->s->used);
	answer_leaves(j->answer, &r->usage);
	if (s < MIP_INFRASTRUCTURE) {
		r->job[at] = *j;
		r->settled[at] = true;
		r->s->runs++;
		r->s->progress(r->s->arg, ++r->over, r->njob);
		tell(r, false);
		return true;
	}
	/* Once runs are called off, the first failure stays the cause. */
	if (r->closed)
		return false;
	why = json_string(r->a, json_get(j->answer, "why"));
	snprintf(r->why, 320, "%s", why != NULL ? why : mip_status_text(s));
	if (s != MIP_INFRASTRUCTURE)
		r->stopped = s;
	r->closed = s != MIP_INFRASTRUCTURE || ++r->infra == INFRA_MAX;
	return !r->closed;
}

/* One more try for what did not take place. */
static enum mip_status
try_again(struct running *r, struct worker_client *w)
{
	struct worker_job *again = arena_array(r->a, r->njob, sizeof *again);
	size_t *map = arena_array(r->a, r->njob, sizeof *map), n = 0, i;

	for (i = 0; i < r->njob; i++)
		if (!r->settled[i]) {
			map[n] = i;
			again[n++] = r->job[i];
		}
	r->batch = again;
	r->map = map;
	r->infra = 0;
	r->closed = false;
	return worker_client_run(w, r->a, again, n, on_done, r, r->why);
}

static void
queue(struct running *r)
{
	struct suite *s = r->s;
	size_t n = 0, i;
	unsigned k;

	for (i = 0; i < s->ntest; i++)
		r->njob += s->test[i].repeat;
	r->job = arena_array(r->a, r->njob + 1, sizeof *r->job);
	r->settled = arena_array(r->a, r->njob + 1, sizeof *r->settled);
	r->first = arena_array(r->a, s->ntest + 1, sizeof *r->first);
	for (i = 0; i < s->ntest; i++) {
		r->first[i] = n;
		for (k = 0; k < s->test[i].repeat; k++)
			r->job[n++] = (struct worker_job){
			    .test = s->test[i].fn->name, .sample = k };
	}
	/* worker_client_run writes to its jobs. */
	r->batch = arena_array(r->a, r->njob + 1, sizeof *r->batch);
	if (r->njob > 0)
		memcpy(r->batch, r->job, r->njob * sizeof *r->job);
}

static enum mip_status
start(struct suite *s, struct arena *a, struct worker_client **w,
    char why[320])
{
	const struct tune_task *t = s->task;
	struct worker_client_options *o = arena_alloc(a, sizeof *o);
	unsigned jobs = t->jobs > 0 ? t->jobs : 1;

	*o = (struct worker_client_options){
	    .argv = evaluate_argv(a, t, false), .hash = t->mod->hash,
	    .window = 2 * jobs, .stop = t->stop };
	if (t->time_limit_s > 0)
		o->deadline_s = clock_now() + t->time_limit_s;
	return worker_client_new(o, w, why);
}

enum mip_status
suite_run(struct arena *a, struct suite *s, char why[320])
{
	struct running r = { .s = s, .a = a, .why = why,
	    .stopped = MIP_OK };
	struct worker_client *w = NULL;
	enum mip_status status;

	queue(&r);
	status = start(s, a, &w, why);
	if (status == MIP_OK)
		status = worker_client_run(w, a, r.batch, r.njob, on_done, &r,
		    why);
	if (status == MIP_OK && r.stopped == MIP_OK && r.over < r.njob)
		status = try_again(&r, w);
	if (status != MIP_OK)
		r.stopped = status;
	worker_client_free(w);
	tune_usage_say(a, &r.usage, &s->usage);
	usage_release(&r.usage);
	tell(&r, true);
	return r.stopped != MIP_OK ? r.stopped : r.over < r.njob ?
	    MIP_INFRASTRUCTURE : MIP_OK;
}
