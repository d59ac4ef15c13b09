/* Forks: branches of a program on contexts and in threads of their own.
 *
 * SPDX-License-Identifier: MIT */
#include "run/fork.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>

#include "run/mip_in.h"

enum {
	FORK_THREADS = 256,             /* at most; they wait, mostly */
	FORK_CONTEXTS = 64              /* idle ones that are kept */
};

enum fork_state {
	FORK_NOTED,
	FORK_QUEUED,                    /* for a thread or for its parent */
	FORK_TAKEN
};

/* A function that was forked, in the arena of its parent. */
struct fork {
	struct fork *next;              /* of the same wait, in order */
	struct mip *parent;
	mip_fn fn;
	const void *in;
	void *out;
	unsigned site;
	uint64_t times;                 /* that the site was forked before */
	size_t asks;                    /* that its parent made before it */
	size_t room;                    /* for its values */
	atomic_bool stop;

	enum fork_state state;          /* pool->lock */
	struct fork *before, *after;    /* in the queue; pool->lock */

	/* what came of it, for the parent */
	enum mip_status status;
	const char *message;            /* in `arena`, or NULL */
	struct arena arena;
	const struct mip_step *step;
	size_t nstep;
	const struct mip_claimed *claim;
	size_t nclaim;
	const struct usage_call *item;
	size_t nitem;
	struct mip_usage used;
	bool repaired;
	const struct mip_checked *checked;
	size_t nchecked;
	const struct mip_credit *credit;
	size_t ncredit;
};

struct fork_pool {
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct fork *first, *last;      /* queued */
	unsigned nqueue, nidle, nthread, most;
	pthread_t thread[FORK_THREADS];
	struct mip *context;            /* idle ones */
	unsigned ncontext;
	bool closing;
};

/* ---- the pool ---- */

struct fork_pool *
fork_pool_new(unsigned most)
{
	struct fork_pool *p = calloc(1, sizeof *p);

	if (!p)
		return NULL;
	p->most = most > 0 && most < FORK_THREADS ? most : FORK_THREADS;
	if (pthread_mutex_init(&p->lock, NULL) != 0)
		goto no_lock;
	if (pthread_cond_init(&p->work, NULL) == 0)
		return p;
	pthread_mutex_destroy(&p->lock);
no_lock:
	free(p);
	return NULL;
}

void
fork_pool_free(struct fork_pool *p)
{
	struct mip *m;
	unsigned i;

	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->closing = true;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
	for (i = 0; i < p->nthread; i++)
		pthread_join(p->thread[i], NULL);
	while ((m = p->context) != NULL) {
		p->context = m->idle;
		mip_free(m);
	}
	pthread_cond_destroy(&p->work);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

/* With the lock held. */
static void
queue_put(struct fork_pool *p, struct fork *f)
{
	f->state = FORK_QUEUED;
	f->before = p->last;
	f->after = NULL;
	if (p->last)
		p->last->after = f;
	else
		p->first = f;
	p->last = f;
	p->nqueue++;
}

static void
queue_drop(struct fork_pool *p, struct fork *f)
{
	f->state = FORK_TAKEN;
	if (f->before)
		f->before->after = f->after;
	else
		p->first = f->after;
	if (f->after)
		f->after->before = f->before;
	else
		p->last = f->before;
	p->nqueue--;
}

/* A context that nobody uses; NULL without memory. */
static struct mip *
context_take(struct fork_pool *p, struct mip_env *env)
{
	struct mip *m;

	pthread_mutex_lock(&p->lock);
	m = p->context;
	if (m) {
		p->context = m->idle;
		p->ncontext--;
	}
	pthread_mutex_unlock(&p->lock);
	return m ? m : mip_new(env);
}

static void
context_give(struct fork_pool *p, struct mip *m)
{
	mip_set_slots(m, NULL);
	m->fork = NULL;
	m->listener = NULL;
	m->path = "";
	pthread_mutex_lock(&p->lock);
	if (p->ncontext < FORK_CONTEXTS) {
		m->idle = p->context;
		p->context = m;
		p->ncontext++;
		m = NULL;
	}
	pthread_mutex_unlock(&p->lock);
	mip_free(m);
}

/* ---- running ---- */

bool
mip_stopped(struct mip *m)
{
	const struct mip *up = m;
	bool stop = mip_env_cancelled(m->env);

	while (!stop && !atomic_load(&up->stop) && up->fork) {
		stop = atomic_load(&up->fork->stop);
		up = up->fork->parent;
	}
	if (!stop && !atomic_load(&up->stop))
		return false;
	mip_fail(m, MIP_CANCELLED, "%s", mip_status_text(MIP_CANCELLED));
	return true;
}

/* Makes `m` the context of `f`: what its parent has, and a path of its own
 * for the samples that are drawn. */
static void
fork_dress(struct fork *f, struct mip *m)
{
	const struct mip *up = f->parent;

	mip_clear(m);
	m->fork = f;
	m->at = up->at;
	m->arena.max = f->room > 0 ? f->room : 1;
	mip_set_slots(m, up->slots);
	mip_set_sample(m, up->sample);
	mip_set_models(m, up->model, up->nmodel);
	mip_set_row(m, up->row);
	mip_record(m, up->record);
	mip_itemize(m, up->itemize);
	m->listener = up->listener;
	m->judged = up->judged;
	m->ran = up->ran;
	if (f->times > 0)
		m->path = arena_printf(&m->arena, "%s/%u.%" PRIu64, up->path,
		    f->site, f->times);
	else
		m->path = arena_printf(&m->arena, "%s/%u", up->path, f->site);
	if (!m->path)
		m->path = "";
}

/* Keeps what came of the run in `m`, which forgets it. */
static void
fork_keep(struct fork *f, struct mip *m, enum mip_status s)
{
	mip_ask_drain(m);
	f->status = mip_status(m) != MIP_OK ? mip_status(m) : s;
	if (f->status != MIP_OK)
		f->message = arena_strdup(&m->arena, mip_message(m));
	f->step = mip_steps(m, &f->nstep);
	f->claim = mip_claims(m, &f->nclaim);
	f->item = mip_items(m, &f->nitem);
	f->used = mip_used(m);
	f->repaired = mip_repaired(m);
	f->checked = mip_checks(m, &f->nchecked);
	f->credit = mip_credits(m, &f->ncredit);
	arena_adopt(&f->arena, &m->arena);
}

/* Those behind a fork that has failed need not go on. */
static void
stop_from(struct fork *f)
{
	for (; f; f = f->next)
		atomic_store(&f->stop, true);
}

static void
fork_run(struct fork_pool *p, struct fork *f)
{
	struct lm_group *g = &f->parent->forks;
	struct mip *m = context_take(p, f->parent->env);

	f->status = MIP_NOMEM;
	if (m) {
		fork_dress(f, m);
		fork_keep(f, m, mip_stopped(m) ? MIP_CANCELLED :
		    f->fn(m, f->in, f->out));
		context_give(p, m);
	}
	if (f->status != MIP_OK)
		stop_from(f->next);
	/* The fork is gone as soon as the parent knows of it. */
	lm_group_end(g);
}

static void *
fork_thread(void *arg)
{
	struct fork_pool *p = arg;
	struct fork *f;

	pthread_mutex_lock(&p->lock);
	while (!p->closing) {
		f = p->first;
		if (!f) {
			p->nidle++;
			pthread_cond_wait(&p->work, &p->lock);
			p->nidle--;
			continue;
		}
		queue_drop(p, f);
		pthread_mutex_unlock(&p->lock);
		fork_run(p, f);
		pthread_mutex_lock(&p->lock);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* Makes the threads that are missing, as far as possible; with the lock held.
 * Signals are for the program's own threads. */
static void
threads_make(struct fork_pool *p, unsigned want)
{
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (want-- > 0 && p->nthread < p->most &&
	    pthread_create(&p->thread[p->nthread], NULL, fork_thread, p) == 0)
		p->nthread++;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* ---- what contexts do ---- */

void
mip_fork(struct mip *m, unsigned site, mip_fn fn, const void *in, void *out)
{
	struct fork *f;

	if (m->status != MIP_OK || mip_stopped(m))
		return;
	f = mip_alloc(m, 1, sizeof *f);
	if (!f)
		return;
	f->parent = m;
	f->fn = fn;
	f->in = in;
	f->out = out;
	f->site = site;
	f->times = mip_occurrence(m, site);
	f->asks = m->nask;
	if (m->arena.used < m->arena.max)
		f->room = m->arena.max - m->arena.used;
	atomic_init(&f->stop, false);
	*m->last_forked = f;
	m->last_forked = &f->next;
}

enum mip_status
mip_run(struct mip *m, unsigned site, mip_fn fn, const void *in, void *out)
{
	mip_fork(m, site, fn, in, out);
	return mip_wait(m);
}

void
fork_forget(struct mip *m)
{
	m->forked = NULL;
	m->last_forked = &m->forked;
}

/* One that is alone runs in this thread. */
void
fork_begin(struct mip *m)
{
	struct fork_pool *p = mip_env_forks(m->env);
	unsigned n = 0, helpers = m->nask == 0 ? 1 : 0;
	struct fork *f;

	if (m->status != MIP_OK)
		fork_forget(m);
	for (f = m->forked; f; f = f->next)
		n++;
	if (n == 0)
		return;
	pthread_mutex_lock(&m->forks.lock);
	m->forks.pending = n;
	pthread_mutex_unlock(&m->forks.lock);
	if (n <= helpers)
		return;
	pthread_mutex_lock(&p->lock);
	for (f = m->forked; f; f = f->next)
		queue_put(p, f);
	if (p->nqueue > p->nidle + helpers)
		threads_make(p, p->nqueue - p->nidle - helpers);
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
}

void
fork_stop(struct mip *m, size_t n)
{
	struct fork *f;

	for (f = m->forked; f && f->asks <= n; f = f->next)
		continue;
	stop_from(f);
}

/* Is it still to be run, by whoever calls? */
static bool
fork_take(struct fork_pool *p, struct fork *f)
{
	bool ours;

	pthread_mutex_lock(&p->lock);
	ours = f->state != FORK_TAKEN;
	if (f->state == FORK_QUEUED)
		queue_drop(p, f);
	f->state = FORK_TAKEN;
	pthread_mutex_unlock(&p->lock);
	return ours;
}

void
fork_join(struct mip *m)
{
	struct fork_pool *p = mip_env_forks(m->env);
	struct fork *f;

	if (!m->forked)
		return;
	if (m->status != MIP_OK)
		stop_from(m->forked);
	for (f = m->forked; f; f = f->next)
		if (fork_take(p, f))
			fork_run(p, f);
	lm_wait(&m->forks);
}

static void
steps_adopt(struct mip *m, const struct fork *f)
{
	struct mip_step *v;
	size_t i;

	if (f->nstep == 0)
		return;
	v = arena_grow(&m->arena, m->step, &m->step_cap, m->nstep + f->nstep,
	    sizeof *v);
	if (!v)
		return;
	m->step = v;
	for (i = 0; i < f->nstep; i++)
		m->step[m->nstep++] = f->step[i];
}

static void
fork_take_over(struct mip *m, struct fork *f)
{
	size_t i;

	for (i = 0; i < f->nitem; i++)
		if (m->status == MIP_OK || !f->item[i].cached)
			mip_item_keep(m, &f->item[i]);
	if (m->status != MIP_OK) {
		m->used.usd += f->used.usd;
		arena_release(&f->arena);
		return;
	}
	arena_adopt(&m->arena, &f->arena);
	steps_adopt(m, f);
	claim_adopt(m, f->claim, f->nclaim);
	mip_usage_add(&m->used, &f->used);
	m->repaired |= f->repaired;
	for (i = 0; i < f->nchecked; i++)
		mip_check_count(m, f->checked[i].label, f->checked[i].times);
	for (i = 0; i < f->ncredit; i++)
		mip_credit(m, f->credit[i].leaf, f->credit[i].value,
		    f->credit[i].why);
	if (f->status != MIP_OK)
		mip_fail(m, f->status, "%s", f->message && *f->message ?
		    f->message : mip_status_text(f->status));
}

void
fork_settle(struct mip *m, size_t n)
{
	while (m->forked && m->forked->asks <= n) {
		fork_take_over(m, m->forked);
		m->forked = m->forked->next;
	}
	if (!m->forked)
		m->last_forked = &m->forked;
}
