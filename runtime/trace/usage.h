/* What calls took, by leaf: counted, told as a table and as JSON.
 *
 * Of calls that were answered by a server the latencies are kept in buckets,
 * each 9% wider than the one before.
 *
 * SPDX-License-Identifier: MIT */
#ifndef USAGE_H
#define USAGE_H

#include "core/buf.h"
#include "miproc.h"

enum {
	USAGE_NAME = 128,               /* bytes of a row's name */
	USAGE_BUCKETS = 168             /* of latencies, from 1 ms to 2000 s */
};

/* One call that has ended; of a leaf with its re-asks there are several. */
struct usage_call {
	const char *leaf;               /* NULL: vectors were made */
	const char *model;              /* its name, of vectors */
	bool failed;                    /* there is no reply */
	bool cached;                    /* nothing was paid for it now */
	bool reasked;
	int64_t in, in_cached, out;     /* tokens */
	double cost;                    /* usd, as if it were not cached */
	double latency_s;
};

/* What the call's row is called. */
struct usage_name { char text[USAGE_NAME]; };
struct usage_name usage_call_name(const struct usage_call *c);

struct usage_row {
	struct usage_name name;
	struct mip_leaf_usage sum;      /* but its latencies; its leaf is
	                                 * `name` */
	int64_t timed;                  /* calls that a server answered */
	double seconds;                 /* that they took together */
	uint32_t bucket[USAGE_BUCKETS];
};

/* Fields are private; all zero is an empty one.  Who shares it locks it. */
struct usage {
	struct usage_row **row;
	size_t n, cap;
};

void usage_release(struct usage *u);

/* Without memory the call is not counted. */
void usage_add(struct usage *u, const struct usage_call *c);

/* Adds what many calls of one leaf took; `s` has the latencies of those that a
 * server answered. */
void usage_add_sum(struct usage *u, const struct mip_leaf_usage *sum,
    const double *s, size_t n);

/* Adds all of `from` to the row called `name`. */
void usage_join(struct usage *u, const struct usage *from, const char *name);

/* The i-th row, in the order in which leaves were first called; its texts live
 * as long as `u`.  False past the last. */
bool usage_get(const struct usage *u, size_t i, struct mip_leaf_usage *out);

/* A table with a line for each leaf, and their sum if there are several. */
void usage_table(struct buf *b, const struct usage *u);

/* {"leaves":[...],"total":{...}} */
void usage_json(struct buf *b, const struct usage *u);

/* The members of a row's object, from "leaf" to "nominal_usd". */
void usage_members(struct buf *b, const struct mip_leaf_usage *s);

#endif
