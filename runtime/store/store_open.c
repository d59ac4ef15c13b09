/* Opening and closing the store.
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
#include <unistd.h>

#include "core/buf.h"
#include "core/clock.h"
#include "store/store_in.h"

enum {
	STORE_VERSION = 2,              /* of the cache's tables */
	STORE_BUSY_MS = 10000
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
