/* Patterns of PCRE2, with bounds on what a match may take.
 *
 * A pattern matches characters, \d, \w and \b know all scripts, and \C is
 * refused.  One thread at a time uses one pattern.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REGEX_H
#define REGEX_H

#include "core/buf.h"

struct regex;

enum { REGEX_WHY = 240 };

/* Compiles a pattern.  NULL with a sentence in `why` if it is none, and
 * without one if there is no memory.  The caller frees it. */
struct regex *regex_new(const char *pattern, char why[REGEX_WHY]);
void regex_free(struct regex *r);

/* Groups that capture. */
unsigned regex_groups(const struct regex *r);

enum regex_status {
	REGEX_NO, REGEX_YES,
	REGEX_LIMIT,                    /* it took too many steps */
	REGEX_NOMEM
};

/* Bytes of a text: of the match, and of its first group. */
struct regex_span {
	size_t at, end;
	size_t group_at, group_end;     /* both 0 if the group has no part */
	bool group;                     /* it has one */
};

/* A walk over the matches of a text, which is valid UTF-8. */
struct regex_walk {
	const char *s;
	size_t n, at;
	bool begun, empty;
};
struct regex_walk regex_walk(const char *s, size_t n);

/* The next match; those of no characters count, too. */
enum regex_status regex_next(struct regex *r, struct regex_walk *w,
    struct regex_span *span);

/* Appends `s` with every match replaced by `to`, in which $1 or ${name}
 * stand for groups, $0 for the match and $$ for a dollar.  NO with a sentence
 * in `why` if `to` is not so. */
enum regex_status regex_replace(struct regex *r, const char *s, size_t n,
    const char *to, struct buf *out, char why[REGEX_WHY]);

/* Patterns that were used lately, so that none is compiled again and again;
 * of one thread. */
struct regex_cache;
struct regex_cache *regex_cache_new(void);              /* or NULL */
void regex_cache_free(struct regex_cache *c);           /* NULL is fine */

/* As regex_new; the cache keeps it until it needs the place: use it before
 * the next call. */
struct regex *regex_cache_get(struct regex_cache *c, const char *pattern,
    char why[REGEX_WHY]);

#endif
