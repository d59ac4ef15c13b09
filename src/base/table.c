/* Hash tables: open addresses, doubled before they are half full.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/table.h"

#include <string.h>

struct table_entry {
	const void *key;                /* NULL: free */
	uint64_t hash;
	union table_value value;
};

void
table_init(struct table *t, struct arena *a)
{
	*t = (struct table){ .a = a };
}

void
table_init_text(struct table *t, struct arena *a)
{
	*t = (struct table){ .a = a, .text = true };
}

static uint64_t
hash_of(const struct table *t, const void *key)
{
	uint64_t h = 14695981039346656037u;     /* FNV-1a */
	const char *s = key;

	if (!t->text)
		h = (uint64_t)(uintptr_t)key * 0x9e3779b97f4a7c15u;
	else
		for (; *s; s++)
			h = (h ^ (unsigned char)*s) * 1099511628211u;
	return h ^ h >> 32;
}

/* The slot where the key stands, or would. */
static struct table_entry *
find(const struct table *t, const void *key, uint64_t hash)
{
	size_t i = (size_t)hash & (t->cap - 1);
	const struct table_entry *e;

	for (; (e = &t->slot[i])->key; i = (i + 1) & (t->cap - 1))
		if (e->hash == hash && (e->key == key ||
		    (t->text && strcmp(e->key, key) == 0)))
			break;
	return &t->slot[i];
}

static void
grow(struct table *t)
{
	struct table_entry *old = t->slot;
	size_t i, n = t->cap;

	t->cap = n ? 2 * n : 16;
	t->slot = arena_array(t->a, t->cap, sizeof(*t->slot));
	for (i = 0; i < n; i++)
		if (old[i].key)
			*find(t, old[i].key, old[i].hash) = old[i];
}

union table_value *
table_at(struct table *t, const void *key)
{
	uint64_t hash = hash_of(t, key);
	struct table_entry *e;

	if (2 * (t->n + 1) > t->cap)
		grow(t);
	e = find(t, key, hash);
	if (!e->key) {
		e->key = key;
		e->hash = hash;
		t->n++;
	}
	return &e->value;
}

union table_value *
table_get(const struct table *t, const void *key)
{
	struct table_entry *e;

	if (t->cap == 0)
		return NULL;
	e = find(t, key, hash_of(t, key));
	return e->key ? &e->value : NULL;
}
