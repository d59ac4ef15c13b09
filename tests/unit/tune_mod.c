/* A small module, by hand.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "tune_mod.h"

#include <stdint.h>
#include <string.h>

static const struct mip_model small = {
	.name = "small", .provider = "openai", .id = "small-1",
	.temperature = MIP_UNSET, .top_p = MIP_UNSET, .max_tokens = 100,
	.context = 1000, .seed = -1, .priced = true, .price_in = 1,
	.price_out = 2,
};

static const struct ty_variant labels[] = {
	{ "BILLING", "billing", NULL }, { "TECHNICAL", NULL, NULL },
	{ "OTHER", NULL, "anything else" },
};

/* A struct of one or two fields; `second` may be NULL. */
static struct ty *
record(struct mod *m, const char *name, const char *first,
    const struct ty *of, const char *second, const struct ty *of_second)
{
	struct ty_field *f = arena_array(m->a, 2, sizeof *f);
	struct ty *v = ty_struct(m->types, name);

	f[0].name = first;
	f[0].type = of;
	f[1].name = second;
	f[1].type = of_second;
	v->field = f;
	v->n = second ? 2 : 1;
	return v;
}

static struct prompt *
leaf(struct arena *a, const char *name, const struct ty *in,
    const struct ty *out, const char *text)
{
	struct prompt *p = arena_alloc(a, sizeof *p);

	p->name = p->c_name = name;
	p->in = in;
	p->out = out;
	p->text = text;
	p->formats[MIP_JSON] = p->formats[MIP_MARKERS] = true;
	p->format = MIP_JSON;
	p->structures[MIP_STRUCTURE_AUTO] = true;
	p->max_demos = UINT32_MAX;
	p->temperature = MIP_UNSET;
	p->model = &small;
	p->reask = 1;
	p->max_repair = -1;
	return p;
}

static void
add_fns(struct mod *m, struct arena *a, const struct ty *in,
    const struct ty *out)
{
	struct fn *f = arena_alloc(a, sizeof *f);
	struct fn *metric = arena_alloc(a, sizeof *metric);

	f->kind = FN_PROGRAM;
	f->name = f->c_name = "Route";
	f->in = in;
	f->out = out;
	f->calls_min = f->calls_max = 2;
	f->next = metric;
	metric->kind = FN_METRIC;
	metric->name = metric->c_name = "acc";
	m->fn = m->program = f;
}

struct mod *
tune_mod(struct arena *a)
{
	struct mod *m = arena_alloc(a, sizeof *m);
	const struct mip_model **model = arena_array(a, 1, sizeof *model);
	struct ty_const *choice = arena_array(a, 3, sizeof *choice);
	struct param *k = arena_alloc(a, sizeof *k);
	const struct ty *text;
	struct ty *label, *in, *out, *ein, *eout;
	int64_t i;

	m->a = a;
	m->types = ty_table_new(a);
	text = ty_basic(m->types, TY_STRING);
	label = ty_enum(m->types, "Label");
	label->variant = labels;
	label->n = 3;
	in = record(m, "route_in", "text", text, NULL, NULL);
	out = record(m, "route_out", "label", label, NULL, NULL);
	ein = record(m, "explain_in", "text", text, "label", label);
	eout = record(m, "explain_out", "reasoning", text, "why", text);
	m->name = "Route";
	m->hash = "0123456789abcdef";
	m->prompt = leaf(a, "route", in, out, "Route the ticket.");
	m->prompt->hash = "aaaa";
	m->prompt->next = leaf(a, "m.explain", ein, eout, "Say why.");
	m->prompt->next->hash = "bbbb";
	m->prompt->next->reasoning = true;
	for (i = 0; i < 3; i++)
		choice[i] = (struct ty_const){ .kind = TYC_INT, .i = i + 1 };
	k->name = k->c_name = "K";
	k->type = ty_basic(m->types, TY_INT);
	k->value = choice[1];
	k->choices.v = choice;
	k->choices.n = 3;
	m->param = k;
	model[0] = &small;
	m->model = model;
	m->nmodel = 1;
	add_fns(m, a, in, out);
	return m;
}

static struct rows
make_rows(struct arena *a, const char *what, size_t n)
{
	struct rows r = { .n = n };
	size_t i;

	r.row = arena_array(a, n + 1, sizeof *r.row);
	for (i = 0; i < n; i++) {
		r.row[i].json = arena_printf(a, "{\"text\":\"%s %zu\","
		    "\"label\":\"%s\"}", what, i, labels[i % 3].name);
		r.row[i].len = strlen(r.row[i].json);
		r.row[i].line = i + 1;
	}
	memset(r.sha256, 'a', sizeof r.sha256 - 1);
	return r;
}

struct tune_task
tune_mod_task(struct arena *a, struct mod *m, size_t train, size_t dev,
    size_t test)
{
	struct tune_task t = { .mod = m, .source_text = "program Route",
	    .metric = "acc", .strategy = "mipro", .seed = 5, .jobs = 4,
	    .max_cost = MIP_UNSET, .data_hash = "dd" };

	t.train = make_rows(a, "train", train);
	t.dev = make_rows(a, "dev", dev);
	t.test = make_rows(a, "test", test);
	return t;
}
