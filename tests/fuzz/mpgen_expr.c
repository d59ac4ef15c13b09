/* Expressions of any type.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "mpgen_in.h"

#include <stdio.h>
#include <string.h>

static void put(struct gen *g, const char *form, unsigned deep);

static const struct gen_type *
letter(struct gen *g, char c)
{
	switch (c) {
	case 'i':
		return mpgen_scalar(g, G_INT);
	case 'f':
		return mpgen_scalar(g, G_FLOAT);
	case 'b':
		return mpgen_scalar(g, G_BOOL);
	case 'l':
		return mpgen_of(g, G_LIST, mpgen_scalar(g, G_STRING));
	case 'n':
		return mpgen_of(g, G_LIST, mpgen_scalar(g, G_INT));
	case 'x':
		return mpgen_of(g, G_LIST, mpgen_scalar(g, G_FLOAT));
	}
	return mpgen_scalar(g, G_STRING);
}

/* One of the forms, in which $s is an operand that is a string, and so on;
 * $l, $n and $x are lists, $1 to $9 a number up to that. */
static const char *const string_form[] = {
	"($s + $s)", "str($i)", "str($f)", "str($b)", "lower($s)", "upper($s)",
	"title($s)", "trim($s)", "normalize($s)", "replace($s, \"a\", $s)",
	"substr($s, $3, $5)", "repeat($s, $3)", "join(\", \", $l)",
	"regex_replace($s, \"[aeiou]\", \"<$$0>\")",
	"(regex_find($s, \"\\\\w+\") ?? $s)", "(first($l) ?? $s)", "json($l)",
	"json($n)", "($s + $s + $s)", "echo($s)", "TONE", "GREETING"
};
static const char *const int_form[] = {
	"($i + $i)", "($i - $i)", "($i * $3)", "($i / 3)", "($i % 4)",
	"len($s)", "len($l)", "count($s, \"a\")", "min($i, $i)", "max($i, $i)",
	"abs($i)", "round($f)", "floor($f)", "ceil($f)", "sum($n)",
	"(index_of($s, \"e\") ?? $i)", "(index_of($l, $s) ?? -1)", "-$i",
	"int(\"4$3\")", "len($n)", "(last($n) ?? $i)", "N", "LIMIT"
};
static const char *const float_form[] = {
	"($f + $f)", "($f - $f)", "($f * $f)", "($f / 4.0)", "round($f, 1)",
	"min($f, $f)", "max($f, $f)", "abs($f)", "sum($x)",
	"(number($s) ?? $f)", "float(\"0.$9\")", "mean([$f, $f])", "X", "-$f"
};
static const char *const bool_form[] = {
	"($i < $i)", "($f <= $f)", "($s == $s)", "($s != $s)", "!$b",
	"($b && $b)", "($b || $b)", "contains($s, $s)", "starts_with($s, $s)",
	"icontains($s, \"the\")", "is_text($s)", "($s in $l)", "($i in $n)",
	"regex_match($s, \"[0-9]\")", "any([$b, $b])", "all([$b])",
	"($s < $s)", "($i >= $i)", "ends_with($s, \".\")", "($l == $l)"
};
static const char *const list_form[] = {
	"words($s)", "lines($s)", "split($s, \"o\")", "chunk($s, 9)",
	"regex_all($s, \"[a-z]+\")", "($l + $l)", "take($l, $3)",
	"reverse($l)", "sort($l)", "dedup($l)", "slice($l, $2, $2)"
};
static const char *const int_list_form[] = {
	"range($5)", "($n + $n)", "sort($n)", "reverse($n)", "[$i, $i]",
	"take($n, $3)"
};

static void
form(struct gen *g, const char *const *forms, size_t n, unsigned deep)
{
	put(g, forms[mpgen_draw(g, (unsigned)n)], deep);
}
#define FORM(g, forms, deep) \
	form(g, forms, sizeof(forms) / sizeof(*(forms)), deep)

static void
list_operand(struct gen *g, char c, unsigned deep)
{
	const struct gen_type *t = letter(g, c);
	const struct gen_var *v = mpgen_var(g, t);

	if (v)
		buf_puts(g->b, v->name);
	else if (c == 'l' && deep > 0)
		FORM(g, list_form, deep - 1);
	else if (c == 'n' && deep > 0)
		FORM(g, int_list_form, deep - 1);
	else {
		buf_puts(g->b, "[");
		mpgen_plain(g, t->of);
		buf_puts(g->b, "]");
	}
}

static void
put(struct gen *g, const char *s, unsigned deep)
{
	for (; *s; s++) {
		if (*s != '$') {
			buf_put(g->b, s, 1);
			continue;
		}
		s++;
		if (*s == '$')
			buf_puts(g->b, "$");
		else if (*s >= '1' && *s <= '9')
			buf_printf(g->b, "%u", mpgen_draw(g, (unsigned)(*s -
			    '0') + 1));
		else if (*s == 'l' || *s == 'n' || *s == 'x')
			list_operand(g, *s, deep);
		else
			mpgen_operand(g, letter(g, *s), deep > 0 ? deep - 1 :
			    0);
	}
}

/* ---- what is known of variables ---- */

/* A member of a variable that is a struct; `known`: an optional one that is
 * tested at once.  False if there is none. */
static bool
member(struct gen *g, const struct gen_type *t, unsigned deep)
{
	const struct gen_var *v = mpgen_var_kind(g, G_STRUCT);
	const struct gen_field *f;
	unsigned i, n, at;

	if (!v)
		return false;
	n = v->type->n;
	at = mpgen_draw(g, n);
	for (i = 0; i < n; i++) {
		f = &v->type->field[(at + i) % n];
		if (f->type == t) {
			buf_printf(g->b, "%s.%s", v->name, f->name);
			return true;
		}
		if (f->type->kind == G_OPTIONAL && f->type->of == t) {
			buf_printf(g->b, "(%s.%s != null ? %s.%s : ", v->name,
			    f->name, v->name, f->name);
			mpgen_expr(g, t, deep);
			buf_puts(g->b, ")");
			return true;
		}
	}
	return false;
}

/* What is in an optional, a list, a map or a union, or else something. */
static bool
inside(struct gen *g, const struct gen_type *t, unsigned deep)
{
	static const enum gen_kind kinds[] = { G_OPTIONAL, G_LIST, G_MAP };
	const struct gen_var *v;
	unsigned k = mpgen_draw(g, 3), test = mpgen_draw(g, 2);

	if (t->kind == G_OPTIONAL)
		return false;
	v = mpgen_var(g, mpgen_of(g, kinds[k], t));
	if (!v || v->type->of != t)
		return false;
	buf_puts(g->b, "(");
	/* One that was set may be known not to be null: ?? is an error then. */
	if (k == 0)
		buf_printf(g->b, test || !v->fixed ?
		    "%s != null ? %s : " : "%s ?? ", v->name, v->name);
	else if (k == 1)
		buf_printf(g->b, test ? "len(%s) > 1 ? %s[1] : " :
		    "first(%s) ?? ", v->name, v->name);
	else
		buf_printf(g->b, "%s[\"k0\"] ?? ", v->name);
	mpgen_expr(g, t, deep);
	buf_puts(g->b, ")");
	return true;
}

/* A variable that is a union is tested for an arm, and used as that. */
static bool
by_arm(struct gen *g, const struct gen_type *t, unsigned deep)
{
	struct gen_var *v = mpgen_var_kind(g, G_UNION);
	const struct gen_type *arm;

	if (!v)
		return false;
	arm = v->type->field[mpgen_draw(g, v->type->n)].type;
	buf_printf(g->b, "(%s is ", v->name);
	mpgen_put_type(g, arm);
	buf_puts(g->b, " ? ");
	mpgen_know(g, v, arm);
	mpgen_expr(g, t, deep);
	mpgen_forget(g, v);
	buf_puts(g->b, " : ");
	v->hidden = true;               /* it may be the only other arm */
	mpgen_expr(g, t, deep);
	v->hidden = false;
	buf_puts(g->b, ")");
	return true;
}

static bool
choice(struct gen *g, const struct gen_type *t, unsigned deep)
{
	buf_puts(g->b, "(");
	mpgen_cond(g, deep);
	buf_puts(g->b, " ? ");
	mpgen_expr(g, t, deep);
	buf_puts(g->b, " : ");
	mpgen_expr(g, t, deep);
	buf_puts(g->b, ")");
	return true;
}

/* ---- calls ---- */

const struct gen_callee *
mpgen_callee(struct gen *g, const struct gen_type *out, unsigned *field)
{
	unsigned at, i, k;

	if (g->ncallee == 0)
		return NULL;
	at = mpgen_draw(g, g->ncallee);
	for (i = 0; i < g->ncallee; i++) {
		const struct gen_callee *c =
		    &g->callee[(at + i) % g->ncallee];

		if ((c->effect && g->repeated) ||
		    g->cost + g->rounds * c->cost > MOST_CALLS)
			continue;
		for (k = 0; k < c->nout; k++)
			if (!out || c->out[k].type == out) {
				*field = k;
				return c;
			}
	}
	return NULL;
}

void
mpgen_args(struct gen *g, const struct gen_callee *c, unsigned deep)
{
	unsigned i, n = 0;

	/* Before what is in the arguments. */
	g->cost += g->rounds * c->cost;
	g->effect = g->effect || c->effect;
	buf_printf(g->b, "%s(", c->name);
	for (i = 0; i < c->nin; i++) {
		if (c->in[i].may_lack && mpgen_draw(g, 2) == 0)
			continue;
		buf_printf(g->b, "%s%s = ", n++ > 0 ? ", " : "",
		    c->in[i].name);
		mpgen_expr(g, c->in[i].type, deep);
	}
	buf_puts(g->b, ")");
}

bool
mpgen_call(struct gen *g, const struct gen_type *out, unsigned deep)
{
	unsigned field;
	const struct gen_callee *c = mpgen_callee(g, out, &field);

	if (!c)
		return false;
	mpgen_args(g, c, deep);
	if (out)
		buf_printf(g->b, ".%s", c->out[field].name);
	return true;
}

/* ---- by type ---- */

bool
mpgen_operand(struct gen *g, const struct gen_type *t, unsigned deep)
{
	const struct gen_var *v;
	unsigned how = deep > 0 ? mpgen_draw(g, 8) : mpgen_draw(g, 2);

	if (how == 7 && mpgen_draw(g, 2) && mpgen_call(g, t, deep - 1))
		return true;
	if (how >= 3 && t->kind <= G_BOOL) {
		switch (t->kind) {
		case G_INT:
			FORM(g, int_form, deep - 1);
			return true;
		case G_FLOAT:
			FORM(g, float_form, deep - 1);
			return true;
		case G_BOOL:
			FORM(g, bool_form, deep - 1);
			return true;
		case G_STRING:
		case G_ENUM:
		case G_STRUCT:
		case G_UNION:
		case G_WORD:
		case G_LIST:
		case G_OPTIONAL:
		case G_MAP:
			FORM(g, string_form, deep - 1);
			return true;
		}
	}
	v = how > 0 || t->kind > G_ENUM ? mpgen_var(g, t) : NULL;
	if (v)
		buf_puts(g->b, v->name);
	else if (t->kind <= G_ENUM)
		mpgen_plain(g, t);
	return v || t->kind <= G_ENUM;
}

/* Whether a value is there, which type it has, whether two are equal.  In a
 * form from which nothing is learned: to test once more would be an error. */
static bool
test(struct gen *g)
{
	static const enum gen_kind kinds[] = {
		G_OPTIONAL, G_UNION, G_ENUM, G_WORD, G_STRUCT, G_MAP, G_LIST
	};
	const struct gen_var *v = mpgen_var_kind(g, kinds[mpgen_draw(g, 7)]);
	const struct gen_var *w;

	if (!v)
		return false;
	if (v->type->kind == G_OPTIONAL && mpgen_draw(g, 2)) {
		buf_printf(g->b, "(%s == null) == true", v->name);
	} else if (v->type->kind == G_UNION && mpgen_draw(g, 2)) {
		buf_printf(g->b, "(%s is ", v->name);
		mpgen_put_type(g, v->type->field[mpgen_draw(g,
		    v->type->n)].type);
		buf_puts(g->b, ") == true");
	} else if (v->type->kind == G_MAP && mpgen_draw(g, 2)) {
		buf_printf(g->b, "\"k1\" in %s", v->name);
	} else if (v->type->kind == G_ENUM || v->type->kind == G_WORD) {
		buf_printf(g->b, "%s == ", v->name);
		mpgen_value(g, v->type);
	} else {
		w = mpgen_var(g, v->type);
		buf_printf(g->b, "%s != %s", v->name, w->name);
	}
	return true;
}

void
mpgen_cond(struct gen *g, unsigned deep)
{
	if (mpgen_draw(g, 3) != 1 || !test(g))
		mpgen_operand(g, mpgen_scalar(g, G_BOOL), deep);
}

/* A list made of another one. */
static void
comprehension(struct gen *g, const struct gen_type *t, unsigned deep)
{
	struct gen_var *list = mpgen_var_kind(g, G_LIST), *item;
	const struct gen_type *of = list ? list->type->of :
	    mpgen_scalar(g, G_INT);
	unsigned rounds = g->rounds;
	bool looped = g->looped, cond = mpgen_draw(g, 2);

	g->rounds *= 3;
	g->looped = true;
	buf_puts(g->b, "[");
	item = mpgen_push(g, of, NULL);
	item->fixed = true;
	mpgen_expr(g, t->of, deep);
	buf_printf(g->b, " for %s in ", item->name);
	if (list)
		buf_puts(g->b, list->name);
	else
		buf_puts(g->b, "[3, 1, 2]");
	buf_printf(g->b, " limit %u", 1 + mpgen_draw(g, 3));
	if (cond) {
		buf_puts(g->b, " if ");
		mpgen_cond(g, deep);
	}
	buf_puts(g->b, "]");
	g->nvar--;
	g->rounds = rounds;
	g->looped = looped;
}

static bool
list_expr(struct gen *g, const struct gen_type *t, unsigned deep)
{
	static const char *const forms[] = {
		"reverse(", "dedup(", "take(", "slice("
	};
	unsigned how = mpgen_draw(g, 6);
	struct gen_var *v = mpgen_var(g, t);

	if (how < 2) {
		comprehension(g, t, deep);
		return true;
	}
	if (how == 2 && t->of->kind <= G_INT) {
		list_operand(g, t->of->kind == G_INT ? 'n' : 'l', deep);
		return true;
	}
	if (!v)
		return false;
	if (how == 3) {
		buf_printf(g->b, "(%s + [", v->name);
		mpgen_expr(g, t->of, deep);
		buf_puts(g->b, "])");
		return true;
	}
	how = mpgen_draw(g, 4);
	buf_printf(g->b, "%s%s%s", forms[how], v->name, how < 2 ? ")" :
	    how == 2 ? ", 2)" : ", 1, 2)");
	return true;
}

static bool
optional_expr(struct gen *g, const struct gen_type *t, unsigned deep)
{
	const struct gen_var *v = mpgen_var(g, mpgen_of(g, G_LIST, t->of));
	unsigned how = mpgen_draw(g, 3);

	if (v && v->type->of == t->of && how > 0) {
		buf_printf(g->b, "%s(%s)", how == 1 ? "first" : "last",
		    v->name);
		return true;
	}
	mpgen_expr(g, t->of, deep);
	return true;
}

/* What stands for T has to have its type in itself. */
static bool
map_expr(struct gen *g, const struct gen_type *t, unsigned deep)
{
	const struct gen_var *v = mpgen_var(g, t), *w = mpgen_var(g, t->of);

	if (!v || (!w && t->of->kind > G_ENUM))
		return false;
	buf_printf(g->b, "put(%s, ", v->name);
	mpgen_operand(g, mpgen_scalar(g, G_STRING), deep);
	buf_puts(g->b, ", ");
	if (t->of->kind == G_WORD && mpgen_draw(g, 2))
		mpgen_value(g, t->of);
	else if (w)
		buf_puts(g->b, w->name);
	else
		mpgen_operand(g, t->of, deep);
	buf_puts(g->b, ")");
	return true;
}

static bool
struct_expr(struct gen *g, const struct gen_type *t, unsigned deep)
{
	unsigned i, n = 0;

	buf_puts(g->b, "{ ");
	for (i = 0; i < t->n; i++) {
		if (i > 0 && t->field[i].may_lack && mpgen_draw(g, 2) == 0)
			continue;
		buf_printf(g->b, "%s%s = ", n++ > 0 ? ", " : "",
		    t->field[i].name);
		mpgen_expr(g, t->field[i].type, deep);
	}
	buf_puts(g->b, " }");
	return true;
}

static bool
special(struct gen *g, const struct gen_type *t, unsigned deep)
{
	switch (t->kind) {
	case G_STRING:
	case G_INT:
	case G_BOOL:
	case G_ENUM:
		return mpgen_operand(g, t, deep);
	case G_FLOAT:
		return mpgen_operand(g, mpgen_scalar(g, mpgen_draw(g, 3) == 1 ?
		    G_INT : G_FLOAT), deep);
	case G_STRUCT:
		return struct_expr(g, t, deep);
	case G_UNION:
		mpgen_expr(g, t->field[mpgen_draw(g, t->n)].type, deep);
		return true;
	case G_WORD:
		return false;
	case G_LIST:
		return list_expr(g, t, deep);
	case G_OPTIONAL:
		return optional_expr(g, t, deep);
	case G_MAP:
		return map_expr(g, t, deep);
	}
	return false;
}

void
mpgen_expr(struct gen *g, const struct gen_type *t, unsigned deep)
{
	const struct gen_var *v;

	if (deep > 0) {
		switch (mpgen_draw(g, 10)) {
		case 1:
			if (member(g, t, deep - 1))
				return;
			break;
		case 2:
			if (inside(g, t, deep - 1))
				return;
			break;
		case 3:
			if (by_arm(g, t, deep - 1))
				return;
			break;
		case 4:
			choice(g, t, deep - 1);
			return;
		case 5:
			if (mpgen_call(g, t, deep - 1))
				return;
			break;
		case 6:
		case 7:
		case 8:
			if (special(g, t, deep - 1))
				return;
			break;
		}
	}
	v = mpgen_draw(g, 4) > 0 ? mpgen_var(g, t) : NULL;
	if (v)
		buf_puts(g->b, v->name);
	else
		mpgen_value(g, t);
}
