/* Interned types.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/ty.h"

#include <inttypes.h>
#include <string.h>

#include "base/table.h"
#include "core/buf.h"

struct ty_table {
	struct arena *a;
	struct ty basic[TY_LITERAL + 1];
	const struct ty **slot;         /* lists, optionals, maps, literals,
	                                 * unions */
	size_t n, cap;
	unsigned made;
};

struct ty_table *
ty_table_new(struct arena *a)
{
	struct ty_table *t = arena_alloc(a, sizeof(*t));
	unsigned k;

	t->a = a;
	for (k = 0; k < COUNTOF(t->basic); k++) {
		t->basic[k].kind = (enum ty_kind)k;
		t->basic[k].id = t->made++;
		t->basic[k].max_len = -1;
	}
	return t;
}

bool
ty_const_is_number(const struct ty_const *v)
{
	return v->kind == TYC_INT || v->kind == TYC_FLOAT;
}

double
ty_const_number(const struct ty_const *v)
{
	return v->kind == TYC_INT ? (double)v->i : v->f;
}

const struct ty *
ty_present(const struct ty *t)
{
	return t && t->kind == TY_OPTIONAL ? t->of : t;
}

bool
ty_is_number(const struct ty *t)
{
	return t->kind == TY_INT || t->kind == TY_FLOAT;
}

bool
ty_is_media(const struct ty *t)
{
	while (t->kind == TY_OPTIONAL || t->kind == TY_LIST)
		t = t->of;
	return t->kind == TY_IMAGE || t->kind == TY_AUDIO ||
	    t->kind == TY_FILE;
}

const struct ty *
ty_basic(struct ty_table *t, enum ty_kind k)
{
	if (k > TY_FILE)
		BUG("type kind %d has parts", (int)k);
	return &t->basic[k];
}

static bool
same_value(const struct ty_const *x, const struct ty_const *y)
{
	return x->kind == y->kind && (x->kind == TYC_STRING ?
	    strcmp(x->s, y->s) == 0 : x->i == y->i);
}

static bool
same(const struct ty *x, const struct ty *y)
{
	unsigned i;

	if (x->kind != y->kind || x->of != y->of || x->n != y->n)
		return false;
	for (i = 0; i < x->n; i++)
		if (x->kind == TY_LITERAL ?
		    !same_value(&x->value[i], &y->value[i]) :
		    x->arm[i] != y->arm[i])
			return false;
	return true;
}

static size_t
hash(const struct ty *x)
{
	uint64_t h = 14695981039346656037u + (uint64_t)x->kind;
	const char *s;
	unsigned i;

	if (x->of)
		h = (h ^ x->of->id) * 1099511628211u;
	for (i = 0; x->kind == TY_UNION && i < x->n; i++)
		h = (h ^ x->arm[i]->id) * 1099511628211u;
	for (i = 0; x->kind == TY_LITERAL && i < x->n; i++) {
		h = (h ^ (uint64_t)x->value[i].i) * 1099511628211u;
		for (s = x->value[i].s ? x->value[i].s : ""; *s; s++)
			h = (h ^ (unsigned char)*s) * 1099511628211u;
	}
	return (size_t)(h ^ (h >> 29));
}

static size_t
find(const struct ty_table *t, const struct ty *x)
{
	size_t i = hash(x) & (t->cap - 1);

	while (t->slot[i] && !same(t->slot[i], x))
		i = (i + 1) & (t->cap - 1);
	return i;
}

static void
grow(struct ty_table *t)
{
	const struct ty **old = t->slot;
	size_t i, n = t->cap;

	t->cap = n ? 2 * n : 64;
	t->slot = arena_array(t->a, t->cap, sizeof(*t->slot));
	for (i = 0; i < n; i++)
		if (old[i])
			t->slot[find(t, old[i])] = old[i];
}

/* The one type equal to `x`, which is copied if it is new. */
static const struct ty *
intern(struct ty_table *t, const struct ty *x)
{
	struct ty *made;
	size_t i;

	if (2 * (t->n + 1) > t->cap)
		grow(t);
	i = find(t, x);
	if (t->slot[i])
		return t->slot[i];
	made = arena_alloc(t->a, sizeof(*made));
	*made = *x;
	made->id = t->made++;
	made->max_len = -1;
	t->slot[i] = made;
	t->n++;
	return made;
}

static const struct ty *
around(struct ty_table *t, enum ty_kind k, const struct ty *of)
{
	struct ty x = { .kind = k, .of = of };

	return intern(t, &x);
}

const struct ty *
ty_list(struct ty_table *t, const struct ty *of)
{
	return around(t, TY_LIST, of);
}

const struct ty *
ty_optional(struct ty_table *t, const struct ty *of)
{
	if (of->kind == TY_OPTIONAL || of->kind == TY_NULL ||
	    of->kind == TY_POISON)
		return of;
	return around(t, TY_OPTIONAL, of);
}

const struct ty *
ty_map(struct ty_table *t, const struct ty *of)
{
	return around(t, TY_MAP, of);
}

const struct ty *
ty_base(const struct ty *t)
{
	return t->kind == TY_LITERAL ? t->of : t;
}

int
ty_value_index(const struct ty *t, const struct ty_const *v)
{
	unsigned i;

	for (i = 0; t->kind == TY_LITERAL && i < t->n; i++)
		if (same_value(&t->value[i], v))
			return (int)i;
	return -1;
}

/* What tells a value from the others of its type. */
static const char *
value_text(struct arena *a, const struct ty_const *v)
{
	return v->kind == TYC_STRING ? v->s : arena_printf(a, "%" PRId64,
	    v->i);
}

const struct ty *
ty_literal(struct ty_table *t, const struct ty_const *v, unsigned n)
{
	struct ty_const *value = arena_array(t->a, n, sizeof(*value));
	struct ty x = { .kind = TY_LITERAL, .value = value };
	union table_value *seen;
	struct table at;
	unsigned i;

	table_init_text(&at, t->a);
	for (i = 0; i < n; i++) {
		seen = table_at(&at, value_text(t->a, &v[i]));
		if (seen->n++ > 0)
			continue;
		value[x.n].kind = v[i].kind;
		if (v[i].kind == TYC_STRING)
			value[x.n].s = arena_strdup(t->a, v[i].s);
		else
			value[x.n].i = v[i].i;
		x.n++;
	}
	x.of = ty_basic(t, value[0].kind == TYC_STRING ? TY_STRING :
	    value[0].kind == TYC_INT ? TY_INT : TY_BOOL);
	return x.of->kind == TY_BOOL && x.n == 2 ? x.of : intern(t, &x);
}

/* Literals gathered for a union: strings, ints or bools. */
struct literals {
	struct ty_const *v;
	size_t n, cap;
	size_t at;                      /* their place among the arms */
};

/* Arms gathered for a union. */
struct arms {
	const struct ty **v;
	size_t n, cap;
	struct literals literal[3];
	bool null;
};

static void
add_plain(struct ty_table *t, struct arms *s, const struct ty *x)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->v[i] == x)
			return;
	s->v = arena_grow(t->a, s->v, &s->cap, s->n + 1, sizeof(*s->v));
	s->v[s->n++] = x;
}

static void
add_literal(struct ty_table *t, struct arms *s, const struct ty *x)
{
	struct literals *l = &s->literal[x->of->kind == TY_STRING ? 0 :
	    x->of->kind == TY_INT ? 1 : 2];

	if (l->n == 0) {
		l->at = s->n;
		add_plain(t, s, x);
	}
	l->v = arena_grow(t->a, l->v, &l->cap, l->n + x->n, sizeof(*l->v));
	memcpy(l->v + l->n, x->value, x->n * sizeof(*l->v));
	l->n += x->n;
}

static void
add_arm(struct ty_table *t, struct arms *s, const struct ty *x)
{
	size_t i;

	switch (x->kind) {
	case TY_NULL:
		s->null = true;
		return;
	case TY_OPTIONAL:
		s->null = true;
		add_arm(t, s, x->of);
		return;
	case TY_UNION:
		for (i = 0; i < x->n; i++)
			add_arm(t, s, x->arm[i]);
		return;
	case TY_LITERAL:
		add_literal(t, s, x);
		return;
	case TY_POISON: case TY_VOID: case TY_STRING: case TY_INT:
	case TY_FLOAT: case TY_BOOL: case TY_IMAGE: case TY_AUDIO:
	case TY_FILE: case TY_ENUM: case TY_STRUCT: case TY_LIST: case TY_MAP:
		add_plain(t, s, x);
		return;
	}
	BUG("type kind");
}

/* Makes one arm of all literals of a kind. */
static void
end_literals(struct ty_table *t, struct arms *s)
{
	struct arms out = { .null = s->null };
	const struct literals *l;
	size_t i;

	for (l = s->literal; l < s->literal + COUNTOF(s->literal); l++)
		if (l->n > 0)
			s->v[l->at] = ty_literal(t, l->v, (unsigned)l->n);
	for (i = 0; i < s->n; i++)      /* true | false is bool */
		add_plain(t, &out, s->v[i]);
	*s = out;
}

const struct ty *
ty_union(struct ty_table *t, const struct ty *const *arm, unsigned n)
{
	struct arms s = { .null = false };
	struct ty x = { .kind = TY_UNION };
	const struct ty *u;
	unsigned i;

	for (i = 0; i < n; i++) {
		if (arm[i]->kind == TY_POISON)
			return arm[i];
		add_arm(t, &s, arm[i]);
	}
	if (s.n == 0)
		return ty_basic(t, TY_NULL);
	end_literals(t, &s);
	x.arm = s.v;
	x.n = (unsigned)s.n;
	u = s.n == 1 ? s.v[0] : intern(t, &x);
	return s.null ? ty_optional(t, u) : u;
}

static struct ty *
named(struct ty_table *t, enum ty_kind k, const char *name)
{
	struct ty *x = arena_alloc(t->a, sizeof(*x));

	x->kind = k;
	x->id = t->made++;
	x->name = name;
	x->max_len = -1;
	return x;
}

struct ty *
ty_enum(struct ty_table *t, const char *name)
{
	return named(t, TY_ENUM, name);
}

struct ty *
ty_struct(struct ty_table *t, const char *name)
{
	return named(t, TY_STRUCT, name);
}

int
ty_arm_index(const struct ty *from, const struct ty *to)
{
	unsigned i;

	for (i = 0; i < to->n; i++)
		if (to->arm[i] == from)
			return (int)i;
	for (i = 0; i < to->n; i++)     /* a literal stays one if it can */
		if (to->arm[i]->kind == TY_LITERAL &&
		    ty_fits(from, to->arm[i]))
			return (int)i;
	for (i = 0; i < to->n; i++)
		if (ty_fits(from, to->arm[i]))
			return (int)i;
	return -1;
}

bool
ty_widens(const struct ty *from, const struct ty *to)
{
	unsigned i;

	if (from == to)
		return true;
	if (from->kind == TY_LITERAL && to->kind == TY_LITERAL) {
		for (i = 0; i < from->n; i++)
			if (ty_value_index(to, &from->value[i]) < 0)
				return false;
		return true;
	}
	if (from->kind == TY_LITERAL)
		return from->of == to;
	return from->kind == to->kind && (from->kind == TY_LIST ||
	    from->kind == TY_OPTIONAL || from->kind == TY_MAP) &&
	    ty_widens(from->of, to->of);
}

bool
ty_fits(const struct ty *from, const struct ty *to)
{
	unsigned i;


	if (from->kind == TY_POISON || to->kind == TY_POISON ||
	    ty_widens(from, to))
		return true;
	if (to->kind == TY_OPTIONAL)
		return from->kind == TY_NULL || (from->kind != TY_OPTIONAL &&
		    ty_fits(from, to->of));
	if (from->kind == TY_UNION && to->kind == TY_UNION) {
		for (i = 0; i < from->n; i++)
			if (ty_arm_index(from->arm[i], to) < 0)
				return false;
		return true;
	}
	if (to->kind == TY_UNION)
		return ty_arm_index(from, to) >= 0;
	return ty_base(from)->kind == TY_INT && to->kind == TY_FLOAT;
}

static void
put_value(struct buf *b, const struct ty_const *v)
{
	if (v->kind == TYC_STRING)
		buf_json(b, v->s, strlen(v->s));
	else if (v->kind == TYC_INT)
		buf_int(b, v->i);
	else
		buf_puts(b, v->i ? "true" : "false");
}

static void
text(struct buf *b, const struct ty *t)
{
	bool several;
	unsigned i;

	switch (t->kind) {
	case TY_POISON: buf_puts(b, "?"); return;
	case TY_VOID:   buf_puts(b, "nothing"); return;
	case TY_NULL:   buf_puts(b, "null"); return;
	case TY_STRING: buf_puts(b, "string"); return;
	case TY_INT:    buf_puts(b, "int"); return;
	case TY_FLOAT:  buf_puts(b, "float"); return;
	case TY_BOOL:   buf_puts(b, "bool"); return;
	case TY_IMAGE:  buf_puts(b, "image"); return;
	case TY_AUDIO:  buf_puts(b, "audio"); return;
	case TY_FILE:   buf_puts(b, "file"); return;
	case TY_ENUM: case TY_STRUCT:
		buf_puts(b, t->name);
		return;
	case TY_LIST: case TY_OPTIONAL:
		several = t->of->kind == TY_UNION ||
		    (t->of->kind == TY_LITERAL && t->of->n > 1);
		buf_puts(b, several ? "(" : "");
		text(b, t->of);
		buf_puts(b, several ? ")" : "");
		buf_puts(b, t->kind == TY_LIST ? "[]" : "?");
		return;
	case TY_MAP:
		buf_puts(b, "map<string, ");
		text(b, t->of);
		buf_putc(b, '>');
		return;
	case TY_UNION:
		for (i = 0; i < t->n; i++) {
			buf_puts(b, i ? " | " : "");
			text(b, t->arm[i]);
		}
		return;
	case TY_LITERAL:
		for (i = 0; i < t->n; i++) {
			buf_puts(b, i ? " | " : "");
			put_value(b, &t->value[i]);
		}
		return;
	}
	BUG("type kind");
}

const char *
ty_text(struct arena *a, const struct ty *t)
{
	struct buf b = BASE_BUF_INIT;
	const char *s;

	text(&b, t);
	s = arena_strdup(a, buf_str(&b));
	buf_release(&b);
	return s;
}

enum { MANY = 8 };                      /* more are not looked through */

/* An index of those names whose place is in `at`; of equal ones the first
 * counts. */
static const struct table *
index_of(struct ty_table *t, const char *(*name)(const void *, unsigned),
    const void *of, unsigned n)
{
	struct table *index;
	union table_value *v;
	unsigned i;

	if (n <= MANY)
		return NULL;
	index = arena_alloc(t->a, sizeof(*index));
	table_init_text(index, t->a);
	for (i = 0; i < n; i++) {
		v = table_at(index, name(of, i));
		if (v->n == 0)
			v->n = i + 1;
	}
	return index;
}

static const char *
field_name(const void *of, unsigned i)
{
	return ((const struct ty_field *)of)[i].name;
}

static const char *
variant_name(const void *of, unsigned i)
{
	return ((const struct ty_variant *)of)[i].name;
}

void
ty_set_fields(struct ty_table *t, struct ty *s, const struct ty_field *field,
    unsigned n)
{
	s->field = field;
	s->n = n;
	s->index = index_of(t, field_name, field, n);
}

void
ty_set_variants(struct ty_table *t, struct ty *e,
    const struct ty_variant *variant, unsigned n)
{
	e->variant = variant;
	e->n = n;
	e->index = index_of(t, variant_name, variant, n);
}

static int
find_name(const struct ty *t, const char *name,
    const char *(*name_of)(const void *, unsigned), const void *of)
{
	const union table_value *v;
	unsigned i;

	if (t->index) {
		v = table_get(t->index, name);
		return v ? (int)v->n - 1 : -1;
	}
	for (i = 0; i < t->n; i++)
		if (strcmp(name_of(of, i), name) == 0)
			return (int)i;
	return -1;
}

int
ty_field_index(const struct ty *t, const char *name)
{
	return t->kind == TY_STRUCT ?
	    find_name(t, name, field_name, t->field) : -1;
}

int
ty_variant_index(const struct ty *t, const char *name)
{
	return t->kind == TY_ENUM ?
	    find_name(t, name, variant_name, t->variant) : -1;
}
