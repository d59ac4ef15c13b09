/* Spans on their way to a collector: a bounded queue, and a thread that sends
 * it in batches.  What a run does waits for none of it.
 *
 * SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/json.h"
#include "net/http.h"
#include "trace/trace_in.h"

enum {
	SEND_END_MS = 1500,             /* for what is left at the end */
	SEND_BYTES = 16 << 20,          /* in the queue */
	SEND_BATCH = 2 << 20,           /* bytes of a request, about */
	SEND_REPLY = 64 << 10,
	SEND_BACKOFF_MS = 500
};

struct send_spans {
	struct send_spans *next;
	unsigned n;
	size_t len;
	char text[];
};

struct trace_send {
	struct trace_env *env;
	struct redact *redact;
	pthread_t thread;

	pthread_mutex_t lock;
	pthread_cond_t more;            /* by the monotonic clock */
	struct send_spans *first, **last;
	unsigned nqueued;
	size_t bytes;
	bool runs, stop;
	struct http *_Atomic http;
	double until;                   /* when the end has to be */
	uint64_t lost;
	char why[256];                  /* of the first loss */
};

struct trace_send *
trace_send_new(struct trace_env *e, struct redact *r)
{
	struct trace_send *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->env = e;
	s->redact = r;
	s->last = &s->first;
	atomic_init(&s->http, NULL);
	if (pthread_mutex_init(&s->lock, NULL) == 0) {
		if (clock_cond(&s->more))
			return s;
		pthread_mutex_destroy(&s->lock);
	}
	free(s);
	return NULL;
}

/* ---- a batch ---- */

static void
send_lost(struct trace_send *s, uint64_t n, const char *why)
{
	pthread_mutex_lock(&s->lock);
	s->lost += n;
	if (!s->why[0])
		snprintf(s->why, sizeof s->why, "%s", why);
	pthread_mutex_unlock(&s->lock);
}

static bool
send_stops(struct trace_send *s, double *until)
{
	bool stop;

	pthread_mutex_lock(&s->lock);
	stop = s->stop;
	*until = s->until;
	pthread_mutex_unlock(&s->lock);
	return stop;
}

static void
send_done(struct http_request *r)
{
	*(bool *)r->arg = true;
}

/* One attempt, until `end` at most. */
static void
send_once(struct trace_send *s, struct http_request *r, double end)
{
	double now = clock_now(), until;
	bool done = false;

	r->arg = &done;
	r->timeout_ms = (long)((end - now) * 1e3) + 1;
	http_submit(s->http, r);
	while (!done) {
		http_run(s->http, 100);
		if (!done && send_stops(s, &until) && clock_now() >= until)
			http_stop(s->http);
	}
}

/* What the collector could not use. */
static uint64_t
send_rejected(const struct http_request *r, char why[256])
{
	struct arena a = { 0 };
	struct json v, n;
	const char *text;
	int64_t lost = 0;

	if (!json_parse(buf_str(&r->reply), r->reply.len, &v, NULL, NULL))
		return 0;
	v = json_get(v, "partialSuccess");
	n = json_get(v, "rejectedSpans");
	text = json_string(&a, n);
	if (text)
		lost = strtoll(text, NULL, 10);
	else
		json_int(n, &lost);
	text = json_string(&a, json_get(v, "errorMessage"));
	snprintf(why, 256, "the collector rejects them%s%.200s",
	    text && *text ? ": " : "", text ? text : "");
	arena_release(&a);
	return lost > 0 ? (uint64_t)lost : 0;
}

/* Whether it may go well the next time; see OTLP/HTTP, "Failures". */
static bool
send_passing(const struct http_request *r)
{
	switch (r->result) {
	case HTTP_OK:
		return r->status == 429 || r->status == 502 ||
		    r->status == 503 || r->status == 504;
	case HTTP_NO_CONNECTION:
	case HTTP_TIMEOUT:
	case HTTP_BROKEN:
		return true;
	case HTTP_BAD_URL:
	case HTTP_UNTRUSTED:
	case HTTP_TOO_LARGE:
	case HTTP_CANCELLED:
	case HTTP_NOMEM:
		break;
	}
	return false;
}

/* Waits before another attempt; false if there is none. */
static bool
send_pause(struct trace_send *s, double seconds, double end)
{
	double at = clock_now() + seconds;
	bool go;

	if (at >= end)
		return false;
	pthread_mutex_lock(&s->lock);
	while (!s->stop && clock_now() < at)
		clock_wait(&s->more, &s->lock, at);
	go = !s->stop;
	pthread_mutex_unlock(&s->lock);
	return go;
}

static void
send_failed(struct trace_send *s, const struct http_request *r, unsigned n)
{
	char why[256];

	if (r->result == HTTP_OK)
		snprintf(why, sizeof why, "it answers %d", r->status);
	else
		snprintf(why, sizeof why, "%.200s", r->why);
	send_lost(s, n, why);
}

static void
send_batch(struct trace_send *s, const struct buf *body, unsigned n)
{
	struct http_request r = { .url = s->env->url,
		.header = s->env->header, .body = buf_str(body),
		.body_len = body->len, .max = SEND_REPLY, .done = send_done };
	double end = clock_now() + (double)s->env->timeout_ms / 1e3, until;
	double wait = SEND_BACKOFF_MS / 1e3;
	char why[256];
	uint64_t lost;

	for (;;) {
		if (send_stops(s, &until) && until < end)
			end = until;
		if (clock_now() >= end) {
			send_lost(s, n, "there was no time left");
			break;
		}
		send_once(s, &r, end);
		if (r.result == HTTP_OK && r.status / 100 == 2) {
			lost = send_rejected(&r, why);
			if (lost > 0)
				send_lost(s, lost, why);
			break;
		}
		if (!send_passing(&r) || !send_pause(s, r.retry_after_s > wait
		    ? r.retry_after_s : wait, end)) {
			send_failed(s, &r, n);
			break;
		}
		wait *= 2;
	}
	http_release(&r);
}

/* ---- the thread ---- */

/* Takes a batch off the queue; with the lock held. */
static unsigned
send_take(struct trace_send *s, struct buf *spans)
{
	struct send_spans *v;
	unsigned n = 0;

	while ((v = s->first) != NULL && (n == 0 ||
	    (n + v->n <= s->env->batch && spans->len < SEND_BATCH))) {
		s->first = v->next;
		if (!s->first)
			s->last = &s->first;
		s->nqueued -= v->n;
		s->bytes -= v->len;
		n += v->n;
		if (spans->len > 0)
			buf_putc(spans, ',');
		buf_put(spans, v->text, v->len);
		free(v);
	}
	return n;
}

/* Waits until there is a batch, or spans for long enough, or the end. */
static void
send_wait(struct trace_send *s)
{
	double at = 0;

	while (!s->stop && s->nqueued < s->env->batch) {
		if (!s->first) {
			pthread_cond_wait(&s->more, &s->lock);
			continue;
		}
		if (at == 0)
			at = clock_now() + (double)s->env->delay_ms / 1e3;
		if (clock_now() >= at)
			return;
		clock_wait(&s->more, &s->lock, at);
	}
}

static void *
send_main(void *arg)
{
	struct trace_send *s = arg;
	struct buf spans = BUF_INIT, body = BUF_INIT;
	struct http *h = http_new();
	unsigned n;

	atomic_store(&s->http, h);
	pthread_mutex_lock(&s->lock);
	for (;;) {
		send_wait(s);
		buf_reset(&spans);
		n = send_take(s, &spans);
		if (n == 0)
			break;
		pthread_mutex_unlock(&s->lock);
		buf_reset(&body);
		trace_otlp_body(&body, &s->env->resource, buf_str(&spans),
		    spans.len);
		redact_buf(s->redact, &body);
		redact_buf(&s->env->more, &body);
		if (!h || spans.failed || body.failed)
			send_lost(s, n, "out of memory");
		else
			send_batch(s, &body, n);
		pthread_mutex_lock(&s->lock);
	}
	atomic_store(&s->http, NULL);
	pthread_mutex_unlock(&s->lock);
	http_free(h);
	buf_release(&spans);
	buf_release(&body);
	return NULL;
}

/* With the lock held.  Signals are for the program's own threads. */
static bool
send_start(struct trace_send *s)
{
	sigset_t all, old;

	if (s->runs)
		return true;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	s->runs = pthread_create(&s->thread, NULL, send_main, s) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return s->runs;
}

void
trace_send_put(struct trace_send *s, const char *text, size_t len, unsigned n)
{
	struct send_spans *v = malloc(sizeof *v + len);

	if (v) {
		v->next = NULL;
		v->n = n;
		v->len = len;
		memcpy(v->text, text, len);
	}
	pthread_mutex_lock(&s->lock);
	if (v && s->nqueued + n <= s->env->most && s->bytes + len <=
	    SEND_BYTES && send_start(s)) {
		*s->last = v;
		s->last = &v->next;
		s->nqueued += n;
		s->bytes += len;
		if (s->nqueued >= s->env->batch || s->nqueued == n)
			pthread_cond_signal(&s->more);
		v = NULL;
	} else {
		s->lost += n;
		if (!s->why[0])
			snprintf(s->why, sizeof s->why,
			    "they came faster than they could be sent");
	}
	pthread_mutex_unlock(&s->lock);
	free(v);
}

void
trace_send_free(struct trace_send *s, char why[320])
{
	struct http *h;

	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	s->until = clock_now() + SEND_END_MS / 1e3;
	pthread_cond_signal(&s->more);
	h = atomic_load(&s->http);
	if (h)
		http_wake(h);
	pthread_mutex_unlock(&s->lock);
	if (s->runs)
		pthread_join(s->thread, NULL);
	if (s->lost > 0)
		snprintf(why, 320, "%llu spans could not be sent: %.250s",
		    (unsigned long long)s->lost, s->why);
	pthread_cond_destroy(&s->more);
	pthread_mutex_destroy(&s->lock);
	free(s);
}
