/* The functions of the language, as a table: see builtin.def.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_BUILTIN_H
#define BASE_BUILTIN_H

#include "base/ty.h"

enum builtin_flag {
	BF_CTX = 1, BF_FAIL = 2, BF_FEWER = 4, BF_METRIC = 8
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

enum { BUILTIN_PARAMS = 8 };            /* at most */

/* A parameter.  What it points to is in the table and not terminated. */
struct builtin_param {
	const char *name;               /* NULL: given by its place */
	size_t name_len;
	const char *type;
	const char *value;              /* if it is left out: a number; NULL:
	                                 * it may not be */
};

/* What may stand behind the letter of a type. */
#define BUILTIN_AROUND "[]{}?"

/* Reads the parameters of a line; gives how many. */
unsigned builtin_params(const struct builtin *b,
    struct builtin_param p[BUILTIN_PARAMS]);

/* Has the type T or E in it? */
bool builtin_generic(const char *type);

/* The type, T being `any`; NULL if it has T in it and that is NULL. */
const struct ty *builtin_ty(struct ty_table *t, const char *type,
    const struct ty *any);

/* Is `from` of the type?  *any is T: NULL as long as that is not known, and
 * set by the first type that has T in it. */
bool builtin_is(const char *type, const struct ty *from,
    const struct ty **any);

#endif
