/* Maps of any type: `{ key, v, n }` in C, each key once, in the order in which
 * they were put; values of `of->size` bytes.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "run/mip.h"
#include "type/type.h"

/* The index of the key; x.n if the map has none. */
static size_t
map_find(struct type_map x, const char *key)
{
	size_t i;

	for (i = 0; i < x.n; i++)
		if (!strcmp(x.key[i], key))
			break;
	return i;
}

const void *
mip_map_get(const void *map, size_t size, const char *key)
{
	struct type_map x = type_map_get(map);
	size_t i = map_find(x, key);

	return i < x.n ? (const char *)x.v + i * size : NULL;
}

const void *
mip_map_get_pointer(const void *map, const char *key)
{
	const void *at = mip_map_get(map, sizeof at, key), *p = NULL;

	if (at)
		memcpy(&p, at, sizeof p);
	return p;
}

bool
mip_map_has(const void *map, const char *key)
{
	struct type_map x = type_map_get(map);

	return map_find(x, key) < x.n;
}

struct mip_strings
mip_map_keys(const struct mip_type *of, const void *map)
{
	struct type_map x = type_map_get(map);

	(void)of;
	return (struct mip_strings){ x.key, x.n };
}

void
mip_map_values(const struct mip_type *of, const void *map, void *out)
{
	struct type_map x = type_map_get(map);

	(void)of;
	type_list_set(out, x.v, x.n);
}

void
mip_map_put(struct mip *m, const struct mip_type *of, const void *map,
    const char *key, const void *value, void *out)
{
	struct type_map x = type_map_get(map);
	size_t at = map_find(x, key), n = at < x.n ? x.n : x.n + 1;
	const char **k = mip_alloc(m, n, sizeof *k);
	char *v = mip_alloc(m, n, of->size);

	if (!k || !v) {
		x = (struct type_map){ NULL, NULL, 0 };
		memcpy(out, &x, sizeof x);
		return;
	}
	if (x.n > 0) {
		memcpy(k, x.key, x.n * sizeof *k);
		memcpy(v, x.v, x.n * of->size);
	}
	k[at] = key;
	memcpy(v + at * of->size, value, of->size);
	x = (struct type_map){ (const char *const *)k, v, n };
	memcpy(out, &x, sizeof x);
}
