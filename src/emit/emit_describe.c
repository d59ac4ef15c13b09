/* The tables that describe types.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "emit/emit_in.h"

/* The descriptor's name if the runtime has it, or NULL. */
static const char *
ready_made(const struct ty *t)
{
	const struct ty *of = t->of;

	switch (t->kind) {
	case TY_STRING: return "mip_string";
	case TY_INT:    return "mip_int";
	case TY_FLOAT:  return "mip_float";
	case TY_BOOL:   return "mip_bool";
	case TY_LIST:
		if (of->kind == TY_STRING)
			return "mip_string_list";
		if (of->kind == TY_INT)
			return "mip_int_list";
		if (of->kind == TY_FLOAT)
			return "mip_float_list";
		return of->kind == TY_BOOL ? "mip_bool_list" : NULL;
	case TY_OPTIONAL:
		return of->kind == TY_STRING ? "mip_string_optional" : NULL;
	case TY_ENUM: case TY_STRUCT: case TY_MAP: case TY_UNION:
	case TY_LITERAL: case TY_IMAGE: case TY_AUDIO: case TY_FILE:
	case TY_POISON: case TY_VOID: case TY_NULL:
		return NULL;
	}
	BUG("type");
}

const char *
gtype_desc(struct gen *g, const struct ty *t)
{
	const char *ready = ready_made(t);

	if (ready != NULL)
		return arena_printf(&g->a, "&%s", ready);
	return arena_printf(&g->a, "&%s_type", gtype_name(g, t));
}

/* The object that a field's default points to; its name, or NULL. */
static const char *
describe_default(struct gen *g, const struct ty *t, unsigned i)
{
	const struct ty_field *f = &t->field[i];
	const char *name;

	if (f->fallback.kind == TYC_NONE || f->fallback.kind == TYC_NULL)
		return NULL;
	name = arena_printf(&g->a, "%s_%s_default", gtype_name(g, t), f->name);
	cw_line(&g->w, "%s", gen_const_decl(g, f->type, name, &f->fallback));
	return name;
}

static const char *
field_flags(struct gen *g, const struct ty_field *f)
{
	const char *s = "";

	if (f->fence)
		s = arena_printf(&g->a, "%s | MIP_FENCE", s);
	if (f->hidden)
		s = arena_printf(&g->a, "%s | MIP_HIDDEN", s);
	if (f->has_min)
		s = arena_printf(&g->a, "%s | MIP_HAS_MIN", s);
	if (f->has_max)
		s = arena_printf(&g->a, "%s | MIP_HAS_MAX", s);
	if (f->stream_done)
		s = arena_printf(&g->a, "%s | MIP_STREAM_DONE", s);
	return *s != '\0' ? s + 3 : NULL;
}

static void
describe_field(struct gen *g, const struct ty *t, unsigned i,
    const char *fallback, const char *checks)
{
	const struct ty_field *f = &t->field[i];
	const char *member = gtype_member(g, t, i);
	const char *flags = field_flags(g, f), *s;

	if (strcmp(member, f->name) == 0)
		s = arena_printf(&g->a, "MIP_FIELD(struct %s, %s, %s, %s)",
		    gtype_name(g, t), member, gtype_desc(g, f->type),
		    gen_string(g, f->desc));
	else
		s = arena_printf(&g->a, ".name = \"%s\", .desc = %s, "
		    ".type = %s, .offset = offsetof(struct %s, %s)", f->name,
		    gen_string(g, f->desc), gtype_desc(g, f->type),
		    gtype_name(g, t), member);
	if (f->alias != NULL)
		s = arena_printf(&g->a, "%s, .alias = %s", s,
		    gen_string(g, f->alias));
	if (fallback != NULL)
		s = arena_printf(&g->a, "%s, .fallback = &%s", s, fallback);
	if (flags != NULL)
		s = arena_printf(&g->a, "%s, .flags = %s", s, flags);
	if (f->has_min)
		s = arena_printf(&g->a, "%s, .min = %s", s,
		    gen_float(g, f->min));
	if (f->has_max)
		s = arena_printf(&g->a, "%s, .max = %s", s,
		    gen_float(g, f->max));
	if (f->regex != NULL)
		s = arena_printf(&g->a, "%s, .regex = %s", s,
		    gen_string(g, f->regex));
	if (checks != NULL)
		s = arena_printf(&g->a, "%s, .check = %s, .ncheck = %u", s,
		    checks, f->ncheck);
	cw_line(&g->w, "{ %s },", s);
}

static void
describe_struct(struct gen *g, const struct ty *t)
{
	const char *name = gtype_name(g, t);
	const char **fallback = arena_array(&g->a, t->n + 1,
	    sizeof *fallback);
	const char **checks = arena_array(&g->a, t->n + 1, sizeof *checks);

	for (unsigned i = 0; i < t->n; i++) {
		fallback[i] = describe_default(g, t, i);
		checks[i] = gen_checks(g, name, &t->field[i]);
	}
	if (t->n != 0) {
		cw_open(&g->w, "static const struct mip_field %s_fields[] = {",
		    name);
		for (unsigned i = 0; i < t->n; i++)
			describe_field(g, t, i, fallback[i], checks[i]);
		cw_close(&g->w, "};");
	}
	cw_open(&g->w, "static const struct mip_type %s_type = {", name);
	cw_line(&g->w, ".kind = MIP_STRUCT, .size = sizeof(struct %s),", name);
	if (t->n != 0)
		cw_line(&g->w, ".name = %s, .field = %s_fields, .n = %u",
		    gen_string(g, t->name), name, t->n);
	else
		cw_line(&g->w, ".name = %s", gen_string(g, t->name));
	cw_close(&g->w, "};");
}

static void
describe_enum(struct gen *g, const struct ty *t)
{
	const char *name = gtype_name(g, t);

	cw_open(&g->w, "static const struct mip_variant %s_variants[] = {",
	    name);
	for (unsigned i = 0; i < t->n; i++)
		cw_line(&g->w, "{ %s, %s, %s },",
		    gen_string(g, t->variant[i].name),
		    gen_string(g, t->variant[i].alias),
		    gen_string(g, t->variant[i].desc));
	cw_close(&g->w, "};");
	cw_open(&g->w, "static const struct mip_type %s_type = {", name);
	cw_line(&g->w, ".kind = MIP_ENUM, .size = sizeof(enum %s),", name);
	cw_line(&g->w, ".name = %s, .variant = %s_variants, .n = %u",
	    gen_string(g, t->name), name, t->n);
	cw_close(&g->w, "};");
}

static void
describe_union(struct gen *g, const struct ty *t)
{
	const char *name = gtype_name(g, t);

	cw_open(&g->w, "static const struct mip_type *const %s_arms[] = {",
	    name);
	for (unsigned i = 0; i < t->n; i++)
		cw_line(&g->w, "%s%s", gtype_desc(g, t->arm[i]),
		    i + 1 < t->n ? "," : "");
	cw_close(&g->w, "};");
	cw_open(&g->w, "static const struct mip_type %s_type = {", name);
	cw_line(&g->w, ".kind = MIP_UNION, .size = sizeof(struct %s),", name);
	cw_line(&g->w, ".arm = %s_arms, .n = %u, "
	    ".arm_at = offsetof(struct %s, u)", name, t->n, name);
	cw_close(&g->w, "};");
}

static void
describe_literal(struct gen *g, const struct ty *t)
{
	const char *name = gtype_name(g, t);

	cw_open(&g->w, "static %s %s_values[] = {", gen_const_of(g, t), name);
	for (unsigned i = 0; i < t->n; i++)
		cw_line(&g->w, "%s%s", gen_const(g, t->of, &t->value[i]),
		    i + 1 < t->n ? "," : "");
	cw_close(&g->w, "};");
	cw_open(&g->w, "static const struct mip_type %s_type = {", name);
	cw_line(&g->w, ".kind = MIP_LITERAL, .size = sizeof(%s),",
	    gtype_c(g, t));
	cw_line(&g->w, ".of = %s, .value = %s_values, .n = %u",
	    gtype_desc(g, t->of), name, t->n);
	cw_close(&g->w, "};");
}

static void
describe(struct gen *g, const struct ty *t)
{
	const char *name;

	if (ready_made(t) != NULL)
		return;
	name = gtype_name(g, t);
	switch (t->kind) {
	case TY_STRUCT: describe_struct(g, t); break;
	case TY_ENUM:   describe_enum(g, t); break;
	case TY_UNION:  describe_union(g, t); break;
	case TY_LIST:
	case TY_OPTIONAL:
	case TY_MAP:
		cw_open(&g->w, "static const struct mip_type %s_type = {",
		    name);
		cw_line(&g->w, ".kind = %s, .size = sizeof(%s), .of = %s",
		    t->kind == TY_LIST ? "MIP_LIST" :
		    t->kind == TY_MAP ? "MIP_MAP" : "MIP_OPTIONAL",
		    gtype_c(g, t), gtype_desc(g, t->of));
		cw_close(&g->w, "};");
		break;
	case TY_LITERAL: describe_literal(g, t); break;
	case TY_IMAGE:
	case TY_AUDIO:
	case TY_FILE:
		cw_line(&g->w, "static const struct mip_type %s_type = { "
		    ".kind = %s, .size = sizeof(char *), .name = %s };", name,
		    t->kind == TY_IMAGE ? "MIP_IMAGE" :
		    t->kind == TY_AUDIO ? "MIP_AUDIO" : "MIP_FILE",
		    gen_string(g, t->name));
		break;
	case TY_STRING: case TY_INT: case TY_FLOAT: case TY_BOOL:
	case TY_POISON: case TY_VOID: case TY_NULL:
		BUG("type");
	}
	cw_blank(&g->w);
}

void
gtype_describe_all(struct gen *g)
{
	for (struct gtype *p = g->type; p != NULL; p = p->next)
		if (p->described && !p->known)
			describe(g, p->type);
}
