/* Replies that come in pieces.
 *
 * The bytes of a reply gather in its request as ever; what their events say
 * is told to the calls that want to know.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "lm/lm_in.h"

/* What is new of the text is shown without secrets; what may be the beginning
 * of one waits.  With the lock held. */
static void
stream_show(struct lm_flight *f)
{
	struct redact *r = &f->lm->redact;
	const struct buf *text = &f->pieces.text;

	buf_put(&f->told, text->s + f->shown, text->len - f->shown);
	f->shown = text->len;
	redact_rest(r, &f->told, f->safe);
	f->safe = f->told.len - redact_tail(r, buf_str(&f->told) + f->safe,
	    f->told.len - f->safe);
}

/* Forgets what was shown; with the lock held. */
static void
stream_void(struct lm_flight *f)
{
	buf_reset(&f->told);
	f->safe = f->shown = 0;
}

/* Tells the call what came since it was last told; `anew`: what came before is
 * void.  With the lock held. */
static void
stream_tell(struct lm_flight *f, struct lm_call *c, bool anew)
{
	pthread_mutex_lock(&c->group->lock);
	if (anew) {
		c->again = c->again || c->so_far.len > 0;
		buf_reset(&c->so_far);
	}
	buf_put(&c->so_far, buf_str(&f->told) + c->so_far.len,
	    f->safe - c->so_far.len);
	c->news = c->group->news = true;
	pthread_cond_broadcast(&c->group->heard);
	pthread_mutex_unlock(&c->group->lock);
}

/* The same for each call that listens. */
static void
stream_tell_all(struct lm_flight *f, bool anew)
{
	struct lm_call *c;

	for (c = f->calls; c; c = c->next)
		if (c->stream)
			stream_tell(f, c, anew);
}

void
lm_stream_join(struct lm_flight *f, struct lm_call *c)
{
	atomic_store(&f->heard, true);
	if (f->safe > 0)
		stream_tell(f, c, false);
}

void
lm_stream_begin(struct lm_flight *f)
{
	struct lm *l = f->lm;

	pthread_mutex_lock(&l->lock);
	if (f->safe > 0) {
		stream_void(f);
		stream_tell_all(f, true);
	}
	stream_void(f);
	pthread_mutex_unlock(&l->lock);
	f->called = false;
	sse_release(&f->sse);
	provider_stream_release(&f->pieces);
	f->sse = (struct sse){ .lines = f->m->provider->lines };
	f->pieces = (struct provider_stream){ .rung = f->ask.rung };
	f->torn = false;
	f->first_s = 0;
}

/* Takes the events that are whole; at the `end` the last one, too. */
static void
stream_read(struct lm_flight *f, bool end)
{
	const struct buf *reply = lm_hedge_leads(f) ?
	    &f->second->http.reply : &f->http.reply;
	struct sse *s = &f->sse;

	while (!f->torn && sse_next(s, buf_str(reply), reply->len, end)) {
		f->torn = !f->m->provider->piece(&f->pieces,
		    buf_str(&s->data), s->data.len);
	}
}

void
lm_stream_more(struct http_request *r)
{
	struct lm_flight *f = r->arg;
	size_t before = f->pieces.text.len;
	bool anew;

	if (r->status / 100 != 2 || (r == &f->http && lm_hedge_leads(f)))
		return;
	lm_hedge_begun(f->lm, f);
	stream_read(f, false);
	anew = f->pieces.called && !f->called;
	if (f->pieces.text.len == before && !anew)
		return;
	if (f->first_s <= 0)
		f->first_s = clock_now() - f->sent_at;
	f->called = f->pieces.called;
	pthread_mutex_lock(&f->lm->lock);
	if (anew)
		stream_void(f);
	stream_show(f);
	stream_tell_all(f, anew);
	pthread_mutex_unlock(&f->lm->lock);
}

bool
lm_stream_rest(struct lm_flight *f)
{
	stream_read(f, true);
	return f->sse.any;
}

bool
lm_stream_end(struct lm_flight *f, struct provider_answer *a)
{
	redact_buf(&f->lm->redact, &f->pieces.text);
	redact_buf(&f->lm->redact, &f->pieces.reasoning);
	if (f->torn || f->sse.data.failed || f->pieces.text.failed) {
		*a = (struct provider_answer){
			.why = "more than memory holds" };
		if (f->torn)
			*a = f->pieces.answer;
		redact_text(&f->lm->redact, a->why);
		return false;
	}
	return provider_stream_end(&f->pieces, a);
}
