/* Words, sentences and exit statuses of the ways a run can end.
 *
 * SPDX-License-Identifier: MIT */
#include "miproc.h"

struct status_row {
	const char *word, *text;
	int code;
};

static const struct status_row status_rows[] = {
#define STATUS_ROW(name, word, code, text) { #word, text, code },
	MIP_STATUS_MAP(STATUS_ROW)
#undef STATUS_ROW
};

/* A number that is no status comes from a newer program: say so mildly. */
static const struct status_row *
status_row(enum mip_status s)
{
	static const struct status_row strange = {
		"unknown", "unknown status", 2
	};

	if ((unsigned)s >= MIP_NSTATUS)
		return &strange;
	return &status_rows[s];
}

const char *
mip_status_word(enum mip_status s)
{
	return status_row(s)->word;
}

const char *
mip_status_text(enum mip_status s)
{
	return status_row(s)->text;
}

int
mip_status_exit(enum mip_status s)
{
	return status_row(s)->code;
}
