/* Limits of a model as leaky buckets.
 *
 * SPDX-License-Identifier: MIT */
#include "lm/limit.h"

/* With one second's worth in store the rate is lowered by as much, so that a
 * burst and the minute after it stay within the minute's share. */
static void
limit_bucket(struct limit_bucket *b, double per_minute, double least)
{
	b->rate = b->size = 0;
	if (per_minute > 0) {
		b->size = per_minute / 60;
		if (b->size < least)
			b->size = least;
		b->rate = per_minute / 60;
		if (b->size > least)
			b->rate = (per_minute - b->size) / 60;
	}
	b->level = b->size;
}

void
limit_init(struct limit *l, unsigned running, double rpm, double tpm,
    double now)
{
	*l = (struct limit){ .most = running };
	limit_bucket(&l->calls, rpm, 1);
	limit_bucket(&l->tokens, tpm, 1);
	l->at = now;
	l->closed_until = now;
}

enum {
	LIMIT_FROM = 4,                 /* places to begin with */
	LIMIT_SAMPLES = 16,             /* answers that a mean is made of */
	LIMIT_SLOW = 3                  /* times the best: it is a queue */
};

void
limit_adapt(struct limit *l)
{
	l->adaptive = true;
	l->places = LIMIT_FROM;
	l->most = LIMIT_FROM;
}

/* Attempts that were sent before the last cut say nothing of what came of
 * it. */
static void
limit_cut(struct limit *l, double to, double sent, double now)
{
	if (sent < l->cut_at)
		return;
	l->found = true;
	l->cut_at = now;
	l->seen = 0;
	l->places = to > 1 ? to : 1;
}

/* Whether answers take so long by now that most of it is waiting. */
static bool
limit_slow(struct limit *l, double took)
{
	double share = l->seen < LIMIT_SAMPLES ? l->seen + 1.0 :
	    (double)LIMIT_SAMPLES;

	l->usual = l->seen == 0 ? took : l->usual + (took - l->usual) / share;
	if (++l->seen < LIMIT_SAMPLES)
		return false;
	if (l->best <= 0)
		l->best = l->usual;
	return l->usual > LIMIT_SLOW * l->best;
}

void
limit_learn(struct limit *l, enum limit_said said, double sent, double now)
{
	if (!l->adaptive || said == LIMIT_NOTHING)
		return;
	if (said == LIMIT_BUSY)
		limit_cut(l, l->places / 2, sent, now);
	else if (sent >= l->cut_at && limit_slow(l, now - sent)) {
		/* A little below what is enough, to see again what an answer
		 * takes that waits for no other. */
		limit_cut(l, 0.8 * l->places * l->best / l->usual, sent, now);
		l->best = 0;
	}
	else if (l->running >= l->most && l->best > 0)
		/* They were all in use, and it is known what is slow. */
		l->places += l->found ? 1 / l->places : 1;
	l->most = (unsigned)l->places;
}

static void
limit_fill(struct limit_bucket *b, double seconds)
{
	b->level += b->rate * seconds;
	if (b->level > b->size)
		b->level = b->size;
}

/* Seconds until `need`, or a full bucket where that is less, is there. */
static double
limit_wait(const struct limit_bucket *b, double need)
{
	if (b->rate <= 0)
		return 0;
	if (need > b->size)
		need = b->size;
	/* Sums of small steps fall short of the whole by rounding. */
	if (b->level + 1e-6 >= need)
		return 0;
	return (need - b->level) / b->rate;
}

double
limit_ask(struct limit *l, double tokens, double now)
{
	double a, b;

	if (l->most && l->running >= l->most)
		return -1;
	if (now > l->at) {
		limit_fill(&l->calls, now - l->at);
		limit_fill(&l->tokens, now - l->at);
		l->at = now;
	}
	a = limit_wait(&l->calls, 1);
	b = limit_wait(&l->tokens, tokens);
	if (b > a)
		a = b;
	if (l->closed_until - now > a)
		a = l->closed_until - now;
	return a > 0 ? a : 0;
}

double
limit_take(struct limit *l, double tokens, double now)
{
	double wait = limit_ask(l, tokens, now);

	if (wait != 0)
		return wait;
	l->running++;
	l->calls.level -= 1;
	l->tokens.level -= tokens;
	return 0;
}

unsigned
limit_running(const struct limit *l)
{
	return l->running;
}

unsigned
limit_most(const struct limit *l)
{
	return l->most;
}

void
limit_give(struct limit *l, double taken, double used)
{
	if (l->running > 0)
		l->running--;
	l->tokens.level += taken - used;
	if (l->tokens.level > l->tokens.size)
		l->tokens.level = l->tokens.size;
}

void
limit_close(struct limit *l, double until)
{
	if (until > l->closed_until)
		l->closed_until = until;
}
