/* The text form of models, leaves, params and the tuning's settings.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <limits.h>

#include "ir/ir_text.h"

/* ---- models, leaves, params ---- */

static void
put_setting(struct buf *b, const char *word, const struct mip_setting *s)
{
	if (s->env == NULL && s->text == NULL)
		return;
	buf_printf(b, "\t%s", word);
	ir_put_word(b, "env", s->env);
	ir_put_word(b, "text", s->text);
	buf_putc(b, '\n');
}

static void
put_route(struct buf *b, const struct mip_model *m)
{
	unsigned i;

	buf_printf(b, "\troute %s", ir_route_words[m->route]);
	for (i = 0; i < m->nto; i++) {
		buf_putc(b, ' ');
		ir_put_name(b, m->to[i]->name);
	}
	buf_puts(b, m->sticky ? "\n\tsticky\n" : "\n");
}

static void
put_price(struct buf *b, const struct mip_model *m)
{
	buf_puts(b, "\tprice ");
	buf_double(b, m->price_in);
	buf_putc(b, ' ');
	buf_double(b, m->price_out);
	buf_putc(b, ' ');
	buf_double(b, m->price_cached);
	if (m->price_written > 0) {
		buf_putc(b, ' ');
		buf_double(b, m->price_written);
	}
	buf_putc(b, '\n');
}

void
ir_put_model(struct buf *b, const struct mip_model *m)
{
	unsigned i;

	buf_puts(b, "model ");
	ir_put_name(b, m->name);
	buf_putc(b, '\n');
	if (m->route != MIP_DIRECT)
		put_route(b, m);
	ir_put_line(b, "provider", m->provider);
	ir_put_line(b, "id", m->id);
	put_setting(b, "base_url", &m->base_url);
	ir_put_line(b, "key_env", m->key_env);
	ir_put_line(b, "identity", m->identity);
	ir_put_double(b, "temperature", m->temperature, MIP_UNSET);
	ir_put_double(b, "top_p", m->top_p, MIP_UNSET);
	ir_put_int(b, "max_tokens", m->max_tokens, 0);
	ir_put_int(b, "context", m->context, 0);
	ir_put_int(b, "seed", m->seed, -1);
	for (i = 0; m->stop != NULL && m->stop[i] != NULL; i++)
		ir_put_line(b, "stop", m->stop[i]);
	ir_put_line(b, "effort", m->effort);
	buf_puts(b, m->no_system ? "\tno_system\n" : "");
	buf_puts(b, m->prompt_cache ? "\tprompt_cache\n" : "");
	if (m->structure != MIP_STRUCTURE_AUTO)
		buf_printf(b, "\tstructure %s\n",
		    ir_structure_words[m->structure]);
	if (m->priced)
		put_price(b, m);
	ir_put_sending(b, &m->sending);
	ir_put_double(b, "tpm", m->tpm, 0);
	for (i = 0; i < m->noption; i++) {
		buf_puts(b, "\toption ");
		ir_put_string(b, m->option[i].name);
		buf_putc(b, ' ');
		ir_put_string(b, m->option[i].value);
		buf_putc(b, '\n');
	}
}

/* The slots of which something is so. */
static void
put_which(struct buf *b, const char *word, const bool is[SLOT_COUNT])
{
	bool any = false;
	unsigned i;

	for (i = 0; i < SLOT_COUNT; i++) {
		if (!is[i])
			continue;
		if (!any)
			buf_printf(b, "\t%s", word);
		any = true;
		buf_printf(b, " %s", slot_words[i]);
	}
	buf_puts(b, any ? "\n" : "");
}

/* The choices of `what`: a list, or a range. */
static void
put_choices(struct buf *b, const char *list, const char *range,
    const struct choices *c)
{
	unsigned i;

	if (c->n > 0)
		buf_printf(b, "\t%s", list);
	for (i = 0; i < c->n; i++) {
		buf_putc(b, ' ');
		ir_put_const(b, &c->v[i]);
	}
	buf_puts(b, c->n > 0 ? "\n" : "");
	if (!c->is_range)
		return;
	buf_printf(b, "\t%s ", range);
	buf_double(b, c->lo);
	buf_putc(b, ' ');
	buf_double(b, c->hi);
	buf_putc(b, '\n');
}

static void
put_template(struct ir_printer *p, const struct prompt *q)
{
	unsigned i;

	if (q->npiece > 0)
		buf_puts(p->b, "\ttemplate");
	for (i = 0; i < q->npiece; i++) {
		buf_putc(p->b, ' ');
		if (q->piece[i].text != NULL)
			ir_put_string(p->b, q->piece[i].text);
		else
			buf_puts(p->b, template_name(p->a, q->in,
			    &q->piece[i]));
	}
	buf_puts(p->b, q->npiece > 0 ? "\n" : "");
}

static void
put_fence(struct buf *b, const struct prompt *q)
{
	unsigned i;

	if (q->fence == NULL)
		return;
	buf_puts(b, "\tfence");
	for (i = 0; i < q->in->n; i++)
		if (q->fence[i]) {
			buf_putc(b, ' ');
			ir_put_name(b, q->in->field[i].name);
		}
	buf_putc(b, '\n');
}

static void
put_structures(struct buf *b, const struct prompt *q)
{
	unsigned i;

	if (q->tune[SLOT_STRUCTURE]) {
		buf_puts(b, "\tstructures");
		for (i = 0; i < IR_NSTRUCTURE; i++)
			if (q->structures[i])
				buf_printf(b, " %s", ir_structure_words[i]);
		buf_putc(b, '\n');
	}
	if (q->structure != MIP_STRUCTURE_AUTO)
		buf_printf(b, "\tstructure %s\n",
		    ir_structure_words[q->structure]);
}

static void
put_refusal(struct buf *b, const struct prompt *q)
{
	unsigned i;

	if (q->on_refusal == NULL)
		return;
	buf_puts(b, "\ton_refusal");
	for (i = 0; i < q->out->n; i++) {
		buf_putc(b, ' ');
		ir_put_const(b, &q->on_refusal[i]);
	}
	buf_putc(b, '\n');
}

void
ir_put_prompt(struct ir_printer *p, const struct prompt *q)
{
	struct buf *b = p->b;
	unsigned i;

	buf_puts(b, "prompt ");
	ir_put_name(b, q->name);
	buf_putc(b, ' ');
	ir_put_name(b, q->c_name);
	buf_puts(b, ": ");
	ir_put_type(p, q->in);
	buf_puts(b, " -> ");
	ir_put_type(p, q->out);
	buf_putc(b, '\n');
	ir_put_line(b, "signature", q->signature);
	buf_puts(b, q->reasoning ? "\treasoning\n" : "");
	ir_put_line(b, "text", q->text);
	put_template(p, q);
	put_fence(b, q);
	buf_puts(b, "\tformats");
	for (i = 0; i < MIP_NFORMAT; i++)
		if (q->formats[i])
			buf_printf(b, " %s", ir_format_words[i]);
	buf_printf(b, "\n\tformat %s\n", ir_format_words[q->format]);
	ir_put_int(b, "demos", q->max_demos, UINT_MAX);
	ir_put_knn(b, q);
	ir_put_double(b, "temperature", q->temperature, MIP_UNSET);
	put_choices(b, "temperatures", "temperature_range", &q->temperatures);
	if (q->model != NULL) {
		buf_puts(b, "\tmodel ");
		ir_put_name(b, q->model->name);
		buf_putc(b, '\n');
	}
	put_structures(b, q);
	if (q->parse != MIP_TOLERANT)
		buf_printf(b, "\tparse %s\n", ir_parse_words[q->parse]);
	ir_put_int(b, "reask", q->reask, 1);
	ir_put_int(b, "max_repair", q->max_repair, -1);
	buf_puts(b, q->trim_demos ? "\ttrim_demos\n" : "");
	put_which(b, "tune", q->tune);
	put_which(b, "freeze", q->freeze);
	buf_puts(b, q->eval_only ? "\teval_only\n" : "");
	put_refusal(b, q);
	ir_put_line(b, "hash", q->hash);
	ir_put_line(b, "tuned_text", q->tuned_text);
	for (i = 0; i < q->ndemo; i++)
		ir_put_line(b, "demo", q->demo[i]);
}

void
ir_put_tool_kind(struct buf *b, const struct tool *t)
{
	ir_put_strings(b, "exec", t->is.argv);
	if (t->is.kind == MIP_HTTP) {
		buf_puts(b, "\thttp\n");
		ir_put_url(b, &t->http);
	}
	buf_puts(b, t->is.effect ? "\teffect\n" : "");
	buf_puts(b, t->is.text_in ? "\ttext_in\n" : "");
	buf_puts(b, t->is.text_out ? "\ttext_out\n" : "");
	buf_puts(b, t->is.keep ? "\tkeep\n" : "");
}

void
ir_put_tool(struct ir_printer *p, const struct tool *t)
{
	struct buf *b = p->b;

	buf_puts(b, t->in != NULL ? "tool " : "judge ");
	ir_put_name(b, t->name);
	buf_putc(b, ' ');
	ir_put_name(b, t->c_name);
	buf_puts(b, ": ");
	if (t->in != NULL) {
		ir_put_type(p, t->in);
		buf_puts(b, " -> ");
	}
	ir_put_type(p, t->out);
	buf_putc(b, '\n');
	ir_put_tool_kind(b, t);
	if (t->is.kind == MIP_HTTP)
		ir_put_http(b, &t->http);
	ir_put_int(b, "timeout_ms", t->is.timeout_ms, 0);
	ir_put_int(b, "max_output", t->is.max_output, 0);
	ir_put_int(b, "memory", t->is.memory, 0);
	ir_put_int(b, "cpu_s", t->is.cpu_s, 0);
	ir_put_int(b, "jobs", t->is.jobs, 0);
	ir_put_strings(b, "env", t->is.env);
	ir_put_double(b, "on_fail", t->is.on_fail, 0);
	ir_put_line(b, "hash", t->hash);
}

void
ir_put_param(struct ir_printer *p, const struct param *q)
{
	struct buf *b = p->b;

	buf_puts(b, "param ");
	ir_put_name(b, q->name);
	buf_putc(b, ' ');
	ir_put_name(b, q->c_name);
	buf_puts(b, ": ");
	ir_put_type(p, q->type);
	ir_put_desc(b, q->desc);
	buf_puts(b, " = ");
	ir_put_const(b, &q->value);
	buf_putc(b, '\n');
	put_choices(b, "choice", "range", &q->choices);
	buf_puts(b, q->frozen ? "\tfrozen\n" : "");
}

void
ir_put_pin(struct buf *b, const struct pin *p)
{
	buf_puts(b, "pin ");
	ir_put_name(b, p->name);
	buf_puts(b, " = ");
	ir_put_const(b, &p->value);
	buf_putc(b, '\n');
}

/* ---- tuning ---- */

static void
put_dataset(struct buf *b, const struct dataset *d, unsigned n)
{
	unsigned i;

	buf_printf(b, "dataset %u %s ", n,
	    d->kind == DATASET_JSONL ? "jsonl" : "csv");
	ir_put_string(b, d->path);
	buf_putc(b, '\n');
	for (i = 0; i < d->nrename; i++) {
		buf_puts(b, "\trename ");
		ir_put_string(b, d->rename[i].to);
		buf_putc(b, ' ');
		ir_put_string(b, d->rename[i].from);
		buf_putc(b, '\n');
	}
	buf_puts(b, d->shuffle ? "\tshuffle\n" : "");
	if (d->seed != 0)
		buf_printf(b, "\tseed %" PRIu64 "\n", d->seed);
	if (d->split != SPLIT_NONE) {
		buf_puts(b, d->split == SPLIT_COUNTS ? "\tcounts" :
		    "\tfractions");
		for (i = 0; i < IR_NPART; i++) {
			buf_putc(b, ' ');
			buf_double(b, d->part[i]);
		}
		buf_putc(b, '\n');
	}
	ir_put_line(b, "stratify", d->stratify);
}

static void
put_strategy_setting(struct buf *b, const struct setting *s)
{
	buf_puts(b, "\tset ");
	ir_put_name(b, s->name);
	buf_putc(b, ' ');
	switch (s->kind) {
	case SET_INT:    buf_int(b, s->i); break;
	case SET_FLOAT:  buf_double(b, s->f); break;
	case SET_BOOL:   buf_puts(b, s->i ? "true" : "false"); break;
	case SET_WORD:   buf_printf(b, ".%s", s->s); break;
	case SET_STRING: ir_put_string(b, s->s); break;
	}
	buf_putc(b, '\n');
}

static void
put_model_name(struct buf *b, const char *word, const struct mip_model *m)
{
	if (m == NULL)
		return;
	buf_printf(b, "\t%s ", word);
	ir_put_name(b, m->name);
	buf_putc(b, '\n');
}

static void
put_study_head(struct buf *b, const struct study_decl *s)
{
	buf_puts(b, "study ");
	ir_put_name(b, s->strategy);
	buf_putc(b, '\n');
	if (s->program != NULL) {
		buf_puts(b, "\tprogram ");
		ir_put_name(b, s->program->c_name);
		buf_putc(b, '\n');
	}
	if (s->metric != NULL) {
		buf_puts(b, "\tmetric ");
		ir_put_name(b, s->metric->c_name);
		buf_putc(b, '\n');
	}
}

void
ir_put_study(struct buf *b, const struct study_decl *s)
{
	const struct part *part[IR_NPART] = { &s->train, &s->dev, &s->test };
	const struct setting *g;
	unsigned set[IR_NPART], i, k, n = 0;

	for (i = 0; i < IR_NPART; i++) {
		if (part[i]->set == NULL)
			continue;
		for (k = 0; k < i && part[k]->set != part[i]->set; k++)
			continue;
		set[i] = k < i ? set[k] : n++;
		if (k == i)
			put_dataset(b, part[i]->set, set[i]);
	}
	put_study_head(b, s);
	for (i = 0; i < IR_NPART; i++)
		if (part[i]->set != NULL)
			buf_printf(b, "\t%s %u %s\n", ir_part_words[i],
			    set[i], part[i]->which == PART_WHOLE ? "whole" :
			    ir_part_words[part[i]->which]);
	for (g = s->setting; g != NULL; g = g->next)
		put_strategy_setting(b, g);
	put_model_name(b, "prompt_model", s->prompt_model);
	put_model_name(b, "teacher", s->teacher);
	ir_put_double(b, "max_cost", s->max_cost, MIP_UNSET);
	ir_put_int(b, "max_calls", s->max_calls, 0);
	ir_put_int(b, "max_tokens", s->max_tokens, 0);
	ir_put_double(b, "time_limit", s->time_limit_s, 0);
	if (s->gated) {
		ir_put_double(b, "gate", s->gate, MIP_UNSET);
		ir_put_double(b, "confidence", s->confidence, MIP_UNSET);
	}
}
