/* A text as the terms that search compares: words without case, accents and
 * punctuation.
 *
 * SPDX-License-Identifier: MIT */
#ifndef TERMS_H
#define TERMS_H

#include <stdbool.h>
#include <stddef.h>

enum { TERMS_MAX = 96 };                /* bytes; longer words are cut */

/* Takes a term of `n` bytes, borrowed; false ends the splitting. */
typedef bool terms_each(void *arg, const char *term, size_t n);

/* Splits `n` bytes of UTF-8 and calls `each` for every term in order; false if
 * that was.  A word is a run of letters, digits and marks, decomposed
 * (NFKD), with case folded and without the accents of U+0300 to U+036F.
 * Scripts that put no blanks between words (Han, kana, Thai, ...) give single
 * characters, and pairs of neighbours.  `stem`: English words are cut down to
 * their stems. */
bool terms_split(const char *s, size_t n, bool stem, terms_each *each,
    void *arg);

/* Cuts a word of `n` lower-case letters down to its stem and gives that one's
 * length; the algorithm of M. F. Porter, "An algorithm for suffix stripping",
 * Program 14 (1980), 130-137.  Any other word stays as it is. */
size_t terms_stem(char *word, size_t n);

#endif
