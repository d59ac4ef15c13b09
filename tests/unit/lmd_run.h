/* Runs the fake model server for a unit test: to be included once.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef LMD_RUN_H
#define LMD_RUN_H

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct lmd {
	pid_t pid;
	int in;                         /* it ends when this is closed */
	char dir[64];                   /* of its files, and for the test's */
	char log[96];
	char url[64];                   /* "http://127.0.0.1:PORT/v1" */
};

static inline void
lmd_exec(const struct lmd *d, const char *script, int in, int out)
{
	const char *program = getenv("LMD");

	dup2(in, 0);
	dup2(out, 1);
	execl(program ? program : "build/lmd", "lmd", "--script", script,
	    "--log", d->log, "--stdin-eof", (char *)NULL);
	_exit(127);
}

/* False if it does not come up.  What the environment says of budgets is
 * forgotten. */
static inline bool
lmd_start(struct lmd *d, const char *rules)
{
	int in[2], out[2];
	char script[96], line[128] = "";
	FILE *f;

	unsetenv("MIPROC_OFFLINE");
	unsetenv("MIPROC_MAX_COST");
	memset(d, 0, sizeof *d);
	snprintf(d->dir, sizeof d->dir, "/tmp/miproc-test-XXXXXX");
	if (!mkdtemp(d->dir))
		return false;
	snprintf(d->log, sizeof d->log, "%s/log", d->dir);
	snprintf(script, sizeof script, "%s/script", d->dir);
	f = fopen(script, "w");
	if (!f || fputs(rules, f) == EOF || fclose(f) != 0)
		return false;
	if (pipe(in) != 0 || pipe(out) != 0)
		return false;
	fcntl(in[1], F_SETFD, FD_CLOEXEC);
	fcntl(out[0], F_SETFD, FD_CLOEXEC);
	d->pid = fork();
	if (d->pid == 0)
		lmd_exec(d, script, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	d->in = in[1];
	f = fdopen(out[0], "r");
	if (!f || !fgets(line, sizeof line, f))
		return false;
	fclose(f);
	line[strcspn(line, "\n")] = '\0';
	if (strncmp(line, "listening on ", 13) != 0)
		return false;
	snprintf(d->url, sizeof d->url, "http://%.40s/v1", line + 13);
	return true;
}

/* Requests so far whose log lines hold `word`. */
static inline int
lmd_count(const struct lmd *d, const char *word)
{
	static char line[1 << 16];
	FILE *f = fopen(d->log, "r");
	int n = 0;

	while (f && fgets(line, sizeof line, f))
		n += strstr(line, word) != NULL;
	if (f)
		fclose(f);
	return n;
}

static inline void
lmd_stop(struct lmd *d)
{
	char rm[128];

	close(d->in);
	kill(d->pid, SIGTERM);
	waitpid(d->pid, NULL, 0);
	snprintf(rm, sizeof rm, "%s", d->dir);
	if (fork() == 0) {
		execlp("rm", "rm", "-rf", rm, (char *)NULL);
		_exit(127);
	}
	wait(NULL);
}

/* ---- one for all tests of a program ---- */

static struct lmd lmd;

static inline int
lmd_down(void **state)
{
	(void)state;
	lmd_stop(&lmd);
	return 0;
}

/* A file in its folder; good for eight more calls. */
static inline char *
lmd_path(const char *name)
{
	static char text[8][128];
	static int n;
	char *p = text[n++ % 8];

	snprintf(p, sizeof text[0], "%s/%s", lmd.dir, name);
	return p;
}

#endif
