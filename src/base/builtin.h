/* The functions of the language, as a table: see builtin.def.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_BUILTIN_H
#define BASE_BUILTIN_H

enum builtin_flag {
	BF_CTX = 1, BF_FAIL = 2, BF_LIST = 4, BF_TYPE = 8, BF_METRIC = 16
};

enum builtin_id {
#define BUILTIN(id, name, in, out, c, flags, doc) BI_##id,
#include "base/builtin.def"
#undef BUILTIN
	BI_COUNT
};

struct builtin {
	const char *name, *in, *out, *c;
	unsigned flags;
	const char *doc;
};

extern const struct builtin builtins[BI_COUNT];

#endif
