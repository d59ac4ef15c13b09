/* Upkeep of the store: how large it is, making it smaller, copying it.
 *
 * SPDX-License-Identifier: MIT */
#include "store/store_in.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"

static int64_t
store_pragma(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *q;
	int64_t v = -1;

	if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) == SQLITE_OK &&
	    sqlite3_step(q) == SQLITE_ROW)
		v = sqlite3_column_int64(q, 0);
	sqlite3_finalize(q);
	return v;
}

/* What is in use of the file. */
static int64_t
store_bytes(sqlite3 *db)
{
	return (store_pragma(db, "PRAGMA page_count") -
	    store_pragma(db, "PRAGMA freelist_count")) *
	    store_pragma(db, "PRAGMA page_size");
}

enum mip_status
store_stat(struct store *s, struct store_stat *st)
{
	enum mip_status status = MIP_OK;
	sqlite3_stmt *q;

	memset(st, 0, sizeof *st);
	pthread_mutex_lock(&s->read.lock);
	q = store_statement(s, STORE_STAT);
	if (q && sqlite3_step(q) == SQLITE_ROW) {
		st->replies = sqlite3_column_int64(q, 0);
		st->in = sqlite3_column_int64(q, 1);
		st->out = sqlite3_column_int64(q, 2);
	} else {
		status = store_fail(s, s->read.db,
		    sqlite3_errcode(s->read.db));
	}
	sqlite3_reset(q);
	if (st->replies > 0)
		st->bytes = store_bytes(s->read.db);
	pthread_mutex_unlock(&s->read.lock);
	return status;
}

void
store_limit(struct store *s, int64_t most)
{
	struct stat st;

	s->most = most;
	atomic_store(&s->tight, most > 0 && stat(s->path, &st) == 0 &&
	    st.st_size > most / 2);
}

/* One bite: some of the replies that were longest of no use. */
static enum mip_status
store_bite(struct store *s, int64_t permille, int64_t day, int64_t *n)
{
	sqlite3_stmt *q;

	store_begin(s);
	q = store_statement(s, STORE_SHRINK);
	sqlite3_bind_int64(q, 1, day);
	sqlite3_bind_int64(q, 2, permille);
	store_step(s, STORE_SHRINK);
	*n = s->batch == SQLITE_OK ? sqlite3_changes(s->write.db) : 0;
	if (*n > 0)
		store_step(s, STORE_UNUSED);
	return store_commit(s);
}

enum mip_status
store_shrink(struct store *s, int64_t most, int64_t day, int64_t *gone)
{
	enum mip_status status = MIP_OK;
	int64_t bytes = 0, n = 1, sum = 0;
	bool done = false;

	while (status == MIP_OK && !done && n > 0) {
		pthread_mutex_lock(&s->write.lock);
		if (store_writer(s) == SQLITE_OK)
			bytes = store_bytes(s->write.db);
		else
			status = MIP_IO;
		pthread_mutex_unlock(&s->write.lock);
		if (most > 0 && most == s->most)
			atomic_store(&s->tight, bytes > most / 2);
		done = bytes <= most;
		/* A tenth more than needed, or it would be due again soon. */
		if (!done)
			status = store_bite(s, (bytes - most + bytes / 10) *
			    1000 / bytes, day, &n);
		sum += done ? 0 : n;
	}
	if (gone)
		*gone = sum;
	return status;
}

void
store_compact(struct store *s)
{
	pthread_mutex_lock(&s->write.lock);
	if (store_writer(s) == SQLITE_OK)
		store_run(s->write.db, "VACUUM");
	pthread_mutex_unlock(&s->write.lock);
}

enum mip_status
store_clear(struct store *s, int64_t *gone)
{
	enum mip_status status;

	store_begin(s);
	store_step(s, STORE_CLEAR);
	*gone = s->batch == SQLITE_OK ? sqlite3_changes(s->write.db) : 0;
	store_step(s, STORE_UNUSED);
	status = store_commit(s);
	if (status == MIP_OK)
		store_compact(s);
	return status;
}

/* SQLite's own files beside it, too. */
static enum mip_status
store_remove(const char *path, char why[STORE_WHY])
{
	static const char *const end[] = { "-wal", "-shm", "" };
	struct buf name = BUF_INIT;
	bool ok = true;
	int e = 0;

	for (size_t i = 0; ok && i < sizeof end / sizeof *end; i++) {
		buf_reset(&name);
		buf_printf(&name, "%s%s", path, end[i]);
		ok = !name.failed && (unlink(buf_str(&name)) == 0 ||
		    errno == ENOENT);
		e = name.failed ? ENOMEM : errno;
	}
	if (!ok)
		snprintf(why, STORE_WHY, "%.220s: %.80s", path, strerror(e));
	buf_release(&name);
	return ok ? MIP_OK : MIP_IO;
}

enum mip_status
store_wipe(const char *path, int64_t *gone, char why[STORE_WHY])
{
	struct store *s;
	int rc;

	*gone = 0;
	why[0] = '\0';
	if (access(path, F_OK) != 0)
		return MIP_OK;
	rc = store_try(path, STORE_CACHE, &s, why);
	if (rc == SQLITE_OK) {
		store_clear(s, gone);
		rc = s->batch;
		store_why(s, why);
		store_close(s);
	}
	if (store_is_ruined(rc))
		return store_remove(path, why);
	return rc == SQLITE_OK ? MIP_OK :
	    rc == SQLITE_NOMEM ? MIP_NOMEM : MIP_IO;
}

enum mip_status
store_copy(struct store *to, struct store *from, int64_t *n)
{
	enum mip_status status = MIP_OK, kept;
	sqlite3_stmt *all, *add;
	int rc, i;

	*n = 0;
	pthread_mutex_lock(&from->read.lock);
	all = store_statement(from, STORE_ALL);
	store_begin(to);
	add = store_statement(to, STORE_ADD);
	while ((rc = sqlite3_step(all)) == SQLITE_ROW) {
		for (i = 0; i < sqlite3_column_count(all); i++)
			sqlite3_bind_value(add, i + 1,
			    sqlite3_column_value(all, i));
		store_step(to, STORE_ADD);
		*n += to->batch == SQLITE_OK ?
		    sqlite3_changes(to->write.db) : 0;
	}
	if (rc != SQLITE_DONE)
		status = store_fail(from, from->read.db, rc);
	sqlite3_reset(all);
	if (add)
		sqlite3_clear_bindings(add);
	kept = store_commit(to);
	pthread_mutex_unlock(&from->read.lock);
	return status != MIP_OK ? status : kept;
}

bool
store_cache_dir(struct buf *b, const char *dir)
{
	const char *base;

	if (!dir || !*dir)
		dir = getenv("MIPROC_CACHE_DIR");
	if (dir && *dir) {
		buf_puts(b, dir);
		return true;
	}
	base = getenv("XDG_CACHE_HOME");
	if (base && *base == '/') {
		buf_printf(b, "%s/miproc", base);
		return true;
	}
	base = getenv("HOME");
	if (!base || !*base)
		return false;
	buf_printf(b, "%s/.cache/miproc", base);
	return true;
}
