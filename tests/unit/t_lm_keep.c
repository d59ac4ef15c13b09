/* Tests of lm: what must not be paid twice, budgets, limits, the end, threads.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/clock.h"
#include "lm/lm.h"
#include "lm_run.h"

/* ---- not paid twice ---- */

static void
cache(void **state)
{
	const char *dir = lmd_path("cache");
	struct mip_model m = model("m");
	struct lm *l = CLIENT(.cache_dir = dir);
	struct lm_totals t;
	struct ask a;

	(void)state;
	assert_int_equal(call(l, &a, &m, "w-cache"), MIP_OK);
	lm_call_release(&a.c);
	assert_int_equal(call(l, &a, &m, "w-cache"), MIP_OK);
	assert_true(a.c.cached);
	assert_string_equal(a.c.text, "hello");
	lm_call_release(&a.c);
	lm_free(l);
	l = CLIENT(.cache_dir = dir, .offline = true);
	assert_int_equal(call(l, &a, &m, "w-cache"), MIP_OK);
	assert_true(a.c.cached && a.c.usage.out > 0);
	lm_call_release(&a.c);
	assert_int_equal(call(l, &a, &m, "w-other"), MIP_OFFLINE);
	lm_totals(l, &t);
	assert_int_equal(t.cached, 1);
	assert_int_equal(t.calls, 0);
	assert_int_equal(t.failures, 1);
	assert_true(t.paid.out == 0 && t.nominal.out > 0);
	lm_free(l);
	assert_int_equal(lmd_count(&lmd, "w-cache"), 1);
	l = CLIENT(.cache_dir = dir, .refresh = true);
	assert_int_equal(call(l, &a, &m, "w-cache"), MIP_OK);
	assert_false(a.c.cached);
	lm_call_release(&a.c);
	lm_free(l);
	assert_int_equal(lmd_count(&lmd, "w-cache"), 2);
	/* Failures are not kept. */
	l = CLIENT(.cache_dir = dir);
	call(l, &a, &m, "w-bad2 w-bad");
	call(l, &a, &m, "w-bad2 w-bad");
	lm_free(l);
	assert_int_equal(lmd_count(&lmd, "w-bad2"), 2);
}

static void
samples(void **state)
{
	const char *dir = lmd_path("samples");
	struct mip_model m = model("m");
	struct lm *l = CLIENT(.cache_dir = dir);
	struct lm_group g;
	struct ask a[2];

	(void)state;
	m.seed = 7;
	assert_true(lm_group_init(&g));
	ask(&a[0], &m, &g, "w-sample");
	ask(&a[1], &m, &g, "w-sample");
	a[1].c.sample = "1";
	lm_start(l, &a[0].c);
	lm_start(l, &a[1].c);
	lm_wait(&g);
	assert_false(a[0].c.cached || a[1].c.cached);
	assert_int_equal(lmd_count(&lmd, "w-sample"), 2);
	/* Another sample is drawn with another seed. */
	assert_int_equal(lmd_count(&lmd, "w-sample\"}],\"temperature\":0.0,"
	    "\"max_tokens\":100,\"seed\":7}"), 1);
	lm_call_release(&a[0].c);
	lm_call_release(&a[1].c);
	lm_group_release(&g);
	lm_free(l);
}

static void
single_flight(void **state)
{
	enum { N = 20 };
	struct mip_model m = model("m");
	struct lm *l = CLIENT(.seed = 1);
	struct lm_group g;
	struct lm_totals t;
	static struct ask a[N];
	int i, paid = 0;

	(void)state;
	assert_true(lm_group_init(&g));
	for (i = 0; i < N; i++) {
		ask(&a[i], &m, &g, "w-slow single");
		lm_start(l, &a[i].c);
	}
	lm_wait(&g);
	for (i = 0; i < N; i++) {
		assert_int_equal(a[i].c.status, MIP_OK);
		assert_string_equal(a[i].c.text, "slow");
		paid += !a[i].c.cached;
		lm_call_release(&a[i].c);
	}
	assert_int_equal(paid, 1);
	assert_int_equal(lmd_count(&lmd, "w-slow single"), 1);
	lm_totals(l, &t);
	assert_int_equal(t.shared, N - 1);
	lm_group_release(&g);
	lm_free(l);
}

static void
journal(void **state)
{
	const char *file = lmd_path("study.db"), *dir = lmd_path("journal");
	struct mip_model m = model("m");
	struct mip_options o = { .no_cache = true, .journal = "/dev/null/j" };
	struct lm *l = CLIENT(.cache_dir = dir);
	struct ask a;
	char why[320];

	(void)state;
	assert_int_equal(call(l, &a, &m, "w-journal"), MIP_OK);
	lm_call_release(&a.c);
	lm_free(l);
	l = CLIENT(.cache_dir = dir, .journal = file);
	call(l, &a, &m, "w-journal");           /* from the cache */
	lm_call_release(&a.c);
	call(l, &a, &m, "w-journal new");
	lm_call_release(&a.c);
	lm_free(l);
	l = CLIENT(.journal = file, .offline = true);   /* and no cache */
	assert_int_equal(call(l, &a, &m, "w-journal"), MIP_OK);
	lm_call_release(&a.c);
	assert_int_equal(call(l, &a, &m, "w-journal new"), MIP_OK);
	assert_true(a.c.cached);
	lm_call_release(&a.c);
	lm_free(l);
	assert_int_equal(lm_new(&o, &l, why), MIP_IO);
	assert_non_null(strstr(why, "journal"));
}

static void
warned(void *arg, const char *text)
{
	assert_non_null(strstr(text, "without the cache"));
	++*(int *)arg;
}

static void
no_cache_to_be_had(void **state)
{
	struct mip_model m = model("m");
	struct lm *l = CLIENT(.cache_dir = "/dev/null/x");
	struct ask a;
	int warnings = 0;

	(void)state;
	lm_observe(l, warned, &warnings);
	assert_int_equal(call(l, &a, &m, "w-nocache"), MIP_OK);
	lm_call_release(&a.c);
	assert_int_equal(call(l, &a, &m, "w-nocache"), MIP_OK);
	lm_call_release(&a.c);
	assert_int_equal(warnings, 1);
	lm_free(l);
}

/* ---- budgets, limits ---- */

static void
budgets(void **state)
{
	struct mip_model m = model("m");
	struct lm *l = CLIENT(.max_calls = 2);
	struct ask a;

	(void)state;
	call(l, &a, &m, "w-b 1");
	lm_call_release(&a.c);
	call(l, &a, &m, "w-b 2");
	lm_call_release(&a.c);
	assert_int_equal(call(l, &a, &m, "w-b 3"), MIP_BUDGET);
	assert_true(says(&a, "2 calls"));
	lm_free(l);
	assert_int_equal(lmd_count(&lmd, "w-b "), 2);
	l = CLIENT(.max_cost = 1);
	assert_int_equal(call(l, &a, &m, "w-b 4"), MIP_USAGE);
	assert_true(says(&a, "price"));
	lm_free(l);
	m.priced = true;
	m.price_out = 10;
	m.max_tokens = 0;
	l = CLIENT(.max_cost = 1);
	assert_int_equal(call(l, &a, &m, "w-b 5"), MIP_USAGE);
	assert_true(says(&a, "max_tokens"));
	lm_free(l);
	m.max_tokens = 1000;
	l = CLIENT(.max_cost = 0.001);
	assert_int_equal(call(l, &a, &m, "w-b 6"), MIP_BUDGET);
	lm_free(l);
	setenv("MIPROC_MAX_COST", "0.001", 1);
	l = CLIENT(.seed = 1);
	assert_int_equal(call(l, &a, &m, "w-b 7"), MIP_BUDGET);
	lm_free(l);
	unsetenv("MIPROC_MAX_COST");
	assert_int_equal(lmd_count(&lmd, "w-b "), 2);
}

/* All at once, and the worst case of one alone fits: one after the other. */
static void
budget_waits(void **state)
{
	enum { N = 6 };
	struct mip_model m = model("m");
	struct lm *l = CLIENT(.max_tokens = 1500);
	struct lm_group g;
	static struct ask a[N];
	char word[32];
	int i, ok = 0, broke = 0;

	(void)state;
	m.max_tokens = 1000;
	assert_true(lm_group_init(&g));
	for (i = 0; i < N; i++) {
		snprintf(word, sizeof word, "w-wait %d", i);
		ask(&a[i], &m, &g, word);
		lm_start(l, &a[i].c);
	}
	lm_wait(&g);
	for (i = 0; i < N; i++) {
		ok += a[i].c.status == MIP_OK;
		broke += a[i].c.status == MIP_BUDGET;
		lm_call_release(&a[i].c);
	}
	assert_true(ok >= 2);
	assert_int_equal(ok + broke, N);
	lm_group_release(&g);
	lm_free(l);
}

static void
limits(void **state)
{
	enum { N = 8 };
	struct mip_model m = model("m");
	struct lm *l = CLIENT(.seed = 1);
	struct lm_group g;
	static struct ask a[N];
	char word[32];
	double t = clock_now();
	int i;

	(void)state;
	m.sending.running = 2;
	assert_true(lm_group_init(&g));
	for (i = 0; i < N; i++) {
		snprintf(word, sizeof word, "w-slow limit %d", i);
		ask(&a[i], &m, &g, word);
		lm_start(l, &a[i].c);
	}
	lm_wait(&g);
	assert_true(clock_now() - t > 1.1);           /* four times 0.3 s */
	for (i = 0; i < N; i++)
		lm_call_release(&a[i].c);
	lm_group_release(&g);
	lm_free(l);
}

static void
cancelled(void **state)
{
	struct mip_model m = model("m");
	struct lm *l = CLIENT(.seed = 1);
	struct lm_group g;
	struct ask a, b;
	double t = clock_now();

	(void)state;
	assert_true(lm_group_init(&g));
	ask(&a, &m, &g, "w-hang 1");
	lm_start(l, &a.c);
	ask(&b, &m, &g, "w-always 2");
	lm_start(l, &b.c);
	lm_cancel(l);
	lm_wait(&g);
	assert_int_equal(a.c.status, MIP_CANCELLED);
	assert_int_equal(b.c.status, MIP_CANCELLED);
	assert_int_equal(call(l, &b, &m, "later"), MIP_CANCELLED);
	lm_free(l);
	/* And so does the end. */
	l = CLIENT(.seed = 1);
	ask(&a, &m, &g, "w-hang 2");
	lm_start(l, &a.c);
	lm_free(l);
	lm_wait(&g);
	assert_int_equal(a.c.status, MIP_CANCELLED);
	assert_true(clock_now() - t < slow(5));
	lm_group_release(&g);
}

/* ---- threads ---- */

struct crowd {
	struct lm *l;
	const struct mip_model *m;
	int id, bad;
};

static void *
crowd_member(void *arg)
{
	struct crowd *c = arg;
	struct lm_group g;
	struct ask a[4];
	char word[48];
	int i, k;

	c->bad = !lm_group_init(&g);
	for (i = 0; i < 25 && !c->bad; i++) {
		for (k = 0; k < 4; k++) {
			/* Half of the requests are everybody's. */
			snprintf(word, sizeof word, "crowd %d %d",
			    k % 2 ? c->id : 0, i * 4 + k);
			ask(&a[k], c->m, &g, word);
			lm_start(c->l, &a[k].c);
		}
		lm_wait(&g);
		for (k = 0; k < 4; k++) {
			c->bad += a[k].c.status != MIP_OK;
			lm_call_release(&a[k].c);
		}
	}
	lm_group_release(&g);
	return NULL;
}

static void
threads(void **state)
{
	enum { N = 6 };
	struct mip_model m = model("m");
	struct lm *l = CLIENT(.cache_dir = lmd_path("crowd"));
	struct crowd c[N];
	pthread_t t[N];
	struct lm_totals sum;
	int i;

	(void)state;
	for (i = 0; i < N; i++) {
		c[i] = (struct crowd){ l, &m, i + 1, 0 };
		assert_int_equal(pthread_create(&t[i], NULL, crowd_member,
		    &c[i]), 0);
	}
	for (i = 0; i < N; i++) {
		pthread_join(t[i], NULL);
		assert_int_equal(c[i].bad, 0);
	}
	lm_totals(l, &sum);
	assert_int_equal(sum.calls, 50 + 50 * N);
	assert_int_equal(sum.calls + sum.cached + sum.shared, 100 * N);
	assert_int_equal(lmd_count(&lmd, "crowd "), 50 + 50 * N);
	lm_free(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cache),
		cmocka_unit_test(samples),
		cmocka_unit_test(single_flight),
		cmocka_unit_test(journal),
		cmocka_unit_test(no_cache_to_be_had),
		cmocka_unit_test(budgets),
		cmocka_unit_test(budget_waits),
		cmocka_unit_test(limits),
		cmocka_unit_test(cancelled),
		cmocka_unit_test(threads),
	};

	return cmocka_run_group_tests(tests, up, lmd_down);
}
