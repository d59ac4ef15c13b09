/* Endpoints that are left out: before a call is risked there, it is asked for
 * the list of its models.
 *
 * Who answers that, whatever it says, is there; whether it does its work a
 * call has to show.  It is asked as long as there are calls that it could
 * take.
 *
 * SPDX-License-Identifier: MIT */
#include "core/clock.h"
#include "lm/lm_in.h"

enum { HEALTH_MS = 5000 };

/* Whether there is something to ask for; our own servers are seen to by those
 * who start them. */
static bool
health_asks(const struct lm_model *m)
{
	return m->url[PROVIDER_LIST] && !m->own_server;
}

bool
lm_lets(const struct lm_model *m, double now)
{
	return breaker_lets(&m->breaker, now) &&
	    (!health_asks(m) || !breaker_unknown(&m->breaker));
}

static void
health_done(struct http_request *r)
{
	struct lm_model *m = r->arg, *of;
	struct lm *l = m->lm;

	if (r->result == HTTP_OK && r->status < 500)
		breaker_answers(&m->breaker);
	else if (breaker_is_open(&m->breaker))
		breaker_told(&m->breaker, false, clock_now());
	http_release(r);
	pthread_mutex_lock(&l->model_lock);
	of = l->model;
	pthread_mutex_unlock(&l->model_lock);
	for (; of; of = of->next)       /* it may be in several pools */
		of->wake = 0;
}

static void
health_ask(struct lm *l, struct lm_model *m, double now)
{
	if (!health_asks(m) || !breaker_unknown(&m->breaker) ||
	    !breaker_lets(&m->breaker, now) || now < m->spent_until ||
	    http_flies(&m->health))
		return;
	breaker_sent(&m->breaker, now);
	m->health = (struct http_request){
		.url = m->url[PROVIDER_LIST], .header = m->header,
		.timeout_ms = HEALTH_MS, .local = m->loopback,
		.done = health_done, .arg = m,
	};
	http_submit(l->http, &m->health);
}

void
lm_health(struct lm *l, struct lm_model *m, double now)
{
	unsigned i;

	for (i = 0; i < m->nreplica; i++)
		health_ask(l, m->replica[i], now);
	if (m->nreplica == 0 && atomic_load(&m->routed))
		health_ask(l, m, now);
}
