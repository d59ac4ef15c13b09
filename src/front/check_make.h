/* Programs that are made for a module: their text is written in the language
 * itself, and goes the way of all programs from there.
 *
 * In the text $x is a name that is in nobody's way: of something that the
 * program knows (see check_make_know), or a variable.  Besides:
 *   $it()        a call gets the inputs of the module, those that it takes
 *                and are not given
 *   $out(r)      the module's outputs, from a value that has them
 *   $both(r)     its inputs, and the outputs from a value that has them
 *   $failure     in `else` of `try`: what failed, as text
 *   fail $f;     fails as that text says
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FRONT_CHECK_MAKE_H
#define FRONT_CHECK_MAKE_H

#include "front/check_in.h"

struct making {
	struct check *c;
	struct symbol *s;               /* the module: its `in` and `type` are
	                                 * those of the program */
	struct scope *scope;            /* what its programs know */
};

void check_making_init(struct making *k, struct check *c, struct symbol *s);

/* The name that $word is. */
const char *check_make_name(struct making *k, const char *word);

/* Lets $word mean a declaration. */
void check_make_know(struct making *k, const char *word, struct symbol *s);

/* A field of a record. */
struct ty_field check_make_field(struct making *k, const char *name,
    const struct ty *type);

/* A record called after the module. */
const struct ty *check_make_record(struct making *k, const char *suffix,
    const struct ty_field *f, unsigned n);

/* The program with these statements as its text; `suffix` is "", of what the
 * module itself does, or ".sample", which $sample then means. */
struct symbol *check_make_program(struct making *k, const char *suffix,
    const struct ty *in, const struct ty *out, const char *text);

/* The same around a tree. */
struct symbol *check_make_symbol(struct making *k, const char *suffix,
    const struct ty *in, const struct ty *out, struct ast *body);

/* A node, at the place of the module; a name. */
struct ast *check_make_node(struct making *k, enum ast_kind kind);
struct ast *check_make_name_node(struct making *k, const char *name);
struct ast *check_make_arg(struct making *k, const char *name,
    struct ast *value);

#endif
