/* Tests of core/json.c and json_put.c: checking, walking, decoding, writing.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/json.h"
#include "core/json_put.h"

static struct json
parse(const char *s)
{
	const char *why = NULL;
	struct json v;
	size_t bad;

	if (!json_parse(s, strlen(s), &v, &bad, &why))
		fail_msg("%s: at %zu: %s", s, bad, why);
	return v;
}

static void
accepts(void **state)
{
	static const char *const good[] = {
		"0", "-0", "1", "-1.5e-3", "1E+2", "\"\"", "true", "false",
		"null", "{}", "[]", " [ ] ", "{\"a\":{\"b\":[1,2,{}]}}",
		"\t\r\n[1,\"\\u00e9\\n\\/\"]\n", "\"\xc3\xa9\xf0\x9f\x98\x80\"",
		"\"\\ud800\"", "\"\x7f\"", "[[[[]]]]",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(*good); i++)
		parse(good[i]);
}

static void
refuses(void **state)
{
	static const struct {
		const char *s;
		size_t bad;
	} cases[] = {
		{ "", 0 }, { "  ", 2 }, { "01", 1 }, { "-", 1 }, { "+1", 0 },
		{ "1.", 2 }, { ".5", 0 }, { "1e", 2 }, { "1e+", 3 },
		{ "[1,]", 3 }, { "[1 2]", 3 }, { "{\"a\" 1}", 5 },
		{ "{a:1}", 1 }, { "{\"a\":1,}", 7 }, { "[", 1 }, { "{", 1 },
		{ "]", 0 }, { "[}", 1 }, { "[1}", 2 }, { "\"a", 2 },
		{ "\"\\x\"", 1 }, { "\"\\u12g4\"", 1 }, { "\"\n\"", 1 },
		{ "\"\xc3\"", 1 }, { "\"\xed\xa0\x80\"", 1 },
		{ "\"\xc0\xaf\"", 1 }, { "\"\xf5\x80\x80\x80\"", 1 },
		{ "tru", 0 }, { "nul", 0 }, { "truex", 4 }, { "1 2", 2 },
		{ "{} x", 3 }, { "NaN", 0 }, { "'a'", 0 }, { "\"\\", 1 },
		{ "\xef\xbb\xbf{}", 0 },
	};
	const char *why;
	struct json v;
	size_t i, bad;
	char *copy;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		/* An exact copy shows reads past the end. */
		copy = malloc(strlen(cases[i].s) + 1);
		assert_non_null(copy);
		memcpy(copy, cases[i].s, strlen(cases[i].s));
		bad = 99;
		why = NULL;
		assert_false(json_parse(copy, strlen(cases[i].s), &v, &bad,
		    &why));
		if (bad != cases[i].bad)
			fail_msg("'%s': %zu is not %zu", cases[i].s, bad,
			    cases[i].bad);
		assert_non_null(why);
		assert_int_equal(json_kind(v), JSON_NONE);
		free(copy);
	}
	assert_false(json_parse(NULL, 0, &v, NULL, NULL));
}

static void
depth(void **state)
{
	char text[2 * JSON_DEPTH + 4];
	struct buf b = BUF_INIT;
	struct json v;
	size_t i, bad;

	(void)state;
	for (i = 0; i < JSON_DEPTH; i++) {
		text[i] = '[';
		text[2 * JSON_DEPTH - 1 - i] = ']';
	}
	assert_true(json_parse(text, 2 * JSON_DEPTH, &v, NULL, NULL));
	json_canon(&b, v);
	assert_int_equal(b.len, 2 * JSON_DEPTH);
	buf_release(&b);
	memset(text, '[', sizeof(text));
	assert_false(json_parse(text, sizeof(text), &v, &bad, NULL));
	assert_int_equal(bad, JSON_DEPTH);
}

static void
walks(void **state)
{
	struct json v = parse(" { \"a\" : [1, {\"]\":\"}\"} ,\"x\"] , "
	    "\"b\\u0062\":null,\"a\":2 } ");
	struct json_walk w = json_walk(v);
	struct json key, item;

	(void)state;
	assert_int_equal(json_kind(v), JSON_OBJECT);
	assert_int_equal(json_count(v), 3);
	assert_true(json_next(&w, &key, &item));
	assert_true(json_is(key, "\"a\""));
	assert_true(json_is(item, "[1, {\"]\":\"}\"} ,\"x\"]"));
	assert_int_equal(json_count(item), 3);
	assert_true(json_next(&w, &key, &item));
	assert_true(json_string_is(key, "bb"));
	assert_false(json_string_is(key, "b"));
	assert_false(json_string_is(key, "bbb"));
	assert_int_equal(json_kind(item), JSON_NULL);
	assert_true(json_next(&w, NULL, &item));
	assert_true(json_is(item, "2"));
	assert_false(json_next(&w, NULL, &item));
	assert_int_equal(json_kind(json_get(v, "bb")), JSON_NULL);
	assert_int_equal(json_kind(json_get(v, "a")), JSON_ARRAY);
	assert_int_equal(json_kind(json_get(v, "c")), JSON_NONE);
	assert_int_equal(json_kind(json_get(parse("[1]"), "a")), JSON_NONE);
	assert_int_equal(json_count(parse("3")), 0);
	assert_int_equal(json_count(parse("[ ]")), 0);
	w = json_walk(parse("[7]"));
	key = v;
	assert_true(json_next(&w, &key, &item));
	assert_int_equal(json_kind(key), JSON_NONE);
}

/* Puts what `w` walks, on the way down. */
static void
put_down(struct buf *b, struct json_walk *w)
{
	struct json_walk in;
	struct json key, item;
	bool first = true;

	buf_putc(b, w->object ? '{' : '[');
	for (; json_enter(w, &key, &item, &in); first = false) {
		if (!first)
			buf_putc(b, ',');
		buf_put(b, key.s, key.n);
		if (w->object)
			buf_putc(b, ':');
		assert_int_equal(in.at != NULL,
		    json_kind(item) == JSON_ARRAY ||
		    json_kind(item) == JSON_OBJECT);
		if (in.at)
			put_down(b, &in);
		else
			buf_put(b, item.s, item.n);
		json_leave(w, &in);
	}
	buf_putc(b, w->object ? '}' : ']');
}

/* Going down gives what stands there, and a walk may do both. */
static void
walks_down(void **state)
{
	static const char *const text[] = {
		"[]", "{ }", " [ [ ] , { } , [ [ ] ] ] ",
		"{ \"a\" : { \"b\" : [ 1 , -2.5e3 , { \"]\" : \"}\\\"\" } ] ,"
		" \"\" : null } , \"c\" : [ true , false , \"x\" ] } ",
	};
	struct json v = parse(text[3]), key, item;
	struct json_walk w, in;
	struct buf got = BUF_INIT, want = BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		w = json_walk(parse(text[i]));
		put_down(&got, &w);
		json_compact(&want, parse(text[i]));
		assert_string_equal(buf_str(&got), buf_str(&want));
		assert_false(json_enter(&w, &key, &item, &in));
		assert_false(json_next(&w, &key, &item));
		buf_reset(&got);
		buf_reset(&want);
	}
	buf_release(&got);
	buf_release(&want);
	w = json_walk(v);
	assert_true(json_enter(&w, &key, &item, &in));
	assert_true(json_next(&in, &key, &item));
	assert_true(json_string_is(key, "b"));
	assert_int_equal(json_count(item), 3);
	assert_true(json_next(&in, &key, &item));
	assert_false(json_next(&in, &key, &item));
	json_leave(&w, &in);
	assert_true(json_next(&w, &key, &item));
	assert_true(json_is(item, "[ true , false , \"x\" ]"));
	w = json_walk(parse("1"));
	assert_false(json_enter(&w, &key, &item, &in));
}

static void
strings(void **state)
{
	struct arena a = { 0 }, none = { .max = 1 };

	(void)state;
	assert_string_equal(json_string(&a, parse("\"plain \xc3\xa9\"")),
	    "plain \xc3\xa9");
	assert_string_equal(json_string(&a, parse(
	    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"")), "\"\\/\b\f\n\r\t");
	assert_string_equal(json_string(&a, parse("\"\\u00e9\\ud83d\\ude00\"")),
	    "\xc3\xa9\xf0\x9f\x98\x80");
	assert_string_equal(json_string(&a, parse(
	    "\"\\ud800x\\ud800\\u0041\\udc00\"")),
	    "\xef\xbf\xbdx\xef\xbf\xbd" "A\xef\xbf\xbd");
	assert_null(json_string(&a, parse("\"a\\u0000b\"")));
	assert_null(json_string(&a, parse("12")));
	assert_false(a.failed);
	assert_null(json_string(&none, parse("\"a\"")));
	assert_true(none.failed);
	assert_false(json_string_is(parse("\"\\u0000\""), ""));
	assert_true(json_string_is(parse("\"\""), ""));
	assert_false(json_string_is(parse("1"), "1"));
	arena_release(&a);
}

static void
integers(void **state)
{
	static const struct {
		const char *s;
		int64_t v;
	} good[] = {
		{ "0", 0 }, { "-0.0", 0 }, { "0e99999999999999999999", 0 },
		{ "42", 42 }, { "42.0", 42 }, { "4.2e1", 42 }, { "420e-1", 42 },
		{ "9223372036854775807", INT64_MAX },
		{ "-9223372036854775808", INT64_MIN },
		{ "9.223372036854775807e18", INT64_MAX },
		{ "1e18", INT64_C(1000000000000000000) }, { "-7", -7 },
	};
	static const char *const bad[] = {
		"1.5", "9223372036854775808", "-9223372036854775809", "1e19",
		"1e-1", "1e99999999999999999999", "\"1\"", "true",
		"18446744073709551617",
	};
	int64_t v;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
		assert_true(json_int(parse(good[i].s), &v));
		assert_true(v == good[i].v);
	}
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(json_int(parse(bad[i]), &v));
}

static void
doubles(void **state)
{
	static const char *const texts[] = {
		"0.1", "1.5", "3.0", "1e+30", "1e-30", "1e+22", "1e+23",
		"2.2250738585072014e-308", "5e-324", "1.7976931348623157e+308",
		"9007199254740993.0", "0.30000000000000004", "123456.789",
		"-1.5", "2.2250738585072011e-308", "1e+15", "123456789012345.0",
	};
	struct buf b = BUF_INIT;
	double v;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		assert_true(json_double(parse(texts[i]), &v));
		assert_true(v == strtod(texts[i], NULL));
		buf_reset(&b);
		buf_double(&b, v);
		assert_true(strtod(buf_str(&b), NULL) == v);
	}
	assert_true(json_double(parse("-0.0"), &v));
	assert_true(v == 0 && signbit(v));
	assert_true(json_double(parse("1e-400"), &v));
	assert_true(v == 0);
	assert_false(json_double(parse("1e400"), &v));
	assert_false(json_double(parse("\"1\""), &v));
	/* A tie that only the thousandth digit breaks. */
	buf_reset(&b);
	buf_puts(&b, "9007199254740993.");
	for (n = 0; n < 1000; n++)
		buf_putc(&b, '0');
	buf_putc(&b, '1');
	assert_true(json_double(parse(buf_str(&b)), &v));
	assert_true(v == 9007199254740994.0);
	buf_release(&b);
}

static void
double_text(void **state)
{
	static const struct {
		double v;
		const char *s;
	} cases[] = {
		{ 1.5, "1.5" }, { 3, "3.0" }, { 1e30, "1e+30" }, { 0, "0.0" },
		{ -0.0, "-0.0" }, { 0.1, "0.1" }, { 5e-324, "5e-324" },
		{ 0.1 + 0.2, "0.30000000000000004" }, { 1e15, "1e+15" },
		{ 123456789012345.0, "123456789012345.0" }, { -2, "-2.0" },
		{ INFINITY, "null" }, { NAN, "null" }, { 1e-5, "1e-05" },
		{ DBL_MAX, "1.7976931348623157e+308" },
	};
	struct buf b = BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		buf_reset(&b);
		buf_double(&b, cases[i].v);
		assert_string_equal(buf_str(&b), cases[i].s);
	}
	buf_release(&b);
}

static void
bools(void **state)
{
	bool v = false;

	(void)state;
	assert_true(json_bool(parse("true"), &v));
	assert_true(v);
	assert_true(json_bool(parse("false"), &v));
	assert_false(v);
	assert_false(json_bool(parse("1"), &v));
}

static void
check_canon(const char *in, const char *want)
{
	struct buf b = BUF_INIT;

	json_canon(&b, parse(in));
	assert_string_equal(buf_str(&b), want);
	buf_release(&b);
}

static void
canon(void **state)
{
	(void)state;
	check_canon(" { \"b\" : 1.0 , \"a\" : [ 1e2, 0.50, \"\\u00e9\\/\" ] }",
	    "{\"a\":[100,0.5,\"\xc3\xa9/\"],\"b\":1}");
	check_canon("{\"a\":1,\"\\u0061\":2}", "{\"a\":1}");
	check_canon("{\"ab\":1,\"a\":2,\"\":3}", "{\"\":3,\"a\":2,\"ab\":1}");
	check_canon("{\"a\\u0000b\":\"\\u0000\"}",
	    "{\"a\\u0000b\":\"\\u0000\"}");
	check_canon("[-0,-0.0,1e400,true,null,{}]",
	    "[0,0,1e400,true,null,{}]");
	check_canon("[9223372036854775807,0.1]", "[9223372036854775807,0.1]");
}

static void
other_writers(void **state)
{
	struct json v = parse("{ \"a\" : [ 1 , \" x \\\" \" ] , \"b\":{ } }");
	struct buf b = BUF_INIT;

	(void)state;
	json_compact(&b, v);
	assert_string_equal(buf_str(&b), "{\"a\":[1,\" x \\\" \"],\"b\":{}}");
	buf_reset(&b);
	json_pretty(&b, v, 0);
	assert_string_equal(buf_str(&b), "{\n\t\"a\": [\n\t\t1,\n"
	    "\t\t\" x \\\" \"\n\t],\n\t\"b\": {}\n}");
	buf_reset(&b);
	json_pretty(&b, parse("[1]"), 1);
	assert_string_equal(buf_str(&b), "[\n\t\t1\n\t]");
	buf_release(&b);
}

/* Every cut of a text is refused, and nothing is read past it. */
static void
cuts(void **state)
{
	static const char text[] =
	    "{\"k\":[true,null,-1.25e+3,\"\\u00e9\xc3\xa9\\n\"],"
	    "\"m\":{\"n\":0}}";
	struct json v;
	size_t n, bad;
	char *copy;

	(void)state;
	for (n = 0; n < sizeof(text) - 1; n++) {
		copy = malloc(n + 1);
		assert_non_null(copy);
		memcpy(copy, text, n);
		copy = realloc(copy, n ? n : 1);
		assert_false(json_parse(copy, n, &v, &bad, NULL));
		assert_true(bad <= n);
		free(copy);
	}
}

static void
put(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	json_put_raw(&b, "alone", "1");
	assert_string_equal(buf_str(&b), "\"alone\":1");
	buf_reset(&b);
	buf_putc(&b, '{');
	json_put_string(&b, "a\"", "[");
	json_put_string(&b, "none", NULL);
	json_put_int(&b, "int", INT64_MIN);
	json_put_double(&b, "double", 0.5);
	json_put_double(&b, "nan", (double)NAN);
	json_put_bool(&b, "yes", true);
	json_put_bool(&b, "no", false);
	json_put_raw(&b, "list", "[");
	json_put_item(&b);
	buf_puts(&b, "{}");
	json_put_item(&b);
	buf_putc(&b, '{');
	json_put_raw(&b, "in", "{}");
	buf_puts(&b, "}]");
	json_put_member(&b, "last");
	buf_puts(&b, "null}");
	assert_string_equal(buf_str(&b), "{\"a\\\"\":\"[\",\"none\":\"\","
	    "\"int\":-9223372036854775808,\"double\":0.5,\"nan\":null,"
	    "\"yes\":true,\"no\":false,\"list\":[{},{\"in\":{}}],"
	    "\"last\":null}");
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts), cmocka_unit_test(refuses),
		cmocka_unit_test(depth), cmocka_unit_test(walks),
		cmocka_unit_test(walks_down),
		cmocka_unit_test(strings), cmocka_unit_test(integers),
		cmocka_unit_test(doubles), cmocka_unit_test(double_text),
		cmocka_unit_test(bools), cmocka_unit_test(canon),
		cmocka_unit_test(other_writers), cmocka_unit_test(cuts),
		cmocka_unit_test(put),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
