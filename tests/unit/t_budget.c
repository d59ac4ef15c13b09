/* Tests of the budget: alone, and shared by processes through a ledger.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lm/budget.h"

static const struct store_sum nothing = { 0, 0, 0 };

static struct budget *
budget(double usd, int64_t calls, int64_t tokens, const char *ledger)
{
	struct budget *b;
	char why[STORE_WHY];

	assert_int_equal(budget_new(usd, calls, tokens, ledger, &b, why),
	    MIP_OK);
	return b;
}

static enum budget_answer
hold(struct budget *b, int64_t calls, int64_t tokens, double usd)
{
	struct store_sum need = { calls, tokens, budget_pico(usd) };
	char why[STORE_WHY] = "";
	enum budget_answer a = budget_hold(b, &need, why);

	assert_true((a == BUDGET_SPENT) == (why[0] != '\0'));
	return a;
}

static void
pico(void **state)
{
	(void)state;
	assert_true(budget_pico(1) == 1000000000000);
	assert_true(budget_pico(0.1) == 100000000000);
	assert_true(budget_pico(1e-13) == 1);   /* never for nothing */
	assert_true(budget_pico(0) == 0);
	assert_true(budget_pico(-1) == 0);
	assert_true(budget_pico(1e300) == (int64_t)4e18);
}

static void
calls(void **state)
{
	struct budget *b = budget(-1, 2, 0, NULL);
	struct store_sum one = { 1, 10, 0 };

	(void)state;
	assert_int_equal(hold(b, 1, 10, 0), BUDGET_HELD);
	assert_int_equal(hold(b, 1, 10, 0), BUDGET_HELD);
	assert_int_equal(hold(b, 1, 10, 0), BUDGET_WAIT);
	budget_settle(b, &one, &nothing);               /* it failed */
	assert_int_equal(hold(b, 1, 10, 0), BUDGET_HELD);
	budget_settle(b, &one, &one);
	budget_settle(b, &one, &one);
	assert_int_equal(hold(b, 1, 10, 0), BUDGET_SPENT);
	budget_free(b);
}

static void
tokens(void **state)
{
	struct budget *b = budget(-1, 0, 100, NULL);
	struct store_sum held = { 1, 60, 0 }, used = { 1, 20, 0 };

	(void)state;
	assert_true(budget_limits_tokens(b));
	assert_false(budget_limits_money(b));
	assert_int_equal(hold(b, 1, 101, 0), BUDGET_SPENT);
	assert_int_equal(hold(b, 1, 60, 0), BUDGET_HELD);
	assert_int_equal(hold(b, 1, 60, 0), BUDGET_WAIT);
	budget_settle(b, &held, &used);
	assert_int_equal(hold(b, 1, 80, 0), BUDGET_HELD);
	assert_int_equal(hold(b, 1, 81, 0), BUDGET_SPENT);
	budget_free(b);
}

static void
money(void **state)
{
	struct budget *b = budget(0.3, 0, 0, NULL);
	struct store_sum tenth = { 1, 1, budget_pico(0.1) };
	int i;

	(void)state;
	assert_true(budget_limits_money(b));
	/* Three tenths are exactly 0.3 here. */
	for (i = 0; i < 3; i++) {
		assert_int_equal(hold(b, 1, 1, 0.1), BUDGET_HELD);
		budget_settle(b, &tenth, &tenth);
	}
	assert_int_equal(hold(b, 1, 1, 1e-12), BUDGET_SPENT);
	budget_free(b);
	b = budget(0, 0, 0, NULL);
	assert_int_equal(hold(b, 1, 1, 0), BUDGET_HELD);        /* free */
	assert_int_equal(hold(b, 1, 1, 1e-12), BUDGET_SPENT);
	budget_free(b);
}

static void
shared(void **state)
{
	const char *path = *state;
	struct budget *a = budget(-1, 3, 0, path), *b = budget(-1, 3, 0, path);
	struct store_sum one = { 1, 0, 0 };

	assert_int_equal(hold(a, 1, 0, 0), BUDGET_HELD);
	assert_int_equal(hold(b, 1, 0, 0), BUDGET_HELD);
	assert_int_equal(hold(a, 1, 0, 0), BUDGET_HELD);
	assert_int_equal(hold(b, 1, 0, 0), BUDGET_WAIT);
	assert_true(budget_settle(a, &one, &one));
	budget_free(a);                 /* lets go of what it held */
	assert_int_equal(hold(b, 1, 0, 0), BUDGET_HELD);
	assert_true(budget_settle(b, &one, &one));
	assert_true(budget_settle(b, &one, &one));
	assert_int_equal(hold(b, 1, 0, 0), BUDGET_SPENT);
	budget_free(b);
	/* What is spent stays spent. */
	a = budget(-1, 3, 0, path);
	assert_int_equal(hold(a, 1, 0, 0), BUDGET_SPENT);
	budget_free(a);
}

static void
killed(void **state)
{
	const char *path = *state;
	struct budget *b = budget(-1, 5, 0, path);
	struct store_sum need = { 1, 0, 0 }, one = { 1, 0, 0 };
	char why[STORE_WHY], c;
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		struct budget *other;

		if (budget_new(-1, 5, 0, path, &other, why) != MIP_OK ||
		    budget_hold(other, &need, why) != BUDGET_HELD ||
		    write(ends[1], "k", 1) != 1)
			_exit(1);
		pause();
	}
	assert_int_equal(read(ends[0], &c, 1), 1);
	assert_int_equal(hold(b, 2, 0, 0), BUDGET_WAIT);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	/* 3 were spent before; what it held may have been, too. */
	assert_int_equal(hold(b, 2, 0, 0), BUDGET_SPENT);
	assert_int_equal(hold(b, 1, 0, 0), BUDGET_HELD);
	assert_true(budget_settle(b, &one, &nothing));
	close(ends[0]);
	close(ends[1]);
	budget_free(b);
}

/* Many at once never spend more than there is. */
static void
race(void **state)
{
	const char *path = *state;
	struct store_sum one = { 1, 0, 0 };
	int i, k, status, sum = 0;

	for (i = 0; i < 4; i++)
		if (fork() == 0) {
			struct budget *b;
			char why[STORE_WHY];
			int got = 0;

			if (budget_new(-1, 40, 0, path, &b, why) != MIP_OK)
				_exit(100);
			for (k = 0; k < 15; k++)
				if (budget_hold(b, &one, why) == BUDGET_HELD &&
				    budget_settle(b, &one, &one))
					got++;
			budget_free(b);
			_exit(got);
		}
	for (i = 0; i < 4; i++) {
		wait(&status);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 15);
		sum += WEXITSTATUS(status);
	}
	/* 4 were spent by the tests before. */
	assert_int_equal(sum, 36);
}

int
main(void)
{
	char path[] = "/tmp/miproc-ledger-XXXXXX";
	char side[64];
	const char *const end[] = { "", "-wal", "-shm" };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pico),
		cmocka_unit_test(calls),
		cmocka_unit_test(tokens),
		cmocka_unit_test(money),
		cmocka_unit_test_prestate(shared, path),
		cmocka_unit_test_prestate(killed, path),
		cmocka_unit_test_prestate(race, path),
	};
	int bad;
	size_t i;

	close(mkstemp(path));
	bad = cmocka_run_group_tests(tests, NULL, NULL);
	for (i = 0; i < 3; i++) {
		snprintf(side, sizeof side, "%s%s", path, end[i]);
		unlink(side);
	}
	return bad;
}
