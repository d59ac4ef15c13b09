/* What is told of tests, as the XML that JUnit began with.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "driver/tap.h"

/* Text, also in attributes; what XML 1.0 cannot hold becomes U+FFFD. */
static void
put(struct buf *b, const char *s)
{
	size_t len = strlen(s), n;

	for (; len > 0; s += n, len -= n) {
		n = buf_utf8(s, len);
		if (n == 0) {
			buf_puts(b, "\xef\xbf\xbd");
			n = 1;
		} else if (*s == '&')
			buf_puts(b, "&amp;");
		else if (*s == '<')
			buf_puts(b, "&lt;");
		else if (*s == '>')
			buf_puts(b, "&gt;");
		else if (*s == '"')
			buf_puts(b, "&quot;");
		else if (*s == '\n' || *s == '\t' || *s == '\r')
			buf_printf(b, "&#%d;", *s);
		else if (n == 1 && ((unsigned char)*s < ' ' || *s == 0x7f))
			buf_puts(b, "\xef\xbf\xbd");
		else if (n == 3 && memcmp(s, "\xef\xbf", 2) == 0 &&
		    (unsigned char)s[2] >= 0xbe)
			buf_puts(b, "\xef\xbf\xbd");
		else
			buf_put(b, s, n);
	}
}

static void
attribute(struct buf *b, const char *name, const char *value)
{
	buf_printf(b, " %s=\"", name);
	put(b, value);
	buf_putc(b, '"');
}

/* One line for each claim that did not hold, and for each other failure. */
static void
put_lines(struct buf *b, const struct suite_test *t, bool must)
{
	size_t i;

	for (i = 0; i < t->nclaim; i++) {
		const struct suite_claim *c = &t->claim[i];

		if (c->unmet == 0 || c->must != must)
			continue;
		buf_printf(b, "line %u: %s %s: held %u times of %u", c->line,
		    must ? "expect" : "check", c->text, c->met,
		    c->met + c->unmet);
		if (c->said != NULL) {
			buf_puts(b, "; ");
			tap_quote(b, c->said);
		}
		if (json_count(c->shown) > 0) {
			buf_puts(b, "; ");
			tap_values(b, c->shown);
		}
		buf_putc(b, '\n');
	}
	for (i = 0; must && i < t->nfailure; i++) {
		const struct suite_failure *f = &t->failure[i];

		buf_printf(b, "%s, %u times: ", mip_status_word(f->status),
		    f->times);
		tap_quote(b, f->why);
		buf_putc(b, '\n');
	}
}

/* <failure>, or <error> for what could not be decided. */
static void
put_bad(struct buf *b, const struct suite_test *t)
{
	bool open = t->verdict == SUITE_OPEN;
	const char *tag = open ? "error" : "failure";
	struct buf text = BASE_BUF_INIT, message = BASE_BUF_INIT;

	tap_message(&message, t);
	put_lines(&text, t, true);
	buf_printf(b, "      <%s", tag);
	attribute(b, "message", buf_str(&message));
	attribute(b, "type", open ? mip_status_word(t->missing) :
	    t->nfailure > 0 ? mip_status_word(t->failure[0].status) :
	    "expect");
	buf_putc(b, '>');
	put(b, buf_str(&text));
	buf_printf(b, "</%s>\n", tag);
	buf_release(&message);
	buf_release(&text);
}

static void
put_case(struct buf *b, const struct suite_test *t, const char *path)
{
	struct buf checks = BASE_BUF_INIT;

	put_lines(&checks, t, false);
	buf_puts(b, "    <testcase");
	attribute(b, "name", t->fn->name);
	attribute(b, "classname", path);
	attribute(b, "file", path);
	buf_printf(b, " line=\"%u\" time=\"%.3f\"", t->fn->line, t->seconds);
	if (t->verdict == SUITE_PASSED && checks.len == 0) {
		buf_puts(b, "/>\n");
		buf_release(&checks);
		return;
	}
	buf_puts(b, ">\n");
	if (t->verdict != SUITE_PASSED)
		put_bad(b, t);
	if (checks.len > 0) {
		buf_puts(b, "      <system-out>");
		put(b, buf_str(&checks));
		buf_puts(b, "</system-out>\n");
	}
	buf_puts(b, "    </testcase>\n");
	buf_release(&checks);
}

static void
put_sums(struct buf *b, const struct suite *s, const char *path)
{
	unsigned n[SUITE_OPEN + 1] = { 0 };
	double seconds = 0;
	size_t i;

	for (i = 0; i < s->ntest; i++) {
		n[s->test[i].verdict]++;
		seconds += s->test[i].seconds;
	}
	attribute(b, "name", path);
	buf_printf(b, " tests=\"%zu\" failures=\"%u\" errors=\"%u\" "
	    "time=\"%.3f\">\n", s->ntest, n[SUITE_FAILED], n[SUITE_OPEN],
	    seconds);
}

void
junit(struct buf *b, const struct suite *s, const char *path)
{
	size_t i;

	buf_puts(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<testsuites");
	put_sums(b, s, path);
	buf_puts(b, "  <testsuite");
	put_sums(b, s, path);
	for (i = 0; i < s->ntest; i++)
		put_case(b, &s->test[i], path);
	buf_puts(b, "  </testsuite>\n</testsuites>\n");
}
