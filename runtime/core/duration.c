/* Times as people write them.
 *
 * SPDX-License-Identifier: MIT */
#include "core/duration.h"

#include <stddef.h>
#include <string.h>

#include "core/json.h"

#define DURATION_MAX 3.2e9

bool
duration_read(const char *s, double *seconds)
{
	static const struct { const char *name; double s; } unit[] = {
		{ "", 1 }, { "ms", 1e-3 }, { "s", 1 }, { "min", 60 },
		{ "h", 3600 },
	};
	size_t digits = strspn(s, "0123456789."), i;
	struct json number;

	if (!json_parse(s, digits, &number, NULL, NULL) ||
	    !json_double(number, seconds))
		return false;
	for (i = 0; i < sizeof unit / sizeof unit[0]; i++)
		if (strcmp(s + digits, unit[i].name) == 0) {
			*seconds *= unit[i].s;
			return *seconds > 0 && *seconds <= DURATION_MAX;
		}
	return false;
}
