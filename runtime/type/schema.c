/* Types as JSON schemas and as words.
 *
 * Both recurse on the type, which never holds itself.
 *
 * SPDX-License-Identifier: MIT */
#include "type/schema.h"

#include <math.h>
#include <string.h>

#include "type/type.h"

/* ---- JSON schema ---- */

static void put_schema(struct buf *b, const struct mip_type *t, bool strict);

static void
put_json(struct buf *b, const char *s)
{
	buf_json(b, s, strlen(s));
}

static const char *
field_name(const struct mip_field *f, bool strict)
{
	return strict && f->alias ? f->alias : f->name;
}

/* A limit, without a point if it is whole. */
static void
put_limit(struct buf *b, const char *key, double v)
{
	buf_printf(b, ",\"%s\":", key);
	if (fabs(v) < 1e15 && v == floor(v))
		buf_int(b, (int64_t)v);
	else
		buf_double(b, v);
}

static void
put_limits(struct buf *b, const struct mip_field *f, const char *low,
    const char *high)
{
	if (f->flags & MIP_HAS_MIN)
		put_limit(b, low, f->min);
	if (f->flags & MIP_HAS_MAX)
		put_limit(b, high, f->max);
}

/* Strict servers know the limits of numbers and lists, but not those of
 * texts. */
static void
put_constraints(struct buf *b, const struct mip_field *f, bool strict)
{
	switch (f->type->kind) {
	case MIP_INT:
	case MIP_FLOAT:
		put_limits(b, f, "minimum", "maximum");
		return;
	case MIP_LIST:
		put_limits(b, f, "minItems", "maxItems");
		return;
	case MIP_STRING:
		if (!strict)
			put_limits(b, f, "minLength", "maxLength");
		if (!strict && f->regex) {
			buf_puts(b, ",\"pattern\":");
			put_json(b, f->regex);
		}
		return;
	case MIP_MAP:
		if (!strict)
			put_limits(b, f, "minProperties", "maxProperties");
		return;
	case MIP_OPTIONAL:
	case MIP_BOOL:
	case MIP_ENUM:
	case MIP_STRUCT:
	case MIP_UNION:
	case MIP_LITERAL:
	case MIP_IMAGE:
	case MIP_FILE:
	case MIP_AUDIO:
		return;
	}
}

static void
put_property(struct buf *b, const struct mip_field *f, bool strict)
{
	put_json(b, field_name(f, strict));
	buf_putc(b, ':');
	put_schema(b, f->type, strict);
	/* What belongs to the field goes before the closing brace. */
	if (b->failed)
		return;
	b->s[--b->len] = '\0';
	put_constraints(b, f, strict);
	if (f->desc && *f->desc) {
		buf_puts(b, ",\"description\":");
		put_json(b, f->desc);
	}
	if (!strict && f->fallback) {
		buf_puts(b, ",\"default\":");
		type_write(b, f->type, f->fallback, true);
	}
	buf_putc(b, '}');
}

static void
put_object(struct buf *b, const struct mip_type *t, bool strict)
{
	const struct mip_field *f;
	bool first = true;
	unsigned i;

	buf_puts(b, "{\"type\":\"object\",\"properties\":{");
	for (i = 0; i < t->n; i++) {
		f = &t->field[i];
		if (!strict && (f->flags & MIP_HIDDEN))
			continue;
		if (!first)
			buf_putc(b, ',');
		first = false;
		put_property(b, f, strict);
	}
	buf_puts(b, "},\"required\":[");
	for (first = true, i = 0; i < t->n; i++) {
		f = &t->field[i];
		if (!strict && ((f->flags & MIP_HIDDEN) || f->fallback ||
		    f->type->kind == MIP_OPTIONAL))
			continue;
		if (!first)
			buf_putc(b, ',');
		first = false;
		put_json(b, field_name(f, strict));
	}
	buf_puts(b, strict ? "],\"additionalProperties\":false}" : "]}");
}

static void
put_enum(struct buf *b, const struct mip_type *t, bool strict)
{
	const struct mip_variant *w = t->variant;
	unsigned i;

	buf_puts(b, "{\"type\":\"string\",\"enum\":[");
	for (i = 0; i < t->n; i++) {
		if (i)
			buf_putc(b, ',');
		put_json(b, strict && w[i].alias ? w[i].alias : w[i].name);
	}
	buf_puts(b, "]}");
}

static void
put_values(struct buf *b, const struct mip_type *t)
{
	unsigned i;

	buf_printf(b, "{\"type\":\"%s\",\"enum\":[",
	    t->of->kind == MIP_STRING ? "string" :
	    t->of->kind == MIP_INT ? "integer" : "boolean");
	for (i = 0; i < t->n; i++) {
		if (i)
			buf_putc(b, ',');
		type_write(b, t->of, type_value(t, i), true);
	}
	buf_puts(b, "]}");
}

static void
put_schema(struct buf *b, const struct mip_type *t, bool strict)
{
	unsigned i;

	switch (t->kind) {
	case MIP_STRING:
	case MIP_IMAGE:
	case MIP_FILE:
	case MIP_AUDIO:
		buf_puts(b, "{\"type\":\"string\"}");
		return;
	case MIP_INT:
		buf_puts(b, "{\"type\":\"integer\"}");
		return;
	case MIP_FLOAT:
		buf_puts(b, "{\"type\":\"number\"}");
		return;
	case MIP_BOOL:
		buf_puts(b, "{\"type\":\"boolean\"}");
		return;
	case MIP_ENUM:
		put_enum(b, t, strict);
		return;
	case MIP_LITERAL:
		put_values(b, t);
		return;
	case MIP_STRUCT:
		put_object(b, t, strict);
		return;
	case MIP_LIST:
		buf_puts(b, "{\"type\":\"array\",\"items\":");
		put_schema(b, t->of, strict);
		buf_putc(b, '}');
		return;
	case MIP_MAP:
		buf_puts(b, "{\"type\":\"object\",\"additionalProperties\":");
		put_schema(b, t->of, strict);
		buf_putc(b, '}');
		return;
	case MIP_OPTIONAL:
		buf_puts(b, "{\"anyOf\":[");
		put_schema(b, t->of, strict);
		buf_puts(b, ",{\"type\":\"null\"}]}");
		return;
	case MIP_UNION:
		buf_puts(b, "{\"anyOf\":[");
		for (i = 0; i < t->n; i++) {
			if (i)
				buf_putc(b, ',');
			put_schema(b, t->arm[i], strict);
		}
		buf_puts(b, "]}");
		return;
	}
}

void
schema_json(struct buf *b, const struct mip_type *t)
{
	put_schema(b, t, true);
}

void
schema_public(struct buf *b, const struct mip_type *t)
{
	put_schema(b, t, false);
}

/* ---- words ---- */

enum { WORDS_MOST = 24 };               /* names of an enum inside a shape */

static void put_shape(struct buf *b, const struct mip_type *t);

static const char *
variant_name(const struct mip_variant *w)
{
	return w->alias ? w->alias : w->name;
}

static void
put_arms(struct buf *b, const struct mip_type *t)
{
	unsigned i;

	for (i = 0; i < t->n; i++) {
		if (i)
			buf_puts(b, " or ");
		put_shape(b, t->arm[i]);
	}
}

static void
put_names(struct buf *b, const struct mip_type *t)
{
	unsigned i;

	for (i = 0; i < t->n && i < WORDS_MOST; i++) {
		if (i)
			buf_puts(b, " or ");
		if (t->kind == MIP_ENUM)
			put_json(b, variant_name(&t->variant[i]));
		else
			type_write(b, t->of, type_value(t, i), true);
	}
	if (i < t->n)
		buf_puts(b, " or ...");
}

static void
put_fields(struct buf *b, const struct mip_type *t)
{
	unsigned i;

	buf_putc(b, '{');
	for (i = 0; i < t->n; i++) {
		if (i)
			buf_puts(b, ", ");
		put_json(b, field_name(&t->field[i], true));
		buf_puts(b, ": ");
		put_shape(b, t->field[i].type);
	}
	buf_putc(b, '}');
}

/* The type as JSON with words in the place of values. */
static void
put_shape(struct buf *b, const struct mip_type *t)
{
	switch (t->kind) {
	case MIP_STRING:
	case MIP_IMAGE:
	case MIP_FILE:
	case MIP_AUDIO:
	case MIP_INT:
	case MIP_FLOAT:
		type_name(b, t);
		return;
	case MIP_BOOL:
		buf_puts(b, "true or false");
		return;
	case MIP_ENUM:
	case MIP_LITERAL:
		put_names(b, t);
		return;
	case MIP_STRUCT:
		put_fields(b, t);
		return;
	case MIP_LIST:
		buf_putc(b, '[');
		put_shape(b, t->of);
		buf_puts(b, ", ...]");
		return;
	case MIP_MAP:
		buf_puts(b, "{string: ");
		put_shape(b, t->of);
		buf_puts(b, ", ...}");
		return;
	case MIP_OPTIONAL:
		put_shape(b, t->of);
		buf_puts(b, " or null");
		return;
	case MIP_UNION:
		put_arms(b, t);
		return;
	}
}

void
schema_shape(struct buf *b, const struct mip_type *t)
{
	put_shape(b, t);
}

void
schema_text(struct buf *b, const struct mip_type *t)
{
	unsigned i;

	switch (t->kind) {
	case MIP_ENUM:
	case MIP_LITERAL:
		if (t->kind == MIP_LITERAL && t->n == 1) {
			put_shape(b, t);
			return;
		}
		buf_puts(b, "one of: ");
		for (i = 0; i < t->n; i++) {
			buf_puts(b, i ? ", " : "");
			if (t->kind == MIP_ENUM)
				buf_puts(b, variant_name(&t->variant[i]));
			else
				type_put_value(b, t, i);
		}
		return;
	case MIP_STRUCT:
		buf_puts(b, "JSON object ");
		put_shape(b, t);
		return;
	case MIP_LIST:
		buf_puts(b, "list of ");
		if (t->of->kind == MIP_ENUM || t->of->kind == MIP_UNION ||
		    t->of->kind == MIP_LITERAL ||
		    t->of->kind == MIP_OPTIONAL) {
			buf_putc(b, '(');
			schema_text(b, t->of);
			buf_putc(b, ')');
		} else {
			schema_text(b, t->of);
		}
		return;
	case MIP_MAP:
		buf_puts(b, "JSON object ");
		put_shape(b, t);
		return;
	case MIP_OPTIONAL:
		schema_text(b, t->of);
		buf_puts(b, ", or null");
		return;
	case MIP_STRING:
	case MIP_IMAGE:
	case MIP_FILE:
	case MIP_AUDIO:
	case MIP_INT:
	case MIP_FLOAT:
	case MIP_BOOL:
	case MIP_UNION:
		put_shape(b, t);
		return;
	}
}
