/* MIPRO: instructions and demonstrations are proposed for each leaf, and a
 * surrogate finds the best of their combinations.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "tune/demo.h"
#include "tune/propose.h"
#include "tune/search.h"

void
s_mipro_plan(struct plan *p)
{
	p->surrogate = SURROGATE_LINEAR;
}

enum mip_status
s_mipro_run(struct tuning *u)
{
	struct search s;
	enum mip_status status;

	search_init(&s, u);
	status = search_baseline(&s);
	if (status == MIP_OK && search_done(&s))
		return MIP_OK;
	if (status == MIP_OK)
		status = demo_make(u);
	if (status == MIP_OK)
		status = propose_make(u);
	if (status != MIP_OK)
		return status;
	search_extend(&s);
	return search_run(&s);
}
