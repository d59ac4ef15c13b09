/* Embeddings: OpenAI's, and how all are read.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "provider/provider_json.h"

void
provider_embed_body(struct buf *b, const struct provider_ask *a,
    const char *id)
{
	buf_puts(b, "{\"model\":");
	buf_json(b, id, strlen(id));
	buf_puts(b, ",\"input\":");
	buf_put(b, a->messages, a->messages_len);
	provider_options(b, a->model, NULL, false);
	buf_putc(b, '}');
}

/* A float in its shortest decimal form that reads back as the same. */
static void
provider_float(struct buf *b, float v)
{
	char text[32];
	int digits;

	for (digits = 6; digits < 9; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, (double)v);
		if (strtof(text, NULL) >= v && strtof(text, NULL) <= v)
			break;
	}
	snprintf(text, sizeof text, "%.*g", digits, (double)v);
	buf_puts(b, text);
}

/* Appends the vector as floats; gives how many, 0 if it is none. */
static size_t
provider_vector(struct buf *b, struct json v)
{
	struct json_walk w = json_walk(v);
	struct json item;
	double d;
	size_t n = 0;

	if (json_kind(v) != JSON_ARRAY)
		return 0;
	buf_putc(b, '[');
	while (json_next(&w, NULL, &item)) {
		if (!json_double(item, &d) || !(d > -3e38 && d < 3e38))
			return 0;
		if (n++ > 0)
			buf_putc(b, ',');
		provider_float(b, (float)d);
	}
	buf_putc(b, ']');
	return n;
}

/* The vectors of `data` by their places; they may come in any order. */
static bool
provider_places(struct json data, const char *member, struct json *place,
    size_t want)
{
	struct json_walk w = json_walk(data);
	struct json item, v;
	size_t n = 0;
	int64_t at;

	for (; json_next(&w, NULL, &item); n++) {
		if (!json_int(json_get(item, "index"), &at))
			at = (int64_t)n;
		if (at < 0 || (uint64_t)at >= want || place[at].n > 0)
			return false;
		v = member ? json_get(item, member) : item;
		/* Some servers put each into a list of one. */
		if (json_count(v) == 1) {
			struct json_walk inner = json_walk(v);
			struct json only;

			if (json_next(&inner, NULL, &only) &&
			    json_kind(only) == JSON_ARRAY)
				v = only;
		}
		place[at] = v;
	}
	return n == want;
}

static bool
provider_vectors(struct buf *b, struct json data, const char *member,
    size_t want, char *why, size_t nwhy)
{
	struct json *place = calloc(want, sizeof *place);
	size_t i, n, first = 0;
	bool ok = place && provider_places(data, member, place, want);

	if (!place)
		snprintf(why, nwhy, "more than memory holds");
	else if (!ok)
		snprintf(why, nwhy, "%zu vectors for %zu texts",
		    json_count(data), want);
	buf_putc(b, '[');
	for (i = 0; ok && i < want; i++) {
		if (i > 0)
			buf_putc(b, ',');
		n = provider_vector(b, place[i]);
		first = i == 0 ? n : first;
		ok = n > 0 && n == first;
		if (!ok)
			snprintf(why, nwhy, "a vector that is none, or not as "
			    "long as the others");
	}
	buf_putc(b, ']');
	free(place);
	return ok;
}

static int64_t
provider_tokens(const struct provider_embeds *how, struct json root,
    bool *counted)
{
	struct json usage = how->usage ? json_get(root, how->usage) : root;
	int64_t n;

	*counted = how->tokens && json_int(json_get(usage, how->tokens), &n) &&
	    n >= 0 && n < INT64_C(1000000000000);
	return *counted ? n : 0;
}

bool
provider_embed_read(const struct provider_embeds *how, const char *s,
    size_t n, size_t want, struct provider_answer *r)
{
	struct buf b = BUF_INIT;
	struct provider_error e;
	struct json v, list;
	bool ok = false;

	memset(r, 0, sizeof *r);
	if (!json_parse(s, n, &v, NULL, NULL)) {
		snprintf(r->why, sizeof r->why, "%s, not %s", n == 0 ?
		    "nothing" : "what is no JSON", how->api);
		return false;
	}
	list = json_get(v, how->list);
	if (json_kind(list) == JSON_ARRAY) {
		ok = provider_vectors(&b, list, how->member, want, r->why,
		    sizeof r->why);
	} else {
		how->error(s, n, &e);
		if (e.text[0])
			snprintf(r->why, sizeof r->why, "an error: %s", e.text);
		else
			snprintf(r->why, sizeof r->why, "JSON without %s, not "
			    "%s", how->list, how->api);
	}
	r->in = provider_tokens(how, v, &r->counted);
	r->text_len = b.len;
	r->text = ok && !b.failed ? buf_take(&b) : NULL;
	buf_release(&b);
	if (ok && !r->text)
		snprintf(r->why, sizeof r->why, "more than memory holds");
	return r->text != NULL;
}

bool
provider_embed_answer(const char *s, size_t n, size_t want,
    struct provider_answer *r)
{
	static const struct provider_embeds how = {
		.api = "OpenAI-compatible embeddings", .list = "data",
		.member = "embedding", .usage = "usage",
		.tokens = "prompt_tokens", .error = provider_chat_error,
	};

	return provider_embed_read(&how, s, n, want, r);
}
