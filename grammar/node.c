/* Nodes of the tree in the making.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "parse_in.h"

struct ast *
node_make(struct parse *ps, const struct ast *init)
{
	struct ast *n = arena_alloc(ps->a, sizeof(*n)), *part[AST_PARTS];
	unsigned i, count;

	*n = *init;
	count = ast_parts(n, part);
	for (i = 0; i < count; i++)
		for (; part[i]; part[i] = part[i]->next)
			if (part[i]->depth >= n->depth)
				n->depth = part[i]->depth + 1;
	if (n->depth <= AST_DEPTH)
		return n;
	if (!ps->too_deep)
		diag(ps->d, n->at, E_NESTING, "more than %d levels", AST_DEPTH);
	ps->too_deep = true;
	*n = (struct ast){ .kind = AST_NULL, .at = init->at };
	return n;
}

struct ast *
node_binary(struct parse *ps, enum ast_op op, struct ast *a, struct ast *b)
{
	return node_make(ps, &(struct ast){ .kind = AST_BINARY,
	    .at = { a->at.off, b->at.off + b->at.len - a->at.off },
	    .u.binary = { op, a, b } });
}

struct chain
node_chain(struct ast *n)
{
	return (struct chain){ n, n };
}

struct chain
node_append(struct chain c, struct ast *n)
{
	if (!n)
		return c;
	if (!c.first)
		return node_chain(n);
	c.last->next = n;
	c.last = n;
	return c;
}

struct ast *
node_join_strings(struct parse *ps, struct ast *first, struct span at)
{
	struct ast *n;
	size_t len = 0;
	char *s, *p;

	if (!first->next)
		return first;
	for (n = first; n; n = n->next)
		len += n->u.string.len;
	p = s = arena_alloc(ps->a, len + 1);
	for (n = first; n; n = n->next) {
		memcpy(p, n->u.string.text, n->u.string.len);
		p += n->u.string.len;
	}
	return node_make(ps, &(struct ast){ .kind = AST_STRING, .at = at,
	    .u.string = { s, len, false, NULL } });
}

const char *
node_text(const struct ast *string)
{
	return string ? string->u.string.text : NULL;
}

const char *
node_word(struct parse *ps, const struct ast *string)
{
	return names_intern(ps->names, string->u.string.text,
	    string->u.string.len);
}
