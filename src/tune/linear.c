/* A Bayesian linear model of the score: each choice of a variable has an
 * effect, each pair of choices of two variables another, all of them normal
 * before anything is measured.  The next point is where a draw from their
 * posterior is highest.
 *
 * That is Thompson sampling (Russo, Van Roy, Kazerouni, Osband, Wen, "A
 * tutorial on Thompson sampling", 2018) with pairs as in Baptista, Poloczek,
 * "Bayesian optimization of combinatorial structures", ICML 2018.  Effects
 * are far more than measurements, so the posterior is computed in the space
 * of the measurements, as a Gaussian process whose covariance counts the
 * variables and pairs in which two points agree (Rasmussen, Williams, 2006,
 * sections 2.1, 2.2, 2.7 for the unknown mean, 5.4.1 for the likelihood), and
 * drawn from by Matheron's rule (Wilson et al., "Efficiently sampling
 * functions from Gaussian process posteriors", ICML 2020).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tune/model.h"
#include "tune/rng.h"

enum {
	ROW_MAX = 384,                  /* a solve costs its square */
	ROW_KEEP = 192,                 /* after thinning; well above what the
	                                 * fit has seen */
	FIT_FIRST = 5,                  /* fewer rows say nothing of shares */
	FIT_MAX = 200,                  /* shares are settled by then */
	CLIMBS = 8,
	DUELS = 5                       /* known points that compete to be the
	                                 * start of a climb */
};

/* Draws deviate from the mean by half of what Thompson's rule has.  Trials
 * are tens while effects are hundreds: the full deviation never comes to use
 * what it has learnt.  Measured by bench_tpe: 0.25 to 0.5 are alike, 1 is
 * worse at every budget up to 100. */
static const double TEMPER = 0.5;

/* Neighbouring choices of a number are alike: the correlation falls to 1/e
 * over this part of the range. */
static const double REACH = 1.0 / 3;

/* One measurement.  Repeats of a point are rows of their own, which comes to
 * the same as pooling, until the rows are thinned. */
struct row {
	size_t point;
	double value, weight;
};

/* The variance of the true score is scale * (main + pair + rest), shared
 * evenly among variables and among pairs; `rest` is what is particular to a
 * point.  The noise of a row of average weight is scale * noise. */
struct shares {
	double main, pair, rest, noise;
};

struct linear {
	const struct pool *pool;
	const struct space *space;
	size_t nvar;
	double nth_var, nth_pair;       /* 1 / number of variables, of pairs */
	size_t *base;                   /* nvar * nvar tables: effects of i at
	                                 * [i][i], of the pair at [i][j] */
	size_t neffect;
	double *alike;                  /* by effect of a number's choice: its
	                                 * correlation with the one below */
	double *effect, *gain;          /* tables: a draw or the mean, and
	                                 * what the data add to it */
	bool is_mean;                   /* `effect` and `solved` are up to date
	                                 * and hold the mean */
	struct row *row;
	size_t n, next_fit;
	struct shares share;
	double unit;                    /* average weight at the last fit */
	double mu, scale;
	double *factor;                 /* Cholesky, lower triangle by rows */
	double *ones, *values;          /* factor^-1 times 1, times values */
	double *solved;
	unsigned *draw;
};

static double
correlation(const struct space_var *v, unsigned a, unsigned b)
{
	return exp(-space_distance(v, a, b) / REACH);
}

/* Notes how alike neighbouring choices of variable `i` are. */
static void
relate(struct linear *m, size_t i)
{
	const struct space_var *v = &m->space->var[i];
	double *alike = m->alike + m->base[i * m->nvar + i];
	unsigned c;

	for (c = 1; v->at && c < v->nchoice; c++)
		alike[c] = correlation(v, c - 1, c);
}

struct linear *
linear_new(const struct pool *p, const struct surrogate_options *o)
{
	struct linear *m = calloc(1, sizeof *m);
	size_t n = p->space->nvar, i, j;

	(void)o;
	if (!m)
		return NULL;
	m->pool = p;
	m->space = p->space;
	m->nvar = n;
	m->nth_var = n > 0 ? 1 / (double)n : 0;
	m->nth_pair = n > 1 ? 2 / ((double)n * (double)(n - 1)) : 0;
	m->share = (struct shares){ 0.65, 0.3, 0.05, 0.3 };
	m->unit = 1;
	m->next_fit = FIT_FIRST;
	m->base = calloc(n * n + 1, sizeof *m->base);
	for (i = 0; m->base && i < n; i++) {
		const struct space_var *v = &m->space->var[i];

		m->base[i * n + i] = m->neffect;
		m->neffect += v->nchoice;
		for (j = i + 1; j < n; j++) {
			m->base[i * n + j] = m->neffect;
			m->neffect += (size_t)v->nchoice *
			    m->space->var[j].nchoice;
		}
	}
	m->alike = calloc(m->neffect + 1, sizeof *m->alike);
	for (i = 0; m->alike && m->base && i < n; i++)
		relate(m, i);
	m->effect = calloc(m->neffect + 1, sizeof *m->effect);
	m->gain = calloc(m->neffect + 1, sizeof *m->gain);
	m->row = calloc(ROW_MAX, sizeof *m->row);
	m->factor = calloc(ROW_MAX * (ROW_MAX + 1) / 2, sizeof *m->factor);
	m->ones = calloc(3 * ROW_MAX, sizeof *m->ones);
	m->draw = calloc(n + 1, sizeof *m->draw);
	if (!m->alike || !m->base || !m->effect || !m->gain || !m->row ||
	    !m->factor || !m->ones || !m->draw) {
		linear_free(m);
		return NULL;
	}
	m->values = m->ones + ROW_MAX;
	m->solved = m->ones + 2 * ROW_MAX;
	return m;
}

void
linear_free(struct linear *m)
{
	if (!m)
		return;
	free(m->alike);
	free(m->base);
	free(m->effect);
	free(m->gain);
	free(m->row);
	free(m->factor);
	free(m->ones);
	free(m->draw);
	free(m);
}

/* ---- covariance of the measurements ---- */

static double
covariance(const struct linear *m, size_t p, size_t q)
{
	const unsigned *a = pool_at(m->pool, p), *b = pool_at(m->pool, q);
	double sum = 0, square = 0, one;
	size_t i;

	for (i = 0; i < m->nvar; i++) {
		if (a[i] == b[i])
			one = 1;
		else if (m->space->var[i].at)
			one = correlation(&m->space->var[i], a[i], b[i]);
		else
			continue;
		sum += one;
		square += one * one;
	}
	return m->share.main * m->nth_var * sum +
	    m->share.pair * m->nth_pair * 0.5 * (sum * sum - square) +
	    (p == q ? m->share.rest : 0);
}

static double
noise_of(const struct linear *m, const struct row *r)
{
	return m->share.noise * m->unit / r->weight;
}

static double
dot(const double *a, const double *b, size_t n)
{
	double s = 0;
	size_t i;

	for (i = 0; i < n; i++)
		s += a[i] * b[i];
	return s;
}

/* Extends factor, ones and values by row `i`. */
static void
factor_row(struct linear *m, size_t i)
{
	double *f = m->factor + i * (i + 1) / 2, sum;
	const double *g = m->factor;
	size_t j;

	for (j = 0; j < i; j++) {
		sum = covariance(m, m->row[i].point, m->row[j].point);
		f[j] = (sum - dot(f, g, j)) / g[j];
		g += j + 1;
	}
	sum = covariance(m, m->row[i].point, m->row[i].point) +
	    noise_of(m, &m->row[i]) - dot(f, f, i);
	f[i] = sqrt(fmax(sum, 1e-9));   /* positive but for rounding */
	m->ones[i] = (1 - dot(f, m->ones, i)) / f[i];
	m->values[i] = (m->row[i].value - dot(f, m->values, i)) / f[i];
}

static void
factor_all(struct linear *m)
{
	size_t i;

	for (i = 0; i < m->n; i++)
		factor_row(m, i);
}

/* b becomes covariance^-1 * b. */
static void
solve(const struct linear *m, double *b)
{
	const double *f = m->factor;
	size_t i, k;

	for (i = 0; i < m->n; i++) {
		b[i] = (b[i] - dot(f, b, i)) / f[i];
		f += i + 1;
	}
	for (i = m->n; i-- > 0;) {
		f -= i + 1;
		b[i] /= f[i];
		for (k = 0; k < i; k++)
			b[k] -= f[k] * b[i];
	}
}

/* The mean and the scale that fit best under the present shares. */
static void
locate(struct linear *m)
{
	double a = dot(m->ones, m->ones, m->n);
	double b = dot(m->ones, m->values, m->n);
	double c = dot(m->values, m->values, m->n);

	m->mu = b / a;
	m->scale = fmax(c - b * b / a, 0) / (double)(m->n > 1 ? m->n - 1 : 1);
}

/* The logarithm of the restricted marginal likelihood, plus that of a weak
 * prior: noise is about 0.3 of the variance, give or take a factor of 5. */
static double
evidence(struct linear *m, const struct shares *s)
{
	double sum = 0;
	size_t i;

	m->share = *s;
	factor_all(m);
	locate(m);
	for (i = 0; i < m->n; i++)
		sum += log(m->factor[i * (i + 1) / 2 + i]);
	return -sum - 0.5 * log(dot(m->ones, m->ones, m->n)) -
	    0.5 * (double)(m->n - 1) * log(m->scale) -
	    0.5 * pow(log(s->noise / 0.3) / 1.5, 2);
}

/* Chooses the shares from a grid. */
static void
fit(struct linear *m)
{
	static const double noise[] = { 0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6 };
	static const double pair[] = { 0.1, 0.3, 0.5, 0.7 };
	struct shares s, best = m->share;
	double top = -INFINITY, e, sum = 0;
	size_t i, j;

	for (i = 0; i < m->n; i++)
		sum += m->row[i].weight;
	m->unit = sum / (double)m->n;
	for (i = 0; i < sizeof pair / sizeof *pair; i++) {
		for (j = 0; j < sizeof noise / sizeof *noise; j++) {
			s.rest = best.rest;
			s.pair = pair[i] * (1 - s.rest);
			s.main = 1 - s.rest - s.pair;
			s.noise = noise[j];
			e = evidence(m, &s);
			if (e > top && m->scale > 0) {
				top = e;
				best = s;
			}
		}
	}
	m->share = best;
	factor_all(m);
}

static int
by_value(const void *a, const void *b)
{
	const struct row *p = a, *q = b;

	if (p->value > q->value || p->value < q->value)
		return p->value > q->value ? -1 : 1;
	return p->point < q->point ? -1 : p->point > q->point;
}

/* Pools the repeats; of more than ROW_KEEP points one half of the rows that
 * stay are the best ones, and the others are spread over all the ranks. */
static bool
thin(struct linear *m)
{
	size_t n = m->pool->n, half = ROW_KEEP / 2, i;
	struct row *all = malloc(n * sizeof *all);

	if (!all)
		return false;
	for (i = 0; i < n; i++) {
		all[i].point = i;
		all[i].value = m->pool->known[i].mean;
		all[i].weight = m->pool->known[i].weight;
	}
	if (n > ROW_KEEP) {
		qsort(all, n, sizeof *all, by_value);
		for (i = 0; i < half; i++)
			all[half + i] = all[half + i * (n - half) / half];
		n = ROW_KEEP;
	}
	memcpy(m->row, all, n * sizeof *all);
	m->n = n;
	free(all);
	factor_all(m);
	return true;
}

bool
linear_tell(struct linear *m, size_t index, double value, double weight)
{
	m->is_mean = false;
	if (m->n == ROW_MAX)            /* the pool has the new one already */
		return thin(m);
	m->row[m->n] = (struct row){ index, value, weight };
	factor_row(m, m->n++);
	if (m->n >= m->next_fit && m->n <= FIT_MAX) {
		fit(m);
		m->next_fit = m->n + (m->n + 7) / 8;
	}
	return true;
}

/* ---- tables of effects ---- */

/* The place of the effect of x[i], or of x[i] and x[j]; i <= j. */
static size_t
place(const struct linear *m, size_t i, size_t j, const unsigned *x)
{
	size_t base = m->base[i * m->nvar + j];

	if (i == j)
		return base + x[i];
	return base + (size_t)x[i] * m->space->var[j].nchoice + x[j];
}

/* The variance of an effect of i, or of i and j, over the scale. */
static double
variance(const struct linear *m, size_t i, size_t j)
{
	return i == j ? m->share.main * m->nth_var :
	    m->share.pair * m->nth_pair;
}

static double
score(const struct linear *m, const unsigned *x)
{
	double s = 0;
	size_t i, j;

	for (i = 0; i < m->nvar; i++)
		for (j = i; j < m->nvar; j++)
			s += m->effect[place(m, i, j, x)];
	return s;
}

/* Independent normals become correlated ones; the correlation of two is the
 * product of those of the neighbours between them. */
static void
correlate(double *e, size_t n, size_t stride, const double *alike)
{
	size_t c;

	for (c = 1; c < n; c++)
		e[c * stride] = alike[c] * e[(c - 1) * stride] +
		    sqrt(1 - alike[c] * alike[c]) * e[c * stride];
}

/* Each number becomes the sum of all, weighted by the correlation. */
static void
spread_out(double *e, size_t n, size_t stride, const double *alike)
{
	double right = 0, own;
	size_t c;

	for (c = 1; c < n; c++)
		e[c * stride] += alike[c] * e[(c - 1) * stride];
	for (c = n; c-- > 0;) {
		own = e[c * stride];
		if (c > 0)
			own -= alike[c] * e[(c - 1) * stride];
		e[c * stride] += right;
		right = alike[c] * (own + right);
	}
}

/* Does that to all tables, along the axes that are numbers. */
static void
along_numbers(struct linear *m, double *table,
    void (*filter)(double *, size_t, size_t, const double *))
{
	const struct space_var *v = m->space->var;
	size_t i, j, k, n, width;
	const double *across;
	double *t;

	for (i = 0; i < m->nvar; i++) {
		n = v[i].nchoice;
		for (j = i; j < m->nvar; j++) {
			t = table + m->base[i * m->nvar + j];
			width = i == j ? 1 : v[j].nchoice;
			across = m->alike + m->base[i * m->nvar + i];
			for (k = 0; v[i].at && k < width; k++)
				filter(t + k, n, width, across);
			across = m->alike + m->base[j * m->nvar + j];
			for (k = 0; i < j && v[j].at && k < n; k++)
				filter(t + k * width, width, 1, across);
		}
	}
}

/* Fills `effect` from the prior, deviating `by` times as far. */
static void
draw_prior(struct linear *m, struct rng *r, double by)
{
	size_t i, j, k, n;
	double *t, sd;

	for (i = 0; i < m->nvar; i++) {
		for (j = i; j < m->nvar; j++) {
			t = m->effect + m->base[i * m->nvar + j];
			n = m->space->var[i].nchoice *
			    (i == j ? 1 : (size_t)m->space->var[j].nchoice);
			sd = by * sqrt(variance(m, i, j) * m->scale);
			for (k = 0; k < n; k++)
				t[k] = sd * rng_normal(r);
		}
	}
	along_numbers(m, m->effect, correlate);
}

/* Makes `effect` a draw from the posterior; without `r`, its mean.  What is
 * particular to a point is drawn for each of its rows with the noise: that
 * is exact but for repeats, where it draws a little too wide. */
static void
posterior(struct linear *m, struct rng *r)
{
	const unsigned *x;
	size_t t, i, j;
	double sd;

	locate(m);
	memset(m->effect, 0, m->neffect * sizeof *m->effect);
	memset(m->gain, 0, m->neffect * sizeof *m->gain);
	if (r)
		draw_prior(m, r, TEMPER);
	for (t = 0; t < m->n; t++) {
		m->solved[t] = m->row[t].value - m->mu;
		if (!r)
			continue;
		sd = sqrt((noise_of(m, &m->row[t]) + m->share.rest) *
		    m->scale);
		m->solved[t] -= TEMPER * sd * rng_normal(r) +
		    score(m, pool_at(m->pool, m->row[t].point));
	}
	solve(m, m->solved);
	for (t = 0; t < m->n; t++) {
		x = pool_at(m->pool, m->row[t].point);
		for (i = 0; i < m->nvar; i++)
			for (j = i; j < m->nvar; j++)
				m->gain[place(m, i, j, x)] +=
				    m->solved[t] * variance(m, i, j);
	}
	along_numbers(m, m->gain, spread_out);
	for (i = 0; i < m->neffect; i++)
		m->effect[i] += m->gain[i];
	m->is_mean = !r;
}

/* ---- the highest point ---- */

/* Moves x[i] to its best choice that makes no known point; false if it stays
 * where it is. */
static bool
improve(struct linear *m, unsigned *x, size_t i)
{
	unsigned was = x[i], best = was, c;
	double top = -INFINITY, s;
	size_t j;

	for (c = 0; c < m->space->var[i].nchoice; c++) {
		x[i] = c;
		s = 0;
		for (j = 0; j < m->nvar; j++)
			s += m->effect[j < i ? place(m, j, i, x) :
			    place(m, i, j, x)];
		if (!(s > top) || pool_find(m->pool, x) < m->pool->n)
			continue;
		top = s;
		best = c;
	}
	x[i] = best;
	return best != was;
}

/* Coordinate ascent; the bound is for ties between equal effects. */
static void
climb(struct linear *m, unsigned *x)
{
	bool moved = true;
	unsigned turn;
	size_t i;

	for (turn = 0; moved && turn < 50; turn++) {
		moved = false;
		for (i = 0; i < m->nvar; i++)
			moved |= improve(m, x, i);
	}
}

/* Half of the climbs start from a good known point, half from anywhere. */
static void
start(struct linear *m, struct rng *r, unsigned turn, unsigned *x)
{
	const struct known *known = m->pool->known;
	size_t at, other;
	unsigned k;

	if (turn % 2) {
		space_draw(m->space, r, x);
		return;
	}
	at = (size_t)rng_below(r, m->pool->n);
	for (k = 1; k < DUELS; k++) {
		other = (size_t)rng_below(r, m->pool->n);
		if (known[other].mean > known[at].mean)
			at = other;
	}
	memcpy(x, pool_at(m->pool, at), m->nvar * sizeof *x);
}

bool
linear_ask(struct linear *m, struct rng *r, unsigned *x)
{
	double top = -INFINITY, s;
	unsigned turn;
	bool any = false, known;

	posterior(m, r);
	for (turn = 0; turn < CLIMBS; turn++) {
		start(m, r, turn, m->draw);
		climb(m, m->draw);
		known = pool_find(m->pool, m->draw) < m->pool->n;
		s = known ? -INFINITY : score(m, m->draw);
		if (any && !(s > top))
			continue;
		any = true;
		top = s;
		memcpy(x, m->draw, m->nvar * sizeof *x);
	}
	return true;
}

double
linear_mean(struct linear *m, size_t index)
{
	double rest = 0;
	size_t t;

	if (!m->is_mean)
		posterior(m, NULL);
	for (t = 0; t < m->n; t++)
		if (m->row[t].point == index)
			rest += m->share.rest * m->solved[t];
	return m->mu + score(m, pool_at(m->pool, index)) + rest;
}
