/* Text of others in what miproc prints.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_TAME_H
#define BASE_TAME_H

#include "core/buf.h"

/* Appends `n` bytes of text; characters that would steer a terminal, break the
 * line or turn the direction of writing become \u and four hex digits. */
void tame(struct buf *b, const char *s, size_t n);

#endif
