/* Replies on disk, in SQLite.
 *
 * Each store has two connections, so that a reader does not wait for the
 * writer's transaction.
 *
 * SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/clock.h"
#include "store/store_in.h"

enum {
	STORE_VERSION = 2,              /* of the cache's tables */
	STORE_BUSY_MS = 10000,
	STORE_PUTS = 64,                /* between looks at the size */
	STORE_LOOKS = 256               /* in one transaction of the reader */
};

/* What a hit reads stands before what is for people: the request is the
 * longest, and lies in pages of its own. */
static const char store_tables[] =
	"CREATE TABLE IF NOT EXISTS reply("
	" key BLOB PRIMARY KEY, made INTEGER NOT NULL,"
	" finish INTEGER NOT NULL, refused INTEGER NOT NULL,"
	" rung INTEGER NOT NULL, tokens_in INTEGER NOT NULL,"
	" tokens_cached INTEGER NOT NULL, tokens_out INTEGER NOT NULL,"
	" latency REAL NOT NULL, attempts INTEGER NOT NULL,"
	" text TEXT NOT NULL, reasoning TEXT, model TEXT NOT NULL,"
	" server TEXT NOT NULL, sample TEXT NOT NULL,"
	" request TEXT NOT NULL);"
	"CREATE TABLE IF NOT EXISTS digest(path TEXT PRIMARY KEY,"
	" size INTEGER NOT NULL, mtime INTEGER NOT NULL,"
	" sha256 TEXT NOT NULL);"
	"CREATE TABLE IF NOT EXISTS ledger_spent("
	" one INTEGER PRIMARY KEY CHECK (one = 1), calls INTEGER NOT NULL,"
	" tokens INTEGER NOT NULL, pico INTEGER NOT NULL);"
	"INSERT OR IGNORE INTO ledger_spent VALUES (1, 0, 0, 0);"
	"CREATE TABLE IF NOT EXISTS ledger_held(pid INTEGER, born INTEGER,"
	" n INTEGER, calls INTEGER NOT NULL, tokens INTEGER NOT NULL,"
	" pico INTEGER NOT NULL, PRIMARY KEY (pid, born, n));";

/* From version 2 on: the last day that a reply was of use, if not the one it
 * was made. */
static const char store_used[] =
	"CREATE TABLE IF NOT EXISTS used(key BLOB PRIMARY KEY,"
	" day INTEGER NOT NULL) WITHOUT ROWID;";

/* ---- opening ---- */

static bool
store_make_dirs(char *path)
{
	char *at;

	for (at = path + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		if (mkdir(path, 0700) != 0 && errno != EEXIST &&
		    access(path, F_OK) != 0) {
			*at = '/';
			return false;
		}
		*at = '/';
	}
	return true;
}

/* Prompts are nobody else's business: the file is made for its owner. */
static bool
store_make(const char *path, char why[STORE_WHY])
{
	char *copy = strdup(path);
	int fd = -1;

	if (copy && store_make_dirs(copy))
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	free(copy);
	if (fd < 0) {
		snprintf(why, STORE_WHY, "%.220s: %.80s", path,
		    strerror(errno));
		return false;
	}
	close(fd);
	return true;
}

int
store_run(sqlite3 *db, const char *sql)
{
	int rc, i;

	for (i = 0; i < STORE_BUSY_MS / 20; i++) {
		rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
		if (rc != SQLITE_BUSY)
			break;
		clock_nap(20);
	}
	return rc;
}

/* A file that was left in WAL mode where nothing may be written has no other
 * files beside it that say so: it is read as it is. */
static int
store_connect_reader(struct store_side *side, const char *path)
{
	struct buf uri = BUF_INIT;
	const char *s;
	int rc, try;

	buf_puts(&uri, "file:");
	for (s = path; *s; s++)
		buf_printf(&uri, strchr("%?#", *s) ? "%%%02x" : "%c", *s);
	for (try = 0; try < 2; try++) {
		if (try == 1)
			buf_puts(&uri, "?immutable=1");
		rc = uri.failed ? SQLITE_NOMEM : sqlite3_open_v2(buf_str(&uri),
		    &side->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX |
		    SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_URI, NULL);
		if (rc == SQLITE_OK)
			rc = store_run(side->db, "SELECT 1 FROM reply LIMIT 1");
		if (rc == SQLITE_OK || rc == SQLITE_NOMEM)
			break;
		if (try == 0) {
			sqlite3_close(side->db);
			side->db = NULL;
		}
	}
	buf_release(&uri);
	return rc;
}

static int
store_connect(struct store_side *side, const char *path)
{
	int rc;

	rc = sqlite3_open_v2(path, &side->db, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, NULL);
	if (rc != SQLITE_OK)
		return rc;
	sqlite3_busy_timeout(side->db, STORE_BUSY_MS);
	rc = store_run(side->db, "PRAGMA journal_mode=WAL");
	if (rc == SQLITE_OK)
		rc = store_run(side->db, "PRAGMA synchronous=NORMAL");
	return rc;
}

static int
store_version(sqlite3 *db, int *version)
{
	sqlite3_stmt *q;
	int rc = sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &q, NULL);

	*version = 0;
	if (rc != SQLITE_OK)
		return rc;
	if (sqlite3_step(q) == SQLITE_ROW)
		*version = sqlite3_column_int(q, 0);
	return sqlite3_finalize(q);
}

/* Brings the tables to STORE_VERSION.  A later version goes here as another
 * step from the one before it. */
static int
store_migrate(sqlite3 *db, bool own, char why[STORE_WHY])
{
	int version = 0, rc;

	rc = store_run(db, "BEGIN IMMEDIATE");
	if (rc == SQLITE_OK && own)
		rc = store_version(db, &version);
	if (rc == SQLITE_OK && version > STORE_VERSION) {
		snprintf(why, STORE_WHY, "it was written by a newer miproc");
		rc = SQLITE_ERROR;
	}
	if (rc == SQLITE_OK && version < 1)
		rc = store_run(db, store_tables);
	if (rc == SQLITE_OK && version < 2)
		rc = store_run(db, store_used);
	if (rc == SQLITE_OK && own && version < STORE_VERSION)
		rc = store_run(db, "PRAGMA user_version=2");
	if (rc == SQLITE_OK)
		rc = store_run(db, "COMMIT");
	return rc;
}

static int
store_prepare(struct store *s)
{
	int rc = SQLITE_OK;

#define STORE_PREPARE(name, where, text) \
	if (rc == SQLITE_OK && s->where.db) \
		rc = sqlite3_prepare_v3(s->where.db, text, -1, \
		    SQLITE_PREPARE_PERSISTENT, &s->sql[STORE_##name], NULL);
	STORE_SQL(STORE_PREPARE)
#undef STORE_PREPARE
	return rc;
}

static struct store *
store_alloc(const char *path)
{
	size_t n = strlen(path) + 1;
	struct store *s = calloc(1, sizeof *s + n);

	if (!s)
		return NULL;
	memcpy(s->path, path, n);
	if (pthread_mutex_init(&s->read.lock, NULL) != 0)
		goto no_read;
	if (pthread_mutex_init(&s->write.lock, NULL) != 0)
		goto no_write;
	if (pthread_mutex_init(&s->why_lock, NULL) != 0)
		goto no_why;
	return s;
no_why:
	pthread_mutex_destroy(&s->write.lock);
no_write:
	pthread_mutex_destroy(&s->read.lock);
no_read:
	free(s);
	return NULL;
}

static int
store_connect_all(struct store *s, enum store_use use, char why[STORE_WHY])
{
	int rc;

	if (use == STORE_READ)
		return store_connect_reader(&s->read, s->path);
	rc = store_connect(&s->write, s->path);
	if (rc == SQLITE_OK)
		rc = store_migrate(s->write.db, use == STORE_CACHE, why);
	if (rc == SQLITE_OK)
		rc = store_connect(&s->read, s->path);
	return rc;
}

enum mip_status
store_open(const char *path, enum store_use use, struct store **out,
    char why[STORE_WHY])
{
	struct store *s;
	sqlite3 *db;
	int rc;

	*out = NULL;
	why[0] = '\0';
	if (use != STORE_READ && !store_make(path, why))
		return MIP_IO;
	s = store_alloc(path);
	if (!s) {
		snprintf(why, STORE_WHY, "%s", mip_status_text(MIP_NOMEM));
		return MIP_NOMEM;
	}
	s->own = use == STORE_CACHE;
	rc = store_connect_all(s, use, why);
	if (rc == SQLITE_OK)
		rc = store_prepare(s);
	if (rc == SQLITE_OK) {
		*out = s;
		return MIP_OK;
	}
	db = s->read.db ? s->read.db : s->write.db;
	if (!why[0])
		snprintf(why, STORE_WHY, "%.200s: %.60s%s", path,
		    db && sqlite3_errcode(db) != SQLITE_OK ?
		    sqlite3_errmsg(db) : sqlite3_errstr(rc),
		    rc == SQLITE_NOTADB || rc == SQLITE_CORRUPT ?
		    "; remove it, and it is made anew" : "");
	store_close(s);
	return rc == SQLITE_NOMEM ? MIP_NOMEM : MIP_IO;
}

void
store_close(struct store *s)
{
	size_t i;

	if (!s)
		return;
	if (s->ntouch > 0) {
		store_begin(s);
		store_commit(s);
	}
	free(s->touch);
	for (i = 0; i < STORE_NSQL; i++)
		sqlite3_finalize(s->sql[i]);
	sqlite3_close(s->read.db);
	sqlite3_close(s->write.db);
	pthread_mutex_destroy(&s->read.lock);
	pthread_mutex_destroy(&s->write.lock);
	pthread_mutex_destroy(&s->why_lock);
	free(s);
}

bool
store_writes(const struct store *s)
{
	return s->write.db != NULL;
}

/* ---- failures ---- */

enum mip_status
store_fail(struct store *s, sqlite3 *db, int rc)
{
	pthread_mutex_lock(&s->why_lock);
	snprintf(s->why, sizeof s->why, "%.220s: %.80s", s->path,
	    db ? sqlite3_errmsg(db) : sqlite3_errstr(rc));
	pthread_mutex_unlock(&s->why_lock);
	return rc == SQLITE_NOMEM ? MIP_NOMEM : MIP_IO;
}

void
store_why(struct store *s, char why[STORE_WHY])
{
	pthread_mutex_lock(&s->why_lock);
	memcpy(why, s->why, STORE_WHY);
	pthread_mutex_unlock(&s->why_lock);
}

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
	r->out = sqlite3_column_int64(q, 7);
	r->latency_s = sqlite3_column_double(q, 8);
	r->attempts = (unsigned)sqlite3_column_int(q, 9);
	return r->text != NULL;
}

int64_t
store_day(void)
{
	return (int64_t)time(NULL) / 86400;
}

/* Notes that the reply was of use today; what finds no room is noted the next
 * time. */
static void
store_touch(struct store *s, const unsigned char key[STORE_KEY], int64_t day)
{
	if (!s->own || day >= store_day())
		return;
	if (!s->touch)
		s->touch = malloc(STORE_TOUCHES * sizeof *s->touch);
	if (s->touch && s->ntouch < STORE_TOUCHES)
		memcpy(s->touch[s->ntouch++].key, key, STORE_KEY);
}

/* Within a transaction of the writer. */
static void
store_touch_all(struct store *s)
{
	sqlite3_stmt *q = s->sql[STORE_TOUCH];
	struct store_touch *touch;
	size_t n, i;

	pthread_mutex_lock(&s->read.lock);
	touch = s->touch;
	n = s->ntouch;
	s->touch = NULL;
	s->ntouch = 0;
	pthread_mutex_unlock(&s->read.lock);
	for (i = 0; i < n; i++) {
		sqlite3_bind_blob(q, 1, touch[i].key, STORE_KEY,
		    SQLITE_STATIC);
		sqlite3_bind_int64(q, 2, store_day());
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
	sqlite3_bind_int64(q, 2, store_day());
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
			store_touch(s, key, sqlite3_column_int64(q, 10));
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
	sqlite3_stmt *q = s->sql[which];
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
	s->batch = SQLITE_OK;
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
	sqlite3_stmt *q = s->sql[STORE_PUT];

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
	sqlite3_bind_int64(q, 13, r->out);
	sqlite3_bind_double(q, 14, r->latency_s);
	sqlite3_bind_int64(q, 15, r->attempts);
	sqlite3_bind_int64(q, 16, (sqlite3_int64)time(NULL));
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
	if (rc != SQLITE_OK && !sqlite3_get_autocommit(s->write.db)) {
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
	sqlite3_stmt *q = s->sql[STORE_DIGEST_GET];
	const unsigned char *text;
	bool ok = false;

	pthread_mutex_lock(&s->read.lock);
	store_bind(q, 1, path);
	sqlite3_bind_int64(q, 2, size);
	sqlite3_bind_int64(q, 3, mtime_ns);
	if (sqlite3_step(q) == SQLITE_ROW &&
	    sqlite3_column_bytes(q, 0) == 64 &&
	    (text = sqlite3_column_text(q, 0))) {
		memcpy(hex, text, 65);
		ok = true;
	}
	sqlite3_reset(q);
	sqlite3_clear_bindings(q);
	pthread_mutex_unlock(&s->read.lock);
	return ok;
}

void
store_digest_put(struct store *s, const char *path, int64_t size,
    int64_t mtime_ns, const char *hex)
{
	sqlite3_stmt *q = s->sql[STORE_DIGEST_PUT];

	store_begin(s);
	store_bind(q, 1, path);
	sqlite3_bind_int64(q, 2, size);
	sqlite3_bind_int64(q, 3, mtime_ns);
	store_bind(q, 4, hex);
	store_step(s, STORE_DIGEST_PUT);
	sqlite3_clear_bindings(q);
	store_commit(s);
}
