/* Fuzzes the text form of the IR: any bytes.  What is read is printed the
 * same way twice; what keeps the rules keeps them through all passes, makes
 * no more calls after them, and has hashes and a plan.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ir/pass.h"
#include "ir/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool good)
{
	if (!good)
		abort();
}

/* Prints, reads, prints: the same text. */
static void
fuzz_round(struct arena *a, struct mod *m)
{
	struct buf one = BUF_INIT, two = BUF_INIT;
	unsigned line;
	char why[160];

	ir_print(&one, m);
	m = ir_read(a, buf_str(&one), one.len, &line, why);
	must(m != NULL);
	ir_print(&two, m);
	must(strcmp(buf_str(&one), buf_str(&two)) == 0);
	buf_release(&one);
	buf_release(&two);
}

static void
fuzz_passes(struct mod *m)
{
	static const struct pass_options all = { .out = NULL };
	uint64_t before = 0, after = 0;
	struct buf b = BUF_INIT;
	const struct fn *f;

	ir_hash(m);
	ir_plan(m);
	ir_plan_print(&b, m);
	buf_release(&b);
	for (f = m->fn; f != NULL; f = f->next)
		before = f->calls_max;
	passes_run(m, &all);
	ir_plan(m);
	for (f = m->fn; f != NULL; f = f->next)
		after = f->calls_max;
	must(after <= before);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char why[240] = "", *text = malloc(size + 1);
	unsigned line = 0;
	struct arena a;
	struct mod *m;

	if (text == NULL)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	base_arena_init(&a);
	m = ir_read(&a, text, size, &line, why);
	if (m == NULL)
		must(why[0] != '\0');
	else {
		fuzz_round(&a, m);
		if (ir_verify(m, why)) {
			fuzz_passes(m);
			must(ir_verify(m, why));
			fuzz_round(&a, m);
		} else
			must(why[0] != '\0');
	}
	arena_release(&a);
	free(text);
	return 0;
}
