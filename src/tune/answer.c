/* What a worker's answer to a run says.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "tune/answer.h"

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
