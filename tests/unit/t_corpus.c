/* Tests of corpora: rows, their index, ranking.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/clock.h"
#include "search/bm25.h"
#include "search/corpus_in.h"
#include "text_file.h"

static char dir[64], file[96], cache[96];
static const char *const text_member[] = { "text", NULL };
static const char *const both_members[] = { "title", "text", NULL };

static struct corpus_spec
spec(void)
{
	return (struct corpus_spec){
		.path = file, .text = text_member, .ranked = true,
		.dir = cache,
	};
}

static struct corpus *
opened(const struct corpus_spec *s)
{
	struct corpus *c;
	char why[CORPUS_WHY];

	assert_int_equal(corpus_open(s, NULL, NULL, &c, why), MIP_OK);
	assert_string_equal(why, "");
	return c;
}

/* The rows found, as "2 0 1". */
static const char *
finds(const struct corpus *c, const char *query, bool stem)
{
	static char out[128];
	struct bm25_options o = { stem, 1.2, 0.75 };
	struct hit v[8];
	struct hits h = { v, 0, 8 };
	size_t i, n = 0;

	assert_true(bm25_search(c, query, &o, &h));
	out[0] = '\0';
	for (i = 0; i < h.n; i++) {
		assert_true(h.v[i].score > 0);
		assert_true(i == 0 || h.v[i].score <= h.v[i - 1].score);
		n += (size_t)snprintf(out + n, sizeof out - n, "%s%zu",
		    i > 0 ? " " : "", h.v[i].row);
	}
	return out;
}

static int
shell(const char *command)
{
	FILE *p = popen(command, "w");

	return p ? pclose(p) : -1;
}

static int
indices(const char *suffix)
{
	char command[256], line[32] = "";
	FILE *p;

	snprintf(command, sizeof command, "ls %s 2>&1 | grep -c '%s$'",
	    cache, suffix);
	p = popen(command, "r");
	assert_non_null(p);
	assert_non_null(fgets(line, sizeof line, p));
	pclose(p);
	return (int)strtol(line, NULL, 10);
}

static void
ranks(void **state)
{
	struct corpus_spec s = spec();
	struct corpus *c;

	(void)state;
	text_file(file,
	    "{\"text\":\"The cat sat on the mat\"}\n"
	    "\n"
	    "{\"text\":\"A dog and a cat, a dog and a hat\"}\r\n"
	    "{\"text\":\"Dogs bark\",\"n\":1}\n"
	    "{\"text\":\"\"}\n"
	    "{\"text\":\"the hat of the cat\"}");
	c = opened(&s);
	assert_int_equal(corpus_rows(c), 5);
	assert_string_equal(finds(c, "dog", false), "1");
	assert_string_equal(finds(c, "CAT!", false), "4 0 1");
	assert_string_equal(finds(c, "hat cat", false), "4 1 0");
	assert_string_equal(finds(c, "dogs hat", false), "2 4 1");
	assert_string_equal(finds(c, "", false), "");
	assert_string_equal(finds(c, "\"NEAR(* zebra", false), "");
	corpus_close(c);
	s.stem = true;
	c = opened(&s);
	assert_string_equal(finds(c, "dogs", true), "2 1");
	assert_string_equal(finds(c, "hats", true), "4 1");
	corpus_close(c);
}

/* Of rows that fit as well the first ones are found. */
static void
ties(void **state)
{
	struct corpus_spec s = spec();
	struct corpus *c;
	struct buf b = BUF_INIT;
	int i;

	(void)state;
	for (i = 0; i < 100; i++)
		buf_printf(&b, "{\"text\":\"same words %s\"}\n",
		    i % 10 == 7 ? "again" : "here");
	text_file(file, buf_str(&b));
	buf_release(&b);
	s.dir = NULL;
	c = opened(&s);
	assert_string_equal(finds(c, "words", false), "0 1 2 3 4 5 6 7");
	assert_string_equal(finds(c, "words again", false),
	    "7 17 27 37 47 57 67 77");
	corpus_close(c);
}

static void
rows(void **state)
{
	struct corpus_spec s = spec();
	struct corpus *c;
	struct buf b = BUF_INIT, t = BUF_INIT;
	struct json v;
	char why[CORPUS_WHY];

	(void)state;
	text_file(file, "\xef\xbb\xbf\n[ {\"text\":\"one\",\"title\":\"T\"},\n"
	    " {\"title\":null,\"text\":[\"two\",\"t\\u00e9n\"]} ]\n");
	s.text = both_members;
	c = opened(&s);
	assert_int_equal(corpus_rows(c), 2);
	assert_string_equal(finds(c, "ten", false), "1");
	assert_string_equal(finds(c, "t", false), "0");
	assert_int_equal(corpus_row(c, 1, &b, &v, why), MIP_OK);
	assert_int_equal(json_count(v), 2);
	assert_true(corpus_text(&t, v, both_members, why));
	assert_string_equal(buf_str(&t), "two t\xc3\xa9n");
	buf_reset(&t);
	assert_int_equal(corpus_row(c, 0, &b, &v, why), MIP_OK);
	assert_true(corpus_text(&t, v, both_members, why));
	assert_string_equal(buf_str(&t), "T\none");
	assert_memory_not_equal(corpus_digest(c, 0), corpus_digest(c, 1),
	    CORPUS_DIGEST);
	corpus_close(c);
	buf_release(&b);
	buf_release(&t);
}

static void
kept(void **state)
{
	struct corpus_spec s = spec();
	struct corpus *c, *d;
	struct buf b = BUF_INIT;
	struct json v;
	char why[CORPUS_WHY];

	(void)state;
	text_file(file, "{\"text\":\"first words\"}\n");
	c = opened(&s);
	assert_int_equal(indices(".idx"), 1);
	d = opened(&s);
	assert_string_equal(finds(d, "first", false), "0");
	corpus_close(d);
	/* Changed: there is a new index, and the old one is gone. */
	text_file(file, "{\"text\":\"second words of it\"}\n");
	d = opened(&s);
	assert_string_equal(finds(d, "second", false), "0");
	assert_string_equal(finds(d, "first", false), "");
	assert_int_equal(indices(".idx"), 1);
	assert_int_equal(indices(".new"), 0);
	/* Who has the old one open sees that its rows are gone. */
	assert_int_equal(corpus_row(c, 0, &b, &v, why), MIP_IO);
	assert_non_null(strstr(why, "has changed since it was read"));
	assert_int_equal(corpus_row(d, 0, &b, &v, why), MIP_OK);
	corpus_close(c);
	corpus_close(d);
	/* Other options, another index. */
	s.stem = true;
	corpus_close(opened(&s));
	assert_int_equal(indices(".idx"), 2);
	buf_release(&b);
}

/* An index that is cut off or of something else is made anew. */
static void
broken(void **state)
{
	struct corpus_spec s = spec();
	char command[256];
	struct corpus *c;
	size_t i;
	static const char *const harm[] = {
		"truncate -s 100", "truncate -s 0", "truncate -s +8",
		"sed -i s/mipidx1/mipidx0/"
	};

	(void)state;
	text_file(file, "{\"text\":\"first words\"}\n");
	for (i = 0; i < sizeof harm / sizeof harm[0]; i++) {
		corpus_close(opened(&s));
		snprintf(command, sizeof command, "%s %s/*.idx", harm[i],
		    cache);
		assert_int_equal(shell(command), 0);
		c = opened(&s);
		assert_string_equal(finds(c, "words", false), "0");
		corpus_close(c);
	}
}

static void
no_cache(void **state)
{
	struct corpus_spec s = spec();
	struct corpus *c;
	char why[CORPUS_WHY];

	(void)state;
	text_file(file, "{\"text\":\"first words\"}\n");
	s.dir = "/proc/nowhere";
	assert_int_equal(corpus_open(&s, NULL, NULL, &c, why), MIP_OK);
	assert_non_null(strstr(why, "cannot be kept in /proc/nowhere"));
	assert_string_equal(finds(c, "words", false), "0");
	corpus_close(c);
}

static void
refuses(const char *text, enum mip_status want, const char *says)
{
	struct corpus_spec s = spec();
	struct corpus *c;
	char why[CORPUS_WHY];

	s.id = "id";
	s.text = both_members;
	text_file(file, text);
	assert_int_equal(corpus_open(&s, NULL, NULL, &c, why), want);
	assert_null(c);
	if (!strstr(why, says))
		fail_msg("%s", why);
	assert_int_equal(indices(".idx"), 0);
}

static void
bad_rows(void **state)
{
	struct corpus_spec s = spec();
	struct corpus *c;
	char why[CORPUS_WHY];

	(void)state;
	refuses("{\"id\":1,\"text\":\"x\"}\n{\"id\":2\n", MIP_USAGE,
	    "rows.jsonl:2: ");
	refuses("[1]", MIP_USAGE, "rows.jsonl: row 1: a row is a JSON object");
	refuses("[{\"id\":1}", MIP_USAGE, "rows.jsonl: at byte 9: ");
	refuses("7\n", MIP_USAGE, "rows.jsonl:1: a row is a JSON object");
	refuses("{\"id\":1}\n", MIP_USAGE, ":1: there is no \"title\"");
	refuses("{\"id\":1,\"title\":2}\n", MIP_USAGE, "\"title\" is no text");
	refuses("{\"id\":1,\"title\":[2]}\n", MIP_USAGE,
	    "\"title\" is no text");
	refuses("{\"id\":1,\"text\":\"a\\u0000b\"}\n", MIP_USAGE,
	    "\"text\" is no text");
	refuses("{\"text\":\"a\"}\n", MIP_USAGE,
	    "its id, \"id\", is no string or number");
	refuses("{\"id\":\"a\",\"text\":\"a\"}\n\n{\"id\":\"a\","
	    "\"text\":\"b\"}\n", MIP_USAGE,
	    ":3: the id \"a\" is that of line 1 as well");
	s.path = dir;
	assert_int_equal(corpus_open(&s, NULL, NULL, &c, why), MIP_IO);
	assert_non_null(strstr(why, "it is no file"));
	s.path = "/nowhere/x.jsonl";
	assert_int_equal(corpus_open(&s, NULL, NULL, &c, why), MIP_IO);
	assert_string_equal(why,
	    "cannot read /nowhere/x.jsonl: No such file or directory");
}

static void
many_ids(void **state)
{
	struct corpus_spec s = spec();
	struct buf b = BUF_INIT;
	struct corpus *c;
	int i;

	(void)state;
	for (i = 0; i < 3000; i++)
		buf_printf(&b, "{\"id\":%d,\"text\":\"w%d\"}\n", i, i);
	text_file(file, buf_str(&b));
	s.id = "id";
	c = opened(&s);
	assert_int_equal(corpus_rows(c), 3000);
	assert_string_equal(finds(c, "w2999", false), "2999");
	corpus_close(c);
	buf_release(&b);
}

/* ---- several at once ---- */

struct worker {
	pthread_t thread;
	struct corpus *c;
	bool ok;
};

static void *
work(void *arg)
{
	struct worker *w = arg;
	struct corpus_spec s = spec();
	char why[CORPUS_WHY];

	w->ok = corpus_open(&s, NULL, NULL, &w->c, why) == MIP_OK && !why[0];
	return NULL;
}

static void
together(void **state)
{
	enum { N = 8 };
	struct worker w[N];
	struct buf b = BUF_INIT;
	int i;

	(void)state;
	for (i = 0; i < 2000; i++)
		buf_printf(&b, "{\"text\":\"w%d w%d\"}\n", i, i / 2);
	text_file(file, buf_str(&b));
	buf_release(&b);
	for (i = 0; i < N; i++)
		assert_int_equal(pthread_create(&w[i].thread, NULL, work,
		    &w[i]), 0);
	for (i = 0; i < N; i++) {
		pthread_join(w[i].thread, NULL);
		assert_true(w[i].ok);
		assert_string_equal(finds(w[i].c, "w1999", false), "1999");
		corpus_close(w[i].c);
	}
	assert_int_equal(indices(".idx"), 1);
}

static bool
stop_now(void *arg)
{
	++*(int *)arg;
	return true;
}

/* Another process makes the index: we wait, or are told to stop. */
static void
waits(void **state)
{
	struct corpus_spec s = spec();
	struct corpus *c;
	char why[CORPUS_WHY], command[256];
	int asked = 0, status;
	pid_t pid;

	(void)state;
	text_file(file, "{\"text\":\"first words\"}\n");
	corpus_close(opened(&s));
	snprintf(command, sizeof command, "rm %s/*.idx; exec flock %s/*.lock "
	    "sleep 1", cache, cache);
	pid = fork();
	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	while (indices(".idx") > 0)
		clock_nap(10);
	clock_nap(200);
	assert_int_equal(corpus_open(&s, stop_now, &asked, &c, why),
	    MIP_CANCELLED);
	assert_int_equal(asked, 1);
	c = opened(&s);
	corpus_close(c);
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
}

/* Every byte counts, also in the lower bits, by which tables are entered. */
static void
checks(void **state)
{
	enum { BITS = 16, N = 1 << 15 };
	static unsigned char seen[1 << BITS];
	char text[] = "an even number of eight bytes...", id[32];
	uint32_t before = corpus_check(text, 32);
	size_t i, distinct = 0;
	int n;

	(void)state;
	for (i = 0; i < 32; i++) {
		text[i] ^= 0x20;
		assert_int_not_equal(corpus_check(text, 32), before);
		text[i] ^= 0x20;
	}
	for (i = 0; i < N; i++) {
		n = snprintf(id, sizeof id, "\"x%zu\"", 10000 + i);
		seen[corpus_check(id, (size_t)n) & ((1 << BITS) - 1)] = 1;
	}
	for (i = 0; i < 1 << BITS; i++)
		distinct += seen[i];
	/* N balls in 2 N bins fill N * 2 * (1 - e^-0.5) of them: 0.787 N */
	assert_true(distinct > N * 3 / 4);
}

static int
make_dirs(void **state)
{
	(void)state;
	snprintf(dir, sizeof dir, "/tmp/miproc-test-" "XX" "XX" "XX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(file, sizeof file, "%s/rows.jsonl", dir);
	snprintf(cache, sizeof cache, "%s/cache/index", dir);
	return 0;
}

static int
remove_dirs(void **state)
{
	char rm[96];

	(void)state;
	snprintf(rm, sizeof rm, "rm -rf %s", dir);
	return shell(rm);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_dirs, remove_dirs)
	const struct CMUnitTest tests[] = {
		TEST(ranks),
		TEST(ties),
		TEST(rows),
		TEST(kept),
		TEST(broken),
		TEST(no_cache),
		TEST(bad_rows),
		TEST(many_ids),
		TEST(checks),
		TEST(together),
		TEST(waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
