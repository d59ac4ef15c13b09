/* A program as a worker: messages, a queue, and threads that run it.
 *
 * SPDX-License-Identifier: MIT */
#include "worker/worker.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/json_put.h"
#include "core/lines.h"
#include "run/mip.h"
#include "worker/worker_run.h"

/* A run that waits, or is under way. */
struct task {
	struct task *next;
	int64_t id;
	struct slots *slots;            /* held */
	struct json msg;                /* in `text` */
	char text[];
};

/* One thread, and what it does. */
struct hand {
	struct worker *w;
	pthread_t thread;
	struct mip *m;
	struct task *task;              /* under the lock; or NULL */
};

struct numbered {
	int64_t id;
	struct slots *slots;
};

struct worker {
	const struct worker_options *o;
	pthread_mutex_t lock;           /* of the queue and of hands' tasks */
	pthread_cond_t more;
	struct task *first, **last;
	bool closed;                    /* nothing more comes */
	struct hand *hand;
	unsigned nhand;
	pthread_mutex_t out_lock;
	bool broken;                    /* nobody reads, or there is no memory
	                                 * for a line; under out_lock */
	bool nomem;                     /* the latter */
	int wake[2];
	struct numbered *set;           /* the reader's alone */
	size_t nset, set_cap;
	uint64_t line;
};

/* ---- out ---- */

/* One line, whole or not at all.  When nobody reads, or an answer is lost for
 * want of memory, the reader is told to stop: who waits for the answer sees
 * the end. */
static void
worker_put(struct worker *w, struct buf *b)
{
	buf_putc(b, '\n');
	pthread_mutex_lock(&w->out_lock);
	if (!w->broken && (b->failed ||
	    !lines_write(w->o->out, buf_str(b), b->len))) {
		w->broken = true;
		w->nomem = b->failed;
		lines_write(w->wake[1], "x", 1);
		mip_env_cancel(w->o->env);
	}
	pthread_mutex_unlock(&w->out_lock);
	if (b->failed)
		buf_release(b);
	buf_reset(b);
}

static void
worker_tell(struct worker *w, int64_t id, enum mip_status s, const char *why)
{
	struct buf b = BUF_INIT;

	worker_refuse(&b, id, s, why);
	worker_put(w, &b);
	buf_release(&b);
}

static void
worker_tell_slots(struct worker *w, int64_t id, const char *why)
{
	struct buf b = BUF_INIT;

	buf_putc(&b, '{');
	json_put_int(&b, "slots", id);
	json_put_bool(&b, "ok", !why);
	if (why)
		json_put_string(&b, "why", why);
	buf_putc(&b, '}');
	worker_put(w, &b);
	buf_release(&b);
}

/* At once, whatever is under way. */
static void
worker_tell_lives(struct worker *w, int64_t id)
{
	struct buf b = BUF_INIT;

	buf_putc(&b, '{');
	json_put_int(&b, "ping", id);
	buf_putc(&b, '}');
	worker_put(w, &b);
	buf_release(&b);
}

/* A message that is none. */
static void
worker_tell_bad(struct worker *w, const char *why)
{
	struct buf b = BUF_INIT, text = BUF_INIT;

	buf_printf(&text, "line %llu: %s", (unsigned long long)w->line, why);
	buf_puts(&b, "{\"ok\":false,\"class\":\"usage\"");
	json_put_string(&b, "why", buf_str(&text));
	buf_putc(&b, '}');
	buf_made_of(&b, &text);
	worker_put(w, &b);
	buf_release(&b);
}

/* ---- runs ---- */

static void
task_free(struct task *t)
{
	if (!t)
		return;
	slots_drop(t->slots);
	free(t);
}

/* The next run for this hand, which its cancellation can now reach. */
static struct task *
task_next(struct hand *h)
{
	struct worker *w = h->w;
	struct task *t;

	pthread_mutex_lock(&w->lock);
	if (!w->first && !w->closed) {
		lm_drop(mip_env_lm(w->o->env));
		while (!w->first && !w->closed)
			pthread_cond_wait(&w->more, &w->lock);
		lm_hold(mip_env_lm(w->o->env));
	}
	t = w->first;
	if (t) {
		w->first = t->next;
		if (!w->first)
			w->last = &w->first;
		mip_stop(h->m, false);
	}
	h->task = t;
	pthread_mutex_unlock(&w->lock);
	return t;
}

static void *
hand_main(void *arg)
{
	struct hand *h = arg;
	struct arena a = { 0 };
	struct buf b = BUF_INIT;
	struct task *t;

	lm_hold(mip_env_lm(h->w->o->env));
	while ((t = task_next(h)) != NULL) {
		worker_run(h->w->o, h->m, &a, t->id, t->msg, t->slots, &b);
		pthread_mutex_lock(&h->w->lock);
		h->task = NULL;
		pthread_mutex_unlock(&h->w->lock);
		task_free(t);
		worker_put(h->w, &b);
	}
	lm_drop(mip_env_lm(h->w->o->env));
	buf_release(&b);
	arena_release(&a);
	return NULL;
}

static void
task_queue(struct worker *w, struct task *t)
{
	pthread_mutex_lock(&w->lock);
	*w->last = t;
	w->last = &t->next;
	pthread_cond_signal(&w->more);
	pthread_mutex_unlock(&w->lock);
}

/* Takes the run out of the queue, or stops it if it is under way. */
static struct task *
task_cancel(struct worker *w, int64_t id)
{
	struct task **at, *t;
	unsigned i;

	pthread_mutex_lock(&w->lock);
	for (at = &w->first; *at && (*at)->id != id; at = &(*at)->next)
		continue;
	t = *at;
	if (t) {
		*at = t->next;
		if (!*at)
			w->last = at;
	}
	for (i = 0; !t && i < w->nhand; i++)
		if (w->hand[i].task && w->hand[i].task->id == id)
			mip_stop(w->hand[i].m, true);
	pthread_mutex_unlock(&w->lock);
	return t;
}

/* ---- messages ---- */

static struct numbered *
set_find(struct worker *w, int64_t id)
{
	size_t i;

	for (i = 0; i < w->nset; i++)
		if (w->set[i].id == id)
			return &w->set[i];
	return NULL;
}

static struct numbered *
set_make(struct worker *w, int64_t id)
{
	struct numbered *v = set_find(w, id);
	size_t cap;

	if (v)
		return v;
	if (w->nset == w->set_cap) {
		cap = w->set_cap ? w->set_cap * 2 : 16;
		v = realloc(w->set, cap * sizeof *v);
		if (!v)
			return NULL;
		w->set = v;
		w->set_cap = cap;
	}
	v = &w->set[w->nset++];
	*v = (struct numbered){ id, NULL };
	return v;
}

static void
on_slots(struct worker *w, int64_t id, struct json set)
{
	struct slots *s = NULL;
	enum mip_status status;
	struct numbered *v;
	char why[320] = "";

	status = slots_new(w->o->program, set, &s, why, sizeof why);
	if (status != MIP_OK) {
		worker_tell_slots(w, id,
		    why[0] ? why : mip_status_text(status));
		return;
	}
	v = set_make(w, id);
	if (!v) {
		slots_drop(s);
		worker_tell_slots(w, id, mip_status_text(MIP_NOMEM));
		return;
	}
	slots_drop(v->slots);
	v->slots = s;
	worker_tell_slots(w, id, NULL);
}

static void
on_drop(struct worker *w, int64_t id)
{
	struct numbered *v = set_find(w, id);

	if (!v)
		return;
	slots_drop(v->slots);
	*v = w->set[--w->nset];
}

static void
on_run(struct worker *w, int64_t id, struct json msg)
{
	struct slots *slots = w->o->slots;
	struct numbered *v;
	int64_t set = 0;
	struct task *t;

	json_int(json_get(msg, "slots"), &set);
	v = set_find(w, set);
	if (v) {
		slots = v->slots;
	} else if (set != 0) {
		worker_tell(w, id, MIP_USAGE, "there are no such slots");
		return;
	}
	t = malloc(sizeof *t + msg.n + 1);
	if (!t) {
		worker_tell(w, id, MIP_NOMEM, mip_status_text(MIP_NOMEM));
		return;
	}
	t->next = NULL;
	t->id = id;
	t->slots = slots_hold(slots);
	memcpy(t->text, msg.s, msg.n);
	t->text[msg.n] = '\0';
	t->msg = (struct json){ t->text, msg.n };
	task_queue(w, t);
}

static void
on_cancel(struct worker *w, int64_t id)
{
	struct task *t = task_cancel(w, id);

	if (t)
		worker_tell(w, id, MIP_CANCELLED,
		    mip_status_text(MIP_CANCELLED));
	task_free(t);
}

/* False when it is time to go. */
static bool
on_message(struct worker *w, const char *line, size_t n)
{
	const char *why = "it is no JSON object";
	struct json msg, set;
	int64_t id;

	if (n == 0)
		return true;
	if (!json_parse(line, n, &msg, NULL, &why) ||
	    json_kind(msg) != JSON_OBJECT) {
		worker_tell_bad(w, why);
		return true;
	}
	set = json_get(msg, "set");
	if (json_int(json_get(msg, "run"), &id))
		on_run(w, id, msg);
	else if (json_kind(set) == JSON_OBJECT &&
	    json_int(json_get(msg, "slots"), &id) && id != 0)
		on_slots(w, id, set);
	else if (json_int(json_get(msg, "drop"), &id))
		on_drop(w, id);
	else if (json_int(json_get(msg, "cancel"), &id))
		on_cancel(w, id);
	else if (json_int(json_get(msg, "ping"), &id))
		worker_tell_lives(w, id);
	else if (json_kind(json_get(msg, "quit")) != JSON_NONE)
		return false;
	else
		worker_tell_bad(w, "it asks for nothing known: run, set, "
		    "drop, cancel, ping, quit");
	return true;
}

/* ---- life ---- */

static enum mip_status
worker_read(struct worker *w)
{
	struct lines in;
	enum mip_status s = MIP_OK;
	bool on = true;
	char *line;
	size_t n;

	lines_init(&in, w->o->in, w->wake[0]);
	while (on) {
		w->line++;
		switch (lines_next(&in, &line, &n)) {
		case LINES_LINE:
			on = on_message(w, line, n);
			break;
		case LINES_LONG:
			worker_tell_bad(w, "it is too long");
			break;
		case LINES_END:
		case LINES_WOKEN:
			on = false;
			break;
		case LINES_ERROR:
			s = MIP_IO;
			on = false;
			break;
		case LINES_NOMEM:
			s = MIP_NOMEM;
			on = false;
			break;
		}
	}
	lines_release(&in);
	return s;
}

/* Starts as many hands as can be had, one at least. */
static bool
worker_start(struct worker *w)
{
	unsigned want = w->o->jobs ? w->o->jobs : 1;

	w->hand = calloc(want, sizeof *w->hand);
	while (w->hand && w->nhand < want) {
		struct hand *h = &w->hand[w->nhand];

		h->w = w;
		h->m = mip_new(w->o->env);
		if (!h->m)
			break;
		if (pthread_create(&h->thread, NULL, hand_main, h) != 0) {
			mip_free(h->m);
			break;
		}
		/* Only the reader looks at the hands, and it is this one. */
		w->nhand++;
	}
	return w->nhand > 0;
}

static void
worker_end(struct worker *w)
{
	bool broken;
	size_t i;

	pthread_mutex_lock(&w->out_lock);
	broken = w->broken;
	pthread_mutex_unlock(&w->out_lock);
	pthread_mutex_lock(&w->lock);
	w->closed = true;
	while (broken && w->first) {
		struct task *t = w->first;

		w->first = t->next;
		task_free(t);
	}
	pthread_cond_broadcast(&w->more);
	pthread_mutex_unlock(&w->lock);
	for (i = 0; i < w->nhand; i++) {
		pthread_join(w->hand[i].thread, NULL);
		mip_free(w->hand[i].m);
	}
	for (i = 0; i < w->nset; i++)
		slots_drop(w->set[i].slots);
	free(w->set);
	free(w->hand);
}

enum mip_status
worker_serve(const struct worker_options *o)
{
	struct worker w = { .o = o };
	struct buf hello = BUF_INIT;
	enum mip_status s = MIP_NOMEM;

	if (pipe(w.wake) != 0)
		return MIP_IO;
	w.last = &w.first;
	pthread_mutex_init(&w.lock, NULL);
	pthread_mutex_init(&w.out_lock, NULL);
	pthread_cond_init(&w.more, NULL);
	worker_hello(&hello, o);
	if (!hello.failed && worker_start(&w)) {
		worker_put(&w, &hello);
		s = worker_read(&w);
	}
	worker_end(&w);
	if (w.nomem)
		s = MIP_NOMEM;
	buf_release(&hello);
	pthread_cond_destroy(&w.more);
	pthread_mutex_destroy(&w.out_lock);
	pthread_mutex_destroy(&w.lock);
	close(w.wake[0]);
	close(w.wake[1]);
	return s;
}
