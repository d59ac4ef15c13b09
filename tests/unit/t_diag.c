/* Tests of messages: carets, notes, warnings, limits, JSON, SARIF.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/diag.h"
#include "json.h"

struct setting {
	struct arena a;
	struct sources s;
	struct source *x;
	struct diag d;
	char *text;
	size_t len;
	FILE *f;
};

static void
begin(struct setting *t, const char *text)
{
	base_arena_init(&t->a);
	sources_init(&t->s, &t->a);
	t->x = sources_add(&t->s, "x.mp", text, strlen(text));
	t->f = open_memstream(&t->text, &t->len);
	assert_non_null(t->f);
	diag_init(&t->d, &t->s, t->f);
}

static struct span
at(const struct setting *t, unsigned off, unsigned len)
{
	return (struct span){ t->x->base + off, len };
}

static void
end(struct setting *t, const char *want)
{
	diag_finish(&t->d);
	fclose(t->f);
	if (want)
		assert_string_equal(t->text, want);
	free(t->text);
	arena_release(&t->a);
}

static void
carets(void **state)
{
	struct setting t;

	(void)state;
	begin(&t, "a\tbc d\nsecond\n\xe6\x97\xa5\xc3\xa9 e\xe2\x80\xae\n");
	diag(&t.d, at(&t, 2, 2), E_NAME, "'%s'", "bc");
	diag_note(&t.d, at(&t, 7, 100), "long");
	diag(&t.d, at(&t, 20, 1), E_TYPE, "%s", "");
	diag(&t.d, at(&t, 1, 1), E_SYNTAX, "tab");
	diag(&t.d, at(&t, 25, 0), E_SYNTAX, "end");
	diag(&t.d, (struct span){ 0, 0 }, E_PROGRAM, "none");
	assert_int_equal(t.d.nerror, 5);
	end(&t,
	    "x.mp:1:3: error: unknown name: 'bc' [MP0201]\n"
	    "    1 | a       bc d\n"
	    "      |         ^~\n"
	    "x.mp:2:1: note: long\n"
	    "    2 | second\n"
	    "      | ^~~~~~\n"
	    "x.mp:3:4: error: type mismatch [MP0301]\n"
	    "    3 | \xe6\x97\xa5\xc3\xa9 e<U+202E>\n"
	    "      |     ^\n"
	    "x.mp:1:2: error: syntax error: tab [MP0101]\n"
	    "    1 | a       bc d\n"
	    "      |  ^~~~~~~\n"
	    "x.mp:4:1: error: syntax error: end [MP0101]\n"
	    "    4 | \n"
	    "      | ^\n"
	    "miproc: error: which program?: none [MP0601]\n");
}

static void
warnings(void **state)
{
	struct setting t;

	(void)state;
	begin(&t, "x");
	diag(&t.d, at(&t, 0, 1), E_SHADOW, "one");
	assert_false(diag_flag(&t.d, "no-such", true, false));
	assert_true(diag_flag(&t.d, "shadow", false, false));
	diag(&t.d, at(&t, 0, 1), E_SHADOW, "off");
	diag_note(&t.d, at(&t, 0, 1), "goes with it");
	assert_true(diag_flag(&t.d, "shadow", true, true));
	diag(&t.d, at(&t, 0, 1), E_SHADOW, "two");
	diag(&t.d, at(&t, 0, 1), E_MISSING_DESCRIPTION, "off at first");
	assert_true(diag_flag(&t.d, "missing-description", true, false));
	diag(&t.d, at(&t, 0, 1), E_MISSING_DESCRIPTION, "on");
	t.d.quiet = true;
	diag(&t.d, at(&t, 0, 1), E_UNREACHABLE, "quiet");
	assert_int_equal(t.d.nerror, 1);
	assert_int_equal(t.d.nwarning, 2);
	end(&t,
	    "x.mp:1:1: warning: hides an outer name: one "
	    "[MP0901, -Wshadow]\n    1 | x\n      | ^\n"
	    "x.mp:1:1: error: hides an outer name: two "
	    "[MP0901, -Werror=shadow]\n    1 | x\n      | ^\n"
	    "x.mp:1:1: warning: no description: on "
	    "[MP0907, -Wmissing-description]\n    1 | x\n      | ^\n");
}

static void
most_errors(void **state)
{
	struct setting t;
	int i;

	(void)state;
	begin(&t, "x");
	t.d.max_errors = 2;
	for (i = 0; i < 5; i++)
		diag(&t.d, (struct span){ 0, 0 }, E_NAME, "%d", i);
	assert_true(diag_full(&t.d));
	assert_int_equal(t.d.nerror, 2);
	end(&t, "miproc: error: unknown name: 0 [MP0201]\n"
	    "miproc: error: unknown name: 1 [MP0201]\n"
	    "miproc: too many errors (2); the rest is not shown\n");
}

/* A key must not get into a log by way of its message. */
static void
secrets(void **state)
{
	struct setting t;

	(void)state;
	begin(&t, "api_key = \"sk-12345\";");
	diag(&t.d, at(&t, 0, 7), E_SECRET, "'api_key'");
	fflush(t.f);
	assert_null(strstr(t.text, "sk-1"));
	end(&t, NULL);
}

static void
json(void **state)
{
	struct setting t;
	struct json v, item, key;
	struct json_walk w;

	(void)state;
	begin(&t, "abc\n");
	t.d.format = DIAG_JSON;
	diag(&t.d, at(&t, 1, 2), E_NAME, "a \"quoted\" one");
	diag_note(&t.d, at(&t, 0, 1), "see");
	diag_note(&t.d, at(&t, 0, 1), "and");
	diag(&t.d, at(&t, 1, 1), E_SHADOW, "%s", "");
	diag_finish(&t.d);
	fflush(t.f);
	assert_true(json_parse(t.text, t.len, &v, NULL, NULL));
	assert_int_equal(json_count(v), 2);
	w = json_walk(v);
	assert_true(json_next(&w, &key, &item));
	assert_true(json_string_is(json_get(item, "kind"), "error"));
	assert_true(json_string_is(json_get(item, "code"), "MP0201"));
	assert_true(json_string_is(json_get(item, "message"),
	    "unknown name: a \"quoted\" one"));
	assert_int_equal(json_count(json_get(item, "children")), 2);
	assert_int_equal(json_count(json_get(item, "locations")), 1);
	assert_true(json_next(&w, &key, &item));
	assert_true(json_string_is(json_get(item, "option"), "-Wshadow"));
	fclose(t.f);
	free(t.text);
	arena_release(&t.a);
}

static void
sarif(void **state)
{
	struct setting t;
	struct json v, run, result;
	struct json_walk w;

	(void)state;
	begin(&t, "abc\n");
	t.d.format = DIAG_SARIF;
	diag(&t.d, at(&t, 1, 2), E_NAME, "x");
	diag_note(&t.d, at(&t, 0, 1), "see");
	diag(&t.d, (struct span){ 0, 0 }, E_NAME, "nowhere");
	diag_finish(&t.d);
	fflush(t.f);
	assert_true(json_parse(t.text, t.len, &v, NULL, NULL));
	assert_true(json_string_is(json_get(v, "version"), "2.1.0"));
	w = json_walk(json_get(v, "runs"));
	assert_true(json_next(&w, NULL, &run));
	assert_int_equal(json_count(json_get(json_get(json_get(run, "tool"),
	    "driver"), "rules")), 1);
	assert_int_equal(json_count(json_get(run, "results")), 2);
	w = json_walk(json_get(run, "results"));
	assert_true(json_next(&w, NULL, &result));
	assert_true(json_string_is(json_get(result, "level"), "error"));
	assert_int_equal(json_count(json_get(result, "relatedLocations")), 1);
	fclose(t.f);
	free(t.text);
	arena_release(&t.a);
}

static void
nearest(void **state)
{
	static const char *const name[] = { "answer", "question", "GOOD",
	    "n" };

	(void)state;
	assert_string_equal(diag_nearest("anwser", name, 4), "answer");
	assert_string_equal(diag_nearest("answe", name, 4), "answer");
	assert_string_equal(diag_nearest("qestoin", name, 4), "question");
	assert_string_equal(diag_nearest("good", name, 4), "GOOD");
	assert_null(diag_nearest("m", name, 4));
	assert_null(diag_nearest("banana", name, 4));
	assert_null(diag_nearest("anything at all", name, 0));
}

/* Every class has a code of its own and something to say. */
static void
classes(void **state)
{
	const char *text, *explain, *name, *other;
	unsigned c, e, n;

	(void)state;
	for (c = 0; c < E_NCLASS; c++) {
		const char *code = diag_code((enum diag_class)c);

		assert_int_equal(strlen(code), 6);
		assert_true(diag_explain(code, &text, &explain));
		assert_true(strlen(text) > 4);
		assert_true(strlen(explain) > 20);
		for (e = 0; e < c; e++)
			assert_string_not_equal(code,
			    diag_code((enum diag_class)e));
	}
	assert_false(diag_explain("MP9999", &text, &explain));
	for (n = 0; diag_warning(n, &name, &text); n++)
		for (e = 0; e < n; e++) {
			assert_true(diag_warning(e, &other, &text));
			assert_string_not_equal(name, other);
		}
	assert_true(n > 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(carets),
		cmocka_unit_test(warnings),
		cmocka_unit_test(most_errors),
		cmocka_unit_test(secrets),
		cmocka_unit_test(json),
		cmocka_unit_test(sarif),
		cmocka_unit_test(nearest),
		cmocka_unit_test(classes)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
