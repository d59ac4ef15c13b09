/* The worker process and the conversation with it.
 *
 * When the worker dies, the runs that were under way are suspects: they are
 * sent again, each alone, so that the one that kills the next worker too is
 * the culprit and no other.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "tune/worker_client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/buf.h"
#include "tune/worker_process.h"

enum {
	TICK_MS = 100,                  /* how soon `stop` is seen */
	HELLO_S = 60,                   /* a worker hashes a model, maybe */
	PATIENCE_S = 3,                 /* for cancelled runs to end */
	DEATHS_MAX = 12                 /* without an answer in between */
};

struct set {
	char *text;
	bool sent;                      /* to the worker that lives now */
};

/* A worker_client_run under way. */
struct batch {
	struct arena *a;
	struct worker_job *job;
	size_t n, next, left;
	int64_t base;                   /* id of job[0] */
	unsigned char *deaths;
	bool *sent;
	size_t under_way;
	size_t nsuspect;
	bool (*done)(void *, size_t);
	void *arg;
	bool closed;                    /* no more are sent */
};

struct worker_client {
	struct worker_client_options o;
	struct worker_process p;
	struct buf queue;               /* to be sent */
	size_t sent;
	struct buf got;                 /* an answer, not whole yet */
	size_t seen;                    /* of it, without a newline */
	struct arena keep;
	struct json hello;
	struct set *set;                /* id - 1 is the index */
	size_t nset, set_cap;
	int64_t wanted_set;             /* whose answer is awaited; 0 */
	bool set_ok;
	char set_why[WORKER_CLIENT_WHY];
	int64_t next_id;
	unsigned restarts, deaths;
	struct batch *batch;
};

double
worker_client_now(void)
{
	return worker_process_now();
}

/* The worker is gone, or has to go: what was on its way is lost. */
static void
process_end(struct worker_client *w, double patience, char *how, size_t nhow)
{
	worker_process_end(&w->p, patience, how, nhow);
	buf_reset(&w->queue);
	w->sent = 0;
	buf_reset(&w->got);
	w->seen = 0;
}

static void
say_death(struct worker_client *w, const char *how,
    char why[WORKER_CLIENT_WHY])
{
	const char *said = worker_process_said(&w->p);

	snprintf(why, WORKER_CLIENT_WHY,
	    "the program %.80s ended (%.40s)%s%.160s", w->o.argv[0], how,
	    said[0] ? ": " : "", said);
}

/* ---- answers ---- */

static void
batch_end(struct batch *b, size_t i)
{
	struct worker_job *j = &b->job[i];

	j->done = true;
	b->left--;
	if (b->deaths[i] > 0)
		b->nsuspect--;
	if (b->sent[i])
		b->under_way--;
	b->sent[i] = false;
	if (!b->done(b->arg, i))
		b->closed = true;
}

static void
on_run(struct worker_client *w, int64_t id, struct json v)
{
	struct batch *b = w->batch;
	struct worker_job *j;
	char *copy;
	size_t i;

	if (!b || id < b->base || (uint64_t)(id - b->base) >= b->n)
		return;
	i = (size_t)(id - b->base);
	j = &b->job[i];
	if (j->done)
		return;
	copy = arena_strndup(b->a, v.s, v.n);
	if (!copy)
		return;
	j->answer = (struct json){ copy, v.n };
	w->deaths = 0;
	batch_end(b, i);
}

static void
on_set(struct worker_client *w, int64_t id, struct json v)
{
	bool ok = false;
	struct arena a = { 0 };
	const char *s;

	if (id != w->wanted_set)
		return;
	w->wanted_set = 0;
	json_bool(json_get(v, "ok"), &ok);
	w->set_ok = ok;
	s = json_string(&a, json_get(v, "why"));
	snprintf(w->set_why, sizeof w->set_why, "%s", s ? s : "");
	arena_release(&a);
}

static void
on_line(struct worker_client *w, const char *s, size_t n)
{
	struct json v;
	int64_t id;

	if (!json_parse(s, n, &v, NULL, NULL) || json_kind(v) != JSON_OBJECT)
		return;
	if (json_kind(json_get(v, "hello")) != JSON_NONE) {
		s = arena_strndup(&w->keep, v.s, v.n);
		if (s)
			w->hello = (struct json){ s, v.n };
	} else if (json_int(json_get(v, "run"), &id)) {
		on_run(w, id, v);
	} else if (json_int(json_get(v, "slots"), &id)) {
		on_set(w, id, v);
	}
}

/* Takes the whole lines out of what came. */
static void
take_lines(struct worker_client *w)
{
	size_t at = 0;
	char *nl;

	while (w->got.len > at) {
		nl = memchr(w->got.s + at + w->seen, '\n',
		    w->got.len - at - w->seen);
		if (!nl)
			break;
		on_line(w, w->got.s + at, (size_t)(nl - w->got.s) - at);
		at = (size_t)(nl - w->got.s) + 1;
		w->seen = 0;
	}
	if (at > 0) {
		memmove(w->got.s, w->got.s + at, w->got.len - at);
		w->got.len -= at;
	}
	w->seen = w->got.len;
}

/* False when the worker is gone. */
static bool
read_answers(struct worker_client *w)
{
	ssize_t k;

	for (;;) {
		if (!buf_reserve(&w->got, 65536))
			return false;
		k = read(w->p.out, w->got.s + w->got.len, 65536);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0 && errno == EAGAIN)
			return true;
		if (k <= 0)
			return false;
		w->got.len += (size_t)k;
		take_lines(w);
	}
}

static bool
send_queue(struct worker_client *w)
{
	ssize_t k;

	while (w->sent < w->queue.len) {
		k = send(w->p.in, w->queue.s + w->sent, w->queue.len - w->sent,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return true;
		if (k < 0)
			return false;
		w->sent += (size_t)k;
	}
	buf_reset(&w->queue);
	w->sent = 0;
	return true;
}

/* One turn: what can be sent is sent, what came is read.  False when the
 * worker is gone. */
static bool
turn(struct worker_client *w)
{
	struct pollfd p[3] = {
		{ w->p.out, POLLIN, 0 },
		{ w->queue.len > w->sent ? w->p.in : -1, POLLOUT, 0 },
		{ w->p.err, POLLIN, 0 },
	};
	bool alive = true;

	if (poll(p, 3, TICK_MS) < 0)
		return errno == EINTR;
	if (p[2].revents)
		worker_process_listen(&w->p);
	if (p[1].revents)
		alive = send_queue(w);
	/* What it said before it died counts. */
	if (p[0].revents || !alive)
		alive = read_answers(w) && alive;
	return alive;
}

/* ---- starting ---- */

static bool
text_is(struct json v, const char *s)
{
	return !s || json_string_is(v, s);
}

static enum mip_status
check_hello(struct worker_client *w, char why[WORKER_CLIENT_WHY])
{
	int64_t abi = -1;

	json_int(json_get(w->hello, "abi"), &abi);
	if (abi != MIP_ABI)
		snprintf(why, WORKER_CLIENT_WHY, "%.200s was made for another "
		    "version of the runtime", w->o.argv[0]);
	else if (!text_is(json_get(w->hello, "hash"), w->o.hash))
		snprintf(why, WORKER_CLIENT_WHY, "%.200s is not the program "
		    "that is tuned: its hash differs", w->o.argv[0]);
	else
		return MIP_OK;
	return MIP_INFRASTRUCTURE;
}

static enum mip_status
client_start(struct worker_client *w, char why[WORKER_CLIENT_WHY])
{
	double until = worker_client_now() + HELLO_S;
	enum mip_status s;
	char how[64];
	size_t i;

	w->hello = (struct json){ NULL, 0 };
	w->p.nsaid = 0;
	w->p.said[0] = '\0';
	for (i = 0; i < w->nset; i++)
		w->set[i].sent = false;
	s = worker_process_start(&w->p, w->o.argv, why);
	if (s != MIP_OK) {
		process_end(w, 0, NULL, 0);
		return s;
	}
	while (!w->hello.n) {
		if (w->o.stop && *w->o.stop)
			s = MIP_CANCELLED;
		if (s != MIP_OK || !turn(w) || worker_client_now() > until)
			break;
	}
	if (w->hello.n)
		return check_hello(w, why);
	process_end(w, 0.2, how, sizeof how);
	if (s == MIP_OK)
		say_death(w, how, why);
	else
		snprintf(why, WORKER_CLIENT_WHY, "%s", mip_status_text(s));
	return s == MIP_OK ? MIP_INFRASTRUCTURE : s;
}

enum mip_status
worker_client_new(const struct worker_client_options *o,
    struct worker_client **out, char why[WORKER_CLIENT_WHY])
{
	struct worker_client *w = calloc(1, sizeof *w);
	enum mip_status s;

	*out = NULL;
	if (!w) {
		snprintf(why, WORKER_CLIENT_WHY, "%s",
		    mip_status_text(MIP_NOMEM));
		return MIP_NOMEM;
	}
	w->o = *o;
	if (w->o.window == 0)
		w->o.window = 1;
	worker_process_init(&w->p);
	w->next_id = 1;
	s = client_start(w, why);
	if (s != MIP_OK) {
		worker_client_free(w);
		return s;
	}
	*out = w;
	return MIP_OK;
}

void
worker_client_free(struct worker_client *w)
{
	size_t i;

	if (!w)
		return;
	process_end(w, w->p.pid > 0 ? 2 : 0, NULL, 0);
	for (i = 0; i < w->nset; i++)
		free(w->set[i].text);
	free(w->set);
	buf_release(&w->queue);
	buf_release(&w->got);
	arena_release(&w->keep);
	free(w);
}

struct json
worker_client_hello(const struct worker_client *w)
{
	return w->hello;
}

unsigned
worker_client_restarts(const struct worker_client *w)
{
	return w->restarts;
}

const char *
worker_client_said(const struct worker_client *w)
{
	return w->p.said;
}

/* ---- slots ---- */

static void
queue_set(struct worker_client *w, size_t i)
{
	buf_puts(&w->queue, "{\"slots\":");
	buf_int(&w->queue, (int64_t)i + 1);
	buf_puts(&w->queue, ",\"set\":");
	buf_puts(&w->queue, w->set[i].text);
	buf_puts(&w->queue, "}\n");
	w->set[i].sent = true;
}

static bool
set_add(struct worker_client *w, const char *text)
{
	struct set *grown;
	char *copy;
	size_t cap;

	if (w->nset == w->set_cap) {
		cap = w->set_cap ? w->set_cap * 2 : 16;
		grown = realloc(w->set, cap * sizeof *grown);
		if (!grown)
			return false;
		w->set = grown;
		w->set_cap = cap;
	}
	copy = strdup(text);
	if (!copy)
		return false;
	w->set[w->nset++] = (struct set){ copy, false };
	return true;
}

/* Brings a dead worker back. */
static enum mip_status
revive(struct worker_client *w, char why[WORKER_CLIENT_WHY])
{
	if (w->p.pid > 0)
		return MIP_OK;
	w->restarts++;
	return client_start(w, why);
}

/* Waits for the answer to slots `id`, which are queued. */
static enum mip_status
await_set(struct worker_client *w, int64_t id, char why[WORKER_CLIENT_WHY])
{
	char how[64];

	w->wanted_set = id;
	while (w->wanted_set) {
		if (turn(w))
			continue;
		process_end(w, 0.2, how, sizeof how);
		say_death(w, how, why);
		w->wanted_set = 0;
		return MIP_INFRASTRUCTURE;
	}
	if (w->set_ok)
		return MIP_OK;
	snprintf(why, WORKER_CLIENT_WHY, "%s", w->set_why);
	return MIP_USAGE;
}

enum mip_status
worker_client_check(struct worker_client *w, const char *set,
    char why[WORKER_CLIENT_WHY])
{
	enum mip_status s = revive(w, why);

	if (s != MIP_OK)
		return s;
	buf_puts(&w->queue, "{\"slots\":");
	buf_int(&w->queue, INT64_MAX);
	buf_puts(&w->queue, ",\"set\":");
	buf_puts(&w->queue, set);
	buf_puts(&w->queue, "}\n{\"drop\":");
	buf_int(&w->queue, INT64_MAX);
	buf_puts(&w->queue, "}\n");
	return await_set(w, INT64_MAX, why);
}

enum mip_status
worker_client_slots(struct worker_client *w, const char *set, int64_t *id,
    char why[WORKER_CLIENT_WHY])
{
	enum mip_status s = revive(w, why);
	size_t i;

	for (i = 0; i < w->nset; i++)
		if (strcmp(w->set[i].text, set) == 0) {
			*id = (int64_t)i + 1;
			return s;
		}
	if (s == MIP_OK && !set_add(w, set))
		s = MIP_NOMEM;
	if (s != MIP_OK)
		return s;
	queue_set(w, i);
	*id = (int64_t)i + 1;
	s = await_set(w, *id, why);
	if (s == MIP_USAGE)
		free(w->set[--w->nset].text);
	return s;
}

/* ---- runs ---- */

static void
queue_run(struct worker_client *w, size_t i)
{
	struct batch *b = w->batch;
	const struct worker_job *j = &b->job[i];
	struct buf *q = &w->queue;

	if (j->slots > 0 && !w->set[j->slots - 1].sent)
		queue_set(w, (size_t)j->slots - 1);
	buf_puts(q, "{\"run\":");
	buf_int(q, b->base + (int64_t)i);
	buf_puts(q, ",\"slots\":");
	buf_int(q, j->slots);
	if (j->test) {
		buf_puts(q, ",\"test\":");
		buf_json(q, j->test, strlen(j->test));
	} else {
		buf_puts(q, ",\"row\":");
		buf_put(q, j->row, j->row_len);
	}
	if (j->metric) {
		buf_puts(q, ",\"metrics\":[");
		buf_json(q, j->metric, strlen(j->metric));
		buf_putc(q, ']');
	}
	buf_puts(q, ",\"sample\":");
	buf_int(q, j->sample);
	if (j->trace)
		buf_puts(q, ",\"trace\":true");
	if (j->model) {
		buf_puts(q, ",\"model\":");
		buf_puts(q, j->model);
	}
	buf_puts(q, "}\n");
	b->sent[i] = true;
	b->under_way++;
}

/* Keeps the window full; suspects go alone. */
static void
feed(struct worker_client *w)
{
	struct batch *b = w->batch;
	size_t i;

	if (b->closed)
		return;
	if (b->nsuspect > 0) {
		if (b->under_way > 0)
			return;
		for (i = 0; b->job[i].done || b->deaths[i] == 0; i++)
			continue;
		queue_run(w, i);
		return;
	}
	while (b->under_way < w->o.window && b->next < b->n) {
		i = b->next++;
		if (!b->job[i].done)
			queue_run(w, i);
	}
}

/* The worker died: who may have done it? */
static void
suspect(struct batch *b)
{
	size_t i;

	for (i = 0; i < b->next; i++) {
		if (!b->sent[i] || b->job[i].done)
			continue;
		b->sent[i] = false;
		b->under_way--;
		if (b->deaths[i]++ == 0)
			b->nsuspect++;
		if (b->deaths[i] < 2)
			continue;
		b->job[i].crashed = true;
		batch_end(b, i);
	}
}

static enum mip_status
bury(struct worker_client *w, char why[WORKER_CLIENT_WHY])
{
	char how[64];

	process_end(w, 0.2, how, sizeof how);
	if (w->batch)
		suspect(w->batch);
	if (++w->deaths > DEATHS_MAX) {
		say_death(w, how, why);
		return MIP_INFRASTRUCTURE;
	}
	if (w->batch && (w->batch->left == 0 || w->batch->closed))
		return MIP_OK;
	return revive(w, why);
}

static enum mip_status
told_to_end(const struct worker_client *w)
{
	if (w->o.stop && *w->o.stop)
		return MIP_CANCELLED;
	if (w->o.deadline_s > 0 && worker_client_now() >= w->o.deadline_s)
		return MIP_BUDGET;
	return MIP_OK;
}

/* Asks for the end of what is under way, and waits for it a little. */
static void
call_off(struct worker_client *w)
{
	struct batch *b = w->batch;
	double until = worker_client_now() + PATIENCE_S;
	size_t i;

	b->closed = true;
	for (i = 0; i < b->n; i++) {
		if (!b->sent[i])
			continue;
		buf_puts(&w->queue, "{\"cancel\":");
		buf_int(&w->queue, b->base + (int64_t)i);
		buf_puts(&w->queue, "}\n");
	}
	while (b->under_way > 0 && worker_client_now() < until)
		if (!turn(w))
			break;
	if (b->under_way > 0)
		process_end(w, 0, NULL, 0);
}

static enum mip_status
run_batch(struct worker_client *w, char why[WORKER_CLIENT_WHY])
{
	struct batch *b = w->batch;
	enum mip_status s = revive(w, why), told = MIP_OK;

	while (s == MIP_OK && b->left > 0 && !b->closed) {
		s = told = told_to_end(w);
		if (s != MIP_OK)
			break;
		feed(w);
		if (!turn(w))
			s = bury(w, why);
		if (w->queue.failed)
			s = MIP_NOMEM;
	}
	if (b->under_way > 0)
		call_off(w);
	if (told != MIP_OK)
		snprintf(why, WORKER_CLIENT_WHY, "%s", told == MIP_BUDGET ?
		    "the time is over" : mip_status_text(told));
	return s;
}

enum mip_status
worker_client_run(struct worker_client *w, struct arena *a,
    struct worker_job *job, size_t n, bool (*done)(void *arg, size_t i),
    void *arg, char why[WORKER_CLIENT_WHY])
{
	struct batch b = { .a = a, .job = job, .n = n, .left = n,
	    .base = w->next_id, .done = done, .arg = arg };
	enum mip_status s = MIP_NOMEM;
	size_t i;

	if (n == 0)
		return MIP_OK;
	for (i = 0; i < n; i++) {
		job[i].done = job[i].crashed = false;
		job[i].answer = (struct json){ NULL, 0 };
	}
	b.deaths = calloc(n, sizeof *b.deaths);
	b.sent = calloc(n, sizeof *b.sent);
	if (b.deaths && b.sent) {
		w->next_id += (int64_t)n;
		w->batch = &b;
		s = run_batch(w, why);
		w->batch = NULL;
	}
	free(b.deaths);
	free(b.sent);
	return s;
}
