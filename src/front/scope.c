/* Tables of names, hashed by the address of the interned name; what is
 * written anywhere follows the order in which names were added.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "front/scope.h"

struct scope *
scope_new(struct arena *a, struct scope *up)
{
	struct scope *s = arena_alloc(a, sizeof(*s));

	s->a = a;
	s->up = up;
	return s;
}

static size_t
place(const struct scope *s, const char *name)
{
	uint64_t h = (uint64_t)(uintptr_t)name * 0x9e3779b97f4a7c15u;
	size_t i = (size_t)(h >> 32) & (s->cap - 1);

	while (s->slot[i].name && s->slot[i].name != name)
		i = (i + 1) & (s->cap - 1);
	return i;
}

static void
grow(struct scope *s)
{
	size_t i;

	s->cap = s->cap ? 2 * s->cap : 8;
	s->slot = arena_array(s->a, s->cap, sizeof(*s->slot));
	for (i = 0; i < s->n; i++)
		s->slot[place(s, s->order[i].name)] = s->order[i];
}

struct symbol *
scope_get(const struct scope *s, const char *name)
{
	return s->cap ? s->slot[place(s, name)].sym : NULL;
}

struct symbol *
scope_find(const struct scope *s, const char *name)
{
	struct symbol *sym = NULL;

	for (; s && !sym; s = s->up)
		sym = scope_get(s, name);
	return sym;
}

struct symbol *
scope_add(struct scope *s, const char *name, struct symbol *sym)
{
	struct symbol *old = scope_get(s, name);

	if (old)
		return old;
	if (2 * (s->n + 1) > s->cap)
		grow(s);
	s->order = arena_grow(s->a, s->order, &s->order_cap, s->n + 1,
	    sizeof(*s->order));
	s->order[s->n] = (struct scope_entry){ name, sym };
	s->slot[place(s, name)] = s->order[s->n];
	s->n++;
	return NULL;
}
