/* The files of a program: NAME.c, NAME.h, NAME_eval.c, NAME_main.c.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <string.h>

#include "base/cname.h"
#include "emit/emit_in.h"

static void reserve_names(struct gen *g);

static void
gen_init(struct gen *g, struct buf *out, const struct mod *m,
    const char *stem)
{
	memset(g, 0, sizeof *g);
	base_arena_init(&g->a);
	cw_init(&g->w, out);
	g->m = m;
	g->stem = stem;
	g->type_end = &g->type;
	table_init(&g->gtype, &g->a);
	table_init_text(&g->type_name, &g->a);
	table_init_text(&g->global, &g->a);
	table_init(&g->model, &g->a);
	table_init(&g->model_name, &g->a);
	reserve_names(g);
}

static void
gen_release(struct gen *g)
{
	arena_release(&g->a);
}

static void
use_model(struct gen *g, const struct mip_model *m, size_t by)
{
	union table_value *v;

	if (m == NULL)
		return;
	v = table_at(&g->model, m);
	if (v->n & by)
		return;
	v->n |= by;
	for (unsigned i = 0; i < m->nto; i++)
		use_model(g, m->to[i], by);
}

bool
gen_has_prompt(const struct gen *g, const struct prompt *p)
{
	return p->eval_only == g->eval;
}

bool
gen_has_fn(struct gen *g, const struct fn *f)
{
	if (f->kind == FN_CHECK)
		return gtype_is_described(g, f->in);
	return f->eval_only == g->eval;
}

/* ---- what the file needs ---- */

static void
use_retriever(struct gen *g, const struct retriever *r)
{
	gen_use_retriever(g, r);
	use_model(g, r->is.model, g->eval ? GEN_BY_EVAL : GEN_BY_PROGRAM);
}

static bool
use_value(struct ins *i, void *arg)
{
	struct gen *g = arg;
	const struct ty *t = i->narg > 0 ? i->arg[0]->type : NULL;
	enum ty_kind k = t != NULL ? ty_base(t)->kind : TY_VOID;
	bool compares = i->op == IR_EQ || i->op == IR_NE;
	size_t by = g->eval ? GEN_BY_EVAL : GEN_BY_PROGRAM;

	if (i->type != NULL && i->type->kind > TY_NULL)
		gtype_use(g, i->type, false);
	if (i->op == IR_CALL || i->op == IR_JUDGE)
		gen_use_tool(g, i->u.tool);
	if (i->op == IR_SEARCH)
		use_retriever(g, i->u.retriever);
	if (i->op == IR_EMBED)
		use_model(g, i->u.model, by);
	if (i->op == IR_APPEND)
		gtype_use(g, i->type->of, true);
	if ((compares && k != TY_INT && k != TY_FLOAT && k != TY_BOOL &&
	    k != TY_STRING && k != TY_ENUM) || i->op == IR_HAS)
		gtype_use(g, t, true);
	if (i->op == IR_LIB && fexpr_any(i) != NULL)
		gtype_use(g, fexpr_any(i), true);
	if (i->op == IR_EXPECT || i->op == IR_CHECK)
		for (unsigned n = 1; n < i->narg; n++)
			gtype_use(g, i->arg[n]->type, true);
	return true;
}

void
gen_use_body(struct gen *g, struct fn *f)
{
	ir_walk(f, use_value, g);
}

static void
use_fn(struct gen *g, struct fn *f)
{
	if (f->kind == FN_METRIC) {
		gtype_use(g, f->gold, true);
	} else if (f->kind != FN_TEST && f != g->m->program) {
		gtype_use(g, f->in, f->kind == FN_PROGRAM &&
		    gen_has_checks(f->in));
		gtype_use(g, f->out, false);
	}
	gen_use_body(g, f);
}

static void
use_all(struct gen *g)
{
	const struct mod *m = g->m;

	gtype_declared(g, m->program->in);
	gtype_declared(g, m->program->out);
	if (!g->eval) {
		gtype_use(g, m->program->in, true);
		gtype_use(g, m->program->out, true);
	}
	for (const struct prompt *p = m->prompt; p != NULL; p = p->next) {
		use_model(g, p->model, p->eval_only ? GEN_BY_EVAL :
		    GEN_BY_PROGRAM);
		if (gen_has_prompt(g, p)) {
			gtype_use(g, p->in, true);
			gtype_use(g, p->out, true);
			if (p->cases != NULL)
				use_retriever(g, p->cases);
		}
	}
	/* Conditions are used where the tables of their records are. */
	for (struct fn *f = m->fn; f != NULL; f = f->next)
		if (f->kind != FN_CHECK && gen_has_fn(g, f))
			use_fn(g, f);
}

static void
reserve(struct gen *g, const char *name)
{
	gen_reserve(g, name);
	gen_reserve_ends(g, name);
}

/* All that the module's files name alike, so that each of them chooses the same
 * names for the rest. */
static void
reserve_names(struct gen *g)
{
	const struct mod *m = g->m;

	for (const struct prompt *p = m->prompt; p != NULL; p = p->next)
		reserve(g, p->c_name);
	for (const struct param *p = m->param; p != NULL; p = p->next)
		reserve(g, p->c_name);
	for (const struct tool *t = m->tool; t != NULL; t = t->next)
		reserve(g, t->c_name);
	for (const struct retriever *r = m->retriever; r != NULL; r = r->next)
		reserve(g, r->c_name);
	for (const struct fn *f = m->fn; f != NULL; f = f->next)
		if (f->kind == FN_METRIC)       /* it is its score alone */
			gen_reserve_ends(g, f->c_name);
		else
			reserve(g, f->c_name);
	for (unsigned i = 0; i < m->nmodel; i++)
		gen_name_model(g, m->model[i]);
	for (size_t i = 0; cname_ours[i] != NULL; i++)
		gen_reserve(g, cname_ours[i]);
}

/* ---- functions ---- */

static void
fn_body(struct fgen *fg, bool begins)
{
	struct cw *w = &fg->g->w;

	if (begins) {
		cw_line(w, "if (mip_enter(m, &%s_program) != MIP_OK)",
		    fg->f->c_name);
		cw_line(w, "\treturn mip_status(m);");
		cw_blank(w);
	}
	if (fg->f->kind == FN_PROGRAM && gen_has_checks(fg->f->in)) {
		gen_check_input(fg->g, fg->f, begins);
		fg->uses_m = fg->uses_in = true;
	}
	fgen_region(fg, fg->f->body, true);
}

/* The parameters of a mip_fn, or of a condition, as what they are. */
static void
typed(struct fgen *fg)
{
	const struct fn *f = fg->f;
	struct cw *w = &fg->g->w;
	bool gives = f->kind != FN_CHECK;

	if (fg->uses_in)
		cw_line(w, "const %s *in = in_;", gtype_c(fg->g, f->in));
	if (gives && fg->uses_out)
		cw_line(w, "%s *out = out_;", gtype_c(fg->g, f->out));
	if (fg->uses_in || (gives && fg->uses_out))
		cw_blank(w);
	if (!fg->uses_in)
		cw_line(w, "(void)in_;");
	if (gives && !fg->uses_out)
		cw_line(w, "(void)out_;");
}

static void
unused(struct fgen *fg)
{
	if (!fg->uses_in)
		cw_line(&fg->g->w, "(void)in;");
	if (!fg->uses_out)
		cw_line(&fg->g->w, "(void)out;");
}

/* Prints the body to find out which parameters it uses, then for good. */
void
gen_fn_body(struct gen *g, struct fn *f, bool begins)
{
	struct buf dry = BASE_BUF_INIT, *out = g->w.out;
	struct fgen fg = { .g = g, .f = f };
	struct cw was = g->w;

	fplan_make(&fg.plan, &g->a, f);
	fg.claim = gen_claim_numbers(g, f);
	for (int pass = 0; pass < 2; pass++) {
		fg.value = arena_array(&g->a, f->nins + 1, sizeof *fg.value);
		fg.var = arena_array(&g->a, f->nvar + 1, sizeof *fg.var);
		fg.ahead = arena_array(&g->a, f->nins + 1, sizeof *fg.ahead);
		fg.again = arena_array(&g->a, f->nins + 1, sizeof *fg.again);
		fgen_names_init(&fg);
		fg.ntry = fg.nnext = fg.ndone = 0;
		if (pass == 0) {
			g->w.out = &dry;
			fn_body(&fg, begins);
			g->w = was;
			g->w.out = out;
			continue;
		}
		if (f->kind != FN_METRIC && f->kind != FN_TEST && !begins)
			typed(&fg);
		if (!fg.uses_m && !begins)
			cw_line(&g->w, "(void)m;");
		if (!fg.uses_gold && f->kind == FN_METRIC)
			cw_line(&g->w, "(void)gold;");
		if (f->kind == FN_METRIC || begins)
			unused(&fg);
		fn_body(&fg, begins);
	}
	buf_release(&dry);
}

/* Its name, and what it takes. */
static void
fn_head(struct gen *g, const struct fn *f, bool entry)
{
	struct cw *w = &g->w;
	const char *in = gtype_c(g, g->m->program->in);
	const char *out = gtype_c(g, g->m->program->out);

	cw_line(w, entry ? "enum mip_status" : "static enum mip_status");
	if (f->kind == FN_METRIC)
		cw_line(w, "%s_score(struct mip *m, const %s *gold, "
		    "const %s *in, const %s *out, struct mip_score *score)",
		    f->c_name, gtype_c(g, f->gold), in, out);
	else if (f->kind == FN_TEST)
		cw_line(w, "%s(struct mip *m)", f->c_name);
	else if (entry)
		cw_line(w, "%s(struct mip *m, const %s *in, %s *out)",
		    f->c_name, gtype_c(g, f->in), gtype_c(g, f->out));
	else
		cw_line(w, "%s_body(struct mip *m, const void *in_, "
		    "void *out_)", f->c_name);
}

static void
gen_fn(struct gen *g, struct fn *f, bool entry)
{
	struct cw *w = &g->w;

	gen_claims(g, f);
	if (f->desc != NULL || f->kind == FN_TEST)
		cw_comment(w, f->desc != NULL ? f->desc : f->name);
	fn_head(g, f, entry);
	cw_open(w, "{");
	gen_fn_body(g, f, entry);
	cw_close(w, "}");
	cw_blank(w);
}

/* ---- files ---- */

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static void
head(struct gen *g, const char *suffix)
{
	const char *s = arena_printf(&g->a, "%s%s - generated by miproc %s "
	    "from %s; edit that file instead.", g->stem, suffix, MIP_VERSION,
	    base_name(g->m->path));

	if (g->m->tuned_note != NULL)
		s = arena_printf(&g->a, "%s\n\n%s", s, g->m->tuned_note);
	cw_comment(&g->w, arena_printf(&g->a,
	    "%s\n\nSPDX-License-Identifier: MIT", s));
}

static bool
calls_no_program(struct ins *i, void *arg)
{
	const struct gen *g = arg;

	return i->op != IR_RUN || i->u.fn != g->m->program;
}

/* What judges the program may call it; its public function would begin a
 * run of its own. */
static bool
program_is_called(struct gen *g)
{
	for (struct fn *f = g->m->fn; f != NULL; f = f->next)
		if (gen_has_fn(g, f) && !ir_walk(f, calls_no_program, g))
			return true;
	return false;
}

/* All that NAME.c and NAME_eval.c have alike: types, models, leaves,
 * functions. */
static void
gen_file(struct gen *g)
{
	use_all(g);
	gtype_declare_all(g);
	gen_check_heads(g);
	gtype_describe_all(g);
	gen_models(g);
	if (!g->eval)
		gen_params(g);
	gen_retrievers(g);
	gen_prompts(g);
	gen_tools(g);
	if (g->eval && program_is_called(g))
		gen_fn(g, g->m->program, false);
	for (struct fn *f = g->m->fn; f != NULL; f = f->next)
		if (f->kind == FN_CHECK && gen_has_fn(g, f))
			gen_check_fn(g, f);
	for (struct fn *f = g->m->fn; f != NULL; f = f->next)
		if (f->kind != FN_CHECK && gen_has_fn(g, f))
			gen_fn(g, f, f == g->m->program);
}

void
emit_c(struct buf *b, const struct mod *m, const char *stem)
{
	struct gen g;

	gen_init(&g, b, m, stem);
	head(&g, ".c");
	cw_line(&g.w, "#include \"%s.h\"", stem);
	cw_blank(&g.w);
	cw_line(&g.w, "#include <miproc_gen.h>");
	cw_blank(&g.w);
	gen_file(&g);
	gen_program(&g);
	gen_release(&g);
}

void
emit_eval(struct buf *b, const struct mod *m, const char *stem)
{
	struct gen g;

	gen_init(&g, b, m, stem);
	head(&g, "_eval.c");
	cw_line(&g.w, "#include \"%s.c\"", stem);
	cw_blank(&g.w);
	use_all(&g);
	gtype_known(&g);
	gen_known_tools(&g);
	gen_known_retrievers(&g);
	g.eval = true;
	gen_file(&g);
	cw_line(&g.w, "extern const struct mip_eval %s_eval;",
	    m->program->c_name);
	cw_blank(&g.w);
	gen_eval(&g);
	gen_release(&g);
}

/* "QA_H" */
static const char *
guard(struct gen *g)
{
	char *s = arena_printf(&g->a, "%s_H", g->stem);

	for (char *c = s; *c != '\0'; c++)
		*c = isalnum((unsigned char)*c) ?
		    (char)toupper((unsigned char)*c) : '_';
	return isdigit((unsigned char)*s) ? arena_printf(&g->a, "H_%s", s) : s;
}

void
emit_header(struct buf *b, const struct mod *m, const char *stem)
{
	const struct fn *f = m->program;
	struct gen g;

	gen_init(&g, b, m, stem);
	head(&g, ".h");
	cw_line(&g.w, "#ifndef %s", guard(&g));
	cw_line(&g.w, "#define %s", guard(&g));
	cw_blank(&g.w);
	cw_line(&g.w, "#include <miproc.h>");
	cw_blank(&g.w);
	cw_line(&g.w, "#ifdef __cplusplus");
	cw_line(&g.w, "extern \"C\" {");
	cw_line(&g.w, "#endif");
	cw_blank(&g.w);
	gtype_use(&g, f->in, false);
	gtype_use(&g, f->out, false);
	gtype_declare_once(&g);
	cw_comment(&g.w, arena_printf(&g.a, "%s%sRuns the program in context "
	    "m.  The values in *out live until the next run in that context; "
	    "on failure *out is not to be used and mip_message(m) says why.",
	    f->desc != NULL ? f->desc : "", f->desc != NULL ? "\n\n" : ""));
	cw_line(&g.w, "enum mip_status %s(struct mip *m, const %s *in, "
	    "%s *out);", f->c_name, gtype_c(&g, f->in), gtype_c(&g, f->out));
	cw_blank(&g.w);
	cw_line(&g.w, "extern const struct mip_program %s_program;",
	    f->c_name);
	cw_blank(&g.w);
	cw_line(&g.w, "#ifdef __cplusplus");
	cw_line(&g.w, "}");
	cw_line(&g.w, "#endif");
	cw_blank(&g.w);
	cw_line(&g.w, "#endif");
	gen_release(&g);
}

void
emit_main(struct buf *b, const struct mod *m, const char *stem, bool eval)
{
	const char *name = m->program->c_name;
	struct gen g;

	gen_init(&g, b, m, stem);
	head(&g, "_main.c");
	cw_line(&g.w, "#include \"%s.h\"", stem);
	cw_blank(&g.w);
	if (eval) {
		cw_line(&g.w, "extern const struct mip_eval %s_eval;", name);
		cw_blank(&g.w);
	}
	cw_line(&g.w, "int");
	cw_line(&g.w, "main(int argc, char **argv)");
	cw_open(&g.w, "{");
	cw_line(&g.w, eval ?
	    "return mip_main(&%s_program, &%s_eval, argc, argv);" :
	    "return mip_main(&%s_program, NULL, argc, argv);", name, name);
	cw_close(&g.w, "}");
	gen_release(&g);
}
