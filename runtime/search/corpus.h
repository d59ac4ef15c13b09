/* A file of rows to be searched, and its index.
 *
 * The file has a JSON object on each line, or is one array of them.  Its index
 * is kept in the cache and made anew when the file has changed; rows are read
 * from the file itself.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CORPUS_H
#define CORPUS_H

#include <stdint.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/json.h"
#include "miproc.h"

enum { CORPUS_WHY = 320, CORPUS_DIGEST = 16 };

struct corpus_spec {
	const char *path;
	const char *const *text; /* members that are searched, NULL-ended */
	const char *id; /* a member that no two rows share, or NULL */
	bool ranked;                    /* with an index of terms: bm25.h */
	bool stem;                      /* terms are stems */
	const char *dir;                /* for indices; NULL: in memory */
};

struct corpus;

/* Reads the index of the file, or makes it; one process at a time does that,
 * and `stop`, asked while another one is at it, may end the waiting.  On
 * failure *out is NULL and `why` has a sentence: MIP_IO, MIP_USAGE (a row is
 * not as it should be), MIP_CANCELLED, MIP_NOMEM.  If all is well but the index
 * could not be kept, `why` says so, else it is "". */
enum mip_status corpus_open(const struct corpus_spec *spec,
    bool (*stop)(void *arg), void *arg, struct corpus **out,
    char why[CORPUS_WHY]);
void corpus_close(struct corpus *c);

/* Makes a directory, and those that it lies in. */
bool corpus_mkdirs(const char *dir);

/* What follows may be called from several threads at once. */

size_t corpus_rows(const struct corpus *c);

/* The digest of the row's text: equal texts, equal digests. */
const unsigned char *corpus_digest(const struct corpus *c, size_t row);

/* Reads row `row` into `b`, which it empties, and gives its object.  MIP_IO,
 * with a sentence, if the file has changed under us. */
enum mip_status corpus_row(const struct corpus *c, size_t row, struct buf *b,
    struct json *object, char why[CORPUS_WHY]);

/* Appends the text of a row: the members that are searched, a line each.
 * False, with a sentence part in `why`, if one is no text, or if there is
 * none. */
bool corpus_text(struct buf *b, struct json object, const char *const *text,
    char why[CORPUS_WHY]);

#endif
