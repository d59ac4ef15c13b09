/* Replies on disk, in SQLite: looking up, writing.
 *
 * SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/store_in.h"

enum {
	STORE_PUTS = 64,                /* between looks at the size */
	STORE_LOOKS = 256               /* in one transaction of the reader */
};

/* ---- replies ---- */

static char *
store_column(sqlite3_stmt *q, int i, size_t *len)
{
	const unsigned char *s = sqlite3_column_text(q, i);
	size_t n = (size_t)sqlite3_column_bytes(q, i);
	char *copy = malloc(n + 1);

	if (copy) {
		if (s && n > 0)
			memcpy(copy, s, n);
		copy[n] = '\0';
	}
	if (len)
		*len = n;
	return copy;
}

static enum reply_finish
store_finish(int v)
{
	return v == REPLY_LENGTH ? REPLY_LENGTH :
	    v == REPLY_FILTER ? REPLY_FILTER : REPLY_STOP;
}

static bool
store_row(sqlite3_stmt *q, struct store_reply *r)
{
	r->text = store_column(q, 0, &r->text_len);
	if (sqlite3_column_type(q, 1) != SQLITE_NULL)
		r->reasoning = store_column(q, 1, NULL);
	r->finish = store_finish(sqlite3_column_int(q, 2));
	r->refused = sqlite3_column_int(q, 3) != 0;
	r->rung = (enum mip_structure)sqlite3_column_int(q, 4);
	r->in = sqlite3_column_int64(q, 5);
	r->cached = sqlite3_column_int64(q, 6);
	r->written = sqlite3_column_int64(q, 7);
	r->out = sqlite3_column_int64(q, 8);
	r->latency_s = sqlite3_column_double(q, 9);
	r->attempts = (unsigned)sqlite3_column_int(q, 10);
	return r->text != NULL;
}

int64_t
store_day(void)
{
	return (int64_t)time(NULL) / 86400;
}

/* A day with what has gone of it. */
static double
store_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return ((double)t.tv_sec + (double)t.tv_nsec / 1e9) / 86400;
}

/* A use after this is not noted: for most stores the day is enough to tell
 * what is of no use.  Where room is short it depends on the moment. */
static double
store_noted(const struct store *s)
{
	return atomic_load(&s->tight) ? store_now() : (double)store_day();
}

/* Notes that the reply was of use; what finds no room is noted the next
 * time. */
static void
store_touch(struct store *s, const unsigned char key[STORE_KEY], double noted)
{
	struct store_touch *t;

	if (!s->own || noted >= store_noted(s))
		return;
	if (!s->touch)
		s->touch = malloc(STORE_TOUCHES * sizeof *s->touch);
	if (!s->touch || s->ntouch == STORE_TOUCHES)
		return;
	t = &s->touch[s->ntouch++];
	memcpy(t->key, key, STORE_KEY);
	t->day = store_now();
}

/* Within a transaction of the writer. */
static void
store_touch_all(struct store *s)
{
	sqlite3_stmt *q;
	struct store_touch *touch;
	size_t n, i;

	pthread_mutex_lock(&s->read.lock);
	touch = s->touch;
	n = s->ntouch;
	s->touch = NULL;
	s->ntouch = 0;
	pthread_mutex_unlock(&s->read.lock);
	q = n > 0 ? store_statement(s, STORE_TOUCH) : NULL;
	for (i = 0; q && i < n; i++) {
		sqlite3_bind_blob(q, 1, touch[i].key, STORE_KEY,
		    SQLITE_STATIC);
		sqlite3_bind_double(q, 2, touch[i].day);
		store_step(s, STORE_TOUCH);
	}
	free(touch);
}

/* With the lock of the reader held; without an effect where it fails. */
static void
store_look_begin(struct store *s)
{
	sqlite3_stmt *q = s->sql[STORE_READ_BEGIN];

	if (s->seen == 0 && s->holders > 0 && sqlite3_step(q) == SQLITE_DONE)
		s->seen = 1;
	sqlite3_reset(q);
}

static void
store_look_end(struct store *s)
{
	sqlite3_stmt *q = s->sql[STORE_READ_END];

	if (s->seen == 0)
		return;
	sqlite3_step(q);
	sqlite3_reset(q);
	s->seen = 0;
}

void
store_hold(struct store *s)
{
	pthread_mutex_lock(&s->read.lock);
	s->holders++;
	pthread_mutex_unlock(&s->read.lock);
}

void
store_drop(struct store *s)
{
	pthread_mutex_lock(&s->read.lock);
	if (--s->holders == 0)
		store_look_end(s);
	pthread_mutex_unlock(&s->read.lock);
}

/* Leaves the statement at its row, if there is one. */
static int
store_look(struct store *s, const unsigned char key[STORE_KEY])
{
	sqlite3_stmt *q = s->sql[STORE_GET];
	int rc;

	store_look_begin(s);
	sqlite3_bind_blob(q, 1, key, STORE_KEY, SQLITE_STATIC);
	sqlite3_bind_double(q, 2, store_noted(s));
	rc = sqlite3_step(q);
	if (rc == SQLITE_ROW || s->seen == 0)
		return rc;
	/* It may have come since the transaction began. */
	sqlite3_reset(q);
	store_look_end(s);
	return sqlite3_step(q);
}

enum mip_status
store_get(struct store *s, const unsigned char key[STORE_KEY],
    struct store_reply *r, bool *found)
{
	sqlite3_stmt *q = s->sql[STORE_GET];
	enum mip_status status = MIP_OK;
	int rc;

	*found = false;
	memset(r, 0, sizeof *r);
	pthread_mutex_lock(&s->read.lock);
	rc = store_look(s, key);
	if (rc == SQLITE_ROW) {
		*found = store_row(q, r);
		if (*found)
			store_touch(s, key, sqlite3_column_double(q, 11));
		else
			status = MIP_NOMEM;
	} else if (rc != SQLITE_DONE) {
		status = store_fail(s, s->read.db, rc);
	}
	sqlite3_reset(q);
	if (s->seen > 0 && s->seen++ == STORE_LOOKS)
		store_look_end(s);
	pthread_mutex_unlock(&s->read.lock);
	if (!*found)
		store_reply_release(r);
	return status;
}

void
store_reply_release(struct store_reply *r)
{
	free(r->text);
	free(r->reasoning);
	r->text = r->reasoning = NULL;
}

void
store_step(struct store *s, enum store_sql which)
{
	sqlite3_stmt *q = store_statement(s, which);
	int rc;

	if (s->batch == SQLITE_OK) {
		rc = sqlite3_step(q);
		if (rc != SQLITE_DONE && rc != SQLITE_ROW) {
			s->batch = rc;
			store_fail(s, s->write.db, rc);
		}
	}
	sqlite3_reset(q);
}

void
store_begin(struct store *s)
{
	pthread_mutex_lock(&s->write.lock);
	s->batch = store_writer(s);
	store_step(s, STORE_BEGIN);
}

void
store_bind(sqlite3_stmt *q, int i, const char *text)
{
	if (text)
		sqlite3_bind_text(q, i, text, -1, SQLITE_STATIC);
	else
		sqlite3_bind_null(q, i);
}

void
store_put(struct store *s, const unsigned char key[STORE_KEY],
    const struct store_reply *r, const struct store_about *about)
{
	sqlite3_stmt *q = store_statement(s, STORE_PUT);

	if (!q)
		return;
	sqlite3_bind_blob(q, 1, key, STORE_KEY, SQLITE_STATIC);
	store_bind(q, 2, about->request);
	store_bind(q, 3, about->model);
	store_bind(q, 4, about->server);
	store_bind(q, 5, about->sample);
	sqlite3_bind_text(q, 6, r->text, (int)r->text_len, SQLITE_STATIC);
	store_bind(q, 7, r->reasoning);
	sqlite3_bind_int(q, 8, (int)r->finish);
	sqlite3_bind_int(q, 9, r->refused);
	sqlite3_bind_int(q, 10, (int)r->rung);
	sqlite3_bind_int64(q, 11, r->in);
	sqlite3_bind_int64(q, 12, r->cached);
	sqlite3_bind_int64(q, 13, r->written);
	sqlite3_bind_int64(q, 14, r->out);
	sqlite3_bind_double(q, 15, r->latency_s);
	sqlite3_bind_int64(q, 16, r->attempts);
	sqlite3_bind_int64(q, 17, (sqlite3_int64)time(NULL));
	store_step(s, STORE_PUT);
	sqlite3_clear_bindings(q);
	s->puts++;
}

enum mip_status
store_commit(struct store *s)
{
	bool look = false;
	int rc;

	if (s->own)
		store_touch_all(s);
	store_step(s, STORE_COMMIT);
	rc = s->batch;
	if (rc != SQLITE_OK && s->write.db &&
	    !sqlite3_get_autocommit(s->write.db)) {
		sqlite3_step(s->sql[STORE_ROLLBACK]);
		sqlite3_reset(s->sql[STORE_ROLLBACK]);
	}
	if (rc == SQLITE_OK && s->most > 0 && s->puts >= STORE_PUTS) {
		s->puts = 0;
		look = true;
	}
	pthread_mutex_unlock(&s->write.lock);
	if (look)
		store_shrink(s, s->most, INT64_MAX, NULL);
	return rc == SQLITE_OK ? MIP_OK :
	    rc == SQLITE_NOMEM ? MIP_NOMEM : MIP_IO;
}

/* ---- digests ---- */

bool
store_digest_get(struct store *s, const char *path, int64_t size,
    int64_t mtime_ns, char hex[65])
{
	sqlite3_stmt *q;
	const unsigned char *text;
	bool ok = false;

	pthread_mutex_lock(&s->read.lock);
	q = store_statement(s, STORE_DIGEST_GET);
	store_bind(q, 1, path);
	sqlite3_bind_int64(q, 2, size);
	sqlite3_bind_int64(q, 3, mtime_ns);
	if (q && sqlite3_step(q) == SQLITE_ROW &&
	    sqlite3_column_bytes(q, 0) == 64 &&
	    (text = sqlite3_column_text(q, 0))) {
		memcpy(hex, text, 65);
		ok = true;
	}
	sqlite3_reset(q);
	store_bind(q, 1, NULL);
	pthread_mutex_unlock(&s->read.lock);
	return ok;
}

void
store_digest_put(struct store *s, const char *path, int64_t size,
    int64_t mtime_ns, const char *hex)
{
	sqlite3_stmt *q;

	store_begin(s);
	q = store_statement(s, STORE_DIGEST_PUT);
	store_bind(q, 1, path);
	sqlite3_bind_int64(q, 2, size);
	sqlite3_bind_int64(q, 3, mtime_ns);
	store_bind(q, 4, hex);
	store_step(s, STORE_DIGEST_PUT);
	store_bind(q, 1, NULL);
	store_bind(q, 4, NULL);
	store_commit(s);
}
