/* Lowering of tools.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <limits.h>
#include <string.h>

#include "front/ast.h"
#include "ir/lower_in.h"

/* A limit; what is larger than the table can hold is none. */
static int64_t
limit(struct check_value v, double unit, int64_t most)
{
	double d = v.kind == CV_NONE ? 0 : v.f / unit;

	if (!(d > 0) || d > (double)most)
		return 0;
	return d < 1 ? 1 : (int64_t)d;
}

static const char **
strings(struct lower *x, struct ast *first)
{
	const char **v;
	struct ast *e;
	size_t n = 0;

	for (e = first; e != NULL; e = e->next)
		n++;
	v = arena_array(x->a, n + 1, sizeof *v);
	n = 0;
	for (e = first; e != NULL; e = e->next)
		v[n++] = check_value(x->a, e).s;
	return v;
}

static const char **
variables(struct lower *x, struct ast *list)
{
	struct ast *o = ast_option(list, "env"), *e;

	if (o == NULL)
		return NULL;
	e = o->u.option.value;
	if (e->kind != AST_LIST)
		return strings(x, e);
	return e->u.list.item != NULL ? strings(x, e->u.list.item) : NULL;
}

static bool
is_text(struct check_value v)
{
	return v.kind == CV_WORD && strcmp(v.s, "text") == 0;
}

/* The words of exec(...). */
static const char *const *
command_words(struct lower *x, struct ast *call)
{
	const char **v;
	const struct ast *a, *s;
	size_t n = 0;

	for (a = call->u.call.arg; a != NULL; a = a->next)
		n++;
	v = arena_array(x->a, n + 1, sizeof *v);
	n = 0;
	for (a = call->u.call.arg; a != NULL; a = a->next) {
		s = a->u.arg.value;
		v[n++] = s->u.string.path != NULL ? s->u.string.path :
		    s->u.string.text;
	}
	return v;
}

/* exec(...) with its options. */
static void
command(struct lower *x, struct tool *t, struct ast *call, struct ast *list)
{
	struct mip_tool *is = &t->is;

	is->kind = MIP_EXEC;
	is->argv = command_words(x, call);
	lower_need_command(x, t->at, arena_printf(x->a, "%s '%s'",
	    t->in != NULL ? "tool" : "metric", t->name), is->argv);
	is->timeout_ms = (long)limit(lower_option(x, list, "timeout"), 1,
	    INT_MAX);
	is->max_output = limit(lower_option(x, list, "max_output"), 1, INT_MAX);
	is->memory = limit(lower_option(x, list, "memory"), 1, INT64_MAX / 2);
	is->cpu_s = limit(lower_option(x, list, "cpu"), 1e3, INT_MAX);
	is->jobs = (unsigned)limit(lower_option(x, list, "jobs"), 1, INT_MAX);
	is->keep = lower_option(x, list, "keep").i != 0;
	is->env = variables(x, list);
}

/* http(url) with its options. */
static void
server(struct lower *x, struct tool *t, struct ast *call, struct ast *list)
{
	struct mip_tool *is = &t->is;

	is->kind = MIP_HTTP;
	is->http = &t->http;
	is->max_output = limit(lower_option(x, list, "max_output"), 1, INT_MAX);
	t->http.name = arena_printf(x->a, "tool %s", t->name);
	lower_http(x, &t->http, call->u.call.arg->u.arg.value, list);
	if (is->effect)
		t->http.sending.attempts = 1;
	if (t->http.url.text != NULL)
		lower_need_host(x, t->at, arena_printf(x->a, "tool '%s'",
		    t->name), t->http.url.text);
}

struct tool *
lower_tool(struct lower *x, struct symbol *s)
{
	struct ast *n = s->decl, *list = n->u.tool.option;
	struct ast *call = n->u.tool.value;
	struct tool *t = s->lowered;

	if (t != NULL)
		return t;
	t = arena_alloc(x->a, sizeof *t);
	s->lowered = t;
	t->name = t->c_name = t->is.name = s->path;
	t->in = s->in;
	t->out = s->type;
	t->at = n->u.tool.name_at;
	t->is.effect = s->effect;
	if (check_is_exec(call))
		command(x, t, call, list);
	else
		server(x, t, call, list);
	t->is.text_in = is_text(lower_option(x, list, "input"));
	t->is.text_out = is_text(lower_option(x, list, "output"));
	return t;
}

/* What a command says of a row. */
static const struct ty *
verdict(struct lower *x, const char *metric)
{
	const struct ty *string = lower_basic(x, TY_STRING);
	struct ty_field *f = arena_array(x->a, 2, sizeof *f);
	struct ty *t;

	f[0].name = "score";
	f[0].type = lower_basic(x, TY_FLOAT);
	f[1].name = "feedback";
	f[1].type = ty_optional(x->m->types, string);
	t = ty_struct(x->m->types, arena_printf(x->a, "%s_verdict", metric));
	t->field = f;
	t->n = 2;
	return t;
}

void
lower_judge(struct lower *x, struct symbol *s)
{
	struct tool *t = arena_alloc(x->a, sizeof *t);
	struct ast *n = s->decl, *e = n->u.metric.value;
	struct ins *i, *v[2];
	unsigned k;

	t->name = t->c_name = t->is.name = s->path;
	t->out = verdict(x, s->path);
	t->at = n->u.metric.name_at;
	t->is.on_fail = x->f->on_fail;
	command(x, t, e, n->u.metric.option);
	*x->judge_end = t;
	x->judge_end = &t->next;
	i = lower_op(x, IR_JUDGE, t->out, NULL, 0, e->at);
	i->u.tool = t;
	i->name = "verdict";
	for (k = 0; k < 2; k++) {
		v[k] = lower_op1(x, IR_FIELD, t->out->field[k].type, i, e->at);
		v[k]->u.n = k;
	}
	lower_op(x, IR_RET, lower_basic(x, TY_VOID), v, 2, e->at);
}
