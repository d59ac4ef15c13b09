/* Memory that is freed all at once: chunks that grow, the newest in front.
 *
 * SPDX-License-Identifier: MIT */
#include "core/arena.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arena_chunk {
	struct arena_chunk *next;
	size_t size;                    /* with this header */
	max_align_t data[];
};

enum {
	CHUNK_MIN = 1024,
	CHUNK_MAX = 1 << 20             /* larger only for one allocation */
};

static void
chunks_free(struct arena_chunk *c)
{
	struct arena_chunk *next;

	for (; c; c = next) {
		next = c->next;
		free(c);
	}
}

void
arena_release(struct arena *a)
{
	chunks_free(a->head);
	a->head = NULL;
	a->at = a->end = NULL;
	a->used = 0;
	a->failed = false;
}

void
arena_reset(struct arena *a)
{
	struct arena_chunk *c = a->head;

	if (!c || c->size > CHUNK_MAX) {
		arena_release(a);
		return;
	}
	chunks_free(c->next);
	c->next = NULL;
	a->at = (char *)c->data;
	a->end = (char *)c + c->size;
	a->used = c->size;
	a->failed = false;
}

static void *
arena_fail(struct arena *a)
{
	if (a->oom)
		a->oom(a->oom_arg);
	a->failed = true;
	return NULL;
}

/* The size of a new chunk that holds `n` bytes; 0 if none is allowed. */
static size_t
chunk_size(const struct arena *a, size_t n)
{
	size_t need, size;

	if (n > SIZE_MAX / 2)
		return 0;
	need = sizeof(struct arena_chunk) + n;
	if (a->max && (a->used > a->max || need > a->max - a->used))
		return 0;
	size = a->used < CHUNK_MIN ? CHUNK_MIN : a->used;
	if (size > CHUNK_MAX)
		size = CHUNK_MAX;
	/* What takes a good part of a chunk gets its own. */
	if (need > size / 4 && (a->head || need > size))
		return need;
	if (a->max && size > a->max - a->used)
		size = a->max - a->used;
	return size;
}

/* `n` bytes from a new chunk.  The chunk becomes the current one unless that
 * has more room left. */
static char *
arena_more(struct arena *a, size_t n)
{
	size_t size = chunk_size(a, n), room;
	struct arena_chunk *c;
	char *p;

	c = size ? malloc(size) : NULL;
	if (!c)
		return arena_fail(a);
	c->size = size;
	a->used += size;
	p = (char *)c->data;
	room = size - sizeof(*c) - n;
	if (a->head && room <= (size_t)(a->end - a->at)) {
		c->next = a->head->next;
		a->head->next = c;
		return p;
	}
	c->next = a->head;
	a->head = c;
	a->at = p + n;
	a->end = (char *)c + size;
	return p;
}

/* `n` bytes at a multiple of `align`, not zeroed. */
static char *
arena_take(struct arena *a, size_t n, size_t align)
{
	size_t pad;
	char *p;

	if (a->at) {
		pad = (size_t)(-(uintptr_t)a->at & (align - 1));
		if (pad <= (size_t)(a->end - a->at) &&
		    n <= (size_t)(a->end - a->at) - pad) {
			p = a->at + pad;
			a->at = p + n;
			return p;
		}
	}
	return arena_more(a, n);
}

void *
arena_alloc(struct arena *a, size_t n)
{
	char *p = arena_take(a, n ? n : 1, _Alignof(max_align_t));

	if (p)
		memset(p, 0, n ? n : 1);
	return p;
}

void *
arena_array(struct arena *a, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size)
		return arena_fail(a);
	return arena_alloc(a, n * size);
}

void *
arena_grow(struct arena *a, void *old, size_t *cap, size_t need, size_t size)
{
	size_t n = *cap, more;
	char *p;

	if (old && need <= n)
		return old;
	if (need < 8)
		need = 8;
	if (n < need)
		n = n > SIZE_MAX / 2 || 2 * n < need ? need : 2 * n;
	if (size && n > SIZE_MAX / size)
		return arena_fail(a);
	/* The newest allocation may grow where it stands. */
	more = (n - *cap) * size;
	if (old && (char *)old + *cap * size == a->at &&
	    more <= (size_t)(a->end - a->at)) {
		memset(a->at, 0, more);
		a->at += more;
		*cap = n;
		return old;
	}
	p = arena_array(a, n, size);
	if (!p)
		return NULL;
	if (old)
		memcpy(p, old, *cap * size);
	*cap = n;
	return p;
}

char *
arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *p;

	if (n == SIZE_MAX)
		return arena_fail(a);
	p = arena_take(a, n + 1, 1);
	if (!p)
		return NULL;
	if (n)
		memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return arena_strndup(a, s, strlen(s));
}

char *
arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	size_t room = a->at ? (size_t)(a->end - a->at) : 0;
	va_list again;
	char *p;
	int n;

	/* Most texts fit where the next allocation goes. */
	va_copy(again, ap);
	n = vsnprintf(a->at, room, fmt, again);
	va_end(again);
	if (n < 0)
		return arena_fail(a);
	if ((size_t)n < room)
		return arena_take(a, (size_t)n + 1, 1);
	p = arena_take(a, (size_t)n + 1, 1);
	if (p)
		vsnprintf(p, (size_t)n + 1, fmt, ap);
	return p;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;

	va_start(ap, fmt);
	p = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return p;
}

void
arena_adopt(struct arena *to, struct arena *from)
{
	struct arena_chunk *last = from->head;

	to->failed |= from->failed;
	if (last) {
		while (last->next)
			last = last->next;
		if (to->head) {
			last->next = to->head->next;
			to->head->next = from->head;
		} else {
			to->head = from->head;
			to->at = from->at;
			to->end = from->end;
		}
		to->used += from->used;
	}
	from->head = NULL;
	from->at = from->end = NULL;
	from->used = 0;
	from->failed = false;
}
