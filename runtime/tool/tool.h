/* Commands that programs call: the processes of an environment.
 *
 * A command runs in the root directory with a few variables, descriptors 0 to
 * 2 and limits; see tool_keep.h for how it ends.  One that is kept serves
 * call after call, a line in and a line out.
 *
 * SPDX-License-Identifier: MIT */
#ifndef TOOL_H
#define TOOL_H

#include "core/buf.h"
#include "miproc_gen.h"

enum {
	TOOL_TIMEOUT_MS = 30000,        /* of a call, where none is given */
	TOOL_OUTPUT = 1 << 20,          /* bytes, likewise */
	TOOL_WHY = 320
};

struct tool_pools;

/* Relative commands are looked for in `root`, borrowed; NULL: the working
 * directory.  NULL without memory. */
struct tool_pools *tool_pools_new(const char *root);

/* Ends what is kept: it has a second to end by itself.  Nothing may be under
 * way. */
void tool_pools_free(struct tool_pools *t);

/* How a call of a command went. */
enum tool_went {
	TOOL_ANSWERED,                  /* `out` is what it wrote */
	TOOL_FAILED,                    /* exit status 1 to 125, too much
	                                 * output, too much time */
	TOOL_DIED,                      /* by a signal, a status from 128 on;
	                                 * out of turn, without an answer */
	TOOL_NOT_THERE,                 /* it could not be started */
	TOOL_STOPPED,                   /* the run is to end */
	TOOL_NO_MEMORY
};

struct tool_answer {
	enum tool_went went;
	struct buf out;                 /* the caller releases it */
	char why[TOOL_WHY];             /* a sentence, if it did not answer */
	double seconds;
};

/* Gives the `n` bytes at `in` to the command (without the end of the line,
 * where it is kept) and takes its answer.  Waits while tool->jobs of its
 * processes are busy.  `stop` is asked from time to time whether the run is
 * to end.  Thread-safe. */
void tool_run(struct tool_pools *t, const struct mip_tool *tool,
    const char *in, size_t n, bool (*stop)(void *), void *arg,
    struct tool_answer *a);

#endif
