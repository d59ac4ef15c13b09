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
 *   let $kept_x  a variable that failures and retries leave as it is
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

/* ---- modules that are made of others ---- */

/* A number among the arguments, as it is written in a text. */
struct amount {
	const char *text;
	int64_t least, most;            /* what it can be */
	bool fixed;                     /* both are the same */
};

/* What stands in the parentheses. */
struct combination {
	struct making k;
	struct ast *call;
	const struct combine *is;
	struct symbol *of[64];          /* modules, all of one kind */
	unsigned nof;
	const char *by;                 /* the output that votes; NULL */
	struct symbol *judge;           /* a program: pred to score and why */
	bool least;                     /* ... less is better */
	const char *stop_at;            /* NULL */
	const struct ty *sample;        /* what $sample gives, once made */
};

/* The argument called `name`; NULL. */
struct ast *check_combine_argument(const struct combination *x,
    const char *name);
/* The int of that name, a constant or a param, from `least` on; `unset` if it
 * is not there. */
struct amount check_combine_amount(struct combination *x, const char *name,
    int64_t least, int64_t unset);
/* Makes $sample, or what `name` is: a call of `of` that gives null and why if
 * it fails, and with a judge its score. */
void check_combine_sample(struct combination *x, const char *name,
    struct symbol *of);
/* So many calls of $sample at once, `most` at most. */
const char *check_combine_wave(struct combination *x,
    const struct amount *n, const char *number, int64_t most);

/* Finds the metric of `by` and makes $judge, which judges by it. */
void check_combine_judge(struct combination *x);

/* ---- check_agent.c: those that ask something themselves ---- */

void check_multi_chain(struct combination *x);
void check_react(struct combination *x);
void check_program_of_thought(struct combination *x);

#endif
