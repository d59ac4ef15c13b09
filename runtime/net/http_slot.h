/* One transfer of libcurl: what is asked, and what came of it.
 *
 * Not thread-safe; all of one struct http is of one thread.
 *
 * SPDX-License-Identifier: MIT */
#ifndef HTTP_SLOT_H
#define HTTP_SLOT_H

#include <curl/curl.h>

#include "net/http.h"

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
	                                 * http_slot_trust */
};

/* NULL without memory. */
struct http_slot *http_slot_new(void);
void http_slot_free(struct http_slot *s);

/* Makes it the request's; false if that cannot be sent.  `all`: a directory of
 * authorities is not enough. */
bool http_slot_prepare(struct http_slot *s, struct http_request *r, bool all);

/* From now on the file of authorities is read as well. */
void http_slot_trust(struct http_slot *s);

/* It has ended with `code`: fills what the request has of it. */
void http_slot_results(struct http_slot *s, struct http_request *r,
    CURLcode code);

/* It may be used again. */
void http_slot_done(struct http_slot *s);

#endif
