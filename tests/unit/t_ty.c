/* Tests of types: one pointer a type, what fits where, their text.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/ty.h"

static void
interned(void **state)
{
	struct arena a;
	struct ty_table *t;
	const struct ty *s, *i, *list, *deep;
	int k;

	(void)state;
	base_arena_init(&a);
	t = ty_table_new(&a);
	s = ty_basic(t, TY_STRING);
	i = ty_basic(t, TY_INT);
	list = ty_list(t, s);
	assert_ptr_equal(list, ty_list(t, s));
	assert_ptr_not_equal(list, ty_list(t, i));
	assert_ptr_not_equal(list, ty_optional(t, s));
	assert_ptr_equal(ty_optional(t, ty_optional(t, s)),
	    ty_optional(t, s));
	assert_int_equal(ty_optional(t, ty_basic(t, TY_NULL))->kind, TY_NULL);
	assert_ptr_equal(ty_map(t, i), ty_map(t, i));
	assert_ptr_equal(ty_literal(t, "x"), ty_literal(t, "x"));
	assert_ptr_not_equal(ty_literal(t, "x"), ty_literal(t, "y"));
	assert_ptr_not_equal(ty_struct(t, "S"), ty_struct(t, "S"));
	for (k = 0, deep = s; k < 500; k++)
		deep = ty_list(t, deep);
	for (k = 0; k < 500; k++)
		deep = deep->of;
	assert_ptr_equal(deep, s);
	arena_release(&a);
}

static void
unions(void **state)
{
	struct arena a;
	struct ty_table *t;
	const struct ty *arm[4], *u;

	(void)state;
	base_arena_init(&a);
	t = ty_table_new(&a);
	arm[0] = ty_basic(t, TY_STRING);
	arm[1] = ty_basic(t, TY_INT);
	u = ty_union(t, arm, 2);
	assert_int_equal(u->kind, TY_UNION);
	assert_int_equal(u->n, 2);
	arm[2] = u;
	arm[3] = ty_basic(t, TY_NULL);
	assert_ptr_equal(ty_union(t, arm, 3), u);
	assert_ptr_equal(ty_union(t, arm, 4), ty_optional(t, u));
	assert_ptr_equal(ty_union(t, arm, 1), arm[0]);
	assert_ptr_equal(ty_union(t, arm + 3, 1), arm[3]);
	assert_true(ty_fits(arm[0], u));
	assert_false(ty_fits(u, arm[0]));
	assert_string_equal(ty_text(&a, ty_list(t, u)), "(string | int)[]");
	assert_string_equal(ty_text(&a, ty_union(t, arm, 4)),
	    "(string | int)?");
	arena_release(&a);
}

static void
fitting(void **state)
{
	struct arena a;
	struct ty_table *t;
	const struct ty *s, *i, *f, *null, *bad, *si;

	(void)state;
	base_arena_init(&a);
	t = ty_table_new(&a);
	s = ty_basic(t, TY_STRING);
	i = ty_basic(t, TY_INT);
	f = ty_basic(t, TY_FLOAT);
	null = ty_basic(t, TY_NULL);
	bad = ty_basic(t, TY_POISON);
	si = ty_optional(t, i);
	assert_true(ty_fits(i, f));
	assert_false(ty_fits(f, i));
	assert_true(ty_fits(i, si));
	assert_false(ty_fits(si, i));
	assert_true(ty_fits(null, si));
	assert_false(ty_fits(null, i));
	assert_true(ty_fits(i, ty_optional(t, f)));
	assert_false(ty_fits(si, ty_optional(t, f)));
	assert_false(ty_fits(ty_list(t, i), ty_list(t, f)));
	assert_true(ty_fits(ty_literal(t, "x"), s));
	assert_false(ty_fits(s, ty_literal(t, "x")));
	assert_true(ty_fits(bad, i) && ty_fits(i, bad));
	assert_false(ty_fits(s, i));
	arena_release(&a);
}

static void
texts(void **state)
{
	struct arena a;
	struct ty_table *t;
	const struct ty *s;
	struct ty *e;
	struct ty_variant v[2] = { { .name = "A" }, { .name = "B" } };

	(void)state;
	base_arena_init(&a);
	t = ty_table_new(&a);
	s = ty_basic(t, TY_STRING);
	assert_string_equal(ty_text(&a, ty_optional(t, ty_list(t, s))),
	    "string[]?");
	assert_string_equal(ty_text(&a, ty_map(t, ty_basic(t, TY_BOOL))),
	    "map<string, bool>");
	assert_string_equal(ty_text(&a, ty_literal(t, "a\"b")), "\"a\\\"b\"");
	e = ty_enum(t, "Label");
	e->variant = v;
	e->n = 2;
	assert_string_equal(ty_text(&a, e), "Label");
	assert_int_equal(ty_variant_index(e, "B"), 1);
	assert_int_equal(ty_variant_index(e, "C"), -1);
	assert_int_equal(ty_variant_index(s, "B"), -1);
	assert_int_equal(ty_field_index(e, "B"), -1);
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interned),
		cmocka_unit_test(unions),
		cmocka_unit_test(fitting),
		cmocka_unit_test(texts)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
