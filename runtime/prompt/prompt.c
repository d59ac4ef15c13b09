/* Chat messages: the prefix, the turns, what re-asking adds.
 *
 * SPDX-License-Identifier: MIT */
#include "prompt/prompt.h"

#include <string.h>

#include "prompt/prompt_text.h"
#include "type/type.h"

static void
put_comma(struct buf *b)
{
	if (b->len && b->s[b->len - 1] != '[')
		buf_putc(b, ',');
}

/* Appends ",{"role":...,"content":...}"; the first has no comma. */
static void
put_message(struct buf *b, const char *role, const char *text, size_t n)
{
	put_comma(b);
	buf_puts(b, "{\"role\":\"");
	buf_puts(b, role);
	buf_puts(b, "\",\"content\":");
	buf_json(b, text, n);
	buf_putc(b, '}');
}

/* Reads the fields of `t` that the demonstration has; *any: it has one.
 * Those that do not fit count as absent: slots_new has refused them. */
static bool
demo_read(struct arena *a, const struct mip_type *t, struct json demo,
    void **value, bool **has, bool *any)
{
	const struct mip_field *f;
	struct type_error e;
	struct json v;
	unsigned i;

	*any = false;
	*value = arena_alloc(a, t->size);
	*has = arena_array(a, t->n, sizeof(**has));
	if (!*value || !*has)
		return false;
	for (i = 0; i < t->n; i++) {
		f = &t->field[i];
		v = json_get(demo, f->name);
		(*has)[i] = v.n && type_read(a, f->type, v, TYPE_LENIENT,
		    (char *)*value + f->offset, &e) == MIP_OK;
		*any |= (*has)[i];
	}
	return !a->failed;
}

static void
put_demo(struct buf *b, const struct slots_leaf *leaf, struct json demo)
{
	const struct mip_prompt *p = leaf->prompt;
	struct buf text = BUF_INIT;
	struct arena a = { 0 };
	void *in, *out;
	bool *has, any, ok;

	ok = demo_read(&a, p->in, demo, &in, &has, &any);
	if (ok) {
		prompt_inputs(&text, leaf, in, has);
		put_message(b, "user", buf_str(&text), text.len);
		b->failed |= text.failed;
		buf_reset(&text);
		ok = demo_read(&a, p->out, demo, &out, &has, &any);
	}
	if (ok) {
		prompt_outputs(&text, p->out, leaf->format, out, has);
		put_message(b, "assistant", buf_str(&text), text.len);
		b->failed |= text.failed;
	}
	b->failed |= !ok;
	buf_release(&text);
	arena_release(&a);
}

void
prompt_prefix(struct buf *b, const struct slots_leaf *leaf)
{
	struct buf text = BUF_INIT;
	unsigned i;

	prompt_system(&text, leaf);
	buf_putc(b, '[');
	if (text.len)
		put_message(b, "system", buf_str(&text), text.len);
	b->failed |= text.failed;
	buf_release(&text);
	for (i = 0; i < leaf->ndemo; i++)
		put_demo(b, leaf, leaf->demo[i]);
}

static void
put_prefix(struct buf *b, const struct slots_leaf *leaf)
{
	if (leaf->prefix)
		buf_put(b, leaf->prefix, leaf->prefix_len);
	else
		prompt_prefix(b, leaf);
}

static bool
has_media(const struct mip_type *t)
{
	unsigned i;

	for (i = 0; i < t->n; i++)
		if (prompt_is_media(t->field[i].type))
			return true;
	return false;
}

void
prompt_tail(struct buf *b, const struct slots_leaf *leaf)
{
	struct buf text = BUF_INIT, json = BUF_INIT;

	buf_puts(&text, "\n\n");
	prompt_layout(&text, leaf->prompt->out, leaf->format);
	buf_json(&json, buf_str(&text), text.len);
	if (text.failed || json.failed)
		b->failed = true;
	else                            /* without its quotes */
		buf_put(b, json.s + 1, json.len - 2);
	buf_release(&json);
	buf_release(&text);
}

/* Appends the text of a question as a string of JSON. */
static void
put_text(struct buf *b, const struct slots_leaf *leaf, const void *in)
{
	struct buf text = BUF_INIT;

	prompt_inputs(&text, leaf, in, NULL);
	buf_json(b, buf_str(&text), text.len);
	b->failed |= text.failed;
	buf_release(&text);
	if (prompt_has_demos(leaf) || b->failed)
		return;
	b->len--;                       /* the quote */
	if (leaf->tail)
		buf_puts(b, leaf->tail);
	else
		prompt_tail(b, leaf);
	buf_putc(b, '"');
}

static enum mip_status
put_question(struct buf *b, const struct slots_leaf *leaf, const void *in,
    char *why, size_t nwhy)
{
	const struct mip_type *t = leaf->prompt->in;
	bool media = in && has_media(t);
	enum mip_status s = MIP_OK;

	put_comma(b);
	buf_puts(b, "{\"role\":\"user\",\"content\":");
	if (media)
		buf_puts(b, "[{\"type\":\"text\",\"text\":");
	put_text(b, leaf, in);
	if (media) {
		buf_putc(b, '}');
		s = prompt_media(b, t, in, why, nwhy);
		buf_putc(b, ']');
	}
	buf_putc(b, '}');
	return s;
}

/* In place of demonstrations that are found for each call. */
static void
put_found(struct buf *b, const struct mip_prompt *p)
{
	struct buf text = BUF_INIT;

	if (!p->cases)
		return;
	buf_printf(&text, "(demonstrations: of %s the rows that are nearest, "
	    "%u at most)", p->cases->name, p->ncase);
	put_message(b, "user", buf_str(&text), text.len);
	b->failed |= text.failed;
	buf_release(&text);
}

void
prompt_outline(struct buf *b, const struct slots_leaf *leaf)
{
	char why[8];

	put_prefix(b, leaf);
	put_found(b, leaf->prompt);
	put_question(b, leaf, NULL, why, sizeof why);
	buf_putc(b, ']');
}

static void
put_retry(struct buf *b, const struct prompt_retry *r)
{
	struct buf text = BUF_INIT;
	const char *reply = r->reply && *r->reply ? r->reply : "(empty)";

	put_message(b, "assistant", reply, strlen(reply));
	if (r->hint && *r->hint)
		buf_printf(&text, "%s\n", r->hint);
	buf_puts(&text, "Give the whole reply again in the asked layout.");
	put_message(b, "user", buf_str(&text), text.len);
	b->failed |= text.failed;
	buf_release(&text);
}

enum mip_status
prompt_messages(struct buf *b, const struct slots_leaf *leaf, const void *in,
    const struct prompt_more *more)
{
	enum mip_status s;
	char why[8];
	unsigned i;

	put_prefix(b, leaf);
	for (i = 0; more && i < more->ndemo; i++)
		put_demo(b, leaf, more->demo[i]);
	s = put_question(b, leaf, in, why, sizeof(why));
	for (i = 0; more && i < more->nretry; i++)
		put_retry(b, &more->retry[i]);
	buf_putc(b, ']');
	if (s != MIP_OK)
		b->failed = true;
	return b->failed && s == MIP_OK ? MIP_NOMEM : s;
}

enum mip_status
prompt_check(const struct slots_leaf *leaf, const void *in, char *why,
    size_t nwhy)
{
	struct buf b = BUF_INIT;
	enum mip_status s;

	if (nwhy)
		why[0] = '\0';
	s = prompt_media(&b, leaf->prompt->in, in, why, nwhy);
	if (s == MIP_OK && b.failed)
		s = MIP_NOMEM;
	buf_release(&b);
	return s;
}

void
prompt_reply(struct buf *b, const struct mip_type *t, enum mip_format f,
    const void *out)
{
	prompt_outputs(b, t, f, out, NULL);
}

/* ---- for readers ---- */

static void
show_text(struct buf *b, struct arena *a, struct json v)
{
	const char *s = json_string(a, v);

	if (s)
		buf_puts(b, s);
	buf_putc(b, '\n');
}

static void
show_content(struct buf *b, struct arena *a, struct json v)
{
	struct json_walk w = json_walk(v);
	struct json part, type;

	if (json_kind(v) == JSON_STRING) {
		show_text(b, a, v);
		return;
	}
	while (json_next(&w, NULL, &part)) {
		type = json_get(part, "type");
		if (json_string_is(type, "text")) {
			show_text(b, a, json_get(part, "text"));
			continue;
		}
		buf_putc(b, '(');
		show_text(b, a, type);
		b->len -= b->len > 0;
		buf_puts(b, ")\n");
	}
}

void
prompt_show(struct buf *b, const char *messages)
{
	struct arena a = { 0 };
	struct json v, message;
	struct json_walk w;
	const char *role;
	bool first = true;

	if (!json_parse(messages, strlen(messages), &v, NULL, NULL)) {
		buf_puts(b, messages);
		return;
	}
	w = json_walk(v);
	while (json_next(&w, NULL, &message)) {
		role = json_string(&a, json_get(message, "role"));
		buf_printf(b, "%s--- %s ---\n", first ? "" : "\n",
		    role ? role : "message");
		first = false;
		show_content(b, &a, json_get(message, "content"));
	}
	b->failed |= a.failed;
	arena_release(&a);
}
