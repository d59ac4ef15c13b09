/* Memory that fails under the arena and the text buffer.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fault.h"

#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"

/* A buffer that says it is well holds all that was written. */
static bool
fill_buf(void *arg)
{
	struct buf b = BUF_INIT;
	bool ok, failed;
	char *s;
	int i;

	(void)arg;
	for (i = 0; i < 3000; i++)
		buf_puts(&b, "0123456789");
	buf_printf(&b, "%5000d", 1);
	buf_json(&b, "\"\n", 2);
	failed = b.failed;
	ok = failed ? b.len < 35006 : b.len == 35006 && b.s[35006] == '\0';
	s = buf_take(&b);
	ok = ok && (failed ? !s : s && strlen(s) == 35006);
	free(s);
	buf_release(&b);
	return ok && failed == fault_met();
}

/* A failed arena can be emptied and used again. */
static bool
fill_arena(void *arg)
{
	struct arena a = { 0 };
	bool ok = true;
	char *p;
	size_t i;

	(void)arg;
	for (i = 1; i < 60; i++) {
		p = arena_alloc(&a, i * 1000);
		if (p)
			memset(p, 1, i * 1000);
		ok = ok && (p || a.failed);
	}
	ok = ok && a.failed == fault_met();
	arena_reset(&a);
	ok = ok && !a.failed && arena_strdup(&a, "again");
	arena_release(&a);
	return ok;
}

int
main(void)
{
	fault_each("buf", FAULT_ALLOC, fill_buf, NULL);
	fault_each("arena", FAULT_ALLOC, fill_arena, NULL);
	return fault_end();
}
