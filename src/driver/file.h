/* Whole files: read at once, written beside and renamed.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DRIVER_FILE_H
#define DRIVER_FILE_H

#include "base/base.h"
#include "core/buf.h"

/* Appends the file's bytes; false with errno set. */
bool file_read(const char *path, struct buf *b);

/* Makes `path` hold these bytes: written beside it and renamed, or left alone
 * if it holds them already, so that make sees no change.  "-" is standard
 * output.  False with errno set. */
bool file_write(const char *path, const struct buf *b);

/* Whether file_write to this path has a chance; false with errno set.  Asked
 * before long work whose result goes there. */
bool file_may_write(const char *path, struct arena *a);

/* Makes a directory and those above it; false with errno set. */
bool file_mkdirs(const char *path);

/* Parts of a path, in `a`: "a/b/qa.mp" gives "qa"; "a/b"; the path with
 * another ending; `rel` beside `path`, unless it is absolute. */
const char *file_stem(struct arena *a, const char *path);
const char *file_dir(struct arena *a, const char *path);
const char *file_ending(struct arena *a, const char *path, const char *end);
const char *file_beside(struct arena *a, const char *path, const char *rel);

/* One line on standard error, "miproc: ...: errno's text"; gives 2. */
int file_error(const char *what, const char *path);

#endif
