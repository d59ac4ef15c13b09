/* SHA-256 of bytes that come piece by piece.
 *
 * SPDX-License-Identifier: MIT */
#ifndef SHA256_H
#define SHA256_H

#include <stdbool.h>
#include <stddef.h>

enum {
	SHA256_SIZE = 32,
	SHA256_HEX = 65,                /* with its NUL */
	SHA256_STATE = 112              /* private */
};

/* Private; holds nothing beside itself: a copy goes on where it is. */
struct sha256 {
	_Alignas(8) unsigned char state[SHA256_STATE];
	bool failed;                    /* sticks; final then returns false */
};

/* Ready for sha256_update.  Failing shows in sha256_final. */
void sha256_init(struct sha256 *h);
void sha256_update(struct sha256 *h, const void *p, size_t n);

/* The digest as bytes, or as 64 lower-case hex digits and a NUL.  False, and
 * zeros or "" in `out`, if anything failed since sha256_init. */
bool sha256_final(struct sha256 *h, unsigned char out[SHA256_SIZE]);
bool sha256_final_hex(struct sha256 *h, char out[SHA256_HEX]);

/* The same of one piece. */
bool sha256_hex(const void *p, size_t n, char out[SHA256_HEX]);

#endif
