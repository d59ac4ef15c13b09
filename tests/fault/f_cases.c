/* Memory and files that fail while demonstrations are found: all that belong
 * there are shown, or the run fails.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/cases.h"

struct in { const char *question; };
struct out { const char *answer; };
struct row { const char *question, *answer; };

static const struct mip_field in_fields[] = {
	{ MIP_FIELD(struct in, question, &mip_string, NULL) },
};
static const struct mip_field out_fields[] = {
	{ MIP_FIELD(struct out, answer, &mip_string, NULL) },
};
static const struct mip_field row_fields[] = {
	{ MIP_FIELD(struct row, question, &mip_string, NULL) },
	{ MIP_FIELD(struct row, answer, &mip_string, NULL) },
};
static const struct mip_type in_type = { .kind = MIP_STRUCT,
	.size = sizeof(struct in), .name = "in", .field = in_fields, .n = 1 };
static const struct mip_type out_type = { .kind = MIP_STRUCT,
	.size = sizeof(struct out), .name = "out", .field = out_fields,
	.n = 1 };
static const struct mip_type row_type = { .kind = MIP_STRUCT,
	.size = sizeof(struct row), .name = "Row", .field = row_fields,
	.n = 2 };
static const char *const members[] = { "question", NULL };
static char file[] = "/tmp/miproc-fault-" "XX" "XX" "XX";
static const struct mip_retriever cases = {
	.name = "cases", .by = MIP_BM25, .of = &row_type, .text = members,
	.path = file, .k1 = 1.2, .b = 0.75,
};
static const struct mip_prompt prompt = {
	.name = "leaf", .in = &in_type, .out = &out_type, .cases = &cases,
	.ncase = 2,
};

static bool
is_right(struct mip *m)
{
	static const char *const want[] = { "far", "near" };
	struct slots_leaf leaf = { .prompt = &prompt, .format = MIP_MARKERS };
	struct in in = { "red fish" };
	const struct json *demo;
	unsigned n, i;

	mip_begin(m);
	if (!cases_find(m, &leaf, &in, &demo, &n))
		return n == 0 && mip_status(m) != MIP_OK &&
		    mip_message(m)[0] && fault_met();
	for (i = 0; i < n; i++)
		if (i >= 2 || !json_string_is(json_get(demo[i], "answer"),
		    want[i]))
			return false;
	return n == 2;
}

static bool
finds(void *arg)
{
	const struct mip_options o = { .no_cache = true, .seed = 1 };
	struct mip_env *env = NULL;
	struct mip *m = NULL;
	bool ok;

	(void)arg;
	if (mip_env_new(&o, &env) == MIP_OK)
		m = mip_new(env);
	ok = m ? is_right(m) : fault_met();
	mip_free(m);
	mip_env_free(env);
	return ok;
}

int
main(void)
{
	static const char rows[] =
	    "{\"question\":\"red fish\",\"answer\":\"own\"}\n"
	    "{\"question\":\"red fish, blue fish\",\"answer\":\"near\"}\n"
	    "{\"question\":\"a fish among others\",\"answer\":\"far\"}\n";
	int fd = mkstemp(file);

	if (fd < 0 || write(fd, rows, sizeof rows - 1) !=
	    (ssize_t)sizeof rows - 1 || close(fd) != 0)
		return 2;
	unsetenv("MIPROC_OFFLINE");
	unsetenv("MIPROC_MAX_COST");
	fault_each("cases: memory", FAULT_ALLOC, finds, NULL);
	fault_each("cases: files", FAULT_OPEN | FAULT_READ, finds, NULL);
	unlink(file);
	return fault_end();
}
