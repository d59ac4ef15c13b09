/* The texts that messages are made of: used by prompt.c.
 *
 * SPDX-License-Identifier: MIT */
#ifndef PROMPT_TEXT_H
#define PROMPT_TEXT_H

#include "core/buf.h"
#include "miproc_gen.h"
#include "prompt/slots.h"

/* Appends the system message: the instruction, what the fields are and, where
 * demonstrations follow, how to lay out the reply. */
void prompt_system(struct buf *b, const struct slots_leaf *leaf);

/* Are there demonstrations, as a rule? */
bool prompt_has_demos(const struct slots_leaf *leaf);

/* Appends how to lay out the reply.  Where no demonstration shows it, it ends
 * the user's message: small models heed the last words more than the first. */
void prompt_layout(struct buf *b, const struct mip_type *t, enum mip_format f);

/* Appends the fields of `in` for which `has` is true (NULL: all) in the
 * layout that goes with the leaf's format.  A null is left out.  A text that
 * could be taken for a part of the layout is put in a fence, as are all
 * inputs that may have texts of others.  Without `in` values are names in
 * braces. */
void prompt_inputs(struct buf *b, const struct slots_leaf *leaf,
    const void *in, const bool *has);

/* The same where the leaf has a template: a value that could be taken for
 * the text around it is fenced, too.  A null shows nothing. */
void prompt_template(struct buf *b, const struct slots_leaf *leaf,
    const void *in, const bool *has);

/* Is there an input that is always fenced? */
bool prompt_has_fence(const struct mip_prompt *p);

/* Is input `i` always fenced; does a value of the type have what is? */
bool prompt_is_fenced(const struct mip_prompt *p, unsigned i);
bool prompt_holds_fence(const struct mip_type *t);

/* What these are made of: a value as text; whether that could be taken for a
 * part of the layout, or a fence; and `text` in a fence. */
void prompt_value(struct buf *b, const struct mip_type *t, const void *v);
bool prompt_is_forged(const struct slots_leaf *leaf, const char *text);
void prompt_fenced(struct buf *b, const struct buf *text);

/* The line behind the one at `s`, or NULL. */
const char *prompt_next_line(const char *s);

/* The length of `name` at the start of `s`, whatever the case, with blanks,
 * - and _ alike; 0 if it is not there. */
size_t prompt_name_at(const char *s, const char *name);

/* Appends the reply that holds the fields of `out` for which `has` is true
 * (NULL: all). */
void prompt_outputs(struct buf *b, const struct mip_type *t,
    enum mip_format f, const void *out, const bool *has);

/* Appends compact JSON with a blank after each ':' and ',' outside of
 * strings, as most models are used to write it. */
void prompt_spaced(struct buf *b, const char *json, size_t n);

const char *prompt_alias(const struct mip_field *f);

/* True for image, file and audio, and for optionals and lists of them. */
bool prompt_is_media(const struct mip_type *t);

/* Appends ",{...}" for each image, file and audio among the fields of `in`:
 * parts of a message's content.  MIP_IO or MIP_USAGE with one sentence in
 * `why` if one cannot be sent. */
enum mip_status prompt_media(struct buf *b, const struct mip_type *t,
    const void *in, char *why, size_t nwhy);

#endif
