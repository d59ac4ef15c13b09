/* What the parts of wired share.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WIRED_H
#define WIRED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <openssl/ssl.h>

enum { WIRED_NAME = 64, WIRED_REQUEST = 1 << 20 };

struct wired {
	const char *dir, *cert, *key;
	FILE *log;
	SSL_CTX *tls;
	unsigned streams;               /* at once, of HTTP/2; 0: HTTP/1.1 */
	unsigned delay_ms;              /* before each of its answers */
};

/* As the command line has it; does not change once connections are taken. */
extern struct wired wired;

void wired_die(const char *what);

/* A line in the log. */
void wired_note(const char *s, size_t n);

/* The NAME of the last "wire:NAME" in the text, or "plain". */
void wired_name(char name[WIRED_NAME], const char *text);
bool wired_ends(const char *name, const char *suffix);

/* The file of that name; ends the program if there is none. */
FILE *wired_file(const char *name);

/* Speaks HTTP/2 on a connection whose handshake is done, until it ends. */
void wired_h2(SSL *ssl, int fd);

#endif
