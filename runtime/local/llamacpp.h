/* Local llama.cpp servers: found or started, shared by the processes that
 * use the same model, and gone with the last of these.
 *
 * A small keeper process watches over each server.  Its users hold a lock on
 * a file; when nobody does, also because they were killed, the keeper ends
 * the server and itself.
 *
 * SPDX-License-Identifier: MIT */
#ifndef LLAMACPP_H
#define LLAMACPP_H

#include <stdatomic.h>

#include "miproc.h"

struct llamacpp_spec {
	const char *model;              /* path of a GGUF file */
	int64_t context;                /* tokens of all calls together */
	unsigned parallel;              /* calls at once */
	bool embeds;                    /* it makes vectors, and nothing else */
	const char *dir;                /* for locks; made if need be */
};

struct llamacpp;

/* Blocks until the server answers, for at most two minutes, or until *stop.
 * On failure *out is NULL and `why` has a sentence: MIP_USAGE (no server
 * program, no model), MIP_INFRASTRUCTURE, MIP_CANCELLED, MIP_NOMEM. */
enum mip_status llamacpp_start(const struct llamacpp_spec *spec,
    const atomic_bool *stop, struct llamacpp **out, char why[320]);

/* Of the server: "http://127.0.0.1:PORT/v1". */
const char *llamacpp_url(const struct llamacpp *s);

/* Lets go of the server. */
void llamacpp_stop(struct llamacpp *s);

#endif
