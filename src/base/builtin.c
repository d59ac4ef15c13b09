/* The functions of the language.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/builtin.h"

#include <stddef.h>

const struct builtin builtins[BI_COUNT] = {
#define BUILTIN(id, name, in, out, c, flags, doc) \
	{ name, in, out, c, flags, doc },
#include "base/builtin.def"
#undef BUILTIN
};
