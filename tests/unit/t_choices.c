/* Tests of what slots may be: levels, their order, their JSON.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tune/choices.h"

static struct ty_const
whole(int64_t i)
{
	return (struct ty_const){ .kind = TYC_INT, .i = i };
}

static struct ty_const
real(double f)
{
	return (struct ty_const){ .kind = TYC_FLOAT, .f = f };
}

static struct ty_const
word(const char *s)
{
	return (struct ty_const){ .kind = TYC_STRING, .s = s };
}

/* All values as JSON with commas. */
static const char *
text(struct arena *a, const struct levels *l)
{
	const char *s = "";
	unsigned i;

	for (i = 0; i < l->n; i++)
		s = arena_printf(a, "%s%s%s", s, i > 0 ? "," : "",
		    choices_json(a, &l->v[i]));
	return s;
}

static void
lists(void **state)
{
	const struct ty_const v[] = { whole(5), whole(1), whole(2), whole(5) };
	const struct ty_const w[] = { word("b"), word("a"), word("b") };
	struct choices c = { .v = v, .n = 4 };
	struct ty_const own = whole(2);
	struct arena a = { 0 };
	struct levels l;

	(void)state;
	l = choices_levels(&a, &c, &own);
	assert_string_equal(text(&a, &l), "1,2,5");
	assert_int_equal(l.written, 1);
	assert_non_null(l.at);          /* one step apart */
	assert_true(l.at[1] - l.at[0] == l.at[2] - l.at[1]);
	own = whole(3);                 /* set in another way */
	l = choices_levels(&a, &c, &own);
	assert_string_equal(text(&a, &l), "1,2,3,5");
	assert_int_equal(l.written, 2);
	c = (struct choices){ .v = w, .n = 3 };
	own = word("a");
	l = choices_levels(&a, &c, &own);
	assert_string_equal(text(&a, &l), "\"a\",\"b\"");
	assert_int_equal(l.written, 0);
	assert_null(l.at);
	arena_release(&a);
}

/* A value that may be null has no place among the numbers. */
static void
mixed(void **state)
{
	const struct ty_const v[] = { { .kind = TYC_NULL }, real(0.5),
	    real(0.25) };
	struct choices c = { .v = v, .n = 3 };
	struct arena a = { 0 };
	struct levels l = choices_levels(&a, &c, &v[1]);

	(void)state;
	assert_string_equal(text(&a, &l), "0.5,null,0.25");
	assert_null(l.at);
	assert_int_equal(l.written, 0);
	arena_release(&a);
}

static void
ranges(void **state)
{
	struct choices c = { .is_range = true, .lo = 0, .hi = 1 };
	struct ty_const own = real(0.5);
	struct arena a = { 0 };
	struct levels l;

	(void)state;
	l = choices_levels(&a, &c, &own);
	assert_int_equal(l.n, 11);
	assert_int_equal(l.written, 5);
	own = real(0.33);
	l = choices_levels(&a, &c, &own);
	assert_int_equal(l.n, 12);
	assert_int_equal(l.written, 4);
	assert_true(l.at[4] == 0.33 && l.at[0] == 0 && l.at[11] == 1);
	/* Levels of ints are ints. */
	c = (struct choices){ .is_range = true, .lo = 1, .hi = 200 };
	own = whole(200);
	l = choices_levels(&a, &c, &own);
	assert_string_equal(text(&a, &l),
	    "1,21,41,61,81,101,120,140,160,180,200");
	assert_int_equal(l.written, 10);
	c = (struct choices){ .is_range = true, .lo = 0, .hi = 0x1p63 };
	own = whole(0);
	l = choices_levels(&a, &c, &own);
	assert_true(l.v[10].i == INT64_MAX);
	arena_release(&a);
}

static void
allowed(void **state)
{
	const struct ty_const v[] = { real(0), real(0.7) };
	struct choices none = { .n = 0 }, list = { .v = v, .n = 2 };
	struct choices range = { .is_range = true, .lo = 1, .hi = 3 };
	struct choices point = { .is_range = true, .lo = 1, .hi = 1 };
	struct ty_const x = real(0.7), y = whole(3), z = word("3");

	(void)state;
	assert_false(choices_many(&none) || choices_many(&point));
	assert_true(choices_many(&list) && choices_many(&range));
	assert_true(choices_allow(&list, &x));
	assert_false(choices_allow(&list, &y));
	assert_true(choices_allow(&range, &y));
	assert_false(choices_allow(&range, &x));
	assert_false(choices_allow(&range, &z));
	assert_false(choices_allow(&none, &x));
}

static void
values(void **state)
{
	const struct ty_const v[] = { { .kind = TYC_BOOL, .i = 1 },
	    { .kind = TYC_BOOL }, { .kind = TYC_ENUM, .s = "A", .i = 0 },
	    { .kind = TYC_NULL }, word("a\"b") };
	struct levels l = { .v = NULL, .n = COUNTOF(v) };
	struct ty_const copy[COUNTOF(v)];
	struct arena a = { 0 };

	(void)state;
	memcpy(copy, v, sizeof v);
	l.v = copy;
	assert_string_equal(text(&a, &l),
	    "true,false,\"A\",null,\"a\\\"b\"");
	arena_release(&a);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists),
		cmocka_unit_test(mixed),
		cmocka_unit_test(ranges),
		cmocka_unit_test(allowed),
		cmocka_unit_test(values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
