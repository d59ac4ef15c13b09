/* Characters of UTF-8 text that ends with a NUL.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CHARS_H
#define CHARS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of the character at `s`; 0 at the end.  A byte that begins none, or
 * one that breaks off, is taken alone. */
size_t chars_len(const char *s);

/* The code point in the `n` bytes that chars_len gave; U+FFFD for what is
 * none. */
int32_t chars_at(const char *s, size_t n);

/* Blanks of any script, ends of lines among them. */
bool chars_blank(int32_t c);

/* Letters and digits of any script. */
bool chars_word(int32_t c);

/* Of scripts that write no blanks between words: Han, kana, Thai and their
 * like. */
bool chars_dense(int32_t c);

/* Marks that belong to the character before them. */
bool chars_mark(int32_t c);

#endif
