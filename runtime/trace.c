/* The trace as JSON lines.
 *
 * SPDX-License-Identifier: MIT */
#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"

struct trace {
	int fd;
	bool content;
	struct redact *redact;
	pthread_mutex_t lock;           /* of `line` and of the file */
	struct buf line;
};

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
	t->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (t->fd < 0) {
		snprintf(why, 320, "cannot write the trace %.200s: %.80s",
		    path, strerror(errno));
		trace_free(t);
		return MIP_IO;
	}
	*out = t;
	return MIP_OK;
}

void
trace_free(struct trace *t)
{
	if (!t)
		return;
	if (t->fd >= 0)
		close(t->fd);
	buf_release(&t->line);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

bool
trace_content(const struct trace *t)
{
	return t->content;
}

static void
trace_name(struct buf *b, const char *name)
{
	buf_printf(b, "%s\"%s\":", b->len > 1 ? "," : "", name);
}

static void
trace_text(struct buf *b, const char *name, const char *value)
{
	if (!value)
		return;
	trace_name(b, name);
	buf_json(b, value, strlen(value));
}

static void
trace_int(struct buf *b, const char *name, int64_t value)
{
	trace_name(b, name);
	buf_int(b, value);
}

static void
trace_double(struct buf *b, const char *name, double value)
{
	trace_name(b, name);
	buf_double(b, value);
}

static void
trace_line(struct buf *b, const struct trace_call *c)
{
	buf_putc(b, '{');
	trace_text(b, "leaf", c->leaf);
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
	if (c->refused) {
		trace_name(b, "refused");
		buf_puts(b, "true");
	}
	trace_int(b, "attempts", c->attempts);
	trace_int(b, "tokens_in", c->in);
	trace_int(b, "tokens_cached", c->cached);
	trace_int(b, "tokens_out", c->out);
	trace_double(b, "usd", c->cost);
	trace_double(b, "latency_s", c->latency_s);
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
	if (ok)
		redact_buf(t->redact, b);
	while (ok && at < b->len) {
		n = write(t->fd, b->s + at, b->len - at);
		if (n > 0)
			at += (size_t)n;
		else if (n == 0 || errno != EINTR)
			ok = false;
	}
	return ok;
}

bool
trace_write(struct trace *t, const struct trace_call *c)
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
trace_write_tool(struct trace *t, const struct trace_tool *c)
{
	struct buf *b = &t->line;
	bool ok;

	pthread_mutex_lock(&t->lock);
	buf_reset(b);
	buf_putc(b, '{');
	trace_text(b, "tool", c->tool);
	trace_text(b, "status", mip_status_word(c->status));
	if (c->status != MIP_OK)
		trace_text(b, "message", c->message);
	trace_double(b, "latency_s", c->latency_s);
	if (t->content) {
		trace_text(b, "in", c->in);
		trace_text(b, "out", c->out);
	}
	ok = trace_end(t);
	pthread_mutex_unlock(&t->lock);
	return ok;
}

bool
trace_write_check(struct trace *t, const struct trace_check *c)
{
	struct buf *b = &t->line;
	bool ok;

	pthread_mutex_lock(&t->lock);
	buf_reset(b);
	buf_putc(b, '{');
	trace_text(b, "check", c->label);
	trace_text(b, "leaf", c->leaf);
	trace_text(b, "tool", c->tool);
	ok = trace_end(t);
	pthread_mutex_unlock(&t->lock);
	return ok;
}
