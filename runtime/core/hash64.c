/* Numbers for texts, many bytes a step.
 *
 * SPDX-License-Identifier: MIT */
#include "core/hash64.h"

#include <string.h>

static uint64_t
hash64_step(uint64_t h, uint64_t v)
{
	h = (h ^ v) * UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 32;
}

/* As FNV-1a, but eight bytes a step, with the high half folded in so that
 * every bit of them counts; and four lanes, as a step waits for the one before
 * it. */
uint64_t
hash64_more(uint64_t h, const void *p, size_t n)
{
	const unsigned char *s = p;
	uint64_t lane[4] = { h, h + 1, h + 2, h + 3 }, v[4];
	size_t i, k;

	for (i = 0; n - i >= sizeof v; i += sizeof v) {
		memcpy(v, s + i, sizeof v);
		for (k = 0; k < 4; k++)
			lane[k] = hash64_step(lane[k], v[k]);
	}
	for (k = 0; i > 0 && k < 4; k++)
		h = hash64_step(h, lane[k]);
	for (; i < n; i++)
		h = (h ^ s[i]) * UINT64_C(1099511628211);
	return h;
}

uint64_t
hash64(const void *p, size_t n)
{
	return hash64_more(UINT64_C(14695981039346656037), p, n);
}

uint64_t
hash64_str(const char *s)
{
	return hash64(s, strlen(s));
}
