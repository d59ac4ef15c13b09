/* Writes JSON, piece by piece.
 *
 * An item, or a member, sees by what stands before it whether it is the first
 * of its array or object; if it is not, a comma goes in front.
 *
 * SPDX-License-Identifier: MIT */
#ifndef JSON_PUT_H
#define JSON_PUT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"

/* Begins an item of an array: its value is to follow. */
void json_put_item(struct buf *b);

/* Begins a member of an object, "NAME": likewise; without a name it is an
 * item. */
void json_put_member(struct buf *b, const char *name);

/* The same, whole: a string of NULL is "", `json` is taken over as it
 * stands. */
void json_put_string(struct buf *b, const char *name, const char *s);
void json_put_int(struct buf *b, const char *name, int64_t v);
void json_put_double(struct buf *b, const char *name, double v);
void json_put_bool(struct buf *b, const char *name, bool v);
void json_put_raw(struct buf *b, const char *name, const char *json);

#endif
