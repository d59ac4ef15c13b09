/* Inputs and replies in the layouts, and the fence for texts of others.
 *
 * SPDX-License-Identifier: MIT */
#include "prompt/prompt_text.h"

#include <string.h>

#include "core/sha256.h"
#include "type/type.h"

const char *
prompt_alias(const struct mip_field *f)
{
	return f->alias ? f->alias : f->name;
}

void
prompt_spaced(struct buf *b, const char *json, size_t n)
{
	const char *end = json + n, *from = json;
	bool string = false;

	for (; json < end; json++) {
		if (string && *json == '\\')
			json++;
		else if (*json == '"')
			string = !string;
		else if (!string && (*json == ':' || *json == ',')) {
			buf_put(b, from, (size_t)(json + 1 - from));
			buf_putc(b, ' ');
			from = json + 1;
		}
	}
	buf_put(b, from, (size_t)(end - from));
}

static void
put_json_value(struct buf *b, const struct mip_type *t, const void *v)
{
	struct buf text = BUF_INIT;

	type_write_alias(&text, t, v);
	prompt_spaced(b, buf_str(&text), text.len);
	b->failed |= text.failed;
	buf_release(&text);
}

/* A text, name or scalar as it is; all else as JSON. */
static void
put_plain_value(struct buf *b, const struct mip_type *t, const void *v)
{
	const void *p = v;
	unsigned i;

	if (t->kind == MIP_OPTIONAL) {
		p = type_optional(t, v);
		t = t->of;
	}
	if (!p) {
		buf_puts(b, "null");
	} else if (type_base(t)->kind == MIP_STRING) {
		buf_puts(b, type_text(p));
	} else if (t->kind == MIP_ENUM && (i = type_index(p)) < t->n) {
		buf_puts(b, t->variant[i].alias ? t->variant[i].alias :
		    t->variant[i].name);
	} else {
		put_json_value(b, t, p);
	}
}

/* ---- texts that look like ours ---- */

static char
fold(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c + 32);
	return (char)(c == '-' || c == ' ' ? '_' : c);
}

size_t
prompt_name_at(const char *s, const char *name)
{
	size_t n;

	for (n = 0; name[n]; n++)
		if (!s[n] || fold(s[n]) != fold(name[n]))
			return 0;
	return n;
}

/* What is a new line to a reader is one, however it is written. */
const char *
prompt_next_line(const char *s)
{
	for (; (s = strpbrk(s, "\n\r\f\v\xc2\xe2")) != NULL; s++)
		if (*s == '\xc2' && s[1] == '\x85')
			return s + 2;
		else if (*s == '\xe2' && s[1] == '\x80' &&
		    (s[2] == '\xa8' || s[2] == '\xa9'))
			return s + 3;
		else if ((unsigned char)*s < ' ')
			return s + 1;
	return NULL;
}

/* The line, `s` behind what decorates it, is a label of a field. */
static bool
is_label(const char *s, const struct mip_type *t)
{
	unsigned i;
	size_t n;

	for (i = 0; i < t->n; i++) {
		n = prompt_name_at(s, prompt_alias(&t->field[i]));
		if (n && s[n + strspn(s + n, " \t*_\"")] == ':')
			return true;
	}
	return false;
}

/* It begins as the layout of the reply does, which follows the inputs; that
 * is put into `layout` when first needed. */
static bool
is_layout(const char *s, const struct slots_leaf *leaf, struct buf *layout)
{
	if (!prompt_name_at(s, "Reply ") && !prompt_name_at(s, "Answer "))
		return false;
	if (!layout->len) {
		prompt_layout(layout, leaf->prompt->out, leaf->format);
		if (layout->s)
			layout->s[strcspn(layout->s, "\n")] = '\0';
	}
	return layout->failed || prompt_name_at(s, buf_str(layout));
}

/* A line of the text could be one of ours. */
static bool
looks_like_ours(const char *s, const struct slots_leaf *leaf, bool labels)
{
	const struct mip_prompt *p = leaf->prompt;
	struct buf layout = BUF_INIT;
	bool is = false;

	for (; s && !is; s = prompt_next_line(s)) {
		s += strspn(s, " \t>*#-_\"");
		is = is_layout(s, leaf, &layout) ||
		    (labels && (is_label(s, p->in) || is_label(s, p->out)));
	}
	buf_release(&layout);
	return is;
}

static bool
holds_tag(const char *s, const char *name)
{
	size_t n;

	for (s = strchr(s, '<'); s; s = strchr(s + 1, '<')) {
		n = s[1] == '/';
		n += 1 + strspn(s + 1 + n, " \t");
		n = prompt_name_at(s + n, name) ? n + strlen(name) : 0;
		if (n && (!s[n] || strchr("> \t\r\n/", s[n])))
			return true;
	}
	return false;
}

static bool
holds_marker(const char *s)
{
	for (s = strstr(s, "[["); s; s = strstr(s + 1, "[["))
		if (!strncmp(s + 2 + strspn(s + 2, " \t"), "##", 2))
			return true;
	return false;
}

static bool
holds_tags(const char *s, const struct mip_type *t)
{
	unsigned i;

	for (i = 0; i < t->n; i++)
		if (holds_tag(s, prompt_alias(&t->field[i])))
			return true;
	return false;
}

/* Could the text be taken for a part of the layout? */
bool
prompt_is_forged(const struct slots_leaf *leaf, const char *s)
{
	const struct mip_prompt *p = leaf->prompt;
	bool markers = leaf->format == MIP_MARKERS;
	bool xml = leaf->format == MIP_XML;

	return strstr(s, "<<data") ||
	    looks_like_ours(s, leaf, !markers && !xml) ||
	    (markers && holds_marker(s)) ||
	    (xml && (holds_tags(s, p->in) || holds_tags(s, p->out)));
}

bool
prompt_holds_fence(const struct mip_type *t)
{
	unsigned i;

	while (t->kind == MIP_LIST || t->kind == MIP_OPTIONAL ||
	    t->kind == MIP_MAP)
		t = t->of;
	for (i = 0; t->kind == MIP_STRUCT && i < t->n; i++)
		if ((t->field[i].flags & MIP_FENCE) ||
		    prompt_holds_fence(t->field[i].type))
			return true;
	for (i = 0; t->kind == MIP_UNION && i < t->n; i++)
		if (prompt_holds_fence(t->arm[i]))
			return true;
	return false;
}

bool
prompt_is_fenced(const struct mip_prompt *p, unsigned i)
{
	const struct mip_field *f = &p->in->field[i];

	return (p->fence && p->fence[i]) || (f->flags & MIP_FENCE) ||
	    prompt_holds_fence(f->type);
}

/* The boundary is a hash of the text, which no text can hold of itself. */
void
prompt_fenced(struct buf *b, const struct buf *text)
{
	enum { DIGITS = 16 };
	char hex[SHA256_HEX];

	if (!sha256_hex(buf_str(text), text->len, hex)) {
		b->failed = true;
		return;
	}
	buf_printf(b, "<<data %.*s\n", DIGITS, hex);
	buf_put(b, text->s, text->len);
	buf_printf(b, "\n%.*s>>", DIGITS, hex);
}

/* ---- inputs ---- */

/* Items of texts as "[1] text", further lines of an item indented, so that
 * none can start another. */
static void
put_numbered(struct buf *b, const void *list)
{
	struct type_list l = type_list_get(list);
	const char *s;
	size_t i;

	for (i = 0; i < l.n; i++) {
		s = type_text((const char *)l.v + i * sizeof(const char *));
		buf_printf(b, "%s[%zu] ", i ? "\n" : "", i + 1);
		for (; *s; s++) {
			buf_putc(b, *s);
			if (*s == '\n')
				buf_puts(b, "    ");
		}
	}
	if (!l.n)
		buf_puts(b, "[]");
}

bool
prompt_is_media(const struct mip_type *t)
{
	while (t->kind == MIP_OPTIONAL || t->kind == MIP_LIST)
		t = t->of;
	return t->kind == MIP_IMAGE || t->kind == MIP_FILE ||
	    t->kind == MIP_AUDIO;
}

void
prompt_value(struct buf *b, const struct mip_type *t, const void *v)
{
	if (prompt_is_media(t)) {
		while (t->kind == MIP_OPTIONAL || t->kind == MIP_LIST)
			t = t->of;
		buf_putc(b, '(');
		type_name(b, t);
		buf_putc(b, ')');
	} else if (t->kind == MIP_LIST && t->of->kind == MIP_STRING) {
		put_numbered(b, v);
	} else {
		put_plain_value(b, t, v);
	}
	while (b->len && strchr(" \t\r\n", b->s[b->len - 1]))
		b->s[--b->len] = '\0';
}

/* One input with its label, marker or tag around `text`. */
static void
put_input(struct buf *b, const struct slots_leaf *leaf, unsigned i,
    const struct buf *text)
{
	const struct mip_field *f = &leaf->prompt->in->field[i];
	bool fence = prompt_is_fenced(leaf->prompt, i) ||
	    prompt_is_forged(leaf, buf_str(text));
	bool block = fence || strchr(buf_str(text), '\n') ||
	    f->type->kind == MIP_LIST;
	const char *name = prompt_alias(f);

	if (leaf->format == MIP_MARKERS) {
		buf_printf(b, "[[ ## %s ## ]]\n", name);
	} else if (leaf->format == MIP_XML) {
		buf_printf(b, "<%s>%s", name, block ? "\n" : "");
	} else {
		buf_puts(b, name);
		buf_puts(b, block ? ":\n" : text->len ? ": " : ":");
	}
	if (fence)
		prompt_fenced(b, text);
	else
		buf_put(b, text->s, text->len);
	if (leaf->format == MIP_XML)
		buf_printf(b, "%s</%s>", block ? "\n" : "", name);
	buf_putc(b, '\n');
	if (leaf->format == MIP_MARKERS || (block && leaf->format != MIP_XML))
		buf_putc(b, '\n');
}

void
prompt_inputs(struct buf *b, const struct slots_leaf *leaf, const void *in,
    const bool *has)
{
	const struct mip_type *t = leaf->prompt->in;
	struct buf text = BUF_INIT;
	const struct mip_field *f;
	const void *v;
	size_t from = b->len;
	unsigned i;

	if (leaf->prompt->npiece) {
		prompt_template(b, leaf, in, has);
		return;
	}
	for (i = 0; i < t->n; i++) {
		f = &t->field[i];
		v = in ? (const char *)in + f->offset : NULL;
		if ((has && !has[i]) || (v && f->type->kind == MIP_OPTIONAL &&
		    !type_optional(f->type, v)))
			continue;
		buf_reset(&text);
		if (v)
			prompt_value(&text, f->type, v);
		else
			buf_printf(&text, "{%s}", f->name);
		put_input(b, leaf, i, &text);
		b->failed |= text.failed;
	}
	while (b->len > from && b->s[b->len - 1] == '\n')
		b->s[--b->len] = '\0';
	if (b->len == from)
		buf_puts(b, "(no input)");
	buf_release(&text);
}

/* ---- replies ---- */

static void
put_output(struct buf *b, const struct mip_field *f, enum mip_format format,
    const void *v)
{
	struct buf text = BUF_INIT;
	bool block;

	put_plain_value(&text, f->type, v);
	while (text.len && strchr(" \t\r\n", text.s[text.len - 1]))
		text.s[--text.len] = '\0';
	block = strchr(buf_str(&text), '\n') != NULL;
	if (format == MIP_MARKERS)
		buf_printf(b, "%s[[ ## %s ## ]]\n", b->len ? "\n\n" : "",
		    prompt_alias(f));
	else if (format == MIP_XML)
		buf_printf(b, "%s<%s>%s", b->len ? "\n" : "", prompt_alias(f),
		    block ? "\n" : "");
	else
		buf_printf(b, "%s%s:%s", b->len ? "\n" : "", prompt_alias(f),
		    block ? "\n" : text.len ? " " : "");
	buf_put(b, text.s, text.len);
	if (format == MIP_XML)
		buf_printf(b, "%s</%s>", block ? "\n" : "", prompt_alias(f));
	b->failed |= text.failed;
	buf_release(&text);
}

static void
put_json_output(struct buf *b, const struct mip_field *f, const void *v)
{
	const char *name = prompt_alias(f);

	buf_puts(b, b->len ? ", " : "{");
	buf_json(b, name, strlen(name));
	buf_puts(b, ": ");
	put_json_value(b, f->type, v);
}

void
prompt_outputs(struct buf *b, const struct mip_type *t, enum mip_format f,
    const void *out, const bool *has)
{
	struct buf text = BUF_INIT;
	const void *v;
	unsigned i;

	if (f == MIP_PLAIN && t->n == 1) {
		if (!has || has[0])
			put_plain_value(b, t->field[0].type,
			    (const char *)out + t->field[0].offset);
		return;
	}
	for (i = 0; i < t->n; i++) {
		v = (const char *)out + t->field[i].offset;
		if (has && !has[i])
			continue;
		if (f == MIP_JSON || f == MIP_PLAIN)
			put_json_output(&text, &t->field[i], v);
		else if (t->field[i].type->kind != MIP_OPTIONAL ||
		    type_optional(t->field[i].type, v))
			put_output(&text, &t->field[i], f, v);
	}
	if (f == MIP_JSON || f == MIP_PLAIN)
		buf_puts(&text, text.len ? "}" : "{}");
	buf_put(b, text.s, text.len);
	b->failed |= text.failed;
	buf_release(&text);
}
