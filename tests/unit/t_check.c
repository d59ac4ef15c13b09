/* Tests of what check leaves behind for lowering; its messages are tested by
 * golden files.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "setting.h"

static void
check_with(struct setting *t, const char *text, const struct check_options *o)
{
	setting_parse(t, text, strlen(text));
	t->c = check(&t->a, &t->names, &t->s, t->u, o, &t->d);
	fflush(t->f);
}

static void
good(struct setting *t, const char *text)
{
	struct check_options o = { .ndir = 0 };

	check_with(t, text, &o);
	assert_string_equal(t->said, "");
	assert_non_null(t->c);
}

static struct symbol *
symbol(const struct setting *t, const char *name)
{
	struct symbol *s;

	for (s = t->c->symbol; s; s = s->next)
		if (strcmp(s->name, name) == 0)
			return s;
	fail_msg("no symbol %s", name);
	return NULL;
}

static void
constants(void **state)
{
	struct setting t;

	(void)state;
	good(&t, "const A = 2 + 3 * 4; const B: float = A; const C = A > 3 ? "
	    "\"x\" + \"y\" : \"z\"; const D = !(A == 14) || false; enum E { "
	    "P, Q } const F: E = Q; const G = E.P; const H = -7 / 2.0; const "
	    "I = 200k; const J = 80%; param K = 3; const L: string? = null;"
	    "const M = A % 4;");
	assert_int_equal(symbol(&t, "A")->value.i, 14);
	assert_int_equal(symbol(&t, "B")->value.kind, TYC_FLOAT);
	assert_float_equal(symbol(&t, "B")->value.f, 14.0, 0);
	assert_string_equal(symbol(&t, "C")->value.s, "xy");
	assert_int_equal(symbol(&t, "D")->value.i, 0);
	assert_int_equal(symbol(&t, "F")->value.kind, TYC_ENUM);
	assert_int_equal(symbol(&t, "F")->value.i, 1);
	assert_string_equal(symbol(&t, "G")->value.s, "P");
	assert_float_equal(symbol(&t, "H")->value.f, -3.5, 0);
	assert_int_equal(symbol(&t, "I")->value.i, 200000);
	assert_float_equal(symbol(&t, "J")->value.f, 0.8, 1e-15);
	assert_int_equal(symbol(&t, "K")->kind, SYM_CONST);
	assert_int_equal(symbol(&t, "L")->value.kind, TYC_NULL);
	assert_int_equal(symbol(&t, "M")->value.i, 2);
	setting_end(&t);
}

/* What the options of the module `m` say after -D. */
static void
pins(void **state)
{
	static const char text[] = "model b = \"openai:x\" { } signature S = "
	    "(x: string) -> (y: int); module m = predict(S) { model = b; "
	    "format = json tune [json, xml]; temperature = 0.5; }";
	struct define def[] = { { "m.format", "markers", false },
	    { "m.temperature", "0.25", false }, { "m.structure", "native",
	    false } };
	struct define bad[] = { { "m.format", "yaml", false },
	    { "m.temperature", "2.1", false }, { "m.temperature", "hot",
	    false }, { "m.demos", "3", false } };
	struct check_options o = { .define = def, .ndefine = 3 };
	struct setting t;
	struct ast *list;

	(void)state;
	check_with(&t, text, &o);
	assert_int_equal(t.d.nerror, 0);
	list = symbol(&t, "m")->decl->u.value.option;
	assert_string_equal(check_value(&t.a, ast_option(list, "format")->
	    u.option.value).s, "markers");
	assert_null(ast_option(list, "format")->u.option.tune);
	assert_float_equal(check_value(&t.a, ast_option(list, "temperature")->
	    u.option.value).f, 0.25, 0);
	assert_string_equal(check_value(&t.a, ast_option(list, "structure")->
	    u.option.value).s, "native");
	assert_int_equal(symbol(&t, "m")->pinned, 1u << SLOT_FORMAT |
	    1u << SLOT_TEMPERATURE | 1u << SLOT_STRUCTURE);
	setting_end(&t);
	for (o.define = bad; o.define < bad + COUNTOF(bad); o.define++) {
		o.ndefine = 1;
		check_with(&t, text, &o);
		assert_int_equal(t.d.nerror, 1);
		assert_non_null(strstr(t.said, diag_code(E_DEFINE)));
		setting_end(&t);
	}
}

static void
defines(void **state)
{
	static const char text[] = "param N: int = 2 tune [1, 2]; param T = "
	    "0.5 tune 0 .. 1; const W = \"a\"; enum E { P, Q } const X: E = "
	    "P;";
	struct define def[] = { { "N", "7", false }, { "W", "b c", false },
	    { "X", "Q", false } };
	struct define bad[] = { { "N", "7x", false } };
	struct define none[] = { { "Z", "1", false } };
	struct check_options o = { .define = def, .ndefine = 3 };
	struct setting t;

	(void)state;
	good(&t, text);
	assert_int_equal(symbol(&t, "N")->kind, SYM_PARAM);
	assert_int_equal(symbol(&t, "N")->value.i, 2);
	assert_int_equal(symbol(&t, "T")->kind, SYM_PARAM);
	setting_end(&t);
	check_with(&t, text, &o);
	assert_string_equal(t.said, "");
	assert_int_equal(symbol(&t, "N")->kind, SYM_CONST);
	assert_int_equal(symbol(&t, "N")->value.i, 7);
	assert_string_equal(symbol(&t, "W")->value.s, "b c");
	assert_int_equal(symbol(&t, "X")->value.i, 1);
	assert_true(def[0].used && def[1].used && def[2].used);
	setting_end(&t);
	o.define = bad;
	o.ndefine = 1;
	check_with(&t, text, &o);
	assert_int_equal(t.d.nerror, 1);
	assert_non_null(strstr(t.said, diag_code(E_DEFINE)));
	setting_end(&t);
	o.define = none;
	check_with(&t, text, &o);
	assert_int_equal(t.d.nerror, 1);
	assert_non_null(strstr(t.said, diag_code(E_DEFINE)));
	setting_end(&t);
}

#define HEAD \
	"model m = \"openai:b\" { price = free; }\n" \
	"signature S = (q: string, n: int = 3, o: string?) -> (a: string, " \
	"f: float = 1 @range(0, 2));\n" \
	"module ask = predict(S) { model = m; }\n" \
	"module think = chain_of_thought(S) { model = m; }\n"

static void
calls(void **state)
{
	struct setting t;
	const struct symbol *s;
	const struct ast *stmt, *e;

	(void)state;
	good(&t, HEAD "program P(q: string) -> (a: string) {\n"
	    "let x = ask(n = 2, q);\nlet y = think(q = x.a);\n"
	    "return { a = y.reasoning + str(round(x.f)) }; }\n");
	s = symbol(&t, "think");
	assert_int_equal(s->module, MODULE_CHAIN_OF_THOUGHT);
	assert_string_equal(s->type->name, "think_out");
	assert_string_equal(s->type->field[0].name, "reasoning");
	assert_int_equal(s->type->n, 3);
	assert_int_equal(s->in->n, 3);
	assert_int_equal(s->in->field[1].fallback.i, 3);
	assert_true(s->type->field[2].has_max);
	assert_int_equal(s->type->field[2].fallback.kind, TYC_FLOAT);
	assert_ptr_equal(s->model, symbol(&t, "m"));
	assert_true(s->captured);
	s = symbol(&t, "P");
	stmt = s->decl->u.program.body->u.block.stmt;
	e = stmt->u.let.value;
	assert_ptr_equal(e->sym, symbol(&t, "ask"));
	assert_int_equal(e->u.call.nbound, 3);
	assert_int_equal(e->u.call.bound[0]->kind, AST_NAME);
	assert_int_equal(e->u.call.bound[1]->kind, AST_INT);
	assert_null(e->u.call.bound[2]);
	assert_ptr_equal(e->type, symbol(&t, "ask")->type);
	assert_ptr_equal(t.c->program, s);
	setting_end(&t);
}

/* What the places of values turn them into. */
static void
wants(void **state)
{
	struct setting t;
	const struct ast *n, *v;

	(void)state;
	good(&t, "enum E { A, B }\nprogram P(o: string?, i: int) -> (x: float, "
	    "y: string?, z: E, w: string[]) {\n"
	    "let s = o != null ? o : \"d\";\n"
	    "let l: float[] = [i, 1.5];\n"
	    "return { x = i + len(l), y = s, z = B, w = [] }; }");
	n = t.c->program->decl->u.program.body->u.block.stmt;
	v = n->u.let.value;
	assert_true(v->u.cond.yes->narrowed);
	assert_int_equal(v->u.cond.yes->type->kind, TY_STRING);
	assert_int_equal(v->u.cond.cond->u.binary.a->type->kind,
	    TY_OPTIONAL);
	assert_false(v->u.cond.cond->u.binary.a->narrowed);
	v = n->next->u.let.value->u.list.item;
	assert_int_equal(v->want->kind, TY_FLOAT);
	assert_null(v->next->want);
	v = n->next->next->u.return_.value;
	assert_ptr_equal(v->type, t.c->program->type);
	v = v->u.record.member;
	assert_int_equal(v->u.arg.value->want->kind, TY_FLOAT);
	assert_int_equal(v->u.arg.value->type->kind, TY_INT);
	v = v->next;
	assert_int_equal(v->u.arg.value->want->kind, TY_OPTIONAL);
	v = v->next;
	assert_int_equal(v->u.arg.value->sym->kind, SYM_VARIANT);
	assert_int_equal(v->u.arg.value->sym->index, 1);
	v = v->next;
	assert_int_equal(v->u.arg.value->type->kind, TY_LIST);
	setting_end(&t);
}

static void
metrics(void **state)
{
	struct setting t;
	const struct ty *g;
	const struct symbol *all;

	(void)state;
	good(&t, "enum L { A, B }\nprogram P(q: string) -> (label: L, n: int) "
	    "{ return { label = len(q) > 3 ? L.A : L.B, n = 1 }; }\n"
	    "metric acc(gold, pred) = exact(gold.label, pred.label);\n"
	    "metric num(gold, pred) = numeric(gold.count, pred.n, rel = 0.1);"
	    "metric txt(g, p) { let x = f1(g.answer, p.q);\n"
	    "if 1 == g.size { return 1; } return x, g.why; }\n"
	    "metric all(gold, pred) = 0.5 * acc + 0.5 * num;\n");
	g = t.c->gold;
	assert_int_equal(g->n, 5);
	assert_string_equal(g->name, "P_gold");
	assert_ptr_equal(g->field[ty_field_index(g, "label")].type,
	    t.c->program->type->field[0].type);
	assert_int_equal(g->field[ty_field_index(g, "count")].type->kind,
	    TY_FLOAT);
	assert_int_equal(g->field[ty_field_index(g, "answer")].type->kind,
	    TY_STRING);
	assert_int_equal(g->field[ty_field_index(g, "size")].type->kind,
	    TY_INT);
	all = symbol(&t, "all");
	assert_ptr_equal(all->in, g);
	assert_non_null(all->callee);
	assert_ptr_equal(all->callee->sym, symbol(&t, "num"));
	assert_ptr_equal(all->callee->next->sym, symbol(&t, "acc"));
	setting_end(&t);
}

static int64_t
rounds(const char *loop)
{
	struct setting t;
	char text[512];
	int64_t most;

	snprintf(text, sizeof text, "const N = 4; param H: int = 1 tune [1, 5, "
	    "3]; param R: int = 2 tune 0 .. 9; program P(l: string[], b: "
	    "string[] @len(0, 6)) -> (n: int) { let n = len(l) + len(b) + N + "
	    "H + R; %s { n += 1; } return { n = n }; }", loop);
	good(&t, text);
	most = t.c->program->decl->u.program.body->u.block.stmt->next->
	    u.for_.most;
	setting_end(&t);
	return most;
}

static void
loops(void **state)
{
	(void)state;
	assert_int_equal(rounds("for x in l"), -1);
	assert_int_equal(rounds("for x in b"), 6);
	assert_int_equal(rounds("for x in l limit 3"), 3);
	assert_int_equal(rounds("for x in b limit 8"), 6);
	assert_int_equal(rounds("for x in [1, 2]"), 2);
	assert_int_equal(rounds("for x in take(l, 7)"), 7);
	assert_int_equal(rounds("for x in dedup(b + [\"x\"])"), 7);
	assert_int_equal(rounds("for i in 1 .. N"), 4);
	assert_int_equal(rounds("for i in 0 .. H"), 6);
	assert_int_equal(rounds("for i in R .. 3"), 4);
	assert_int_equal(rounds("for i in 3 .. 1"), 0);
	assert_int_equal(rounds("for i in 1 .. n"), -1);
}

static void
values(void **state)
{
	struct setting t;
	struct ast *o;
	struct check_value v;

	(void)state;
	good(&t, "const N = 5; model m = \"openai:b\" { timeout = 2min; "
	    "max_tokens = 2k; temperature = 1 / 4.0; structure = native; "
	    "base_url = env(\"URL\", \"http://x\"); api_key = env(\"K\"); "
	    "identity = \"i\"; seed = N; price = free; }");
	o = symbol(&t, "m")->decl->u.value.option;
#define VALUE(name) check_value(&t.a, ast_option(o, name)->u.option.value)
	v = VALUE("timeout");
	assert_int_equal(v.kind, CV_TIME);
	assert_float_equal(v.f, 120000, 0);
	v = VALUE("max_tokens");
	assert_int_equal(v.kind, CV_INT);
	assert_int_equal(v.i, 2000);
	v = VALUE("temperature");
	assert_int_equal(v.kind, CV_FLOAT);
	assert_float_equal(v.f, 0.25, 0);
	v = VALUE("structure");
	assert_int_equal(v.kind, CV_WORD);
	assert_string_equal(v.s, "native");
	v = VALUE("base_url");
	assert_int_equal(v.kind, CV_ENV);
	assert_string_equal(v.env, "URL");
	assert_string_equal(v.s, "http://x");
	v = VALUE("api_key");
	assert_int_equal(v.kind, CV_ENV);
	assert_null(v.s);
	v = VALUE("identity");
	assert_int_equal(v.kind, CV_STRING);
	v = VALUE("seed");
	assert_int_equal(v.kind, CV_INT);
	assert_int_equal(v.i, 5);
	assert_null(ast_option(o, "none"));
	assert_int_equal(check_value(&t.a, NULL).kind, CV_NONE);
	setting_end(&t);
}

static void
programs(void **state)
{
	static const char two[] =
	    "program A(x: string) -> (y: string) { return { y = x }; }\n"
	    "program B(x: string) -> (y: string) { return { y = x }; }\n";
	static const char block[] = "optimize B { using = random; train = d; "
	    "dev = d; metric = m; }\ndata d = csv(\"d.csv\");\n"
	    "metric m(gold, pred) = exact(gold.y, pred.y);\n";
	struct check_options o = { .need_program = true };
	struct setting t;
	char text[1024];

	(void)state;
	check_with(&t, two, &o);
	assert_int_equal(t.d.nerror, 1);
	assert_non_null(strstr(t.said, diag_code(E_PROGRAM)));
	setting_end(&t);
	o.program = "B";
	check_with(&t, two, &o);
	assert_string_equal(t.said, "");
	assert_string_equal(t.c->program->name, "B");
	assert_null(t.c->optimize);
	setting_end(&t);
	o.program = "C";
	check_with(&t, two, &o);
	assert_int_equal(t.d.nerror, 1);
	setting_end(&t);
	o.program = NULL;
	snprintf(text, sizeof text, "%s%s", two, block);
	check_with(&t, text, &o);
	assert_string_equal(t.said, "");
	assert_string_equal(t.c->program->name, "B");
	assert_non_null(t.c->optimize);
	setting_end(&t);
	o.program = "A";
	check_with(&t, text, &o);
	assert_string_equal(t.c->program->name, "A");
	assert_null(t.c->optimize);
	setting_end(&t);
	check_with(&t, "const A = 1;", &(struct check_options){ .ndir = 0 });
	assert_int_equal(t.d.nerror, 0);
	assert_null(t.c->program);
	setting_end(&t);
}

/* What is only said of programs without errors, and what is off at first. */
static void
quiet_warnings(void **state)
{
	static const char text[] = HEAD "program P(q: string) -> (a: string) "
	    "{ let unused = 1; return { a = ask(q).a }; }";
	struct check_options o = { .ndir = 0 };
	struct setting t;

	(void)state;
	check_with(&t, text, &o);
	assert_int_equal(t.d.nerror, 0);
	assert_int_equal(t.d.nwarning, 2);
	assert_non_null(strstr(t.said, "-Wunused-module"));
	assert_non_null(strstr(t.said, "'think'"));
	assert_non_null(strstr(t.said, "-Wunused-variable"));
	setting_end(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(constants),
		cmocka_unit_test(defines),
		cmocka_unit_test(pins),
		cmocka_unit_test(calls),
		cmocka_unit_test(wants),
		cmocka_unit_test(metrics),
		cmocka_unit_test(loops),
		cmocka_unit_test(values),
		cmocka_unit_test(programs),
		cmocka_unit_test(quiet_warnings)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
