/* The trace: JSON lines, and spans for the exporter.
 *
 * SPDX-License-Identifier: MIT */
#include "trace/trace_in.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/json_put.h"

struct trace {
	int fd;                         /* -1: no file */
	bool content;
	struct redact *redact;
	struct trace_env env;
	struct trace_send *send;        /* NULL: not exported */
	uint64_t seed[2];               /* of ids */
	atomic_uint_fast64_t nid;
	pthread_mutex_t lock;           /* of `line` and of the file */
	struct buf line;
};

/* ---- ids ---- */

/* Numbers of spans tell processes apart: chance comes from the system. */
static bool
trace_seed(struct trace *t)
{
	int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	bool ok = fd >= 0 && read(fd, t->seed, sizeof t->seed) ==
	    (ssize_t)sizeof t->seed;

	if (fd >= 0)
		close(fd);
	return ok;
}

/* splitmix64: Steele, Lea and Flood, "Fast splittable pseudorandom number
 * generators", OOPSLA 2014. */
static uint64_t
trace_draw(struct trace *t, unsigned which)
{
	uint64_t z = t->seed[which] + 0x9e3779b97f4a7c15u *
	    (atomic_fetch_add(&t->nid, 1) + 1);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	z ^= z >> 31;
	return z ? z : 1;               /* an id may not be zero */
}

void
trace_span(struct trace *t, unsigned char span[8])
{
	uint64_t id = trace_draw(t, 1);

	memcpy(span, &id, sizeof id);
}

/* Whether a trace that begins here is exported: by its number, as other
 * samplers decide, so that all processes of a trace agree. */
static bool
trace_sampled(const struct trace_env *e, const unsigned char id[16])
{
	uint64_t low = 0;
	unsigned i;

	switch (e->sampler) {
	case TRACE_ALWAYS:
		return true;
	case TRACE_NEVER:
		return false;
	case TRACE_RATIO:
		break;
	}
	for (i = 8; i < 16; i++)
		low = low << 8 | id[i];
	return (double)(low >> 1) < e->ratio * 9223372036854775808.0;
}

void
trace_root(struct trace *t, struct trace_at *at)
{
	const struct trace_env *e = &t->env;
	uint64_t half[2];

	memset(at, 0, sizeof *at);
	if (e->has_parent) {
		memcpy(at->trace, e->parent.trace, sizeof at->trace);
		memcpy(at->parent, e->parent.span, sizeof at->parent);
	} else {
		half[0] = trace_draw(t, 0);
		half[1] = trace_draw(t, 1);
		memcpy(at->trace, half, sizeof at->trace);
	}
	at->sampled = e->has_parent && e->by_parent ? e->parent.sampled :
	    trace_sampled(e, at->trace);
	trace_span(t, at->span);
}

void
trace_below(struct trace *t, const struct trace_at *up, struct trace_at *at)
{
	static const struct trace_at nowhere;

	if (memcmp(up->trace, nowhere.trace, sizeof up->trace) == 0) {
		trace_root(t, at);
		return;
	}
	*at = *up;
	memcpy(at->parent, up->span, sizeof at->parent);
	trace_span(t, at->span);
}

void
trace_parent(const struct trace_at *at, const unsigned char span[8],
    char out[TRACE_PARENT])
{
	char trace[2 * sizeof at->trace + 1], in[2 * sizeof at->span + 1];

	buf_hex_encode(trace, at->trace, sizeof at->trace);
	buf_hex_encode(in, span, sizeof at->span);
	snprintf(out, TRACE_PARENT, "00-%s-%s-%02x", trace, in, at->sampled);
}

/* ---- making and ending it ---- */

static enum mip_status
trace_failed(struct trace *t, enum mip_status s, char why[320])
{
	char lost[320];

	if (s == MIP_NOMEM)
		snprintf(why, 320, "%s", mip_status_text(s));
	trace_free(t, lost);
	return s;
}

enum mip_status
trace_new(const char *path, bool content, struct redact *r,
    struct trace **out, char why[320])
{
	struct trace *t = calloc(1, sizeof *t);

	*out = NULL;
	if (!t || pthread_mutex_init(&t->lock, NULL) != 0) {
		free(t);
		snprintf(why, 320, "%s", mip_status_text(MIP_NOMEM));
		return MIP_NOMEM;
	}
	t->content = content;
	t->redact = r;
	t->fd = -1;
	atomic_init(&t->nid, 0);
	if (!trace_env_read(&t->env, r))
		return trace_failed(t, MIP_NOMEM, why);
	if (!path && !t->env.url && !t->env.warning[0])
		return trace_failed(t, MIP_OK, why);
	if (!trace_seed(t)) {
		snprintf(why, 320, "the trace needs /dev/urandom: %.80s",
		    strerror(errno));
		return trace_failed(t, MIP_IO, why);
	}
	if (path)
		t->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
		    content ? 0600 : 0666);   /* as the cache's file */
	if (path && t->fd < 0) {
		snprintf(why, 320, "cannot write the trace %.200s: %.80s",
		    path, strerror(errno));
		return trace_failed(t, MIP_IO, why);
	}
	if (t->env.url && !(t->send = trace_send_new(&t->env, r)))
		return trace_failed(t, MIP_NOMEM, why);
	*out = t;
	return MIP_OK;
}

void
trace_free(struct trace *t, char why[320])
{
	why[0] = '\0';
	if (!t)
		return;
	trace_send_free(t->send, why);
	trace_env_release(&t->env);
	if (t->fd >= 0)
		close(t->fd);
	buf_release(&t->line);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

const char *
trace_warning(const struct trace *t)
{
	return t->env.warning;
}

bool
trace_secret(struct trace *t, const char *secret)
{
	return redact_add(&t->env.more, secret);
}

bool
trace_exports(const struct trace *t)
{
	return t->send != NULL;
}

/* ---- lines ---- */

static void
trace_text(struct buf *b, const char *name, const char *value)
{
	if (value)
		json_put_string(b, name, value);
}

static void
trace_hex(struct buf *b, const char *name, const unsigned char *id, size_t n)
{
	json_put_raw(b, name, "\"");
	buf_hex(b, id, n);
	buf_putc(b, '"');
}

/* Where it stands, and when it began. */
static void
trace_place(struct buf *b, const struct trace_at *at, int64_t start_ns)
{
	static const struct trace_at nowhere;

	trace_hex(b, "trace", at->trace, sizeof at->trace);
	trace_hex(b, "span", at->span, sizeof at->span);
	if (memcmp(at->parent, nowhere.parent, sizeof at->parent) != 0)
		trace_hex(b, "parent", at->parent, sizeof at->parent);
	if (start_ns == 0)
		return;
	json_put_member(b, "time");
	buf_printf(b, "%lld.%06lld", (long long)(start_ns / 1000000000),
	    (long long)(start_ns % 1000000000 / 1000));
}

static void
trace_line(struct buf *b, const struct trace_call *c)
{
	buf_putc(b, '{');
	trace_text(b, "leaf", c->leaf);
	trace_place(b, &c->at, c->start_ns);
	trace_text(b, "kind", c->kind);
	trace_text(b, "model", c->model);
	trace_text(b, "server", c->server);
	trace_text(b, "id", c->id);
	trace_text(b, "rung", c->rung);
	trace_text(b, "sample", c->sample);
	trace_text(b, "key", c->key);
	trace_text(b, "status", mip_status_word(c->status));
	if (c->status != MIP_OK)
		trace_text(b, "message", c->message);
	trace_text(b, "source", c->source);
	trace_text(b, "finish", c->finish);
	trace_text(b, "response_id", c->response_id);
	trace_text(b, "response_model", c->response_model);
	if (c->refused)
		json_put_bool(b, "refused", true);
	json_put_int(b, "attempts", c->attempts);
	json_put_int(b, "tokens_in", c->in);
	json_put_int(b, "tokens_cached", c->cached);
	json_put_int(b, "tokens_out", c->out);
	json_put_double(b, "usd", c->cost);
	json_put_double(b, "latency_s", c->latency_s);
	if (c->first_s > 0)
		json_put_double(b, "first_s", c->first_s);
}

/* Ends the line and writes it; with the lock held. */
static bool
trace_end(struct trace *t)
{
	struct buf *b = &t->line;
	size_t at = 0;
	ssize_t n;
	bool ok;

	buf_puts(b, "}\n");
	ok = !b->failed;
	if (ok) {
		redact_buf(t->redact, b);
		redact_buf(&t->env.more, b);
	}
	while (ok && at < b->len) {
		n = write(t->fd, b->s + at, b->len - at);
		if (n > 0)
			at += (size_t)n;
		else if (n == 0 || errno != EINTR)
			ok = false;
	}
	return ok;
}

/* Hands `n` spans over, whose text `b` is. */
static void
trace_export(struct trace *t, struct buf *b, unsigned n)
{
	if (!b->failed)
		trace_send_put(t->send, buf_str(b), b->len, n);
	buf_release(b);
}

static bool
trace_write_line(struct trace *t, const struct trace_call *c)
{
	struct buf *b = &t->line;
	bool ok;

	pthread_mutex_lock(&t->lock);
	buf_reset(b);
	trace_line(b, c);
	if (t->content) {
		trace_text(b, "request", c->request);
		trace_text(b, "text", c->text);
		trace_text(b, "reasoning", c->reasoning);
	}
	ok = trace_end(t);
	pthread_mutex_unlock(&t->lock);
	return ok;
}

bool
trace_write(struct trace *t, const struct trace_call *c)
{
	struct buf span = BUF_INIT;

	if (t->send && c->at.sampled) {
		trace_otlp_call(&span, c, t->content);
		trace_export(t, &span, 1 + c->nattempt);
	}
	return t->fd < 0 || trace_write_line(t, c);
}

static bool
trace_write_tool_line(struct trace *t, const struct trace_tool *c)
{
	struct buf *b = &t->line;
	bool ok;

	pthread_mutex_lock(&t->lock);
	buf_reset(b);
	buf_putc(b, '{');
	trace_text(b, "tool", c->tool);
	trace_text(b, "retriever", c->retriever);
	trace_place(b, &c->at, c->start_ns);
	if (c->retriever)
		json_put_int(b, "k", c->k);
	trace_text(b, "status", mip_status_word(c->status));
	if (c->status != MIP_OK)
		trace_text(b, "message", c->message);
	json_put_double(b, "latency_s", c->latency_s);
	if (t->content) {
		trace_text(b, "in", c->in);
		trace_text(b, "out", c->out);
	}
	ok = trace_end(t);
	pthread_mutex_unlock(&t->lock);
	return ok;
}

bool
trace_write_tool(struct trace *t, const struct trace_tool *c)
{
	struct buf span = BUF_INIT;

	if (t->send && c->at.sampled) {
		trace_otlp_tool(&span, c, t->content);
		trace_export(t, &span, 1);
	}
	return t->fd < 0 || trace_write_tool_line(t, c);
}

bool
trace_write_run(struct trace *t, const struct trace_run *r)
{
	struct buf span = BUF_INIT, *b = &t->line;
	bool ok;

	if (t->send && r->at.sampled) {
		trace_otlp_run(&span, r);
		trace_export(t, &span, 1);
	}
	if (t->fd < 0)
		return true;
	pthread_mutex_lock(&t->lock);
	buf_reset(b);
	buf_putc(b, '{');
	trace_text(b, "run", r->name ? r->name : "");
	trace_place(b, &r->at, r->start_ns);
	trace_text(b, "status", mip_status_word(r->status));
	if (r->status != MIP_OK)
		trace_text(b, "message", r->message);
	if (r->scored)
		json_put_double(b, "score", r->score);
	json_put_double(b, "latency_s",
	    (double)(r->end_ns - r->start_ns) / 1e9);
	ok = trace_end(t);
	pthread_mutex_unlock(&t->lock);
	return ok;
}

bool
trace_write_check(struct trace *t, const struct trace_check *c)
{
	struct buf *b = &t->line;
	bool ok;

	if (t->fd < 0)
		return true;
	pthread_mutex_lock(&t->lock);
	buf_reset(b);
	buf_putc(b, '{');
	trace_text(b, "check", c->label);
	trace_text(b, "leaf", c->leaf);
	trace_text(b, "tool", c->tool);
	trace_hex(b, "trace", c->at.trace, sizeof c->at.trace);
	trace_hex(b, "parent", c->at.span, sizeof c->at.span);
	ok = trace_end(t);
	pthread_mutex_unlock(&t->lock);
	return ok;
}
