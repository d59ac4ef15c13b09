/* What surrogate.c needs of each surrogate; for it and its models alone.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TUNE_MODEL_H
#define TUNE_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include "tune/surrogate.h"

struct rng;

/* For each prefix of SURROGATE_MAP:
 *   new   a model that borrows the pool; NULL without memory
 *   free  NULL is allowed
 *   tell  a measurement has just been pooled as point `index`; false without
 *         memory
 *   ask   a point by the model's lights, known or not (which is then the
 *         caller's affair); at least one is known and one is not, unless
 *         `optuna`; false without memory
 *   mean  the expected value of the known point `index` */
#define MODEL_DECLARE(name, word, prefix, text) \
	struct prefix; \
	struct prefix *prefix##_new(const struct pool *p, \
	    const struct surrogate_options *o); \
	void prefix##_free(struct prefix *m); \
	bool prefix##_tell(struct prefix *m, size_t index, double value, \
	    double weight); \
	bool prefix##_ask(struct prefix *m, struct rng *r, unsigned *x); \
	double prefix##_mean(struct prefix *m, size_t index);
SURROGATE_MAP(MODEL_DECLARE)
#undef MODEL_DECLARE

#endif
