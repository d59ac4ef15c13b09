/* Retrievers: the corpora of a process, opened at the first search, and what
 * the ways of searching share.
 *
 * SPDX-License-Identifier: MIT */
#ifndef RETRIEVE_H
#define RETRIEVE_H

#include "run/mip.h"
#include "search/corpus.h"
#include "search/hits.h"
#include "search/vectors.h"

struct retrieve;

/* What the options say of directories is borrowed.  NULL without memory. */
struct retrieve *retrieve_new(const struct mip_options *o);
void retrieve_free(struct retrieve *v);

/* A retriever with its corpus; of embed: and a vector for each row that has a
 * text. */
struct retrieve_source {
	struct retrieve_source *next;
	const struct mip_retriever *of;
	pthread_mutex_t lock;           /* of opening */
	bool open;                      /* the rest is there, and stays */
	struct corpus *corpus;
	struct vectors *vectors;
	int32_t *place;                 /* by row: that of its vector */
};

/* The source of a retriever by bm25 or embed; waits for what is to be made of
 * its file, and ends that if the run is to stop.  NULL, and a failed run.
 * Thread-safe. */
const struct retrieve_source *retrieve_source(struct mip *m,
    const struct mip_retriever *r);

/* Where what is made of files is kept: "CACHE/NAME", appended to `b`; false if
 * nothing is to be kept. */
bool retrieve_dir(struct buf *b, const struct mip_options *o,
    const char *name);

/* Whether the run, `arg`, is to stop: a failure then. */
bool retrieve_stop(void *arg);

/* Makes the vectors of the rows of s->corpus that are not there yet.  MIP_OK,
 * else a failed run.  Called with the lock held. */
enum mip_status retrieve_vectors(struct mip *m, struct retrieve_source *s,
    const struct mip_options *o);

/* Searches by them. */
void retrieve_embed(struct mip *m, const struct mip_retriever *r,
    const char *query, struct hits *h, void *list);

/* Makes room for h->max hits, or for all rows if these are fewer; false, and a
 * failed run, without memory. */
bool retrieve_room(struct mip *m, const struct retrieve_source *s,
    struct hits *h);

/* The rows of the hits as a list of r->of at `list`; false, and a failed
 * run. */
bool retrieve_rows(struct mip *m, const struct mip_retriever *r,
    const struct corpus *c, const struct hits *h, void *list);

/* One result of r->of, from a JSON object (or a string, where r->of is one).
 * False with a sentence part in `why`. */
bool retrieve_read(struct arena *a, const struct mip_retriever *r,
    struct json v, void *out, char why[CORPUS_WHY]);

/* Asks the server for the best `k`; the list goes to `list`.  Gives the status
 * of the run. */
enum mip_status retrieve_http(struct mip *m, const struct mip_retriever *r,
    const char *query, int64_t k, void *list);

#endif
