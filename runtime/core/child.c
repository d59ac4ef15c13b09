/* Between fork and exec.
 *
 * SPDX-License-Identifier: MIT */
#include "core/child.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

extern char **environ;

enum {
	CHILD_FIRST = 3,                /* behind standard error */
	CHILD_LEAST = 64,               /* looked at, whatever is known */
	CHILD_GAP = 64                  /* closed ones that end the search */
};

int
child_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *e;
	int most = CHILD_LEAST, fd;

	if (!d)
		return (int)sysconf(_SC_OPEN_MAX);
	while ((e = readdir(d))) {
		fd = (int)strtol(e->d_name, NULL, 10);
		if (fd >= most)
			most = fd + 1;
	}
	closedir(d);
	return most;
}

static bool
child_keeps(const int *keep, size_t n, int fd)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (keep[i] == fd)
			return true;
	return false;
}

void
child_close(const int *keep, size_t n, int most)
{
	int fd, gap = 0;

	/* A new descriptor gets the lowest number that is free: what came
	 * since `most` was found stands right behind it. */
	for (fd = CHILD_FIRST; fd < most || gap < CHILD_GAP; fd++) {
		gap = fd < most || fcntl(fd, F_GETFD) >= 0 ? 0 : gap + 1;
		if (!child_keeps(keep, n, fd))
			close(fd);
	}
}

void
child_hide(void)
{
#ifdef __linux__
	prctl(PR_SET_DUMPABLE, 0);
#endif
}

void
child_forget(void)
{
	char **v, *s;

	for (v = environ; v && *v; v++)
		for (s = *v; *s; s++)
			*s = '\0';
}

void
child_signals(void)
{
	struct sigaction act = { .sa_handler = SIG_DFL };
	sigset_t none;
	int sig;

	/* Those that are not to be had are refused. */
	for (sig = 1; sig < 65; sig++)
		if (sig != SIGKILL && sig != SIGSTOP)
			sigaction(sig, &act, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}
