/* Fuzzes what servers tell: a reply is made of the input, and put as each
 * provider's API puts it, whole and as a stream.  What is read is what was
 * said, wherever the stream and its words are cut.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "net/sse.h"
#include "provider/provider.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TOLD_MOST = 4096, TOLD_HEAD = 8 };

/* What is said, and how. */
struct told {
	const struct provider *p;
	enum mip_structure rung;
	bool length;                    /* it was cut short */
	struct buf text, thoughts;
	unsigned in, cached, out;
	unsigned step;                  /* bytes of each part, about */
	unsigned line;                  /* how lines end */
	bool remarks, broken;           /* comments; events of two lines */
	struct buf stream, whole;
};

static void
must(bool good)
{
	if (!good)
		abort();
}

/* ---- writing ---- */

static void
told_event(struct told *t, const char *name, const struct buf *json)
{
	static const char *const ends[] = { "\n", "\r\n", "\r" };
	const char *end = ends[t->line % 3];
	struct buf *b = &t->stream;
	size_t first = t->broken && json->s[0] == '{' ? 1 : 0;

	if (t->p->lines) {
		buf_put(b, json->s, json->len);
		buf_puts(b, t->line % 3 == 1 ? "\r\n" : "\n");
		return;
	}
	if (t->remarks)
		buf_printf(b, ": wait%s%s", end, end);
	if (name)
		buf_printf(b, "event: %s%s", name, end);
	if (first)
		buf_printf(b, "data: {%s", end);
	buf_puts(b, t->remarks ? "data:" : "data: ");
	buf_put(b, json->s + first, json->len - first);
	buf_printf(b, "%s%s", end, end);
}

/* Two strings around `n` bytes as a JSON string. */
static void
told_string(struct buf *b, const char *before, const char *s, size_t n,
    const char *behind)
{
	buf_puts(b, before);
	buf_json(b, s, n);
	buf_puts(b, behind);
}

/* The bytes of the next part, cut between characters. */
static size_t
told_part(const struct told *t, const char *s, size_t n)
{
	size_t k = 0;

	while (k < n && k < t->step)
		k += buf_utf8(s + k, n - k);
	return k;
}

/* How an API puts a reply. */
struct told_api {
	/* Around a part of a text, of a function's arguments, of thoughts. */
	const char *text[2], *call[2], *thought[2], *event;
	void (*open)(struct told *t, struct buf *b);    /* or NULL */
	void (*close)(struct told *t, struct buf *b);
	void (*whole)(struct told *t, struct buf *b);
};

static bool
told_calls(const struct told *t)
{
	return t->rung == MIP_STRUCTURE_FUNCTION;
}

static void
chat_usage(const struct told *t, struct buf *b)
{
	buf_printf(b, "\"usage\":{\"prompt_tokens\":%u,"
	    "\"completion_tokens\":%u,\"prompt_tokens_details\":"
	    "{\"cached_tokens\":%u}}", t->in, t->out, t->cached);
}

static void
chat_close(struct told *t, struct buf *b)
{
	buf_printf(b, "{\"choices\":[{\"delta\":{},\"finish_reason\":\"%s\"}],"
	    "\"usage\":null}", t->length ? "length" : "stop");
	told_event(t, NULL, b);
	buf_reset(b);
	buf_puts(b, "{\"choices\":[],");
	chat_usage(t, b);
	buf_putc(b, '}');
	told_event(t, NULL, b);
	buf_reset(b);
	buf_puts(b, "[DONE]");
	told_event(t, NULL, b);
}

static void
chat_whole(struct told *t, struct buf *b)
{
	const char *s = buf_str(&t->text);

	buf_puts(b, "{\"choices\":[{\"message\":{");
	if (t->thoughts.len > 0)
		told_string(b, "\"reasoning_content\":", t->thoughts.s,
		    t->thoughts.len, ",");
	if (told_calls(t))
		told_string(b, "\"content\":null,\"tool_calls\":[{\"function\":"
		    "{\"arguments\":", s, t->text.len, "}}]}");
	else
		told_string(b, "\"content\":", s, t->text.len, "}");
	buf_printf(b, ",\"finish_reason\":\"%s\"}],",
	    t->length ? "length" : "stop");
	chat_usage(t, b);
	buf_putc(b, '}');
}

static const struct told_api chat_api = {
	.text = { "{\"choices\":[{\"delta\":{\"content\":",
	    "},\"finish_reason\":null}]}" },
	.call = { "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,"
	    "\"function\":{\"arguments\":", "}}]}}]}" },
	.thought = { "{\"choices\":[{\"delta\":{\"content\":null,"
	    "\"reasoning_content\":", "}}]}" },
	.close = chat_close, .whole = chat_whole,
};

static void
anthropic_open(struct told *t, struct buf *b)
{
	buf_printf(b, "{\"type\":\"message_start\",\"message\":{\"usage\":"
	    "{\"input_tokens\":%u,\"cache_read_input_tokens\":%u,"
	    "\"output_tokens\":1}}}", t->in - t->cached, t->cached);
	told_event(t, "message_start", b);
}

static void
anthropic_close(struct told *t, struct buf *b)
{
	buf_printf(b, "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":"
	    "\"%s\"},\"usage\":{\"output_tokens\":%u}}",
	    t->length ? "max_tokens" : "end_turn", t->out);
	told_event(t, "message_delta", b);
	buf_reset(b);
	buf_puts(b, "{\"type\":\"message_stop\"}");
	told_event(t, "message_stop", b);
}

static void
anthropic_whole(struct told *t, struct buf *b)
{
	buf_puts(b, "{\"content\":[");
	if (t->thoughts.len > 0)
		told_string(b, "{\"type\":\"thinking\",\"thinking\":",
		    t->thoughts.s, t->thoughts.len, "},");
	if (told_calls(t))
		buf_printf(b, "{\"type\":\"tool_use\",\"input\":%s}",
		    buf_str(&t->text));
	else
		told_string(b, "{\"type\":\"text\",\"text\":",
		    buf_str(&t->text), t->text.len, "}");
	buf_printf(b, "],\"stop_reason\":\"%s\",\"usage\":{\"input_tokens\":%u,"
	    "\"cache_read_input_tokens\":%u,\"output_tokens\":%u}}",
	    t->length ? "max_tokens" : "end_turn", t->in - t->cached,
	    t->cached, t->out);
}

#define BLOCK "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
static const struct told_api anthropic_api = {
	.text = { BLOCK "{\"type\":\"text_delta\",\"text\":", "}}" },
	.call = { BLOCK "{\"type\":\"input_json_delta\",\"partial_json\":",
	    "}}" },
	.thought = { BLOCK "{\"type\":\"thinking_delta\",\"thinking\":", "}}" },
	.event = "content_block_delta", .open = anthropic_open,
	.close = anthropic_close, .whole = anthropic_whole,
};

static void
gemini_end(const struct told *t, struct buf *b)
{
	buf_printf(b, ",\"finishReason\":\"%s\"}],\"usageMetadata\":"
	    "{\"promptTokenCount\":%u,\"cachedContentTokenCount\":%u,"
	    "\"candidatesTokenCount\":%u}}", t->length ? "MAX_TOKENS" : "STOP",
	    t->in, t->cached, t->out);
}

static void
gemini_close(struct told *t, struct buf *b)
{
	buf_puts(b, "{\"candidates\":[{\"content\":{}");
	gemini_end(t, b);
	told_event(t, NULL, b);
}

static void
gemini_whole(struct told *t, struct buf *b)
{
	buf_puts(b, "{\"candidates\":[{\"content\":{\"parts\":[");
	if (t->thoughts.len > 0)
		told_string(b, "{\"thought\":true,\"text\":", t->thoughts.s,
		    t->thoughts.len, "},");
	told_string(b, "{\"text\":", buf_str(&t->text), t->text.len, "}]}");
	gemini_end(t, b);
}

#define PARTS "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":"
static const struct told_api gemini_api = {
	.text = { PARTS, "}]}}]}" },
	.thought = { PARTS, ",\"thought\":true}]}}]}" },
	.close = gemini_close, .whole = gemini_whole,
};

static void
ollama_end(const struct told *t, struct buf *b)
{
	buf_printf(b, ",\"done\":true,\"done_reason\":\"%s\","
	    "\"prompt_eval_count\":%u,\"eval_count\":%u}",
	    t->length ? "length" : "stop", t->in, t->out);
}

static void
ollama_close(struct told *t, struct buf *b)
{
	buf_puts(b, "{\"message\":{\"content\":\"\"}");
	ollama_end(t, b);
	told_event(t, NULL, b);
}

static void
ollama_whole(struct told *t, struct buf *b)
{
	told_string(b, "{\"message\":{\"content\":", buf_str(&t->text),
	    t->text.len, "");
	if (t->thoughts.len > 0)
		told_string(b, ",\"thinking\":", t->thoughts.s,
		    t->thoughts.len, "");
	buf_putc(b, '}');
	ollama_end(t, b);
}

static const struct told_api ollama_api = {
	.text = { "{\"message\":{\"content\":", "},\"done\":false}" },
	.thought = { "{\"message\":{\"content\":\"\",\"thinking\":",
	    "},\"done\":false}" },
	.close = ollama_close, .whole = ollama_whole,
};

static const struct told_api *
told_api(const struct told *t)
{
	if (t->p == &provider_anthropic)
		return &anthropic_api;
	if (t->p == &provider_gemini)
		return &gemini_api;
	if (t->p == &provider_ollama)
		return &ollama_api;
	return &chat_api;
}

static void
told_parts(struct told *t, struct buf *b, const struct buf *text,
    const char *const around[2], const char *event)
{
	size_t i, n;

	for (i = 0; i < text->len; i += n) {
		n = told_part(t, text->s + i, text->len - i);
		buf_reset(b);
		told_string(b, around[0], text->s + i, n, around[1]);
		told_event(t, event, b);
	}
}

static void
told_write(struct told *t)
{
	const struct told_api *api = told_api(t);
	struct buf b = BUF_INIT;

	if (api->open)
		api->open(t, &b);
	told_parts(t, &b, &t->thoughts, api->thought, api->event);
	told_parts(t, &b, &t->text, told_calls(t) ? api->call : api->text,
	    api->event);
	buf_reset(&b);
	api->close(t, &b);
	api->whole(t, &t->whole);
	must(!b.failed && !t->stream.failed && !t->whole.failed);
	buf_release(&b);
}

/* ---- reading ---- */

static void
told_same(const struct told *t, struct provider_answer *a)
{
	must(a->text_len == t->text.len &&
	    memcmp(a->text, buf_str(&t->text), a->text_len) == 0);
	must(strcmp(a->reasoning ? a->reasoning : "",
	    buf_str(&t->thoughts)) == 0);
	must(a->finish == (t->length ? REPLY_LENGTH : REPLY_STOP));
	must(a->counted && a->in == t->in && a->out == t->out);
	must(t->p == &provider_ollama || a->cached == t->cached);
	must(!a->refused);
	provider_answer_release(a);
}

static void
told_events(const struct told *t, struct sse *s, struct provider_stream *st,
    size_t n, bool end)
{
	while (sse_next(s, t->stream.s, n, end))
		must(t->p->piece(st, buf_str(&s->data), s->data.len));
}

/* The stream comes in parts of `step` bytes. */
static void
told_read(const struct told *t, size_t step)
{
	struct provider_stream st = { .rung = t->rung };
	struct sse s = { .lines = t->p->lines };
	struct provider_answer a;
	size_t n;

	for (n = 0; n < t->stream.len; n += step)
		told_events(t, &s, &st, n, false);
	told_events(t, &s, &st, t->stream.len, true);
	must(provider_stream_end(&st, &a));
	told_same(t, &a);
	provider_stream_release(&st);
	sse_release(&s);
}

/* ---- inputs ---- */

/* Bytes that are no text become question marks. */
static void
told_text(struct buf *b, const uint8_t *data, size_t n)
{
	const char *s = (const char *)data;
	size_t i, k;

	for (i = 0; i < n; i += k) {
		k = buf_utf8(s + i, n - i);
		if (k == 0 || s[i] == '\0') {
			k = 1;
			buf_putc(b, '?');
		} else {
			buf_put(b, s + i, k);
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct provider *const all[] = {
		&provider_openai, &provider_anthropic, &provider_gemini,
		&provider_ollama
	};
	struct told t = { .rung = MIP_STRUCTURE_NATIVE };
	struct provider_answer a;
	struct buf said = BUF_INIT;
	size_t n;

	if (size < TOLD_HEAD || size > TOLD_MOST)
		return 0;
	t.p = all[data[0] % 4];
	if (data[0] & 4 && told_api(&t)->call[0])
		t.rung = MIP_STRUCTURE_FUNCTION;
	t.length = data[0] & 8;
	t.remarks = data[0] & 16;
	t.broken = data[0] & 32;
	t.line = data[0] >> 6;
	t.step = 1 + data[1];
	t.cached = data[2];
	t.in = t.cached + data[3];
	t.out = data[4] * 1000u;
	n = (size - TOLD_HEAD) * data[5] / 256;
	told_text(&t.thoughts, data + TOLD_HEAD, n);
	told_text(&said, data + TOLD_HEAD + n, size - TOLD_HEAD - n);
	if (told_calls(&t))
		told_string(&t.text, "{\"t\":", buf_str(&said), said.len, "}");
	else
		buf_put(&t.text, buf_str(&said), said.len);
	told_write(&t);
	told_read(&t, 1);
	told_read(&t, 1 + data[6]);
	told_read(&t, t.stream.len + 1);
	must(t.p->answer(t.whole.s, t.whole.len, t.rung, &a));
	told_same(&t, &a);
	buf_release(&said);
	buf_release(&t.text);
	buf_release(&t.thoughts);
	buf_release(&t.stream);
	buf_release(&t.whole);
	return 0;
}
