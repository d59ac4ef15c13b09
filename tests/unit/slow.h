/* Time that tests allow.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef SLOW_H
#define SLOW_H

#include <stdlib.h>

/* So much more as $SLOW says: under sanitizers and valgrind. */
static inline int
slow(int n)
{
	const char *text = getenv("SLOW");
	long times = text ? strtol(text, NULL, 10) : 1;

	return times > 0 ? n * (int)times : n;
}

#endif
