/* Demonstrations that are found for each call: rows of a retriever.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CASES_H
#define CASES_H

#include "core/json.h"
#include "prompt/slots.h"
#include "run/mip.h"

/* The rows of the leaf's retriever that are nearest to the inputs at `in`, the
 * nearest last, so that it stands beside them: at most prompt->ncase JSON
 * objects of inputs and outputs, in the arena of the run.  Left out are rows
 * whose texts that are compared are those of `in`, and rows whose outputs could
 * be taken for the layout of a reply.  Needs prompt->cases.  False, and a
 * failed run, if there is none to search or a row is no demonstration. */
bool cases_find(struct mip *m, const struct slots_leaf *leaf, const void *in,
    const struct json **demo, unsigned *n);

#endif
