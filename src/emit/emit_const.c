/* Literals and constants in C.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "emit/emit_in.h"

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

const char *
gen_const_of(struct gen *g, const struct ty *t)
{
	const char *c = gtype_c(g, t);

	return arena_printf(&g->a, c[strlen(c) - 1] == '*' ? "%sconst" :
	    "const %s", c);
}

/* "(const T[]){ a, b }" */
static const char *
const_items(struct gen *g, const struct ty *of, const struct ty_const *c)
{
	struct buf b = BASE_BUF_INIT;

	buf_printf(&b, "(%s[]){", gen_const_of(g, of));
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
	    gen_const_of(g, t->of), v);
}

const char *
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
	return arena_printf(&g->a, "static %s %s = %s;",
	    gen_const_of(g, t), name, gen_const(g, t, c));
}
