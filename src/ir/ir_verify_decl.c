/* The rules of what an IR declares: leaves, params, tools, retrievers,
 * functions.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/table.h"
#include "ir/ir_in.h"
#include "ir/ir_types.h"

struct decls {
	const struct mod *m;
	struct table *declared;
	char *why;
};

BASE_PRINTF(2, 3) static bool
bad(struct decls *v, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(v->why, IR_WHY, fmt, ap);
	va_end(ap);
	return false;
}

static bool
unique(struct decls *v, struct table *names, const char *name)
{
	return table_at(names, name)->n++ == 0 ||
	    bad(v, "the name '%.60s' is there twice", name);
}

/* Addresses are unique, and so are names in C; what has them is noted. */
static bool
verify_names(struct decls *v, struct arena *a)
{
	const struct mod *m = v->m;
	struct table address, c;
	const struct prompt *q;
	const struct param *p;
	const struct tool *t;
	const struct retriever *r;
	const struct fn *f;

	table_init_text(&address, a);
	table_init_text(&c, a);
	for (q = m->prompt; q != NULL; q = q->next) {
		table_at(v->declared, q);
		if (!unique(v, &address, q->name) || !unique(v, &c, q->c_name))
			return false;
	}
	for (p = m->param; p != NULL; p = p->next) {
		table_at(v->declared, p);
		if (!unique(v, &address, p->name) || !unique(v, &c, p->c_name))
			return false;
	}
	for (t = m->tool; t != NULL; t = t->next) {
		table_at(v->declared, t);
		if (!unique(v, &c, t->c_name))
			return false;
	}
	for (r = m->retriever; r != NULL; r = r->next) {
		table_at(v->declared, r);
		if (!unique(v, &c, r->c_name))
			return false;
	}
	for (f = m->fn; f != NULL; f = f->next)
		if (!unique(v, &c, f->c_name))
			return false;
	return true;
}

/* Has it what finds its demonstrations, and nothing else of it? */
static bool
verify_knn(struct decls *v, const struct prompt *q)
{
	const struct retriever *r = v->m->retriever;

	while (r != NULL && r != q->cases)
		r = r->next;
	if (r != q->cases)
		return bad(v, "%.60s: no such retriever", q->name);
	if (q->near_by != NULL && (r == NULL ||
	    ty_field_index(q->in, q->near_by) < 0))
		return bad(v, "%.60s: compares by no input", q->name);
	if (r != NULL && (r->of->kind != TY_STRUCT || q->ndemo != 0 ||
	    q->max_demos == 0 || q->max_demos > INT_MAX))
		return bad(v, "%.60s: demonstrations that are not found",
		    q->name);
	return true;
}

static bool
verify_prompts(struct decls *v)
{
	const struct prompt *q;
	unsigned i;

	for (q = v->m->prompt; q != NULL; q = q->next) {
		if (q->in->kind != TY_STRUCT || q->out->kind != TY_STRUCT)
			return bad(v, "%.60s: not between structs",
			    q->name);
		if (!q->formats[q->format])
			return bad(v, "%.60s: its format is not one of "
			    "its formats", q->name);
		for (i = 0; i < q->npiece; i++)
			if (q->piece[i].text == NULL &&
			    !template_fits(q->in, &q->piece[i]))
				return bad(v, "%.60s: its template "
				    "shows no input", q->name);
		if (!q->structures[q->structure])
			return bad(v, "%.60s: its structure is not one "
			    "of its structures", q->name);
		if (q->reasoning && (q->out->n == 0 ||
		    strcmp(q->out->field[0].name, "reasoning") != 0))
			return bad(v, "%.60s: no reasoning first",
			    q->name);
		if (!verify_knn(v, q))
			return false;
	}
	return true;
}

static bool
verify_tools(struct decls *v)
{
	const struct ty *in;
	const struct tool *t;

	for (t = v->m->tool; t != NULL; t = t->next) {
		in = t->in;
		if (in == NULL && (t->out->kind != TY_STRUCT ||
		    t->out->n != 2 || t->is.text_in))
			return bad(v, "%.60s: no score and feedback",
			    t->name);
		if (t->is.kind == MIP_HTTP ? t->is.argv != NULL ||
		    (t->http.url.text == NULL && t->http.url.env == NULL) :
		    t->is.argv == NULL || t->is.argv[0][0] == '\0')
			return bad(v, "%.60s: no command, and no server",
			    t->name);
		if (t->is.kind == MIP_HTTP && (in == NULL || t->is.text_in ||
		    t->is.keep || t->is.env != NULL))
			return bad(v, "%.60s: a server is no process",
			    t->name);
		if (t->is.text_in && (in->n != 1 ||
		    in->field[0].type->kind != TY_STRING))
			return bad(v, "%.60s: no text to give", t->name);
		if (t->is.text_out && t->out->kind != TY_STRING)
			return bad(v, "%.60s: a text is no such value",
			    t->name);
		if (t->is.keep && (t->is.text_in || t->is.text_out))
			return bad(v, "%.60s: kept, and not by lines",
			    t->name);
	}
	return true;
}

static bool
is_model(const struct mod *m, const struct mip_model *of)
{
	unsigned i;

	for (i = 0; i < m->nmodel; i++)
		if (m->model[i] == of)
			return of->route == MIP_DIRECT;
	return false;
}

static bool
verify_retriever(struct decls *v, const struct retriever *r)
{
	const struct mip_retriever *is = &r->is;

	if (r->of->kind != TY_STRUCT && r->of->kind != TY_STRING)
		return bad(v, "%.60s: its results are no structs or strings",
		    r->name);
	if (is->by == MIP_SEARCH ? is->path != NULL || is->http == NULL ||
	    (is->http->url.text == NULL && is->http->url.env == NULL) :
	    is->path == NULL || is->text == NULL)
		return bad(v, "%.60s: no file with members to search, and "
		    "no server", r->name);
	if ((is->by == MIP_EMBED) != (is->model != NULL) ||
	    (is->model != NULL && !is_model(v->m, is->model)))
		return bad(v, "%.60s: no model to make its vectors",
		    r->name);
	if (is->by == MIP_BM25 && !(is->k1 >= 0 && is->b >= 0 && is->b <= 1))
		return bad(v, "%.60s: k1 or b is out of range", r->name);
	return true;
}

static bool
verify_retrievers(struct decls *v)
{
	const struct retriever *r;

	for (r = v->m->retriever; r != NULL; r = r->next)
		if (!verify_retriever(v, r))
			return false;
	return true;
}

/* The functions of conditions are of this module, and over their records. */
static bool
verify_field(struct decls *v, const struct table *fns, const struct ty *t,
    const struct ty_field *field)
{
	const struct fn *f;
	unsigned i;

	for (i = 0; i < field->ncheck; i++) {
		f = field->check[i].fn;
		if (f == NULL || f->kind != FN_CHECK || f->in != t ||
		    table_get(fns, f) == NULL)
			return bad(v, "%.60s: not the condition of a field",
			    field->name);
	}
	return true;
}

static bool
verify_conditions(struct decls *v, struct arena *a)
{
	const struct fn *f;
	struct ir_types all;
	struct table fns;
	unsigned i, k;
	bool any = false;

	table_init(&fns, a);
	for (f = v->m->fn; f != NULL; f = f->next) {
		table_at(&fns, f);
		any |= f->kind == FN_CHECK;
	}
	if (!any)
		return true;
	ir_types_init(&all, a);
	ir_types_of_mod(&all, v->m);
	for (i = 0; i < all.n; i++)
		for (k = 0; all.t[i]->kind == TY_STRUCT && k < all.t[i]->n; k++)
			if (!verify_field(v, &fns, all.t[i],
			    &all.t[i]->field[k]))
				return false;
	return true;
}

bool
ir_verify_decls(const struct mod *m, struct table *declared, struct arena *a,
    char *why)
{
	struct decls v = { m, declared, why };

	return verify_names(&v, a) && verify_prompts(&v) && verify_tools(&v) &&
	    verify_retrievers(&v) && verify_conditions(&v, a);
}
