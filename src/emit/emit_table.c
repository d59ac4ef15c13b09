/* The constant tables of a program: models, params, leaves, the program.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "emit/emit_in.h"

/* ---- models ---- */

static bool
has_model(const struct gen *g, const struct mip_model *m)
{
	const union table_value *v = table_get(&g->model, m);
	size_t by = v != NULL ? v->n : 0;

	/* Those of the program stand in its file, whoever uses them
	 * besides. */
	return g->eval ? by == GEN_BY_EVAL : (by & GEN_BY_PROGRAM) != 0;
}

/* ---- members that are not at their defaults ---- */

void
gen_member(struct gen *g, const char *name, const char *value)
{
	cw_line(&g->w, ".%s = %s,", name, value);
}

void
gen_member_text(struct gen *g, const char *name, const char *s)
{
	if (s != NULL)
		gen_member(g, name, gen_string(g, s));
}

void
gen_member_int(struct gen *g, const char *name, int64_t v)
{
	if (v != 0)
		gen_member(g, name, gen_int(g, v));
}

void
gen_member_float(struct gen *g, const char *name, double v)
{
	if (v < 0.0 || v > 0.0)
		gen_member(g, name, gen_float(g, v));
}

void
gen_member_bool(struct gen *g, const char *name, bool v)
{
	if (v)
		gen_member(g, name, "true");
}

void
gen_strings(struct gen *g, const char *name, const char *const *v)
{
	if (v == NULL)
		return;
	cw_open(&g->w, "static const char *const %s[] = {", name);
	for (; *v != NULL; v++)
		cw_line(&g->w, "%s,", gen_string(g, *v));
	cw_line(&g->w, "NULL");
	cw_close(&g->w, "};");
}

/* ---- models ---- */

static const char *
structure_name(enum mip_structure s)
{
	switch (s) {
	case MIP_STRUCTURE_AUTO:        return "MIP_STRUCTURE_AUTO";
	case MIP_STRUCTURE_NATIVE:      return "MIP_STRUCTURE_NATIVE";
	case MIP_STRUCTURE_FUNCTION:    return "MIP_STRUCTURE_FUNCTION";
	case MIP_STRUCTURE_GRAMMAR:     return "MIP_STRUCTURE_GRAMMAR";
	case MIP_STRUCTURE_JSON_OBJECT: return "MIP_STRUCTURE_JSON_OBJECT";
	case MIP_STRUCTURE_PROMPT:      return "MIP_STRUCTURE_PROMPT";
	}
	BUG("structure");
}

static const char *
route_name(enum mip_route r)
{
	switch (r) {
	case MIP_FALLBACK:     return "MIP_FALLBACK";
	case MIP_ROUND_ROBIN:  return "MIP_ROUND_ROBIN";
	case MIP_LEAST_LOADED: return "MIP_LEAST_LOADED";
	case MIP_DIRECT:       break;
	}
	BUG("route");
}

static void
gen_route(struct gen *g, const struct mip_model *m, const char *name)
{
	cw_open(&g->w, "static const struct mip_model *const %s_to[] = {",
	    name);
	for (unsigned i = 0; i < m->nto; i++)
		cw_line(&g->w, "&%s%s", gen_model(g, m->to[i]),
		    i + 1 < m->nto ? "," : "");
	cw_close(&g->w, "};");
	cw_open(&g->w, "static const struct mip_model %s = {", name);
	gen_member_text(g, "name", m->name);
	gen_member(g, "route", route_name(m->route));
	gen_member_bool(g, "sticky", m->sticky);
	cw_line(&g->w, ".to = %s_to, .nto = %u", name, m->nto);
	cw_close(&g->w, "};");
}

/* Tables that a model points to. */
static void
gen_model_parts(struct gen *g, const struct mip_model *m, const char *name)
{
	gen_strings(g, arena_printf(&g->a, "%s_stop", name), m->stop);
	if (m->noption == 0)
		return;
	cw_open(&g->w, "static const struct mip_pair %s_options[] = {", name);
	for (unsigned i = 0; i < m->noption; i++)
		cw_line(&g->w, "{ %s, %s }%s",
		    gen_string(g, m->option[i].name),
		    gen_string(g, m->option[i].value),
		    i + 1 < m->noption ? "," : "");
	cw_close(&g->w, "};");
}

static void
gen_price(struct gen *g, const struct mip_model *m)
{
	if (!m->priced)
		return;
	gen_member_bool(g, "priced", true);
	gen_member_float(g, "price_in", m->price_in);
	gen_member_float(g, "price_out", m->price_out);
	gen_member_float(g, "price_cached", m->price_cached);
	gen_member_float(g, "price_written", m->price_written);
}

static void
gen_one_model(struct gen *g, const struct mip_model *m)
{
	const char *name = gen_model(g, m);

	if (m->route != MIP_DIRECT) {
		gen_route(g, m, name);
		return;
	}
	gen_model_parts(g, m, name);
	cw_open(&g->w, "static const struct mip_model %s = {", name);
	cw_line(&g->w, ".name = %s, .provider = %s,", gen_string(g, m->name),
	    gen_string(g, m->provider));
	gen_member_text(g, "id", m->id);
	if (m->base_url.env != NULL || m->base_url.text != NULL)
		cw_line(&g->w, ".base_url = { %s, %s },",
		    gen_string(g, m->base_url.env),
		    gen_string(g, m->base_url.text));
	gen_member_text(g, "key_env", m->key_env);
	gen_member_text(g, "identity", m->identity);
	gen_member(g, "temperature", m->temperature < 0.0 ? "MIP_UNSET" :
	    gen_float(g, m->temperature));
	gen_member(g, "top_p", m->top_p < 0.0 ? "MIP_UNSET" :
	    gen_float(g, m->top_p));
	gen_member_int(g, "max_tokens", m->max_tokens);
	gen_member_int(g, "context", m->context);
	gen_member_text(g, "effort", m->effort);
	gen_member_bool(g, "no_system", m->no_system);
	gen_member_bool(g, "prompt_cache", m->prompt_cache);
	if (m->structure != MIP_STRUCTURE_AUTO)
		gen_member(g, "structure", structure_name(m->structure));
	gen_price(g, m);
	gen_sending(g, &m->sending);
	gen_member_float(g, "tpm", m->tpm);
	if (m->stop != NULL)
		gen_member(g, "stop", arena_printf(&g->a, "%s_stop", name));
	if (m->noption != 0)
		cw_line(&g->w, ".option = %s_options, .noption = %u,", name,
		    m->noption);
	cw_line(&g->w, ".seed = %s", gen_int(g, m->seed));
	cw_close(&g->w, "};");
}

void
gen_models(struct gen *g)
{
	for (unsigned i = 0; i < g->m->nmodel; i++) {
		if (!has_model(g, g->m->model[i]))
			continue;
		gen_one_model(g, g->m->model[i]);
		cw_blank(&g->w);
	}
}

/* ---- params ---- */

void
gen_params(struct gen *g)
{
	for (const struct param *p = g->m->param; p != NULL; p = p->next) {
		const char *value = arena_printf(&g->a, "%s_value", p->c_name);

		if (p->desc != NULL)
			cw_comment(&g->w, p->desc);
		cw_line(&g->w, "%s", gen_const_decl(g, p->type, value,
		    &p->value));
		cw_open(&g->w, "static const struct mip_param %s = {",
		    p->c_name);
		cw_line(&g->w, ".name = %s, .type = %s, .value = &%s_value",
		    gen_string(g, p->name), gtype_desc(g, p->type),
		    p->c_name);
		cw_close(&g->w, "};");
		cw_blank(&g->w);
	}
}

/* ---- leaves ---- */

static const char *
format_name(enum mip_format f)
{
	switch (f) {
	case MIP_PLAIN:   return "MIP_PLAIN";
	case MIP_JSON:    return "MIP_JSON";
	case MIP_MARKERS: return "MIP_MARKERS";
	case MIP_LABELS:  return "MIP_LABELS";
	case MIP_XML:     return "MIP_XML";
	case MIP_NFORMAT: break;
	}
	BUG("format");
}

/* "question, context -> query" */
static const char *
shape(struct gen *g, const struct prompt *p)
{
	struct buf b = BASE_BUF_INIT;

	for (unsigned i = 0; i < p->in->n; i++)
		buf_printf(&b, "%s%s", i > 0 ? ", " : "", p->in->field[i].name);
	for (unsigned i = 0; i < p->out->n; i++)
		buf_printf(&b, "%s%s", i > 0 ? ", " : " -> ",
		    p->out->field[i].name);
	return gen_take(g, &b);
}

static void
gen_demos(struct gen *g, const struct prompt *p)
{
	if (p->ndemo == 0)
		return;
	for (unsigned i = 0; i < p->ndemo; i++)
		cw_text(&g->w, arena_printf(&g->a, "%s_demo_%u", p->c_name,
		    i + 1), p->demo[i]);
	cw_open(&g->w, "static const mip_text %s_demos[] = {", p->c_name);
	for (unsigned i = 0; i < p->ndemo; i++)
		cw_line(&g->w, "%s_demo_%u%s", p->c_name, i + 1,
		    i + 1 < p->ndemo ? "," : "");
	cw_close(&g->w, "};");
}

/* What stands for a refusal, as a value of the outputs. */
static void
gen_on_refusal(struct gen *g, const struct prompt *p)
{
	if (p->on_refusal != NULL)
		cw_line(&g->w, "%s", gen_const_decl(g, p->out,
		    arena_printf(&g->a, "%s_refusal", p->c_name),
		    &(struct ty_const){ .kind = TYC_RECORD,
		    .item = p->on_refusal, .n = p->out->n }));
}

static void
gen_prompt_settings(struct gen *g, const struct prompt *p)
{
	static const char *const parse[] = { "MIP_TOLERANT", "MIP_STRICT",
	    "MIP_NATIVE" };

	if (p->structure != MIP_STRUCTURE_AUTO)
		gen_member(g, "structure", structure_name(p->structure));
	if (p->parse != MIP_TOLERANT)
		gen_member(g, "parse", parse[p->parse]);
	if (p->on_refusal != NULL)
		cw_line(&g->w, ".on_refusal = &%s_refusal,", p->c_name);
	gen_member_bool(g, "trim_demos", p->trim_demos);
	gen_member_int(g, "reask", p->reask);
	gen_member(g, "max_repair", gen_int(g, p->max_repair));
	cw_line(&g->w, ".temperature = %s", p->temperature < 0.0 ?
	    "MIP_UNSET" : gen_float(g, p->temperature));
}

static void
gen_place(struct gen *g, const struct prompt *p, const struct template_piece *v)
{
	const char *path = "";

	for (unsigned i = 0; i < v->npath; i++)
		path = arena_printf(&g->a, "%s%s%u", path, i > 0 ? ", " : "",
		    v->path[i]);
	cw_line(&g->w, "{ NULL, (const unsigned[]){ %s }, %u }, /* %s */",
	    path, v->npath, template_name(&g->a, p->in, v));
}

static void
gen_template(struct gen *g, const struct prompt *p)
{
	if (p->npiece == 0)
		return;
	cw_open(&g->w, "static const struct mip_piece %s_template[] = {",
	    p->c_name);
	for (unsigned i = 0; i < p->npiece; i++)
		if (p->piece[i].text != NULL)
			cw_pieces(&g->w, "{ ", p->piece[i].text,
			    ", NULL, 0 },");
		else
			gen_place(g, p, &p->piece[i]);
	cw_close(&g->w, "};");
}

static void
gen_template_members(struct gen *g, const struct prompt *p)
{
	cw_line(&g->w, ".piece = %s_template,", p->c_name);
	cw_line(&g->w, ".npiece = sizeof %s_template / sizeof "
	    "*%s_template,", p->c_name, p->c_name);
}

/* Which inputs get texts of others. */
static void
gen_fence(struct gen *g, const struct prompt *p)
{
	const char *list = "";

	if (p->fence == NULL)
		return;
	for (unsigned i = 0; i < p->in->n; i++)
		list = arena_printf(&g->a, "%s%s%s", list, i > 0 ? ", " : "",
		    p->fence[i] ? "true" : "false");
	cw_line(&g->w, "static const bool %s_fence[] = { %s };", p->c_name,
	    list);
}

static void
gen_prompt(struct gen *g, const struct prompt *p)
{
	const char *text = p->tuned_text != NULL ? p->tuned_text : p->text;

	cw_comment(&g->w, arena_printf(&g->a, "%s: %s", p->name, shape(g, p)));
	cw_text(&g->w, arena_printf(&g->a, "%s_text", p->c_name), text);
	gen_template(g, p);
	gen_fence(g, p);
	gen_demos(g, p);
	gen_on_refusal(g, p);
	cw_open(&g->w, "static const struct mip_prompt %s = {", p->c_name);
	cw_line(&g->w, ".name = %s, .hash = %s,", gen_string(g, p->name),
	    gen_string(g, p->hash != NULL ? p->hash : ""));
	cw_line(&g->w, ".in = %s, .out = %s,", gtype_desc(g, p->in),
	    gtype_desc(g, p->out));
	cw_line(&g->w, ".text = %s_text,", p->c_name);
	if (p->npiece != 0)
		gen_template_members(g, p);
	if (p->fence != NULL)
		cw_line(&g->w, ".fence = %s_fence,", p->c_name);
	if (p->ndemo != 0)
		cw_line(&g->w, ".demo = %s_demos, .ndemo = %u,", p->c_name,
		    p->ndemo);
	if (p->cases != NULL)
		cw_line(&g->w, ".cases = &%s, .ncase = %u,%s",
		    p->cases->c_name, p->max_demos, p->near_by != NULL ?
		    arena_printf(&g->a, " .near_by = %s,",
		    gen_string(g, p->near_by)) : "");
	cw_line(&g->w, ".format = %s,", format_name(p->format));
	cw_line(&g->w, ".model = &%s,", gen_model(g, p->model));
	gen_prompt_settings(g, p);
	cw_close(&g->w, "};");
	cw_blank(&g->w);
}

void
gen_prompts(struct gen *g)
{
	for (const struct prompt *p = g->m->prompt; p != NULL; p = p->next)
		if (gen_has_prompt(g, p))
			gen_prompt(g, p);
}

/* ---- the program ---- */

/* `static const struct TYPE *const NAME[] = { &x, ... };` one name a line. */
static void
table_open(struct gen *g, const char *type, const char *name)
{
	cw_open(&g->w, "static const struct %s *const %s[] = {", type, name);
}

static unsigned
gen_prompt_table(struct gen *g)
{
	unsigned n = 0;

	for (const struct prompt *p = g->m->prompt; p != NULL; p = p->next)
		if (gen_has_prompt(g, p) && n++ == 0)
			table_open(g, "mip_prompt", "prompts");
	if (n == 0)
		return 0;
	for (const struct prompt *p = g->m->prompt; p != NULL; p = p->next)
		if (gen_has_prompt(g, p))
			cw_line(&g->w, "&%s,", p->c_name);
	cw_close(&g->w, "};");
	return n;
}

static unsigned
gen_param_table(struct gen *g)
{
	unsigned n = 0;

	if (g->m->param == NULL)
		return 0;
	table_open(g, "mip_param", "params");
	for (const struct param *p = g->m->param; p != NULL; p = p->next, n++)
		cw_line(&g->w, "&%s,", p->c_name);
	cw_close(&g->w, "};");
	return n;
}

static const char *
model_table_name(const struct gen *g)
{
	return g->eval ? "eval_models" : "models";
}

static unsigned
gen_model_table(struct gen *g)
{
	unsigned n = 0;

	for (unsigned i = 0; i < g->m->nmodel; i++) {
		if (!has_model(g, g->m->model[i]))
			continue;
		if (n++ == 0)
			table_open(g, "mip_model", model_table_name(g));
		cw_line(&g->w, "&%s,", gen_model(g, g->m->model[i]));
	}
	if (n != 0)
		cw_close(&g->w, "};");
	return n;
}

static void
gen_tables_of(struct gen *g, unsigned nprompt, unsigned nparam,
    unsigned nmodel, unsigned ntool)
{
	if (nprompt != 0)
		cw_line(&g->w, ".prompt = prompts, .nprompt = %u,", nprompt);
	if (nparam != 0)
		cw_line(&g->w, ".param = params, .nparam = %u,", nparam);
	if (nmodel != 0)
		cw_line(&g->w, ".model = models, .nmodel = %u,", nmodel);
	if (ntool != 0)
		cw_line(&g->w, ".tool = tools, .ntool = %u,", ntool);
}

void
gen_program(struct gen *g)
{
	const struct fn *f = g->m->program;
	unsigned nprompt = gen_prompt_table(g), nparam = gen_param_table(g);
	unsigned nmodel = gen_model_table(g), ntool = gen_tool_table(g);
	unsigned nretriever;
	const char *retrievers;

	gen_retriever_table(g, &retrievers, &nretriever);
	cw_blank(&g->w);
	cw_line(&g->w, "static enum mip_status");
	cw_line(&g->w, "%s_run(struct mip *m, const void *in, void *out)",
	    f->c_name);
	cw_open(&g->w, "{");
	cw_line(&g->w, "return %s(m, in, out);", f->c_name);
	cw_close(&g->w, "}");
	cw_blank(&g->w);
	cw_open(&g->w, "const struct mip_program %s_program = {", f->c_name);
	cw_line(&g->w, ".abi = MIP_ABI, .version = %s,",
	    gen_string(g, MIP_VERSION));
	cw_line(&g->w, ".name = %s,", gen_string(g, f->name));
	gen_member_text(g, "desc", f->desc);
	cw_line(&g->w, ".hash = %s, .tuned = %s,",
	    gen_string(g, g->m->hash != NULL ? g->m->hash : ""),
	    gen_string(g, g->m->tuned != NULL ? g->m->tuned : ""));
	cw_line(&g->w, ".in = %s, .out = %s,", gtype_desc(g, f->in),
	    gtype_desc(g, f->out));
	gen_tables_of(g, nprompt, nparam, nmodel, ntool);
	if (nretriever != 0)
		cw_line(&g->w, ".retriever = %s, .nretriever = %u,",
		    retrievers, nretriever);
	cw_line(&g->w, ".calls_min = %" PRIu64 "u, .calls_max = %" PRIu64
	    "u,", f->calls_min, f->calls_max);
	cw_line(&g->w, ".run = %s_run", f->c_name);
	cw_close(&g->w, "};");
}

static void
gen_metric_table(struct gen *g, const struct fn *f)
{
	cw_line(&g->w, "static enum mip_status");
	cw_line(&g->w, "%s_run(struct mip *m, const void *gold, "
	    "const void *in, const void *out, struct mip_score *score)",
	    f->c_name);
	cw_open(&g->w, "{");
	cw_line(&g->w, "return %s_score(m, gold, in, out, score);",
	    f->c_name);
	cw_close(&g->w, "}");
	cw_blank(&g->w);
	cw_open(&g->w, "static const struct mip_metric %s_metric = {",
	    f->c_name);
	cw_line(&g->w, ".name = %s, .gold = %s,", gen_string(g, f->name),
	    gtype_desc(g, f->gold));
	gen_member_float(g, "on_fail", f->on_fail);
	gen_member_bool(g, "minimize", f->minimize);
	cw_line(&g->w, ".run = %s_run", f->c_name);
	cw_close(&g->w, "};");
	cw_blank(&g->w);
}

static unsigned
gen_metrics(struct gen *g)
{
	unsigned n = 0;

	for (const struct fn *f = g->m->fn; f != NULL; f = f->next)
		if (f->kind == FN_METRIC) {
			gen_metric_table(g, f);
			n++;
		}
	if (n == 0)
		return 0;
	table_open(g, "mip_metric", "metrics");
	for (const struct fn *f = g->m->fn; f != NULL; f = f->next)
		if (f->kind == FN_METRIC)
			cw_line(&g->w, "&%s_metric,", f->c_name);
	cw_close(&g->w, "};");
	return n;
}

void
gen_eval(struct gen *g)
{
	unsigned nmetric = gen_metrics(g), ntest = gen_tests(g);
	unsigned nmodel = gen_model_table(g), ntool = gen_tool_table(g);
	unsigned nretriever;
	const char *retrievers;

	gen_retriever_table(g, &retrievers, &nretriever);
	cw_open(&g->w, "const struct mip_eval %s_eval = {",
	    g->m->program->c_name);
	if (nmodel != 0)
		cw_line(&g->w, ".model = %s, .nmodel = %u,",
		    model_table_name(g), nmodel);
	if (ntool != 0)
		cw_line(&g->w, ".tool = %s, .ntool = %u,",
		    gen_tool_table_name(g), ntool);
	if (nretriever != 0)
		cw_line(&g->w, ".retriever = %s, .nretriever = %u,",
		    retrievers, nretriever);
	if (ntest != 0)
		cw_line(&g->w, ".test = tests, .ntest = %u,", ntest);
	if (nmetric != 0)
		cw_line(&g->w, ".metric = metrics,");
	cw_line(&g->w, ".nmetric = %u", nmetric);
	cw_close(&g->w, "};");
}
