/* The worker's process.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "tune/worker_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"

extern char **environ;

void
worker_process_init(struct worker_process *w)
{
	memset(w, 0, sizeof *w);
	w->in = w->out = w->err = -1;
}

static void
close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Out of the way of 0, 1 and 2, and not for other children. */
static int
lift_fd(int fd)
{
	int up = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	close(fd);
	return up;
}

static bool
lift_pair(int fd[2])
{
	fd[0] = lift_fd(fd[0]);
	fd[1] = lift_fd(fd[1]);
	return fd[0] >= 0 && fd[1] >= 0;
}

static int
spawn_with(struct worker_process *w, const char *const *words, int in,
    int out, int err)
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t at;
	sigset_t none, all;
	struct arena a = { 0 };
	char **argv;
	size_t n = 0, i;
	int rc;

	while (words[n])
		n++;
	argv = arena_array(&a, n + 1, sizeof *argv);
	for (i = 0; argv && i < n; i++)
		argv[i] = arena_strdup(&a, words[i]);
	if (a.failed) {
		arena_release(&a);
		return ENOMEM;
	}
	posix_spawn_file_actions_init(&fa);
	posix_spawnattr_init(&at);
	posix_spawn_file_actions_adddup2(&fa, in, 0);
	posix_spawn_file_actions_adddup2(&fa, out, 1);
	posix_spawn_file_actions_adddup2(&fa, err, 2);
	sigemptyset(&none);
	sigfillset(&all);
	sigdelset(&all, SIGKILL);
	sigdelset(&all, SIGSTOP);
	posix_spawnattr_setsigmask(&at, &none);
	posix_spawnattr_setsigdefault(&at, &all);
	posix_spawnattr_setpgroup(&at, 0);
	posix_spawnattr_setflags(&at, POSIX_SPAWN_SETSIGMASK |
	    POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
	rc = posix_spawnp(&w->pid, argv[0], &fa, &at, argv, environ);
	if (rc != 0)
		w->pid = 0;
	posix_spawnattr_destroy(&at);
	posix_spawn_file_actions_destroy(&fa);
	arena_release(&a);
	return rc;
}

enum mip_status
worker_process_start(struct worker_process *w, const char *const *argv,
    char why[WORKER_PROCESS_WHY])
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, err[2] = { -1, -1 };
	int rc = EMFILE;

	w->nsaid = 0;
	w->said[0] = '\0';
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, in) == 0 && lift_pair(in) &&
	    pipe(out) == 0 && lift_pair(out) &&
	    pipe(err) == 0 && lift_pair(err))
		rc = spawn_with(w, argv, in[1], out[1], err[1]);
	close_fd(&in[1]);
	close_fd(&out[1]);
	close_fd(&err[1]);
	w->in = in[0];
	w->out = out[0];
	w->err = err[0];
	if (rc == 0) {
		fcntl(w->in, F_SETFL, O_NONBLOCK);
		fcntl(w->out, F_SETFL, O_NONBLOCK);
		fcntl(w->err, F_SETFL, O_NONBLOCK);
		return MIP_OK;
	}
	snprintf(why, WORKER_PROCESS_WHY, "cannot start %.200s: %.80s",
	    argv[0], strerror(rc));
	return MIP_INFRASTRUCTURE;
}

/* Waits up to `s` seconds for the end. */
static bool
process_ended(struct worker_process *w, double s, int *status)
{
	double until = clock_now() + s;
	pid_t got;

	for (;;) {
		got = waitpid(w->pid, status, WNOHANG);
		if (got == w->pid || (got < 0 && errno == ECHILD))
			return true;
		if (clock_now() >= until)
			return false;
		clock_nap(5);
	}
}

void
worker_process_listen(struct worker_process *w)
{
	char b[1024];
	ssize_t k;
	size_t n, over;

	while (w->err >= 0) {
		k = read(w->err, b, sizeof b);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0 && errno == EAGAIN)
			return;
		if (k <= 0) {
			close_fd(&w->err);
			return;
		}
		n = (size_t)k;
		over = w->nsaid + n > WORKER_PROCESS_SAID ?
		    w->nsaid + n - WORKER_PROCESS_SAID : 0;
		memmove(w->said, w->said + over, w->nsaid - over);
		w->nsaid -= over;
		memcpy(w->said + w->nsaid, b, n);
		w->nsaid += n;
		w->said[w->nsaid] = '\0';
	}
}

/* What it started has keepers of its own, which end when it does: signals are
 * for it alone. */
void
worker_process_end(struct worker_process *w, double patience, char *how,
    size_t nhow)
{
	int status = 0;

	close_fd(&w->in);
	if (w->pid > 0 && !process_ended(w, patience, &status)) {
		kill(w->pid, SIGTERM);
		if (!process_ended(w, 1, &status)) {
			kill(w->pid, SIGKILL);
			process_ended(w, 5, &status);
		}
	}
	worker_process_listen(w);
	w->killed = WIFSIGNALED(status);
	w->status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
	if (how && w->killed)
		snprintf(how, nhow, "killed by signal %d, %s",
		    WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (how)
		snprintf(how, nhow, "exit status %d", WEXITSTATUS(status));
	w->pid = 0;
	close_fd(&w->out);
	close_fd(&w->err);
}

const char *
worker_process_said(struct worker_process *w)
{
	char *at;

	while (w->nsaid > 0 && w->said[w->nsaid - 1] == '\n')
		w->said[--w->nsaid] = '\0';
	at = strrchr(w->said, '\n');
	return at ? at + 1 : w->said;
}
