/* Strings of JSON as models write it: quotes of all kinds, blocks between
 * three of them, escapes.
 *
 * SPDX-License-Identifier: MIT */
#include "reply/reply.h"

#include <string.h>

#include "reply/reply_json_in.h"

static int
rj_hex4(const char *s, const char *end)
{
	int v = 0, d, i;

	if (end - s < 4)
		return -1;
	for (i = 0; i < 4; i++) {
		if (reply_digit(s[i]))
			d = s[i] - '0';
		else if (reply_lower(s[i]) >= 'a' && reply_lower(s[i]) <= 'f')
			d = reply_lower(s[i]) - 'a' + 10;
		else
			return -1;
		v = v * 16 + d;
	}
	return v;
}

static char *
rj_put_utf8(char *o, unsigned c)
{
	if (c < 0x80) {
		*o++ = (char)c;
		return o;
	}
	if (c < 0x800) {
		*o++ = (char)(0xc0 | c >> 6);
	} else {
		if (c < 0x10000) {
			*o++ = (char)(0xe0 | c >> 12);
		} else {
			*o++ = (char)(0xf0 | c >> 18);
			*o++ = (char)(0x80 | (c >> 12 & 0x3f));
		}
		*o++ = (char)(0x80 | (c >> 6 & 0x3f));
	}
	*o++ = (char)(0x80 | (c & 0x3f));
	return o;
}

/* Decodes `\uXXXX`, with its other half where it has one, at `*s`, which is
 * behind the `u`; false if there are no four digits. */
static bool
rj_unicode(const char **s, const char *end, char **o, bool *odd, bool *nul)
{
	int hi = rj_hex4(*s, end), lo;
	unsigned c;

	if (hi < 0)
		return false;
	*s += 4;
	c = (unsigned)hi;
	if (hi >= 0xd800 && hi < 0xdc00 && end - *s >= 6 && **s == '\\' &&
	    (*s)[1] == 'u') {
		lo = rj_hex4(*s + 2, end);
		if (lo >= 0xdc00 && lo < 0xe000) {
			c = 0x10000 + ((unsigned)(hi - 0xd800) << 10) +
			    (unsigned)(lo - 0xdc00);
			*s += 6;
		}
	}
	if (c >= 0xd800 && c < 0xe000) {
		c = 0xfffd;
		*odd = true;
	}
	*nul = *nul || c == 0;
	*o = rj_put_utf8(*o, c);
	return true;
}

/* Decodes escapes; a text without them is lent, not copied. */
struct reply_text
reply_string_decode(struct rj *p, const char *s, const char *end,
    char quote, bool *nul)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	struct reply_text t = { s, (size_t)(end - s) };
	const char *at;
	bool odd = false;
	char *o;

	if (memchr(s, '\\', t.n) == NULL)
		return t;
	o = arena_alloc(p->mem, t.n + 1);
	if (o == NULL) {
		p->error = REPLY_E_NOMEM;
		p->dead = true;
		return t;
	}
	t.s = o;
	while (s < end) {
		if (*s != '\\' || s + 1 == end) {
			*o++ = *s++;
			continue;
		}
		s++;
		at = *s != '\0' ? strchr(from, *s) : NULL;
		if (at != NULL) {
			*o++ = to[at - from];
			s++;
		} else if (*s == 'u' && rj_hex4(s + 1, end) >= 0) {
			s++;
			rj_unicode(&s, end, &o, &odd, nul);
		} else if (*s == '\'' || *s == '`') {
			odd = odd || *s != quote;
			*o++ = *s++;
		} else {
			odd = true;
			*o++ = '\\';
		}
	}
	if (odd)
		reply_json_flag(p, REPLY_ESCAPE);
	t.n = (size_t)(o - t.s);
	return t;
}

/* The end of a string and what was met on the way. */
struct rj_span {
	const char *end;                /* of the content */
	size_t n;                       /* bytes of the closer */
	const char *raw;                /* the first control character */
	bool inner, nul, lost, open;
	bool rest;                      /* prose follows, not JSON */
	bool bad;                       /* nobody can say where it ends */
};

/* Is the rest of the line behind `s` blank? */
static bool
rj_line_ends(const struct rj *p, const char *s)
{
	while (s < p->end && (*s == ' ' || *s == '\t' || *s == '\r'))
		s++;
	return s < p->end && *s == '\n';
}

/* Is the closer of `n` bytes at `s` an apostrophe, inside of a word? */
static bool
rj_apostrophe(const struct rj_quote *q, const char *s, size_t n)
{
	return (q->c == '\'' || q->c == RJ_SINGLE) &&
	    reply_wordlike(s[-1]) && reply_wordlike(s[n]);
}

/* A string without an end whose first quote inside was at the end of a line
 * ended there: nobody closed the object, and prose follows. */
static struct rj_span
rj_scan(const struct rj *p, const struct rj_frame *f,
    const struct rj_quote *q, const char *s)
{
	struct rj_span x = { .open = true }, early;
	bool odd = false;
	enum rj_end e;
	size_t n;

	early = x;
	for (; s < p->end; s++) {
		if (q->c == '"') {      /* what cannot be of interest */
			s += buf_plain(s, (size_t)(p->end - s));
			if (s == p->end)
				break;
		}
		if (*s == '\\' && s + 1 < p->end) {
			s++;
			if (x.raw == NULL && (unsigned char)*s < 0x20)
				x.raw = s;
			continue;
		}
		if ((unsigned char)*s < 0x20) {
			if (x.raw == NULL)
				x.raw = s;
			x.nul = x.nul || *s == '\0';
			continue;
		}
		n = reply_look_close(p, q, s);
		if (n == 0)
			continue;
		e = reply_look_end(p, f, s + n, odd);
		if (e == RJ_LATER || (e == RJ_BAD && p->begun)) {
			x.end = s;
			return early.rest ? early : x;
		}
		if (e != RJ_NO || (!x.inner && rj_line_ends(p, s + n))) {
			early = x;
			early.end = s;
			early.n = n;
			early.open = e == RJ_NO && p->begun;
			early.lost = e == RJ_LOST;
			early.rest = e == RJ_NO;
			early.bad = e == RJ_BAD;
		}
		if (e != RJ_NO)
			return early;
		x.inner = true;
		odd = odd != !rj_apostrophe(q, s, n);
		s += n - 1;
	}
	x.end = p->end;
	return early.rest ? early : x;
}

/* The end of a string that was cut off, without half an escape. */
static const char *
rj_whole(const char *s, const char *end)
{
	const char *e = end, *b, *half = NULL;
	int c;

	while (e > s && end - e < 12)
		if (*--e == '\\')
			break;
	for (b = e; b > s && b[-1] == '\\'; b--)
		continue;
	/* After an even number of them the last one starts an escape. */
	if (s == end || *e != '\\' || (e - b) % 2 != 0)
		return end;
	if (e + 1 == end || (e[1] == 'u' && end - e < 6))
		half = e;
	c = half == NULL && e[1] == 'u' && end - e == 6 ?
	    rj_hex4(e + 2, end) : -1;
	if (c >= 0xd800 && c < 0xdc00)
		half = e;
	/* The other half of a pair may be the one that is not whole. */
	if (half != NULL && half - s >= 6 && half[-6] == '\\' &&
	    half[-5] == 'u' && rj_hex4(half - 4, half) >= 0xd800 &&
	    rj_hex4(half - 4, half) < 0xdc00)
		half -= 6;
	return half != NULL ? half : end;
}

/* The end of a text whose quote was lost before a key: without the comma that
 * belongs behind the quote, and without the quote itself if a backslash before
 * it was not meant to keep it. */
static const char *
rj_lost_end(struct rj *p, const char *s, const char *end)
{
	struct reply_text t = { s, (size_t)(end - s) };
	const char *b;
	bool comma;

	while (t.n > 0 && reply_blank(t.s[t.n - 1]))
		t.n--;
	comma = t.n > 0 && t.s[t.n - 1] == ',';
	t.n -= comma;
	end = t.s + t.n;
	if (!comma || t.n < 2 || end[-1] != '"')
		return end;
	for (b = end - 1; b > s && b[-1] == '\\'; b--)
		continue;
	if ((end - 1 - b) % 2 == 0)
		return end;
	reply_json_flag(p, REPLY_ESCAPE);
	return end - 1;
}

/* The end of what is sure of a text that was cut off at `end`: what a quote
 * lost before a key would take with it may be no part of it. */
static const char *
rj_sure_end(const struct rj *p, const struct rj_frame *f, const char *s,
    const char *end)
{
	const char *e = end, *b;

	if (!p->begun || f->node->kind != RNODE_OBJECT || f->type == NULL ||
	    f->type->kind == MIP_MAP)
		return end;
	while (e > s && reply_blank(e[-1]))
		e--;
	if (e > s && e[-1] == ',')
		e--;
	else if (e < end)
		return e;
	if (e - s < 2 || e[-1] != '"')
		return e;
	for (b = e - 1; b > s && b[-1] == '\\'; b--)
		continue;
	return (e - 1 - b) % 2 != 0 ? e - 2 : e;
}

/* Behind a string that closed at a known key: that key, and its colon. */
static void
rj_lost_key(struct rj *p)
{
	struct rj_frame *f = reply_json_top(p);
	const char *e = reply_look_word(p, p->at);
	bool line = false;

	f->key = (struct reply_text){ p->at, (size_t)(e - p->at) };
	f->keyed = true;
	p->at = reply_look_blanks(p, reply_look_behind(p, e), &line) + 1;
}

void
reply_string_read(struct rj *p, const struct rj_quote *q)
{
	const char *s = p->at + q->n;
	struct rj_frame *f = reply_json_top(p);
	struct rj_span x = rj_scan(p, f, q, s);
	const char *e;
	struct reply_text t;
	struct rnode *v;
	bool nul = x.nul;

	if (x.bad) {
		p->dead = true;
		return;
	}
	e = x.open ? rj_sure_end(p, f, s, rj_whole(s, x.end)) :
	    x.lost ? rj_lost_end(p, s, x.end) : x.end;
	reply_json_flag(p, q->flag);
	if (x.raw != NULL && x.raw < e)
		reply_json_flag(p, REPLY_RAW_NEWLINE);
	if (x.inner)
		reply_json_flag(p, REPLY_INNER_QUOTE);
	v = reply_json_new(p, RNODE_STRING, p->at,
	    (size_t)(x.end - p->at) + x.n);
	if (x.lost)
		reply_json_flag(p, REPLY_LOST_QUOTE);
	t = reply_string_decode(p, s, e, q->c, &nul);
	if (v == NULL || p->dead)
		return;
	v->s = t.s;
	v->n = (uint32_t)t.n;
	v->nul = nul;
	v->done = !x.open;
	p->rest = x.rest;
	p->at = x.open ? p->end : x.end + x.n;
	reply_json_add(p, v);
	if (x.lost)
		rj_lost_key(p);
}

/* ---- blocks: three quotes or backticks ---- */

/* The blanks that all lines of a text which are not blank begin with. */
static size_t
rj_indent(const char *s, const char *end)
{
	size_t least = SIZE_MAX, n;
	const char *e;

	while (s < end) {
		e = memchr(s, '\n', (size_t)(end - s));
		if (e == NULL)
			e = end;
		for (n = 0; s + n < e && (s[n] == ' ' || s[n] == '\t'); n++)
			continue;
		if (s + n < e && s[n] != '\r' && n < least)
			least = n;
		s = e < end ? e + 1 : end;
	}
	return least == SIZE_MAX ? 0 : least;
}

static struct reply_text
rj_dedent(struct rj *p, const char *s, const char *end)
{
	size_t indent = rj_indent(s, end), n;
	struct reply_text t = { s, (size_t)(end - s) };
	const char *e;
	char *o;

	if (indent == 0)
		return t;
	o = arena_alloc(p->mem, t.n + 1);
	if (o == NULL) {
		p->error = REPLY_E_NOMEM;
		p->dead = true;
		return t;
	}
	t.s = o;
	while (s < end) {
		e = memchr(s, '\n', (size_t)(end - s));
		e = e != NULL ? e + 1 : end;
		for (n = 0; n < indent && s < e && (*s == ' ' || *s == '\t');
		    n++)
			s++;
		memcpy(o, s, (size_t)(e - s));
		o += e - s;
		s = e;
	}
	t.n = (size_t)(o - t.s);
	return t;
}

/* Where the block that opened before `s` closes: for backticks at the start
 * of a line, for quotes where what follows says so; else at its first mark.
 * That is looked for to the end of the text once in vain.  *later: what will
 * come decides. */
static const char *
rj_block_end(struct rj *p, const struct rj_quote *q, const char *s,
    bool *later)
{
	static const char *const mark[] = { "\"\"\"", "'''", "```" };
	unsigned kind = q->c == '"' ? 0 : q->c == '\'' ? 1 : 2;
	const char *e, *first = NULL, *from = s;
	enum rj_end end;

	for (;; s = e + 3) {
		e = reply_find((struct reply_text){ s, (size_t)(p->end - s) },
		    mark[kind]);
		if (e == NULL && first != NULL)
			p->vain[kind] = from;
		if (e == NULL && p->begun) {
			*later = true;
			return kind == 2 ? first : NULL;
		}
		if (e == NULL)
			return first;
		while (q->c != '`' && p->end - e > 3 && e[3] == q->c)
			e++;
		end = q->c != '`' ? reply_look_block(p, e + 3) :
		    reply_look_line(p, e) ? RJ_YES : RJ_NO;
		*later = end == RJ_LATER;
		if (end != RJ_NO)
			return e;
		if (first == NULL)
			first = e;
		if (p->vain[kind] != NULL && from >= p->vain[kind])
			return first;
	}
}

/* What is sure of a block that more will come of: nothing while its first
 * line may be an info line, or while all lines are indented. */
static const char *
rj_block_begun(const struct rj_quote *q, const char *s, const char *stop)
{
	unsigned n;

	for (n = 0; n < 2 && stop > s && stop[-1] == q->c; n++)
		stop--;
	if (q->c == '`' && memchr(s, '\n', (size_t)(stop - s)) == NULL)
		return s;
	return stop;
}

void
reply_string_block(struct rj *p, const struct rj_quote *q)
{
	bool later = false;
	const char *s = p->at + 3, *e = rj_block_end(p, q, s, &later);
	const char *stop = e != NULL ? e : p->end, *line;
	struct reply_text t;
	struct rnode *v;

	if (later)
		e = NULL;
	v = reply_json_new(p, RNODE_STRING, p->at,
	    (size_t)(stop - p->at) + (e != NULL ? 3 : 0));
	if (v == NULL)
		return;
	reply_json_flag(p, q->flag);
	p->at = e != NULL ? e + 3 : p->end;
	if (e == NULL && p->begun)
		stop = rj_block_begun(q, s, stop);
	line = memchr(s, '\n', (size_t)(stop - s));
	t = reply_trim((struct reply_text){ s,
	    (size_t)((line != NULL ? line : s) - s) });
	if (line != NULL && (t.n == 0 || (q->c == '`' &&
	    memchr(t.s, ' ', t.n) == NULL)))
		s = line + 1;
	while (stop > s && reply_blank(stop[-1]) && stop[-1] != '\n')
		stop--;
	if (stop > s && stop[-1] == '\n')
		stop--;
	if (stop > s && stop[-1] == '\r')
		stop--;
	if (e == NULL && p->begun && rj_indent(s, stop) > 0)
		stop = s;
	t = rj_dedent(p, s, stop);
	v->s = t.s;
	v->n = (uint32_t)t.n;
	v->nul = t.n > 0 && memchr(t.s, '\0', t.n) != NULL;
	v->done = e != NULL;
	reply_json_add(p, v);
}
