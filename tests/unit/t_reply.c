/* Tests of the reply reader, of what tests/vectors cannot say: bytes that are
 * no text, types that hold themselves, limits, memory, growth, messages.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/buf.h"
#include "core/json.h"
#include "reply/reply.h"
#include "reply_types.h"
#include "type/type.h"

#define COUNTOF(a) (sizeof(a) / sizeof(*(a)))

static const struct reply_options defaults = {
	.format = MIP_JSON, .max_repair = -1, .single = true
};

/* A reply of `n` bytes, its value, or NULL and the error with its path. */
struct reply_case {
	const struct mip_type *type;
	const char *in;
	size_t n;
	const char *out, *how;
};

static void
check(const struct reply_case *x)
{
	struct arena a = { 0 };
	struct buf got = BUF_INIT, how = BUF_INIT;
	struct reply_note note;
	void *out = arena_alloc(&a, x->type->size);
	enum mip_status s = reply_read(&a, x->type, &defaults, x->in, x->n,
	    out, &note);
	int i;

	if (s == MIP_OK)
		type_write(&got, x->type, out, true);
	else
		buf_printf(&how, "%s:%s", reply_error_word(note.error),
		    note.path);
	for (i = 0; i < REPLY_NFLAG; i++)
		if (note.flags >> i & 1)
			buf_puts(&how, reply_flag_word((enum reply_flag)i));
	assert_string_equal(buf_str(&got), x->out != NULL ? x->out : "");
	assert_string_equal(buf_str(&how), x->how);
	assert_int_equal(s, x->out != NULL ? MIP_OK : MIP_FORMAT);
	assert_int_equal(s == MIP_OK, note.message[0] == '\0');
	buf_release(&got);
	buf_release(&how);
	arena_release(&a);
}

/* Bytes that are no text. */
static void
test_bytes(void **state)
{
	static const struct reply_case cases[] = {
		{ &mip_string, "a\xff\xfe" "b", 4, "\"a\xef\xbf\xbd\xef\xbf"
		    "\xbd" "b\"", "bad_utf8" },
		{ &mip_string, "a\xc3", 2, "\"a\xef\xbf\xbd\"", "bad_utf8" },
		{ &mip_string, "a\0b", 3, NULL, "type:" },
		{ &s_t, "{\"key\": \"v\0\", \"n\": 1}", 21, NULL, "type:key" },
		{ &mip_int, "\xef\xbb\xbf" "7", 4, "7", "" },
	};
	struct arena a = { 0 };
	struct reply_note note;
	int64_t out;
	size_t i;

	(void)state;
	for (i = 0; i < COUNTOF(cases); i++)
		check(&cases[i]);
	/* Places are those of the reply, whatever was taken out before. */
	assert_int_equal(reply_read(&a, &mip_int, &defaults,
	    "\xff<a>\n<think>x</think> [7]\xff", 27, &out, &note), MIP_OK);
	assert_int_equal(out, 7);
	assert_int_equal(note.from, 22);
	assert_int_equal(note.to, 25);
	arena_release(&a);
}

/* Types that hold themselves. */
static void
test_recursive(void **state)
{
	static const struct {
		const struct mip_type *type;
		const char *in, *out, *how;
	} cases[] = {
		{ &tree_t, "{\"name\": \"a\", \"kids\": [{\"name\": \"b\", "
		    "\"kids\": []}]}", "{\"name\":\"a\",\"kids\":"
		    "[{\"name\":\"b\",\"kids\":[]}]}", "" },
		{ &tree_t, "{\"name\": \"a\", \"kids\": [{\"name\": \"b\"}]}",
		    NULL, "item:kids[0].kids" },
		{ &tree_t, "{\"name\": \"a\", \"kids\": [{\"name\": \"b\", "
		    "\"kids\": []", "{\"name\":\"a\",\"kids\":"
		    "[{\"name\":\"b\",\"kids\":[]}]}", "closed" },
		{ &fork_t, "{\"next\": {\"next\": {\"next\": null}}}",
		    "{\"next\":{\"next\":{\"next\":null}}}", "" },
	};
	struct reply_case x;
	size_t i;

	(void)state;
	for (i = 0; i < COUNTOF(cases); i++) {
		x = (struct reply_case){ cases[i].type, cases[i].in,
		    strlen(cases[i].in), cases[i].out, cases[i].how };
		check(&x);
	}
}

/* Text of `n` times `unit` between two others. */
static char *
repeat(const char *before, const char *unit, size_t n, const char *after)
{
	struct buf b = BUF_INIT;

	buf_puts(&b, before);
	while (n-- > 0)
		buf_puts(&b, unit);
	buf_puts(&b, after);
	return buf_take(&b);
}

static enum reply_error
read_big(const struct mip_type *t, const char *s)
{
	struct arena a = { 0 };
	struct reply_note note;
	char out[64];

	reply_read(&a, t, &defaults, s, strlen(s), out, &note);
	arena_release(&a);
	return note.error;
}

static void
test_limits(void **state)
{
	static const struct {
		const struct mip_type *type;
		const char *before, *unit, *after;
		size_t n;
		enum reply_error error;
	} cases[] = {
		{ &s_t, "", "[", "", 201, REPLY_E_TOO_DEEP },
		{ &s_t, "", "[", "", 100000, REPLY_E_TOO_DEEP },
		{ &s_t, "", "{\"a\":", "", 300, REPLY_E_TOO_DEEP },
		{ &tree_t, "", "{\"name\":\"\",\"kids\":[", "", 90,
		    REPLY_E_NONE },
		{ &mip_string, "", "x", "", (4 << 20) + 1, REPLY_E_TOO_LONG },
		{ &mip_string, "", "x", "", 4 << 20, REPLY_E_NONE },
		{ &fork_t, "", "{\"next\":", "null", 190, REPLY_E_NONE },
		{ &mip_int_list, "[", "1,", "1]", 100000, REPLY_E_NONE },
		{ &mip_string_list, "[\"", "\"a\":\"b\"", "]", 50000,
		    REPLY_E_NONE },
		{ &s_t, "", "{x ", ".", 100000, REPLY_E_NO_JSON },
		{ &s_t, "", "[a ", "", 100000, REPLY_E_NO_JSON },
		{ &s_t, "[", "[1],", "{x .", 50000, REPLY_E_NO_JSON },
		{ &s_t, "", "<key>", "", 100000, REPLY_E_MISSING },
		{ &s_t, "", "<think>", "", 100000, REPLY_E_NO_JSON },
		{ &s_t, "", "```\n", "", 100000, REPLY_E_TYPE },
		{ &mip_string_list, "", "- a\n", "", 50000, REPLY_E_NONE },
		{ &mip_int, "", "1 ", "", 100000, REPLY_E_AMBIGUOUS },
		{ &label, "", "or ", "", 100000, REPLY_E_NO_MATCH },
		{ &s_t, "{\"key\": \"", "\\\"\" ", "\", \"n\": 1}", 50000,
		    REPLY_E_NONE },
		{ &s_t, "{\"key\": `", "``` ", "", 50000, REPLY_E_NO_JSON },
	};
	enum reply_error e;
	size_t i;
	char *s;

	(void)state;
	for (i = 0; i < COUNTOF(cases); i++) {
		s = repeat(cases[i].before, cases[i].unit, cases[i].n,
		    cases[i].after);
		e = read_big(cases[i].type, s);
		if (e != cases[i].error)
			fail_msg("%s...: %s, not %s", cases[i].unit,
			    reply_error_word(e),
			    reply_error_word(cases[i].error));
		free(s);
	}
}

static void
test_memory(void **state)
{
	const char *s = "{\"key\": \"a value that needs room\", \"n\": 1}";
	struct arena a = { .max = 1 };
	struct reply_note note;
	struct s out;

	(void)state;
	assert_int_equal(reply_read(&a, &s_t, &defaults, s,
	    strlen(s), &out, &note), MIP_NOMEM);
	assert_int_equal(note.error, REPLY_E_NOMEM);
	assert_null(out.key);
	arena_release(&a);
}

/* What the model is told: one sentence, of what was asked and what came. */
static void
test_messages(void **state)
{
	static const struct {
		const struct mip_type *type;
		const char *in, *message;
	} cases[] = {
		{ &label, "Banana", "The reply must be one of billing, "
		    "TECHNICAL, ACCOUNT, OTHER, but it was \"Banana\"." },
		{ &thought_t, "{\"reasoning\": \"\", \"class\": \"x\"}",
		    "The field `class` must be one of billing, TECHNICAL, "
		    "ACCOUNT, OTHER, but the reply had \"x\"." },
		{ &deep_t, "{\"s\": {\"key\": \"v\"}, \"tags\": []}",
		    "The field `s.n` is missing from the reply." },
		{ &mip_int_list, "[1, \"two\"]", "The item `[1]` must be a "
		    "whole number, but the reply had \"two\"." },
		{ &s_t, "no", "The reply must hold one JSON object with the "
		    "keys key, n, but it was \"no\"." },
		{ &bound_t, "{\"p\": 7, \"s\": \"a\"}",
		    "The field `p` must be at most 1, not 7." },
		{ &mip_int, "a line\nand one very long, of more than "
		    "eighty bytes, the last of which is i h\xc3\xa9l\xc3\xa9"
		    "ne", "The reply must be a whole number, but it was "
		    "\"a line and one very long, of more than eighty "
		    "bytes, the last of which is i h\xc3\xa9l...\"." },
	};
	struct arena a = { 0 };
	struct reply_note note;
	char out[64];
	size_t i;

	(void)state;
	for (i = 0; i < COUNTOF(cases); i++) {
		assert_int_equal(reply_read(&a, cases[i].type,
		    &defaults, cases[i].in, strlen(cases[i].in),
		    out, &note), MIP_FORMAT);
		assert_string_equal(note.message, cases[i].message);
	}
	arena_release(&a);
}

/* ---- partial ---- */

static void
partial(const struct mip_type *t, enum mip_format f, const char *s, size_t n,
    struct buf *out)
{
	const struct reply_options o = {
		.format = f, .max_repair = -1, .single = f == MIP_JSON
	};

	assert_int_equal(reply_partial(t, &o, s, n, out), MIP_OK);
}

/* Is `a` what `b` has grown from? */
static bool
grows(struct json a, struct json b)
{
	struct json_walk x = json_walk(a), y = json_walk(b);
	struct json v, w;

	if (json_kind(a) == JSON_NULL)
		return true;
	if (json_kind(a) != json_kind(b))
		return false;
	if (json_kind(a) == JSON_STRING)
		return a.n <= b.n && memcmp(a.s, b.s, a.n - 1) == 0;
	if (json_kind(a) != JSON_ARRAY && json_kind(a) != JSON_OBJECT)
		return a.n == b.n && memcmp(a.s, b.s, a.n) == 0;
	while (json_next(&x, NULL, &v))
		if (!json_next(&y, NULL, &w) || !grows(v, w))
			return false;
	return true;
}

static void
test_grows(void **state)
{
	static const char reply[] = "{\"s\": {\"key\": \"a \\\"b\\\" \\u00e9"
	    "\\ud83d\\ude00\xc3\xa9\", \"n\": 1234}, \"tags\": [\"x, y\", "
	    "\"]\"], \"first_name\": null}";
	struct buf old = BUF_INIT, new = BUF_INIT, swap;
	struct json a, b;
	size_t n;

	(void)state;
	buf_puts(&old, "null");
	for (n = 0; n < sizeof(reply); n++) {
		buf_reset(&new);
		partial(&deep_t, MIP_JSON, reply, n, &new);
		assert_true(json_parse(buf_str(&old), old.len, &a, NULL,
		    NULL));
		assert_true(json_parse(buf_str(&new), new.len, &b, NULL,
		    NULL));
		if (!grows(a, b))
			fail_msg("%s became %s", buf_str(&old),
			    buf_str(&new));
		swap = old;
		old = new;
		new = swap;
	}
	assert_string_equal(buf_str(&old), "{\"s\":{\"key\":\"a \\\"b\\\" "
	    "\xc3\xa9\xf0\x9f\x98\x80\xc3\xa9\",\"n\":1234},\"tags\":"
	    "[\"x, y\",\"]\"],\"first_name\":null}");
	buf_release(&old);
	buf_release(&new);
}

/* ---- conditions ---- */

static bool
is_positive(struct mip *m, const void *record)
{
	(void)m;
	return ((const struct s *)record)->n > 0;
}

static bool
has_key(struct mip *m, const void *record)
{
	(void)m;
	return ((const struct s *)record)->key[0] != '\0';
}

static bool
asked(void *arg, const struct mip_check *c, const void *record)
{
	++*(int *)arg;
	return c->holds(NULL, record);
}

static void
test_conditions(void **state)
{
	static const struct mip_check key = { "has a key", false, has_key };
	static const struct mip_check n[] = {
		{ "is positive", false, is_positive },
		{ "give a key where n is not positive", true, is_positive }
	};
	static const struct mip_field f[] = {
		{ MIP_FIELD(struct s, key, &mip_string, NULL), .check = &key,
		    .ncheck = 1 },
		{ MIP_FIELD(struct s, n, &mip_int, NULL), .check = n,
		    .ncheck = 2 },
	};
	static const struct mip_type t = REPLY_TYPE_STRUCT(struct s, f);
	int times = 0;
	struct reply_options o = { .format = MIP_JSON, .max_repair = -1,
		.holds = asked, .holds_arg = &times };
	struct arena a = { 0 };
	struct reply_note note;
	struct s v;

	(void)state;
	assert_int_equal(reply_read(&a, &t, &o, "{\"key\":\"\",\"n\":1}", 16,
	    &v, &note), MIP_OK);
	assert_int_equal(v.n, 1);
	assert_int_equal(times, 3);
	assert_int_equal(note.ncheck, 1);
	assert_string_equal(note.check[0], "has a key");
	assert_true(note.flags == UINT64_C(1) << REPLY_CHECK_FAILED);
	assert_int_equal(note.cost, 0);
	assert_int_equal(reply_read(&a, &t, &o, "{\"key\":\"\",\"n\":0}", 16,
	    &v, &note), MIP_FORMAT);
	assert_int_equal(note.error, REPLY_E_ASSERT);
	assert_string_equal(note.path, "n");
	assert_string_equal(note.message, "The field `n` is not right: give a "
	    "key where n is not positive.");
	assert_int_equal(note.ncheck, 0);
	assert_int_equal(v.n, 0);
	/* What cannot be read, or is cut off, is not judged. */
	times = 0;
	assert_int_equal(reply_read(&a, &t, &o, "{\"key\":\"\"}", 10, &v,
	    &note), MIP_FORMAT);
	o.finish = REPLY_LENGTH;
	assert_int_equal(reply_read(&a, &t, &o, "{\"key\":\"k\",\"n\":1", 16,
	    &v, &note), MIP_TRUNCATED);
	assert_int_equal(times, 0);
	o.finish = REPLY_STOP;
	o.holds = NULL;
	assert_int_equal(reply_read(&a, &t, &o, "{\"key\":\"\",\"n\":0}", 16,
	    &v, &note), MIP_OK);
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_recursive),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_grows),
		cmocka_unit_test(test_conditions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
