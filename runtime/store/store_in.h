/* The parts of the store.
 *
 * SPDX-License-Identifier: MIT */
#ifndef STORE_IN_H
#define STORE_IN_H

#include <pthread.h>
#include <stdatomic.h>

#include <sqlite3.h>

#include "store/store.h"

#define STORE_COLUMNS "request, model, server, sample, text, reasoning," \
	" finish, refused, rung, tokens_in, tokens_cached, tokens_written," \
	" tokens_out, latency, attempts, made"
#define STORE_VALUES " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10," \
	" ?11, ?12, ?13, ?14, ?15, ?16, ?17)"

/* X(NAME, connection, text). */
#define STORE_SQL(X) \
	X(GET, read, "SELECT text, reasoning, finish, refused, rung," \
	    " tokens_in, tokens_cached, tokens_written, tokens_out," \
	    " latency, attempts," \
	    " CASE WHEN made >= ?2 * 86400 THEN ?2 ELSE coalesce((SELECT day" \
	    " FROM used WHERE used.key = ?1), 0) END" \
	    " FROM reply WHERE key = ?1") \
	X(READ_BEGIN, read, "BEGIN") \
	X(READ_END, read, "COMMIT") \
	X(DIGEST_GET, read, "SELECT sha256 FROM digest" \
	    " WHERE path = ?1 AND size = ?2 AND mtime = ?3") \
	X(BEGIN, write, "BEGIN IMMEDIATE") \
	X(COMMIT, write, "COMMIT") \
	X(ROLLBACK, write, "ROLLBACK") \
	X(PUT, write, "INSERT OR REPLACE INTO reply(key, " STORE_COLUMNS \
	    ")" STORE_VALUES) \
	X(DIGEST_PUT, write, "INSERT OR REPLACE INTO digest" \
	    " VALUES (?1, ?2, ?3, ?4)") \
	X(HOLDER, write, "INSERT INTO ledger_held SELECT ?1, ?2," \
	    " coalesce(max(n), 0) + 1, 0, 0, 0 FROM ledger_held" \
	    " WHERE pid = ?1 AND born = ?2") \
	X(HOLDER_N, write, "SELECT max(n) FROM ledger_held" \
	    " WHERE pid = ?1 AND born = ?2") \
	X(UNHOLDER, write, "DELETE FROM ledger_held" \
	    " WHERE pid = ?1 AND born = ?2 AND n = ?3") \
	X(HOLDERS, write, "SELECT DISTINCT pid, born FROM ledger_held") \
	X(INHERIT, write, "UPDATE ledger_spent SET" \
	    " calls = calls + coalesce((SELECT sum(calls)" \
	    " FROM ledger_held WHERE pid = ?1 AND born = ?2), 0)," \
	    " tokens = tokens + coalesce((SELECT sum(tokens)" \
	    " FROM ledger_held WHERE pid = ?1 AND born = ?2), 0)," \
	    " pico = pico + coalesce((SELECT sum(pico)" \
	    " FROM ledger_held WHERE pid = ?1 AND born = ?2), 0)") \
	X(BURY, write, "DELETE FROM ledger_held" \
	    " WHERE pid = ?1 AND born = ?2") \
	X(SPENT, write, "SELECT calls, tokens, pico FROM ledger_spent") \
	X(HELD, write, "SELECT coalesce(sum(calls), 0)," \
	    " coalesce(sum(tokens), 0), coalesce(sum(pico), 0)" \
	    " FROM ledger_held") \
	X(HOLD, write, "UPDATE ledger_held SET calls = calls + ?4," \
	    " tokens = tokens + ?5, pico = pico + ?6" \
	    " WHERE pid = ?1 AND born = ?2 AND n = ?3") \
	X(SPEND, write, "UPDATE ledger_spent SET calls = calls + ?1," \
	    " tokens = tokens + ?2, pico = pico + ?3") \
	X(STAT, read, "SELECT count(*), coalesce(sum(tokens_in), 0)," \
	    " coalesce(sum(tokens_out), 0) FROM reply") \
	X(TOUCH, write, "INSERT OR REPLACE INTO used VALUES (?1, ?2)") \
	X(SHRINK, write, "DELETE FROM reply WHERE key IN (SELECT reply.key" \
	    " FROM reply LEFT JOIN used ON used.key = reply.key" \
	    " WHERE max(made / 86400.0, coalesce(day, 0)) < ?1" \
	    " ORDER BY max(made / 86400.0, coalesce(day, 0)), reply.rowid" \
	    " LIMIT (SELECT count(*) FROM reply) * ?2 / 1000 + 1)") \
	X(CLEAR, write, "DELETE FROM reply") \
	X(UNUSED, write, "DELETE FROM used" \
	    " WHERE key NOT IN (SELECT key FROM reply)") \
	X(ALL, read, "SELECT key, " STORE_COLUMNS " FROM reply" \
	    " ORDER BY made, key") \
	X(ADD, write, "INSERT OR IGNORE INTO reply(key, " STORE_COLUMNS ")" \
	    STORE_VALUES)

enum store_sql {
#define STORE_SQL_ENUM(name, where, text) STORE_##name,
	STORE_SQL(STORE_SQL_ENUM)
#undef STORE_SQL_ENUM
	STORE_NSQL
};

struct store_side {
	pthread_mutex_t lock;
	sqlite3 *db;
};

enum { STORE_TOUCHES = 512 };

/* A reply that was of use, and when: store_noted says which are kept. */
struct store_touch {
	unsigned char key[STORE_KEY];
	double day;
};

struct store {
	struct store_side read, write;  /* store_writer makes the second */
	sqlite3_stmt *sql[STORE_NSQL];
	unsigned holders;               /* read.lock; see store_hold */
	unsigned seen;                  /* looks into the reader's transaction,
	                                 * 0: there is none */
	int batch;                      /* first failure of a transaction */
	bool own;                       /* what is of no use may go */
	bool writes;
	int64_t most;                   /* bytes of the file; 0: any */
	atomic_bool tight;              /* more than half of that is used */
	unsigned puts;                  /* since the size was looked at */
	struct store_touch *touch;      /* read.lock */
	size_t ntouch;
	pthread_mutex_t why_lock;
	char why[STORE_WHY];
	char path[];
};

/* store_open, with what SQLite says. */
int store_try(const char *path, enum store_use use, struct store **out,
    char why[STORE_WHY]);

/* Whether a result of SQLite says that the file cannot be mended. */
bool store_is_ruined(int rc);

/* Executes texts of SQL, which may wait as a change to WAL does not by
 * itself; a result of SQLite. */
int store_run(sqlite3 *db, const char *sql);

/* Makes the writer if there is none; with its lock held.  A result of SQLite;
 * a failure is noted. */
int store_writer(struct store *s);

/* The statement, prepared when it is first asked for; with the lock of its
 * side held.  NULL, which SQLite binds, steps and resets to no effect, if that
 * fails: it is noted, and of the writer it is a failure of the transaction. */
sqlite3_stmt *store_statement(struct store *s, enum store_sql which);

/* Notes the sentence of a failure. */
enum mip_status store_fail(struct store *s, sqlite3 *db, int rc);

/* Steps a statement of the writer without rows; sticks to the first failure
 * of the transaction. */
void store_step(struct store *s, enum store_sql which);

/* NULL is null. */
void store_bind(sqlite3_stmt *q, int i, const char *text);

#endif
