/* Lines to and from the worker's process.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "tune/worker_wire.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"

enum {
	WIRE_TICK_MS = 100,             /* the longest turn */
	WIRE_LINE = 256 << 20,          /* bytes of an answer */
	WIRE_QUIET_S = 30
};

void
worker_wire_init(struct worker_wire *w, double quiet_s,
    void (*line)(void *arg, const char *s, size_t n), void *arg)
{
	memset(w, 0, sizeof *w);
	worker_process_init(&w->p);
	w->quiet_s = quiet_s > 0 ? quiet_s : WIRE_QUIET_S;
	w->line = line;
	w->arg = arg;
}

void
worker_wire_release(struct worker_wire *w)
{
	buf_release(&w->queue);
	buf_release(&w->got);
}

enum mip_status
worker_wire_start(struct worker_wire *w, const char *const *argv,
    double patience, char why[WORKER_PROCESS_WHY])
{
	enum mip_status s;

	w->fault[0] = '\0';
	w->asked = 0;
	w->heard = clock_now() + patience;
	s = worker_process_start(&w->p, argv, why);
	if (s != MIP_OK)
		worker_wire_end(w, 0, NULL, 0);
	return s;
}

void
worker_wire_end(struct worker_wire *w, double patience, char *how,
    size_t nhow)
{
	worker_process_end(&w->p, patience, how, nhow);
	if (how && w->fault[0])
		snprintf(how, nhow, "%s", w->fault);
	buf_reset(&w->queue);
	w->sent = 0;
	buf_reset(&w->got);
	w->seen = 0;
	w->failed = false;
}

void
worker_wire_garbage(struct worker_wire *w, const char *s, size_t n)
{
	size_t i, k;

	k = (size_t)snprintf(w->fault, sizeof w->fault,
	    "it wrote what is no answer: ");
	for (i = 0; i < n && i < 40; i++)
		w->fault[k++] = s[i] >= ' ' && s[i] < 127 ? s[i] : '?';
	w->fault[k] = '\0';
}

bool
worker_wire_failed(const struct worker_wire *w)
{
	return w->failed || w->queue.failed;
}

/* Takes the whole lines out of what came; none behind one that is wrong. */
static void
take_lines(struct worker_wire *w)
{
	size_t at = 0;
	char *nl;

	while (w->got.len > at && !w->fault[0]) {
		nl = memchr(w->got.s + at + w->seen, '\n',
		    w->got.len - at - w->seen);
		if (!nl)
			break;
		w->line(w->arg, w->got.s + at, (size_t)(nl - w->got.s) - at);
		at = (size_t)(nl - w->got.s) + 1;
		w->seen = 0;
	}
	if (at > 0) {
		memmove(w->got.s, w->got.s + at, w->got.len - at);
		w->got.len -= at;
	}
	w->seen = w->got.len;
}

/* False when the worker is gone. */
static bool
read_answers(struct worker_wire *w)
{
	ssize_t k;

	while (!w->fault[0]) {
		if (!buf_reserve(&w->got, 65536)) {
			w->failed = true;
			return true;
		}
		k = read(w->p.out, w->got.s + w->got.len, 65536);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0 && errno == EAGAIN)
			return true;
		if (k <= 0)
			return false;
		w->got.len += (size_t)k;
		w->heard = clock_now();
		w->asked = 0;
		take_lines(w);
		if (w->got.len > WIRE_LINE)
			snprintf(w->fault, sizeof w->fault,
			    "it wrote a line without an end");
	}
	return false;
}

static bool
send_queue(struct worker_wire *w)
{
	ssize_t k;

	while (w->sent < w->queue.len) {
		k = send(w->p.in, w->queue.s + w->sent, w->queue.len - w->sent,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return true;
		if (k < 0)
			return false;
		w->sent += (size_t)k;
	}
	buf_reset(&w->queue);
	w->sent = 0;
	return true;
}

/* A worker that says nothing is asked for a word: "ping" is answered at once,
 * whatever is under way.  False when it has not said one. */
static bool
is_lively(struct worker_wire *w)
{
	double now = clock_now();

	if (w->asked > 0 && now - w->asked > w->quiet_s) {
		snprintf(w->fault, sizeof w->fault,
		    "it did not answer for %.3g s", now - w->heard);
		return false;
	}
	if (w->asked > 0 || now - w->heard < w->quiet_s)
		return true;
	buf_puts(&w->queue, "{\"ping\":1}\n");
	w->asked = now;
	return true;
}

bool
worker_wire_turn(struct worker_wire *w)
{
	struct pollfd p[3] = {
		{ w->p.out, POLLIN, 0 },
		{ w->queue.len > w->sent ? w->p.in : -1, POLLOUT, 0 },
		{ w->p.err, POLLIN, 0 },
	};
	bool alive = true;

	if (worker_wire_failed(w))
		return false;           /* the queue has half a line, maybe */
	if (poll(p, 3, WIRE_TICK_MS) < 0)
		return errno == EINTR;
	if (p[2].revents)
		worker_process_listen(&w->p);
	if (p[1].revents)
		alive = send_queue(w);
	/* What it said before it died counts. */
	if (p[0].revents || !alive)
		alive = read_answers(w) && alive;
	return alive && !w->failed && is_lively(w);
}
