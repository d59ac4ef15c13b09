/* Where the values stand in a reply: side by side in prose, in fences, in
 * bullets; and what is no value: reasoning, refusals.
 *
 * SPDX-License-Identifier: MIT */
#include "reply/reply.h"

#include <string.h>

#include "reply/reply_in.h"

/* ---- values in prose ---- */

/* An opener that turns out to be none costs the text that was read for it;
 * what such reading may come to is a multiple of the text. */
enum { RC_WASTE = 4, RC_LITTLE = 4096 };

static bool
rc_prose(const char *s, const char *end)
{
	for (; s < end; s++)
		if (!reply_blank(*s) && *s != ',')
			return true;
	return false;
}

/* Is `t` a list of words and numbers, which may be bare? */
static bool
rc_of_words(const struct mip_type *t)
{
	t = reply_strip(t);
	if (t == NULL || t->kind != MIP_LIST)
		return false;
	t = reply_strip(t->of);
	return t->kind != MIP_STRUCT && t->kind != MIP_LIST &&
	    t->kind != MIP_MAP && t->kind != MIP_UNION;
}

static void
rc_found(struct reply_values *out, const struct reply_parse *v)
{
	if (out->last != NULL)
		out->last->next = v->root;
	else
		out->first = v->root;
	out->last = v->root;
	out->count++;
	reply_add(&out->sum, &v->sum);
	out->n += out->n < REPLY_CANDIDATES;
}

/* Did the text end before the value that opened at `s` was one? */
static bool
rc_unlike(const struct mip_type *t, struct reply_text text,
    const struct reply_parse *v, const char *s, bool begun)
{
	if (!v->sum.open)
		return false;
	if (v->root->count == 0 && !begun)
		return true;
	if (begun && *s == '{' && (s == text.s || v->root->count > 0))
		return false;
	return !reply_json_plausible(text, s, begun && s != text.s) &&
	    (s != text.s || *s != '[' || !rc_of_words(t));
}

/* Does a mark such as [[ ## field ## ]] start at `s`?  It is no list. */
static bool
rc_mark(const char *s, const char *end)
{
	if (end - s < 4 || s[1] != '[')
		return false;
	for (s += 2; s < end && (*s == ' ' || *s == '\t'); s++)
		continue;
	return end - s >= 2 && s[0] == '#' && s[1] == '#';
}

/* Behind the broken value: where all that was open in it is closed, or where
 * it broke if that is nowhere.  *looked: how much was read ahead so far. */
static const char *
rc_behind(const struct reply_parse *v, struct reply_text text, size_t *looked)
{
	const char *s = v->end, *end = text.s + text.n;
	unsigned open = v->depth;

	if (*looked > RC_WASTE * text.n + RC_LITTLE)
		end = s;
	for (; s < end && open > 0; s++) {
		open += *s == '{' || *s == '[';
		open -= *s == '}' || *s == ']';
	}
	end = text.s + text.n;
	*looked += (size_t)(s - v->end);
	return open == 0 ? s : v->end < end ? v->end + 1 : end;
}

/* Values that closed are taken one after the other.  One that did not close
 * takes the rest of the text, if it looks like JSON; else it was no opener.
 * What is inside of one that turns out to be broken is no value by itself. */
void
reply_values(struct arena *mem, const struct mip_type *t,
    struct reply_text text, bool begun, struct reply_values *out)
{
	const char *s = text.s, *end = text.s + text.n, *behind = text.s;
	bool list = t != NULL && reply_strip(t)->kind == MIP_LIST;
	struct reply_parse *v, more;
	size_t waste = 0, looked = 0;

	memset(&out->n, 0, sizeof(*out) - offsetof(struct reply_values, n));
	while (s < end && (list || out->n < REPLY_CANDIDATES) &&
	    waste <= RC_WASTE * text.n + RC_LITTLE) {
		if (*s != '{' && *s != '[') {
			s++;
			continue;
		}
		if (*s == '[' && rc_mark(s, end)) {
			s += 2;
			continue;
		}
		v = out->n < REPLY_CANDIDATES ? &out->v[out->n] : &more;
		reply_json(mem, t, text, s, begun ? REPLY_BEGUN :
		    REPLY_IN_TEXT, v);
		out->deep = out->deep || v->error == REPLY_E_TOO_DEEP;
		out->nomem = out->nomem || v->error == REPLY_E_NOMEM;
		if (v->error != REPLY_E_NONE)
			break;
		if (v->root == NULL || rc_unlike(t, text, v, s, begun)) {
			out->broken = out->broken || v->broken;
			waste += (size_t)(v->end - s);
			s = v->broken ? rc_behind(v, text, &looked) :
			    s + 1;
			continue;
		}
		out->prose = out->prose || rc_prose(behind, s);
		behind = s = v->end;
		v->sum.from = v->root->src;
		v->sum.to = v->end;
		rc_found(out, v);
	}
	out->cut = s < end;
	out->prose = out->prose || rc_prose(behind, end);
}

/* ---- fences ---- */

static const char *
rc_line_end(const char *s, const char *end)
{
	const char *e = memchr(s, '\n', (size_t)(end - s));

	return e != NULL ? e : end;
}

/* The fence mark of a line that is nothing else but an info word; NULL.  A
 * mark may follow prose on its line when it opens. */
static const char *
rc_fence_mark(const char *s, const char *e, bool opens, size_t *len)
{
	const char *m, *i;
	bool blank;

	while (s < e && (*s == ' ' || *s == '\t'))
		s++;
	m = reply_find((struct reply_text){ s, (size_t)(e - s) }, "```");
	if (m == NULL)
		m = reply_find((struct reply_text){ s, (size_t)(e - s) },
		    "~~~");
	if (m == NULL || (m > s && (!opens || !reply_blank(m[-1]))))
		return NULL;
	for (i = m; i < e && *i == *m; i++)
		continue;
	*len = (size_t)(i - m);
	if (!opens)
		return i == e || reply_blank(*i) ? m : NULL;
	for (blank = false; i < e; i++) {
		blank = blank || reply_blank(*i);
		/* Behind the word: title="x". */
		if (blank && m == s && *i != '`' && *i != '{' && *i != '[')
			continue;
		if (!reply_wordlike(*i) && *i != ' ' && *i != '\t' &&
		    *i != '\r' && *i != '-' && *i != '+' && *i != '.')
			return NULL;
		/* Behind prose it takes one word: "a ``` opens" is prose. */
		if (m > s && blank && !reply_blank(*i))
			return NULL;
	}
	return m;
}

size_t
reply_fences(struct reply_text text, struct reply_fence *fence, size_t max)
{
	const char *s, *e, *m, *end = text.s + text.n, *open = NULL;
	size_t n = 0, len = 0, k;
	char c = '`';

	for (s = text.s; s < end && n < max; s = e < end ? e + 1 : end) {
		e = rc_line_end(s, end);
		m = rc_fence_mark(s, e, open == NULL, &k);
		if (m == NULL)
			continue;
		if (open == NULL) {
			open = e < end ? e + 1 : end;
			len = k;
			c = *m;
			fence[n].all = m == text.s;
			fence[n].c = c;
			fence[n].mark = k;
		} else if (*m == c && k >= len) {
			fence[n].text = (struct reply_text){ open,
			    (size_t)(s - open) };
			fence[n].closed = true;
			fence[n].all = fence[n].all && m + k == end;
			open = NULL;
			n++;
		}
	}
	if (open != NULL && n < max) {
		fence[n].text = (struct reply_text){ open,
		    (size_t)(end - open) };
		fence[n++].closed = false;
	}
	return n;
}

/* ---- bullets ---- */

/* Behind the mark of a bullet at `s`: "- ", "* ", "1. ", "2) "; NULL. */
static const char *
rc_bullet(const char *s, const char *e)
{
	const char *d = s;

	if (s < e && (*s == '-' || *s == '*' || *s == '+'))
		s++;
	else if (e - s >= 3 && memcmp(s, "\xe2\x80\xa2", 3) == 0)
		s += 3;
	else {
		while (s < e && reply_digit(*s))
			s++;
		if (s == d || s - d > 4 || s == e || (*s != '.' && *s != ')'))
			return NULL;
		s++;
	}
	return s < e && (*s == ' ' || *s == '\t') ? s + 1 : NULL;
}

struct reply_text
reply_before_bullet(struct reply_text text)
{
	const char *s = text.s + text.n, *end = s, *e;

	while (s > text.s && s[-1] != '\n')
		s--;
	for (e = s; e < end && (*e == ' ' || *e == '\t'); e++)
		continue;
	if (e < end && (*e == '-' || *e == '*' || *e == '+'))
		e++;
	else if (end - e == 3 && memcmp(e, "\xe2\x80\xa2", 3) == 0)
		e = end;
	else {
		while (e < end && reply_digit(*e))
			e++;
		e += e < end && (*e == '.' || *e == ')');
	}
	return reply_trim((struct reply_text){ text.s,
	    (size_t)((e == end ? s : end) - text.s) });
}

static size_t
rc_indent(const char *s, const char *e)
{
	size_t n = 0;

	while (s + n < e && (s[n] == ' ' || s[n] == '\t'))
		n++;
	return n;
}

static void
rc_end_item(struct rnode *item, const char *e)
{
	struct reply_text t;

	if (item == NULL)
		return;
	t = reply_trim((struct reply_text){ item->src,
	    (size_t)(e - item->src) });
	item->src = item->s = t.s;
	item->nsrc = item->n = (uint32_t)t.n;
}

struct rnode *
reply_bullets(struct arena *mem, struct reply_text text, bool *prose)
{
	const char *s, *e, *b, *end = text.s + text.n, *last = NULL;
	struct rnode *list = NULL, *item = NULL, *more;
	size_t margin = 0, in;
	bool gap = false;

	*prose = false;
	for (s = text.s; s < end; s = e < end ? e + 1 : end) {
		e = rc_line_end(s, end);
		in = rc_indent(s, e);
		b = rc_bullet(s + in, e);
		if (reply_trim((struct reply_text){ s, (size_t)(e - s) }).n ==
		    0) {
			gap = true;
			continue;
		}
		if (b != NULL && (list == NULL || in <= margin)) {
			rc_end_item(item, last);
			more = reply_node(mem, RNODE_TEXT, (struct reply_text){
			    b, (size_t)(e - b) });
			if (list == NULL)
				list = reply_node(mem, RNODE_ARRAY, text);
			if (more == NULL || list == NULL)
				return NULL;
			if (item == NULL)
				list->child = more;
			else
				item->next = more;
			item = more;
			list->count++;
			margin = in;
		} else if (item == NULL || (gap && in <= margin)) {
			*prose = true;
			gap = true;
			continue;
		}
		gap = false;
		last = e;
	}
	rc_end_item(item, last);
	return list;
}

/* ---- reasoning ---- */

static const char *const rc_thought[] = {
	"think", "thinking", "thought", "reasoning"
};

static bool
rc_is_field(const struct mip_type *t, const char *name)
{
	unsigned i;

	for (i = 0; t->kind == MIP_STRUCT && i < t->n; i++)
		if (strcmp(reply_wire(&t->field[i]), name) == 0 ||
		    strcmp(t->field[i].name, name) == 0)
			return true;
	return false;
}

/* Which reasoning tag stands at `s`: its index, or -1; *n its bytes. */
static int
rc_tag(const struct mip_type *t, struct reply_text text, const char *s,
    bool closer, size_t *n)
{
	struct reply_text rest = { s, text.n - (size_t)(s - text.s) };
	size_t skip = closer ? 2 : 1, i, len;

	if (rest.n < skip + 1 || *s != '<' || (s[1] == '/') != closer)
		return -1;
	rest.s += skip;
	rest.n -= skip;
	for (i = 0; i < sizeof(rc_thought) / sizeof(*rc_thought); i++) {
		len = strlen(rc_thought[i]);
		if (!reply_opens(rest, rc_thought[i]) || rest.n <= len ||
		    rest.s[len] != '>' || rc_is_field(t, rc_thought[i]))
			continue;
		*n = skip + len + 1;
		return (int)i;
	}
	return -1;
}

/* The closer of tag `which` from `s` on; NULL. */
static const char *
rc_tag_end(const struct mip_type *t, struct reply_text text, const char *s,
    int which, size_t *n)
{
	const char *end = text.s + text.n;

	while (s < end && (s = memchr(s, '<', (size_t)(end - s))) != NULL) {
		if (rc_tag(t, text, s, true, n) == which)
			return s;
		s++;
	}
	return NULL;
}

/* A closer without an opener ends reasoning that the prompt has opened. */
static const char *
rc_orphan(const struct mip_type *t, struct reply_text text)
{
	struct reply_text body = reply_trim(text);
	const char *s = text.s, *end = text.s + text.n, *last = NULL;
	size_t n;

	if (body.n == 0 || *body.s == '{' || *body.s == '[' ||
	    *body.s == '"' || *body.s == '`')
		return NULL;
	while (s < end && (s = memchr(s, '<', (size_t)(end - s))) != NULL) {
		if (rc_tag(t, text, s, false, &n) >= 0)
			break;
		if (rc_tag(t, text, s, true, &n) >= 0)
			last = s + n;
		s++;
	}
	return last;
}

static bool
rc_line_start(struct reply_text text, const char *s)
{
	while (s > text.s && (s[-1] == ' ' || s[-1] == '\t'))
		s--;
	return s == text.s || s[-1] == '\n';
}

size_t
reply_cuts(const struct mip_type *t, struct reply_text text,
    struct reply_cut *cut, size_t max, bool *open)
{
	const char *end = text.s + text.n, *s = rc_orphan(t, text), *e;
	size_t n = 0, len, close;
	int which;

	*open = false;
	if (s != NULL && max > 0)
		cut[n++] = (struct reply_cut){ 0, (size_t)(s - text.s) };
	if (s == NULL)
		s = text.s;
	for (; n < max && s < end &&
	    (s = memchr(s, '<', (size_t)(end - s))) != NULL; s++) {
		which = rc_tag(t, text, s, false, &len);
		if (which < 0 || (!rc_line_start(text, s) &&
		    !(n > 0 && s == text.s + cut[n - 1].to)))
			continue;
		e = rc_tag_end(t, text, s + len, which, &close);
		*open = e == NULL;
		e = e != NULL ? e + close : s + len;
		cut[n++] = (struct reply_cut){ (size_t)(s - text.s),
		    (size_t)(e - text.s) };
		if (*open)
			break;
		s = e - 1;
	}
	return n;
}

/* Do the first `n` letters of `word` stand at `s`, in any case? */
static bool
rc_begins(const char *word, const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (reply_lower(s[i]) != word[i])
			return false;
	return true;
}

struct reply_text
reply_before_thought(const struct mip_type *t, struct reply_text text)
{
	const char *s = text.s + text.n;
	size_t i, n;

	while (s > text.s && s[-1] != '\n')
		s--;
	while (s < text.s + text.n && (*s == ' ' || *s == '\t'))
		s++;
	n = (size_t)(text.s + text.n - s);
	if (n == 0 || *s != '<')
		return text;
	for (i = 0; i < sizeof(rc_thought) / sizeof(*rc_thought); i++)
		if (n - 1 <= strlen(rc_thought[i]) &&
		    !rc_is_field(t, rc_thought[i]) &&
		    rc_begins(rc_thought[i], s + 1, n - 1))
			return reply_trim((struct reply_text){ text.s,
			    text.n - n });
	return text;
}

/* ---- refusals ---- */

bool
reply_refuses(struct reply_text text)
{
	static const char *const opening[] = {
		"i'm sorry", "i am sorry", "sorry,", "sorry but", "sorry ",
		"i'm really sorry", "i'm very sorry", "i'm so sorry",
		"i am really sorry", "i am very sorry", "i am so sorry",
		"we're sorry", "we are sorry", "i regret", "i refuse",
		"i decline", "i must respectfully decline",
		"i respectfully decline", "i'm not comfortable",
		"i am not comfortable", "i don't feel comfortable",
		"i do not feel comfortable", "we cannot", "we can't",
		"no, i can't", "no, i cannot", "as a language model",
		"as a large language model", "i apologize", "i apologise",
		"my apologies", "apologies",
		"i can't", "i cannot", "i can not", "i'm unable",
		"i am unable", "i'm not able", "i am not able", "i won't",
		"i will not", "i must decline", "i have to decline",
		"i'm afraid", "i am afraid", "unfortunately, i ",
		"as an ai", "i'm just an ai"
	};
	enum { RC_SHORT = 600 };
	char plain[32];
	size_t i, n = 0;

	text = reply_trim(text);
	if (text.n > RC_SHORT)
		return false;
	/* Curly apostrophes are common. */
	for (i = 0; i < text.n && n < sizeof(plain); i++) {
		if (text.n - i >= 3 &&
		    memcmp(text.s + i, "\xe2\x80\x99", 3) == 0) {
			plain[n++] = '\'';
			i += 2;
		} else {
			plain[n++] = text.s[i];
		}
	}
	for (i = 0; i < sizeof(opening) / sizeof(*opening); i++)
		if (reply_opens((struct reply_text){ plain, n }, opening[i]))
			return true;
	return false;
}
