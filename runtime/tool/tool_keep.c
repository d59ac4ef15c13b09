/* The keeper of a command.
 *
 * It is forked from a process with threads and never execs: it may call only
 * what is safe in a signal handler.  As a "subreaper" it inherits whatever
 * the command leaves behind, in whatever session, and kills that.
 *
 * SPDX-License-Identifier: MIT */
#include "tool/tool_keep.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "core/child.h"

enum {
	KEEPER_NAP_MS = 5,
	KEEPER_SWEEPS = 400             /* naps; then what will not die stays */
};

/* The ends that the keeper has. */
struct keeper {
	const struct tool_command *c;
	int in, out, err, ended, hold;
	int most;                       /* open descriptors: see child_fds */
	pid_t command;
	struct tool_end end;
	bool over;                      /* `end` is known */
};

static void
keeper_nap(void)
{
	poll(NULL, 0, KEEPER_NAP_MS);
}

/* ---- the command, before it is itself ---- */

static void
keeper_cannot(const struct keeper *k, enum tool_how how)
{
	struct tool_end end = { how, errno };

	if (write(k->ended, &end, sizeof end) < 0)
		_exit(126);
	_exit(127);
}

/* `n` and, before the end is by force, `more`. */
static void
keeper_limit(const struct keeper *k, int what, int64_t n, int64_t more)
{
	struct rlimit r;

	if (n < 0)
		return;
	if (getrlimit(what, &r) != 0)
		keeper_cannot(k, TOOL_NO_LIMIT);
	if (r.rlim_max == RLIM_INFINITY || (rlim_t)(n + more) < r.rlim_max)
		r.rlim_max = (rlim_t)(n + more);
	r.rlim_cur = (rlim_t)n < r.rlim_max ? (rlim_t)n : r.rlim_max;
	if (setrlimit(what, &r) != 0)
		keeper_cannot(k, TOOL_NO_LIMIT);
}

static void
keeper_exec(const struct keeper *k)
{
	const struct tool_command *c = k->c;

	setsid();
	child_signals();
#ifdef __linux__
	prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
	if (dup2(k->in, 0) < 0 || dup2(k->out, 1) < 0 || dup2(k->err, 2) < 0)
		keeper_cannot(k, TOOL_NO_EXEC);
	if (c->dir && chdir(c->dir) != 0)
		keeper_cannot(k, TOOL_NO_DIR);
	keeper_limit(k, RLIMIT_CORE, 0, 0);
	keeper_limit(k, RLIMIT_FSIZE, c->file, 0);
	keeper_limit(k, RLIMIT_CPU, c->cpu_s > 0 ? c->cpu_s : -1, 1);
	keeper_limit(k, RLIMIT_AS, c->memory > 0 ? c->memory : -1, 0);
	execve(c->path, c->argv, c->envp);
	keeper_cannot(k, TOOL_NO_EXEC);
}

/* ---- what it leaves behind ---- */

/* Kills each child of ours; false if they cannot be found. */
static bool
keeper_kill_children(void)
{
	int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
	char text[512];
	pid_t pid = 0;
	ssize_t n, i;

	if (fd < 0)
		return false;
	while ((n = read(fd, text, sizeof text)) > 0)
		for (i = 0; i < n; i++) {
			if (text[i] >= '0' && text[i] <= '9') {
				pid = pid * 10 + (text[i] - '0');
				continue;
			}
			if (pid > 0)
				kill(pid, SIGKILL);
			pid = 0;
		}
	if (pid > 0)
		kill(pid, SIGKILL);
	close(fd);
	return true;
}

/* Each round finds the children of what the one before has killed. */
static void
keeper_sweep(void)
{
	int n;

	for (n = 0; n < KEEPER_SWEEPS; n++) {
		pid_t got;

		while ((got = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if (got < 0 && errno != EINTR)
			return;
		if (!keeper_kill_children())
			return;
		keeper_nap();
	}
}

/* Takes what has ended.  The command's own number is kept from others until
 * its process group is dead. */
static void
keeper_reap(struct keeper *k)
{
	siginfo_t i;
	int status;

	for (;;) {
		memset(&i, 0, sizeof i);
		if (waitid(P_ALL, 0, &i, WEXITED | WNOHANG | WNOWAIT) != 0 ||
		    i.si_pid == 0)
			return;
		if (i.si_pid == k->command)
			kill(-k->command, SIGKILL);
		if (waitpid(i.si_pid, &status, WNOHANG) != k->command)
			continue;
		k->end.how = WIFSIGNALED(status) ? TOOL_KILLED : TOOL_EXITED;
		k->end.value = WIFSIGNALED(status) ? WTERMSIG(status) :
		    WEXITSTATUS(status);
		k->over = true;
	}
}

/* ---- keeping ---- */

/* Wakes pselect. */
static void
keeper_child(int sig)
{
	(void)sig;
}

/* Until the command has ended, or nobody holds it any more. */
static void
keeper_watch(struct keeper *k)
{
	sigset_t open;
	fd_set set;

	sigemptyset(&open);
	for (keeper_reap(k); !k->over; keeper_reap(k)) {
		FD_ZERO(&set);
		FD_SET(k->hold, &set);
		if (pselect(k->hold + 1, &set, NULL, NULL, NULL, &open) > 0)
			return;
	}
}

/* Asks, waits a little, and kills. */
static void
keeper_end(struct keeper *k)
{
	int n;

	if (k->over)
		return;
	kill(-k->command, SIGTERM);
	for (n = 0; n < TOOL_KEEP_TERM_MS / KEEPER_NAP_MS; n++) {
		keeper_reap(k);
		if (k->over)
			return;
		keeper_nap();
	}
	kill(-k->command, SIGKILL);
	for (n = 0; n < KEEPER_SWEEPS && !k->over; n++) {
		keeper_reap(k);
		keeper_nap();
	}
}

/* In the keeper: only the five descriptors stay. */
static bool
keeper_begin(struct keeper *k)
{
	const int keep[5] = { k->in, k->out, k->err, k->ended, k->hold };
	struct sigaction act = { .sa_handler = keeper_child };
	sigset_t chld;
	int null;

	setsid();
	child_close(keep, 5, k->most);
	null = open("/dev/null", O_RDWR);
	if (null < 0)
		return false;
	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
	if (null > 2)
		close(null);
	/* For FD_SET, which has an end. */
	k->hold = fcntl(k->hold, F_DUPFD_CLOEXEC, 3);
	if (k->hold < 0 || k->hold >= FD_SETSIZE)
		return false;
	child_signals();
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	sigaction(SIGCHLD, &act, NULL);
#ifdef __linux__
	prctl(PR_SET_CHILD_SUBREAPER, 1);
#endif
	/* The command may look into its parent: there are keys. */
	child_hide();
	child_forget();
	return true;
}

static void
keeper_main(struct keeper *k)
{
	if (keeper_begin(k))
		k->command = fork();
	else
		k->command = -1;
	if (k->command == 0)
		keeper_exec(k);
	if (k->command < 0)
		keeper_cannot(k, TOOL_NO_EXEC);
	close(k->in);
	close(k->out);
	close(k->err);
	keeper_watch(k);
	keeper_end(k);
	keeper_sweep();
	if (k->over && write(k->ended, &k->end, sizeof k->end) < 0)
		_exit(1);
	_exit(0);
}

/* ---- our side ---- */

static void
tool_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* A pipe out of the way of 0, 1 and 2, for no other child. */
static bool
tool_pipe(int ends[2])
{
	int fd[2], i;

	ends[0] = ends[1] = -1;
	if (pipe(fd) != 0)
		return false;
	for (i = 0; i < 2; i++) {
		ends[i] = fcntl(fd[i], F_DUPFD_CLOEXEC, 3);
		close(fd[i]);
	}
	return ends[0] >= 0 && ends[1] >= 0;
}

static pid_t
tool_fork(struct keeper *k)
{
	sigset_t all, old;
	int saved;
	pid_t pid;

	k->most = child_fds();
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pid = fork();
	if (pid == 0)
		keeper_main(k);
	saved = errno;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	errno = saved;
	return pid;
}

static void
tool_nonblocking(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

bool
tool_keep_start(const struct tool_command *c, struct tool_process *p)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, err[2] = { -1, -1 };
	int ended[2] = { -1, -1 }, hold[2] = { -1, -1 }, saved;
	struct keeper k = { .c = c };

	*p = (struct tool_process){ -1, -1, -1, -1, -1, -1 };
	if (tool_pipe(in) && tool_pipe(out) && tool_pipe(err) &&
	    tool_pipe(ended) && tool_pipe(hold)) {
		k.in = in[0];
		k.out = out[1];
		k.err = err[1];
		k.ended = ended[1];
		k.hold = hold[0];
		p->keeper = tool_fork(&k);
	}
	saved = errno;
	tool_close(&in[0]);
	tool_close(&out[1]);
	tool_close(&err[1]);
	tool_close(&ended[1]);
	tool_close(&hold[0]);
	p->in = in[1];
	p->out = out[0];
	p->err = err[0];
	p->ended = ended[0];
	p->hold = hold[1];
	if (p->keeper < 0) {
		tool_keep_end(p);
		errno = saved;
		return false;
	}
	tool_nonblocking(p->in);
	tool_nonblocking(p->out);
	tool_nonblocking(p->err);
	tool_nonblocking(p->ended);
	return true;
}

void
tool_keep_end(struct tool_process *p)
{
	tool_close(&p->in);
	tool_close(&p->out);
	tool_close(&p->err);
	tool_close(&p->hold);
	tool_close(&p->ended);
	if (p->keeper > 0)
		while (waitpid(p->keeper, NULL, 0) < 0 && errno == EINTR)
			;
	p->keeper = -1;
}
