/* Parts of gbnf.c.
 *
 * SPDX-License-Identifier: MIT */
#ifndef GBNF_IN_H
#define GBNF_IN_H

#include "core/arena.h"
#include "type/gbnf.h"

/* More of an item than this is not counted: a server unfolds repetitions into
 * rules, and llama.cpp refuses more than 2000. */
enum { GBNF_REPEAT = 1000 };

/* Where a text stands, which says what it may hold. */
enum gbnf_place {
	GBNF_ALONE,                     /* the whole reply */
	GBNF_QUOTED,                    /* in a JSON string */
	GBNF_MARKED                     /* between the marks of a layout */
};

struct gbnf_known {
	const struct mip_type *t;
	const char *rule;
};

/* A grammar that is being written. */
struct gbnf {
	struct arena a;
	struct buf rules;               /* in the order they are done */
	const struct mip_type *out;
	enum mip_format f;
	const char **name;              /* of rules */
	size_t nname, name_cap;
	struct gbnf_known *known;       /* types that have a rule */
	size_t nknown, known_cap;
	const char *line, *rest;        /* rules of gbnf_text.c, or NULL */
	unsigned uses;                  /* of gbnf.c */
};

/* Reserves a name for a rule, like `like`.  Never NULL. */
const char *gbnf_name(struct gbnf *g, const char *like);
/* Writes the rule and empties `body`. */
void gbnf_rule(struct gbnf *g, const char *name, struct buf *body);
/* The same with a name like `like`, which it appends to `b`. */
void gbnf_part(struct gbnf *g, struct buf *b, const char *like,
    struct buf *body);

/* Appends `n` bytes as a literal; a character as it stands in brackets. */
void gbnf_literal(struct buf *b, const char *s, size_t n);
void gbnf_in_class(struct buf *b, uint32_t c);
/* Appends "{min,max}" in its shortest form; max < 0: any number. */
void gbnf_times(struct buf *b, long min, long max);

/* The limits of lengths that are counted: *max is -1 if there is none. */
void gbnf_len(const struct mip_field *f, long *min, long *max);

/* ---- gbnf_number.c ---- */

/* Append an int, a float within the limits of `f`, as a sequence; false, and
 * nothing written, if there are none that can be put so. */
bool gbnf_int(struct buf *b, const struct mip_field *f);
bool gbnf_float(struct buf *b, const struct mip_field *f);

/* ---- gbnf_text.c ---- */

/* Appends a text within the @regex or @len of `f`, without quotes; false, and
 * nothing written, if it has none that can be put so. */
bool gbnf_text(struct gbnf *g, struct buf *b, const struct mip_field *f,
    enum gbnf_place at);
/* Appends any text.  `begun`: something stands before it on its line. */
void gbnf_any_text(struct gbnf *g, struct buf *b, enum gbnf_place at,
    bool begun);
/* Writes the rules that strings of JSON share. */
void gbnf_string_rules(struct gbnf *g);

/* The characters, but for controls, that stand for something there. */
const char *gbnf_never(const struct gbnf *g, enum gbnf_place at);

/* ---- gbnf_regex.c ---- */

/* Appends texts of one line that match the pattern, as many as can be told;
 * false, and nothing written, if it has what cannot be put so. */
bool gbnf_regex(struct gbnf *g, struct buf *b, const char *pattern,
    enum gbnf_place at);

#endif
