/* OpenAI's chat completions and embeddings, Azure's, and llama.cpp's server,
 * as the fake model server judges them.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "lmd_api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum maker { OPENAI, AZURE, LLAMACPP };

static const struct lmd_field chat_fields[] = {
	{ "audio", LMD_OBJECT, 0, 0, false },
	{ "frequency_penalty", LMD_NUMBER, -2, 2, false },
	{ "logit_bias", LMD_OBJECT, 0, 0, false },
	{ "logprobs", LMD_BOOL, 0, 0, false },
	{ "max_completion_tokens", LMD_INT, 1, 1e6, false },
	{ "max_tokens", LMD_INT, 1, 1e6, false },
	{ "messages", LMD_ARRAY, 1, 1e6, true },
	{ "metadata", LMD_OBJECT, 0, 0, false },
	{ "modalities", LMD_STRINGS, 0, 0, false },
	{ "moderation", LMD_OBJECT, 0, 0, false },
	{ "model", LMD_STRING, 0, 0, true },
	{ "n", LMD_INT, 1, 128, false },
	{ "parallel_tool_calls", LMD_BOOL, 0, 0, false },
	{ "prediction", LMD_OBJECT, 0, 0, false },
	{ "presence_penalty", LMD_NUMBER, -2, 2, false },
	{ "prompt_cache_key", LMD_STRING, 0, 0, false },
	{ "prompt_cache_options", LMD_OBJECT, 0, 0, false },
	{ "prompt_cache_retention", LMD_STRING, 0, 0, false },
	{ "reasoning_effort", LMD_STRING, 0, 0, false },
	{ "response_format", LMD_OBJECT, 0, 0, false },
	{ "safety_identifier", LMD_STRING, 0, 0, false },
	{ "seed", LMD_INT, 0, 0, false },
	{ "service_tier", LMD_STRING, 0, 0, false },
	{ "stop", LMD_ANY, 0, 0, false },
	{ "store", LMD_BOOL, 0, 0, false },
	{ "stream", LMD_BOOL, 0, 0, false },
	{ "stream_options", LMD_OBJECT, 0, 0, false },
	{ "temperature", LMD_NUMBER, 0, 2, false },
	{ "tool_choice", LMD_ANY, 0, 0, false },
	{ "tools", LMD_ARRAY, 1, 128, false },
	{ "top_logprobs", LMD_INT, 0, 20, false },
	{ "top_p", LMD_NUMBER, 0, 1, false },
	{ "user", LMD_STRING, 0, 0, false },
	{ "verbosity", LMD_STRING, 0, 0, false },
	{ "web_search_options", LMD_OBJECT, 0, 0, false },
	{ NULL, LMD_ANY, 0, 0, false }
};

static const struct lmd_field embed_fields[] = {
	{ "dimensions", LMD_INT, 1, 1e5, false },
	{ "encoding_format", LMD_STRING, 0, 0, false },
	{ "input", LMD_TEXT, 1, 2048, true },
	{ "model", LMD_STRING, 0, 0, true },
	{ "user", LMD_STRING, 0, 0, false },
	{ NULL, LMD_ANY, 0, 0, false }
};

static const struct lmd_field message_fields[] = {
	{ "role", LMD_STRING, 0, 0, true },
	{ "content", LMD_TEXT, 0, 0, true },
	{ "name", LMD_STRING, 0, 0, false },
	{ NULL, LMD_ANY, 0, 0, false }
};

/* ---- members ---- */

static bool
members(const cJSON *o, const struct lmd_field *field, const char *where,
    struct lmd_fault *f)
{
	const char *name = "", *dot = *where ? "." : "";
	char at[96];
	enum lmd_wrong wrong = lmd_fields(o, field, &name);

	snprintf(at, sizeof at, "%s%s%s", where, dot, name);
	switch (wrong) {
	case LMD_FINE:
		return true;
	case LMD_UNKNOWN:
		return lmd_fault(f, 400, at, "unknown_parameter",
		    "Unknown parameter: '%s'.", at);
	case LMD_TYPE:
		return lmd_fault(f, 400, at, "invalid_type", "Invalid type "
		    "for '%s': expected %s.", at, lmd_kind_word(field, name));
	case LMD_RANGE:
		return lmd_fault(f, 400, at, "invalid_value", "Invalid '%s': "
		    "the value is out of its range.", at);
	case LMD_MISSING:
		break;
	}
	return lmd_fault(f, 400, at, "missing_required_parameter",
	    "Missing required parameter: '%s'.", at);
}

static bool
part(const cJSON *p, const char *where, struct lmd_fault *f)
{
	static const struct lmd_field text[] = {
		{ "type", LMD_STRING, 0, 0, true },
		{ "text", LMD_STRING, 0, 0, true },
		{ NULL, LMD_ANY, 0, 0, false }
	}, image[] = {
		{ "type", LMD_STRING, 0, 0, true },
		{ "image_url", LMD_OBJECT, 0, 0, true },
		{ NULL, LMD_ANY, 0, 0, false }
	}, file[] = {
		{ "type", LMD_STRING, 0, 0, true },
		{ "file", LMD_OBJECT, 0, 0, true },
		{ NULL, LMD_ANY, 0, 0, false }
	}, audio[] = {
		{ "type", LMD_STRING, 0, 0, true },
		{ "input_audio", LMD_OBJECT, 0, 0, true },
		{ NULL, LMD_ANY, 0, 0, false }
	};
	const char *type = lmd_word(p, "type");
	const struct lmd_field *field =
	    strcmp(type, "text") == 0 ? text :
	    strcmp(type, "image_url") == 0 ? image :
	    strcmp(type, "file") == 0 ? file :
	    strcmp(type, "input_audio") == 0 ? audio : NULL;

	if (!field)
		return lmd_fault(f, 400, where, "invalid_value", "Invalid "
		    "value: '%s'. Supported values are: 'text', 'image_url', "
		    "'input_audio', and 'file'.", type);
	return members(p, field, where, f);
}

static bool
is_o1(const char *id)
{
	return lmd_begins(id, "o1-mini") || lmd_begins(id, "o1-preview");
}

static bool
messages(const struct lmd_request *r, const char *id, struct lmd_fault *f)
{
	const cJSON *m, *p;
	unsigned i = 0, k;
	char at[64];

	cJSON_ArrayForEach(m, lmd_get(r->json, "messages")) {
		const char *role = lmd_word(m, "role");

		snprintf(at, sizeof at, "messages[%u]", i++);
		if (!members(m, message_fields, at, f))
			return false;
		if (!lmd_among(role, " system developer user assistant "))
			return lmd_fault(f, 400, at, "invalid_value",
			    "Invalid value: '%s'. Supported values are: "
			    "'system', 'assistant', 'user', 'function', "
			    "'tool', and 'developer'.", role);
		if (strcmp(role, "system") == 0 && (is_o1(id) ||
		    lmd_lacks(r, "system")))
			return lmd_fault(f, 400, "messages[0].role",
			    "unsupported_value", "Unsupported value: "
			    "'messages[0].role' does not support 'system' "
			    "with this model.");
		k = 0;
		if (cJSON_IsArray(lmd_get(m, "content")))
			cJSON_ArrayForEach(p, lmd_get(m, "content")) {
				snprintf(at, sizeof at, "messages[%u]."
				    "content[%u]", i - 1, k++);
				if (!part(p, at, f))
					return false;
			}
	}
	return true;
}

/* ---- what a model takes ---- */

/* By the models' own pages: the first name that an id begins with. */
static const struct maker_effort { const char *id, *words; } efforts[] = {
	{ "o", " low medium high " },
	{ "gpt-5-chat", NULL }, { "gpt-5-pro", " high " },
	{ "gpt-5.1", " none low medium high " },
	{ "gpt-5.6", " none low medium high xhigh max " },
	{ "gpt-5.", " none low medium high xhigh " },
	{ "gpt-5", " minimal low medium high " },
	{ "gpt-6-astra", " low medium high xhigh max " },
	{ "gpt-6.1-sol", " low medium high xhigh max " },
	{ "gpt-6", " none low medium high xhigh max " },
};

/* The words of effort that it takes; NULL: it does not think. */
static const char *
thinks(const char *id)
{
	size_t i;

	for (i = 0; i < sizeof efforts / sizeof *efforts; i++)
		if (lmd_begins(id, efforts[i].id))
			return efforts[i].words;
	return NULL;
}

static bool
unsupported(struct lmd_fault *f, const char *name)
{
	return lmd_fault(f, 400, name, "unsupported_parameter",
	    "Unsupported parameter: '%s' is not supported with this model.",
	    name);
}

static bool
effort(const struct lmd_request *r, const char *id, struct lmd_fault *f)
{
	const char *word = lmd_word(r->json, "reasoning_effort");
	const char *all = thinks(id);

	if (!*word)
		return true;
	if (!all)
		return lmd_fault(f, 400, "reasoning_effort", NULL,
		    "Unrecognized request argument supplied: "
		    "reasoning_effort");
	if (!lmd_among(word, all))
		return lmd_fault(f, 400, "reasoning_effort",
		    "unsupported_value", "Unsupported value: "
		    "'reasoning_effort' does not support '%s' with this "
		    "model. Supported values are:%s.", word, all);
	if (lmd_get(r->json, "tools") && strcmp(word, "none") != 0 &&
	    (lmd_begins(id, "gpt-5.6") || lmd_begins(id, "gpt-6")))
		return lmd_fault(f, 400, "reasoning_effort", NULL, "Function "
		    "tools with reasoning_effort are not supported for %s in "
		    "/v1/chat/completions. To use function tools, use "
		    "/v1/responses or set reasoning_effort to 'none'.", id);
	return true;
}

/* Those that think can be told neither how warm to be nor where to stop, but
 * from 5.1 on when they are told not to. */
static bool
thinker(const struct lmd_request *r, struct lmd_fault *f)
{
	const cJSON *o = r->json;

	if (lmd_get(o, "max_tokens"))
		return lmd_fault(f, 400, "max_tokens",
		    "unsupported_parameter", "Unsupported parameter: "
		    "'max_tokens' is not supported with this model. Use "
		    "'max_completion_tokens' instead.");
	if (strcmp(lmd_word(o, "reasoning_effort"), "none") == 0)
		return true;
	if (lmd_number(o, "temperature", 1) < 1 ||
	    lmd_number(o, "temperature", 1) > 1)
		return lmd_fault(f, 400, "temperature", "unsupported_value",
		    "Unsupported value: 'temperature' does not support %g "
		    "with this model. Only the default (1) value is "
		    "supported.", lmd_number(o, "temperature", 1));
	if (lmd_get(o, "top_p"))
		return unsupported(f, "top_p");
	return lmd_get(o, "stop") ? unsupported(f, "stop") : true;
}

static bool
model(const struct lmd_request *r, const char *id, enum maker who,
    struct lmd_fault *f)
{
	const cJSON *lack;

	if (strcmp(id, "nope") == 0)
		return lmd_fault(f, 404, who == AZURE ? NULL : "model", who ==
		    AZURE ? "DeploymentNotFound" : "model_not_found", who ==
		    AZURE ? "The API deployment for this resource does not "
		    "exist." : "The model `nope` does not exist or you do not "
		    "have access to it.");
	cJSON_ArrayForEach(lack, r->lacks)
		if (lmd_get(r->json, lack->valuestring))
			return unsupported(f, lack->valuestring);
	if (who == LLAMACPP)
		return true;
	if (!effort(r, id, f))
		return false;
	return thinks(id) ? thinker(r, f) : true;
}

/* ---- the shape of the reply ---- */

/* What the guide to structured outputs lists. */
static const struct lmd_dialect strict = {
	.keywords = " type properties required additionalProperties items "
	    "anyOf enum const $ref $defs description title pattern format "
	    "multipleOf minimum maximum exclusiveMinimum exclusiveMaximum "
	    "minItems maxItems ",
	.closed = true, .whole = true,
};

static bool
schema(const cJSON *o, const cJSON *s, const char *what, struct lmd_fault *f)
{
	char path[160], why[200];

	if (!lmd_is_name(lmd_word(o, "name"), 64))
		return lmd_fault(f, 400, what, "invalid_value", "Invalid "
		    "'%s.name': string does not match pattern.", what);
	if (!cJSON_IsTrue(lmd_get(o, "strict")) ||
	    lmd_schema(s, &strict, path, why))
		return true;
	return lmd_fault(f, 400, what, "invalid_json_schema", "Invalid schema "
	    "for %s '%s': In context=(%s), %s", what, lmd_word(o, "name"),
	    path, why);
}

static bool
mentions_json(const struct lmd_request *r)
{
	return strstr(r->system.s, "JSON") || strstr(r->system.s, "json") ||
	    strstr(r->user.s, "JSON") || strstr(r->user.s, "json");
}

static bool
response_format(const struct lmd_request *r, enum maker who,
    struct lmd_fault *f)
{
	static const struct lmd_field fields[] = {
		{ "type", LMD_STRING, 0, 0, true },
		{ "json_schema", LMD_OBJECT, 0, 0, false },
		{ NULL, LMD_ANY, 0, 0, false }
	}, inner[] = {
		{ "name", LMD_STRING, 0, 0, true },
		{ "description", LMD_STRING, 0, 0, false },
		{ "schema", LMD_OBJECT, 0, 0, false },
		{ "strict", LMD_BOOL, 0, 0, false },
		{ NULL, LMD_ANY, 0, 0, false }
	};
	const cJSON *o = lmd_get(r->json, "response_format");
	const cJSON *in = lmd_get(o, "json_schema");
	const char *type = lmd_word(o, "type");

	if (!o || who == LLAMACPP)
		return true;
	if (!members(o, fields, "response_format", f))
		return false;
	if (!lmd_among(type, " text json_object json_schema "))
		return lmd_fault(f, 400, "response_format.type",
		    "invalid_value", "Invalid value: '%s'.", type);
	if (strcmp(type, "json_object") == 0 && !mentions_json(r))
		return lmd_fault(f, 400, "messages", NULL, "'messages' must "
		    "contain the word 'json' in some form, to use "
		    "'response_format' of type 'json_object'.");
	if (strcmp(type, "json_schema") != 0)
		return true;
	if (!in)
		return lmd_fault(f, 400, "response_format.json_schema",
		    "missing_required_parameter", "Missing required "
		    "parameter: 'response_format.json_schema'.");
	return members(in, inner, "response_format.json_schema", f) &&
	    schema(in, lmd_get(in, "schema"), "response_format", f);
}

static bool
tools(const struct lmd_request *r, struct lmd_fault *f)
{
	static const struct lmd_field fields[] = {
		{ "type", LMD_STRING, 0, 0, true },
		{ "function", LMD_OBJECT, 0, 0, true },
		{ NULL, LMD_ANY, 0, 0, false }
	}, inner[] = {
		{ "name", LMD_STRING, 0, 0, true },
		{ "description", LMD_STRING, 0, 0, false },
		{ "parameters", LMD_OBJECT, 0, 0, false },
		{ "strict", LMD_BOOL, 0, 0, false },
		{ NULL, LMD_ANY, 0, 0, false }
	};
	const cJSON *o, *fn, *choice = lmd_get(r->json, "tool_choice");
	const char *want = lmd_word(lmd_get(choice, "function"), "name");
	bool found = false;

	cJSON_ArrayForEach(o, lmd_get(r->json, "tools")) {
		fn = lmd_get(o, "function");
		if (!members(o, fields, "tools[0]", f) ||
		    !members(fn, inner, "tools[0].function", f) ||
		    !schema(fn, lmd_get(fn, "parameters"), "function", f))
			return false;
		found = found || strcmp(lmd_word(fn, "name"), want) == 0;
	}
	if (!choice || (cJSON_IsString(choice) && lmd_among(
	    choice->valuestring, " none auto required ")))
		return true;
	if (strcmp(lmd_word(choice, "type"), "function") != 0)
		return lmd_fault(f, 400, "tool_choice", "invalid_value",
		    "Invalid value for 'tool_choice'.");
	return found || lmd_fault(f, 400, "tool_choice", "invalid_value",
	    "Invalid value for 'tool_choice': no tool has the name '%s'.",
	    want);
}

static bool
others(const struct lmd_request *r, struct lmd_fault *f)
{
	static const struct lmd_field fields[] = {
		{ "include_usage", LMD_BOOL, 0, 0, false },
		{ "include_obfuscation", LMD_BOOL, 0, 0, false },
		{ NULL, LMD_ANY, 0, 0, false }
	};
	const cJSON *stop = lmd_get(r->json, "stop"), *s;
	const cJSON *options = lmd_get(r->json, "stream_options");

	if (cJSON_IsArray(stop) && cJSON_GetArraySize(stop) > 4)
		return lmd_fault(f, 400, "stop", "array_above_max_length",
		    "Invalid 'stop': array too long. Expected an array with "
		    "maximum length 4.");
	cJSON_ArrayForEach(s, stop)
		if (!cJSON_IsString(s) || !*s->valuestring)
			return lmd_fault(f, 400, "stop", "invalid_type",
			    "Invalid 'stop': strings, not empty.");
	if (options && !lmd_streams(r))
		return lmd_fault(f, 400, "stream_options", NULL, "The "
		    "'stream_options' parameter is only allowed when "
		    "'stream' is enabled.");
	return members(options, fields, "stream_options", f);
}

/* llama.cpp's server takes grammars and many words of its own. */
static bool
llamacpp_own(const struct lmd_request *r, struct lmd_fault *f)
{
	/* Of a grammar beside a response_format it takes the latter, without a
	 * word. */
	if (lmd_get(r->json, "grammar") && (lmd_get(r->json, "json_schema") ||
	    lmd_get(r->json, "response_format")))
		return lmd_fault(f, 500, NULL, NULL,
		    "Cannot use both json_schema and grammar");
	if (lmd_get(r->json, "grammar") && lmd_get(r->json, "tools"))
		return lmd_fault(f, 400, NULL, NULL,
		    "Cannot use custom grammar constraints with tools.");
	return true;
}

/* ---- the judge ---- */

static bool
judge(const struct lmd_request *r, enum maker who, bool embeds,
    const char *id, struct lmd_fault *f)
{
	if (embeds)
		return members(r->json, embed_fields, "", f);
	if (who == LLAMACPP ? !llamacpp_own(r, f) :
	    !members(r->json, chat_fields, "", f))
		return false;
	return model(r, id, who, f) && messages(r, id, f) &&
	    response_format(r, who, f) && tools(r, f) && others(r, f);
}

static bool
openai_judge(const struct lmd_request *r, struct lmd_fault *f)
{
	const char *key = lmd_header(r, "Authorization");

	if (!key || !lmd_begins(key, "Bearer ") || strlen(key) < 8)
		return lmd_fault(f, 401, NULL, NULL,
		    "You didn't provide an API key.");
	if (strcmp(key, "Bearer wrong") == 0)
		return lmd_fault(f, 401, NULL, "invalid_api_key",
		    "Incorrect API key provided: wrong.");
	if (!lmd_among(r->path, " /v1/chat/completions /v1/embeddings "))
		return lmd_fault(f, 404, NULL, NULL,
		    "Invalid URL (POST %.200s)", r->path);
	return judge(r, OPENAI, strcmp(r->path, "/v1/embeddings") == 0,
	    lmd_word(r->json, "model"), f);
}

static bool
llamacpp_judge(const struct lmd_request *r, struct lmd_fault *f)
{
	if (!lmd_among(r->path, " /v1/chat/completions /v1/embeddings "))
		return lmd_fault(f, 404, NULL, NULL, "File Not Found");
	return judge(r, LLAMACPP, strcmp(r->path, "/v1/embeddings") == 0,
	    lmd_word(r->json, "model"), f);
}

/* The newer form has the deployment in the body; the older one in the path,
 * with a version that has to be said. */
static bool
azure_judge(const struct lmd_request *r, struct lmd_fault *f)
{
	static const char old[] = "/openai/deployments/";
	const char *key = lmd_header(r, "api-key"), *rest, *version;
	char id[64] = "";

	if (!key || !*key || strcmp(key, "wrong") == 0)
		return lmd_fault(f, 401, NULL, "401", "Access denied due to "
		    "invalid subscription key or wrong API endpoint.");
	version = lmd_argument(r, "api-version");
	if (lmd_among(r->path, " /openai/v1/chat/completions "
	    "/openai/v1/embeddings "))
		return judge(r, AZURE, strstr(r->path, "/embeddings") != NULL,
		    lmd_word(r->json, "model"), f);
	if (!lmd_begins(r->path, old))
		return lmd_fault(f, 404, NULL, "404", "Resource not found");
	if (!version || strlen(version) < 10)
		return lmd_fault(f, 404, NULL, "404", "Resource not found");
	rest = strchr(r->path + sizeof old - 1, '/');
	if (!rest || !lmd_among(rest, " /chat/completions /embeddings "))
		return lmd_fault(f, 404, NULL, "404", "Resource not found");
	snprintf(id, sizeof id, "%.*s",
	    (int)(rest - r->path - (long)sizeof old + 1), r->path +
	    sizeof old - 1);
	return judge(r, AZURE, strcmp(rest, "/embeddings") == 0, id, f);
}

/* ---- errors ---- */

static const char *
error(struct lmd_text *t, const struct lmd_fault *f)
{
	const char *code = f->code[0] ? f->code : f->quota ?
	    "insufficient_quota" : f->status == 429 ? "rate_limit_exceeded" :
	    f->status == 401 ? "invalid_api_key" : "";

	lmd_puts(t, "{\"error\":{\"message\":");
	lmd_quote(t, f->text);
	lmd_printf(t, ",\"type\":\"%s\",\"param\":", f->quota ?
	    "insufficient_quota" : f->status == 429 ? "requests" : f->status >=
	    500 ? "server_error" : "invalid_request_error");
	if (f->param[0])
		lmd_quote(t, f->param);
	else
		lmd_puts(t, "null");
	lmd_puts(t, ",\"code\":");
	if (*code)
		lmd_quote(t, code);
	else
		lmd_puts(t, "null");
	lmd_puts(t, "}}");
	return "application/json";
}

static const char *
azure_error(struct lmd_text *t, const struct lmd_fault *f)
{
	if (f->param[0] || strcmp(f->code, "content_filter") == 0)
		return error(t, f);
	lmd_puts(t, "{\"error\":{\"code\":");
	if (f->code[0])
		lmd_quote(t, f->code);
	else
		lmd_printf(t, "\"%u\"", f->status);
	lmd_puts(t, ",\"message\":");
	lmd_quote(t, f->text);
	lmd_puts(t, "}}");
	return "application/json";
}

static const char *
llamacpp_error(struct lmd_text *t, const struct lmd_fault *f)
{
	lmd_printf(t, "{\"error\":{\"code\":%u,\"message\":", f->status);
	lmd_quote(t, f->text);
	lmd_printf(t, ",\"type\":\"%s\"}}", f->code[0] ? f->code :
	    f->status == 401 ? "authentication_error" : f->status == 404 ?
	    "not_found_error" : f->status == 503 ? "unavailable_error" :
	    f->status >= 500 ? "server_error" : "invalid_request_error");
	return "application/json";
}

/* ---- answers ---- */

static bool
calls(const struct lmd_request *r)
{
	return lmd_get(r->json, "tools") && cJSON_IsObject(lmd_get(r->json,
	    "tool_choice"));
}

static const char *
called(const struct lmd_request *r)
{
	return lmd_word(lmd_get(lmd_get(r->json, "tool_choice"), "function"),
	    "name");
}

static void
head(struct lmd_text *t, const struct lmd_request *r, const char *object)
{
	lmd_printf(t, "{\"id\":\"chatcmpl-1\",\"object\":\"%s\",\"created\":1,"
	    "\"system_fingerprint\":null,\"model\":", object);
	lmd_quote(t, lmd_word(r->json, "model"));
}

static void
usage(struct lmd_text *t, const struct lmd_said *s)
{
	lmd_printf(t, "{\"prompt_tokens\":%u,\"completion_tokens\":%u,"
	    "\"total_tokens\":%u,\"prompt_tokens_details\":{"
	    "\"cached_tokens\":%u,\"audio_tokens\":0},"
	    "\"completion_tokens_details\":{\"reasoning_tokens\":0}}",
	    s->in, s->out, s->in + s->out, s->cached);
}

static void
finish(struct lmd_text *t, const struct lmd_request *r,
    const struct lmd_said *s)
{
	(void)r;
	lmd_puts(t, "\"finish_reason\":");
	lmd_quote(t, s->finish ? s->finish : "stop");
}

static void
message(struct lmd_text *t, const struct lmd_request *r,
    const struct lmd_said *s)
{
	lmd_puts(t, "{\"role\":\"assistant\",\"refusal\":");
	if (s->refusal)
		lmd_quote(t, s->refusal);
	else
		lmd_puts(t, "null");
	if (s->reasoning) {
		lmd_puts(t, ",\"reasoning_content\":");
		lmd_quote(t, s->reasoning);
	}
	lmd_puts(t, ",\"content\":");
	if (s->refusal || calls(r))
		lmd_puts(t, "null");
	else
		lmd_quote(t, s->text);
	if (calls(r) && !s->refusal) {
		lmd_puts(t, ",\"tool_calls\":[{\"id\":\"call_1\",\"type\":"
		    "\"function\",\"function\":{\"name\":");
		lmd_quote(t, called(r));
		lmd_puts(t, ",\"arguments\":");
		lmd_quote(t, s->text);
		lmd_puts(t, "}}]");
	}
	lmd_puts(t, "}");
}

/* A chunk of a stream, of which members of the delta are to come. */
struct flow {
	struct lmd_text *t;
	const struct lmd_request *r;
	const char *before, *after;     /* of a piece, as JSON string */
};

static void
chunk(struct lmd_text *t, const struct lmd_request *r, const char *delta)
{
	lmd_puts(t, "data: ");
	head(t, r, "chat.completion.chunk");
	lmd_puts(t, ",\"usage\":null,\"choices\":[{\"index\":0,\"logprobs\":"
	    "null,\"finish_reason\":null,\"delta\":{");
	lmd_puts(t, delta);
	lmd_puts(t, "}}]}\n\n");
}

static void
put(void *arg, const char *piece)
{
	struct flow *w = arg;
	struct lmd_text delta = { NULL, 0, 0 };

	lmd_puts(&delta, w->before);
	lmd_quote(&delta, piece);
	lmd_puts(&delta, w->after);
	chunk(w->t, w->r, delta.s);
	free(delta.s);
}

static void
flow(struct lmd_text *t, const struct lmd_request *r, const char *before,
    const char *s, const char *after)
{
	struct flow w = { t, r, before, after };

	lmd_pieces(s, put, &w);
}

static const char *
stream(struct lmd_text *t, const struct lmd_request *r,
    const struct lmd_said *s)
{
	struct lmd_text call = { NULL, 0, 0 };

	chunk(t, r, "\"role\":\"assistant\",\"content\":\"\","
	    "\"refusal\":null");
	if (s->reasoning)
		flow(t, r, "\"reasoning_content\":", s->reasoning, "");
	if (s->refusal) {
		flow(t, r, "\"refusal\":", s->refusal, "");
	} else if (calls(r)) {
		lmd_puts(&call, "\"tool_calls\":[{\"index\":0,\"id\":\"c1\","
		    "\"type\":\"function\",\"function\":{\"arguments\":\"\","
		    "\"name\":");
		lmd_quote(&call, called(r));
		lmd_puts(&call, "}}]");
		chunk(t, r, call.s);
		flow(t, r, "\"tool_calls\":[{\"index\":0,\"function\":{"
		    "\"arguments\":", s->text, "}}]");
	} else {
		flow(t, r, "\"content\":", s->text, "");
	}
	lmd_puts(t, "data: ");
	head(t, r, "chat.completion.chunk");
	lmd_puts(t, ",\"usage\":null,\"choices\":[{\"index\":0,\"delta\":{},");
	finish(t, r, s);
	lmd_puts(t, "}]}\n\n");
	if (cJSON_IsTrue(lmd_get(lmd_get(r->json, "stream_options"),
	    "include_usage"))) {
		lmd_puts(t, "data: ");
		head(t, r, "chat.completion.chunk");
		lmd_puts(t, ",\"choices\":[],\"usage\":");
		usage(t, s);
		lmd_puts(t, "}\n\n");
	}
	lmd_puts(t, "data: [DONE]\n\n");
	free(call.s);
	return "text/event-stream";
}

static const char *
answer(struct lmd_text *t, const struct lmd_request *r,
    const struct lmd_said *s)
{
	if (strstr(r->path, "/embeddings"))
		return lmd_reply_embeddings(t, r);
	if (lmd_streams(r))
		return stream(t, r, s);
	head(t, r, "chat.completion");
	lmd_puts(t, ",\"choices\":[{\"index\":0,\"logprobs\":null,"
	    "\"message\":");
	message(t, r, s);
	lmd_puts(t, ",");
	finish(t, r, s);
	lmd_puts(t, "}],\"usage\":");
	usage(t, s);
	lmd_puts(t, "}");
	return "application/json";
}

/* Azure's streams begin with what it thinks of the prompt. */
static const char *
azure_answer(struct lmd_text *t, const struct lmd_request *r,
    const struct lmd_said *s)
{
	if (lmd_streams(r))
		lmd_puts(t, "data: {\"choices\":[],\"created\":0,\"id\":\"\","
		    "\"model\":\"\",\"object\":\"\",\"prompt_filter_results\":"
		    "[{\"prompt_index\":0,\"content_filter_results\":{}}]}"
		    "\n\n");
	return answer(t, r, s);
}

const struct lmd_api lmd_api_openai = {
	"openai", openai_judge, answer, error
};
const struct lmd_api lmd_api_azure = {
	"azure", azure_judge, azure_answer, azure_error
};
const struct lmd_api lmd_api_llamacpp = {
	"llamacpp", llamacpp_judge, answer, llamacpp_error
};
