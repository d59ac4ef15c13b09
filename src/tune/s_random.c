/* Random search: points of the whole space, none twice, each tried on all
 * rows.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "tune/search.h"

void
s_random_plan(struct plan *p)
{
	p->surrogate = SURROGATE_RANDOM;
	p->minibatch = 0;
}

enum mip_status
s_random_run(struct tuning *u)
{
	return s_mipro_run(u);
}
