/* Tests of the worker client, against a worker that this program plays
 * itself: `t_worker_client --worker MODE`.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/clock.h"
#include "miproc_gen.h"
#include "slow.h"
#include "tune/worker_client.h"

/* ---- the worker ---- */

static bool
has(const char *line, const char *word)
{
	return strstr(line, word) != NULL;
}

/* The first time: the file is not there yet. */
static bool
first(const char *file)
{
	if (access(file, F_OK) == 0)
		return false;
	fclose(fopen(file, "w"));
	return true;
}

static void
play_run(const char *line, const char *mode)
{
	struct json v;
	int64_t id = 0, slots = 0;

	if (!json_parse(line, strlen(line), &v, NULL, NULL))
		exit(9);
	json_int(json_get(v, "run"), &id);
	json_int(json_get(v, "slots"), &slots);
	if (has(line, "boom"))
		raise(SIGKILL);
	/* Dies once: the file is there the second time. */
	if (has(line, "once") && first(mode)) {
		fprintf(stderr, "a last word\n");
		exit(3);
	}
	if (has(line, "hang"))
		return;
	if (has(line, "half")) {
		printf("{\"run\":%lld,\"ok\":tr", (long long)id);
		exit(0);
	}
	if (has(line, "prints"))
		printf("Segment \x1b[1mloaded\n");
	if (has(line, "mutes")) {
		close(1);
		pause();
	}
	if (has(line, "stops"))
		raise(SIGSTOP);
	printf("{\"run\":%lld,\"ok\":true,\"class\":\"ok\",\"slots\":%lld}\n",
	    (long long)id, (long long)slots);
}

static int
play(const char *mode)
{
	static char line[1 << 16];
	struct json v;
	int64_t id;

	setvbuf(stdout, NULL, _IONBF, 0);
	if (strncmp(mode, "early ", 6) == 0 && first(mode + 6))
		raise(SIGSEGV);
	if (strcmp(mode, "never") == 0)
		raise(SIGKILL);
	if (strcmp(mode, "mute") == 0) {
		fprintf(stderr, "cannot find the library\n");
		return 4;
	}
	printf("{\"hello\":1,\"abi\":%d,\"hash\":\"abcd\"}\n",
	    strcmp(mode, "old") == 0 ? MIP_ABI + 1 : MIP_ABI);
	while (fgets(line, sizeof line, stdin)) {
		if (!json_parse(line, strlen(line), &v, NULL, NULL))
			return 8;
		if (json_int(json_get(v, "run"), &id))
			play_run(line, mode);
		else if (json_int(json_get(v, "cancel"), &id))
			printf("{\"run\":%lld,\"ok\":false,\"class\":"
			    "\"cancelled\"}\n", (long long)id);
		else if (json_int(json_get(v, "ping"), &id))
			printf("{\"ping\":%lld}\n", (long long)id);
		else if (has(line, "fatal") && first(mode))
			raise(SIGSEGV);
		else if (has(line, "deadly"))
			raise(SIGABRT);
		else if (has(line, "ignored"))
			continue;
		else if (json_int(json_get(v, "slots"), &id))
			printf("{\"slots\":%lld,\"ok\":%s,\"why\":\"no\"}\n",
			    (long long)id, has(line, "bad") ? "false" :
			    "true");
	}
	return 0;
}

/* ---- the tests ---- */

static const char *self;
static char mark[] = "/tmp/t_worker_client.XXXXXX";

struct seen {
	unsigned n, most;
};

static bool
count(void *arg, size_t i)
{
	struct seen *s = arg;

	(void)i;
	s->n++;
	return s->most == 0 || s->n < s->most;
}

static struct worker_client *
start(const char *mode, unsigned window, const volatile bool *stop,
    char why[WORKER_CLIENT_WHY])
{
	static const char *argv[4];
	struct worker_client_options o = { argv, "abcd", window, stop, 0,
	    strcmp(mode, "quiet") == 0 ? 0.4 : 0 };
	struct worker_client *w;

	argv[0] = self;
	argv[1] = "--worker";
	argv[2] = mode;
	worker_client_new(&o, &w, why);
	return w;
}

static void
fill(struct worker_job *job, size_t n, size_t special, const char *row)
{
	size_t i;

	memset(job, 0, n * sizeof *job);
	for (i = 0; i < n; i++) {
		job[i].row = i == special ? row : "{\"q\":1}";
		job[i].row_len = strlen(job[i].row);
		job[i].metric = "score";
	}
}

enum { N = 40 };

static void
test_runs(void **state)
{
	char why[WORKER_CLIENT_WHY] = "";
	struct worker_client *w = start("plain", 4, NULL, why);
	struct worker_job job[N];
	struct arena a = { 0 };
	struct seen seen = { 0, 0 };
	int64_t id = 0, again = 0, v;
	size_t i;

	(void)state;
	assert_non_null(w);
	assert_int_equal(worker_client_slots(w, "{\"K\":1}", &id, why), MIP_OK);
	assert_int_equal(worker_client_slots(w, "{\"K\":1}", &again, why),
	    MIP_OK);
	assert_int_equal(id, again);
	assert_int_equal(worker_client_slots(w, "{\"bad\":1}", &again, why),
	    MIP_USAGE);
	assert_string_equal(why, "no");
	assert_int_equal(worker_client_check(w, "{\"K\":2}", why), MIP_OK);
	assert_int_equal(worker_client_check(w, "{\"bad\":2}", why),
	    MIP_USAGE);
	fill(job, N, N, NULL);
	for (i = 0; i < N; i++)
		job[i].slots = id;
	assert_int_equal(worker_client_run(w, &a, job, N, count, &seen, why),
	    MIP_OK);
	assert_int_equal(seen.n, N);
	for (i = 0; i < N; i++) {
		assert_true(job[i].done && !job[i].crashed);
		assert_true(json_int(json_get(job[i].answer, "slots"), &v));
		assert_int_equal(v, id);
	}
	worker_client_free(w);
	arena_release(&a);
}

/* The culprit is found, and nobody else is blamed. */
static void
test_crash(void **state)
{
	char why[WORKER_CLIENT_WHY] = "";
	struct worker_client *w = start("plain", 8, NULL, why);
	struct worker_job job[N];
	struct arena a = { 0 };
	struct seen seen = { 0, 0 };
	size_t i;

	(void)state;
	assert_non_null(w);
	fill(job, N, 5, "{\"q\":\"boom\"}");
	assert_int_equal(worker_client_run(w, &a, job, N, count, &seen, why),
	    MIP_OK);
	assert_int_equal(seen.n, N);
	for (i = 0; i < N; i++)
		assert_int_equal(job[i].crashed, i == 5);
	assert_int_equal(worker_client_restarts(w), 3);
	assert_non_null(strstr(job[5].death, "signal 9, Killed"));
	assert_false(job[5].known);
	/* It is known now: it goes alone, and takes no more than one along. */
	seen.n = 0;
	assert_int_equal(worker_client_run(w, &a, job, N, count, &seen, why),
	    MIP_OK);
	assert_int_equal(seen.n, N);
	for (i = 0; i < N; i++)
		assert_int_equal(job[i].crashed, i == 5);
	assert_true(job[5].known);
	assert_int_equal(worker_client_restarts(w), 4);
	worker_client_free(w);
	arena_release(&a);
}

/* Ways to go, and what is said of them.  Whoever goes does so on every try. */
static void
test_ways(void **state)
{
	enum { STOPS = 4 };
	static const struct {
		const char *row, *death;
	} way[] = {
		{ "{\"q\":\"boom\"}", "(killed by signal 9, Killed)" },
		{ "{\"q\":\"half\"}", "(exit status 0)" },
		{ "{\"q\":\"prints\"}", "(it wrote what is no answer: "
		    "Segment ?[1mloaded)" },
		{ "{\"q\":\"mutes\"}", "(killed by signal 15, " },
		{ "{\"q\":\"stops\"}", "(it did not answer for " },
	};
	char why[WORKER_CLIENT_WHY] = "";
	struct worker_client *w;
	struct worker_job job[N];
	struct seen seen;
	struct arena a;
	size_t k, i;

	(void)state;
	for (k = 0; k < sizeof way / sizeof way[0]; k++) {
		a = (struct arena){ 0 };
		seen = (struct seen){ 0, 0 };
		w = start(k == STOPS ? "quiet" : "plain", 3, NULL, why);
		assert_non_null(w);
		fill(job, N, 11, way[k].row);
		assert_int_equal(worker_client_run(w, &a, job, N, count, &seen,
		    why), MIP_OK);
		assert_int_equal(seen.n, N);
		for (i = 0; i < N; i++)
			assert_int_equal(job[i].crashed, i == 11);
		if (!strstr(job[11].death, way[k].death))
			fail_msg("%s: %s", way[k].row, job[11].death);
		worker_client_free(w);
		arena_release(&a);
	}
}

/* A run takes its time, and its worker is lively: it is waited for. */
static void
test_patience(void **state)
{
	char why[WORKER_CLIENT_WHY] = "";
	struct worker_client *w;
	struct worker_client_options o;
	struct worker_job job[1];
	struct arena a = { 0 };
	struct seen seen = { 0, 0 };
	static const char *argv[4];

	(void)state;
	argv[0] = self;
	argv[1] = "--worker";
	argv[2] = "plain";
	o = (struct worker_client_options){ argv, NULL, 1, NULL,
	    clock_now() + 1.2, 0.2 };
	assert_int_equal(worker_client_new(&o, &w, why), MIP_OK);
	fill(job, 1, 0, "{\"q\":\"hang\"}");
	assert_int_equal(worker_client_run(w, &a, job, 1, count, &seen, why),
	    MIP_BUDGET);
	assert_int_equal(worker_client_restarts(w), 0);
	worker_client_free(w);
	arena_release(&a);
}

/* A worker that is killed before it has said hello is started again; one that
 * always is, not for ever. */
static void
test_early(void **state)
{
	char why[WORKER_CLIENT_WHY] = "", mode[64];
	struct worker_client *w;

	(void)state;
	snprintf(mode, sizeof mode, "early %s", mark);
	w = start(mode, 1, NULL, why);
	assert_non_null(w);
	worker_client_free(w);
	unlink(mark);
	assert_null(start("never", 1, NULL, why));
	assert_non_null(strstr(why, "signal 9"));
}

/* So is one that dies of slots, or does not answer to them. */
static void
test_slots_die(void **state)
{
	char why[WORKER_CLIENT_WHY] = "";
	struct worker_client *w = start(mark, 1, NULL, why);
	int64_t id;

	(void)state;
	assert_non_null(w);
	assert_int_equal(worker_client_slots(w, "{\"fatal\":1}", &id, why),
	    MIP_OK);
	assert_int_equal(worker_client_restarts(w), 1);
	unlink(mark);
	assert_int_equal(worker_client_slots(w, "{\"deadly\":1}", &id, why),
	    MIP_INFRASTRUCTURE);
	assert_non_null(strstr(why, "signal 6"));
	assert_int_equal(worker_client_check(w, "{\"deadly\":1}", why),
	    MIP_INFRASTRUCTURE);
	assert_int_equal(worker_client_slots(w, "{\"K\":1}", &id, why),
	    MIP_OK);
	worker_client_free(w);
}

/* Nobody waits for slots when it is time to go. */
static void
test_slots_stop(void **state)
{
	char why[WORKER_CLIENT_WHY] = "";
	volatile bool stop = false;
	struct worker_client *w = start("plain", 1, &stop, why);
	int64_t id;

	(void)state;
	assert_non_null(w);
	stop = true;
	assert_int_equal(worker_client_slots(w, "{\"ignored\":1}", &id, why),
	    MIP_CANCELLED);
	stop = false;
	assert_int_equal(worker_client_slots(w, "{\"K\":1}", &id, why),
	    MIP_OK);
	worker_client_free(w);
}

/* Rows that all end the worker are not all tried: the program is broken. */
static void
test_culprits(void **state)
{
	char why[WORKER_CLIENT_WHY] = "";
	struct worker_client *w = start("plain", 2, NULL, why);
	static char row[2 * N][32];
	struct worker_job job[2 * N];
	struct arena a = { 0 };
	struct seen seen = { 0, 0 };
	unsigned crashed = 0;
	size_t i;

	(void)state;
	fill(job, 2 * N, 0, "{\"q\":1}");
	for (i = 0; i < 2 * N; i++) {
		snprintf(row[i], sizeof row[i], "{\"q\":\"%s %zu\"}",
		    i % 2 ? "boom" : "fine", i);
		job[i].row = row[i];
		job[i].row_len = strlen(row[i]);
	}
	assert_int_equal(worker_client_run(w, &a, job, 2 * N, count, &seen,
	    why), MIP_INFRASTRUCTURE);
	for (i = 0; i < 2 * N; i++)
		crashed += job[i].crashed;
	assert_int_equal(crashed, 16);
	assert_non_null(strstr(why, "16 rows or tests have ended it"));
	worker_client_free(w);
	arena_release(&a);
}

static void
test_dies_once(void **state)
{
	char why[WORKER_CLIENT_WHY] = "";
	struct worker_client *w;
	struct worker_job job[N];
	struct arena a = { 0 };
	struct seen seen = { 0, 0 };
	int64_t id, v;
	size_t i;

	(void)state;
	w = start(mark, 8, NULL, why);
	assert_non_null(w);
	assert_int_equal(worker_client_slots(w, "{\"K\":3}", &id, why),
	    MIP_OK);
	fill(job, N, 20, "{\"q\":\"once\"}");
	for (i = 0; i < N; i++)
		job[i].slots = id;
	assert_int_equal(worker_client_run(w, &a, job, N, count, &seen, why),
	    MIP_OK);
	for (i = 0; i < N; i++) {
		assert_false(job[i].crashed);
		assert_true(json_int(json_get(job[i].answer, "slots"), &v));
		assert_int_equal(v, id);
	}
	assert_int_equal(worker_client_restarts(w), 1);
	unlink(mark);
	worker_client_free(w);
	arena_release(&a);
}

/* A program that dies on every row is given up. */
static void
test_always(void **state)
{
	char why[WORKER_CLIENT_WHY] = "";
	struct worker_client *w = start("plain", 2, NULL, why);
	struct worker_job job[N];
	struct arena a = { 0 };
	struct seen seen = { 0, 0 };
	size_t i;

	(void)state;
	fill(job, N, N, NULL);
	for (i = 0; i < N; i++) {
		job[i].row = "{\"q\":\"boom\"}";
		job[i].row_len = strlen(job[i].row);
	}
	assert_int_equal(worker_client_run(w, &a, job, N, count, &seen, why),
	    MIP_INFRASTRUCTURE);
	assert_non_null(strstr(why, "signal 9"));
	worker_client_free(w);
	arena_release(&a);
}

static void
test_bad_starts(void **state)
{
	char why[WORKER_CLIENT_WHY] = "";
	static const char *argv[] = { "/nonexistent/worker", NULL };
	struct worker_client_options o = { argv, NULL, 1, NULL, 0, 0 };
	struct worker_client *w;

	(void)state;
	assert_int_equal(worker_client_new(&o, &w, why), MIP_INFRASTRUCTURE);
	assert_null(w);
	/* POSIX lets a spawn succeed, whose process then ends with 127. */
	assert_true(strstr(why, "cannot start /nonexistent/worker: ") ||
	    strstr(why, "worker ended (exit status 127)"));
	assert_null(start("mute", 1, NULL, why));
	assert_non_null(strstr(why, "cannot find the library"));
	assert_non_null(strstr(why, "exit status 4"));
	assert_null(start("old", 1, NULL, why));
	assert_non_null(strstr(why, "another version"));
	argv[0] = self;
	assert_null(start("plain", 1, &(volatile bool){ true }, why));
}

static void
test_stop(void **state)
{
	char why[WORKER_CLIENT_WHY] = "";
	volatile bool stop = false;
	struct worker_client *w = start("plain", 4, &stop, why);
	struct worker_job job[N];
	struct arena a = { 0 };
	struct seen seen = { 0, 3 };
	double from;

	(void)state;
	fill(job, N, N, NULL);
	/* `done` wants no more after three. */
	assert_int_equal(worker_client_run(w, &a, job, N, count, &seen, why),
	    MIP_OK);
	assert_in_range(seen.n, 3, N - 1);
	fill(job, N, 2, "{\"q\":\"hang\"}");
	stop = true;
	from = clock_now();
	assert_int_equal(worker_client_run(w, &a, job, N, count, &seen, why),
	    MIP_CANCELLED);
	assert_true(clock_now() - from < slow(2));
	worker_client_free(w);
	arena_release(&a);
}

static void
test_deadline(void **state)
{
	static const char *argv[4];
	struct worker_client_options o = { argv, NULL, 4, NULL, 0, 0 };
	char why[WORKER_CLIENT_WHY] = "";
	struct worker_client *w;
	struct worker_job job[N];
	struct arena a = { 0 };
	struct seen seen = { 0, 0 };

	(void)state;
	argv[0] = self;
	argv[1] = "--worker";
	argv[2] = "plain";
	o.deadline_s = clock_now() + 0.3;
	assert_int_equal(worker_client_new(&o, &w, why), MIP_OK);
	fill(job, N, 7, "{\"q\":\"hang\"}");
	assert_int_equal(worker_client_run(w, &a, job, N, count, &seen, why),
	    MIP_BUDGET);
	assert_string_equal(why, "the time is over");
	worker_client_free(w);
	arena_release(&a);
}

/* No worker outlives a client that is killed: its input ends. */
static void
test_no_orphan(void **state)
{
	int fd[2], status;
	char byte;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(fd), 0);
	pid = fork();
	if (pid == 0) {
		char why[WORKER_CLIENT_WHY];

		close(fd[0]);
		/* The worker inherits fd[1], and closes it at its end. */
		start("plain", 1, NULL, why);
		raise(SIGKILL);
	}
	close(fd[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	alarm(10);
	assert_int_equal(read(fd[0], &byte, 1), 0);
	alarm(0);
	close(fd[0]);
}

/* Workers that crash do so under sanitizers, too. */
static void
crash_plainly(const char *options)
{
	const char *own = getenv(options);
	char all[512];

	snprintf(all, sizeof all, "%s:handle_segv=0", own ? own : "");
	setenv(options, all, 1);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs),
		cmocka_unit_test(test_crash),
		cmocka_unit_test(test_ways),
		cmocka_unit_test(test_patience),
		cmocka_unit_test(test_early),
		cmocka_unit_test(test_slots_die),
		cmocka_unit_test(test_slots_stop),
		cmocka_unit_test(test_culprits),
		cmocka_unit_test(test_dies_once),
		cmocka_unit_test(test_always),
		cmocka_unit_test(test_bad_starts),
		cmocka_unit_test(test_stop),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_no_orphan),
	};
	int fd;

	if (argc > 2 && strcmp(argv[1], "--worker") == 0)
		return play(argv[2]);
	crash_plainly("ASAN_OPTIONS");
	crash_plainly("TSAN_OPTIONS");
	self = argv[0];
	fd = mkstemp(mark);
	if (fd < 0)
		return 1;
	close(fd);
	unlink(mark);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
