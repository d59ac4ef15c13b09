/* Memory that fails while a reply is read: the same value, or none and
 * MIP_NOMEM.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fault.h"

#include <stdint.h>
#include <string.h>

#include "miproc_gen.h"
#include "reply/reply.h"

struct item { const char *name; int64_t count; };
struct items { const struct item *v; size_t n; };
struct out { const char *why; struct items list; const double *rate; };

static const struct mip_field item_fields[] = {
	{ MIP_FIELD(struct item, name, &mip_string, NULL) },
	{ MIP_FIELD(struct item, count, &mip_int, NULL) },
};
static const struct mip_type item_type = {
	.kind = MIP_STRUCT, .size = sizeof(struct item),
	.field = item_fields, .n = 2
};
static const struct mip_type list_type = {
	.kind = MIP_LIST, .size = sizeof(struct items), .of = &item_type
};
static const struct mip_type rate_type = {
	.kind = MIP_OPTIONAL, .size = sizeof(const double *), .of = &mip_float
};
static const struct mip_field out_fields[] = {
	{ MIP_FIELD(struct out, why, &mip_string, NULL) },
	{ MIP_FIELD(struct out, list, &list_type, NULL) },
	{ MIP_FIELD(struct out, rate, &rate_type, NULL) },
};
static const struct mip_type out_type = {
	.kind = MIP_STRUCT, .size = sizeof(struct out),
	.field = out_fields, .n = 3
};

struct example { const char *text; enum mip_format format; };

static bool
is_right(const struct out *o)
{
	return strcmp(o->why, "so \"it\" is") == 0 && o->list.n == 2 &&
	    strcmp(o->list.v[1].name, "b") == 0 &&
	    o->list.v[0].count == 3 && o->rate && *o->rate > 0.4 &&
	    *o->rate < 0.6;
}

static bool
reads(void *arg)
{
	const struct example *e = arg;
	struct reply_options o = { .format = e->format,
	    .parse = MIP_TOLERANT, .max_repair = -1 };
	struct reply_note note = { .error = REPLY_E_NONE };
	struct arena a = { 0 };
	struct out out;
	enum mip_status s;
	bool ok;

	memset(&out, 0, sizeof out);
	s = reply_read(&a, &out_type, &o, e->text, strlen(e->text), &out,
	    &note);
	/* A failure may cost a guess, but never makes another value. */
	ok = s == MIP_OK ? is_right(&out) : fault_met() && s == MIP_NOMEM;
	arena_release(&a);
	return ok;
}

int
main(void)
{
	static struct example clean = {
		"{\"why\":\"so \\\"it\\\" is\",\"list\":[{\"name\":\"a\","
		"\"count\":3},{\"name\":\"b\",\"count\":4}],\"rate\":0.5}",
		MIP_JSON
	}, messy = {
		"Here you are:\n```json\n{'why': 'so \"it\" is', list: "
		"[{\"name\": \"a\", \"count\": \"3\",}, {\"name\": \"b\", "
		"\"count\": 4}], // two\n \"rate\": \".5\"}\n```\nDone.",
		MIP_JSON
	};

	fault_each("clean reply", FAULT_ALLOC, reads, &clean);
	fault_each("messy reply", FAULT_ALLOC, reads, &messy);
	return fault_end();
}
