/* Lines to and from the worker's process: a queue out, whole lines in, and a
 * look whether it lives.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TUNE_WORKER_WIRE_H
#define TUNE_WORKER_WIRE_H

#include "core/buf.h"
#include "tune/worker_process.h"

struct worker_wire {
	struct worker_process p;
	struct buf queue;               /* to be sent: anyone puts lines here */
	bool failed;                    /* out of memory, for an answer */
	char fault[160];                /* why it was given up; or "" */
	size_t sent;                    /* private from here on */
	struct buf got;                 /* a line, not whole yet */
	size_t seen;                    /* of it, without a newline */
	double quiet_s;
	double heard;                   /* when it said something last */
	double asked;                   /* when it was asked for a word; or 0 */
	void (*line)(void *arg, const char *s, size_t n);
	void *arg;
};

/* A worker that was silent for `quiet_s` seconds (0: 30) is sent
 * {"ping":1}, and has as long to say anything.  `line` gets what it says. */
void worker_wire_init(struct worker_wire *w, double quiet_s,
    void (*line)(void *arg, const char *s, size_t n), void *arg);
void worker_wire_release(struct worker_wire *w);

/* Starts the process; nothing is asked of it for `patience` seconds, or until
 * it says its first line.  INFRASTRUCTURE with a sentence. */
enum mip_status worker_wire_start(struct worker_wire *w,
    const char *const *argv, double patience, char why[WORKER_PROCESS_WHY]);

/* The worker is gone, or has to go: what was on its way is lost.  `how`, if
 * not NULL, says how it ended, or why it was given up. */
void worker_wire_end(struct worker_wire *w, double patience, char *how,
    size_t nhow);

/* Whether there was no memory for a line in or out. */
bool worker_wire_failed(const struct worker_wire *w);

/* One turn, a tenth of a second at most: what can be sent is sent, what came
 * is read.  False when the worker is gone, or is of no use any more; or
 * worker_wire_failed, until worker_wire_end. */
bool worker_wire_turn(struct worker_wire *w);

/* For `line`: this is no answer, and the worker is to be given up. */
void worker_wire_garbage(struct worker_wire *w, const char *s, size_t n);

#endif
