/* What is told of tests, as TAP: results, and a block of YAML behind those
 * that want explaining.  JSON, which YAML includes, quotes what is not ours.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "driver/tap.h"

#include <inttypes.h>
#include <string.h>

#include "base/tame.h"
#include "tune/stats.h"

enum { MAX_VALUE = 600 };               /* bytes of a value that are told */

/* ---- texts ---- */

static void
quote(struct buf *b, const char *s, size_t n)
{
	struct buf q = BASE_BUF_INIT;

	buf_json(&q, s, n);
	tame(b, buf_str(&q), q.len);
	buf_release(&q);
}

void
tap_quote(struct buf *b, const char *s)
{
	quote(b, s, strlen(s));
}

/* How much of `s` is told: no more than MAX_VALUE, whole characters. */
static size_t
cut(const char *s, size_t len)
{
	size_t n = len;

	if (n <= MAX_VALUE)
		return n;
	n = MAX_VALUE;
	while (n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80)
		n--;
	return n;
}

static void
put_value(struct buf *b, struct json v)
{
	struct arena a = BASE_ARENA_INIT;
	struct buf part = BASE_BUF_INIT;
	const char *s = json_kind(v) == JSON_STRING ? json_string(&a, v) :
	    NULL;
	size_t n;

	if (v.n <= MAX_VALUE) {
		tame(b, v.s, v.n);
	} else {
		n = cut(s != NULL ? s : v.s, s != NULL ? strlen(s) : v.n);
		buf_put(&part, s != NULL ? s : v.s, n);
		buf_puts(&part, " ...");
		quote(b, buf_str(&part), part.len);
	}
	buf_release(&part);
	arena_release(&a);
}

void
tap_values(struct buf *b, struct json shown)
{
	struct json_walk w = json_walk(shown);
	struct json key, v;
	bool first = true;

	buf_putc(b, '{');
	while (json_next(&w, &key, &v)) {
		buf_puts(b, first ? "" : ", ");
		tame(b, key.s, key.n);
		buf_puts(b, ": ");
		put_value(b, v);
		first = false;
	}
	buf_putc(b, '}');
}

/* How the only repetition went. */
static void
put_only(struct buf *b, const struct suite_test *t)
{
	size_t i;

	for (i = 0; i < t->nclaim; i++)
		if (t->claim[i].must && t->claim[i].unmet > 0) {
			buf_printf(b, "line %u: expect %s", t->claim[i].line,
			    t->claim[i].text);
			return;
		}
	if (t->nfailure > 0)
		buf_printf(b, "%s: %s", mip_status_word(t->failure[0].status),
		    t->failure[0].why);
	else
		buf_puts(b, "passed");
}

void
tap_message(struct buf *b, const struct suite_test *t)
{
	unsigned missing = t->repeat - t->passed - t->failed;

	if (missing == t->repeat) {
		buf_printf(b, "not run: %s", t->why);
		return;
	}
	if (t->repeat == 1) {
		put_only(b, t);
		return;
	}
	buf_printf(b, "%u of %u repetitions passed, %u %s wanted", t->passed,
	    t->repeat, t->need, t->need == 1 ? "is" : "are");
	if (missing > 0)
		buf_printf(b, "; %u did not take place: %s", missing, t->why);
}

/* ---- TAP ---- */

/* A description ends at the line's end, and `#` begins a directive. */
static void
put_name(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '#' || *s == '\\')
			buf_putc(b, '\\');
		buf_putc(b, (unsigned char)*s < ' ' ? ' ' : *s);
	}
}

static void
put_claim(struct buf *b, const struct suite_claim *c)
{
	buf_printf(b, "    - %s: ", c->must ? "expect" : "check");
	tap_quote(b, c->text);
	buf_printf(b, "\n      line: %u\n      held: %u\n      of: %u\n",
	    c->line, c->met, c->met + c->unmet);
	if (c->unmet == 0)
		return;
	buf_printf(b, "      sample: %u\n", c->sample);
	if (c->said != NULL) {
		buf_puts(b, "      text: ");
		tap_quote(b, c->said);
		buf_putc(b, '\n');
	}
	if (json_count(c->shown) > 0) {
		buf_puts(b, "      values: ");
		tap_values(b, c->shown);
		buf_putc(b, '\n');
	}
}

static void
put_failure(struct buf *b, const struct suite_failure *f)
{
	buf_printf(b, "    - class: %s\n      times: %u\n      sample: %u\n"
	    "      why: ", mip_status_word(f->status), f->times, f->sample);
	tap_quote(b, f->why);
	buf_putc(b, '\n');
}

/* Where the share of all repetitions there could be lies. */
static void
put_share(struct buf *b, const struct suite_test *t)
{
	struct interval i = stats_wilson(t->passed, t->passed + t->failed,
	    0.95);

	if (t->repeat > 1 && t->passed + t->failed > 0)
		buf_printf(b, "  share: %.3f\n  interval: [%.3f, %.3f]\n",
		    i.mean, i.lo, i.hi);
}

static void
put_details(struct buf *b, const struct suite_test *t, const char *path,
    bool verbose)
{
	struct buf message = BASE_BUF_INIT;
	bool any = false;
	size_t i;

	tap_message(&message, t);
	buf_puts(b, "  ---\n  message: ");
	tap_quote(b, buf_str(&message));
	buf_release(&message);
	buf_puts(b, "\n  file: ");
	tap_quote(b, path);
	buf_printf(b, "\n  line: %u\n", t->fn->line);
	put_share(b, t);
	for (i = 0; i < t->nclaim; i++) {
		if (t->claim[i].unmet == 0 && !verbose)
			continue;
		buf_puts(b, any ? "" : "  claims:\n");
		put_claim(b, &t->claim[i]);
		any = true;
	}
	for (i = 0; i < t->nfailure; i++) {
		buf_puts(b, i == 0 ? "  failures:\n" : "");
		put_failure(b, &t->failure[i]);
	}
	buf_puts(b, "  ...\n");
}

void
tap_test(struct buf *b, const struct suite_test *t, unsigned n,
    const char *path, bool verbose)
{
	bool wants = verbose || t->verdict != SUITE_PASSED ||
	    t->nfailure > 0;
	size_t i;

	buf_printf(b, "%sok %u - ", t->verdict == SUITE_PASSED ? "" : "not ",
	    n);
	put_name(b, t->fn->name);
	buf_putc(b, '\n');
	for (i = 0; i < t->nclaim; i++)
		wants = wants || t->claim[i].unmet > 0;
	if (wants)
		put_details(b, t, path, verbose);
}

/* The table, but for a head without rows, as comments. */
static void
tap_usage(struct buf *b, const char *table)
{
	size_t n = strcspn(table, "\n");

	if (table[n] == '\0' || table[n + 1] == '\0')
		return;
	for (; *table != '\0'; table += n + (table[n] != '\0')) {
		n = strcspn(table, "\n");
		buf_puts(b, "# ");
		buf_put(b, table, n);
		buf_putc(b, '\n');
	}
}

void
tap_summary(struct buf *b, const struct suite *s)
{
	unsigned n[SUITE_OPEN + 1] = { 0 };
	size_t i;

	tap_usage(b, s->usage.table);
	for (i = 0; i < s->ntest; i++)
		n[s->test[i].verdict]++;
	buf_printf(b, "# %u passed, %u failed", n[SUITE_PASSED],
	    n[SUITE_FAILED]);
	if (n[SUITE_OPEN] > 0)
		buf_printf(b, ", %u not decided", n[SUITE_OPEN]);
	buf_printf(b, "; %zu runs, %" PRId64 " calls of models, %" PRId64
	    " from cache", s->runs, s->used.calls, s->used.cached);
	if (s->used.usd > 0.0)
		buf_printf(b, ", %.4f usd", s->used.usd);
	buf_putc(b, '\n');
}
