/* Tests as C: what they claim, and what is told of it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "emit/emit_in.h"

struct claims {
	struct gen *g;
	unsigned *number;               /* by ins->id */
	unsigned n;
};

static bool
is_claim(const struct ins *i)
{
	return i->op == IR_EXPECT || i->op == IR_CHECK;
}

static bool
number_claim(struct ins *i, void *arg)
{
	struct claims *c = arg;

	if (is_claim(i))
		c->number[i->id] = c->n++;
	return true;
}

const unsigned *
gen_claim_numbers(struct gen *g, struct fn *f)
{
	struct claims c = { .g = g };

	if (f->kind != FN_TEST && f->kind != FN_BRANCH)
		return NULL;
	c.number = arena_array(&g->a, f->nins + 1, sizeof *c.number);
	ir_walk(f, number_claim, &c);
	return c.number;
}

static bool
print_claim(struct ins *i, void *arg)
{
	struct claims *c = arg;
	struct gen *g = c->g;

	if (!is_claim(i))
		return true;
	if (c->n++ == 0)
		cw_open(&g->w, "static const struct mip_claim %s_claims[] = {",
		    i->in->fn->c_name);
	cw_line(&g->w, "{ %s, %u, %s },", gen_string(g, i->u.claim->text),
	    i->u.claim->line, i->op == IR_EXPECT ? "true" : "false");
	return true;
}

void
gen_claims(struct gen *g, struct fn *f)
{
	struct claims c = { .g = g };

	ir_walk(f, print_claim, &c);
	if (c.n == 0)
		return;
	cw_close(&g->w, "};");
	cw_blank(&g->w);
}

/* What is told if it does not hold. */
static void
tell(struct fgen *fg, struct ins *i)
{
	struct gen *g = fg->g;

	if (i->other != NULL) {
		fgen_region(fg, i->other, false);
		cw_line(&g->w, "mip_claim_say(m, %s);",
		    fexpr(fg, i->other->result, PREC_COND));
	}
	for (unsigned k = 1; k < i->narg; k++)
		cw_line(&g->w, "mip_claim_show(m, %s, %s, %s);",
		    gen_string(g, i->u.claim->shown[k - 1]),
		    gtype_desc(g, i->arg[k]->type),
		    fexpr_address(fg, i->arg[k]));
}

void
fgen_claim(struct fgen *fg, struct ins *i)
{
	struct cw *w = &fg->g->w;
	bool must = i->op == IR_EXPECT;
	size_t scope = fg->nname;
	const char *call = arena_printf(&fg->g->a,
	    "mip_claim(m, &%s_claims[%u], %s)", fg->f->c_name,
	    fg->claim[i->id], fexpr(fg, i->arg[0], PREC_COND));

	fg->uses_m = true;
	if (!must && i->other == NULL && i->narg == 1) {
		cw_line(w, "%s;", call);
		return;
	}
	cw_open(w, "if (!%s) {", call);
	tell(fg, i);
	if (must && fg->bail == NULL)
		cw_line(w, "return mip_claim_fail(m);");
	else if (must) {
		cw_line(w, "mip_claim_fail(m);");
		cw_line(w, "%s", fgen_bail(fg));
	}
	cw_close(w, "}");
	fg->nname = scope;
}

unsigned
gen_tests(struct gen *g)
{
	unsigned n = 0;

	for (const struct fn *f = g->m->fn; f != NULL; f = f->next) {
		if (f->kind != FN_TEST)
			continue;
		if (n++ == 0)
			cw_open(&g->w, "static const struct mip_test tests[] "
			    "= {");
		cw_line(&g->w, "{ %s, %s },", gen_string(g, f->name),
		    f->c_name);
	}
	if (n != 0)
		cw_close(&g->w, "};");
	return n;
}
