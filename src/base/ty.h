/* The types of the language, interned: equal types are equal pointers.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_TY_H
#define BASE_TY_H

#include "base/table.h"

enum ty_kind {
	TY_POISON,                      /* of what is wrong; fits everything */
	TY_VOID,                        /* of what gives no value */
	TY_NULL,                        /* of `null` and of nothing else */
	TY_STRING, TY_INT, TY_FLOAT, TY_BOOL, TY_IMAGE, TY_AUDIO, TY_FILE,
	TY_ENUM, TY_STRUCT, TY_LIST, TY_OPTIONAL, TY_MAP, TY_UNION,
	TY_LITERAL
};

/* A value that is known when the program is compiled, of a type that is known
 * where it stands. */
struct ty_const {
	enum { TYC_NONE, TYC_NULL, TYC_STRING, TYC_INT, TYC_FLOAT, TYC_BOOL,
	    TYC_ENUM, TYC_LIST, TYC_RECORD, TYC_MAP, TYC_ARM } kind;
	const char *s;                  /* string, or the enum's name */
	int64_t i;                      /* int, bool, index in the enum, in the
	                                 * arms of a union */
	double f;
	const struct ty_const *item;    /* list; record: its fields in order;
	                                 * map: its values; arm: the value */
	const char *const *key;         /* map */
	unsigned n;                     /* items */
};

/* An int or a float, and which. */
bool ty_const_is_number(const struct ty_const *v);
double ty_const_number(const struct ty_const *v);

struct ast;
struct fn;

/* @check or @assert of a field. */
struct ty_check {
	const char *text;               /* its label; its hint */
	bool must;                      /* @assert */
	struct ast *cond;               /* over the fields of the record */
	struct fn *fn;                  /* over the record: what it becomes */
};

struct ty_field {
	const char *name, *alias, *desc;        /* alias, desc: or NULL */
	const struct ty *type;
	struct ty_const fallback;
	bool has_min, has_max;          /* @range, @len */
	double min, max;
	const char *regex;
	bool fence, hidden, stream_done;
	struct ty_check *check;         /* those of one record, its own */
	unsigned ncheck;
	struct span at;
};

struct ty_variant {
	const char *name, *alias, *desc;
};

struct ty {
	enum ty_kind kind;
	unsigned id;                    /* in order of making */
	const char *name;               /* enum, struct: as the user wrote it;
	                                 * records of modules and programs:
	                                 * "ask_in", "ask_out" */
	const char *desc;
	const struct ty *of;            /* list, optional, map; literal: string,
	                                 * int or bool */
	const struct ty_field *field;   /* struct */
	const struct ty_variant *variant;       /* enum */
	const struct ty *const *arm;    /* union */
	const struct ty_const *value;   /* literal: strings, ints or bools */
	unsigned n;                     /* fields, variants, arms, values */
	const struct table *index;      /* of fields or variants, if many */
	int64_t max_len;                /* list with @len: most items; -1 */
	struct span at;                 /* declaration of enum, struct */
};

struct ty_table;
struct ty_table *ty_table_new(struct arena *a);

/* Kinds without parts. */
const struct ty *ty_basic(struct ty_table *t, enum ty_kind k);
const struct ty *ty_list(struct ty_table *t, const struct ty *of);
/* T?? is T?; null? is null. */
const struct ty *ty_optional(struct ty_table *t, const struct ty *of);
const struct ty *ty_map(struct ty_table *t, const struct ty *of);
/* One of these values, which are of one kind: strings, ints or bools. */
const struct ty *ty_literal(struct ty_table *t, const struct ty_const *v,
    unsigned n);
/* Flattened, doubles removed, literals of one kind made one, true | false
 * made bool, `null` turned into optional. */
const struct ty *ty_union(struct ty_table *t, const struct ty *const *arm,
    unsigned n);
/* Named: a new type at each call.  A struct's fields may be set later, once,
 * so that types can refer to each other. */
struct ty *ty_enum(struct ty_table *t, const char *name);
struct ty *ty_struct(struct ty_table *t, const char *name);
/* Gives a struct its fields, an enum its names. */
void ty_set_fields(struct ty_table *t, struct ty *s,
    const struct ty_field *field, unsigned n);
void ty_set_variants(struct ty_table *t, struct ty *e,
    const struct ty_variant *variant, unsigned n);

/* The type that a literal type has its values from; others: `t`. */
const struct ty *ty_base(const struct ty *t);
/* Has `to` all values of `from`, and what stands for them in C?  (Literals,
 * lists and maps and optionals of them.) */
bool ty_widens(const struct ty *from, const struct ty *to);
/* The index of the value in a literal type; -1. */
int ty_value_index(const struct ty *t, const struct ty_const *v);

/* May a value of `from` stand where `to` is wanted?  (int where float is,
 * T where T? is, null where T? is, a literal where one with more values or
 * what it has its values from is, also in lists, maps and optionals; an arm,
 * or a union of some of them, where its union is; poison everywhere.) */
bool ty_fits(const struct ty *from, const struct ty *to);

/* The arm of the union `to` that a value of `from` becomes, an equal one
 * first; -1 if there is none. */
int ty_arm_index(const struct ty *from, const struct ty *to);

/* "string[]?", "Label", "map<string, int>"; lives in `a`. */
const char *ty_text(struct arena *a, const struct ty *t);

/* Index of a field, variant; -1 if there is none. */
int ty_field_index(const struct ty *t, const char *name);
/* What there is of a value that is not null: T of T?; other types, and NULL, as
 * they are. */
const struct ty *ty_present(const struct ty *t);
bool ty_is_number(const struct ty *t);
/* image, audio, file, lists and optionals of them. */
bool ty_is_media(const struct ty *t);
int ty_variant_index(const struct ty *t, const char *name);

#endif
