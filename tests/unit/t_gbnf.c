/* Tests of type/gbnf.c: what a grammar takes is read without a repair, and
 * what demonstrations show is taken.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/json.h"
#include "grammar.h"
#include "prompt/prompt.h"
#include "reply/reply.h"
#include "type/gbnf.h"
#include "type/type.h"

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define RANGE (MIP_HAS_MIN | MIP_HAS_MAX)

enum label { BILLING, OTHER };

static const struct mip_variant label_names[] = {
	{ "BILLING", "billing desk", NULL }, { "OTHER", NULL, NULL }
};
static const struct mip_type label_type = {
	.kind = MIP_ENUM, .size = sizeof(enum label), .name = "Label",
	.variant = label_names, .n = 2
};
static const int64_t stars[] = { 1, 2, 30 };
static const struct mip_type star_type = { .kind = MIP_LITERAL,
	.size = sizeof(int64_t), .of = &mip_int, .value = stars, .n = 3 };
static const struct mip_type int_optional = { .kind = MIP_OPTIONAL,
	.size = sizeof(void *), .of = &mip_int };
static const struct mip_type label_optional = { .kind = MIP_OPTIONAL,
	.size = sizeof(void *), .of = &label_type };

struct person { const char *name; const int64_t *age; };
static const struct mip_field person_fields[] = {
	{ MIP_FIELD(struct person, name, &mip_string, NULL) },
	{ MIP_FIELD(struct person, age, &int_optional, NULL),
	  .flags = MIP_HAS_MIN, .min = 0 },
};
static const struct mip_type person_type = { .kind = MIP_STRUCT,
	.size = sizeof(struct person), .name = "Person",
	.field = person_fields, .n = 2 };
static const struct mip_type people = { .kind = MIP_LIST,
	.size = sizeof(struct type_list), .of = &person_type };
static const struct mip_type counts = { .kind = MIP_MAP,
	.size = sizeof(struct type_map), .of = &mip_float };
struct either { int arm; union { struct person p; double d; } u; };
static const struct mip_type *const arms[] = { &person_type, &mip_float };
static const struct mip_type either_type = { .kind = MIP_UNION,
	.size = sizeof(struct either), .arm = arms, .n = 2,
	.arm_at = offsetof(struct either, u) };

struct all {
	const char *reasoning, *answer, *why, *title, *code, *note;
	int64_t page, star;
	double sure;
	enum label label;
	bool yes;
	struct mip_strings tags;
	struct type_list people;
	struct type_map counts;
	struct either either;
	const enum label *maybe;
};
static const struct mip_field all_fields[] = {
	{ MIP_FIELD(struct all, reasoning, &mip_string, NULL) },
	{ MIP_FIELD(struct all, answer, &mip_string, NULL),
	  .alias = "the_answer" },
	{ MIP_FIELD(struct all, note, &mip_string_optional, NULL) },
	{ MIP_FIELD(struct all, why, &mip_string, NULL), .min = 1,
	  .flags = MIP_HAS_MIN },
	{ MIP_FIELD(struct all, title, &mip_string, NULL), .min = 2,
	  .max = 12, .flags = RANGE },
	{ MIP_FIELD(struct all, code, &mip_string, NULL),
	  .regex = "^[A-Z]{2}-\\d{3}$" },
	{ MIP_FIELD(struct all, page, &mip_int, NULL), .min = -20,
	  .max = 310, .flags = RANGE },
	{ MIP_FIELD(struct all, star, &star_type, NULL) },
	{ MIP_FIELD(struct all, sure, &mip_float, NULL), .max = 1,
	  .flags = RANGE },
	{ MIP_FIELD(struct all, label, &label_type, NULL) },
	{ MIP_FIELD(struct all, yes, &mip_bool, NULL) },
	{ MIP_FIELD(struct all, tags, &mip_string_list, NULL), .max = 3,
	  .flags = RANGE, .min = 1 },
	{ MIP_FIELD(struct all, people, &people, NULL) },
	{ MIP_FIELD(struct all, counts, &counts, NULL) },
	{ MIP_FIELD(struct all, either, &either_type, NULL) },
	{ MIP_FIELD(struct all, maybe, &label_optional, NULL) },
};

struct few { const char *text; const int64_t *n; const enum label *label; };
static const struct mip_field few_fields[] = {
	{ MIP_FIELD(struct few, text, &mip_string_optional, NULL) },
	{ MIP_FIELD(struct few, n, &int_optional, NULL) },
	{ MIP_FIELD(struct few, label, &label_optional, NULL) },
};

#define RECORD(f, k, c) { .kind = MIP_STRUCT, .size = sizeof(c), \
	.name = "Out", .field = (f), .n = (k) }
static const struct mip_type all_type = RECORD(all_fields,
    COUNT(all_fields), struct all);
static const struct mip_type few_type = RECORD(few_fields,
    COUNT(few_fields), struct few);

static struct grammar *
made(struct arena *a, const struct mip_type *t, enum mip_format f,
    const char **text)
{
	struct buf b = BUF_INIT;
	struct grammar *g;
	char why[160];

	gbnf(&b, t, f);
	assert_false(b.failed);
	*text = arena_strdup(a, buf_str(&b));
	buf_release(&b);
	g = grammar_new(a, *text, why);
	if (g == NULL)
		fail_msg("%s in:\n%s", why, *text);
	return g;
}

/* Texts of the grammar are replies as they should be. */
static void
check_read(const struct mip_type *t, enum mip_format f, unsigned times)
{
	const struct reply_options o = { .format = f, .max_repair = -1 };
	const char *grammar;
	struct buf text = BUF_INIT;
	struct arena a = { 0 };
	struct grammar *g = made(&a, t, f, &grammar);
	struct reply_note note;
	unsigned long seed = 7;
	void *out = arena_alloc(&a, t->size);
	struct arena value = { 0 };

	while (times-- > 0) {
		buf_reset(&text);
		grammar_say(g, &seed, "[# answer:</think>Reasoning-_*", &text);
		if (reply_read(&value, t, &o, buf_str(&text), text.len, out,
		    &note) != MIP_OK || (note.cost > 0 &&
		    note.flags != UINT64_C(1) << REPLY_DUPLICATE_KEY))
			fail_msg("%s (%" PRIx64 ") of format %d:\n%s\n---\n%s",
			    note.message, note.flags, (int)f, buf_str(&text),
			    grammar);
		arena_reset(&value);
	}
	arena_release(&value);
	buf_release(&text);
	arena_release(&a);
}

static void
readable(void **state)
{
	int f;

	(void)state;
	for (f = MIP_JSON; f <= MIP_XML; f++) {
		check_read(&all_type, (enum mip_format)f, 1000);
		check_read(&few_type, (enum mip_format)f, 500);
	}
}

/* Each field alone, in all formats. */
static void
alone(void **state)
{
	struct mip_type one;
	size_t i;
	int f;

	(void)state;
	for (i = 0; i < COUNT(all_fields); i++)
		for (f = MIP_PLAIN; f <= MIP_XML; f++) {
			one = (struct mip_type)RECORD(&all_fields[i], 1,
			    struct all);
			check_read(&one, (enum mip_format)f, 300);
		}
}

static void
demonstrations(void **state)
{
	static const enum label other = OTHER;
	const struct person who[] = { { "Ann \"A\"", NULL } };
	const double rate[] = { 1, 0.25 };
	const char *const key[] = { "EUR", "US D" };
	const char *const tag[] = { "a", "b, c" };
	const struct all v = {
		.reasoning = "First: [1] <b>one</b>.\n\n- second\n[[x]]",
		.answer = "", .why = "as it is", .title = "A title",
		.code = "AB-123", .note = "so: it ends", .page = 7,
		.star = 30, .sure = 0.25, .yes = true,
		.tags = { tag, 2 }, .people = { who, 1 },
		.counts = { key, rate, 2 }, .either = { .arm = 1,
		.u.d = -3.5 }, .maybe = &other
	};
	struct all none = v;
	const struct all *both[2] = { &v, &none };
	struct buf b = BUF_INIT;
	struct arena a = { 0 };
	const char *grammar;
	struct grammar *g;
	int f, i;

	(void)state;
	none.note = NULL;
	none.maybe = NULL;
	for (f = MIP_JSON; f <= MIP_XML; f++) {
		g = made(&a, &all_type, (enum mip_format)f, &grammar);
		for (i = 0; i < 2; i++) {
			buf_reset(&b);
			prompt_reply(&b, &all_type, (enum mip_format)f,
			    both[i]);
			if (!grammar_takes(g, buf_str(&b)))
				fail_msg("%s\n---\n%s", buf_str(&b), grammar);
		}
	}
	buf_release(&b);
	arena_release(&a);
}

static struct grammar *
number(struct arena *a, struct mip_field *f, const char **text)
{
	struct mip_type t = RECORD(f, 1, double);

	f->name = "n";
	return made(a, &t, MIP_PLAIN, text);
}

static void
check_ints(double min, double max, unsigned flags)
{
	struct mip_field f = { .type = &mip_int, .min = min, .max = max,
		.flags = flags };
	struct arena a = { 0 };
	const char *text;
	struct grammar *g = number(&a, &f, &text);
	char n[32];
	int i;

	for (i = -1300; i <= 1300; i += i < 0 || i > 110 ? 3 : 1) {
		bool want = (!(flags & MIP_HAS_MIN) || i >= min) &&
		    (!(flags & MIP_HAS_MAX) || i <= max);

		snprintf(n, sizeof n, "%d", i);
		if (grammar_takes(g, n) != want)
			fail_msg("%s, from %g to %g:\n%s", n, min, max, text);
	}
	assert_false(grammar_takes(g, "007"));
	assert_false(grammar_takes(g, ""));
	arena_release(&a);
}

static void
ints(void **state)
{
	static const double limit[] = {
		-1234, -1000, -999, -100, -42, -10, -9, -1, 0, 1, 5, 9, 10,
		19, 20, 99, 100, 345, 999, 1000, 1029
	};
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(limit); i++) {
		check_ints(limit[i], 0, MIP_HAS_MIN);
		check_ints(0, limit[i], MIP_HAS_MAX);
		for (k = i; k < COUNT(limit); k += 3 + i % 3)
			check_ints(limit[i], limit[k], RANGE);
	}
	check_ints(0.5, 7.9, RANGE);
}

static void
check_floats(double min, double max, unsigned flags)
{
	struct mip_field f = { .type = &mip_float, .min = min, .max = max,
		.flags = flags };
	struct arena a = { 0 };
	const char *text;
	struct grammar *g = number(&a, &f, &text);
	char n[32];
	int i, digits;

	for (i = -3000; i <= 3000; i += 11)
		for (digits = 0; digits <= 4; digits++) {
			double v;
			bool want;

			snprintf(n, sizeof n, "%.*f", digits, i / 200.0);
			v = strtod(n, NULL);
			want = (!(flags & MIP_HAS_MIN) || v >= min) &&
			    (!(flags & MIP_HAS_MAX) || v <= max);
			/* Whether a minus before zero is one is no matter. */
			if (v == 0 && *n == '-')
				continue;
			if (grammar_takes(g, n) != want)
				fail_msg("%s, from %g to %g:\n%s", n, min, max,
				    text);
		}
	arena_release(&a);
}

static void
floats(void **state)
{
	static const double limit[] = {
		-12.5, -10, -1.25, -1, -0.75, -0.05, 0, 0.005, 0.01, 0.1,
		0.25, 0.5, 0.52, 1, 1.05, 2, 9.99, 10, 12.005
	};
	size_t i, k;

	(void)state;
	for (i = 0; i < COUNT(limit); i++) {
		check_floats(limit[i], 0, MIP_HAS_MIN);
		check_floats(0, limit[i], MIP_HAS_MAX);
		for (k = i; k < COUNT(limit); k += 3 + i % 2)
			check_floats(limit[i], limit[k], RANGE);
	}
}

/* Without a limit that can be put as digits any number will do. */
static void
numbers(void **state)
{
	static const struct { const struct mip_type *t; double min, max; }
	    c[] = {
		{ &mip_int, 0, 1e300 }, { &mip_int, 0.2, 0.8 },
		{ &mip_float, 1e-30, 1 }, { &mip_float, 0, 1e200 },
	};
	struct mip_field f;
	struct arena a = { 0 };
	const char *text;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(c); i++) {
		f = (struct mip_field){ .type = c[i].t, .min = c[i].min,
			.max = c[i].max, .flags = RANGE };
		assert_true(grammar_takes(number(&a, &f, &text), "-7"));
	}
	arena_release(&a);
}

struct pattern {
	const char *regex;
	bool put;
	const char *yes, *no;
};
static const struct pattern patterns[] = {
	{ "^[A-Z][a-z]+$", true, "Ab", "ab" },
	{ "^\\d{4}-\\d{2}(-\\d{2})?$", true, "2024-05", "2024-5" },
	{ "^(yes|no|n/a)$", true, "n/a", "yes!" },
	{ "^a.c$|^d+", true, "dd e", "abcd" },
	{ "x\\.y", true, "a x.y b", "xzy" },
	{ "^(?:ab){2,3}$", true, "ababab", "ab" },
	{ "^[^a-c ]+$", true, "xyz", "xaz" },
	{ "^[\\w.+-]+@[\\w-]+\\.\\w{2,}$", true, "a.b@c-d.org", "a@b" },
	{ "(?i)^yes$", true, "yEs", "no" },
	{ "^[]x-]+$", true, "]x-", "a" },
	{ "^\\x41\\x{e9}$", true, "A\xc3\xa9", "A" },
	{ "^\\S+\\s\\S+?$", true, "a b", "ab" },
	{ "^x\\D\\W\\d$", true, "xa-1", "xa11" },
	{ "", false, "anything", NULL },
	{ "^(a)\\1$", false, "aa", NULL }, { "a(?=b)", false, "ab", NULL },
	{ "^\\bword\\b$", false, "word", NULL },
	{ "^a++b$", false, "aab", NULL }, { "^[[:alpha:]]$", false, "a", NULL },
	{ "^a{2000}$", false, "a", NULL }, { "^(a|^b)$", false, "b", NULL },
	{ "^\\p{Lu}$", false, "A", NULL }, { "^a\\nb$", false, "a", NULL },
};

static void
check_pattern(const struct pattern *p, enum mip_format f)
{
	struct mip_field field = { .name = "s", .type = &mip_string,
		.regex = p->regex };
	struct mip_type t = RECORD(&field, 1, char *);
	struct arena a = { 0 };
	const char *text, *s = p->yes;
	struct grammar *g = made(&a, &t, f, &text);
	struct buf b = BUF_INIT;

	if ((strstr(text, "pattern ::=") != NULL) != p->put)
		fail_msg("%s:\n%s", p->regex, text);
	prompt_reply(&b, &t, f, &s);
	if (!grammar_takes(g, buf_str(&b)))
		fail_msg("%s is not %s:\n%s", buf_str(&b), p->regex, text);
	buf_reset(&b);
	s = p->no;
	if (s != NULL) {
		prompt_reply(&b, &t, f, &s);
		if (grammar_takes(g, buf_str(&b)))
			fail_msg("%s is %s:\n%s", buf_str(&b), p->regex, text);
	}
	buf_release(&b);
	arena_release(&a);
	if (p->put)
		check_read(&t, f, 200);
}

static void
regex(void **state)
{
	size_t i;
	int f;

	(void)state;
	for (i = 0; i < COUNT(patterns); i++)
		for (f = MIP_PLAIN; f <= MIP_XML; f++)
			check_pattern(&patterns[i], (enum mip_format)f);
}

/* Names that rules and marks must not confuse. */
static void
names(void **state)
{
	static const char *const name[] = { "string", "root", "line", "char",
		"a_b", "ab", "think", "null", "completed" };
	struct mip_field f[COUNT(name)];
	struct { const char *s[COUNT(name)]; } v;
	struct mip_type t = RECORD(f, COUNT(name), v);
	size_t i;
	int k;

	(void)state;
	for (i = 0; i < COUNT(name); i++)
		f[i] = (struct mip_field){ .name = name[i],
			.type = &mip_string,
			.offset = i * sizeof(const char *) };
	for (k = MIP_JSON; k <= MIP_XML; k++)
		check_read(&t, (enum mip_format)k, 1000);
}

static void
memory(void **state)
{
	struct buf b = BUF_INIT;

	(void)state;
	buf_init(&b, 40);
	gbnf(&b, &all_type, MIP_MARKERS);
	assert_true(b.failed);
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readable), cmocka_unit_test(alone),
		cmocka_unit_test(demonstrations), cmocka_unit_test(ints),
		cmocka_unit_test(floats), cmocka_unit_test(numbers),
		cmocka_unit_test(regex), cmocka_unit_test(names),
		cmocka_unit_test(memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
