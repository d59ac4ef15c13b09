/* Types, values that are written out, and variables.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "mpgen_in.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const words[] = {
	"", "a", "yes", "The end.", "two words", "7", "12.5 pounds",
	"na\xc3\xafve \xe2\x82\xac", "one\\ntwo", "say \\\"so\\\"", "{a}",
	"?\?/", "Z\\u{1F600}"
};
enum { NWORD = sizeof words / sizeof *words };

unsigned
mpgen_draw(struct gen *g, unsigned n)
{
	return g->at < g->end ? *g->at++ % n : 0;
}

void
mpgen_name(struct gen *g, char name[16], const char *stem)
{
	snprintf(name, 16, "%s%u", stem, g->named++);
}

/* ---- types ---- */

static struct gen_type *
new_type(struct gen *g, enum gen_kind kind, const struct gen_type *of)
{
	struct gen_type *t = &g->type[g->ntype++];

	memset(t, 0, sizeof *t);
	t->kind = kind;
	t->of = of;
	return t;
}

const struct gen_type *
mpgen_of(struct gen *g, enum gen_kind kind, const struct gen_type *of)
{
	unsigned i;

	for (i = 0; i < g->ntype; i++)
		if (g->type[i].kind == kind && g->type[i].of == of)
			return &g->type[i];
	if (g->ntype == MOST_TYPES)
		return mpgen_scalar(g, G_STRING);
	return new_type(g, kind, of);
}

const struct gen_type *
mpgen_scalar(struct gen *g, enum gen_kind kind)
{
	if (g->ntype == 0) {
		new_type(g, G_STRING, NULL);
		new_type(g, G_INT, NULL);
		new_type(g, G_FLOAT, NULL);
		new_type(g, G_BOOL, NULL);
	}
	return &g->type[kind];
}

/* One that has been declared. */
static const struct gen_type *
declared(struct gen *g, enum gen_kind kind)
{
	unsigned i, n = 0, k;

	for (i = 0; i < g->ntype; i++)
		n += g->type[i].kind == kind;
	k = n > 0 ? mpgen_draw(g, n) : 0;
	for (i = 0; i < g->ntype && n > 0; i++)
		if (g->type[i].kind == kind && k-- == 0)
			return &g->type[i];
	return mpgen_scalar(g, G_STRING);
}

static const struct gen_type *
plain_type(struct gen *g)
{
	static const enum gen_kind kinds[] = {
		G_STRING, G_INT, G_FLOAT, G_BOOL, G_STRING, G_ENUM, G_STRUCT,
		G_UNION, G_WORD
	};
	enum gen_kind kind = kinds[mpgen_draw(g, sizeof kinds /
	    sizeof *kinds)];

	return kind <= G_BOOL ? mpgen_scalar(g, kind) : declared(g, kind);
}

const struct gen_type *
mpgen_type(struct gen *g, unsigned deep, bool map)
{
	const struct gen_type *t;

	if (deep == 0)
		return plain_type(g);
	switch (mpgen_draw(g, 8)) {
	case 5:
		return mpgen_of(g, G_LIST, mpgen_type(g, deep - 1, map));
	case 6:
		t = mpgen_type(g, deep - 1, map);
		return t->kind == G_OPTIONAL ? t :
		    mpgen_of(g, G_OPTIONAL, t);
	case 7:
		if (map)
			return mpgen_of(g, G_MAP,
			    mpgen_type(g, deep - 1, map));
	}
	return plain_type(g);
}

void
mpgen_put_type(struct gen *g, const struct gen_type *t)
{
	static const char *const word[] = { "string", "int", "float", "bool" };

	switch (t->kind) {
	case G_STRING:
	case G_INT:
	case G_FLOAT:
	case G_BOOL:
		buf_puts(g->b, word[t->kind]);
		return;
	case G_ENUM:
	case G_STRUCT:
	case G_UNION:
	case G_WORD:
		buf_puts(g->b, t->name);
		return;
	case G_LIST:
	case G_OPTIONAL:
		mpgen_put_type(g, t->of);
		buf_puts(g->b, t->kind == G_LIST ? "[]" : "?");
		return;
	case G_MAP:
		buf_puts(g->b, "map<string, ");
		mpgen_put_type(g, t->of);
		buf_puts(g->b, ">");
		return;
	}
}

/* ---- values ---- */

static void
word(struct gen *g, const struct gen_type *t, unsigned i)
{
	if (t->field[0].type->kind == G_STRING)
		buf_printf(g->b, "\"%s_%u\"", t->name, i);
	else
		buf_printf(g->b, "%u", i * 3 + 1);
}

void
mpgen_plain(struct gen *g, const struct gen_type *t)
{
	switch (t->kind) {
	case G_INT:
		buf_printf(g->b, "%u", mpgen_draw(g, 12));
		return;
	case G_FLOAT:
		buf_printf(g->b, "%u.%u", mpgen_draw(g, 5), mpgen_draw(g, 4) *
		    25);
		return;
	case G_BOOL:
		buf_puts(g->b, mpgen_draw(g, 2) ? "true" : "false");
		return;
	case G_ENUM:
		buf_printf(g->b, "%s.%s_%u", t->name, t->name,
		    mpgen_draw(g, t->n));
		return;
	case G_STRING:
	case G_STRUCT:
	case G_UNION:
	case G_WORD:
	case G_LIST:
	case G_OPTIONAL:
	case G_MAP:
		buf_printf(g->b, "\"%s\"", words[mpgen_draw(g, NWORD)]);
		return;
	}
}

static void
members(struct gen *g, const struct gen_type *t)
{
	unsigned i, n = 0;

	for (i = 0; i < t->n; i++) {
		if (i > 0 && t->field[i].may_lack && mpgen_draw(g, 3) == 0)
			continue;
		buf_printf(g->b, "%s%s = ", n++ > 0 ? ", " : "",
		    t->field[i].name);
		mpgen_value(g, t->field[i].type);
	}
}

void
mpgen_value(struct gen *g, const struct gen_type *t)
{
	unsigned i, n;

	switch (t->kind) {
	case G_STRING:
	case G_INT:
	case G_FLOAT:
	case G_BOOL:
	case G_ENUM:
		mpgen_plain(g, t);
		return;
	case G_STRUCT:
		buf_puts(g->b, "{ ");
		members(g, t);
		buf_puts(g->b, " }");
		return;
	case G_UNION:
		mpgen_value(g, t->field[mpgen_draw(g, t->n)].type);
		return;
	case G_WORD:
		word(g, t, mpgen_draw(g, t->n));
		return;
	case G_LIST:
	case G_MAP:
		n = mpgen_draw(g, 3);
		buf_puts(g->b, t->kind == G_LIST ? "[" : "{ ");
		for (i = 0; i < n; i++) {
			buf_puts(g->b, i > 0 ? ", " : "");
			if (t->kind == G_MAP)
				buf_printf(g->b, "\"k%u\" = ", i);
			mpgen_value(g, t->of);
		}
		buf_puts(g->b, t->kind == G_LIST ? "]" : " }");
		return;
	case G_OPTIONAL:
		if (mpgen_draw(g, 2) == 0)
			buf_puts(g->b, "null");
		else
			mpgen_value(g, t->of);
		return;
	}
}

/* ---- declarations ---- */

void
mpgen_field(struct gen *g, struct gen_field *f, const char *stem,
    const struct gen_type *t)
{
	mpgen_name(g, f->name, stem);
	f->type = t;
	f->may_lack = t->kind == G_OPTIONAL;
	buf_printf(g->b, "%s: ", f->name);
	mpgen_put_type(g, t);
	if (mpgen_draw(g, 4) == 1)
		buf_printf(g->b, " \"what %s is\"", f->name);
	if (!f->may_lack && mpgen_draw(g, 6) == 1) {
		buf_puts(g->b, " = ");
		mpgen_value(g, t);
		f->may_lack = true;
	}
	if (t->kind == G_LIST && mpgen_draw(g, 2) == 1)
		buf_puts(g->b, " @len(0, 3)");
	if (mpgen_draw(g, 8) == 1)
		buf_printf(g->b, " @alias(\"the_%s\")", f->name);
}

static void
declare_enum(struct gen *g)
{
	struct gen_type *t = new_type(g, G_ENUM, NULL);
	unsigned i;

	mpgen_name(g, t->name, "E");
	t->n = 2 + mpgen_draw(g, 3);
	buf_printf(g->b, "enum %s { ", t->name);
	for (i = 0; i < t->n; i++) {
		buf_printf(g->b, "%s%s_%u", i > 0 ? ", " : "", t->name, i);
		if (mpgen_draw(g, 3) == 1)
			buf_printf(g->b, " \"number %u\"", i);
		if (mpgen_draw(g, 4) == 1)
			buf_printf(g->b, " @alias(\"%s no. %u\")", t->name, i);
	}
	buf_puts(g->b, " }\n");
}

static void
declare_word(struct gen *g)
{
	struct gen_type *t = new_type(g, G_WORD, NULL);
	unsigned i;

	mpgen_name(g, t->name, "W");
	t->n = 2 + mpgen_draw(g, 2);
	t->field[0].type = mpgen_scalar(g, mpgen_draw(g, 2) ? G_INT :
	    G_STRING);
	buf_printf(g->b, "type %s = ", t->name);
	for (i = 0; i < t->n; i++) {
		buf_puts(g->b, i > 0 ? " | " : "");
		word(g, t, i);
	}
	buf_puts(g->b, ";\n");
}

static void
declare_struct(struct gen *g)
{
	struct gen_type s = { .kind = G_STRUCT };
	const struct gen_type *t;
	unsigned i;

	mpgen_name(g, s.name, "S");
	s.n = 1 + mpgen_draw(g, MOST_FIELDS);
	buf_printf(g->b, "struct %s {\n", s.name);
	for (i = 0; i < s.n; i++) {
		t = i == 0 ? plain_type(g) : mpgen_type(g, 1, false);
		buf_puts(g->b, "\t");
		mpgen_field(g, &s.field[i], "f", t);
		buf_puts(g->b, ";\n");
	}
	buf_puts(g->b, "}\n");
	*new_type(g, G_STRUCT, NULL) = s;
}

/* Arms that nothing can take for each other: structs, and one more. */
static void
declare_union(struct gen *g)
{
	static const enum gen_kind more[] = { G_STRING, G_INT, G_BOOL };
	struct gen_type u = { .kind = G_UNION };
	unsigned i;

	for (i = 0; i < g->ntype && u.n < 2; i++)
		if (g->type[i].kind == G_STRUCT && mpgen_draw(g, 2) == 0)
			u.field[u.n++].type = &g->type[i];
	u.field[u.n++].type = mpgen_scalar(g, more[mpgen_draw(g, 3)]);
	if (u.n < 2)
		u.field[u.n++].type = mpgen_of(g, G_LIST,
		    mpgen_scalar(g, G_STRING));
	mpgen_name(g, u.name, "U");
	buf_printf(g->b, "type %s = ", u.name);
	for (i = 0; i < u.n; i++) {
		buf_puts(g->b, i > 0 ? " | " : "");
		mpgen_put_type(g, u.field[i].type);
	}
	buf_puts(g->b, ";\n");
	*new_type(g, G_UNION, NULL) = u;
}

void
mpgen_declare_types(struct gen *g)
{
	unsigned i, n;

	mpgen_scalar(g, G_STRING);
	for (i = 0, n = 1 + mpgen_draw(g, 2); i < n; i++)
		declare_enum(g);
	for (i = 0, n = mpgen_draw(g, 3); i < n; i++)
		declare_word(g);
	for (i = 0, n = 2 + mpgen_draw(g, 3); i < n; i++) {
		declare_struct(g);
		if (i > 0 && mpgen_draw(g, 2) == 0)
			declare_union(g);
	}
}

/* ---- variables ---- */

struct gen_var *
mpgen_push(struct gen *g, const struct gen_type *t, const char *name)
{
	struct gen_var *v;
	char other[16];

	if (g->nvar == MOST_VARS)
		abort();
	v = &g->var[g->nvar++];
	memset(v, 0, sizeof *v);
	v->type = t;
	if (!name)
		mpgen_name(g, other, "v");
	snprintf(v->name, sizeof v->name, "%s", name ? name : other);
	return v;
}

static struct gen_var *
pick(struct gen *g, bool (*good)(const struct gen_var *, const void *),
    const void *arg)
{
	unsigned i, n = 0, k;

	for (i = 0; i < g->nvar; i++)
		n += !g->var[i].hidden && good(&g->var[i], arg);
	if (n == 0)
		return NULL;
	k = mpgen_draw(g, n);
	for (i = g->nvar; i-- > 0;)
		if (!g->var[i].hidden && good(&g->var[i], arg) && k-- == 0)
			return &g->var[i];
	return NULL;
}

static bool
of_type(const struct gen_var *v, const void *arg)
{
	return v->type == arg;
}

static bool
of_kind(const struct gen_var *v, const void *arg)
{
	return v->type->kind == *(const enum gen_kind *)arg;
}

static bool
settable(const struct gen_var *v, const void *arg)
{
	(void)arg;
	return !v->fixed;
}

struct gen_var *
mpgen_var(struct gen *g, const struct gen_type *t)
{
	return pick(g, of_type, t);
}

struct gen_var *
mpgen_var_kind(struct gen *g, enum gen_kind kind)
{
	return pick(g, of_kind, &kind);
}

struct gen_var *
mpgen_settable(struct gen *g)
{
	return pick(g, settable, NULL);
}

void
mpgen_know(struct gen *g, struct gen_var *v, const struct gen_type *t)
{
	char name[sizeof v->name];

	memcpy(name, v->name, sizeof name);
	v->hidden = true;
	mpgen_push(g, t, name)->fixed = true;
}

void
mpgen_forget(struct gen *g, struct gen_var *v)
{
	g->nvar--;
	v->hidden = false;
}
