/* Mistakes of ours and memory that ran out: both end the process.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/base.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

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

static void
out_of_memory(void *arg)
{
	FILE *f = stderr;

	(void)arg;
	fputs("miproc: out of memory\n", f);
	/* Handlers of exit() might ask for memory. */
	quick_exit(2);
}

void
base_arena_init(struct arena *a)
{
	*a = (struct arena){ .oom = out_of_memory };
}
