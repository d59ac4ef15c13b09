/* Tests of fork.c: functions beside each other, their values, failures and
 * samples.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/clock.h"
#include "run/mip.h"
#include "sample.c"
#include "stage.h"

static int
up_one(void **state)
{
	return stage_with(state, (struct mip_options){ .threads = 1 });
}

/* What a fork is told to do. */
struct job {
	const char *question;           /* asks this, `times` one after other */
	int times;
	enum mip_status fail;           /* ... then fails */
	unsigned depth, wide;           /* forks as many, so deep */
	double credit;                  /* if it is above zero */
};

struct done {
	const char *facts;
	int64_t sum;
};

static enum mip_status
work(struct mip *m, const void *in, void *out)
{
	const struct job *j = in;
	struct done *d = out;
	struct recall_in q = { j->question };
	struct recall_out r = { "" };
	int i;

	for (i = 0; i < j->times; i++) {
		mip_ask(m, &recall, &q, &r);
		if (mip_wait(m) != MIP_OK)
			return mip_status(m);
	}
	d->facts = mip_concat(m, j->question, ":", r.facts, NULL);
	d->sum = mip_format_rate(m) < 1 ? 2 : 1;
	if (j->credit > 0)
		mip_credit(m, "recall", j->credit, d->facts);
	if (j->fail != MIP_OK)
		return mip_fail(m, j->fail, "%s fails", j->question);
	return mip_status(m);
}

/* The jobs beside each other. */
static enum mip_status
all(struct mip *m, const struct job *j, struct done *d, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		mip_fork(m, (unsigned)i, work, &j[i], &d[i]);
	return mip_wait(m);
}

#define ALL(s, j, d) all((s)->m, j, d, sizeof(j) / sizeof *(j))

static void
test_values(void **state)
{
	struct stage *s = *state;
	struct job j[] = { { .question = "q-a", .times = 2 },
	    { .question = "q-b", .times = 1 }, { .question = "q-c" } };
	struct done d[3];
	int i;

	RULES({ .match = "q-a", .text = "one" },
	    { .match = "q-b", .text = "two" });
	for (i = 0; i < 3; i++) {
		mip_begin(s->m);
		assert_int_equal(ALL(s, j, d), MIP_OK);
		assert_string_equal(d[0].facts, "q-a:one");
		assert_string_equal(d[1].facts, "q-b:two");
		assert_string_equal(d[2].facts, "q-c:");
		assert_int_equal(mip_used(s->m).calls, 3);
		assert_true(mip_used(s->m).usd == 1.5);
	}
	assert_int_equal(fake_calls(), 9);
}

/* How often a key was sent. */
static unsigned
sent(const char *question, const char *sample)
{
	unsigned n = 0;
	size_t i;

	for (i = 0; i < fake_calls(); i++)
		n += strstr(fake_call(i)->messages, question) != NULL &&
		    strcmp(fake_call(i)->sample, sample) == 0;
	return n;
}

static enum mip_status
twice(struct mip *m, const void *in, void *out)
{
	const struct job *j = in;
	struct job two[2] = { *j, *j };
	struct done d[2];
	enum mip_status s = all(m, two, d, 2);

	*(struct done *)out = d[1];
	return s;
}

/* Each fork draws samples of its own, the same in every run of the row. */
static void
test_samples(void **state)
{
	struct stage *s = *state;
	struct job j = { .question = "q", .times = 2 };
	struct recall_in in = { "q" };
	struct recall_out r;
	struct done d[3];
	unsigned i;

	RULES({ .text = "sky" });
	for (i = 1; i <= 2; i++) {
		mip_begin(s->m);
		mip_fork(s->m, 0, work, &j, &d[0]);
		mip_ask(s->m, &recall, &in, &r);
		mip_fork(s->m, 7, twice, &j, &d[1]);
		assert_int_equal(mip_wait(s->m), MIP_OK);
		assert_int_equal(mip_run(s->m, 0, work, &j, &d[2]), MIP_OK);
		assert_int_equal(sent("q", ""), i);
		assert_int_equal(sent("q", "/0"), i);
		assert_int_equal(sent("q", "0.1/0"), i);
		assert_int_equal(sent("q", "/7/0"), i);
		assert_int_equal(sent("q", "0.1/7/1"), i);
		assert_int_equal(sent("q", "0.1/0.1"), i);
		assert_int_equal(fake_calls(), 9 * i);
	}
	mip_set_sample(s->m, 5);
	mip_begin(s->m);
	mip_fork(s->m, 0, work, &j, &d[0]);
	assert_int_equal(mip_wait(s->m), MIP_OK);
	assert_int_equal(sent("q", "5/0"), 1);
	assert_int_equal(sent("q", "5.1/0"), 1);
}

static void
test_steps(void **state)
{
	struct stage *s = *state;
	struct job j[] = { { .question = "q-a", .times = 2 },
	    { .question = "q-c", .times = 1 } };
	struct recall_in in = { "q-b" };
	struct recall_out r;
	struct done d[2];
	const struct mip_step *v;
	size_t n, i;

	RULES({ .text = "sky" });
	mip_begin(s->m);
	mip_record(s->m, true);
	mip_fork(s->m, 0, work, &j[0], &d[0]);
	mip_ask(s->m, &recall, &in, &r);
	mip_fork(s->m, 1, work, &j[1], &d[1]);
	assert_int_equal(mip_wait(s->m), MIP_OK);
	v = mip_steps(s->m, &n);
	assert_int_equal(n, 4);
	for (i = 0; i < n; i++)
		assert_non_null(strstr(v[i].in, i < 2 ? "q-a" :
		    i == 2 ? "q-b" : "q-c"));
	assert_false(mip_repaired(s->m));
}

/* What forks say of leaves comes in the order of forking, and they know how
 * the program's calls went. */
static void
test_credits(void **state)
{
	struct stage *s = *state;
	struct job j[] = { { .question = "q-a", .times = 2, .credit = 0.5 },
	    { .question = "q-b", .times = 1 },
	    { .question = "q-c", .times = 1, .credit = 0.25 } };
	struct judge_in judged = { "q-b", "f" };
	const struct mip_credit *v;
	struct qa_out out;
	struct done d[3];
	size_t n;

	RULES({ .match = "from the facts alone", .sample = "",
	    .text = "what a day" },
	    { .match = "from the facts alone", .text = "{\"answer\":\"blue\","
	    "\"confidence\":90,\"mood\":\"SURE\"}" },
	    { .text = "sky" });
	mip_begin(s->m);
	mip_ask(s->m, &judge, &judged, &out);
	assert_int_equal(mip_wait(s->m), MIP_OK);
	mip_judge(s->m);
	assert_int_equal(ALL(s, j, d), MIP_OK);
	v = mip_credits(s->m, &n);
	assert_int_equal(n, 2);
	assert_string_equal(v[0].leaf, "recall");
	assert_string_equal(v[0].why, "q-a:sky");
	assert_true(v[0].value > 0.4);
	assert_string_equal(v[1].why, "q-c:sky");
	assert_int_equal(d[0].sum, 2);
	assert_int_equal(d[1].sum, 2);
	assert_true(mip_format_rate(s->m) == 0);
	mip_begin(s->m);
	mip_credits(s->m, &n);
	assert_int_equal(n, 0);
}

/* The first in the order of forking is the failure, and what stands behind it
 * does not count but for its price. */
static void
test_failure(void **state)
{
	struct stage *s = *state;
	struct job j[] = { { .question = "q-a", .times = 1 },
	    { .question = "q-b", .times = 1, .fail = MIP_ASSERT },
	    { .question = "q-c", .times = 3, .fail = MIP_FAIL } };
	struct done d[3];
	size_t n;

	RULES({ .text = "sky" });
	mip_begin(s->m);
	mip_record(s->m, true);
	assert_int_equal(ALL(s, j, d), MIP_ASSERT);
	assert_string_equal(mip_message(s->m), "q-b fails");
	mip_steps(s->m, &n);
	assert_int_equal(n, 2);
	assert_int_equal(mip_used(s->m).calls, 2);
	assert_true(mip_used(s->m).nominal_usd == 1);
	assert_true(mip_used(s->m).usd == 0.5 * (double)fake_calls());
	/* It can be caught, and the run goes on. */
	assert_true(mip_caught(s->m));
	j[1].fail = j[2].fail = MIP_OK;
	assert_int_equal(ALL(s, j, d), MIP_OK);
	assert_string_equal(d[2].facts, "q-c:sky");
}

/* A call that fails stops what was forked behind it. */
static void
test_ask_fails(void **state)
{
	struct stage *s = *state;
	struct job before = { .question = "q-a", .times = 1 };
	struct job behind = { .question = "q-c", .times = 2 };
	struct recall_in in = { "q-b" };
	struct judge_in judged = { "q-b", "f" };
	struct qa_out out;
	struct recall_out r;
	struct done d[2];
	size_t n;

	RULES({ .match = "from the facts alone", .status = MIP_REFUSAL },
	    { .text = "sky" });
	mip_begin(s->m);
	mip_record(s->m, true);
	mip_fork(s->m, 0, work, &before, &d[0]);
	mip_ask(s->m, &judge, &judged, &out);
	mip_fork(s->m, 1, work, &behind, &d[1]);
	mip_ask(s->m, &recall, &in, &r);
	assert_int_equal(mip_wait(s->m), MIP_REFUSAL);
	mip_steps(s->m, &n);
	assert_int_equal(n, 3);
	assert_int_equal(mip_used(s->m).calls, 3);
	/* A fork in front of it comes first. */
	before.fail = MIP_FAIL;
	assert_true(mip_caught(s->m));
	mip_fork(s->m, 0, work, &before, &d[0]);
	mip_ask(s->m, &judge, &judged, &out);
	assert_int_equal(mip_wait(s->m), MIP_FAIL);
	assert_string_equal(mip_message(s->m), "q-a fails");
}

/* Fails once the others have asked. */
static enum mip_status
fails(struct mip *m, const void *in, void *out)
{
	(void)in;
	(void)out;
	fake_wait_held(1);
	while (fake_calls() < 2)
		clock_nap(1);
	return mip_fail(m, MIP_FAIL, "so be it");
}

/* Asks until it is stopped; then lets the held calls go. */
static enum mip_status
until_stopped(struct mip *m, const void *in, void *out)
{
	while (work(m, in, out) == MIP_OK)
		clock_nap(1);
	fake_release();
	return mip_status(m);
}

/* A fork behind a failed one ends at its next call; the one under way is
 * waited for. */
static void
test_stopped(void **state)
{
	struct stage *s = *state;
	struct job held = { .question = "q-b", .times = 2 };
	struct job free = { .question = "q-c", .times = 1 };
	struct done d[3];
	unsigned n = 0;
	size_t i;

	RULES({ .match = "q-b", .text = "sky", .hold = true },
	    { .text = "sea" });
	mip_begin(s->m);
	mip_fork(s->m, 0, fails, &held, &d[0]);
	mip_fork(s->m, 1, work, &held, &d[1]);
	mip_fork(s->m, 2, until_stopped, &free, &d[2]);
	assert_int_equal(mip_wait(s->m), MIP_FAIL);
	assert_string_equal(mip_message(s->m), "so be it");
	for (i = 0; i < fake_calls(); i++)
		n += strstr(fake_call(i)->messages, "q-b") != NULL;
	assert_int_equal(n, 1);
	assert_int_equal(mip_used(s->m).calls, 0);
}

static void *
held_thread(void *arg)
{
	struct stage *s = arg;
	struct job j[] = { { .question = "q-a", .times = 2 },
	    { .question = "q-b", .times = 2 } };
	struct done d[2];

	mip_begin(s->m);
	ALL(s, j, d);
	return NULL;
}

/* What stops a run stops what it has forked. */
static void
test_stop(void **state)
{
	struct stage *s = *state;
	pthread_t t;

	RULES({ .text = "sky", .hold = true });
	assert_int_equal(pthread_create(&t, NULL, held_thread, s), 0);
	fake_wait_held(2);
	mip_stop(s->m, true);
	fake_release();
	pthread_join(t, NULL);
	assert_int_equal(mip_status(s->m), MIP_CANCELLED);
	assert_int_equal(fake_calls(), 2);
	mip_stop(s->m, false);
	assert_int_equal(pthread_create(&t, NULL, held_thread, s), 0);
	fake_wait_held(2);
	mip_env_cancel(s->env);
	fake_release();
	pthread_join(t, NULL);
	assert_int_equal(mip_status(s->m), MIP_CANCELLED);
	assert_int_equal(fake_calls(), 4);
}

static enum mip_status
tree(struct mip *m, const void *in, void *out)
{
	const struct job *j = in;
	struct job below = { .question = j->question, .times = j->times,
	    .fail = j->fail, .depth = j->depth - 1, .wide = j->wide };
	struct done *d, *sum = out;
	unsigned i;

	if (j->depth == 0)
		return work(m, in, out);
	d = mip_alloc(m, j->wide, sizeof *d);
	if (!d)
		return mip_status(m);
	for (i = 0; i < j->wide; i++)
		mip_fork(m, 0, tree, &below, &d[i]);
	if (mip_wait(m) != MIP_OK)
		return mip_status(m);
	*sum = d[j->wide - 1];
	for (i = 0; i + 1 < j->wide; i++)
		sum->sum += d[i].sum;
	return MIP_OK;
}

/* Forks of forks wait for nobody, however few threads there are. */
static void
test_nested(void **state)
{
	struct stage *s = *state;
	struct job j = { .question = "q", .times = 1, .depth = 4, .wide = 5 };
	struct done d;
	int i;

	RULES({ .text = "sky" });
	for (i = 0; i < 2; i++) {
		mip_begin(s->m);
		mip_fork(s->m, 0, tree, &j, &d);
		assert_int_equal(mip_wait(s->m), MIP_OK);
		assert_int_equal(d.sum, 625);
		assert_string_equal(d.facts, "q:sky");
		assert_int_equal(mip_used(s->m).calls, 625);
	}
	j.fail = MIP_ASSERT;
	mip_begin(s->m);
	mip_fork(s->m, 0, tree, &j, &d);
	assert_int_equal(mip_wait(s->m), MIP_ASSERT);
	assert_int_equal(mip_used(s->m).calls, 1);
}

static void *
run_thread(void *arg)
{
	struct mip *m = mip_new(arg);
	struct job j = { .question = "q", .times = 1, .depth = 3, .wide = 3 };
	struct done d;
	void *ok = NULL;
	int i;

	for (i = 0; m && i < 20; i++) {
		mip_begin(m);
		mip_fork(m, 0, tree, &j, &d);
		if (mip_wait(m) == MIP_OK && d.sum == 27)
			ok = m;
	}
	mip_free(m);
	return ok;
}

/* Runs share the threads. */
static void
test_runs(void **state)
{
	struct stage *s = *state;
	pthread_t t[4];
	void *ok;
	int i;

	RULES({ .text = "sky" });
	for (i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&t[i], NULL, run_thread,
		    s->env), 0);
	for (i = 0; i < 4; i++) {
		pthread_join(t[i], &ok);
		assert_non_null(ok);
	}
}

static enum mip_status
greedy(struct mip *m, const void *in, void *out)
{
	(void)in;
	(void)out;
	mip_alloc(m, (size_t)1 << 29, 1);
	mip_alloc(m, (size_t)1 << 29, 1);
	return mip_status(m);
}

static void
test_memory(void **state)
{
	struct stage *s = *state;
	char c;

	mip_begin(s->m);
	assert_non_null(mip_alloc(s->m, 100, 1));
	mip_fork(s->m, 0, greedy, &c, &c);
	assert_int_equal(mip_wait(s->m), MIP_NOMEM);
	mip_begin(s->m);
	assert_int_equal(mip_wait(s->m), MIP_OK);
}

static enum mip_status
leaves(struct mip *m, const void *in, void *out)
{
	static struct recall_out r;
	static const struct recall_in q = { "q" };
	struct done d;

	(void)out;
	mip_ask(m, &recall, &q, &r);
	mip_fork(m, 0, work, in, &d);
	return MIP_OK;
}

/* Calls and forks that nobody waits for are ended, or never begun. */
static void
test_left(void **state)
{
	struct stage *s = *state;
	struct job j = { .question = "q", .times = 1 };
	struct done d;

	RULES({ .text = "sky" });
	mip_begin(s->m);
	mip_fork(s->m, 0, leaves, &j, &d);
	assert_int_equal(mip_wait(s->m), MIP_OK);
	assert_int_equal(fake_calls(), 1);
	mip_fork(s->m, 0, work, &j, &d);
	mip_begin(s->m);
	assert_int_equal(mip_wait(s->m), MIP_OK);
	mip_fork(s->m, 0, work, &j, &d);
	mip_fail(s->m, MIP_FAIL, "between");
	mip_fork(s->m, 0, work, &j, &d);
	assert_int_equal(mip_wait(s->m), MIP_FAIL);
	assert_true(mip_caught(s->m));
	assert_int_equal(mip_wait(s->m), MIP_OK);
	assert_int_equal(fake_calls(), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, stage_up, stage_down)
#define TEST_ONE(f) { #f " with one thread", f, up_one, \
	stage_down, NULL }

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_values), TEST(test_samples), TEST(test_steps),
		TEST(test_credits),
		TEST(test_failure), TEST(test_ask_fails), TEST(test_stopped),
		TEST(test_stop), TEST(test_nested), TEST(test_runs),
		TEST(test_memory), TEST(test_left),
		TEST_ONE(test_values), TEST_ONE(test_samples),
		TEST_ONE(test_steps), TEST_ONE(test_failure),
		TEST_ONE(test_ask_fails), TEST_ONE(test_stop),
		TEST_ONE(test_nested), TEST_ONE(test_runs),
	};

	return cmocka_run_group_tests_name("fork", tests, NULL, NULL);
}
