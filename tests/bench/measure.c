/* Measures a command.
 *
 *     measure cost OUT CMD...          appends a line to OUT: CPU seconds, wall
 *                                      seconds, peak MB, exit status
 *     measure exit TIMES CMD...        until the command ends
 *     measure request TIMES CMD...     until its first request: the command
 *                                      gets --base-url with our address
 *
 * The last two need a command with start.c in it, and print the milliseconds
 * from exec to main and from main to there: the lower quartiles, which load
 * does not change much.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TIMES = 200, WORDS = 60 };

extern char **environ;

static void
die(const char *what)
{
	fprintf(stderr, "measure: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double
seconds(struct timespec t)
{
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return seconds(t);
}

static pid_t
spawn(char **cmd, bool quiet)
{
	posix_spawn_file_actions_t files;
	pid_t pid;

	posix_spawn_file_actions_init(&files);
	if (quiet)
		posix_spawn_file_actions_addopen(&files, STDOUT_FILENO,
		    "/dev/null", O_WRONLY, 0);
	errno = posix_spawnp(&pid, cmd[0], &files, NULL, cmd, environ);
	if (errno != 0)
		die(cmd[0]);
	posix_spawn_file_actions_destroy(&files);
	return pid;
}

static int
cost(const char *out, char **cmd)
{
	struct rusage u;
	double t = now(), cpu;
	int status;
	FILE *f;

	if (waitpid(spawn(cmd, false), &status, 0) < 0)
		die("waitpid");
	t = now() - t;
	getrusage(RUSAGE_CHILDREN, &u);
	cpu = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	    (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1e-6;
	status = WIFEXITED(status) ? WEXITSTATUS(status) : 128;
	f = fopen(out, "a");
	if (!f)
		die(out);
	fprintf(f, "%.6f %.6f %.1f %d\n", cpu, t, (double)u.ru_maxrss / 1024,
	    status);
	fclose(f);
	return status;
}

/* ---- how long until something happens ---- */

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
quartile(double *v, size_t n)
{
	qsort(v, n, sizeof *v, compare);
	return v[n / 4];
}

static int
listener(char url[64])
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	struct timeval most = { 10, 0 };
	socklen_t n = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)(void *)&a, n) < 0 ||
	    listen(fd, 8) < 0 ||
	    getsockname(fd, (struct sockaddr *)(void *)&a, &n) < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	snprintf(url, 64, "http://127.0.0.1:%u/v1",
	    (unsigned)ntohs(a.sin_port));
	return fd;
}

/* When the first byte of a request is here; nothing is answered.  Negative
 * if none comes. */
static double
first_byte(int listening)
{
	int fd = accept(listening, NULL, NULL);
	double t = -1;
	char c;

	if (fd < 0)
		return t;
	if (read(fd, &c, 1) == 1)
		t = now();
	close(fd);
	return t;
}

/* One time: the ends of both spans after the spawn. */
static void
once(char **cmd, int listening, double *main_at, double *end_at)
{
	struct timespec t;
	char text[16];
	int p[2], status;
	double t0;
	pid_t pid;

	if (pipe(p) < 0)
		die("pipe");
	fcntl(p[0], F_SETFD, FD_CLOEXEC);
	snprintf(text, sizeof text, "%d", p[1]);
	setenv("BENCH_FD", text, 1);
	t0 = now();
	pid = spawn(cmd, true);
	close(p[1]);
	if (listening >= 0) {
		*end_at = first_byte(listening);
		kill(pid, SIGKILL);
	}
	if (waitpid(pid, &status, 0) < 0)
		die("waitpid");
	if (listening < 0)
		*end_at = now();
	if (*end_at < 0)
		die("no request came");
	*end_at -= t0;
	if (read(p[0], &t, sizeof t) != sizeof t)
		die("the command was not linked with start.c");
	close(p[0]);
	*main_at = seconds(t) - t0;
}

static int
spans(bool request, unsigned times, char **cmd)
{
	double to_main[TIMES], to_end[TIMES];
	char *word[WORDS + 3] = { NULL }, url[64], flag[] = "--base-url";
	int listening = -1;
	unsigned i, n;

	for (n = 0; n < WORDS && cmd[n]; n++)
		word[n] = cmd[n];
	if (request) {
		listening = listener(url);
		word[n] = flag;
		word[n + 1] = url;
	}
	for (i = 0; i < times; i++) {
		once(word, listening, &to_main[i], &to_end[i]);
		to_end[i] -= to_main[i];
	}
	printf("%.2f %.2f\n", quartile(to_main, times) * 1e3,
	    quartile(to_end, times) * 1e3);
	return 0;
}

int
main(int argc, char **argv)
{
	unsigned long times;

	if (argc < 4) {
		fprintf(stderr, "usage: measure cost OUT CMD...\n"
		    "       measure exit|request TIMES CMD...\n");
		return 2;
	}
	if (strcmp(argv[1], "cost") == 0)
		return cost(argv[2], argv + 3);
	times = strtoul(argv[2], NULL, 10);
	if (times < 1 || times > TIMES)
		times = TIMES;
	return spans(strcmp(argv[1], "request") == 0, (unsigned)times,
	    argv + 3);
}
