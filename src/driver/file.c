/* Whole files: read at once, written beside and renamed.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "driver/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/lines.h"

bool
file_read(const char *path, struct buf *b)
{
	FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
	char chunk[1 << 14];
	size_t n;
	bool ok;

	if (f == NULL)
		return false;
	while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
		buf_put(b, chunk, n);
	ok = !ferror(f) && !b->failed;
	if (f != stdin)
		fclose(f);
	if (b->failed)
		errno = ENOMEM;
	return ok;
}

static bool
holds(const char *path, const struct buf *b)
{
	struct buf now = BASE_BUF_INIT;
	bool same = file_read(path, &now) && now.len == b->len &&
	    memcmp(buf_str(&now), buf_str(b), b->len) == 0;

	buf_release(&now);
	return same;
}

/* A device or a pipe: nothing can be renamed onto it. */
static bool
write_special(const char *path, const struct buf *b)
{
	int fd = open(path, O_WRONLY), why;
	bool ok;

	if (fd < 0)
		return false;
	ok = lines_write(fd, buf_str(b), b->len);
	why = errno;
	ok = close(fd) == 0 && ok;
	errno = why;
	return ok;
}

bool
file_may_write(const char *path, struct arena *a)
{
	struct stat st;

	if (stat(path, &st) == 0) {
		if (S_ISREG(st.st_mode))
			return access(file_dir(a, path), W_OK) == 0;
		errno = EISDIR;
		return !S_ISDIR(st.st_mode) && access(path, W_OK) == 0;
	}
	return errno == ENOENT && access(file_dir(a, path), W_OK) == 0;
}

bool
file_write(const char *path, const struct buf *b)
{
	struct buf tmp = BASE_BUF_INIT;
	struct stat st;
	bool ok = false;
	int fd, why;

	if (b->failed) {
		errno = ENOMEM;
		return false;
	}
	if (strcmp(path, "-") == 0)
		return fwrite(buf_str(b), 1, b->len, stdout) == b->len &&
		    fflush(stdout) == 0;
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return write_special(path, b);
	if (holds(path, b))
		return true;
	buf_printf(&tmp, "%s.%ld.tmp", path, (long)getpid());
	if (tmp.failed)
		return false;
	fd = open(tmp.s, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	if (fd >= 0) {
		ok = lines_write(fd, buf_str(b), b->len) && fsync(fd) == 0;
		ok = close(fd) == 0 && ok && rename(tmp.s, path) == 0;
		why = errno;
		if (!ok)
			unlink(tmp.s);
		errno = why;
	}
	buf_release(&tmp);
	return ok;
}

bool
file_mkdirs(const char *path)
{
	struct buf b = BASE_BUF_INIT;
	bool ok = true;

	for (const char *s = path; ok; s++) {
		if ((*s == '/' || *s == '\0') && b.len > 0)
			ok = mkdir(buf_str(&b), 0777) == 0 || errno == EEXIST;
		if (*s == '\0')
			break;
		buf_putc(&b, *s);
	}
	ok = ok && !b.failed;
	buf_release(&b);
	return ok;
}

const char *
file_stem(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/'), *dot;
	const char *name = slash != NULL ? slash + 1 : path;

	dot = strrchr(name, '.');
	return dot != NULL && dot > name ?
	    arena_strndup(a, name, (size_t)(dot - name)) :
	    arena_strdup(a, name);
}

const char *
file_dir(struct arena *a, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return ".";
	return slash == path ? "/" :
	    arena_strndup(a, path, (size_t)(slash - path));
}

const char *
file_ending(struct arena *a, const char *path, const char *end)
{
	const char *dir = file_dir(a, path), *stem = file_stem(a, path);

	if (strchr(path, '/') == NULL)
		return arena_printf(a, "%s%s", stem, end);
	return arena_printf(a, "%s/%s%s", strcmp(dir, "/") == 0 ? "" : dir,
	    stem, end);
}

const char *
file_beside(struct arena *a, const char *path, const char *rel)
{
	if (*rel == '/' || strchr(path, '/') == NULL)
		return rel;
	return arena_printf(a, "%s/%s", file_dir(a, path), rel);
}

int
file_error(const char *what, const char *path)
{
	fprintf(stderr, "miproc: cannot %s %s: %s\n", what,
	    strcmp(path, "-") != 0 ? path : strcmp(what, "read") == 0 ?
	    "standard input" : "standard output", strerror(errno));
	return 2;
}
