/* What the files of check share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FRONT_CHECK_IN_H
#define FRONT_CHECK_IN_H

#include "base/builtin.h"
#include "base/table.h"
#include "front/check.h"
#include "front/scope.h"

/* What a value that may be null or of several types is known not to be,
 * newest first.  A path is a variable and members of it: "" or ".a.b". */
struct fact {
	const struct symbol *root;
	const char *path;               /* interned; NULL: the variable was set,
	                                 * what was known is void */
	uint64_t not;                   /* FACT_NULL, FACT_ARM(n); FACT_WRONG:
	                                 * a test that was reported */
	const struct fact *older;
	const struct fact *same;        /* the next older one of its root */
	unsigned depth;                 /* of the list that begins with it */
};

enum { FACT_ARMS = 62 };                /* that a union may have */
#define FACT_NULL UINT64_C(1)
#define FACT_ARM(n) (UINT64_C(2) << (n))
#define FACT_WRONG (UINT64_C(1) << 63)
#define FACT_ALL (FACT_WRONG - 1)

/* The program, metric or test whose body is being checked. */
struct body {
	enum { BODY_PROGRAM, BODY_METRIC, BODY_TEST } kind;
	struct symbol *sym;
	const struct ty *result;        /* what return gives */
	unsigned loops;                 /* around this place, in its branch */
	unsigned branches;              /* of `parallel` around it */
	unsigned long calls;            /* of models, so far */
};

/* Where check is. */
struct context {
	struct unit *unit;
	struct scope *scope;            /* innermost; NULL outside bodies */
	const struct fact *facts;
	struct body *body;              /* NULL outside bodies */
};

struct check {
	struct arena *a;
	struct names *names;
	struct sources *sources;
	struct diag *d;
	const struct check_options *o;
	struct checked *out;
	struct ty_table *t;
	struct context now;
	struct symbol *last;            /* of out->symbol */
	struct symbol **last_test;      /* the end of out->test */
	struct scope *tests;            /* by name, of the main file */
	struct symbol *builtin;         /* BI_COUNT of them */
	struct symbol *credit;
	struct scope *builtins;         /* by name, the first of each */
	struct ty *gold;                /* the record in the making */
	struct table pred;              /* fields of pred that are read */
	bool whole_pred;                /* a command reads all of them */
	struct scope *gold_fields;      /* SYM_VARs with their types */
	const struct ty *row;           /* what the rows of the optimize block
	                                 * are said to be; NULL */
	struct unit **loading;          /* imports around this one */
	size_t nloading, loading_cap;
	struct unit *last_unit;
	bool incomplete;                /* a file could not be read whole */
	struct fact_index {
		struct table at;        /* by root: struct newest */
		const struct fact *list;        /* what is indexed */
		const struct fact **next;
		size_t cap;
	} facts;                        /* private to check_fact.c */
	const struct ast *raw;          /* not to be narrowed */
	const struct ast *raw_union;    /* not to be narrowed to an arm */
	unsigned depth;                 /* of declarations that need others */
	unsigned suggestions;           /* made so far */
	const char *near;               /* what the last one was */
};

/* ---- check.c ---- */

/* Makes the symbol usable: its type, its value. */
void check_symbol(struct check *c, struct symbol *s, struct span at);
/* Looks at the body of a program, once. */
void check_look(struct check *c, struct symbol *s);
/* Does the program ask models?  Looks at its body if need be; one that is
 * being looked at does. */
bool check_asks(struct check *c, struct symbol *s);
/* "a model" */
const char *check_kind_word(enum symbol_kind k);
/* What a NAME or DOT refers to as a declaration or variable; sets `sym`.
 * NULL if it is a member of a value or unknown; *failed if that was
 * reported. */
struct symbol *check_ref(struct check *c, struct ast *e, bool *failed);
/* The same, of the kinds wanted; reports what else it is. */
struct symbol *check_ref_kind(struct check *c, struct ast *e,
    enum symbol_kind kind);
/* Reports E_NAME for `name`, with the nearest name in reach. */
void check_unknown(struct check *c, struct span at, const char *name);
/* "; did you mean 'x'?", or "". */
const char *check_nearest(struct check *c, const char *name,
    const char *const *from, size_t n);
/* Offers that name, if there was one, in place of what is at `at`: after the
 * message. */
void check_offer(struct check *c, struct span at);
bool check_duplicate(struct check *c, struct scope *s, const char *name,
    struct span at, struct symbol *sym);
/* A symbol for a declared thing, in no scope. */
struct symbol *check_new_symbol(struct check *c, enum symbol_kind kind,
    const char *name, struct ast *decl);

/* ---- check_file.c ---- */

/* Declares what `u` imports, then what it declares itself. */
void check_load(struct check *c, struct unit *u);

/* ---- check_type.c ---- */

const struct ty *check_type(struct check *c, struct ast *t);
/* The record of a list of FIELDs; `seen` finds doubles. */
void check_fields(struct check *c, struct ty *record, struct ast *list,
    struct scope *seen, const struct ty_field *before);
void check_enum(struct check *c, struct symbol *s);
void check_struct(struct check *c, struct symbol *s);
const struct ty *check_basic(struct check *c, enum ty_kind k);
const struct ty *check_poison(struct check *c);
const char *check_text(struct check *c, const struct ty *t);

/* ---- check_condition.c ---- */

/* Notes @check or @assert, not typed yet. */
void check_condition_attr(struct check *c, struct ast *a, struct ty_field *f);
/* Types those of the FIELDs of the record, all declarations being known. */
void check_conditions(struct check *c, struct ast *list,
    const struct ty *record);
/* Reports any: `why` says where they belong. */
void check_no_conditions(struct check *c, const struct ast *list,
    const char *why);

/* ---- check_decl.c ---- */

void check_const_decl(struct check *c, struct symbol *s);
void check_module(struct check *c, struct symbol *s);
void check_program(struct check *c, struct symbol *s);
void check_signature(struct check *c, struct symbol *s);

/* A record "m_answer_in" with the fields of another, `before` first. */
const struct ty *check_record_of(struct check *c, const struct symbol *s,
    const char *suffix, const struct ty *like, const struct ty_field *before);

/* The options of a module that is a leaf. */
void check_module_settings(struct check *c, struct symbol *s);

/* ---- check_combine.c ---- */

/* What is written on the right of `module m =`. */
struct combine {
	const char *name;
	enum { TAKES_SIGNATURE, TAKES_MODULE, TAKES_MODULES } takes;
	bool asks;                      /* a model of its own */
	const char *arguments;          /* their names, which blanks part */
};
extern const struct combine check_combines[MODULE_NKIND];

/* A module that is made of calls of others. */
void check_combine(struct check *c, struct symbol *s);
/* Looks at the programs that were made of the module. */
void check_combined(struct check *c, struct symbol *s);

/* ---- check_judge.c ---- */

/* Marks the metrics that modules are judged by. */
void check_judges(struct check *c);
/* Is the metric there for that alone, and nothing for the program? */
bool check_only_judges(struct check *c, const struct symbol *s);
/* The value of a metric in one that judges a module. */
const struct ty *check_judge_value(struct check *c, struct ast *e,
    struct symbol *s);
/* Says that there is no gold.x in one. */
const struct ty *check_no_gold(struct check *c, struct ast *e);

/* ---- check_option.c ---- */

enum option_kind {
	OPT_INT, OPT_NUMBER, OPT_BOOL, OPT_TIME, OPT_MONEY, OPT_STRING,
	OPT_SETTING,                    /* string or env() */
	OPT_ENV,                        /* env() only */
	OPT_WORD,                       /* one of `words` */
	OPT_SLOT_NUMBER, OPT_SLOT_WORD, /* the same, of slots: may be tuned */
	OPT_INT_OR_AUTO,
	OPT_TIME_OR_SHARE,              /* ... above 0 and below 1 */
	OPT_DEMOS,                      /* int, `none` or knn(...) */
	OPT_STRINGS,                    /* a string or a list of them */
	OPT_STATUSES,                   /* of HTTP, that may pass */
	OPT_BLOCK,                      /* of `sub` */
	OPT_BLOCK_OR_FREE,
	OPT_OTHER                       /* its owner looks at it */
};

struct option_rule {
	const char *name;
	enum option_kind kind;
	const char *words;              /* "json markers" */
	const struct option_rule *sub;  /* ends with a NULL name */
};

/* Checks options against rules; `open`: others are passed on, with a
 * warning. */
void check_options(struct check *c, struct ast *list,
    const struct option_rule *rule, const char *what, bool open);

/* The value that a text of the command line stands for, of a rule for slots;
 * NULL if it is none. */
struct ast *check_option_text(struct check *c, const struct option_rule *r,
    const char *text);
/* Is `s` one of the words, which blanks part? */
bool check_is_word(const char *words, const char *s);

/* ---- check_tune.c ---- */

/* A param, or a number among the options of a module. */
struct tunable {
	const char *name;
	const struct ty *type;
	struct ty_const value;          /* as written; NONE after an error */
	struct span value_at;
};

/* Checks what stands behind `tune`. */
void check_tune(struct check *c, const struct tunable *t, struct ast *tune);
/* The same for an option whose value is good. */
void check_tune_option(struct check *c, struct ast *o,
    const struct option_rule *r);

/* ---- check_tool.c ---- */

void check_tool(struct check *c, struct symbol *s);
/* The words of exec(...), which are ARGs. */
void check_command(struct check *c, struct ast *word);
/* A metric that is exec(...), and its options. */
void check_command_metric(struct check *c, struct ast *n);

/* ---- check_retriever.c ---- */

void check_retriever(struct check *c, struct symbol *s);
const struct ty *check_search(struct check *c, struct ast *e,
    struct symbol *s);
const struct ty *check_embed(struct check *c, struct ast *e);
/* Is it a URL, in words or in a variable?  Reports if not. */
void check_url(struct check *c, struct ast *e);

/* Options of what is reached over HTTP. */
extern const struct option_rule check_http_limits[], check_retries[];
#define CHECK_HTTP_OPTIONS \
	{ "api_key", OPT_ENV, NULL, NULL }, \
	{ "key_header", OPT_STRING, NULL, NULL }, \
	{ "timeout", OPT_TIME, NULL, NULL }, \
	{ "retry", OPT_BLOCK, NULL, check_retries }, \
	{ "limit", OPT_BLOCK, NULL, check_http_limits }

/* ---- check_knn.c ---- */

/* Is it knn(...)? */
bool check_is_knn(const struct ast *e);
/* That of `demos` of a module. */
void check_knn(struct check *c, struct symbol *s, struct ast *e);

/* ---- check_caps.c ---- */

void check_caps(struct check *c, struct ast *n);

/* ---- check_template.c ---- */

/* Reads the template of a module. */
void check_template(struct check *c, struct symbol *s, struct ast *o);

/* ---- check_data.c ---- */

void check_model(struct check *c, struct symbol *s);
void check_data(struct check *c, struct symbol *s);
/* Finds out what the rows of the optimize block are: c->row. */
void check_rows(struct check *c);
void check_optimize(struct check *c, struct ast *n);

/* ---- check_expr.c ---- */

/* Says that `t` has no such member as e names; gives poison. */
const struct ty *check_no_field(struct check *c, struct ast *e,
    const struct ty *t);
/* Types `e`; `want` is what its place would like, or NULL. */
const struct ty *check_expr(struct check *c, struct ast *e,
    const struct ty *want);
/* The same, and it must fit `want`; sets e->want.  False after a message. */
bool check_want(struct check *c, struct ast *e, const struct ty *want);
void check_condition(struct check *c, struct ast *e);

/* ---- check_literal.c ---- */

/* A string, int or bool that is written out: one of the literals that its
 * place wants, or else its plain type. */
const struct ty *check_scalar(struct check *c, struct ast *e,
    const struct ty *want);
/* The literal type of the value that `e`, typed, is written out as; NULL if
 * it is none. */
const struct ty *check_value_type(struct check *c, const struct ast *e);
const struct ty *check_quantity(struct check *c, struct ast *e);
const struct ty *check_list(struct check *c, struct ast *e,
    const struct ty *want);
const struct ty *check_record_value(struct check *c, struct ast *e,
    const struct ty *want);
/* A record literal against its type. */
void check_record(struct check *c, struct ast *e, const struct ty *record);

/* ---- check_call.c ---- */

const struct ty *check_call(struct check *c, struct ast *e,
    const struct ty *want);
/* Is it gold.x of which nothing is known yet? */
bool check_is_open(struct check *c, struct ast *e);
const struct ty *check_member(struct check *c, struct ast *e,
    const struct ty *want);
/* Says what is wrong with a pattern, if anything is. */
void check_pattern(struct check *c, const char *pattern, struct span at);

/* ---- check_const.c ---- */

/* Types `e` as a constant of type `want` (NULL: its own) and folds it; false
 * after a message. */
bool check_constant(struct check *c, struct ast *e, const struct ty *want,
    struct ty_const *out);
bool check_same_const(const struct ty_const *x, const struct ty_const *y);

/* ---- check_union.c ---- */

/* v is T */
const struct ty *check_is(struct check *c, struct ast *e);
/* The name that a value of `t` must be tested for to be of `want`, which is
 * an arm of it; NULL. */
const struct ty *check_arm_for(const struct ty *t, const struct ty *want);
/* The type that a literal is for: the only arm of the union `t` that is of
 * this kind; else `t` itself, which may be NULL. */
const struct ty *check_arm_of(const struct ty *t, enum ty_kind k);
/* The same for a record literal: the arm that has its members. */
const struct ty *check_record_arm(struct check *c, const struct ast *e,
    const struct ty *t);
/* A switch over the union `t`: true if what follows can be reached. */
bool check_union_switch(struct check *c, struct ast *n, const struct ty *t);

/* ---- check_flow.c, check_branch.c, check_fact.c ---- */

/* The largest value of an int, or the smallest, if it is a constant or a param;
 * false if it is neither. */
bool check_bound(struct check *c, const struct ast *e, bool largest,
    int64_t *out);

/* Checks a statement; true if what follows it can be reached. */
bool check_statement(struct check *c, struct ast *n);
bool check_switch(struct check *c, struct ast *n);
/* Notes in *first the case that is the default; of a second one it says so. */
void check_default(struct check *c, const struct ast **first,
    const struct ast *n);
const struct ty *check_comprehension(struct check *c, struct ast *e,
    const struct ty *want);
bool check_try(struct check *c, struct ast *n);
bool check_parallel(struct check *c, struct ast *n);

void check_program_body(struct check *c, struct symbol *s);
void check_metric(struct check *c, struct symbol *s);
/* Begins the body of a declaration; its end. */
struct body *check_body(struct check *c, struct symbol *sym,
    const struct ty *result);
void check_body_end(struct check *c);
/* What follows for null and unions from `cond` being `truth`. */
void check_learn(struct check *c, const struct ast *cond, bool truth);
void check_forget(struct check *c, const struct symbol *root);
/* Learns and forgets what led from `before` to `own`. */
void check_learn_all(struct check *c, const struct fact *before,
    const struct fact *own);
/* Notes that the value of `e` is none of `not`. */
void check_learn_not(struct check *c, const struct ast *e, uint64_t not);
/* The type that the value of `e`, declared as `t`, is known to have here;
 * marks `e` where that is a narrower one. */
const struct ty *check_narrow(struct check *c, struct ast *e,
    const struct ty *t);
/* The word that a statement begins with. */
struct span check_word_of(const struct ast *n);
/* Facts after two ways of which both, one or none go on. */
const struct fact *check_join(struct check *c, const struct fact *before,
    const struct fact *x, bool x_goes_on, const struct fact *y,
    bool y_goes_on);
/* Forgets all variables that are set in the tree. */
void check_forget_set_in(struct check *c, const struct ast *n);

/* ---- check_test.c ---- */

void check_test(struct check *c, struct ast *n);
/* An expect or check. */
void check_claim(struct check *c, struct ast *n);

#endif
