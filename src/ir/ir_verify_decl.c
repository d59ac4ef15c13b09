/* The rules of what stands beside the code: leaves and tools.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ir/ir_in.h"

enum { WHY = 240 };

BASE_PRINTF(2, 3) static bool
bad(char *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, WHY, fmt, ap);
	va_end(ap);
	return false;
}

static bool
is_kind(const struct ty *t, enum ty_kind k)
{
	return t->kind == k;
}

static bool
prompts(const struct mod *m, char *why)
{
	const struct prompt *q;
	unsigned i;

	for (q = m->prompt; q != NULL; q = q->next) {
		if (!is_kind(q->in, TY_STRUCT) || !is_kind(q->out, TY_STRUCT))
			return bad(why, "%.60s: not between structs",
			    q->name);
		if (!q->formats[q->format])
			return bad(why, "%.60s: its format is not one of "
			    "its formats", q->name);
		for (i = 0; i < q->npiece; i++)
			if (q->piece[i].text == NULL &&
			    !template_fits(q->in, &q->piece[i]))
				return bad(why, "%.60s: its template "
				    "shows no input", q->name);
		if (!q->structures[q->structure])
			return bad(why, "%.60s: its structure is not one "
			    "of its structures", q->name);
		if (q->reasoning && (q->out->n == 0 ||
		    strcmp(q->out->field[0].name, "reasoning") != 0))
			return bad(why, "%.60s: no reasoning first",
			    q->name);
	}
	return true;
}

static bool
tools(const struct mod *m, char *why)
{
	const struct ty *in;
	const struct tool *t;

	for (t = m->tool; t != NULL; t = t->next) {
		in = t->in;
		if (t->is.argv == NULL || t->is.argv[0][0] == '\0')
			return bad(why, "%.60s: no command", t->name);
		if (t->is.text_in && (in->n != 1 ||
		    !is_kind(in->field[0].type, TY_STRING)))
			return bad(why, "%.60s: no text to give", t->name);
		if (t->is.text_out && !is_kind(t->out, TY_STRING))
			return bad(why, "%.60s: a text is no such value",
			    t->name);
		if (t->is.keep && (t->is.text_in || t->is.text_out))
			return bad(why, "%.60s: kept, and not by lines",
			    t->name);
	}
	return true;
}

bool
ir_verify_decls(const struct mod *m, char why[240])
{
	return prompts(m, why) && tools(m, why);
}
