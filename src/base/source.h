/* The files of a compilation: text, lines, places.
 *
 * Every file gets a range of one number space; a span is turned into file,
 * line and column only when it is printed.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_SOURCE_H
#define BASE_SOURCE_H

#include "base/base.h"

struct source {
	const char *path;               /* as given, for messages */
	const char *text; /* NUL-terminated; NULs in it are errors */
	size_t len;
	unsigned base;                  /* offset of its first byte */
	unsigned nline, *line;          /* starts of lines, made on demand */
	struct span from;               /* the import that first asked for it;
	                                 * off 0: none */
	uint64_t device, inode;         /* which file; 0: text in memory */
	struct source *next;
};

struct sources {
	struct arena *a;
	struct source *first, *last;
};

/* Offsets begin at 1: a span of { 0, 0 } is no place at all. */

struct place {
	const struct source *source;
	unsigned line, col;             /* from 1; col counts code points */
	const char *text;               /* the line, not terminated */
	unsigned len;
	unsigned byte;                  /* offset of the place in the line */
};

void sources_init(struct sources *s, struct arena *a);

/* Reads `path` ("-" is standard input); NULL with errno set.  The same file
 * read twice gives the same source, whatever its path. */
struct source *sources_read(struct sources *s, const char *path);
/* Adds text that is in memory. */
struct source *sources_add(struct sources *s, const char *path,
    const char *text, size_t len);

/* `off` 0, or in no source: a place whose source is NULL. */
struct place sources_place(const struct sources *s, unsigned off);

/* `name` looked up beside `from`, then in `dir[0 .. ndir)`; NULL if there is
 * no such file. */
const char *sources_find(struct arena *a, const struct source *from,
    const char *name, const char *const *dir, unsigned ndir);

/* The path `name` that stands in `from`, as seen from the directory of
 * `main`: what a program that is told this directory can find.  Absolute if
 * it cannot be said otherwise. */
const char *sources_relative(struct arena *a, const struct source *main,
    const struct source *from, const char *name);

#endif
