/* Limits of a model: calls at once, calls and tokens a minute.
 *
 * Buckets that fill evenly and hold one second's worth (at least one call),
 * so that no minute sees more than its share.  A call that needs more tokens
 * than the bucket holds starts when that is full and leaves a debt, which
 * later calls wait for; what an answer did not need is given back.  The time
 * comes from the caller, in seconds.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LIMIT_H
#define LIMIT_H

#include <stdbool.h>

struct limit_bucket {
	double rate;                    /* a second; 0: no limit */
	double size, level;
};

/* Fields are private.  Not thread-safe: the I/O thread's. */
struct limit {
	unsigned running, most;         /* most 0: no limit */
	struct limit_bucket calls, tokens;
	double at;                      /* when the levels were right */
	double closed_until;
};

/* 0 means no limit. */
void limit_init(struct limit *l, unsigned running, double rpm, double tpm,
    double now);

/* Takes a place for a call of about `tokens` and returns 0; else the seconds
 * after which to ask again, or a negative number: when a call has ended. */
double limit_take(struct limit *l, double tokens, double now);

/* The call has ended: `taken` is what limit_take was given, `used` what it
 * needed (0 if it failed). */
void limit_give(struct limit *l, double taken, double used);

/* Nothing starts before `until`: the server asked for a pause. */
void limit_close(struct limit *l, double until);

#endif
