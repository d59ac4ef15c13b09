/* Rows of data files, and their splits.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TUNE_DATA_H
#define TUNE_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/sha256.h"
#include "miproc.h"

enum data_kind {
	DATA_JSONL,                     /* an object a line; or one array */
	DATA_CSV                        /* RFC 4180 with a header; all cells are
	                                 * strings, "a.b" is member b of a, an
	                                 * empty cell is no member */
};

enum data_part { DATA_TRAIN, DATA_DEV, DATA_TEST, DATA_NPART };

enum data_how {
	DATA_WHOLE,                     /* all rows go to DATA_TRAIN */
	DATA_FRACTIONS,                 /* by a hash of the row's inputs */
	DATA_COUNTS                     /* a seeded shuffle, then cut */
};

struct data_rename { const char *to, *from; };

struct data_spec {
	enum data_kind kind;
	const char *path;
	const struct data_rename *rename;       /* of top-level members */
	size_t nrename;
	enum data_how how;
	double fraction[DATA_NPART];    /* at most 1 in sum; the rest of the
	                                 * rows is left out */
	size_t count[DATA_NPART];       /* at most all rows in sum */
	const char *stratify;           /* field, or NULL: each of its values is
	                                 * split in the same proportions */
	uint64_t seed;                  /* of the split */
	bool shuffle;                   /* the order inside the parts; else that
	                                 * of the file */
	uint64_t shuffle_seed;
};

/* A row: one compact JSON object, renamed, its numbers as they were. */
struct row {
	const char *json;               /* NUL-terminated */
	size_t len;
	size_t line;                    /* where it begins in the file */
};

struct rows {
	struct row *row;
	size_t n;
	char sha256[SHA256_HEX];        /* of the file */
};

struct split {
	struct rows part[DATA_NPART];
};

/* What is wrong with a file; a line or column of 0 is none in particular. */
struct data_error {
	const char *file;
	size_t line, column;            /* from 1; columns are bytes */
	const char *message;            /* a sentence, and what to do */
};

/* Reads the file and splits it; `input` names the fields that are the
 * program's inputs (none: the whole row is).  Rows with equal inputs go to
 * the same part by fractions, and rows that are added move no other, unless
 * the split is stratified: then the shares are exact within each value, and
 * rows next to a border may move.  All memory is the arena's.
 * MIP_USAGE: what the file holds is wrong; MIP_IO; MIP_NOMEM; *err is filled
 * in each case. */
enum mip_status data_read(const struct data_spec *spec,
    const char *const *input, size_t ninput, struct arena *a,
    struct split *out, struct data_error *err);

/* Reads without splitting. */
enum mip_status data_load(const struct data_spec *spec, struct arena *a,
    struct rows *out, struct data_error *err);

/* Rows of `b` whose inputs some row of `a` has too: how many, and the first
 * of them with its like. */
struct data_leak {
	size_t n;
	const struct row *a, *b;
};

enum mip_status data_leak(const struct rows *a, const struct rows *b,
    const char *const *input, size_t ninput, struct data_leak *out);

/* The canonical JSON of the row's inputs, hashed after the seed: the same for
 * equal inputs.  False without memory. */
bool data_hash(const struct row *r, const char *const *input, size_t ninput,
    uint64_t seed, unsigned char out[SHA256_SIZE]);

#endif
