/* Interned strings: a hash table with open addresses.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/names.h"

#include <string.h>

static uint64_t
hash(const char *s, size_t n)
{
	uint64_t h = 14695981039346656037u;     /* FNV-1a */
	size_t i;

	for (i = 0; i < n; i++)
		h = (h ^ (unsigned char)s[i]) * 1099511628211u;
	return h ^ (h >> 29);
}

/* The slot where `s` stands, or would. */
static size_t
find(const struct names *t, const char *s, size_t n)
{
	size_t i = hash(s, n) & (t->cap - 1);

	while (t->slot[i] && (strncmp(t->slot[i], s, n) != 0 ||
	    t->slot[i][n] != '\0'))
		i = (i + 1) & (t->cap - 1);
	return i;
}

static void
grow(struct names *t)
{
	const char **old = t->slot;
	size_t i, n = t->cap;

	t->cap = n ? 2 * n : 256;
	t->slot = arena_array(t->a, t->cap, sizeof(*t->slot));
	for (i = 0; i < n; i++)
		if (old[i])
			t->slot[find(t, old[i], strlen(old[i]))] = old[i];
}

void
names_init(struct names *t, struct arena *a)
{
	*t = (struct names){ .a = a };
}

const char *
names_intern(struct names *t, const char *s, size_t n)
{
	size_t i;

	if (2 * (t->n + 1) > t->cap)
		grow(t);
	i = find(t, s, n);
	if (!t->slot[i]) {
		t->slot[i] = arena_strndup(t->a, s, n);
		t->n++;
	}
	return t->slot[i];
}
