/* The study's database.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "tune/study.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "core/sha256.h"
#include "store/store.h"
#include "tune/choices.h"

enum { STUDY_BUSY_MS = 10000 };

/* X(NAME, text) */
#define STUDY_SQL(X) \
	X(TRIAL, "INSERT INTO trial(run, trial, kind, slots, rows, mean)" \
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6)") \
	X(SCORE, "INSERT INTO score VALUES (?1, ?2, ?3, ?4)") \
	X(EVENT, "INSERT INTO event(run, kind, text) VALUES (?1, ?2, ?3)") \
	X(END, "UPDATE run SET complete = ?2 WHERE id = ?1")

enum study_sql {
#define STUDY_SQL_ENUM(name, text) STUDY_##name,
	STUDY_SQL(STUDY_SQL_ENUM)
#undef STUDY_SQL_ENUM
	STUDY_NSQL
};

struct study {
	sqlite3 *db;
	sqlite3_stmt *sql[STUDY_NSQL];
	int lock;
	sqlite3_int64 run;
	bool failed;
};

static const char study_tables[] =
	"CREATE TABLE IF NOT EXISTS run(id INTEGER PRIMARY KEY,"
	" program TEXT NOT NULL, strategy TEXT NOT NULL,"
	" settings TEXT NOT NULL, seed TEXT NOT NULL, data TEXT NOT NULL,"
	" complete INTEGER NOT NULL);"
	"CREATE TABLE IF NOT EXISTS trial(id INTEGER PRIMARY KEY,"
	" run INTEGER NOT NULL, trial INTEGER NOT NULL, kind TEXT NOT NULL,"
	" slots TEXT NOT NULL, rows INTEGER NOT NULL, mean REAL);"
	"CREATE TABLE IF NOT EXISTS score(trial INTEGER NOT NULL,"
	" row INTEGER NOT NULL, score REAL, class TEXT NOT NULL);"
	"CREATE TABLE IF NOT EXISTS event(id INTEGER PRIMARY KEY,"
	" run INTEGER NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL);";

static const char forget_replies[] =
	"BEGIN IMMEDIATE; DELETE FROM reply;"
	" UPDATE ledger_spent SET calls = 0, tokens = 0, pico = 0;"
	" DELETE FROM ledger_held; COMMIT";

/* The run that goes on is written again from its beginning. */
static const char forget_unfinished[] =
	"BEGIN IMMEDIATE;"
	" DELETE FROM score WHERE trial IN (SELECT id FROM trial WHERE run IN"
	" (SELECT id FROM run WHERE complete = 0));"
	" DELETE FROM trial WHERE run IN"
	" (SELECT id FROM run WHERE complete = 0);"
	" DELETE FROM event WHERE run IN"
	" (SELECT id FROM run WHERE complete = 0);"
	" DELETE FROM run WHERE complete = 0; COMMIT";

/* ---- identity ---- */

static void
key_text(struct sha256 *h, const char *s)
{
	if (!s)
		s = "";
	sha256_update(h, s, strlen(s) + 1);
}

static void
key_setting(struct sha256 *h, const struct setting *s)
{
	char text[64];

	snprintf(text, sizeof text, "%d %lld %.17g", (int)s->kind,
	    (long long)s->i, s->f);
	key_text(h, s->name);
	key_text(h, text);
	key_text(h, s->s);
}

/* What the course of the study depends on; not what it may cost. */
static bool
study_key(const struct tune_task *t, char hex[SHA256_HEX])
{
	const struct pin *p;
	struct arena a = BASE_ARENA_INIT;
	const struct setting *s;
	struct sha256 h;
	char seed[32];
	size_t i;

	sha256_init(&h);
	snprintf(seed, sizeof seed, "%llu", (unsigned long long)t->seed);
	key_text(&h, t->mod->hash);
	key_text(&h, t->source_text);
	key_text(&h, t->strategy);
	key_text(&h, t->metric);
	key_text(&h, seed);
	key_text(&h, t->data_hash);
	key_text(&h, t->teacher);
	key_text(&h, t->prompt_model ? t->prompt_model->name : NULL);
	key_text(&h, t->base_url);
	for (i = 0; t->model_override && t->model_override[i]; i++)
		key_text(&h, t->model_override[i]);
	for (s = t->setting; s; s = s->next)
		key_setting(&h, s);
	for (p = t->mod->pin; p; p = p->next) {
		key_text(&h, p->name);
		key_text(&h, choices_json(&a, &p->value));
	}
	arena_release(&a);
	return sha256_final_hex(&h, hex);
}

/* ---- opening ---- */

static bool
study_lock(struct study *s, const char *path, char why[320])
{
	size_t n = strlen(path) + sizeof ".lock";
	char *name = malloc(n);
	struct flock f = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (!name)
		return false;
	snprintf(name, n, "%s.lock", path);
	s->lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	free(name);
	if (s->lock >= 0 && fcntl(s->lock, F_SETLK, &f) == 0)
		return true;
	if (errno == EACCES || errno == EAGAIN)
		snprintf(why, 320, "another study is using %.200s", path);
	else
		snprintf(why, 320, "cannot lock %.200s: %.80s", path,
		    strerror(errno));
	return false;
}

static bool
study_exec(struct study *s, const char *sql)
{
	return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* Whether the last run had this key and did not end. */
static bool
study_was_interrupted(struct study *s, const char *key)
{
	sqlite3_stmt *q = NULL;
	bool was = false;

	if (sqlite3_prepare_v2(s->db, "SELECT settings = ?1 AND complete = 0"
	    " FROM run ORDER BY id DESC LIMIT 1", -1, &q, NULL) != SQLITE_OK)
		return false;
	sqlite3_bind_text(q, 1, key, -1, SQLITE_STATIC);
	if (sqlite3_step(q) == SQLITE_ROW)
		was = sqlite3_column_int(q, 0) != 0;
	sqlite3_finalize(q);
	return was;
}

static bool
study_begin(struct study *s, const struct tune_task *t, const char *key)
{
	sqlite3_stmt *q = NULL;
	char seed[32];
	bool ok;

	snprintf(seed, sizeof seed, "%llu", (unsigned long long)t->seed);
	if (sqlite3_prepare_v2(s->db, "INSERT INTO run(program, strategy,"
	    " settings, seed, data, complete) VALUES (?1, ?2, ?3, ?4, ?5, 0)",
	    -1, &q, NULL) != SQLITE_OK)
		return false;
	sqlite3_bind_text(q, 1, t->mod->hash ? t->mod->hash : "", -1,
	    SQLITE_STATIC);
	sqlite3_bind_text(q, 2, t->strategy, -1, SQLITE_STATIC);
	sqlite3_bind_text(q, 3, key, -1, SQLITE_STATIC);
	sqlite3_bind_text(q, 4, seed, -1, SQLITE_STATIC);
	sqlite3_bind_text(q, 5, t->data_hash ? t->data_hash : "", -1,
	    SQLITE_STATIC);
	ok = sqlite3_step(q) == SQLITE_DONE;
	sqlite3_finalize(q);
	s->run = sqlite3_last_insert_rowid(s->db);
	return ok;
}

static bool
study_connect(struct study *s, const char *path)
{
	bool ok;

	ok = sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, NULL) ==
	    SQLITE_OK;
	if (!ok)
		return false;
	sqlite3_busy_timeout(s->db, STUDY_BUSY_MS);
	ok = study_exec(s, "PRAGMA journal_mode=WAL") &&
	    study_exec(s, "PRAGMA synchronous=NORMAL") &&
	    study_exec(s, study_tables);
#define STUDY_PREPARE(name, text) \
	ok = ok && sqlite3_prepare_v2(s->db, text, -1, \
	    &s->sql[STUDY_##name], NULL) == SQLITE_OK;
	STUDY_SQL(STUDY_PREPARE)
#undef STUDY_PREPARE
	return ok;
}

/* The file with the tables of replies and ledger, for its owner alone. */
static enum mip_status
study_make(const char *path, char why[320])
{
	struct store *store;
	enum mip_status s = store_open(path, STORE_SHARE, &store, why);

	store_close(store);
	return s;
}

static enum mip_status
study_fill(struct study *s, const struct tune_task *t, bool *resumed,
    char why[320])
{
	char key[SHA256_HEX];
	bool ok = study_key(t, key) && study_connect(s, t->study_path);

	if (ok) {
		*resumed = t->resume || study_was_interrupted(s, key);
		if (!*resumed)
			ok = study_exec(s, forget_replies);
		ok = ok && study_exec(s, forget_unfinished) &&
		    study_begin(s, t, key);
	}
	if (ok)
		return MIP_OK;
	snprintf(why, 320, "%.200s: %.100s", t->study_path,
	    s->db ? sqlite3_errmsg(s->db) : "it cannot be opened");
	return MIP_IO;
}

enum mip_status
study_open(const struct tune_task *t, struct study **out, bool *resumed,
    char why[320])
{
	struct study *s = calloc(1, sizeof *s);
	enum mip_status status = MIP_USAGE;

	*out = NULL;
	*resumed = false;
	if (!s) {
		snprintf(why, 320, "%s", mip_status_text(MIP_NOMEM));
		return MIP_NOMEM;
	}
	s->lock = -1;
	if (study_lock(s, t->study_path, why))
		status = study_make(t->study_path, why);
	if (status == MIP_OK)
		status = study_fill(s, t, resumed, why);
	if (status == MIP_OK)
		*out = s;
	else
		study_close(s, false);
	return status;
}

static bool
study_step(struct study *s, sqlite3_stmt *q)
{
	if (sqlite3_step(q) != SQLITE_DONE)
		s->failed = true;
	sqlite3_reset(q);
	return !s->failed;
}

void
study_close(struct study *s, bool complete)
{
	sqlite3_stmt *q;
	size_t i;

	if (!s)
		return;
	q = s->sql[STUDY_END];
	if (q && s->run > 0) {
		sqlite3_bind_int64(q, 1, s->run);
		sqlite3_bind_int(q, 2, complete);
		study_step(s, q);
	}
	for (i = 0; i < STUDY_NSQL; i++)
		sqlite3_finalize(s->sql[i]);
	sqlite3_close(s->db);
	if (s->lock >= 0)
		close(s->lock);
	free(s);
}

bool
study_failed(const struct study *s)
{
	return s->failed;
}

/* ---- writing ---- */

static void
put_scores(struct study *s, const struct study_trial *t, sqlite3_int64 id)
{
	sqlite3_stmt *q = s->sql[STUDY_SCORE];
	size_t i, row;

	for (i = 0; i < t->n && !s->failed; i++) {
		row = t->row[i];
		sqlite3_bind_int64(q, 1, id);
		sqlite3_bind_int64(q, 2, (sqlite3_int64)row);
		sqlite3_bind_double(q, 3, t->score[row]);
		sqlite3_bind_text(q, 4, mip_status_word(
		    (enum mip_status)t->outcome[row]), -1, SQLITE_STATIC);
		study_step(s, q);
	}
}

void
study_trial(struct study *s, const struct study_trial *t)
{
	sqlite3_stmt *q = s->sql[STUDY_TRIAL];

	if (s->failed || !study_exec(s, "BEGIN IMMEDIATE")) {
		s->failed = true;
		return;
	}
	sqlite3_bind_int64(q, 1, s->run);
	sqlite3_bind_int64(q, 2, t->trial);
	sqlite3_bind_text(q, 3, t->kind, -1, SQLITE_STATIC);
	sqlite3_bind_text(q, 4, t->slots, -1, SQLITE_STATIC);
	sqlite3_bind_int64(q, 5, (sqlite3_int64)t->n);
	sqlite3_bind_double(q, 6, t->mean);
	if (study_step(s, q))
		put_scores(s, t, sqlite3_last_insert_rowid(s->db));
	if (!study_exec(s, s->failed ? "ROLLBACK" : "COMMIT"))
		s->failed = true;
}

void
study_event(struct study *s, const char *kind, const char *text)
{
	sqlite3_stmt *q = s->sql[STUDY_EVENT];

	if (s->failed)
		return;
	sqlite3_bind_int64(q, 1, s->run);
	sqlite3_bind_text(q, 2, kind, -1, SQLITE_STATIC);
	sqlite3_bind_text(q, 3, text, -1, SQLITE_STATIC);
	study_step(s, q);
}

/* ---- reading ---- */

static const char study_lines[] =
	"SELECT run.id, strategy, seed, complete, trial.trial, kind, slots,"
	" rows, mean FROM run LEFT JOIN trial ON trial.run = run.id"
	" ORDER BY run.id, trial.id";

static const char *
text_of(sqlite3_stmt *q, int column)
{
	return (const char *)sqlite3_column_text(q, column);
}

enum mip_status
study_read(const char *path, void (*each)(void *arg, const struct study_line *),
    void *arg, char why[320])
{
	sqlite3_stmt *q = NULL;
	sqlite3 *db = NULL;
	int got = sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY |
	    SQLITE_OPEN_NOMUTEX, NULL);

	if (got == SQLITE_OK) {
		sqlite3_busy_timeout(db, STUDY_BUSY_MS);
		got = sqlite3_prepare_v2(db, study_lines, -1, &q, NULL);
	}
	while (got == SQLITE_OK && (got = sqlite3_step(q)) == SQLITE_ROW) {
		struct study_line l = { .run = sqlite3_column_int64(q, 0),
		    .strategy = text_of(q, 1), .seed = text_of(q, 2),
		    .complete = sqlite3_column_int(q, 3) != 0,
		    .trial = (unsigned)sqlite3_column_int(q, 4),
		    .kind = text_of(q, 5), .slots = text_of(q, 6),
		    .rows = (size_t)sqlite3_column_int64(q, 7),
		    .mean = sqlite3_column_double(q, 8) };

		each(arg, &l);
		got = SQLITE_OK;
	}
	if (got != SQLITE_DONE)
		snprintf(why, 320, "%.200s: %.100s", path, db ?
		    sqlite3_errmsg(db) : sqlite3_errstr(got));
	sqlite3_finalize(q);
	sqlite3_close(db);
	return got == SQLITE_DONE ? MIP_OK : MIP_IO;
}
