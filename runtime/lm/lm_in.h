/* The parts of lm, among themselves.
 *
 * A call becomes a flight, or joins the flight that already has its request.
 * lm_flight.c begins and lands flights, lm_key.c knows which are the same,
 * lm_keep.c looks them up in journal and cache; lm_end.c ends calls.
 * lm_model.c knows models, lm_address.c where they are, lm_route.c which of
 * them are tried, lm_pool.c which of several that are alike, lm_local.c their
 * own servers.
 * lm_loop.c is the I/O thread: budget, limits, attempts, waits; lm_down.c
 * sees to what an attempt has brought, lm_hedge.c to those that take long,
 * lm_health.c to endpoints that are left out.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LM_IN_H
#define LM_IN_H

#include <stdatomic.h>

#include "core/redact.h"
#include "lm/breaker.h"
#include "lm/budget.h"
#include "lm/limit.h"
#include "lm/lm.h"
#include "local/llamacpp.h"
#include "net/http.h"
#include "net/sse.h"
#include "provider/provider.h"
#include "store/store.h"
#include "trace/trace.h"
#include "trace/usage.h"

enum {
	LM_BUCKETS = 1024,
	LM_WHY = 320,
	LM_UNSHAPED = 2,                /* such replies: it ignores schemas */
	LM_ODD = 16,                    /* refused schemas that are known */
	LM_ROUTE = 16,                  /* models that one call may try */
	LM_BEGUN = 64                   /* beginnings that are hashed */
};

enum lm_source { LM_SERVER, LM_CACHE, LM_JOURNAL, LM_REPLAY, LM_SHARED };

enum lm_server { LM_NO_SERVER, LM_STARTING, LM_READY, LM_DEAD };

/* How long answers of a model took, and how many requests may be made once
 * more; see lm_hedge.c. */
enum { LM_HEDGE_CLASS = 6, LM_HEDGE_WINDOW = 128 };
struct lm_hedge {
	double credit;                  /* requests that may be */
	struct lm_hedge_times {
		float s[LM_HEDGE_WINDOW];       /* the latest, in a ring */
		unsigned n, at;
	} *times;                       /* by size of request; or NULL */
};

/* A request that was made once more, to another replica if there is one. */
struct lm_second {
	struct lm_model *m;
	struct provider_ask ask;
	struct buf body;                /* if it is another than the first's */
	struct http_request http;
	struct store_sum held;          /* its part of the budget */
	unsigned trying;                /* see struct lm_flight */
	double sent_at;
	bool leads;                     /* a stream that began before the
	                                 * first one's */
};

/* Flights in a row. */
struct lm_queue {
	struct lm_flight *first, **last;
};

/* A model as it is used here: with the options' overrides.  Or the server of
 * a tool or retriever, which is a model with a provider of its own.  Or a pool
 * of replicas, whose members here are those of the first one, with the highest
 * of their prices. */
struct lm_model {
	struct lm_model *next;
	struct lm *lm;
	const void *of; /* the struct mip_model or mip_http that it is of */
	struct mip_model model;
	const struct provider *provider;
	char *what;                     /* for messages: "model small" */
	enum mip_status bad;            /* it cannot be used, and why */
	bool keyless;                   /* it has no key for the network */
	char why[LM_WHY];               /* of `bad` or `keyless` */
	char *id;                       /* of an override */
	char *url[PROVIDER_NTO];        /* NULL: see `llama` */
	char *shown;                    /* the base address, for messages */
	char *identity;                 /* of the server, for keys */
	char *authorization;            /* header, or NULL */
	const char *key_env;            /* where its key is looked for */
	const char *key_header;         /* NULL: Authorization, as a bearer's */
	const char *header[4];
	bool own_server, loopback;
	unsigned known;                 /* LACKS_... from the start */
	uint64_t hash;                  /* of its name */
	struct lm_model *replica[LM_ROUTE];     /* of a pool */
	unsigned nreplica;
	bool sticky;
	atomic_bool routed;             /* calls may have another behind it */

	/* lm->lock */
	enum { LM_ANY_ROLE, LM_CHATS, LM_EMBEDS } role; /* of its own server */
	enum lm_server server;
	struct llamacpp *llama;
	enum mip_status dead;           /* with LM_DEAD, and why */
	char dead_why[LM_WHY];

	/* the I/O thread */
	bool starter_runs;
	pthread_t starter;
	struct limit limit;
	struct lm_queue ready;          /* flights that may be sent */
	double wake;                    /* when to look at `ready` again */
	uint64_t lately;                /* affinity of what was sent last */
	unsigned passed;                /* times that the first was passed by */
	double spent_until;             /* nothing is sent before, and why */
	enum mip_status spent;          /* QUOTA or DENIED */
	char spent_why[LM_WHY];
	unsigned ndenied;               /* 401 and 403, the latest in a row */
	bool answered;                  /* ever */
	bool heard;                     /* any status of HTTP, ever */
	unsigned ngiven_up;             /* calls, after their last attempt */
	struct breaker breaker;
	struct http_request health;     /* see lm_health.c */
	char broken_why[LM_WHY];        /* the latest failure */
	unsigned lacks;                 /* LACKS_...: known, and learned */
	struct mip_model plain;         /* without the settings it lacks, if
	                                 * something was learned */
	const char *effort;             /* with LACKS_WORD: the one it takes */
	uint64_t odd[LM_ODD];           /* hashes of schemas it refused */
	unsigned nodd;
	atomic_uint unshaped;           /* replies not of the schema */
	struct lm_hedge hedge;

	struct lm_begun *_Atomic begun[LM_BEGUN];       /* by affinity */
};

/* What is asked for once, however many wait for it. */
struct lm_flight {
	struct lm_flight *same;         /* in the table of flights */
	struct lm_flight *next;         /* in a queue */
	struct lm *lm;
	struct lm_model *m;             /* the one of the pool that it went to;
	                                 * at first the first */
	struct lm_model *pool;          /* or NULL */
	const struct lm_model *failed;  /* of the pool, at the last attempt */
	uint64_t affinity;              /* flights with one prefix share it */
	enum lm_kind kind;
	bool fresh;
	const char *url;                /* NULL: the model's */
	bool get;                       /* no body is sent */
	bool (*check)(void *arg, const char *s, size_t n, char why[256]);
	void *check_arg;
	struct lm_call *calls, **last;  /* lm->lock */
	unsigned char key[STORE_KEY];
	struct provider_ask ask;        /* borrowed from the first call */
	bool may_step;                  /* the rung is ours to choose */
	double temperature;             /* that was asked for */
	struct buf body;
	struct http_request http;
	int64_t bound;                  /* tokens of the reply, or 0 */
	struct store_sum held;
	bool holds;                     /* a part of the budget */
	bool lost;                      /* called off under way: it may have
	                                 * been paid */
	double tokens;                  /* taken from the limits */
	double due;                     /* of the next attempt */
	double deadline;                /* of the last; 0: none yet */
	uint64_t jitter;

	enum mip_status status;
	char message[LM_WHY];
	struct store_reply reply;
	bool counted;                   /* the server gave token numbers */
	char response_id[PROVIDER_NAME];        /* what a server has just
	                                 * said of its answer, or "" */
	char response_model[PROVIDER_NAME];
	const char *header[6];          /* the model's and `traceparent` */
	char traceparent[TRACE_PARENT + 16];
	struct trace_attempt *tried;    /* for a trace that is exported */
	unsigned ntried;
	unsigned trying;                /* the one that is under way, from 1 */
	enum lm_source source;
	unsigned attempts;

	bool armed;                     /* a timer will make it once more */
	struct lm_second *second;       /* it has been; or NULL */

	atomic_bool heard;              /* a call wants to hear of the reply
	                                 * while it is being written */
	bool streams;                   /* ... and this attempt's comes so */
	struct sse sse;
	struct provider_stream pieces;
	struct buf told;                /* its text without secrets; lm->lock */
	size_t safe;                    /* bytes of it that may be told: after
	                                 * them a secret may begin; lm->lock */
	size_t shown;                   /* bytes of pieces.text in `told` */
	bool called;                    /* ... is of a function's call */
	bool torn;                      /* an event was none of a reply */
	double sent_at, first_s;        /* s until the first piece; 0: none */
};

/* Flights under way whose keys fall together, and how many have landed; written
 * with lm->lock held. */
struct lm_bucket {
	struct lm_flight *first;
	atomic_uint landed;
};

/* The models that a call goes through, one after the other. */
struct lm_route {
	struct lm_model *m[LM_ROUTE];
	unsigned n, at;
};

struct lm {
	struct arena keep;              /* copies of options */
	const char *cache_dir, *base_url;
	const char *replay_path;
	int64_t cache_size;             /* bytes; 0: no limit */
	const char *const *override;
	bool no_cache, refresh, offline;
	bool propagate;                 /* servers are told of the trace */
	long timeout_ms;
	double time_limit_s, deadline;  /* no call begins after it; or 0 */
	uint64_t seed;

	struct redact redact;
	struct trace *trace;
	struct store *journal;          /* looked into, and kept, or NULL */
	struct store *record;           /* kept only */
	struct store *replay;           /* looked into; nothing else is asked */
	struct budget *budget;          /* NULL: no limit */
	void (*warn)(void *arg, const char *text);
	void *warn_arg;

	pthread_mutex_t cache_lock;     /* of opening it, and of `holders` */
	unsigned holders;               /* see lm_hold */
	struct store *_Atomic cache;
	atomic_bool cache_tried, cache_off, trace_off, trace_told;

	pthread_mutex_t model_lock;
	struct lm_model *model;

	pthread_mutex_t lock;
	struct lm_bucket bucket[LM_BUCKETS];    /* by key */
	struct lm_queue coming;         /* for the I/O thread */
	struct lm_totals totals;
	struct usage usage;
	pthread_t thread;
	bool thread_runs, stop;
	struct http *_Atomic http;
	atomic_bool cancelled;
	atomic_bool unkept;             /* what was paid for could not be kept:
	                                 * why, written once before */
	char unkept_why[LM_WHY];
	atomic_uint_fast64_t nfresh;

	/* the I/O thread */
	struct lm_queue broke;          /* wait for the budget */
	struct lm_queue down;           /* answered, or failed, just now */
	struct lm_queue done;           /* to be landed in this turn */
	struct lm_flight **timer;       /* heap by `due` */
	size_t ntimer, captimer;
	double ledger_at;               /* when to look at the ledger again */
};

/* ---- lm.c ---- */

/* A sentence of at most LM_WHY bytes, secrets blotted out. */
void lm_say(struct lm *l, char why[LM_WHY], const char *fmt, ...)
    MIP_PRINTF(3, 4);

/* Whether the time limit is over, and if so a sentence. */
bool lm_late(struct lm *l, double now, char why[LM_WHY]);

/* ---- lm_flight.c ---- */

void lm_queue_init(struct lm_queue *q);
void lm_queue_put(struct lm_queue *q, struct lm_flight *f);
struct lm_flight *lm_queue_get(struct lm_queue *q);

/* What the call asks of the model; whether the rung is ours to choose. */
void lm_ask(const struct lm_model *m, const struct lm_call *c,
    struct provider_ask *a, bool *may_step);

/* Puts the call to the model: by a flight of its own or another's. */
void lm_begin(struct lm *l, struct lm_call *c, struct lm_model *m);

/* Ends the flight, and with it its calls, or sends these on their route. */
void lm_land(struct lm *l, struct lm_flight *f);

double lm_cost(const struct mip_model *m, const struct store_reply *r);

/* ---- lm_keep.c ---- */

/* The cache, opened at the first use; NULL if there is none to be used. */
struct store *lm_cache(struct lm *l);

/* Writes the replies of flights to the cache, the journal and the recording,
 * in one transaction each; those that the latter could not take fail. */
void lm_keep(struct lm *l, const struct lm_queue *q);

/* Looks the flight up in what is kept; true if that ends it, well or not. */
bool lm_known(struct lm *l, struct lm_flight *f);

/* ---- lm_end.c ---- */

/* Ends the call with what its flight has brought: fills, counts and traces it,
 * wakes who waits for it.  `first`: it is the one that was asked for; `last`:
 * the texts go over to it. */
void lm_tell(struct lm *l, struct lm_flight *f, struct lm_call *c, bool first,
    bool last);

/* Ends a call that never became a flight. */
void lm_refuse(struct lm *l, struct lm_call *c, enum mip_status s,
    const char *why);

/* ---- lm_trace.c ---- */

/* The call has ended; see lm_tell. */
void lm_trace(struct lm *l, const struct lm_flight *f,
    const struct lm_call *c, bool first);

/* An attempt begins: its number, 0 if it is not traced.  It has ended. */
unsigned lm_trace_sent(struct lm *l, struct lm_flight *f);
void lm_trace_down(struct lm_flight *f, unsigned trying,
    const struct http_request *r);

/* The headers of the attempt, with its place in the trace if servers are told
 * of that. */
const char *const *lm_trace_header(struct lm *l, struct lm_flight *f);

/* ---- lm_model.c ---- */

/* What is known of a model, made at its first use; NULL without memory. */
struct lm_model *lm_model(struct lm *l, const struct mip_model *m);
void lm_model_free(struct lm_model *m);

/* The same of a server of a tool or retriever. */
struct lm_model *lm_model_http(struct lm *l, const struct mip_http *h);

/* Whether the options' overrides can be read. */
enum mip_status lm_model_overrides(struct lm *l, char why[LM_WHY]);

/* ---- lm_address.c ---- */

/* Where to send what goes to the server at `base`; false without memory. */
bool lm_urls(const struct lm_model *m, const char *base,
    char *url[PROVIDER_NTO]);

/* The same, of the model; sets m->bad if that is no address. */
void lm_url(struct lm *l, struct lm_model *m, const char *base);

/* The same, with the base that is set, or the provider's: *standard. */
void lm_address(struct lm *l, struct lm_model *m, bool *standard);

/* The header with the model's key, if it has one. */
void lm_key_header(struct lm *l, struct lm_model *m, bool standard);

/* ---- lm_route.c ---- */

/* Fills `r` with the models that the call is to try. */
enum mip_status lm_route(struct lm *l, const struct lm_call *c,
    struct lm_route *r, char why[LM_WHY]);

/* ---- lm_pool.c ---- */

/* A number for a key and a server: the server with the highest has the key, and
 * of the keys of one that goes each goes to any of the others. */
uint64_t lm_rendezvous(uint64_t key, uint64_t server);

/* The replica that takes the flight now; NULL: in *wait seconds, or when a call
 * has ended. */
struct lm_model *lm_pool_choose(const struct lm_flight *f, double tokens,
    double now, double *wait);
/* Whether there is another that is well. */
bool lm_pool_another(const struct lm_flight *f, double now);
/* Whether the quota of all of them is spent, or their keys are refused. */
bool lm_pool_spent(const struct lm_model *p, double now);

/* ---- lm_local.c ---- */

/* For a model with a server of its own, from the I/O thread: what it is with
 * it; starts it if there is none. */
enum lm_server lm_model_server(struct lm *l, struct lm_model *m);
/* Whether a model with a server of its own can take such a call: it answers,
 * or makes vectors, whatever it was asked for first. */
bool lm_model_takes(struct lm *l, struct lm_model *m, enum lm_kind kind);
/* The server does not answer any more. */
void lm_model_lost(struct lm *l, struct lm_model *m);

/* ---- lm_fetch.c ---- */

/* In the place of a provider: what comes is passed on as it is. */
extern const struct provider lm_fetch_provider;

/* ---- lm_loop.c ---- */

/* The I/O thread; `arg` is the struct lm. */
void *lm_loop(void *arg);

/* The flight has ended, well or not; it lands at the end of the turn. */
void lm_done(struct lm *l, struct lm_flight *f, enum mip_status s);

/* The flight is ready again when it is `due`; false without memory. */
bool lm_timer_put(struct lm *l, struct lm_flight *f);

/* The flight may be sent, as soon as there is a place for it. */
void lm_ready(struct lm_flight *f);

/* Whether all its calls have another model on their route. */
bool lm_has_next(struct lm *l, struct lm_flight *f);

/* How far down the ladder a rung is. */
unsigned lm_level(enum mip_structure s);

/* Writes the body anew for another rung; false without memory. */
bool lm_write_rung(struct lm_flight *f, enum mip_structure rung);

/* ---- lm_key.c ---- */

/* Sets the flight's key, which two calls share if they are the same: the whole
 * request, who answers, and which sample it is.  The request is the one of the
 * first rung, whatever the server made us send.  False without memory. */
bool lm_key(struct lm_flight *f);
void lm_begun_free(struct lm_begun *b);

/* ---- lm_lack.c ---- */

/* Leaves out of `m` the settings that it lacks. */
void lm_lack_settings(struct mip_model *m, unsigned lacks);
/* Notes what is known of the model before it is asked, and tells of settings
 * that are not sent therefore. */
void lm_lack_known(struct lm *l, struct lm_model *m, unsigned lacks);
/* The server has refused: whether it said what its model lacks.  Then the call
 * is asked again without it, and so are all others from now on. */
bool lm_lack_learn(struct lm *l, struct lm_flight *f);
/* Writes the request anew if it is not what the model takes; false without
 * memory. */
bool lm_lack_apply(struct lm_flight *f);

/* ---- lm_stream.c ---- */

/* An attempt begins; what was told of one before is void. */
void lm_stream_begin(struct lm_flight *f);
/* The call has joined the flight: it is told what there is.  With lm->lock
 * held. */
void lm_stream_join(struct lm_flight *f, struct lm_call *c);
/* Bytes have come: tells the calls what they say. */
void lm_stream_more(struct http_request *r);
/* All has come: reads what is left; whether it was a stream. */
bool lm_stream_rest(struct lm_flight *f);
/* The same, as an answer; false, with a sentence part in a->why, if it is
 * none. */
bool lm_stream_end(struct lm_flight *f, struct provider_answer *a);

/* Takes it out of the timers. */
void lm_timer_drop(struct lm *l, struct lm_flight *f);

/* The worst case of the flight's call, in f->held. */
void lm_need(struct lm_flight *f);

/* ---- lm_health.c ---- */

/* Whether a call may be risked there, if there is another to take it. */
bool lm_lets(const struct lm_model *m, double now);
/* Asks the endpoints of the model that were left out whether they are there,
 * when it is time to. */
void lm_health(struct lm *l, struct lm_model *m, double now);

/* ---- lm_hedge.c ---- */

/* The request was sent: it counts for those that may be made once more, and is
 * one of them if no answer comes in time. */
void lm_hedge_arm(struct lm *l, struct lm_flight *f, double now);
/* The time has come. */
void lm_hedge(struct lm *l, struct lm_flight *f, double now);
/* `done` of the first request. */
void lm_hedge_first(struct http_request *r);
void lm_hedge_free(struct lm_second *s);        /* NULL is allowed */
/* Whether the second one's bytes are the reply, where it is still being
 * written. */
bool lm_hedge_leads(const struct lm_flight *f);
/* One of the two has begun to come: the other one is given up. */
void lm_hedge_begun(struct lm *l, struct lm_flight *f);

/* ---- lm_down.c ---- */

/* The request has failed, and another is waited for in its place: what it says
 * of the endpoint. */
void lm_overtaken(struct lm *l, struct lm_model *m,
    const struct http_request *r, double sent_at, double now);

/* Seconds from now that an attempt may take. */
double lm_attempt_s(const struct lm *l, const struct lm_flight *f, double now);

/* The attempt has ended: reads the answer, or sees to the failure. */
void lm_came_down(struct lm *l, struct lm_flight *f, double now);

#endif
