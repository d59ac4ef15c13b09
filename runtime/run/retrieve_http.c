/* Searches that a server makes.
 *
 * A query is posted as {"query": ..., "k": ...}, or put into the URL in place
 * of {query} and {k}; the answer is a list of results, or an object that has
 * one.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "core/json_put.h"
#include "run/mip_in.h"
#include "run/retrieve.h"
#include "type/type.h"

/* ---- the request ---- */

/* The URL with query and number in their places; false if it has none for the
 * query. */
static bool
search_url(struct buf *b, const char *url, const char *query, int64_t k)
{
	bool has = false;
	const char *at;

	for (; (at = strchr(url, '{')) != NULL; url = at) {
		buf_put(b, url, (size_t)(at - url));
		if (strncmp(at, "{query}", 7) == 0) {
			buf_percent(b, query, "");
			has = true;
			at += 7;
		} else if (strncmp(at, "{k}", 3) == 0) {
			buf_int(b, k);
			at += 3;
		} else {
			buf_putc(b, *at++);
		}
	}
	buf_puts(b, url);
	return has;
}

static void
search_body(struct buf *b, const char *query, int64_t k)
{
	buf_putc(b, '{');
	json_put_string(b, "query", query);
	json_put_int(b, "k", k);
	buf_putc(b, '}');
}

/* ---- the answer ---- */

/* The list of results in an answer; false with what was answered instead. */
static bool
search_list(const struct mip_retriever *r, const char *s, size_t n,
    struct json *list, char why[256])
{
	const char *at = r->results ? r->results : "results", *dot, *what;
	char name[128];
	size_t len;

	if (!json_parse(s, n, list, NULL, &what)) {
		snprintf(why, 256, "what is no JSON: %.100s", what);
		return false;
	}
	if (json_kind(*list) == JSON_ARRAY && !r->results)
		return true;
	for (; *at; at = dot + (*dot == '.')) {
		dot = at + strcspn(at, ".");
		len = (size_t)(dot - at);
		if (len >= sizeof name)
			len = sizeof name - 1;
		memcpy(name, at, len);
		name[len] = '\0';
		*list = json_get(*list, name);
	}
	if (json_kind(*list) == JSON_ARRAY)
		return true;
	snprintf(why, 256, "JSON without a list of results in \"%.80s\"",
	    r->results ? r->results : "results");
	return false;
}

/* Reads at most `k` results into *list, if that is not NULL. */
static bool
search_read(struct arena *a, const struct mip_retriever *r, const char *s,
    size_t n, int64_t k, void *list, char why[256])
{
	char text[CORPUS_WHY];
	struct json_walk w;
	struct json all, item;
	size_t most = 0, i = 0;
	char *v;

	if (!search_list(r, s, n, &all, why))
		return false;
	most = json_count(all);
	if ((uint64_t)k < most)
		most = (size_t)k;
	v = arena_array(a, most, r->of->size);
	for (w = json_walk(all); v && i < most && json_next(&w, NULL, &item);
	    i++)
		if (!retrieve_read(a, r, item, v + i * r->of->size, text)) {
			snprintf(why, 256, "a result %zu that cannot be read: "
			    "%.180s", i + 1, text);
			return false;
		}
	if (!v)
		snprintf(why, 256, "more than memory holds");
	else if (list)
		type_list_set(list, v, most);
	return v != NULL;
}

struct search_ask {
	const struct mip_retriever *r;
	int64_t k;
};

/* In the I/O thread: what cannot be read is neither kept nor the end. */
static bool
search_check(void *arg, const char *s, size_t n, char why[256])
{
	const struct search_ask *q = arg;
	struct arena a = { .head = NULL };
	bool ok = search_read(&a, q->r, s, n, q->k, NULL, why);

	arena_release(&a);
	return ok;
}

/* Makes the request and reads the answer. */
static void
search_fetch(struct mip *m, struct lm_call *c, void *list)
{
	const struct search_ask *q = c->check_arg;
	struct lm *l = mip_env_lm(m->env);
	enum mip_status s = lm_fetch(l, c);
	char why[256] = "";
	bool ok = s == MIP_OK && search_read(mip_arena(m), q->r, c->text,
	    c->text_len, q->k, list, why);

	/* One that was kept may be of a type that is no more. */
	if (s == MIP_OK && !ok && c->cached && m->status == MIP_OK) {
		lm_call_release(c);
		c->fresh = true;
		s = lm_fetch(l, c);
		ok = s == MIP_OK && search_read(mip_arena(m), q->r, c->text,
		    c->text_len, q->k, list, why);
	}
	if (s != MIP_OK)
		mip_fail(m, s, "%s", c->message);
	else if (!ok)
		mip_fail(m, MIP_INFRASTRUCTURE, "the retriever %s: the server "
		    "answered %s", q->r->name, why);
}

enum mip_status
retrieve_http(struct mip *m, const struct mip_retriever *r, const char *query,
    int64_t k, void *list)
{
	struct search_ask q = { r, k };
	struct buf url = BUF_INIT, body = BUF_INIT;
	const char *base = lm_setting(&r->http->url);
	bool granted = !base || mip_env_allows_net(m->env, base);
	struct lm_call c = { .server = r->http, .at = m->at,
		.temperature = MIP_UNSET,
		.sample = "", .fresh = r->fresh, .check = search_check,
		.check_arg = &q };

	if (base && search_url(&url, base, query, k)) {
		c.url = buf_str(&url);
	} else {
		search_body(&body, query, k);
		c.messages = buf_str(&body);
		c.messages_len = body.len;
	}
	if (!granted)
		mip_fail(m, MIP_USAGE, "the retriever %s: its server is not "
		    "granted by --allow", r->name);
	else if (url.failed || body.failed)
		mip_oom(m);
	else
		search_fetch(m, &c, list);
	lm_call_release(&c);
	buf_release(&url);
	buf_release(&body);
	return mip_status(m);
}
