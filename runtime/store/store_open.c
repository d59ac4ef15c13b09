/* Opening and closing the store.
 *
 * Each store has two connections, so that a reader does not wait for the
 * writer's transaction.  A program waits for the first look before its first
 * request, so that nothing is made earlier than it is needed: the writer, and
 * most of the statements.
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
	STORE_VERSION = 3,              /* of the cache's tables */
	STORE_BUSY_MS = 10000,
	STORE_NEWER = -1                /* a result, beside those of SQLite */
};

/* What a hit reads stands before what is for people: the request is the
 * longest, and lies in pages of its own. */
static const char store_tables[] =
	"CREATE TABLE IF NOT EXISTS reply("
	" key BLOB PRIMARY KEY, made INTEGER NOT NULL,"
	" finish INTEGER NOT NULL, refused INTEGER NOT NULL,"
	" rung INTEGER NOT NULL, tokens_in INTEGER NOT NULL,"
	" tokens_cached INTEGER NOT NULL, tokens_written INTEGER NOT NULL,"
	" tokens_out INTEGER NOT NULL,"
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

/* From version 2 on: the day that a reply was of use last, with what had gone
 * of it if that mattered, if not the one it was made. */
static const char store_used[] =
	"CREATE TABLE IF NOT EXISTS used(key BLOB PRIMARY KEY,"
	" day INTEGER NOT NULL) WITHOUT ROWID;";

/* From version 3 on: tokens_written, which earlier files get at the end. */
static const char store_written[] =
	"ALTER TABLE reply ADD COLUMN"
	" tokens_written INTEGER NOT NULL DEFAULT 0;";

/* What stands for these where nothing may be written. */
static const char store_used_not[] =
	"CREATE TEMP TABLE used(key BLOB PRIMARY KEY, day INTEGER);";
static const char store_written_not[] =
	"CREATE TEMP VIEW reply AS"
	" SELECT *, 0 AS tokens_written FROM main.reply;";

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

/* SQLite has no word for what else there may be under a name. */
static bool
store_is_file(const char *path, char why[STORE_WHY])
{
	struct stat st;
	int e = stat(path, &st) != 0 ? errno :
	    S_ISDIR(st.st_mode) ? EISDIR : 0;

	if (e != 0)
		snprintf(why, STORE_WHY, "%.220s: %.80s", path, strerror(e));
	return e == 0;
}

/* Prompts are nobody else's business: the file is made for its owner.  One that
 * is there is not opened: closing it would give up the locks that this process
 * has on it by another store. */
static bool
store_make(const char *path, char why[STORE_WHY])
{
	char *copy;
	int fd;

	if (access(path, R_OK | W_OK) == 0)
		return store_is_file(path, why);
	copy = errno == ENOENT ? strdup(path) : NULL;
	if (copy && store_make_dirs(copy)) {
		fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd >= 0)
			close(fd);
		if (fd >= 0 || errno == EEXIST) {
			free(copy);
			return true;
		}
	}
	snprintf(why, STORE_WHY, "%.220s: %.80s", path, strerror(errno));
	free(copy);
	return false;
}

/* What a text of SQL gives that has at most one number. */
static int
store_number(void *number, int n, char **value, char **name)
{
	(void)n;
	(void)name;
	if (number && value[0])
		*(int *)number = (int)strtol(value[0], NULL, 10);
	return 0;
}

static int
store_ask(sqlite3 *db, const char *sql, int *number)
{
	double until = clock_now() + STORE_BUSY_MS / 1e3;
	int rc;

	for (;;) {
		rc = sqlite3_exec(db, sql, store_number, number, NULL);
		if (rc != SQLITE_BUSY || clock_now() >= until)
			return rc;
		clock_nap(20);
	}
}

int
store_run(sqlite3 *db, const char *sql)
{
	return store_ask(db, sql, NULL);
}

/* Runs `sql` if `count` of something gives none. */
static int
store_run_unless(sqlite3 *db, const char *count, const char *sql)
{
	int n = 0, rc = store_ask(db, count, &n);

	return rc == SQLITE_OK && n == 0 ? store_run(db, sql) : rc;
}

/* Gives an earlier file the column; a study's file has no version of ours. */
static int
store_add_written(sqlite3 *db, const char *how)
{
	return store_run_unless(db, "SELECT count(*) FROM"
	    " pragma_table_info('reply') WHERE name = 'tokens_written'", how);
}

/* A file that was left in WAL mode where nothing may be written has no other
 * files beside it that say so: it is read as it is. */
static int
store_connect_read_only(struct store_side *side, const char *path)
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
		if (rc == SQLITE_OK)
			rc = store_add_written(side->db, store_written_not);
		if (rc == SQLITE_OK)
			rc = store_run_unless(side->db, "SELECT count(*) FROM"
			    " sqlite_master WHERE name = 'used'",
			    store_used_not);
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
	int rc = sqlite3_open_v2(path, &side->db, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, NULL);

	if (rc == SQLITE_OK)
		sqlite3_busy_timeout(side->db, STORE_BUSY_MS);
	return rc;
}

/* Brings the tables to STORE_VERSION.  A later version goes here as another
 * step from the one before it. */
static int
store_migrate(sqlite3 *db, bool own)
{
	int version = 0, rc;

	rc = store_run(db, "BEGIN IMMEDIATE");
	if (rc == SQLITE_OK && own)
		rc = store_ask(db, "PRAGMA user_version", &version);
	if (rc == SQLITE_OK && version > STORE_VERSION)
		rc = STORE_NEWER;
	if (rc == SQLITE_OK && version < 1)
		rc = store_run(db, store_tables);
	if (rc == SQLITE_OK && version < 2)
		rc = store_run(db, store_used);
	if (rc == SQLITE_OK && version < 3)
		rc = store_add_written(db, store_written);
	if (rc == SQLITE_OK && own && version < STORE_VERSION)
		rc = store_run(db, "PRAGMA user_version=3");
	if (rc == SQLITE_OK)
		rc = store_run(db, "COMMIT");
	return rc;
}

/* ---- statements ---- */

static struct store_side *
store_side_of(struct store *s, enum store_sql which, const char **text)
{
	switch (which) {
#define STORE_SIDE(name, where, sql) \
	case STORE_##name: \
		*text = sql; \
		return &s->where;
	STORE_SQL(STORE_SIDE)
#undef STORE_SIDE
	case STORE_NSQL:
		break;
	}
	return NULL;
}

static int
store_prepare(struct store *s, enum store_sql which)
{
	const char *text;
	const struct store_side *side = store_side_of(s, which, &text);

	return sqlite3_prepare_v3(side->db, text, -1,
	    SQLITE_PREPARE_PERSISTENT, &s->sql[which], NULL);
}

sqlite3_stmt *
store_statement(struct store *s, enum store_sql which)
{
	const struct store_side *side;
	const char *text;
	int rc;

	if (s->sql[which])
		return s->sql[which];
	side = store_side_of(s, which, &text);
	if (!side->db)
		return NULL;
	rc = store_prepare(s, which);
	if (rc != SQLITE_OK) {
		store_fail(s, side->db, rc);
		if (side == &s->write && s->batch == SQLITE_OK)
			s->batch = rc;
	}
	return s->sql[which];
}

/* ---- the two sides ---- */

static void
store_side_close(struct store *s, struct store_side *side)
{
	const char *text;
	int i;

	for (i = 0; i < STORE_NSQL; i++)
		if (store_side_of(s, (enum store_sql)i, &text) == side) {
			sqlite3_finalize(s->sql[i]);
			s->sql[i] = NULL;
		}
	sqlite3_close(side->db);
	side->db = NULL;
}

/* What must not fail later: how a transaction ends. */
static int
store_prepare_ends(struct store *s)
{
	int rc = store_prepare(s, STORE_BEGIN);

	if (rc == SQLITE_OK)
		rc = store_prepare(s, STORE_COMMIT);
	if (rc == SQLITE_OK)
		rc = store_prepare(s, STORE_ROLLBACK);
	return rc;
}

int
store_writer(struct store *s)
{
	int rc;

	if (s->write.db)
		return SQLITE_OK;
	rc = store_connect(&s->write, s->path);
	if (rc == SQLITE_OK)
		rc = store_run(s->write.db, "PRAGMA journal_mode=WAL");
	if (rc == SQLITE_OK)
		rc = store_run(s->write.db, "PRAGMA synchronous=NORMAL");
	if (rc == SQLITE_OK)
		rc = store_migrate(s->write.db, s->own);
	if (rc == SQLITE_OK)
		rc = store_prepare_ends(s);
	if (rc != SQLITE_OK) {
		store_fail(s, s->write.db, rc);
		store_side_close(s, &s->write);
	}
	return rc;
}

/* Makes the reader, and before it the writer if the tables are not there or
 * may not be.  What fails is noted. */
static int
store_reader(struct store *s)
{
	int version = 0, rc;

	rc = s->writes ? store_connect(&s->read, s->path) :
	    store_connect_read_only(&s->read, s->path);
	if (rc == SQLITE_OK && s->own)
		rc = store_ask(s->read.db, "PRAGMA user_version", &version);
	if (rc == SQLITE_OK && version > STORE_VERSION)
		rc = STORE_NEWER;
	if (rc == SQLITE_OK && s->writes && version < STORE_VERSION) {
		rc = store_writer(s);
		if (rc != SQLITE_OK)
			return rc;
	}
	if (rc == SQLITE_OK)
		rc = store_prepare(s, STORE_GET);
	if (rc == SQLITE_OK)
		rc = store_prepare(s, STORE_READ_BEGIN);
	if (rc == SQLITE_OK)
		rc = store_prepare(s, STORE_READ_END);
	if (rc != SQLITE_OK)
		store_fail(s, s->read.db, rc);
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
	atomic_init(&s->tight, false);
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

int
store_try(const char *path, enum store_use use, struct store **out,
    char why[STORE_WHY])
{
	struct store *s;
	int rc;

	*out = NULL;
	why[0] = '\0';
	if (use == STORE_READ ? !store_is_file(path, why) :
	    !store_make(path, why))
		return SQLITE_CANTOPEN;
	s = store_alloc(path);
	if (!s) {
		snprintf(why, STORE_WHY, "%s", mip_status_text(MIP_NOMEM));
		return SQLITE_NOMEM;
	}
	s->own = use == STORE_CACHE;
	s->writes = use != STORE_READ;
	rc = store_reader(s);
	if (rc == SQLITE_OK) {
		*out = s;
	} else {
		store_why(s, why);
		store_close(s);
	}
	return rc;
}

enum mip_status
store_open(const char *path, enum store_use use, struct store **out,
    char why[STORE_WHY])
{
	int rc = store_try(path, use, out, why);

	return rc == SQLITE_OK ? MIP_OK :
	    rc == SQLITE_NOMEM ? MIP_NOMEM : MIP_IO;
}

void
store_close(struct store *s)
{
	if (!s)
		return;
	if (s->ntouch > 0) {
		store_begin(s);
		store_commit(s);
	}
	/* Many processes may each have written too little to look. */
	if (s->puts > 0 && atomic_load(&s->tight))
		store_shrink(s, s->most, INT64_MAX, NULL);
	free(s->touch);
	store_side_close(s, &s->read);
	store_side_close(s, &s->write);
	pthread_mutex_destroy(&s->read.lock);
	pthread_mutex_destroy(&s->write.lock);
	pthread_mutex_destroy(&s->why_lock);
	free(s);
}

bool
store_writes(const struct store *s)
{
	return s->writes;
}

/* ---- failures ---- */

bool
store_is_ruined(int rc)
{
	return rc == SQLITE_NOTADB || rc == SQLITE_CORRUPT;
}

enum mip_status
store_fail(struct store *s, sqlite3 *db, int rc)
{
	const char *what = db && sqlite3_errcode(db) != SQLITE_OK ?
	    sqlite3_errmsg(db) : sqlite3_errstr(rc);

	pthread_mutex_lock(&s->why_lock);
	if (rc == STORE_NEWER)
		what = "it was written by a newer miproc";
	snprintf(s->why, STORE_WHY, "%.200s: %.60s%s", s->path, what,
	    s->own && store_is_ruined(rc) ?
	    "; remove it, and it is made anew" : "");
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
