/* Fuzzes the compiler with programs that have no mistake: what mpgen makes of
 * any bytes.  They are accepted; layout and expansion leave them what they
 * are; and the IR survives printing and reading before and after each pass.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emit/emit.h"
#include "front/check.h"
#include "front/expand.h"
#include "front/fmt.h"
#include "ir/lower.h"
#include "ir/pass.h"
#include "ir/plan.h"
#include "mpgen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One compilation. */
struct made {
	struct arena a;
	struct sources sources;
	struct names names;
	struct diag d;
	struct source *source;
	struct unit *unit;
	struct checked *checked;
	struct mod *mod;
};

/* The program is what is needed to see what is wrong. */
static void
must(bool good, const char *what, const struct buf *text)
{
	if (good)
		return;
	fputs(buf_str(text), stderr);
	fprintf(stderr, "fuzz_program: %s\n", what);
	abort();
}

/* Two texts that should be the same; where they part is shown. */
static void
same(const struct buf *a, const struct buf *b, const char *what,
    const struct buf *text)
{
	const char *s = buf_str(a), *t = buf_str(b);
	size_t i, line = 0;

	if (strcmp(s, t) == 0)
		return;
	for (i = 0; s[i] == t[i]; i++)
		if (s[i] == '\n')
			line = i + 1;
	fputs(buf_str(text), stderr);
	fprintf(stderr, "fuzz_program: %s\n%.200s\n---\n%.200s\n", what,
	    s + line, t + line);
	abort();
}

static void
make(struct made *m, const struct buf *text)
{
	struct check_options o = { .program = "All", .need_program = true };

	memset(m, 0, sizeof *m);
	base_arena_init(&m->a);
	names_init(&m->names, &m->a);
	sources_init(&m->sources, &m->a);
	diag_init(&m->d, &m->sources, stderr);
	m->d.quiet = true;
	m->source = sources_add(&m->sources, "a.mp", buf_str(text), text->len);
	must(m->source != NULL, "the text is no source", text);
	m->unit = parse(&m->a, &m->names, m->source, &m->d);
	m->checked = check(&m->a, &m->names, &m->sources, m->unit, &o, &m->d);
	must(m->d.nerror == 0, "it has errors", text);
	m->mod = lower(&m->a, m->checked, &m->d);
	must(m->mod != NULL && m->d.nerror == 0, "it is not lowered", text);
	ir_hash(m->mod);
}

static void
tree(struct buf *out, const struct unit *u)
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

/* The canonical layout has the same tree, and is its own. */
static void
layout(struct made *m, const struct buf *text)
{
	struct buf once = BUF_INIT, twice = BUF_INIT;
	struct buf tree_a = BUF_INIT, tree_b = BUF_INIT;
	struct made other;

	must(fmt(&m->a, &m->names, &m->sources, m->source, &m->d, &once),
	    "it is not laid out", text);
	make(&other, &once);
	must(fmt(&other.a, &other.names, &other.sources, other.source,
	    &other.d, &twice), "its layout is not laid out", text);
	same(&once, &twice, "its layout is not stable", text);
	tree(&tree_a, m->unit);
	tree(&tree_b, other.unit);
	same(&tree_a, &tree_b, "its layout is another tree", text);
	arena_release(&other.a);
	buf_release(&once);
	buf_release(&twice);
	buf_release(&tree_a);
	buf_release(&tree_b);
}

static void
expansion(struct made *m, const struct buf *text)
{
	struct buf out = BUF_INIT;
	struct made other;

	must(expand(&m->a, &m->names, &m->sources, m->checked, &m->d, &out),
	    "it is not expanded", text);
	make(&other, &out);
	must(strcmp(m->mod->hash, other.mod->hash) == 0,
	    "its expansion is another program", text);
	arena_release(&other.a);
	buf_release(&out);
}

static void
emit(struct buf *out, struct mod *m)
{
	ir_plan(m);
	emit_c(out, m, "a");
	emit_eval(out, m, "a");
}

/* What is read is what was printed, and becomes the same C. */
static void
round_trip(struct mod *m, const struct buf *text, bool c)
{
	struct buf one = BUF_INIT, two = BUF_INIT;
	struct buf c_one = BUF_INIT, c_two = BUF_INIT;
	char why[240] = "";
	unsigned line = 0;
	struct mod *other;
	struct arena a;

	base_arena_init(&a);
	must(ir_verify(m, why), why, text);
	ir_print(&one, m);
	other = ir_read(&a, buf_str(&one), one.len, &line, why);
	must(other != NULL, why, text);
	must(ir_verify(other, why), why, text);
	ir_print(&two, other);
	same(&one, &two, "its IR is not printed as read", text);
	if (c) {
		emit(&c_one, m);
		emit(&c_two, other);
		same(&c_one, &c_two, "its IR as read is other C", text);
	}
	arena_release(&a);
	buf_release(&one);
	buf_release(&two);
	buf_release(&c_one);
	buf_release(&c_two);
}

static uint64_t
most_calls(struct mod *m)
{
	ir_plan(m);
	return m->program->calls_max;
}

static void
passes(struct mod *m, const struct buf *text)
{
	static const struct pass_options none = { .out = NULL };
	static bool (*const pass[])(struct mod *, struct fn *) = {
		pass_fold, pass_share, pass_dead, pass_par
	};
	uint64_t calls = most_calls(m);
	struct fn *f;
	unsigned i;

	for (i = 0; i < sizeof pass / sizeof *pass; i++) {
		for (f = m->fn; f; f = f->next)
			pass[i](m, f);
		round_trip(m, text, false);
	}
	/* A second time changes little. */
	passes_run(m, &none);
	round_trip(m, text, true);
	must(most_calls(m) <= calls, "the passes add calls", text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf text = BUF_INIT;
	struct made m;

	if (size > 1600)
		return 0;
	mpgen(&text, data, size, 1 + (unsigned)size / 600);
	make(&m, &text);
	layout(&m, &text);
	expansion(&m, &text);
	round_trip(m.mod, &text, true);
	passes(m.mod, &text);
	arena_release(&m.a);
	buf_release(&text);
	return 0;
}
