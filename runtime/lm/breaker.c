/* A circuit breaker.
 *
 * SPDX-License-Identifier: MIT */
#include "lm/breaker.h"

#include <string.h>

enum {
	BREAKER_ROW = 5,
	BREAKER_WINDOW = 20,
	BREAKER_HALF = 10,              /* of the window */
	BREAKER_MOST_S = 60,            /* between two that try; one that was
	                                 * never heard of again is not waited
	                                 * for longer */
};

bool
breaker_is_open(const struct breaker *b)
{
	return b->open;
}

bool
breaker_lets(const struct breaker *b, double now)
{
	return !b->open || now >= breaker_when(b);
}

bool
breaker_unknown(const struct breaker *b)
{
	return b->open && !b->answers;
}

double
breaker_when(const struct breaker *b)
{
	return b->tried ? b->tried_at + BREAKER_MOST_S : b->until;
}

void
breaker_sent(struct breaker *b, double now)
{
	if (!b->open)
		return;
	b->tried = true;
	b->answers = false;
	b->tried_at = now;
}

void
breaker_answers(struct breaker *b)
{
	if (!b->open)
		return;
	b->tried = false;
	b->answers = true;
	b->until = 0;
}

static unsigned
breaker_count(uint32_t bits)
{
	unsigned n = 0;

	for (; bits != 0; bits &= bits - 1)
		n++;
	return n;
}

/* Those that were under way when it opened say nothing new. */
static void
breaker_stays(struct breaker *b, double now)
{
	if (!b->tried)
		return;
	b->tried = b->answers = false;
	b->wait = 2 * b->wait > BREAKER_MOST_S ? BREAKER_MOST_S : 2 * b->wait;
	b->until = now + b->wait;
}

void
breaker_told(struct breaker *b, bool well, double now)
{
	if (well && b->open)
		memset(b, 0, sizeof *b);
	if (b->open) {
		breaker_stays(b, now);
		return;
	}
	b->row = well ? 0 : b->row + 1;
	b->failed = (b->failed << 1 | !well) & ((1u << BREAKER_WINDOW) - 1);
	if (b->seen < BREAKER_WINDOW)
		b->seen++;
	if (b->row < BREAKER_ROW && (b->seen < BREAKER_WINDOW ||
	    breaker_count(b->failed) < BREAKER_HALF))
		return;
	b->open = true;
	b->wait = 1;
	b->until = now + b->wait;
}
