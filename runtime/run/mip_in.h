/* What the files of contexts share: mip.c, mip_ask.c, fork.c, tool.c.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MIP_IN_H
#define MIP_IN_H

#include <stdatomic.h>

#include "prompt/prompt.h"
#include "reply/reply.h"
#include "run/mip.h"


enum ask_state { ASK_SENT, ASK_READ, ASK_AGAIN, ASK_FAILED };

/* A call that was asked for; reused from wait to wait.  The I/O thread
 * knows its address, so it does not move. */
struct ask {
	const struct mip_prompt *prompt;
	const struct slots_leaf *leaf;
	const void *in;
	void *out;
	const struct json *demo;        /* that were found for it */
	unsigned ndemo;
	unsigned trimmed;               /* demonstrations that it goes without:
	                                 * of those found the least near, then
	                                 * the others from the end */
	enum ask_state state;
	struct lm_call call;
	struct buf messages;
	uint64_t occurrence;
	struct mip_retry *again;        /* or NULL */
	unsigned hinted;                /* hints that it brings */
	unsigned reasked;
	struct prompt_retry *retry;     /* `hinted` and `reasked` of them */
	const char *sample;             /* its key */
	char name[MIP_SCHEMA_NAME];
	struct reply_note note;
	bool refused;
	enum mip_status status;
	const char *why;
	struct mip_usage usage;
	unsigned number;                /* in the run, for who listens */
	struct buf text;                /* of the reply so far; mip_hear */
	struct buf told;                /* JSON of it */
	size_t read;                    /* bytes of it that `told` knows */
	double read_at;
	bool anew;                      /* to be told with the next part */
};

/* How often a request or a fork came up in the run. */
struct seen {
	uint64_t hash, times;           /* times 0: free */
};

struct fork;
struct listener;
struct regex_cache;

struct mip {
	struct mip_env *env;
	struct mip *idle;               /* the next one that nobody uses */
	struct fork *fork;              /* what it runs; NULL: a whole run */
	const char *path;               /* of forks, "/2/0"; "": a whole run */
	struct arena arena;
	struct lm_group group;
	atomic_bool stop;
	enum mip_status status;
	char message[512];
	const char *caught;             /* see mip_failure; NULL: nothing */
	struct slots *slots;            /* or NULL */
	uint64_t sample;
	struct json row;                /* see mip_set_row */
	const struct mip_override *model;
	size_t nmodel;
	struct ask **ask;               /* `made` of them, `nask` in use */
	size_t nask, made, cap;
	struct fork *forked, **last_forked;     /* since the last wait */
	struct lm_group forks;          /* those that were begun */
	struct seen *seen;              /* in the arena; 2^k of them */
	size_t nseen, seen_cap;
	struct listener *listener;      /* of a stream; or NULL */
	struct regex_cache *patterns;   /* or NULL */
	bool record, repaired;
	struct mip_claimed *claim;      /* in the arena, as first made */
	size_t nclaim, claim_cap;
	struct mip_claimed *told;       /* the one that is told of; or NULL */
	bool unmet;                     /* an expect does not hold */
	struct mip_step *step;
	size_t nstep, step_cap;
	struct mip_checked *checked;
	size_t nchecked, checked_cap;
	struct mip_credit *credit;
	size_t ncredit, credit_cap;
	struct trace_at at;             /* of the run, for a trace */
	struct trace_at above;          /* where it belongs; if `placed` */
	bool placed;
	const char *name;               /* of the program; or NULL */
	int64_t began_ns, ended_ns;     /* 0: it is not traced, or is over */
	bool itemize;
	struct usage_call *item;        /* in the arena */
	size_t nitem, item_cap;
	struct mip_usage used;
	struct mip_usage ran;           /* by the program alone, once it is
	                                 * judged */
	bool judged;
};

/* Does the condition hold over the record, in the run `m`?  Not if it cannot
 * be computed; that does not fail the run, but for want of memory. */
bool mip_check_holds(void *m, const struct mip_check *c, const void *record);
void mip_check_count(struct mip *m, const char *label, uint64_t times);
/* Counts it, and writes it to the trace. */
void mip_check_failed(struct mip *m, const struct trace_check *c);
/* Judges what a tool gave; false with a sentence. */
struct type_error;
bool mip_check_result(struct mip *m, const struct mip_tool *tool,
    const void *v, struct type_error *e);

/* Forgets the last run, for a fork to begin. */
void mip_clear(struct mip *m);

/* Fails the run, `arg`, for want of memory. */
void mip_oom(void *arg);

/* Fails the run if it, or one that it is a fork of, was to stop. */
bool mip_stopped(struct mip *m);

/* Adds what was claimed in a fork that is over; `v` lives in the arena. */
void claim_adopt(struct mip *m, const struct mip_claimed *v, size_t n);

/* How often it was called with this hash, of a request, or site, of a fork, in
 * the run before. */
uint64_t mip_occurrence(struct mip *m, uint64_t hash);

void mip_usage_add(struct mip_usage *to, const struct mip_usage *u);
/* Keeps the call, if they are kept. */
void mip_item_keep(struct mip *m, const struct usage_call *c);

/* How the reply of the call is to be read. */
struct reply_options mip_reply_options(struct mip *m, const struct ask *a,
    enum reply_finish finish);

/* ---- mip_stream.c ---- */

/* Waits for the calls under way, and tells who listens what comes. */
void mip_hear(struct mip *m);
/* Numbers a call for those who listen. */
void mip_hear_new(struct mip *m, struct ask *a);
/* Its outputs are there, or it is asked anew. */
void mip_hear_read(struct mip *m, struct ask *a);
void mip_hear_again(struct ask *a);
void mip_hear_release(struct ask *a);

/* Waits for calls that a program has left under way by returning early, and
 * forgets them, and what it has forked. */
void mip_ask_drain(struct mip *m);

#endif
