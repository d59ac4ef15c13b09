/* Slot values: what tuning sets and a program reads.
 *
 * A set holds a value for every slot of a program: those baked in, or those
 * of a JSON object over them.  It is immutable once made, counted, and
 * shared by threads.
 *
 * SPDX-License-Identifier: MIT */
#ifndef SLOTS_H
#define SLOTS_H

#include "core/buf.h"
#include "core/json.h"
#include "miproc_gen.h"

/* The slots of one leaf, ready to be used. */
struct slots_leaf {
	const struct mip_prompt *prompt;
	const char *text;               /* instruction, joined */
	const struct json *demo;        /* objects of inputs and outputs */
	unsigned ndemo;
	enum mip_format format;
	enum mip_structure structure;   /* AUTO: the model's */
	double temperature;             /* MIP_UNSET: the model's */
	const char *prefix;             /* messages before the last user turn,
	                                 * rendered once: see prompt.h */
	size_t prefix_len;
	uint64_t prefix_hash;
	const char *tail;               /* of the last user turn, within its
	                                 * quotes, without demonstrations */
	const char *schema;             /* JSON schema of the outputs */
	const char *grammar;            /* GBNF of a reply in `format` */
};

struct slots;

/* Makes a set from the baked values and, where `set` is not empty, the
 * members of that object: {"answer.instruction": "text" or ["line", ...],
 * "answer.demos": [{...}], "answer.format": "json", "answer.structure": "auto",
 * "answer.temperature": 0.7, "K": 5}.  An unknown slot or a bad value:
 * MIP_USAGE with one sentence in *why (of 240 bytes at least).  Give back with
 * slots_drop. */
enum mip_status slots_new(const struct mip_program *p, struct json set,
    struct slots **out, char *why, size_t nwhy);

struct slots *slots_hold(struct slots *s);      /* one more holder */
void slots_drop(struct slots *s);               /* NULL is allowed */

const struct slots_leaf *slots_leaf(const struct slots *s,
    const struct mip_prompt *p);                /* NULL: not of the program */
const void *slots_param(const struct slots *s, const struct mip_param *p);

/* Appends all slots as one JSON object, keys sorted: what --prompts shows. */
void slots_json(struct buf *b, const struct slots *s);

/* The JSON object of slots in a tuned file ({"slots": {...}, ...}); an empty
 * span if it has none.  `why` is set to one sentence when it is no tuned
 * file. */
struct json slots_of_tuned(struct json file, const char **why);

/* Slot words: "plain", "json", ...; false if there is no such format. */
const char *slots_format_word(enum mip_format f);
bool slots_format(const char *word, enum mip_format *f);
const char *slots_structure_word(enum mip_structure s);

#endif
