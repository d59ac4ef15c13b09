/* Texts that the proposer is shown, and what is made of its replies.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "tune/propose.h"

enum {
	ROW_MAX = 800,                  /* bytes of a row in a prompt */
	INSTRUCTION_MAX = 4000          /* longer ones are ramblings */
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* A text that is being cut down from both ends. */
struct piece {
	const char *s;
	size_t n;
};

static void
trim(struct piece *p)
{
	while (p->n > 0 && is_blank(p->s[0])) {
		p->s++;
		p->n--;
	}
	while (p->n > 0 && is_blank(p->s[p->n - 1]))
		p->n--;
}

static bool
begins(const struct piece *p, const char *word)
{
	size_t n = strlen(word), i;

	if (p->n < n)
		return false;
	for (i = 0; i < n; i++) {
		char c = p->s[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (c != word[i])
			return false;
	}
	return true;
}

static void
skip(struct piece *p, size_t n)
{
	p->s += n;
	p->n -= n;
}

/* A fence around all of it, with or without a word behind it. */
static void
unfence(struct piece *p)
{
	const char *nl;

	if (p->n < 8 || memcmp(p->s, "```", 3) != 0 ||
	    memcmp(p->s + p->n - 3, "```", 3) != 0)
		return;
	nl = memchr(p->s, '\n', p->n);
	if (!nl || (size_t)(nl - p->s) > 20)
		return;
	p->n -= 3;
	skip(p, (size_t)(nl - p->s) + 1);
	trim(p);
}

/* Quotes around all of it, and none inside. */
static void
unquote(struct piece *p)
{
	char q;

	if (p->n < 2)
		return;
	q = p->s[0];
	if ((q != '"' && q != '\'') || p->s[p->n - 1] != q ||
	    memchr(p->s + 1, q, p->n - 2))
		return;
	p->n -= 2;
	p->s++;
	trim(p);
}

/* Labels that models put in front; no other words before a colon are taken
 * for one: an instruction may well begin with such. */
static void
unlabel(struct piece *p)
{
	static const char *const label[] = {
		"proposed instruction", "new instruction",
		"better instruction", "improved instruction",
		"revised instruction", "the instruction", "instruction",
		"here is the instruction", "here is the new instruction",
		"here is a better instruction", "here's the instruction",
		"here's a better instruction",
	};
	struct piece q = *p;
	size_t i;

	while (q.n > 0 && (q.s[0] == '*' || q.s[0] == '#' || q.s[0] == ' '))
		skip(&q, 1);
	for (i = 0; i < COUNTOF(label); i++) {
		struct piece r = q;

		if (!begins(&r, label[i]))
			continue;
		skip(&r, strlen(label[i]));
		while (r.n > 0 && r.s[0] == '*')
			skip(&r, 1);
		if (r.n == 0 || r.s[0] != ':')
			continue;
		skip(&r, 1);
		while (r.n > 0 && r.s[0] == '*')
			skip(&r, 1);
		trim(&r);
		*p = r;
		return;
	}
}

const char *
propose_clean(struct arena *a, const char *text)
{
	struct piece p = { text, strlen(text) };

	trim(&p);
	unfence(&p);
	unlabel(&p);
	unquote(&p);
	if (p.n == 0 || p.n > INSTRUCTION_MAX)
		return NULL;
	return arena_strndup(a, p.s, p.n);
}

static void
put_side(struct buf *b, struct arena *a, const char *head,
    const struct ty *t)
{
	const struct ty_field *f;
	unsigned i;

	buf_puts(b, head);
	for (i = 0; i < t->n; i++) {
		f = &t->field[i];
		buf_printf(b, "\n- %s (%s)", f->name, ty_text(a, f->type));
		if (f->desc && f->desc[0])
			buf_printf(b, ": %s", f->desc);
	}
}

static void
put_template(struct buf *b, struct arena *a, const struct prompt *l)
{
	unsigned i;

	if (l->npiece > 0)
		buf_puts(b, "\nthe inputs are shown as:\n");
	for (i = 0; i < l->npiece; i++)
		if (l->piece[i].text)
			buf_puts(b, l->piece[i].text);
		else
			buf_printf(b, "{%s}", template_name(a, l->in,
			    &l->piece[i]));
}

const char *
propose_signature(struct arena *a, const struct prompt *l)
{
	struct buf b = BASE_BUF_INIT;
	const char *s;

	buf_printf(&b, "module %s\n", l->name);
	put_side(&b, a, "inputs:", l->in);
	put_side(&b, a, "\noutputs:", l->out);
	put_template(&b, a, l);
	s = arena_strndup(a, buf_str(&b), b.len);
	buf_release(&b);
	return s;
}

/* At most `max` bytes, no character cut. */
static void
put_cut(struct buf *b, const char *s, size_t n, size_t max)
{
	if (n <= max) {
		buf_put(b, s, n);
		return;
	}
	while (max > 0 && ((unsigned char)s[max] & 0xc0) == 0x80)
		max--;
	buf_put(b, s, max);
	buf_puts(b, " ...");
}

void
propose_put(struct buf *b, struct json v)
{
	put_cut(b, v.s, v.n, ROW_MAX);
}

const char *
propose_rows(struct arena *a, const struct rows *rows, const size_t *pick,
    size_t n)
{
	struct buf b = BASE_BUF_INIT;
	const char *s;
	size_t i;

	for (i = 0; i < n; i++) {
		const struct row *r = &rows->row[pick[i]];

		put_cut(&b, r->json, r->len, ROW_MAX);
		buf_putc(&b, '\n');
	}
	s = arena_strndup(a, buf_str(&b), b.len);
	buf_release(&b);
	return s;
}

const char *
propose_examples(struct arena *a, const char *demos, size_t most)
{
	struct buf b = BASE_BUF_INIT;
	struct json list, v;
	struct json_walk w;
	const char *s;
	size_t n = 0;

	if (demos && json_parse(demos, strlen(demos), &list, NULL, NULL)) {
		w = json_walk(list);
		while (n < most && json_next(&w, NULL, &v)) {
			put_cut(&b, v.s, v.n, ROW_MAX);
			buf_putc(&b, '\n');
			n++;
		}
	}
	s = n > 0 ? arena_strndup(a, buf_str(&b), b.len) : "none";
	buf_release(&b);
	return s;
}
