/* Tests of the tuned file: what is written is read, applied and compared.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tune/tuned.h"
#include "tune_mod.h"

static const char slots[] = "{\"K\":3,"
    "\"m.explain.demos\":[{\"text\":\"a \\\"b\\\"\",\"label\":\"OTHER\","
    "\"why\":\"so\"}],"
    "\"route.format\":\"markers\","
    "\"route.instruction\":\"First line.\\n\\nThird line.\"}";

static struct tune_result
result(const char *set)
{
	struct tune_result r = { .complete = true, .slots = set,
	    .improved = true, .trials = 9, .runs = 100, .calls_paid = 7,
	    .calls_cached = 13, .cost_paid = 0.5, .cost_nominal = 1.25 };

	r.dev_before.interval = (struct interval){ 0.5, 0.4, 0.6, 80 };
	r.dev_after.interval = (struct interval){ 0.75, 0.65, 0.85, 80 };
	return r;
}

static struct tuned
write_read(struct arena *a, const struct tune_task *t,
    const struct tune_result *r)
{
	struct buf b = BUF_INIT;
	struct tuned v;
	char why[320] = "";

	tuned_write(&b, t, r);
	assert_false(b.failed);
	assert_int_equal(b.s[b.len - 1], '\n');
	assert_int_equal(tuned_read(a, b.s, b.len, &v, why), MIP_OK);
	buf_release(&b);
	return v;
}

struct stale {
	unsigned n;
	char last[64];
};

static void
note_stale(void *arg, const char *slot, const char *why)
{
	struct stale *s = arg;

	assert_true(why[0] != '\0');
	s->n++;
	strncpy(s->last, slot, sizeof s->last - 1);
}

static void
test_round(void **state)
{
	struct arena a = { 0 };
	struct mod *m = tune_mod(&a);
	struct tune_task t = tune_mod_task(&a, m, 3, 3, 0);
	struct tune_result r = result(slots);
	struct tuned v = write_read(&a, &t, &r);
	struct stale s = { 0, "" };

	(void)state;
	assert_string_equal(v.program, "0123456789abcdef");
	assert_int_equal(strlen(v.hash), 16);
	assert_string_equal(v.note,
	    "tuned by mipro, seed 5: dev 0.5 -> 0.75");
	assert_true(tuned_apply(&a, &v, m, false, note_stale, &s));
	assert_int_equal(s.n, 0);
	assert_int_equal(m->param->value.i, 3);
	assert_string_equal(m->prompt->tuned_text,
	    "First line.\n\nThird line.");
	assert_int_equal(m->prompt->format, MIP_MARKERS);
	assert_int_equal(m->prompt->next->ndemo, 1);
	assert_string_equal(m->prompt->next->demo[0],
	    "{\"text\":\"a \\\"b\\\"\",\"label\":\"OTHER\","
	    "\"why\":\"so\"}");
	assert_string_equal(m->tuned, v.hash);
	arena_release(&a);
}

/* Formats, structures, temperatures and params only as the source allows. */
static void
test_allowed(void **state)
{
	static const char set[] = "{\"K\":5,\"m.explain.format\":\"xml\","
	    "\"m.explain.structure\":\"native\","
	    "\"m.explain.temperature\":1.5,\"route.structure\":\"prompt\","
	    "\"route.temperature\":0.25}";
	static const struct ty_const heat[] = {
		{ .kind = TYC_FLOAT, .f = 0 }, { .kind = TYC_FLOAT, .f = 0.5 }
	};
	struct arena a = { 0 };
	struct mod *m = tune_mod(&a);
	struct tune_task t = tune_mod_task(&a, m, 3, 3, 0);
	struct tune_result r = result(set);
	struct tuned v = write_read(&a, &t, &r);
	struct prompt *route = m->prompt, *explain = route->next;
	struct stale s = { 0, "" };

	(void)state;
	route->structures[MIP_STRUCTURE_PROMPT] = true;
	explain->tune[SLOT_TEMPERATURE] = true;
	explain->temperatures = (struct choices){ .v = heat, .n = 2 };
	assert_false(tuned_apply(&a, &v, m, false, note_stale, &s));
	assert_int_equal(s.n, 4);
	assert_int_equal(m->param->value.i, 2);
	assert_int_equal(route->structure, MIP_STRUCTURE_PROMPT);
	assert_true(route->temperature == 0.25);
	assert_int_equal(explain->format, MIP_JSON);
	assert_int_equal(explain->structure, MIP_STRUCTURE_AUTO);
	assert_true(explain->temperature == MIP_UNSET);
	arena_release(&a);
}

/* What -D has set goes into the file, and over what is in one. */
static void
test_pins(void **state)
{
	struct pin heat = { "route.temperature", { .kind = TYC_FLOAT,
	    .f = 0.5 }, NULL };
	struct pin k = { "K", { .kind = TYC_INT, .i = 3 }, &heat };
	struct arena a = { 0 };
	struct mod *m = tune_mod(&a);
	struct tune_task t = tune_mod_task(&a, m, 3, 3, 0);
	struct tune_result r = result("{\"m.explain.format\":\"markers\"}");
	struct stale s = { 0, "" };
	struct tuned v;
	struct buf b = BUF_INIT;

	(void)state;
	m->pin = &k;
	v = write_read(&a, &t, &r);
	json_compact(&b, v.slots);
	assert_string_equal(buf_str(&b), "{\"K\":3,"
	    "\"m.explain.format\":\"markers\",\"route.temperature\":0.5}");
	m->param = NULL;
	assert_true(tuned_apply(&a, &v, m, false, note_stale, &s));
	assert_int_equal(s.n, 0);
	assert_true(m->prompt->temperature == MIP_UNSET);
	k.value.i = 1;
	assert_true(tuned_apply(&a, &v, m, false, note_stale, &s));
	assert_int_equal(s.n, 1);
	assert_string_equal(s.last, "K");
	m->pin = NULL;
	m->param = tune_mod(&a)->param;
	assert_true(tuned_apply(&a, &v, m, false, note_stale, &s));
	assert_int_equal(m->param->value.i, 3);
	assert_true(m->prompt->temperature == 0.5);
	buf_release(&b);
	arena_release(&a);
}

/* What was paid, and how long it took, changes no byte. */
static void
test_same_bytes(void **state)
{
	struct arena a = { 0 };
	struct mod *m = tune_mod(&a);
	struct tune_task t = tune_mod_task(&a, m, 3, 3, 0);
	struct tune_result r = result(slots);
	struct buf x = BUF_INIT, y = BUF_INIT;

	(void)state;
	unsetenv("SOURCE_DATE_EPOCH");
	tuned_write(&x, &t, &r);
	r.cost_paid = 0;
	r.calls_paid = 0;
	r.calls_cached = 20;
	r.elapsed_s = 12;
	tuned_write(&y, &t, &r);
	assert_string_equal(buf_str(&x), buf_str(&y));
	assert_null(strstr(buf_str(&x), "\"date\""));
	setenv("SOURCE_DATE_EPOCH", "0", 1);
	buf_reset(&y);
	tuned_write(&y, &t, &r);
	assert_non_null(strstr(buf_str(&y), "\"date\": \"1970-01-01\""));
	unsetenv("SOURCE_DATE_EPOCH");
	buf_release(&x);
	buf_release(&y);
	arena_release(&a);
}

static void
test_stale(void **state)
{
	struct arena a = { 0 };
	struct mod *m = tune_mod(&a);
	struct tune_task t = tune_mod_task(&a, m, 3, 3, 0);
	struct tune_result r = result(slots);
	struct tuned v = write_read(&a, &t, &r);
	struct stale s = { 0, "" };

	(void)state;
	m->prompt->hash = "changed";
	assert_false(tuned_apply(&a, &v, m, false, note_stale, &s));
	assert_int_equal(s.n, 2);
	assert_null(m->prompt->tuned_text);
	assert_int_equal(m->prompt->format, MIP_JSON);
	assert_int_equal(m->prompt->next->ndemo, 1);
	/* The fields are the same, so the values can be carried over. */
	s.n = 0;
	assert_true(tuned_apply(&a, &v, m, true, note_stale, &s));
	assert_int_equal(s.n, 2);
	assert_non_null(m->prompt->tuned_text);
	/* Not if an input has gone. */
	m->prompt->tuned_text = NULL;
	m->prompt->in = m->prompt->out;
	s.n = 0;
	assert_false(tuned_apply(&a, &v, m, true, note_stale, &s));
	assert_null(m->prompt->tuned_text);
	/* Slots that are gone. */
	m->param = NULL;
	m->prompt = m->prompt->next;
	s.n = 0;
	assert_false(tuned_apply(&a, &v, m, true, note_stale, &s));
	assert_int_equal(s.n, 3);
	assert_string_equal(s.last, "route.instruction");
	arena_release(&a);
}

/* What would be set, for a worker: the module stays as it is. */
static void
test_slots(void **state)
{
	struct pin pinned = { "route.format", { .kind = TYC_STRING,
	    .s = "json" }, NULL };
	struct arena a = { 0 };
	struct mod *m = tune_mod(&a);
	struct tune_task t = tune_mod_task(&a, m, 3, 3, 0);
	struct tune_result r = result(slots);
	struct tuned v = write_read(&a, &t, &r);
	struct stale s = { 0, "" };
	int64_t k = m->param->value.i;

	(void)state;
	assert_string_equal(tuned_slots(&a, &v, m, note_stale, &s),
	    "{\"K\":3,\"m.explain.demos\":[{\"text\":\"a \\\"b\\\"\","
	    "\"label\":\"OTHER\",\"why\":\"so\"}],"
	    "\"route.format\":\"markers\","
	    "\"route.instruction\":[\"First line.\",\"\","
	    "\"Third line.\"]}");
	assert_int_equal(s.n, 0);
	assert_null(m->prompt->tuned_text);
	assert_null(m->tuned);
	assert_int_equal(m->prompt->format, MIP_JSON);
	assert_int_equal(m->prompt->next->ndemo, 0);
	assert_int_equal(m->param->value.i, k);
	m->prompt->next->in = m->prompt->next->out;
	m->prompt->next->hash = "changed";
	m->param = NULL;
	m->pin = &pinned;
	assert_string_equal(tuned_slots(&a, &v, m, note_stale, &s),
	    "{\"route.instruction\":[\"First line.\",\"\","
	    "\"Third line.\"]}");
	assert_int_equal(s.n, 3);
	arena_release(&a);
}

static void
test_bad_values(void **state)
{
	static const char *const set[] = {
		"{\"K\":\"three\"}", "{\"route.format\":\"xml\"}",
		"{\"route.format\":7}", "{\"route.demos\":[7]}",
		"{\"route.instruction\":7}", "{\"route.temperature\":9}",
		"{\"route.colour\":\"red\"}",
	};
	struct arena a = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof set / sizeof *set; i++) {
		struct mod *m = tune_mod(&a);
		struct tune_task t = tune_mod_task(&a, m, 3, 3, 0);
		struct tune_result r = result(set[i]);
		struct tuned v = write_read(&a, &t, &r);
		struct stale s = { 0, "" };

		assert_false(tuned_apply(&a, &v, m, false, note_stale, &s));
		assert_int_equal(s.n, 1);
	}
	arena_release(&a);
}

static void
test_no_file(void **state)
{
	static const char *const text[] = {
		"", "{", "[]", "{}", "{\"format\":1}",
		"{\"format\":2,\"slots\":{}}",
		"{\"format\":1,\"slots\":[]}",
		"{\"format\":1,\"slots\":{}}",
	};
	struct arena a = { 0 };
	struct tuned v;
	char why[320];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof text / sizeof *text; i++) {
		why[0] = '\0';
		assert_int_equal(tuned_read(&a, text[i], strlen(text[i]), &v,
		    why), MIP_USAGE);
		assert_true(why[0] != '\0');
	}
	arena_release(&a);
}

static void
test_diff(void **state)
{
	struct arena a = { 0 };
	struct mod *m = tune_mod(&a);
	struct tune_task t = tune_mod_task(&a, m, 3, 3, 0);
	struct tune_result r = result(slots);
	struct tuned x = write_read(&a, &t, &r), y;
	struct buf b = BUF_INIT;

	(void)state;
	assert_false(tuned_diff(&b, x.root, x.root));
	assert_int_equal(b.len, 0);
	r.slots = "{\"K\":1,\"route.format\":\"markers\","
	    "\"route.instruction\":\"First line.\\nNew line.\"}";
	r.dev_after.interval.mean = 0.875;
	t.seed = 6;
	m->prompt->hash = "changed";
	y = write_read(&a, &t, &r);
	assert_true(tuned_diff(&b, x.root, y.root));
	assert_string_equal(buf_str(&b),
	    "slots:\n"
	    "  K: 3 -> 1\n"
	    "  m.explain.demos: as written after\n"
	    "  - {\"text\":\"a \\\"b\\\"\",\"label\":\"OTHER\","
	    "\"why\":\"so\"}\n"
	    "  route.instruction:\n"
	    "    First line.\n"
	    "  - \n"
	    "  - Third line.\n"
	    "  + New line.\n"
	    "scores:\n"
	    "  dev.after: 0.750 [0.650, 0.850] -> 0.875 [0.650, 0.850]\n"
	    "leaves:\n"
	    "  route.hash: \"aaaa\" -> \"changed\"\n"
	    "lineage:\n"
	    "  seed: 5 -> 6\n");
	buf_release(&b);
	arena_release(&a);
}

static const char *
diff_of(struct arena *a, const char *before, const char *after)
{
	struct buf b = BUF_INIT;
	struct json x, y;
	const char *s;

	assert_true(json_parse(before, strlen(before), &x, NULL, NULL));
	assert_true(json_parse(after, strlen(after), &y, NULL, NULL));
	assert_true(tuned_diff(&b, x, y));
	s = arena_strdup(a, buf_str(&b));
	buf_release(&b);
	return s;
}

/* Lines around a change are shown, others are not; an item that moved goes
 * and comes; one that stands twice is counted. */
static void
test_diff_lists(void **state)
{
	struct arena a = { 0 };

	(void)state;
	assert_string_equal(diff_of(&a,
	    "{\"slots\":{\"x\":[\"1\",\"2\",\"3\",\"4\",\"5\","
	    "\"6\",\"7\",\"8\"]}}",
	    "{\"slots\":{\"x\":[\"1\",\"2\",\"3\",\"4\",\"v\","
	    "\"6\",\"7\",\"8\"]}}"),
	    "slots:\n  x:\n    ...\n    3\n    4\n  - 5\n  + v\n    6\n"
	    "    7\n    ...\n");
	assert_string_equal(diff_of(&a, "{\"slots\":{\"x\":[{\"a\":1,"
	    "\"b\":2},{\"c\":1}]}}", "{\"slots\":{\"x\":[{\"c\":1},"
	    "{\"b\":2,\"a\":1}]}}"),
	    "slots:\n  x:\n  - {\"a\":1,\"b\":2}\n    {\"c\":1}\n"
	    "  + {\"b\":2,\"a\":1}\n");
	assert_string_equal(diff_of(&a, "{\"slots\":{\"x\":[\"a\"]}}",
	    "{\"slots\":{\"x\":[\"a\",\"a\"]}}"),
	    "slots:\n  x:\n    a\n  + a\n");
	assert_string_equal(diff_of(&a, "{\"slots\":{}}",
	    "{\"slots\":{\"x\":[\"a\\u001b[1m\\u202e\"],"
	    "\"t\":0.30000000000000004}}"),
	    "slots:\n  x: as written before\n  + a\\u001b[1m\\u202e\n"
	    "  t: as written -> 0.3\n");
	arena_release(&a);
}

static void
test_diff_scores(void **state)
{
	struct arena a = { 0 };

	(void)state;
	assert_string_equal(diff_of(&a,
	    "{\"scores\":{\"metric\":\"m\",\"dev\":{\"mean\":0.5,"
	    "\"lo\":null,\"hi\":null}},"
	    "\"lineage\":{\"data\":{\"dev\":{\"rows\":3}}}}",
	    "{\"scores\":{\"metric\":\"m\"},"
	    "\"lineage\":{\"data\":{\"dev\":{\"rows\":4}}}}"),
	    "scores:\n  dev: 0.500 [null, null] -> none\n"
	    "  (not to be compared: the rows differ; eval --compare scores "
	    "both on the same rows)\n"
	    "lineage:\n  data.dev.rows: 3 -> 4\n");
	assert_string_equal(diff_of(&a, "{\"scores\":{\"metric\":\"m\"}}",
	    "{\"scores\":{\"metric\":\"n\"}}"),
	    "scores:\n  metric: \"m\" -> \"n\"\n"
	    "  (not to be compared: the metric differs; eval --compare scores "
	    "both on the same rows)\n");
	/* The rows of train do not matter. */
	assert_string_equal(diff_of(&a, "{\"scores\":{\"p\":0.5},"
	    "\"lineage\":{\"data\":{\"train\":{\"rows\":3}}}}",
	    "{\"scores\":{\"p\":0.25},"
	    "\"lineage\":{\"data\":{\"train\":{\"rows\":4}}}}"),
	    "scores:\n  p: 0.5 -> 0.25\n"
	    "lineage:\n  data.train.rows: 3 -> 4\n");
	arena_release(&a);
}

/* More than a table holds: all goes and all comes. */
static void
test_diff_large(void **state)
{
	struct buf x = BUF_INIT, y = BUF_INIT;
	struct arena a = { 0 };
	const char *s;
	unsigned i, went = 0, came = 0;

	(void)state;
	buf_puts(&x, "{\"slots\":{\"x\":[0");
	buf_puts(&y, "{\"slots\":{\"x\":[1");
	for (i = 0; i < 2500; i++) {
		buf_puts(&x, ",7");
		buf_puts(&y, ",7");
	}
	buf_puts(&x, "]}}");
	buf_puts(&y, "]}}");
	s = diff_of(&a, buf_str(&x), buf_str(&y));
	for (; *s; s++) {
		went += strncmp(s, "\n  - ", 5) == 0;
		came += strncmp(s, "\n  + ", 5) == 0;
	}
	assert_int_equal(went, 2501);
	assert_int_equal(came, 2501);
	buf_release(&x);
	buf_release(&y);
	arena_release(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_allowed),
		cmocka_unit_test(test_pins),
		cmocka_unit_test(test_same_bytes),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_slots),
		cmocka_unit_test(test_bad_values),
		cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_diff),
		cmocka_unit_test(test_diff_lists),
		cmocka_unit_test(test_diff_scores),
		cmocka_unit_test(test_diff_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
