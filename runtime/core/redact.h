/* Secrets are blotted out of every text that leaves the process: the one
 * place that does it.
 *
 * SPDX-License-Identifier: MIT */
#ifndef REDACT_H
#define REDACT_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"

enum {
	REDACT_MAX = 256,               /* keys of all models of a process */
	REDACT_DEPTH = 4,               /* strings of JSON in each other */
	REDACT_SHORTEST = 4             /* shorter ones would blot out words */
};

/* Fields are private.  Thread-safe between init and release. */
struct redact {
	pthread_mutex_t lock;
	char *secret[REDACT_MAX];
	size_t n;
};

bool redact_init(struct redact *r);
void redact_release(struct redact *r);

/* From now on `secret` is shown as ***, also as it stands in a string of JSON,
 * which may itself stand in one.  Texts shorter than REDACT_SHORTEST are no
 * secrets.  False without memory, or over REDACT_MAX. */
bool redact_add(struct redact *r, const char *secret);

/* Whether a secret stands in the `n` bytes at `s`. */
bool redact_found(struct redact *r, const char *s, size_t n);

/* How many bytes at the end of the `n` at `s` may be the beginning of a secret
 * whose rest is still to come. */
size_t redact_tail(struct redact *r, const char *s, size_t n);

/* Replaces each secret in `b`, or in the text at `s`, which only shrinks or
 * keeps its length: *** is shorter than any secret. */
void redact_buf(struct redact *r, struct buf *b);
/* The same from byte `at` on. */
void redact_rest(struct redact *r, struct buf *b, size_t at);
void redact_text(struct redact *r, char *s);

#endif
