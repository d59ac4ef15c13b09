/* Unions: the cheapest arm, unless a literal field decides outright.
 *
 * SPDX-License-Identifier: MIT */
#include "reply/reply.h"

#include <string.h>

#include "reply/reply_in.h"
#include "type/type.h"

enum { RU_MEMO = 256 };

/* What a union was read as: both arms of a union may hold the same union
 * again, which would double the work at each level. */
struct reply_memo {
	struct reply_memo *next;
	const struct rnode *v;
	const struct mip_type *t;
	struct reply_try got;
	struct reply_err err;
};

static const struct rnode *
ru_get(const struct rnode *v, const char *name)
{
	const struct rnode *m;

	for (m = v->child; m != NULL; m = m->next)
		if (reply_is_key(m, name))
			return m;
	return NULL;
}

/* Would a literal field of `t` be missing from the object? */
static bool
ru_fills(const struct mip_type *t, const struct rnode *v)
{
	unsigned i;

	for (i = 0; t->kind == MIP_STRUCT && v->kind == RNODE_OBJECT &&
	    i < t->n; i++)
		if (t->field[i].type->kind == MIP_LITERAL &&
		    t->field[i].type->n == 1 &&
		    ru_get(v, reply_wire(&t->field[i])) == NULL)
			return true;
	return false;
}

/* Is the word one of the values of a literal type? */
static bool
ru_is_value(const struct mip_type *t, const struct rnode *v)
{
	struct buf b = BUF_INIT;
	bool is = false;
	unsigned i;

	for (i = 0; i < t->n && !is; i++) {
		buf_reset(&b);
		type_put_value(&b, t, i);
		is = !b.failed && reply_is_nocase(reply_word(v), buf_str(&b));
	}
	buf_release(&b);
	return is;
}

/* Does a literal field of `t` hold one of its values in the object? */
static bool
ru_names(const struct mip_type *t, const struct rnode *v)
{
	const struct mip_field *f;
	const struct rnode *m;
	unsigned k;

	for (k = 0; t->kind == MIP_STRUCT && k < t->n; k++) {
		f = &t->field[k];
		if (f->type->kind != MIP_LITERAL)
			continue;
		m = ru_get(v, reply_wire(f));
		if (m != NULL && (reply_is_word(m) || m->kind == RNODE_NUMBER ||
		    m->kind == RNODE_BOOL) && ru_is_value(f->type, m))
			return true;
	}
	return false;
}

/* The arm that a literal field names outright; t->n if none does, or
 * several. */
static unsigned
ru_decided(const struct mip_type *t, const struct rnode *v)
{
	unsigned i, found = t->n;

	for (i = 0; v->kind == RNODE_OBJECT && i < t->n; i++)
		if (ru_names(t->arm[i], v)) {
			if (found < t->n)
				return t->n;
			found = i;
		}
	return found;
}

/* The arm whose literal field of that name `m` is a value of; NULL if an arm
 * has no such field. */
static const struct mip_type *
ru_named(const struct mip_type *t, const char *name, const struct rnode *m)
{
	const struct mip_type *found = NULL, *arm;
	const struct mip_field *f;
	unsigned i, k;

	for (i = 0; i < t->n; i++) {
		arm = t->arm[i];
		for (k = 0; arm->kind == MIP_STRUCT && k < arm->n; k++)
			if (strcmp(reply_wire(&arm->field[k]), name) == 0)
				break;
		f = arm->kind == MIP_STRUCT && k < arm->n ? &arm->field[k] :
		    NULL;
		if (f == NULL || f->type->kind != MIP_LITERAL)
			return NULL;
		if (ru_is_value(f->type, m))
			found = arm;
	}
	return found;
}

const struct mip_type *
reply_union_arm(const struct mip_type *t, const struct rnode *v)
{
	const struct mip_type *first = t->arm[0], *arm;
	const struct rnode *m;
	const char *name;
	unsigned k, i = ru_decided(t, v);

	for (k = 0; i < t->n && first->kind == MIP_STRUCT && k < first->n;
	    k++) {
		name = reply_wire(&first->field[k]);
		m = ru_get(v, name);
		arm = m != NULL && m->done ? ru_named(t, name, m) : NULL;
		if (arm == t->arm[i])
			return arm;
	}
	return NULL;
}

static void
ru_choose(struct reply_try *best, unsigned *arm, const struct reply_try *r,
    unsigned i)
{
	if (r->ok && (!best->ok || r->sum.cost < best->sum.cost))
		*arm = i;
	reply_keep(best, r);
}

/* Is the error about more than this not being the arm? */
static bool
ru_tells(const struct reply_err *e)
{
	return e->inner != REPLY_E_TYPE && (e->inner != REPLY_E_NO_MATCH ||
	    e->type->kind != MIP_LITERAL);
}

/* Tries the arms; the best, with c->err set if there is none. */
static struct reply_try
ru_arms(struct reply_co *c, const struct mip_type *t, struct rnode *v,
    const struct reply_path *at, unsigned *arm)
{
	struct reply_try best = { .ok = false }, r;
	unsigned i, decided = ru_decided(t, v), filled = 0;
	struct reply_err first = { .error = REPLY_E_NONE };

	for (i = 0; i < t->n; i++) {
		if (decided < t->n && i != decided)
			continue;
		r = reply_attempt(c, t->arm[i], v, at);
		filled += r.ok && ru_fills(t->arm[i], v);
		if (!r.ok && first.error == REPLY_E_NONE && ru_tells(&c->err))
			first = c->err;
		ru_choose(&best, arm, &r, i);
	}
	if (best.ok && filled > 1 && ru_fills(t->arm[*arm], v))
		best.ok = reply_fail_at(c, REPLY_E_AMBIGUOUS, t, v, at);
	else if (!best.ok && first.error != REPLY_E_NONE)
		c->err = first;
	else if (!best.ok && decided == t->n)
		reply_fail_at(c, REPLY_E_TYPE, t, v, at);
	return best;
}

static struct reply_memo **
ru_memo(struct reply_co *c, const struct mip_type *t, const struct rnode *v)
{
	size_t h = ((uintptr_t)v >> 4 ^ (uintptr_t)t >> 6) % RU_MEMO;
	struct reply_memo **m;

	if (c->memo == NULL)
		c->memo = arena_array(c->mem, RU_MEMO, sizeof(*c->memo));
	if (c->memo == NULL)
		return NULL;
	for (m = &c->memo[h]; *m != NULL; m = &(*m)->next)
		if ((*m)->v == v && (*m)->t == t)
			break;
	return m;
}

bool
reply_coerce_union(struct reply_co *c, const struct mip_type *t,
    struct rnode *v, const struct reply_path *at, void *out)
{
	bool deep = v->kind == RNODE_OBJECT || v->kind == RNODE_ARRAY;
	struct reply_memo **m = deep ? ru_memo(c, t, v) : NULL, *new;
	unsigned arm = 0;
	struct reply_try r;
	int i;

	if (m != NULL && *m != NULL) {
		c->err = (*m)->err;
		r = (*m)->got;
		if (r.ok)
			memcpy(out, r.value, t->size);
		reply_add(&c->sum, &r.sum);
		return r.ok;
	}
	r = ru_arms(c, t, v, at, &arm);
	if (r.ok) {
		i = (int)arm;
		memcpy(out, &i, sizeof(i));
		memcpy((char *)out + t->arm_at, r.value, t->arm[arm]->size);
		reply_add(&c->sum, &r.sum);
	}
	/* The table may have grown meanwhile. */
	m = deep ? ru_memo(c, t, v) : NULL;
	new = m != NULL ? arena_alloc(c->mem, sizeof(*new)) : NULL;
	if (new == NULL)
		return r.ok;
	new->v = v;
	new->t = t;
	new->got = r;
	new->err = c->err;
	new->got.value = arena_alloc(c->mem, t->size);
	if (new->got.value == NULL)
		return r.ok;
	memcpy(new->got.value, out, t->size);
	*m = new;
	return r.ok;
}
