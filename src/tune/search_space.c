/* The space of slot values: which slots there are, and what each may be.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "tune/choices.h"
#include "tune/search.h"

/* The slot `name`, all of whose values are still as the program has them. */
static struct slot *
slot_add(struct search *s, const char *name, unsigned nchoice)
{
	struct slot *v = &s->slot[s->space.nvar++];

	*v = (struct slot){ .name = name, .nchoice = nchoice };
	v->value = arena_array(s->u->a, nchoice, sizeof *v->value);
	return v;
}

/* Equal choices are one, and NULL is the first. */
static void
add_texts(struct search *s, const char *name, const char *const *text,
    size_t n)
{
	const char **value = arena_array(s->u->a, n + 1, sizeof *value);
	size_t k = 1, i, j;

	for (i = 1; i < n; i++) {
		for (j = 1; text[i] && j < k; j++)
			if (strcmp(value[j], text[i]) == 0)
				break;
		if (text[i] && j == k)
			value[k++] = text[i];
	}
	if (k > 1)
		memcpy(slot_add(s, name, (unsigned)k)->value, value,
		    k * sizeof *value);
}

/* Words without order, of which may[i] says whether word(i) is one. */
static void
add_words(struct search *s, const char *name, const bool *may, unsigned n,
    unsigned written, const char *(*word)(unsigned))
{
	struct slot *v = slot_add(s, name, n);
	unsigned i;

	v->nchoice = 1;
	for (i = 0; i < n; i++)
		if (may[i] && i != written)
			v->value[v->nchoice++] = arena_printf(s->u->a,
			    "\"%s\"", word(i));
}

static void
add_values(struct search *s, const char *name, const struct choices *c,
    const struct ty_const *written)
{
	struct levels l = choices_levels(s->u->a, c, written);
	struct slot *v = slot_add(s, name, l.n);
	unsigned i;

	v->written = l.written;
	v->at = l.at;
	for (i = 0; i < l.n; i++)
		if (i != l.written)
			v->value[i] = choices_json(s->u->a, &l.v[i]);
}

static const char *
format_word(unsigned i)
{
	return slots_format_word((enum mip_format)i);
}

static const char *
structure_word(unsigned i)
{
	return slots_structure_word((enum mip_structure)i);
}

static void
add_slot(struct search *s, const struct leaf *l, enum slot_kind k)
{
	const struct prompt *p = l->prompt;
	const char *name = arena_printf(s->u->a, "%s.%s", p->name,
	    slot_words[k]);
	struct ty_const t = { .kind = TYC_FLOAT, .f = p->temperature };

	switch (k) {
	case SLOT_INSTRUCTION:
		add_texts(s, name, l->instruction, l->ninstruction);
		return;
	case SLOT_DEMOS:
		add_texts(s, name, l->demo, l->ndemo);
		return;
	case SLOT_FORMAT:
		add_words(s, name, p->formats, MIP_NFORMAT, p->format,
		    format_word);
		return;
	case SLOT_STRUCTURE:
		add_words(s, name, p->structures, IR_NSTRUCTURE, p->structure,
		    structure_word);
		return;
	case SLOT_TEMPERATURE:
		add_values(s, name, &p->temperatures, &t);
		return;
	case SLOT_COUNT:
		break;
	}
	BUG("slot");
}

void
search_init(struct search *s, struct tuning *u)
{
	*s = (struct search){ .u = u };
	s->last = &s->first;
	s->zero = arena_array(u->a, 1, sizeof *s->zero);
}

static int
by_name(const void *a, const void *b)
{
	const struct slot *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* Sorted by name, so that the keys of a candidate's slots are. */
static void
settle(struct search *s)
{
	size_t n = s->space.nvar, i;

	qsort(s->slot, n, sizeof *s->slot, by_name);
	s->var = arena_array(s->u->a, n + 1, sizeof *s->var);
	s->zero = arena_array(s->u->a, n + 1, sizeof *s->zero);
	for (i = 0; i < n; i++) {
		const struct slot *v = &s->slot[i];

		s->var[i] = (struct space_var){ v->name, v->nchoice, v->at };
		s->zero[i] = v->written;
	}
	s->space.var = s->var;
	if (s->first)
		s->first->x = s->zero;
}

void
search_extend(struct search *s)
{
	struct tuning *u = s->u;
	const struct param *p;
	size_t most = SLOT_COUNT * u->nleaf, i;
	unsigned k;

	for (p = u->t->mod->param; p; p = p->next)
		most++;
	s->slot = arena_array(u->a, most + 1, sizeof *s->slot);
	s->space.nvar = 0;
	for (i = 0; i < u->nleaf; i++)
		for (k = 0; k < SLOT_COUNT; k++)
			if (u->leaf[i].tunes[k])
				add_slot(s, &u->leaf[i], (enum slot_kind)k);
	for (p = u->t->mod->param; p; p = p->next)
		if (strategy_tunes_param(&u->plan, p))
			add_values(s, p->name, &p->choices, &p->value);
	settle(s);
}

unsigned
search_choice(const struct search *s, size_t v, const struct leaf *l,
    const char *demo)
{
	const char *name = s->slot[v].name;
	size_t n = strlen(l->prompt->name);
	unsigned i;

	if (!demo || strncmp(name, l->prompt->name, n) != 0 ||
	    strcmp(name + n, ".demos") != 0)
		return 0;
	for (i = 1; i < s->slot[v].nchoice; i++)
		if (strcmp(s->slot[v].value[i], demo) == 0)
			return i;
	return 0;
}
