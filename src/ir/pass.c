/* Passes over the IR: order, verification, dumps, switches.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "ir/pass.h"

#include <string.h>

#include "base/table.h"

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
	struct buf b = BASE_BUF_INIT;

	ir_print(&b, m);
	fwrite(buf_str(&b), 1, b.len, out);
	buf_release(&b);
}

/* ---- functions that nothing calls any more ---- */

static bool
note_call(struct ins *i, void *arg)
{
	if (i->op == IR_RUN || i->op == IR_SCORE)
		table_at(arg, i->u.fn)->n = 1;
	return true;
}

static void
drop_fn(struct mod *m, struct fn *f)
{
	if (f->prev != NULL)
		f->prev->next = f->next;
	else
		m->fn = f->next;
	if (f->next != NULL)
		f->next->prev = f->prev;
	else
		m->last_fn = f->prev;
}

static bool
is_private(const struct mod *m, const struct fn *f)
{
	return f->kind == FN_BRANCH || f->kind == FN_MODULE ||
	    (f->kind == FN_PROGRAM && m->program != NULL && f != m->program);
}

/* Callers stand behind what they call. */
static void
drop_fns(struct mod *m)
{
	struct table called;
	struct arena a;
	struct fn *f, *prev;

	base_arena_init(&a);
	table_init(&called, &a);
	for (f = m->last_fn; f != NULL; f = prev) {
		prev = f->prev;
		if (is_private(m, f) && table_get(&called, f) == NULL)
			drop_fn(m, f);
		else
			ir_walk(f, note_call, &called);
	}
	arena_release(&a);
}

/* What a body does is looked at anew: it may have become less. */
static void
forget(struct mod *m)
{
	struct fn *f;

	for (f = m->fn; f != NULL; f = f->next) {
		f->calls = CALLS_UNKNOWN;
		f->effect = EFFECT_UNKNOWN;
		f->harm = HARM_UNKNOWN;
	}
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
		forget(m);
		verify(m, passes[i].name);
		if (o->dump[i] && o->out != NULL)
			dump(m, o->out);
	}
	drop_fns(m);
}
