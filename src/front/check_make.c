/* Programs that are made for a module.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "front/check_make.h"

#include <ctype.h>
#include <string.h>

#include "core/buf.h"

/* ---- names ---- */

/* Words of the language that may be inputs: no variable is called so. */
static bool
is_taken(const struct making *k, const char *name)
{
	return ty_field_index(k->s->in, name) >= 0 ||
	    scope_get(k->c->builtins, name) != NULL;
}

/* The name that $word is. */
static const char *
check_make_name(struct making *k, const char *word)
{
	const char *name = names_intern(k->c->names, word, strlen(word));

	while (is_taken(k, name)) {
		name = arena_printf(k->c->a, "%s_", name);
		name = names_intern(k->c->names, name, strlen(name));
	}
	return name;
}

void
check_make_know(struct making *k, const char *word, struct symbol *s)
{
	scope_add(k->scope, check_make_name(k, word), s);
}

void
check_making_init(struct making *k, struct check *c, struct symbol *s)
{
	struct symbol *f = check_new_symbol(c, SYM_CAUGHT, "failure", NULL);

	*k = (struct making){ c, s, scope_new(c->a, NULL) };
	f->type = check_basic(c, TY_STRING);
	f->done = true;
	check_make_know(k, "failure", f);
}

/* ---- types ---- */

struct ty_field
check_make_field(struct making *k, const char *name, const struct ty *type)
{
	return (struct ty_field){
		.name = names_intern(k->c->names, name, strlen(name)),
		.type = type, .at = check_name_at(k->s->decl)
	};
}

const struct ty *
check_make_record(struct making *k, const char *suffix,
    const struct ty_field *f, unsigned n)
{
	struct ty *t = ty_struct(k->c->t, "");

	ty_set_fields(k->c->t, t, f, n);
	return check_record_of(k->c, k->s, suffix, t, NULL);
}

/* ---- trees ---- */

struct ast *
check_make_node(struct making *k, enum ast_kind kind)
{
	struct ast *n = arena_alloc(k->c->a, sizeof(*n));

	*n = (struct ast){ .kind = kind, .at = check_name_at(k->s->decl) };
	return n;
}

struct ast *
check_make_name_node(struct making *k, const char *name)
{
	struct ast *n = check_make_node(k, AST_NAME);

	n->u.name.name = name;
	return n;
}

struct ast *
check_make_arg(struct making *k, const char *name, struct ast *value)
{
	struct ast *n = check_make_node(k, AST_ARG);

	n->u.arg.name = name;
	n->u.arg.name_at = n->at;
	n->u.arg.value = value;
	return n;
}

/* x.name for each field of the record; the end of the chain. */
static struct ast **
members(struct making *k, struct ast **end, const struct ty *record,
    const char *x)
{
	struct ast *v;
	unsigned i;

	for (i = 0; i < record->n; i++) {
		v = check_make_node(k, AST_DOT);
		v->u.dot.of = check_make_name_node(k, x);
		v->u.dot.name = record->field[i].name;
		v->u.dot.name_at = v->at;
		*end = check_make_arg(k, v->u.dot.name, v);
		end = &(*end)->next;
	}
	return end;
}

/* An argument of its own name for each of the module's inputs that `in` has
 * and `given` does not. */
static struct ast **
pass_on(struct making *k, struct ast **end, const struct ty *in,
    const struct ast *given)
{
	const struct ty *own = k->s->in;
	const struct ast *a;
	unsigned i;

	for (i = 0; i < own->n; i++) {
		const char *name = own->field[i].name;

		for (a = given; a && a->u.arg.name != name; a = a->next)
			;
		if (a || (in && ty_field_index(in, name) < 0))
			continue;
		*end = check_make_arg(k, name, check_make_name_node(k, name));
		end = &(*end)->next;
	}
	return end;
}

/* $out(r), $both(r) */
static void
record_of(struct making *k, struct ast *n, bool both)
{
	const char *x = n->u.call.arg->u.arg.value->u.name.name;
	struct ast *first = NULL, **end = &first, *next = n->next;
	const struct ty *out = k->s->type;
	struct ty rest = *out;
	struct ty_field *f = arena_array(k->c->a, out->n, sizeof(*f));
	unsigned i;

	if (both) {
		/* An output hides the input of its name. */
		end = pass_on(k, end, NULL, NULL);
		rest.n = 0;
		for (i = 0; i < out->n; i++)
			if (ty_field_index(k->s->in, out->field[i].name) < 0)
				f[rest.n++] = out->field[i];
		rest.field = f;
		rest.index = NULL;
	}
	members(k, end, &rest, x);
	*n = *check_make_node(k, AST_RECORD);
	n->next = next;
	n->u.record.member = first;
}

static void
complete_call(struct making *k, struct ast *n)
{
	const char *name = n->u.call.fn->u.name.name;
	struct ast **end = &n->u.call.arg;
	const struct symbol *s;

	if (name == check_make_name(k, "out") ||
	    name == check_make_name(k, "both")) {
		record_of(k, n, name == check_make_name(k, "both"));
		return;
	}
	s = scope_get(k->scope, name);
	if (!s || (s->kind != SYM_MODULE && s->kind != SYM_PROGRAM))
		return;
	while (*end)
		end = &(*end)->next;
	pass_on(k, end, s->in, n->u.call.arg);
}

/* Completes the parsed text and gives it the place of the module. */
static void
complete(struct making *k, struct ast *n)
{
	struct ast *part[AST_PARTS];
	unsigned i, m;

	for (; n; n = n->next) {
		n->at = check_name_at(k->s->decl);
		m = ast_parts(n, part);
		for (i = 0; i < m; i++)
			complete(k, part[i]);
		if (n->kind == AST_FAIL)
			n->u.fail.again = true;
		if (n->kind == AST_LET)
			n->u.let.kept = strncmp(n->u.let.name, "kept_", 5) ==
			    0;
		if (n->kind == AST_CALL && n->u.call.fn->kind == AST_NAME)
			complete_call(k, n);
	}
}

/* ---- programs ---- */

/* The text with names in the place of $words. */
static char *
written(struct making *k, const char *text)
{
	struct buf b = BASE_BUF_INIT;
	const char *p = text, *dollar;
	char *word, *all;
	size_t n;

	buf_puts(&b, "program p() -> (x: int) {\n");
	while ((dollar = strchr(p, '$')) != NULL) {
		buf_put(&b, p, (size_t)(dollar - p));
		p = dollar + 1;
		for (n = 0; isalnum((unsigned char)p[n]) || p[n] == '_'; n++)
			;
		word = arena_printf(k->c->a, "%.*s", (int)n, p);
		buf_puts(&b, check_make_name(k, word));
		p += n;
	}
	buf_puts(&b, p);
	buf_puts(&b, "}\n");
	all = arena_strdup(k->c->a, buf_str(&b));
	buf_release(&b);
	return all;
}

static struct ast *
parsed(struct making *k, const char *text)
{
	struct source *s = arena_alloc(k->c->a, sizeof(*s));
	unsigned before = k->c->d->nerror;
	struct unit *u;

	*s = (struct source){ .path = k->s->path, .base = 1 };
	s->text = written(k, text);
	s->len = strlen(s->text);
	u = parse(k->c->a, k->c->names, s, k->c->d);
	if (k->c->d->nerror > before || !u->decl)
		BUG("what was made of '%s' is no program:\n%s", k->s->path,
		    s->text);
	complete(k, u->decl->u.program.body);
	return u->decl->u.program.body;
}

struct symbol *
check_make_symbol(struct making *k, const char *suffix, const struct ty *in,
    const struct ty *out, struct ast *body)
{
	struct ast *decl = check_make_node(k, AST_PROGRAM), *f, **end;
	struct symbol *s;
	unsigned i;

	decl->u.program.name = k->s->name;
	decl->u.program.name_at = decl->at;
	decl->u.program.body = body;
	end = &decl->u.program.in;
	for (i = 0; i < in->n; i++) {
		f = check_make_node(k, AST_FIELD);
		f->u.field.name = in->field[i].name;
		f->u.field.name_at = f->at;
		*end = f;
		end = &f->next;
	}
	s = check_new_symbol(k->c, SYM_PROGRAM, k->s->name, decl);
	s->path = arena_printf(k->c->a, "%s%s", k->s->path, suffix);
	s->unit = k->s->unit;
	s->in = in;
	s->type = out;
	s->scope = k->scope;
	s->made = MADE_RUN;
	s->done = true;
	s->helper = k->s->helper;
	k->s->helper = s;
	s->owner = k->s;
	return s;
}

struct symbol *
check_make_program(struct making *k, const char *suffix, const struct ty *in,
    const struct ty *out, const char *text)
{
	struct symbol *s = check_make_symbol(k, suffix, in, out,
	    parsed(k, text));

	if (*suffix)
		check_make_know(k, suffix + 1, s);
	return s;
}
