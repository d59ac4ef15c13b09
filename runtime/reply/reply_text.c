/* A piece of a reply as a value: what in it may be one, and what is cheapest.
 *
 * The candidates of a text, in order: it is a scalar of JSON, it is one
 * object or array, it has fences, it holds objects or arrays, it is words.
 *
 * SPDX-License-Identifier: MIT */
#include "reply/reply.h"

#include <string.h>

#include "reply/reply_in.h"
#include "type/type.h"

enum { RT_NEST = 8 };                   /* texts in texts: bullets, fences */

struct rt {
	struct reply_co *c;
	const struct mip_type *t;
	struct rnode *v;                /* the text */
	const struct reply_path *at;
	struct reply_try best;
	struct reply_err err;           /* the first of a candidate's */
	bool tried;                     /* there was a candidate */
	bool covered;                   /* one was all of the text */
};

/* Does the error say no more than that the value is of another type? */
static bool
rt_says_little(const struct rt *x, const struct reply_err *e)
{
	char here[sizeof(e->path)];

	reply_path_text(x->at, here, sizeof(here));
	return e->inner == REPLY_E_TYPE && strcmp(e->path, here) == 0;
}

/* Notes what is wrong with a candidate: of the first that could have been the
 * value. */
static void
rt_blame(struct rt *x)
{
	if (!x->tried || (rt_says_little(x, &x->err) &&
	    !rt_says_little(x, &x->c->err)))
		x->err = x->c->err;
}

/* Enters a candidate's reading; `more` is what finding it has cost. */
static void
rt_take(struct rt *x, struct reply_try r, const struct reply_sum *more)
{
	if (!r.ok)
		rt_blame(x);
	x->tried = true;
	if (more != NULL)
		reply_add(&r.sum, more);
	reply_keep(&x->best, &r);
}

static bool
rt_free(const struct rt *x)
{
	return x->best.ok && x->best.sum.cost == 0;
}

/* ---- JSON ---- */

static void
rt_scalar(struct rt *x, struct reply_text text)
{
	struct rnode *v = reply_json_scalar(x->c->mem, text);
	enum mip_kind kind = reply_strip(x->t)->kind;
	struct reply_sum sum = { .from = text.s, .to = text.s + text.n };

	if (v == NULL)
		return;
	x->covered = true;
	v->done = x->v->done || v->kind != RNODE_NUMBER;
	v->encoded = x->v->encoded;
	if (v->kind == RNODE_STRING &&
	    (kind == MIP_ENUM || (kind == MIP_LITERAL &&
	    type_base(reply_strip(x->t))->kind == MIP_STRING)))
		reply_flag(&sum, REPLY_QUOTES);
	rt_take(x, reply_attempt(x->c, x->t, v, x->at), &sum);
}

/* The readings of several candidates of the same rank: the best, and whether
 * two of them differ. */
struct rt_group {
	struct reply_try best;
	unsigned fit;
	bool differ;
};

static void
rt_group(struct rt *x, struct rt_group *g, struct reply_try r)
{
	if (!r.ok)
		rt_blame(x);
	x->tried = true;
	if (!r.ok)
		return;
	if (g->fit++ > 0)
		g->differ = g->differ ||
		    !type_equal(x->t, g->best.value, r.value);
	reply_keep(&g->best, &r);
}

/* Some values as the items of one list. */
static struct reply_try
rt_gather(struct rt *x, struct rnode *first, size_t n)
{
	struct reply_text text = { x->v->src, x->v->nsrc };
	struct rnode *list = reply_node(x->c->mem, RNODE_ARRAY, text);
	struct reply_try r = { .ok = false };

	if (list == NULL)
		return r;
	list->child = first;
	list->count = (uint32_t)n;
	r = reply_attempt(x->c, x->t, list, x->at);
	reply_flag(&r.sum, REPLY_GATHERED);
	r.sum.open = r.sum.open || !x->v->done;
	r.sum.from = text.s;
	r.sum.to = text.s + text.n;
	return r;
}

/* The values that stand in prose, or side by side. */
static void
rt_values(struct rt *x, struct reply_values *v)
{
	bool list = reply_strip(x->t)->kind == MIP_LIST;
	struct rt_group g = { .fit = 0 };
	struct reply_sum sum = { 0 };
	struct reply_try r;
	size_t i;

	for (i = 0; i < v->n; i++) {
		/* One of several items is no list. */
		if (list && (v->n > 1 || v->broken) &&
		    v->v[i].root->kind != RNODE_ARRAY)
			continue;
		r = reply_attempt(x->c, x->t, v->v[i].root, x->at);
		reply_add(&r.sum, &v->v[i].sum);
		/* More items may have been to come. */
		if (list && v->v[i].root->kind != RNODE_ARRAY && !x->v->done)
			r.sum.open = true;
		rt_group(x, &g, r);
	}
	if (v->prose || (v->n > 1 && !g.differ))
		reply_flag(&sum, REPLY_FROM_TEXT);
	if (g.differ)
		reply_flag(&sum, REPLY_FIRST_OF_MANY);
	reply_add(&g.best.sum, &sum);
	reply_keep(&x->best, &g.best);
	if (!list || v->count < 2 || v->cut || v->broken)
		return;
	sum = v->sum;
	sum.from = NULL;
	if (v->prose)
		reply_flag(&sum, REPLY_FROM_TEXT);
	rt_take(x, rt_gather(x, v->first, v->count), &sum);
}

/* Objects and arrays in the text. */
static void
rt_json(struct rt *x, struct reply_text text, struct reply_values *v)
{
	struct reply_try r;
	size_t i;

	v->n = 0;
	if (memchr(text.s, '{', text.n) == NULL &&
	    memchr(text.s, '[', text.n) == NULL)
		return;
	reply_values(x->c->mem, x->t, text, false, v);
	if ((v->deep || v->nomem) && !x->tried) {
		reply_fail(x->c, v->nomem ? REPLY_E_NOMEM :
		    REPLY_E_TOO_DEEP, x->t, text, x->at);
		x->err = x->c->err;
		x->tried = true;
	}
	/* A struct's object that is none is not words. */
	if (v->n == 0 && v->broken && *text.s == '{' && !x->tried &&
	    reply_strip(x->t)->kind == MIP_STRUCT) {
		reply_fail(x->c, REPLY_E_NO_JSON, x->t, text, x->at);
		x->err = x->c->err;
		x->tried = true;
	}
	for (i = 0; i < v->n; i++)
		x->c->object = x->c->object ||
		    v->v[i].root->kind == RNODE_OBJECT;
	if (v->n != 1 || v->prose)
		return;
	x->covered = true;
	r = reply_attempt(x->c, x->t, v->v[0].root, x->at);
	if (reply_strip(x->t)->kind == MIP_LIST && !x->v->done &&
	    v->v[0].root->kind != RNODE_ARRAY)
		r.sum.open = true;
	rt_take(x, r, &v->v[0].sum);
}

/* The scalar of JSON that starts at `s`; NULL if there is none, or no end of
 * a line or comma with a blank behind it.  Moves *s to what follows. */
static struct rnode *
rt_next_scalar(struct rt *x, const char **s, const char *end)
{
	const char *e = *s, *from = *s;

	if (*e == '"') {
		for (e++; e < end && *e != '"' && *e != '\n'; e++)
			if (*e == '\\' && e + 1 < end)
				e++;
		e += e < end;
	} else {
		while (e < end && !reply_blank(*e) && *e != ',')
			e++;
	}
	*s = e;
	while (*s < end && (*s == e || (*s)[-1] != '\n') &&
	    (reply_blank(**s) || (*s == e && **s == ',')))
		++*s;
	if (*s < end && (*s)[-1] != '\n' && (*e != ',' || *s == e + 1))
		return NULL;
	while (*s < end && reply_blank(**s))
		++*s;
	return reply_json_scalar(x->c->mem, (struct reply_text){ from,
	    (size_t)(e - from) });
}

static void rt_pieces(struct rt *x, struct reply_text text);

/* Scalars side by side, as the items of one list: all of the text. */
static void
rt_scalars(struct rt *x, struct reply_text text)
{
	const struct mip_type *t = reply_strip(x->t);
	const char *s = text.s, *end = text.s + text.n;
	struct rnode *v, *first = NULL, *last = NULL;
	size_t n = 0;

	if (t->kind != MIP_LIST)
		return;
	for (; s < end; last = v, n++) {
		v = rt_next_scalar(x, &s, end);
		if (v == NULL || (v->kind != RNODE_STRING &&
		    reply_stringlike(reply_strip(t->of)))) {
			rt_pieces(x, text);
			return;
		}
		v->done = s < end || x->v->done || v->kind != RNODE_NUMBER;
		if (last != NULL)
			last->next = v;
		else
			first = v;
	}
	if (n > 1)
		rt_take(x, rt_gather(x, first, n), NULL);
}

/* Is there a comma between two digits? */
static bool
rt_grouped(struct reply_text t)
{
	size_t i;

	for (i = 1; i + 1 < t.n; i++)
		if (t.s[i] == ',' && reply_digit(t.s[i - 1]) &&
		    reply_digit(t.s[i + 1]))
			return true;
	return false;
}

/* May such commas stand between numbers?  Not where they may group digits,
 * and not if there is one, which may be that of a decimal. */
static bool
rt_separates(struct reply_text t)
{
	size_t i, run = 0, commas = 0, other = 0;

	for (i = 0; i <= t.n; i++) {
		if (i < t.n && reply_digit(t.s[i])) {
			run++;
			continue;
		}
		other += commas > 0 && run != 3;
		commas += i < t.n && t.s[i] == ',';
		run = 0;
	}
	return commas > 1 && other > 0;
}

/* Names, truth words or numbers, one on a line or with commas between them:
 * each has to be all of its piece. */
static void
rt_pieces(struct rt *x, struct reply_text text)
{
	const uint64_t found = UINT64_C(1) << REPLY_FROM_TEXT;
	const struct mip_type *of = reply_strip(reply_strip(x->t)->of);
	const char *s = text.s, *end = text.s + text.n, *e;
	struct rnode *v, *first = NULL, *last = NULL;
	struct reply_text piece;
	struct reply_try r;
	size_t n = 0;

	if ((of->kind != MIP_ENUM && of->kind != MIP_LITERAL &&
	    of->kind != MIP_BOOL && of->kind != MIP_INT &&
	    of->kind != MIP_FLOAT) || (rt_grouped(text) &&
	    !rt_separates(text)))
		return;
	for (; s < end; s = e + (e < end), last = v, n++) {
		for (e = s; e < end && *e != ',' && *e != '\n'; e++)
			continue;
		piece = reply_trim((struct reply_text){ s, (size_t)(e - s) });
		v = piece.n > 0 ? reply_node(x->c->mem, RNODE_WORD, piece) :
		    NULL;
		if (v == NULL)
			return;
		v->done = e < end || x->v->done;
		if (last != NULL)
			last->next = v;
		else
			first = v;
	}
	if (n < 2)
		return;
	r = rt_gather(x, first, n);
	if (r.ok && (r.sum.flags & found) == 0)
		rt_take(x, r, NULL);
}

/* ---- fences ---- */

/* A word found in a fence is worth no more than one in the text around. */
static struct reply_try
rt_fence(struct rt *x, struct rnode *v, bool all)
{
	const uint64_t found = UINT64_C(1) << REPLY_FROM_TEXT;
	struct reply_try r = reply_attempt(x->c, x->t, v, x->at);

	if (r.ok && !all && r.sum.plain && (r.sum.flags & found) != 0)
		r.ok = reply_fail_at(x->c, REPLY_E_TYPE, x->t, v, x->at);
	return r;
}

/* May the fences hold the items of a list?  One that is a list is none. */
static bool
rt_fenced_items(const struct mip_type *t, const struct reply_fence *f,
    size_t n)
{
	struct reply_text text;
	size_t i;

	t = reply_strip(t);
	if (t->kind != MIP_LIST || n < 2 || n == REPLY_CANDIDATES)
		return false;
	for (i = 0; i < n; i++) {
		text = reply_trim(f[i].text);
		if (text.n > 0 && *text.s == '[' &&
		    reply_strip(t->of)->kind != MIP_LIST)
			return false;
	}
	return true;
}

/* The value that holds the text at `s`, or starts there; NULL. */
static const struct reply_parse *
rt_holder(const struct reply_values *v, const char *s)
{
	size_t i;

	for (i = 0; i < v->n; i++)
		if (v->v[i].sum.to > s)
			return v->v[i].sum.from <= s && !v->v[i].sum.open ?
			    &v->v[i] : NULL;
	return NULL;
}

/* Is the fence in the text of a value that reads well?  Then it is none.
 * *held is the value that was looked at last, *well what came of it. */
static bool
rt_fence_in_value(struct rt *x, const struct reply_fence *f,
    const struct reply_values *in, const struct reply_parse **held, bool *well)
{
	const struct reply_parse *v = rt_holder(in, f->text.s);

	if (v == NULL || v->sum.from >= f->text.s)
		return false;
	if (v != *held)
		*well = reply_attempt(x->c, x->t, v->root, x->at).ok;
	*held = v;
	return *well;
}

/* The mark that closes a fence, on the next line; NULL. */
static const char *
rt_mark_behind(struct reply_text text, const char *s)
{
	const char *end = text.s + text.n;

	while (s < end && reply_blank(*s))
		s++;
	return end - s >= 3 && s[-1] == '\n' && *s == s[1] && *s == s[2] &&
	    (*s == '`' || *s == '~') ? s : NULL;
}

/* A mark inside of the value that a fence holds is text too: the fence goes on
 * to the value's end, if that reads well.  *rest: what is behind it then. */
static bool
rt_fence_goes_on(struct rt *x, struct reply_fence *f,
    const struct reply_values *in, struct reply_text text,
    struct reply_text *rest)
{
	const char *s = reply_trim(f->text).s, *end = text.s + text.n, *mark;
	const struct reply_parse *v = rt_holder(in, s);
	struct rnode *node;

	if (v == NULL || !f->closed || v->sum.from != s ||
	    v->sum.to <= f->text.s + f->text.n)
		return false;
	mark = rt_mark_behind(text, v->sum.to);
	node = mark == NULL ? NULL : reply_node(x->c->mem, RNODE_TEXT,
	    (struct reply_text){ s, (size_t)(v->sum.to - s) });
	if (node == NULL || !rt_fence(x, node, f->all).ok)
		return false;
	f->text.n = (size_t)(mark - f->text.s);
	for (s = mark; s < end && *s != '\n'; s++)
		continue;
	*rest = (struct reply_text){ s, (size_t)(end - s) };
	return true;
}

static void
rt_fences(struct rt *x, struct reply_text text, const struct reply_values *in)
{
	struct reply_fence fence[REPLY_CANDIDATES];
	size_t i, n = reply_fences(text, fence, REPLY_CANDIDATES);
	struct rnode *v, *first = NULL, *last = NULL;
	struct rt_group g = { .fit = 0 };
	struct reply_sum sum = { 0 };
	struct reply_text rest;
	const struct reply_parse *held = NULL;
	bool items = true, well = false;

	if (n == 0)
		return;
	x->c->fenced = true;
	for (i = 0; i < n; i++) {
		if (rt_fence_in_value(x, &fence[i], in, &held, &well)) {
			items = false;
			continue;
		}
		if (rt_fence_goes_on(x, &fence[i], in, text, &rest))
			n = i + 1 + reply_fences(rest, fence + i + 1,
			    REPLY_CANDIDATES - i - 1);
		v = reply_node(x->c->mem, RNODE_TEXT, fence[i].text);
		if (v == NULL)
			break;
		v->done = fence[i].closed || x->v->done;
		rt_group(x, &g, rt_fence(x, v, i == 0 && fence[i].all));
		if (last != NULL)
			last->next = v;
		else
			first = v;
		last = v;
	}
	reply_flag(&sum, REPLY_FENCE);
	if (g.differ)
		reply_flag(&g.best.sum, REPLY_FIRST_OF_MANY);
	reply_add(&g.best.sum, &sum);
	reply_keep(&x->best, &g.best);
	if (i == n && items && rt_fenced_items(x->t, fence, n))
		rt_take(x, rt_gather(x, first, n), &sum);
	x->covered = x->covered || fence[0].all;
	x->c->fenced = false;
}

/* ---- words ---- */

static bool rt_words(struct rt *x, const struct mip_type *t,
    const struct reply_path *at, void *out);

static struct reply_try
rt_attempt(struct rt *x, const struct mip_type *t, const struct reply_path *at)
{
	struct reply_sum keep = x->c->sum;
	struct reply_try r = { .value = arena_alloc(x->c->mem, t->size) };

	memset(&x->c->sum, 0, sizeof(x->c->sum));
	r.ok = r.value != NULL && rt_words(x, t, at, r.value);
	r.sum = x->c->sum;
	x->c->sum = keep;
	return r;
}

static bool
rt_fail(struct rt *x, enum reply_error e, const struct mip_type *t,
    const struct reply_path *at)
{
	return reply_fail(x->c, e, t, (struct reply_text){ x->v->src,
	    x->v->nsrc }, at);
}

static bool
rt_optional(struct rt *x, const struct mip_type *t,
    const struct reply_path *at, void *out)
{
	struct reply_text text = { x->v->s, x->v->n };
	struct reply_try r;

	if (t->of->kind == MIP_STRING)
		return rt_words(x, t->of, at, out);
	r = rt_attempt(x, t->of, at);
	if (reply_null_word(text) && (!r.ok ||
	    r.sum.cost > reply_flag_cost(REPLY_NULL_WORD))) {
		reply_flag(&x->c->sum, REPLY_NULL_WORD);
		return true;
	}
	if (r.ok) {
		reply_add(&x->c->sum, &r.sum);
		reply_set_some(t, out, &r);
		return true;
	}
	if (!x->c->o->null_bad_optional)
		return false;
	reply_flag(&x->c->sum, REPLY_DROPPED_ITEM);
	return true;
}

/* Lines with bullets; else all of it is the one item. */
static bool
rt_list(struct rt *x, const struct mip_type *t, const struct reply_path *at,
    void *out)
{
	struct reply_co *c = x->c;
	const struct rnode *keep = c->wrapped;
	struct reply_path here = { at, NULL, 0 };
	struct rnode *list, *last;
	bool prose, ok;
	void *to;

	list = reply_bullets(c->mem, (struct reply_text){ x->v->s, x->v->n },
	    &prose);
	if (list != NULL) {
		for (last = list->child; last->next != NULL; last = last->next)
			continue;
		last->done = x->v->done;
		reply_flag(&c->sum, REPLY_BULLETS);
		if (prose)
			reply_flag(&c->sum, REPLY_FROM_TEXT);
		c->sum.open = c->sum.open || !x->v->done;
		return reply_coerce(c, t, list, at, out);
	}
	if (c->wrapped == x->v || !reply_single(t->of, x->v))
		return rt_fail(x, REPLY_E_TYPE, t, at);
	to = arena_alloc(c->mem, t->of->size);
	if (to == NULL)
		return rt_fail(x, REPLY_E_NOMEM, t, at);
	c->wrapped = x->v;
	reply_flag(&c->sum, REPLY_WRAP);
	ok = rt_words(x, t->of, &here, to);
	c->wrapped = keep;
	/* One number, or several? */
	if (ok && (reply_strip(t->of)->kind == MIP_INT ||
	    reply_strip(t->of)->kind == MIP_FLOAT) &&
	    rt_grouped((struct reply_text){ x->v->s, x->v->n }))
		return rt_fail(x, REPLY_E_AMBIGUOUS, t->of, &here);
	if (ok)
		type_list_set(out, to, 1);
	c->sum.open = c->sum.open || !x->v->done;
	return ok;
}

static bool
rt_struct(struct rt *x, const struct mip_type *t, const struct reply_path *at,
    void *out)
{
	const struct rnode *keep = x->c->implied;
	struct reply_path here;
	bool ok;

	if (t->n != 1 || x->c->implied == x->v)
		return rt_fail(x, REPLY_E_NO_JSON, t, at);
	here = reply_step(at, t->field);
	x->c->implied = x->v;
	reply_flag(&x->c->sum, REPLY_IMPLIED_KEY);
	ok = rt_words(x, t->field->type, &here,
	    (char *)out + t->field->offset);
	x->c->implied = keep;
	return ok;
}

static bool
rt_union(struct rt *x, const struct mip_type *t, const struct reply_path *at,
    void *out)
{
	struct reply_try best = { .ok = false }, r;
	unsigned i, arm = 0;
	int index;

	for (i = 0; i < t->n; i++) {
		r = rt_attempt(x, t->arm[i], at);
		if (r.ok && (!best.ok || r.sum.cost < best.sum.cost))
			arm = i;
		reply_keep(&best, &r);
	}
	if (!best.ok)
		return false;
	index = (int)arm;
	memcpy(out, &index, sizeof(index));
	memcpy((char *)out + t->arm_at, best.value, t->arm[arm]->size);
	reply_add(&x->c->sum, &best.sum);
	return true;
}

/* The text as words.  Where it holds anything like JSON it is no string: that
 * would hide what is wrong with it. */
static bool
rt_words(struct rt *x, const struct mip_type *t, const struct reply_path *at,
    void *out)
{
	switch (t->kind) {
	case MIP_STRING:
	case MIP_IMAGE:
	case MIP_FILE:
	case MIP_AUDIO:
		if (x->tried)
			return rt_fail(x, REPLY_E_TYPE, t, at);
		return reply_coerce_word(x->c, t, x->v, at, out);
	case MIP_INT:
	case MIP_FLOAT:
	case MIP_BOOL:
	case MIP_ENUM:
	case MIP_LITERAL:
		return reply_coerce_word(x->c, t, x->v, at, out);
	case MIP_STRUCT:
		return rt_struct(x, t, at, out);
	case MIP_LIST:
		return rt_list(x, t, at, out);
	case MIP_OPTIONAL:
		return rt_optional(x, t, at, out);
	case MIP_MAP:
		return rt_fail(x, REPLY_E_NO_JSON, t, at);
	case MIP_UNION:
		return rt_union(x, t, at, out);
	}
	return false;
}

/* Of two errors, the one that says more. */
static bool
rt_says_more(const struct reply_err *e)
{
	return e->inner == REPLY_E_AMBIGUOUS || e->inner == REPLY_E_NO_MATCH;
}

static void
rt_plain(struct rt *x, struct reply_text text)
{
	const uint64_t wrap = UINT64_C(1) << REPLY_WRAP;
	struct reply_err err = x->err;
	bool json = x->tried;
	struct reply_try r;

	r = rt_attempt(x, x->t, x->at);
	/* A list that was found is not the one word that it repeats. */
	if (r.ok && x->best.ok && (r.sum.flags & wrap) != 0)
		return;
	r.sum.plain = true;
	r.sum.from = text.s;
	r.sum.to = text.s + text.n;
	reply_keep(&x->best, &r);
	if (!r.ok)
		x->err = json && !rt_says_more(&x->c->err) ? err : x->c->err;
}

bool
reply_coerce_text(struct reply_co *c, const struct mip_type *t,
    struct rnode *v, const struct reply_path *at, void *out)
{
	struct reply_text text = reply_trim((struct reply_text){ v->s, v->n });
	struct rt x = { .c = c, .t = t, .v = v, .at = at };
	struct reply_values values;

	v->s = v->src = text.s;
	v->n = v->nsrc = (uint32_t)text.n;
	if (text.n == 0 && t->kind == MIP_OPTIONAL) {
		reply_flag(&c->sum, REPLY_NULL_WORD);
		return true;
	}
	if (text.n == 0)
		return reply_fail(c, REPLY_E_TYPE, t, text, at);
	if (c->texts == RT_NEST)
		return reply_fail(c, REPLY_E_TOO_DEEP, t, text, at);
	c->texts++;
	rt_scalar(&x, text);
	if (!x.covered)
		rt_scalars(&x, text);
	if (!rt_free(&x))
		rt_json(&x, text, &values);
	if (!rt_free(&x) && !c->fenced)
		rt_fences(&x, text, &values);
	if (!rt_free(&x) && !x.covered && values.n > 0)
		rt_values(&x, &values);
	if (!rt_free(&x) && !x.covered)
		rt_plain(&x, text);
	c->texts--;
	if (!x.best.ok) {
		c->err = x.err;
		return false;
	}
	reply_add(&c->sum, &x.best.sum);
	memcpy(out, x.best.value, t->size);
	return true;
}
