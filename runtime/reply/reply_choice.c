/* Which of several names a text is, or holds: enums and literals.
 *
 * Names match at word boundaries, the longest first, and two different ones
 * are an error: asking again costs less than a wrong label.
 *
 * SPDX-License-Identifier: MIT */
#include "reply/reply.h"

#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "reply/reply_in.h"

/* What makes no difference. */
enum { RM_CASE = 1, RM_ACCENTS = 2 };

static struct reply_text
rm_fold(struct arena *mem, struct reply_text t, int what)
{
	struct reply_text out = { NULL, 0 };
	utf8proc_option_t how = (what & RM_ACCENTS) != 0 ?
	    UTF8PROC_DECOMPOSE | UTF8PROC_STRIPMARK : UTF8PROC_COMPOSE;
	utf8proc_uint8_t *u = NULL;
	utf8proc_ssize_t n;
	size_t i;
	char *s;

	for (i = 0; i < t.n && (unsigned char)t.s[i] < 0x80; i++)
		continue;
	if (i == t.n) {
		s = arena_alloc(mem, t.n + 1);
		for (i = 0; s != NULL && i < t.n; i++)
			s[i] = (what & RM_CASE) != 0 ? reply_lower(t.s[i]) :
			    t.s[i];
		out.s = s;
		out.n = t.n;
		return out;
	}
	if ((what & RM_CASE) != 0)
		how |= UTF8PROC_CASEFOLD;
	n = utf8proc_map((const utf8proc_uint8_t *)t.s,
	    (utf8proc_ssize_t)t.n, &u, how);
	if (n >= 0) {
		out.s = arena_strndup(mem, (const char *)u, (size_t)n);
		out.n = (size_t)n;
	} else {
		out = t;
	}
	free(u);
	return out;
}

struct rm_names {
	struct arena mem;
	const struct reply_name *name;
	size_t n;
	struct reply_text *fold;        /* the names */
	size_t *order;                  /* longest first */
	struct reply_text raw, text;    /* the reply, and folded */
	bool failed;
};

static void
rm_names_fold(struct rm_names *x, int what)
{
	size_t i, j, k;

	x->fold = arena_array(&x->mem, x->n, sizeof(*x->fold));
	x->order = arena_array(&x->mem, x->n, sizeof(*x->order));
	x->text = rm_fold(&x->mem, x->raw, what);
	for (i = 0; x->fold != NULL && x->order != NULL && i < x->n; i++) {
		x->fold[i] = rm_fold(&x->mem, (struct reply_text){
		    x->name[i].name, strlen(x->name[i].name) }, what);
		for (j = 0; j < i; j++)
			if (x->fold[x->order[j]].n < x->fold[i].n)
				break;
		for (k = i; k > j; k--)
			x->order[k] = x->order[k - 1];
		x->order[j] = i;
	}
	x->failed = x->mem.failed;
}

/* Does no word go on behind `s` (step 1), or before it (-1)?  A hyphen
 * between letters joins words. */
static bool
rm_edge(const char *start, const char *end, const char *s, int step)
{
	if (step > 0) {
		if (reply_word_at(s, end) > 0)
			return false;
		return s == end || *s != '-' || reply_word_at(s + 1, end) == 0;
	}
	if (reply_word_before(start, s) > 0)
		return false;
	return s == start || s[-1] != '-' ||
	    reply_word_before(start, s - 1) == 0;
}

/* Same bytes, but that `_`, `-` and a blank are one. */
static bool
rm_same(const char *a, struct reply_text b)
{
	size_t i;

	for (i = 0; i < b.n; i++)
		if (a[i] != b.s[i] &&
		    !(reply_filler(a[i]) && reply_filler(b.s[i])))
			return false;
	return true;
}

/* Names of one or two letters are words of their own too often: they count
 * only as they are written. */
static bool
rm_short(const struct reply_name *n)
{
	return strlen(n->name) <= 2;
}

/* The name that stands at `s`: its index, or x->n. */
static size_t
rm_name_at(const struct rm_names *x, struct reply_text t, const char *s,
    bool brief, size_t *len)
{
	struct reply_text w;
	size_t i, k;

	for (k = 0; k < x->n; k++) {
		i = x->order[k];
		if (rm_short(&x->name[i]) != brief)
			continue;
		w = x->fold[i];
		if (brief)
			w = (struct reply_text){ x->name[i].name,
			    strlen(x->name[i].name) };
		if (w.n == 0 || (size_t)(t.s + t.n - s) < w.n ||
		    !rm_same(s, w) ||
		    !rm_edge(t.s, t.s + t.n, s + w.n, 1))
			continue;
		*len = w.n;
		return i;
	}
	return x->n;
}

/* Looks for names in `t`.  *found is x->n until one is found. */
static enum reply_error
rm_search(const struct rm_names *x, struct reply_text t, bool brief,
    size_t *found)
{
	const char *s = t.s, *end = t.s + t.n;
	size_t i, len = 0;

	while (s < end) {
		i = rm_edge(t.s, end, s, -1) ?
		    rm_name_at(x, t, s, brief, &len) : x->n;
		if (i == x->n) {
			s++;
			continue;
		}
		if ((*found != x->n && *found != i) || reply_negated(t.s, s))
			return REPLY_E_AMBIGUOUS;
		*found = i;
		s += len;
	}
	return REPLY_E_NONE;
}

/* Is the text `name: description`, or the description alone?  `what` makes no
 * difference. */
static bool
rm_described(struct rm_names *x, size_t i, int what)
{
	struct reply_text t = x->text, d;
	const struct reply_text w = x->fold[i];

	if (x->name[i].desc == NULL)
		return false;
	d = reply_trim(rm_fold(&x->mem, (struct reply_text){ x->name[i].desc,
	    strlen(x->name[i].desc) }, what));
	if (d.n == 0)
		return false;
	if (t.n > w.n && memcmp(t.s, w.s, w.n) == 0) {
		t.s += w.n;
		t.n -= w.n;
		t = reply_trim(t);
		if (t.n > 0 && (*t.s == ':' || *t.s == '-' || *t.s == '(')) {
			t.s++;
			t.n--;
		} else if (t.n > 3 && (!memcmp(t.s, "\xe2\x80\x93", 3) ||
		    !memcmp(t.s, "\xe2\x80\x94", 3))) {
			t.s += 3;
			t.n -= 3;
		} else {
			return false;
		}
	}
	t = reply_trim(t);
	if (t.n == d.n + 1 && (t.s[d.n] == ')' || t.s[d.n] == '.'))
		t.n--;
	return t.n == d.n && memcmp(t.s, d.s, d.n) == 0;
}

/* The whole text as one folded name. */
static size_t
rm_whole(const struct rm_names *x)
{
	size_t i;

	for (i = 0; i < x->n; i++)
		if (x->fold[i].n == x->text.n && rm_same(x->text.s,
		    x->fold[i]))
			return i;
	return x->n;
}

/* Does another name begin with the one found? */
static bool
rm_extended(const struct rm_names *x, size_t which)
{
	size_t i, n = strlen(x->name[which].name);
	struct reply_text t;

	for (i = 0; i < x->n; i++) {
		t = (struct reply_text){ x->name[i].name,
		    strlen(x->name[i].name) };
		if (i != which && t.n > n &&
		    reply_opens(t, x->name[which].name))
			return true;
	}
	return false;
}

/* Names in the text, which is none itself. */
static enum reply_error
rm_in_text(struct rm_names *x, size_t *which, struct reply_sum *sum)
{
	enum reply_error e;
	int accents = 0;

	*which = x->n;
	rm_names_fold(x, RM_CASE);
	if (x->failed)
		return REPLY_E_NOMEM;
	e = rm_search(x, x->text, false, which);
	if (e == REPLY_E_NONE)
		e = rm_search(x, x->raw, true, which);
	if (e == REPLY_E_NONE && *which == x->n) {
		rm_names_fold(x, RM_CASE | RM_ACCENTS);
		if (x->failed)
			return REPLY_E_NOMEM;
		e = rm_search(x, x->text, false, which);
		accents = RM_ACCENTS;
	}
	if (e != REPLY_E_NONE)
		return e;
	if (*which == x->n)
		return REPLY_E_NO_MATCH;
	rm_names_fold(x, accents);
	if (x->failed)
		return REPLY_E_NOMEM;
	reply_sentence(sum);
	if (accents != 0)
		reply_flag(sum, REPLY_ACCENT);
	if (reply_find(x->text, x->fold[*which].s) == NULL)
		reply_flag(sum, REPLY_CASE);
	return REPLY_E_NONE;
}

/* The whole text as a name, in other letters or with its description: what
 * makes the least difference. */
static bool
rm_loosely(struct rm_names *x, size_t *which, struct reply_sum *sum)
{
	int what;
	bool described;

	for (what = 0; what <= (RM_CASE | RM_ACCENTS); what++) {
		rm_names_fold(x, what);
		if (x->failed)
			return false;
		*which = rm_whole(x);
		described = *which == x->n;
		if (described)
			for (*which = 0; *which < x->n; ++*which)
				if (rm_described(x, *which, what))
					break;
		if (*which == x->n)
			continue;
		if (described)
			reply_flag(sum, REPLY_DESCRIBED);
		else if (what == 0)
			reply_flag(sum, REPLY_CASE);
		if ((what & RM_CASE) != 0)
			reply_flag(sum, REPLY_CASE);
		if ((what & RM_ACCENTS) != 0)
			reply_flag(sum, REPLY_ACCENT);
		return true;
	}
	return false;
}

static size_t
rm_exact(const struct reply_name *name, size_t n, struct reply_text t)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (reply_is(t, name[i].name))
			break;
	return i;
}

enum reply_error
reply_choice(const struct reply_name *name, size_t nname, struct reply_text t,
    size_t *which, bool *alone, struct reply_sum *sum)
{
	struct rm_names x = { .name = name, .n = nname };
	enum reply_error e = REPLY_E_NONE;
	bool quoted;
	size_t i;

	t = reply_trim(t);
	i = rm_exact(name, nname, t);
	quoted = i == nname && reply_unquote(&t);
	if (quoted)
		i = rm_exact(name, nname, t);
	*which = i;
	*alone = true;
	x.raw = t;
	if (i == nname && !rm_loosely(&x, which, sum)) {
		*alone = false;
		e = x.failed ? REPLY_E_NOMEM : rm_in_text(&x, which, sum);
	}
	if (e == REPLY_E_NONE && quoted && *alone)
		reply_flag(sum, REPLY_QUOTES);
	if (e == REPLY_E_NONE && *alone)
		*alone = !rm_extended(&x, *which);
	arena_release(&x.mem);
	return e;
}
