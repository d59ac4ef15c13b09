/* The rules of types and of the layouts of replies.
 *
 * SPDX-License-Identifier: MIT */
#include "type/gbnf_in.h"

#include <string.h>

#include "type/type.h"

enum {
	USES_STRING = 1, USES_INT = 2, USES_NUMBER = 4, USES_BOOL = 8,
	USES_BLANK = 16
};

/* Names that the shared rules have. */
static const char *const gb_ours[] = {
	"root", "string", "char", "code", "hex", "int", "number", "bool", "ws"
};

/* ---- rules ---- */

static bool
gb_is_taken(const struct gbnf *g, const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(gb_ours) / sizeof(*gb_ours); i++)
		if (strcmp(gb_ours[i], name) == 0)
			return true;
	for (i = 0; i < g->nname; i++)
		if (strcmp(g->name[i], name) == 0)
			return true;
	return false;
}

/* A rule's name is of letters, digits and `-`. */
static const char *
gb_plain_name(struct gbnf *g, const char *like)
{
	struct buf b = BUF_INIT;
	const char *s;
	bool word;

	for (; *like; like++) {
		word = (*like >= 'a' && *like <= 'z') ||
		    (*like >= 'A' && *like <= 'Z') ||
		    (*like >= '0' && *like <= '9');
		if (word || (b.len > 0 && b.s[b.len - 1] != '-'))
			buf_putc(&b, (char)(word ? *like : '-'));
	}
	while (b.len > 0 && b.s[b.len - 1] == '-')
		b.s[--b.len] = '\0';
	s = arena_strdup(&g->a, b.len > 0 ? b.s : "value");
	g->rules.failed |= b.failed;
	buf_release(&b);
	return s;
}

const char *
gbnf_name(struct gbnf *g, const char *like)
{
	const char *name, *base, **v;
	size_t i;

	if (like == NULL)
		return "";
	name = base = gb_plain_name(g, like);
	for (i = 2; name != NULL && gb_is_taken(g, name); i++)
		name = arena_printf(&g->a, "%s-%zu", base, i);
	v = arena_grow(&g->a, g->name, &g->name_cap, g->nname + 1,
	    sizeof(*v));
	if (name == NULL || v == NULL)
		return "";
	g->name = v;
	v[g->nname++] = name;
	return name;
}

void
gbnf_rule(struct gbnf *g, const char *name, struct buf *body)
{
	while (body->len > 0 && body->s[body->len - 1] == ' ')
		body->s[--body->len] = '\0';
	buf_printf(&g->rules, "%s ::= %s\n", name, buf_str(body));
	g->rules.failed |= body->failed;
	buf_release(body);
}

void
gbnf_part(struct gbnf *g, struct buf *b, const char *like, struct buf *body)
{
	const char *name = gbnf_name(g, like);

	gbnf_rule(g, name, body);
	buf_printf(b, "%s ", name);
}

void
gbnf_literal(struct buf *b, const char *s, size_t n)
{
	const char *end = s + n;

	buf_putc(b, '"');
	for (; s < end; s++) {
		if (*s == '"' || *s == '\\')
			buf_putc(b, '\\');
		if (*s == '\n')
			buf_puts(b, "\\n");
		else if ((unsigned char)*s < ' ' || *s == 0x7f)
			buf_printf(b, "\\x%02X", (unsigned char)*s);
		else
			buf_putc(b, *s);
	}
	buf_puts(b, "\" ");
}

static void
gb_put_literal(struct buf *b, const char *s)
{
	gbnf_literal(b, s, strlen(s));
}

void
gbnf_in_class(struct buf *b, uint32_t c)
{
	char utf8[4];

	if (c == '\n')
		buf_puts(b, "\\n");
	else if (c == '\t')
		buf_puts(b, "\\t");
	else if (c == '\\' || c == '[' || c == ']')
		buf_printf(b, "\\%c", (char)c);
	else if (c < ' ' || c == 0x7f || c == '-' || c == '^')
		buf_printf(b, "\\x%02X", (unsigned)c);
	else if (c < 0x80 || (c >= 0xa1 && c < 0x300))
		buf_put(b, utf8, buf_utf8_encode(utf8, c));
	else
		buf_printf(b, "\\U%08X", (unsigned)c);
}

void
gbnf_times(struct buf *b, long min, long max)
{
	if (max < 0 && min == 0)
		buf_putc(b, '*');
	else if (max < 0 && min == 1)
		buf_putc(b, '+');
	else if (max < 0)
		buf_printf(b, "{%ld,}", min);
	else if (min == 0 && max == 1)
		buf_putc(b, '?');
	else if (min == max && max != 1)
		buf_printf(b, "{%ld}", min);
	else if (min != max)
		buf_printf(b, "{%ld,%ld}", min, max);
}

void
gbnf_len(const struct mip_field *f, long *min, long *max)
{
	*min = 0;
	*max = -1;
	if (f == NULL)
		return;
	if ((f->flags & MIP_HAS_MIN) && f->min > 0)
		*min = f->min < GBNF_REPEAT ? (long)f->min : GBNF_REPEAT;
	if ((f->flags & MIP_HAS_MAX) && f->max <= GBNF_REPEAT)
		*max = f->max > 0 ? (long)f->max : 0;
	if (*max >= 0 && *min > *max)
		*min = *max;
}

/* ---- types as JSON ---- */

static const char *
gb_wire(const struct mip_field *f)
{
	return f->alias ? f->alias : f->name;
}

/* The literal of `s` as a JSON string. */
static void
gb_put_quoted(struct buf *b, const char *s)
{
	struct buf text = BUF_INIT;

	buf_json(&text, s, strlen(s));
	gb_put_literal(b, buf_str(&text));
	b->failed |= text.failed;
	buf_release(&text);
}

static void gb_put_json(struct gbnf *g, struct buf *b, const char *name,
    const struct mip_field *f, const struct mip_type *t);

static void
gb_put_ws(struct gbnf *g, struct buf *b)
{
	g->uses |= USES_BLANK;
	buf_puts(b, "ws ");
}

static void
gb_put_string(struct gbnf *g, struct buf *b, const char *name,
    const struct mip_field *f)
{
	struct buf body = BUF_INIT;

	g->uses |= USES_STRING;
	buf_puts(&body, "\"\\\"\" ");
	if (gbnf_text(g, &body, f, GBNF_QUOTED)) {
		buf_puts(&body, "\"\\\"\"");
		gbnf_part(g, b, name, &body);
		return;
	}
	buf_release(&body);
	buf_puts(b, "string ");
}

static void
gb_put_object(struct gbnf *g, struct buf *body, const struct mip_type *t)
{
	unsigned i;

	buf_puts(body, "\"{\" ");
	gb_put_ws(g, body);
	for (i = 0; i < t->n; i++) {
		if (i > 0) {
			buf_puts(body, "\",\" ");
			gb_put_ws(g, body);
		}
		gb_put_quoted(body, gb_wire(&t->field[i]));
		buf_puts(body, "\":\" ");
		gb_put_ws(g, body);
		gb_put_json(g, body, gb_wire(&t->field[i]), &t->field[i],
		    t->field[i].type);
	}
	if (t->n > 0)
		gb_put_ws(g, body);
	buf_puts(body, "\"}\"");
}

/* Limits of a list are of its number; its items have the pattern alone. */
static void
gb_put_items(struct gbnf *g, struct buf *body, const char *name,
    const struct mip_field *f, const struct mip_type *t)
{
	bool map = t->kind == MIP_MAP;
	struct buf item = BUF_INIT;
	struct mip_field one = { .name = "" };
	const char *rule;
	long min, max;

	if (f != NULL)
		one.regex = f->regex;
	gbnf_len(f, &min, &max);
	buf_puts(body, map ? "\"{\" " : "\"[\" ");
	gb_put_ws(g, body);
	if (max != 0) {
		if (map) {
			g->uses |= USES_STRING;
			buf_puts(&item, "string \":\" ");
			gb_put_ws(g, &item);
		}
		gb_put_json(g, &item, name, &one, t->of);
		rule = gbnf_name(g, arena_printf(&g->a, "%s-%s", name,
		    map ? "member" : "item"));
		gbnf_rule(g, rule, &item);
		buf_printf(body, "%s%s ", min == 0 ? "( " : "", rule);
		if (max != 1) {
			buf_printf(body, "( \",\" ws %s )", rule);
			gbnf_times(body, min > 0 ? min - 1 : 0, max < 0 ? -1 :
			    max - 1);
			buf_putc(body, ' ');
		}
		buf_puts(body, min == 0 ? "ws )? " : "ws ");
	}
	buf_puts(body, map ? "\"}\"" : "\"]\"");
}

/* The names of an enum, the values of a literal type. */
static void
gb_put_values(struct buf *b, const struct mip_type *t, bool json)
{
	struct buf text = BUF_INIT;
	const char *name;
	unsigned i;

	for (i = 0; i < t->n; i++) {
		buf_puts(b, i > 0 ? "| " : "");
		if (t->kind == MIP_ENUM) {
			name = t->variant[i].alias ? t->variant[i].alias :
			    t->variant[i].name;
			if (json)
				gb_put_quoted(b, name);
			else
				gb_put_literal(b, name);
			continue;
		}
		b->failed |= text.failed;
		buf_reset(&text);
		if (json)
			type_write(&text, t->of, type_value(t, i), true);
		else
			type_put_value(&text, t, i);
		gb_put_literal(b, buf_str(&text));
	}
	b->failed |= text.failed;
	buf_release(&text);
}

/* A type that has a rule of its own, which it gets where it is first used;
 * with limits, or items that may have some, it is another one each time. */
static void
gb_put_own(struct gbnf *g, struct buf *b, const char *name,
    const struct mip_field *f, const struct mip_type *t)
{
	bool shared = t->kind != MIP_LIST && t->kind != MIP_MAP &&
	    t->kind != MIP_UNION;
	struct buf body = BUF_INIT;
	struct gbnf_known *v;
	unsigned i;
	size_t k;

	for (k = 0; shared && k < g->nknown; k++)
		if (g->known[k].t == t) {
			buf_printf(b, "%s ", g->known[k].rule);
			return;
		}
	if (t->name != NULL && *t->name)
		name = t->name;
	if (t->kind == MIP_STRUCT)
		gb_put_object(g, &body, t);
	else if (t->kind == MIP_ENUM || t->kind == MIP_LITERAL)
		gb_put_values(&body, t, true);
	else if (t->kind != MIP_UNION)
		gb_put_items(g, &body, name, f, t);
	for (i = 0; t->kind == MIP_UNION && i < t->n; i++) {
		buf_puts(&body, i > 0 ? "| " : "");
		gb_put_json(g, &body, name, f, t->arm[i]);
	}
	name = gbnf_name(g, name);
	gbnf_rule(g, name, &body);
	buf_printf(b, "%s ", name);
	v = shared ? arena_grow(&g->a, g->known, &g->known_cap,
	    g->nknown + 1, sizeof(*v)) : NULL;
	if (v == NULL)
		return;
	g->known = v;
	v[g->nknown++] = (struct gbnf_known){ t, name };
}

/* Numbers, true and false look the same everywhere. */
static void
gb_put_scalar(struct gbnf *g, struct buf *b, const struct mip_field *f,
    const struct mip_type *t)
{
	if (t->kind == MIP_BOOL) {
		g->uses |= USES_BOOL;
		buf_puts(b, "bool ");
	} else if (t->kind == MIP_INT && !gbnf_int(b, f)) {
		g->uses |= USES_INT;
		buf_puts(b, "int ");
	} else if (t->kind == MIP_FLOAT && !gbnf_float(b, f)) {
		g->uses |= USES_NUMBER;
		buf_puts(b, "number ");
	}
}

/* Appends what matches the type as JSON, as one part of a sequence. */
static void
gb_put_json(struct gbnf *g, struct buf *b, const char *name,
    const struct mip_field *f, const struct mip_type *t)
{
	switch (t->kind) {
	case MIP_STRING:
	case MIP_IMAGE:
	case MIP_FILE:
	case MIP_AUDIO:
		gb_put_string(g, b, name, t->kind == MIP_STRING ? f : NULL);
		return;
	case MIP_INT:
	case MIP_FLOAT:
	case MIP_BOOL:
		gb_put_scalar(g, b, f, t);
		return;
	case MIP_OPTIONAL:
		buf_puts(b, "( ");
		gb_put_json(g, b, name, f, t->of);
		buf_puts(b, "| \"null\" ) ");
		return;
	case MIP_ENUM:
	case MIP_LITERAL:
	case MIP_STRUCT:
	case MIP_LIST:
	case MIP_MAP:
	case MIP_UNION:
		gb_put_own(g, b, name, f, t);
		return;
	}
}

/* ---- values as text ---- */

static bool
gb_is_text(const struct mip_type *t)
{
	return t->kind == MIP_STRING || t->kind == MIP_IMAGE ||
	    t->kind == MIP_FILE || t->kind == MIP_AUDIO;
}

/* Appends a value that is no text as it stands in texts, as one part. */
static void
gb_put_plain(struct gbnf *g, struct buf *b, const struct mip_field *f,
    const struct mip_type *t)
{
	if (t->kind == MIP_ENUM || t->kind == MIP_LITERAL) {
		buf_puts(b, "( ");
		gb_put_values(b, t, false);
		buf_puts(b, ") ");
	} else {
		gb_put_json(g, b, gb_wire(f), f, t);
	}
}

/* The only output, alone. */
static void
gb_put_alone(struct gbnf *g, struct buf *b, const struct mip_field *f)
{
	const struct mip_type *t = f->type;
	bool null = t->kind == MIP_OPTIONAL;

	if (null)
		t = t->of;
	if (!gb_is_text(t))
		gb_put_plain(g, b, f, t);
	else if (!gbnf_text(g, b, t->kind == MIP_STRING ? f : NULL,
	    GBNF_ALONE))
		gbnf_any_text(g, b, GBNF_ALONE, false);
	if (null)
		buf_puts(b, "| \"null\"");
}

/* A value between its marks; `null`: it may be null. */
static void
gb_put_marked(struct gbnf *g, struct buf *b, const struct mip_field *f,
    bool null)
{
	const struct mip_type *t = f->type->kind == MIP_OPTIONAL ?
	    f->type->of : f->type;
	bool label = g->f == MIP_LABELS;
	struct buf text = BUF_INIT;

	buf_puts(b, null ? "( " : "");
	if (!gb_is_text(t)) {
		buf_puts(b, label ? "\" \" " : "");
		gb_put_plain(g, b, f, t);
	} else if (gbnf_text(g, &text, t->kind == MIP_STRING ? f : NULL,
	    GBNF_MARKED)) {
		buf_puts(b, label ? "\" \" " : "");
		buf_puts(b, buf_str(&text));
	} else if (label) {
		buf_puts(b, "( \" \" ");
		gbnf_any_text(g, b, GBNF_MARKED, true);
		buf_puts(b, "| \"\\n\" ");
		gbnf_any_text(g, b, GBNF_MARKED, false);
		buf_puts(b, ")? ");
	} else {
		gbnf_any_text(g, b, GBNF_MARKED, false);
	}
	b->failed |= text.failed;
	buf_release(&text);
	if (null) {
		buf_puts(b, "| ");
		gb_put_literal(b, label ? " null" : "null");
		buf_puts(b, ") ");
	}
}

/* A field with its mark, as a rule. */
static const char *
gb_put_field(struct gbnf *g, const struct mip_field *f, bool null)
{
	struct buf b = BUF_INIT, mark = BUF_INIT;
	const char *name = gb_wire(f), *rule;

	buf_printf(&mark, g->f == MIP_MARKERS ? "[[ ## %s ## ]]\n" :
	    g->f == MIP_XML ? "<%s>" : "%s:", name);
	gb_put_literal(&b, buf_str(&mark));
	gb_put_marked(g, &b, f, null);
	if (g->f == MIP_XML) {
		b.failed |= mark.failed;
		buf_reset(&mark);
		buf_printf(&mark, "</%s>", name);
		gb_put_literal(&b, buf_str(&mark));
	}
	rule = gbnf_name(g, arena_printf(&g->a, "%s-field", name));
	b.failed |= mark.failed;
	buf_release(&mark);
	gbnf_rule(g, rule, &b);
	return rule;
}

/* Fields in their order; optional ones may be left out, but one must be
 * there, if only to say null. */
static void
gb_put_layout(struct gbnf *g, struct buf *b)
{
	const struct mip_type *t = g->out;
	const char *rule, *between = g->f == MIP_MARKERS ? "\"\\n\\n\" " :
	    "\"\\n\" ";
	unsigned first = 0, i;
	bool may;

	while (first < t->n && t->field[first].type->kind == MIP_OPTIONAL)
		first++;
	if (first == t->n)
		first = 0;
	for (i = 0; i < t->n; i++) {
		may = t->field[i].type->kind == MIP_OPTIONAL && i != first;
		rule = gb_put_field(g, &t->field[i], !may &&
		    t->field[i].type->kind == MIP_OPTIONAL);
		buf_puts(b, may ? "( " : "");
		buf_puts(b, i > first ? between : "");
		buf_printf(b, "%s ", rule);
		buf_puts(b, i < first ? between : "");
		buf_puts(b, may ? ")? " : "");
	}
}

/* ---- grammars ---- */

static bool
gb_is_layout(enum mip_format f)
{
	return f == MIP_MARKERS || f == MIP_LABELS || f == MIP_XML;
}

static void
gb_put_shared(struct gbnf *g)
{
	struct buf b = BUF_INIT;

	if (g->uses & USES_STRING)
		gbnf_string_rules(g);
	if (g->uses & USES_INT)
		buf_puts(&b, "int ::= \"-\"? ( \"0\" | [1-9] [0-9]{0,17} )\n");
	if (g->uses & USES_NUMBER)
		buf_puts(&b, "number ::= \"-\"? ( \"0\" | [1-9] [0-9]{0,15} ) "
		    "( \".\" [0-9]{1,15} )? ( [eE] [-+]? [0-9]{1,2} )?\n");
	if (g->uses & USES_BOOL)
		buf_puts(&b, "bool ::= \"true\" | \"false\"\n");
	/* Bounded, or a model may go on with blanks for ever. */
	if (g->uses & USES_BLANK)
		buf_puts(&b, gb_is_layout(g->f) ? "ws ::= \" \"?\n" :
		    "ws ::= | \" \" | \"\\n\" [ \\t]{0,20}\n");
	buf_put(&g->rules, b.s, b.len);
	g->rules.failed |= b.failed;
	buf_release(&b);
}

void
gbnf(struct buf *b, const struct mip_type *t, enum mip_format f)
{
	struct gbnf g = { .rules = BUF_INIT, .out = t, .f = f };
	struct buf root = BUF_INIT;

	if (gb_is_layout(f))
		gb_put_layout(&g, &root);
	else if (f == MIP_PLAIN && t->n == 1)
		gb_put_alone(&g, &root, &t->field[0]);
	else
		gb_put_object(&g, &root, t);
	gb_put_shared(&g);
	while (root.len > 0 && root.s[root.len - 1] == ' ')
		root.s[--root.len] = '\0';
	buf_printf(b, "root ::= %s\n", buf_str(&root));
	buf_put(b, g.rules.s, g.rules.len);
	b->failed |= root.failed || g.rules.failed || g.a.failed;
	buf_release(&root);
	buf_release(&g.rules);
	arena_release(&g.a);
}
