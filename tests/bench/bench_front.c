/* How fast the compiler is, and whether its time grows as its input does.
 *
 *     bench_front [MOST]
 *
 * Compiles programs of 1000 lines, ten times as many, and so on to MOST
 * (100000), of two shapes: many small programs that call each other, and one
 * program with one long body.  Prints the CPU time of each stage, the lines of
 * each second, and by how much the time for a line has grown.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "emit/emit.h"
#include "front/check.h"
#include "ir/lower.h"
#include "ir/pass.h"
#include "ir/plan.h"

enum {
	GROUP = 20,                     /* programs that one program calls */
	LEAF_LINES = 26, WIDE_LINES = 5,
	EMIT_S = 10,                    /* longer would hold up the rest */
	SHORT = 10000, TIMES = 5        /* of so few lines, the best of 5 */
};

enum stage {
	PARSE, CHECK, LOWER, HASH, FOLD, SHARE, DEAD, PAR, VERIFY, PLAN, EMIT,
	NSTAGE
};

static const char *const word[NSTAGE] = {
	"parse", "check", "lower", "hash", "fold", "share", "dead", "par",
	"verify", "plan", "emit"
};

static double
cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- what is compiled ---- */

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

/* ---- compiling it ---- */

struct result {
	double s[NSTAGE];
	unsigned lines, modules;
	size_t bytes;                   /* of C */
};

static void
die(const char *what)
{
	fprintf(stderr, "bench_front: %s\n", what);
	exit(1);
}

static void
passes(struct mod *m, struct result *r)
{
	static bool (*const pass[])(struct mod *, struct fn *) = {
		pass_fold, pass_share, pass_dead, pass_par
	};
	char why[240];
	struct fn *f;
	double t;
	unsigned i;

	for (i = 0; i < sizeof pass / sizeof pass[0]; i++) {
		t = cpu();
		for (f = m->fn; f; f = f->next)
			pass[i](m, f);
		r->s[FOLD + i] = cpu() - t;
	}
	t = cpu();
	if (!ir_verify(m, why))
		die(why);
	r->s[VERIFY] = cpu() - t;
}

static void
stage(struct result *r, enum stage s, double *t)
{
	double now = cpu();

	r->s[s] = now - *t;
	*t = now;
}

static void
compile(const struct buf *text, struct result *r, bool emit)
{
	struct check_options o = { .program = "All", .need_program = true };
	struct buf c = BUF_INIT;
	struct sources sources;
	struct names names;
	struct checked *checked;
	struct source *s;
	struct arena a;
	struct unit *u;
	struct diag d;
	struct mod *m;
	double t;

	base_arena_init(&a);
	sources_init(&sources, &a);
	names_init(&names, &a);
	diag_init(&d, &sources, stderr);
	d.quiet = true;
	s = sources_add(&sources, "generated.mp", text->s, text->len);
	t = cpu();
	u = parse(&a, &names, s, &d);
	stage(r, PARSE, &t);
	checked = check(&a, &names, &sources, u, &o, &d);
	stage(r, CHECK, &t);
	m = d.nerror == 0 ? lower(&a, checked, &d) : NULL;
	if (!m)
		die("the generated program has errors");
	stage(r, LOWER, &t);
	ir_hash(m);
	stage(r, HASH, &t);
	passes(m, r);
	t = cpu();
	ir_plan(m);
	stage(r, PLAN, &t);
	if (emit) {
		emit_c(&c, m, "generated");
		stage(r, EMIT, &t);
	}
	r->bytes = c.len;
	buf_release(&c);
	arena_release(&a);
}

/* A shape, with what its last size took. */
struct shape {
	const char *name;
	void (*make)(struct buf *b, unsigned lines);
	double line_s, emit_line_s;     /* of all but emission; of emission */
	double emit_s;
};

/* Compiles it, and keeps the least time of each stage. */
static void
repeat(const struct buf *text, struct result *r, unsigned times, bool emit)
{
	struct result one;
	unsigned i, k;

	for (k = 0; k < times; k++) {
		memset(&one, 0, sizeof one);
		compile(text, &one, emit);
		for (i = 0; i < NSTAGE; i++)
			if (k == 0 || one.s[i] < r->s[i])
				r->s[i] = one.s[i];
		r->bytes = one.bytes;
	}
}

static void
growth(double now, double *was)
{
	if (*was > 0 && now > 0)
		printf(" %6.2f", now / *was);
	else
		printf(" %6s", "-");
	*was = now;
}

static void
measure(struct shape *s, unsigned lines)
{
	/* Ten times the lines take a hundred times as long at worst. */
	bool emit = s->emit_s * 100 < EMIT_S;
	struct buf text = BUF_INIT;
	struct result r = { .lines = 0 };
	double sum = 0;
	const char *at;
	unsigned i;

	head(&text);
	s->make(&text, lines);
	for (at = buf_str(&text); (at = strchr(at, '\n')); at++)
		r.lines++;
	for (at = buf_str(&text); (at = strstr(at, "\nmodule ")); at++)
		r.modules++;
	repeat(&text, &r, lines <= SHORT ? TIMES : 1, emit);
	buf_release(&text);
	for (i = 0; i < EMIT; i++)
		sum += r.s[i];
	s->emit_s = r.s[EMIT];
	printf("%-5s %8u %8.0f %8.0f", s->name, r.lines,
	    r.lines / (r.s[PARSE] + r.s[CHECK]), r.lines / sum);
	growth(sum / r.lines, &s->line_s);
	growth(r.s[EMIT] / r.lines, &s->emit_line_s);
	for (i = 0; i < NSTAGE; i++)
		if (i == EMIT && !emit)
			printf(" %6s", "-");
		else
			printf(" %6.0f", r.s[i] * 1e3);
	printf(" %7.1f %7.0f\n", (double)r.bytes / r.lines,
	    (double)r.bytes / r.modules);
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	unsigned long most = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000;
	struct shape shape[] = {
		{ "many", many, 0, 0, 0 }, { "wide", wide, 0, 0, 0 }
	};
	unsigned long n;
	unsigned i;

	printf("lines/s of parse and check, and of all but emit; how the time "
	    "of a line has grown\nfrom the size above, without emit and of "
	    "emit alone (-: too long to wait for);\nms of CPU; bytes of C by "
	    "line and by module.  Growth 1 is linear.\n\n");
	printf("%-5s %8s %8s %8s %6s %6s", "shape", "lines", "front/s", "all/s",
	    "growth", "emit");
	for (i = 0; i < NSTAGE; i++)
		printf(" %6s", word[i]);
	printf(" %7s %7s\n", "C/line", "C/mod");
	for (n = 1000; n <= most; n *= 10)
		for (i = 0; i < sizeof shape / sizeof shape[0]; i++)
			measure(&shape[i], (unsigned)n);
	return 0;
}
