/* Numbers for texts: for tables, routes and what is known again within a
 * process.  Not for what is kept, and not against those who choose the text:
 * that is sha256's.
 *
 * SPDX-License-Identifier: MIT */
#ifndef HASH64_H
#define HASH64_H

#include <stddef.h>
#include <stdint.h>

uint64_t hash64(const void *p, size_t n);
uint64_t hash64_str(const char *s);

/* Of what has the number `h` and then these bytes.  It is another one than
 * that of all in one piece. */
uint64_t hash64_more(uint64_t h, const void *p, size_t n);

#endif
