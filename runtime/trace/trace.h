/* The trace: what was run, asked and called, and what came of it.
 *
 * It goes to a file, one JSON line for each run, call, tool and @check that
 * does not hold, in the order they ended; and, where the environment names a
 * collector, to it, as spans of OpenTelemetry.
 *
 * SPDX-License-Identifier: MIT */
#ifndef TRACE_H
#define TRACE_H

#include "core/redact.h"
#include "miproc.h"

/* Where something stands: its trace, its own span, and the span that it is a
 * part of.  All zero: nowhere. */
struct trace_at {
	unsigned char trace[16], span[8], parent[8];
	bool sampled;                   /* it is exported */
};

/* One attempt of a request. */
struct trace_attempt {
	unsigned char span[8];
	int64_t start_ns, end_ns;
	int status;                     /* of HTTP; 0: none came */
	const char *error;              /* a word, if none came; or NULL */
};

/* What is said of a call; all borrowed.  Texts may be NULL. */
struct trace_call {
	struct trace_at at;
	int64_t start_ns, end_ns;
	const char *leaf, *model, *server, *id, *rung, *sample;
	const char *provider, *url;
	const char *kind;               /* "embed"; NULL: an answer */
	const char *key;                /* hex, of the request */
	enum mip_status status;
	const char *message;            /* if it failed */
	const char *source;             /* "server", "cache", "journal",
	                                 * "replay", "shared" */
	const char *finish;
	const char *response_id;        /* what the server calls it; or NULL */
	const char *response_model;     /* who it says has answered; or NULL */
	bool refused, reasks, json, stream;
	unsigned attempts;
	const struct trace_attempt *attempt;
	unsigned nattempt;
	int64_t in, cached, out;
	double cost, latency_s, first_s;
	double temperature, top_p;      /* MIP_UNSET: not given */
	int64_t max_tokens, seed;       /* 0, -1: not given */
	const char *const *stop;
	const char *request;            /* with content only */
	const char *messages;           /* likewise, before its provider's
	                                 * form: a JSON array */
	const char *text, *reasoning;   /* with content only */
};

/* A call of a tool, or a search in a file; likewise. */
struct trace_tool {
	struct trace_at at;
	int64_t start_ns, end_ns;
	const char *tool;
	const char *retriever;          /* instead of a tool */
	int64_t k;                      /* results that were wanted */
	enum mip_status status;
	const char *message;            /* if it failed */
	double latency_s;
	const char *in, *out;           /* with content only */
};

/* A run of a program, or a trial of a study. */
struct trace_run {
	struct trace_at at;
	int64_t start_ns, end_ns;
	const char *name;               /* NULL: it is not known */
	enum mip_status status;
	const char *message;
	bool scored;
	double score;
};

/* A @check that does not hold. */
struct trace_check {
	struct trace_at at;             /* of the run */
	const char *leaf, *tool;        /* whose value it is; both NULL: the
	                                 * program's inputs */
	const char *label;
};

struct trace;

/* Lines are added to the file at `path`, if it is not NULL.  Secrets in them
 * are blotted out with `r`, borrowed.  *out is NULL if neither a file nor the
 * environment wants a trace; on failure, too, and `why` has a sentence. */
enum mip_status trace_new(const char *path, bool content, struct redact *r,
    struct trace **out, char why[320]);
/* Sends what is still to be sent, for two seconds at most; `why` says what
 * was lost, or is "". */
void trace_free(struct trace *t, char why[320]);

/* What is odd in the environment, or "". */
const char *trace_warning(const struct trace *t);

/* From now on it is blotted out here, though not in replies; thread-safe.
 * False if it cannot be. */
bool trace_secret(struct trace *t, const char *secret);

/* Whether it is exported. */
bool trace_exports(const struct trace *t);

/* Writes a span of the trace of `at` as the header traceparent of W3C Trace
 * Context has it. */
enum { TRACE_PARENT = 56 };
void trace_parent(const struct trace_at *at, const unsigned char span[8],
    char out[TRACE_PARENT]);
/* The place that such a header names; false if it is none. */
bool trace_parent_read(const char *s, struct trace_at *at);

/* ---- thread-safe ---- */

/* A new span: of a run, below that of the environment if there is one; below
 * the span of `up`. */
void trace_root(struct trace *t, struct trace_at *at);
void trace_below(struct trace *t, const struct trace_at *up,
    struct trace_at *at);
void trace_span(struct trace *t, unsigned char span[8]);

/* False if the line could not be written. */
bool trace_write(struct trace *t, const struct trace_call *c);
bool trace_write_tool(struct trace *t, const struct trace_tool *c);
bool trace_write_run(struct trace *t, const struct trace_run *r);
bool trace_write_check(struct trace *t, const struct trace_check *c);

#endif
