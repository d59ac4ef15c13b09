/* What the grammar and the scanner share while one file is read.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PARSE_IN_H
#define PARSE_IN_H

#include "base/diag.h"
#include "base/names.h"
#include "base/source.h"
#include "front/ast.h"

/* For the parser: "memory exhausted" is then for what is nested too deeply
 * alone. */
#define YYMALLOC(n) base_realloc(NULL, n)
#define YYFREE free

/* A chain of nodes in the making. */
struct chain {
	struct ast *first, *last;
};

struct parse {
	struct arena *a;
	struct names *names;
	struct source *source;
	struct diag *d;
	struct unit *unit;
	void *scanner;                  /* of flex */
	size_t pos;                     /* of the next byte to scan */
	unsigned end, before;           /* of the last token, of that before */
	struct chain decls;
	struct comment *last_comment;
	bool too_deep;                  /* has been reported */
};

/* ---- node.c: no text is copied, nothing is decided ---- */

/* Keeps the node, with its depth: a tree that is too deep becomes `null`, so
 * that nobody walks down there. */
struct ast *node_make(struct parse *ps, const struct ast *init);
/* a op b, from the beginning of `a` to the end of `b`. */
struct ast *node_binary(struct parse *ps, enum ast_op op, struct ast *a,
    struct ast *b);
struct chain node_chain(struct ast *n);
/* `c` with `n` behind it, if that is not NULL. */
struct chain node_append(struct chain c, struct ast *n);
/* Adjacent strings, chained, as one. */
struct ast *node_join_strings(struct parse *ps, struct ast *first,
    struct span at);
/* The text of a STRING; NULL of NULL. */
const char *node_text(const struct ast *string);
/* The same, interned. */
const char *node_word(struct parse *ps, const struct ast *string);

#endif
