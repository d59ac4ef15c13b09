/* Memory that fails while a program is tuned: it ends with status 2, or says
 * that there was none, or finds what it would find.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "fault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../unit/landscape.c"

enum {
	PATIENCE_S = 300,               /* who waits longer waits for ever */
	ROWS = 20, SEED = 5
};

static const struct land_shape shape = { .nvar = 3, .nnumber = 1,
	.nchoice = 3, .pairs = 0.3, .worst = 0.3, .written = 0.5, .best = 0.7,
	.alike = 0.6 };

/* The strategy, and what it finds. */
struct way {
	const char *strategy, *surrogate;
	char *slots;
};

static bool
search(struct way *w)
{
	struct setting by = { .name = "surrogate", .kind = SET_WORD,
	    .s = w->surrogate };
	struct setting batch = { .name = "minibatch", .kind = SET_INT, .i = 8,
	    .next = &by };
	struct setting trials = { .name = "trials", .kind = SET_INT, .i = 6,
	    .next = w->surrogate ? &batch : NULL };
	struct tune_result r;
	struct tune_task t;
	enum mip_status s;
	struct arena a;
	bool ok;

	alarm(PATIENCE_S);
	memset(&r, 0, sizeof r);
	base_arena_init(&a);
	t = land_task(&a, ROWS, SEED);
	t.strategy = w->strategy;
	t.setting = &trials;
	s = tune(&a, &t, NULL, &r);
	if (s == MIP_OK && r.complete && !w->slots)
		w->slots = strdup(r.slots);
	if (s == MIP_OK && r.complete)
		ok = w->slots && strcmp(r.slots, w->slots) == 0;
	else
		ok = fault_met() && r.message[0] &&
		    (s == MIP_NOMEM || r.why_stopped == MIP_NOMEM);
	if (!ok)
		fprintf(stderr, "%s: %s\n", mip_status_word(s), r.message);
	arena_release(&a);
	return ok;
}

static bool
tunes(void *arg)
{
	return search(arg);
}

int
main(void)
{
	struct way way[] = {
		{ "mipro", "linear", NULL },
		{ "mipro", "tpe", NULL },
		{ "random", NULL, NULL },
	};
	char name[40];
	size_t i;

	land_make(&shape, SEED);
	for (i = 0; i < sizeof way / sizeof way[0]; i++) {
		if (!search(&way[i]))
			return 1;
		snprintf(name, sizeof name, "%s, %s", way[i].strategy,
		    way[i].surrogate ? way[i].surrogate : "no surrogate");
		fault_each_process(name, FAULT_ALLOC, tunes, &way[i]);
		free(way[i].slots);
	}
	return fault_end();
}
