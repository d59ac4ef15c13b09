/* Reading the text form: types, models, leaves, params, tuning.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <limits.h>
#include <string.h>

#include "ir/ir_reader.h"

/* ---- types ---- */

void
ir_rd_types(struct ir_reader *r)
{
	const char *label, *name;
	struct ty *t;
	bool is_enum;

	while (ir_rd_line(r)) {
		if (r->depth > 0)
			continue;
		is_enum = ir_rd_this(r, "enum");
		if (!is_enum && !ir_rd_this(r, "struct"))
			continue;
		label = ir_rd_word(r);
		name = ir_label_name(r->a, label);
		if (name == NULL)
			name = label;
		t = is_enum ? ty_enum(r->m->types, name) :
		    ty_struct(r->m->types, name);
		ir_rd_put(r, &r->types, label, t);
	}
}

static const char *
optional_string(struct ir_reader *r)
{
	while (!r->failed && r->p < r->stop && *r->p == ' ')
		r->p++;
	if (r->failed || r->p == r->stop || *r->p != '"')
		return NULL;
	return ir_rd_string(r);
}

void
ir_rd_enum(struct ir_reader *r)
{
	struct ty *t = ir_rd_get(&r->types, ir_rd_word(r));
	struct ty_variant *v = NULL;
	const char *word;
	size_t cap = 0;
	unsigned n = 0;

	if (t == NULL)
		return;
	t->desc = optional_string(r);
	ir_rd_done(r);
	while (ir_rd_attr(r, &word)) {
		v = arena_grow(r->a, v, &cap, n + 1u, sizeof *v);
		v[n] = (struct ty_variant){ .name = word };
		v[n].desc = optional_string(r);
		if (ir_rd_this(r, "alias"))
			v[n].alias = ir_rd_string(r);
		n++;
		ir_rd_done(r);
	}
	ty_set_variants(r->m->types, t, v, n);
}

static void
read_checks(struct ir_reader *r, struct ty_field *f)
{
	struct ty_check *v = NULL;
	struct ir_pending *p;
	size_t cap = 0;
	unsigned i;
	bool must;

	for (;;) {
		must = ir_rd_this(r, "assert");
		if (!must && !ir_rd_this(r, "check"))
			break;
		v = arena_grow(r->a, v, &cap, f->ncheck + 1u, sizeof *v);
		v[f->ncheck].must = must;
		v[f->ncheck].text = ir_rd_string(r);
		f->ncheck++;
		p = arena_alloc(r->a, sizeof *p);
		p->fn = ir_rd_word(r);
		p->next = r->pending;
		r->pending = p;
	}
	f->check = v;
	for (i = f->ncheck, p = r->pending; i-- > 0; p = p->next)
		p->check = &v[i];
}

static void
read_field(struct ir_reader *r, struct ty_field *f)
{
	f->desc = optional_string(r);
	if (ir_rd_this(r, "alias"))
		f->alias = ir_rd_string(r);
	if (ir_rd_is(r, '='))
		f->fallback = ir_rd_const(r, f->type);
	if (ir_rd_this(r, "min")) {
		f->has_min = true;
		f->min = ir_rd_double(r);
	}
	if (ir_rd_this(r, "max")) {
		f->has_max = true;
		f->max = ir_rd_double(r);
	}
	if (ir_rd_this(r, "regex"))
		f->regex = ir_rd_string(r);
	f->fence = ir_rd_this(r, "fence");
	f->hidden = ir_rd_this(r, "hidden");
	f->stream_done = ir_rd_this(r, "stream_done");
	read_checks(r, f);
}

void
ir_rd_struct(struct ir_reader *r)
{
	struct ty *t = ir_rd_get(&r->types, ir_rd_word(r));
	struct ty_field *f = NULL;
	const char *word;
	size_t cap = 0;
	unsigned n = 0;

	if (t == NULL)
		return;
	t->desc = optional_string(r);
	ir_rd_done(r);
	while (ir_rd_attr(r, &word)) {
		f = arena_grow(r->a, f, &cap, n + 1u, sizeof *f);
		f[n] = (struct ty_field){ .name = word };
		ir_rd_want(r, ":");
		f[n].type = ir_rd_type(r);
		read_field(r, &f[n]);
		n++;
		ir_rd_done(r);
	}
	ty_set_fields(r->m->types, t, f, n);
}

/* ---- models ---- */

struct model_read {
	struct mip_model *m;
	const char **stop;
	struct mip_pair *option;
	const struct mip_model **to;
	size_t nstop, stop_cap, option_cap, to_cap;
};

const struct mip_model *
ir_rd_model_name(struct ir_reader *r)
{
	const char *name = ir_rd_word(r);
	const struct mip_model *m = ir_rd_get(&r->models, name);

	if (m == NULL)
		ir_rd_fail(r, "there is no model '%.60s'", name);
	return m;
}

static void
read_setting(struct ir_reader *r, struct mip_setting *s)
{
	if (ir_rd_this(r, "env"))
		s->env = ir_rd_string(r);
	if (ir_rd_this(r, "text"))
		s->text = ir_rd_string(r);
}

static bool
model_text(struct ir_reader *r, const char *w, struct mip_model *m)
{
	if (strcmp(w, "provider") == 0)
		m->provider = ir_rd_string(r);
	else if (strcmp(w, "id") == 0)
		m->id = ir_rd_string(r);
	else if (strcmp(w, "base_url") == 0)
		read_setting(r, &m->base_url);
	else if (strcmp(w, "key_env") == 0)
		m->key_env = ir_rd_string(r);
	else if (strcmp(w, "identity") == 0)
		m->identity = ir_rd_string(r);
	else if (strcmp(w, "effort") == 0)
		m->effort = ir_rd_string(r);
	else if (strcmp(w, "no_system") == 0)
		m->no_system = true;
	else if (strcmp(w, "prompt_cache") == 0)
		m->prompt_cache = true;
	else if (strcmp(w, "structure") == 0)
		m->structure = (enum mip_structure)ir_rd_among(r,
		    ir_structure_words, IR_NSTRUCTURE);
	else
		return false;
	return true;
}

static bool
model_number(struct ir_reader *r, const char *w, struct mip_model *m)
{
	if (strcmp(w, "temperature") == 0)
		m->temperature = ir_rd_double(r);
	else if (strcmp(w, "top_p") == 0)
		m->top_p = ir_rd_double(r);
	else if (strcmp(w, "max_tokens") == 0)
		m->max_tokens = ir_rd_int(r);
	else if (strcmp(w, "context") == 0)
		m->context = ir_rd_int(r);
	else if (strcmp(w, "seed") == 0)
		m->seed = ir_rd_int(r);
	else if (strcmp(w, "tpm") == 0)
		m->tpm = ir_rd_double(r);
	else
		return ir_rd_sending(r, w, &m->sending);
	return true;
}

static bool
model_list(struct ir_reader *r, const char *w, struct model_read *x)
{
	struct mip_model *m = x->m;

	if (strcmp(w, "stop") == 0) {
		x->stop = arena_grow(r->a, x->stop, &x->stop_cap,
		    x->nstop + 2, sizeof *x->stop);
		x->stop[x->nstop++] = ir_rd_string(r);
		x->stop[x->nstop] = NULL;
		m->stop = x->stop;
	} else if (strcmp(w, "option") == 0) {
		x->option = arena_grow(r->a, x->option, &x->option_cap,
		    m->noption + 1u, sizeof *x->option);
		x->option[m->noption].name = ir_rd_string(r);
		x->option[m->noption++].value = ir_rd_string(r);
		m->option = x->option;
	} else if (strcmp(w, "route") == 0) {
		m->route = (enum mip_route)ir_rd_among(r, ir_route_words,
		    IR_NROUTE);
		while (!ir_rd_eol(r)) {
			x->to = arena_grow(r->a, x->to, &x->to_cap,
			    m->nto + 1u, sizeof *x->to);
			x->to[m->nto++] = ir_rd_model_name(r);
			m->to = x->to;
		}
	} else if (strcmp(w, "price") == 0) {
		m->priced = true;
		m->price_in = ir_rd_double(r);
		m->price_out = ir_rd_double(r);
		m->price_cached = ir_rd_double(r);
		if (!ir_rd_eol(r))
			m->price_written = ir_rd_double(r);
	} else if (strcmp(w, "sticky") == 0)
		m->sticky = true;
	else
		return false;
	return true;
}

void
ir_rd_model(struct ir_reader *r)
{
	struct mod *m = r->m;
	struct mip_model *v = arena_alloc(r->a, sizeof *v);
	struct model_read x = { .m = v };
	const char *w;

	v->temperature = v->top_p = MIP_UNSET;
	v->seed = -1;
	v->name = ir_rd_word(r);
	ir_rd_done(r);
	while (ir_rd_attr(r, &w)) {
		if (!model_text(r, w, v) && !model_number(r, w, v) &&
		    !model_list(r, w, &x))
			ir_rd_fail(r, "a model has no '%.60s'", w);
		ir_rd_done(r);
	}
	ir_rd_put(r, &r->models, v->name, v);
	m->model = arena_grow(r->a, m->model, &r->model_cap, m->nmodel + 1u,
	    sizeof *m->model);
	m->model[m->nmodel++] = v;
}

/* ---- leaves ---- */

static void
read_which(struct ir_reader *r, const char *const *words, unsigned n,
    bool *is)
{
	while (!ir_rd_eol(r))
		is[ir_rd_among(r, words, n)] = true;
}

static void
read_choices(struct ir_reader *r, const struct ty *t, struct choices *c)
{
	struct ty_const *v = NULL;
	size_t cap = 0;

	c->n = 0;
	while (!ir_rd_eol(r)) {
		v = arena_grow(r->a, v, &cap, c->n + 1u, sizeof *v);
		v[c->n++] = ir_rd_const(r, t);
	}
	c->v = v;
}

static void
read_range(struct ir_reader *r, struct choices *c)
{
	c->is_range = true;
	c->lo = ir_rd_double(r);
	c->hi = ir_rd_double(r);
}

static void
read_template(struct ir_reader *r, struct prompt *q)
{
	struct template_piece *v = NULL, p;
	struct template_miss miss;
	const char *name;
	size_t cap = 0;

	while (!ir_rd_eol(r)) {
		p = (struct template_piece){ .text = optional_string(r) };
		name = p.text == NULL ? ir_rd_word(r) : NULL;
		if (name != NULL && !template_find(r->a, q->in, name,
		    strlen(name), &p, &miss))
			ir_rd_fail(r, "'%.60s' leads to no input", name);
		v = arena_grow(r->a, v, &cap, q->npiece + 1u, sizeof *v);
		v[q->npiece++] = p;
	}
	q->piece = v;
}

static void
read_fence(struct ir_reader *r, struct prompt *q)
{
	bool *fence = arena_array(r->a, q->in->n + 1u, sizeof *fence);
	int i;

	while (!ir_rd_eol(r)) {
		i = ty_field_index(q->in, ir_rd_word(r));
		if (i < 0)
			ir_rd_fail(r, "no such input");
		else
			fence[i] = true;
	}
	q->fence = fence;
}

/* What slots may be. */
static bool
prompt_slots(struct ir_reader *r, const char *w, struct prompt *q)
{
	if (strcmp(w, "formats") == 0)
		read_which(r, ir_format_words, MIP_NFORMAT, q->formats);
	else if (strcmp(w, "structures") == 0)
		read_which(r, ir_structure_words, IR_NSTRUCTURE,
		    q->structures);
	else if (strcmp(w, "temperatures") == 0)
		read_choices(r, ty_basic(r->m->types, TY_FLOAT),
		    &q->temperatures);
	else if (strcmp(w, "temperature_range") == 0)
		read_range(r, &q->temperatures);
	else if (strcmp(w, "tune") == 0)
		read_which(r, slot_words, SLOT_COUNT, q->tune);
	else if (strcmp(w, "freeze") == 0)
		read_which(r, slot_words, SLOT_COUNT, q->freeze);
	else
		return false;
	return true;
}

static void
read_refusal(struct ir_reader *r, struct prompt *q)
{
	struct ty_const *v = arena_array(r->a, q->out->n, sizeof *v);
	unsigned i;

	for (i = 0; i < q->out->n; i++)
		v[i] = ir_rd_const(r, q->out->field[i].type);
	q->on_refusal = v;
}

static bool
prompt_text(struct ir_reader *r, const char *w, struct prompt *q)
{
	if (strcmp(w, "signature") == 0)
		q->signature = ir_rd_string(r);
	else if (strcmp(w, "reasoning") == 0)
		q->reasoning = true;
	else if (strcmp(w, "text") == 0)
		q->text = ir_rd_string(r);
	else if (strcmp(w, "format") == 0)
		q->format = (enum mip_format)ir_rd_among(r, ir_format_words,
		    MIP_NFORMAT);
	else if (strcmp(w, "hash") == 0)
		q->hash = ir_rd_string(r);
	else if (strcmp(w, "template") == 0)
		read_template(r, q);
	else if (strcmp(w, "fence") == 0)
		read_fence(r, q);
	else if (strcmp(w, "tuned_text") == 0)
		q->tuned_text = ir_rd_string(r);
	else
		return false;
	return true;
}

static bool
prompt_option(struct ir_reader *r, const char *w, struct prompt *q)
{
	if (strcmp(w, "demos") == 0)
		q->max_demos = ir_rd_unsigned(r);
	else if (strcmp(w, "knn") == 0)
		ir_rd_knn(r, q);
	else if (strcmp(w, "temperature") == 0)
		q->temperature = ir_rd_double(r);
	else if (strcmp(w, "model") == 0)
		q->model = ir_rd_model_name(r);
	else if (strcmp(w, "structure") == 0)
		q->structure = (enum mip_structure)ir_rd_among(r,
		    ir_structure_words, IR_NSTRUCTURE);
	else if (strcmp(w, "parse") == 0)
		q->parse = (enum mip_parse)ir_rd_among(r, ir_parse_words,
		    IR_NPARSE);
	else if (strcmp(w, "reask") == 0)
		q->reask = (int)ir_rd_unsigned(r);
	else if (strcmp(w, "max_repair") == 0)
		q->max_repair = (int)ir_rd_unsigned(r);
	else if (strcmp(w, "trim_demos") == 0)
		q->trim_demos = true;
	else if (strcmp(w, "eval_only") == 0)
		q->eval_only = true;
	else if (strcmp(w, "on_refusal") == 0)
		read_refusal(r, q);
	else
		return false;
	return true;
}

static const struct ty *
struct_type(struct ir_reader *r)
{
	const struct ty *t = ir_rd_type(r);

	if (t->kind != TY_STRUCT)
		ir_rd_fail(r, "a struct is wanted here");
	return t;
}

void
ir_rd_prompt(struct ir_reader *r)
{
	struct prompt *q = arena_alloc(r->a, sizeof *q);
	const char **demo = NULL, *w;
	size_t cap = 0;

	q->signature = q->text = "";
	q->max_demos = UINT_MAX;
	q->temperature = MIP_UNSET;
	q->reask = 1;
	q->max_repair = -1;
	q->name = ir_rd_word(r);
	q->c_name = ir_rd_word(r);
	ir_rd_want(r, ":");
	q->in = struct_type(r);
	ir_rd_want(r, "->");
	q->out = struct_type(r);
	ir_rd_done(r);
	while (ir_rd_attr(r, &w)) {
		if (strcmp(w, "demo") == 0) {
			demo = arena_grow(r->a, demo, &cap, q->ndemo + 1u,
			    sizeof *demo);
			demo[q->ndemo++] = ir_rd_string(r);
			q->demo = demo;
		} else if (!prompt_text(r, w, q) && !prompt_slots(r, w, q) &&
		    !prompt_option(r, w, q))
			ir_rd_fail(r, "a prompt has no '%.60s'", w);
		ir_rd_done(r);
	}
	q->structures[q->structure] = true;
	ir_rd_put(r, &r->prompts, q->name, q);
	*r->prompt_end = q;
	r->prompt_end = &q->next;
}

/* ---- tools ---- */

static bool
tool_number(struct ir_reader *r, const char *w, struct mip_tool *t)
{
	if (strcmp(w, "timeout_ms") == 0)
		t->timeout_ms = (long)ir_rd_unsigned(r);
	else if (strcmp(w, "max_output") == 0)
		t->max_output = ir_rd_int(r);
	else if (strcmp(w, "memory") == 0)
		t->memory = ir_rd_int(r);
	else if (strcmp(w, "cpu_s") == 0)
		t->cpu_s = ir_rd_int(r);
	else if (strcmp(w, "jobs") == 0)
		t->jobs = ir_rd_unsigned(r);
	else
		return false;
	return true;
}

static bool
tool_kind(struct ir_reader *r, const char *w, struct mip_tool *t)
{
	if (strcmp(w, "exec") == 0)
		t->argv = ir_rd_strings(r);
	else if (strcmp(w, "http") == 0)
		t->kind = MIP_HTTP;
	else if (strcmp(w, "env") == 0)
		t->env = ir_rd_strings(r);
	else if (strcmp(w, "effect") == 0)
		t->effect = true;
	else if (strcmp(w, "text_in") == 0)
		t->text_in = true;
	else if (strcmp(w, "text_out") == 0)
		t->text_out = true;
	else if (strcmp(w, "keep") == 0)
		t->keep = true;
	else
		return false;
	return true;
}

void
ir_rd_tool(struct ir_reader *r, bool judges)
{
	struct tool *t = arena_alloc(r->a, sizeof *t);
	const char *w;

	t->name = t->is.name = ir_rd_word(r);
	t->c_name = ir_rd_word(r);
	ir_rd_want(r, ":");
	if (!judges) {
		t->in = struct_type(r);
		ir_rd_want(r, "->");
	}
	t->out = ir_rd_type(r);
	ir_rd_done(r);
	t->http.name = arena_printf(r->a, "tool %s", t->name);
	t->is.http = &t->http;
	while (ir_rd_attr(r, &w)) {
		if (strcmp(w, "hash") == 0)
			t->hash = ir_rd_string(r);
		else if (strcmp(w, "on_fail") == 0)
			t->is.on_fail = ir_rd_double(r);
		else if (!(t->is.kind == MIP_HTTP &&
		    ir_rd_http(r, w, &t->http)) &&
		    !tool_kind(r, w, &t->is) &&
		    !tool_number(r, w, &t->is))
			ir_rd_fail(r, "a tool has no '%.60s'", w);
		ir_rd_done(r);
	}
	ir_rd_put(r, &r->tools, t->name, t);
	*r->tool_end = t;
	r->tool_end = &t->next;
}

/* ---- params ---- */

void
ir_rd_param(struct ir_reader *r)
{
	struct param *q = arena_alloc(r->a, sizeof *q);
	const char *w;

	q->name = ir_rd_word(r);
	q->c_name = ir_rd_word(r);
	ir_rd_want(r, ":");
	q->type = ir_rd_type(r);
	q->desc = optional_string(r);
	ir_rd_want(r, "=");
	q->value = ir_rd_const(r, q->type);
	ir_rd_done(r);
	while (ir_rd_attr(r, &w)) {
		if (strcmp(w, "choice") == 0)
			read_choices(r, q->type, &q->choices);
		else if (strcmp(w, "range") == 0)
			read_range(r, &q->choices);
		else if (strcmp(w, "frozen") == 0)
			q->frozen = true;
		else
			ir_rd_fail(r, "a param has no '%.60s'", w);
		ir_rd_done(r);
	}
	ir_rd_put(r, &r->params, q->name, q);
	*r->param_end = q;
	r->param_end = &q->next;
}

void
ir_rd_pin(struct ir_reader *r)
{
	struct pin *q = arena_alloc(r->a, sizeof *q), **p = &r->m->pin;

	q->name = ir_rd_word(r);
	ir_rd_want(r, "=");
	q->value = ir_rd_const(r, ty_basic(r->m->types, TY_POISON));
	ir_rd_done(r);
	while (*p != NULL)
		p = &(*p)->next;
	*p = q;
}

/* ---- tuning ---- */

static void
read_split(struct ir_reader *r, struct dataset *d)
{
	unsigned i;

	for (i = 0; i < IR_NPART; i++)
		d->part[i] = ir_rd_double(r);
}

static void
read_rename(struct ir_reader *r, struct rename **v, size_t *cap, unsigned *n)
{
	*v = arena_grow(r->a, *v, cap, *n + 1u, sizeof **v);
	(*v)[*n].to = ir_rd_string(r);
	(*v)[(*n)++].from = ir_rd_string(r);
}

void
ir_rd_dataset(struct ir_reader *r)
{
	struct dataset *d = arena_alloc(r->a, sizeof *d);
	static const char *const kinds[] = { "jsonl", "csv" };
	struct rename *rename = NULL;
	const char *w, *name;
	size_t cap = 0;

	/* Datasets are numbered: their names share the map of values, which
	 * is empty between functions. */
	name = arena_printf(r->a, "%u", ir_rd_unsigned(r));
	d->kind = (enum dataset_kind)ir_rd_among(r, kinds, 2);
	d->path = ir_rd_string(r);
	ir_rd_done(r);
	while (ir_rd_attr(r, &w)) {
		if (strcmp(w, "rename") == 0)
			read_rename(r, &rename, &cap, &d->nrename);
		else if (strcmp(w, "shuffle") == 0)
			d->shuffle = true;
		else if (strcmp(w, "seed") == 0)
			d->seed = ir_rd_u64(r);
		else if (strcmp(w, "fractions") == 0 ||
		    strcmp(w, "counts") == 0) {
			d->split = w[0] == 'c' ? SPLIT_COUNTS :
			    SPLIT_FRACTIONS;
			read_split(r, d);
		} else if (strcmp(w, "stratify") == 0)
			d->stratify = ir_rd_string(r);
		else
			ir_rd_fail(r, "a dataset has no '%.60s'", w);
		ir_rd_done(r);
	}
	d->rename = rename;
	ir_rd_put(r, &r->values, name, d);
}

static void
read_part(struct ir_reader *r, struct part *p)
{
	static const char *const words[] = { "train", "dev", "test", "whole" };
	unsigned n = ir_rd_unsigned(r), which;

	p->set = ir_rd_get(&r->values, arena_printf(r->a, "%u", n));
	if (p->set == NULL)
		ir_rd_fail(r, "there is no dataset %u", n);
	which = ir_rd_among(r, words, COUNTOF(words));
	p->which = which == IR_NPART ? PART_WHOLE : (int)which;
}

static void
read_strategy_setting(struct ir_reader *r, struct study_decl *s)
{
	struct setting *g = arena_alloc(r->a, sizeof *g), **p = &s->setting;
	struct ty_const c;

	g->name = ir_rd_word(r);
	if (ir_rd_is(r, '.')) {
		g->kind = SET_WORD;
		g->s = ir_rd_word(r);
	} else {
		c = ir_rd_const(r, ty_basic(r->m->types, TY_VOID));
		g->kind = c.kind == TYC_INT ? SET_INT :
		    c.kind == TYC_FLOAT ? SET_FLOAT :
		    c.kind == TYC_BOOL ? SET_BOOL : SET_STRING;
		g->i = c.i;
		g->f = c.f;
		g->s = c.s;
		if (c.kind == TYC_NULL)
			ir_rd_fail(r, "no setting has this value");
	}
	while (*p != NULL)
		p = &(*p)->next;
	*p = g;
}

static struct fn *
fn_named(struct ir_reader *r, enum fn_kind kind)
{
	const char *name = ir_rd_word(r);
	struct fn *f = ir_rd_get(&r->fns, name);

	if (f == NULL || f->kind != kind) {
		ir_rd_fail(r, "there is no %s '%.60s'",
		    ir_fn_words[kind], name);
		return NULL;
	}
	return f;
}

static bool
study_number(struct ir_reader *r, const char *w, struct study_decl *s)
{
	if (strcmp(w, "max_cost") == 0)
		s->max_cost = ir_rd_double(r);
	else if (strcmp(w, "max_calls") == 0)
		s->max_calls = ir_rd_int(r);
	else if (strcmp(w, "max_tokens") == 0)
		s->max_tokens = ir_rd_int(r);
	else if (strcmp(w, "time_limit") == 0)
		s->time_limit_s = ir_rd_double(r);
	else if (strcmp(w, "gate") == 0) {
		s->gated = true;
		s->gate = ir_rd_double(r);
	} else if (strcmp(w, "confidence") == 0)
		s->confidence = ir_rd_double(r);
	else
		return false;
	return true;
}

void
ir_rd_study(struct ir_reader *r)
{
	struct study_decl *s = arena_alloc(r->a, sizeof *s);
	const char *w;

	s->max_cost = s->gate = s->confidence = MIP_UNSET;
	s->strategy = ir_rd_word(r);
	ir_rd_done(r);
	while (ir_rd_attr(r, &w)) {
		if (strcmp(w, "program") == 0)
			s->program = fn_named(r, FN_PROGRAM);
		else if (strcmp(w, "metric") == 0)
			s->metric = fn_named(r, FN_METRIC);
		else if (strcmp(w, "train") == 0)
			read_part(r, &s->train);
		else if (strcmp(w, "dev") == 0)
			read_part(r, &s->dev);
		else if (strcmp(w, "test") == 0)
			read_part(r, &s->test);
		else if (strcmp(w, "set") == 0)
			read_strategy_setting(r, s);
		else if (strcmp(w, "prompt_model") == 0)
			s->prompt_model = ir_rd_model_name(r);
		else if (strcmp(w, "teacher") == 0)
			s->teacher = ir_rd_model_name(r);
		else if (!study_number(r, w, s))
			ir_rd_fail(r, "a study has no '%.60s'", w);
		ir_rd_done(r);
	}
	r->m->study = s;
}
