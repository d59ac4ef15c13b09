/* miproc cache: what replies and builds take on disk, and getting it back.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/compile.h"
#include "driver/file.h"
#include "store.h"

/* A program in the build cache: a directory of files. */
struct built {
	const char *path;
	int64_t bytes;
	int64_t used;                   /* when, in seconds */
};

struct cache {
	struct arena *a;
	const char *replies, *builds;   /* the file, the directory */
	struct store *store;            /* NULL: no reply was kept yet */
	struct store_stat stat;
	struct built *built;
	size_t n, cap;
	int64_t bytes;                  /* of all that is built */
};

/* ---- the builds ---- */

typedef bool visit(struct cache *c, const char *path, void *arg);

/* Calls `each` for what is in the directory; a directory that is not there is
 * empty.  False with errno set. */
static bool
visit_all(struct cache *c, const char *path, visit *each, void *arg)
{
	DIR *d = opendir(path);
	struct dirent *e;
	bool ok = true;

	if (d == NULL)
		return errno == ENOENT;
	while (ok && (e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0)
			ok = each(c, arena_printf(c->a, "%s/%s", path,
			    e->d_name), arg);
	closedir(d);
	return ok;
}

static bool
add_file(struct cache *c, const char *path, void *arg)
{
	struct built *b = arg;
	struct stat st;

	(void)c;
	if (lstat(path, &st) != 0)
		return errno == ENOENT;
	b->bytes += st.st_size;
	if (st.st_atim.tv_sec > b->used)
		b->used = st.st_atim.tv_sec;
	if (st.st_mtim.tv_sec > b->used)
		b->used = st.st_mtim.tv_sec;
	return true;
}

static bool
add_built(struct cache *c, const char *path, void *arg)
{
	struct built b = { .path = path };
	struct stat st;

	(void)arg;
	if (lstat(path, &st) != 0)
		return errno == ENOENT;
	if (!S_ISDIR(st.st_mode))
		return true;
	if (!visit_all(c, path, add_file, &b))
		return false;
	c->built = arena_grow(c->a, c->built, &c->cap, c->n + 1,
	    sizeof *c->built);
	c->built[c->n++] = b;
	c->bytes += b.bytes;
	return true;
}

static int
by_use(const void *x, const void *y)
{
	const struct built *a = x, *b = y;

	if (a->used != b->used)
		return a->used < b->used ? -1 : 1;
	return strcmp(a->path, b->path);
}

static bool
remove_file(struct cache *c, const char *path, void *arg)
{
	(void)c;
	(void)arg;
	return unlink(path) == 0 || errno == ENOENT;
}

/* Removes what was longest unused, until replies and builds take `most`. */
static bool
drop_builds(struct cache *c, int64_t most)
{
	size_t i = 0;

	if (c->n > 1)
		qsort(c->built, c->n, sizeof *c->built, by_use);
	for (; i < c->n && c->bytes + c->stat.bytes > most; i++) {
		const struct built *b = &c->built[i];

		if (!visit_all(c, b->path, remove_file, NULL) ||
		    (rmdir(b->path) != 0 && errno != ENOENT))
			return false;
		c->bytes -= b->bytes;
	}
	c->built += i;
	c->n -= i;
	return true;
}

/* ---- replies ---- */

static int
store_failed(const struct cache *c)
{
	char why[STORE_WHY];

	store_why(c->store, why);
	fprintf(stderr, "miproc: %s: %s\n", c->replies, why);
	return 2;
}

/* Forgets the oldest replies, by whole days, until all takes `most`; those
 * of the last day stay. */
static int
drop_replies(struct cache *c, int64_t most, int64_t *gone)
{
	int64_t n;

	for (int64_t days = 1024; days > 0; days /= 2) {
		if (c->bytes + c->stat.bytes <= most)
			return 0;
		if (store_clear(c->store, days, &n) != MIP_OK ||
		    store_stat(c->store, &c->stat) != MIP_OK)
			return store_failed(c);
		*gone += n;
	}
	return 0;
}

/* ---- the verb ---- */

static int
open_cache(struct cache *c, const struct options *o)
{
	struct buf dir = BUF_INIT;
	char why[STORE_WHY];

	c->a = o->a;
	if (!store_cache_dir(&dir, o->cache_dir)) {
		buf_release(&dir);
		fprintf(stderr, "miproc: no cache directory is known; set "
		    "MIPROC_CACHE_DIR or HOME\n");
		return 2;
	}
	c->replies = arena_printf(c->a, "%s/cache.db", buf_str(&dir));
	c->builds = arena_printf(c->a, "%s/build", buf_str(&dir));
	buf_release(&dir);
	if (!visit_all(c, c->builds, add_built, NULL))
		return file_error("read", c->builds);
	if (access(c->replies, F_OK) != 0)
		return 0;
	if (store_open(c->replies, true, &c->store, why) != MIP_OK) {
		fprintf(stderr, "miproc: %s\n", why);
		return 2;
	}
	return store_stat(c->store, &c->stat) == MIP_OK ? 0 : store_failed(c);
}

static void
print_stat(const struct cache *c)
{
	printf("replies  %" PRId64 " in %s, %" PRId64 " bytes; they took %"
	    PRId64 " tokens in, %" PRId64 " out\n", c->stat.replies,
	    c->replies, c->stat.bytes, c->stat.in, c->stat.out);
	printf("builds   %zu in %s, %" PRId64 " bytes\n", c->n, c->builds,
	    c->bytes);
}

static int
clear(struct cache *c)
{
	size_t n = c->n;
	int64_t gone = 0;

	if (c->store != NULL && store_clear(c->store, 0, &gone) != MIP_OK)
		return store_failed(c);
	c->stat.bytes = 0;
	if (!drop_builds(c, -1))
		return file_error("clear", c->builds);
	printf("%" PRId64 " replies and %zu builds are gone\n", gone, n);
	return 0;
}

static int
collect(struct cache *c, int64_t most)
{
	size_t n = c->n;
	int64_t gone = 0;
	int status;

	if (!drop_builds(c, most))
		return file_error("clear", c->builds);
	status = c->store != NULL ? drop_replies(c, most, &gone) : 0;
	if (status != 0)
		return status;
	printf("%" PRId64 " replies and %zu builds are gone\n", gone,
	    n - c->n);
	if (c->bytes + c->stat.bytes > most)
		fprintf(stderr, "miproc: %" PRId64 " bytes are replies of the "
		    "last day, and stay; `miproc cache clear` forgets them\n",
		    c->stat.bytes);
	return 0;
}

int
cmd_cache(struct compilation *c)
{
	const char *what = c->o->arg[0];
	struct cache k = { .n = 0 };
	int status = 0;

	if (strcmp(what, "stat") != 0 && strcmp(what, "clear") != 0 &&
	    strcmp(what, "gc") != 0) {
		fprintf(stderr, "miproc: cache wants stat, clear or gc, not "
		    "'%s'\n", what);
		return 2;
	}
	if (*what == 'g' && c->o->max_size < 0) {
		fprintf(stderr, "miproc: cache gc wants --max-size N: how "
		    "many bytes may stay\n");
		return 2;
	}
	status = open_cache(&k, c->o);
	if (status == 0 && *what == 's')
		print_stat(&k);
	else if (status == 0 && *what == 'c')
		status = clear(&k);
	else if (status == 0)
		status = collect(&k, c->o->max_size);
	if (k.store != NULL)
		store_close(k.store);
	return status;
}
