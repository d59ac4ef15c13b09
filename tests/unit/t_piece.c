/* Tests of providers: the events of a stream, calls of functions among them, in
 * whatever order their pieces come; and the same as a whole.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "provider/provider.h"

/* An event, and the text as it is known after it. */
struct event {
	const char *data, *text;
};

static void
plays(const struct provider *p, enum mip_structure rung,
    const struct event *v, struct provider_answer *a)
{
	struct provider_stream st = { .rung = rung };

	for (; v->data; v++) {
		if (!p->piece(&st, v->data, strlen(v->data)))
			fail_msg("%s: %s", v->data, st.answer.why);
		if (strcmp(buf_str(&st.text), v->text) != 0)
			fail_msg("%s: %s, not %s", v->data,
			    buf_str(&st.text), v->text);
	}
	if (!provider_stream_end(&st, a))
		fail_msg("%s", a->why);
	assert_string_equal(a->text, v[-1].text);
	provider_stream_release(&st);
}

/* What was told at the end is what the whole says. */
static void
is_whole(const struct provider *p, enum mip_structure rung,
    const char *reply, struct provider_answer *told)
{
	struct provider_answer a;

	assert_true(p->answer(reply, strlen(reply), rung, &a));
	assert_string_equal(told->text, a.text);
	assert_string_equal(told->id, a.id);
	assert_string_equal(told->model, a.model);
	assert_int_equal(told->finish, a.finish);
	assert_int_equal(told->refused, a.refused);
	assert_int_equal(told->in, a.in);
	assert_int_equal(told->out, a.out);
	assert_int_equal(told->reasoning == NULL, a.reasoning == NULL);
	if (a.reasoning)
		assert_string_equal(told->reasoning, a.reasoning);
	provider_answer_release(&a);
	provider_answer_release(told);
}

#define DELTA(...) "{\"id\":\"c-1\",\"model\":\"m-2\",\"choices\":" \
	"[{\"index\":0,\"delta\":{" __VA_ARGS__ "}}]}"
#define CALLS(...) DELTA("\"tool_calls\":[" __VA_ARGS__ "]")
#define STOP "{\"choices\":[{\"index\":0,\"delta\":{}," \
	"\"finish_reason\":\"tool_calls\"}]}"
#define DONE(text) { STOP, text }, \
	{ "{\"choices\":[],\"usage\":{\"prompt_tokens\":7," \
	    "\"completion_tokens\":3}}", text }, \
	{ "[DONE]", text }, { NULL, NULL }
#define WHOLE(...) "{\"id\":\"c-1\",\"model\":\"m-2\",\"choices\":" \
	"[{\"message\":{" __VA_ARGS__ "},\"finish_reason\":" \
	"\"tool_calls\"}],\"usage\":{\"prompt_tokens\":7," \
	"\"completion_tokens\":3}}"

/* ---- OpenAI's ---- */

/* Two calls whose pieces alternate; names and ids come by themselves. */
static void
openai_interleaved(void **state)
{
	static const struct event v[] = {
		{ DELTA("\"role\":\"assistant\",\"content\":null"), "" },
		{ CALLS("{\"index\":0,\"id\":\"a\",\"type\":\"function\"}"),
		    "" },
		{ CALLS("{\"index\":1,\"id\":\"b\",\"function\":"
		    "{\"name\":\"reply\",\"arguments\":\"\"}}"), "" },
		{ CALLS("{\"index\":1,\"function\":{\"arguments\":"
		    "\"{\\\"n\\\"\"}}"), "" },
		{ CALLS("{\"index\":0,\"function\":{\"name\":\"reply\"}}"),
		    "" },
		{ CALLS("{\"index\":0,\"function\":{\"arguments\":"
		    "\"{\\\"n\\\":\"}}"), "{\"n\":" },
		{ CALLS("{\"index\":1,\"function\":{\"arguments\":\":2}\"}},"
		    "{\"index\":0,\"function\":{\"arguments\":\"1\"}}"),
		    "{\"n\":1" },
		{ CALLS("{\"index\":0,\"function\":{\"arguments\":\"}\"}},"
		    "{\"index\":2,\"function\":{\"name\":\"x\","
		    "\"arguments\":\"{}\"}}"), "{\"n\":1}" },
		DONE("{\"n\":1}")
	};
	struct provider_answer a;

	(void)state;
	plays(&provider_openai, MIP_STRUCTURE_FUNCTION, v, &a);
	is_whole(&provider_openai, MIP_STRUCTURE_FUNCTION,
	    WHOLE("\"content\":null,\"tool_calls\":["
	    "{\"id\":\"a\",\"function\":{\"name\":\"reply\","
	    "\"arguments\":\"{\\\"n\\\":1}\"}},"
	    "{\"id\":\"b\",\"function\":{\"name\":\"reply\","
	    "\"arguments\":\"{\\\"n\\\":2}\"}}]"), &a);
}

/* Servers that count from the first block, whatever it is. */
static void
openai_from_one(void **state)
{
	static const struct event v[] = {
		{ DELTA("\"content\":\"I call it.\""), "I call it." },
		{ CALLS("{\"index\":1,\"id\":\"a\",\"function\":{\"name\":"
		    "\"reply\",\"arguments\":\"{\\\"n\\\"\"}}"), "{\"n\"" },
		{ DELTA("\"content\":\" So.\""), "{\"n\"" },
		{ CALLS("{\"index\":1,\"function\":{\"arguments\":"
		    "\":1}\"}}"), "{\"n\":1}" },
		DONE("{\"n\":1}")
	};
	struct provider_answer a;

	(void)state;
	plays(&provider_openai, MIP_STRUCTURE_FUNCTION, v, &a);
	provider_answer_release(&a);
}

/* Servers that number no calls: whole ones, and ones in pieces. */
static void
openai_unnumbered(void **state)
{
	static const struct event whole[] = {
		{ CALLS("{\"id\":\"a\",\"function\":{\"name\":\"reply\","
		    "\"arguments\":\"{\\\"n\\\":1}\"}}"), "{\"n\":1}" },
		{ CALLS("{\"id\":\"b\",\"function\":{\"name\":\"reply\","
		    "\"arguments\":\"{\\\"n\\\":2}\"}}"), "{\"n\":1}" },
		DONE("{\"n\":1}")
	};
	static const struct event pieces[] = {
		{ CALLS("{\"id\":\"a\",\"function\":{\"name\":\"reply\","
		    "\"arguments\":\"\"}}"), "" },
		{ CALLS("{\"function\":{\"arguments\":\"{\\\"n\\\":\"}}"),
		    "{\"n\":" },
		{ CALLS("{\"function\":{\"name\":\"\","
		    "\"arguments\":\"1}\"}}"), "{\"n\":1}" },
		{ CALLS("{\"id\":\"b\",\"function\":{\"name\":\"reply\","
		    "\"arguments\":\"{\"}}"), "{\"n\":1}" },
		{ CALLS("{\"function\":{\"arguments\":\"}\"}}"),
		    "{\"n\":1}" },
		DONE("{\"n\":1}")
	};
	struct provider_answer a;

	(void)state;
	plays(&provider_openai, MIP_STRUCTURE_FUNCTION, whole, &a);
	provider_answer_release(&a);
	plays(&provider_openai, MIP_STRUCTURE_FUNCTION, pieces, &a);
	provider_answer_release(&a);
}

/* Nobody has asked for a call: what is said counts. */
static void
openai_uncalled(void **state)
{
	static const struct event v[] = {
		{ DELTA("\"content\":\"{}\""), "{}" },
		{ CALLS("{\"index\":0,\"function\":{\"name\":\"x\","
		    "\"arguments\":\"{1}\"}}"), "{}" },
		DONE("{}")
	};
	struct provider_answer a;

	(void)state;
	plays(&provider_openai, MIP_STRUCTURE_NATIVE, v, &a);
	is_whole(&provider_openai, MIP_STRUCTURE_NATIVE,
	    WHOLE("\"content\":\"{}\",\"tool_calls\":[{\"function\":"
	    "{\"name\":\"x\",\"arguments\":\"{1}\"}}]"), &a);
}

/* Numbers that are none do no harm. */
static void
openai_odd(void **state)
{
	static const struct event v[] = {
		{ CALLS("{\"index\":1e300,\"function\":{\"arguments\":"
		    "\"{\"}},{\"index\":-1},7,null,[],"
		    "{\"function\":null},{\"function\":{}}"), "{" },
		{ DELTA("\"tool_calls\":{\"index\":0}"), "{" },
		{ CALLS("{\"index\":null,\"function\":{\"arguments\":"
		    "\"}\"}}"), "{}" },
		DONE("{}")
	};
	struct provider_answer a;

	(void)state;
	plays(&provider_openai, MIP_STRUCTURE_FUNCTION, v, &a);
	provider_answer_release(&a);
}

/* ---- Anthropic's ---- */

#define BLOCK(n, type) "{\"type\":\"content_block_start\",\"index\":" n \
	",\"content_block\":{\"type\":\"" type "\"," \
	"\"id\":\"t\",\"name\":\"reply\",\"input\":{},\"text\":\"\"}}"
#define INPUT(n, s) "{\"type\":\"content_block_delta\",\"index\":" n \
	",\"delta\":{\"type\":\"input_json_delta\"," \
	"\"partial_json\":\"" s "\"}}"
#define SAYS(n, s) "{\"type\":\"content_block_delta\",\"index\":" n \
	",\"delta\":{\"type\":\"text_delta\",\"text\":\"" s "\"}}"
#define BEGIN "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\"," \
	"\"model\":\"claude-x\",\"usage\":{\"input_tokens\":7," \
	"\"output_tokens\":1}}}"
#define ENDS(t) { "{\"type\":\"message_delta\",\"delta\":" \
	"{\"stop_reason\":\"tool_use\"},\"usage\":" \
	"{\"output_tokens\":9}}", t }, \
	{ "{\"type\":\"message_stop\"}", t }, { NULL, NULL }
#define MESSAGE(...) "{\"id\":\"msg_1\",\"model\":\"claude-x\"," \
	"\"stop_reason\":\"tool_use\",\"usage\":{\"input_tokens\":7," \
	"\"output_tokens\":9},\"content\":[" __VA_ARGS__ "]}"

static void
anthropic_blocks(void **state)
{
	static const struct event v[] = {
		{ BEGIN, "" },
		{ BLOCK("0", "thinking"), "" },
		{ "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
		    "{\"type\":\"thinking_delta\",\"thinking\":\"hm\"}}", "" },
		{ BLOCK("1", "text"), "" },
		{ SAYS("1", "I call it."), "I call it." },
		{ BLOCK("2", "tool_use"), "I call it." },
		{ BLOCK("3", "tool_use"), "I call it." },
		{ INPUT("3", "{\\\"n\\\":2"), "I call it." },
		{ INPUT("2", ""), "I call it." },
		{ INPUT("2", "{\\\"n\\\""), "{\"n\"" },
		{ INPUT("3", "}"), "{\"n\"" },
		{ INPUT("2", ":1}"), "{\"n\":1}" },
		{ "{\"type\":\"content_block_stop\",\"index\":2}",
		    "{\"n\":1}" },
		ENDS("{\"n\":1}")
	};
	struct provider_answer a;

	(void)state;
	plays(&provider_anthropic, MIP_STRUCTURE_FUNCTION, v, &a);
	is_whole(&provider_anthropic, MIP_STRUCTURE_FUNCTION, MESSAGE(
	    "{\"type\":\"thinking\",\"thinking\":\"hm\"},"
	    "{\"type\":\"text\",\"text\":\"I call it.\"},"
	    "{\"type\":\"tool_use\",\"input\":{\"n\":1}},"
	    "{\"type\":\"tool_use\",\"input\":{\"n\":2}}"), &a);
}

/* A tool that is called with nothing has no pieces. */
static void
anthropic_empty(void **state)
{
	static const struct event v[] = {
		{ BEGIN, "" },
		{ BLOCK("0", "text"), "" },
		{ SAYS("0", "Well."), "Well." },
		{ BLOCK("1", "tool_use"), "Well." },
		{ INPUT("1", ""), "Well." },
		{ "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":"
		    "\"tool_use\"},\"usage\":{\"output_tokens\":9}}",
		    "Well." },
		{ "{\"type\":\"message_stop\"}", "{}" },
		{ NULL, NULL }
	};
	struct provider_answer a;

	(void)state;
	plays(&provider_anthropic, MIP_STRUCTURE_FUNCTION, v, &a);
	is_whole(&provider_anthropic, MIP_STRUCTURE_FUNCTION, MESSAGE(
	    "{\"type\":\"text\",\"text\":\"Well.\"},"
	    "{\"type\":\"tool_use\",\"input\":{}}"), &a);
}

/* ---- Gemini's and Ollama's: they are asked for no calls ---- */

#define PARTS(more, ...) "{\"responseId\":\"r-1\",\"modelVersion\":\"g-2\"," \
	"\"candidates\":[{\"content\":{\"parts\":[" __VA_ARGS__ "]}" more \
	"}],\"usageMetadata\":{\"promptTokenCount\":7," \
	"\"candidatesTokenCount\":9}}"
#define LAST ",\"finishReason\":\"STOP\""
#define CALL "{\"functionCall\":{\"name\":\"x\",\"args\":{\"n\":2}}}"

static void
gemini_parts(void **state)
{
	static const struct event v[] = {
		{ PARTS("", "{\"text\":\"hm\",\"thought\":true},"
		    "{\"text\":\"{\\\"n\\\"\"}"), "{\"n\"" },
		{ PARTS("", CALL ",{\"text\":\":\"},{\"text\":\"1\"}"),
		    "{\"n\":1" },
		{ PARTS("", "{\"text\":\", well\",\"thought\":true}"),
		    "{\"n\":1" },
		{ PARTS(LAST, "{\"text\":\"}\"}," CALL), "{\"n\":1}" },
		{ NULL, NULL }
	};
	struct provider_answer a;

	(void)state;
	plays(&provider_gemini, MIP_STRUCTURE_NATIVE, v, &a);
	is_whole(&provider_gemini, MIP_STRUCTURE_NATIVE, PARTS(LAST,
	    "{\"text\":\"hm, well\",\"thought\":true},"
	    "{\"text\":\"{\\\"n\\\":1\"}," CALL ",{\"text\":\"}\"}"), &a);
}

static void
ollama_calls(void **state)
{
	static const struct event v[] = {
		{ "{\"model\":\"q\",\"message\":{\"content\":\"{\\\"n\\\"\"},"
		    "\"done\":false}", "{\"n\"" },
		{ "{\"model\":\"q\",\"message\":{\"content\":\"\","
		    "\"tool_calls\":[{\"function\":{\"name\":\"x\","
		    "\"arguments\":{\"n\":2}}}]},\"done\":false}", "{\"n\"" },
		{ "{\"model\":\"q\",\"message\":{\"content\":\":1}\"},"
		    "\"done\":false}", "{\"n\":1}" },
		{ "{\"model\":\"q\",\"message\":{\"content\":\"\"},"
		    "\"done\":true,\"prompt_eval_count\":7,"
		    "\"eval_count\":9}", "{\"n\":1}" },
		{ NULL, NULL }
	};
	struct provider_answer a;

	(void)state;
	plays(&provider_ollama, MIP_STRUCTURE_NATIVE, v, &a);
	is_whole(&provider_ollama, MIP_STRUCTURE_NATIVE,
	    "{\"model\":\"q\",\"message\":{\"content\":\"{\\\"n\\\":1}\","
	    "\"tool_calls\":[{\"function\":{\"name\":\"x\",\"arguments\":"
	    "{\"n\":2}}}]},\"done\":true,\"prompt_eval_count\":7,"
	    "\"eval_count\":9}", &a);
}

/* A NUL does not end the text, and a backslash before it is none. */
static void
nul_inside(void **state)
{
	static const struct event v[] = {
		{ DELTA("\"content\":\"a\\u0000b\\u0000\""),
		    "a\xef\xbf\xbd" "b\xef\xbf\xbd" },
		{ DELTA("\"content\":\"\\\\u0000c\""),
		    "a\xef\xbf\xbd" "b\xef\xbf\xbd" "\\u0000c" },
		{ "{\"choices\":[{\"index\":0,\"delta\":{},"
		    "\"finish_reason\":\"stop\"}]}",
		    "a\xef\xbf\xbd" "b\xef\xbf\xbd" "\\u0000c" },
		{ "[DONE]", "a\xef\xbf\xbd" "b\xef\xbf\xbd" "\\u0000c" },
		{ NULL, NULL }
	};
	struct provider_answer a;

	(void)state;
	plays(&provider_openai, MIP_STRUCTURE_NATIVE, v, &a);
	is_whole(&provider_openai, MIP_STRUCTURE_NATIVE,
	    "{\"id\":\"c-1\",\"model\":\"m-2\",\"choices\":[{\"message\":"
	    "{\"content\":\"a\\u0000b\\u0000\\\\u0000c\"},"
	    "\"finish_reason\":\"stop\"}]}", &a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nul_inside),
		cmocka_unit_test(openai_interleaved),
		cmocka_unit_test(openai_from_one),
		cmocka_unit_test(openai_unnumbered),
		cmocka_unit_test(openai_uncalled),
		cmocka_unit_test(openai_odd),
		cmocka_unit_test(anthropic_blocks),
		cmocka_unit_test(anthropic_empty),
		cmocka_unit_test(gemini_parts),
		cmocka_unit_test(ollama_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
