/* JSON as text: one pass checks it, later ones may trust it.
 *
 * SPDX-License-Identifier: MIT */
#include "core/json.h"

#include <stdlib.h>
#include <string.h>

/* ---- checking ---- */

struct scan {
	const char *p, *end;
	const char *why;
};

static bool
json_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static void
scan_blanks(struct scan *s)
{
	while (s->p < s->end && is_blank(*s->p))
		s->p++;
}

static bool
scan_error(struct scan *s, const char *why)
{
	s->why = why;
	return false;
}

/* The four digits of \uXXXX at `p`; -1 if they are not. */
static int
hex4(const char *p, const char *end)
{
	int i, v = 0;
	char c;

	if (end - p < 4)
		return -1;
	for (i = 0; i < 4; i++) {
		c = p[i];
		v *= 16;
		if (json_digit(c))
			v += c - '0';
		else if (c >= 'a' && c <= 'f')
			v += c - 'a' + 10;
		else if (c >= 'A' && c <= 'F')
			v += c - 'A' + 10;
		else
			return -1;
	}
	return v;
}

/* At a backslash. */
static bool
scan_escape(struct scan *s)
{
	char c = s->p + 1 < s->end ? s->p[1] : '\0';

	if (c == 'u') {
		if (hex4(s->p + 2, s->end) < 0)
			return scan_error(s, "\\u needs four hex digits");
		s->p += 6;
		return true;
	}
	if (!c || !strchr("\"\\/bfnrt", c))
		return scan_error(s, "unknown escape in a string");
	s->p += 2;
	return true;
}

/* At the opening quote. */
static bool
scan_string(struct scan *s)
{
	const char *p = s->p + 1, *end = s->end;
	unsigned char c;
	size_t len;

	while ((p += buf_plain(p, (size_t)(end - p))) < end) {
		c = (unsigned char)*p;
		if (c == '"') {
			s->p = p + 1;
			return true;
		}
		s->p = p;
		if (c < 0x20)
			return scan_error(s, "control character in a string");
		if (c == '\\') {
			if (!scan_escape(s))
				return false;
			p = s->p;
			continue;
		}
		len = buf_utf8(p, (size_t)(end - p));
		if (!len)
			return scan_error(s, "text is not valid UTF-8");
		p += len;
	}
	s->p = end;
	return scan_error(s, "a string is not closed");
}

static bool
scan_digits(struct scan *s)
{
	if (s->p == s->end || !json_digit(*s->p))
		return scan_error(s, "a number needs a digit here");
	while (s->p < s->end && json_digit(*s->p))
		s->p++;
	return true;
}

static bool
scan_number(struct scan *s)
{
	if (*s->p == '-')
		s->p++;
	if (s->p < s->end && *s->p == '0') {
		s->p++;
		if (s->p < s->end && json_digit(*s->p))
			return scan_error(s, "a number starts with 0");
	} else if (!scan_digits(s)) {
		return false;
	}
	if (s->p < s->end && *s->p == '.') {
		s->p++;
		if (!scan_digits(s))
			return false;
	}
	if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
		s->p++;
		if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
			s->p++;
		return scan_digits(s);
	}
	return true;
}

static bool
scan_word(struct scan *s, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(s->end - s->p) < n || memcmp(s->p, word, n) != 0)
		return scan_error(s, "unknown word");
	s->p += n;
	return true;
}

/* A value that holds no others. */
static bool
scan_scalar(struct scan *s)
{
	switch (*s->p) {
	case '"':
		return scan_string(s);
	case 't':
		return scan_word(s, "true");
	case 'f':
		return scan_word(s, "false");
	case 'n':
		return scan_word(s, "null");
	}
	if (*s->p == '-' || json_digit(*s->p))
		return scan_number(s);
	return scan_error(s, "expected a value");
}

/* A key, its colon, and the blanks around them. */
static bool
scan_key(struct scan *s)
{
	scan_blanks(s);
	if (s->p == s->end || *s->p != '"')
		return scan_error(s, "expected a key in quotes");
	if (!scan_string(s))
		return false;
	scan_blanks(s);
	if (s->p == s->end || *s->p != ':')
		return scan_error(s, "expected ':'");
	s->p++;
	return true;
}

/* After a value inside `depth` open things, whose closers are in `open`:
 * closes all that end here.  True if another value must follow. */
static bool
scan_after(struct scan *s, const char *open, size_t *depth)
{
	while (*depth) {
		scan_blanks(s);
		if (s->p < s->end && *s->p == ',') {
			s->p++;
			return open[*depth - 1] == ']' || scan_key(s);
		}
		if (s->p == s->end || *s->p != open[*depth - 1])
			return scan_error(s, open[*depth - 1] == '}' ?
			    "expected ',' or '}'" : "expected ',' or ']'");
		s->p++;
		(*depth)--;
	}
	return false;
}

/* At a '{' or '['.  True if a value must follow; else it is closed again, or
 * there is an error. */
static bool
scan_open(struct scan *s, char *open, size_t *depth)
{
	char close = *s->p == '{' ? '}' : ']';

	if (*depth == JSON_DEPTH)
		return scan_error(s, "nested too deep");
	s->p++;
	scan_blanks(s);
	if (s->p < s->end && *s->p == close) {
		s->p++;
		return false;
	}
	open[(*depth)++] = close;
	return close == ']' || scan_key(s);
}

static bool
scan_value(struct scan *s)
{
	char open[JSON_DEPTH];
	size_t depth = 0;

	for (;;) {
		scan_blanks(s);
		if (s->p == s->end)
			return scan_error(s, "expected a value");
		if (*s->p == '{' || *s->p == '[') {
			if (scan_open(s, open, &depth))
				continue;
			if (s->why)
				return false;
		} else if (!scan_scalar(s)) {
			return false;
		}
		if (!scan_after(s, open, &depth))
			return !s->why;
	}
}

bool
json_parse(const char *s, size_t n, struct json *out, size_t *bad,
    const char **why)
{
	struct scan scan = { NULL, NULL, NULL };
	const char *start;

	scan.p = n ? s : "";
	scan.end = scan.p + n;
	out->s = NULL;
	out->n = 0;
	scan_blanks(&scan);
	start = scan.p;
	if (scan_value(&scan)) {
		out->s = start;
		out->n = (size_t)(scan.p - start);
		scan_blanks(&scan);
		if (scan.p < scan.end)
			scan_error(&scan, "text after the value");
	}
	if (!scan.why)
		return true;
	out->s = NULL;
	out->n = 0;
	if (bad)
		*bad = n - (size_t)(scan.end - scan.p);
	if (why)
		*why = scan.why;
	return false;
}

/* ---- walking ---- */

enum json_kind
json_kind(struct json v)
{
	if (!v.n)
		return JSON_NONE;
	switch (v.s[0]) {
	case 'n':
		return JSON_NULL;
	case 't':
	case 'f':
		return JSON_BOOL;
	case '"':
		return JSON_STRING;
	case '[':
		return JSON_ARRAY;
	case '{':
		return JSON_OBJECT;
	}
	return JSON_NUMBER;
}

bool
json_is(struct json v, const char *literal)
{
	return v.n == strlen(literal) && !memcmp(v.s, literal, v.n);
}

/* The end of the string that starts at `p`, which its quote ends, as it is
 * checked. */
static const char *
skip_string(const char *p, const char *end)
{
	for (p++;; p += 1 + (*p == '\\')) {
		p += buf_plain(p, (size_t)(end - p));
		if (*p == '"')
			return p + 1;
	}
}

/* The end of the value that starts at `p`. */
static const char *
skip_value(const char *p, const char *end)
{
	size_t depth = 0;

	if (*p == '"')
		return skip_string(p, end);
	if (*p != '{' && *p != '[') {
		while (p < end && !is_blank(*p) && *p != ',' && *p != '}' &&
		    *p != ']')
			p++;
		return p;
	}
	do {
		if (*p == '"') {
			p = skip_string(p, end);
			continue;
		}
		if (*p == '{' || *p == '[')
			depth++;
		else if (*p == '}' || *p == ']')
			depth--;
		p++;
	} while (depth);
	return p;
}

static const char *
skip_blanks(const char *p, const char *end)
{
	while (p < end && is_blank(*p))
		p++;
	return p;
}

/* Inside the array or object that starts at `p`. */
static struct json_walk
walk_in(const char *p, const char *end)
{
	return (struct json_walk){ skip_blanks(p + 1, end), end, *p == '{' };
}

struct json_walk
json_walk(struct json v)
{
	if (v.n && (*v.s == '[' || *v.s == '{'))
		return walk_in(v.s, v.s + v.n);
	return (struct json_walk){ NULL, NULL, false };
}

/* Goes to where the next item starts; false if there is none. */
static bool
walk_item(struct json_walk *w, struct json *key)
{
	const char *p = w->at;

	if (!p || *p == ']' || *p == '}')
		return false;
	if (key)
		*key = (struct json){ NULL, 0 };
	if (w->object) {
		w->at = skip_string(p, w->end);
		if (key)
			*key = (struct json){ p, (size_t)(w->at - p) };
		p = skip_blanks(w->at, w->end);
		w->at = skip_blanks(p + 1, w->end);     /* ':' */
	}
	return true;
}

/* Goes on from `p`, where an item ends. */
static void
walk_on(struct json_walk *w, const char *p)
{
	w->at = skip_blanks(p, w->end);
	if (*w->at == ',')
		w->at = skip_blanks(w->at + 1, w->end);
}

bool
json_next(struct json_walk *w, struct json *key, struct json *item)
{
	const char *p;

	if (!walk_item(w, key))
		return false;
	p = skip_value(w->at, w->end);
	*item = (struct json){ w->at, (size_t)(p - w->at) };
	walk_on(w, p);
	return true;
}

bool
json_enter(struct json_walk *w, struct json *key, struct json *item,
    struct json_walk *in)
{
	const char *p;

	if (!walk_item(w, key))
		return false;
	p = w->at;
	*in = (struct json_walk){ NULL, NULL, false };
	if (*p == '[' || *p == '{') {
		*item = (struct json){ p, 1 };
		*in = walk_in(p, w->end);
		return true;
	}
	p = skip_value(p, w->end);
	*item = (struct json){ w->at, (size_t)(p - w->at) };
	walk_on(w, p);
	return true;
}

void
json_leave(struct json_walk *w, const struct json_walk *in)
{
	if (in->at)
		walk_on(w, in->at + 1);
}

size_t
json_count(struct json v)
{
	struct json_walk w = json_walk(v);
	struct json item;
	size_t n = 0;

	while (json_next(&w, NULL, &item))
		n++;
	return n;
}

struct json
json_get(struct json v, const char *key)
{
	struct json_walk w = json_walk(v);
	struct json k, item;

	if (w.object)
		while (json_next(&w, &k, &item))
			if (json_string_is(k, key))
				return item;
	return (struct json){ NULL, 0 };
}

/* ---- scalars ---- */

/* The code point of the \u at `p`, which moves behind it, and behind the
 * second half of a pair.  A lone half gives U+FFFD. */
static uint32_t
decode_u(const char **p, const char *end)
{
	int high = hex4(*p + 2, end), low = -1;

	*p += 6;
	if (high < 0xd800 || high > 0xdfff)
		return (uint32_t)high;
	if (high < 0xdc00 && end - *p >= 6 && (*p)[0] == '\\' &&
	    (*p)[1] == 'u')
		low = hex4(*p + 2, end);
	if (low < 0xdc00 || low > 0xdfff)
		return 0xfffd;
	*p += 6;
	return 0x10000 + ((uint32_t)(high - 0xd800) << 10) +
	    (uint32_t)(low - 0xdc00);
}

/* Decodes the bytes at `*p`, up to 4, into `out`; gives their number. */
static size_t
decode_one(const char **p, const char *end, char out[4])
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *at;

	if (**p != '\\') {
		out[0] = *(*p)++;
		return 1;
	}
	if ((*p)[1] == 'u')
		return buf_utf8_encode(out, decode_u(p, end));
	at = strchr(from, (*p)[1]);
	out[0] = at ? to[at - from] : (*p)[1];
	*p += 2;
	return 1;
}

size_t
json_decode(char *out, struct json v)
{
	const char *p = v.s + 1, *end = v.s + v.n - 1, *slash;
	size_t n = 0, run;

	while (p < end) {
		slash = memchr(p, '\\', (size_t)(end - p));
		run = (size_t)((slash ? slash : end) - p);
		memcpy(out + n, p, run);
		n += run;
		p += run;
		if (p < end)
			n += decode_one(&p, end, out + n);
	}
	out[n] = '\0';
	return n;
}

const char *
json_string(struct arena *a, struct json v)
{
	char *s;
	size_t n;

	if (json_kind(v) != JSON_STRING)
		return NULL;
	/* Without escapes the text is what it stands for. */
	if (!memchr(v.s, '\\', v.n))
		return arena_strndup(a, v.s + 1, v.n - 2);
	/* Nothing decodes to more bytes than it is written with. */
	s = arena_strndup(a, v.s, v.n);
	if (!s)
		return NULL;
	n = json_decode(s, v);
	return memchr(s, '\0', n) ? NULL : s;
}

bool
json_string_is(struct json v, const char *s)
{
	const char *p, *end;
	char out[4];
	size_t n, i;

	if (json_kind(v) != JSON_STRING)
		return false;
	end = v.s + v.n - 1;
	for (p = v.s + 1; p < end; )
		for (n = decode_one(&p, end, out), i = 0; i < n; i++)
			if (!out[i] || *s++ != out[i])
				return false;
	return !*s;
}

bool
json_int(struct json v, int64_t *out)
{
	return json_kind(v) == JSON_NUMBER && buf_to_int(v.s, v.n, out);
}

bool
json_double(struct json v, double *out)
{
	return json_kind(v) == JSON_NUMBER && buf_to_double(v.s, v.n, out);
}

bool
json_bool(struct json v, bool *out)
{
	if (json_kind(v) != JSON_BOOL)
		return false;
	*out = v.s[0] == 't';
	return true;
}

void
json_compact(struct buf *b, struct json v)
{
	const char *p = v.s, *end = v.s + v.n, *from;

	if (!v.n || !buf_reserve(b, v.n))
		return;
	while (p < end) {
		from = p;
		while (p < end && !is_blank(*p))
			p = *p == '"' ? skip_string(p, end) : p + 1;
		buf_put(b, from, (size_t)(p - from));
		p = skip_blanks(p, end);
	}
}
