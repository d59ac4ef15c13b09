/* Memory that fails in a program's command line: what it writes is what it
 * would write, or it says what was wrong; the rows of a batch are each of the
 * two.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fault.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit/fake_lm.c"
#include "../unit/sample.c"
#include "core/json.h"
#include "run/mip.h"

enum {
	PATIENCE_S = 300,               /* who waits longer waits for ever */
	TEXT = 1 << 15,
	ARGS = 12
};

static const struct fake_rule rules[] = {
	{ .match = "Refuse", .status = MIP_INFRASTRUCTURE },
	{ .match = "from the facts alone", .text = "{\"answer\":\"blue\","
	    "\"confidence\":90,\"mood\":\"not sure\"}" },
	{ .text = "sky" },
};

/* A command, and what it did when nothing failed. */
struct command {
	const char *name;
	const char *arg[ARGS];
	const char *in;                 /* stdin */
	bool rows;                      /* one answer a line */
	int status;
	char out[TEXT];
};

/* Files in the place of stdin, stdout and stderr: nothing is opened, and no
 * pipe is full. */
static int file[3], held[3];

static void
stage(const char *in)
{
	int i;

	for (i = 0; i < 3; i++)
		if (ftruncate(file[i], 0) != 0 ||
		    lseek(file[i], 0, SEEK_SET) != 0 ||
		    dup2(file[i], i) < 0)
			abort();
	if (pwrite(file[0], in, strlen(in), 0) < 0)
		abort();
}

static void
leave(char out[TEXT], char err[TEXT])
{
	char *text[3] = { NULL, out, err };
	ssize_t n;
	int i;

	for (i = 0; i < 3; i++) {
		dup2(held[i], i);
		if (!text[i])
			continue;
		n = pread(file[i], text[i], TEXT - 1, 0);
		text[i][n > 0 ? n : 0] = '\0';
	}
}

static int
run(const struct command *c, char out[TEXT], char err[TEXT])
{
	static char word[ARGS + 1][128];
	char *argv[ARGS + 2];
	int n = 0, status;

	snprintf(word[ARGS], sizeof word[ARGS], "prog");
	argv[0] = word[ARGS];
	for (; c->arg[n]; n++) {
		snprintf(word[n], sizeof word[n], "%s", c->arg[n]);
		argv[n + 1] = word[n];
	}
	argv[n + 1] = NULL;
	fake_rules(rules, sizeof rules / sizeof rules[0]);
	stage(c->in);
	status = mip_main(&qa_program, &qa_eval, n + 1, argv);
	leave(out, err);
	return status;
}

/* The next line of both, each whole: alike, or an error of memory. */
static bool
rows_right(const char *out, const char *want)
{
	const char *a, *b;

	for (; (a = strchr(out, '\n')); out = a + 1, want = b + 1) {
		size_t n = (size_t)(a - out);

		b = strchr(want, '\n');
		if (!b)
			return false;
		if (n == (size_t)(b - want) && memcmp(out, want, n) == 0)
			continue;
		if (strncmp(out, "{\"error\":{\"class\":\"nomem\",", 26) != 0 ||
		    !json_parse(out, n, &(struct json){ NULL, 0 }, NULL, NULL))
			return false;
	}
	return *out == '\0';
}

/* Lines of messages, each with the name before it. */
static bool
told(const char *err)
{
	const char *nl;

	if (!*err)
		return false;
	for (; (nl = strchr(err, '\n')); err = nl + 1)
		if (strncmp(err, "prog: ", 6) != 0 &&
		    strncmp(err, "no usage\n", 9) != 0)
			return false;
	return *err == '\0';
}

static bool
commands(void *arg)
{
	const struct command *c = arg;
	static char out[TEXT], err[TEXT];
	int status;
	bool ok;

	alarm(PATIENCE_S);
	status = run(c, out, err);
	if (!fault_met() || (status == c->status && strcmp(out, c->out) == 0))
		ok = status == c->status && strcmp(out, c->out) == 0;
	else if (c->rows)
		ok = rows_right(out, c->out) && told(err) &&
		    (status == 2 || status == c->status);
	else
		ok = !*out && (status == 2 || status == 3) && told(err);
	if (!ok)
		fprintf(stderr, "status %d\n%s%s", status, out, err);
	return ok;
}

static struct command table[] = {
	{ "a run", { "--question", "Why?", "--hints", "[\"a\",\"b\"]",
	    "--brief", "--usage", "--model", "small=openai:x" }, "", false,
	    0, "" },
	{ "a run, of an object", { "--json", "--max-calls", "9" },
	    "{\"question\":\"Why?\",\"hints\":[\"a\"]}", false, 0, "" },
	{ "one that fails", { "--question", "Refuse" }, "", false, 0, "" },
	{ "a stream", { "--question", "Why?", "--stream" }, "", true, 0,
	    "" },
	{ "a tuned file", { "--question", "Why?", "--tuned", "TUNED" }, "",
	    false, 0, "" },
	{ "a batch", { "--jsonl", "-j", "2" },
	    "{\"question\":\"Why?\"}\n{\"question\":5}\n{\"question\":"
	    "\"Refuse\"}\nnothing\n\n{\"question\":\"Who?\",\"brief\":true}\n",
	    true, 0, "" },
	{ "help", { "--help" }, "", false, 0, "" },
	{ "version", { "--version" }, "", false, 0, "" },
	{ "schema", { "--schema" }, "", false, 0, "" },
	{ "grammar", { "--gbnf" }, "", false, 0, "" },
	{ "plan", { "--plan" }, "", false, 0, "" },
	{ "prompts", { "--prompts", "--tuned", "TUNED" }, "", false, 0, "" },
	{ "a row's prompts", { "--prompts", "--row", "ROW" }, "", false, 0,
	    "" },
	{ "a mistake", { "--qestion", "Why?" }, "", false, 0, "" },
};

/* Writes a file and puts its name where the table has `word`. */
static void
name_file(char path[64], const char *word, const char *text)
{
	size_t i, k;
	int fd = mkstemp(path);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		abort();
	close(fd);
	for (i = 0; i < sizeof table / sizeof table[0]; i++)
		for (k = 0; table[i].arg[k]; k++)
			if (strcmp(table[i].arg[k], word) == 0)
				table[i].arg[k] = path;
}

int
main(void)
{
	static char err[TEXT];
	char tuned[64] = "/tmp/f_cli-XXXXXX", row[64] = "/tmp/f_cli-XXXXXX";
	FILE *f;
	size_t i;

	signal(SIGPIPE, SIG_IGN);
	for (i = 0; i < 3; i++) {
		held[i] = fcntl((int)i, F_DUPFD_CLOEXEC, 10);
		f = tmpfile();
		file[i] = f ? fcntl(fileno(f), F_DUPFD_CLOEXEC, 10) : -1;
		if (f)
			fclose(f);
		if (held[i] < 0 || file[i] < 0)
			return 1;
	}
	name_file(tuned, "TUNED", "{\"format\":1,\"slots\":{\"K\":2,"
	    "\"recall.instruction\":[\"Say\",\"it.\"]}}");
	name_file(row, "ROW", "{\"question\":\"Why not?\"}");
	for (i = 0; i < sizeof table / sizeof table[0]; i++) {
		table[i].status = run(&table[i], table[i].out, err);
		fprintf(stderr, "%s: status %d: %s%s", table[i].name,
		    table[i].status, table[i].out, err);
		fault_each(table[i].name, FAULT_ALLOC, commands, &table[i]);
	}
	unlink(tuned);
	unlink(row);
	return fault_end();
}
