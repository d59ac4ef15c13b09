/* C as text: indentation, wrapped lines, literals, names.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef EMIT_CW_H
#define EMIT_CW_H

#include "base/base.h"
#include "core/buf.h"

struct cw {
	struct buf *out;
	unsigned indent;                /* tabs */
	bool blank;                     /* the last line was blank, or opened a
	                                 * block */
};

void cw_init(struct cw *w, struct buf *out);

/* One line; broken at 80 columns, where C allows it, with four more spaces. */
void cw_line(struct cw *w, const char *fmt, ...) BASE_PRINTF(2, 3);
/* A line that opens a block (ends in `{`), one that closes it, and the two in
 * one (`} else {`). */
void cw_open(struct cw *w, const char *fmt, ...) BASE_PRINTF(2, 3);
void cw_close(struct cw *w, const char *end);
void cw_reopen(struct cw *w, const char *fmt, ...) BASE_PRINTF(2, 3);
/* A blank line, but never two, nor one at the head of a block. */
void cw_blank(struct cw *w);

/* A block comment; `text` is wrapped, and cannot end the comment. */
void cw_comment(struct cw *w, const char *text);

/* `s` as a string literal, in one piece.  Safe under trigraphs, hex escapes
 * and bidirectional controls; valid UTF-8 else stands as it is. */
void cw_string(struct buf *b, const char *s);
/* `static const char *const name[] = { pieces, NULL };`: `s` in literals of
 * at most 4000 bytes, one or more for each of its lines. */
void cw_text(struct cw *w, const char *name, const char *s);

/* The same literals, each on a line between `before` and `after`. */
void cw_pieces(struct cw *w, const char *before, const char *s,
    const char *after);

#endif
