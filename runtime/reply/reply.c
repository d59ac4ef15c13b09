/* Reading a reply: its text made clean, the candidates for its value, the
 * cheapest of them, and what speaks against that.
 *
 * SPDX-License-Identifier: MIT */
#include "reply/reply.h"

#include <string.h>

#include <utf8proc.h>

#include "core/buf.h"
#include "reply/reply_in.h"
#include "type/type.h"

enum { RR_CUTS = 64 };

/* The reply without bad bytes and reasoning. */
struct rr_clean {
	struct reply_text raw;          /* the reply */
	struct reply_text utf8;         /* valid; raw itself, or a copy */
	struct reply_text text;         /* without the cuts */
	struct reply_cut cut[RR_CUTS];  /* offsets into utf8 */
	size_t ncut;
	bool bad, open;                 /* open: reasoning without an end */
};

struct rr {
	struct arena mem;
	const struct mip_type *t;       /* the outputs, or the one value */
	const struct mip_field *field;  /* of a plain reply, or NULL */
	const struct reply_options *o;
	struct rr_clean clean;
	struct reply_co co;
	struct reply_try best;          /* a value of `t` */
	struct reply_err err;
};

/* ---- clean text ---- */

/* Bytes of the valid character at `s`; 0 if it is not one. */
static size_t
rr_char(const char *s, const char *end)
{
	utf8proc_int32_t c;
	utf8proc_ssize_t n;

	if ((unsigned char)*s < 0x80)
		return 1;
	n = utf8proc_iterate((const utf8proc_uint8_t *)s, end - s, &c);
	return n > 0 ? (size_t)n : 0;
}

static bool
rr_utf8(struct rr *r)
{
	const char *s = r->clean.raw.s, *end = s + r->clean.raw.n;
	size_t n, bad = 0;
	char *o;

	r->clean.utf8 = r->clean.raw;
	for (; s < end; s += n > 0 ? n : 1) {
		n = buf_plain(s, (size_t)(end - s));
		if (n > 0)
			continue;
		n = rr_char(s, end);
		bad += n == 0;
	}
	if (bad == 0)
		return true;
	r->clean.bad = true;
	o = arena_alloc(&r->mem, r->clean.raw.n + 2 * bad);
	if (o == NULL)
		return false;
	r->clean.utf8.s = o;
	for (s = r->clean.raw.s; s < end; s += n > 0 ? n : 1) {
		n = rr_char(s, end);
		memcpy(o, n > 0 ? s : "\xef\xbf\xbd", n > 0 ? n : 3);
		o += n > 0 ? n : 3;
	}
	r->clean.utf8.n = (size_t)(o - r->clean.utf8.s);
	return true;
}

/* Takes out the reasoning. */
static bool
rr_cut(struct rr *r)
{
	struct rr_clean *x = &r->clean;
	size_t i, at = 0;
	char *o;

	x->text = x->utf8;
	x->ncut = reply_cuts(r->t, x->utf8, x->cut, RR_CUTS, &x->open);
	if (x->ncut == 0)
		return true;
	o = arena_alloc(&r->mem, x->utf8.n + 1);
	if (o == NULL)
		return false;
	x->text.s = o;
	for (i = 0; i < x->ncut; i++) {
		memcpy(o, x->utf8.s + at, x->cut[i].from - at);
		o += x->cut[i].from - at;
		at = x->cut[i].to;
	}
	memcpy(o, x->utf8.s + at, x->utf8.n - at);
	x->text.n = (size_t)(o - x->text.s) + x->utf8.n - at;
	return true;
}

/* Where a place in the clean text stands in the reply. */
static size_t
rr_offset(const struct rr_clean *x, const char *at, bool end)
{
	const char *s = x->raw.s, *stop = s + x->raw.n;
	size_t pos, i, n, out = 0;

	if (at < x->text.s || at > x->text.s + x->text.n)
		return end ? x->raw.n : 0;
	pos = (size_t)(at - x->text.s);
	for (i = 0; i < x->ncut; i++)
		if (end ? x->cut[i].from < pos : x->cut[i].from <= pos)
			pos += x->cut[i].to - x->cut[i].from;
	if (!x->bad)
		return pos;
	while (s < stop && out < pos) {
		n = rr_char(s, stop);
		out += n > 0 ? n : 3;
		s += n > 0 ? n : 1;
	}
	return (size_t)(s - x->raw.s);
}

/* ---- candidates ---- */

static void
rr_error(struct rr *r, enum reply_error e)
{
	memset(&r->err, 0, sizeof(r->err));
	r->err.error = r->err.inner = e;
	r->err.type = r->t;
	r->err.seen = reply_trim(r->clean.text);
	r->best.ok = false;
}

/* Makes a reading of the plain field one of its struct. */
static bool
rr_whole(struct rr *r, struct reply_try *x)
{
	char *record;

	if (r->field == NULL || !x->ok)
		return true;
	record = arena_alloc(&r->mem, r->t->size);
	if (record == NULL)
		return false;
	memcpy(record + r->field->offset, x->value, r->field->type->size);
	x->value = record;
	return true;
}

/* Does the first of the fields, which stands at `mark`, stand in the first
 * fence of the text?  That is where all of them are, then. */
static bool
rr_fenced(struct reply_text text, const char *mark, struct reply_fence *fence)
{
	return reply_fences(text, fence, 1) == 1 && mark >= fence->text.s &&
	    mark < fence->text.s + fence->text.n;
}

/* The fields of the layout `f` in the text, with what it took to find them. */
static void
rr_fields(struct rr *r, enum mip_format f, struct rnode *v,
    struct reply_sum sum)
{
	struct reply_try x = reply_attempt(&r->co, r->t, v, NULL);

	x.sum.from = NULL;
	/* Only a last piece can be cut. */
	x.sum.open = sum.open;
	x.sum.plain = false;
	reply_add(&x.sum, &sum);
	if (f != r->o->format)
		reply_flag(&x.sum, f == MIP_MARKERS ? REPLY_MARKERS :
		    f == MIP_LABELS ? REPLY_LABELS : REPLY_TAGS);
	/* Where several fields stand, it is they that are wrong. */
	if (!x.ok && (r->err.error == REPLY_E_NONE ||
	    r->err.error == REPLY_E_NO_JSON || (v->count > 1 &&
	    r->err.path[0] == '\0')))
		r->err = r->co.err;
	reply_keep(&r->best, &x);
}

/* The layout `f`: its fields, each a piece of the text. */
static void
rr_layout(struct rr *r, enum mip_format f, struct reply_text text)
{
	struct reply_sum sum = { 0 }, inner = { 0 };
	struct reply_fence fence;
	struct rnode *v, *in;

	v = reply_carrier(&r->mem, r->t, f, text, false, &sum);
	if (v == NULL)
		return;
	if (rr_fenced(text, sum.from, &fence)) {
		in = reply_carrier(&r->mem, r->t, f, fence.text, false,
		    &inner);
		reply_flag(&inner, REPLY_FENCE);
		if (!fence.all)
			reply_flag(&inner, REPLY_FROM_TEXT);
		inner.open = inner.open && !fence.closed;
		if (in != NULL)
			rr_fields(r, f, in, inner);
		if (fence.all)
			return;
	}
	rr_fields(r, f, v, sum);
}

static bool
rr_is_layout(enum mip_format f)
{
	return f == MIP_MARKERS || f == MIP_LABELS || f == MIP_XML;
}

/* The text as JSON, fenced or in prose, or as words. */
static bool
rr_text(struct rr *r, struct reply_text text)
{
	struct rnode *v = reply_node(&r->mem, RNODE_TEXT, text);
	struct reply_try x;

	if (v == NULL)
		return false;
	v->done = false;
	x = reply_attempt(&r->co, r->field != NULL ? r->field->type : r->t, v,
	    NULL);
	if (rr_is_layout(r->o->format))
		reply_flag(&x.sum, REPLY_JSON);
	if (!x.ok && r->err.error == REPLY_E_NONE)
		r->err = r->co.err;
	if (!rr_whole(r, &x))
		return false;
	reply_keep(&r->best, &x);
	if (r->best.ok || r->field == NULL ||
	    memchr(text.s, '{', text.n) == NULL)
		return true;
	/* An object, where its one value was asked for. */
	x = reply_attempt(&r->co, r->t, v, NULL);
	reply_flag(&x.sum, REPLY_JSON);
	reply_keep(&r->best, &x);
	return true;
}

static bool
rr_candidates(struct rr *r, struct reply_text text)
{
	static const enum mip_format layout[] = {
		MIP_MARKERS, MIP_XML, MIP_LABELS
	};
	size_t i;

	memset(&r->err, 0, sizeof(r->err));
	if (r->o->parse != MIP_NATIVE && rr_is_layout(r->o->format)) {
		rr_layout(r, r->o->format, text);
		if (r->best.ok && r->best.sum.cost == 0)
			return true;
	}
	if (!rr_text(r, text))
		return false;
	if (r->o->parse != MIP_TOLERANT || (r->best.ok && !r->best.sum.plain))
		return true;
	for (i = 0; i < sizeof(layout) / sizeof(*layout); i++)
		if (layout[i] != r->o->format)
			rr_layout(r, layout[i], text);
	return true;
}

/* Is the one output code? */
static bool
rr_code(const struct rr *r)
{
	return r->field != NULL && (strcmp(r->field->name, "code") == 0 ||
	    strcmp(reply_wire(r->field), "code") == 0);
}

/* A lone string is the text itself; code may stand in a fence. */
static bool
rr_string(struct rr *r, struct reply_text text)
{
	struct reply_fence fence;
	const char *s;
	bool fenced = rr_code(r) &&
	    reply_fences(text, &fence, 1) == 1 && fence.all && fence.closed;
	char *out = arena_alloc(&r->mem, r->t->size);

	if (out == NULL)
		return false;
	r->best.value = out;
	r->best.ok = true;
	r->best.sum.open = true;
	if (fenced) {
		text = fence.text;
		while (text.n > 0 && (text.s[text.n - 1] == '\n' ||
		    text.s[text.n - 1] == '\r'))
			text.n--;
		reply_flag(&r->best.sum, REPLY_FENCE);
	}
	r->best.sum.from = text.s;
	r->best.sum.to = text.s + text.n;
	if (text.n > 0 && memchr(text.s, '\0', text.n) != NULL) {
		rr_error(r, REPLY_E_TYPE);
		return true;
	}
	s = arena_strndup(&r->mem, text.s, text.n);
	memcpy(out + (r->field != NULL ? r->field->offset : 0), &s, sizeof(s));
	return s != NULL;
}

/* ---- what speaks against it ---- */

static void
rr_constraints(struct rr *r)
{
	struct mip_field one = { .name = "", .type = r->t };
	const struct mip_field *f = &one;
	const char *v = r->best.value, *s;
	struct type_error e;
	size_t n = 1, i;

	if (r->t->kind == MIP_STRUCT) {
		f = r->t->field;
		n = r->t->n;
	}
	for (i = 0; i < n && r->best.ok; i++) {
		if (type_check(&f[i], v + f[i].offset, &e))
			continue;
		s = arena_strdup(&r->mem, e.text);
		rr_error(r, s != NULL ? REPLY_E_ASSERT : REPLY_E_NOMEM);
		r->err.text = s;
		r->err.label = e.label;
		memcpy(r->err.path, e.path, sizeof(r->err.path));
	}
}

/* The conditions of a value that all else speaks for. */
struct rr_judge {
	struct arena *a;
	const struct reply_options *o;
	struct reply_note *note;
	size_t cap;
};

static bool
rr_holds(void *arg, const struct mip_check *c, const void *record)
{
	const struct rr_judge *j = arg;

	return j->o->holds(j->o->holds_arg, c, record);
}

static void
rr_failed(void *arg, const struct mip_check *c)
{
	struct rr_judge *j = arg;
	struct reply_note *note = j->note;
	const char **v;

	v = arena_grow(j->a, note->check, &j->cap, note->ncheck + 1,
	    sizeof(*v));
	if (v == NULL)
		return;
	note->check = v;
	v[note->ncheck++] = c->text;
}

static void
rr_conditions(struct rr *r, struct arena *a, struct reply_note *note)
{
	struct rr_judge judge = { a, r->o, note, 0 };
	const struct type_judge j = { rr_holds, rr_failed, &judge };
	struct type_error e;
	const char *s;

	if (r->o->holds == NULL)
		return;
	if (type_judge(r->t, r->best.value, &j, &e)) {
		if (note->ncheck > 0)
			reply_flag(&r->best.sum, REPLY_CHECK_FAILED);
		return;
	}
	note->ncheck = 0;
	s = arena_strdup(&r->mem, e.text);
	rr_error(r, s != NULL ? REPLY_E_ASSERT : REPLY_E_NOMEM);
	r->err.text = s;
	r->err.label = e.label;
	memcpy(r->err.path, e.path, sizeof(r->err.path));
}

/* The finish reason: what was cut is never passed off as whole. */
static void
rr_finish(struct rr *r)
{
	switch (r->o->finish) {
	case REPLY_STOP:
		return;
	case REPLY_LENGTH:
		if (r->best.ok && !r->best.sum.open && !r->o->cut_is_error)
			reply_flag(&r->best.sum, REPLY_LENGTH_HIT);
		else
			rr_error(r, REPLY_E_TRUNCATED);
		return;
	case REPLY_FILTER:
		if (!r->best.ok || r->best.sum.open)
			rr_error(r, REPLY_E_REFUSAL);
		return;
	}
}

/* Strict and native replies, and repairs beyond what is allowed. */
static void
rr_limits(struct rr *r)
{
	const uint64_t around = UINT64_C(1) << REPLY_FROM_TEXT |
	    UINT64_C(1) << REPLY_FENCE;
	const struct reply_sum *s = &r->best.sum;

	if (!r->best.ok)
		return;
	if ((r->o->parse == MIP_STRICT && (s->cost > 0 ||
	    (s->flags & around) != 0)) ||
	    (r->o->parse == MIP_NATIVE && r->field == NULL &&
	    (s->plain || (s->flags & around) != 0)) ||
	    (r->o->max_repair >= 0 && s->cost > (unsigned)r->o->max_repair))
		rr_error(r, REPLY_E_NO_JSON);
}

static enum mip_status
rr_status(enum reply_error e)
{
	switch (e) {
	case REPLY_E_NONE:
		return MIP_OK;
	case REPLY_E_REFUSAL:
		return MIP_REFUSAL;
	case REPLY_E_TRUNCATED:
		return MIP_TRUNCATED;
	case REPLY_E_NOMEM:
		return MIP_NOMEM;
	case REPLY_E_EMPTY:
	case REPLY_E_NO_JSON:
	case REPLY_E_TYPE:
	case REPLY_E_MISSING:
	case REPLY_E_ITEM:
	case REPLY_E_AMBIGUOUS:
	case REPLY_E_NO_MATCH:
	case REPLY_E_ASSERT:
	case REPLY_E_TOO_DEEP:
	case REPLY_E_TOO_LONG:
	case REPLY_NERROR:
		return MIP_FORMAT;
	}
	return MIP_FORMAT;
}

/* ---- all of it ---- */

static bool
rr_lone_string(const struct rr *r)
{
	const struct mip_type *t = r->field != NULL ? r->field->type : r->t;

	if (t->kind == MIP_OPTIONAL && t->of->kind == MIP_STRING)
		return !reply_is(reply_trim(r->clean.text), "null");
	return reply_stringlike(t);
}

/* Is there nothing, or nothing in a fence? */
static bool
rr_empty(const struct rr *r, struct reply_text text)
{
	struct reply_fence f;

	return text.n == 0 || (!rr_lone_string(r) &&
	    reply_fences(text, &f, 1) == 1 && f.all && f.closed &&
	    reply_trim(f.text).n == 0);
}

static bool
rr_read(struct rr *r)
{
	struct reply_text text;

	if (r->clean.raw.n > REPLY_BYTES) {
		rr_error(r, REPLY_E_TOO_LONG);
		return true;
	}
	if (!rr_utf8(r) || !rr_cut(r))
		return false;
	text = reply_trim(r->clean.text);
	if (r->clean.open && r->o->finish == REPLY_LENGTH) {
		rr_error(r, REPLY_E_TRUNCATED);
	} else if (rr_empty(r, text) || (r->clean.open && rr_lone_string(r))) {
		rr_error(r, REPLY_E_EMPTY);
	} else if (rr_lone_string(r)) {
		if (!rr_string(r, text))
			return false;
	} else if (!rr_candidates(r, text)) {
		return false;
	} else if ((!r->best.ok || r->best.sum.plain) && !r->co.object &&
	    reply_refuses(text)) {
		rr_error(r, REPLY_E_REFUSAL);
	}
	if (r->best.ok)
		rr_constraints(r);
	rr_limits(r);
	rr_finish(r);
	return true;
}

static void
rr_note(struct rr *r, struct reply_note *note)
{
	struct reply_sum *s = &r->best.sum;

	if (!r->best.ok) {
		reply_message(&r->err, r->t, r->o->format, note);
		note->to = r->clean.raw.n;
		return;
	}
	if (r->clean.bad)
		reply_flag(s, REPLY_BAD_UTF8);
	if (r->clean.ncut > 0)
		reply_flag(s, REPLY_REASONING_CUT);
	note->flags = s->flags;
	note->cost = s->cost;
	note->from = s->from != NULL ?
	    rr_offset(&r->clean, s->from, false) : 0;
	note->to = s->to != NULL ? rr_offset(&r->clean, s->to, true) :
	    r->clean.raw.n;
}

static void
rr_begin(struct rr *r, const char *text, size_t n)
{
	size_t bom = buf_bom(text, n);

	text += bom;
	n -= bom;
	r->clean.raw = r->clean.text = (struct reply_text){ text, n };
	if (!r->o->single && r->o->format == MIP_PLAIN &&
	    r->t->kind == MIP_STRUCT && r->t->n == 1)
		r->field = r->t->field;
	r->co.mem = &r->mem;
	r->co.o = r->o;
}

enum mip_status
reply_read(struct arena *a, const struct mip_type *t,
    const struct reply_options *o, const char *text, size_t n, void *out,
    struct reply_note *note)
{
	struct rr r = { .t = t, .o = o };

	memset(out, 0, t->size);
	memset(note, 0, sizeof(*note));
	note->label = "";
	rr_begin(&r, text, n);
	if (!rr_read(&r))
		rr_error(&r, REPLY_E_NOMEM);
	if (r.best.ok)
		rr_conditions(&r, a, note);
	if (r.best.ok && !type_copy(a, t, r.best.value, out))
		rr_error(&r, REPLY_E_NOMEM);
	rr_note(&r, note);
	note->from += n - r.clean.raw.n;
	note->to += n - r.clean.raw.n;
	arena_release(&r.mem);
	if (note->error != REPLY_E_NONE)
		memset(out, 0, t->size);
	return rr_status(note->error);
}

/* ---- replies that are still being written ---- */

/* Without the first bytes of a character that is not whole yet. */
static size_t
rr_whole_chars(const char *s, size_t n)
{
	static const unsigned char lead[] = { 0xc0, 0xe0, 0xf0 };
	size_t i;

	for (i = 1; i <= 3 && i <= n; i++) {
		if (((unsigned char)s[n - i] & 0xc0) == 0x80)
			continue;
		return (unsigned char)s[n - i] >= lead[i - 1] ? n - i : n;
	}
	return n;
}

/* What a fence of a text that is still being written holds for sure: its last
 * line may be the start of the mark that closes it. */
static struct reply_text
rr_in_fence(const struct reply_fence *f)
{
	struct reply_text t = f->text;
	const char *s = t.s + t.n;

	while (!f->closed && s > t.s && s[-1] == f->c)
		s--;
	if ((size_t)(t.s + t.n - s) < f->mark) {
		while (!f->closed && s > t.s && (s[-1] == ' ' ||
		    s[-1] == '\t'))
			s--;
		if (s == t.s || s[-1] == '\n')
			t.n = (size_t)(s - t.s);
	}
	while (t.n > 0 && (t.s[t.n - 1] == '\n' || t.s[t.n - 1] == '\r'))
		t.n--;
	return t;
}

/* What stands in the fence that is all of a text which is still being written;
 * false if that is not known yet. */
static bool
rr_fence_begun(struct reply_text *text)
{
	struct reply_fence fence;

	if (text->n < 3)
		return memcmp(text->s, "```", text->n) != 0;
	if (memcmp(text->s, "```", 3) != 0)
		return true;
	if (memchr(text->s, '\n', text->n) == NULL ||
	    reply_fences(*text, &fence, 1) != 1 || !fence.all)
		return false;
	*text = rr_in_fence(&fence);
	return true;
}

/* The same of the layout that was asked for, which may stand in a fence. */
static struct rnode *
rr_layout_begun(struct rr *r, struct reply_text text)
{
	struct reply_sum sum = { 0 };
	struct reply_fence fence;
	struct rnode *v;

	v = reply_carrier(&r->mem, r->t, r->o->format, text, true, &sum);
	if (v != NULL && rr_fenced(text, sum.from, &fence))
		v = reply_carrier(&r->mem, r->t, r->o->format,
		    rr_in_fence(&fence), true, &sum);
	return v;
}

/* The value so far; NULL if none has begun. */
static struct rnode *
rr_begun(struct rr *r, struct reply_text text)
{
	const struct mip_type *t = r->field != NULL ? r->field->type : r->t;
	struct rnode *v;

	if (rr_is_layout(r->o->format)) {
		v = rr_layout_begun(r, text);
		if (v != NULL)
			return v;
	}
	if (reply_stringlike(reply_strip(t))) {
		if (rr_code(r) && !rr_fence_begun(&text))
			return NULL;
		v = reply_node(&r->mem, RNODE_TEXT, text);
		if (v != NULL)
			v->done = false;
		return v;
	}
	return reply_begun(&r->mem, t, text);
}

/* What stands before reasoning that has no end yet. */
static struct reply_text
rr_unthought(const struct rr *r)
{
	struct reply_text text = r->clean.text;
	size_t i, n = r->clean.ncut;

	if (!r->clean.open || n == 0)
		return text;
	text.n = r->clean.cut[n - 1].from;
	for (i = 0; i + 1 < n; i++)
		text.n -= r->clean.cut[i].to - r->clean.cut[i].from;
	return text;
}

static bool
rr_partial(struct rr *r, struct buf *out)
{
	struct reply_text text;
	struct rnode *v = NULL;

	if (!rr_utf8(r) || !rr_cut(r))
		return false;
	text = reply_trim(reply_before_thought(r->t, rr_unthought(r)));
	if (text.n > 0)
		v = rr_begun(r, text);
	if (r->field != NULL) {
		buf_putc(out, '{');
		buf_json(out, r->field->name, strlen(r->field->name));
		buf_putc(out, ':');
		reply_partial_write(&r->co, out, r->field->type, v);
		buf_putc(out, '}');
	} else {
		reply_partial_write(&r->co, out, r->t, v);
	}
	return !out->failed && !r->mem.failed;
}

enum mip_status
reply_partial(const struct mip_type *t, const struct reply_options *o,
    const char *text, size_t n, struct buf *out)
{
	struct rr r = { .t = t, .o = o };
	bool ok;

	rr_begin(&r, text, rr_whole_chars(text, n));
	ok = n <= REPLY_BYTES && rr_partial(&r, out);
	arena_release(&r.mem);
	return ok ? MIP_OK : n <= REPLY_BYTES ? MIP_NOMEM : MIP_FORMAT;
}
