/* One transfer of libcurl.
 *
 * SPDX-License-Identifier: MIT */
#include "net/http_slot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"

enum {
	HTTP_BUFFER = 8192,             /* bytes, of each transfer */
	HTTP_ALIVE_S = 60,              /* of silence until it is asked whether
	                                 * the other side is there */
	HTTP_ALIVE_AGAIN_S = 15,
	HTTP_LONG_S = 1000000000        /* what more is asked to wait is */
};

static size_t
http_most(const struct http_request *r)
{
	return r->max > 0 ? r->max : HTTP_REPLY_MAX;
}

/* ---- what is the same for all requests ---- */

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

void
http_slot_trust(struct http_slot *s)
{
	s->directory = http_trust(s->easy, true);
	s->error[0] = '\0';
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

struct http_slot *
http_slot_new(void)
{
	struct http_slot *s = calloc(1, sizeof *s);

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

void
http_slot_free(struct http_slot *s)
{
	curl_easy_cleanup(s->easy);
	curl_slist_free_all(s->header);
	free(s);
}

/* ---- a request ---- */

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

bool
http_slot_prepare(struct http_slot *s, struct http_request *r, bool all)
{
	CURL *e = s->easy;

	s->request = r;
	s->seen = 0;
	s->seen_at = 0;
	s->stalled = s->too_large = false;
	r->reply.max = http_most(r);
	s->error[0] = '\0';
	if (s->directory && all)
		http_slot_trust(s);
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

void
http_slot_done(struct http_slot *s)
{
	curl_slist_free_all(s->header);
	s->header = NULL;
	s->request = NULL;
}

/* ---- what came of it ---- */

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

/* `x-should-retry: false`: as OpenAI's and Anthropic's own clients read it. */
static bool
http_is_final(struct http_slot *s)
{
#if LIBCURL_VERSION_NUM >= 0x075400
	struct curl_header *h;

	return curl_easy_header(s->easy, "x-should-retry", 0, CURLH_HEADER,
	    -1, &h) == CURLHE_OK && strcmp(h->value, "false") == 0;
#else
	(void)s;
	return false;
#endif
}

void
http_slot_results(struct http_slot *s, struct http_request *r, CURLcode code)
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
	r->final = http_is_final(s);
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
