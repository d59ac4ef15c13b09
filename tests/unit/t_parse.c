/* Tests of the scanner and the grammar.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "setting.h"

/* The value of `const x = TEXT;`, which is without error. */
static struct ast *
value(struct setting *t, const char *text)
{
	char *s = malloc(strlen(text) + 16);

	assert_non_null(s);
	snprintf(s, strlen(text) + 16, "const x = %s;", text);
	setting_parse(t, s, strlen(s));
	free(s);
	assert_string_equal(t->said, "");
	assert_non_null(t->u->decl);
	assert_null(t->u->decl->next);
	return t->u->decl->u.constant.value;
}

static void
is_string(const char *text, const char *want)
{
	struct setting t;
	const struct ast *v = value(&t, text);

	assert_int_equal(v->kind, AST_STRING);
	assert_string_equal(v->u.string.text, want);
	assert_int_equal(v->u.string.len, strlen(want));
	setting_end(&t);
}

/* `text` gives exactly `n` errors, the first of class `c`. */
static void
fails(const char *text, size_t len, enum diag_class c, unsigned n)
{
	struct setting t;
	const char *code;

	setting_parse(&t, text, len);
	assert_int_equal(t.d.nerror, n);
	code = strchr(t.said, '[');
	assert_non_null(code);
	assert_memory_equal(code + 1, diag_code(c), 6);
	setting_end(&t);
}

#define FAILS(text, c, n) fails(text, sizeof text - 1, c, n)

static void
strings(void **state)
{
	(void)state;
	is_string("\"\"", "");
	is_string("\"a\\n\\t\\\"\\\\b\"", "a\n\t\"\\b");
	is_string("\"\\u00e9\\u{65E5}\\u{1F600}\\uD83D\\uDE00\"",
	    "\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80\xf0\x9f\x98\x80");
	is_string("\"a\" \"\" /* c */ \"b\"\n\"c\"", "abc");
	FAILS("const a = \"\\x\";", E_ESCAPE, 1);
	FAILS("const a = \"\\ud800\";", E_ESCAPE, 1);
	FAILS("const a = \"\\u{110000}\";", E_ESCAPE, 1);
	FAILS("const a = \"\\u{}\";", E_ESCAPE, 1);
	FAILS("const a = \"\\u0000\";", E_ESCAPE, 1);
	FAILS("const a = \"\\\xc3\xa9\";", E_ESCAPE, 1);
	FAILS("const a = \"x;\nconst b = 1;", E_UNTERMINATED, 1);
	FAILS("const a = \"x\\", E_UNTERMINATED, 1);
}

static void
text_blocks(void **state)
{
	(void)state;
	is_string("\"\"\"\"\"\"", "");
	is_string("\"\"\"x\"\"\"", "x");
	is_string("\"\"\" x \"\"\"", " x ");
	is_string("\"\"\"\n\ta\n\t\tb\n\n\tc\n\t\"\"\"", "a\n\tb\n\nc");
	is_string("\"\"\"\n  a\n  b\"\"\"", "a\nb");
	is_string("\"\"\"a\n    b\n      c\n    \"\"\"", "a\nb\n  c");
	is_string("\"\"\"\r\n  a\r\n  b\r\n\"\"\"", "a\nb");
	is_string("\"\"\"say \"hi\"\"\"\"", "say \"hi\"");
	is_string("\"\"\"a\"\"\"\"\"", "a\"\"");
	is_string("\"\"\"\\n {x} // no comment\"\"\"",
	    "\\n {x} // no comment");
	is_string("\"\"\"\n\ta\n  b\n\"\"\"", "\ta\n  b");
	FAILS("const a = \"\"\"x\"\";", E_UNTERMINATED, 1);
}

static void
numbers(void **state)
{
	struct setting t;
	const struct ast *v;

	(void)state;
	v = value(&t, "9223372036854775807");
	assert_int_equal(v->kind, AST_INT);
	assert_true(v->u.integer.value == INT64_MAX);
	setting_end(&t);
	v = value(&t, "1..3");
	assert_int_equal(v->kind, AST_BINARY);
	assert_int_equal(v->u.binary.op, OP_RANGE);
	assert_int_equal(v->u.binary.b->u.integer.value, 3);
	setting_end(&t);
	v = value(&t, "10%3");
	assert_int_equal(v->u.binary.op, OP_MOD);
	setting_end(&t);
	v = value(&t, "10%x");
	assert_int_equal(v->u.binary.op, OP_MOD);
	setting_end(&t);
	v = value(&t, "80%");
	assert_int_equal(v->kind, AST_QUANTITY);
	assert_int_equal(v->u.quantity.unit, UNIT_PERCENT);
	assert_false(v->u.quantity.is_int);
	setting_end(&t);
	v = value(&t, "1.5e-3");
	assert_int_equal(v->kind, AST_FLOAT);
	assert_float_equal(v->u.number.value, 0.0015, 1e-15);
	setting_end(&t);
	v = value(&t, "200k");
	assert_int_equal(v->u.quantity.unit, UNIT_K);
	assert_true(v->u.quantity.is_int);
	setting_end(&t);
	FAILS("const a = 9223372036854775808;", E_NUMBER, 1);
	FAILS("const a = 3MB;", E_NUMBER, 1);
	FAILS("const a = 1e999;", E_NUMBER, 1);
	FAILS("const a = 0x1;", E_NUMBER, 1);
}

/* a + b * c - d: shape by precedence. */
static void
precedence(void **state)
{
	struct setting t;
	const struct ast *v = value(&t, "!a && b == c + d * -e ? f : g || h");

	(void)state;
	assert_int_equal(v->kind, AST_COND);
	assert_int_equal(v->u.cond.no->u.binary.op, OP_OR);
	v = v->u.cond.cond;
	assert_int_equal(v->u.binary.op, OP_AND);
	assert_int_equal(v->u.binary.a->u.unary.op, OP_NOT);
	v = v->u.binary.b;
	assert_int_equal(v->u.binary.op, OP_EQ);
	v = v->u.binary.b;
	assert_int_equal(v->u.binary.op, OP_ADD);
	assert_int_equal(v->u.binary.b->u.binary.op, OP_MUL);
	setting_end(&t);
	v = value(&t, "a - b - c");
	assert_int_equal(v->u.binary.a->kind, AST_BINARY);
	setting_end(&t);
}

static void
spans(void **state)
{
	struct setting t;
	const struct ast *v = value(&t, "  foo(a, b = 1).c[2]  ");
	const char *text = t.s.first->text;

	(void)state;
	assert_int_equal(v->at.len, strlen("foo(a, b = 1).c[2]"));
	assert_memory_equal(text + v->at.off - t.s.first->base, "foo(a", 5);
	v = v->u.index.of;
	assert_int_equal(v->u.dot.name_at.len, 1);
	assert_memory_equal(text + v->u.dot.name_at.off - t.s.first->base,
	    "c[", 2);
	setting_end(&t);
}

static void
comments(void **state)
{
	static const char text[] = "#!/usr/bin/x\n// one\nconst a = 1; // two\n"
	    "\t/* three\n */ const b = 2;";
	static const struct { const char *text; bool own; } want[] = {
		{ "// one", true }, { "// two", false },
		{ "/* three\n */", true }
	};
	struct setting t;
	const struct comment *c;
	size_t i = 0;

	(void)state;
	setting_parse(&t, text, sizeof text - 1);
	assert_int_equal(t.d.nerror, 0);
	for (c = t.u->comment; c; c = c->next, i++) {
		assert_true(i < 3);
		assert_int_equal(c->at.len, strlen(want[i].text));
		assert_memory_equal(t.s.first->text + c->at.off -
		    t.s.first->base, want[i].text, c->at.len);
		assert_int_equal(c->own_line, want[i].own);
	}
	assert_int_equal(i, 3);
	setting_end(&t);
	FAILS("const a = 1; /* no end", E_UNTERMINATED, 1);
	FAILS("const a = 1; /* no end *", E_UNTERMINATED, 1);
}

static void
bytes(void **state)
{
	struct setting t;

	(void)state;
	FAILS("const a = \"\xff\"; const b = \xfe;", E_ENCODING, 1);
	FAILS("const a = 1;\0const b = ;", E_ENCODING, 1);
	FAILS("const a = \"\xed\xa0\x80\";", E_ENCODING, 1);
	FAILS("const a = $;", E_BYTE, 1);
	FAILS("const a = 1; #!no", E_BYTE, 1);
	setting_parse(&t, "\xef\xbb\xbf" "const a = 1;", 15);
	assert_int_equal(t.d.nerror, 0);
	assert_non_null(t.u->decl);
	setting_end(&t);
	setting_parse(&t, "", 0);
	assert_int_equal(t.d.nerror, 0);
	assert_null(t.u->decl);
	setting_end(&t);
}

/* One bad declaration, one message; what is good is kept. */
static void
recovery(void **state)
{
	static const char text[] =
	    "const a = ;\nconst b = 1;\nstruct S { x int; y: int; }\n"
	    "program P(x: int) -> (y: int) {\n let a = 1 let b = 2;\n"
	    " let c = ;\n return { y = 1 }; }\nmodel m = 3 }\nconst d = 4;\n";
	struct setting t;
	const struct ast *n;
	unsigned consts = 0, programs = 0;

	(void)state;
	setting_parse(&t, text, sizeof text - 1);
	assert_int_equal(t.d.nerror, 5);
	for (n = t.u->decl; n; n = n->next) {
		consts += n->kind == AST_CONST;
		programs += n->kind == AST_PROGRAM;
	}
	assert_int_equal(consts, 2);
	assert_int_equal(programs, 1);
	setting_end(&t);
}

static void
repeated(const char *before, const char *part, unsigned n, const char *after,
    enum diag_class c)
{
	size_t len = strlen(before) + strlen(part) * n + strlen(after) + 1;
	char *s = malloc(len), *p = s;

	assert_non_null(s);
	p += snprintf(p, len, "%s", before);
	for (; n > 0; n--)
		p += snprintf(p, len - (size_t)(p - s), "%s", part);
	snprintf(p, len - (size_t)(p - s), "%s", after);
	fails(s, strlen(s), c, 1);
	free(s);
}

static void
deep(void **state)
{
	struct setting t;

	(void)state;
	repeated("const a = ", "-", 500, "1;", E_NESTING);
	repeated("const a = ", "(", 20000, "1;", E_NESTING);
	repeated("const a = ", "[", 20000, "1;", E_NESTING);
	repeated("const a = ", "1 + ", 5000, "1;", E_NESTING);
	repeated("const a = x", ".y", 5000, ";", E_NESTING);
	repeated("const a = ", "x ? y : ", 5000, "1;", E_NESTING);
	repeated("struct S { a: string", "[]", 5000, "; }", E_NESTING);
	repeated("test \"t\" ", "{ ", 20000, "", E_NESTING);
	repeated("test \"t\" { if a { }", " else if a { }", 1000, " }",
	    E_NESTING);
	repeated("model m = 1 ", "{ a ", 20000, "", E_NESTING);
	/* Breadth is no depth. */
	value(&t, "[1, 2, [3], [4, [5]]]");
	setting_end(&t);
}

/* Words with a meaning elsewhere are names here. */
static void
words(void **state)
{
	static const char text[] =
	    "struct S { model: string; in: int; type: int; check: int; }\n"
	    "data d { test = csv(\"x\"); }\n"
	    "program P(data: S) -> (out: int) { let model = data.type;\n"
	    "model += data.check; return { out = model, in = 1 }; }\n";
	struct setting t;

	(void)state;
	setting_parse(&t, text, sizeof text - 1);
	assert_string_equal(t.said, "");
	setting_end(&t);
	FAILS("program P() -> (a: int) { let in = 1; }", E_SYNTAX, 1);
	FAILS("program P() -> (a: int) { let retry = 1; }", E_SYNTAX, 1);
	FAILS("program P() -> (a: int) { let check = 1; }", E_SYNTAX, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings),
		cmocka_unit_test(text_blocks),
		cmocka_unit_test(numbers),
		cmocka_unit_test(precedence),
		cmocka_unit_test(spans),
		cmocka_unit_test(comments),
		cmocka_unit_test(bytes),
		cmocka_unit_test(recovery),
		cmocka_unit_test(deep),
		cmocka_unit_test(words)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
