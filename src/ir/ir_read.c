/* Reading the text form: functions, and modules as a whole.
 *
 * What is read is well formed but perhaps against the rules: ir_verify says.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "ir/ir_reader.h"

enum { REGION_DEPTH = 400 };

static struct ins *
value_named(struct ir_reader *r)
{
	const char *name = ir_rd_word(r);
	struct ins *i = ir_rd_get(&r->values, name);

	if (i == NULL)
		ir_rd_fail(r, "there is no value '%.60s' before this", name);
	return i;
}

static struct var *
var_named(struct ir_reader *r)
{
	const char *name = ir_rd_word(r);
	struct var *v = ir_rd_get(&r->vars, name);

	if (v == NULL)
		ir_rd_fail(r, "there is no variable '%.60s'", name);
	return v;
}

static struct fn *
callee(struct ir_reader *r, bool metric)
{
	const char *name = ir_rd_word(r);
	struct fn *f = ir_rd_get(&r->fns, name);

	if (f == NULL || (f->kind == FN_METRIC) != metric) {
		ir_rd_fail(r, "there is no such function '%.60s'", name);
		return NULL;
	}
	return f;
}

static void
read_callee(struct ir_reader *r, struct ins *i)
{
	i->u.fn = callee(r, i->op == IR_SCORE);
	if (i->op == IR_RUN) {
		ir_rd_want(r, "#");
		i->site = ir_rd_unsigned(r);
	}
}

static int64_t
status_word(struct ir_reader *r)
{
	const char *w = ir_rd_word(r);
	unsigned s;

	for (s = 0; s < MIP_NSTATUS; s++)
		if (strcmp(mip_status_word((enum mip_status)s), w) == 0)
			return s;
	ir_rd_fail(r, "there is no status '%.40s'", w);
	return 0;
}

static void
read_enum(struct ir_reader *r, struct ins *i)
{
	const char *w;
	int n = -1;

	ir_rd_want(r, ".");
	w = ir_rd_word(r);
	if (i->type->kind == TY_ENUM)
		n = ty_variant_index(i->type, w);
	if (n < 0)
		ir_rd_fail(r, "'%.40s' is not a name of this enum", w);
	i->u.i = n;
}

static void
read_bool(struct ir_reader *r, struct ins *i)
{
	i->u.i = ir_rd_this(r, "true");
	if (!i->u.i && !ir_rd_this(r, "false"))
		ir_rd_fail(r, "true or false is missing");
}

static void
read_claim(struct ir_reader *r, struct ins *i)
{
	struct claim *k = arena_alloc(r->a, sizeof *k);
	size_t cap = 0;

	k->text = ir_rd_string(r);
	k->line = ir_rd_unsigned(r);
	if (ir_rd_is(r, '[')) {
		do {
			k->shown = arena_grow(r->a, k->shown, &cap,
			    k->nshown + 1u, sizeof *k->shown);
			k->shown[k->nshown++] = ir_rd_string(r);
		} while (ir_rd_is(r, ','));
		ir_rd_want(r, "]");
	}
	i->u.claim = k;
}

static void
read_leaf(struct ir_reader *r, struct ins *i)
{
	const char *w = ir_rd_word(r);

	i->u.prompt = ir_rd_get(&r->prompts, w);
	if (i->u.prompt == NULL)
		ir_rd_fail(r, "there is no prompt '%.60s'", w);
}

static void
read_tool(struct ir_reader *r, struct ins *i)
{
	const char *w = ir_rd_word(r);

	i->u.tool = ir_rd_get(&r->tools, w);
	if (i->u.tool == NULL)
		ir_rd_fail(r, "there is no tool '%.60s'", w);
}

static void
read_param(struct ir_reader *r, struct ins *i)
{
	const char *w = ir_rd_word(r);

	i->u.param = ir_rd_get(&r->params, w);
	if (i->u.param == NULL)
		ir_rd_fail(r, "there is no param '%.60s'", w);
}

/* Reads what put_operand writes; a field's name is given back in *field, to
 * be looked up when the argument is known. */
static void
read_operand(struct ir_reader *r, struct ins *i, const char **field)
{
	if (i->op == IR_EACH || i->op == IR_FOR || i->op == IR_RANGE ||
	    i->op == IR_WHILE || i->op == IR_RETRY) {
		i->u.i = -1;
		if (ir_rd_is(r, '[')) {
			i->u.i = (int64_t)(ir_rd_u64(r) & INT64_MAX);
			ir_rd_want(r, "]");
		}
	} else if (i->op == IR_STRING)
		i->u.s = ir_rd_string(r);
	else if (i->op == IR_INT)
		i->u.i = ir_rd_int(r);
	else if (i->op == IR_FLOAT)
		i->u.f = ir_rd_double(r);
	else if (i->op == IR_BOOL)
		read_bool(r, i);
	else if (i->op == IR_ENUM)
		read_enum(r, i);
	else if (i->op == IR_ARG || i->op == IR_INJECT || i->op == IR_IS ||
	    i->op == IR_AS)
		i->u.n = ir_rd_unsigned(r);
	else if (i->op == IR_PARAM)
		read_param(r, i);
	else if (i->op == IR_GET || i->op == IR_SET)
		i->u.var = var_named(r);
	else if (i->op == IR_FIELD) {
		ir_rd_want(r, ".");
		*field = ir_rd_word(r);
	} else if (i->op == IR_LIB)
		i->u.lib = (enum builtin_id)ir_rd_among(r, ir_lib_words,
		    BI_COUNT);
	else if (i->op == IR_ASK || i->op == IR_CREDIT)
		read_leaf(r, i);
	else if (i->op == IR_CALL || i->op == IR_JUDGE)
		read_tool(r, i);
	else if (i->op == IR_SEARCH)
		i->u.retriever = ir_rd_retriever_name(r);
	else if (i->op == IR_EMBED)
		i->u.model = ir_rd_model_name(r);
	else if (i->op == IR_RUN || i->op == IR_SCORE)
		read_callee(r, i);
	else if (i->op == IR_EXPECT || i->op == IR_CHECK)
		read_claim(r, i);
	else if (i->op == IR_FAIL)
		i->u.i = status_word(r);
	else if (ir_has_operand(i->op))
		BUG("%s has an operand", ir_ops[i->op].text);
}

static void
read_args(struct ir_reader *r, struct ins *i)
{
	struct ins **arg = NULL;
	size_t cap = 0;
	int want = ir_ops[i->op].narg;

	if (!ir_rd_eol(r))
		do {
			arg = arena_grow(r->a, arg, &cap, i->narg + 1u,
			    sizeof *arg);
			arg[i->narg++] = value_named(r);
		} while (ir_rd_is(r, ','));
	i->arg = arg;
	if (want != IR_ANY && i->narg != (unsigned)want)
		ir_rd_fail(r, "'%s' takes %d arguments",
		    ir_ops[i->op].text, want);
}

static void
read_member(struct ir_reader *r, struct ins *i, const char *field)
{
	const struct ty *t;
	int n = -1;

	if (r->failed || i->op != IR_FIELD)
		return;
	t = i->arg[0]->type;
	if (t->kind == TY_STRUCT)
		n = ty_field_index(t, field);
	if (n < 0)
		ir_rd_fail(r, "there is no field '%.60s'", field);
	i->u.n = n < 0 ? 0 : (unsigned)n;
}

static enum ir_op
op_named(struct ir_reader *r, const char *w, bool value)
{
	unsigned i;

	for (i = 0; i < IR_NOP; i++)
		if (strcmp(ir_ops[i].text, w) == 0 &&
		    value == ((ir_ops[i].flags & OPF_VALUE) != 0))
			return (enum ir_op)i;
	ir_rd_fail(r, "'%.40s' is not an operation%s", w,
	    value ? " that gives a value" : "");
	return IR_NOP;
}

static void read_region(struct ir_reader *r, struct region *g,
    unsigned depth);

/* Reads one operation, its first word taken, and its regions. */
static void
read_ins(struct ir_reader *r, struct region *g, const char *word,
    unsigned depth)
{
	struct ins *i = arena_alloc(r->a, sizeof *i);
	bool value = ir_rd_is(r, ':');
	const char *label = word, *field = "";

	i->type = ty_basic(r->m->types, TY_VOID);
	if (value) {
		i->name = ir_label_name(r->a, label);
		i->type = ir_rd_type(r);
		ir_rd_want(r, "=");
		word = ir_rd_word(r);
	}
	i->op = op_named(r, word, value);
	if (r->failed)
		return;
	read_operand(r, i, &field);
	read_args(r, i);
	read_member(r, i, field);
	if (value)
		ir_rd_put(r, &r->values, label, i);
	ir_append(g, i);
	ir_rd_done(r);
	if (ir_ops[i->op].flags & OPF_BODY) {
		i->body = ir_region(r->m, g->fn, i);
		read_region(r, i->body, depth + 1);
	}
	if ((ir_ops[i->op].flags & OPF_OTHER) && r->more &&
	    r->depth == depth && ir_rd_this(r, ir_other_word(i->op))) {
		i->other = ir_region(r->m, g->fn, i);
		ir_rd_done(r);
		read_region(r, i->other, depth + 1);
	}
}

static void
read_region(struct ir_reader *r, struct region *g, unsigned depth)
{
	const char *w;

	if (depth > REGION_DEPTH)
		ir_rd_fail(r, "regions are nested too deeply");
	while (r->more && r->depth >= depth) {
		if (r->depth > depth) {
			ir_rd_fail(r, "the line is indented too far");
			return;
		}
		w = ir_rd_word(r);
		if (strcmp(w, "yield") == 0 && !ir_rd_eol(r) &&
		    *r->p != ':') {
			if (g->result != NULL)
				ir_rd_fail(r, "a second yield");
			g->result = value_named(r);
			ir_rd_done(r);
			continue;
		}
		if (g->result != NULL) {
			ir_rd_fail(r, "nothing may follow a yield");
			return;
		}
		read_ins(r, g, w, depth);
	}
}

/* ---- functions ---- */

static void
read_var(struct ir_reader *r, struct fn *f, bool kept)
{
	const char *label = ir_rd_word(r), *name;
	const struct ty *t;
	struct var *v;

	ir_rd_want(r, ":");
	t = ir_rd_type(r);
	name = ir_label_name(r->a, label);
	v = ir_var(r->m, f, name != NULL ? name : label, t);
	v->kept = kept;
	ir_rd_put(r, &r->vars, label, v);
}

static void
read_fn_attrs(struct ir_reader *r, struct fn *f)
{
	const char *w;

	while (ir_rd_attr(r, &w)) {
		if (strcmp(w, "var") == 0 || strcmp(w, "kept") == 0)
			read_var(r, f, *w == 'k');
		else if (strcmp(w, "desc") == 0)
			f->desc = ir_rd_string(r);
		else if (strcmp(w, "hash") == 0)
			f->hash = ir_rd_string(r);
		else if (strcmp(w, "calls") == 0) {
			f->calls_min = ir_rd_u64(r);
			f->calls_max = ir_rd_u64(r);
		} else if (strcmp(w, "vectors") == 0) {
			f->vectors_min = ir_rd_u64(r);
			f->vectors_max = ir_rd_u64(r);
		} else if (strcmp(w, "on_fail") == 0)
			f->on_fail = ir_rd_double(r);
		else if (strcmp(w, "minimize") == 0)
			f->minimize = true;
		else if (strcmp(w, "eval_only") == 0)
			f->eval_only = true;
		else if (strcmp(w, "line") == 0)
			f->line = ir_rd_unsigned(r);
		else if (strcmp(w, "repeat") == 0)
			f->repeat = ir_rd_unsigned(r);
		else if (strcmp(w, "pass") == 0)
			f->pass = ir_rd_double(r);
		else
			ir_rd_fail(r, "a function has no '%.60s'", w);
		ir_rd_done(r);
	}
}

static void
read_fn_types(struct ir_reader *r, struct fn *f)
{
	ir_rd_want(r, ":");
	f->in = ir_rd_type(r);
	if (f->kind == FN_METRIC) {
		f->gold = f->in;
		ir_rd_want(r, ",");
		f->in = ir_rd_type(r);
	}
	ir_rd_want(r, "->");
	f->out = ir_rd_type(r);
	if (f->in->kind != TY_STRUCT ||
	    (f->out->kind != TY_STRUCT && f->kind != FN_CHECK) ||
	    (f->gold != NULL && f->gold->kind != TY_STRUCT))
		ir_rd_fail(r, "a function's types are structs");
}

static void
read_fn(struct ir_reader *r, enum fn_kind kind)
{
	const char *name = ir_rd_word(r);
	struct fn *f = ir_fn(r->m, kind, name);

	table_init_text(&r->values, r->a);
	table_init_text(&r->vars, r->a);
	f->eval_only = kind == FN_METRIC || kind == FN_TEST;
	f->c_name = ir_rd_word(r);
	if (kind != FN_TEST)
		read_fn_types(r, f);
	ir_rd_done(r);
	read_fn_attrs(r, f);
	if (!r->more || r->depth > 0 || !ir_rd_this(r, "begin"))
		ir_rd_fail(r, "'begin' is missing");
	ir_rd_done(r);
	read_region(r, f->body, 1);
	ir_rd_put(r, &r->fns, f->c_name, f);
	table_init_text(&r->values, r->a);
}

/* ---- modules ---- */

static void
read_head(struct ir_reader *r)
{
	struct mod *m = r->m;
	const char *w;

	if (!ir_rd_line(r) || r->depth > 0 || !ir_rd_this(r, "ir") ||
	    ir_rd_int(r) != 1)
		ir_rd_fail(r, "the text does not begin with 'ir 1'");
	ir_rd_done(r);
	while (ir_rd_attr(r, &w)) {
		if (strcmp(w, "path") == 0)
			m->path = ir_rd_string(r);
		else if (strcmp(w, "name") == 0)
			m->name = ir_rd_string(r);
		else if (strcmp(w, "program") == 0)
			r->program = ir_rd_word(r);
		else if (strcmp(w, "hash") == 0)
			m->hash = ir_rd_string(r);
		else if (strcmp(w, "tuned") == 0)
			m->tuned = ir_rd_string(r);
		else if (strcmp(w, "tuned_note") == 0)
			m->tuned_note = ir_rd_string(r);
		else
			ir_rd_fail(r, "a module has no '%.60s'", w);
		ir_rd_done(r);
	}
}

static void
read_declaration(struct ir_reader *r)
{
	const char *w;

	if (r->depth > 0) {
		ir_rd_fail(r, "the line is indented too far");
		return;
	}
	w = ir_rd_word(r);
	if (strcmp(w, "enum") == 0)
		ir_rd_enum(r);
	else if (strcmp(w, "struct") == 0)
		ir_rd_struct(r);
	else if (strcmp(w, "model") == 0)
		ir_rd_model(r);
	else if (strcmp(w, "param") == 0)
		ir_rd_param(r);
	else if (strcmp(w, "pin") == 0)
		ir_rd_pin(r);
	else if (strcmp(w, "prompt") == 0)
		ir_rd_prompt(r);
	else if (strcmp(w, "tool") == 0 || strcmp(w, "judge") == 0)
		ir_rd_tool(r, w[0] == 'j');
	else if (strcmp(w, "retriever") == 0)
		ir_rd_retriever(r);
	else if (ir_word(ir_fn_words, FN_NKIND, w) >= 0)
		read_fn(r, (enum fn_kind)ir_word(ir_fn_words, FN_NKIND, w));
	else if (strcmp(w, "dataset") == 0)
		ir_rd_dataset(r);
	else if (strcmp(w, "study") == 0)
		ir_rd_study(r);
	else
		ir_rd_fail(r, "'%.60s' is no declaration", w);
}

static void
init_names(struct ir_reader *r)
{
	table_init_text(&r->types, r->a);
	table_init_text(&r->models, r->a);
	table_init_text(&r->prompts, r->a);
	table_init_text(&r->tools, r->a);
	table_init_text(&r->retrievers, r->a);
	table_init_text(&r->params, r->a);
	table_init_text(&r->fns, r->a);
	table_init_text(&r->values, r->a);
	table_init_text(&r->vars, r->a);
	r->prompt_end = &r->m->prompt;
	r->param_end = &r->m->param;
	r->tool_end = &r->m->tool;
	r->retriever_end = &r->m->retriever;
}

static void
read_pending(struct ir_reader *r)
{
	struct ir_pending *p;

	for (p = r->pending; p != NULL && !r->failed; p = p->next) {
		p->check->fn = ir_rd_get(&r->fns, p->fn);
		if (p->check->fn == NULL)
			ir_rd_fail(r, "there is no function '%.60s'", p->fn);
	}
}

struct mod *
ir_read(struct arena *a, const char *text, size_t n, unsigned *line,
    char why[160])
{
	struct ir_reader r = { .a = a, .at = text, .end = text + n,
	    .why = why };

	r.m = ir_mod(a, ty_table_new(a));
	init_names(&r);
	if (memchr(text, '\0', n) != NULL)
		ir_rd_fail(&r, "the text holds a NUL");
	ir_rd_types(&r);
	if (!r.failed) {
		r.at = text;
		r.line = 0;
		read_head(&r);
	}
	while (r.more)
		read_declaration(&r);
	if (!r.failed && r.program != NULL) {
		r.m->program = ir_rd_get(&r.fns, r.program);
		if (r.m->program == NULL)
			ir_rd_fail(&r, "there is no function '%.60s'",
			    r.program);
	}
	read_pending(&r);
	*line = r.line;
	return r.failed ? NULL : r.m;
}
