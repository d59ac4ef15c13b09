/* Messages as text: place, sentence, the line, carets under it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/diag_in.h"

#include <string.h>

#include "core/buf.h"

enum {
	TAB = 8,
	LINE_MAX_BYTES = 240,           /* longer lines are shown in part */
	LINE_BEFORE = 80                /* bytes of them before the place */
};

static const char *
paint(const struct diag *d, const char *code)
{
	return d->color ? code : "";
}

#define PLAIN "\033[0m"
#define BOLD  "\033[1m"

static const char *
severity_color(enum severity s)
{
	switch (s) {
	case SEV_NOTE:    return "\033[1;36m";
	case SEV_WARNING: return "\033[1;35m";
	case SEV_ERROR:   return "\033[1;31m";
	}
	BUG("severity");
}

const char *
diag_severity_word(enum severity s)
{
	switch (s) {
	case SEV_NOTE:    return "note";
	case SEV_WARNING: return "warning";
	case SEV_ERROR:   return "error";
	}
	BUG("severity");
}

struct cp_range { uint32_t from, to; };

static bool
within(uint32_t c, const struct cp_range *r, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (c >= r[i].from && c <= r[i].to)
			return true;
	return false;
}

/* Columns that a terminal gives to a code point; -1 for what it would not
 * show or what would turn the line around. */
static int
columns(uint32_t c)
{
	static const struct cp_range hide[] = {
		{ 0x00, 0x1f }, { 0x7f, 0x9f }, { 0x200b, 0x200f },
		{ 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0xfeff, 0xfeff }
	};
	static const struct cp_range zero[] = {
		{ 0x300, 0x36f }, { 0x1ab0, 0x1aff }, { 0x20d0, 0x20ff },
		{ 0xfe00, 0xfe0f }, { 0xfe20, 0xfe2f }
	};
	static const struct cp_range wide[] = {
		{ 0x1100, 0x115f }, { 0x2e80, 0x303e }, { 0x3041, 0xa4cf },
		{ 0xac00, 0xd7a3 }, { 0xf900, 0xfaff }, { 0xfe30, 0xfe6f },
		{ 0xff00, 0xff60 }, { 0xffe0, 0xffe6 }, { 0x1f300, 0x1f64f },
		{ 0x1f680, 0x1f6ff }, { 0x1f900, 0x1f9ff },
		{ 0x20000, 0x3fffd }
	};

	if (within(c, hide, COUNTOF(hide)))
		return -1;
	if (within(c, zero, COUNTOF(zero)))
		return 0;
	return within(c, wide, COUNTOF(wide)) ? 2 : 1;
}

static uint32_t
decode(const char *s, size_t n)
{
	static const unsigned char mask[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t c = (unsigned char)s[0] & mask[n];
	size_t i;

	for (i = 1; i < n; i++)
		c = c << 6 | ((unsigned char)s[i] & 0x3f);
	return c;
}

/* Appends what the terminal shall see of the first character of `s`; gives
 * its bytes and, through *col, moves the column. */
static size_t
show(struct buf *b, const char *s, size_t n, unsigned *col)
{
	size_t len = buf_utf8(s, n), before = b->len;
	int w;

	if (len == 0) {
		buf_printf(b, "<%02x>", (unsigned)(unsigned char)*s);
		*col += 4;
		return 1;
	}
	if (*s == '\t') {
		do
			buf_putc(b, ' ');
		while (++*col % TAB != 0);
		return 1;
	}
	w = columns(decode(s, len));
	if (w >= 0) {
		buf_put(b, s, len);
		*col += (unsigned)w;
		return len;
	}
	buf_printf(b, "<U+%04X>", (unsigned)decode(s, len));
	*col += (unsigned)(b->len - before);
	return len;
}

/* The byte where the excerpt of a line begins, which is 0 unless the line is
 * long. */
static unsigned
begin_of(const struct place *p)
{
	unsigned i = 0;

	if (p->len > LINE_MAX_BYTES && p->byte > LINE_BEFORE) {
		i = p->byte - LINE_BEFORE;
		while (i > 0 && ((unsigned char)p->text[i] & 0xc0) == 0x80)
			i--;
	}
	return i;
}

/* The line that a message is about, and carets under bytes [from, to). */
static void
excerpt(struct diag *d, const struct place *p, unsigned len,
    enum severity sev)
{
	struct buf line = BASE_BUF_INIT, under = BASE_BUF_INIT;
	unsigned col = 0, at, to = p->byte + len, i = begin_of(p), end = p->len;
	bool first = true;

	if (i > 0) {
		buf_puts(&line, "...");
		col = 3;
		buf_puts(&under, "   ");
	}
	while (i < end && i < p->byte + LINE_MAX_BYTES) {
		bool in = i >= p->byte && (i < to || i == p->byte);

		at = col;
		i += (unsigned)show(&line, p->text + i, end - i, &col);
		for (; at < col; at++) {
			buf_putc(&under, !in ? ' ' : first ? '^' : '~');
			first = first && !in;
		}
	}
	if (i < end)
		buf_puts(&line, "...");
	while (under.len > 0 && under.s[under.len - 1] == ' ' && !first)
		under.s[--under.len] = '\0';
	if (first)
		buf_putc(&under, '^');
	fprintf(d->out, "%5u | %s\n      | %s%s%s\n", p->line, buf_str(&line),
	    paint(d, severity_color(sev)), buf_str(&under), paint(d, PLAIN));
	buf_release(&line);
	buf_release(&under);
}

void
diag_text_fix(struct diag *d, const struct diag_message *m,
    const struct diag_change *f)
{
	struct place p = sources_place(d->sources, m->at.off);
	struct place q = sources_place(d->sources, f->at.off);
	struct buf skipped = BASE_BUF_INIT;
	unsigned i = begin_of(&p), col = i > 0 ? 3 : 0;

	if (!p.source || m->class == E_SECRET || q.source != p.source ||
	    q.line != p.line || q.byte < i || strchr(f->text, '\n'))
		return;
	while (i < q.byte)
		i += (unsigned)show(&skipped, p.text + i, p.len - i, &col);
	buf_release(&skipped);
	fprintf(d->out, "      | %*s%s%s%s\n", (int)col, "",
	    paint(d, "\033[32m"), f->text, paint(d, PLAIN));
}

/* How the compilation came to this file, once for each run of messages. */
static void
imported_from(struct diag *d, const struct source *s)
{
	struct diag_list *l = d->list;
	const struct source *x = s;
	const char *word = "In file imported from";
	struct place p;

	if (l->in == s)
		return;
	l->in = s;
	while (x->from.off) {
		p = sources_place(d->sources, x->from.off);
		if (!p.source || p.source == x)
			return;
		fprintf(d->out, "%s %s%s:%u%s:\n", word, paint(d, BOLD),
		    p.source->path, p.line, paint(d, PLAIN));
		word = "                 from";
		x = p.source;
	}
}

static void
put_code(struct diag *d, const struct diag_message *m)
{
	const char *flag;

	if (m->class == E_NCLASS)
		return;
	flag = diag_classes[m->class].flag;
	fprintf(d->out, " [%s", diag_code(m->class));
	if (flag)
		fprintf(d->out, ", -W%s%s",
		    m->severity == SEV_ERROR ? "error=" : "", flag);
	putc(']', d->out);
}

void
diag_text(struct diag *d, const struct diag_message *m)
{
	struct diag_range r = diag_range(d, m->at);
	unsigned len;

	if (r.from.source) {
		if (m->severity != SEV_NOTE)
			imported_from(d, r.from.source);
		fprintf(d->out, "%s%s:%u:%u:%s ", paint(d, BOLD),
		    r.from.source->path, r.from.line, r.from.col,
		    paint(d, PLAIN));
	} else
		fprintf(d->out, "%smiproc:%s ", paint(d, BOLD),
		    paint(d, PLAIN));
	fprintf(d->out, "%s%s:%s %s%s%s", paint(d, severity_color(m->severity)),
	    diag_severity_word(m->severity), paint(d, PLAIN),
	    paint(d, m->severity == SEV_NOTE ? "" : BOLD), m->text,
	    paint(d, PLAIN));
	put_code(d, m);
	putc('\n', d->out);
	if (!r.from.source || m->class == E_SECRET)
		return;
	len = m->at.len;
	if (r.to.source != r.from.source || r.to.line != r.from.line)
		len = r.from.len > r.from.byte ? r.from.len - r.from.byte : 1;
	excerpt(d, &r.from, len, m->severity);
}
