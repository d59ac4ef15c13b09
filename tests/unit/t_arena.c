/* Tests of the arena.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"

static void
zeroed_and_aligned(void **state)
{
	struct arena a = { 0 };
	unsigned char *p;
	size_t n, i;

	(void)state;
	for (n = 0; n < 300; n++) {
		p = arena_alloc(&a, n);
		assert_non_null(p);
		assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
		for (i = 0; i < n; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xa5, n);
	}
	assert_false(a.failed);
	arena_release(&a);
	assert_int_equal(a.used, 0);
}

/* What was given out before stays as it was. */
static void
blocks_do_not_overlap(void **state)
{
	struct arena a = { 0 };
	unsigned char *p[200];
	size_t i, k;

	(void)state;
	for (i = 0; i < 200; i++) {
		p[i] = arena_alloc(&a, i * 37);
		memset(p[i], (int)i, i * 37);
	}
	for (i = 0; i < 200; i++)
		for (k = 0; k < i * 37; k++)
			assert_int_equal(p[i][k], i);
	arena_release(&a);
}

static void
large_blocks(void **state)
{
	struct arena a = { 0 };
	unsigned char *p = arena_alloc(&a, 5000000);
	unsigned char *q = arena_alloc(&a, 10);

	(void)state;
	assert_non_null(p);
	assert_non_null(q);
	memset(p, 1, 5000000);
	assert_int_equal(q[0], 0);
	assert_true(a.used >= 5000010);
	arena_release(&a);
}

/* Memory is zero again after a reset, and the arena does not grow by it. */
static void
reset_reuses(void **state)
{
	struct arena a = { 0 };
	unsigned char *p;
	size_t used, i, k;

	(void)state;
	memset(arena_alloc(&a, 1000), 0xff, 1000);
	used = a.used;
	for (i = 0; i < 100; i++) {
		arena_reset(&a);
		p = arena_alloc(&a, 1000);
		for (k = 0; k < 1000; k++)
			assert_int_equal(p[k], 0);
		memset(p, 0xff, 1000);
		assert_true(a.used <= used);
	}
	arena_release(&a);
	arena_reset(&a);
	assert_non_null(arena_alloc(&a, 1));
	arena_release(&a);
}

static void
limit_is_kept(void **state)
{
	struct arena a = { 0 };
	size_t n = 0;

	(void)state;
	a.max = 100000;
	while (arena_alloc(&a, 1000))
		n++;
	assert_true(a.failed);
	assert_true(n >= 50 && n <= 100);
	assert_true(a.used <= a.max);
	arena_reset(&a);
	assert_false(a.failed);
	assert_non_null(arena_alloc(&a, 10));
	arena_release(&a);
}

static void
count(void *arg)
{
	++*(unsigned *)arg;
}

static void
array_overflow(void **state)
{
	struct arena a = { 0 };
	unsigned calls = 0;

	(void)state;
	a.oom = count;
	a.oom_arg = &calls;
	assert_null(arena_array(&a, SIZE_MAX / 2, 3));
	assert_int_equal(calls, 1);
	assert_true(a.failed);
	assert_null(arena_alloc(&a, SIZE_MAX));
	assert_null(arena_alloc(&a, SIZE_MAX - 40));
	assert_int_equal(calls, 3);
	arena_release(&a);
	assert_non_null(arena_array(&a, 0, 8));
	arena_release(&a);
}

static void
grow_keeps_content(void **state)
{
	struct arena a = { 0 };
	int *v = NULL;
	size_t cap = 0, i, moves = 0;
	int *old;

	(void)state;
	for (i = 0; i < 5000; i++) {
		old = v;
		if (i >= cap)
			v = arena_grow(&a, v, &cap, i + 1, sizeof *v);
		assert_non_null(v);
		assert_true(cap > i);
		moves += v != old;
		v[i] = (int)i;
	}
	for (i = 0; i < 5000; i++)
		assert_int_equal(v[i], i);
	assert_true(moves < 20);
	assert_null(arena_grow(&a, v, &cap, SIZE_MAX / 2, sizeof *v));
	arena_release(&a);
}

static void
strings(void **state)
{
	struct arena a = { 0 };
	char text[3000];
	char *s;

	(void)state;
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	assert_string_equal(arena_strdup(&a, ""), "");
	assert_string_equal(arena_strdup(&a, "ab"), "ab");
	assert_string_equal(arena_strndup(&a, "abcdef", 3), "abc");
	s = arena_printf(&a, "%s-%d-%s", "a", 42, text);
	assert_int_equal(strlen(s), 5 + sizeof text - 1);
	assert_memory_equal(s, "a-42-xxx", 8);
	arena_release(&a);
}

static void
adopt(void **state)
{
	struct arena to = { 0 }, from = { 0 };
	char *a = arena_strdup(&to, "to"), *b, *c;
	size_t used;

	(void)state;
	b = arena_strdup(&from, "from");
	used = to.used + from.used;
	arena_adopt(&to, &from);
	assert_int_equal(to.used, used);
	assert_int_equal(from.used, 0);
	assert_null(from.head);
	c = arena_strdup(&from, "again");
	arena_adopt(&to, &from);
	arena_adopt(&to, &from);
	arena_release(&from);
	assert_non_null(arena_alloc(&to, 100000));
	assert_string_equal(a, "to");
	assert_string_equal(b, "from");
	assert_string_equal(c, "again");
	arena_release(&to);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zeroed_and_aligned),
		cmocka_unit_test(blocks_do_not_overlap),
		cmocka_unit_test(large_blocks),
		cmocka_unit_test(reset_reuses),
		cmocka_unit_test(limit_is_kept),
		cmocka_unit_test(array_overflow),
		cmocka_unit_test(grow_keeps_content),
		cmocka_unit_test(strings),
		cmocka_unit_test(adopt),
	};

	return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
