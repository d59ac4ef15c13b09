/* Lowering of retrievers, searches, and of texts to vectors.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "front/ast.h"
#include "ir/lower_in.h"

enum { RESULTS = 5 };                   /* of a search that does not say */

static const char *
statuses(struct lower *x, struct ast *retry)
{
	struct ast *o = ast_option(retry, "on"), *e;
	const char *s = "";

	if (o == NULL)
		return NULL;
	for (e = o->u.option.value->u.list.item; e != NULL; e = e->next)
		s = arena_printf(x->a, "%s%s%" PRId64, s, *s ? " " : "",
		    check_value(x->a, e).i);
	return s;
}

void
lower_sending(struct lower *x, struct mip_sending *d, struct ast *list)
{
	struct ast *retry = lower_options(list, "retry");
	struct ast *limit = lower_options(list, "limit");
	struct check_value running, hedge;

	d->timeout_ms = lower_small(lower_option(x, list, "timeout"), 0);
	d->attempts = (unsigned)lower_small(
	    lower_option(x, retry, "attempts"), 0);
	d->backoff_ms = lower_small(lower_option(x, retry, "backoff"), 0);
	d->max_wait_ms = lower_small(lower_option(x, retry, "max_wait"), 0);
	d->deadline_ms = lower_small(lower_option(x, retry, "deadline"), 0);
	hedge = lower_option(x, retry, "hedge");
	d->hedge_ms = hedge.kind == CV_TIME ? lower_small(hedge, 0) : 0;
	d->hedge_share = hedge.kind == CV_FLOAT ? hedge.f : 0;
	d->retry_on = statuses(x, retry);
	running = lower_option(x, limit, "running");
	d->adaptive = running.kind == CV_WORD;
	d->running = d->adaptive ? 0 : (unsigned)lower_small(running, 0);
	d->rpm = lower_number(lower_option(x, limit, "rpm"), 0);
}

void
lower_http(struct lower *x, struct mip_http *h, struct ast *url,
    struct ast *list)
{
	struct check_value v = check_value(x->a, url);

	h->url = (struct mip_setting){ v.env, v.s };
	h->key_env = lower_option(x, list, "api_key").env;
	h->key_header = lower_option(x, list, "key_header").s;
	lower_sending(x, &h->sending, list);
}

/* The members that are searched: one, several, or `other`. */
static const char *const *
members(struct lower *x, struct ast *list, const char *other)
{
	const struct ast *o = ast_option(list, "text"), *e;
	const char **v;
	size_t n = 0;

	if (o == NULL && other == NULL)
		return NULL;
	e = o != NULL && o->u.option.value->kind == AST_LIST ?
	    o->u.option.value->u.list.item : NULL;
	for (; e != NULL; e = e->next)
		n++;
	v = arena_array(x->a, n + 2, sizeof *v);
	n = 0;
	if (o != NULL && o->u.option.value->kind == AST_LIST)
		for (e = o->u.option.value->u.list.item; e != NULL;
		    e = e->next)
			v[n++] = check_value(x->a, e).s;
	else
		v[n++] = o != NULL ? check_value(x->a, o->u.option.value).s :
		    other;
	return n > 0 ? v : NULL;
}

static void
file(struct lower *x, struct retriever *r, const struct symbol *s,
    struct ast *arg, struct ast *list)
{
	struct mip_retriever *is = &r->is;
	struct check_value stem = lower_option(x, list, "stem");

	is->path = arg->u.string.path;
	is->text = members(x, list, "text");
	is->id = lower_option(x, list, "id").s;
	is->score = lower_option(x, list, "score").s;
	is->k1 = lower_number(lower_option(x, list, "k1"), 1.2);
	is->b = lower_number(lower_option(x, list, "b"), 0.75);
	is->stem = stem.kind == CV_WORD && strcmp(stem.s, "porter") == 0;
	if (s->model != NULL)
		is->model = lower_model(x, s->model);
}

static void
server(struct lower *x, struct retriever *r, struct ast *arg,
    struct ast *list)
{
	struct mip_retriever *is = &r->is;
	struct check_value cache = lower_option(x, list, "cache");

	is->http = &r->http;
	is->text = members(x, list, NULL);
	is->results = lower_option(x, list, "results").s;
	is->fresh = cache.kind == CV_BOOL && cache.i == 0;
	r->http.name = arena_printf(x->a, "retriever %s", r->name);
	lower_http(x, &r->http, arg, list);
	if (r->http.url.text != NULL)
		lower_need_host(x, r->at, arena_printf(x->a,
		    "retriever '%s'", r->name), r->http.url.text);
}

static struct retriever *
lower_retriever(struct lower *x, struct symbol *s)
{
	struct ast *n = s->decl, *list = n->u.value.option;
	struct ast *call = n->u.value.value;
	struct ast *arg = call->u.call.arg->u.arg.value;
	struct retriever *r = s->lowered;
	int way;

	if (r != NULL)
		return r;
	way = ir_word(ir_retrieval_words, IR_NRETRIEVAL,
	    call->u.call.fn->u.name.name);
	if (way < 0)
		BUG("retriever '%s' searches in no way", s->name);
	r = arena_alloc(x->a, sizeof *r);
	s->lowered = r;
	r->name = r->c_name = r->is.name = s->path;
	r->of = s->type->of;
	r->at = n->u.value.name_at;
	r->is.by = (enum mip_retrieval)way;
	if (way == MIP_SEARCH)
		server(x, r, arg, list);
	else
		file(x, r, s, arg, list);
	return r;
}

/* How many the retriever gives where nothing is said. */
static int64_t
own_k(struct lower *x, const struct symbol *s)
{
	struct check_value v = lower_option(x, s->decl->u.value.option, "k");

	return v.kind == CV_NONE ? RESULTS : v.i;
}

void
lower_knn(struct lower *x, struct prompt *q, const struct symbol *s)
{
	int64_t k = s->ncase > 0 ? s->ncase : own_k(x, s->cases);

	q->cases = lower_retriever(x, s->cases);
	q->max_demos = k < INT_MAX ? (unsigned)k : INT_MAX;
	q->near_by = s->near_by;
	q->freeze[SLOT_DEMOS] = true;
}

static struct ins *
results(struct lower *x, const struct symbol *s, struct ast *k,
    struct span at)
{
	struct ins *i;

	if (k != NULL)
		return lower_expr(x, k);
	i = lower_op(x, IR_INT, lower_basic(x, TY_INT), NULL, 0, at);
	i->u.i = own_k(x, s);
	return i;
}

struct ins *
lower_search(struct lower *x, struct ast *e)
{
	struct symbol *s = e->sym;
	struct ins *v[2], *i;

	v[0] = lower_expr(x, e->u.call.bound[0]);
	v[1] = results(x, s, e->u.call.bound[1], e->at);
	i = lower_op(x, IR_SEARCH, s->type, v, 2, e->at);
	i->u.retriever = lower_retriever(x, s);
	return i;
}

struct ins *
lower_embed(struct lower *x, struct ast *e)
{
	struct ins *v = lower_expr(x, e->u.call.bound[0]), *i;

	i = lower_op1(x, IR_EMBED, e->type, v, e->at);
	i->u.model = lower_model(x, e->sym);
	return i;
}
