/* Passes over the IR: order, verification, dumps, switches.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "ir/pass.h"

#include <string.h>

static const struct {
	const char *name;
	bool (*run)(struct mod *, struct fn *);
} passes[PASS_COUNT] = {
#define PASS(name, what) [PASS_##name] = { #name, pass_##name },
#include "ir/pass.def"
#undef PASS
};

int
pass_find(const char *name)
{
	int i;

	for (i = 0; i < PASS_COUNT; i++)
		if (strcmp(passes[i].name, name) == 0)
			return i;
	return -1;
}

const char *
pass_name(int pass)
{
	return passes[pass].name;
}

static void
verify(const struct mod *m, const char *after)
{
	char why[240];

	if (!ir_verify(m, why))
		BUG("after %s: %s", after, why);
}

static void
dump(struct mod *m, FILE *out)
{
	struct buf b = BUF_INIT;

	ir_print(&b, m);
	fwrite(buf_str(&b), 1, b.len, out);
	buf_release(&b);
}

void
passes_run(struct mod *m, const struct pass_options *o)
{
	struct fn *f;
	unsigned i;

	verify(m, "lowering");
	for (i = 0; i < PASS_COUNT; i++) {
		if (o->off[i])
			continue;
		for (f = m->fn; f != NULL; f = f->next)
			passes[i].run(m, f);
		verify(m, passes[i].name);
		if (o->dump[i] && o->out != NULL)
			dump(m, o->out);
	}
}
