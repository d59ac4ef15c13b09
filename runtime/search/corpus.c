/* A file of rows and its index: found, made, kept, mapped.
 *
 * In the directory there are, for each file and set of options:
 *   KEY-STATE.idx  the index, of the file as it was with that size and time
 *   KEY.new        the same in the making
 *   KEY.lock       held by who makes it
 *
 * SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/lines.h"
#include "core/lock.h"
#include "core/sha256.h"
#include "search/corpus_in.h"

enum {
	CORPUS_FORMAT = 1,              /* of the index; part of its name */
	CORPUS_HEX = 24                 /* digits of a digest in a name */
};

/* The names in the directory. */
struct corpus_names {
	struct buf index, new, lock;
	char key[CORPUS_HEX + 1];
};

/* ---- names ---- */

static bool
corpus_hex(const struct buf *b, char out[CORPUS_HEX + 1])
{
	char hex[SHA256_HEX];

	if (b->failed || !sha256_hex(buf_str(b), b->len, hex))
		return false;
	memcpy(out, hex, CORPUS_HEX);
	out[CORPUS_HEX] = '\0';
	return true;
}

/* What the index depends on besides the content of the file. */
static void
corpus_options(struct buf *b, const struct corpus_spec *spec)
{
	char here[4096];
	size_t i;

	buf_printf(b, "%d %d %d ", CORPUS_FORMAT, spec->ranked, spec->stem);
	if (spec->path[0] != '/' && getcwd(here, sizeof here))
		buf_printf(b, "%s/", here);
	buf_puts(b, spec->path);
	for (i = 0; spec->text[i]; i++) {
		buf_putc(b, '\0');
		buf_puts(b, spec->text[i]);
	}
	buf_putc(b, '\0');
	buf_puts(b, spec->id ? spec->id : "");
}

static bool
corpus_name(struct corpus_names *n, const struct corpus_spec *spec,
    const struct stat *st)
{
	struct buf b = BUF_INIT;
	char state[CORPUS_HEX + 1];
	bool ok;

	*n = (struct corpus_names){ .index = BUF_INIT };
	corpus_options(&b, spec);
	ok = corpus_hex(&b, n->key);
	buf_reset(&b);
	buf_printf(&b, "%lld %lld %ld", (long long)st->st_size,
	    (long long)st->st_mtim.tv_sec, (long)st->st_mtim.tv_nsec);
	ok = ok && corpus_hex(&b, state);
	buf_release(&b);
	if (!ok)
		return false;
	buf_printf(&n->index, "%s/%s-%s.idx", spec->dir, n->key, state);
	buf_printf(&n->new, "%s/%s.new", spec->dir, n->key);
	buf_printf(&n->lock, "%s/%s.lock", spec->dir, n->key);
	return !n->index.failed && !n->new.failed && !n->lock.failed;
}

static void
corpus_names_release(struct corpus_names *n)
{
	buf_release(&n->index);
	buf_release(&n->new);
	buf_release(&n->lock);
}

/* ---- an index that is there ---- */

static bool
corpus_inside(uint64_t at, uint64_t n, uint64_t each, uint64_t size)
{
	return at <= size && at % 8 == 0 && n <= (size - at) / each;
}

/* Sets the parts of `c` from its head; false if it is no whole index. */
static bool
corpus_parts(struct corpus *c, const struct corpus_head *h, size_t size)
{
	const char *p = (const char *)h;

	if (size < sizeof *h || memcmp(h->magic, CORPUS_MAGIC, 8) != 0 ||
	    h->order != UINT64_C(0x0102030405060708) || h->size != size ||
	    !corpus_inside(h->row, h->nrow, sizeof *c->row, size) ||
	    !corpus_inside(h->digest, h->nrow, CORPUS_DIGEST, size) ||
	    !corpus_inside(h->length, h->nrow, sizeof *c->length, size) ||
	    !corpus_inside(h->term, h->nterm, sizeof *c->term, size) ||
	    !corpus_inside(h->name, h->name_size, 1, size) ||
	    !corpus_inside(h->post, h->post_size, 1, size))
		return false;
	c->head = h;
	c->row = (const void *)(p + h->row);
	c->digest = (const unsigned char *)p + h->digest;
	c->length = (const void *)(p + h->length);
	c->term = (const void *)(p + h->term);
	c->name = p + h->name;
	c->post = (const unsigned char *)p + h->post;
	return true;
}

/* The parts of terms lie within theirs? */
static bool
corpus_terms_fit(const struct corpus *c)
{
	const struct corpus_head *h = c->head;
	const struct corpus_term *t;
	uint64_t i;

	for (i = 0; i < h->nterm; i++) {
		t = &c->term[i];
		if (t->post > h->post_size ||
		    t->post_len > h->post_size - t->post ||
		    t->name > h->name_size ||
		    t->name_len > h->name_size - t->name)
			return false;
	}
	return true;
}

/* Maps the index; false if there is none that is whole. */
static bool
corpus_map(struct corpus *c, const char *path)
{
	struct stat st;
	void *p = MAP_FAILED;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (fstat(fd, &st) == 0 && st.st_size > 0)
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd,
		    0);
	close(fd);
	if (p == MAP_FAILED)
		return false;
	if (!corpus_parts(c, p, (size_t)st.st_size) || !corpus_terms_fit(c)) {
		munmap(p, (size_t)st.st_size);
		c->head = NULL;
		return false;
	}
	c->mapped = true;
	c->index = strdup(path);
	return true;
}

/* ---- making it ---- */

bool
corpus_mkdirs(const char *dir)
{
	char *path = strdup(dir), *slash;
	bool ok = path != NULL;

	for (slash = path ? strchr(path + 1, '/') : NULL; slash;
	    slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0777);
		*slash = '/';
	}
	ok = ok && (mkdir(path, 0777) == 0 || errno == EEXIST);
	free(path);
	return ok;
}

/* Removes indices of the same file as it was before. */
static void
corpus_sweep(const struct corpus_spec *spec, const struct corpus_names *n)
{
	DIR *d = opendir(spec->dir);
	const char *own = strrchr(buf_str(&n->index), '/') + 1;
	struct dirent *e;
	size_t len;

	while (d && (e = readdir(d))) {
		len = strlen(e->d_name);
		if (strncmp(e->d_name, n->key, CORPUS_HEX) == 0 &&
		    e->d_name[CORPUS_HEX] == '-' && len > 4 &&
		    strcmp(e->d_name + len - 4, ".idx") == 0 &&
		    strcmp(e->d_name, own) != 0)
			unlinkat(dirfd(d), e->d_name, 0);
	}
	if (d)
		closedir(d);
}

/* False with the reason in `why`. */
static bool
corpus_keep(const struct corpus_spec *spec, const struct corpus_names *n,
    const struct corpus_head *h, char why[CORPUS_WHY])
{
	const char *new = buf_str(&n->new);
	int fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	bool ok = fd >= 0 && lines_write(fd, h, h->size);

	if (fd >= 0 && close(fd) != 0)
		ok = false;
	ok = ok && rename(new, buf_str(&n->index)) == 0;
	if (ok) {
		corpus_sweep(spec, n);
		return true;
	}
	snprintf(why, CORPUS_WHY, "the index of %.110s cannot be kept in "
	    "%.110s: %.50s", spec->path, spec->dir, strerror(errno));
	if (fd >= 0)
		unlink(new);
	return false;
}

static enum mip_status
corpus_make(struct corpus *c, const struct corpus_spec *spec,
    const struct corpus_names *n, char why[CORPUS_WHY])
{
	enum mip_status s;
	struct corpus_head *h;

	if (lseek(c->fd, 0, SEEK_SET) != 0) {
		snprintf(why, CORPUS_WHY, "cannot read %.200s: it is no file",
		    spec->path);
		return MIP_IO;
	}
	h = corpus_build(spec, c->fd, &s, why);
	if (!h)
		return s;
	if (n && corpus_keep(spec, n, h, why) &&
	    corpus_map(c, buf_str(&n->index))) {
		free(h);
		return MIP_OK;
	}
	corpus_parts(c, h, h->size);
	return MIP_OK;
}

/* The lock of who makes the index; -1 if there is none to be had, with *s set
 * if it is not to be made at all. */
static int
corpus_lock(const char *path, bool (*stop)(void *), void *arg,
    enum mip_status *s)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	enum mip_status got;

	if (fd < 0)
		return -1;
	got = lock_take(fd, stop, arg);
	if (got == MIP_OK)
		return fd;
	close(fd);
	if (got == MIP_CANCELLED)
		*s = got;
	return -1;
}

static enum mip_status
corpus_index(struct corpus *c, const struct corpus_spec *spec,
    const struct stat *st, bool (*stop)(void *), void *arg,
    char why[CORPUS_WHY])
{
	struct corpus_names n;
	enum mip_status s = MIP_OK;
	int lock;

	if (!spec->dir)
		return corpus_make(c, spec, NULL, why);
	if (!corpus_name(&n, spec, st)) {
		s = MIP_NOMEM;
	} else if (!corpus_map(c, buf_str(&n.index))) {
		corpus_mkdirs(spec->dir);
		lock = corpus_lock(buf_str(&n.lock), stop, arg, &s);
		if (s == MIP_OK && !corpus_map(c, buf_str(&n.index)))
			s = corpus_make(c, spec, &n, why);
		if (lock >= 0)
			close(lock);
	}
	corpus_names_release(&n);
	return s;
}

enum mip_status
corpus_open(const struct corpus_spec *spec, bool (*stop)(void *arg),
    void *arg, struct corpus **out, char why[CORPUS_WHY])
{
	struct corpus *c = calloc(1, sizeof *c);
	enum mip_status s = MIP_NOMEM;
	struct stat st;

	*out = NULL;
	why[0] = '\0';
	if (c) {
		c->fd = open(spec->path, O_RDONLY | O_CLOEXEC);
		c->path = strdup(spec->path);
	}
	if (c && (c->fd < 0 || fstat(c->fd, &st) != 0)) {
		snprintf(why, CORPUS_WHY, "cannot read %.200s: %.80s",
		    spec->path, strerror(errno));
		s = MIP_IO;
	} else if (c && !S_ISREG(st.st_mode)) {
		snprintf(why, CORPUS_WHY, "cannot read %.200s: it is no file",
		    spec->path);
		s = MIP_IO;
	} else if (c && c->path) {
		s = corpus_index(c, spec, &st, stop, arg, why);
	}
	if (s != MIP_OK) {
		if (!why[0])
			snprintf(why, CORPUS_WHY, "%s", mip_status_text(s));
		corpus_close(c);
		return s;
	}
	*out = c;
	return MIP_OK;
}

void
corpus_close(struct corpus *c)
{
	union { const void *from; void *to; } head;

	if (!c)
		return;
	head.from = c->head;            /* ours, whatever it points to */
	if (c->mapped)
		munmap(head.to, c->head->size);
	else
		free(head.to);
	if (c->fd >= 0)
		close(c->fd);
	free(c->path);
	free(c->index);
	free(c);
}

/* ---- rows ---- */

size_t
corpus_rows(const struct corpus *c)
{
	return c->head->nrow;
}

const unsigned char *
corpus_digest(const struct corpus *c, size_t row)
{
	return c->digest + row * CORPUS_DIGEST;
}

enum mip_status
corpus_row(const struct corpus *c, size_t row, struct buf *b,
    struct json *object, char why[CORPUS_WHY])
{
	const struct corpus_row *r = &c->row[row];
	size_t at = 0;
	ssize_t n = 1;

	buf_reset(b);
	if (!buf_reserve(b, r->len + 1)) {
		snprintf(why, CORPUS_WHY, "%s", mip_status_text(MIP_NOMEM));
		return MIP_NOMEM;
	}
	while (at < r->len && n > 0) {
		n = pread(c->fd, b->s + at, r->len - at,
		    (off_t)(r->at + at));
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			at += (size_t)n;
	}
	b->len = at;
	b->s[at] = '\0';
	if (at == r->len && corpus_check(b->s, at) == r->check &&
	    json_parse(b->s, at, object, NULL, NULL))
		return MIP_OK;
	/* Whoever comes next makes it anew. */
	if (c->index)
		unlink(c->index);
	snprintf(why, CORPUS_WHY, "%.200s has changed since it was read; "
	    "run again", c->path);
	return MIP_IO;
}
