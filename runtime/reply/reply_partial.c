/* A reply that is still being written: what of its value is known.
 *
 * SPDX-License-Identifier: MIT */
#include "reply/reply.h"

#include <string.h>

#include "core/buf.h"
#include "reply/reply_in.h"
#include "type/type.h"

/* Appends a value that is whole as it will be in the end, if it is one. */
static bool
rp_whole(struct reply_co *c, struct buf *b, const struct mip_type *t,
    struct rnode *v)
{
	struct reply_try r = { .ok = false };

	if (v->done)
		r = reply_attempt(c, t, v, NULL);
	if (r.ok)
		type_write(b, t, r.value, true);
	return r.ok;
}

static void
rp_scalar(struct reply_co *c, struct buf *b, const struct mip_type *t,
    struct rnode *v)
{
	if (!rp_whole(c, b, t, v))
		buf_puts(b, "null");
}

/* May the text be null, or become it? */
static bool
rp_null(const struct mip_type *t, const struct rnode *v)
{
	return t->kind == MIP_OPTIONAL && v->kind == RNODE_TEXT && v->n <= 4 &&
	    memcmp(v->s, "null", v->n) == 0 && (v->n == 4 || !v->done);
}

static void
rp_string(struct reply_co *c, struct buf *b, const struct mip_type *t,
    struct rnode *v)
{
	const char *nul = v->n > 0 ? memchr(v->s, '\0', v->n) : NULL;

	if ((v->kind != RNODE_STRING && v->kind != RNODE_TEXT) ||
	    rp_null(t, v))
		rp_scalar(c, b, t, v);
	else
		buf_json(b, v->s, nul != NULL ? (size_t)(nul - v->s) : v->n);
}

/* Is `v` the list that the only field is of?  Not if it holds the struct, or
 * may. */
static bool
rp_implied(const struct mip_type *t, const struct rnode *v)
{
	if (v->kind != RNODE_ARRAY || t->n != 1 || v->count == 0 ||
	    reply_strip(t->field->type)->kind != MIP_LIST)
		return false;
	v = v->child;
	return v->kind != RNODE_OBJECT || (v->count > 0 &&
	    reply_field(t, v->child) == t->n);
}

static void
rp_struct(struct reply_co *c, struct buf *b, const struct mip_type *whole,
    struct rnode *v)
{
	const struct mip_type *t = reply_strip(whole);
	struct rnode **found, *m;
	const struct mip_field *f;
	unsigned i;

	if (rp_implied(t, v)) {
		buf_putc(b, '{');
		buf_json(b, t->field->name, strlen(t->field->name));
		buf_putc(b, ':');
		reply_partial_write(c, b, t->field->type, v);
		buf_putc(b, '}');
		return;
	}
	if (v->kind == RNODE_ARRAY && v->count > 0)
		v = v->child;
	found = v->kind == RNODE_OBJECT ?
	    arena_array(c->mem, t->n, sizeof(struct rnode *)) : NULL;
	if (found == NULL) {
		rp_scalar(c, b, whole, v);
		return;
	}
	/* The first one stays, as it was shown. */
	for (m = v->child; m != NULL; m = m->next) {
		i = reply_field(t, m);
		if (i < t->n && found[i] == NULL)
			found[i] = m;
	}
	buf_putc(b, '{');
	for (i = 0; i < t->n; i++) {
		f = &t->field[i];
		if (i > 0)
			buf_putc(b, ',');
		buf_json(b, f->name, strlen(f->name));
		buf_putc(b, ':');
		m = found[i];
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
	return t->kind == MIP_STRING || t->kind == MIP_STRUCT ||
	    t->kind == MIP_UNION;
}

/* May the item `m` be none by itself: a list in the place of all of it, or one
 * of the items of its only item? */
static bool
rp_nested(const struct mip_type *of, const struct rnode *m)
{
	enum mip_kind kind = reply_strip(of)->kind;

	return kind == MIP_LIST ? m->kind != RNODE_ARRAY &&
	    m->kind != RNODE_STRING && m->kind != RNODE_TEXT :
	    kind != MIP_UNION && m->kind == RNODE_ARRAY;
}

/* Appends an item or a member, behind a comma unless it is the first.  False,
 * and nothing, if nothing is known of it. */
static bool
rp_item(struct reply_co *c, struct buf *b, const struct mip_type *of,
    struct rnode *m, bool map, bool first)
{
	size_t start = b->len, at;

	if ((!m->done && !rp_grows(of)) || (!map && rp_nested(of, m)))
		return false;
	if (!first)
		buf_putc(b, ',');
	if (map) {
		buf_json(b, m->key, m->nkey);
		buf_putc(b, ':');
	}
	at = b->len;
	reply_partial_write(c, b, of, m);
	if (b->failed || strcmp(buf_str(b) + at, "null") != 0 ||
	    (m->done && of->kind == MIP_OPTIONAL))
		return true;
	b->len = start;
	return false;
}

/* Items up to one of which nothing is known, or with keys the members of a map
 * of which something is. */
static void
rp_items(struct reply_co *c, struct buf *b, const struct mip_type *whole,
    struct rnode *v)
{
	const struct mip_type *t = reply_strip(whole);
	bool map = t->kind == MIP_MAP, first = true;
	struct reply_keys seen;
	struct rnode *m;

	if (v->kind != (map ? RNODE_OBJECT : RNODE_ARRAY) ||
	    (map && !reply_keys_init(&seen, c->mem, v->count))) {
		rp_scalar(c, b, whole, v);
		return;
	}
	buf_putc(b, map ? '{' : '[');
	for (m = v->child; m != NULL; m = m->next) {
		if (map && !reply_keys_add(&seen, m))
			continue;
		if (rp_item(c, b, t->of, m, map, first))
			first = false;
		else if (!map && !(m->done && c->o->drop_bad_items))
			break;
	}
	buf_putc(b, map ? '}' : ']');
}

/* May `v` be one of `t`, going by its kind? */
static bool
rp_fits(const struct mip_type *t, const struct rnode *v)
{
	enum mip_kind of;

	t = reply_strip(t);
	if (t->kind == MIP_STRUCT)
		return v->kind == RNODE_OBJECT || rp_implied(t, v) ||
		    (v->count > 0 && v->child->kind == RNODE_OBJECT);
	if (t->kind == MIP_MAP)
		return v->kind == RNODE_OBJECT;
	if (t->kind != MIP_LIST || v->kind == RNODE_ARRAY)
		return true;
	of = reply_strip(t->of)->kind;
	return of == MIP_STRUCT || of == MIP_MAP || of == MIP_UNION;
}

struct rnode *
reply_begun(struct arena *mem, const struct mip_type *t,
    struct reply_text text)
{
	struct reply_values *values = arena_alloc(mem, sizeof(*values));
	struct rnode *v, *found = NULL, *list;
	size_t i;

	if (values == NULL)
		return NULL;
	reply_values(mem, t, text, true, values);
	for (i = 0; i < values->n; i++) {
		v = values->v[i].root;
		if (rp_fits(t, v) && (found == NULL || found->count == 0))
			found = v;
	}
	if (found == NULL || found->kind != RNODE_OBJECT ||
	    reply_strip(t)->kind != MIP_LIST)
		return found;
	list = reply_node(mem, RNODE_ARRAY, text);
	if (list == NULL)
		return NULL;
	list->child = found;
	list->count = 1;
	list->done = false;
	return list;
}

/* The items of a piece that opens with a bullet; NULL if it does not, or they
 * may be JSON. */
static struct rnode *
rp_bullets(struct reply_co *c, const struct mip_type *t, const struct rnode *v)
{
	struct reply_text text = reply_trim(reply_word(v));
	struct rnode *list, *m;
	enum mip_kind of;
	bool prose;

	of = t->kind == MIP_LIST ? reply_strip(t->of)->kind : MIP_LIST;
	if (of == MIP_LIST || of == MIP_STRUCT || of == MIP_MAP ||
	    of == MIP_UNION)
		return NULL;
	if (!v->done)
		text = reply_before_bullet(text);
	list = reply_bullets(c->mem, text, &prose);
	if (list == NULL || memchr(text.s, '\n',
	    (size_t)(list->child->src - text.s)) != NULL)
		return NULL;
	for (m = list->child; m->next != NULL; m = m->next)
		continue;
	m->done = v->done;
	return list;
}

/* An object is of the arm that its literal field names; of another union
 * nothing is known before it is whole. */
static void
rp_union(struct reply_co *c, struct buf *b, const struct mip_type *whole,
    struct rnode *v)
{
	const struct mip_type *arm = reply_union_arm(reply_strip(whole), v);

	if (rp_whole(c, b, whole, v))
		return;
	if (arm != NULL)
		reply_partial_write(c, b, arm, v);
	else
		buf_puts(b, "null");
}

void
reply_partial_write(struct reply_co *c, struct buf *b,
    const struct mip_type *whole, struct rnode *v)
{
	const struct mip_type *t = reply_strip(whole);
	bool parts = t->kind == MIP_STRUCT || t->kind == MIP_LIST ||
	    t->kind == MIP_MAP || t->kind == MIP_UNION;
	struct rnode *items;

	/* A piece of a layout: what it holds so far. */
	if (v != NULL && v->kind == RNODE_TEXT && parts) {
		if (rp_whole(c, b, whole, v))
			return;
		items = rp_bullets(c, t, v);
		v = items != NULL ? items :
		    reply_begun(c->mem, t, reply_trim(reply_word(v)));
	}
	if (v == NULL || v->kind == RNODE_NULL || v->kind == RNODE_NOTHING) {
		buf_puts(b, "null");
		return;
	}
	switch (t->kind) {
	case MIP_STRING:
	case MIP_IMAGE:
	case MIP_FILE:
	case MIP_AUDIO:
		rp_string(c, b, whole, v);
		return;
	case MIP_STRUCT:
		rp_struct(c, b, whole, v);
		return;
	case MIP_LIST:
	case MIP_MAP:
		rp_items(c, b, whole, v);
		return;
	case MIP_UNION:
		rp_union(c, b, whole, v);
		return;
	case MIP_OPTIONAL:
	case MIP_INT:
	case MIP_FLOAT:
	case MIP_BOOL:
	case MIP_ENUM:
	case MIP_LITERAL:
		rp_scalar(c, b, whole, v);
		return;
	}
}
