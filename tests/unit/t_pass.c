/* Tests of the passes: what they make of golden files, that they reach an
 * end, and that they never make more calls of what stood before.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "ir_check.h"
#include "ir/pass.h"
#include "ir/plan.h"

static const char *const pass_names[PASS_COUNT] = {
	[PASS_fold] = "fold", [PASS_share] = "share", [PASS_dead] = "dead",
	[PASS_par] = "par",
};

static void
only(struct pass_options *o, int pass)
{
	int i;

	memset(o, 0, sizeof *o);
	for (i = 0; i < PASS_COUNT; i++)
		o->off[i] = i != pass;
}

static struct mod *
run(struct arena *a, const char *text, int pass)
{
	struct mod *m = ir_check_good(a, text);
	struct pass_options o;

	only(&o, pass);
	passes_run(m, &o);
	return m;
}

static const char *
after(struct arena *a, const char *text, int pass)
{
	return ir_check_text(a, run(a, text, pass));
}

static void
names(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < PASS_COUNT; i++)
		assert_int_equal(pass_find(pass_names[i]), i);
	assert_int_equal(pass_find("fol"), -1);
	assert_int_equal(pass_find(""), -1);
}

static void
golden(void **state)
{
	struct arena a;
	struct mod *m;
	int i;

	(void)state;
	for (i = 0; i < PASS_COUNT; i++) {
		const char *name = pass_names[i];

		base_arena_init(&a);
		m = run(&a, ir_check_file(&a, arena_printf(&a, "pass/%s.ir",
		    name)), i);
		ir_plan(m);
		assert_string_equal(ir_check_text(&a, m), ir_check_file(&a,
		    arena_printf(&a, "pass/%s.%s", name, name)));
		arena_release(&a);
	}
}

static const char *const files[] = {
	"pass/all.ir", "pass/fold.ir", "pass/dead.ir", "pass/share.ir",
	"pass/par.ir", "ir/branch.ir", "ir/each.ir", "ir/whole.ir",
	"ir/values.ir", "ir/names.ir"
};

/* A pass that is run again finds nothing more to do. */
static void
a_second_time(void **state)
{
	const char *once;
	struct arena a;
	unsigned k;
	int i;

	(void)state;
	for (k = 0; k < COUNTOF(files); k++)
		for (i = 0; i < PASS_COUNT; i++) {
			base_arena_init(&a);
			once = after(&a, ir_check_file(&a, files[k]), i);
			assert_string_equal(after(&a, once, i), once);
			arena_release(&a);
		}
}

/* Whatever passes are off, there are never more calls than without them. */
static void
never_more_calls(void **state)
{
	struct pass_options o;
	struct mod *m, *plain;
	struct fn *f, *g;
	struct arena a;
	unsigned k, set;
	int i;

	(void)state;
	for (k = 0; k < COUNTOF(files); k++)
		for (set = 0; set < 1u << PASS_COUNT; set++) {
			base_arena_init(&a);
			plain = ir_check_good(&a, ir_check_file(&a, files[k]));
			m = ir_check_good(&a, ir_check_file(&a, files[k]));
			memset(&o, 0, sizeof o);
			for (i = 0; i < PASS_COUNT; i++)
				o.off[i] = set >> i & 1;
			passes_run(m, &o);
			ir_plan(plain);
			ir_plan(m);
			/* Those that nothing calls any more are gone. */
			for (f = plain->fn, g = m->fn; g != NULL;
			    f = f->next, g = g->next) {
				while (strcmp(f->name, g->name) != 0)
					f = f->next;
				assert_true(g->calls_max <= f->calls_max);
				assert_true(g->calls_min <= f->calls_max);
			}
			arena_release(&a);
		}
}

/* Bodies, the pass, and a line that must or (after '!') may not be there. */
struct line_case {
	int pass;
	const char *body, *line;
};

static const struct line_case cases[] = {
	{ PASS_fold, "\tx: int = int -9223372036854775808\n"
	  "\ty: int = neg x\n\tset n y\n", "= neg x" },
	{ PASS_fold, "\tx: int = int -9223372036854775808\n"
	  "\ty: int = int -1\n\tz: int = div x, y\n\tset n z\n",
	  "= div x, y" },
	{ PASS_fold, "\tx: int = int -7\n\ty: int = int 2\n"
	  "\tz: int = div x, y\n\tset n z\n", "z: int = int -3" },
	{ PASS_fold, "\tx: int = int -7\n\ty: int = int 2\n"
	  "\tz: int = mod x, y\n\tset n z\n", "z: int = int -1" },
	{ PASS_fold, "\tx: int = int -4611686018427387904\n"
	  "\ty: int = int 2\n\tz: int = mul x, y\n\tset n z\n",
	  "z: int = int -9223372036854775808" },
	{ PASS_fold, "\tx: int = param K\n\ty: int = int 1\n"
	  "\tz: int = add x, y\n\tset n z\n", "= add x, y" },
	{ PASS_fold, "\tx: E = enum .X\n\ty: E = enum .Y\n"
	  "\tswitch x\n\t\tcase y\n\t\t\tset s q\n\t\tcase\n"
	  "\t\t\tu: int = int 5\n\t\t\tset n u\n", "\tset n u" },
	{ PASS_fold, "\tx: bool = bool true\n\tif x\n"
	  "\t\tfail fail q\n\tset s q\n", "!set s q" },
	{ PASS_fold, "\tx: string? = some q\n"
	  "\ty: string = unwrap x\n\tset s y\n", "set s q" },
	{ PASS_dead, "\tx: int = int 1\n\ty: int = add x, x\n",
	  "y: int = add" },
	{ PASS_dead, "\tx: ask_out = ask ask q\n", "!ask ask" },
	{ PASS_dead, "\tx: int = lib TO_INT q\n", "TO_INT" },
	{ PASS_dead, "\tx: string = lib UPPER q\n", "!UPPER" },
	{ PASS_dead, "\tx: bool = isnull opt\n\ty: bool = and x\n"
	  "\t\tz: int = int 1\n\t\tu: int = add z, z\n"
	  "\t\tw: bool = eq u, z\n\t\tyield w\n", "y: bool = and" },
	{ PASS_dead, "\ttry\n\t\tx: ask_out = ask ask q\n\telse\n"
	  "\t\tset s q\n", "!try" },
	{ PASS_dead, "\tset s q\n", "!set" },
	{ PASS_dead, "\tx: ask_out = ask ask q\n\tretry [1]\n"
	  "\t\ty: ask_out = ask ask q\n\t\tz: bool = bool false\n"
	  "\t\tyield z\n\thint\n\t\tyield q\n",
	  "y: ask_out = ask" },
	{ PASS_share, "\tx: ask_out = ask ask q\n\tretry [1]\n"
	  "\t\ty: ask_out = ask ask q\n\t\tz: bool = isnull opt\n"
	  "\t\tyield z\n\thint\n\t\tyield q\n",
	  "y: ask_out = ask" },
	{ PASS_fold, "\tretry [1]\n\t\ty: ask_out = ask ask q\n"
	  "\t\tz: bool = bool true\n\t\tyield z\n\thint\n"
	  "\t\tyield q\n\ts: string = field .a y\n", "!retry" },
	{ PASS_share, "\tx: ask_out = ask draw q\n"
	  "\ty: ask_out = ask draw q\n", "y: ask_out = ask" },
	{ PASS_share, "\tx: ask_out = ask ask q\n"
	  "\ty: ask_out = ask ask q\n", "!y: ask_out = ask" },
	{ PASS_share, "\tx: bool = isnull opt\n\tif x\n"
	  "\t\ty: string = lib UPPER q\n\t\tset s y\n"
	  "\tz: string = lib UPPER q\n\tset s z\n",
	  "z: string = lib UPPER q" },
	{ PASS_share, "\tx: string = get s\n\tset s q\n"
	  "\ty: string = get s\n\tset s y\n", "y: string = get s" },
	{ PASS_par, "\tx: ask_out = ask ask q\n\tset s q\n"
	  "\ty: ask_out = ask ask q\n", "!par" },
	{ PASS_par, "\tx: ask_out = ask ask q\n\tu: int = int 1\n"
	  "\tw: int = add u, u\n\ty: ask_out = ask ask q\n", "!par" },
	{ PASS_par, "\tx: ask_out = ask ask q\n"
	  "\tu: string = field .a x\n\ty: ask_out = ask ask u\n",
	  "!par" },
	{ PASS_par, "\tx: ask_out = ask ask q\n"
	  "\tu: bool = isnull opt\n\tw: bool = or u\n"
	  "\t\ta: string = field .a x\n\t\tb: bool = eq a, q\n"
	  "\t\tyield b\n\tc: string = lib STR_BOOL w\n"
	  "\ty: ask_out = ask ask c\n", "!par" },
};

static void
lines(void **state)
{
	const struct line_case *c = cases;
	const char *text;
	struct arena a;
	unsigned i;

	(void)state;
	for (i = 0; i < COUNTOF(cases); i++) {
		bool no = c[i].line[0] == '!';

		base_arena_init(&a);
		text = after(&a, arena_printf(&a, "%s%s%s%s", IR_CHECK_HEAD,
		    IR_CHECK_F, c[i].body, IR_CHECK_END), c[i].pass);
		text = strstr(text, "begin\n");
		if ((strstr(text, c[i].line + no) == NULL) != no)
			fail_msg("%u, %s: %s", i, c[i].line, text);
		arena_release(&a);
	}
}

static void
dumps(void **state)
{
	struct pass_options o = { .dump = { [PASS_share] = true } };
	struct arena a;
	struct mod *m;
	char text[32];

	(void)state;
	base_arena_init(&a);
	m = ir_check_good(&a, ir_check_file(&a, "pass/share.ir"));
	o.out = tmpfile();
	assert_non_null(o.out);
	passes_run(m, &o);
	rewind(o.out);
	assert_non_null(fgets(text, sizeof text, o.out));
	assert_string_equal(text, "ir 1\n");
	fclose(o.out);
	arena_release(&a);
}

/* A program of many calls takes time in proportion. */
static void
large(void **state)
{
	enum { N = 3000 };
	struct pass_options o = { .out = NULL };
	struct buf b = BUF_INIT;
	struct arena a;
	struct mod *m;
	unsigned i;

	(void)state;
	base_arena_init(&a);
	buf_puts(&b, IR_CHECK_HEAD IR_CHECK_F);
	for (i = 0; i < N; i++)
		buf_printf(&b, "\ts%u: string = string \"%u\"\n"
		    "\tc%u: string = concat q, s%u\n"
		    "\ta%u: ask_out = ask draw c%u\n"
		    "\tf%u: string = field .a a%u\n\tset s f%u\n", i, i, i, i,
		    i, i, i, i, i);
	buf_puts(&b, "\tx: string = get s\n\ty: F_out = record x\n\tret y\n");
	m = ir_check_good(&a, buf_str(&b));
	passes_run(m, &o);
	ir_plan(m);
	assert_int_equal(m->fn->calls_max, N);
	buf_release(&b);
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(golden),
		cmocka_unit_test(a_second_time),
		cmocka_unit_test(never_more_calls),
		cmocka_unit_test(lines),
		cmocka_unit_test(dumps),
		cmocka_unit_test(large),
	};

	return cmocka_run_group_tests_name("pass", tests, NULL, NULL);
}
