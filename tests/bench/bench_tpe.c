/* How well and how fast the surrogates search landscapes with known values.
 *
 *     bench_tpe [-s SEEDS] [OBJECTIVE.json NOISE.json]
 *
 * Prints, at 30, 50 and 100 trials, the mean over the seeds of the best true
 * value seen, of the true value of the point with the best observed value and
 * of that of the recommended point; then the CPU time of one ask and tell.
 * The landscapes are made here, with a file's first if one is given: sums of
 * tables for variables and pairs, scaled to [0, 1].
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cjson/cJSON.h>

#include "tune/rng.h"
#include "tune/surrogate.h"

enum {
	VARS = 8, CHOICES = 20, PAIRS = 28,
	TRIALS = 100, MARKS = 3, SEEDS = 50
};

struct pair {
	unsigned i, j;
	double w[CHOICES][CHOICES];
};

struct land {
	char name[64];
	struct space_var var[VARS], blind[VARS];
	struct space space, unordered;
	double add[VARS][CHOICES];
	struct pair pair[PAIRS];
	size_t npair;
	double pair_weight;             /* of each pair */
	double lo, hi;                  /* of the raw values */
	double sd;                      /* of the noise */
};

struct shape {
	size_t nvar;
	unsigned nchoice;
	double pairs, dense, sd;
	bool uneven;                    /* in choices and in effects */
	size_t nnumber;                 /* the first ones have an order, and
	                                 * smooth effects */
};

static const struct shape shapes[] = {
	{ 2, 20, 0.0, 0.0, 0.05, false, 0 },
	{ 3, 6, 0.5, 0.5, 0.15, false, 0 },
	{ 4, 6, 0.0, 0.0, 0.10, false, 0 },
	{ 4, 10, 1.0, 0.5, 0.05, false, 0 },
	{ 5, 10, 2.0, 0.5, 0.05, false, 0 },
	{ 6, 5, 1.0, 1.0, 0.15, false, 0 },
	{ 6, 10, 0.5, 0.4, 0.05, false, 0 },
	{ 6, 16, 1.0, 1.0, 0.01, true, 0 },
	{ 8, 2, 0.5, 1.0, 0.05, false, 0 },
	{ 8, 4, 0.5, 0.5, 0.10, true, 0 },
	{ 8, 10, 0.0, 0.0, 0.05, false, 0 },
	{ 8, 10, 0.5, 0.4, 0.03, false, 0 },
	{ 8, 12, 0.7, 0.5, 0.08, true, 0 },
	{ 8, 20, 0.5, 0.5, 0.05, false, 0 },
};

/* With order: all numbers, or some among categories. */
static const struct shape ordered[] = {
	{ 1, 20, 0.0, 0.0, 0.10, false, 1 },
	{ 2, 11, 0.0, 0.0, 0.05, false, 2 },
	{ 2, 11, 0.5, 1.0, 0.05, false, 2 },
	{ 3, 4, 0.5, 1.0, 0.10, false, 1 },
	{ 4, 11, 0.0, 0.0, 0.05, false, 4 },
	{ 4, 11, 0.5, 1.0, 0.05, false, 2 },
	{ 4, 6, 0.5, 0.5, 0.10, false, 1 },
	{ 6, 11, 0.5, 0.5, 0.05, false, 3 },
	{ 6, 20, 0.5, 0.5, 0.10, false, 6 },
	{ 8, 11, 0.5, 0.5, 0.05, false, 2 },
};

enum {
	NSHAPE = sizeof shapes / sizeof *shapes,
	NORDERED = sizeof ordered / sizeof *ordered
};

static const struct contender {
	const char *name;
	struct surrogate_options option;
	bool blind;                     /* is not told of the order */
} contenders[] = {
	{ "linear", { .kind = SURROGATE_LINEAR }, false },
	{ "tpe", { .kind = SURROGATE_TPE }, false },
	{ "optuna", { .kind = SURROGATE_TPE, .optuna = true }, false },
	{ "random", { .kind = SURROGATE_RANDOM }, false },
	{ "linear, blind", { .kind = SURROGATE_LINEAR }, true },
	{ "tpe, blind", { .kind = SURROGATE_TPE }, true },
};

enum { NCONTENDER = sizeof contenders / sizeof *contenders };

/* Those that know of no order are told apart only where there is one. */
enum { NSIGHTED = 4 };

static double file_noise[SEEDS][TRIALS];
static double places[CHOICES];

static double
raw(const struct land *l, const unsigned *x)
{
	double sum = 0, pairs = 0;
	size_t i;

	for (i = 0; i < l->space.nvar; i++)
		sum += l->add[i][x[i]];
	for (i = 0; i < l->npair; i++)
		pairs += l->pair[i].w[x[l->pair[i].i]][x[l->pair[i].j]];
	return sum / (double)l->space.nvar + l->pair_weight * pairs;
}

static double
truth(const struct land *l, const unsigned *x)
{
	return (raw(l, x) - l->lo) / (l->hi - l->lo);
}

/* The largest value of sign * raw that 400 coordinate ascents find. */
static double
extreme(const struct land *l, struct rng *r, double sign)
{
	double top = -INFINITY, best, v;
	unsigned x[VARS], c, was;
	size_t t, i;
	bool moved;

	for (t = 0; t < 400; t++) {
		space_draw(&l->space, r, x);
		best = sign * raw(l, x);
		do {
			moved = false;
			for (i = 0; i < l->space.nvar; i++) {
				was = x[i];
				for (c = 0; c < l->var[i].nchoice; c++) {
					x[i] = c;
					v = sign * raw(l, x);
					if (v > best + 1e-12) {
						best = v;
						was = c;
						moved = true;
					}
				}
				x[i] = was;
			}
		} while (moved);
		top = fmax(top, best);
	}
	return top;
}

static void
finish(struct land *l, struct rng *r)
{
	size_t i;

	l->space.var = l->var;
	for (i = 0; i < l->space.nvar; i++) {
		l->blind[i] = l->var[i];
		l->blind[i].at = NULL;
	}
	l->unordered = (struct space){ l->blind, l->space.nvar };
	l->hi = extreme(l, r, 1);
	l->lo = -extreme(l, r, -1);
}

static void
fill_pair(struct pair *p, struct rng *r, double dense)
{
	size_t a, b;

	for (a = 0; a < CHOICES; a++)
		for (b = 0; b < CHOICES; b++)
			p->w[a][b] = rng_unit(r) < dense ?
			    2 * rng_unit(r) - 1 : 0;
}

/* A value for each place on a line: two waves, at most one and a half times
 * up and down over the whole. */
static void
smooth(struct rng *r, double *v, size_t stride, size_t n, double size)
{
	double wave[2][3];
	size_t i, k;

	for (k = 0; k < 2; k++) {
		wave[k][0] = 0.5 * rng_normal(r);
		wave[k][1] = 1.5 * rng_unit(r);
		wave[k][2] = rng_unit(r);
	}
	for (i = 0; i < n; i++) {
		v[i * stride] = 0;
		for (k = 0; k < 2; k++)
			v[i * stride] += size * wave[k][0] * cos(2 * acos(-1) *
			    (wave[k][1] * (double)i / (double)(n - 1) +
			    wave[k][2]));
	}
}

/* Of two numbers: the product of two lines. */
static void
smooth_pair(struct pair *p, struct rng *r)
{
	double a[CHOICES], b[CHOICES];
	size_t i, j;

	smooth(r, a, 1, CHOICES, 1);
	smooth(r, b, 1, CHOICES, 1);
	for (i = 0; i < CHOICES; i++)
		for (j = 0; j < CHOICES; j++)
			p->w[i][j] = 2 * a[i] * b[j];
}

static void
make(struct land *l, const struct shape *s, uint64_t seed)
{
	struct rng *r = rng_new(seed);
	double size;
	size_t i, j;

	memset(l, 0, sizeof *l);
	snprintf(l->name, sizeof l->name, "%zu x %u, %zu numbers, pairs %.1f, "
	    "sd %.2f%s", s->nvar, s->nchoice, s->nnumber, s->pairs, s->sd,
	    s->uneven ? ", uneven" : "");
	l->sd = s->sd;
	l->space.nvar = s->nvar;
	for (i = 0; i < s->nvar; i++) {
		l->var[i].name = "v";
		l->var[i].nchoice = s->uneven ?
		    2 + (unsigned)rng_below(r, s->nchoice - 1) : s->nchoice;
		size = s->uneven ? 2 * pow(rng_unit(r), 2) : 1;
		for (j = 0; j < CHOICES; j++)
			l->add[i][j] = size * rng_unit(r);
		if (i >= s->nnumber)
			continue;
		l->var[i].at = places;
		smooth(r, l->add[i], 1, l->var[i].nchoice, 1);
	}
	for (i = 0; s->pairs > 0 && i < s->nvar; i++) {
		for (j = i + 1; j < s->nvar; j++) {
			if (s->uneven ? rng_unit(r) > 0.4 : j > i + 1)
				continue;
			l->pair[l->npair].i = (unsigned)i;
			l->pair[l->npair].j = (unsigned)j;
			fill_pair(&l->pair[l->npair++], r, s->dense);
			if (j < s->nnumber)
				smooth_pair(&l->pair[l->npair - 1], r);
		}
	}
	l->pair_weight = s->pairs / (double)(l->npair ? l->npair : 1);
	finish(l, r);
	rng_free(r);
}

/* ---- the landscape of a file ---- */

static cJSON *
load(const char *path)
{
	FILE *f = fopen(path, "rb");
	static char text[1 << 20];
	cJSON *v = NULL;

	if (f) {
		text[fread(text, 1, sizeof text - 1, f)] = '\0';
		fclose(f);
		v = cJSON_Parse(text);
	}
	if (!v) {
		fprintf(stderr, "bench_tpe: %s: no JSON\n", path);
		exit(2);
	}
	return v;
}

static double
number(const cJSON *o, const char *name, double fallback)
{
	const cJSON *v = cJSON_GetObjectItem(o, name);

	return cJSON_IsNumber(v) ? v->valuedouble : fallback;
}

/* Copies the numbers of a list; gives how many. */
static size_t
numbers(const cJSON *list, double *out, size_t most)
{
	const cJSON *v;
	size_t n = 0;

	cJSON_ArrayForEach(v, list)
		if (n < most)
			out[n++] = v->valuedouble;
	return n;
}

static void
load_land(struct land *l, const char *objective, const char *noise)
{
	cJSON *o = load(objective), *rows = load(noise);
	struct rng *r = rng_new(1);
	const cJSON *v, *w;
	size_t n = 0, k;

	memset(l, 0, sizeof *l);
	snprintf(l->name, sizeof l->name, "the file's");
	l->sd = number(o, "noise_sd", 0.05);
	cJSON_ArrayForEach(v, cJSON_GetObjectItem(o, "add")) {
		if (n == VARS)
			break;
		l->var[n].name = "v";
		l->var[n].nchoice = (unsigned)numbers(v, l->add[n], CHOICES);
		n++;
	}
	l->space.nvar = n;
	cJSON_ArrayForEach(v, cJSON_GetObjectItem(o, "pair")) {
		struct pair *p = &l->pair[l->npair];

		if (l->npair == PAIRS)
			break;
		p->i = (unsigned)number(v, "i", 0);
		p->j = (unsigned)number(v, "j", 0);
		k = 0;
		cJSON_ArrayForEach(w, cJSON_GetObjectItem(v, "w"))
			if (k < CHOICES)
				numbers(w, p->w[k++], CHOICES);
		l->npair++;
	}
	l->pair_weight = number(o, "pair_weight", 0.5) /
	    (double)(l->npair ? l->npair : 1);
	n = 0;
	cJSON_ArrayForEach(v, cJSON_GetObjectItem(rows, "noise"))
		if (n < SEEDS)
			numbers(v, file_noise[n++], TRIALS);
	finish(l, r);
	rng_free(r);
	cJSON_Delete(o);
	cJSON_Delete(rows);
}

/* ---- runs ---- */

struct result {
	double seen[MARKS], observed[MARKS], advised[MARKS];
};

static size_t
mark_of(size_t trial)
{
	return trial == 30 ? 0 : trial == 50 ? 1 : trial == 100 ? 2 : MARKS;
}

/* One search; adds its results, divided by the number of searches. */
static void
search(const struct land *l, const struct contender *c, uint64_t seed,
    const double *noise, size_t runs, struct result *sum)
{
	struct surrogate *s = surrogate_new(c->blind ? &l->unordered :
	    &l->space, seed, &c->option);
	struct rng *r = rng_new(rng_child(seed, "noise", 0));
	double seen = -INFINITY, high = -INFINITY, its = 0, v, got;
	unsigned x[VARS];
	size_t t, k;

	for (t = 0; t < TRIALS; t++) {
		if (surrogate_ask(s, x) == SURROGATE_NOMEM)
			abort();
		v = truth(l, x);
		got = v + (noise ? noise[t] : l->sd * rng_normal(r));
		surrogate_tell(s, x, got, 1);
		seen = fmax(seen, v);
		if (got > high) {
			high = got;
			its = v;
		}
		k = mark_of(t + 1);
		if (k == MARKS)
			continue;
		surrogate_best(s, x, NULL);
		sum->seen[k] += seen / (double)runs;
		sum->observed[k] += its / (double)runs;
		sum->advised[k] += truth(l, x) / (double)runs;
	}
	surrogate_free(s);
	rng_free(r);
}

static void
print(const char *name, const char *who, const struct result *r)
{
	printf("%-42s %-13s %.3f %.3f %.3f   %.3f %.3f %.3f   %.3f %.3f %.3f\n",
	    name, who, r->seen[0], r->seen[1], r->seen[2], r->observed[0],
	    r->observed[1], r->observed[2], r->advised[0], r->advised[1],
	    r->advised[2]);
}

static void
accumulate(struct result *to, const struct result *r, double n)
{
	size_t k;

	for (k = 0; k < MARKS; k++) {
		to->seen[k] += r->seen[k] / n;
		to->observed[k] += r->observed[k] / n;
		to->advised[k] += r->advised[k] / n;
	}
}

static void
compare(const struct land *l, size_t runs, size_t n, bool from_file,
    struct result mean[NCONTENDER], double nmean)
{
	struct result r;
	size_t i, k;

	for (i = 0; i < n; i++) {
		memset(&r, 0, sizeof r);
		for (k = 0; k < runs; k++)
			search(l, &contenders[i], k, from_file ?
			    file_noise[k % SEEDS] : NULL, runs, &r);
		print(l->name, contenders[i].name, &r);
		if (mean)
			accumulate(&mean[i], &r, nmean);
	}
}

static double
cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Of one ask and tell, as a mean over the last 50 before each mark. */
static void
time_one(const struct land *l, const struct contender *c)
{
	static const size_t mark[] = { 100, 300, 1000, 3000 };
	struct surrogate *s = surrogate_new(&l->space, 1, &c->option);
	struct rng *r = rng_new(1);
	double begun = cpu_ms(), all = begun;
	unsigned x[VARS];
	size_t t, k = 0;

	printf("%-8s", c->name);
	for (t = 1; k < sizeof mark / sizeof *mark; t++) {
		if (t + 49 == mark[k])
			begun = cpu_ms();
		surrogate_ask(s, x);
		surrogate_tell(s, x, truth(l, x) + l->sd * rng_normal(r), 1);
		if (t == mark[k]) {
			printf("  %.3f (%.3f)", (cpu_ms() - begun) / 50,
			    (cpu_ms() - all) / (double)t);
			k++;
		}
	}
	putchar('\n');
	surrogate_free(s);
	rng_free(r);
}

int
main(int argc, char **argv)
{
	static struct result mean[NCONTENDER], line[NCONTENDER];
	static struct land l;
	size_t runs = SEEDS, i;
	int arg = 1;

	if (argc > 2 && strcmp(argv[1], "-s") == 0) {
		runs = (size_t)strtoul(argv[2], NULL, 10);
		arg = 3;
	}
	for (i = 0; i < CHOICES; i++)
		places[i] = (double)i;
	printf("%-56s best seen 30 50 100  best observed       recommended\n",
	    "landscape");
	if (argc == arg + 2) {
		load_land(&l, argv[arg], argv[arg + 1]);
		compare(&l, runs, NSIGHTED, true, NULL, 1);
	}
	for (i = 0; i < NSHAPE; i++) {
		make(&l, &shapes[i], 100 + i);
		compare(&l, runs, NSIGHTED, false, mean, NSHAPE);
	}
	for (i = 0; i < NSIGHTED; i++)
		print("mean of those without order", contenders[i].name,
		    &mean[i]);
	for (i = 0; i < NORDERED; i++) {
		make(&l, &ordered[i], 200 + i);
		compare(&l, runs, NCONTENDER, false, line, NORDERED);
	}
	for (i = 0; i < NCONTENDER; i++)
		print("mean of those with order", contenders[i].name,
		    &line[i]);
	printf("\nCPU of ask + tell at 100, 300, 1000, 3000 trials, ms (mean "
	    "of all so far)\n");
	make(&l, &shapes[6], 106);
	for (i = 0; i < NSIGHTED; i++)
		time_one(&l, &contenders[i]);
	return 0;
}
