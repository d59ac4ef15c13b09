/* Pass par: gathers calls that do not depend on each other.
 *
 * Contract: needs verified IR; keeps what a run gives and the calls of a run
 * that succeeds.  A stretch of a region that holds nothing but calls of
 * leaves and of functions that fail only by what they ask, values without
 * effect and failure, and readings of variables is put in waves: first the
 * values that need no call of the stretch, then the calls that need only
 * those, in one `par` if they are two or more, then the values that need
 * these calls, and so on.  Nothing moves across what sets a variable, may
 * fail, or is control.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "ir/ir_in.h"
#include "ir/pass.h"

struct par {
	struct mod *m;
	unsigned *wave;                 /* by id, of the stretch; else 0 */
	bool changed;
};

static bool
asks(const struct ins *i)
{
	return ir_is_call(i) && ir_calls(i);
}

static bool
movable(const struct ins *i)
{
	if (i->op == IR_RUN)
		return ir_fn_harmless(i->u.fn);
	return i->op == IR_ASK || i->op == IR_GET ||
	    (i->op != IR_ITEM && ir_is_pure(i));
}

/* The last wave that `i` needs to be over, what its regions use included. */
static unsigned
needs(const struct par *x, const struct ins *i)
{
	const struct region *r[2] = { i->body, i->other };
	const struct ins *k;
	unsigned n, w = 0, side;

	for (n = 0; n < i->narg; n++)
		if (x->wave[i->arg[n]->id] > w)
			w = x->wave[i->arg[n]->id];
	for (side = 0; side < 2; side++) {
		if (r[side] == NULL)
			continue;
		for (k = r[side]->first; k != NULL; k = k->next)
			if ((n = needs(x, k)) > w)
				w = n;
		k = r[side]->result;
		if (k != NULL && x->wave[k->id] > w)
			w = x->wave[k->id];
	}
	return w;
}

/* Is there a wave of two calls in the stretch from `first` to `end`? */
static bool
assign(struct par *x, struct ins *first, const struct ins *end,
    unsigned *count, unsigned *last)
{
	struct ins *i;
	bool gain = false;

	*last = 0;
	for (i = first; i != end; i = i->next) {
		x->wave[i->id] = needs(x, i) + asks(i);
		if (!asks(i))
			continue;
		if (x->wave[i->id] > *last) {
			*last = x->wave[i->id];
			count[*last] = 0;
		}
		if (++count[x->wave[i->id]] > 1)
			gain = true;
	}
	return gain;
}

/* The calls of one wave before `place`, where the stretch now stands last. */
static struct region *
gather(struct par *x, struct region *r, struct ins *place, struct span at)
{
	struct ins *p = ir_add(x->m, r, IR_PAR, ty_basic(x->m->types, TY_VOID),
	    NULL, 0, at);

	if (place != NULL) {
		ir_unlink(p);
		ir_insert_before(place, p);
	}
	return p->body;
}

static void
put(struct region *r, struct ins *place, struct ins *i)
{
	if (place != NULL)
		ir_insert_before(place, i);
	else
		ir_append(r, i);
}

/* The operations of the stretch by their waves, in each of them the calls
 * first, else as they were. */
static struct ins **
by_wave(const struct par *x, struct arena *a, struct ins **list, unsigned n,
    unsigned last)
{
	unsigned *at = arena_array(a, 2 * (last + 2u), sizeof *at), k, rank;
	struct ins **out = arena_array(a, n, sizeof(struct ins *));

	for (k = 0; k < n; k++)
		at[2 * x->wave[list[k]->id] + !asks(list[k]) + 1]++;
	for (k = 1; k < 2 * (last + 2u); k++)
		at[k] += at[k - 1];
	for (k = 0; k < n; k++) {
		rank = 2 * x->wave[list[k]->id] + !asks(list[k]);
		out[at[rank]++] = list[k];
	}
	return out;
}

/* Writes the stretch anew, in waves.  `list` holds its `n` operations in this
 * order. */
static void
rearrange(struct par *x, struct region *r, struct ins **list, unsigned n,
    struct ins *end, const unsigned *count)
{
	struct region *par = NULL;
	unsigned k, w;

	for (k = 0; k < n; k++)
		ir_unlink(list[k]);
	for (k = 0; k < n; k++) {
		w = x->wave[list[k]->id];
		if (k == 0 || x->wave[list[k - 1]->id] != w)
			par = NULL;
		if (!asks(list[k]) || count[w] < 2) {
			put(r, end, list[k]);
			continue;
		}
		if (par == NULL)
			par = gather(x, r, end, list[k]->at);
		ir_append(par, list[k]);
	}
	x->changed = true;
}

static void
stretch(struct par *x, struct region *r, struct ins *first, struct ins *end,
    unsigned n)
{
	struct arena a;
	struct ins **list, *i;
	unsigned *count, last, k = 0;

	base_arena_init(&a);
	list = arena_array(&a, n + 1u, sizeof *list);
	count = arena_array(&a, n + 2u, sizeof *count);
	for (i = first; i != end; i = i->next)
		list[k++] = i;
	if (assign(x, first, end, count, &last)) {
		list = by_wave(x, &a, list, n, last);
		rearrange(x, r, list, n, end, count);
	}
	for (k = 0; k < n; k++)
		x->wave[list[k]->id] = 0;
	arena_release(&a);
}

static void
par_region(struct par *x, struct region *r)
{
	struct ins *i, *first, *end;
	unsigned n, calls;

	for (i = r->first; i != NULL; i = end) {
		n = calls = 0;
		first = i;
		for (end = i; end != NULL && movable(end); end = end->next) {
			n++;
			calls += asks(end);
		}
		if (calls > 1)
			stretch(x, r, first, end, n);
		if (end == i) {
			end = i->next;
			if (i->op == IR_PAR || (ir_ops[i->op].flags &
			    OPF_VALUE))
				continue;
			if (i->body != NULL)
				par_region(x, i->body);
			if (i->other != NULL && i->op != IR_WHILE &&
			    i->op != IR_RETRY && i->op != IR_EXPECT &&
			    i->op != IR_CHECK)
				par_region(x, i->other);
		}
	}
}

bool
pass_par(struct mod *m, struct fn *f)
{
	struct par x = { .m = m };
	struct arena a;

	ir_number(f);
	base_arena_init(&a);
	x.wave = arena_array(&a, f->nins + 1u, sizeof *x.wave);
	par_region(&x, f->body);
	arena_release(&a);
	return x.changed;
}
