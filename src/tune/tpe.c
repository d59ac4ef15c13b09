/* The tree-structured Parzen estimator: draws where good points are dense and
 * others are rare.
 *
 * Bergstra, Bardenet, Bengio, Kegl, "Algorithms for hyper-parameter
 * optimization", NIPS 2011; joint densities over all variables as in Falkner,
 * Klein, Hutter, "BOHB", ICML 2018.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tune/model.h"
#include "tune/rng.h"

enum {
	GOOD_MAX = 25,                  /* a larger good part says no more */
	RECENT = 25,                    /* preset: newest that count in full */
	CANDIDATES = 24,
	REDRAW = 8                      /* draws per candidate that is known */
};

/* A mixture of products, one component for each observation and the prior. */
struct parzen {
	size_t n;                       /* components, the prior last */
	size_t *at;                     /* observation; not of the prior */
	double *cumulative;             /* weights, normalised and summed up */
	double *weight;
	double *table;                  /* per variable nchoice + 1 rows of
	                                 * nchoice probabilities, the prior's
	                                 * row last */
};

/* An observation is a known point, or in the preset a single tell. */
struct seen {
	size_t point;
	double value, weight;
};

struct tpe {
	const struct pool *pool;
	struct surrogate_options option;
	struct seen *seen;
	size_t nseen, cap;
	size_t *order;                  /* best first, then oldest first */
	bool *is_good;
	size_t *base;                   /* where a variable's table starts */
	struct parzen good, rest;
	unsigned *draw;
};

static bool
parzen_grow(struct parzen *p, size_t cap)
{
	void *q;

	if (!(q = realloc(p->at, (cap + 1) * sizeof *p->at)))
		return false;
	p->at = q;
	if (!(q = realloc(p->weight, (cap + 1) * sizeof *p->weight)))
		return false;
	p->weight = q;
	if (!(q = realloc(p->cumulative, (cap + 1) * sizeof *p->weight)))
		return false;
	p->cumulative = q;
	return true;
}

static void
parzen_release(struct parzen *p)
{
	free(p->at);
	free(p->weight);
	free(p->cumulative);
	free(p->table);
}

static bool
grow(struct tpe *m)
{
	size_t cap = m->cap ? 2 * m->cap : 64;
	void *q;

	if (!(q = realloc(m->seen, cap * sizeof *m->seen)))
		return false;
	m->seen = q;
	if (!(q = realloc(m->order, cap * sizeof *m->order)))
		return false;
	m->order = q;
	if (!(q = realloc(m->is_good, cap * sizeof *m->is_good)))
		return false;
	m->is_good = q;
	if (!parzen_grow(&m->good, cap) || !parzen_grow(&m->rest, cap))
		return false;
	m->cap = cap;
	return true;
}

struct tpe *
tpe_new(const struct pool *p, const struct surrogate_options *o)
{
	const struct space *s = p->space;
	struct tpe *m = calloc(1, sizeof *m);
	size_t i, size = 0;

	if (!m)
		return NULL;
	m->pool = p;
	m->option = *o;
	if (!(m->option.gamma > 0))
		m->option.gamma = 0.1;
	if (m->option.candidates == 0)
		m->option.candidates = CANDIDATES;
	if (!(m->option.prior_weight > 0))
		m->option.prior_weight = 1;
	m->base = malloc((s->nvar + 1) * sizeof *m->base);
	m->draw = malloc((s->nvar + 1) * sizeof *m->draw);
	for (i = 0; m->base && i < s->nvar; i++) {
		m->base[i] = size;
		size += (s->var[i].nchoice + (size_t)1) * s->var[i].nchoice;
	}
	m->good.table = malloc((size + 1) * sizeof *m->good.table);
	m->rest.table = malloc((size + 1) * sizeof *m->rest.table);
	if (!m->base || !m->draw || !m->good.table || !m->rest.table ||
	    !grow(m)) {
		tpe_free(m);
		return NULL;
	}
	return m;
}

void
tpe_free(struct tpe *m)
{
	if (!m)
		return;
	parzen_release(&m->good);
	parzen_release(&m->rest);
	free(m->seen);
	free(m->order);
	free(m->is_good);
	free(m->base);
	free(m->draw);
	free(m);
}

bool
tpe_tell(struct tpe *m, size_t index, double value, double weight)
{
	size_t at = m->nseen, i;

	if (!m->option.optuna) {
		at = index;
		value = m->pool->known[at].mean;
		weight = m->pool->known[at].weight;
	} else {
		weight = 1;
	}
	if (at == m->cap && !grow(m))
		return false;
	if (at < m->nseen) {            /* takes it out of the order */
		for (i = 0; m->order[i] != at; i++)
			;
		memmove(m->order + i, m->order + i + 1,
		    (m->nseen - i - 1) * sizeof *m->order);
	} else {
		m->nseen++;
	}
	m->seen[at].point = index;
	m->seen[at].value = value;
	m->seen[at].weight = weight;
	for (i = m->nseen - 1; i > 0; i--) {
		const struct seen *s = &m->seen[m->order[i - 1]];

		if (s->value > value ||
		    (s->value >= value && m->order[i - 1] < at))
			break;
		m->order[i] = m->order[i - 1];
	}
	m->order[i] = at;
	return true;
}

/* One row: the probabilities of the choices of a category, given the one that
 * was seen; `share` is the prior's part in each component.  With seen =
 * nchoice the row is the prior's. */
static void
row_category(double *row, unsigned nchoice, unsigned seen, double share)
{
	double sum = seen < nchoice ? nchoice * share + 1 : nchoice;
	unsigned c;

	for (c = 0; c < nchoice; c++)
		row[c] = (seen == nchoice ? 1 : share + (c == seen)) / sum;
}

/* The same of a number's choice: a Gaussian, cut off half a step beyond the
 * ends.  `width` is a part of all that; the prior's is the whole. */
static void
row_number(double *row, const struct space_var *v, unsigned seen,
    double width)
{
	double n = v->nchoice, middle = 0.5, sum = 0;
	unsigned c;

	if (seen < v->nchoice)
		middle = space_distance(v, 0, seen);
	else
		width = 1;
	width *= n > 1 ? n / (n - 1) : 1;
	for (c = 0; c < v->nchoice; c++) {
		row[c] = exp(-0.5 * pow((space_distance(v, 0, c) - middle) /
		    width, 2));
		sum += row[c];
	}
	for (c = 0; c < v->nchoice; c++)
		row[c] /= sum;
}

/* Weighs and tabulates the components gathered in p->at. */
static void
parzen_build(struct tpe *m, struct parzen *p)
{
	const struct space *s = m->pool->space;
	double n = (double)p->n, sum = 0, mean = 0, width, age;
	size_t i, nvar = s->nvar;
	unsigned c, k;

	for (i = 0; i < p->n; i++)
		mean += m->seen[p->at[i]].weight / n;
	for (i = 0; i < p->n; i++) {
		p->weight[i] = m->seen[p->at[i]].weight / mean;
		if (m->option.optuna && p->n >= RECENT &&
		    i < p->n - RECENT) {
			age = p->n - RECENT > 1 ? (double)i /
			    (double)(p->n - RECENT - 1) : 0;
			p->weight[i] = 1 / n + age * (1 - 1 / n);
		}
	}
	p->weight[p->n++] = m->option.prior_weight;
	for (i = 0; i < p->n; i++)
		sum += p->weight[i];
	for (i = 0; i < p->n; i++) {
		p->weight[i] /= sum;
		p->cumulative[i] = (i > 0 ? p->cumulative[i - 1] : 0) +
		    p->weight[i];
	}
	for (i = 0; i < nvar; i++) {
		k = s->var[i].nchoice;
		width = 0.2 * pow(n > 1 ? n : 1, -1 / ((double)nvar + 4));
		width = fmax(width, 1 / fmin(100, 2 + n));
		for (c = 0; c <= k; c++) {
			double *row = p->table + m->base[i] + c * (size_t)k;

			if (s->var[i].at)
				row_number(row, &s->var[i], c, width);
			else
				row_category(row, k, c,
				    m->option.prior_weight / (n + 1));
		}
	}
}

static const double *
parzen_row(const struct tpe *m, const struct parzen *p, size_t component,
    size_t var)
{
	size_t k = m->pool->space->var[var].nchoice, seen = k;

	if (component + 1 < p->n)
		seen = pool_at(m->pool, m->seen[p->at[component]].point)[var];
	return p->table + m->base[var] + seen * k;
}

static double
parzen_log(const struct tpe *m, const struct parzen *p, const unsigned *x)
{
	size_t nvar = m->pool->space->nvar, j, i;
	double sum = 0, one;

	for (j = 0; j < p->n; j++) {
		one = p->weight[j];
		for (i = 0; i < nvar; i++)
			one *= parzen_row(m, p, j, i)[x[i]];
		sum += one;
	}
	return log(sum);
}

/* All variables from one component. */
static void
parzen_draw(const struct tpe *m, const struct parzen *p, struct rng *r,
    unsigned *x)
{
	const struct space *s = m->pool->space;
	double u = rng_unit(r), left;
	const double *row;
	size_t j, i;
	unsigned c;

	for (j = 0; j + 1 < p->n && u >= p->cumulative[j]; j++)
		;
	for (i = 0; i < s->nvar; i++) {
		row = parzen_row(m, p, j, i);
		left = rng_unit(r);
		for (c = 0; c + 1 < s->var[i].nchoice && left >= row[c]; c++)
			left -= row[c];
		x[i] = c;
	}
}

/* The best of the observations are good, the others are the rest; inside each
 * part they stand in the order of their arrival. */
static void
split(struct tpe *m)
{
	size_t n = (size_t)ceil(m->option.gamma * (double)m->nseen), i;

	if (n > GOOD_MAX)
		n = GOOD_MAX;
	for (i = 0; i < m->nseen; i++)
		m->is_good[m->order[i]] = i < n;
	m->good.n = m->rest.n = 0;
	for (i = 0; i < m->nseen; i++) {
		struct parzen *p = m->is_good[i] ? &m->good : &m->rest;

		p->at[p->n++] = i;
	}
	parzen_build(m, &m->good);
	parzen_build(m, &m->rest);
}

bool
tpe_ask(struct tpe *m, struct rng *r, unsigned *x)
{
	size_t nvar = m->pool->space->nvar;
	double top = 0, score;
	unsigned i, left = REDRAW * m->option.candidates;
	bool any = false;

	split(m);
	for (i = 0; i < m->option.candidates; i++) {
		parzen_draw(m, &m->good, r, m->draw);
		while (!m->option.optuna && left > 0 &&
		    pool_find(m->pool, m->draw) < m->pool->n) {
			parzen_draw(m, &m->good, r, m->draw);
			left--;
		}
		score = parzen_log(m, &m->good, m->draw) -
		    parzen_log(m, &m->rest, m->draw);
		if (any && !(score > top))
			continue;
		any = true;
		top = score;
		memcpy(x, m->draw, nvar * sizeof *x);
	}
	return true;
}

/* It expects what was measured: densities say nothing about the value. */
double
tpe_mean(struct tpe *m, size_t index)
{
	return m->pool->known[index].mean;
}
