/* Names and types: annotates the trees of a program.
 *
 * After check, and only if it reported no error:
 *  - every expression has `type`; where its place needs another one, `want`
 *    says which (int where float is wanted, T where T? is, an arm where its
 *    union is); record literals and [] have the type their place gives them;
 *  - every NAME, DOT that names a declaration (m.small, Label.A), T_NAME and
 *    CALL has `sym`; `narrowed` marks reads of a T? that cannot be null;
 *  - CALLs of modules, programs, builtins and metrics have `bound`.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FRONT_CHECK_H
#define FRONT_CHECK_H

#include "base/slot.h"
#include "base/template.h"
#include "base/ty.h"
#include "front/ast.h"

enum symbol_kind {
	SYM_CONST, SYM_PARAM, SYM_ENUM, SYM_VARIANT, SYM_STRUCT, SYM_TYPEDEF,
	SYM_SIGNATURE, SYM_MODEL, SYM_RETRIEVER, SYM_TOOL, SYM_MODULE,
	SYM_DATA, SYM_METRIC, SYM_PROGRAM, SYM_OPTIMIZE,
	SYM_UNIT,                       /* an import's alias */
	SYM_VAR,                        /* let, loop variable, parameter */
	SYM_TEST,
	SYM_BUILTIN,                    /* builtin.def */
	SYM_CREDIT,                     /* the function of that name */
	SYM_METRIC_ARG,                 /* gold, pred */
	SYM_CAUGHT                      /* what failed, in programs that were
	                                 * made */
};

enum module_kind {
#define COMBINE(id, name, takes, asks, arguments) MODULE_##id,
#include "front/combine.def"
#undef COMBINE
	MODULE_NKIND
};

/* A program or metric that another one calls. */
struct callee {
	struct symbol *sym;
	struct span at;
	struct callee *next;
};

struct symbol {
	enum symbol_kind kind;
	const char *name;               /* in the source */
	const char *path;               /* with its alias: "m.answer" */
	struct ast *decl;               /* NULL for builtins */
	const struct ty *type;          /* var, const, param: its type; enum,
	                                 * struct, typedef: the type itself;
	                                 * module, program: record of outputs;
	                                 * tool: what it gives */
	const struct ty *in;            /* module, program, tool: record of
	                                 * inputs;
	                                 * metric: checked->gold.  `pred`: type
	                                 * is the outputs, in the inputs; of a
	                                 * name in both it is the output. */
	struct ty_const value;          /* const, param (default), folded.  A
	                                 * param without `tune`, or fixed by
	                                 * -D, is a SYM_CONST whose decl is a
	                                 * PARAM */
	enum module_kind module;
	bool effect;                    /* tool: @effect */
	struct symbol *signature, *model;       /* of a module */
	struct symbol *run;             /* module that is made of calls: the
	                                 * program that makes them */
	struct symbol *leaf;            /* ... what it asks itself, a module in
	                                 * no file, first of a chain by `leaf`;
	                                 * NULL */
	enum { MADE_NOT, MADE_RUN, MADE_JUDGE } made;   /* program: of such a
	                                 * module, of a metric for one */
	struct symbol *sampled;         /* ... the module that it calls; NULL:
	                                 * several */
	struct symbol *owner;           /* made: the module */
	struct symbol *helper;          /* the next one of its module */
	struct scope *scope;            /* made: what its body knows besides */
	bool judges;                    /* metric: for a module */
	const struct template_piece *piece;     /* of a module: its template */
	unsigned npiece;
	struct symbol *cases;           /* of a module: the retriever of its
	                                 * demonstrations; NULL */
	unsigned ncase;                 /* ... how many; 0: the retriever's k */
	const char *near_by;            /* ... the input that is compared; NULL:
	                                 * all its texts */
	unsigned pinned;                /* by -D: of a module 1 << slot_kind, of
	                                 * a param with `tune` 1 */
	int index;                      /* variant: its number; builtin: in the
	                                 * table; metric arg: 0 gold, 1 pred */
	bool defined;                   /* const, param: set by -D */
	bool assigned;                  /* var: set again after `let` */
	bool captured;                  /* var: read; module: called */
	bool fixed;                     /* var: a loop variable or an input */
	const struct ast *set_in; /* var: a branch of `parallel` that sets
	                                 * it; private to check */
	const struct ast *set_at;       /* ... and the statement */
	int64_t most;                   /* var that is a list: most items by its
	                                 * type's @len; -1: not known */
	struct callee *callee;          /* program, metric, test: what it
	                                 * calls, the last first */
	bool visiting, done;            /* private to check */
	enum { BODY_NEW, BODY_OPEN, BODY_DONE } looked; /* program: at its
	                                 * body; private to check */
	bool asks;                      /* program: it asks models */
	bool called;                    /* program: by another one; private to
	                                 * check */
	void *lowered;                  /* for lower.c: struct prompt *, fn * */
	struct unit *unit; /* where declared; alias: what it means */
	struct symbol *next;            /* in its scope */
};

/* A -D NAME=VALUE of the command line. */
struct define { const char *name, *value; bool used; };

struct checked {
	struct unit *unit;              /* main file first, then imports */
	struct ty_table *types;
	struct symbol *symbol;          /* globals of all units, in order of
	                                 * declaration, main file last */
	const struct ty *gold;          /* record of all gold fields read */
	struct symbol *test;            /* of the main file, in order */
	struct symbol *program;         /* to compile: see `program` below */
	struct ast *optimize;           /* its optimize block, or NULL */
};

struct check_options {
	const char *const *dir;         /* -I */
	unsigned ndir;
	struct define *define;
	unsigned ndefine;
	const char *program; /* --program; NULL: the optimize block's,
	                                 * or the only one */
	bool need_program; /* else a file of declarations will do */
	bool any_program; /* of several the first, without a word */
};

/* Parses the imports of `u`, resolves and types everything.  NULL only if
 * nothing could be made of it; errors are counted in d->nerror.  Files read
 * are in the sources of `d`. */
struct checked *check(struct arena *a, struct names *names,
    struct sources *sources, struct unit *u, const struct check_options *o,
    struct diag *d);

/* ---- queries, for what comes after check ---- */

/* Where the name of a declaration, field or variable stands. */
struct span check_name_at(const struct ast *decl);

/* The value of an expression that is a constant; false if it is none. */
bool check_const(struct arena *a, const struct ast *e, struct ty_const *out);

/* Is it exec(...), what a tool or a metric may be? */
bool check_is_exec(const struct ast *e);

/* The value of an option, which check found to be of a kind that the option
 * takes. */
struct check_value {
	enum {
		CV_NONE,                /* no plain value: lists, names of
		                         * declarations (see e->sym) */
		CV_NULL, CV_BOOL, CV_INT, CV_FLOAT,     /* i, f both set */
		CV_TIME,                /* f: milliseconds */
		CV_MONEY,               /* f: usd */
		CV_WORD,                /* s: a bare word: none, light */
		CV_STRING,              /* s */
		CV_ENV                  /* env("NAME", "s"): env; s or NULL */
	} kind;
	int64_t i;                      /* bool: 0, 1; int; float rounded */
	double f;
	const char *s, *env;
};
/* `e` is an option's value; NULL gives CV_NONE. */
struct check_value check_value(struct arena *a, const struct ast *e);

#endif
