/* A program's inputs from the command line or from stdin.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "core/json.h"
#include "type/type.h"
#include "worker/worker.h"

static char
flag_char(char c)
{
	return c == '_' ? '-' : c;
}

const struct mip_field *
cli_input(const struct cli *c, const char *name, size_t n)
{
	const struct mip_type *t = c->program->in;
	unsigned i;
	size_t k;

	for (i = 0; i < t->n; i++) {
		const char *own = t->field[i].name;

		if (strlen(own) != n)
			continue;
		for (k = 0; k < n; k++)
			if (flag_char(own[k]) != flag_char(name[k]))
				break;
		if (k == n)
			return &t->field[i];
	}
	return NULL;
}

const struct mip_type *
cli_input_type(const struct mip_field *f)
{
	const struct mip_type *t = f->type;

	while (t->kind == MIP_OPTIONAL)
		t = t->of;
	return t;
}

bool
cli_input_required(const struct mip_field *f)
{
	return !f->fallback && f->type->kind != MIP_OPTIONAL;
}

/* How the text of a flag becomes JSON. */
enum how { HOW_TEXT, HOW_JSON, HOW_EITHER };

static enum how
how_of(const struct mip_type *t)
{
	switch (t->kind) {
	case MIP_STRING:
	case MIP_INT:
	case MIP_FLOAT:
	case MIP_BOOL:
	case MIP_ENUM:
	case MIP_LITERAL:
	case MIP_IMAGE:
	case MIP_FILE:
	case MIP_AUDIO:
		return HOW_TEXT;
	case MIP_STRUCT:
	case MIP_LIST:
	case MIP_MAP:
		return HOW_JSON;
	case MIP_OPTIONAL:
	case MIP_UNION:
		break;
	}
	return HOW_EITHER;
}

/* Their text is a path already. */
static bool
takes_path(const struct mip_type *t)
{
	return t->kind == MIP_IMAGE || t->kind == MIP_FILE ||
	    t->kind == MIP_AUDIO;
}

static bool
input_put(struct cli *c, const struct mip_field *f, const char *s, size_t n)
{
	enum how how = how_of(cli_input_type(f));
	const char *why = "";
	struct json v = { NULL, 0 };
	size_t bad = 0;
	bool json = how != HOW_TEXT && json_parse(s, n, &v, &bad, &why);

	if (how == HOW_JSON && !json) {
		cli_say(c, "--%s: it is no JSON: %s, at byte %zu", f->name,
		    why, bad + 1);
		return false;
	}
	buf_json(&c->input, f->name, strlen(f->name));
	buf_putc(&c->input, ':');
	if (json)
		json_compact(&c->input, v);
	else
		buf_json(&c->input, s, n);
	buf_putc(&c->input, ',');
	return true;
}

/* "@FILE" is what the file holds, "@@x" is "@x". */
bool
cli_input_set(struct cli *c, const struct mip_field *f, const char *value)
{
	const struct mip_type *t = cli_input_type(f);
	size_t at = (size_t)(f - c->program->in->field);
	struct buf file = BUF_INIT;
	bool ok;

	if (c->given[at]) {
		cli_say(c, "--%s is given twice", f->name);
		return false;
	}
	c->given[at] = true;
	if (!value && t->kind == MIP_BOOL)
		value = "true";
	if (!value) {
		cli_say(c, "--%s needs a value", f->name);
		return false;
	}
	if (value[0] != '@' || takes_path(t))
		return input_put(c, f, value, strlen(value));
	if (value[1] == '@')
		return input_put(c, f, value + 1, strlen(value + 1));
	if (!value[1]) {
		cli_say(c, "--%s: no file is named behind the @; a text that "
		    "begins with @ is given as @@", f->name);
		return false;
	}
	ok = cli_read_file(c, value + 1, &file);
	/* An editor ends the last line; the text need not. */
	if (ok && file.len > 0 && file.s[file.len - 1] == '\n')
		file.len--;
	ok = ok && input_put(c, f, buf_str(&file), file.len);
	buf_release(&file);
	return ok;
}

/* The inputs that must be given, as flags. */
static void
say_missing(const struct cli *c)
{
	const struct mip_type *t = c->program->in;
	struct buf b = BUF_INIT;
	unsigned i;

	for (i = 0; i < t->n; i++)
		if (cli_input_required(&t->field[i]))
			buf_printf(&b, "%s--%s", b.len ? ", " : "",
			    t->field[i].name);
	cli_say(c, "no input: give %s, or one JSON object on stdin; "
	    "--help says more", buf_str(&b));
	buf_release(&b);
}

static bool
none_required(const struct mip_type *t)
{
	unsigned i;

	for (i = 0; i < t->n; i++)
		if (cli_input_required(&t->field[i]))
			return false;
	return true;
}

/* The object of inputs as text. */
static int
input_text(struct cli *c, struct buf *b, bool *flags)
{
	size_t i, bom, blank = 0;

	*flags = c->input.len > 0 || c->program->in->n == 0;
	if (*flags) {
		buf_putc(b, '{');
		if (c->input.len > 0)
			buf_put(b, c->input.s, c->input.len - 1);
		buf_putc(b, '}');
		return 0;
	}
	if (!isatty(STDIN_FILENO) && !cli_read_file(c, "-", b))
		return mip_status_exit(MIP_IO);
	bom = buf_bom(b->s, b->len);
	if (bom > 0)
		memset(b->s, ' ', bom);
	for (i = 0; i < b->len; i++)
		blank += strchr(" \t\r\n", b->s[i]) != NULL && b->s[i];
	if (blank < b->len)
		return 0;
	buf_reset(b);
	buf_puts(b, "{}");
	if (none_required(c->program->in))
		return 0;
	say_missing(c);
	return mip_status_exit(MIP_USAGE);
}

static int
input_decode(struct cli *c, struct json v, bool flags, void **in)
{
	struct type_error e = { .path = "" };
	enum mip_status s;

	if (json_kind(v) != JSON_OBJECT) {
		cli_say(c, "the input must be one JSON object");
		return mip_status_exit(MIP_USAGE);
	}
	s = worker_input(&c->arena, c->program->in, v, in, &e);
	if (s == MIP_OK)
		return 0;
	if (s == MIP_NOMEM)
		cli_say(c, "%s", mip_status_text(s));
	else
		cli_say(c, "%s%s%s: %s", flags ? "--" : "input",
		    !flags && e.path[0] ? ": " : "", e.path, e.text);
	return mip_status_exit(s);
}

int
cli_input_read(struct cli *c, void **in)
{
	struct buf b = BUF_INIT;
	const char *why = "";
	bool flags;
	struct json v;
	size_t bad = 0;
	int rc = input_text(c, &b, &flags);

	if (rc == 0 && (b.failed || c->input.failed)) {
		cli_say(c, "%s", mip_status_text(MIP_NOMEM));
		rc = mip_status_exit(MIP_NOMEM);
	} else if (rc == 0 && !json_parse(buf_str(&b), b.len, &v, &bad,
	    &why)) {
		cli_say(c, "the input is no JSON: %s, at byte %zu", why,
		    bad + 1);
		rc = mip_status_exit(MIP_USAGE);
	} else if (rc == 0) {
		rc = input_decode(c, v, flags, in);
	}
	buf_release(&b);
	return rc;
}
