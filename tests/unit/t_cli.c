/* Tests of cli*.c: a program's command line, in a child process.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake_lm.c"
#include "run/mip.h"
#include "sample.c"

#define RECALL { .match = "bear on the question", .text = "sky" }
#define JUDGE "from the facts alone"
#define GOOD "{\"answer\":\"blue\",\"confidence\":90,\"mood\":\"SURE\"}"

enum { TEXT = 16384 };

/* What a command did. */
struct done {
	int status;
	char out[TEXT], err[TEXT];
};

static void
slurp(FILE *f, char *s)
{
	size_t n;

	rewind(f);
	n = fread(s, 1, TEXT - 1, f);
	s[n] = '\0';
	fclose(f);
}

static FILE *
filled(const char *text)
{
	FILE *f = tmpfile();

	assert_non_null(f);
	fputs(text, f);
	fflush(f);
	rewind(f);
	return f;
}

/* Runs the program with the arguments (NULL-terminated) and this stdin. */
static void
command(struct done *d, const struct mip_program *p, const char *stdin_text,
    const char *const *arg)
{
	char *argv[24] = { NULL };
	FILE *in = filled(stdin_text), *out = tmpfile(), *err = tmpfile();
	int argc = 0, i;
	pid_t pid;

	assert_non_null(out);
	assert_non_null(err);
	argv[argc++] = strdup("/usr/bin/prog");
	for (; *arg; arg++)
		argv[argc++] = strdup(*arg);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(fileno(in), 0);
		dup2(fileno(out), 1);
		dup2(fileno(err), 2);
		i = mip_main(p, &qa_eval, argc, argv);
		_exit(i);
	}
	waitpid(pid, &i, 0);
	d->status = WIFEXITED(i) ? WEXITSTATUS(i) : 1000 + WTERMSIG(i);
	for (i = 0; i < argc; i++)
		free(argv[i]);
	fclose(in);
	slurp(out, d->out);
	slurp(err, d->err);
}

#define RUN(d, p, in, ...) \
	command(d, p, in, (const char *const[]){ __VA_ARGS__, NULL })

static void
assert_has(const char *s, const char *part)
{
	if (!strstr(s, part))
		fail_msg("'%s' is not in:\n%s", part, s);
}

static void
assert_done(const struct done *d, int status, const char *out,
    const char *err)
{
	if (d->status != status || strcmp(d->out, out) != 0 ||
	    strcmp(d->err, err) != 0)
		fail_msg("exit %d\nout: %s\nerr: %s", d->status, d->out,
		    d->err);
}

static void
test_flags(void **state)
{
	struct done d;

	(void)state;
	RULES(RECALL, { .match = JUDGE, .text = GOOD });
	RUN(&d, &qa_program, "", "--question", "Why?");
	assert_done(&d, 0, GOOD "\n", "");
	RUN(&d, &qa_program, "", "--question=Why?", "--brief",
	    "--hints=[\"a\"]", "-j8");
	assert_done(&d, 0, GOOD "\n", "");
	RUN(&d, &qa_program, "", "--input-question", "--odd",
	    "--brief=false");
	assert_done(&d, 0, GOOD "\n", "");
	RUN(&d, &qa_program, "{\"question\":\"Why?\"}", "--offline");
	assert_done(&d, 0, GOOD "\n", "");
	RUN(&d, &qa_program, "{\"question\":\"Why?\"}", "--model",
	    "severe=openai:mild");
	assert_done(&d, 0, GOOD "\n", "");
	RUN(&d, &echo_program, "", "--question", "Why?");
	assert_done(&d, 0, "sky\n", "");
	RUN(&d, &echo_program, "", "--question", "Why?", "--json");
	assert_done(&d, 0, "{\"facts\":\"sky\"}\n", "");
}

static void
test_files(void **state)
{
	char path[] = "/tmp/t_cli_XXXXXX", at[40];
	struct done d;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "from a file\n", 12), 12);
	close(fd);
	RULES({ .match = "from a file", .text = "file" },
	    { .match = "@sign", .text = "sign" }, { .text = "other" });
	snprintf(at, sizeof at, "@%s", path);
	RUN(&d, &echo_program, "", "--question", at);
	assert_done(&d, 0, "file\n", "");
	RUN(&d, &echo_program, "", "--question", "@@sign");
	assert_done(&d, 0, "sign\n", "");
	unlink(path);
	RUN(&d, &echo_program, "", "--question", at);
	assert_int_equal(d.status, 2);
	assert_has(d.err, "No such file");
}

static void
test_wrong(void **state)
{
	static const struct {
		const char *arg[4], *in, *err;
	} row[] = {
		{ { "--questoin", "x" }, "", "did you mean --question?" },
		{ { "--max-csot", "1" }, "", "did you mean --max-cost?" },
		{ { "--zzzzzzzz" }, "", "--help names them all" },
		{ { "--question" }, "", "--question needs a value" },
		{ { "--question=x", "--question=y" }, "", "twice" },
		{ { "--json=1" }, "", "takes no value" },
		{ { "-x" }, "", "unknown option -x" },
		{ { "-j", "none" }, "", "'none' is no count" },
		{ { "--bogus" }, "", "unknown option --bogus; --help" },
		{ { "--timeout", "-1" }, "", "no time like" },
		{ { "--timeout", "0s" }, "", "no time like" },
		{ { "--question", "@" }, "", "--question: no file is named" },
		{ { "--model", "small" }, "", "NAME=PROVIDER:ID" },
		{ { "--model", "smal=openai:x" }, "",
		    "no model smal; it has small, big, severe" },
		{ { "stray" }, "", "unexpected argument 'stray'" },
		{ { "--brief" }, "", "--question" },
		{ { "--question=x", "--brief=maybe" }, "", "brief" },
		{ { "--question=x", "--hints", "[1" }, "", "no JSON" },
		{ { "--question=x", "--hints", "{\"a\":1}" }, "", "hints" },
		{ { "--json" }, "", "no input: give --question" },
		{ { "--json" }, "[1]", "one JSON object" },
		{ { "--json" }, "{\"question\":\"x\"", "is no JSON" },
		{ { "--json" }, "{}", "question" },
		{ { "--jsonl", "--question=x" }, "", "from rows" },
		{ { "--jsonl", "--worker" }, "", "cannot be together" },
		{ { "--jsonl", "/nowhere/x" }, "", "No such file" },
		{ { "--tuned", "/nowhere/x" }, "", "No such file" },
		{ { "--question=x", "--trace-content" }, "", "--trace" },
		{ { "--question=x", "--cache-dir=/nowhere" }, "",
		    "no such folder" },
	};
	struct done d;
	size_t i;

	(void)state;
	RULES(RECALL);
	for (i = 0; i < sizeof row / sizeof row[0]; i++) {
		RUN(&d, &qa_program, row[i].in, row[i].arg[0],
		    row[i].arg[1], row[i].arg[2]);
		if (d.status != 2 || d.out[0])
			fail_msg("%s: exit %d\nout: %s\nerr: %s",
			    row[i].arg[0], d.status, d.out, d.err);
		assert_int_equal(strncmp(d.err, "prog: ", 6), 0);
		assert_has(d.err, row[i].err);
	}
}

static void
test_failures(void **state)
{
	struct done d;

	(void)state;
	RULES(RECALL, { .match = "Why-1", .text = "?" },
	    { .match = "Why-2", .status = MIP_INFRASTRUCTURE },
	    { .match = "Why-3", .status = MIP_OFFLINE });
	RUN(&d, &qa_program, "", "--question", "Why-1");
	assert_int_equal(d.status, 8);
	assert_has(d.err, "prog: m.judge: ");
	assert_string_equal(d.out, "");
	RUN(&d, &qa_program, "", "--question", "Why-2");
	assert_done(&d, 3, "", "prog: m.judge: so says the rule\n");
	RUN(&d, &qa_program, "", "--question", "Why-3");
	assert_int_equal(d.status, 7);
}

static void
test_show(void **state)
{
	struct mip_program old = qa_program;
	struct done d;

	(void)state;
	RUN(&d, &qa_program, "", "--help");
	assert_int_equal(d.status, 0);
	assert_has(d.out, "usage: prog --question TEXT [--brief[=false]] "
	    "[--hints JSON]\n");
	assert_has(d.out, "Answers questions from what");
	assert_has(d.out, "  --question TEXT           what you want to know "
	    "(string)\n");
	assert_has(d.out, "default false");
	assert_has(d.out, "SURE|UNSURE");
	assert_has(d.out, "--max-cost USD");
	RUN(&d, &qa_program, "", "--version");
	assert_done(&d, 0, "qa (miproc " MIP_VERSION ")\nprogram 33cc\n"
	    "tuned no\n", "");
	RUN(&d, &echo_program, "", "--version");
	assert_has(d.out, "tuned 66ff\n");
	RUN(&d, &qa_program, "", "--schema");
	assert_int_equal(d.status, 0);
	assert_has(d.out, "\"question\"");
	assert_has(d.out, "\"confidence\"");
	RUN(&d, &qa_program, "", "--plan");
	assert_has(d.out, "qa: 2 to 9 calls");
	assert_has(d.out, "m.judge: model small (openai:small-1), format "
	    "json");
	RUN(&d, &qa_program, "", "--prompts");
	assert_int_equal(d.status, 0);
	assert_has(d.out, "==== m.judge (json) ====");
	assert_has(d.out, "Answer the question from the facts alone.");
	assert_has(d.out, "\"K\": 1");
	assert_has(d.out, "question: {question}\n");
	assert_has(d.out, "--- request to small ---\n{\n\t\"model\": "
	    "\"small-1\",\n\t\"schema\": ");
	assert_null(strstr(d.out, "\"messages\""));
	old.abi = MIP_ABI + 1;
	RUN(&d, &old, "", "--version");
	assert_int_equal(d.status, 2);
	assert_has(d.err, "compile it again");
}

static void
test_tuned(void **state)
{
	char path[] = "/tmp/t_cli_XXXXXX";
	const char *text = "{\"slots\":{\"recall.instruction\":\"Tell.\"}}";
	struct done d;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_true(write(fd, text, strlen(text)) > 0);
	RULES({ .match = "Tell.", .text = "tuned" }, { .text = "baked" });
	RUN(&d, &echo_program, "", "--question=x", "--tuned", path);
	assert_done(&d, 0, "tuned\n", "");
	RUN(&d, &echo_program, "", "--question=x");
	assert_done(&d, 0, "baked\n", "");
	assert_int_equal(ftruncate(fd, 5), 0);
	RUN(&d, &echo_program, "", "--question=x", "--tuned", path);
	assert_int_equal(d.status, 2);
	assert_has(d.err, "no tuned file");
	close(fd);
	unlink(path);
}

static void
test_batch(void **state)
{
	struct done d;

	(void)state;
	RULES({ .match = "q-2", .status = MIP_REFUSAL }, { .match = "q-",
	    .text = "yes" });
	RUN(&d, &echo_program, "{\"question\":\"q-1\"}\r\n\n"
	    "{\"question\":\"q-3\"}", "--jsonl");
	assert_done(&d, 0, "{\"facts\":\"yes\"}\n{\"facts\":\"yes\"}\n", "");
	RULES({ .match = "q-2", .status = MIP_INFRASTRUCTURE },
	    { .match = "q-", .text = "yes" });
	RUN(&d, &echo_program, "{\"question\":\"q-1\"}\n"
	    "{\"question\":\"q-2\"}\nnonsense\n{}\n[]\n"
	    "{\"question\":\"q-3\"}\n", "--jsonl", "-j", "3");
	assert_int_equal(d.status, 3);
	assert_has(d.out, "{\"facts\":\"yes\"}\n{\"error\":{\"class\":"
	    "\"infrastructure\",\"message\":\"recall: so says the rule\"}}\n"
	    "{\"error\":{\"class\":\"usage\",\"message\":\"the row is no "
	    "JSON: ");
	assert_has(d.out, "the row is no JSON object\"}}\n"
	    "{\"facts\":\"yes\"}\n");
	assert_string_equal(d.err, "prog: 4 of 6 rows failed "
	    "(provider, network or tool)\n");
	/* What editors put in front. */
	RUN(&d, &echo_program, "\xef\xbb\xbf{\"question\":\"q-1\"}\n",
	    "--jsonl");
	assert_int_equal(d.status, 0);
	RUN(&d, &echo_program, "\xef\xbb\xbf{\"question\":\"q-1\"}",
	    "--json");
	assert_int_equal(d.status, 0);
	RUN(&d, &echo_program, "", "--jsonl");
	assert_done(&d, 0, "", "");
}

/* Many rows, few threads: all there, in order. */
static void
test_batch_order(void **state)
{
	enum { N = 400 };
	static char rows[TEXT * 2];
	struct done d;
	size_t n = 0, lines = 0, i;

	(void)state;
	RULES({ .match = "q-7", .text = "seven" }, { .text = "x" });
	for (i = 0; i < N; i++)
		n += (size_t)snprintf(rows + n, sizeof rows - n,
		    "{\"question\":\"q-%zu\"}\n", i % 10);
	RUN(&d, &echo_program, rows, "--jsonl", "-j2");
	assert_int_equal(d.status, 0);
	for (n = 0; d.out[n]; n += strcspn(d.out + n, "\n") + 1) {
		const char *want = lines++ % 10 == 7 ?
		    "{\"facts\":\"seven\"}\n" : "{\"facts\":\"x\"}\n";

		assert_int_equal(strncmp(d.out + n, want, strlen(want)), 0);
	}
	assert_int_equal(lines, N);
}

/* Writes a byte as soon as a call is under way. */
static void *
tell_call(void *arg)
{
	fake_wait_held(1);
	if (write(1, "", 1) != 1)
		_exit(126);
	return arg;
}

/* Who tells takes no signals. */
static void
tell_later(void)
{
	sigset_t all, old;
	pthread_t t;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	if (pthread_create(&t, NULL, tell_call, NULL) != 0 ||
	    pthread_detach(t) != 0)
		_exit(126);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* A signal while a call is under way, and one while rows are awaited. */
static void
interrupted(const char *flag, int sig, int status)
{
	char *argv[] = { strdup("prog"), strdup(flag), NULL };
	int in[2], out[2], rc;
	const char *row = "{\"question\":\"q\"}\n";
	char c;
	pid_t pid;

	assert_int_equal(pipe(in), 0);
	assert_int_equal(pipe(out), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		dup2(out[1], 2);
		close(in[1]);
		close(out[0]);
		tell_later();
		_exit(mip_main(&echo_program, NULL, 2, argv));
	}
	close(in[0]);
	close(out[1]);
	assert_true(write(in[1], row, strlen(row)) > 0);
	if (strcmp(flag, "--jsonl") != 0)
		close(in[1]);
	/* The rule makes a first row pass; the batch then waits. */
	assert_int_equal(read(out[0], &c, 1), 1);
	kill(pid, sig);
	waitpid(pid, &rc, 0);
	assert_true(WIFEXITED(rc));
	assert_int_equal(WEXITSTATUS(rc), status);
	close(out[0]);
	if (strcmp(flag, "--jsonl") == 0)
		close(in[1]);
	free(argv[0]);
	free(argv[1]);
}

static void
test_signals(void **state)
{
	(void)state;
	RULES({ .text = "x" });
	interrupted("--jsonl", SIGINT, 130);
	interrupted("--jsonl", SIGTERM, 143);
	RULES({ .text = "x", .hold = true });
	interrupted("--json", SIGINT, 130);
	interrupted("--json", SIGTERM, 143);
}

static void
test_worker(void **state)
{
	struct done d;

	(void)state;
	RULES(RECALL, { .match = JUDGE, .text = GOOD });
	RUN(&d, &qa_program, "{\"run\":1,\"row\":{\"question\":\"?\"}}\n",
	    "--worker", "-j", "2");
	assert_int_equal(d.status, 0);
	assert_has(d.out, "{\"hello\":1,\"abi\":2,\"program\":\"qa\"");
	assert_has(d.out, "\n{\"run\":1,\"ok\":true,\"class\":\"ok\"");
	assert_string_equal(d.err, "");
}

static void
test_no_reader(void **state)
{
	char *argv[] = { strdup("prog"), strdup("--help"), NULL };
	int out[2], err[2], rc;
	char text[200];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(out), 0);
	assert_int_equal(pipe(err), 0);
	close(out[0]);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(out[1], 1);
		dup2(err[1], 2);
		_exit(mip_main(&echo_program, NULL, 2, argv));
	}
	close(out[1]);
	close(err[1]);
	waitpid(pid, &rc, 0);
	assert_true(WIFEXITED(rc));
	assert_int_equal(WEXITSTATUS(rc), 2);
	assert_int_equal(read(err[0], text, sizeof text), 0);
	close(err[0]);
	free(argv[0]);
	free(argv[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_show),
		cmocka_unit_test(test_tuned),
		cmocka_unit_test(test_batch),
		cmocka_unit_test(test_batch_order),
		cmocka_unit_test(test_signals),
		cmocka_unit_test(test_worker),
		cmocka_unit_test(test_no_reader),
	};

	return cmocka_run_group_tests_name("cli", tests, NULL, NULL);
}
