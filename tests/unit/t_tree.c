/* Tests of the trees that replies become: they are those of cJSON.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "provider/provider_json.h"

/* The text stands at the end of its memory, so that a step too far is seen. */
static cJSON *
tree(const char *s)
{
	size_t n = strlen(s);
	char *exact = malloc(n ? n : 1);
	cJSON *root;

	assert_non_null(exact);
	memcpy(exact, s, n);
	root = provider_tree(exact, n);
	free(exact);
	return root;
}

static void
test_same(void **state)
{
	static const char *const text[] = {
		"{}", "[]", " [ ] ", "{ }\n", "null", "true", " false",
		"\"x\"",
		"0", "-1.5e3", "9007199254740993", "12 ",
		"{\"a\":1,\"b\":[true,false,null],\"c\":{\"d\":\"e\"}}",
		" { \"a\" : [ 1 , 2.25 , { \"b\" : \"\" } ] , \"a\" : 2 } ",
		"[[[[[[[[[[[[1]]]]]]]]]],\"after\"]",
		"{\"content\":\"{\\\"n\\\":1,\\\"b\\\":\\\"a\\\\nb\\\"}\"}",
		"[\"\\u00e4\\ud83d\\ude00\\t\\/\\\\\",\"\xc3\xa4\",\"]},\"]",
		"{\"\":\"\",\"k\\\"ey\":\"\\\\\"}", "[-0,1e300,0.1]",
		/* what is no strict JSON, or none at all */
		"", "{", "[1,]", "{\"a\":1}x", "[1] 2", "nul", "\"a\nb\"",
		"\"\xff\"", "[01]", "{\"a\" 1}",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof text / sizeof text[0]; i++) {
		cJSON *want = cJSON_ParseWithLength(text[i], strlen(text[i]));
		cJSON *got = tree(text[i]);
		char *a = cJSON_Print(want), *b = cJSON_Print(got);

		assert_int_equal(want != NULL, got != NULL);
		if (want)
			assert_string_equal(a, b);
		free(a);
		free(b);
		cJSON_Delete(want);
		cJSON_Delete(got);
	}
}

static void
test_deep(void **state)
{
	char text[2001];
	cJSON *root;
	size_t deep;

	(void)state;
	for (deep = 1; deep <= 1000; deep += 37) {
		memset(text, '[', deep);
		memset(text + deep, ']', deep);
		text[2 * deep] = '\0';
		root = tree(text);
		assert_non_null(root);
		cJSON_Delete(root);
	}
}

/* Half a character is one that cannot be shown. */
static void
test_surrogate(void **state)
{
	cJSON *root = tree("[\"a\\ud83db\"]");

	(void)state;
	assert_non_null(root);
	assert_string_equal(cJSON_GetStringValue(cJSON_GetArrayItem(root, 0)),
	    "a\xef\xbf\xbd" "b");
	cJSON_Delete(root);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_surrogate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
