/* Tests of the call plan.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "ir_check.h"
#include "ir/plan.h"

#define ASK(name) "\t" name ": ask_out = ask ask q\n"
#define DRAW(name) "\t" name ": ask_out = ask draw q\n"

struct plan_case {
	const char *body;
	uint64_t min, max, worst;
};

static const struct plan_case cases[] = {
	{ "", 0, 0, 0 },
	{ ASK("a"), 1, 1, 2 },
	{ ASK("a") DRAW("b"), 2, 2, 6 },
	/* ways that part, and that end early */
	{ "\tx: bool = isnull opt\n\tif x\n\t" ASK("a") "\t" ASK("b"),
	  0, 2, 4 },
	{ "\tx: bool = isnull opt\n\tif x\n\t" ASK("a") "\telse\n\t" DRAW("b")
	  "\t" ASK("c"), 1, 2, 6 },
	{ ASK("a") "\tx: bool = isnull opt\n\tif x\n"
	  "\t\ty: F_out = record q\n\t\tret y\n" ASK("b") ASK("c"), 1, 3, 6 },
	{ ASK("a") "\tx: bool = isnull opt\n\tif x\n\t" ASK("b")
	  "\t\tfail fail q\n", 1, 1, 2 },
	{ "\tx: bool = isnull opt\n\ty: bool = and x\n"
	  "\t\ta: ask_out = ask ask q\n\t\tb: string = field .a a\n"
	  "\t\tc: bool = eq b, q\n\t\tyield c\n", 0, 1, 2 },
	{ "\tswitch e\n\t\tcase\n\t\t" ASK("a"), 1, 1, 2 },
	{ "\tx: E = enum .X\n\tswitch e\n\t\tcase x\n\t\t" ASK("a"),
	  0, 1, 2 },
	{ "\tx: E = enum .X\n\ty: E = enum .Y\n\tz: E = enum .Z\n\tswitch e\n"
	  "\t\tcase x\n\t\t" ASK("a") "\t\tcase y, z\n\t\t" ASK("b")
	  "\t\t" ASK("c"), 1, 2, 4 },
	{ "\ttry\n\t" ASK("a") "\t" ASK("b") "\telse\n\t" ASK("c"), 2, 3, 6 },
	{ "\tpar\n\t" ASK("a") "\t" ASK("b"), 2, 2, 4 },
	{ "\tretry [3]\n\t" ASK("a") "\t\tx: bool = isnull opt\n"
	  "\t\tyield x\n\thint\n\t\tyield q\n" ASK("b"), 2, 5, 10 },
	{ "\tretry [1]\n\t\tretry [2]\n\t\t" ASK("a")
	  "\t\t\tx: bool = isnull opt\n\t\t\tyield x\n\t\thint\n"
	  "\t\t\tyield q\n\t" DRAW("b") "\t\ty: bool = isnull opt\n"
	  "\t\tyield y\n\thint\n\t\tyield q\n", 2, 8, 20 },
	/* loops */
	{ "\tx: int = int 2\n\ty: int = int 4\n\trange x, y\n"
	  "\t\ti: int = item\n\t" ASK("a"), 3, 3, 6 },
	{ "\tx: int = int 2\n\ty: int = int 4\n\trange [2] x, y\n"
	  "\t\ti: int = item\n\t" ASK("a"), 2, 2, 4 },
	{ "\tx: int = int 4\n\ty: int = int 2\n\trange x, y\n"
	  "\t\ti: int = item\n\t" ASK("a"), 0, 0, 0 },
	{ "\tx: int = int 1\n\ty: int = param K\n\trange x, y\n"
	  "\t\ti: int = item\n\t" ASK("a"), 1, 4, 8 },
	{ "\tx: int = int 1\n\ty: int = param R\n\tz: int = sub y, x\n"
	  "\trange x, z\n\t\ti: int = item\n\t" ASK("a"), 1, 99, 198 },
	{ "\tx: int = int 1\n\ty: int = get n\n\trange x, y\n"
	  "\t\ti: int = item\n\t" ASK("a"), 0, UINT64_MAX, UINT64_MAX },
	{ "\tx: int = int 1\n\ty: int = get n\n\trange [7] x, y\n"
	  "\t\ti: int = item\n\t" ASK("a"), 0, 7, 14 },
	{ "\tx: int = int 1\n\ty: int = get n\n\trange x, y\n"
	  "\t\ti: int = item\n", 0, 0, 0 },
	{ "\tfor xs\n\t\tx: string = item\n\t" ASK("a"), 0, 5, 10 },
	{ "\tfor [3] xs\n\t\tx: string = item\n\t" ASK("a") "\t" ASK("b"),
	  0, 6, 12 },
	{ "\tl: string[] = list q, q, q\n\tfor l\n\t\tx: string = item\n\t"
	  ASK("a"), 3, 3, 6 },
	{ "\tn9: int = int 2\n\tl: string[] = lib TAKE xs, n9\n\tfor l\n"
	  "\t\tx: string = item\n\t" ASK("a"), 0, 2, 4 },
	{ "\tl: string[] = lib SPLIT q, q\n\tfor l\n\t\tx: string = item\n\t"
	  ASK("a"), 0, UINT64_MAX, UINT64_MAX },
	{ "\tl: string[] = list q, q, q\n\tfor l\n\t\tx: string = item\n"
	  "\t\ty: bool = isnull opt\n\t\tif y\n\t\t\tbreak\n\t" ASK("a"),
	  0, 3, 6 },
	{ "\tl: string[] = list q, q, q\n\tfor l\n\t\tx: string = item\n"
	  "\t\ty: bool = isnull opt\n\t\tif y\n\t\t\tcontinue\n\t" ASK("a"),
	  0, 3, 6 },
	{ "\tl: string[] = list q, q, q\n\tfor l\n\t\tx: string = item\n\t"
	  ASK("a") "\t\tbreak\n", 1, 1, 2 },
	{ "\tl: string[] = list q, q, q\n\tfor l\n\t\tx: string = item\n\t"
	  ASK("a") "\t\ty: bool = isnull opt\n\t\tif y\n\t\t"
	  "\tz: F_out = record q\n\t\t\tret z\n" ASK("b"), 1, 4, 8 },
	{ "\twhile [4]\n\t" ASK("a") "\ttest\n\t\tx: bool = isnull opt\n"
	  "\t\tyield x\n", 0, 4, 8 },
	{ "\twhile [4]\n\t\tset s q\n\ttest\n\t" ASK("a")
	  "\t\tx: string = field .a a\n\t\ty: bool = eq x, q\n\t\tyield y\n",
	  1, 4, 8 },
	{ "\twhile [0]\n\t" ASK("a") "\ttest\n\t\tx: bool = isnull opt\n"
	  "\t\tyield x\n", 0, 0, 0 },
	{ "\tx: int = int 1\n\ty: int = int 1000000000000\n\trange x, y\n"
	  "\t\ti: int = item\n\t\trange x, y\n\t\t\tj: int = item\n\t\t"
	  ASK("a"), UINT64_MAX, UINT64_MAX, UINT64_MAX },
};

static void
bodies(void **state)
{
	const struct plan_case *c;
	struct arena a;
	struct mod *m;

	(void)state;
	for (c = cases; c < cases + COUNTOF(cases); c++) {
		base_arena_init(&a);
		m = ir_check_good(&a, arena_printf(&a, "%s%s%s%s",
		    IR_CHECK_HEAD, IR_CHECK_F, c->body, IR_CHECK_END));
		ir_plan(m);
		if (m->fn->calls_min != c->min || m->fn->calls_max != c->max ||
		    ir_plan_worst(m, m->fn) != c->worst)
			fail_msg("%llu to %llu, %llu:\n%s",
			    (unsigned long long)m->fn->calls_min,
			    (unsigned long long)m->fn->calls_max,
			    (unsigned long long)ir_plan_worst(m, m->fn),
			    c->body);
		arena_release(&a);
	}
}

/* Each program calls the one before it twice: 2 to the 200th, quickly. */
static void
calls_of_programs(void **state)
{
	struct buf b = BUF_INIT;
	struct arena a;
	struct mod *m;
	struct fn *f;
	unsigned i;

	(void)state;
	base_arena_init(&a);
	buf_puts(&b, IR_CHECK_HEAD "program F F: ask_in -> F_out\nbegin\n"
	    "\tq: string = arg 0\n" ASK("a") IR_CHECK_END);
	for (i = 0; i < 200; i++)
		buf_printf(&b, "program P%u P%u: ask_in -> F_out\nbegin\n"
		    "\tq: string = arg 0\n\ta: F_out = run %s%.0u#0 q\n"
		    "\tb: F_out = run %s%.0u#1 q\n\tr0: F_out = record q\n"
		    "\tret r0\n", i + 1, i + 1, i == 0 ? "F" : "P", i,
		    i == 0 ? "F" : "P", i);
	m = ir_check_good(&a, buf_str(&b));
	ir_plan(m);
	f = ir_check_fn(m, "P10");
	assert_int_equal(f->calls_min, 1024);
	assert_int_equal(f->calls_max, 1024);
	assert_int_equal(ir_plan_worst(m, f), 2048);
	f = ir_check_fn(m, "P200");
	assert_true(f->calls_min == UINT64_MAX);
	assert_true(ir_plan_worst(m, f) == UINT64_MAX);
	buf_reset(&b);
	ir_plan_print(&b, m);
	assert_non_null(strstr(buf_str(&b), "program P2: 4 model calls, at "
	    "most 8 with re-asks\n\task: 4 of cold, each asked again up to 1 "
	    "time\n"));
	assert_non_null(strstr(buf_str(&b), "program P200: any number"));
	buf_release(&b);
	arena_release(&a);
}

/* Judges count in their metric. */
static void
judges(void **state)
{
	struct arena a;
	struct mod *m;

	(void)state;
	base_arena_init(&a);
	m = ir_check_good(&a, IR_CHECK_HEAD IR_CHECK_F IR_CHECK_END
	    "metric m m: gold, F_in -> F_out\nbegin\n\tp: F_in = arg 1\n"
	    "\tq: string = field .q p\n" ASK("a")
	    "\tx: float = float 1.0\n\tret x\n"
	    "metric k k: gold, F_in -> F_out\nbegin\n\tx: float = score m\n"
	    "\ty: float = score m\n\tz: float = add x, y\n\tret z\n");
	ir_plan(m);
	assert_int_equal(ir_check_fn(m, "m")->calls_max, 1);
	assert_int_equal(ir_check_fn(m, "k")->calls_min, 2);
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bodies),
		cmocka_unit_test(calls_of_programs),
		cmocka_unit_test(judges),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
