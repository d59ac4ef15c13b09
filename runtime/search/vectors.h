/* Vectors on disk, found by the digest of what they were made of.
 *
 * A store only grows: what was added is there for whoever opens it next, also
 * after a crash.  One process at a time adds to it, with the lock; any number
 * read.
 *
 * SPDX-License-Identifier: MIT */
#ifndef VECTORS_H
#define VECTORS_H

#include <stdint.h>

#include "miproc.h"
#include "search/corpus.h"
#include "search/hits.h"

enum { VECTORS_WHY = CORPUS_WHY, VECTORS_NONE = -1 };

struct vectors;

/* Opens the store in the file, which need not be there; NULL: in memory alone.
 * On failure *out is NULL and `why` has a sentence. */
enum mip_status vectors_open(const char *path, struct vectors **out,
    char why[VECTORS_WHY]);
void vectors_close(struct vectors *v);

/* Waits for the right to add, which vectors_unlock gives back; then what
 * others have added meanwhile is known.  `stop` may end the waiting. */
enum mip_status vectors_lock(struct vectors *v, bool (*stop)(void *arg),
    void *arg, char why[VECTORS_WHY]);
void vectors_unlock(struct vectors *v);

/* Adds a vector of `n` numbers, which it scales to length 1.  All of a store
 * have as many numbers.  Known after the next vectors_load.  With the lock. */
enum mip_status vectors_add(struct vectors *v,
    const unsigned char digest[CORPUS_DIGEST], const float *x, size_t n,
    char why[VECTORS_WHY]);
enum mip_status vectors_load(struct vectors *v, char why[VECTORS_WHY]);

/* The place of a digest's vector, or VECTORS_NONE. */
int64_t vectors_find(const struct vectors *v,
    const unsigned char digest[CORPUS_DIGEST]);

/* Numbers in a vector; 0: the store is empty. */
size_t vectors_length(const struct vectors *v);

/* Scales the `n` numbers to length 1; zeros stay. */
void vectors_scale(float *x, size_t n);

/* Looks at `rows` vectors, those at place[i] (VECTORS_NONE: none there), and
 * puts the ones closest to `x` (of length 1, with as many numbers) into
 * `best`, sorted; the score is the cosine. */
void vectors_search(const struct vectors *v, const int32_t *place,
    size_t rows, const float *x, struct hits *best);

#endif
