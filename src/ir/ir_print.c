/* The text form of the IR: a module written for readers and for ir_read.
 *
 * One line an operation, regions indented by tabs.  A value is called by the
 * user's name for it where that is the only one in its function, else by name
 * and number, or `v` and number.  Types are labelled likewise.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "ir/ir_text.h"

/* ---- words ---- */

static bool
is_name(const char *s)
{
	if (*s == '\0' || (*s >= '0' && *s <= '9') || *s == '.')
		return false;
	for (; *s != '\0'; s++)
		if (!(*s >= 'a' && *s <= 'z') && !(*s >= 'A' && *s <= 'Z') &&
		    !(*s >= '0' && *s <= '9') && *s != '_' && *s != '.')
			return false;
	return true;
}

void
ir_put_string(struct buf *b, const char *s)
{
	buf_json(b, s, strlen(s));
}

void
ir_put_name(struct buf *b, const char *s)
{
	if (is_name(s))
		buf_puts(b, s);
	else
		ir_put_string(b, s);
}

static void
tabs(struct buf *b, unsigned n)
{
	while (n-- > 0)
		buf_putc(b, '\t');
}

void
ir_put_line(struct buf *b, const char *word, const char *s)
{
	if (s == NULL)
		return;
	buf_printf(b, "\t%s ", word);
	ir_put_string(b, s);
	buf_putc(b, '\n');
}

void
ir_put_int(struct buf *b, const char *word, int64_t v, int64_t unset)
{
	if (v != unset)
		buf_printf(b, "\t%s %" PRId64 "\n", word, v);
}

void
ir_put_double(struct buf *b, const char *word, double v, double unset)
{
	if (v < unset || v > unset) {
		buf_printf(b, "\t%s ", word);
		buf_double(b, v);
		buf_putc(b, '\n');
	}
}

void
ir_put_word(struct buf *b, const char *word, const char *s)
{
	if (s == NULL)
		return;
	buf_printf(b, " %s ", word);
	ir_put_string(b, s);
}

void
ir_put_desc(struct buf *b, const char *s)
{
	if (s == NULL)
		return;
	buf_putc(b, ' ');
	ir_put_string(b, s);
}

/* ---- types ---- */

/* The values of a literal type. */
static void
put_values(struct buf *b, const struct ty *t)
{
	unsigned i;

	for (i = 0; i < t->n; i++) {
		buf_puts(b, i == 0 ? "" : " | ");
		ir_put_const(b, &t->value[i]);
	}
}

void
ir_put_type(struct ir_printer *p, const struct ty *t)
{
	unsigned i;

	switch (t->kind) {
	case TY_POISON: case TY_VOID: case TY_NULL: case TY_STRING: case TY_INT:
	case TY_FLOAT: case TY_BOOL: case TY_IMAGE: case TY_AUDIO: case TY_FILE:
		buf_puts(p->b, ir_type_words[t->kind]);
		return;
	case TY_ENUM: case TY_STRUCT:
		ir_put_name(p->b, ir_types_label(&p->types, t));
		return;
	case TY_LIST:
		ir_put_type(p, t->of);
		buf_puts(p->b, "[]");
		return;
	case TY_OPTIONAL:
		ir_put_type(p, t->of);
		buf_putc(p->b, '?');
		return;
	case TY_MAP:
		buf_puts(p->b, "map<");
		ir_put_type(p, t->of);
		buf_putc(p->b, '>');
		return;
	case TY_UNION:
		for (i = 0; i < t->n; i++) {
			buf_puts(p->b, i == 0 ? "(" : " | ");
			if (t->arm[i]->kind == TY_LITERAL)
				put_values(p->b, t->arm[i]);
			else
				ir_put_type(p, t->arm[i]);
		}
		buf_putc(p->b, ')');
		return;
	case TY_LITERAL:
		buf_puts(p->b, t->n > 1 ? "(" : "");
		put_values(p->b, t);
		buf_puts(p->b, t->n > 1 ? ")" : "");
		return;
	}
	BUG("type %d", (int)t->kind);
}

/* Items between two signs, those of a map with their keys. */
static void
put_items(struct buf *b, const struct ty_const *c, const char *signs)
{
	unsigned i;

	buf_putc(b, signs[0]);
	for (i = 0; i < c->n; i++) {
		buf_puts(b, i == 0 ? "" : ", ");
		if (c->kind == TYC_MAP) {
			ir_put_string(b, c->key[i]);
			buf_puts(b, ": ");
		}
		ir_put_const(b, &c->item[i]);
	}
	buf_putc(b, signs[1]);
}

void
ir_put_const(struct buf *b, const struct ty_const *c)
{
	switch (c->kind) {
	case TYC_NONE:   return;
	case TYC_NULL:   buf_puts(b, "null"); return;
	case TYC_STRING: ir_put_string(b, c->s); return;
	case TYC_INT:    buf_int(b, c->i); return;
	case TYC_FLOAT:  buf_double(b, c->f); return;
	case TYC_BOOL:   buf_puts(b, c->i ? "true" : "false"); return;
	case TYC_ENUM:   buf_printf(b, ".%s", c->s); return;
	case TYC_LIST:   put_items(b, c, "[]"); return;
	case TYC_RECORD: put_items(b, c, "()"); return;
	case TYC_MAP:    put_items(b, c, "{}"); return;
	case TYC_ARM:
		buf_printf(b, "<%" PRId64 " ", c->i);
		ir_put_const(b, c->item);
		buf_putc(b, '>');
		return;
	}
	BUG("constant");
}

/* By its number where its name means nothing. */
static void
put_member(struct ir_printer *p, const struct ty *t, unsigned n)
{
	if (table_get(&p->types.made, t) != NULL)
		buf_printf(p->b, "%u", n);
	else
		ir_put_name(p->b, t->field[n].name);
}

static void
put_field(struct ir_printer *p, const struct ty *t, unsigned n)
{
	const struct ty_field *f = &t->field[n];
	struct buf *b = p->b;
	unsigned i;

	buf_putc(b, '\t');
	put_member(p, t, n);
	buf_puts(b, ": ");
	ir_put_type(p, f->type);
	ir_put_desc(b, f->desc);
	ir_put_word(b, "alias", f->alias);
	if (f->fallback.kind != TYC_NONE) {
		buf_puts(b, " = ");
		ir_put_const(b, &f->fallback);
	}
	if (f->has_min) {
		buf_puts(b, " min ");
		buf_double(b, f->min);
	}
	if (f->has_max) {
		buf_puts(b, " max ");
		buf_double(b, f->max);
	}
	ir_put_word(b, "regex", f->regex);
	if (f->fence)
		buf_puts(b, " fence");
	if (f->hidden)
		buf_puts(b, " hidden");
	if (f->stream_done)
		buf_puts(b, " stream_done");
	for (i = 0; p->checks && i < f->ncheck; i++) {
		ir_put_word(b, f->check[i].must ? "assert" : "check",
		    f->check[i].text);
		buf_putc(b, ' ');
		ir_put_name(b, p->canon ? f->check[i].fn->hash :
		    f->check[i].fn->c_name);
	}
	buf_putc(b, '\n');
}

static void
put_definition(struct ir_printer *p, const struct ty *t)
{
	unsigned i;

	buf_puts(p->b, t->kind == TY_ENUM ? "enum " : "struct ");
	ir_put_name(p->b, ir_types_label(&p->types, t));
	ir_put_desc(p->b, t->desc);
	buf_putc(p->b, '\n');
	for (i = 0; i < t->n; i++) {
		if (t->kind == TY_STRUCT) {
			put_field(p, t, i);
			continue;
		}
		buf_putc(p->b, '\t');
		ir_put_name(p->b, t->variant[i].name);
		ir_put_desc(p->b, t->variant[i].desc);
		ir_put_word(p->b, "alias", t->variant[i].alias);
		buf_putc(p->b, '\n');
	}
}

/* ---- functions ---- */

static bool
label_one(struct ins *i, void *arg)
{
	struct ir_label **at = arg;

	if (i->name != NULL)
		*(*at)++ = (struct ir_label){ i->name, i->id, i->id };
	return true;
}

/* `v` and digits: the form of values without a name. */
static bool
looks_numbered(const char *s)
{
	return s[0] == 'v' && s[1] != '\0' &&
	    s[1 + strspn(s + 1, "0123456789")] == '\0';
}

static void
label_values(struct ir_printer *p)
{
	struct fn *f = p->f;
	struct ir_label *l = arena_array(p->a, f->nins + 1u, sizeof *l);
	struct ir_label *end = l;
	unsigned i, n;

	p->value = arena_array(p->a, f->nins + 1u, sizeof *p->value);
	if (p->canon)
		return;
	ir_walk(f, label_one, &end);
	n = (unsigned)(end - l);
	ir_label_all(p->a, l, n, p->value);
	for (i = 0; i < n; i++)
		if (looks_numbered(l[i].name))
			p->value[l[i].at] = arena_printf(p->a, "%s.%u",
			    l[i].name, l[i].id);
}

static void
label_vars(struct ir_printer *p)
{
	struct fn *f = p->f;
	struct ir_label *l = arena_array(p->a, f->nvar + 1u, sizeof *l);
	const struct var *v;
	unsigned n = 0;

	p->var = arena_array(p->a, f->nvar + 1u, sizeof *p->var);
	for (v = f->var; v != NULL; v = v->next)
		l[n++] = (struct ir_label){ v->name, v->id, v->id };
	if (!p->canon)
		ir_label_all(p->a, l, n, p->var);
}

static void
put_value(struct ir_printer *p, const struct ins *i)
{
	if (p->value[i->id] != NULL)
		buf_puts(p->b, p->value[i->id]);
	else
		buf_printf(p->b, "v%u", i->id);
}

static void
put_var(struct ir_printer *p, const struct var *v)
{
	if (p->var[v->id] != NULL)
		ir_put_name(p->b, p->var[v->id]);
	else
		buf_printf(p->b, "%u", v->id);
}

static void
put_callee(struct ir_printer *p, const struct fn *f)
{
	if (!p->canon)
		ir_put_name(p->b, f->c_name);
	else if (f->hash != NULL)
		buf_puts(p->b, f->hash);
	else
		BUG("%s is called before it is hashed", f->name);
}

/* A leaf or a tool. */
static void
put_hashed(struct ir_printer *p, const char *name, const char *hash)
{
	ir_put_name(p->b, name);
	if (!p->canon)
		return;
	if (hash == NULL)
		BUG("%s has no hash", name);
	buf_printf(p->b, " %s", hash);
}

static void
put_limit(struct buf *b, int64_t n)
{
	if (n >= 0)
		buf_printf(b, " [%" PRId64 "]", n);
}

/* "the condition" 12 ["a value", "another"] */
static void
put_claim(struct buf *b, const struct claim *k)
{
	unsigned i;

	ir_put_string(b, k->text);
	buf_printf(b, " %u", k->line);
	for (i = 0; i < k->nshown; i++) {
		buf_puts(b, i == 0 ? " [" : ", ");
		ir_put_string(b, k->shown[i]);
	}
	buf_puts(b, k->nshown > 0 ? "]" : "");
}

/* What an operation has besides arguments and regions. */
/* Of what a leaf is shown the nearest. */
static void
put_cases(struct ir_printer *p, const struct prompt *q)
{
	if (q->cases == NULL)
		return;
	buf_printf(p->b, " knn %u ", q->max_demos);
	put_hashed(p, q->cases->name, q->cases->hash);
	ir_put_word(p->b, "by", q->near_by);
}

static void
put_operand(struct ir_printer *p, const struct ins *i)
{
	struct buf *b = p->b;

	if (i->op == IR_EACH || i->op == IR_FOR || i->op == IR_RANGE ||
	    i->op == IR_WHILE || i->op == IR_RETRY) {
		put_limit(b, i->u.i);
		return;
	}
	if (!ir_has_operand(i->op))
		return;
	buf_putc(b, ' ');
	if (i->op == IR_STRING)
		ir_put_string(b, i->u.s);
	else if (i->op == IR_INT)
		buf_int(b, i->u.i);
	else if (i->op == IR_FLOAT)
		buf_double(b, i->u.f);
	else if (i->op == IR_BOOL)
		buf_puts(b, i->u.i ? "true" : "false");
	else if (i->op == IR_ENUM)
		buf_printf(b, ".%s", i->type->variant[i->u.i].name);
	else if (i->op == IR_ARG || i->op == IR_INJECT || i->op == IR_IS ||
	    i->op == IR_AS)
		buf_printf(b, "%u", i->u.n);
	else if (i->op == IR_PARAM)
		ir_put_name(b, i->u.param->name);
	else if (i->op == IR_GET || i->op == IR_SET)
		put_var(p, i->u.var);
	else if (i->op == IR_FIELD) {
		buf_putc(b, '.');
		put_member(p, i->arg[0]->type, i->u.n);
	}
	else if (i->op == IR_LIB)
		buf_puts(b, ir_lib_words[i->u.lib]);
	else if (i->op == IR_ASK || i->op == IR_CREDIT) {
		put_hashed(p, i->u.prompt->name, i->u.prompt->hash);
		if (p->canon && i->op == IR_ASK)
			put_cases(p, i->u.prompt);
	}
	else if (i->op == IR_CALL || i->op == IR_JUDGE)
		put_hashed(p, i->u.tool->name, i->u.tool->hash);
	else if (i->op == IR_SEARCH)
		put_hashed(p, i->u.retriever->name, i->u.retriever->hash);
	else if (i->op == IR_EMBED)
		ir_put_name(b, p->canon ? "model" : i->u.model->name);
	else if (i->op == IR_RUN || i->op == IR_SCORE) {
		put_callee(p, i->u.fn);
		if (i->op == IR_RUN && !p->canon)
			buf_printf(b, "#%u", i->site);
	}
	else if (i->op == IR_EXPECT || i->op == IR_CHECK)
		put_claim(b, i->u.claim);
	else if (i->op == IR_FAIL)
		buf_puts(b, mip_status_word((enum mip_status)i->u.i));
	else
		BUG("%s has an operand", ir_ops[i->op].text);
}

static void put_region(struct ir_printer *p, const struct region *r,
    unsigned depth);

static void
put_ins(struct ir_printer *p, const struct ins *i, unsigned depth)
{
	struct buf *b = p->b;
	unsigned k;

	tabs(b, depth);
	if (ir_ops[i->op].flags & OPF_VALUE) {
		put_value(p, i);
		buf_puts(b, ": ");
		ir_put_type(p, i->type);
		buf_puts(b, " = ");
	}
	buf_puts(b, ir_ops[i->op].text);
	put_operand(p, i);
	for (k = 0; k < i->narg; k++) {
		buf_puts(b, k == 0 ? " " : ", ");
		put_value(p, i->arg[k]);
	}
	buf_putc(b, '\n');
	if (i->body != NULL)
		put_region(p, i->body, depth + 1);
	if (i->other != NULL) {
		tabs(b, depth);
		buf_printf(b, "%s\n", ir_other_word(i->op));
		put_region(p, i->other, depth + 1);
	}
}

static void
put_region(struct ir_printer *p, const struct region *r, unsigned depth)
{
	const struct ins *i;

	for (i = r->first; i != NULL; i = i->next)
		put_ins(p, i, depth);
	if (r->result != NULL) {
		tabs(p->b, depth);
		buf_puts(p->b, "yield ");
		put_value(p, r->result);
		buf_putc(p->b, '\n');
	}
}

static void
put_vars(struct ir_printer *p)
{
	const struct var *v;

	for (v = p->f->var; v != NULL; v = v->next) {
		buf_puts(p->b, v->kept ? "\tkept " : "\tvar ");
		put_var(p, v);
		buf_puts(p->b, ": ");
		ir_put_type(p, v->type);
		buf_putc(p->b, '\n');
	}
}

static void
put_fn_types(struct ir_printer *p, const struct fn *f)
{
	struct buf *b = p->b;

	buf_puts(b, ": ");
	if (f->gold != NULL) {
		ir_put_type(p, f->gold);
		buf_puts(b, ", ");
	}
	ir_put_type(p, f->in);
	buf_puts(b, " -> ");
	ir_put_type(p, f->out);
}

static void
put_fn(struct ir_printer *p, struct fn *f)
{
	struct buf *b = p->b;

	p->f = f;
	ir_number(f);
	label_values(p);
	label_vars(p);
	buf_printf(b, "%s ", ir_fn_words[f->kind]);
	ir_put_name(b, f->name);
	buf_putc(b, ' ');
	ir_put_name(b, f->c_name);
	if (f->kind != FN_TEST)
		put_fn_types(p, f);
	buf_putc(b, '\n');
	ir_put_line(b, "desc", f->desc);
	ir_put_line(b, "hash", f->hash);
	if (f->calls_min != 0 || f->calls_max != 0)
		buf_printf(b, "\tcalls %" PRIu64 " %" PRIu64 "\n",
		    f->calls_min, f->calls_max);
	if (f->vectors_min != 0 || f->vectors_max != 0)
		buf_printf(b, "\tvectors %" PRIu64 " %" PRIu64 "\n",
		    f->vectors_min, f->vectors_max);
	buf_puts(b, f->eval_only && f->kind != FN_METRIC &&
	    f->kind != FN_TEST ? "\teval_only\n" : "");
	if (f->kind == FN_TEST) {
		ir_put_int(b, "line", f->line, -1);
		ir_put_int(b, "repeat", f->repeat, -1);
		ir_put_double(b, "pass", f->pass, -1);
	}
	ir_put_double(b, "on_fail", f->on_fail, 0);
	buf_puts(b, f->minimize ? "\tminimize\n" : "");
	put_vars(p);
	buf_puts(b, "begin\n");
	put_region(p, f->body, 1);
}

/* ---- whole modules and hashes ---- */

static void
printer_init(struct ir_printer *p, struct arena *a, struct buf *b)
{
	base_arena_init(a);
	*p = (struct ir_printer){ .b = b, .a = a, };
	ir_types_init(&p->types, a);
}

static void
put_head(struct buf *b, const struct mod *m)
{
	buf_puts(b, "ir 1\n\tpath ");
	ir_put_string(b, m->path);
	buf_puts(b, "\n\tname ");
	ir_put_string(b, m->name);
	buf_putc(b, '\n');
	if (m->program != NULL) {
		buf_puts(b, "\tprogram ");
		ir_put_name(b, m->program->c_name);
		buf_putc(b, '\n');
	}
	ir_put_line(b, "hash", m->hash);
	if (*m->tuned != '\0')
		ir_put_line(b, "tuned", m->tuned);
	ir_put_line(b, "tuned_note", m->tuned_note);
}

void
ir_print(struct buf *b, struct mod *m)
{
	struct arena a;
	struct ir_printer p;
	struct prompt *q;
	struct param *r;
	struct pin *s;
	const struct retriever *v;
	struct tool *t;
	struct fn *f;
	unsigned i;

	printer_init(&p, &a, b);
	p.checks = true;
	ir_types_of_mod(&p.types, m);
	ir_types_sort(&p.types);
	ir_types_name(&p.types);
	put_head(b, m);
	for (i = 0; i < p.types.n; i++)
		put_definition(&p, p.types.t[i]);
	for (i = 0; i < m->nmodel; i++)
		ir_put_model(b, m->model[i]);
	for (r = m->param; r != NULL; r = r->next)
		ir_put_param(&p, r);
	for (s = m->pin; s != NULL; s = s->next)
		ir_put_pin(b, s);
	for (v = m->retriever; v != NULL; v = v->next)
		ir_put_retriever(&p, v);
	for (q = m->prompt; q != NULL; q = q->next)
		ir_put_prompt(&p, q);
	for (t = m->tool; t != NULL; t = t->next)
		ir_put_tool(&p, t);
	for (f = m->fn; f != NULL; f = f->next)
		put_fn(&p, f);
	if (m->study != NULL)
		ir_put_study(b, m->study);
	arena_release(&a);
}

static void
put_definitions(struct ir_printer *p)
{
	unsigned i;

	ir_types_name(&p->types);
	for (i = 0; i < p->types.n; i++)
		put_definition(p, p->types.t[i]);
}

void
ir_print_signature(struct buf *b, const struct ty *in, const struct ty *out)
{
	struct arena a;
	struct ir_printer p;

	printer_init(&p, &a, b);
	p.types.in = in;
	p.types.out = out;
	ir_types_add(&p.types, in);
	ir_types_add(&p.types, out);
	put_definitions(&p);
	arena_release(&a);
}

/* The records of branches are called after the user's variables. */
static bool
note_made(struct ins *i, void *arg)
{
	if (i->op == IR_RUN && i->u.fn->kind == FN_BRANCH)
		table_at(arg, i->type)->n = 1;
	return true;
}

static void
note_all_made(struct ir_printer *p, struct fn *f)
{
	if (f->kind == FN_BRANCH) {
		table_at(&p->types.made, f->in)->n = 1;
		table_at(&p->types.made, f->out)->n = 1;
	}
	ir_walk(f, note_made, &p->types.made);
}

void
ir_print_tool(struct buf *b, const struct tool *t)
{
	struct arena a;
	struct ir_printer p;

	printer_init(&p, &a, b);
	p.types.in = t->in;
	ir_types_add(&p.types, t->in);
	ir_types_add(&p.types, t->out);
	put_definitions(&p);
	ir_put_type(&p, t->out);
	buf_putc(b, '\n');
	ir_put_tool_kind(b, t);
	arena_release(&a);
}

void
ir_print_retriever(struct buf *b, const struct retriever *r)
{
	struct arena a;
	struct ir_printer p;

	printer_init(&p, &a, b);
	ir_types_add(&p.types, r->of);
	put_definitions(&p);
	ir_put_type(&p, r->of);
	buf_putc(b, '\n');
	ir_put_retriever_kind(b, r);
	arena_release(&a);
}

void
ir_print_canon(struct buf *b, struct fn *f)
{
	struct arena a;
	struct ir_printer p;

	printer_init(&p, &a, b);
	p.canon = true;
	p.checks = f->kind != FN_CHECK;
	p.types.in = f->in;
	p.types.out = f->out;
	ir_types_of_fn(&p.types, f);
	note_all_made(&p, f);
	put_definitions(&p);
	p.f = f;
	ir_number(f);
	label_values(&p);
	label_vars(&p);
	put_vars(&p);
	buf_puts(b, "begin\n");
	put_region(&p, f->body, 1);
	arena_release(&a);
}
