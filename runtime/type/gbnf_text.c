/* Texts that hold nothing of the layout around them.
 *
 * Between the marks of a layout a text is what an automaton takes that
 * follows the characters: at the beginning of a line it watches for a mark,
 * and behind each `<` for the tags that the reader of replies knows.  Each
 * of its states is a rule, which may end anywhere but inside of a mark.
 *
 * SPDX-License-Identifier: MIT */
#include "type/gbnf_in.h"

#include <string.h>

/* Names of fields are matched as reply_layout.c does: without regard to
 * case, and to these characters, which may also stand before them. */
#define LABEL_SKIP " \t*#>-_"
#define LINE_SKIP " \t"

/* How the tags of reasoning begin, which is cut from replies. */
static const char *const gt_thoughts[] = { "think", "thought", "reasoning" };

const char *
gbnf_never(const struct gbnf *g, enum gbnf_place at)
{
	switch (at) {
	case GBNF_ALONE:
		break;
	case GBNF_QUOTED:
		return g->f == MIP_XML ? "\"\\<" : "\"\\";
	case GBNF_MARKED:
		return g->f == MIP_MARKERS ? "[<" : "<";
	}
	return "";
}

/* ---- the automaton ---- */

struct gt_state {
	uint32_t c;                     /* what leads here */
	bool end;                       /* a mark is complete */
	const char *rule;
	struct gt_state *child, *next;
};

struct gt_guard {
	struct gbnf *g;
	const char *skip;               /* at the beginning of lines */
	/* At the beginning of a line; behind a `<` there; behind any other;
	 * behind `</`. */
	struct gt_state line, open, tag, close;
	unsigned nstate;
};

static uint32_t
gt_decode(const char **s)
{
	size_t n = buf_utf8(*s, strlen(*s)), i;
	uint32_t c = (unsigned char)**s;

	if (n > 1)
		c &= 0x7fu >> n;
	for (i = 1; i < n; i++)
		c = c << 6 | ((unsigned char)(*s)[i] & 0x3f);
	*s += n > 0 ? n : 1;
	return c;
}

static uint32_t
gt_lower(uint32_t c)
{
	return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

/* Marks `word` behind state `s`. */
static struct gt_state *
gt_put_word(struct gt_guard *w, struct gt_state *s, const char *word,
    const char *skip)
{
	struct gt_state **at;
	uint32_t c;

	while (*word) {
		c = gt_lower(gt_decode(&word));
		if (c < 0x80 && strchr(skip, (int)c))
			continue;
		for (at = &s->child; *at != NULL && (*at)->c != c;
		    at = &(*at)->next)
			continue;
		if (*at == NULL) {
			*at = arena_alloc(&w->g->a, sizeof(**at));
			if (*at == NULL)
				return NULL;
			(*at)->c = c;
		}
		s = *at;
	}
	return s;
}

static void
gt_put_mark(struct gt_guard *w, struct gt_state *from, const char *word,
    const char *behind, const char *skip)
{
	struct gt_state *s = gt_put_word(w, from, word, skip);

	if (s != NULL)
		s = gt_put_word(w, s, behind, "");
	if (s != NULL)
		s->end = true;
}

static bool
gt_is_field(const struct mip_type *t, const char *name)
{
	unsigned i;

	for (i = 0; i < t->n; i++)
		if (strcmp(t->field[i].name, name) == 0 ||
		    (t->field[i].alias &&
		    strcmp(t->field[i].alias, name) == 0))
			return true;
	return false;
}

static void
gt_mark_all(struct gt_guard *w)
{
	const struct mip_type *t = w->g->out;
	const struct mip_field *f;
	size_t i;

	w->skip = w->g->f == MIP_LABELS ? LABEL_SKIP : LINE_SKIP;
	for (i = 0; i < sizeof(gt_thoughts) / sizeof(*gt_thoughts); i++)
		if (!gt_is_field(t, gt_thoughts[i])) {
			gt_put_mark(w, &w->open, gt_thoughts[i], "", "");
			gt_put_mark(w, &w->close, gt_thoughts[i], "", "");
		}
	if (w->g->f == MIP_MARKERS)
		gt_put_mark(w, &w->line, "[[##", "", "");
	for (i = 0; i < t->n; i++) {
		f = &t->field[i];
		if (w->g->f == MIP_XML)
			gt_put_mark(w, &w->close, f->alias ? f->alias :
			    f->name, ">", "");
		if (w->g->f != MIP_LABELS)
			continue;
		gt_put_mark(w, &w->line, f->name, ":", LABEL_SKIP);
		if (f->alias)
			gt_put_mark(w, &w->line, f->alias, ":", LABEL_SKIP);
	}
}

/* ---- its rules ---- */

static void
gt_put_class(struct buf *b, uint32_t c)
{
	char one[4];

	if (c < 'a' || c > 'z') {
		gbnf_literal(b, one, buf_utf8_encode(one, c));
		return;
	}
	buf_printf(b, "[%c%c] ", (char)c, (char)(c - 32));
}

static void
gt_put_chars(struct buf *b, const char *s)
{
	for (; *s; s++)
		gbnf_in_class(b, (unsigned char)*s);
}

/* On to the states behind this one, or anywhere else. */
static void
gt_put_steps(struct gt_guard *w, struct buf *b, const struct gt_state *s,
    bool line)
{
	const struct gt_state *c;
	bool slash = s == &w->open || s == &w->tag;

	for (c = s->child; c != NULL; c = c->next) {
		if (c->end)
			continue;
		gt_put_class(b, c->c);
		buf_printf(b, "%s | ", c->rule);
	}
	if (slash)
		buf_printf(b, "\"/\" %s | ", w->close.rule);
	if (line) {
		buf_putc(b, '[');
		gt_put_chars(b, w->skip);
		buf_printf(b, "] %s | ", s->rule);
	}
	buf_printf(b, "\"\\n\" %s | \"<\" %s | [^\\n<\\r\\x00",
	    w->line.rule, s == &w->line ? w->open.rule : w->tag.rule);
	buf_puts(b, slash ? "/" : "");
	for (c = s->child; c != NULL; c = c->next) {
		gbnf_in_class(b, c->c);
		if (c->c >= 'a' && c->c <= 'z')
			gbnf_in_class(b, c->c - 32);
	}
	gt_put_chars(b, line ? w->skip : "");
	buf_printf(b, "] %s", w->g->rest);
}

static void
gt_write_state(struct gt_guard *w, struct gt_state *s, bool line)
{
	struct buf b = BUF_INIT;
	struct gt_state *c;

	for (c = s->child; c != NULL; c = c->next)
		if (!c->end)
			c->rule = gbnf_name(w->g, arena_printf(&w->g->a,
			    "%s-%u", line ? "line" : "tag", ++w->nstate));
	/* It may end here. */
	buf_puts(&b, "| ");
	gt_put_steps(w, &b, s, line);
	gbnf_rule(w->g, s->rule, &b);
	for (c = s->child; c != NULL; c = c->next)
		if (!c->end)
			gt_write_state(w, c, line);
}

static void
gt_write_guard(struct gbnf *g)
{
	struct gt_guard w = { .g = g };
	struct buf b = BUF_INIT;

	g->line = w.line.rule = gbnf_name(g, "line");
	g->rest = gbnf_name(g, "rest");
	w.open.rule = gbnf_name(g, "open");
	w.tag.rule = gbnf_name(g, "tag");
	w.close.rule = gbnf_name(g, "close");
	gt_mark_all(&w);
	if (g->a.failed)
		return;
	buf_printf(&b, "[^\\n<\\r\\x00]* ( \"\\n\" %s | \"<\" %s )?", g->line,
	    w.tag.rule);
	gbnf_rule(g, g->rest, &b);
	gt_write_state(&w, &w.line, true);
	gt_write_state(&w, &w.open, false);
	gt_write_state(&w, &w.tag, false);
	gt_write_state(&w, &w.close, false);
}

/* ---- texts ---- */

/* A character of a text there; `blank`: it may be one. */
static void
gt_put_char(struct gbnf *g, struct buf *b, enum gbnf_place at, bool blank)
{
	bool lines = at == GBNF_ALONE ||
	    (at == GBNF_MARKED && g->f != MIP_LABELS);

	if (at == GBNF_QUOTED) {
		buf_puts(b, "char");
		return;
	}
	buf_puts(b, "[^");
	gt_put_chars(b, gbnf_never(g, at));
	buf_puts(b, blank && lines ? "\\x00-\\x08\\x0B-\\x1F\\x7F]" :
	    blank ? "\\x00-\\x08\\x0A-\\x1F\\x7F]" : "\\x00-\\x20\\x7F]");
}

static void
gt_put_chars_between(struct gbnf *g, struct buf *b, enum gbnf_place at,
    long min, long max)
{
	if (max == 0)
		return;
	gt_put_char(g, b, at, true);
	gbnf_times(b, min, max);
	buf_putc(b, ' ');
}

/* So many characters; those at the ends are no blanks, which the reader of
 * replies does not count. */
static void
gt_put_between(struct gbnf *g, struct buf *b, enum gbnf_place at, long min,
    long max)
{
	if (max == 0)
		return;
	buf_puts(b, "( ");
	gt_put_char(g, b, at, false);
	if (max != 1) {
		buf_puts(b, min < 2 ? " ( " : " ");
		gt_put_chars_between(g, b, at, min < 2 ? 0 : min - 2,
		    max < 0 ? -1 : max - 2);
		gt_put_char(g, b, at, false);
		buf_puts(b, min < 2 ? " )?" : "");
	}
	buf_puts(b, min == 0 ? " )? " : " ) ");
}

bool
gbnf_text(struct gbnf *g, struct buf *b, const struct mip_field *f,
    enum gbnf_place at)
{
	long min, max;

	if (f == NULL)
		return false;
	if (f->regex != NULL && gbnf_regex(g, b, f->regex, at))
		return true;
	gbnf_len(f, &min, &max);
	if (min == 0 && max < 0)
		return false;
	if (at == GBNF_QUOTED)
		gt_put_chars_between(g, b, at, min, max);
	else if (max >= 0)
		gt_put_between(g, b, at, min, max);
	else {
		gt_put_between(g, b, at, min, min);
		gbnf_any_text(g, b, at, true);
	}
	return true;
}

void
gbnf_any_text(struct gbnf *g, struct buf *b, enum gbnf_place at, bool begun)
{
	switch (at) {
	case GBNF_QUOTED:
		buf_puts(b, "char* ");
		return;
	case GBNF_ALONE:
		buf_puts(b, begun ? "[^\\x00]* " :
		    "[ \\t\\n]* [^ \\t\\n\\r\\x00] [^\\x00]* ");
		return;
	case GBNF_MARKED:
		if (g->line == NULL)
			gt_write_guard(g);
		buf_printf(b, "%s ", begun ? g->rest : g->line);
		return;
	}
}

void
gbnf_string_rules(struct gbnf *g)
{
	struct buf b = BUF_INIT;

	buf_puts(&b, "\"\\\"\" char* \"\\\"\"");
	gbnf_rule(g, "string", &b);
	/* Neither U+0000 nor half a surrogate pair. */
	buf_printf(&b, "[^\"\\\\%s\\x00-\\x1F\\x7F] | \"\\\\\" "
	    "( [\"\\\\/bfnrt] | \"u\" code )",
	    g->f == MIP_XML ? "<" : "");
	gbnf_rule(g, "char", &b);
	buf_puts(&b, "[1-9A-CEFa-cef] hex{3} | \"0\" [1-9A-Fa-f] hex hex | "
	    "\"00\" [1-9A-Fa-f] hex | \"000\" [1-9A-Fa-f] | "
	    "[Dd] [0-7] hex hex | "
	    "[Dd] [89ABab] hex hex \"\\\\u\" [Dd] [C-Fc-f] hex hex");
	gbnf_rule(g, "code", &b);
	buf_puts(&b, "[0-9A-Fa-f]");
	gbnf_rule(g, "hex", &b);
}
