/* The tree as written: built by the grammar, annotated by check, never
 * changed after that.  All nodes live in the compilation's arena.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FRONT_AST_H
#define FRONT_AST_H

#include <stdio.h>

#include "base/base.h"
#include "base/diag.h"
#include "base/names.h"
#include "base/source.h"
#include "base/ty.h"

enum ast_kind {
#define AST(kind, word) AST_##kind,
#include "front/ast.def"
#undef AST
	AST_NKIND
};

/* Operators of unary and binary nodes. */
enum ast_op {
	OP_NEG, OP_NOT,
	OP_ELSE, OP_OR, OP_AND, OP_EQ, OP_NE, OP_LT, OP_GT, OP_LE, OP_GE, OP_IN,
	OP_RANGE, OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_MOD
};

enum ast_unit { UNIT_MS, UNIT_S, UNIT_MIN, UNIT_H, UNIT_K, UNIT_M,
    UNIT_PERCENT, UNIT_USD };           /* k, K: 1e3; M: 1e6 */

/* Recursion over the tree needs no guard of its own. */
enum { AST_DEPTH = 200 };

struct scope;
struct symbol;

struct ast {
	enum ast_kind kind;
	struct span at;
	struct ast *next;               /* sibling */

	/* set by check */
	const struct ty *type;          /* of the expression as it stands */
	const struct ty *want;          /* what its place turns it into; NULL:
	                                 * the same.  See check.h. */
	struct symbol *sym;             /* what a name, call or type means */
	bool narrowed;                  /* a T? that is known not to be null:
	                                 * `type` is T */
	unsigned as;                    /* a union that is known to be its arm
	                                 * `as` - 1, `type` is that arm; or 0 */
	unsigned depth; /* of the tree under it; parse() keeps it
	                                 * at AST_DEPTH or less */

	union {
		/* Every `name` below is interned.  `name_at` is the name's own
		 * span.  Lists of nodes are chained by `next`; absent parts are
		 * NULL. */
		struct { const char *path; const char *name; } import;
		struct { struct ast *cap; } caps;
		struct { const char *name; struct span name_at;
		    struct ast *type, *value; } constant;
		struct { const char *name; struct span name_at;
		    struct ast *type;
		    const char *desc; struct ast *value, *tune; } param;
		struct { const char *name; struct span name_at;
		    struct ast *variant; } enumeration;
		struct { const char *name; struct span name_at;
		    struct ast *field; } structure;
		struct { const char *name; struct span name_at;
		    struct ast *type; } type_def;
		struct { const char *name; struct span name_at;
		    const char *text;
		    struct ast *in, *out; } signature;
		/* model, retriever, module, data = expr { options } */
		struct { const char *name; struct span name_at;
		    struct ast *type,
		    *value, *option; } value;
		struct { const char *name; struct span name_at; struct ast *in,
		    *type, *attr; const char *desc; struct ast *value,
		    *option; } tool;
		/* `value` or `body` */
		struct { const char *name; struct span name_at; struct ast *arg,
		    *value, *body, *option; } metric;
		struct { const char *name; struct span name_at; struct ast *in,
		    *out; const char *desc; struct ast *body; } program;
		struct { const char *name; struct span name_at;
		    struct ast *option; } optimize;
		struct { const char *name; struct span name_at;
		    struct ast *arg, *body; } test;

		struct { const char *name; const char *desc;
		    struct ast *attr; } variant;
		struct { const char *name; struct span name_at;
		    struct ast *type;
		    const char *desc; struct ast *value, *attr; } field;
		struct { const char *name; struct ast *arg; } attr;
		/* name = value { option } | name = value tune tune |
		 * name { option } | name (value: `true`) */
		struct { const char *name; struct span name_at; bool quoted;
		    struct ast *value, *tune, *option; } option;
		struct { const char *module, *name; struct ast *arg; } cap;

		struct { const char *module, *name; } t_name;   /* m.X or X */
		struct { struct ast *of; } t_list, t_optional;
		struct { struct ast *key, *of; } t_map;
		struct { struct ast *arm; } t_union;
		struct { const char *text; struct ast *value; } t_literal;

		/* `kept`: failures and retries leave it as it is, of a program
		 * that was made */
		struct { const char *name; struct span name_at;
		    struct ast *type, *value; bool kept; } let;
		struct { struct ast *to, *value; bool add; } assign;
		struct { struct ast *value; } eval;
		/* `list` may be a BINARY OP_RANGE; `most`, by check: rounds at
		 * most, from `limit`, constants or @len; -1: not known */
		struct { const char *name; struct span name_at;
		    struct ast *list,
		    *limit, *body; int64_t most; } for_;
		struct { struct ast *cond, *limit, *body;
		    int64_t most; } while_;
		struct { struct ast *cond, *yes, *no; } if_; /* no: BLOCK, IF */
		struct { struct ast *value, *cases; } switch_;
		struct { struct ast *value; bool is_default;
		    struct ast *body; } case_;          /* value: chained */
		struct { struct ast *body; } parallel;
		struct { struct ast *body, *other; } try_;
		struct { struct ast *cond, *hint, *retry; } require;
		struct { struct ast *cond, *hint; } expect, check;
		struct { struct ast *value, *feedback; } return_;
		/* `again`: it is what failed, of a program that was made */
		struct { struct ast *value; bool again; } fail;
		struct { struct ast *stmt; } block;

		struct { const char *name; } name;
		struct { int64_t value; } integer;
		struct { double value; } number;
		/* value: as written, 200 of 200k; is_int: without a point, and
		 * not a percentage */
		struct { double value; enum ast_unit unit;
		    bool is_int; } quantity;
		/* decoded, adjacent ones joined; `block`: was a text block;
		 * `path`, by check: of a word that is one, as seen from the
		 * main file; NULL */
		struct { const char *text; size_t len; bool block;
		    const char *path; } string;
		struct { bool value; } boolean;
		struct { struct ast *item; } list;
		struct { struct ast *member; } record;  /* ARGs with names */
		/* `most` as of `for` */
		struct { struct ast *value; const char *name; struct ast *list,
		    *limit, *cond; int64_t most; } comprehension;
		/* `bound`, by check: the value (not the ARG around it) for each
		 * parameter in order, NULL where its default stands */
		struct { struct ast *fn, *arg; struct ast **bound;
		    unsigned nbound; } call;
		struct { const char *name; struct span name_at; bool quoted;
		    struct ast *value; } arg;
		struct { struct ast *of, *at; } index;
		struct { struct ast *of; const char *name;
		    struct span name_at; } dot;
		struct { enum ast_op op; struct ast *a; } unary;
		struct { enum ast_op op; struct ast *a, *b; } binary;
		struct { struct ast *cond, *yes, *no; } cond;
		/* `of` is T; of a case: T.  `arm`, by check: which of the
		 * union's it is */
		struct { struct ast *of, *type; unsigned arm; } is;
	} u;
};

/* A comment. */
struct comment {
	struct span at;
	bool own_line;                  /* nothing but blanks before it */
	struct comment *next;
};

/* A piece of the text, for `miproc fmt`. */
struct token {
	struct span at;
	bool is_comment;
	struct token *next;
};

/* A parsed file. */
struct unit {
	struct source *source;
	struct ast *decl;               /* in order */
	struct comment *comment;
	const char *alias;              /* its names' prefix, by check: "m" or
	                                 * "m.n" for `import ... as`; NULL */
	struct scope *scope;            /* by check: its names */
	struct unit *next;              /* the next imported unit */
};

/* Parses one file (grammar/scan.l, parse.y).  Always gives a unit; what could
 * not be read was reported to `d` and left out. */
struct unit *parse(struct arena *a, struct names *names, struct source *s,
    struct diag *d);

/* Where bytes [at, at + n) of the text of a STRING of the file `s` stand. */
struct span string_span(const struct source *s, const struct ast *string,
    size_t at, size_t n);

/* The tokens and comments of a file in the order of the text, without a first
 * line that begins with #!.  What is no token is reported to `d`. */
struct token *tokens(struct arena *a, struct names *names, struct source *s,
    struct diag *d);

/* The option called `name` in a list of OPTIONs; NULL.  Of several the first:
 * doubles are errors. */
struct ast *ast_option(struct ast *list, const char *name);

/* The parts of a node, each the first of a chain or NULL; gives how many. */
enum { AST_PARTS = 5 };
unsigned ast_parts(const struct ast *n, struct ast *part[AST_PARTS]);

const char *ast_word(enum ast_kind k);
const char *ast_op_text(enum ast_op op);                /* "+" */

/* Prints the tree with one node a line, for tests (--emit=ast). */
void ast_dump(FILE *f, const struct unit *u);

#endif
