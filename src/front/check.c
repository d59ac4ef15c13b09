/* Names and types: symbols, and the order in which all is looked at.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "front/check.h"

#include <string.h>

#include "front/check_in.h"

enum {
	MAX_NEEDS = 200,                /* declarations that wait for others:
	                                 * resolving them recurses */
	MAX_BODIES = 40,                /* looked at inside one another */
	MAX_SUGGESTIONS = 50,           /* looking for near names is slow */
	MAX_CANDIDATES = 2000
};

/* ---- symbols ---- */

const char *
check_kind_word(enum symbol_kind k)
{
	switch (k) {
	case SYM_CONST:      return "a constant";
	case SYM_PARAM:      return "a param";
	case SYM_ENUM:       return "an enum";
	case SYM_VARIANT:    return "a name of an enum";
	case SYM_STRUCT:     return "a struct";
	case SYM_TYPEDEF:    return "a type";
	case SYM_SIGNATURE:  return "a signature";
	case SYM_MODEL:      return "a model";
	case SYM_RETRIEVER:  return "a retriever";
	case SYM_TOOL:       return "a tool";
	case SYM_MODULE:     return "a module";
	case SYM_DATA:       return "data";
	case SYM_METRIC:     return "a metric";
	case SYM_PROGRAM:    return "a program";
	case SYM_OPTIMIZE:   return "an optimize block";
	case SYM_UNIT:       return "an import";
	case SYM_VAR:        return "a variable";
	case SYM_TEST:       return "a test";
	case SYM_BUILTIN:
	case SYM_CREDIT:     return "a function";
	case SYM_CAUGHT:     return "a failure";
	case SYM_METRIC_ARG: return "a metric's parameter";
	}
	BUG("symbol kind");
}

struct symbol *
check_new_symbol(struct check *c, enum symbol_kind kind, const char *name,
    struct ast *decl)
{
	struct symbol *s = arena_alloc(c->a, sizeof(*s));

	s->kind = kind;
	s->name = s->path = name;
	s->decl = decl;
	s->unit = c->now.unit;
	s->most = -1;
	return s;
}

struct span
check_name_at(const struct ast *decl)
{
	switch ((unsigned)decl->kind) {
	case AST_CONST:     return decl->u.constant.name_at;
	case AST_PARAM:     return decl->u.param.name_at;
	case AST_ENUM:      return decl->u.enumeration.name_at;
	case AST_STRUCT:    return decl->u.structure.name_at;
	case AST_TYPEDEF:   return decl->u.type_def.name_at;
	case AST_SIGNATURE: return decl->u.signature.name_at;
	case AST_MODEL: case AST_RETRIEVER: case AST_MODULE: case AST_DATA:
		return decl->u.value.name_at;
	case AST_TOOL:      return decl->u.tool.name_at;
	case AST_METRIC:    return decl->u.metric.name_at;
	case AST_PROGRAM:   return decl->u.program.name_at;
	case AST_OPTIMIZE:  return decl->u.optimize.name_at;
	case AST_TEST:      return decl->u.test.name_at;
	case AST_FIELD:     return decl->u.field.name_at;
	case AST_LET:       return decl->u.let.name_at;
	case AST_FOR:       return decl->u.for_.name_at;
	case AST_OPTION:    return decl->u.option.name_at;
	case AST_ARG:       return decl->u.arg.name_at;
	}
	return decl->at;
}

const char *
check_nearest(struct check *c, const char *name, const char *const *from,
    size_t n)
{
	c->near = NULL;
	if (c->suggestions++ >= MAX_SUGGESTIONS)
		return "";
	c->near = diag_nearest(name, from, n);
	return c->near ? arena_printf(c->a, "; did you mean '%s'?", c->near) :
	    "";
}

void
check_offer(struct check *c, struct span at)
{
	if (c->near)
		diag_fix(c->d, at, c->near);
	c->near = NULL;
}

void
check_unknown(struct check *c, struct span at, const char *name)
{
	const char *from[MAX_CANDIDATES];
	const struct scope *s = c->now.scope, *unit = c->now.unit->scope;
	size_t n = 0, i;

	for (; s; s = s->up)
		for (i = 0; i < s->n && n < MAX_CANDIDATES; i++)
			from[n++] = s->order[i].name;
	for (i = 0; i < unit->n && n < MAX_CANDIDATES; i++)
		from[n++] = unit->order[i].name;
	if (c->now.body)
		for (i = 0; i < c->builtins->n && n < MAX_CANDIDATES; i++)
			from[n++] = c->builtins->order[i].name;
	diag(c->d, at, E_NAME, "'%s'%s", name, check_nearest(c, name, from,
	    n));
	check_offer(c, at);
}

bool
check_duplicate(struct check *c, struct scope *s, const char *name,
    struct span at, struct symbol *sym)
{
	struct symbol *old = scope_add(s, name, sym);

	if (!old || old == sym)
		return false;
	diag(c->d, at, E_DUPLICATE, "'%s'", name);
	if (old->decl)
		diag_note(c->d, check_name_at(old->decl), "the first is here");
	return true;
}

static void
resolve(struct check *c, struct symbol *s)
{
	switch (s->kind) {
	case SYM_CONST: case SYM_PARAM:
		check_const_decl(c, s);
		return;
	case SYM_ENUM:
		check_enum(c, s);
		return;
	case SYM_STRUCT:
		check_struct(c, s);
		return;
	case SYM_TYPEDEF:
		s->type = check_type(c, s->decl->u.type_def.type);
		return;
	case SYM_SIGNATURE:
		check_signature(c, s);
		return;
	case SYM_MODEL:
		check_model(c, s);
		return;
	case SYM_MODULE:
		check_module(c, s);
		return;
	case SYM_PROGRAM:
		check_program(c, s);
		return;
	case SYM_DATA:
		check_data(c, s);
		return;
	case SYM_RETRIEVER:
		check_retriever(c, s);
		return;
	case SYM_TOOL:
		check_tool(c, s);
		return;
	case SYM_METRIC:
		s->type = check_basic(c, TY_FLOAT);
		s->in = c->gold;
		return;
	case SYM_VARIANT: case SYM_OPTIMIZE: case SYM_UNIT: case SYM_VAR:
	case SYM_BUILTIN: case SYM_CREDIT: case SYM_METRIC_ARG: case SYM_TEST:
	case SYM_CAUGHT:
		return;
	}
	BUG("symbol kind");
}

void
check_symbol(struct check *c, struct symbol *s, struct span at)
{
	struct context before = c->now;

	if (s->done || !s->decl || s->kind == SYM_VAR)
		return;
	if (s->visiting) {
		diag(c->d, at, E_RECURSIVE, "'%s'", s->name);
		diag_note(c->d, check_name_at(s->decl), "declared here");
		s->done = true;
	} else if (c->depth >= MAX_NEEDS) {
		diag(c->d, at, E_NESTING, "more than %d declarations need "
		    "each other in turn", MAX_NEEDS);
		s->done = true;
	}
	if (s->done) {
		s->type = s->in = check_poison(c);
		return;
	}
	s->visiting = true;
	c->depth++;
	c->now = (struct context){ .unit = s->unit };
	resolve(c, s);
	c->now = before;
	c->depth--;
	s->visiting = false;
	s->done = true;
	if (!s->type)
		s->type = check_poison(c);
	if (!s->in)
		s->in = check_poison(c);
}

void
check_look(struct check *c, struct symbol *s)
{
	struct context before = c->now;
	bool quiet = c->d->quiet;

	if (s->looked != BODY_NEW)
		return;
	s->looked = BODY_OPEN;
	c->now = (struct context){ .unit = s->unit };
	c->d->quiet |= s->made == MADE_RUN;     /* nobody wrote it */
	check_program_body(c, s);
	c->d->quiet = quiet;
	c->now = before;
	s->looked = BODY_DONE;
}

bool
check_asks(struct check *c, struct symbol *s)
{
	/* Chains of calls may be long. */
	if (s->looked == BODY_NEW && c->depth < MAX_BODIES && s->in &&
	    s->in->kind == TY_STRUCT) {
		c->depth++;
		check_look(c, s);
		c->depth--;
	}
	return s->looked != BODY_DONE || s->asks;
}

/* ---- references ---- */

static struct symbol *
variant(struct check *c, const struct ty *t, int i)
{
	struct symbol *v = check_new_symbol(c, SYM_VARIANT, t->variant[i].name,
	    NULL);

	v->type = t;
	v->index = i;
	v->done = true;
	return v;
}

/* The member `e` (a DOT) of an import or enum. */
static struct symbol *
member_ref(struct check *c, struct ast *e, struct symbol *of, bool *failed)
{
	const char *name = e->u.dot.name, *from[MAX_CANDIDATES];
	const struct ty *t;
	struct symbol *s;
	size_t n = 0;
	int i;

	if (of->kind == SYM_UNIT) {
		s = scope_get(of->unit->scope, name);
		if (s)
			return s;
		for (; n < of->unit->scope->n && n < MAX_CANDIDATES; n++)
			from[n] = of->unit->scope->order[n].name;
	} else {
		check_symbol(c, of, e->at);
		t = of->type;
		if (t->kind != TY_ENUM) {
			*failed = true;
			return NULL;
		}
		i = ty_variant_index(t, name);
		if (i >= 0)
			return variant(c, t, i);
		for (; n < t->n && n < MAX_CANDIDATES; n++)
			from[n] = t->variant[n].name;
	}
	diag(c->d, e->u.dot.name_at, E_FIELD, "'%s' has no '%s'%s", of->name,
	    name, check_nearest(c, name, from, n));
	check_offer(c, e->u.dot.name_at);
	*failed = true;
	return NULL;
}

/* The import that the variable `v` hides, where m.x (`e`) can mean no member
 * of the variable; else the variable. */
static struct symbol *
hidden_unit(struct check *c, struct ast *e, struct symbol *v)
{
	const struct ty *t = v->type;
	struct symbol *s = scope_get(c->now.unit->scope, v->name);

	if (t && t->kind == TY_OPTIONAL)
		t = t->of;
	if (!s || s->kind != SYM_UNIT || e->u.dot.of->kind != AST_NAME ||
	    !t || ty_field_index(t, e->u.dot.name) >= 0 ||
	    !scope_get(s->unit->scope, e->u.dot.name))
		return v;
	return e->u.dot.of->sym = s;
}

/* agent.answer: what it asks itself; NULL. */
static struct symbol *
leaf_of(const struct symbol *module, const char *name)
{
	struct symbol *s = module->leaf ? module->leaf->leaf : NULL;

	while (s && s->name != name)
		s = s->leaf;
	return s;
}

struct symbol *
check_ref(struct check *c, struct ast *e, bool *failed)
{
	struct symbol *s = NULL, *of;

	if (e->kind == AST_NAME) {
		s = scope_find(c->now.scope, e->u.name.name);
		if (!s)
			s = scope_get(c->now.unit->scope, e->u.name.name);
	} else if (e->kind == AST_DOT) {
		of = check_ref(c, e->u.dot.of, failed);
		if (of && of->kind == SYM_VAR)
			of = hidden_unit(c, e, of);
		if (of && (of->kind == SYM_UNIT || of->kind == SYM_ENUM))
			s = member_ref(c, e, of, failed);
		else if (of && of->kind == SYM_MODULE)
			s = leaf_of(of, e->u.dot.name);
	}
	if (s) {
		e->sym = s;
		check_symbol(c, s, e->at);
	}
	return s;
}

struct symbol *
check_ref_kind(struct check *c, struct ast *e, enum symbol_kind kind)
{
	bool failed = false;
	struct symbol *s = check_ref(c, e, &failed);

	if (s && s->kind == kind)
		return s;
	if (s) {
		diag(c->d, e->at, E_KIND, "'%s' is %s, not %s", s->name,
		    check_kind_word(s->kind), check_kind_word(kind));
		if (s->decl)
			diag_note(c->d, check_name_at(s->decl),
			    "declared here");
	} else if (!failed && e->kind == AST_NAME)
		check_unknown(c, e->at, e->u.name.name);
	else if (!failed)
		diag(c->d, e->at, E_KIND, "%s is wanted here",
		    check_kind_word(kind));
	return NULL;
}

/* ---- which program ---- */

static struct symbol *
program_named(struct check *c, const char *name)
{
	struct symbol *s;

	for (s = c->out->symbol; s; s = s->next)
		if (s->kind == SYM_PROGRAM && strcmp(s->path, name) == 0)
			return s;
	return NULL;
}

/* Is it the main file's own, and not as if imported? */
static bool
is_main(const struct check *c, const struct symbol *s)
{
	return s->unit == c->out->unit && !strchr(s->path, '.');
}

/* Marks the programs of the main file that the statements from `n` on call. */
static void
mark_called(struct check *c, const struct ast *n)
{
	struct ast *part[AST_PARTS];
	struct symbol *s;
	unsigned i, k;

	for (; n; n = n->next) {
		s = n->kind == AST_CALL && n->u.call.fn->kind == AST_NAME ?
		    scope_get(c->out->unit->scope,
		    n->u.call.fn->u.name.name) : NULL;
		if (s && s->kind == SYM_PROGRAM)
			s->called = true;
		k = ast_parts(n, part);
		for (i = 0; i < k; i++)
			mark_called(c, part[i]);
	}
}


/* The only program of the main file, else of all; *several if there are
 * more. */
static struct symbol *
only_program(struct check *c, bool *several)
{
	struct symbol *s, *main_one = NULL, *any = NULL;
	unsigned in_main = 0, in_all = 0;
	const struct ast *n;

	for (n = c->out->unit->decl; n; n = n->next)
		if (n->kind == AST_PROGRAM)
			mark_called(c, n->u.program.body);
	for (s = c->out->symbol; s; s = s->next) {
		if (s->kind != SYM_PROGRAM)
			continue;
		any = any ? any : s;
		in_all++;
		if (is_main(c, s) && !s->called) {
			main_one = main_one ? main_one : s;
			in_main++;
		}
	}
	*several = !c->o->any_program &&
	    (in_main > 1 || (in_main == 0 && in_all > 1));
	return *several ? NULL : main_one ? main_one : any;
}

static void
choose_program(struct check *c)
{
	struct checked *out = c->out;
	const char *name = c->o->program;
	struct ast *n, *block = NULL;
	bool several = false;

	for (n = out->unit->decl; n; n = n->next) {
		if (n->kind != AST_OPTIMIZE ||
		    (name && strcmp(n->u.optimize.name, name) != 0))
			continue;
		if (block) {
			diag(c->d, check_name_at(n), E_PROGRAM,
			    "there is more than one optimize block%s",
			    name ? "" : "; choose with --program");
			diag_note(c->d, check_name_at(block),
			    "the first is here");
			return;
		}
		block = n;
	}
	out->optimize = block;
	if (name || block) {
		out->program = program_named(c, name ? name :
		    block->u.optimize.name);
		if (!out->program && name)
			diag(c->d, (struct span){ 0, 0 }, E_PROGRAM,
			    "there is no program '%s'", name);
		return;
	}
	out->program = only_program(c, &several);
	if (!out->program && c->o->need_program)
		diag(c->d, (struct span){ 0, 0 }, E_PROGRAM, "%s", several ?
		    "there are several; choose with --program" :
		    "the file has none");
}

/* ---- all of it ---- */

/* @check and @assert belong where values come from outside. */
static void
record_conditions(struct check *c, struct ast *n)
{
	const struct ty *in = n->sym ? n->sym->in : NULL;
	const struct ty *out = n->sym ? n->sym->type : NULL;

	if (n->kind == AST_STRUCT && out && out->kind == TY_STRUCT)
		check_conditions(c, n->u.structure.field, out);
	if (n->kind == AST_SIGNATURE) {
		check_no_conditions(c, n->u.signature.in, "fits outputs of "
		    "signatures; in programs there is require");
		if (out && out->kind == TY_STRUCT)
			check_conditions(c, n->u.signature.out, out);
	}
	if (n->kind == AST_TOOL)
		check_no_conditions(c, n->u.tool.in, "does not fit inputs of "
		    "tools; in programs there is require");
	if (n->kind == AST_PROGRAM) {
		check_no_conditions(c, n->u.program.out, "fits inputs of "
		    "programs; for outputs there is require");
		if (in && in->kind == TY_STRUCT)
			check_conditions(c, n->u.program.in, in);
	}
}

static void
check_unit(struct check *c, struct unit *u)
{
	struct ast *n;

	c->now = (struct context){ .unit = u };
	for (n = u->decl; n && !diag_full(c->d); n = n->next) {
		if (n->sym)
			check_symbol(c, n->sym, n->at);
		switch ((unsigned)n->kind) {
		case AST_CAPS:
			check_caps(c, n);
			break;
		case AST_STRUCT: case AST_SIGNATURE: case AST_TOOL:
			record_conditions(c, n);
			break;
		case AST_PROGRAM:
			record_conditions(c, n);
			check_look(c, n->sym);
			break;
		case AST_MODULE:
			check_combined(c, n->sym);
			break;
		case AST_METRIC:
			if (!check_only_judges(c, n->sym))
				check_metric(c, n->sym);
			break;
		case AST_OPTIMIZE:
			check_optimize(c, n);
			break;
		case AST_TEST:
			check_test(c, n);
			break;
		}
	}
}

/* Reports programs and metrics that reach themselves.  An explicit stack:
 * chains of calls may be long. */
static void
find_recursion(struct check *c, struct symbol *root)
{
	struct frame { struct symbol *sym; struct callee *next; } *stack = NULL;
	size_t n = 0, cap = 0;
	struct callee *e;

	stack = arena_grow(c->a, stack, &cap, 1, sizeof(*stack));
	stack[n++] = (struct frame){ root, root->callee };
	root->visiting = true;
	while (n > 0) {
		e = stack[n - 1].next;
		if (!e) {
			stack[n - 1].sym->visiting = false;
			stack[n - 1].sym->captured = true;
			n--;
			continue;
		}
		stack[n - 1].next = e->next;
		if (e->sym->visiting)
			diag(c->d, e->at, E_RECURSION, "'%s'", e->sym->name);
		else if (!e->sym->captured) {
			stack = arena_grow(c->a, stack, &cap, n + 1,
			    sizeof(*stack));
			stack[n++] = (struct frame){ e->sym, e->sym->callee };
			e->sym->visiting = true;
		}
	}
}

/* Inputs that neither the program nor a metric reads. */
static void
unused_inputs(struct check *c, const struct symbol *s)
{
	const struct ast *f;

	for (f = s->decl->u.program.in; f; f = f->next)
		if (f->sym && !f->sym->captured && (s != c->out->program ||
		    !(c->whole_pred || table_get(&c->pred,
		    f->u.field.name))))
			diag(c->d, f->u.field.name_at, E_UNUSED_FIELD,
			    "the input '%s' of '%s'", f->u.field.name,
			    s->name);
}

static void
finish(struct check *c)
{
	struct symbol *s;
	unsigned i;

	for (s = c->out->symbol; s; s = s->next) {
		if ((s->kind == SYM_PROGRAM || s->kind == SYM_METRIC) &&
		    !s->captured)
			find_recursion(c, s);
		if (s->kind == SYM_PROGRAM && is_main(c, s) &&
		    c->d->nerror == 0)
			unused_inputs(c, s);
		if (s->kind == SYM_MODULE && !s->captured &&
		    is_main(c, s) && c->d->nerror == 0)
			diag(c->d, check_name_at(s->decl), E_UNUSED_MODULE,
			    "'%s'", s->name);
	}
	for (i = 0; i < c->o->ndefine; i++)
		if (!c->o->define[i].used)
			diag(c->d, (struct span){ 0, 0 }, E_DEFINE,
			    "no const, param or slot is called '%s'",
			    c->o->define[i].name);
}

/* The record of gold fields gets those that were used, in that order. */
static void
finish_gold(struct check *c)
{
	struct ty_field *f;
	size_t i, n = c->gold_fields->n;
	int k;

	f = arena_array(c->a, n, sizeof(*f));
	for (i = 0; i < n; i++) {
		f[i].name = c->gold_fields->order[i].name;
		f[i].type = c->gold_fields->order[i].sym->type;
		k = c->row ? ty_field_index(c->row, f[i].name) : -1;
		if (k >= 0)
			f[i].fallback = c->row->field[k].fallback;
	}
	ty_set_fields(c->t, c->gold, f, (unsigned)n);
}

static void
make_builtins(struct check *c)
{
	unsigned i;

	c->builtins = scope_new(c->a, NULL);
	c->builtin = arena_array(c->a, BI_COUNT, sizeof(*c->builtin));
	for (i = 0; i < BI_COUNT; i++) {
		const char *name = names_intern(c->names, builtins[i].name,
		    strlen(builtins[i].name));

		c->builtin[i] = (struct symbol){ .kind = SYM_BUILTIN,
		    .name = name, .path = name, .index = (int)i,
		    .done = true };
		scope_add(c->builtins, name, &c->builtin[i]);
	}
	c->credit = arena_alloc(c->a, sizeof(*c->credit));
	c->credit->kind = SYM_CREDIT;
	c->credit->name = c->credit->path = names_intern(c->names, "credit",
	    6);
	c->credit->done = true;
	scope_add(c->builtins, c->credit->name, c->credit);
}

struct checked *
check(struct arena *a, struct names *names, struct sources *sources,
    struct unit *u, const struct check_options *o, struct diag *d)
{
	struct check c = { .a = a, .names = names, .sources = sources, .d = d,
	    .o = o, .incomplete = d->nerror > 0 };
	struct unit *x;

	c.out = arena_alloc(a, sizeof(*c.out));
	c.out->unit = c.last_unit = u;
	c.out->types = c.t = ty_table_new(a);
	c.last_test = &c.out->test;
	c.tests = scope_new(a, NULL);
	table_init(&c.pred, a);
	check_load(&c, u);
	if (c.incomplete)
		return NULL;            /* what is missing would be missed */
	make_builtins(&c);
	choose_program(&c);
	c.gold = ty_struct(c.t, c.out->program ? arena_printf(a, "%s_gold",
	    c.out->program->name) : "gold");
	c.gold_fields = scope_new(a, NULL);
	c.out->gold = c.gold;
	if (c.out->program)
		check_symbol(&c, c.out->program, c.out->program->decl->at);
	check_rows(&c);
	check_judges(&c);
	for (x = u->next; x; x = x->next)
		check_unit(&c, x);
	check_unit(&c, u);
	finish_gold(&c);
	if (!diag_full(d))
		finish(&c);
	return c.out;
}
