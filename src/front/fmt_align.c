/* Columns: what its author had aligned in neighbouring lines is aligned.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "front/fmt_in.h"

/* Where a line may be widened, from left to right. */
enum cell {
	CELL_TYPE,                      /* name:  TYPE */
	CELL_TEXT,                      /* VARIANT  "text" */
	CELL_EQUALS,                    /* name  = value */
	CELL_BODY,                      /* module m = ...  { } */
	CELL_COMMENT,                   /* x;  // why */
	CELL_COUNT
};

struct line {
	unsigned first, end;            /* tokens */
	unsigned depth;                 /* brackets open at its begin */
	bool item;                      /* an item begins here */
	unsigned cell[CELL_COUNT];      /* its token; 0: there is none */
};

struct lines {
	struct fmt_token *t;
	struct line *line;
	unsigned n;
};

/* ---- lines and their cells ---- */

static void
note(struct line *l, enum cell c, unsigned i)
{
	if (l->cell[c] == 0)
		l->cell[c] = i;
}

/* Notes the cells of a line whose first token is t[first]; `depth` brackets
 * are open there, and it belongs to a list with commas if `list`. */
static void
find_cells(struct line *l, const struct fmt_token *t, bool list)
{
	unsigned depth = 0;

	for (unsigned i = l->first + 1; i < l->end; i++) {
		bool opens = t[i].group != FMT_NONE && t[i].match > i;

		if (t[i].group != FMT_NONE && !opens && depth-- == 0)
			break;
		if (depth == 0 && l->item) {
			if (t[i - 1].colon && !fmt_is_comment(&t[i]))
				note(l, CELL_TYPE, i);
			if (list && i == l->first + 1 &&
			    (t[i].kind == FMT_STRING || fmt_is(&t[i], "@")))
				note(l, CELL_TEXT, i);
			if (t[i].equals)
				note(l, CELL_EQUALS, i);
			if (opens && t[i].group == FMT_BODY &&
			    t[i].match < l->end)
				note(l, CELL_BODY, i);
		}
		if (opens)
			depth++;
	}
	if (l->end > l->first + 1 && t[l->end - 1].kind == FMT_LINE)
		note(l, CELL_COMMENT, l->end - 1);
}

static void
find_lines(struct arena *a, struct lines *ls, unsigned n)
{
	enum fmt_group *open = arena_array(a, n + 1, sizeof *open);
	struct fmt_token *t = ls->t;
	unsigned depth = 0;
	bool item = true;

	ls->line = arena_array(a, n, sizeof *ls->line);
	open[0] = FMT_BODY;
	for (unsigned i = 0; i < n; ) {
		struct line *l = &ls->line[ls->n++];
		bool is_long = false;

		l->first = l->end = i;
		l->depth = depth;
		l->item = item && !fmt_is_comment(&t[i]);
		do {
			is_long |= memchr(t[i].s, '\n', t[i].len) != NULL;
			l->end = ++i;
		} while (i < n && t[i].brk == 0);
		if (!is_long)
			find_cells(l, t, open[depth] == FMT_LIST);
		for (unsigned k = l->first; k < i; k++) {
			if (fmt_is_comment(&t[k]))
				continue;
			item = t[k].ends;
			if (t[k].group == FMT_NONE)
				continue;
			if (t[k].match < k) {
				depth--;
			} else {
				open[++depth] = t[k].group;
				item = t[k].group != FMT_PAREN;
			}
		}
	}
}

/* ---- runs ---- */

/* Columns from the line's begin to behind the token before `end`. */
static unsigned
measure(const struct lines *ls, const struct line *l, unsigned end)
{
	const struct fmt_token *t = &ls->t[l->first];
	unsigned w = t->indent * FMT_TAB + fmt_width(t);

	for (unsigned i = l->first + 1; i < end; i++)
		w += ls->t[i].pad + (ls->t[i].space ? 1 : 0) +
		    fmt_width(&ls->t[i]);
	return w;
}

static bool
same_word(const struct fmt_token *x, const struct fmt_token *y)
{
	return x->len == y->len && memcmp(x->s, y->s, x->len) == 0;
}

/* The next line of the run that `l` is in, for cells of kind `c`; NULL if it
 * is the last. */
static struct line *
next_in_run(const struct lines *ls, struct line *l, enum cell c)
{
	struct line *end = ls->line + ls->n, *k = l + 1;

	if (c == CELL_COMMENT)
		return k < end && k->cell[c] != 0 && k->depth == l->depth &&
		    ls->t[k->first].brk == 1 ? k : NULL;
	for (; k < end && k->depth >= l->depth; k++) {
		const struct fmt_token *t = &ls->t[k->first];

		if (k->depth > l->depth && l->depth > 0)
			continue;
		if (t->brk > 1 || k->depth > l->depth)
			return NULL;
		if (k->item)
			return k->cell[c] != 0 && (l->depth > 0 ||
			    same_word(t, &ls->t[l->first])) ? k : NULL;
	}
	return NULL;
}

/* Aligns the cells of the run that begins at `l`. */
static void
align(const struct lines *ls, struct line *l, enum cell c, bool *done)
{
	unsigned most = 0;
	bool wanted = false, fits = true;
	struct line *k;

	for (k = l; k != NULL; k = next_in_run(ls, k, c)) {
		const struct fmt_token *t = &ls->t[k->cell[c]];
		unsigned w = measure(ls, k, k->cell[c]);

		done[k - ls->line] = true;
		wanted |= t->nl == 0 && t->blanks > 1;
		most = w > most ? w : most;
	}
	for (k = l; wanted && k != NULL; k = next_in_run(ls, k, c)) {
		unsigned pad = most - measure(ls, k, k->cell[c]);
		unsigned end = c != CELL_COMMENT && k->cell[CELL_COMMENT] ?
		    k->cell[CELL_COMMENT] : k->end;

		fits &= pad == 0 || measure(ls, k, end) + pad <= FMT_WIDTH;
	}
	if (!wanted || !fits)
		return;
	for (k = l; k != NULL; k = next_in_run(ls, k, c))
		ls->t[k->cell[c]].pad = most - measure(ls, k, k->cell[c]);
}

void
fmt_align(struct arena *a, struct fmt_token *t, unsigned n)
{
	struct lines ls = { .t = t };
	bool *done;

	if (n == 0)
		return;
	find_lines(a, &ls, n);
	for (unsigned c = 0; c < CELL_COUNT; c++) {
		done = arena_array(a, ls.n, sizeof *done);
		for (unsigned i = 0; i < ls.n; i++)
			if (ls.line[i].cell[c] != 0 && !done[i])
				align(&ls, &ls.line[i], (enum cell)c, done);
	}
}
