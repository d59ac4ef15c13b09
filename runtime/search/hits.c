/* A heap that has the worst hit on top, where the next better one drives it
 * out.
 *
 * SPDX-License-Identifier: MIT */
#include "search/hits.h"

#include <stdbool.h>

static bool
hits_worse(struct hit a, struct hit b)
{
	if (a.score < b.score || a.score > b.score)
		return a.score < b.score;
	return a.row > b.row;
}

/* Puts `x` at `i` or below. */
static void
hits_sink(struct hit *v, size_t n, size_t i, struct hit x)
{
	size_t k;

	while ((k = 2 * i + 1) < n) {
		if (k + 1 < n && hits_worse(v[k + 1], v[k]))
			k++;
		if (!hits_worse(v[k], x))
			break;
		v[i] = v[k];
		i = k;
	}
	v[i] = x;
}

void
hits_put(struct hits *h, size_t row, double score)
{
	struct hit x = { row, score };
	size_t i, up;

	if (h->n == h->max) {
		if (h->max > 0 && hits_worse(h->v[0], x))
			hits_sink(h->v, h->n, 0, x);
		return;
	}
	for (i = h->n++; i > 0 && hits_worse(x, h->v[(i - 1) / 2]); i = up) {
		up = (i - 1) / 2;
		h->v[i] = h->v[up];
	}
	h->v[i] = x;
}

void
hits_sort(struct hits *h)
{
	struct hit worst;
	size_t n;

	for (n = h->n; n > 1; n--) {
		worst = h->v[0];
		hits_sink(h->v, n - 1, 0, h->v[n - 1]);
		h->v[n - 1] = worst;
	}
}
