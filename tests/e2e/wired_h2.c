/* wired on HTTP/2: what a file holds as a response, and what may befall streams
 * and connections.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <nghttp2/nghttp2.h>

#include "wired.h"

enum {
	FIELDS = 16,
	CHUNK = 16384,
	LINGER_MS = 2000,
	UNEVEN = 16                     /* answers that take unlike times */
};

/* A request, and what is said to it. */
struct stream {
	struct stream *next;
	int32_t id;
	char *text;                     /* the body of the request */
	size_t len;
	double due;                     /* when it is answered; 0: never */
	char name[WIRED_NAME];
	char *head;                     /* of the answer; holds the fields */
	char *body;
	size_t body_len, sent;
	bool drip;                      /* a byte in each frame */
	bool left;                      /* the client has reset it */
};

struct connection {
	unsigned number;
	SSL *ssl;
	int fd;
	nghttp2_session *session;
	struct stream *streams;
	bool mute, cut, gone;
};

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void
told(const struct connection *c, int32_t id, const char *what)
{
	char line[WIRED_NAME + 64];
	int n = snprintf(line, sizeof line, "h2 %u %d %s", c->number, id,
	    what);

	wired_note(line, (size_t)n);
}

static void *
must(void *p)
{
	if (!p)
		wired_die("memory");
	return p;
}

/* ---- answers ---- */

static nghttp2_nv
field(char *name, char *value)
{
	nghttp2_nv v = { (uint8_t *)name, (uint8_t *)value, strlen(name),
		strlen(value), NGHTTP2_NV_FLAG_NONE };

	return v;
}

/* Headers that speak of the connection have no place in HTTP/2. */
static bool
is_kept(const char *name)
{
	return strcasecmp(name, "connection") != 0 &&
	    strcasecmp(name, "transfer-encoding") != 0;
}

/* Takes the file's head apart: its status and fields, as HTTP/2 has them. */
static size_t
fields(struct stream *s, nghttp2_nv *f)
{
	static char status[] = ":status";
	char *at = s->head, *end, *colon, *c;
	size_t n = 0;

	while (n < FIELDS && (end = strstr(at, "\r\n")) != NULL) {
		*end = '\0';
		if (n == 0) {
			at += strcspn(at, " ") + 1;
			at[strcspn(at, " ")] = '\0';
			f[n++] = field(status, at);
		} else if ((colon = strchr(at, ':')) != NULL) {
			*colon = '\0';
			for (c = at; *c; c++)
				*c |= *c >= 'A' && *c <= 'Z' ? 0x20 : 0;
			if (is_kept(at))
				f[n++] = field(at, colon + 2);
		}
		at = end + 2;
	}
	return n;
}

static ssize_t
body(nghttp2_session *session, int32_t id, uint8_t *to, size_t most,
    uint32_t *flags, nghttp2_data_source *source, void *arg)
{
	struct stream *s = source->ptr;
	size_t n = s->body_len - s->sent;

	(void)session;
	(void)id;
	(void)arg;
	n = s->drip && n > 1 ? 1 : n > most ? most : n;
	memcpy(to, s->body + s->sent, n);
	s->sent += n;
	if (s->sent == s->body_len)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)n;
}

static void
answer(struct connection *c, struct stream *s)
{
	nghttp2_data_provider from = { { .ptr = s }, body };
	nghttp2_nv f[FIELDS];
	FILE *file = wired_file(s->name);
	size_t n;
	char *end;

	s->due = 0;
	s->head = must(calloc(1, WIRED_REQUEST));
	n = fread(s->head, 1, WIRED_REQUEST - 1, file);
	fclose(file);
	end = strstr(s->head, "\r\n\r\n");
	if (!end)
		wired_die(s->name);
	s->body = end + 4;
	s->body_len = n - (size_t)(s->body - s->head);
	s->drip = wired_ends(s->name, ".drip");
	end[2] = '\0';
	n = fields(s, f);
	if (nghttp2_submit_response(c->session, s->id, f, n, &from) != 0)
		wired_die("response");
}

/* ---- what befalls ---- */

/* A fault whose name begins so is one the first time alone. */
static bool
is_over(const char *name)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static char seen[64][WIRED_NAME];
	static size_t n;
	bool over = false;
	size_t i;

	if (strncmp(name, "once", 4) != 0)
		return false;
	pthread_mutex_lock(&lock);
	for (i = 0; i < n && !over; i++)
		over = strcmp(seen[i], name) == 0;
	if (!over && n < sizeof seen / sizeof seen[0])
		memcpy(seen[n++], name, WIRED_NAME);
	pthread_mutex_unlock(&lock);
	return over;
}

static void
reset(struct connection *c, struct stream *s, uint32_t code)
{
	nghttp2_submit_rst_stream(c->session, NGHTTP2_FLAG_NONE, s->id, code);
}

/* Those before it are answered; it and what comes behind is not taken. */
static void
go_away(struct connection *c, const struct stream *s, uint32_t code)
{
	c->gone = true;
	nghttp2_submit_goaway(c->session, NGHTTP2_FLAG_NONE,
	    s->id > 2 ? s->id - 2 : 0, code, NULL, 0);
}

/* The request is whole. */
static void
take(struct connection *c, struct stream *s)
{
	const char *name = s->name;

	wired_name(s->name, s->text ? s->text : "");
	if (is_over(name))
		memcpy(s->name, "plain", sizeof "plain");
	told(c, s->id, name);
	if (wired_ends(name, ".refuse"))
		reset(c, s, NGHTTP2_REFUSED_STREAM);
	else if (wired_ends(name, ".reset"))
		reset(c, s, NGHTTP2_INTERNAL_ERROR);
	else if (wired_ends(name, ".goaway"))
		go_away(c, s, NGHTTP2_NO_ERROR);
	else if (wired_ends(name, ".calm"))
		go_away(c, s, NGHTTP2_ENHANCE_YOUR_CALM);
	else if (wired_ends(name, ".cut"))
		c->cut = true;
	else if (wired_ends(name, ".mute"))
		c->mute = true;
	else if (!wired_ends(name, ".hang"))
		s->due = now() + wired.delay_ms / 1e3 *
		    (1 + (double)(s->id / 2 % UNEVEN) / UNEVEN);
}

/* ---- frames ---- */

static int
on_begin(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct connection *c = arg;
	struct stream *s = must(calloc(1, sizeof *s));

	s->id = frame->hd.stream_id;
	s->next = c->streams;
	c->streams = s;
	return nghttp2_session_set_stream_user_data(session, s->id, s);
}

static int
on_data(nghttp2_session *session, uint8_t flags, int32_t id,
    const uint8_t *data, size_t n, void *arg)
{
	struct stream *s = nghttp2_session_get_stream_user_data(session, id);

	(void)flags;
	(void)arg;
	if (!s || s->len + n >= WIRED_REQUEST)
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	s->text = must(realloc(s->text, s->len + n + 1));
	memcpy(s->text + s->len, data, n);
	s->len += n;
	s->text[s->len] = '\0';
	return 0;
}

static int
on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct connection *c = arg;
	struct stream *s;

	s = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
	if (!s)
		return 0;
	s->left = frame->hd.type == NGHTTP2_RST_STREAM;
	if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 && !c->mute &&
	    (frame->hd.type == NGHTTP2_DATA ||
	    frame->hd.type == NGHTTP2_HEADERS))
		take(c, s);
	return 0;
}

static int
on_close(nghttp2_session *session, int32_t id, uint32_t code, void *arg)
{
	struct connection *c = arg;
	struct stream *s = nghttp2_session_get_stream_user_data(session, id);
	struct stream **at = &c->streams;

	if (!s)
		return 0;
	told(c, id, code == NGHTTP2_NO_ERROR ? "answered" :
	    s->left ? "cancelled" : "lost");
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	free(s->text);
	free(s->head);
	free(s);
	return 0;
}

static nghttp2_session *
session_new(struct connection *c)
{
	nghttp2_settings_entry most = {
		NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, wired.streams };
	nghttp2_session_callbacks *f;
	nghttp2_session *s;

	if (nghttp2_session_callbacks_new(&f) != 0)
		wired_die("memory");
	nghttp2_session_callbacks_set_on_begin_headers_callback(f, on_begin);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(f, on_data);
	nghttp2_session_callbacks_set_on_frame_recv_callback(f, on_frame);
	nghttp2_session_callbacks_set_on_stream_close_callback(f, on_close);
	if (nghttp2_session_server_new(&s, f, c) != 0 ||
	    nghttp2_submit_settings(s, NGHTTP2_FLAG_NONE, &most, 1) != 0)
		wired_die("session");
	nghttp2_session_callbacks_del(f);
	return s;
}

/* ---- the connection ---- */

/* Answers what is due; milliseconds until more is, or -1. */
static int
answer_due(struct connection *c)
{
	struct stream *s;
	double t = now(), first = 0;

	for (s = c->streams; s; s = s->next) {
		if (s->due > 0 && s->due <= t)
			answer(c, s);
		else if (s->due > 0 && (first <= 0 || s->due < first))
			first = s->due;
	}
	return first > 0 ? (int)((first - t) * 1e3) + 1 : -1;
}

static bool
flush(struct connection *c)
{
	const uint8_t *p;
	ssize_t n;

	while ((n = nghttp2_session_mem_send(c->session, &p)) > 0)
		if (SSL_write(c->ssl, p, (int)n) <= 0)
			return false;
	return n == 0;
}

static bool
receive(struct connection *c)
{
	uint8_t chunk[CHUNK];
	int n;

	do {
		n = SSL_read(c->ssl, chunk, sizeof chunk);
		if (n <= 0)
			return SSL_get_error(c->ssl, n) == SSL_ERROR_WANT_READ;
		if (nghttp2_session_mem_recv(c->session, chunk, (size_t)n) < 0)
			return false;
	} while (SSL_pending(c->ssl) > 0);
	return true;
}

/* Says that no more is to come, and waits for the client to close: else what
 * it has not read yet may be lost. */
static void
farewell(const struct connection *c)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	char rest[CHUNK];

	SSL_shutdown(c->ssl);
	shutdown(c->fd, SHUT_WR);
	while (poll(&p, 1, LINGER_MS) > 0 && read(c->fd, rest, CHUNK) > 0)
		;
}

void
wired_h2(SSL *ssl, int fd)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static unsigned count;
	struct connection c = { .ssl = ssl, .fd = fd };
	struct pollfd p = { .fd = fd, .events = POLLIN };
	bool on = true;

	pthread_mutex_lock(&lock);
	c.number = ++count;
	pthread_mutex_unlock(&lock);
	/* Else reading waits for more where a record holds nothing for us. */
	SSL_clear_mode(ssl, SSL_MODE_AUTO_RETRY);
	c.session = session_new(&c);
	while (on && !c.cut) {
		int wait_ms = c.mute ? -1 : answer_due(&c);

		on = (c.mute || flush(&c)) && !(c.gone && !c.streams) &&
		    poll(&p, 1, wait_ms) >= 0;
		if (on && (p.revents || SSL_pending(ssl) > 0))
			on = receive(&c);
	}
	if (c.gone)
		farewell(&c);
	nghttp2_session_del(c.session);
	while (c.streams) {
		struct stream *s = c.streams;

		c.streams = s->next;
		told(&c, s->id, "lost");
		free(s->text);
		free(s->head);
		free(s);
	}
}
