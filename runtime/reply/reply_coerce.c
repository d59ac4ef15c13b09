/* From what a reply holds to typed values, with a flag for each liberty.
 *
 * Recurses on the tree, which is at most REPLY_DEPTH deep, and on the type.
 *
 * SPDX-License-Identifier: MIT */
#include "reply/reply.h"

#include <string.h>

#include "reply/reply_in.h"
#include "type/type.h"

/* Levels of calls: a value's depth, with optionals and unions between. */
enum { CO_DEPTH = 4 * REPLY_DEPTH };

bool
reply_fail(struct reply_co *c, enum reply_error e, const struct mip_type *t,
    struct reply_text seen, const struct reply_path *at)
{
	const struct reply_path *p;

	c->err.error = c->err.inner = e;
	c->err.type = t;
	c->err.seen = seen;
	c->err.text = NULL;
	reply_path_text(at, c->err.path, sizeof(c->err.path));
	for (p = at; p != NULL; p = p->up)
		if (p->name == NULL && e != REPLY_E_NOMEM &&
		    e != REPLY_E_TOO_DEEP)
			c->err.error = REPLY_E_ITEM;
	return false;
}

bool
reply_fail_at(struct reply_co *c, enum reply_error e, const struct mip_type *t,
    const struct rnode *v, const struct reply_path *at)
{
	struct reply_text seen = { v->src, v->nsrc };

	if (v->kind == RNODE_STRING)
		seen = (struct reply_text){ v->s, v->n };
	return reply_fail(c, e, t, seen, at);
}

bool
reply_fail_nomem(struct reply_co *c)
{
	return reply_fail(c, REPLY_E_NOMEM, NULL,
	    (struct reply_text){ "", 0 }, NULL);
}

struct reply_try
reply_attempt(struct reply_co *c, const struct mip_type *t, struct rnode *v,
    const struct reply_path *at)
{
	struct reply_sum keep = c->sum;
	struct reply_try r = { false, { 0 }, NULL };

	memset(&c->sum, 0, sizeof(c->sum));
	r.value = arena_alloc(c->mem, t->size);
	if (r.value == NULL)
		reply_fail_nomem(c);
	else
		r.ok = reply_coerce(c, t, v, at, r.value);
	r.sum = c->sum;
	c->sum = keep;
	return r;
}

void
reply_keep(struct reply_try *a, const struct reply_try *b)
{
	if (b->ok && (!a->ok || b->sum.cost < a->sum.cost))
		*a = *b;
}

/* ---- scalars ---- */

/* T from a list: of exactly one; else the first. */
static bool
co_unwrap(struct reply_co *c, const struct mip_type *t, struct rnode *v,
    const struct reply_path *at, void *out)
{
	if (v->count == 0)
		return reply_fail_at(c, REPLY_E_TYPE, t, v, at);
	reply_flag(&c->sum, v->count == 1 ? REPLY_UNWRAP :
	    REPLY_FIRST_OF_MANY);
	return reply_coerce(c, t, v->child, at, out);
}

static bool
co_string(struct reply_co *c, const struct mip_type *t, struct rnode *v,
    const struct reply_path *at, void *out)
{
	struct reply_text text = { v->src, v->nsrc };
	const char *s;

	if (v->kind == RNODE_ARRAY && v->count == 1 &&
	    v->child->kind == RNODE_STRING)
		return co_unwrap(c, t, v, at, out);
	switch (v->kind) {
	case RNODE_WORD:
		/* As a number it would have been none of R7. */
		if (reply_is_number(reply_word(v)))
			reply_flag(&c->sum, REPLY_BARE_WORD);
		text = reply_word(v);
		break;
	case RNODE_STRING:
	case RNODE_TEXT:
		text = reply_word(v);
		break;
	case RNODE_ARRAY:
	case RNODE_OBJECT:
		reply_flag(&c->sum, REPLY_TO_STRING);
		reply_flag(&c->sum, REPLY_TO_STRING);
		break;
	case RNODE_NUMBER:
	case RNODE_BOOL:
		reply_flag(&c->sum, REPLY_TO_STRING);
		break;
	case RNODE_NULL:
	case RNODE_NOTHING:
		return reply_fail_at(c, REPLY_E_TYPE, t, v, at);
	}
	if (v->nul || (text.n > 0 && memchr(text.s, '\0', text.n) != NULL))
		return reply_fail_at(c, REPLY_E_TYPE, t, v, at);
	s = arena_strndup(c->mem, text.s, text.n);
	if (s == NULL)
		return reply_fail_nomem(c);
	memcpy(out, &s, sizeof(s));
	c->sum.open = c->sum.open || !v->done;
	return true;
}

static bool
co_number(struct reply_co *c, const struct mip_type *t, struct rnode *v,
    const struct reply_path *at, void *out)
{
	bool whole = t->kind == MIP_INT, alone;
	struct reply_number x = { 0, 0.0 };
	enum reply_error e;

	if (v->kind == RNODE_ARRAY)
		return co_unwrap(c, t, v, at, out);
	if (!reply_is_word(v) && v->kind != RNODE_NUMBER)
		return reply_fail_at(c, REPLY_E_TYPE, t, v, at);
	e = reply_number(reply_word(v), whole, &x, &alone, &c->sum);
	if (e != REPLY_E_NONE)
		return reply_fail_at(c, e, t, v, at);
	if (v->kind == RNODE_STRING && alone)
		reply_flag(&c->sum, REPLY_FROM_STRING);
	if (whole)
		memcpy(out, &x.i, sizeof(x.i));
	else
		memcpy(out, &x.d, sizeof(x.d));
	c->sum.open = c->sum.open || !v->done;
	return true;
}

static bool
co_truth(struct reply_co *c, const struct mip_type *t, struct rnode *v,
    const struct reply_path *at, void *out)
{
	bool b = v->truth, alone;
	enum reply_error e;

	if (v->kind == RNODE_ARRAY)
		return co_unwrap(c, t, v, at, out);
	if (reply_is_word(v)) {
		e = reply_truth(reply_word(v), &b, &alone, &c->sum);
		if (e != REPLY_E_NONE)
			return reply_fail_at(c, e, t, v, at);
		if (v->kind == RNODE_STRING && alone)
			reply_flag(&c->sum, REPLY_FROM_STRING);
		c->sum.open = c->sum.open || (!v->done && !alone);
	} else if (v->kind != RNODE_BOOL) {
		return reply_fail_at(c, REPLY_E_TYPE, t, v, at);
	}
	memcpy(out, &b, sizeof(b));
	return true;
}

/* ---- names ---- */

bool
reply_coerce_names(struct reply_co *c, const struct mip_type *t,
    struct rnode *v, const struct reply_path *at,
    const struct reply_name *name, size_t n, size_t *which)
{
	enum reply_error e;
	bool alone;

	e = reply_choice(name, n, reply_word(v), which, &alone, &c->sum);
	if (e != REPLY_E_NONE)
		return reply_fail_at(c, e, t, v, at);
	c->sum.open = c->sum.open || (!v->done && !alone);
	return true;
}

static const char *
co_variant(const struct mip_type *t, size_t i)
{
	const struct mip_variant *x = &t->variant[i];

	return x->alias != NULL ? x->alias : x->name;
}

static bool
co_enum(struct reply_co *c, const struct mip_type *t, struct rnode *v,
    const struct reply_path *at, void *out)
{
	struct reply_name *name;
	unsigned index;
	size_t i;

	if (v->kind == RNODE_ARRAY)
		return co_unwrap(c, t, v, at, out);
	if (v->kind == RNODE_OBJECT || v->kind == RNODE_NOTHING ||
	    v->kind == RNODE_NULL)
		return reply_fail_at(c, REPLY_E_TYPE, t, v, at);
	/* What it mostly is, without memory. */
	for (i = 0; v->kind == RNODE_STRING && i < t->n; i++)
		if (reply_is(reply_word(v), co_variant(t, i)))
			break;
	if (v->kind != RNODE_STRING || i == t->n) {
		name = arena_array(c->mem, t->n, sizeof(*name));
		if (name == NULL)
			return reply_fail_nomem(c);
		for (i = 0; i < t->n; i++) {
			name[i].name = co_variant(t, i);
			name[i].desc = t->variant[i].desc;
		}
		if (!reply_coerce_names(c, t, v, at, name, t->n, &i))
			return false;
	}
	index = (unsigned)i;
	memcpy(out, &index, sizeof(index));
	return true;
}

/* A number or bool that is one of the values. */
static bool
co_one_of(struct reply_co *c, const struct mip_type *t, struct rnode *v,
    const struct reply_path *at, void *out)
{
	bool ok = t->of->kind == MIP_INT ? co_number(c, t->of, v, at, out) :
	    co_truth(c, t->of, v, at, out);

	if (!ok)
		return reply_fail_at(c, c->err.inner, t, v, at);
	if (type_value_index(t, out) == t->n)
		return reply_fail_at(c, REPLY_E_NO_MATCH, t, v, at);
	return true;
}

static bool
co_literal(struct reply_co *c, const struct mip_type *t, struct rnode *v,
    const struct reply_path *at, void *out)
{
	struct reply_name *name;
	size_t which, i;

	if (v->kind == RNODE_ARRAY)
		return co_unwrap(c, t, v, at, out);
	if (v->kind == RNODE_OBJECT || v->kind == RNODE_NOTHING ||
	    v->kind == RNODE_NULL)
		return reply_fail_at(c, REPLY_E_TYPE, t, v, at);
	if (t->of->kind != MIP_STRING)
		return co_one_of(c, t, v, at, out);
	name = arena_array(c->mem, t->n, sizeof(*name));
	if (name == NULL)
		return reply_fail_nomem(c);
	for (i = 0; i < t->n; i++)
		name[i].name = type_text(type_value(t, (unsigned)i));
	if (!reply_coerce_names(c, t, v, at, name, t->n, &which))
		return false;
	memcpy(out, type_value(t, (unsigned)which), t->size);
	return true;
}

/* ---- JSON in a string ---- */

/* What a string holds, if that is an object or array and nothing else. */
static struct reply_parse *
co_inner(struct reply_co *c, const struct mip_type *t, struct rnode *v)
{
	struct reply_text text = reply_trim(reply_word(v));
	struct reply_fence f = { .all = false };

	if (v->kind != RNODE_STRING || v->encoded)
		return NULL;
	if (reply_fences(text, &f, 1) == 1 && f.all && f.closed)
		text = reply_trim(f.text);
	if (text.n == 0 || (*text.s != '{' && *text.s != '['))
		return NULL;
	if (v->inner == NULL) {
		v->inner = arena_alloc(c->mem, sizeof(*v->inner));
		if (v->inner == NULL)
			return NULL;
		reply_json(c->mem, t, text, text.s, REPLY_IN_STRING, v->inner);
		if (f.all)
			reply_flag(&v->inner->sum, REPLY_FENCE);
		if (v->inner->end != text.s + text.n)
			v->inner->root = NULL;
	}
	return v->inner->root != NULL ? v->inner : NULL;
}

static bool
co_encoded(struct reply_co *c, const struct mip_type *t,
    struct reply_parse *p, const struct reply_path *at, void *out)
{
	reply_flag(&c->sum, REPLY_DOUBLE_ENCODED);
	reply_add(&c->sum, &p->sum);
	return reply_coerce(c, t, p->root, at, out);
}

/* ---- structs ---- */

/* The field that a key names: t->n for none. */
static unsigned
co_field(const struct mip_type *t, const struct rnode *v)
{
	unsigned i;

	for (i = 0; i < t->n; i++)
		if (reply_is_key(v, reply_wire(&t->field[i])))
			break;
	return i;
}

static unsigned
co_field_loose(const struct mip_type *t, const struct rnode *v)
{
	struct reply_text key = { v->key, v->nkey };
	unsigned i;

	for (i = 0; i < t->n; i++)
		if (reply_is(key, t->field[i].name) ||
		    reply_alike(key, reply_wire(&t->field[i])))
			break;
	return i;
}

unsigned
reply_field(const struct mip_type *t, const struct rnode *member)
{
	unsigned i = co_field(t, member);

	return i < t->n ? i : co_field_loose(t, member);
}

/* Finds the members for the fields.  Exact keys come before others. */
static unsigned
co_match(struct reply_co *c, const struct mip_type *t, const struct rnode *v,
    struct rnode **found)
{
	struct rnode *m;
	unsigned n = 0, i;

	for (m = v->child; m != NULL; m = m->next) {
		i = co_field(t, m);
		if (i < t->n && found[i] != NULL) {
			reply_flag(&c->sum, REPLY_DUPLICATE_KEY);
		} else if (i < t->n) {
			found[i] = m;
			n++;
		}
	}
	for (m = v->child; m != NULL; m = m->next) {
		if (co_field(t, m) < t->n)
			continue;
		i = co_field_loose(t, m);
		if (i == t->n) {
			reply_flag(&c->sum, REPLY_EXTRA_KEY);
		} else if (found[i] != NULL) {
			reply_flag(&c->sum, REPLY_DUPLICATE_KEY);
		} else {
			reply_flag(&c->sum, REPLY_KEY_CASE);
			found[i] = m;
			n++;
		}
	}
	return n;
}

static bool
co_absent(struct reply_co *c, const struct mip_field *f, const struct rnode *v,
    const struct reply_path *at, void *out)
{
	if (f->fallback != NULL) {
		reply_flag(&c->sum, REPLY_DEFAULT);
		return type_copy(c->mem, f->type, f->fallback, out) ||
		    reply_fail_nomem(c);
	}
	if (f->type->kind == MIP_OPTIONAL)
		return true;
	if (f->type->kind == MIP_LITERAL && f->type->n == 1) {
		reply_flag(&c->sum, REPLY_LITERAL_FILLED);
		memcpy(out, type_value(f->type, 0), f->type->size);
		return true;
	}
	return reply_fail_at(c, REPLY_E_MISSING, f->type, v, at);
}

static bool
co_members(struct reply_co *c, const struct mip_type *t, struct rnode *v,
    struct rnode **found, const struct reply_path *at, void *out)
{
	const struct mip_field *f;
	struct reply_path here;
	unsigned i;
	char *to;
	bool ok;

	for (i = 0; i < t->n; i++) {
		f = &t->field[i];
		to = (char *)out + f->offset;
		here = reply_step(at, f);
		ok = found[i] != NULL ?
		    reply_coerce(c, f->type, found[i], &here, to) :
		    co_absent(c, f, v, &here, to);
		if (!ok)
			return false;
	}
	return true;
}

/* A bare value for the only field. */
static bool
co_implied(struct reply_co *c, const struct mip_type *t, struct rnode *v,
    const struct reply_path *at, void *out)
{
	const struct rnode *keep = c->implied;
	struct reply_path here;
	bool ok;

	if (t->n != 1 || c->implied == v || v->kind == RNODE_NULL ||
	    v->kind == RNODE_NOTHING)
		return reply_fail_at(c, REPLY_E_TYPE, t, v, at);
	here = reply_step(at, t->field);
	c->implied = v;
	reply_flag(&c->sum, REPLY_IMPLIED_KEY);
	ok = reply_coerce(c, t->field->type, v, &here,
	    (char *)out + t->field->offset);
	c->implied = keep;
	return ok;
}

static bool
co_object(struct reply_co *c, const struct mip_type *t, struct rnode *v,
    const struct reply_path *at, void *out)
{
	struct reply_sum keep = c->sum;
	enum mip_kind kind;
	struct rnode **found = arena_array(c->mem, t->n, sizeof(*found));

	if (found == NULL)
		return reply_fail_nomem(c);
	if (co_match(c, t, v, found) == 0 && t->n == 1 && v->count > 0) {
		kind = reply_strip(t->field->type)->kind;
		if (kind == MIP_STRUCT || kind == MIP_MAP ||
		    kind == MIP_UNION) {
			c->sum = keep;
			return co_implied(c, t, v, at, out);
		}
	}
	return co_members(c, t, v, found, at, out);
}

static bool
co_struct(struct reply_co *c, const struct mip_type *t, struct rnode *v,
    const struct reply_path *at, void *out)
{
	struct reply_parse *p = co_inner(c, t, v);
	struct reply_try one, bare;
	struct reply_sum keep;
	struct reply_err err;

	if (p != NULL)
		return co_encoded(c, t, p, at, out);
	if (v->kind == RNODE_OBJECT)
		return co_object(c, t, v, at, out);
	if (v->kind != RNODE_ARRAY)
		return co_implied(c, t, v, at, out);
	if (t->n != 1 || reply_strip(t->field->type)->kind != MIP_LIST ||
	    c->implied == v || v->count == 0)
		return v->count == 0 && t->n == 1 ?
		    co_implied(c, t, v, at, out) : co_unwrap(c, t, v, at, out);
	/* Its field's list, or a list that holds it? */
	one = (struct reply_try){ .value = arena_alloc(c->mem, t->size) };
	bare = (struct reply_try){ .value = arena_alloc(c->mem, t->size) };
	if (one.value == NULL || bare.value == NULL)
		return reply_fail_nomem(c);
	keep = c->sum;
	memset(&c->sum, 0, sizeof(c->sum));
	one.ok = v->child->kind == RNODE_OBJECT &&
	    co_unwrap(c, t, v, at, one.value);
	one.sum = c->sum;
	memset(&c->sum, 0, sizeof(c->sum));
	bare.ok = co_implied(c, t, v, at, bare.value);
	err = c->err;
	bare.sum = c->sum;
	c->sum = keep;
	reply_keep(&one, &bare);
	c->err = err;
	if (!one.ok)
		return false;
	reply_add(&c->sum, &one.sum);
	memcpy(out, one.value, t->size);
	return true;
}

/* ---- lists and maps ---- */

static bool
co_items(struct reply_co *c, const struct mip_type *t, struct rnode *v,
    const struct reply_path *at, void *out)
{
	char *to = arena_array(c->mem, v->count, t->of->size);
	struct reply_path here = { at, NULL, 0 };
	struct reply_sum keep;
	struct rnode *m;
	size_t n = 0;

	if (to == NULL)
		return reply_fail_nomem(c);
	for (m = v->child; m != NULL; m = m->next, here.n++) {
		keep = c->sum;
		if (reply_coerce(c, t->of, m, &here, to + n * t->of->size)) {
			n++;
			continue;
		}
		if (!c->o->drop_bad_items || c->err.error == REPLY_E_NOMEM)
			return false;
		memset(to + n * t->of->size, 0, t->of->size);
		c->sum = keep;
		reply_flag(&c->sum, REPLY_DROPPED_ITEM);
	}
	type_list_set(out, to, n);
	return true;
}

bool
reply_single(const struct mip_type *item, const struct rnode *v)
{
	struct reply_text word;

	item = reply_strip(item);
	if (v->kind == RNODE_NULL || v->kind == RNODE_NOTHING)
		return false;
	if (v->kind == RNODE_OBJECT)
		return !reply_stringlike(item);
	if (!reply_is_word(v) || item->kind != MIP_STRING)
		return true;
	word = reply_trim(reply_word(v));
	return !reply_null_word(word) && (v->kind != RNODE_TEXT ||
	    word.n == 0 || (*word.s != '{' && *word.s != '['));
}

/* A list that should be one of lists, and holds none: its only item. */
static bool
co_flat(const struct mip_type *t, const struct rnode *v)
{
	const struct rnode *m;

	if (reply_strip(t->of)->kind != MIP_LIST || v->count == 0)
		return false;
	for (m = v->child; m != NULL; m = m->next)
		if (m->kind == RNODE_ARRAY || m->kind == RNODE_STRING)
			return false;
	return true;
}

/* A list of one list of several, where the items are no lists. */
static bool
co_nested(const struct mip_type *t, const struct rnode *v)
{
	const struct mip_type *of = reply_strip(t->of);
	const struct rnode *inner = v->child;

	if (v->count != 1 || inner->kind != RNODE_ARRAY || inner->count < 2 ||
	    of->kind == MIP_LIST || of->kind == MIP_UNION)
		return false;
	return of->kind != MIP_STRUCT || inner->child->kind == RNODE_OBJECT;
}

static bool
co_list(struct reply_co *c, const struct mip_type *t, struct rnode *v,
    const struct reply_path *at, void *out)
{
	struct reply_parse *p = co_inner(c, t, v);
	const struct rnode *keep = c->wrapped;
	char *to;
	bool ok;

	if (p != NULL)
		return co_encoded(c, t, p, at, out);
	if (v->kind == RNODE_ARRAY && co_nested(t, v)) {
		reply_flag(&c->sum, REPLY_UNWRAP);
		return co_items(c, t, v->child, at, out);
	}
	if (v->kind == RNODE_ARRAY && (c->wrapped == v || !co_flat(t, v)))
		return co_items(c, t, v, at, out);
	if (c->wrapped == v || !reply_single(t->of, v))
		return reply_fail_at(c, REPLY_E_TYPE, t, v, at);
	to = arena_alloc(c->mem, t->of->size);
	if (to == NULL)
		return reply_fail_nomem(c);
	c->wrapped = v;
	reply_flag(&c->sum, REPLY_WRAP);
	ok = reply_coerce(c, t->of, v, at, to);
	c->wrapped = keep;
	if (ok)
		type_list_set(out, to, 1);
	return ok;
}

bool
reply_keys_add(struct reply_keys *k, const struct rnode *m)
{
	uint32_t h = 2166136261U, i;

	for (i = 0; i < m->nkey; i++)
		h = (h ^ (unsigned char)m->key[i]) * 16777619U;
	for (i = h & (uint32_t)k->mask; k->at[i] != NULL;
	    i = (i + 1) & (uint32_t)k->mask)
		if (k->at[i]->nkey == m->nkey &&
		    memcmp(k->at[i]->key, m->key, m->nkey) == 0)
			return false;
	k->at[i] = m;
	return true;
}

bool
reply_keys_init(struct reply_keys *k, struct arena *mem, size_t n)
{
	k->mask = 15;
	while (k->mask < 2 * n)
		k->mask = 2 * k->mask + 1;
	k->at = arena_array(mem, k->mask + 1, sizeof(const struct rnode *));
	return k->at != NULL;
}

static bool
co_map(struct reply_co *c, const struct mip_type *t, struct rnode *v,
    const struct reply_path *at, void *out)
{
	struct reply_parse *p = co_inner(c, t, v);
	struct type_map map = { NULL, NULL, 0 };
	struct reply_path here;
	struct reply_keys seen;
	const char **key;
	struct rnode *m;
	char *to;

	if (p != NULL)
		return co_encoded(c, t, p, at, out);
	if (v->kind == RNODE_ARRAY && v->count == 1)
		return co_unwrap(c, t, v, at, out);
	if (v->kind != RNODE_OBJECT)
		return reply_fail_at(c, REPLY_E_TYPE, t, v, at);
	key = arena_array(c->mem, v->count, sizeof(*key));
	to = arena_array(c->mem, v->count, t->of->size);
	if (key == NULL || to == NULL ||
	    !reply_keys_init(&seen, c->mem, v->count))
		return reply_fail_nomem(c);
	for (m = v->child; m != NULL; m = m->next) {
		here = (struct reply_path){ at, m->key, m->nkey };
		if (!reply_keys_add(&seen, m)) {
			reply_flag(&c->sum, REPLY_DUPLICATE_KEY);
			continue;
		}
		key[map.n] = arena_strndup(c->mem, m->key, m->nkey);
		if (key[map.n] == NULL)
			return reply_fail_nomem(c);
		if (!reply_coerce(c, t->of, m, &here,
		    to + map.n * t->of->size))
			return false;
		map.n++;
	}
	map.key = (const char *const *)key;
	map.v = to;
	memcpy(out, &map, sizeof(map));
	return true;
}

/* ---- optionals ---- */

void
reply_set_some(const struct mip_type *t, void *out, const struct reply_try *r)
{
	if (type_base(t->of)->kind == MIP_STRING)
		memcpy(out, r->value, sizeof(const char *));
	else
		memcpy(out, &r->value, sizeof(r->value));
}

static bool
co_optional(struct reply_co *c, const struct mip_type *t, struct rnode *v,
    const struct reply_path *at, void *out)
{
	struct reply_try r;
	bool word;

	if (v->kind == RNODE_NULL)
		return true;
	if (t->of->kind == MIP_STRING) {
		if (v->kind == RNODE_TEXT && reply_is(reply_word(v), "null"))
			return true;
		return co_string(c, t->of, v, at, out);
	}
	r = reply_attempt(c, t->of, v, at);
	word = v->kind == RNODE_NOTHING ||
	    (reply_is_word(v) && reply_null_word(reply_trim(reply_word(v))));
	if (word && (!r.ok ||
	    r.sum.cost > reply_flag_cost(REPLY_NULL_WORD))) {
		reply_flag(&c->sum, REPLY_NULL_WORD);
		return true;
	}
	if (r.ok) {
		reply_add(&c->sum, &r.sum);
		reply_set_some(t, out, &r);
		return true;
	}
	if (!c->o->null_bad_optional || c->err.error == REPLY_E_NOMEM)
		return false;
	reply_flag(&c->sum, REPLY_DROPPED_ITEM);
	return true;
}

/* ---- all of them ---- */

bool
reply_coerce_word(struct reply_co *c, const struct mip_type *t,
    struct rnode *v, const struct reply_path *at, void *out)
{
	switch (t->kind) {
	case MIP_STRING:
	case MIP_IMAGE:
	case MIP_FILE:
	case MIP_AUDIO:
		return co_string(c, t, v, at, out);
	case MIP_INT:
	case MIP_FLOAT:
		return co_number(c, t, v, at, out);
	case MIP_BOOL:
		return co_truth(c, t, v, at, out);
	case MIP_ENUM:
		return co_enum(c, t, v, at, out);
	case MIP_LITERAL:
		return co_literal(c, t, v, at, out);
	case MIP_STRUCT:
		return co_struct(c, t, v, at, out);
	case MIP_LIST:
		return co_list(c, t, v, at, out);
	case MIP_OPTIONAL:
		return co_optional(c, t, v, at, out);
	case MIP_MAP:
		return co_map(c, t, v, at, out);
	case MIP_UNION:
		return reply_coerce_union(c, t, v, at, out);
	}
	return false;
}

bool
reply_coerce(struct reply_co *c, const struct mip_type *t, struct rnode *v,
    const struct reply_path *at, void *out)
{
	bool text = v->kind == RNODE_TEXT && !reply_stringlike(t) &&
	    !(t->kind == MIP_OPTIONAL && t->of->kind == MIP_STRING), ok;

	if (c->depth == CO_DEPTH)
		return reply_fail_at(c, REPLY_E_TOO_DEEP, t, v, at);
	c->depth++;
	ok = text ? reply_coerce_text(c, t, v, at, out) :
	    reply_coerce_word(c, t, v, at, out);
	c->depth--;
	return ok;
}
