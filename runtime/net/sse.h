/* The events of a stream: server-sent events, or lines of JSON.
 *
 * SPDX-License-Identifier: MIT */
#ifndef SSE_H
#define SSE_H

#include "core/buf.h"

/* Reads a text that grows: zeroed, but for `lines`, before the first call. */
struct sse {
	bool lines;                     /* each line is an event */
	size_t at;                      /* bytes that were read */
	size_t seen;                    /* ... in which no line ends */
	bool any;                       /* an event was given */
	struct buf data;                /* of the event at hand; sse_release */
	bool given, fields;
};

/* Puts the next event's data into s->data: the lines of its `data` fields,
 * joined by newlines (HTML standard, 9.2.6); other fields and comments are
 * passed over.  False if there is no whole event yet; at the `end` of the text
 * what is left is one. */
bool sse_next(struct sse *s, const char *text, size_t n, bool end);
void sse_release(struct sse *s);

#endif
