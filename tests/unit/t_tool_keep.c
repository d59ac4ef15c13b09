/* Tests of tool_run.c and tool_keep.c: calls at once, processes that stay, and
 * the end of ours.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/clock.h"
#include "tool_stage.h"

/* ---- at once ---- */

struct caller {
	struct stage *s;
	pthread_t thread;
	int64_t out;
	enum mip_status status;
};

static void *
call_it(void *arg)
{
	struct caller *c = arg;
	struct mip *m = mip_new(c->s->env);

	mip_begin(m);
	c->status = mip_call(m, &c->s->tool,
	    &(struct calc_in){ "x", 1 }, &c->out);
	mip_free(m);
	return NULL;
}

static void
many(struct stage *s, struct caller *c, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		c[i].s = s;
		assert_int_equal(pthread_create(&c[i].thread, NULL, call_it,
		    &c[i]), 0);
	}
	for (i = 0; i < n; i++)
		pthread_join(c[i].thread, NULL);
}

/* mkdir fails where two are there. */
static void
test_jobs(void **state)
{
	struct stage *s = *state;
	struct caller c[8];
	size_t i;

	s->tool.jobs = 1;
	stage_script(s, "mkdir one || exit 1; sleep 0.05; rmdir one; echo 1\n");
	many(s, c, 8);
	for (i = 0; i < 8; i++)
		assert_int_equal(c[i].status, MIP_OK);
	s->tool.jobs = 8;
	stage_script(s, "echo >>all; n=0; until [ $(wc -l <all) -ge 8 ]; do"
	    " sleep 0.02; n=$((n + 1)); [ $n -lt 300 ] || exit 1; done;"
	    " echo 1\n");
	many(s, c, 8);
	for (i = 0; i < 8; i++)
		assert_int_equal(c[i].status, MIP_OK);
}

/* ---- processes that stay ---- */

static void
test_keep(void **state)
{
	struct stage *s = *state;
	int64_t out = 0;
	char first[40];
	int i;

	s->tool.keep = true;
	s->tool.jobs = 1;
	stage_script(s, "echo $$ >>pids; n=0\nwhile read -r l; do n=$((n + 1));"
	    " printf '%s\\n' \"$l\" >last; echo $n; done; echo bye >bye\n");
	for (i = 1; i <= 20; i++) {
		assert_int_equal(stage_call(s, "two\nlines", i % 9, &out),
		    MIP_OK);
		assert_int_equal(out, i);
	}
	assert_string_equal(stage_held(s, "last"),
	    "{\"expr\":\"two\\nlines\",\"n\":2}\n");
	snprintf(first, sizeof first, "%.30s", stage_held(s, "pids"));
	assert_true(stage_alive(first));
	assert_int_equal(strspn(first, "0123456789") + 1, strlen(first));
	mip_free(s->m);
	mip_env_free(s->env);
	assert_false(stage_alive(first));
	assert_string_equal(stage_held(s, "bye"), "bye\n");
	s->env = NULL;
	s->m = NULL;
}

static void
test_keep_bad(void **state)
{
	struct stage *s = *state;
	int64_t out = 0;

	s->tool.keep = true;
	stage_script(s, "read -r l; printf '1\\n2\\n'; sleep 9\n");
	stage_fails(s, MIP_FAIL, "it wrote more than one line");
	stage_script(s, "read -r l; exit 4\n");
	stage_fails(s, MIP_FAIL, "exit status 4");
	stage_script(s, "read -r l\n");
	stage_fails(s, MIP_FAIL, "it ended without an answer");
	stage_script(s, "nosuchcommand || exit 127\n");
	stage_fails(s, MIP_INFRASTRUCTURE, "exit status 127");
	s->tool.timeout_ms = 300;
	stage_script(s, "read -r l; sleep 50\n");
	stage_fails(s, MIP_FAIL, "no answer within 0.3 s");
	s->tool.timeout_ms = 0;
	s->tool.max_output = 100;
	stage_script(s, "read -r l; while :; do printf 00000000; done\n");
	stage_fails(s, MIP_FAIL, "longer than 100 bytes");
	/* After each of them another process is there. */
	stage_script(s, "while read -r l; do echo 6; done\n");
	assert_int_equal(stage_call(s, "", 0, &out), MIP_OK);
	assert_int_equal(out, 6);
}

/* One that has ended, or has gone on talking, while nobody called: what it
 * says out of turn is nobody's answer. */
static void
test_keep_stale(void **state)
{
	struct stage *s = *state;
	int64_t out = 0;

	s->tool.keep = true;
	s->tool.jobs = 1;
	stage_script(s, "echo >>n; read -r l; wc -l <n\n");
	assert_int_equal(stage_call(s, "", 0, &out), MIP_OK);
	clock_nap(300);
	assert_int_equal(stage_call(s, "", 0, &out), MIP_OK);
	assert_int_equal(out, 2);
	clock_nap(300);
	stage_script(s, "echo >>m; read -r l; wc -l <m; sleep 0.1; echo 99;"
	    "sleep 20\n");
	assert_int_equal(stage_call(s, "", 0, &out), MIP_OK);
	assert_int_equal(out, 1);
	clock_nap(300);
	assert_int_equal(stage_call(s, "", 0, &out), MIP_OK);
	assert_int_equal(out, 2);
}

static void
test_keep_many(void **state)
{
	struct stage *s = *state;
	struct caller c[12];
	size_t i;

	s->tool.keep = true;
	s->tool.jobs = 3;
	stage_script(s, "echo $$ >>pids; while read -r l; do sleep 0.02;"
	    " echo 1; done\n");
	many(s, c, 12);
	for (i = 0; i < 12; i++)
		assert_int_equal(c[i].status, MIP_OK);
	for (i = 0; stage_held(s, "pids")[i]; i++)
		;
	assert_true(i > 0);
	stage_script(s, "exit 1\n");
	s->argv[0] = "wc";
	s->argv[1] = "-l";
	s->argv[2] = "pids";
	s->tool.keep = false;
	assert_true(strtol(stage_text(s, ""), NULL, 10) <= 3);
}

static bool
never(void *arg)
{
	(void)arg;
	return false;
}

/* When we are killed, what we have started ends as well. */
static void
test_orphan(void **state)
{
	struct stage *s = *state;
	pid_t pid;
	int i;

	stage_script(s, "trap '' TERM\n" STAGE_FAMILY
	    "while :; do sleep 1; done\n");
	pid = fork();
	if (pid == 0) {
		/* No thread of the environment is in this process. */
		struct tool_pools *tools = tool_pools_new(s->dir);
		struct tool_answer a;

		tool_run(tools, &s->tool, "", 0, never,
		    NULL, &a);
		_exit(0);
	}
	for (i = 0; i < 500 && !stage_held(s, "farther")[0]; i++)
		clock_nap(20);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	for (i = 0; i < 300 && !stage_gone(s); i++)
		clock_nap(20);
	assert_true(stage_gone(s));
}

int
main(void)
{
#define TEST(t) \
	cmocka_unit_test_setup_teardown(test_##t, stage_up, stage_down)
	const struct CMUnitTest tests[] = {
		TEST(jobs), TEST(keep), TEST(keep_bad), TEST(keep_stale),
		TEST(keep_many), TEST(orphan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
