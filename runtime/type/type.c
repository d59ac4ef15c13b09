/* Values of a type table: their parts, names, JSON, equality and copies.
 *
 * Values are reached through memcpy, since the C types that generated code
 * gives them are not known here.  All walks recurse on the value, whose depth
 * json_parse or the program's text has bounded.
 *
 * SPDX-License-Identifier: MIT */
#include "type/type.h"

#include <assert.h>
#include <math.h>
#include <string.h>

const struct mip_type mip_string = {
	.kind = MIP_STRING, .size = sizeof(const char *), .name = "string"
};
const struct mip_type mip_int = {
	.kind = MIP_INT, .size = sizeof(int64_t), .name = "int"
};
const struct mip_type mip_float = {
	.kind = MIP_FLOAT, .size = sizeof(double), .name = "float"
};
const struct mip_type mip_bool = {
	.kind = MIP_BOOL, .size = sizeof(bool), .name = "bool"
};
const struct mip_type mip_string_list = {
	.kind = MIP_LIST, .size = sizeof(struct mip_strings), .of = &mip_string
};
const struct mip_type mip_int_list = {
	.kind = MIP_LIST, .size = sizeof(struct mip_ints), .of = &mip_int
};
const struct mip_type mip_float_list = {
	.kind = MIP_LIST, .size = sizeof(struct mip_floats), .of = &mip_float
};
const struct mip_type mip_bool_list = {
	.kind = MIP_LIST, .size = sizeof(struct mip_bools), .of = &mip_bool
};
const struct mip_type mip_string_optional = {
	.kind = MIP_OPTIONAL, .size = sizeof(const char *), .of = &mip_string
};

/* ---- parts of values ---- */

struct type_list
type_list_get(const void *list)
{
	struct type_list l;

	memcpy(&l, list, sizeof(l));
	return l;
}

void
type_list_set(void *list, const void *v, size_t n)
{
	struct type_list l = { v, n };

	memcpy(list, &l, sizeof(l));
}

struct type_map
type_map_get(const void *map)
{
	struct type_map m;

	memcpy(&m, map, sizeof(m));
	return m;
}

const char *
type_text(const void *v)
{
	const char *s;

	memcpy(&s, v, sizeof(s));
	return s ? s : "";
}

int64_t
type_int(const void *v)
{
	int64_t i;

	memcpy(&i, v, sizeof(i));
	return i;
}

double
type_float(const void *v)
{
	double d;

	memcpy(&d, v, sizeof(d));
	return d;
}

bool
type_bool(const void *v)
{
	bool b;

	memcpy(&b, v, sizeof(b));
	return b;
}

unsigned
type_index(const void *v)
{
	unsigned i;

	memcpy(&i, v, sizeof(i));
	return i;
}

const struct mip_type *
type_base(const struct mip_type *t)
{
	return t->kind == MIP_LITERAL ? t->of : t;
}

const void *
type_value(const struct mip_type *t, unsigned i)
{
	return (const char *)t->value + i * t->size;
}

unsigned
type_value_index(const struct mip_type *t, const void *v)
{
	unsigned i;

	for (i = 0; i < t->n; i++)
		if (type_equal(t->of, type_value(t, i), v))
			break;
	return i;
}

void
type_put_value(struct buf *b, const struct mip_type *t, unsigned i)
{
	if (t->of->kind == MIP_STRING)
		buf_puts(b, type_text(type_value(t, i)));
	else
		type_write(b, t->of, type_value(t, i), true);
}

const void *
type_optional(const struct mip_type *t, const void *v)
{
	const void *p;

	memcpy(&p, v, sizeof(p));
	return p && type_base(t->of)->kind == MIP_STRING ? v : p;
}

/* Item `i` of the items of type `t` that start at `v`. */
static const void *
item(const struct mip_type *t, const void *v, size_t i)
{
	return (const char *)v + i * t->size;
}

/* The arm that a union value is, and where it stands. */
static const struct mip_type *
union_arm(const struct mip_type *t, const void *v, const void **at)
{
	unsigned i = type_index(v);

	assert(i < t->n);
	*at = (const char *)v + t->arm_at;
	return t->arm[i < t->n ? i : 0];
}

const struct mip_field *
type_field(const struct mip_type *t, const char *name)
{
	unsigned i;

	for (i = 0; i < t->n; i++)
		if (!strcmp(t->field[i].name, name))
			return &t->field[i];
	return NULL;
}

/* ---- names ---- */

static void
put_element(struct buf *b, const struct mip_type *of, const char *suffix)
{
	bool several = of->kind == MIP_UNION ||
	    (of->kind == MIP_LITERAL && of->n > 1);

	buf_puts(b, several ? "(" : "");
	type_name(b, of);
	buf_puts(b, several ? ")" : "");
	buf_puts(b, suffix);
}

void
type_name(struct buf *b, const struct mip_type *t)
{
	static const char *const word[] = {
		[MIP_STRING] = "string", [MIP_INT] = "int",
		[MIP_FLOAT] = "float", [MIP_BOOL] = "bool",
		[MIP_IMAGE] = "image", [MIP_FILE] = "file",
		[MIP_AUDIO] = "audio"
	};
	unsigned i;

	switch (t->kind) {
	case MIP_STRING:
	case MIP_INT:
	case MIP_FLOAT:
	case MIP_BOOL:
	case MIP_IMAGE:
	case MIP_FILE:
	case MIP_AUDIO:
		buf_puts(b, word[t->kind]);
		return;
	case MIP_ENUM:
	case MIP_STRUCT:
		buf_puts(b, t->name ? t->name : "record");
		return;
	case MIP_LIST:
		put_element(b, t->of, "[]");
		return;
	case MIP_OPTIONAL:
		put_element(b, t->of, "?");
		return;
	case MIP_MAP:
		buf_puts(b, "map<string, ");
		type_name(b, t->of);
		buf_putc(b, '>');
		return;
	case MIP_UNION:
		for (i = 0; i < t->n; i++) {
			if (i)
				buf_puts(b, " | ");
			type_name(b, t->arm[i]);
		}
		return;
	case MIP_LITERAL:
		for (i = 0; i < t->n; i++) {
			if (i)
				buf_puts(b, " | ");
			type_write(b, t->of, type_value(t, i), true);
		}
		return;
	}
}

/* ---- writing ---- */

/* How a value is written. */
struct writer {
	struct buf *b;
	bool alias, hidden;
};

static void write_value(const struct writer *w, const struct mip_type *t,
    const void *v);

static void
write_text(const struct writer *w, const char *s)
{
	buf_json(w->b, s, strlen(s));
}

static void
write_enum(const struct writer *w, const struct mip_type *t, const void *v)
{
	unsigned i = type_index(v);

	assert(i < t->n);
	if (i >= t->n)
		buf_puts(w->b, "null");
	else if (w->alias && t->variant[i].alias)
		write_text(w, t->variant[i].alias);
	else
		write_text(w, t->variant[i].name);
}

static void
write_struct(const struct writer *w, const struct mip_type *t, const void *v)
{
	const struct mip_field *f;
	bool first = true;
	unsigned i;

	buf_putc(w->b, '{');
	for (i = 0; i < t->n; i++) {
		f = &t->field[i];
		if ((f->flags & MIP_HIDDEN) && !w->hidden)
			continue;
		if (!first)
			buf_putc(w->b, ',');
		first = false;
		write_text(w, w->alias && f->alias ? f->alias : f->name);
		buf_putc(w->b, ':');
		write_value(w, f->type, (const char *)v + f->offset);
	}
	buf_putc(w->b, '}');
}

static void
write_list(const struct writer *w, const struct mip_type *t, const void *v)
{
	struct type_list l = type_list_get(v);
	size_t i;

	buf_putc(w->b, '[');
	for (i = 0; i < l.n; i++) {
		if (i)
			buf_putc(w->b, ',');
		write_value(w, t->of, item(t->of, l.v, i));
	}
	buf_putc(w->b, ']');
}

static void
write_map(const struct writer *w, const struct mip_type *t, const void *v)
{
	struct type_map m = type_map_get(v);
	size_t i;

	buf_putc(w->b, '{');
	for (i = 0; i < m.n; i++) {
		if (i)
			buf_putc(w->b, ',');
		write_text(w, m.key[i]);
		buf_putc(w->b, ':');
		write_value(w, t->of, item(t->of, m.v, i));
	}
	buf_putc(w->b, '}');
}

static void
write_value(const struct writer *w, const struct mip_type *t, const void *v)
{
	const struct mip_type *arm;
	const void *p;

	switch (t->kind) {
	case MIP_LITERAL:
		write_value(w, t->of, v);
		return;
	case MIP_STRING:
	case MIP_IMAGE:
	case MIP_FILE:
	case MIP_AUDIO:
		write_text(w, type_text(v));
		return;
	case MIP_INT:
		buf_int(w->b, type_int(v));
		return;
	case MIP_FLOAT:
		buf_double(w->b, type_float(v));
		return;
	case MIP_BOOL:
		buf_puts(w->b, type_bool(v) ? "true" : "false");
		return;
	case MIP_ENUM:
		write_enum(w, t, v);
		return;
	case MIP_STRUCT:
		write_struct(w, t, v);
		return;
	case MIP_LIST:
		write_list(w, t, v);
		return;
	case MIP_OPTIONAL:
		p = type_optional(t, v);
		if (p)
			write_value(w, t->of, p);
		else
			buf_puts(w->b, "null");
		return;
	case MIP_MAP:
		write_map(w, t, v);
		return;
	case MIP_UNION:
		arm = union_arm(t, v, &p);
		write_value(w, arm, p);
		return;
	}
}

void
type_write(struct buf *b, const struct mip_type *t, const void *v,
    bool hidden)
{
	struct writer w = { b, false, hidden };

	write_value(&w, t, v);
}

void
type_write_alias(struct buf *b, const struct mip_type *t, const void *v)
{
	struct writer w = { b, true, true };

	write_value(&w, t, v);
}

/* ---- equality ---- */

static bool
list_equal(const struct mip_type *t, const void *a, const void *b)
{
	struct type_list x = type_list_get(a), y = type_list_get(b);
	size_t i;

	if (x.n != y.n)
		return false;
	for (i = 0; i < x.n; i++)
		if (!type_equal(t->of, item(t->of, x.v, i),
		    item(t->of, y.v, i)))
			return false;
	return true;
}

/* Whatever the order of the keys, of which a map has each once. */
static bool
map_equal(const struct mip_type *t, const void *a, const void *b)
{
	struct type_map x = type_map_get(a), y = type_map_get(b);
	size_t i, j;

	if (x.n != y.n)
		return false;
	for (i = 0; i < x.n; i++) {
		/* Most maps of the same keys have them in the same order. */
		for (j = i; j < i + y.n; j++)
			if (!strcmp(x.key[i], y.key[j % y.n]))
				break;
		if (j == i + y.n || !type_equal(t->of, item(t->of, x.v, i),
		    item(t->of, y.v, j % y.n)))
			return false;
	}
	return true;
}

static bool
struct_equal(const struct mip_type *t, const void *a, const void *b)
{
	size_t at;
	unsigned i;

	for (i = 0; i < t->n; i++) {
		at = t->field[i].offset;
		if (!type_equal(t->field[i].type, (const char *)a + at,
		    (const char *)b + at))
			return false;
	}
	return true;
}

static bool
float_equal(double x, double y)
{
	return x == y || (isnan(x) && isnan(y));
}

bool
type_equal(const struct mip_type *t, const void *a, const void *b)
{
	const void *x, *y;

	switch (t->kind) {
	case MIP_LITERAL:
		return type_equal(t->of, a, b);
	case MIP_STRING:
	case MIP_IMAGE:
	case MIP_FILE:
	case MIP_AUDIO:
		return !strcmp(type_text(a), type_text(b));
	case MIP_INT:
		return type_int(a) == type_int(b);
	case MIP_FLOAT:
		return float_equal(type_float(a), type_float(b));
	case MIP_BOOL:
		return type_bool(a) == type_bool(b);
	case MIP_ENUM:
		return type_index(a) == type_index(b);
	case MIP_STRUCT:
		return struct_equal(t, a, b);
	case MIP_LIST:
		return list_equal(t, a, b);
	case MIP_OPTIONAL:
		x = type_optional(t, a);
		y = type_optional(t, b);
		return x && y ? type_equal(t->of, x, y) : x == y;
	case MIP_MAP:
		return map_equal(t, a, b);
	case MIP_UNION:
		return type_index(a) == type_index(b) &&
		    type_equal(union_arm(t, a, &x), (const char *)a +
		    t->arm_at, (const char *)b + t->arm_at);
	}
	return false;
}

/* ---- copies ---- */

/* Items of type `t`; NULL without memory. */
static void *
copy_items(struct arena *a, const struct mip_type *t, const void *v, size_t n)
{
	char *p = arena_array(a, n, t->size);
	size_t i;

	for (i = 0; p && i < n; i++)
		if (!type_copy(a, t, item(t, v, i), p + i * t->size))
			return NULL;
	return p;
}

static bool
copy_text(struct arena *a, const void *from, void *to)
{
	const char *s = arena_strdup(a, type_text(from));

	memcpy(to, &s, sizeof(s));
	return s != NULL;
}

static bool
copy_list(struct arena *a, const struct mip_type *t, const void *from,
    void *to)
{
	struct type_list l = type_list_get(from);
	void *p = copy_items(a, t->of, l.v, l.n);

	if (p)
		type_list_set(to, p, l.n);
	return p != NULL;
}

static bool
copy_map(struct arena *a, const struct mip_type *t, const void *from, void *to)
{
	struct type_map m = type_map_get(from);
	void *p = copy_items(a, t->of, m.v, m.n);
	const char **key = arena_array(a, m.n, sizeof(*key));
	size_t i;

	if (!p || !key)
		return false;
	for (i = 0; i < m.n; i++) {
		key[i] = arena_strdup(a, m.key[i]);
		if (!key[i])
			return false;
	}
	m.key = (const char *const *)key;
	m.v = p;
	memcpy(to, &m, sizeof(m));
	return true;
}

static bool
copy_optional(struct arena *a, const struct mip_type *t, const void *from,
    void *to)
{
	const void *v = type_optional(t, from);
	void *p = NULL;

	if (v && type_base(t->of)->kind == MIP_STRING)
		return copy_text(a, from, to);
	if (v) {
		p = copy_items(a, t->of, v, 1);
		if (!p)
			return false;
	}
	memcpy(to, &p, sizeof(p));
	return true;
}

static bool
copy_struct(struct arena *a, const struct mip_type *t, const void *from,
    void *to)
{
	size_t at;
	unsigned i;

	for (i = 0; i < t->n; i++) {
		at = t->field[i].offset;
		if (!type_copy(a, t->field[i].type, (const char *)from + at,
		    (char *)to + at))
			return false;
	}
	return true;
}

bool
type_copy(struct arena *a, const struct mip_type *t, const void *from,
    void *to)
{
	const struct mip_type *arm;
	const void *p;

	switch (t->kind) {
	case MIP_LITERAL:
		return type_copy(a, t->of, from, to);
	case MIP_STRING:
	case MIP_IMAGE:
	case MIP_FILE:
	case MIP_AUDIO:
		return copy_text(a, from, to);
	case MIP_INT:
	case MIP_FLOAT:
	case MIP_BOOL:
	case MIP_ENUM:
		memcpy(to, from, t->size);
		return true;
	case MIP_STRUCT:
		return copy_struct(a, t, from, to);
	case MIP_LIST:
		return copy_list(a, t, from, to);
	case MIP_OPTIONAL:
		return copy_optional(a, t, from, to);
	case MIP_MAP:
		return copy_map(a, t, from, to);
	case MIP_UNION:
		arm = union_arm(t, from, &p);
		memcpy(to, from, sizeof(int));
		return type_copy(a, arm, p, (char *)to + t->arm_at);
	}
	return false;
}
