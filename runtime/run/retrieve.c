/* Searches: from a query to typed results.
 *
 * SPDX-License-Identifier: MIT */
#include "run/retrieve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json_put.h"
#include "run/mip_in.h"
#include "search/bm25.h"
#include "store/store.h"
#include "type/type.h"

struct retrieve {
	const struct mip_options *options;
	pthread_mutex_t lock;           /* of the list */
	struct retrieve_source *source;
};

struct retrieve *
retrieve_new(const struct mip_options *o)
{
	struct retrieve *v = calloc(1, sizeof *v);

	if (!v || pthread_mutex_init(&v->lock, NULL) != 0) {
		free(v);
		return NULL;
	}
	v->options = o;
	return v;
}

void
retrieve_free(struct retrieve *v)
{
	struct retrieve_source *s;

	if (!v)
		return;
	while ((s = v->source) != NULL) {
		v->source = s->next;
		corpus_close(s->corpus);
		vectors_close(s->vectors);
		free(s->place);
		pthread_mutex_destroy(&s->lock);
		free(s);
	}
	pthread_mutex_destroy(&v->lock);
	free(v);
}

/* ---- corpora ---- */

bool
retrieve_dir(struct buf *b, const struct mip_options *o, const char *name)
{
	if (o->no_cache || !store_cache_dir(b, o->cache_dir))
		return false;
	buf_printf(b, "/%s", name);
	return true;
}

/* The entry of the retriever, made if need be; NULL without memory. */
static struct retrieve_source *
retrieve_entry(struct retrieve *v, const struct mip_retriever *r)
{
	struct retrieve_source *s;

	pthread_mutex_lock(&v->lock);
	for (s = v->source; s && s->of != r; s = s->next)
		continue;
	if (!s && (s = calloc(1, sizeof *s)) != NULL) {
		s->of = r;
		if (pthread_mutex_init(&s->lock, NULL) == 0) {
			s->next = v->source;
			v->source = s;
		} else {
			free(s);
			s = NULL;
		}
	}
	pthread_mutex_unlock(&v->lock);
	return s;
}

bool
retrieve_stop(void *arg)
{
	return mip_stopped(arg);
}

static enum mip_status
retrieve_open(struct mip *m, struct retrieve *v, struct retrieve_source *s,
    char why[CORPUS_WHY])
{
	const struct mip_retriever *r = s->of;
	const char *root = v->options->root;
	struct buf path = BUF_INIT, dir = BUF_INIT;
	struct corpus_spec spec = { .text = r->text, .id = r->id,
		.ranked = r->by == MIP_BM25, .stem = r->stem };
	enum mip_status status = MIP_NOMEM;

	if (root && *root && r->path[0] != '/')
		buf_printf(&path, "%s/", root);
	buf_puts(&path, r->path);
	spec.path = buf_str(&path);
	if (retrieve_dir(&dir, v->options, "index"))
		spec.dir = buf_str(&dir);
	if (!path.failed && !dir.failed)
		status = corpus_open(&spec, retrieve_stop, m, &s->corpus, why);
	buf_release(&path);
	buf_release(&dir);
	return status;
}

/* Opens what is not open yet; called with the lock held. */
static void
retrieve_prepare(struct mip *m, struct retrieve *v, struct retrieve_source *s)
{
	char why[CORPUS_WHY] = "";
	enum mip_status status = MIP_OK;

	if (!s->corpus)
		status = retrieve_open(m, v, s, why);
	if (status != MIP_OK) {
		mip_fail(m, status, "the retriever %s: %s", s->of->name,
		    why[0] ? why : mip_status_text(status));
		return;
	}
	if (why[0])
		lm_warn(mip_env_lm(m->env), s->of->name, why);
	s->open = s->of->by != MIP_EMBED ||
	    retrieve_vectors(m, s, v->options) == MIP_OK;
}

const struct retrieve_source *
retrieve_source(struct mip *m, const struct mip_retriever *r)
{
	struct retrieve *v = mip_env_retrieve(m->env);
	struct retrieve_source *s = retrieve_entry(v, r);
	bool open = false;

	if (s) {
		pthread_mutex_lock(&s->lock);
		if (!s->open && !mip_stopped(m))
			retrieve_prepare(m, v, s);
		open = s->open;
		pthread_mutex_unlock(&s->lock);
	} else {
		mip_oom(m);
	}
	return open ? s : NULL;
}

/* ---- results ---- */

/* The object with its score as a member in front of the others. */
static void
retrieve_score(struct buf *b, const char *member, double score,
    struct json v)
{
	buf_putc(b, '{');
	json_put_double(b, member, score);
	buf_puts(b, json_count(v) > 0 ? "," : "");
	buf_put(b, v.s + 1, v.n - 1);
}

bool
retrieve_read(struct arena *a, const struct mip_retriever *r, struct json v,
    void *out, char why[CORPUS_WHY])
{
	struct type_error e;
	struct buf b = BUF_INIT;
	const char *text;
	bool ok;

	if (r->of->kind == MIP_STRING && json_kind(v) == JSON_OBJECT &&
	    r->text) {
		ok = corpus_text(&b, v, r->text, why);
		text = ok && !b.failed ? arena_strndup(a, buf_str(&b), b.len) :
		    NULL;
		buf_release(&b);
		memcpy(out, &text, sizeof text);
		return text != NULL;
	}
	if (type_read(a, r->of, v, TYPE_LENIENT, out, &e) == MIP_OK)
		return true;
	snprintf(why, CORPUS_WHY, "%.100s%s%.200s", e.path,
	    e.path[0] ? " " : "", e.text);
	return false;
}

bool
retrieve_rows(struct mip *m, const struct mip_retriever *r,
    const struct corpus *c, const struct hits *h, void *list)
{
	struct arena *a = mip_arena(m);
	size_t size = r->of->size, i;
	char *v = mip_alloc(m, h->n, size), why[CORPUS_WHY] = "";
	struct buf row = BUF_INIT, scored = BUF_INIT;
	enum mip_status s = v ? MIP_OK : MIP_NOMEM;
	struct json object;

	for (i = 0; s == MIP_OK && i < h->n; i++) {
		s = corpus_row(c, h->v[i].row, &row, &object, why);
		if (s == MIP_OK && r->score) {
			buf_reset(&scored);
			retrieve_score(&scored, r->score, h->v[i].score,
			    object);
			if (!json_parse(buf_str(&scored), scored.len, &object,
			    NULL, NULL))
				s = MIP_NOMEM;
		}
		if (s == MIP_OK && !retrieve_read(a, r, object, v + i * size,
		    why))
			s = a->failed ? MIP_NOMEM : MIP_USAGE;
	}
	buf_release(&row);
	buf_release(&scored);
	if (s == MIP_OK)
		type_list_set(list, v, h->n);
	else if (s == MIP_USAGE)
		mip_fail(m, s, "the retriever %s: row %zu of %s: %s", r->name,
		    h->v[i - 1].row + 1, r->path, why);
	else
		mip_fail(m, s, "the retriever %s: %s", r->name,
		    why[0] ? why : mip_status_text(s));
	return s == MIP_OK;
}

/* ---- searching ---- */

bool
retrieve_room(struct mip *m, const struct retrieve_source *s, struct hits *h)
{
	if (h->max > corpus_rows(s->corpus))
		h->max = corpus_rows(s->corpus);
	h->v = mip_alloc(m, h->max, sizeof *h->v);
	return h->v != NULL;
}

static void
retrieve_bm25(struct mip *m, const struct mip_retriever *r, const char *query,
    struct hits *h, void *list)
{
	struct bm25_options o = { r->stem, r->k1, r->b };
	const struct retrieve_source *s = retrieve_source(m, r);

	if (!s || !retrieve_room(m, s, h))
		return;
	if (!bm25_search(s->corpus, query, &o, h))
		mip_oom(m);
	else
		retrieve_rows(m, r, s->corpus, h, list);
}

/* Those of a server are traced as its requests. */
static void
search_trace(struct mip *m, const struct mip_retriever *r, const char *query,
    int64_t k, int64_t start_ns)
{
	struct trace_tool t = { .retriever = r->name, .k = k,
		.start_ns = start_ns, .status = m->status,
		.message = m->message, .in = query };

	if (start_ns == 0 || r->by == MIP_SEARCH)
		return;
	t.latency_s = (double)(lm_trace_now(mip_env_lm(m->env)) - start_ns) /
	    1e9;
	lm_trace_tool(mip_env_lm(m->env), &m->at, &t);
}

enum mip_status
mip_search(struct mip *m, const struct mip_retriever *r, const char *query,
    int64_t k, void *list)
{
	int64_t start_ns = lm_trace_now(mip_env_lm(m->env));
	struct hits h = { NULL, 0, 0 };

	type_list_set(list, NULL, 0);
	if (mip_status(m) != MIP_OK || mip_stopped(m) || k <= 0)
		return mip_status(m);
	h.max = k < (int64_t)(SIZE_MAX / 64) ? (size_t)k : SIZE_MAX / 64;
	switch (r->by) {
	case MIP_BM25:
		retrieve_bm25(m, r, query, &h, list);
		break;
	case MIP_EMBED:
		retrieve_embed(m, r, query, &h, list);
		break;
	case MIP_SEARCH:
		retrieve_http(m, r, query, k, list);
		break;
	}
	search_trace(m, r, query, k, start_ns);
	return mip_status(m);
}
