/* Memory that fails while slots are made: all of them, or none and
 * MIP_NOMEM.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fault.h"

#include <stdint.h>
#include <string.h>

#include "core/buf.h"
#include "core/json.h"
#include "miproc_gen.h"
#include "prompt/slots.h"

struct in { const char *question; };
struct out { int64_t answer; };

static const struct mip_field in_fields[] = {
	{ MIP_FIELD(struct in, question, &mip_string, NULL) },
};
static const struct mip_type in_type = {
	.kind = MIP_STRUCT, .size = sizeof(struct in), .field = in_fields,
	.n = 1
};
static const struct mip_field out_fields[] = {
	{ MIP_FIELD(struct out, answer, &mip_int, NULL) },
};
static const struct mip_type out_type = {
	.kind = MIP_STRUCT, .size = sizeof(struct out), .field = out_fields,
	.n = 1
};
static const char *const text[] = { "Answer the question.", NULL };
static const struct mip_prompt answer = {
	.name = "answer", .in = &in_type, .out = &out_type, .text = text,
	.format = MIP_JSON, .temperature = MIP_UNSET
};
static const struct mip_prompt *const prompts[] = { &answer };
static const int64_t five = 5;
static const struct mip_param k = { "K", &mip_int, &five };
static const struct mip_param *const params[] = { &k };
static const struct mip_program program = {
	.abi = MIP_ABI, .name = "p", .prompt = prompts, .nprompt = 1,
	.param = params, .nparam = 1
};

static const char set[] = "{\"K\":7,\"answer.demos\":[{\"question\":"
    "\"1+1?\",\"answer\":2}],\"answer.format\":\"markers\","
    "\"answer.instruction\":\"Be\\nbrief.\"}";

/* They say what was set. */
static bool
is_right(const struct slots *s)
{
	const int64_t *value = slots_param(s, &k);
	const struct slots_leaf *leaf = slots_leaf(s, &answer);
	struct buf b = BUF_INIT;
	bool ok;

	slots_json(&b, s);
	ok = value && *value == 7 && leaf && leaf->format == MIP_MARKERS &&
	    (b.failed ? fault_met() :
	    strstr(buf_str(&b), "[\"Be\",\"brief.\"]") != NULL);
	buf_release(&b);
	return ok;
}

static bool
make(void *arg)
{
	struct json v = { NULL, 0 };
	struct slots *s = NULL;
	char why[320] = "";
	enum mip_status st;
	bool ok;

	(void)arg;
	if (!json_parse(set, sizeof set - 1, &v, NULL, NULL))
		return fault_met();
	st = slots_new(&program, v, &s, why, sizeof why);
	ok = st == MIP_OK ? is_right(s) : st == MIP_NOMEM && fault_met();
	slots_drop(s);
	return ok;
}

int
main(void)
{
	fault_each("slots", FAULT_ALLOC, make, NULL);
	return fault_end();
}
