/* Tests of hash tables: by address, by text, many keys.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/table.h"

static void
by_address(void **state)
{
	static const char x[] = "same", y[] = "same";
	struct arena a;
	struct table t;

	(void)state;
	base_arena_init(&a);
	table_init(&t, &a);
	assert_null(table_get(&t, x));
	assert_int_equal(table_at(&t, x)->n, 0);
	table_at(&t, x)->n = 7;
	assert_int_equal(table_get(&t, x)->n, 7);
	assert_null(table_get(&t, y));
	arena_release(&a);
}

static void
by_text(void **state)
{
	static const char x[] = "same", y[] = "same";
	struct arena a;
	struct table t;

	(void)state;
	base_arena_init(&a);
	table_init_text(&t, &a);
	table_at(&t, x)->p = &a;
	assert_ptr_equal(table_get(&t, y)->p, &a);
	assert_null(table_get(&t, ""));
	table_at(&t, "")->n = 3;
	assert_int_equal(table_get(&t, "")->n, 3);
	assert_null(table_get(&t, "sam"));
	arena_release(&a);
}

static void
many(void **state)
{
	enum { N = 10000 };
	struct arena a;
	struct table text, address;
	const char *key[N];
	size_t i;

	(void)state;
	base_arena_init(&a);
	table_init_text(&text, &a);
	table_init(&address, &a);
	for (i = 0; i < N; i++) {
		key[i] = arena_printf(&a, "key_%zu", i);
		table_at(&text, key[i])->n = i;
		table_at(&address, key[i])->n = i;
	}
	for (i = 0; i < N; i++) {
		char copy[32];

		memcpy(copy, key[i], strlen(key[i]) + 1);
		assert_int_equal(table_get(&text, copy)->n, i);
		assert_int_equal(table_get(&address, key[i])->n, i);
		assert_null(table_get(&address, copy));
	}
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_address),
		cmocka_unit_test(by_text),
		cmocka_unit_test(many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
