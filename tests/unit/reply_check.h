/* Checks of the reply reader by tables: a reply, its value, its flags.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef REPLY_CHECK_H
#define REPLY_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "reply.h"
#include "reply_types.h"

/* A reply, and its value with the flags in their order, or the error. */
struct reply_case {
	const struct mip_type *type;
	const char *in;
	const char *out;                /* JSON; NULL: an error */
	const char *flags;              /* or "error path" */
};

#define COUNTOF(a) (sizeof(a) / sizeof(*(a)))

extern const struct reply_options reply_check_default;

/* Reads each reply, which ends at its NUL or has `n` bytes, and fails the
 * test where the value, the flags or the error are not as told. */
void reply_check(const struct reply_case *x, size_t n,
    const struct reply_options *o);
void reply_check_bytes(const struct reply_case *x, size_t n,
    const struct reply_options *o);

#endif
