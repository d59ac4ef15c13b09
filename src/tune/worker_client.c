/* The worker process and the conversation with it.
 *
 * When the worker dies, the runs that were under way are suspects: they are
 * sent again, each alone, so that the one that kills the next workers too is
 * the culprit and no other.  Who was a culprit before goes alone at once, and
 * is not given so many.  One that is silent, or says what is no answer, is
 * ended and counts as dead.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "tune/worker_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/clock.h"
#include "core/hash64.h"
#include "core/json_put.h"
#include "miproc_gen.h"
#include "tune/worker_wire.h"

enum {
	HELLO_S = 60,                   /* a worker hashes a model, maybe */
	PATIENCE_S = 3,                 /* for cancelled runs to end */
	DEATHS_JOB = 3,                 /* of a run, two of them alone */
	DEATHS_MAX = 12,                /* without an answer in between */
	DEATHS_START = 3,               /* before it has said anything */
	CULPRITS_MAX = 16,              /* then it is the program's fault */
	HOW = 160                       /* a text of how it ended */
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
	const char *traceparent;        /* or NULL */
	struct worker_wire wire;
	struct arena keep;
	struct json hello;
	struct set *set;                /* id - 1 is the index */
	size_t nset, set_cap;
	int64_t wanted_set;             /* whose answer is awaited; 0 */
	bool set_ok;
	char set_why[WORKER_CLIENT_WHY];
	int64_t next_id;
	unsigned restarts, deaths;
	uint64_t culprit[CULPRITS_MAX]; /* hashes of rows and names of tests */
	unsigned nculprit;
	struct batch *batch;
};

/* How it ended, in words, and what it said last. */
static void
say_death(struct worker_client *w, const char *how,
    char why[WORKER_CLIENT_WHY])
{
	const char *said = worker_process_said(&w->wire.p);
	const char *name = strrchr(w->o.argv[0], '/');

	snprintf(why, WORKER_CLIENT_WHY,
	    "the program %.60s ended (%.80s)%s%.120s",
	    name ? name + 1 : w->o.argv[0], how,
	    said[0] ? ": " : "", said);
}

/* A name by which a run is known again. */
static uint64_t
job_hash(const struct worker_job *j)
{
	return j->test ? hash64_str(j->test) : hash64(j->row, j->row_len);
}

static bool
is_culprit(const struct worker_client *w, uint64_t h)
{
	unsigned i;

	for (i = 0; i < w->nculprit; i++)
		if (w->culprit[i] == h)
			return true;
	return false;
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
	if (!copy) {
		w->wire.failed = true;
		return;
	}
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
on_line(void *arg, const char *s, size_t n)
{
	struct worker_client *w = arg;
	struct json v;
	int64_t id;

	if (!json_parse(s, n, &v, NULL, NULL) || json_kind(v) != JSON_OBJECT) {
		worker_wire_garbage(&w->wire, s, n);
		return;
	}
	if (json_kind(json_get(v, "hello")) != JSON_NONE) {
		s = arena_strndup(&w->keep, v.s, v.n);
		if (s)
			w->hello = (struct json){ s, v.n };
		else
			w->wire.failed = true;
	} else if (json_int(json_get(v, "run"), &id)) {
		on_run(w, id, v);
	} else if (json_int(json_get(v, "slots"), &id)) {
		on_set(w, id, v);
	}
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

/* Has it come to an end from without? */
static enum mip_status
told_to_end(const struct worker_client *w)
{
	if (w->o.stop && *w->o.stop)
		return MIP_CANCELLED;
	if (w->o.deadline_s > 0 && clock_now() >= w->o.deadline_s)
		return MIP_BUDGET;
	return MIP_OK;
}

static void
say_told(enum mip_status told, char why[WORKER_CLIENT_WHY])
{
	snprintf(why, WORKER_CLIENT_WHY, "%s", told == MIP_BUDGET ?
	    "the time is over" : mip_status_text(told));
}

/* Whether it has ended with a sentence about its options or a file, which is
 * as good as ours then. */
static bool
has_refused(struct worker_client *w, char why[WORKER_CLIENT_WHY])
{
	const char *said = worker_process_said(&w->wire.p), *text;

	text = strstr(said, ": ");
	if (w->wire.p.killed || w->wire.p.status != mip_status_exit(MIP_IO) ||
	    !text)
		return false;
	snprintf(why, WORKER_CLIENT_WHY, "%s", text + 2);
	return true;
}

/* One try.  *again: it was killed, and may live the next time. */
static enum mip_status
client_try(struct worker_client *w, char why[WORKER_CLIENT_WHY], bool *again)
{
	double until = clock_now() + HELLO_S;
	enum mip_status s;
	char how[HOW];
	size_t i;

	*again = false;
	w->hello = (struct json){ NULL, 0 };
	for (i = 0; i < w->nset; i++)
		w->set[i].sent = false;
	s = worker_wire_start(&w->wire, w->o.argv, HELLO_S, why);
	if (s != MIP_OK)
		return s;
	while (!w->hello.n && s == MIP_OK) {
		s = told_to_end(w);
		if (s == MIP_OK && (!worker_wire_turn(&w->wire) ||
		    clock_now() > until))
			break;
	}
	if (w->hello.n)
		return check_hello(w, why);
	if (worker_wire_failed(&w->wire))
		s = MIP_NOMEM;
	worker_wire_end(&w->wire, 0.2, how, sizeof how);
	if (s != MIP_OK)
		say_told(s, why);
	else if (has_refused(w, why))
		s = MIP_IO;
	else
		say_death(w, how, why);
	*again = s == MIP_OK && w->wire.p.killed;
	return s == MIP_OK ? MIP_INFRASTRUCTURE : s;
}

static enum mip_status
client_start(struct worker_client *w, char why[WORKER_CLIENT_WHY])
{
	enum mip_status s;
	unsigned n = 0;
	bool again;

	do
		s = client_try(w, why, &again);
	while (again && ++n < DEATHS_START);
	return s;
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
	worker_wire_init(&w->wire, o->quiet_s, on_line, w);
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
	worker_wire_end(&w->wire, w->wire.p.pid > 0 ? 2 : 0, NULL, 0);
	for (i = 0; i < w->nset; i++)
		free(w->set[i].text);
	free(w->set);
	worker_wire_release(&w->wire);
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

/* ---- slots ---- */

static void
queue_set(struct worker_client *w, int64_t id, const char *text)
{
	buf_puts(&w->wire.queue, "{\"slots\":");
	buf_int(&w->wire.queue, id);
	buf_puts(&w->wire.queue, ",\"set\":");
	buf_puts(&w->wire.queue, text);
	buf_puts(&w->wire.queue, "}\n");
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
	if (w->wire.p.pid > 0)
		return MIP_OK;
	w->restarts++;
	return client_start(w, why);
}

/* Waits for the answer to slots `id`, which `queue` queues. */
static enum mip_status
await_set(struct worker_client *w, int64_t id, const char *text,
    char why[WORKER_CLIENT_WHY])
{
	enum mip_status s = MIP_OK;
	unsigned deaths = 0;
	char how[HOW];

	queue_set(w, id, text);
	w->wanted_set = id;
	while (w->wanted_set && s == MIP_OK) {
		s = worker_wire_failed(&w->wire) ? MIP_NOMEM : told_to_end(w);
		if (s != MIP_OK) {
			/* Its answer may not come in the next one's place. */
			worker_wire_end(&w->wire, 0, NULL, 0);
			say_told(s, why);
		} else if (!worker_wire_turn(&w->wire) &&
		    !worker_wire_failed(&w->wire)) {
			worker_wire_end(&w->wire, 0.2, how, sizeof how);
			say_death(w, how, why);
			s = ++deaths < DEATHS_START ? revive(w, why) :
			    MIP_INFRASTRUCTURE;
			if (s == MIP_OK)
				queue_set(w, id, text);
		}
	}
	w->wanted_set = 0;
	if (s != MIP_OK || w->set_ok)
		return s;
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
	s = await_set(w, INT64_MAX, set, why);
	buf_puts(&w->wire.queue, "{\"drop\":");
	buf_int(&w->wire.queue, INT64_MAX);
	buf_puts(&w->wire.queue, "}\n");
	return s;
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
	if (s == MIP_OK && !set_add(w, set)) {
		s = MIP_NOMEM;
		say_told(s, why);
	}
	if (s != MIP_OK)
		return s;
	*id = (int64_t)i + 1;
	s = await_set(w, *id, w->set[i].text, why);
	if (s == MIP_OK)
		w->set[i].sent = true;
	else
		free(w->set[--w->nset].text);
	return s;
}

void
worker_client_place(struct worker_client *w, const char *traceparent)
{
	w->traceparent = traceparent;
}

/* ---- runs ---- */

static void
queue_run(struct worker_client *w, size_t i)
{
	struct batch *b = w->batch;
	const struct worker_job *j = &b->job[i];
	struct buf *q = &w->wire.queue;

	if (j->slots > 0 && !w->set[j->slots - 1].sent) {
		queue_set(w, j->slots, w->set[j->slots - 1].text);
		w->set[j->slots - 1].sent = true;
	}
	buf_putc(q, '{');
	json_put_int(q, "run", b->base + (int64_t)i);
	json_put_int(q, "slots", j->slots);
	if (j->test) {
		json_put_string(q, "test", j->test);
	} else {
		json_put_member(q, "row");
		buf_put(q, j->row, j->row_len);
	}
	if (j->metric) {
		json_put_raw(q, "metrics", "[");
		json_put_string(q, NULL, j->metric);
		buf_putc(q, ']');
	}
	json_put_int(q, "sample", j->sample);
	if (j->trace)
		json_put_bool(q, "trace", true);
	if (j->model)
		json_put_raw(q, "model", j->model);
	if (w->traceparent && *w->traceparent)
		json_put_string(q, "traceparent", w->traceparent);
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

/* It has ended its workers: once it is known, it is told of. */
static void
convict(struct worker_client *w, size_t i, const char *how)
{
	struct batch *b = w->batch;
	struct worker_job *j = &b->job[i];
	uint64_t h = job_hash(j);
	char why[WORKER_CLIENT_WHY];

	say_death(w, how, why);
	j->crashed = true;
	j->known = is_culprit(w, h);
	j->death = arena_strdup(b->a, why);
	if (!j->death) {
		j->death = mip_status_text(MIP_NOMEM);
		w->wire.failed = true;
	}
	if (!j->known && w->nculprit < CULPRITS_MAX)
		w->culprit[w->nculprit++] = h;
	batch_end(b, i);
}

/* The worker died: who may have done it? */
static void
suspect(struct worker_client *w, const char *how)
{
	struct batch *b = w->batch;
	size_t i;

	for (i = 0; i < b->n; i++) {
		if (!b->sent[i] || b->job[i].done)
			continue;
		b->sent[i] = false;
		b->under_way--;
		if (b->deaths[i]++ == 0)
			b->nsuspect++;
		if (b->deaths[i] >= DEATHS_JOB)
			convict(w, i, how);
	}
}

static enum mip_status
bury(struct worker_client *w, char why[WORKER_CLIENT_WHY])
{
	char how[HOW];

	if (worker_wire_failed(&w->wire)) {
		say_told(MIP_NOMEM, why);
		return MIP_NOMEM;
	}
	worker_wire_end(&w->wire, 0.2, how, sizeof how);
	suspect(w, how);
	if (++w->deaths > DEATHS_MAX || w->nculprit == CULPRITS_MAX) {
		snprintf(why, WORKER_CLIENT_WHY, "the program crashes again "
		    "and again: %u rows or tests have ended it (%.200s)",
		    w->nculprit, how);
		return MIP_INFRASTRUCTURE;
	}
	if (w->batch->left == 0 || w->batch->closed)
		return MIP_OK;
	return revive(w, why);
}

/* Asks for the end of what is under way, and waits for it a little. */
static void
call_off(struct worker_client *w)
{
	struct batch *b = w->batch;
	double until = clock_now() + PATIENCE_S;
	size_t i;

	b->closed = true;
	for (i = 0; i < b->n; i++) {
		if (!b->sent[i])
			continue;
		buf_puts(&w->wire.queue, "{\"cancel\":");
		buf_int(&w->wire.queue, b->base + (int64_t)i);
		buf_puts(&w->wire.queue, "}\n");
	}
	while (b->under_way > 0 && clock_now() < until)
		if (!worker_wire_turn(&w->wire))
			break;
	if (b->under_way > 0)
		worker_wire_end(&w->wire, 0, NULL, 0);
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
		if (!worker_wire_turn(&w->wire))
			s = bury(w, why);
	}
	if (b->under_way > 0)
		call_off(w);
	if (told != MIP_OK)
		say_told(told, why);
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
		job[i].done = job[i].crashed = job[i].known = false;
		job[i].death = NULL;
		job[i].answer = (struct json){ NULL, 0 };
	}
	b.deaths = calloc(n, sizeof *b.deaths);
	b.sent = calloc(n, sizeof *b.sent);
	if (b.deaths && b.sent) {
		w->next_id += (int64_t)n;
		w->batch = &b;
		for (i = 0; i < n && w->nculprit > 0; i++)
			if (is_culprit(w, job_hash(&job[i]))) {
				b.deaths[i] = DEATHS_JOB - 1;
				b.nsuspect++;
			}
		s = run_batch(w, why);
		w->batch = NULL;
	} else {
		say_told(s, why);
	}
	free(b.deaths);
	free(b.sent);
	return s;
}
