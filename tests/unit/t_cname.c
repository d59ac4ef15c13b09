/* Tests of names in C: what is another's gets a `_`.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cname.h"

typedef const char *namer(struct arena *a, const char *name);

/* Of the two lists, up to a NULL, the first are another's. */
static void
names(namer *name, const char *const *taken, const char *const *ours)
{
	struct arena a;

	base_arena_init(&a);
	for (; *taken != NULL; taken++)
		assert_string_equal(name(&a, *taken),
		    arena_printf(&a, "%s_", *taken));
	for (; *ours != NULL; ours++)
		assert_string_equal(name(&a, *ours), *ours);
	arena_release(&a);
}

static const char *const words[] = { "int", "class", "xor", "thread_local",
	"errno", "NULL", "EOF", "I", "uint8_t", "INT64_MAX", "UINT8_C",
	"WCHAR_MIN", "SIZE_WIDTH", "mip", "mip_ask", "MIP_OK", "_Bool", "__x",
	NULL };
static const char *const free_words[] = { "integer", "classes", "a_t",
	"MINT_MAX", "mips", "x_", "int_", "write", "abs", "string", NULL };

static void
test_ident(void **state)
{
	(void)state;
	names(cname_ident, words, free_words);
}

static void
test_global(void **state)
{
	static const char *const taken[] = { "a64l", "abs", "malloc", "write",
		"select", "y0", "yn", "compress", "ask_demo_1",
		"x_demo_y_demo_12", NULL };
	static const char *const ours[] = { "ask", "ask_demo_", "demo_1",
		"ask_demo_x", "answer", "string", "S_list", NULL };

	(void)state;
	names(cname_global, words, ours);
	names(cname_global, taken, ours);
}

static void
test_type(void **state)
{
	static const char *const taken[] = { "S_list", "S_map", "S_optional",
		"X_or_Y", "string", "file", "literal_a", "list_of_x", NULL };
	static const char *const ours[] = { "S", "list", "Or", "write",
		"X_or", "maps", NULL };

	(void)state;
	names(cname_type, words, ours);
	names(cname_type, taken, ours);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ident),
		cmocka_unit_test(test_global),
		cmocka_unit_test(test_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
