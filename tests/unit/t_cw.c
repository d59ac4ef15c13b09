/* C as text: what is broken over lines is still the same C.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "emit/cw.h"

/* Puts the C back on one line: adjacent literals joined, breaks undone. */
static void
unbreak(struct buf *b, const char *c)
{
	bool in_string = false;

	for (; *c != '\0'; c++) {
		if (*c == '\\' && in_string) {
			buf_put(b, c, 2);
			c++;
			continue;
		}
		if (*c == '"') {
			const char *next = c + 1;

			while (in_string && strchr(" \t\n", *next) != NULL)
				next++;
			if (in_string && *next == '"' && next[-1] != '"') {
				c = next;       /* closed and opened again */
				continue;
			}
			in_string = !in_string;
		}
		if (!in_string && (*c == '\n' || *c == '\t'))
			continue;
		buf_putc(b, *c);
	}
}

static void
assert_narrow(const char *c)
{
	size_t col = 0;

	for (; *c != '\0'; c++) {
		if (*c == '\n') {
			col = 0;
			continue;
		}
		col += *c == '\t' ? 8 - col % 8 : 1;
		assert_true(col <= 80);
	}
}

/* Random words as a literal in a line, at random depths. */
static void
test_literals(void **state)
{
	unsigned seed = 7;

	(void)state;
	for (int round = 0; round < 400; round++) {
		struct buf text = BUF_INIT, lit = BUF_INIT, c = BUF_INIT;
		struct buf back = BUF_INIT, want = BUF_INIT;
		struct cw w;

		for (int n = round % 90; n > 0; n--) {
			seed = seed * 1103515245u + 12345u;
			for (unsigned k = seed >> 16 & 7; k > 0; k--)
				buf_putc(&text, "ab\"\\?,c(="[
				    (seed >> (8 + k)) % 9]);
			buf_putc(&text, ' ');
		}
		cw_string(&lit, buf_str(&text));
		cw_init(&w, &c);
		w.indent = (unsigned)round % 4;
		cw_line(&w, "x = f(\"short\", %s, y);", buf_str(&lit));
		assert_narrow(buf_str(&c));
		unbreak(&back, buf_str(&c));
		buf_printf(&want, "x=f(\"short\",%s,y);", buf_str(&lit));
		/* blanks outside of literals do not count */
		{
			struct buf tight = BUF_INIT;
			bool in = false;

			for (const char *s = buf_str(&back); *s; s++) {
				if (*s == '\\' && in) {
					buf_put(&tight, s++, 2);
					continue;
				}
				if (*s == '"')
					in = !in;
				if (in || *s != ' ')
					buf_putc(&tight, *s);
			}
			assert_string_equal(buf_str(&tight), buf_str(&want));
			buf_release(&tight);
		}
		buf_release(&text);
		buf_release(&lit);
		buf_release(&c);
		buf_release(&back);
		buf_release(&want);
	}
}

static void
string(const char *s, const char *want)
{
	struct buf b = BUF_INIT;

	cw_string(&b, s);
	assert_string_equal(buf_str(&b), want);
	buf_release(&b);
}

static void
test_strings(void **state)
{
	(void)state;
	string("a\"b\\c\n\t\r", "\"a\\\"b\\\\c\\n\\t\\r\"");
	string("what?" "?!", "\"what?\\?!\"");
	string("\x01" "9", "\"\\0019\"");
	string("gr\xc3\xbc\xc3\x9f", "\"gr\xc3\xbc\xc3\x9f\"");
	string("a\xe2\x80\xae" "b", "\"a\\342\\200\\256b\"");
	string("x\xe2", "\"x\xe2\"");
}

static void
test_comment(void **state)
{
	struct buf b = BUF_INIT;
	struct cw w;

	(void)state;
	cw_init(&w, &b);
	cw_comment(&w, "ends */ early\n\nand goes on");
	assert_string_equal(buf_str(&b),
	    "/* ends * / early\n *\n * and goes on */\n");
	buf_release(&b);
}

static void
test_text(void **state)
{
	struct buf b = BUF_INIT, s = BUF_INIT;
	struct cw w;
	size_t piece = 0;

	(void)state;
	for (int i = 0; i < 3000; i++)
		buf_puts(&s, "\xc3\xa4" "b ");
	cw_init(&w, &b);
	cw_text(&w, "t", buf_str(&s));
	for (const char *c = buf_str(&b); *c != '\0'; c++) {
		piece = c[0] == '"' && c[1] == ',' ? 0 : piece + 1;
		assert_true(piece < 4095 * 2);
	}
	assert_non_null(strstr(buf_str(&b), "NULL\n};\n"));
	buf_release(&b);
	buf_release(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_literals),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_comment),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
