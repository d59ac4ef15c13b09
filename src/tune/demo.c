/* Demonstrations, from traces and from rows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "tune/demo.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json_put.h"
#include "tune/critique.h"
#include "tune/rng.h"

enum {
	WAVE = 16,                      /* runs between two looks at how many
	                                 * succeeded: no matter of -j */
	LABELED_MAX = 64                /* rows that are looked at */
};

/* A train row that was run. */
struct trace {
	size_t row;
	double gain;
	bool good;                      /* the run ended well */
	const char **demo;              /* for each leaf, or NULL */
	double *credit;                 /* for each leaf: as a gain; INFINITY:
	                                 * nothing was said */
	const char *label;              /* of the program's output, or NULL */
};

/* Labelled demonstrations of one leaf. */
struct labelled {
	const char **demo, **label;
	size_t *row, n;
};

struct boot {
	struct tuning *u;
	struct arena scratch;
	struct trace *trace;
	size_t ntrace;
	size_t *success, nsuccess;      /* indices of traces */
	struct labelled *labelled;      /* for each leaf */
	const char *model;              /* JSON: the teacher's, or NULL */
};

/* ---- one demonstration ---- */

static void
put_members(struct buf *b, struct json from)
{
	struct json_walk w = json_walk(from);
	struct json key, v;

	while (json_next(&w, &key, &v)) {
		json_put_item(b);
		buf_put(b, key.s, key.n);
		buf_putc(b, ':');
		json_compact(b, v);
	}
}

static const char *
take(struct arena *a, struct buf *b)
{
	const char *s = arena_strndup(a, buf_str(b), b->len);

	buf_release(b);
	return s;
}

/* Inputs and outputs of one name cannot stand in one object. */
static bool
leaf_clashes(const struct prompt *l)
{
	unsigned i;

	for (i = 0; i < l->out->n; i++)
		if (ty_field_index(l->in, l->out->field[i].name) >= 0)
			return true;
	return false;
}

const char *
demo_of_step(struct arena *a, const struct prompt *l, struct json step)
{
	struct buf b = BASE_BUF_INIT;
	int64_t cost = 0, reasked = 0;

	json_int(json_get(step, "cost"), &cost);
	json_int(json_get(step, "reasked"), &reasked);
	if (!json_string_is(json_get(step, "leaf"), l->name) ||
	    !json_string_is(json_get(step, "status"), "ok") || cost > 0 ||
	    reasked > 0 || leaf_clashes(l) ||
	    json_kind(json_get(step, "in")) != JSON_OBJECT ||
	    json_kind(json_get(step, "out")) != JSON_OBJECT)
		return NULL;
	buf_putc(&b, '{');
	put_members(&b, json_get(step, "in"));
	put_members(&b, json_get(step, "out"));
	buf_putc(&b, '}');
	return take(a, &b);
}

/* Cells of CSV are text, whatever the type. */
static void
put_value(struct buf *b, const struct ty *t, struct json v)
{
	struct arena a = BASE_ARENA_INIT;
	const char *s = NULL;
	double d;
	bool number = ty_is_number(t);

	if (json_kind(v) == JSON_STRING && (number || t->kind == TY_BOOL))
		s = json_string(&a, v);
	if (s && ((number && buf_to_double(s, strlen(s), &d)) ||
	    (!number && (!strcmp(s, "true") || !strcmp(s, "false")))))
		buf_puts(b, s);
	else
		json_compact(b, v);
	arena_release(&a);
}

static bool
put_fields(struct buf *b, const struct ty *t, unsigned from, struct json row)
{
	const struct ty_field *f;
	struct json v;
	unsigned i;

	for (i = from; i < t->n; i++) {
		f = &t->field[i];
		v = json_get(row, f->name);
		if (json_kind(v) == JSON_NONE) {
			if (f->type->kind == TY_OPTIONAL)
				continue;
			return false;
		}
		json_put_member(b, f->name);
		put_value(b, f->type, v);
	}
	return true;
}

const char *
demo_of_row(struct arena *a, const struct prompt *l, struct json row)
{
	struct buf b = BASE_BUF_INIT;

	buf_putc(&b, '{');
	/* No row says how the model would have reasoned. */
	if (leaf_clashes(l) || !put_fields(&b, l->in, 0, row) ||
	    !put_fields(&b, l->out, l->reasoning ? 1 : 0, row)) {
		buf_release(&b);
		return NULL;
	}
	buf_putc(&b, '}');
	return take(a, &b);
}

/* The value of the first field that is an enum, as it stands. */
static const char *
label_of(struct arena *a, const struct ty *t, struct json v)
{
	struct json part;
	unsigned i;

	for (i = 0; i < t->n; i++) {
		if (t->field[i].type->kind != TY_ENUM)
			continue;
		part = json_get(v, t->field[i].name);
		if (part.n > 0)
			return arena_strndup(a, part.s, part.n);
	}
	return NULL;
}

size_t
demo_vary(const size_t *order, const char *const *label, size_t n, size_t k,
    size_t *out)
{
	bool *used = calloc(n + 1, sizeof *used);
	size_t got, i, j, at, same, least;

	for (got = 0; used && got < k && got < n; got++) {
		at = n;
		least = 0;
		for (i = 0; i < n; i++) {
			if (used[i])
				continue;
			same = 0;
			for (j = 0; j < got; j++)
				same += label[order[i]] && label[out[j]] &&
				    !strcmp(label[out[j]], label[order[i]]);
			if (at < n && same >= least)
				continue;
			at = i;
			least = same;
		}
		used[at] = true;
		out[got] = order[at];
	}
	free(used);
	return got;
}

/* ---- runs ---- */

static int
by_gain(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x < *y) - (*x > *y);
}

double
demo_threshold(const struct plan *p, bool minimize, const double *gain,
    size_t n)
{
	bool binary = true;
	double *sorted, v, t;
	size_t i;

	if (p->threshold_set)
		return minimize ? -p->threshold : p->threshold;
	for (i = 0; i < n; i++) {
		v = fabs(gain[i]);
		binary = binary && !(v > 0 && v < 1) && !(v > 1);
	}
	if (binary || n == 0)
		return minimize ? 0 : 1;
	sorted = calloc(n, sizeof *sorted);
	if (!sorted)
		return minimize ? 0 : 1;
	memcpy(sorted, gain, n * sizeof *sorted);
	qsort(sorted, n, sizeof *sorted, by_gain);
	t = sorted[n / 10];
	/* Where nearly all do as badly as can be, only the best will do. */
	if (!(t > sorted[n - 1]))
		t = sorted[0];
	free(sorted);
	return t;
}

/* The traces that count, by what is known so far. */
static void
find_success(struct boot *b)
{
	double *gain = arena_array(&b->scratch, b->ntrace + 1, sizeof *gain);
	double t;
	size_t n = 0, i;

	for (i = 0; i < b->ntrace; i++)
		if (b->trace[i].good)
			gain[n++] = b->trace[i].gain;
	t = demo_threshold(&b->u->plan, b->u->minimize, gain, n);
	b->nsuccess = 0;
	for (i = 0; i < b->ntrace; i++)
		if (b->trace[i].good && b->trace[i].gain >= t)
			b->success[b->nsuccess++] = i;
	b->u->threshold = t;
}

/* One of the calls of each leaf: which one, a seed decides. */
static void
take_steps(struct boot *b, struct trace *t, struct json answer)
{
	struct tuning *u = b->u;
	struct json steps = json_get(answer, "steps"), step;
	struct json_walk w;
	const char *demo;
	struct rng *r;
	size_t i, n;

	t->demo = arena_array(u->a, u->nleaf + 1, sizeof *t->demo);
	t->credit = arena_array(u->a, u->nleaf + 1, sizeof *t->credit);
	r = rng_new(rng_child(u->t->seed, "demo step", t->row));
	if (!r)
		BUG("out of memory");
	for (i = 0; i < u->nleaf; i++) {
		n = 0;
		if (!critique_credit(u, answer, u->leaf[i].prompt->name,
		    &t->credit[i]))
			t->credit[i] = INFINITY;
		w = json_walk(steps);
		while (json_next(&w, NULL, &step)) {
			demo = demo_of_step(u->a, u->leaf[i].prompt, step);
			if (demo && rng_below(r, ++n) == 0)
				t->demo[i] = demo;
		}
	}
	rng_free(r);
	t->label = label_of(u->a, u->t->mod->program->out,
	    json_get(answer, "out"));
}

/* Runs some train rows with traces. */
static enum mip_status
run_wave(struct boot *b, const size_t *row, size_t n, unsigned sample)
{
	struct tuning *u = b->u;
	struct arena a = BASE_ARENA_INIT;
	struct worker_job *job;
	struct outcome o;
	enum mip_status s;
	size_t i;

	base_arena_init(&a);
	job = arena_array(&a, n, sizeof *job);
	for (i = 0; i < n; i++)
		job[i] = (struct worker_job){
		    .row = u->t->train.row[row[i]].json,
		    .row_len = u->t->train.row[row[i]].len,
		    .metric = u->t->metric, .sample = sample, .trace = true,
		    .model = b->model };
	s = evaluate_jobs(u, &a, &u->t->train, job, row, n);
	for (i = 0; s == MIP_OK && i < n; i++) {
		struct trace *t = &b->trace[b->ntrace++];

		t->row = row[i];
		if (!evaluate_outcome(u, &job[i], &o) || job[i].crashed)
			continue;
		t->gain = tuning_gain(u, o.score);
		t->good = o.status == MIP_OK;
		if (!t->good)
			continue;
		take_steps(b, t, job[i].answer);
		critique_read(u, job[i].answer, t->gain);
	}
	arena_release(&a);
	return s;
}

/* Rows without success so far, for the next round. */
static size_t
failing(const struct boot *b, const size_t *order, size_t n, size_t *out)
{
	size_t k = 0, i, j;

	for (i = 0; i < n; i++) {
		for (j = 0; j < b->nsuccess; j++)
			if (b->trace[b->success[j]].row == order[i])
				break;
		if (j == b->nsuccess)
			out[k++] = order[i];
	}
	return k;
}

static enum mip_status
run_rows(struct boot *b)
{
	struct tuning *u = b->u;
	size_t most = u->plan.bootstrap_rows, n, at, i, *order, *row;
	size_t want = u->plan.demo_sets < 2 ? 0 :
	    (size_t)u->plan.max_bootstrapped * u->plan.demo_sets;
	struct rng *r = rng_new(rng_child(u->t->seed, "demo rows", 0));
	enum mip_status s = MIP_OK;
	unsigned round;

	if (!r)
		BUG("out of memory");
	order = arena_array(&b->scratch, u->t->train.n + 1, sizeof *order);
	row = arena_array(&b->scratch, most + 1, sizeof *row);
	for (i = 0; i < u->t->train.n; i++)
		order[i] = i;
	rng_shuffle(r, order, u->t->train.n);
	rng_free(r);
	b->trace = arena_array(u->a, most * u->plan.rounds + 1,
	    sizeof *b->trace);
	b->success = arena_array(u->a, most * u->plan.rounds + 1,
	    sizeof *b->success);
	find_success(b);
	for (round = 0; round < u->plan.rounds; round++) {
		n = failing(b, order, most, row);
		for (at = 0; at < n; at += WAVE) {
			if (b->nsuccess >= want &&
			    b->ntrace >= u->plan.critique_rows)
				return s;
			s = run_wave(b, row + at, n - at < WAVE ? n - at :
			    WAVE, round);
			if (s != MIP_OK)
				return s;
			find_success(b);
		}
	}
	return s;
}

static void
warn_none(struct boot *b)
{
	struct tuning *u = b->u;
	double best = 0;
	bool any = false, labelled = false;
	size_t i;

	for (i = 0; i < b->ntrace; i++) {
		if (!b->trace[i].good || (any && b->trace[i].gain <= best))
			continue;
		best = b->trace[i].gain;
		any = true;
	}
	for (i = 0; i < u->nleaf; i++)
		labelled = labelled || b->labelled[i].n > 0;
	if (any)
		tuning_warn(u, "none of %zu runs on train rows scored %g or "
		    "%s, the best has %g: %s", b->ntrace,
		    tuning_gain(u, u->threshold), u->minimize ? "less" : "more",
		    tuning_gain(u, best), labelled ?
		    "demonstrations are made of the rows themselves" :
		    "there are no demonstrations");
	else
		tuning_warn(u, "none of %zu runs on train rows ended well: "
		    "%s", b->ntrace, labelled ?
		    "demonstrations are made of the rows themselves" :
		    "there are no demonstrations");
}

/* ---- labelled rows ---- */

static bool
takes_demo(struct tuning *u, const struct prompt *l, const char *demo)
{
	struct buf b = BASE_BUF_INIT, name = BASE_BUF_INIT;
	char why[WORKER_CLIENT_WHY];
	bool ok;

	buf_printf(&name, "%s.demos", l->name);
	buf_putc(&b, '{');
	buf_json(&b, buf_str(&name), name.len);
	buf_puts(&b, ":[");
	buf_puts(&b, demo);
	buf_puts(&b, "]}");
	ok = worker_client_check(u->w, buf_str(&b), why) == MIP_OK;
	buf_release(&b);
	buf_release(&name);
	return ok;
}

static void
find_labelled(struct boot *b, size_t leaf)
{
	struct tuning *u = b->u;
	const struct prompt *l = u->leaf[leaf].prompt;
	struct labelled *v = &b->labelled[leaf];
	size_t n = u->t->train.n, most, i, *order;
	const char *demo;
	struct rng *r;
	struct json row;

	if (!u->leaf[leaf].tunes[SLOT_DEMOS] || u->plan.max_labeled == 0)
		return;
	most = n < LABELED_MAX ? n : LABELED_MAX;
	r = rng_new(rng_child(u->t->seed, "labelled", leaf));
	order = arena_array(&b->scratch, n + 1, sizeof *order);
	v->demo = arena_array(u->a, most + 1, sizeof *v->demo);
	v->label = arena_array(u->a, most + 1, sizeof *v->label);
	v->row = arena_array(u->a, most + 1, sizeof *v->row);
	if (!r)
		BUG("out of memory");
	for (i = 0; i < n; i++)
		order[i] = i;
	rng_shuffle(r, order, n);
	rng_free(r);
	for (i = 0; i < most; i++) {
		const struct row *at = &u->t->train.row[order[i]];

		if (!json_parse(at->json, at->len, &row, NULL, NULL))
			continue;
		demo = demo_of_row(u->a, l, row);
		if (!demo || !takes_demo(u, l, demo))
			continue;
		v->demo[v->n] = demo;
		v->label[v->n] = label_of(u->a, l->out, row);
		v->row[v->n++] = order[i];
	}
}

/* ---- sets ---- */

/* The demonstrations of one leaf in a set. */
struct filling {
	struct boot *b;
	size_t leaf, set;
	const size_t *run, nrun;        /* traces */
	struct buf text;
	size_t n, most;
};

static void
fill_put(struct filling *f, const char *demo)
{
	json_put_raw(&f->text, NULL, demo);
	f->n++;
}

static bool
fill_has_row(const struct filling *f, size_t row)
{
	size_t i;

	for (i = 0; i < f->nrun; i++)
		if (f->b->trace[f->run[i]].row == row)
			return true;
	return false;
}

static void
fill_labelled(struct filling *f)
{
	struct tuning *u = f->b->u;
	const struct labelled *v = &f->b->labelled[f->leaf];
	size_t *order, *pick, n = 0, i;
	struct rng *r;

	if (v->n == 0 || f->n >= u->plan.max_labeled)
		return;
	/* Reasoned and bare demonstrations do not mix. */
	if (f->n > 0 && u->leaf[f->leaf].prompt->reasoning)
		return;
	order = arena_array(&f->b->scratch, v->n, sizeof *order);
	pick = arena_array(&f->b->scratch, v->n, sizeof *pick);
	r = rng_new(rng_child(u->t->seed, "labelled set", f->set));
	if (!r)
		BUG("out of memory");
	for (i = 0; i < v->n; i++)
		if (!fill_has_row(f, v->row[i]))
			order[n++] = i;
	rng_shuffle(r, order, n);
	rng_free(r);
	n = demo_vary(order, v->label, n, u->plan.max_labeled - f->n, pick);
	for (i = 0; i < n && f->n < f->most; i++)
		fill_put(f, v->demo[pick[i]]);
}

static const char *
fill_set(struct boot *b, size_t leaf, size_t set, const size_t *run,
    size_t nrun)
{
	struct filling f = { b, leaf, set, run, nrun, BASE_BUF_INIT, 0,
	    b->u->leaf[leaf].prompt->max_demos };
	size_t i;

	buf_putc(&f.text, '[');
	for (i = 0; i < nrun && f.n < f.most; i++) {
		const struct trace *t = &b->trace[run[i]];

		/* The run went well, the leaf may not have. */
		if (t->demo[leaf] && t->credit[leaf] >= b->u->threshold)
			fill_put(&f, t->demo[leaf]);
	}
	fill_labelled(&f);
	buf_putc(&f.text, ']');
	if (f.n > 0)
		return take(b->u->a, &f.text);
	buf_release(&f.text);
	return NULL;
}

/* The runs that a set is made of: none for the labelled one. */
static size_t
choose_runs(struct boot *b, size_t set, bool labelled, size_t *run)
{
	struct tuning *u = b->u;
	size_t most = u->plan.max_bootstrapped, *order, n = b->nsuccess, i;
	const char **label;
	struct rng *r;

	if (n == 0 || most == 0 || (set == 1 && labelled))
		return 0;
	order = arena_array(&b->scratch, n, sizeof *order);
	label = arena_array(&b->scratch, b->ntrace, sizeof *label);
	for (i = 0; i < b->ntrace; i++)
		label[i] = b->trace[i].label;
	memcpy(order, b->success, n * sizeof *order);
	r = rng_new(rng_child(u->t->seed, "demo set", set));
	if (!r)
		BUG("out of memory");
	if (set != 2) {
		rng_shuffle(r, order, n);
		most = 1 + (size_t)rng_below(r, most);
	}
	rng_free(r);
	return demo_vary(order, label, n, most, run);
}

static void
make_sets(struct boot *b)
{
	struct tuning *u = b->u;
	size_t *run = arena_array(&b->scratch, b->nsuccess + 1, sizeof *run);
	size_t set, i, n;
	bool labelled = false;

	for (i = 0; i < u->nleaf; i++) {
		labelled = labelled || b->labelled[i].n > 0;
		u->leaf[i].ndemo = u->leaf[i].tunes[SLOT_DEMOS] ?
		    u->plan.demo_sets : 1;
		u->leaf[i].demo = arena_array(u->a, u->plan.demo_sets + 1,
		    sizeof *u->leaf[i].demo);
	}
	for (set = 1; set < u->plan.demo_sets; set++) {
		n = choose_runs(b, set, labelled, run);
		for (i = 0; i < u->nleaf; i++)
			if (u->leaf[i].tunes[SLOT_DEMOS])
				u->leaf[i].demo[set] = fill_set(b, i, set, run,
				    n);
	}
}

/* {"small":"big", ...}: the teacher for every model of the leaves. */
static const char *
teacher_map(struct tuning *u)
{
	struct json list = json_get(worker_client_hello(u->w), "models"), v;
	struct json_walk w = json_walk(list);
	const struct mod *m = u->t->mod;
	struct buf b = BASE_BUF_INIT;
	bool known = false;
	unsigned i;

	while (json_next(&w, NULL, &v))
		known = known || json_string_is(json_get(v, "name"),
		    u->t->teacher);
	if (!known) {
		tuning_warn(u, "the teacher %s is no model of the program; it "
		    "is not used", u->t->teacher);
		return NULL;
	}
	buf_putc(&b, '{');
	for (i = 0; i < m->nmodel; i++)
		json_put_string(&b, m->model[i]->name, u->t->teacher);
	buf_putc(&b, '}');
	return take(u->a, &b);
}

enum mip_status
demo_make(struct tuning *u)
{
	struct boot b = { .u = u };
	enum mip_status s = MIP_OK;
	bool any = false;
	size_t i;

	for (i = 0; i < u->nleaf; i++)
		any = any || u->leaf[i].tunes[SLOT_DEMOS];
	if (!any && u->plan.critique_rows == 0)
		return MIP_OK;
	tuning_phase(u, any ? "demonstrations" : "critique");
	base_arena_init(&b.scratch);
	b.labelled = arena_array(u->a, u->nleaf, sizeof *b.labelled);
	for (i = 0; i < u->nleaf; i++)
		find_labelled(&b, i);
	if (u->t->teacher)
		b.model = teacher_map(u);
	if (u->plan.bootstrap_rows > 0)
		s = run_rows(&b);
	if (s == MIP_OK && any && b.ntrace > 0 && b.nsuccess == 0)
		warn_none(&b);
	if (s == MIP_OK && any)
		make_sets(&b);
	arena_release(&b.scratch);
	return s;
}
