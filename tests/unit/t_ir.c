/* Tests of the IR: building, text form, rules.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "ir_check.h"

static const struct span nowhere = { 0, 0 };

/* Text that is printed, read and printed again is the same text. */
static void
golden_files_come_back(void **state)
{
	static const char *const file[] = {
		"pass/all.ir", "pass/fold.ir", "pass/dead.ir",
		"pass/share.ir", "pass/par.ir", "ir/branch.ir", "ir/each.ir",
		"ir/whole.ir", "ir/values.ir", "ir/names.ir"
	};
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
	arena_release(&a);
}

/* Names that could be taken for something else come back as they were. */
static void
odd_names(void **state)
{
	static const char *const name[] = {
		"v7", "v", "string", "if", "v7", "yield", "x", "x", "else",
		NULL, "v12a", "begin"
	};
	struct ins *v[COUNTOF(name)], *r, *back;
	const char *text;
	struct ty_table *t;
	struct arena a;
	struct ty *rec, *twin;
	struct ty_field f[2] = { { .name = "string" }, { .name = "b" } };
	struct mod *m;
	struct fn *fn;
	unsigned i;

	(void)state;
	base_arena_init(&a);
	t = ty_table_new(&a);
	m = ir_mod(&a, t);
	fn = ir_fn(m, FN_PROGRAM, "if");
	rec = ty_struct(t, "int");
	twin = ty_struct(t, "int");
	f[0].type = f[1].type = ty_basic(t, TY_STRING);
	rec->field = twin->field = f;
	rec->n = twin->n = 2;
	fn->in = twin;
	fn->out = rec;
	for (i = 0; i < COUNTOF(name); i++) {
		v[i] = ir_add(m, fn->body, IR_STRING, f[0].type, NULL, 0,
		    nowhere);
		v[i]->u.s = "a\n\"\\\t\xc3\xa4";
		v[i]->name = name[i];
	}
	r = ir_add(m, fn->body, IR_RECORD, rec, v, 2, nowhere);
	ir_add(m, fn->body, IR_RET, ty_basic(t, TY_VOID), &r, 1, nowhere);
	text = ir_check_text(&a, m);
	m = ir_check_good(&a, text);
	assert_string_equal(ir_check_text(&a, m), text);
	back = m->fn->body->first;
	for (i = 0; i < COUNTOF(name); i++, back = back->next) {
		assert_string_equal(back->u.s, v[i]->u.s);
		if (name[i] == NULL)
			assert_null(back->name);
		else
			assert_string_equal(back->name, name[i]);
	}
	assert_string_equal(m->fn->in->name, "int");
	assert_ptr_not_equal(m->fn->in, m->fn->out);
	arena_release(&a);
}

struct text_case {
	const char *text;
	unsigned line;
	const char *why;                /* a part of the sentence */
};

static void
malformed_text(void **state)
{
	static const struct text_case c[] = {
		{ "", 0, "ir 1" },
		{ "ir 2\n", 1, "ir 1" },
		{ "ir 1\n\tcolor 3\n", 2, "no 'color'" },
		{ "ir 1\n\tpath \"a\n", 2, "well formed" },
		{ "ir 1\n\tpath \"a\\u0000\"\n", 2, "well formed" },
		{ "ir 1\n\tprogram F\n", 2, "no function 'F'" },
		{ "ir 1\nwhat\n", 2, "no declaration" },
		{ "ir 1\n\t\tpath \"a\"\n", 2, "indented" },
		{ "ir 1\nenum E\nenum E\n", 3, "taken" },
		{ "ir 1\nstruct S\n\tx: int = .A\n", 3, "not a name" },
		{ "ir 1\nstruct S\n\tx: int min 1e999\n", 3, "range" },
		{ "ir 1\nstruct S\n\tx: Y\n", 3, "no type 'Y'" },
		{ "ir 1\nstruct S\n\tx: (int | int\n", 3, "')'" },
		{ "ir 1\nmodel m\n\troute fallback n\n", 3, "no model" },
		{ "ir 1\nparam K K: int = 1\n\tchoice\n\tx\n", 4, "no 'x'" },
		{ "ir 1\nprompt p p: int -> int\n", 2, "struct" },
		{ "ir 1\nstruct S\nprogram F F: S -> S\n", 3, "begin" },
		{ "ir 1\nstruct S\nprogram F F: S -> S\nbegin\n"
		  "\tx: int = int 1\n\tx: int = int 2\n", 6, "taken" },
		{ "ir 1\nstruct S\nprogram F F: S -> S\nbegin\n"
		  "\tx: int = int 9223372036854775808\n", 5, "64 bits" },
		{ "ir 1\nstruct S\nprogram F F: S -> S\nbegin\n"
		  "\tx: int = neg y\n", 5, "no value 'y'" },
		{ "ir 1\nstruct S\nprogram F F: S -> S\nbegin\n"
		  "\tx: int = neg\n", 5, "1 arguments" },
		{ "ir 1\nstruct S\nprogram F F: S -> S\nbegin\n"
		  "\tx: int = brk\n", 5, "not an operation" },
		{ "ir 1\nstruct S\nprogram F F: S -> S\nbegin\n"
		  "\tx: int = int 1 2\n", 5, "" },
		{ "ir 1\nstruct S\nprogram F F: S -> S\nbegin\n"
		  "\t\tx: int = int 1\n", 5, "indented" },
		{ "ir 1\nstruct S\nprogram F F: S -> S\nbegin\n"
		  "\tfail tired x\n", 5, "no status" },
		{ "ir 1\nstudy s\n\ttrain 0 train\n", 3, "no dataset 0" },
		{ "ir 1\nstudy s\n\tmetric m\n", 3, "no metric" },
	};
	struct arena a;
	char why[160];
	unsigned i, line;

	(void)state;
	for (i = 0; i < COUNTOF(c); i++) {
		base_arena_init(&a);
		line = 99;
		why[0] = '\0';
		assert_null(ir_read(&a, c[i].text, strlen(c[i].text), &line,
		    why));
		if (line != c[i].line || strstr(why, c[i].why) == NULL ||
		    why[0] == '\0')
			fail_msg("%u: line %u: %s", i, line, why);
		arena_release(&a);
	}
}

static void
deep_text(void **state)
{
	struct buf b = BUF_INIT;
	struct arena a;
	char why[160];
	unsigned i, k, line;

	(void)state;
	base_arena_init(&a);
	buf_puts(&b, IR_CHECK_HEAD IR_CHECK_F);
	for (i = 1; i < 2000; i++) {
		for (k = 0; k < i; k++)
			buf_putc(&b, '\t');
		buf_puts(&b, "par\n");
	}
	assert_null(ir_read(&a, buf_str(&b), b.len, &line, why));
	assert_non_null(strstr(why, "deep"));
	buf_reset(&b);
	buf_puts(&b, "ir 1\nstruct S\n\tx: ");
	for (i = 0; i < 100000; i++)
		buf_putc(&b, '(');
	assert_null(ir_read(&a, buf_str(&b), b.len, &line, why));
	assert_non_null(strstr(why, "deep"));
	buf_release(&b);
	arena_release(&a);
}

/* Bodies against the rules, and a part of what is said. */
static void
rules(void **state)
{
	static const char *const c[][2] = {
		{ "\tx: int = arg 0\n", "no parameter" },
		{ "\tx: string = arg 4\n", "no parameter" },
		{ "\tx: float = int 1\n", "not of its type" },
		{ "\tx: int = bool true\n", "not of its type" },
		{ "\tx: int = null\n", "not of its type" },
		{ "\tx: string = item\n", "not first" },
		{ "\tif q\n", "not a bool" },
		{ "\tx: int = get s\n", "variable's type" },
		{ "\tset n q\n", "variable's type" },
		{ "\tx: string = index xs, q\n", "list" },
		{ "\tx: F_out = record xs\n", "field 'a'" },
		{ "\tx: F_out = record q, q\n", "2 arguments" },
		{ "\tx: int[] = list q\n", "item 0" },
		{ "\tx: float = tofloat q\n", "conversion" },
		{ "\tx: string = unwrap q\n", "conversion" },
		{ "\tx: string? = some xs\n", "conversion" },
		{ "\tx: int = add q, q\n", "another type" },
		{ "\tx: string = add q, q\n", "not numbers" },
		{ "\tx: string = concat q\n", "two or more" },
		{ "\tx: bool = eq q, xs\n", "compared" },
		{ "\tx: bool = lt e, e\n", "compared" },
		{ "\tx: bool = has xs, q\n", "compared" },
		{ "\tx: string = lib UPPER xs\n", "argument 0" },
		{ "\tx: string = lib JOIN q\n", "lacks" },
		{ "\tx: int = lib UPPER q\n", "another type" },
		{ "\tx: ask_out = ask ask xs\n", "field 'q'" },
		{ "\tx: ask_in = ask ask q\n", "outputs" },
		{ "\tfor xs\n\t\tset s q\n", "no item" },
		{ "\tfor q\n\t\tx: string = item\n", "not" },
		{ "\twhile\n\t\tset s q\n", "no bound" },
		{ "\tpar\n\t\tx: string = get s\n", "not a call" },
		{ "\tpar\n\t\tset s q\n", "not a call" },
		{ "\tbreak\n", "not stand in a loop" },
		{ "\tcase\n", "not stand in a switch" },
		{ "\tswitch e\n\t\tset s q\n", "only cases" },
		{ "\tswitch e\n\t\tcase\n\t\tcase\n", "second default" },
		{ "\tswitch e\n\t\tcase q\n", "constant" },
		{ "\tretry [2]\n\t\tx: bool = isnull opt\n\t\tyield x\n"
		  "\thint\n\t\tyield q\n", "no number, call" },
		{ "\tretry [2]\n\t\tx: ask_out = ask ask q\n\thint\n"
		  "\t\tyield q\n", "without result" },
		{ "\tretry [1]\n\t\tx: ask_out = ask ask q\n"
		  "\t\ty: bool = isnull opt\n\t\tif y\n\t\t\tbreak\n"
		  "\t\tyield y\n\thint\n\t\tyield q\n",
		  "not stand in a loop" },
		{ "\tret q\n", "outputs" },
		{ "\tfail budget q\n", "failure" },
		{ "\tfail fail q\n\tset s q\n", "follows" },
		{ "\tx: bool = isnull opt\n\tif x\n\t\ty: int = int 1\n"
		  "\tset n y\n", "not known" },
		{ "\tx: bool = isnull opt\n\ty: bool = and x\n"
		  "\t\tset s q\n\t\tyield x\n", "in an expression" },
		{ "\tx: bool = isnull opt\n\ty: bool = and x\n",
		  "without result" },
		{ "\tx: bool = isnull opt\n\tif x\n\t\tyield x\n",
		  "with a result" },
		{ "\tx: string[] = each xs\n\t\tyield q\n", "no item" },
		{ "\tfor xs\n\t\tx: string = item\n\t\ty: bool = isnull opt\n"
		  "\t\tz: bool = and y\n\t\t\tu: string = item\n"
		  "\t\t\tyield y\n", "not first" },
	};
	struct arena a;
	struct mod *m;
	char why[240];
	unsigned i;

	(void)state;
	for (i = 0; i < COUNTOF(c); i++) {
		base_arena_init(&a);
		m = ir_check_read(&a, arena_printf(&a, "%s%s%s%s",
		    IR_CHECK_HEAD, IR_CHECK_F, c[i][0], IR_CHECK_END));
		why[0] = '\0';
		if (ir_verify(m, why))
			fail_msg("%s is taken", c[i][0]);
		if (strstr(why, c[i][1]) == NULL)
			fail_msg("%s: %s", c[i][0], why);
		arena_release(&a);
	}
}

#define TEST_HEAD IR_CHECK_HEAD IR_CHECK_F IR_CHECK_END "test t test_t\n" \
	"\tline 3\n\trepeat 2\n\tpass 0.5\nbegin\n"

/* A record, the function of its condition, and its body. */
#define COND(text, fn, body) IR_CHECK_HEAD "struct C\n\tx: string " text \
	" " fn "\ncheck C.x C_x: C -> bool\nbegin\n\tx: string = arg 0\n" \
	"\ty: bool = eq x, x\n" body IR_CHECK_F \
	"\tc: C = record q\n\tr: string = field .x c\n" IR_CHECK_END

static void
rules_of_modules(void **state)
{
	static const char *const c[][2] = {
		{ IR_CHECK_HEAD IR_CHECK_F, "past its end" },
		{ IR_CHECK_HEAD IR_CHECK_F "\tx: bool = isnull opt\n\tif x\n"
		  "\t\tfail fail q\n\telse\n\t\tset s q\n", "past its end" },
		{ IR_CHECK_HEAD IR_CHECK_F "\tx: E = enum .X\n\ty: E = enum .Y"
		  "\n\tswitch e\n\t\tcase x, y\n\t\t\tfail fail q\n",
		  "past its end" },
		{ IR_CHECK_HEAD IR_CHECK_F IR_CHECK_END
		  "program G F: F_in -> F_out\nbegin\n"
		  "\tq: string = arg 0\n" IR_CHECK_END, "" },
		{ IR_CHECK_HEAD IR_CHECK_F IR_CHECK_END
		  "metric m m: gold, F_in -> F_out\nbegin\n"
		  "\tq: int = int 1\n\tret q\n", "score" },
		{ IR_CHECK_HEAD IR_CHECK_F IR_CHECK_END
		  "metric m m: gold, F_in -> F_out\nbegin\n"
		  "\tq: F_in = arg 0\n\tx: float = float 1.0\n\tret x\n",
		  "no parameter" },
		{ IR_CHECK_HEAD IR_CHECK_F "\tx: bool = isnull opt\n"
		  "\tcheck \"c\" 1 x\n" IR_CHECK_END,
		  "not stand in a test" },
		{ TEST_HEAD "\tq: string = arg 0\n\tret\n",
		  "no parameter" },
		{ TEST_HEAD "\tx: int = int 1\n\tret x\n", "nothing" },
		{ TEST_HEAD "\tx: int = int 1\n\tcheck \"c\" 1 x\n"
		  "\tret\n", "no condition" },
		{ TEST_HEAD "\tx: bool = bool true\n"
		  "\tcheck \"c\" 1 [\"x\"] x\n\tret\n", "no condition" },
		{ TEST_HEAD "\tx: bool = bool true\n"
		  "\texpect \"c\" 1 x, x\n\tret\n", "no condition" },
		{ TEST_HEAD "\tx: bool = bool true\n"
		  "\texpect \"c\" 1 x\n\thint\n\t\tyield x\n\tret\n",
		  "hint" },
		{ TEST_HEAD "\tx: bool = bool true\n"
		  "\texpect \"c\" 1 x\n\thint\n"
		  "\t\ty: int = int 1\n\tret\n", "without result" },
		{ TEST_HEAD "\tx: bool = bool true\n\tcheck \"c\" 1 x\n",
		  "past its end" },
		{ IR_CHECK_HEAD IR_CHECK_F IR_CHECK_END "test t test_t\n"
		  "\tline 3\n\trepeat 0\n\tpass 0.5\nbegin\n\tret\n",
		  "never runs" },
		{ IR_CHECK_HEAD IR_CHECK_F IR_CHECK_END "test t test_t\n"
		  "\tline 3\n\trepeat 1\n\tpass 1.5\nbegin\n\tret\n",
		  "never runs" },
		{ TEST_HEAD "\tx: bool = bool true\n"
		  "\tcheck \"c\" 1 [\"x\" x\n\tret\n", "']'" },
		{ COND("check \"l\"", "C_x", "\tret x\n"), "outputs" },
		{ COND("check \"l\"", "C_x", "\tr: ask_out = ask ask x\n"
		  "\tret y\n"), "calls nothing" },
		{ COND("check \"l\"", "C_y", "\tret y\n"),
		  "no function 'C_y'" },
		{ COND("assert \"l\"", "F", "\tret y\n"),
		  "not the condition" },
		{ COND("", "", "\tret y\n") "program G G: F_in -> F_out\n"
		  "begin\n\tq: string = arg 0\n\tz: bool = run C_x#0 q\n"
		  IR_CHECK_END, "right kind" },
	};
	unsigned i;

	(void)state;
	for (i = 0; i < COUNTOF(c); i++)
		ir_check_refused(c[i][0], c[i][1]);
}

/* Linking, replacing and numbering. */
static void
changing(void **state)
{
	struct arena a;
	struct mod *m;
	struct fn *f;
	struct ins *q, *again, *use, *i;
	unsigned n = 0;

	(void)state;
	base_arena_init(&a);
	m = ir_check_good(&a, IR_CHECK_HEAD IR_CHECK_F
	    "\tx: bool = isnull opt\n\ty: bool = and x\n"
	    "\t\tz: bool = eq q, q\n\t\tyield z\n" IR_CHECK_END);
	f = m->fn;
	q = f->body->first;
	again = ir_add(m, f->body, IR_ARG, q->type, NULL, 0, nowhere);
	ir_unlink(again);
	ir_insert_before(q->next, again);
	assert_ptr_equal(q->next, again);
	assert_ptr_equal(again->prev, q);
	assert_ptr_equal(again->in, f->body);
	ir_replace(f->body, q, again);
	for (use = f->body->first; use->op != IR_AND; use = use->next)
		continue;
	assert_ptr_equal(use->body->first->arg[0], again);
	assert_ptr_equal(use->body->first->arg[1], again);
	ir_replace(f->body, use->body->first, use->arg[0]);
	assert_ptr_equal(use->body->result, use->arg[0]);
	ir_number(f);
	for (i = f->body->first; i != NULL; i = i->next)
		n++;
	assert_int_equal(f->nins, n + 1);
	assert_int_equal(use->body->first->id, use->id + 1);
	ir_unlink(f->body->first);
	assert_ptr_equal(f->body->first, again);
	assert_null(again->prev);
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden_files_come_back),
		cmocka_unit_test(odd_names),
		cmocka_unit_test(malformed_text),
		cmocka_unit_test(deep_text),
		cmocka_unit_test(rules),
		cmocka_unit_test(rules_of_modules),
		cmocka_unit_test(changing),
	};

	return cmocka_run_group_tests_name("ir", tests, NULL, NULL);
}
