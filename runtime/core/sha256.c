/* SHA-256 of bytes that come piece by piece, over libcrypto.
 *
 * Its functions for this hash alone need nothing of what the general ones set
 * up when they are first used (configuration, providers, names), which would
 * take most of the time from the start of a program to its first request.
 * OpenSSL advises against them since 3.0, and keeps them.
 *
 * SPDX-License-Identifier: MIT */
#include "core/sha256.h"

#include <string.h>

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include "core/buf.h"

_Static_assert(sizeof(SHA256_CTX) <= SHA256_STATE,
    "there is no room for what libcrypto keeps");

static SHA256_CTX *
sha256_state(struct sha256 *h)
{
	return (SHA256_CTX *)(void *)h->state;
}

void
sha256_init(struct sha256 *h)
{
	h->failed = SHA256_Init(sha256_state(h)) != 1;
}

void
sha256_update(struct sha256 *h, const void *p, size_t n)
{
	if (!h->failed && n > 0)
		h->failed = SHA256_Update(sha256_state(h), p, n) != 1;
}

bool
sha256_final(struct sha256 *h, unsigned char out[SHA256_SIZE])
{
	if (!h->failed)
		h->failed = SHA256_Final(out, sha256_state(h)) != 1;
	if (h->failed)
		memset(out, 0, SHA256_SIZE);
	return !h->failed;
}

bool
sha256_final_hex(struct sha256 *h, char out[SHA256_HEX])
{
	unsigned char raw[SHA256_SIZE];

	out[0] = '\0';
	if (!sha256_final(h, raw))
		return false;
	buf_hex_encode(out, raw, sizeof raw);
	return true;
}

bool
sha256_hex(const void *p, size_t n, char out[SHA256_HEX])
{
	struct sha256 h;

	sha256_init(&h);
	sha256_update(&h, p, n);
	return sha256_final_hex(&h, out);
}
