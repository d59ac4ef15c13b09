/* @check and @assert as C: functions over records, and their tables.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "emit/emit_in.h"

void
gen_check_heads(struct gen *g)
{
	bool any = false;

	for (const struct fn *f = g->m->fn; f != NULL; f = f->next)
		if (f->kind == FN_CHECK && gen_has_fn(g, f)) {
			cw_line(&g->w, "static bool %s(struct mip *m, "
			    "const void *in_);", f->c_name);
			any = true;
		}
	if (any)
		cw_blank(&g->w);
}

void
gen_check_fn(struct gen *g, struct fn *f)
{
	cw_line(&g->w, "static bool");
	cw_line(&g->w, "%s(struct mip *m, const void *in_)", f->c_name);
	cw_open(&g->w, "{");
	gen_fn_body(g, f, false);
	cw_close(&g->w, "}");
	cw_blank(&g->w);
}

const char *
gen_checks(struct gen *g, const char *record, const struct ty_field *f)
{
	const char *name;

	if (f->ncheck == 0)
		return NULL;
	name = arena_printf(&g->a, "%s_%s_checks", record, f->name);
	cw_open(&g->w, "static const struct mip_check %s[] = {", name);
	for (unsigned i = 0; i < f->ncheck; i++)
		cw_line(&g->w, "{ %s, %s, %s },",
		    gen_string(g, f->check[i].text),
		    f->check[i].must ? "true" : "false",
		    f->check[i].fn->c_name);
	cw_close(&g->w, "};");
	return name;
}

bool
gen_has_checks(const struct ty *t)
{
	if (t->of != NULL && gen_has_checks(t->of))
		return true;
	for (unsigned i = 0; t->kind == TY_UNION && i < t->n; i++)
		if (gen_has_checks(t->arm[i]))
			return true;
	for (unsigned i = 0; t->kind == TY_STRUCT && i < t->n; i++)
		if (t->field[i].ncheck > 0 || gen_has_checks(t->field[i].type))
			return true;
	return false;
}

void
gen_check_input(struct gen *g, const struct fn *f, bool entry)
{
	if (!gen_has_checks(f->in))
		return;
	cw_line(&g->w, "if (mip_check_input(m, %s, in, %s) != MIP_OK)",
	    gtype_desc(g, f->in), entry ? "MIP_USAGE" : "MIP_ASSERT");
	cw_line(&g->w, "\treturn mip_status(m);");
	cw_blank(&g->w);
}
