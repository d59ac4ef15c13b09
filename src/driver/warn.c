/* Warnings about the program as a whole: what it asks for and does not read,
 * how much it may ask, what its models cannot do.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "base/table.h"
#include "driver/compile.h"
#include "provider/provider.h"

enum {
	MANY_CALLS = 1000,              /* of a run: few mean so many */
	BYTES_A_TOKEN = 4,              /* about; more in other languages than
	                                 * English, which errs on the side of
	                                 * silence */
	/* of OpenAI's structured outputs */
	SCHEMA_DEPTH = 10, SCHEMA_FIELDS = 5000, SCHEMA_NAMES = 1000
};

/* Is it in the main file?  What others wrote is not for this user to mend. */
static bool
is_main(const struct compilation *c, struct span at)
{
	const struct source *s = c->unit != NULL ? c->unit->source : NULL;

	return s != NULL && at.off >= s->base && at.off - s->base <= s->len;
}

/* Names of declarations, by what they were lowered to. */
static void
note_names(const struct compilation *c, struct table *names)
{
	const struct symbol *s = c->checked != NULL ? c->checked->symbol : NULL;

	table_init(names, c->a);
	for (; s != NULL; s = s->next)
		if (s->lowered != NULL)
			table_at(names, s->lowered)->p = s->decl;
}

/* Where the name of it stands. */
static struct span
name_at(const struct table *names, const void *lowered)
{
	const union table_value *v = table_get(names, lowered);

	return v != NULL ? check_name_at(v->p) : (struct span){ 0, 0 };
}

/* ---- outputs that nothing reads ---- */

struct reads {
	struct arena *a;
	struct table last;              /* by leaf: unsigned, the number of
	                                 * outputs up to the last one read */
};

static unsigned *
last_of(struct reads *r, const struct prompt *q)
{
	union table_value *v = table_at(&r->last, q);

	if (v->p == NULL)
		v->p = arena_alloc(r->a, sizeof(unsigned));
	return v->p;
}

static void
read_up_to(struct reads *r, const struct ins *call, unsigned n)
{
	unsigned *last;

	if (call == NULL || call->op != IR_ASK)
		return;
	last = last_of(r, call->u.prompt);
	if (*last < n)
		*last = n;
}

static bool
note_reads(struct ins *i, void *arg)
{
	struct reads *r = arg;

	for (unsigned k = 0; k < i->narg; k++)
		read_up_to(r, i->arg[k], i->op == IR_FIELD ? i->u.n + 1 :
		    i->arg[k]->type->n);
	if (i->body != NULL && i->body->result != NULL)
		read_up_to(r, i->body->result, i->body->result->type->n);
	if (i->other != NULL && i->other->result != NULL)
		read_up_to(r, i->other->result, i->other->result->type->n);
	return true;
}

/* A place as a key. */
static const void *
place(struct span at)
{
	return (const void *)(uintptr_t)at.off;
}

/* What stands before an output that is read may help the model to find it;
 * what comes after the last one is written for nothing. */
void
warn_outputs(struct compilation *c)
{
	struct reads r = { .a = c->a };
	struct table read;
	const struct prompt *q;
	const struct ty_field *f;
	unsigned last;

	table_init(&r.last, c->a);
	table_init(&read, c->a);
	for (struct fn *fn = c->mod->fn; fn != NULL; fn = fn->next)
		ir_walk(fn, note_reads, &r);
	/* A signature may serve several modules. */
	for (q = c->mod->prompt; q != NULL; q = q->next)
		for (last = *last_of(&r, q); last > 0; last--)
			table_at(&read, place(q->out->field[last - 1].at));
	for (q = c->mod->prompt; q != NULL; q = q->next) {
		last = *last_of(&r, q);
		for (unsigned i = last; last > 0 && i < q->out->n; i++) {
			f = &q->out->field[i];
			if (!is_main(c, f->at) ||
			    table_get(&read, place(f->at)) != NULL)
				continue;
			diag(&c->diag, f->at, E_UNUSED_FIELD,
			    "the output '%s' of '%s'", f->name, q->name);
			table_at(&read, place(f->at));
		}
	}
}

/* ---- calls ---- */

static void
warn_calls(struct compilation *c, const struct table *names)
{
	const struct fn *f = c->mod->program;

	if (f == NULL || f->calls_max <= MANY_CALLS)
		return;
	if (f->calls_max == UINT64_MAX)
		diag(&c->diag, name_at(names, f), E_CALL_EXPLOSION,
		    "a run of '%s' may ask models any number of times",
		    f->name);
	else
		diag(&c->diag, name_at(names, f), E_CALL_EXPLOSION,
		    "a run of '%s' may ask models %" PRIu64 " times", f->name,
		    f->calls_max);
}

/* ---- models ---- */

static void
warn_prices(struct compilation *c, const struct table *names)
{
	const struct study_decl *d = c->mod->study;

	if (d == NULL || d->max_cost < 0.0)
		return;
	for (unsigned i = 0; i < c->mod->nmodel; i++) {
		const struct mip_model *m = c->mod->model[i];

		if (m->route == MIP_DIRECT && !m->priced &&
		    !provider_find(m->provider)->local)
			diag(&c->diag, name_at(names, m), E_NO_PRICE, "'%s'",
			    m->name);
	}
}

/* Bytes of what is in every prompt of the type. */
static size_t
type_bytes(const struct ty *t)
{
	size_t n = 0;

	while (t->kind == TY_LIST || t->kind == TY_OPTIONAL ||
	    t->kind == TY_MAP)
		t = t->of;
	for (unsigned i = 0; t->kind == TY_STRUCT && i < t->n; i++) {
		n += strlen(t->field[i].name) + type_bytes(t->field[i].type);
		n += t->field[i].desc != NULL ? strlen(t->field[i].desc) : 0;
	}
	for (unsigned i = 0; t->kind == TY_ENUM && i < t->n; i++) {
		n += strlen(t->variant[i].name);
		n += t->variant[i].desc != NULL ?
		    strlen(t->variant[i].desc) : 0;
	}
	return n;
}

void
warn_context(struct compilation *c)
{
	struct table names;

	note_names(c, &names);
	for (const struct prompt *q = c->mod->prompt; q; q = q->next) {
		const struct mip_model *m = q->model;
		size_t bytes = type_bytes(q->in) + type_bytes(q->out);
		int64_t tokens;

		if (m == NULL || m->route != MIP_DIRECT || m->context <= 0)
			continue;
		bytes += strlen(q->tuned_text != NULL ? q->tuned_text :
		    q->text);
		for (unsigned i = 0; i < q->ndemo; i++)
			bytes += strlen(q->demo[i]);
		tokens = (int64_t)(bytes / BYTES_A_TOKEN) + m->max_tokens;
		if (tokens >= m->context)
			diag(&c->diag, name_at(&names, q), E_CONTEXT_OVERFLOW,
			    "'%s' takes about %" PRId64 " tokens without its "
			    "inputs, of %" PRId64 " that '%s' has", q->name,
			    tokens, m->context, m->name);
	}
}

/* ---- schemas ---- */

struct extent {
	unsigned depth, fields, names;
	bool map;
};

static void
measure(struct extent *x, const struct ty *t, unsigned depth)
{
	if (depth > x->depth)
		x->depth = depth;
	if (depth > 2 * SCHEMA_DEPTH)
		return;
	switch (t->kind) {
	case TY_MAP:
		x->map = true;
		measure(x, t->of, depth + 1);
		return;
	case TY_LIST: case TY_OPTIONAL:
		measure(x, t->of, depth + (t->kind == TY_LIST));
		return;
	case TY_STRUCT:
		x->fields += t->n;
		for (unsigned i = 0; i < t->n; i++)
			measure(x, t->field[i].type, depth + 1);
		return;
	case TY_ENUM:
		x->names += t->n;
		return;
	case TY_UNION:
		for (unsigned i = 0; i < t->n; i++)
			measure(x, t->arm[i], depth + 1);
		return;
	case TY_POISON: case TY_VOID: case TY_NULL: case TY_STRING: case TY_INT:
	case TY_FLOAT: case TY_BOOL: case TY_IMAGE: case TY_AUDIO:
	case TY_FILE: case TY_LITERAL:
		return;
	}
}

/* What the schema of the server cannot say; NULL. */
static const char *
beyond(struct compilation *c, const struct ty_field *f)
{
	struct extent x = { 0, 0, 0, false };

	measure(&x, f->type, 1);
	if (x.map)
		return "a map";
	if (x.depth > SCHEMA_DEPTH)
		return arena_printf(c->a, "more than %d levels", SCHEMA_DEPTH);
	if (x.fields > SCHEMA_FIELDS)
		return arena_printf(c->a, "%u fields", x.fields);
	return x.names > SCHEMA_NAMES ?
	    arena_printf(c->a, "%u names of enums", x.names) : NULL;
}

/* Of those that hold replies to a subset of JSON Schema. */
static bool
takes_subset(const struct mip_model *m, enum mip_structure s)
{
	return provider_is_strict(provider_find(m->provider), s);
}

static void
warn_schemas(struct compilation *c, const struct table *names)
{
	const char *what;

	for (const struct prompt *q = c->mod->prompt; q; q = q->next) {
		const struct mip_model *m = q->model;
		enum mip_structure s;

		if (m == NULL || m->route != MIP_DIRECT)
			continue;
		s = q->structure != MIP_STRUCTURE_AUTO ? q->structure :
		    m->structure;
		if (!takes_subset(m, s) || q->format != MIP_JSON)
			continue;
		for (unsigned i = 0; i < q->out->n; i++) {
			what = beyond(c, &q->out->field[i]);
			if (what != NULL)
				diag(&c->diag, name_at(names, q),
				    E_SCHEMA_SUBSET, "'%s' of '%s' is or holds %s",
				    q->out->field[i].name, q->name, what);
		}
	}
}

void
warn_program(struct compilation *c)
{
	struct table names;

	note_names(c, &names);
	warn_calls(c, &names);
	warn_prices(c, &names);
	warn_schemas(c, &names);
}
