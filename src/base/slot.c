/* The slots of a leaf.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/slot.h"

#include <string.h>

const char *const slot_words[SLOT_COUNT] = {
#define SLOT(name, word) word,
#include "base/slot.def"
#undef SLOT
};

bool
slot_find(const char *word, enum slot_kind *k)
{
	unsigned i;

	for (i = 0; i < SLOT_COUNT; i++) {
		if (strcmp(slot_words[i], word) != 0)
			continue;
		*k = (enum slot_kind)i;
		return true;
	}
	return false;
}
