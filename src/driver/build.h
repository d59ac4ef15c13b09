/* From generated C to object files, executables and workers.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DRIVER_BUILD_H
#define DRIVER_BUILD_H

#include "driver/options.h"
#include "ir/ir.h"

/* Where a compilation puts its C, and what the compiler needs to find. */
struct build {
	struct arena *a;
	const struct options *o;
	const char *include, *library;  /* of the runtime */
	const char *amalgam;            /* the runtime as one file */
	const char *cache;              /* the build cache's directory */
};

/* Finds the runtime beside this executable or where it was installed.  False
 * after a message. */
bool build_init(struct build *b, struct arena *a, const struct options *o);

/* -S: NAME.c and NAME.h, or with `path` a directory a source tree. */
bool build_source(struct build *b, const struct mod *m, const char *path);
/* -c: `path` and its header. */
bool build_object(struct build *b, const struct mod *m, const char *path);
/* An executable; with the metrics linked in if `eval`. */
bool build_program(struct build *b, const struct mod *m, const char *path,
    bool eval);

/* The executable with metrics in the build cache, made if it is not there;
 * its path, or NULL after a message. */
const char *build_worker(struct build *b, const struct mod *m);

/* Compiles and links a program that does nothing; false after messages. */
bool build_probe(struct build *b);

/* A new directory that only the user can read; the caller removes it.  NULL
 * after a message. */
const char *build_scratch(struct build *b);

/* Runs argv[0] with stdin and stdout from and to files.  False after a
 * message if it does not end with 0. */
bool build_filter(const char *const *argv, const char *in, const char *out);

/* Runs argv[0], looked up in PATH, and waits; its exit status, or 127. */
int build_spawn(const char *const *argv);

#endif
