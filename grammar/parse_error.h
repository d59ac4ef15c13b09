/* What is said of a syntax error: parse.y includes it behind bison's tables.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PARSE_ERROR_H
#define PARSE_ERROR_H

#include <string.h>

#include "core/buf.h"

/* What a message calls a token: words and signs in quotes. */
static void
put_symbol(struct buf *b, yysymbol_kind_t k)
{
	const char *s = yysymbol_name(k);

	if (strchr(s, ' ') || s[0] == '\'')
		buf_puts(b, s);
	else
		buf_printf(b, "'%s'", s);
}

/* The token that is in the way. */
static void
put_found(struct buf *b, const yypcontext_t *at, struct parse *ps)
{
	struct span s = *yypcontext_location(at);
	const char *text = ps->source->text + (s.off - ps->source->base);
	yysymbol_kind_t k = yypcontext_token(at);

	if (k == YYSYMBOL_STRING || k == YYSYMBOL_TEXT ||
	    k == YYSYMBOL_YYEOF)
		buf_puts(b, yysymbol_name(k));
	else
		buf_printf(b, "'%.*s'", (int)(s.len < 40 ? s.len : 40), text);
}

/* How a symbol counts in a list of what could stand here. */
enum weight { NOTHING, OPERATOR, WORD, VALUE, ITSELF };

static enum weight
weight(yysymbol_kind_t k)
{
	/* Words that stand for names only, in all places but the first. */
	if (k >= YYSYMBOL_IMPORT && k <= YYSYMBOL_WITH && k != YYSYMBOL_TRUE &&
	    k != YYSYMBOL_FALSE && k != YYSYMBOL_NULL_)
		return WORD;
	if (strchr("?.[(+*/%<>-", yysymbol_name(k)[1]) &&
	    yysymbol_name(k)[0] == '\'')
		return OPERATOR;
	if ((k >= YYSYMBOL_DOTDOT && k <= YYSYMBOL_ELVIS) ||
	    k == YYSYMBOL_PLUSEQ)
		return OPERATOR;
	if (k == YYSYMBOL_INT || k == YYSYMBOL_FLOAT || k == YYSYMBOL_UNIT ||
	    k == YYSYMBOL_TEXT || k == YYSYMBOL_TRUE || k == YYSYMBOL_FALSE ||
	    k == YYSYMBOL_NULL_)
		return VALUE;
	return ITSELF;
}

enum { MAX_TOLD = 4, MAX_EXPECTED = 128 };

/* Leaves of `k` what is worth telling; gives how many. */
static int
worth_telling(yysymbol_kind_t *k, int n, const char **instead)
{
	bool has[YYNTOKENS] = { false }, name;
	int i, m, count[ITSELF + 1] = { 0 };

	for (i = 0; i < n; i++) {
		has[k[i]] = true;
		count[weight(k[i])]++;
	}
	name = has[YYSYMBOL_ID];
	*instead = NULL;
	if (name && has[YYSYMBOL_FLOAT]) {      /* an expression may begin */
		*instead = "an expression";
		return 0;
	}
	for (i = m = 0; i < n; i++) {
		enum weight w = weight(k[i]);

		if ((w == WORD && name) ||
		    (w == VALUE && has[YYSYMBOL_STRING]) ||
		    (w == OPERATOR && count[ITSELF] + count[WORD] > 0) ||
		    ((k[i] == YYSYMBOL_IN || k[i] == YYSYMBOL_IS) &&
		    has[YYSYMBOL_EQ]))
			continue;
		k[m++] = k[i];
	}
	return m;
}

/* The word of the language that the name in the way may be meant for; NULL. */
static const char *
near_word(const yypcontext_t *at, struct parse *ps, const yysymbol_kind_t *want,
    int n)
{
	const struct span *s = yypcontext_location(at);
	const char *word[MAX_EXPECTED], *text;
	size_t m = 0;
	int i;

	if (yypcontext_token(at) != YYSYMBOL_ID)
		return NULL;
	for (i = 0; i < n; i++)
		if (weight(want[i]) == WORD)
			word[m++] = yysymbol_name(want[i]);
	text = arena_strndup(ps->a, ps->source->text +
	    (s->off - ps->source->base), s->len);
	return diag_nearest(text, word, m);
}

static int
yyreport_syntax_error(const yypcontext_t *at, struct parse *ps)
{
	yysymbol_kind_t want[MAX_EXPECTED];
	struct buf b = BASE_BUF_INIT;
	const char *instead, *near;
	int i, n = yypcontext_expected_tokens(at, want, MAX_EXPECTED);

	if (n < 0)
		return n;
	near = near_word(at, ps, want, n);
	n = worth_telling(want, n, &instead);
	if (instead)
		buf_printf(&b, "expected %s, ", instead);
	else if (n > 0 && n <= MAX_TOLD) {
		for (i = 0; i < n; i++) {
			buf_puts(&b, i == 0 ? "expected " :
			    i == n - 1 ? " or " : ", ");
			put_symbol(&b, want[i]);
		}
		buf_puts(&b, ", ");
	}
	buf_puts(&b, b.len ? "found " : "unexpected ");
	put_found(&b, at, ps);
	if (near)
		buf_printf(&b, "; did you mean '%s'?", near);
	diag(ps->d, *yypcontext_location(at), E_SYNTAX, "%s", buf_str(&b));
	if (near)
		diag_fix(ps->d, *yypcontext_location(at), near);
	else if (n == 1 && !instead && strcmp(yysymbol_name(want[0]),
	    "';'") == 0)
		diag_fix(ps->d, (struct span){ ps->before, 0 }, ";");
	buf_release(&b);
	return 0;
}

#endif
