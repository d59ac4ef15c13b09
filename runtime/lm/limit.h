/* Limits of a model: calls at once, calls and tokens a minute.
 *
 * Buckets that fill evenly and hold one second's worth (at least one call),
 * so that no minute sees more than its share.  A call that needs more tokens
 * than the bucket holds starts when that is full and leaves a debt, which
 * later calls wait for; what an answer did not need is given back.  The time
 * comes from the caller, in seconds.
 *
 * How many calls a server takes at once can be found out: additive increase,
 * multiplicative decrease (Chiu and Jain, 1989), as TCP does it.  The first 16
 * answers, of 4 calls at once, show what one takes.  Then there is one place
 * more with each answer, until the server says for the first time that it has
 * enough; from then on one more with each round of answers.  Places are halved,
 * once in a round trip, when it says so.  Answers that take three times as long
 * as the first ones are what a queue looks like from outside: then there are
 * 0.8 of the places that the same rate of answers needs at that pace, by
 * Little's law, and the next 16 show the pace anew.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LIMIT_H
#define LIMIT_H

#include <stdbool.h>

struct limit_bucket {
	double rate;                    /* a second; 0: no limit */
	double size, level;
};

/* What an attempt said of how busy the server is. */
enum limit_said { LIMIT_NOTHING, LIMIT_ANSWERED, LIMIT_BUSY };

/* Fields are private.  Not thread-safe: the I/O thread's. */
struct limit {
	unsigned running, most;         /* most 0: no limit */
	struct limit_bucket calls, tokens;
	double at;                      /* when the levels were right */
	double closed_until;
	/* of limit_adapt */
	bool adaptive, found;           /* found: it had enough at some time */
	double places;
	double cut_at;                  /* they were halved last */
	double usual, best;             /* seconds that an answer takes: lately,
	                                 * and at first; 0: not yet known */
	unsigned seen;                  /* answers in `usual` */
};

/* 0 means no limit. */
void limit_init(struct limit *l, unsigned running, double rpm, double tpm,
    double now);

/* Finds out how many calls may be under way at once, in place of a number. */
void limit_adapt(struct limit *l);

/* An attempt that was sent at `sent` has come down; before limit_give. */
void limit_learn(struct limit *l, enum limit_said said, double sent,
    double now);

/* Takes a place for a call of about `tokens` and returns 0; else the seconds
 * after which to ask again, or a negative number: when a call has ended. */
double limit_take(struct limit *l, double tokens, double now);

/* What limit_take would say. */
double limit_ask(struct limit *l, double tokens, double now);

/* Calls under way, and how many there may be; 0: no limit. */
unsigned limit_running(const struct limit *l);
unsigned limit_most(const struct limit *l);

/* The call has ended: `taken` is what limit_take was given, `used` what it
 * needed (0 if it failed). */
void limit_give(struct limit *l, double taken, double used);

/* Nothing starts before `until`: the server asked for a pause. */
void limit_close(struct limit *l, double until);

#endif
