/* miproc eval: scores a split, or compares two tuned files on it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "driver/compile.h"
#include "driver/file.h"

/* Where the rows' answers go: -o FILE, a JSON line each. */
struct answers {
	struct buf text;
	bool wanted;
};

static void
take_answer(void *arg, size_t row, const char *answer)
{
	struct answers *out = arg;

	(void)row;
	if (!out->wanted)
		return;
	buf_puts(&out->text, answer);
	buf_putc(&out->text, '\n');
}

static void
print_score(const char *label, const struct tune_score *s)
{
	bool any = false;

	printf("%-10s %6.3f  [%.3f, %.3f]  %zu rows", label, s->interval.mean,
	    s->interval.lo, s->interval.hi, s->interval.n);
	for (unsigned i = MIP_OK + 1; i < MIP_NSTATUS; i++) {
		if (s->by_class[i] == 0)
			continue;
		printf("%s%u %s", any ? ", " : "; failed: ", s->by_class[i],
		    mip_status_word((enum mip_status)i));
		any = true;
	}
	if (s->repaired != 0)
		printf("; %u repaired", s->repaired);
	printf("\n");
}

static const struct rows *
pick(const struct compilation *c, const struct tune_task *t)
{
	const char *split = c->o->split != NULL ? c->o->split : "dev";

	if (strcmp(split, "train") == 0)
		return &t->train;
	return strcmp(split, "dev") == 0 ? &t->dev : &t->test;
}

/* The slot values of a tuned file as text; NULL after a message. */
static const char *
slots_of(struct compilation *c, const char *path)
{
	struct tuned t;

	return compile_read_tuned(c, path, &t) ?
	    arena_strndup(c->a, t.slots.s, t.slots.n) : NULL;
}

struct evaluation {
	struct compilation *c;
	const struct tune_task *task;
	const struct rows *rows;
	struct answers *answers;
};

/* Scores all rows with `slots`; 0 or an exit status. */
static int
score(struct evaluation *e, const char *slots, struct tune_score *s,
    double *row)
{
	struct progress progress = { .tty = isatty(2) != 0,
	    .quiet = e->c->o->quiet };
	struct tune_observer observer = { progress_event, &progress };
	char why[320] = "";
	enum mip_status st = tune_eval(e->c->a, e->task, e->rows, slots,
	    &observer, s, row, take_answer, e->answers, why);

	progress_end(&progress);
	if (st == MIP_OK)
		return 0;
	fprintf(stderr, "miproc: %s\n", why);
	return mip_status_exit(st);
}

static int
compare(struct evaluation *e)
{
	const char *const *file = e->c->o->compare;
	size_t n = e->rows->n;
	double *row[2];
	struct tune_score s[2];
	struct paired p;

	for (unsigned i = 0; i < 2; i++) {
		const char *slots = slots_of(e->c, file[i]);
		int status;

		if (slots == NULL)
			return 2;
		row[i] = arena_array(e->c->a, n + 1, sizeof *row[i]);
		status = score(e, slots, &s[i], row[i]);
		if (status != 0)
			return status;
		print_score(i == 0 ? "first" : "second", &s[i]);
	}
	if (!stats_paired(row[0], row[1], n, 0.95, e->task->seed, &p))
		return 2;
	printf("%-10s %+6.3f  [%+.3f, %+.3f]  paired, p = %.2g\n",
	    "difference", p.diff.mean, p.diff.lo, p.diff.hi, p.p);
	return 0;
}

int
cmd_eval(struct compilation *c)
{
	struct answers answers = { BUF_INIT, c->o->output != NULL };
	struct evaluation e = { .c = c, .answers = &answers };
	struct tune_score s;
	struct tune_task t;
	struct build b;
	int status = compile_mod(c);

	if (status == 0 && c->o->level != 0 && c->o->compare[0] == NULL)
		status = compile_tuned(c, c->o->locked);
	if (status != 0)
		return status;
	if (c->mod->study == NULL) {
		fprintf(stderr, "miproc: %s has no optimize block, which names "
		    "the rows and the metric; see mp(5)\n", c->path);
		return 1;
	}
	if (!build_init(&b, c->a, c->o))
		return 2;
	status = tuning_task(c, &b, &t);
	if (status != 0)
		return status;
	c->catch();
	e.task = &t;
	e.rows = pick(c, &t);
	if (e.rows->n == 0) {
		fprintf(stderr, "miproc: there are no %s rows\n",
		    c->o->split != NULL ? c->o->split : "dev");
		return 2;
	}
	if (c->o->compare[0] != NULL) {
		status = compare(&e);
	} else {
		status = score(&e, NULL, &s, NULL);
		if (status == 0)
			print_score(t.metric, &s);
	}
	if (status == 0 && answers.wanted &&
	    !file_write(c->o->output, &answers.text))
		status = file_error("write", c->o->output);
	buf_release(&answers.text);
	return status;
}
