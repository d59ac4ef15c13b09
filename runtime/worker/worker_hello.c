/* What a worker says of its program before it does anything.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "core/buf.h"
#include "worker/worker.h"

static void
hello_text(struct buf *b, const char *s)
{
	if (!s)
		s = "";
	buf_json(b, s, strlen(s));
}

/* "key": with a comma before it unless it is the first. */
static void
hello_key(struct buf *b, const char *key)
{
	if (b->len > 0 && b->s[b->len - 1] != '{' && b->s[b->len - 1] != '[')
		buf_putc(b, ',');
	if (!key)
		return;
	hello_text(b, key);
	buf_putc(b, ':');
}

static void
hello_pair(struct buf *b, const char *key, const char *value)
{
	hello_key(b, key);
	hello_text(b, value);
}

static void
hello_names(struct buf *b, const char *key, const struct mip_type *t)
{
	unsigned i;

	hello_key(b, key);
	buf_putc(b, '[');
	for (i = 0; i < t->n; i++) {
		hello_key(b, NULL);
		hello_text(b, t->field[i].name);
	}
	buf_putc(b, ']');
}

/* A bare value has no field names, so it is for a single output. */
static void
hello_formats(struct buf *b, const struct mip_type *out)
{
	unsigned f;

	hello_key(b, "formats");
	buf_putc(b, '[');
	for (f = 0; f < MIP_NFORMAT; f++) {
		if (f == MIP_PLAIN && out->n != 1)
			continue;
		hello_key(b, NULL);
		hello_text(b, slots_format_word((enum mip_format)f));
	}
	buf_putc(b, ']');
}

static void
hello_leaf(struct buf *b, const struct slots *s, const struct mip_prompt *p)
{
	const struct slots_leaf *leaf = slots_leaf(s, p);

	hello_key(b, NULL);
	buf_putc(b, '{');
	hello_pair(b, "name", p->name);
	hello_pair(b, "hash", p->hash);
	hello_pair(b, "instruction", leaf ? leaf->text : "");
	hello_pair(b, "format",
	    slots_format_word(leaf ? leaf->format : p->format));
	hello_formats(b, p->out);
	hello_names(b, "inputs", p->in);
	hello_names(b, "outputs", p->out);
	hello_pair(b, "model", p->model ? p->model->name : "");
	hello_key(b, "demos");
	buf_int(b, leaf ? (int64_t)leaf->ndemo : 0);
	hello_pair(b, "structure",
	    slots_structure_word(leaf ? leaf->structure : p->structure));
	hello_key(b, "temperature");
	if (leaf && leaf->temperature >= 0)
		buf_double(b, leaf->temperature);
	else
		buf_puts(b, "null");
	buf_putc(b, '}');
}

static void
hello_param(struct buf *b, const struct slots *s, const struct mip_param *p)
{
	const void *v = slots_param(s, p);
	struct buf type = BUF_INIT;

	type_name(&type, p->type);
	hello_key(b, NULL);
	buf_putc(b, '{');
	hello_pair(b, "name", p->name);
	hello_pair(b, "type", buf_str(&type));
	hello_key(b, "value");
	type_write(b, p->type, v ? v : p->value, true);
	buf_putc(b, '}');
	b->failed = b->failed || type.failed;
	buf_release(&type);
}

static void
hello_metric(struct buf *b, const struct mip_metric *m)
{
	hello_key(b, NULL);
	buf_putc(b, '{');
	hello_pair(b, "name", m->name);
	hello_key(b, "on_fail");
	buf_double(b, m->on_fail);
	hello_key(b, "minimize");
	buf_puts(b, m->minimize ? "true" : "false");
	hello_names(b, "gold", m->gold);
	buf_putc(b, '}');
}

static void
hello_model(struct buf *b, const struct mip_model *m)
{
	hello_key(b, NULL);
	buf_putc(b, '{');
	hello_pair(b, "name", m->name);
	hello_pair(b, "provider", m->provider);
	hello_pair(b, "id", m->id);
	hello_key(b, "priced");
	buf_puts(b, m->priced ? "true" : "false");
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
	hello_key(b, "abi");
	buf_int(b, p->abi);
	hello_pair(b, "program", p->name);
	hello_pair(b, "hash", p->hash);
	hello_pair(b, "tuned", p->tuned);
	hello_names(b, "inputs", p->in);
	hello_names(b, "outputs", p->out);
	hello_key(b, "calls");
	buf_putc(b, '[');
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
	hello_key(b, "leaves");
	buf_putc(b, '[');
	for (i = 0; i < p->nprompt; i++)
		hello_leaf(b, o->slots, p->prompt[i]);
	buf_putc(b, ']');
	hello_key(b, "params");
	buf_putc(b, '[');
	for (i = 0; i < p->nparam; i++)
		hello_param(b, o->slots, p->param[i]);
	buf_putc(b, ']');
	hello_key(b, "metrics");
	buf_putc(b, '[');
	for (i = 0; o->eval && i < o->eval->nmetric; i++)
		hello_metric(b, o->eval->metric[i]);
	buf_putc(b, ']');
	hello_key(b, "models");
	buf_putc(b, '[');
	for (i = 0; i < p->nmodel; i++)
		hello_model(b, p->model[i]);
	buf_puts(b, "]}");
}
