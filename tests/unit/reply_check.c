/* Checks of the reply reader by tables.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "reply_check.h"

#include "buf.h"
#include "type.h"

const struct reply_options reply_check_default = {
	.format = MIP_JSON, .max_repair = -1, .single = true
};

static void
reply_check_note(struct buf *b, const struct reply_note *note)
{
	int i;

	if (note->error != REPLY_E_NONE) {
		buf_printf(b, "%s%s%s", reply_error_word(note->error),
		    note->path[0] != '\0' ? " " : "", note->path);
		return;
	}
	for (i = 0; i < REPLY_NFLAG; i++)
		if (note->flags >> i & 1)
			buf_printf(b, "%s%s", b->len > 0 ? " " : "",
			    reply_flag_word((enum reply_flag)i));
}

static enum mip_status
reply_check_status(enum reply_error e)
{
	if (e == REPLY_E_NONE)
		return MIP_OK;
	if (e == REPLY_E_REFUSAL)
		return MIP_REFUSAL;
	return e == REPLY_E_TRUNCATED ? MIP_TRUNCATED : MIP_FORMAT;
}

void
reply_check_bytes(const struct reply_case *x, size_t n,
    const struct reply_options *o)
{
	struct arena a = { 0 };
	struct buf got = BUF_INIT, how = BUF_INIT;
	struct reply_note note;
	void *out = arena_alloc(&a, x->type->size);
	enum mip_status s = reply_read(&a, x->type, o, x->in, n, out, &note);

	reply_check_note(&how, &note);
	if (s == MIP_OK)
		type_write(&got, x->type, out, true);
	if ((s == MIP_OK) != (x->out != NULL) ||
	    strcmp(buf_str(&how), x->flags) != 0 ||
	    (x->out != NULL && strcmp(buf_str(&got), x->out) != 0))
		fail_msg("reply:  %s\nvalue:  %s\nwanted: %s\nflags:  %s\n"
		    "wanted: %s\n%s", x->in, buf_str(&got),
		    x->out != NULL ? x->out : "(none)", buf_str(&how),
		    x->flags, note.message);
	assert_int_equal(s, reply_check_status(note.error));
	assert_true(note.from <= note.to && note.to <= n);
	assert_int_equal(s == MIP_OK, note.message[0] == '\0');
	buf_release(&got);
	buf_release(&how);
	arena_release(&a);
}

void
reply_check(const struct reply_case *x, size_t n,
    const struct reply_options *o)
{
	size_t i;

	for (i = 0; i < n; i++)
		reply_check_bytes(&x[i], strlen(x[i].in), o);
}
