/* What a program asks its models: messages, the rest of the request, slots.
 *
 * SPDX-License-Identifier: MIT */
#include <string.h>

#include "cli/cli.h"
#include "core/json.h"
#include "prompt/prompt.h"
#include "run/cases.h"
#include "run/mip.h"
#include "type/type.h"

struct prompts {
	struct cli *c;
	struct buf *b;
	struct mip_env *env;            /* for its models; asks nothing */
	struct json row;                /* JSON_NONE without --row */
};

/* Appends the messages for these inputs, with the demonstrations that are
 * found for them; not MIP_OK with a sentence in *why. */
static enum mip_status
prompts_filled(struct prompts *p, struct buf *b,
    const struct slots_leaf *leaf, const void *in, const char **why)
{
	struct mip *m = mip_new(p->env);
	struct prompt_more more = { NULL, 0, NULL, 0 };
	enum mip_status s = m ? MIP_OK : MIP_NOMEM;

	if (m && leaf->prompt->cases)
		cases_find(m, leaf, in, &more.demo, &more.ndemo);
	if (m)
		s = mip_status(m);
	if (m && s != MIP_OK)
		*why = arena_strdup(&p->c->arena, mip_message(m));
	else if (m)
		s = prompt_messages(b, leaf, in, &more);
	mip_free(m);
	return s;
}

/* Appends the messages as JSON, the row's values in them if it has all that
 * the leaf wants; if it has not, or they are not to be had, *why says so. */
static enum mip_status
prompts_messages(struct prompts *p, struct buf *b,
    const struct slots_leaf *leaf, const char **why)
{
	const struct mip_type *t = leaf->prompt->in;
	void *in = arena_alloc(&p->c->arena, t->size);
	enum mip_status s = MIP_USAGE;
	struct type_error e;

	if (!in)
		return MIP_NOMEM;
	if (json_kind(p->row) == JSON_OBJECT) {
		s = type_read(&p->c->arena, t, p->row, TYPE_LENIENT, in, &e);
		if (s == MIP_USAGE)
			*why = arena_printf(&p->c->arena, "%s: %s", e.path,
			    e.text);
		if (s == MIP_OK)
			s = prompts_filled(p, b, leaf, in, why);
	}
	if (s != MIP_OK && b->len == 0)
		prompt_outline(b, leaf);
	return *why || s == MIP_USAGE ? MIP_OK : s;
}

/* What is sent besides the messages, to each model that may be asked. */
static void
prompts_request(struct prompts *p, const struct mip_model *m, struct lm_call *c)
{
	struct buf body = BUF_INIT, rest = BUF_INIT;
	struct json v, key;
	struct json_walk w;
	char why[320] = "";
	unsigned i;

	for (i = 0; i < m->nto; i++)
		prompts_request(p, m->to[i], c);
	if (m->route != MIP_DIRECT)
		return;
	c->model = m;
	buf_printf(p->b, "\n--- request to %s ---\n", m->name);
	if (lm_request(mip_env_lm(p->env), c, &body, why) != MIP_OK)
		buf_printf(p->b, "(%s)\n", why);
	else if (json_parse(buf_str(&body), body.len, &v, NULL, NULL)) {
		buf_putc(&rest, '{');
		w = json_walk(v);
		while (json_next(&w, &key, &v)) {
			if (json_string_is(key, "messages"))
				continue;
			if (rest.len > 1)
				buf_putc(&rest, ',');
			buf_put(&rest, key.s, key.n);
			buf_putc(&rest, ':');
			buf_put(&rest, v.s, v.n);
		}
		buf_putc(&rest, '}');
		if (json_parse(buf_str(&rest), rest.len, &v, NULL, NULL))
			json_pretty(p->b, v, 0);
		buf_putc(p->b, '\n');
	}
	p->b->failed |= body.failed || rest.failed;
	buf_release(&body);
	buf_release(&rest);
}

static enum mip_status
prompts_leaf(struct prompts *p, const struct slots_leaf *leaf)
{
	struct buf messages = BUF_INIT;
	const char *why = NULL;
	enum mip_status s = prompts_messages(p, &messages, leaf, &why);
	char name[MIP_SCHEMA_NAME];
	struct lm_call c;

	buf_printf(p->b, "==== %s (%s) ====\n", leaf->prompt->name,
	    slots_format_word(leaf->format));
	if (why)
		buf_printf(p->b, "(not filled in: %s)\n", why);
	prompt_show(p->b, buf_str(&messages));
	if (p->b->len > 0 && p->b->s[p->b->len - 1] != '\n')
		buf_putc(p->b, '\n');
	c = mip_leaf_call(leaf, name);
	c.messages = buf_str(&messages);
	c.messages_len = messages.len;
	prompts_request(p, leaf->prompt->model, &c);
	buf_putc(p->b, '\n');
	p->b->failed |= messages.failed;
	buf_release(&messages);
	return s;
}

/* The object of --row. */
static int
prompts_row(const struct cli *c, struct buf *text, struct json *row)
{
	const char *why;

	*row = (struct json){ NULL, 0 };
	if (!c->row)
		return 0;
	if (!cli_read_file(c, c->row, text))
		return 2;
	if (json_parse(buf_str(text), text->len, row, NULL, &why) &&
	    json_kind(*row) == JSON_OBJECT)
		return 0;
	cli_say(c, "%s is not one JSON object", c->row);
	return 2;
}

/* Models as the options have them; no key is needed to show what is sent.
 * What is kept of retrievers is looked at. */
static int
prompts_open(struct prompts *p)
{
	const struct mip_options *is = &p->c->options;
	struct mip_options o = { .offline = true, .no_cache = is->no_cache,
	    .cache_dir = is->cache_dir, .root = is->root, .allow = is->allow,
	    .model = is->model, .base_url = is->base_url };
	enum mip_status s = mip_env_new(&o, &p->env);

	if (s == MIP_OK)
		return 0;
	cli_say(p->c, "%s", p->env ? mip_env_message(p->env) :
	    mip_status_text(s));
	return mip_status_exit(s);
}

static void
prompts_slots(struct prompts *p)
{
	struct buf text = BUF_INIT;
	struct json v;

	buf_puts(p->b, "==== slots ====\n");
	slots_json(&text, p->c->slots);
	if (!text.failed && json_parse(buf_str(&text), text.len, &v, NULL,
	    NULL))
		json_pretty(p->b, v, 0);
	else
		p->b->failed = true;
	buf_putc(p->b, '\n');
	buf_release(&text);
}

void
cli_gbnf(const struct cli *c, struct buf *b)
{
	const struct slots_leaf *leaf;
	unsigned i;

	for (i = 0; i < c->program->nprompt; i++) {
		leaf = slots_leaf(c->slots, c->program->prompt[i]);
		if (leaf)
			buf_printf(b, "%s# %s (%s)\n%s", i > 0 ? "\n" : "",
			    leaf->prompt->name,
			    slots_format_word(leaf->format), leaf->grammar);
	}
}

int
cli_prompts(struct cli *c, struct buf *b)
{
	const struct mip_program *program = c->program;
	struct prompts p = { .c = c, .b = b };
	struct buf row = BUF_INIT;
	int rc = prompts_row(c, &row, &p.row);
	enum mip_status s = MIP_OK;
	const struct slots_leaf *leaf;
	unsigned i;

	if (rc == 0)
		rc = prompts_open(&p);
	for (i = 0; rc == 0 && s == MIP_OK && i < program->nprompt; i++) {
		leaf = slots_leaf(c->slots, program->prompt[i]);
		if (leaf)
			s = prompts_leaf(&p, leaf);
	}
	if (s != MIP_OK) {
		cli_say(c, "%s", mip_status_text(s));
		rc = mip_status_exit(s);
	}
	if (rc == 0)
		prompts_slots(&p);
	mip_env_free(p.env);
	buf_release(&row);
	return rc;
}
