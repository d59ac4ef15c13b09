/* HTTP requests, many at once on one thread; one attempt each.
 *
 * A struct http belongs to the thread that made it; only http_wake may be
 * called from others.  Connections, names and TLS sessions are shared by all
 * its requests.
 *
 * SPDX-License-Identifier: MIT */
#ifndef HTTP_H
#define HTTP_H

#include "core/buf.h"

enum {
	HTTP_REPLY_MAX = 64 << 20, /* bytes: no text of a model is longer */
	HTTP_CONNECT_MS = 15000,
	HTTP_STALL_MS = 30000           /* silence in the middle of a reply */
};

/* How the attempt ended; `status` counts only with HTTP_OK. */
enum http_result {
	HTTP_OK,
	HTTP_BAD_URL,                   /* not http or https, or malformed */
	HTTP_NO_CONNECTION,             /* name, connection, TLS handshake */
	HTTP_UNTRUSTED,                 /* the certificate is not trusted */
	HTTP_TIMEOUT,
	HTTP_BROKEN,                    /* sending or receiving failed, stall */
	HTTP_TOO_LARGE,
	HTTP_CANCELLED,
	HTTP_NOMEM
};

/* Owned by the caller and in use until `done` has been called. */
struct http_request {
	const char *url;
	const char *const *header;      /* "Name: value", NULL-terminated */
	const char *body;               /* of a POST; NULL: GET */
	size_t body_len;
	long timeout_ms;                /* of all of it */
	size_t max; /* bytes of the reply; 0: HTTP_REPLY_MAX */
	bool local;                     /* use no proxy */
	void (*more)(struct http_request *r);   /* bytes were added to `reply`,
	                                 * `status` is known; NULL: not told */
	void (*done)(struct http_request *r);   /* may submit anew */
	void *arg;                      /* the caller's */

	enum http_result result;
	int status;
	char why[256];                  /* what failed, "" if nothing did */
	char content_type[64];
	struct buf reply;               /* http_release */
	double retry_after_s;           /* 0: not given */
	bool final;                     /* the server says not to ask again */
	double seconds;

	void *slot;                     /* private */
	bool fresh;                     /* what did not come is asked for on a
	                                 * connection of its own */
	struct http_request *next, *prev;
};

struct http;

struct http *http_new(void);            /* NULL without memory */
/* Requests under way end as HTTP_CANCELLED, by `done`. */
void http_free(struct http *h);

/* Starts the request; `done` comes from a later http_run or http_free, or at
 * once if it cannot be started. */
void http_submit(struct http *h, struct http_request *r);

/* Ends the request, which is under way; `done` is not called. */
void http_cancel(struct http *h, struct http_request *r);

/* Whether it is under way. */
bool http_flies(const struct http_request *r);

/* Ends all requests at once as HTTP_CANCELLED, by `done`, which may not
 * submit anew then. */
void http_stop(struct http *h);

/* Moves what can be moved, calls `done` of what has ended, then waits up to
 * `wait_ms` for something to happen, if nothing has. */
void http_run(struct http *h, int wait_ms);

/* Makes a waiting http_run return; from any thread. */
void http_wake(struct http *h);

unsigned http_running(const struct http *h);

/* Gives back the memory of the results. */
void http_release(struct http_request *r);

#endif
