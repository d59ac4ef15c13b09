/* wired: a server that says byte for byte what a file holds.
 *
 *   wired --dir DIR [--log LOG] [--cert PEM --key PEM]
 *       [--h2 STREAMS [--delay MS]]
 *
 * A request whose body or address has "wire:NAME" is answered with DIR/NAME,
 * headers and all; one without, with DIR/plain.  The suffix of NAME says what
 * comes then:
 *
 *   .keep   the next request        .hang   silence, for ever
 *   .cut    the connection is cut, without a farewell of TLS
 *   .drip   as else, but it came a byte at a time
 *   .flood  chunks of 64 kB, for ever
 *   else    the connection is closed
 *
 * With --h2 it speaks HTTP/2 to those that say in the handshake that they do,
 * and to nobody else; it takes so many streams at once.  Then a suffix says
 *
 *   .hang   silence                 .mute   ... of the connection, from now on
 *   .reset  the stream is reset     .refuse it is not taken
 *   .goaway this stream and later ones are not taken, those before are; .calm:
 *           and it says why, ENHANCE_YOUR_CALM
 *   .cut    the connection is cut   .drip   a byte in each frame
 *
 * and one whose NAME begins with "once" is "plain" from the second time on.
 * LOG gets a line for each stream that is taken, "h2 CONNECTION STREAM NAME",
 * and one with "answered", "cancelled" or "lost" when it ends.
 *
 * With a certificate it speaks TLS.  It is a proxy, too, behind which it stands
 * itself: CONNECT leads to its TLS.  LOG gets the first line of each request,
 * "TLS" if a handshake failed.  Prints `listening on 127.0.0.1:PORT`; ends on
 * SIGTERM.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "wired.h"

enum {
	FLOOD = 65536,
	DRIP_MS = 50
};

struct wired wired;

struct peer {
	int fd;
	SSL *ssl;                       /* or NULL */
	char *text;                     /* the request, ends with 0 */
	size_t len, head;               /* bytes; of the headers */
};

void
wired_die(const char *what)
{
	fprintf(stderr, "wired: %s: %s\n", what, strerror(errno));
	exit(2);
}

void
wired_note(const char *s, size_t n)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

	if (!wired.log)
		return;
	pthread_mutex_lock(&lock);
	fprintf(wired.log, "%.*s\n", (int)n, s);
	fflush(wired.log);
	pthread_mutex_unlock(&lock);
}

static bool
give(struct peer *p, const char *s, size_t n)
{
	ssize_t k;

	for (; n > 0; s += k, n -= (size_t)k) {
		k = p->ssl ? SSL_write(p->ssl, s, (int)n) :
		    send(p->fd, s, n, MSG_NOSIGNAL);
		if (k <= 0)
			return false;
	}
	return true;
}

static bool
drip(struct peer *p, const char *s, size_t n)
{
	const struct timespec pause = { 0, DRIP_MS * 1000000L };

	for (; n > 0; s++, n--) {
		if (!give(p, s, 1))
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

/* ---- requests ---- */

/* The number behind a header's name, or 0. */
static size_t
length(const struct peer *p)
{
	static const char name[] = "\ncontent-length:";
	size_t i, n = sizeof name - 1;

	for (i = 0; i + n < p->head; i++)
		if (strncasecmp(p->text + i, name, n) == 0)
			return strtoul(p->text + i + n, NULL, 10);
	return 0;
}

/* Reads one request, whole; false at the end. */
static bool
take(struct peer *p)
{
	const char *end;
	size_t want = WIRED_REQUEST;
	ssize_t k;

	p->len = p->head = 0;
	p->text[0] = '\0';
	while (p->len < want) {
		k = p->ssl ? SSL_read(p->ssl, p->text + p->len,
		    (int)(want - p->len)) :
		    read(p->fd, p->text + p->len, want - p->len);
		if (k <= 0)
			return false;
		p->len += (size_t)k;
		p->text[p->len] = '\0';
		end = strstr(p->text, "\r\n\r\n");
		if (p->head == 0 && end) {
			p->head = (size_t)(end - p->text) + 4;
			want = p->head + length(p);
		}
	}
	wired_note(p->text, strcspn(p->text, "\r\n"));
	return p->head > 0 && want < WIRED_REQUEST;
}

/* ---- answers ---- */

void
wired_name(char name[WIRED_NAME], const char *text)
{
	const char *wire = strstr(text, "wire:");
	size_t n;

	snprintf(name, WIRED_NAME, "plain");
	if (!wire)
		return;
	n = strspn(wire + 5, "abcdefghijklmnopqrstuvwxyz0123456789.-");
	snprintf(name, WIRED_NAME, "%.*s", (int)n, wire + 5);
}

bool
wired_ends(const char *name, const char *suffix)
{
	size_t n = strlen(name), k = strlen(suffix);

	return n > k && strcmp(name + n - k, suffix) == 0;
}

FILE *
wired_file(const char *name)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", wired.dir, name);
	f = fopen(path, "rb");
	if (!f)
		wired_die(path);
	return f;
}

static bool
flood(struct peer *p)
{
	static const char head[] = "10000\r\n";
	char *chunk = malloc(FLOOD + 2);
	bool ok = chunk != NULL;

	if (ok) {
		memset(chunk, 'x', FLOOD);
		memcpy(chunk + FLOOD, "\r\n", 2);
	}
	while (ok)
		ok = give(p, head, sizeof head - 1) &&
		    give(p, chunk, FLOOD + 2);
	free(chunk);
	return false;
}

/* True if another request may follow. */
static bool
answer(struct peer *p)
{
	char name[WIRED_NAME], chunk[8192], c;
	bool ok = true;
	size_t n;
	FILE *f;

	wired_name(name, p->text);
	f = wired_file(name);
	while (ok && (n = fread(chunk, 1, sizeof chunk, f)) > 0)
		ok = wired_ends(name, ".drip") ? drip(p, chunk, n) :
		    give(p, chunk, n);
	fclose(f);
	if (ok && wired_ends(name, ".flood"))
		return flood(p);
	if (ok && wired_ends(name, ".hang") && !p->ssl)
		while (read(p->fd, &c, 1) > 0)
			;
	if (p->ssl && !wired_ends(name, ".cut") && !wired_ends(name, ".keep"))
		SSL_shutdown(p->ssl);
	return ok && wired_ends(name, ".keep");
}

/* ---- connections ---- */

static bool
handshake(struct peer *p)
{
	p->ssl = SSL_new(wired.tls);
	if (!p->ssl)
		wired_die("TLS");
	SSL_set_fd(p->ssl, p->fd);
	if (SSL_accept(p->ssl) == 1)
		return true;
	wired_note("TLS", 3);
	return false;
}

static void *
serve(void *arg)
{
	static const char through[] = "HTTP/1.1 200 through\r\n\r\n";
	struct peer p = { .fd = *(int *)arg };
	int now = 1;
	bool on;

	free(arg);
	p.text = malloc(WIRED_REQUEST + 1);
	if (!p.text)
		wired_die("memory");
	/* A reply behind what TLS says for later connections shall not wait for
	 * that to be acknowledged. */
	setsockopt(p.fd, IPPROTO_TCP, TCP_NODELAY, &now, sizeof now);
	/* What begins a handshake, and no word. */
	on = recv(p.fd, p.text, 1, MSG_PEEK) == 1;
	if (on && wired.tls && p.text[0] == 0x16)
		on = handshake(&p);
	if (on && p.ssl && wired.streams > 0) {
		wired_h2(p.ssl, p.fd);
		on = false;
	}
	while (on && take(&p)) {
		if (!p.ssl && strncmp(p.text, "CONNECT ", 8) == 0)
			on = give(&p, through, sizeof through - 1) &&
			    handshake(&p);
		else
			on = answer(&p);
	}
	SSL_free(p.ssl);
	close(p.fd);
	free(p.text);
	return NULL;
}

/* Takes HTTP/2 of what is offered; else there is no handshake. */
static int
select_h2(SSL *ssl, const unsigned char **out, unsigned char *n,
    const unsigned char *offered, unsigned noffered, void *arg)
{
	unsigned i;

	(void)ssl;
	(void)arg;
	for (i = 0; i < noffered; i += 1 + offered[i]) {
		*out = offered + i + 1;
		*n = offered[i];
		if (*n == 2 && memcmp(*out, "h2", 2) == 0)
			return SSL_TLSEXT_ERR_OK;
	}
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static void
tls_setup(void)
{
	wired.tls = SSL_CTX_new(TLS_server_method());
	if (!wired.tls || SSL_CTX_use_certificate_chain_file(wired.tls,
	    wired.cert) != 1 || SSL_CTX_use_PrivateKey_file(wired.tls,
	    wired.key, SSL_FILETYPE_PEM) != 1)
		wired_die(wired.cert);
	if (wired.streams > 0)
		SSL_CTX_set_alpn_select_cb(wired.tls, select_h2, NULL);
}

static void
options(char **arg)
{
	for (; *++arg; arg++) {
		const char *name = *arg, *value = arg[1];

		if (!value)
			wired_die(name);
		if (strcmp(name, "--dir") == 0)
			wired.dir = value;
		else if (strcmp(name, "--cert") == 0)
			wired.cert = value;
		else if (strcmp(name, "--key") == 0)
			wired.key = value;
		else if (strcmp(name, "--log") == 0)
			wired.log = fopen(value, "a");
		else if (strcmp(name, "--delay") == 0)
			wired.delay_ms = (unsigned)strtoul(value, NULL, 10);
		else if (strcmp(name, "--h2") == 0)
			wired.streams = (unsigned)strtoul(value, NULL, 10);
		else
			wired_die(name);
	}
	if (!wired.dir)
		wired_die("--dir");
	if (wired.cert)
		tls_setup();
}

int
main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t n = sizeof a;
	pthread_t thread;
	int fd = socket(AF_INET, SOCK_STREAM, 0), *one;

	(void)argc;
	options(argv);
	signal(SIGPIPE, SIG_IGN);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, n) != 0 ||
	    listen(fd, 64) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) != 0)
		wired_die("cannot listen");
	printf("listening on 127.0.0.1:%u\n", ntohs(a.sin_port));
	fflush(stdout);
	for (;;) {
		one = malloc(sizeof *one);
		if (!one)
			wired_die("memory");
		*one = accept(fd, NULL, NULL);
		if (*one < 0) {
			free(one);
			continue;
		}
		if (pthread_create(&thread, NULL, serve, one) != 0)
			wired_die("no thread");
		pthread_detach(thread);
	}
}
