/* Random numbers that a seed determines, over GSL's MT19937.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "tune/rng.h"

#include <assert.h>
#include <stdlib.h>

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>

/* gsl_rng_alloc would abort without memory, so the parts are put together
 * here: a gsl_rng is its type and its state. */
struct rng {
	gsl_rng gsl;
};

/* The output function of SplitMix64 (Steele, Lea, Flood, "Fast splittable
 * pseudorandom number generators", OOPSLA 2014). */
static uint64_t
mix(uint64_t z)
{
	z += 0x9e3779b97f4a7c15U;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
	return z ^ (z >> 31);
}

struct rng *
rng_new(uint64_t seed)
{
	struct rng *r = malloc(sizeof *r);

	if (!r)
		return NULL;
	r->gsl.type = gsl_rng_mt19937;
	r->gsl.state = calloc(1, gsl_rng_mt19937->size);
	if (!r->gsl.state) {
		free(r);
		return NULL;
	}
	gsl_rng_set(&r->gsl, (unsigned long)(mix(seed) >> 32));
	return r;
}

void
rng_free(struct rng *r)
{
	if (!r)
		return;
	free(r->gsl.state);
	free(r);
}

uint64_t
rng_child(uint64_t seed, const char *label, uint64_t index)
{
	uint64_t h = mix(seed);

	for (; *label; label++)
		h = mix(h ^ (unsigned char)*label);
	return mix(mix(h ^ 0x100U) ^ index);
}

static uint64_t
bits64(struct rng *r)
{
	uint64_t high = gsl_rng_get(&r->gsl);

	return high << 32 | gsl_rng_get(&r->gsl);
}

uint64_t
rng_below(struct rng *r, uint64_t n)
{
	uint64_t bits, limit;

	assert(n > 0);
	if (n <= UINT32_MAX)
		return gsl_rng_uniform_int(&r->gsl, (unsigned long)n);
	limit = UINT64_MAX - UINT64_MAX % n;
	do
		bits = bits64(r);
	while (bits >= limit);
	return bits % n;
}

double
rng_unit(struct rng *r)
{
	return (double)(bits64(r) >> 11) * 0x1p-53;
}

double
rng_normal(struct rng *r)
{
	return gsl_ran_gaussian_ziggurat(&r->gsl, 1.0);
}

void
rng_shuffle(struct rng *r, size_t *index, size_t n)
{
	size_t i, j, t;

	for (i = n; i > 1; i--) {
		j = (size_t)rng_below(r, i);
		t = index[i - 1];
		index[i - 1] = index[j];
		index[j] = t;
	}
}

/* Floyd's method (Bentley, "A sample of brilliance", CACM 30:9, 1987), then
 * a shuffle; the search is linear, and k is the size of a minibatch. */
void
rng_sample(struct rng *r, size_t k, size_t n, size_t *out)
{
	size_t i, j, pick, had = 0;

	assert(k <= n);
	for (i = n - k; i < n; i++) {
		pick = (size_t)rng_below(r, (uint64_t)i + 1);
		for (j = 0; j < had && out[j] != pick; j++)
			;
		out[had] = j < had ? i : pick;
		had++;
	}
	rng_shuffle(r, out, k);
}
