/* Memory that fails in miproc: it says so and ends with status 2, or does what
 * it would do; files are the old ones or the new ones, and no others are left.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fault.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int miproc_main(int argc, char **argv);

#define main miproc_main
#include "driver/main.c"
#undef main

enum {
	TEXT = 1 << 17,
	PATIENCE_S = 300,               /* who waits longer waits for ever */
	ARGS = 12
};

static const char source[] =
	"model m = \"openai:x\" { max_tokens = 9; price = free; }\n"
	"enum Label { A \"first\", B }\n"
	"signature S {\n"
	"\t\"\"\"\n\tDecide.\n\tBriefly.\n\t\"\"\"\n"
	"\tin text: string;\n"
	"\tout label: Label; out n: int @range(0, 9);\n"
	"}\n"
	"module s = predict(S) { model = m; }\n"
	"param K = 2 tune 1 .. 3;\n"
	"program P(text: string) -> (label: Label, total: int) {\n"
	"\tlet r = s(text);\n"
	"\treturn { label = r.label, total = r.n * K };\n"
	"}\n"
	"data d = jsonl(\"rows.jsonl\") { split = [0.4, 0.4, 0.2]; }\n"
	"metric acc(gold, pred) = exact(gold.label, pred.label);\n"
	"optimize P { using = random { trials = 2; }\n"
	"\ttrain = d.train; dev = d.dev; test = d.test; metric = acc; }\n"
	"test \"t\" { let r = P(\"x\"); expect r.total > 0; }\n";
static const char wrong[] =
	"signature S { in a: strin; out b: int; }\n"
	"program P(x: int) -> (y: int) { return { y = x + \"1\" }; ]\n";
static const char tuned[] =
	"{\n\t\"format\": 1,\n\t\"program\": {\n\t\t\"hash\": \"0\",\n"
	"\t\t\"name\": \"P\"\n\t},\n\t\"slots\": {\n\t\t\"K\": 3\n"
	"\t}\n}\n";
static const char other[] =
	"{\n\t\"format\": 1,\n\t\"program\": {\n\t\t\"hash\": \"1\",\n"
	"\t\t\"name\": \"P\"\n\t},\n\t\"slots\": {\n\t\t\"K\": 1,\n"
	"\t\t\"s.instruction\": [\n\t\t\t\"Say.\"\n\t\t]\n\t}\n}\n";

/* A file that a command may write, as it was and as it becomes. */
struct made {
	const char *name, *old;
	char text[TEXT];
};

struct command {
	const char *name;
	const char *arg[ARGS];
	const char *make[4];            /* files that it writes */
	int status;
	char out[TEXT], err[TEXT];
	struct made made[4];
};

static void
write_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	if (!f || fputs(text, f) < 0 || fclose(f) != 0)
		abort();
}

/* "" if it is not there. */
static void
read_file(const char *name, char text[TEXT])
{
	FILE *f = fopen(name, "r");
	size_t n = f ? fread(text, 1, TEXT - 1, f) : 0;

	text[n] = '\0';
	if (f)
		fclose(f);
}

static void
prepare(const struct command *c)
{
	size_t i;

	write_file("x.mp", source);
	write_file("wrong.mp", wrong);
	write_file("a.tuned", tuned);
	write_file("b.tuned", other);
	write_file("rows.jsonl", "{\"text\":\"a\",\"label\":\"A\"}\n"
	    "{\"text\":\"b\",\"label\":\"B\"}\n"
	    "{\"text\":\"c\",\"label\":\"B\"}\n"
	    "{\"text\":\"d\",\"label\":\"A\"}\n"
	    "{\"text\":\"e\",\"label\":\"A\"}\n");
	for (i = 0; c->make[i]; i++)
		if (strcmp(c->make[i], "x.mp") != 0)
			write_file(c->make[i], "old\n");
}

/* Not by freopen, which would give stderr a buffer. */
static void
into(const char *name, int fd)
{
	int f = creat(name, 0600);

	if (f < 0 || dup2(f, fd) < 0 || close(f) != 0)
		abort();
}

static int
command(void *arg)
{
	const struct command *c = arg;
	static char word[ARGS][64];
	char *argv[ARGS + 1];
	int n = 0;

	alarm(PATIENCE_S);
	into("out", 1);
	into("err", 2);
	for (n = 0; c->arg[n]; n++) {
		snprintf(word[n], sizeof word[n], "%s", c->arg[n]);
		argv[n] = word[n];
	}
	argv[n] = NULL;
	return miproc_main(n, argv);
}

/* What stands in the folder that nobody has put there. */
static bool
is_clean(const struct command *c)
{
	static const char *const known[] = { ".", "..", "x.mp", "wrong.mp",
		"a.tuned", "b.tuned", "rows.jsonl", "out", "err", "cache",
		".miproc" };
	struct dirent *e;
	DIR *d = opendir(".");
	bool clean = d != NULL, is;
	size_t i;

	while (d && (e = readdir(d))) {
		is = false;
		for (i = 0; i < sizeof known / sizeof known[0]; i++)
			is = is || strcmp(e->d_name, known[i]) == 0;
		for (i = 0; c->make[i]; i++)
			is = is || strcmp(e->d_name, c->make[i]) == 0;
		if (!is) {
			printf("# it leaves %s\n", e->d_name);
			unlink(e->d_name);
			clean = false;
		}
	}
	if (d)
		closedir(d);
	return clean;
}

/* The files are the old ones or, if all went well, the new ones. */
static bool
files_right(const struct command *c, bool well)
{
	static char text[TEXT];
	size_t i;

	for (i = 0; c->make[i]; i++) {
		read_file(c->make[i], text);
		if (strcmp(text, c->made[i].text) != 0 &&
		    (well || strcmp(text, c->made[i].old) != 0)) {
			printf("# %s: %s\n", c->make[i], text);
			return false;
		}
	}
	return is_clean(c);
}

static bool
look(void *arg, int status)
{
	const struct command *c = arg;
	static char out[TEXT], err[TEXT];
	bool well, ok;

	read_file("out", out);
	read_file("err", err);
	well = status == c->status && strcmp(out, c->out) == 0 &&
	    (c->status == 0 || strcmp(err, c->err) == 0);
	ok = well || (fault_met() && status == 2 &&
	    (strstr(err, "out of memory") ||
	    strstr(err, "Cannot allocate memory")));
	if (!ok)
		printf("# status %d\n# %s# %s", status, out, err);
	ok = files_right(c, well) && ok;
	prepare(c);
	return ok;
}

/* What it does when nothing fails. */
static bool
reference(struct command *c)
{
	size_t i;
	int fd[2] = { dup(1), dup(2) };

	for (i = 0; c->make[i]; i++)
		c->made[i].old = strcmp(c->make[i], "x.mp") == 0 ? source :
		    "old\n";
	prepare(c);
	fflush(NULL);
	c->status = command(c);
	fflush(NULL);
	dup2(fd[0], 1);
	dup2(fd[1], 2);
	close(fd[0]);
	close(fd[1]);
	read_file("out", c->out);
	read_file("err", c->err);
	for (i = 0; c->make[i]; i++)
		read_file(c->make[i], c->made[i].text);
	prepare(c);
	fprintf(stderr, "%s: status %d: %.400s%s", c->name, c->status, c->out,
	    c->err);
	return c->status < 2;
}

static struct command table[] = {
	{ .name = "C", .arg = { "miproc", "-S", "-O0", "-MD", "-MF", "x.d",
	    "-o", "x.c", "x.mp" }, .make = { "x.c", "x.h", "x.d" } },
	{ .name = "C, tuned", .arg = { "miproc", "-S", "--tuned",
	    "a.tuned", "-o", "x.c", "x.mp" }, .make = { "x.c", "x.h" } },
	{ .name = "mistakes", .arg = { "miproc", "-O0", "wrong.mp" } },
	{ .name = "mistakes, as JSON", .arg = { "miproc", "-O0",
	    "-fdiagnostics-format=json", "wrong.mp" } },
	{ .name = "the intermediate form", .arg = { "miproc", "-O0",
	    "--emit=ir", "x.mp" } },
	{ .name = "prompts", .arg = { "miproc", "-O0", "--emit=prompts",
	    "x.mp" } },
	{ .name = "schemas", .arg = { "miproc", "-O0", "--emit=schema",
	    "x.mp" } },
	{ .name = "one file", .arg = { "miproc", "-E", "x.mp" } },
	{ .name = "layout", .arg = { "miproc", "fmt", "x.mp" },
	    .make = { "x.mp" } },
	{ .name = "differences", .arg = { "miproc", "diff", "a.tuned",
	    "b.tuned" } },
	{ .name = "the plan", .arg = { "miproc", "show", "plan", "x.mp" } },
	{ .name = "the bound of tuning", .arg = { "miproc", "tune", "-n",
	    "x.mp" } },
	{ .name = "the bound of scoring", .arg = { "miproc", "eval", "-n",
	    "-O0", "x.mp" } },
	{ .name = "the bound of tests", .arg = { "miproc", "test", "-n",
	    "-O0", "x.mp" } },
};

/* miproc looks for the runtime beside itself: this program goes there, too. */
static int
move(const char *self)
{
	const char *tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	char dir[64], line[1024];

	snprintf(dir, sizeof dir, "%s/f_driver-XXXXXX", tmp);
	if (!mkdtemp(dir))
		return 1;
	snprintf(line, sizeof line, "b=$(cd \"${1%%/*}/..\" && pwd) && "
	    "mkdir %s/w && cp \"$1\" %s/f_driver && "
	    "ln -s \"$b/libmiproc.a\" \"$b/include\" %s/ && cd %s/w && "
	    "MIPROC_CACHE_DIR=cache ../f_driver here; e=$?; rm -rf %s; "
	    "exit $e", dir, dir, dir, dir, dir);
	execl("/bin/sh", "sh", "-c", line, "sh", self, (char *)NULL);
	return 1;
}

int
main(int argc, char **argv)
{
	size_t i, k;

	if (argc == 1)
		return move(argv[0]);
	for (i = 0; i < sizeof table / sizeof table[0]; i++) {
		if (!reference(&table[i]))
			return 1;
		fault_each_command(table[i].name, FAULT_ALLOC, command, look,
		    &table[i]);
		for (k = 0; table[i].make[k]; k++)
			unlink(table[i].make[k]);
	}
	return fault_end();
}
