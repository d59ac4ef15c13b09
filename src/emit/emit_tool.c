/* The constant tables of tools.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "emit/emit_in.h"

/* Is it among those from the `from`-th on? */
static bool
uses(const struct gen *g, const struct tool *t, size_t from)
{
	for (size_t i = from; i < g->ntool; i++)
		if (g->tool[i] == t)
			return true;
	return false;
}

void
gen_use_tool(struct gen *g, const struct tool *t)
{
	if (uses(g, t, 0))
		return;
	g->tool = arena_grow(&g->a, g->tool, &g->captool, g->ntool + 1,
	    sizeof *g->tool);
	g->tool[g->ntool++] = t;
	if (t->in != NULL)
		gtype_use(g, t->in, true);
	gtype_use(g, t->out, true);
}

void
gen_known_tools(struct gen *g)
{
	g->known = g->ntool;
}

/* "expr, n -> float" */
static const char *
shape(struct gen *g, const struct tool *t)
{
	const char *s = "";

	if (t->in == NULL)
		return "a row -> score, feedback";
	for (unsigned i = 0; i < t->in->n; i++)
		s = arena_printf(&g->a, "%s%s%s", s, i > 0 ? ", " : "",
		    t->in->field[i].name);
	return arena_printf(&g->a, "%s -> %s", s, ty_text(&g->a, t->out));
}

static void
one(struct gen *g, const struct tool *t)
{
	const struct mip_tool *is = &t->is;

	cw_comment(&g->w, arena_printf(&g->a, "%s: %s", t->name,
	    shape(g, t)));
	if (is->kind == MIP_HTTP)
		gen_http(g, &t->http, arena_printf(&g->a, "%s_http",
		    t->c_name));
	else
		gen_strings(g, arena_printf(&g->a, "%s_argv", t->c_name),
		    is->argv);
	gen_strings(g, arena_printf(&g->a, "%s_env", t->c_name), is->env);
	cw_open(&g->w, "static const struct mip_tool %s = {", t->c_name);
	cw_line(&g->w, is->kind == MIP_HTTP ?
	    ".name = %s, .kind = MIP_HTTP, .http = &%s_http," :
	    ".name = %s, .kind = MIP_EXEC, .argv = %s_argv,",
	    gen_string(g, t->name), t->c_name);
	if (is->env != NULL)
		cw_line(&g->w, ".env = %s_env,", t->c_name);
	gen_member_bool(g, "text_in", is->text_in);
	gen_member_bool(g, "text_out", is->text_out);
	gen_member_bool(g, "keep", is->keep);
	gen_member_bool(g, "effect", is->effect);
	gen_member_int(g, "timeout_ms", is->timeout_ms);
	gen_member_int(g, "max_output", is->max_output);
	gen_member_int(g, "memory", is->memory);
	gen_member_int(g, "cpu_s", is->cpu_s);
	gen_member_int(g, "jobs", is->jobs);
	gen_member_float(g, "on_fail", is->on_fail);
	cw_line(&g->w, "%s%s%s.out = %s", t->in != NULL ? ".in = " : "",
	    t->in != NULL ? gtype_desc(g, t->in) : "",
	    t->in != NULL ? ", " : "", gtype_desc(g, t->out));
	cw_close(&g->w, "};");
	cw_blank(&g->w);
}

void
gen_tools(struct gen *g)
{
	for (const struct tool *t = g->m->tool; t != NULL; t = t->next)
		if (uses(g, t, g->known))
			one(g, t);
}

const char *
gen_tool_table_name(const struct gen *g)
{
	return g->eval ? "eval_tools" : "tools";
}

unsigned
gen_tool_table(struct gen *g)
{
	if (g->ntool == g->known)
		return 0;
	cw_open(&g->w, "static const struct mip_tool *const %s[] = {",
	    gen_tool_table_name(g));
	for (const struct tool *t = g->m->tool; t != NULL; t = t->next)
		if (uses(g, t, g->known))
			cw_line(&g->w, "&%s,", t->c_name);
	cw_close(&g->w, "};");
	return (unsigned)(g->ntool - g->known);
}
