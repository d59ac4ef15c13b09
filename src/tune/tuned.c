/* The tuned file: written, read, applied.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "tune/tuned.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sha256.h"
#include "slots.h"

enum { TUNED_FORMAT = 1 };

/* ---- writing ---- */

/* "key": with a comma before it unless it is the first. */
static void
put_key(struct buf *b, const char *key)
{
	if (b->len > 0 && b->s[b->len - 1] != '{' && b->s[b->len - 1] != '[')
		buf_putc(b, ',');
	if (!key)
		return;
	buf_json(b, key, strlen(key));
	buf_putc(b, ':');
}

static void
put_text(struct buf *b, const char *key, const char *s)
{
	put_key(b, key);
	buf_json(b, s ? s : "", s ? strlen(s) : 0);
}

static void
put_int(struct buf *b, const char *key, int64_t v)
{
	put_key(b, key);
	buf_int(b, v);
}

static void
put_number(struct buf *b, const char *key, double v)
{
	put_key(b, key);
	buf_double(b, v);
}

static void
put_fields(struct buf *b, const char *key, const struct ty *t)
{
	struct arena a = { 0 };
	unsigned i;

	put_key(b, key);
	buf_putc(b, '[');
	for (i = 0; i < t->n; i++) {
		const char *type = ty_text(&a, t->field[i].type);
		struct buf f = BUF_INIT;

		buf_printf(&f, "%s: %s", t->field[i].name, type);
		put_text(b, NULL, buf_str(&f));
		buf_release(&f);
	}
	buf_putc(b, ']');
	arena_release(&a);
}

static const struct prompt *
next_prompt(const struct mod *m, const char *after)
{
	const struct prompt *p, *best = NULL;

	for (p = m->prompt; p; p = p->next)
		if ((!after || strcmp(p->name, after) > 0) &&
		    (!best || strcmp(p->name, best->name) < 0))
			best = p;
	return best;
}

static void
put_leaves(struct buf *b, const struct mod *m)
{
	const struct prompt *p = NULL;

	put_key(b, "leaves");
	buf_putc(b, '{');
	while ((p = next_prompt(m, p ? p->name : NULL)) != NULL) {
		if (p->eval_only)
			continue;
		put_key(b, p->name);
		buf_putc(b, '{');
		put_text(b, "hash", p->hash);
		put_fields(b, "in", p->in);
		put_fields(b, "out", p->out);
		buf_putc(b, '}');
	}
	buf_putc(b, '}');
}

static void
put_rows(struct buf *b, const char *key, const struct rows *r)
{
	if (r->n == 0)
		return;
	put_key(b, key);
	buf_putc(b, '{');
	put_int(b, "rows", (int64_t)r->n);
	put_text(b, "sha256", r->sha256);
	buf_putc(b, '}');
}

/* PROVIDER:ID of a model, what the command line says instead included. */
static void
put_model(struct buf *b, const struct tune_task *t, const struct mip_model *v)
{
	size_t n = strlen(v->name), i;
	struct buf id = BUF_INIT;

	if (v->route == MIP_DIRECT)
		buf_printf(&id, "%s:%s", v->provider, v->id);
	for (i = 0; t->model_override && t->model_override[i]; i++) {
		const char *s = t->model_override[i];

		if (strncmp(s, v->name, n) != 0 || s[n] != '=')
			continue;
		buf_reset(&id);
		buf_puts(&id, s + n + 1);
	}
	if (id.len > 0)
		put_text(b, v->name, buf_str(&id));
	buf_release(&id);
}

static const struct mip_model *
next_model(const struct mod *m, const char *after)
{
	const struct mip_model *best = NULL;
	unsigned i;

	for (i = 0; i < m->nmodel; i++)
		if ((!after || strcmp(m->model[i]->name, after) > 0) &&
		    (!best || strcmp(m->model[i]->name, best->name) < 0))
			best = m->model[i];
	return best;
}

static void
put_models(struct buf *b, const struct tune_task *t)
{
	const struct mip_model *v = NULL;

	put_key(b, "models");
	buf_putc(b, '{');
	while ((v = next_model(t->mod, v ? v->name : NULL)) != NULL)
		put_model(b, t, v);
	buf_putc(b, '}');
}

static void
put_setting(struct buf *b, const struct setting *s)
{
	switch (s->kind) {
	case SET_INT:
		put_int(b, s->name, s->i);
		return;
	case SET_FLOAT:
		put_number(b, s->name, s->f);
		return;
	case SET_BOOL:
		put_key(b, s->name);
		buf_puts(b, s->i ? "true" : "false");
		return;
	case SET_WORD:
	case SET_STRING:
		put_text(b, s->name, s->s);
		return;
	}
	BUG("setting");
}

/* Sorted; of equal names the first counts. */
static void
put_settings(struct buf *b, const struct setting *first)
{
	const struct setting *s, *best = NULL;
	const char *after = NULL;

	put_key(b, "settings");
	buf_putc(b, '{');
	do {
		best = NULL;
		for (s = first; s; s = s->next)
			if ((!after || strcmp(s->name, after) > 0) &&
			    (!best || strcmp(s->name, best->name) < 0))
				best = s;
		if (best) {
			put_setting(b, best);
			after = best->name;
		}
	} while (best);
	buf_putc(b, '}');
}

/* Builds that are to be repeatable set the variable; else there is no date. */
static void
put_date(struct buf *b)
{
	const char *s = getenv("SOURCE_DATE_EPOCH");
	char text[32];
	struct tm tm;
	int64_t v;
	time_t t;

	if (!s || !buf_to_int(s, strlen(s), &v) || v < 0)
		return;
	t = (time_t)v;
	if (!gmtime_r(&t, &tm) || strftime(text, sizeof text, "%Y-%m-%d",
	    &tm) == 0)
		return;
	put_text(b, "date", text);
}

static void
put_lineage(struct buf *b, const struct tune_task *t,
    const struct tune_result *r)
{
	put_key(b, "lineage");
	buf_putc(b, '{');
	put_int(b, "calls", (int64_t)(r->calls_paid + r->calls_cached));
	put_key(b, "complete");
	buf_puts(b, r->complete ? "true" : "false");
	put_number(b, "cost_nominal", round(r->cost_nominal * 1e9) / 1e9);
	put_key(b, "data");
	buf_putc(b, '{');
	put_rows(b, "dev", &t->dev);
	put_rows(b, "test", &t->test);
	put_rows(b, "train", &t->train);
	buf_putc(b, '}');
	put_date(b);
	put_models(b, t);
	put_int(b, "runs", (int64_t)r->runs);
	put_key(b, "seed");
	buf_printf(b, "%llu", (unsigned long long)t->seed);
	put_settings(b, t->setting);
	put_text(b, "strategy", t->strategy);
	put_key(b, "tokens");
	buf_putc(b, '{');
	put_int(b, "in", r->tokens_in);
	put_int(b, "out", r->tokens_out);
	buf_putc(b, '}');
	put_int(b, "trials", r->trials);
	buf_putc(b, '}');
}

static void
put_interval(struct buf *b, const char *key, const struct interval *i)
{
	put_key(b, key);
	buf_putc(b, '{');
	put_number(b, "hi", i->hi);
	put_number(b, "lo", i->lo);
	put_number(b, "mean", i->mean);
	put_int(b, "n", (int64_t)i->n);
	buf_putc(b, '}');
}

static void
put_scores(struct buf *b, const struct tune_task *t,
    const struct tune_result *r)
{
	put_key(b, "scores");
	buf_putc(b, '{');
	put_key(b, "dev");
	buf_putc(b, '{');
	put_interval(b, "after", &r->dev_after.interval);
	put_interval(b, "before", &r->dev_before.interval);
	buf_putc(b, '}');
	put_text(b, "metric", t->metric);
	if (r->tested) {
		put_key(b, "test");
		buf_putc(b, '{');
		put_interval(b, "after", &r->test_after.interval);
		put_interval(b, "before", &r->test_before.interval);
		put_interval(b, "difference", &r->test_difference);
		put_number(b, "p", r->p_value);
		buf_putc(b, '}');
	}
	buf_putc(b, '}');
}

/* A text as an array of its lines. */
static void
put_lines(struct buf *b, const char *s)
{
	size_t n;

	buf_putc(b, '[');
	for (;;) {
		n = strcspn(s, "\n");
		put_key(b, NULL);
		buf_json(b, s, n);
		if (!s[n])
			break;
		s += n + 1;
	}
	buf_putc(b, ']');
}

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

static void
put_slots(struct buf *b, const char *slots)
{
	struct arena a = { 0 };
	struct json set, key, v;
	struct json_walk w;
	const char *name, *text;

	put_key(b, "slots");
	buf_putc(b, '{');
	if (slots && json_parse(slots, strlen(slots), &set, NULL, NULL)) {
		w = json_walk(set);
		while (json_next(&w, &key, &v)) {
			name = json_string(&a, key);
			put_key(b, name);
			text = NULL;
			if (ends_with(name, ".instruction"))
				text = json_string(&a, v);
			if (text)
				put_lines(b, text);
			else
				json_compact(b, v);
		}
	}
	buf_putc(b, '}');
	arena_release(&a);
}

void
tuned_write(struct buf *b, const struct tune_task *t,
    const struct tune_result *r)
{
	struct buf text = BUF_INIT;
	struct json v;

	buf_putc(&text, '{');
	put_int(&text, "format", TUNED_FORMAT);
	put_leaves(&text, t->mod);
	put_lineage(&text, t, r);
	put_text(&text, "miproc", MIP_VERSION);
	put_key(&text, "program");
	buf_putc(&text, '{');
	put_text(&text, "hash", t->mod->hash);
	put_text(&text, "name", t->mod->program ? t->mod->program->name :
	    t->mod->name);
	buf_putc(&text, '}');
	put_scores(&text, t, r);
	put_slots(&text, r->slots);
	buf_putc(&text, '}');
	if (text.failed || !json_parse(text.s, text.len, &v, NULL, NULL)) {
		b->failed = true;
	} else {
		json_pretty(b, v, 0);
		buf_putc(b, '\n');
	}
	buf_release(&text);
}

/* ---- reading ---- */

static bool
mean_of(struct json root, const char *part, const char *when, double *v)
{
	struct json s = json_get(json_get(root, "scores"), part);

	return json_double(json_get(json_get(s, when), "mean"), v);
}

static const char *
make_note(struct arena *a, struct json root)
{
	struct json lineage = json_get(root, "lineage");
	const char *part = "test", *note;
	const char *strategy = json_string(a, json_get(lineage, "strategy"));
	struct json seed = json_get(lineage, "seed");
	struct buf b = BUF_INIT;
	double before, after;

	buf_printf(&b, "tuned by %s, seed %.*s", strategy ? strategy : "?",
	    seed.n < 24 ? (int)seed.n : 24, seed.n ? seed.s : "");
	if (!mean_of(root, part, "after", &after))
		part = "dev";
	if (mean_of(root, part, "before", &before) &&
	    mean_of(root, part, "after", &after)) {
		buf_printf(&b, ": %s ", part);
		buf_double(&b, round(before * 1e4) / 1e4);
		buf_puts(&b, " -> ");
		buf_double(&b, round(after * 1e4) / 1e4);
	}
	note = arena_strdup(a, buf_str(&b));
	buf_release(&b);
	return note;
}

static enum mip_status
bad(char why[320], const char *sentence)
{
	snprintf(why, 320, "it is no tuned file: %.250s", sentence);
	return MIP_USAGE;
}

enum mip_status
tuned_read(struct arena *a, const char *text, size_t n, struct tuned *t,
    char why[320])
{
	const char *copy = arena_strndup(a, text, n), *reason = "";
	struct sha256 h;
	char hex[SHA256_HEX];
	int64_t format = 0;
	size_t at = 0;

	memset(t, 0, sizeof *t);
	if (!copy)
		return MIP_NOMEM;
	if (!json_parse(copy, n, &t->root, &at, &reason)) {
		snprintf(why, 320, "byte %zu: %s", at, reason);
		return MIP_USAGE;
	}
	if (json_kind(t->root) != JSON_OBJECT)
		return bad(why, "it holds no object");
	if (!json_int(json_get(t->root, "format"), &format))
		return bad(why, "it has no \"format\"");
	if (format != TUNED_FORMAT) {
		snprintf(why, 320, "it has format %lld, and this miproc "
		    "knows %d", (long long)format, TUNED_FORMAT);
		return MIP_USAGE;
	}
	t->slots = json_get(t->root, "slots");
	if (json_kind(t->slots) != JSON_OBJECT)
		return bad(why, "it has no \"slots\"");
	t->program = json_string(a, json_get(json_get(t->root, "program"),
	    "hash"));
	if (!t->program)
		return bad(why, "it has no \"program\" with a \"hash\"");
	sha256_init(&h);
	sha256_update(&h, copy, n);
	if (!sha256_final_hex(&h, hex))
		return MIP_NOMEM;
	t->hash = arena_strndup(a, hex, 16);
	t->note = make_note(a, t->root);
	return MIP_OK;
}

/* ---- applying ---- */

struct apply {
	struct arena *a;
	const struct tuned *t;
	struct mod *m;
	bool carry;
	void (*stale)(void *, const char *, const char *);
	void *arg;
	bool whole;                     /* nothing was left out */
};

static void
leave_out(struct apply *ap, const char *slot, const char *why)
{
	ap->whole = false;
	if (ap->stale)
		ap->stale(ap->arg, slot, why);
}

/* Is "name: type" of a field in the list? */
static bool
listed(struct json list, const char *name, const char *type)
{
	struct json_walk w = json_walk(list);
	struct buf b = BUF_INIT;
	struct json v;
	bool found = false;

	buf_printf(&b, "%s: %s", name, type);
	while (!found && json_next(&w, NULL, &v))
		found = json_string_is(v, buf_str(&b));
	buf_release(&b);
	return found;
}

static size_t
fields_listed(struct arena *a, struct json list, const struct ty *t)
{
	size_t n = 0;
	unsigned i;

	for (i = 0; i < t->n; i++)
		n += listed(list, t->field[i].name,
		    ty_text(a, t->field[i].type));
	return n;
}

/* Inputs unchanged, outputs only grown. */
static bool
still_fits(struct apply *ap, struct json leaf, const struct prompt *p)
{
	struct json in = json_get(leaf, "in"), out = json_get(leaf, "out");

	return json_kind(in) == JSON_ARRAY && json_count(in) == p->in->n &&
	    fields_listed(ap->a, in, p->in) == p->in->n &&
	    json_kind(out) == JSON_ARRAY &&
	    fields_listed(ap->a, out, p->out) == json_count(out);
}

static bool
leaf_fresh(struct apply *ap, const struct prompt *p, const char *slot)
{
	struct json leaf = json_get(json_get(ap->t->root, "leaves"), p->name);

	if (p->hash && json_string_is(json_get(leaf, "hash"), p->hash))
		return true;
	if (!still_fits(ap, leaf, p)) {
		leave_out(ap, slot, "its module has changed since, in its "
		    "inputs or in outputs that it had");
		return false;
	}
	if (!ap->carry) {
		leave_out(ap, slot, "its module has changed since");
		return false;
	}
	if (ap->stale)
		ap->stale(ap->arg, slot, "its module has changed since, but "
		    "the value still fits and is used");
	return true;
}

static const char *
joined(struct arena *a, struct json v)
{
	struct json_walk w = json_walk(v);
	struct buf b = BUF_INIT;
	struct json item;
	const char *s;
	bool first = true;

	if (json_kind(v) == JSON_STRING)
		return json_string(a, v);
	if (json_kind(v) != JSON_ARRAY)
		return NULL;
	while (json_next(&w, NULL, &item)) {
		s = json_string(a, item);
		if (!first)
			buf_putc(&b, '\n');
		first = false;
		buf_puts(&b, s ? s : "");
	}
	s = arena_strndup(a, buf_str(&b), b.len);
	buf_release(&b);
	return s;
}

static bool
set_demos(struct apply *ap, struct prompt *p, struct json v)
{
	struct json_walk w = json_walk(v);
	struct json item;
	const char **demo;
	unsigned n = 0;

	if (json_kind(v) != JSON_ARRAY)
		return false;
	demo = arena_array(ap->a, json_count(v) + 1, sizeof *demo);
	while (json_next(&w, NULL, &item)) {
		struct buf b = BUF_INIT;

		if (json_kind(item) != JSON_OBJECT)
			return false;
		json_compact(&b, item);
		demo[n++] = arena_strndup(ap->a, buf_str(&b), b.len);
		buf_release(&b);
	}
	p->demo = demo;
	p->ndemo = n;
	return true;
}

static bool
set_format(struct prompt *p, const char *word)
{
	enum mip_format f;

	if (!word || !slots_format(word, &f) || !p->formats[f])
		return false;
	p->format = f;
	return true;
}

static void
apply_leaf(struct apply *ap, struct prompt *p, const char *slot,
    const char *word, struct json v)
{
	bool ok = false;
	double d;

	if (!leaf_fresh(ap, p, slot))
		return;
	if (strcmp(word, "instruction") == 0) {
		p->tuned_text = joined(ap->a, v);
		ok = p->tuned_text != NULL;
	} else if (strcmp(word, "demos") == 0) {
		ok = set_demos(ap, p, v);
	} else if (strcmp(word, "format") == 0) {
		ok = json_kind(v) == JSON_STRING &&
		    set_format(p, json_string(ap->a, v));
	} else if (strcmp(word, "temperature") == 0) {
		ok = json_double(v, &d) && d >= 0 && d <= 2;
		if (ok)
			p->temperature = d;
	}
	if (!ok)
		leave_out(ap, slot, "the value is none that the slot takes");
}

static bool
set_param(struct apply *ap, struct param *p, struct json v)
{
	struct ty_const c = { .kind = TYC_NONE };
	bool b = false;

	switch (p->value.kind) {
	case TYC_STRING:
	case TYC_ENUM:
		c.s = json_kind(v) == JSON_STRING ? json_string(ap->a, v) :
		    NULL;
		if (!c.s)
			return false;
		if (p->value.kind == TYC_ENUM) {
			c.i = ty_variant_index(p->type, c.s);
			if (c.i < 0)
				return false;
		}
		break;
	case TYC_INT:
		if (!json_int(v, &c.i))
			return false;
		break;
	case TYC_FLOAT:
		if (!json_double(v, &c.f))
			return false;
		break;
	case TYC_BOOL:
		if (!json_bool(v, &b))
			return false;
		c.i = b;
		break;
	case TYC_NONE:
	case TYC_NULL:
	case TYC_EMPTY:
		return false;
	}
	c.kind = p->value.kind;
	p->value = c;
	return true;
}

static void
apply_slot(struct apply *ap, const char *slot, struct json v)
{
	const char *dot = strrchr(slot, '.');
	struct prompt *p;
	struct param *k;

	for (k = ap->m->param; k; k = k->next) {
		if (strcmp(k->name, slot) != 0)
			continue;
		if (!set_param(ap, k, v))
			leave_out(ap, slot, "the value does not fit the "
			    "param's type");
		return;
	}
	for (p = ap->m->prompt; p && dot; p = p->next) {
		if (strlen(p->name) != (size_t)(dot - slot) ||
		    strncmp(p->name, slot, strlen(p->name)) != 0)
			continue;
		apply_leaf(ap, p, slot, dot + 1, v);
		return;
	}
	leave_out(ap, slot, "the program has no such slot any more");
}

bool
tuned_apply(struct arena *a, const struct tuned *t, struct mod *m,
    bool carry, void (*stale)(void *arg, const char *slot, const char *why),
    void *arg)
{
	struct apply ap = { a, t, m, carry, stale, arg, true };
	struct json_walk w = json_walk(t->slots);
	struct json key, v;
	const char *name;

	while (json_next(&w, &key, &v)) {
		name = json_string(a, key);
		if (name)
			apply_slot(&ap, name, v);
	}
	m->tuned = t->hash;
	m->tuned_note = t->note;
	return ap.whole;
}
