/* wired: a server that says byte for byte what a file holds.
 *
 *   wired --dir DIR [--log LOG] [--cert PEM --key PEM]
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
 * With a certificate it speaks TLS.  It is a proxy, too, behind which it stands
 * itself: CONNECT leads to its TLS.  LOG gets the first line of each request,
 * "TLS" if a handshake failed.  Prints `listening on 127.0.0.1:PORT`; ends on
 * SIGTERM.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
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

#include <openssl/ssl.h>

enum {
	REQUEST_MAX = 1 << 20,
	FLOOD = 65536,
	DRIP_MS = 50
};

static struct {
	const char *dir, *cert, *key;
	FILE *log;
	SSL_CTX *tls;
	pthread_mutex_t lock;
} server = { .lock = PTHREAD_MUTEX_INITIALIZER };

struct peer {
	int fd;
	SSL *ssl;                       /* or NULL */
	char *text;                     /* the request, ends with 0 */
	size_t len, head;               /* bytes; of the headers */
};

static void
die(const char *what)
{
	fprintf(stderr, "wired: %s: %s\n", what, strerror(errno));
	exit(2);
}

static void
note(const char *s, size_t n)
{
	if (!server.log)
		return;
	pthread_mutex_lock(&server.lock);
	fprintf(server.log, "%.*s\n", (int)n, s);
	fflush(server.log);
	pthread_mutex_unlock(&server.lock);
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
	size_t want = REQUEST_MAX;
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
	note(p->text, strcspn(p->text, "\r\n"));
	return p->head > 0 && want < REQUEST_MAX;
}

/* ---- answers ---- */

static bool
ends(const char *name, const char *suffix)
{
	size_t n = strlen(name), k = strlen(suffix);

	return n > k && strcmp(name + n - k, suffix) == 0;
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
	const char *wire = strstr(p->text, "wire:");
	char name[64] = "plain", path[512], chunk[8192], c;
	bool ok = true;
	size_t n;
	FILE *f;

	if (wire) {
		n = strspn(wire + 5, "abcdefghijklmnopqrstuvwxyz0123456789.-");
		snprintf(name, sizeof name, "%.*s", (int)n, wire + 5);
	}
	snprintf(path, sizeof path, "%s/%s", server.dir, name);
	f = fopen(path, "rb");
	if (!f)
		die(path);
	while (ok && (n = fread(chunk, 1, sizeof chunk, f)) > 0)
		ok = ends(name, ".drip") ? drip(p, chunk, n) :
		    give(p, chunk, n);
	fclose(f);
	if (ok && ends(name, ".flood"))
		return flood(p);
	if (ok && ends(name, ".hang") && !p->ssl)
		while (read(p->fd, &c, 1) > 0)
			;
	if (p->ssl && !ends(name, ".cut") && !ends(name, ".keep"))
		SSL_shutdown(p->ssl);
	return ok && ends(name, ".keep");
}

/* ---- connections ---- */

static bool
handshake(struct peer *p)
{
	p->ssl = SSL_new(server.tls);
	if (!p->ssl)
		die("TLS");
	SSL_set_fd(p->ssl, p->fd);
	if (SSL_accept(p->ssl) == 1)
		return true;
	note("TLS", 3);
	return false;
}

static void *
serve(void *arg)
{
	static const char through[] = "HTTP/1.1 200 through\r\n\r\n";
	struct peer p = { .fd = *(int *)arg };
	bool on;

	free(arg);
	p.text = malloc(REQUEST_MAX + 1);
	if (!p.text)
		die("memory");
	/* What begins a handshake, and no word. */
	on = recv(p.fd, p.text, 1, MSG_PEEK) == 1;
	if (on && server.tls && p.text[0] == 0x16)
		on = handshake(&p);
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

static void
options(char **arg)
{
	for (; *++arg; arg++) {
		const char *name = *arg, *value = arg[1];

		if (!value)
			die(name);
		if (strcmp(name, "--dir") == 0)
			server.dir = value;
		else if (strcmp(name, "--cert") == 0)
			server.cert = value;
		else if (strcmp(name, "--key") == 0)
			server.key = value;
		else if (strcmp(name, "--log") == 0)
			server.log = fopen(value, "a");
		else
			die(name);
	}
	if (!server.dir)
		die("--dir");
	if (!server.cert)
		return;
	server.tls = SSL_CTX_new(TLS_server_method());
	if (!server.tls || SSL_CTX_use_certificate_chain_file(server.tls,
	    server.cert) != 1 || SSL_CTX_use_PrivateKey_file(server.tls,
	    server.key, SSL_FILETYPE_PEM) != 1)
		die(server.cert);
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
		die("cannot listen");
	printf("listening on 127.0.0.1:%u\n", ntohs(a.sin_port));
	fflush(stdout);
	for (;;) {
		one = malloc(sizeof *one);
		if (!one)
			die("memory");
		*one = accept(fd, NULL, NULL);
		if (*one < 0) {
			free(one);
			continue;
		}
		if (pthread_create(&thread, NULL, serve, one) != 0)
			die("no thread");
		pthread_detach(thread);
	}
}
