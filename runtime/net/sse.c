/* Server-sent events, read as they come.
 *
 * SPDX-License-Identifier: MIT */
#include "net/sse.h"

#include <string.h>

/* The next line, without its end: LF, CR or both.  False if its end has not
 * come. */
static bool
sse_line(struct sse *s, const char *text, size_t n, bool end,
    const char **line, size_t *len)
{
	size_t i = s->seen > s->at ? s->seen : s->at;

	while (i < n && text[i] != '\n' && text[i] != '\r')
		i++;
	s->seen = i;
	if (i == n && (!end || i == s->at))
		return false;
	/* A CR may be followed by a LF that is still on its way. */
	if (i + 1 == n && text[i] == '\r' && !end)
		return false;
	*line = text + s->at;
	*len = i - s->at;
	if (i < n && text[i] == '\r' && i + 1 < n && text[i + 1] == '\n')
		i++;
	s->at = i < n ? i + 1 : n;
	return true;
}

/* Takes a line that is not empty. */
static void
sse_field(struct sse *s, const char *line, size_t n)
{
	if (n < 4 || memcmp(line, "data", 4) != 0 || (n > 4 && line[4] != ':'))
		return;
	line += n > 4 ? 5 : 4;
	n -= n > 4 ? 5 : 4;
	if (n > 0 && *line == ' ')
		line++, n--;
	if (s->fields)
		buf_putc(&s->data, '\n');
	buf_put(&s->data, line, n);
	s->fields = true;
}

static bool
sse_give(struct sse *s)
{
	s->given = s->any = true;
	return true;
}

bool
sse_next(struct sse *s, const char *text, size_t n, bool end)
{
	const char *line;
	size_t len;

	if (s->given) {
		buf_reset(&s->data);
		s->given = s->fields = false;
	}
	if (s->at == 0)
		s->at = buf_bom(text, n);
	while (sse_line(s, text, n, end, &line, &len)) {
		if (s->lines && len > 0) {
			buf_put(&s->data, line, len);
			return sse_give(s);
		}
		if (len > 0) {
			sse_field(s, line, len);
			continue;
		}
		if (s->fields)
			return sse_give(s);
	}
	return end && s->fields && sse_give(s);
}

void
sse_release(struct sse *s)
{
	buf_release(&s->data);
}
