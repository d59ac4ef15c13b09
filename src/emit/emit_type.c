/* Types in C: their names, structs and enums.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "base/cname.h"
#include "emit/emit_in.h"

static struct gtype *
find(struct gen *g, const struct ty *t)
{
	const union table_value *v = table_get(&g->gtype, t);

	return v != NULL ? v->p : NULL;
}

/* "literal_auto_off", from letters and digits of the values. */
static const char *
literal_name(struct gen *g, const struct ty *t)
{
	enum { MOST = 40 };
	struct buf b = BASE_BUF_INIT;
	const char *s;

	buf_puts(&b, "literal");
	for (unsigned i = 0; i < t->n && b.len < MOST; i++) {
		buf_putc(&b, '_');
		if (t->value[i].kind == TYC_INT)
			buf_int(&b, t->value[i].i);
		s = t->value[i].kind == TYC_STRING ? t->value[i].s :
		    t->value[i].kind == TYC_INT ? "" :
		    t->value[i].i ? "true" : "false";
		for (; *s != '\0' && b.len < MOST; s++)
			buf_putc(&b, isalnum((unsigned char)*s) ? *s : '_');
	}
	for (char *c = b.s; c != NULL && *c != '\0'; c++)
		*c = *c == '-' ? 'm' : *c;
	return gen_take(g, &b);
}

/* Reserves a name that begins with that of a type, if `take`; else says whether
 * it is free. */
static bool
type_part(struct gen *g, bool take, const char *name, const char *part,
    const char *end)
{
	const char *s = arena_printf(&g->a, "%s_%s%s", name, part, end);

	if (take)
		gen_reserve(g, s);
	return take || !gen_is_taken(g, s);
}

/* All that the file names after a type that is called `name`. */
static bool
type_parts(struct gen *g, bool take, const char *name, const struct ty *t)
{
	static const char *const parts[] = { "type", "fields", "variants",
	    "arms", "values" };
	bool ok = true;

	for (size_t i = 0; i < COUNTOF(parts); i++)
		ok = type_part(g, take, name, parts[i], "") && ok;
	for (unsigned i = 0; t->kind == TY_ENUM && i < t->n; i++)
		ok = type_part(g, take, name, t->variant[i].name, "") && ok;
	for (unsigned i = 0; t->kind == TY_STRUCT && i < t->n; i++)
		ok = type_part(g, take, name, t->field[i].name, "_default") &&
		    type_part(g, take, name, t->field[i].name, "_checks") &&
		    ok;
	return ok;
}

static const char *union_name(struct gen *g, const struct ty *t);

/* Types of two imported files may share a name.  What the header declares is
 * asked for first, so that all files agree. */
static const char *
unique_name(struct gen *g, const struct ty *t)
{
	const char *want, *name;
	size_t n = 1;

	if (t->kind == TY_LITERAL)
		want = literal_name(g, t);
	else if (t->kind == TY_ENUM || t->kind == TY_STRUCT)
		want = cname_type(&g->a, t->name);
	else if (t->kind == TY_UNION)
		want = union_name(g, t);
	else
		return NULL;
	name = want;
	/* A name keeps the number that was given behind it last. */
	if (table_at(&g->type_name, want)->n > 0)
		n = table_at(&g->type_name, want)->n;
	while (table_at(&g->type_name, name)->n > 0 ||
	    !type_parts(g, false, name, t))
		name = arena_printf(&g->a, "%s_%zu", want, ++n);
	table_at(&g->type_name, want)->n = n;
	table_at(&g->type_name, name)->n += name != want;
	type_parts(g, true, name, t);
	return name;
}

static void
use(struct gen *g, const struct ty *t, bool described, bool declared)
{
	struct gtype *p = t != NULL ? find(g, t) : NULL;

	if (t == NULL || (p != NULL && (p->described || !described) &&
	    (p->declared || !declared)))
		return;
	if (t->of != NULL)
		use(g, t->of, described, declared);
	for (unsigned i = 0; t->kind == TY_STRUCT && i < t->n; i++)
		use(g, t->field[i].type, described, declared);
	for (unsigned i = 0; t->kind == TY_UNION && i < t->n; i++)
		use(g, t->arm[i], described, declared);
	if (p == NULL) {
		p = arena_alloc(&g->a, sizeof *p);
		p->type = t;
		p->name = unique_name(g, t);
		table_at(&g->gtype, t)->p = p;
		*g->type_end = p;
		g->type_end = &p->next;
	}
	p->declared |= declared;
	if (!described || p->described)
		return;
	p->described = true;
	for (unsigned i = 0; t->kind == TY_STRUCT && i < t->n; i++)
		for (unsigned k = 0; k < t->field[i].ncheck; k++)
			gen_use_body(g, t->field[i].check[k].fn);
}

void
gtype_use(struct gen *g, const struct ty *t, bool described)
{
	use(g, t, described, false);
}

void
gtype_declared(struct gen *g, const struct ty *t)
{
	use(g, t, false, true);
}

void
gtype_known(struct gen *g)
{
	for (struct gtype *p = g->type; p != NULL; p = p->next) {
		p->declared = true;
		p->known = p->described;
	}
}

/* The last arm of a union: int_or_string_list is a list of unions. */
static const char *
mangle_last(struct gen *g, const struct ty *t)
{
	if (t->kind != TY_LIST && t->kind != TY_MAP)
		return gtype_name(g, t);
	return arena_printf(&g->a, "%s_of_%s", t->kind == TY_LIST ? "list" :
	    "map", gtype_name(g, t->of));
}

static const char *
union_name(struct gen *g, const struct ty *t)
{
	const char *s = gtype_name(g, t->arm[0]);

	for (unsigned i = 1; i < t->n; i++)
		s = arena_printf(&g->a, "%s_or_%s", s, i + 1 < t->n ?
		    gtype_name(g, t->arm[i]) : mangle_last(g, t->arm[i]));
	return s;
}

/* The type as a part of a C name. */
const char *
gtype_name(struct gen *g, const struct ty *t)
{
	switch (t->kind) {
	case TY_STRING: return "string";
	case TY_INT:    return "int";
	case TY_FLOAT:  return "float";
	case TY_BOOL:   return "bool";
	case TY_IMAGE:  return "image";
	case TY_AUDIO:  return "audio";
	case TY_FILE:   return "file";
	case TY_LITERAL:
	case TY_ENUM:
	case TY_STRUCT:
	case TY_UNION:
		return find(g, t)->name;
	case TY_LIST:
		return arena_printf(&g->a, "%s_list", gtype_name(g, t->of));
	case TY_OPTIONAL:
		return arena_printf(&g->a, "%s_optional", gtype_name(g, t->of));
	case TY_MAP:
		return arena_printf(&g->a, "%s_map", gtype_name(g, t->of));
	case TY_POISON:
	case TY_VOID:
	case TY_NULL:
		break;
	}
	BUG("no C for a type of kind %d", (int)t->kind);
}

/* The same for its C type: lists and maps of literals are those of what the
 * literals have their values from. */
static const char *
c_mangle(struct gen *g, const struct ty *t)
{
	if (t->kind == TY_LIST)
		return arena_printf(&g->a, "%s_list", c_mangle(g, t->of));
	if (t->kind == TY_OPTIONAL)
		return arena_printf(&g->a, "%s_optional", c_mangle(g, t->of));
	if (t->kind == TY_MAP)
		return arena_printf(&g->a, "%s_map", c_mangle(g, t->of));
	return gtype_name(g, ty_base(t));
}

static bool
is_text(const struct ty *t)
{
	t = ty_base(t);
	return t->kind == TY_STRING || t->kind == TY_IMAGE ||
	    t->kind == TY_AUDIO || t->kind == TY_FILE;
}

/* The list of them that the runtime has; or NULL. */
static const char *
ready_list(const struct ty *of)
{
	if (is_text(of))
		return "struct mip_strings";
	of = ty_base(of);
	return of->kind == TY_INT ? "struct mip_ints" :
	    of->kind == TY_FLOAT ? "struct mip_floats" :
	    of->kind == TY_BOOL ? "struct mip_bools" : NULL;
}

const char *
gtype_c(struct gen *g, const struct ty *t)
{
	const struct ty *of = t->of != NULL ? ty_base(t->of) : NULL;

	t = ty_base(t);
	if (is_text(t))
		return "const char *";
	switch (t->kind) {
	case TY_INT:   return "int64_t";
	case TY_FLOAT: return "double";
	case TY_BOOL:  return "bool";
	case TY_ENUM:
		return arena_printf(&g->a, "enum %s", gtype_name(g, t));
	case TY_OPTIONAL:
		if (of->kind == TY_STRING)
			return "const char *";
		if (is_text(of))
			return "const char *const *";
		return arena_printf(&g->a, "const %s *", gtype_c(g, of));
	case TY_LIST:
		if (ready_list(of) != NULL)
			return ready_list(of);
		return arena_printf(&g->a, "struct %s", c_mangle(g, t));
	case TY_STRUCT:
	case TY_MAP:
	case TY_UNION:
		return arena_printf(&g->a, "struct %s", c_mangle(g, t));
	case TY_STRING: case TY_LITERAL: case TY_IMAGE: case TY_AUDIO:
	case TY_FILE: case TY_POISON: case TY_VOID: case TY_NULL:
		break;
	}
	BUG("no C for a type of kind %d", (int)t->kind);
}

const char *
gtype_decl(struct gen *g, const struct ty *t, const char *name)
{
	const char *c = gtype_c(g, t);
	bool star = c[strlen(c) - 1] == '*';

	return arena_printf(&g->a, star ? "%s%s" : "%s %s", c, name);
}

const char *
gtype_member(struct gen *g, const struct ty *t, unsigned field)
{
	const char *s = cname_ident(&g->a, t->field[field].name);

	/* Others are called as they are written. */
	for (unsigned i = 0; s != t->field[field].name && i < t->n; )
		if (strcmp(t->field[i++].name, s) == 0) {
			s = arena_printf(&g->a, "%s_", s);
			i = 0;
		}
	return s;
}

const char *
gtype_arm(struct gen *g, const struct ty *t, unsigned n)
{
	return arena_printf(&g->a, "as_%s", gtype_name(g, t->arm[n]));
}

const char *
gtype_variant(struct gen *g, const struct ty *t, unsigned n)
{
	return arena_printf(&g->a, "%s_%s", gtype_name(g, t),
	    t->variant[n].name);
}

/* ---- declarations ---- */

static void
declare_struct(struct gen *g, const struct ty *t)
{
	if (t->desc != NULL)
		cw_comment(&g->w, t->desc);
	cw_open(&g->w, "struct %s {", gtype_name(g, t));
	for (unsigned i = 0; i < t->n; i++)
		cw_line(&g->w, "%s;", gtype_decl(g, t->field[i].type,
		    gtype_member(g, t, i)));
	if (t->n == 0)
		cw_line(&g->w, "char none;      /* C wants a member */");
	cw_close(&g->w, "};");
}

static void
declare_union(struct gen *g, const struct ty *t)
{
	cw_open(&g->w, "struct %s {", gtype_name(g, t));
	cw_line(&g->w, "int arm;");
	cw_open(&g->w, "union {");
	for (unsigned i = 0; i < t->n; i++)
		cw_line(&g->w, "%s; /* arm %u */", gtype_decl(g, t->arm[i],
		    gtype_arm(g, t, i)), i);
	cw_close(&g->w, "} u;");
	cw_close(&g->w, "};");
}

static void
declare_enum(struct gen *g, const struct ty *t)
{
	cw_open(&g->w, "enum %s {", gtype_name(g, t));
	for (unsigned i = 0; i < t->n; i++)
		cw_line(&g->w, "%s%s", gtype_variant(g, t, i),
		    i + 1 < t->n ? "," : "");
	cw_close(&g->w, "};");
}

/* The array of a list or a map. */
static void
declare_items(struct gen *g, const struct ty *of)
{
	const char *c = gtype_c(g, of);

	cw_line(&g->w, c[strlen(c) - 1] == '*' ? "%sconst *v;" :
	    "const %s *v;", c);
}

static void
declare(struct gen *g, const struct ty *t)
{
	if (t->kind == TY_ENUM) {
		declare_enum(g, t);
	} else if (t->kind == TY_STRUCT) {
		declare_struct(g, t);
	} else if (t->kind == TY_UNION) {
		declare_union(g, t);
	} else if (t->kind == TY_MAP) {
		cw_open(&g->w, "%s {", gtype_c(g, t));
		cw_line(&g->w, "const char *const *key;");
		declare_items(g, t->of);
		cw_line(&g->w, "size_t n;");
		cw_close(&g->w, "};");
	} else if (t->kind == TY_LIST && ready_list(t->of) == NULL) {
		cw_open(&g->w, "%s {", gtype_c(g, t));
		declare_items(g, t->of);
		cw_line(&g->w, "size_t n;");
		cw_close(&g->w, "};");
	} else {
		return;
	}
	cw_blank(&g->w);
}

/* Types that differ in literals alone are one in C. */
static bool
is_new(struct gen *g, const struct ty *t)
{
	if (t->kind != TY_LIST && t->kind != TY_MAP)
		return true;
	return table_at(&g->type_name, gtype_c(g, t))->n++ == 0;
}

void
gtype_declare_all(struct gen *g)
{
	for (struct gtype *p = g->type; p != NULL; p = p->next)
		if (p->declared)
			is_new(g, p->type);
	for (struct gtype *p = g->type; p != NULL; p = p->next)
		if (!p->declared && is_new(g, p->type))
			declare(g, p->type);
}

/* What was written behind `at`, only once in a translation unit: headers of two
 * programs may have the same types.  Other types of the same name are told by
 * the C compiler. */
static void
guard_type(struct gen *g, const struct ty *t, size_t at)
{
	struct buf *b = g->w.out;
	char *text = arena_strdup(&g->a, buf_str(b) + at);
	size_t n = strlen(text);
	const char *s;
	uint64_t h = UINT64_C(14695981039346656037);

	for (s = text; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(1099511628211);
	if (n > 1 && text[n - 2] == '\n')       /* its blank line comes last */
		text[n - 1] = '\0';
	b->len = at;
	cw_line(&g->w, "#ifndef MIP_TYPE_%s_%016" PRIx64, gtype_name(g, t), h);
	cw_line(&g->w, "#define MIP_TYPE_%s_%016" PRIx64, gtype_name(g, t), h);
	buf_puts(b, text);
	cw_line(&g->w, "#endif");
	cw_blank(&g->w);
}

void
gtype_declare_once(struct gen *g)
{
	size_t at;

	for (struct gtype *p = g->type; p != NULL; p = p->next) {
		if (p->declared || !is_new(g, p->type))
			continue;
		at = g->w.out->len;
		declare(g, p->type);
		if (g->w.out->len > at)
			guard_type(g, p->type, at);
	}
}

bool
gtype_is_described(struct gen *g, const struct ty *t)
{
	const struct gtype *p = find(g, t);

	return p != NULL && p->described && !p->known;
}
