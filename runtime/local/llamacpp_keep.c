/* The keeper of a local server.
 *
 * It is forked from a process with threads: between fork and exec it may call
 * only what is safe in a signal handler.
 *
 * SPDX-License-Identifier: MIT */
#include "local/llamacpp_keep.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <poll.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "core/child.h"

enum {
	KEEP_NAP_MS = 100,
	KEEP_USERS = 5,                 /* naps between two looks for users */
	KEEP_TERM_MS = 3000,            /* to end by itself */
	KEEP_FD = 3                     /* where the pipe goes */
};

/* Only the pipe stays, as KEEP_FD, and what the server prints is logged. */
static bool
keep_files(const struct llamacpp_keep *k, int pipe_fd, int most)
{
	const int keep = KEEP_FD;
	int null, log;

	if (pipe_fd != KEEP_FD && dup2(pipe_fd, KEEP_FD) < 0)
		return false;
	child_close(&keep, 1, most);
	fcntl(KEEP_FD, F_SETFD, FD_CLOEXEC);
	null = open("/dev/null", O_RDONLY);
	log = open(k->log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
	if (null < 0 || log < 0)
		return false;
	dup2(null, 0);
	dup2(log, 1);
	dup2(log, 2);
	close(null);
	close(log);
	return true;
}

static void
keep_server(const struct llamacpp_keep *k, pid_t keeper)
{
	static const char cannot[] = "the server cannot be executed\n";

	setpgid(0, 0);
#ifdef __linux__
	prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
	if (getppid() == keeper)
		execv(k->argv[0], k->argv);
	if (write(2, cannot, sizeof cannot - 1) < 0)
		_exit(126);
	_exit(127);
}

/* Whether the server has ended within `ms`. */
static bool
keep_ended(pid_t server, int ms)
{
	for (;;) {
		pid_t got = waitpid(server, NULL, WNOHANG);

		if (got == server || (got < 0 && errno == ECHILD))
			return true;
		if (ms <= 0)
			return false;
		poll(NULL, 0, KEEP_NAP_MS);
		ms -= KEEP_NAP_MS;
	}
}

static void
keep_end(pid_t server)
{
	kill(-server, SIGTERM);
	kill(server, SIGTERM);
	if (keep_ended(server, KEEP_TERM_MS))
		return;
	kill(-server, SIGKILL);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
}

static void
keep_watch(const struct llamacpp_keep *k)
{
	int alive, users, n;
	pid_t server, keeper = getpid();

	alive = open(k->alive, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	users = open(k->users, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (alive < 0 || users < 0 || flock(alive, LOCK_EX | LOCK_NB) != 0)
		return;
	server = fork();
	if (server < 0)
		return;
	if (server == 0)
		keep_server(k, keeper);
	if (write(KEEP_FD, "k", 1) != 1) {
		keep_end(server);
		return;
	}
	for (n = 1; !keep_ended(server, KEEP_NAP_MS); n++) {
		if (n % KEEP_USERS != 0 || flock(users, LOCK_EX | LOCK_NB))
			continue;
		/* New users wait while this lock is held. */
		unlink(k->port);
		keep_end(server);
		return;
	}
	unlink(k->port);
}

bool
llamacpp_keep(const struct llamacpp_keep *k, int *fd)
{
	int ends[2], most, saved;
	sigset_t all, old;
	pid_t child;

	if (pipe(ends) != 0)
		return false;
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	most = child_fds();
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	child = fork();
	if (child == 0) {
		setsid();
		if (fork() == 0) {
			child_signals();
			if (keep_files(k, ends[1], most))
				keep_watch(k);
		}
		_exit(0);
	}
	saved = errno;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	close(ends[1]);
	if (child > 0) {
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
		*fd = ends[0];
		return true;
	}
	close(ends[0]);
	errno = saved;
	return false;
}
