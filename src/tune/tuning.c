/* A study under way: gains, and what is said of it.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "tune/tuning.h"

#include <stdarg.h>

#include "core/clock.h"

double
tuning_gain(const struct tuning *u, double score)
{
	return u->minimize ? -score : score;
}

static void
tell(struct tuning *u, struct tune_event *e)
{
	e->trial = u->trial;
	e->ntrial = u->ntrial;
	e->calls = u->r->calls_paid;
	e->cost = u->r->cost_paid;
	e->elapsed_s = clock_now() - u->began;
	e->best = u->r->dev_after.interval.mean;
	if (u->o)
		u->o->event(u->o->arg, e);
}

int
tuning_by_index(const void *a, const void *b)
{
	const size_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

void
tuning_phase(struct tuning *u, const char *text)
{
	struct tune_event e = { .kind = TUNE_PHASE, .text = text };

	u->phase = text;
	if (u->study)
		study_event(u->study, "phase", text);
	tell(u, &e);
}

void
tuning_warn(struct tuning *u, const char *fmt, ...)
{
	struct tune_event e = { .kind = TUNE_WARNING };
	va_list ap;

	va_start(ap, fmt);
	e.text = arena_vprintf(u->a, fmt, ap);
	va_end(ap);
	if (u->study)
		study_event(u->study, "warning", e.text);
	tell(u, &e);
}

void
tuning_progress(struct tuning *u, uint64_t done, uint64_t total)
{
	struct tune_event e = { .kind = TUNE_PROGRESS, .text = u->phase,
	    .done = done, .total = total };

	tell(u, &e);
}

void
tuning_trial(struct tuning *u, double score, bool full)
{
	struct tune_event e = { .kind = TUNE_TRIAL, .score = score,
	    .full = full };

	tell(u, &e);
}
