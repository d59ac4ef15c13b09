/* Ranking by BM25: an inverted index, and the rows that fit a query best.
 *
 * SPDX-License-Identifier: MIT */
#ifndef BM25_H
#define BM25_H

#include "search/corpus.h"
#include "search/hits.h"

/* ---- making an index ---- */

struct bm25;

struct bm25 *bm25_new(bool stem);       /* NULL without memory */
void bm25_free(struct bm25 *b);

/* Adds the next row; false without memory, or over 2^32 rows or bytes of
 * terms.  *length: its terms. */
bool bm25_add(struct bm25 *b, const char *text, size_t n, uint32_t *length);

/* Sorts the terms, after which no rows may be added, and gives the sizes of the
 * three parts of corpus_in.h: terms, bytes of their names, of postings.  False
 * as bm25_add. */
bool bm25_sizes(struct bm25 *b, size_t *nterm, size_t *name, size_t *post);

/* Writes the three parts. */
struct corpus_term;
void bm25_write(const struct bm25 *b, struct corpus_term *term, char *name,
    unsigned char *post);

/* ---- searching ---- */

struct bm25_options {
	bool stem;                      /* as when the index was made */
	double k1, b;
};

/* The best rows for a query, sorted; rows without any of its terms are none,
 * and a term counts once however often the query has it.
 * The score is that of S. Robertson and H. Zaragoza, "The Probabilistic
 * Relevance Framework: BM25 and Beyond", 2009, with ln(1 + (N - n + 0.5) / (n +
 * 0.5)) as the weight of a term, which is never negative.  False without
 * memory.  Thread-safe. */
bool bm25_search(const struct corpus *c, const char *query,
    const struct bm25_options *o, struct hits *best);

#endif
