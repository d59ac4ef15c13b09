/* The fake model server: what its parts say to each other.
 *
 * lmd.c speaks HTTP and keeps the clock, lmd_log.c the log; lmd_rules.c reads
 * the script and finds the rule for a request; lmd_reply.c writes bodies;
 * lmd_task.c plays a model with a skill, lmd_invent.c and lmd_form.c one that
 * says anything.  lmd_api.h: the judge of requests.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef LMD_H
#define LMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

/* Text that grows; out of memory ends the program. */
struct lmd_text {
	char *s;
	size_t len, cap;
};

void lmd_put(struct lmd_text *t, const void *p, size_t n);
void lmd_puts(struct lmd_text *t, const char *s);
void lmd_printf(struct lmd_text *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void lmd_quote(struct lmd_text *t, const char *s);      /* as JSON */

/* Prints and ends the program. */
void lmd_die(const char *fmt, ...)
    __attribute__((format(printf, 1, 2), noreturn));
void *lmd_alloc(size_t n);                              /* zeroed */

/* A request, parsed.  Of a GET the body is an object of its arguments. */
struct lmd_request {
	const char *path, *method;
	/* A header, or an argument of the address; NULL. */
	const char *(*find)(void *connection, bool header, const char *name);
	void *connection;
	const cJSON *lacks;             /* of the rule; see lmd_api.h */
	struct lmd_text body;
	cJSON *json;                    /* NULL: not JSON */
	struct lmd_text system;         /* all system messages */
	struct lmd_text user;           /* the last user message */
	unsigned nassistant;            /* assistant messages before it */
	size_t nchar;                   /* bytes of all messages */
	unsigned char sha[32];
};

/* Reads body into the other members; what they hold is given back by
 * lmd_request_release. */
void lmd_request_parse(struct lmd_request *r);
void lmd_request_release(struct lmd_request *r);

enum lmd_action {
	LMD_ANSWER, LMD_RESET, LMD_TRUNCATE, LMD_HTML, LMD_HANG, LMD_SLOW,
	LMD_HUGE, LMD_BADUTF8
};

struct lmd_task;
struct lmd_api;

struct lmd_rule {
	const cJSON *json;              /* the line of the script */
	const cJSON *match, *match_user, *match_system, *unless;
	const char *path; /* answers this path alone, with its bare reply;
	                                 * NULL: completions and embeddings */
	const struct lmd_api *api;      /* judges what comes to any path */
	enum lmd_action action;
	unsigned status, delay_ms, times, every;
	unsigned piece_ms;              /* between events of a stream */
	unsigned break_after; /* so many events; 0: all come */
	struct lmd_task *task;          /* or NULL */
	unsigned seen, used;            /* under the lock */
};

struct lmd_script {
	struct lmd_rule *rule;
	unsigned n;
};

/* Reads the script, or makes one that says "ok" to everything if `path` is
 * NULL.  A mistake in it ends the program. */
void lmd_script_load(struct lmd_script *s, const char *path);
void lmd_script_release(struct lmd_script *s);

/* The rule for a request, or NULL; *turn says how often it had answered.
 * The caller holds the lock. */
struct lmd_rule *lmd_script_choose(struct lmd_script *s,
    const struct lmd_request *r, unsigned *turn);

/* Reads the lines of a JSONL file; ends the program if it cannot. */
cJSON *lmd_jsonl(const char *path);

/* Appends the body of the answer and names its media type. */
const char *lmd_reply(struct lmd_text *t, const struct lmd_rule *rule,
    const struct lmd_request *r, unsigned turn);
/* The same for a rule with a path: its reply is the whole body. */
const char *lmd_reply_bare(struct lmd_text *t, const struct lmd_rule *rule,
    const struct lmd_request *r, unsigned turn);
const char *lmd_reply_error(struct lmd_text *t, unsigned status,
    const char *message);
const char *lmd_reply_embeddings(struct lmd_text *t,
    const struct lmd_request *r);

/* What the model of the rule says, as sample k of the turn. */
void lmd_says(struct lmd_text *t, const struct lmd_rule *u,
    const struct lmd_request *r, unsigned turn, unsigned k);

enum { LMD_DIM = 64 };

/* A bag of words, each word at the place and with the sign of its hash:
 * texts that share words lie close together. */
void lmd_embed(double v[LMD_DIM], const char *s);

/* A task reads its rows relative to the directory of the script. */
struct lmd_task *lmd_task_new(const cJSON *json, const char *dir);
void lmd_task_free(struct lmd_task *t);

/* What the model with this skill says, as sample `k` of one request. */
void lmd_task_answer(struct lmd_text *t, const struct lmd_task *task,
    const struct lmd_request *r, unsigned k);

/* The schema that the reply is to have; NULL. */
const cJSON *lmd_task_schema(const cJSON *request);

/* Appends a value that the schema allows, always the same of one seed; without
 * a schema what the prompt shows the layout of, or a number. */
void lmd_invent(struct lmd_text *t, const cJSON *schema, const char *prompt,
    uint64_t seed);
/* Appends what has the layout that the prompt shows; false if it shows none. */
bool lmd_form(struct lmd_text *t, const char *prompt, uint64_t *seed);
unsigned lmd_invent_draw(uint64_t *seed, unsigned below);
void lmd_invent_word(struct lmd_text *t, uint64_t *seed);
/* Prints one for the schema that is a member of the object in the file. */
void lmd_invent_print(const char *path, const char *member, uint64_t seed);

#endif
