/* Modules that ask something themselves besides what they call: multi_chain,
 * react, program_of_thought.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "core/buf.h"
#include "front/check_make.h"

/* ---- leaves ---- */

/* A list of options of its own: -D changes it. */
static struct ast *
options(struct making *k)
{
	struct ast *o, *first = NULL, **end = &first;

	for (o = k->s->decl->u.value.option; o; o = o->next) {
		*end = arena_alloc(k->c->a, sizeof(**end));
		**end = *o;
		(*end)->next = NULL;
		end = &(*end)->next;
	}
	return first;
}

/* What fits one request does not fit two that differ. */
static bool
options_fit(struct combination *x)
{
	static const char *const none[] = { "template", "on_refusal" };
	struct ast *list = x->k.s->decl->u.value.option, *o;
	unsigned before = x->k.c->d->nerror, i;

	for (i = 0; i < COUNTOF(none); i++) {
		o = ast_option(list, none[i]);
		if (o)
			diag(x->k.c->d, o->at, E_OPTION, "%s has no '%s'",
			    x->is->name, none[i]);
	}
	return x->k.c->d->nerror == before;
}

struct leaf {
	const char *name;               /* "": that of the module */
	enum module_kind kind;
	const char *task;               /* added to the instruction */
	const struct ty_field *more;    /* inputs besides the module's; nmore */
	unsigned nmore;
	const struct ty *out;           /* record of outputs */
};

/* The signature that a leaf seems to have: the module's with another text. */
static struct symbol *
signature(struct making *k, const struct leaf *l)
{
	const struct symbol *own = k->s->signature;
	struct ast *decl = check_make_node(k, AST_SIGNATURE);
	const char *text = own->decl->u.signature.text;
	struct symbol *s = check_new_symbol(k->c, SYM_SIGNATURE, own->name,
	    decl);

	decl->u.signature.name = own->name;
	decl->u.signature.name_at = decl->at;
	decl->u.signature.text = text && *text ?
	    arena_printf(k->c->a, "%s\n\n%s", text, l->task) : l->task;
	s->done = true;
	s->type = l->out;
	return s;
}

/* The record of a leaf's inputs, whose names may be those of the module's. */
static const struct ty *
inputs(struct making *k, const struct leaf *l, const char *suffix)
{
	const struct ty *own = k->s->in;
	struct ty_field *f = arena_array(k->c->a, own->n + l->nmore,
	    sizeof(*f));

	if (own->n > 0)
		memcpy(f, own->field, own->n * sizeof(*f));
	if (l->nmore > 0)
		memcpy(f + own->n, l->more, l->nmore * sizeof(*f));
	return check_make_record(k, suffix, f, own->n + l->nmore);
}

static const struct ty *
with_reasoning(struct making *k, const struct ty *out, const char *suffix)
{
	struct ty_field *f = arena_array(k->c->a, out->n + 1, sizeof(*f));
	unsigned i, n = 0;

	f[n++] = check_make_field(k, "reasoning", check_basic(k->c,
	    TY_STRING));
	for (i = 0; i < out->n; i++)
		if (strcmp(out->field[i].name, "reasoning") != 0)
			f[n++] = out->field[i];
	return check_make_record(k, suffix, f, n);
}

/* Makes a leaf, which $word then is; behind those that there are. */
static struct symbol *
make_leaf(struct making *k, const char *word, const struct leaf *l)
{
	struct check *c = k->c;
	bool first = !*l->name;
	const char *under = first ? "" : arena_printf(c->a, "_%s", l->name);
	struct ast *decl = check_make_node(k, AST_MODULE);
	struct symbol *s, **end;

	decl->u.value.name = first ? k->s->name :
	    names_intern(c->names, l->name, strlen(l->name));
	decl->u.value.name_at = decl->at;
	decl->u.value.option = options(k);
	s = check_new_symbol(c, SYM_MODULE, decl->u.value.name, decl);
	s->path = first ? k->s->path : arena_printf(c->a, "%s.%s", k->s->path,
	    l->name);
	s->unit = k->s->unit;
	s->module = l->kind;
	s->signature = signature(k, l);
	s->in = inputs(k, l, arena_printf(c->a, "%s_asked_in", under));
	s->type = l->kind == MODULE_CHAIN_OF_THOUGHT ?
	    with_reasoning(k, l->out, arena_printf(c->a, "%s_asked_out",
	    under)) : l->out;
	s->done = true;
	check_module_settings(c, s);
	for (end = &k->s->leaf; *end; end = &(*end)->leaf)
		;
	*end = s;
	check_make_know(k, word, s);
	return s;
}

/* Lets $word be a type. */
static void
know_type(struct making *k, const char *word, const struct ty *t)
{
	struct symbol *s = check_new_symbol(k->c, SYM_TYPEDEF, word, NULL);

	s->type = t;
	s->done = true;
	check_make_know(k, word, s);
}

static struct ty_field
described(struct making *k, const char *name, const struct ty *type,
    const char *desc)
{
	struct ty_field f = check_make_field(k, name, type);

	f.desc = desc;
	return f;
}

/* A name of a field that no input has. */
static const char *
free_name(const struct making *k, const char *name)
{
	while (ty_field_index(k->s->in, name) >= 0)
		name = arena_printf(k->c->a, "%s_", name);
	return names_intern(k->c->names, name, strlen(name));
}

/* ---- multi_chain ---- */

void
check_multi_chain(struct combination *x)
{
	struct amount n = check_combine_amount(x, "n", 1, 3);
	struct making *k = &x->k;
	struct check *c = k->c;
	const struct ty *one = x->of[0]->type;
	struct ty_field more = described(k, free_name(k, "attempts"),
	    ty_list(c->t, one), "attempts at this, which may be wrong");
	struct leaf l = { "", MODULE_CHAIN_OF_THOUGHT,
	    "Attempts are given. Compare them, find their mistakes, and give "
	    "the outputs that are right.", &more, 1, one };
	struct symbol *leaf;

	if (!options_fit(x) || !k->s->signature)
		return;
	check_combine_sample(x, "sample", x->of[0]);
	leaf = make_leaf(k, "compare", &l);
	k->s->type = leaf->type;
	k->s->run = check_make_program(k, "", k->s->in, k->s->type,
	    arena_printf(c->a,
	    "let $samples = %s;\n"
	    "let $replies = [$s.reply for $s in $samples "
	    "if $s.reply != null];\n"
	    "if len($replies) == 0 {\n"
	    "    fail $samples[0].failure;\n"
	    "}\n"
	    "return $compare(%s = $replies);\n",
	    check_combine_wave(x, &n, n.text, n.most), more.name));
}

/* ---- react ---- */

/* What the model writes to use a tool: its name and inputs.  `said` tells all
 * of them. */
static const struct ty *
action(struct making *k, struct buf *said, const char *tool,
    const char *desc, const struct ty_field *in, unsigned n)
{
	struct check *c = k->c;
	struct ty_field *f = arena_array(c->a, n + 1, sizeof(*f));
	struct ty_const v = { .kind = TYC_STRING, .s = tool };

	buf_printf(said, "%s%s%s%s", said->len > 0 ? "; " : "", tool,
	    desc ? ": " : "", desc ? desc : "");
	f[0] = described(k, "tool", ty_literal(c->t, &v, 1), desc);
	if (n > 0)
		memcpy(f + 1, in, n * sizeof(*f));
	return check_make_record(k, arena_printf(c->a, "_%s", tool), f, n + 1);
}

/* The tools of an agent as the arms of a union and the cases of a switch. */
struct tools {
	const struct ty *arm[64];
	unsigned n;
	struct buf cases;
	struct buf said;                /* what they are for, in words */
};

static void
tool_call(struct combination *x, struct tools *t, const struct symbol *s)
{
	const struct ty *in = s->in;
	const char *open = "", *close = "";
	unsigned i;

	if (s->type->kind != TY_STRING) {
		open = "json(";
		close = ")";
	}
	buf_printf(&t->cases, "case is $use_%u {\n    try {\n        "
	    "$seen = %s$tool_%u(", t->n, open, t->n);
	for (i = 0; i < in->n; i++)
		buf_printf(&t->cases, "%s%s = $action.%s", i > 0 ? ", " : "",
		    in->field[i].name, in->field[i].name);
	buf_printf(&t->cases, ")%s;\n", close);
	t->arm[t->n] = action(&x->k, &t->said, s->name,
	    s->decl->u.tool.desc, in->field, in->n);
}

static void
search_call(struct combination *x, struct tools *t, const struct symbol *s)
{
	struct making *k = &x->k;
	struct ty_field query = check_make_field(k, "query",
	    check_basic(k->c, TY_STRING));

	buf_printf(&t->cases, "case is $use_%u {\n    try {\n        "
	    "$seen = json($tool_%u.search($action.query));\n", t->n, t->n);
	t->arm[t->n] = action(k, &t->said, s->name,
	    "searches; gives what it finds", &query, 1);
}

static void
take_tool(struct combination *x, struct tools *t, struct ast *e)
{
	struct making *k = &x->k;
	struct check *c = k->c;
	bool failed = false;
	struct symbol *s = check_ref(c, e, &failed);

	if (failed || (s && s->type->kind == TY_POISON))
		return;
	if (!s || (s->kind != SYM_TOOL && s->kind != SYM_RETRIEVER)) {
		diag(c->d, e->at, E_COMBINE, "'tools' is a list of tools and "
		    "retrievers");
		return;
	}
	if (strcmp(s->name, "finish") == 0) {
		diag(c->d, e->at, E_COMBINE, "'finish' is what ends an agent; "
		    "call the tool otherwise");
		return;
	}
	if (s->kind == SYM_TOOL && ty_field_index(s->in, "tool") >= 0) {
		diag(c->d, e->at, E_COMBINE, "'%s' has an input 'tool', which "
		    "is where an agent says what it uses", s->name);
		return;
	}
	if (t->n + 1 >= COUNTOF(t->arm)) {
		diag(c->d, e->at, E_COMBINE, "these are too many tools");
		return;
	}
	if (s->kind == SYM_TOOL)
		tool_call(x, t, s);
	else
		search_call(x, t, s);
	buf_puts(&t->cases, "    } else {\n        $seen = $failure;\n    }\n"
	    "}\n");
	check_make_know(k, arena_printf(c->a, "tool_%u", t->n), s);
	know_type(k, arena_printf(c->a, "use_%u", t->n), t->arm[t->n]);
	t->n++;
}

/* { name = $from.name, ... } for the module's outputs. */
static void
put_outputs(struct buf *b, const struct ty *out, const char *from)
{
	unsigned i;

	buf_puts(b, "{");
	for (i = 0; i < out->n; i++)
		buf_printf(b, "%s %s = $%s.%s", i > 0 ? "," : "",
		    out->field[i].name, from, out->field[i].name);
	buf_puts(b, " }");
}

static void
take_tools(struct combination *x, struct tools *t)
{
	struct ast *list = check_combine_argument(x, "tools"), *e;
	const struct ty *out = x->k.s->type;
	struct making *k = &x->k;

	if (!list || list->kind != AST_LIST) {
		diag(k->c->d, x->call->at, E_COMBINE, "'react' needs tools = "
		    "[...]");
		return;
	}
	for (e = list->u.list.item; e; e = e->next)
		take_tool(x, t, e);
	t->arm[t->n] = action(k, &t->said, "finish", "ends with the outputs",
	    out->field, out->n);
	know_type(k, "finish", t->arm[t->n++]);
	buf_puts(&t->cases, "case is $finish {\n    return ");
	put_outputs(&t->cases, out, "action");
	buf_puts(&t->cases, ";\n}\n");
}

/* What the model sees of the steps so far. */
static const struct ty *
step_type(struct making *k)
{
	const struct ty *s = check_basic(k->c, TY_STRING);
	struct ty_field f[3];

	f[0] = check_make_field(k, "thought", s);
	f[1] = described(k, "action", s, "what was used, as JSON");
	f[2] = described(k, "observation", s, "what it gave");
	f[2].fence = true;
	return check_make_record(k, "_step", f, 3);
}

/* The leaves: what to do next, and the outputs after the last turn. */
static void
react_leaves(struct combination *x, struct tools *t,
    const struct ty_field *steps)
{
	struct making *k = &x->k;
	struct check *c = k->c;
	struct ty_field out[2];
	struct leaf turn = { "", MODULE_PREDICT,
	    "Work in steps. In each, think, and choose one action: a tool, "
	    "whose result you see in the next step, or finish with the "
	    "outputs when you know them.", steps, 1, NULL };
	struct leaf answer = { "answer", MODULE_CHAIN_OF_THOUGHT,
	    "Steps have been taken to find out more. There can be no others: "
	    "give the outputs.", steps, 1, k->s->type };

	out[0] = described(k, "thought", check_basic(c, TY_STRING),
	    "what is known, and what to do next");
	out[1] = described(k, "action", ty_union(c->t, t->arm, t->n),
	    arena_strdup(c->a, buf_str(&t->said)));
	turn.out = check_make_record(k, "_turn", out, 2);
	make_leaf(k, "think", &turn);
	if (c->d->nerror == 0)
		make_leaf(k, "answer", &answer);
}

void
check_react(struct combination *x)
{
	struct amount n = check_combine_amount(x, "max_turns", 1, 6);
	struct tools t = { .cases = BASE_BUF_INIT, .said = BASE_BUF_INIT };
	struct making *k = &x->k;
	struct check *c = k->c;
	unsigned before = c->d->nerror;
	const struct ty *step = step_type(k);
	struct ty_field steps = described(k, free_name(k, "steps"),
	    ty_list(c->t, step), "what was done so far");

	take_tools(x, &t);
	know_type(k, "step", step);
	if (options_fit(x) && c->d->nerror == before)
		react_leaves(x, &t, &steps);
	if (c->d->nerror == before)
		k->s->run = check_make_program(k, "", k->s->in, k->s->type,
		    arena_printf(c->a,
		    "let $steps: $step[] = [];\n"
		    "for $i in 1 .. %s limit %lld {\n"
		    "    let $turn = $think(%s = $steps);\n"
		    "    let $action = $turn.action;\n"
		    "    let $seen = \"\";\n"
		    "    switch $action {\n%s}\n"
		    "    $steps += [{ thought = $turn.thought, "
		    "action = json($action), observation = $seen }];\n"
		    "}\n"
		    "let $last = $answer(%s = $steps);\n"
		    "return $out($last);\n", n.text, (long long)n.most,
		    steps.name, buf_str(&t.cases), steps.name));
	buf_release(&t.cases);
	buf_release(&t.said);
}

/* ---- program_of_thought ---- */

/* The tool that runs code: one string in, a string out. */
static struct symbol *
runner(struct combination *x)
{
	struct ast *e = check_combine_argument(x, "run");
	struct check *c = x->k.c;
	struct symbol *s;

	if (!e) {
		diag(c->d, x->call->at, E_COMBINE, "'program_of_thought' "
		    "needs run = a tool");
		return NULL;
	}
	s = check_ref_kind(c, e, SYM_TOOL);
	if (!s || s->in->kind != TY_STRUCT)
		return NULL;
	if (s->in->n == 1 && s->in->field[0].type->kind == TY_STRING &&
	    s->type->kind == TY_STRING)
		return s;
	diag(c->d, e->at, E_COMBINE, "'run' is a tool with one input, a "
	    "string, that gives a string");
	return NULL;
}

static void
thought_leaves(struct combination *x, const struct ty_field *tries,
    const struct ty_field *result)
{
	struct making *k = &x->k;
	struct ty_field code = described(k, "code",
	    check_basic(k->c, TY_STRING), "a whole program, that prints what "
	    "the outputs need");
	struct leaf write = { "", MODULE_CHAIN_OF_THOUGHT,
	    "Write a program whose output answers this. Where attempts are "
	    "given, they failed: do better.", tries, 1, NULL };
	struct leaf answer = { "answer", MODULE_CHAIN_OF_THOUGHT,
	    "A program was written for this and run. Give the outputs from "
	    "what it printed.", result, 2, k->s->type };

	write.out = check_make_record(k, "_program", &code, 1);
	make_leaf(k, "write", &write);
	if (k->c->d->nerror == 0)
		make_leaf(k, "answer", &answer);
}

void
check_program_of_thought(struct combination *x)
{
	struct amount n = check_combine_amount(x, "rounds", 1, 3);
	struct making *k = &x->k;
	struct check *c = k->c;
	const struct ty *s = check_basic(c, TY_STRING), *attempt;
	unsigned before = c->d->nerror;
	struct symbol *run = runner(x);
	struct ty_field f[2], tries, result[2];

	if (!run || !options_fit(x) || c->d->nerror > before)
		return;
	f[0] = check_make_field(k, "code", s);
	f[1] = described(k, "failure", s, "how it failed");
	f[1].fence = true;
	attempt = check_make_record(k, "_try", f, 2);
	tries = described(k, free_name(k, "attempts"), ty_list(c->t, attempt),
	    "programs that failed");
	result[0] = described(k, free_name(k, "code"), s, "the program");
	result[1] = described(k, free_name(k, "printed"), s,
	    "what it printed");
	result[1].fence = true;
	thought_leaves(x, &tries, result);
	know_type(k, "attempt", attempt);
	check_make_know(k, "run", run);
	if (c->d->nerror > before)
		return;
	k->s->run = check_make_program(k, "", k->s->in, k->s->type,
	    arena_printf(c->a,
	    "let $tries: $attempt[] = [];\n"
	    "let $why = \"\";\n"
	    "for $i in 1 .. %s limit %lld {\n"
	    "    let $program = $write(%s = $tries);\n"
	    "    let $printed: string? = null;\n"
	    "    try {\n"
	    "        $printed = $run(%s = $program.code);\n"
	    "    } else {\n"
	    "        $why = $failure;\n"
	    "    }\n"
	    "    if $printed != null {\n"
	    "        let $last = $answer(%s = $program.code, %s = $printed);\n"
	    "        return $out($last);\n"
	    "    }\n"
	    "    $tries += [{ code = $program.code, failure = $why }];\n"
	    "}\n"
	    "fail $why;\n", n.text, (long long)n.most, tries.name,
	    run->in->field[0].name, result[0].name, result[1].name));
}
