/* The slots of a leaf, as a table: see slot.def.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_SLOT_H
#define BASE_SLOT_H

#include <stdbool.h>

enum slot_kind {
#define SLOT(name, word) SLOT_##name,
#include "base/slot.def"
#undef SLOT
	SLOT_COUNT
};

extern const char *const slot_words[SLOT_COUNT];

/* The slot called `word`; false if there is none. */
bool slot_find(const char *word, enum slot_kind *k);

#endif
