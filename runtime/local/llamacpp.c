/* Local llama.cpp servers, found or started.
 *
 * For each model and set of flags there are, in the directory for locks:
 *   KEY.start  held while a process looks for the server or starts it
 *   KEY.users  shared by all users; the keeper waits to have it alone
 *   KEY.alive  held by the keeper
 *   KEY.port   the port, while the server answers there
 *   KEY.log    what the server prints
 *
 * SPDX-License-Identifier: MIT */
#include "local/llamacpp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/clock.h"
#include "core/sha256.h"
#include "local/llamacpp_keep.h"
#include "net/http.h"

enum {
	LLAMA_START_MS = 120000,        /* a large model is read from disk */
	LLAMA_NAP_MS = 25,
	LLAMA_TRIES = 2                 /* someone may take the port first */
};

struct llamacpp {
	int users;                      /* the lock that keeps the server */
	char url[48];
};

/* One attempt to find or start a server. */
struct llama_work {
	const struct llamacpp_spec *spec;
	const atomic_bool *stop;
	double until;
	struct buf program, start, users, alive, port, log;
	char context[24], parallel[16], number[16], batch[24];
	int users_fd;
	char *why;
};

/* ---- the program ---- */

static bool
llama_executable(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    access(path, X_OK) == 0;
}

static bool
llama_in_path(struct buf *b, const char *name)
{
	const char *at = getenv("PATH"), *end;

	while (at && *at) {
		end = strchr(at, ':');
		buf_reset(b);
		buf_put(b, at, end ? (size_t)(end - at) : strlen(at));
		buf_printf(b, "/%s", name);
		if (b->len > strlen(name) + 1 && !b->failed &&
		    llama_executable(b->s))
			return true;
		at = end ? end + 1 : NULL;
	}
	return false;
}

static enum mip_status
llama_program(struct llama_work *w)
{
	const char *own = getenv("MIPROC_LLAMA_SERVER");

	if (own && *own) {
		buf_puts(&w->program, own);
		if (llama_executable(own))
			return MIP_OK;
		if (!strchr(own, '/') && llama_in_path(&w->program, own))
			return MIP_OK;
		snprintf(w->why, 320, "MIPROC_LLAMA_SERVER is %.200s, which "
		    "cannot be executed", own);
		return MIP_USAGE;
	}
	if (llama_in_path(&w->program, "llama-server") ||
	    llama_in_path(&w->program, "mip-llama-server"))
		return MIP_OK;
#ifdef MIP_LLAMA_WRAPPER
	buf_reset(&w->program);
	buf_puts(&w->program, MIP_LLAMA_WRAPPER);
	if (llama_executable(buf_str(&w->program)))
		return MIP_OK;
#endif
	snprintf(w->why, 320, "no llama.cpp server was found: install "
	    "llama-server, or set MIPROC_LLAMA_SERVER to one, or give the "
	    "model a base_url");
	return MIP_USAGE;
}

/* ---- files ---- */

/* By file, not by path: there are many ways to name a file. */
static bool
llama_key(const struct llama_work *w, char hex[SHA256_HEX])
{
	struct sha256 h;
	struct stat st;
	int64_t file[4] = { 0 };
	const char *part[4];
	size_t i;

	if (stat(w->spec->model, &st) == 0) {
		file[0] = (int64_t)st.st_dev;
		file[1] = (int64_t)st.st_ino;
		file[2] = (int64_t)st.st_size;
		file[3] = (int64_t)st.st_mtim.tv_sec;
	}
	part[0] = buf_str(&w->program);
	part[1] = w->context;
	part[2] = w->parallel;
	part[3] = "embeds";
	sha256_init(&h);
	sha256_update(&h, file, sizeof file);
	for (i = 0; i < (w->spec->embeds ? 4 : 3); i++)
		sha256_update(&h, part[i], strlen(part[i]) + 1);
	return sha256_final_hex(&h, hex);
}

static bool
llama_dirs(const char *dir)
{
	char *path = strdup(dir), *at;
	bool ok;

	if (!path)
		return false;
	for (at = path + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		mkdir(path, 0700);
		*at = '/';
	}
	ok = mkdir(path, 0700) == 0 || errno == EEXIST;
	free(path);
	return ok && access(dir, W_OK | X_OK) == 0;
}

static enum mip_status
llama_paths(struct llama_work *w)
{
	char hex[SHA256_HEX];
	struct { struct buf *b; const char *end; } file[5] = {
		{ &w->start, "start" }, { &w->users, "users" },
		{ &w->alive, "alive" }, { &w->port, "port" },
		{ &w->log, "log" },
	};
	size_t i;
	bool ok = true;

	snprintf(w->context, sizeof w->context, "%lld",
	    (long long)w->spec->context);
	snprintf(w->parallel, sizeof w->parallel, "%u", w->spec->parallel);
	/* What is to become a vector must go in at once. */
	snprintf(w->batch, sizeof w->batch, "%lld",
	    (long long)(w->spec->context / (w->spec->parallel > 0 ?
	    w->spec->parallel : 1)));
	if (!llama_dirs(w->spec->dir)) {
		snprintf(w->why, 320, "cannot use the directory %.200s: %.80s",
		    w->spec->dir, strerror(errno));
		return MIP_USAGE;
	}
	ok = llama_key(w, hex);
	for (i = 0; i < 5; i++) {
		buf_printf(file[i].b, "%s/%.32s.%s", w->spec->dir, hex,
		    file[i].end);
		ok = ok && !file[i].b->failed;
	}
	if (ok)
		return MIP_OK;
	snprintf(w->why, 320, "%s", mip_status_text(MIP_NOMEM));
	return MIP_NOMEM;
}

/* A descriptor that has the lock; -1 with errno (EWOULDBLOCK: held). */
static int
llama_lock(const char *path, int how)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int saved;

	if (fd < 0 || flock(fd, how | LOCK_NB) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* MIP_OK: go on. */
static enum mip_status
llama_nap(struct llama_work *w)
{
	if (atomic_load(w->stop)) {
		snprintf(w->why, 320, "%s", mip_status_text(MIP_CANCELLED));
		return MIP_CANCELLED;
	}
	if (clock_now() > w->until) {
		snprintf(w->why, 320, "the local server for %.200s was not "
		    "ready within %d s", w->spec->model, LLAMA_START_MS / 1000);
		return MIP_INFRASTRUCTURE;
	}
	poll(NULL, 0, LLAMA_NAP_MS);
	return MIP_OK;
}

static enum mip_status
llama_lock_wait(struct llama_work *w, const char *path, int how, int *fd)
{
	enum mip_status s = MIP_OK;

	while (s == MIP_OK && (*fd = llama_lock(path, how)) < 0) {
		if (errno == EWOULDBLOCK || errno == EINTR) {
			s = llama_nap(w);
			continue;
		}
		snprintf(w->why, 320, "cannot lock %.200s: %.80s", path,
		    strerror(errno));
		return MIP_INFRASTRUCTURE;
	}
	return s;
}

/* The port in the file, or 0. */
static int
llama_port_read(const char *path)
{
	char text[16] = "";
	ssize_t n;
	long v;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof text - 1);
	close(fd);
	v = n > 0 ? strtol(text, NULL, 10) : 0;
	return v > 0 && v < 65536 ? (int)v : 0;
}

static bool
llama_port_write(const char *path, int port)
{
	char text[16];
	int n = snprintf(text, sizeof text, "%d\n", port);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool ok;

	if (fd < 0)
		return false;
	ok = write(fd, text, (size_t)n) == n;
	close(fd);
	return ok;
}

static int
llama_port_free(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t len = sizeof a;
	int port = 0, fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0)
		return 0;
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&a, len) == 0 &&
	    getsockname(fd, (struct sockaddr *)&a, &len) == 0)
		port = ntohs(a.sin_port);
	close(fd);
	return port;
}

/* ---- starting ---- */

/* The last line that the server printed. */
static void
llama_last_line(const char *path, char *line, size_t size)
{
	char text[4096];
	ssize_t n = 0;
	off_t end;
	size_t from, to, i;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	line[0] = '\0';
	if (fd < 0)
		return;
	end = lseek(fd, 0, SEEK_END);
	if (end > (off_t)sizeof text)
		lseek(fd, end - (off_t)sizeof text, SEEK_SET);
	else
		lseek(fd, 0, SEEK_SET);
	n = read(fd, text, sizeof text);
	close(fd);
	to = n > 0 ? (size_t)n : 0;
	while (to > 0 && (unsigned char)text[to - 1] <= ' ')
		to--;
	for (from = to; from > 0 && text[from - 1] != '\n'; from--)
		;
	for (i = 0; from < to && i + 1 < size; from++)
		if ((unsigned char)text[from] >= ' ' &&
		    (unsigned char)text[from] < 127)
			line[i++] = text[from];
	line[i] = '\0';
}

static void
llama_health_done(struct http_request *r)
{
	*(bool *)r->arg = true;
}

static bool
llama_healthy(struct http *h, int port)
{
	char url[64];
	bool done = false, ok;
	struct http_request r = {
		.url = url, .timeout_ms = 1000, .local = true,
		.done = llama_health_done, .arg = &done,
	};

	snprintf(url, sizeof url, "http://127.0.0.1:%d/health", port);
	http_submit(h, &r);
	while (!done)
		http_run(h, 100);
	ok = r.result == HTTP_OK && r.status == 200;
	http_release(&r);
	return ok;
}

/* Whether the keeper has ended; skips the byte that says that it began. */
static bool
llama_keeper_gone(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char c;

	return poll(&p, 1, 0) > 0 && read(fd, &c, 1) == 0;
}

static enum mip_status
llama_await(struct llama_work *w, int fd, int port)
{
	struct http *h = http_new();
	enum mip_status s = h ? MIP_OK : MIP_NOMEM;
	char line[160];

	while (s == MIP_OK && !llama_healthy(h, port)) {
		if (!llama_keeper_gone(fd)) {
			s = llama_nap(w);
			continue;
		}
		llama_last_line(buf_str(&w->log), line, sizeof line);
		snprintf(w->why, 320, "the local server for %.100s did not "
		    "start%s%s", w->spec->model, line[0] ? ": " : "", line);
		s = MIP_INFRASTRUCTURE;
	}
	http_free(h);
	return s;
}

static enum mip_status
llama_spawn(struct llama_work *w, int *port)
{
	char flag[][16] = { "-m", "--host", "--port", "-c", "-np",
	    "--embeddings", "-b", "-ub" };
	char host[] = "127.0.0.1";
	char *model = strdup(w->spec->model);
	char *argv[] = {
		w->program.s, flag[0], model, flag[1], host, flag[2],
		w->number, flag[3], w->context, flag[4], w->parallel,
		w->spec->embeds ? flag[5] : NULL, flag[6], w->batch, flag[7],
		w->batch, NULL
	};
	struct llamacpp_keep k = {
		argv, buf_str(&w->users), buf_str(&w->alive),
		buf_str(&w->port), buf_str(&w->log)
	};
	enum mip_status s = MIP_INFRASTRUCTURE;
	int fd;

	*port = llama_port_free();
	snprintf(w->number, sizeof w->number, "%d", *port);
	if (!model) {
		s = MIP_NOMEM;
	} else if (*port == 0 || !llamacpp_keep(&k, &fd)) {
		snprintf(w->why, 320, "cannot start %.200s: %.80s",
		    w->program.s, strerror(errno));
	} else {
		s = llama_await(w, fd, *port);
		close(fd);
	}
	free(model);
	return s;
}

/* With the lock on KEY.start: the port of a server that has our lock as a
 * user, or a failure. */
static enum mip_status
llama_obtain(struct llama_work *w, int *port)
{
	enum mip_status s;
	int alive, i;

	for (;;) {
		s = llama_lock_wait(w, buf_str(&w->users), LOCK_SH,
		    &w->users_fd);
		if (s != MIP_OK)
			return s;
		alive = llama_lock(buf_str(&w->alive), LOCK_EX);
		if (alive >= 0)
			break;
		*port = llama_port_read(buf_str(&w->port));
		if (*port != 0)
			return MIP_OK;
		/* A keeper without a server that answers: it is ending, and
		 * must not think that we use it. */
		close(w->users_fd);
		w->users_fd = -1;
		s = llama_nap(w);
		if (s != MIP_OK)
			return s;
	}
	unlink(buf_str(&w->port));
	close(alive);
	for (i = 0; i < LLAMA_TRIES; i++) {
		s = llama_spawn(w, port);
		if (s != MIP_INFRASTRUCTURE || clock_now() > w->until)
			break;
	}
	if (s == MIP_OK && !llama_port_write(buf_str(&w->port), *port)) {
		snprintf(w->why, 320, "cannot write %.200s: %.80s",
		    buf_str(&w->port), strerror(errno));
		s = MIP_INFRASTRUCTURE;
	}
	return s;
}

static enum mip_status
llama_look(struct llama_work *w, int *port)
{
	enum mip_status s;
	int start = -1;

	if (access(w->spec->model, R_OK) != 0) {
		snprintf(w->why, 320, "cannot read the model %.200s: %.80s",
		    w->spec->model, strerror(errno));
		return MIP_USAGE;
	}
	s = llama_program(w);
	if (s == MIP_OK)
		s = llama_paths(w);
	if (s == MIP_OK)
		s = llama_lock_wait(w, buf_str(&w->start), LOCK_EX, &start);
	if (s == MIP_OK)
		s = llama_obtain(w, port);
	if (start >= 0)
		close(start);
	return s;
}

enum mip_status
llamacpp_start(const struct llamacpp_spec *spec, const atomic_bool *stop,
    struct llamacpp **out, char why[320])
{
	struct llama_work w = {
		.spec = spec, .stop = stop, .users_fd = -1, .why = why,
		.until = clock_now() + LLAMA_START_MS / 1000.0,
	};
	struct llamacpp *l = calloc(1, sizeof *l);
	enum mip_status s = MIP_NOMEM;
	int port = 0;

	*out = NULL;
	snprintf(why, 320, "%s", mip_status_text(MIP_NOMEM));
	if (l)
		s = llama_look(&w, &port);
	if (s == MIP_OK) {
		l->users = w.users_fd;
		snprintf(l->url, sizeof l->url, "http://127.0.0.1:%d/v1", port);
		why[0] = '\0';
		*out = l;
	} else {
		if (w.users_fd >= 0)
			close(w.users_fd);
		free(l);
	}
	buf_release(&w.program);
	buf_release(&w.start);
	buf_release(&w.users);
	buf_release(&w.alive);
	buf_release(&w.port);
	buf_release(&w.log);
	return s;
}

const char *
llamacpp_url(const struct llamacpp *s)
{
	return s->url;
}

void
llamacpp_stop(struct llamacpp *s)
{
	if (!s)
		return;
	close(s->users);
	free(s);
}
