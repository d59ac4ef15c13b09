/* Tests of retrievers in the text form of the IR, and of their rules.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "ir_check.h"

#define HEAD \
	"ir 1\n\tpath \"x.mp\"\n\tname \"F\"\n" \
	"struct Case\n\tq: string\n\ta: string\n" \
	"struct in\n\tq: string\n\tn: int\n" \
	"struct out\n\ta: string\n" \
	"model e\n\tprovider \"openai\"\n\tid \"x\"\n" \
	"model r\n\troute fallback e\n"
#define WORDS \
	"retriever c c: Case\n\tbm25 \"c.jsonl\"\n\ttext \"q\"\n\tk1 1.2\n" \
	"\tb 0.75\n"
#define LEAF \
	"prompt p p: in -> out\n\ttext \"\"\n\tformats plain json\n" \
	"\tformat json\n"
#define TEXTS \
	"retriever t t: string\n\tbm25 \"c.jsonl\"\n\ttext \"q\"\n\tk1 1.2\n" \
	"\tb 0.75\n"

static void
good_text_comes_back(void **state)
{
	static const char *const file[] = { "ir/search.ir", "ir/knn.ir" };
	struct arena a;
	const char *text;
	unsigned i;

	(void)state;
	base_arena_init(&a);
	for (i = 0; i < COUNTOF(file); i++) {
		text = ir_check_file(&a, file[i]);
		assert_string_equal(ir_check_text(&a, ir_check_good(&a,
		    text)), text);
	}
	ir_check_good(&a, HEAD WORDS LEAF "\tdemos 3\n\tknn c by \"q\"\n");
	arena_release(&a);
}

static void
bad_text_is_refused(void **state)
{
	static const char *const c[][2] = {
		{ HEAD LEAF "\tknn c\n", "no retriever 'c'" },
		{ HEAD WORDS LEAF "\tdemos 3\n\tknn c by q\n",
		  "string is missing" },
		{ HEAD WORDS LEAF "\tdemos 3\n\tknn c by \"z\"\n", "no input" },
		{ HEAD WORDS LEAF "\tdemos 0\n\tknn c\n", "not found" },
		{ HEAD WORDS LEAF "\tknn c\n", "not found" },
		{ HEAD WORDS LEAF "\tdemos 3\n\tknn c\n\tdemo \"{}\"\n",
		  "not found" },
		{ HEAD TEXTS LEAF "\tdemos 3\n\tknn t\n", "not found" },
		{ HEAD "retriever c c: in\n\tbm25 \"c\"\n\tk1 1\n\tb 0\n",
		  "no file with members" },
		{ HEAD "retriever c c: in\n\thttp\n", "no file with members" },
		{ HEAD "retriever c c: in\n\tembed \"c\"\n\ttext \"q\"\n",
		  "no model" },
		{ HEAD "retriever c c: in\n\tembed \"c\"\n\ttext \"q\"\n"
		  "\tmodel r\n", "no model" },
		{ HEAD "retriever c c: in\n\tbm25 \"c\"\n\ttext \"q\"\n"
		  "\tk1 1\n\tb 2\n", "out of range" },
		{ HEAD "retriever c c: int\n\tbm25 \"c\"\n\ttext \"q\"\n",
		  "no structs or strings" },
		{ HEAD "retriever c c: in\n\tfaiss \"c\"\n", "no 'faiss'" },
		{ HEAD WORDS WORDS, "taken" },
	};
	unsigned i;

	(void)state;
	for (i = 0; i < COUNTOF(c); i++)
		ir_check_refused(c[i][0], c[i][1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_text_comes_back),
		cmocka_unit_test(bad_text_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
