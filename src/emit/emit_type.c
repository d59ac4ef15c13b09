/* Types in C: structs and enums, and the tables that describe them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

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

/* Types of two imported files may share a name.  What the header declares is
 * asked for first, so that all files agree. */
static const char *
unique_name(struct gen *g, const struct ty *t)
{
	const char *want, *name;
	size_t n;

	if (t->kind == TY_LITERAL)
		want = literal_name(g, t);
	else if (t->kind == TY_ENUM || t->kind == TY_STRUCT)
		want = cw_ident(&g->a, t->name);
	else
		return NULL;
	name = want;
	/* A name keeps the number that was given behind it last. */
	while ((n = table_at(&g->type_name, name)->n) > 0) {
		n = table_at(&g->type_name, want)->n++ + 1;
		name = arena_printf(&g->a, "%s_%zu", want, n);
	}
	table_at(&g->type_name, name)->n = 1;
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

static const char *mangle(struct gen *g, const struct ty *t);

/* The last arm of a union: int_or_string_list is a list of unions. */
static const char *
mangle_last(struct gen *g, const struct ty *t)
{
	if (t->kind != TY_LIST && t->kind != TY_MAP)
		return mangle(g, t);
	return arena_printf(&g->a, "%s_of_%s", t->kind == TY_LIST ? "list" :
	    "map", mangle(g, t->of));
}

/* The type as a part of a C name. */
static const char *
mangle(struct gen *g, const struct ty *t)
{
	const char *s;

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
		return find(g, t)->name;
	case TY_LIST:
		return arena_printf(&g->a, "%s_list", mangle(g, t->of));
	case TY_OPTIONAL:
		return arena_printf(&g->a, "%s_optional", mangle(g, t->of));
	case TY_MAP:
		return arena_printf(&g->a, "%s_map", mangle(g, t->of));
	case TY_UNION:
		s = mangle(g, t->arm[0]);
		for (unsigned i = 1; i < t->n; i++)
			s = arena_printf(&g->a, "%s_or_%s", s,
			    i + 1 < t->n ? mangle(g, t->arm[i]) :
			    mangle_last(g, t->arm[i]));
		return s;
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
	return mangle(g, ty_base(t));
}

static bool
is_text(const struct ty *t)
{
	t = ty_base(t);
	return t->kind == TY_STRING || t->kind == TY_IMAGE ||
	    t->kind == TY_AUDIO || t->kind == TY_FILE;
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
		return arena_printf(&g->a, "enum %s", mangle(g, t));
	case TY_OPTIONAL:
		if (of->kind == TY_STRING)
			return "const char *";
		if (is_text(of))
			return "const char *const *";
		return arena_printf(&g->a, "const %s *", gtype_c(g, of));
	case TY_LIST:
		if (is_text(of))
			return "struct mip_strings";
		if (of->kind == TY_INT)
			return "struct mip_ints";
		if (of->kind == TY_FLOAT)
			return "struct mip_floats";
		if (of->kind == TY_BOOL)
			return "struct mip_bools";
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
	return cw_ident(&g->a, t->field[field].name);
}

const char *
gtype_arm(struct gen *g, const struct ty *t, unsigned n)
{
	return arena_printf(&g->a, "as_%s", mangle(g, t->arm[n]));
}

const char *
gtype_variant(struct gen *g, const struct ty *t, unsigned n)
{
	return arena_printf(&g->a, "%s_%s", mangle(g, t), t->variant[n].name);
}

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
	return arena_printf(&g->a, "&%s_type", mangle(g, t));
}

/* ---- literals ---- */

const char *
gen_take(struct gen *g, struct buf *b)
{
	const char *text = arena_strdup(&g->a, buf_str(b));

	g->w.out->failed |= b->failed;
	buf_release(b);
	return text;
}

const char *
gen_string(struct gen *g, const char *s)
{
	struct buf b = BASE_BUF_INIT;

	if (s == NULL)
		return "NULL";
	cw_string(&b, s);
	return gen_take(g, &b);
}

const char *
gen_int(struct gen *g, int64_t v)
{
	if (v == INT64_MIN || v == INT64_MAX)
		return v < 0 ? "INT64_MIN" : "INT64_MAX";
	if (v >= INT_MIN && v <= INT_MAX)
		return arena_printf(&g->a, "%" PRId64, v);
	return arena_printf(&g->a, "INT64_C(%" PRId64 ")", v);
}

const char *
gen_float(struct gen *g, double v)
{
	struct buf b = BASE_BUF_INIT;

	buf_double(&b, v);
	return gen_take(g, &b);
}

/* ---- constants ---- */

/* "const T", of which the pointer stays one. */
static const char *
const_of(struct gen *g, const struct ty *t)
{
	const char *c = gtype_c(g, t);

	return arena_printf(&g->a, c[strlen(c) - 1] == '*' ? "%sconst" :
	    "const %s", c);
}

static const char *gen_const(struct gen *g, const struct ty *t,
    const struct ty_const *c);

/* "(const T[]){ a, b }" */
static const char *
const_items(struct gen *g, const struct ty *of, const struct ty_const *c)
{
	struct buf b = BASE_BUF_INIT;

	buf_printf(&b, "(%s[]){", const_of(g, of));
	for (unsigned i = 0; i < c->n; i++)
		buf_printf(&b, "%s %s", i > 0 ? "," : "",
		    gen_const(g, of, &c->item[i]));
	buf_puts(&b, " }");
	return gen_take(g, &b);
}

static const char *
const_map(struct gen *g, const struct ty *t, const struct ty_const *c)
{
	struct buf b = BASE_BUF_INIT;

	if (c->n == 0)
		return "{ NULL, NULL, 0 }";
	buf_puts(&b, "{ (const char *const[]){");
	for (unsigned i = 0; i < c->n; i++)
		buf_printf(&b, "%s %s", i > 0 ? "," : "",
		    gen_string(g, c->key[i]));
	buf_printf(&b, " }, %s, %u }", const_items(g, t->of, c), c->n);
	return gen_take(g, &b);
}

static const char *
const_record(struct gen *g, const struct ty *t, const struct ty_const *c)
{
	struct buf b = BASE_BUF_INIT;

	buf_putc(&b, '{');
	for (unsigned i = 0; i < c->n; i++)
		buf_printf(&b, "%s .%s = %s", i > 0 ? "," : "",
		    gtype_member(g, t, i),
		    gen_const(g, t->field[i].type, &c->item[i]));
	buf_puts(&b, " }");
	return gen_take(g, &b);
}

/* A T? that is not null: a pointer, but for string?. */
static const char *
const_some(struct gen *g, const struct ty *t, const struct ty_const *c)
{
	const char *v = gen_const(g, t->of, c);

	if (ty_base(t->of)->kind == TY_STRING)
		return v;
	return arena_printf(&g->a, v[0] == '{' ? "&(%s)%s" : "&(%s){ %s }",
	    const_of(g, t->of), v);
}

/* What initializes a constant of type `t`. */
static const char *
gen_const(struct gen *g, const struct ty *t, const struct ty_const *c)
{
	if (c->kind == TYC_NULL || c->kind == TYC_NONE)
		return "NULL";
	if (t->kind == TY_OPTIONAL)
		return const_some(g, t, c);
	switch (c->kind) {
	case TYC_STRING: return gen_string(g, c->s);
	case TYC_INT:
		return t->kind == TY_FLOAT ? gen_float(g, (double)c->i) :
		    gen_int(g, c->i);
	case TYC_FLOAT:  return gen_float(g, c->f);
	case TYC_BOOL:   return c->i ? "true" : "false";
	case TYC_ENUM:   return gtype_variant(g, t, (unsigned)c->i);
	case TYC_LIST:
		return c->n == 0 ? "{ NULL, 0 }" : arena_printf(&g->a,
		    "{ %s, %u }", const_items(g, t->of, c), c->n);
	case TYC_RECORD: return const_record(g, t, c);
	case TYC_MAP:    return const_map(g, t, c);
	case TYC_ARM:
		return arena_printf(&g->a, "{ .arm = %d, .u.%s = %s }",
		    (int)c->i, gtype_arm(g, t, (unsigned)c->i),
		    gen_const(g, t->arm[c->i], c->item));
	case TYC_NONE: case TYC_NULL:
		break;
	}
	BUG("constant");
}

const char *
gen_const_decl(struct gen *g, const struct ty *t, const char *name,
    const struct ty_const *c)
{
	return arena_printf(&g->a, "static %s %s = %s;", const_of(g, t), name,
	    gen_const(g, t, c));
}

/* ---- declarations ---- */

static void
declare_struct(struct gen *g, const struct ty *t)
{
	if (t->desc != NULL)
		cw_comment(&g->w, t->desc);
	cw_open(&g->w, "struct %s {", mangle(g, t));
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
	cw_open(&g->w, "struct %s {", mangle(g, t));
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
	cw_open(&g->w, "enum %s {", mangle(g, t));
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
	} else if (t->kind == TY_LIST && strncmp(gtype_c(g, t),
	    "struct mip_", 11) != 0) {
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
	cw_line(&g->w, "#ifndef MIP_TYPE_%s_%016" PRIx64, mangle(g, t), h);
	cw_line(&g->w, "#define MIP_TYPE_%s_%016" PRIx64, mangle(g, t), h);
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

/* ---- descriptors ---- */

/* The object that a field's default points to; its name, or NULL. */
static const char *
describe_default(struct gen *g, const struct ty *t, unsigned i)
{
	const struct ty_field *f = &t->field[i];
	const char *name;

	if (f->fallback.kind == TYC_NONE || f->fallback.kind == TYC_NULL)
		return NULL;
	name = arena_printf(&g->a, "%s_%s_default", mangle(g, t), f->name);
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
		    mangle(g, t), member, gtype_desc(g, f->type),
		    gen_string(g, f->desc));
	else
		s = arena_printf(&g->a, ".name = \"%s\", .desc = %s, "
		    ".type = %s, .offset = offsetof(struct %s, %s)", f->name,
		    gen_string(g, f->desc), gtype_desc(g, f->type),
		    mangle(g, t), member);
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
	const char *name = mangle(g, t);
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
	const char *name = mangle(g, t);

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
	const char *name = mangle(g, t);

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
	const char *name = mangle(g, t);

	cw_open(&g->w, "static %s %s_values[] = {", const_of(g, t), name);
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
	name = mangle(g, t);
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

bool
gtype_is_described(struct gen *g, const struct ty *t)
{
	const struct gtype *p = find(g, t);

	return p != NULL && p->described && !p->known;
}
