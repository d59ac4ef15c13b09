/* Locks of files.
 *
 * SPDX-License-Identifier: MIT */
#include "core/lock.h"

#include <errno.h>
#include <sys/file.h>

#include "core/clock.h"

enum { LOCK_NAP_MS = 25 };

enum mip_status
lock_take(int fd, bool (*stop)(void *arg), void *arg)
{
	while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return MIP_IO;
		if (stop && stop(arg))
			return MIP_CANCELLED;
		clock_nap(LOCK_NAP_MS);
	}
	return MIP_OK;
}
