/* One run of a worker: row, program, metrics, answer; or a test.
 *
 * SPDX-License-Identifier: MIT */
#include "worker/worker_run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "core/clock.h"
#include "core/json_put.h"
#include "reply/reply.h"

/* A metric that was asked for, and what came of it. */
struct scored {
	const struct mip_metric *metric;
	void *gold;
	struct mip_score score;
};

struct run {
	const struct worker_options *o;
	struct mip *m;
	struct arena *a;
	struct json msg;
	int64_t id;
	void *in, *out;
	struct scored *scored;
	size_t nscored;
	const struct mip_test *test;    /* or NULL */
	double seconds;                 /* of the test */
	struct mip_override *model;
	size_t nmodel;
	bool repaired;
	struct mip_usage used;          /* by the program */
	struct mip_usage judged;        /* by the metrics */
	enum mip_status status;
	const char *failed;             /* name of the metric that failed */
	char why[600];
};

static enum mip_status
run_wrong(struct run *r, enum mip_status s, const char *what,
    const struct type_error *e)
{
	r->status = s;
	if (s == MIP_NOMEM)
		snprintf(r->why, sizeof r->why, "%s", mip_status_text(s));
	else
		snprintf(r->why, sizeof r->why, "%s%s%s: %s", what,
		    e->path[0] ? ": " : "", e->path, e->text);
	return s;
}

enum mip_status
worker_input(struct arena *a, const struct mip_type *t, struct json row,
    void **in, struct type_error *e)
{
	enum mip_status s;
	unsigned i;

	*in = arena_alloc(a, t->size);
	if (!*in)
		return MIP_NOMEM;
	s = type_read(a, t, row, TYPE_LENIENT, *in, e);
	for (i = 0; s == MIP_OK && i < t->n; i++)
		if (!type_check(&t->field[i], (const char *)*in +
		    t->field[i].offset, e))
			s = MIP_USAGE;
	return s;
}

static const struct mip_metric *
metric_called(const struct mip_eval *eval, struct json name)
{
	unsigned i;

	for (i = 0; eval && i < eval->nmetric; i++)
		if (json_string_is(name, eval->metric[i]->name))
			return eval->metric[i];
	return NULL;
}

/* The metrics that are asked for, each with its gold values of the row. */
static enum mip_status
run_metrics(struct run *r, struct json row)
{
	struct json names = json_get(r->msg, "metrics"), name;
	struct json_walk w = json_walk(names);
	struct type_error e;
	size_t n = json_count(names);
	enum mip_status s;

	r->scored = arena_array(r->a, n, sizeof *r->scored);
	if (!r->scored)
		return run_wrong(r, MIP_NOMEM, "", NULL);
	while (r->nscored < n && json_next(&w, NULL, &name)) {
		struct scored *v = &r->scored[r->nscored];

		v->metric = metric_called(r->o->eval, name);
		if (!v->metric) {
			e = (struct type_error){
			    .text = "there is no such" };
			snprintf(e.path, sizeof e.path, "%.*s",
			    name.n < 80 ? (int)name.n : 80, name.s);
			return run_wrong(r, MIP_USAGE, "metric", &e);
		}
		v->gold = arena_alloc(r->a, v->metric->gold->size);
		s = MIP_NOMEM;
		if (v->gold)
			s = type_read(r->a, v->metric->gold, row,
			    TYPE_LENIENT, v->gold, &e);
		if (s != MIP_OK)
			return run_wrong(r, s, "row", &e);
		r->nscored++;
	}
	return MIP_OK;
}

/* {"small":"big"}: models of the program in the place of others. */
static enum mip_status
run_models(struct run *r)
{
	const struct mip_program *p = r->o->program;
	struct json map = json_get(r->msg, "model"), key, value;
	struct json_walk w = json_walk(map);
	size_t n = json_count(map);
	unsigned i;

	r->model = arena_array(r->a, n, sizeof *r->model);
	if (!r->model)
		return run_wrong(r, MIP_NOMEM, "", NULL);
	while (r->nmodel < n && json_next(&w, &key, &value)) {
		struct mip_override *v = &r->model[r->nmodel++];
		struct type_error e = { .text = "there is no such" };

		v->name = json_string(r->a, key);
		for (i = 0; i < p->nmodel; i++)
			if (json_string_is(value, p->model[i]->name))
				v->model = p->model[i];
		if (v->model && v->name)
			continue;
		snprintf(e.path, sizeof e.path, "%.*s",
		    value.n < 80 ? (int)value.n : 80, value.s);
		return run_wrong(r, MIP_USAGE, "model", &e);
	}
	return MIP_OK;
}

static enum mip_status
run_test_called(struct run *r, struct json name)
{
	const struct mip_eval *eval = r->o->eval;
	struct type_error e = { .text = "there is no such" };
	unsigned i;

	for (i = 0; eval && i < eval->ntest; i++)
		if (json_string_is(name, eval->test[i].name)) {
			r->test = &eval->test[i];
			return run_models(r);
		}
	snprintf(e.path, sizeof e.path, "%.*s",
	    name.n < 80 ? (int)name.n : 80, name.s);
	return run_wrong(r, MIP_USAGE, "test", &e);
}

static enum mip_status
run_decode(struct run *r)
{
	const struct mip_program *p = r->o->program;
	struct json row = json_get(r->msg, "row");
	struct json test = json_get(r->msg, "test");
	struct type_error e = { .path = "" };
	enum mip_status s;

	if (json_kind(test) != JSON_NONE)
		return run_test_called(r, test);
	if (json_kind(row) != JSON_OBJECT) {
		e = (struct type_error){ .text = "it is no object" };
		return run_wrong(r, MIP_USAGE, "row", &e);
	}
	s = worker_input(r->a, p->in, row, &r->in, &e);
	if (s != MIP_OK)
		return run_wrong(r, s, "row", &e);
	r->out = arena_alloc(r->a, p->out->size);
	if (!r->out)
		return run_wrong(r, MIP_NOMEM, "", NULL);
	s = run_metrics(r, row);
	return s == MIP_OK ? run_models(r) : s;
}

/* Takes over how the context ended. */
static enum mip_status
run_ended(struct run *r, enum mip_status s)
{
	if (mip_status(r->m) != MIP_OK)
		s = mip_status(r->m);
	if (s != MIP_OK)
		snprintf(r->why, sizeof r->why, "%s",
		    mip_message(r->m)[0] ? mip_message(r->m) :
		    mip_status_text(s));
	r->status = s;
	return s;
}

static void
run_score(struct run *r)
{
	size_t i;

	for (i = 0; i < r->nscored; i++) {
		struct scored *v = &r->scored[i];
		enum mip_status s = v->metric->run(r->m, v->gold, r->in,
		    r->out, &v->score);

		if (s == MIP_OK && mip_status(r->m) == MIP_OK &&
		    !isfinite(v->score.value))
			s = mip_fail(r->m, MIP_FAIL,
			    "metric %s gives no number", v->metric->name);
		if (run_ended(r, s) == MIP_OK)
			continue;
		r->failed = v->metric->name;
		return;
	}
}

static void
run_test(struct run *r)
{
	double from = clock_now();

	run_ended(r, r->test->run(r->m));
	r->seconds = clock_now() - from;
}

static struct mip_usage
usage_less(struct mip_usage a, struct mip_usage b)
{
	a.calls -= b.calls;
	a.cached -= b.cached;
	a.reasked -= b.reasked;
	a.asked -= b.asked;
	a.clean -= b.clean;
	a.in -= b.in;
	a.out -= b.out;
	a.usd -= b.usd;
	a.nominal_usd -= b.nominal_usd;
	return a;
}

/* Where it belongs in the trace of who asks for it. */
static void
run_place(struct run *r)
{
	char place[MIP_TRACEPARENT] = "";
	struct json v = json_get(r->msg, "traceparent");

	if (json_kind(v) == JSON_STRING && v.n - 2 < sizeof place)
		snprintf(place, sizeof place, "%.*s", (int)v.n - 2, v.s + 1);
	mip_set_place(r->m, place);
}

static void
run_do(struct run *r, struct slots *slots)
{
	bool trace = false;
	int64_t sample = 0;

	json_bool(json_get(r->msg, "trace"), &trace);
	json_int(json_get(r->msg, "sample"), &sample);
	mip_set_slots(r->m, slots);
	mip_set_sample(r->m, sample > 0 ? (uint64_t)sample : 0);
	mip_set_models(r->m, r->model, r->nmodel);
	mip_set_row(r->m, json_get(r->msg, "row"));
	mip_record(r->m, trace);
	mip_itemize(r->m, true);
	run_place(r);
	mip_begin(r->m);
	if (r->test)
		run_test(r);
	else
		run_ended(r, r->o->program->run(r->m, r->in, r->out));
	mip_judge(r->m);
	r->used = mip_used(r->m);
	r->repaired = mip_repaired(r->m);
	if (r->status == MIP_OK)
		run_score(r);
	mip_end(r->m, r->test ? r->test->name : r->o->program->name);
	r->judged = usage_less(mip_used(r->m), r->used);
}

/* ---- the answer ---- */

static void
say_usage(struct buf *b, const char *key, const struct mip_usage *u)
{
	json_put_raw(b, key, "{");
	json_put_int(b, "calls", u->calls);
	json_put_int(b, "cached", u->cached);
	json_put_int(b, "reasked", u->reasked);
	json_put_int(b, "asked", u->asked);
	json_put_int(b, "clean", u->clean);
	json_put_int(b, "in", u->in);
	json_put_int(b, "out", u->out);
	json_put_double(b, "usd", u->usd);
	json_put_double(b, "nominal_usd", u->nominal_usd);
	buf_putc(b, '}');
}

/* What a server took for each call of the leaf. */
static void
say_seconds(struct buf *b, const char *leaf, const struct usage_call *v,
    size_t n)
{
	size_t i;

	json_put_raw(b, "seconds", "[");
	for (i = 0; i < n; i++) {
		if (v[i].failed || v[i].cached ||
		    strcmp(usage_call_name(&v[i]).text, leaf) != 0)
			continue;
		json_put_item(b);
		buf_double(b, v[i].latency_s);
	}
	buf_putc(b, ']');
}

/* What each leaf took, judges included. */
static void
say_leaves(struct buf *b, const struct mip *m)
{
	struct usage all = { 0 };
	struct mip_leaf_usage s;
	const struct usage_call *v;
	size_t n, i;

	v = mip_items(m, &n);
	for (i = 0; i < n; i++)
		usage_add(&all, &v[i]);
	json_put_raw(b, "leaves", "[");
	for (i = 0; usage_get(&all, i, &s); i++) {
		json_put_raw(b, NULL, "{");
		usage_members(b, &s);
		say_seconds(b, s.leaf, v, n);
		buf_putc(b, '}');
	}
	buf_putc(b, ']');
	usage_release(&all);
}

static void
say_flags(struct buf *b, const struct mip_step *s)
{
	unsigned f;

	json_put_raw(b, "flags", "[");
	for (f = 0; f < REPLY_NFLAG; f++) {
		if (!(s->flags >> f & 1))
			continue;
		json_put_string(b, NULL, reply_flag_word((enum reply_flag)f));
	}
	buf_putc(b, ']');
}

/* The labels of the conditions that its reply does not meet. */
static void
say_unmet(struct buf *b, const struct mip_step *s)
{
	size_t i;

	if (s->ncheck == 0)
		return;
	json_put_raw(b, "checks", "[");
	for (i = 0; i < s->ncheck; i++)
		json_put_string(b, NULL, s->check[i]);
	buf_putc(b, ']');
}

static void
say_step(struct buf *b, const struct mip_step *s)
{
	json_put_raw(b, NULL, "{");
	json_put_string(b, "leaf", s->leaf);
	json_put_raw(b, "in", s->in ? s->in : "null");
	json_put_raw(b, "out", s->out ? s->out : "null");
	say_flags(b, s);
	say_unmet(b, s);
	json_put_int(b, "cost", s->cost);
	json_put_int(b, "reasked", s->reasked);
	json_put_string(b, "status", s->refused ? mip_status_word(MIP_REFUSAL) :
	    mip_status_word(s->status));
	if (s->why)
		json_put_string(b, "why", s->why);
	if (s->reply)
		json_put_string(b, "reply", s->reply);
	buf_putc(b, '}');
}

static void
say_steps(struct buf *b, const struct mip *m)
{
	size_t n, i;
	const struct mip_step *v = mip_steps(m, &n);

	json_put_raw(b, "steps", "[");
	for (i = 0; i < n; i++) {
		say_step(b, &v[i]);
	}
	buf_putc(b, ']');
}

/* A row that the program is to blame for scores what the metric says. */
static void
say_scores(struct buf *b, const struct run *r)
{
	const struct mip_metric *k;
	bool ok = r->status == MIP_OK;
	size_t i;

	json_put_raw(b, "scores", "{");
	for (i = 0; i < r->nscored; i++) {
		k = r->scored[i].metric;
		json_put_double(b, k->name, ok ? r->scored[i].score.value :
		    k->on_fail);
	}
	buf_putc(b, '}');
	json_put_raw(b, "feedback", "{");
	for (i = 0; ok && i < r->nscored; i++)
		if (r->scored[i].score.feedback)
			json_put_string(b, r->scored[i].metric->name,
			    r->scored[i].score.feedback);
	buf_putc(b, '}');
}

static void
say_checks(struct buf *b, const struct mip *m)
{
	size_t n, i;
	const struct mip_checked *v = mip_checks(m, &n);

	if (n == 0)
		return;
	json_put_raw(b, "checks", "{");
	for (i = 0; i < n; i++)
		json_put_int(b, v[i].label, (int64_t)v[i].times);
	buf_putc(b, '}');
}

static void
say_credits(struct buf *b, const struct mip *m)
{
	size_t n, i;
	const struct mip_credit *v = mip_credits(m, &n);

	if (n == 0)
		return;
	json_put_raw(b, "credits", "[");
	for (i = 0; i < n; i++) {
		json_put_raw(b, NULL, "{");
		json_put_string(b, "leaf", v[i].leaf);
		json_put_double(b, "value", v[i].value);
		if (v[i].why)
			json_put_string(b, "why", v[i].why);
		buf_putc(b, '}');
	}
	buf_putc(b, ']');
}

static void
say_claim(struct buf *b, const struct mip_claimed *c)
{
	json_put_raw(b, NULL, "{");
	json_put_int(b, "line", c->claim->line);
	json_put_string(b, "text", c->claim->text);
	json_put_bool(b, "must", c->claim->must);
	json_put_int(b, "met", c->met);
	json_put_int(b, "unmet", c->unmet);
	if (c->said)
		json_put_string(b, "said", c->said);
	if (c->shown)
		buf_printf(b, ",\"shown\":{%s}", c->shown);
	buf_putc(b, '}');
}

static void
say_test(struct buf *b, const struct run *r)
{
	size_t n, i;
	const struct mip_claimed *v = mip_claims(r->m, &n);

	json_put_double(b, "seconds", r->seconds);
	json_put_raw(b, "claims", "[");
	for (i = 0; i < n; i++) {
		say_claim(b, &v[i]);
	}
	buf_putc(b, ']');
}

static void
say_head(struct buf *b, int64_t id, enum mip_status s, bool repaired)
{
	buf_putc(b, '{');
	json_put_int(b, "run", id);
	json_put_bool(b, "ok", s == MIP_OK);
	json_put_string(b, "class", s != MIP_OK ? mip_status_word(s) :
	    repaired ? "repaired" : "ok");
}

static void
run_say(struct buf *b, const struct run *r)
{
	bool trace = false;

	say_head(b, r->id, r->status, r->repaired);
	if (r->status != MIP_OK) {
		json_put_string(b, "why", r->why);
	} else if (!r->test) {
		json_put_member(b, "out");
		type_write(b, r->o->program->out, r->out, false);
	}
	if (r->test)
		say_test(b, r);
	if (r->failed)
		json_put_string(b, "metric", r->failed);
	if (r->status < MIP_INFRASTRUCTURE && !r->test)
		say_scores(b, r);
	if (r->status == MIP_OK)
		say_credits(b, r->m);
	say_checks(b, r->m);
	if (json_bool(json_get(r->msg, "trace"), &trace) && trace)
		say_steps(b, r->m);
	say_usage(b, "usage", &r->used);
	if (r->judged.calls > 0)
		say_usage(b, "judge", &r->judged);
	say_leaves(b, r->m);
	buf_putc(b, '}');
}

void
worker_refuse(struct buf *b, int64_t id, enum mip_status s, const char *why)
{
	static const struct mip_usage none;

	say_head(b, id, s, false);
	json_put_string(b, "why", why);
	say_usage(b, "usage", &none);
	buf_putc(b, '}');
}

void
worker_run(const struct worker_options *o, struct mip *m, struct arena *a,
    int64_t id, struct json msg, struct slots *slots, struct buf *b)
{
	struct run r = { .o = o, .m = m, .a = a, .msg = msg, .id = id };
	bool check = false;

	arena_reset(a);
	a->failed = false;
	if (run_decode(&r) != MIP_OK) {
		worker_refuse(b, id, r.status, r.why);
		return;
	}
	json_bool(json_get(msg, "check"), &check);
	if (check) {
		mip_begin(m);
		if (!r.test && run_ended(&r, mip_check_input(m,
		    o->program->in, r.in, MIP_USAGE)) != MIP_OK) {
			worker_refuse(b, id, r.status, r.why);
			return;
		}
		say_head(b, id, MIP_OK, false);
		buf_putc(b, '}');
		return;
	}
	run_do(&r, slots);
	run_say(b, &r);
	/* The models lived in `a`, the row in the message. */
	mip_set_models(m, NULL, 0);
	mip_set_row(m, (struct json){ NULL, 0 });
	if (!b->failed)
		return;
	buf_release(b);
	buf_reset(b);
	worker_refuse(b, id, MIP_NOMEM, mip_status_text(MIP_NOMEM));
}
