/* Programs of any length: many small parts, or one part that is large.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "shapes.h"

#include <stdio.h>
#include <string.h>

enum {
	GROUP = 20,                     /* programs that one program calls */
	LEAF_LINES = 26, WIDE_LINES = 5, FLOW_LINES = 45, DEEP_LINES = 12,
	DECL_LINES = 9,
	DEEP = 60                       /* levels of one expression */
};

static void
head(struct buf *b)
{
	buf_puts(b, "model m = \"openai:fake\" {\n"
	    "\tbase_url    = \"http://127.0.0.1:9/v1\";\n"
	    "\ttemperature = 0.0;\n"
	    "\tmax_tokens  = 100;\n}\n\n");
}

/* Some declarations and a program of their own. */
static void
leaf(struct buf *b, unsigned i)
{
	buf_printf(b, "enum Kind_%u { GOOD_%u \"well\", BAD_%u }\n\n", i, i, i);
	buf_printf(b, "struct Item_%u {\n\tname:  string \"of it\";\n"
	    "\tcount: int @range(1, 100);\n}\n\n", i);
	buf_printf(b, "signature Read_%u {\n\t\"\"\"Read number %u.\"\"\"\n"
	    "\tin  text: string;\n\tout kind: Kind_%u \"of text\";\n"
	    "\tout items: Item_%u[];\n}\n\n", i, i, i, i);
	buf_printf(b, "module read_%u = predict(Read_%u) { model = m; }\n\n",
	    i, i);
	buf_printf(b, "program P_%u(text: string) -> (n: int)\n{\n"
	    "\tlet r = read_%u(text = text + \" no. %u\");\n"
	    "\tlet most = 10 * %u + 3;\n"
	    "\tif r.kind == BAD_%u {\n\t\treturn { n = most };\n\t}\n"
	    "\treturn { n = len(r.items) };\n}\n\n", i, i, i, i, i);
}

/* The program `name``i` calls `n` programs from `from``first` on. */
static void
caller(struct buf *b, const char *name, unsigned i, const char *from,
    unsigned first, unsigned n)
{
	unsigned k;

	buf_printf(b, "program %s%u(text: string) -> (n: int)\n{\n"
	    "\tlet n = 0;\n", name, i);
	for (k = 0; k < n; k++)
		buf_printf(b, "\tn = n + %s%u(text = text).n;\n", from,
		    first + k);
	buf_puts(b, "\treturn { n = n };\n}\n\n");
}

/* Small programs, and above them levels of programs that call them. */
static void
many(struct buf *b, unsigned lines)
{
	char name[16] = "P_", above[16];
	unsigned n = lines / (LEAF_LINES + 2), i, level;

	head(b);
	for (i = 0; i < n; i++)
		leaf(b, i);
	for (level = 0; n > 1; level++) {
		snprintf(above, sizeof above, "L%u_", level);
		for (i = 0; i * GROUP < n; i++)
			caller(b, above, i, name, i * GROUP,
			    n - i * GROUP < GROUP ? n - i * GROUP : GROUP);
		n = i;
		memcpy(name, above, sizeof name);
	}
	buf_printf(b, "program All(text: string) -> (n: int)\n{\n"
	    "\treturn { n = %s0(text = text).n };\n}\n", name);
}

/* One body: calls of eight modules, arithmetic, a branch. */
static void
wide(struct buf *b, unsigned lines)
{
	unsigned i;

	head(b);
	for (i = 0; i < 8; i++)
		buf_printf(b, "signature S_%u = (text: string) -> (n: int)\n"
		    "\t\"Count, %u.\";\n"
		    "module ask_%u = predict(S_%u) { model = m; }\n\n", i, i, i,
		    i);
	buf_puts(b, "program All(text: string) -> (n: int)\n{\n"
	    "\tlet n = 0;\n");
	for (i = 0; i < lines / WIDE_LINES; i++)
		buf_printf(b, "\tlet a_%u = ask_%u(text = text + \" %u\");\n"
		    "\tlet b_%u = a_%u.n * 2 + (3 - 1);\n"
		    "\tif b_%u > n {\n\t\tn = b_%u;\n\t}\n", i, i % 8, i, i, i,
		    i, i);
	buf_puts(b, "\treturn { n = n };\n}\n");
}

/* A program and metrics, of which one in four uses another. */
static void
metrics(struct buf *b, unsigned lines)
{
	unsigned n = lines / 4, i;

	head(b);
	buf_puts(b, "signature Ask = (text: string) -> (answer: string, "
	    "n: int)\n\t\"Answer.\";\n"
	    "module ask = predict(Ask) { model = m; }\n\n"
	    "program All(text: string) -> (answer: string, n: int)\n{\n"
	    "\tlet a = ask(text);\n"
	    "\treturn { answer = a.answer, n = a.n };\n}\n\n");
	for (i = 0; i < n; i++)
		if (i % 4 == 3)
			buf_printf(b, "metric score_%u(gold, pred) =\n"
			    "\t0.5 * score_%u + 0.5 * exact(gold.answer, "
			    "pred.answer);\n\n", i, i - 1);
		else
			buf_printf(b, "metric score_%u(gold, pred) =\n"
			    "\tpred.n > %u ? f1(gold.answer, pred.answer) :\n"
			    "\t\tnumeric(gold.n, pred.n, abs = %u.5);\n", i,
			    i, i);
	buf_printf(b, "data rows = jsonl(\"rows.jsonl\") { "
	    "split = [0.5, 0.5]; }\n\noptimize All {\n\tusing  = bootstrap;\n"
	    "\ttrain  = rows.train;\n\tdev    = rows.dev;\n"
	    "\tmetric = score_0;\n}\n");
}

/* Expressions in expressions. */
static void
deep(struct buf *b, unsigned lines)
{
	unsigned n = lines / DEEP_LINES, i, k;

	head(b);
	buf_puts(b, "program All(text: string, x: int) -> (n: int)\n{\n"
	    "\tlet n = 0;\n");
	for (i = 0; i < n; i++) {
		buf_printf(b, "\tlet s_%u = ", i);
		for (k = 0; k < DEEP; k++)
			buf_printf(b, "%s(%s", k % 2 ? "lower" : "trim",
			    k % 20 == 19 ? "\n\t\t" : "");
		buf_puts(b, "text");
		for (k = 0; k < DEEP; k++)
			buf_puts(b, ")");
		buf_printf(b, ";\n\tn += ");
		for (k = 0; k < DEEP; k++)
			buf_printf(b, "(%u %s %s", k + 1, k % 3 ? "+" : "*",
			    k % 10 == 9 ? "\n\t\t" : "");
		buf_printf(b, "len(s_%u)", i);
		for (k = 0; k < DEEP; k++)
			buf_puts(b, ")");
		buf_puts(b, ";\n");
	}
	buf_puts(b, "\treturn { n = n };\n}\n");
}

/* One large enum, one large struct, and code that names all there is. */
static void
types(struct buf *b, unsigned lines)
{
	unsigned n = lines / 4, i;

	head(b);
	buf_puts(b, "enum Kind {\n");
	for (i = 0; i < n; i++)
		buf_printf(b, "\tKIND_%u \"number %u\",\n", i, i);
	buf_puts(b, "}\n\nstruct Form {\n");
	for (i = 0; i < n; i++)
		buf_printf(b, "\tline_%u: int \"number %u\" = %u;\n", i, i,
		    i);
	buf_puts(b, "}\n\nsignature Read = (text: string) -> (kind: Kind)\n"
	    "\t\"Read.\";\n"
	    "module read = predict(Read) { model = m; }\n\n"
	    "program All(text: string) -> (n: int)\n{\n"
	    "\tlet n = 0;\n\tlet form: Form = {\n");
	for (i = 0; i < n; i++)
		buf_printf(b, "\t\tline_%u = %u,\n", i, i + 1);
	buf_puts(b, "\t};\n\tswitch read(text).kind {\n");
	for (i = 0; i < n; i++)
		buf_printf(b, "\tcase KIND_%u { n = form.line_%u; }\n", i, i);
	buf_puts(b, "\t}\n\treturn { n = n };\n}\n");
}

/* Loops, choices, attempts and what may be null, in one body. */
static void
flow(struct buf *b, unsigned lines)
{
	unsigned i;

	head(b);
	buf_puts(b, "enum Mood { GOOD, BAD, NONE }\n\n"
	    "signature Ask = (text: string) -> (answer: string?, mood: Mood, "
	    "n: int)\n\t\"Answer.\";\n"
	    "module ask = predict(Ask) { model = m; }\n\n"
	    "program All(text: string) -> (n: int)\n{\n"
	    "\tlet n = 0;\n\tlet last: string? = null;\n");
	for (i = 0; i < lines / FLOW_LINES; i++) {
		buf_printf(b, "\tlet a_%u = ask(text + \" %u\");\n"
		    "\trequire a_%u.n > %u, \"more\" retry 1;\n"
		    "\tlet b_%u = a_%u.answer;\n"
		    "\tif b_%u != null {\n\t\tlast = b_%u;\n"
		    "\t\tn += len(b_%u) + len(last);\n\t}\n", i, i, i, i, i,
		    i, i, i, i);
		buf_printf(b, "\tlet c_%u = a_%u.answer;\n"
		    "\tif c_%u == null {\n\t\tfail \"none\";\n\t}\n"
		    "\tn += len(c_%u);\n", i, i, i, i);
		buf_printf(b, "\tfor i in 1 .. %u {\n\t\tif i > n {\n"
		    "\t\t\tbreak;\n\t\t}\n\t\tn += i;\n\t}\n"
		    "\twhile n < %u limit 3 {\n\t\tn += 1;\n\t}\n", i + 2,
		    i);
		buf_printf(b, "\tswitch a_%u.mood {\n"
		    "\tcase GOOD, BAD {\n\t\tn += 1;\n\t}\n"
		    "\tcase NONE {\n\t\tn += 2;\n\t}\n\t}\n"
		    "\ttry {\n\t\tn += int(str(n));\n\t} else {\n"
		    "\t\tn = %u;\n\t}\n", i, i);
		buf_printf(b, "\tparallel {\n"
		    "\t\tlet p_%u = ask(\"a %u\");\n"
		    "\t\tlet q_%u = ask(\"b %u\");\n\t}\n"
		    "\tn += p_%u.n + q_%u.n;\n"
		    "\tlet l_%u = [k + n for k in [1, 2, 3] if k < n];\n"
		    "\tn = sum(l_%u);\n", i, i, i, i, i, i, i, i);
	}
	buf_puts(b, "\treturn { n = n };\n}\n");
}

/* Constants, params, models and modules, each used once. */
static void
decls(struct buf *b, unsigned lines)
{
	unsigned n = lines / DECL_LINES, i;

	for (i = 0; i < n; i++) {
		buf_printf(b, "model m_%u = \"openai:fake-%u\" {\n"
		    "\tbase_url   = \"http://127.0.0.1:9/v1\";\n"
		    "\tmax_tokens = 100;\n}\n", i, i);
		buf_printf(b, "const C_%u = %u;\n"
		    "param N_%u: int = 2 tune [1, 2, %u];\n", i, i, i, i + 3);
		buf_printf(b, "signature S_%u = (text: string) -> (n: int) "
		    "\"Count %u.\";\n"
		    "module ask_%u = predict(S_%u) { model = m_%u; }\n", i, i,
		    i, i, i);
	}
	buf_puts(b, "program All(text: string) -> (n: int)\n{\n"
	    "\tlet n = 0;\n");
	for (i = 0; i < n; i++)
		buf_printf(b, "\tn += ask_%u(text).n + C_%u + N_%u;\n", i, i,
		    i);
	buf_puts(b, "\treturn { n = n };\n}\n");
}

const struct shape shapes[NSHAPE] = {
	{ "many",    "small programs that call each other", many },
	{ "wide",    "one program, one long body", wide },
	{ "metrics", "one program and many metrics", metrics },
	{ "deep",    "deep expressions", deep },
	{ "types",   "a large enum, a large struct, a large switch", types },
	{ "flow",    "loops, choices, attempts in one body", flow },
	{ "decls",   "many models, params and modules", decls }
};
