/* Intervals and comparisons of mean scores.
 *
 * Wilson, JASA 22 (1927).  BCa: Efron, "Better bootstrap confidence
 * intervals", JASA 82 (1987); chosen over the studentized bootstrap because
 * it stays inside the range of the scores and needs no variance of each
 * resample, which is 0 for many of them when scores are few or coarse.
 * Paired proportions: Newcombe, "Improved confidence intervals for the
 * difference between binomial proportions based on paired data", Statistics
 * in Medicine 17 (1998), method 10.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "tune/stats.h"

#include <math.h>
#include <stdlib.h>

#include <gsl/gsl_cdf.h>

#include "tune/rng.h"

enum {
	SMALL = 10,                     /* the bootstrap is too narrow below */
	RESAMPLES = 10000,
	RESAMPLES_MIN = 2000,
	DRAWS_MAX = 20000000,           /* of all resamples: a second or less */
	FLIPS_EXACT = 16,               /* rows: 2^16 ways */
	FLIPS = 20000
};

static bool
zero_or_one(double v)
{
	return fabs(v - 0.5) == 0.5;
}

static double
clamp(double v, double lo, double hi)
{
	return fmin(fmax(v, lo), hi);
}

/* The normal quantile that leaves half of what `level` does not cover. */
static double
z_of(double level)
{
	return gsl_cdf_ugaussian_Qinv((1 - clamp(level, 0, 1 - 1e-12)) / 2);
}

struct interval
stats_wilson(double successes, size_t n, double level)
{
	double z = z_of(level), d = (double)n, p, middle, half;
	struct interval v = { 0, 0, 1, n };

	if (n == 0)
		return v;
	p = successes / d;
	middle = (p + z * z / (2 * d)) / (1 + z * z / d);
	half = z * sqrt(p * (1 - p) / d + z * z / (4 * d * d)) /
	    (1 + z * z / d);
	v.mean = p;
	v.lo = p > 0 ? clamp(middle - half, 0, p) : 0;
	v.hi = p < 1 ? clamp(middle + half, p, 1) : 1;
	return v;
}

static int
ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static size_t
resamples(size_t n)
{
	size_t most = DRAWS_MAX / n;

	if (most > RESAMPLES)
		return RESAMPLES;
	return most < RESAMPLES_MIN ? RESAMPLES_MIN : most;
}

/* The resampled means, sorted. */
static double *
bootstrap(const double *score, size_t n, size_t times, uint64_t seed)
{
	struct rng *r = rng_new(rng_child(seed, "bootstrap", 0));
	double *mean = malloc(times * sizeof *mean), sum;
	size_t i, j;

	if (!r || !mean) {
		rng_free(r);
		free(mean);
		return NULL;
	}
	for (i = 0; i < times; i++) {
		sum = 0;
		for (j = 0; j < n; j++)
			sum += score[rng_below(r, n)];
		mean[i] = sum / (double)n;
	}
	rng_free(r);
	qsort(mean, times, sizeof *mean, ascending);
	return mean;
}

/* The share of resampled means below `v`, ties counted by half. */
static double
share_below(const double *mean, size_t n, double v)
{
	double count = 0, near = 1e-12 * (fabs(v) + 1e-300);
	size_t i;

	for (i = 0; i < n; i++) {
		if (fabs(mean[i] - v) <= near)
			count += 0.5;
		else if (mean[i] < v)
			count += 1;
	}
	return clamp(count / (double)n, 0.5 / (double)n, 1 - 0.5 / (double)n);
}

/* The resampled mean at the corrected place of quantile z. */
static double
corrected(const double *mean, size_t n, double bias, double skew, double z)
{
	double t = 1 - skew * (bias + z), at;

	t = bias + (bias + z) / fmax(t, 1e-3);
	at = gsl_cdf_ugaussian_P(t) * (double)(n + 1) - 1;
	return mean[(size_t)clamp(at, 0, (double)(n - 1))];
}

static bool
bca(const double *score, size_t n, double level, uint64_t seed,
    struct interval *v)
{
	size_t times = resamples(n), i;
	double *mean = bootstrap(score, n, times, seed);
	double bias, skew, second = 0, third = 0, d, z = z_of(level);

	if (!mean)
		return false;
	for (i = 0; i < n; i++) {
		d = score[i] - v->mean;
		second += d * d;
		third += d * d * d;
	}
	skew = third / (6 * pow(second, 1.5));
	bias = gsl_cdf_ugaussian_Pinv(share_below(mean, times, v->mean));
	v->lo = corrected(mean, times, bias, skew, -z);
	v->hi = corrected(mean, times, bias, skew, z);
	free(mean);
	return true;
}

/* `unit`: the scores are known to lie in [0, 1], whatever these ones do. */
static bool
general(const double *score, size_t n, double level, uint64_t seed, bool unit,
    struct interval *out)
{
	double sum = 0;
	bool equal = true;
	size_t i;

	for (i = 0; i < n; i++) {
		sum += score[i];
		equal = equal && !(score[i] < score[0]) &&
		    !(score[i] > score[0]);
	}
	if (unit && (equal || n < SMALL)) {
		*out = stats_wilson(sum, n, level);
		return true;
	}
	*out = (struct interval){ n > 0 ? sum / (double)n : 0, -INFINITY,
	    INFINITY, n };
	return equal || bca(score, n, level, seed, out);
}

bool
stats_interval(const double *score, size_t n, double level, uint64_t seed,
    struct interval *out)
{
	bool binary = true, unit = true;
	double sum = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		sum += score[i];
		binary = binary && zero_or_one(score[i]);
		unit = unit && score[i] >= 0 && score[i] <= 1;
	}
	if (binary) {
		*out = stats_wilson(sum, n, level);
		return true;
	}
	return general(score, n, level, seed, unit, out);
}

/* Counts of rows by (b, a). */
struct quad {
	double both, b_only, a_only, none;
};

static struct interval
newcombe(const struct quad *q, size_t n, double level)
{
	struct interval b = stats_wilson(q->both + q->b_only, n, level);
	struct interval a = stats_wilson(q->both + q->a_only, n, level);
	struct interval v = { b.mean - a.mean, -1, 1, n };
	double under, phi = 0, low_b = b.mean - b.lo, high_b = b.hi - b.mean;
	double low_a = a.mean - a.lo, high_a = a.hi - a.mean;

	if (n == 0)
		return v;
	under = (q->both + q->b_only) * (q->a_only + q->none) *
	    (q->both + q->a_only) * (q->b_only + q->none);
	if (under > 0) {
		phi = q->both * q->none - q->b_only * q->a_only;
		if (phi > 0)            /* the correction for continuity */
			phi = fmax(phi - (double)n / 2, 0);
		phi /= sqrt(under);
	}
	v.lo = v.mean - sqrt(fmax(0, low_b * low_b -
	    2 * phi * low_b * high_a + high_a * high_a));
	v.hi = v.mean + sqrt(fmax(0, high_b * high_b -
	    2 * phi * high_b * low_a + low_a * low_a));
	v.lo = clamp(v.lo, -1, 1);
	v.hi = clamp(v.hi, -1, 1);
	return v;
}

/* Two-sided: the rows in which just one is right fall like a fair coin. */
static double
mcnemar(const struct quad *q)
{
	double few = fmin(q->b_only, q->a_only);

	return fmin(1, 2 * gsl_cdf_binomial_P((unsigned)few, 0.5,
	    (unsigned)(q->b_only + q->a_only)));
}

/* Of all, or of FLIPS drawn, ways to give the differences signs: the share
 * whose sum is as far from 0 as theirs. */
static bool
sign_flip(const double *diff, size_t n, uint64_t seed, struct paired *out)
{
	double sum = 0, size = 0, flipped, bound;
	size_t ways, i, w, as_far = 0;
	uint64_t bits = 0;
	struct rng *r;

	for (i = 0; i < n; i++) {
		sum += diff[i];
		size += fabs(diff[i]);
	}
	bound = fabs(sum) - 1e-12 * size;       /* equal but for rounding */
	out->exact = n <= FLIPS_EXACT;
	ways = out->exact ? (size_t)1 << n : FLIPS;
	r = rng_new(rng_child(seed, "sign flip", 0));
	if (!r)
		return false;
	for (w = 0; w < ways; w++) {
		flipped = 0;
		bits = w;
		for (i = 0; i < n; i++, bits >>= 1) {
			if (!out->exact && i % 32 == 0)
				bits = rng_below(r, (uint64_t)1 << 32);
			flipped += bits & 1 ? diff[i] : -diff[i];
		}
		as_far += fabs(flipped) >= bound;
	}
	rng_free(r);
	out->p = out->exact ? (double)as_far / (double)ways :
	    (double)(as_far + 1) / (double)(ways + 1);
	return true;
}

static void
count(const double *a, const double *b, size_t n, struct quad *q)
{
	size_t i;

	*q = (struct quad){ 0, 0, 0, 0 };
	for (i = 0; i < n; i++) {
		if (b[i] > 0.5)
			*(a[i] > 0.5 ? &q->both : &q->b_only) += 1;
		else
			*(a[i] > 0.5 ? &q->a_only : &q->none) += 1;
	}
}

/* The same for scores of any kind. */
static bool
paired(const double *a, const double *b, double *diff, size_t n, double level,
    uint64_t seed, bool unit, struct paired *out)
{
	struct interval *v = &out->diff;
	size_t i, unequal = 0;

	/* From [-1, 1] to [0, 1] and back. */
	for (i = 0; i < n; i++)
		diff[i] = unit ? (b[i] - a[i] + 1) / 2 : b[i] - a[i];
	if (!general(diff, n, level, seed, unit, v))
		return false;
	if (unit) {
		v->lo = 2 * v->lo - 1;
		v->hi = 2 * v->hi - 1;
	}
	v->mean = 0;
	for (i = 0; i < n; i++) {       /* equal rows have no sign to flip */
		v->mean += (b[i] - a[i]) / (double)n;
		if (fabs(b[i] - a[i]) > 0)
			diff[unequal++] = b[i] - a[i];
	}
	return sign_flip(diff, unequal, seed, out);
}

bool
stats_paired(const double *a, const double *b, size_t n, double level,
    uint64_t seed, struct paired *out)
{
	bool binary = true, unit = true, done;
	double *diff;
	struct quad q;
	size_t i;

	for (i = 0; i < n; i++) {
		binary = binary && zero_or_one(a[i]) && zero_or_one(b[i]);
		unit = unit && a[i] >= 0 && a[i] <= 1 && b[i] >= 0 &&
		    b[i] <= 1;
	}
	if (binary) {
		count(a, b, n, &q);
		out->diff = newcombe(&q, n, level);
		out->p = mcnemar(&q);
		out->exact = true;
		return true;
	}
	diff = malloc(n * sizeof *diff);
	if (!diff)
		return false;
	done = paired(a, b, diff, n, level, seed, unit, out);
	free(diff);
	return done;
}
