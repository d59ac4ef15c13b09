/* Files that tests write.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TEXT_FILE_H
#define TEXT_FILE_H

#include <stdio.h>

static inline void
text_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) != EOF);
	assert_int_equal(fclose(f), 0);
}

#endif
