/* Calls of what is no model and no function: tools, commands that judge,
 * retrievers; and vectors of texts.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "emit/emit_in.h"

void
fgen_call(struct fgen *fg, struct ins *i)
{
	const struct tool *t = i->u.tool;
	const char *name = fgen_named(fg, i, arena_printf(&fg->g->a,
	    "%s_result", t->c_name));
	const char *in = fgen_inputs(fg, i, t->in, name);

	fgen_declare(fg, i);
	fgen_wait(fg, arena_printf(&fg->g->a, "mip_call(m, &%s, &%s, &%s)",
	    t->c_name, in, name));
}

void
fgen_judge(struct fgen *fg, struct ins *i)
{
	const struct fn *f = fg->f;
	const char *name = fgen_named(fg, i, "verdict");

	fgen_declare(fg, i);
	fg->uses_in = fg->uses_out = true;
	fgen_wait(fg, arena_printf(&fg->g->a, "mip_verdict(m, &%s, %s, in, "
	    "%s, out, &%s)", i->u.tool->c_name, gtype_desc(fg->g, f->in),
	    gtype_desc(fg->g, f->out), name));
}

void
fgen_search(struct fgen *fg, struct ins *i)
{
	const struct retriever *r = i->u.retriever;
	const char *name = fgen_named(fg, i, arena_printf(&fg->g->a,
	    "%s_results", r->c_name));
	const char *query = fexpr(fg, i->arg[0], PREC_COND);
	const char *k = fexpr(fg, i->arg[1], PREC_COND);

	fgen_declare(fg, i);
	fgen_wait(fg, arena_printf(&fg->g->a,
	    "mip_search(m, &%s, %s, %s, &%s)", r->c_name, query, k, name));
}

void
fgen_embed(struct fgen *fg, struct ins *i)
{
	const char *text = fexpr(fg, i->arg[0], PREC_COND);

	fg->uses_m = true;
	fgen_named(fg, i, "vector");
	cw_line(&fg->g->w, "%s = mip_embed(m, &%s, %s);", fgen_declared(fg, i),
	    gen_model(fg->g, i->u.model), text);
	cw_blank(&fg->g->w);
	fgen_wait(fg, "mip_status(m)");
}
