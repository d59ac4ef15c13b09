/* Lowering of declarations: models, leaves, params, data, the study.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "core/json.h"
#include "front/ast.h"
#include "ir/lower_in.h"

/* ---- options ---- */

static unsigned
structure(struct check_value v)
{
	int i = v.kind == CV_WORD ? ir_word(ir_structure_words,
	    IR_NSTRUCTURE, v.s) : -1;

	return i < 0 ? MIP_STRUCTURE_AUTO : (unsigned)i;
}

/* ---- what slots may be ---- */

enum { MAX_CHOICES = 64 };

static struct ty_const
choice(struct lower *x, const struct ast *e)
{
	struct ty_const c;

	if (!check_const(x->a, e, &c))
		BUG("a choice that is no constant");
	return c;
}

static void
range_choices(struct lower *x, struct choices *q, const struct ast *tune)
{
	struct ty_const lo = choice(x, tune->u.binary.a);
	struct ty_const hi = choice(x, tune->u.binary.b), *v;
	unsigned i;

	if (lo.kind != TYC_INT || hi.kind != TYC_INT ||
	    (uint64_t)hi.i - (uint64_t)lo.i >= MAX_CHOICES) {
		q->is_range = true;
		q->lo = ty_const_number(&lo);
		q->hi = ty_const_number(&hi);
		return;
	}
	q->n = (unsigned)(hi.i - lo.i) + 1;
	q->v = v = arena_array(x->a, q->n, sizeof *v);
	for (i = 0; i < q->n; i++)
		v[i] = (struct ty_const){ .kind = TYC_INT, .i = lo.i + i };
}

/* What stands behind `tune`. */
static struct choices
choices(struct lower *x, const struct ast *tune)
{
	struct choices q = { .n = 0 };
	struct ty_const *v = NULL;
	const struct ast *k;
	size_t cap = 0;

	if (tune->kind != AST_LIST) {
		range_choices(x, &q, tune);
		return q;
	}
	for (k = tune->u.list.item; k != NULL; k = k->next) {
		v = arena_grow(x->a, v, &cap, q.n + 1u, sizeof *v);
		v[q.n++] = choice(x, k);
	}
	q.v = v;
	return q;
}

void
lower_pin(struct lower *x, const char *name, struct ty_const value)
{
	struct pin *q, **p = &x->m->pin;

	while (*p != NULL && strcmp((*p)->name, name) < 0)
		p = &(*p)->next;
	if (*p != NULL && strcmp((*p)->name, name) == 0)
		return;
	q = arena_alloc(x->a, sizeof *q);
	*q = (struct pin){ name, value, *p };
	if (value.kind == TYC_ENUM)
		q->value.kind = TYC_STRING;
	*p = q;
}

/* ---- models ---- */

static void
model_price(struct lower *x, struct ast *list, struct mip_model *m)
{
	struct ast *o = ast_option(list, "price"), *sub;

	if (o == NULL)
		return;
	m->priced = true;
	sub = o->u.option.option;
	m->price_in = lower_number(lower_option(x, sub, "in"), 0);
	m->price_out = lower_number(lower_option(x, sub, "out"), 0);
	m->price_cached = lower_number(lower_option(x, sub, "cached"),
	    m->price_in);
	m->price_written = lower_number(lower_option(x, sub, "cached_write"),
	    0);
}

static void
model_stop(struct lower *x, struct ast *list, struct mip_model *m)
{
	struct ast *o = ast_option(list, "stop"), *v, *k;
	const char **stop;
	size_t n = 0;

	if (o == NULL || o->u.option.value == NULL)
		return;
	v = o->u.option.value;
	if (v->kind == AST_LIST)
		for (k = v->u.list.item; k != NULL; k = k->next)
			n++;
	stop = arena_array(x->a, n + 2, sizeof *stop);
	n = 0;
	if (v->kind == AST_LIST)
		for (k = v->u.list.item; k != NULL; k = k->next)
			stop[n++] = check_value(x->a, k).s;
	else
		stop[n++] = check_value(x->a, v).s;
	m->stop = n > 0 ? stop : NULL;
}

static const char *const model_words[] = {
	"api_key", "base_url", "identity", "temperature", "top_p",
	"max_tokens", "context", "seed", "stop", "effort", "system",
	"prompt_cache", "structure",
	"timeout", "price", "retry", "limit"
};

/* What the provider is sent as it stands: JSON. */
static const char *
option_json(struct lower *x, struct check_value v)
{
	struct buf b = BASE_BUF_INIT;
	struct json j;
	const char *s;

	switch (v.kind) {
	case CV_NONE: case CV_NULL: case CV_ENV:
		buf_puts(&b, "null");
		break;
	case CV_BOOL:
		buf_puts(&b, v.i ? "true" : "false");
		break;
	case CV_INT:
		buf_int(&b, v.i);
		break;
	case CV_FLOAT: case CV_TIME: case CV_MONEY:
		buf_double(&b, v.f);
		break;
	case CV_WORD: case CV_STRING:
		/* Objects and lists have no other way to be written. */
		if (json_parse(v.s, strlen(v.s), &j, NULL, NULL) &&
		    (json_kind(j) == JSON_OBJECT ||
		    json_kind(j) == JSON_ARRAY))
			json_compact(&b, j);
		else
			buf_json(&b, v.s, strlen(v.s));
		break;
	}
	s = arena_strdup(x->a, buf_str(&b));
	buf_release(&b);
	return s;
}

static void
model_others(struct lower *x, struct ast *list, struct mip_model *m)
{
	struct mip_pair *v = NULL;
	size_t cap = 0;
	struct ast *o;

	for (o = list; o != NULL; o = o->next) {
		if (!o->u.option.quoted && ir_word(model_words,
		    COUNTOF(model_words), o->u.option.name) >= 0)
			continue;
		v = arena_grow(x->a, v, &cap, m->noption + 1u, sizeof *v);
		v[m->noption].name = o->u.option.name;
		v[m->noption++].value = option_json(x,
		    check_value(x->a, o->u.option.value));
	}
	m->option = v;
}

static struct mip_setting
setting(struct check_value v)
{
	return (struct mip_setting){ v.env, v.s };
}

static void
model_direct(struct lower *x, struct ast *n, struct mip_model *m)
{
	struct ast *list = n->u.value.option, *limit;
	struct check_value system;
	const char *text = n->u.value.value->u.string.text;
	const char *colon = strchr(text, ':');

	if (colon == NULL)
		BUG("model '%s' has no provider", m->name);
	m->provider = arena_strndup(x->a, text, (size_t)(colon - text));
	m->id = colon + 1;
	m->base_url = setting(lower_option(x, list, "base_url"));
	m->key_env = lower_option(x, list, "api_key").env;
	m->identity = lower_option(x, list, "identity").s;
	m->temperature = lower_number(lower_option(x, list, "temperature"),
	    MIP_UNSET);
	m->top_p = lower_number(lower_option(x, list, "top_p"), MIP_UNSET);
	m->max_tokens = lower_integer(lower_option(x, list, "max_tokens"), 0);
	m->context = lower_integer(lower_option(x, list, "context"), 0);
	m->seed = lower_integer(lower_option(x, list, "seed"), -1);
	m->effort = lower_option(x, list, "effort").s;
	system = lower_option(x, list, "system");
	m->no_system = system.kind == CV_BOOL && system.i == 0;
	m->prompt_cache = lower_option(x, list, "prompt_cache").i != 0;
	m->structure = (enum mip_structure)structure(lower_option(x, list,
	    "structure"));
	lower_sending(x, &m->sending, list);
	limit = lower_options(list, "limit");
	m->tpm = lower_number(lower_option(x, limit, "tpm"), 0);
	model_price(x, list, m);
	model_stop(x, list, m);
	model_others(x, list, m);
}

static void
model_route(struct lower *x, struct ast *n, struct mip_model *m)
{
	struct ast *call = n->u.value.value, *k;
	struct check_value sticky;
	const struct mip_model **to = NULL;
	size_t cap = 0;
	int i = ir_word(ir_route_words, IR_NROUTE,
	    call->u.call.fn->u.name.name);

	if (i < 0)
		BUG("model '%s' is no route", m->name);
	m->route = (enum mip_route)i;
	for (k = call->u.call.arg; k != NULL; k = k->next) {
		to = arena_grow(x->a, to, &cap, m->nto + 1u, sizeof *to);
		to[m->nto++] = lower_model(x, k->u.arg.value->sym);
	}
	m->to = to;
	sticky = lower_option(x, n->u.value.option, "sticky");
	m->sticky = sticky.kind == CV_BOOL ? sticky.i != 0 :
	    m->route == MIP_LEAST_LOADED;
	if (m->route == MIP_LEAST_LOADED)
		lower_replicas(x, m, call->u.call.arg);
	m->temperature = m->top_p = MIP_UNSET;
	m->seed = -1;
}

const struct mip_model *
lower_model(struct lower *x, struct symbol *s)
{
	struct mip_model *m = s->lowered;
	struct ast *n = s->decl;

	if (m != NULL)
		return m;
	m = arena_alloc(x->a, sizeof *m);
	s->lowered = m;
	m->name = s->path;
	if (n->u.value.value->kind == AST_CALL)
		model_route(x, n, m);
	else
		model_direct(x, n, m);
	return m;
}

/* ---- leaves ---- */

/* Can a reply be the value alone? */
static bool
is_plain(const struct ty *out)
{
	const struct ty *t;

	if (out->n != 1)
		return false;
	t = out->field[0].type;
	return t->kind == TY_STRING || t->kind == TY_ENUM ||
	    t->kind == TY_INT || t->kind == TY_FLOAT || t->kind == TY_BOOL ||
	    t->kind == TY_LITERAL;
}

/* The format that `e` names. */
static enum mip_format
format(struct lower *x, const struct prompt *q, const struct ast *e)
{
	int word = ir_word(ir_format_words, MIP_NFORMAT,
	    check_value(x->a, e).s);

	if (word < 0)
		BUG("no such format");
	if (!q->formats[word])
		diag(x->d, e->at, E_VALUE, "'plain' is for a lone output that "
		    "is a string, number, bool or enum");
	return (enum mip_format)word;
}

static void
prompt_format(struct lower *x, struct prompt *q, struct ast *list)
{
	const struct ast *o = ast_option(list, "format"), *k;
	bool may[MIP_NFORMAT] = { false };
	unsigned i;

	for (i = 0; i < MIP_NFORMAT; i++)
		q->formats[i] = true;
	q->formats[MIP_PLAIN] = is_plain(q->out) && !q->reasoning;
	q->format = q->formats[MIP_PLAIN] &&
	    q->out->field[0].type->kind == TY_STRING ? MIP_PLAIN : MIP_JSON;
	if (o == NULL)
		return;
	q->format = format(x, q, o->u.option.value);
	if (o->u.option.tune == NULL)
		return;
	for (k = o->u.option.tune->u.list.item; k != NULL; k = k->next)
		may[format(x, q, k)] = true;
	memcpy(q->formats, may, sizeof may);
	q->tune[SLOT_FORMAT] = true;
}

static void
prompt_structure(struct lower *x, struct prompt *q, struct ast *list)
{
	const struct ast *o = ast_option(list, "structure"), *k;

	q->structure = (enum mip_structure)structure(lower_option(x, list,
	    "structure"));
	q->structures[q->structure] = true;
	if (o == NULL || o->u.option.tune == NULL)
		return;
	for (k = o->u.option.tune->u.list.item; k != NULL; k = k->next)
		q->structures[structure(check_value(x->a, k))] = true;
	q->tune[SLOT_STRUCTURE] = true;
}

static void
prompt_temperature(struct lower *x, struct prompt *q, struct ast *list)
{
	const struct ast *o = ast_option(list, "temperature");

	q->temperature = lower_number(lower_option(x, list, "temperature"),
	    MIP_UNSET);
	if (o == NULL || o->u.option.tune == NULL)
		return;
	q->temperatures = choices(x,
	    o->u.option.tune);
	q->tune[SLOT_TEMPERATURE] = true;
}

/* What -D has set is no slot any more. */
static void
prompt_pins(struct lower *x, struct prompt *q, const struct symbol *s)
{
	struct ty_const v = { .kind = TYC_STRING };
	unsigned k;

	for (k = 0; k < SLOT_COUNT; k++) {
		if (!(s->pinned & 1u << k))
			continue;
		v.s = ir_format_words[q->format];
		if (k == SLOT_STRUCTURE)
			v.s = ir_structure_words[q->structure];
		if (k == SLOT_TEMPERATURE)
			v = (struct ty_const){ .kind = TYC_FLOAT,
			    .f = q->temperature };
		q->freeze[k] = true;
		lower_pin(x, arena_printf(x->a, "%s.%s", q->name,
		    slot_words[k]), v);
	}
}

static struct ty_const
refusal_value(struct lower *x, const struct ty_field *f, struct ast *m)
{
	struct ty_const c = f->fallback;

	if (m != NULL && !check_const(x->a, m->u.arg.value, &c))
		BUG("an output that is no constant");
	if (c.kind == TYC_NONE && f->type->kind == TY_OPTIONAL)
		c.kind = TYC_NULL;
	if (c.kind == TYC_NONE && f->type->kind == TY_STRING) {
		c.kind = TYC_STRING;    /* reasoning, which none wrote */
		c.s = "";
	}
	return c;
}

static void
prompt_refusal(struct lower *x, struct prompt *q, struct ast *list)
{
	const struct ast *o = ast_option(list, "on_refusal");
	struct ty_const *v;
	struct ast *m;
	unsigned i;

	if (o == NULL || o->u.option.value == NULL)
		return;
	v = arena_array(x->a, q->out->n, sizeof *v);
	for (i = 0; i < q->out->n; i++) {
		for (m = o->u.option.value->u.record.member; m != NULL;
		    m = m->next)
			if (strcmp(m->u.arg.name, q->out->field[i].name) == 0)
				break;
		v[i] = refusal_value(x, &q->out->field[i], m);
	}
	q->on_refusal = v;
}

struct prompt *
lower_prompt(struct lower *x, struct symbol *s)
{
	struct prompt *q = s->lowered;
	struct ast *list = s->decl->u.value.option;
	struct check_value v;
	int word;

	if (q != NULL)
		return q;
	q = arena_alloc(x->a, sizeof *q);
	s->lowered = q;
	q->name = q->c_name = s->path;
	q->signature = s->signature->name;
	q->reasoning = s->module == MODULE_CHAIN_OF_THOUGHT;
	q->in = s->in;
	q->out = s->type;
	q->text = s->signature->decl->u.signature.text;
	if (q->text == NULL)
		q->text = "";
	q->piece = s->piece;
	q->npiece = s->npiece;
	v = lower_option(x, list, "demos");
	q->max_demos = v.kind == CV_NONE ? UINT_MAX :
	    v.kind == CV_INT ? (unsigned)lower_small(v, 0) : 0;
	if (s->cases != NULL)
		lower_knn(x, q, s);
	q->model = lower_model(x, s->model);
	v = lower_option(x, list, "parse");
	word = v.kind == CV_WORD ? ir_word(ir_parse_words, IR_NPARSE, v.s) :
	    -1;
	q->parse = word < 0 ? MIP_TOLERANT : (enum mip_parse)word;
	q->reask = lower_small(lower_option(x, list, "reask"), 1);
	q->max_repair = lower_small(lower_option(x, list, "max_repair"), -1);
	v = lower_option(x, list, "on_overflow");
	q->trim_demos = v.kind == CV_WORD && strcmp(v.s, "trim_demos") == 0;
	q->at = s->decl->at;
	prompt_format(x, q, list);
	prompt_structure(x, q, list);
	prompt_temperature(x, q, list);
	prompt_pins(x, q, s);
	prompt_refusal(x, q, list);
	return q;
}

/* ---- params ---- */

struct param *
lower_param(struct lower *x, struct symbol *s)
{
	struct param *q = s->lowered;

	if (q != NULL)
		return q;
	q = arena_alloc(x->a, sizeof *q);
	s->lowered = q;
	q->name = q->c_name = s->path;
	q->desc = s->decl->u.param.desc;
	q->type = s->type;
	q->value = s->value;
	q->at = s->decl->at;
	q->choices = choices(x, s->decl->u.param.tune);
	return q;
}

/* ---- data ---- */

static void
data_rename(struct lower *x, struct dataset *d, struct ast *list)
{
	struct rename *v = NULL;
	size_t cap = 0;
	struct ast *o;

	for (o = list; o != NULL; o = o->next) {
		v = arena_grow(x->a, v, &cap, d->nrename + 1u, sizeof *v);
		v[d->nrename].to = o->u.option.name;
		v[d->nrename++].from = check_value(x->a, o->u.option.value).s;
	}
	d->rename = v;
}

static void
data_split(struct lower *x, struct dataset *d, struct ast *list)
{
	const struct ast *o = ast_option(list, "split"), *k;
	struct check_value v;
	unsigned n = 0;

	if (o == NULL)
		return;
	d->split = SPLIT_COUNTS;
	for (k = o->u.option.value->u.list.item; k != NULL && n < IR_NPART;
	    k = k->next) {
		v = check_value(x->a, k);
		if (v.kind != CV_INT)
			d->split = SPLIT_FRACTIONS;
		d->part[n++] = v.f;
	}
}

/* jsonl("f") or csv("f") with its options. */
static struct dataset *
data_file(struct lower *x, struct ast *call, struct ast *list)
{
	struct dataset *d = arena_alloc(x->a, sizeof *d);
	const struct ast *o;
	struct check_value v;

	d->at = call->at;
	d->kind = strcmp(call->u.call.fn->u.name.name, "csv") == 0 ?
	    DATASET_CSV : DATASET_JSONL;
	d->path = call->u.call.arg->u.arg.value->u.string.path;
	data_rename(x, d, lower_options(list, "rename"));
	v = lower_option(x, list, "shuffle");
	d->shuffle = v.kind != CV_NONE;
	d->seed = (uint64_t)lower_integer(v, 0);
	v = lower_option(x, list, "seed");
	if (v.kind != CV_NONE)
		d->seed = (uint64_t)v.i;
	data_split(x, d, list);
	o = ast_option(list, "stratify");
	if (o != NULL)
		d->stratify = o->u.option.value->kind == AST_NAME ?
		    o->u.option.value->u.name.name :
		    o->u.option.value->u.string.text;
	return d;
}

/* The data that `train = tickets.train` names. */
static struct part
data_part(struct lower *x, struct ast *list, const char *name)
{
	struct ast *o = ast_option(list, name), *e, *n;
	struct part p = { NULL, PART_WHOLE };
	struct symbol *s;
	const char *which = NULL;

	if (o == NULL)
		return p;
	e = o->u.option.value;
	s = e->sym;
	if (s == NULL || s->kind != SYM_DATA)
		BUG("'%s' names no data", name);
	if (e->kind == AST_DOT && e->u.dot.of->sym == s)
		which = e->u.dot.name;
	n = s->decl;
	if (n->u.value.value == NULL) {
		o = which != NULL ? ast_option(n->u.value.option, which) :
		    NULL;
		if (o == NULL)
			BUG("'%s' has no such part", s->name);
		p.set = data_file(x, o->u.option.value, o->u.option.option);
		return p;
	}
	if (s->lowered == NULL)
		s->lowered = data_file(x, n->u.value.value,
		    n->u.value.option);
	p.set = s->lowered;
	if (which != NULL)
		p.which = ir_word(ir_part_words, IR_NPART, which);
	return p;
}

/* ---- the study ---- */

static struct setting *
strategy_setting(struct lower *x, const struct ast *o)
{
	struct setting *g = arena_alloc(x->a, sizeof *g);
	struct check_value v = check_value(x->a, o->u.option.value);

	g->name = o->u.option.name;
	g->at = o->at;
	g->i = v.i;
	g->f = v.f;
	g->s = v.s;
	switch (v.kind) {
	case CV_INT:    g->kind = SET_INT; break;
	case CV_BOOL:   g->kind = SET_BOOL; break;
	case CV_STRING: g->kind = SET_STRING; break;
	case CV_FLOAT: case CV_TIME: case CV_MONEY:
		g->kind = SET_FLOAT;
		break;
	case CV_WORD:
		g->kind = SET_WORD;
		break;
	case CV_NONE: case CV_NULL: case CV_ENV:
		diag(x->d, o->at, E_VALUE, "a setting is a number, word or "
		    "string");
		g->kind = SET_STRING;
		g->s = "";
		break;
	}
	return g;
}

static void
study_strategy(struct lower *x, struct study_decl *d, struct ast *list)
{
	const struct ast *o = ast_option(list, "using"), *k;
	struct setting **p = &d->setting;

	d->strategy = o->u.option.value->u.name.name;
	for (k = o->u.option.option; k != NULL; k = k->next) {
		*p = strategy_setting(x, k);
		p = &(*p)->next;
	}
}

static const struct mip_model *
study_model(struct lower *x, struct ast *list, const char *name)
{
	const struct ast *o = ast_option(list, name);

	return o == NULL ? NULL : lower_model(x, o->u.option.value->sym);
}

static void
study_budget(struct lower *x, struct study_decl *d, struct ast *list)
{
	d->max_cost = lower_number(lower_option(x, list, "cost"), MIP_UNSET);
	d->max_calls = lower_integer(lower_option(x, list, "calls"), 0);
	d->max_tokens = lower_integer(lower_option(x, list, "tokens"), 0);
	d->time_limit_s = lower_number(lower_option(x, list, "time"), 0) / 1e3;
}

static void
study_gate(struct lower *x, struct study_decl *d, struct ast *list)
{
	struct check_value v;
	const struct ast *o;

	d->gate = MIP_UNSET;
	d->confidence = 0.95;
	for (o = list; o != NULL; o = o->next) {
		v = check_value(x->a, o->u.option.value);
		if (strcmp(o->u.option.name, "confidence") == 0)
			d->confidence = v.f;
		else {
			d->gated = true;
			d->gate = v.f;
		}
	}
}

/* Is it m.instruction, of a module m? */
static bool
names_slot(const struct ast *e)
{
	return e->kind == AST_DOT && e->u.dot.of->sym == e->sym;
}

/* `e` names the module that `s` is a leaf of, or a slot of it. */
static void
freeze_leaf(const struct ast *e, const struct symbol *s)
{
	struct prompt *q = s->lowered;
	enum slot_kind k;

	if (q == NULL)
		return;
	if (names_slot(e) && slot_find(e->u.dot.name, &k))
		q->freeze[k] = true;
	else
		memset(q->freeze, true, sizeof q->freeze);
}

/* freeze = [answer.instruction, judge, HOPS] */
static void
study_freeze(struct ast *list)
{
	struct ast *o = ast_option(list, "freeze"), *e;
	struct symbol *s;
	struct param *r;

	if (o == NULL)
		return;
	for (e = o->u.option.value->u.list.item; e != NULL; e = e->next) {
		for (s = e->sym != NULL && e->sym->run != NULL ?
		    e->sym->leaf : NULL; s != NULL; s = names_slot(e) ?
		    NULL : s->leaf)
			freeze_leaf(e, s);
		if (e->sym == NULL || e->sym->lowered == NULL)
			continue;               /* nothing reaches it */
		if (e->sym->kind == SYM_PARAM) {
			r = e->sym->lowered;
			r->frozen = true;
		}
		if (e->sym->kind == SYM_MODULE)
			freeze_leaf(e, e->sym);
	}
}

void
lower_study(struct lower *x)
{
	struct study_decl *d;
	const struct ast *o;
	struct ast *list;

	if (x->c->optimize == NULL || x->c->program == NULL)
		return;
	list = x->c->optimize->u.optimize.option;
	d = arena_alloc(x->a, sizeof *d);
	d->at = x->c->optimize->at;
	d->program = x->c->program->lowered;
	o = ast_option(list, "metric");
	d->metric = o->u.option.value->sym->lowered;
	study_strategy(x, d, list);
	d->train = data_part(x, list, "train");
	d->dev = data_part(x, list, "dev");
	d->test = data_part(x, list, "test");
	d->prompt_model = study_model(x, list, "prompt_model");
	d->teacher = study_model(x, list, "teacher");
	study_budget(x, d, lower_options(list, "budget"));
	study_gate(x, d, lower_options(list, "gate"));
	study_freeze(list);
	x->m->study = d;
}
