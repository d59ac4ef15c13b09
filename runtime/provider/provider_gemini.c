/* Google's Gemini API: generateContent.
 *
 * SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "provider/provider_json.h"

/* ---- requests ---- */

static void
gemini_url(struct buf *b, const char *base, const struct mip_model *m,
    enum provider_to to)
{
	struct buf path = BUF_INIT;

	if (to == PROVIDER_LIST) {
		provider_join(b, base, "/models");
		return;
	}
	buf_puts(&path, strchr(m->id, '/') ? "/" : "/models/");
	buf_percent(&path, m->id, "/");
	buf_puts(&path, to == PROVIDER_EMBED ? ":batchEmbedContents" :
	    to == PROVIDER_STREAM ? ":streamGenerateContent?alt=sse" :
	    ":generateContent");
	provider_join(b, base, buf_str(&path));
	buf_made_of(b, &path);
}

static void
gemini_part(struct buf *b, const struct provider_part *p)
{
	if (p->kind == PROVIDER_TEXT) {
		buf_puts(b, "{\"text\":");
		buf_put(b, p->text.s, p->text.n);
		buf_putc(b, '}');
	} else if (p->url.n > 0) {
		buf_puts(b, "{\"fileData\":{\"fileUri\":");
		buf_put(b, p->url.s, p->url.n);
		buf_puts(b, "}}");
	} else {
		buf_puts(b, "{\"inlineData\":{\"mimeType\":\"");
		buf_put(b, p->mime.s, p->mime.n);
		buf_puts(b, "\",\"data\":\"");
		buf_put(b, p->data.s, p->data.n);
		buf_puts(b, "\"}}");
	}
}

static void
gemini_content(struct buf *b, const struct provider_message *m)
{
	struct provider_part p = { .kind = PROVIDER_TEXT,
		.text = m->content };
	struct json_walk w = provider_parts(m);

	buf_puts(b, m->assistant ? "{\"role\":\"model\"" :
	    "{\"role\":\"user\"");
	buf_puts(b, ",\"parts\":[");
	if (json_kind(m->content) != JSON_ARRAY)
		gemini_part(b, &p);
	while (provider_part(&w, &p)) {
		json_put_item(b);
		gemini_part(b, &p);
	}
	buf_puts(b, "]}");
}

static void
gemini_contents(struct buf *b, const struct provider_ask *a)
{
	struct buf system = BUF_INIT;
	struct json_walk w = provider_messages(a);
	struct provider_message m;

	if (provider_system(&system, a)) {
		buf_puts(b, "\"systemInstruction\":{\"parts\":[{\"text\":\"");
		buf_put(b, system.s, system.len);
		buf_puts(b, "\"}]},");
	}
	buf_puts(b, "\"contents\":[");
	while (provider_turn(&w, &m)) {
		json_put_item(b);
		gemini_content(b, &m);
	}
	buf_putc(b, ']');
	buf_made_of(b, &system);
}

/* How many tokens the models of generation 2.5 may think with; the reply is
 * to have a part of what there is. */
static void
gemini_budget(struct buf *b, const struct mip_model *m, const char *id)
{
	static const struct { const char *effort; int64_t tokens; } budget[] = {
		{ "none", 0 }, { "minimal", 512 }, { "low", 1024 },
		{ "medium", 8192 }, { "high", 24576 }, { "xhigh", 24576 },
		{ "max", 24576 },
	};
	/* Small ones think with so many or not at all; Pro cannot but think. */
	int64_t least = strstr(id, "pro") ? 128 : 512, n = 0;
	size_t i;

	for (i = 0; i < sizeof budget / sizeof budget[0]; i++)
		if (strcmp(budget[i].effort, m->effort) == 0)
			n = budget[i].tokens;
	if (m->max_tokens > 0 && n > m->max_tokens / 4 * 3)
		n = m->max_tokens / 4 * 3;
	if (n < least)
		n = n > 0 || least == 128 ? least : 0;
	json_put_int(b, "thinkingBudget", n);
}

/* Levels from generation 3 on. */
static void
gemini_thinking(struct buf *b, const struct mip_model *m)
{
	const char *slash = strrchr(m->id, '/');
	const char *id = slash ? slash + 1 : m->id;

	if (!m->effort || provider_has_option(m, "thinkingConfig"))
		return;
	json_put_raw(b, "thinkingConfig", "{");
	if (strncmp(id, "gemini-2", 8) == 0)
		gemini_budget(b, m, id);
	else
		json_put_string(b, "thinkingLevel", strcmp(m->effort,
		    "none") == 0 ? "minimal" : m->effort);
	if (strcmp(m->effort, "none") != 0)
		json_put_raw(b, "includeThoughts", "true");
	buf_putc(b, '}');
}

static void
gemini_shape(struct buf *b, const struct provider_ask *a)
{
	static const char *const drop[] = {
		"minLength", "maxLength", "pattern", "default", NULL
	};

	if (!a->schema || (a->rung != MIP_STRUCTURE_NATIVE &&
	    a->rung != MIP_STRUCTURE_JSON_OBJECT))
		return;
	json_put_string(b, "responseMimeType", "application/json");
	if (a->rung != MIP_STRUCTURE_NATIVE)
		return;
	json_put_member(b, "responseJsonSchema");
	provider_schema(b, a->schema, drop);
}

/* Options of the request; all others are of its generationConfig. */
static const char *const gemini_outer[] = {
	"safetySettings", "cachedContent", "labels", "serviceTier",
	"toolConfig", NULL
};

static void
gemini_body(struct buf *b, const struct provider_ask *a)
{
	const struct mip_model *m = a->model;
	struct buf plain = BUF_INIT;
	struct provider_ask merged;

	provider_merge(a, &merged, &plain);
	buf_putc(b, '{');
	gemini_contents(b, &merged);
	json_put_raw(b, "generationConfig", "{");
	provider_number(b, "temperature", a->temperature);
	provider_number(b, "topP", m->top_p);
	if (m->max_tokens > 0)
		json_put_int(b, "maxOutputTokens", m->max_tokens);
	provider_seed(b, a);
	provider_strings(b, "stopSequences", m->stop);
	gemini_thinking(b, m);
	gemini_shape(b, a);
	provider_options(b, m, gemini_outer, false);
	buf_putc(b, '}');
	provider_options(b, m, gemini_outer, true);
	buf_putc(b, '}');
	buf_made_of(b, &plain);
}

static void
gemini_embed_body(struct buf *b, const struct provider_ask *a)
{
	const char *id = a->model->id;
	struct json_walk w = provider_messages(a);
	struct json text;

	buf_puts(b, "{\"requests\":[");
	while (json_next(&w, NULL, &text)) {
		json_put_item(b);
		buf_putc(b, '{');
		json_put_member(b, "model");
		buf_puts(b, strchr(id, '/') ? "\"" : "\"models/");
		buf_percent(b, id, "/");
		buf_puts(b, "\",\"content\":{\"parts\":[{\"text\":");
		buf_put(b, text.s, text.n);
		buf_puts(b, "}]}");
		provider_options(b, a->model, NULL, false);
		buf_putc(b, '}');
	}
	buf_puts(b, "]}");
}

/* ---- answers ---- */

static bool
gemini_blocked(const char *reason)
{
	static const char *const filter[] = {
		"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT",
		"SPII", "LANGUAGE", "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT",
		"IMAGE_RECITATION"
	};
	size_t i;

	for (i = 0; i < sizeof filter / sizeof filter[0]; i++)
		if (strcmp(reason, filter[i]) == 0)
			return true;
	return false;
}

/* It ended, but not as a reply does: with a call of a function that was not
 * asked for, without a reason, and the like. */
static const char *
gemini_broken(const cJSON *candidate)
{
	const char *s = provider_text_of(candidate, "finishReason");

	return s && strcmp(s, "STOP") != 0 && strcmp(s, "MAX_TOKENS") != 0 &&
	    !gemini_blocked(s) ? s : NULL;
}

/* Then what it said up to there is the reply, if it said anything. */
static bool
gemini_is_broken(const cJSON *candidate, const struct buf *text,
    struct provider_answer *r)
{
	const char *why = gemini_broken(candidate);

	if (!why || text->len > 0)
		return false;
	snprintf(r->why, sizeof r->why, "without a text, and with the reason "
	    "%.60s", why);
	return true;
}

static enum reply_finish
gemini_finish(const cJSON *candidate)
{
	const char *s = provider_text_of(candidate, "finishReason");

	if (s && strcmp(s, "MAX_TOKENS") == 0)
		return REPLY_LENGTH;
	return s && gemini_blocked(s) ? REPLY_FILTER : REPLY_STOP;
}

/* Thoughts are paid for as what is said is. */
static void
gemini_usage(const cJSON *root, struct provider_answer *r)
{
	const cJSON *u = cJSON_GetObjectItemCaseSensitive(root,
	    "usageMetadata");

	if (!cJSON_IsObject(u))
		return;
	r->in = provider_count(u, "promptTokenCount", &r->counted) +
	    provider_count(u, "toolUsePromptTokenCount", NULL);
	r->cached = provider_count(u, "cachedContentTokenCount", NULL);
	r->out = provider_count(u, "candidatesTokenCount", &r->counted) +
	    provider_count(u, "thoughtsTokenCount", NULL);
}

static void
gemini_texts(const cJSON *candidate, struct buf *text, struct buf *thoughts)
{
	const cJSON *content = cJSON_GetObjectItemCaseSensitive(candidate,
	    "content");
	const cJSON *part;
	const char *s;

	cJSON_ArrayForEach(part, cJSON_GetObjectItemCaseSensitive(content,
	    "parts")) {
		s = provider_text_of(part, "text");
		if (s)
			buf_puts(cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(
			    part, "thought")) ? thoughts : text, s);
	}
}

static void
gemini_error(const char *s, size_t n, struct provider_error *e);

static bool
gemini_answer(const char *s, size_t n, enum mip_structure rung,
    struct provider_answer *r)
{
	cJSON *root = provider_parse(s, n, "a generateContent", r);
	struct buf text = BUF_INIT, thoughts = BUF_INIT;
	const cJSON *list, *one, *feedback;
	bool ok;

	(void)rung;
	if (!root)
		return false;
	list = cJSON_GetObjectItemCaseSensitive(root, "candidates");
	one = cJSON_GetArrayItem(list, 0);
	feedback = cJSON_GetObjectItemCaseSensitive(root, "promptFeedback");
	if (cJSON_IsObject(one)) {
		r->finish = gemini_finish(one);
		gemini_usage(root, r);
		provider_names_of(r, root, "responseId", "modelVersion");
		gemini_texts(one, &text, &thoughts);
		ok = !gemini_is_broken(one, &text, r) &&
		    provider_finish(r, &text, &thoughts);
	} else if (provider_text_of(feedback, "blockReason")) {
		r->finish = REPLY_FILTER;
		r->refused = true;
		gemini_usage(root, r);
		ok = provider_finish(r, &text, &thoughts);
	} else {
		ok = provider_no_answer(r, s, n, gemini_error,
		    "JSON without candidates, not a generateContent reply");
	}
	buf_release(&text);
	buf_release(&thoughts);
	cJSON_Delete(root);
	return ok;
}

/* Each event is a reply with a part of the text. */
static bool
gemini_piece(struct provider_stream *st, const char *s, size_t n)
{
	cJSON *root = provider_event(st, s, n);
	const cJSON *one, *feedback;
	bool ok = true;

	if (!root)
		return false;
	one = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(root,
	    "candidates"), 0);
	feedback = cJSON_GetObjectItemCaseSensitive(root, "promptFeedback");
	if (cJSON_IsObject(one)) {
		gemini_texts(one, &st->text, &st->reasoning);
		if (provider_text_of(one, "finishReason")) {
			st->answer.finish = gemini_finish(one);
			st->ended = true;
			ok = !gemini_is_broken(one, &st->text, &st->answer);
		}
	} else if (provider_text_of(feedback, "blockReason")) {
		st->answer.finish = REPLY_FILTER;
		st->answer.refused = st->ended = true;
	} else if (cJSON_HasObjectItem(root, "error")) {
		ok = provider_no_answer(&st->answer, s, n, gemini_error,
		    "an error");
	}
	gemini_usage(root, &st->answer);
	provider_names_of(&st->answer, root, "responseId", "modelVersion");
	cJSON_Delete(root);
	return ok;
}

/* What the details add: how long to wait, whether a day's share is spent, or
 * the key is wrong. */
static void
gemini_detail(const cJSON *detail, struct provider_error *e)
{
	const cJSON *violation;
	const char *s = provider_text_of(detail, "retryDelay");

	if (provider_word_is(detail, "reason", "API_KEY_INVALID"))
		e->key = true;
	if (s && strtod(s, NULL) > 0 && strtod(s, NULL) < 1e6)
		e->retry_after_s = strtod(s, NULL);
	cJSON_ArrayForEach(violation, cJSON_GetObjectItemCaseSensitive(detail,
	    "violations")) {
		s = provider_text_of(violation, "quotaId");
		if (s && strstr(s, "PerDay"))
			e->quota = true;
	}
}

static void
gemini_error(const char *s, size_t n, struct provider_error *e)
{
	cJSON *root = cJSON_ParseWithLength(s, n);
	const cJSON *error, *detail;
	const char *status;

	provider_chat_error(s, n, e);
	if (cJSON_IsArray(root))        /* some answer in a list of one */
		error = cJSON_GetArrayItem(root, 0);
	else
		error = root;
	error = cJSON_GetObjectItemCaseSensitive(error, "error");
	if (!e->text[0] && provider_text_of(error, "message"))
		provider_copy(e->text, sizeof e->text,
		    provider_text_of(error, "message"));
	status = provider_text_of(error, "status");
	if (status)
		provider_copy(e->code, sizeof e->code, status);
	if (strstr(e->text, "exceeds the maximum number of tokens"))
		snprintf(e->code, sizeof e->code, "context_length_exceeded");
	cJSON_ArrayForEach(detail, cJSON_GetObjectItemCaseSensitive(error,
	    "details"))
		gemini_detail(detail, e);
	cJSON_Delete(root);
}

static bool
gemini_embed_answer(const char *s, size_t n, size_t want,
    struct provider_answer *r)
{
	static const struct provider_embeds how = {
		.api = "Gemini's embeddings", .list = "embeddings",
		.member = "values", .error = gemini_error,
	};

	return provider_embed_read(&how, s, n, want, r);
}

static const char *const gemini_reserved[] = {
	"contents", "systemInstruction", "generationConfig", "model",
	"responseMimeType", "responseJsonSchema", "responseSchema",
	"candidateCount", NULL
};

const struct provider provider_gemini = {
	.name = "gemini",
	.base_url = "https://generativelanguage.googleapis.com/v1beta",
	.key_env = "GEMINI_API_KEY",
	.key_header = "x-goog-api-key",
	.reserved = gemini_reserved,
	.model_in_url = true,
	.url = gemini_url,
	.rung = provider_schema_rung,
	.body = gemini_body,
	.answer = gemini_answer,
	.error = gemini_error,
	.piece = gemini_piece,
	.embed_body = gemini_embed_body,
	.embed_answer = gemini_embed_answer,
};
