/* The surrogate that knows nothing: random points, none twice.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "tune/model.h"
#include "tune/rng.h"

struct uniform {
	const struct pool *pool;
};

struct uniform *
uniform_new(const struct pool *p, const struct surrogate_options *o)
{
	struct uniform *m = malloc(sizeof *m);

	(void)o;
	if (m)
		m->pool = p;
	return m;
}

void
uniform_free(struct uniform *m)
{
	free(m);
}

bool
uniform_tell(struct uniform *m, size_t index, double value, double weight)
{
	(void)m, (void)index, (void)value, (void)weight;
	return true;
}

bool
uniform_ask(struct uniform *m, struct rng *r, unsigned *x)
{
	return pool_unknown(m->pool, r, x);
}

double
uniform_mean(struct uniform *m, size_t index)
{
	return m->pool->known[index].mean;
}
