/* The space of slot values and the search of it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TUNE_SEARCH_H
#define TUNE_SEARCH_H

#include "prompt/slots.h"
#include "tune/space.h"
#include "tune/tuning.h"

/* A slot that is searched: its value as JSON for each choice; NULL is what
 * the program has. */
struct slot {
	const char *name;
	const char **value;             /* nchoice */
	unsigned nchoice;
	unsigned written;               /* the choice that is NULL */
	const double *at;               /* as in space.h */
};

/* A point and what is known of it. */
struct candidate {
	struct candidate *next;         /* in the order of first trial */
	unsigned *x;
	const char *slots;              /* JSON object, keys sorted */
	struct scores dev;
	double mean;                    /* gain over all dev rows, if full */
	bool full;
};

struct search {
	struct tuning *u;
	struct slot *slot;              /* sorted by name */
	struct space_var *var;
	struct space space;
	struct candidate *first, **last;
	unsigned *zero;                 /* the baseline's point */
};

/* The space without slots: the baseline alone. */
void search_init(struct search *s, struct tuning *u);

/* Makes the space of the slots of u->leaf and of params; the baseline stays
 * known, at s->zero. */
void search_extend(struct search *s);

/* Which choice of slot `v` is this set of demonstrations; 0: none, or the
 * slot is another. */
unsigned search_choice(const struct search *s, size_t v,
    const struct leaf *l, const char *demo);

/* The best has all that a share can have, on every row, and the strategy may
 * stop then. */
bool search_done(const struct search *s);

/* The candidate at a point; made if it is not there. */
struct candidate *search_at(struct search *s, const unsigned *x);

/* Scores the candidate on all rows of the search, and makes it u->best if it
 * is better than that; trial, events and study are told. */
enum mip_status search_full(struct search *s, struct candidate *c,
    const char *kind);

/* The whole search by a surrogate, as u->plan says; u->best is the baseline
 * to begin with. */
enum mip_status search_run(struct search *s);

/* The baseline, fully scored. */
enum mip_status search_baseline(struct search *s);

#endif
