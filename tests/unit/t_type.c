/* Tests of type/type.c, type_read.c and type_check.c: every kind of value
 * in and out, every error.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "type/type.h"

enum label { BILLING, TECHNICAL, OTHER };

static const struct mip_variant label_names[] = {
	{ "BILLING", "billing", NULL }, { "TECHNICAL", NULL, "outages" },
	{ "OTHER", "1", NULL }
};
static const struct mip_type label_type = {
	.kind = MIP_ENUM, .size = sizeof(enum label), .name = "Label",
	.variant = label_names, .n = 3
};
static const struct mip_type label_list = {
	.kind = MIP_LIST, .size = sizeof(struct type_list), .of = &label_type
};
static const struct mip_type label_optional = {
	.kind = MIP_OPTIONAL, .size = sizeof(void *), .of = &label_type
};
static const struct mip_type int_optional = {
	.kind = MIP_OPTIONAL, .size = sizeof(void *), .of = &mip_int
};
static const struct mip_type int_map = {
	.kind = MIP_MAP, .size = sizeof(struct type_map), .of = &mip_int
};
static const struct mip_type card = {
	.kind = MIP_LITERAL, .size = sizeof(const char *),
	.of = &mip_string, .value = (const char *const[]){ "card" }, .n = 1
};
static const struct mip_type cash = {
	.kind = MIP_LITERAL, .size = sizeof(const char *),
	.of = &mip_string, .value = (const char *const[]){ "cash" }, .n = 1
};
static const struct mip_type image = {
	.kind = MIP_IMAGE, .size = sizeof(const char *)
};

struct pay_card { const char *kind; int64_t digits; };
struct pay_cash { const char *kind; };
struct pay {
	int arm;
	union { struct pay_card card; struct pay_cash cash; int64_t n; } u;
};
static const struct mip_field pay_card_fields[] = {
	{ MIP_FIELD(struct pay_card, kind, &card, NULL) },
	{ MIP_FIELD(struct pay_card, digits, &mip_int, NULL) },
};
static const struct mip_type pay_card_type = {
	.kind = MIP_STRUCT, .size = sizeof(struct pay_card), .name = "Card",
	.field = pay_card_fields, .n = 2
};
static const struct mip_field pay_cash_fields[] = {
	{ MIP_FIELD(struct pay_cash, kind, &cash, NULL) },
};
static const struct mip_type pay_cash_type = {
	.kind = MIP_STRUCT, .size = sizeof(struct pay_cash), .name = "Cash",
	.field = pay_cash_fields, .n = 1
};
static const struct mip_type *const pay_arms[] = {
	&pay_card_type, &pay_cash_type, &mip_int
};
static const struct mip_type pay_type = {
	.kind = MIP_UNION, .size = sizeof(struct pay), .arm = pay_arms,
	.n = 3, .arm_at = offsetof(struct pay, u)
};
static const struct mip_type pay_list = {
	.kind = MIP_LIST, .size = sizeof(struct type_list), .of = &pay_type
};

struct ticket {
	const char *subject;
	int64_t id;
	double weight;
	bool open;
	enum label label;
	struct mip_strings files;
	const int64_t *parent;
	const char *note;
	struct type_map counts;
	struct pay pay;
	const char *photo;
	const char *secret;
};
static const int64_t seven = 7;
static const struct mip_field ticket_fields[] = {
	{ MIP_FIELD(struct ticket, subject, &mip_string, NULL),
	  .alias = "title" },
	{ MIP_FIELD(struct ticket, id, &mip_int, NULL), .fallback = &seven },
	{ MIP_FIELD(struct ticket, weight, &mip_float, NULL) },
	{ MIP_FIELD(struct ticket, open, &mip_bool, NULL) },
	{ MIP_FIELD(struct ticket, label, &label_type, NULL) },
	{ MIP_FIELD(struct ticket, files, &mip_string_list, NULL) },
	{ MIP_FIELD(struct ticket, parent, &int_optional, NULL) },
	{ MIP_FIELD(struct ticket, note, &mip_string_optional, NULL) },
	{ MIP_FIELD(struct ticket, counts, &int_map, NULL) },
	{ MIP_FIELD(struct ticket, pay, &pay_type, NULL) },
	{ MIP_FIELD(struct ticket, photo, &image, NULL) },
	{ MIP_FIELD(struct ticket, secret, &mip_string_optional, NULL),
	  .flags = MIP_HIDDEN },
};
static const struct mip_type ticket_type = {
	.kind = MIP_STRUCT, .size = sizeof(struct ticket), .name = "Ticket",
	.field = ticket_fields,
	.n = sizeof(ticket_fields) / sizeof(*ticket_fields)
};

static const char ticket_json[] = "{\"subject\":\"caf\xc3\xa9 \\\"x\\\"\","
    "\"id\":-9223372036854775808,\"weight\":0.1,\"open\":true,"
    "\"label\":\"TECHNICAL\",\"files\":[\"a\",\"b\\n\"],\"parent\":3,"
    "\"note\":null,\"counts\":{\"x\":1,\"y\":2},"
    "\"pay\":{\"kind\":\"card\",\"digits\":42},\"photo\":\"p.png\","
    "\"secret\":\"s\"}";

static enum mip_status
read_as(struct arena *a, const struct mip_type *t, const char *text,
    enum type_mode mode, void *out, struct type_error *e)
{
	struct json v;

	if (!json_parse(text, strlen(text), &v, NULL, NULL))
		fail_msg("not JSON: %s", text);
	return type_read(a, t, v, mode, out, e);
}

static void
round_trip(void **state)
{
	struct arena a = { 0 }, other = { 0 };
	struct ticket t, copy;
	struct buf b = BUF_INIT;
	struct type_error e;

	(void)state;
	assert_int_equal(read_as(&a, &ticket_type, ticket_json, TYPE_EXACT, &t,
	    &e), MIP_OK);
	assert_string_equal(t.subject, "caf\xc3\xa9 \"x\"");
	assert_true(t.id == INT64_MIN && t.weight == 0.1 && t.open);
	assert_int_equal(t.label, TECHNICAL);
	assert_int_equal(t.files.n, 2);
	assert_string_equal(t.files.v[1], "b\n");
	assert_int_equal(*t.parent, 3);
	assert_null(t.note);
	assert_int_equal(t.counts.n, 2);
	assert_int_equal(t.pay.arm, 0);
	assert_int_equal(t.pay.u.card.digits, 42);
	type_write(&b, &ticket_type, &t, true);
	assert_string_equal(buf_str(&b), ticket_json);

	assert_true(type_copy(&other, &ticket_type, &t, &copy));
	assert_true(type_equal(&ticket_type, &t, &copy));
	arena_release(&a);
	buf_reset(&b);
	type_write(&b, &ticket_type, &copy, true);
	assert_string_equal(buf_str(&b), ticket_json);
	buf_reset(&b);
	type_write(&b, &ticket_type, &copy, false);
	assert_null(strstr(buf_str(&b), "secret"));
	buf_reset(&b);
	copy.label = BILLING;
	type_write_alias(&b, &ticket_type, &copy);
	assert_non_null(strstr(buf_str(&b), "{\"title\":"));
	assert_non_null(strstr(buf_str(&b), "\"label\":\"billing\""));
	assert_non_null(strstr(buf_str(&b), "\"secret\""));
	buf_release(&b);
	arena_release(&other);
}

/* Reads, writes, and compares with `want`; NULL: must be refused. */
static void
check(const struct mip_type *t, const char *text, enum type_mode mode,
    const char *want)
{
	struct buf b = BUF_INIT;
	struct arena a = { 0 };
	struct type_error e;
	union { struct ticket t; max_align_t align; } out;
	enum mip_status s;

	assert_true(t->size <= sizeof(out));
	s = read_as(&a, t, text, mode, &out, &e);
	if (!want) {
		if (s != MIP_USAGE)
			fail_msg("%s was read", text);
		assert_true(e.text[0]);
	} else {
		if (s != MIP_OK)
			fail_msg("%s: %s %s", text, e.path, e.text);
		type_write(&b, t, &out, true);
		assert_string_equal(buf_str(&b), want);
	}
	buf_release(&b);
	arena_release(&a);
}

static void
exact(void **state)
{
	(void)state;
	check(&mip_int, "42.0", TYPE_EXACT, "42");
	check(&mip_int, "1.5", TYPE_EXACT, NULL);
	check(&mip_int, "\"3\"", TYPE_EXACT, NULL);
	check(&mip_int, "9223372036854775808", TYPE_EXACT, NULL);
	check(&mip_float, "3", TYPE_EXACT, "3.0");
	check(&mip_float, "1e999", TYPE_EXACT, NULL);
	check(&mip_float, "\"3\"", TYPE_EXACT, NULL);
	check(&mip_bool, "1", TYPE_EXACT, NULL);
	check(&mip_bool, "false", TYPE_EXACT, "false");
	check(&mip_string, "3", TYPE_EXACT, NULL);
	check(&mip_string, "null", TYPE_EXACT, NULL);
	check(&mip_string, "\"a\\u0000\"", TYPE_EXACT, NULL);
	check(&label_type, "\"OTHER\"", TYPE_EXACT, "\"OTHER\"");
	check(&label_type, "\"billing\"", TYPE_EXACT, "\"BILLING\"");
	check(&label_type, "\"other\"", TYPE_EXACT, NULL);
	check(&label_type, "1", TYPE_EXACT, NULL);
	check(&label_list, "[\"OTHER\",\"billing\"]", TYPE_EXACT,
	    "[\"OTHER\",\"BILLING\"]");
	check(&label_list, "\"OTHER\"", TYPE_EXACT, NULL);
	check(&label_optional, "null", TYPE_EXACT, "null");
	check(&label_optional, "\"OTHER\"", TYPE_EXACT, "\"OTHER\"");
	check(&card, "\"card\"", TYPE_EXACT, "\"card\"");
	check(&card, "\"cash\"", TYPE_EXACT, NULL);
	check(&int_map, "{\"a\":1,\"a\":2,\"b\":3}", TYPE_EXACT,
	    "{\"a\":1,\"b\":3}");
	check(&int_map, "{\"a\\u0000\":1}", TYPE_EXACT, NULL);
	check(&int_map, "[]", TYPE_EXACT, NULL);
	check(&pay_type, "{\"kind\":\"cash\"}", TYPE_EXACT,
	    "{\"kind\":\"cash\"}");
	check(&pay_type, "5", TYPE_EXACT, "5");
	check(&pay_type, "{\"kind\":\"coin\"}", TYPE_EXACT, NULL);
	check(&pay_type, "\"5\"", TYPE_EXACT, NULL);
	check(&pay_list, "[5,{\"kind\":\"cash\"}]", TYPE_EXACT,
	    "[5,{\"kind\":\"cash\"}]");
	check(&mip_string_list, "[]", TYPE_EXACT, "[]");
	check(&mip_bool_list, "[true,false]", TYPE_EXACT, "[true,false]");
	check(&mip_float_list, "[1,2.5]", TYPE_EXACT, "[1.0,2.5]");
	check(&mip_string_optional, "\"\"", TYPE_EXACT, "\"\"");
	check(&pay_cash_type, "{\"kind\":\"cash\",\"more\":[1]}", TYPE_EXACT,
	    "{\"kind\":\"cash\"}");
}

static void
lenient(void **state)
{
	(void)state;
	check(&mip_int, "\" 3 \"", TYPE_LENIENT, "3");
	check(&mip_int, "\"1,234\"", TYPE_LENIENT, NULL);
	check(&mip_int, "\"3 apples\"", TYPE_LENIENT, NULL);
	check(&mip_int, "\"\"", TYPE_LENIENT, NULL);
	check(&mip_float, "\"-1.5e3\"", TYPE_LENIENT, "-1500.0");
	check(&mip_bool, "\"Yes\"", TYPE_LENIENT, "true");
	check(&mip_bool, "\" FALSE \"", TYPE_LENIENT, "false");
	check(&mip_bool, "\"1\"", TYPE_LENIENT, "true");
	check(&mip_bool, "0", TYPE_LENIENT, "false");
	check(&mip_bool, "\"maybe\"", TYPE_LENIENT, NULL);
	check(&mip_bool, "\"yes no\"", TYPE_LENIENT, NULL);
	check(&mip_bool, "null", TYPE_LENIENT, NULL);
	check(&mip_string, "1.50", TYPE_LENIENT, "\"1.50\"");
	check(&mip_string, "true", TYPE_LENIENT, "\"true\"");
	check(&mip_string, "[1]", TYPE_LENIENT, NULL);
	check(&label_type, "1", TYPE_LENIENT, "\"OTHER\"");
	check(&int_optional, "\"\"", TYPE_LENIENT, "null");
	check(&int_optional, "\"4\"", TYPE_LENIENT, "4");
	check(&mip_string_optional, "\"\"", TYPE_LENIENT, "\"\"");
	check(&pay_type, "\"5\"", TYPE_LENIENT, "5");
	check(&pay_type, "{\"kind\":\"card\",\"digits\":\"7\"}", TYPE_LENIENT,
	    "{\"kind\":\"card\",\"digits\":7}");
}

static void
errors(void **state)
{
	static const struct {
		const char *json, *path, *text;
	} cases[] = {
		{ "{}", "subject", "is missing" },
		{ "{\"subject\":\"a\",\"weight\":\"x\"}", "weight",
		  "expected float, found \"x\"" },
		{ "{\"subject\":\"a\",\"weight\":1,\"open\":true,"
		  "\"label\":\"NONE\"}", "label",
		  "expected one of BILLING, TECHNICAL, OTHER, found "
		  "\"NONE\"" },
		{ "{\"subject\":\"a\",\"weight\":1,\"open\":true,"
		  "\"label\":\"OTHER\",\"files\":[\"a\",2]}", "files[1]",
		  "expected string, found 2" },
		{ "{\"subject\":\"a\",\"weight\":1,\"open\":true,"
		  "\"label\":\"OTHER\",\"files\":[],\"counts\":{\"k\":"
		  "null}}", "counts.k", "expected int, found null" },
		{ "{\"subject\":\"a\\u0000\"}", "subject",
		  "holds a character U+0000" },
		{ "7", "", "expected Ticket, found 7" },
	};
	static const struct json nothing;
	struct arena a = { 0 };
	struct ticket t;
	struct type_error e;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(read_as(&a, &ticket_type, cases[i].json,
		    TYPE_EXACT, &t, &e), MIP_USAGE);
		assert_string_equal(e.path, cases[i].path);
		assert_string_equal(e.text, cases[i].text);
		assert_null(t.subject);
	}
	assert_int_equal(type_read(&a, &mip_int, nothing, TYPE_EXACT, &t, &e),
	    MIP_USAGE);
	assert_string_equal(e.text, "is missing");
	arena_release(&a);
}

/* Whatever the limit of memory, the answer is a status. */
static void
memory(void **state)
{
	struct arena a = { 0 }, from = { 0 };
	struct ticket t, copy;
	struct type_error e;
	struct buf b = BUF_INIT;
	size_t max;
	unsigned failed = 0;

	(void)state;
	/* A list too large for one chunk needs several allocations. */
	buf_puts(&b, "[");
	for (max = 0; max < 2000; max++)
		buf_printf(&b, "%s\"some text to copy\"", max ? "," : "");
	buf_puts(&b, "]");
	assert_int_equal(read_as(&from, &mip_string_list, buf_str(&b),
	    TYPE_EXACT, &t, &e), MIP_OK);
	for (max = 1; max < 400000; max = max * 3 / 2 + 1) {
		a.max = max;
		if (read_as(&a, &mip_string_list, buf_str(&b), TYPE_EXACT,
		    &copy, &e) != MIP_OK) {
			failed++;
			assert_true(a.failed);
		}
		arena_reset(&a);
		if (!type_copy(&a, &mip_string_list, &t, &copy))
			assert_true(a.failed);
		arena_release(&a);
	}
	assert_true(failed > 3);
	buf_release(&b);
	arena_release(&from);
}

static void
equality(void **state)
{
	static const char *const k1[] = { "x", "y" };
	static const char *const k2[] = { "y", "x" };
	static const int64_t v1[] = { 1, 2 }, v2[] = { 2, 1 };
	struct type_map a = { k1, v1, 2 }, b = { k2, v2, 2 };
	struct type_map c = { k2, v1, 2 };
	double nan1 = NAN, zero = 0.0, minus = -0.0, one = 1.0;
	const int64_t *p = &v1[0], *q = &v2[1], *none = NULL;
	struct pay x = { .arm = 2 }, y = { .arm = 1 };

	(void)state;
	assert_true(type_equal(&int_map, &a, &b));
	assert_false(type_equal(&int_map, &a, &c));
	b.n = 1;
	assert_false(type_equal(&int_map, &a, &b));
	assert_true(type_equal(&mip_float, &nan1, &nan1));
	assert_true(type_equal(&mip_float, &zero, &minus));
	assert_false(type_equal(&mip_float, &zero, &one));
	assert_true(type_equal(&int_optional, &p, &q));
	assert_false(type_equal(&int_optional, &p, &none));
	assert_true(type_equal(&int_optional, &none, &none));
	y.u.cash.kind = "cash";
	x.u.n = 3;
	assert_false(type_equal(&pay_type, &x, &y));
	assert_true(type_equal(&pay_type, &x, &x));
}

static void
names(void **state)
{
	static const struct {
		const struct mip_type *t;
		const char *name;
	} cases[] = {
		{ &mip_string_list, "string[]" }, { &int_optional, "int?" },
		{ &int_map, "map<string, int>" }, { &card, "\"card\"" },
		{ &pay_list, "(Card | Cash | int)[]" },
		{ &label_type, "Label" }, { &image, "image" },
	};
	struct buf b = BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		buf_reset(&b);
		type_name(&b, cases[i].t);
		assert_string_equal(buf_str(&b), cases[i].name);
	}
	buf_release(&b);
	assert_ptr_equal(type_field(&ticket_type, "id"), &ticket_fields[1]);
	assert_null(type_field(&ticket_type, "title"));
}

static void
constraints(void **state)
{
	static const char *const texts[] = { "ab", "\xc3\xa9\xc3\xa9\xc3\xa9" };
	static const char *const words[] = { "ok", "No" };
	struct mip_field range = { .name = "n", .type = &mip_int, .min = 1,
		.max = 5, .flags = MIP_HAS_MIN | MIP_HAS_MAX };
	struct mip_field len = { .name = "s", .type = &mip_string_optional,
		.max = 2, .flags = MIP_HAS_MAX };
	struct mip_field regex = { .name = "w", .type = &mip_string_list,
		.regex = "^[a-z]+$" };
	struct mip_field bad = { .name = "w", .type = &mip_string,
		.regex = "(" };
	struct mip_field outer = { .name = "cards", .type = &mip_int_list };
	struct mip_field digits = { .name = "digits", .type = &mip_int,
		.min = 4, .flags = MIP_HAS_MIN };
	struct mip_type inner = { .kind = MIP_STRUCT, .size = sizeof(int64_t),
		.field = &digits, .n = 1 };
	struct mip_type list = { .kind = MIP_LIST, .of = &inner,
		.size = sizeof(struct type_list) };
	struct mip_strings v = { words, 2 };
	struct mip_ints ints = { (const int64_t[]){ 5, 3 }, 2 };
	const char *null = NULL;
	struct type_error e;

	(void)state;
	assert_true(type_check(&range, &(int64_t){ 5 }, &e));
	assert_false(type_check(&range, &(int64_t){ 0 }, &e));
	assert_string_equal(e.path, "n");
	assert_string_equal(e.text, "must be at least 1, not 0");
	assert_false(type_check(&range, &(int64_t){ 6 }, &e));
	assert_true(type_check(&len, &texts[0], &e));
	assert_true(type_check(&len, &null, &e));
	assert_false(type_check(&len, &texts[1], &e));
	assert_string_equal(e.text, "must have at most 2 characters, not 3");
	assert_false(type_check(&regex, &v, &e));
	assert_string_equal(e.path, "w[1]");
	assert_string_equal(e.text, "must match the pattern ^[a-z]+$");
	v.n = 1;
	assert_true(type_check(&regex, &v, &e));
	assert_false(type_check(&bad, &words[0], &e));
	outer.type = &list;
	assert_false(type_check(&outer, &ints, &e));
	assert_string_equal(e.path, "cards[1].digits");
}

/* Literals: their values as JSON and as text, and nothing else. */
static void
literals(void **state)
{
	static const int64_t stars_v[] = { 1, 2, -3 };
	static const struct mip_type stars = { .kind = MIP_LITERAL,
	    .size = sizeof(int64_t), .of = &mip_int, .value = stars_v,
	    .n = 3 };
	static const struct mip_type stars_optional = { .kind = MIP_OPTIONAL,
	    .size = sizeof(void *), .of = &stars };
	static const struct mip_type card_optional = { .kind = MIP_OPTIONAL,
	    .size = sizeof(void *), .of = &card };
	const char *s, *copy;
	struct type_error e;
	struct arena a = { 0 };
	struct buf b = BUF_INIT;
	const int64_t *p;
	int64_t i;

	(void)state;
	assert_int_equal(read_as(&a, &stars, "-3", TYPE_EXACT, &i, &e), MIP_OK);
	assert_int_equal(i, -3);
	assert_int_equal(type_value_index(&stars, &i), 2);
	assert_int_equal(read_as(&a, &stars, "4", TYPE_EXACT, &i, &e),
	    MIP_USAGE);
	assert_string_equal(e.text, "expected one of 1, 2, -3, found 4");
	assert_int_equal(read_as(&a, &stars, "\"2\"", TYPE_EXACT, &i, &e),
	    MIP_USAGE);
	assert_int_equal(read_as(&a, &stars, "\"2\"", TYPE_LENIENT, &i, &e),
	    MIP_OK);
	assert_int_equal(i, 2);
	assert_int_equal(read_as(&a, &card, "\"cash\"", TYPE_EXACT, &s, &e),
	    MIP_USAGE);
	assert_string_equal(e.text, "expected \"card\", found \"cash\"");
	/* An optional text is the text itself. */
	assert_int_equal(read_as(&a, &card_optional, "\"card\"", TYPE_EXACT,
	    &s, &e), MIP_OK);
	assert_string_equal(s, "card");
	assert_true(type_copy(&a, &card_optional, &s, &copy));
	assert_true(type_equal(&card_optional, &s, &copy) && s != copy);
	assert_int_equal(read_as(&a, &card_optional, "\"\"", TYPE_LENIENT, &s,
	    &e), MIP_OK);
	assert_null(s);
	assert_int_equal(read_as(&a, &stars_optional, "1", TYPE_EXACT, &p, &e),
	    MIP_OK);
	assert_int_equal(*p, 1);
	type_write(&b, &stars_optional, &p, true);
	type_name(&b, &stars_optional);
	type_put_value(&b, &card, 0);
	assert_string_equal(buf_str(&b), "1(1 | 2 | -3)?card");
	buf_release(&b);
	arena_release(&a);
}

/* ---- conditions ---- */

struct part { int64_t n; };
struct whole { struct type_list parts; int64_t most; };

static bool
is_odd(struct mip *m, const void *part)
{
	(void)m;
	return ((const struct part *)part)->n % 2 != 0;
}

static bool
is_small(struct mip *m, const void *part)
{
	(void)m;
	return ((const struct part *)part)->n < 10;
}

static bool
has_room(struct mip *m, const void *whole)
{
	const struct whole *w = whole;

	(void)m;
	return (int64_t)w->parts.n <= w->most;
}

static bool
asks(void *arg, const struct mip_check *c, const void *record)
{
	(void)arg;
	return c->holds(NULL, record);
}

static void
tells(void *arg, const struct mip_check *c)
{
	buf_printf(arg, "%s;", c->text);
}

static void
conditions(void **state)
{
	static const struct mip_check part_check[] = {
		{ "odd", false, is_odd }, { "at most 9", true, is_small }
	};
	static char hint[400];
	const struct mip_check room = { hint, true, has_room };
	const struct mip_check told = { "room", false, has_room };
	const struct mip_field n = { MIP_FIELD(struct part, n, &mip_int, NULL),
		.check = part_check, .ncheck = 2 };
	const struct mip_type part = { .kind = MIP_STRUCT, .field = &n, .n = 1,
		.size = sizeof(struct part) };
	const struct mip_type list = { .kind = MIP_LIST, .of = &part,
		.size = sizeof(struct type_list) };
	struct mip_field f[] = {
		{ MIP_FIELD(struct whole, parts, &list, NULL), .check = &told,
		    .ncheck = 1 },
		{ MIP_FIELD(struct whole, most, &mip_int, NULL) },
	};
	const struct mip_type whole = { .kind = MIP_STRUCT, .field = f, .n = 2,
		.size = sizeof(struct whole) };
	const struct part parts[] = { { 1 }, { 2 }, { 4 }, { 12 } };
	struct whole w = { { parts, 3 }, 3 };
	struct buf told_of = BUF_INIT;
	const struct type_judge j = { asks, tells, &told_of };
	struct type_error e;

	(void)state;
	assert_true(type_judge(&whole, &w, &j, &e));
	assert_string_equal(buf_str(&told_of), "odd;odd;");
	buf_reset(&told_of);
	w.most = 2;
	assert_true(type_judge(&whole, &w, &j, &e));
	assert_string_equal(buf_str(&told_of), "odd;odd;room;");
	w.parts.n = 4;
	assert_false(type_judge(&whole, &w, &j, &e));
	assert_string_equal(e.path, "parts[3].n");
	assert_string_equal(e.text, "is not right: at most 9");
	/* A long hint is cut between characters. */
	memset(hint, 'x', 224);
	memcpy(hint + 224, "\xc3\xa9y", 4);
	f[0].check = &room;
	w.parts.n = 3;
	assert_false(type_judge(&whole, &w, &j, &e));
	assert_string_equal(e.path, "parts");
	assert_int_equal(strlen(e.text), 14 + 224);
	buf_release(&told_of);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip), cmocka_unit_test(exact),
		cmocka_unit_test(lenient), cmocka_unit_test(errors),
		cmocka_unit_test(memory), cmocka_unit_test(equality),
		cmocka_unit_test(names), cmocka_unit_test(literals),
		cmocka_unit_test(constraints), cmocka_unit_test(conditions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
