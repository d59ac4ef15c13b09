/* Hash tables from addresses, or from texts, to what the user keeps there.
 *
 * Nothing that is written anywhere may follow their order: there is no way to
 * walk through one.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include "base/base.h"

struct table_entry;

/* Private; table_init or table_init_text makes it ready. */
struct table {
	struct arena *a;
	struct table_entry *slot;
	size_t n, cap;
	bool text;
};

/* What is kept under a key: zero to begin with. */
union table_value {
	void *p;
	size_t n;
};

/* Keys are told apart by their address; NULL is none. */
void table_init(struct table *t, struct arena *a);
/* Keys are strings, told apart by their text.  They are borrowed, for as long
 * as the table is used. */
void table_init_text(struct table *t, struct arena *a);

/* The value of `key`, which gets one if it has none; to be used before the
 * next call of this. */
union table_value *table_at(struct table *t, const void *key);
/* The value of `key`; NULL if it has none. */
union table_value *table_get(const struct table *t, const void *key);

#endif
