/* Memory that fails where the tuner talks with its worker: all rows are
 * answered, or it says why not; no worker is left.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fault.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "miproc_gen.h"
#include "tune/worker_client.h"

enum {
	PATIENCE_S = 300,               /* who waits longer waits for ever */
	JOBS = 9
};

/* ---- the worker: this program, whose memory does not fail then ---- */

static int
play(void)
{
	static char line[1 << 12];
	long long id;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("{\"hello\":1,\"abi\":%d,\"hash\":\"abcd\"}\n", MIP_ABI);
	while (fgets(line, sizeof line, stdin)) {
		if (sscanf(line, "{\"run\":%lld,", &id) == 1) {
			if (strstr(line, "down"))
				return 9;
			printf("{\"run\":%lld,\"ok\":true,\"class\":\"ok\"}\n",
			    id);
		} else if (sscanf(line, "{\"slots\":%lld,", &id) == 1) {
			printf("{\"slots\":%lld,\"ok\":true}\n", id);
		}
	}
	return 0;
}

/* ---- the client ---- */

static bool
settled(enum mip_status s, const char *why)
{
	bool ok = fault_met() && why[0] && (s == MIP_NOMEM ||
	    s == MIP_INFRASTRUCTURE);

	if (!ok)
		fprintf(stderr, "%s: %s\n", mip_status_word(s), why);
	return ok;
}

static bool
count(void *arg, size_t i)
{
	(void)i;
	++*(unsigned *)arg;
	return true;
}

static bool
converse(struct worker_client *w, const char *row)
{
	struct worker_job job[JOBS];
	char why[WORKER_CLIENT_WHY] = "";
	struct arena a = { 0 };
	unsigned done = 0;
	enum mip_status s;
	int64_t id = 0;
	size_t i;
	bool ok = true;

	memset(job, 0, sizeof job);
	s = worker_client_slots(w, "{\"K\":1}", &id, why);
	for (i = 0; i < JOBS; i++) {
		job[i].row = i == 4 ? row : "{\"q\":1}";
		job[i].row_len = strlen(job[i].row);
		job[i].metric = "score";
		job[i].slots = s == MIP_OK ? id : 0;
	}
	if (s == MIP_OK)
		s = worker_client_run(w, &a, job, JOBS, count, &done, why);
	for (i = 0; s == MIP_OK && i < JOBS; i++)
		ok = ok && job[i].done &&
		    job[i].crashed == (strstr(job[i].row, "down") != NULL);
	ok = s == MIP_OK ? ok && done == JOBS : settled(s, why);
	arena_release(&a);
	return ok;
}

static const char *self;

static bool
talks(void *arg)
{
	const char *argv[] = { self, "--worker", NULL };
	struct worker_client_options o = { .argv = argv, .hash = "abcd",
		.window = 3 };
	char why[WORKER_CLIENT_WHY] = "";
	struct worker_client *w;
	enum mip_status s;
	bool ok;

	alarm(PATIENCE_S);
	s = worker_client_new(&o, &w, why);
	ok = s == MIP_OK ? converse(w, arg) : settled(s, why);
	worker_client_free(w);
	return ok && waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD;
}

int
main(int argc, char **argv)
{
	char fine[] = "{\"q\":2}", down[] = "{\"q\":\"down\"}";

	if (argc > 1)
		return play();
	self = argv[0];
	fault_each("talk with a worker", FAULT_ALLOC, talks, fine);
	fault_each("with one that crashes", FAULT_ALLOC, talks, down);
	fault_each("its pipes", FAULT_READ, talks, fine);
	return fault_end();
}
