/* Pass share: makes equal pure values once, and outside of loops equal calls
 * of models at temperature 0 and of tools without effects; equal searches and
 * vectors everywhere.
 *
 * Contract: needs verified IR; keeps what a run does and never makes more
 * calls.  A value takes the place of a later one that is computed alike where
 * the first is known; a call of a tool, if no effect lies between them.  Other
 * values that can fail, that have regions or that read variables are left
 * alone.  Leaves nothing behind.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "ir/ir_in.h"
#include "ir/pass.h"

/* A value that is known here; those of one hash are chained. */
struct entry {
	struct ins *i;
	size_t hash;
	unsigned era;                   /* of a call: x->era then */
	struct entry *next;             /* in its bucket */
	struct entry *older;            /* entered before it */
};

struct share {
	struct arena *a;
	struct entry **bucket;
	size_t nbucket;                 /* a power of two */
	struct entry *newest;
	unsigned loops;
	unsigned era;                   /* effects so far: what a tool says
	                                 * before one may be wrong after it */
	bool changed;
};

static bool
sharable(const struct share *x, const struct ins *i)
{
	if (i->op == IR_ASK)
		return x->loops == 0 && ir_is_greedy(i->u.prompt);
	if (i->op == IR_CALL)
		return x->loops == 0 && !i->u.tool->is.effect;
	if (i->op == IR_SEARCH || i->op == IR_EMBED)
		return true;            /* they draw no samples */
	/* A constant that the user named stays what it is called. */
	if (ir_is_const(i))
		return i->name == NULL;
	return i->body == NULL && i->op != IR_ITEM && ir_is_pure(i);
}

static size_t
mix(size_t h, size_t v)
{
	return (h ^ v) * 1099511628211u;
}

static size_t
hash_of(const struct ins *i)
{
	size_t h = mix(mix(14695981039346656037u, (size_t)i->op), i->type->id);
	const char *s;
	uint64_t bits;
	unsigned k;

	for (k = 0; k < i->narg; k++)
		h = mix(h, i->arg[k]->id);
	if (i->op == IR_STRING)
		for (s = i->u.s; *s != '\0'; s++)
			h = mix(h, (unsigned char)*s);
	else if (i->op == IR_INT || i->op == IR_BOOL || i->op == IR_ENUM)
		h = mix(h, (size_t)i->u.i);
	else if (i->op == IR_FIELD || i->op == IR_ARG || i->op == IR_INJECT)
		h = mix(h, i->u.n);
	else if (i->op == IR_LIB)
		h = mix(h, (size_t)i->u.lib);
	else if (i->op == IR_PARAM)
		h = mix(h, (size_t)(uintptr_t)i->u.param);
	else if (i->op == IR_ASK)
		h = mix(h, (size_t)(uintptr_t)i->u.prompt);
	else if (i->op == IR_SEARCH)
		h = mix(h, (size_t)(uintptr_t)i->u.retriever);
	else if (i->op == IR_FLOAT) {
		memcpy(&bits, &i->u.f, sizeof bits);
		h = mix(h, (size_t)bits);
	}
	return h ^ h >> 29;
}

static bool
same_operand(const struct ins *a, const struct ins *b)
{
	if (a->op == IR_STRING)
		return strcmp(a->u.s, b->u.s) == 0;
	if (a->op == IR_FLOAT)
		return memcmp(&a->u.f, &b->u.f, sizeof a->u.f) == 0;
	if (a->op == IR_INT || a->op == IR_BOOL || a->op == IR_ENUM)
		return a->u.i == b->u.i;
	if (a->op == IR_ARG || a->op == IR_FIELD || a->op == IR_INJECT ||
	    a->op == IR_IS || a->op == IR_AS)
		return a->u.n == b->u.n;
	if (a->op == IR_LIB)
		return a->u.lib == b->u.lib;
	if (a->op == IR_PARAM)
		return a->u.param == b->u.param;
	if (a->op == IR_ASK)
		return a->u.prompt == b->u.prompt;
	if (a->op == IR_CALL)
		return a->u.tool == b->u.tool;
	if (a->op == IR_SEARCH)
		return a->u.retriever == b->u.retriever;
	if (a->op == IR_EMBED)
		return a->u.model == b->u.model;
	return true;
}

static bool
same(const struct ins *a, const struct ins *b)
{
	unsigned k;

	if (a->op != b->op || a->type != b->type || a->narg != b->narg)
		return false;
	for (k = 0; k < a->narg; k++)
		if (a->arg[k] != b->arg[k])
			return false;
	return same_operand(a, b);
}

/* May a tool with effects have changed what it gives? */
static bool
may_change(const struct ins *i)
{
	const struct retriever *r = i->op == IR_SEARCH ? i->u.retriever :
	    i->op == IR_ASK ? i->u.prompt->cases : NULL;

	return i->op == IR_CALL || (r != NULL && r->is.by == MIP_SEARCH);
}

static void
share_ins(struct share *x, struct ins *i)
{
	size_t h = hash_of(i);
	struct entry **b = &x->bucket[h & (x->nbucket - 1)], *e;

	for (e = *b; e != NULL; e = e->next)
		if (e->hash == h && same(e->i, i) &&
		    (!may_change(i) || e->era == x->era))
			break;
	if (e == NULL) {
		e = arena_alloc(x->a, sizeof *e);
		*e = (struct entry){ i, h, x->era, *b, x->newest };
		*b = x->newest = e;
		return;
	}
	if (e->i->name == NULL && !ir_is_const(i))
		e->i->name = i->name;
	i->op = IR_NOP;
	i->narg = 1;
	i->arg = arena_array(x->a, 1, sizeof *i->arg);
	i->arg[0] = e->i;
	ir_unlink(i);
	x->changed = true;
}

static void
share_region(struct share *x, struct region *r)
{
	struct entry *before = x->newest;
	bool open = r->owner != NULL && r->owner->op == IR_PAR;
	struct ins *i, *next;
	unsigned k, loop;

	for (i = r->first; i != NULL; i = next) {
		next = i->next;
		for (k = 0; k < i->narg; k++)
			i->arg[k] = ir_resolve(i->arg[k]);
		loop = i->op == IR_FOR || i->op == IR_RANGE ||
		    i->op == IR_WHILE || i->op == IR_EACH ||
		    i->op == IR_RETRY;
		x->loops += loop;
		if (i->body != NULL)
			share_region(x, i->body);
		if (i->other != NULL)
			share_region(x, i->other);
		x->loops -= loop;
		x->era += ir_has_effect(i);
		if (sharable(x, i))
			share_ins(x, i);
	}
	if (r->result != NULL)
		r->result = ir_resolve(r->result);
	/* What was entered here is unknown outside: the newest of a bucket
	 * stands first in it. */
	for (; !open && x->newest != before; x->newest = x->newest->older)
		x->bucket[x->newest->hash & (x->nbucket - 1)] =
		    x->newest->next;
}

bool
pass_share(struct mod *m, struct fn *f)
{
	struct share x = { .nbucket = 16 };
	struct arena a;

	(void)m;
	ir_number(f);
	base_arena_init(&a);
	x.a = &a;
	while (x.nbucket < f->nins)
		x.nbucket *= 2;
	x.bucket = arena_array(&a, x.nbucket, sizeof *x.bucket);
	share_region(&x, f->body);
	arena_release(&a);
	return x.changed;
}
