/* What a type looks like to a server and to a model.
 *
 * SPDX-License-Identifier: MIT */
#ifndef SCHEMA_H
#define SCHEMA_H

#include "core/buf.h"
#include "miproc_gen.h"

/* Appends the JSON schema of `t` in the strict dialect: every property
 * required, optionals nullable, no extras, no defaults; names are aliases,
 * descriptions stand with them.  Deterministic. */
void schema_json(struct buf *b, const struct mip_type *t);

/* The same for users (`--schema`): names, defaults, optionals not required. */
void schema_public(struct buf *b, const struct mip_type *t);

/* Appends the type for a reader: `int`, `one of: A, B`, `list of string`,
 * `JSON object {"x": string, ...}`. */
void schema_text(struct buf *b, const struct mip_type *t);

/* Appends the type as JSON with words for the values, in the model's names:
 * `{"x": string, "y": "A" or "B", "z": [int, ...]}`. */
void schema_shape(struct buf *b, const struct mip_type *t);

#endif
