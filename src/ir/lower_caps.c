/* What the functions of a program reach, against the caps of its file.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "core/allow.h"
#include "front/ast.h"
#include "ir/lower_in.h"

static const char *
text_of(const struct ast *arg)
{
	const struct ast *v = arg->u.arg.value;

	return v->u.string.path != NULL ? v->u.string.path : v->u.string.text;
}

/* Are the words behind the command those that the cap begins with? */
static bool
begins(const struct ast *cap, const char *const *argv)
{
	const struct ast *a = cap->u.cap.arg->next;

	for (argv++; a != NULL && *argv != NULL; a = a->next, argv++)
		if (strcmp(text_of(a), *argv) != 0)
			return false;
	return a == NULL;
}

/* Does the cap cover the command, or, without one, the address? */
static bool
covers(struct lower *x, const struct ast *cap, const char *const *argv,
    const char *url)
{
	const char *grant[2] = { NULL, NULL };

	grant[0] = arena_printf(x->a, "%s:%s", cap->u.cap.name,
	    text_of(cap->u.cap.arg));
	return argv != NULL ? allow_exec(grant, argv[0]) &&
	    begins(cap, argv) : allow_net(grant, url);
}

/* The caps of the main file are the ceiling; those of imports tell readers
 * of them. */
static void
need(struct lower *x, struct span at, const char *who,
    const char *const *argv, const char *url, const char *cap)
{
	const struct ast *n, *k, *last = NULL;

	for (n = x->c->unit->decl; n != NULL; n = n->next) {
		if (n->kind != AST_CAPS)
			continue;
		last = n;
		for (k = n->u.caps.cap; k != NULL; k = k->next)
			if (covers(x, k, argv, url))
				return;
	}
	diag(x->d, at, E_CAPS, "%s needs %s", who, cap);
	if (last != NULL)
		diag_fix(x->d, (struct span){ last->at.off + last->at.len - 1,
		    0 }, arena_printf(x->a, "%s; ", cap));
	else
		diag_fix(x->d, (struct span){ x->c->unit->source->base, 0 },
		    arena_printf(x->a, "caps { %s; }\n", cap));
	if (last != NULL)
		diag_note(x->d, (struct span){ last->at.off, 4 },
		    "add it here: %s;", cap);
	else
		diag_note(x->d, (struct span){ 0, 0 }, "add to %s: caps { %s; "
		    "}", x->c->unit->source->path, cap);
}

static const char *
quoted(struct lower *x, const char *s)
{
	struct buf b = BASE_BUF_INIT;

	buf_json(&b, s, strlen(s));
	s = arena_strdup(x->a, buf_str(&b));
	buf_release(&b);
	return s;
}

void
lower_need_command(struct lower *x, struct span at, const char *who,
    const char *const *argv)
{
	need(x, at, who, argv, NULL, arena_printf(x->a, "exec(%s)",
	    quoted(x, argv[0])));
}

void
lower_need_host(struct lower *x, struct span at, const char *who,
    const char *url)
{
	struct buf b = BASE_BUF_INIT;
	const char *host = "";

	if (allow_host(&b, url))
		host = arena_strdup(x->a, buf_str(&b));
	buf_release(&b);
	need(x, at, who, NULL, url, arena_printf(x->a, "net(%s)",
	    quoted(x, host)));
}
