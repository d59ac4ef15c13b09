/* Mistakes of ours and memory that ran out: both end the process.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/base.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
base_bug(const char *file, int line, const char *fmt, ...)
{
	FILE *f = stderr;
	va_list ap;

	fprintf(f, "miproc: bug at %s:%d: ", file, line);
	va_start(ap, fmt);
	vfprintf(f, fmt, ap);
	va_end(ap);
	fputc('\n', f);
	abort();
}

void
base_out_of_memory(void *arg)
{
	FILE *f = stderr;

	(void)arg;
	fputs("miproc: out of memory\n", f);
	/* Handlers of exit() might ask for memory. */
	quick_exit(2);
}

void *
base_realloc(void *p, size_t n)
{
	p = realloc(p, n > 0 ? n : 1);
	if (!p)
		base_out_of_memory(NULL);
	return p;
}

uint64_t
base_sum(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

uint64_t
base_product(uint64_t a, uint64_t b)
{
	return b > 0 && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

bool
base_ends(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n >= k && memcmp(s + n - k, end, k) == 0;
}

void
base_arena_init(struct arena *a)
{
	*a = (struct arena)BASE_ARENA_INIT;
}

void
base_buf_init(struct buf *b)
{
	*b = (struct buf)BASE_BUF_INIT;
}
