/* Slot values: the baked ones, and a JSON object over them.
 *
 * SPDX-License-Identifier: MIT */
#include "prompt/slots.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash64.h"
#include "prompt/prompt.h"
#include "type/gbnf.h"
#include "type/schema.h"
#include "type/type.h"

struct slots {
	atomic_uint holders;
	struct arena a;
	const struct mip_program *p;
	struct slots_leaf *leaf;        /* p->nprompt */
	const void **param;             /* p->nparam */
};

/* A set in the making. */
struct maker {
	struct slots *s;
	char *why;
	size_t nwhy;
};

static const char *const format_word[MIP_NFORMAT] = {
	[MIP_PLAIN] = "plain", [MIP_JSON] = "json", [MIP_MARKERS] = "markers",
	[MIP_LABELS] = "labels", [MIP_XML] = "xml"
};

const char *
slots_format_word(enum mip_format f)
{
	return (unsigned)f < MIP_NFORMAT ? format_word[f] : "?";
}

enum { NSTRUCTURE = MIP_STRUCTURE_PROMPT + 1 };

static const char *const structure_word[NSTRUCTURE] = {
	[MIP_STRUCTURE_AUTO] = "auto", [MIP_STRUCTURE_NATIVE] = "native",
	[MIP_STRUCTURE_FUNCTION] = "function",
	[MIP_STRUCTURE_GRAMMAR] = "grammar",
	[MIP_STRUCTURE_JSON_OBJECT] = "json_object",
	[MIP_STRUCTURE_PROMPT] = "prompt"
};

const char *
slots_structure_word(enum mip_structure s)
{
	return (unsigned)s < NSTRUCTURE ? structure_word[s] : "?";
}

bool
slots_format(const char *word, enum mip_format *f)
{
	unsigned i;

	for (i = 0; i < MIP_NFORMAT; i++) {
		if (strcmp(word, format_word[i]) != 0)
			continue;
		*f = (enum mip_format)i;
		return true;
	}
	return false;
}

static enum mip_status slots_bad(struct maker *m, const char *fmt, ...)
    MIP_PRINTF(2, 3);

static enum mip_status
slots_bad(struct maker *m, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(m->why, m->nwhy, fmt, ap);
	va_end(ap);
	return MIP_USAGE;
}

/* ---- baked values ---- */

static const char *
join_text(struct arena *a, mip_text text)
{
	size_t n = 0, i, len;
	char *s, *at;

	if (!text)
		return "";
	if (text[0] && !text[1])
		return text[0];
	for (i = 0; text[i]; i++)
		n += strlen(text[i]);
	at = s = arena_alloc(a, n + 1);
	for (i = 0; s && text[i]; i++) {
		len = strlen(text[i]);
		memcpy(at, text[i], len);
		at += len;
	}
	return s;
}

/* Are all inputs there, at least one output, and do they fit? */
static enum mip_status
check_demo(struct maker *m, const struct mip_prompt *p, struct json demo,
    unsigned n)
{
	const struct mip_type *side[] = { p->in, p->out };
	const struct mip_field *f;
	struct arena scratch = { 0 };
	enum mip_status s = MIP_OK;
	unsigned i, outputs = 0;
	struct type_error e;
	struct json v;
	size_t k;
	void *at;

	for (k = 0; k < 2; k++) {
		for (i = 0; i < side[k]->n && s == MIP_OK; i++) {
			f = &side[k]->field[i];
			v = json_get(demo, f->name);
			outputs += k && v.n;
			if (!v.n && (k || f->fallback ||
			    f->type->kind == MIP_OPTIONAL))
				continue;
			at = arena_alloc(&scratch, f->type->size);
			s = !at ? MIP_NOMEM : type_read(&scratch, f->type, v,
			    TYPE_LENIENT, at, &e);
			if (s == MIP_USAGE)
				slots_bad(m, "%s.demos[%u].%s%s%s: %s",
				    p->name, n, f->name, e.path[0] &&
				    e.path[0] != '[' ? "." : "", e.path,
				    e.text);
		}
	}
	arena_release(&scratch);
	if (s == MIP_OK && p->out->n && !outputs)
		s = slots_bad(m, "%s.demos[%u]: holds no output", p->name, n);
	return s;
}

static enum mip_status
set_format(struct maker *m, struct slots_leaf *l, enum mip_format f)
{
	if (f == MIP_PLAIN && l->prompt->out->n != 1)
		return slots_bad(m, "%s.format: plain is for a single output",
		    l->prompt->name);
	l->format = f;
	return MIP_OK;
}

static enum mip_status
bake_demos(struct maker *m, struct slots_leaf *l)
{
	const struct mip_prompt *p = l->prompt;
	enum mip_status s = MIP_OK;
	struct json *demo;
	const char *text, *why;
	unsigned i;

	demo = arena_array(&m->s->a, p->ndemo, sizeof(*demo));
	if (!demo)
		return MIP_NOMEM;
	for (i = 0; i < p->ndemo && s == MIP_OK; i++) {
		text = join_text(&m->s->a, p->demo[i]);
		if (!text)
			return MIP_NOMEM;
		if (!json_parse(text, strlen(text), &demo[i], NULL, &why))
			return slots_bad(m, "%s.demos[%u]: %s", p->name, i,
			    why);
		s = check_demo(m, p, demo[i], i);
	}
	l->demo = demo;
	l->ndemo = p->ndemo;
	return s;
}

static enum mip_status
bake_leaf(struct maker *m, struct slots_leaf *l, const struct mip_prompt *p,
    bool demos)
{
	l->prompt = p;
	l->structure = p->structure;
	l->temperature = p->temperature;
	l->format = p->format;
	l->text = join_text(&m->s->a, p->text);
	if (!l->text)
		return MIP_NOMEM;
	return demos ? bake_demos(m, l) : MIP_OK;
}

/* ---- values that are set ---- */

/* A text, or the lines of one. */
static enum mip_status
set_text(struct maker *m, struct slots_leaf *l, struct json v)
{
	struct json_walk w = json_walk(v);
	struct buf text = BUF_INIT;
	enum mip_status s = MIP_OK;
	const char *line = NULL;
	struct json item = v;
	bool first = true;

	if (json_kind(v) == JSON_STRING)
		line = json_string(&m->s->a, v);
	else if (json_kind(v) == JSON_ARRAY)
		line = "";
	while (line && json_kind(v) == JSON_ARRAY &&
	    json_next(&w, NULL, &item)) {
		line = json_string(&m->s->a, item);
		if (!first)
			buf_putc(&text, '\n');
		first = false;
		buf_puts(&text, line ? line : "");
	}
	if (m->s->a.failed || text.failed)
		s = MIP_NOMEM;
	else if (!line)
		s = slots_bad(m, "%s.instruction: must be a text or a list of "
		    "lines, without U+0000", l->prompt->name);
	else if (json_kind(v) == JSON_ARRAY)
		line = arena_strndup(&m->s->a, buf_str(&text), text.len);
	buf_release(&text);
	l->text = line;
	return s == MIP_OK && !line ? MIP_NOMEM : s;
}

static enum mip_status
set_demos(struct maker *m, struct slots_leaf *l, struct json v)
{
	struct json_walk w = json_walk(v);
	enum mip_status s = MIP_OK;
	struct json *demo;
	unsigned n = 0;

	if (json_kind(v) != JSON_ARRAY)
		return slots_bad(m, "%s.demos: must be a list",
		    l->prompt->name);
	if (l->prompt->cases && json_count(v) > 0)
		return slots_bad(m, "%s.demos: they are found by %s",
		    l->prompt->name, l->prompt->cases->name);
	demo = arena_array(&m->s->a, json_count(v), sizeof(*demo));
	if (!demo)
		return MIP_NOMEM;
	for (; s == MIP_OK && json_next(&w, NULL, &demo[n]); n++) {
		if (json_kind(demo[n]) != JSON_OBJECT)
			return slots_bad(m, "%s.demos[%u]: must be an object",
			    l->prompt->name, n);
		s = check_demo(m, l->prompt, demo[n], n);
	}
	l->demo = demo;
	l->ndemo = n;
	return s;
}

static enum mip_status
set_format_word(struct maker *m, struct slots_leaf *l, struct json v)
{
	unsigned i;

	for (i = 0; i < MIP_NFORMAT; i++)
		if (json_string_is(v, format_word[i]))
			return set_format(m, l, (enum mip_format)i);
	return slots_bad(m, "%s.format: must be plain, json, markers, labels "
	    "or xml", l->prompt->name);
}

static enum mip_status
set_structure(struct maker *m, struct slots_leaf *l, struct json v)
{
	unsigned i;

	for (i = 0; i < NSTRUCTURE; i++) {
		if (!json_string_is(v, structure_word[i]))
			continue;
		l->structure = (enum mip_structure)i;
		return MIP_OK;
	}
	return slots_bad(m, "%s.structure: must be auto, native, function, "
	    "grammar, json_object or prompt", l->prompt->name);
}

static enum mip_status
set_temperature(struct maker *m, struct slots_leaf *l, struct json v)
{
	double t;

	if (json_kind(v) == JSON_NULL) {
		l->temperature = MIP_UNSET;
		return MIP_OK;
	}
	if (!json_double(v, &t) || t < 0 || t > 2)
		return slots_bad(m, "%s.temperature: must be a number from 0 "
		    "to 2", l->prompt->name);
	l->temperature = t;
	return MIP_OK;
}

static enum mip_status
set_param(struct maker *m, size_t i, struct json v)
{
	const struct mip_param *p = m->s->p->param[i];
	void *at = arena_alloc(&m->s->a, p->type->size);
	struct type_error e;
	enum mip_status s;

	if (!at)
		return MIP_NOMEM;
	s = type_read(&m->s->a, p->type, v, TYPE_EXACT, at, &e);
	if (s == MIP_USAGE)
		return slots_bad(m, "%s: %s", p->name, e.text);
	m->s->param[i] = at;
	return s;
}

/* The leaf of slot `name`, which ends in ".WORD"; NULL. */
static struct slots_leaf *
leaf_of_slot(struct slots *s, const char *name, const char *dot)
{
	const char *leaf;
	unsigned i;

	for (i = 0; dot && i < s->p->nprompt; i++) {
		leaf = s->p->prompt[i]->name;
		if (strlen(leaf) == (size_t)(dot - name) &&
		    !memcmp(leaf, name, strlen(leaf)))
			return &s->leaf[i];
	}
	return NULL;
}

static enum mip_status
set_slot(struct maker *m, const char *name, struct json v)
{
	static const struct {
		const char *word;
		enum mip_status (*set)(struct maker *, struct slots_leaf *,
		    struct json);
	} kind[] = {
		{ "instruction", set_text }, { "demos", set_demos },
		{ "format", set_format_word },
		{ "structure", set_structure },
		{ "temperature", set_temperature },
	};
	const char *dot = strrchr(name, '.');
	struct slots_leaf *l;
	size_t i;

	for (i = 0; i < m->s->p->nparam; i++)
		if (!strcmp(m->s->p->param[i]->name, name))
			return set_param(m, i, v);
	l = leaf_of_slot(m->s, name, dot);
	for (i = 0; l && i < sizeof(kind) / sizeof(*kind); i++)
		if (!strcmp(dot + 1, kind[i].word))
			return kind[i].set(m, l, v);
	return slots_bad(m, "the program has no slot '%.100s'", name);
}

static enum mip_status
set_all(struct maker *m, struct json set)
{
	enum mip_status s = MIP_OK;
	struct json_walk w;
	struct json key, v;
	const char *text, *name;

	if (json_kind(set) == JSON_NONE)
		return MIP_OK;
	if (json_kind(set) != JSON_OBJECT)
		return slots_bad(m, "slots must be a JSON object");
	/* The values outlive the caller's text. */
	text = arena_strndup(&m->s->a, set.s, set.n);
	if (!text)
		return MIP_NOMEM;
	set.s = text;
	w = json_walk(set);
	while (s == MIP_OK && json_next(&w, &key, &v)) {
		name = json_string(&m->s->a, key);
		if (name)
			s = set_slot(m, name, v);
		else
			s = m->s->a.failed ? MIP_NOMEM : slots_bad(m,
			    "a slot's name holds U+0000");
	}
	return s;
}

/* ---- the set ---- */

/* Does the object set the demonstrations of this leaf?  Then the baked ones
 * need no reading. */
static bool
sets_demos(struct json set, const char *leaf)
{
	struct json_walk w = json_walk(set);
	size_t n = strlen(leaf);
	struct json key, v;

	while (json_next(&w, &key, &v))
		if (key.n == n + 8 && !memcmp(key.s + 1, leaf, n) &&
		    !memcmp(key.s + 1 + n, ".demos", 6))
			return true;
	return false;
}

/* Renders what all calls of a leaf share. */
static enum mip_status
finish_leaf(struct maker *m, struct slots_leaf *l)
{
	struct arena *a = &m->s->a;
	enum mip_status s = set_format(m, l, l->format);
	struct buf b = BUF_INIT;

	if (s != MIP_OK)
		return s;
	prompt_prefix(&b, l);
	if (!b.failed)
		l->prefix = arena_strndup(a, buf_str(&b), b.len);
	l->prefix_len = b.len;
	l->prefix_hash = hash64(buf_str(&b), b.len);
	buf_reset(&b);
	prompt_tail(&b, l);
	if (!b.failed && l->prefix)
		l->tail = arena_strndup(a, buf_str(&b), b.len);
	buf_reset(&b);
	schema_json(&b, l->prompt->out);
	if (!b.failed && l->tail)
		l->schema = arena_strndup(a, buf_str(&b), b.len);
	buf_reset(&b);
	gbnf(&b, l->prompt->out, l->format);
	if (!b.failed && l->schema)
		l->grammar = arena_strndup(a, buf_str(&b), b.len);
	buf_release(&b);
	return l->grammar ? MIP_OK : MIP_NOMEM;
}

static enum mip_status
slots_fill(struct maker *m, struct json set)
{
	const struct mip_program *p = m->s->p;
	struct slots *s = m->s;
	enum mip_status st = MIP_OK;
	unsigned i;

	s->leaf = arena_array(&s->a, p->nprompt, sizeof(*s->leaf));
	s->param = arena_array(&s->a, p->nparam, sizeof(*s->param));
	if (!s->leaf || !s->param)
		return MIP_NOMEM;
	for (i = 0; i < p->nparam; i++)
		s->param[i] = p->param[i]->value;
	for (i = 0; st == MIP_OK && i < p->nprompt; i++)
		st = bake_leaf(m, &s->leaf[i], p->prompt[i],
		    !sets_demos(set, p->prompt[i]->name));
	if (st == MIP_OK)
		st = set_all(m, set);
	for (i = 0; st == MIP_OK && i < p->nprompt; i++)
		st = finish_leaf(m, &s->leaf[i]);
	return st;
}

enum mip_status
slots_new(const struct mip_program *p, struct json set, struct slots **out,
    char *why, size_t nwhy)
{
	struct slots *s = calloc(1, sizeof(*s));
	struct maker m = { s, why, nwhy };
	enum mip_status st;

	*out = NULL;
	if (nwhy)
		why[0] = '\0';
	if (!s)
		return MIP_NOMEM;
	atomic_init(&s->holders, 1);
	s->p = p;
	st = slots_fill(&m, set);
	if (st == MIP_OK)
		*out = s;
	else
		slots_drop(s);
	return st;
}

struct slots *
slots_hold(struct slots *s)
{
	atomic_fetch_add(&s->holders, 1);
	return s;
}

void
slots_drop(struct slots *s)
{
	if (!s || atomic_fetch_sub(&s->holders, 1) != 1)
		return;
	arena_release(&s->a);
	free(s);
}

const struct slots_leaf *
slots_leaf(const struct slots *s, const struct mip_prompt *p)
{
	unsigned i;

	for (i = 0; i < s->p->nprompt; i++)
		if (s->leaf[i].prompt == p)
			return &s->leaf[i];
	return NULL;
}

const void *
slots_param(const struct slots *s, const struct mip_param *p)
{
	unsigned i;

	for (i = 0; i < s->p->nparam; i++)
		if (s->p->param[i] == p)
			return s->param[i];
	return p->value;
}

/* ---- as JSON ---- */

/* A text of several lines as a list of them, else as it is. */
static void
put_lines(struct buf *b, const char *s)
{
	bool several = strchr(s, '\n');
	size_t n;

	if (several)
		buf_putc(b, '[');
	for (;;) {
		n = strcspn(s, "\n");
		buf_json(b, s, n);
		if (!s[n])
			break;
		buf_putc(b, ',');
		s += n + 1;
	}
	if (several)
		buf_putc(b, ']');
}

static void
put_key(struct buf *b, const char *leaf, const char *word)
{
	struct buf key = BUF_INIT;

	buf_printf(&key, "%s%s", leaf, word);
	if (b->len > 1)
		buf_putc(b, ',');
	buf_json(b, buf_str(&key), key.len);
	buf_putc(b, ':');
	b->failed |= key.failed;
	buf_release(&key);
}

static void
put_leaf(struct buf *b, const struct slots_leaf *l)
{
	const char *name = l->prompt->name;
	unsigned i;

	put_key(b, name, ".instruction");
	put_lines(b, l->text);
	put_key(b, name, ".demos");
	buf_putc(b, '[');
	for (i = 0; i < l->ndemo; i++) {
		if (i)
			buf_putc(b, ',');
		json_compact(b, l->demo[i]);
	}
	buf_putc(b, ']');
	put_key(b, name, ".format");
	buf_printf(b, "\"%s\"", format_word[l->format]);
	put_key(b, name, ".structure");
	buf_printf(b, "\"%s\"", structure_word[l->structure]);
	put_key(b, name, ".temperature");
	if (l->temperature == MIP_UNSET)
		buf_puts(b, "null");
	else
		buf_double(b, l->temperature);
}

void
slots_json(struct buf *b, const struct slots *s)
{
	struct buf text = BUF_INIT;
	struct json v;
	unsigned i;

	buf_putc(&text, '{');
	for (i = 0; i < s->p->nprompt; i++)
		put_leaf(&text, &s->leaf[i]);
	for (i = 0; i < s->p->nparam; i++) {
		put_key(&text, s->p->param[i]->name, "");
		type_write(&text, s->p->param[i]->type, s->param[i], true);
	}
	buf_putc(&text, '}');
	/* Sorts the keys. */
	if (!text.failed && json_parse(text.s, text.len, &v, NULL, NULL))
		json_canon(b, v);
	else
		b->failed = true;
	buf_release(&text);
}

struct json
slots_of_tuned(struct json file, const char **why)
{
	struct json v = json_get(file, "slots");

	*why = NULL;
	if (json_kind(file) != JSON_OBJECT)
		*why = "a tuned file is a JSON object";
	else if (json_kind(v) == JSON_NONE)
		*why = "a tuned file has a member \"slots\"";
	else if (json_kind(v) != JSON_OBJECT)
		*why = "the slots of a tuned file are a JSON object";
	return *why ? (struct json){ NULL, 0 } : v;
}
