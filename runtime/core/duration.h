/* Times as people write them.
 *
 * SPDX-License-Identifier: MIT */
#ifndef DURATION_H
#define DURATION_H

#include <stdbool.h>

/* "90", "90s", "1.5min", "2h", "500ms" in seconds; above 0 and at most a
 * hundred years. */
bool duration_read(const char *s, double *seconds);

#endif
