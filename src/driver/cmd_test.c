/* miproc test: runs the tests of a file.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "driver/compile.h"
#include "driver/file.h"
#include "driver/report.h"
#include "driver/tap.h"
#include "driver/tracing.h"
#include "ir/plan.h"
#include "tune/suite.h"

/* ---- which tests ---- */

struct selection {
	struct compilation *c;
	struct suite_test *test;
	size_t n, cap;
};

static bool
is_named(const struct options *o, const char *name)
{
	for (unsigned i = 1; i < o->narg; i++)
		if (fnmatch(o->arg[i], name, 0) == 0)
			return true;
	return o->narg == 1;
}

/* A name that fits no test is more likely wrong than meant. */
static void
warn_unmatched(struct compilation *c)
{
	for (unsigned i = 1; i < c->o->narg; i++) {
		const char **name = NULL, *near;
		size_t cap = 0, n = 0;
		bool found = false;

		for (struct fn *f = c->mod->fn; f != NULL; f = f->next) {
			if (f->kind != FN_TEST)
				continue;
			found = found || fnmatch(c->o->arg[i], f->name,
			    0) == 0;
			name = arena_grow(c->a, name, &cap, n + 1,
			    sizeof *name);
			name[n++] = f->name;
		}
		near = found ? NULL : diag_nearest(c->o->arg[i], name, n);
		if (!found)
			fprintf(stderr, "miproc: no test is called '%s'%s%s%s"
			    "\n", c->o->arg[i], near != NULL ?
			    "; did you mean '" : "", near != NULL ? near : "",
			    near != NULL ? "'?" : "");
	}
}

static void
choose(struct selection *s)
{
	const struct options *o = s->c->o;

	for (struct fn *f = s->c->mod->fn; f != NULL; f = f->next) {
		if (f->kind != FN_TEST || !is_named(o, f->name))
			continue;
		s->test = arena_grow(s->c->a, s->test, &s->cap, s->n + 1,
		    sizeof *s->test);
		s->test[s->n] = (struct suite_test){ .fn = f,
		    .repeat = o->repeat != 0 ? o->repeat : f->repeat };
		s->test[s->n].need = suite_need(s->test[s->n].repeat,
		    f->pass);
		s->n++;
	}
}

/* ---- while they run ---- */

struct telling {
	struct compilation *c;
	struct progress progress;
	unsigned n;
};

static void
show(const struct buf *b)
{
	fwrite(buf_str(b), 1, b->len, stdout);
	fflush(stdout);
}

static void
test_done(void *arg, const struct suite_test *t)
{
	struct telling *k = arg;
	struct buf b = BASE_BUF_INIT;

	progress_end(&k->progress);
	tap_test(&b, t, ++k->n, k->c->path, k->c->o->verbose);
	show(&b);
	buf_release(&b);
}

static void
test_progress(void *arg, size_t done, size_t total)
{
	struct telling *k = arg;
	struct tune_event e = { .kind = TUNE_PROGRESS, .done = done,
	    .total = total };

	progress_event(&k->progress, &e);
}

/* ---- before and after ---- */

/* -n: what it would take. */
static int
print_bound(const struct compilation *c, const struct selection *s)
{
	uint64_t runs = 0, calls = 0, worst;

	for (size_t i = 0; i < s->n; i++) {
		worst = ir_plan_worst(c->mod, s->test[i].fn);
		runs += s->test[i].repeat;
		calls = base_sum(calls, base_product(worst,
		    s->test[i].repeat));
	}
	printf("%zu test%s, %" PRIu64 " runs, ", s->n, s->n == 1 ? "" : "s",
	    runs);
	if (calls == UINT64_MAX)
		printf("any number of model calls\n");
	else
		printf("at most %" PRIu64 " model calls\n", calls);
	return 0;
}

static int
none_selected(const struct compilation *c)
{
	if (c->o->allow_empty) {
		printf("TAP version 13\n1..0\n");
		return 0;
	}
	if (c->o->narg == 1)            /* else the names were told */
		fprintf(stderr, "miproc: %s: there is no test; --allow-empty "
		    "makes that a success\n", c->path);
	return 6;
}

static int
report(const struct compilation *c, const struct suite *s,
    enum mip_status status, const char *why)
{
	bool failed = false, open = false;
	struct buf b = BASE_BUF_INIT;
	int code = 0;

	tap_summary(&b, s);
	show(&b);
	buf_reset(&b);
	for (size_t i = 0; i < s->ntest; i++) {
		failed = failed || s->test[i].verdict == SUITE_FAILED;
		open = open || s->test[i].verdict == SUITE_OPEN;
	}
	if (status != MIP_OK)
		fprintf(stderr, "miproc: %s\n", why);
	if (c->o->junit != NULL) {
		junit(&b, s, c->path);
		if (!file_write(c->o->junit, &b))
			code = file_error("write", c->o->junit);
	}
	buf_release(&b);
	if (code == 0)
		code = report_usage_file(c->o->usage, &s->usage);
	if (failed)
		return 5;
	if (open || status == MIP_CANCELLED)
		return status == MIP_CANCELLED ? 130 :
		    mip_status_exit(status);
	return code;
}

static int
run_all(struct compilation *c, struct selection *sel)
{
	struct telling k = { .c = c, .progress = { .tty = isatty(2) != 0,
	    .quiet = c->o->quiet } };
	struct tune_task t;
	struct suite s = { .task = &t, .test = sel->test, .ntest = sel->n,
	    .done = test_done, .progress = test_progress, .arg = &k };
	struct tracing tracing;
	char why[320] = "";
	enum mip_status status;
	const char *const *worker;
	struct build b;

	if (!build_init(&b, c->a, c->o))
		return 2;
	if (c->o->junit != NULL && !file_may_write(c->o->junit, c->a))
		return file_error("write", c->o->junit);
	if (report_usage_check(c->o->usage, c->a) != 0)
		return 2;
	worker = tuning_worker(c, &b);
	if (worker == NULL)
		return 2;
	tuning_options(c, &t);
	t.mod = c->mod;
	t.worker = worker;
	t.max_cost = c->o->max_cost;
	t.max_calls = c->o->max_calls;
	t.max_tokens = c->o->max_tokens;
	t.time_limit_s = c->o->time_limit_s;
	c->catch();
	printf("TAP version 13\n1..%zu\n", sel->n);
	fflush(stdout);
	tracing_begin(&tracing, t.trace, "test", c->path);
	status = suite_run(c->a, &s, why);
	tracing_end(&tracing, status, why);
	progress_end(&k.progress);
	return report(c, &s, status, why);
}

int
cmd_test(struct compilation *c)
{
	struct selection s = { .c = c };
	int status = compile_ready(c);

	if (status != 0)
		return status;
	if (!tuning_models(c) || !compile_granted(c))
		return 2;
	choose(&s);
	warn_unmatched(c);
	if (s.n == 0)
		return none_selected(c);
	return c->o->dry_run ? print_bound(c, &s) : run_all(c, &s);
}
