/* Lines in and bytes out over file descriptors.
 *
 * SPDX-License-Identifier: MIT */
#include "core/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINES_STEP = 64 << 10 };         /* the least room for a read */

void
lines_init(struct lines *l, int fd, int wake)
{
	*l = (struct lines){ .fd = fd, .wake = wake };
}

void
lines_release(struct lines *l)
{
	free(l->s);
	l->s = NULL;
	l->at = l->end = l->cap = 0;
}

/* Moves the rest to the front and makes room behind it. */
static bool
lines_room(struct lines *l)
{
	size_t cap;
	char *s;

	if (l->at > 0) {
		memmove(l->s, l->s + l->at, l->end - l->at);
		l->end -= l->at;
		l->at = 0;
	}
	/* One byte stays free for the NUL. */
	if (l->cap - l->end > LINES_STEP)
		return true;
	cap = l->cap * 2 + LINES_STEP + 1;
	s = realloc(l->s, cap);
	if (!s)
		return false;
	l->s = s;
	l->cap = cap;
	return true;
}

/* Waits for one of the two; false with errno. */
static bool
lines_wait(struct lines *l, struct pollfd p[2])
{
	int n = poll(p, 2, l->waits ? 0 : -1), e;

	if (n == 0) {
		l->waits(l->waits_arg, true);
		n = poll(p, 2, -1);
		e = errno;
		l->waits(l->waits_arg, false);
		errno = e;
	}
	return n >= 0;
}

/* LINES_LINE when there is more, or the end. */
static enum lines_got
lines_fill(struct lines *l)
{
	struct pollfd p[2];
	ssize_t k;

	if (!lines_room(l))
		return LINES_NOMEM;
	p[0] = (struct pollfd){ .fd = l->fd, .events = POLLIN };
	p[1] = (struct pollfd){ .fd = l->wake, .events = POLLIN };
	for (;;) {
		if (!lines_wait(l, p)) {
			if (errno == EINTR)
				continue;
			return LINES_ERROR;
		}
		if (p[1].revents && !p[0].revents)
			return LINES_WOKEN;
		k = read(l->fd, l->s + l->end, l->cap - l->end - 1);
		if (k >= 0)
			break;
		if (errno != EINTR && errno != EAGAIN)
			return LINES_ERROR;
	}
	l->end += (size_t)k;
	l->ended = k == 0;
	/* At the end there is nothing that one could be woken from. */
	return p[1].revents && k > 0 ? LINES_WOKEN : LINES_LINE;
}

/* Gives the line that ends before `to`. */
static void
lines_cut(struct lines *l, size_t to, char **line, size_t *n)
{
	size_t end = to;

	if (end > l->at && l->s[end - 1] == '\r')
		end--;
	l->s[end] = '\0';
	*line = l->s + l->at;
	*n = end - l->at;
	l->at = to < l->end ? to + 1 : to;
}

enum lines_got
lines_next(struct lines *l, char **line, size_t *n)
{
	size_t seen = 0;
	bool skip = false;
	enum lines_got got;
	char *nl;

	for (;;) {
		nl = NULL;
		if (l->end - l->at > seen)
			nl = memchr(l->s + l->at + seen, '\n',
			    l->end - l->at - seen);
		if (nl || (l->ended && l->end > l->at)) {
			lines_cut(l, nl ? (size_t)(nl - l->s) : l->end, line,
			    n);
			return skip || *n > LINES_MAX ? LINES_LONG : LINES_LINE;
		}
		if (l->ended)
			return skip ? LINES_LONG : LINES_END;
		seen = l->end - l->at;
		if (seen > LINES_MAX) {
			skip = true;
			l->at = l->end = seen = 0;
		}
		got = lines_fill(l);
		if (got != LINES_LINE)
			return got;
	}
}

bool
lines_write(int fd, const void *p, size_t n)
{
	struct pollfd ready = { .fd = fd, .events = POLLOUT };
	const char *s = p;
	ssize_t k;

	while (n > 0) {
		k = write(fd, s, n);
		if (k < 0 && errno == EAGAIN) {
			poll(&ready, 1, -1);
			continue;
		}
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0)
			return false;
		s += k;
		n -= (size_t)k;
	}
	return true;
}

void
lines_hold_std(void)
{
	int fd, got;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
			continue;
		/* The lowest free number is this one.  Opened the wrong way
		 * round, so that reading and writing still fail. */
		got = open("/dev/null", fd == STDIN_FILENO ? O_WRONLY :
		    O_RDONLY);
		if (got > STDERR_FILENO)
			close(got);
	}
}
