/* The tuned file: the profile that is committed beside the source.
 *
 * JSON with sorted keys, long texts as arrays of lines; the same study gives
 * the same bytes (its date comes from SOURCE_DATE_EPOCH alone).
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TUNE_TUNED_H
#define TUNE_TUNED_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/json.h"
#include "ir/ir.h"
#include "tune/tune.h"

struct tuned {
	const char *hash; /* SHA-256 of the file's bytes, 16 hex */
	const char *program;            /* hash of the program it is for */
	struct json root, slots;
	const char *note;               /* one line: strategy, seed, score */
};

/* Reads the text of a tuned file; MIP_USAGE with a sentence if it is none. */
enum mip_status tuned_read(struct arena *a, const char *text, size_t n,
    struct tuned *t, char why[320]);

/* Sets the slot values in the module: prompt->tuned_text, demo, ndemo,
 * format, temperature, param->value, mod->tuned, mod->tuned_note.  A slot whose
 * leaf has changed since (hash) is not set; `stale` is called for each with
 * its name and a sentence.  With `carry`, values whose leaf still fits (the
 * inputs unchanged and the outputs only grown) are set all the same, and
 * reported.  False if any was left out. */
bool tuned_apply(struct arena *a, const struct tuned *t, struct mod *m,
    bool carry, void (*stale)(void *arg, const char *slot, const char *why),
    void *arg);

/* The slot values that tuned_apply would set with `carry`, as a JSON object in
 * `a`, for a worker of the module as it is; the module is left so. */
const char *tuned_slots(struct arena *a, const struct tuned *t,
    const struct mod *m, void (*stale)(void *arg, const char *slot,
    const char *why), void *arg);

/* Appends the file for a result. */
void tuned_write(struct buf *b, const struct tune_task *t,
    const struct tune_result *r);

/* Appends what differs between two tuned files, for a reader: slots with the
 * lines of instructions and the demonstrations that went and came, scores,
 * program, leaves and lineage.  False if nothing does. */
bool tuned_diff(struct buf *b, struct json before, struct json after);

#endif
