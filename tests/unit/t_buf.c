/* Tests of the text buffer.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <float.h>
#include <math.h>

#include <cmocka.h>

#include "core/buf.h"

#define IS(b, text) do { \
	assert_false((b)->failed); \
	assert_string_equal(buf_str(b), text); \
	assert_int_equal((b)->len, sizeof text - 1); \
	buf_reset(b); \
} while (0)

static void
appending(void **state)
{
	struct buf b = BUF_INIT;
	int i;

	(void)state;
	assert_string_equal(buf_str(&b), "");
	buf_puts(&b, "a");
	buf_putc(&b, 'b');
	buf_put(&b, "cdef", 2);
	buf_printf(&b, "%d%s", 7, "!");
	IS(&b, "abcd7!");
	IS(&b, "");
	for (i = 0; i < 10000; i++)
		buf_putc(&b, 'x');
	buf_printf(&b, "%5000s", "y");
	assert_int_equal(b.len, 15000);
	assert_int_equal(b.s[14999], 'y');
	assert_int_equal(b.s[15000], '\0');
	buf_release(&b);
}

static void
bytes_are_kept(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	buf_put(&b, "a\0b\xff", 4);
	assert_int_equal(b.len, 4);
	assert_memory_equal(b.s, "a\0b\xff", 5);
	buf_release(&b);
}

static void
limit_sticks(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	buf_puts(&b, "0123456789");
	assert_false(b.failed);
	buf_putc(&b, 'x');
	assert_true(b.failed);
	assert_int_equal(b.len, 10);
	buf_puts(&b, "");
	assert_true(b.failed);
	assert_null(buf_take(&b));
	buf_reset(&b);
	assert_false(b.failed);
	buf_printf(&b, "%s", "01234567890");
	assert_true(b.failed);
	assert_true(b.len <= 10);
	buf_reset(&b);
	assert_true(buf_reserve(&b, 10));
	assert_false(buf_reserve(&b, 11));
	assert_true(b.failed);
	buf_reset(&b);
	assert_false(buf_reserve(&b, SIZE_MAX));
	buf_release(&b);
}

static void
taking(void **state)
{
	struct buf b = BUF_INIT;
	char *s;

	(void)state;
	buf_puts(&b, "mine");
	s = buf_take(&b);
	assert_string_equal(s, "mine");
	free(s);
	assert_int_equal(b.len, 0);
	assert_string_equal(buf_str(&b), "");
	s = buf_take(&b);
	assert_non_null(s);
	assert_string_equal(s, "");
	free(s);
	buf_release(&b);
}

static void
ints(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	buf_int(&b, 0);
	IS(&b, "0");
	buf_int(&b, INT64_MAX);
	IS(&b, "9223372036854775807");
	buf_int(&b, INT64_MIN);
	IS(&b, "-9223372036854775808");
	buf_release(&b);
}

static void
doubles_are_short(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	buf_double(&b, 1.5);
	IS(&b, "1.5");
	buf_double(&b, 3);
	IS(&b, "3.0");
	buf_double(&b, 0.1);
	IS(&b, "0.1");
	buf_double(&b, -2.5);
	IS(&b, "-2.5");
	buf_double(&b, 1e30);
	IS(&b, "1e+30");
	buf_double(&b, 0.1 + 0.2);
	IS(&b, "0.30000000000000004");
	buf_double(&b, (double)NAN);
	IS(&b, "null");
	buf_double(&b, -(double)INFINITY);
	IS(&b, "null");
	buf_release(&b);
}

/* Whatever is written is read back as the same value. */
static void
doubles_come_back(void **state)
{
	static const double edge[] = {
		DBL_MAX, DBL_MIN, DBL_EPSILON, -DBL_MAX, 5e-324, -0.0, 1e15,
		1e16, 1e17, 123456789012345678.0, 9007199254740993.0, 1e-5,
		1e-4, 100000, 1e21, 1e22, 1.0 / 3, 2.0 / 3
	};
	struct buf b = BUF_INIT;
	uint64_t z = 1, bits;
	double v, back;
	size_t i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		z = z * 6364136223846793005u + 1442695040888963407u;
		bits = z ^ (z >> 29);
		memcpy(&v, &bits, sizeof v);
		if (i < sizeof edge / sizeof *edge)
			v = edge[i];
		if (!isfinite(v))
			continue;
		buf_reset(&b);
		buf_double(&b, v);
		back = strtod(buf_str(&b), NULL);
		assert_memory_equal(&v, &back, sizeof v);
		assert_true(b.len <= 24);
	}
	buf_release(&b);
}

static void
json(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	buf_json(&b, "", 0);
	IS(&b, "\"\"");
	buf_json(&b, "a/b 'c' \xc3\xa9 \xf0\x9f\x98\x80", 15);
	IS(&b, "\"a/b 'c' \xc3\xa9 \xf0\x9f\x98\x80\"");
	buf_json(&b, "\"\\\n\t\r", 5);
	IS(&b, "\"\\\"\\\\\\n\\t\\r\"");
	buf_json(&b, "\x01\x1f", 2);
	IS(&b, "\"\\u0001\\u001f\"");
	buf_json(&b, "a\0b", 3);
	IS(&b, "\"a\\u0000b\"");
	buf_json(&b, "\x7f", 1);
	IS(&b, "\"\x7f\"");
	buf_release(&b);
}

/* Overlong, surrogate, too large, cut off, stray: none is UTF-8. */
static void
json_of_bad_utf8(void **state)
{
	static const char *const bad[] = {
		"\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82",
		"\x80", "\xff", "\xf8\x88\x80\x80\x80", "\xe0\x80\xaf"
	};
	struct buf b = BUF_INIT;
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++) {
		buf_reset(&b);
		buf_putc(&b, 'x');
		buf_json(&b, bad[i], strlen(bad[i]));
		assert_memory_equal(b.s, "x\"\xef\xbf\xbd", 5);
		assert_int_equal(b.s[b.len - 1], '"');
		for (k = 2; k + 1 < b.len; k += 3)
			assert_memory_equal(b.s + k, "\xef\xbf\xbd", 3);
	}
	buf_reset(&b);
	buf_json(&b, "a\xff" "b", 3);
	IS(&b, "\"a\xef\xbf\xbd" "b\"");
	buf_release(&b);
}

/* What a text is made of fails it, and is gone. */
static void
parts(void **state)
{
	struct buf b = BUF_INIT, part;

	(void)state;
	buf_init(&part, 3);
	buf_puts(&part, "abc");
	buf_put(&b, part.s, part.len);
	buf_made_of(&b, &part);
	IS(&b, "abc");
	assert_null(part.s);
	buf_puts(&part, "abcd");
	assert_true(part.failed);
	buf_made_of(&b, &part);
	assert_true(b.failed);
	assert_false(part.failed);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appending),
		cmocka_unit_test(bytes_are_kept),
		cmocka_unit_test(limit_sticks),
		cmocka_unit_test(taking),
		cmocka_unit_test(ints),
		cmocka_unit_test(doubles_are_short),
		cmocka_unit_test(doubles_come_back),
		cmocka_unit_test(json),
		cmocka_unit_test(json_of_bad_utf8),
		cmocka_unit_test(parts),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
