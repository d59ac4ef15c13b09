/* C as text: indentation, wrapped lines, literals, names.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "emit/cw.h"

#include <string.h>

enum {
	WIDTH = 80,
	TAB = 8,
	PIECE = 4000                    /* C99 compilers need take 4095 bytes */
};

void
cw_init(struct cw *w, struct buf *out)
{
	w->out = out;
	w->indent = 0;
	w->blank = true;
}

/* The last place in line[0 .. max) where it may be broken, or else the first
 * behind it; 0 if there is none.  *quoted: the line begins inside a string
 * literal; then, so does the place. */
static size_t
break_at(const char *line, size_t len, size_t max, bool *quoted)
{
	bool in_string = *quoted;
	size_t best = 0, best_comma = 0, best_quoted = 0;
	size_t n = max < len ? max : len;

	for (size_t i = 0; i + 1 < len && (i + 1 < n ||
	    (best == 0 && best_quoted == 0)); i++) {
		char c = line[i];

		if (in_string && c == '\\') {
			i++;
			continue;
		}
		if (c == '"')
			in_string = !in_string;
		if (c != ' ' || i == 0)
			continue;
		if (in_string)
			best_quoted = i + 1;
		else if (line[i - 1] == ',')
			best_comma = best = i + 1;
		else if (strchr("=&|?+-*<{(:", line[i - 1]) != NULL)
			best = i + 1;
	}
	if (best_comma > max / 2)
		best = best_comma;
	/* A literal is cut only where that saves most of a line. */
	*quoted = best_quoted > best + WIDTH / 3;
	return *quoted ? best_quoted : best;
}

static void
put_indent(struct cw *w, bool more)
{
	for (unsigned i = 0; i < w->indent; i++)
		buf_putc(w->out, '\t');
	if (more)
		buf_puts(w->out, "    ");
}

/* One line with breaks; a cut literal is closed and opened again. */
static void
put_line(struct cw *w, const char *line)
{
	size_t len = strlen(line), room = WIDTH - TAB * (size_t)w->indent;
	bool quoted = false, more = false;

	if (room > WIDTH)
		room = 20;
	for (;;) {
		size_t use = more ? room - 4 : room, at;
		bool was = quoted;

		put_indent(w, more);
		if (was)
			buf_putc(w->out, '"');
		at = len + was <= use ? 0 :
		    break_at(line, len, use - was, &quoted);
		if (at == 0)
			break;
		buf_put(w->out, line, quoted ? at : at - 1);
		buf_puts(w->out, quoted ? "\"\n" : "\n");
		line += at;
		len -= at;
		more = true;
	}
	buf_put(w->out, line, len);
	buf_putc(w->out, '\n');
}

static void put_format(struct cw *w, const char *fmt, va_list ap)
    BASE_PRINTF(2, 0);

static void
put_format(struct cw *w, const char *fmt, va_list ap)
{
	struct buf line = BASE_BUF_INIT;

	buf_vprintf(&line, fmt, ap);
	put_line(w, buf_str(&line));
	w->out->failed |= line.failed;
	buf_release(&line);
}

void
cw_line(struct cw *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_format(w, fmt, ap);
	va_end(ap);
	w->blank = false;
}

void
cw_open(struct cw *w, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_format(w, fmt, ap);
	va_end(ap);
	w->indent++;
	w->blank = true;
}

void
cw_reopen(struct cw *w, const char *fmt, ...)
{
	va_list ap;

	w->indent--;
	va_start(ap, fmt);
	put_format(w, fmt, ap);
	va_end(ap);
	w->indent++;
	w->blank = true;
}

void
cw_close(struct cw *w, const char *end)
{
	w->indent--;
	put_line(w, end);
	w->blank = false;
}

void
cw_blank(struct cw *w)
{
	if (!w->blank)
		buf_putc(w->out, '\n');
	w->blank = true;
}

void
cw_comment(struct cw *w, const char *text)
{
	size_t col = TAB * (size_t)w->indent + 3;

	put_indent(w, false);
	buf_puts(w->out, "/*");
	while (*text != '\0') {
		size_t n = strcspn(text, " \n");

		if (n != 0 && col + 1 + n > WIDTH - 4) {
			buf_putc(w->out, '\n');
			put_indent(w, false);
			buf_puts(w->out, " *");
			col = TAB * (size_t)w->indent + 2;
		}
		if (n != 0) {
			buf_putc(w->out, ' ');
			for (size_t i = 0; i < n; i++) {
				buf_putc(w->out, text[i]);
				if (text[i] == '*' && text[i + 1] == '/')
					buf_putc(w->out, ' ');
			}
			col += 1 + n;
		}
		text += n;
		if (*text == '\n') {
			buf_putc(w->out, '\n');
			put_indent(w, false);
			buf_puts(w->out, " *");
			col = TAB * (size_t)w->indent + 2;
		}
		if (*text != '\0')
			text++;
	}
	buf_puts(w->out, " */\n");
	w->blank = false;
}

/* Length of a bidirectional control at `s` (U+061C, U+200E, U+200F, U+202A to
 * U+202E, U+2066 to U+2069): compilers warn of them, and readers are misled. */
static size_t
bidi(const unsigned char *s)
{
	if (s[0] == 0xd8 && s[1] == 0x9c)
		return 2;
	if (s[0] != 0xe2)
		return 0;
	if (s[1] == 0x80 && (s[2] == 0x8e || s[2] == 0x8f ||
	    (s[2] >= 0xaa && s[2] <= 0xae)))
		return 3;
	return s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9 ? 3 : 0;
}

static void
put_char(struct buf *b, const unsigned char *s, bool after_question)
{
	switch (*s) {
	case '"':  buf_puts(b, "\\\""); return;
	case '\\': buf_puts(b, "\\\\"); return;
	case '\n': buf_puts(b, "\\n"); return;
	case '\t': buf_puts(b, "\\t"); return;
	case '\r': buf_puts(b, "\\r"); return;
	case '?':  buf_puts(b, after_question ? "\\?" : "?"); return;
	}
	if (*s < 0x20 || *s == 0x7f)
		buf_printf(b, "\\%03o", *s);
	else
		buf_putc(b, (char)*s);
}

static void
put_bytes(struct buf *b, const char *text, size_t n)
{
	const unsigned char *s = (const unsigned char *)text;

	for (size_t i = 0; i < n; i++) {
		size_t control = n - i >= 2 ? bidi(s + i) : 0;

		if (control != 0 && control <= n - i) {
			for (size_t k = 0; k < control; k++)
				buf_printf(b, "\\%03o", s[i + k]);
			i += control - 1;
			continue;
		}
		put_char(b, s + i, i > 0 && s[i - 1] == '?');
	}
}

void
cw_string(struct buf *b, const char *s)
{
	buf_putc(b, '"');
	put_bytes(b, s, strlen(s));
	buf_putc(b, '"');
}

/* Bytes of `s` that make one piece: to the end of its line, at most PIECE,
 * never inside a UTF-8 sequence. */
static size_t
piece(const char *s)
{
	const char *end = strchr(s, '\n');
	size_t n = end != NULL ? (size_t)(end - s) + 1 : strlen(s);

	if (n <= PIECE)
		return n;
	for (n = PIECE; n > 1 && ((unsigned char)s[n] & 0xc0) == 0x80; n--)
		;
	return n;
}

void
cw_pieces(struct cw *w, const char *before, const char *s, const char *after)
{
	struct buf line = BASE_BUF_INIT;

	while (*s != '\0') {
		size_t n = piece(s);

		buf_reset(&line);
		buf_printf(&line, "%s\"", before);
		put_bytes(&line, s, n);
		buf_printf(&line, "\"%s", after);
		put_line(w, buf_str(&line));
		s += n;
	}
	w->out->failed |= line.failed;
	buf_release(&line);
}

void
cw_text(struct cw *w, const char *name, const char *s)
{
	cw_open(w, "static const char *const %s[] = {", name);
	cw_pieces(w, "", s, ",");
	put_line(w, "NULL");
	cw_close(w, "};");
}
