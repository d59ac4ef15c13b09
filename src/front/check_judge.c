/* Metrics that judge a module: by its inputs and outputs, while the program
 * runs.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "front/check_make.h"

/* A tree of the declaration of its own: what is checked here has other types
 * than there. */
static struct ast *
fresh(struct check *c, const struct symbol *metric)
{
	struct unit *u = parse(c->a, c->names, metric->unit->source, c->d);
	struct ast *n;

	for (n = u->decl; n; n = n->next)
		if (n->kind == AST_METRIC && n->at.off == metric->decl->at.off)
			return n;
	BUG("metric '%s' is gone", metric->name);
}

static struct ast *
judge_body(struct making *k, struct ast *n)
{
	struct ast *body = n->u.metric.body;

	if (body)
		return body;
	body = check_make_node(k, AST_BLOCK);
	body->u.block.stmt = check_make_node(k, AST_RETURN);
	body->u.block.stmt->u.return_.value = n->u.metric.value;
	return body;
}

/* What the program that judges by it is known as: no name of the text. */
static const char *
key_of(struct check *c, const struct symbol *metric)
{
	const char *key = arena_printf(c->a, ".%s", metric->path);

	return names_intern(c->names, key, strlen(key));
}

/* The program that judges by the metric; NULL after a message. */
static struct symbol *
judge(struct making *k, struct symbol *metric, struct span at)
{
	struct check *c = k->c;
	const char *key = key_of(c, metric);
	struct symbol *s, *gold;
	struct ty_field f[2];
	struct ast *n, *pred;

	metric->judges = true;
	s = scope_get(k->scope, key);
	if (s)
		return s;
	if (check_is_exec(metric->decl->u.metric.value)) {
		diag(c->d, at, E_COMBINE, "'%s' is a command, which judges "
		    "rows of data only", metric->name);
		return NULL;
	}
	n = fresh(c, metric);
	pred = n->u.metric.arg ? n->u.metric.arg->next : NULL;
	if (!pred)
		return NULL;            /* check_metric says so */
	s = scope_get(k->scope, names_intern(c->names, ".pred", 5));
	f[0] = check_make_field(k, pred->u.name.name, s->type);
	gold = check_new_symbol(c, SYM_METRIC_ARG,
	    n->u.metric.arg->u.name.name, n->u.metric.arg);
	gold->done = true;
	gold->type = gold->in = check_poison(c);
	s = check_make_symbol(k, arena_printf(c->a, ".%s", metric->name),
	    check_make_record(k, arena_printf(c->a, "_%s_in", metric->name), f,
	    1), NULL, judge_body(k, n));
	f[0] = check_make_field(k, "score", check_basic(c, TY_FLOAT));
	f[1] = check_make_field(k, "why", ty_optional(c->t,
	    check_basic(c, TY_STRING)));
	s->type = check_make_record(k, arena_printf(c->a, "_%s_out",
	    metric->name), f, 2);
	s->made = MADE_JUDGE;
	s->unit = metric->unit;
	s->scope = scope_new(c->a, k->scope);
	scope_add(s->scope, gold->name, gold);
	scope_add(k->scope, key, s);
	return s;
}

/* What it is shown: inputs and outputs as one record. */
static void
know_pred(struct making *k)
{
	const struct ty *in = k->s->in, *out = k->s->type;
	struct check *c = k->c;
	struct ty_field *f = arena_array(c->a, in->n + out->n, sizeof(*f));
	struct symbol *s = check_new_symbol(c, SYM_TYPEDEF, "pred", NULL);
	unsigned n = 0, i;

	for (i = 0; i < in->n; i++)
		if (ty_field_index(out, in->field[i].name) < 0)
			f[n++] = check_make_field(k, in->field[i].name,
			    in->field[i].type);
	for (i = 0; i < out->n; i++)
		f[n++] = check_make_field(k, out->field[i].name,
		    out->field[i].type);
	s->type = check_make_record(k, "_pred", f, n);
	s->done = true;
	scope_add(k->scope, names_intern(c->names, ".pred", 5), s);
}

void
check_combine_judge(struct combination *x)
{
	struct ast *e = check_combine_argument(x, "by"), *o;
	struct check *c = x->k.c;
	struct symbol *m;

	if (!e) {
		diag(c->d, x->call->at, E_COMBINE, "'%s' needs by = a metric",
		    x->is->name);
		return;
	}
	m = check_ref_kind(c, e, SYM_METRIC);
	if (!m)
		return;
	o = ast_option(m->decl->u.metric.option, "minimize");
	x->least = o && (!o->u.option.value ||
	    check_value(c->a, o->u.option.value).i != 0);
	know_pred(&x->k);
	x->judge = judge(&x->k, m, e->at);
	if (x->judge)
		check_make_know(&x->k, "judge", x->judge);
}

const struct ty *
check_judge_value(struct check *c, struct ast *e, struct symbol *s)
{
	struct symbol *own = c->now.body->sym, *j;
	struct making k = { c, own->owner, own->scope->up };
	struct ast *call, *next = e->next;

	j = judge(&k, s, e->at);
	if (!j)
		return check_poison(c);
	check_look(c, j);
	call = check_make_node(&k, AST_CALL);
	call->u.call.fn = check_make_name_node(&k, key_of(c, s));
	call->u.call.arg = check_make_arg(&k, j->in->field[0].name,
	    check_make_name_node(&k, own->in->field[0].name));
	call->at = e->at;
	*e = (struct ast){ .kind = AST_DOT, .at = e->at, .next = next };
	e->u.dot.of = call;
	e->u.dot.name = j->type->field[0].name;
	e->u.dot.name_at = e->at;
	return check_expr(c, e, NULL);
}

const struct ty *
check_no_gold(struct check *c, struct ast *e)
{
	const struct symbol *s = c->now.body->sym;

	diag(c->d, e->at, E_JUDGE, "'%s' is judged by its inputs and outputs",
	    s->name);
	diag_note(c->d, check_name_at(s->decl), "judged here");
	return check_poison(c);
}

/* ---- which metrics ---- */

void
check_judges(struct check *c)
{
	const struct ast *v;
	struct symbol *s;

	for (s = c->out->symbol; s; s = s->next) {
		v = s->kind == SYM_MODULE ? s->decl->u.value.value : NULL;
		if (v && v->kind == AST_CALL &&
		    v->u.call.fn->kind == AST_NAME &&
		    (strcmp(v->u.call.fn->u.name.name, "best_of") == 0 ||
		    strcmp(v->u.call.fn->u.name.name, "refine") == 0))
			check_combined(c, s);
	}
}

bool
check_only_judges(struct check *c, const struct symbol *s)
{
	struct ast *o = c->out->optimize ? ast_option(
	    c->out->optimize->u.optimize.option, "metric") : NULL;
	bool failed = false;

	return s->judges && (!o || !o->u.option.value ||
	    check_ref(c, o->u.option.value, &failed) != s);
}
