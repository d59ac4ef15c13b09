/* The runtime of compiled language-model programs, for the C programs around
 * them.  What the programs themselves are made of is in miproc_gen.h.
 *
 * A process has one `struct mip_env` (connections, cache, limits, budget,
 * trace) and one `struct mip` (a context) for each thread that runs programs.
 * A program is a C function that takes a context:
 *
 *     struct mip_env *env;
 *     struct mip *m;
 *     struct qa_out out;
 *
 *     if (mip_env_new(NULL, &env) != MIP_OK) ...
 *     m = mip_new(env);
 *     if (qa(m, &(struct qa_in){ .question = "Why?" }, &out) != MIP_OK)
 *             fprintf(stderr, "%s\n", mip_message(m));
 *     mip_free(m);
 *     mip_env_free(env);
 *
 * SPDX-License-Identifier: MIT */
#ifndef MIPROC_H
#define MIPROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MIP_VERSION "0.1.0"

struct mip;
struct mip_env;
struct mip_eval;
struct mip_program;

/* ---- status ---- */

/* How a run ends: X(NAME, word in JSON, exit status, sentence).  Up to FAIL
 * the program or the model is to blame and the run has a score; from
 * INFRASTRUCTURE on the world is, and the run has none. */
#define MIP_STATUS_MAP(X) \
	X(OK,             ok,             0, "done") \
	X(FORMAT,         format,         8, "the reply could not be read") \
	X(REFUSAL,        refusal,        8, "the model would not answer") \
	X(TRUNCATED,      truncated,      8, "the reply was cut off") \
	X(ASSERT,         assert,         8, "a requirement does not hold") \
	X(FAIL,           fail,           8, "the program failed") \
	X(INFRASTRUCTURE, infrastructure, 3, "provider, network or tool") \
	X(QUOTA,          quota,          3, "the provider's quota is spent") \
	X(DENIED,         denied,         3, "the provider refuses the key") \
	X(BUDGET,         budget,         4, "the budget is spent") \
	X(OFFLINE,        offline,        7, "not in the cache, and offline") \
	X(CANCELLED,      cancelled,    130, "interrupted") \
	X(USAGE,          usage,          2, "bad usage or input") \
	X(IO,             io,             2, "a file could not be used") \
	X(NOMEM,          nomem,          2, "out of memory")

enum mip_status {
#define MIP_STATUS_ENUM(name, word, code, text) MIP_##name,
	MIP_STATUS_MAP(MIP_STATUS_ENUM)
#undef MIP_STATUS_ENUM
	MIP_NSTATUS
};

const char *mip_status_word(enum mip_status s);         /* "infrastructure" */
const char *mip_status_text(enum mip_status s);
int mip_status_exit(enum mip_status s);                 /* exit status */

/* ---- values ---- */

/* How a value of the language stands in C:
 *   string     const char *, UTF-8, never NULL     int     int64_t
 *   float      double                              bool    bool
 *   enum       its C enum                          struct  its C struct
 *   T[]        struct { const T *v; size_t n; }
 *   T?         const T *, NULL for null (of a string: const char *, or NULL)
 *   map        struct { const char *const *key; const T *v; size_t n; }
 *   A | B      struct { int arm; union { ... } u; }
 *   "a" | 1    what it has its values from: const char *, int64_t or bool
 *   image, file  const char *: a path, an http(s) URL or a data: URL */
struct mip_strings { const char *const *v; size_t n; };
struct mip_ints    { const int64_t *v; size_t n; };
struct mip_floats  { const double *v; size_t n; };
struct mip_bools   { const bool *v; size_t n; };

/* ---- environments and contexts ---- */

/* Zero or NULL means the default, which the manual gives. */
struct mip_options {
	const char *cache_dir;
	bool no_cache, refresh, offline;
	const char *base_url;           /* instead of every model's own */
	const char *const *model; /* "NAME=PROVIDER:ID", NULL-terminated */
	long timeout_ms, time_limit_ms;
	double max_cost;                /* usd */
	int64_t max_calls, max_tokens;
	const char *trace;              /* file for JSON lines */
	bool trace_content;             /* with prompts and replies */
	const char *ledger;             /* budget shared by processes: SQLite */
	const char *journal;            /* every reply, before it is used; is
	                                 * looked into first */
	const char *record;             /* every reply that is used */
	const char *replay;             /* such a file: replies come from it,
	                                 * and nothing goes out */
	int64_t cache_size;             /* bytes; 0: MIPROC_CACHE_SIZE, 10 GB */
	uint64_t seed;                  /* of the jitter of waits */
	unsigned threads;               /* for forks, at most; 0: 256 */
	const char *const *allow;       /* grants, "exec:./calc", "net:host",
	                                 * NULL-terminated: nothing else is
	                                 * run and reached; NULL: what programs
	                                 * were compiled for */
	const char *root;               /* relative commands are there; the
	                                 * working directory */
};

/* Gives a new environment; thread-safe from then on.  On failure *env is
 * still given where memory allows, for mip_env_message, and must be freed. */
enum mip_status mip_env_new(const struct mip_options *o, struct mip_env **env);
void mip_env_free(struct mip_env *env);
const char *mip_env_message(const struct mip_env *env);

/* What the calls of a leaf took, or of a model that made vectors. */
struct mip_leaf_usage {
	const char *leaf;               /* lives as long as the environment */
	int64_t calls, cached, reasked, failed;
	int64_t tokens_in, tokens_in_cached, tokens_out;
	double usd, nominal_usd;        /* nominal: as if nothing were cached */
	double latency_s, latency_p95_s;        /* of those not cached */
};
/* Since mip_env_new: writes at most `n` rows, gives how many there are. */
size_t mip_env_usage(struct mip_env *env, struct mip_leaf_usage *v, size_t n);

/* A context for one thread at a time; NULL without memory. */
struct mip *mip_new(struct mip_env *env);
void mip_free(struct mip *m);

enum mip_status mip_status(const struct mip *m);
/* One sentence on the failure, "" if there is none; lives until the next run
 * in this context. */
const char *mip_message(const struct mip *m);

/* ---- streams (mip_stream.c) ---- */

/* What is known of a reply while it is being written. */
struct mip_part {
	const char *leaf;               /* that asks, "m.answer" */
	unsigned call;                  /* number of the call in the run, from
	                                 * 0; a repair is the same call */
	const char *json;               /* its outputs, null where nothing is
	                                 * known yet */
	bool again;                     /* what was told of this call before is
	                                 * void: it is asked anew */
	bool done;                      /* as the program takes them */
};

/* Told of a part, whose texts last until it returns; false stops the run, as
 * MIP_CANCELLED, once the calls under way have ended. */
typedef bool (*mip_part_fn)(void *arg, const struct mip_part *part);

/* Runs the program and tells `part` of each reply as it grows, and when it is
 * whole; of one that is known, or comes in one piece, only then.  Parts take
 * nothing back, but for `again`.  `part` is called by the threads that run the
 * program, one at a time, and may not use `m`.  Gives the status of the run. */
enum mip_status mip_stream(struct mip *m, const struct mip_program *p,
    const void *in, void *out, mip_part_fn part, void *arg);

/* ---- programs as commands ---- */

/* The whole of a generated `main`: flags from the inputs, JSON in and out,
 * batches, --worker.  `eval` may be NULL.  Returns the exit status. */
int mip_main(const struct mip_program *p, const struct mip_eval *eval,
    int argc, char **argv);

#ifdef __cplusplus
}
#endif

#endif
