/* The models that a call goes through.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/hash64.h"
#include "lm/lm_in.h"

/* By content, not by turn: the same call goes to the same server again, and
 * is found in the cache. */
static const struct mip_model *
route_turn(const struct lm_call *c, const struct mip_model *m)
{
	const char *sample = c->sample ? c->sample : "";
	uint64_t key = c->hash_affinity, score, best = 0;
	unsigned i, at = 0;

	if (!m->sticky)
		key = hash64_more(hash64(c->messages, c->messages_len),
		    sample, strlen(sample));
	for (i = 0; i < m->nto; i++) {
		score = lm_rendezvous(key, hash64_str(m->to[i]->name));
		if (i > 0 && score <= best)
			continue;
		best = score;
		at = i;
	}
	return m->to[at];
}

enum mip_status
lm_route(struct lm *l, const struct lm_call *c, struct lm_route *r,
    char why[LM_WHY])
{
	const struct mip_model *todo[LM_ROUTE * 2];
	const struct mip_model *m;
	unsigned n = 0, i, steps = 0;

	r->n = r->at = 0;
	if (c->kind == LM_FETCH) {
		r->m[0] = lm_model_http(l, c->server);
		r->n = 1;
		return r->m[0] ? MIP_OK : MIP_NOMEM;
	}
	if (c->kind == LM_EMBED && c->model->route != MIP_DIRECT) {
		lm_say(l, why, "vectors of the models of %s cannot be "
		    "compared", c->model->name);
		return MIP_USAGE;
	}
	todo[n++] = c->model;
	while (n > 0) {
		m = todo[--n];
		if (m->route == MIP_DIRECT || m->route == MIP_LEAST_LOADED) {
			r->m[r->n] = lm_model(l, m);
			if (!r->m[r->n])
				return MIP_NOMEM;
			if (++r->n == LM_ROUTE)
				break;
			continue;
		}
		if (m->nto == 0 || n + m->nto > LM_ROUTE * 2 ||
		    ++steps > LM_ROUTE) {
			lm_say(l, why, "the route %s has no models, or too "
			    "many", m->name);
			return MIP_USAGE;
		}
		if (m->route == MIP_ROUND_ROBIN) {
			todo[n++] = route_turn(c, m);
			continue;
		}
		for (i = m->nto; i > 0; i--)
			todo[n++] = m->to[i - 1];
	}
	for (i = 0; i + 1 < r->n; i++)
		atomic_store(&r->m[i]->routed, true);
	return MIP_OK;
}
