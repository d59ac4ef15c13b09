/* A file of records of one size: a digest and a vector.
 *
 * SPDX-License-Identifier: MIT */
#include "search/vectors.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/lines.h"
#include "core/lock.h"

enum { VECTORS_LANES = 8 };

#define VECTORS_MAGIC "mipvec1"         /* and its NUL: 8 bytes */
#define VECTORS_MOST ((size_t)INT32_MAX)

struct vectors_head {
	char magic[8];
	uint64_t order;                 /* 0x0102030405060708 */
	uint64_t length;                /* numbers in a vector */
	uint64_t spare[5];
};

struct vectors {
	char *path;                     /* NULL: in memory */
	int fd;                         /* of adding, with the lock; or -1 */
	size_t length;
	size_t size;                    /* of a record */
	unsigned char *v;               /* records; mapped or malloc'ed */
	size_t n, cap;                  /* cap: malloc'ed ones */
	void *map;
	size_t map_size;
	size_t added;                   /* since the last load, in memory */
	int32_t *slot;                  /* 1 + place, or 0; 2^k of them */
	size_t nslot;
	unsigned char *record;          /* one, for adding */
};

static enum mip_status
vectors_nomem(char why[VECTORS_WHY])
{
	snprintf(why, VECTORS_WHY, "%s", mip_status_text(MIP_NOMEM));
	return MIP_NOMEM;
}

static enum mip_status
vectors_io(const struct vectors *v, const char *what, char why[VECTORS_WHY])
{
	snprintf(why, VECTORS_WHY, "cannot %s %.200s: %.80s", what, v->path,
	    strerror(errno));
	return MIP_IO;
}

/* ---- what is there ---- */

static void
vectors_unmap(struct vectors *v)
{
	if (v->map)
		munmap(v->map, v->map_size);
	v->map = NULL;
	v->v = NULL;
	v->n = 0;
}

static size_t
vectors_record(size_t length)
{
	return CORPUS_DIGEST + length * sizeof(float);
}

/* Digests are as good as random numbers. */
static size_t
vectors_hash(const unsigned char *digest, size_t nslot)
{
	uint64_t h;

	memcpy(&h, digest, sizeof h);
	return (size_t)h & (nslot - 1);
}

static bool
vectors_index(struct vectors *v)
{
	size_t n = 16, i, at;

	while (n < v->n * 2)
		n *= 2;
	free(v->slot);
	v->slot = calloc(n, sizeof *v->slot);
	v->nslot = v->slot ? n : 0;
	for (i = 0; v->slot && i < v->n; i++) {
		at = vectors_hash(v->v + i * v->size, n);
		while (v->slot[at])
			at = (at + 1) & (n - 1);
		v->slot[at] = (int32_t)i + 1;
	}
	return v->slot != NULL;
}

/* Maps the whole records of the file, if it is one of ours. */
static enum mip_status
vectors_map(struct vectors *v, char why[VECTORS_WHY])
{
	struct vectors_head h;
	struct stat st;
	int fd = open(v->path, O_RDONLY | O_CLOEXEC);

	vectors_unmap(v);
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? MIP_OK :
		    vectors_io(v, "read", why);
	if (fstat(fd, &st) != 0 || st.st_size < (off_t)sizeof h) {
		close(fd);
		return MIP_OK;
	}
	v->map_size = (size_t)st.st_size;
	v->map = mmap(NULL, v->map_size, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (v->map == MAP_FAILED) {
		v->map = NULL;
		return vectors_io(v, "map", why);
	}
	memcpy(&h, v->map, sizeof h);
	if (memcmp(h.magic, VECTORS_MAGIC, 8) != 0 ||
	    h.order != UINT64_C(0x0102030405060708) || h.length == 0 ||
	    h.length > VECTORS_MOST / sizeof(float)) {
		vectors_unmap(v);
		return MIP_OK;
	}
	v->length = (size_t)h.length;
	v->size = vectors_record(v->length);
	v->v = (unsigned char *)v->map + sizeof h;
	v->n = (v->map_size - sizeof h) / v->size;
	if (v->n > VECTORS_MOST)
		v->n = VECTORS_MOST;
	return MIP_OK;
}

enum mip_status
vectors_load(struct vectors *v, char why[VECTORS_WHY])
{
	enum mip_status s = MIP_OK;

	v->nslot = 0;                   /* it is of what was mapped before */
	if (v->path)
		s = vectors_map(v, why);
	else
		v->n = v->added;
	if (s == MIP_OK && !vectors_index(v))
		s = vectors_nomem(why);
	return s;
}

enum mip_status
vectors_open(const char *path, struct vectors **out, char why[VECTORS_WHY])
{
	struct vectors *v = calloc(1, sizeof *v);
	enum mip_status s = MIP_NOMEM;

	*out = NULL;
	if (v) {
		v->fd = -1;
		v->path = path ? strdup(path) : NULL;
	}
	if (v && (v->path || !path))
		s = vectors_load(v, why);
	else
		vectors_nomem(why);
	if (s != MIP_OK) {
		vectors_close(v);
		return s;
	}
	*out = v;
	return MIP_OK;
}

void
vectors_close(struct vectors *v)
{
	if (!v)
		return;
	vectors_unlock(v);
	if (v->path)
		vectors_unmap(v);
	else
		free(v->v);
	free(v->slot);
	free(v->record);
	free(v->path);
	free(v);
}

int64_t
vectors_find(const struct vectors *v,
    const unsigned char digest[CORPUS_DIGEST])
{
	size_t at, i;

	if (v->nslot == 0)
		return VECTORS_NONE;
	for (at = vectors_hash(digest, v->nslot); v->slot[at];
	    at = (at + 1) & (v->nslot - 1)) {
		i = (size_t)v->slot[at] - 1;
		if (memcmp(v->v + i * v->size, digest, CORPUS_DIGEST) == 0)
			return (int64_t)i;
	}
	return VECTORS_NONE;
}

size_t
vectors_length(const struct vectors *v)
{
	return v->length;
}

/* ---- adding ---- */

enum mip_status
vectors_lock(struct vectors *v, bool (*stop)(void *arg), void *arg,
    char why[VECTORS_WHY])
{
	enum mip_status s;

	if (!v->path)
		return MIP_OK;
	v->fd = open(v->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (v->fd < 0)
		return vectors_io(v, "write", why);
	s = lock_take(v->fd, stop, arg);
	if (s == MIP_OK)
		return vectors_load(v, why);
	vectors_unlock(v);
	if (s != MIP_CANCELLED)
		return vectors_io(v, "lock", why);
	snprintf(why, VECTORS_WHY, "%s", mip_status_text(s));
	return s;
}

void
vectors_unlock(struct vectors *v)
{
	if (v->fd >= 0)
		close(v->fd);
	v->fd = -1;
}

void
vectors_scale(float *x, size_t n)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sum += (double)x[i] * (double)x[i];
	sum = sqrt(sum);
	for (i = 0; sum > 0 && i < n; i++)
		x[i] = (float)((double)x[i] / sum);
}

/* The first vector says how long they are, and what was no store is emptied;
 * a record that was cut off is dropped. */
static enum mip_status
vectors_begin(struct vectors *v, size_t length, char why[VECTORS_WHY])
{
	struct vectors_head h = { .magic = VECTORS_MAGIC,
	    .order = UINT64_C(0x0102030405060708), .length = length };
	off_t end;

	if (!v->record) {
		v->record = malloc(vectors_record(length));
		if (!v->record)
			return vectors_nomem(why);
		if (v->path) {
			end = (off_t)(sizeof h + v->n * v->size);
			if (v->length == 0)
				end = 0;
			if (ftruncate(v->fd, end) != 0 ||
			    lseek(v->fd, end, SEEK_SET) != end ||
			    (end == 0 && !lines_write(v->fd, &h, sizeof h)))
				return vectors_io(v, "write", why);
		}
		if (v->length == 0) {
			v->length = length;
			v->size = vectors_record(length);
		}
	}
	if (length == v->length)
		return MIP_OK;
	snprintf(why, VECTORS_WHY, "a vector has %zu numbers, and those that "
	    "were made before have %zu: is it another model?", length,
	    v->length);
	return MIP_USAGE;
}

static enum mip_status
vectors_remember(struct vectors *v, char why[VECTORS_WHY])
{
	size_t cap = v->cap ? v->cap * 2 : 64;
	void *p;

	if (v->added == v->cap) {
		p = realloc(v->v, cap * v->size);
		if (!p)
			return vectors_nomem(why);
		v->v = p;
		v->cap = cap;
	}
	memcpy(v->v + v->added++ * v->size, v->record, v->size);
	return MIP_OK;
}

enum mip_status
vectors_add(struct vectors *v, const unsigned char digest[CORPUS_DIGEST],
    const float *x, size_t n, char why[VECTORS_WHY])
{
	enum mip_status s = vectors_begin(v, n, why);

	if (s != MIP_OK)
		return s;
	memcpy(v->record, digest, CORPUS_DIGEST);
	memcpy(v->record + CORPUS_DIGEST, x, n * sizeof *x);
	vectors_scale((void *)(v->record + CORPUS_DIGEST), n);
	if (!v->path)
		return vectors_remember(v, why);
	return lines_write(v->fd, v->record, v->size) ? MIP_OK :
	    vectors_io(v, "write", why);
}

/* ---- searching ---- */

/* Eight sums side by side, which compilers turn into one vector of them; added
 * up in one order, so that the result is the same everywhere. */
static float
vectors_dot(const float *a, const float *b, size_t n)
{
	float sum[VECTORS_LANES] = { 0 }, all = 0;
	size_t i, k;

	for (i = 0; i + VECTORS_LANES <= n; i += VECTORS_LANES)
		for (k = 0; k < VECTORS_LANES; k++)
			sum[k] += a[i + k] * b[i + k];
	for (k = 0; k < VECTORS_LANES; k++)
		all += sum[k];
	for (; i < n; i++)
		all += a[i] * b[i];
	return all;
}

void
vectors_search(const struct vectors *v, const int32_t *place, size_t rows,
    const float *x, struct hits *best)
{
	const float *y;
	size_t i;

	best->n = 0;
	for (i = 0; i < rows; i++) {
		if (place[i] < 0)
			continue;
		y = (const void *)(v->v + (size_t)place[i] * v->size +
		    CORPUS_DIGEST);
		hits_put(best, i, vectors_dot(x, y, v->length));
	}
	hits_sort(best);
}
