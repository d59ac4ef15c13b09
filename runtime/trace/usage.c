/* Usage by leaf.
 *
 * SPDX-License-Identifier: MIT */
#include "trace/usage.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json_put.h"

#define USAGE_FIRST_S 1e-3              /* the top of the first bucket */
#define USAGE_OCTAVE 8                  /* buckets to the double */

void
usage_release(struct usage *u)
{
	size_t i;

	for (i = 0; i < u->n; i++)
		free(u->row[i]);
	free(u->row);
	memset(u, 0, sizeof *u);
}

/* ---- counting ---- */

struct usage_name
usage_call_name(const struct usage_call *c)
{
	struct usage_name name;

	if (c->leaf)
		snprintf(name.text, sizeof name.text, "%s", c->leaf);
	else
		snprintf(name.text, sizeof name.text, "embed(%s)",
		    c->model ? c->model : "");
	return name;
}

static struct usage_row *
usage_new_row(struct usage *u, const char *name)
{
	struct usage_row **v, *r;
	size_t cap;

	if (u->n == u->cap) {
		cap = u->cap ? 2 * u->cap : 8;
		v = realloc(u->row, cap * sizeof *v);
		if (!v)
			return NULL;
		u->row = v;
		u->cap = cap;
	}
	r = calloc(1, sizeof *r);
	if (!r)
		return NULL;
	snprintf(r->name.text, sizeof r->name.text, "%s", name);
	r->sum.leaf = r->name.text;
	u->row[u->n++] = r;
	return r;
}

static struct usage_row *
usage_row(struct usage *u, const char *name)
{
	size_t i;

	for (i = 0; i < u->n; i++)
		if (strncmp(u->row[i]->name.text, name, USAGE_NAME - 1) == 0)
			return u->row[i];
	return usage_new_row(u, name);
}

/* The bucket whose top is the first at or above it. */
static size_t
usage_bucket(double s)
{
	double i = s > USAGE_FIRST_S ?
	    ceil(log2(s / USAGE_FIRST_S) * USAGE_OCTAVE) : 0;

	return i < USAGE_BUCKETS - 1 ? (size_t)i : USAGE_BUCKETS - 1;
}

/* A server has taken so long. */
static void
usage_time(struct usage_row *r, double s)
{
	r->timed++;
	r->seconds += s;
	r->bucket[usage_bucket(s)]++;
}

void
usage_add(struct usage *u, const struct usage_call *c)
{
	struct usage_row *r = usage_row(u, c->leaf ? c->leaf :
	    usage_call_name(c).text);
	struct mip_leaf_usage *s;

	if (!r)
		return;
	s = &r->sum;
	if (c->failed) {
		s->failed++;
		return;
	}
	s->calls++;
	s->cached += c->cached;
	s->reasked += c->reasked;
	s->tokens_in += c->in;
	s->tokens_in_cached += c->in_cached;
	s->tokens_out += c->out;
	s->nominal_usd += c->cost;
	if (c->cached)
		return;
	s->usd += c->cost;
	usage_time(r, c->latency_s);
}

static void
usage_sum(struct mip_leaf_usage *to, const struct mip_leaf_usage *s)
{
	to->calls += s->calls;
	to->cached += s->cached;
	to->reasked += s->reasked;
	to->failed += s->failed;
	to->tokens_in += s->tokens_in;
	to->tokens_in_cached += s->tokens_in_cached;
	to->tokens_out += s->tokens_out;
	to->usd += s->usd;
	to->nominal_usd += s->nominal_usd;
}

void
usage_add_sum(struct usage *u, const struct mip_leaf_usage *sum,
    const double *s, size_t n)
{
	struct usage_row *r = usage_row(u, sum->leaf);
	size_t i;

	if (!r)
		return;
	usage_sum(&r->sum, sum);
	for (i = 0; i < n; i++)
		usage_time(r, s[i]);
}

void
usage_join(struct usage *u, const struct usage *from, const char *name)
{
	struct usage_row *r = from->n > 0 ? usage_row(u, name) : NULL;
	size_t i, k;

	for (i = 0; r && i < from->n; i++) {
		usage_sum(&r->sum, &from->row[i]->sum);
		r->timed += from->row[i]->timed;
		r->seconds += from->row[i]->seconds;
		for (k = 0; k < USAGE_BUCKETS; k++)
			r->bucket[k] += from->row[i]->bucket[k];
	}
}

/* The top of the bucket that holds the call with 95% of them at or below. */
static double
usage_p95(const struct usage_row *r)
{
	int64_t rank = (int64_t)ceil(0.95 * (double)r->timed), sum = 0;
	size_t i;

	for (i = 0; i < USAGE_BUCKETS; i++) {
		sum += r->bucket[i];
		if (sum >= rank)
			break;
	}
	return USAGE_FIRST_S * exp2((double)i / USAGE_OCTAVE);
}

bool
usage_get(const struct usage *u, size_t i, struct mip_leaf_usage *out)
{
	const struct usage_row *r;

	if (i >= u->n)
		return false;
	r = u->row[i];
	*out = r->sum;
	if (r->timed > 0) {
		out->latency_s = r->seconds / (double)r->timed;
		out->latency_p95_s = usage_p95(r);
	}
	return true;
}

/* ---- telling ---- */

enum usage_cell {
	USAGE_LEAF, USAGE_CALLS, USAGE_CACHED, USAGE_REASKED, USAGE_FAILED,
	USAGE_IN, USAGE_IN_CACHED, USAGE_OUT, USAGE_USD, USAGE_NOMINAL,
	USAGE_LATENCY, USAGE_P95, USAGE_NCELL
};

static const char *const usage_head[USAGE_NCELL] = {
	"leaf", "calls", "cached", "re-asked", "failed", "tokens in",
	"cached", "out", "usd", "nominal", "latency s", "p95"
};

static void
usage_number(struct buf *b, int64_t v)
{
	buf_int(b, v);
}

static void
usage_money(struct buf *b, double usd)
{
	if (usd == 0)
		buf_putc(b, '0');
	else
		buf_printf(b, "%.6f", usd);
}

static void
usage_seconds(struct buf *b, const struct mip_leaf_usage *s, double seconds)
{
	if (s->calls == s->cached)
		buf_putc(b, '-');
	else
		buf_printf(b, "%.3f", seconds);
}

/* The text of one cell; of the sum there are no latencies. */
static void
usage_cell(struct buf *b, const struct mip_leaf_usage *s, enum usage_cell c)
{
	switch (c) {
	case USAGE_LEAF:
		buf_puts(b, s->leaf ? s->leaf : "total");
		return;
	case USAGE_CALLS:       usage_number(b, s->calls); return;
	case USAGE_CACHED:      usage_number(b, s->cached); return;
	case USAGE_REASKED:     usage_number(b, s->reasked); return;
	case USAGE_FAILED:      usage_number(b, s->failed); return;
	case USAGE_IN:          usage_number(b, s->tokens_in); return;
	case USAGE_IN_CACHED:
		usage_number(b, s->tokens_in_cached);
		return;
	case USAGE_OUT:         usage_number(b, s->tokens_out); return;
	case USAGE_USD:         usage_money(b, s->usd); return;
	case USAGE_NOMINAL:     usage_money(b, s->nominal_usd); return;
	case USAGE_LATENCY:
		if (s->leaf)
			usage_seconds(b, s, s->latency_s);
		return;
	case USAGE_P95:
		if (s->leaf)
			usage_seconds(b, s, s->latency_p95_s);
		return;
	case USAGE_NCELL:
		return;
	}
}

/* The i-th line: leaves, then their sum if there is more than one. */
static bool
usage_line(const struct usage *u, size_t i, struct mip_leaf_usage *out)
{
	struct mip_leaf_usage s;
	size_t k;

	if (usage_get(u, i, out))
		return true;
	if (i > u->n || u->n < 2)
		return false;
	memset(out, 0, sizeof *out);
	for (k = 0; usage_get(u, k, &s); k++)
		usage_sum(out, &s);
	return true;
}

/* How wide a column is: as its widest cell. */
static int
usage_width(const struct usage *u, enum usage_cell c)
{
	struct mip_leaf_usage s;
	struct buf cell = BUF_INIT;
	size_t width = strlen(usage_head[c]), i;

	for (i = 0; usage_line(u, i, &s); i++) {
		buf_reset(&cell);
		usage_cell(&cell, &s, c);
		if (cell.len > width)
			width = cell.len;
	}
	buf_release(&cell);
	return (int)width;
}

static void
usage_put(struct buf *b, unsigned c, const char *text, int width)
{
	if (c == USAGE_LEAF)
		buf_printf(b, "%-*s", width, text);
	else
		buf_printf(b, "  %*s", width, text);
}

void
usage_table(struct buf *b, const struct usage *u)
{
	int width[USAGE_NCELL];
	struct buf cell = BUF_INIT;
	struct mip_leaf_usage s;
	unsigned c;
	size_t i;

	for (c = 0; c < USAGE_NCELL; c++) {
		width[c] = usage_width(u, (enum usage_cell)c);
		usage_put(b, c, usage_head[c], width[c]);
	}
	buf_putc(b, '\n');
	for (i = 0; usage_line(u, i, &s); i++) {
		size_t end = b->len;

		for (c = 0; c < USAGE_NCELL; c++) {
			buf_reset(&cell);
			usage_cell(&cell, &s, (enum usage_cell)c);
			usage_put(b, c, buf_str(&cell), width[c]);
			if (cell.len > 0)
				end = b->len;
		}
		if (!b->failed)
			b->len = end;
		buf_putc(b, '\n');
	}
	buf_release(&cell);
}

void
usage_members(struct buf *b, const struct mip_leaf_usage *s)
{
	if (s->leaf)
		json_put_string(b, "leaf", s->leaf);
	json_put_int(b, "calls", s->calls);
	json_put_int(b, "cached", s->cached);
	json_put_int(b, "reasked", s->reasked);
	json_put_int(b, "failed", s->failed);
	json_put_int(b, "tokens_in", s->tokens_in);
	json_put_int(b, "tokens_in_cached", s->tokens_in_cached);
	json_put_int(b, "tokens_out", s->tokens_out);
	json_put_double(b, "usd", s->usd);
	json_put_double(b, "nominal_usd", s->nominal_usd);
}

static void
usage_object(struct buf *b, const struct mip_leaf_usage *s)
{
	buf_putc(b, '{');
	usage_members(b, s);
	if (s->leaf && s->calls > s->cached) {
		json_put_double(b, "latency_s", s->latency_s);
		json_put_double(b, "latency_p95_s", s->latency_p95_s);
	}
	buf_putc(b, '}');
}

void
usage_json(struct buf *b, const struct usage *u)
{
	struct mip_leaf_usage total = { .leaf = NULL }, s;
	size_t i;

	buf_puts(b, "{\"leaves\":[");
	for (i = 0; usage_get(u, i, &s); i++) {
		json_put_item(b);
		usage_object(b, &s);
		usage_sum(&total, &s);
	}
	buf_puts(b, "],\"total\":");
	usage_object(b, &total);
	buf_puts(b, "}\n");
}
