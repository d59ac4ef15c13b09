/* The identity of leaves, functions and programs.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/sha256.h"
#include "ir/ir_in.h"
#include "ir/plan.h"

enum { DIGITS = 16 };

static const char *
digits(struct mod *m, const struct buf *b)
{
	char hex[SHA256_HEX];

	if (b->failed || !sha256_hex(buf_str(b), b->len, hex)) {
		/* As when the arena has no more: its handler ends it all. */
		if (m->a->oom != NULL)
			m->a->oom(m->a->oom_arg);
		BUG("no hash without memory");
	}
	return arena_strndup(m->a, hex, DIGITS);
}

static void
hash_leaf(struct mod *m, struct prompt *q)
{
	struct buf b = BASE_BUF_INIT;

	buf_puts(&b, q->reasoning ? "leaf reasoning\n" : "leaf\n");
	ir_print_signature(&b, q->in, q->out);
	q->hash = digits(m, &b);
	buf_release(&b);
}

static void
hash_tool(struct mod *m, struct tool *t)
{
	struct buf b = BASE_BUF_INIT;

	buf_puts(&b, "tool\n");
	ir_print_tool(&b, t);
	t->hash = digits(m, &b);
	buf_release(&b);
}

static void
hash_retriever(struct mod *m, struct retriever *r)
{
	struct buf b = BASE_BUF_INIT;

	buf_puts(&b, "retriever\n");
	ir_print_retriever(&b, r);
	r->hash = digits(m, &b);
	buf_release(&b);
}

static void
hash_fn(struct mod *m, struct fn *f)
{
	struct buf b = BASE_BUF_INIT;

	buf_printf(&b, "%s\n", ir_fn_words[f->kind]);
	ir_print_canon(&b, f);
	f->hash = digits(m, &b);
	buf_release(&b);
}

void
ir_hash(struct mod *m)
{
	struct prompt *q;
	struct tool *t;
	struct retriever *r;
	struct fn *f;

	for (q = m->prompt; q != NULL; q = q->next)
		hash_leaf(m, q);
	for (t = m->tool; t != NULL; t = t->next)
		hash_tool(m, t);
	for (r = m->retriever; r != NULL; r = r->next)
		hash_retriever(m, r);
	for (f = m->fn; f != NULL; f = f->next)
		if (f->kind == FN_CHECK)
			hash_fn(m, f);
	/* Those of the conditions are part of others. */
	for (f = m->fn; f != NULL; f = f->next)
		if (f->kind != FN_CHECK)
			hash_fn(m, f);
	m->hash = m->program != NULL ? m->program->hash : NULL;
}
