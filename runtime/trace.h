/* The trace: one JSON line for each call, in the order they ended.
 *
 * SPDX-License-Identifier: MIT */
#ifndef TRACE_H
#define TRACE_H

#include "miproc.h"
#include "redact.h"

/* What a line says; all borrowed.  Texts may be NULL. */
struct trace_call {
	const char *leaf, *model, *server, *id, *rung, *sample;
	const char *kind;               /* "embed"; NULL: an answer */
	const char *key;                /* hex, of the request */
	enum mip_status status;
	const char *message;            /* if it failed */
	const char *source;             /* "server", "cache", "journal",
	                                 * "replay", "shared" */
	const char *finish;
	bool refused;
	unsigned attempts;
	int64_t in, cached, out;
	double cost, latency_s;
	const char *request;            /* with content only */
	const char *text, *reasoning;   /* with content only */
};

/* A call of a tool; likewise. */
struct trace_tool {
	const char *tool;
	enum mip_status status;
	const char *message;            /* if it failed */
	double latency_s;
	const char *in, *out;           /* with content only */
};

/* A @check that does not hold. */
struct trace_check {
	const char *leaf, *tool;        /* whose value it is; both NULL: the
	                                 * program's inputs */
	const char *label;
};

struct trace;

/* Lines are added to the file at `path`.  Secrets in them are blotted out
 * with `r`, borrowed.  On failure *out is NULL and `why` has a sentence. */
enum mip_status trace_new(const char *path, bool content, struct redact *r,
    struct trace **out, char why[320]);
void trace_free(struct trace *t);

/* Whether lines have prompts and replies. */
bool trace_content(const struct trace *t);

/* Thread-safe.  False if the line could not be written. */
bool trace_write(struct trace *t, const struct trace_call *c);
bool trace_write_tool(struct trace *t, const struct trace_tool *c);
bool trace_write_check(struct trace *t, const struct trace_check *c);

#endif
