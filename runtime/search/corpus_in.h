/* The index of a corpus as it lies in its file, which is mapped.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CORPUS_IN_H
#define CORPUS_IN_H

#include "search/corpus.h"

#define CORPUS_MAGIC "mipidx2"          /* and its NUL: 8 bytes */

/* Numbers are of this machine; another one's are refused by `order`. */
struct corpus_head {
	char magic[8];
	uint64_t order;                 /* 0x0102030405060708 */
	uint64_t size;                  /* of all */
	uint64_t nrow, nterm, nword;    /* nword: lengths of all rows */
	/* where these begin, and the size of the last two */
	uint64_t row, digest, length, term, name, post;
	uint64_t name_size, post_size;
};

struct corpus_row {
	uint64_t at;                    /* in the corpus */
	uint32_t len;
	uint32_t check;                 /* of its bytes */
};

/* A term and the rows that have it: for each the distance from the one
 * before, less 1, and how often it has it, as varints. */
struct corpus_term {
	uint64_t post;
	uint32_t post_len, nrow;
	uint32_t name, name_len;
};

struct corpus {
	const struct corpus_head *head;
	const struct corpus_row *row;
	const unsigned char *digest;
	const uint32_t *length;         /* terms of a row */
	const struct corpus_term *term; /* sorted by name */
	const char *name;
	const unsigned char *post;
	bool mapped;                    /* else malloc'ed */
	int fd;                         /* of the corpus */
	char *path, *index;             /* index: NULL if not kept */
};

/* Of the bytes of a row. */
uint32_t corpus_check(const char *s, size_t n);

/* Makes the image of an index from the file `fd`, which has `size` bytes;
 * malloc'ed.  NULL with the status and a sentence. */
struct corpus_head *corpus_build(const struct corpus_spec *spec, int fd,
    enum mip_status *s, char why[CORPUS_WHY]);


#endif
