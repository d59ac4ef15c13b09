/* What the files of the language's library share.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LIB_IN_H
#define LIB_IN_H

#include "core/buf.h"
#include "core/json.h"
#include "miproc_gen.h"

/* The text as it stays with the run; "" without memory. */
const char *lib_keep(struct mip *m, const char *s, size_t n);

/* The same of a buffer, which is released. */
const char *lib_take(struct mip *m, struct buf *b);

/* The text without the blanks at its ends. */
struct json lib_trim(const char *s);

/* A list that grows in the arena of the run. */
struct lib_texts {
	const char **v;
	size_t n, cap;
};
void lib_texts_add(struct mip *m, struct lib_texts *t, const char *s,
    size_t n);

/* The last number in the text: what comes before is usually the way to it.
 * False if there is none. */
bool number_in(struct mip *m, const char *text, double *out);

#endif
