/* SHA-256 of bytes that come piece by piece, over libcrypto.
 *
 * SPDX-License-Identifier: MIT */
#include "core/sha256.h"

#include <pthread.h>
#include <string.h>

#include <openssl/evp.h>

static pthread_once_t sha256_once = PTHREAD_ONCE_INIT;
static const EVP_MD *sha256_md;

/* Looked up once for all: each look costs as much as hashing a kilobyte. */
static void
sha256_fetch(void)
{
	sha256_md = EVP_MD_fetch(NULL, "SHA256", NULL);
}

void
sha256_init(struct sha256 *h)
{
	pthread_once(&sha256_once, sha256_fetch);
	h->ctx = EVP_MD_CTX_new();
	h->failed = !h->ctx || !sha256_md ||
	    EVP_DigestInit_ex(h->ctx, sha256_md, NULL) != 1;
}

void
sha256_update(struct sha256 *h, const void *p, size_t n)
{
	if (!h->failed && n > 0)
		h->failed = EVP_DigestUpdate(h->ctx, p, n) != 1;
}

bool
sha256_final(struct sha256 *h, unsigned char out[SHA256_SIZE])
{
	if (!h->failed)
		h->failed = EVP_DigestFinal_ex(h->ctx, out, NULL) != 1;
	if (h->failed)
		memset(out, 0, SHA256_SIZE);
	EVP_MD_CTX_free(h->ctx);
	h->ctx = NULL;
	return !h->failed;
}

bool
sha256_final_hex(struct sha256 *h, char out[SHA256_HEX])
{
	static const char digit[] = "0123456789abcdef";
	unsigned char raw[SHA256_SIZE];
	size_t i;

	out[0] = '\0';
	if (!sha256_final(h, raw))
		return false;
	for (i = 0; i < SHA256_SIZE; i++) {
		out[2 * i] = digit[raw[i] >> 4];
		out[2 * i + 1] = digit[raw[i] & 15];
	}
	out[2 * i] = '\0';
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
