/* What a worker's answer to a run says.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "tune/answer.h"

#include "base/base.h"

enum mip_status
answer_class(struct json answer)
{
	struct json v = json_get(answer, "class");
	unsigned i;

	if (json_string_is(v, "repaired"))
		return MIP_OK;
	for (i = 0; i < MIP_NSTATUS; i++)
		if (json_string_is(v, mip_status_word((enum mip_status)i)))
			return (enum mip_status)i;
	return MIP_FAIL;
}

static void
add(struct json v, struct answer_used *s)
{
	int64_t n;
	double d;

	if (json_int(json_get(v, "calls"), &n))
		s->calls += n;
	if (json_int(json_get(v, "cached"), &n))
		s->cached += n;
	if (json_int(json_get(v, "asked"), &n))
		s->asked += n;
	if (json_int(json_get(v, "clean"), &n))
		s->clean += n;
	if (json_int(json_get(v, "in"), &n))
		s->in += n;
	if (json_int(json_get(v, "out"), &n))
		s->out += n;
	if (json_double(json_get(v, "usd"), &d))
		s->usd += d;
	if (json_double(json_get(v, "nominal_usd"), &d))
		s->nominal += d;
}

void
answer_used_program(struct json answer, struct answer_used *s)
{
	add(json_get(answer, "usage"), s);
}

void
answer_used_add(struct json answer, struct answer_used *s)
{
	answer_used_program(answer, s);
	add(json_get(answer, "judge"), s);
}

void
answer_used_join(struct answer_used *s, const struct answer_used *more)
{
	s->calls += more->calls;
	s->cached += more->cached;
	s->asked += more->asked;
	s->clean += more->clean;
	s->in += more->in;
	s->out += more->out;
	s->usd += more->usd;
	s->nominal += more->nominal;
}

/* The latencies of an array; `n` of them at most. */
static size_t
seconds(struct json list, double *s, size_t n)
{
	struct json_walk w = json_walk(list);
	struct json v;
	size_t k = 0;

	while (k < n && json_next(&w, NULL, &v))
		if (json_double(v, &s[k]))
			k++;
	return k;
}

static void
leaf(struct json v, struct usage *u, struct arena *a)
{
	struct mip_leaf_usage s = { .leaf = json_string(a,
	    json_get(v, "leaf")) };
	struct json list = json_get(v, "seconds");
	size_t n = json_count(list);
	double *took = arena_array(a, n + 1, sizeof *took);

	if (!s.leaf || !took)
		return;
	json_int(json_get(v, "calls"), &s.calls);
	json_int(json_get(v, "cached"), &s.cached);
	json_int(json_get(v, "reasked"), &s.reasked);
	json_int(json_get(v, "failed"), &s.failed);
	json_int(json_get(v, "tokens_in"), &s.tokens_in);
	json_int(json_get(v, "tokens_in_cached"), &s.tokens_in_cached);
	json_int(json_get(v, "tokens_out"), &s.tokens_out);
	json_double(json_get(v, "usd"), &s.usd);
	json_double(json_get(v, "nominal_usd"), &s.nominal_usd);
	usage_add_sum(u, &s, took, seconds(list, took, n));
}

void
answer_leaves(struct json answer, struct usage *u)
{
	struct json_walk w = json_walk(json_get(answer, "leaves"));
	struct arena a = BASE_ARENA_INIT;
	struct json v;

	while (json_next(&w, NULL, &v)) {
		leaf(v, u, &a);
		arena_reset(&a);
	}
	arena_release(&a);
}
