/* Tests of lowering: what constructs of the language become.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "ir_check.h"
#include "ir/lower.h"

#define HEAD \
	"model m = \"openai:x\" { temperature = 0.0; }\n" \
	"enum E { X, Y }\n" \
	"param K: int = 2 tune [1, 2];\n" \
	"param P: int = 5;\n" \
	"signature S = (q: string, n: int = 3, o: string?) -> (a: string);\n" \
	"module ask = predict(S) { model = m; }\n"

struct compiled {
	struct arena a;
	struct sources sources;
	struct names names;
	struct diag d;
	FILE *messages;
	struct mod *m;                  /* NULL: errors */
};

/* Lowers a text; what is said of it goes to c->messages. */
static void
compile(struct compiled *c, const char *text)
{
	static struct define define = { "FIXED", "7", false };
	struct check_options o = { .define = &define, .ndefine = 1,
	    .need_program = true };
	struct checked *checked;
	struct unit *u;
	char why[240] = "";

	base_arena_init(&c->a);
	sources_init(&c->sources, &c->a);
	names_init(&c->names, &c->a);
	c->messages = tmpfile();
	assert_non_null(c->messages);
	diag_init(&c->d, &c->sources, c->messages);
	u = parse(&c->a, &c->names, sources_add(&c->sources, "t.mp", text,
	    strlen(text)), &c->d);
	o.ndefine = strstr(text, "FIXED") != NULL;
	checked = c->d.nerror > 0 ? NULL : check(&c->a, &c->names,
	    &c->sources, u, &o, &c->d);
	c->m = checked == NULL || c->d.nerror > 0 ? NULL :
	    lower(&c->a, checked, &c->d);
	if (c->m != NULL && !ir_verify(c->m, why))
		fail_msg("%s\n%s", why, ir_check_text(&c->a, c->m));
}

static void
release(struct compiled *c)
{
	fclose(c->messages);
	arena_release(&c->a);
}

static const char *
said(struct compiled *c)
{
	char *s = arena_alloc(&c->a, 4096);

	rewind(c->messages);
	s[fread(s, 1, 4095, c->messages)] = '\0';
	return s;
}

/* The text of the module of `HEAD rest`. */
static const char *
ir_of(struct compiled *c, const char *rest)
{
	struct arena a;
	const char *s;

	base_arena_init(&a);
	compile(c, arena_printf(&a, HEAD "%s", rest));
	arena_release(&a);
	if (c->m == NULL)
		fail_msg("%s\n%s", rest, said(c));
	s = ir_check_text(&c->a, c->m);
	return s;
}

struct piece {
	const char *body;               /* of program F(q, o, xs, f, e) */
	const char *ir;                 /* lines that stand in it */
};

static void
pieces(void **state)
{
	static const struct piece p[] = {
		/* defaults in the order of fields, after what is given */
		{ "let r = ask(o = o, q = \"a\");",
		  "\tv5: string = string \"a\"\n\tv6: int = int 3\n"
		  "\tr: ask_out = ask ask v5, v6, o\n" },
		{ "let r = ask(q);",
		  "\tv5: int = int 3\n\tv6: string? = null\n"
		  "\tr: ask_out = ask ask q, v5, v6\n" },
		/* let names a value, a variable is set */
		{ "let a = q; let b = a + q;",
		  "\tb: string = concat q, q\n" },
		{ "let n = 1; n += K; n = P;",
		  "\tv5: int = int 1\n\tset n v5\n\tv7: int = get n\n"
		  "\tv8: int = param K\n\tv9: int = add v7, v8\n\tset n v9\n"
		  "\tv11: int = int 5\n\tset n v11\n" },
		/* conversions */
		{ "let x: float = 1; let y: int? = 2; let z: E? = null;",
		  "\tv5: int = int 1\n\tx: float = tofloat v5\n"
		  "\tv7: int = int 2\n\ty: int? = some v7\n\tz: E? = null\n" },
		{ "let x = f + 1;",
		  "\tv5: int = int 1\n\tv6: float = tofloat v5\n"
		  "\tx: float = add f, v6\n" },
		/* truth and choice */
		{ "let x = o != null && o == q;",
		  "\tv5: bool = isnull o\n\tv6: bool = not v5\n"
		  "\tx: bool = and v6\n\t\tv8: string = unwrap o\n"
		  "\t\tv9: bool = eq v8, q\n\t\tyield v9\n" },
		{ "let x = e == X ? \"x\" : str(K);",
		  "\tv5: E = enum .X\n\tv6: bool = eq e, v5\n"
		  "\tx: string = cond v6\n\t\tv8: string = string \"x\"\n"
		  "\t\tyield v8\n\telse\n\t\tv9: int = param K\n"
		  "\t\tv10: string = lib STR_INT v9\n\t\tyield v10\n" },
		{ "let x = q in xs;", "\tx: bool = has q, xs\n" },
		/* strings and lists */
		{ "let x = q + (\"b\" + q) + \"c\";",
		  "concat q, v5, q, v6\n" },
		{ "let x = xs + [q]; let y = x[0];",
		  "\tv5: string[] = list q\n\tx: string[] = append xs, v5\n"
		  "\tv7: int = int 0\n\ty: string = index x, v7\n" },
		{ "let x = [len(s) for s in xs if s != q];",
		  "\tx: int[] = each xs\n\t\ts.6: string = item\n"
		  "\t\tv7: int = lib LEN_STRING s.6\n\t\tyield v7\n"
		  "\twhere\n\t\ts.8: string = item\n"
		  "\t\tv9: bool = ne s.8, q\n\t\tyield v9\n" },
		/* loops */
		{ "for i in 1 .. K { let r = ask(q = str(i)); }",
		  "\trange [2] v5, v6\n\t\ti: int = item\n" },
		{ "for s in xs limit 3 { let r = ask(q = s); break; }",
		  "\tfor [3] xs\n\t\ts: string = item\n" },
		{ "let n = 0; while n < 9 limit 4 { n += 1; }",
		  "\twhile [4]\n" },
		/* ends */
		{ "require q != \"\", \"empty\";",
		  "\tv7: bool = not v6\n\tif v7\n"
		  "\t\tv9: string = string \"empty\"\n"
		  "\t\tfail assert v9\n" },
		{ "if f < 0.5 { fail \"low\"; }",
		  "\tif v6\n\t\tv8: string = string \"low\"\n"
		  "\t\tfail fail v8\n" },
	};
	struct compiled c;
	struct arena a;
	const char *text;
	unsigned i;

	(void)state;
	for (i = 0; i < COUNTOF(p); i++) {
		base_arena_init(&a);
		text = ir_of(&c, arena_printf(&a, "program F(q: string, "
		    "o: string?, xs: string[], f: float, e: E) -> "
		    "(a: string) { %s return { a = q }; }", p[i].body));
		text = strstr(text, "begin\n");
		if (strstr(text, p[i].ir) == NULL)
			fail_msg("%s\n%s", p[i].body, text);
		release(&c);
		arena_release(&a);
	}
}

#define F "program F(q: string) -> (a: string) { return { a = b(q).a }; }\n"

static void
leaves(void **state)
{
	static const struct piece p[] = {
		{ "module b = predict(S) { model = m; }",
		  "\tformats plain json markers labels xml\n"
		  "\tformat plain\n\tmodel m\n" },
		{ "module b = chain_of_thought(S) { model = m; }",
		  "\treasoning\n\ttext \"\"\n\tformats json markers labels xml"
		  "\n\tformat json\n" },
		{ "module b = predict(S) { model = m; demos = none; "
		  "reask = 0; max_repair = 2; parse = strict; "
		  "structure = grammar; format = xml; temperature = 0.5; }",
		  "\tformat xml\n\tdemos 0\n\ttemperature 0.5\n\tmodel m\n"
		  "\tstructure grammar\n\tparse strict\n\treask 0\n"
		  "\tmax_repair 2\n" },
		{ "module b = chain_of_thought(S) { model = m; "
		  "on_refusal = { a = \"no\" }; }",
		  "\ton_refusal \"\" \"no\"\n" },
		{ "signature T = (q: string) -> (a: string, e: E?);\n"
		  "module b = predict(T) { model = m; "
		  "on_refusal = { a = \"no\" }; }",
		  "\ton_refusal \"no\" null\n" },
		{ "module b = ask_;\nmodule ask_ = predict(S) { model = m; }",
		  NULL },
		{ "signature T = (q: string) -> (a: string, e: E);\n"
		  "module b = predict(T) { model = m; format = plain; }",
		  NULL },
	};
	struct compiled c;
	struct arena a;
	const char *text;
	unsigned i;

	(void)state;
	for (i = 0; i < COUNTOF(p); i++) {
		base_arena_init(&a);
		text = arena_printf(&a, "%s\n" F, p[i].body);
		if (p[i].ir == NULL) {
			compile(&c, arena_printf(&a, HEAD "%s", text));
			assert_null(c.m);
			assert_true(c.d.nerror > 0);
		} else {
			text = ir_of(&c, text);
			if (strstr(text, p[i].ir) == NULL)
				fail_msg("%s\n%s", p[i].body, text);
		}
		release(&c);
		arena_release(&a);
	}
}

/* Only what is reached is there; judges are frozen; -D makes constants. */
static void
reach(void **state)
{
	struct compiled c;
	const char *text;

	(void)state;
	text = ir_of(&c, "module judge = predict(S) { model = n; }\n"
	    "module b = predict(S) { model = m; }\n"
	    "module idle = predict(S) { model = n; }\n"
	    "model n = \"openai:y\";\n"
	    "param FIXED: int = 1 tune [1, 7];\n"
	    "program Sub(q: string) -> (a: string) {"
	    " return { a = b(q).a + str(FIXED) }; }\n"
	    "program F(q: string) -> (a: string) {"
	    " return { a = Sub(q).a }; }\n"
	    "metric deep(gold, pred) { let r = judge(q = pred.a); "
	    "return exact(gold.a, r.a), r.a; }\n"
	    "metric top(gold, pred) = 1 - deep;\n"
	    "data d = csv(\"d.csv\") { split = [2, 3]; }\n"
	    "optimize F { using = mipro; train = d.train; dev = d.dev; "
	    "metric = top; freeze = [b.demos]; }\n");
	assert_non_null(strstr(text, "prompt judge judge"));
	assert_null(strstr(text, "prompt idle"));
	assert_null(strstr(text, "prompt ask"));
	assert_null(strstr(text, "param"));
	assert_non_null(strstr(text, "= int 7\n"));
	assert_non_null(strstr(text, "\tcounts 2.0 3.0 0.0\n"));
	assert_true(strstr(text, "program Sub") < strstr(text, "program F "));
	assert_true(strstr(text, "metric deep") < strstr(text, "metric top"));
	assert_string_equal(c.m->prompt->name, "judge");
	assert_true(c.m->prompt->eval_only);
	assert_false(c.m->prompt->next->eval_only);
	assert_true(c.m->prompt->next->freeze[SLOT_DEMOS]);
	assert_false(c.m->prompt->next->freeze[SLOT_INSTRUCTION]);
	assert_string_equal(c.m->program->name, "F");
	assert_ptr_equal(c.m->study->program, c.m->program);
	assert_string_equal(c.m->study->metric->name, "top");
	assert_int_equal(c.m->nmodel, 2);
	release(&c);
}

/* What a claim shows, and what is said of tests that run once. */
static void
claims(void **state)
{
	static const char *const c[][2] = {
		{ "check n > 2;", "check \"n > 2\" 7 [\"n\"] v" },
		{ "check 2 < n;", "[\"n\"]" },
		{ "check !(n   ==\n\t 2);", "check \"!(n   == 2)\" 7 [\"n\"]" },
		{ "check n == n;", "\"n == n\" 7 [\"n\"]" },
		{ "check n + 1 > K;", "[\"n + 1\", \"K\"]" },
		{ "check contains(a.a, str(n));",
		  "[\"a.a\", \"n\", \"str(n)\"]" },
		{ "check a.a == \"x\" && n > 1;", "[\"a.a\"]" },
		{ "check a.a in [\"x\", \"y\"];", "[\"a.a\"] v" },
		{ "check b;", "check \"b\" 7 b" },
		{ "expect o == null;", "expect \"o == null\" 7 [\"o\"]" },
		{ "expect b, a.a;",
		  "expect \"b\" 7 b\n\thint\n\t\tv" },
	};
	struct compiled x;
	struct arena a;
	unsigned i;

	(void)state;
	for (i = 0; i < COUNTOF(c); i++) {
		base_arena_init(&a);
		x.m = NULL;
		if (strstr(ir_of(&x, arena_printf(&a, "program F() -> (a: "
		    "string) { return { a = \"\" }; } test \"t\" { let a = "
		    "ask(q = \"q\"); let n = len(a.a); let b = a.a == \"\"; "
		    "let o: int? = n > 1 ? n : null; %s }", c[i][0])),
		    c[i][1]) == NULL)
			fail_msg("%s\nlacks %s\n%s", c[i][0], c[i][1],
			    ir_check_text(&x.a, x.m));
		release(&x);
		arena_release(&a);
	}
}

/* Rest of a file with models m2, m3 and a leaf `ask2` of them, and whether
 * its test may pass by chance. */
static void
chance(void **state)
{
	static const struct {
		const char *rest;
		bool told;
	} c[] = {
		{ "module ask2 = predict(S) { model = m; }"
		  "test \"t\" { check ask2(q = \"x\").a == \"\"; }", false },
		{ "module ask2 = predict(S) { model = m2; }"
		  "test \"t\" { check ask2(q = \"x\").a == \"\"; }", true },
		{ "module ask2 = predict(S) { model = m2; temperature = 0.0; }"
		  "test \"t\" { check ask2(q = \"x\").a == \"\"; }", false },
		{ "module ask2 = predict(S) { model = m3; }"
		  "test \"t\" { check ask2(q = \"x\").a == \"\"; }", true },
		{ "module ask2 = predict(S) { model = m4; }"
		  "test \"t\" { check ask2(q = \"x\").a == \"\"; }", true },
		{ "module ask2 = predict(S) { model = m5; }"
		  "test \"t\" { check ask2(q = \"x\").a == \"\"; }", false },
		{ "module ask2 = predict(S) { model = m2; }"
		  "test \"t\" (repeat = 1) "
		  "{ check ask2(q = \"x\").a == \"\"; }",
		  false },
		{ "module ask2 = predict(S) { model = m2; }"
		  "program G(q: string) -> (a: string) "
		  "{ return { a = ask2(q).a }; }"
		  "test \"t\" { check G(\"x\").a == \"\"; }", true },
		{ "test \"t\" { check F(\"x\").a == \"\"; }", false },
	};
	struct compiled x;
	struct arena a;
	unsigned i;

	(void)state;
	for (i = 0; i < COUNTOF(c); i++) {
		base_arena_init(&a);
		ir_of(&x, arena_printf(&a, "%s%s", "model m2 = \"openai:x\" "
		    "{ temperature = 0.5; } model m3 = \"openai:x\" { }"
		    "model m4 = fallback(m, m2); model m5 = round_robin(m, m);"
		    "program F(q: string) -> (a: string) "
		    "{ return { a = ask(q).a }; } optimize F { using = random;"
		    " train = d; dev = d; metric = s; } "
		    "data d = jsonl(\"d\"); "
		    "metric s(gold, pred) = exact(gold.a, pred.a);",
		    c[i].rest));
		if ((strstr(said(&x), "MP0515") != NULL) != c[i].told)
			fail_msg("%s\n%s", c[i].rest, said(&x));
		release(&x);
		arena_release(&a);
	}
}

/* Names of tests are words of C, each its own; without a program there is one
 * for the worker. */
static void
named(void **state)
{
	struct compiled c;
	const char *text;

	(void)state;
	text = ir_of(&c, "program F() -> (a: string) { return { a = \"\" }; }"
	    "test \"a b\" { } test \"a-b\" (repeat = 3, pass = 0.5) { }"
	    "test \"\xc3\xa4\" { return; }");
	assert_non_null(strstr(text, "test \"a b\" test_a_b\n"));
	assert_non_null(strstr(text, "test \"a-b\" test_a_b_\n"));
	assert_non_null(strstr(text, "\tline 7\n\trepeat 3\n\tpass 0.5\n"));
	assert_non_null(strstr(text, " test\n\tline"));
	assert_true(c.m->fn->next->eval_only);
	release(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces),
		cmocka_unit_test(leaves),
		cmocka_unit_test(reach),
		cmocka_unit_test(claims),
		cmocka_unit_test(chance),
		cmocka_unit_test(named),
	};

	return cmocka_run_group_tests_name("lower", tests, NULL, NULL);
}
