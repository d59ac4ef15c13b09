/* Dependencies for make and ninja.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "driver/compile.h"
#include "driver/file.h"

/* A file name as make reads it. */
static void
put_name(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == ' ' || *s == '#')
			buf_putc(b, '\\');
		if (*s == '$')
			buf_putc(b, '$');
		buf_putc(b, *s);
	}
}

static void
put_dependency(struct buf *b, struct buf *rules, const char *path)
{
	buf_puts(b, " \\\n  ");
	put_name(b, path);
	buf_puts(rules, "\n");
	put_name(rules, path);
	buf_puts(rules, ":\n");
}

bool
depfile_write(struct compilation *c, const char *target, const char *path)
{
	struct buf b = BUF_INIT, rules = BUF_INIT;
	bool ok;

	put_name(&b, c->o->dep_target != NULL ? c->o->dep_target : target);
	buf_puts(&b, ":");
	for (const struct source *s = c->sources.first; s != NULL; s = s->next)
		put_dependency(&b, &rules, s->path);
	if (c->tuned)
		put_dependency(&b, &rules, c->tuned_path);
	for (unsigned i = 0; i < c->ndata; i++)
		put_dependency(&b, &rules, c->data[i]);
	buf_puts(&b, "\n");
	if (c->o->phony)
		buf_puts(&b, buf_str(&rules));
	ok = file_write(path, &b);
	buf_release(&b);
	buf_release(&rules);
	return ok;
}
