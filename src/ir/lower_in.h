/* What the files of lowering share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef IR_LOWER_IN_H
#define IR_LOWER_IN_H

#include "base/table.h"
#include "ir/ir_in.h"
#include "ir/lower.h"

/* An expression whose value is to be noted: see lower_seen. */
struct watch {
	const struct ast *e;
	const char *text;
	struct ins *value;
};

/* Functions to be looked at, each once. */
struct reached {
	struct fn **fn;
	size_t cap;
	unsigned n;
	struct arena *a;
	struct table seen;
};

struct lower {
	struct arena *a;
	struct checked *c;
	struct diag *d;
	struct mod *m;
	struct fn *f;                   /* being lowered */
	bool judging;                   /* ... it judges a module */
	struct region *r;               /* where operations are added now */
	struct ins *arg[3];             /* of a metric: gold, in, out */
	struct tool *judge, **judge_end;        /* commands of metrics */
	struct watch *watch;            /* while a claim is lowered */
	unsigned nwatch;
};

/* Adds an operation at the end of the current region. */
struct ins *lower_op(struct lower *x, enum ir_op op, const struct ty *type,
    struct ins *const *arg, unsigned narg, struct span at);
struct ins *lower_op1(struct lower *x, enum ir_op op, const struct ty *type,
    struct ins *arg, struct span at);
const struct ty *lower_basic(struct lower *x, enum ty_kind k);
/* Makes the function of `s`, whose body is lowered from now on. */
struct fn *lower_begin(struct lower *x, enum fn_kind kind,
    struct symbol *s);
void lower_reached_init(struct reached *r, struct arena *a);
void lower_reach(struct reached *r, struct fn *f);
/* Reports a construct that is typed but not built. */
void lower_not_built(struct lower *x, struct span at, const char *what);

/* ---- lower_const.c ---- */

struct ins *lower_string(struct lower *x, const char *s, struct span at);
/* An int, a bool or a name of an enum. */
struct ins *lower_int(struct lower *x, enum ir_op op, const struct ty *t,
    int64_t v, struct span at);
struct ins *lower_float(struct lower *x, double v, struct span at);
/* Is a union this arm?  The arm that it is known to be. */
struct ins *lower_is(struct lower *x, struct ins *v, unsigned arm,
    struct span at);
struct ins *lower_as(struct lower *x, struct ins *v, unsigned arm,
    struct span at);
/* `v` as a value of `to`, which its type fits. */
struct ins *lower_convert(struct lower *x, struct ins *v,
    const struct ty *to, struct span at);
/* The constant, which is of type `t`. */
struct ins *lower_value(struct lower *x, const struct ty_const *c,
    const struct ty *t, struct span at);
/* The constant `e` as a value of `t`, which its place gives it. */
struct ins *lower_constant(struct lower *x, struct ast *e,
    const struct ty *t);
/* What stands for a field that was not given. */
struct ins *lower_missing(struct lower *x, const struct ty_field *f,
    struct span at);

/* ---- lower_expr.c ---- */

/* The value of `e` as its place wants it. */
struct ins *lower_expr(struct lower *x, struct ast *e);
/* The value of `e` becomes the result of `r`, where it is computed. */
void lower_value_in(struct lower *x, struct region *r, struct ast *e);
/* Is `v` one of the types that the cases in `label`, a chain, name? */
struct ins *lower_labels(struct lower *x, struct ins *v, struct ast *label);
/* a + b of two strings, lists or numbers of one type. */
struct ins *lower_sum(struct lower *x, struct ins *a, struct ins *b,
    struct span at);
/* Makes `v` the value of a variable that is never set again. */
void lower_bind(struct symbol *s, struct ins *v);

/* ---- lower_each.c ---- */

struct ins *lower_comprehension(struct lower *x, struct ast *e);

/* ---- lower_call.c ---- */

struct ins *lower_call(struct lower *x, struct ast *e);

/* ---- lower_check.c ---- */

/* Makes the functions of @check and @assert, of all types that are used. */
void lower_checks(struct lower *x);

/* ---- lower_flow.c ---- */

void lower_block(struct lower *x, struct ast *block);
void lower_statement(struct lower *x, struct ast *n);
/* Returns the value of a metric that is one expression. */
void lower_metric_value(struct lower *x, struct ast *value);

/* ---- lower_parallel.c ---- */

void lower_parallel(struct lower *x, struct ast *n);

/* ---- lower_retry.c ---- */

/* Fills the body of `retry`, which stands behind what it shall hold, and
 * whose hint is there.  Reports if there is no call to ask again. */
void lower_retry(struct lower *x, struct ins *retry, struct ins *cond,
    struct span at);

/* ---- lower_caps.c ---- */

/* Reports what the caps of the main file do not cover: a command, or the host
 * of a URL.  `who` is "tool 'calc'". */
void lower_need_command(struct lower *x, struct span at, const char *who,
    const char *const *argv);
void lower_need_host(struct lower *x, struct span at, const char *who,
    const char *url);

/* ---- lower_tool.c ---- */

struct tool *lower_tool(struct lower *x, struct symbol *s);
/* The body of a metric that is a command. */
void lower_judge(struct lower *x, struct symbol *s);

/* ---- lower_retriever.c ---- */

/* A search, and embed(model, text). */
/* demos = knn(...) of the module `s`. */
void lower_knn(struct lower *x, struct prompt *q, const struct symbol *s);
struct ins *lower_search(struct lower *x, struct ast *e);
struct ins *lower_embed(struct lower *x, struct ast *e);
/* The models of a least_loaded route, named by `arg`, are alike. */
void lower_replicas(struct lower *x, const struct mip_model *m,
    const struct ast *arg);
/* `timeout`, `retry` and `limit` of a model or server. */
void lower_sending(struct lower *x, struct mip_sending *d, struct ast *list);
/* A server at `url`, with the options of CHECK_HTTP_OPTIONS. */
void lower_http(struct lower *x, struct mip_http *h, struct ast *url,
    struct ast *list);

/* ---- lower_option.c ---- */

/* What an option of the list is set to: CV_NONE if it is not. */
struct check_value lower_option(struct lower *x, struct ast *list,
    const char *name);
/* The options inside of one; NULL if there are none. */
struct ast *lower_options(struct ast *list, const char *name);
/* What it is; `unset` for CV_NONE. */
double lower_number(struct check_value v, double unset);
int64_t lower_integer(struct check_value v, int64_t unset);
/* A count or a time where the table has an int: what is larger is as good as
 * the largest. */
int lower_small(struct check_value v, int unset);

/* ---- lower_test.c ---- */

void lower_test(struct lower *x, struct symbol *s);
/* An expect or check. */
void lower_claim(struct lower *x, struct ast *n);
/* `e` has the value `v`, before its place turns it into another type. */
void lower_seen(struct lower *x, const struct ast *e, struct ins *v);
/* Warns of a test that runs once and asks a model that is sampled. */
void lower_warn_chance(struct lower *x, struct symbol *s);

/* ---- lower_decl.c ---- */

struct prompt *lower_prompt(struct lower *x, struct symbol *s);
struct param *lower_param(struct lower *x, struct symbol *s);
/* Notes a slot that -D has set. */
void lower_pin(struct lower *x, const char *name, struct ty_const value);
const struct mip_model *lower_model(struct lower *x, struct symbol *s);

/* The optimize block, if there is one: after all functions. */
void lower_study(struct lower *x);

#endif
