/* What the parts of mpgen say to each other: mpgen.c makes declarations,
 * mpgen_type.c types and values, mpgen_expr.c expressions, mpgen_stmt.c
 * statements.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MPGEN_IN_H
#define MPGEN_IN_H

#include <stdbool.h>

#include "mpgen.h"

enum {
	MOST_TYPES = 200, MOST_VARS = 400, MOST_FIELDS = 4, MOST_MODULES = 12,
	MOST_PROGRAMS = 200, MOST_CALLS = 40,   /* of a program */
	MOST_DEEP = 3                           /* an expression */
};

enum gen_kind {
	G_STRING, G_INT, G_FLOAT, G_BOOL, G_ENUM, G_STRUCT, G_UNION, G_WORD,
	G_LIST, G_OPTIONAL, G_MAP
};

struct gen_field {
	char name[16];
	const struct gen_type *type;
	bool may_lack;                  /* it has a default */
};

struct gen_type {
	enum gen_kind kind;
	char name[16];                  /* enum, struct, union, word */
	const struct gen_type *of;      /* list, optional, map */
	unsigned n;                     /* variants, fields, arms, words */
	struct gen_field field[MOST_FIELDS];    /* of an union: its arms */
};

struct gen_var {
	char name[40];                  /* or the member of one */
	const struct gen_type *type;
	bool fixed, hidden;
};

/* A module or program: what it takes and gives. */
struct gen_callee {
	char name[16];
	unsigned nin, nout, cost;       /* calls of models */
	struct gen_field in[MOST_FIELDS], out[MOST_FIELDS];
	bool program, effect;           /* it has one */
	bool kept;                      /* it gives what it knows at its end */
};

struct gen {
	struct buf *b;
	const uint8_t *at, *end;
	struct gen_type type[MOST_TYPES];
	struct gen_var var[MOST_VARS];
	struct gen_callee callee[MOST_MODULES + MOST_PROGRAMS];
	unsigned ntype, nvar, ncallee, named;
	unsigned level;                 /* of blocks */
	unsigned rounds;                /* of the loops around, multiplied */
	unsigned cost;                  /* of this program, so far */
	bool looped, alone;             /* in a loop; in no branch */
	bool effect;                    /* this program has one, so far */
	bool repeated;                  /* and here can be none */
	const struct gen_callee *self;
};

/* ---- choices ---- */

unsigned mpgen_draw(struct gen *g, unsigned n);         /* 0 to n - 1 */
void mpgen_name(struct gen *g, char name[16], const char *stem);

/* ---- types ---- */

enum { DEEP_TYPE = 2 };

/* Those that are always there. */
const struct gen_type *mpgen_scalar(struct gen *g, enum gen_kind kind);
const struct gen_type *mpgen_of(struct gen *g, enum gen_kind kind,
    const struct gen_type *of);
/* `map`: it may be or hold a map. */
const struct gen_type *mpgen_type(struct gen *g, unsigned deep, bool map);
void mpgen_put_type(struct gen *g, const struct gen_type *t);
/* A value written out, where this type is wanted. */
void mpgen_value(struct gen *g, const struct gen_type *t);
/* The same where no type is wanted; of G_STRING to G_ENUM. */
void mpgen_plain(struct gen *g, const struct gen_type *t);
void mpgen_declare_types(struct gen *g);
/* A declaration of inputs, outputs or members. */
void mpgen_field(struct gen *g, struct gen_field *f, const char *stem,
    const struct gen_type *t);

/* ---- variables ---- */

struct gen_var *mpgen_push(struct gen *g, const struct gen_type *t,
    const char *name);
/* One of the type, or that can be set; NULL. */
struct gen_var *mpgen_var(struct gen *g, const struct gen_type *t);
struct gen_var *mpgen_settable(struct gen *g);
/* One of the kind; NULL. */
struct gen_var *mpgen_var_kind(struct gen *g, enum gen_kind kind);
/* `v` is known to be a `t`, until mpgen_forget. */
void mpgen_know(struct gen *g, struct gen_var *v, const struct gen_type *t);
void mpgen_forget(struct gen *g, struct gen_var *v);

/* ---- expressions ---- */

/* Where the type is wanted. */
void mpgen_expr(struct gen *g, const struct gen_type *t, unsigned deep);
/* Of exactly this type in itself; false with nothing written if there is no
 * such expression. */
bool mpgen_operand(struct gen *g, const struct gen_type *t, unsigned deep);
void mpgen_cond(struct gen *g, unsigned deep);
/* The call of something that costs no more than may be; false if there is
 * nothing.  `out`: it must give such a type, whose name is then selected. */
bool mpgen_call(struct gen *g, const struct gen_type *out, unsigned deep);
void mpgen_args(struct gen *g, const struct gen_callee *c, unsigned deep);
const struct gen_callee *mpgen_callee(struct gen *g,
    const struct gen_type *out, unsigned *field);

/* ---- statements ---- */

void mpgen_body(struct gen *g, const struct gen_callee *self);

#endif
