/* Tests of src/tune/data.c and split.c: what is read, what is refused, and
 * which rows go where.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/buf.h"
#include "tune/data.h"

static char path[] = "/tmp/t_data.XXXXXX";

static void
put(const char *text, size_t n)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

/* Compares the rows with `want`, one a line as LINE:JSON. */
static void
reads_as(const struct data_spec *spec, const char *text, size_t n,
    const char *want)
{
	struct arena a = { 0 };
	struct buf got = BUF_INIT;
	struct data_error err;
	struct rows rows;
	char sum[SHA256_HEX];
	size_t i;

	put(text, n);
	if (data_load(spec, &a, &rows, &err) != MIP_OK)
		fail_msg("%s: line %zu: %s", text, err.line, err.message);
	for (i = 0; i < rows.n; i++) {
		assert_int_equal(strlen(rows.row[i].json), rows.row[i].len);
		buf_printf(&got, "%zu:%s\n", rows.row[i].line,
		    rows.row[i].json);
	}
	assert_string_equal(buf_str(&got), want);
	assert_true(sha256_hex(text, n, sum));
	assert_string_equal(rows.sha256, sum);
	buf_release(&got);
	arena_release(&a);
}

static void
refuses(const struct data_spec *spec, const char *text, size_t n, size_t line,
    size_t column, const char *part)
{
	struct arena a = { 0 };
	struct data_error err;
	struct rows rows;

	put(text, n);
	assert_int_equal(data_load(spec, &a, &rows, &err), MIP_USAGE);
	assert_string_equal(err.file, path);
	if (err.line != line || err.column != column ||
	    !strstr(err.message, part))
		fail_msg("%s: got %zu:%zu: %s", text, err.line, err.column,
		    err.message);
	arena_release(&a);
}

#define TEXT(s) s, sizeof(s) - 1

static void
json(void **state)
{
	struct data_spec s = { .path = path };

	(void)state;
	reads_as(&s, TEXT("{\"a\": 1}\n{\"a\": [1, 2]}\n"),
	    "1:{\"a\":1}\n2:{\"a\":[1,2]}\n");
	reads_as(&s, TEXT(""), "");
	reads_as(&s, TEXT("\xef\xbb\xbf{\"a\":1}\r\n\r\n \t\n{ }"),
	    "1:{\"a\":1}\n4:{}\n");
	reads_as(&s, TEXT("{\"n\": 12345678901234567890.100}"),
	    "1:{\"n\":12345678901234567890.100}\n");
	reads_as(&s, TEXT("\n[\n {\"a\": 1},\n\n {\"b\":\n 2}, {}]\n"),
	    "3:{\"a\":1}\n5:{\"b\":2}\n6:{}\n");
	reads_as(&s, TEXT("[]"), "");
}

static void
json_bad(void **state)
{
	struct data_spec s = { .path = path };

	(void)state;
	refuses(&s, TEXT("{}\n{\"a\": }\n"), 2, 7, "one JSON object");
	refuses(&s, TEXT("{}\n\n7\n"), 3, 1, "a number");
	refuses(&s, TEXT("{}\n[1]\n"), 2, 1, "a list");
	refuses(&s, TEXT("{\"a\":\"\xff\"}\n"), 1, 7, "");
	refuses(&s, TEXT("{\"a\":1} {\"a\":2}\n"), 1, 9, "");
	refuses(&s, TEXT("[{},\n\n 3]"), 3, 0, "a number");
	refuses(&s, TEXT("[{},\n {\"a\" 1}]"), 2, 7, "not JSON");
}

static void
renames(void **state)
{
	static const struct data_rename list[] = {
		{ "question", "q" }, { "label", "y" }
	};
	struct data_spec s = { .path = path, .rename = list, .nrename = 2 };

	(void)state;
	reads_as(&s, TEXT("{\"q\":1, \"x\":{\"q\":2}, \"\\u0079\":3}\n{}"),
	    "1:{\"question\":1,\"x\":{\"q\":2},\"label\":3}\n2:{}\n");
	refuses(&s, TEXT("{\"label\":1, \"y\":2}"), 1, 0, "'label'");
	s.kind = DATA_CSV;
	reads_as(&s, TEXT("q,x\n1,2\n"),
	    "2:{\"question\":\"1\",\"x\":\"2\"}\n");
}

static void
csv(void **state)
{
	struct data_spec s = { .path = path, .kind = DATA_CSV };

	(void)state;
	reads_as(&s, TEXT("a,b\n1,x y\n\"2,5\",\"say \"\"hi\"\"\"\n"),
	    "2:{\"a\":\"1\",\"b\":\"x y\"}\n"
	    "3:{\"a\":\"2,5\",\"b\":\"say \\\"hi\\\"\"}\n");
	reads_as(&s, TEXT("\xef\xbb\xbf" "a,b\r\n\"l1\nl2\", z \r\n\r\n,4"),
	    "2:{\"a\":\"l1\\nl2\",\"b\":\" z \"}\n5:{\"b\":\"4\"}\n");
	reads_as(&s, TEXT("t.s,id,t.x.y,t.x.z\n1,2,3,4\n,2,,4\n,2,,\n"),
	    "2:{\"t\":{\"s\":\"1\",\"x\":{\"y\":\"3\",\"z\":\"4\"}},"
	    "\"id\":\"2\"}\n"
	    "3:{\"id\":\"2\",\"t\":{\"x\":{\"z\":\"4\"}}}\n"
	    "4:{\"id\":\"2\"}\n");
	reads_as(&s, TEXT("a\n"), "");
}

static void
csv_bad(void **state)
{
	struct data_spec s = { .path = path, .kind = DATA_CSV };

	(void)state;
	refuses(&s, TEXT(""), 0, 0, "empty");
	refuses(&s, TEXT("a,b\n1,2\n1,2,3\n"), 3, 0, "3 cells");
	refuses(&s, TEXT("a,b\n\"x\ny\",2\n1\n"), 4, 0, "1 cells");
	refuses(&s, TEXT("a,a\n"), 1, 0, "'a' and 'a'");
	refuses(&s, TEXT("a.b,a\n"), 1, 0, "same field");
	refuses(&s, TEXT("a,,b\n"), 1, 0, "column 2");
	refuses(&s, TEXT("a,b..c\n"), 1, 0, "column 2");
	refuses(&s, TEXT("a,b\n1,\"x\n2,y\n"), 2, 0, "never closed");
	refuses(&s, TEXT("a,b\n1,x\"y\n"), 2, 0, "quote");
	refuses(&s, TEXT("a,b\n1,2\n3,\xe9\n"), 3, 0, "UTF-8");
	refuses(&s, TEXT("a\n\xed\xa0\x80\n"), 2, 0, "UTF-8");
	refuses(&s, TEXT("a\n\0\n"), 2, 0, "UTF-8");
}

static void
missing(void **state)
{
	struct data_spec s = { .path = "/nowhere/at/all.jsonl" };
	struct arena a = { 0 };
	struct data_error err;
	struct split out;

	(void)state;
	assert_int_equal(data_read(&s, NULL, 0, &a, &out, &err), MIP_IO);
	assert_string_equal(err.file, s.path);
	assert_non_null(strstr(err.message, "No such file"));
	s.path = "/";
	assert_int_equal(data_read(&s, NULL, 0, &a, &out, &err), MIP_IO);
	arena_release(&a);
}

/* Rows q = 0 .. n - 1 with a label that is "b" in each fourth row; with
 * `twice`, each row a second time with another id. */
static void
many(size_t n, bool twice)
{
	struct buf b = BUF_INIT;
	size_t i, k;

	for (k = 0; k <= twice; k++)
		for (i = 0; i < n; i++)
			buf_printf(&b, "{\"id\":%zu,\"q\":\"%zu\",\"y\":"
			    "\"%s\"}\n", i + k * n, i, i % 4 ? "a" : "b");
	put(buf_str(&b), b.len);
	buf_release(&b);
}

static const char *const input[] = { "q" };

static void
splits(const struct data_spec *s, struct arena *a, struct split *out)
{
	struct data_error err;

	if (data_read(s, input, 1, a, out, &err) != MIP_OK)
		fail_msg("%s", err.message);
}

/* The number of rows with label "b". */
static size_t
rare(const struct rows *r)
{
	size_t i, n = 0;

	for (i = 0; i < r->n; i++)
		n += strstr(r->row[i].json, "\"b\"") != NULL;
	return n;
}

static bool
has(const struct rows *r, const char *json)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (strcmp(r->row[i].json, json) == 0)
			return true;
	return false;
}

static void
fractions(void **state)
{
	struct data_spec s = { .path = path, .how = DATA_FRACTIONS,
	    .fraction = { 0.6, 0.3, 0.1 }, .seed = 3 };
	struct arena a = { 0 };
	struct split few, more;
	struct data_leak leak;
	size_t k, i;

	(void)state;
	many(1000, false);
	splits(&s, &a, &few);
	assert_int_equal(few.part[0].n + few.part[1].n + few.part[2].n, 1000);
	assert_true(few.part[0].n > 550 && few.part[0].n < 650);
	assert_true(few.part[2].n > 60 && few.part[2].n < 140);
	many(1500, true);
	splits(&s, &a, &more);
	for (k = 0; k < DATA_NPART; k++) {
		for (i = 0; i < 40; i++)
			assert_true(few.part[k].row[i].line ==
			    more.part[k].row[i].line);
		assert_int_equal(data_leak(&more.part[k],
		    &more.part[(k + 1) % 3], input, 1, &leak), MIP_OK);
		assert_int_equal(leak.n, 0);
	}
	s.seed = 4;
	splits(&s, &a, &few);
	assert_true(few.part[0].n != more.part[0].n);
	s.fraction[0] = 0.5;
	splits(&s, &a, &few);
	assert_true(few.part[0].n + few.part[1].n + few.part[2].n < 3000);
	arena_release(&a);
}

static void
strata(void **state)
{
	struct data_spec s = { .path = path, .how = DATA_FRACTIONS,
	    .fraction = { 0.5, 0.5 }, .stratify = "y" };
	struct arena a = { 0 };
	struct split out;

	(void)state;
	many(200, false);
	splits(&s, &a, &out);
	assert_int_equal(out.part[0].n, 100);
	assert_int_equal(rare(&out.part[0]), 25);
	assert_int_equal(rare(&out.part[1]), 25);
	s.how = DATA_COUNTS;
	s.count[0] = 40;
	s.count[2] = 20;
	splits(&s, &a, &out);
	assert_int_equal(out.part[0].n, 40);
	assert_int_equal(out.part[1].n, 0);
	assert_int_equal(out.part[2].n, 20);
	assert_int_equal(rare(&out.part[0]), 10);
	assert_int_equal(rare(&out.part[2]), 5);
	arena_release(&a);
}

static void
counts(void **state)
{
	struct data_spec s = { .path = path, .how = DATA_COUNTS,
	    .count = { 30, 50, 20 }, .seed = 1 };
	struct arena a = { 0 };
	struct split one, two;
	struct data_error err;
	size_t i, k, same = 0;

	(void)state;
	many(100, false);
	splits(&s, &a, &one);
	for (k = 0; k < DATA_NPART; k++) {
		assert_int_equal(one.part[k].n, s.count[k]);
		for (i = 1; i < one.part[k].n; i++)
			assert_true(one.part[k].row[i].line >
			    one.part[k].row[i - 1].line);
	}
	assert_true(one.part[0].row[29].line > 50);     /* not the first 30 */
	s.shuffle = true;
	splits(&s, &a, &two);
	for (i = 0; i < 30; i++) {
		assert_true(has(&one.part[0], two.part[0].row[i].json));
		same += one.part[0].row[i].line == two.part[0].row[i].line;
	}
	assert_true(same < 10);
	s.count[2] = 21;
	assert_int_equal(data_read(&s, input, 1, &a, &two, &err), MIP_USAGE);
	assert_non_null(strstr(err.message, "100"));
	s.how = DATA_FRACTIONS;
	s.fraction[0] = 1.1;
	assert_int_equal(data_read(&s, input, 1, &a, &two, &err), MIP_USAGE);
	s.fraction[0] = NAN;
	assert_int_equal(data_read(&s, input, 1, &a, &two, &err), MIP_USAGE);
	s.how = DATA_WHOLE;
	splits(&s, &a, &two);
	assert_int_equal(two.part[DATA_TRAIN].n, 100);
	arena_release(&a);
}

/* Inputs are compared by value, not by their bytes. */
static void
leaks(void **state)
{
	static const struct row x[] = {
		{ "{\"q\":\"1\",\"y\":0}", 15, 1 },
		{ "{\"q\":{\"a\":1.50,\"b\":2}}", 23, 2 },
	}, y[] = {
		{ "{\"q\":\"2\"}", 9, 1 },
		{ "{\"z\":1,\"q\":{\"b\":2,\"a\":1.5}}", 29, 2 },
		{ "{\"y\":1,\"q\":\"\\u0031\"}", 20, 3 },
	};
	struct row p[2], q[3];
	struct rows a = { p, 2, "" }, b = { q, 3, "" };
	struct data_leak leak;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		p[i] = x[i];
		p[i].len = strlen(p[i].json);
	}
	for (i = 0; i < 3; i++) {
		q[i] = y[i];
		q[i].len = strlen(q[i].json);
	}
	assert_int_equal(data_leak(&a, &b, input, 1, &leak), MIP_OK);
	assert_int_equal(leak.n, 2);
	assert_ptr_equal(leak.a, &p[1]);
	assert_ptr_equal(leak.b, &q[1]);
	assert_int_equal(data_leak(&a, &b, NULL, 0, &leak), MIP_OK);
	assert_int_equal(leak.n, 0);    /* whole rows differ */
	a.n = 0;
	assert_int_equal(data_leak(&a, &b, input, 1, &leak), MIP_OK);
	assert_int_equal(leak.n, 0);
}

/* The digest of FIPS 180-2, appendix B.1, in one piece and in three. */
static void
sha256(void **state)
{
	static const char want[] = "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad";
	struct sha256 h;
	char hex[SHA256_HEX];
	size_t i;

	(void)state;
	assert_true(sha256_hex("abc", 3, hex));
	assert_string_equal(hex, want);
	sha256_init(&h);
	for (i = 0; i < 3; i++)
		sha256_update(&h, "abc" + i, 1);
	sha256_update(&h, NULL, 0);
	assert_true(sha256_final_hex(&h, hex));
	assert_string_equal(hex, want);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(json),
		cmocka_unit_test(json_bad),
		cmocka_unit_test(renames),
		cmocka_unit_test(csv),
		cmocka_unit_test(csv_bad),
		cmocka_unit_test(missing),
		cmocka_unit_test(fractions),
		cmocka_unit_test(strata),
		cmocka_unit_test(counts),
		cmocka_unit_test(leaks),
		cmocka_unit_test(sha256),
	};
	int fd = mkstemp(path), failed;

	if (fd < 0)
		return 1;
	close(fd);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}
