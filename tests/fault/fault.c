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
#include <sys/mman.h>
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
	bool *met;                      /* shared with children */
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
	if (now)
		*fault.met = true;
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
	met = *fault.met;
	pthread_mutex_unlock(&fault.lock);
	return met;
}

/* A place that a child writes to and its parent reads. */
static bool *
shared(void)
{
	FILE *f = tmpfile();
	void *p;

	if (!f || ftruncate(fileno(f), 1) != 0)
		abort();
	p = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(f), 0);
	fclose(f);
	if (p == MAP_FAILED)
		abort();
	return p;
}

static void
arm(unsigned kinds, unsigned n)
{
	pthread_mutex_lock(&fault.lock);
	if (!fault.met)
		fault.met = shared();
	fault.kinds = kinds;
	fault.left = n;
	*fault.met = false;
	pthread_mutex_unlock(&fault.lock);
}

/* What is run: a body, or a command and what looks at its end. */
struct trial {
	unsigned kinds;
	bool (*body)(void *);
	int (*command)(void *);
	bool (*check)(void *, int);
	void *arg;
};

/* One run with the nth call failing. */
static bool
run_here(const struct trial *t, unsigned n)
{
	bool ok;

	arm(t->kinds, n);
	ok = t->body(t->arg);
	fault.left = 0;
	return ok;
}

static bool
run_process(const struct trial *t, unsigned n)
{
	int status = 0;
	pid_t pid;

	fflush(NULL);
	arm(t->kinds, n);
	pid = fork();
	if (pid == 0)
		_exit(t->command ? t->command(t->arg) :
		    t->body(t->arg) ? 0 : 1);
	fault.left = 0;
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		abort();
	if (WIFSIGNALED(status))
		fprintf(stderr, "killed by signal %d\n", WTERMSIG(status));
	if (t->command)
		return WIFEXITED(status) &&
		    t->check(t->arg, WEXITSTATUS(status));
	return WIFEXITED(status) && (WEXITSTATUS(status) == 0 ||
	    (WEXITSTATUS(status) == 2 && fault_met()));
}

static bool
each(const char *name, const struct trial *t,
    bool (*run)(const struct trial *, unsigned))
{
	unsigned n, borne = 0;
	bool met = true;

	fault.ntest++;
	for (n = 1; met && n <= MAX_RUNS; n++) {
		/* Said first, so that a crash tells which call it was. */
		fprintf(stderr, "%s: call %u fails\n", name, n);
		if (!run(t, n)) {
			fault.nbad++;
			printf("not ok %u - %s: failure of call %u not "
			    "borne\n", fault.ntest, name, n);
			return false;
		}
		met = fault_met();
		borne += met;
	}
	if (met || borne == 0) {
		fault.nbad++;
		printf("not ok %u - %s: %s\n", fault.ntest, name, met ?
		    "never gets by" : "makes no call that could fail");
		return false;
	}
	printf("ok %u - %s: %u failures borne\n", fault.ntest, name, borne);
	return true;
}

bool
fault_each(const char *name, unsigned kinds, bool (*body)(void *), void *arg)
{
	const struct trial t = { kinds, body, NULL, NULL, arg };

	return each(name, &t, run_here);
}

bool
fault_each_process(const char *name, unsigned kinds, bool (*body)(void *),
    void *arg)
{
	const struct trial t = { kinds, body, NULL, NULL, arg };

	return each(name, &t, run_process);
}

bool
fault_each_command(const char *name, unsigned kinds, int (*command)(void *),
    bool (*check)(void *arg, int status), void *arg)
{
	const struct trial t = { kinds, NULL, command, check, arg };

	return each(name, &t, run_process);
}

int
fault_end(void)
{
	printf("1..%u\n", fault.ntest);
	return fault.nbad ? 1 : 0;
}
