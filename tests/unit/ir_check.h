/* Modules of the IR from text, for tests.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IR_CHECK_H
#define IR_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ir/ir.h"

/* Types, models and leaves that functions of the tests use: `ask` is asked
 * at temperature 0, `draw` is not. */
#define IR_CHECK_HEAD \
	"ir 1\n\tpath \"t.mp\"\n\tname \"F\"\n\tprogram F\n" \
	"enum E\n\tX\n\tY\n\tZ\n" \
	"struct ask_in\n\tq: string\n" \
	"struct ask_out\n\ta: string\n\tn: int\n" \
	"struct F_in\n\tq: string\n\txs: string[] max 5.0\n\topt: string?\n" \
	"\te: E\n" \
	"struct F_out\n\ta: string\n" \
	"struct gold\n\ta: string\n" \
	"model cold\n\tprovider \"openai\"\n\tid \"m\"\n\ttemperature 0.0\n" \
	"model warm\n\tprovider \"openai\"\n\tid \"m\"\n\ttemperature 0.7\n" \
	"param K K: int = 2\n\tchoice 1 2 4\n" \
	"param R R: int = 10\n\trange 2.0 100.0\n" \
	"prompt ask ask: ask_in -> ask_out\n\tsignature \"Ask\"\n" \
	"\ttext \"Answer.\"\n\tformats json xml\n\tformat json\n" \
	"\tmodel cold\n" \
	"prompt draw draw: ask_in -> ask_out\n\tsignature \"Ask\"\n" \
	"\ttext \"Answer.\"\n\tformats json xml\n\tformat json\n" \
	"\tmodel warm\n\treask 3\n"

/* A program F whose inputs are q, xs, opt, e and whose body follows. */
#define IR_CHECK_F \
	"program F F: F_in -> F_out\n\tvar n: int\n\tvar s: string\nbegin\n" \
	"\tq: string = arg 0\n\txs: string[] = arg 1\n" \
	"\topt: string? = arg 2\n\te: E = arg 3\n"

/* What ends a body that has no other end. */
#define IR_CHECK_END "\tr0: F_out = record q\n\tret r0\n"

static inline struct mod *
ir_check_read(struct arena *a, const char *text)
{
	unsigned line = 0;
	char why[160] = "";
	struct mod *m = ir_read(a, text, strlen(text), &line, why);

	if (m == NULL)
		fail_msg("line %u: %s\n%s", line, why, text);
	return m;
}

static inline struct mod *
ir_check_good(struct arena *a, const char *text)
{
	struct mod *m = ir_check_read(a, text);
	char why[240] = "";

	if (!ir_verify(m, why))
		fail_msg("%s\n%s", why, text);
	return m;
}

/* It is not read, or not verified, with `part` in the reason. */
static inline void
ir_check_refused(const char *text, const char *part)
{
	struct arena a;
	struct mod *m;
	char why[240] = "";
	unsigned line;

	base_arena_init(&a);
	m = ir_read(&a, text, strlen(text), &line, why);
	if (m != NULL && ir_verify(m, why))
		fail_msg("it is taken:\n%s", text);
	if (strstr(why, part) == NULL || why[0] == '\0')
		fail_msg("%s, not %s:\n%s", why, part, text);
	arena_release(&a);
}

static inline const char *
ir_check_text(struct arena *a, struct mod *m)
{
	struct buf b = BUF_INIT;
	const char *s;

	ir_print(&b, m);
	s = arena_strndup(a, buf_str(&b), b.len);
	buf_release(&b);
	return s;
}

/* A file under tests/golden. */
static inline const char *
ir_check_file(struct arena *a, const char *name)
{
	const char *dir = getenv("SRCDIR");
	const char *path = arena_printf(a, "%s/tests/golden/%s",
	    dir != NULL ? dir : ".", name);
	struct buf b = BUF_INIT;
	FILE *f = fopen(path, "rb");
	const char *s;
	int c;

	if (f == NULL)
		fail_msg("no %s", path);
	while ((c = getc(f)) != EOF)
		buf_putc(&b, (char)c);
	fclose(f);
	s = arena_strndup(a, buf_str(&b), b.len);
	buf_release(&b);
	return s;
}

static inline struct fn *
ir_check_fn(struct mod *m, const char *name)
{
	struct fn *f;

	for (f = m->fn; f != NULL; f = f->next)
		if (strcmp(f->name, name) == 0)
			return f;
	fail_msg("no function %s", name);
	return NULL;
}

#endif
