/* JSON as text: checked once, then walked without building a tree.
 *
 * Rows, typed values and canonical texts go through here, so that 64-bit
 * integers and doubles stay exact.  Envelopes of foreign protocols, where
 * numbers are small, use cJSON.
 *
 * SPDX-License-Identifier: MIT */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/buf.h"

enum { JSON_DEPTH = 200 };              /* deeper texts are refused */

/* A value's text inside a checked text: borrowed, not terminated. */
struct json {
	const char *s;
	size_t n;
};

enum json_kind {
	JSON_NONE,                      /* an empty struct json: absent */
	JSON_NULL,
	JSON_BOOL,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT
};

/* Checks that `s` is one JSON value (RFC 8259, UTF-8, at most JSON_DEPTH
 * deep; blanks around it are allowed) and gives its span without the blanks.
 * On error returns false with *bad at the offending byte and *why a static
 * sentence; both may be NULL.  Only a span that came from here, directly or
 * through the calls below, may be passed to them. */
bool json_parse(const char *s, size_t n, struct json *out, size_t *bad,
    const char **why);

enum json_kind json_kind(struct json v);
bool json_is(struct json v, const char *literal);     /* same bytes? */

/* Walks the members of an object or the items of an array.
 *     struct json_walk w = json_walk(v);
 *     while (json_next(&w, &key, &item)) ...
 * `key` is the quoted string, and empty in arrays; it may be NULL. */
struct json_walk {
	const char *at, *end;
	bool object;
};
struct json_walk json_walk(struct json v);
bool json_next(struct json_walk *w, struct json *key, struct json *item);

/* As json_next, but looks at no byte twice on the way down: where the item is
 * an array or object, `item` is its bracket alone and `in` walks it.  Walked to
 * its end, `in` is left, and `w` goes on behind it.  Where it is a scalar,
 * in->at is NULL.
 *     while (json_enter(&w, &key, &item, &in)) {
 *             if (in.at) ... all of `in` ...
 *             json_leave(&w, &in);
 *     } */
bool json_enter(struct json_walk *w, struct json *key, struct json *item,
    struct json_walk *in);
void json_leave(struct json_walk *w, const struct json_walk *in);

size_t json_count(struct json v);                     /* members or items */

/* The first member called `key` (compared after decoding); an empty span
 * (JSON_NONE) if there is none or `v` is not an object. */
struct json json_get(struct json v, const char *key);

/* Decodes a string; NULL with `a` intact if it holds U+0000, NULL with
 * a->failed without memory.  A lone surrogate becomes U+FFFD. */
const char *json_string(struct arena *a, struct json v);
bool json_string_is(struct json v, const char *s);    /* decoded == s? */

/* Decodes a string into `out`, which has room for v.n bytes, U+0000 like any
 * other; a NUL ends it.  Gives the number of bytes before that. */
size_t json_decode(char *out, struct json v);

/* Exact: false if it is not a number of that type (42.0 is an int64). */
bool json_int(struct json v, int64_t *out);
bool json_double(struct json v, double *out);
bool json_bool(struct json v, bool *out);

/* Appends `v` with no blanks, as it stands. */
void json_compact(struct buf *b, struct json v);

/* Appends `v` with no blanks, keys sorted by bytes, first of equal keys kept,
 * strings re-escaped, numbers in their shortest form: equal values, equal
 * bytes. */
void json_canon(struct buf *b, struct json v);

/* Appends `v` indented by tabs, keys in the order they stand in. */
void json_pretty(struct buf *b, struct json v, unsigned indent);

#endif
