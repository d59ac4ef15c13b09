/* Tables of names: one for each file and for each block.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FRONT_SCOPE_H
#define FRONT_SCOPE_H

#include "base/base.h"

struct symbol;

struct scope {
	struct arena *a;
	struct scope *up;               /* the one around it, or NULL */
	struct scope_entry { const char *name; struct symbol *sym; } *slot;
	size_t n, cap;
	struct scope_entry *order;      /* as they were added */
	size_t order_cap;
};

struct scope *scope_new(struct arena *a, struct scope *up);

/* `name` is interned.  Gives the symbol that had the name in this scope, and
 * then changes nothing; NULL if it is new. */
struct symbol *scope_add(struct scope *s, const char *name,
    struct symbol *sym);

/* In this scope alone; in it and those around it. */
struct symbol *scope_get(const struct scope *s, const char *name);
struct symbol *scope_find(const struct scope *s, const char *name);

#endif
