/* miproc eval: scores a part of the rows, or compares two tuned files on it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/json_put.h"
#include "driver/compile.h"
#include "driver/file.h"
#include "driver/report.h"
#include "driver/tracing.h"

struct evaluation {
	struct compilation *c;
	struct tune_task task;
	const char *split;
	const struct rows *rows;
	struct tune_point point[2];     /* --compare has two */
	const char *label[2];
	size_t n;
	struct tune_usage used;
	FILE *f;                        /* of the report */
};

/* ---- what is scored ---- */

static void
pick(struct evaluation *e)
{
	const struct tune_task *t = &e->task;

	e->split = e->c->o->split != NULL ? e->c->o->split : "dev";
	e->rows = strcmp(e->split, "train") == 0 ? &t->train :
	    strcmp(e->split, "dev") == 0 ? &t->dev : &t->test;
}

/* The points of --compare, or that of the binary; false after a message. */
static bool
points(struct evaluation *e)
{
	static const char *const nth[] = { "first", "second" };
	const char *const *file = e->c->o->compare;

	e->n = 1;
	e->label[0] = e->c->tuned ? "as tuned" : "as written";
	if (file[0] == NULL)
		return true;
	for (e->n = 0; e->n < COUNTOF(e->point); e->n++) {
		e->label[e->n] = nth[e->n];
		/* The binary is that of the program as written. */
		if (strcmp(file[e->n], "-") == 0)
			continue;
		e->point[e->n].slots = compile_slots(e->c, file[e->n]);
		if (e->point[e->n].slots == NULL)
			return false;
	}
	return true;
}

static int
print_bound(const struct evaluation *e)
{
	struct tune_bound b;

	tune_eval_bound(&e->task, e->n * e->rows->n, &b);
	fprintf(stderr, "miproc: %" PRIu64 " runs\n", b.final_runs);
	report_bound(stderr, &b);
	return 0;
}

static int
score(struct evaluation *e)
{
	struct progress progress = { .tty = isatty(2) != 0,
	    .quiet = e->c->o->quiet };
	struct tune_observer observer = { progress_event, &progress };
	struct tracing tracing;
	char why[320] = "";
	enum mip_status s;

	e->c->catch();
	tracing_begin(&tracing, e->task.trace, "eval",
	    e->task.mod->program->name);
	s = tune_eval(e->c->a, &e->task, e->rows, e->point, e->n, &observer,
	    &e->used, why);
	tracing_end(&tracing, s, why);
	progress_end(&progress);
	if (s == MIP_OK)
		return 0;
	fprintf(stderr, "miproc: %s; nothing was scored%s\n", why,
	    s >= MIP_INFRASTRUCTURE && !e->task.no_cache ?
	    ", the replies so far are in the cache" : "");
	return mip_status_exit(s);
}

/* ---- the rows ---- */

/* A row, what was made of it and what it took: what the answer says. */
static void
put_row(struct buf *b, const struct evaluation *e, size_t point, size_t row)
{
	const struct row *r = &e->rows->row[row];
	const char *answer = e->point[point].answer[row];
	struct json root, key, v;
	struct json_walk w;

	buf_printf(b, "{\"line\":%zu,\"row\":%s", r->line, r->json);
	if (e->c->o->compare[0] != NULL) {
		json_put_string(b, "tuned", e->c->o->compare[point]);
	}
	if (json_parse(answer, strlen(answer), &root, NULL, NULL)) {
		w = json_walk(root);
		while (json_next(&w, &key, &v)) {
			if (json_string_is(key, "run") ||
			    json_string_is(key, "ok") ||
			    json_string_is(key, "steps"))
				continue;
			buf_printf(b, ",%.*s:%.*s", (int)key.n, key.s,
			    (int)v.n, v.s);
		}
	}
	buf_puts(b, "}\n");
}

static int
write_rows(const struct evaluation *e)
{
	const char *path = e->c->o->rows;
	struct buf b = BASE_BUF_INIT;
	bool ok;

	if (path == NULL)
		return 0;
	for (size_t p = 0; p < e->n; p++)
		for (size_t i = 0; i < e->rows->n; i++)
			put_row(&b, e, p, i);
	ok = file_write(path, &b);
	buf_release(&b);
	return ok ? 0 : file_error("write", path);
}

/* ---- the report ---- */

static int
compare(const struct evaluation *e)
{
	const struct tune_score *a = &e->point[0].score;
	const struct tune_score *b = &e->point[1].score;
	bool minimize = tuning_metric(e->c, e->task.metric)->minimize;
	struct paired p;
	int sign;

	if (!stats_paired(a->row, b->row, e->rows->n, 0.95, e->task.seed, &p))
		return 2;
	report_difference(e->f, a, b, &p.diff, p.p, minimize);
	sign = report_sign(&p.diff, p.p, minimize);
	if (sign != 0)
		fprintf(e->f, "the second is %s\n", sign > 0 ? "better" :
		    "worse");
	else
		fputs("neither is better for certain: the difference may be "
		    "chance\n", e->f);
	return 0;
}

static int
print(const struct evaluation *e)
{
	const char *const *file = e->c->o->compare;
	struct answer_used used = { 0 };
	int status = 0;

	fprintf(e->f, "%s on %zu %s row%s (95%% intervals)", e->task.metric,
	    e->rows->n, e->split, e->rows->n == 1 ? "" : "s");
	for (size_t i = 0; e->n == 2 && i < 2; i++)
		fprintf(e->f, "%s %s", i == 0 ? ": first" : ", second",
		    strcmp(file[i], "-") == 0 ? "as written" : file[i]);
	fputs("\n", e->f);
	for (size_t i = 0; i < e->n; i++) {
		report_score(e->f, e->label[i], &e->point[i].score);
		answer_used_join(&used, &e->point[i].used);
	}
	if (e->n == 2)
		status = compare(e);
	report_used(e->f, &used);
	fputs("\n", e->f);
	report_usage(e->f, &e->used);
	return status;
}

/* The gate is on the test rows and on the metric of the optimize block. */
static int
gate(const struct evaluation *e)
{
	const struct study_decl *s = e->c->mod->study;

	if (e->n != 1 || !s->gated || strcmp(e->split, "test") != 0 ||
	    strcmp(e->task.metric, s->metric->name) != 0)
		return 0;
	return tuning_gate(&e->task, &e->point[0].score, e->f);
}

static int
report(struct evaluation *e)
{
	int status = print(e), wrote;

	fflush(e->f);
	wrote = write_rows(e);
	if (wrote == 0)
		wrote = report_usage_file(e->c->o->usage, &e->used);
	if (status == 0)
		status = wrote;
	return status != 0 ? status : gate(e);
}

/* What is wrong with the command line, before anything is built. */
static int
usage(const struct compilation *c)
{
	const struct options *o = c->o;

	if (o->output != NULL) {
		fprintf(stderr, "miproc: eval has no -o; --rows FILE writes "
		    "what was made of each row\n");
		return 2;
	}
	if (o->rows != NULL && strcmp(o->rows, "-") != 0 &&
	    !file_may_write(o->rows, c->a))
		return file_error("write", o->rows);
	return report_usage_check(o->usage, c->a);
}

int
cmd_eval(struct compilation *c)
{
	struct evaluation e = { .c = c, .f = stdout };
	struct build b;
	int status = usage(c);

	if (status == 0)
		status = compile_mod(c);
	if (status == 0 && c->o->level != 0 && c->o->compare[0] == NULL)
		status = compile_tuned(c, c->o->locked);
	if (status != 0)
		return status;
	if (c->mod->study == NULL) {
		fprintf(stderr, "miproc: %s has no optimize block, which names "
		    "the rows and the metric; see mp(5)\n", c->path);
		return 1;
	}
	if (!points(&e))
		return c->diag.nerror != 0 ? 1 : 2;
	if (!build_init(&b, c->a, c->o))
		return 2;
	status = tuning_task(c, &b, &e.task);
	if (status != 0)
		return status;
	pick(&e);
	if (e.rows->n == 0) {
		fprintf(stderr, "miproc: there are no %s rows\n", e.split);
		return 2;
	}
	for (size_t i = 0; e.rows != &e.task.train && i < e.n; i++)
		rows_shown(c, e.split, e.rows, e.point[i].slots);
	if (c->diag.nerror != 0)
		return 1;
	if (c->o->dry_run)
		return print_bound(&e);
	if (c->o->rows != NULL && strcmp(c->o->rows, "-") == 0)
		e.f = stderr;
	status = score(&e);
	return status != 0 ? status : report(&e);
}
