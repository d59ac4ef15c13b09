/* A circuit breaker: an endpoint that fails is let alone for a while.
 *
 * Closed, calls go; it opens after 5 failures in a row, or when half of the
 * last 20 have failed.  Open, none goes; after a second one is let through,
 * to try (half open): if it is answered the breaker closes, else it stays
 * open for twice as long, up to a minute.  Something cheaper than a call may
 * try first: then a call may go if that is answered.  What is a failure is the
 * caller's affair; so is the time, in seconds.
 *
 * SPDX-License-Identifier: MIT */
#ifndef BREAKER_H
#define BREAKER_H

#include <stdbool.h>
#include <stdint.h>

/* Fields are private; all zero is closed.  Not thread-safe: the I/O
 * thread's. */
struct breaker {
	bool open, tried;               /* tried: one is under way to see */
	bool answers;                   /* what is cheaper than a call did */
	unsigned row;                   /* failures, the latest in a row */
	uint32_t failed;                /* the last 20, a bit each */
	unsigned seen;                  /* of these */
	double wait, until, tried_at;
};

bool breaker_is_open(const struct breaker *b);
/* May a call go? */
bool breaker_lets(const struct breaker *b, double now);
/* Is nothing known of it but that it failed? */
bool breaker_unknown(const struct breaker *b);
/* When one may, if none may now. */
double breaker_when(const struct breaker *b);
/* One goes, or what is cheaper. */
void breaker_sent(struct breaker *b, double now);
/* What was cheaper was answered: a call may go. */
void breaker_answers(struct breaker *b);
/* It was answered, or failed. */
void breaker_told(struct breaker *b, bool well, double now);

#endif
