/* What the client tells the trace.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/clock.h"
#include "lm/lm_in.h"

static const char *
lm_finish_word(enum reply_finish f)
{
	switch (f) {
	case REPLY_STOP:        return "stop";
	case REPLY_LENGTH:      return "length";
	case REPLY_FILTER:      break;
	}
	return "content_filter";
}

/* Says once what is odd about the trace, and that a line was lost. */
static void
lm_traced(struct lm *l, bool written)
{
	const char *odd = trace_warning(l->trace);

	if (*odd && !atomic_exchange(&l->trace_told, true))
		lm_warn(l, "the trace", odd);
	if (!written && !atomic_exchange(&l->trace_off, true))
		lm_warn(l, "the trace", "a line could not be written");
}

/* ---- runs, tools, conditions ---- */

int64_t
lm_trace_now(const struct lm *l)
{
	return l->trace ? clock_wall_ns() : 0;
}

int64_t
lm_trace_begin(struct lm *l, const struct trace_at *up, struct trace_at *at)
{
	if (!l->trace)
		return 0;
	if (up)
		trace_below(l->trace, up, at);
	else
		trace_root(l->trace, at);
	return clock_wall_ns();
}

void
lm_trace_run(struct lm *l, struct trace_run *r)
{
	if (l->trace)
		lm_traced(l, trace_write_run(l->trace, r));
}

void
lm_trace_below(struct lm *l, const struct trace_at *up, struct trace_at *at)
{
	if (l->trace)
		trace_below(l->trace, up, at);
}

void
lm_trace_tool(struct lm *l, const struct trace_at *up, struct trace_tool *t)
{
	if (!l->trace)
		return;
	trace_below(l->trace, up, &t->at);
	t->end_ns = clock_wall_ns();
	lm_traced(l, trace_write_tool(l->trace, t));
}

bool
lm_trace_secret(struct lm *l, const char *secret)
{
	return !l->trace || trace_secret(l->trace, secret);
}

void
lm_trace_check(struct lm *l, const struct trace_check *c)
{
	if (l->trace)
		lm_traced(l, trace_write_check(l->trace, c));
}

/* ---- attempts ---- */

unsigned
lm_trace_sent(struct lm *l, struct lm_flight *f)
{
	struct trace_attempt *v;

	if (!l->trace || !trace_exports(l->trace))
		return 0;
	v = realloc(f->tried, (f->ntried + 1) * sizeof *v);
	if (!v)
		return 0;
	f->tried = v;
	v += f->ntried++;
	memset(v, 0, sizeof *v);
	trace_span(l->trace, v->span);
	v->start_ns = v->end_ns = clock_wall_ns();
	return f->ntried;
}

/* Of several calls that share the attempt it is in the trace of the first. */
const char *const *
lm_trace_header(struct lm *l, struct lm_flight *f)
{
	static const char name[] = "traceparent: ";
	static const unsigned char nowhere[sizeof f->calls->at.trace];
	const struct trace_at *at = &f->calls->at;
	unsigned i;

	if (!l->trace || !l->propagate ||
	    memcmp(at->trace, nowhere, sizeof nowhere) == 0)
		return f->m->header;
	memcpy(f->traceparent, name, sizeof name - 1);
	trace_parent(at, f->ntried > 0 ? f->tried[f->ntried - 1].span :
	    at->span, f->traceparent + sizeof name - 1);
	for (i = 0; f->m->header[i]; i++)
		f->header[i] = f->m->header[i];
	f->header[i++] = f->traceparent;
	f->header[i] = NULL;
	return f->header;
}

static const char *
lm_result_word(enum http_result r)
{
	switch (r) {
	case HTTP_OK:                   return NULL;
	case HTTP_BAD_URL:              return "bad_url";
	case HTTP_NO_CONNECTION:        return "connection";
	case HTTP_UNTRUSTED:            return "certificate";
	case HTTP_TIMEOUT:              return "timeout";
	case HTTP_BROKEN:               return "broken";
	case HTTP_TOO_LARGE:            return "too_large";
	case HTTP_CANCELLED:            return "cancelled";
	case HTTP_NOMEM:                break;
	}
	return "nomem";
}

void
lm_trace_down(struct lm_flight *f, unsigned trying,
    const struct http_request *r)
{
	struct trace_attempt *v;

	if (trying == 0)
		return;
	v = &f->tried[trying - 1];
	v->end_ns = clock_wall_ns();
	v->error = lm_result_word(r->result);
	if (!v->error)
		v->status = r->status;
}

/* ---- calls ---- */

/* What was asked for, of a model. */
static void
lm_trace_asked(struct trace_call *t, const struct lm_flight *f,
    const struct lm_call *c)
{
	const struct mip_model *m = &f->m->model;

	t->model = m->name;
	t->provider = m->provider;
	t->response_id = f->response_id[0] ? f->response_id : NULL;
	t->response_model = f->response_model[0] ? f->response_model : NULL;
	t->reasks = c->reasks;
	if (f->kind == LM_EMBED) {
		t->kind = "embed";
		return;
	}
	t->rung = provider_rung_word(c->rung);
	t->json = c->schema != NULL;
	t->stream = f->streams;
	t->temperature = f->ask.temperature;
	t->top_p = m->top_p;
	t->max_tokens = m->max_tokens;
	t->seed = m->seed;
	t->stop = m->stop;
	t->messages = c->messages;
	if (c->status == MIP_OK)
		t->finish = lm_finish_word(c->finish);
}

void
lm_trace(struct lm *l, const struct lm_flight *f, const struct lm_call *c,
    bool first)
{
	static const char *const source[] = {
		"server", "cache", "journal", "replay", "shared"
	};
	char key[2 * STORE_KEY + 1];
	struct trace_call t = {
		.start_ns = c->began_ns, .end_ns = clock_wall_ns(),
		.leaf = c->leaf,
		.server = f->kind == LM_FETCH ? f->m->what : NULL,
		.id = f->m->model.id, .url = f->http.url,
		.temperature = MIP_UNSET, .top_p = MIP_UNSET, .seed = -1,
		.sample = c->sample, .key = key, .status = c->status,
		.message = c->message, .source = source[first ? f->source :
		    LM_SHARED], .refused = c->refused,
		.attempts = c->attempts, .in = c->usage.in,
		.cached = c->usage.cached, .out = c->usage.out,
		.cost = c->usage.cost, .latency_s = c->latency_s,
		.first_s = c->first_s,
		.request = f->get ? NULL : buf_str(&f->body), .text = c->text,
		.reasoning = c->reasoning,
	};

	if (f->kind != LM_FETCH)
		lm_trace_asked(&t, f, c);
	if (first) {
		t.attempt = f->tried;
		t.nattempt = f->ntried;
	}
	buf_hex_encode(key, f->key, STORE_KEY);
	trace_below(l->trace, &c->at, &t.at);
	lm_traced(l, trace_write(l->trace, &t));
}
