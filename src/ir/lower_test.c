/* Lowering of tests and of what they claim.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <string.h>

#include "front/ast.h"
#include "ir/lower_in.h"

enum {
	MAX_SHOWN = 6,                  /* values that are told of a claim */
	MAX_SLUG = 40                   /* of a test's name, in C */
};

/* ---- values that are told when a claim fails ---- */

/* The text of `e` on one line. */
static const char *
source_text(struct lower *x, const struct ast *e)
{
	const struct source *src = x->c->unit->source;
	const char *s = src->text + (e->at.off - src->base), *end;
	char *text = arena_alloc(x->a, e->at.len + 1u), *p = text;
	const char *blank;

	for (end = s + e->at.len; s < end; s = blank) {
		for (blank = s; blank < end && isspace((unsigned char)*blank);
		    blank++)
			continue;
		if (blank == s)
			*p++ = *blank++;
		else if (memchr(s, '\n', (size_t)(blank - s)) != NULL)
			*p++ = ' ';
		else {
			memcpy(p, s, (size_t)(blank - s));
			p += blank - s;
		}
	}
	*p = '\0';
	return text;
}

/* Does the text of `e` say what its value is? */
static bool
is_plain(struct lower *x, const struct ast *e)
{
	const struct ast *item;
	struct ty_const k;

	if (e->kind != AST_LIST)
		return check_const(x->a, e, &k);
	for (item = e->u.list.item; item != NULL; item = item->next)
		if (!is_plain(x, item))
			return false;
	return true;
}

/* Asks for the value of `e`, unless its text says it all. */
static void
watch(struct lower *x, struct ast *e)
{
	const char *text;
	unsigned i;

	if (e->type == NULL || e->type->kind == TY_NULL ||
	    e->type->kind == TY_VOID || x->nwatch == MAX_SHOWN ||
	    is_plain(x, e))
		return;
	text = source_text(x, e);
	for (i = 0; i < x->nwatch; i++)
		if (strcmp(x->watch[i].text, text) == 0)
			return;
	x->watch[x->nwatch++] = (struct watch){ e, text, NULL };
}

static bool
is_function(const struct ast *e)
{
	return e->kind == AST_CALL && e->sym != NULL &&
	    e->sym->kind == SYM_BUILTIN;
}

/* A function's arguments, then what it gives. */
static void
watch_value(struct lower *x, struct ast *e)
{
	struct ast *a;

	for (a = is_function(e) ? e->u.call.arg : NULL; a != NULL; a = a->next)
		watch_value(x, a->u.arg.value);
	watch(x, e);
}

/* The values that the condition compares.  What stands behind && or || may
 * not be computed. */
static void
watch_condition(struct lower *x, struct ast *e)
{
	struct ast *a;

	if (e->kind == AST_UNARY && e->u.unary.op == OP_NOT)
		watch_condition(x, e->u.unary.a);
	else if (is_function(e))
		for (a = e->u.call.arg; a != NULL; a = a->next)
			watch_value(x, a->u.arg.value);
	else if (e->kind != AST_BINARY)
		return;
	else if (e->u.binary.op == OP_AND || e->u.binary.op == OP_OR)
		watch_condition(x, e->u.binary.a);
	else {
		watch_value(x, e->u.binary.a);
		watch_value(x, e->u.binary.b);
	}
}

void
lower_seen(struct lower *x, const struct ast *e, struct ins *v)
{
	unsigned i;

	for (i = 0; i < x->nwatch; i++)
		if (x->watch[i].e == e)
			x->watch[i].value = v;
}

/* ---- claims ---- */

static struct claim *
claim(struct lower *x, struct ast *cond, unsigned nshown)
{
	struct claim *k = arena_alloc(x->a, sizeof *k);

	k->text = source_text(x, cond);
	k->line = sources_place(x->d->sources, cond->at.off).line;
	k->shown = arena_array(x->a, nshown, sizeof *k->shown);
	return k;
}

void
lower_claim(struct lower *x, struct ast *n)
{
	bool must = n->kind == AST_EXPECT;
	struct ast *cond = must ? n->u.expect.cond : n->u.check.cond;
	struct ast *hint = must ? n->u.expect.hint : n->u.check.hint;
	struct watch seen[MAX_SHOWN];
	struct ins *v[1 + MAX_SHOWN], *i;
	struct region *outer = x->r;
	struct claim *k;
	unsigned w, narg = 1;

	x->watch = seen;
	x->nwatch = 0;
	watch_condition(x, cond);
	v[0] = lower_expr(x, cond);
	k = claim(x, cond, x->nwatch);
	for (w = 0; w < x->nwatch; w++)
		if (seen[w].value != NULL) {
			k->shown[k->nshown++] = seen[w].text;
			v[narg++] = seen[w].value;
		}
	x->watch = NULL;
	x->nwatch = 0;
	i = lower_op(x, must ? IR_EXPECT : IR_CHECK, lower_basic(x, TY_VOID),
	    v, narg, n->at);
	i->u.claim = k;
	if (hint == NULL)
		return;
	x->r = i->other = ir_region(x->m, x->f, i);
	i->other->result = lower_expr(x, hint);
	x->r = outer;
}

/* ---- tests ---- */

/* "what is 2 + 2?" is test_what_is_2_2. */
static const char *
slug(struct lower *x, const char *name)
{
	struct buf b = BASE_BUF_INIT;
	const char *s;
	bool gap = true;

	buf_puts(&b, "test");
	for (; *name != '\0' && b.len < MAX_SLUG; name++) {
		if (!isalnum((unsigned char)*name) ||
		    (unsigned char)*name >= 0x80) {
			gap = true;
			continue;
		}
		if (gap)
			buf_putc(&b, '_');
		gap = false;
		buf_putc(&b, *name);
	}
	s = arena_strdup(x->a, buf_str(&b));
	buf_release(&b);
	return s;
}

static struct ty_const
argument(struct lower *x, const struct ast *test, const char *name,
    const struct ty_const *otherwise)
{
	struct ty_const k = *otherwise;
	const struct ast *a;

	for (a = test->u.test.arg; a != NULL; a = a->next)
		if (strcmp(a->u.arg.name, name) == 0 &&
		    !check_const(x->a, a->u.arg.value, &k))
			BUG("'%s' is no constant", name);
	return k;
}

void
lower_test(struct lower *x, struct symbol *s)
{
	static const struct ty_const once = { .kind = TYC_INT, .i = 1 };
	static const struct ty_const all = { .kind = TYC_FLOAT, .f = 1.0 };
	struct fn *f = lower_begin(x, FN_TEST, s);
	struct ty_const pass = argument(x, s->decl, "pass", &all);

	f->c_name = slug(x, s->name);
	f->line = sources_place(x->d->sources, s->decl->at.off).line;
	f->repeat = (unsigned)argument(x, s->decl, "repeat", &once).i;
	f->pass = ty_const_number(&pass);
	lower_block(x, s->decl->u.test.body);
	if (!ir_ends(f->body))
		lower_op(x, IR_RET, lower_basic(x, TY_VOID), NULL, 0,
		    s->decl->at);
}

/* ---- tests that may pass or fail by chance ---- */

struct asked {
	struct lower *x;
	struct reached *reached;
	const struct prompt *drawn;     /* the first leaf that is sampled */
};

static bool
is_sure(struct ins *i, void *arg)
{
	struct asked *k = arg;

	if (i->op == IR_RUN)
		lower_reach(k->reached, i->u.fn);
	if (i->op == IR_ASK && !ir_is_greedy(i->u.prompt))
		k->drawn = i->u.prompt;
	return k->drawn == NULL;
}

void
lower_warn_chance(struct lower *x, struct symbol *s)
{
	struct reached r;
	struct asked k = { x, &r, NULL };
	const struct ast *a;
	unsigned i;

	for (a = s->decl->u.test.arg; a != NULL; a = a->next)
		if (strcmp(a->u.arg.name, "repeat") == 0)
			return;
	lower_reached_init(&r, x->a);
	lower_reach(&r, s->lowered);
	for (i = 0; i < r.n && k.drawn == NULL; i++)
		ir_walk(r.fn[i], is_sure, &k);
	if (k.drawn != NULL)
		diag(x->d, s->decl->u.test.name_at, E_NONDETERMINISTIC_TEST,
		    "it asks '%s' %s, and runs once", k.drawn->name,
		    k.drawn->tune[SLOT_TEMPERATURE] ?
		    "at a temperature that is tuned" :
		    ir_temperature(k.drawn) < 0 ?
		    "at the server's own temperature" :
		    "at a temperature above 0");
}
