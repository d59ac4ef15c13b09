/* Ollama's own API, as the fake model server judges it.
 *
 * The real one passes over members that it does not know; here they are
 * refused, for nobody would send them on purpose.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "lmd_api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct lmd_field chat_fields[] = {
	{ "model", LMD_STRING, 0, 0, true },
	{ "messages", LMD_ARRAY, 0, 0, true },
	{ "stream", LMD_BOOL, 0, 0, false },
	{ "format", LMD_ANY, 0, 0, false },
	{ "keep_alive", LMD_ANY, 0, 0, false },
	{ "tools", LMD_ARRAY, 0, 0, false },
	{ "options", LMD_OBJECT, 0, 0, false },
	{ "think", LMD_ANY, 0, 0, false },
	{ "truncate", LMD_BOOL, 0, 0, false },
	{ "shift", LMD_BOOL, 0, 0, false },
	{ "logprobs", LMD_BOOL, 0, 0, false },
	{ "top_logprobs", LMD_INT, 0, 20, false },
	{ NULL, LMD_ANY, 0, 0, false }
};

static const struct lmd_field embed_fields[] = {
	{ "model", LMD_STRING, 0, 0, true },
	{ "input", LMD_TEXT, 0, 0, true },
	{ "keep_alive", LMD_ANY, 0, 0, false },
	{ "truncate", LMD_BOOL, 0, 0, false },
	{ "dimensions", LMD_INT, 1, 1e5, false },
	{ "options", LMD_OBJECT, 0, 0, false },
	{ NULL, LMD_ANY, 0, 0, false }
};

static const struct lmd_field option_fields[] = {
	{ "num_keep", LMD_INT, 0, 0, false },
	{ "seed", LMD_INT, 0, 0, false },
	{ "num_predict", LMD_INT, -2, 1e6, false },
	{ "top_k", LMD_INT, 0, 0, false },
	{ "top_p", LMD_NUMBER, 0, 1, false },
	{ "min_p", LMD_NUMBER, 0, 1, false },
	{ "typical_p", LMD_NUMBER, 0, 1, false },
	{ "repeat_last_n", LMD_INT, 0, 0, false },
	{ "temperature", LMD_NUMBER, 0, 0, false },
	{ "repeat_penalty", LMD_NUMBER, 0, 0, false },
	{ "presence_penalty", LMD_NUMBER, 0, 0, false },
	{ "frequency_penalty", LMD_NUMBER, 0, 0, false },
	{ "stop", LMD_STRINGS, 0, 0, false },
	{ "num_ctx", LMD_INT, 1, 1e7, false },
	{ "num_batch", LMD_INT, 0, 0, false },
	{ "num_gpu", LMD_INT, 0, 0, false },
	{ "main_gpu", LMD_INT, 0, 0, false },
	{ "use_mmap", LMD_BOOL, 0, 0, false },
	{ "num_thread", LMD_INT, 0, 0, false },
	{ NULL, LMD_ANY, 0, 0, false }
};

#define bad(f, ...) lmd_fault(f, 400, NULL, NULL, __VA_ARGS__)

static bool
members(const cJSON *o, const struct lmd_field *field, const char *where,
    struct lmd_fault *f)
{
	const char *name = "";

	switch (lmd_fields(o, field, &name)) {
	case LMD_FINE:
		return true;
	case LMD_UNKNOWN:
		return bad(f, "invalid option provided: \"%s\"%s", name,
		    where);
	case LMD_TYPE:
		return bad(f, "option \"%s\" must be of type %s", name,
		    lmd_kind_word(field, name));
	case LMD_RANGE:
		return bad(f, "option \"%s\" is out of its range", name);
	case LMD_MISSING:
		break;
	}
	return bad(f, "%s is required", name);
}

static bool
messages(const struct lmd_request *r, struct lmd_fault *f)
{
	static const struct lmd_field field[] = {
		{ "role", LMD_STRING, 0, 0, true },
		{ "content", LMD_STRING, 0, 0, true },
		{ "thinking", LMD_STRING, 0, 0, false },
		{ "images", LMD_STRINGS, 0, 0, false },
		{ NULL, LMD_ANY, 0, 0, false }
	};
	const cJSON *m, *s;

	cJSON_ArrayForEach(m, lmd_get(r->json, "messages")) {
		if (!members(m, field, " of a message", f))
			return false;
		if (!lmd_among(lmd_word(m, "role"),
		    " system user assistant tool "))
			return bad(f, "invalid role: %s", lmd_word(m, "role"));
		cJSON_ArrayForEach(s, lmd_get(m, "images"))
			if (strspn(s->valuestring, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "abcdefghijklmnopqrstuvwxyz0123456789+/=") !=
			    strlen(s->valuestring))
				return bad(f, "illegal base64 data");
	}
	return true;
}

static bool
think(const struct lmd_request *r, struct lmd_fault *f)
{
	const cJSON *t = lmd_get(r->json, "think");
	const char *id = lmd_word(r->json, "model");

	if (!t || cJSON_IsFalse(t))
		return true;
	if (!cJSON_IsBool(t) && !lmd_among(lmd_word(r->json, "think"),
	    " high medium low max "))
		return bad(f, "invalid think value: (must be \"high\", "
		    "\"medium\", \"low\", \"max\", true, or false)");
	return !lmd_begins(id, "llama") || bad(f, "\"%s\" does not support "
	    "thinking", id);
}

static bool
judge(const struct lmd_request *r, struct lmd_fault *f)
{
	const cJSON *format = lmd_get(r->json, "format");
	const char *id = lmd_word(r->json, "model");
	bool embeds = strcmp(r->path, "/api/embed") == 0;

	if (!embeds && strcmp(r->path, "/api/chat") != 0)
		return lmd_fault(f, 404, NULL, NULL, "404 page not found");
	if (!members(r->json, embeds ? embed_fields : chat_fields, "", f) ||
	    !members(lmd_get(r->json, "options"), option_fields, "", f))
		return false;
	if (strcmp(id, "nope") == 0)
		return lmd_fault(f, 404, NULL, NULL,
		    "model 'nope' not found");
	if (embeds)
		return true;
	if (format && !cJSON_IsObject(format) && strcmp(lmd_word(r->json,
	    "format"), "json") != 0)
		return bad(f, "invalid format: expected \"json\" or a JSON "
		    "schema");
	return messages(r, f) && think(r, f);
}

static const char *
error(struct lmd_text *t, const struct lmd_fault *f)
{
	lmd_puts(t, "{\"error\":");
	lmd_quote(t, f->text);
	lmd_puts(t, "}");
	return "application/json; charset=utf-8";
}

/* ---- answers ---- */

static void
head(struct lmd_text *t, const struct lmd_request *r)
{
	lmd_puts(t, "{\"created_at\":\"2026-01-01T00:00:00Z\",\"model\":");
	lmd_quote(t, lmd_word(r->json, "model"));
}

static void
message(struct lmd_text *t, const struct lmd_request *r, const char *text,
    const char *thoughts)
{
	head(t, r);
	lmd_puts(t, ",\"message\":{\"role\":\"assistant\",\"content\":");
	lmd_quote(t, text);
	if (thoughts) {
		lmd_puts(t, ",\"thinking\":");
		lmd_quote(t, thoughts);
	}
	lmd_puts(t, "}");
}

struct flow {
	struct lmd_text *t;
	const struct lmd_request *r;
	bool thoughts;
};

static void
put(void *arg, const char *piece)
{
	struct flow *w = arg;

	message(w->t, w->r, w->thoughts ? "" : piece, w->thoughts ? piece :
	    NULL);
	lmd_puts(w->t, ",\"done\":false}\n");
}

static const char *
vectors(struct lmd_text *t, const struct lmd_request *r)
{
	const cJSON *in = lmd_get(r->json, "input"), *s;
	const char *sep = "";

	lmd_puts(t, "{\"embeddings\":[");
	if (cJSON_IsString(in))
		lmd_vector(t, in->valuestring);
	cJSON_ArrayForEach(s, in) {
		lmd_puts(t, sep);
		lmd_vector(t, cJSON_IsString(s) ? s->valuestring : "");
		sep = ",";
	}
	lmd_puts(t, "],\"prompt_eval_count\":7,\"total_duration\":1}");
	return "application/json";
}

static const char *
answer(struct lmd_text *t, const struct lmd_request *r,
    const struct lmd_said *s)
{
	bool streams = !cJSON_IsFalse(lmd_get(r->json, "stream"));
	bool thinks = s->reasoning && lmd_get(r->json, "think") &&
	    !cJSON_IsFalse(lmd_get(r->json, "think"));
	struct flow w = { t, r, true };

	if (strcmp(r->path, "/api/embed") == 0)
		return vectors(t, r);
	if (streams && thinks)
		lmd_pieces(s->reasoning, put, &w);
	w.thoughts = false;
	if (streams)
		lmd_pieces(s->text, put, &w);
	message(t, r, streams ? "" : s->text, streams || !thinks ? NULL :
	    s->reasoning);
	lmd_printf(t, ",\"done\":true,\"done_reason\":\"%s\","
	    "\"total_duration\":1,\"prompt_eval_count\":%u,"
	    "\"eval_count\":%u}%s", s->finish ? s->finish : "stop", s->in,
	    s->out, streams ? "\n" : "");
	return streams ? "application/x-ndjson" : "application/json";
}

const struct lmd_api lmd_api_ollama = { "ollama", judge, answer, error };
