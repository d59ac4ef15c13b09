/* Reading ahead in JSON as models write it: what opens, what closes, and
 * whether a quote inside a text is its end.
 *
 * SPDX-License-Identifier: MIT */
#include "reply/reply.h"

#include <string.h>

#include "reply/reply_json_in.h"

/* ---- types: which keys are known ---- */

/* What an object in the place of `t` should be. */
const struct mip_type *
reply_look_record(const struct mip_type *t)
{
	t = reply_strip(t);
	while (t != NULL && t->kind == MIP_LIST)
		t = reply_strip(t->of);
	if (t == NULL || t->kind == MIP_STRUCT || t->kind == MIP_UNION ||
	    t->kind == MIP_MAP)
		return t;
	return NULL;
}

static bool
rj_same(struct reply_text k, const char *name)
{
	return name != NULL && reply_is(k, name);
}

/* The type of a member; NULL if the key is not known. */
const struct mip_type *
reply_look_member(const struct mip_type *t, struct reply_text k, bool loose)
{
	const struct mip_type *found = NULL;
	const struct mip_field *f;
	unsigned i;

	if (t == NULL)
		return NULL;
	for (i = 0; t->kind == MIP_STRUCT && i < t->n; i++) {
		f = &t->field[i];
		if (rj_same(k, f->alias) || rj_same(k, f->name) ||
		    (loose && reply_alike(k, reply_wire(f))))
			return f->type;
	}
	for (i = 0; t->kind == MIP_UNION && i < t->n && !found; i++)
		found = reply_look_member(reply_look_record(t->arm[i]), k,
		    loose);
	if (t->kind == MIP_MAP && loose)
		return t->of;
	return found;
}

/* ---- looking ahead ---- */

/* Bytes of a blank that is not of ASCII: U+00A0, U+3000 or a mark of the byte
 * order. */
static size_t
rj_wide_blank(const char *s, const char *end)
{
	if (end - s >= 2 && *s == '\xc2' && s[1] == '\xa0')
		return 2;
	return end - s >= 3 && memcmp(s, "\xe3\x80\x80", 3) == 0 ? 3 :
	    buf_bom(s, (size_t)(end - s));
}

const char *
reply_look_blanks(const struct rj *p, const char *s, bool *line)
{
	size_t n = 1;

	for (; s < p->end && n > 0; s += n) {
		n = reply_blank(*s) ? 1 : (unsigned char)*s < 0x80 ? 0 :
		    rj_wide_blank(s, p->end);
		if (*s == '\n')
			*line = true;
	}
	return s;
}

static bool
rj_word_byte(char c)
{
	return reply_letter(c) || reply_digit(c) || c == '_' || c == '-' ||
	    c == '$' || (unsigned char)c >= 0x80;
}

/* Behind the letters of a bare key that starts at `s`. */
const char *
reply_look_word(const struct rj *p, const char *s)
{
	const char *end = p->end - s > RJ_KEY ? s + RJ_KEY : p->end;

	while (s < end && (rj_word_byte(*s) || (*s == '.' && s + 1 < end &&
	    reply_digit(s[1]))))
		s++;
	return s;
}

const char *
reply_look_words(const struct rj *p, const char *s, bool *cut)
{
	const char *first = reply_look_word(p, s), *e = first, *next;
	const char *end = p->end - s > RJ_KEY ? s + RJ_KEY : p->end;

	while (e > s && e < end && *e == ' ') {
		next = reply_look_word(p, e + 1);
		if (next == e + 1)
			break;
		e = next;
	}
	*cut = e == p->end;
	return e < end && *e == ':' ? e : first;
}

struct rj_quote
reply_look_quote(const struct rj *p, const char *s)
{
	struct rj_quote q = { 0, false, 0, REPLY_NFLAG };
	size_t n = (size_t)(p->end - s);

	if (n == 0)
		return q;
	if (n >= 3 && (*s == '"' || *s == '\'' || *s == '`') &&
	    s[1] == *s && s[2] == *s) {
		q = (struct rj_quote){ *s, true, 3, REPLY_TRIPLE_QUOTES };
		if (*s == '`')
			q.flag = REPLY_INNER_FENCE;
	} else if (*s == '"') {
		q = (struct rj_quote){ *s, false, 1, REPLY_NFLAG };
	} else if (*s == '\'') {
		q = (struct rj_quote){ *s, false, 1, REPLY_SINGLE_QUOTES };
	} else if (*s == '`') {
		q = (struct rj_quote){ *s, false, 1, REPLY_BACKTICKS };
	} else if (n >= 3 && (!memcmp(s, "\xe2\x80\x9c", 3) ||
	    !memcmp(s, "\xe2\x80\x9d", 3) || !memcmp(s, "\xe2\x80\x9e", 3))) {
		q = (struct rj_quote){ RJ_DOUBLE, false, 3,
		    REPLY_SMART_QUOTES };
	} else if (n >= 3 && (!memcmp(s, "\xe2\x80\x98", 3) ||
	    !memcmp(s, "\xe2\x80\x99", 3))) {
		q = (struct rj_quote){ RJ_SINGLE, false, 3,
		    REPLY_SMART_QUOTES };
	}
	return q;
}

/* Bytes of the closer of `q` at `s`; 0 if there is none. */
size_t
reply_look_close(const struct rj *p, const struct rj_quote *q, const char *s)
{
	size_t n = (size_t)(p->end - s);

	if (*s == q->c)
		return 1;
	if (q->c == RJ_DOUBLE && *s == '"')
		return 1;
	if (n < 3 || *s != '\xe2' || s[1] != '\x80')
		return 0;
	if (q->c == RJ_DOUBLE)
		return s[2] == '\x9d' || s[2] == '\x9c' ? 3 : 0;
	return q->c == RJ_SINGLE && s[2] == '\x99' ? 3 : 0;
}

const char *
reply_look_quoted(const struct rj *p, const struct rj_quote *q, const char *s,
    bool *inner)
{
	const char *end = p->end - s > RJ_KEY ? s + RJ_KEY : p->end, *c;
	bool line = false, odd = false;
	size_t n;

	*inner = false;
	for (; s < end; s++) {
		if (*s == '\\' && s + 1 < end) {
			s++;
			continue;
		}
		n = reply_look_close(p, q, s);
		if (n == 0)
			continue;
		c = reply_look_blanks(p, s + n, &line);
		if (c == p->end || *c == ':' || !(odd || reply_wordlike(s[n])))
			return s;
		*inner = true;
		odd = !odd;
		s += n - 1;
	}
	return NULL;
}

/* May a bare key look like that?  One of several words has to be known, or to
 * stand in a map. */
static bool
rj_word_or_known(const struct rj *p, struct reply_text k)
{
	const struct mip_type *t;

	if (memchr(k.s, ' ', k.n) == NULL)
		return true;
	t = p->depth > 0 ? p->frame[p->depth - 1].type : NULL;
	return reply_look_member(t, k, true) != NULL;
}

/* Does a key and its colon start at `s`? */
enum rj_sure
reply_look_key(const struct rj *p, const char *s)
{
	struct rj_quote q = reply_look_quote(p, s);
	const char *e = p->end - s > RJ_KEY ? s + RJ_KEY : p->end;
	enum rj_sure cut = p->begun ? RJ_CUT : RJ_MAYBE;
	bool line = false, colon, more;

	if (q.block)
		return RJ_NONE;
	if (q.n > 0) {
		for (s += q.n; s < e && !reply_look_close(p, &q, s); s++) {
			if (*s == '\n')
				return RJ_NONE;
			s += *s == '\\';
		}
		if (s >= e)
			return e == p->end ? cut : RJ_MAYBE;
		s = reply_look_blanks(p, s + reply_look_close(p, &q, s), &line);
		colon = s < p->end && *s == ':';
		return colon ? RJ_SURE : s == p->end ? cut : RJ_NONE;
	}
	e = reply_look_words(p, s, &more);
	if (more && p->begun)
		return RJ_CUT;
	if (e == s || !rj_word_or_known(p, (struct reply_text){ s,
	    (size_t)(e - s) }))
		return RJ_NONE;
	s = reply_look_blanks(p, e, &line);
	if (s == p->end)
		return cut;
	colon = !line && *s == ':' && (s + 1 == p->end || s[1] != '/');
	return !colon ? RJ_NONE : p->begun && s + 1 == p->end ? RJ_CUT :
	    RJ_SURE;
}

bool
reply_look_comment(const struct rj *p, const char *s)
{
	if (s == p->end || *s != '/')
		return false;
	return s + 1 == p->end ? p->begun : s[1] == '/' || s[1] == '*';
}

bool
reply_look_hash(const struct rj *p, const char *s, bool line, bool text)
{
	return s < p->end && *s == '#' && (line || (!text && s > p->start &&
	    reply_blank(s[-1]) && s + 1 < p->end && reply_blank(s[1])));
}

/* Does it take more than what there is at `s` to decide? */
static bool
rj_later(const struct rj *p, const char *s)
{
	return p->begun && (s == p->end || ((*s == '/' || *s == '#') &&
	    s + 1 == p->end));
}

enum rj_end
reply_look_comma(const struct rj *p, const char *s, bool odd)
{
	bool line = false;
	enum rj_sure key;

	s = reply_look_blanks(p, s, &line);
	if (line && !odd)
		return RJ_YES;
	if (rj_later(p, s))
		return RJ_LATER;
	if (s == p->end || (*s == '{' && !odd) || *s == '}' || *s == ',' ||
	    reply_look_comment(p, s) || reply_look_hash(p, s, line, odd))
		return RJ_YES;
	key = reply_look_key(p, s);
	return key == RJ_CUT ? RJ_LATER : key == RJ_NONE ? RJ_NO : RJ_YES;
}

bool
reply_look_in(const struct rj *p, unsigned up, enum reply_kind kind)
{
	return p->depth > up && p->frame[p->depth - 1 - up].node->kind == kind;
}

/* Does the `}` at `s`, after a quote, close the object?  Behind the outermost
 * there may be anything, unless a quote was opened in the text. */
static enum rj_end
rj_brace_ends(const struct rj *p, const char *s, bool odd)
{
	bool line = false;

	if (p->depth == 1 && !odd)
		return RJ_YES;
	s = reply_look_blanks(p, s + 1, &line);
	if (line)
		return RJ_YES;
	if (rj_later(p, s))
		return RJ_LATER;
	return s == p->end || *s == ',' || *s == '}' || *s == ']' ||
	    reply_look_comment(p, s) ? RJ_YES : RJ_NO;
}

/* A known key of the open object and its colon directly at `s`; gives where
 * the key ends, or NULL. */
static const char *
rj_known_at(const struct rj *p, const struct rj_frame *f, const char *s)
{
	const char *e;
	bool line = false;

	if (f->type == NULL || s == p->end || !rj_word_byte(*s))
		return NULL;
	e = reply_look_word(p, s);
	if (reply_look_member(f->type,
	    (struct reply_text){ s, (size_t)(e - s) }, false) == NULL)
		return NULL;
	s = reply_look_blanks(p, reply_look_behind(p, e), &line);
	return s < p->end && *s == ':' ? e : NULL;
}

/* Is the text the start of a key that is known? */
static bool
rj_starts_key(const struct mip_type *t, struct reply_text k)
{
	const struct mip_field *f;
	unsigned i;

	for (i = 0; t != NULL && t->kind == MIP_STRUCT && i < t->n; i++) {
		f = &t->field[i];
		if (strncmp(reply_wire(f), k.s, k.n) == 0 ||
		    strncmp(f->name, k.s, k.n) == 0)
			return true;
	}
	for (i = 0; t != NULL && t->kind == MIP_UNION && i < t->n; i++)
		if (rj_starts_key(reply_look_record(t->arm[i]), k))
			return true;
	return false;
}

/* May such a key start at `s`, of which more will come? */
static bool
rj_known_begun(const struct rj *p, const struct rj_frame *f, const char *s)
{
	struct reply_text k;
	bool line = false;
	const char *e;

	if (!p->begun || f->type == NULL || !rj_word_byte(*s))
		return false;
	e = reply_look_word(p, s);
	k = (struct reply_text){ s, (size_t)(e - s) };
	if (e == p->end)
		return rj_starts_key(f->type, k);
	return reply_look_member(f->type, k, false) != NULL &&
	    reply_look_blanks(p, reply_look_behind(p, e), &line) == p->end;
}

/* Behind the quote at `s`, if there is one. */
const char *
reply_look_behind(const struct rj *p, const char *s)
{
	struct rj_quote q = reply_look_quote(p, s);

	return s + (q.block ? 1 : q.n);
}

/* Does a bare item start at `s`: does it end before any quote, if it is not
 * very long? */
static enum rj_end
rj_bare_item(const struct rj *p, const char *s)
{
	const char *end = p->end - s > RJ_KEY ? s + RJ_KEY : p->end;

	while (s < end && *s != ',' && *s != ']' && *s != '\n' && *s != '"')
		s++;
	if (s == p->end)
		return p->begun ? RJ_LATER : RJ_YES;
	return *s != '"' ? RJ_YES : RJ_NO;
}

/* Does an item start behind the comma before `s`, and an odd number of
 * quotes? */
static enum rj_end
rj_item_at(const struct rj *p, const char *s)
{
	bool line = false;

	s = reply_look_blanks(p, s, &line);
	return line || (s < p->end && (*s == '[' || *s == '{')) ||
	    reply_look_quote(p, s).n > 0 ? RJ_YES : rj_bare_item(p, s);
}

/* Does the next item start at `q`, behind a quote at `s` and no comma?  On
 * the same line, blanks stand between and all quotes in the text are closed. */
static enum rj_end
rj_item_follows(const struct rj *p, const char *s, const char *q, bool line,
    bool odd)
{
	if (reply_look_quote(p, q).n > 0)
		return line || (q > s && !odd) ? RJ_YES : RJ_NO;
	if (!line)
		return RJ_NO;
	return *q == '{' || *q == '[' ? RJ_YES : odd ? RJ_NO :
	    rj_bare_item(p, q);
}

/* Does a member start at `q`, behind a quote at `s` and no comma? */
static enum rj_end
rj_member_follows(const struct rj *p, const char *q, bool line)
{
	enum rj_sure sure = reply_look_key(p, q);
	bool apart = line || reply_look_quote(p, q).n > 0;

	if (sure == RJ_CUT)
		return apart ? RJ_LATER : RJ_NO;
	return (sure == RJ_SURE && apart) || (sure == RJ_MAYBE && line) ?
	    RJ_YES : RJ_NO;
}

/* Is the key in the object already?  Looked for in the first members. */
static bool
rj_has(const struct rj_frame *f, struct reply_text key)
{
	const struct rnode *m;
	unsigned n = 0;

	if (f->key.n == key.n && memcmp(f->key.s, key.s, key.n) == 0)
		return true;
	for (m = f->node->child; m != NULL && n < RJ_MEMBERS; m = m->next, n++)
		if (m->nkey == key.n && memcmp(m->key, key.s, key.n) == 0)
			return true;
	return false;
}

/* Does a string that is a value or an item end before `s`? */
enum rj_end
reply_look_end(const struct rj *p, const struct rj_frame *f, const char *s,
    bool odd)
{
	bool object = f->node->kind == RNODE_OBJECT, line = false;
	const char *q = reply_look_blanks(p, s, &line), *e;

	/* Behind a blank and a quote in the text it opens that key itself. */
	if (object && q == s && (e = rj_known_at(p, f, s)) != NULL)
		return (odd && reply_blank(s[-2])) || rj_has(f,
		    (struct reply_text){ s, (size_t)(e - s) }) ? RJ_BAD :
		    RJ_LOST;
	if (rj_later(p, q) || (object && q == s && rj_known_begun(p, f, s)))
		return RJ_LATER;
	if (q == p->end || reply_look_comment(p, q) ||
	    reply_look_hash(p, q, line, odd))
		return RJ_YES;
	switch (*q) {
	case ',':
		return object ? reply_look_comma(p, q + 1, odd) :
		    odd ? rj_item_at(p, q + 1) : RJ_YES;
	case '}':
		return object ? rj_brace_ends(p, q, odd) :
		    reply_look_in(p, 1, RNODE_OBJECT) ? RJ_YES : RJ_NO;
	case ']':
		return !object || reply_look_in(p, 1, RNODE_ARRAY) ?
		    RJ_YES : RJ_NO;
	default:
		break;
	}
	if (object && *q == '{' && line && !odd)
		return RJ_YES;
	return object ? rj_member_follows(p, q, line) :
	    rj_item_follows(p, s, q, line, odd);
}

/* Code has blocks in it, `name: type` in its lines and `#` before them: a key
 * without quotes has to be known. */
enum rj_end
reply_look_block(const struct rj *p, const char *s)
{
	const struct rj_frame *f = &p->frame[p->depth - 1];
	const char *behind = s;
	bool line = false, comma;
	struct reply_text k;
	enum rj_sure key;

	s = reply_look_blanks(p, s, &line);
	comma = s < p->end && *s == ',';
	if (comma && f->node->kind == RNODE_ARRAY)
		return RJ_YES;
	if (comma)
		s = reply_look_blanks(p, s + 1, &line);
	if (rj_later(p, s))
		return RJ_LATER;
	if (s == p->end || reply_look_comment(p, s))
		return RJ_YES;
	if (f->node->kind == RNODE_ARRAY || *s == '}' || *s == ']')
		return reply_look_end(p, f, comma ? s : behind, false);
	key = reply_look_key(p, s);
	if (key == RJ_CUT || key == RJ_NONE)
		return key == RJ_CUT ? RJ_LATER : RJ_NO;
	k = (struct reply_text){ s, (size_t)(reply_look_word(p, s) - s) };
	return reply_look_quote(p, s).n > 0 || (comma && f->type == NULL) ||
	    reply_look_member(f->type, k, true) != NULL ? RJ_YES : RJ_NO;
}

bool
reply_look_known(const struct rj *p, const struct rj_frame *f, const char *s)
{
	struct rj_quote q = reply_look_quote(p, s);
	bool inner;
	const char *e;

	if (f->type == NULL || q.n == 0 || q.block ||
	    reply_look_key(p, s) != RJ_SURE)
		return false;
	s += q.n;
	e = reply_look_quoted(p, &q, s, &inner);
	return e != NULL && reply_look_member(f->type,
	    (struct reply_text){ s, (size_t)(e - s) }, false) != NULL;
}

bool
reply_look_goes_on(const struct rj *p, const struct rj_frame *f, const char *s)
{
	bool line = false;

	s = reply_look_blanks(p, s, &line);
	return f->type != NULL && s < p->end && *s == ',' &&
	    reply_look_known(p, f, reply_look_blanks(p, s + 1, &line));
}

bool
reply_look_line(const struct rj *p, const char *s)
{
	while (s > p->start && (s[-1] == ' ' || s[-1] == '\t'))
		s--;
	return s == p->start || s[-1] == '\n';
}
