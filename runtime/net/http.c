/* HTTP requests over libcurl's multi interface.
 *
 * SPDX-License-Identifier: MIT */
#include "net/http.h"

#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "net/http_slot.h"

enum {
	HTTP_SPARE = 1024,              /* easy handles kept for use again */
	HTTP_KEPT = 1024,               /* connections kept open */
	HTTP_MUTE = 32,                 /* connections that are watched */
	HTTP_LOST_MS = 20               /* between turns that nothing tells */
};

/* A connection of HTTP/2 on which a request has waited in vain. */
struct http_mute {
	curl_socket_t fd;
	double since;
};

/* Sockets are waited for here and not by libcurl, which would look at each
 * transfer at each turn. */
struct http {
	CURLM *multi;
	struct pollfd *fd;              /* the first one is wake[0]; libcurl
	                                 * keeps the places of the others */
	size_t nfd, fd_cap;
	bool lost;                      /* a socket found no place */
	bool all;                       /* a directory of authorities was not
	                                 * enough */
	double timer_at;                /* libcurl wants a turn; or INFINITY */
	int wake[2];
	struct http_slot *spare;
	unsigned nspare, running;
	bool moved;                     /* something ended in this run */
	struct http_request *first;     /* all under way */
	struct http_mute mute[HTTP_MUTE];
	unsigned nmute;
};

/* ---- sockets and timers ---- */

static void
http_place(struct http *h, curl_socket_t fd, size_t i)
{
	curl_multi_assign(h->multi, fd, (void *)(uintptr_t)i);
}

/* Makes room for one more; its place, or 0 without memory. */
static size_t
http_room(struct http *h)
{
	size_t cap = h->fd_cap ? h->fd_cap * 2 : 16;
	struct pollfd *v;

	if (h->nfd < h->fd_cap)
		return h->nfd++;
	v = realloc(h->fd, cap * sizeof *v);
	if (!v)
		return 0;
	h->fd = v;
	h->fd_cap = cap;
	return h->nfd++;
}

/* libcurl's: what a socket is to be waited for from now on. */
static int
http_on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *place)
{
	struct http *h = arg;
	size_t i = (size_t)(uintptr_t)place;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (i == 0)
			return 0;
		h->fd[i] = h->fd[--h->nfd];
		if (i < h->nfd)
			http_place(h, h->fd[i].fd, i);
		return 0;
	}
	if (i == 0) {
		i = http_room(h);
		if (i == 0) {
			h->lost = true;
			return 0;
		}
		h->fd[i] = (struct pollfd){ .fd = fd };
		http_place(h, fd, i);
	}
	h->fd[i].events = (short)((what & CURL_POLL_IN ? POLLIN : 0) |
	    (what & CURL_POLL_OUT ? POLLOUT : 0));
	return 0;
}

static int
http_on_timer(CURLM *multi, long ms, void *arg)
{
	struct http *h = arg;

	(void)multi;
	h->timer_at = ms < 0 ? INFINITY : clock_now() + (double)ms / 1e3;
	return 0;
}

static bool
http_waits_new(struct http *h)
{
	int i;

	h->timer_at = INFINITY;
	h->wake[0] = h->wake[1] = -1;
	if (pipe(h->wake) != 0)
		return false;
	for (i = 0; i < 2; i++)
		if (fcntl(h->wake[i], F_SETFD, FD_CLOEXEC) != 0 ||
		    fcntl(h->wake[i], F_SETFL, O_NONBLOCK) != 0)
			return false;
	h->nfd = 0;
	http_room(h);
	if (h->nfd == 0)
		return false;
	h->fd[0] = (struct pollfd){ .fd = h->wake[0], .events = POLLIN };
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, http_on_socket);
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, http_on_timer);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
	return true;
}

static void
http_multi_free(struct http *h)
{
	curl_multi_cleanup(h->multi);
	curl_global_cleanup();
	if (h->wake[0] >= 0) {
		close(h->wake[0]);
		close(h->wake[1]);
	}
	free(h->fd);
	free(h);
}

struct http *
http_new(void)
{
	struct http *h = calloc(1, sizeof *h);

	if (!h)
		return NULL;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(h);
		return NULL;
	}
	h->multi = curl_multi_init();
	if (!http_waits_new(h) || !h->multi) {
		http_multi_free(h);
		return NULL;
	}
	curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)HTTP_KEPT);
	/* 64 calls at once to a server of HTTP/2 take one connection, a
	 * thousand ten.  More connections would lose less when one is cut, but
	 * once it is known that a server shares them, libcurl opens one for
	 * each request that finds no room, as for HTTP/1.1. */
	curl_multi_setopt(h->multi, CURLMOPT_PIPELINING,
	    (long)CURLPIPE_MULTIPLEX);
	return h;
}

static struct http_slot *
http_slot_take(struct http *h)
{
	struct http_slot *s = h->spare;

	if (s) {
		h->spare = s->next;
		h->nspare--;
		return s;
	}
	return http_slot_new();
}

static void
http_slot_give(struct http *h, struct http_slot *s)
{
	http_slot_done(s);
	if (h->nspare >= HTTP_SPARE) {
		http_slot_free(s);
		return;
	}
	s->next = h->spare;
	h->spare = s;
	h->nspare++;
}

static void
http_refuse(struct http_request *r, enum http_result result, const char *why)
{
	r->result = result;
	snprintf(r->why, sizeof r->why, "%s", why);
	r->done(r);
}

void
http_submit(struct http *h, struct http_request *r)
{
	struct http_slot *s = http_slot_take(h);

	r->result = HTTP_OK;
	r->status = 0;
	r->why[0] = r->content_type[0] = '\0';
	r->retry_after_s = r->seconds = 0;
	r->final = false;
	r->slot = NULL;
	buf_reset(&r->reply);
	if (!s || !http_slot_prepare(s, r, h->all) ||
	    curl_multi_add_handle(h->multi, s->easy) != CURLM_OK) {
		if (s)
			http_slot_give(h, s);
		http_refuse(r, HTTP_NOMEM, "out of memory");
		return;
	}
	r->slot = s;
	r->prev = NULL;
	r->next = h->first;
	if (r->next)
		r->next->prev = r;
	h->first = r;
	h->running++;
}

/* Takes the request out of the transfers; the slot is spare again. */
static void
http_leave(struct http *h, struct http_request *r)
{
	struct http_slot *s = r->slot;

	curl_multi_remove_handle(h->multi, s->easy);
	if (r->prev)
		r->prev->next = r->next;
	else
		h->first = r->next;
	if (r->next)
		r->next->prev = r->prev;
	r->slot = NULL;
	http_slot_give(h, s);
	h->running--;
}

void
http_cancel(struct http *h, struct http_request *r)
{
	http_leave(h, r);
	r->result = HTTP_CANCELLED;
}

bool
http_flies(const struct http_request *r)
{
	return r->slot != NULL;
}

void
http_stop(struct http *h)
{
	struct http_request *r;

	while ((r = h->first) != NULL) {
		http_leave(h, r);
		http_refuse(r, HTTP_CANCELLED, "cancelled");
	}
}

/* One request that ends leaves the connection to the others where they share
 * it, even if nothing comes from there any more.  When two have waited in vain,
 * one after the other, and nothing came for anyone, it is closed: what else
 * waits there is broken, and asked for anew. */
static void
http_watch(struct http *h, struct http_slot *s, const struct http_request *r)
{
	curl_socket_t fd = CURL_SOCKET_BAD;
	bool heard = r->status != 0;
	double now;
	unsigned i;

	if (heard ? h->nmute == 0 : r->result != HTTP_TIMEOUT)
		return;
	curl_easy_getinfo(s->easy, CURLINFO_ACTIVESOCKET, &fd);
	if (fd == CURL_SOCKET_BAD)
		return;
	for (i = 0; i < h->nmute && h->mute[i].fd != fd; i++)
		;
	now = clock_now();
	if (i == h->nmute) {
		if (!heard && i < HTTP_MUTE)
			h->mute[h->nmute++] = (struct http_mute){ fd, now };
		return;
	}
	if (!heard && now - r->seconds < h->mute[i].since)
		return;
	if (!heard)
		shutdown(fd, SHUT_RDWR);
	h->mute[i] = h->mute[--h->nmute];
}

/* Whether the request goes once more, since the file may have what the
 * directory of authorities has not. */
static bool
http_again(struct http *h, struct http_slot *s, CURLcode code)
{
	if (code != CURLE_PEER_FAILED_VERIFICATION || !s->directory)
		return false;
	h->all = true;
	http_slot_trust(s);
	curl_multi_remove_handle(h->multi, s->easy);
	return curl_multi_add_handle(h->multi, s->easy) == CURLM_OK;
}

/* Calls `done` of all that has ended. */
static void
http_collect(struct http *h)
{
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(h->multi, &left))) {
		char *private = NULL;
		CURLcode code = msg->data.result;
		struct http_slot *s;
		struct http_request *r;

		if (msg->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &private);
		s = (struct http_slot *)(void *)private;
		if (http_again(h, s, code))
			continue;
		r = s->request;
		http_slot_results(s, r, code);
		http_watch(h, s, r);
		http_leave(h, r);
		h->moved = true;
		r->done(r);
	}
}

/* Gives libcurl the turn that it wants, if it is time.  A socket that found no
 * place is looked at each time. */
static void
http_turn(struct http *h)
{
	int running;

	if (h->lost) {
		curl_multi_perform(h->multi, &running);
		return;
	}
	if (clock_now() < h->timer_at)
		return;
	h->timer_at = INFINITY;
	curl_multi_socket_action(h->multi, CURL_SOCKET_TIMEOUT, 0, &running);
}

static int
http_wait_ms(const struct http *h, int wait_ms)
{
	double ms = ceil((h->timer_at - clock_now()) * 1e3);

	if (h->moved || wait_ms <= 0 || ms <= 0)
		return 0;
	if (h->lost && wait_ms > HTTP_LOST_MS)
		wait_ms = HTTP_LOST_MS;
	return ms < wait_ms ? (int)ms : wait_ms;
}

static void
http_sockets(struct http *h)
{
	char told[64];
	int running;
	size_t i;

	if (h->fd[0].revents)
		while (read(h->wake[0], told, sizeof told) == sizeof told)
			;
	/* From the end: whoever leaves gives its place to the last one, which
	 * had its turn. */
	for (i = h->nfd; i-- > 1;) {
		int come = i < h->nfd ? h->fd[i].revents : 0;

		if (!come)
			continue;
		h->fd[i].revents = 0;
		curl_multi_socket_action(h->multi, h->fd[i].fd,
		    (come & POLLIN ? CURL_CSELECT_IN : 0) |
		    (come & POLLOUT ? CURL_CSELECT_OUT : 0) |
		    (come & ~(POLLIN | POLLOUT) ? CURL_CSELECT_ERR : 0),
		    &running);
	}
}

void
http_run(struct http *h, int wait_ms)
{
	h->moved = false;
	http_turn(h);
	http_collect(h);
	if (poll(h->fd, h->nfd, http_wait_ms(h, wait_ms)) > 0)
		http_sockets(h);
	http_turn(h);
	http_collect(h);
}

void
http_wake(struct http *h)
{
	ssize_t n = write(h->wake[1], "x", 1);

	(void)n;                        /* a full pipe wakes as well */
}

unsigned
http_running(const struct http *h)
{
	return h->running;
}

void
http_free(struct http *h)
{
	struct http_slot *s;

	if (!h)
		return;
	http_stop(h);
	while ((s = h->spare) != NULL) {
		h->spare = s->next;
		http_slot_free(s);
	}
	http_multi_free(h);
}

void
http_release(struct http_request *r)
{
	buf_release(&r->reply);
}
