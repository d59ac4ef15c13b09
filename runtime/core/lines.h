/* Lines in and bytes out over file descriptors, for protocols and batches.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LINES_H
#define LINES_H

#include <stdbool.h>
#include <stddef.h>

enum { LINES_MAX = 64 << 20 };          /* bytes of a line */

struct lines {
	int fd;
	int wake;                       /* readable: stop; or -1 */
	/* told before and after a wait for what is not there yet; or NULL */
	void (*waits)(void *arg, bool on);
	void *waits_arg;
	char *s;                        /* private from here on */
	size_t at, end, cap;
	bool ended;
};

enum lines_got {
	LINES_LINE,
	LINES_END,
	LINES_WOKEN,
	LINES_LONG,                     /* a line over the limit was left out */
	LINES_ERROR,                    /* see errno */
	LINES_NOMEM
};

void lines_init(struct lines *l, int fd, int wake);
void lines_release(struct lines *l);

/* The next line without its "\n" or "\r\n", and terminated; borrowed until
 * the next call.  The last one need not end with "\n". */
enum lines_got lines_next(struct lines *l, char **line, size_t *n);

/* Writes all of it; false with errno set. */
bool lines_write(int fd, const void *p, size_t n);

/* Keeps the numbers of stdin, stdout and stderr from being given to other
 * files where a process was started with one of them closed: what uses it
 * meets EBADF as before.  To be called before anything is opened. */
void lines_hold_std(void);

#endif
