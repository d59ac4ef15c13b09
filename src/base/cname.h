/* Names in C, of what users have named: what is another's gets a `_`.  Whether
 * a name of ours is that then, the caller sees to.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_CNAME_H
#define BASE_CNAME_H

#include "base/base.h"

/* The name of a member, a local, a type: words of C and C++, macros, names of
 * the runtime, and what begins with `_`, get a `_`. */
const char *cname_ident(struct arena *a, const char *name);

/* The name of a function or an object: so do functions of C's library. */
const char *cname_global(struct arena *a, const char *name);

/* The name of a struct or an enum: so does what looks like the name of a type
 * that is made of others, as S_list, X_or_Y and string. */
const char *cname_type(struct arena *a, const char *name);

/* What is put behind the name of a function or an object for what belongs to
 * it, up to a NULL: "_program", ... */
extern const char *const cname_ends[];

/* What generated code itself calls its parameters and tables, up to a NULL. */
extern const char *const cname_ours[];

#endif
