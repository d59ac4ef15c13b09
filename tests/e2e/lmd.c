/* lmd: a fake model server.  Answers as its script says, and writes down
 * what it was asked.
 *
 *   lmd [--script F.jsonl] [--log LOG.jsonl] [--port N] [--latency MS]
 *       [--threads N] [--capacity N] [--stdin-eof]
 *   lmd --invent SCHEMA [--seed N]
 *
 * Prints `listening on 127.0.0.1:PORT`; ends on SIGTERM, SIGINT, or with
 * --stdin-eof at the end of its input.  --invent prints an input for a program
 * whose --schema is in the file, on one line.  lmd.h names the other files; the
 * script's words are in lmd_rules.c, tests/e2e/t_lmd.sh shows them in use.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "lmd_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <microhttpd.h>

enum { SLOW_MS = 100 };                 /* between the bytes of "slow" */

void
lmd_die(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("lmd: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	_exit(2);
}

static uint64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* ---- the clock --------------------------------------------------------- */

static void
heap_push(struct server *s, struct exchange *e)
{
	size_t i = s->nheap++;
	struct exchange **p;

	if (s->nheap > s->capheap) {
		s->capheap = s->capheap ? s->capheap * 2 : 64;
		p = realloc(s->heap, s->capheap * sizeof *p);
		if (!p)
			lmd_die("out of memory");
		s->heap = p;
	}
	for (; i > 0 && s->heap[(i - 1) / 2]->due_us > e->due_us;
	    i = (i - 1) / 2)
		s->heap[i] = s->heap[(i - 1) / 2];
	s->heap[i] = e;
}

static struct exchange *
heap_pop(struct server *s)
{
	struct exchange *top = s->heap[0], *e = s->heap[--s->nheap];
	size_t i = 0, k;

	while ((k = 2 * i + 1) < s->nheap) {
		if (k + 1 < s->nheap &&
		    s->heap[k + 1]->due_us < s->heap[k]->due_us)
			k++;
		if (s->heap[k]->due_us >= e->due_us)
			break;
		s->heap[i] = s->heap[k];
		i = k;
	}
	s->heap[i] = e;
	return top;
}

/* Resumes connections when they are due; all of them at the end. */
static void *
clock_run(void *arg)
{
	struct server *s = arg;
	struct exchange *e;
	struct timespec t;
	uint64_t due;

	pthread_mutex_lock(&s->lock);
	while (!s->stop || s->nheap > 0) {
		if (s->nheap == 0) {
			pthread_cond_wait(&s->wake, &s->lock);
			continue;
		}
		due = s->heap[0]->due_us;
		if (!s->stop && due == UINT64_MAX) {
			pthread_cond_wait(&s->wake, &s->lock);
		} else if (!s->stop && due > now_us()) {
			t.tv_sec = (time_t)(due / 1000000);
			t.tv_nsec = (long)(due % 1000000) * 1000;
			pthread_cond_timedwait(&s->wake, &s->lock, &t);
		} else {
			e = heap_pop(s);
			e->stopped = s->stop;
			MHD_resume_connection(e->c);
		}
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* Holds the connection for so long; from its own thread only.  False when
 * the server is about to end, and nothing waits any more. */
static bool
wait_ms(struct exchange *e, uint64_t ms)
{
	struct server *s = e->server;
	bool waits;

	pthread_mutex_lock(&s->lock);
	waits = !s->stop;
	if (!waits) {
		e->stopped = true;
	} else {
		MHD_suspend_connection(e->c);
		e->due_us = ms == UINT64_MAX ? ms : now_us() + ms * 1000;
		heap_push(s, e);
		pthread_cond_signal(&s->wake);
	}
	pthread_mutex_unlock(&s->lock);
	return waits;
}

/* ---- deciding ---------------------------------------------------------- */

/* What to answer to what the script has rules for; sets the milliseconds to
 * wait. */
static void
decide_by_rule(struct server *s, struct exchange *e, uint64_t *delay_ms)
{
	struct lmd_request *r = &e->request;
	struct lmd_rule *u = NULL;
	struct lmd_fault fault = { .status = 0 };
	uint64_t at = now_us();
	unsigned turn = 0;
	bool embedding = strcmp(r->path, "/v1/embeddings") == 0;

	lmd_request_parse(r);
	pthread_mutex_lock(&s->lock);
	if (r->json)
		u = lmd_script_choose(&s->script, r, &turn);
	e->status = u ? u->status : embedding && r->json ? 200 : 400;
	e->action = u ? u->action : LMD_ANSWER;
	if (u && u->api) {
		r->lacks = cJSON_GetObjectItem(u->json, "lacks");
		e->status = lmd_api_status(u->api, u, r, &fault);
	}
	if (s->o.capacity > 0 && s->in_flight >= s->o.capacity) {
		u = NULL;
		e->status = 429;
		e->action = LMD_ANSWER;
	}
	lmd_log_record(s, e, at, fault.text);
	pthread_mutex_unlock(&s->lock);

	*delay_ms = s->o.latency_ms + (u ? u->delay_ms : 0);
	if (e->action == LMD_HANG)
		*delay_ms = UINT64_MAX;
	if (u && e->action == LMD_ANSWER && e->status == 200) {
		e->piece_ms = u->piece_ms;
		e->break_after = u->break_after;
	}
	if (u)
		e->headers = cJSON_GetObjectItem(u->json, "headers");
	if (u && u->api)
		e->type = lmd_api_reply(&e->answer, u->api, u, r, &fault,
		    turn);
	else if (u && u->path)
		e->type = lmd_reply_bare(&e->answer, u, r, turn);
	else if (embedding && e->status == 200 && e->action == LMD_ANSWER)
		e->type = lmd_reply_embeddings(&e->answer, r);
	else if (u)
		e->type = lmd_reply(&e->answer, u, r, turn);
	else
		e->type = lmd_reply_error(&e->answer, e->status,
		    e->status == 429 ? "lmd: too many at once" : r->json ?
		    "lmd: no rule of the script matches" :
		    "lmd: the request is not JSON");
}

/* Has the script rules for this path? */
static bool
has_rules(const struct server *s, const char *path)
{
	const struct lmd_rule *u = s->script.rule;
	unsigned i;

	for (i = 0; i < s->script.n; i++)
		if ((u[i].path && strcmp(u[i].path, path) == 0) ||
		    (u[i].api && strncmp(path, "/lmd/", 5) != 0))
			return true;
	return strcmp(path, "/v1/chat/completions") == 0 ||
	    strcmp(path, "/v1/embeddings") == 0;
}

static const char *
find(void *connection, bool header, const char *name)
{
	return MHD_lookup_connection_value(connection, header ?
	    MHD_HEADER_KIND : MHD_GET_ARGUMENT_KIND, name);
}

static enum MHD_Result
argument(void *arg, enum MHD_ValueKind kind, const char *name,
    const char *value)
{
	struct lmd_text *t = arg;

	(void)kind;
	lmd_puts(t, t->len > 0 ? "," : "{");
	lmd_quote(t, name);
	lmd_puts(t, ":");
	lmd_quote(t, value ? value : "");
	return MHD_YES;
}

static void
decide(struct server *s, struct exchange *e, const char *method,
    uint64_t *delay_ms)
{
	const char *path = e->request.path;
	bool post = strcmp(method, "POST") == 0;

	*delay_ms = 0;
	e->status = 200;
	e->type = "application/json";
	if (has_rules(s, path) && (post || strncmp(path, "/v1/", 4) != 0)) {
		if (!post) {
			MHD_get_connection_values(e->c,
			    MHD_GET_ARGUMENT_KIND, argument, &e->request.body);
			lmd_puts(&e->request.body,
			    e->request.body.len > 0 ? "}" : "{}");
		}
		decide_by_rule(s, e, delay_ms);
	} else if (strcmp(path, "/health") == 0) {
		lmd_puts(&e->answer, "{\"status\":\"ok\"}");
	} else if (strcmp(path, "/v1/models") == 0) {
		lmd_puts(&e->answer, "{\"object\":\"list\",\"data\":["
		    "{\"id\":\"lmd\",\"object\":\"model\"}]}");
	} else if (strcmp(path, "/lmd/stats") == 0) {
		e->type = lmd_log_statistics(s, &e->answer);
	} else if (strcmp(path, "/lmd/log") == 0) {
		e->type = lmd_log_show(s, &e->answer);
	} else {
		e->status = 404;
		e->type = lmd_reply_error(&e->answer, 404,
		    "lmd: there is nothing here");
	}
}

/* ---- answering --------------------------------------------------------- */

/* Bytes up to the end of the event that begins there. */
static size_t
event(const struct exchange *e, size_t at)
{
	const char *s = e->answer.s + at;
	const char *end = strstr(s, "\n\n");

	if (end)
		return (size_t)(end - s) + 2;
	end = strchr(s, '\n');
	return end ? (size_t)(end - s) + 1 : e->answer.len - at;
}

/* Gives out the answer piecemeal: "slow", "truncate", events with pauses. */
static ssize_t
piece(void *arg, uint64_t at, char *to, size_t max)
{
	struct exchange *e = arg;
	size_t n = e->answer.len - (size_t)at;

	if (e->action == LMD_TRUNCATE) {
		if (at >= e->answer.len / 2)
			return MHD_CONTENT_READER_END_WITH_ERROR;
		n = e->answer.len / 2 - (size_t)at;
	} else {
		bool slow = e->action == LMD_SLOW;

		if (e->stopped || (!slow && e->break_after > 0 &&
		    e->given == e->break_after))
			return MHD_CONTENT_READER_END_WITH_ERROR;
		e->paused = !e->paused;
		if (e->paused && (slow || e->piece_ms > 0))
			return wait_ms(e, slow ? SLOW_MS : e->piece_ms) ? 0 :
			    MHD_CONTENT_READER_END_WITH_ERROR;
		n = slow ? 1 : event(e, (size_t)at);
		e->given++;
	}
	if (n > max)
		n = max;
	memcpy(to, e->answer.s + at, n);
	return (ssize_t)n;
}

static enum MHD_Result
answer(struct exchange *e)
{
	const union MHD_ConnectionInfo *info;
	struct linger now = { 1, 0 };
	struct MHD_Response *r;
	const cJSON *h;
	enum MHD_Result ok;

	if (e->stopped)
		return MHD_NO;
	if (e->action == LMD_RESET) {
		info = MHD_get_connection_info(e->c,
		    MHD_CONNECTION_INFO_CONNECTION_FD);
		if (info)
			setsockopt(info->connect_fd, SOL_SOCKET, SO_LINGER,
			    &now, sizeof now);
		return MHD_NO;
	}
	if (e->action == LMD_SLOW || e->action == LMD_TRUNCATE ||
	    e->piece_ms > 0 || e->break_after > 0) {
		r = MHD_create_response_from_callback(e->answer.len, 4096,
		    piece, e, NULL);
	} else {
		lmd_put(&e->answer, "", 0);
		r = MHD_create_response_from_buffer(e->answer.len, e->answer.s,
		    MHD_RESPMEM_MUST_FREE);
		e->answer.s = NULL;
	}
	if (!r)
		return MHD_NO;
	MHD_add_response_header(r, "Content-Type", e->type);
	cJSON_ArrayForEach(h, e->headers)
		if (cJSON_IsString(h))
			MHD_add_response_header(r, h->string, h->valuestring);
	ok = MHD_queue_response(e->c, e->status, r);
	MHD_destroy_response(r);
	return ok;
}

static enum MHD_Result
handle(void *arg, struct MHD_Connection *c, const char *url,
    const char *method, const char *version, const char *data, size_t *ndata,
    void **state)
{
	struct server *s = arg;
	struct exchange *e = *state;
	uint64_t delay_ms;

	(void)version;
	if (!e) {
		e = *state = lmd_alloc(sizeof *e);
		e->server = s;
		e->c = c;
		e->request.path = url;
		e->request.method = method;
		e->request.find = find;
		e->request.connection = c;
		return MHD_YES;
	}
	if (*ndata > 0) {
		lmd_put(&e->request.body, data, *ndata);
		*ndata = 0;
		return MHD_YES;
	}
	if (!e->decided) {
		e->decided = true;
		decide(s, e, method, &delay_ms);
		if (delay_ms > 0 && wait_ms(e, delay_ms))
			return MHD_YES;
	}
	return answer(e);
}

static void
completed(void *arg, struct MHD_Connection *c, void **state,
    enum MHD_RequestTerminationCode why)
{
	struct server *s = arg;
	struct exchange *e = *state;

	(void)c;
	(void)why;
	if (!e)
		return;
	if (e->counted) {
		pthread_mutex_lock(&s->lock);
		s->in_flight--;
		pthread_mutex_unlock(&s->lock);
	}
	lmd_request_release(&e->request);
	free(e->answer.s);
	free(e);
	*state = NULL;
}

/* ---- the program ------------------------------------------------------- */

static unsigned
option_number(const char *name, const char *text)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || v > 1000000)
		lmd_die("%s: not a number: %s", name, text);
	return (unsigned)v;
}

static void
options(struct options *o, char **arg)
{
	const char *name;

	memset(o, 0, sizeof *o);
	o->threads = 2;
	while ((name = *++arg) != NULL) {
		if (strcmp(name, "--stdin-eof") == 0) {
			o->stdin_eof = true;
			continue;
		}
		if (!*++arg)
			lmd_die("%s: what is its value?", name);
		if (strcmp(name, "--script") == 0)
			o->script = *arg;
		else if (strcmp(name, "--log") == 0)
			o->log = *arg;
		else if (strcmp(name, "--port") == 0)
			o->port = option_number(name, *arg);
		else if (strcmp(name, "--latency") == 0)
			o->latency_ms = option_number(name, *arg);
		else if (strcmp(name, "--threads") == 0)
			o->threads = option_number(name, *arg);
		else if (strcmp(name, "--capacity") == 0)
			o->capacity = option_number(name, *arg);
		else if (strcmp(name, "--invent") == 0)
			o->invent = *arg;
		else if (strcmp(name, "--seed") == 0)
			o->seed = option_number(name, *arg);
		else
			lmd_die("no such option: %s", name);
	}
	if (o->threads == 0 || o->port > 65535)
		lmd_die("--threads is 1 or more, --port 65535 or less");
}

static void
ignore(int sig)
{
	(void)sig;
}

/* Signals are blocked but while this waits, so that none is missed. */
static void
wait_for_end(const struct options *o, const sigset_t *open)
{
	char chunk[512];
	fd_set in;
	int n;

	for (;;) {
		FD_ZERO(&in);
		if (o->stdin_eof)
			FD_SET(STDIN_FILENO, &in);
		n = pselect(STDIN_FILENO + 1, &in, NULL, NULL, NULL, open);
		if (n < 0)
			return;
		if (n > 0 && read(STDIN_FILENO, chunk, sizeof chunk) <= 0)
			return;
	}
}

static void
catch_signals(sigset_t *open)
{
	struct sigaction a;
	sigset_t ours;

	memset(&a, 0, sizeof a);
	a.sa_handler = ignore;
	sigemptyset(&ours);
	sigaddset(&ours, SIGTERM);
	sigaddset(&ours, SIGINT);
	sigprocmask(SIG_BLOCK, &ours, open);
	sigdelset(open, SIGTERM);
	sigdelset(open, SIGINT);
	sigaction(SIGTERM, &a, NULL);
	sigaction(SIGINT, &a, NULL);
	a.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &a, NULL);
}

static void
server_init(struct server *s)
{
	pthread_condattr_t attr;

	s->start_us = now_us();
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->wake, &attr);
	pthread_condattr_destroy(&attr);
	lmd_script_load(&s->script, s->o.script);
	if (s->o.log) {
		s->log = fopen(s->o.log, "w");
		if (!s->log)
			lmd_die("%s: %s", s->o.log, strerror(errno));
	}
	if (pthread_create(&s->clock, NULL, clock_run, s) != 0)
		lmd_die("no thread to be had");
}

static void
server_release(struct server *s)
{
	pthread_cond_destroy(&s->wake);
	pthread_mutex_destroy(&s->lock);
	lmd_script_release(&s->script);
	if (s->log)
		fclose(s->log);
	free(s->heap);
	free(s->seen);
}

static struct MHD_Daemon *
start(struct server *s)
{
	struct sockaddr_in a;
	unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL |
	    MHD_ALLOW_SUSPEND_RESUME;

	memset(&a, 0, sizeof a);
	a.sin_family = AF_INET;
	a.sin_port = htons((uint16_t)s->o.port);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return MHD_start_daemon(flags, 0, NULL, NULL, handle, s,
	    MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&a,
	    MHD_OPTION_NOTIFY_COMPLETED, completed, s,
	    MHD_OPTION_CONNECTION_LIMIT, 8192u,
	    MHD_OPTION_LISTEN_BACKLOG_SIZE, 4096u,
	    s->o.threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END,
	    s->o.threads, MHD_OPTION_END);
}

int
main(int argc, char **argv)
{
	struct server s;
	struct MHD_Daemon *d;
	sigset_t open;

	(void)argc;
	memset(&s, 0, sizeof s);
	options(&s.o, argv);
	if (s.o.invent) {
		lmd_invent_print(s.o.invent, "input", s.o.seed);
		return 0;
	}
	catch_signals(&open);
	server_init(&s);
	d = start(&s);
	if (!d)
		lmd_die("cannot listen on port %u: %s", s.o.port,
		    strerror(errno));
	printf("listening on 127.0.0.1:%u\n", (unsigned)
	    MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT)->port);
	fflush(stdout);
	wait_for_end(&s.o, &open);

	MHD_quiesce_daemon(d);
	pthread_mutex_lock(&s.lock);
	s.stop = true;
	pthread_cond_signal(&s.wake);
	pthread_mutex_unlock(&s.lock);
	pthread_join(s.clock, NULL);
	MHD_stop_daemon(d);
	server_release(&s);
	return 0;
}
