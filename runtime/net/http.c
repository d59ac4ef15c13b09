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
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <curl/curl.h>

#include "core/clock.h"

enum {
	HTTP_SPARE = 1024,              /* easy handles kept for use again */
	HTTP_KEPT = 1024,               /* connections kept open */
	HTTP_BUFFER = 4096,             /* bytes, of each transfer */
	HTTP_ALIVE_S = 60,              /* of silence until it is asked whether
	                                 * the other side is there */
	HTTP_ALIVE_AGAIN_S = 15,
	HTTP_LONG_S = 1000000000,       /* what more is asked to wait is */
	HTTP_MUTE = 32,                 /* connections that are watched */
	HTTP_LOST_MS = 20               /* between turns that nothing tells */
};

/* An easy handle with what one transfer needs. */
struct http_slot {
	CURL *easy;
	struct curl_slist *header;
	char error[CURL_ERROR_SIZE];
	struct http_slot *next;         /* of the spare ones */
	struct http_request *request;
	curl_off_t seen;                /* bytes, at the last progress */
	double seen_at;
	bool stalled, too_large;
	bool directory;                 /* no file of authorities; see
	                                 * http_trust */
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

static size_t
http_most(const struct http_request *r)
{
	return r->max > 0 ? r->max : HTTP_REPLY_MAX;
}

static void
http_slot_free(struct http_slot *s)
{
	if (s->easy)
		curl_easy_cleanup(s->easy);
	curl_slist_free_all(s->header);
	free(s);
}

static size_t
http_write(char *p, size_t size, size_t n, void *arg)
{
	struct http_slot *s = arg;
	struct buf *b = &s->request->reply;
	long status = 0;

	n *= size;
	if (b->len + n > b->max) {
		s->too_large = true;
		return 0;
	}
	buf_put(b, p, n);
	if (s->request->more && !b->failed) {
		curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status);
		s->request->status = (int)status;
		s->request->more(s->request);
	}
	return b->failed ? 0 : n;
}

/* A model may think for long before the first byte, but not between two. */
static int
http_progress(void *arg, curl_off_t total, curl_off_t now, curl_off_t utotal,
    curl_off_t unow)
{
	struct http_slot *s = arg;
	double t;

	(void)total;
	(void)utotal;
	(void)unow;
	if (now == 0)
		return 0;
	t = clock_now();
	if (now != s->seen) {
		s->seen = now;
		s->seen_at = t;
	} else if ((t - s->seen_at) * 1e3 > HTTP_STALL_MS) {
		s->stalled = true;
		return 1;
	}
	return 0;
}

static const char *
http_env(const char *name)
{
	const char *v = getenv(name);

	return v && *v ? v : NULL;
}

/* Where OpenSSL does TLS, the file and the directory that libcurl was built
 * with. */
static void
http_built_in(const char **file, const char **dir)
{
	*file = *dir = NULL;
#if LIBCURL_VERSION_NUM >= 0x074600
	const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);

	if (v->age >= CURLVERSION_SEVENTH && v->ssl_version &&
	    strncmp(v->ssl_version, "OpenSSL/", 8) == 0) {
		*file = v->cainfo;
		*dir = v->capath;
	}
#endif
}

/* The authorities that are trusted: as OpenSSL has them, else those that
 * libcurl was built with.  In a directory one is looked up by its name, but a
 * file is read whole, and for each connection: the system's takes 30 ms and a
 * megabyte.  So the file waits, unless it is asked for alone, until something
 * is not in the directory.  Says whether it waits. */
static bool
http_trust(CURL *e, bool all)
{
	const char *file = http_env("SSL_CERT_FILE");
	const char *dir = http_env("SSL_CERT_DIR"), *own_file, *own_dir;
	bool waits;

	http_built_in(&own_file, &own_dir);
	if (dir)
		curl_easy_setopt(e, CURLOPT_CAPATH, dir);
	waits = !all && own_file && (dir || (!file && own_dir));
	if (waits)
		curl_easy_setopt(e, CURLOPT_CAINFO, NULL);
	else if (file || all)
		curl_easy_setopt(e, CURLOPT_CAINFO, file ? file : own_file);
	return waits;
}

/* What is the same for every request of a handle. */
static void
http_slot_setup(struct http_slot *s)
{
	CURL *e = s->easy;

	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(e, CURLOPT_PROTOCOLS,
	    (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, (long)HTTP_CONNECT_MS);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, s->error);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, http_write);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, s);
	curl_easy_setopt(e, CURLOPT_XFERINFOFUNCTION, http_progress);
	curl_easy_setopt(e, CURLOPT_XFERINFODATA, s);
	curl_easy_setopt(e, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(e, CURLOPT_PRIVATE, s);
	curl_easy_setopt(e, CURLOPT_USERAGENT, "miproc");
	/* A reply may be thought about for minutes: what stands between would
	 * forget the connection, and who is gone would not be missed. */
	curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(e, CURLOPT_TCP_KEEPIDLE, (long)HTTP_ALIVE_S);
	curl_easy_setopt(e, CURLOPT_TCP_KEEPINTVL, (long)HTTP_ALIVE_AGAIN_S);
	/* Replies are short, and there may be a thousand at once. */
	curl_easy_setopt(e, CURLOPT_BUFFERSIZE, (long)HTTP_BUFFER);
	s->directory = http_trust(e, false);
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
	s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	s->easy = curl_easy_init();
	if (!s->easy) {
		free(s);
		return NULL;
	}
	http_slot_setup(s);
	return s;
}

static void
http_slot_give(struct http *h, struct http_slot *s)
{
	curl_slist_free_all(s->header);
	s->header = NULL;
	s->request = NULL;
	if (h->nspare >= HTTP_SPARE) {
		http_slot_free(s);
		return;
	}
	s->next = h->spare;
	h->spare = s;
	h->nspare++;
}

static bool
http_headers(struct http_slot *s, const struct http_request *r)
{
	struct curl_slist *more;
	size_t i;

	/* No pause for "100 Continue" before a long body. */
	s->header = curl_slist_append(NULL, "Expect:");
	for (i = 0; s->header && r->header && r->header[i]; i++) {
		more = curl_slist_append(s->header, r->header[i]);
		if (!more)
			return false;
		s->header = more;
	}
	return s->header != NULL;
}

static bool
http_prepare(struct http *h, struct http_slot *s, struct http_request *r)
{
	CURL *e = s->easy;

	s->request = r;
	s->seen = 0;
	s->seen_at = 0;
	s->stalled = s->too_large = false;
	if (s->directory && h->all)
		s->directory = http_trust(e, true);
	s->error[0] = '\0';
	if (!http_headers(s, r))
		return false;
	if (curl_easy_setopt(e, CURLOPT_URL, r->url) != CURLE_OK)
		return false;
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, s->header);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, r->timeout_ms);
	curl_easy_setopt(e, CURLOPT_MAXFILESIZE_LARGE,
	    (curl_off_t)http_most(r));
	curl_easy_setopt(e, CURLOPT_NOPROXY, r->local ? "*" : NULL);
	curl_easy_setopt(e, CURLOPT_FRESH_CONNECT, r->fresh ? 1L : 0L);
	/* Over TLS, wait to see whether one connection carries all. */
	curl_easy_setopt(e, CURLOPT_PIPEWAIT,
	    strncmp(r->url, "https", 5) == 0 ? 1L : 0L);
	if (!r->body) {
		curl_easy_setopt(e, CURLOPT_HTTPGET, 1L);
		return true;
	}
	curl_easy_setopt(e, CURLOPT_POST, 1L);
	curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE,
	    (curl_off_t)r->body_len);
	curl_easy_setopt(e, CURLOPT_POSTFIELDS, r->body);
	return true;
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
	r->slot = NULL;
	r->reply.max = http_most(r);
	buf_reset(&r->reply);
	if (!s || !http_prepare(h, s, r) ||
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

/* CURLcode has a hundred values; those that are not here are breakage on the
 * way, which may be gone the next time. */
static enum http_result
http_class(const struct http_slot *s, CURLcode code)
{
	static const struct {
		CURLcode code;
		enum http_result result;
	} map[] = {
		{ CURLE_OK, HTTP_OK },
		{ CURLE_URL_MALFORMAT, HTTP_BAD_URL },
		{ CURLE_UNSUPPORTED_PROTOCOL, HTTP_BAD_URL },
		{ CURLE_COULDNT_RESOLVE_HOST, HTTP_NO_CONNECTION },
		{ CURLE_COULDNT_RESOLVE_PROXY, HTTP_NO_CONNECTION },
		{ CURLE_COULDNT_CONNECT, HTTP_NO_CONNECTION },
		{ CURLE_SSL_CONNECT_ERROR, HTTP_NO_CONNECTION },
		{ CURLE_PEER_FAILED_VERIFICATION, HTTP_UNTRUSTED },
		{ CURLE_SSL_CACERT_BADFILE, HTTP_UNTRUSTED },
		{ CURLE_OPERATION_TIMEDOUT, HTTP_TIMEOUT },
		{ CURLE_FILESIZE_EXCEEDED, HTTP_TOO_LARGE },
		{ CURLE_OUT_OF_MEMORY, HTTP_NOMEM },
	};
	double connected = 0;
	size_t i;

	if (s->too_large)
		return HTTP_TOO_LARGE;
	/* What answers is no server of HTTP. */
	curl_easy_getinfo(s->easy, CURLINFO_CONNECT_TIME, &connected);
	if (code == CURLE_UNSUPPORTED_PROTOCOL && connected > 0)
		return HTTP_BROKEN;
	if (code == CURLE_WRITE_ERROR)
		return HTTP_NOMEM;
	for (i = 0; i < sizeof map / sizeof map[0]; i++)
		if (map[i].code == code)
			return map[i].result;
	return HTTP_BROKEN;
}

#if LIBCURL_VERSION_NUM >= 0x075400
/* A number without a sign that is the whole of a header; -1 for none. */
static double
http_header_number(struct http_slot *s, const char *name, const char **value)
{
	struct curl_header *h;
	double v;
	size_t n;

	*value = NULL;
	if (curl_easy_header(s->easy, name, 0, CURLH_HEADER, -1, &h) !=
	    CURLHE_OK)
		return -1;
	*value = h->value;
	n = strspn(h->value, "0123456789.");
	if (n == 0 || h->value[n + strspn(h->value + n, " \t")] != '\0')
		return -1;
	return buf_to_double(h->value, n, &v) && v < HTTP_LONG_S ? v :
	    HTTP_LONG_S;
}
#endif

/* Retry-After in seconds or as a date, or in milliseconds as some write it. */
static double
http_retry_after(struct http_slot *s)
{
	curl_off_t wait = 0;
#if LIBCURL_VERSION_NUM >= 0x075400
	const char *value;
	double n, left;
	time_t date;

	n = http_header_number(s, "retry-after-ms", &value);
	if (n > 0)
		return n / 1e3;
	n = http_header_number(s, "retry-after", &value);
	if (n >= 0)
		return n;
	date = value ? curl_getdate(value, NULL) : -1;
	left = date != -1 ? difftime(date, time(NULL)) : 0;
	if (left > 0)
		return fmin(left, HTTP_LONG_S);
#endif
	curl_easy_getinfo(s->easy, CURLINFO_RETRY_AFTER, &wait);
	return wait > 0 ? (double)wait : 0;
}

static void
http_results(struct http_slot *s, struct http_request *r, CURLcode code)
{
	long status = 0;
	const char *type = NULL;
	double total = 0;

	r->result = http_class(s, code);
	curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(s->easy, CURLINFO_CONTENT_TYPE, &type);
	curl_easy_getinfo(s->easy, CURLINFO_TOTAL_TIME, &total);
	r->status = (int)status;
	r->seconds = total;
	r->fresh = s->stalled || r->result == HTTP_TIMEOUT;
	r->retry_after_s = http_retry_after(s);
	snprintf(r->content_type, sizeof r->content_type, "%s",
	    type ? type : "");
	if (code == CURLE_OK)
		return;
	if (s->stalled)
		snprintf(r->why, sizeof r->why,
		    "nothing came for %d s in the middle of the reply",
		    HTTP_STALL_MS / 1000);
	else if (r->result == HTTP_TOO_LARGE)
		snprintf(r->why, sizeof r->why,
		    "the reply is larger than %zu bytes", http_most(r));
	else
		snprintf(r->why, sizeof r->why, "%s",
		    s->error[0] ? s->error : curl_easy_strerror(code));
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
	s->directory = http_trust(s->easy, true);
	s->error[0] = '\0';
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
		http_results(s, r, code);
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
