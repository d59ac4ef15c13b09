/* Locks of files, for what only one process at a time may do.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LOCK_H
#define LOCK_H

#include "miproc.h"

/* Takes the lock of the open file, which goes when it is closed, and waits for
 * whoever has it.  MIP_OK; MIP_CANCELLED once `stop`, which may be NULL, says
 * so; MIP_IO, with errno. */
enum mip_status lock_take(int fd, bool (*stop)(void *arg), void *arg);

#endif
