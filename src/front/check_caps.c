/* What a program may reach, as declared: caps { exec("..."); net("..."); }
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "core/allow.h"
#include "front/check_in.h"

static void
net(struct check *c, const struct ast *cap)
{
	const struct ast *a = cap->u.cap.arg, *v;
	const char *text;

	if (!a || a->next || a->u.arg.name ||
	    a->u.arg.value->kind != AST_STRING) {
		diag(c->d, cap->at, E_CAP, "net takes a host: "
		    "net(\"api.example.org\")");
		return;
	}
	v = a->u.arg.value;
	text = v->u.string.text;
	if (!allow_valid(arena_printf(c->a, "net:%s", text)))
		diag(c->d, v->at, E_CAP, "a host, or a host and a port, as "
		    "\"api.example.org:443\"");
}

static void
cap(struct check *c, struct ast *n)
{
	static const char *const known[] = { "exec", "net" };
	const char *name = n->u.cap.name;

	if (n->u.cap.module || (strcmp(name, "exec") != 0 &&
	    strcmp(name, "net") != 0)) {
		diag(c->d, n->at, E_CAP, "caps are exec(\"command\") and "
		    "net(\"host\")%s", n->u.cap.module ? "" :
		    check_nearest(c, name, known, COUNTOF(known)));
		return;
	}
	if (strcmp(name, "net") == 0)
		net(c, n);
	else if (n->u.cap.arg)
		check_command(c, n->u.cap.arg);
	else
		diag(c->d, n->at, E_CAP, "exec takes a command: "
		    "exec(\"./tools/calc\")");
}

void
check_caps(struct check *c, struct ast *n)
{
	struct ast *k;

	for (k = n->u.caps.cap; k; k = k->next)
		cap(c, k);
}
