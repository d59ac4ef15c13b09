/* Memory that fails while requests are written: the same text, or a buffer that
 * says so.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fault.h"

#include <stdio.h>
#include <string.h>

#include "../unit/sample.c"
#include "core/buf.h"
#include "core/json.h"
#include "prompt/prompt.h"
#include "prompt/slots.h"
#include "provider/provider.h"
#include "type/gbnf.h"
#include "type/schema.h"

static const char text[] = "{\"b\":[1,2.50,{\"y\":null,\"x\":\"\\u00e4\"}],"
    "\"a\":true,\"b\":0}";
static const char set[] = "{\"m.judge.demos\":[{\"question\":\"1+1?\","
    "\"facts\":\"two\",\"answer\":\"2\",\"confidence\":90,\"mood\":\"SURE\"}]}";
static struct slots *slots;
static struct judge_in question = { "Why is it \"blue\"?", "It\nis." };
static struct prompt_retry again = { "{\"answer\":}", "That is no JSON." };

static const struct slots_leaf *
leaf(void)
{
	return slots_leaf(slots, &judge);
}

static struct json
parsed(void)
{
	struct json v = { NULL, 0 };

	json_parse(text, sizeof text - 1, &v, NULL, NULL);
	return v;
}

static void
canon(struct buf *b)
{
	json_canon(b, parsed());
}

static void
pretty(struct buf *b)
{
	json_pretty(b, parsed(), 1);
}

static void
schemas(struct buf *b)
{
	schema_json(b, &judge_out_type);
	schema_public(b, &qa_in_type);
	schema_text(b, &judge_out_type);
	schema_shape(b, &judge_out_type);
}

struct order { const char *code; double share; int64_t n; };

static void
grammars(struct buf *b)
{
	static const struct mip_field field[] = {
		{ MIP_FIELD(struct order, code, &mip_string, NULL),
		    .regex = "([A-Z]{2}|x+)-[0-9]*" },
		{ MIP_FIELD(struct order, share, &mip_float, NULL),
		    .flags = MIP_HAS_MIN | MIP_HAS_MAX, .min = 0, .max = 1 },
		{ MIP_FIELD(struct order, n, &mip_int, NULL),
		    .flags = MIP_HAS_MIN, .min = -7 },
	};
	static const struct mip_type type = { .kind = MIP_STRUCT,
		.size = sizeof(struct order), .field = field, .n = 3 };

	gbnf(b, &type, MIP_JSON);
	gbnf(b, &type, MIP_LABELS);
	gbnf(b, &judge_out_type, MIP_JSON);
	gbnf(b, &judge_out_type, MIP_MARKERS);
	gbnf(b, &judge_out_type, MIP_XML);
}

static void
prefix(struct buf *b)
{
	prompt_prefix(b, leaf());
}

static void
messages(struct buf *b)
{
	struct prompt_more more = { .retry = &again, .nretry = 1 };

	prompt_messages(b, leaf(), &question, &more);
}

static void
outline(struct buf *b)
{
	prompt_outline(b, leaf());
}

static void
replies(struct buf *b)
{
	struct qa_out out = { "so", 3, MOOD_SURE };

	prompt_reply(b, &judge_out_type, MIP_JSON, &out);
	prompt_reply(b, &judge_out_type, MIP_MARKERS, &out);
}

static void
shown(struct buf *b)
{
	prompt_show(b, "[{\"role\":\"user\",\"content\":\"a\\nb\"}]");
}

/* ---- the bodies of each provider ---- */

static const struct provider *provider;

static void
body(struct buf *b)
{
	static const char say[] = "[{\"role\":\"system\",\"content\":"
	    "\"Be \\\"x\\\"\"},{\"role\":\"user\","
	    "\"content\":[{\"type\":\"text\",\"text\":"
	    "\"See\"},{\"type\":\"image_url\",\"image_url\":{\"url\":"
	    "\"data:image/png;base64,aGk=\"}}]}]";
	static const enum mip_structure rung[] = { MIP_STRUCTURE_NATIVE,
		MIP_STRUCTURE_FUNCTION, MIP_STRUCTURE_PROMPT };
	struct provider_ask a = { .model = &small, .messages = say,
		.messages_len = sizeof say - 1, .schema = leaf()->schema,
		.schema_name = "judge", .temperature = 0.5, .sample = "1" };
	size_t i;

	for (i = 0; i < sizeof rung / sizeof rung[0]; i++) {
		a.rung = rung[i];
		a.stream = i == 2;
		provider->body(b, &a);
		a.lacks = LACKS_SYSTEM;
	}
	provider->url(b, "http://h/v1?x=1", &small, PROVIDER_STREAM);
}

/* ---- what is wanted ---- */

struct job {
	void (*write)(struct buf *b);
	struct buf want;
};

static bool
writes(void *arg)
{
	const struct job *j = arg;
	struct buf b = BUF_INIT;
	bool ok;

	j->write(&b);
	ok = b.failed ? fault_met() : b.len == j->want.len &&
	    memcmp(buf_str(&b), j->want.s, b.len) == 0;
	buf_release(&b);
	return ok;
}

static void
job(const char *name, void (*write)(struct buf *b))
{
	struct job j = { write, BUF_INIT };

	write(&j.want);
	buf_putc(&j.want, '\0');
	j.want.len--;
	if (j.want.failed || j.want.len == 0)
		printf("Bail out! %s writes nothing\n", name);
	fault_each(name, FAULT_ALLOC, writes, &j);
	buf_release(&j.want);
}

int
main(void)
{
	static const char *const name[] = {
#define P(name, speaks, lacks, strict, own) #name,
#include "provider/provider.def"
#undef P
	};
	struct json v = { NULL, 0 };
	char why[320];
	size_t i;

	fault_json();
	if (!json_parse(set, sizeof set - 1, &v, NULL, NULL) ||
	    slots_new(&qa_program, v, &slots, why, sizeof why) != MIP_OK) {
		printf("Bail out! %s\n", why);
		return 1;
	}
	job("canonical JSON", canon);
	job("indented JSON", pretty);
	job("schemas", schemas);
	job("grammars", grammars);
	job("a prefix", prefix);
	job("messages", messages);
	job("an outline", outline);
	job("demonstrations", replies);
	job("messages for a reader", shown);
	for (i = 0; i < sizeof name / sizeof name[0]; i++) {
		provider = provider_find(name[i]);
		job(name[i], body);
	}
	slots_drop(slots);
	return fault_end();
}
