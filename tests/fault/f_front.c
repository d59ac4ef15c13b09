/* Memory that fails while a program is compiled: it ends with status 2, or
 * says what is wrong, and never crashes.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fault.h"

#include <stdio.h>
#include <string.h>

#include "base/base.h"
#include "base/diag.h"
#include "base/names.h"
#include "base/source.h"
#include "core/buf.h"
#include "emit/emit.h"
#include "front/ast.h"
#include "front/check.h"
#include "ir/ir.h"
#include "ir/lower.h"
#include "ir/pass.h"
#include "ir/plan.h"

static const char good[] =
	"model m = \"openai:x\" { max_tokens = 9; price = free; }\n"
	"enum Label { A \"first\", B }\n"
	"struct Note { text: string; n: int?; }\n"
	"signature S {\n"
	"\t\"\"\"\n\tDecide.\n\tBriefly.\n\t\"\"\"\n"
	"\tin text: string; in notes: Note[];\n"
	"\tout label: Label; out n: int @range(0, 9);\n"
	"}\n"
	"module s = predict(S) { model = m; }\n"
	"param K = 2 tune 1 .. 3;\n"
	"program P(text: string) -> (label: Label, total: int) {\n"
	"\tlet total = 0;\n"
	"\tlet r = s(text = text, notes = [{ text = \"a\" + text, n = 1 }]);\n"
	"\tfor i in 1 .. 3 { total = total + i * K; }\n"
	"\tif (r.label == Label.A && total > 2) { total = r.n; }\n"
	"\treturn { label = r.label, total = total };\n"
	"}\n";

static const char wrong[] =
	"signature S { in a: strin; out b: int; }\n"
	"program P(x: int) -> (y: int) { return { y = x + \"1\" }; ]\n";

/* As the driver does it; true if it gave C. */
static bool
compile(const char *text)
{
	struct check_options options = { .need_program = true };
	struct pass_options pass = { 0 };
	struct buf c = BUF_INIT;
	struct sources sources;
	struct names names;
	struct checked *checked;
	struct source *s;
	struct unit *unit;
	struct diag d;
	struct mod *m = NULL;
	struct arena a;
	bool ok = false;

	base_arena_init(&a);
	sources_init(&sources, &a);
	names_init(&names, &a);
	diag_init(&d, &sources, stderr);
	s = sources_add(&sources, "x.mp", text, strlen(text));
	if (s) {
		unit = parse(&a, &names, s, &d);
		checked = check(&a, &names, &sources, unit, &options, &d);
		if (d.nerror == 0)
			m = lower(&a, checked, &d);
	}
	if (m && d.nerror == 0) {
		ir_hash(m);
		passes_run(m, &pass);
		ir_plan(m);
		emit_c(&c, m, "x");
		ok = !c.failed && strstr(buf_str(&c), "P(") != NULL;
	}
	diag_finish(&d);
	buf_release(&c);
	arena_release(&a);
	return ok;
}

static bool
compiles(void *arg)
{
	(void)arg;
	return compile(good) || fault_met();
}

static bool
complains(void *arg)
{
	(void)arg;
	return !compile(wrong);
}

int
main(void)
{
	fault_each_process("a program", FAULT_ALLOC, compiles, NULL);
	fault_each_process("mistakes", FAULT_ALLOC, complains, NULL);
	return fault_end();
}
