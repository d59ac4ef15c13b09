/* Texts as vectors, by a model.
 *
 * SPDX-License-Identifier: MIT */
#ifndef EMBED_H
#define EMBED_H

#include "core/json.h"
#include "run/mip.h"

/* One request: the JSON array of texts, and its answer. */
struct embed_call {
	struct lm_call call;
	struct buf texts;               /* "[...]" */
};

/* Begins the array, adds a text, sends it off to be waited for with `group`;
 * `fresh`: it is not kept. */
void embed_begin(struct embed_call *c);
void embed_text(struct embed_call *c, const char *text, size_t n);
void embed_send(struct mip *m, struct embed_call *c,
    const struct mip_model *model, struct lm_group *group, bool fresh);

/* What came: counts it, and gives the array of vectors; false, and a failed
 * run. */
bool embed_answer(struct mip *m, struct embed_call *c, struct json *vectors);

/* The vector of one text as floats in the run's memory; NULL, and a failed
 * run. */
const float *embed_one(struct mip *m, const struct mip_model *model,
    const char *text, size_t *n);

/* Reads the numbers of a vector of an answer into `x`, `n` of them at most;
 * gives how many there are. */
size_t embed_numbers(struct json vector, float *x, size_t n);

#endif
