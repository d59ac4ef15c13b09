/* The user message by a template.
 *
 * Values are data: what could be taken for the text of the template around it
 * is fenced, as what could be taken for our own layout.
 *
 * SPDX-License-Identifier: MIT */
#include "prompt/prompt_text.h"

#include <ctype.h>
#include <string.h>

#include "type/type.h"

/* ---- what a place shows ---- */

/* A value of a template. */
struct shown {
	const struct mip_type *type;
	const void *v;                  /* NULL: nothing to show */
	bool fence;
};

/* Without `in` only type and fence. */
static struct shown
shown_at(const struct mip_prompt *p, const struct mip_piece *piece,
    const void *in, const bool *has)
{
	struct shown s = { p->in, in, false };
	const struct mip_field *f;
	unsigned i;

	if (has && !has[piece->path[0]])
		s.v = NULL;
	s.fence = p->fence && p->fence[piece->path[0]];
	for (i = 0; i < piece->npath; i++) {
		if (s.type->kind == MIP_OPTIONAL) {
			s.v = s.v ? type_optional(s.type, s.v) : NULL;
			s.type = s.type->of;
		}
		f = &s.type->field[piece->path[i]];
		s.type = f->type;
		s.v = s.v ? (const char *)s.v + f->offset : NULL;
		s.fence = s.fence || (f->flags & MIP_FENCE);
	}
	s.fence = s.fence || prompt_holds_fence(s.type);
	if (s.v && s.type->kind == MIP_OPTIONAL && !type_optional(s.type,
	    s.v))
		s.v = NULL;
	return s;
}

bool
prompt_has_fence(const struct mip_prompt *p)
{
	size_t i;
	unsigned k;

	for (i = 0; i < p->npiece; i++)
		if (!p->piece[i].text &&
		    shown_at(p, &p->piece[i], NULL, NULL).fence)
			return true;
	for (k = 0; !p->npiece && k < p->in->n; k++)
		if (prompt_is_fenced(p, k))
			return true;
	return false;
}

/* ---- values that look like the template ---- */

/* What makes a word more than a word. */
static const char template_signs[] = "<>[]{}|\":=";

/* What stands on a line of the template, or between two values of it. */
struct mark {
	char text[64];                  /* the beginning will do */
	bool first, last;               /* it begins, it ends a line */
};

/* Copies the n bytes at `s` without the blanks around them; false if there is
 * nothing else. */
static bool
mark_set(struct mark *m, const char *s, size_t n)
{
	while (n > 0 && strchr(" \t\r", s[n - 1]))
		n--;
	while (n > 0 && strchr(" \t", *s)) {
		s++;
		n--;
	}
	if (n >= sizeof(m->text))
		n = sizeof(m->text) - 1;
	memcpy(m->text, s, n);
	m->text[n] = '\0';
	return n > 0;
}

/* The mark at byte *at of piece *i of the template, or behind; m->last says of
 * the one before whether it ended its line.  False if there is none. */
static bool
next_mark(const struct mip_prompt *p, size_t *i, size_t *at, struct mark *m)
{
	const char *s;
	size_t n;
	bool end;

	while (*i < p->npiece) {
		s = p->piece[*i].text;
		if (!s || !s[*at]) {
			m->last = m->last && s;
			*at = 0;
			++*i;
			continue;
		}
		s += *at;
		n = strcspn(s, "\n");
		end = s[n] == '\n' || *i + 1 == p->npiece;
		*at += n + (s[n] == '\n');
		m->first = m->last;
		m->last = end;
		if (mark_set(m, s, n))
			return true;
	}
	return false;
}

static const char *
undecorated(const char *s)
{
	return s + strspn(s, " \t>*#-_\"");
}

/* The length of the mark at the start of `s`, no part of a longer word. */
static size_t
mark_at(const char *s, const char *mark)
{
	size_t n = prompt_name_at(s, mark);

	return n && isalnum((unsigned char)s[n - 1]) &&
	    isalnum((unsigned char)s[n]) ? 0 : n;
}

/* Does a line of the value begin so; is it just that?  The first one counts
 * only where the value begins a line itself. */
static bool
holds_line(const char *s, const char *mark, bool whole, bool first)
{
	size_t n;

	for (; s; s = prompt_next_line(s), first = true) {
		if (!first)
			continue;
		n = mark_at(s + strspn(s, " \t"), mark);
		if (n)
			n += strspn(s, " \t");
		else if ((n = mark_at(undecorated(s), undecorated(mark))) != 0)
			n += (size_t)(undecorated(s) - s);
		if (n && (!whole || strchr("\r\n\f\v\xc2\xe2",
		    s[n + strspn(s + n, " \t*_#\"")])))
			return true;
	}
	return false;
}

static bool
holds(const char *s, const char *mark)
{
	for (; *s; s++)
		if (mark_at(s, mark))
			return true;
	return false;
}

/* Does it hold one of the words that have a sign? */
static bool
holds_word(const char *s, char *words)
{
	char *w, *end;
	bool is = false;

	for (w = words; !is && *w; w = end + strspn(end, " \t")) {
		end = w + strcspn(w, " \t");
		if (*end)
			*end++ = '\0';
		is = strpbrk(w, template_signs) && holds(s, w);
	}
	return is;
}

/* Words are structure where they make a line of their own.  Up to one with a
 * sign they are at the beginning of a line; inside one that word is by
 * itself. */
static bool
is_like(struct mark *m, const char *s, bool first)
{
	char *sign = strpbrk(m->text, m->first ? "(<>[]{}|\":=" :
	    template_signs);
	bool whole = !sign && m->text[0] != '#' &&
	    strlen(m->text) + 1 < sizeof(m->text);

	if (!m->first)
		return holds_word(s, m->text);
	if (sign)
		sign[strcspn(sign, " \t")] = '\0';
	return (sign || m->text[0] == '#' || m->last) &&
	    holds_line(s, m->text, whole, first);
}

static bool
is_like_template(const struct mip_prompt *p, const char *s, bool first)
{
	struct mark m = { .last = true };
	size_t i = 0, at = 0;

	while (next_mark(p, &i, &at, &m))
		if (is_like(&m, s, first))
			return true;
	return false;
}

/* ---- the message ---- */

static void
put_name(struct buf *b, const struct mip_prompt *p,
    const struct mip_piece *piece)
{
	const struct mip_type *t = p->in;
	const struct mip_field *f;
	unsigned i;

	for (i = 0; i < piece->npath; i++) {
		t = t->kind == MIP_OPTIONAL ? t->of : t;
		f = &t->field[piece->path[i]];
		buf_printf(b, "%s%s", i ? "." : "{", f->name);
		t = f->type;
	}
	buf_putc(b, '}');
}

void
prompt_template(struct buf *b, const struct slots_leaf *leaf, const void *in,
    const bool *has)
{
	const struct mip_prompt *p = leaf->prompt;
	struct buf all = BUF_INIT, text = BUF_INIT;
	struct shown v;
	bool start;
	size_t i;

	for (i = 0; i < p->npiece; i++) {
		if (p->piece[i].text) {
			buf_puts(&all, p->piece[i].text);
			continue;
		}
		v = shown_at(p, &p->piece[i], in, has);
		if (in && !v.v)
			continue;
		buf_reset(&text);
		if (in)
			prompt_value(&text, v.type, v.v);
		else
			put_name(&text, p, &p->piece[i]);
		start = !all.len || all.s[all.len - 1] == '\n';
		if (v.fence || prompt_is_forged(leaf, buf_str(&text)) ||
		    is_like_template(p, buf_str(&text), start))
			prompt_fenced(&all, &text);
		else
			buf_put(&all, text.s, text.len);
		all.failed |= text.failed;
	}
	while (all.len && strchr(" \t\r\n", all.s[all.len - 1]))
		all.len--;
	if (all.len)
		buf_put(b, all.s, all.len);
	else
		buf_puts(b, "(no input)");
	b->failed |= all.failed;
	buf_release(&all);
	buf_release(&text);
}
