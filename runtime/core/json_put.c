/* Writes JSON, piece by piece.
 *
 * SPDX-License-Identifier: MIT */
#include "core/json_put.h"

#include <string.h>

void
json_put_item(struct buf *b)
{
	char last = b->len > 0 ? b->s[b->len - 1] : '{';

	if (last != '{' && last != '[')
		buf_putc(b, ',');
}

void
json_put_member(struct buf *b, const char *name)
{
	json_put_item(b);
	if (!name)
		return;
	buf_json(b, name, strlen(name));
	buf_putc(b, ':');
}

void
json_put_string(struct buf *b, const char *name, const char *s)
{
	json_put_member(b, name);
	buf_json(b, s ? s : "", s ? strlen(s) : 0);
}

void
json_put_int(struct buf *b, const char *name, int64_t v)
{
	json_put_member(b, name);
	buf_int(b, v);
}

void
json_put_double(struct buf *b, const char *name, double v)
{
	json_put_member(b, name);
	buf_double(b, v);
}

void
json_put_bool(struct buf *b, const char *name, bool v)
{
	json_put_raw(b, name, v ? "true" : "false");
}

void
json_put_raw(struct buf *b, const char *name, const char *json)
{
	json_put_member(b, name);
	buf_puts(b, json);
}
