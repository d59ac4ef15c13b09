/* Replies that come in pieces.
 *
 * The bytes of a reply gather in its request as ever; what their events say
 * is told to the calls that want to know.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "lm_in.h"

/* What may be told of the text: secrets are blotted out, and what may be the
 * beginning of one waits. */
static void
stream_show(struct lm_flight *f)
{
	struct redact *r = &f->lm->redact;
	struct buf *b = &f->told;
	size_t n;

	buf_reset(b);
	buf_put(b, f->pieces.text.s, f->pieces.text.len);
	redact_buf(r, b);
	n = b->len - redact_tail(r, buf_str(b), b->len);
	if (b->s)
		b->s[n] = '\0';
	b->len = n;
}

/* Tells each call that listens what came since it was last told; `anew`: all
 * of it, and that what came before is void. */
static void
stream_tell(struct lm_flight *f, bool anew)
{
	const struct buf *text = &f->told;
	struct lm_call *c;

	pthread_mutex_lock(&f->lm->lock);
	for (c = f->calls; c; c = c->next) {
		if (!c->stream)
			continue;
		pthread_mutex_lock(&c->group->lock);
		if (anew || c->so_far.len > text->len) {
			c->again = c->again || c->so_far.len > 0;
			buf_reset(&c->so_far);
		}
		buf_put(&c->so_far, text->s + c->so_far.len,
		    text->len - c->so_far.len);
		c->news = c->group->news = true;
		pthread_cond_broadcast(&c->group->done);
		pthread_mutex_unlock(&c->group->lock);
	}
	pthread_mutex_unlock(&f->lm->lock);
}

void
lm_stream_begin(struct lm_flight *f)
{
	bool told = f->told.len > 0;

	buf_reset(&f->told);
	f->called = false;
	sse_release(&f->sse);
	provider_stream_release(&f->pieces);
	f->sse = (struct sse){ .lines = f->m->provider->lines };
	f->pieces = (struct provider_stream){ .rung = f->ask.rung };
	f->torn = false;
	f->first_s = 0;
	f->sent_at = lm_now();
	if (told)
		stream_tell(f, true);
}

/* Takes the events that are whole; at the `end` the last one, too. */
static void
stream_read(struct lm_flight *f, bool end)
{
	const struct buf *reply = &f->http.reply;
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

	if (r->status / 100 != 2)
		return;
	stream_read(f, false);
	anew = f->pieces.called && !f->called;
	if (f->pieces.text.len == before && !anew)
		return;
	if (f->first_s <= 0)
		f->first_s = lm_now() - f->sent_at;
	f->called = f->pieces.called;
	stream_show(f);
	stream_tell(f, anew);
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
