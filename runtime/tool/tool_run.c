/* Commands: their pools, their processes, and one call of them.
 *
 * SPDX-License-Identifier: MIT */
#include "tool/tool.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/redact.h"
#include "tool/tool_keep.h"

enum {
	TOOL_TICK_MS = 50,              /* between two looks at `stop` */
	TOOL_LAST_MS = 1000,            /* for what is kept to end by itself */
	TOOL_SAID = 2048,               /* of standard error that is kept */
	TOOL_LEAST_JOBS = 4
};

/* No tool fills the disk. */
static const int64_t tool_file_max = (int64_t)1 << 30;

/* A process that waits for its next call. */
struct tool_idle {
	struct tool_process p;
	struct tool_idle *next;
};

/* One command and its processes. */
struct tool_pool {
	const struct mip_tool *tool;
	unsigned running;
	struct tool_idle *idle;
	struct tool_pool *next;
};

struct tool_pools {
	const char *root;
	pthread_mutex_t lock;           /* of all below */
	pthread_cond_t freed;
	struct tool_pool *pool;
};

/* A call under way. */
struct tool_talk {
	struct tool_pools *t;
	const struct mip_tool *tool;
	struct tool_process p;
	const char *in;
	size_t n, sent;
	bool newline;                   /* sent behind it */
	size_t max;
	double until;
	bool (*stop)(void *);
	void *arg;
	char said[TOOL_SAID + 1];       /* on standard error, the beginning */
	size_t nsaid;
	struct tool_end end;
	bool over;                      /* `end` is known */
	struct tool_answer *a;
};

/* ---- what was said ---- */

/* The length of a character that may be shown; 0 for one that may not, whose
 * bytes are then in *skip. */
static size_t
tool_shown(const char *s, size_t n, size_t *skip)
{
	size_t k = buf_utf8(s, n);
	unsigned char c = (unsigned char)s[0];

	*skip = k ? k : 1;
	if (k == 0 || c < ' ' || c == 127 ||
	    (c == 0xc2 && (unsigned char)s[1] < 0xa0))
		return 0;
	return k;
}

/* The first line with something in it, fit to be shown. */
static void
tool_first_line(const char *s, size_t n, char *out, size_t size)
{
	size_t at = 0, len = 0, k, skip;

	while (at < n && (s[at] == '\n' || s[at] == ' ' || s[at] == '\r'))
		at++;
	for (; at < n && s[at] != '\n'; at += skip) {
		k = tool_shown(s + at, n - at, &skip);
		if (len + k + 1 > size)
			break;
		memcpy(out + len, s + at, k);
		len += k;
	}
	out[len] = '\0';
}

/* Values of the variables that it was given may be secrets. */
static void
tool_blot(const struct mip_tool *tool, char *line)
{
	struct redact r;
	const char *v;
	size_t i;

	if (!tool->env || !redact_init(&r))
		return;
	for (i = 0; tool->env[i]; i++)
		if ((v = getenv(tool->env[i])))
			redact_add(&r, v);
	redact_text(&r, line);
	redact_release(&r);
}

static void tool_say(struct tool_talk *k, enum tool_went went,
    const char *fmt, ...) MIP_PRINTF(3, 4);

/* The sentence, and what the command said first. */
static void
tool_say(struct tool_talk *k, enum tool_went went, const char *fmt, ...)
{
	struct tool_answer *a = k->a;
	char line[161];
	size_t n;
	va_list ap;

	a->went = went;
	va_start(ap, fmt);
	vsnprintf(a->why, sizeof a->why, fmt, ap);
	va_end(ap);
	tool_first_line(k->said, k->nsaid, line, sizeof line);
	if (!line[0])
		return;
	tool_blot(k->tool, line);
	n = strlen(a->why);
	snprintf(a->why + n, sizeof a->why - n, ": %s", line);
}

/* ---- starting ---- */

/* The path of a command that is looked for in PATH, of whose places only
 * those count that are the same wherever we are. */
static bool
tool_find(const char *name, struct buf *path)
{
	const char *at = getenv("PATH"), *end;

	if (!at || !*at)
		at = "/usr/local/bin:/usr/bin:/bin";
	for (; at && *at; at = end ? end + 1 : NULL) {
		end = strchr(at, ':');
		if (*at != '/')
			continue;
		buf_reset(path);
		buf_put(path, at, end ? (size_t)(end - at) : strlen(at));
		buf_printf(path, "/%s", name);
		if (!path->failed && access(path->s, X_OK) == 0)
			return true;
	}
	return false;
}

/* "NAME=value" of those that are set. */
static void
tool_variable(struct arena *a, char **v, size_t *n, const char *name)
{
	const char *value = getenv(name);

	if (value)
		v[(*n)++] = arena_printf(a, "%s=%s", name, value);
}

static char **
tool_environment(struct arena *a, const struct mip_tool *tool)
{
	static const char *const always[] = { "PATH", "HOME", "LANG",
		"TMPDIR" };
	size_t n = 0, own = 0, i;
	char **v;

	while (tool->env && tool->env[own])
		own++;
	v = arena_array(a, own + 5, sizeof *v);
	if (!v)
		return NULL;
	for (i = 0; i < sizeof always / sizeof always[0]; i++)
		tool_variable(a, v, &n, always[i]);
	for (i = 0; i < own; i++)
		tool_variable(a, v, &n, tool->env[i]);
	return v;
}

static char **
tool_words(struct arena *a, const char *const *words)
{
	size_t n = 0, i;
	char **v;

	while (words[n])
		n++;
	v = arena_array(a, n + 1, sizeof *v);
	for (i = 0; v && i < n; i++)
		v[i] = arena_strdup(a, words[i]);
	return v;
}

static bool
tool_start(struct tool_talk *k)
{
	const struct mip_tool *tool = k->tool;
	struct buf path = BUF_INIT;
	struct arena a = { 0 };
	struct tool_command c = { .dir = k->t->root, .memory = tool->memory,
		.cpu_s = tool->cpu_s, .file = tool_file_max };
	bool ok = false;

	c.argv = tool_words(&a, tool->argv);
	c.envp = tool_environment(&a, tool);
	if (strchr(tool->argv[0], '/'))
		buf_puts(&path, tool->argv[0]);
	if (a.failed || path.failed) {
		k->a->went = TOOL_NO_MEMORY;
	} else if (!path.len && !tool_find(tool->argv[0], &path)) {
		tool_say(k, TOOL_NOT_THERE, "there is no %s in PATH",
		    tool->argv[0]);
	} else {
		c.path = path.s;
		ok = tool_keep_start(&c, &k->p);
		if (!ok)
			tool_say(k, TOOL_NOT_THERE, "cannot start %s: %s",
			    tool->argv[0], strerror(errno));
	}
	buf_release(&path);
	arena_release(&a);
	return ok;
}

/* ---- talking ---- */

/* A pipe that nobody reads may not end us by a signal. */
static ssize_t
tool_write(int fd, const char *s, size_t n)
{
	struct timespec none = { 0, 0 };
	sigset_t set, old, before;
	ssize_t k;
	int saved;

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	sigpending(&before);
	pthread_sigmask(SIG_BLOCK, &set, &old);
	k = write(fd, s, n);
	saved = errno;
	if (k < 0 && saved == EPIPE && !sigismember(&before, SIGPIPE))
		while (sigtimedwait(&set, NULL, &none) < 0 && errno == EINTR)
			;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	errno = saved;
	return k;
}

static void
tool_shut(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* A command need not read what it is given. */
static void
tool_send(struct tool_talk *k)
{
	ssize_t n = 0;

	while (k->p.in >= 0 && k->sent < k->n + k->newline) {
		if (k->sent < k->n)
			n = tool_write(k->p.in, k->in + k->sent,
			    k->n - k->sent);
		else
			n = tool_write(k->p.in, "\n", 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0)
			break;
		k->sent += (size_t)n;
	}
	if (n < 0 || !k->tool->keep)
		tool_shut(&k->p.in);
}

/* Takes what there is; false where the output is over the limit. */
static bool
tool_hear(struct tool_talk *k)
{
	struct buf *out = &k->a->out;
	char s[16384];
	ssize_t n;

	while (k->p.out >= 0) {
		n = read(k->p.out, s, sizeof s);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return true;
		if (n <= 0) {
			tool_shut(&k->p.out);
			return true;
		}
		if ((size_t)n > k->max - out->len)
			return false;
		buf_put(out, s, (size_t)n);
	}
	return true;
}

static void
tool_listen(struct tool_talk *k)
{
	char s[4096];
	ssize_t n;
	size_t room;

	while (k->p.err >= 0) {
		n = read(k->p.err, s, sizeof s);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			tool_shut(&k->p.err);
			return;
		}
		room = TOOL_SAID - k->nsaid;
		if (room > (size_t)n)
			room = (size_t)n;
		memcpy(k->said + k->nsaid, s, room);
		k->nsaid += room;
	}
}

/* How it ended, if it has. */
static void
tool_look(struct tool_talk *k)
{
	struct tool_end end;
	ssize_t n;

	while (k->p.ended >= 0 && !k->over) {
		n = read(k->p.ended, &end, sizeof end);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		k->over = true;
		/* Without a word: somebody has killed the keeper. */
		k->end = (struct tool_end){ TOOL_KILLED, SIGKILL };
		if (n == (ssize_t)sizeof end)
			k->end = end;
	}
}

static void
tool_poll(struct tool_talk *k, double now)
{
	struct pollfd f[4] = {
		{ .fd = k->sent < k->n + k->newline ? k->p.in : -1,
		  .events = POLLOUT },
		{ .fd = k->p.out, .events = POLLIN },
		{ .fd = k->p.err, .events = POLLIN },
		{ .fd = k->p.ended, .events = POLLIN }
	};
	double ms = (k->until - now) * 1e3 + 1;

	poll(f, 4, ms < TOOL_TICK_MS ? (int)ms : TOOL_TICK_MS);
}

static bool
tool_has_line(const struct tool_talk *k)
{
	return k->tool->keep && k->a->out.len > 0 &&
	    memchr(k->a->out.s, '\n', k->a->out.len) != NULL;
}

static double
tool_seconds(const struct mip_tool *tool)
{
	return (double)(tool->timeout_ms > 0 ? tool->timeout_ms :
	    TOOL_TIMEOUT_MS) / 1e3;
}

/* Until there is an answer, or the process has ended; false with what was
 * wrong. */
static bool
tool_converse(struct tool_talk *k)
{
	bool fits = true;

	while (fits && !k->over && !tool_has_line(k)) {
		double now = clock_now();

		if (k->stop(k->arg)) {
			k->a->went = TOOL_STOPPED;
			return false;
		}
		if (now >= k->until) {
			tool_say(k, TOOL_FAILED, "no answer within %g s",
			    tool_seconds(k->tool));
			return false;
		}
		tool_send(k);
		tool_poll(k, now);
		tool_look(k);
		tool_listen(k);
		fits = tool_hear(k);
	}
	if (k->a->out.failed) {
		k->a->went = TOOL_NO_MEMORY;
		return false;
	}
	if (!fits)
		tool_say(k, TOOL_FAILED, "its output is longer than %zu bytes",
		    k->max);
	return fits;
}

/* ---- how it went ---- */

/* The end of a process, as what its call has come to. */
static void
tool_judge_end(struct tool_talk *k)
{
	const char *name = k->tool->argv[0];
	int v = k->end.value;

	switch (k->end.how) {
	case TOOL_EXITED:
		if (v == 0)
			k->a->went = TOOL_ANSWERED;
		else
			tool_say(k, v < 126 ? TOOL_FAILED : v < 128 ?
			    TOOL_NOT_THERE : TOOL_DIED, "exit status %d", v);
		break;
	case TOOL_KILLED:
		if (v == SIGXCPU)
			tool_say(k, TOOL_FAILED, "more than %lld s of the "
			    "processor", (long long)k->tool->cpu_s);
		else
			tool_say(k, TOOL_DIED, "ended by signal %d", v);
		break;
	case TOOL_NO_DIR:
		tool_say(k, TOOL_NOT_THERE, "cannot work in the root %s: %s",
		    k->t->root, strerror(v));
		break;
	case TOOL_NO_LIMIT:
		tool_say(k, TOOL_NOT_THERE, "cannot limit %s: %s", name,
		    strerror(v));
		break;
	case TOOL_NO_EXEC:
		tool_say(k, TOOL_NOT_THERE, "cannot start %s: %s%s", name,
		    strerror(v), v == ENOEXEC ?
		    "; does its first line begin with #! ?" : "");
		break;
	}
}

/* What a process that stays has answered: one line. */
static bool
tool_judge_line(struct tool_talk *k)
{
	struct buf *out = &k->a->out;
	char *nl = out->len > 0 ? memchr(out->s, '\n', out->len) : NULL;

	if (!nl) {
		tool_judge_end(k);
		if (k->a->went == TOOL_ANSWERED)
			tool_say(k, TOOL_DIED, "it ended without an answer");
		return false;
	}
	if (nl + 1 < out->s + out->len) {
		tool_say(k, TOOL_DIED, "it wrote more than one line");
		return false;
	}
	out->len--;
	out->s[out->len] = '\0';
	k->a->went = TOOL_ANSWERED;
	return true;
}

/* ---- pools ---- */

struct tool_pools *
tool_pools_new(const char *root)
{
	struct tool_pools *t = calloc(1, sizeof *t);

	if (!t)
		return NULL;
	t->root = root;
	if (!clock_cond(&t->freed)) {
		free(t);
		return NULL;
	}
	pthread_mutex_init(&t->lock, NULL);
	return t;
}

/* Waits for the process to end by itself, until then. */
static void
tool_last(struct tool_process *p, double until)
{
	struct pollfd f = { .fd = p->ended, .events = POLLIN };
	double ms = (until - clock_now()) * 1e3;

	if (ms > 0)
		poll(&f, 1, (int)ms + 1);
	tool_keep_end(p);
}

void
tool_pools_free(struct tool_pools *t)
{
	double until = clock_now() + TOOL_LAST_MS / 1e3;
	struct tool_pool *pool;
	struct tool_idle *i;

	if (!t)
		return;
	for (pool = t->pool; pool; pool = pool->next)
		for (i = pool->idle; i; i = i->next)
			tool_shut(&i->p.in);
	while ((pool = t->pool)) {
		t->pool = pool->next;
		while ((i = pool->idle)) {
			pool->idle = i->next;
			tool_last(&i->p, until);
			free(i);
		}
		free(pool);
	}
	pthread_cond_destroy(&t->freed);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

static struct tool_pool *
tool_pool(struct tool_pools *t, const struct mip_tool *tool)
{
	struct tool_pool *p;

	for (p = t->pool; p; p = p->next)
		if (p->tool == tool)
			return p;
	p = calloc(1, sizeof *p);
	if (p) {
		p->tool = tool;
		p->next = t->pool;
		t->pool = p;
	}
	return p;
}

static unsigned
tool_jobs(const struct mip_tool *tool)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	if (tool->jobs > 0)
		return tool->jobs;
	return n > TOOL_LEAST_JOBS ? (unsigned)n : TOOL_LEAST_JOBS;
}

/* Waits for a place among the running; takes a process that waits, if there
 * is one.  NULL when the run is to end, or without memory. */
static struct tool_pool *
tool_enter(struct tool_talk *k, bool *started)
{
	struct tool_pool *p;
	struct tool_idle *i;

	pthread_mutex_lock(&k->t->lock);
	p = tool_pool(k->t, k->tool);
	k->a->went = TOOL_NO_MEMORY;
	while (p && p->running >= tool_jobs(k->tool)) {
		if (k->stop(k->arg)) {
			k->a->went = TOOL_STOPPED;
			p = NULL;
			break;
		}
		clock_wait(&k->t->freed, &k->t->lock,
		    clock_now() + TOOL_TICK_MS / 1e3);
	}
	*started = false;
	if (p) {
		p->running++;
		i = p->idle;
		if (i) {
			p->idle = i->next;
			k->p = i->p;
			free(i);
			*started = true;
		}
	}
	pthread_mutex_unlock(&k->t->lock);
	return p;
}

/* Leaves the pool; the process stays there if it is kept and was good. */
static void
tool_leave(struct tool_talk *k, struct tool_pool *p, bool good)
{
	struct tool_idle *i = good && k->tool->keep ? calloc(1, sizeof *i) :
	    NULL;

	if (i)
		i->p = k->p;
	else
		tool_keep_end(&k->p);
	pthread_mutex_lock(&k->t->lock);
	if (i) {
		i->next = p->idle;
		p->idle = i;
	}
	p->running--;
	pthread_cond_broadcast(&k->t->freed);
	pthread_mutex_unlock(&k->t->lock);
}

/* Is a process that has waited as it was left: there, and silent? */
static bool
tool_is_fit(struct tool_talk *k)
{
	struct pollfd f = { .fd = k->p.out, .events = POLLIN };

	tool_look(k);
	tool_listen(k);
	k->nsaid = 0;
	return !k->over && poll(&f, 1, 0) == 0;
}

void
tool_run(struct tool_pools *t, const struct mip_tool *tool,
    const char *in, size_t n, bool (*stop)(void *), void *arg,
    struct tool_answer *a)
{
	struct tool_talk k = { .t = t, .tool = tool, .in = in, .n = n,
		.newline = tool->keep, .stop = stop, .arg = arg, .a = a,
		.max = tool->max_output > 0 ? (size_t)tool->max_output :
		TOOL_OUTPUT };
	struct tool_pool *pool;
	double began;
	bool there, good = false;

	*a = (struct tool_answer){ .went = TOOL_NO_MEMORY, .out = BUF_INIT };
	k.p = (struct tool_process){ -1, -1, -1, -1, -1, -1 };
	pool = tool_enter(&k, &there);
	if (!pool)
		return;
	began = clock_now();
	k.until = began + tool_seconds(tool);
	if (there && !tool_is_fit(&k)) {
		tool_keep_end(&k.p);
		k.over = there = false;
	}
	if (there || tool_start(&k))
		good = tool_converse(&k);
	if (good && tool->keep)
		good = tool_judge_line(&k);
	else if (good)
		tool_judge_end(&k);
	a->seconds = clock_now() - began;
	tool_leave(&k, pool, good && a->went == TOOL_ANSWERED);
}
