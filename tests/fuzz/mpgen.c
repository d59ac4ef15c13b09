/* A file of programs: declarations, and a program that picks one.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "mpgen_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
head(struct gen *g)
{
	static const char text[] =
	    "caps { exec(\"cat\"); }\n"
	    "model cold = \"openai:cold\" { base_url = env(\"LMD_URL\", "
	    "\"http://127.0.0.1:9/v1\"); temperature = 0.0; "
	    "max_tokens = 500; price = free; }\n"
	    "model hot = \"openai:hot\" { base_url = env(\"LMD_URL\", "
	    "\"http://127.0.0.1:9/v1\"); temperature = 0.9; seed = 7; "
	    "max_tokens = 500; price { in = 0.1; out = 0.2; } }\n"
	    "tool echo(text: string) -> string = exec(\"cat\") { "
	    "input = text; output = text; }\n"
	    "tool note(text: string) -> string @effect = exec(\"cat\") { "
	    "input = text; output = text; }\n"
	    "const GREETING = \"hello\" + \" you\";\n"
	    "const LIMIT = 2 * 3;\n"
	    "param TONE: string = \"plain\" tune [\"plain\", \"formal\"];\n"
	    "param N: int = 2 tune 1 .. 4;\n"
	    "param X: float = 0.5 tune 0.0 .. 1.0;\n";

	buf_puts(g->b, text);
}

/* ---- modules ---- */

static void
fields(struct gen *g, struct gen_callee *c)
{
	unsigned i;

	c->nin = 1 + mpgen_draw(g, 3);
	c->nout = 1 + mpgen_draw(g, 3);
	for (i = 0; i < c->nin; i++) {
		buf_puts(g->b, "\tin  ");
		mpgen_field(g, &c->in[i], "a", mpgen_type(g, 1, true));
		buf_puts(g->b, mpgen_draw(g, 5) == 1 ? " @fence;\n" : ";\n");
	}
	for (i = 0; i < c->nout; i++) {
		buf_puts(g->b, "\tout ");
		mpgen_field(g, &c->out[i], "o", mpgen_type(g, DEEP_TYPE,
		    false));
		buf_puts(g->b, ";\n");
	}
}

/* A template that shows some of the inputs. */
static void
template(struct gen *g, const struct gen_callee *c)
{
	unsigned i;

	buf_puts(g->b, "\ttemplate = \"\"\"\n\t\tConsider {{this}}:\n");
	for (i = 0; i < c->nin; i++)
		if (i == 0 || mpgen_draw(g, 3))
			buf_printf(g->b, "\t\t%s is {%s}.\n", c->in[i].name,
			    c->in[i].name);
	buf_puts(g->b, "\t\t\"\"\";\n");
}

static void
options(struct gen *g, const struct gen_callee *c)
{
	static const char *const formats[] = {
		"json", "json", "markers", "xml", "labels",
		"json tune [json, markers]"
	};
	unsigned k = mpgen_draw(g, 8);

	buf_printf(g->b, "\tmodel = %s;\n", mpgen_draw(g, 2) ? "hot" : "cold");
	if (k < sizeof formats / sizeof *formats)
		buf_printf(g->b, "\tformat = %s;\n", formats[k]);
	if (mpgen_draw(g, 4) == 1)
		buf_printf(g->b, "\treask = %u;\n", mpgen_draw(g, 3));
	if (mpgen_draw(g, 4) == 1)
		buf_printf(g->b, "\tdemos = %s;\n", mpgen_draw(g, 2) ? "2" :
		    "none");
	if (mpgen_draw(g, 5) == 1)
		buf_puts(g->b, "\ttemperature = 0.0 tune [0.0, 0.7];\n");
	if (mpgen_draw(g, 5) == 1)
		template(g, c);
}

static void
module(struct gen *g)
{
	struct gen_callee c = { .cost = 1 };
	bool thought = mpgen_draw(g, 3) == 1;

	mpgen_name(g, c.name, "m");
	buf_printf(g->b, "signature Of_%s {\n\t\"\"\"Do what %s does."
	    "\"\"\"\n", c.name, c.name);
	fields(g, &c);
	buf_printf(g->b, "}\nmodule %s = %s(Of_%s) {\n", c.name, thought ?
	    "chain_of_thought" : "predict", c.name);
	options(g, &c);
	buf_puts(g->b, "}\n");
	g->callee[g->ncallee++] = c;
}

/* ---- programs ---- */

static void
list(struct gen *g, struct gen_field *f, unsigned n, const char *stem)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		buf_puts(g->b, i > 0 ? ", " : "");
		mpgen_field(g, &f[i], stem, mpgen_type(g, DEEP_TYPE, true));
	}
}

/* The programs that may be called are the modules and the last few. */
static void
program(struct gen *g, unsigned number)
{
	struct gen_callee c = { .program = true };

	snprintf(c.name, sizeof c.name, "P%u", number);
	c.nin = 1 + mpgen_draw(g, 3);
	c.nout = 1 + mpgen_draw(g, 3);
	buf_printf(g->b, "program %s(", c.name);
	list(g, c.in, c.nin, "a");
	buf_puts(g->b, ") -> (");
	list(g, c.out, c.nout, "o");
	c.kept = mpgen_draw(g, 3) > 0;
	buf_puts(g->b, c.kept ? ", kept: string)\n{\n" : ")\n{\n");
	mpgen_body(g, &c);
	buf_puts(g->b, "}\n");
	c.cost = g->cost;
	c.effect = g->effect;
	g->callee[g->ncallee++] = c;
}

static void
all(struct gen *g, unsigned first)
{
	static const struct { const char *name; enum gen_kind kind; } in[] = {
		{ "s", G_STRING }, { "n", G_INT }, { "x", G_FLOAT },
		{ "b", G_BOOL }
	};
	const struct gen_type *string = mpgen_scalar(g, G_STRING);
	unsigned i;

	buf_puts(g->b, "program All(at: int, s: string, n: int, x: float, "
	    "b: bool, l: string[], o: string?) -> (out: string)\n{\n"
	    "\tswitch at {\n");
	for (i = 0; i < sizeof in / sizeof *in; i++)
		mpgen_push(g, mpgen_scalar(g, in[i].kind), in[i].name)->fixed
		    = true;
	mpgen_push(g, mpgen_of(g, G_LIST, string), "l")->fixed = true;
	mpgen_push(g, mpgen_of(g, G_OPTIONAL, string), "o")->fixed = true;
	g->self = NULL;
	for (i = first; i < g->ncallee; i++) {
		/* No calls in the arguments. */
		g->cost = MOST_CALLS - g->callee[i].cost;
		g->rounds = 1;
		buf_printf(g->b, "\tcase %u { return { out = json(", i -
		    first);
		mpgen_args(g, &g->callee[i], 2);
		buf_puts(g->b, ") }; }\n");
	}
	buf_puts(g->b, "\tdefault { fail \"no such program\"; }\n\t}\n}\n");
}

static void
tail(struct gen *g)
{
	buf_puts(g->b, "data seen = jsonl(\"train.jsonl\");\n"
	    "data held = jsonl(\"dev.jsonl\");\n"
	    "metric longer(gold, pred) {\n"
	    "\tlet n = len(pred.out) + len(pred.l);\n"
	    "\treturn n > 60 ? 1.0 : n / 60.0, \"too short\";\n}\n"
	    "optimize All {\n"
	    "\tusing = random { trials = 3; candidates = 3; "
	    "bootstrap_rows = 6; }\n"
	    "\ttrain = seen; dev = held; metric = longer;\n"
	    "\tbudget { calls = 100k; cost = 9usd; }\n}\n");
}

void
mpgen(struct buf *out, const uint8_t *choice, size_t n, unsigned programs)
{
	static struct gen g;
	unsigned i, first, modules;

	memset(&g, 0, sizeof g);
	g.b = out;
	g.at = choice;
	g.end = choice + n;
	head(&g);
	mpgen_declare_types(&g);
	modules = 2 + mpgen_draw(&g, MOST_MODULES - 1);
	for (i = 0; i < modules; i++)
		module(&g);
	first = g.ncallee;
	for (i = 0; i < programs; i++)
		program(&g, i);
	all(&g, first);
	tail(&g);
}

void
mpgen_seed(struct buf *out, uint64_t seed, unsigned programs)
{
	size_t n = 2000 + 1500 * (size_t)programs, i;
	uint8_t *choice = malloc(n);

	if (!choice)
		abort();
	for (i = 0; i < n; i++) {
		uint64_t z = seed += 0x9e3779b97f4a7c15u;

		z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
		z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
		choice[i] = (uint8_t)((z ^ (z >> 31)) >> 8);
	}
	mpgen(out, choice, n, programs);
	free(choice);
}
