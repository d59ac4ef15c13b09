/* JSON as models write it: one pass, a stack of open things, and a flag for
 * each repair.
 *
 * Strict JSON is read without a flag.  Each repair (R3 to R21 of the design)
 * stands where its text is met.  Nothing here recurses on the text.
 *
 * SPDX-License-Identifier: MIT */
#include "reply/reply.h"

#include <string.h>

#include "core/json.h"
#include "reply/reply_json_in.h"

struct rnode *
reply_node(struct arena *mem, enum reply_kind kind, struct reply_text src)
{
	struct rnode *v = arena_alloc(mem, sizeof(*v));

	if (v == NULL)
		return NULL;
	v->kind = kind;
	v->done = true;
	v->src = v->s = src.s;
	v->nsrc = v->n = (uint32_t)src.n;
	return v;
}

/* ---- the stack ---- */

void
reply_json_flag(struct rj *p, enum reply_flag f)
{
	if (f != REPLY_NFLAG)
		reply_flag(&p->sum, f);
}

struct rj_frame *
reply_json_top(struct rj *p)
{
	return &p->frame[p->depth - 1];
}

struct rnode *
reply_json_new(struct rj *p, enum reply_kind kind, const char *s, size_t n)
{
	struct rnode *v = reply_node(p->mem, kind, (struct reply_text){ s, n });

	if (v == NULL) {
		p->error = REPLY_E_NOMEM;
		p->dead = true;
		return NULL;
	}
	v->encoded = p->encoded;
	return v;
}

void
reply_json_add(struct rj *p, struct rnode *v)
{
	struct rj_frame *f = reply_json_top(p);

	if (f->node->kind == RNODE_OBJECT) {
		v->key = f->key.s;
		v->nkey = (uint32_t)f->key.n;
		f->keyed = false;
	} else if (f->node->count > 0 && !f->comma) {
		reply_json_flag(p, REPLY_MISSING_COMMA);
	}
	if (f->last == NULL)
		f->node->child = v;
	else
		f->last->next = v;
	f->last = v;
	f->node->count++;
	f->comma = false;
}

/* The type of the value that comes next. */
static const struct mip_type *
rj_next_type(const struct rj_frame *f)
{
	const struct mip_type *t = f->type;

	if (f->node->kind == RNODE_OBJECT)
		return reply_look_member(t, f->key, true);
	t = reply_strip(t);
	return t != NULL && t->kind == MIP_LIST ? t->of : t;
}

static void
rj_push(struct rj *p, const struct mip_type *t)
{
	enum reply_kind kind = *p->at == '{' ? RNODE_OBJECT : RNODE_ARRAY;
	struct rj_frame *f;
	struct rnode *v;

	if (p->depth == REPLY_DEPTH) {
		p->error = REPLY_E_TOO_DEEP;
		p->dead = true;
		return;
	}
	v = reply_json_new(p, kind, p->at, 1);
	if (v == NULL)
		return;
	f = arena_grow(p->mem, p->frame, &p->room, p->depth + 1, sizeof(*f));
	if (f == NULL) {
		p->error = REPLY_E_NOMEM;
		p->dead = true;
		return;
	}
	p->frame = f;
	if (p->depth > 0)
		reply_json_add(p, v);
	f += p->depth++;
	memset(f, 0, sizeof(*f));
	f->node = v;
	f->type = kind == RNODE_OBJECT ? reply_look_record(t) : t;
	p->at++;
}

static void
rj_pop(struct rj *p, bool done)
{
	struct rj_frame *f = reply_json_top(p);

	f->node->nsrc = (uint32_t)(p->at - f->node->src);
	f->node->done = done;
	p->depth--;
}

/* No closer comes any more. */
static void
rj_cut(struct rj *p)
{
	p->cut = true;
	while (p->depth > 0)
		rj_pop(p, false);
}

/* ---- blanks and comments ---- */

/* False at the end of the text. */
static bool
rj_skip(struct rj *p)
{
	const char *e;
	bool line = false;

	for (;;) {
		e = p->at;
		p->at = reply_look_blanks(p, p->at, &line);
		for (; e < p->at && reply_blank(*e); e++)
			continue;
		if (e < p->at)          /* blanks that are none in JSON */
			reply_json_flag(p, REPLY_FROM_TEXT);
		if (p->at == p->end)
			return false;
		if (p->end - p->at >= 2 && *p->at == '/' && p->at[1] == '*') {
			e = reply_find((struct reply_text){ p->at + 2,
			    (size_t)(p->end - p->at - 2) }, "*/");
			p->at = e != NULL ? e + 2 : p->end;
		} else if (reply_look_comment(p, p->at) ||
		    reply_look_hash(p, p->at, reply_look_line(p, p->at),
		    reply_json_top(p)->keyed)) {
			while (p->at < p->end && *p->at != '\n')
				p->at++;
		} else {
			return true;
		}
		reply_json_flag(p, REPLY_COMMENT);
	}
}

/* ---- bare values ---- */

/* Is `s` a number of strict JSON? */
static bool
rj_is_json_number(struct reply_text t)
{
	const char *s = t.s, *end = t.s + t.n;

	if (s < end && *s == '-')
		s++;
	if (s == end || !reply_digit(*s))
		return false;
	if (*s == '0')
		s++;
	else
		while (s < end && reply_digit(*s))
			s++;
	if (end - s >= 2 && *s == '.' && reply_digit(s[1]))
		for (s++; s < end && reply_digit(*s); s++)
			continue;
	if (end - s >= 2 && (*s == 'e' || *s == 'E')) {
		s += s[1] == '+' || s[1] == '-' ? 2 : 1;
		if (s == end || !reply_digit(*s))
			return false;
		while (s < end && reply_digit(*s))
			s++;
	}
	return s == end;
}

/* Does the comma at `s` stand between two digits? */
static bool
rj_grouping(const struct rj *p, const char *s)
{
	return s > p->start && reply_digit(s[-1]) && s + 1 < p->end &&
	    reply_digit(s[1]);
}

/* The words of Python and JavaScript: null, bools, numbers. */
static const char *const rj_python[] = {
	"None", "undefined", "True", "False", "NaN", "Infinity", "-Infinity"
};
enum { RJ_NULLS = 2, RJ_BOOLS = 4, RJ_PYTHON = 7 };

/* Which of them is it?  RJ_PYTHON for none. */
static size_t
rj_python_word(struct reply_text t)
{
	size_t i;

	for (i = 0; i < RJ_PYTHON; i++)
		if (reply_is(t, rj_python[i]))
			break;
	return i;
}

/* Is it a bare value, but no text? */
static bool
rj_is_scalar(struct reply_text t)
{
	return rj_is_json_number(t) || reply_is(t, "null") ||
	    reply_is(t, "true") || reply_is(t, "false") ||
	    rj_python_word(t) < RJ_BOOLS;
}

/* Does the bare value from `from` on end at `s`?  One that is no text does
 * before a comma and a quote, whatever follows. */
static bool
rj_bare_ends(const struct rj *p, const struct rj_frame *f, const char *from,
    const char *s)
{
	bool object = f->node->kind == RNODE_OBJECT, line = false, quote;

	if (*s == '/' && s > p->start && reply_blank(s[-1]))
		return reply_look_comment(p, s);
	if (!object)
		return *s == ',' || *s == ']' || *s == '\n' ||
		    (*s == '}' && reply_look_in(p, 1, RNODE_OBJECT));
	if (*s == ',' && rj_grouping(p, s))
		return reply_look_key(p, s + 1) == RJ_SURE;
	if (*s == '"' && reply_blank(s[-1]))
		return reply_look_key(p, s) == RJ_SURE;
	if (*s == '}' || (*s == ']' && reply_look_in(p, 1, RNODE_ARRAY)))
		return true;
	if (*s != ',' && *s != '\n')
		return false;
	quote = reply_look_quote(p, reply_look_blanks(p, s + 1, &line)).n > 0;
	if (quote && rj_is_scalar(reply_trim((struct reply_text){ from,
	    (size_t)(s - from) })))
		return true;
	if (*s == ',')
		return reply_look_comma(p, s + 1, false) != RJ_NO;
	s = reply_look_blanks(p, s, &line);
	return s == p->end || *s == '}' || *s == ',' || *s == '#' ||
	    reply_look_mark(p, s) || reply_look_comment(p, s) ||
	    reply_look_key(p, s) != RJ_NONE;
}

/* The node of a bare word, with the flags that it costs. */
static struct rnode *
rj_bare_node(struct rj *p, struct reply_text t)
{
	struct rnode *v;
	size_t i;

	v = reply_json_new(p, RNODE_WORD, t.s, t.n);
	if (v == NULL)
		return NULL;
	if (t.n == 0)
		v->kind = RNODE_NOTHING;
	else if (rj_is_json_number(t))
		v->kind = RNODE_NUMBER;
	else if (reply_is(t, "null"))
		v->kind = RNODE_NULL;
	else if (reply_is(t, "true") || reply_is(t, "false"))
		v->kind = RNODE_BOOL;
	v->truth = *t.s == 't' || *t.s == 'T';
	v->nul = t.n > 0 && memchr(t.s, '\0', t.n) != NULL;
	if (v->kind != RNODE_WORD || reply_is_number(t))
		return v;
	i = rj_python_word(t);
	if (i < RJ_BOOLS)
		v->kind = i < RJ_NULLS ? RNODE_NULL : RNODE_BOOL;
	reply_json_flag(p, i < RJ_PYTHON ? REPLY_PYTHON_WORD :
	    REPLY_BARE_WORD);
	return v;
}

/* Is it sure that the bare value before `s` has ended there, whatever comes?
 * In a text there may be quotes. */
static bool
rj_bare_sure(const struct rj *p, const struct rj_frame *f, const char *s,
    bool text)
{
	bool line = false;

	if (s == p->end || !p->begun || f->node->kind == RNODE_ARRAY)
		return s < p->end;
	s = reply_look_blanks(p, s, &line);
	if (s < p->end && *s == ',')
		s = reply_look_blanks(p, s + 1, &line);
	return s < p->end && (*s == '}' || *s == ']' ||
	    (!text && *s != '`' && reply_look_quote(p, s).n > 0) ||
	    reply_look_key(p, s) == RJ_SURE);
}

static void
rj_bare(struct rj *p)
{
	const struct rj_frame *f = reply_json_top(p);
	const char *s = p->at;
	struct reply_text t;
	struct rnode *v;
	bool line;

	while (p->at < p->end && !rj_bare_ends(p, f, s, p->at)) {
		/* Lines are looked beyond once. */
		if (*p->at == '\n')
			p->at = reply_look_blanks(p, p->at, &line);
		else
			p->at++;
	}
	t = reply_trim((struct reply_text){ s, (size_t)(p->at - s) });
	v = rj_bare_node(p, t);
	if (v == NULL)
		return;
	v->done = rj_bare_sure(p, f, p->at, v->kind == RNODE_WORD);
	reply_json_add(p, v);
}

/* ---- values, members, items ---- */

static void
rj_value(struct rj *p)
{
	struct rj_quote q;

	if (*p->at == ':') {
		p->dead = true;
		return;
	}
	if (*p->at == '{' || *p->at == '[') {
		rj_push(p, rj_next_type(reply_json_top(p)));
		return;
	}
	q = reply_look_quote(p, p->at);
	if (q.block)
		reply_string_block(p, &q);
	else if (q.n > 0)
		reply_string_read(p, &q);
	else
		rj_bare(p);
}

/* A closer that does not belong to the open thing: it closes that if it is
 * the closer of something further out, else it is dropped. */
static void
rj_stray(struct rj *p, enum reply_kind outer)
{
	unsigned i;

	for (i = p->depth; i-- > 0;)
		if (p->frame[i].node->kind == outer)
			break;
	if (i < p->depth) {
		rj_pop(p, true);
		reply_json_flag(p, REPLY_CLOSED);
	} else {
		p->at++;
		reply_json_flag(p, REPLY_FROM_TEXT);
	}
}

/* The open thing lacks its closer: what comes next is of the one around it. */
static void
rj_lacks(struct rj *p)
{
	bool comma = reply_json_top(p)->comma;

	rj_pop(p, true);
	reply_json_top(p)->comma = comma;
	reply_json_flag(p, REPLY_CLOSED);
}

/* Reads a key and its colon. */
static void
rj_key(struct rj *p)
{
	struct rj_frame *f = reply_json_top(p);
	struct rj_quote q = reply_look_quote(p, p->at);
	const char *s = p->at + q.n, *e;
	bool nul = false, inner, cut;

	if (q.n > 0 && !q.block) {
		e = reply_look_quoted(p, &q, s, &inner);
		for (e = e != NULL ? e : s; e < p->end &&
		    !reply_look_close(p, &q, e); e++)
			if (*e == '\\' && e + 1 < p->end)
				e++;
		reply_json_flag(p, q.flag);
		if (inner)
			reply_json_flag(p, REPLY_INNER_QUOTE);
		f->key = reply_string_decode(p, s, e, q.c, &nul);
		p->at = e < p->end ? e + reply_look_close(p, &q, e) : e;
	} else {
		e = reply_look_words(p, s, &cut);
		if (e == s) {
			p->dead = true;
			return;
		}
		f->key = (struct reply_text){ s, (size_t)(e - s) };
		reply_json_flag(p, REPLY_BARE_KEY);
		p->at = e;
	}
	if (!rj_skip(p))
		return;
	if (*p->at != ':' || nul) {
		p->dead = true;
		return;
	}
	p->at++;
	f->keyed = true;
}

static void
rj_comma(struct rj *p, struct rj_frame *f)
{
	if (f->comma || f->node->count == 0)
		reply_json_flag(p, REPLY_TRAILING_COMMA);
	f->comma = true;
	p->at++;
}

static void
rj_closer(struct rj *p, struct rj_frame *f)
{
	bool line = false;
	const char *s;

	if (f->comma && f->node->count > 0)
		reply_json_flag(p, REPLY_TRAILING_COMMA);
	p->at++;
	/* The outermost closed too early: nothing may be lost. */
	if (p->depth == 1 && !f->doubled && reply_look_goes_on(p, f, p->at)) {
		reply_json_flag(p, REPLY_FROM_TEXT);
		return;
	}
	if (f->doubled) {
		s = reply_look_blanks(p, p->at, &line);
		if (s < p->end && *s == '}')
			p->at = s + 1;
		else if (s == p->end && p->depth == 1)
			p->cut = true;
		else
			reply_json_flag(p, REPLY_CLOSED);
	}
	rj_pop(p, true);
}

static void
rj_object(struct rj *p)
{
	struct rj_frame *f = reply_json_top(p);

	if (f->keyed && (*p->at == ',' || *p->at == '}'))
		rj_bare(p);
	else if (f->keyed)
		rj_value(p);
	else if (*p->at == '}')
		rj_closer(p, f);
	else if (*p->at == ']')
		rj_stray(p, RNODE_ARRAY);
	else if (*p->at == ',')
		rj_comma(p, f);
	else if (*p->at == '{' && f->node->count == 0 && !f->doubled) {
		f->doubled = true;
		p->at++;
		reply_json_flag(p, REPLY_DOUBLED_BRACES);
	} else if (*p->at == '{' && reply_look_in(p, 1, RNODE_ARRAY)) {
		rj_lacks(p);
	} else if (reply_look_mark(p, p->at) && reply_look_line(p, p->at)) {
		p->rest = true;         /* the end of a fence, and of JSON */
	} else {
		if (f->node->count > 0 && !f->comma)
			reply_json_flag(p, REPLY_MISSING_COMMA);
		rj_key(p);
	}
}

static void
rj_array(struct rj *p)
{
	struct rj_frame *f = reply_json_top(p);

	if (*p->at == ']')
		rj_closer(p, f);
	else if (*p->at == '}')
		rj_stray(p, RNODE_OBJECT);
	else if (*p->at == ',')
		rj_comma(p, f);
	else if (!p->begun && reply_look_in(p, 1, RNODE_OBJECT) &&
	    reply_look_known(p, f - 1, p->at))
		rj_lacks(p);
	else
		rj_value(p);
}

/* Does a quote follow the opener at `at`? */
static bool
rj_quoted(const struct rj *p, const char *at)
{
	bool line = false;

	return reply_look_quote(p, reply_look_blanks(p, at + 1, &line)).n > 0;
}

void
reply_json(struct arena *mem, const struct mip_type *t,
    struct reply_text text, const char *at, enum reply_where where,
    struct reply_parse *out)
{
	struct rj p;

	memset(out, 0, sizeof(*out));
	memset(&p, 0, sizeof(p));
	p.mem = mem;
	p.start = text.s;
	p.end = text.s + text.n;
	p.at = at;
	p.encoded = where == REPLY_IN_STRING;
	p.begun = where == REPLY_BEGUN;
	rj_push(&p, t);
	out->root = p.depth > 0 ? p.frame[0].node : NULL;
	while (!p.dead && p.depth > 0) {
		if (p.rest || !rj_skip(&p))
			rj_cut(&p);
		else if (reply_json_top(&p)->node->kind == RNODE_OBJECT)
			rj_object(&p);
		else
			rj_array(&p);
	}
	/* What was read of a value that is still being written stays. */
	if (p.dead && p.begun && p.error != REPLY_E_NOMEM &&
	    out->root != NULL && (out->root->count > 0 || at == text.s ||
	    rj_quoted(&p, at))) {
		rj_cut(&p);
		p.dead = false;
		p.error = REPLY_E_NONE;
	}
	if (p.cut) {
		reply_json_flag(&p, REPLY_CLOSED);
		p.sum.open = true;
	}
	if (p.dead && out->root != NULL) {
		out->broken = out->root->count > 0 || rj_quoted(&p, at);
		out->depth = p.depth;
		out->root = NULL;
	}
	out->end = p.at;
	out->sum = p.sum;
	out->error = p.error;
}

struct rnode *
reply_json_scalar(struct arena *mem, struct reply_text text)
{
	struct rnode *v;
	struct json j;
	struct rj p;

	if (text.n == 0 || (*text.s != '"' && *text.s != '-' &&
	    !reply_digit(*text.s) && !reply_is(text, "true") &&
	    !reply_is(text, "false") && !reply_is(text, "null")) ||
	    !json_parse(text.s, text.n, &j, NULL, NULL))
		return NULL;
	memset(&p, 0, sizeof(p));
	p.mem = mem;
	v = reply_json_new(&p, RNODE_NUMBER, text.s, text.n);
	if (v == NULL)
		return NULL;
	if (*text.s == '"') {
		v->kind = RNODE_STRING;
		text = reply_string_decode(&p, text.s + 1,
		    text.s + text.n - 1, '"', &v->nul);
		v->s = text.s;
		v->n = (uint32_t)text.n;
	} else if (*text.s == 't' || *text.s == 'f') {
		v->kind = RNODE_BOOL;
		v->truth = *text.s == 't';
	} else if (*text.s == 'n') {
		v->kind = RNODE_NULL;
	}
	return p.dead ? NULL : v;
}

bool
reply_json_plausible(struct reply_text text, const char *at, bool sure)
{
	bool line = false;
	unsigned n;
	const char *s;
	struct rj p = { .start = text.s, .end = text.s + text.n };

	s = reply_look_blanks(&p, at + 1, &line);
	if (s == p.end)
		return false;
	/* Lists of lists go by what is in the innermost. */
	for (n = 0; *at == '[' && *s == '[' && n < REPLY_DEPTH; n++) {
		s = reply_look_blanks(&p, s + 1, &line);
		if (s == p.end)
			return !sure;
	}
	if (reply_look_quote(&p, s).n > 0 || *s == '{' ||
	    reply_look_comment(&p, s) || (*s == '#' && line))
		return true;
	if (*at == '{')
		return *s == '}' || reply_look_key(&p, s) >= (sure ? RJ_SURE :
		    RJ_MAYBE);
	return *s == '[' || *s == ']' || *s == '-' || reply_digit(*s);
}
