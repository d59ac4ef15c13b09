/* The parts of the trace, among themselves.
 *
 * trace.c writes JSON lines and hands spans over; trace_otlp.c writes spans as
 * OTLP has them; trace_env.c reads the environment variables of OpenTelemetry;
 * trace_send.c sends batches in a thread of its own.
 *
 * SPDX-License-Identifier: MIT */
#ifndef TRACE_IN_H
#define TRACE_IN_H

#include "core/arena.h"
#include "core/buf.h"
#include "trace/trace.h"

/* The release of the OpenTelemetry semantic conventions whose names spans and
 * attributes have. */
#define TRACE_SEMCONV "1.41.0"

enum trace_sampler { TRACE_ALWAYS, TRACE_NEVER, TRACE_RATIO };

/* What the environment says. */
struct trace_env {
	struct arena keep;
	const char *url;                /* where traces are posted; NULL: they
	                                 * are not */
	const char **header;            /* NULL-terminated */
	struct buf resource;            /* attributes, as OTLP has them */
	long timeout_ms, delay_ms;
	unsigned most, batch;           /* spans: in the queue, in a request */
	enum trace_sampler sampler;
	bool by_parent;                 /* the parent decides, if any */
	double ratio;
	bool has_parent;
	struct trace_at parent;         /* `span` is that of the parent */
	char warning[320];              /* what is odd; or "" */
	bool opened;                    /* there is a `more` */
	struct redact more;             /* secrets of traces alone */
};

/* Reads it; values of headers become secrets.  False without memory. */
bool trace_env_read(struct trace_env *e, struct redact *r);
void trace_env_release(struct trace_env *e);

/* ---- trace_otlp.c: spans, with a comma between them ---- */

void trace_otlp_call(struct buf *b, const struct trace_call *c, bool content);
void trace_otlp_tool(struct buf *b, const struct trace_tool *t, bool content);
void trace_otlp_run(struct buf *b, const struct trace_run *r);

/* Appends {"key":NAME,"value":{"stringValue":VALUE}}, after a comma where one
 * is due. */
void trace_otlp_text(struct buf *b, const char *name, const char *value);

/* The body of a request with these spans. */
void trace_otlp_body(struct buf *b, const struct buf *resource,
    const char *spans, size_t n);

/* ---- trace_send.c ---- */

struct trace_send;

/* `e` is borrowed.  NULL without memory. */
struct trace_send *trace_send_new(struct trace_env *e, struct redact *r);

/* Queues a text of `n` spans, or drops them where there is no room. */
void trace_send_put(struct trace_send *s, const char *text, size_t len,
    unsigned n);

/* Sends what is queued, for two seconds at most; `why` says what was lost, or
 * is "". */
void trace_send_free(struct trace_send *s, char why[320]);

#endif
