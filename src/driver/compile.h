/* The pipeline: from a file to what was asked for.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DRIVER_COMPILE_H
#define DRIVER_COMPILE_H

#include <stdio.h>

#include "base/names.h"
#include "driver/build.h"
#include "driver/options.h"
#include "front/check.h"
#include "ir/ir.h"
#include "tune/tune.h"
#include "tune/tuned.h"

/* One compilation. */
struct compilation {
	struct arena *a;
	struct options *o;
	const char *path;               /* of the .mp file */
	struct sources sources;
	struct names names;
	struct diag diag;
	struct unit *unit;
	struct checked *checked;
	struct mod *mod;
	const char *tuned_path;
	bool tuned;                     /* a tuned file was applied */
	const char **data;              /* data files that were read */
	unsigned ndata;
	const volatile bool *stop;      /* set by SIGINT and SIGTERM, */
	void (*catch)(void);            /* once this was called; before, they
	                                 * end the process */
};

/* All up to the passes: 0, or the exit status after messages. */
int compile_mod(struct compilation *c);
/* Applies the tuned file if there is one; `must`: it has to be there and fit
 * (status 7).  0 or an exit status. */
int compile_tuned(struct compilation *c, bool must);
/* compile_mod, and the tuned file, which --locked asks for if there is an
 * optimize block; at level 0 as it was written. */
int compile_ready(struct compilation *c);

/* Appends what every program gets that miproc runs: --root, --allow; there is
 * room for COMPILE_ARGS + 2 * c->o->nallow words.  Gives how many. */
enum { COMPILE_ARGS = 2 };
unsigned compile_args(struct compilation *c, const char **argv);

/* Before tools run that the program, or its metrics, may call: false after a
 * message if --allow does not grant them. */
bool compile_granted(const struct compilation *c);

/* Reads a tuned file, which lives in c->a; false after a message. */
bool compile_read_tuned(struct compilation *c, const char *path,
    struct tuned *t);

/* The slot values of a tuned file, as far as they fit the program, as a JSON
 * object; NULL after a message.  What is left out is told. */
const char *compile_slots(struct compilation *c, const char *path);

/* Where the study of the file is kept. */
const char *compile_study(struct compilation *c);

/* ---- warnings (warn.c) ---- */

/* Outputs of leaves that nothing reads: before the passes. */
void warn_outputs(struct compilation *c);
/* What the call plan, models and types give reason for. */
void warn_program(struct compilation *c);
/* Prompts that their models cannot take: with the tuned values, if there are
 * any. */
void warn_context(struct compilation *c);

/* ---- the verbs: each gives the exit status ---- */

int cmd_compile(struct compilation *c);
int cmd_check(struct compilation *c);
int cmd_tune(struct compilation *c);
int cmd_eval(struct compilation *c);
int cmd_test(struct compilation *c);
int cmd_run(struct compilation *c);
int cmd_diff(struct compilation *c);
int cmd_show(struct compilation *c);
int cmd_explain(struct compilation *c);
int cmd_fmt(struct compilation *c);
int cmd_cache(struct compilation *c);
int cmd_doctor(struct compilation *c);

/* What the study tried, what the tuned file has (show_study.c). */
int show_trials(struct compilation *c);
int show_demos(struct compilation *c);

/* ---- rows (rows.c) ---- */

/* Reads the rows of the study into `t`: 0, or the exit status. */
int rows_load(struct compilation *c, struct tune_task *t);
/* Has t->worker read each row as the program and t->metric would: 0, or the
 * exit status after a message for each bad row. */
int rows_check(struct compilation *c, struct build *b,
    const struct tune_task *t);
/* Warns of rows of the part `name` whose inputs demonstrations have, those of
 * `slots` or, for NULL, those of the module. */
void rows_shown(struct compilation *c, const char *name,
    const struct rows *rows, const char *slots);

/* ---- tuning (tuning.c) ---- */

enum { DEFAULT_JOBS = 4 };              /* runs at once unless -j says more */

/* Are the models of --model those of the program?  False after a message. */
bool tuning_models(const struct compilation *c);
/* Builds the worker; the command that starts it, or NULL after a message. */
const char *const *tuning_worker(struct compilation *c, struct build *b);
/* What the command line says of the runs of a task; the rest of it is empty. */
void tuning_options(const struct compilation *c, struct tune_task *t);
/* Reads the study's data and fills the task; 0 or an exit status. */
int tuning_task(struct compilation *c, struct build *b, struct tune_task *t);
/* Tunes, writes the tuned file and applies it: 0, or the exit status. */
int tuning_run(struct compilation *c, struct build *b);

/* The metric of that name, or NULL. */
const struct fn *tuning_metric(const struct compilation *c, const char *name);
/* Is the gate met by the score on the test rows?  0, or 5; says so on `f`,
 * or on standard error. */
int tuning_gate(const struct tune_task *t, const struct tune_score *s, FILE *f);

/* Progress on standard error, for struct tune_observer. */
struct progress {
	bool tty, quiet;
	double last;                    /* when the line was drawn */
	size_t width;
	const char *phase;
};
void progress_event(void *arg, const struct tune_event *e);
void progress_end(struct progress *p);

/* -M, -MD: the make rule for `target`. */
bool depfile_write(struct compilation *c, const char *target,
    const char *path);

#endif
