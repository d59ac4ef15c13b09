/* Text of others in what miproc prints.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/tame.h"

#include <inttypes.h>
#include <stdint.h>

/* Controls, marks and overrides of direction, separators of lines, and the
 * mark of byte order. */
static bool
is_tricky(const char *s, size_t n)
{
	const unsigned char *c = (const unsigned char *)s;

	if (n == 1)
		return c[0] < 0x20 || c[0] == 0x7f;
	if (n == 2)
		return c[0] == 0xc2 && c[1] < 0xa0;
	if (n != 3 || c[0] != 0xe2)
		return n == 3 && c[0] == 0xef && c[1] == 0xbb && c[2] == 0xbf;
	return (c[1] == 0x80 && ((c[2] >= 0x8e && c[2] <= 0x8f) ||
	    (c[2] >= 0xa8 && c[2] <= 0xae))) ||
	    (c[1] == 0x81 && c[2] >= 0xa6 && c[2] <= 0xa9);
}

void
tame(struct buf *b, const char *s, size_t len)
{
	uint32_t c;
	size_t n;

	for (; len > 0; s += n, len -= n) {
		n = buf_utf8(s, len);
		if (n == 0)
			n = 1;
		if (!is_tricky(s, n)) {
			buf_put(b, s, n);
			continue;
		}
		c = n == 1 ? (unsigned char)s[0] : n == 2 ?
		    (uint32_t)(s[0] & 0x1f) << 6 | (s[1] & 0x3f) :
		    (uint32_t)(s[0] & 0xf) << 12 |
		    (uint32_t)(s[1] & 0x3f) << 6 | (s[2] & 0x3f);
		buf_printf(b, "\\u%04" PRIx32, c);
	}
}
