/* What a program says of itself without running: help, version, schemas,
 * plan, prompts.
 *
 * SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <string.h>

#include "cli/cli.h"
#include "core/json.h"
#include "type/schema.h"
#include "type/type.h"

enum { HELP_COLUMN = 28 };

/* ---- help ---- */

/* Ends a left column that began at `from`. */
static void
help_column(struct buf *b, size_t from)
{
	size_t n = b->len - from;

	if (n + 2 > HELP_COLUMN) {
		buf_putc(b, '\n');
		n = 0;
	}
	for (; n < HELP_COLUMN; n++)
		buf_putc(b, ' ');
}

static void
help_enum(struct buf *b, const struct mip_type *t)
{
	unsigned i;

	for (i = 0; i < t->n; i++)
		buf_printf(b, "%s%s", i > 0 ? "|" : "", t->variant[i].name);
}

static void
help_value(struct buf *b, const struct mip_type *t)
{
	switch (t->kind) {
	case MIP_STRING:
		buf_puts(b, " TEXT");
		return;
	case MIP_INT:
	case MIP_FLOAT:
		buf_puts(b, " N");
		return;
	case MIP_BOOL:
		buf_puts(b, "[=false]");
		return;
	case MIP_ENUM:
		buf_puts(b, " NAME");
		return;
	case MIP_IMAGE:
	case MIP_FILE:
	case MIP_AUDIO:
		buf_puts(b, " FILE");
		return;
	case MIP_LITERAL:
		buf_puts(b, " VALUE");
		return;
	case MIP_STRUCT:
	case MIP_LIST:
	case MIP_OPTIONAL:
	case MIP_MAP:
	case MIP_UNION:
		break;
	}
	buf_puts(b, " JSON");
}

static void
help_field(struct buf *b, const struct mip_field *f, bool flag)
{
	const struct mip_type *t = cli_input_type(f);
	size_t from = b->len, i;

	buf_printf(b, "  %s", flag ? "--" : "");
	for (i = 0; f->name[i]; i++)
		buf_putc(b, flag && f->name[i] == '_' ? '-' : f->name[i]);
	if (flag)
		help_value(b, t);
	help_column(b, from);
	if (f->desc)
		buf_printf(b, "%s ", f->desc);
	buf_putc(b, '(');
	if (t->kind == MIP_ENUM)
		help_enum(b, t);
	else
		type_name(b, t);
	if (flag && f->fallback) {
		buf_puts(b, ", default ");
		type_write(b, f->type, f->fallback, true);
	} else if (f->type->kind == MIP_OPTIONAL) {
		buf_puts(b, ", optional");
	}
	buf_puts(b, ")\n");
}

static void
help_flag(struct buf *b, const struct cli_flag_row *f)
{
	size_t from = b->len;

	buf_puts(b, "  ");
	if (f->letter)
		buf_printf(b, "-%c, ", f->letter);
	buf_printf(b, "--%s", f->word);
	if (f->arg)
		buf_printf(b, " %s", f->arg);
	help_column(b, from);
	buf_printf(b, "%s\n", f->help);
}

static void
help_usage(const struct cli *c, struct buf *b)
{
	const struct mip_type *t = c->program->in;
	unsigned i;

	buf_printf(b, "usage: %s", c->prog);
	for (i = 0; i < t->n; i++) {
		const struct mip_field *f = &t->field[i];
		bool needed = cli_input_required(f);
		const char *s;

		buf_printf(b, " %s--", needed ? "" : "[");
		for (s = f->name; *s; s++)
			buf_putc(b, *s == '_' ? '-' : *s);
		help_value(b, cli_input_type(f));
		buf_puts(b, needed ? "" : "]");
	}
	buf_printf(b, "\n       %s <input.json\n", c->prog);
	buf_printf(b, "       %s --jsonl [FILE] <rows.jsonl\n", c->prog);
}

void
cli_help(const struct cli *c, struct buf *b)
{
	const struct mip_program *p = c->program;
	unsigned i;

	help_usage(c, b);
	if (p->desc && p->desc[0])
		buf_printf(b, "\n%s\n", p->desc);
	if (p->in->n > 0)
		buf_puts(b, "\nInputs:\n");
	for (i = 0; i < p->in->n; i++)
		help_field(b, &p->in->field[i], true);
	buf_puts(b, "\nOutputs:\n");
	for (i = 0; i < p->out->n; i++)
		if (!(p->out->field[i].flags & MIP_HIDDEN))
			help_field(b, &p->out->field[i], false);
	buf_puts(b, "\nOptions:\n");
	for (i = 0; i < CLI_NFLAG; i++)
		help_flag(b, &cli_flags[i]);
	buf_puts(b, "\n"
	    "The value @FILE is what the file holds, and @@x is @x.\n"
	    "--input-NAME names an input that is called like an option.\n"
	    "Exit status: 0 done, 2 bad usage or a file, 3 provider, network "
	    "or tool,\n"
	    "4 budget or time spent, 7 not in the cache and offline, "
	    "8 the program failed,\n"
	    "130 or 143 interrupted.\n");
}

void
cli_version(const struct cli *c, struct buf *b)
{
	const struct mip_program *p = c->program;

	buf_printf(b, "%s (miproc %s)\n", p->name, p->version);
	buf_printf(b, "program %s\n", p->hash);
	buf_printf(b, "tuned %s\n",
	    p->tuned && p->tuned[0] ? p->tuned : "no");
	if (strcmp(p->version, MIP_VERSION) != 0)
		buf_printf(b, "runtime %s\n", MIP_VERSION);
}

/* ---- schemas and plan ---- */

void
cli_schema(const struct cli *c, struct buf *b)
{
	struct buf text = BUF_INIT;
	struct json v;

	buf_puts(&text, "{\"input\":");
	schema_public(&text, c->program->in);
	buf_puts(&text, ",\"output\":");
	schema_public(&text, c->program->out);
	buf_putc(&text, '}');
	if (!text.failed &&
	    json_parse(text.s, text.len, &v, NULL, NULL)) {
		json_pretty(b, v, 0);
		buf_putc(b, '\n');
	} else {
		b->failed = true;
	}
	buf_release(&text);
}

static void
plan_leaf(struct buf *b, const struct mip_prompt *p)
{
	const struct mip_model *m = p->model;

	buf_printf(b, "  %s: ", p->name);
	if (m && m->route == MIP_DIRECT)
		buf_printf(b, "model %s (%s:%s)", m->name,
		    m->provider ? m->provider : "?", m->id ? m->id : "?");
	else if (m)
		buf_printf(b, "model %s", m->name);
	buf_printf(b, ", format %s, %u demonstrations, %d re-asks at most\n",
	    slots_format_word(p->format), p->ndemo, p->reask);
}

void
cli_plan(const struct cli *c, struct buf *b)
{
	const struct mip_program *p = c->program;
	unsigned i;

	buf_printf(b, "%s: ", p->name);
	if (p->calls_min == p->calls_max)
		buf_printf(b, "%" PRIu64, p->calls_min);
	else if (p->calls_max == UINT64_MAX)
		buf_printf(b, "%" PRIu64 " or more", p->calls_min);
	else
		buf_printf(b, "%" PRIu64 " to %" PRIu64, p->calls_min,
		    p->calls_max);
	buf_printf(b, " call%s of a model in a run, re-asks not counted\n",
	    p->calls_max == 1 ? "" : "s");
	for (i = 0; i < p->nprompt; i++)
		plan_leaf(b, p->prompt[i]);
}
