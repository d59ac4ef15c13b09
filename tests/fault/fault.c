/* Makes the nth call fail: the wrappers and the loop around them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <sqlite3.h>

enum { MAX_RUNS = 20000 };              /* a body that never gets by */

/* Calls come from any thread, and the wrappers can be handed nothing. */
static struct {
	pthread_mutex_t lock;
	unsigned kinds, left;           /* left: calls until one fails */
	bool met;
	unsigned ntest, nbad;
} fault = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* The linker's names for what is wrapped. */
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
char *__real_strdup(const char *s);
char *__real_strndup(const char *s, size_t n);
int __real_open(const char *path, int flags, ...);
ssize_t __real_read(int fd, void *p, size_t n);
ssize_t __real_write(int fd, const void *p, size_t n);
int __real_fsync(int fd);
int __real_rename(const char *from, const char *to);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *s);
char *__wrap_strndup(const char *s, size_t n);
int __wrap_open(const char *path, int flags, ...);
ssize_t __wrap_read(int fd, void *p, size_t n);
ssize_t __wrap_write(int fd, const void *p, size_t n);
int __wrap_fsync(int fd);
int __wrap_rename(const char *from, const char *to);

/* Whether this call is the one to fail. */
static bool
fails(unsigned kind, int error)
{
	bool now;

	if (!(fault.kinds & kind))
		return false;
	pthread_mutex_lock(&fault.lock);
	now = fault.left > 0 && --fault.left == 0;
	fault.met = fault.met || now;
	pthread_mutex_unlock(&fault.lock);
	if (now)
		errno = error;
	return now;
}

void *
__wrap_malloc(size_t n)
{
	return fails(FAULT_ALLOC, ENOMEM) ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails(FAULT_ALLOC, ENOMEM) ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return fails(FAULT_ALLOC, ENOMEM) ? NULL : __real_realloc(p, n);
}

char *
__wrap_strdup(const char *s)
{
	return fails(FAULT_ALLOC, ENOMEM) ? NULL : __real_strdup(s);
}

char *
__wrap_strndup(const char *s, size_t n)
{
	return fails(FAULT_ALLOC, ENOMEM) ? NULL : __real_strndup(s, n);
}

int
__wrap_open(const char *path, int flags, ...)
{
	va_list ap;
	int mode = 0;

	if (flags & O_CREAT) {
		va_start(ap, flags);
		mode = va_arg(ap, int);
		va_end(ap);
	}
	return fails(FAULT_OPEN, EMFILE) ? -1 :
	    __real_open(path, flags, mode);
}

ssize_t
__wrap_read(int fd, void *p, size_t n)
{
	return fails(FAULT_READ, EIO) ? -1 : __real_read(fd, p, n);
}

ssize_t
__wrap_write(int fd, const void *p, size_t n)
{
	if (!fails(FAULT_WRITE, ENOSPC))
		return __real_write(fd, p, n);
	if (n > 1 && __real_write(fd, p, n / 2) < 0)
		return -1;
	errno = ENOSPC;
	return -1;
}

int
__wrap_fsync(int fd)
{
	return fails(FAULT_SYNC, EIO) ? -1 : __real_fsync(fd);
}

int
__wrap_rename(const char *from, const char *to)
{
	return fails(FAULT_SYNC, EIO) ? -1 : __real_rename(from, to);
}

/* ---- SQLite asks how large a block is: the size stands before it -------- */

enum { HEAD = 16 };

static void *
sql_malloc(int n)
{
	char *p;

	if (fails(FAULT_ALLOC, ENOMEM))
		return NULL;
	p = __real_malloc((size_t)n + HEAD);
	if (!p)
		return NULL;
	memcpy(p, &n, sizeof n);
	return p + HEAD;
}

static void
sql_free(void *p)
{
	free((char *)p - HEAD);
}

static void *
sql_realloc(void *p, int n)
{
	char *q;

	if (fails(FAULT_ALLOC, ENOMEM))
		return NULL;
	q = __real_realloc((char *)p - HEAD, (size_t)n + HEAD);
	if (!q)
		return NULL;
	memcpy(q, &n, sizeof n);
	return q + HEAD;
}

static int
sql_size(void *p)
{
	int n = 0;

	if (p)
		memcpy(&n, (char *)p - HEAD, sizeof n);
	return n;
}

static int
sql_round(int n)
{
	return (n + 7) & ~7;
}

static int
sql_init(void *arg)
{
	(void)arg;
	return SQLITE_OK;
}

static void
sql_shutdown(void *arg)
{
	(void)arg;
}

void
fault_json(void)
{
	cJSON_Hooks hooks = { __wrap_malloc, free };

	cJSON_InitHooks(&hooks);
}

void
fault_libraries(void)
{
	static const sqlite3_mem_methods ours = {
		sql_malloc, sql_free, sql_realloc, sql_size, sql_round,
		sql_init, sql_shutdown, NULL
	};

	fault_json();
	if (sqlite3_config(SQLITE_CONFIG_MALLOC, &ours) != SQLITE_OK)
		abort();
}

/* ---- the loop ---------------------------------------------------------- */

bool
fault_met(void)
{
	bool met;

	pthread_mutex_lock(&fault.lock);
	met = fault.met;
	pthread_mutex_unlock(&fault.lock);
	return met;
}

static void
arm(unsigned kinds, unsigned n)
{
	pthread_mutex_lock(&fault.lock);
	fault.kinds = kinds;
	fault.left = n;
	fault.met = false;
	pthread_mutex_unlock(&fault.lock);
}

/* One run with the nth call failing. */
static bool
run_here(unsigned kinds, unsigned n, bool (*body)(void *), void *arg,
    bool *met)
{
	bool ok;

	arm(kinds, n);
	ok = body(arg);
	*met = fault_met();
	arm(0, 0);
	return ok;
}

static bool
run_process(unsigned kinds, unsigned n, bool (*body)(void *), void *arg,
    bool *met)
{
	enum { MET = 2, UNMET = 3, BAD = 1 };
	int status = 0;
	bool ok;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		ok = run_here(kinds, n, body, arg, met);
		_exit(!ok ? BAD : *met ? MET : UNMET);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		abort();
	*met = !WIFEXITED(status) || WEXITSTATUS(status) != UNMET;
	return WIFEXITED(status) && (WEXITSTATUS(status) == MET ||
	    WEXITSTATUS(status) == UNMET);
}

typedef bool runner(unsigned kinds, unsigned n, bool (*body)(void *),
    void *arg, bool *met);

static bool
each(const char *name, unsigned kinds, bool (*body)(void *), void *arg,
    runner *run)
{
	unsigned n;
	bool ok, met = true;

	fault.ntest++;
	for (n = 1; met && n <= MAX_RUNS; n++) {
		/* Said first, so that a crash tells which call it was. */
		fprintf(stderr, "%s: call %u fails\n", name, n);
		ok = run(kinds, n, body, arg, &met);
		if (ok)
			continue;
		fault.nbad++;
		printf("not ok %u - %s: failure of call %u not borne\n",
		    fault.ntest, name, n);
		return false;
	}
	if (met || n == 2) {
		fault.nbad++;
		printf("not ok %u - %s: %s\n", fault.ntest, name, met ?
		    "never gets by" : "makes no call that could fail");
		return false;
	}
	printf("ok %u - %s: %u failures borne\n", fault.ntest, name, n - 2);
	return true;
}

bool
fault_each(const char *name, unsigned kinds, bool (*body)(void *), void *arg)
{
	return each(name, kinds, body, arg, run_here);
}

bool
fault_each_process(const char *name, unsigned kinds, bool (*body)(void *),
    void *arg)
{
	return each(name, kinds, body, arg, run_process);
}

int
fault_end(void)
{
	printf("1..%u\n", fault.ntest);
	return fault.nbad ? 1 : 0;
}
