/* Calls of tools: inputs to a command, its output to a value.
 *
 * SPDX-License-Identifier: MIT */
#include "tool/tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json_put.h"
#include "run/mip_in.h"
#include "type/type.h"

enum {
	TOOL_QUOTED = 60,               /* bytes of an output in a message */
	TOOL_SECRET = 8                 /* of a variable that may be a secret */
};

/* ---- in ---- */

/* Whether the inputs keep to their limits. */
static bool
tool_inputs_fit(struct mip *m, const struct mip_tool *tool, const void *in)
{
	const struct mip_type *t = tool->in;
	struct type_error e;
	unsigned i;

	for (i = 0; i < t->n; i++) {
		if (type_check(&t->field[i], (const char *)in +
		    t->field[i].offset, &e))
			continue;
		mip_fail(m, MIP_FAIL, "%s: %s: %s", tool->name, e.path,
		    e.text);
		return false;
	}
	return true;
}

static void
tool_write_inputs(struct buf *b, const struct mip_tool *tool, const void *in)
{
	const struct mip_type *t = tool->in;

	if (tool->text_in)
		buf_puts(b, type_text((const char *)in + t->field[0].offset));
	else
		type_write(b, t, in, true);
}

/* ---- out ---- */

/* The beginning of the output, for a message. */
static void
tool_quote(struct buf *b, const struct buf *out)
{
	size_t n = out->len < TOOL_QUOTED ? out->len : TOOL_QUOTED, i, k;

	for (i = 0; i < n; i += k) {
		k = buf_utf8(out->s + i, n - i);
		if (k == 0)
			break;
		if ((unsigned char)out->s[i] < ' ' || out->s[i] == 127)
			buf_putc(b, ' ');
		else
			buf_put(b, out->s + i, k);
	}
	if (i < out->len)
		buf_puts(b, "...");
}

static void
tool_bad_output(struct mip *m, const struct mip_tool *tool,
    const struct buf *out, const char *why)
{
	struct buf type = BUF_INIT, text = BUF_INIT;

	type_name(&type, tool->out);
	tool_quote(&text, out);
	if (out->len == 0)
		mip_fail(m, MIP_FAIL, "%s: it wrote nothing, not %s as JSON",
		    tool->name, buf_str(&type));
	else
		mip_fail(m, MIP_FAIL, "%s: its output is not %s as JSON: %s: "
		    "%s", tool->name, buf_str(&type), why, buf_str(&text));
	buf_release(&type);
	buf_release(&text);
}

/* Whether the result keeps to the limits and conditions of its fields. */
static void
tool_result_fits(struct mip *m, const struct mip_tool *tool, const void *out)
{
	const struct mip_field all = { .name = "", .type = tool->out };
	struct type_error e;

	if (!type_check(&all, out, &e) || !mip_check_result(m, tool, out, &e))
		mip_fail(m, MIP_FAIL, "%s: its output: %s%s%s", tool->name,
		    e.path, e.path[0] ? ": " : "", e.text);
}

static void
tool_read_json(struct mip *m, const struct mip_tool *tool,
    const struct buf *text, void *out)
{
	struct type_error e = { .path = "" };
	const char *why = "";
	char whole[sizeof e.path + sizeof e.text + 2];
	enum mip_status s;
	struct json v;

	if (!json_parse(buf_str(text), text->len, &v, NULL, &why)) {
		tool_bad_output(m, tool, text, why);
		return;
	}
	s = type_read(&m->arena, tool->out, v, TYPE_EXACT, out, &e);
	if (s == MIP_NOMEM)
		mip_oom(m);
	else if (s == MIP_OK)
		tool_result_fits(m, tool, out);
	if (s != MIP_USAGE)
		return;
	snprintf(whole, sizeof whole, "%s%s%s", e.path, e.path[0] ? ": " : "",
	    e.text);
	tool_bad_output(m, tool, text, whole);
}

/* Text without the ends of lines behind it. */
static void
tool_read_text(struct mip *m, const struct mip_tool *tool,
    const struct buf *text, void *out)
{
	size_t n = text->len, i, k;
	const char *s;

	while (n > 0 && (text->s[n - 1] == '\n' || text->s[n - 1] == '\r'))
		n--;
	for (i = 0; i < n; i += k) {
		k = text->s[i] ? buf_utf8(text->s + i, n - i) : 0;
		if (k > 0)
			continue;
		mip_fail(m, MIP_FAIL, "%s: its output is no text: byte %zu",
		    tool->name, i + 1);
		return;
	}
	s = arena_strndup(&m->arena, buf_str(text), n);
	if (s)
		memcpy(out, &s, sizeof s);
}

/* ---- calls ---- */

static bool
tool_stop(void *m)
{
	return mip_stopped(m);
}

static void
tool_trace(struct mip *m, const struct mip_tool *tool, int64_t start_ns,
    const struct buf *in, const struct tool_answer *a)
{
	struct trace_tool line = {
		.tool = tool->name, .start_ns = start_ns, .status = m->status,
		.message = m->message, .latency_s = a->seconds,
		.in = buf_str(in), .out = buf_str(&a->out)
	};

	m->ended_ns = lm_trace_now(mip_env_lm(m->env));
	if (tool->kind != MIP_HTTP)     /* its request has been traced */
		lm_trace_tool(mip_env_lm(m->env), &m->at, &line);
}

/* What did not answer, as a failure of the run. */
static void
tool_failed(struct mip *m, const struct mip_tool *tool,
    const struct tool_answer *a)
{
	switch (a->went) {
	case TOOL_ANSWERED:
	case TOOL_STOPPED:              /* the run has failed */
		return;
	case TOOL_FAILED:
	case TOOL_DIED:
		mip_fail(m, MIP_FAIL, "%s: %s", tool->name, a->why);
		return;
	case TOOL_NOT_THERE:
		mip_fail(m, MIP_INFRASTRUCTURE, "%s: %s", tool->name, a->why);
		return;
	case TOOL_NO_MEMORY:
		mip_oom(m);
		return;
	}
}

/* Posts what is in `text`; false with the run failed. */
static bool
tool_fetch(struct mip *m, const struct mip_tool *tool, const struct buf *text,
    struct tool_answer *a)
{
	struct lm_call c = { .server = tool->http, .at = m->at,
		.temperature = MIP_UNSET,
		.sample = "", .fresh = true, .messages = buf_str(text),
		.messages_len = text->len, .most = tool->max_output > 0 ?
		(size_t)tool->max_output : TOOL_OUTPUT };
	enum mip_status s = lm_fetch(mip_env_lm(m->env), &c);

	a->went = s == MIP_OK ? TOOL_ANSWERED : TOOL_STOPPED;
	if (s == MIP_OK)
		buf_put(&a->out, c.text, c.text_len);
	else
		mip_fail(m, s, "%s", c.message);
	if (a->out.failed)
		a->went = TOOL_NO_MEMORY;
	lm_call_release(&c);
	return a->went == TOOL_ANSWERED;
}

/* Words and numbers are none, and would be blotted out everywhere. */
static bool
tool_is_secret(const char *v)
{
	size_t n = strlen(v);

	return n >= TOOL_SECRET && strspn(v, "0123456789.,:+-") < n;
}

/* Variables that a command is given may be secrets, which it may tell. */
static bool
tool_secrets(struct mip *m, const struct mip_tool *tool)
{
	const char *v;
	size_t i;

	for (i = 0; tool->env && tool->env[i]; i++) {
		v = getenv(tool->env[i]);
		if (v && tool_is_secret(v) &&
		    !lm_trace_secret(mip_env_lm(m->env), v))
			return false;
	}
	return true;
}

/* Asks the tool about what is in `text`, unless the run has to end; false with
 * the run failed, or `a` to be looked at. */
static bool
tool_ask(struct mip *m, const struct mip_tool *tool, const struct buf *text,
    struct tool_answer *a)
{
	*a = (struct tool_answer){ .went = TOOL_NO_MEMORY, .out = BUF_INIT };
	if (!text->failed && tool->kind == MIP_HTTP)
		return tool_fetch(m, tool, text, a);
	if (!text->failed && tool_secrets(m, tool))
		tool_run(mip_env_tools(m->env), tool, buf_str(text),
		    text->len, tool_stop, m, a);
	return a->went == TOOL_ANSWERED;
}

/* Whether a call may be made at all. */
static bool
tool_may_run(struct mip *m, const struct mip_tool *tool)
{
	const char *url;
	char why[320];

	if (m->status != MIP_OK || mip_stopped(m))
		return false;
	if (lm_time_over(mip_env_lm(m->env), why)) {
		mip_fail(m, MIP_BUDGET, "%s: %s", tool->name, why);
		return false;
	}
	if (tool->kind == MIP_HTTP) {
		url = lm_setting(&tool->http->url);
		if (!url || mip_env_allows_net(m->env, url))
			return true;
		mip_fail(m, MIP_USAGE, "the tool %s: its server is not "
		    "granted by --allow", tool->name);
		return false;
	}
	if (mip_env_allows_exec(m->env, tool->argv[0]))
		return true;
	mip_fail(m, MIP_USAGE, "%s: exec:%s is not granted", tool->name,
	    tool->argv[0]);
	return false;
}

enum mip_status
mip_call(struct mip *m, const struct mip_tool *tool, const void *in,
    void *out)
{
	int64_t start_ns = lm_trace_now(mip_env_lm(m->env));
	struct tool_answer a;
	struct buf text = BUF_INIT;

	memset(out, 0, tool->out->size);
	if (!tool_may_run(m, tool) || !tool_inputs_fit(m, tool, in))
		return m->status;
	tool_write_inputs(&text, tool, in);
	if (!tool_ask(m, tool, &text, &a))
		tool_failed(m, tool, &a);
	else if (tool->text_out)
		tool_read_text(m, tool, &a.out, out);
	else
		tool_read_json(m, tool, &a.out, out);
	if (m->status != MIP_OK)
		memset(out, 0, tool->out->size);
	tool_trace(m, tool, start_ns, &text, &a);
	buf_release(&text);
	buf_release(&a.out);
	return m->status;
}

/* ---- judging ---- */

static void
tool_put_field(struct buf *b, const struct mip_field *f, const void *record)
{
	json_put_member(b, f->name);
	type_write(b, f->type, (const char *)record + f->offset, true);
}

/* {"gold": the row, "pred": what the program was given and gave}; of a name
 * in both it is the output. */
static void
tool_write_pair(struct buf *b, struct json row, const struct mip_type *in_type,
    const void *in, const struct mip_type *out_type, const void *out)
{
	unsigned i;

	buf_puts(b, "{\"gold\":");
	if (row.n)
		json_compact(b, row);
	else
		buf_puts(b, "null");
	buf_puts(b, ",\"pred\":{");
	for (i = 0; i < in_type->n; i++)
		if (!type_field(out_type, in_type->field[i].name))
			tool_put_field(b, &in_type->field[i], in);
	for (i = 0; i < out_type->n; i++)
		tool_put_field(b, &out_type->field[i], out);
	buf_puts(b, "}}");
}

static void
tool_set_verdict(const struct mip_tool *tool, void *verdict, double score,
    const char *feedback)
{
	const struct mip_field *f = tool->out->field;

	memcpy((char *)verdict + f[0].offset, &score, sizeof score);
	memcpy((char *)verdict + f[1].offset, &feedback, sizeof feedback);
}

/* A number, or an object of score and feedback.  What is neither is the
 * metric's mistake, and no score of the row. */
static void
tool_read_verdict(struct mip *m, const struct mip_tool *tool,
    const struct buf *text, void *verdict)
{
	struct type_error e;
	struct buf said = BUF_INIT;
	enum mip_status s = MIP_USAGE;
	struct json v;
	double score;

	if (json_parse(buf_str(text), text->len, &v, NULL, NULL)) {
		if (json_double(v, &score)) {
			tool_set_verdict(tool, verdict, score, NULL);
			return;
		}
		s = type_read(&m->arena, tool->out, v, TYPE_EXACT, verdict,
		    &e);
	}
	if (s == MIP_NOMEM)
		mip_oom(m);
	if (s != MIP_USAGE)
		return;
	tool_quote(&said, text);
	mip_fail(m, MIP_INFRASTRUCTURE, "%s: its output is neither a number "
	    "nor {\"score\": number, \"feedback\": text}: %s", tool->name,
	    text->len > 0 ? buf_str(&said) : "(nothing)");
	buf_release(&said);
}

/* A row that the command fails on has its score; what kills the command, or
 * keeps it from running, has not to do with the row. */
static void
tool_no_verdict(struct mip *m, const struct mip_tool *tool,
    const struct tool_answer *a, void *verdict)
{
	if (a->went == TOOL_FAILED)
		tool_set_verdict(tool, verdict, tool->on_fail,
		    arena_strdup(&m->arena, a->why));
	else if (a->went == TOOL_DIED)
		mip_fail(m, MIP_INFRASTRUCTURE, "%s: %s", tool->name, a->why);
	else
		tool_failed(m, tool, a);
}

enum mip_status
mip_verdict(struct mip *m, const struct mip_tool *tool,
    const struct mip_type *in_type, const void *in,
    const struct mip_type *out_type, const void *out, void *verdict)
{
	int64_t start_ns = lm_trace_now(mip_env_lm(m->env));
	struct tool_answer a;
	struct buf text = BUF_INIT;

	memset(verdict, 0, tool->out->size);
	if (!tool_may_run(m, tool))
		return m->status;
	tool_write_pair(&text, m->row, in_type, in, out_type, out);
	if (tool_ask(m, tool, &text, &a))
		tool_read_verdict(m, tool, &a.out, verdict);
	else
		tool_no_verdict(m, tool, &a, verdict);
	tool_trace(m, tool, start_ns, &text, &a);
	buf_release(&text);
	buf_release(&a.out);
	return m->status;
}
