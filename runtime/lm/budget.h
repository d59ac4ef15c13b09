/* A budget of calls, tokens and money that is never overdrawn.
 *
 * Before a call its worst case is reserved; afterwards what it really took
 * is booked.  With a ledger, processes share one budget.
 *
 * SPDX-License-Identifier: MIT */
#ifndef BUDGET_H
#define BUDGET_H

#include "miproc.h"
#include "store/store.h"

/* 1e-12 usd; sums of them are exact. */
#define BUDGET_PICO 1e12

struct budget;

enum budget_answer {
	BUDGET_HELD,                    /* the call may go */
	BUDGET_WAIT,                    /* it may fit when others have ended */
	BUDGET_SPENT,                   /* it can never fit */
	BUDGET_IO                       /* the ledger could not be used */
};

/* No limit where the number is 0 or less (`max_calls`, `max_tokens`), or
 * negative (`max_cost`, in usd).  `ledger` is the path of a store's file, or
 * NULL.  On failure *out is NULL and `why` has a sentence. */
enum mip_status budget_new(double max_cost, int64_t max_calls,
    int64_t max_tokens, const char *ledger, struct budget **out,
    char why[STORE_WHY]);
void budget_free(struct budget *b);

/* What it limits. */
bool budget_limits_tokens(const struct budget *b);
bool budget_limits_money(const struct budget *b);
/* Whether other processes may hold reservations too. */
bool budget_shared(const struct budget *b);

/* Thread-safe.  On BUDGET_SPENT and BUDGET_IO `why` has a sentence. */
enum budget_answer budget_hold(struct budget *b, const struct store_sum *need,
    char why[STORE_WHY]);

/* The call that held `held` has ended and took `spent`.  False if the ledger
 * could not be written. */
bool budget_settle(struct budget *b, const struct store_sum *held,
    const struct store_sum *spent);

/* usd as pico, rounded up; sticks at the largest. */
int64_t budget_pico(double usd);

#endif
