/* What a worker says of its program before it does anything.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/json_put.h"
#include "worker/worker.h"

static void
hello_names(struct buf *b, const char *key, const struct mip_type *t)
{
	unsigned i;

	json_put_raw(b, key, "[");
	for (i = 0; i < t->n; i++) {
		json_put_item(b);
		buf_json(b, t->field[i].name, strlen(t->field[i].name));
	}
	buf_putc(b, ']');
}

/* A bare value has no field names, so it is for a single output. */
static void
hello_formats(struct buf *b, const struct mip_type *out)
{
	const char *word;
	unsigned f;

	json_put_raw(b, "formats", "[");
	for (f = 0; f < MIP_NFORMAT; f++) {
		if (f == MIP_PLAIN && out->n != 1)
			continue;
		word = slots_format_word((enum mip_format)f);
		json_put_item(b);
		buf_json(b, word, strlen(word));
	}
	buf_putc(b, ']');
}

static void
hello_leaf(struct buf *b, const struct slots *s, const struct mip_prompt *p)
{
	const struct slots_leaf *leaf = slots_leaf(s, p);

	json_put_item(b);
	buf_putc(b, '{');
	json_put_string(b, "name", p->name);
	json_put_string(b, "hash", p->hash);
	json_put_string(b, "instruction", leaf ? leaf->text : "");
	json_put_string(b, "format",
	    slots_format_word(leaf ? leaf->format : p->format));
	hello_formats(b, p->out);
	hello_names(b, "inputs", p->in);
	hello_names(b, "outputs", p->out);
	json_put_string(b, "model", p->model ? p->model->name : "");
	json_put_int(b, "demos", leaf ? (int64_t)leaf->ndemo : 0);
	json_put_string(b, "structure",
	    slots_structure_word(leaf ? leaf->structure : p->structure));
	if (leaf && leaf->temperature >= 0)
		json_put_double(b, "temperature", leaf->temperature);
	else
		json_put_raw(b, "temperature", "null");
	buf_putc(b, '}');
}

static void
hello_param(struct buf *b, const struct slots *s, const struct mip_param *p)
{
	const void *v = slots_param(s, p);
	struct buf type = BUF_INIT;

	type_name(&type, p->type);
	json_put_item(b);
	buf_putc(b, '{');
	json_put_string(b, "name", p->name);
	json_put_string(b, "type", buf_str(&type));
	json_put_member(b, "value");
	type_write(b, p->type, v ? v : p->value, true);
	buf_putc(b, '}');
	buf_made_of(b, &type);
}

static void
hello_metric(struct buf *b, const struct mip_metric *m)
{
	json_put_item(b);
	buf_putc(b, '{');
	json_put_string(b, "name", m->name);
	json_put_double(b, "on_fail", m->on_fail);
	json_put_bool(b, "minimize", m->minimize);
	hello_names(b, "gold", m->gold);
	buf_putc(b, '}');
}

static void
hello_model(struct buf *b, const struct mip_model *m)
{
	json_put_item(b);
	buf_putc(b, '{');
	json_put_string(b, "name", m->name);
	json_put_string(b, "provider", m->provider);
	json_put_string(b, "id", m->id);
	json_put_bool(b, "priced", m->priced);
	buf_putc(b, '}');
}

/* A count that no double of a reader would lose; "no bound" is -1. */
static int64_t
hello_count(uint64_t n)
{
	return n > INT64_MAX ? -1 : (int64_t)n;
}

static void
hello_program(struct buf *b, const struct mip_program *p)
{
	json_put_int(b, "abi", p->abi);
	json_put_string(b, "program", p->name);
	json_put_string(b, "hash", p->hash);
	json_put_string(b, "tuned", p->tuned);
	hello_names(b, "inputs", p->in);
	hello_names(b, "outputs", p->out);
	json_put_raw(b, "calls", "[");
	buf_int(b, hello_count(p->calls_min));
	buf_putc(b, ',');
	buf_int(b, hello_count(p->calls_max));
	buf_putc(b, ']');
}

void
worker_hello(struct buf *b, const struct worker_options *o)
{
	const struct mip_program *p = o->program;
	unsigned i;

	buf_puts(b, "{\"hello\":1");
	hello_program(b, p);
	json_put_raw(b, "leaves", "[");
	for (i = 0; i < p->nprompt; i++)
		hello_leaf(b, o->slots, p->prompt[i]);
	buf_putc(b, ']');
	json_put_raw(b, "params", "[");
	for (i = 0; i < p->nparam; i++)
		hello_param(b, o->slots, p->param[i]);
	buf_putc(b, ']');
	json_put_raw(b, "metrics", "[");
	for (i = 0; o->eval && i < o->eval->nmetric; i++)
		hello_metric(b, o->eval->metric[i]);
	buf_putc(b, ']');
	json_put_raw(b, "models", "[");
	for (i = 0; i < p->nmodel; i++)
		hello_model(b, p->model[i]);
	buf_puts(b, "]}");
}
