/* The files of a program: imports, and what each file declares.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <string.h>

#include "front/check_in.h"

enum { MAX_IMPORTS = 200 };             /* deep: loading recurses */

static struct unit *
unit_of(struct check *c, const struct source *s)
{
	struct unit *u;

	for (u = c->out->unit; u; u = u->next)
		if (u->source == s)
			return u;
	return NULL;
}

static bool
is_loading(struct check *c, const struct unit *u)
{
	size_t i;

	for (i = 0; i < c->nloading; i++)
		if (c->loading[i] == u)
			return true;
	return false;
}

/* The unit that the import `n` names, loaded; NULL after a message. */
static struct unit *
import_unit(struct check *c, struct ast *n)
{
	struct unit *from = c->now.unit, *u;
	const char *path = sources_find(c->a, from->source, n->u.import.path,
	    c->o->dir, c->o->ndir);
	struct source *s = path ? sources_read(c->sources, path) : NULL;
	unsigned errors = c->d->nerror;

	if (!s) {
		c->incomplete = true;
		diag(c->d, n->at, E_IMPORT, "'%s': %s", n->u.import.path,
		    path ? strerror(errno) : "no such file");
		return NULL;
	}
	u = unit_of(c, s);
	if (u && is_loading(c, u)) {
		c->incomplete = true;
		diag(c->d, n->at, E_CYCLE, "'%s' is being imported already",
		    n->u.import.path);
		return NULL;
	}
	if (u)
		return u;
	if (c->nloading >= MAX_IMPORTS) {
		c->incomplete = true;
		diag(c->d, n->at, E_IMPORT, "more than %d files deep",
		    MAX_IMPORTS);
		return NULL;
	}
	s->from = n->at;
	u = parse(c->a, c->names, s, c->d);
	c->incomplete |= c->d->nerror > errors;
	u->alias = from->alias;
	if (n->u.import.name)
		u->alias = from->alias ? arena_printf(c->a, "%s.%s",
		    from->alias, n->u.import.name) : n->u.import.name;
	c->last_unit->next = u;
	c->last_unit = u;
	check_load(c, u);
	return u;
}

static void
import(struct check *c, struct ast *n)
{
	struct unit *u = import_unit(c, n);
	struct scope *into = c->now.unit->scope;
	struct symbol *s, *old;
	size_t i;

	if (n->u.import.name) {
		s = check_new_symbol(c, SYM_UNIT, n->u.import.name, n);
		s->unit = u;
		s->done = true;
		if (u)
			check_duplicate(c, into, s->name, n->at, s);
		return;
	}
	for (i = 0; u && i < u->scope->n; i++) {
		s = u->scope->order[i].sym;
		old = scope_add(into, s->name, s);
		if (!old || old == s || (old->kind == SYM_UNIT &&
		    s->kind == SYM_UNIT && old->unit == s->unit))
			continue;
		diag(c->d, n->at, E_DUPLICATE, "'%s' of '%s'; give the import "
		    "a name with `as`", s->name, n->u.import.path);
		if (old->decl)
			diag_note(c->d, check_name_at(old->decl),
			    "the first is here");
	}
}

static bool
symbol_kind_of(const struct ast *n, enum symbol_kind *k, const char **name)
{
	switch ((unsigned)n->kind) {
	case AST_CONST:
		*k = SYM_CONST, *name = n->u.constant.name;
		return true;
	case AST_PARAM:
		*k = SYM_PARAM, *name = n->u.param.name;
		return true;
	case AST_ENUM:
		*k = SYM_ENUM, *name = n->u.enumeration.name;
		return true;
	case AST_STRUCT:
		*k = SYM_STRUCT, *name = n->u.structure.name;
		return true;
	case AST_TYPEDEF:
		*k = SYM_TYPEDEF, *name = n->u.type_def.name;
		return true;
	case AST_SIGNATURE:
		*k = SYM_SIGNATURE, *name = n->u.signature.name;
		return true;
	case AST_MODEL:
		*k = SYM_MODEL, *name = n->u.value.name;
		return true;
	case AST_RETRIEVER:
		*k = SYM_RETRIEVER, *name = n->u.value.name;
		return true;
	case AST_MODULE:
		*k = SYM_MODULE, *name = n->u.value.name;
		return true;
	case AST_DATA:
		*k = SYM_DATA, *name = n->u.value.name;
		return true;
	case AST_TOOL:
		*k = SYM_TOOL, *name = n->u.tool.name;
		return true;
	case AST_METRIC:
		*k = SYM_METRIC, *name = n->u.metric.name;
		return true;
	case AST_PROGRAM:
		*k = SYM_PROGRAM, *name = n->u.program.name;
		return true;
	}
	return false;
}

/* A unit for what is declared with a prefix, m.answer, as if by an import. */
static struct symbol *
inline_unit(struct check *c, struct scope *in, const char *name,
    const char *path, struct ast *n)
{
	struct symbol *s = check_new_symbol(c, SYM_UNIT, name, n);

	s->done = true;
	s->unit = arena_alloc(c->a, sizeof(*s->unit));
	s->unit->source = c->now.unit->source;
	s->unit->alias = path;
	s->unit->scope = scope_new(c->a, NULL);
	scope_add(in, name, s);
	return s;
}

/* Where the name `*name` of a declaration belongs, of which what stands behind
 * the last point is left; NULL after a message. */
static struct scope *
scope_of(struct check *c, struct unit *u, const char **name, struct ast *n)
{
	struct scope *in = u->scope;
	const char *path = *name, *dot, *word;
	struct symbol *s;

	for (; (dot = strchr(*name, '.')) != NULL; *name = dot + 1) {
		word = names_intern(c->names, *name, (size_t)(dot - *name));
		s = scope_get(in, word);
		if (!s)
			s = inline_unit(c, in, word, arena_strndup(c->a, path,
			    (size_t)(dot - path)), n);
		if (s->kind != SYM_UNIT || s->decl->kind == AST_IMPORT) {
			diag(c->d, check_name_at(n), E_DUPLICATE, "'%s' is %s",
			    word, check_kind_word(s->kind));
			diag_note(c->d, check_name_at(s->decl),
			    "declared here");
			return NULL;
		}
		in = s->unit->scope;
	}
	*name = names_intern(c->names, *name, strlen(*name));
	return in;
}

static void
declare(struct check *c, struct unit *u)
{
	struct scope *in;
	enum symbol_kind kind;
	const char *name, *path;
	struct symbol *s;
	struct ast *n;

	for (n = u->decl; n; n = n->next) {
		if (!symbol_kind_of(n, &kind, &name))
			continue;
		path = name;
		in = scope_of(c, u, &name, n);
		s = check_new_symbol(c, kind, name, n);
		s->path = u->alias ? arena_printf(c->a, "%s.%s", u->alias,
		    path) : path;
		n->sym = s;
		if (c->last)
			c->last->next = s;
		else
			c->out->symbol = s;
		c->last = s;
		if (in)
			check_duplicate(c, in, name, check_name_at(n), s);
	}
}

void
check_load(struct check *c, struct unit *u)
{
	struct unit *before = c->now.unit;
	struct ast *n;

	c->now.unit = u;
	u->scope = scope_new(c->a, NULL);
	c->loading = arena_grow(c->a, c->loading, &c->loading_cap,
	    c->nloading + 1, sizeof(struct unit *));
	c->loading[c->nloading++] = u;
	for (n = u->decl; n; n = n->next)
		if (n->kind == AST_IMPORT)
			import(c, n);
	declare(c, u);
	c->nloading--;
	c->now.unit = before;
}
