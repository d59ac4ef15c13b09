/* Retrievers: where results are found, what they are, and searches; texts as
 * vectors.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "core/allow.h"
#include "front/check_in.h"

/* ---- the declaration ---- */

#define FILE_OPTIONS \
	{ "text", OPT_STRINGS, NULL, NULL }, \
	{ "id", OPT_STRING, NULL, NULL }, \
	{ "score", OPT_STRING, NULL, NULL }, \
	{ "k", OPT_INT, NULL, NULL }

static const struct option_rule bm25_options[] = {
	FILE_OPTIONS,
	{ "stem", OPT_WORD, "none porter", NULL },
	{ "k1", OPT_NUMBER, NULL, NULL },
	{ "b", OPT_NUMBER, NULL, NULL },
	{ NULL, OPT_OTHER, NULL, NULL }
};

static const struct option_rule embed_options[] = {
	FILE_OPTIONS,
	{ "model", OPT_OTHER, NULL, NULL },
	{ NULL, OPT_OTHER, NULL, NULL }
};

static const struct option_rule http_options[] = {
	{ "text", OPT_STRINGS, NULL, NULL },
	{ "k", OPT_INT, NULL, NULL },
	{ "results", OPT_STRING, NULL, NULL },
	{ "cache", OPT_BOOL, NULL, NULL },
	CHECK_HTTP_OPTIONS,
	{ NULL, OPT_OTHER, NULL, NULL }
};

enum { BY_WORDS, BY_VECTORS, BY_SERVER };

static const struct {
	const char *name;
	const struct option_rule *rule;
} ways[] = {
	[BY_WORDS] = { "bm25", bm25_options },
	[BY_VECTORS] = { "embed", embed_options },
	[BY_SERVER] = { "http", http_options },
};

const struct option_rule check_http_limits[] = {
	{ "running", OPT_INT_OR_AUTO, NULL, NULL },
	{ "rpm", OPT_NUMBER, NULL, NULL },
	{ NULL, OPT_OTHER, NULL, NULL }
};

static struct check_value
option(struct check *c, struct ast *list, const char *name)
{
	const struct ast *o = ast_option(list, name);

	return check_value(c->a, o ? o->u.option.value : NULL);
}

void
check_url(struct check *c, struct ast *e)
{
	struct check_value v = check_value(c->a, e);
	const char *s = v.s;

	if (v.kind == CV_ENV && v.env && *v.env && !s)
		return;
	if ((v.kind != CV_STRING && v.kind != CV_ENV) || !s ||
	    !allow_scheme(s))
		diag(c->d, e->at, E_VALUE, "a URL begins with http:// or "
		    "https://; it is a string or env(\"NAME\", \"else\")");
}

/* What the call on the right searches by: an index into `ways`, or -1. */
static int
way_of(struct check *c, struct ast *v)
{
	const char *from[COUNTOF(ways)], *name;
	size_t i;

	for (i = 0; i < COUNTOF(ways); i++)
		from[i] = ways[i].name;
	if (v->kind != AST_CALL || v->u.call.fn->kind != AST_NAME) {
		diag(c->d, v->at, E_RETRIEVER, "expected bm25(\"file\"), "
		    "embed(\"file\") or http(\"url\")");
		return -1;
	}
	name = v->u.call.fn->u.name.name;
	for (i = 0; i < COUNTOF(ways); i++)
		if (strcmp(ways[i].name, name) == 0)
			return (int)i;
	diag(c->d, v->u.call.fn->at, E_RETRIEVER, "'%s'%s", name,
	    check_nearest(c, name, from, COUNTOF(ways)));
	return -1;
}

/* The file or the URL. */
static void
place(struct check *c, struct ast *v, int way)
{
	struct ast *arg = v->u.call.arg, *e = arg ? arg->u.arg.value : NULL;

	if (!arg || arg->next || arg->u.arg.name) {
		diag(c->d, v->at, E_RETRIEVER, "'%s' takes the %s",
		    ways[way].name, way == BY_SERVER ? "URL of the server" :
		    "name of a file");
		return;
	}
	if (way == BY_SERVER) {
		check_url(c, e);
		return;
	}
	if (e->kind != AST_STRING || !*e->u.string.text) {
		diag(c->d, e->at, E_RETRIEVER, "the name of the file is a "
		    "string");
		return;
	}
	e->u.string.path = sources_relative(c->a, c->out->unit->source,
	    c->now.unit->source, e->u.string.text);
}

/* The member that gets how well a result fits. */
static void
score(struct check *c, const struct ty *of, struct ast *list)
{
	const struct ast *o = ast_option(list, "score");
	struct check_value v = option(c, list, "score");
	int i;

	if (v.kind != CV_STRING || of->kind == TY_POISON)
		return;
	i = of->kind == TY_STRUCT ? ty_field_index(of, v.s) : -1;
	if (i < 0 || of->field[i].type->kind != TY_FLOAT)
		diag(c->d, o->u.option.value->at, E_RETRIEVER, "%s has no "
		    "field '%s' of type float", check_text(c, of), v.s);
}

/* Names of members are not empty, and there is one to search. */
static void
names(struct check *c, struct ast *list)
{
	static const char *const name[] = { "text", "id", "results" };
	const struct ast *o, *v, *e;
	size_t i;

	for (i = 0; i < COUNTOF(name); i++) {
		o = ast_option(list, name[i]);
		v = o ? o->u.option.value : NULL;
		if (!v)
			continue;
		e = v->kind == AST_LIST ? v->u.list.item : v;
		for (; e && e->kind == AST_STRING && *e->u.string.text;
		    e = v->kind == AST_LIST ? e->next : NULL)
			continue;
		if (v->kind == AST_LIST && !v->u.list.item)
			diag(c->d, v->at, E_VALUE, "'%s' names no member",
			    name[i]);
		else if (e && e->kind == AST_STRING)
			diag(c->d, e->at, E_VALUE, "the name of a member is "
			    "empty");
	}
}

/* The model that `e` names, to make vectors; NULL after a message.  It is one
 * model, so that they can be compared. */
static struct symbol *
check_vector_model(struct check *c, struct ast *e)
{
	struct symbol *s = check_ref_kind(c, e, SYM_MODEL);
	const struct ast *v;

	if (!s)
		return NULL;
	v = s->decl->u.value.value;
	if (v->kind != AST_CALL)
		return s;
	diag(c->d, e->at, E_RETRIEVER, "'%s' stands for several models, whose "
	    "vectors cannot be compared", s->name);
	diag_note(c->d, s->decl->u.value.name_at, "declared here");
	return NULL;
}

static void
settings(struct check *c, struct symbol *s, int way)
{
	struct ast *list = s->decl->u.value.option, *o;
	struct check_value v;
	unsigned before = c->d->nerror;

	check_options(c, list, ways[way].rule, ways[way].name, false);
	o = ast_option(list, "model");
	if (way == BY_VECTORS && (!o || !o->u.option.value))
		diag(c->d, o ? o->at : s->decl->u.value.name_at, E_MISSING,
		    "'model', which makes the vectors");
	else if (way == BY_VECTORS)
		s->model = check_vector_model(c, o->u.option.value);
	if (c->d->nerror > before)
		return;
	v = option(c, list, "k");
	if (v.kind == CV_INT && v.i < 1)
		diag(c->d, ast_option(list, "k")->u.option.value->at, E_VALUE,
		    "'k' is 1 or more");
	v = option(c, list, "b");
	if (v.kind != CV_NONE && v.f > 1)
		diag(c->d, ast_option(list, "b")->u.option.value->at, E_VALUE,
		    "'b' is from 0 to 1");
	names(c, list);
	score(c, s->type->of, list);
}

void
check_retriever(struct check *c, struct symbol *s)
{
	struct ast *n = s->decl, *v = n->u.value.value;
	const struct ty *of = check_basic(c, TY_STRING);
	int way = way_of(c, v);

	if (n->u.value.type)
		of = check_type(c, n->u.value.type);
	if (of->kind != TY_STRUCT && of->kind != TY_STRING &&
	    of->kind != TY_POISON) {
		diag(c->d, n->u.value.type->at, E_RETRIEVER, "a result is a "
		    "struct or a string, not %s", check_text(c, of));
		of = check_poison(c);
	}
	s->type = ty_list(c->t, of);
	if (way < 0)
		return;
	place(c, v, way);
	settings(c, s, way);
}

/* ---- searches ---- */

/* What an argument of a search is for: 0 the query, 1 k; -1 after a message. */
static int
input_of(struct check *c, struct ast *a, struct ast *const v[2])
{
	const char *name = a->u.arg.name;
	int k = name && strcmp(name, "k") == 0;

	if (name && !k && strcmp(name, "query") != 0)
		diag(c->d, a->u.arg.name_at, E_ARGUMENT, "search has no input "
		    "'%s'; it takes the query and k", name);
	else if (!name && v[0])
		diag(c->d, a->at, E_ARGUMENT, "which input is this? the "
		    "number of results is k = ...");
	else if (v[k])
		diag(c->d, a->at, E_ARGUMENT, "the %s is given twice",
		    k ? "number k" : "query");
	else
		return k;
	return -1;
}

/* wiki.search(query) or wiki.search(query, k = n) */
const struct ty *
check_search(struct check *c, struct ast *e, struct symbol *s)
{
	const struct ty *want[2] = { check_basic(c, TY_STRING),
	    check_basic(c, TY_INT) };
	struct ast *a, **v;
	int k;

	e->sym = s;
	if (strcmp(e->u.call.fn->u.dot.name, "search") != 0) {
		diag(c->d, e->u.call.fn->u.dot.name_at, E_FIELD, "a retriever "
		    "has only 'search': %s.search(query)", s->name);
		return check_poison(c);
	}
	if (!c->now.body) {
		diag(c->d, e->at, E_PLACE, "searches are made in programs, "
		    "metrics and tests only");
		return check_poison(c);
	}
	c->now.body->calls += s->model != NULL;
	v = arena_array(c->a, 2, sizeof *v);
	e->u.call.bound = v;
	e->u.call.nbound = 2;
	for (a = e->u.call.arg; a; a = a->next) {
		k = input_of(c, a, v);
		if (k < 0) {
			check_expr(c, a->u.arg.value,
			    check_poison(c));
			continue;
		}
		v[k] = a->u.arg.value;
		check_want(c, a->u.arg.value, want[k]);
	}
	if (!v[0])
		diag(c->d, e->at, E_ARGUMENT, "the query is missing: "
		    "%s.search(query)", s->name);
	return s->type;
}

/* embed(model, text) */
const struct ty *
check_embed(struct check *c, struct ast *e)
{
	struct ast *m = e->u.call.arg, *text = m ? m->next : NULL;
	struct symbol *s;

	if (!text || text->next || m->u.arg.name || text->u.arg.name) {
		diag(c->d, e->at, E_ARGUMENT, "embed takes a model and a "
		    "text: embed(emb, text)");
		return check_poison(c);
	}
	if (!c->now.body) {
		diag(c->d, e->at, E_PLACE, "models are asked in programs, "
		    "metrics and tests only");
		return check_poison(c);
	}
	c->now.body->calls++;
	s = check_vector_model(c, m->u.arg.value);
	check_want(c, text->u.arg.value, check_basic(c, TY_STRING));
	if (!s)
		return check_poison(c);
	e->sym = s;
	e->u.call.nbound = 1;
	e->u.call.bound = arena_array(c->a, 1, sizeof(struct ast *));
	e->u.call.bound[0] = text->u.arg.value;
	return ty_list(c->t, check_basic(c, TY_FLOAT));
}
