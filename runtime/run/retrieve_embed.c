/* Searches by vectors: those of the rows are made once, in batches, and kept.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/sha256.h"
#include "run/embed.h"
#include "run/mip_in.h"
#include "run/retrieve.h"

enum {
	EMBED_TEXTS = 32,               /* of a batch, at most; servers set */
	EMBED_BYTES = 32 << 10,         /* limits to both */
	EMBED_BATCHES = 8,              /* asked for at once */
	EMBED_TOLD = 1000               /* so many take a while */
};

/* A batch of rows. */
struct embed_batch {
	struct embed_call call;
	size_t row[EMBED_TEXTS], n;
};

/* Vectors in the making. */
struct embed_work {
	struct mip *m;
	struct retrieve_source *s;
	struct embed_batch batch[EMBED_BATCHES];
	unsigned nbatch;
	size_t at;                      /* the row to look at next */
	struct buf row, text;
	float *x;                       /* of one vector */
	size_t capx;
};

static bool
embed_fail(struct mip *m, const struct retrieve_source *s,
    enum mip_status status, const char *why)
{
	mip_fail(m, status, "the retriever %s: %s", s->of->name, why);
	return false;
}

/* ---- places ---- */

/* Finds the vectors that are there; gives how many are missing. */
static size_t
embed_places(struct retrieve_source *s)
{
	size_t i, missing = 0;

	for (i = 0; i < corpus_rows(s->corpus); i++) {
		s->place[i] = (int32_t)vectors_find(s->vectors,
		    corpus_digest(s->corpus, i));
		missing += s->place[i] < 0;
	}
	return missing;
}

/* ---- batches ---- */

/* The next row without a vector, with its text in w->text; false at the end,
 * or in a failed run. */
static bool
embed_next(struct embed_work *w)
{
	struct retrieve_source *s = w->s;
	struct json object;
	char why[CORPUS_WHY];
	enum mip_status status;

	for (; w->at < corpus_rows(s->corpus); w->at++) {
		if (s->place[w->at] >= 0)
			continue;
		status = corpus_row(s->corpus, w->at, &w->row, &object, why);
		if (status != MIP_OK)
			return embed_fail(w->m, s, status, why);
		buf_reset(&w->text);
		if (!corpus_text(&w->text, object, s->of->text, why))
			return embed_fail(w->m, s, MIP_USAGE, why);
		if (w->text.len > 0)
			return true;
	}
	return false;
}

/* Fills a batch; false if there is nothing left to do. */
static bool
embed_fill(struct embed_work *w, struct embed_batch *b)
{
	b->n = 0;
	embed_begin(&b->call);
	while (b->n < EMBED_TEXTS && embed_next(w)) {
		if (b->n > 0 && b->call.texts.len + w->text.len > EMBED_BYTES)
			break;
		embed_text(&b->call, buf_str(&w->text), w->text.len);
		b->row[b->n++] = w->at++;
	}
	return b->n > 0 && w->m->status == MIP_OK;
}

/* Adds one vector of a batch. */
static bool
embed_add(struct embed_work *w, size_t row, struct json vector)
{
	struct retrieve_source *s = w->s;
	char why[VECTORS_WHY];
	size_t n = json_count(vector);
	enum mip_status status;
	void *p;

	if (n > w->capx) {
		p = realloc(w->x, n * sizeof *w->x);
		if (!p) {
			mip_oom(w->m);
			return false;
		}
		w->x = p;
		w->capx = n;
	}
	embed_numbers(vector, w->x, n);
	status = vectors_add(s->vectors, corpus_digest(s->corpus, row), w->x,
	    n, why);
	return status == MIP_OK || embed_fail(w->m, s, status, why);
}

static bool
embed_keep(struct embed_work *w, struct embed_batch *b)
{
	struct json_walk walk;
	struct json all, vector;
	size_t i = 0;
	bool ok = w->m->status == MIP_OK && embed_answer(w->m, &b->call, &all);

	if (ok)
		walk = json_walk(all);
	for (; ok && i < b->n && json_next(&walk, NULL, &vector); i++)
		ok = embed_add(w, b->row[i], vector);
	return ok;
}

/* Makes some batches, and keeps what came of them before any failure. */
static bool
embed_round(struct embed_work *w)
{
	struct lm_group g;
	unsigned i, n = 0;
	bool ok = true;

	if (!lm_group_init(&g)) {
		mip_oom(w->m);
		return false;
	}
	while (n < EMBED_BATCHES && embed_fill(w, &w->batch[n])) {
		embed_send(w->m, &w->batch[n].call, w->s->of->model, &g, true);
		n++;
	}
	lm_wait(&g);
	lm_group_release(&g);
	for (i = 0; i < n; i++) {
		ok = ok && embed_keep(w, &w->batch[i]);
		lm_call_release(&w->batch[i].call.call);
	}
	return ok && n > 0 && !mip_stopped(w->m);
}

static void
embed_rows(struct mip *m, struct retrieve_source *s)
{
	struct embed_work *w = calloc(1, sizeof *w);
	unsigned i;

	if (!w) {
		mip_oom(m);
		return;
	}
	w->m = m;
	w->s = s;
	while (m->status == MIP_OK && embed_round(w))
		continue;
	for (i = 0; i < EMBED_BATCHES; i++)
		buf_release(&w->batch[i].call.texts);
	buf_release(&w->row);
	buf_release(&w->text);
	free(w->x);
	free(w);
}

/* ---- the store ---- */

/* "DIR/DIGEST.vec", by what names model and server. */
static bool
embed_path(struct mip *m, const struct retrieve_source *s,
    const struct mip_options *o, struct buf *path)
{
	struct buf name = BUF_INIT;
	char hex[SHA256_HEX], why[320];
	enum mip_status status = lm_identity(mip_env_lm(m->env), s->of->model,
	    &name, why);

	if (status != MIP_OK) {
		buf_release(&name);
		return embed_fail(m, s, status, why);
	}
	if (name.failed || !sha256_hex(buf_str(&name), name.len, hex))
		path->failed = true;
	buf_release(&name);
	if (path->failed || !retrieve_dir(path, o, "embed"))
		return true;
	corpus_mkdirs(buf_str(path));
	buf_printf(path, "/%.24s.vec", hex);
	return true;
}

static enum mip_status
embed_store(struct mip *m, struct retrieve_source *s,
    const struct mip_options *o, char why[VECTORS_WHY])
{
	struct buf path = BUF_INIT;
	enum mip_status status = MIP_OK;

	if (!embed_path(m, s, o, &path))
		status = m->status;
	else if (path.failed)
		status = MIP_NOMEM;
	else
		status = vectors_open(path.len > 0 ? buf_str(&path) : NULL,
		    &s->vectors, why);
	buf_release(&path);
	return status;
}

/* Makes what is missing, with the right to add it. */
static enum mip_status
embed_missing(struct mip *m, struct retrieve_source *s, size_t missing,
    char why[VECTORS_WHY])
{
	enum mip_status status;
	char said[VECTORS_WHY];

	status = vectors_lock(s->vectors, retrieve_stop, m, why);
	if (status != MIP_OK)
		return status;
	if (missing >= EMBED_TOLD) {
		snprintf(said, sizeof said, "the model %.60s makes vectors of "
		    "%zu rows of %.120s", s->of->model->name, missing,
		    s->of->path);
		lm_warn(mip_env_lm(m->env), s->of->name, said);
	}
	if (embed_places(s) > 0)
		embed_rows(m, s);
	status = vectors_load(s->vectors, why);
	vectors_unlock(s->vectors);
	embed_places(s);
	return status;
}

enum mip_status
retrieve_vectors(struct mip *m, struct retrieve_source *s,
    const struct mip_options *o)
{
	size_t n = corpus_rows(s->corpus), missing;
	enum mip_status status = MIP_OK;
	char why[VECTORS_WHY] = "";

	if (!s->place)
		s->place = calloc(n + 1, sizeof *s->place);
	if (!s->place)
		status = MIP_NOMEM;
	else if (!s->vectors)
		status = embed_store(m, s, o, why);
	if (status == MIP_OK) {
		missing = embed_places(s);
		if (missing > 0)
			status = embed_missing(m, s, missing, why);
	}
	if (status != MIP_OK)
		embed_fail(m, s, status, why[0] ? why :
		    mip_status_text(status));
	return m->status;
}

/* ---- searching ---- */

void
retrieve_embed(struct mip *m, const struct mip_retriever *r,
    const char *query, struct hits *h, void *list)
{
	const struct retrieve_source *s = retrieve_source(m, r);
	const float *x;
	float *y;
	size_t n;

	/* A query without text is close to nothing. */
	if (!s || !*query || vectors_length(s->vectors) == 0 ||
	    !retrieve_room(m, s, h))
		return;
	x = embed_one(m, r->model, query, &n);
	y = x ? mip_alloc(m, n, sizeof *y) : NULL;
	if (!y)
		return;
	if (n != vectors_length(s->vectors)) {
		mip_fail(m, MIP_INFRASTRUCTURE, "the retriever %s: the model "
		    "%s gives %zu numbers, and gave %zu for the rows", r->name,
		    r->model->name, n, vectors_length(s->vectors));
		return;
	}
	memcpy(y, x, n * sizeof *y);
	vectors_scale(y, n);
	vectors_search(s->vectors, s->place, corpus_rows(s->corpus), y, h);
	retrieve_rows(m, r, s->corpus, h, list);
}
