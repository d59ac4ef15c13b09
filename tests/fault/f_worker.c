/* Memory that fails in a worker: what it says is whole and right or that there
 * was no memory, or it ends; nobody waits for ever.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fault.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit/fake_lm.c"
#include "../unit/sample.c"
#include "core/lines.h"
#include "run/mip.h"
#include "worker/worker.h"

enum {
	PATIENCE_S = 300,               /* who waits longer waits for ever */
	ANSWERS = 9
};

#define ROW "\"row\":{\"question\":\"Why?\",\"answer\":\"light blue\"}"

static const char input[] =
	"{\"slots\":7,\"set\":{\"K\":2,\"recall.instruction\":\"Say it.\"}}\n"
	"{\"slots\":8,\"set\":{\"nothing\":2}}\n"
	"{\"run\":1,\"slots\":7," ROW ",\"metrics\":[\"score\",\"graded\"],"
	    "\"trace\":true,\"sample\":3,\"model\":{\"small\":\"big\"}}\n"
	"{\"run\":2,\"row\":{\"question\":5},\"metrics\":[\"score\"]}\n"
	"{\"run\":3,\"test\":\"capital\"}\n"
	"{\"run\":4,\"check\":true," ROW ",\"metrics\":[\"score\"]}\n"
	"{\"run\":5,\"slots\":9," ROW "}\n"
	"{\"ping\":6}\n"
	"no message\n"
	"{\"drop\":7}\n"
	"{\"cancel\":99}\n";

/* What it says if all is well, by the beginning of the line. */
static const struct {
	const char *head, *part;
} known[ANSWERS] = {
	{ "{\"hello\":1,", "\"type\":\"int\",\"value\":1" },
	{ "{\"slots\":7,", "\"ok\":true" },
	{ "{\"slots\":8,", "nothing" },
	{ "{\"run\":1,", "\"class\":\"ok\",\"out\":{\"answer\":\"blue\","
	    "\"confidence\":90,\"mood\":\"UNSURE\"},\"scores\":{\"score\":"
	    "0.6666666666666666,\"graded\":0.5}" },
	{ "{\"run\":2,", "\"class\":\"usage\"" },
	{ "{\"run\":3,", "\"class\":\"ok\",\"seconds\":" },
	{ "{\"run\":4,", "\"ok\":true" },
	{ "{\"run\":5,", "there are no such slots" },
	{ "{\"ping\":6}", "}" },
};

static const struct fake_rule rules[] = {
	{ .match = "from the facts alone", .text = "{\"answer\":\"blue\","
	    "\"confidence\":90,\"mood\":\"not sure\"}" },
	{ .match = "Grade", .text = "{\"grade\":0.5}" },
	{ .text = "sky" },
};

/* One line: whole, right or about memory, and not said before. */
static bool
is_right(const char *line, size_t n, bool seen[ANSWERS])
{
	struct json v;
	size_t i;

	if (!json_parse(line, n, &v, NULL, NULL) ||
	    json_kind(v) != JSON_OBJECT)
		return false;
	for (i = 0; i < ANSWERS; i++) {
		if (strncmp(line, known[i].head, strlen(known[i].head)) != 0)
			continue;
		if (seen[i])
			return false;
		seen[i] = true;
		return strstr(line, known[i].part) ||
		    (fault_met() && (strstr(line, "out of memory") ||
		    strstr(line, "there are no such slots") ||
		    strstr(line, "\"class\":\"nomem\"")));
	}
	return strstr(line, "line 9: ") != NULL;
}

static bool
all_right(int fd, enum mip_status s)
{
	bool seen[ANSWERS] = { false }, ok = true;
	static char text[1 << 16];      /* as much as a pipe holds */
	const char *at, *nl;
	size_t n = 0, i;
	ssize_t k;

	while ((k = read(fd, text + n, sizeof text - 1 - n)) > 0)
		n += (size_t)k;
	text[n] = '\0';
	for (at = text; ok && (nl = strchr(at, '\n')); at = nl + 1)
		ok = is_right(at, (size_t)(nl - at), seen);
	if (!ok || *at)
		fprintf(stderr, "it said: %s\n", at);
	ok = ok && !*at;
	/* One that ends for want of memory need not have said everything. */
	for (i = 0; ok && s == MIP_OK && i < ANSWERS; i++)
		ok = seen[i];
	if (!ok)
		fprintf(stderr, "%s: %s\n", mip_status_word(s), text);
	return ok && (s == MIP_OK || (s == MIP_NOMEM && fault_met()));
}

static bool
serves(void *arg)
{
	static const struct json nothing;
	struct worker_options o = { .program = &qa_program,
		.eval = &qa_eval, .jobs = 1 };
	enum mip_status s = MIP_NOMEM;
	int in[2], out[2];
	char why[320] = "";
	bool ok = true;

	(void)arg;
	alarm(PATIENCE_S);
	fake_rules(rules, sizeof rules / sizeof rules[0]);
	if (pipe(in) != 0 || pipe(out) != 0)
		abort();
	if (!lines_write(in[1], input, sizeof input - 1))
		abort();
	close(in[1]);
	o.in = in[0];
	o.out = out[1];
	if (mip_env_new(NULL, &o.env) == MIP_OK && slots_new(&qa_program,
	    nothing, &o.slots, why, sizeof why) == MIP_OK)
		s = worker_serve(&o);
	close(out[1]);
	ok = all_right(out[0], s);
	close(in[0]);
	close(out[0]);
	slots_drop(o.slots);
	mip_env_free(o.env);
	return ok;
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	fault_each("a worker", FAULT_ALLOC, serves, NULL);
	return fault_end();
}
