/* The constant tables of retrievers, and of servers over HTTP.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "emit/emit_in.h"

/* Is it among those from the `from`-th on? */
static bool
uses(const struct gen *g, const struct retriever *r, size_t from)
{
	for (size_t i = from; i < g->nretriever; i++)
		if (g->retriever[i] == r)
			return true;
	return false;
}

void
gen_use_retriever(struct gen *g, const struct retriever *r)
{
	if (uses(g, r, 0))
		return;
	g->retriever = arena_grow(&g->a, g->retriever, &g->capretriever,
	    g->nretriever + 1, sizeof *g->retriever);
	g->retriever[g->nretriever++] = r;
	gtype_use(g, r->of, true);
}

void
gen_known_retrievers(struct gen *g)
{
	g->known_retrievers = g->nretriever;
}

void
gen_sending(struct gen *g, const struct mip_sending *d)
{
	gen_member_int(g, "sending.attempts", d->attempts);
	gen_member_int(g, "sending.backoff_ms", d->backoff_ms);
	gen_member_int(g, "sending.max_wait_ms", d->max_wait_ms);
	gen_member_int(g, "sending.deadline_ms", d->deadline_ms);
	gen_member_int(g, "sending.hedge_ms", d->hedge_ms);
	gen_member_float(g, "sending.hedge_share", d->hedge_share);
	gen_member_text(g, "sending.retry_on", d->retry_on);
	gen_member_int(g, "sending.timeout_ms", d->timeout_ms);
	gen_member_int(g, "sending.running", d->running);
	gen_member_bool(g, "sending.adaptive", d->adaptive);
	gen_member_float(g, "sending.rpm", d->rpm);
}

void
gen_http(struct gen *g, const struct mip_http *h, const char *name)
{
	cw_open(&g->w, "static const struct mip_http %s = {", name);
	gen_member_text(g, "key_env", h->key_env);
	gen_member_text(g, "key_header", h->key_header);
	gen_sending(g, &h->sending);
	gen_member_text(g, "name", h->name);
	cw_line(&g->w, ".url = { %s, %s }", gen_string(g, h->url.env),
	    gen_string(g, h->url.text));
	cw_close(&g->w, "};");
}

static const char *
way(enum mip_retrieval by)
{
	switch (by) {
	case MIP_BM25:   return "MIP_BM25";
	case MIP_EMBED:  return "MIP_EMBED";
	case MIP_SEARCH: return "MIP_SEARCH";
	}
	BUG("retrieval");
}

/* "wiki: Passage of data/wiki.jsonl" */
static const char *
about(struct gen *g, const struct retriever *r)
{
	return arena_printf(&g->a, "%s: %s%s%s", r->name,
	    ty_text(&g->a, r->of), r->is.path != NULL ? " of " : "",
	    r->is.path != NULL ? r->is.path : " of a server");
}

static void
one(struct gen *g, const struct retriever *r)
{
	const struct mip_retriever *is = &r->is;

	cw_comment(&g->w, about(g, r));
	gen_strings(g, arena_printf(&g->a, "%s_text", r->c_name), is->text);
	if (is->by == MIP_SEARCH)
		gen_http(g, &r->http, arena_printf(&g->a, "%s_http",
		    r->c_name));
	cw_open(&g->w, "static const struct mip_retriever %s = {", r->c_name);
	cw_line(&g->w, ".name = %s, .by = %s,", gen_string(g, r->name),
	    way(is->by));
	gen_member_text(g, "path", is->path);
	if (is->text != NULL)
		cw_line(&g->w, ".text = %s_text,", r->c_name);
	gen_member_text(g, "id", is->id);
	gen_member_text(g, "score", is->score);
	gen_member_text(g, "results", is->results);
	gen_member_bool(g, "stem", is->stem);
	if (is->by == MIP_BM25)
		cw_line(&g->w, ".k1 = %s, .b = %s,", gen_float(g, is->k1),
		    gen_float(g, is->b));
	if (is->model != NULL)
		cw_line(&g->w, ".model = &%s,", gen_model(g, is->model));
	if (is->by == MIP_SEARCH)
		cw_line(&g->w, ".http = &%s_http,", r->c_name);
	gen_member_bool(g, "fresh", is->fresh);
	cw_line(&g->w, ".of = %s", gtype_desc(g, r->of));
	cw_close(&g->w, "};");
	cw_blank(&g->w);
}

void
gen_retrievers(struct gen *g)
{
	for (const struct retriever *r = g->m->retriever; r != NULL;
	    r = r->next)
		if (uses(g, r, g->known_retrievers))
			one(g, r);
}

/* The table of those in this file, for the program or what judges it. */
void
gen_retriever_table(struct gen *g, const char **name, unsigned *n)
{
	*n = (unsigned)(g->nretriever - g->known_retrievers);
	*name = g->eval ? "eval_retrievers" : "retrievers";
	if (*n == 0)
		return;
	cw_open(&g->w, "static const struct mip_retriever *const %s[] = {",
	    *name);
	for (const struct retriever *r = g->m->retriever; r != NULL;
	    r = r->next)
		if (uses(g, r, g->known_retrievers))
			cw_line(&g->w, "&%s,", r->c_name);
	cw_close(&g->w, "};");
}
