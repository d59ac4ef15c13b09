/* Retrievers in the text form, and servers that are reached over HTTP.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "ir/ir_reader.h"
#include "ir/ir_text.h"

/* By enum mip_retrieval. */
const char *const ir_retrieval_words[IR_NRETRIEVAL] = {
	"bm25", "embed", "http"
};

/* ---- writing ---- */

void
ir_put_strings(struct buf *b, const char *word, const char *const *v)
{
	if (v == NULL)
		return;
	buf_printf(b, "\t%s", word);
	for (; *v != NULL; v++) {
		buf_putc(b, ' ');
		ir_put_string(b, *v);
	}
	buf_putc(b, '\n');
}

void
ir_put_url(struct buf *b, const struct mip_http *h)
{
	buf_puts(b, "\turl");
	ir_put_word(b, "env", h->url.env);
	ir_put_word(b, "text", h->url.text);
	buf_putc(b, '\n');
}

void
ir_put_sending(struct buf *b, const struct mip_sending *d)
{
	ir_put_int(b, "attempts", d->attempts, 0);
	ir_put_int(b, "backoff_ms", d->backoff_ms, 0);
	ir_put_int(b, "max_wait_ms", d->max_wait_ms, 0);
	ir_put_int(b, "deadline_ms", d->deadline_ms, 0);
	ir_put_int(b, "hedge_ms", d->hedge_ms, 0);
	ir_put_double(b, "hedge_share", d->hedge_share, 0);
	ir_put_line(b, "retry_on", d->retry_on);
	ir_put_int(b, "timeout_ms", d->timeout_ms, 0);
	ir_put_int(b, "running", d->running, 0);
	buf_puts(b, d->adaptive ? "\tadaptive\n" : "");
	ir_put_double(b, "rpm", d->rpm, 0);
}

void
ir_put_http(struct buf *b, const struct mip_http *h)
{
	ir_put_line(b, "key_env", h->key_env);
	ir_put_line(b, "key_header", h->key_header);
	ir_put_sending(b, &h->sending);
}

void
ir_put_retriever_kind(struct buf *b, const struct retriever *r)
{
	const struct mip_retriever *is = &r->is;

	buf_printf(b, "\t%s", ir_retrieval_words[is->by]);
	if (is->path != NULL) {
		buf_putc(b, ' ');
		ir_put_string(b, is->path);
	}
	buf_putc(b, '\n');
	if (is->by == MIP_SEARCH)
		ir_put_url(b, &r->http);
	ir_put_strings(b, "text", is->text);
	ir_put_line(b, "id", is->id);
	ir_put_line(b, "score", is->score);
	ir_put_line(b, "results", is->results);
	buf_puts(b, is->stem ? "\tstem\n" : "");
	if (is->by == MIP_BM25) {
		ir_put_double(b, "k1", is->k1, MIP_UNSET);
		ir_put_double(b, "b", is->b, MIP_UNSET);
	}
}

void
ir_put_retriever(struct ir_printer *p, const struct retriever *r)
{
	struct buf *b = p->b;

	buf_puts(b, "retriever ");
	ir_put_name(b, r->name);
	buf_putc(b, ' ');
	ir_put_name(b, r->c_name);
	buf_puts(b, ": ");
	ir_put_type(p, r->of);
	buf_putc(b, '\n');
	ir_put_retriever_kind(b, r);
	if (r->is.model != NULL) {
		buf_puts(b, "\tmodel ");
		ir_put_name(b, r->is.model->name);
		buf_putc(b, '\n');
	}
	if (r->is.by == MIP_SEARCH)
		ir_put_http(b, &r->http);
	buf_puts(b, r->is.fresh ? "\tfresh\n" : "");
	ir_put_line(b, "hash", r->hash);
}

void
ir_put_knn(struct buf *b, const struct prompt *q)
{
	if (q->cases == NULL)
		return;
	buf_puts(b, "\tknn ");
	ir_put_name(b, q->cases->name);
	ir_put_word(b, "by", q->near_by);
	buf_putc(b, '\n');
}

/* ---- reading ---- */

const char *const *
ir_rd_strings(struct ir_reader *r)
{
	const char **v = NULL;
	size_t cap = 0, n = 0;

	do {
		v = arena_grow(r->a, v, &cap, n + 2, sizeof *v);
		v[n++] = ir_rd_string(r);
		v[n] = NULL;
	} while (!ir_rd_eol(r));
	return v;
}

bool
ir_rd_sending(struct ir_reader *r, const char *w, struct mip_sending *d)
{
	if (strcmp(w, "retry_on") == 0)
		d->retry_on = ir_rd_string(r);
	else if (strcmp(w, "attempts") == 0)
		d->attempts = ir_rd_unsigned(r);
	else if (strcmp(w, "backoff_ms") == 0)
		d->backoff_ms = (long)ir_rd_unsigned(r);
	else if (strcmp(w, "max_wait_ms") == 0)
		d->max_wait_ms = (long)ir_rd_unsigned(r);
	else if (strcmp(w, "deadline_ms") == 0)
		d->deadline_ms = (long)ir_rd_unsigned(r);
	else if (strcmp(w, "hedge_ms") == 0)
		d->hedge_ms = (long)ir_rd_unsigned(r);
	else if (strcmp(w, "hedge_share") == 0)
		d->hedge_share = ir_rd_double(r);
	else if (strcmp(w, "timeout_ms") == 0)
		d->timeout_ms = (long)ir_rd_unsigned(r);
	else if (strcmp(w, "running") == 0)
		d->running = ir_rd_unsigned(r);
	else if (strcmp(w, "adaptive") == 0)
		d->adaptive = true;
	else if (strcmp(w, "rpm") == 0)
		d->rpm = ir_rd_double(r);
	else
		return false;
	return true;
}

bool
ir_rd_http(struct ir_reader *r, const char *w, struct mip_http *h)
{
	if (strcmp(w, "url") == 0) {
		if (ir_rd_this(r, "env"))
			h->url.env = ir_rd_string(r);
		if (ir_rd_this(r, "text"))
			h->url.text = ir_rd_string(r);
	} else if (strcmp(w, "key_env") == 0)
		h->key_env = ir_rd_string(r);
	else if (strcmp(w, "key_header") == 0)
		h->key_header = ir_rd_string(r);
	else
		return ir_rd_sending(r, w, &h->sending);
	return true;
}

static bool
read_kind(struct ir_reader *r, const char *w, struct retriever *t)
{
	int way = ir_word(ir_retrieval_words, IR_NRETRIEVAL, w);

	if (way < 0)
		return false;
	t->is.by = (enum mip_retrieval)way;
	if (way == MIP_SEARCH)
		t->is.http = &t->http;
	else
		t->is.path = ir_rd_string(r);
	return true;
}

static bool
read_setting(struct ir_reader *r, const char *w, struct retriever *t)
{
	struct mip_retriever *is = &t->is;

	if (strcmp(w, "text") == 0)
		is->text = ir_rd_strings(r);
	else if (strcmp(w, "id") == 0)
		is->id = ir_rd_string(r);
	else if (strcmp(w, "score") == 0)
		is->score = ir_rd_string(r);
	else if (strcmp(w, "results") == 0)
		is->results = ir_rd_string(r);
	else if (strcmp(w, "stem") == 0)
		is->stem = true;
	else if (strcmp(w, "fresh") == 0)
		is->fresh = true;
	else if (strcmp(w, "k1") == 0)
		is->k1 = ir_rd_double(r);
	else if (strcmp(w, "b") == 0)
		is->b = ir_rd_double(r);
	else if (strcmp(w, "model") == 0)
		is->model = ir_rd_model_name(r);
	else if (strcmp(w, "hash") == 0)
		t->hash = ir_rd_string(r);
	else
		return false;
	return true;
}

void
ir_rd_retriever(struct ir_reader *r)
{
	struct retriever *t = arena_alloc(r->a, sizeof *t);
	const char *w;

	t->name = t->is.name = ir_rd_word(r);
	t->c_name = ir_rd_word(r);
	t->http.name = arena_printf(r->a, "retriever %s", t->name);
	ir_rd_want(r, ":");
	t->of = ir_rd_type(r);
	ir_rd_done(r);
	while (ir_rd_attr(r, &w)) {
		if (!read_kind(r, w, t) && !read_setting(r, w, t) &&
		    !ir_rd_http(r, w, &t->http))
			ir_rd_fail(r, "a retriever has no '%.60s'", w);
		ir_rd_done(r);
	}
	ir_rd_put(r, &r->retrievers, t->name, t);
	*r->retriever_end = t;
	r->retriever_end = &t->next;
}

struct retriever *
ir_rd_retriever_name(struct ir_reader *r)
{
	const char *w = ir_rd_word(r);
	struct retriever *v = ir_rd_get(&r->retrievers, w);

	if (v == NULL)
		ir_rd_fail(r, "there is no retriever '%.60s'", w);
	return v;
}

void
ir_rd_knn(struct ir_reader *r, struct prompt *q)
{
	q->cases = ir_rd_retriever_name(r);
	if (ir_rd_this(r, "by"))
		q->near_by = ir_rd_string(r);
}
