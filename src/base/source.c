/* Reading sources, and finding lines and columns in them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/source.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"

enum { SOURCE_MAX = 1 << 30 };          /* scanners count in int */

void
sources_init(struct sources *s, struct arena *a)
{
	*s = (struct sources){ .a = a };
}

static struct source *
append(struct sources *s, const char *path, const char *text, size_t len)
{
	struct source *x;
	unsigned base = 1;

	if (s->last)
		base = s->last->base + (unsigned)s->last->len + 1;
	if (len > SOURCE_MAX || len > UINT_MAX - base - 1) {
		errno = EFBIG;
		return NULL;
	}
	x = arena_alloc(s->a, sizeof(*x));
	x->path = arena_strdup(s->a, path);
	x->text = arena_strndup(s->a, text, 0);
	x->len = len;
	x->base = base;
	if (len > 0) {
		char *copy = arena_alloc(s->a, len + 1);

		memcpy(copy, text, len);
		x->text = copy;
	}
	if (s->last)
		s->last->next = x;
	else
		s->first = x;
	s->last = x;
	return x;
}

struct source *
sources_add(struct sources *s, const char *path, const char *text, size_t len)
{
	return append(s, path, text, len);
}

/* Everything in `f`; false with errno set. */
static bool
slurp(FILE *f, struct buf *b)
{
	char piece[16384];
	size_t n;

	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_put(b, piece, n);
	if (ferror(f))
		return false;
	if (b->failed)
		errno = b->len + sizeof(piece) > SOURCE_MAX ? EFBIG : ENOMEM;
	return !b->failed;
}

static struct source *
read_file(struct sources *s, FILE *f, const char *path)
{
	struct source *x;
	struct stat st;
	struct buf b;
	int saved;

	if (fstat(fileno(f), &st) != 0)
		return NULL;
	if (S_ISDIR(st.st_mode)) {
		errno = EISDIR;
		return NULL;
	}
	for (x = s->first; x; x = x->next)
		if (x->inode && x->inode == (uint64_t)st.st_ino &&
		    x->device == (uint64_t)st.st_dev)
			return x;
	buf_init(&b, SOURCE_MAX);
	if (slurp(f, &b))
		x = append(s, path, buf_str(&b), b.len);
	if (x) {
		x->device = (uint64_t)st.st_dev;
		x->inode = (uint64_t)st.st_ino;
	}
	saved = errno;
	buf_release(&b);
	errno = saved;
	return x;
}

struct source *
sources_read(struct sources *s, const char *path)
{
	struct source *x;
	FILE *f;
	int saved;

	if (strcmp(path, "-") == 0) {
		for (x = s->first; x; x = x->next)
			if (strcmp(x->path, "<stdin>") == 0)
				return x;
		return read_file(s, stdin, "<stdin>");
	}
	f = fopen(path, "rb");
	if (!f)
		return NULL;
	x = read_file(s, f, path);
	saved = errno;
	fclose(f);
	errno = saved;
	return x;
}

static void
make_lines(struct arena *a, struct source *x)
{
	size_t i;
	unsigned n = 1;

	for (i = 0; i < x->len; i++)
		n += x->text[i] == '\n';
	x->line = arena_array(a, n, sizeof(*x->line));
	for (i = 0, n = 1; i < x->len; i++)
		if (x->text[i] == '\n')
			x->line[n++] = (unsigned)i + 1;
	x->nline = n;
}

/* The last line that begins at `at` or before. */
static unsigned
find_line(const struct source *x, unsigned at)
{
	unsigned lo = 0, hi = x->nline, mid;

	while (hi - lo > 1) {
		mid = lo + (hi - lo) / 2;
		if (x->line[mid] <= at)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

struct place
sources_place(const struct sources *s, unsigned off)
{
	struct place p = { NULL, 0, 0, "", 0, 0 };
	struct source *x;
	unsigned n, i, start, end;

	for (x = s->first; x; x = x->next)
		if (off >= x->base && off - x->base <= x->len)
			break;
	if (!x)
		return p;
	if (!x->line)
		make_lines(s->a, x);
	off -= x->base;
	n = find_line(x, off);
	start = x->line[n];
	end = n + 1 < x->nline ? x->line[n + 1] - 1 : (unsigned)x->len;
	if (end > start && x->text[end - 1] == '\r')
		end--;
	p.source = x;
	p.line = n + 1;
	p.text = x->text + start;
	p.len = end - start;
	p.byte = off - start;
	p.col = 1;
	for (i = start; i < off; i++)
		p.col += ((unsigned char)x->text[i] & 0xc0) != 0x80;
	return p;
}

static bool
is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

const char *
sources_find(struct arena *a, const struct source *from, const char *name,
    const char *const *dir, unsigned ndir)
{
	const char *slash, *path;
	unsigned i;

	if (name[0] == '/')
		return is_file(name) ? name : NULL;
	slash = strrchr(from->path, '/');
	path = slash ? arena_printf(a, "%.*s/%s", (int)(slash - from->path),
	    from->path, name) : name;
	if (is_file(path))
		return path;
	for (i = 0; i < ndir; i++) {
		path = arena_printf(a, "%s/%s", dir[i], name);
		if (is_file(path))
			return path;
	}
	return NULL;
}

/* ---- paths ---- */

/* The parts of a directory, without those that mean nothing. */
struct parts {
	const char **v;
	size_t n, cap;
	bool absolute;
};

static void
add_parts(struct arena *a, struct parts *p, const char *s, size_t n)
{
	size_t k;

	for (; n > 0; s += k, n -= k) {
		if (*s == '/') {
			k = 1;
			continue;
		}
		for (k = 0; k < n && s[k] != '/'; k++)
			continue;
		if (k == 1 && *s == '.')
			continue;
		p->v = arena_grow(a, p->v, &p->cap, p->n + 1, sizeof *p->v);
		p->v[p->n++] = arena_strndup(a, s, k);
	}
}

/* Of the directory that `path` is in. */
static struct parts
dir_parts(struct arena *a, const char *path, bool absolute)
{
	const char *slash = strrchr(path, '/');
	struct parts p = { .absolute = absolute || path[0] == '/' };
	char cwd[4096];

	if (absolute && path[0] != '/' && getcwd(cwd, sizeof cwd) != NULL)
		add_parts(a, &p, cwd, strlen(cwd));
	if (slash != NULL)
		add_parts(a, &p, path, (size_t)(slash - path));
	return p;
}

/* How many parts both begin with. */
static size_t
common(const struct parts *x, const struct parts *y)
{
	size_t n = 0;

	while (n < x->n && n < y->n && strcmp(x->v[n], y->v[n]) == 0)
		n++;
	return n;
}

static bool
goes_up(const struct parts *p, size_t from)
{
	size_t i;

	for (i = from; i < p->n; i++)
		if (strcmp(p->v[i], "..") == 0)
			return true;
	return false;
}

const char *
sources_relative(struct arena *a, const struct source *main,
    const struct source *from, const char *name)
{
	struct parts to = dir_parts(a, main->path, false);
	struct parts of = dir_parts(a, from->path, false);
	bool mixed = to.absolute != of.absolute;
	size_t n = common(&to, &of), i;
	const char *s = "";

	if (name[0] == '/' || (!mixed && n == to.n && n == of.n))
		return name;
	if (mixed || goes_up(&to, n)) {
		of = dir_parts(a, from->path, true);
		for (i = 0; i < of.n; i++)
			s = arena_printf(a, "%s/%s", s, of.v[i]);
		s = arena_printf(a, "%s/", s);
	} else {
		for (i = n; i < to.n; i++)
			s = arena_printf(a, "%s../", s);
		/* It still looks like a path. */
		if (n == to.n && strcmp(of.v[n], "..") != 0 &&
		    strncmp(name, "./", 2) == 0)
			s = "./";
		for (i = n; i < of.n; i++)
			s = arena_printf(a, "%s%s/", s, of.v[i]);
	}
	while (name[0] == '.' && name[1] == '/')
		for (name += 2; *name == '/'; name++)
			continue;
	return arena_printf(a, "%s%s", s, name);
}
