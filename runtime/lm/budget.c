/* A budget of calls, tokens and money.
 *
 * SPDX-License-Identifier: MIT */
#include "lm/budget.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"

struct budget {
	struct store_sum most;          /* negative: no limit */
	pthread_mutex_t lock;
	struct store_sum held, spent;   /* without a ledger */
	struct store *ledger;
	struct store_holder holder;
};

int64_t
budget_pico(double usd)
{
	double v = ceil(usd * BUDGET_PICO - 1e-3);

	if (!(v > 0))
		return 0;
	return v < 4e18 ? (int64_t)v : (int64_t)4e18;
}

enum mip_status
budget_new(double max_cost, int64_t max_calls, int64_t max_tokens,
    const char *ledger, struct budget **out, char why[STORE_WHY])
{
	struct budget *b = calloc(1, sizeof *b);
	enum mip_status s = MIP_OK;

	*out = NULL;
	if (!b || pthread_mutex_init(&b->lock, NULL) != 0) {
		free(b);
		snprintf(why, STORE_WHY, "%s", mip_status_text(MIP_NOMEM));
		return MIP_NOMEM;
	}
	b->most.calls = max_calls > 0 ? max_calls : -1;
	b->most.tokens = max_tokens > 0 ? max_tokens : -1;
	b->most.pico = max_cost >= 0 ? budget_pico(max_cost) : -1;
	if (ledger) {
		s = store_open(ledger, STORE_SHARE, &b->ledger, why);
		if (s == MIP_OK) {
			s = store_ledger_open(b->ledger, &b->holder);
			if (s != MIP_OK)
				store_why(b->ledger, why);
		}
	}
	if (s != MIP_OK) {
		budget_free(b);
		return s;
	}
	*out = b;
	return MIP_OK;
}

void
budget_free(struct budget *b)
{
	if (!b)
		return;
	if (b->ledger && b->holder.n > 0)
		store_ledger_close(b->ledger, &b->holder);
	store_close(b->ledger);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

bool
budget_limits_tokens(const struct budget *b)
{
	return b->most.tokens >= 0;
}

bool
budget_limits_money(const struct budget *b)
{
	return b->most.pico >= 0;
}

bool
budget_shared(const struct budget *b)
{
	return b->ledger != NULL;
}

static bool
budget_under(int64_t used, int64_t need, int64_t most)
{
	return most < 0 || (used <= most && need <= most - used);
}

static bool
budget_fits(const struct budget *b, const struct store_sum *used,
    const struct store_sum *need)
{
	return budget_under(used->calls, need->calls, b->most.calls) &&
	    budget_under(used->tokens, need->tokens, b->most.tokens) &&
	    budget_under(used->pico, need->pico, b->most.pico);
}

static void
budget_add(struct store_sum *to, const struct store_sum *v, int sign)
{
	to->calls += sign * v->calls;
	to->tokens += sign * v->tokens;
	to->pico += sign * v->pico;
}

static void
budget_say_money(const struct budget *b, const struct store_sum *spent,
    const struct store_sum *need, char why[STORE_WHY])
{
	struct buf w = BUF_INIT;

	buf_puts(&w, "the budget of ");
	buf_double(&w, (double)b->most.pico / BUDGET_PICO);
	buf_puts(&w, " usd does not hold this call: ");
	buf_double(&w, (double)spent->pico / BUDGET_PICO);
	buf_puts(&w, " usd are spent, and it may take ");
	buf_double(&w, (double)need->pico / BUDGET_PICO);
	snprintf(why, STORE_WHY, "%s", buf_str(&w));
	buf_release(&w);
}

/* Which limit it is that the call does not keep. */
static void
budget_say(const struct budget *b, const struct store_sum *spent,
    const struct store_sum *need, char why[STORE_WHY])
{
	if (!budget_under(spent->calls, need->calls, b->most.calls))
		snprintf(why, STORE_WHY, "the budget of %lld calls is spent",
		    (long long)b->most.calls);
	else if (!budget_under(spent->tokens, need->tokens, b->most.tokens))
		snprintf(why, STORE_WHY, "the budget of %lld tokens does not "
		    "hold this call: %lld are spent, and it may take %lld",
		    (long long)b->most.tokens, (long long)spent->tokens,
		    (long long)need->tokens);
	else
		budget_say_money(b, spent, need, why);
}

static enum budget_answer
budget_hold_own(struct budget *b, const struct store_sum *need,
    struct store_sum *spent)
{
	struct store_sum used;
	bool fits;

	pthread_mutex_lock(&b->lock);
	*spent = used = b->spent;
	budget_add(&used, &b->held, 1);
	fits = budget_fits(b, &used, need);
	if (fits)
		budget_add(&b->held, need, 1);
	pthread_mutex_unlock(&b->lock);
	return fits ? BUDGET_HELD : BUDGET_WAIT;
}

static enum budget_answer
budget_hold_ledger(struct budget *b, const struct store_sum *need,
    struct store_sum *spent, char why[STORE_WHY])
{
	bool fits;

	if (store_ledger_hold(b->ledger, &b->holder, need, &b->most, &fits,
	    spent) != MIP_OK) {
		store_why(b->ledger, why);
		return BUDGET_IO;
	}
	return fits ? BUDGET_HELD : BUDGET_WAIT;
}

enum budget_answer
budget_hold(struct budget *b, const struct store_sum *need,
    char why[STORE_WHY])
{
	struct store_sum spent;
	enum budget_answer a;

	if (b->ledger)
		a = budget_hold_ledger(b, need, &spent, why);
	else
		a = budget_hold_own(b, need, &spent);
	if (a != BUDGET_WAIT || budget_fits(b, &spent, need))
		return a;
	budget_say(b, &spent, need, why);
	return BUDGET_SPENT;
}

bool
budget_settle(struct budget *b, const struct store_sum *held,
    const struct store_sum *spent)
{
	if (b->ledger)
		return store_ledger_settle(b->ledger, &b->holder, held,
		    spent) == MIP_OK;
	pthread_mutex_lock(&b->lock);
	budget_add(&b->held, held, -1);
	budget_add(&b->spent, spent, 1);
	pthread_mutex_unlock(&b->lock);
	return true;
}
