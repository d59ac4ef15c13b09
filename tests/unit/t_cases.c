/* Tests of run/cases.c: which rows are shown, and what is compared.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "run/cases.h"
#include "text_file.h"
#include "type/type.h"

/* ---- a leaf whose inputs hold texts in every way ---- */

struct part { const char *text; int64_t n; };
struct parts { const struct part *v; size_t n; };
struct texts { const char *const *key; const char *const *v; size_t n; };
struct either { int arm; union { int64_t i; const char *s; } u; };
struct in {
	const char *question;
	int64_t n;
	const char *hint;
	struct parts parts;
	struct texts map;
	struct either either;
	const char *picture;
};
struct out { const char *answer; struct mip_strings tags; };

static const struct mip_field part_fields[] = {
	{ MIP_FIELD(struct part, text, &mip_string, NULL) },
	{ MIP_FIELD(struct part, n, &mip_int, NULL) },
};
static const struct mip_type part_type = { .kind = MIP_STRUCT,
	.size = sizeof(struct part), .field = part_fields, .n = 2 };
static const struct mip_type parts_type = { .kind = MIP_LIST,
	.size = sizeof(struct parts), .of = &part_type };
static const struct mip_type texts_type = { .kind = MIP_MAP,
	.size = sizeof(struct texts), .of = &mip_string };
static const struct mip_type *const arms[] = { &mip_int, &mip_string };
static const struct mip_type either_type = { .kind = MIP_UNION,
	.size = sizeof(struct either), .arm = arms, .n = 2,
	.arm_at = offsetof(struct either, u) };
static const struct mip_type image_type = { .kind = MIP_IMAGE,
	.size = sizeof(const char *) };
static const struct parts no_parts;
static const struct texts no_texts;
static const struct either no_either;
static const char *const no_picture = "";
static const struct mip_field in_fields[] = {
	{ MIP_FIELD(struct in, question, &mip_string, NULL) },
	{ MIP_FIELD(struct in, n, &mip_int, NULL) },
	{ MIP_FIELD(struct in, hint, &mip_string_optional, NULL) },
	{ MIP_FIELD(struct in, parts, &parts_type, NULL),
	    .fallback = &no_parts },
	{ MIP_FIELD(struct in, map, &texts_type, NULL),
	    .fallback = &no_texts },
	{ MIP_FIELD(struct in, either, &either_type, NULL),
	    .fallback = &no_either },
	{ MIP_FIELD(struct in, picture, &image_type, NULL),
	    .fallback = &no_picture },
};
static const struct mip_type in_type = { .kind = MIP_STRUCT,
	.size = sizeof(struct in), .name = "in", .field = in_fields, .n = 7 };
static const struct mip_field out_fields[] = {
	{ MIP_FIELD(struct out, answer, &mip_string, NULL) },
	{ MIP_FIELD(struct out, tags, &mip_string_list, NULL) },
};
static const struct mip_type out_type = { .kind = MIP_STRUCT,
	.size = sizeof(struct out), .name = "out", .field = out_fields,
	.n = 2 };

/* What the retriever finds: as loose as JSON. */
struct row {
	const char *question, *answer, *hint;
	int64_t n;
	struct parts parts;
	struct texts map;
	struct mip_strings tags;
	struct mip_floats odd;
};
static const struct mip_strings no_tags;
static const struct mip_floats no_odd;
static const struct mip_field row_fields[] = {
	{ MIP_FIELD(struct row, question, &mip_string, NULL) },
	{ MIP_FIELD(struct row, answer, &mip_string, NULL),
	    .flags = MIP_HIDDEN },
	{ MIP_FIELD(struct row, hint, &mip_string_optional, NULL) },
	{ MIP_FIELD(struct row, n, &mip_int, NULL) },
	{ MIP_FIELD(struct row, parts, &parts_type, NULL),
	    .fallback = &no_parts },
	{ MIP_FIELD(struct row, map, &texts_type, NULL),
	    .fallback = &no_texts },
	{ MIP_FIELD(struct row, tags, &mip_string_list, NULL),
	    .fallback = &no_tags },
	{ MIP_FIELD(struct row, odd, &mip_float_list, NULL),
	    .fallback = &no_odd },
};
static const struct mip_type row_type = { .kind = MIP_STRUCT,
	.size = sizeof(struct row), .name = "Row", .field = row_fields,
	.n = 8 };

static char dir[] = "/tmp/t_casesXXXXXX";
static char file[64];
static const char *const members[] = { "question", NULL };
static struct mip_retriever cases = {
	.name = "cases", .by = MIP_BM25, .of = &row_type, .text = members,
	.path = file, .k1 = 1.2, .b = 0.75,
};

/* ---- runs ---- */

struct run {
	struct mip_env *env;
	struct mip *m;
	struct mip_prompt p;
	struct slots_leaf leaf;
};

static void
run_init(struct run *r, unsigned k, const char *by)
{
	const struct mip_options o = { .no_cache = true, .seed = 1 };

	assert_int_equal(mip_env_new(&o, &r->env), MIP_OK);
	r->m = mip_new(r->env);
	assert_non_null(r->m);
	r->p = (struct mip_prompt){ .name = "leaf", .in = &in_type,
	    .out = &out_type, .cases = &cases, .ncase = k, .near_by = by };
	r->leaf = (struct slots_leaf){ .prompt = &r->p, .format = MIP_JSON };
}

static void
run_release(struct run *r)
{
	mip_free(r->m);
	mip_env_free(r->env);
}

/* The answers that are shown, "a b"; or the message of the failure. */
static const char *
found(struct run *r, const struct in *in)
{
	static char out[512];
	const struct json *demo;
	const char *s;
	unsigned n, i;

	mip_begin(r->m);
	if (!cases_find(r->m, &r->leaf, in, &demo, &n)) {
		assert_int_equal(n, 0);
		return mip_message(r->m);
	}
	out[0] = '\0';
	for (i = 0; i < n; i++) {
		s = json_string(mip_arena(r->m), json_get(demo[i], "answer"));
		snprintf(out + strlen(out), sizeof out - strlen(out), "%s%s",
		    i > 0 ? " " : "", s ? s : "?");
	}
	return out;
}

static void
nearest_last(void **state)
{
	struct in in = { .question = "red fish", .n = 4 };
	struct run r;

	(void)state;
	text_file(file,
	    "{\"question\":\"red fish\",\"n\":1,\"answer\":\"own\"}\n"
	    "{\"question\":\"red fish blue\",\"n\":2,\"answer\":\"near\"}\n"
	    "{\"question\":\"a fish and much besides it\",\"n\":3,"
	    "\"answer\":\"far\"}\n"
	    "{\"question\":\"Red fish\",\"n\":4,\"answer\":\"case\"}\n"
	    "{\"question\":\"stone\",\"n\":5,\"answer\":\"no\"}\n");
	run_init(&r, 3, NULL);
	/* Numbers do not make it another row, letters do. */
	assert_string_equal(found(&r, &in), "far near case");
	r.p.ncase = 1;
	assert_string_equal(found(&r, &in), "case");
	in.question = "blue";
	r.p.ncase = 9;
	assert_string_equal(found(&r, &in), "near");
	in.question = "";
	assert_string_equal(found(&r, &in), "");
	run_release(&r);
}

/* More of the same row than are looked for besides. */
static void
many_of_one(void **state)
{
	struct in in = { .question = "red fish" };
	struct run r;
	struct buf b = BUF_INIT;

	(void)state;
	for (int i = 0; i < 12; i++)
		buf_puts(&b, "{\"question\":\"red fish\",\"n\":1,"
		    "\"answer\":\"own\"}\n");
	buf_puts(&b, "{\"question\":\"fish\",\"n\":1,\"answer\":\"b\"}\n");
	text_file(file, buf_str(&b));
	run_init(&r, 2, NULL);
	assert_string_equal(found(&r, &in), "");
	run_release(&r);
	buf_release(&b);
}

static void
all_texts(void **state)
{
	const struct part v[] = { { "in a part", 1 } };
	const char *const key[] = { "key" }, *const value[] = { "in a map" };
	struct in in = { .question = "q", .hint = "in a hint",
		.parts = { v, 1 }, .map = { key, value, 1 },
		.either = { 1, { .s = "in an arm" } }, .picture = "p.png" };
	struct run r;

	(void)state;
	text_file(file, "{\"question\":\"hint\",\"n\":1,\"answer\":\"h\"}\n"
	    "{\"question\":\"part\",\"n\":1,\"answer\":\"p\"}\n"
	    "{\"question\":\"map\",\"n\":1,\"answer\":\"m\"}\n"
	    "{\"question\":\"arm\",\"n\":1,\"answer\":\"a\"}\n"
	    "{\"question\":\"key png\",\"n\":1,\"answer\":\"k\"}\n");
	run_init(&r, 9, NULL);
	assert_string_equal(found(&r, &in), "a m p h");
	r.p.near_by = "parts";
	assert_string_equal(found(&r, &in), "p");
	r.p.near_by = "hint";
	assert_string_equal(found(&r, &in), "h");
	in.hint = NULL;
	assert_string_equal(found(&r, &in), "");
	run_release(&r);
}

/* The texts that are compared are all that makes a row the same. */
static void
same_rows(void **state)
{
	const struct part v[] = { { "one", 1 } };
	struct in in = { .question = "red fish", .hint = "h",
		.parts = { v, 1 } };
	struct run r;

	(void)state;
	text_file(file, "{\"question\":\"red fish\",\"n\":1,\"answer\":\"x\","
	    "\"hint\":\"h\",\"parts\":[{\"text\":\"two\",\"n\":1}]}\n"
	    "{\"question\":\"red fish\",\"n\":1,\"answer\":\"y\","
	    "\"hint\":\"h\",\"parts\":[{\"text\":\"one\",\"n\":7}]}\n");
	run_init(&r, 9, NULL);
	assert_string_equal(found(&r, &in), "x");
	r.p.near_by = "question";
	assert_string_equal(found(&r, &in), "");
	run_release(&r);
}

static void
layouts(void **state)
{
	struct in in = { .question = "fish" };
	struct run r;

	(void)state;
	text_file(file, "{\"question\":\"fish 1\",\"n\":1,"
	    "\"answer\":\"a\\n[[ ## tags ## ]]\"}\n"
	    "{\"question\":\"fish 2\",\"n\":1,\"answer\":\"b\","
	    "\"tags\":[\"<answer>\",\"</answer>\"]}\n"
	    "{\"question\":\"fish 3\",\"n\":1,"
	    "\"answer\":\"c\\nTags: none\"}\n");
	run_init(&r, 9, NULL);
	assert_string_equal(found(&r, &in),
	    "c\nTags: none b a\n[[ ## tags ## ]]");
	r.leaf.format = MIP_MARKERS;
	assert_string_equal(found(&r, &in), "c\nTags: none b");
	r.leaf.format = MIP_XML;
	assert_string_equal(found(&r, &in),
	    "c\nTags: none a\n[[ ## tags ## ]]");
	r.leaf.format = MIP_LABELS;
	assert_string_equal(found(&r, &in), "b a\n[[ ## tags ## ]]");
	run_release(&r);
}

static void
bad_rows(void **state)
{
	struct mip_field wrong[2];
	struct mip_type out = out_type;
	struct in in = { .question = "fish" };
	struct run r;

	(void)state;
	text_file(file,
	    "{\"question\":\"fish\",\"n\":\"many\",\"answer\":\"x\"}\n");
	run_init(&r, 1, NULL);
	assert_non_null(strstr(found(&r, &in), "row 1 of "));
	assert_int_equal(mip_status(r.m), MIP_USAGE);
	/* What check would have refused, as C programs could have it. */
	memcpy(wrong, out_fields, sizeof wrong);
	wrong[0].type = &mip_int;
	out.field = wrong;
	r.p.out = &out;
	text_file(file, "{\"question\":\"a fish\",\"n\":1,\"answer\":\"x\"}\n");
	run_release(&r);
	run_init(&r, 1, NULL);
	r.p.out = &out;
	assert_non_null(strstr(found(&r, &in), "leaf: a row of the retriever "
	    "cases is no demonstration: answer: "));
	assert_int_equal(mip_status(r.m), MIP_USAGE);
	run_release(&r);
}

static int
up(void **state)
{
	(void)state;
	unsetenv("MIPROC_OFFLINE");
	unsetenv("MIPROC_MAX_COST");
	if (!mkdtemp(dir))
		return -1;
	snprintf(file, sizeof file, "%s/rows.jsonl", dir);
	return 0;
}

static int
down(void **state)
{
	(void)state;
	unlink(file);
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nearest_last),
		cmocka_unit_test(many_of_one),
		cmocka_unit_test(all_texts),
		cmocka_unit_test(same_rows),
		cmocka_unit_test(layouts),
		cmocka_unit_test(bad_rows),
	};

	return cmocka_run_group_tests(tests, up, down);
}
