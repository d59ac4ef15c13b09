/* Replicas: models that are taken for one, and which of them takes a call.
 *
 * It is chosen when the call is sent: of those that are not left out and whose
 * limits allow it now, the one with the fewest calls under way for its size.
 * A sticky pool asks first the one that the call's prefix belongs to, by
 * rendezvous hashing (Thaler and Ravishankar, 1998), as long as it has no more
 * than a quarter above its share of the calls (bounded loads: Mirrokni,
 * Thorup and Zadimoghaddam, 2016), so that it finds the prefix in its cache.
 *
 * SPDX-License-Identifier: MIT */
#include <math.h>

#include "lm/lm_in.h"

#define POOL_BOUND 1.25

uint64_t
lm_rendezvous(uint64_t key, uint64_t server)
{
	uint64_t z = key ^ server * 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* Its share: the calls that it may have at once, if that is limited. */
static double
pool_size(const struct lm_model *p, const struct lm_model *m)
{
	double size = 1;
	unsigned i;

	if (limit_most(&m->limit) > 0)
		return limit_most(&m->limit);
	for (i = 0; i < p->nreplica; i++)
		if (limit_most(&p->replica[i]->limit) > size)
			size = limit_most(&p->replica[i]->limit);
	return size;
}

/* Whether it is left out; if all are, none is. */
static bool
pool_out(const struct lm_model *p, const struct lm_model *m, double now)
{
	unsigned i;

	if (now < m->spent_until)
		return true;
	if (lm_lets(m, now))
		return false;
	for (i = 0; i < p->nreplica; i++)
		if (now >= p->replica[i]->spent_until &&
		    lm_lets(p->replica[i], now))
			return true;
	return false;
}

bool
lm_pool_another(const struct lm_flight *f, double now)
{
	const struct lm_model *p = f->pool;
	unsigned i;

	for (i = 0; p && i < p->nreplica; i++)
		if (p->replica[i] != f->m &&
		    now >= p->replica[i]->spent_until &&
		    !breaker_is_open(&p->replica[i]->breaker))
			return true;
	return false;
}

bool
lm_pool_spent(const struct lm_model *p, double now)
{
	unsigned i;

	for (i = 0; i < p->nreplica; i++)
		if (now >= p->replica[i]->spent_until)
			return false;
	return true;
}

/* Whether it may have this call beside those it has. */
static bool
pool_bounded(const struct lm_model *p, const struct lm_model *m, double now)
{
	double calls = 1, size = 0;
	unsigned i;

	for (i = 0; i < p->nreplica; i++) {
		const struct lm_model *r = p->replica[i];

		if (pool_out(p, r, now))
			continue;
		calls += limit_running(&r->limit);
		size += pool_size(p, r);
	}
	return limit_running(&m->limit) <
	    ceil(POOL_BOUND * calls * pool_size(p, m) / size);
}

/* Whether the call goes to `a` rather than to `b`. */
static bool
pool_rather(const struct lm_flight *f, const struct lm_model *a,
    const struct lm_model *b, double now)
{
	const struct lm_model *p = f->pool;
	double la = (limit_running(&a->limit) + 1.0) / pool_size(p, a);
	double lb = (limit_running(&b->limit) + 1.0) / pool_size(p, b);
	bool nearer = lm_rendezvous(f->affinity, a->hash) >
	    lm_rendezvous(f->affinity, b->hash);

	if ((a == f->failed) != (b == f->failed))
		return b == f->failed;
	if (p->sticky) {
		bool ba = pool_bounded(p, a, now), bb = pool_bounded(p, b, now);

		if (ba != bb)
			return ba;
		if (ba)
			return nearer;
	}
	return la < lb || (!(lb < la) && nearer);
}

struct lm_model *
lm_pool_choose(const struct lm_flight *f, double tokens, double now,
    double *wait)
{
	struct lm_model *best = NULL;
	double w;
	unsigned i;

	*wait = HUGE_VAL;
	for (i = 0; i < f->pool->nreplica; i++) {
		struct lm_model *m = f->pool->replica[i];

		if (pool_out(f->pool, m, now)) {
			w = (m->spent_until > now ? m->spent_until :
			    breaker_when(&m->breaker)) - now;
		} else if ((w = limit_ask(&m->limit, tokens, now)) == 0) {
			if (!best || pool_rather(f, m, best, now))
				best = m;
			continue;
		}
		if (w >= 0 && w < *wait)
			*wait = w > 0.001 ? w : 0.001;
	}
	return best;
}
