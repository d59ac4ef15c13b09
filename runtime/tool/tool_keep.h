/* One command, with a keeper: a process between us and it, which ends the
 * command, and all that the command has started, when it is told to, when
 * the command has ended, and when we are gone.
 *
 * SPDX-License-Identifier: MIT */
#ifndef TOOL_KEEP_H
#define TOOL_KEEP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { TOOL_KEEP_TERM_MS = 500 };       /* to end by itself when told to */

/* All is borrowed until the call returns. */
struct tool_command {
	const char *path;               /* of the executable */
	char *const *argv, *const *envp;
	const char *dir;                /* to work in; NULL: ours */
	int64_t memory;                 /* address space, bytes; 0: no limit */
	int64_t cpu_s;                  /* of the processor; 0: no limit */
	int64_t file;                   /* bytes of a file that it writes */
};

enum tool_how {
	TOOL_EXITED,                    /* value: exit status */
	TOOL_KILLED,                    /* value: signal */
	TOOL_NO_DIR,                    /* value: errno */
	TOOL_NO_LIMIT,                  /* likewise */
	TOOL_NO_EXEC                    /* likewise */
};

struct tool_end {
	enum tool_how how;
	int value;
};

/* Descriptors are not blocking, and closed in other children; -1: none. */
struct tool_process {
	pid_t keeper;
	int in, out, err;               /* of the command */
	int ended;                      /* a struct tool_end, then the end */
	int hold;                       /* closing it ends the command */
};

/* Starts the command in a session of its own, with descriptors 0, 1 and 2
 * and no others.  False, with errno, if there are no pipes or processes; that
 * the command itself cannot be started comes by `ended`. */
bool tool_keep_start(const struct tool_command *c, struct tool_process *p);

/* Ends the command if it has not ended, waits for the keeper, and closes what
 * is open.  Nothing that the command had started is left. */
void tool_keep_end(struct tool_process *p);

#endif
