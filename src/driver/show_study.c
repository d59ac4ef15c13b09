/* miproc show trials and demos: what a study tried, and what it kept.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "driver/compile.h"
#include "driver/file.h"
#include "tune/study.h"

enum { SHORT_TEXT = 40 };               /* bytes of an instruction, about */

/* ---- trials ---- */

struct listing {
	struct arena *a;
	struct buf b;
	long long run;
	unsigned runs;
};

/* The beginning of a text, on one line. */
static void
put_short(struct buf *b, const char *s)
{
	size_t n = strcspn(s, "\n");
	bool more = s[n] != '\0';

	if (n > SHORT_TEXT) {
		for (n = SHORT_TEXT; n > 0 &&
		    ((unsigned char)s[n] & 0xc0) == 0x80; n--)
			continue;
		more = true;
	}
	buf_putc(b, '"');
	buf_put(b, s, n);
	buf_puts(b, more ? "...\"" : "\"");
}

/* Texts are strings or arrays of lines; demonstrations are objects. */
static void
put_value(struct listing *l, struct json v)
{
	struct json_walk w = json_walk(v);
	struct json first;

	switch (json_kind(v)) {
	case JSON_STRING:
		put_short(&l->b, json_string(l->a, v));
		return;
	case JSON_ARRAY:
		if (json_next(&w, NULL, &first) &&
		    json_kind(first) == JSON_STRING)
			put_short(&l->b, json_string(l->a, first));
		else
			buf_printf(&l->b, "%zu", json_count(v));
		return;
	case JSON_NONE: case JSON_NULL: case JSON_BOOL: case JSON_NUMBER:
	case JSON_OBJECT:
		buf_put(&l->b, v.s, v.n);
		return;
	}
}

static void
put_slots(struct listing *l, const char *slots)
{
	struct json v, key, item;
	struct json_walk w;

	if (!json_parse(slots, strlen(slots), &v, NULL, NULL) ||
	    json_count(v) == 0) {
		buf_puts(&l->b, "as written");
		return;
	}
	w = json_walk(v);
	for (unsigned n = 0; json_next(&w, &key, &item); n++) {
		buf_printf(&l->b, "%s%s=", n > 0 ? " " : "",
		    json_string(l->a, key));
		put_value(l, item);
	}
}

static void
put_trial(void *arg, const struct study_line *t)
{
	struct listing *l = arg;

	if (l->runs == 0 || t->run != l->run) {
		buf_printf(&l->b, "%srun %lld: %s, seed %s, %s\n",
		    l->runs++ > 0 ? "\n" : "", t->run, t->strategy, t->seed,
		    t->complete ? "complete" : "not complete");
		l->run = t->run;
		if (t->kind != NULL)
			buf_printf(&l->b, "%5s  %-9s  %5s  %6s  %s\n", "trial",
			    "kind", "rows", "mean", "slots");
	}
	if (t->kind == NULL)
		return;
	buf_printf(&l->b, "%5u  %-9s  %5zu  %6.3f  ", t->trial, t->kind,
	    t->rows, t->mean);
	put_slots(l, t->slots);
	buf_putc(&l->b, '\n');
}

int
show_trials(struct compilation *c)
{
	const char *path = compile_study(c);
	struct listing l = { .a = c->a, .b = BASE_BUF_INIT };
	char why[320];
	bool ok;

	if (access(path, F_OK) != 0) {
		fprintf(stderr, "miproc: there is no study of %s: it is in %s, "
		    "once it was tuned\n", c->path, path);
		return 2;
	}
	ok = study_read(path, put_trial, &l, why) == MIP_OK;
	if (!ok)
		fprintf(stderr, "miproc: %s\n", why);
	else if (l.runs == 0)
		buf_puts(&l.b, "no runs\n");
	fputs(buf_str(&l.b), stdout);
	buf_release(&l.b);
	return ok ? 0 : 2;
}

/* ---- demonstrations ---- */

/* A field of it; texts of several lines stand below its name. */
static void
put_field(struct buf *b, struct arena *a, const char *name, struct json v)
{
	const char *s = json_kind(v) == JSON_STRING ? json_string(a, v) :
	    arena_strndup(a, v.s, v.n);
	bool lines = strchr(s, '\n') != NULL;

	buf_printf(b, "\t%s:%s", name, lines ? "\n\t\t" : " ");
	for (; *s != '\0'; s++) {
		buf_putc(b, *s);
		if (*s == '\n')
			buf_puts(b, "\t\t");
	}
	buf_putc(b, '\n');
}

static void
put_demo(struct buf *b, struct arena *a, const char *text)
{
	struct json v, key, item;
	struct json_walk w;

	if (!json_parse(text, strlen(text), &v, NULL, NULL))
		return;
	w = json_walk(v);
	while (json_next(&w, &key, &item))
		put_field(b, a, json_string(a, key), item);
}

int
show_demos(struct compilation *c)
{
	struct buf b = BASE_BUF_INIT;
	int status = compile_mod(c);

	if (status == 0)
		status = compile_tuned(c, c->o->locked);
	if (status != 0)
		return status;
	for (const struct prompt *q = c->mod->prompt; q != NULL; q = q->next) {
		buf_printf(&b, "%s: %u demonstration%s\n", q->name, q->ndemo,
		    q->ndemo == 1 ? "" : "s");
		for (unsigned i = 0; i < q->ndemo; i++) {
			buf_printf(&b, "  %u\n", i + 1);
			put_demo(&b, c->a, q->demo[i]);
		}
	}
	fputs(buf_str(&b), stdout);
	buf_release(&b);
	return 0;
}
