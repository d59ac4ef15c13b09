/* Tools: what runs, what goes in, what comes out, and their calls.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "front/check_in.h"

/* ---- commands ---- */

bool
check_is_exec(const struct ast *e)
{
	return e && e->kind == AST_CALL && e->u.call.fn->kind == AST_NAME &&
	    strcmp(e->u.call.fn->u.name.name, "exec") == 0;
}

static bool
is_http(const struct ast *e)
{
	return e->kind == AST_CALL && e->u.call.fn->kind == AST_NAME &&
	    strcmp(e->u.call.fn->u.name.name, "http") == 0;
}

/* A command with a slash is a path, and so is ./x or ../x behind it. */
static bool
is_path(const char *s, bool command)
{
	return strncmp(s, "./", 2) == 0 || strncmp(s, "../", 3) == 0 ||
	    (command && strchr(s, '/'));
}

void
check_command(struct check *c, struct ast *word)
{
	struct ast *a, *v;

	for (a = word; a; a = a->next) {
		v = a->u.arg.value;
		if (a->u.arg.name || v->kind != AST_STRING)
			diag(c->d, a->at, E_TOOL, "the words of a command are "
			    "strings; inputs go to its standard input");
		else if (a == word && !*v->u.string.text)
			diag(c->d, v->at, E_TOOL, "the command has no name");
		else if (is_path(v->u.string.text, a == word))
			v->u.string.path = sources_relative(c->a,
			    c->out->unit->source, c->now.unit->source,
			    v->u.string.text);
	}
}

#define COMMAND_OPTIONS \
	{ "timeout", OPT_TIME, NULL, NULL }, \
	{ "max_output", OPT_INT, NULL, NULL }, \
	{ "memory", OPT_INT, NULL, NULL }, \
	{ "cpu", OPT_TIME, NULL, NULL }, \
	{ "jobs", OPT_INT, NULL, NULL }, \
	{ "env", OPT_STRINGS, NULL, NULL }, \
	{ "keep", OPT_BOOL, NULL, NULL }

static const struct option_rule exec_options[] = {
	{ "input", OPT_WORD, "json text", NULL },
	{ "output", OPT_WORD, "json text", NULL },
	COMMAND_OPTIONS,
	{ NULL, OPT_OTHER, NULL, NULL }
};

/* The variable that holds the key of a model, a retriever or a tool; NULL. */
static const char *
key_of(struct check *c, const struct symbol *s)
{
	const struct ast *n = s->decl, *o, *v;

	if (s->kind != SYM_MODEL && s->kind != SYM_RETRIEVER &&
	    s->kind != SYM_TOOL)
		return NULL;
	o = ast_option(s->kind == SYM_TOOL ? n->u.tool.option :
	    n->u.value.option, "api_key");
	if (o)
		return check_value(c->a, o->u.option.value).env;
	if (s->kind == SYM_TOOL)
		return NULL;
	v = n->u.value.value;
	if (ast_option(n->u.value.option, "base_url"))
		return NULL;
	return v->kind == AST_STRING && strncmp(v->u.string.text, "openai:",
	    7) == 0 ? "OPENAI_API_KEY" : NULL;
}

static void
variable(struct check *c, const struct ast *e)
{
	struct check_value v = check_value(c->a, e);
	const struct symbol *s;
	const char *key;

	if (v.kind != CV_STRING)
		return;
	if (!*v.s || v.s[strcspn(v.s, "= \t\n")]) {
		diag(c->d, e->at, E_VALUE, "'%s' is no name of a variable",
		    v.s);
		return;
	}
	for (s = c->out->symbol; s; s = s->next) {
		key = key_of(c, s);
		if (!key || strcmp(key, v.s) != 0)
			continue;
		diag(c->d, e->at, E_KEY, "'%s'", v.s);
		diag_note(c->d, check_name_at(s->decl), "it is for this %s",
		    s->kind == SYM_MODEL ? "model" : s->kind == SYM_TOOL ?
		    "tool" : "retriever");
		return;
	}
}

/* What a rule cannot say. */
static void
limits(struct check *c, struct ast *list)
{
	static const char *const positive[] = { "timeout", "max_output",
	    "memory", "cpu", "jobs" };
	const struct ast *o, *e;
	struct check_value v;
	size_t i;

	for (i = 0; i < COUNTOF(positive); i++) {
		o = ast_option(list, positive[i]);
		v = check_value(c->a, o ? o->u.option.value : NULL);
		if ((v.kind == CV_INT || v.kind == CV_TIME) && !(v.f > 0))
			diag(c->d, o->u.option.value->at, E_VALUE, "'%s' is "
			    "more than 0", positive[i]);
	}
	o = ast_option(list, "env");
	e = o ? o->u.option.value : NULL;
	if (e && e->kind == AST_LIST)
		for (e = e->u.list.item; e; e = e->next)
			variable(c, e);
	else if (e)
		variable(c, e);
}

/* exec(...) with its options. */
static void
command(struct check *c, struct ast *e, struct ast *list,
    const struct option_rule *rule, const char *what)
{
	unsigned before = c->d->nerror;

	if (!e->u.call.arg)
		diag(c->d, e->at, E_TOOL, "exec takes the command, and its "
		    "arguments");
	check_command(c, e->u.call.arg);
	check_options(c, list, rule, what, false);
	if (c->d->nerror == before)
		limits(c, list);
}

static const struct option_rule http_options[] = {
	{ "output", OPT_WORD, "json text", NULL },
	{ "max_output", OPT_INT, NULL, NULL },
	CHECK_HTTP_OPTIONS,
	{ NULL, OPT_OTHER, NULL, NULL }
};

/* http(url) with its options. */
static void
server(struct check *c, struct symbol *s, struct ast *e, struct ast *list)
{
	struct ast *arg = e->u.call.arg, *o;
	unsigned before = c->d->nerror;

	if (!arg || arg->next || arg->u.arg.name)
		diag(c->d, e->at, E_TOOL, "http takes the URL of the server");
	else
		check_url(c, arg->u.arg.value);
	check_options(c, list, http_options, "http", false);
	if (c->d->nerror == before)
		limits(c, list);
	o = ast_option(list, "retry");
	if (o && s->effect)
		diag(c->d, o->at, E_TOOL, "a call with @effect is made once");
}

static const struct option_rule metric_options[] = {
	{ "minimize", OPT_BOOL, NULL, NULL },
	{ "on_fail", OPT_NUMBER, NULL, NULL },
	COMMAND_OPTIONS,
	{ NULL, OPT_OTHER, NULL, NULL }
};

void
check_command_metric(struct check *c, struct ast *n)
{
	command(c, n->u.metric.value, n->u.metric.option, metric_options,
	    "metric");
}

/* ---- the declaration ---- */

static bool
says(struct check *c, struct ast *list, const char *name, const char *word)
{
	const struct ast *o = ast_option(list, name);
	struct check_value v = check_value(c->a, o ? o->u.option.value : NULL);

	return v.kind == CV_WORD && strcmp(v.s, word) == 0;
}

static void
text_ends(struct check *c, struct symbol *s)
{
	struct ast *list = s->decl->u.tool.option, *o;
	const struct ty *string = check_basic(c, TY_STRING);
	bool in = says(c, list, "input", "text");
	bool out = says(c, list, "output", "text");

	if (in && s->in->kind == TY_STRUCT &&
	    (s->in->n != 1 || s->in->field[0].type != string))
		diag(c->d, ast_option(list, "input")->at, E_TOOL, "text is "
		    "for a single input that is a string");
	if (out && s->type != string && s->type->kind != TY_POISON)
		diag(c->d, ast_option(list, "output")->at, E_TOOL, "text is a "
		    "string, and '%s' gives %s", s->name,
		    check_text(c, s->type));
	o = ast_option(list, "keep");
	if (o && !is_http(s->decl->u.tool.value) && (in || out) &&
	    check_value(c->a, o->u.option.value).i)
		diag(c->d, o->at, E_TOOL, "a process that stays takes and "
		    "gives lines of JSON, not text");
}

static void
attributes(struct check *c, struct symbol *s, struct ast *list)
{
	struct ast *a;

	for (a = list; a; a = a->next) {
		if (strcmp(a->u.attr.name, "effect") != 0)
			diag(c->d, a->at, E_ATTRIBUTE, "a tool takes @effect, "
			    "not @%s", a->u.attr.name);
		else if (a->u.attr.arg || s->effect)
			diag(c->d, a->at, E_ATTRIBUTE, "@effect stands once, "
			    "and takes nothing");
		s->effect = true;
	}
}

void
check_tool(struct check *c, struct symbol *s)
{
	struct ast *n = s->decl, *v = n->u.tool.value;
	struct ty *in = ty_struct(c->t, "");

	check_fields(c, in, n->u.tool.in, scope_new(c->a, NULL), NULL);
	s->in = check_record_of(c, s, "_in", in, NULL);
	s->type = check_type(c, n->u.tool.type);
	if (s->type->kind == TY_NULL) {
		diag(c->d, n->u.tool.type->at, E_TYPE, "a tool gives a value");
		s->type = check_poison(c);
	}
	attributes(c, s, n->u.tool.attr);
	if (check_is_exec(v)) {
		command(c, v, n->u.tool.option, exec_options, "tool");
	} else if (is_http(v)) {
		server(c, s, v, n->u.tool.option);
	} else {
		diag(c->d, v->at, E_TOOL, "expected exec(\"command\", ...) "
		    "or http(\"url\")");
		return;
	}
	text_ends(c, s);
}
