/* Modules that are made of calls of others: majority, best_of and the like.
 *
 * Each becomes a program in the language, which is then checked and lowered
 * as any other: see check_make.h.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "core/buf.h"
#include "front/check_make.h"

const struct combine check_combines[MODULE_NKIND] = {
#define COMBINE(id, name, takes, asks, arguments) \
	{ name, takes, asks, arguments },
#include "front/combine.def"
#undef COMBINE
};

enum { MOST_CALLS = 1000 };             /* of one module */

static void
wrong(struct combination *x, struct span at, const char *why)
{
	diag(x->k.c->d, at, E_COMBINE, "%s", why);
}

/* ---- arguments ---- */

struct ast *
check_combine_argument(const struct combination *x, const char *name)
{
	struct ast *a;

	for (a = x->call->u.call.arg; a; a = a->next)
		if (a->u.arg.name && strcmp(a->u.arg.name, name) == 0)
			return a->u.arg.value;
	return NULL;
}

static void
name_is_known(struct combination *x, struct ast *a)
{
	struct check *c = x->k.c;
	const struct ast *b;

	if (!check_is_word(x->is->arguments, a->u.arg.name)) {
		diag(c->d, a->u.arg.name_at, E_COMBINE, "'%s' takes no '%s'",
		    x->is->name, a->u.arg.name);
		return;
	}
	for (b = x->call->u.call.arg; b != a; b = b->next)
		if (b->u.arg.name && strcmp(b->u.arg.name, a->u.arg.name) == 0)
			diag(c->d, a->u.arg.name_at, E_DUPLICATE, "'%s'",
			    a->u.arg.name);
}

/* The record without `reasoning`, which says how the others were found. */
static const struct ty_field *
next_output(const struct ty *t, unsigned *i)
{
	while (*i < t->n && strcmp(t->field[*i].name, "reasoning") == 0)
		++*i;
	return *i < t->n ? &t->field[(*i)++] : NULL;
}

static bool
same_fields(const struct ty *a, const struct ty *b)
{
	unsigned i = 0, k = 0;
	const struct ty_field *x, *y;

	do {
		x = next_output(a, &i);
		y = next_output(b, &k);
		if (x && y && (strcmp(x->name, y->name) != 0 ||
		    x->type != y->type))
			return false;
	} while (x && y);
	return !x && !y;
}

static void
take_module(struct combination *x, struct ast *e)
{
	struct symbol *m = check_ref_kind(x->k.c, e, SYM_MODULE);

	if (!m || m->type->kind != TY_STRUCT || m->in->kind != TY_STRUCT)
		return;
	if (x->nof > 0 && (!same_fields(m->in, x->of[0]->in) ||
	    !same_fields(m->type, x->of[0]->type)))
		diag(x->k.c->d, e->at, E_COMBINE, "'%s' has other inputs or "
		    "outputs than '%s'", m->name, x->of[0]->name);
	else if (x->nof == COUNTOF(x->of))
		wrong(x, e->at, "these are more than 64 modules");
	else
		x->of[x->nof++] = m;
}

/* Takes the modules, looks at the names of the others. */
static bool
arguments(struct combination *x)
{
	unsigned before = x->k.c->d->nerror, n = 0;
	struct ast *a;

	for (a = x->call->u.call.arg; a; a = a->next) {
		if (a->u.arg.name)
			name_is_known(x, a);
		else if (x->is->takes == TAKES_MODULE && n++ > 0)
			diag(x->k.c->d, a->at, E_COMBINE, "'%s' takes one "
			    "module", x->is->name);
		else
			take_module(x, a->u.arg.value);
	}
	if (x->k.c->d->nerror > before)
		return false;
	if (x->nof == 0)
		diag(x->k.c->d, x->call->at, E_COMBINE, "'%s' takes %s",
		    x->is->name, x->is->takes == TAKES_MODULE ? "a module" :
		    "modules");
	else if (x->is->takes == TAKES_MODULES && x->nof < 2)
		diag(x->k.c->d, x->call->at, E_COMBINE, "'%s' takes two "
		    "modules or more", x->is->name);
	return x->k.c->d->nerror == before;
}

struct amount
check_combine_amount(struct combination *x, const char *name, int64_t least,
    int64_t unset)
{
	struct ast *e = check_combine_argument(x, name);
	struct amount v = { NULL, unset, unset, true };
	struct check *c = x->k.c;

	if (e && check_want(c, e, check_basic(c, TY_INT)) &&
	    (!check_bound(c, e, false, &v.least) ||
	    !check_bound(c, e, true, &v.most) || v.least < least ||
	    v.most > MOST_CALLS)) {
		diag(c->d, e->at, E_COMBINE, "'%s' is a constant or param from "
		    "%d to %d", name, (int)least, MOST_CALLS);
		v.least = v.most = unset;
	}
	v.fixed = !e || !e->sym || e->sym->kind != SYM_PARAM;
	v.text = arena_printf(c->a, "%lld", (long long)v.most);
	if (!v.fixed) {
		check_make_know(&x->k, name, e->sym);
		v.text = arena_printf(c->a, "$%s", name);
	}
	return v;
}

static const char *
float_text(struct check *c, double d)
{
	const char *s = arena_printf(c->a, "%.17g", d);

	return strpbrk(s, ".e") ? s : arena_printf(c->a, "%s.0", s);
}

static void
stop_at(struct combination *x, bool needed)
{
	struct ast *e = check_combine_argument(x, "stop_at");
	struct check *c = x->k.c;
	struct ty_const v;

	if (!e && needed)
		diag(c->d, x->call->at, E_COMBINE, "'%s' needs stop_at = the "
		    "score that is good enough", x->is->name);
	if (!e || !check_want(c, e, check_basic(c, TY_FLOAT)))
		return;
	if (e->sym && e->sym->kind == SYM_PARAM) {
		check_make_know(&x->k, "stop_at", e->sym);
		x->stop_at = "$stop_at";
	} else if (!check_const(c->a, e, &v))
		diag(c->d, e->at, E_CONSTANT, "%s", "");
	else
		x->stop_at = float_text(c, ty_const_number(&v));
}

/* The output that votes. */
static void
voter(struct combination *x)
{
	struct ast *e = check_combine_argument(x, "by");
	const struct ty *t = x->of[0]->type;
	const struct ty_field *f, *other;
	struct check *c = x->k.c;
	unsigned i = 0;

	if (e && e->kind == AST_NAME &&
	    ty_field_index(t, e->u.name.name) >= 0) {
		x->by = e->u.name.name;
		return;
	}
	if (e) {
		diag(c->d, e->at, E_COMBINE, "'by' names an output of '%s'",
		    x->of[0]->name);
		return;
	}
	f = next_output(t, &i);
	other = next_output(t, &i);
	if (!f || other)
		diag(c->d, x->call->at, E_COMBINE, "say by which output of "
		    "'%s': by = %s", x->of[0]->name, f ? f->name : "...");
	else
		x->by = f->name;
}

/* ---- the programs ---- */

/* What a call gives that may have failed. */
static const struct ty *
sample_type(struct combination *x)
{
	struct making *k = &x->k;
	struct check *c = k->c;
	struct ty_field f[3];
	unsigned n = 0;

	if (x->sample)
		return x->sample;
	f[n++] = check_make_field(k, "reply", ty_optional(c->t, k->s->type));
	if (x->judge)
		f[n++] = check_make_field(k, "score", check_basic(c,
		    TY_FLOAT));
	f[n++] = check_make_field(k, "failure", check_basic(c, TY_STRING));
	return x->sample = check_make_record(k, "_sample", f, n);
}

/* Lets $reply be its type. */
static void
know_sample(struct combination *x)
{
	struct symbol *s = check_new_symbol(x->k.c, SYM_TYPEDEF, "reply",
	    NULL);

	s->type = sample_type(x);
	s->done = true;
	check_make_know(&x->k, "reply", s);
}

void
check_combine_sample(struct combination *x, const char *name, struct symbol *of)
{
	struct making *k = &x->k;
	struct check *c = k->c;
	const char *it = arena_printf(c->a, "of_%s", name);
	const char *reply = of->type == k->s->type ? "$r" : "$out($r)";

	check_make_know(k, it, of);
	check_make_program(k, arena_printf(c->a, ".%s", name), k->s->in,
	    sample_type(x), arena_printf(c->a,
	    "try {\n"
	    "    let $r = $%s();\n"
	    "    return { reply = %s%s, failure = \"\" };\n"
	    "} else {\n"
	    "    return { reply = null%s, failure = $failure };\n"
	    "}\n", it, reply, x->judge ? arena_printf(c->a,
	    ", score = $judge(%s = $both($r)).score",
	    x->judge->in->field[0].name) : "",
	    x->judge ? ", score = 0.0" : ""));
}

/* The vote of $samples. */
static const char *
count_votes(struct combination *x)
{
	return arena_printf(x->k.c->a,
	    "let $replies = [$s.reply for $s in $samples "
	    "if $s.reply != null];\n"
	    "if len($replies) == 0 {\n"
	    "    fail $samples[0].failure;\n"
	    "}\n"
	    "return $replies[vote([$r.%s for $r in $replies])];\n", x->by);
}

const char *
check_combine_wave(struct combination *x, const struct amount *n,
    const char *number, int64_t most)
{
	if (n->fixed)
		return arena_printf(x->k.c->a, "[$sample() for $i in "
		    "range(%lld)]", (long long)most);
	return arena_printf(x->k.c->a, "[$sample() for $i in range(%s) limit "
	    "%lld]", number, (long long)most);
}

/* A second wave is asked only if the first one does not decide. */
static void
make_majority(struct combination *x)
{
	struct amount n = check_combine_amount(x, "n", 1, 5);
	struct making *k = &x->k;
	struct check *c = k->c;
	int64_t first = n.most / 2 + 1, rest = n.most - n.least / 2 - 1;
	const char *more = "", *number = "$n - len($samples)";

	voter(x);
	if (!x->by)
		return;
	check_combine_sample(x, "sample", x->of[0]);
	if (n.fixed)
		number = arena_printf(c->a, "%lld", (long long)rest);
	if (rest > 0)
		more = arena_printf(c->a,
		    "if !decided([$s.reply.%s for $s in $samples "
		    "if $s.reply != null], %s) {\n"
		    "    $samples += %s;\n"
		    "}\n", x->by, number,
		    check_combine_wave(x, &n, number, rest));
	k->s->run = check_make_program(k, "", k->s->in, k->s->type,
	    arena_printf(c->a, "let $samples = %s;\n%s%s",
	    check_combine_wave(x, &n, "$n / 2 + 1", first), more,
	    count_votes(x)));
}

static void
make_ensemble(struct combination *x)
{
	struct making *k = &x->k;
	struct buf b = BASE_BUF_INIT;
	unsigned i;

	voter(x);
	if (!x->by)
		return;
	buf_puts(&b, "parallel {\n");
	for (i = 0; i < x->nof; i++) {
		check_combine_sample(x, arena_printf(k->c->a, "member_%u",
		    i + 1), x->of[i]);
		buf_printf(&b, "let $reply_%u = $member_%u();\n", i + 1,
		    i + 1);
	}
	buf_puts(&b, "}\nlet $samples = [");
	for (i = 0; i < x->nof; i++)
		buf_printf(&b, "%s$reply_%u", i > 0 ? ", " : "", i + 1);
	buf_puts(&b, "];\n");
	buf_puts(&b, count_votes(x));
	k->s->run = check_make_program(k, "", k->s->in, k->s->type,
	    buf_str(&b));
	buf_release(&b);
}

static void
make_fallback(struct combination *x)
{
	struct making *k = &x->k;
	struct buf b = BASE_BUF_INIT;
	unsigned i;

	for (i = 0; i < x->nof; i++) {
		bool last = i + 1 == x->nof;

		check_make_know(k, arena_printf(k->c->a, "of_%u", i + 1),
		    x->of[i]);
		buf_printf(&b, "%slet $r_%u = $of_%u();\nreturn %s$r_%u%s;\n",
		    last ? "" : "try {\n", i + 1, i + 1,
		    x->of[i]->type == k->s->type ? "" : "$out(", i + 1,
		    x->of[i]->type == k->s->type ? "" : ")");
		buf_puts(&b, last ? "" : "} else {\n}\n");
	}
	k->s->run = check_make_program(k, "", k->s->in, k->s->type,
	    buf_str(&b));
	buf_release(&b);
}

/* Takes $s for $best if it is better. */
static const char *
take_better(const struct combination *x)
{
	return arena_printf(x->k.c->a,
	    "if $s.reply != null && ($best.reply == null || "
	    "$s.score %s $best.score) {\n"
	    "    $best = $s;\n"
	    "}\n", x->least ? "<" : ">");
}

/* Finds $best by the text. */
static void
best_by(struct combination *x, const char *text)
{
	struct making *k = &x->k;

	k->s->run = check_make_program(k, "", k->s->in, k->s->type,
	    arena_printf(k->c->a, "%s"
	    "if $best.reply == null {\n"
	    "    fail $best.failure;\n"
	    "}\n"
	    "return $best.reply;\n", text));
}

/* One after the other, until one is good enough. */
static void
best_until(struct combination *x, const struct amount *n)
{
	check_combine_sample(x, "sample", x->of[0]);
	best_by(x, arena_printf(x->k.c->a,
	    "let $best = $sample();\n"
	    "for $i in 2 .. %s limit %lld {\n"
	    "    if $best.reply != null && $best.score %s %s {\n"
	    "        break;\n"
	    "    }\n"
	    "    let $s = $sample();\n%s"
	    "}\n", n->text, (long long)n->most - 1, x->least ? "<=" : ">=",
	    x->stop_at, take_better(x)));
}

static void
make_best(struct combination *x)
{
	struct amount n = check_combine_amount(x, "n", 1, 4);

	check_combine_judge(x);
	stop_at(x, false);
	if (!x->judge)
		return;
	if (x->stop_at) {
		best_until(x, &n);
		return;
	}
	check_combine_sample(x, "sample", x->of[0]);
	best_by(x, arena_printf(x->k.c->a,
	    "let $samples = %s;\n"
	    "let $best = $samples[0];\n"
	    "for $s in $samples {\n%s}\n",
	    check_combine_wave(x, &n, n.text, n.most), take_better(x)));
}

/* A leaf is shown its reply and what the metric says of it; others are asked
 * afresh, as by best_of. */
static void
make_refine(struct combination *x)
{
	struct amount n = check_combine_amount(x, "rounds", 1, 3);
	struct making *k = &x->k;
	struct check *c = k->c;
	const char *retry = "";

	check_combine_judge(x);
	stop_at(x, true);
	if (!x->judge || !x->stop_at)
		return;
	if (x->of[0]->run) {
		best_until(x, &n);
		return;
	}
	if (!n.fixed || n.most > 100)
		diag(c->d, x->call->at, E_COMBINE, "'rounds' is a constant "
		    "from 1 to 100");
	check_make_know(k, "it", x->of[0]);
	know_sample(x);
	if (n.most > 1)
		retry = arena_printf(c->a, "    require $j.score %s %s, "
		    "$j.why ?? \"This scores too low: improve it.\" "
		    "retry %lld;\n", x->least ? "<=" : ">=", x->stop_at,
		    (long long)n.most - 1);
	k->s->run = check_make_program(k, "", k->s->in, k->s->type,
	    arena_printf(c->a,
	    "let $kept_best: $reply = "
	    "{ reply = null, score = 0.0, failure = \"\" };\n"
	    "try {\n"
	    "    let $r = $it();\n"
	    "    let $j = $judge(%s = $both($r));\n"
	    "    if $kept_best.reply == null || $j.score %s $kept_best.score "
	    "{\n"
	    "        $kept_best = { reply = $r, score = $j.score, "
	    "failure = \"\" };\n"
	    "    }\n%s"
	    "} else {\n"
	    "    if $kept_best.reply == null {\n"
	    "        fail $failure;\n"
	    "    }\n"
	    "}\n"
	    "if $kept_best.reply == null {\n"
	    "    fail $kept_best.failure;\n"
	    "}\n"
	    "return $kept_best.reply;\n", x->judge->in->field[0].name,
	    x->least ? "<" : ">", retry));
}

/* ---- all of them ---- */

/* The outputs of several modules: those of the first, without a reasoning that
 * not all have. */
static const struct ty *
common(struct combination *x)
{
	const struct ty *t = x->of[0]->type;
	struct ty_field *f;
	const struct ty_field *o;
	unsigned i, n = 0;

	for (i = 1; i < x->nof && x->of[i]->type->n == t->n &&
	    (t->n == 0 || strcmp(t->field[0].name,
	    x->of[i]->type->field[0].name) == 0); i++)
		;
	if (i >= x->nof)
		return t;
	f = arena_array(x->k.c->a, t->n, sizeof(*f));
	for (i = 0; (o = next_output(t, &i)) != NULL;)
		f[n++] = *o;
	return check_make_record(&x->k, "_out", f, n);
}

static void
make(struct combination *x)
{
	switch (x->k.s->module) {
	case MODULE_MAJORITY:
		make_majority(x);
		return;
	case MODULE_ENSEMBLE:
		make_ensemble(x);
		return;
	case MODULE_FALLBACK:
		make_fallback(x);
		return;
	case MODULE_BEST_OF:
		make_best(x);
		return;
	case MODULE_REFINE:
		make_refine(x);
		return;
	case MODULE_MULTI_CHAIN:
		check_multi_chain(x);
		return;
	case MODULE_REACT:
		check_react(x);
		return;
	case MODULE_PROGRAM_OF_THOUGHT:
		check_program_of_thought(x);
		return;
	case MODULE_PREDICT: case MODULE_CHAIN_OF_THOUGHT: case MODULE_NKIND:
		break;
	}
	BUG("'%s' is a leaf", x->k.s->name);
}

/* An agent has a signature in the place of a module. */
static bool
signature_of(struct combination *x)
{
	struct symbol *s = x->k.s, *g;
	struct ast *a, *first = NULL;
	unsigned before = x->k.c->d->nerror;

	for (a = x->call->u.call.arg; a; a = a->next)
		if (a->u.arg.name)
			name_is_known(x, a);
		else if (first)
			diag(x->k.c->d, a->at, E_COMBINE, "'%s' takes one "
			    "signature", x->is->name);
		else
			first = a;
	if (!first) {
		diag(x->k.c->d, x->call->at, E_COMBINE, "'%s' takes a "
		    "signature", x->is->name);
		return false;
	}
	s->signature = g = check_ref_kind(x->k.c, first->u.arg.value,
	    SYM_SIGNATURE);
	if (!g || g->type->kind != TY_STRUCT || g->in->kind != TY_STRUCT)
		return false;
	s->in = check_record_of(x->k.c, s, "_in", g->in, NULL);
	s->type = check_record_of(x->k.c, s, "_out", g->type, NULL);
	return x->k.c->d->nerror == before;
}

void
check_combine(struct check *c, struct symbol *s)
{
	static const struct option_rule none[] = {
		{ NULL, OPT_OTHER, NULL, NULL }
	};
	struct combination x = { .call = s->decl->u.value.value };

	x.is = &check_combines[s->module];
	if (!x.is->asks)
		check_options(c, s->decl->u.value.option, none, x.is->name,
		    false);
	s->in = s->type = check_poison(c);
	x.k.c = c;
	x.k.s = s;
	if (x.is->takes == TAKES_SIGNATURE) {
		if (!signature_of(&x))
			return;
	} else {
		if (!arguments(&x))
			return;
		s->in = x.of[0]->in;
		s->type = common(&x);
		s->signature = x.of[0]->signature;
	}
	s->sampled = x.is->takes == TAKES_MODULE ? x.of[0] : NULL;
	check_making_init(&x.k, c, s);
	make(&x);
}

void
check_combined(struct check *c, struct symbol *s)
{
	struct symbol *h;

	if (!s)
		return;
	check_symbol(c, s, s->decl->at);
	for (h = s->helper; h; h = h->helper)
		check_look(c, h);
}
