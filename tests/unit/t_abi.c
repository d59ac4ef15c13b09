/* The layouts of the public header, which generated code relies on.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "miproc.h"

/* Of the layouts below, for MIP_ABI as it is: when they change on purpose,
 * raise MIP_ABI and put the new number here. */
#define LAYOUTS UINT64_C(0x556d700673f02982)

#define SIZE(name) sizeof(struct name)
#define AT(name, member) offsetof(struct name, member)

/* Sizes, and where the last members stand; of 64-bit machines. */
static const size_t layout[] = {
	SIZE(mip_variant), SIZE(mip_check), SIZE(mip_field), SIZE(mip_type),
	SIZE(mip_setting), SIZE(mip_pair), SIZE(mip_sending),
	SIZE(mip_model), SIZE(mip_http), SIZE(mip_retriever),
	SIZE(mip_piece), SIZE(mip_prompt), SIZE(mip_param), SIZE(mip_tool),
	SIZE(mip_program), SIZE(mip_score), SIZE(mip_metric),
	SIZE(mip_claim), SIZE(mip_test), SIZE(mip_eval), SIZE(mip_options),
	SIZE(mip_retry), SIZE(mip_part), SIZE(mip_leaf_usage),
	AT(mip_field, type), AT(mip_field, offset), AT(mip_type, field),
	AT(mip_type, n), AT(mip_model, sending), AT(mip_model, option),
	AT(mip_model, to), AT(mip_http, sending), AT(mip_retriever, http),
	AT(mip_prompt, text), AT(mip_prompt, piece), AT(mip_prompt, model),
	AT(mip_prompt, on_refusal), AT(mip_tool, in), AT(mip_tool, on_fail),
	AT(mip_program, in), AT(mip_program, run), AT(mip_metric, run),
	MIP_NSTATUS, MIP_NFORMAT, MIP_AUDIO, MIP_STRUCTURE_PROMPT,
};

static void
layouts(void **state)
{
	uint64_t h = UINT64_C(14695981039346656037);
	size_t i;

	(void)state;
	if (sizeof(void *) != 8 || sizeof(long) != 8)
		skip();
	for (i = 0; i < sizeof layout / sizeof layout[0]; i++)
		h = (h ^ layout[i]) * UINT64_C(1099511628211);
	if (h != LAYOUTS)
		fail_msg("the layouts of miproc.h have changed: raise MIP_ABI, "
		    "and LAYOUTS here becomes 0x%llx", (unsigned long long)h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layouts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
