/* Instruction, demonstrations and inputs as chat messages.
 *
 * The messages of a leaf are: one system message (the instruction, what the
 * fields are, how to lay out the reply; left out if there is nothing to say),
 * a user and an assistant message for each demonstration, those that are found
 * for the call last, and the user message with the inputs.  Without
 * demonstrations the layout of the reply ends the user message, where small
 * models heed it.  All that does not change with the call is the prefix, the
 * same bytes for every row, so that servers can keep it.
 *
 * SPDX-License-Identifier: MIT */
#ifndef PROMPT_H
#define PROMPT_H

#include "core/buf.h"
#include "miproc_gen.h"
#include "prompt/slots.h"

/* What one asking adds to the first one. */
struct prompt_retry {
	const char *reply;              /* what the model had said */
	const char *hint;               /* what was wrong with it */
};

/* What one call has besides its inputs. */
struct prompt_more {
	const struct json *demo;        /* that were found for it */
	unsigned ndemo;
	const struct prompt_retry *retry;
	unsigned nretry;
};

/* Appends the prefix: "[{"role":"system",...},...", not closed.  Needs
 * leaf->text, demo, format.  A demonstration that lacks inputs is an error
 * of the caller; one that lacks outputs shows those it has. */
void prompt_prefix(struct buf *b, const struct slots_leaf *leaf);

/* Appends what ends the last user message of a leaf that has no
 * demonstrations, the layout of the reply, as it stands within the quotes. */
void prompt_tail(struct buf *b, const struct slots_leaf *leaf);

/* Appends the whole message array: the prefix, the demonstrations of `more`
 * (NULL: nothing more), the inputs at `in`, and for each of its retries the
 * assistant's reply and the user's hint.  An optional input that is null is
 * left out.  Not MIP_OK exactly where `b` is failed afterwards: MIP_NOMEM, or
 * MIP_IO or MIP_USAGE for an image or file that cannot be sent, on which
 * prompt_check has a sentence. */
enum mip_status prompt_messages(struct buf *b, const struct slots_leaf *leaf,
    const void *in, const struct prompt_more *more);

/* The same for a reader, with the names of the inputs in braces in the place
 * of their values. */
void prompt_outline(struct buf *b, const struct slots_leaf *leaf);

/* Looks at the images, files and sounds of `in`: MIP_OK, or what
 * prompt_messages said, with one sentence in `why`. */
enum mip_status prompt_check(const struct slots_leaf *leaf, const void *in,
    char *why, size_t nwhy);

/* Appends the reply that the model should have given for `out` (a value of
 * prompt->out), in format `f`: the assistant's turn of a demonstration. */
void prompt_reply(struct buf *b, const struct mip_type *t, enum mip_format f,
    const void *out);

/* Appends messages as text for a reader (`--prompts`, `show prompt`). */
void prompt_show(struct buf *b, const char *messages);

#endif
