/* The command that a program is: mip_main and its parts.  The one module of
 * the runtime that writes to the terminal.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CLI_H
#define CLI_H

#include "core/arena.h"
#include "core/buf.h"
#include "miproc_gen.h"
#include "prompt/slots.h"

/* X(NAME, long name, short name or 0, argument or NULL, help) */
#define CLI_FLAG_MAP(X) \
	X(JSONL, "jsonl", 0, NULL, "a batch: JSON lines in, JSON lines out") \
	X(JOBS, "jobs", 'j', "N", "runs at once in a batch (4)") \
	X(UNORDERED, "unordered", 0, NULL, \
	    "write each row of a batch with its number when it ends") \
	X(STREAM, "stream", 0, NULL, \
	    "write JSON lines while replies are being written") \
	X(JSON, "json", 0, NULL, "write JSON even for a single string") \
	X(TUNED, "tuned", 0, "FILE", "use the slot values of a tuned file") \
	X(MODEL, "model", 0, "NAME=PROVIDER:ID", "another model for NAME") \
	X(BASE_URL, "base-url", 0, "URL", "of the server, for every model") \
	X(TIMEOUT, "timeout", 0, "TIME", "for one try of a call: 500ms, 90s") \
	X(TIME_LIMIT, "time-limit", 0, "TIME", \
	    "begin no call after 90s, 5min, 2h") \
	X(MAX_COST, "max-cost", 0, "USD", "spend at most this") \
	X(MAX_CALLS, "max-calls", 0, "N", "make at most so many calls") \
	X(MAX_TOKENS, "max-tokens", 0, "N", "use at most so many tokens") \
	X(CACHE_DIR, "cache-dir", 0, "DIR", "where replies are kept") \
	X(NO_CACHE, "no-cache", 0, NULL, "neither read nor write the cache") \
	X(REFRESH, "refresh", 0, NULL, "write the cache, but do not read it") \
	X(OFFLINE, "offline", 0, NULL, "use the cache alone") \
	X(USAGE, "usage", 0, NULL, "say at the end what each leaf took") \
	X(USAGE_FILE, "usage-file", 0, "FILE", "write that as JSON") \
	X(TRACE, "trace", 0, "FILE", "write each call as a JSON line") \
	X(TRACE_CONTENT, "trace-content", 0, NULL, \
	    "with prompts and replies") \
	X(JOURNAL, "journal", 0, "FILE", \
	    "keep every reply, and look there first") \
	X(RECORD, "record", 0, "FILE", "keep every reply that is used") \
	X(REPLAY, "replay", 0, "FILE", "the replies of such a file") \
	X(LEDGER, "ledger", 0, "FILE", "share the budget through this file") \
	X(ALLOW, "allow", 0, "GRANT", \
	    "exec:COMMAND, net:HOST, none: what may be reached") \
	X(ROOT, "root", 0, "DIR", "where relative paths of tools begin") \
	X(WORKER, "worker", 0, NULL, "serve the tuner on stdin and stdout") \
	X(SCHEMA, "schema", 0, NULL, "show the JSON schemas of in and out") \
	X(PROMPTS, "prompts", 0, NULL, "show the prompts and slots") \
	X(GBNF, "gbnf", 0, NULL, "show the grammars of replies") \
	X(ROW, "row", 0, "FILE", "with --prompts: filled in from this JSON") \
	X(PLAN, "plan", 0, NULL, "show what a run calls") \
	X(VERSION, "version", 0, NULL, "show program, hashes and version") \
	X(HELP, "help", 'h', NULL, "show this")

enum cli_flag {
#define CLI_FLAG_ENUM(name, word, letter, arg, help) CLI_##name,
	CLI_FLAG_MAP(CLI_FLAG_ENUM)
#undef CLI_FLAG_ENUM
	CLI_NFLAG
};

struct cli_flag_row {
	const char *word;
	char letter;
	const char *arg, *help;
};
extern const struct cli_flag_row cli_flags[CLI_NFLAG];

enum { CLI_DEFAULT_JOBS = 4, CLI_MAX_JOBS = 4096 };

struct cli {
	const char *prog;               /* for messages */
	const struct mip_program *program;
	const struct mip_eval *eval;    /* or NULL */
	struct arena arena;
	struct mip_options options;
	bool on[CLI_NFLAG];             /* flags that were given */
	const char **model;             /* for options.model */
	const char **allow;             /* likewise */
	size_t nmodel, model_cap, nallow, allow_cap;
	const char *tuned, *file, *row, *usage;
	unsigned jobs;
	struct buf input;               /* members of the input object, each
	                                 * with a comma behind it */
	bool *given;                    /* a flag for each input */
	struct slots *slots;
};

/* One line on stderr: "prog: sentence". */
void cli_say(const struct cli *c, const char *fmt, ...) MIP_PRINTF(2, 3);

/* Writes to stdout; the exit status, 0 if all went well.  When nobody reads
 * any more it says nothing. */
int cli_write(const struct cli *c, const struct buf *b);

/* Appends a file ("-": stdin).  False after a message. */
bool cli_read_file(const struct cli *c, const char *path, struct buf *b);

/* ---- inputs (cli_in.c) ---- */

/* The input called `name`, of `n` bytes ('-' stands for '_'); NULL. */
const struct mip_field *cli_input(const struct cli *c, const char *name,
    size_t n);
/* Takes a value for the input; NULL: the flag alone.  False after a
 * message. */
bool cli_input_set(struct cli *c, const struct mip_field *f,
    const char *value);
/* The type without its `?`. */
const struct mip_type *cli_input_type(const struct mip_field *f);
bool cli_input_required(const struct mip_field *f);
/* Reads the inputs from flags or stdin; they live in c->arena.  The exit
 * status, 0 if all went well. */
int cli_input_read(struct cli *c, void **in);

/* ---- what is known without running (cli_show.c) ---- */

void cli_help(const struct cli *c, struct buf *b);
void cli_version(const struct cli *c, struct buf *b);
void cli_schema(const struct cli *c, struct buf *b);
/* Of each leaf, for llama.cpp. */
void cli_gbnf(const struct cli *c, struct buf *b);
void cli_plan(const struct cli *c, struct buf *b);
/* With the inputs of --row where it has them: 0, or the exit status after a
 * message. */
int cli_prompts(struct cli *c, struct buf *b);

/* ---- runs (cli_run.c); the exit status ---- */

int cli_run(struct cli *c);
/* `wake`: a pipe; what is written to it ends the reading of rows. */
int cli_batch(struct cli *c, struct mip_env *env, const int wake[2]);

#endif
