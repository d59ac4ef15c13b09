/* A batch: rows in, outputs out in the same order, or as they end, several at
 * once, in memory that does not grow with their number.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "core/json.h"
#include "core/lines.h"
#include "run/mip.h"
#include "type/type.h"
#include "worker/worker.h"

enum {
	AHEAD = 2,                      /* rows in memory for each thread */
	AHEAD_LEAST = 32,               /* and for all of them at least */
	ROW_KEEP = 64 << 10             /* larger buffers are given back */
};

/* A row on its way: its text, then its answer. */
struct row_slot {
	struct buf text, out;
	const char *bad;                /* why there is no text, or NULL */
	uint64_t number;                /* that is told, from 1; 0: it is not */
	enum mip_status status;
	bool done;
};

/* Rows `head` to `next` are taken, `next` to `tail` wait; each has its place
 * in the ring.  Unordered, a row leaves the ring when it is taken, so that none
 * holds up others. */
struct batch {
	const struct cli *c;
	struct mip_env *env;
	pthread_mutex_t lock;
	pthread_cond_t filled, freed;
	struct row_slot *ring;
	size_t nring;
	uint64_t head, next, tail;
	unsigned idle;                  /* threads that wait for a row */
	bool full;                      /* the reader waits for room */
	bool unordered;
	bool closed;                    /* no more rows come */
	bool ended;                     /* nothing more is written */
	bool cut;                       /* by a signal */
	int rc;                         /* of writing */
	uint64_t done, failed;          /* of rows that are written */
	enum mip_status world;          /* the first failure that is not of a
	                                 * row or of the program, or OK */
};

/* ---- one row ---- */

/* What a line begins with: {"row":7,"out":... where rows are numbered. */
static void
row_head(struct row_slot *r)
{
	buf_reset(&r->out);
	if (r->number > 0)
		buf_printf(&r->out, "{\"row\":%" PRIu64 ",", r->number);
}

static void
row_error(struct row_slot *r, enum mip_status s, const char *why)
{
	r->status = s;
	row_head(r);
	buf_printf(&r->out, "%s\"error\":{\"class\":\"%s\",\"message\":",
	    r->number > 0 ? "" : "{", mip_status_word(s));
	buf_json(&r->out, why, strlen(why));
	buf_puts(&r->out, "}}\n");
}

static bool
row_input(const struct batch *b, struct row_slot *r, struct arena *a,
    void **in)
{
	struct type_error e = { .path = "" };
	struct buf why = BUF_INIT;
	const char *wrong = r->bad;
	enum mip_status s = MIP_USAGE;
	struct json v;
	bool ok = false;

	if (r->text.failed)
		s = MIP_NOMEM;
	else if (wrong || !json_parse(buf_str(&r->text), r->text.len, &v, NULL,
	    &wrong))
		buf_printf(&why, "the row is no JSON: %s", wrong);
	else if (json_kind(v) != JSON_OBJECT)
		buf_puts(&why, "the row is no JSON object");
	else if ((s = worker_input(a, b->c->program->in, v, in, &e)) == MIP_OK)
		ok = true;
	else if (s != MIP_NOMEM)
		buf_printf(&why, "%s%s%s", e.path, e.path[0] ? ": " : "",
		    e.text);
	if (why.failed)
		s = MIP_NOMEM;
	if (!ok)
		row_error(r, s, s == MIP_NOMEM ? mip_status_text(s) :
		    buf_str(&why));
	buf_release(&why);
	return ok;
}

/* Is there nothing to be had for the rows that follow, either? */
static bool
batch_ends(enum mip_status s)
{
	return s == MIP_QUOTA || s == MIP_DENIED;
}

static void
row_run(const struct batch *b, struct row_slot *r, struct mip *m,
    struct arena *a)
{
	const struct mip_program *p = b->c->program;
	enum mip_status s;
	void *in, *out;

	arena_reset(a);
	a->failed = false;
	buf_reset(&r->out);
	if (!row_input(b, r, a, &in))
		return;
	out = arena_alloc(a, p->out->size);
	if (!out) {
		row_error(r, MIP_NOMEM, mip_status_text(MIP_NOMEM));
		return;
	}
	mip_begin(m);
	s = p->run(m, in, out);
	mip_end(m, p->name);
	if (mip_status(m) != MIP_OK)
		s = mip_status(m);
	if (batch_ends(s)) {
		r->status = s;
		buf_puts(&r->out, mip_message(m));
		return;
	}
	if (s != MIP_OK) {
		row_error(r, s, mip_message(m)[0] ? mip_message(m) :
		    mip_status_text(s));
		return;
	}
	r->status = MIP_OK;
	row_head(r);
	if (r->number > 0)
		buf_puts(&r->out, "\"out\":");
	type_write(&r->out, p->out, out, false);
	buf_puts(&r->out, r->number > 0 ? "}\n" : "\n");
	if (r->out.failed)
		row_error(r, MIP_NOMEM, mip_status_text(MIP_NOMEM));
}

/* ---- threads ---- */

/* The status if the world is to blame for it, else OK. */
static enum mip_status
batch_world(enum mip_status s)
{
	switch (s) {
	case MIP_INFRASTRUCTURE:
	case MIP_QUOTA:
	case MIP_DENIED:
	case MIP_BUDGET:
	case MIP_OFFLINE:
	case MIP_IO:
	case MIP_NOMEM:
		return s;
	case MIP_OK:
	case MIP_FORMAT:
	case MIP_REFUSAL:
	case MIP_TRUNCATED:
	case MIP_ASSERT:
	case MIP_FAIL:
	case MIP_CANCELLED:
	case MIP_USAGE:
	case MIP_NSTATUS:
		break;
	}
	return MIP_OK;
}

/* The first row that is not to be had today, or with this key, ends the batch:
 * all that follow would fail as it did. */
static void
batch_end(struct batch *b, const struct row_slot *r, uint64_t number)
{
	cli_say(b->c, "row %" PRIu64 ": %s; %srun it again when %s, and what "
	    "is in the cache is not asked for again", number,
	    buf_str(&r->out), b->unordered ? "" : "those before it are done: ",
	    r->status == MIP_QUOTA ? "there is a quota" : "the key is right");
	b->rc = mip_status_exit(r->status);
	b->ended = true;
	mip_env_cancel(b->env);
}

/* Writes a row that is done; with the lock held. */
static void
batch_write(struct batch *b, struct row_slot *r, uint64_t number)
{
	if (r->status == MIP_CANCELLED)
		b->ended = b->cut = true;
	if (!b->ended && batch_ends(r->status))
		batch_end(b, r, number);
	if (!b->ended) {
		b->done++;
		b->failed += r->status != MIP_OK;
		if (b->world == MIP_OK)
			b->world = batch_world(r->status);
		b->rc = cli_write(b->c, &r->out);
		b->ended = b->rc != 0;
		if (b->ended)
			mip_env_cancel(b->env);
	}
	if (r->out.cap > ROW_KEEP)
		buf_release(&r->out);
	if (r->text.cap > ROW_KEEP)
		buf_release(&r->text);
}

/* Writes what is done, in order; with the lock held. */
static void
batch_flush(struct batch *b)
{
	while (b->head < b->next && b->ring[b->head % b->nring].done) {
		batch_write(b, &b->ring[b->head % b->nring], b->head + 1);
		b->head++;
	}
}

/* The reader is not woken for each row, but for half a ring of them; with the
 * lock held. */
static void
batch_room(struct batch *b)
{
	if (b->full && (b->ended || b->tail - b->head <= b->nring / 2)) {
		b->full = false;
		pthread_cond_signal(&b->freed);
	}
}

/* The next row that waits, NULL at their end; unordered, it is moved to `own`.
 * With the lock held. */
static struct row_slot *
batch_next(struct batch *b, struct row_slot *own)
{
	struct lm *l = mip_env_lm(b->env);
	struct row_slot *r, was = *own;

	if (b->next == b->tail && !b->closed) {
		lm_drop(l);
		b->idle++;
		while (b->next == b->tail && !b->closed)
			pthread_cond_wait(&b->filled, &b->lock);
		b->idle--;
		lm_hold(l);
	}
	if (b->next == b->tail)
		return NULL;
	r = &b->ring[b->next++ % b->nring];
	if (!b->unordered)
		return r;
	*own = *r;
	*r = was;
	own->number = b->head = b->next;
	batch_room(b);
	return own;
}

static void *
batch_main(void *arg)
{
	struct batch *b = arg;
	struct mip *m = mip_new(b->env);
	struct row_slot own = { .number = 0 };
	struct arena a = { 0 };
	struct row_slot *r;

	if (m)
		mip_set_slots(m, b->c->slots);
	lm_hold(mip_env_lm(b->env));
	pthread_mutex_lock(&b->lock);
	while ((r = batch_next(b, &own)) != NULL) {
		pthread_mutex_unlock(&b->lock);
		if (m)
			row_run(b, r, m, &a);
		else
			row_error(r, MIP_NOMEM, mip_status_text(MIP_NOMEM));
		pthread_mutex_lock(&b->lock);
		r->done = true;
		if (b->unordered)
			batch_write(b, r, r->number);
		else
			batch_flush(b);
		batch_room(b);
	}
	pthread_mutex_unlock(&b->lock);
	lm_drop(mip_env_lm(b->env));
	buf_release(&own.text);
	buf_release(&own.out);
	arena_release(&a);
	mip_free(m);
	return NULL;
}

/* Hands a row over once there is room; false when it is of no use. */
static bool
batch_put(struct batch *b, const char *s, size_t n, const char *bad)
{
	struct row_slot *r;
	bool on, wake;

	pthread_mutex_lock(&b->lock);
	while (b->tail - b->head == b->nring && !b->ended) {
		b->full = true;
		pthread_cond_wait(&b->freed, &b->lock);
	}
	on = !b->ended;
	wake = on && b->idle > 0;
	if (on) {
		r = &b->ring[b->tail % b->nring];
		buf_reset(&r->text);
		buf_put(&r->text, s, n);
		r->bad = bad;
		r->done = false;
		b->tail++;
	}
	pthread_mutex_unlock(&b->lock);
	/* Without the lock, for which the one that wakes would wait. */
	if (wake)
		pthread_cond_signal(&b->filled);
	return on;
}

static int
batch_read(struct batch *b, struct lines *in)
{
	char *line;
	size_t n;

	for (;;) {
		switch (lines_next(in, &line, &n)) {
		case LINES_LINE:
			if (strspn(line, " \t") == n)
				continue;
			if (!batch_put(b, line, n, NULL))
				return 0;
			break;
		case LINES_LONG:
			if (!batch_put(b, "", 0, "the line is too long"))
				return 0;
			break;
		case LINES_END:
			return 0;
		case LINES_WOKEN:
			pthread_mutex_lock(&b->lock);
			b->cut = true;
			pthread_mutex_unlock(&b->lock);
			return 0;
		case LINES_ERROR:
			cli_say(b->c, "the rows cannot be read: %s",
			    strerror(errno));
			return mip_status_exit(MIP_IO);
		case LINES_NOMEM:
			cli_say(b->c, "%s", mip_status_text(MIP_NOMEM));
			return mip_status_exit(MIP_NOMEM);
		}
	}
}

static unsigned
batch_start(struct batch *b, pthread_t *thread, unsigned want)
{
	unsigned n = 0;

	while (n < want &&
	    pthread_create(&thread[n], NULL, batch_main, b) == 0)
		n++;
	return n;
}

static int
batch_do(struct batch *b, struct lines *in, unsigned jobs)
{
	pthread_t *thread = calloc(jobs, sizeof *thread);
	unsigned n = 0, i;
	int rc = mip_status_exit(MIP_NOMEM);

	b->nring = (size_t)jobs * AHEAD;
	if (b->nring < AHEAD_LEAST)
		b->nring = AHEAD_LEAST;
	b->ring = calloc(b->nring, sizeof *b->ring);
	if (thread && b->ring)
		n = batch_start(b, thread, jobs);
	if (n > 0)
		rc = batch_read(b, in);
	else
		cli_say(b->c, "%s", mip_status_text(MIP_NOMEM));
	pthread_mutex_lock(&b->lock);
	b->closed = true;
	pthread_cond_broadcast(&b->filled);
	pthread_mutex_unlock(&b->lock);
	for (i = 0; i < n; i++)
		pthread_join(thread[i], NULL);
	for (i = 0; b->ring && i < b->nring; i++) {
		buf_release(&b->ring[i].text);
		buf_release(&b->ring[i].out);
	}
	free(b->ring);
	free(thread);
	return rc ? rc : b->rc;
}

int
cli_batch(struct cli *c, struct mip_env *env, int wake)
{
	struct batch b = { .c = c, .env = env, .world = MIP_OK,
		.unordered = c->on[CLI_UNORDERED] };
	int fd = STDIN_FILENO, rc;
	struct lines in;

	if (c->file && strcmp(c->file, "-") != 0)
		fd = open(c->file, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		cli_say(c, "%s: %s", c->file, strerror(errno));
		return mip_status_exit(MIP_IO);
	}
	pthread_mutex_init(&b.lock, NULL);
	pthread_cond_init(&b.filled, NULL);
	pthread_cond_init(&b.freed, NULL);
	lines_init(&in, fd, wake);
	rc = batch_do(&b, &in, c->jobs);
	lines_release(&in);
	pthread_cond_destroy(&b.freed);
	pthread_cond_destroy(&b.filled);
	pthread_mutex_destroy(&b.lock);
	if (fd != STDIN_FILENO)
		close(fd);
	if (rc == 0 && b.cut)
		cli_say(c, "interrupted: %llu rows are done, %llu of them "
		    "failed; run it again, and what is in the cache is not "
		    "asked for again", (unsigned long long)b.done,
		    (unsigned long long)b.failed);
	if (rc != 0 || b.cut || b.failed == 0)
		return rc;
	cli_say(c, "%llu of %llu rows failed%s%s%s",
	    (unsigned long long)b.failed, (unsigned long long)b.tail,
	    b.world != MIP_OK ? " (" : "",
	    b.world != MIP_OK ? mip_status_text(b.world) : "",
	    b.world != MIP_OK ? ")" : "");
	return mip_status_exit(b.world != MIP_OK ? b.world : MIP_FAIL);
}
