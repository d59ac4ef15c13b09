/* Random programs that have no mistake in them.
 *
 * A string of bytes makes all choices, so that a fuzzer can make them; where
 * it ends, everything that is left is as simple as can be.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MPGEN_H
#define MPGEN_H

#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

/* Appends a file of `programs` programs, 1 to 200, and a program All over
 * them:
 *
 *     All(at: int, s: string, n: int, x: float, b: bool, l: string[],
 *         o: string?) -> (out: string)
 *
 * which gives what program number `at` gives for inputs made of the others.
 * Its models are fakes, at $LMD_URL; its data are the rows of rows.jsonl. */
void mpgen(struct buf *out, const uint8_t *choice, size_t n,
    unsigned programs);
/* The same, with choices drawn from a seed. */
void mpgen_seed(struct buf *out, uint64_t seed, unsigned programs);

#endif
