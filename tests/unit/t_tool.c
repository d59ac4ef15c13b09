/* Tests of tool*.c: commands that answer, fail, hang, and try to get out.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/clock.h"
#include "slow.h"
#include "tool_stage.h"

/* ---- answers ---- */

static void
test_json(void **state)
{
	struct stage *s = *state;
	int64_t out = 0;

	stage_script(s, "cat >in; pwd >where; echo ' 42 '\n");
	assert_int_equal(stage_call(s, "a\"b\n$(x)", 7, &out), MIP_OK);
	assert_int_equal(out, 42);
	assert_string_equal(stage_held(s, "in"),
	    "{\"expr\":\"a\\\"b\\n$(x)\",\"n\":7}");
	assert_memory_equal(stage_held(s, "where"), s->dir, strlen(s->dir));
	assert_string_equal(mip_message(s->m), "");
	/* Many, so that nothing is left open or unread. */
	for (int i = 0; i < 30; i++)
		assert_int_equal(stage_call(s, "", 0, &out), MIP_OK);
}

static void
test_text(void **state)
{
	struct stage *s = *state;

	stage_script(s, "cat\n");
	assert_string_equal(stage_text(s, "a; rm -rf / `x` $(y)\n\nb\r\n\n"),
	    "a; rm -rf / `x` $(y)\n\nb");
	assert_string_equal(stage_text(s, ""), "");
	stage_script(s, "head -c 5 </dev/stdin; echo error >&2\n");
	assert_string_equal(stage_text(s, "hello world"), "hello");
}

/* Words are words, whatever is in them. */
static void
test_argv(void **state)
{
	struct stage *s = *state;
	const char *const *v = s->argv + 1;

	s->argv[1] = "; touch broken";
	s->argv[2] = "$(touch broken)";
	s->argv[3] = "a b\n*";
	s->argv[4] = "";
	s->argv[5] = "--";
	stage_script(s, "for a; do printf '<%s>' \"$a\"; done\n");
	assert_string_equal(stage_text(s, "-rf"),
	    "<; touch broken><$(touch broken)><a b\n*><><-->");
	assert_string_equal(stage_held(s, "broken"), "");
	assert_string_equal(v[0], "; touch broken");
}

/* A command without a slash is looked for in PATH, and nowhere else. */
static void
test_path(void **state)
{
	struct stage *s = *state;
	char *old = strdup(getenv("PATH"));

	stage_script(s, "echo mine\n");
	s->argv[0] = "cat";
	assert_string_equal(stage_text(s, "x"), "x");
	s->argv[0] = "tool";
	setenv("PATH", ".::bin:/bin", 1);
	s->tool.text_out = false;
	stage_fails(s, MIP_INFRASTRUCTURE, "calc: there is no tool in PATH");
	setenv("PATH", old, 1);
	free(old);
}

/* Much in, much out, at once. */
static void
test_large(void **state)
{
	enum { N = 3 << 20 };
	struct stage *s = *state;
	char *in = malloc(N + 1);
	const char *out;

	memset(in, 'x', N);
	in[N] = '\0';
	stage_script(s, "cat\n");
	s->tool.max_output = N;
	out = stage_text(s, in);
	assert_int_equal(strlen(out), N);
	stage_script(s, "echo done\n");       /* and does not read */
	assert_string_equal(stage_text(s, in), "done");
	free(in);
}

/* ---- failures of the tool ---- */

static void
test_status(void **state)
{
	struct stage *s = *state;

	stage_script(s, "echo 1; printf '\\n  bad \\033[31mnews\\a\\n2nd\\n'"
	    " >&2; exit 3\n");
	stage_fails(s, MIP_FAIL, "calc: exit status 3: bad [31mnews");
	assert_null(strstr(mip_message(s->m), "2nd"));
	stage_script(s, "exit 125\n");
	stage_fails(s, MIP_FAIL, "exit status 125");
	stage_script(s, "exit 126\n");
	stage_fails(s, MIP_INFRASTRUCTURE, "exit status 126");
	stage_script(s, "nosuchcommand\n");
	stage_fails(s, MIP_INFRASTRUCTURE, "exit status 127: ");
	stage_script(s, "exit 255\n");
	stage_fails(s, MIP_FAIL, "exit status 255");
	stage_script(s, "kill -9 $$\n");
	stage_fails(s, MIP_FAIL, "ended by signal 9");
	stage_script(s, "kill -15 $$\n");
	stage_fails(s, MIP_FAIL, "ended by signal 15");
}

static void
test_not_startable(void **state)
{
	struct stage *s = *state;
	char path[120];

	stage_fails(s, MIP_INFRASTRUCTURE,
	    "calc: cannot start ./tool: No such");
	stage_script(s, "echo 1\n");
	stage_path(s, "tool", path);
	assert_int_equal(chmod(path, 0600), 0);
	stage_fails(s, MIP_INFRASTRUCTURE, "cannot start ./tool: Permission");
	s->argv[0] = s->dir;
	stage_fails(s, MIP_INFRASTRUCTURE, "Permission");
	s->argv[0] = "./empty";
	stage_path(s, "empty", path);
	close(open(path, O_WRONLY | O_CREAT, 0700));
	stage_fails(s, MIP_INFRASTRUCTURE, "begin with #!");
}

static void
test_no_root(void **state)
{
	struct stage *s = *state;
	struct mip_options o = { .no_cache = true, .root = "/nowhere/at/all" };
	struct mip_env *env;
	struct calc_in in = { "", 0 };
	struct mip *m;
	int64_t out;

	assert_int_equal(mip_env_new(&o, &env), MIP_OK);
	m = mip_new(env);
	mip_begin(m);
	assert_int_equal(mip_call(m, &s->tool, &in, &out),
	    MIP_INFRASTRUCTURE);
	assert_non_null(strstr(mip_message(m),
	    "cannot work in the root /nowhere/at/all: No such"));
	mip_free(m);
	mip_env_free(env);
}

static void
test_bad_output(void **state)
{
	struct stage *s = *state;
	const char *out;

	stage_script(s, "printf ''\n");
	stage_fails(s, MIP_FAIL, "calc: it wrote nothing, not int as JSON");
	stage_script(s, "echo yes\n");
	stage_fails(s, MIP_FAIL, "its output is not int as JSON: ");
	stage_script(s, "echo '1 2'\n");
	stage_fails(s, MIP_FAIL, "its output is not int as JSON: ");
	stage_script(s, "echo '\"1\"'\n");
	stage_fails(s, MIP_FAIL, "its output is not int as JSON: ");
	stage_script(s, "echo 1.5\n");
	stage_fails(s, MIP_FAIL, "its output is not int as JSON: ");
	stage_script(s, "printf '{\"a\":\"\\033[2J%0200d'\n");
	stage_fails(s, MIP_FAIL, "...");
	assert_null(strchr(mip_message(s->m), '\033'));
	s->tool.out = &mip_string;
	stage_script(s, "printf '\"a\\\\u0000b\"'\n");
	stage_fails(s, MIP_FAIL, "is not string as JSON");
	s->tool.text_out = true;
	stage_script(s, "printf 'ab\\000c'\n");
	stage_fails(s, MIP_FAIL, "calc: its output is no text: byte 3");
	stage_script(s, "printf 'ab\\377c'\n");
	stage_fails(s, MIP_FAIL, "its output is no text: byte 3");
	assert_int_equal(stage_call(s, "", 0, &out), MIP_FAIL);
	assert_null(out);
}

static void
test_bad_input(void **state)
{
	struct stage *s = *state;
	int64_t out = 1;

	stage_script(s, "echo 1; echo ran >ran\n");
	assert_int_equal(stage_call(s, "", 10, &out), MIP_FAIL);
	assert_non_null(strstr(mip_message(s->m), "calc: n: "));
	assert_int_equal(out, 0);
	assert_string_equal(stage_held(s, "ran"), "");
	/* After a failure nothing is called. */
	mip_begin(s->m);
	mip_fail(s->m, MIP_FAIL, "earlier");
	assert_int_equal(mip_call(s->m, &s->tool,
	    &(struct calc_in){ "", 0 }, &out), MIP_FAIL);
	assert_string_equal(mip_message(s->m), "earlier");
	assert_string_equal(stage_held(s, "ran"), "");
}

/* ---- what wants too much ---- */

static void
test_output_limit(void **state)
{
	struct stage *s = *state;
	double began = clock_now();

	s->tool.max_output = 1000;
	stage_script(s, "trap '' TERM PIPE; while :; do echo 00000000;"
	    " done\n");
	stage_fails(s, MIP_FAIL, "its output is longer than 1000 bytes");
	stage_script(s, "printf '%01000d'\n");
	s->tool.out = &mip_string;
	s->tool.text_out = true;
	assert_int_equal(stage_call(s, "", 0, &(const char *){ NULL }), MIP_OK);
	stage_script(s, "printf '%01001d'\n");
	stage_fails(s, MIP_FAIL, "its output is longer than 1000 bytes");
	/* What goes to standard error is not output, and does not block. */
	stage_script(s, "dd if=/dev/zero bs=1000 count=1000 >&2; echo well\n");
	assert_int_equal(stage_call(s, "", 0, &(const char *){ NULL }), MIP_OK);
	assert_true(clock_now() - began < slow(8));
}

static void
test_timeout(void **state)
{
	struct stage *s = *state;
	double began = clock_now();

	s->tool.timeout_ms = 700;
	stage_script(s, "trap '' TERM\necho 1\n" STAGE_FAMILY
	    "while :; do :; done\n");
	stage_fails(s, MIP_FAIL, "calc: no answer within 0.7 s");
	assert_true(clock_now() - began < slow(5));
	assert_true(stage_gone(s));
}

/* What a command leaves behind ends with it. */
static void
test_left_behind(void **state)
{
	struct stage *s = *state;
	double began = clock_now();
	int64_t out = 0;

	stage_script(s, STAGE_FAMILY "echo 5\n");
	assert_int_equal(stage_call(s, "", 0, &out), MIP_OK);
	assert_int_equal(out, 5);
	assert_true(clock_now() - began < slow(5));
	assert_true(stage_gone(s));
}

static void
test_limits(void **state)
{
	struct stage *s = *state;

	s->tool.cpu_s = 1;
	stage_script(s, "while :; do :; done\n");
	stage_fails(s, MIP_FAIL, "more than 1 s of the processor");
	s->tool.cpu_s = 0;
	s->tool.memory = 50000000;
	s->tool.out = &mip_string;
	s->tool.text_out = true;
	stage_script(s, "ulimit -v; ulimit -c; ulimit -f; ulimit -t\n");
	s->tool.cpu_s = 77;
	assert_string_equal(stage_text(s, ""), "48828\n0\n2097152\n77");
	stage_script(s, "x=$(head -c 60000000 /dev/zero | tr '\\0' x);"
	    " echo $x\n");
	s->tool.max_output = 100000000;
	mip_begin(s->m);
	assert_int_not_equal(mip_call(s->m, &s->tool,
	    &(struct calc_in){ "", 0 }, &(const char *){ NULL }), MIP_OK);
}

/* ---- what must not get in ---- */

static void
test_environment(void **state)
{
	static const char *const pass[] = { "T_PASS", "T_UNSET", NULL };
	struct stage *s = *state;
	const char *out;

	setenv("OPENAI_API_KEY", "sk-very-secret", 1);
	setenv("T_OTHER", "sk-other", 1);
	setenv("T_PASS", "passed=on", 1);
	setenv("LANG", "C", 1);
	unsetenv("T_UNSET");
	stage_script(s, "/usr/bin/env -u PWD -u SHLVL -u _ -u OLDPWD | sort |"
	    "sed 's/=.*//' | tr '\\n' ' '\n");
	setenv("TMPDIR", "/tmp", 1);
	setenv("HOME", "/root", 1);
	assert_string_equal(stage_text(s, ""), "HOME LANG PATH TMPDIR ");
	s->tool.env = pass;
	out = stage_text(s, "");
	assert_string_equal(out, "HOME LANG PATH TMPDIR T_PASS ");
	stage_script(s, "echo $T_PASS; echo \"token $T_PASS\" >&2; exit 1\n");
	s->tool.text_out = false;
	stage_fails(s, MIP_FAIL, "exit status 1: token ***");
	unsetenv("OPENAI_API_KEY");
	unsetenv("T_OTHER");
}

/* Descriptors of ours, those that were opened for children to have, too. */
static void
test_descriptors(void **state)
{
	struct stage *s = *state;
	int fd = open("/dev/zero", O_RDONLY), high, far;

	assert_true(fd >= 0);
	high = fcntl(fd, F_DUPFD, 200);
	far = fcntl(fd, F_DUPFD, 700);
	assert_true(far >= 700);
	/* The shell's own is that of the script. */
	stage_script(s, "ls /proc/self/fd | tr '\\n' ' '\n");
	s->argv[0] = "ls";
	s->argv[1] = "/proc/self/fd";
	assert_string_equal(stage_text(s, ""), "0\n1\n2\n3");
	close(fd);
	close(high);
	close(far);
}

/* Nor a terminal, nor our process group, nor our ways with signals. */
static void
test_apart(void **state)
{
	struct stage *s = *state;
	struct sigaction ignore = { .sa_handler = SIG_IGN }, old;
	char group[40];
	const char *out;

	sigaction(SIGPIPE, &ignore, &old);
	stage_script(s, "cut -d' ' -f5-7 /proc/self/stat;"
	    "grep -E 'Sig(Ign|Blk)' /proc/self/status | tr -d '\\n'\n");
	out = stage_text(s, "");
	sigaction(SIGPIPE, &old, NULL);
	snprintf(group, sizeof group, "%ld ", (long)getpgrp());
	assert_true(strncmp(out, group, strlen(group)) != 0);
	assert_non_null(strstr(out, " 0\n"));
	assert_non_null(strstr(out, "SigBlk:\t0000000000000000"));
	out = strstr(out, "SigIgn:");
	assert_non_null(out);
	/* 32 and 33 are the C library's own, which it lets nobody set. */
	assert_int_equal(strtoull(out + 7, NULL, 16) & ~0x180000000u, 0);
}

/* ---- stopping ---- */

/* As soon as the command has started others. */
static void *
stop_soon(void *arg)
{
	struct stage *s = arg;
	int i;

	for (i = 0; i < 500 && !stage_held(s, "farther")[0]; i++)
		clock_nap(20);
	mip_stop(s->m, true);
	return NULL;
}

static void
test_stop(void **state)
{
	struct stage *s = *state;
	double began = clock_now();
	pthread_t t;

	stage_script(s, "echo $$ >child; cp child far; cp child farther;"
	    "sleep 50\n");
	pthread_create(&t, NULL, stop_soon, s);
	stage_fails(s, MIP_CANCELLED, "interrupted");
	pthread_join(t, NULL);
	assert_true(clock_now() - began < slow(8));
	assert_true(stage_gone(s));
	mip_stop(s->m, false);
}

/* ---- judging ---- */

struct verdict {
	double score;
	const char *feedback;
};
static const struct mip_field verdict_fields[] = {
	{ MIP_FIELD(struct verdict, score, &mip_float, NULL) },
	{ MIP_FIELD(struct verdict, feedback, &mip_string_optional, NULL) },
};
static const struct mip_type verdict_type = { .kind = MIP_STRUCT,
	.size = sizeof(struct verdict), .name = "verdict",
	.field = verdict_fields, .n = 2 };

/* What the script says of in = { "a", 1 }, out = { "b", 2 } and the row. */
static enum mip_status
judge(struct stage *s, const char *row, const char *text, struct verdict *v)
{
	const struct calc_in in = { "a", 1 }, out = { "b", 2 };
	struct json j = { NULL, 0 };

	stage_script(s, text);
	s->tool.in = NULL;
	s->tool.out = &verdict_type;
	s->tool.on_fail = -7;
	if (row)
		assert_true(json_parse(row, strlen(row), &j, NULL, NULL));
	mip_begin(s->m);
	mip_set_row(s->m, j);
	return mip_verdict(s->m, &s->tool, &calc_in_type, &in, &text_in_type,
	    &out, v);
}

static void
test_judge(void **state)
{
	struct stage *s = *state;
	struct verdict v;

	assert_int_equal(judge(s, "{ \"x\": [1, {\"a\\n\": null}],\n "
	    "\"extra\": \"\\u00e4\" }", "cat >in; echo 0.25\n", &v), MIP_OK);
	assert_true(v.score > 0.2499 && v.score < 0.2501);
	assert_null(v.feedback);
	assert_string_equal(stage_held(s, "in"), "{\"gold\":{\"x\":[1,"
	    "{\"a\\n\":null}],\"extra\":\"\\u00e4\"},"
	    "\"pred\":{\"n\":1,\"expr\":\"b\"}}");
	assert_int_equal(judge(s, NULL, "cat >in; echo ' {\"feedback\":"
	    "\"no\",\"score\":3,\"more\":1}'\n", &v), MIP_OK);
	assert_true(v.score > 2.9 && v.score < 3.1);
	assert_string_equal(v.feedback, "no");
	assert_memory_equal(stage_held(s, "in"), "{\"gold\":null,", 13);
	assert_int_equal(judge(s, NULL, "echo '{\"score\":-1e3}'\n", &v),
	    MIP_OK);
	assert_true(v.score < -999);
	assert_null(v.feedback);
}

/* What has to do with the row has its score; what has not, has none. */
static void
test_judge_fails(void **state)
{
	static const char *const broken[] = { "true\n", "echo yes\n",
		"echo '[1]'\n", "echo 1 2\n", "echo null\n", "echo '\"1\"'\n",
		"echo '{\"feedback\":\"x\"}'\n",
		"echo '{\"score\":1,\"feedback\":2}'\n", "echo NaN\n",
		"echo 1e999\n", "exit 126\n", "exit 127\n", "exit 137\n",
		"kill -9 $$\n" };
	struct stage *s = *state;
	struct verdict v;
	size_t i;

	assert_int_equal(judge(s, NULL, "echo 1; echo '2 of 3 fail' >&2;"
	    "exit 1\n", &v), MIP_OK);
	assert_true(v.score < -6.9);
	assert_string_equal(v.feedback, "exit status 1: 2 of 3 fail");
	assert_int_equal(judge(s, NULL, "exit 125\n", &v), MIP_OK);
	assert_string_equal(v.feedback, "exit status 125");
	s->tool.timeout_ms = 300;
	assert_int_equal(judge(s, NULL, "sleep 9\n", &v), MIP_OK);
	assert_string_equal(v.feedback, "no answer within 0.3 s");
	s->tool.timeout_ms = 0;
	for (i = 0; i < sizeof broken / sizeof broken[0]; i++) {
		if (judge(s, NULL, broken[i], &v) != MIP_INFRASTRUCTURE)
			fail_msg("%s", broken[i]);
		assert_true(v.score < 0.1 && v.score > -0.1);
		assert_null(v.feedback);
	}
	s->argv[0] = "./none";
	assert_int_equal(judge(s, NULL, "", &v), MIP_INFRASTRUCTURE);
}

int
main(void)
{
#define TEST(t) \
	cmocka_unit_test_setup_teardown(test_##t, stage_up, stage_down)
	const struct CMUnitTest tests[] = {
		TEST(json), TEST(text), TEST(argv), TEST(path), TEST(large),
		TEST(status), TEST(not_startable), TEST(no_root),
		TEST(bad_output), TEST(bad_input), TEST(output_limit),
		TEST(timeout), TEST(left_behind), TEST(limits),
		TEST(environment), TEST(descriptors), TEST(apart), TEST(stop),
		TEST(judge), TEST(judge_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
