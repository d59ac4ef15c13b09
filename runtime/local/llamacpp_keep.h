/* The keeper of a local server: a process that outlives who started it, but
 * not the last user of the server.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LLAMACPP_KEEP_H
#define LLAMACPP_KEEP_H

#include <stdbool.h>

struct llamacpp_keep {
	char *const *argv;              /* the server; argv[0] is a path */
	const char *users;              /* file whose lock its users share */
	const char *alive;              /* file whose lock the keeper holds */
	const char *port;               /* file to remove at the end */
	const char *log;                /* for what the server prints */
};

/* Starts keeper and server.  *fd can be read to its end when the keeper has
 * ended; the caller closes it.  One byte comes when the keeper has its lock.
 * False, with errno, if it cannot be started. */
bool llamacpp_keep(const struct llamacpp_keep *k, int *fd);

#endif
