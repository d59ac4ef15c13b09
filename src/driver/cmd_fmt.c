/* miproc fmt: files in their canonical layout.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/compile.h"
#include "driver/file.h"
#include "front/fmt.h"

/* The file that a chain of symbolic links leads to; NULL with errno set. */
static const char *
follow(struct arena *a, const char *path)
{
	char to[4096];
	struct stat st;
	ssize_t n;

	for (int links = 0; links < 32; links++) {
		if (lstat(path, &st) != 0)
			return NULL;
		if (!S_ISLNK(st.st_mode))
			return path;
		n = readlink(path, to, sizeof to - 1);
		if (n < 0)
			return NULL;
		to[n] = '\0';
		path = file_beside(a, path, arena_strdup(a, to));
	}
	errno = ELOOP;
	return NULL;
}

/* Makes the file that `path` leads to hold `b`, with the rights it has. */
static bool
replace(struct arena *a, const char *path, const struct buf *b)
{
	const char *real = follow(a, path);
	struct stat st;

	return real != NULL && stat(real, &st) == 0 && file_write(real, b) &&
	    (!S_ISREG(st.st_mode) || chmod(real, st.st_mode & 07777) == 0);
}

static bool
is_same(const struct source *s, const struct buf *b)
{
	return s->len == b->len && memcmp(s->text, buf_str(b), b->len) == 0;
}

/* Puts the layout `b` of the file where it belongs: 0, 1 under --check if it
 * would change, or 2. */
static int
deliver(struct compilation *c, const char *path, const struct source *s,
    const struct buf *b)
{
	const char *out = c->o->output;

	if (c->o->check) {
		if (is_same(s, b))
			return 0;
		printf("%s\n", path);
		return 1;
	}
	if (out == NULL && strcmp(path, "-") == 0)
		out = "-";
	if (out != NULL)
		return file_write(out, b) ? 0 : file_error("write", out);
	if (is_same(s, b))
		return 0;
	if (!replace(c->a, path, b))
		return file_error("write", path);
	if (c->o->verbose)
		fprintf(stderr, "miproc: wrote %s\n", path);
	return 0;
}

static int
format(struct compilation *c, const char *path)
{
	struct source *s = sources_read(&c->sources, path);
	struct buf b = BASE_BUF_INIT;
	unsigned before = c->diag.nerror;
	int status;

	if (s == NULL)
		return file_error("read", path);
	parse(c->a, &c->names, s, &c->diag);
	if (c->diag.nerror != before)
		return 1;
	if (fmt(c->a, &c->names, &c->sources, s, &c->diag, &b)) {
		status = deliver(c, path, s, &b);
	} else {
		fprintf(stderr, "miproc: %s: left as it is: its layout would "
		    "have other tokens, which is a mistake of miproc's\n",
		    path);
		status = 2;
	}
	buf_release(&b);
	return status;
}

int
cmd_fmt(struct compilation *c)
{
	int status = 0, one;

	sources_init(&c->sources, c->a);
	names_init(&c->names, c->a);
	diag_init(&c->diag, &c->sources, stderr);
	if (!options_diag(c->o, &c->diag))
		return 2;
	if (c->o->output != NULL && c->o->narg > 1 &&
	    strcmp(c->o->output, "-") != 0) {
		fprintf(stderr, "miproc: fmt -o %s wants one file\n",
		    c->o->output);
		return 2;
	}
	for (unsigned i = 0; i < c->o->narg; i++) {
		one = format(c, c->o->arg[i]);
		status = one > status ? one : status;
	}
	return status;
}
