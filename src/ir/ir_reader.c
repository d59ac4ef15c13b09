/* Reading the text form: lines, words, numbers, types, names.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "ir/ir_reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/json.h"

enum { WHY = 160, TYPE_DEPTH = 64 };

void
ir_rd_fail(struct ir_reader *r, const char *fmt, ...)
{
	va_list ap;

	if (r->failed)
		return;
	r->failed = true;
	r->more = false;
	va_start(ap, fmt);
	vsnprintf(r->why, WHY, fmt, ap);
	va_end(ap);
}

/* ---- lines ---- */

bool
ir_rd_line(struct ir_reader *r)
{
	const char *nl;

	r->more = false;
	while (!r->failed && r->at < r->end) {
		r->line++;
		r->p = r->at;
		nl = memchr(r->at, '\n', (size_t)(r->end - r->at));
		r->stop = nl != NULL ? nl : r->end;
		r->at = nl != NULL ? nl + 1 : r->end;
		for (r->depth = 0; r->p < r->stop && *r->p == '\t'; r->p++)
			r->depth++;
		if (r->p < r->stop) {
			r->more = true;
			return true;
		}
	}
	return false;
}

bool
ir_rd_attr(struct ir_reader *r, const char **word)
{
	if (!r->more || r->depth == 0)
		return false;
	if (r->depth > 1)
		ir_rd_fail(r, "the line is indented too far");
	*word = ir_rd_word(r);
	return r->more;
}

void
ir_rd_done(struct ir_reader *r)
{
	if (!ir_rd_eol(r))
		ir_rd_fail(r, "the line should end before '%.20s'",
		    ir_rd_word(r));
	ir_rd_line(r);
}

static void
blanks(struct ir_reader *r)
{
	while (r->p < r->stop && *r->p == ' ')
		r->p++;
}

bool
ir_rd_eol(struct ir_reader *r)
{
	blanks(r);
	return r->failed || r->p == r->stop;
}

bool
ir_rd_is(struct ir_reader *r, char c)
{
	blanks(r);
	if (r->failed || r->p == r->stop || *r->p != c)
		return false;
	r->p++;
	return true;
}

void
ir_rd_want(struct ir_reader *r, const char *text)
{
	const char *s;

	blanks(r);
	for (s = text; *s != '\0'; s++)
		if (r->failed || r->p == r->stop || *r->p++ != *s) {
			ir_rd_fail(r, "'%s' is missing", text);
			return;
		}
}

/* ---- words ---- */

static bool
word_char(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	    (!first && ((c >= '0' && c <= '9') || c == '.'));
}

/* The length of the plain word that comes next, 0 for none. */
static size_t
word_len(const struct ir_reader *r)
{
	const char *s = r->p;

	while (!r->failed && s < r->stop && word_char(*s, s == r->p))
		s++;
	return (size_t)(s - r->p);
}

const char *
ir_rd_word(struct ir_reader *r)
{
	size_t n;
	const char *s;

	blanks(r);
	if (!r->failed && r->p < r->stop && *r->p == '"')
		return ir_rd_string(r);
	n = word_len(r);
	if (n == 0) {
		ir_rd_fail(r, "a name is missing");
		return "";
	}
	s = arena_strndup(r->a, r->p, n);
	r->p += n;
	return s;
}

bool
ir_rd_this(struct ir_reader *r, const char *w)
{
	size_t n;

	blanks(r);
	n = word_len(r);
	if (n != strlen(w) || memcmp(r->p, w, n) != 0)
		return false;
	r->p += n;
	return true;
}

const char *
ir_rd_string(struct ir_reader *r)
{
	const char *s, *text = NULL;
	struct json v;

	blanks(r);
	if (r->failed)
		return "";
	if (r->p == r->stop || *r->p != '"') {
		ir_rd_fail(r, "a string is missing");
		return "";
	}
	for (s = r->p + 1; s < r->stop && *s != '"'; s++)
		if (*s == '\\' && s + 1 < r->stop)
			s++;
	if (s < r->stop && json_parse(r->p, (size_t)(s + 1 - r->p), &v, NULL,
	    NULL))
		text = json_string(r->a, v);
	if (text == NULL) {
		ir_rd_fail(r, "the string is not well formed");
		return "";
	}
	r->p = s + 1;
	return text;
}

/* The number that comes next, as JSON. */
static bool
number(struct ir_reader *r, struct json *v, bool *whole)
{
	const char *s;

	blanks(r);
	s = r->p;
	*whole = true;
	while (!r->failed && s < r->stop && strchr(" ,])}>|?[", *s) == NULL) {
		if (*s != '-' && (*s < '0' || *s > '9'))
			*whole = false;
		s++;
	}
	if (r->failed || s == r->p ||
	    !json_parse(r->p, (size_t)(s - r->p), v, NULL, NULL) ||
	    json_kind(*v) != JSON_NUMBER) {
		ir_rd_fail(r, "a number is missing");
		return false;
	}
	r->p = s;
	return true;
}

int64_t
ir_rd_int(struct ir_reader *r)
{
	struct json v;
	bool whole;
	int64_t i = 0;

	if (number(r, &v, &whole) && (!whole || !json_int(v, &i))) {
		ir_rd_fail(r, "this is not an int of 64 bits");
		return 0;
	}
	return i;
}

unsigned
ir_rd_unsigned(struct ir_reader *r)
{
	int64_t i = ir_rd_int(r);

	if (i < 0 || i > INT32_MAX) {
		ir_rd_fail(r, "the number is negative or too large");
		return 0;
	}
	return (unsigned)i;
}

uint64_t
ir_rd_u64(struct ir_reader *r)
{
	uint64_t v = 0, d;

	blanks(r);
	if (r->failed || r->p == r->stop || *r->p < '0' || *r->p > '9')
		ir_rd_fail(r, "a number is missing");
	while (!r->failed && r->p < r->stop && *r->p >= '0' && *r->p <= '9') {
		d = (uint64_t)(*r->p++ - '0');
		if (v > (UINT64_MAX - d) / 10)
			ir_rd_fail(r, "the number is too large");
		v = v * 10 + d;
	}
	return v;
}

double
ir_rd_double(struct ir_reader *r)
{
	struct json v;
	bool whole;
	double d = 0;

	if (number(r, &v, &whole) && !json_double(v, &d))
		ir_rd_fail(r, "the number is out of range");
	return d;
}

unsigned
ir_rd_among(struct ir_reader *r, const char *const *words, unsigned n)
{
	const char *w = ir_rd_word(r);
	int i = ir_word(words, n, w);

	if (i < 0)
		ir_rd_fail(r, "'%.40s' is not one of %s, %s...", w, words[0],
		    n > 1 ? words[1] : "");
	return i < 0 ? 0 : (unsigned)i;
}

/* ---- types ---- */

static const struct ty *read_type(struct ir_reader *r, unsigned depth);

static const struct ty *
read_union(struct ir_reader *r, unsigned depth)
{
	const struct ty **arm = NULL;
	size_t cap = 0;
	unsigned n = 0;

	do {
		arm = arena_grow(r->a, arm, &cap, n + 1u, sizeof *arm);
		arm[n++] = read_type(r, depth + 1);
	} while (ir_rd_is(r, '|'));
	ir_rd_want(r, ")");
	if (r->failed)
		return ty_basic(r->m->types, TY_POISON);
	return ty_union(r->m->types, arm, n);
}

/* Does a string, a number, true or false stand here? */
static bool
is_value(struct ir_reader *r)
{
	const char *at = r->p;
	bool is;

	if (r->p == r->stop)
		return false;
	if (strchr("\"-0123456789", *r->p) != NULL)
		return true;
	is = ir_rd_this(r, "true") || ir_rd_this(r, "false");
	r->p = at;
	return is;
}

static const struct ty *
read_literal(struct ir_reader *r)
{
	struct ty_const v = ir_rd_const(r, ty_basic(r->m->types, TY_POISON));

	if (v.kind == TYC_FLOAT)
		ir_rd_fail(r, "no literal type is made of floats");
	if (r->failed)
		return ty_basic(r->m->types, TY_POISON);
	return ty_literal(r->m->types, &v, 1);
}

static const struct ty *
read_base(struct ir_reader *r, unsigned depth)
{
	struct ty_table *t = r->m->types;
	const struct ty *of;
	enum ty_kind k;
	const char *w;

	if (ir_rd_is(r, '('))
		return read_union(r, depth);
	blanks(r);
	if (!r->failed && is_value(r))
		return read_literal(r);
	w = ir_rd_word(r);
	if (r->failed)
		return ty_basic(t, TY_POISON);
	if (ir_type_word(w, &k)) {
		if (k != TY_MAP)
			return ty_basic(t, k);
		ir_rd_want(r, "<");
		of = read_type(r, depth + 1);
		ir_rd_want(r, ">");
		return ty_map(t, of);
	}
	of = ir_rd_get(&r->types, w);
	if (of == NULL) {
		ir_rd_fail(r, "there is no type '%.60s'", w);
		return ty_basic(t, TY_POISON);
	}
	return of;
}

static const struct ty *
read_type(struct ir_reader *r, unsigned depth)
{
	const struct ty *t;
	unsigned n = 0;

	if (depth > TYPE_DEPTH) {
		ir_rd_fail(r, "the type is nested too deeply");
		return ty_basic(r->m->types, TY_POISON);
	}
	for (t = read_base(r, depth); !r->failed; n++) {
		if (n > TYPE_DEPTH)
			ir_rd_fail(r, "the type is nested too deeply");
		else if (ir_rd_is(r, '?'))
			t = ty_optional(r->m->types, t);
		else if (ir_rd_is(r, '[')) {
			ir_rd_want(r, "]");
			t = ty_list(r->m->types, t);
		} else
			break;
	}
	return t;
}

const struct ty *
ir_rd_type(struct ir_reader *r)
{
	return read_type(r, 0);
}

static struct ty_const
enum_const(struct ir_reader *r, const struct ty *t)
{
	struct ty_const c = { .kind = TYC_ENUM };
	int i;

	c.s = ir_rd_word(r);
	while (t->kind == TY_OPTIONAL)
		t = t->of;
	i = t->kind == TY_ENUM ? ty_variant_index(t, c.s) : -1;
	if (i < 0)
		ir_rd_fail(r, "'%.40s' is not a name of the enum", c.s);
	c.i = i;
	return c;
}

static struct ty_const
number_const(struct ir_reader *r)
{
	struct ty_const c = { .kind = TYC_NONE };
	const char *at = r->p;
	struct json v;
	bool whole;

	if (!number(r, &v, &whole))
		return c;
	r->p = at;
	if (whole) {
		c.kind = TYC_INT;
		c.i = ir_rd_int(r);
	} else {
		c.kind = TYC_FLOAT;
		c.f = ir_rd_double(r);
	}
	return c;
}

static struct ty_const read_const(struct ir_reader *r, const struct ty *t,
    unsigned depth);

/* The type of item `n` of a constant; NULL if it has none there. */
static const struct ty *
item_type(const struct ty_const *c, const struct ty *t)
{
	if (c->kind == TYC_RECORD)
		return t->kind == TY_STRUCT && c->n < t->n ?
		    t->field[c->n].type : NULL;
	return t->kind == (c->kind == TYC_LIST ? TY_LIST : TY_MAP) ? t->of :
	    NULL;
}

/* What stands behind the opening sign. */
static struct ty_const
items_const(struct ir_reader *r, struct ty_const c, const struct ty *t,
    const char *end, unsigned depth)
{
	struct ty_const *item = NULL;
	const char **key = NULL;
	size_t cap = 0, keys = 0;
	const struct ty *of;

	while (!r->failed && !ir_rd_is(r, *end)) {
		if (c.n > 0)
			ir_rd_want(r, ",");
		of = item_type(&c, t);
		if (of == NULL) {
			ir_rd_fail(r, "the constant is not of its type");
			break;
		}
		if (c.kind == TYC_MAP) {
			key = arena_grow(r->a, key, &keys, c.n + 1u,
			    sizeof *key);
			key[c.n] = ir_rd_string(r);
			ir_rd_want(r, ":");
		}
		item = arena_grow(r->a, item, &cap, c.n + 1u, sizeof *item);
		item[c.n] = read_const(r, of, depth + 1);
		c.n++;
	}
	if (c.kind == TYC_RECORD && (t->kind != TY_STRUCT || c.n != t->n))
		ir_rd_fail(r, "the constant is not of its type");
	c.item = item;
	c.key = key;
	return c;
}

static struct ty_const
arm_const(struct ir_reader *r, const struct ty *t, unsigned depth)
{
	struct ty_const c = { .kind = TYC_ARM, .n = 1 }, *item;

	item = arena_alloc(r->a, sizeof *item);
	c.item = item;
	c.i = ir_rd_int(r);
	if (t->kind != TY_UNION || c.i < 0 || c.i >= t->n)
		ir_rd_fail(r, "the constant is not of its type");
	else
		*item = read_const(r, t->arm[c.i], depth + 1);
	ir_rd_want(r, ">");
	return c;
}

static struct ty_const
read_const(struct ir_reader *r, const struct ty *t, unsigned depth)
{
	struct ty_const c = { .kind = TYC_NONE };

	blanks(r);
	if (depth > TYPE_DEPTH)
		ir_rd_fail(r, "the constant is nested too deeply");
	if (r->failed)
		return c;
	if (ir_rd_this(r, "null")) {
		c.kind = TYC_NULL;
		return c;
	}
	if (t->kind == TY_OPTIONAL)
		t = t->of;
	if (ir_rd_is(r, '.'))
		return enum_const(r, t);
	if (ir_rd_is(r, '<'))
		return arm_const(r, t, depth);
	if (ir_rd_is(r, '['))
		return items_const(r, (struct ty_const){ .kind = TYC_LIST },
		    t, "]", depth);
	if (ir_rd_is(r, '('))
		return items_const(r, (struct ty_const){ .kind = TYC_RECORD },
		    t, ")", depth);
	if (ir_rd_is(r, '{'))
		return items_const(r, (struct ty_const){ .kind = TYC_MAP },
		    t, "}", depth);
	if (r->p < r->stop && *r->p == '"') {
		c.kind = TYC_STRING;
		c.s = ir_rd_string(r);
	} else if (ir_rd_this(r, "false"))
		c.kind = TYC_BOOL;
	else if (ir_rd_this(r, "true")) {
		c.kind = TYC_BOOL;
		c.i = 1;
	} else
		return number_const(r);
	return c;
}

struct ty_const
ir_rd_const(struct ir_reader *r, const struct ty *t)
{
	return read_const(r, t, 0);
}

/* ---- names ---- */

void *
ir_rd_get(const struct table *t, const char *name)
{
	const union table_value *v = table_get(t, name);

	return v != NULL ? v->p : NULL;
}

void
ir_rd_put(struct ir_reader *r, struct table *t, const char *name, void *value)
{
	union table_value *v;

	if (r->failed)
		return;
	v = table_at(t, name);
	if (v->p != NULL)
		ir_rd_fail(r, "the name '%.60s' is taken", name);
	else
		v->p = value;
}

const char *
ir_label_name(struct arena *a, const char *label)
{
	const char *dot = strrchr(label, '.');

	if (dot != NULL && dot > label && dot[1] != '\0' &&
	    dot[1 + strspn(dot + 1, "0123456789")] == '\0')
		return arena_strndup(a, label, (size_t)(dot - label));
	if (label[0] == 'v' && label[1] != '\0' &&
	    label[1 + strspn(label + 1, "0123456789")] == '\0')
		return NULL;
	return label;
}
