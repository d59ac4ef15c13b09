/* Demonstrations that are found: what is compared, which rows will do.
 *
 * As KATE of Liu et al., "What Makes Good In-Context Examples for GPT-3?"
 * (2022), by any retriever.
 *
 * SPDX-License-Identifier: MIT */
#include "run/cases.h"

#include <stdio.h>
#include <string.h>

#include "prompt/prompt_text.h"
#include "run/mip_in.h"
#include "type/type.h"

enum { CASES_SPARE = 8 };               /* rows that may be left out */

struct cases {
	struct mip *m;
	const struct slots_leaf *leaf;
	const char *query;
	struct json *demo;              /* the nearest first, for now */
	unsigned n;
	char why[448];                  /* why a row will not do */
};

/* ---- what is compared ---- */

static void cases_text(struct buf *b, const struct mip_type *t, const void *v);

static void
cases_members(struct buf *b, const struct mip_type *t, const void *v)
{
	for (unsigned i = 0; i < t->n; i++)
		cases_text(b, t->field[i].type,
		    (const char *)v + t->field[i].offset);
}

static void
cases_items(struct buf *b, const struct mip_type *of, const void *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		cases_text(b, of, (const char *)v + i * of->size);
}

/* Appends the texts in a value, a line each. */
static void
cases_text(struct buf *b, const struct mip_type *t, const void *v)
{
	struct type_list l;
	struct type_map m;
	const void *p;
	unsigned i;

	switch (t->kind) {
	case MIP_STRING:
		buf_puts(b, b->len > 0 ? "\n" : "");
		buf_puts(b, type_text(v));
		break;
	case MIP_STRUCT:
		cases_members(b, t, v);
		break;
	case MIP_LIST:
		l = type_list_get(v);
		cases_items(b, t->of, l.v, l.n);
		break;
	case MIP_MAP:
		m = type_map_get(v);
		cases_items(b, t->of, m.v, m.n);
		break;
	case MIP_OPTIONAL:
		p = type_optional(t, v);
		if (p)
			cases_text(b, t->of, p);
		break;
	case MIP_UNION:
		i = type_index(v);
		if (i < t->n)
			cases_text(b, t->arm[i],
			    (const char *)v + t->arm_at);
		break;
	case MIP_INT: case MIP_FLOAT: case MIP_BOOL: case MIP_ENUM:
	case MIP_LITERAL: case MIP_IMAGE: case MIP_FILE: case MIP_AUDIO:
		break;
	}
}

/* The texts of the inputs that are compared; NULL without memory. */
static const char *
cases_query(struct mip *m, const struct mip_prompt *p, const void *in)
{
	const struct mip_field *f = p->near_by ? type_field(p->in,
	    p->near_by) : NULL;
	struct buf b = BUF_INIT;
	const char *s = NULL;

	if (f)
		cases_text(&b, f->type, (const char *)in + f->offset);
	else
		cases_members(&b, p->in, in);
	if (!b.failed)
		s = arena_strndup(mip_arena(m), buf_str(&b), b.len);
	else
		mip_oom(m);
	buf_release(&b);
	return s;
}

/* ---- which rows will do ---- */

/* *fit: the value of an output cannot be taken for the layout around it.  JSON
 * escapes its texts, and a value that is alone has none around it.  False
 * without memory. */
static bool
cases_fits(const struct slots_leaf *leaf, const struct mip_type *t,
    const void *v, bool *fit)
{
	struct buf b = BUF_INIT;
	bool ok = true;

	if (leaf->format != MIP_JSON && leaf->format != MIP_PLAIN) {
		cases_text(&b, t, v);
		ok = !b.failed;
		if (ok && prompt_is_forged(leaf, buf_str(&b)))
			*fit = false;
	}
	buf_release(&b);
	return ok;
}

static bool
cases_bad(struct cases *c, const char *field, const struct type_error *e)
{
	const char *dot = e->path[0] && e->path[0] != '[' ? "." : "";

	snprintf(c->why, sizeof c->why, "%.100s%s%.100s: %.200s", field,
	    *field ? dot : "", e->path, e->text);
	return false;
}

/* Reads the outputs that a row has; *fit: they can be shown. */
static bool
cases_outputs(struct cases *c, struct json row, bool *fit)
{
	const struct mip_type *t = c->leaf->prompt->out;
	struct arena *a = mip_arena(c->m);
	const struct mip_field *f;
	struct type_error e;
	struct json v;
	unsigned i;
	void *at;

	for (i = 0; i < t->n; i++) {
		f = &t->field[i];
		v = json_get(row, f->name);
		if (!v.n || json_kind(v) == JSON_NULL)
			continue;
		at = arena_alloc(a, f->type->size);
		if (!at)
			return false;
		if (type_read(a, f->type, v, TYPE_LENIENT, at, &e) != MIP_OK)
			return a->failed ? false : cases_bad(c, f->name, &e);
		if (!cases_fits(c->leaf, f->type, at, fit))
			return false;
	}
	return true;
}

static const char *
cases_json(struct arena *a, const struct mip_type *t, const void *v)
{
	struct buf b = BUF_INIT;
	const char *s = NULL;

	type_write(&b, t, v, true);
	if (!b.failed)
		s = arena_strndup(a, buf_str(&b), b.len);
	buf_release(&b);
	return s;
}

/* Adds the row to the demonstrations, or leaves it out; false if it is not as
 * the leaf's are. */
static bool
cases_take(struct cases *c, const void *value)
{
	const struct mip_prompt *p = c->leaf->prompt;
	struct arena *a = mip_arena(c->m);
	const char *text = cases_json(a, p->cases->of, value), *query;
	void *in = arena_alloc(a, p->in->size);
	struct type_error e;
	struct json row;
	bool fit = true;

	if (!text || !in || !json_parse(text, strlen(text), &row, NULL, NULL))
		return false;
	if (type_read(a, p->in, row, TYPE_LENIENT, in, &e) != MIP_OK)
		return a->failed ? false : cases_bad(c, "", &e);
	query = cases_query(c->m, p, in);
	if (!query || !cases_outputs(c, row, &fit))
		return false;
	if (fit && strcmp(query, c->query) != 0)
		c->demo[c->n++] = row;
	return true;
}

static void
cases_turn(struct cases *c)
{
	struct json v;

	for (unsigned i = 0, k = c->n; i + 1 < k; i++) {
		v = c->demo[--k];
		c->demo[k] = c->demo[i];
		c->demo[i] = v;
	}
}

static void
cases_fail(struct cases *c)
{
	const struct mip_prompt *p = c->leaf->prompt;

	if (!c->why[0])
		mip_oom(c->m);
	else
		mip_fail(c->m, p->cases->by == MIP_SEARCH ?
		    MIP_INFRASTRUCTURE : MIP_USAGE, "%s: a row of the "
		    "retriever %s is no demonstration: %s", p->name,
		    p->cases->name, c->why);
}

bool
cases_find(struct mip *m, const struct slots_leaf *leaf, const void *in,
    const struct json **demo, unsigned *n)
{
	const struct mip_prompt *p = leaf->prompt;
	struct cases c = { .m = m, .leaf = leaf };
	/* A server may be paid, or keep us short. */
	int64_t spare = p->cases->by == MIP_SEARCH ? 1 : CASES_SPARE;
	struct { const void *v; size_t n; } list;
	struct type_list rows;
	size_t i;

	*n = 0;
	c.query = cases_query(m, p, in);
	c.demo = mip_alloc(m, p->ncase, sizeof *c.demo);
	if (!c.query || !c.demo || mip_search(m, p->cases, c.query,
	    p->ncase + spare, &list) != MIP_OK)
		return false;
	rows = type_list_get(&list);
	for (i = 0; i < rows.n && c.n < p->ncase; i++)
		if (!cases_take(&c, (const char *)rows.v + i *
		    p->cases->of->size)) {
			cases_fail(&c);
			return false;
		}
	cases_turn(&c);
	*demo = c.demo;
	*n = c.n;
	return true;
}
