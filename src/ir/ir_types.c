/* The enums and structs that a module uses, each with a label of its own.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "ir/ir_types.h"

#include <stdlib.h>
#include <string.h>

void
ir_types_init(struct ir_types *s, struct arena *a)
{
	*s = (struct ir_types){ .a = a };
	table_init(&s->at, a);
	table_init(&s->made, a);
}

/* True the first time that `t` is met. */
static bool
enter(struct ir_types *s, const struct ty *t)
{
	if (table_get(&s->at, t) != NULL)
		return false;
	s->t = arena_grow(s->a, s->t, &s->cap, s->n + 1u, sizeof *s->t);
	table_at(&s->at, t)->n = s->n;
	s->t[s->n++] = t;
	return true;
}

void
ir_types_add(struct ir_types *s, const struct ty *t)
{
	unsigned i;

	while (t != NULL && (t->kind == TY_LIST || t->kind == TY_OPTIONAL ||
	    t->kind == TY_MAP))
		t = t->of;
	if (t == NULL)
		return;
	if (t->kind == TY_UNION)
		for (i = 0; i < t->n; i++)
			ir_types_add(s, t->arm[i]);
	if ((t->kind != TY_ENUM && t->kind != TY_STRUCT) || !enter(s, t))
		return;
	if (t->kind == TY_STRUCT)
		for (i = 0; i < t->n; i++)
			ir_types_add(s, t->field[i].type);
}

static bool
add_ins(struct ins *i, void *arg)
{
	ir_types_add(arg, i->type);
	return true;
}

void
ir_types_of_fn(struct ir_types *s, struct fn *f)
{
	const struct var *v;

	ir_types_add(s, f->gold);
	ir_types_add(s, f->in);
	ir_types_add(s, f->out);
	for (v = f->var; v != NULL; v = v->next)
		ir_types_add(s, v->type);
	ir_walk(f, add_ins, s);
}

void
ir_types_of_mod(struct ir_types *s, const struct mod *m)
{
	const struct prompt *q;
	const struct param *r;
	const struct tool *t;
	const struct retriever *v;
	struct fn *f;

	for (r = m->param; r != NULL; r = r->next)
		ir_types_add(s, r->type);
	for (q = m->prompt; q != NULL; q = q->next) {
		ir_types_add(s, q->in);
		ir_types_add(s, q->out);
	}
	for (t = m->tool; t != NULL; t = t->next) {
		ir_types_add(s, t->in);
		ir_types_add(s, t->out);
	}
	for (v = m->retriever; v != NULL; v = v->next)
		ir_types_add(s, v->of);
	for (f = m->fn; f != NULL; f = f->next)
		ir_types_of_fn(s, f);
}

static int
by_id(const void *a, const void *b)
{
	const struct ty *const *x = a, *const *y = b;

	return ((*x)->id > (*y)->id) - ((*x)->id < (*y)->id);
}

void
ir_types_sort(struct ir_types *s)
{
	unsigned i;

	if (s->n > 1)
		qsort(s->t, s->n, sizeof *s->t, by_id);
	for (i = 0; i < s->n; i++)
		table_at(&s->at, s->t[i])->n = i;
}

const char *const ir_type_words[TY_LITERAL + 1] = {
	[TY_POISON] = "poison", [TY_VOID] = "void", [TY_NULL] = "null",
	[TY_STRING] = "string", [TY_INT] = "int", [TY_FLOAT] = "float",
	[TY_BOOL] = "bool", [TY_IMAGE] = "image", [TY_AUDIO] = "audio",
	[TY_FILE] = "file", [TY_MAP] = "map",
};

bool
ir_type_word(const char *s, enum ty_kind *kind)
{
	unsigned i;

	for (i = 0; i < COUNTOF(ir_type_words); i++)
		if (ir_type_words[i] != NULL &&
		    strcmp(ir_type_words[i], s) == 0) {
			*kind = (enum ty_kind)i;
			return true;
		}
	return false;
}

void
ir_types_name(struct ir_types *s)
{
	struct ir_label *l = arena_array(s->a, s->n + 1u, sizeof *l);
	enum ty_kind k;
	unsigned i;

	s->label = arena_array(s->a, s->n + 1u, sizeof *s->label);
	for (i = 0; i < s->n; i++)
		l[i] = (struct ir_label){ s->t[i]->name, i, i };
	ir_label_all(s->a, l, s->n, s->label);
	for (i = 0; i < s->n; i++) {
		if (s->t[i] == s->in)
			s->label[i] = "in";
		else if (s->t[i] == s->out)
			s->label[i] = "out";
		else if (table_get(&s->made, s->t[i]) != NULL)
			s->label[i] = arena_printf(s->a, "record.%u", i);
		else if (ir_type_word(s->label[i], &k))
			s->label[i] = arena_printf(s->a, "%s.%u",
			    s->label[i], i);
	}
}

const char *
ir_types_label(const struct ir_types *s, const struct ty *t)
{
	const union table_value *at = table_get(&s->at, t);

	if (at == NULL)
		BUG("type %s was not gathered", t->name);
	return s->label[at->n];
}

static int
by_name(const void *a, const void *b)
{
	const struct ir_label *x = a, *y = b;
	int c = strcmp(x->name, y->name);

	return c != 0 ? c : (x->at > y->at) - (x->at < y->at);
}

void
ir_label_all(struct arena *a, struct ir_label *l, unsigned n,
    const char **out)
{
	unsigned i, k;

	if (n > 1)
		qsort(l, n, sizeof *l, by_name);
	for (i = 0; i < n; i = k) {
		k = i + 1;
		while (k < n && strcmp(l[i].name, l[k].name) == 0)
			k++;
		if (k == i + 1) {
			out[l[i].at] = l[i].name;
			continue;
		}
		for (; i < k; i++)
			out[l[i].at] = arena_printf(a, "%s.%u", l[i].name,
			    l[i].id);
	}
}
