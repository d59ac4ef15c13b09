/* The enums and structs that a module uses, each with a label of its own.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IR_IR_TYPES_H
#define IR_IR_TYPES_H

#include "base/table.h"
#include "ir/ir.h"

struct ir_types {
	struct arena *a;
	const struct ty **t;            /* a struct before what it holds */
	unsigned n;
	size_t cap;
	struct table at;                /* by type: index in t */
	const char **label;             /* set by ir_types_name */
	const struct ty *in, *out;      /* called so whatever their names */
	struct table made;              /* records whose names mean nothing */
};

void ir_types_init(struct ir_types *s, struct arena *a);
void ir_types_add(struct ir_types *s, const struct ty *t);
void ir_types_of_fn(struct ir_types *s, struct fn *f);
void ir_types_of_mod(struct ir_types *s, const struct mod *m);
/* In the order of their making. */
void ir_types_sort(struct ir_types *s);
/* Labels: the name where it is the only one, else name and index. */
void ir_types_name(struct ir_types *s);
const char *ir_types_label(const struct ir_types *s, const struct ty *t);

/* Words of kinds of types, NULL for those that have none. */
extern const char *const ir_type_words[TY_LITERAL + 1];

/* Is it a word of the types of the text form? */
bool ir_type_word(const char *s, enum ty_kind *kind);

/* A name to be made unique: out[at] becomes `name`, or `name.id`. */
struct ir_label {
	const char *name;
	unsigned id, at;
};
void ir_label_all(struct arena *a, struct ir_label *l, unsigned n,
    const char **out);

#endif
