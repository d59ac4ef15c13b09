/* The pipeline: from a file to what was asked for.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "driver/compile.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "core/allow.h"
#include "core/child.h"
#include "driver/file.h"
#include "emit/emit.h"
#include "front/expand.h"
#include "ir/lower.h"
#include "ir/pass.h"
#include "ir/plan.h"
#include "tune/evaluate.h"

/* Parses and checks: 0, or the exit status after messages. */
static int
compile_front(struct compilation *c)
{
	const struct options *o = c->o;
	struct check_options check_options = {
		.dir = o->dir, .ndir = o->ndir,
		.define = o->define, .ndefine = o->ndefine,
		.program = o->program,
		.any_program = o->verb == VERB_TEST,
		.need_program = o->stop != STOP_SYNTAX &&
		    o->stop != STOP_EXPAND &&
		    o->verb != VERB_CHECK && o->verb != VERB_TEST &&
		    o->emit != EMIT_AST
	};
	struct source *s;

	sources_init(&c->sources, c->a);
	names_init(&c->names, c->a);
	diag_init(&c->diag, &c->sources, stderr);
	if (!options_diag(o, &c->diag))
		return 2;
	s = sources_read(&c->sources, c->path);
	if (s == NULL)
		return file_error("read", c->path);
	c->unit = parse(c->a, &c->names, s, &c->diag);
	if (o->emit == EMIT_AST && c->diag.nerror == 0)
		return 0;
	c->checked = check(c->a, &c->names, &c->sources, c->unit,
	    &check_options, &c->diag);
	return c->diag.nerror != 0 ? 1 : 0;
}

static int
from_checked(struct compilation *c)
{
	c->mod = lower(c->a, c->checked, &c->diag);
	if (c->mod == NULL || c->diag.nerror != 0)
		return 1;
	ir_hash(c->mod);
	ir_taint(c->mod, &c->diag);
	warn_outputs(c);
	return 0;
}

static int
from_source(struct compilation *c)
{
	int status = compile_front(c);

	return status != 0 ? status : from_checked(c);
}

/* A file of the IR's text form is taken as it stands. */
static int
from_ir(struct compilation *c)
{
	struct buf text = BASE_BUF_INIT;
	unsigned line;
	char why[240];

	sources_init(&c->sources, c->a);
	diag_init(&c->diag, &c->sources, stderr);
	if (!file_read(c->path, &text)) {
		buf_release(&text);
		return file_error("read", c->path);
	}
	c->mod = ir_read(c->a, buf_str(&text), text.len, &line, why);
	buf_release(&text);
	if (c->mod == NULL) {
		fprintf(stderr, "%s:%u: error: %s\n", c->path, line, why);
		return 1;
	}
	if (!ir_verify(c->mod, why)) {
		fprintf(stderr, "%s: error: %s\n", c->path, why);
		return 1;
	}
	return 0;
}

int
compile_mod(struct compilation *c)
{
	size_t n = strlen(c->path);
	bool ir = n > 3 && strcmp(c->path + n - 3, ".ir") == 0;
	int status = ir ? from_ir(c) : from_source(c);

	if (status != 0)
		return status;
	c->o->pass.out = stdout;
	passes_run(c->mod, &c->o->pass);
	ir_plan(c->mod);
	warn_program(c);
	c->tuned_path = c->o->tuned != NULL ? c->o->tuned :
	    file_ending(c->a, c->path, ".tuned");
	return 0;
}

unsigned
compile_args(struct compilation *c, const char **argv)
{
	unsigned n = 0;

	argv[n++] = "--root";
	argv[n++] = c->o->root != NULL ? c->o->root :
	    file_dir(c->a, c->path);
	for (unsigned i = 0; i < c->o->nallow; i++) {
		argv[n++] = "--allow";
		argv[n++] = c->o->allow[i];
	}
	/* Tools are not to find the keys of models in this process. */
	if (c->mod->tool != NULL)
		child_hide();
	return n;
}

/* By what stands in the source; a variable may say otherwise. */
static bool
server_granted(const struct compilation *c, const struct mip_http *h)
{
	const char *const *allow = (const char *const *)c->o->allow;
	struct buf host = BASE_BUF_INIT;
	bool ok = allow == NULL || h->url.text == NULL ||
	    allow_net(allow, h->url.text);

	if (!ok) {
		allow_host(&host, h->url.text);
		fprintf(stderr, "miproc: the %s needs net:%s, which --allow "
		    "does not grant\n", h->name, buf_str(&host));
	}
	buf_release(&host);
	return ok;
}

bool
compile_granted(const struct compilation *c)
{
	for (const struct tool *t = c->mod->tool; t != NULL; t = t->next) {
		if (t->is.kind == MIP_HTTP) {
			if (!server_granted(c, &t->http))
				return false;
			continue;
		}
		if (c->o->allow == NULL || allow_exec((const char *const *)
		    c->o->allow, t->is.argv[0]))
			continue;
		fprintf(stderr, "miproc: the tool %s needs exec:%s, which "
		    "--allow does not grant\n", t->name, t->is.argv[0]);
		return false;
	}
	for (const struct retriever *r = c->mod->retriever; r != NULL;
	    r = r->next)
		if (!server_granted(c, &r->http))
			return false;
	return true;
}

const char *
compile_study(struct compilation *c)
{
	return arena_printf(c->a, "%s/%s.db", file_beside(c->a, c->path,
	    ".miproc"), file_stem(c->a, c->path));
}

/* ---- the tuned file ---- */

static void
tell_stale(void *arg, const char *slot, const char *why)
{
	struct compilation *c = arg;
	struct span at = c->mod->program->at;

	diag(&c->diag, at, E_STALE_TUNING, "%s: %s", slot, why);
}

bool
compile_read_tuned(struct compilation *c, const char *path, struct tuned *t)
{
	struct buf text = BASE_BUF_INIT;
	char why[320];
	bool ok = file_read(path, &text);

	if (!ok) {
		file_error("read", path);
	} else if (tuned_read(c->a, arena_strndup(c->a, buf_str(&text),
	    text.len), text.len, t, why) != MIP_OK) {
		fprintf(stderr, "miproc: %s: %s\n", path, why);
		ok = false;
	}
	buf_release(&text);
	return ok;
}

struct stale_in { struct compilation *c; const char *path; };

static void
tell_stale_in(void *arg, const char *slot, const char *why)
{
	const struct stale_in *s = arg;

	diag(&s->c->diag, s->c->mod->program->at, E_STALE_TUNING, "%s: %s: %s",
	    s->path, slot, why);
}

const char *
compile_slots(struct compilation *c, const char *path)
{
	struct stale_in s = { c, path };
	const char *slots;
	struct tuned t;

	if (!compile_read_tuned(c, path, &t))
		return NULL;
	slots = tuned_slots(c->a, &t, c->mod, tell_stale_in, &s);
	return c->diag.nerror == 0 ? slots : NULL;
}

int
compile_tuned(struct compilation *c, bool must)
{
	struct buf text = BASE_BUF_INIT;
	struct tuned t;
	char why[320];
	bool fits;

	if (!file_read(c->tuned_path, &text)) {
		buf_release(&text);
		if (errno != ENOENT)
			return file_error("read", c->tuned_path);
		if (!must)
			return 0;
		fprintf(stderr, "miproc: --locked: there is no %s; tune first "
		    "(miproc tune %s), and commit the file\n", c->tuned_path,
		    c->path);
		return 7;
	}
	if (tuned_read(c->a, arena_strndup(c->a, buf_str(&text), text.len),
	    text.len, &t, why) != MIP_OK) {
		fprintf(stderr, "miproc: %s: %s\n", c->tuned_path, why);
		buf_release(&text);
		return must ? 7 : 2;
	}
	buf_release(&text);
	fits = tuned_apply(c->a, &t, c->mod, !must, tell_stale, c);
	c->tuned = true;
	if (fits || !must)
		return c->diag.nerror != 0 ? 1 : 0;
	fprintf(stderr, "miproc: --locked: %s was made for another version of "
	    "%s; tune again (miproc tune %s)\n", c->tuned_path, c->path,
	    c->path);
	return 7;
}

int
compile_ready(struct compilation *c)
{
	int status = compile_mod(c);

	if (status != 0 || c->o->level == 0)
		return status;
	return compile_tuned(c, c->o->locked && c->mod->study != NULL);
}

/* ---- compiling ---- */

static int
emit_side(struct compilation *c)
{
	const char *path = c->o->output != NULL ? c->o->output : "-";
	struct buf b = BASE_BUF_INIT;
	bool ok;

	if (c->o->emit == EMIT_IR)
		ir_print(&b, c->mod);
	else if (c->o->emit == EMIT_DOT)
		emit_dot(&b, c->mod);
	else if (c->o->emit == EMIT_EVAL)
		emit_eval(&b, c->mod, file_stem(c->a, c->path));
	else
		ir_plan_print(&b, c->mod);
	ok = file_write(path, &b);
	buf_release(&b);
	return ok ? 0 : file_error("write", path);
}

/* --emit=prompts, schema and gbnf are what the program itself says. */
static int
emit_by_program(struct compilation *c, struct build *b)
{
	const char *path = build_worker(b, c->mod);
	const char *argv[] = { path, c->o->emit == EMIT_PROMPTS ?
	    "--prompts" : c->o->emit == EMIT_GBNF ? "--gbnf" :
	    "--schema", NULL };

	return path == NULL ? 2 : build_spawn(argv);
}

/* What to do about tuning: see miproc(1), "Tuning". */
static int
settle_tuning(struct compilation *c, struct build *b)
{
	const struct options *o = c->o;
	bool tunable = c->mod->study != NULL;
	int status;

	if (o->level == 0)
		return 0;
	if (o->locked)
		return tunable ? compile_tuned(c, true) : 0;
	if (o->level < 0) {
		status = compile_tuned(c, false);
		if (status != 0 || c->tuned)
			return status;
	}
	return tunable ? tuning_run(c, b) : 0;
}

static const char *
output_path(struct compilation *c)
{
	const struct options *o = c->o;
	const char *end = o->stop == STOP_C ? ".c" :
	    o->stop == STOP_OBJECT ? ".o" : "";

	return o->output != NULL ? o->output :
	    arena_printf(c->a, "%s%s", file_stem(c->a, c->path), end);
}

/* Better known now than after hours of tuning. */
static bool
output_possible(struct compilation *c)
{
	const char *path = output_path(c);
	struct stat st;

	/* -S takes a directory, too, and makes it. */
	if (c->o->stop == STOP_C)
		return true;
	/* A device would be replaced by the program. */
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode) &&
	    !S_ISDIR(st.st_mode)) {
		fprintf(stderr, "miproc: cannot write %s: it is no regular "
		    "file\n", path);
		return false;
	}
	if (file_may_write(path, c->a))
		return true;
	file_error("write", path);
	return false;
}

static int
write_output(struct compilation *c, struct build *b)
{
	const struct options *o = c->o;
	const char *path = output_path(c);
	const char *dep = o->depfile_path;
	bool ok;

	if (o->stop == STOP_C)
		ok = build_source(b, c->mod, path);
	else if (o->stop == STOP_OBJECT)
		ok = build_object(b, c->mod, path);
	else
		ok = build_program(b, c->mod, path, false);
	if (!ok)
		return 2;
	if (o->depfile && dep == NULL)
		dep = arena_printf(c->a, "%s.d", path);
	if (o->depfile && !depfile_write(c, path, dep))
		return file_error("write", dep);
	if (o->verbose)
		fprintf(stderr, "miproc: wrote %s\n", path);
	return 0;
}

/* -M: what a build without tuning would read. */
static int
only_depfile(struct compilation *c)
{
	const struct options *o = c->o;
	const char *path = o->depfile_path != NULL ? o->depfile_path : "-";
	int status = o->level < 0 ? compile_tuned(c, false) : 0;

	if (status != 0)
		return status;
	return depfile_write(c, output_path(c), path) ? 0 :
	    file_error("write", path);
}

/* -E */
static int
expand_file(struct compilation *c)
{
	const char *path = c->o->output != NULL ? c->o->output : "-";
	struct buf b = BASE_BUF_INIT;
	int status = compile_front(c);

	if (status == 0 && !expand(c->a, &c->names, &c->sources, c->checked,
	    &c->diag, &b))
		status = 1;
	if (status == 0 && !file_write(path, &b))
		status = file_error("write", path);
	buf_release(&b);
	return status;
}

int
cmd_compile(struct compilation *c)
{
	const struct options *o = c->o;
	struct build b;
	int status, tuning;

	if (o->stop == STOP_SYNTAX)
		return cmd_check(c);
	if (o->stop == STOP_EXPAND)
		return expand_file(c);
	if (o->emit == EMIT_AST) {
		status = compile_front(c);
		if (status == 0)
			ast_dump(stdout, c->unit);
		return status;
	}
	status = compile_mod(c);
	if (status != 0)
		return status;
	if (o->emit == EMIT_IR || o->emit == EMIT_PLAN ||
	    o->emit == EMIT_DOT || o->emit == EMIT_EVAL)
		return emit_side(c);
	if (o->only_depfile)
		return only_depfile(c);
	if (!build_init(&b, c->a, o))
		return 2;
	if (o->emit == EMIT_NONE && !output_possible(c))
		return 2;
	if (o->emit != EMIT_NONE) {
		status = o->level == 0 ? 0 : compile_tuned(c, false);
		return status != 0 ? status : emit_by_program(c, &b);
	}
	tuning = settle_tuning(c, &b);
	/* 4, 130, 143: the best so far was written, and is compiled. */
	if ((tuning != 0 && !c->tuned) || o->dry_run || tuning == 7)
		return tuning;
	warn_context(c);
	status = write_output(c, &b);
	return status != 0 ? status : tuning;
}

int
cmd_check(struct compilation *c)
{
	int status = compile_front(c);

	if (status == 0 && c->checked != NULL)
		status = from_checked(c);
	if (status == 0 && c->mod != NULL) {
		passes_run(c->mod, &c->o->pass);
		ir_plan(c->mod);
		warn_program(c);
		warn_context(c);
	}
	return c->diag.nerror != 0 ? 1 : status;
}

int
cmd_tune(struct compilation *c)
{
	struct build b;
	int status = compile_mod(c);

	if (status != 0)
		return status;
	if (c->mod->study == NULL) {
		fprintf(stderr, "miproc: %s has no optimize block, so there "
		    "is nothing to tune; see mp(5)\n", c->path);
		return 1;
	}
	if (!build_init(&b, c->a, c->o))
		return 2;
	warn_context(c);
	return tuning_run(c, &b);
}

/* The options that a program has, too, as it is to be run with them. */
enum { RUN_ARGS = EVALUATE_OPTIONS + 6 };
static unsigned
run_args(struct compilation *c, const char **argv)
{
	const struct options *o = c->o;
	struct tune_task t;
	unsigned n;

	tuning_options(c, &t);
	t.max_cost = o->max_cost > 0 ? o->max_cost : MIP_UNSET;
	t.max_calls = o->max_calls;
	t.max_tokens = o->max_tokens;
	n = evaluate_options(c->a, &t, argv);
	if (o->jobs > 0) {
		argv[n++] = "--jobs";
		argv[n++] = arena_printf(c->a, "%u", o->jobs);
	}
	if (o->usage != NULL) {
		argv[n++] = "--usage-file";
		argv[n++] = o->usage;
	}
	if (o->time_limit_s > 0) {
		argv[n++] = "--time-limit";
		argv[n++] = arena_printf(c->a, "%.3fs", o->time_limit_s);
	}
	return n;
}

int
cmd_run(struct compilation *c)
{
	const char *path, **argv;
	struct build b;
	unsigned n;
	int status = compile_ready(c);

	if (status != 0)
		return status;
	if (!build_init(&b, c->a, c->o))
		return 2;
	warn_context(c);
	path = build_worker(&b, c->mod);
	if (path == NULL)
		return 2;
	argv = arena_array(c->a, c->o->nrest + COMPILE_ARGS +
	    2 * c->o->nallow + RUN_ARGS + 2 * c->o->nmodel + 2, sizeof *argv);
	argv[0] = path;
	n = 1 + compile_args(c, argv + 1);
	n += run_args(c, argv + n);
	for (unsigned i = 0; i < c->o->nrest; i++)
		argv[n++] = c->o->rest[i];
	return build_spawn(argv);
}
