/* Tests of usage: counting by leaf, its table, its JSON.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/json.h"
#include "trace/usage.h"

static void
add(struct usage *u, const char *leaf, bool cached, double usd, double s)
{
	usage_add(u, &(struct usage_call){ .leaf = leaf, .cached = cached,
	    .in = 100, .in_cached = 40, .out = 7, .cost = usd,
	    .latency_s = s });
}

static void
counting(void **state)
{
	struct usage u = { 0 };
	struct mip_leaf_usage r;

	(void)state;
	assert_false(usage_get(&u, 0, &r));
	add(&u, "b", false, 0.5, 1);
	add(&u, "b", true, 0.5, 9);
	add(&u, "a", false, 0.25, 2);
	usage_add(&u, &(struct usage_call){ .leaf = "b", .failed = true,
	    .in = 5 });
	usage_add(&u, &(struct usage_call){ .leaf = "b", .reasked = true,
	    .cached = true });
	usage_add(&u, &(struct usage_call){ .model = "small", .in = 3 });
	assert_true(usage_get(&u, 0, &r));
	assert_string_equal(r.leaf, "b");
	assert_int_equal(r.calls, 3);
	assert_int_equal(r.cached, 2);
	assert_int_equal(r.reasked, 1);
	assert_int_equal(r.failed, 1);
	assert_int_equal(r.tokens_in, 200);
	assert_int_equal(r.tokens_in_cached, 80);
	assert_int_equal(r.tokens_out, 14);
	assert_true(r.usd == 0.5 && r.nominal_usd == 1);
	assert_true(r.latency_s == 1);
	assert_true(usage_get(&u, 1, &r));
	assert_string_equal(r.leaf, "a");
	assert_true(usage_get(&u, 2, &r));
	assert_string_equal(r.leaf, "embed(small)");
	assert_false(usage_get(&u, 3, &r));
	usage_release(&u);
}

/* At or above the true one, and by 9% at most. */
static void
percentile(void **state)
{
	static const double scale[] = { 0.002, 0.01, 1, 7.3 };
	struct mip_leaf_usage r;
	size_t i;
	int k;

	(void)state;
	for (i = 0; i < sizeof scale / sizeof scale[0]; i++) {
		struct usage u = { 0 };

		for (k = 100; k >= 1; k--)
			add(&u, "x", false, 0, scale[i] * k);
		assert_true(usage_get(&u, 0, &r));
		assert_true(r.latency_p95_s >= scale[i] * 95 * 0.9999);
		assert_true(r.latency_p95_s <= scale[i] * 95 * 1.0906);
		assert_true(fabs(r.latency_s / (scale[i] * 50.5) - 1) < 1e-9);
		usage_release(&u);
	}
}

static void
extremes(void **state)
{
	struct usage u = { 0 };
	struct mip_leaf_usage r;

	(void)state;
	add(&u, "x", false, 0, 0);
	assert_true(usage_get(&u, 0, &r));
	assert_true(r.latency_p95_s == 1e-3);
	add(&u, "y", false, 0, 1e9);
	assert_true(usage_get(&u, 1, &r));
	assert_true(r.latency_p95_s > 1000);
	usage_release(&u);
}

static void
table(void **state)
{
	struct usage u = { 0 };
	struct buf b = BUF_INIT;

	(void)state;
	usage_table(&b, &u);
	assert_string_equal(buf_str(&b), "leaf  calls  cached  re-asked  "
	    "failed  tokens in  cached  out  usd  nominal  latency s  p95\n");
	buf_reset(&b);
	add(&u, "m.answer", false, 0.5, 0.001);
	add(&u, "n", true, 0, 0.001);
	usage_table(&b, &u);
	assert_string_equal(buf_str(&b),
	    "leaf      calls  cached  re-asked  failed  tokens in  cached  "
	    "out       usd   nominal  latency s    p95\n"
	    "m.answer      1       0         0       0        100      40  "
	    "  7  0.500000  0.500000      0.001  0.001\n"
	    "n             1       1         0       0        100      40  "
	    "  7         0         0          -      -\n"
	    "total         2       1         0       0        200      80  "
	    " 14  0.500000  0.500000\n");
	buf_release(&b);
	usage_release(&u);
}

static void
as_json(void **state)
{
	struct usage u = { 0 };
	struct buf b = BUF_INIT;
	struct json v;

	(void)state;
	add(&u, "a\"b", false, 0.5, 0.001);
	add(&u, "n", true, 0.25, 0.001);
	usage_json(&b, &u);
	assert_string_equal(buf_str(&b), "{\"leaves\":["
	    "{\"leaf\":\"a\\\"b\",\"calls\":1,\"cached\":0,\"reasked\":0,"
	    "\"failed\":0,\"tokens_in\":100,\"tokens_in_cached\":40,"
	    "\"tokens_out\":7,\"usd\":0.5,\"nominal_usd\":0.5,"
	    "\"latency_s\":0.001,\"latency_p95_s\":0.001},"
	    "{\"leaf\":\"n\",\"calls\":1,\"cached\":1,\"reasked\":0,"
	    "\"failed\":0,\"tokens_in\":100,\"tokens_in_cached\":40,"
	    "\"tokens_out\":7,\"usd\":0.0,\"nominal_usd\":0.25}],"
	    "\"total\":{\"calls\":2,\"cached\":1,\"reasked\":0,\"failed\":0,"
	    "\"tokens_in\":200,\"tokens_in_cached\":80,\"tokens_out\":14,"
	    "\"usd\":0.5,\"nominal_usd\":0.75}}\n");
	assert_true(json_parse(b.s, b.len, &v, NULL, NULL));
	buf_release(&b);
	usage_release(&u);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counting),
		cmocka_unit_test(percentile),
		cmocka_unit_test(extremes),
		cmocka_unit_test(table),
		cmocka_unit_test(as_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
