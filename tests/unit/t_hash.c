/* Tests of hashes: what changes them and what does not.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "ir_check.h"
#include "ir/plan.h"

#define BODY \
	"\ta: ask_out = ask ask q\n\tb: string = field .a a\n" \
	"\tset s b\n\tc: string = get s\n\td: F_out = record c\n\tret d\n"

/* The text with the first `from` replaced. */
static const char *
with(struct arena *a, const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);

	assert_non_null(at);
	return arena_printf(a, "%.*s%s%s", (int)(at - text), text, to,
	    at + strlen(from));
}

struct hashes {
	char leaf[32], fn[32];
};

static struct hashes
hashes_of(const char *text)
{
	struct hashes h;
	struct arena a;
	struct mod *m;

	base_arena_init(&a);
	m = ir_check_good(&a, text);
	ir_hash(m);
	assert_int_equal(strlen(m->prompt->hash), 16);
	assert_int_equal(strlen(m->hash), 16);
	assert_string_equal(m->hash, m->program->hash);
	assert_int_equal(strspn(m->hash, "0123456789abcdef"), 16);
	snprintf(h.leaf, sizeof h.leaf, "%s", m->prompt->hash);
	snprintf(h.fn, sizeof h.fn, "%s", m->hash);
	arena_release(&a);
	return h;
}

struct change {
	const char *from, *to;
	bool leaf, fn;                  /* is the hash another one? */
};

static void
changes(void **state)
{
	static const struct change c[] = {
		{ "text \"Answer.\"", "text \"Say it.\"", false, false },
		{ "temperature 0.0", "temperature 1.0", false, false },
		{ "model cold\nprompt", "model warm\nprompt", false, false },
		{ "format json", "format xml", false, false },
		{ "= 2\n\tchoice 1 2 4", "= 1\n\tchoice 1 2", false, false },
		{ "path \"t.mp\"", "path \"u.mp\"", false, false },
		{ "enum E\n\tX\n", "enum E\n\tX\n\tW\n", false, true },
		{ "struct ask_out\n\ta: string\n",
		  "struct ask_out\n\ta: string \"the answer\"\n", true, true },
		{ "struct ask_out\n\ta: string\n",
		  "struct ask_out\n\ta: string alias \"x\"\n", true, true },
		{ "struct ask_in\n\tq: string\n",
		  "struct ask_in\n\tp: string\n", true, true },
		{ "struct ask_out\n\ta: string\n\tn: int\n",
		  "struct ask_out\n\ta: string\n\tn: float\n", true, true },
		{ "\tset s b\n", "\tset s q\n", false, true },
		{ "\tset s b\n", "\tset s b\n\tu: string = string \"\"\n",
		  false, true },
		{ "opt: string?", "opt: int?", false, true },
	};
	struct arena a;
	struct hashes h, g;
	const char *text;
	unsigned i;

	(void)state;
	base_arena_init(&a);
	text = IR_CHECK_HEAD IR_CHECK_F BODY;
	h = hashes_of(text);
	for (i = 0; i < COUNTOF(c); i++) {
		const char *other = with(&a, text, c[i].from, c[i].to);

		if (strncmp(c[i].from, "opt", 3) == 0)
			other = with(&a, other, "opt: string? = arg",
			    "opt: int? = arg");
		g = hashes_of(other);
		if ((strcmp(g.leaf, h.leaf) != 0) != c[i].leaf ||
		    (strcmp(g.fn, h.fn) != 0) != c[i].fn)
			fail_msg("%u: %s", i, c[i].to);
	}
	arena_release(&a);
}

/* The user's names of values, variables and records do not count. */
static void
names_do_not_count(void **state)
{
	struct arena a;
	struct hashes h, g;
	const char *text;

	(void)state;
	base_arena_init(&a);
	h = hashes_of(IR_CHECK_HEAD IR_CHECK_F BODY);
	text = with(&a, IR_CHECK_HEAD IR_CHECK_F
	    "\tanswer: ask_out = ask ask q\n\tv99: string = field .a answer\n"
	    "\tset kept v99\n\tnow: string = get kept\n"
	    "\tout: F_out = record now\n\tret out\n", "var s:", "var kept:");
	g = hashes_of(text);
	assert_string_equal(g.fn, h.fn);
	assert_string_equal(g.leaf, h.leaf);
	arena_release(&a);
}

static void
reasoning_counts(void **state)
{
	static const char *const out =
	    "struct ask_out\n\treasoning: string\n\ta: string\n\tn: int\n";
	struct arena a;
	struct hashes h, g;
	const char *text;

	(void)state;
	base_arena_init(&a);
	text = with(&a, IR_CHECK_HEAD IR_CHECK_F BODY,
	    "struct ask_out\n\ta: string\n\tn: int\n", out);
	h = hashes_of(text);
	g = hashes_of(with(&a, text, "\ttext \"Answer.\"",
	    "\treasoning\n\ttext \"Answer.\""));
	assert_string_not_equal(g.leaf, h.leaf);
	arena_release(&a);
}

/* A program is another one if one that it calls is. */
static void
callees_count(void **state)
{
	static const char *const sub =
	    "program Sub Sub: ask_in -> F_out\nbegin\n\tq: string = arg 0\n"
	    IR_CHECK_END;
	static const char *const body =
	    "\ta: F_out = run Sub#0 q\n\tret a\n";
	struct arena a;
	struct hashes h, g;
	const char *text;

	(void)state;
	base_arena_init(&a);
	text = arena_printf(&a, "%s%s%s%s", IR_CHECK_HEAD, sub, IR_CHECK_F,
	    body);
	h = hashes_of(text);
	g = hashes_of(with(&a, text, "\tr0: F_out = record q\n",
	    "\tx: string = string \"!\"\n\ty: string = concat q, x\n"
	    "\tr0: F_out = record y\n"));
	assert_string_not_equal(g.fn, h.fn);
	g = hashes_of(with(&a, text, "program Sub Sub", "program Low Sub"));
	assert_string_equal(g.fn, h.fn);
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(changes),
		cmocka_unit_test(names_do_not_count),
		cmocka_unit_test(reasoning_counts),
		cmocka_unit_test(callees_count),
	};

	return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
