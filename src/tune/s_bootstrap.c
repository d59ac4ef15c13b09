/* Bootstrap with random search: each set of demonstrations, for all leaves
 * at once, is tried on all rows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "tune/demo.h"
#include "tune/search.h"

void
s_bootstrap_plan(struct plan *p)
{
	p->candidates = 16;
	p->max_labeled = 16;
	p->minibatch = 0;
	p->instructions = 1;
	p->formats = false;
	p->params = false;
}

/* Set `k` for every leaf that has it; false if none has. */
static bool
same_set(const struct search *s, size_t k, unsigned *x)
{
	const struct tuning *u = s->u;
	bool any = false;
	size_t v, i;

	for (v = 0; v < s->space.nvar; v++) {
		x[v] = s->zero[v];
		for (i = 0; i < u->nleaf; i++) {
			const struct leaf *l = &u->leaf[i];
			unsigned found = 0;

			if (l->tunes[SLOT_DEMOS])
				found = search_choice(s, v, l, l->demo[k]);
			if (found == 0)
				continue;
			x[v] = found;
			any = true;
		}
	}
	return any;
}

enum mip_status
s_bootstrap_run(struct tuning *u)
{
	struct search s;
	struct candidate *c;
	enum mip_status status;
	unsigned *x;
	size_t k;

	search_init(&s, u);
	status = search_baseline(&s);
	if (status == MIP_OK && search_done(&s))
		return MIP_OK;
	if (status == MIP_OK)
		status = demo_make(u);
	if (status != MIP_OK)
		return status;
	search_extend(&s);
	x = arena_array(u->a, s.space.nvar + 1, sizeof *x);
	u->ntrial = u->plan.demo_sets - 1;
	tuning_phase(u, "search");
	for (k = 1; k < u->plan.demo_sets && status == MIP_OK; k++) {
		u->trial = u->r->trials = (unsigned)k;
		if (!same_set(&s, k, x))
			continue;
		c = search_at(&s, x);
		if (!c->full)
			status = search_full(&s, c, "full");
		if (status == MIP_OK && search_done(&s))
			break;
	}
	return status;
}
