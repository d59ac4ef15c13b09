/* The command line of miproc.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DRIVER_OPTIONS_H
#define DRIVER_OPTIONS_H

#include "base/base.h"
#include "base/diag.h"
#include "front/check.h"
#include "ir/pass.h"

/* verb.def: VERB(NAME, "word", "arguments", "what it does"). */
enum verb {
#define VERB(name, word, args, what) VERB_##name,
#include "driver/verb.def"
#undef VERB
	VERB_COUNT
};

enum stop {                             /* after which stage to stop */
	STOP_NOWHERE, STOP_SYNTAX, STOP_EXPAND, STOP_C, STOP_OBJECT
};

enum emit_kind {
	EMIT_NONE, EMIT_AST, EMIT_IR, EMIT_PLAN, EMIT_DOT, EMIT_EVAL,
	EMIT_PROMPTS, EMIT_SCHEMA, EMIT_GBNF
};

enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct options {
	struct arena *a;
	enum verb verb;
	const char *const *arg;         /* what is no option */
	unsigned narg;
	const char *const *rest;        /* after `--`: the program's (run) */
	unsigned nrest;

	enum stop stop;
	enum emit_kind emit;
	const char *output;             /* -o */
	int level;                      /* -O: -1 not given, 0 to 3 */
	bool locked, offline, dry_run, verbose, quiet, resume;
	bool no_cache, refresh, require_improvement, allow_empty;
	bool check;                     /* --check (fmt) */
	int64_t max_size;               /* --max-size; -1 */
	const char *completion;         /* --completion */
	bool depfile, only_depfile, phony;      /* -MD, -M, -MP */
	const char *depfile_path, *dep_target;  /* -MF, -MT */
	unsigned jobs;                  /* -j; 0: not given */
	unsigned repeat;                /* --repeat; 0: not given */
	uint64_t seed;
	bool seeded;
	double max_cost;                /* MIP_UNSET */
	int64_t max_calls, max_tokens;
	double time_limit_s;
	const char *tuned;              /* --tuned */
	const char *program;            /* --program */
	const char *metric;             /* --metric */
	const char *split;              /* --split */
	const char *row;                /* --row */
	const char *rows;               /* --rows */
	const char *usage;              /* --usage-file */
	const char *root;               /* --root */
	const char **allow;             /* --allow, NULL-terminated, or NULL */
	unsigned nallow;
	const char *cache_dir, *base_url, *trace, *junit;
	const char *record, *replay;
	const char *compare[2];         /* --compare A B */
	const char **model;             /* --model, NULL-terminated */
	unsigned nmodel;

	const char **dir;               /* -I */
	unsigned ndir;
	struct define *define;          /* -D */
	unsigned ndefine;
	struct pass_options pass;       /* -X, -fdump-x */

	/* for struct diag */
	enum diag_format diag_format;
	enum color color;
	unsigned max_errors;
	bool no_warnings, werror;
	struct { const char *name; bool on, error; } *warn;
	unsigned nwarn;
};

/* Reads the command line.  False when there is nothing more to do: *status is
 * then the exit status (0 after --help, 2 on a mistake, which was told). */
bool options_read(struct options *o, struct arena *a, int argc, char **argv,
    int *status);

/* An option or a verb, for what lists them. */
struct options_word {
	const char *name, *arg, *help;  /* arg, help: may be NULL */
};

/* The i-th of them; false past the last. */
bool options_option(unsigned i, struct options_word *w);
bool options_verb(unsigned i, struct options_word *w);

/* Hands the -W options to `d`; a warning that does not exist is told, and
 * gives false. */
bool options_diag(const struct options *o, struct diag *d);

#endif
