/* Tests of times as people write them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/duration.h"

static void
good(void **state)
{
	static const struct { const char *text; double s; } all[] = {
		{ "90", 90 }, { "90s", 90 }, { "1.5min", 90 }, { "2h", 7200 },
		{ "500ms", 0.5 }, { "0.25", 0.25 },
	};
	double s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof all / sizeof all[0]; i++) {
		assert_true(duration_read(all[i].text, &s));
		assert_true(s > all[i].s * 0.999999 &&
		    s < all[i].s * 1.000001);
	}
}

static void
bad(void **state)
{
	static const char *const all[] = {
		"", "s", "0", "0h", "-1s", "1 s", "1d", "1.2.3", "5min2", "inf",
		"nan", "99999999999", "1e3", "+1", "0x10",
	};
	double s;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof all / sizeof all[0]; i++)
		assert_false(duration_read(all[i], &s));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good),
		cmocka_unit_test(bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
