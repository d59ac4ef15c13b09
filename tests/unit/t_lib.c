/* Tests of lib.c and list.c: what programs do with values.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "stage.h"

static void
test_ints(void **state)
{
	struct mip *m = begin(state);

	assert_int_equal(mip_int_add(m, 2, -3), -1);
	assert_int_equal(mip_int_add(m, INT64_MAX, INT64_MIN), -1);
	assert_int_equal(mip_int_sub(m, INT64_MIN, INT64_MIN), 0);
	assert_int_equal(mip_int_mul(m, INT64_MIN, 1), INT64_MIN);
	assert_int_equal(mip_int_mul(m, -1, INT64_MAX), -INT64_MAX);
	assert_int_equal(mip_int_mul(m, 0, INT64_MIN), 0);
	assert_int_equal(mip_int_mul(m, -4, -5), 20);
	assert_int_equal(mip_int_div(m, -7, 2), -3);
	assert_int_equal(mip_int_mod(m, -7, 2), -1);
	assert_int_equal(mip_int_mod(m, INT64_MIN, -1), 0);
	assert_int_equal(mip_int_neg(m, 7), -7);
	assert_fine(m);
}

static void
test_int_limits(void **state)
{
	struct mip *m = begin(state);

	assert_int_equal(mip_int_add(m, INT64_MAX, 1), 0);
	assert_failed(m, "overflow in '+'");
	assert_int_equal(mip_int_add(m, INT64_MIN, -1), 0);
	assert_failed(m, "overflow");
	mip_int_sub(m, INT64_MIN, 1);
	assert_failed(m, "overflow in '-'");
	mip_int_sub(m, 0, INT64_MIN);
	assert_failed(m, "overflow");
	mip_int_mul(m, INT64_MIN, -1);
	assert_failed(m, "overflow in '*'");
	mip_int_mul(m, -1, INT64_MIN);
	assert_failed(m, "overflow");
	mip_int_mul(m, INT64_C(1) << 32, INT64_C(1) << 31);
	assert_failed(m, "overflow");
	mip_int_mul(m, -(INT64_C(1) << 32), (INT64_C(1) << 31) + 1);
	assert_failed(m, "overflow");
	mip_int_div(m, 1, 0);
	assert_failed(m, "division by zero");
	mip_int_div(m, INT64_MIN, -1);
	assert_failed(m, "overflow in '/'");
	mip_int_mod(m, 1, 0);
	assert_failed(m, "zero");
	mip_int_neg(m, INT64_MIN);
	assert_failed(m, "overflow");
}

static void
test_floats(void **state)
{
	static const double v[] = { 0.5, 0.25, 1 };
	static const int64_t big[] = { INT64_MAX, 1 }, few[] = { 4, -6 };
	struct mip *m = begin(state);

	assert_true(mip_float_div(m, 1, 4) == 0.25);
	assert_true(mip_float_mod(m, 7.5, 2) == 1.5);
	assert_int_equal(mip_round_int(m, 2.5), 3);
	assert_int_equal(mip_round_int(m, -2.5), -3);
	assert_int_equal(mip_round_int(m, -9223372036854775808.0), INT64_MIN);
	assert_true(mip_sum_floats((struct mip_floats){ v, 3 }) == 1.75);
	assert_true(mip_sum_floats((struct mip_floats){ NULL, 0 }) == 0);
	assert_int_equal(mip_sum_ints(m, (struct mip_ints){ few, 2 }), -2);
	assert_fine(m);
	assert_true(mip_float_div(m, 1, 0) == 0);
	assert_failed(m, "division by zero");
	mip_float_mod(m, 1, -0.0);
	assert_failed(m, "zero");
	mip_round_int(m, 9223372036854775808.0);
	assert_failed(m, "too large");
	mip_round_int(m, (double)NAN);
	assert_failed(m, "no number");
	mip_sum_ints(m, (struct mip_ints){ big, 2 });
	assert_failed(m, "overflow");
}

static void
test_texts(void **state)
{
	struct mip *m = begin(state);

	assert_string_equal(mip_concat(m, "a", "", "b\xc3\xa9",
	    (const char *)NULL), "ab\xc3\xa9");
	assert_string_equal(mip_concat(m, "", (const char *)NULL), "");
	assert_int_equal(mip_string_len("a\xc3\xa9\xf0\x9f\x98\x80"), 3);
	assert_int_equal(mip_string_len(""), 0);
	assert_string_equal(mip_lower(m, "\xc3\x84\x42\xce\xa3"),
	    "\xc3\xa4\x62\xcf\x83");
	assert_string_equal(mip_upper(m, "\xc3\xa4\x62"), "\xc3\x84\x42");
	assert_string_equal(mip_trim(m, " \t\xc2\xa0x y\r\n"), "x y");
	assert_string_equal(mip_trim(m, " \n"), "");
	assert_string_equal(mip_replace(m, "aaa", "aa", "b"), "ba");
	assert_string_equal(mip_replace(m, "abc", "", "x"), "abc");
	assert_string_equal(mip_replace(m, "abc", "b", ""), "ac");
	assert_string_equal(mip_substr(m, "a\xc3\xa9z", 1, 1), "\xc3\xa9");
	assert_string_equal(mip_substr(m, "abc", 1, 99), "bc");
	assert_string_equal(mip_substr(m, "abc", 9, 1), "");
	assert_fine(m);
	assert_string_equal(mip_substr(m, "abc", -1, 1), "");
	assert_failed(m, "substr");
	assert_true(mip_string_cmp("a", "b") < 0);
	assert_true(mip_string_cmp("\xf0\x9f\x98\x80", "\xef\xbf\xbd") > 0);
	assert_true(mip_string_eq("", ""));
	assert_false(mip_string_eq("a", "A"));
}

static void
test_tests(void **state)
{
	(void)state;
	assert_true(mip_contains("abc", "bc"));
	assert_true(mip_contains("abc", ""));
	assert_false(mip_contains("abc", "B"));
	assert_true(mip_icontains("Stra\xc3\x9f\x65 \xc3\x84rger",
	    "\xc3\xa4RG"));
	assert_true(mip_icontains("", ""));
	assert_false(mip_icontains("ab", "abc"));
	assert_true(mip_starts_with("abc", "ab"));
	assert_false(mip_starts_with("a", "ab"));
	assert_true(mip_ends_with("abc", "bc"));
	assert_false(mip_ends_with("c", "bc"));
	assert_true(mip_is_text(" ...7"));
	assert_true(mip_is_text("\xe4\xb8\xad"));
	assert_false(mip_is_text(" -?!\n"));
	assert_false(mip_is_text(""));
}

static void
test_split(void **state)
{
	struct mip *m = begin(state);
	struct mip_strings v;

	assert_strings(mip_split(m, "a,,b", ","), STRINGS("a", "", "b"));
	assert_strings(mip_split(m, "", ","), STRINGS(""));
	assert_strings(mip_split(m, "x\xc3\xa9", ""),
	    STRINGS("x", "\xc3\xa9"));
	assert_strings(mip_lines(m, "a\r\n\nb"), STRINGS("a", "", "b"));
	assert_strings(mip_lines(m, "a\n"), STRINGS("a"));
	assert_int_equal(mip_lines(m, "").n, 0);
	v = mip_split(m, "a b c", " ");
	assert_string_equal(mip_join(m, "--", v), "a--b--c");
	v.n = 0;
	assert_string_equal(mip_join(m, "--", v), "");
	assert_fine(m);
}

static void
test_numbers_in_text(void **state)
{
	struct mip *m = begin(state);

	assert_string_equal(mip_str_int(m, INT64_MIN), "-9223372036854775808");
	assert_string_equal(mip_str_float(m, 0.1), "0.1");
	assert_string_equal(mip_str_float(m, (double)INFINITY), "inf");
	assert_string_equal(mip_str_bool(true), "true");
	assert_int_equal(mip_to_int(m, " -9223372036854775808\n"), INT64_MIN);
	assert_int_equal(mip_to_int(m, "+9223372036854775807"), INT64_MAX);
	assert_int_equal(mip_to_int(m, "007"), 7);
	assert_true(mip_to_float(m, "+.5") == 0.5);
	assert_true(mip_to_float(m, "-007.25") == -7.25);
	assert_true(mip_to_float(m, "5.") == 5);
	assert_true(mip_to_float(m, "1e-3") == 0.001);
	assert_true(mip_to_float(m, "0") == 0);
	assert_true(mip_to_float(m, "00") == 0);
	assert_fine(m);
}

static void
test_no_numbers(void **state)
{
	static const char *const no_int[] = { "", "-", "1.0", "9x", "1 2",
		"9223372036854775808", "-9223372036854775809",
		"99999999999999999999" };
	static const char *const no_float[] = { "", "-", ".", "1,5", "nan",
		"inf", "0x10", "1e999", "--1", "1..", "e5" };
	struct mip *m = begin(state);
	size_t i;

	for (i = 0; i < sizeof no_int / sizeof no_int[0]; i++) {
		assert_int_equal(mip_to_int(m, no_int[i]), 0);
		assert_failed(m, no_int[i]);
	}
	for (i = 0; i < sizeof no_float / sizeof no_float[0]; i++) {
		assert_true(mip_to_float(m, no_float[i]) == 0);
		assert_failed(m, "is not a number");
	}
	mip_to_int(m, "a very long text that says nothing like a number");
	assert_failed(m, "...\" is not an int");
}

static void
test_index(void **state)
{
	struct mip *m = begin(state);
	size_t at = 9;

	assert_true(mip_index(m, 2, 3, &at));
	assert_int_equal(at, 2);
	assert_false(mip_index(m, 3, 3, &at));
	assert_int_equal(at, 0);
	assert_failed(m, "index 3 is outside a list of 3");
	assert_false(mip_index(m, -1, 3, &at));
	assert_failed(m, "index -1");
}

struct pair {
	const char *name;
	double value;
};

static const struct mip_field pair_fields[] = {
	{ MIP_FIELD(struct pair, name, &mip_string, NULL) },
	{ MIP_FIELD(struct pair, value, &mip_float, NULL) },
};

static const struct mip_type pair_type = {
	.kind = MIP_STRUCT, .size = sizeof(struct pair), .name = "Pair",
	.field = pair_fields, .n = 2
};

struct pairs {
	const struct pair *v;
	size_t n;
};

static void
test_lists(void **state)
{
	static const int64_t v[] = { 3, 1, 3, 2, 1 };
	struct mip_ints a = { v, 5 }, none = { NULL, 0 }, out;
	struct mip *m = begin(state);
	int64_t one = 1, nine = 9;

	mip_list_concat(m, &mip_int, &a, &a, &out);
	assert_int_equal(out.n, 10);
	assert_int_equal(out.v[5], 3);
	mip_list_concat(m, &mip_int, &none, &none, &out);
	assert_int_equal(out.n, 0);
	mip_list_dedup(m, &mip_int, &a, &out);
	assert_int_equal(out.n, 3);
	assert_true(out.v[0] == 3 && out.v[1] == 1 && out.v[2] == 2);
	mip_list_sort(m, &mip_int, &a, &out);
	assert_int_equal(mip_to_json(m, &mip_int_list, &out)[1], '1');
	assert_string_equal(mip_to_json(m, &mip_int_list, &out),
	    "[1,1,2,3,3]");
	assert_int_equal(v[0], 3);
	mip_list_take(m, &mip_int, &a, 2, &out);
	assert_string_equal(mip_to_json(m, &mip_int_list, &out), "[3,1]");
	mip_list_take(m, &mip_int, &a, 99, &out);
	assert_int_equal(out.n, 5);
	assert_true(mip_list_has(&mip_int, &a, &one));
	assert_false(mip_list_has(&mip_int, &a, &nine));
	assert_false(mip_list_has(&mip_int, &none, &one));
	assert_fine(m);
	mip_list_take(m, &mip_int, &a, -1, &out);
	assert_int_equal(out.n, 0);
	assert_failed(m, "take");
}

static void
test_lists_of_structs(void **state)
{
	static const struct pair v[] = {
		{ "b", 2 }, { "a", (double)NAN }, { "b", 1 }, { "a", 5 },
		{ "b", 2 }, { "a", -1 }
	};
	struct pairs in = { v, 6 }, out;
	struct mip *m = begin(state);

	mip_list_sort(m, &pair_type, &in, &out);
	assert_int_equal(out.n, 6);
	assert_true(out.v[0].value == -1 && out.v[1].value == 5);
	assert_true(isnan(out.v[2].value));
	assert_true(out.v[3].value == 1 && out.v[5].value == 2);
	mip_list_dedup(m, &pair_type, &in, &out);
	assert_int_equal(out.n, 5);
	assert_true(out.v[3].value == 5 && out.v[4].value == -1);
	assert_true(mip_equal(&pair_type, &v[0], &v[4]));
	assert_false(mip_equal(&pair_type, &v[0], &v[2]));
	assert_string_equal(mip_to_json(m, &pair_type, &v[3]),
	    "{\"name\":\"a\",\"value\":5.0}");
}

/* Equal keys stay in their order. */
static void
test_sort_is_stable(void **state)
{
	enum { N = 500 };
	static struct pair v[N];
	static struct mip_field field = { MIP_FIELD(struct pair, name,
	    &mip_string, NULL) };
	struct mip_type by_name = pair_type;
	struct pairs in = { v, N }, out;
	struct mip *m = begin(state);
	size_t i;

	by_name.field = &field;
	by_name.n = 1;
	for (i = 0; i < N; i++) {
		v[i].name = (i * 7919) % 3 == 0 ? "x" : "w";
		v[i].value = (double)i;
	}
	mip_list_sort(m, &by_name, &in, &out);
	for (i = 1; i < N; i++) {
		int d = strcmp(out.v[i - 1].name, out.v[i].name);

		assert_true(d < 0 || (d == 0 &&
		    out.v[i - 1].value < out.v[i].value));
	}
}

/* What fits at the ends, and what does not. */
static void
test_parts_of_lists(void **state)
{
	static const int64_t v[] = { 3, 1, 2 };
	struct mip_ints a = { v, 3 }, none = { NULL, 0 }, out;
	struct mip *m = begin(state);

	mip_list_reverse(m, &mip_int, &a, &out);
	assert_string_equal(mip_to_json(m, &mip_int_list, &out), "[2,1,3]");
	mip_list_reverse(m, &mip_int, &none, &out);
	assert_int_equal(out.n, 0);
	mip_list_slice(m, &mip_int, &a, 1, 1, &out);
	assert_string_equal(mip_to_json(m, &mip_int_list, &out), "[1]");
	mip_list_slice(m, &mip_int, &a, 1, INT64_MAX, &out);
	assert_string_equal(mip_to_json(m, &mip_int_list, &out), "[1,2]");
	mip_list_slice(m, &mip_int, &a, 3, 1, &out);
	assert_int_equal(out.n, 0);
	mip_list_slice(m, &mip_int, &a, INT64_MAX, INT64_MAX, &out);
	assert_int_equal(out.n, 0);
	mip_list_slice(m, &mip_int, &none, 0, 1, &out);
	assert_int_equal(out.n, 0);
	assert_fine(m);
	mip_list_slice(m, &mip_int, &a, -1, 1, &out);
	assert_int_equal(out.n, 0);
	assert_failed(m, "slice from -1, 1 items");
	mip_list_slice(m, &mip_int, &a, 0, -2, &out);
	assert_int_equal(out.n, 0);
	assert_failed(m, "slice from 0, -2 items");
}

static void
test_items_of_lists(void **state)
{
	static const struct pair v[] = { { "x", 1 }, { "y", 2 }, { "x", 1 } };
	static const double nan[] = { (double)NAN, 1 };
	const char *text, *texts[] = { "a", "b" };
	struct mip_strings list = { texts, 2 }, none = { NULL, 0 };
	struct mip_floats floats = { nan, 2 };
	struct pair same = { "x", 1 }, other = { "x", 2 };
	struct pairs a = { v, 3 };
	const struct pair *item;
	struct mip *m = begin(state);

	mip_list_first(&mip_string, &list, &text);
	assert_string_equal(text, "a");
	mip_list_last(&mip_string, &list, &text);
	assert_string_equal(text, "b");
	mip_list_first(&mip_string, &none, &text);
	assert_null(text);
	mip_list_last(&mip_string, &none, &text);
	assert_null(text);
	mip_list_first(&pair_type, &a, &item);
	assert_ptr_equal(item, v);
	mip_list_last(&pair_type, &a, &item);
	assert_ptr_equal(item, v + 2);
	/* T?? is T?: a null item is no item. */
	texts[0] = NULL;
	mip_list_first(&mip_string_optional, &list, &text);
	assert_null(text);
	mip_list_last(&mip_string_optional, &list, &text);
	assert_string_equal(text, "b");
	assert_int_equal(*mip_list_index(m, &pair_type, &a, &same), 0);
	assert_int_equal(*mip_list_index(m, &pair_type, &a, &v[1]), 1);
	assert_null(mip_list_index(m, &pair_type, &a, &other));
	assert_int_equal(mip_list_count(&pair_type, &a, &same), 2);
	assert_int_equal(mip_list_count(&pair_type, &a, &other), 0);
	assert_int_equal(mip_list_count(&mip_float, &floats, &nan[1]), 1);
	assert_fine(m);
}

/* The list of `s`, whose letters are its items. */
static struct mip_strings
letters(struct mip *m, const char *s)
{
	size_t n = strlen(s), i;
	const char **v = mip_alloc(m, n, sizeof *v);
	char *one;

	for (i = 0; i < n; i++) {
		v[i] = one = mip_alloc(m, 2, 1);
		one[0] = s[i];
	}
	return (struct mip_strings){ v, n };
}

static void
test_vote(void **state)
{
	static const struct {
		const char *votes;
		int64_t rest, index;
		bool decided;
	} t[] = {
		{ "x", 0, 0, true }, { "xyy", 0, 1, true },
		{ "xyXzy", 0, 0, true },        /* by words; a tie: earliest */
		{ "zyxyx", 0, 1, true },
		{ "xxx", 2, 0, true }, { "xxy", 2, 0, false },
		{ "xx", 2, 0, true },           /* a new one ties at best */
		{ "xy", 1, 0, false }, { "xyx", 1, 0, true },
		{ "yxx", 1, 1, false },         /* y would be the earlier */
		{ "x", 2, 0, false }
	};
	static const double d[] = { 2, 1.5, 1.5 };
	struct mip_floats floats = { d, 3 };
	struct mip_strings none = { NULL, 0 }, v;
	struct mip *m = begin(state);
	size_t i;

	for (i = 0; i < sizeof t / sizeof *t; i++) {
		v = letters(m, t[i].votes);
		assert_int_equal(mip_vote(m, &mip_string, &v), t[i].index);
		assert_int_equal(mip_decided(m, &mip_string, &v, t[i].rest),
		    t[i].decided);
	}
	assert_int_equal(mip_vote(m, &mip_float, &floats), 1);
	assert_true(mip_decided(m, &mip_string, &none, 0));
	assert_false(mip_decided(m, &mip_string, &none, 1));
	assert_fine(m);
	assert_int_equal(mip_vote(m, &mip_string, &none), 0);
	assert_int_equal(mip_status(m), MIP_FAIL);
}

static void
test_flatten(void **state)
{
	static const int64_t v[] = { 1, 2, 3 };
	struct mip_ints part[] = { { v, 2 }, { NULL, 0 }, { v + 2, 1 } }, out;
	struct { const struct mip_ints *v; size_t n; } lists = { part, 3 };
	struct mip *m = begin(state);

	mip_list_flatten(m, &mip_int, &lists, &out);
	assert_string_equal(mip_to_json(m, &mip_int_list, &out), "[1,2,3]");
	lists.n = 0;
	mip_list_flatten(m, &mip_int, &lists, &out);
	assert_int_equal(out.n, 0);
	lists.v = part + 1;
	lists.n = 1;
	mip_list_flatten(m, &mip_int, &lists, &out);
	assert_int_equal(out.n, 0);
	assert_fine(m);
}

static void
test_maps(void **state)
{
	static const char *const keys[] = { "a", "b" };
	static const int64_t v[] = { 1, 2 };
	struct { const char *const *key; const int64_t *v; size_t n; }
	    map = { keys, v, 2 }, none = { NULL, NULL, 0 }, out;
	struct { const char *const *key; const char *const *v; size_t n; }
	    texts = { keys, keys, 2 };
	struct mip *m = begin(state);
	struct mip_strings names;
	struct mip_ints values;
	int64_t nine = 9;

	assert_ptr_equal(mip_map_get(&map, sizeof v[0], "b"), &v[1]);
	assert_null(mip_map_get(&map, sizeof v[0], "c"));
	assert_null(mip_map_get(&none, sizeof v[0], "a"));
	assert_string_equal(mip_map_get_pointer(&texts, "b"), "b");
	assert_null(mip_map_get_pointer(&texts, ""));
	assert_true(mip_map_has(&map, "a"));
	assert_false(mip_map_has(&none, "a"));
	mip_map_put(m, &mip_int, &map, "a", &nine, &out);
	assert_true(out.n == 2 && out.v[0] == 9 && out.v[1] == 2);
	assert_int_equal(v[0], 1);
	mip_map_put(m, &mip_int, &out, "c", &nine, &out);
	assert_true(out.n == 3 && out.v[2] == 9);
	names = mip_map_keys(&mip_int, &out);
	assert_true(names.n == 3 && !strcmp(names.v[2], "c"));
	mip_map_values(&mip_int, &out, &values);
	assert_string_equal(mip_to_json(m, &mip_int_list, &values),
	    "[9,2,9]");
	mip_map_put(m, &mip_int, &none, "z", &nine, &out);
	assert_true(out.n == 1 && out.v[0] == 9);
	assert_fine(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ints),
		cmocka_unit_test(test_int_limits),
		cmocka_unit_test(test_floats),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_tests),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_numbers_in_text),
		cmocka_unit_test(test_no_numbers),
		cmocka_unit_test(test_index),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_lists_of_structs),
		cmocka_unit_test(test_sort_is_stable),
		cmocka_unit_test(test_parts_of_lists),
		cmocka_unit_test(test_items_of_lists),
		cmocka_unit_test(test_vote), cmocka_unit_test(test_flatten),
		cmocka_unit_test(test_maps),
	};

	return cmocka_run_group_tests_name("lib", tests, stage_up, stage_down);
}
