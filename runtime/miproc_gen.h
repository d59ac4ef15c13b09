/* What compiled programs are made of: the tables that describe them, and what
 * their functions call.  Generated code includes this; the C programs around
 * it need miproc.h alone.
 *
 * SPDX-License-Identifier: MIT */
#ifndef MIPROC_GEN_H
#define MIPROC_GEN_H

#include "miproc.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Generated code carries the number it was made for; the runtime refuses
 * another one. */
#define MIP_ABI 2

#if defined(__GNUC__)
#define MIP_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define MIP_SENTINEL __attribute__((sentinel))
#else
#define MIP_PRINTF(fmt, args)
#define MIP_SENTINEL
#endif

/* ---- types ---- */

enum mip_kind {
	MIP_STRING, MIP_INT, MIP_FLOAT, MIP_BOOL, MIP_ENUM, MIP_STRUCT,
	MIP_LIST, MIP_OPTIONAL, MIP_MAP, MIP_UNION, MIP_LITERAL,
	MIP_IMAGE, MIP_FILE, MIP_AUDIO
};

/* One name of an enum; its C value is its index. */
struct mip_variant {
	const char *name;
	const char *alias;              /* what the model sees; NULL: name */
	const char *desc;               /* or NULL */
};

enum mip_field_flag {
	MIP_FENCE    = 1,               /* untrusted text: shown in a fence */
	MIP_HIDDEN   = 2,               /* not in the program's result */
	MIP_HAS_MIN  = 4, MIP_HAS_MAX = 8,      /* @range, @len */
	MIP_STREAM_DONE = 16
};

/* @check, @assert: a condition on the record that a field belongs to. */
struct mip_check {
	const char *text;               /* its label; its hint */
	bool must;                      /* @assert */
	bool (*holds)(struct mip *m, const void *record);
};

/* A member of a struct, an input or an output. */
struct mip_field {
	const char *name;               /* in the source and in JSON */
	const char *alias;              /* what the model sees; NULL: name */
	const char *desc;               /* or NULL */
	const struct mip_type *type;
	size_t offset;
	const void *fallback;           /* default value of `type`, or NULL */
	unsigned flags;                 /* enum mip_field_flag */
	double min, max;                /* of a number, or a length */
	const char *regex;              /* PCRE2, or NULL */
	const struct mip_check *check;
	unsigned ncheck;
};

#define MIP_FIELD(record, member, t, text) \
	.name = #member, .desc = (text), .type = (t), \
	.offset = offsetof(record, member)

/* One table drives prompts, schemas, parsing and JSON in and out. */
struct mip_type {
	enum mip_kind kind;
	size_t size;                    /* of the C value */
	const char *name;               /* enum, struct */
	const struct mip_type *of;      /* list, optional, map: the element;
	                                 * literal: string, int or bool */
	const struct mip_field *field;  /* struct */
	const struct mip_variant *variant;      /* enum */
	const struct mip_type *const *arm;      /* union */
	const void *value;              /* literal: array of values of `of` */
	unsigned n;                     /* fields, variants, arms, values */
	size_t arm_at;                  /* offset of `u` in a union */
};

extern const struct mip_type mip_string, mip_int, mip_float, mip_bool;
extern const struct mip_type mip_string_list, mip_int_list, mip_float_list,
    mip_bool_list;                      /* of struct mip_strings, ... */
extern const struct mip_type mip_string_optional;

/* ---- models ---- */

/* Text from an environment variable if that is set, else `text`. */
struct mip_setting {
	const char *env;                /* or NULL */
	const char *text;               /* or NULL */
};

enum mip_structure {                    /* how a shape is asked for */
	MIP_STRUCTURE_AUTO, MIP_STRUCTURE_NATIVE, MIP_STRUCTURE_FUNCTION,
	MIP_STRUCTURE_GRAMMAR, MIP_STRUCTURE_JSON_OBJECT, MIP_STRUCTURE_PROMPT
};

enum mip_route { MIP_DIRECT, MIP_FALLBACK, MIP_ROUND_ROBIN, MIP_LEAST_LOADED };

#define MIP_UNSET (-1.0)                /* a number that was not given */
struct mip_pair { const char *name, *value; };

/* How requests go to a server, and how often. */
struct mip_sending {
	unsigned attempts;              /* of a request, at most; 0: 5 */
	long backoff_ms, max_wait_ms;   /* 0: 500, 60,000 */
	const char *retry_on;           /* "429 503"; NULL: all that pass */
	long timeout_ms;                /* 0: 120,000; 30,000 of no model */
	long deadline_ms;               /* of all of them; 0: none */
	long hedge_ms;                  /* until a request that has no answer
	                                 * is made once more; 0: never */
	double hedge_share;             /* ... after the time within which such
	                                 * a share of the latest calls was
	                                 * answered; 0: never */
	unsigned running;               /* at once; 0: no limit */
	bool adaptive;                  /* as many as the server takes */
	double rpm;                     /* per minute; 0: no limit */
};

struct mip_model {
	const char *name;               /* in the source */
	const char *provider;           /* "openai", "anthropic", ... */
	const char *id;                 /* at the provider; a path for GGUF */
	struct mip_setting base_url;
	const char *key_env; /* variable that holds the key, or NULL */
	const char *identity; /* of the server, for the cache; or NULL */
	double temperature, top_p;      /* or MIP_UNSET */
	int64_t max_tokens;             /* 0: the server's */
	int64_t context;                /* tokens; 0: unknown */
	int64_t seed;                   /* -1: none */
	const char *const *stop;        /* NULL-terminated, or NULL */
	const char *effort;             /* reasoning effort, or NULL */
	bool no_system;                 /* it takes no system message */
	bool prompt_cache;              /* asks a server that wants to be asked
	                                 * to keep what prompts begin with */
	enum mip_structure structure;
	bool priced;                    /* the prices are known */
	double price_in, price_out, price_cached;       /* usd per million */
	double price_written; /* of what the provider keeps; 0: as of in */
	struct mip_sending sending;
	double tpm;                     /* tokens per minute; 0: no limit */
	const struct mip_pair *option;  /* others, sent as they stand */
	unsigned noption;
	enum mip_route route;           /* not MIP_DIRECT: only name and `to` */
	const struct mip_model *const *to;
	unsigned nto;
	bool sticky;
};

/* ---- servers of tools and retrievers ---- */

/* A server that is spoken to over HTTP. */
struct mip_http {
	const char *name;               /* in messages: "tool lookup" */
	struct mip_setting url;
	const char *key_env; /* variable that holds the key, or NULL */
	const char *key_header; /* what it is sent in; NULL: as a bearer's,
	                                 * in Authorization */
	struct mip_sending sending;
};

/* ---- retrievers ---- */

enum mip_retrieval {
	MIP_BM25,                       /* words of a file's rows */
	MIP_EMBED,                      /* vectors of a file's rows */
	MIP_SEARCH                      /* asks a server */
};

/* Where passages are found. */
struct mip_retriever {
	const char *name;
	enum mip_retrieval by;
	const struct mip_type *of;      /* of a result: a struct, or string */
	const char *const *text;        /* members of a row that are searched,
	                                 * NULL-terminated; of MIP_SEARCH: that
	                                 * make a string of a result, or NULL */
	const char *score; /* member that gets how well a row fits; or NULL */
	/* bm25, embed */
	const char *path; /* rows as JSON; relative: to the root */
	const char *id;                 /* member that no two share, or NULL */
	const struct mip_model *model;  /* embed: makes the vectors */
	/* bm25 */
	bool stem;                      /* English words by their stems */
	double k1, b;
	/* search */
	const struct mip_http *http; /* GET if its URL has "{query}" */
	const char *results; /* where they are, "a.b"; NULL: "results", or
	                                 * the answer is the list */
	bool fresh;                     /* answers are not kept */
};

/* ---- prompts: what tuning changes ---- */

/* How a reply is laid out. */
enum mip_format {
	MIP_PLAIN,                      /* the value alone; one output only */
	MIP_JSON,                       /* one JSON object */
	MIP_MARKERS,                    /* [[ ## field ## ]] */
	MIP_LABELS,                     /* Field: value */
	MIP_XML,                        /* <field>value</field> */
	MIP_NFORMAT
};

/* Long text as pieces to be joined, NULL-terminated (a C compiler need not
 * take a literal of more than 4095 bytes). */
typedef const char *const *mip_text;

enum mip_parse { MIP_TOLERANT, MIP_STRICT, MIP_NATIVE };

/* A piece of a template: text, or the value of an input. */
struct mip_piece {
	const char *text;               /* NULL: a value */
	const unsigned *path;           /* number of the input in `in`, then of
	                                 * members in it */
	unsigned npath;
};

/* A leaf: one declared module with the values of its slots. */
struct mip_prompt {
	const char *name;               /* its address, "m.answer" */
	const char *hash;               /* of its signature, hex */
	const struct mip_type *in, *out;        /* structs */
	mip_text text;                  /* slot: instruction */
	const struct mip_piece *piece;          /* the user message, or NULL:
	                                 * every input with its name */
	size_t npiece;
	const bool *fence;              /* by input: may it have texts of
	                                 * others?  Those are shown in a fence;
	                                 * NULL: none has */
	const mip_text *demo;           /* slot: demonstrations, each one JSON
	                                 * object of inputs and outputs */
	unsigned ndemo;
	const struct mip_retriever *cases;      /* finds demonstrations for
	                                 * each call: at most ncase rows, of
	                                 * inputs and outputs, that are nearest;
	                                 * or NULL */
	unsigned ncase;
	const char *near_by;            /* input that is compared; NULL: all
	                                 * their texts */
	enum mip_format format;         /* slot: format of the reply */
	double temperature;             /* slot; MIP_UNSET: the model's */
	const struct mip_model *model;
	enum mip_structure structure;   /* slot; AUTO: the model's */
	enum mip_parse parse;
	int reask;                      /* times a format failure is re-asked */
	int max_repair;                 /* cost above which a repaired reply
	                                 * is a format failure; -1: any */
	const void *on_refusal;         /* a value of `out`, or NULL */
	bool trim_demos;                /* where the prompt is too long for the
	                                 * model, with fewer demonstrations */
};

/* A tunable number or word of the program. */
struct mip_param {
	const char *name;
	const struct mip_type *type;    /* int, float, bool, string */
	const void *value;              /* slot: its value */
};

/* ---- tools ---- */

enum mip_tool_kind {
	MIP_EXEC,                       /* a command */
	MIP_HTTP                        /* a server: inputs are posted */
};

/* What programs call. */
struct mip_tool {
	const char *name;               /* in the source */
	enum mip_tool_kind kind;
	const char *const *argv;        /* NULL-terminated; a command with a
	                                 * slash is relative to the root */
	const struct mip_http *http;    /* of MIP_HTTP, in place of argv and
	                                 * all that is about processes */
	const struct mip_type *in;      /* struct of its inputs; NULL: it
	                                 * judges rows */
	const struct mip_type *out;     /* what it gives */
	bool text_in, text_out;         /* one string as it is, not JSON */
	bool keep;                      /* its process stays: a line of JSON
	                                 * in, a line out */
	bool effect;                    /* it does more than answer */
	long timeout_ms;                /* of a call; 0: 30,000 */
	int64_t max_output;             /* bytes; 0: 1 MiB */
	int64_t memory;                 /* bytes of a process; 0: no limit */
	int64_t cpu_s;                  /* of a process; 0: no limit */
	unsigned jobs;                  /* processes at once; 0: as many as
	                                 * there are processors, 4 at least */
	const char *const *env;         /* variables that are passed on,
	                                 * NULL-terminated, or NULL */
	double on_fail;                 /* score of a row that it fails on */
};

/* ---- programs ---- */

struct mip_program {
	unsigned abi;                   /* MIP_ABI */
	const char *name, *desc;
	const char *version;            /* of the miproc that wrote it */
	const char *hash;               /* of the program, hex */
	const char *tuned;              /* of the tuned file, or "" */
	const struct mip_type *in, *out;
	const struct mip_prompt *const *prompt;
	unsigned nprompt;
	const struct mip_param *const *param;
	unsigned nparam;
	const struct mip_model *const *model;
	unsigned nmodel;
	const struct mip_tool *const *tool;     /* that it may call */
	unsigned ntool;
	const struct mip_retriever *const *retriever;
	unsigned nretriever;
	uint64_t calls_min, calls_max;  /* LM calls of a run, no re-asks */
	enum mip_status (*run)(struct mip *m, const void *in, void *out);
};

struct mip_score {
	double value;
	const char *feedback;           /* or NULL */
};

/* A metric over a row's gold values and the program's inputs and outputs. */
struct mip_metric {
	const char *name;
	const struct mip_type *gold; /* struct of the row's fields it reads */
	double on_fail;                 /* score of a failed row */
	bool minimize;
	enum mip_status (*run)(struct mip *m, const void *gold,
	    const void *in, const void *out, struct mip_score *score);
};

/* A condition that a test states: expect, or check. */
struct mip_claim {
	const char *text;               /* as written */
	unsigned line;
	bool must;                      /* expect: the test fails without it */
};

struct mip_test {
	const char *name;
	enum mip_status (*run)(struct mip *m);
};

/* What a worker can do besides running. */
struct mip_eval {
	const struct mip_metric *const *metric;
	unsigned nmetric;
	const struct mip_test *test;
	unsigned ntest;
	const struct mip_model *const *model;   /* that the program has not */
	unsigned nmodel;
	const struct mip_tool *const *tool;     /* that the program has not */
	unsigned ntool;
	const struct mip_retriever *const *retriever;
	unsigned nretriever;
};

/* ---- runs ---- */

/* Starts a run: forgets the last one's values and failure. */
void mip_begin(struct mip *m);
/* The same of a program, under its name.  Public entry points call it, and no
 * others; fails as USAGE if the program was made for another runtime. */
enum mip_status mip_enter(struct mip *m, const struct mip_program *p);

/* Asks for `out` (of p->out) from `in` (of p->in), both the caller's until
 * mip_wait; after a failure it does nothing. */
void mip_ask(struct mip *m, const struct mip_prompt *p, const void *in,
    void *out);

/* What was said of the replies to one call so far; all zero at first. */
struct mip_retry {
	const char *reply;              /* the latest, as it came */
	size_t step;                    /* where it is recorded, from 1 */
	unsigned n;                     /* hints that were given */
	void *past;                     /* ... and what they were given for */
};

/* The same for a call that a hint may follow: shows the model its earlier
 * replies and what was wrong with them. */
void mip_ask_again(struct mip *m, const struct mip_prompt *p, const void *in,
    void *out, struct mip_retry *again);

/* Notes what was wrong with the reply that mip_wait has read last, for the
 * next asking. */
void mip_hint(struct mip *m, struct mip_retry *again, const char *hint);

/* Whether the run has failed in a way that a program may go on from: the
 * failure is then forgotten.  One of the world stays. */
bool mip_caught(struct mip *m);
/* What mip_caught forgot last: class and message, "format: no field x"; "".
 * Lives as long as the run. */
const char *mip_failure(const struct mip *m);
/* Makes the run fail, unless it has failed already, as that text says; gives
 * the status. */
enum mip_status mip_fail_again(struct mip *m, const char *failure);

/* A function of a program: what its call is given, and what it gives. */
typedef enum mip_status (*mip_fn)(struct mip *m, const void *in, void *out);

/* Calls `fn` beside what else is asked and forked before the next mip_wait,
 * which begins and ends it, on a context and in a thread of its own.  `in`
 * and `out` are the caller's until then; after a failure it does nothing.
 * `site` tells this call from others in the text of the function: it and how
 * often it was made before lead to the samples that are drawn in it. */
void mip_fork(struct mip *m, unsigned site, mip_fn fn, const void *in,
    void *out);

/* The same and waits. */
enum mip_status mip_run(struct mip *m, unsigned site, mip_fn fn,
    const void *in, void *out);

/* Waits for all that was asked and forked.  The first failure in the order of
 * asking and forking sticks to the context, and every later call gives it
 * back. */
enum mip_status mip_wait(struct mip *m);

/* Calls the tool: `out` (of tool->out) from `in` (of tool->in).  After a
 * failure it does nothing.  Gives the status of the run. */
enum mip_status mip_call(struct mip *m, const struct mip_tool *tool,
    const void *in, void *out);

/* Finds what fits `query` best, at most `k` results: *list is a struct { const
 * T *v; size_t n; } of r->of, the best one first.  After a failure it does
 * nothing.  Gives the status of the run. */
enum mip_status mip_search(struct mip *m, const struct mip_retriever *r,
    const char *query, int64_t k, void *list);

/* The vector that a model makes of a text.  A failure sticks, and gives an
 * empty list. */
struct mip_floats mip_embed(struct mip *m, const struct mip_model *model,
    const char *text);

/* What a command says of the row that is judged and of what the program made
 * of it: `verdict` (of tool->out) is { double score; const char *feedback; }.
 * Gives the status of the run. */
enum mip_status mip_verdict(struct mip *m, const struct mip_tool *tool,
    const struct mip_type *in_type, const void *in,
    const struct mip_type *out_type, const void *out, void *verdict);

/* Makes the run fail, unless it has failed already; gives the status. */
enum mip_status mip_fail(struct mip *m, enum mip_status s,
    const char *fmt, ...) MIP_PRINTF(3, 4);

/* n * size zeroed bytes that live as long as the run; NULL, and a failed
 * run, without memory. */
void *mip_alloc(struct mip *m, size_t n, size_t size);

/* Tunable parameters, at the value that this run's slots give. */
int64_t mip_param_int(struct mip *m, const struct mip_param *p);
double mip_param_float(struct mip *m, const struct mip_param *p);
bool mip_param_bool(struct mip *m, const struct mip_param *p);
const char *mip_param_string(struct mip *m, const struct mip_param *p);

/* ---- conditions (condition.c) ---- */

/* Judges the inputs of a program by their @check and @assert: one @assert
 * that does not hold fails the run with `otherwise`.  Gives its status. */
enum mip_status mip_check_input(struct mip *m, const struct mip_type *t,
    const void *in, enum mip_status otherwise);

/* ---- tests (claim.c) ---- */

/* Notes whether a claim holds, and gives it back; after a failure of the run
 * it notes nothing and gives true. */
bool mip_claim(struct mip *m, const struct mip_claim *c, bool holds);
/* What is told of the claim that did not hold just now: a sentence, or a
 * value with the text that it has in the source.  Of a claim that is made
 * several times in a run, the first failure is told. */
void mip_claim_say(struct mip *m, const char *text);
void mip_claim_show(struct mip *m, const char *what, const struct mip_type *t,
    const void *v);
/* Fails the run as MIP_ASSERT; no `try` goes on from it. */
enum mip_status mip_claim_fail(struct mip *m);

/* ---- values: results live as long as the run ----
 *
 * What cannot be computed (overflow, division by zero, an index outside)
 * makes the run fail and gives zero, "" or an empty list. */

int64_t mip_int_add(struct mip *m, int64_t a, int64_t b);
int64_t mip_int_sub(struct mip *m, int64_t a, int64_t b);
int64_t mip_int_mul(struct mip *m, int64_t a, int64_t b);
int64_t mip_int_div(struct mip *m, int64_t a, int64_t b);
int64_t mip_int_mod(struct mip *m, int64_t a, int64_t b);
int64_t mip_int_neg(struct mip *m, int64_t a);
double mip_float_div(struct mip *m, double a, double b);
double mip_float_mod(struct mip *m, double a, double b);

bool mip_string_eq(const char *a, const char *b);
int mip_string_cmp(const char *a, const char *b);       /* by code point */
const char *mip_concat(struct mip *m, const char *s, ...) MIP_SENTINEL;
int64_t mip_string_len(const char *s);                  /* code points */
const char *mip_lower(struct mip *m, const char *s);
const char *mip_upper(struct mip *m, const char *s);
const char *mip_trim(struct mip *m, const char *s);
const char *mip_replace(struct mip *m, const char *s, const char *from,
    const char *to);
const char *mip_substr(struct mip *m, const char *s, int64_t at, int64_t n);
const char *mip_join(struct mip *m, const char *sep, struct mip_strings v);
struct mip_strings mip_split(struct mip *m, const char *s, const char *sep);
struct mip_strings mip_lines(struct mip *m, const char *s);
bool mip_contains(const char *s, const char *part);
bool mip_icontains(const char *s, const char *part);
bool mip_starts_with(const char *s, const char *part);
bool mip_ends_with(const char *s, const char *part);
bool mip_is_text(const char *s);                /* has a letter or digit */
const char *mip_str_int(struct mip *m, int64_t v);
const char *mip_str_float(struct mip *m, double v);
const char *mip_str_bool(bool v);
const char *mip_str_enum(const struct mip_type *t, const void *v);
int64_t mip_to_int(struct mip *m, const char *s);       /* fails the run */
double mip_to_float(struct mip *m, const char *s);      /* fails the run */
/* Without punctuation, articles and differences of case, as metrics compare
 * texts. */
const char *mip_normalize(struct mip *m, const char *s);
struct mip_strings mip_words(struct mip *m, const char *s);     /* by blanks */
const char *mip_title(struct mip *m, const char *s);
const char *mip_repeat(struct mip *m, const char *s, int64_t n);
/* Characters before the first `part`; NULL if there is none. */
const int64_t *mip_string_index(struct mip *m, const char *s,
    const char *part);
int64_t mip_string_count(const char *s, const char *part);
/* Pieces of at most `n` characters, cut where a paragraph, line, sentence or
 * word ends. */
struct mip_strings mip_chunk(struct mip *m, const char *s, int64_t n);

/* Patterns are PCRE2's and match anywhere; one that cannot be used, or that
 * takes too many steps, makes the run fail.  Of a pattern with groups, the
 * first one is what find and all give. */
bool mip_regex_match(struct mip *m, const char *s, const char *re);
const char *mip_regex_find(struct mip *m, const char *s, const char *re);
struct mip_strings mip_regex_all(struct mip *m, const char *s,
    const char *re);
const char *mip_regex_replace(struct mip *m, const char *s, const char *re,
    const char *to);                            /* $1, ${name}, $$ */

/* The last number in a text; NULL if there is none. */
const double *mip_number(struct mip *m, const char *s);
int64_t mip_round_int(struct mip *m, double v);
double mip_round_to(struct mip *m, double v, int64_t digits);
int64_t mip_floor(struct mip *m, double v);
int64_t mip_ceil(struct mip *m, double v);
int64_t mip_int_abs(struct mip *m, int64_t v);
double mip_float_abs(double v);
int64_t mip_int_min(int64_t a, int64_t b);
int64_t mip_int_max(int64_t a, int64_t b);
double mip_float_min(double a, double b);       /* NaN is behind all */
double mip_float_max(double a, double b);
/* Of an empty list there is none: the run fails. */
int64_t mip_min_ints(struct mip *m, struct mip_ints v);
int64_t mip_max_ints(struct mip *m, struct mip_ints v);
double mip_min_floats(struct mip *m, struct mip_floats v);
double mip_max_floats(struct mip *m, struct mip_floats v);
double mip_mean_ints(struct mip *m, struct mip_ints v);
double mip_mean_floats(struct mip *m, struct mip_floats v);
double mip_sum_floats(struct mip_floats v);
/* Of the angle between two vectors, which must be of one length; 0 if one is
 * all zeros. */
double mip_cosine(struct mip *m, struct mip_floats a, struct mip_floats b);
int64_t mip_sum_ints(struct mip *m, struct mip_ints v);
struct mip_ints mip_range(struct mip *m, int64_t n);    /* from 0 */
bool mip_any(struct mip_bools v);
bool mip_all(struct mip_bools v);

/* Lists of any type: `list` points to a struct { const T *v; size_t n; }.
 * The results are written to the same kind of struct at `out`. */
void mip_list_concat(struct mip *m, const struct mip_type *of,
    const void *a, const void *b, void *out);
void mip_list_dedup(struct mip *m, const struct mip_type *of,
    const void *list, void *out);               /* first of equals stays */
void mip_list_sort(struct mip *m, const struct mip_type *of,
    const void *list, void *out);               /* stable */
void mip_list_take(struct mip *m, const struct mip_type *of,
    const void *list, int64_t n, void *out);
void mip_list_slice(struct mip *m, const struct mip_type *of,
    const void *list, int64_t at, int64_t n, void *out);
void mip_list_reverse(struct mip *m, const struct mip_type *of,
    const void *list, void *out);
/* `list` is one of lists of `of`. */
void mip_list_flatten(struct mip *m, const struct mip_type *of,
    const void *lists, void *out);
/* The item as an optional. */
void mip_list_first(const struct mip_type *of, const void *list, void *out);
void mip_list_last(const struct mip_type *of, const void *list, void *out);
/* Where the first equal item stands; NULL if there is none. */
const int64_t *mip_list_index(struct mip *m, const struct mip_type *of,
    const void *list, const void *item);
int64_t mip_list_count(const struct mip_type *of, const void *list,
    const void *item);
bool mip_list_has(const struct mip_type *of, const void *list,
    const void *item);
/* The index of the first of those items that most are equal to, texts by their
 * words; of several such the earliest.  An empty list fails the run. */
int64_t mip_vote(struct mip *m, const struct mip_type *of, const void *list);
/* Whether so many more items, whatever they are, leave that as it is. */
bool mip_decided(struct mip *m, const struct mip_type *of, const void *list,
    int64_t rest);
/* Maps of any type: `map` points to a struct { const char *const *key;
 * const T *v; size_t n; }.  `size` is that of a T. */
/* Where the value of the key is; NULL if there is none. */
const void *mip_map_get(const void *map, size_t size, const char *key);
/* The same for values that are pointers (strings, optionals): the value, or
 * NULL. */
const void *mip_map_get_pointer(const void *map, const char *key);
bool mip_map_has(const void *map, const char *key);
struct mip_strings mip_map_keys(const struct mip_type *of, const void *map);
void mip_map_values(const struct mip_type *of, const void *map,
    void *out);                                 /* to a list of T */
/* A map with one more, or another, value; a key that is there keeps its
 * place. */
void mip_map_put(struct mip *m, const struct mip_type *of, const void *map,
    const char *key, const void *value, void *out);

/* The index if it is inside; else the run fails and the result is false. */
bool mip_index(struct mip *m, int64_t i, size_t n, size_t *at);

/* Equal in meaning, whatever the type. */
bool mip_equal(const struct mip_type *t, const void *a, const void *b);
/* `v` as compact JSON. */
const char *mip_to_json(struct mip *m, const struct mip_type *t,
    const void *v);

/* ---- metrics ---- */

/* Texts are compared after normalisation: NFKD, case folding, no punctuation
 * (but for a decimal's point and a number's minus), no articles where other
 * words are left.  Words end at blanks; in scripts that write none, each
 * character is one.  NULL is a text of no words. */

/* 1.0 or 0.0: the same words. */
double mip_exact(struct mip *m, const char *gold, const char *pred);
/* 1.0 if the words of gold stand in pred, next to each other. */
double mip_mentions(struct mip *m, const char *gold, const char *pred);
/* F1 of the words (Rajpurkar et al., arXiv 1606.05250, section 6). */
double mip_f1(struct mip *m, const char *gold, const char *pred);
/* The best that one of several golds gives; none is an empty text. */
double mip_exact_any(struct mip *m, struct mip_strings gold,
    const char *pred);
double mip_mentions_any(struct mip *m, struct mip_strings gold,
    const char *pred);
double mip_f1_any(struct mip *m, struct mip_strings gold, const char *pred);

/* Lists of texts: 1.0 if they are equal, in order; as sets: the share of gold
 * that pred has, the share of pred that gold has, their F1, and what they
 * have in common of what either has (Jaccard).  Two empty lists agree. */
double mip_exact_list(struct mip *m, struct mip_strings gold,
    struct mip_strings pred);
double mip_recall(struct mip *m, struct mip_strings gold,
    struct mip_strings pred);
double mip_precision(struct mip *m, struct mip_strings gold,
    struct mip_strings pred);
double mip_f1_list(struct mip *m, struct mip_strings gold,
    struct mip_strings pred);
double mip_overlap(struct mip *m, struct mip_strings gold,
    struct mip_strings pred);

/* 1.0 if both are JSON and equal: keys in any order, numbers by value. */
double mip_json_equal(struct mip *m, const char *gold, const char *pred);
/* The chance that one of `k` samples is good, from more that were drawn. */
double mip_pass_at(struct mip *m, struct mip_bools good, int64_t k);
/* How well a leaf did in the run that is judged: `leaf` and `why` (or NULL)
 * live as long as the run.  What is no number makes the run fail. */
void mip_credit(struct mip *m, const char *leaf, double value,
    const char *why);
/* The share of the program's calls whose first reply could be read as it was;
 * 1 if there were none. */
double mip_format_rate(struct mip *m);
/* 1.0 if |gold - pred| <= max(abs, rel * |gold|). */
double mip_numeric(double gold, double pred, double rel, double abs);
/* The same for texts: the number in each (thousands commas allowed); 0.0 if
 * either holds none. */
double mip_numeric_text(struct mip *m, const char *gold, const char *pred,
    double rel, double abs);

#ifdef __cplusplus
}
#endif

#endif
