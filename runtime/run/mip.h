/* Environments and contexts, as the parts of the runtime see them: what
 * miproc.h gives to programs, and besides it slots, samples, records and
 * totals of a run.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MIP_H
#define MIP_H

#include "core/arena.h"
#include "lm/lm.h"
#include "miproc_gen.h"
#include "prompt/slots.h"
#include "tool/tool.h"

/* What the calls of a run took. */
struct mip_usage {
	int64_t calls;                  /* replies used */
	int64_t cached;                 /* of these, paid for before */
	int64_t reasked;                /* of these, because of a bad format */
	int64_t asked;                  /* calls of leaves that had a reply */
	int64_t clean;                  /* of these, first reply, no repair */
	int64_t in, out;                /* tokens, cached replies too */
	double usd;                     /* paid now */
	double nominal_usd;             /* as if nothing were cached */
};

/* One call of a leaf in a run, with its re-asks.  Lives until the next
 * mip_begin. */
struct mip_step {
	const char *leaf;
	const char *in;                 /* JSON object */
	const char *out;                /* JSON object; NULL if it failed */
	const char *reply;              /* the text that could not be read, or
	                                 * NULL */
	const char *why;                /* one sentence; NULL if it is read */
	enum mip_status status;
	uint64_t flags;                 /* 1 << enum reply_flag */
	unsigned cost;                  /* of the repairs */
	unsigned reasked;
	bool refused;                   /* `out` is what on_refusal says */
	const char *const *check;       /* labels of each @check of the reply
	                                 * that does not hold */
	size_t ncheck;
	struct mip_usage usage;
};

/* How well a leaf did, in the eyes of a metric. */
struct mip_credit {
	const char *leaf;
	double value;
	const char *why;                /* or NULL */
};

/* How often a @check of this label did not hold. */
struct mip_checked {
	const char *label;
	uint64_t times;
};

/* What came of a claim in a run. */
struct mip_claimed {
	const struct mip_claim *claim;
	unsigned met, unmet;            /* how often */
	/* of the first time that it did not hold */
	const char *said;               /* or NULL */
	const char *shown;              /* members of a JSON object, or NULL:
	                                 * texts and values */
};

/* A model of the program in the place of another, for one context. */
struct mip_override {
	const char *name;
	const struct mip_model *model;
};

struct lm *mip_env_lm(struct mip_env *env);
struct tool_pools *mip_env_tools(struct mip_env *env);
struct retrieve;
struct retrieve *mip_env_retrieve(struct mip_env *env);

/* Do the grants of the options, if there are any, cover it? */
bool mip_env_allows_exec(const struct mip_env *env, const char *command);
bool mip_env_allows_net(const struct mip_env *env, const char *url);

/* Who is told what goes on in spite of a fault: see lm_observe. */
void mip_env_observe(struct mip_env *env,
    void (*warn)(void *arg, const char *text), void *arg);

/* Ends what is under way and all that comes as CANCELLED; from any thread. */
void mip_env_cancel(struct mip_env *env);

bool mip_env_cancelled(const struct mip_env *env);
/* Whether this is the process that made it. */
bool mip_env_here(const struct mip_env *env);

/* The baked values of a leaf that no set of slots has: of programs called
 * from C, and of the judges in metrics.  Rendered once for all contexts;
 * NULL with the status, and a sentence in `why` or "". */
const struct slots_leaf *mip_env_leaf(struct mip_env *env,
    const struct mip_prompt *p, enum mip_status *s, char *why, size_t nwhy);

enum { MIP_SCHEMA_NAME = 65 };          /* servers take 64 characters */

/* The call that a leaf makes, without messages and sample; the name of its
 * schema is written to `name`. */
struct lm_call mip_leaf_call(const struct slots_leaf *leaf,
    char name[MIP_SCHEMA_NAME]);

/* The run of the program that is called `name` has ended, and its judging, if
 * there was any: the trace is told now.  Else it is told when the next run
 * begins. */
void mip_end(struct mip *m, const char *name);

/* The place of the run, as the header traceparent of W3C Trace Context has it;
 * "" if it is not traced. */
enum { MIP_TRACEPARENT = TRACE_PARENT };
void mip_traceparent(const struct mip *m, char out[MIP_TRACEPARENT]);

/* Where the runs to come belong in a trace, as such a header; "": where the
 * environment says. */
void mip_set_place(struct mip *m, const char *traceparent);

/* A place for a part of the run, and its header; "" if it is not traced. */
void mip_place(struct mip *m, struct trace_at *at,
    char out[MIP_TRACEPARENT]);
/* Tells the trace of that part, which began at *since_ns (0: with the run) and
 * ends now; *since_ns becomes now.  A score that is NAN is none. */
void mip_traced(struct mip *m, const struct trace_at *at, const char *name,
    double score, int64_t *since_ns);

/* Memory that lives as long as the run.  Without memory the run fails. */
struct arena *mip_arena(struct mip *m);

/* The values of slots for the runs to come; NULL: those baked in.  The
 * context holds the set. */
void mip_set_slots(struct mip *m, struct slots *s);

/* Which sample of each request is drawn, from 0. */
void mip_set_sample(struct mip *m, uint64_t n);

/* The models in the place of others, borrowed. */
void mip_set_models(struct mip *m, const struct mip_override *v, size_t n);

/* The row that metrics judge, whole, borrowed; an empty span: none. */
void mip_set_row(struct mip *m, struct json row);

/* Whether steps are kept from now on. */
void mip_record(struct mip *m, bool on);
const struct mip_step *mip_steps(const struct mip *m, size_t *n);

/* Whether each call is kept from now on, for usage by leaf: those since
 * mip_begin, in no order; their texts are constant. */
void mip_itemize(struct mip *m, bool on);
const struct usage_call *mip_items(const struct mip *m, size_t *n);

/* The program has run: what is asked from now on judges it, and no steps are
 * kept. */
void mip_judge(struct mip *m);

/* What metrics have said since mip_begin, in their order. */
const struct mip_credit *mip_credits(const struct mip *m, size_t *n);
/* Since mip_begin, those that did not hold at least once. */
const struct mip_checked *mip_checks(const struct mip *m, size_t *n);
/* Of a test, in the order in which they were first made. */
const struct mip_claimed *mip_claims(const struct mip *m, size_t *n);

/* Since mip_begin. */
struct mip_usage mip_used(const struct mip *m);

/* Whether a reply of this run had to be repaired or asked again. */
bool mip_repaired(const struct mip *m);

/* While it is on, runs fail as CANCELLED at their next ask or wait, whatever
 * comes of the calls under way; from any thread. */
void mip_stop(struct mip *m, bool on);

#endif
