/* Replies that come in pieces.
 *
 * The bytes of a reply gather in its request as ever; what their events say
 * is told to the calls that want to know.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "lm_in.h"

/* Tells each call that listens what came since it was last told; `anew`: all
 * of it, and that what came before is void. */
static void
stream_tell(struct lm_flight *f, bool anew)
{
	const struct buf *text = &f->pieces.text;
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
	bool told = f->pieces.text.len > 0;

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
		redact_buf(&f->lm->redact, &s->data);
		f->torn = !f->m->provider->piece(&f->pieces,
		    buf_str(&s->data), s->data.len);
	}
}

void
lm_stream_more(struct http_request *r)
{
	struct lm_flight *f = r->arg;
	size_t before = f->pieces.text.len;

	if (r->status / 100 != 2 || (f->sse.at == 0 && !f->sse.lines &&
	    memchr("{<", buf_str(&r->reply)[0], 2)))
		return;                 /* no stream, whatever was asked for */
	stream_read(f, false);
	if (f->pieces.text.len == before && !f->pieces.called)
		return;
	if (f->first_s <= 0)
		f->first_s = lm_now() - f->sent_at;
	stream_tell(f, false);
}

bool
lm_stream_end(struct lm_flight *f, struct provider_answer *a)
{
	stream_read(f, true);
	if (f->torn || f->sse.data.failed || f->pieces.text.failed) {
		*a = (struct provider_answer){
			.why = "more than memory holds" };
		if (f->torn)
			*a = f->pieces.answer;
		return false;
	}
	return provider_stream_end(&f->pieces, a);
}
