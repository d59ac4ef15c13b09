/* The models that a call goes through.
 *
 * SPDX-License-Identifier: MIT */
#include "lm_in.h"

/* By content, not by turn: the same call goes to the same server again, and
 * is found in the cache. */
static uint64_t
route_turn(const struct lm_call *c, bool sticky)
{
	uint64_t h = 14695981039346656037u;
	const char *s = c->sample ? c->sample : "";
	size_t i;

	if (sticky)
		return c->hash_affinity;
	for (i = 0; i < c->messages_len; i++)
		h = (h ^ (unsigned char)c->messages[i]) * 1099511628211u;
	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211u;
	return h ^ h >> 32;
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
		if (m->route == MIP_DIRECT) {
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
			todo[n++] = m->to[route_turn(c, m->sticky) % m->nto];
			continue;
		}
		for (i = m->nto; i > 0; i--)
			todo[n++] = m->to[i - 1];
	}
	return MIP_OK;
}
