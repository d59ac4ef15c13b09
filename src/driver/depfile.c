/* Dependencies for make and ninja.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <sys/stat.h>

#include "driver/compile.h"
#include "driver/file.h"

/* A file name as make and ninja read it; backslashes count twice only in
 * front of what one stands for. */
static void
put_name(struct buf *b, const char *s)
{
	unsigned slashes = 0;

	for (; *s != '\0'; s++) {
		if (*s == ' ' || *s == '\t') {
			while (slashes-- > 0)
				buf_putc(b, '\\');
			buf_putc(b, '\\');
		} else if (*s == '#' || *s == ':') {
			buf_putc(b, '\\');
		} else if (*s == '$') {
			buf_putc(b, '$');
		}
		slashes = *s == '\\' ? slashes + 1 : 0;
		buf_putc(b, *s);
	}
}

struct rule {
	struct buf text, phony;
	unsigned n;                     /* dependencies so far */
};

/* The first one is the program itself, which make need not pretend to
 * remake. */
static void
put_dependency(struct rule *r, const char *path)
{
	buf_puts(&r->text, " \\\n  ");
	put_name(&r->text, path);
	if (r->n++ == 0)
		return;
	buf_puts(&r->phony, "\n");
	put_name(&r->phony, path);
	buf_puts(&r->phony, ":\n");
}

/* A path that is relative to the root. */
static const char *
in_root(const struct compilation *c, const char *path)
{
	if (c->o->root != NULL && path[0] != '/')
		return arena_printf(c->a, "%s/%s", c->o->root, path);
	return file_beside(c->a, c->path, path);
}

/* A word of a command that names a file of the user's: a path. */
static void
put_word(struct compilation *c, struct rule *r, const char *word)
{
	const char *path = in_root(c, word);
	struct stat st;

	if (strchr(word, '/') != NULL && stat(path, &st) == 0 &&
	    S_ISREG(st.st_mode))
		put_dependency(r, path);
}

/* Commands that the rows were run and scored with, as far as they are files
 * of the user's, and the files that they name. */
static void
put_commands(struct compilation *c, struct rule *r)
{
	const struct tool *t = c->mod != NULL ? c->mod->tool : NULL;
	unsigned i;

	for (; t != NULL; t = t->next)
		for (i = 0; t->is.argv != NULL && t->is.argv[i] != NULL; i++)
			put_word(c, r, t->is.argv[i]);
}

/* Has another retriever, or the data, its file? */
static bool
is_named(const struct compilation *c, const struct retriever *r)
{
	const char *path = in_root(c, r->is.path);

	for (const struct retriever *o = c->mod->retriever; o != r;
	    o = o->next)
		if (o->is.path != NULL && strcmp(o->is.path, r->is.path) == 0)
			return true;
	for (unsigned i = 0; i < c->ndata; i++)
		if (strcmp(c->data[i], path) == 0)
			return true;
	return false;
}

static void
put_corpora(struct compilation *c, struct rule *r)
{
	const struct retriever *v = c->mod != NULL ? c->mod->retriever : NULL;

	for (; v != NULL; v = v->next)
		if (v->is.path != NULL && !is_named(c, v))
			put_dependency(r, in_root(c, v->is.path));
}

bool
depfile_write(struct compilation *c, const char *target, const char *path)
{
	struct rule r = { BASE_BUF_INIT, BASE_BUF_INIT, 0 };
	bool ok;

	put_name(&r.text, c->o->dep_target != NULL ? c->o->dep_target :
	    target);
	buf_puts(&r.text, ":");
	for (const struct source *s = c->sources.first; s != NULL; s = s->next)
		if (strcmp(s->path, "<stdin>") != 0)
			put_dependency(&r, s->path);
	if (c->tuned)
		put_dependency(&r, c->tuned_path);
	for (unsigned i = 0; i < c->ndata; i++)
		put_dependency(&r, c->data[i]);
	if (c->ndata > 0)
		put_commands(c, &r);
	put_corpora(c, &r);
	buf_puts(&r.text, "\n");
	if (c->o->phony)
		buf_puts(&r.text, buf_str(&r.phony));
	ok = file_write(path, &r.text);
	buf_release(&r.text);
	buf_release(&r.phony);
	return ok;
}
