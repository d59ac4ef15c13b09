/* The worker's process: its three pipes, its end.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TUNE_WORKER_PROCESS_H
#define TUNE_WORKER_PROCESS_H

#include <sys/types.h>

#include "core/arena.h"
#include "miproc.h"

enum {
	WORKER_PROCESS_SAID = 2000,     /* kept of its messages */
	WORKER_PROCESS_WHY = 320
};

/* Descriptors are -1 when closed and do not block.  `in` is a socket, so that
 * writing to a dead process is an error and no signal. */
struct worker_process {
	pid_t pid;                      /* 0: none */
	int in, out, err;
	char said[WORKER_PROCESS_SAID + 1];
	size_t nsaid;
	bool killed;                    /* the last one ended by a signal */
	int status;                     /* else its exit status */
};

void worker_process_init(struct worker_process *p);

/* Starts argv[0], looked up in PATH, in a process group of its own: the
 * terminal's ^C is for us alone.  INFRASTRUCTURE with a sentence, and
 * worker_process_end to be called all the same. */
enum mip_status worker_process_start(struct worker_process *p,
    const char *const *argv, char why[WORKER_PROCESS_WHY]);

/* Takes in what it wrote to its standard error; the last of it is kept. */
void worker_process_listen(struct worker_process *p);

/* The last line of that. */
const char *worker_process_said(struct worker_process *p);

/* Closes its input, waits up to `patience` seconds, then kills it.  `how`, if
 * not NULL, says how it ended. */
void worker_process_end(struct worker_process *p, double patience, char *how,
    size_t nhow);

#endif
