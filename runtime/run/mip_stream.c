/* Streams: what is known of replies while they are being written.
 *
 * SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "run/mip_in.h"

/* A part is made of a reply when so much of it is new, or after so long: so
 * that a long reply is not read from its start for each of its words. */
enum { HEAR_SHARE = 16, HEAR_MS = 50 };

/* Who is told; shared by the run and its forks. */
struct listener {
	mip_part_fn part;
	void *arg;
	struct mip *run;                /* that is to stop */
	pthread_mutex_t lock;
	unsigned ncall;
	bool stopped;                   /* it wants to hear no more */
};

static void
hear_tell(struct mip *m, struct ask *a, bool done)
{
	struct listener *l = m->listener;
	struct mip_part p = { .leaf = a->prompt->name, .call = a->number,
		.json = buf_str(&a->told), .again = a->anew, .done = done };

	pthread_mutex_lock(&l->lock);
	if (!l->stopped && !l->part(l->arg, &p)) {
		l->stopped = true;
		mip_stop(l->run, true);
	}
	pthread_mutex_unlock(&l->lock);
	a->anew = false;
}

/* Reads what has come of the reply, if that is worth it; whether something is
 * left to be read. */
static bool
hear_partial(struct mip *m, struct ask *a)
{
	struct reply_options o = mip_reply_options(m, a, REPLY_STOP);
	struct buf json = BUF_INIT;
	double now = clock_now();

	if (a->text.len == a->read && !a->anew)
		return false;
	if (!a->anew && a->text.len - a->read < a->text.len / HEAR_SHARE &&
	    (now - a->read_at) * 1e3 < HEAR_MS)
		return true;
	a->read = a->text.len;
	a->read_at = now;
	if (reply_partial(a->prompt->out, &o, buf_str(&a->text), a->text.len,
	    &json) == MIP_OK && !json.failed &&
	    strcmp(buf_str(&json), buf_str(&a->told)) != 0) {
		buf_release(&a->told);
		a->told = json;
		hear_tell(m, a, false);
		return false;
	}
	buf_release(&json);
	return false;
}

void
mip_hear(struct mip *m)
{
	bool more, again, left = false;
	size_t i;

	if (!m->listener) {
		lm_wait(&m->group);
		return;
	}
	do {
		more = lm_wait_news(&m->group, left ? HEAR_MS : 0);
		left = false;
		for (i = 0; i < m->nask; i++) {
			struct ask *a = m->ask[i];

			again = false;
			if (a->state != ASK_SENT)
				continue;
			lm_call_news(&a->call, &a->text, &again);
			if (again)
				mip_hear_again(a);
			left = hear_partial(m, a) || left;
		}
	} while (more);
}

void
mip_hear_new(struct mip *m, struct ask *a)
{
	struct listener *l = m->listener;

	if (!l)
		return;
	pthread_mutex_lock(&l->lock);
	a->number = l->ncall++;
	pthread_mutex_unlock(&l->lock);
}

void
mip_hear_read(struct mip *m, struct ask *a)
{
	const char *json;

	if (!m->listener)
		return;
	json = mip_to_json(m, a->prompt->out, a->out);
	buf_reset(&a->told);
	buf_puts(&a->told, json);
	if (!json[0] || a->told.failed)
		mip_fail(m, MIP_NOMEM, "%s", mip_status_text(MIP_NOMEM));
	else
		hear_tell(m, a, true);
}

/* Only if something was told. */
void
mip_hear_again(struct ask *a)
{
	a->anew = a->anew || a->told.len > 0;
	buf_reset(&a->told);
	a->read = 0;
	a->read_at = 0;
}

void
mip_hear_release(struct ask *a)
{
	buf_release(&a->text);
	buf_release(&a->told);
}

enum mip_status
mip_stream(struct mip *m, const struct mip_program *p, const void *in,
    void *out, mip_part_fn part, void *arg)
{
	struct listener l = { .part = part, .arg = arg, .run = m };
	enum mip_status s;

	if (mip_enter(m, p) != MIP_OK)
		return mip_status(m);
	if (pthread_mutex_init(&l.lock, NULL) != 0)
		return mip_fail(m, MIP_NOMEM, "%s",
		    mip_status_text(MIP_NOMEM));
	m->listener = part ? &l : NULL;
	s = p->run(m, in, out);
	mip_ask_drain(m);
	m->listener = NULL;
	pthread_mutex_destroy(&l.lock);
	mip_stop(m, false);
	if (l.stopped)
		mip_fail(m, MIP_CANCELLED, "%s",
		    mip_status_text(MIP_CANCELLED));
	return mip_status(m) != MIP_OK ? mip_status(m) : s;
}
