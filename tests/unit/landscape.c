/* A program whose slots have a known worth: params, rows, a worker.
 *
 * What it replaces of the tuner is all that reaches out of the process: the
 * worker client and the study's database.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "landscape.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"
#include "tune/rng.h"
#include "tune/study.h"
#include "tune/worker_client.h"

static struct {
	struct land_shape shape;
	uint64_t seed;
	double add[LAND_VARS][LAND_CHOICES];
	double pair[LAND_VARS][LAND_VARS][LAND_CHOICES][LAND_CHOICES];
	unsigned written[LAND_VARS];
	double lo, at, hi;              /* raw values: worst, written, best */
	size_t runs;
} land;

/* ---- worth ---- */

static double
raw(const unsigned *x)
{
	const struct land_shape *s = &land.shape;
	double sum = 0, pairs = 0;
	unsigned i, k;

	for (i = 0; i < s->nvar; i++) {
		sum += land.add[i][x[i]];
		for (k = i + 1; k < s->nvar; k++)
			pairs += land.pair[i][k][x[i]][x[k]];
	}
	if (s->nvar > 1)
		pairs *= s->pairs * 2 / (s->nvar - 1);
	return sum + pairs;
}

static double
worth(const unsigned *x)
{
	const struct land_shape *s = &land.shape;
	double v = raw(x);

	if (v < land.at)
		return s->worst + (s->written - s->worst) *
		    (v - land.lo) / (land.at - land.lo);
	return s->written + (s->best - s->written) *
	    (v - land.at) / (land.hi - land.at);
}

/* The most that sign * raw can be, by many climbs. */
static double
extreme(struct rng *r, double sign)
{
	const struct land_shape *s = &land.shape;
	double top = -INFINITY, best, v;
	unsigned x[LAND_VARS], t, i, c, was;
	bool moved;

	for (t = 0; t < 200; t++) {
		for (i = 0; i < s->nvar; i++)
			x[i] = (unsigned)rng_below(r, s->nchoice);
		best = sign * raw(x);
		do {
			moved = false;
			for (i = 0; i < s->nvar; i++) {
				was = x[i];
				for (c = 0; c < s->nchoice; c++) {
					x[i] = c;
					v = sign * raw(x);
					if (!(v > best + 1e-12))
						continue;
					best = v;
					was = c;
					moved = true;
				}
				x[i] = was;
			}
		} while (moved);
		top = fmax(top, best);
	}
	return sign * top;
}

/* A wave over the choices of a number. */
static void
smooth(struct rng *r, double *v)
{
	double size = rng_normal(r), phase = rng_unit(r), n = rng_unit(r);
	unsigned c;

	for (c = 0; c < land.shape.nchoice; c++)
		v[c] = size * cos(2 * acos(-1) * (phase + 1.2 * n * c /
		    (land.shape.nchoice - 1)));
}

void
land_make(const struct land_shape *s, uint64_t seed)
{
	struct rng *r = rng_new(rng_child(seed, "landscape", 0));
	unsigned i, k, c, d;

	memset(&land, 0, sizeof land);
	land.shape = *s;
	land.seed = seed;
	for (i = 0; i < s->nvar; i++) {
		for (c = 0; c < s->nchoice; c++)
			land.add[i][c] = rng_normal(r);
		if (i < s->nnumber)
			smooth(r, land.add[i]);
		for (k = i + 1; k < s->nvar; k++)
			for (c = 0; c < s->nchoice; c++)
				for (d = 0; d < s->nchoice; d++)
					land.pair[i][k][c][d] = rng_normal(r);
	}
	land.hi = extreme(r, 1);
	land.lo = extreme(r, -1);
	/* Written somewhat below the middle, as programs are. */
	do {
		for (i = 0; i < s->nvar; i++)
			land.written[i] = (unsigned)rng_below(r, s->nchoice);
		land.at = raw(land.written);
	} while (land.at < land.lo + 0.3 * (land.hi - land.lo) ||
	    land.at > land.lo + 0.6 * (land.hi - land.lo));
	rng_free(r);
}

size_t
land_runs(void)
{
	return land.runs;
}

static void
point(const char *slots, unsigned *x)
{
	struct json v, at;
	char name[16];
	int64_t n;
	unsigned i;

	memcpy(x, land.written, sizeof land.written);
	if (!json_parse(slots, strlen(slots), &v, NULL, NULL))
		abort();
	for (i = 0; i < land.shape.nvar; i++) {
		snprintf(name, sizeof name, "P%u", i);
		at = json_get(v, name);
		if (json_int(at, &n))
			x[i] = (unsigned)n;
		else if (at.n > 2)              /* "c7" */
			x[i] = (unsigned)strtoul(at.s + 2, NULL, 10);
	}
}

double
land_worth(const char *slots)
{
	unsigned x[LAND_VARS];

	point(slots, x);
	return worth(x);
}

/* ---- the task ---- */

static void
make_param(struct arena *a, struct param *p, unsigned i)
{
	const struct land_shape *s = &land.shape;
	struct ty_const *v = arena_array(a, s->nchoice, sizeof *v);
	bool number = i < s->nnumber;
	unsigned c;

	for (c = 0; c < s->nchoice; c++) {
		v[c].kind = number ? TYC_INT : TYC_STRING;
		v[c].i = c;
		if (!number)
			v[c] = (struct ty_const){ .kind = TYC_STRING,
			    .s = arena_printf(a, "c%u", c) };
	}
	p->name = p->c_name = arena_printf(a, "P%u", i);
	p->value = v[land.written[i]];
	p->choices = (struct choices){ .v = v, .n = s->nchoice };
}

struct tune_task
land_task(struct arena *a, size_t dev, uint64_t seed)
{
	static const char *const argv[] = { "worker", NULL };
	struct tune_task t = { .metric = "acc", .strategy = "mipro",
	    .worker = argv, .seed = seed, .jobs = 1, .max_cost = MIP_UNSET,
	    .data_hash = "", .study_path = "" };
	struct mod *m = arena_alloc(a, sizeof *m);
	struct param **last = &m->param;
	size_t i;

	m->a = a;
	m->name = m->hash = "land";
	for (i = 0; i < land.shape.nvar; i++) {
		*last = arena_alloc(a, sizeof **last);
		make_param(a, *last, (unsigned)i);
		last = &(*last)->next;
	}
	t.mod = m;
	t.dev.n = dev;
	t.dev.row = arena_array(a, dev, sizeof *t.dev.row);
	for (i = 0; i < dev; i++) {
		t.dev.row[i].json = arena_printf(a, "{\"r\":%zu}", i);
		t.dev.row[i].len = strlen(t.dev.row[i].json);
		t.dev.row[i].line = i + 1;
	}
	return t;
}

/* ---- in the place of the worker ---- */

struct worker_client {
	struct json hello;
	const char **set;               /* by number - 1 */
	size_t n, cap;
};

static enum mip_status
no_memory(char why[WORKER_CLIENT_WHY])
{
	snprintf(why, WORKER_CLIENT_WHY, "%s", mip_status_text(MIP_NOMEM));
	return MIP_NOMEM;
}

enum mip_status
worker_client_new(const struct worker_client_options *o,
    struct worker_client **out, char why[WORKER_CLIENT_WHY])
{
	static const char hello[] = "{\"metrics\":[{\"name\":\"acc\","
	    "\"on_fail\":0,\"minimize\":false}]}";

	(void)o;
	*out = calloc(1, sizeof **out);
	if (!*out)
		return no_memory(why);
	if (!json_parse(hello, sizeof hello - 1, &(*out)->hello,
	    NULL, NULL))
		abort();
	return MIP_OK;
}

void
worker_client_free(struct worker_client *w)
{
	size_t i;

	for (i = 0; w && i < w->n; i++)
		free((void *)(uintptr_t)w->set[i]);
	free(w ? w->set : NULL);
	free(w);
}

struct json
worker_client_hello(const struct worker_client *w)
{
	return w->hello;
}

void
worker_client_place(struct worker_client *w, const char *traceparent)
{
	(void)w;
	(void)traceparent;
}

enum mip_status
worker_client_slots(struct worker_client *w, const char *set, int64_t *id,
    char why[WORKER_CLIENT_WHY])
{
	const char **grown, *copy;
	size_t i;

	for (i = 0; i < w->n && strcmp(w->set[i], set) != 0; i++)
		continue;
	*id = (int64_t)i + 1;
	if (i < w->n)
		return MIP_OK;
	if (w->n == w->cap) {
		w->cap = w->cap ? 2 * w->cap : 64;
		grown = realloc(w->set, w->cap * sizeof *w->set);
		if (!grown)
			return no_memory(why);
		w->set = grown;
	}
	copy = strdup(set);
	if (!copy)
		return no_memory(why);
	w->set[w->n++] = copy;
	return MIP_OK;
}

enum mip_status
worker_client_check(struct worker_client *w, const char *set,
    char why[WORKER_CLIENT_WHY])
{
	(void)w, (void)set, (void)why;
	return MIP_OK;
}

static double
normal(const char *what, uint64_t n, uint64_t m)
{
	struct rng *r = rng_new(rng_child(rng_child(land.seed, what, n),
	    what, m));
	double v;

	if (!r)
		base_out_of_memory(NULL);
	v = rng_normal(r);

	rng_free(r);
	return v;
}

/* A row is as hard as it is, and a little harder or easier for each point. */
static bool
goes_well(const unsigned *x, uint64_t row)
{
	double z, rho = land.shape.alike;
	uint64_t h = 0;
	unsigned i;

	for (i = 0; i < land.shape.nvar; i++)
		h = h * LAND_CHOICES + x[i];
	z = sqrt(rho) * normal("row", row, 0) +
	    sqrt(1 - rho) * normal("pair", row, h);
	return 0.5 * erfc(-z / sqrt(2)) < worth(x);
}

enum mip_status
worker_client_run(struct worker_client *w, struct arena *a,
    struct worker_job *job, size_t n, bool (*done)(void *arg, size_t i),
    void *arg, char why[WORKER_CLIENT_WHY])
{
	unsigned x[LAND_VARS];
	const char *s;
	size_t i;

	(void)why;
	for (i = 0; i < n; i++) {
		point(job[i].slots ? w->set[job[i].slots - 1] : "{}", x);
		s = arena_printf(a, "{\"ok\":true,\"class\":\"ok\","
		    "\"scores\":{\"acc\":%d}}",
		    goes_well(x, strtoul(job[i].row + 5, NULL, 10)));
		if (!json_parse(s, strlen(s), &job[i].answer, NULL, NULL))
			abort();
		job[i].done = true;
		land.runs++;
		if (!done(arg, i))
			break;
	}
	return MIP_OK;
}

unsigned
worker_client_restarts(const struct worker_client *w)
{
	(void)w;
	return 0;
}

/* ---- in the place of the database ---- */

enum mip_status
study_open(const struct tune_task *t, struct study **out, bool *resumed,
    char why[320])
{
	(void)t, (void)why;
	*out = NULL;
	*resumed = false;
	return MIP_OK;
}

void
study_close(struct study *s, bool complete)
{
	(void)s, (void)complete;
}

bool
study_failed(const struct study *s)
{
	(void)s;
	return false;
}

void
study_trial(struct study *s, const struct study_trial *t)
{
	(void)s, (void)t;
}

void
study_event(struct study *s, const char *kind, const char *text)
{
	(void)s, (void)kind, (void)text;
}
