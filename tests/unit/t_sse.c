/* Tests of sse: the events of a stream, however it is cut.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "net/sse.h"

/* The events of the text, each behind a bar, when the first `cut` bytes come
 * before the others. */
static void
events(struct buf *out, const char *text, size_t n, size_t cut, bool lines)
{
	struct sse s = { .lines = lines };

	buf_reset(out);
	while (sse_next(&s, text, cut, false)) {
		buf_putc(out, '|');
		buf_put(out, buf_str(&s.data), s.data.len);
	}
	while (sse_next(&s, text, n, true)) {
		buf_putc(out, '|');
		buf_put(out, buf_str(&s.data), s.data.len);
	}
	sse_release(&s);
}

static void
same(const char *text, const char *want, bool lines)
{
	struct buf out = BUF_INIT;
	size_t n = strlen(text), cut;

	for (cut = 0; cut <= n; cut++) {
		events(&out, text, n, cut, lines);
		assert_string_equal(buf_str(&out), want);
	}
	buf_release(&out);
}

static void
fields(void **state)
{
	(void)state;
	same("data: a\n\ndata: b\n\n", "|a|b", false);
	same("data:a\r\n\r\ndata:  b\r\n\r\n", "|a| b", false);
	same("data: a\r\rdata: b\r\r", "|a|b", false);
	same("\xef\xbb\xbf" "data: a\n\n", "|a", false);
	same("event: x\ndata: a\ndata: b\nid: 7\n\n", "|a\nb", false);
	same(": a comment\n\n:\n\ndata: a\n\n", "|a", false);
	same("data\n\ndata:\ndata:\n\n", "||\n", false);
	same("database: no\ndat: no\n\nretry: 3\n\n", "", false);
	same("data: [DONE]\n\n\n\n", "|[DONE]", false);
}

static void
cut_off(void **state)
{
	(void)state;
	same("data: a\n\ndata: b", "|a|b", false);
	same("data: a\n\ndata: b\n", "|a|b", false);
	same("", "", false);
	same("data: \xc3\xa9\n\n", "|\xc3\xa9", false);
}

static void
of_lines(void **state)
{
	(void)state;
	same("{\"a\":1}\n{\"b\":2}\n", "|{\"a\":1}|{\"b\":2}", true);
	same("{}\r\n\r\n{}", "|{}|{}", true);
	same("", "", true);
}

/* Nothing is an event before its end has come. */
static void
waits(void **state)
{
	struct sse s = { .lines = false };

	(void)state;
	assert_false(sse_next(&s, "data: a\n", 8, false));
	assert_true(sse_next(&s, "data: a\n\n", 9, false));
	assert_string_equal(buf_str(&s.data), "a");
	assert_false(sse_next(&s, "data: a\n\n", 9, false));
	assert_false(sse_next(&s, "data: a\n\n", 9, true));
	sse_release(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields),
		cmocka_unit_test(cut_off),
		cmocka_unit_test(of_lines),
		cmocka_unit_test(waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
