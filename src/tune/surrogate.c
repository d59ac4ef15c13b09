/* Ask and tell: start, repeats and exhaustion, alike for all surrogates.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "tune/surrogate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tune/model.h"
#include "tune/rng.h"

struct surrogate {
	struct surrogate_options option;
	const struct space *space;
	struct pool pool;
	struct rng *rng;
	size_t ntold, nasked;
	unsigned *start;                /* the first points, spread */
	union {
#define MODEL_MEMBER(name, word, prefix, text) struct prefix *prefix;
		SURROGATE_MAP(MODEL_MEMBER)
#undef MODEL_MEMBER
	} model;
};

bool
surrogate_kind(const char *word, enum surrogate_kind *k)
{
#define MODEL_KIND(name, known, prefix, text) \
	if (strcmp(word, known) == 0) { \
		*k = SURROGATE_##name; \
		return true; \
	}
	SURROGATE_MAP(MODEL_KIND)
#undef MODEL_KIND
	return false;
}

/* How many points are spread before the surrogate decides: enough to see the
 * choices of a typical variable once, no more than a third of the trials. */
static size_t
startup_of(const struct space *s, const struct surrogate_options *o)
{
	size_t n = 10;

	if (o->startup > 0)
		return o->startup;
	if (o->optuna)
		return n;
	if (o->trials > 0 && n > o->trials / 3)
		n = o->trials / 3;
	n = space_size(s, n);
	return n > 0 ? n : 1;
}

/* Latin hypercube: down each column every choice comes once before any comes
 * twice (McKay, Beckman, Conover, Technometrics 21:2, 1979). */
static bool
spread(struct surrogate *s)
{
	size_t width = s->space->nvar, rows = s->option.startup, i, t, most = 1;
	size_t *order;

	for (i = 0; i < width; i++)
		if (s->space->var[i].nchoice > most)
			most = s->space->var[i].nchoice;
	if (rows > 1000000 / (width + 1))
		return false;
	s->start = calloc(rows * width + 1, sizeof *s->start);
	order = malloc(most * sizeof *order);
	if (!s->start || !order) {
		free(order);
		return false;
	}
	for (i = 0; i < width; i++) {
		size_t n = s->space->var[i].nchoice;

		for (t = 0; t < n; t++)
			order[t] = t;
		for (t = 0; t < rows; t++) {
			if (t % n == 0)
				rng_shuffle(s->rng, order, n);
			s->start[t * width + i] = (unsigned)order[t % n];
		}
	}
	free(order);
	return true;
}

static bool
model_new(struct surrogate *s)
{
	switch (s->option.kind) {
#define MODEL_NEW(name, word, prefix, text) \
	case SURROGATE_##name: \
		s->model.prefix = prefix##_new(&s->pool, &s->option); \
		return s->model.prefix != NULL;
	SURROGATE_MAP(MODEL_NEW)
#undef MODEL_NEW
	case SURROGATE_NKIND:
		break;
	}
	return false;
}

static void
model_free(struct surrogate *s)
{
	switch (s->option.kind) {
#define MODEL_FREE(name, word, prefix, text) \
	case SURROGATE_##name: \
		prefix##_free(s->model.prefix); \
		break;
	SURROGATE_MAP(MODEL_FREE)
#undef MODEL_FREE
	case SURROGATE_NKIND:
		break;
	}
}

static bool
model_tell(struct surrogate *s, size_t index, double value, double weight)
{
	switch (s->option.kind) {
#define MODEL_TELL(name, word, prefix, text) \
	case SURROGATE_##name: \
		return prefix##_tell(s->model.prefix, index, value, weight);
	SURROGATE_MAP(MODEL_TELL)
#undef MODEL_TELL
	case SURROGATE_NKIND:
		break;
	}
	return false;
}

static bool
model_ask(struct surrogate *s, unsigned *x)
{
	switch (s->option.kind) {
#define MODEL_ASK(name, word, prefix, text) \
	case SURROGATE_##name: \
		return prefix##_ask(s->model.prefix, s->rng, x);
	SURROGATE_MAP(MODEL_ASK)
#undef MODEL_ASK
	case SURROGATE_NKIND:
		break;
	}
	return false;
}

static double
model_mean(struct surrogate *s, size_t index)
{
	switch (s->option.kind) {
#define MODEL_MEAN(name, word, prefix, text) \
	case SURROGATE_##name: \
		return prefix##_mean(s->model.prefix, index);
	SURROGATE_MAP(MODEL_MEAN)
#undef MODEL_MEAN
	case SURROGATE_NKIND:
		break;
	}
	return 0;
}

struct surrogate *
surrogate_new(const struct space *space, uint64_t seed,
    const struct surrogate_options *o)
{
	struct surrogate *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	if (o)
		s->option = *o;
	s->space = space;
	s->option.startup = startup_of(space, &s->option);
	pool_init(&s->pool, space);
	s->rng = rng_new(rng_child(seed, "surrogate", 0));
	if (!s->rng || !spread(s) || !model_new(s)) {
		surrogate_free(s);
		return NULL;
	}
	return s;
}

void
surrogate_free(struct surrogate *s)
{
	if (!s)
		return;
	model_free(s);
	pool_release(&s->pool);
	rng_free(s->rng);
	free(s->start);
	free(s);
}

static enum surrogate_asked
known_or_not(const struct surrogate *s, const unsigned *x)
{
	return pool_find(&s->pool, x) == s->pool.n ? SURROGATE_FRESH :
	    SURROGATE_REPEAT;
}

/* The preset: nothing but what Optuna would do. */
static enum surrogate_asked
ask_plain(struct surrogate *s, unsigned *x)
{
	if (s->ntold < s->option.startup)
		space_draw(s->space, s->rng, x);
	else if (!model_ask(s, x))
		return SURROGATE_NOMEM;
	return known_or_not(s, x);
}

enum surrogate_asked
surrogate_ask(struct surrogate *s, unsigned *x)
{
	size_t width = s->space->nvar, at;

	if (s->option.optuna)
		return ask_plain(s, x);
	if (s->pool.n >= space_size(s->space, s->pool.n + 1)) {
		at = pool_again(&s->pool);
		memcpy(x, pool_at(&s->pool, at), width * sizeof *x);
		return SURROGATE_REPEAT;
	}
	while (s->nasked < s->option.startup) {
		memcpy(x, s->start + s->nasked++ * width, width * sizeof *x);
		if (known_or_not(s, x) == SURROGATE_FRESH)
			return SURROGATE_FRESH;
	}
	if (s->pool.n > 0 && !model_ask(s, x))
		return SURROGATE_NOMEM;
	if ((s->pool.n == 0 || known_or_not(s, x) == SURROGATE_REPEAT) &&
	    !pool_unknown(&s->pool, s->rng, x))
		return SURROGATE_NOMEM;
	return SURROGATE_FRESH;
}

bool
surrogate_tell(struct surrogate *s, const unsigned *x, double value,
    double weight)
{
	size_t at;

	if (!isfinite(value) || !isfinite(weight) || weight <= 0)
		return false;
	if (!space_has(s->space, x) ||
	    !pool_add(&s->pool, x, value, weight, &at))
		return false;
	s->ntold++;
	return model_tell(s, at, value, weight);
}

bool
surrogate_best(struct surrogate *s, unsigned *x, double *value)
{
	double mean, top = 0;
	size_t i, best = 0;

	for (i = 0; i < s->pool.n; i++) {
		mean = model_mean(s, i);
		if (i > 0 && !(mean > top))
			continue;
		best = i;
		top = mean;
	}
	if (s->pool.n == 0)
		return false;
	memcpy(x, pool_at(&s->pool, best), s->space->nvar * sizeof *x);
	if (value)
		*value = top;
	return true;
}

const struct pool *
surrogate_pool(const struct surrogate *s)
{
	return &s->pool;
}
