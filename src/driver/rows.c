/* The rows of a study: read, split, and checked against the program before
 * anything is spent on them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/json.h"
#include "core/json_put.h"
#include "core/sha256.h"
#include "driver/compile.h"
#include "driver/file.h"

enum { SHOWN = 5 };                     /* bad rows that are told of each
                                         * file; the others are counted */

/* ---- reading ---- */

struct loading {
	struct compilation *c;
	const struct dataset *set;      /* the last that was read */
	struct split split;
	struct sha256 hash;
};

static void
note_file(struct compilation *c, const char *path)
{
	const char **grown;

	for (unsigned i = 0; i < c->ndata; i++)
		if (strcmp(c->data[i], path) == 0)
			return;
	grown = arena_array(c->a, c->ndata + 1, sizeof *grown);
	if (c->ndata != 0)
		memcpy(grown, c->data, c->ndata * sizeof *grown);
	grown[c->ndata++] = path;
	c->data = grown;
}

/* The dataset of the source as data.h wants it. */
static void
specify(struct compilation *c, const struct dataset *set,
    struct data_spec *spec)
{
	struct data_rename *r = arena_array(c->a, set->nrename + 1,
	    sizeof *r);

	memset(spec, 0, sizeof *spec);
	for (unsigned i = 0; i < set->nrename; i++) {
		r[i].to = set->rename[i].to;
		r[i].from = set->rename[i].from;
	}
	spec->kind = set->kind == DATASET_CSV ? DATA_CSV : DATA_JSONL;
	spec->path = file_beside(c->a, c->path, set->path);
	spec->rename = r;
	spec->nrename = set->nrename;
	spec->stratify = set->stratify;
	spec->seed = set->seed;
	spec->shuffle = set->shuffle;
	spec->shuffle_seed = set->seed;
	spec->how = set->split == SPLIT_NONE ? DATA_WHOLE :
	    set->split == SPLIT_COUNTS ? DATA_COUNTS : DATA_FRACTIONS;
	for (unsigned i = 0; i < DATA_NPART; i++) {
		spec->fraction[i] = set->part[i];
		spec->count[i] = (size_t)set->part[i];
	}
}

static int
load_set(struct loading *l, const struct dataset *set)
{
	const struct ty *in = l->c->mod->program->in;
	const char **input = arena_array(l->c->a, in->n + 1, sizeof *input);
	struct data_error e = { NULL, 0, 0, NULL };
	struct data_spec spec;

	if (l->set == set)
		return 0;
	for (unsigned i = 0; i < in->n; i++)
		input[i] = in->field[i].name;
	specify(l->c, set, &spec);
	note_file(l->c, spec.path);
	if (data_read(&spec, input, in->n, l->c->a, &l->split, &e) != MIP_OK) {
		fprintf(stderr, "%s:", e.file != NULL ? e.file : spec.path);
		if (e.line != 0)
			fprintf(stderr, "%zu:", e.line);
		if (e.column != 0)
			fprintf(stderr, "%zu:", e.column);
		fprintf(stderr, " error: %s\n", e.message);
		return 2;
	}
	sha256_update(&l->hash, l->split.part[0].sha256,
	    strlen(l->split.part[0].sha256));
	l->set = set;
	return 0;
}

static int
load_part(struct loading *l, const struct part *p, struct rows *rows)
{
	int status;

	if (p->set == NULL)
		return 0;
	status = load_set(l, p->set);
	if (status == 0)
		*rows = l->split.part[p->which == PART_WHOLE ? 0 : p->which];
	return status;
}

int
rows_load(struct compilation *c, struct tune_task *t)
{
	const struct study_decl *s = c->mod->study;
	struct loading l = { .c = c };
	char hex[SHA256_HEX];
	int status;

	sha256_init(&l.hash);
	status = load_part(&l, &s->train, &t->train);
	if (status == 0)
		status = load_part(&l, &s->dev, &t->dev);
	if (status == 0)
		status = load_part(&l, &s->test, &t->test);
	if (!sha256_final_hex(&l.hash, hex) && status == 0)
		status = 2;
	t->data_hash = arena_strdup(c->a, hex);
	return status;
}

/* ---- how many ---- */

static const char *const part_names[] = { "train", "dev", "test" };

/* Says why there are no rows. */
static bool
any_rows(struct compilation *c, const struct part *p, const struct rows *rows,
    const struct tune_task *t, unsigned which)
{
	const char *name = part_names[which];

	if (rows->n != 0)
		return true;
	if (p->set == NULL)
		fprintf(stderr, "miproc: %s: no rows for %s; give the optimize "
		    "block some with `%s = ...`\n", c->path, name, name);
	else if (t->train.n + t->dev.n + t->test.n == 0)
		fprintf(stderr, "%s: error: there are no rows in it\n",
		    file_beside(c->a, c->path, p->set->path));
	else
		fprintf(stderr, "%s: error: too few rows: the split leaves "
		    "none for %s\n", file_beside(c->a, c->path, p->set->path),
		    name);
	return false;
}

/* ---- what is in them ---- */

struct checking {
	struct compilation *c;
	const char *metric;
	const struct part *part[3];
	const struct rows *rows[3];
	size_t bad;
};

/* Asks the worker to check every row, without running any. */
static void
ask_worker(const struct checking *k, struct buf *b)
{
	size_t id = 0;

	for (unsigned p = 0; p < COUNTOF(k->rows); p++)
		for (size_t i = 0; i < k->rows[p]->n; i++) {
			buf_printf(b, "{\"run\":%zu,\"check\":true,"
			    "\"metrics\":[", id++);
			json_put_string(b, NULL, k->metric);
			buf_puts(b, "],\"row\":");
			buf_put(b, k->rows[p]->row[i].json,
			    k->rows[p]->row[i].len);
			buf_puts(b, "}\n");
		}
}

static void
tell_bad(struct checking *k, size_t id, const char *why)
{
	struct compilation *c = k->c;
	unsigned p = 0;

	while (p < COUNTOF(k->rows) && id >= k->rows[p]->n)
		id -= k->rows[p++]->n;
	if (p == COUNTOF(k->rows) || k->bad++ >= SHOWN)
		return;
	fprintf(stderr, "%s:%zu: error: %s\n", file_beside(c->a, c->path,
	    k->part[p]->set->path), k->rows[p]->row[id].line,
	    strncmp(why, "row: ", 5) == 0 ? why + 5 : why);
}

/* One line of what the worker said. */
static void
take_line(struct checking *k, const char *s, size_t n)
{
	struct json v;
	const char *why;
	int64_t id;
	bool ok;

	if (!json_parse(s, n, &v, NULL, NULL) ||
	    !json_int(json_get(v, "run"), &id) || id < 0 ||
	    !json_bool(json_get(v, "ok"), &ok) || ok)
		return;
	why = json_string(k->c->a, json_get(v, "why"));
	tell_bad(k, (size_t)id, why != NULL ? why : "it cannot be read");
}

static bool
check_by(struct checking *k, const char *worker, const char *in,
    const char *out)
{
	const char *argv[] = { worker, "--worker", "-j", "1", NULL };
	struct buf b = BASE_BUF_INIT;
	const char *s, *nl;
	bool ok;

	ask_worker(k, &b);
	ok = file_write(in, &b);
	if (!ok)
		file_error("write", in);
	buf_reset(&b);
	ok = ok && build_filter(argv, in, out);
	if (ok && !(ok = file_read(out, &b)))
		file_error("read", out);
	for (s = buf_str(&b); ok && (nl = strchr(s, '\n')) != NULL; s = nl + 1)
		take_line(k, s, (size_t)(nl - s));
	buf_release(&b);
	return ok;
}

static bool
check_rows(struct checking *k, struct build *b, const char *worker)
{
	const char *dir = build_scratch(b), *in, *out;
	bool ok;

	if (dir == NULL)
		return false;
	in = arena_printf(k->c->a, "%s/rows", dir);
	out = arena_printf(k->c->a, "%s/said", dir);
	ok = check_by(k, worker, in, out);
	unlink(in);
	unlink(out);
	rmdir(dir);
	if (ok && k->bad > SHOWN)
		fprintf(stderr, "miproc: and %zu more such rows\n",
		    k->bad - SHOWN);
	return ok && k->bad == 0;
}

/* ---- the same row twice ---- */

static void
check_leak(struct compilation *c, const struct rows *a, unsigned ia,
    const struct rows *b, unsigned ib)
{
	const struct ty *in = c->mod->program->in;
	const char **input = arena_array(c->a, in->n + 1, sizeof *input);
	struct data_leak leak;

	for (unsigned i = 0; i < in->n; i++)
		input[i] = in->field[i].name;
	if (a->n == 0 || b->n == 0 || data_leak(a, b, input, in->n, &leak) !=
	    MIP_OK || leak.n == 0)
		return;
	diag(&c->diag, c->mod->study->at, E_SPLIT_LEAK, "%zu row%s of %s "
	    "%s also in %s, the first on line %zu", leak.n,
	    leak.n == 1 ? "" : "s", part_names[ib], leak.n == 1 ? "is" : "are",
	    part_names[ia], leak.b->line);
}

int
rows_check(struct compilation *c, struct build *b, const struct tune_task *t)
{
	const struct study_decl *s = c->mod->study;
	struct checking k = { .c = c, .metric = t->metric,
	    .part = { &s->train, &s->dev, &s->test },
	    .rows = { &t->train, &t->dev, &t->test } };

	if (!check_rows(&k, b, t->worker[0]) ||
	    !any_rows(c, &s->train, &t->train, t, 0) ||
	    !any_rows(c, &s->dev, &t->dev, t, 1))
		return 2;
	check_leak(c, &t->train, 0, &t->dev, 1);
	check_leak(c, &t->train, 0, &t->test, 2);
	check_leak(c, &t->dev, 1, &t->test, 2);
	return c->diag.nerror != 0 ? 1 : 0;
}

/* ---- demonstrations ---- */

/* Inputs of the leaf that are called like inputs of the program. */
static size_t
row_inputs(const struct compilation *c, const struct prompt *p,
    const char **input)
{
	size_t n = 0;

	for (unsigned i = 0; i < p->in->n; i++)
		if (ty_field_index(c->mod->program->in, p->in->field[i].name)
		    >= 0)
			input[n++] = p->in->field[i].name;
	return n;
}

/* The demonstrations of a leaf, each as a row; NULL slots: as it has them. */
static struct rows
demos(struct compilation *c, const struct prompt *p, const char *slots)
{
	const char *name = arena_printf(c->a, "%s.demos", p->name);
	struct rows r = { .n = p->ndemo };
	struct json root, list = { 0 }, item;
	struct json_walk w;
	size_t i = 0;

	if (slots != NULL && json_parse(slots, strlen(slots), &root, NULL,
	    NULL))
		list = json_get(root, name);
	if (slots != NULL)
		r.n = json_count(list);
	r.row = arena_array(c->a, r.n + 1, sizeof *r.row);
	for (; slots == NULL && i < r.n; i++)
		r.row[i] = (struct row){ p->demo[i], strlen(p->demo[i]), 0 };
	w = json_walk(list);
	while (i < r.n && json_next(&w, NULL, &item))
		r.row[i++] = (struct row){ item.s, item.n, 0 };
	r.n = i;
	return r;
}

void
rows_shown(struct compilation *c, const char *name, const struct rows *rows,
    const char *slots)
{
	struct data_leak leak;

	for (struct prompt *p = c->mod->prompt; p != NULL; p = p->next) {
		const char **input = arena_array(c->a, p->in->n + 1,
		    sizeof *input);
		size_t n = row_inputs(c, p, input);
		struct rows shown = demos(c, p, slots);

		if (n == 0 || shown.n == 0 || data_leak(&shown, rows, input,
		    n, &leak) != MIP_OK || leak.n == 0)
			continue;
		diag(&c->diag, c->mod->study->at, E_DEMO_LEAK, "%zu %s row%s "
		    "%s among the demonstrations of %s, the first on line "
		    "%zu", leak.n, name, leak.n == 1 ? "" : "s", leak.n == 1 ?
		    "is" : "are", p->name, leak.b->line);
	}
}
