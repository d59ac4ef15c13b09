/* A program as one file: the tokens of its files, with other names and values
 * in some places.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "front/expand.h"

#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "front/fmt.h"
#include "front/scope.h"

/* Text in place of a piece of the sources. */
struct edit {
	struct span at;
	const char *text;
};

struct expand {
	struct arena *a;
	struct names *names;
	struct sources *sources;
	struct diag *d;
	struct checked *c;
	struct table global;            /* by name: symbols without prefix */
	struct table named;             /* by type: the enum's symbol */
	struct edit *edit;
	size_t n, cap;
	struct unit *unit;
	struct buf text;
};

static void
add(struct expand *x, struct span at, const char *text)
{
	x->edit = arena_grow(x->a, x->edit, &x->cap, x->n + 1,
	    sizeof *x->edit);
	x->edit[x->n++] = (struct edit){ at, text };
}

/* The bytes of the present unit at `at`. */
static const char *
bytes(const struct expand *x, unsigned off)
{
	return x->unit->source->text + (off - x->unit->source->base);
}

/* Is it a declaration with a name that other files can see? */
static bool
is_global(const struct symbol *s)
{
	return s != NULL && s->decl != NULL && s->decl->sym == s &&
	    s->kind != SYM_VAR && s->kind != SYM_UNIT && s->kind != SYM_TEST;
}

static void put_text(struct buf *b, const char *s);

/* A path is another one in another file. */
static void
path(struct expand *x, const struct ast *n)
{
	struct buf b = BASE_BUF_INIT;

	if (strcmp(n->u.string.path, n->u.string.text) == 0)
		return;
	put_text(&b, n->u.string.path);
	add(x, n->at, arena_strdup(x->a, buf_str(&b)));
	buf_release(&b);
}

/* ---- names ---- */

static void
rename_to(struct expand *x, struct span at, const char *path)
{
	if (strlen(path) != at.len || memcmp(bytes(x, at.off), path,
	    at.len) != 0)
		add(x, at, path);
}

/* What the name would mean in one file, where that is something of another
 * file; NULL. */
static const struct symbol *
clash(const struct expand *x, const char *name)
{
	const union table_value *v = table_get(&x->global, name);

	return v != NULL ? v->p : NULL;
}

static void
no_expansion(struct expand *x, const struct ast *n, const struct symbol *s,
    const char *name)
{
	diag(x->d, n->at, E_ONE_FILE, "'%s' would be %s of %s", name,
	    s->kind == SYM_UNIT ? "an import" : "the declaration",
	    s->unit->source->path);
	if (s->decl != NULL)
		diag_note(x->d, s->decl->at, "which is here");
}

/* A name of an enum that its place gives a type to. */
static void
variant(struct expand *x, const struct ast *n)
{
	const union table_value *v;
	const struct symbol *e;

	if (clash(x, n->u.name.name) == NULL)
		return;
	v = table_get(&x->named, n->sym->type);
	if (v == NULL)
		BUG("an enum without a name");
	e = v->p;
	add(x, n->at, arena_printf(x->a, "%s.%s", e->path, n->u.name.name));
}

static void
name(struct expand *x, const struct ast *n)
{
	if (is_global(n->sym))
		rename_to(x, n->at, n->sym->path);
	else if (n->sym != NULL && n->sym->kind == SYM_VARIANT)
		variant(x, n);
}

/* A function of the language that another file's declaration would hide, and
 * inputs that are given by the name of a constant alone. */
static void
call(struct expand *x, const struct ast *n)
{
	const struct ast *fn = n->u.call.fn, *arg, *v;
	const struct symbol *s = n->sym;

	if (s != NULL && (s->kind == SYM_BUILTIN || s->kind == SYM_CREDIT) &&
	    fn->kind == AST_NAME &&
	    clash(x, fn->u.name.name) != NULL)
		no_expansion(x, fn, clash(x, fn->u.name.name),
		    fn->u.name.name);
	for (arg = n->u.call.arg; arg != NULL; arg = arg->next) {
		v = arg->u.arg.value;
		if (arg->u.arg.name == NULL && v->kind == AST_NAME &&
		    is_global(v->sym) && strchr(v->sym->path, '.') != NULL &&
		    s != NULL && s->in != NULL &&
		    ty_field_index(s->in, v->u.name.name) >= 0)
			add(x, (struct span){ v->at.off, 0 },
			    arena_printf(x->a, "%s = ", v->u.name.name));
	}
}

/* m.x of an import; else a member of something. */
static bool
dot(struct expand *x, const struct ast *n)
{
	const struct symbol *of = n->u.dot.of->sym;

	if (of == NULL || of->kind != SYM_UNIT || !is_global(n->sym))
		return false;
	rename_to(x, n->at, n->sym->path);
	return true;
}

/* A variable hides an import where it has a member of that name. */
static void
local(struct expand *x, const struct ast *n, const char *name)
{
	const struct symbol *s = clash(x, name);
	const struct ty *t = n->sym != NULL ? n->sym->type : NULL;

	if (s == NULL || s->kind != SYM_UNIT || t == NULL)
		return;
	if (t->kind == TY_OPTIONAL)
		t = t->of;
	for (unsigned i = 0; t->kind == TY_STRUCT && i < t->n; i++)
		if (scope_get(s->unit->scope, t->field[i].name) != NULL)
			no_expansion(x, n, s, name);
}

static void
walk(struct expand *x, const struct ast *n)
{
	struct ast *part[AST_PARTS];
	const struct ast *p;
	unsigned count;

	if (is_global(n->sym) && n->sym->decl == n)
		rename_to(x, check_name_at(n), n->sym->path);
	if (n->kind == AST_NAME)
		name(x, n);
	else if (n->kind == AST_T_NAME && is_global(n->sym))
		rename_to(x, n->at, n->sym->path);
	else if (n->kind == AST_CALL)
		call(x, n);
	else if (n->kind == AST_LET)
		local(x, n, n->u.let.name);
	else if (n->kind == AST_FOR)
		local(x, n, n->u.for_.name);
	else if (n->kind == AST_COMPREHENSION)
		local(x, n, n->u.comprehension.name);
	else if (n->kind == AST_FIELD)
		local(x, n, n->u.field.name);
	else if (n->kind == AST_STRING && n->u.string.path != NULL)
		path(x, n);
	if (n->kind == AST_DOT && dot(x, n))
		return;
	count = ast_parts(n, part);
	for (unsigned i = 0; i < count; i++)
		for (p = part[i]; p != NULL; p = p->next)
			walk(x, p);
}

/* ---- values of -D ---- */

static void
put_text(struct buf *b, const char *s)
{
	buf_putc(b, '"');
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			buf_printf(b, "\\%c", *s);
		else if (*s == '\n')
			buf_puts(b, "\\n");
		else if (*s == '\t')
			buf_puts(b, "\\t");
		else if ((unsigned char)*s < 0x20)
			buf_printf(b, "\\u{%x}", (unsigned)*s);
		else
			buf_putc(b, *s);
	}
	buf_putc(b, '"');
}

/* The value as a literal of the language. */
static const char *
literal(struct expand *x, const struct ty_const *v, const struct ty *t)
{
	const union table_value *e;
	struct buf b = BASE_BUF_INIT;
	const char *s;

	if (t->kind == TY_OPTIONAL)
		t = t->of;
	switch (v->kind) {
	case TYC_STRING: put_text(&b, v->s); break;
	case TYC_INT:    buf_int(&b, v->i); break;
	case TYC_FLOAT:  buf_double(&b, v->f); break;
	case TYC_BOOL:   buf_puts(&b, v->i ? "true" : "false"); break;
	case TYC_ENUM:
		e = table_get(&x->named, t);
		if (e != NULL)
			buf_printf(&b, "%s.",
			    ((const struct symbol *)e->p)->path);
		buf_puts(&b, v->s);
		break;
	case TYC_NULL: case TYC_NONE:
		buf_puts(&b, "null");
		break;
	case TYC_LIST: case TYC_RECORD: case TYC_MAP: case TYC_ARM:
		BUG("-D sets no such value");
	}
	s = arena_strdup(x->a, buf_str(&b));
	buf_release(&b);
	return s;
}

/* What stands between the = before the value and the semicolon. */
static void
define(struct expand *x, const struct ast *n, const struct token *t)
{
	const struct ast *v = n->kind == AST_PARAM ? n->u.param.value :
	    n->u.constant.value;
	unsigned from = 0, end = n->at.off + n->at.len - 1;

	for (; t != NULL && t->at.off < v->at.off; t = t->next)
		if (!t->is_comment && *bytes(x, t->at.off) == '=' &&
		    t->at.off > n->at.off)
			from = t->at.off + 1;
	add(x, (struct span){ from, end - from },
	    literal(x, &n->sym->value, n->sym->type));
}

/* The options of a module that -D has set.  A format alone is only where the
 * search begins, one that is tuned to itself is where it stays. */
static void
pins(struct expand *x, const struct ast *n)
{
	unsigned end = n->at.off + n->at.len - 1;
	const struct ast *o, *v;
	enum slot_kind k;
	struct buf b = BASE_BUF_INIT;

	for (o = n->u.value.option; o != NULL; o = o->next) {
		v = o->u.option.value;
		if (!slot_find(o->u.option.name, &k) ||
		    !(n->sym->pinned & 1u << k))
			continue;
		buf_reset(&b);
		buf_printf(&b, "%s = ", o->u.option.name);
		if (v->kind == AST_FLOAT)
			buf_double(&b, v->u.number.value);
		else
			buf_puts(&b, v->u.name.name);
		if (k == SLOT_FORMAT)
			buf_printf(&b, " tune [%s]", v->u.name.name);
		buf_puts(&b, "; ");
		add(x, o->at.off == check_name_at(n).off ?
		    (struct span){ end, 0 } : o->at,
		    arena_strdup(x->a, buf_str(&b)));
	}
	buf_release(&b);
}

/* ---- the text ---- */

/* The first edit at `off` or behind it. */
static size_t
edit_at(const struct expand *x, unsigned off)
{
	size_t lo = 0, hi = x->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (x->edit[mid].at.off < off)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static int
by_place(const void *p, const void *q)
{
	const struct edit *a = p, *b = q;

	if (a->at.off != b->at.off)
		return a->at.off < b->at.off ? -1 : 1;
	return (a->at.len > b->at.len) - (a->at.len < b->at.len);
}

/* The most newlines in a row between two tokens. */
static unsigned
newlines(const char *from, const char *to)
{
	unsigned n = 0, most = 0;

	for (; from < to; from++) {
		if (*from == '\n' && ++n > most)
			most = n;
		else if (strchr(" \t\r\n", *from) == NULL)
			n = 0;
	}
	return most;
}

/* What stands between two tokens, without the comment. */
static void
put_gap(struct expand *x, const char *from, const char *to, bool comment)
{
	unsigned n = newlines(from, to);

	if (n > 0)
		buf_puts(&x->text, n > 1 ? "\n\n" : "\n");
	else if (comment)
		buf_putc(&x->text, ' ');
	else
		buf_put(&x->text, from, (size_t)(to - from));
}

/* One declaration, whose tokens begin at `t`; gives the token behind it. */
static const struct token *
put_decl(struct expand *x, const struct ast *n, const struct token *t)
{
	unsigned end = n->at.off + n->at.len, last = n->at.off, skip = 0;
	size_t e = edit_at(x, n->at.off);
	bool comment = false, replaced;

	for (; t != NULL && t->at.off < end; t = t->next) {
		if (t->is_comment) {
			comment = true;
			continue;
		}
		if (t->at.off < skip) {
			last = t->at.off + t->at.len;
			continue;
		}
		while (e < x->n && x->edit[e].at.off < skip)
			e++;
		put_gap(x, bytes(x, last), bytes(x, t->at.off), comment);
		comment = replaced = false;
		last = t->at.off + t->at.len;
		for (; e < x->n && x->edit[e].at.off < last; e++) {
			buf_puts(&x->text, x->edit[e].text);
			skip = x->edit[e].at.off + x->edit[e].at.len;
			replaced |= x->edit[e].at.len > 0;
		}
		if (!replaced)
			buf_put(&x->text, bytes(x, t->at.off), t->at.len);
	}
	return t;
}

/* Means it something in the main file only? */
static bool
is_left_out(const struct expand *x, const struct ast *n)
{
	return n->kind == AST_IMPORT || (x->unit != x->c->unit &&
	    (n->kind == AST_OPTIMIZE || n->kind == AST_TEST ||
	    n->kind == AST_CAPS));
}

static void
put_unit(struct expand *x, struct unit *u)
{
	const struct token *t = tokens(x->a, x->names, u->source, x->d), *all;
	const struct ast *n;
	unsigned last = 0;

	x->unit = u;
	x->n = 0;
	all = t;
	for (n = u->decl; n != NULL; n = n->next) {
		if (is_left_out(x, n))
			continue;
		walk(x, n);
		if (n->sym != NULL && n->sym->defined)
			define(x, n, all);
		else if (n->kind == AST_MODULE && n->sym != NULL)
			pins(x, n);
	}
	if (x->n > 1)
		qsort(x->edit, x->n, sizeof *x->edit, by_place);
	for (n = u->decl; n != NULL; n = n->next) {
		while (t != NULL && t->at.off < n->at.off)
			t = t->next;
		if (is_left_out(x, n))
			continue;
		if (x->text.len > 0)
			buf_puts(&x->text, last != 0 && newlines(bytes(x,
			    last), bytes(x, n->at.off)) < 2 ? "\n" : "\n\n");
		t = put_decl(x, n, t);
		last = n->at.off + n->at.len;
	}
}

/* ---- all files ---- */

static void
note_names(struct expand *x)
{
	const struct scope *main_names = x->c->unit->scope;
	struct symbol *s;

	table_init_text(&x->global, x->a);
	table_init(&x->named, x->a);
	for (size_t i = 0; i < main_names->n; i++)
		if (main_names->order[i].sym->kind == SYM_UNIT)
			table_at(&x->global, main_names->order[i].name)->p =
			    main_names->order[i].sym;
	for (s = x->c->symbol; s != NULL; s = s->next) {
		if (strchr(s->path, '.') == NULL)
			table_at(&x->global, s->path)->p = s;
		if (s->kind == SYM_ENUM)
			table_at(&x->named, s->type)->p = s;
	}
}

bool
expand(struct arena *a, struct names *names, struct sources *sources,
    struct checked *c, struct diag *d, struct buf *out)
{
	struct expand x = { .a = a, .names = names, .sources = sources,
	    .d = d, .c = c, .text = BASE_BUF_INIT };
	unsigned before = d->nerror;
	struct source *one;
	struct symbol *s;
	struct table done;
	bool ok;

	note_names(&x);
	table_init(&done, a);
	/* In the order in which they were declared, the main file last. */
	for (s = c->symbol; s != NULL; s = s->next)
		if (s->unit != c->unit && table_at(&done, s->unit)->n++ == 0)
			put_unit(&x, s->unit);
	put_unit(&x, c->unit);
	buf_putc(&x.text, '\n');
	one = sources_add(sources, c->unit->source->path, buf_str(&x.text),
	    x.text.len);
	ok = d->nerror == before && one != NULL && !x.text.failed &&
	    fmt(a, names, sources, one, d, out);
	if (!ok && d->nerror == before)
		BUG("the file that was written has other tokens");
	buf_release(&x.text);
	return ok;
}
