/* Names in C: those of the whole file, and those of a function's locals.
 *
 * Locals stand on a stack, which ends of scopes cut back by setting its
 * length.  The tables say where on the stack a name was put last; what was
 * cut off since is found out when it is looked at.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/cname.h"
#include "emit/emit_in.h"

void
gen_reserve(struct gen *g, const char *name)
{
	table_at(&g->global, name);
}

bool
gen_is_taken(struct gen *g, const char *name)
{
	return table_get(&g->global, name) != NULL;
}

void
gen_reserve_ends(struct gen *g, const char *name)
{
	for (size_t i = 0; cname_ends[i] != NULL; i++)
		gen_reserve(g, arena_printf(&g->a, "%s%s", name,
		    cname_ends[i]));
}

static bool
model_is_free(struct gen *g, const char *name)
{
	bool taken = gen_is_taken(g, name);

	for (size_t i = 0; !taken && cname_ends[i] != NULL; i++)
		taken = gen_is_taken(g, arena_printf(&g->a, "%s%s", name,
		    cname_ends[i]));
	return !taken;
}

void
gen_name_model(struct gen *g, const struct mip_model *m)
{
	char *name = arena_printf(&g->a, "model_%s", m->name);

	for (char *s = name; *s != '\0'; s++)
		if (*s == '.')
			*s = '_';
	while (!model_is_free(g, name))
		name = arena_printf(&g->a, "%s_", name);
	gen_reserve(g, name);
	gen_reserve_ends(g, name);
	table_at(&g->model_name, m)->p = name;
}

const char *
gen_model(struct gen *g, const struct mip_model *m)
{
	return table_get(&g->model_name, m)->p;
}

void
fgen_names_init(struct fgen *fg)
{
	fg->nname = 0;
	table_init_text(&fg->at, &fg->g->a);
	table_init_text(&fg->numbered, &fg->g->a);
}

static bool
taken(const struct fgen *fg, const char *name)
{
	const union table_value *v = table_get(&fg->at, name);

	if (v != NULL && v->n < fg->nname &&
	    strcmp(fg->name[v->n], name) == 0)
		return true;
	return table_get(&fg->g->global, name) != NULL;
}

/* A local that got a number: those below it were taken then, and stand below
 * it on the stack. */
struct numbered {
	const char *name;
	unsigned number;
	size_t at;                      /* on the stack */
	struct numbered *before;        /* the one with the number below */
};

/* The one of `want` with the largest number that is still there; NULL. */
static struct numbered *
last_numbered(struct fgen *fg, const char *want)
{
	union table_value *v = table_at(&fg->numbered, want);
	struct numbered *l = v->p;

	while (l != NULL && (l->at >= fg->nname || fg->name[l->at] != l->name))
		l = l->before;
	v->p = l;
	return l;
}

static void
push(struct fgen *fg, const char *name)
{
	table_at(&fg->at, name)->n = fg->nname;
	fg->name = arena_grow(&fg->g->a, fg->name, &fg->capname,
	    fg->nname + 1, sizeof *fg->name);
	fg->name[fg->nname++] = name;
}

const char *
fgen_name(struct fgen *fg, const char *want)
{
	struct arena *a = &fg->g->a;
	struct numbered *before, *l;
	const char *name;
	unsigned n;

	want = cname_ident(a, want);
	if (!taken(fg, want)) {
		push(fg, want);
		return want;
	}
	before = last_numbered(fg, want);
	n = before != NULL ? before->number : 1;
	do
		name = arena_printf(a, "%s_%u", want, ++n);
	while (taken(fg, name));
	l = arena_alloc(a, sizeof *l);
	*l = (struct numbered){ name, n, fg->nname, before };
	table_at(&fg->numbered, want)->p = l;
	push(fg, name);
	return name;
}
