/* Tests of limits: places, buckets, debts, pauses.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lm/limit.h"

static void
none(void **state)
{
	struct limit l;
	int i;

	(void)state;
	limit_init(&l, 0, 0, 0, 5);
	for (i = 0; i < 1000; i++)
		assert_true(limit_take(&l, 1e9, 5) == 0);
}

static void
running(void **state)
{
	struct limit l;

	(void)state;
	limit_init(&l, 2, 0, 0, 0);
	assert_true(limit_take(&l, 1, 0) == 0);
	assert_true(limit_take(&l, 1, 0) == 0);
	assert_true(limit_take(&l, 1, 0) < 0);
	limit_give(&l, 1, 1);
	assert_true(limit_take(&l, 1, 0) == 0);
	assert_true(limit_take(&l, 1, 9) < 0);
}

/* Starts as often as it may, and gives the number of starts in each minute
 * that ends with a start. */
static double
busiest(double rpm, double tpm, double tokens, double seconds)
{
	static double at[100000];
	struct limit l;
	double t = 0, wait, most = 0;
	size_t n = 0, from = 0;

	limit_init(&l, 0, rpm, tpm, 0);
	while (t < seconds && n < sizeof at / sizeof at[0]) {
		wait = limit_take(&l, tokens, t);
		if (wait > 0) {
			t += wait;
			continue;
		}
		at[n++] = t;
		limit_give(&l, tokens, tokens);
		while (at[from] <= t - 60 + 1e-6)
			from++;
		if ((double)(n - from) > most)
			most = (double)(n - from);
	}
	return most;
}

static void
per_minute(void **state)
{
	double most;

	(void)state;
	most = busiest(10, 0, 1, 300);
	assert_true(most >= 10 && most <= 10);
	most = busiest(600, 0, 1, 300);
	assert_true(most >= 590 && most <= 601);
	most = busiest(0, 60000, 100, 300);
	assert_true(most >= 590 && most <= 601);
}

static void
debt(void **state)
{
	struct limit l;
	double wait;

	(void)state;
	limit_init(&l, 0, 0, 600, 0);           /* 10 tokens a second */
	assert_true(limit_take(&l, 5000, 0) == 0);      /* never hangs */
	limit_give(&l, 5000, 5000);
	wait = limit_take(&l, 1, 0);
	assert_true(wait > 480 && wait < 520);
	assert_true(limit_take(&l, 1, wait) == 0);
}

static void
refund(void **state)
{
	struct limit l;

	(void)state;
	limit_init(&l, 0, 0, 600, 0);
	assert_true(limit_take(&l, 5000, 0) == 0);
	assert_true(limit_take(&l, 1, 0) > 400);
	limit_give(&l, 5000, 3);
	assert_true(limit_take(&l, 1, 0) == 0);
}

static void
pause_until(void **state)
{
	struct limit l;
	double wait;

	(void)state;
	limit_init(&l, 0, 0, 0, 0);
	limit_close(&l, 3);
	limit_close(&l, 1);
	wait = limit_take(&l, 1, 1);
	assert_true(wait > 1.99 && wait < 2.01);
	assert_true(limit_take(&l, 1, 3) == 0);
}

/* ---- as many as the server takes ---- */

/* A server on a clock of its own: it answers `capacity` calls at once in a
 * second each; more of them wait for each other, or are refused. */
struct world {
	unsigned capacity;
	bool refuses;
	struct { double sent, end; bool busy; } call[4096];
	unsigned n;
	unsigned answered, refused, most;
};

static void
world_send(struct world *w, double now)
{
	unsigned n = w->n++;
	bool full = n >= w->capacity;

	assert_true(n < sizeof w->call / sizeof w->call[0]);
	w->call[n].sent = now;
	w->call[n].busy = full && w->refuses;
	w->call[n].end = now + (w->call[n].busy ? 0.02 : !full ? 1 :
	    (n + 1.0) / w->capacity);
	if (w->n > w->most)
		w->most = w->n;
}

/* Sends what the limit lets through out of `jobs`, for so many seconds. */
static void
world_run(struct world *w, struct limit *l, unsigned jobs, double from,
    double to)
{
	double now = from;
	unsigned i, first;

	w->answered = w->refused = w->most = 0;
	while (now < to) {
		while (w->n < jobs && limit_take(l, 1, now) == 0)
			world_send(w, now);
		assert_true(w->n > 0);
		for (first = 0, i = 1; i < w->n; i++)
			if (w->call[i].end < w->call[first].end)
				first = i;
		now = w->call[first].end;
		limit_learn(l, w->call[first].busy ? LIMIT_BUSY :
		    LIMIT_ANSWERED, w->call[first].sent, now);
		limit_give(l, 1, 1);
		w->answered += !w->call[first].busy;
		w->refused += w->call[first].busy;
		w->call[first] = w->call[--w->n];
	}
}

/* It finds the capacity from below, and from above. */
static void
queueing(void **state)
{
	static const unsigned capacity[] = { 2, 16, 100, 500 };
	static struct world w;
	struct limit l;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof capacity / sizeof capacity[0]; i++) {
		w = (struct world){ .capacity = capacity[i] };
		limit_init(&l, 0, 0, 0, 0);
		limit_adapt(&l);
		world_run(&w, &l, 2000, 0, 300);
		world_run(&w, &l, 2000, 300, 600);
		assert_true(w.answered >= 300 * capacity[i] * 9 / 10);
		assert_true(w.most <= 4 * capacity[i] + 20);
	}
	/* It is followed where it goes. */
	w.capacity = 50;
	world_run(&w, &l, 2000, 600, 900);
	world_run(&w, &l, 2000, 900, 1200);
	assert_true(w.most <= 8 * 50 && w.answered >= 300 * 45);
}

static void
refusing(void **state)
{
	static struct world w;
	struct limit l;

	(void)state;
	w = (struct world){ .capacity = 20, .refuses = true };
	limit_init(&l, 0, 0, 0, 0);
	limit_adapt(&l);
	world_run(&w, &l, 500, 0, 100);
	world_run(&w, &l, 500, 100, 400);
	assert_true(w.answered >= 300 * 20 * 6 / 10);
	assert_true(w.refused * 20 <= w.answered);
	assert_true(w.most <= 22);
}

static void
one_cut(void **state)
{
	struct limit l;
	unsigned i;

	(void)state;
	limit_init(&l, 0, 0, 0, 0);
	limit_adapt(&l);
	for (i = 0; i < 4; i++)
		assert_true(limit_take(&l, 1, 0) == 0);
	assert_true(limit_take(&l, 1, 0) < 0);
	for (i = 0; i < 4; i++) {
		limit_learn(&l, LIMIT_BUSY, 0, 1 + 0.01 * i);
		limit_give(&l, 1, 0);
	}
	for (i = 0; i < 2; i++)
		assert_true(limit_take(&l, 1, 2) == 0);
	assert_true(limit_take(&l, 1, 2) < 0);
	/* Never to nothing. */
	for (i = 0; i < 9; i++) {
		limit_learn(&l, LIMIT_BUSY, 10 + i, 11 + i);
		limit_give(&l, 1, 0);
	}
	assert_true(limit_take(&l, 1, 30) == 0);
	assert_true(limit_take(&l, 1, 30) < 0);
}

/* What is not asked to adapt does not; few calls do not widen it. */
static void
stays(void **state)
{
	static struct world w;
	struct limit l;

	(void)state;
	limit_init(&l, 3, 0, 0, 0);
	w = (struct world){ .capacity = 2, .refuses = true };
	world_run(&w, &l, 50, 0, 50);
	assert_int_equal(w.most, 3);
	limit_init(&l, 0, 0, 0, 0);
	limit_adapt(&l);
	w = (struct world){ .capacity = 1000 };
	world_run(&w, &l, 3, 0, 50);
	while (limit_take(&l, 1, 60) == 0)
		w.n++;
	assert_int_equal(w.n, 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(none),
		cmocka_unit_test(running),
		cmocka_unit_test(per_minute),
		cmocka_unit_test(debt),
		cmocka_unit_test(refund),
		cmocka_unit_test(pause_until),
		cmocka_unit_test(queueing),
		cmocka_unit_test(refusing),
		cmocka_unit_test(one_cut),
		cmocka_unit_test(stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
