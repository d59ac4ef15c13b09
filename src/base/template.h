/* Templates: text with places for the inputs of a module.
 *
 * {name} and {name.member} are places, {{ and }} are braces.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_TEMPLATE_H
#define BASE_TEMPLATE_H

#include "base/ty.h"

/* One piece of a template. */
struct template_piece {
	const char *text;               /* as it stands; NULL: a place */
	const unsigned *path;           /* the input's number, then those of
	                                 * members in it */
	unsigned npath;
};

enum template_kind {
	TEMPLATE_TEXT, TEMPLATE_PLACE,
	TEMPLATE_OPEN,                  /* a { that nothing ends */
	TEMPLATE_CLOSE,                 /* a } that ends nothing */
	TEMPLATE_END
};

/* A part as it stands in the text, braces of places included. */
struct template_part {
	enum template_kind kind;
	size_t at, n;
};

/* The part at *at of `text`, which moves on. */
struct template_part template_next(const char *text, size_t len, size_t *at);

/* A TEMPLATE_TEXT as it is shown: with single braces. */
const char *template_text(struct arena *a, const char *s, size_t n);

/* What is wrong with a place: bytes [at, at + n) of its name. */
struct template_miss {
	size_t at, n;
	const struct ty *of;            /* has no such member, or no members
	                                 * at all; NULL: there is no name */
};

/* The place called `name`, of `len` bytes, in the record `in`; members of a
 * T? are found in T.  False with *miss. */
bool template_find(struct arena *a, const struct ty *in, const char *name,
    size_t len, struct template_piece *out, struct template_miss *miss);

/* "ticket.subject" */
const char *template_name(struct arena *a, const struct ty *in,
    const struct template_piece *p);

/* Do the numbers lead somewhere? */
bool template_fits(const struct ty *in, const struct template_piece *p);

#endif
