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

static const struct ty *
text(struct ty_table *t, const char *s)
{
	return ty_literal(t, &(struct ty_const){ .kind = TYC_STRING,
	    .s = s }, 1);
}

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
	assert_ptr_equal(text(t, "x"), text(t, "x"));
	assert_ptr_not_equal(text(t, "x"), text(t, "y"));
	assert_ptr_not_equal(ty_struct(t, "S"), ty_struct(t, "S"));
	for (k = 0, deep = s; k < 500; k++)
		deep = ty_list(t, deep);
	for (k = 0; k < 500; k++)
		deep = deep->of;
	assert_ptr_equal(deep, s);
	arena_release(&a);
}

/* Literals of one kind become one type, whatever stands between them. */
static void
literals(void **state)
{
	const struct ty_const v[] = { { .kind = TYC_INT, .i = 1 },
	    { .kind = TYC_INT, .i = -2 }, { .kind = TYC_INT, .i = 1 } };
	const struct ty_const truth[] = { { .kind = TYC_BOOL, .i = 1 },
	    { .kind = TYC_BOOL } };
	struct arena a;
	struct ty_table *t;
	const struct ty *arm[4], *u, *ab, *n, *yes;

	(void)state;
	base_arena_init(&a);
	t = ty_table_new(&a);
	n = ty_literal(t, v, 3);
	assert_int_equal(n->n, 2);
	assert_ptr_equal(n->of, ty_basic(t, TY_INT));
	assert_string_equal(ty_text(&a, n), "1 | -2");
	assert_string_equal(ty_text(&a, ty_list(t, n)), "(1 | -2)[]");
	assert_int_equal(ty_value_index(n, &v[1]), 1);
	assert_ptr_equal(ty_literal(t, truth, 2), ty_basic(t, TY_BOOL));
	yes = ty_literal(t, truth, 1);
	assert_string_equal(ty_text(&a, yes), "true");
	arm[0] = text(t, "a");
	arm[1] = n;
	arm[2] = text(t, "b");
	arm[3] = text(t, "a");
	ab = ty_union(t, arm + 2, 2);
	assert_int_equal(ab->kind, TY_LITERAL);
	assert_string_equal(ty_text(&a, ab), "\"b\" | \"a\"");
	u = ty_union(t, arm, 4);
	assert_int_equal(u->n, 2);
	assert_string_equal(ty_text(&a, u), "\"a\" | \"b\" | 1 | -2");
	assert_true(ty_fits(arm[0], ab) && ty_fits(ab, u->arm[0]));
	assert_false(ty_fits(ab, arm[0]) || ty_fits(n, ab));
	assert_true(ty_fits(arm[0], u) && ty_arm_index(arm[0], u) == 0);
	assert_true(ty_fits(n, ty_basic(t, TY_FLOAT)));
	assert_true(ty_fits(ty_list(t, ab), ty_list(t, ab->of)));
	assert_true(ty_widens(ty_map(t, ty_optional(t, arm[0])),
	    ty_map(t, ty_optional(t, ab))));
	assert_false(ty_fits(ty_list(t, ab->of), ty_list(t, ab)));
	arm[1] = yes;
	arm[2] = ty_literal(t, truth + 1, 1);
	arm[3] = ty_basic(t, TY_BOOL);
	assert_ptr_equal(ty_union(t, arm + 1, 3), arm[3]);
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
	assert_true(ty_fits(text(t, "x"), s));
	assert_false(ty_fits(s, text(t, "x")));
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
	assert_string_equal(ty_text(&a, text(t, "a\"b")), "\"a\\\"b\"");
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
		cmocka_unit_test(literals),
		cmocka_unit_test(unions),
		cmocka_unit_test(fitting),
		cmocka_unit_test(texts)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
