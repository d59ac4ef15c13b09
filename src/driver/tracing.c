/* The trace of what miproc does itself: a span for the whole, below which are
 * those of its workers, and one for each trial.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "driver/tracing.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void
warn(void *arg, const char *text)
{
	(void)arg;
	fprintf(stderr, "miproc: warning: %s\n", text);
}

/* Workers say better what is wrong with a trace: here it is just left out. */
void
tracing_begin(struct tracing *t, const char *file, const char *what,
    const char *name)
{
	struct mip_options o = { .trace = file, .no_cache = true };
	char parent[MIP_TRACEPARENT];

	*t = (struct tracing){ .env = NULL };
	snprintf(t->name, sizeof t->name, "%s %s", what, name);
	if (mip_env_new(&o, &t->env) == MIP_OK)
		t->m = mip_new(t->env);
	if (t->m == NULL)
		return;
	mip_env_observe(t->env, warn, NULL);
	mip_begin(t->m);
	mip_traceparent(t->m, parent);
	if (parent[0] != '\0')
		setenv("TRACEPARENT", parent, 1);
}

void
tracing_parts(struct tracing *t)
{
	if (t->m == NULL)
		return;
	t->parts = true;
	mip_place(t->m, &t->part, t->traceparent);
}

/* What ran since the last one belongs to it. */
static void
part_ended(struct tracing *t, const char *name, double score)
{
	mip_traced(t->m, &t->part, name, score, &t->since_ns);
	mip_place(t->m, &t->part, t->traceparent);
}

void
tracing_trial(struct tracing *t, const struct tune_event *e)
{
	char name[64];

	if (t->m == NULL || e->kind != TUNE_TRIAL)
		return;
	snprintf(name, sizeof name, e->ntrial == 0 ? "as written" : e->full ?
	    "trial %u, all rows" : "trial %u", e->trial);
	part_ended(t, name, e->score);
}

void
tracing_end(struct tracing *t, enum mip_status s, const char *why)
{
	if (t->m != NULL) {
		if (t->parts)
			part_ended(t, "the rest", NAN);
		if (s != MIP_OK)
			mip_fail(t->m, s, "%s", why);
		mip_end(t->m, t->name);
	}
	mip_free(t->m);
	mip_env_free(t->env);
	t->m = NULL;
	t->env = NULL;
}
