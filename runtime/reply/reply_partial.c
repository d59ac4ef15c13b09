/* A reply that is still being written: what of its value is known.
 *
 * SPDX-License-Identifier: MIT */
#include "reply/reply.h"

#include <string.h>

#include "core/buf.h"
#include "reply/reply_in.h"
#include "type/type.h"

/* The member for a field: by its exact key, else by one like it. */
static struct rnode *
rp_member(const struct rnode *v, const struct mip_field *f)
{
	struct rnode *m;

	for (m = v->child; m != NULL; m = m->next)
		if (reply_is_key(m, reply_wire(f)))
			return m;
	for (m = v->child; m != NULL; m = m->next)
		if (reply_alike((struct reply_text){ m->key, m->nkey },
		    reply_wire(f)))
			return m;
	return NULL;
}

/* A value that is whole, as it will be in the end. */
static void
rp_whole(struct reply_co *c, struct buf *b, const struct mip_type *t,
    struct rnode *v)
{
	struct reply_try r = { .ok = false };

	if (v->done)
		r = reply_attempt(c, t, v, NULL);
	if (r.ok)
		type_write(b, t, r.value, true);
	else
		buf_puts(b, "null");
}

static void
rp_string(struct reply_co *c, struct buf *b, const struct mip_type *t,
    struct rnode *v)
{
	const char *nul = v->n > 0 ? memchr(v->s, '\0', v->n) : NULL;

	if (v->kind != RNODE_STRING && v->kind != RNODE_TEXT)
		rp_whole(c, b, t, v);
	else
		buf_json(b, v->s, nul != NULL ? (size_t)(nul - v->s) : v->n);
}

static void
rp_struct(struct reply_co *c, struct buf *b, const struct mip_type *t,
    struct rnode *v)
{
	const struct mip_field *f;
	struct rnode *m;
	unsigned i;

	if (v->kind == RNODE_ARRAY && v->count > 0)
		v = v->child;
	if (v->kind != RNODE_OBJECT) {
		rp_whole(c, b, t, v);
		return;
	}
	buf_putc(b, '{');
	for (i = 0; i < t->n; i++) {
		f = &t->field[i];
		if (i > 0)
			buf_putc(b, ',');
		buf_json(b, f->name, strlen(f->name));
		buf_putc(b, ':');
		m = rp_member(v, f);
		if (m != NULL && !m->done && (f->flags & MIP_STREAM_DONE) != 0)
			m = NULL;
		reply_partial_write(c, b, f->type, m);
	}
	buf_putc(b, '}');
}

/* Is a piece of such a value of use? */
static bool
rp_grows(const struct mip_type *t)
{
	t = reply_strip(t);
	return t->kind == MIP_STRING || t->kind == MIP_STRUCT;
}

/* Items, or with keys the members of a map. */
static void
rp_items(struct reply_co *c, struct buf *b, const struct mip_type *t,
    struct rnode *v)
{
	bool map = t->kind == MIP_MAP, first = true;
	struct reply_keys seen;
	struct rnode *m;

	if (v->kind != (map ? RNODE_OBJECT : RNODE_ARRAY)) {
		rp_whole(c, b, t, v);
		return;
	}
	if (map && !reply_keys_init(&seen, c->mem, v->count)) {
		buf_puts(b, "null");
		return;
	}
	buf_putc(b, map ? '{' : '[');
	for (m = v->child; m != NULL; m = m->next) {
		if ((map && !reply_keys_add(&seen, m)) ||
		    (!m->done && !rp_grows(t->of)))
			continue;
		if (!first)
			buf_putc(b, ',');
		first = false;
		if (map) {
			buf_json(b, m->key, m->nkey);
			buf_putc(b, ':');
		}
		reply_partial_write(c, b, t->of, m);
	}
	buf_putc(b, map ? '}' : ']');
}

/* What a piece of a layout holds so far, where its parts are of use. */
static struct rnode *
rp_piece(struct reply_co *c, const struct mip_type *t, struct rnode *v)
{
	struct reply_values *values;
	struct reply_text text = { v->s, v->n };

	if (v->kind != RNODE_TEXT || v->done || (t->kind != MIP_STRUCT &&
	    t->kind != MIP_LIST && t->kind != MIP_MAP))
		return v;
	values = arena_alloc(c->mem, sizeof(*values));
	if (values == NULL)
		return v;
	reply_values(c->mem, t, text, true, values);
	return values->n > 0 ? values->v[0].root : v;
}

/* An unfinished union says nothing: it could still change its arm. */
void
reply_partial_write(struct reply_co *c, struct buf *b,
    const struct mip_type *t, struct rnode *v)
{
	t = reply_strip(t);
	if (v == NULL || v->kind == RNODE_NULL || v->kind == RNODE_NOTHING) {
		buf_puts(b, "null");
		return;
	}
	v = rp_piece(c, t, v);
	switch (t->kind) {
	case MIP_STRING:
	case MIP_IMAGE:
	case MIP_FILE:
	case MIP_AUDIO:
		rp_string(c, b, t, v);
		return;
	case MIP_STRUCT:
		rp_struct(c, b, t, v);
		return;
	case MIP_LIST:
	case MIP_MAP:
		rp_items(c, b, t, v);
		return;
	case MIP_OPTIONAL:
	case MIP_INT:
	case MIP_FLOAT:
	case MIP_BOOL:
	case MIP_ENUM:
	case MIP_UNION:
	case MIP_LITERAL:
		rp_whole(c, b, t, v);
		return;
	}
}
