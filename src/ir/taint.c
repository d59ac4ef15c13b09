/* Where texts of others go: what tools and retrievers give, and what is marked
 * @fence, is data, and a prompt shows it between boundaries.
 *
 * Marks follow values through the whole module, a bit for each field of a
 * record, until nothing changes.  They follow texts and what holds some, not
 * numbers, truths and names of enums; not into the replies of models, which
 * are these models' own words; and not from what only decides to what is
 * decided.  A variable is one value for all of its function, so that order and
 * loops do not matter.
 *
 * What is marked @fence in a type is so wherever the type goes: marks are for
 * what the type does not say.  So a member of an input may be fenced, and the
 * others not.
 *
 * It comes before the passes, so that prompts do not depend on these.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "base/table.h"
#include "ir/ir_in.h"

/* Bit n: field n holds such a text; fields from LAST on share one.  What is no
 * struct has bit 0 alone. */
typedef uint64_t marks;
enum { LAST = 63 };

/* What types can hold. */
struct known {
	const struct ty *t;
	bool text;                      /* a text */
	bool fenced;                    /* what is marked @fence */
	struct known *next;
};

struct flow {                           /* of a function */
	struct fn *f;
	marks *arg;                     /* what it is called with */
	marks out;
	marks *var, *value;             /* by id */
	struct flow **user;             /* who calls it, or judges it */
	size_t nuser, cap;
	const struct flow *judged;      /* metric: the program, or NULL */
	bool due;                       /* to be looked at again */
};

struct taint {
	struct mod *m;
	struct diag *d;
	struct arena a;
	struct table known, flow;       /* by type, by function */
	struct known *open;             /* not all is known of them yet */
	struct flow *now;
	bool again;                     /* a variable has changed */
	bool last;                      /* nothing changes any more: speak */
};

/* ---- types ---- */

static const struct ty *
part(const struct ty *t, unsigned i)
{
	switch ((unsigned)t->kind) {
	case TY_STRUCT:
		return i < t->n ? t->field[i].type : NULL;
	case TY_UNION:
		return i < t->n ? t->arm[i] : NULL;
	case TY_LIST: case TY_OPTIONAL: case TY_MAP:
		return i < 1 ? t->of : NULL;
	}
	return NULL;
}

/* Adds `t` and all that it leads to. */
static void
open_type(struct taint *x, const struct ty *t)
{
	union table_value *v = table_at(&x->known, t);
	struct known *k;
	unsigned i;

	if (v->p != NULL)
		return;
	k = v->p = arena_alloc(&x->a, sizeof *k);
	k->t = t;
	k->text = t->kind == TY_STRING || t->kind == TY_MAP;
	k->next = x->open;
	x->open = k;
	for (i = 0; part(t, i) != NULL; i++)
		open_type(x, part(t, i));
}

/* Types may lead to themselves. */
static const struct known *
known(struct taint *x, const struct ty *t)
{
	union table_value *v = table_get(&x->known, t);
	const struct known *p;
	struct known *k;
	bool changed, text, fenced;
	unsigned i;

	if (v != NULL)
		return v->p;
	open_type(x, t);
	do {
		changed = false;
		for (k = x->open; k != NULL; k = k->next) {
			text = k->text;
			fenced = k->fenced;
			for (i = 0; part(k->t, i) != NULL; i++) {
				p = table_get(&x->known, part(k->t, i))->p;
				text |= p->text;
				fenced |= p->fenced ||
				    (k->t->kind == TY_STRUCT &&
				    k->t->field[i].fence);
			}
			changed |= text != k->text || fenced != k->fenced;
			k->text = text;
			k->fenced = fenced;
		}
	} while (changed);
	x->open = NULL;
	return table_get(&x->known, t)->p;
}

static marks
bit(unsigned n)
{
	return (marks)1 << (n < LAST ? n : LAST);
}

/* All that can be marked of a value of `t`. */
static marks
all(struct taint *x, const struct ty *t)
{
	marks some = 0;
	unsigned i;

	if (t->kind != TY_STRUCT)
		return known(x, t)->text;
	for (i = 0; i < t->n; i++)
		if (known(x, t->field[i].type)->text)
			some |= bit(i);
	return some;
}

/* ---- values ---- */

static marks
of(const struct taint *x, const struct ins *i)
{
	return x->now->value[i->id];
}

/* What a value of `to` has that one of `from` with these marks became, or went
 * into. */
static marks
become(struct taint *x, const struct ty *to, const struct ty *from,
    marks some)
{
	bool loses = known(x, from)->fenced && !known(x, to)->fenced;

	if (some == 0 && !loses)
		return 0;
	return to->kind == TY_STRUCT && from == to ? some : all(x, to);
}

static marks
from_args(struct taint *x, const struct ins *i)
{
	marks some = 0;
	unsigned k;

	for (k = 0; k < i->narg; k++)
		some |= become(x, i->type, i->arg[k]->type, of(x, i->arg[k]));
	return some;
}

static marks
from_result(struct taint *x, const struct ins *i, const struct region *r)
{
	return r != NULL && r->result != NULL ? become(x, i->type,
	    r->result->type, of(x, r->result)) : 0;
}

static marks
record(struct taint *x, const struct ins *i)
{
	marks some = 0;
	unsigned k;

	for (k = 0; k < i->narg; k++)
		if (of(x, i->arg[k]) != 0)
			some |= bit(k);
	return some;
}

static marks
field(struct taint *x, const struct ins *i)
{
	const struct ins *a = i->arg[0];
	unsigned n = i->u.n;

	return a->type->field[n].fence || (of(x, a) & bit(n)) != 0 ?
	    all(x, i->type) : 0;
}

/* ---- calls ---- */

static struct flow *
flow_of(const struct taint *x, const struct fn *f)
{
	return table_get(&x->flow, f)->p;
}

static void
fence(struct taint *x, struct prompt *q, unsigned k)
{
	if (q->fence == NULL)
		q->fence = arena_array(x->m->a, q->in->n, sizeof *q->fence);
	q->fence[k] = true;
}

/* Demonstrations that a retriever finds are texts of others, too. */
static void
ask(struct taint *x, const struct ins *i)
{
	struct prompt *q = i->u.prompt;
	unsigned k;

	for (k = 0; k < i->narg; k++)
		if (of(x, i->arg[k]) != 0 || (q->cases != NULL &&
		    known(x, q->in->field[k].type)->text))
			fence(x, q, k);
}

static marks
run(struct taint *x, const struct ins *i)
{
	struct flow *g = flow_of(x, i->u.fn);
	marks some;
	unsigned k;

	for (k = 0; k < i->narg; k++) {
		some = g->arg[k] | of(x, i->arg[k]);
		g->due |= some != g->arg[k];
		g->arg[k] = some;
	}
	return g->out;
}

static void
give(struct taint *x, const struct ins *i)
{
	struct flow *f = x->now;
	marks some;
	size_t k;

	if (f->f->kind == FN_METRIC || f->f->kind == FN_TEST)
		return;
	some = f->out | of(x, i->arg[0]);
	for (k = 0; some != f->out && k < f->nuser; k++)
		f->user[k]->due = true;
	f->out = some;
}

static marks
argument(struct taint *x, const struct ins *i)
{
	const struct flow *f = x->now;

	if (f->f->kind == FN_METRIC)
		return i->u.n == 2 && f->judged != NULL ? f->judged->out : 0;
	return f->f->in->field[i->u.n].fence ? all(x, i->type) :
	    f->arg[i->u.n];
}

/* ---- instructions ---- */

/* Is what the command reads a program? */
static bool
is_interpreter(const struct mip_tool *t)
{
	static const char *const names[] = {
		"sh", "bash", "dash", "ksh", "zsh", "fish", "python", "perl",
		"ruby", "node", "lua", "php", "psql", "mysql", "sqlite"
	};
	const char *s = strrchr(t->argv[0], '/');
	size_t n;
	bool is = false;
	unsigned i;

	s = s != NULL ? s + 1 : t->argv[0];
	n = strcspn(s, "0123456789");   /* python3.11 */
	for (i = 0; i < COUNTOF(names); i++)
		is |= strlen(names[i]) == n && strncmp(s, names[i], n) == 0;
	for (i = 1; is && t->argv[i] != NULL; i++)
		is = t->argv[i][0] == '-' && t->argv[i][1] != 'c' &&
		    t->argv[i][1] != 'e';
	return is;
}

static void
call(struct taint *x, const struct ins *i)
{
	if (x->last && of(x, i->arg[0]) != 0 && i->u.tool->is.text_in &&
	    is_interpreter(&i->u.tool->is))
		diag(x->d, i->at, E_UNTRUSTED_INSTRUCTION, "'%s' runs what "
		    "others have written: this comes from a tool, a "
		    "retriever or something marked @fence",
		    i->u.tool->name);
}

static void
hint(struct taint *x, const struct ins *i)
{
	const struct ins *s = i->other->result;

	if (x->last && of(x, s) != 0)
		diag(x->d, s->at, E_UNTRUSTED_INSTRUCTION, "the model is told "
		    "what others have written: this hint has text of a tool, "
		    "a retriever or something marked @fence");
}

/* ---- all of it ---- */

static marks
value(struct taint *x, const struct ins *i)
{
	switch ((unsigned)i->op) {
	case IR_ARG:    return argument(x, i);
	case IR_GET:    return x->now->var[i->u.var->id];
	case IR_FIELD:  return field(x, i);
	case IR_RECORD: return record(x, i);
	case IR_ITEM:
		return of(x, i->in->owner->arg[0]) != 0 ? all(x, i->type) :
		    0;
	case IR_ASK:
		ask(x, i);
		return 0;
	case IR_RUN:    return run(x, i);
	case IR_CALL:
		if (i->narg > 0)
			call(x, i);
		return all(x, i->type);
	case IR_SEARCH: return all(x, i->type);
	case IR_JUDGE:  return 0;
	case IR_EACH:   return from_result(x, i, i->body);
	case IR_COND:
		return from_result(x, i, i->body) |
		    from_result(x, i, i->other);
	}
	return from_args(x, i);
}

static void
walk(struct taint *x, const struct region *r)
{
	const struct ins *i;
	marks *v;

	for (i = r != NULL ? r->first : NULL; i != NULL; i = i->next) {
		walk(x, i->body);
		walk(x, i->other);
		if (ir_ops[i->op].flags & OPF_VALUE) {
			x->now->value[i->id] = value(x, i);
		} else if (i->op == IR_SET) {
			v = &x->now->var[i->u.var->id];
			x->again |= (of(x, i->arg[0]) & ~*v) != 0;
			*v |= of(x, i->arg[0]);
		} else if (i->op == IR_RET) {
			give(x, i);
		} else if (i->op == IR_RETRY && i->other != NULL) {
			hint(x, i);
		}
	}
}

static void
look(struct taint *x, struct flow *f)
{
	x->now = f;
	f->due = false;
	do {
		x->again = false;
		walk(x, f->f->body);
	} while (x->again);
}

static void
add_user(struct taint *x, struct flow *of, struct flow *user)
{
	of->user = arena_grow(&x->a, of->user, &of->cap, of->nuser + 1,
	    sizeof(struct flow *));
	of->user[of->nuser++] = user;
}

static bool
note_call(struct ins *i, void *arg)
{
	struct taint *x = arg;

	if (i->op == IR_RUN)
		add_user(x, flow_of(x, i->u.fn), x->now);
	return true;
}

/* Functions, who calls whom, and who judges whom. */
static void
prepare(struct taint *x)
{
	struct table programs;          /* by the type of their outputs */
	struct flow *f;
	struct fn *g;

	table_init(&programs, &x->a);
	for (g = x->m->fn; g != NULL; g = g->next) {
		f = table_at(&x->flow, g)->p = arena_alloc(&x->a, sizeof *f);
		ir_number(g);
		f->f = g;
		f->due = true;
		f->arg = arena_array(&x->a, g->in != NULL ? g->in->n + 1u : 1,
		    sizeof(marks));
		f->var = arena_array(&x->a, g->nvar + 1u, sizeof(marks));
		f->value = arena_array(&x->a, g->nins + 1u, sizeof(marks));
		if (g->kind == FN_PROGRAM)
			table_at(&programs, g->out)->p = f;
	}
	for (g = x->m->fn; g != NULL; g = g->next) {
		x->now = f = flow_of(x, g);
		ir_walk(g, note_call, x);
		if (g->kind != FN_METRIC ||
		    table_get(&programs, g->out) == NULL)
			continue;
		f->judged = table_get(&programs, g->out)->p;
		add_user(x, table_get(&programs, g->out)->p, f);
	}
}

/* Callees first, then callers first, so that long chains take few rounds. */
static void
settle(struct taint *x)
{
	bool forward = true, changed;
	struct fn *g;

	do {
		changed = false;
		for (g = forward ? x->m->fn : x->m->last_fn; g != NULL;
		    g = forward ? g->next : g->prev) {
			if (!flow_of(x, g)->due)
				continue;
			look(x, flow_of(x, g));
			changed = true;
		}
		forward = !forward;
	} while (changed);
}

void
ir_taint(struct mod *m, struct diag *d)
{
	struct taint x = { .m = m, .d = d };
	struct fn *g;

	base_arena_init(&x.a);
	table_init(&x.known, &x.a);
	table_init(&x.flow, &x.a);
	prepare(&x);
	settle(&x);
	x.last = true;
	for (g = m->fn; g != NULL; g = g->next)
		look(&x, flow_of(&x, g));
	arena_release(&x.a);
}
