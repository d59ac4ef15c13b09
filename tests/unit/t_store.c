/* Tests of the store: replies, transactions, digests, faults.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "core/buf.h"
#include "store/store.h"

static char dir[] = "/tmp/miproc-store-XXXXXX";

static const char *
file(const char *name)
{
	static char path[8][96];
	static int n;
	char *p = path[n++ % 8];

	snprintf(p, sizeof path[0], "%s/%s", dir, name);
	return p;
}

static struct store *
store(const char *name, enum store_use use)
{
	struct store *s;
	char why[STORE_WHY];

	assert_int_equal(store_open(file(name), use, &s, why), MIP_OK);
	return s;
}

static void
put(struct store *s, unsigned char k, char *text)
{
	unsigned char key[STORE_KEY] = { k };
	char thoughts[] = "hm";
	struct store_reply r = {
		.text = text, .text_len = strlen(text), .reasoning = thoughts,
		.finish = REPLY_LENGTH, .refused = true,
		.rung = MIP_STRUCTURE_JSON_OBJECT, .in = 11, .cached = 5,
		.written = 4, .out = 7, .latency_s = 0.25, .attempts = 3,
	};
	struct store_about a = { "{}", "m", "http://x", "" };

	store_put(s, key, &r, &a);
}

static void
fill(struct store *s, unsigned char first, unsigned char last)
{
	static char text[4000];
	unsigned k;

	memset(text, 'x', sizeof text - 1);
	for (k = first; k <= last; k++) {
		store_begin(s);
		put(s, (unsigned char)k, text);
		assert_int_equal(store_commit(s), MIP_OK);
	}
}

static bool
has(struct store *s, unsigned char k, struct store_reply *r)
{
	unsigned char key[STORE_KEY] = { k };
	bool found;

	assert_int_equal(store_get(s, key, r, &found), MIP_OK);
	return found;
}

static void
round_trip(void **state)
{
	struct store *s = store("sub/dir/cache.db", STORE_CACHE);
	struct store_reply r;
	char text[] = "caf\xc3\xa9\n\x01";

	(void)state;
	assert_false(has(s, 1, &r));
	store_begin(s);
	put(s, 1, text);
	assert_int_equal(store_commit(s), MIP_OK);
	store_close(s);
	s = store("sub/dir/cache.db", STORE_CACHE);
	assert_true(has(s, 1, &r));
	assert_string_equal(r.text, text);
	assert_int_equal(r.text_len, strlen(text));
	assert_string_equal(r.reasoning, "hm");
	assert_int_equal(r.finish, REPLY_LENGTH);
	assert_true(r.refused);
	assert_int_equal(r.rung, MIP_STRUCTURE_JSON_OBJECT);
	assert_int_equal(r.in, 11);
	assert_int_equal(r.cached, 5);
	assert_int_equal(r.written, 4);
	assert_int_equal(r.out, 7);
	assert_true(r.latency_s > 0.249 && r.latency_s < 0.251);
	assert_int_equal(r.attempts, 3);
	store_reply_release(&r);
	assert_false(has(s, 2, &r));
	store_close(s);
}

static void
seen_before_commit(void **state)
{
	struct store *a = store("two.db", STORE_CACHE),
	    *b = store("two.db", STORE_CACHE);
	struct store_reply r;
	char text[] = "x";

	(void)state;
	store_begin(a);
	put(a, 1, text);
	assert_false(has(b, 1, &r));    /* and it does not block */
	assert_int_equal(store_commit(a), MIP_OK);
	assert_true(has(b, 1, &r));
	store_reply_release(&r);
	store_close(a);
	store_close(b);
}

/* Whether nobody reads what the log holds. */
static bool
log_is_free(const char *name)
{
	sqlite3_stmt *q;
	sqlite3 *db;
	bool is;

	assert_int_equal(sqlite3_open(file(name), &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db,
	    "PRAGMA wal_checkpoint(TRUNCATE)", -1, &q, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(q), SQLITE_ROW);
	is = sqlite3_column_int(q, 0) == 0;
	sqlite3_finalize(q);
	sqlite3_close(db);
	return is;
}

static void
looks_together(void **state)
{
	struct store *a = store("held.db", STORE_CACHE),
	    *b = store("held.db", STORE_CACHE);
	struct store_reply r;
	char text[] = "x";
	int i;

	(void)state;
	fill(b, 1, 2);
	store_hold(a);
	store_hold(a);
	for (i = 0; i < 3; i++) {
		assert_true(has(a, 1, &r));
		store_reply_release(&r);
	}
	assert_false(log_is_free("held.db"));
	store_begin(b);
	put(b, 3, text);
	assert_int_equal(store_commit(b), MIP_OK);
	assert_true(has(a, 3, &r));     /* though it came later */
	store_reply_release(&r);
	assert_false(has(a, 4, &r));
	assert_true(log_is_free("held.db"));
	for (i = 0; i < 1000; i++) {    /* more than one transaction has */
		assert_true(has(a, 2, &r));
		store_reply_release(&r);
	}
	store_drop(a);
	fill(b, 5, 5);
	assert_true(has(a, 1, &r));
	store_reply_release(&r);
	assert_false(log_is_free("held.db"));
	store_drop(a);
	assert_true(log_is_free("held.db"));
	assert_true(has(a, 1, &r));     /* each by itself again */
	store_reply_release(&r);
	assert_true(log_is_free("held.db"));
	store_close(a);
	store_close(b);
}

static void
made_private(void **state)
{
	struct stat st;

	(void)state;
	store_close(store("private.db", STORE_CACHE));
	assert_int_equal(stat(file("private.db"), &st), 0);
	assert_int_equal(st.st_mode & 077, 0);
}

static void
not_a_database(void **state)
{
	struct store *s;
	char why[STORE_WHY];
	FILE *f = fopen(file("bad.db"), "w");
	int i;

	(void)state;
	assert_non_null(f);
	for (i = 0; i < 1000; i++)
		fputs("this is no database. ", f);
	fclose(f);
	assert_int_equal(store_open(file("bad.db"), STORE_CACHE, &s, why),
	    MIP_IO);
	assert_null(s);
	assert_non_null(strstr(why, "not a database"));
	assert_int_equal(store_open("/dev/null/x.db", STORE_CACHE, &s, why),
	    MIP_IO);
	assert_true(why[0] != '\0');
}

static void
shared_file(void **state)
{
	/* Tables that are there already, and another program's version. */
	struct store *s = store("study.db", STORE_SHARE);
	char text[] = "x";
	struct store_reply r;

	(void)state;
	store_begin(s);
	put(s, 1, text);
	assert_int_equal(store_commit(s), MIP_OK);
	store_close(s);
	s = store("study.db", STORE_SHARE);
	assert_true(has(s, 1, &r));
	store_reply_release(&r);
	store_close(s);
}

static void
digests(void **state)
{
	struct store *s = store("digest.db", STORE_CACHE);
	char hex[65] = "", want[65];

	(void)state;
	memset(want, 'a', 64);
	want[64] = '\0';
	assert_false(store_digest_get(s, "/m.gguf", 5, 7, hex));
	store_digest_put(s, "/m.gguf", 5, 7, want);
	assert_true(store_digest_get(s, "/m.gguf", 5, 7, hex));
	assert_string_equal(hex, want);
	assert_false(store_digest_get(s, "/m.gguf", 5, 8, hex));
	assert_false(store_digest_get(s, "/m.gguf", 6, 7, hex));
	store_close(s);
}

static void
upkeep(void **state)
{
	struct store *s = store("upkeep.db", STORE_CACHE);
	struct store_stat st;
	struct store_reply r;
	char text[] = "x";
	int64_t gone;

	(void)state;
	store_begin(s);
	put(s, 1, text);
	put(s, 2, text);
	assert_int_equal(store_commit(s), MIP_OK);
	assert_int_equal(store_stat(s, &st), MIP_OK);
	assert_int_equal(st.replies, 2);
	assert_int_equal(st.in, 22);
	assert_int_equal(store_clear(s, &gone), MIP_OK);
	assert_int_equal(gone, 2);
	assert_false(has(s, 1, &r));
	store_close(s);
}

/* Makes all replies so many days older. */
static void
age(const char *name, int days)
{
	char sql[96];
	sqlite3 *db;

	snprintf(sql, sizeof sql, "UPDATE reply SET made = made - %d * 86400",
	    days);
	assert_int_equal(sqlite3_open(file(name), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void
least_used(void **state)
{
	struct store *s = store("lru.db", STORE_CACHE);
	struct store_stat st;
	struct store_reply r;
	int64_t gone;

	(void)state;
	fill(s, 1, 100);
	store_close(s);
	age("lru.db", 9);
	s = store("lru.db", STORE_CACHE);
	fill(s, 101, 120);
	assert_true(has(s, 7, &r));             /* of use today */
	store_reply_release(&r);
	assert_int_equal(store_shrink(s, 0, store_day() - 20, &gone), MIP_OK);
	assert_int_equal(gone, 0);
	store_close(s);                         /* notes the use */
	s = store("lru.db", STORE_CACHE);
	assert_int_equal(store_shrink(s, 250000, store_day(), &gone), MIP_OK);
	assert_true(gone > 50 && gone < 100);
	assert_int_equal(store_stat(s, &st), MIP_OK);
	assert_true(st.bytes <= 250000);
	assert_int_equal(st.replies, 120 - gone);
	assert_int_equal(store_shrink(s, 0, store_day(), &gone), MIP_OK);
	assert_true(has(s, 7, &r));
	store_reply_release(&r);
	assert_true(has(s, 120, &r));
	store_reply_release(&r);
	assert_false(has(s, 8, &r));
	assert_int_equal(store_shrink(s, 0, INT64_MAX, &gone), MIP_OK);
	assert_int_equal(gone, 21);
	store_close(s);
}

/* What is asked for again and again outlives what came after it. */
static void
hot_stay(void **state)
{
	struct store *s = store("hot.db", STORE_CACHE);
	struct store_reply r;
	unsigned char i, k;

	(void)state;
	store_limit(s, 400000);
	fill(s, 1, 5);
	for (i = 1; i <= 20; i++) {
		fill(s, (unsigned char)(i * 10), (unsigned char)(i * 10 + 9));
		for (k = 1; k <= 5; k++) {
			assert_true(has(s, k, &r));
			store_reply_release(&r);
		}
		if (i % 4 == 0) {
			store_close(s);
			s = store("hot.db", STORE_CACHE);
			store_limit(s, 400000);
		}
	}
	assert_false(has(s, 40, &r));
	store_close(s);
}

static void
limited(void **state)
{
	struct store *s = store("limit.db", STORE_CACHE);
	struct store_stat st;
	struct store_reply r;

	(void)state;
	store_limit(s, 400000);
	fill(s, 1, 250);
	assert_int_equal(store_stat(s, &st), MIP_OK);
	assert_true(st.bytes < 400000 + 64 * 6000);
	assert_true(st.replies > 50 && st.replies < 200);
	assert_true(has(s, 250, &r));
	store_reply_release(&r);
	store_close(s);
}

static void
only_read(void **state)
{
	struct store *s = store("a?b%20#.db", STORE_SHARE);
	struct store_reply r;
	char text[] = "x", why[STORE_WHY];

	(void)state;
	store_begin(s);
	put(s, 1, text);
	assert_int_equal(store_commit(s), MIP_OK);
	assert_true(store_writes(s));
	store_close(s);
	s = store("a?b%20#.db", STORE_READ);
	assert_false(store_writes(s));
	assert_true(has(s, 1, &r));
	store_reply_release(&r);
	assert_false(has(s, 2, &r));
	store_close(s);
	assert_int_equal(store_open(file("none.db"), STORE_READ, &s, why),
	    MIP_IO);
	assert_non_null(strstr(why, "none.db"));
	assert_int_equal(access(file("none.db"), F_OK), -1);
}

static void
copied(void **state)
{
	struct store *a = store("from.db", STORE_CACHE),
	    *b = store("to.db", STORE_SHARE);
	struct store_reply r;
	char one[] = "one", two[] = "two";
	int64_t n;

	(void)state;
	store_begin(a);
	put(a, 1, one);
	put(a, 2, one);
	store_commit(a);
	store_begin(b);
	put(b, 2, two);
	store_commit(b);
	assert_int_equal(store_copy(b, a, &n), MIP_OK);
	assert_int_equal(n, 1);
	assert_true(has(b, 1, &r));
	assert_string_equal(r.text, "one");
	assert_int_equal(r.written, 4);
	assert_string_equal(r.reasoning, "hm");
	assert_int_equal(r.attempts, 3);
	store_reply_release(&r);
	assert_true(has(b, 2, &r));
	assert_string_equal(r.text, "two");
	store_reply_release(&r);
	store_close(a);
	store_close(b);
}

/* Processes that make the same file at the same time. */
static void
made_at_once(void **state)
{
	int i, status, bad = 0;
	char text[] = "x";
	struct store_reply r;
	struct store *s;

	(void)state;
	for (i = 0; i < 6; i++)
		if (fork() == 0) {
			char why[STORE_WHY];

			if (store_open(file("race.db"), STORE_CACHE, &s, why))
				_exit(1);
			store_begin(s);
			put(s, (unsigned char)i, text);
			_exit(store_commit(s) == MIP_OK ? 0 : 2);
		}
	for (i = 0; i < 6; i++) {
		wait(&status);
		bad += !WIFEXITED(status) || WEXITSTATUS(status) != 0;
	}
	assert_int_equal(bad, 0);
	s = store("race.db", STORE_CACHE);
	for (i = 0; i < 6; i++) {
		assert_true(has(s, (unsigned char)i, &r));
		store_reply_release(&r);
	}
	store_close(s);
}

static void
run(const char *name, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(file(name), &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* The reply is there, whole, with so many tokens written. */
static void
holds(struct store *s, unsigned char k, int64_t written)
{
	struct store_reply r;

	assert_true(has(s, k, &r));
	assert_int_equal(r.written, written);
	assert_int_equal(r.out, 7);
	assert_int_equal(r.attempts, 3);
	store_reply_release(&r);
}

static void
versions(void **state)
{
	struct store *s = store("old.db", STORE_CACHE);
	char why[STORE_WHY];

	(void)state;
	fill(s, 1, 1);
	store_close(s);
	run("old.db", "ALTER TABLE reply DROP COLUMN tokens_written;"
	    "DROP TABLE used; PRAGMA user_version = 1");
	age("old.db", 3);
	s = store("old.db", STORE_READ);        /* as it is */
	holds(s, 1, 0);
	store_close(s);
	s = store("old.db", STORE_CACHE);
	holds(s, 1, 0);
	fill(s, 2, 2);
	holds(s, 2, 4);
	store_close(s);                         /* notes the use */
	run("old.db", "DELETE FROM used");      /* which is there */
	run("old.db", "PRAGMA user_version = 4");
	assert_int_equal(store_open(file("old.db"), STORE_CACHE, &s, why),
	    MIP_IO);
	assert_non_null(strstr(why,
	    "/old.db: it was written by a newer miproc"));
	s = store("old.db", STORE_SHARE);       /* a number of another's */
	store_close(s);
}

/* A recording of an earlier version is read, copied and added to. */
static void
versions_shared(void **state)
{
	struct store *s = store("was.db", STORE_SHARE), *to;
	int64_t n;

	(void)state;
	fill(s, 1, 1);
	store_close(s);
	run("was.db", "ALTER TABLE reply DROP COLUMN tokens_written");
	s = store("was.db", STORE_READ);
	to = store("now.db", STORE_CACHE);
	assert_int_equal(store_copy(to, s, &n), MIP_OK);
	assert_int_equal(n, 1);
	holds(to, 1, 0);
	store_close(to);
	store_close(s);
	s = store("was.db", STORE_SHARE);
	holds(s, 1, 0);
	fill(s, 2, 2);
	holds(s, 2, 4);
	store_close(s);
}

/* What is only looked at is not written, and what cannot be written is looked
 * at: the writer is made when it is needed, and tried again. */
static void
writer_later(void **state)
{
	struct store *s = store("later.db", STORE_CACHE);
	char text[] = "x", why[STORE_WHY], away[96];
	struct store_reply r;

	(void)state;
	fill(s, 1, 1);
	store_close(s);
	s = store("later.db", STORE_CACHE);
	assert_true(store_writes(s));
	snprintf(away, sizeof away, "%s", file("away.db"));
	assert_int_equal(rename(file("later.db"), away), 0);
	assert_int_equal(mkdir(file("later.db"), 0700), 0);
	store_begin(s);
	put(s, 2, text);
	assert_int_equal(store_commit(s), MIP_IO);
	store_why(s, why);
	assert_non_null(strstr(why, "later.db: unable to open"));
	assert_int_equal(store_shrink(s, 0, INT64_MAX, NULL), MIP_IO);
	assert_true(has(s, 1, &r));
	store_reply_release(&r);
	assert_int_equal(rmdir(file("later.db")), 0);
	assert_int_equal(rename(away, file("later.db")), 0);
	store_begin(s);
	put(s, 2, text);
	assert_int_equal(store_commit(s), MIP_OK);
	assert_true(has(s, 2, &r));
	store_reply_release(&r);
	store_close(s);
}

/* A process has its locks of a file in common: a store that is opened beside
 * another must not give up the other's, or a process that comes and goes takes
 * the log of the file away. */
static void
locks_are_kept(void **state)
{
	int go[2], status;
	struct store *a, *b;
	char c = 'x';
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(go), 0);
	pid = fork();
	if (pid == 0) {
		close(go[1]);
		if (read(go[0], &c, 1) != 1)
			_exit(1);
		run("locks.db", "SELECT count(*) FROM reply");
		_exit(0);
	}
	a = store("locks.db", STORE_CACHE);
	fill(a, 1, 1);
	b = store("locks.db", STORE_CACHE);
	assert_int_equal(write(go[1], &c, 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_int_equal(access(file("locks.db-wal"), F_OK), 0);
	close(go[0]);
	close(go[1]);
	store_close(a);
	store_close(b);
}

static void
cache_dirs(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	unsetenv("MIPROC_CACHE_DIR");
	unsetenv("XDG_CACHE_HOME");
	setenv("HOME", "/h", 1);
	assert_true(store_cache_dir(&b, NULL));
	assert_string_equal(b.s, "/h/.cache/miproc");
	buf_reset(&b);
	setenv("XDG_CACHE_HOME", "/x", 1);
	assert_true(store_cache_dir(&b, NULL));
	assert_string_equal(b.s, "/x/miproc");
	buf_reset(&b);
	setenv("MIPROC_CACHE_DIR", "/c", 1);
	assert_true(store_cache_dir(&b, NULL));
	assert_string_equal(b.s, "/c");
	buf_reset(&b);
	assert_true(store_cache_dir(&b, "/d"));
	assert_string_equal(b.s, "/d");
	buf_reset(&b);
	unsetenv("MIPROC_CACHE_DIR");
	unsetenv("XDG_CACHE_HOME");
	unsetenv("HOME");
	assert_false(store_cache_dir(&b, NULL));
	buf_release(&b);
}

static int
begin(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int
end(void **state)
{
	char *const argv[] = { (char[]){ "rm" }, (char[]){ "-rf" }, dir, NULL };

	(void)state;
	if (fork() == 0) {
		execvp("rm", argv);
		_exit(127);
	}
	wait(NULL);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(seen_before_commit),
		cmocka_unit_test(looks_together),
		cmocka_unit_test(made_private),
		cmocka_unit_test(not_a_database),
		cmocka_unit_test(shared_file),
		cmocka_unit_test(digests),
		cmocka_unit_test(upkeep),
		cmocka_unit_test(least_used),
		cmocka_unit_test(hot_stay),
		cmocka_unit_test(limited),
		cmocka_unit_test(only_read),
		cmocka_unit_test(copied),
		cmocka_unit_test(made_at_once),
		cmocka_unit_test(versions),
		cmocka_unit_test(versions_shared),
		cmocka_unit_test(writer_later),
		cmocka_unit_test(locks_are_kept),
		cmocka_unit_test(cache_dirs),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
