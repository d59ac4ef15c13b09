/* The tuned file: written, read.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "tune/tuned.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/json_put.h"
#include "core/sha256.h"
#include "tune/choices.h"

enum { TUNED_FORMAT = 1 };

/* ---- writing ---- */

static void
put_fields(struct buf *b, const char *key, const struct ty *t)
{
	struct arena a = BASE_ARENA_INIT;
	unsigned i;

	json_put_raw(b, key, "[");
	for (i = 0; i < t->n; i++) {
		const char *type = ty_text(&a, t->field[i].type);
		struct buf f = BASE_BUF_INIT;

		buf_printf(&f, "%s: %s", t->field[i].name, type);
		json_put_item(b);
		buf_json(b, buf_str(&f), f.len);
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

	json_put_raw(b, "leaves", "{");
	while ((p = next_prompt(m, p ? p->name : NULL)) != NULL) {
		if (p->eval_only)
			continue;
		json_put_raw(b, p->name, "{");
		json_put_string(b, "hash", p->hash);
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
	json_put_raw(b, key, "{");
	json_put_int(b, "rows", (int64_t)r->n);
	json_put_string(b, "sha256", r->sha256);
	buf_putc(b, '}');
}

/* PROVIDER:ID of a model, what the command line says instead included. */
static void
put_model(struct buf *b, const struct tune_task *t, const struct mip_model *v)
{
	size_t n = strlen(v->name), i;
	struct buf id = BASE_BUF_INIT;

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
		json_put_string(b, v->name, buf_str(&id));
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

	json_put_raw(b, "models", "{");
	while ((v = next_model(t->mod, v ? v->name : NULL)) != NULL)
		put_model(b, t, v);
	buf_putc(b, '}');
}

static void
put_setting(struct buf *b, const struct setting *s)
{
	switch (s->kind) {
	case SET_INT:
		json_put_int(b, s->name, s->i);
		return;
	case SET_FLOAT:
		json_put_double(b, s->name, s->f);
		return;
	case SET_BOOL:
		json_put_bool(b, s->name, s->i != 0);
		return;
	case SET_WORD:
	case SET_STRING:
		json_put_string(b, s->name, s->s);
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

	json_put_raw(b, "settings", "{");
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
	json_put_string(b, "date", text);
}

static void
put_lineage(struct buf *b, const struct tune_task *t,
    const struct tune_result *r)
{
	json_put_raw(b, "lineage", "{");
	json_put_int(b, "calls", (int64_t)(r->calls_paid + r->calls_cached));
	json_put_bool(b, "complete", r->complete);
	json_put_double(b, "cost_nominal", round(r->cost_nominal * 1e9) / 1e9);
	json_put_raw(b, "data", "{");
	put_rows(b, "dev", &t->dev);
	put_rows(b, "test", &t->test);
	put_rows(b, "train", &t->train);
	buf_putc(b, '}');
	put_date(b);
	put_models(b, t);
	json_put_int(b, "runs", (int64_t)r->runs);
	json_put_member(b, "seed");
	buf_printf(b, "%llu", (unsigned long long)t->seed);
	put_settings(b, t->setting);
	json_put_string(b, "strategy", t->strategy);
	json_put_raw(b, "tokens", "{");
	json_put_int(b, "in", r->tokens_in);
	json_put_int(b, "out", r->tokens_out);
	buf_putc(b, '}');
	json_put_int(b, "trials", r->trials);
	buf_putc(b, '}');
}

static void
put_interval(struct buf *b, const char *key, const struct interval *i)
{
	json_put_raw(b, key, "{");
	json_put_double(b, "hi", i->hi);
	json_put_double(b, "lo", i->lo);
	json_put_double(b, "mean", i->mean);
	json_put_int(b, "n", (int64_t)i->n);
	buf_putc(b, '}');
}

static void
put_scores(struct buf *b, const struct tune_task *t,
    const struct tune_result *r)
{
	json_put_raw(b, "scores", "{");
	json_put_raw(b, "dev", "{");
	put_interval(b, "after", &r->dev_after.interval);
	put_interval(b, "before", &r->dev_before.interval);
	buf_putc(b, '}');
	json_put_string(b, "metric", t->metric);
	if (r->tested) {
		json_put_raw(b, "test", "{");
		put_interval(b, "after", &r->test_after.interval);
		put_interval(b, "before", &r->test_before.interval);
		put_interval(b, "difference", &r->test_difference);
		json_put_double(b, "p", r->p_value);
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
		json_put_item(b);
		buf_json(b, s, n);
		if (!s[n])
			break;
		s += n + 1;
	}
	buf_putc(b, ']');
}

/* Those that -D had set, up to `name`; all that are left for NULL. */
static const struct pin *
put_pins(struct buf *b, const struct pin *p, const char *name)
{
	struct arena a = BASE_ARENA_INIT;

	for (; p && (!name || strcmp(p->name, name) < 0); p = p->next) {
		json_put_member(b, p->name);
		buf_puts(b, choices_json(&a, &p->value));
	}
	arena_release(&a);
	return p;
}

static void
put_slots(struct buf *b, const struct mod *m, const char *slots)
{
	const struct pin *pin = m->pin;
	struct arena a = BASE_ARENA_INIT;
	struct json set, key, v;
	struct json_walk w;
	const char *name, *text;

	json_put_raw(b, "slots", "{");
	if (slots && json_parse(slots, strlen(slots), &set, NULL, NULL)) {
		w = json_walk(set);
		while (json_next(&w, &key, &v)) {
			name = json_string(&a, key);
			pin = put_pins(b, pin, name);
			json_put_member(b, name);
			text = NULL;
			if (base_ends(name, ".instruction"))
				text = json_string(&a, v);
			if (text)
				put_lines(b, text);
			else
				json_compact(b, v);
		}
	}
	put_pins(b, pin, NULL);
	buf_putc(b, '}');
	arena_release(&a);
}

void
tuned_write(struct buf *b, const struct tune_task *t,
    const struct tune_result *r)
{
	struct buf text = BASE_BUF_INIT;
	struct json v;

	buf_putc(&text, '{');
	json_put_int(&text, "format", TUNED_FORMAT);
	put_leaves(&text, t->mod);
	put_lineage(&text, t, r);
	json_put_string(&text, "miproc", MIP_VERSION);
	json_put_member(&text, "program");
	buf_putc(&text, '{');
	json_put_string(&text, "hash", t->mod->hash);
	json_put_string(&text, "name", t->mod->program ? t->mod->program->name :
	    t->mod->name);
	buf_putc(&text, '}');
	put_scores(&text, t, r);
	put_slots(&text, t->mod, r->slots);
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
	struct buf b = BASE_BUF_INIT;
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
