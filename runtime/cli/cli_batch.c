/* A batch: rows in, outputs out in the same order, or as they end, several at
 * once, in memory that does not grow with their number.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "cli/cli.h"
#include "core/json.h"
#include "core/lines.h"
#include "run/mip.h"
#include "type/type.h"
#include "worker/worker.h"

enum {
	AHEAD = 2,                      /* rows under way for each thread */
	AHEAD_LEAST = 32,               /* and for all of them at least */
	ROW_KEEP = 64 << 10,            /* larger buffers are given back */
	ROWS_KEEP = 1 << 20,            /* ... and those of all threads */
	WIDE = 64,                      /* threads */
	WIDE_HEAP = 16 << 10            /* bytes, for each of them */
};

/* A row of one of the threads: its text, then its answer. */
struct row {
	uint64_t number;                /* from 1 */
	bool told;                      /* the number, with the answer */
	struct buf text, out;
	const char *bad;                /* why there is no text, or NULL */
	enum mip_status status;
};

/* The answer of a row that waits for those before it. */
struct row_slot {
	struct buf out;
	enum mip_status status;
	bool done;
};

/* Each thread reads a row, runs it, and writes its answer, or leaves it to the
 * one whose row it waits for.  Rows `head` to `taken` are under way and have
 * their places in the ring; unordered there is none, so that no row holds up
 * others. */
struct batch {
	const struct cli *c;
	struct mip_env *env;
	int wake;                       /* see cli_batch */
	bool unordered;
	size_t keep;                    /* bytes of a buffer */
	size_t nring;

	pthread_mutex_t reading;        /* one at a time; before `lock` */
	struct lines *in;
	bool begun;                     /* a line of it was read */
	_Atomic uint64_t taken;         /* rows that were read */
	atomic_bool closed;             /* no more rows come */
	int unread;                     /* exit status, of reading */

	pthread_mutex_t lock;
	pthread_cond_t freed;
	struct row_slot *ring;
	_Atomic uint64_t head;          /* rows that are written */
	bool full;                      /* the reader waits for room */
	atomic_bool ended;              /* nothing more is written */
	bool cut;                       /* by a signal */
	int rc;                         /* of writing */
	uint64_t done, failed;          /* of rows that are written */
	enum mip_status world;          /* the first failure that is not of a
	                                 * row or of the program, or OK */
};

/* ---- one row ---- */

/* What a line begins with: {"row":7,"out":... where rows are numbered. */
static void
row_head(struct row *r)
{
	buf_reset(&r->out);
	if (r->told)
		buf_printf(&r->out, "{\"row\":%" PRIu64 ",", r->number);
}

static void
row_error(struct row *r, enum mip_status s, const char *why)
{
	r->status = s;
	row_head(r);
	buf_printf(&r->out, "%s\"error\":{\"class\":\"%s\",\"message\":",
	    r->told ? "" : "{", mip_status_word(s));
	buf_json(&r->out, why, strlen(why));
	buf_puts(&r->out, "}}\n");
}

static bool
row_input(const struct batch *b, struct row *r, struct arena *a,
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
	if (r->text.cap > b->keep)
		buf_release(&r->text);
	return ok;
}

/* Is there nothing to be had for the rows that follow, either? */
static bool
batch_ends(enum mip_status s)
{
	return s == MIP_QUOTA || s == MIP_DENIED;
}

static void
row_run(const struct batch *b, struct row *r, struct mip *m,
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
	if (r->told)
		buf_puts(&r->out, "\"out\":");
	type_write(&r->out, p->out, out, false);
	buf_puts(&r->out, r->told ? "}\n" : "\n");
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

/* Ends calls, and the wait for more rows. */
static void
batch_stop(struct batch *b)
{
	b->ended = true;
	mip_env_cancel(b->env);
	lines_write(b->wake, "x", 1);
}

/* The first row that is not to be had today, or with this key, ends the batch:
 * all that follow would fail as it did. */
static void
batch_end(struct batch *b, enum mip_status s, const struct buf *why,
    uint64_t number)
{
	cli_say(b->c, "row %" PRIu64 ": %s; %srun it again when %s, and what "
	    "is in the cache is not asked for again", number, buf_str(why),
	    b->unordered ? "" : "those before it are done: ",
	    s == MIP_QUOTA ? "there is a quota" : "the key is right");
	b->rc = mip_status_exit(s);
	batch_stop(b);
}

/* Writes the answer of a row; with the lock held. */
static void
batch_write(struct batch *b, enum mip_status s, struct buf *out,
    uint64_t number)
{
	if (s == MIP_CANCELLED)
		b->ended = b->cut = true;
	if (!b->ended && batch_ends(s))
		batch_end(b, s, out, number);
	if (!b->ended) {
		b->done++;
		b->failed += s != MIP_OK;
		if (b->world == MIP_OK)
			b->world = batch_world(s);
		b->rc = cli_write(b->c, out);
		if (b->rc != 0)
			batch_stop(b);
	}
	if (out->cap > b->keep)
		buf_release(out);
}

static struct row_slot *
batch_slot(struct batch *b, uint64_t row)
{
	return &b->ring[row % b->nring];
}

/* Writes the row if those before it are written, and what has waited for it;
 * else leaves it in the ring.  With the lock held. */
static void
batch_in_order(struct batch *b, struct row *r)
{
	uint64_t head = b->head;
	struct row_slot *at = batch_slot(b, r->number - 1);
	struct buf own = r->out;

	if (r->number - 1 != head) {
		r->out = at->out;
		at->out = own;
		at->status = r->status;
		at->done = true;
		return;
	}
	batch_write(b, r->status, &r->out, r->number);
	for (at = batch_slot(b, ++head); at->done; at = batch_slot(b, head)) {
		at->done = false;
		batch_write(b, at->status, &at->out, ++head);
	}
	b->head = head;
	/* Not for each row, but for half a ring of them. */
	if (b->full && (b->ended || b->taken - head <= b->nring / 2)) {
		b->full = false;
		pthread_cond_signal(&b->freed);
	}
}

static void
batch_done(struct batch *b, struct row *r)
{
	pthread_mutex_lock(&b->lock);
	if (b->unordered)
		batch_write(b, r->status, &r->out, r->number);
	else
		batch_in_order(b, r);
	pthread_mutex_unlock(&b->lock);
}

/* ---- reading ---- */

/* Whoever waits holds nothing of the cache. */
static void
batch_idle(void *arg, bool idle)
{
	struct batch *b = arg;

	(idle ? lm_drop : lm_hold)(mip_env_lm(b->env));
}

/* Whether another row may be taken; waits for room. */
static bool
batch_room(struct batch *b)
{
	if (b->unordered || b->ended || b->taken - b->head < b->nring)
		return !b->ended;
	batch_idle(b, true);
	pthread_mutex_lock(&b->lock);
	while (b->taken - b->head == b->nring && !b->ended) {
		b->full = true;
		pthread_cond_wait(&b->freed, &b->lock);
	}
	pthread_mutex_unlock(&b->lock);
	batch_idle(b, false);
	return !b->ended;
}

static void
batch_cut(struct batch *b)
{
	pthread_mutex_lock(&b->lock);
	b->cut = true;
	pthread_mutex_unlock(&b->lock);
}

/* The next line that is not blank; false when there is none. */
static bool
batch_line(struct batch *b, struct row *r)
{
	char *line;
	size_t n, bom;

	for (;;) {
		switch (lines_next(b->in, &line, &n)) {
		case LINES_LINE:
			bom = b->begun ? 0 : buf_bom(line, n);
			line += bom;
			n -= bom;
			b->begun = true;
			if (strspn(line, " \t") == n)
				continue;
			buf_put(&r->text, line, n);
			return true;
		case LINES_LONG:
			r->bad = "the line is too long";
			return true;
		case LINES_END:
			return false;
		case LINES_WOKEN:
			batch_cut(b);
			return false;
		case LINES_ERROR:
			cli_say(b->c, "%s%sthe rows cannot be read: %s",
			    b->c->file ? b->c->file : "",
			    b->c->file ? ": " : "", strerror(errno));
			b->unread = mip_status_exit(MIP_IO);
			return false;
		case LINES_NOMEM:
			cli_say(b->c, "%s", mip_status_text(MIP_NOMEM));
			b->unread = mip_status_exit(MIP_NOMEM);
			return false;
		}
	}
}

/* Reads the next row; false at their end. */
static bool
batch_take(struct batch *b, struct row *r)
{
	bool got;

	buf_reset(&r->text);
	r->bad = NULL;
	if (pthread_mutex_trylock(&b->reading) != 0) {
		batch_idle(b, true);
		pthread_mutex_lock(&b->reading);
		batch_idle(b, false);
	}
	got = !b->closed && batch_room(b) && batch_line(b, r);
	if (got)
		r->number = ++b->taken;
	else
		b->closed = true;
	pthread_mutex_unlock(&b->reading);
	return got;
}

/* ---- threads ---- */

static void *
batch_main(void *arg)
{
	struct batch *b = arg;
	struct mip *m = mip_new(b->env);
	struct row r = { .told = b->unordered };
	struct arena a = { 0 };

	if (m)
		mip_set_slots(m, b->c->slots);
	batch_idle(b, false);
	while (batch_take(b, &r)) {
		if (m)
			row_run(b, &r, m, &a);
		else
			row_error(&r, MIP_NOMEM, mip_status_text(MIP_NOMEM));
		batch_done(b, &r);
	}
	batch_idle(b, true);
	buf_release(&r.text);
	buf_release(&r.out);
	arena_release(&a);
	mip_free(m);
	return NULL;
}

static bool
batch_ring(struct batch *b, unsigned jobs)
{
	if (b->unordered)
		return true;
	b->nring = (size_t)jobs * AHEAD;
	if (b->nring < AHEAD_LEAST)
		b->nring = AHEAD_LEAST;
	b->ring = calloc(b->nring, sizeof *b->ring);
	return b->ring != NULL;
}

/* The heaps of glibc that threads share grow by a page at a time, each with a
 * system call that stops all threads which want memory: as many as calls, at
 * a thousand threads.  They are to be had at once; what is not used costs
 * nothing. */
static void
batch_heaps(unsigned jobs)
{
#ifdef __GLIBC__
	if (jobs > WIDE)
		mallopt(M_TOP_PAD, (int)jobs * WIDE_HEAP);
#else
	(void)jobs;
#endif
}

static int
batch_do(struct batch *b, unsigned jobs)
{
	pthread_t *thread = calloc(jobs, sizeof *thread);
	unsigned n = 0, i;

	batch_heaps(jobs);
	/* Fewer rows want fewer threads. */
	if (thread && batch_ring(b, jobs))
		while (n < jobs && !b->closed && pthread_create(&thread[n],
		    NULL, batch_main, b) == 0)
			n++;
	if (n == 0) {
		cli_say(b->c, "%s", mip_status_text(MIP_NOMEM));
		b->unread = mip_status_exit(MIP_NOMEM);
	}
	for (i = 0; i < n; i++)
		pthread_join(thread[i], NULL);
	for (i = 0; i < b->nring && b->ring; i++)
		buf_release(&b->ring[i].out);
	free(b->ring);
	free(thread);
	return b->unread ? b->unread : b->rc;
}

int
cli_batch(struct cli *c, struct mip_env *env, const int wake[2])
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
	pthread_mutex_init(&b.reading, NULL);
	pthread_mutex_init(&b.lock, NULL);
	pthread_cond_init(&b.freed, NULL);
	lines_init(&in, fd, wake[0]);
	b.wake = wake[1];
	in.waits = batch_idle;
	in.waits_arg = &b;
	b.in = &in;
	b.keep = ROWS_KEEP / c->jobs < ROW_KEEP ? ROWS_KEEP / c->jobs :
	    ROW_KEEP;
	rc = batch_do(&b, c->jobs);
	lines_release(&in);
	pthread_cond_destroy(&b.freed);
	pthread_mutex_destroy(&b.lock);
	pthread_mutex_destroy(&b.reading);
	if (fd != STDIN_FILENO)
		close(fd);
	if (rc == 0 && b.cut)
		cli_say(c, "interrupted: %llu rows are done, %llu of them "
		    "failed; run it again, and what is in the cache is not "
		    "asked for again", (unsigned long long)b.done,
		    (unsigned long long)b.failed);
	if (rc == 0 && b.cut)
		return mip_status_exit(MIP_CANCELLED);
	if (rc != 0 || b.failed == 0)
		return rc;
	cli_say(c, "%llu of %llu rows failed%s%s%s",
	    (unsigned long long)b.failed, (unsigned long long)b.taken,
	    b.world != MIP_OK ? " (" : "",
	    b.world != MIP_OK ? mip_status_text(b.world) : "",
	    b.world != MIP_OK ? ")" : "");
	return mip_status_exit(b.world != MIP_OK ? b.world : MIP_FAIL);
}
