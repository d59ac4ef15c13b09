/* Gemini's generateContent and its kin, as the fake model server judges them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "lmd_api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct lmd_field top_fields[] = {
	{ "cachedContent", LMD_STRING, 0, 0, false },
	{ "contents", LMD_ARRAY, 0, 0, true },
	{ "generationConfig", LMD_OBJECT, 0, 0, false },
	{ "safetySettings", LMD_ARRAY, 0, 0, false },
	{ "serviceTier", LMD_STRING, 0, 0, false },
	{ "systemInstruction", LMD_OBJECT, 0, 0, false },
	{ "toolConfig", LMD_OBJECT, 0, 0, false },
	{ "tools", LMD_ARRAY, 0, 0, false },
	{ NULL, LMD_ANY, 0, 0, false }
};

static const struct lmd_field config_fields[] = {
	{ "candidateCount", LMD_INT, 1, 8, false },
	{ "frequencyPenalty", LMD_NUMBER, -2, 2, false },
	{ "logprobs", LMD_INT, 0, 20, false },
	{ "maxOutputTokens", LMD_INT, 1, 1e6, false },
	{ "mediaResolution", LMD_STRING, 0, 0, false },
	{ "presencePenalty", LMD_NUMBER, -2, 2, false },
	{ "responseJsonSchema", LMD_OBJECT, 0, 0, false },
	{ "responseLogprobs", LMD_BOOL, 0, 0, false },
	{ "responseMimeType", LMD_STRING, 0, 0, false },
	{ "responseModalities", LMD_STRINGS, 0, 0, false },
	{ "responseSchema", LMD_OBJECT, 0, 0, false },
	{ "seed", LMD_INT, 0, 0, false },
	{ "speechConfig", LMD_OBJECT, 0, 0, false },
	{ "stopSequences", LMD_STRINGS, 0, 5, false },
	{ "temperature", LMD_NUMBER, 0, 2, false },
	{ "thinkingConfig", LMD_OBJECT, 0, 0, false },
	{ "topK", LMD_NUMBER, 0, 0, false },
	{ "topP", LMD_NUMBER, 0, 1, false },
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
		return bad(f, "Invalid JSON payload received. Unknown name "
		    "\"%s\"%s%s%s: Cannot find field.", name, *where ?
		    " at '" : "", where, *where ? "'" : "");
	case LMD_TYPE:
		return bad(f, "Invalid value at '%s.%s': it should be %s",
		    where, name, lmd_kind_word(field, name));
	case LMD_RANGE:
		return bad(f, "* GenerateContentRequest.%s.%s: the value is "
		    "out of its range", where, name);
	case LMD_MISSING:
		break;
	}
	return bad(f, "* GenerateContentRequest.%s%s: it is not specified",
	    where, name);
}

/* ---- contents ---- */

static bool
part(const cJSON *p, const char *at, struct lmd_fault *f)
{
	static const struct lmd_field field[] = {
		{ "text", LMD_STRING, 0, 0, false },
		{ "inlineData", LMD_OBJECT, 0, 0, false },
		{ "fileData", LMD_OBJECT, 0, 0, false },
		{ "thought", LMD_BOOL, 0, 0, false },
		{ NULL, LMD_ANY, 0, 0, false }
	}, in[] = {
		{ "mimeType", LMD_STRING, 0, 0, true },
		{ "data", LMD_STRING, 0, 0, true },
		{ NULL, LMD_ANY, 0, 0, false }
	}, out[] = {
		{ "mimeType", LMD_STRING, 0, 0, false },
		{ "fileUri", LMD_STRING, 0, 0, true },
		{ NULL, LMD_ANY, 0, 0, false }
	};

	if (!members(p, field, at, f))
		return false;
	if (cJSON_GetArraySize(p) != 1)
		return bad(f, "* GenerateContentRequest.%s.data: required "
		    "oneof field 'data' must have one initialized field", at);
	if (lmd_get(p, "inlineData"))
		return members(lmd_get(p, "inlineData"), in, at, f);
	return !lmd_get(p, "fileData") ||
	    members(lmd_get(p, "fileData"), out, at, f);
}

static bool
content(const cJSON *c, const char *at, bool role, struct lmd_fault *f)
{
	static const struct lmd_field field[] = {
		{ "role", LMD_STRING, 0, 0, false },
		{ "parts", LMD_ARRAY, 1, 1e5, true },
		{ NULL, LMD_ANY, 0, 0, false }
	};
	const cJSON *p;
	char in[80];

	snprintf(in, sizeof in, "%s.parts[0]", at);
	if (!members(c, field, at, f))
		return false;
	if (role && !lmd_among(lmd_word(c, "role"), " user model "))
		return bad(f, "Please use a valid role: user, model.");
	cJSON_ArrayForEach(p, lmd_get(c, "parts"))
		if (!part(p, in, f))
			return false;
	return true;
}

static bool
contents(const struct lmd_request *r, const char *id, struct lmd_fault *f)
{
	const cJSON *c, *system = lmd_get(r->json, "systemInstruction");

	if (system && (lmd_begins(id, "gemma") || lmd_lacks(r, "system")))
		return bad(f, "Developer instruction is not enabled for "
		    "models/%s", id);
	if (system && !content(system, "system_instruction", false, f))
		return false;
	if (cJSON_GetArraySize(lmd_get(r->json, "contents")) == 0)
		return bad(f, "* GenerateContentRequest.contents: contents is "
		    "not specified");
	cJSON_ArrayForEach(c, lmd_get(r->json, "contents"))
		if (!content(c, "contents[0]", true, f))
			return false;
	return true;
}

/* ---- how ---- */

static bool
thinking(const cJSON *config, const char *id, struct lmd_fault *f)
{
	static const struct lmd_field field[] = {
		{ "includeThoughts", LMD_BOOL, 0, 0, false },
		{ "thinkingBudget", LMD_INT, -1, 32768, false },
		{ "thinkingLevel", LMD_STRING, 0, 0, false },
		{ NULL, LMD_ANY, 0, 0, false }
	};
	const cJSON *t = lmd_get(config, "thinkingConfig");
	const cJSON *budget = lmd_get(t, "thinkingBudget");
	bool pro = strstr(id, "pro") != NULL;
	double n = lmd_number(t, "thinkingBudget", -1);
	double least = pro ? 128 : strstr(id, "lite") ? 512 : 0;
	const char *level = lmd_word(t, "thinkingLevel");

	if (!t)
		return true;
	if (!members(t, field, "generation_config.thinking_config", f))
		return false;
	if (!lmd_begins(id, "gemini-2.5") && !lmd_begins(id, "gemini-3") &&
	    !lmd_begins(id, "gemini-4"))
		return bad(f, "Thinking is not enabled for this model");
	if (budget && *level)
		return bad(f, "You can only set only one of thinking budget "
		    "and thinking level.");
	if (*level && lmd_begins(id, "gemini-2.5"))
		return bad(f, "Thinking level is not supported for this "
		    "model.");
	if (*level && !lmd_among(level, lmd_begins(id, "gemini-4-hydrogen") ?
	    " low medium high xhigh " : lmd_begins(id, "gemini-3-pro") ?
	    " low high " : pro || lmd_begins(id, "gemini-4") ?
	    " low medium high " : " minimal low medium high "))
		return bad(f, "Thinking level %s is not supported for this "
		    "model. Please retry with other thinking level.", level);
	if (budget && n >= 0 && n < least && (pro || n > 0))
		return bad(f, "Budget %g is invalid. This model only works in "
		    "thinking mode.", n);
	return !budget || n <= (pro ? 32768 : 24576) ||
	    bad(f, "The thinking budget %g is invalid.", n);
}

static bool
shape(const cJSON *config, struct lmd_fault *f)
{
	static const struct lmd_dialect dialect = {
		.keywords = " $id $defs $ref $anchor type format title "
		    "description enum items prefixItems minItems maxItems "
		    "minimum maximum anyOf oneOf properties "
		    "additionalProperties required propertyOrdering ",
	};
	const cJSON *s = lmd_get(config, "responseJsonSchema");
	const char *mime = lmd_word(config, "responseMimeType");
	char path[160], why[200];

	if (*mime && !lmd_among(mime, " text/plain application/json "
	    "text/x.enum "))
		return bad(f, "* GenerateContentRequest.generation_config."
		    "response_mime_type: allowed mimetypes are `text/plain`, "
		    "`application/json` and others");
	if (s && strcmp(mime, "application/json") != 0)
		return bad(f, "* GenerateContentRequest.generation_config."
		    "response_json_schema: only allowed with a "
		    "response_mime_type of `application/json`");
	return !s || lmd_schema(s, &dialect, path, why) ||
	    bad(f, "* GenerateContentRequest.generation_config."
	    "response_json_schema: %s (%s)", why, path);
}

static bool
embeds(const struct lmd_request *r, const char *id, struct lmd_fault *f)
{
	static const struct lmd_field field[] = {
		{ "requests", LMD_ARRAY, 1, 100, true },
		{ NULL, LMD_ANY, 0, 0, false }
	}, one[] = {
		{ "model", LMD_STRING, 0, 0, true },
		{ "content", LMD_OBJECT, 0, 0, true },
		{ "taskType", LMD_STRING, 0, 0, false },
		{ "title", LMD_STRING, 0, 0, false },
		{ "outputDimensionality", LMD_INT, 1, 10000, false },
		{ NULL, LMD_ANY, 0, 0, false }
	};
	const cJSON *q;

	if (!members(r->json, field, "", f))
		return false;
	cJSON_ArrayForEach(q, lmd_get(r->json, "requests")) {
		const char *model = lmd_word(q, "model");

		if (!members(q, one, "requests[0]", f) ||
		    !content(lmd_get(q, "content"), "requests[0].content",
		    false, f))
			return false;
		if (!lmd_begins(model, "models/") || strcmp(model + 7, id))
			return bad(f, "* BatchEmbedContentsRequest.requests[0]"
			    ".model: it is not the one of the address");
	}
	return true;
}

/* ---- the judge ---- */

/* The id and the verb in "/v1beta/models/ID:VERB". */
static bool
address(const struct lmd_request *r, char id[96], const char **verb)
{
	static const char base[] = "/v1beta/models/";
	const char *at = r->path + sizeof base - 1;
	const char *colon;

	if (!lmd_begins(r->path, base) || !(colon = strchr(at, ':')))
		return false;
	*verb = colon + 1;
	snprintf(id, 96, "%.*s", (int)(colon - at), at);
	return lmd_among(*verb, " generateContent streamGenerateContent "
	    "batchEmbedContents ");
}

static bool
judge(const struct lmd_request *r, struct lmd_fault *f)
{
	const cJSON *config = lmd_get(r->json, "generationConfig"), *lack;
	const char *key = lmd_header(r, "x-goog-api-key"), *verb = "";
	char id[96];

	if (!address(r, id, &verb))
		return lmd_fault(f, 404, NULL, NULL, "Not Found");
	if (!key || !*key)
		return lmd_fault(f, 403, NULL, NULL, "Method doesn't allow "
		    "unregistered callers (callers without established "
		    "identity).");
	if (strcmp(key, "wrong") == 0)
		return lmd_fault(f, 400, NULL, "API_KEY_INVALID", "API key "
		    "not valid. Please pass a valid API key.");
	if (strcmp(id, "nope") == 0)
		return lmd_fault(f, 404, NULL, NULL, "models/nope is not "
		    "found for API version v1beta, or is not supported for "
		    "generateContent.");
	if (strcmp(verb, "batchEmbedContents") == 0)
		return embeds(r, id, f);
	cJSON_ArrayForEach(lack, r->lacks)
		if (lmd_get(config, lack->valuestring))
			return bad(f, "%s is not supported by models/%s.",
			    lack->valuestring, id);
	if (lmd_begins(id, "gemini-4-hydrogen") && (lmd_get(config,
	    "temperature") || lmd_get(config, "topP")))
		return bad(f, "%s is not supported for this model.",
		    lmd_get(config, "temperature") ? "temperature" : "top_p");
	return members(r->json, top_fields, "", f) &&
	    members(config, config_fields, "generation_config", f) &&
	    contents(r, id, f) && thinking(config, id, f) &&
	    shape(config, f);
}

/* ---- errors ---- */

static const char *
status_word(unsigned status)
{
	switch (status) {
	case 401: return "UNAUTHENTICATED";
	case 403: return "PERMISSION_DENIED";
	case 404: return "NOT_FOUND";
	case 429: return "RESOURCE_EXHAUSTED";
	case 500: return "INTERNAL";
	case 503: return "UNAVAILABLE";
	case 504: return "DEADLINE_EXCEEDED";
	}
	return "INVALID_ARGUMENT";
}

static const char *
error(struct lmd_text *t, const struct lmd_fault *f)
{
	lmd_printf(t, "{\"error\":{\"code\":%u,\"status\":\"%s\",\"message\":",
	    f->status, status_word(f->status));
	lmd_quote(t, f->text);
	lmd_puts(t, ",\"details\":[");
	if (f->code[0])
		lmd_printf(t, "{\"@type\":\"type.googleapis.com/google.rpc."
		    "ErrorInfo\",\"reason\":\"%s\",\"domain\":"
		    "\"googleapis.com\"}", f->code);
	else if (f->status == 429)
		lmd_printf(t, "{\"@type\":\"type.googleapis.com/google.rpc."
		    "QuotaFailure\",\"violations\":[{\"quotaId\":"
		    "\"GenerateRequestsPer%sPerProjectPerModel\"}]},"
		    "{\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\","
		    "\"retryDelay\":\"0.2s\"}", f->quota ? "Day" : "Minute");
	lmd_puts(t, "]}}");
	return "application/json; charset=UTF-8";
}

/* ---- answers ---- */

static void
usage(struct lmd_text *t, const struct lmd_request *r,
    const struct lmd_said *s)
{
	unsigned thoughts = s->reasoning ? 4 : 0;

	lmd_printf(t, "\"usageMetadata\":{\"promptTokenCount\":%u,"
	    "\"cachedContentTokenCount\":%u,\"candidatesTokenCount\":%u,"
	    "\"thoughtsTokenCount\":%u,\"totalTokenCount\":%u},"
	    "\"responseId\":\"r\",\"modelVersion\":", s->in, s->cached,
	    s->out - thoughts, thoughts, s->in + s->out);
	lmd_quote(t, r->path);
}

/* A reply, or a chunk of one. */
static void
candidate(struct lmd_text *t, const char *text, const char *thought,
    const char *finish)
{
	lmd_puts(t, "{\"candidates\":[{\"content\":{\"role\":\"model\","
	    "\"parts\":[");
	if (thought) {
		lmd_puts(t, "{\"thought\":true,\"text\":");
		lmd_quote(t, thought);
		lmd_puts(t, text ? "}," : "}");
	}
	if (text) {
		lmd_puts(t, "{\"text\":");
		lmd_quote(t, text);
		lmd_puts(t, "}");
	}
	lmd_puts(t, "]},\"index\":0");
	if (finish) {
		lmd_puts(t, ",\"finishReason\":");
		lmd_quote(t, finish);
	}
	lmd_puts(t, "}]");
}

struct flow {
	struct lmd_text *t;
	const struct lmd_request *r;
	const struct lmd_said *s;
	bool thoughts;
};

static void
put(void *arg, const char *piece)
{
	struct flow *w = arg;

	lmd_puts(w->t, "data: ");
	candidate(w->t, w->thoughts ? NULL : piece, w->thoughts ? piece :
	    NULL, NULL);
	lmd_puts(w->t, ",");
	usage(w->t, w->r, w->s);
	lmd_puts(w->t, "}\r\n\r\n");
}

static bool
shows_thoughts(const struct lmd_request *r)
{
	return cJSON_IsTrue(lmd_get(lmd_get(lmd_get(r->json,
	    "generationConfig"), "thinkingConfig"), "includeThoughts"));
}

static const char *
vectors(struct lmd_text *t, const struct lmd_request *r)
{
	const cJSON *q, *p;
	const char *sep = "";

	lmd_puts(t, "{\"embeddings\":[");
	cJSON_ArrayForEach(q, lmd_get(r->json, "requests")) {
		p = cJSON_GetArrayItem(lmd_get(lmd_get(q, "content"),
		    "parts"), 0);
		lmd_puts(t, sep);
		lmd_puts(t, "{\"values\":");
		lmd_vector(t, lmd_word(p, "text"));
		lmd_puts(t, "}");
		sep = ",";
	}
	lmd_puts(t, "]}");
	return "application/json";
}

static const char *
answer(struct lmd_text *t, const struct lmd_request *r,
    const struct lmd_said *s)
{
	const char *alt = lmd_argument(r, "alt");
	const char *finish = s->finish ? s->finish : "STOP";
	bool streams = strstr(r->path, ":streamGenerateContent") != NULL;
	bool sse = streams && alt && strcmp(alt, "sse") == 0;
	const char *thoughts = shows_thoughts(r) ? s->reasoning : NULL;
	struct flow w = { t, r, s, true };

	if (strstr(r->path, ":batchEmbedContents"))
		return vectors(t, r);
	if (sse) {
		if (thoughts)
			lmd_pieces(thoughts, put, &w);
		w.thoughts = false;
		lmd_pieces(s->text, put, &w);
		lmd_puts(t, "data: ");
	} else if (streams) {
		lmd_puts(t, "[");
	}
	candidate(t, sse ? "" : s->text, sse ? NULL : thoughts, finish);
	lmd_puts(t, ",");
	usage(t, r, s);
	lmd_puts(t, sse ? "}\r\n\r\n" : streams ? "}]" : "}");
	return sse ? "text/event-stream" : "application/json";
}

const struct lmd_api lmd_api_gemini = { "gemini", judge, answer, error };
