/* What the parts of fmt share: tokens with what is known of each.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FRONT_FMT_IN_H
#define FRONT_FMT_IN_H

#include "front/ast.h"

enum { FMT_WIDTH = 80, FMT_TAB = 8 };

enum fmt_kind {
	FMT_WORD, FMT_NUMBER, FMT_STRING, FMT_SIGN,
	FMT_COMMENT,                    /* between slash and star */
	FMT_LINE                        /* a comment to the end of the line */
};

/* What a bracket encloses. */
enum fmt_group {
	FMT_NONE,                       /* no bracket */
	FMT_PAREN,                      /* ( ) and [ ] */
	FMT_LIST,                       /* { } with commas: a record, an enum */
	FMT_BODY                        /* { } with semicolons */
};

/* How a sign stands to its neighbours. */
enum fmt_role {
	FMT_PLAIN,
	FMT_PREFIX,                     /* -x !x */
	FMT_POSTFIX,                    /* T?  map<K, V>  name: */
	FMT_INNER                       /* map< */
};

struct fmt_token {
	const char *s;
	unsigned len;
	enum fmt_kind kind;
	enum fmt_role role;
	enum fmt_group group;           /* of a bracket, both ends */
	unsigned match;                 /* of a bracket: the other end */
	unsigned nl, blanks;            /* in the source, before it */
	bool colon;                     /* a type follows */
	bool ends;                      /* the item, where items have lines */
	bool space;                     /* a blank before, on the same line */
	bool equals;                    /* the first = of its item */
	bool in_signature;              /* `in` that begins a field */

	/* the layout */
	unsigned brk;                   /* newlines before it */
	unsigned indent, pad;           /* tabs if brk; more blanks if not */
};

/* The tokens of `s`, a line #! first among them. */
struct fmt_token *fmt_tokens(struct arena *a, struct names *names,
    struct source *s, struct diag *d, unsigned *n);

/* Fills group to in_signature. */
void fmt_classify(struct arena *a, struct fmt_token *t, unsigned n);

/* Sets pads, after the breaks are known. */
void fmt_align(struct arena *a, struct fmt_token *t, unsigned n);

bool fmt_is(const struct fmt_token *t, const char *s);
bool fmt_is_comment(const struct fmt_token *t);

/* Columns: of the token; of its part behind its last newline. */
unsigned fmt_width(const struct fmt_token *t);

#endif
