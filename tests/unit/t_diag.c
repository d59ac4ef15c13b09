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
#include "core/json.h"

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
	    "miproc: too many errors (2); looked no further\n");
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

/* ---- SARIF: what its schema requires ---- */

static struct json
member(struct json v, const char *key, enum json_kind kind)
{
	struct json x = json_get(v, key);

	if (json_kind(x) != kind)
		fail_msg("'%s' is missing or of another kind", key);
	return x;
}

static int64_t
number(struct json v, const char *key)
{
	int64_t n = -1;

	assert_true(json_int(member(v, key, JSON_NUMBER), &n));
	return n;
}

static void
check_region(struct json r)
{
	int64_t line = number(r, "startLine"), col = number(r, "startColumn");

	assert_true(line >= 1 && col >= 1);
	assert_true(number(r, "endLine") > line ||
	    (number(r, "endLine") == line && number(r, "endColumn") >= col));
}

static void
check_uri(struct json v)
{
	struct arena a = { 0 };
	const char *s = json_string(&a, member(member(v, "artifactLocation",
	    JSON_OBJECT), "uri", JSON_STRING));

	assert_non_null(s);
	assert_null(strpbrk(s, " \"<>\\^`{|}#?"));
	arena_release(&a);
}

static void
check_locations(struct json list, bool message)
{
	struct json_walk w = json_walk(list);
	struct json l, p;

	while (json_next(&w, NULL, &l)) {
		if (message)
			member(member(l, "message", JSON_OBJECT), "text",
			    JSON_STRING);
		p = json_get(l, "physicalLocation");
		if (json_kind(p) == JSON_OBJECT) {
			check_uri(p);
			check_region(member(p, "region", JSON_OBJECT));
		}
	}
}

static void
check_fixes(struct json fixes)
{
	struct json_walk w = json_walk(fixes), wc, wr;
	struct json fix, change, r;

	while (json_next(&w, NULL, &fix)) {
		wc = json_walk(member(fix, "artifactChanges", JSON_ARRAY));
		while (json_next(&wc, NULL, &change)) {
			check_uri(change);
			wr = json_walk(member(change, "replacements",
			    JSON_ARRAY));
			while (json_next(&wr, NULL, &r)) {
				check_region(member(r, "deletedRegion",
				    JSON_OBJECT));
				member(member(r, "insertedContent",
				    JSON_OBJECT), "text", JSON_STRING);
			}
		}
	}
}

/* The rule of the result stands where it says. */
static void
check_rule(struct json rules, struct json result)
{
	struct json_walk w = json_walk(rules);
	struct arena a = { 0 };
	const char *id = json_string(&a, member(result, "ruleId",
	    JSON_STRING));
	int64_t n = number(result, "ruleIndex");
	struct json rule;

	assert_true(n >= 0 && n < (int64_t)json_count(rules));
	while (n-- >= 0)
		assert_true(json_next(&w, NULL, &rule));
	assert_true(json_string_is(json_get(rule, "id"), id));
	member(member(rule, "shortDescription", JSON_OBJECT), "text",
	    JSON_STRING);
	arena_release(&a);
}

static void
check_sarif(struct json v)
{
	struct json_walk w = json_walk(member(v, "runs", JSON_ARRAY)), wr;
	struct json run, driver, rules, result, level;

	assert_true(json_string_is(json_get(v, "version"), "2.1.0"));
	while (json_next(&w, NULL, &run)) {
		driver = member(member(run, "tool", JSON_OBJECT), "driver",
		    JSON_OBJECT);
		member(driver, "name", JSON_STRING);
		rules = member(driver, "rules", JSON_ARRAY);
		wr = json_walk(member(run, "results", JSON_ARRAY));
		while (json_next(&wr, NULL, &result)) {
			member(member(result, "message", JSON_OBJECT), "text",
			    JSON_STRING);
			level = member(result, "level", JSON_STRING);
			assert_true(json_string_is(level, "error") ||
			    json_string_is(level, "warning"));
			check_rule(rules, result);
			check_locations(member(result, "locations",
			    JSON_ARRAY), false);
			check_locations(json_get(result, "relatedLocations"),
			    true);
			check_fixes(json_get(result, "fixes"));
		}
	}
}

/* ---- changes that would help ---- */

static void
fixes(void **state)
{
	struct setting t;

	(void)state;
	begin(&t, "\tlet x = anwser;\nnext\n");
	diag(&t.d, at(&t, 9, 6), E_NAME, "'anwser'");
	diag_fix(&t.d, at(&t, 9, 6), "answer");
	diag(&t.d, at(&t, 17, 4), E_SYNTAX, "%s", "");
	diag_fix(&t.d, at(&t, 16, 0), ";");
	diag_fix(&t.d, at(&t, 17, 4), "two\nlines");
	diag(&t.d, at(&t, 9, 1), E_MISSING_DESCRIPTION, "%s", "");
	diag_fix(&t.d, at(&t, 9, 1), "not shown");
	end(&t, "x.mp:1:10: error: unknown name: 'anwser' [MP0201]\n"
	    "    1 |         let x = anwser;\n"
	    "      |                 ^~~~~~\n"
	    "      |                 answer\n"
	    "x.mp:2:1: error: syntax error [MP0101]\n"
	    "    2 | next\n"
	    "      | ^~~~\n");
}

static void
fixes_json(void **state)
{
	struct setting t;
	struct json v, item, fix;
	struct json_walk w;

	(void)state;
	begin(&t, "let x = \303\244 + anwser;\n");
	t.d.format = DIAG_JSON;
	diag(&t.d, at(&t, 13, 6), E_NAME, "'anwser'");
	diag_fix(&t.d, at(&t, 13, 6), "answer");
	diag_finish(&t.d);
	fflush(t.f);
	assert_true(json_parse(t.text, t.len, &v, NULL, NULL));
	w = json_walk(v);
	assert_true(json_next(&w, NULL, &item));
	w = json_walk(member(item, "fixits", JSON_ARRAY));
	assert_true(json_next(&w, NULL, &fix));
	assert_true(json_string_is(json_get(fix, "string"), "answer"));
	assert_int_equal(number(json_get(fix, "start"), "column"), 13);
	assert_int_equal(number(json_get(fix, "start"), "byte-column"), 14);
	assert_int_equal(number(json_get(fix, "next"), "column"), 19);
	assert_false(json_next(&w, NULL, &fix));
	end(&t, NULL);
}

static void
whole_sarif(void **state)
{
	struct setting t;
	struct json v;

	(void)state;
	begin(&t, "let x = anwser;\nnext\n");
	t.x->path = "a dir/100%.mp";
	t.d.format = DIAG_SARIF;
	t.d.version = "1.2";
	diag(&t.d, at(&t, 16, 4), E_SHADOW, "%s", "");
	diag_note(&t.d, at(&t, 0, 3), "here");
	diag(&t.d, at(&t, 8, 6), E_NAME, "'anwser'");
	diag_fix(&t.d, at(&t, 8, 6), "answer");
	diag_fix(&t.d, at(&t, 14, 1), ";\n");
	diag(&t.d, (struct span){ 0, 0 }, E_PROGRAM, "%s", "");
	diag(&t.d, at(&t, 0, 20), E_SYNTAX, "%s", "");
	diag_finish(&t.d);
	fflush(t.f);
	assert_true(json_parse(t.text, t.len, &v, NULL, NULL));
	assert_non_null(strstr(t.text, "\"a%20dir/100%25.mp\""));
	assert_non_null(strstr(t.text, "\"version\": \"1.2\""));
	check_sarif(v);
	end(&t, NULL);
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
	const char *text, *name, *other;
	unsigned c, e, n;

	(void)state;
	for (c = 0; c < E_NCLASS; c++) {
		const char *code = diag_code((enum diag_class)c);

		assert_int_equal(strlen(code), 6);
		assert_non_null(diag_explain(code));
		assert_true(strlen(diag_explain(code)) > 20);
		for (e = 0; e < c; e++)
			assert_string_not_equal(code,
			    diag_code((enum diag_class)e));
	}
	assert_null(diag_explain("MP9999"));
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
		cmocka_unit_test(fixes),
		cmocka_unit_test(fixes_json),
		cmocka_unit_test(whole_sarif),
		cmocka_unit_test(nearest),
		cmocka_unit_test(classes)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
