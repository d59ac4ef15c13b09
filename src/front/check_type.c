/* Types as written, their fields and attributes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "front/check_in.h"

const struct ty *
check_basic(struct check *c, enum ty_kind k)
{
	return ty_basic(c->t, k);
}

const struct ty *
check_poison(struct check *c)
{
	return ty_basic(c->t, TY_POISON);
}

const char *
check_text(struct check *c, const struct ty *t)
{
	return ty_text(c->a, t);
}

static const struct { const char *name; enum ty_kind kind; } basics[] = {
	{ "string", TY_STRING }, { "int", TY_INT }, { "float", TY_FLOAT },
	{ "bool", TY_BOOL }, { "image", TY_IMAGE }, { "audio", TY_AUDIO },
	{ "file", TY_FILE }
};

/* A type's name as a reference, so that one look-up serves all. */
static struct ast *
as_reference(struct check *c, const struct ast *t)
{
	const char *path = t->u.t_name.module ? arena_printf(c->a, "%s.%s",
	    t->u.t_name.module, t->u.t_name.name) : t->u.t_name.name;
	struct ast *of = NULL, *n;
	size_t len;

	for (;; path += len + 1) {
		len = strcspn(path, ".");
		n = arena_alloc(c->a, sizeof(*n));
		n->kind = of ? AST_DOT : AST_NAME;
		n->at = t->at;
		if (of) {
			n->u.dot.of = of;
			n->u.dot.name = names_intern(c->names, path, len);
			n->u.dot.name_at = t->at;
		} else
			n->u.name.name = names_intern(c->names, path, len);
		of = n;
		if (!path[len])
			return n;
	}
}

/* The word that a place ends with. */
static struct span
last_word(struct span at, const char *word)
{
	unsigned n = (unsigned)strlen(word);

	return (struct span){ at.off + at.len - n, n };
}

static const struct ty *
named_type(struct check *c, struct ast *t)
{
	const char *name = t->u.t_name.name, *from[64];
	bool failed = false;
	struct symbol *s;
	size_t i, n;

	if (!t->u.t_name.module)
		for (i = 0; i < COUNTOF(basics); i++)
			if (strcmp(basics[i].name, name) == 0)
				return check_basic(c, basics[i].kind);
	s = check_ref(c, as_reference(c, t), &failed);
	if (s && (s->kind == SYM_ENUM || s->kind == SYM_STRUCT ||
	    s->kind == SYM_TYPEDEF)) {
		t->sym = s;
		return s->type;
	}
	if (s)
		diag(c->d, t->at, E_KIND, "'%s' is %s, not a type", name,
		    check_kind_word(s->kind));
	else if (!failed) {
		for (n = 0; n < COUNTOF(basics); n++)
			from[n] = basics[n].name;
		for (s = c->out->symbol; s && n < COUNTOF(from); s = s->next)
			if (s->kind == SYM_ENUM || s->kind == SYM_STRUCT ||
			    s->kind == SYM_TYPEDEF)
				from[n++] = s->name;
		diag(c->d, t->at, E_NAME, "type '%s'%s", name,
		    check_nearest(c, name, from, n));
		check_offer(c, last_word(t->at, name));
	}
	return check_poison(c);
}

static const struct ty *
union_type(struct check *c, struct ast *t)
{
	const struct ty **arm = NULL, *u, *of;
	size_t n = 0, cap = 0;
	struct ast *x;

	for (x = t->u.t_union.arm; x; x = x->next) {
		arm = arena_grow(c->a, arm, &cap, n + 1, sizeof(*arm));
		arm[n++] = check_type(c, x);
	}
	u = ty_union(c->t, arm, (unsigned)n);
	of = ty_present(u);
	if (of->kind == TY_UNION && of->n > FACT_ARMS) {
		diag(c->d, t->at, E_UNION, "more than %d types", FACT_ARMS);
		return check_poison(c);
	}
	return u;
}

const struct ty *
check_type(struct check *c, struct ast *t)
{
	const struct ty *x;
	struct ty_const v;

	switch ((unsigned)t->kind) {
	case AST_T_NAME:
		return t->type = named_type(c, t);
	case AST_T_LIST:
		return t->type = ty_list(c->t, check_type(c, t->u.t_list.of));
	case AST_T_OPTIONAL:
		x = check_type(c, t->u.t_optional.of);
		return t->type = ty_optional(c->t, x);
	case AST_T_MAP:
		x = check_type(c, t->u.t_map.key);
		if (x->kind != TY_STRING && x->kind != TY_POISON)
			diag(c->d, t->u.t_map.key->at, E_TYPE,
			    "the keys of a map are strings");
		return t->type = ty_map(c->t, check_type(c, t->u.t_map.of));
	case AST_T_UNION:
		return t->type = union_type(c, t);
	case AST_T_LITERAL:
		if (t->u.t_literal.value->kind == AST_NULL)
			return t->type = check_basic(c, TY_NULL);
		if (!check_const(c->a, t->u.t_literal.value, &v))
			BUG("a literal that is no constant");
		return t->type = ty_literal(c->t, &v, 1);
	}
	BUG("type node %d", (int)t->kind);
}

/* ---- attributes ---- */

static bool
string_arg(struct check *c, struct ast *a, const char **out)
{
	struct ast *v = a->u.attr.arg ? a->u.attr.arg->u.arg.value : NULL;

	if (!v || v->kind != AST_STRING || v->next || a->u.attr.arg->next) {
		diag(c->d, a->at, E_ATTRIBUTE, "@%s takes one string",
		    a->u.attr.name);
		return false;
	}
	*out = v->u.string.text;
	return true;
}

/* The two numbers of @range and @len. */
static bool
two_numbers(struct check *c, struct ast *a, double v[2])
{
	struct ast *arg = a->u.attr.arg;
	struct ty_const k;
	unsigned n;

	for (n = 0; arg && n < 2; n++, arg = arg->next) {
		if (!check_constant(c, arg->u.arg.value,
		    check_basic(c, TY_FLOAT), &k))
			return false;
		v[n] = k.f;
	}
	if (n == 2 && !arg && v[0] <= v[1])
		return true;
	diag(c->d, a->at, E_ATTRIBUTE, "@%s takes two numbers, the smaller "
	    "first", a->u.attr.name);
	return false;
}

static void
bounds(struct check *c, struct ast *a, struct ty_field *f, bool range)
{
	const struct ty *t = ty_present(f->type);
	double v[2];

	if (t->kind == TY_POISON || !two_numbers(c, a, v))
		return;
	if (range && t->kind != TY_INT && t->kind != TY_FLOAT)
		diag(c->d, a->at, E_ATTRIBUTE, "@range fits int and float, "
		    "not %s", check_text(c, t));
	else if (!range && t->kind != TY_STRING && t->kind != TY_LIST &&
	    t->kind != TY_MAP)
		diag(c->d, a->at, E_ATTRIBUTE, "@len fits strings, lists and "
		    "maps, not %s", check_text(c, t));
	else if (!range && (v[0] < 0 || v[0] != floor(v[0]) ||
	    v[1] != floor(v[1])))
		diag(c->d, a->at, E_ATTRIBUTE, "a length is a whole number "
		    "from 0 on");
	f->has_min = f->has_max = true;
	f->min = v[0];
	f->max = v[1];
}

static const char *const attributes[] = {
	"alias", "range", "len", "regex", "fence", "hidden", "stream",
	"check", "assert"
};

static bool
flag(struct check *c, struct ast *a)
{
	if (a->u.attr.arg)
		diag(c->d, a->at, E_ATTRIBUTE, "@%s takes nothing",
		    a->u.attr.name);
	return true;
}

static void
attribute(struct check *c, struct ast *a, struct ty_field *f)
{
	const char *name = a->u.attr.name;
	const struct ty *t = ty_present(f->type);

	if (strcmp(name, "alias") == 0)
		string_arg(c, a, &f->alias);
	else if (strcmp(name, "range") == 0)
		bounds(c, a, f, true);
	else if (strcmp(name, "len") == 0)
		bounds(c, a, f, false);
	else if (strcmp(name, "regex") == 0) {
		if (t->kind != TY_STRING && t->kind != TY_POISON)
			diag(c->d, a->at, E_ATTRIBUTE, "@regex fits string, "
			    "not %s", check_text(c, t));
		string_arg(c, a, &f->regex);
		if (f->regex)
			check_pattern(c, f->regex, a->at);
	} else if (strcmp(name, "fence") == 0) {
		f->fence = flag(c, a);
	} else if (strcmp(name, "hidden") == 0)
		f->hidden = flag(c, a);
	else if (strcmp(name, "stream") == 0) {
		struct ast *v = a->u.attr.arg;

		v = v ? v->u.arg.value : NULL;
		if (!v || v->kind != AST_NAME ||
		    strcmp(v->u.name.name, "done") != 0)
			diag(c->d, a->at, E_ATTRIBUTE, "@stream takes `done`");
		f->stream_done = true;
	} else if (strcmp(name, "check") == 0 || strcmp(name, "assert") == 0)
		check_condition_attr(c, a, f);
	else {
		diag(c->d, a->at, E_ATTRIBUTE, "unknown '@%s'%s", name,
		    check_nearest(c, name, attributes, COUNTOF(attributes)));
		check_offer(c, (struct span){ a->at.off + 1,
		    (unsigned)strlen(name) });
	}
}

/* ---- aliases ---- */

/* What may stand in any layout of a reply: as a label, in a tag. */
static bool
is_word(const char *s)
{
	const char *at = s;

	while ((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
	    (*s >= '0' && *s <= '9') || (*s && strchr("_-.", *s)) ||
	    (unsigned char)*s >= 0x80)
		s++;
	return *s == '\0' && s > at;
}

static bool
is_line(const char *s)
{
	size_t n = strlen(s);

	if (n == 0 || s[0] == ' ' || s[n - 1] == ' ')
		return false;
	while ((unsigned char)*s >= ' ' && *s != 0x7f)
		s++;
	return *s == '\0';
}

/* The aliases of fields, or of names of an enum, whose names are in `names`:
 * the model must be able to tell them apart. */
static void
aliases(struct check *c, struct ast *list, const struct scope *names)
{
	struct scope *seen = scope_new(c->a, NULL);
	struct ast *n, *a;
	const char *text, *name;
	bool field;

	for (n = list; n; n = n->next) {
		field = n->kind == AST_FIELD;
		name = field ? n->u.field.name : n->u.variant.name;
		a = field ? n->u.field.attr : n->u.variant.attr;
		while (a && strcmp(a->u.attr.name, "alias") != 0)
			a = a->next;
		if (!a || !a->u.attr.arg ||
		    a->u.attr.arg->u.arg.value->kind != AST_STRING)
			continue;
		text = a->u.attr.arg->u.arg.value->u.string.text;
		text = names_intern(c->names, text, strlen(text));
		if (field ? !is_word(text) : !is_line(text))
			diag(c->d, a->at, E_ATTRIBUTE, field ? "the alias of a "
			    "field is of letters, digits, _, - and ." :
			    "the alias of a name is one line, not empty and "
			    "without blanks at its ends");
		else if ((text != name && scope_get(names, text)) ||
		    scope_get(seen, text))
			diag(c->d, a->at, E_ATTRIBUTE, "'%s' is what the model "
			    "sees of another, too", text);
		else
			scope_add(seen, text, check_new_symbol(c, SYM_VAR,
			    text, n));
	}
}

/* ---- fields, structs, enums ---- */

static void
one_field(struct check *c, struct ast *n, struct ty_field *f)
{
	struct ast *a, *x;

	f->name = n->u.field.name;
	f->desc = n->u.field.desc;
	f->at = n->u.field.name_at;
	f->type = check_type(c, n->u.field.type);
	if (f->type->kind == TY_NULL) {
		diag(c->d, n->u.field.type->at, E_TYPE,
		    "a field cannot be null alone");
		f->type = check_poison(c);
	}
	for (a = n->u.field.attr; a; a = a->next) {
		for (x = n->u.field.attr; x != a; x = x->next)
			if (strcmp(x->u.attr.name, a->u.attr.name) == 0 &&
			    strcmp(a->u.attr.name, "check") != 0 &&
			    strcmp(a->u.attr.name, "assert") != 0)
				break;
		if (x == a)
			attribute(c, a, f);
		else
			diag(c->d, a->at, E_ATTRIBUTE, "@%s stands twice",
			    a->u.attr.name);
	}
	if (n->u.field.value)
		check_constant(c, n->u.field.value, f->type, &f->fallback);
}

void
check_fields(struct check *c, struct ty *record, struct ast *list,
    struct scope *seen, const struct ty_field *before)
{
	struct ty_field *f;
	struct ast *n;
	size_t count = before ? 1 : 0;

	for (n = list; n; n = n->next)
		count++;
	f = arena_array(c->a, count, sizeof(*f));
	count = 0;
	if (before)
		f[count++] = *before;
	for (n = list; n; n = n->next) {
		one_field(c, n, &f[count]);
		if (!check_duplicate(c, seen, n->u.field.name,
		    n->u.field.name_at, check_new_symbol(c, SYM_VAR,
		    n->u.field.name, n)))
			count++;
	}
	aliases(c, list, seen);
	ty_set_fields(c->t, record, f, (unsigned)count);
}

void
check_struct(struct check *c, struct symbol *s)
{
	struct ty *t = ty_struct(c->t, s->name);

	t->at = check_name_at(s->decl);
	check_fields(c, t, s->decl->u.structure.field, scope_new(c->a, NULL),
	    NULL);
	if (t->n == 0)
		diag(c->d, t->at, E_RECORD, "'%s' has no field", s->name);
	s->type = t;
}

void
check_enum(struct check *c, struct symbol *s)
{
	struct ty *t = ty_enum(c->t, s->name);
	struct scope *seen = scope_new(c->a, NULL);
	struct ty_variant *v = NULL;
	size_t n = 0, cap = 0;
	struct ast *x, *a;

	t->at = check_name_at(s->decl);
	for (x = s->decl->u.enumeration.variant; x; x = x->next) {
		v = arena_grow(c->a, v, &cap, n + 1, sizeof(*v));
		v[n] = (struct ty_variant){ .name = x->u.variant.name,
		    .desc = x->u.variant.desc };
		for (a = x->u.variant.attr; a; a = a->next) {
			if (strcmp(a->u.attr.name, "alias") == 0)
				string_arg(c, a, &v[n].alias);
			else
				diag(c->d, a->at, E_ATTRIBUTE,
				    "only @alias fits a name of an enum");
		}
		if (!check_duplicate(c, seen, v[n].name,
		    (struct span){ x->at.off, (unsigned)strlen(v[n].name) },
		    check_new_symbol(c, SYM_VARIANT, v[n].name, x)))
			n++;
	}
	aliases(c, s->decl->u.enumeration.variant, seen);
	ty_set_variants(c->t, t, v, (unsigned)n);
	s->type = t;
}
