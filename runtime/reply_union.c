/* Unions: the cheapest arm, unless a literal field decides outright.
 *
 * SPDX-License-Identifier: MIT */
#include "reply.h"

#include <string.h>

#include "reply_in.h"

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

bool
reply_coerce_arm(struct reply_co *c, const struct mip_type *t,
    struct rnode *v, const struct reply_path *at, unsigned *arm)
{
	struct reply_name *name = arena_array(c->mem, t->n, sizeof(*name));
	size_t n = 0, which;
	unsigned i;

	if (name == NULL)
		return reply_fail_nomem(c);
	for (i = 0; i < t->n; i++)
		if (t->arm[i]->kind == MIP_LITERAL)
			name[n++].name = t->arm[i]->name;
	if (n == 0 || v->kind == RNODE_ARRAY || v->kind == RNODE_OBJECT ||
	    v->kind == RNODE_NOTHING)
		return reply_fail_at(c, REPLY_E_TYPE, t, v, at);
	if (!reply_coerce_names(c, t, v, at, name, n, &which))
		return false;
	for (i = 0; t->arm[i]->kind != MIP_LITERAL ||
	    t->arm[i]->name != name[which].name; i++)
		continue;
	*arm = i;
	return true;
}

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
		    ru_get(v, reply_wire(&t->field[i])) == NULL)
			return true;
	return false;
}

/* The arm that a literal field names outright: t->n for none. */
static unsigned
ru_decided(const struct mip_type *t, const struct rnode *v)
{
	const struct mip_field *f;
	const struct rnode *m;
	unsigned i, k;

	for (i = 0; v->kind == RNODE_OBJECT && i < t->n; i++) {
		for (k = 0; t->arm[i]->kind == MIP_STRUCT &&
		    k < t->arm[i]->n; k++) {
			f = &t->arm[i]->field[k];
			if (f->type->kind != MIP_LITERAL)
				continue;
			m = ru_get(v, reply_wire(f));
			if (m != NULL && reply_is_word(m) &&
			    reply_is_nocase(reply_word(m), f->type->name))
				return i;
		}
	}
	return t->n;
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
	unsigned i, decided = ru_decided(t, v), filled = 0, lit = 0;
	struct reply_err first = { .error = REPLY_E_NONE };
	struct reply_sum keep = c->sum;

	for (i = 0; i < t->n; i++) {
		if (t->arm[i]->kind == MIP_LITERAL ||
		    (decided < t->n && i != decided))
			continue;
		r = reply_attempt(c, t->arm[i], v, at);
		filled += r.ok && ru_fills(t->arm[i], v);
		if (!r.ok && first.error == REPLY_E_NONE && ru_tells(&c->err))
			first = c->err;
		ru_choose(&best, arm, &r, i);
	}
	memset(&c->sum, 0, sizeof(c->sum));
	r = (struct reply_try){ .ok = decided == t->n &&
	    reply_coerce_arm(c, t, v, at, &lit) };
	if (r.ok) {
		r.sum = c->sum;
		r.value = arena_alloc(c->mem, sizeof(const char *));
		if (r.value == NULL)
			r.ok = reply_fail_nomem(c);
		else
			memcpy(r.value, &t->arm[lit]->name,
			    sizeof(t->arm[lit]->name));
		ru_choose(&best, arm, &r, lit);
	}
	c->sum = keep;
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
