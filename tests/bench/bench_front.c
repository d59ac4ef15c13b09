/* How fast the compiler is, and whether its time grows as its input does.
 *
 *     bench_front [MOST [SHAPE]]
 *     bench_front -p SHAPE LINES      prints the program
 *
 * Compiles programs of 1000 lines, ten times as many, and so on to MOST
 * (100000), of the shapes in shapes.c.  Prints the CPU time of each stage, the
 * lines of each second, and by how much the time for a line has grown.
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
#include "shapes.h"

enum {
	SLOW_S = 300,                   /* longer would hold up the rest */
	SHORT = 10000, TIMES = 5        /* of so few lines, the best of 5 */
};

enum stage {
	PARSE, CHECK, LOWER, HASH, FOLD, SHARE, DEAD, PAR, VERIFY, PLAN, EMIT,
	PRINT, READ, NSTAGE
};

static const char *const word[NSTAGE] = {
	"parse", "check", "lower", "hash", "fold", "share", "dead", "par",
	"verify", "plan", "emit", "print", "read"
};

static double
cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
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

/* Writes the C of the program and, if there are any, of its metrics, and the
 * text form, which is read again. */
static void
emit_all(struct mod *m, struct result *r)
{
	struct buf c = BUF_INIT, ir = BUF_INIT;
	struct arena a;
	char why[160];
	unsigned line;
	double t = cpu();

	emit_c(&c, m, "generated");
	emit_header(&c, m, "generated");
	if (m->study)
		emit_eval(&c, m, "generated");
	stage(r, EMIT, &t);
	ir_print(&ir, m);
	stage(r, PRINT, &t);
	base_arena_init(&a);
	if (!ir_read(&a, buf_str(&ir), ir.len, &line, why))
		die(why);
	stage(r, READ, &t);
	r->bytes = c.len;
	arena_release(&a);
	buf_release(&c);
	buf_release(&ir);
}

static void
compile(const struct buf *text, struct result *r)
{
	struct check_options o = { .program = "All", .need_program = true };
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
	emit_all(m, r);
	arena_release(&a);
}

/* What the last size of a shape took. */
struct last {
	double line_s, s;
};

/* Compiles it, and keeps the least time of each stage. */
static void
repeat(const struct buf *text, struct result *r, unsigned times)
{
	struct result one;
	unsigned i, k;

	for (k = 0; k < times; k++) {
		memset(&one, 0, sizeof one);
		compile(text, &one);
		for (i = 0; i < NSTAGE; i++)
			if (k == 0 || one.s[i] < r->s[i])
				r->s[i] = one.s[i];
		r->bytes = one.bytes;
	}
}

static void
put(const struct shape *s, const struct result *r, struct last *last)
{
	double line_s = last->s / r->lines;
	unsigned i;

	printf("%-8s %8u %8.0f %8.0f", s->name, r->lines,
	    r->lines / (r->s[PARSE] + r->s[CHECK]), r->lines / last->s);
	if (last->line_s > 0)
		printf(" %6.2f", line_s / last->line_s);
	else
		printf(" %6s", "-");
	last->line_s = line_s;
	for (i = 0; i < NSTAGE; i++)
		printf(" %6.0f", r->s[i] * 1e3);
	printf(" %7.1f", (double)r->bytes / r->lines);
	if (r->modules > 0)
		printf(" %7.0f", (double)r->bytes / r->modules);
	printf("\n");
	fflush(stdout);
}

static void
measure(const struct shape *s, struct last *last, unsigned lines)
{
	struct buf text = BUF_INIT;
	struct result r = { .lines = 0 };
	const char *at;
	unsigned i;

	/* Ten times the lines take a hundred times as long at worst. */
	if (last->s * 100 > SLOW_S) {
		printf("%-8s %8u too long to wait for\n", s->name, lines);
		return;
	}
	s->make(&text, lines);
	for (at = buf_str(&text); (at = strchr(at, '\n')); at++)
		r.lines++;
	for (at = buf_str(&text); (at = strstr(at, "\nmodule ")); at++)
		r.modules++;
	repeat(&text, &r, lines <= SHORT ? TIMES : 1);
	buf_release(&text);
	last->s = 0;
	for (i = 0; i < NSTAGE; i++)
		last->s += r.s[i];
	put(s, &r, last);
}

static int
print(const char *shape, const char *lines)
{
	struct buf text = BUF_INIT;
	unsigned i;

	for (i = 0; i < NSHAPE; i++)
		if (strcmp(shapes[i].name, shape) == 0)
			shapes[i].make(&text,
			    (unsigned)strtoul(lines, NULL, 10));
	fputs(buf_str(&text), stdout);
	buf_release(&text);
	return 0;
}

static void
head(void)
{
	unsigned i;

	for (i = 0; i < NSHAPE; i++)
		printf("%-8s %s\n", shapes[i].name, shapes[i].what);
	printf("\nlines/s of parse and check, and of everything; how the time "
	    "of a line has grown\nfrom the size above (1: linear); ms of CPU; "
	    "bytes of C by line and by module.\n\n");
	printf("%-8s %8s %8s %8s %6s", "shape", "lines", "front/s", "all/s",
	    "growth");
	for (i = 0; i < NSTAGE; i++)
		printf(" %6s", word[i]);
	printf(" %7s %7s\n", "C/line", "C/mod");
}

int
main(int argc, char **argv)
{
	struct last last[NSHAPE] = { { 0, 0 } };
	unsigned long n, most;
	unsigned i;

	if (argc == 4 && strcmp(argv[1], "-p") == 0)
		return print(argv[2], argv[3]);
	most = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000;
	head();
	for (n = 1000; n <= most; n *= 10)
		for (i = 0; i < NSHAPE; i++)
			if (argc < 3 || strcmp(argv[2], shapes[i].name) == 0)
				measure(&shapes[i], &last[i], (unsigned)n);
	return 0;
}
