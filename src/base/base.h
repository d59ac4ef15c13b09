/* What every file of the compiler may use: bugs, attributes, counts.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_BASE_H
#define BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/buf.h"

#if defined(__GNUC__)
#define BASE_NORETURN __attribute__((noreturn))
#define BASE_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define BASE_NORETURN
#define BASE_PRINTF(fmt, args)
#endif

#define COUNTOF(a) (sizeof(a) / sizeof((a)[0]))

/* A mistake of ours: says where and aborts. */
#define BUG(...) base_bug(__FILE__, __LINE__, __VA_ARGS__)
BASE_NORETURN void base_bug(const char *file, int line, const char *fmt, ...)
    BASE_PRINTF(3, 4);

/* An arena for the compiler: running out of memory prints one line and ends
 * the process with status 2, so that allocations need no checks. */
#define BASE_ARENA_INIT { .oom = base_out_of_memory }
void base_arena_init(struct arena *a);

/* The same for text: `failed` is set only beyond its limit. */
#define BASE_BUF_INIT { .oom = base_out_of_memory }
void base_buf_init(struct buf *b);

/* The sum and the product; UINT64_MAX: that, or more. */
uint64_t base_sum(uint64_t a, uint64_t b);
uint64_t base_product(uint64_t a, uint64_t b);

bool base_ends(const char *s, const char *end);

/* Memory of others' code, which is to be freed. */
void *base_realloc(void *p, size_t n);

/* What all these call; it does not return. */
void base_out_of_memory(void *arg);

/* Where something stands: byte offsets in the space of all sources (see
 * source.h), so that one number names file and place. */
struct span {
	unsigned off, len;
};

#endif
