/* Memory that fails while answers of servers are read: the same answer, or none
 * with the reason.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fault.h"

#include <stdio.h>
#include <string.h>

#include "provider/provider.h"

#define HI "\"hi\\nthere\""

/* An answer, the same in events, and an error, of each API. */
static const struct said {
	const char *provider, *answer, *event[6], *error;
} said[] = {
	{ "openai", "{\"choices\":[{\"message\":{\"reasoning_content\":\"hm\","
	    "\"content\":" HI "},\"finish_reason\":\"stop\"}],\"usage\":"
	    "{\"prompt_tokens\":30,\"completion_tokens\":9}}",
	  { "{\"choices\":[{\"delta\":{\"reasoning_content\":\"hm\"}}]}",
	    "{\"choices\":[{\"delta\":{\"content\":\"hi\\n\"}}]}",
	    "{\"choices\":[{\"delta\":{\"content\":\"there\"},"
	    "\"finish_reason\":\"stop\"}]}",
	    "{\"choices\":[],\"usage\":{\"prompt_tokens\":30,"
	    "\"completion_tokens\":9}}", "[DONE]" },
	  "{\"error\":{\"message\":\"no\",\"code\":\"bad\"}}" },
	{ "anthropic", "{\"type\":\"message\",\"content\":[{\"type\":"
	    "\"thinking\",\"thinking\":\"hm\",\"signature\":\"x\"},{\"type\":"
	    "\"text\",\"text\":" HI "}],\"stop_reason\":\"end_turn\","
	    "\"usage\":{\"input_tokens\":30,\"output_tokens\":9}}",
	  { "{\"type\":\"message_start\",\"message\":{\"usage\":"
	    "{\"input_tokens\":30,\"output_tokens\":1}}}",
	    "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
	    "\"thinking_delta\",\"thinking\":\"hm\"}}",
	    "{\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":"
	    "\"text_delta\",\"text\":" HI "}}",
	    "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":"
	    "\"end_turn\"},\"usage\":{\"output_tokens\":9}}",
	    "{\"type\":\"message_stop\"}" },
	  "{\"type\":\"error\",\"error\":{\"type\":\"bad\",\"message\":"
	    "\"no\"}}" },
	{ "gemini", "{\"candidates\":[{\"content\":{\"parts\":["
	    "{\"text\":\"hm\",\"thought\":true},"
	    "{\"text\":" HI "}]},\"finishReason\":\"STOP\"}],"
	    "\"usageMetadata\":{\"promptTokenCount\":30,"
	    "\"candidatesTokenCount\":5,\"thoughtsTokenCount\":4}}",
	  { "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"hm\","
	    "\"thought\":true}]}}]}",
	    "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":" HI "}]},"
	    "\"finishReason\":\"STOP\"}],\"usageMetadata\":"
	    "{\"promptTokenCount\":30,\"candidatesTokenCount\":5,"
	    "\"thoughtsTokenCount\":4}}" },
	  "{\"error\":{\"code\":400,\"message\":\"no\",\"status\":\"bad\"}}" },
	{ "ollama", "{\"message\":{\"thinking\":\"hm\",\"content\":" HI "},"
	    "\"done\":true,\"done_reason\":\"stop\",\"prompt_eval_count\":30,"
	    "\"eval_count\":9}",
	  { "{\"message\":{\"thinking\":\"hm\",\"content\":\"\"},"
	    "\"done\":false}",
	    "{\"message\":{\"content\":\"hi\\n\"},\"done\":false}",
	    "{\"message\":{\"content\":\"there\"},\"done\":true,"
	    "\"done_reason\":\"stop\",\"prompt_eval_count\":30,"
	    "\"eval_count\":9}" },
	  "{\"error\":\"no\"}" },
};

/* Whole, or nothing and why. */
static bool
settled(bool ok, struct provider_answer *r)
{
	bool right;

	if (ok)
		right = r->text && strcmp(r->text, "hi\nthere") == 0 &&
		    r->text_len == 8 && r->reasoning &&
		    strcmp(r->reasoning, "hm") == 0 && r->counted &&
		    r->in == 30 && r->out == 9 && !r->refused &&
		    r->finish == REPLY_STOP;
	else
		right = fault_met() && r->why[0];
	if (!right)
		fprintf(stderr, "%d %s/%s %d+%d %s\n", ok,
		    r->text ? r->text : "-", r->reasoning ? r->reasoning : "-",
		    (int)r->in, (int)r->out, r->why);
	if (ok)
		provider_answer_release(r);
	return right;
}

static bool
answers(void *arg)
{
	const struct said *s = arg;
	struct provider_answer r = { .why = "" };

	return settled(provider_find(s->provider)->answer(s->answer,
	    strlen(s->answer), MIP_STRUCTURE_PROMPT, &r), &r);
}

static bool
streams(void *arg)
{
	const struct said *s = arg;
	const struct provider *p = provider_find(s->provider);
	struct provider_stream st = { .rung = MIP_STRUCTURE_PROMPT };
	struct provider_answer r = { .why = "" };
	bool ok = true;
	size_t i;

	for (i = 0; ok && s->event[i]; i++)
		ok = p->piece(&st, s->event[i], strlen(s->event[i]));
	if (!ok)
		memcpy(r.why, st.answer.why, sizeof r.why);
	else
		ok = provider_stream_end(&st, &r);
	provider_stream_release(&st);
	return settled(ok, &r);
}

static bool
errors(void *arg)
{
	const struct said *s = arg;
	struct provider_error e;

	provider_find(s->provider)->error(s->error, strlen(s->error), &e);
	return (strcmp(e.text, "no") == 0 && !e.quota) || fault_met();
}

int
main(void)
{
	char name[40];
	size_t i;

	fault_json();
	for (i = 0; i < sizeof said / sizeof said[0]; i++) {
		struct said s = said[i];

		fault_each(s.provider, FAULT_ALLOC, answers, &s);
		snprintf(name, sizeof name, "%s in pieces", s.provider);
		fault_each(name, FAULT_ALLOC, streams, &s);
		snprintf(name, sizeof name, "%s has an error", s.provider);
		fault_each(name, FAULT_ALLOC, errors, &s);
	}
	return fault_end();
}
