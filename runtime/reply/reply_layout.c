/* Layouts other than JSON: [[ ## field ## ]], `Field: value`, <field> tags.
 *
 * Each gives an object whose members are pieces of the reply.
 *
 * SPDX-License-Identifier: MIT */
#include "reply/reply.h"

#include <string.h>

#include "reply/reply_in.h"

enum { RL_UNCLOSED = 16 };

/* The fields as they are found, in order. */
struct rl {
	struct arena *mem;
	const struct mip_type *t;
	struct reply_text text;
	struct rnode *object, *last;
	const char *from, *to;          /* from the first mark to the end */
	struct reply_sum *sum;
	bool begun;                     /* more of the text will come */
	bool failed;
};

enum rl_match { RL_NONE, RL_EXACT, RL_LOOSE };

static enum rl_match
rl_field(const struct mip_type *t, struct reply_text name,
    const struct mip_field **out)
{
	const struct mip_field *f;
	unsigned i;

	for (i = 0; i < t->n; i++) {
		f = *out = &t->field[i];
		if (reply_is(name, reply_wire(f)) || reply_is(name, f->name))
			return RL_EXACT;
	}
	for (i = 0; i < t->n; i++) {
		*out = &t->field[i];
		if (reply_alike(name, reply_wire(*out)))
			return RL_LOOSE;
	}
	return RL_NONE;
}

/* Opens the piece of field `f`, which ends where the next mark stands. */
static void
rl_open(struct rl *l, const char *mark, const char *name, const char *s)
{
	struct reply_text t = { s, (size_t)(l->text.s + l->text.n - s) };
	struct rnode *v;

	if (l->object == NULL)
		l->object = reply_node(l->mem, RNODE_OBJECT, l->text);
	if (l->from == NULL)
		l->from = mark;
	v = reply_node(l->mem, RNODE_TEXT, t);
	if (v == NULL || l->object == NULL) {
		l->failed = true;
		return;
	}
	v->key = name;
	v->nkey = (uint32_t)strlen(name);
	v->done = false;
	if (l->last == NULL)
		l->object->child = v;
	else
		l->last->next = v;
	l->last = v;
	l->object->count++;
}

/* Ends the piece that is open, if one is. */
static void
rl_close(struct rl *l, const char *e, bool done)
{
	struct rnode *v = l->last;
	struct reply_text t;

	if (v == NULL || v->done)
		return;
	t = reply_trim((struct reply_text){ v->src, (size_t)(e - v->src) });
	v->src = v->s = t.s;
	v->n = v->nsrc = (uint32_t)t.n;
	v->done = true;
	if (!done) {
		v->done = false;
		l->sum->open = true;
	}
}

static const char *
rl_line_end(const char *s, const char *end)
{
	const char *e = memchr(s, '\n', (size_t)(end - s));

	return e != NULL ? e : end;
}

/* Where the last line of the piece that is open starts; NULL if that is the
 * line of its mark. */
static const char *
rl_last_line(const struct rl *l, const char *end)
{
	const char *s = end;

	while (s > l->last->src && s[-1] != '\n')
		s--;
	return s > l->last->src ? s : NULL;
}

/* ---- [[ ## field ## ]] ---- */

/* The name in the mark at `s`, and behind it; false if there is none. */
static bool
rl_marker(const char *s, const char *end, struct reply_text *name,
    const char **behind)
{
	const char *e, *stop = rl_line_end(s, end);

	if (stop - s < 8 || s[0] != '[' || s[1] != '[')
		return false;
	e = reply_find((struct reply_text){ s, (size_t)(stop - s) }, "]]");
	if (e == NULL)
		return false;
	*name = reply_trim((struct reply_text){ s + 2,
	    (size_t)(e - s) - 2 });
	if (name->n < 5 || memcmp(name->s, "##", 2) != 0 ||
	    memcmp(name->s + name->n - 2, "##", 2) != 0)
		return false;
	name->s += 2;
	name->n -= 4;
	*name = reply_trim(*name);
	*behind = e + 2;
	return true;
}

/* May a mark start at `s`, of which more will come? */
static bool
rl_marker_begun(const char *s, const char *end)
{
	const char *mark;

	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	if (s == end)
		return false;
	for (mark = "[[##"; *mark != '\0' && s < end; mark++, s++) {
		while (*mark == '#' && mark[1] == '#' && s < end &&
		    reply_blank(*s))
			s++;
		if (s < end && *s != *mark)
			return false;
	}
	return reply_find((struct reply_text){ s, (size_t)(end - s) },
	    "]]") == NULL;
}

/* The end of the last piece: before what may be a mark, if more will come. */
static const char *
rl_markers_end(const struct rl *l, const char *end)
{
	const char *s = l->begun && l->last != NULL ? rl_last_line(l, end) :
	    NULL;

	return s != NULL && rl_marker_begun(s, end) ? s : end;
}

static void
rl_markers(struct rl *l)
{
	const char *s, *e, *behind, *end = l->text.s + l->text.n;
	const struct mip_field *f;
	struct reply_text name;
	enum rl_match m;

	for (s = l->text.s; s < end && !l->failed; s = e < end ? e + 1 : e) {
		while (s < end && (*s == ' ' || *s == '\t'))
			s++;
		e = rl_line_end(s, end);
		if (!rl_marker(s, end, &name, &behind))
			continue;
		rl_close(l, s, true);
		m = rl_field(l->t, name, &f);
		if (m == RL_NONE && reply_is_nocase(name, "completed")) {
			l->to = behind;
			continue;
		}
		if (m == RL_NONE) {
			reply_flag(l->sum, REPLY_EXTRA_KEY);
			l->from = l->from != NULL ? l->from : s;
			continue;
		}
		if (m == RL_LOOSE)
			reply_flag(l->sum, REPLY_KEY_CASE);
		rl_open(l, s, reply_wire(f), behind);
	}
	rl_close(l, rl_markers_end(l, end), false);
}

/* ---- Field: value ---- */

static bool
rl_ornament(char c)
{
	return c == '*' || c == '#' || c == '>' || c == '-' || c == ' ' ||
	    c == '\t';
}

/* A line that opens with a field's name and a colon. */
static const struct mip_field *
rl_label(const struct mip_type *t, const char *s, const char *e,
    const char **value)
{
	const struct mip_field *f;
	const char *colon, *n;

	while (s < e && rl_ornament(*s))
		s++;
	colon = memchr(s, ':', (size_t)(e - s));
	if (colon == NULL || colon == s)
		return NULL;
	for (n = colon; n > s && (n[-1] == '*' || reply_blank(n[-1])); n--)
		continue;
	if (rl_field(t, (struct reply_text){ s, (size_t)(n - s) }, &f) ==
	    RL_NONE)
		return NULL;
	/* The bold of `**Field:**` ends behind the colon. */
	for (s = colon + 1; n == colon && s < e && *s == '*'; s++)
		continue;
	*value = s;
	return f;
}

/* Does a name start with the text, but for what reply_alike passes over? */
static bool
rl_starts(const char *name, struct reply_text t)
{
	size_t i;

	for (i = 0; i < t.n; i++) {
		if (reply_filler(t.s[i]))
			continue;
		while (reply_filler(*name))
			name++;
		if (*name == '\0' || reply_lower(*name++) !=
		    reply_lower(t.s[i]))
			return false;
	}
	return true;
}

/* May a label stand in the line at `s`, of which more will come? */
static bool
rl_label_begun(const struct mip_type *t, const char *s, const char *end)
{
	struct reply_text name;
	unsigned i;

	while (s < end && rl_ornament(*s))
		s++;
	while (end > s && (end[-1] == '*' || reply_blank(end[-1])))
		end--;
	name = (struct reply_text){ s, (size_t)(end - s) };
	for (i = 0; i < t->n; i++)
		if (rl_starts(reply_wire(&t->field[i]), name) ||
		    rl_starts(t->field[i].name, name))
			return true;
	return false;
}

static const char *
rl_labels_end(const struct rl *l, const char *end)
{
	const char *s = l->begun && l->last != NULL ? rl_last_line(l, end) :
	    NULL;

	return s != NULL && rl_label_begun(l->t, s, end) ? s : end;
}

static void
rl_labels(struct rl *l)
{
	const char *s, *e, *value = NULL, *end = l->text.s + l->text.n;
	const struct mip_field *f;

	for (s = l->text.s; s < end && !l->failed; s = e < end ? e + 1 : e) {
		e = rl_line_end(s, end);
		f = rl_label(l->t, s, e, &value);
		if (f == NULL)
			continue;
		rl_close(l, s, true);
		rl_open(l, s, reply_wire(f), value);
	}
	rl_close(l, rl_labels_end(l, end), false);
}

/* ---- <field>value</field> ---- */

/* The name of the tag at `s`, and behind its `>`. */
static bool
rl_tag(const char *s, const char *end, struct reply_text *name,
    const char **behind)
{
	const char *e = s + 1;

	while (e < end && (reply_wordlike(*e) || *e == '-' || *e == '.'))
		e++;
	if (e == s + 1)
		return false;
	*name = (struct reply_text){ s + 1, (size_t)(e - s - 1) };
	/* Attributes, but no further than the line. */
	while (e < end && *e != '>' && *e != '<' && *e != '\n')
		e++;
	*behind = e + 1;
	return e < end && *e == '>';
}

static const char *
rl_tag_end(const char *s, const char *end, struct reply_text name,
    const char **behind)
{
	while (s < end && (s = memchr(s, '<', (size_t)(end - s))) != NULL) {
		if ((size_t)(end - s) >= name.n + 3 && s[1] == '/' &&
		    memcmp(s + 2, name.s, name.n) == 0 &&
		    s[name.n + 2] == '>') {
			*behind = s + name.n + 3;
			return s;
		}
		s++;
	}
	return NULL;
}

/* The next tag of a field from `s` on: what a tag without an end runs to. */
static const char *
rl_next_tag(const struct rl *l, const char *s, const char *end)
{
	const struct mip_field *f;
	struct reply_text name;
	const char *behind;

	while (s < end && (s = memchr(s, '<', (size_t)(end - s))) != NULL) {
		if (rl_tag(s, end, &name, &behind) &&
		    rl_field(l->t, name, &f) == RL_EXACT)
			return s;
		s++;
	}
	return end;
}

/* May the `<` at `s` be that of a field's tag, or of the closer of `name`, of
 * which more will come? */
static bool
rl_tag_begun(const struct rl *l, const char *s, const char *end,
    struct reply_text name)
{
	struct reply_text t = { s + 1, (size_t)(end - s) - 1 };
	const struct mip_field *f;
	const char *e = s + 1;
	unsigned i;

	if (t.n == 0 || (*t.s == '/' && t.n <= name.n + 1))
		return t.n == 0 || memcmp(t.s + 1, name.s, t.n - 1) == 0;
	while (e < end && (reply_wordlike(*e) || *e == '-' || *e == '.'))
		e++;
	name = (struct reply_text){ t.s, (size_t)(e - t.s) };
	for (i = 0; e == end && i < l->t->n; i++)
		if (strncmp(reply_wire(&l->t->field[i]), t.s, t.n) == 0 ||
		    strncmp(l->t->field[i].name, t.s, t.n) == 0)
			return true;
	return name.n > 0 && e < end &&
	    rl_field(l->t, name, &f) == RL_EXACT &&
	    memchr(e, '>', (size_t)(end - e)) == NULL &&
	    memchr(e, '\n', (size_t)(end - e)) == NULL;
}

/* The end of a piece that has no closer yet and may get one: before a tag that
 * may end it. */
static const char *
rl_xml_end(const struct rl *l, const char *s, struct reply_text name)
{
	const char *end = l->text.s + l->text.n, *e;

	e = rl_next_tag(l, s, end);
	if (e < end)
		return e;
	while (e > s && *--e != '<')
		continue;
	return e < end && *e == '<' && rl_tag_begun(l, e, end, name) ? e : end;
}

/* What stands between two fields is dropped: an unknown one, or text. */
static void
rl_gap(struct rl *l, const char *s, const char *e)
{
	struct reply_text gap = reply_trim((struct reply_text){ s,
	    (size_t)(e - s) }), name;
	const char *behind;

	if (gap.n > 0)
		reply_flag(l->sum, *gap.s == '<' && rl_tag(gap.s,
		    gap.s + gap.n, &name, &behind) ? REPLY_EXTRA_KEY :
		    REPLY_FROM_TEXT);
}

static void
rl_xml(struct rl *l)
{
	const char *s = l->text.s, *end = s + l->text.n, *e, *behind, *after;
	const struct mip_field *f;
	struct reply_text name;
	unsigned unclosed = 0;
	enum rl_match m;

	/* A tag without an end is looked for to the end of the text. */
	while (s < end && !l->failed && unclosed < RL_UNCLOSED &&
	    (s = memchr(s, '<', (size_t)(end - s))) != NULL) {
		m = rl_tag(s, end, &name, &behind) ?
		    rl_field(l->t, name, &f) : RL_NONE;
		if (m == RL_NONE) {
			s++;
			continue;
		}
		if (m == RL_LOOSE)
			reply_flag(l->sum, REPLY_KEY_CASE);
		if (l->to != NULL)
			rl_gap(l, l->to, s);
		e = after = behind;
		if (behind[-2] != '/')
			e = rl_tag_end(behind, end, name, &after);
		rl_open(l, s, reply_wire(f), behind);
		if (e == NULL) {
			reply_flag(l->sum, REPLY_CLOSED);
			unclosed++;
			if (l->begun) {
				rl_close(l, rl_xml_end(l, behind, name),
				    false);
				break;
			}
			e = after = rl_next_tag(l, behind, end);
			rl_close(l, e, e < end);
		} else {
			rl_close(l, e, true);
		}
		if (!l->failed)
			l->to = after;
		s = after;
	}
}

struct rnode *
reply_carrier(struct arena *mem, const struct mip_type *t, enum mip_format f,
    struct reply_text text, bool begun, struct reply_sum *sum)
{
	struct rl l = { .mem = mem, .t = t, .text = text, .sum = sum,
		.begun = begun };
	const char *end = text.s + text.n;

	if (t->kind != MIP_STRUCT)
		return NULL;
	switch (f) {
	case MIP_MARKERS:
		rl_markers(&l);
		break;
	case MIP_LABELS:
		/* `{`, a line, `key: value`: that is JSON of a sort. */
		if (text.n > 0 && *text.s != '{')
			rl_labels(&l);
		break;
	case MIP_XML:
		rl_xml(&l);
		break;
	case MIP_PLAIN:
	case MIP_JSON:
	case MIP_NFORMAT:
		break;
	}
	if (l.failed || l.object == NULL)
		return NULL;
	if (l.to == NULL)
		l.to = end;
	sum->from = l.from;
	sum->to = l.to;
	if (reply_trim((struct reply_text){ text.s,
	    (size_t)(l.from - text.s) }).n > 0 ||
	    reply_trim((struct reply_text){ l.to, (size_t)(end - l.to) }).n > 0)
		reply_flag(sum, REPLY_FROM_TEXT);
	return l.object;
}
