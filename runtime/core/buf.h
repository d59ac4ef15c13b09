/* Text that grows, with a hard limit and an error that sticks.
 *
 * Write freely, then look at `failed` once.
 *
 * SPDX-License-Identifier: MIT */
#ifndef BUF_H
#define BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"

struct buf {
	char *s;                        /* NUL-terminated, or NULL when empty */
	size_t len;                     /* bytes before the NUL */
	size_t cap;
	size_t max;                     /* limit on len; 0: BUF_MAX */
	bool failed;                    /* out of memory, or over the limit */
	void (*oom)(void *arg);         /* called without memory, before
	                                 * `failed` is set; or NULL */
};

enum { BUF_MAX = 1 << 30 };             /* no text of ours is larger */

#define BUF_INIT { NULL, 0, 0, 0, false, NULL }

/* `max` of 0 means BUF_MAX; there is no `oom`.  Release with buf_release. */
void buf_init(struct buf *b, size_t max);
void buf_release(struct buf *b);

/* Releases a buffer that `b` was made of: if it failed, so has `b`. */
void buf_made_of(struct buf *b, struct buf *part);

/* Empties the buffer, keeps its memory, clears `failed`. */
void buf_reset(struct buf *b);

/* Appending does nothing once `failed` is set. */
void buf_put(struct buf *b, const void *p, size_t n);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) ARENA_PRINTF(2, 3);
void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
    ARENA_PRINTF(2, 0);

/* An int64 in decimal; a double as the shortest text that reads back as the
 * same value ("1.5", "3.0", "1e+30"), whatever the locale.  NaN and the
 * infinities are written `null`, as JSON has no word for them. */
void buf_int(struct buf *b, int64_t v);
void buf_double(struct buf *b, double v);

/* The value of `n` bytes that must be a JSON number (json_parse or the caller
 * has looked): an int64 exactly (4.2e1 is one), or the nearest double.  False
 * if it is none, or out of range.  The locale does not matter. */
bool buf_to_int(const char *s, size_t n, int64_t *out);
bool buf_to_double(const char *s, size_t n, double *out);

/* `n` bytes of UTF-8 as a JSON string, with its quotes; bytes that are not
 * UTF-8 become U+FFFD.  Only what must be escaped is. */
void buf_json(struct buf *b, const char *s, size_t n);

/* The length (1 to 4) of the UTF-8 sequence that `s` starts with; 0 if the
 * `n` bytes start with none. */
size_t buf_utf8(const char *s, size_t n);

/* Bytes of the mark of the byte order that the `n` bytes at `s` begin with, as
 * editors put it there to say that it is UTF-8: 3, or 0. */
size_t buf_bom(const char *s, size_t n);

/* How many of the `n` bytes at `s`, from the first, are ASCII that stands for
 * itself in a JSON string: no quote, backslash or control character. */
size_t buf_plain(const char *s, size_t n);

/* Writes code point `c` as UTF-8 and gives its length; a surrogate or a
 * number too large becomes U+FFFD. */
size_t buf_utf8_encode(char out[4], uint32_t c);

/* Writes the 2 * `n` hexadecimal digits of what is at `p`, and a NUL. */
void buf_hex_encode(char *out, const void *p, size_t n);
/* Appends them. */
void buf_hex(struct buf *b, const void *p, size_t n);

/* Makes room for `n` more bytes; false, and `failed`, if there is none. */
bool buf_reserve(struct buf *b, size_t n);

/* The text, never NULL ("" when empty). */
const char *buf_str(const struct buf *b);

/* Gives the malloc'ed text to the caller and empties the buffer; NULL if
 * `failed`. */
char *buf_take(struct buf *b);

/* Appends `s` as a part of an address: all but letters, digits, "-._~" and what
 * is in `keep` becomes %XX. */
void buf_percent(struct buf *b, const char *s, const char *keep);

#endif
