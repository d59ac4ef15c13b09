/* Constants, params, signatures, modules, programs as others see them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "front/check_in.h"

/* ---- const, param ---- */

/* The text that -D gives for `name`, the last one; NULL. */
static const char *
defined(struct check *c, const char *name)
{
	const char *value = NULL;
	unsigned i;

	for (i = 0; i < c->o->ndefine; i++) {
		if (strcmp(c->o->define[i].name, name) != 0)
			continue;
		c->o->define[i].used = true;
		value = c->o->define[i].value;
	}
	return value;
}

/* The text of -D as a constant of type `t`. */
static bool
read_value(const struct ty *t, const char *s, struct ty_const *out)
{
	char *end = NULL;
	int i;

	*out = (struct ty_const){ .kind = TYC_NONE };
	if (t->kind == TY_OPTIONAL) {
		if (strcmp(s, "null") == 0) {
			out->kind = TYC_NULL;
			return true;
		}
		t = t->of;
	}
	if (t->kind == TY_LITERAL)
		return read_value(t->of, s, out) && ty_value_index(t, out) >= 0;
	errno = 0;
	switch ((unsigned)t->kind) {
	case TY_STRING:
		out->kind = TYC_STRING;
		out->s = s;
		return true;
	case TY_INT:
		out->kind = TYC_INT;
		out->i = strtoll(s, &end, 10);
		return *s && !*end && errno == 0;
	case TY_FLOAT:
		out->kind = TYC_FLOAT;
		out->f = strtod(s, &end);
		return *s && !*end && out->f - out->f == 0;
	case TY_BOOL:
		out->kind = TYC_BOOL;
		out->i = strcmp(s, "true") == 0;
		return out->i || strcmp(s, "false") == 0;
	case TY_ENUM:
		i = ty_variant_index(t, s);
		out->kind = TYC_ENUM;
		if (i >= 0) {
			out->i = i;
			out->s = t->variant[i].name;
		}
		return i >= 0;
	}
	return false;
}

/* Applies -D; true if there is one for `s`. */
static bool
apply_define(struct check *c, struct symbol *s)
{
	const char *text = defined(c, s->path);

	if (!text)
		return false;
	if (s->type->kind == TY_POISON)
		return true;
	if (!read_value(s->type, text, &s->value)) {
		diag(c->d, check_name_at(s->decl), E_DEFINE,
		    "'%s' is %s, which '%s' is not", s->path,
		    check_text(c, s->type), text);
		s->value.kind = TYC_NONE;
	}
	return true;
}

/* What a param can be. */
static bool
is_scalar(const struct ty *t)
{
	if (t->kind == TY_OPTIONAL)
		t = t->of;
	return t->kind == TY_STRING || t->kind == TY_INT ||
	    t->kind == TY_FLOAT || t->kind == TY_BOOL ||
	    t->kind == TY_ENUM || t->kind == TY_LITERAL ||
	    t->kind == TY_POISON;
}

void
check_const_decl(struct check *c, struct symbol *s)
{
	struct ast *n = s->decl, *type, *value, *tune = NULL;
	const struct ty *t = NULL;

	if (n->kind == AST_CONST) {
		type = n->u.constant.type;
		value = n->u.constant.value;
	} else {
		type = n->u.param.type;
		value = n->u.param.value;
		tune = n->u.param.tune;
	}
	if (type)
		t = check_type(c, type);
	check_constant(c, value, t, &s->value);
	s->type = t ? t : value->type;
	if (s->type->kind == TY_NULL) {
		diag(c->d, value->at, E_UNTYPED, "say which: T? = null");
		s->type = check_poison(c);
	} else if (n->kind == AST_PARAM && !is_scalar(s->type)) {
		diag(c->d, value->at, E_TYPE, "a param is a string, int, "
		    "float, bool or a name of an enum, not %s",
		    check_text(c, s->type));
		s->type = check_poison(c);
	}
	if (tune)
		check_tune(c, &(struct tunable){ s->name, s->type, s->value,
		    value->at }, tune);
	s->defined = apply_define(c, s);
	s->pinned = s->defined && tune;
	if (s->defined || !tune)
		s->kind = SYM_CONST;
}

/* ---- signatures, modules, programs ---- */

static void
missing_descriptions(struct check *c, struct ast *list)
{
	for (; list; list = list->next)
		if (!list->u.field.desc)
			diag(c->d, list->u.field.name_at,
			    E_MISSING_DESCRIPTION, "'%s'",
			    list->u.field.name);
}

static bool
holds_media(const struct ty *t)
{
	unsigned i;

	if (ty_is_media(t) || (t->of && holds_media(t->of)))
		return true;
	for (i = 0; t->kind == TY_UNION && i < t->n; i++)
		if (holds_media(t->arm[i]))
			return true;
	for (i = 0; t->kind == TY_STRUCT && i < t->n; i++)
		if (holds_media(t->field[i].type))
			return true;
	return false;
}

/* Media are parts of a message, each an input of its own, and models send
 * none. */
static void
misplaced_media(struct check *c, const struct ast *list, bool in)
{
	const struct ty *t;

	for (; list; list = list->next) {
		t = list->u.field.type->type;
		if (!t || !holds_media(t) || (in && ty_is_media(t)))
			continue;
		diag(c->d, list->u.field.type->at, E_MEDIA, in ?
		    "'%s' is %s; the value must be an input of its own" :
		    "'%s' is %s; what a model sends is text",
		    list->u.field.name, check_text(c, t));
	}
}

void
check_signature(struct check *c, struct symbol *s)
{
	struct ast *n = s->decl;
	struct scope *seen = scope_new(c->a, NULL);
	struct ty *in = ty_struct(c->t, s->name);
	struct ty *out = ty_struct(c->t, s->name);

	in->at = out->at = check_name_at(n);
	check_fields(c, in, n->u.signature.in, seen, NULL);
	check_fields(c, out, n->u.signature.out, seen, NULL);
	if (!n->u.signature.out)
		diag(c->d, check_name_at(n), E_MODULE,
		    "'%s' has no output", s->name);
	if (!n->u.signature.text)
		diag(c->d, check_name_at(n), E_MISSING_DESCRIPTION, "'%s'",
		    s->name);
	missing_descriptions(c, n->u.signature.in);
	missing_descriptions(c, n->u.signature.out);
	misplaced_media(c, n->u.signature.in, true);
	misplaced_media(c, n->u.signature.out, false);
	s->in = in;
	s->type = out;
}

const struct ty *
check_record_of(struct check *c, const struct symbol *s, const char *suffix,
    const struct ty *like, const struct ty_field *before)
{
	char *name = arena_printf(c->a, "%s%s", s->path, suffix), *p;
	struct ty_field *f;
	struct ty *t;
	unsigned n = 0, i;

	for (p = name; *p; p++)
		if (*p == '.')
			*p = '_';
	t = ty_struct(c->t, name);
	t->at = check_name_at(s->decl);
	f = arena_array(c->a, like->n + 1, sizeof(*f));
	if (before)
		f[n++] = *before;
	if (like->n)
		memcpy(f + n, like->field, like->n * sizeof(*f));
	for (i = n; i < n + like->n; i++) {
		struct ty_check *k = arena_array(c->a, f[i].ncheck, sizeof(*k));

		if (f[i].ncheck > 0)
			memcpy(k, f[i].check, f[i].ncheck * sizeof(*k));
		f[i].check = k;
	}
	ty_set_fields(c->t, t, f, n + like->n);
	return t;
}

/* The call on the right of `module m =`, if it is one that we know. */
static bool
module_kind(struct check *c, struct symbol *s, struct ast *v)
{
	const char *name, *from[MODULE_NKIND];
	unsigned i;

	if (v->kind != AST_CALL || v->u.call.fn->kind != AST_NAME) {
		diag(c->d, v->at, E_MODULE, "expected predict(...) or "
		    "chain_of_thought(...)");
		return false;
	}
	name = v->u.call.fn->u.name.name;
	for (i = 0; i < MODULE_NKIND; i++) {
		from[i] = check_combines[i].name;
		if (strcmp(from[i], name) == 0) {
			s->module = (enum module_kind)i;
			return true;
		}
	}
	diag(c->d, v->u.call.fn->at, E_MODULE, "'%s'%s", name,
	    check_nearest(c, name, from, MODULE_NKIND));
	check_offer(c, v->u.call.fn->at);
	return false;
}

static const struct option_rule module_options[] = {
	{ "model", OPT_OTHER, NULL, NULL },
	{ "temperature", OPT_SLOT_NUMBER, NULL, NULL },
	{ "demos", OPT_DEMOS, NULL, NULL },
	{ "reask", OPT_INT, NULL, NULL },
	{ "max_repair", OPT_INT, NULL, NULL },
	{ "structure", OPT_SLOT_WORD,
	  "auto native function grammar json_object prompt", NULL },
	{ "parse", OPT_WORD, "tolerant strict native", NULL },
	{ "format", OPT_SLOT_WORD, "json markers labels xml plain", NULL },
	{ "on_overflow", OPT_WORD, "fail trim_demos", NULL },
	{ "on_refusal", OPT_OTHER, NULL, NULL },
	{ "template", OPT_OTHER, NULL, NULL },
	{ NULL, OPT_OTHER, NULL, NULL }
};

/* The option that -D m.format=json and the like make, in the place of the one
 * that is written. */
static void
pin_option(struct check *c, struct symbol *s, const struct option_rule *r,
    const char *text)
{
	struct ast **p = &s->decl->u.value.option, *o, *value;

	value = check_option_text(c, r, text);
	if (!value) {
		diag(c->d, check_name_at(s->decl), E_DEFINE,
		    "'%s.%s' is %s%s, which '%s' is not", s->path, r->name,
		    r->kind == OPT_SLOT_WORD ? "one of: " : "",
		    r->kind == OPT_SLOT_WORD ? r->words :
		    "a number from 0 to 2", text);
		return;
	}
	o = arena_alloc(c->a, sizeof(*o));
	*o = (struct ast){ .kind = AST_OPTION };
	o->at = value->at = o->u.option.name_at = check_name_at(s->decl);
	o->u.option.name = names_intern(c->names, r->name, strlen(r->name));
	o->u.option.value = value;
	while (*p && strcmp((*p)->u.option.name, r->name) != 0)
		p = &(*p)->next;
	if (*p) {
		o->at = value->at = (*p)->at;
		o->next = (*p)->next;
	}
	*p = o;
}

/* Applies -D to the slots of a module that are options of it. */
static void
pin_options(struct check *c, struct symbol *s)
{
	const struct option_rule *r;
	enum slot_kind k;
	const char *text;

	for (r = module_options; r->name; r++) {
		if (!slot_find(r->name, &k) || (r->kind != OPT_SLOT_WORD &&
		    r->kind != OPT_SLOT_NUMBER))
			continue;
		text = defined(c, arena_printf(c->a, "%s.%s", s->path,
		    r->name));
		if (!text)
			continue;
		pin_option(c, s, r, text);
		s->pinned |= 1u << k;
	}
}

/* What a module gives where its model would not answer. */
static void
refusal(struct check *c, struct ast *record, const struct ty *out)
{
	unsigned before = c->d->nerror;
	struct ty_const v;
	struct ast *m;

	check_record(c, record, out);
	for (m = record->u.record.member; m && c->d->nerror == before;
	    m = m->next)
		if (!check_const(c->a, m->u.arg.value, &v))
			diag(c->d, m->u.arg.value->at, E_CONSTANT, "%s", "");
}

void
check_module_settings(struct check *c, struct symbol *s)
{
	struct ast *list = s->decl->u.value.option, *o;

	check_options(c, list, module_options, "module", false);
	pin_options(c, s);
	list = s->decl->u.value.option;
	o = ast_option(list, "model");
	if (!o)
		diag(c->d, check_name_at(s->decl), E_MISSING,
		    "'%s' has no model", s->name);
	else if (o->u.option.value)
		s->model = check_ref_kind(c, o->u.option.value, SYM_MODEL);
	o = ast_option(list, "demos");
	if (o && check_is_knn(o->u.option.value))
		check_knn(c, s, o->u.option.value);
	o = ast_option(list, "template");
	if (o)
		check_template(c, s, o);
	o = ast_option(list, "on_refusal");
	if (!o || !s->type)
		return;
	if (!o->u.option.value || o->u.option.value->kind != AST_RECORD)
		diag(c->d, o->at, E_VALUE, "'on_refusal' is a record of "
		    "outputs: { label = OTHER }");
	else
		refusal(c, o->u.option.value, s->signature->type);
}

void
check_module(struct check *c, struct symbol *s)
{
	struct ast *v = s->decl->u.value.value, *arg;
	struct ty_field reasoning = { .name = "reasoning" };

	if (!module_kind(c, s, v))
		return;
	if (s->module != MODULE_PREDICT &&
	    s->module != MODULE_CHAIN_OF_THOUGHT) {
		check_combine(c, s);
		return;
	}
	arg = v->u.call.arg;
	if (!arg || arg->next || arg->u.arg.name) {
		diag(c->d, v->at, E_MODULE, "'%s' takes one signature",
		    v->u.call.fn->u.name.name);
		return;
	}
	s->signature = check_ref_kind(c, arg->u.arg.value, SYM_SIGNATURE);
	if (s->signature && s->signature->type->kind == TY_STRUCT) {
		bool cot = s->module == MODULE_CHAIN_OF_THOUGHT;

		reasoning.name = names_intern(c->names, "reasoning", 9);
		reasoning.type = check_basic(c, TY_STRING);
		reasoning.at = check_name_at(s->decl);
		if (cot && (ty_field_index(s->signature->type,
		    "reasoning") >= 0 || ty_field_index(s->signature->in,
		    "reasoning") >= 0))
			diag(c->d, arg->at, E_DUPLICATE, "'reasoning', which "
			    "chain_of_thought adds");
		s->in = check_record_of(c, s, "_in", s->signature->in, NULL);
		s->type = check_record_of(c, s, "_out", s->signature->type,
		    cot ? &reasoning : NULL);
	}
	check_module_settings(c, s);
}

void
check_program(struct check *c, struct symbol *s)
{
	struct ast *n = s->decl;
	struct ty *in = ty_struct(c->t, ""), *out = ty_struct(c->t, "");

	check_fields(c, in, n->u.program.in, scope_new(c->a, NULL), NULL);
	check_fields(c, out, n->u.program.out, scope_new(c->a, NULL), NULL);
	if (!n->u.program.out)
		diag(c->d, check_name_at(n), E_RECORD, "'%s' has no output",
		    s->name);
	s->in = check_record_of(c, s, "_in", in, NULL);
	s->type = check_record_of(c, s, "_out", out, NULL);
}
