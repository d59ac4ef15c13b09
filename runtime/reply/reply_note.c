/* What is said about a reply that could not be read: the words, and one
 * sentence that the model can be asked again with.
 *
 * SPDX-License-Identifier: MIT */
#include "reply/reply.h"

#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "reply/reply_in.h"
#include "type/type.h"

const char *
reply_flag_word(enum reply_flag f)
{
	static const char *const word[] = {
#define REPLY_FLAG_WORD(name, word, cost) #word,
		REPLY_FLAG_MAP(REPLY_FLAG_WORD)
#undef REPLY_FLAG_WORD
	};

	return f < REPLY_NFLAG ? word[f] : "";
}

unsigned
reply_flag_cost(enum reply_flag f)
{
	static const unsigned char costs[] = {
#define REPLY_FLAG_COST(name, word, cost) cost,
		REPLY_FLAG_MAP(REPLY_FLAG_COST)
#undef REPLY_FLAG_COST
	};

	return f < REPLY_NFLAG ? costs[f] : 0;
}

const char *
reply_error_word(enum reply_error e)
{
	static const char *const word[] = {
#define REPLY_ERROR_WORD(name, word) #word,
		REPLY_ERROR_MAP(REPLY_ERROR_WORD)
#undef REPLY_ERROR_WORD
	};

	return e < REPLY_NERROR ? word[e] : "";
}

void
reply_path_text(const struct reply_path *at, char *out, size_t size)
{
	const struct reply_path *step[REPLY_DEPTH];
	size_t n = 0, len = 0;
	int k;

	out[0] = '\0';
	for (; at != NULL && n < REPLY_DEPTH; at = at->up)
		step[n++] = at;
	while (n-- > 0 && len + 1 < size) {
		if (step[n]->name == NULL)
			k = snprintf(out + len, size - len, "[%zu]",
			    step[n]->n);
		else
			k = snprintf(out + len, size - len, "%s%.*s",
			    len > 0 ? "." : "",
			    (int)(step[n]->n > 100 ? 100 : step[n]->n),
			    step[n]->name);
		if (k < 0 || (size_t)k >= size - len)
			break;
		len += (size_t)k;
	}
}

/* ---- what was expected ---- */

enum { RN_LIST = 150 };                 /* bytes that names may take */

static void
ro_name(struct buf *b, size_t from, bool first, const char *name, bool *full)
{
	if (*full)
		return;
	if (b->len - from > RN_LIST) {
		buf_puts(b, ", ...");
		*full = true;
		return;
	}
	if (!first)
		buf_puts(b, ", ");
	buf_puts(b, name);
}

static void
ro_names(struct buf *b, const struct mip_type *t)
{
	struct buf text = BUF_INIT;
	size_t from = b->len;
	bool full = false;
	unsigned i;

	for (i = 0; i < t->n; i++) {
		if (t->kind == MIP_ENUM)
			ro_name(b, from, i == 0, t->variant[i].alias != NULL ?
			    t->variant[i].alias : t->variant[i].name, &full);
		else if (t->kind == MIP_STRUCT)
			ro_name(b, from, i == 0, reply_wire(&t->field[i]),
			    &full);
		else {
			buf_reset(&text);
			type_put_value(&text, t, i);
			ro_name(b, from, i == 0, buf_str(&text), &full);
		}
	}
	b->failed |= text.failed;
	buf_release(&text);
}

static void
ro_expected(struct buf *b, const struct mip_type *t)
{
	t = reply_strip(t);
	switch (t->kind) {
	case MIP_STRING:
	case MIP_IMAGE:
	case MIP_FILE:
	case MIP_AUDIO:
		buf_puts(b, "must be text");
		return;
	case MIP_INT:
		buf_puts(b, "must be a whole number");
		return;
	case MIP_FLOAT:
		buf_puts(b, "must be a number");
		return;
	case MIP_BOOL:
		buf_puts(b, "must be true or false");
		return;
	case MIP_ENUM:
		buf_puts(b, "must be one of ");
		ro_names(b, t);
		return;
	case MIP_STRUCT:
		buf_puts(b, t->n == 1 ? "must be an object with the key " :
		    "must be an object with the keys ");
		ro_names(b, t);
		return;
	case MIP_LIST:
		buf_puts(b, "must be a list");
		return;
	case MIP_OPTIONAL:
		return;
	case MIP_MAP:
		buf_puts(b, "must be an object");
		return;
	case MIP_UNION:
		buf_puts(b, "must be of one of the types asked for");
		return;
	case MIP_LITERAL:
		buf_puts(b, t->n > 1 ? "must be one of " : "must be ");
		if (t->n > 1)
			ro_names(b, t);
		else
			type_write(b, t->of, type_value(t, 0), true);
		return;
	}
}

/* ---- the sentence ---- */

static void
ro_subject(struct buf *b, const struct reply_err *e)
{
	size_t n = strlen(e->path);

	if (n == 0)
		buf_puts(b, "The reply ");
	else
		buf_printf(b, "The %s `%s` ", e->path[n - 1] == ']' ? "item" :
		    "field", e->path);
}

/* At most 80 bytes, with no line breaks. */
static void
ro_seen(struct buf *b, struct reply_text t)
{
	enum { MOST = 80 };
	size_t n, i;

	t = reply_trim(t);
	n = t.n;
	if (n > MOST) {
		for (n = MOST; n > 0 && ((unsigned char)t.s[n] & 0xc0) == 0x80;)
			n--;
	}
	buf_putc(b, '"');
	for (i = 0; i < n; i++)
		buf_putc(b, (unsigned char)t.s[i] < 0x20 ? ' ' : t.s[i]);
	buf_puts(b, n < t.n ? "...\"" : "\"");
}

static void
ro_but(struct buf *b, const struct reply_err *e)
{
	struct reply_text t = reply_trim(e->seen);

	if (t.n == 0) {
		buf_puts(b, ", but nothing was given.");
		return;
	}
	buf_puts(b, e->path[0] != '\0' ? ", but the reply had " :
	    ", but it was ");
	ro_seen(b, e->seen);
	buf_putc(b, '.');
}

static void
ro_layout(struct buf *b, const struct mip_type *t, enum mip_format f)
{
	const char *how = "must hold one JSON object with the keys ";

	if (t->kind != MIP_STRUCT) {
		buf_puts(b, "must hold the answer as JSON");
		return;
	}
	switch (f) {
	case MIP_PLAIN:
	case MIP_JSON:
	case MIP_NFORMAT:
		break;
	case MIP_MARKERS:
		how = "must have a line `[[ ## NAME ## ]]` before each of ";
		break;
	case MIP_LABELS:
		how = "must have a line `NAME: value` for each of ";
		break;
	case MIP_XML:
		how = "must have a tag `<NAME>value</NAME>` for each of ";
		break;
	}
	buf_puts(b, how);
	ro_names(b, t);
}

static void
ro_ambiguous(struct buf *b, const struct reply_err *e)
{
	const struct mip_type *t = reply_strip(e->type);

	ro_subject(b, e);
	if (t->kind == MIP_INT || t->kind == MIP_FLOAT)
		buf_puts(b, "must be one number alone, with a point for "
		    "decimals");
	else if (t->kind == MIP_BOOL)
		buf_puts(b, "must be either true or false");
	else
		ro_expected(b, t);
	if (t->kind == MIP_ENUM || t->kind == MIP_UNION)
		buf_puts(b, " and nothing else");
	ro_but(b, e);
}

static void
ro_sentence(struct buf *b, const struct reply_err *e, const struct mip_type *t,
    enum mip_format f)
{
	switch (e->inner) {
	case REPLY_E_NONE:
	case REPLY_E_ITEM:
	case REPLY_NERROR:
		return;
	case REPLY_E_EMPTY:
		buf_puts(b, "The reply was empty.");
		return;
	case REPLY_E_REFUSAL:
		buf_puts(b, "The reply was a refusal and held no answer.");
		return;
	case REPLY_E_TRUNCATED:
		buf_puts(b, "The reply was cut off before its end; it must be "
		    "shorter.");
		return;
	case REPLY_E_NO_JSON:
		ro_subject(b, e);
		if (e->path[0] != '\0')
			ro_expected(b, e->type);
		else
			ro_layout(b, t, f);
		ro_but(b, e);
		return;
	case REPLY_E_TYPE:
	case REPLY_E_NO_MATCH:
		ro_subject(b, e);
		ro_expected(b, e->type);
		ro_but(b, e);
		return;
	case REPLY_E_MISSING:
		buf_printf(b, "The field `%s` is missing from the reply.",
		    e->path);
		return;
	case REPLY_E_AMBIGUOUS:
		ro_ambiguous(b, e);
		return;
	case REPLY_E_ASSERT:
		ro_subject(b, e);
		buf_puts(b, e->text != NULL ? e->text : "is not allowed");
		if (b->len > 0 && b->s[b->len - 1] != '.')
			buf_putc(b, '.');
		return;
	case REPLY_E_TOO_DEEP:
		buf_puts(b, "The reply is nested too deeply.");
		return;
	case REPLY_E_TOO_LONG:
		buf_puts(b, "The reply is too long.");
		return;
	case REPLY_E_NOMEM:
		buf_puts(b, "There is not enough memory for the reply.");
		return;
	}
}

void
reply_message(const struct reply_err *e, const struct mip_type *t,
    enum mip_format f, struct reply_note *note)
{
	struct buf b = BUF_INIT;
	size_t n;

	note->error = e->error;
	note->label = e->label != NULL ? e->label : "";
	snprintf(note->path, sizeof(note->path), "%s", e->path);
	ro_sentence(&b, e, t, f);
	n = b.len < sizeof(note->message) ? b.len : sizeof(note->message) - 1;
	while (n > 0 && n < b.len &&
	    ((unsigned char)buf_str(&b)[n] & 0xc0) == 0x80)
		n--;
	memcpy(note->message, buf_str(&b), n);
	note->message[n] = '\0';
	buf_release(&b);
}
