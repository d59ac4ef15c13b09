/* miproc cache: what is kept on disk, and getting the room back.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "driver/compile.h"
#include "driver/file.h"
#include "store/store.h"

enum { DAY = 24 * 3600 };                /* seconds */

/* What is kept besides replies: it can be made again. */
enum { BUILDS, INDICES, VECTORS, NKIND };

static const struct {
	const char *word, *dir;         /* in the cache */
	const char *ending;             /* of a file; NULL: a directory */
} kinds[NKIND] = {
	[BUILDS] = { "builds", "build", NULL },
	[INDICES] = { "indices", "index", ".idx" },
	[VECTORS] = { "vectors", "embed", ".vec" },
};

/* A built program, an index of a retriever's file, a store of vectors. */
struct kept {
	int kind;
	const char *path;
	int64_t bytes;
	int64_t used;                   /* when, in seconds */
};

struct cache {
	struct arena *a;
	const char *replies;            /* the file */
	const char *dir[NKIND];
	struct store *store;            /* NULL: no reply was kept yet */
	struct store_stat stat;
	struct kept *kept;
	size_t n, cap;
	size_t count[NKIND], gone[NKIND];
	int64_t bytes[NKIND];
};

/* ---- builds, indices, vectors ---- */

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
	struct kept *k = arg;
	struct stat st;

	(void)c;
	if (lstat(path, &st) != 0)
		return errno == ENOENT;
	k->bytes += st.st_size;
	if (st.st_atim.tv_sec > k->used)
		k->used = st.st_atim.tv_sec;
	if (st.st_mtim.tv_sec > k->used)
		k->used = st.st_mtim.tv_sec;
	return true;
}

static bool
add_kept(struct cache *c, const char *path, void *arg)
{
	struct kept k = { .kind = *(const int *)arg, .path = path };
	const char *ending = kinds[k.kind].ending;
	struct stat st;

	if (lstat(path, &st) != 0)
		return errno == ENOENT;
	if (ending != NULL ? !base_ends(path, ending) : !S_ISDIR(st.st_mode))
		return true;
	if (ending != NULL ? !add_file(c, path, &k) :
	    !visit_all(c, path, add_file, &k))
		return false;
	c->kept = arena_grow(c->a, c->kept, &c->cap, c->n + 1,
	    sizeof *c->kept);
	c->kept[c->n++] = k;
	c->count[k.kind]++;
	c->bytes[k.kind] += k.bytes;
	return true;
}

static int
by_use(const void *x, const void *y)
{
	const struct kept *a = x, *b = y;

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

static int64_t
all_bytes(const struct cache *c)
{
	int64_t sum = c->stat.bytes;

	for (int k = 0; k < NKIND; k++)
		sum += c->bytes[k];
	return sum;
}

static bool
drop_one(struct cache *c, const struct kept *k)
{
	bool file = kinds[k->kind].ending != NULL;

	if (file ? !remove_file(c, k->path, NULL) :
	    !visit_all(c, k->path, remove_file, NULL) ||
	    (rmdir(k->path) != 0 && errno != ENOENT))
		return false;
	c->bytes[k->kind] -= k->bytes;
	c->count[k->kind]--;
	c->gone[k->kind]++;
	return true;
}

/* Removes what was longest unused, and not since `since`, until all takes
 * `most`: vectors, which were paid for, or what else there is. */
static bool
drop(struct cache *c, int64_t most, bool vectors, int64_t since)
{
	if (c->n > 1)
		qsort(c->kept, c->n, sizeof *c->kept, by_use);
	for (size_t i = 0; i < c->n && all_bytes(c) > most; i++) {
		const struct kept *k = &c->kept[i];

		if ((k->kind == VECTORS) == vectors && k->used < since &&
		    !drop_one(c, k))
			return false;
	}
	return true;
}

/* ---- replies ---- */

static int
store_failed(const struct cache *c)
{
	char why[STORE_WHY];

	store_why(c->store, why);
	fprintf(stderr, "miproc: %s\n", why);
	return 2;
}

/* Forgets the replies that were longest of no use until all takes `most`;
 * those of today stay. */
static int
drop_replies(struct cache *c, int64_t most, int64_t *gone)
{
	int64_t rest = all_bytes(c) - c->stat.bytes;

	if (all_bytes(c) <= most)
		return 0;
	if (store_shrink(c->store, most > rest ? most - rest : 0, store_day(),
	    gone) != MIP_OK)
		return store_failed(c);
	store_compact(c->store);
	return store_stat(c->store, &c->stat) == MIP_OK ? 0 : store_failed(c);
}

/* Replies from a file into the cache, or from the cache into a file. */
static int
copy(struct cache *c, const char *path, bool import)
{
	struct store *other;
	struct store_stat before = { .replies = 0 };
	char why[STORE_WHY];
	enum mip_status s;
	int64_t n;

	if (store_open(path, import ? STORE_READ : STORE_SHARE, &other, why) !=
	    MIP_OK) {
		fprintf(stderr, "miproc: %s\n", why);
		return 2;
	}
	if (!import)
		store_stat(other, &before);
	s = import ? store_copy(c->store, other, &n) :
	    store_copy(other, c->store, &n);
	if (s != MIP_OK) {
		store_why(import ? c->store : other, why);
		if (why[0] == '\0')
			store_why(import ? other : c->store, why);
		fprintf(stderr, "miproc: %s\n", why);
	}
	store_close(other);
	if (s != MIP_OK)
		return 2;
	printf("%" PRId64 " replies %s", n, import ? "are new in the cache" :
	    "written");
	if (before.replies > 0)
		printf(", beside %" PRId64 " that were there", before.replies);
	putchar('\n');
	return 0;
}

/* ---- the verb ---- */

/* What is done, by its word, and whether a file is named. */
enum { STAT, CLEAR, GC, EXPORT, IMPORT, NWHAT };
static const char *const whats[NWHAT] = {
	"stat", "clear", "gc", "export", "import"
};

/* What is only looked at may be somebody else's. */
static int
open_replies(struct cache *c, int what)
{
	char why[STORE_WHY], again[STORE_WHY];

	if ((what != EXPORT && what != IMPORT &&
	    access(c->replies, F_OK) != 0) || what == CLEAR)
		return 0;
	if (store_open(c->replies, STORE_CACHE, &c->store, why) != MIP_OK &&
	    ((what != STAT && what != EXPORT) || store_open(c->replies,
	    STORE_READ, &c->store, again) != MIP_OK)) {
		fprintf(stderr, "miproc: %s\n", why);
		return 2;
	}
	return store_stat(c->store, &c->stat) == MIP_OK ? 0 : store_failed(c);
}

static int
open_cache(struct cache *c, const struct options *o, int what)
{
	struct buf dir = BASE_BUF_INIT;

	c->a = o->a;
	if (!store_cache_dir(&dir, o->cache_dir)) {
		buf_release(&dir);
		fprintf(stderr, "miproc: no cache directory is known; set "
		    "MIPROC_CACHE_DIR or HOME\n");
		return 2;
	}
	c->replies = arena_printf(c->a, "%s/cache.db", buf_str(&dir));
	for (int k = 0; k < NKIND; k++)
		c->dir[k] = arena_printf(c->a, "%s/%s", buf_str(&dir),
		    kinds[k].dir);
	buf_release(&dir);
	for (int k = 0; k < NKIND; k++)
		if (!visit_all(c, c->dir[k], add_kept, &k))
			return file_error("read", c->dir[k]);
	return open_replies(c, what);
}

static void
print_stat(const struct cache *c)
{
	printf("replies  %" PRId64 " in %s, %" PRId64 " bytes; they took %"
	    PRId64 " tokens in, %" PRId64 " out\n", c->stat.replies,
	    c->replies, c->stat.bytes, c->stat.in, c->stat.out);
	for (int k = 0; k < NKIND; k++)
		printf("%-8s %zu in %s, %" PRId64 " bytes\n", kinds[k].word,
		    c->count[k], c->dir[k], c->bytes[k]);
}

static void
print_gone(const struct cache *c, int64_t replies)
{
	printf("%" PRId64 " replies, %zu builds, %zu indices and %zu stores "
	    "of vectors are gone\n", replies, c->gone[BUILDS],
	    c->gone[INDICES], c->gone[VECTORS]);
}

static int
clear(struct cache *c)
{
	char why[STORE_WHY];
	int64_t gone;

	if (store_wipe(c->replies, &gone, why) != MIP_OK) {
		fprintf(stderr, "miproc: %s\n", why);
		return 2;
	}
	if (!drop(c, -1, false, INT64_MAX) || !drop(c, -1, true, INT64_MAX))
		return file_error("clear", c->replies);
	print_gone(c, gone);
	return 0;
}

/* What was paid for goes last, and stays if it was used today. */
static int
collect(struct cache *c, int64_t most)
{
	int64_t gone = 0;
	int status;

	if (!drop(c, most, false, INT64_MAX))
		return file_error("clear", c->replies);
	status = c->store != NULL ? drop_replies(c, most, &gone) : 0;
	if (status != 0)
		return status;
	if (!drop(c, most, true, (int64_t)time(NULL) - DAY))
		return file_error("clear", c->dir[VECTORS]);
	print_gone(c, gone);
	if (all_bytes(c) > most)
		fprintf(stderr, "miproc: %" PRId64 " bytes are replies and "
		    "vectors of the last day, and stay; `miproc cache clear` "
		    "forgets them\n", all_bytes(c));
	return 0;
}

static int
cache_wants(int what, const struct options *o)
{
	bool file = what == EXPORT || what == IMPORT;

	if (what == NWHAT)
		fprintf(stderr, "miproc: cache wants stat, clear, gc, export "
		    "or import, not '%s'\n", o->arg[0]);
	else if (what == GC && o->max_size < 0)
		fprintf(stderr, "miproc: cache gc wants --max-size N: how "
		    "many bytes may stay\n");
	else if (file != (o->narg == 2))
		fprintf(stderr, file ? "miproc: cache %s wants a file\n" :
		    "miproc: cache %s wants no file\n", o->arg[0]);
	else
		return 0;
	return 2;
}

int
cmd_cache(struct compilation *c)
{
	const struct options *o = c->o;
	struct cache k = { .n = 0 };
	int what = 0, status;

	while (what < NWHAT && strcmp(o->arg[0], whats[what]) != 0)
		what++;
	status = cache_wants(what, o);
	if (status == 0)
		status = open_cache(&k, o, what);
	if (status == 0 && what == STAT)
		print_stat(&k);
	else if (status == 0 && what == CLEAR)
		status = clear(&k);
	else if (status == 0 && what == GC)
		status = collect(&k, o->max_size);
	else if (status == 0)
		status = copy(&k, o->arg[1], what == IMPORT);
	if (k.store != NULL)
		store_close(k.store);
	return status;
}
