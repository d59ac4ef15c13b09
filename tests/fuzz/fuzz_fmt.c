/* Fuzzes the layout of sources: any bytes, and programs of mpgen with blanks,
 * breaks and comments anywhere.  What is read without a mistake is laid out
 * with the same tokens, comments and text blocks byte for byte, and with the
 * same tree; its layout is its own.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "front/ast.h"
#include "front/fmt.h"
#include "mpgen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A text that was read. */
struct read {
	struct sources sources;
	struct names names;
	struct diag d;
	struct source *source;
	struct unit *unit;
};

static void
must(bool good, const char *what, const struct buf *text)
{
	if (good)
		return;
	fputs(buf_str(text), stderr);
	fprintf(stderr, "fuzz_fmt: %s\n", what);
	abort();
}

/* False if it is not without mistakes. */
static bool
read_text(struct arena *a, struct read *r, const struct buf *text, FILE *said)
{
	sources_init(&r->sources, a);
	names_init(&r->names, a);
	diag_init(&r->d, &r->sources, said);
	r->source = sources_add(&r->sources, "fuzz.mp", buf_str(text),
	    text->len);
	if (!r->source)
		return false;
	r->unit = parse(a, &r->names, r->source, &r->d);
	return r->d.nerror == 0;
}

static void
put_tree(struct buf *out, const struct unit *u)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	if (!f)
		abort();
	ast_dump(f, u);
	fclose(f);
	buf_put(out, text, n);
	free(text);
}

/* The tokens, one behind the other; comments without what a line comment may
 * lose at its end. */
static void
put_tokens(struct arena *a, struct read *r, struct buf *out)
{
	struct token *t = tokens(a, &r->names, r->source, &r->d);
	size_t n;

	for (; t; t = t->next) {
		const char *s = r->source->text + t->at.off -
		    r->source->base;

		n = t->at.len;
		while (t->is_comment && n > 0 && strchr(" \t\r", s[n - 1]))
			n--;
		buf_put(out, s, n);
		buf_puts(out, "\n");
	}
}

static void
same(const struct buf *a, const struct buf *b, const char *what,
    const struct buf *text)
{
	const char *s = buf_str(a), *t = buf_str(b);
	size_t i, line = 0;

	if (a->len == b->len && memcmp(s, t, a->len) == 0)
		return;
	for (i = 0; s[i] == t[i] && i < a->len; i++)
		if (s[i] == '\n')
			line = i + 1;
	fprintf(stderr, "%.200s\n---\n%.200s\n", s + line, t + line);
	must(false, what, text);
}

/* Lays `text` out, if there is no mistake in it. */
static void
lay_out(const struct buf *text, FILE *said)
{
	struct buf once = BUF_INIT, twice = BUF_INIT, tree[2] = { BUF_INIT,
	    BUF_INIT }, token[2] = { BUF_INIT, BUF_INIT };
	struct read r, s;
	struct arena a;

	base_arena_init(&a);
	if (read_text(&a, &r, text, said)) {
		must(fmt(&a, &r.names, &r.sources, r.source, &r.d, &once),
		    "it is not laid out", text);
		must(read_text(&a, &s, &once, said),
		    "its layout cannot be read", text);
		must(fmt(&a, &s.names, &s.sources, s.source, &s.d, &twice),
		    "its layout is not laid out", text);
		same(&once, &twice, "its layout is not its own", text);
		put_tree(&tree[0], r.unit);
		put_tree(&tree[1], s.unit);
		same(&tree[0], &tree[1], "it is another tree", text);
		put_tokens(&a, &r, &token[0]);
		put_tokens(&a, &s, &token[1]);
		same(&token[0], &token[1], "it has other tokens", text);
	}
	arena_release(&a);
	buf_release(&once);
	buf_release(&twice);
	buf_release(&tree[0]);
	buf_release(&tree[1]);
	buf_release(&token[0]);
	buf_release(&token[1]);
}

/* ---- a program with other blanks ---- */

static void
blanks(struct buf *out, unsigned how, bool comment_before)
{
	static const char *const some[] = {
		" ", "\n", "\t", "  \n\n\t", "\n\n\n\n", " // why\n",
		"/* so */", " /* a\n   b */ ", "\n// a line  \n",
		"\n\t/* one */\n\n", "   ", "\r\n", "//\n", " /**/ "
	};

	/* A line comment ends with its line, and slashes make one. */
	buf_puts(out, how < 100 || comment_before ? "\n" :
	    some[how % (sizeof some / sizeof *some)]);
}

/* The tokens of a program, with what `data` says between them. */
static void
scatter(struct buf *out, const uint8_t *data, size_t size, FILE *said)
{
	struct buf text = BUF_INIT;
	size_t i = 0;
	struct token *t;
	struct read r;
	struct arena a;

	base_arena_init(&a);
	mpgen(&text, data, size, 1);
	must(read_text(&a, &r, &text, said), "it has a mistake", &text);
	for (t = tokens(&a, &r.names, r.source, &r.d); t; t = t->next) {
		const char *s = r.source->text + t->at.off -
		    r.source->base;

		buf_put(out, s, t->at.len);
		blanks(out, data[i++ % size], *s == '/');
	}
	arena_release(&a);
	buf_release(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf text = BUF_INIT;
	FILE *said = fopen("/dev/null", "w");

	if (!said)
		abort();
	if (size > 0 && size < 2000 && data[0] >= 128)
		scatter(&text, data, size, said);
	else
		buf_put(&text, data, size);
	lay_out(&text, said);
	fclose(said);
	buf_release(&text);
	return 0;
}
