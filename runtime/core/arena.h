/* Memory that is freed all at once.
 *
 * SPDX-License-Identifier: MIT */
#ifndef ARENA_H
#define ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#if defined(__GNUC__)
#define ARENA_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define ARENA_PRINTF(fmt, args)
#endif

struct arena_chunk;

/* All fields are private but `failed` and `oom`.  A zeroed struct is ready
 * for use.  Not thread-safe: one arena belongs to one thread. */
struct arena {
	struct arena_chunk *head;
	char *at, *end;
	size_t used;                    /* bytes in chunks */
	size_t max;                     /* limit on `used`; 0: none */
	bool failed;                    /* an allocation has failed */
	void (*oom)(void *);            /* called on failure, or NULL; may not
	                                 * return (the compiler's does not) */
	void *oom_arg;
};

/* Empties the arena and gives its memory back. */
void arena_release(struct arena *a);

/* Empties the arena for use again, keeping at most one chunk. */
void arena_reset(struct arena *a);

/* Returns `n` zeroed bytes, aligned for any type, that live until the arena
 * is reset or released; n = 0 gives a valid pointer.  Without memory: calls
 * `oom`, then sets `failed` and returns NULL. */
void *arena_alloc(struct arena *a, size_t n);

/* The same for an array; n * size is checked for overflow. */
void *arena_array(struct arena *a, size_t n, size_t size);

/* Grows an array of `*cap` elements so that it can hold `need`; copies the
 * old content, doubles, sets `*cap`.  Returns NULL only as arena_alloc. */
void *arena_grow(struct arena *a, void *old, size_t *cap, size_t need,
    size_t size);

char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) ARENA_PRINTF(2, 3);
char *arena_vprintf(struct arena *a, const char *fmt, va_list ap)
    ARENA_PRINTF(2, 0);

/* Moves all memory of `from` into `to`; `from` is empty afterwards.  What
 * lived in `from` now lives as long as `to`. */
void arena_adopt(struct arena *to, struct arena *from);

#endif
