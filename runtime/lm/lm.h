/* A call of a language model, or a request to another server: cache, single
 * flight, budget, limits, provider, retries by cause.
 *
 * One `struct lm` serves all threads of a process; one I/O thread runs the
 * transfers.  Programs see none of it but mip_ask and mip_wait.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LM_H
#define LM_H

#include <pthread.h>
#include <semaphore.h>

#include "core/buf.h"
#include "miproc_gen.h"
#include "reply/reply.h"
#include "trace/trace.h"
#include "trace/usage.h"

struct lm_usage {
	int64_t in, cached, out;        /* tokens; cached is a part of in */
	double cost;                    /* usd; 0 where no price is known */
};

/* Calls that one thread waits for together, which alone begins them. */
struct lm_group {
	pthread_mutex_t lock;
	pthread_cond_t heard;           /* for lm_wait_news */
	sem_t all;                      /* for lm_wait: all have ended */
	bool waits;                     /* it is waited for */
	unsigned pending;
	bool news;                      /* of a call that streams */
};
bool lm_group_init(struct lm_group *g);
void lm_group_release(struct lm_group *g);

/* One more is under way; one has ended.  Once all have, and the thread knows of
 * it, the group may be gone. */
void lm_group_begin(struct lm_group *g);
void lm_group_end(struct lm_group *g);

enum lm_kind {
	LM_CHAT,                        /* a model is asked */
	LM_EMBED,                       /* a model turns texts into vectors */
	LM_FETCH                        /* a server of a tool or retriever */
};

/* The caller fills the first part, which is borrowed until the call is done;
 * lm fills the second.  A fetch has `server` in place of `model`, and of what
 * is about models nothing counts. */
struct lm_call {
	enum lm_kind kind;
	const struct mip_model *model;  /* lives, unchanged, as long as lm */
	const struct mip_http *server;  /* likewise */
	const char *url;                /* of a fetch; NULL: the server's */
	const char *messages;           /* JSON array; to embed: of strings; of
	                                 * a fetch the JSON that is posted,
	                                 * NULL: GET */
	size_t messages_len;
	bool fresh;                     /* neither from cache or journal nor
	                                 * shared, and not kept there */
	size_t most;                    /* bytes of an answer; 0: 64 MiB */
	/* whether the answer to a fetch will do, asked in the I/O thread: else
	 * it is one that could not be read, and the request is made again;
	 * `why` goes on from "the server answered"; NULL: any will do */
	bool (*check)(void *arg, const char *s, size_t n, char why[256]);
	void *check_arg;
	const char *schema;             /* of the outputs, or NULL: no JSON */
	const char *schema_name;
	const char *grammar;            /* GBNF of the reply, or NULL */
	const char *leaf;               /* for traces and usage */
	bool reasks;                    /* for a reply that could not be read */
	enum mip_structure structure;   /* AUTO: the model's */
	double temperature;             /* MIP_UNSET: the model's */
	const char *sample;             /* sample key, "" for the first */
	struct trace_at at;             /* the run that makes it; or zero */
	uint64_t hash_affinity;         /* calls sharing a prefix share it */
	struct lm_group *group;
	bool stream;                    /* tell of the reply while it is being
	                                 * written: lm_call_news */

	enum mip_status status;         /* OK, INFRASTRUCTURE, QUOTA, BUDGET,
	                                 * OFFLINE, CANCELLED, USAGE, IO, NOMEM;
	                                 * REFUSAL
	                                 * and TRUNCATED: the server would not
	                                 * take the request, or its length; FAIL
	                                 * of a fetch: it would not take it, or
	                                 * its answer is too long */
	char message[320];              /* one sentence if not OK */
	char *text;                     /* malloc'ed; lm_call_release; of a
	                                 * fetch the body, whatever it is; of
	                                 * LM_EMBED a JSON array of vectors, as
	                                 * long as that of texts, arrays of
	                                 * numbers, all of one length */
	size_t text_len;
	char *reasoning;                /* malloc'ed, or NULL */
	enum reply_finish finish;
	bool refused;                   /* the provider says so */
	bool cached;                    /* nothing was paid for it now */
	enum mip_structure rung;        /* the structure that was used */
	struct lm_usage usage;          /* original, also when cached */
	double latency_s;               /* original, also when cached */
	unsigned attempts;

	double first_s;                 /* to the first piece; 0: none came */

	struct buf so_far;              /* private; the group's lock */
	void *by;                       /* who answered */
	bool stepped;                   /* the rung may be another */
	bool news, again;
	int64_t began_ns;
	struct lm_call *next;           /* private */
	void *flight;
};

struct lm;

/* Appends what names the model and its server, as keys have it: vectors of the
 * same name can be compared.  The status if it cannot be used, with a sentence
 * in `why`. */
enum mip_status lm_identity(struct lm *l, const struct mip_model *m,
    struct buf *b, char why[320]);

/* Makes the client of an environment; see struct mip_options.  On failure
 * *out is NULL and `why` (of 320 bytes) holds a sentence. */
enum mip_status lm_new(const struct mip_options *o, struct lm **out,
    char why[320]);
/* Waits for nothing: calls under way end as CANCELLED. */
void lm_free(struct lm *l);

/* Who is told what goes on in spite of a fault, once for each: that the cache
 * cannot be used, for one.  Comes from any thread; the text is a sentence
 * without full stop.  To be called before the first lm_start. */
void lm_observe(struct lm *l, void (*warn)(void *arg, const char *text),
    void *arg);

/* Tells them "WHAT: WHY". */
void lm_warn(struct lm *l, const char *what, const char *why);

/* Between the two, which nest, a thread makes calls without long pauses, and
 * replies that are kept are looked up together, which is cheaper. */
void lm_hold(struct lm *l);
void lm_drop(struct lm *l);

/* Starts the call: counts it in `group->pending`, which comes down when it is
 * done.  Never blocks on the network (it may block on the cache's disk). */
void lm_start(struct lm *l, struct lm_call *c);
/* The same, and waits for this one: makes the group itself.  Gives its
 * status. */
enum mip_status lm_fetch(struct lm *l, struct lm_call *c);
/* What a setting is here: the variable if it is set, else the text; or
 * NULL. */
const char *lm_setting(const struct mip_setting *s);
/* Waits until all calls of the group are done. */
void lm_wait(struct lm_group *g);
void lm_call_release(struct lm_call *c);
/* What a call that has ended is for usage; its texts are the call's. */
struct usage_call lm_call_usage(const struct lm_call *c);

/* The reply of the call has not the shape that its server was asked for: one
 * that ignores the schema twice, where the rung is ours to choose, is asked for
 * JSON in words from then on; that is told. */
void lm_unshaped(struct lm *l, const struct lm_call *c);

/* Waits until there is news of a call that streams, or so long, if `ms` is not
 * 0, or until all of the group are done: false. */
bool lm_wait_news(struct lm_group *g, unsigned ms);
/* Whether there is news of the call: then `text`, which has what it was given
 * before, becomes what its reply says so far, and *again says whether that
 * began anew. */
bool lm_call_news(struct lm_call *c, struct buf *text, bool *again);

/* A sentence for the user on a reply that came, but was a refusal or was cut
 * off; "" if there is nothing to add to the status. */
void lm_explain(const struct lm_call *c, enum mip_status s, char why[320]);

/* Whether the time limit is over, after which no call begins; a sentence. */
bool lm_time_over(struct lm *l, char why[320]);

/* All calls from now on, and those under way, end as CANCELLED.  Takes no
 * lock and does not wait. */
void lm_cancel(struct lm *l);

/* What was spent and saved so far, by this process. */
struct lm_totals {
	uint64_t calls;                 /* answered by a server */
	uint64_t fetched;               /* likewise; not counted as calls */
	uint64_t cached, shared;        /* from cache; by single flight */
	uint64_t attempts, failures;
	struct lm_usage paid, nominal;  /* nominal: as if nothing were cached */
};
void lm_totals(struct lm *l, struct lm_totals *t);

/* The same by leaf: at most `n` rows; gives how many there are. */
size_t lm_usage(struct lm *l, struct mip_leaf_usage *v, size_t n);
/* Adds all of it to the row called `name`. */
void lm_usage_join(struct lm *l, struct usage *to, const char *name);
/* As a table, or as JSON. */
void lm_usage_tell(struct lm *l, bool json, struct buf *b);

/* ---- lm_trace.c: they do nothing where there is no trace ---- */

/* A run begins, below `up` or where the environment says: gives it a place and
 * the time, or zero without a trace. */
int64_t lm_trace_begin(struct lm *l, const struct trace_at *up,
    struct trace_at *at);
/* A run has ended. */
void lm_trace_run(struct lm *l, struct trace_run *r);
/* A place below that of a run. */
void lm_trace_below(struct lm *l, const struct trace_at *up,
    struct trace_at *at);
/* Something that began at `start_ns`, see lm_trace_now, below `up`. */
int64_t lm_trace_now(const struct lm *l);
void lm_trace_tool(struct lm *l, const struct trace_at *up,
    struct trace_tool *t);
/* False if it cannot be kept out of the trace. */
bool lm_trace_secret(struct lm *l, const char *secret);
void lm_trace_check(struct lm *l, const struct trace_check *c);

/* The exact request body that the call would send (--prompts). */
enum mip_status lm_request(struct lm *l, const struct lm_call *c,
    struct buf *body, char why[320]);

#endif
