/* Makes memory and the system fail, at the first call, the second, and so
 * on, until a run gets by without meeting a failure.
 *
 *     static bool
 *     save(void *arg)
 *     {
 *             ... do it; true if what came out is right for what failed ...
 *     }
 *
 *     fault_each("save", FAULT_ALLOC | FAULT_WRITE, save, NULL);
 *     return fault_end();
 *
 * Calls of our own code are met through the linker's --wrap (the list is in
 * the Makefile); cJSON's and SQLite's memory through their hooks, once
 * fault_libraries has been called.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FAULT_H
#define FAULT_H

#include <stdbool.h>

enum {
	FAULT_ALLOC = 1,                /* malloc and its like: NULL */
	FAULT_OPEN  = 2,                /* EMFILE */
	FAULT_READ  = 4,                /* EIO */
	FAULT_WRITE = 8,                /* ENOSPC, after half of the bytes */
	FAULT_SYNC  = 16,               /* fsync, rename: EIO */
	FAULT_ALL   = 31
};

/* Has cJSON and SQLite take their memory where it can fail; before either is
 * used. */
void fault_libraries(void);
/* cJSON alone. */
void fault_json(void);

/* Runs `body` with its nth call of the given kinds failing, n = 1, 2, ...;
 * `body` returns false, or crashes, if it does not bear it.  Prints a line
 * of TAP.  True if every run was borne, the last one without a failure. */
bool fault_each(const char *name, unsigned kinds, bool (*body)(void *),
    void *arg);

/* The same, each run in a process of its own: for code that ends the process
 * with status 2 when there is no memory. */
bool fault_each_process(const char *name, unsigned kinds,
    bool (*body)(void *), void *arg);

/* A command, in a process of its own, and then a look at how it ended and what
 * it left: `check` returns false if that is not right. */
bool fault_each_command(const char *name, unsigned kinds,
    int (*command)(void *arg), bool (*check)(void *arg, int status),
    void *arg);

/* Whether a failure has been met in this run: what a body may excuse a
 * missing result with. */
bool fault_met(void);

/* Ends the TAP; the program's exit status. */
int fault_end(void);

#endif
