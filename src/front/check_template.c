/* Templates of modules: their places are inputs.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "front/check_in.h"

struct reading {
	struct check *c;
	struct symbol *module;
	const struct ast *e;            /* the text */
	const char *text;
	struct template_piece *piece;
	size_t cap;
};

/* Bytes of the text; of one that is not written here, all of it. */
static struct span
place(const struct reading *r, size_t at, size_t n)
{
	if (r->e->kind != AST_STRING)
		return r->e->at;
	return string_span(r->c->now.unit->source, r->e, at, n);
}

static void
add(struct reading *r, struct template_piece p)
{
	struct symbol *m = r->module;

	r->piece = arena_grow(r->c->a, r->piece, &r->cap, m->npiece + 1u,
	    sizeof(*r->piece));
	r->piece[m->npiece++] = p;
}

/* What is wrong with the name of a place that begins at byte `at`. */
static void
missed(struct reading *r, size_t at, const struct template_miss *miss)
{
	struct check *c = r->c;
	struct span s = place(r, at + miss->at, miss->n ? miss->n : 1);
	const char *name = arena_strndup(c->a, r->text + at + miss->at,
	    miss->n), **from;
	unsigned i;

	if (!miss->of) {
		diag(c->d, s, E_TEMPLATE, "a place is {input} or "
		    "{input.member}; a brace is {{ or }}");
		return;
	}
	if (miss->of->kind != TY_STRUCT) {
		diag(c->d, s, E_TEMPLATE, "%s has no members",
		    check_text(c, miss->of));
		return;
	}
	from = arena_array(c->a, miss->of->n + 1, sizeof(*from));
	for (i = 0; i < miss->of->n; i++)
		from[i] = miss->of->field[i].name;
	diag(c->d, s, E_TEMPLATE, "%s has no %s '%s'%s",
	    miss->of == r->module->in ? r->module->name :
	    check_text(c, miss->of), miss->of == r->module->in ? "input" :
	    "member", name, check_nearest(c, name, from, miss->of->n));
}

static void
part(struct reading *r, const struct template_part *p)
{
	struct check *c = r->c;
	struct template_miss miss;
	struct template_piece piece = { .text = NULL };

	switch (p->kind) {
	case TEMPLATE_TEXT:
		piece.text = template_text(c->a, r->text + p->at, p->n);
		add(r, piece);
		return;
	case TEMPLATE_PLACE:
		if (template_find(c->a, r->module->in, r->text + p->at + 1,
		    p->n - 2, &piece, &miss))
			add(r, piece);
		else
			missed(r, p->at + 1, &miss);
		return;
	case TEMPLATE_OPEN:
		diag(c->d, place(r, p->at, 1), E_TEMPLATE,
		    "this { is not closed; a brace is {{");
		return;
	case TEMPLATE_CLOSE:
		diag(c->d, place(r, p->at, 1), E_TEMPLATE,
		    "this } closes nothing; a brace is }}");
		return;
	case TEMPLATE_END:
		return;
	}
}

static void
left_out(const struct reading *r)
{
	const struct ty *in = r->module->in;
	unsigned i, k;

	for (i = 0; i < in->n; i++) {
		for (k = 0; k < r->module->npiece; k++)
			if (!r->piece[k].text && r->piece[k].path[0] == i)
				break;
		/* Images and the like are sent beside the text. */
		if (k == r->module->npiece &&
		    !ty_is_media(in->field[i].type))
			diag(r->c->d, r->e->at, E_UNUSED_FIELD,
			    "the template leaves out the input '%s'",
			    in->field[i].name);
	}
}

void
check_template(struct check *c, struct symbol *s, struct ast *o)
{
	struct reading r = { .c = c, .module = s, .e = o->u.option.value };
	struct template_part p;
	struct ty_const text;
	unsigned before = c->d->nerror;
	size_t len, at = 0;

	if (!r.e || o->u.option.option) {
		diag(c->d, o->at, E_VALUE, "'template' takes a text");
		return;
	}
	if (!s->in || !check_constant(c, o->u.option.value, check_basic(c,
	    TY_STRING), &text))
		return;
	r.text = text.s;
	len = strlen(text.s);
	if (len == 0)
		diag(c->d, r.e->at, E_TEMPLATE, "it is empty");
	do {
		p = template_next(text.s, len, &at);
		part(&r, &p);
	} while (p.kind != TEMPLATE_END);
	s->piece = r.piece;
	if (c->d->nerror == before)
		left_out(&r);
}
